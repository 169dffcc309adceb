// What the guest programs are written against: system calls, constants and
// layouts of Darwin, and a little text output. No header of Apple's is used;
// numbers and offsets are facts, read from XNU's published source.
#ifndef BEAGLE_H
#define BEAGLE_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

// --- traps (rt/traps.*.S) ---

// Issues class/number with 8 arguments; out gets result, second result, carry.
void bg_unix(u64 number, const u64 args[8], u64 out[3]);
void bg_mach(u64 number, const u64 args[8], u64 out[3]);
void bg_mdep(u64 number, const u64 args[8], u64 out[3]);
#ifdef __x86_64__
void bg_int80(u64 number, const u64 args[8], u64 out[3]);
void bg_int81(u64 number, const u64 args[8], u64 out[3]);
void bg_int82(u64 number, const u64 args[8], u64 out[3]);
#endif
void bg_sigtramp(void);
void bg_threadstart(void);

long bg_sys(int n, const u64 a[8]);   // result, or -errno
long bg_trap(int n, const u64 a[8]);  // a Mach trap's result
#define U(x) ((u64)(x))
#define BG_PICK(a, b, c, d, e, f, g, h, i, name, ...) name
#define BG_0(F, n) F(n, (u64[8]){0})
#define BG_1(F, n, a) F(n, (u64[8]){U(a)})
#define BG_2(F, n, a, b) F(n, (u64[8]){U(a), U(b)})
#define BG_3(F, n, a, b, c) F(n, (u64[8]){U(a), U(b), U(c)})
#define BG_4(F, n, a, b, c, d) F(n, (u64[8]){U(a), U(b), U(c), U(d)})
#define BG_5(F, n, a, b, c, d, e) F(n, (u64[8]){U(a), U(b), U(c), U(d), U(e)})
#define BG_6(F, n, a, b, c, d, e, f) F(n, (u64[8]){U(a), U(b), U(c), U(d), U(e), U(f)})
#define BG_7(F, n, a, b, c, d, e, f, g) F(n, (u64[8]){U(a), U(b), U(c), U(d), U(e), U(f), U(g)})
#define BG_8(F, n, a, b, c, d, e, f, g, h) F(n, (u64[8]){U(a), U(b), U(c), U(d), U(e), U(f), U(g), U(h)})
#define BG_N(...) BG_PICK(__VA_ARGS__, BG_8, BG_7, BG_6, BG_5, BG_4, BG_3, BG_2, BG_1, BG_0, 0)
#define sys(...) BG_N(__VA_ARGS__)(bg_sys, __VA_ARGS__)
#define mach(...) BG_N(__VA_ARGS__)(bg_trap, __VA_ARGS__)

// --- numbers ---

enum {
	SYS_exit = 1, SYS_fork = 2, SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_wait4 = 7,
	SYS_link = 9, SYS_unlink = 10, SYS_chdir = 12, SYS_fchdir = 13, SYS_chmod = 15, SYS_getpid = 20,
	SYS_getuid = 24, SYS_recvmsg = 27, SYS_sendmsg = 28, SYS_recvfrom = 29, SYS_accept = 30,
	SYS_getpeername = 31, SYS_getsockname = 32, SYS_access = 33, SYS_kill = 37, SYS_getppid = 39,
	SYS_dup = 41, SYS_pipe = 42, SYS_sigaction = 46, SYS_sigprocmask = 48, SYS_sigpending = 52,
	SYS_sigaltstack = 53, SYS_ioctl = 54, SYS_symlink = 57, SYS_readlink = 58, SYS_execve = 59,
	SYS_umask = 60, SYS_msync = 65, SYS_vfork = 66, SYS_munmap = 73, SYS_mprotect = 74, SYS_madvise = 75,
	SYS_mincore = 78, SYS_getpgrp = 81, SYS_setpgid = 82, SYS_setitimer = 83, SYS_getitimer = 86,
	SYS_getdtablesize = 89, SYS_dup2 = 90, SYS_fcntl = 92, SYS_select = 93, SYS_fsync = 95,
	SYS_socket = 97, SYS_connect = 98, SYS_bind = 104, SYS_setsockopt = 105, SYS_listen = 106,
	SYS_sigsuspend = 111, SYS_gettimeofday = 116, SYS_getrusage = 117, SYS_getsockopt = 118,
	SYS_readv = 120, SYS_writev = 121, SYS_rename = 128, SYS_flock = 131, SYS_sendto = 133,
	SYS_shutdown = 134, SYS_socketpair = 135, SYS_mkdir = 136, SYS_rmdir = 137, SYS_utimes = 138,
	SYS_setsid = 147, SYS_pread = 153, SYS_pwrite = 154, SYS_sigreturn = 184, SYS_getrlimit = 194,
	SYS_setrlimit = 195, SYS_mmap = 197, SYS_lseek = 199, SYS_truncate = 200, SYS_ftruncate = 201,
	SYS_sysctl = 202, SYS_poll = 230, SYS_posix_spawn = 244, SYS_sysctlbyname = 274, SYS_shm_open = 266,
	SYS_shm_unlink = 267, SYS_issetugid = 327, SYS_pthread_kill = 328, SYS_pthread_sigmask = 329,
	SYS_sigwait = 330, SYS_stat64 = 338, SYS_fstat64 = 339, SYS_lstat64 = 340,
	SYS_getdirentries64 = 344, SYS_bsdthread_create = 360, SYS_bsdthread_terminate = 361,
	SYS_kqueue = 362, SYS_kevent = 363, SYS_bsdthread_register = 366, SYS_kevent64 = 369,
	SYS_thread_selfid = 372, SYS_openat = 463, SYS_fstatat64 = 470, SYS_getentropy = 500,
	SYS_ulock_wait = 515, SYS_ulock_wake = 516,
};

