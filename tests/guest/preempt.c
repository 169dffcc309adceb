// Threads that never call the kernel do not keep others from running, and
// atomic operations of threads do not lose any update.
// timeout: 120
// expect: spinners get their turns
// expect: atomics 800000 800000 800000
#include "beagle.h"

static volatile u32 stop;
static volatile u64 spins[3];
static u64 added, swapped, ored[8];

static void spin(void *arg) {
	while (!stop) spins[(u64)arg]++;
}

static void add(void *arg) {
	for (int i = 0; i < 100000; i++) {
		__atomic_fetch_add(&added, 1, __ATOMIC_RELAXED);
		u64 v = __atomic_load_n(&swapped, __ATOMIC_RELAXED);
		while (!__atomic_compare_exchange_n(&swapped, &v, v + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {}
		__atomic_fetch_or(&ored[(u64)arg], 1ul << i % 64, __ATOMIC_SEQ_CST);
	}
}

// The same by exclusive loads and stores, which LSE replaces elsewhere.
static u64 exclusive;
static void add_exclusive(void *arg) {
	for (int i = 0; i < 100000; i++) {
#ifdef __aarch64__
		u64 v;
		u32 failed;
		__asm__ volatile("1: ldaxr %0, [%2]\n add %0, %0, #1\n stlxr %w1, %0, [%2]\n cbnz %w1, 1b"
		                 : "=&r"(v), "=&r"(failed) : "r"(&exclusive) : "memory");
#else
		__asm__ volatile("lock incq %0" : "+m"(exclusive));
#endif
	}
}

int main(int argc, char **argv, char **envp, char **apple) {
	u64 t[8];
	bg_threads_init();
	for (u64 i = 0; i < 3; i++) t[i] = bg_thread(spin, (void *)i);
	u64 t0 = nanotime();
	for (int i = 0; i < 3; i++)
		while (spins[i] < 100000 && nanotime() - t0 < 60000000000) nap(1000000);
	for (int i = 0; i < 3; i++) CHECK(spins[i] >= 100000);
	stop = 1;
	for (int i = 0; i < 3; i++) bg_join(t[i]);
	say("spinners get their turns\n");
	for (u64 i = 0; i < 8; i++) t[i] = bg_thread(add, (void *)i);
	for (int i = 0; i < 8; i++) bg_join(t[i]);
	for (u64 i = 0; i < 8; i++) t[i] = bg_thread(add_exclusive, (void *)i);
	for (int i = 0; i < 8; i++) bg_join(t[i]);
	for (int i = 0; i < 8; i++) CHECK_EQ(ored[i], -1);
	say("atomics %lu %lu %lu\n", added, swapped, exclusive);
	return 0;
}
