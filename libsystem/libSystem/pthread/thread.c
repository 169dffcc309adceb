// Threads: start, end, join, names and attributes that concern a running thread.
// Sources: pthread(3), libpthread's published layouts.

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
#include <mach/mach.h>
#include "internal.h"

extern void thread_start(void);
extern void _thread_set_tsd_base(void *base);

os_unfair_lock _pthread_list_lock;
struct pthread *_pthread_list;
static struct pthread main_thread __attribute__((__aligned__(4096)));
static uint32_t thread_count = 1;
static uint32_t was_threaded;

// Set by libSystem's initializer: exit(3), for the end of the last thread.
void (*_beagle_exit)(int);
// And what has to know that there is more than one thread.
void (*_beagle_first_thread)(void);

static void list_add(struct pthread *t) {
	t->prev = 0;
	t->next = _pthread_list;
	if (t->next)
		t->next->prev = t;
	_pthread_list = t;
	t->listed = 1;
}

static void list_remove(struct pthread *t) {
	if (t->prev)
		t->prev->next = t->next;
	else
		_pthread_list = t->next;
	if (t->next)
		t->next->prev = t->prev;
	t->listed = 0;
}

struct pthread *_pthread_listed(pthread_t p) {
	for (struct pthread *t = _pthread_list; t; t = t->next)
		if (t == (struct pthread *)p)
			return t;
	return 0;
}

static void prepare(struct pthread *t) {
	t->sig = THREAD_SIG;
	t->tsd[TSD_SELF] = t;
	t->tsd[TSD_ERRNO] = &t->err;
	t->policy = SCHED_OTHER;
	t->param.sched_priority = 31;
}

static uint64_t hex(const char **s) {
	uint64_t v = 0;
	if ((*s)[0] == '0' && (*s)[1] == 'x')
		*s += 2;
	for (;; (*s)++) {
		int c = **s, d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
		if (d < 0)
			break;
		v = v << 4 | (unsigned)d;
	}
	if (**s == ',')
		(*s)++;
	return v;
}

// struct _pthread_registration_data of libpthread's kern/kern_internal.h.
struct registration {
	uint64_t version, dispatch_queue_offset, main_qos;
	uint32_t tsd_offset, return_to_kernel_offset, mach_thread_self_offset;
	uint64_t stack_addr_hint;
	uint32_t mutex_default_policy, joinable_offset_bits, wq_quantum_expiry_offset;
} __attribute__((__packed__));

static void register_threads(void) {
	struct registration r = {
		.version = sizeof r,
		.dispatch_queue_offset = TSD_DISPATCH_QUEUE * sizeof(void *),
		.tsd_offset = TSD_OFFSET,
		.return_to_kernel_offset = TSD_RETURN_TO_KERNEL * sizeof(void *),
		.mach_thread_self_offset = TSD_MACH_SELF * sizeof(void *),
	};
	__bsdthread_register(thread_start, 0, sizeof(struct pthread), &r, sizeof r, r.dispatch_queue_offset);
}

static void cancel_point(int error);

void _beagle_pthread_init(const char *const apple[]) {
	prepare(&main_thread);
	const char *s = _beagle_apple(apple, "main_stack");
	if (s) {
		main_thread.stack_top = (uint8_t *)hex(&s);
		main_thread.stack_size = hex(&s);
	}
	_thread_set_tsd_base(main_thread.tsd);
	main_thread.tsd[TSD_MACH_SELF] = (void *)(uintptr_t)thread_self_trap();
	main_thread.tid = __thread_selfid();
	list_add(&main_thread);
	register_threads();
	_beagle_cancel_point = cancel_point;
}

// Of the threads only the caller is there in a child.
void _beagle_pthread_fork_prepare(void) { os_unfair_lock_lock(&_pthread_list_lock); }
void _beagle_pthread_fork_parent(void) { os_unfair_lock_unlock(&_pthread_list_lock); }
void _beagle_pthread_fork_child(void) {
	struct pthread *t = self();
	_pthread_list_lock = OS_UNFAIR_LOCK_INIT;
	_pthread_list = 0;
	list_add(t);
	thread_count = 1;
	was_threaded = 0;
	t->tid = __thread_selfid();
}

