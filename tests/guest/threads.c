// Threads: register, create, join by ulock, one counter under a lock, own TSD.
// expect: 8 threads counted 80000
// expect: thread ids differ
// expect: ulock wait times out
// expect: TSD base follows the thread
#include "beagle.h"

static u32 lock, counter;
static u64 ids[8], tsd[8];

static void take(void) {
	u32 zero = 0;
	while (!__atomic_compare_exchange_n(&lock, &zero, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		sys(SYS_ulock_wait, 1, &lock, 1, 1000);
		zero = 0;
	}
}
static void give(void) {
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
	sys(SYS_ulock_wake, 1, &lock, 0);
}

static u64 tsd_self(void) {
	u64 v;
#ifdef __x86_64__
	__asm__ volatile("movq %%gs:0, %0" : "=r"(v));
#else
	u64 base;
	__asm__ volatile("mrs %0, TPIDRRO_EL0" : "=r"(base));
	v = *(u64 *)(base & ~7ul);
#endif
	return v;
}

static void work(void *arg) {
	u64 i = (u64)arg;
	ids[i] = sys(SYS_thread_selfid);
	tsd[i] = tsd_self();
	for (int n = 0; n < 10000; n++) {
		take();
		counter++;
		give();
	}
}

int main(int argc, char **argv, char **envp, char **apple) {
	u64 t[8];
	bg_threads_init();
	for (u64 i = 0; i < 8; i++) t[i] = bg_thread(work, (void *)i);
	for (int i = 0; i < 8; i++) bg_join(t[i]);
	say("8 threads counted %u\n", counter);
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < i; j++) CHECK(ids[i] != ids[j] && ids[i]);
	CHECK_EQ(sys(SYS_thread_selfid), sys(SYS_thread_selfid));
	say("thread ids differ\n");
	u32 word = 5;
	u64 t0 = nanotime();
	CHECK_EQ(sys(SYS_ulock_wait, 1, &word, 5, 30000), -ETIMEDOUT);
	CHECK(nanotime() - t0 >= 29000000);
	CHECK(sys(SYS_ulock_wait, 1, &word, 6, 0) >= 0); // the value has changed: no wait
	CHECK_EQ(sys(SYS_ulock_wake, 1, &word, 0), -ENOENT);
	CHECK_EQ(sys(SYS_ulock_wait, 1, 8, 0, 0), -EFAULT);
	CHECK_EQ(sys(SYS_ulock_wait, 1, (u64)&word + 1, 0, 0), -EINVAL);
	say("ulock wait times out\n");
	for (int i = 0; i < 8; i++) CHECK_EQ(tsd[i], t[i]);
	static u64 area[64];
	area[0] = (u64)area;
	u64 out[3];
#ifdef __x86_64__
	bg_mdep(3, (u64[8]){(u64)area}, out);
#else
	bg_mdep(0, (u64[8]){(u64)area, 0, 0, 2}, out);
#endif
	CHECK_EQ(tsd_self(), (u64)area);
	say("TSD base follows the thread\n");
	return 0;
}
