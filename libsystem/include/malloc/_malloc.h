#ifndef _BEAGLE_MALLOC__MALLOC_H_
#define _BEAGLE_MALLOC__MALLOC_H_

#include <sys/cdefs.h>
#include <stddef.h>

__BEGIN_DECLS

void *malloc(size_t) __attribute__((__malloc__));
void *calloc(size_t, size_t) __attribute__((__malloc__));
void free(void *);
void *realloc(void *, size_t);
void *valloc(size_t);
void *aligned_alloc(size_t, size_t);
int posix_memalign(void **, size_t, size_t);

__END_DECLS

#endif
