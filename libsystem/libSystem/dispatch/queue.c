// Objects, queues, the pool.

#include "internal.h"

#define POOL_MAX 64
#define IDLE_NS 5000000000ull

const struct object _dispatch_queue_attr_concurrent = { .kind = ATTR };
struct queue _dispatch_main_q = { .o = { .kind = QUEUE, .target = 0 }, .label = "com.apple.main-thread", .width = 1, .main = true };
// One for each class of service; all are the pool.
#define ROOT(name, class) { .o = { .kind = GLOBAL }, .label = name, .width = UINT32_MAX, .qos = class }
struct queue _dispatch_root[] = { ROOT("com.apple.root.default-qos", 0x15), ROOT("com.apple.root.user-initiated-qos", 0x19),
	ROOT("com.apple.root.user-interactive-qos", 0x21), ROOT("com.apple.root.utility-qos", 0x11), ROOT("com.apple.root.background-qos", 0x09) };

void *_dispatch_new(enum kind kind, size_t size) {
	struct object *o = calloc(1, size);
	if (!o)
		_beagle_fatal("libdispatch: out of memory");
	o->refs = 1;
	o->kind = kind;
	return o;
}

void dispatch_retain(void *p) {
	struct object *o = p;
	if (o->refs)
		__atomic_add_fetch(&o->refs, 1, __ATOMIC_RELAXED);
}

void dispatch_release(void *p) {
	struct object *o = p;
	if (!o->refs)
		return;
	int32_t left = __atomic_sub_fetch(&o->refs, 1, __ATOMIC_ACQ_REL);
	if (left > 0)
		return;
	if (left < 0)
		_beagle_fatal("dispatch_release: the object was freed already");
	if (o->kind == QUEUE) {
		struct queue *q = p;
		while (q->specific) {
			struct specific *s = q->specific;
			q->specific = s->next;
			if (s->destroy && s->value)
				s->destroy(s->value);
			free(s);
		}
		free((void *)q->label);
	}
	if (o->kind == SOURCE)
		_dispatch_source_free(o);
	if (o->kind == DATA)
		_dispatch_data_free(o);
	if (o->finalizer && o->context)
		o->finalizer(o->context);
	if (o->target)
		dispatch_release(o->target);
	o->refs = -1;
	free(o);
}
void *os_retain(void *p) {
	if (p)
		dispatch_retain(p);
	return p;
}
void os_release(void *p) {
	if (p)
		dispatch_release(p);
}
void *_os_object_retain(void *p) { return os_retain(p); }
void _os_object_release(void *p) { os_release(p); }
void *dispatch_get_context(struct object *o) { return o->context; }
void dispatch_set_context(struct object *o, void *c) { o->context = c; }
void dispatch_set_finalizer_f(struct object *o, function f) { o->finalizer = f; }

// The pool.
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t pool_cond = PTHREAD_COND_INITIALIZER;
static struct work *pool_head, *pool_tail;
static unsigned pool_threads, pool_idle, pool_pending;

static void run(struct work *w) {
	struct group *g = w->group;
	w->f(w->arg);
	free(w);
	extern void dispatch_group_leave(struct group *);
	if (g) {
		dispatch_group_leave(g);
		dispatch_release(g);
	}
}

static void *worker(void *unused) {
	pthread_mutex_lock(&pool_lock);
	for (;;) {
		while (!pool_head) {
			struct timespec t = { IDLE_NS / 1000000000, 0 };
			pool_idle++;
			int r = pthread_cond_timedwait_relative_np(&pool_cond, &pool_lock, &t);
			pool_idle--;
			if (r == ETIMEDOUT && !pool_head) {
				pool_threads--;
				pthread_mutex_unlock(&pool_lock);
				return 0;
			}
		}
		struct work *w = pool_head;
		pool_head = w->next;
		pool_pending--;
		pthread_mutex_unlock(&pool_lock);
		w->f(w->arg);
		tsd_set(TSD_DISPATCH_QUEUE, 0);
		pthread_mutex_lock(&pool_lock);
	}
}

