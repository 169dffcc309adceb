// Mutexes, condition variables, read-write locks and once, over ulock(2)'s
// compare-and-wait. Layouts are ours within Darwin's sizes; the static
// initialisers are Darwin's.

#include "internal.h"

static uint32_t op_of(uint32_t shared) { return shared ? UL_COMPARE_AND_WAIT_SHARED : UL_COMPARE_AND_WAIT; }

// The type of a mutex, -1 for what is none.
static int type_of(const struct mutex *m) {
	switch (m->sig) {
	case MUTEX_SIG: return (int)m->type;
	case MUTEX_SIG_DEFAULT:
	case MUTEX_SIG_FIRSTFIT: return PTHREAD_MUTEX_NORMAL;
	case MUTEX_SIG_ERRORCHECK: return PTHREAD_MUTEX_ERRORCHECK;
	case MUTEX_SIG_RECURSIVE: return PTHREAD_MUTEX_RECURSIVE;
	}
	return -1;
}

int pthread_mutex_init(pthread_mutex_t *p, const pthread_mutexattr_t *pa) {
	struct mutex *m = (struct mutex *)p;
	const struct mutexattr *a = (const struct mutexattr *)pa;
	if (a && a->sig != MUTEX_ATTR_SIG)
		return EINVAL;
	*m = (struct mutex){ .sig = MUTEX_SIG };
	if (a) {
		m->type = a->type;
		m->shared = a->shared == PTHREAD_PROCESS_SHARED;
		m->protocol = a->protocol;
		m->policy = a->policy;
	}
	return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *p) {
	struct mutex *m = (struct mutex *)p;
	if (type_of(m) < 0)
		return EINVAL;
	if (m->word)
		return EBUSY;
	m->sig = NO_SIG;
	return 0;
}

