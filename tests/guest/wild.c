// Wild pointers and wild numbers into every BSD call and Mach trap, each in a
// process of its own. Whatever a call answers is right, if it answers: the
// kernel may neither crash, nor hang, nor lose the process.
// timeout: 240
// expect: 558 calls, 6 patterns
// expect: 128 traps, 6 patterns
// expect: still here
#include "beagle.h"

static u64 patterns[6][8];

// Calls whose purpose is to end, stop, or wait for something that never comes.
static int skip(int n) {
	switch (n) {
	case 1:   // exit
	case 2:   // fork and vfork: tested elsewhere; two processes would go on here
	case 66:
	case 55:  // reboot
	case 361: // bsdthread_terminate
	case 521: // abort_with_payload
		return 1;
	}
	return 0;
}

static int stuck;

static void each(int n, int isMach, const u64 *args) {
	u64 out[3], none[8] = {0};
	int status;
	bg_unix(SYS_fork, none, out);
	if (out[2]) {
		fail("wild.c", n, "fork", (long)out[0]);
		return;
	}
	if (out[1] == 1) {
		// The file descriptors and the directory are the child's own; output
		// goes nowhere, so that a write of some pattern does not show.
		struct itimerval v = {{0, 0, 0}, {0, 150000, 0}};
		for (int i = 0; i < 3; i++) sys(SYS_close, i);
		sys(SYS_open, "/dev/null", O_RDWR), sys(SYS_dup, 0), sys(SYS_dup, 0);
		sys(SYS_setitimer, 0, &v, 0); // SIGALRM ends what waits for ever
		if (isMach) bg_mach(n, args, out);
		else bg_unix(n, args, out);
		bg_exit(0);
	}
	u64 t0 = nanotime();
	for (;;) {
		long r = sys(SYS_wait4, out[0], &status, WNOHANG | WUNTRACED, 0);
		if (r == (long)out[0] && (status & 0xff) != 0x7f) return;
		if (r == -ECHILD) {
			fail("wild.c", n, "child lost", r);
			return;
		}
		u64 dt = nanotime() - t0;
		if (r == (long)out[0] || dt > 3000000000) { // stopped, or masks SIGALRM
			if (r == 0) stuck++;
			sys(SYS_kill, out[0], SIGKILL, 1);
			bg_wait(out[0], &status, 0);
			return;
		}
		if (dt > 2000000) nap(200000);
	}
}

int main(int argc, char **argv, char **envp, char **apple) {
	u64 page = (u64)pages(16384), *self = (u64 *)page;
	for (int i = 0; i < 8; i++) {
		self[i] = page;
		patterns[0][i] = 0;
		patterns[1][i] = ~0ul;
		patterns[2][i] = 0x10 + i;                       // in the page at zero
		patterns[3][i] = 0x8000000000000000 >> i * 4 | 1; // not canonical, kernel's
		patterns[4][i] = page + 16384 - i;               // at the end of what is mapped
		patterns[5][i] = i % 2 ? page : 0x7fffffff;
	}
	for (int n = 0; n < 558; n++)
		for (int p = 0; p < 6; p++)
			if (!skip(n)) each(n, 0, patterns[p]);
	say("558 calls, 6 patterns\n");
	for (int n = 0; n < 128; n++)
		for (int p = 0; p < 6; p++) each(n, 1, patterns[p]);
	say("128 traps, 6 patterns\n");
	CHECK(stuck < 20);
	say("still here\n");
	return 0;
}