// w is the caller's: it is not freed here.
static void pool_push(struct work *w) {
	pthread_mutex_lock(&pool_lock);
	w->next = 0;
	if (pool_head)
		pool_tail->next = w;
	else
		pool_head = w;
	pool_tail = w;
	pool_pending++;
	if (pool_idle)
		pthread_cond_signal(&pool_cond);
	if (pool_pending > pool_idle && pool_threads < POOL_MAX) {
		pthread_attr_t a;
		pthread_t t;
		sigset_t all = ~0u, was;
		pthread_attr_init(&a);
		pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
		// Signals are for the program's own threads.
		pthread_sigmask(SIG_SETMASK, &all, &was);
		if (pthread_create(&t, &a, worker, 0) == 0)
			pool_threads++;
		else if (!pool_threads)
			_beagle_fatal("libdispatch: no thread can be made");
		pthread_sigmask(SIG_SETMASK, &was, 0);
	}
	pthread_mutex_unlock(&pool_lock);
}

// A queue's turn: starts what may start. Called with the queue locked; returns with
// it unlocked. Work of a concurrent queue is handed on one by one.
struct started {
	struct work w;
	struct queue *q;
	struct work *item;
};
static bool may_start(struct queue *q, struct work *w) {
	if (q->suspended > 0 || q->barrier)
		return false;
	return w->barrier || q->width == 1 ? q->running == 0 : q->running < q->width;
}
static void begin(struct queue *q, struct work *w) {
	q->running++;
	q->barrier = w->barrier || q->width == 1;
}
static void pop(struct queue *q) {
	q->head = q->head->next;
	if (!q->head)
		q->tail = 0;
}

static void call_on(struct queue *q, struct work *w) {
	void *was = tsd_get(TSD_DISPATCH_QUEUE);
	tsd_set(TSD_DISPATCH_QUEUE, q);
	uint32_t *waiter = w->waiter;
	if (waiter) {
		// dispatch_sync's: its memory is the waiter's stack.
		w->f(w->arg);
		__atomic_store_n(waiter, 2, __ATOMIC_SEQ_CST);
		_dispatch_word_wake(waiter, false);
	} else
		run(w);
	tsd_set(TSD_DISPATCH_QUEUE, was);
}

static void ended(struct queue *q) {
	q->running--;
	q->barrier = false;
	q->owner = 0;
}

static void global_item(void *p) {
	struct started *s = p;
	call_on(s->q, s->item);
	free(s);
}

static void advance(struct queue *q);
static void concurrent_item(void *p) {
	struct started *s = p;
	struct queue *q = s->q;
	call_on(q, s->item);
	free(s);
	os_unfair_lock_lock(&q->lock);
	ended(q);
	advance(q);
	dispatch_release(q);
}

static void pass(void *p) {
	struct queue *q = p;
	os_unfair_lock_lock(&q->lock);
	q->drain = false;
	while (q->head && may_start(q, q->head)) {
		struct work *w = q->head;
		pop(q);
		begin(q, w);
		if (w->inplace) {
			// The waiter goes on with the queue; it calls advance.
			q->owner = 0;
			uint32_t *word = w->waiter;
			__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
			_dispatch_word_wake(word, false);
			continue;
		}
		if (q->width == 1 || w->barrier || q->main) {
			q->owner = me();
			os_unfair_lock_unlock(&q->lock);
			call_on(q, w);
			os_unfair_lock_lock(&q->lock);
			ended(q);
			continue;
		}
		struct started *s = malloc(sizeof *s);
		if (!s)
			_beagle_fatal("libdispatch: out of memory");
		*s = (struct started){ { .f = concurrent_item, .arg = s }, q, w };
		dispatch_retain(q);
		pool_push(&s->w);
	}
	os_unfair_lock_unlock(&q->lock);
	dispatch_release(q);
}

static uint32_t main_word; // counts; the main thread waits for it to change

// With the queue locked: if its work can go on, sees to it that it does. Unlocks.
static void advance(struct queue *q) {
	bool go = q->head && !q->drain && may_start(q, q->head);
	if (go) {
		q->drain = true;
		dispatch_retain(q);
	}
	os_unfair_lock_unlock(&q->lock);
	if (!go)
		return;
	if (q->main) {
		__atomic_add_fetch(&main_word, 1, __ATOMIC_SEQ_CST);
		_dispatch_word_wake(&main_word, true);
		return;
	}
	struct queue *t = q->o.target;
	if (t && t->o.kind == QUEUE) {
		struct work *w = calloc(1, sizeof *w);
		if (!w)
			_beagle_fatal("libdispatch: out of memory");
		w->f = pass;
		w->arg = q;
		_dispatch_push(t, w);
		return;
	}
	q->pass = (struct work){ .f = pass, .arg = q };
	pool_push(&q->pass);
}
void _dispatch_wake(struct queue *q) {
	os_unfair_lock_lock(&q->lock);
	advance(q);
}

