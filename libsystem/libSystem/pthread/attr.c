// Attributes of threads to be, and keys of thread-specific data.

#include <limits.h>
#include <mach/mach.h>
#include "internal.h"

static struct attr *attr_of(const pthread_attr_t *p) {
	struct attr *a = (struct attr *)p;
	return a->sig == ATTR_SIG ? a : 0;
}

int pthread_attr_init(pthread_attr_t *p) {
	*(struct attr *)p = (struct attr){ .sig = ATTR_SIG, .stack_size = DEFAULT_STACK, .guard_size = vm_page_size,
		.detached = PTHREAD_CREATE_JOINABLE, .inherit = PTHREAD_INHERIT_SCHED, .policy = SCHED_OTHER,
		.param = { .sched_priority = 31 }, .scope = PTHREAD_SCOPE_SYSTEM };
	return 0;
}
int pthread_attr_destroy(pthread_attr_t *p) {
	struct attr *a = attr_of(p);
	if (!a)
		return EINVAL;
	a->sig = 0;
	return 0;
}

#define GET(fn, type, field)                                 \
	int fn(const pthread_attr_t *p, type *out) {         \
		struct attr *a = attr_of(p);                 \
		if (!a)                                      \
			return EINVAL;                       \
		*out = a->field;                             \
		return 0;                                    \
	}
#define SET(fn, type, field, ok)                             \
	int fn(pthread_attr_t *p, type v) {                  \
		struct attr *a = attr_of(p);                 \
		if (!a || !(ok))                             \
			return EINVAL;                       \
		a->field = v;                                \
		return 0;                                    \
	}
GET(pthread_attr_getdetachstate, int, detached)
SET(pthread_attr_setdetachstate, int, detached, v == PTHREAD_CREATE_JOINABLE || v == PTHREAD_CREATE_DETACHED)
GET(pthread_attr_getguardsize, size_t, guard_size)
SET(pthread_attr_setguardsize, size_t, guard_size, !(v & vm_page_mask))
GET(pthread_attr_getinheritsched, int, inherit)
SET(pthread_attr_setinheritsched, int, inherit, v == PTHREAD_INHERIT_SCHED || v == PTHREAD_EXPLICIT_SCHED)
GET(pthread_attr_getschedpolicy, int, policy)
SET(pthread_attr_setschedpolicy, int, policy, v == SCHED_OTHER || v == SCHED_RR || v == SCHED_FIFO)
GET(pthread_attr_getschedparam, struct sched_param, param)
GET(pthread_attr_getscope, int, scope)
GET(pthread_attr_getstacksize, size_t, stack_size)
SET(pthread_attr_setstacksize, size_t, stack_size, !(v & vm_page_mask) && v >= PTHREAD_STACK_MIN)

int pthread_attr_setschedparam(pthread_attr_t *p, const struct sched_param *v) {
	struct attr *a = attr_of(p);
	if (!a)
		return EINVAL;
	a->param = *v;
	return 0;
}
int pthread_attr_setscope(pthread_attr_t *p, int v) {
	struct attr *a = attr_of(p);
	return !a ? EINVAL : v == PTHREAD_SCOPE_SYSTEM ? 0 : v == PTHREAD_SCOPE_PROCESS ? ENOTSUP : EINVAL;
}
int pthread_attr_getstack(const pthread_attr_t *p, void **addr, size_t *size) {
	struct attr *a = attr_of(p);
	if (!a)
		return EINVAL;
	*addr = a->stack_addr;
	*size = a->stack_size;
	return 0;
}
int pthread_attr_setstack(pthread_attr_t *p, void *addr, size_t size) {
	struct attr *a = attr_of(p);
	if (!a || size < PTHREAD_STACK_MIN || ((uintptr_t)addr & 15) || (size & 15))
		return EINVAL;
	a->stack_addr = addr;
	a->stack_size = size;
	return 0;
}
// Darwin's stack address is the upper end.
int pthread_attr_getstackaddr(const pthread_attr_t *p, void **addr) {
	struct attr *a = attr_of(p);
	if (!a)
		return EINVAL;
	*addr = a->stack_addr ? (char *)a->stack_addr + a->stack_size : 0;
	return 0;
}
int pthread_attr_setstackaddr(pthread_attr_t *p, void *addr) {
	struct attr *a = attr_of(p);
	if (!a || ((uintptr_t)addr & 15))
		return EINVAL;
	a->stack_addr = (char *)addr - a->stack_size;
	return 0;
}
int pthread_attr_set_qos_class_np(pthread_attr_t *p, qos_class_t class, int relative) {
	struct attr *a = attr_of(p);
	if (!a)
		return EINVAL;
	a->qos = class;
	return 0;
}
int pthread_attr_get_qos_class_np(pthread_attr_t *p, qos_class_t *class, int *relative) {
	struct attr *a = attr_of(p);
	if (!a)
		return EINVAL;
	if (class)
		*class = a->qos;
	if (relative)
		*relative = 0;
	return 0;
}

// Keys. A key is the number of a slot of the TSD.
#define KEYS (TSD_COUNT - TSD_DYNAMIC)
static os_unfair_lock key_lock;
static uint8_t used[TSD_COUNT];
static void (*destructor[TSD_COUNT])(void *);

int pthread_key_create(pthread_key_t *key, void (*dtor)(void *)) {
	os_unfair_lock_lock(&key_lock);
	for (unsigned k = TSD_DYNAMIC; k < TSD_DYNAMIC + KEYS; k++)
		if (!used[k]) {
			used[k] = 1;
			destructor[k] = dtor;
			os_unfair_lock_unlock(&key_lock);
			*key = k;
			return 0;
		}
	os_unfair_lock_unlock(&key_lock);
	return EAGAIN;
}

// For the reserved slots.
int pthread_key_init_np(int key, void (*dtor)(void *)) {
	if (key < 0 || key >= TSD_DYNAMIC)
		return EINVAL;
	used[key] = 1;
	destructor[key] = dtor;
	return 0;
}

int pthread_key_delete(pthread_key_t key) {
	if (key < TSD_DYNAMIC || key >= TSD_COUNT || !used[key])
		return EINVAL;
	// The slot is cleared in every thread: the next owner starts with NULL.
	os_unfair_lock_lock(&_pthread_list_lock);
	for (struct pthread *t = _pthread_list; t; t = t->next)
		if (t->gate == RUNNING)
			t->tsd[key] = 0;
	os_unfair_lock_unlock(&_pthread_list_lock);
	os_unfair_lock_lock(&key_lock);
	used[key] = 0;
	destructor[key] = 0;
	os_unfair_lock_unlock(&key_lock);
	return 0;
}

void *pthread_getspecific(pthread_key_t key) { return key < TSD_COUNT ? tsd_get((unsigned)key) : 0; }

int pthread_setspecific(pthread_key_t key, const void *value) {
	if (key >= TSD_COUNT || (key >= TSD_DYNAMIC && !used[key]))
		return EINVAL;
	tsd_set((unsigned)key, (void *)value);
	return 0;
}

void _pthread_tsd_cleanup(struct pthread *t) {
	for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS; round++) {
		int again = 0;
		for (unsigned k = 0; k < TSD_COUNT; k++) {
			void (*dtor)(void *) = destructor[k];
			void *v = t->tsd[k];
			if (!dtor || !v)
				continue;
			t->tsd[k] = 0;
			dtor(v);
			again = 1;
		}
		if (!again)
			break;
	}
}
