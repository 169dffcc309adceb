#ifndef _BEAGLE_MALLOC_MALLOC_H_
#define _BEAGLE_MALLOC_MALLOC_H_

#include <stdlib.h>
#include <mach/mach_types.h>

__BEGIN_DECLS

typedef struct malloc_statistics_t {
	unsigned blocks_in_use;
	size_t size_in_use;
	size_t max_size_in_use;
	size_t size_allocated;
} malloc_statistics_t;
// The functions of a zone are called by programs through the structure.
typedef struct _malloc_zone_t {
	void *reserved1;
	void *reserved2;
	size_t (*size)(struct _malloc_zone_t *, const void *);
	void *(*malloc)(struct _malloc_zone_t *, size_t);
	void *(*calloc)(struct _malloc_zone_t *, size_t, size_t);
	void *(*valloc)(struct _malloc_zone_t *, size_t);
	void (*free)(struct _malloc_zone_t *, void *);
	void *(*realloc)(struct _malloc_zone_t *, void *, size_t);
	void (*destroy)(struct _malloc_zone_t *);
	const char *zone_name;
	unsigned (*batch_malloc)(struct _malloc_zone_t *, size_t, void **, unsigned);
	void (*batch_free)(struct _malloc_zone_t *, void **, unsigned);
	void *introspect;
	unsigned version;
	void *(*memalign)(struct _malloc_zone_t *, size_t, size_t);
	void (*free_definite_size)(struct _malloc_zone_t *, void *, size_t);
	size_t (*pressure_relief)(struct _malloc_zone_t *, size_t);
	int (*claimed_address)(struct _malloc_zone_t *, void *);
} malloc_zone_t;
malloc_zone_t *malloc_default_zone(void);
malloc_zone_t *malloc_create_zone(size_t, unsigned);
void malloc_destroy_zone(malloc_zone_t *);
void *malloc_zone_malloc(malloc_zone_t *, size_t);
void *malloc_zone_calloc(malloc_zone_t *, size_t, size_t);
void *malloc_zone_valloc(malloc_zone_t *, size_t);
void malloc_zone_free(malloc_zone_t *, void *);
void *malloc_zone_realloc(malloc_zone_t *, void *, size_t);
void *malloc_zone_memalign(malloc_zone_t *, size_t, size_t);
malloc_zone_t *malloc_zone_from_ptr(const void *);
size_t malloc_size(const void *);
size_t malloc_good_size(size_t);
void malloc_set_zone_name(malloc_zone_t *, const char *);
const char *malloc_get_zone_name(malloc_zone_t *);
void malloc_zone_statistics(malloc_zone_t *, malloc_statistics_t *);
size_t malloc_zone_pressure_relief(malloc_zone_t *, size_t);
void malloc_zone_register(malloc_zone_t *);
void malloc_zone_unregister(malloc_zone_t *);

__END_DECLS

#endif
