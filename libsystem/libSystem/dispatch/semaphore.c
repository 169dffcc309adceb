// Time, semaphores, groups, once.

#include <sys/time.h>
#include "internal.h"

// A time is in units of mach_absolute_time, or, with the highest bit, a wall clock
// time in nanoseconds, negated.
static uint64_t to_ns(uint64_t t) {
	static mach_timebase_info_data_t b;
	if (!b.denom)
		mach_timebase_info(&b);
	return b.numer == b.denom ? t : (uint64_t)((unsigned __int128)t * b.numer / b.denom);
}
static uint64_t from_ns(uint64_t ns) {
	static mach_timebase_info_data_t b;
	if (!b.denom)
		mach_timebase_info(&b);
	return b.numer == b.denom ? ns : (uint64_t)((unsigned __int128)ns * b.denom / b.numer);
}
static int64_t wall_ns(void) {
	struct timeval tv;
	gettimeofday(&tv, 0);
	return tv.tv_sec * 1000000000ll + tv.tv_usec * 1000ll;
}
dispatch_time_t dispatch_time(dispatch_time_t when, int64_t delta) {
	if (when == FOREVER)
		return FOREVER;
	if ((int64_t)when < 0) {
		int64_t at = -(int64_t)when, sum;
		if (__builtin_add_overflow(at, delta, &sum))
			return delta > 0 ? FOREVER : (dispatch_time_t)-1ll - 1;
		return sum <= 1 ? (dispatch_time_t)-2ll : (dispatch_time_t)-sum;
	}
	uint64_t base = when ? when : mach_absolute_time();
	if (delta >= 0) {
		uint64_t sum;
		return __builtin_add_overflow(base, from_ns((uint64_t)delta), &sum) || (int64_t)sum < 0 ? FOREVER : sum;
	}
	uint64_t less = from_ns(-(uint64_t)delta);
	return base > less ? base - less : 1;
}
dispatch_time_t dispatch_walltime(const struct timespec *t, int64_t delta) {
	int64_t ns = (t ? t->tv_sec * 1000000000ll + t->tv_nsec : wall_ns()) + delta;
	return ns <= 1 ? (dispatch_time_t)-2ll : (dispatch_time_t)-ns;
}
// Nanoseconds from now; 0 when it has come; FOREVER.
uint64_t _dispatch_ns_left(dispatch_time_t t) {
	if (t == FOREVER)
		return FOREVER;
	if (!t)
		return 0;
	if ((int64_t)t < 0) {
		int64_t at = -(int64_t)t, now = wall_ns();
		return at > now ? (uint64_t)(at - now) : 0;
	}
	uint64_t now = mach_absolute_time();
	return t > now ? to_ns(t - now) : 0;
}

#define OP (1u | 0x1000000u) // UL_COMPARE_AND_WAIT, ULF_NO_ERRNO
// Waits while the word has the value. ETIMEDOUT when the time has come.
int _dispatch_word_wait(uint32_t *word, uint32_t value, dispatch_time_t until) {
	uint64_t ns = _dispatch_ns_left(until);
	if (!ns)
		return ETIMEDOUT;
	int r = __ulock_wait2(OP, word, value, ns == FOREVER ? 0 : ns, 0);
	return r < 0 ? -r : 0;
}
void _dispatch_word_wake(uint32_t *word, bool all) { __ulock_wake(OP | (all ? 0x100u : 0), word, 0); }

