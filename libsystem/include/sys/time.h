#ifndef _BEAGLE_SYS_TIME_H_
#define _BEAGLE_SYS_TIME_H_

#include <sys/types.h>
#include <sys/select.h>

__BEGIN_DECLS

#define ITIMER_REAL 0
#define ITIMER_VIRTUAL 1
#define ITIMER_PROF 2

struct itimerval {
	struct timeval it_interval;
	struct timeval it_value;
};
struct timezone {
	int tz_minuteswest;
	int tz_dsttime;
};
#define timerclear(t) ((t)->tv_sec = (t)->tv_usec = 0)
#define timerisset(t) ((t)->tv_sec || (t)->tv_usec)
#define timercmp(a, b, c) (((a)->tv_sec == (b)->tv_sec) ? ((a)->tv_usec c (b)->tv_usec) : ((a)->tv_sec c (b)->tv_sec))
int gettimeofday(struct timeval *, void *);
int settimeofday(const struct timeval *, const struct timezone *);
int adjtime(const struct timeval *, struct timeval *);
int getitimer(int, struct itimerval *);
int setitimer(int, const struct itimerval *, struct itimerval *);
int utimes(const char *, const struct timeval[2]);
int futimes(int, const struct timeval[2]);
int lutimes(const char *, const struct timeval[2]);

__END_DECLS

#endif
