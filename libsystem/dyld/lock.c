// Locks. Two, so that an initializer may wait for a thread that calls dlsym:
//
//	lock       held by dlopen and dlclose with all they run; recursive, for
//	           initializers call dlopen. Taken first.
//	walk_lock  held for one look-up, for the marks in the images; nothing of the
//	           program runs under it.
//
// Reading the list of images takes neither: images are appended, and one that was
// unlinked stays readable (see retire in dlfcn.c).

#include "dyld.h"

struct mutex {
	uint32_t word; // 0 free, 1 held, 2 held and waited for
};

static struct mutex outer, walk;
static void *owner; // of outer: slot 0 of the thread's TSD
static unsigned depth;
static bool threads;

static void *thread_self(void)
{
	void *self;
#ifdef __arm64__
	uintptr_t tsd;
	__asm__("mrs %0, TPIDRRO_EL0" : "=r"(tsd));
	self = *(void **)(tsd & ~7ul);
#else
	__asm__("movq %%gs:0, %0" : "=r"(self));
#endif
	return self;
}

static void acquire(struct mutex *m)
{
	uint32_t seen = 0;
	if (__atomic_compare_exchange_n(&m->word, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&m->word, 2, __ATOMIC_ACQUIRE) != 0)
		sys4(SYS_ulock_wait, UL_COMPARE_AND_WAIT | ULF_NO_ERRNO, &m->word, 2, 0);
}

static void release(struct mutex *m)
{
	if (__atomic_exchange_n(&m->word, 0, __ATOMIC_RELEASE) == 2)
		sys3(SYS_ulock_wake, UL_COMPARE_AND_WAIT | ULF_NO_ERRNO, &m->word, 0);
}

void lock_start(void)
{
	threads = true;
}

void lock(void)
{
	if (!threads)
		return;
	void *self = thread_self();
	if (__atomic_load_n(&owner, __ATOMIC_RELAXED) == self) {
		depth++;
		return;
	}
	acquire(&outer);
	__atomic_store_n(&owner, self, __ATOMIC_RELAXED);
	depth = 1;
}

void unlock(void)
{
	// Not ours: locked before there were threads, when locking did nothing.
	if (!threads || __atomic_load_n(&owner, __ATOMIC_RELAXED) != thread_self() || --depth > 0)
		return;
	__atomic_store_n(&owner, NULL, __ATOMIC_RELAXED);
	release(&outer);
}

void walk_lock(void)
{
	if (threads)
		acquire(&walk);
}

void walk_unlock(void)
{
	if (threads)
		release(&walk);
}

void lock_fork(enum fork_phase phase)
{
	switch (phase) {
	case FORK_PREPARE:
		lock();
		walk_lock();
		break;
	case FORK_PARENT:
		walk_unlock();
		unlock();
		break;
	case FORK_CHILD:
		// The one thread here is the one that took the locks; nobody waits.
		// It may have forked inside an initializer, under its own lock.
		walk.word = 0;
		if (depth > 1) {
			depth--;
			outer.word = 1;
			break;
		}
		depth = 0;
		owner = NULL;
		outer.word = 0;
	}
}