struct semaphore {
	struct object o;
	uint32_t value, waiters;
	uint32_t initial;
};
struct semaphore *dispatch_semaphore_create(long value) {
	if (value < 0)
		return 0;
	struct semaphore *s = _dispatch_new(SEMAPHORE, sizeof *s);
	s->value = s->initial = (uint32_t)value;
	return s;
}
long dispatch_semaphore_signal(struct semaphore *s) {
	__atomic_add_fetch(&s->value, 1, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&s->waiters, __ATOMIC_SEQ_CST))
		return 0;
	_dispatch_word_wake(&s->value, false);
	return 1;
}
static bool take(struct semaphore *s) {
	uint32_t v = __atomic_load_n(&s->value, __ATOMIC_SEQ_CST);
	while (v)
		if (__atomic_compare_exchange_n(&s->value, &v, v - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return true;
	return false;
}
long dispatch_semaphore_wait(struct semaphore *s, dispatch_time_t until) {
	if (take(s))
		return 0;
	if (!until)
		return ETIMEDOUT;
	long r = 0;
	__atomic_add_fetch(&s->waiters, 1, __ATOMIC_SEQ_CST);
	while (!take(s))
		if (_dispatch_word_wait(&s->value, 0, until) == ETIMEDOUT) {
			r = take(s) ? 0 : ETIMEDOUT;
			break;
		}
	__atomic_sub_fetch(&s->waiters, 1, __ATOMIC_SEQ_CST);
	return r;
}

// Once: 0, 1 while somebody is in it, ~0. Programs test for ~0 themselves.
void dispatch_once_f(intptr_t *once, void *arg, function f) {
	intptr_t was = 0;
	if (__atomic_load_n(once, __ATOMIC_ACQUIRE) == ~0l)
		return;
	if (__atomic_compare_exchange_n(once, &was, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		f(arg);
		__atomic_store_n(once, ~0l, __ATOMIC_SEQ_CST);
		_dispatch_word_wake((uint32_t *)once, true);
		return;
	}
	while (__atomic_load_n(once, __ATOMIC_SEQ_CST) == 1)
		_dispatch_word_wait((uint32_t *)once, 1, FOREVER);
}
void dispatch_once(intptr_t *once, const void *block) { dispatch_once_f(once, (void *)block, _dispatch_block_function(block)); }

// Groups.
struct group *dispatch_group_create(void) { return _dispatch_new(GROUP, sizeof(struct group)); }
void dispatch_group_enter(struct group *g) { __atomic_add_fetch(&g->count, 1, __ATOMIC_SEQ_CST); }
void dispatch_group_leave(struct group *g) {
	uint32_t left = __atomic_sub_fetch(&g->count, 1, __ATOMIC_SEQ_CST);
	if (left == UINT32_MAX)
		_beagle_fatal("dispatch_group_leave: more often than dispatch_group_enter");
	if (left)
		return;
	os_unfair_lock_lock(&g->lock);
	struct notify *n = g->notify;
	g->notify = 0;
	os_unfair_lock_unlock(&g->lock);
	_dispatch_word_wake(&g->count, true);
	while (n) {
		struct notify *next = n->next;
		_dispatch_async(n->q, n->arg, n->f, 0, false);
		dispatch_release(n->q);
		free(n);
		n = next;
	}
}
long dispatch_group_wait(struct group *g, dispatch_time_t until) {
	uint32_t n;
	while ((n = __atomic_load_n(&g->count, __ATOMIC_SEQ_CST)))
		if (_dispatch_word_wait(&g->count, n, until) == ETIMEDOUT)
			return __atomic_load_n(&g->count, __ATOMIC_SEQ_CST) ? ETIMEDOUT : 0;
	return 0;
}
void dispatch_group_notify_f(struct group *g, struct queue *q, void *arg, function f) {
	struct notify *n = calloc(1, sizeof *n), **at;
	if (!n)
		_beagle_fatal("libdispatch: out of memory");
	dispatch_retain(q);
	*n = (struct notify){ 0, q, f, arg };
	// As if it entered and left: whoever is last sends it.
	dispatch_group_enter(g);
	os_unfair_lock_lock(&g->lock);
	for (at = &g->notify; *at; at = &(*at)->next)
		;
	*at = n;
	os_unfair_lock_unlock(&g->lock);
	dispatch_group_leave(g);
}
void dispatch_group_notify(struct group *g, struct queue *q, const void *block) { dispatch_group_notify_f(g, q, _Block_copy(block), _dispatch_block_run); }
void dispatch_group_async_f(struct group *g, struct queue *q, void *arg, function f) {
	dispatch_group_enter(g);
	dispatch_retain(g);
	_dispatch_async(q, arg, f, g, false);
}
void dispatch_group_async(struct group *g, struct queue *q, const void *block) { dispatch_group_async_f(g, q, _Block_copy(block), _dispatch_block_run); }

// Data: one stretch of memory.
struct data {
	struct object o;
	const void *bytes;
	size_t size;
	const void *destructor; // block
};
struct data _dispatch_data_empty = { .o = { .kind = DATA } };
const void *const _dispatch_data_destructor_free = "free", *const _dispatch_data_destructor_munmap = "munmap";
struct data *dispatch_data_create(const void *p, size_t n, struct queue *q, const void *destructor) {
	struct data *d = _dispatch_new(DATA, sizeof *d);
	d->size = n;
	if (destructor) {
		d->bytes = p;
		d->destructor = destructor == _dispatch_data_destructor_free ? destructor : _Block_copy(destructor);
	} else {
		void *copy = malloc(n ? n : 1);
		if (!copy)
			_beagle_fatal("libdispatch: out of memory");
		memcpy(copy, p, n);
		d->bytes = copy;
	}
	return d;
}
void _dispatch_data_free(struct object *o) {
	struct data *d = (struct data *)o;
	if (!d->destructor || d->destructor == _dispatch_data_destructor_free)
		free((void *)d->bytes);
	else
		_dispatch_block_run((void *)d->destructor);
}
size_t dispatch_data_get_size(struct data *d) { return d->size; }
struct data *dispatch_data_create_map(struct data *d, const void **p, size_t *n) {
	if (p)
		*p = d->bytes;
	if (n)
		*n = d->size;
	dispatch_retain(d);
	return d;
}
