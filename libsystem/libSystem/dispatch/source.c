// Sources and dispatch_after: a thread that waits on a kqueue and hands events to
// the queues they are for.

#include <sys/event.h>
#include <unistd.h>
#include "internal.h"

struct source_type {
	int16_t filter;
	uint16_t flags;
};
// Filters: timers are EVFILT_TIMER's, data sources have none.
const struct source_type _dispatch_source_type_timer = { EVFILT_TIMER, EV_ONESHOT }, _dispatch_source_type_read = { EVFILT_READ, EV_DISPATCH },
	_dispatch_source_type_write = { EVFILT_WRITE, EV_DISPATCH }, _dispatch_source_type_signal = { EVFILT_SIGNAL, EV_CLEAR },
	_dispatch_source_type_proc = { EVFILT_PROC, EV_CLEAR }, _dispatch_source_type_vnode = { EVFILT_VNODE, EV_CLEAR },
	_dispatch_source_type_data_add = { 0, 0 }, _dispatch_source_type_data_or = { 0, 1 }, _dispatch_source_type_data_replace = { 0, 2 };

struct source {
	struct object o;
	const struct source_type *type;
	uintptr_t handle;
	unsigned long mask;
	uint64_t pending, data; // not yet told; what the handler sees
	os_unfair_lock lock;
	int32_t suspended;
	bool queued, cancelled, cancel_told, registered;
	struct {
		function f;
		void *arg;
		bool block;
	} event, cancel, registration;
	dispatch_time_t start;
	uint64_t interval;
};

dispatch_time_t dispatch_time(dispatch_time_t, int64_t);
static int kq = -1;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void deliver(struct source *s, uint64_t data);

struct after {
	struct queue *q;
	function f;
	void *arg;
};

static void *manager(void *unused) {
	for (;;) {
		struct kevent e[16];
		int n = kevent(kq, 0, 0, e, 16, 0);
		for (int i = 0; i < n; i++) {
			// Timers of dispatch_after are marked by the lowest bit.
			if ((uintptr_t)e[i].udata & 1) {
				struct after *a = (struct after *)((uintptr_t)e[i].udata & ~1ul);
				_dispatch_async(a->q, a->arg, a->f, 0, false);
				dispatch_release(a->q);
				free(a);
				continue;
			}
			struct source *s = e[i].udata;
			deliver(s, e[i].filter == EVFILT_TIMER || e[i].filter == EVFILT_SIGNAL ? (e[i].data ? (uint64_t)e[i].data : 1) : e[i].filter == EVFILT_VNODE || e[i].filter == EVFILT_PROC ? e[i].fflags : (uint64_t)e[i].data);
		}
	}
	return 0;
}
static void begin(void) {
	pthread_attr_t a;
	pthread_t t;
	sigset_t all = ~0u, was;
	kq = kqueue();
	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	if (kq < 0 || pthread_create(&t, &a, manager, 0))
		_beagle_fatal("libdispatch: no thread for events can be made");
	pthread_sigmask(SIG_SETMASK, &was, 0);
}

static void arm_timer(uintptr_t ident, uint64_t ns, void *udata) {
	struct kevent k;
	EV_SET(&k, ident, EVFILT_TIMER, EV_ADD | EV_ONESHOT, NOTE_NSECONDS, (intptr_t)(ns ? ns : 1), udata);
	kevent(kq, &k, 1, 0, 0, 0);
}

void dispatch_after_f(dispatch_time_t when, struct queue *q, void *arg, function f) {
	uint64_t ns = _dispatch_ns_left(when);
	if (ns == FOREVER)
		return;
	if (!ns) {
		_dispatch_async(q, arg, f, 0, false);
		return;
	}
	pthread_once(&once, begin);
	struct after *a = malloc(sizeof *a);
	if (!a)
		_beagle_fatal("libdispatch: out of memory");
	dispatch_retain(q);
	*a = (struct after){ q, f, arg };
	arm_timer((uintptr_t)a, ns, (void *)((uintptr_t)a | 1));
}
void dispatch_after(dispatch_time_t when, struct queue *q, const void *block) { dispatch_after_f(when, q, _Block_copy(block), _dispatch_block_run); }

struct source *dispatch_source_create(const struct source_type *type, uintptr_t handle, unsigned long mask, struct queue *q) {
	struct source *s = _dispatch_new(SOURCE, sizeof *s);
	s->type = type;
	s->handle = handle;
	s->mask = mask;
	s->suspended = 1;
	s->o.target = q ? q : &_dispatch_root[0];
	dispatch_retain(s->o.target);
	return s;
}

static void change(struct source *s, uint16_t action) {
	struct kevent k;
	uint32_t fflags = s->type->filter == EVFILT_VNODE || s->type->filter == EVFILT_PROC ? (uint32_t)s->mask : 0;
	EV_SET(&k, s->handle, s->type->filter, action | (action & EV_ADD ? s->type->flags : 0), fflags, 0, s);
	kevent(kq, &k, 1, 0, 0, 0);
}
static void arm(struct source *s) {
	pthread_once(&once, begin);
	if (s->type->filter == EVFILT_TIMER) {
		uint64_t ns = _dispatch_ns_left(s->start);
		if (ns != FOREVER)
			arm_timer((uintptr_t)s, ns, s);
	} else if (s->type->filter)
		change(s, EV_ADD);
}
static void disarm(struct source *s) {
	struct kevent k;
	if (s->type->filter == EVFILT_TIMER) {
		EV_SET(&k, (uintptr_t)s, EVFILT_TIMER, EV_DELETE, 0, 0, 0);
		kevent(kq, &k, 1, 0, 0, 0);
	} else if (s->type->filter)
		change(s, EV_DELETE);
}