enum {
	EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10,
	ENOMEM = 12, EACCES = 13, EFAULT = 14, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, EINVAL = 22,
	EMFILE = 24, ESPIPE = 29, EPIPE = 32, EAGAIN = 35, EINPROGRESS = 36, EADDRINUSE = 48, EISCONN = 56,
	ENOTCONN = 57, ETIMEDOUT = 60, ECONNREFUSED = 61, ELOOP = 62, ENAMETOOLONG = 63, ENOTEMPTY = 66,
	ENOSYS = 78, EBADEXEC = 85, EBADARCH = 86, EBADMACHO = 88,
};

enum {
	O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NONBLOCK = 4, O_APPEND = 8, O_CREAT = 0x200,
	O_TRUNC = 0x400, O_EXCL = 0x800, O_DIRECTORY = 0x100000, O_CLOEXEC = 0x1000000, AT_FDCWD = -2,
	F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_GETPATH = 50,
	S_IFMT = 0170000, S_IFDIR = 0040000, S_IFREG = 0100000, S_IFLNK = 0120000,
	PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4,
	MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_NORESERVE = 0x40, MAP_ANON = 0x1000,
	SIGHUP = 1, SIGINT = 2, SIGILL = 4, SIGTRAP = 5, SIGABRT = 6, SIGFPE = 8, SIGKILL = 9, SIGBUS = 10,
	SIGSEGV = 11, SIGSYS = 12, SIGPIPE = 13, SIGALRM = 14, SIGTERM = 15, SIGSTOP = 17, SIGTSTP = 18,
	SIGCONT = 19, SIGCHLD = 20, SIGUSR1 = 30, SIGUSR2 = 31,
	SA_ONSTACK = 1, SA_RESTART = 2, SA_RESETHAND = 4, SA_NODEFER = 0x10, SA_SIGINFO = 0x40,
	SIG_BLOCK = 1, SIG_UNBLOCK = 2, SIG_SETMASK = 3, SS_DISABLE = 4, SS_ONSTACK = 1,
	WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 0x10,
	POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 0x10, POLLNVAL = 0x20,
	AF_UNIX = 1, AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2, SOL_SOCKET = 0xffff,
	SO_REUSEADDR = 4, SO_ERROR = 0x1007, SO_TYPE = 0x1008, SCM_RIGHTS = 1,
	EVFILT_READ = -1, EVFILT_WRITE = -2, EVFILT_VNODE = -4, EVFILT_PROC = -5, EVFILT_SIGNAL = -6,
	EVFILT_TIMER = -7, EVFILT_USER = -10,
	EV_ADD = 1, EV_DELETE = 2, EV_ENABLE = 4, EV_DISABLE = 8, EV_ONESHOT = 0x10, EV_CLEAR = 0x20,
	EV_RECEIPT = 0x40, EV_ERROR = 0x4000, EV_EOF = 0x8000,
	NOTE_TRIGGER = 0x01000000, NOTE_WRITE = 2, NOTE_EXTEND = 4, NOTE_DELETE = 1,
	NOTE_NSECONDS = 4, NOTE_USECONDS = 2,
};
#define NOTE_EXIT 0x80000000u

