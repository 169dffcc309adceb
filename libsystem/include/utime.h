#ifndef _BEAGLE_UTIME_H_
#define _BEAGLE_UTIME_H_

#include <sys/types.h>

__BEGIN_DECLS

struct utimbuf {
	time_t actime;
	time_t modtime;
};
int utime(const char *, const struct utimbuf *);

__END_DECLS

#endif
