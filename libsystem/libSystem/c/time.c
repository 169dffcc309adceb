// Clocks and timers.

#include <errno.h>
#include <mach/mach.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include "../kernel/private.h"

#define BILLION 1000000000ull

static uint64_t ticks_to_ns(uint64_t t) {
	static mach_timebase_info_data_t base;
	if (!base.denom)
		mach_timebase_info(&base);
	if (base.numer == base.denom)
		return t;
	return (uint64_t)((unsigned __int128)t * base.numer / base.denom);
}

static uint64_t used_ns(int who_thread) {
	if (who_thread) {
		extern uint64_t thread_selfusage(void);
		return ticks_to_ns(thread_selfusage());
	}
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * BILLION + (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

static int64_t boot_us(void) {
	struct timeval boot = { 0 };
	size_t n = sizeof boot;
	int mib[2] = { 1, 21 }; // CTL_KERN, KERN_BOOTTIME
	sysctl(mib, 2, &boot, &n, 0, 0);
	return boot.tv_sec * 1000000ll + boot.tv_usec;
}

int clock_gettime(clockid_t clock, struct timespec *out) {
	uint64_t ns;
	struct timeval tv;
	switch (clock) {
	case CLOCK_REALTIME:
		__gettimeofday(&tv, 0, 0);
		out->tv_sec = tv.tv_sec;
		out->tv_nsec = (long)tv.tv_usec * 1000;
		return 0;
	case CLOCK_MONOTONIC: {
		// Since boot, sleep included, in microseconds as on a Mac.
		__gettimeofday(&tv, 0, 0);
		ns = (uint64_t)(tv.tv_sec * 1000000ll + tv.tv_usec - boot_us()) * 1000;
		break;
	}
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_RAW_APPROX: ns = ticks_to_ns(mach_continuous_time()); break;
	case CLOCK_UPTIME_RAW:
	case CLOCK_UPTIME_RAW_APPROX: ns = ticks_to_ns(mach_absolute_time()); break;
	case CLOCK_PROCESS_CPUTIME_ID: ns = used_ns(0); break;
	case CLOCK_THREAD_CPUTIME_ID: ns = used_ns(1); break;
	default: errno = EINVAL; return -1;
	}
	out->tv_sec = (long)(ns / BILLION);
	out->tv_nsec = (long)(ns % BILLION);
	return 0;
}

unsigned long long clock_gettime_nsec_np(clockid_t clock) {
	struct timespec t;
	return clock_gettime(clock, &t) ? 0 : (unsigned long long)t.tv_sec * BILLION + (unsigned long long)t.tv_nsec;
}

int clock_getres(clockid_t clock, struct timespec *out) {
	long ns = 0;
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_PROCESS_CPUTIME_ID: ns = 1000; break;
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_RAW_APPROX:
	case CLOCK_UPTIME_RAW:
	case CLOCK_UPTIME_RAW_APPROX:
	case CLOCK_THREAD_CPUTIME_ID: {
		mach_timebase_info_data_t b;
		mach_timebase_info(&b);
		ns = (long)((b.numer + b.denom - 1) / b.denom);
		break;
	}
	default: errno = EINVAL; return -1;
	}
	if (out)
		*out = (struct timespec){ 0, ns };
	return 0;
}

int clock_settime(clockid_t clock, const struct timespec *t) {
	struct timeval tv = { t->tv_sec, (int)(t->tv_nsec / 1000) };
	if (clock != CLOCK_REALTIME) {
		errno = EINVAL;
		return -1;
	}
	return settimeofday(&tv, 0);
}

int timespec_get(struct timespec *t, int base) { return base == TIME_UTC && !clock_gettime(CLOCK_REALTIME, t) ? base : 0; }

time_t time(time_t *out) {
	struct timeval tv;
	__gettimeofday(&tv, 0, 0);
	if (out)
		*out = tv.tv_sec;
	return tv.tv_sec;
}

clock_t clock(void) { return (clock_t)(used_ns(0) / 1000); }

clock_t times(struct tms *t) {
	struct rusage self, children;
	struct timeval now;
	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
#define TICKS(tv) ((clock_t)((tv).tv_sec * 100 + (tv).tv_usec / 10000))
	*t = (struct tms){ TICKS(self.ru_utime), TICKS(self.ru_stime), TICKS(children.ru_utime), TICKS(children.ru_stime) };
	gettimeofday(&now, 0);
	return TICKS(now);
}

// A sleep is a wait for a semaphore that nobody signals: the kernel has no other.
static int sleep_for(const struct timespec *t, struct timespec *left, int (*wait)(int, int, int, int, int64_t, int32_t)) {
	if (!t || t->tv_sec < 0 || t->tv_nsec < 0 || t->tv_nsec >= 1000000000) {
		errno = EINVAL;
		return -1;
	}
	uint64_t start = ticks_to_ns(mach_absolute_time());
	int r = wait(0, 0, 1, 1, t->tv_sec, (int32_t)t->tv_nsec);
	if (r < 0 && errno == ETIMEDOUT)
		return 0;
	if (r < 0 && errno == EINTR && left) {
		uint64_t done = ticks_to_ns(mach_absolute_time()) - start, asked = (uint64_t)t->tv_sec * BILLION + (uint64_t)t->tv_nsec;
		uint64_t rest = done < asked ? asked - done : 0;
		*left = (struct timespec){ (long)(rest / BILLION), (long)(rest % BILLION) };
	}
	return r < 0 ? -1 : 0;
}
int nanosleep(const struct timespec *t, struct timespec *left) { return sleep_for(t, left, __semwait_signal); }
int nanosleep_nc(const struct timespec *, struct timespec *) __asm("_nanosleep$NOCANCEL");
int nanosleep_nc(const struct timespec *t, struct timespec *left) { return sleep_for(t, left, __semwait_signal_nocancel); }
int usleep(useconds_t us) {
	struct timespec t = { us / 1000000, (long)(us % 1000000) * 1000 };
	return nanosleep(&t, 0);
}
int usleep_nc(useconds_t) __asm("_usleep$NOCANCEL");
int usleep_nc(useconds_t us) {
	struct timespec t = { us / 1000000, (long)(us % 1000000) * 1000 };
	return nanosleep_nc(&t, 0);
}
unsigned sleep(unsigned s) {
	struct timespec t = { s, 0 }, left = { 0, 0 };
	if (nanosleep(&t, &left) == 0)
		return 0;
	return errno == EINTR ? (unsigned)left.tv_sec + (left.tv_nsec != 0) : s;
}

unsigned alarm(unsigned s) {
	struct itimerval new = { { 0, 0 }, { s, 0 } }, old;
	if (setitimer(ITIMER_REAL, &new, &old) < 0)
		return (unsigned)-1;
	return (unsigned)old.it_value.tv_sec + (old.it_value.tv_usec != 0);
}
unsigned ualarm(unsigned us, unsigned interval) {
	struct itimerval new = { { interval / 1000000, (int)(interval % 1000000) }, { us / 1000000, (int)(us % 1000000) } }, old;
	if (setitimer(ITIMER_REAL, &new, &old) < 0)
		return (unsigned)-1;
	return (unsigned)(old.it_value.tv_sec * 1000000 + old.it_value.tv_usec);
}

// Times of files: utimensat is setattrlist's business (unistd.c).
int utime(const char *path, const struct utimbuf *t) {
	struct timeval tv[2];
	if (t) {
		tv[0] = (struct timeval){ t->actime, 0 };
		tv[1] = (struct timeval){ t->modtime, 0 };
	}
	return utimes(path, t ? tv : 0);
}
