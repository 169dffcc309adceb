#ifndef _BEAGLE_TIME_H_
#define _BEAGLE_TIME_H_

#include <sys/types.h>

__BEGIN_DECLS

#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_MONOTONIC_RAW_APPROX 5
#define CLOCK_MONOTONIC 6
#define CLOCK_UPTIME_RAW 8
#define CLOCK_UPTIME_RAW_APPROX 9
#define CLOCK_PROCESS_CPUTIME_ID 12
#define CLOCK_THREAD_CPUTIME_ID 16
#define CLOCKS_PER_SEC 1000000
#define TIME_UTC 1
typedef unsigned int clockid_t;
struct tm {
	int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
	long tm_gmtoff;
	char *tm_zone;
};
extern char *tzname[];
extern int daylight;
extern long timezone;
char *asctime(const struct tm *);
char *asctime_r(const struct tm *, char *);
clock_t clock(void);
char *ctime(const time_t *);
char *ctime_r(const time_t *, char *);
double difftime(time_t, time_t);
struct tm *gmtime(const time_t *);
struct tm *gmtime_r(const time_t *, struct tm *);
struct tm *localtime(const time_t *);
struct tm *localtime_r(const time_t *, struct tm *);
time_t mktime(struct tm *);
size_t strftime(char *, size_t, const char *, const struct tm *);
char *strptime(const char *, const char *, struct tm *);
time_t time(time_t *);
time_t timegm(struct tm *);
time_t timelocal(struct tm *);
void tzset(void);
int nanosleep(const struct timespec *, struct timespec *);
int clock_getres(clockid_t, struct timespec *);
int clock_gettime(clockid_t, struct timespec *);
int clock_settime(clockid_t, const struct timespec *);
unsigned long long clock_gettime_nsec_np(clockid_t);
int timespec_get(struct timespec *, int);

__END_DECLS

#endif