static size_t page_round(size_t n) { return (n + vm_page_mask) & ~vm_page_mask; }

static int create(pthread_t *out, const pthread_attr_t *pa, void *(*fun)(void *), void *arg, uint32_t flags) {
	struct attr a = { .sig = ATTR_SIG, .stack_size = DEFAULT_STACK, .guard_size = vm_page_size, .detached = PTHREAD_CREATE_JOINABLE };
	if (pa) {
		if (((const struct attr *)pa)->sig != ATTR_SIG)
			return EINVAL;
		a = *(const struct attr *)pa;
	}
	if (!was_threaded && _beagle_first_thread)
		_beagle_first_thread();
	size_t room = page_round(sizeof(struct pthread));
	struct pthread *t;
	if (a.stack_addr) {
		void *p = mmap(0, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, VM_MAKE_TAG(30), 0);
		if (p == MAP_FAILED)
			return EAGAIN;
		t = p;
		t->map = p;
		t->map_size = room;
		t->stack_top = (uint8_t *)a.stack_addr + a.stack_size;
		t->stack_size = a.stack_size;
		t->custom_stack = 1;
	} else {
		// Guard pages, the stack, and the thread above it.
		size_t guard = page_round(a.guard_size), stack = page_round(a.stack_size);
		if (stack < a.stack_size || guard + stack + room < stack)
			return EAGAIN;
		uint8_t *p = mmap(0, guard + stack + room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, VM_MAKE_TAG(30), 0);
		if (p == MAP_FAILED)
			return EAGAIN;
		if (guard)
			mprotect(p, guard, PROT_NONE);
		t = (struct pthread *)(p + guard + stack);
		t->map = p;
		t->map_size = guard + stack + room;
		t->stack_top = (uint8_t *)t;
		t->stack_size = stack;
		t->guard_size = guard;
	}
	prepare(t);
	t->fun = fun;
	t->arg = arg;
	t->detached = a.detached == PTHREAD_CREATE_DETACHED;
	if (a.policy) {
		t->policy = a.policy;
		t->param = a.param;
	}
	os_unfair_lock_lock(&_pthread_list_lock);
	list_add(t);
	thread_count++;
	was_threaded = 1;
	os_unfair_lock_unlock(&_pthread_list_lock);
	// A thread that starts at once may end before the call returns.
	*out = (pthread_t)t;
	void *map = t->map;
	size_t map_size = t->map_size;
	int saved = errno;
	if (__bsdthread_create(fun, arg, t->stack_top, t, 0x01000000 | flags) == (void *)-1) {
		errno = saved;
		os_unfair_lock_lock(&_pthread_list_lock);
		list_remove(t);
		thread_count--;
		os_unfair_lock_unlock(&_pthread_list_lock);
		munmap(map, map_size);
		return EAGAIN;
	}
	return 0;
}

int pthread_create(pthread_t *out, const pthread_attr_t *a, void *(*fun)(void *), void *arg) { return create(out, a, fun, arg, 0); }
int pthread_create_suspended_np(pthread_t *out, const pthread_attr_t *a, void *(*fun)(void *), void *arg) {
	return create(out, a, fun, arg, 0x20000000);
}

// From thread_start, with what bsdthread_create was given.
void _pthread_start(struct pthread *t, mach_port_t port, void *(*fun)(void *), void *arg, void *stack, uint32_t flags) {
	if (!(flags & 0x10000000))
		_thread_set_tsd_base(t->tsd);
	t->tsd[TSD_MACH_SELF] = (void *)(uintptr_t)port;
	t->tid = __thread_selfid();
	pthread_exit(t->fun(t->arg));
}

