#ifndef _BEAGLE_SYS_SELECT_H_
#define _BEAGLE_SYS_SELECT_H_

#include <sys/types.h>

__BEGIN_DECLS

int select(int, fd_set *, fd_set *, fd_set *, struct timeval *) __DARWIN_1050(select);
int pselect(int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *) __DARWIN_1050(pselect);

__END_DECLS

#endif
