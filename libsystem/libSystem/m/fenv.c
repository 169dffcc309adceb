// The floating-point environment (fenv(3)) and Darwin's classification functions,
// which <math.h>'s macros call.

#include <fenv.h>
#include <math.h>

#if defined(__x86_64__)
// Exceptions and rounding live twice: in the x87 unit and in MXCSR.
static unsigned mxcsr(void) {
	unsigned v;
	__asm__ volatile("stmxcsr %0" : "=m"(v));
	return v;
}
static void set_mxcsr(unsigned v) { __asm__ volatile("ldmxcsr %0" : : "m"(v)); }
static unsigned short status(void) {
	unsigned short v;
	__asm__ volatile("fnstsw %0" : "=a"(v));
	return v;
}
struct x87 {
	unsigned short control, pad, status, pad2;
	unsigned rest[5];
};
static void get_x87(struct x87 *e) { __asm__ volatile("fnstenv %0\n\tfldenv %0" : "=m"(*e)); }
static void set_x87(const struct x87 *e) { __asm__ volatile("fldenv %0" : : "m"(*e)); }

const fenv_t _FE_DFL_ENV = { 0x037f, 0, 0x1f80, { 0 } };
const fenv_t _FE_DFL_DISABLE_SSE_DENORMS_ENV = { 0x037f, 0, 0x9fc0, { 0 } };

int feclearexcept(int e) {
	struct x87 x;
	get_x87(&x);
	x.status &= (unsigned short)~(e & FE_ALL_EXCEPT);
	set_x87(&x);
	set_mxcsr(mxcsr() & ~(unsigned)(e & FE_ALL_EXCEPT));
	return 0;
}
int feraiseexcept(int e) {
	set_mxcsr(mxcsr() | (unsigned)(e & FE_ALL_EXCEPT));
	return 0;
}
int fetestexcept(int e) { return (int)((mxcsr() | status()) & (unsigned)(e & FE_ALL_EXCEPT)); }
int fegetround(void) { return (int)(mxcsr() >> 3 & 0xc00); }
int fesetround(int r) {
	unsigned short control;
	if (r & ~0xc00)
		return -1;
	__asm__ volatile("fnstcw %0" : "=m"(control));
	control = (unsigned short)((control & ~0xc00) | r);
	__asm__ volatile("fldcw %0" : : "m"(control));
	set_mxcsr((mxcsr() & ~0x6000u) | (unsigned)r << 3);
	return 0;
}
int fegetenv(fenv_t *e) {
	struct x87 x;
	get_x87(&x);
	*e = (fenv_t){ x.control, x.status, mxcsr(), { 0 } };
	return 0;
}
int fesetenv(const fenv_t *e) {
	struct x87 x;
	get_x87(&x);
	x.control = e->__control;
	x.status = e->__status;
	set_x87(&x);
	set_mxcsr(e->__mxcsr);
	return 0;
}
int feholdexcept(fenv_t *e) {
	fegetenv(e);
	feclearexcept(FE_ALL_EXCEPT);
	set_mxcsr(mxcsr() | 0x1f80);
	return 0;
}
#else
static unsigned long fpsr(void) {
	unsigned long v;
	__asm__ volatile("mrs %0, fpsr" : "=r"(v));
	return v;
}
static unsigned long fpcr(void) {
	unsigned long v;
	__asm__ volatile("mrs %0, fpcr" : "=r"(v));
	return v;
}
static void set_fpsr(unsigned long v) { __asm__ volatile("msr fpsr, %0" : : "r"(v)); }
static void set_fpcr(unsigned long v) { __asm__ volatile("msr fpcr, %0" : : "r"(v)); }

const fenv_t _FE_DFL_ENV = { 0, 0 };
const fenv_t _FE_DFL_DISABLE_DENORMS_ENV = { 0, 1 << 24 };

