// C functions over system calls that take something else than the call does:
// variable arguments, a trampoline, a missing argument.

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "private.h"

#define NAME(n) __asm("_" n)

static int mode_of(int flags, va_list ap) { return flags & O_CREAT ? va_arg(ap, int) : 0; }

#define OPEN(fn, call)                                \
	int fn(const char *path, int flags, ...) {    \
		va_list ap;                           \
		va_start(ap, flags);                  \
		int mode = mode_of(flags, ap);        \
		va_end(ap);                           \
		return call(path, flags, mode);       \
	}
#define OPENAT(fn, call)                                      \
	int fn(int fd, const char *path, int flags, ...) {    \
		va_list ap;                                   \
		va_start(ap, flags);                          \
		int mode = mode_of(flags, ap);                \
		va_end(ap);                                   \
		return call(fd, path, flags, mode);           \
	}
// All commands take one word at most: an int, a pointer, or nothing.
#define FCNTL(fn, call)                               \
	int fn(int fd, int cmd, ...) {                \
		va_list ap;                           \
		va_start(ap, cmd);                    \
		long arg = va_arg(ap, long);          \
		va_end(ap);                           \
		switch (cmd) {                        \
		case F_DUPFD: case F_DUPFD_CLOEXEC: case F_SETFD: case F_SETFL: case F_SETOWN: \
			arg = (int)arg;               \
		}                                     \
		return call(fd, cmd, arg);            \
	}

int open_nc(const char *, int, ...) NAME("open$NOCANCEL");
int openat_nc(int, const char *, int, ...) NAME("openat$NOCANCEL");
int fcntl_nc(int, int, ...) NAME("fcntl$NOCANCEL");

OPEN(open, __open)
OPEN(open_nc, __open_nocancel)
OPENAT(openat, __openat)
OPENAT(openat_nc, __openat_nocancel)
FCNTL(fcntl, __fcntl)
FCNTL(fcntl_nc, __fcntl_nocancel)