static int try(struct mutex *m, uint32_t as) {
	uint32_t free = 0;
	return __atomic_compare_exchange_n(&m->word, &free, as, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void acquire(struct mutex *m) {
	if (try(m, 1))
		return;
	while (__atomic_exchange_n(&m->word, 2, __ATOMIC_ACQUIRE))
		word_wait(op_of(m->shared), &m->word, 2, 0);
}

static void release(struct mutex *m) {
	// A mutex may be freed by who gets it next: shared is read before.
	uint32_t op = op_of(m->shared);
	if (__atomic_exchange_n(&m->word, 0, __ATOMIC_RELEASE) == 2)
		word_wake(op, &m->word);
}

int pthread_mutex_lock(pthread_mutex_t *p) {
	struct mutex *m = (struct mutex *)p;
	int type = type_of(m);
	if (type < 0)
		return EINVAL;
	if (type != PTHREAD_MUTEX_NORMAL && __atomic_load_n(&m->owner, __ATOMIC_RELAXED) == self()) {
		if (type == PTHREAD_MUTEX_ERRORCHECK)
			return EDEADLK;
		if (m->count == UINT32_MAX)
			return EAGAIN;
		m->count++;
		return 0;
	}
	acquire(m);
	__atomic_store_n(&m->owner, self(), __ATOMIC_RELAXED);
	return 0;
}

int pthread_mutex_trylock(pthread_mutex_t *p) {
	struct mutex *m = (struct mutex *)p;
	int type = type_of(m);
	if (type < 0)
		return EINVAL;
	if (type == PTHREAD_MUTEX_RECURSIVE && __atomic_load_n(&m->owner, __ATOMIC_RELAXED) == self()) {
		m->count++;
		return 0;
	}
	if (!try(m, 1))
		return EBUSY;
	__atomic_store_n(&m->owner, self(), __ATOMIC_RELAXED);
	return 0;
}

int pthread_mutex_unlock(pthread_mutex_t *p) {
	struct mutex *m = (struct mutex *)p;
	int type = type_of(m);
	if (type < 0)
		return EINVAL;
	if (type != PTHREAD_MUTEX_NORMAL) {
		if (__atomic_load_n(&m->owner, __ATOMIC_RELAXED) != self())
			return EPERM;
		if (m->count) {
			m->count--;
			return 0;
		}
	}
	__atomic_store_n(&m->owner, 0, __ATOMIC_RELAXED);
	release(m);
	return 0;
}

int pthread_mutex_getprioceiling(const pthread_mutex_t *p, int *out) {
	*out = (int)((const struct mutex *)p)->prio_ceiling;
	return 0;
}

int pthread_mutexattr_init(pthread_mutexattr_t *p) {
	*(struct mutexattr *)p = (struct mutexattr){ .sig = MUTEX_ATTR_SIG, .shared = PTHREAD_PROCESS_PRIVATE, .policy = PTHREAD_MUTEX_POLICY_FIRSTFIT_NP };
	return 0;
}
int pthread_mutexattr_destroy(pthread_mutexattr_t *p) {
	if (p->__sig != MUTEX_ATTR_SIG)
		return EINVAL;
	p->__sig = 0;
	return 0;
}
#define MATTR(field, getter, setter, type_, ok)                                \
	int getter(const pthread_mutexattr_t *p, int *out) {                   \
		if (p->__sig != MUTEX_ATTR_SIG)                                \
			return EINVAL;                                         \
		*out = ((const struct mutexattr *)p)->field;                   \
		return 0;                                                      \
	}                                                                      \
	int setter(pthread_mutexattr_t *p, int v) {                            \
		if (p->__sig != MUTEX_ATTR_SIG || !(ok))                       \
			return EINVAL;                                         \
		((struct mutexattr *)p)->field = (type_)v;                     \
		return 0;                                                      \
	}
MATTR(type, pthread_mutexattr_gettype, pthread_mutexattr_settype, uint8_t, v >= 0 && v <= 2)
MATTR(shared, pthread_mutexattr_getpshared, pthread_mutexattr_setpshared, uint8_t, v == 1 || v == 2)
MATTR(protocol, pthread_mutexattr_getprotocol, pthread_mutexattr_setprotocol, uint8_t, v >= 0 && v <= 2)
MATTR(policy, pthread_mutexattr_getpolicy_np, pthread_mutexattr_setpolicy_np, uint8_t, v >= 1 && v <= 3)
MATTR(ceiling, pthread_mutexattr_getprioceiling, pthread_mutexattr_setprioceiling, int32_t, v >= 0)

// Condition variables. Waiters wait for seq to change; waited is set before and
// never by who was woken, so a condition variable may be destroyed right after
// the signal.
struct cond {
	long sig;
	uint32_t seq;
	uint32_t waited;
	uint32_t shared;
};
_Static_assert(sizeof(struct cond) <= sizeof(pthread_cond_t), "cond");
struct condattr {
	long sig;
	int shared;
};

static struct cond *cond_of(pthread_cond_t *p) {
	struct cond *c = (struct cond *)p;
	return c->sig == COND_SIG || c->sig == COND_SIG_INIT ? c : 0;
}

int pthread_cond_init(pthread_cond_t *p, const pthread_condattr_t *a) {
	*(struct cond *)p = (struct cond){ .sig = COND_SIG, .shared = a && ((const struct condattr *)a)->shared == PTHREAD_PROCESS_SHARED };
	return 0;
}
int pthread_cond_destroy(pthread_cond_t *p) {
	struct cond *c = cond_of(p);
	if (!c)
		return EINVAL;
	c->sig = NO_SIG;
	return 0;
}

static int wake(pthread_cond_t *p, uint32_t all) {
	struct cond *c = cond_of(p);
	if (!c)
		return EINVAL;
	if (!__atomic_load_n(&c->waited, __ATOMIC_SEQ_CST))
		return 0;
	if (all)
		__atomic_store_n(&c->waited, 0, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&c->seq, 1, __ATOMIC_SEQ_CST);
	word_wake(op_of(c->shared) | all, &c->seq);
	return 0;
}
int pthread_cond_signal(pthread_cond_t *p) { return wake(p, 0); }
int pthread_cond_broadcast(pthread_cond_t *p) { return wake(p, ULF_WAKE_ALL); }
// Which thread is woken is not ours to choose: all are, and the others wait on.
int pthread_cond_signal_thread_np(pthread_cond_t *p, pthread_t t) { return wake(p, t ? ULF_WAKE_ALL : 0); }

// timed 0: without limit; else at most ns.
static int cond_wait(pthread_cond_t *p, pthread_mutex_t *pm, int timed, int64_t ns, uint32_t cancel) {
	struct cond *c = cond_of(p);
	if (!c)
		return EINVAL;
	struct mutex *m = (struct mutex *)pm;
	uint32_t op = op_of(c->shared);
	__atomic_store_n(&c->waited, 1, __ATOMIC_SEQ_CST);
	uint32_t seq = __atomic_load_n(&c->seq, __ATOMIC_SEQ_CST);
	uint32_t count = m->count;
	m->count = 0;
	int error = pthread_mutex_unlock(pm);
	if (error) {
		m->count = count;
		return error;
	}
	int r = timed && ns <= 0 ? -ETIMEDOUT : word_wait(op | cancel, &c->seq, seq, timed ? (uint64_t)ns : 0);
	pthread_mutex_lock(pm);
	m->count = count;
	if (r == -EINTR && cancel)
		pthread_testcancel();
	return r == -ETIMEDOUT ? ETIMEDOUT : 0;
}

static int valid(const struct timespec *t) { return t->tv_nsec >= 0 && t->tv_nsec < 1000000000; }
#define FOREVER (INT64_MAX / 2)
static int64_t ns_of(int64_t sec, int64_t nsec) {
	if (sec < 0)
		return 0;
	return sec > FOREVER / 1000000000 ? FOREVER : sec * 1000000000 + nsec;
}

static int cond_timedwait(pthread_cond_t *p, pthread_mutex_t *m, const struct timespec *until, uint32_t cancel) {
	if (!until)
		return cond_wait(p, m, 0, 0, cancel);
	if (!valid(until))
		return EINVAL;
	struct timeval now;
	__gettimeofday(&now, 0, 0);
	int64_t sec = until->tv_sec - now.tv_sec, nsec = until->tv_nsec - (int64_t)now.tv_usec * 1000;
	if (nsec < 0) {
		sec--;
		nsec += 1000000000;
	}
	return cond_wait(p, m, 1, ns_of(sec, nsec), cancel);
}

int pthread_cond_wait(pthread_cond_t *p, pthread_mutex_t *m) { return cond_wait(p, m, 0, 0, ULF_WAIT_CANCEL_POINT); }
int pthread_cond_timedwait(pthread_cond_t *p, pthread_mutex_t *m, const struct timespec *t) { return cond_timedwait(p, m, t, ULF_WAIT_CANCEL_POINT); }
int pthread_cond_timedwait_relative_np(pthread_cond_t *p, pthread_mutex_t *m, const struct timespec *t) {
	if (!t)
		return cond_wait(p, m, 0, 0, ULF_WAIT_CANCEL_POINT);
	return cond_wait(p, m, 1, ns_of(t->tv_sec, t->tv_nsec), ULF_WAIT_CANCEL_POINT);
}
int cond_wait_nc(pthread_cond_t *, pthread_mutex_t *) __asm("_pthread_cond_wait$NOCANCEL");
int cond_wait_nc(pthread_cond_t *p, pthread_mutex_t *m) { return cond_wait(p, m, 0, 0, 0); }
int cond_timedwait_nc(pthread_cond_t *, pthread_mutex_t *, const struct timespec *) __asm("_pthread_cond_timedwait$NOCANCEL");
int cond_timedwait_nc(pthread_cond_t *p, pthread_mutex_t *m, const struct timespec *t) { return cond_timedwait(p, m, t, 0); }

int pthread_condattr_init(pthread_condattr_t *p) {
	*(struct condattr *)p = (struct condattr){ COND_ATTR_SIG, PTHREAD_PROCESS_PRIVATE };
	return 0;
}
int pthread_condattr_destroy(pthread_condattr_t *p) {
	p->__sig = 0;
	return 0;
}
int pthread_condattr_getpshared(const pthread_condattr_t *p, int *out) {
	*out = ((const struct condattr *)p)->shared;
	return 0;
}
int pthread_condattr_setpshared(pthread_condattr_t *p, int v) {
	if (p->__sig != COND_ATTR_SIG || (v != PTHREAD_PROCESS_PRIVATE && v != PTHREAD_PROCESS_SHARED))
		return EINVAL;
	((struct condattr *)p)->shared = v;
	return 0;
}

// Read-write locks: state counts readers, or is WRITER. Whoever finds it taken
// sets waited and waits for seq; the last to leave wakes all.
#define WRITER 0x80000000u
struct rwlock {
	long sig;
	uint32_t state;
	uint32_t seq;
	uint32_t waited;
	uint32_t shared;
	struct pthread *owner;
};
_Static_assert(sizeof(struct rwlock) <= sizeof(pthread_rwlock_t), "rwlock");

static struct rwlock *rw_of(pthread_rwlock_t *p) {
	struct rwlock *l = (struct rwlock *)p;
	return l->sig == RWLOCK_SIG || l->sig == RWLOCK_SIG_INIT ? l : 0;
}

int pthread_rwlock_init(pthread_rwlock_t *p, const pthread_rwlockattr_t *a) {
	*(struct rwlock *)p = (struct rwlock){ .sig = RWLOCK_SIG, .shared = a && ((const struct condattr *)a)->shared == PTHREAD_PROCESS_SHARED };
	return 0;
}
int pthread_rwlock_destroy(pthread_rwlock_t *p) {
	struct rwlock *l = rw_of(p);
	if (!l)
		return EINVAL;
	if (l->state)
		return EBUSY;
	l->sig = NO_SIG;
	return 0;
}

static int rw_try(struct rwlock *l, int write) {
	uint32_t s = __atomic_load_n(&l->state, __ATOMIC_SEQ_CST);
	for (;;) {
		if (write ? s != 0 : s >= WRITER - 1)
			return 0;
		if (__atomic_compare_exchange_n(&l->state, &s, write ? WRITER : s + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
			if (write)
				l->owner = self();
			return 1;
		}
	}
}

static int rw_lock(pthread_rwlock_t *p, int write) {
	struct rwlock *l = rw_of(p);
	if (!l)
		return EINVAL;
	while (!rw_try(l, write)) {
		if (l->state == WRITER && l->owner == self())
			return EDEADLK;
		uint32_t seq = __atomic_load_n(&l->seq, __ATOMIC_SEQ_CST);
		__atomic_store_n(&l->waited, 1, __ATOMIC_SEQ_CST);
		if (rw_try(l, write))
			break;
		word_wait(op_of(l->shared), &l->seq, seq, 0);
	}
	return 0;
}
static int rw_trylock(pthread_rwlock_t *p, int write) {
	struct rwlock *l = rw_of(p);
	return !l ? EINVAL : rw_try(l, write) ? 0 : EBUSY;
}
int pthread_rwlock_rdlock(pthread_rwlock_t *p) { return rw_lock(p, 0); }
int pthread_rwlock_wrlock(pthread_rwlock_t *p) { return rw_lock(p, 1); }
int pthread_rwlock_tryrdlock(pthread_rwlock_t *p) { return rw_trylock(p, 0); }
int pthread_rwlock_trywrlock(pthread_rwlock_t *p) { return rw_trylock(p, 1); }
int pthread_rwlock_unlock(pthread_rwlock_t *p) {
	struct rwlock *l = rw_of(p);
	if (!l)
		return EINVAL;
	uint32_t op = op_of(l->shared), s = __atomic_load_n(&l->state, __ATOMIC_SEQ_CST), left;
	do {
		if (!s)
			return EPERM;
		left = s == WRITER ? 0 : s - 1;
		if (s == WRITER)
			l->owner = 0;
	} while (!__atomic_compare_exchange_n(&l->state, &s, left, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	if (!left && __atomic_exchange_n(&l->waited, 0, __ATOMIC_SEQ_CST)) {
		__atomic_add_fetch(&l->seq, 1, __ATOMIC_SEQ_CST);
		word_wake(op | ULF_WAKE_ALL, &l->seq);
	}
	return 0;
}
int pthread_rwlockattr_init(pthread_rwlockattr_t *p) {
	*(struct condattr *)p = (struct condattr){ RWLOCK_ATTR_SIG, PTHREAD_PROCESS_PRIVATE };
	return 0;
}
int pthread_rwlockattr_destroy(pthread_rwlockattr_t *p) {
	p->__sig = 0;
	return 0;
}
int pthread_rwlockattr_getpshared(const pthread_rwlockattr_t *p, int *out) {
	*out = ((const struct condattr *)p)->shared;
	return 0;
}
int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *p, int v) {
	if (v != PTHREAD_PROCESS_PRIVATE && v != PTHREAD_PROCESS_SHARED)
		return EINVAL;
	((struct condattr *)p)->shared = v;
	return 0;
}

// Once: the word goes from 0 over 1, somebody is in it, to 2.
struct once {
	long sig;
	uint32_t word;
	uint32_t unused;
};
int pthread_once(pthread_once_t *p, void (*fun)(void)) {
	struct once *o = (struct once *)p;
	if (o->sig == ONCE_SIG)
		return 0;
	if (o->sig != ONCE_SIG_INIT)
		return EINVAL;
	uint32_t s = 0;
	if (__atomic_compare_exchange_n(&o->word, &s, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		fun();
		__atomic_store_n(&o->word, 2, __ATOMIC_SEQ_CST);
		__atomic_store_n(&o->sig, ONCE_SIG, __ATOMIC_SEQ_CST);
		word_wake(UL_COMPARE_AND_WAIT | ULF_WAKE_ALL, &o->word);
		return 0;
	}
	while (__atomic_load_n(&o->word, __ATOMIC_SEQ_CST) == 1)
		word_wait(UL_COMPARE_AND_WAIT, &o->word, 1, 0);
	return 0;
}

// Handlers of fork(2).
static struct {
	void (*prepare)(void), (*parent)(void), (*child)(void);
} atfork[256];
static unsigned atforks;
static os_unfair_lock atfork_lock;

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
	int error = ENOMEM;
	os_unfair_lock_lock(&atfork_lock);
	if (atforks < sizeof atfork / sizeof *atfork) {
		atfork[atforks].prepare = prepare;
		atfork[atforks].parent = parent;
		atfork[atforks++].child = child;
		error = 0;
	}
	os_unfair_lock_unlock(&atfork_lock);
	return error;
}
void _beagle_atfork_prepare(void) {
	for (unsigned i = atforks; i-- > 0;)
		if (atfork[i].prepare)
			atfork[i].prepare();
}
void _beagle_atfork_parent(void) {
	for (unsigned i = 0; i < atforks; i++)
		if (atfork[i].parent)
			atfork[i].parent();
}
void _beagle_atfork_child(void) {
	for (unsigned i = 0; i < atforks; i++)
		if (atfork[i].child)
			atfork[i].child();
}

// Unnamed semaphores are not there on Darwin.
int sem_init(int *s, int shared, unsigned value) {
	errno = ENOSYS;
	return -1;
}
int sem_destroy(int *s) {
	errno = ENOSYS;
	return -1;
}
int sem_getvalue(int *s, int *value) {
	errno = ENOSYS;
	return -1;
}
