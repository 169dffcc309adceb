// System calls without a C library, for the programs that are measured: the same
// source for Linux and for Darwin, x86-64 and arm64.
#ifndef SYS_H
#define SYS_H
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;

int run(int argc, char **argv); // the program; its result is the exit status

// Result, or a negative number for an error; *second is the second result.
static inline i64 call(i64 n, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f, i64 *second)
{
#if defined(__x86_64__)
	register i64 r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	i64 r, rdx = c;
	u8 carry = 0;
#ifdef __APPLE__
	__asm__ volatile("syscall\n\tsetc %2" : "=a"(r), "+d"(rdx), "=q"(carry), "+r"(r8), "+r"(r9), "+r"(r10)
		: "0"(n | 0x2000000), "D"(a), "S"(b) : "rcx", "r11", "memory", "cc");
#else
	__asm__ volatile("syscall" : "=a"(r), "+d"(rdx) : "0"(n), "D"(a), "S"(b), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory", "cc");
#endif
	if (second)
		*second = rdx;
	return carry ? -r : r;
#else
	register i64 x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e,
		     x5 __asm__("x5") = f;
#ifdef __APPLE__
	register i64 x16 __asm__("x16") = n;
	i64 carry;
	__asm__ volatile("svc #0x80\n\tcset %0, cs" : "=r"(carry), "+r"(x0), "+r"(x1)
		: "r"(x16), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "x17", "memory", "cc");
	if (second)
		*second = x1;
	return carry ? -x0 : x0;
#else
	register i64 x8 __asm__("x8") = n;
	__asm__ volatile("svc #0" : "+r"(x0), "+r"(x1) : "r"(x8), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
	if (second)
		*second = x1;
	return x0;
#endif
#endif
}

#if defined(__APPLE__)
enum { N_exit = 1, N_fork = 2, N_read = 3, N_write = 4, N_open = 5, N_close = 6, N_wait4 = 7, N_unlink = 10, N_getpid = 20,
	N_pipe = 42, N_pread = 153, N_pwrite = 154 };
enum { O_RDWR = 2, O_CREAT = 0x200, O_TRUNC = 0x400 };
#elif defined(__x86_64__)
enum { N_exit = 60, N_fork = 57, N_read = 0, N_write = 1, N_open = 2, N_close = 3, N_wait4 = 61, N_unlink = 87, N_getpid = 39,
	N_pipe = 22, N_pread = 17, N_pwrite = 18 };
enum { O_RDWR = 2, O_CREAT = 0100, O_TRUNC = 01000 };
#else
enum { N_exit = 93, N_clone = 220, N_read = 63, N_write = 64, N_openat = 56, N_close = 57, N_wait4 = 260, N_unlinkat = 35,
	N_getpid = 172, N_pipe2 = 59, N_pread = 67, N_pwrite = 68 };
enum { O_RDWR = 2, O_CREAT = 0100, O_TRUNC = 01000 };
#endif

#define CALL(n, a, b, c, d) call(n, (i64)(a), (i64)(b), (i64)(c), (i64)(d), 0, 0, 0)
static inline void quit(int status)
{
	for (;;)
		CALL(N_exit, status, 0, 0, 0);
}
static inline i64 sys_read(int fd, void *p, u64 n) { return CALL(N_read, fd, p, n, 0); }
static inline i64 sys_write(int fd, const void *p, u64 n) { return CALL(N_write, fd, p, n, 0); }
static inline i64 sys_pread(int fd, void *p, u64 n, i64 at) { return CALL(N_pread, fd, p, n, at); }
static inline i64 sys_pwrite(int fd, const void *p, u64 n, i64 at) { return CALL(N_pwrite, fd, p, n, at); }
static inline i64 sys_close(int fd) { return CALL(N_close, fd, 0, 0, 0); }
static inline i64 sys_getpid(void) { return CALL(N_getpid, 0, 0, 0, 0); }
static inline i64 sys_wait(i64 pid) { return CALL(N_wait4, pid, 0, 0, 0); }

static inline i64 sys_fork(void)
{
#if defined(__APPLE__)
	i64 child;
	i64 r = call(N_fork, 0, 0, 0, 0, 0, 0, &child);
	return r > 0 && child ? 0 : r;
#elif defined(__x86_64__)
	return CALL(N_fork, 0, 0, 0, 0);
#else
	return call(N_clone, 17, 0, 0, 0, 0, 0, 0); // SIGCHLD
#endif
}

static inline i64 sys_pipe(int fd[2])
{
#if defined(__APPLE__)
	i64 w, r = call(N_pipe, 0, 0, 0, 0, 0, 0, &w);
	fd[0] = (int)r, fd[1] = (int)w;
	return r < 0 ? r : 0;
#elif defined(__x86_64__)
	return CALL(N_pipe, fd, 0, 0, 0);
#else
	return CALL(N_pipe2, fd, 0, 0, 0);
#endif
}

static inline i64 sys_open(const char *path, int flags, int mode)
{
#if defined(__APPLE__) || defined(__x86_64__)
	return CALL(N_open, path, flags, mode, 0);
#else
	return CALL(N_openat, -100, path, flags, mode);
#endif
}

static inline u64 number(const char *s)
{
	u64 v = 0;
	while (*s >= '0' && *s <= '9')
		v = v * 10 + (u64)(*s++ - '0');
	return v;
}

static inline int equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

__attribute__((used)) static void begin(i64 *sp) { quit(run((int)sp[0], (char **)(sp + 1))); }

#ifdef __APPLE__
#define UNDER "_"
#else
#define UNDER ""
#endif
#if defined(__x86_64__)
__asm__(".globl start\nstart:\n mov %rsp, %rdi\n xor %ebp, %ebp\n and $-16, %rsp\n call " UNDER "begin\n");
#else
__asm__(".globl start\nstart:\n mov x0, sp\n mov x29, #0\n bl " UNDER "begin\n");
#endif
#endif