void pthread_exit(void *result) {
	struct pthread *t = self();
	t->cancel_disabled = 1;
	while (t->cleanup) {
		struct __darwin_pthread_handler_rec *h = t->cleanup;
		t->cleanup = h->__next;
		h->__routine(h->__arg);
	}
	_pthread_tsd_cleanup(t);
	mig_dealloc_reply_port(0);
	__disable_threadsignal(1);
	t->result = result;
	mach_port_t port = (mach_port_t)(uintptr_t)t->tsd[TSD_MACH_SELF];
	os_unfair_lock_lock(&_pthread_list_lock);
	if (--thread_count == 0) {
		os_unfair_lock_unlock(&_pthread_list_lock);
		if (_beagle_exit)
			_beagle_exit(0);
		_exit(0);
	}
	int detached = t->detached;
	if (detached)
		list_remove(t);
	void *map = t->map;
	size_t size = t->map_size;
	if (!detached && map)
		size = t->custom_stack ? 0 : (size_t)((uint8_t *)t - (uint8_t *)map);
	__atomic_store_n(&t->gate, EXITED, __ATOMIC_SEQ_CST);
	os_unfair_lock_unlock(&_pthread_list_lock);
	// From here on a joiner may unmap *t: nothing below touches it, or TSD.
	if (!detached)
		__ulock_wake(UL_COMPARE_AND_WAIT | ULF_WAKE_ALL | ULF_NO_ERRNO, &t->gate, 0);
	__bsdthread_terminate(size ? map : 0, size, port, 0);
	_beagle_fatal("pthread_exit: the thread goes on");
}

static void reclaim(struct pthread *t) {
	if (t->map)
		munmap(t, page_round(sizeof *t));
}

int pthread_join(pthread_t p, void **result) {
	struct pthread *me = self();
	os_unfair_lock_lock(&_pthread_list_lock);
	struct pthread *t = _pthread_listed(p);
	int error = !t ? ESRCH : t->detached || t->joining ? EINVAL : t == me ? EDEADLK : 0;
	if (!error)
		t->joining = 1;
	os_unfair_lock_unlock(&_pthread_list_lock);
	if (error)
		return error;
	while (__atomic_load_n(&t->gate, __ATOMIC_SEQ_CST) == RUNNING) {
		int r = word_wait(UL_COMPARE_AND_WAIT | ULF_WAIT_CANCEL_POINT, &t->gate, RUNNING, 0);
		if (r == -EINTR && me->cancel_pending && !me->cancel_disabled) {
			os_unfair_lock_lock(&_pthread_list_lock);
			t->joining = 0;
			os_unfair_lock_unlock(&_pthread_list_lock);
			pthread_testcancel();
			return EINTR;
		}
	}
	os_unfair_lock_lock(&_pthread_list_lock);
	list_remove(t);
	os_unfair_lock_unlock(&_pthread_list_lock);
	if (result)
		*result = t->result;
	reclaim(t);
	return 0;
}

int pthread_detach(pthread_t p) {
	int error = 0;
	struct pthread *gone = 0;
	os_unfair_lock_lock(&_pthread_list_lock);
	struct pthread *t = _pthread_listed(p);
	if (!t)
		error = ESRCH;
	else if (t->detached || t->joining)
		error = EINVAL;
	else if (t->gate == EXITED) {
		list_remove(t);
		gone = t;
	} else
		t->detached = 1;
	os_unfair_lock_unlock(&_pthread_list_lock);
	if (gone)
		reclaim(gone);
	return error;
}

pthread_t pthread_self(void) { return (pthread_t)self(); }
int pthread_equal(pthread_t a, pthread_t b) { return a == b; }
int pthread_main_np(void) { return self() == &main_thread; }
pthread_t pthread_main_thread_np(void) { return (pthread_t)&main_thread; }
int pthread_is_threaded_np(void) { return was_threaded; }
void *pthread_get_stackaddr_np(pthread_t p) { return ((struct pthread *)p)->stack_top; }

// The first thread's stack is as large as the limit said when it began.
size_t pthread_get_stacksize_np(pthread_t p) { return ((struct pthread *)p)->stack_size; }

mach_port_t pthread_mach_thread_np(pthread_t p) { return (mach_port_t)(uintptr_t)((struct pthread *)p)->tsd[TSD_MACH_SELF]; }

