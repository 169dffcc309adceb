// Pipes: two results, blocking, end of file, EPIPE and SIGPIPE, non-blocking,
// readiness by poll and select.
// expect: two results
// expect: 1048576 bytes through, sum 534773760
// expect: broken pipe
// expect: non-blocking
// expect: poll and select
#include "beagle.h"

static int p[2];

static void make(void) {
	u64 out[3], none[8] = {0};
	bg_unix(SYS_pipe, none, out);
	CHECK_EQ(out[2], 0);
	p[0] = (int)out[0], p[1] = (int)out[1];
	CHECK(p[0] != p[1]);
}

static int caught;
static void on_pipe(int s, struct siginfo *i, struct ucontext *u) { caught = s; }

int main(int argc, char **argv, char **envp, char **apple) {
	static u8 b[65536];
	u64 out[3], none[8] = {0};
	make();
	CHECK_EQ(sys(SYS_write, p[1], "ping", 4), 4);
	CHECK_EQ(sys(SYS_read, p[0], b, 10), 4);
	CHECK(!memcmp(b, "ping", 4));
	CHECK_EQ(sys(SYS_lseek, p[0], 0, 0), -ESPIPE);
	CHECK_EQ(sys(SYS_write, p[0], b, 1), -EBADF);
	say("two results\n");

	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		sys(SYS_close, p[0]);
		static u8 big[1048576];
		for (int i = 0; i < 1048576; i++) big[i] = (u8)(i * 4 / 4);
		for (u64 o = 0; o < sizeof big;) {
			long n = sys(SYS_write, p[1], big + o, sizeof big - o);
			if (n <= 0) bg_exit(1);
			o += n;
		}
		bg_exit(0);
	}
	sys(SYS_close, p[1]);
	u64 total = 0, sum = 0;
	for (;;) {
		long n = sys(SYS_read, p[0], b, sizeof b);
		CHECK(n >= 0);
		if (n <= 0) break;
		total += n;
		for (long i = 0; i < n; i++) sum += b[i] * 4;
	}
	int status;
	bg_wait(out[0], &status, 0);
	CHECK_EQ(status, 0);
	say("%lu bytes through, sum %lu\n", total, sum);
	sys(SYS_close, p[0]);

	make();
	sys(SYS_close, p[0]);
	CHECK_EQ(on_signal(SIGPIPE, on_pipe, 0, 0), 0);
	CHECK_EQ(sys(SYS_write, p[1], b, 1), -EPIPE);
	CHECK_EQ(caught, SIGPIPE);
	CHECK_EQ(on_signal(SIGPIPE, SIG_IGN, 0, 0), 0);
	CHECK_EQ(sys(SYS_write, p[1], b, 1), -EPIPE);
	sys(SYS_close, p[1]);
	say("broken pipe\n");

	make();
	CHECK_EQ(sys(SYS_fcntl, p[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(sys(SYS_fcntl, p[1], F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(sys(SYS_read, p[0], b, 1), -EAGAIN);
	long full = 0, n;
	while ((n = sys(SYS_write, p[1], b, 4096)) > 0) full += n;
	CHECK_EQ(n, -EAGAIN);
	CHECK(full >= 16384 && full <= 1 << 20);
	say("non-blocking\n");

	struct pollfd pf[3] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0}, {500, POLLIN, 0}};
	CHECK_EQ(sys(SYS_poll, pf, 3, 1000), 2);
	CHECK_EQ(pf[0].revents, POLLIN);
	CHECK_EQ(pf[1].revents, 0);
	CHECK_EQ(pf[2].revents, POLLNVAL);
	while (sys(SYS_read, p[0], b, sizeof b) > 0) {}
	u32 r[32] = {0}, w[32] = {0};
	r[p[0] / 32] |= 1u << p[0] % 32;
	w[p[1] / 32] |= 1u << p[1] % 32;
	struct timeval tv = {0, 20000, 0};
	CHECK_EQ(sys(SYS_select, 64, r, w, 0, &tv), 1);
	CHECK_EQ(r[p[0] / 32], 0);
	CHECK_EQ(w[p[1] / 32], 1u << p[1] % 32);
	u64 t0 = nanotime();
	r[0] = 1u << p[0];
	CHECK_EQ(sys(SYS_select, 64, r, 0, 0, &tv), 0);
	CHECK(nanotime() - t0 >= 19000000);
	CHECK_EQ(sys(SYS_poll, pf, 1, 0), 0);
	sys(SYS_close, p[1]);
	CHECK_EQ(sys(SYS_poll, pf, 1, 1000), 1);
	CHECK(pf[0].revents & POLLHUP);
	CHECK_EQ(sys(SYS_select, -1, 0, 0, 0, &tv), -EINVAL);
	r[0] = 1u << 20; // not open; select looks at 25 descriptors at least
	CHECK_EQ(sys(SYS_select, 64, r, 0, 0, &tv), -EBADF);
	say("poll and select\n");
	return 0;
}
