// A computation over many registers, general and vector, gives the same answer
// while signals interrupt it anywhere and their handler spoils what it may.
// timeout: 120
// expect: same answer
#include "beagle.h"

static volatile int hits;
static double sink[16];

static void on_tick(int s, struct siginfo *i, struct ucontext *u) {
	double a[16];
	for (int n = 0; n < 16; n++) a[n] = hits * 1.5 + n;
	for (int n = 0; n < 16; n++) sink[n] += a[n] * a[15 - n];
	hits++;
}

static u64 compute(long rounds) {
	double f[8];
	u64 x[8];
	for (int i = 0; i < 8; i++) f[i] = i + 1, x[i] = i * 0x9e3779b97f4a7c15 + 1;
	for (long r = 0; r < rounds; r++) {
		for (int i = 0; i < 8; i++) {
			x[i] = x[i] * 6364136223846793005 + x[(i + 1) & 7];
			x[i] ^= x[i] >> 29;
			if (x[i] & 1) x[(i + 3) & 7] += r;
			f[i] = f[i] * 0.999 + f[(i + 5) & 7] * 0.0007 + (double)(x[i] & 255);
		}
	}
	u64 h = 0;
	for (int i = 0; i < 8; i++) {
		u64 b;
		memcpy(&b, &f[i], 8);
		h = (h ^ x[i] ^ b) * 0x100000001b3;
	}
	return h;
}

int main(int argc, char **argv, char **envp, char **apple) {
	u64 want = compute(300000);
	CHECK_EQ(on_signal(SIGALRM, on_tick, SA_RESTART | SA_SIGINFO, 0), 0);
	struct itimerval v = {{0, 1000, 0}, {0, 1000, 0}};
	CHECK_EQ(sys(SYS_setitimer, 0, &v, 0), 0);
	for (int i = 0; i < 10 || (hits < 50 && i < 200); i++) CHECK_EQ(compute(300000), want);
	memset(&v, 0, sizeof v);
	CHECK_EQ(sys(SYS_setitimer, 0, &v, 0), 0);
	CHECK(hits >= 20);
	say("same answer\n");
	return 0;
}
