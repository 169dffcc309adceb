// Memory: shared and private mappings of a file, protections, a 16 GiB
// reservation, unmapping in the middle, bad arguments.
// expect: shared writes reach the file
// expect: private writes do not
// expect: shared across fork
// expect: 16 GiB reserved
// expect: hole faults
// expect: errors
#include "beagle.h"

// The signal that touching p ends a child with.
static int touch(volatile u8 *p, int write) {
	u64 out[3], none[8] = {0};
	int status;
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		if (write) *p = 1;
		else (void)*p;
		bg_exit(0);
	}
	bg_wait(out[0], &status, 0);
	return status & 0x7f ? WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv, char **envp, char **apple) {
	u64 out[3], none[8] = {0};
	enum { P = 16384 };
	char b[16];
	int status;
	long fd = sys(SYS_open, "m", O_RDWR | O_CREAT, 0600);
	CHECK_EQ(sys(SYS_ftruncate, fd, 3ul * P), 0);
	u8 *m = (u8 *)sys(SYS_mmap, 0, 3 * P, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0ul);
	CHECK(!MAP_FAILED((long)m));
	CHECK_EQ((u64)m % 4096, 0);
	memcpy(m + P, "shared!", 7);
	CHECK_EQ(sys(SYS_pread, fd, b, 7, (u64)P), 7);
	CHECK(!memcmp(b, "shared!", 7));
	CHECK_EQ(sys(SYS_pwrite, fd, "back", 4, (u64)P), 4);
	CHECK(!memcmp(m + P, "backed!", 7));
	CHECK_EQ(sys(SYS_msync, m, 3 * P, 0x10), 0);
	say("shared writes reach the file\n");

	u8 *q = (u8 *)sys(SYS_mmap, 0, P, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, (u64)P);
	CHECK(!memcmp(q, "backed!", 7));
	q[0] = 'P';
	CHECK_EQ(m[P], 'b');
	say("private writes do not\n");

	u8 *an = (u8 *)sys(SYS_mmap, 0, P, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0ul);
	u8 *pr = pages(P);
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		an[5] = 55, pr[5] = 55, q[0] = 'C', m[0] = 'S';
		bg_exit(0);
	}
	bg_wait(out[0], &status, 0);
	CHECK_EQ(status, 0);
	CHECK_EQ(an[5], 55);
	CHECK_EQ(pr[5], 0);
	CHECK_EQ(q[0], 'P');
	CHECK_EQ(m[0], 'S');
	say("shared across fork\n");

	u64 giant = 16ul << 30;
	u8 *g = (u8 *)sys(SYS_mmap, 0, giant, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0ul);
	CHECK(!MAP_FAILED((long)g));
	g[0] = 1, g[giant / 2] = 2, g[giant - 1] = 3;
	CHECK_EQ(g[0] + g[giant / 2] + g[giant - 1] + g[giant / 4], 6);
	CHECK_EQ(sys(SYS_munmap, g, giant), 0);
	say("16 GiB reserved\n");

	u8 *h = pages(3 * P);
	CHECK_EQ(sys(SYS_munmap, h + P, P), 0);
	h[0] = h[2 * P] = 1;
	CHECK_EQ(touch(h + P, 0), SIGSEGV);
	CHECK_EQ(touch(h, 1), 0);
	CHECK_EQ(sys(SYS_mprotect, h, P, 0), 0);
	CHECK_EQ(touch(h, 0), SIGBUS);
	CHECK_EQ(sys(SYS_mprotect, h, P, PROT_READ), 0);
	CHECK_EQ(touch(h, 0), 0);
	CHECK_EQ(touch(h, 1), SIGBUS);
	CHECK_EQ(sys(SYS_mmap, h + P, P, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0ul), (long)(h + P));
	h[P] = 9;
	CHECK_EQ(sys(SYS_ftruncate, fd, (u64)P), 0);
	CHECK_EQ(touch(m + 2 * P, 0), SIGBUS); // past the end of the file
	say("hole faults\n");

	CHECK_EQ(sys(SYS_mmap, 0, P, PROT_READ, MAP_PRIVATE, 999, 0ul), -EBADF);
	CHECK_EQ(sys(SYS_munmap, h + 1, P), -EINVAL);
	CHECK_EQ(sys(SYS_mprotect, 0x1000000000000, P, PROT_READ), -ENOMEM);
	CHECK(MAP_FAILED(sys(SYS_mmap, 0, 1ul << 62, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0ul)));
	long ro = sys(SYS_open, "m", O_RDONLY);
	CHECK_EQ(sys(SYS_mmap, 0, P, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0ul), -EACCES);
	u8 vec[4];
	CHECK_EQ(sys(SYS_madvise, h, P, 4), 0);
	CHECK(sys(SYS_mincore, h, P, vec) <= 0);
	say("errors\n");
	return 0;
}
