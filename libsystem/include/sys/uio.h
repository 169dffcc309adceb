#ifndef _BEAGLE_SYS_UIO_H_
#define _BEAGLE_SYS_UIO_H_

#include <sys/types.h>

__BEGIN_DECLS

ssize_t readv(int, const struct iovec *, int);
ssize_t writev(int, const struct iovec *, int);
ssize_t preadv(int, const struct iovec *, int, off_t);
ssize_t pwritev(int, const struct iovec *, int, off_t);

__END_DECLS

#endif
