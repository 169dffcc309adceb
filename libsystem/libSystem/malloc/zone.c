// malloc(3) and Darwin's zones over musl's allocator. There is one heap: a zone
// that a program makes is a name for it, with its own function table.

#include <errno.h>
#include <malloc/malloc.h>
#include <os/lock.h>
#include <string.h>
#include <sys/mman.h>
#include <mach/mach.h>
#include "../kernel/private.h"

void *_beagle_malloc(size_t);
void *_beagle_realloc(void *, size_t);
void _beagle_free(void *);
void *_beagle_aligned_alloc(size_t, size_t);
size_t _beagle_malloc_usable_size(void *);
int _beagle_is_allzero(void *);
extern os_unfair_lock _beagle_malloc_lock;

uint64_t _beagle_malloc_entropy = 0x9e3779b97f4a7c15;

void _beagle_malloc_corrupt(void) {
	_beagle_fatal("malloc: a block was overrun, freed twice, or is not from malloc");
}

void _beagle_malloc_init(const char *const apple[]) {
	const char *s = _beagle_apple(apple, "malloc_entropy");
	for (; s && *s; s++)
		_beagle_malloc_entropy = _beagle_malloc_entropy * 31 + (unsigned char)*s;
}

void _beagle_malloc_fork_prepare(void) { os_unfair_lock_lock(&_beagle_malloc_lock); }
void _beagle_malloc_fork_parent(void) { os_unfair_lock_unlock(&_beagle_malloc_lock); }
void _beagle_malloc_fork_child(void) { _beagle_malloc_lock = OS_UNFAIR_LOCK_INIT; }

// A size of 0 still gives a block of its own.
void *malloc(size_t n) { return _beagle_malloc(n ? n : 1); }
void free(void *p) { _beagle_free(p); }
void *calloc(size_t a, size_t b) {
	size_t n;
	if (__builtin_mul_overflow(a, b, &n)) {
		errno = ENOMEM;
		return 0;
	}
	void *p = malloc(n);
	if (p && !_beagle_is_allzero(p))
		memset(p, 0, n);
	return p;
}
// Darwin's realloc to size 0 gives a smallest block.
void *realloc(void *p, size_t n) { return _beagle_realloc(p, n ? n : 1); }
void *reallocf(void *p, size_t n) {
	void *q = realloc(p, n);
	if (!q)
		free(p);
	return q;
}
void *aligned_alloc(size_t align, size_t n) {
	if (!align || (align & (align - 1)) || n % align) {
		errno = EINVAL;
		return 0;
	}
	return _beagle_aligned_alloc(align < sizeof(void *) ? sizeof(void *) : align, n ? n : 1);
}
int posix_memalign(void **out, size_t align, size_t n) {
	if (align < sizeof(void *) || (align & (align - 1)))
		return EINVAL;
	int saved = errno;
	void *p = _beagle_aligned_alloc(align, n ? n : 1);
	errno = saved;
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}
void *valloc(size_t n) { return _beagle_aligned_alloc(vm_page_size, n ? n : 1); }
size_t malloc_size(const void *p) { return p ? _beagle_malloc_usable_size((void *)p) : 0; }
size_t malloc_good_size(size_t n) { return n ? (n + 15) & ~(size_t)15 : 16; }

static size_t z_size(malloc_zone_t *z, const void *p) { return malloc_size(p); }
static void *z_malloc(malloc_zone_t *z, size_t n) { return malloc(n); }
static void *z_calloc(malloc_zone_t *z, size_t a, size_t b) { return calloc(a, b); }
static void *z_valloc(malloc_zone_t *z, size_t n) { return valloc(n); }
static void z_free(malloc_zone_t *z, void *p) { free(p); }
static void *z_realloc(malloc_zone_t *z, void *p, size_t n) { return realloc(p, n); }
static void z_destroy(malloc_zone_t *z) {}
static unsigned z_batch_malloc(malloc_zone_t *z, size_t n, void **out, unsigned count) {
	unsigned i = 0;
	for (; i < count && (out[i] = malloc(n)); i++)
		;
	return i;
}
static void z_batch_free(malloc_zone_t *z, void **p, unsigned count) {
	for (unsigned i = 0; i < count; i++)
		free(p[i]);
}
static void *z_memalign(malloc_zone_t *z, size_t align, size_t n) {
	void *p = 0;
	posix_memalign(&p, align, n);
	return p;
}
static void z_free_size(malloc_zone_t *z, void *p, size_t n) { free(p); }
static size_t z_pressure(malloc_zone_t *z, size_t goal) { return 0; }

#define ZONE                                                                                              \
	.size = z_size, .malloc = z_malloc, .calloc = z_calloc, .valloc = z_valloc, .free = z_free,       \
	.realloc = z_realloc, .destroy = z_destroy, .batch_malloc = z_batch_malloc, .batch_free = z_batch_free, \
	.version = 9, .memalign = z_memalign, .free_definite_size = z_free_size, .pressure_relief = z_pressure
static malloc_zone_t default_zone = { .zone_name = "DefaultMallocZone", ZONE };

malloc_zone_t *malloc_default_zone(void) { return &default_zone; }
malloc_zone_t *malloc_default_purgeable_zone(void) { return &default_zone; }
malloc_zone_t *malloc_create_zone(size_t start, unsigned flags) {
	malloc_zone_t *z = malloc(sizeof *z);
	if (z)
		*z = (malloc_zone_t){ ZONE };
	return z;
}
// Blocks of the zone stay until they are freed: they are in the one heap.
void malloc_destroy_zone(malloc_zone_t *z) {
	if (z != &default_zone)
		free(z);
}
void *malloc_zone_malloc(malloc_zone_t *z, size_t n) { return z->malloc(z, n); }
void *malloc_zone_calloc(malloc_zone_t *z, size_t a, size_t b) { return z->calloc(z, a, b); }
void *malloc_zone_valloc(malloc_zone_t *z, size_t n) { return z->valloc(z, n); }
void malloc_zone_free(malloc_zone_t *z, void *p) { z->free(z, p); }
void *malloc_zone_realloc(malloc_zone_t *z, void *p, size_t n) { return z->realloc(z, p, n); }
void *malloc_zone_memalign(malloc_zone_t *z, size_t align, size_t n) { return z->memalign ? z->memalign(z, align, n) : 0; }
unsigned malloc_zone_batch_malloc(malloc_zone_t *z, size_t n, void **out, unsigned count) { return z->batch_malloc(z, n, out, count); }
void malloc_zone_batch_free(malloc_zone_t *z, void **p, unsigned count) { z->batch_free(z, p, count); }
malloc_zone_t *malloc_zone_from_ptr(const void *p) { return p ? &default_zone : 0; }
void malloc_set_zone_name(malloc_zone_t *z, const char *name) {
	size_t n = name ? strlen(name) + 1 : 0;
	char *copy = n ? malloc(n) : 0;
	if (copy)
		memcpy(copy, name, n);
	z->zone_name = copy;
}
const char *malloc_get_zone_name(malloc_zone_t *z) { return z->zone_name; }
void malloc_zone_register(malloc_zone_t *z) {}
void malloc_zone_unregister(malloc_zone_t *z) {}
size_t malloc_zone_pressure_relief(malloc_zone_t *z, size_t goal) { return 0; }
// The allocator keeps no counts.
void malloc_zone_statistics(malloc_zone_t *z, malloc_statistics_t *out) { memset(out, 0, sizeof *out); }
boolean_t malloc_zone_check(malloc_zone_t *z) { return 1; }