void _dispatch_push(struct queue *q, struct work *w) {
	w->next = 0;
	if (q->o.kind == GLOBAL) {
		struct started *s = malloc(sizeof *s);
		if (!s)
			_beagle_fatal("libdispatch: out of memory");
		*s = (struct started){ { .f = global_item, .arg = s }, q, w };
		pool_push(&s->w);
		return;
	}
	os_unfair_lock_lock(&q->lock);
	if (q->tail)
		q->tail->next = w;
	else
		q->head = w;
	q->tail = w;
	advance(q);
}

void _dispatch_async(struct queue *q, void *arg, function f, struct group *g, bool barrier) {
	struct work *w = calloc(1, sizeof *w);
	if (!w)
		_beagle_fatal("libdispatch: out of memory");
	w->f = f;
	w->arg = arg;
	w->group = g;
	w->barrier = barrier;
	_dispatch_push(q, w);
}

// Blocks: the function of one is its third word.
function _dispatch_block_function(const void *block) { return *(function *)((char *)block + 16); }
void _dispatch_block_run(void *block) {
	_dispatch_block_function(block)(block);
	_Block_release(block);
}
void dispatch_async(struct queue *q, const void *block) { _dispatch_async(q, _Block_copy(block), _dispatch_block_run, 0, false); }
void dispatch_async_f(struct queue *q, void *arg, function f) { _dispatch_async(q, arg, f, 0, false); }
void dispatch_barrier_async(struct queue *q, const void *block) { _dispatch_async(q, _Block_copy(block), _dispatch_block_run, 0, true); }
void dispatch_barrier_async_f(struct queue *q, void *arg, function f) { _dispatch_async(q, arg, f, 0, true); }

static void sync(struct queue *q, void *arg, function f, bool barrier) {
	void *was = tsd_get(TSD_DISPATCH_QUEUE);
	if (q->o.kind == GLOBAL) {
		tsd_set(TSD_DISPATCH_QUEUE, q);
		f(arg);
		tsd_set(TSD_DISPATCH_QUEUE, was);
		return;
	}
	uint32_t word = 0;
	// The main queue's work is the main thread's, and a queue with a target shares
	// the target's turns: such work is not done by the caller.
	bool inplace = !q->main && !(q->o.target && q->o.target->o.kind == QUEUE);
	struct work w = { .f = f, .arg = arg, .barrier = barrier, .waiter = &word, .inplace = inplace };
	os_unfair_lock_lock(&q->lock);
	if (q->owner && q->owner == me())
		_beagle_fatal("dispatch_sync: called on the queue that the thread runs");
	if (inplace && !q->head && may_start(q, &w)) {
		begin(q, &w);
		word = 1;
		q->owner = q->barrier ? me() : 0;
		os_unfair_lock_unlock(&q->lock);
	} else {
		if (q->tail)
			q->tail->next = &w;
		else
			q->head = &w;
		q->tail = &w;
		advance(q);
		while (!__atomic_load_n(&word, __ATOMIC_SEQ_CST))
			_dispatch_word_wait(&word, 0, FOREVER);
	}
	if (!inplace)
		return;
	if (q->barrier)
		q->owner = me();
	tsd_set(TSD_DISPATCH_QUEUE, q);
	f(arg);
	tsd_set(TSD_DISPATCH_QUEUE, was);
	os_unfair_lock_lock(&q->lock);
	ended(q);
	advance(q);
}
void dispatch_sync_f(struct queue *q, void *arg, function f) { sync(q, arg, f, false); }
void dispatch_sync(struct queue *q, const void *block) { sync(q, (void *)block, _dispatch_block_function(block), false); }
void dispatch_barrier_sync_f(struct queue *q, void *arg, function f) { sync(q, arg, f, true); }
void dispatch_barrier_sync(struct queue *q, const void *block) { sync(q, (void *)block, _dispatch_block_function(block), true); }
void dispatch_async_and_wait(struct queue *q, const void *block) { dispatch_sync(q, block); }
void dispatch_async_and_wait_f(struct queue *q, void *arg, function f) { sync(q, arg, f, false); }

