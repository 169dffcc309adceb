// os_unfair_lock and the older spin lock: a word that is 0, or the owner's thread
// port, whose lowest bit is clear while somebody waits.

#include <os/lock.h>
#include <stdint.h>
#include "../kernel/private.h"
#include "../tsd.h"

#define UNFAIR (2u | 0x1000000u) // UL_UNFAIR_LOCK, ULF_NO_ERRNO
#define NO_WAITERS 1u

static uint32_t me(void) { return (uint32_t)(uintptr_t)tsd_get(TSD_MACH_SELF); }

static void wait_for(uint32_t *word) {
	uint32_t mine = me() & ~NO_WAITERS;
	for (;;) {
		uint32_t v = __atomic_load_n(word, __ATOMIC_RELAXED);
		if (!v) {
			// Others may wait still: they are not forgotten.
			if (__atomic_compare_exchange_n(word, &v, mine, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
				return;
			continue;
		}
		if ((v | NO_WAITERS) == (mine | NO_WAITERS))
			_beagle_fatal("os_unfair_lock: the thread has the lock already");
		if ((v & NO_WAITERS) && !__atomic_compare_exchange_n(word, &v, v & ~NO_WAITERS, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
		int r = __ulock_wait(UNFAIR, word, v & ~NO_WAITERS, 0);
		if (r == -105)
			_beagle_fatal("os_unfair_lock: the owner is gone, or the lock is corrupt");
	}
}

void os_unfair_lock_lock(os_unfair_lock_t l) {
	uint32_t *word = &l->_os_unfair_lock_opaque, free = 0;
	if (!__atomic_compare_exchange_n(word, &free, me() | NO_WAITERS, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		wait_for(word);
}
void os_unfair_lock_lock_with_options(os_unfair_lock_t l, uint32_t options) { os_unfair_lock_lock(l); }

bool os_unfair_lock_trylock(os_unfair_lock_t l) {
	uint32_t free = 0;
	return __atomic_compare_exchange_n(&l->_os_unfair_lock_opaque, &free, me() | NO_WAITERS, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void os_unfair_lock_unlock(os_unfair_lock_t l) {
	uint32_t *word = &l->_os_unfair_lock_opaque, v = __atomic_exchange_n(word, 0, __ATOMIC_RELEASE);
	if ((v | NO_WAITERS) != (me() | NO_WAITERS))
		_beagle_fatal("os_unfair_lock: unlocked by a thread that does not have it");
	if (!(v & NO_WAITERS))
		__ulock_wake(UNFAIR, word, 0);
}

void os_unfair_lock_assert_owner(const os_unfair_lock *l) {
	if ((l->_os_unfair_lock_opaque | NO_WAITERS) != (me() | NO_WAITERS))
		_beagle_fatal("os_unfair_lock_assert_owner: the thread does not have the lock");
}
void os_unfair_lock_assert_not_owner(const os_unfair_lock *l) {
	if ((l->_os_unfair_lock_opaque | NO_WAITERS) == (me() | NO_WAITERS))
		_beagle_fatal("os_unfair_lock_assert_not_owner: the thread has the lock");
}

// OSSpinLock: any thread may unlock it, so the word names nobody.
void OSSpinLockLock(volatile int32_t *l) {
	int32_t free;
	while (free = 0, !__atomic_compare_exchange_n(l, &free, -1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		swtch_pri(0);
}
bool OSSpinLockTry(volatile int32_t *l) {
	int32_t free = 0;
	return __atomic_compare_exchange_n(l, &free, -1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
void OSSpinLockUnlock(volatile int32_t *l) { __atomic_store_n(l, 0, __ATOMIC_RELEASE); }

// The atomic functions that the compiler's own replaced. ADD returns the new
// value, bits likewise but for the Orig forms.
#define ADD(name, type) type name(type n, volatile type *p) { return __atomic_add_fetch(p, n, __ATOMIC_SEQ_CST); }
ADD(OSAtomicAdd32, int32_t)
ADD(OSAtomicAdd32Barrier, int32_t)
ADD(OSAtomicAdd64, int64_t)
ADD(OSAtomicAdd64Barrier, int64_t)
#define CAS(name, type) \
	bool name(type old, type new, volatile type *p) { return __atomic_compare_exchange_n(p, &old, new, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED); }
CAS(OSAtomicCompareAndSwap32, int32_t)
CAS(OSAtomicCompareAndSwap32Barrier, int32_t)
CAS(OSAtomicCompareAndSwapInt, int32_t)
CAS(OSAtomicCompareAndSwapIntBarrier, int32_t)
CAS(OSAtomicCompareAndSwap64, int64_t)
CAS(OSAtomicCompareAndSwap64Barrier, int64_t)
CAS(OSAtomicCompareAndSwapLong, long)
CAS(OSAtomicCompareAndSwapLongBarrier, long)
typedef void *pointer;
CAS(OSAtomicCompareAndSwapPtr, pointer)
CAS(OSAtomicCompareAndSwapPtrBarrier, pointer)
int32_t OSAtomicIncrement32(volatile int32_t *p) { return OSAtomicAdd32(1, p); }
int32_t OSAtomicIncrement32Barrier(volatile int32_t *p) { return OSAtomicAdd32(1, p); }
int32_t OSAtomicDecrement32(volatile int32_t *p) { return OSAtomicAdd32(-1, p); }
int32_t OSAtomicDecrement32Barrier(volatile int32_t *p) { return OSAtomicAdd32(-1, p); }
int64_t OSAtomicIncrement64(volatile int64_t *p) { return OSAtomicAdd64(1, p); }
int64_t OSAtomicDecrement64(volatile int64_t *p) { return OSAtomicAdd64(-1, p); }
int32_t OSAtomicOr32(uint32_t m, volatile uint32_t *p) { return (int32_t)__atomic_or_fetch(p, m, __ATOMIC_SEQ_CST); }
int32_t OSAtomicOr32Barrier(uint32_t m, volatile uint32_t *p) { return (int32_t)__atomic_or_fetch(p, m, __ATOMIC_SEQ_CST); }
int32_t OSAtomicAnd32(uint32_t m, volatile uint32_t *p) { return (int32_t)__atomic_and_fetch(p, m, __ATOMIC_SEQ_CST); }
int32_t OSAtomicAnd32Barrier(uint32_t m, volatile uint32_t *p) { return (int32_t)__atomic_and_fetch(p, m, __ATOMIC_SEQ_CST); }
void OSMemoryBarrier(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// Instruction caches need no help on x86-64; on arm64 the lines are cleaned.
void sys_dcache_flush(void *start, size_t n) {}
void sys_icache_invalidate(void *start, size_t n) {
#if defined(__aarch64__)
	uintptr_t end = (uintptr_t)start + n;
	for (uintptr_t p = (uintptr_t)start & ~(uintptr_t)63; p < end; p += 64)
		__asm__ volatile("dc cvau, %0" : : "r"(p) : "memory");
	__asm__ volatile("dsb ish" : : : "memory");
	for (uintptr_t p = (uintptr_t)start & ~(uintptr_t)63; p < end; p += 64)
		__asm__ volatile("ic ivau, %0" : : "r"(p) : "memory");
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
#endif
}
void __clear_cache(void *start, void *end) { sys_icache_invalidate(start, (size_t)((char *)end - (char *)start)); }
