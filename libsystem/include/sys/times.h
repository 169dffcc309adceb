#ifndef _BEAGLE_SYS_TIMES_H_
#define _BEAGLE_SYS_TIMES_H_

#include <sys/types.h>

__BEGIN_DECLS

struct tms {
	clock_t tms_utime, tms_stime, tms_cutime, tms_cstime;
};
clock_t times(struct tms *);

__END_DECLS

#endif