int feclearexcept(int e) {
	set_fpsr(fpsr() & ~(unsigned long)(e & FE_ALL_EXCEPT));
	return 0;
}
int feraiseexcept(int e) {
	set_fpsr(fpsr() | (unsigned long)(e & FE_ALL_EXCEPT));
	return 0;
}
int fetestexcept(int e) { return (int)(fpsr() & (unsigned long)(e & FE_ALL_EXCEPT)); }
int fegetround(void) { return (int)(fpcr() & 0xc00000); }
int fesetround(int r) {
	if (r & ~0xc00000)
		return -1;
	set_fpcr((fpcr() & ~0xc00000ul) | (unsigned long)r);
	return 0;
}
int fegetenv(fenv_t *e) {
	*e = (fenv_t){ fpsr(), fpcr() };
	return 0;
}
int fesetenv(const fenv_t *e) {
	set_fpsr(e->__fpsr);
	set_fpcr(e->__fpcr);
	return 0;
}
int feholdexcept(fenv_t *e) {
	fegetenv(e);
	set_fpsr(fpsr() & ~(unsigned long)FE_ALL_EXCEPT);
	set_fpcr(fpcr() & ~0x9f00ul);
	return 0;
}
#endif
int fegetexceptflag(fexcept_t *f, int e) {
	*f = (fexcept_t)fetestexcept(e);
	return 0;
}
int fesetexceptflag(const fexcept_t *f, int e) {
	feclearexcept(e);
	return feraiseexcept(*f & e);
}
int feupdateenv(const fenv_t *e) {
	int raised = fetestexcept(FE_ALL_EXCEPT);
	fesetenv(e);
	return feraiseexcept(raised);
}
int __flt_rounds(void) {
	switch (fegetround()) {
	case FE_TONEAREST: return 1;
	case FE_UPWARD: return 2;
	case FE_DOWNWARD: return 3;
	default: return 0;
	}
}
int __fesetround(int r) { return fesetround(r); }

#define CLASSES(s, type)                                                              \
	int __fpclassify##s(type x) { return __builtin_fpclassify(FP_NAN, FP_INFINITE, FP_NORMAL, FP_SUBNORMAL, FP_ZERO, x); } \
	int __isnan##s(type x) { return __builtin_isnan(x); }                         \
	int __isinf##s(type x) { return __builtin_isinf(x); }                         \
	int __isfinite##s(type x) { return __builtin_isfinite(x); }                   \
	int __isnormal##s(type x) { return __builtin_isnormal(x); }                   \
	int __signbit##s(type x) { return __builtin_signbit(x); }
CLASSES(f, float)
CLASSES(d, double)
CLASSES(l, long double)
#undef isnan
#undef isinf
int isnan(double x) { return __builtin_isnan(x); }
int isinf(double x) { return __builtin_isinf(x); }
int __fpclassify(double x) { return __fpclassifyd(x); }
int __isnan(double x) { return __builtin_isnan(x); }
int __isinf(double x) { return __builtin_isinf(x); }
int __signbit(double x) { return __builtin_signbit(x); }

// A NaN where Darwin's errno is not set: exceptions only.
int __math_errhandling(void) { return MATH_ERREXCEPT; }

double exp10(double);
float exp10f(float);
double __exp10(double x) { return exp10(x); }
float __exp10f(float x) { return exp10f(x); }

// Both at once, in two vector registers.
typedef struct { double sin, cos; } sincos_d;
typedef struct { float sin, cos; } sincos_f;
#define PI 3.14159265358979323846
sincos_d __sincos_stret(double x) { return (sincos_d){ sin(x), cos(x) }; }
sincos_f __sincosf_stret(float x) { return (sincos_f){ sinf(x), cosf(x) }; }
void __sincos(double x, double *s, double *c) {
	*s = sin(x);
	*c = cos(x);
}
void __sincosf(float x, float *s, float *c) {
	*s = sinf(x);
	*c = cosf(x);
}
// Of multiples of pi, after exact reduction.
static double half_turns(double x, int *quarter) {
	double r = fmod(fabs(x), 2);
	*quarter = (int)(r * 2 + 0.5);
	return (r - *quarter * 0.5) * PI;
}
double __sinpi(double x) {
	int q;
	double r = half_turns(x, &q), v = q & 1 ? cos(r) : sin(r);
	return copysign(1, x) * (q & 2 ? -v : v);
}
double __cospi(double x) {
	int q;
	double r = half_turns(x, &q), v = q & 1 ? -sin(r) : cos(r);
	return q & 2 ? -v : v;
}
double __tanpi(double x) { return __sinpi(x) / __cospi(x); }