#define CALL(h)                                                 \
	do {                                                    \
		if (h.f) {                                      \
			if (h.block)                            \
				h.f(h.arg);                     \
			else                                    \
				h.f(s->o.context);              \
		}                                               \
	} while (0)

// On the target queue.
static void handle(void *p) {
	struct source *s = p;
	os_unfair_lock_lock(&s->lock);
	s->queued = false;
	bool told = s->cancelled && !s->cancel_told, event = !s->cancelled && s->pending && s->suspended <= 0;
	if (told)
		s->cancel_told = true;
	if (event) {
		s->data = s->pending;
		s->pending = 0;
	}
	os_unfair_lock_unlock(&s->lock);
	if (event) {
		CALL(s->event);
		if (s->type->filter == EVFILT_TIMER && s->interval && !s->cancelled) {
			s->start = dispatch_time(s->start, (int64_t)s->interval);
			// What was missed is told at once with the next.
			arm(s);
		} else if ((s->type->flags & EV_DISPATCH) && !s->cancelled)
			change(s, EV_ENABLE);
	}
	if (told)
		CALL(s->cancel);
	dispatch_release(s);
}
// With the source locked; unlocks.
static void queue_up(struct source *s) {
	bool go = !s->queued && ((s->pending && s->suspended <= 0 && !s->cancelled) || (s->cancelled && !s->cancel_told));
	if (go) {
		s->queued = true;
		dispatch_retain(s);
	}
	os_unfair_lock_unlock(&s->lock);
	if (go)
		_dispatch_async(s->o.target, s, handle, 0, false);
}
static void deliver(struct source *s, uint64_t data) {
	os_unfair_lock_lock(&s->lock);
	if (s->type->filter == 0 && s->type->flags == 1)
		s->pending |= data;
	else if (s->type->filter == EVFILT_READ || s->type->filter == EVFILT_WRITE || (s->type->filter == 0 && s->type->flags == 2))
		s->pending = data ? data : 1;
	else if (s->type->filter == EVFILT_VNODE || s->type->filter == EVFILT_PROC)
		s->pending |= data;
	else
		s->pending += data;
	queue_up(s);
}

void _dispatch_source_changed(struct object *o) {
	struct source *s = (struct source *)o;
	os_unfair_lock_lock(&s->lock);
	s->suspended++;
	os_unfair_lock_unlock(&s->lock);
}
void _dispatch_source_resume(struct object *o) {
	struct source *s = (struct source *)o;
	os_unfair_lock_lock(&s->lock);
	bool first = --s->suspended <= 0 && !s->registered && !s->cancelled;
	if (first)
		s->registered = true;
	os_unfair_lock_unlock(&s->lock);
	if (first) {
		// The kqueue refers to it until it is cancelled.
		if (s->type->filter)
			dispatch_retain(s);
		CALL(s->registration);
		if (s->type->filter != EVFILT_TIMER || s->start)
			arm(s);
	}
	os_unfair_lock_lock(&s->lock);
	queue_up(s);
}
void dispatch_source_cancel(struct source *s) {
	os_unfair_lock_lock(&s->lock);
	bool first = !s->cancelled;
	s->cancelled = true;
	queue_up(s);
	if (first && s->registered && s->type->filter) {
		disarm(s);
		dispatch_release(s);
	}
}
long dispatch_source_testcancel(struct source *s) { return s->cancelled; }
uintptr_t dispatch_source_get_handle(struct source *s) { return s->handle; }
unsigned long dispatch_source_get_mask(struct source *s) { return s->mask; }
unsigned long dispatch_source_get_data(struct source *s) { return s->data; }
void dispatch_source_merge_data(struct source *s, unsigned long value) { deliver(s, value); }
void dispatch_source_set_timer(struct source *s, dispatch_time_t start, uint64_t interval, uint64_t leeway) {
	s->start = start ? start : dispatch_time(0, 0);
	s->interval = interval == FOREVER ? 0 : interval;
	if (s->registered && !s->cancelled) {
		disarm(s);
		arm(s);
	}
}
#define HANDLER(name, field)                                                                \
	void dispatch_source_set_##name##_handler_f(struct source *s, function f) {         \
		s->field.f = f;                                                             \
		s->field.block = false;                                                     \
	}                                                                                   \
	void dispatch_source_set_##name##_handler(struct source *s, const void *block) {    \
		if (s->field.block && s->field.arg)                                         \
			_Block_release(s->field.arg);                                       \
		s->field.arg = block ? _Block_copy(block) : 0;                              \
		s->field.f = block ? _dispatch_block_function(block) : 0;                   \
		s->field.block = true;                                                      \
	}
HANDLER(event, event)
HANDLER(cancel, cancel)
HANDLER(registration, registration)
void _dispatch_source_free(struct object *o) {
	struct source *s = (struct source *)o;
	void *blocks[] = { s->event.block ? s->event.arg : 0, s->cancel.block ? s->cancel.arg : 0, s->registration.block ? s->registration.arg : 0 };
	for (int i = 0; i < 3; i++)
		if (blocks[i])
			_Block_release(blocks[i]);
}
