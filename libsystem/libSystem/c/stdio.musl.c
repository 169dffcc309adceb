// stdio's locks, the functions behind the macros of Darwin's <stdio.h>, and what
// Darwin has beside standard C. musl's files do the rest.

#include "stdio_impl.h"
#include "libc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <stdarg.h>
#include <stdint.h>

FILE *__stdinp = &__stdin_FILE, *__stdoutp = &__stdout_FILE, *__stderrp = &__stderr_FILE;

// An id of the calling thread for lock words: port names differ above their two
// lowest bits.
unsigned _beagle_thread_port(void);
int _beagle_word_wait(volatile int *, int);
void _beagle_word_wake(volatile int *);
static int my_id(void) { return (int)(_beagle_thread_port() >> 2 & 0x3fffffff); }

static int cas(volatile int *p, int t, int s) {
	__atomic_compare_exchange_n(p, &t, s, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return t;
}

// 0: the thread has the lock already, and its outer call gives it up.
int __lockfile(FILE *f) {
	int owner = f->lock, id = my_id();
	if ((owner & ~MAYBE_WAITERS) == id)
		return 0;
	owner = cas(&f->lock, 0, id);
	if (!owner)
		return 1;
	while ((owner = cas(&f->lock, 0, id | MAYBE_WAITERS))) {
		if ((owner & MAYBE_WAITERS) || cas(&f->lock, owner, owner | MAYBE_WAITERS) == owner)
			_beagle_word_wait(&f->lock, owner | MAYBE_WAITERS);
	}
	return 1;
}
void __unlockfile(FILE *f) {
	if (__atomic_exchange_n(&f->lock, 0, __ATOMIC_SEQ_CST) & MAYBE_WAITERS)
		_beagle_word_wake(&f->lock);
}

void flockfile(FILE *f) {
	if (f->lock < 0)
		f->lock = 0;
	if (!__lockfile(f))
		f->lockcount++;
	else
		f->lockcount = 1;
}
int ftrylockfile(FILE *f) {
	int id = my_id();
	if (f->lock < 0)
		f->lock = 0;
	if ((f->lock & ~MAYBE_WAITERS) == id) {
		f->lockcount++;
		return 0;
	}
	if (cas(&f->lock, 0, id))
		return -1;
	f->lockcount = 1;
	return 0;
}
void funlockfile(FILE *f) {
	if (!--f->lockcount)
		__unlockfile(f);
}

// With a second thread every file gets its lock.
void _beagle_stdio_threaded(void) {
	libc.threaded = 1;
	libc.need_locks = 1;
	for (FILE *f = *__ofl_lock(); f; f = f->next)
		if (f->lock < 0)
			f->lock = 0;
	__ofl_unlock();
	FILE *std[] = { __stdinp, __stdoutp, __stderrp, &__stdin_FILE, &__stdout_FILE, &__stderr_FILE };
	for (unsigned i = 0; i < 6; i++)
		if (std[i]->lock < 0)
			std[i]->lock = 0;
}

static int get(FILE *f) {
	FLOCK(f);
	int c = getc_unlocked(f);
	FUNLOCK(f);
	return c;
}
static int put(int c, FILE *f) {
	FLOCK(f);
	c = putc_unlocked(c, f);
	FUNLOCK(f);
	return c;
}
int fgetc(FILE *f) { return get(f); }
int(getc)(FILE *f) { return get(f); }
int(getchar)(void) { return get(__stdinp); }
int fputc(int c, FILE *f) { return put(c, f); }
int(putc)(int c, FILE *f) { return put(c, f); }
int(putchar)(int c) { return put(c, __stdoutp); }

// getc_unlocked and putc_unlocked of programs: their head says that there is
// nothing in the buffer, whatever the macro did to it.
int __srget(FILE *f) {
	f->_r = 0;
	return getc_unlocked(f);
}
int __swbuf(int c, FILE *f) {
	f->_w = 0;
	return putc_unlocked(c, f);
}
int __svfscanf(FILE *f, const char *fmt, va_list ap) { return vfscanf(f, fmt, ap); }

int fpurge(FILE *f) {
	FLOCK(f);
	f->wpos = f->wbase = f->wend = 0;
	f->rpos = f->rend = 0;
	FUNLOCK(f);
	return 0;
}

// funopen(3).
struct functions {
	void *cookie;
	int (*read)(void *, char *, int);
	int (*write)(void *, const char *, int);
	off_t (*seek)(void *, off_t, int);
	int (*close)(void *);
};
static size_t fun_read(FILE *f, unsigned char *buf, size_t n) {
	struct functions *u = f->cookie;
	int r = u->read ? u->read(u->cookie, (char *)f->buf, (int)f->buf_size) : -1;
	if (r <= 0) {
		f->flags |= r ? F_ERR : F_EOF;
		f->rpos = f->rend = f->buf;
		return 0;
	}
	f->rpos = f->buf;
	f->rend = f->buf + r;
	size_t take = (size_t)r < n ? (size_t)r : n;
	memcpy(buf, f->rpos, take);
	f->rpos += take;
	return take;
}
static int fun_drain(FILE *f, const unsigned char *p, size_t n) {
	struct functions *u = f->cookie;
	while (n) {
		int r = u->write ? u->write(u->cookie, (const char *)p, (int)(n < INT32_MAX ? n : INT32_MAX)) : -1;
		if (r <= 0) {
			f->flags |= F_ERR;
			f->wpos = f->wbase = f->wend = 0;
			return -1;
		}
		p += r;
		n -= (size_t)r;
	}
	return 0;
}
static size_t fun_write(FILE *f, const unsigned char *buf, size_t n) {
	if (fun_drain(f, f->wbase, (size_t)(f->wpos - f->wbase)) || fun_drain(f, buf, n))
		return 0;
	f->wend = f->buf + f->buf_size;
	f->wpos = f->wbase = f->buf;
	return n;
}
static off_t fun_seek(FILE *f, off_t at, int whence) {
	struct functions *u = f->cookie;
	if (!u->seek) {
		errno = ESPIPE;
		return -1;
	}
	return u->seek(u->cookie, at, whence);
}
static int fun_close(FILE *f) {
	struct functions *u = f->cookie;
	return u->close ? u->close(u->cookie) : 0;
}
FILE *funopen(const void *cookie, int (*rd)(void *, char *, int), int (*wr)(void *, const char *, int), off_t (*seek)(void *, off_t, int), int (*cl)(void *)) {
	if (!rd && !wr) {
		errno = EINVAL;
		return 0;
	}
	struct {
		FILE f;
		struct functions u;
		unsigned char buf[UNGET + 4096];
	} *x = calloc(1, sizeof *x);
	if (!x)
		return 0;
	x->u = (struct functions){ (void *)cookie, rd, wr, seek, cl };
	x->f.fd = x->f._file = -1;
	x->f.flags = (rd ? 0 : F_NORD) | (wr ? 0 : F_NOWR);
	x->f.cookie = &x->u;
	x->f.buf = x->buf + UNGET;
	x->f.buf_size = sizeof x->buf - UNGET;
	x->f.lbf = EOF;
	x->f.read = fun_read;
	x->f.write = fun_write;
	x->f.seek = fun_seek;
	x->f.close = fun_close;
	if (!libc.threaded)
		x->f.lock = -1;
	return __ofl_add(&x->f);
}

// Names with $: same functions.
#define SECOND(type, name, sym, args, call)            \
	type name args __asm("_" sym);                 \
	type name args { return call; }
SECOND(FILE *, fopen_extsn, "fopen$DARWIN_EXTSN", (const char *p, const char *m), fopen(p, m))
SECOND(FILE *, fdopen_extsn, "fdopen$DARWIN_EXTSN", (int fd, const char *m), fdopen(fd, m))
SECOND(size_t, fwrite_unix, "fwrite$UNIX2003", (const void *p, size_t s, size_t n, FILE *f), fwrite(p, s, n, f))

// popen(3) with posix_spawn(2); the shell is the host's or the root's /bin/sh.
int _beagle_spawn_shell(const char *command, int fd, int as, int *pid);
int _beagle_wait(int pid, int *status);
int _pipe(int *) __asm("_pipe");
int _close(int) __asm("_close");

FILE *popen(const char *command, const char *mode) {
	int reading = *mode == 'r', p[2], pid;
	if ((*mode != 'r' && *mode != 'w') || (mode[1] && mode[1] != 'e')) {
		errno = EINVAL;
		return 0;
	}
	if (_pipe(p))
		return 0;
	__syscall(SYS_fcntl, p[0], F_SETFD, FD_CLOEXEC);
	__syscall(SYS_fcntl, p[1], F_SETFD, FD_CLOEXEC);
	FILE *f = fdopen(p[!reading], reading ? "r" : "w");
	int error = f ? _beagle_spawn_shell(command, p[reading], reading, &pid) : errno;
	_close(p[reading]);
	if (error) {
		if (f)
			fclose(f);
		else
			_close(p[!reading]);
		errno = error;
		return 0;
	}
	f->pipe_pid = pid;
	return f;
}
SECOND(FILE *, popen_extsn, "popen$DARWIN_EXTSN", (const char *c, const char *m), popen(c, m))
int pclose(FILE *f) {
	int status, pid = f->pipe_pid;
	if (!pid) {
		errno = ECHILD;
		return -1;
	}
	fclose(f);
	return _beagle_wait(pid, &status) < 0 ? -1 : status;
}

char *ctermid(char *s) {
	static char buf[16];
	return strcpy(s ? s : buf, "/dev/tty");
}