pthread_t pthread_from_mach_thread_np(mach_port_t port) {
	struct pthread *t;
	os_unfair_lock_lock(&_pthread_list_lock);
	for (t = _pthread_list; t; t = t->next)
		if ((mach_port_t)(uintptr_t)t->tsd[TSD_MACH_SELF] == port)
			break;
	os_unfair_lock_unlock(&_pthread_list_lock);
	return (pthread_t)t;
}

int pthread_threadid_np(pthread_t p, uint64_t *id) {
	if (!id)
		return EINVAL;
	if (!p || p == pthread_self()) {
		*id = self()->tid;
		return 0;
	}
	int error = ESRCH;
	os_unfair_lock_lock(&_pthread_list_lock);
	struct pthread *t = _pthread_listed(p);
	if (t) {
		*id = t->tid;
		error = 0;
	}
	os_unfair_lock_unlock(&_pthread_list_lock);
	return error;
}

int pthread_getname_np(pthread_t p, char *out, size_t n) {
	int error = ESRCH;
	os_unfair_lock_lock(&_pthread_list_lock);
	struct pthread *t = _pthread_listed(p);
	if (t) {
		error = 0;
		size_t i = 0;
		for (; i + 1 < n && t->name[i]; i++)
			out[i] = t->name[i];
		if (n)
			out[i] = 0;
	}
	os_unfair_lock_unlock(&_pthread_list_lock);
	return error;
}

int pthread_setname_np(const char *name) {
	size_t n = 0;
	while (name[n])
		n++;
	struct pthread *t = self();
	int saved = errno;
	// PROC_INFO_CALL_SETCONTROL, PROC_SELFSET_THREADNAME
	if (__proc_info(5, getpid(), 2, 0, (void *)name, (int)n) < 0) {
		int error = errno;
		errno = saved;
		return error;
	}
	if (n >= sizeof t->name)
		n = sizeof t->name - 1;
	for (size_t i = 0; i < n; i++)
		t->name[i] = name[i];
	t->name[n] = 0;
	return 0;
}

// Errors of calls made on a thread's behalf are results, not errno.
#define RESULT_OF(call)              \
	int saved = errno;           \
	int error = (call) < 0 ? errno : 0; \
	errno = saved;               \
	return error

int pthread_kill(pthread_t p, int sig) {
	if (sig < 0 || sig >= NSIG)
		return EINVAL;
	os_unfair_lock_lock(&_pthread_list_lock);
	struct pthread *t = p == pthread_self() ? self() : _pthread_listed(p);
	mach_port_t port = t && t->gate == RUNNING ? pthread_mach_thread_np(p) : 0;
	os_unfair_lock_unlock(&_pthread_list_lock);
	if (!port)
		return ESRCH;
	RESULT_OF(__pthread_kill(port, sig));
}

int pthread_sigmask(int how, const sigset_t *set, sigset_t *old) { RESULT_OF(__pthread_sigmask(how, set, old)); }

int sigwait(const sigset_t *set, int *sig) {
	int saved = errno, error;
	while ((error = __sigwait(set, sig) < 0 ? errno : 0) == EINTR && !self()->cancel_pending)
		;
	errno = saved;
	return error;
}

int sched_yield(void) {
	swtch_pri(0);
	return 0;
}
void pthread_yield_np(void) { swtch_pri(0); }
int sched_get_priority_min(int policy) { return 15; }
int sched_get_priority_max(int policy) { return 47; }

int pthread_getschedparam(pthread_t p, int *policy, struct sched_param *param) {
	int error = ESRCH;
	os_unfair_lock_lock(&_pthread_list_lock);
	struct pthread *t = _pthread_listed(p);
	if (t) {
		if (policy)
			*policy = t->policy;
		if (param)
			*param = t->param;
		error = 0;
	}
	os_unfair_lock_unlock(&_pthread_list_lock);
	return error;
}

// Kept and told; who runs is the kernel's choice.
int pthread_setschedparam(pthread_t p, int policy, const struct sched_param *param) {
	if (policy != SCHED_OTHER && policy != SCHED_RR && policy != SCHED_FIFO)
		return EINVAL;
	int error = ESRCH;
	os_unfair_lock_lock(&_pthread_list_lock);
	struct pthread *t = _pthread_listed(p);
	if (t) {
		t->policy = policy;
		t->param = *param;
		error = 0;
	}
	os_unfair_lock_unlock(&_pthread_list_lock);
	return error;
}