struct queue *dispatch_queue_create_with_target(const char *label, const struct object *attr, struct queue *target) {
	struct queue *q = _dispatch_new(QUEUE, sizeof *q);
	q->label = label ? strdup(label) : 0;
	q->width = attr == &_dispatch_queue_attr_concurrent ? UINT32_MAX : 1;
	if (target) {
		dispatch_retain(target);
		q->o.target = target;
	}
	return q;
}
struct queue *dispatch_queue_create_with_target_v2(const char *label, const struct object *attr, struct queue *target) __asm("_dispatch_queue_create_with_target$V2");
struct queue *dispatch_queue_create_with_target_v2(const char *label, const struct object *attr, struct queue *target) { return dispatch_queue_create_with_target(label, attr, target); }
struct queue *dispatch_queue_create(const char *label, const struct object *attr) { return dispatch_queue_create_with_target(label, attr, 0); }
const char *dispatch_queue_get_label(struct queue *q) {
	if (!q)
		q = tsd_get(TSD_DISPATCH_QUEUE);
	return q && q->label ? q->label : "";
}
struct queue *dispatch_get_global_queue(long id, unsigned long flags) {
	switch (id) {
	case 0:
	case 0x15: return &_dispatch_root[0];
	case 2:
	case 0x19: return &_dispatch_root[1];
	case 0x21: return &_dispatch_root[2];
	case -2:
	case 0x11: return &_dispatch_root[3];
	case -32768:
	case 0x09: return &_dispatch_root[4];
	}
	return 0;
}
struct queue *dispatch_get_main_queue(void) { return &_dispatch_main_q; }
struct queue *dispatch_get_current_queue(void) {
	struct queue *q = tsd_get(TSD_DISPATCH_QUEUE);
	return q ? q : pthread_main_np() ? &_dispatch_main_q : &_dispatch_root[0];
}
const struct object *dispatch_queue_attr_make_with_qos_class(const struct object *attr, unsigned class, int relative) { return attr; }
const struct object *dispatch_queue_attr_make_with_autorelease_frequency(const struct object *attr, unsigned long frequency) { return attr; }
unsigned dispatch_queue_get_qos_class(struct queue *q, int *relative) {
	if (relative)
		*relative = 0;
	return q->qos;
}
void dispatch_set_target_queue(struct object *o, struct queue *target) {
	if (!target)
		target = &_dispatch_root[0];
	dispatch_retain(target);
	struct queue *old = o->target;
	o->target = target;
	if (old)
		dispatch_release(old);
}
void dispatch_suspend(struct object *o) {
	if (o->kind == QUEUE || o->kind == SOURCE) {
		struct queue *q = (struct queue *)o;
		if (o->kind == SOURCE) {
			_dispatch_source_changed(o);
			return;
		}
		os_unfair_lock_lock(&q->lock);
		q->suspended++;
		os_unfair_lock_unlock(&q->lock);
	}
}
void _dispatch_source_resume(struct object *o);
void dispatch_resume(struct object *o) {
	if (o->kind == SOURCE)
		_dispatch_source_resume(o);
	else if (o->kind == QUEUE) {
		struct queue *q = (struct queue *)o;
		os_unfair_lock_lock(&q->lock);
		if (q->suspended > 0)
			q->suspended--;
		advance(q);
	}
}
void dispatch_activate(struct object *o) {
	if (o->kind == SOURCE)
		_dispatch_source_resume(o);
}

