#ifndef _BEAGLE_POLL_H_
#define _BEAGLE_POLL_H_

#include <sys/cdefs.h>

__BEGIN_DECLS

#define POLLIN 0x1
#define POLLPRI 0x2
#define POLLOUT 0x4
#define POLLERR 0x8
#define POLLHUP 0x10
#define POLLNVAL 0x20
#define POLLRDNORM 0x40
#define POLLRDBAND 0x80
#define POLLWRBAND 0x100
#define POLLEXTEND 0x200
#define POLLATTRIB 0x400
#define POLLNLINK 0x800
#define POLLWRITE 0x1000
#define POLLWRNORM POLLOUT
typedef unsigned int nfds_t;
struct pollfd {
	int fd;
	short events;
	short revents;
};
int poll(struct pollfd *, nfds_t, int);

__END_DECLS

#endif