static int concurrency;
int pthread_getconcurrency(void) { return concurrency; }
int pthread_setconcurrency(int n) {
	if (n < 0)
		return EINVAL;
	concurrency = n;
	return 0;
}

// Cancellation. A cancelled thread's cancellation points fail with EINTR in the
// kernel; the stub comes here.

int pthread_cancel(pthread_t p) {
	os_unfair_lock_lock(&_pthread_list_lock);
	struct pthread *t = _pthread_listed(p);
	mach_port_t port = 0;
	if (t) {
		__atomic_store_n(&t->cancel_pending, 1, __ATOMIC_SEQ_CST);
		port = pthread_mach_thread_np(p);
	}
	os_unfair_lock_unlock(&_pthread_list_lock);
	if (!t)
		return ESRCH;
	int saved = errno;
	__pthread_markcancel(port);
	errno = saved;
	return 0;
}

void pthread_testcancel(void) {
	struct pthread *t = self();
	if (t->cancel_pending && !t->cancel_disabled)
		pthread_exit(PTHREAD_CANCELED);
}

static void cancel_point(int error) {
	struct pthread *t = self();
	if (t && t->cancel_pending && !t->cancel_disabled && __pthread_canceled(0) == 0)
		pthread_exit(PTHREAD_CANCELED);
}

int pthread_setcancelstate(int state, int *old) {
	struct pthread *t = self();
	if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
		return EINVAL;
	if (old)
		*old = t->cancel_disabled ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
	int saved = errno;
	__pthread_canceled(state == PTHREAD_CANCEL_ENABLE ? 1 : 2);
	errno = saved;
	t->cancel_disabled = state == PTHREAD_CANCEL_DISABLE;
	return 0;
}

int pthread_setcanceltype(int type, int *old) {
	struct pthread *t = self();
	if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
		return EINVAL;
	if (old)
		*old = t->cancel_async ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
	t->cancel_async = type == PTHREAD_CANCEL_ASYNCHRONOUS;
	return 0;
}

// Quality of service: a class in the third byte of a pthread_priority_t.
static const uint8_t classes[] = { QOS_CLASS_UNSPECIFIED, QOS_CLASS_MAINTENANCE, QOS_CLASS_BACKGROUND, QOS_CLASS_UTILITY,
	QOS_CLASS_DEFAULT, QOS_CLASS_USER_INITIATED, QOS_CLASS_USER_INTERACTIVE };

int pthread_set_qos_class_self_np(qos_class_t class, int relative) {
	unsigned n = 1;
	while (n < sizeof classes && classes[n] != class)
		n++;
	if (n == sizeof classes || relative > 0 || relative < -15)
		return EINVAL;
	uint32_t priority = 1u << (8 + n - 1) | ((uint32_t)(relative - 1) & 0xff);
	tsd_set(TSD_QOS, (void *)(uintptr_t)priority);
	RESULT_OF(__bsdthread_ctl(0x100, priority, 0, 1));
}

qos_class_t qos_class_self(void) {
	uint32_t bits = (uint32_t)(uintptr_t)tsd_get(TSD_QOS) >> 8 & 0x3f;
	for (unsigned n = sizeof classes - 1; n > 0; n--)
		if (bits & 1u << (n - 1))
			return classes[n];
	return QOS_CLASS_DEFAULT;
}
qos_class_t qos_class_main(void) { return QOS_CLASS_DEFAULT; }

// Per-thread working directories.
int __pthread_chdir(const char *);
int __pthread_fchdir(int);
int pthread_chdir_np(const char *path) { return __pthread_chdir(path); }
int pthread_fchdir_np(int fd) { return __pthread_fchdir(fd); }

// Memory mapped with MAP_JIT is writable and executable at once here.
int pthread_jit_write_protect_supported_np(void) { return 0; }
void pthread_jit_write_protect_np(int enabled) {}