int creat_nc(const char *, mode_t) NAME("creat$NOCANCEL");
int creat(const char *path, mode_t mode) { return __open(path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat_nc(const char *path, mode_t mode) { return __open_nocancel(path, O_WRONLY | O_CREAT | O_TRUNC, mode); }

int ioctl(int fd, unsigned long request, ...) {
	va_list ap;
	va_start(ap, request);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	return __ioctl(fd, request, arg);
}

int semctl(int id, int num, int cmd, ...) {
	va_list ap;
	va_start(ap, cmd);
	void *arg = va_arg(ap, void *);
	va_end(ap);
	return __semctl(id, num, cmd, arg);
}

int *sem_open(const char *name, int flags, ...) {
	va_list ap;
	int mode = 0, value = 0;
	va_start(ap, flags);
	if (flags & O_CREAT) {
		mode = va_arg(ap, int);
		value = va_arg(ap, int);
	}
	va_end(ap);
	return __sem_open(name, flags, mode, value);
}

int shm_open(const char *name, int flags, ...) {
	va_list ap;
	va_start(ap, flags);
	int mode = mode_of(flags, ap);
	va_end(ap);
	return __shm_open(name, flags, mode);
}

// The kernel enters user code at the trampoline, which calls the handler and
// then sigreturn(2) with the token.
extern void _sigtramp(void *, int, int, siginfo_t *, void *);
#define SA_VALIDATE_SIGRETURN_FROM_SIGTRAMP 0x400

int sigaction(int sig, const struct sigaction *new, struct sigaction *old) {
	if (sig <= 0 || sig >= NSIG || sig == SIGKILL || sig == SIGSTOP) {
		errno = EINVAL;
		return -1;
	}
	struct __sigaction k;
	if (new) {
		k.__sigaction_u = new->__sigaction_u;
		k.sa_tramp = (void (*)(void *, int, int, siginfo_t *, void *))_sigtramp;
		k.sa_mask = new->sa_mask;
		k.sa_flags = new->sa_flags | SA_VALIDATE_SIGRETURN_FROM_SIGTRAMP;
	}
	return __sigaction(sig, new ? &k : 0, old);
}

int sigsuspend(const sigset_t *set) { return __sigsuspend(set ? *set : 0); }
int sigsuspend_nc(const sigset_t *) NAME("sigsuspend$NOCANCEL");
int sigsuspend_nc(const sigset_t *set) { return __sigsuspend_nocancel(set ? *set : 0); }

int kill(pid_t pid, int sig) { return __kill(pid, sig, 1); }

// select exists once per rule about bad descriptors and time-outs; the kernel
// has one, so all the names are that.
#define SELECT(fn, sym, call)                                                                     \
	int fn(int, fd_set *, fd_set *, fd_set *, struct timeval *) NAME(sym);                    \
	int fn(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t) { return call(n, r, w, e, t); }
SELECT(select_plain, "select", __select)
SELECT(select_1050, "select$1050", __select)
SELECT(select_extsn, "select$DARWIN_EXTSN", __select)
SELECT(select_nc, "select$NOCANCEL", __select_nocancel)
SELECT(select_extsn_nc, "select$DARWIN_EXTSN$NOCANCEL", __select_nocancel)
#define PSELECT(fn, sym, call)                                                                                      \
	int fn(int, fd_set *, fd_set *, fd_set *, const struct timespec *, const sigset_t *) NAME(sym);             \
	int fn(int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *t, const sigset_t *m) { return call(n, r, w, e, t, m); }
PSELECT(pselect_plain, "pselect", __pselect)
PSELECT(pselect_1050, "pselect$1050", __pselect)
PSELECT(pselect_extsn, "pselect$DARWIN_EXTSN", __pselect)
PSELECT(pselect_nc, "pselect$NOCANCEL", __pselect_nocancel)

int gettimeofday(struct timeval *tv, void *tz) {
	// Without a result to write the kernel hands the time back in registers.
	struct timeval unused;
	return __gettimeofday(tv || tz ? tv : &unused, tz, 0);
}

int sysctl(int *name, unsigned n, void *old, size_t *oldlen, void *new, size_t newlen) {
	return __sysctl(name, n, old, oldlen, new, newlen);
}

static size_t length(const char *s) {
	size_t n = 0;
	while (s[n])
		n++;
	return n;
}

int sysctlbyname(const char *name, void *old, size_t *oldlen, void *new, size_t newlen) {
	return __sysctlbyname(name, length(name), old, oldlen, new, newlen);
}

// {0, 3} is the kernel's name-to-number call.
int sysctlnametomib(const char *name, int *mib, size_t *n) {
	int query[2] = { 0, 3 };
	size_t bytes = *n * sizeof(int);
	if (__sysctl(query, 2, mib, &bytes, (void *)name, length(name)) < 0)
		return -1;
	*n = bytes / sizeof(int);
	return 0;
}

void _exit(int status) {
	for (;;)
		__exit(status);
}

int setlogin(const char *name) { return __setlogin(name); }

pid_t wait(int *status) { return wait4(-1, status, 0, 0); }
pid_t waitpid(pid_t pid, int *status, int options) { return wait4(pid, status, options, 0); }
pid_t wait3(int *status, int options, struct rusage *usage) { return wait4(-1, status, options, usage); }
pid_t wait4_nc(pid_t, int *, int, struct rusage *) NAME("wait4$NOCANCEL");
pid_t waitpid_nc(pid_t, int *, int) NAME("waitpid$NOCANCEL");
pid_t waitpid_nc(pid_t pid, int *status, int options) { return wait4_nc(pid, status, options, 0); }

// Sockets: connected forms of the calls with addresses.
ssize_t sendto(int, const void *, size_t, int, const void *, unsigned);
ssize_t recvfrom(int, void *, size_t, int, void *, unsigned *);
ssize_t sendto_nc(int, const void *, size_t, int, const void *, unsigned) NAME("sendto$NOCANCEL");
ssize_t recvfrom_nc(int, void *, size_t, int, void *, unsigned *) NAME("recvfrom$NOCANCEL");
ssize_t send(int s, const void *b, size_t n, int flags) { return sendto(s, b, n, flags, 0, 0); }
ssize_t recv(int s, void *b, size_t n, int flags) { return recvfrom(s, b, n, flags, 0, 0); }
ssize_t send_nc(int, const void *, size_t, int) NAME("send$NOCANCEL");
ssize_t recv_nc(int, void *, size_t, int) NAME("recv$NOCANCEL");
ssize_t send_nc(int s, const void *b, size_t n, int flags) { return sendto_nc(s, b, n, flags, 0, 0); }
ssize_t recv_nc(int s, void *b, size_t n, int flags) { return recvfrom_nc(s, b, n, flags, 0, 0); }

int clonefileat(int, const char *, int, const char *, uint32_t);
int clonefile(const char *from, const char *to, uint32_t flags) { return clonefileat(AT_FDCWD, from, AT_FDCWD, to, flags); }

int renameatx_np(int, const char *, int, const char *, unsigned);
int renamex_np(const char *from, const char *to, unsigned flags) { return renameatx_np(AT_FDCWD, from, AT_FDCWD, to, flags); }

struct proc_threadinfo;
int proc_pidinfo(int pid, int flavor, uint64_t arg, void *buffer, int size) {
	int n = __proc_info(2, pid, flavor, arg, buffer, size);
	return n < 0 ? 0 : n;
}
int proc_pidfdinfo(int pid, int fd, int flavor, void *buffer, int size) {
	int n = __proc_info(3, pid, flavor, fd, buffer, size);
	return n < 0 ? 0 : n;
}
int proc_pid_rusage(int pid, int flavor, void *buffer) { return __proc_info(9, pid, flavor, 0, buffer, 0); }
static int list(uint32_t type, uint32_t info, void *buffer, int size) {
	int n = __proc_info(1, type, info, 0, buffer, size);
	return n < 0 ? 0 : n;
}
int proc_listpids(uint32_t type, uint32_t info, void *buffer, int size) { return list(type, info, buffer, size); }
int proc_listallpids(void *buffer, int size) {
	int n = list(1, 0, buffer, size);
	return n / (int)sizeof(int);
}
int proc_listpgrppids(pid_t pgrp, void *buffer, int size) { return list(2, pgrp, buffer, size) / (int)sizeof(int); }
int proc_listchildpids(pid_t parent, void *buffer, int size) { return list(6, parent, buffer, size) / (int)sizeof(int); }

// Of a process: PROC_PIDPATHINFO, at most four times PATH_MAX.
int proc_pidpath(int pid, void *buffer, uint32_t size) {
	if (!size || size > 4096) {
		errno = size ? EOVERFLOW : ENOMEM;
		return 0;
	}
	if (__proc_info(2, pid, 11, 0, buffer, size) < 0)
		return 0;
	((char *)buffer)[size - 1] = 0;
	return (int)length(buffer);
}

// struct proc_regionwithpathinfo: 96 bytes about the region, then vnode_info_path,
// whose path of 1024 bytes follows 152 bytes.
int proc_regionfilename(int pid, uint64_t address, void *buffer, uint32_t size) {
	struct {
		char region[96];
		char vnode[152];
		char path[1024];
	} info;
	if (!size || size > 4096) {
		errno = EINVAL;
		return 0;
	}
	if (__proc_info(2, pid, 8, address, &info, sizeof info) <= 0)
		return 0;
	info.path[sizeof info.path - 1] = 0;
	uint32_t n = (uint32_t)length(info.path);
	if (n >= size)
		n = size - 1;
	for (uint32_t i = 0; i < n; i++)
		((char *)buffer)[i] = info.path[i];
	((char *)buffer)[n] = 0;
	return (int)n;
}

// The name in struct proc_bsdinfo, else the short one.
int proc_name(int pid, void *buffer, uint32_t size) {
	struct {
		char head[48];
		char comm[16];
		char name[32];
		char rest[40];
	} info;
	if (size < sizeof info.name) {
		errno = ENOMEM;
		return 0;
	}
	if (__proc_info(2, pid, 3, 0, &info, sizeof info) <= 0)
		return 0;
	const char *from = info.name[0] ? info.name : info.comm;
	int max = info.name[0] ? 32 : 16, i = 0;
	for (; i < max && from[i]; i++)
		((char *)buffer)[i] = from[i];
	((char *)buffer)[i < (int)size ? i : (int)size - 1] = 0;
	return i;
}
