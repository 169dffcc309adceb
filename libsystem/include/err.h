#ifndef _BEAGLE_ERR_H_
#define _BEAGLE_ERR_H_

#include <sys/cdefs.h>
#include <stdarg.h>

__BEGIN_DECLS

void err(int, const char *, ...) __dead2;
void errx(int, const char *, ...) __dead2;
void warn(const char *, ...);
void warnx(const char *, ...);
void verr(int, const char *, va_list) __dead2;
void verrx(int, const char *, va_list) __dead2;
void vwarn(const char *, va_list);
void vwarnx(const char *, va_list);

__END_DECLS

#endif
