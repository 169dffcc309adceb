#ifndef _BEAGLE_BLOCK_H_
#define _BEAGLE_BLOCK_H_

#include <sys/cdefs.h>

__BEGIN_DECLS

void *_Block_copy(const void *);
void _Block_release(const void *);
void _Block_object_assign(void *, const void *, const int);
void _Block_object_dispose(const void *, const int);
extern void *_NSConcreteGlobalBlock[32];
extern void *_NSConcreteStackBlock[32];
#define Block_copy(b) ((__typeof(b))_Block_copy((const void *)(b)))
#define Block_release(b) _Block_release((const void *)(b))

__END_DECLS

#endif
