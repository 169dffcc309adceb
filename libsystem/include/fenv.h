#ifndef _BEAGLE_FENV_H_
#define _BEAGLE_FENV_H_

#include <sys/cdefs.h>

__BEGIN_DECLS

#if defined(__x86_64__)
#define FE_INVALID 0x01
#define FE_DENORMALOPERAND 0x02
#define FE_DIVBYZERO 0x04
#define FE_OVERFLOW 0x08
#define FE_UNDERFLOW 0x10
#define FE_INEXACT 0x20
#define FE_ALL_EXCEPT 0x3f
#define FE_TONEAREST 0x0000
#define FE_DOWNWARD 0x0400
#define FE_UPWARD 0x0800
#define FE_TOWARDZERO 0x0c00
typedef struct {
	unsigned short __control;
	unsigned short __status;
	unsigned int __mxcsr;
	char __reserved[8];
} fenv_t;
typedef unsigned short fexcept_t;
#else
#define FE_INVALID 0x01
#define FE_DIVBYZERO 0x02
#define FE_OVERFLOW 0x04
#define FE_UNDERFLOW 0x08
#define FE_INEXACT 0x10
#define FE_FLUSHTOZERO 0x80
#define FE_ALL_EXCEPT 0x9f
#define FE_TONEAREST 0x00000000
#define FE_UPWARD 0x00400000
#define FE_DOWNWARD 0x00800000
#define FE_TOWARDZERO 0x00c00000
typedef struct {
	unsigned long long __fpsr;
	unsigned long long __fpcr;
} fenv_t;
typedef unsigned short fexcept_t;
#endif
extern const fenv_t _FE_DFL_ENV;
#define FE_DFL_ENV &_FE_DFL_ENV
int feclearexcept(int);
int fegetexceptflag(fexcept_t *, int);
int feraiseexcept(int);
int fesetexceptflag(const fexcept_t *, int);
int fetestexcept(int);
int fegetround(void);
int fesetround(int);
int fegetenv(fenv_t *);
int feholdexcept(fenv_t *);
int fesetenv(const fenv_t *);
int feupdateenv(const fenv_t *);

__END_DECLS

#endif
