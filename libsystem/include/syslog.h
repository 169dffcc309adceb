#ifndef _BEAGLE_SYSLOG_H_
#define _BEAGLE_SYSLOG_H_

#include <sys/cdefs.h>
#include <stdarg.h>

__BEGIN_DECLS

#define LOG_EMERG 0
#define LOG_ALERT 1
#define LOG_CRIT 2
#define LOG_ERR 3
#define LOG_WARNING 4
#define LOG_NOTICE 5
#define LOG_INFO 6
#define LOG_DEBUG 7
#define LOG_USER (1 << 3)
#define LOG_DAEMON (3 << 3)
#define LOG_PID 1
void closelog(void);
void openlog(const char *, int, int);
int setlogmask(int);
void syslog(int, const char *, ...) __DARWIN_EXTSN(syslog);
void vsyslog(int, const char *, va_list) __DARWIN_EXTSN(vsyslog);

__END_DECLS

#endif
