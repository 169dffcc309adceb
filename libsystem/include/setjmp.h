#ifndef _BEAGLE_SETJMP_H_
#define _BEAGLE_SETJMP_H_

#include <sys/cdefs.h>

__BEGIN_DECLS

#if defined(__x86_64__)
#define _JBLEN 37
#else
#define _JBLEN 48
#endif
typedef int jmp_buf[_JBLEN];
typedef int sigjmp_buf[_JBLEN + 1];
int setjmp(jmp_buf) __attribute__((__returns_twice__));
void longjmp(jmp_buf, int) __dead2;
int _setjmp(jmp_buf) __attribute__((__returns_twice__));
void _longjmp(jmp_buf, int) __dead2;
int sigsetjmp(sigjmp_buf, int) __attribute__((__returns_twice__));
void siglongjmp(sigjmp_buf, int) __dead2;

__END_DECLS

#endif
