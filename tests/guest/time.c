// Time: gettimeofday, timers, sleeping, the commpage's clock.
// expect: clocks agree
// expect: itimer repeats
// expect: sleeps sleep
// expect: commpage
#include "beagle.h"

static volatile int ticks;
static void tick(int s, struct siginfo *i, struct ucontext *u) { ticks++; }

#ifdef __x86_64__
#define COMM 0x7fffffe00000ul
static u64 commpage_now(void) {
	u32 g, lo, hi;
	u64 base, ns;
	u32 scale, shift;
	do {
		g = *(volatile u32 *)(COMM + 0x68);
		base = *(volatile u64 *)(COMM + 0x50);
		scale = *(volatile u32 *)(COMM + 0x58);
		shift = *(volatile u32 *)(COMM + 0x5c);
		ns = *(volatile u64 *)(COMM + 0x60);
		__asm__ volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi));
	} while (!g || g != *(volatile u32 *)(COMM + 0x68));
	u64 d = (((u64)hi << 32 | lo) - base) << shift;
	return (u64)(((unsigned __int128)d * scale) >> 32) + ns;
}
#else
#define COMM 0xFFFFFC000ul
static u64 commpage_now(void) {
	// USER_TIMEBASE 0: the stub traps; 1: it reads CNTVCT and adds the offset.
	u64 v;
	if (*(volatile u8 *)(COMM + 0x90)) {
		__asm__ volatile("isb; mrs %0, CNTVCT_EL0" : "=r"(v));
		v += *(volatile u64 *)(COMM + 0x88);
	} else {
		register u64 x0 __asm("x0");
		register u64 x16 __asm("x16") = (u64)-3;
		__asm__ volatile("svc #0x80" : "=r"(x0) : "r"(x16) : "memory");
		v = x0;
	}
	u32 tb[2] = {1, 1};
	mach(89, tb);
	return v * tb[0] / tb[1]; // no overflow within years of uptime
}
#endif

int main(int argc, char **argv, char **envp, char **apple) {
	struct timeval tv;
	u64 abs = 0;
	CHECK_EQ(sys(SYS_gettimeofday, &tv, 0, &abs), 0);
	CHECK(tv.sec > 1600000000 && tv.usec >= 0 && tv.usec < 1000000);
	CHECK(abs != 0);
	u64 last = nanotime();
	for (int i = 0; i < 1000; i++) {
		u64 n = nanotime();
		CHECK(n >= last);
		last = n;
	}
	CHECK_EQ(sys(SYS_gettimeofday, 8, 0, 0), -EFAULT);
	say("clocks agree\n");

	CHECK_EQ(on_signal(SIGALRM, tick, SA_RESTART, 0), 0);
	struct itimerval v = {{0, 5000, 0}, {0, 5000, 0}}, o;
	CHECK_EQ(sys(SYS_setitimer, 0, &v, 0), 0);
	u64 t0 = nanotime();
	while (ticks < 5 && nanotime() - t0 < 10000000000) nap(1000000);
	CHECK(ticks >= 5);
	memset(&v, 0, sizeof v);
	CHECK_EQ(sys(SYS_setitimer, 0, &v, &o), 0);
	CHECK_EQ(o.interval.usec, 5000);
	int n = ticks;
	nap(20000000);
	CHECK_EQ(ticks, n);
	v.value.usec = 1000000;
	CHECK_EQ(sys(SYS_setitimer, 0, &v, 0), -EINVAL);
	say("itimer repeats\n");

	t0 = nanotime();
	nap(50000000);
	CHECK(nanotime() - t0 >= 49000000);
	say("sleeps sleep\n");

	u64 c0 = commpage_now(), w0 = nanotime();
	nap(50000000);
	u64 c1 = commpage_now(), w1 = nanotime();
	i64 dc = (i64)(c1 - c0), dw = (i64)(w1 - w0), diff = dc > dw ? dc - dw : dw - dc;
	CHECK(dc >= 45000000);
	CHECK(diff < dw / 2 + 20000000);
#ifdef __x86_64__
	CHECK(!memcmp((void *)COMM, "commpage 64-bit", 16));
	CHECK(*(u8 *)(COMM + 0x22) >= 1);
#else
	CHECK_EQ(*(u8 *)(COMM + 0x25), 14); // 16 KiB pages
#endif
	CHECK(*(volatile u64 *)(COMM + 0x38) >= 1 << 20);
	say("commpage\n");
	return 0;
}
