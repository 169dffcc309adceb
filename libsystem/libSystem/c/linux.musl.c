// The few system calls that musl's sources make, as Darwin's.

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include "syscall.h"
#include "libc.h"

int *__error(void);
int *__errno_location(void) { return __error(); }
int *___errno_location(void) { return __error(); }
void *malloc(size_t);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
void free(void *);
void *__libc_malloc(size_t n) { return malloc(n); }
void *__libc_calloc(size_t a, size_t b) { return calloc(a, b); }
void *__libc_realloc(void *p, size_t n) { return realloc(p, n); }
void __libc_free(void *p) { free(p); }

long _read(int, void *, size_t) __asm("_read");
long _write(int, const void *, size_t) __asm("_write");
long _readv(int, const void *, int) __asm("_readv");
long _writev(int, const void *, int) __asm("_writev");
long _lseek(int, long, int) __asm("_lseek");
int _close(int) __asm("_close");
int ___open(const char *, int, int) __asm("___open");
int ___openat(int, const char *, int, int) __asm("___openat");
int ___fcntl(int, int, long) __asm("___fcntl");
int ___ioctl(int, unsigned long, void *) __asm("___ioctl");
int _unlink(const char *) __asm("_unlink");
int _unlinkat(int, const char *, int) __asm("_unlinkat");
int _rmdir(const char *) __asm("_rmdir");
int _mkdir(const char *, int) __asm("_mkdir");
void *_mmap(void *, size_t, int, int, int, long) __asm("_mmap");
int _munmap(void *, size_t) __asm("_munmap");
long _getpriority(int, int) __asm("_getpriority");
int _setpriority(int, int, int) __asm("_setpriority");
int _clock_gettime(unsigned, void *) __asm("_clock_gettime");
int _poll(void *, unsigned, int) __asm("_poll");

// Errors as musl expects them, with errno left alone.
#define CALL(x)                                    \
	do {                                       \
		int *e = __error(), saved = *e;    \
		long r = (x);                      \
		if (r == -1) {                     \
			r = -(long)*e;             \
			*e = saved;                \
		}                                  \
		return r;                          \
	} while (0)

long _beagle_linux(long n, long a, long b, long c, long d, long e, long f) {
	switch (n) {
	case SYS_read: CALL(_read((int)a, (void *)b, c));
	case SYS_write: CALL(_write((int)a, (void *)b, c));
	case SYS_readv: CALL(_readv((int)a, (void *)b, (int)c));
	case SYS_writev: CALL(_writev((int)a, (void *)b, (int)c));
	case SYS_lseek: CALL(_lseek((int)a, b, (int)c));
	case SYS_close: CALL(_close((int)a));
	case SYS_open: CALL(___open((void *)a, (int)b, (int)c));
	case SYS_openat: CALL(___openat((int)a, (void *)b, (int)c, (int)d));
	case SYS_fcntl: CALL(___fcntl((int)a, (int)b, c));
	case SYS_ioctl: CALL(___ioctl((int)a, b, (void *)c));
	case SYS_unlink: CALL(_unlink((void *)a));
	case SYS_unlinkat: CALL(_unlinkat((int)a, (void *)b, (int)c));
	case SYS_rmdir: CALL(_rmdir((void *)a));
	case SYS_mkdir: CALL(_mkdir((void *)a, (int)b));
	case SYS_mmap: CALL((long)_mmap((void *)a, b, (int)c, (int)d, (int)e, f));
	case SYS_munmap: CALL(_munmap((void *)a, b));
	case SYS_clock_gettime: CALL(_clock_gettime((unsigned)a, (void *)b));
	case SYS_poll: CALL(_poll((void *)a, (unsigned)b, (int)c));
	}
	return -ENOSYS;
}

hidden long __syscall_cp_impl(long, long, long, long, long, long, long) __asm("___syscall_cp");
long __syscall_cp_impl(long n, long a, long b, long c, long d, long e, long f) { return _beagle_linux(n, a, b, c, d, e, f); }

void *__mmap(void *a, size_t n, int p, int fl, int fd, off_t o) { return _mmap(a, n, p, fl, fd, o); }
int __munmap(void *a, size_t n) { return _munmap(a, n); }

// Locks of musl's sources are unfair locks.
void os_unfair_lock_lock(void *);
void os_unfair_lock_unlock(void *);
void __lock(volatile int *l) { os_unfair_lock_lock((void *)l); }
void __unlock(volatile int *l) { os_unfair_lock_unlock((void *)l); }

int _dup2(int, int) __asm("_dup2");
int __dup3(int from, int to, int flags) {
	int fd = _dup2(from, to);
	if (fd >= 0 && flags)
		___fcntl(fd, 2, 1); // F_SETFD, FD_CLOEXEC
	return fd;
}

// Six random letters for names of temporary files.
void arc4random_buf(void *, size_t);
char *__randname(char *template) {
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	unsigned char r[6];
	arc4random_buf(r, sizeof r);
	for (int i = 0; i < 6; i++)
		template[i] = letters[r[i] % (sizeof letters - 1)];
	return template;
}
