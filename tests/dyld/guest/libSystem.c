// A libSystem as small as dyld's tests need: system calls, one thread's TSD, a
// bump allocator, atexit. Its install name is the real one's, and a test maps it to
// that place.
#include "test.h"

long sys(long number, long a, long b, long c, long d, long e, long f);
__asm__(".text\n.globl _sys\n.p2align 2\n_sys:\n"
#ifdef __x86_64__
	"leaq 0x2000000(%rdi), %rax\n movq %rsi, %rdi\n movq %rdx, %rsi\n movq %rcx, %rdx\n movq %r8, %r10\n"
	"movq %r9, %r8\n movq 8(%rsp), %r9\n syscall\n jnc 1f\n negq %rax\n1: ret\n"
#else
	"mov x16, x0\n mov x0, x1\n mov x1, x2\n mov x2, x3\n mov x3, x4\n mov x4, x5\n mov x5, x6\n svc #0x80\n"
	"b.cc 1f\n neg x0, x0\n1: ret\n"
#endif
);

static void *tsd[512];
static void (*destructors[512])(void *);
static unsigned long next_key = 256;
static char heap[1 << 20] __attribute__((aligned(16)));
static unsigned long used;

struct exit_func {
	void (*func)(void *);
	void *arg;
	const void *dso;
} exit_funcs[64];
static int exits;

int argc_seen;
const char **argv_seen;
const char *apple_seen;
int lib_inited;

static void set_tsd(void)
{
	tsd[0] = tsd; // pthread_self
#ifdef __x86_64__
	register long r __asm("rax") = 0x3000003;
	__asm__ volatile("syscall" : "+r"(r) : "D"(tsd) : "rcx", "r11", "rdx", "memory");
#else
	register long x0 __asm("x0") = (long)tsd;
	register long x3 __asm("x3") = 2;
	register long x16 __asm("x16") = (long)0xffffffff80000000;
	__asm__ volatile("svc #0x80" : "+r"(x0) : "r"(x3), "r"(x16) : "memory");
#endif
}

__attribute__((constructor)) static void init(int argc, const char **argv, const char **envp, const char **apple)
{
	argc_seen = argc;
	argv_seen = argv;
	apple_seen = apple[0];
	lib_inited = 1;
	set_tsd();
	if (getenv("SHOW_INIT"))
		say("init libSystem\n");
}

unsigned long strlen(const char *s)
{
	unsigned long n = 0;
	while (s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

void say(const char *s)
{
	sys(4, 1, (long)s, (long)strlen(s), 0, 0, 0);
}

void say_number(long v)
{
	char buf[24], *p = buf + 23;
	unsigned long u = v < 0 ? -(unsigned long)v : (unsigned long)v;
	*p = 0;
	do
		*--p = '0' + u % 10;
	while (u /= 10);
	if (v < 0)
		*--p = '-';
	say(p);
}

int puts(const char *s)
{
	say(s);
	say("\n");
	return 0;
}

// As much of it as a program needs that prints a constant.
int printf(const char *format, ...)
{
	say(format);
	return 0;
}

const char **environ;
const char *getenv(const char *name)
{
	unsigned long n = strlen(name), i;
	for (const char **e = environ; e && *e; e++) {
		for (i = 0; i < n && (*e)[i] == name[i]; i++)
			;
		if (i == n && (*e)[n] == '=')
			return *e + n + 1;
	}
	return 0;
}

void *malloc(unsigned long n)
{
	void *p = heap + used;
	used += (n + 15) & ~15ul;
	return used <= sizeof heap ? p : 0;
}

void free(void *p) {}

int pthread_key_create(unsigned long *key, void (*destructor)(void *))
{
	if (next_key == 512)
		return 35;
	destructors[*key = next_key++] = destructor;
	return 0;
}

int pthread_setspecific(unsigned long key, const void *v)
{
	tsd[key] = (void *)v;
	return 0;
}

int __cxa_atexit(void (*func)(void *), void *arg, const void *dso)
{
	exit_funcs[exits++] = (struct exit_func){func, arg, dso};
	return 0;
}

void __cxa_finalize(const void *dso)
{
	for (int i = exits; i--;)
		if (exit_funcs[i].func && (!dso || exit_funcs[i].dso == dso)) {
			void (*f)(void *) = exit_funcs[i].func;
			exit_funcs[i].func = 0;
			f(exit_funcs[i].arg);
		}
}

void _exit(int code)
{
	for (;;)
		sys(1, code, 0, 0, 0, 0, 0);
}

void _tlv_exit(void);
void exit(int code)
{
	_tlv_exit();
	__cxa_finalize(0);
	_exit(code);
}
