// What musl's allocator needs around it; stands in for its own glue.h.
#ifndef MALLOC_GLUE_H
#define MALLOC_GLUE_H

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <errno.h>
#include <limits.h>
#include <os/lock.h>
#include <mach/mach.h>

#define weak_alias(old, new)
#define hidden __attribute__((__visibility__("hidden")))

#define size_classes _beagle_size_classes
#define ctx _beagle_malloc_context
#define alloc_meta _beagle_alloc_meta
#define is_allzero _beagle_is_allzero
#define malloc _beagle_malloc
#define realloc _beagle_realloc
#define free _beagle_free
#define aligned_alloc _beagle_aligned_alloc
#define malloc_usable_size _beagle_malloc_usable_size

void *_beagle_malloc(size_t);
void *_beagle_realloc(void *, size_t);
void _beagle_free(void *);
void *_beagle_aligned_alloc(size_t, size_t);
size_t _beagle_malloc_usable_size(void *);
int _beagle_is_allzero(void *);

#undef assert
#define assert(x) do { if (!(x)) _beagle_malloc_corrupt(); } while (0)
__attribute__((__noreturn__)) void _beagle_malloc_corrupt(void);

// No break and no growing in place: the allocator takes mmap instead.
#define brk(p) ((uintptr_t)-1)
#define mremap(...) MAP_FAILED
#define MREMAP_MAYMOVE 1

#define DISABLE_ALIGNED_ALLOC 0
#define PAGESIZE vm_page_size
#define PAGE_SIZE vm_page_size
#define MT 1
#define RDLOCK_IS_EXCLUSIVE 1
#define SIZE_ALIGN (4 * sizeof(size_t))

extern uint64_t _beagle_malloc_entropy;
static inline uint64_t get_random_secret(void) { return _beagle_malloc_entropy; }

extern os_unfair_lock _beagle_malloc_lock;
#define LOCK_OBJ_DEF os_unfair_lock _beagle_malloc_lock
static inline void rdlock(void) { os_unfair_lock_lock(&_beagle_malloc_lock); }
static inline void wrlock(void) { os_unfair_lock_lock(&_beagle_malloc_lock); }
static inline void unlock(void) { os_unfair_lock_unlock(&_beagle_malloc_lock); }
static inline void upgradelock(void) {}

// Of musl's atomic.h.
static inline void a_crash(void) { _beagle_malloc_corrupt(); }
static inline int a_ctz_32(uint32_t x) { return __builtin_ctz(x); }
static inline int a_clz_32(uint32_t x) { return __builtin_clz(x); }
static inline int a_ctz_64(uint64_t x) { return __builtin_ctzll(x); }
static inline int a_cas(volatile int *p, int t, int s) {
	__atomic_compare_exchange_n(p, &t, s, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return t;
}
static inline int a_swap(volatile int *p, int v) { return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); }
static inline void a_or(volatile int *p, int v) { __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST); }
static inline void a_inc(volatile int *p) { __atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST); }

#endif