#define MAP_FAILED(r) ((r) < 0 && (r) > -200)

// --- layouts ---

struct timespec { i64 sec, nsec; };
struct timeval { i64 sec; i32 usec, pad; };
struct itimerval { struct timeval interval, value; };
struct stat64 {
	i32 dev; u16 mode, nlink; u64 ino; u32 uid, gid; i32 rdev, pad;
	struct timespec atime, mtime, ctime, birthtime;
	i64 size, blocks; i32 blksize; u32 flags, gen; i32 lspare; i64 qspare[2];
};
struct dirent64 { u64 ino, seekoff; u16 reclen, namlen; u8 type; char name[1]; };
struct iovec { const void *base; u64 len; };
struct pollfd { i32 fd; u16 events, revents; };
struct kevent { u64 ident; short filter; u16 flags; u32 fflags; i64 data; u64 udata; };
struct kevent64 { u64 ident; short filter; u16 flags; u32 fflags; i64 data; u64 udata, ext[2]; };
struct sockaddr_in { u8 len, family; u16 port; u32 addr; u8 zero[8]; };
struct sockaddr_un { u8 len, family; char path[104]; };
struct msghdr { void *name; u32 namelen, p0; struct iovec *iov; i32 iovlen, p1; void *control; u32 controllen; i32 flags; };
struct cmsghdr { u32 len; i32 level, type; };
struct siginfo { i32 signo, err, code, pid; u32 uid; i32 status; u64 addr, value; i64 band; u64 pad[7]; };
struct sigaltstack { u64 sp, size; i32 flags, pad; };
struct ucontext { i32 onstack; u32 mask; struct sigaltstack stack; struct ucontext *link; u64 mcsize; u64 *mc; };
struct ksigaction { u64 handler, tramp; u32 mask; i32 flags; };
struct osigaction { u64 handler; u32 mask; i32 flags; };
struct rlimit { u64 cur, max; };

_Static_assert(sizeof(struct stat64) == 144, "stat64");
_Static_assert(sizeof(struct siginfo) == 104, "siginfo");
_Static_assert(sizeof(struct kevent) == 32, "kevent");
_Static_assert(sizeof(struct kevent64) == 48, "kevent64");

// mcontext64: exception state, then thread state. Index in 64-bit words of the
// faulting address and the program counter.
#ifdef __x86_64__
#define MC_FAULT 1 // es: trapno u16, cpu u16, err u32, faultvaddr u64
#define MC_PC (2 + 16)
#define MC_RAX 2
#define MC_SP (2 + 7)
#else
#define MC_FAULT 0 // es: far u64, esr u32, exception u32
#define MC_PC (2 + 32)
#define MC_RAX 2
#define MC_SP (2 + 31)
#endif

// --- helpers (rt/rt.c) ---

void say(const char *fmt, ...); // %d %u %x %s %c %l{d,u,x} %p, %08x style widths
void fail(const char *file, int line, const char *what, long got);
extern int bg_failures;
#define CHECK(c) ((c) ? (void)0 : fail(__FILE_NAME__, __LINE__, #c, 0))
#define CHECK_EQ(got, want) \
	do { long g_ = (long)(got), w_ = (long)(want); if (g_ != w_) fail(__FILE_NAME__, __LINE__, #got " == " #want, g_); } while (0)

void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
size_t strlen(const char *);
int strcmp(const char *, const char *);
char *strcpy(char *, const char *);
char *strcat(char *, const char *);

_Noreturn void bg_exit(int status);
long bg_wait(long pid, int *status, int options);
u64 nanotime(void); // monotonic, from gettimeofday's sibling trap
void nap(u64 nanoseconds);
void *pages(u64 size); // anonymous memory, or the program ends
typedef void (*handler_t)(int sig, struct siginfo *info, struct ucontext *uc);
long on_signal(int sig, handler_t h, int flags, u32 mask);
#define SIG_DFL ((handler_t)0)
#define SIG_IGN ((handler_t)1)
#define WEXITSTATUS(s) (((s) >> 8) & 0xff)
#define WTERMSIG(s) ((s) & 0x7f)

// Threads. bg_threads_init once; each thread has a stack and a TSD area.
void bg_threads_init(void);
u64 bg_thread(void (*f)(void *), void *arg);
void bg_join(u64 thread);

int main(int argc, char **argv, char **envp, char **apple);
#endif
