#ifndef _BEAGLE_SYS_RANDOM_H_
#define _BEAGLE_SYS_RANDOM_H_

#include <sys/types.h>

__BEGIN_DECLS

int getentropy(void *, size_t);

__END_DECLS

#endif
