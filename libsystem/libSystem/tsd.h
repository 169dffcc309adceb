// The thread-specific data of a thread, as Darwin lays them: the thread register
// points at an array of words, of which the first ones are the system's.
#ifndef BEAGLE_TSD_H
#define BEAGLE_TSD_H

#include <stdint.h>

#define TSD_SELF 0 // the pthread_t
#define TSD_ERRNO 1 // address of errno
#define TSD_MIG_REPLY 2 // reply port of MIG clients
#define TSD_MACH_SELF 3 // port of the thread, which bsdthread_create stores
#define TSD_QOS 4 // pthread_priority_t
#define TSD_RETURN_TO_KERNEL 5
#define TSD_GO 6 // Go on amd64 keeps its g here
#define TSD_SEMAPHORE 9
#define TSD_LOCALE 10 // of uselocale, NULL for the global one
#define TSD_DISPATCH_QUEUE 20 // and up to 29: libdispatch
#define TSD_DYNAMIC 256 // first key of pthread_key_create
#define TSD_COUNT 768

static inline void *tsd_get(unsigned slot) {
	void *v;
#if defined(__x86_64__)
	__asm__ volatile("movq %%gs:(,%1,8), %0" : "=r"(v) : "r"((uintptr_t)slot));
#else
	uintptr_t base;
	__asm__ volatile("mrs %0, TPIDRRO_EL0" : "=r"(base));
	v = ((void **)(base & ~(uintptr_t)7))[slot];
#endif
	return v;
}

static inline void tsd_set(unsigned slot, void *v) {
#if defined(__x86_64__)
	__asm__ volatile("movq %0, %%gs:(,%1,8)" : : "r"(v), "r"((uintptr_t)slot) : "memory");
#else
	uintptr_t base;
	__asm__ volatile("mrs %0, TPIDRRO_EL0" : "=r"(base));
	((void **)(base & ~(uintptr_t)7))[slot] = v;
#endif
}

#endif
