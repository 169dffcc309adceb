#ifndef _BEAGLE_STDLIB_H_
#define _BEAGLE_STDLIB_H_

#include <sys/cdefs.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <alloca.h>
#include <malloc/_malloc.h>

__BEGIN_DECLS

#define EXIT_FAILURE 1
#define EXIT_SUCCESS 0
#define RAND_MAX 0x7fffffff
extern int __mb_cur_max;
#define MB_CUR_MAX __mb_cur_max
typedef struct { int quot, rem; } div_t;
typedef struct { long quot, rem; } ldiv_t;
typedef struct { long long quot, rem; } lldiv_t;
void abort(void) __dead2;
int abs(int);
int atexit(void (*)(void));
int at_quick_exit(void (*)(void));
double atof(const char *);
int atoi(const char *);
long atol(const char *);
long long atoll(const char *);
void *bsearch(const void *, const void *, size_t, size_t, int (*)(const void *, const void *));
div_t div(int, int);
void exit(int) __dead2;
void quick_exit(int) __dead2;
void _Exit(int) __dead2;
char *getenv(const char *);
long labs(long);
ldiv_t ldiv(long, long);
long long llabs(long long);
lldiv_t lldiv(long long, long long);
int mblen(const char *, size_t);
size_t mbstowcs(wchar_t *, const char *, size_t);
int mbtowc(wchar_t *, const char *, size_t);
void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
void qsort_r(void *, size_t, size_t, void *, int (*)(void *, const void *, const void *));
int heapsort(void *, size_t, size_t, int (*)(const void *, const void *));
int mergesort(void *, size_t, size_t, int (*)(const void *, const void *));
int rand(void);
void srand(unsigned);
int rand_r(unsigned *);
double strtod(const char *, char **);
float strtof(const char *, char **);
long strtol(const char *, char **, int);
long double strtold(const char *, char **);
long long strtoll(const char *, char **, int);
unsigned long strtoul(const char *, char **, int);
unsigned long long strtoull(const char *, char **, int);
long long strtonum(const char *, long long, long long, const char **);
int system(const char *);
size_t wcstombs(char *, const wchar_t *, size_t);
int wctomb(char *, wchar_t);
long a64l(const char *);
char *l64a(long);
double drand48(void);
double erand48(unsigned short[3]);
long lrand48(void);
long mrand48(void);
long nrand48(unsigned short[3]);
long jrand48(unsigned short[3]);
void srand48(long);
unsigned short *seed48(unsigned short[3]);
void lcong48(unsigned short[7]);
int getsubopt(char **, char *const *, char **);
int grantpt(int);
int unlockpt(int);
char *ptsname(int);
int ptsname_r(int, char *, size_t);
int posix_openpt(int);
char *initstate(unsigned, char *, size_t);
char *setstate(const char *);
long random(void);
void srandom(unsigned);
void srandomdev(void);
char *mktemp(char *);
int mkstemp(char *);
int mkstemps(char *, int);
int mkostemp(char *, int);
int mkostemps(char *, int, int);
char *mkdtemp(char *);
int putenv(char *);
int setenv(const char *, const char *, int);
int unsetenv(const char *);
char *realpath(const char *, char *) __DARWIN_EXTSN(realpath);
u_int32_t arc4random(void);
void arc4random_buf(void *, size_t);
u_int32_t arc4random_uniform(u_int32_t);
const char *getprogname(void);
void setprogname(const char *);
int getloadavg(double[], int);
void *reallocf(void *, size_t);
int daemon(int, int);

__END_DECLS

#endif