// Values under keys.
void dispatch_queue_set_specific(struct queue *q, const void *key, void *value, function destroy) {
	os_unfair_lock_lock(&q->lock);
	struct specific *s = q->specific;
	while (s && s->key != key)
		s = s->next;
	function gone = s ? s->destroy : 0;
	void *old = s ? s->value : 0;
	if (!s && value && (s = calloc(1, sizeof *s))) {
		s->key = key;
		s->next = q->specific;
		q->specific = s;
	}
	if (s) {
		s->value = value;
		s->destroy = destroy;
	}
	os_unfair_lock_unlock(&q->lock);
	if (gone && old)
		gone(old);
}
void *dispatch_queue_get_specific(struct queue *q, const void *key) {
	void *v = 0;
	os_unfair_lock_lock(&q->lock);
	for (struct specific *s = q->specific; s; s = s->next)
		if (s->key == key)
			v = s->value;
	os_unfair_lock_unlock(&q->lock);
	return v;
}
void *dispatch_get_specific(const void *key) {
	void *v = 0;
	for (struct queue *q = tsd_get(TSD_DISPATCH_QUEUE); q && !v; q = q->o.target)
		v = dispatch_queue_get_specific(q, key);
	return v;
}
static bool runs(struct queue *q) {
	for (struct queue *at = tsd_get(TSD_DISPATCH_QUEUE); at; at = at->o.target)
		if (at == q)
			return true;
	return q->main && pthread_main_np();
}
void dispatch_assert_queue(struct queue *q) {
	if (!runs(q))
		_beagle_fatal("dispatch_assert_queue: not on the queue");
}
void dispatch_assert_queue_v2(struct queue *q) __asm("_dispatch_assert_queue$V2");
void dispatch_assert_queue_v2(struct queue *q) { dispatch_assert_queue(q); }
void dispatch_assert_queue_not(struct queue *q) {
	if (runs(q))
		_beagle_fatal("dispatch_assert_queue_not: on the queue");
}
void dispatch_assert_queue_not_v2(struct queue *q) __asm("_dispatch_assert_queue_not$V2");
void dispatch_assert_queue_not_v2(struct queue *q) { dispatch_assert_queue_not(q); }

// The main queue, by the main thread.
void _dispatch_main_queue_callback_4CF(void *unused) {
	struct queue *q = &_dispatch_main_q;
	os_unfair_lock_lock(&q->lock);
	bool go = q->drain;
	os_unfair_lock_unlock(&q->lock);
	if (go)
		pass(q);
}
void dispatch_main(void) {
	if (!pthread_main_np())
		_beagle_fatal("dispatch_main: called by another thread than the first");
	for (;;) {
		uint32_t seen = __atomic_load_n(&main_word, __ATOMIC_SEQ_CST);
		_dispatch_main_queue_callback_4CF(0);
		_dispatch_word_wait(&main_word, seen, FOREVER);
	}
}

// Many calls of one function, on as many threads as there are processors.
struct apply {
	size_t n, next, left;
	void *arg;
	void (*f)(void *, size_t);
	uint32_t done;
	int32_t refs;
};
static void apply_some(void *p) {
	struct apply *a = p;
	size_t i, did = 0;
	while ((i = __atomic_fetch_add(&a->next, 1, __ATOMIC_SEQ_CST)) < a->n) {
		a->f(a->arg, i);
		did++;
	}
	if (did && __atomic_sub_fetch(&a->left, did, __ATOMIC_SEQ_CST) == 0) {
		__atomic_store_n(&a->done, 1, __ATOMIC_SEQ_CST);
		_dispatch_word_wake(&a->done, true);
	}
	if (__atomic_sub_fetch(&a->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(a);
}
void dispatch_apply_f(size_t n, struct queue *q, void *arg, void (*f)(void *, size_t)) {
	if (!n)
		return;
	if (q && (q->o.kind != GLOBAL && q->width == 1)) {
		for (size_t i = 0; i < n; i++)
			f(arg, i);
		return;
	}
	extern long sysconf(int);
	size_t threads = (size_t)sysconf(58);
	if (threads > n)
		threads = n;
	struct apply *a = calloc(1, sizeof *a);
	if (!a)
		_beagle_fatal("libdispatch: out of memory");
	a->n = a->left = n;
	a->arg = arg;
	a->f = f;
	a->refs = (int32_t)threads + 1;
	for (size_t i = 1; i < threads; i++)
		_dispatch_async(q ? q : &_dispatch_root[0], a, apply_some, 0, false);
	apply_some(a);
	while (!__atomic_load_n(&a->done, __ATOMIC_SEQ_CST))
		_dispatch_word_wait(&a->done, 0, FOREVER);
	if (__atomic_sub_fetch(&a->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(a);
}
static void apply_block(void *block, size_t i) { ((void (*)(void *, size_t))_dispatch_block_function(block))(block, i); }
void dispatch_apply(size_t n, struct queue *q, const void *block) { dispatch_apply_f(n, q, (void *)block, apply_block); }

// A child has no threads but its own: the pool begins anew.
extern void (*_beagle_dispatch_fork_child)(void);
static void fork_child(void) {
	pool_threads = pool_idle = pool_pending = 0;
	pool_head = pool_tail = 0;
	pool_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	pool_cond = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
}
__attribute__((constructor)) static void start(void) { _beagle_dispatch_fork_child = fork_child; }
