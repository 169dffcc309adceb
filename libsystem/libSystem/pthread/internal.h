// What a thread is, and the locks that the library itself uses.
#ifndef BEAGLE_PTHREAD_INTERNAL_H
#define BEAGLE_PTHREAD_INTERNAL_H

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <os/lock.h>
#include "../kernel/private.h"
#include "../tsd.h"

#define THREAD_SIG 0x54485244L // "THRD"
#define ATTR_SIG 0x54485241L
#define MUTEX_SIG 0x4D555458L
#define MUTEX_SIG_DEFAULT 0x32AAABA7L
#define MUTEX_SIG_ERRORCHECK 0x32AAABA1L
#define MUTEX_SIG_RECURSIVE 0x32AAABA2L
#define MUTEX_SIG_FIRSTFIT 0x32AAABA3L
#define MUTEX_ATTR_SIG 0x4D545841L
#define COND_SIG 0x434F4E44L
#define COND_SIG_INIT 0x3CB0B1BBL
#define COND_ATTR_SIG 0x434E4441L
#define RWLOCK_SIG 0x52574C4BL
#define RWLOCK_SIG_INIT 0x2DA8B3B4L
#define RWLOCK_ATTR_SIG 0x52574C41L
#define ONCE_SIG 0x4F4E4345L
#define ONCE_SIG_INIT 0x30B1BCBAL
#define NO_SIG 0x12345678L // of what was destroyed

#define TSD_OFFSET 224 // of the TSD in a pthread, as in libpthread
#define DEFAULT_STACK (512 * 1024) // of threads but the first

enum { RUNNING, EXITED };

// Starts like the public structure and has its size.
struct pthread {
	long sig;
	struct __darwin_pthread_handler_rec *cleanup;
	struct pthread *prev, *next;
	void *(*fun)(void *);
	void *arg;
	void *result;
	uint64_t tid;
	uint8_t *stack_top; // the stack grows down from here
	size_t stack_size;
	size_t guard_size;
	void *map; // what the end of the thread unmaps; NULL if not ours
	size_t map_size;
	uint32_t gate; // RUNNING or EXITED; joiners wait on it
	uint32_t detached : 1, joining : 1, listed : 1, custom_stack : 1;
	int err;
	uint32_t cancel_disabled, cancel_async, cancel_pending;
	int policy;
	struct sched_param param;
	char pad[TSD_OFFSET - 140];
	void *tsd[TSD_COUNT];
	char name[64];
	char rest[8192 - TSD_OFFSET - 8 * TSD_COUNT - 64];
};
_Static_assert(offsetof(struct pthread, tsd) == TSD_OFFSET, "TSD");
_Static_assert(sizeof(struct pthread) == 8192, "size");

struct attr {
	long sig;
	void *stack_addr; // lowest address, NULL for one of our own
	size_t stack_size;
	size_t guard_size;
	int detached;
	int inherit;
	int policy;
	struct sched_param param;
	int scope;
	uint32_t qos;
};
_Static_assert(sizeof(struct attr) <= sizeof(pthread_attr_t), "attr");

struct mutex {
	long sig;
	uint32_t word; // 0 free, 1 held, 2 held and waited for
	uint32_t type;
	struct pthread *owner;
	uint32_t count; // of a recursive mutex, beyond the first
	uint32_t shared;
	uint32_t prio_ceiling, protocol, policy;
};
_Static_assert(sizeof(struct mutex) <= sizeof(pthread_mutex_t), "mutex");

struct mutexattr {
	long sig;
	uint8_t type, shared, protocol, policy;
	int32_t ceiling;
};

static inline struct pthread *self(void) { return tsd_get(TSD_SELF); }

#define UL_COMPARE_AND_WAIT 1
#define UL_UNFAIR_LOCK 2
#define UL_COMPARE_AND_WAIT_SHARED 3
#define ULF_WAKE_ALL 0x100
#define ULF_WAIT_CANCEL_POINT 0x20000
#define ULF_NO_ERRNO 0x1000000

// Waits while *word is value, at most ns nanoseconds if that is not 0. Returns 0
// or more, or a negative errno.
static inline int word_wait(uint32_t op, void *word, uint32_t value, uint64_t ns) {
	return __ulock_wait2(op | ULF_NO_ERRNO, word, value, ns, 0);
}
static inline void word_wake(uint32_t op, void *word) { __ulock_wake(op | ULF_NO_ERRNO, word, 0); }

extern os_unfair_lock _pthread_list_lock;
extern struct pthread *_pthread_list;
struct pthread *_pthread_listed(pthread_t t); // with the list locked; NULL if it is no thread
void _pthread_tsd_cleanup(struct pthread *t);
int _pthread_mutex_unlock_for_wait(struct mutex *m);

#endif
