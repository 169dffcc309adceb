// Directories, over getdirentries64(2). On x86-64 there is a second set of
// functions, for programs with 32-bit inode numbers, without $INODE64.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <os/lock.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../kernel/private.h"

#define BUFFER 8192

struct _dirdesc {
	int fd;
	size_t at, filled;
	off_t base;
	long seek; // position of the entry to come
	pthread_mutex_t lock;
	struct {
		uint32_t ino;
		uint16_t reclen;
		uint8_t type, namlen;
		char name[256];
	} old;
	char buf[BUFFER] __attribute__((__aligned__(8)));
};

static DIR *open_on(int fd) {
	DIR *d = malloc(sizeof *d);
	if (!d)
		return 0;
	d->fd = fd;
	d->at = d->filled = 0;
	d->base = 0;
	d->seek = 0;
	pthread_mutex_init(&d->lock, 0);
	return d;
}

static DIR *open_path(const char *path) {
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	DIR *d = open_on(fd);
	if (!d)
		close(fd);
	return d;
}

static DIR *open_fd(int fd) {
	struct stat st;
	if (fstat(fd, &st) < 0)
		return 0;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return 0;
	}
	DIR *d = open_on(fd);
	if (d) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		d->seek = lseek(fd, 0, SEEK_CUR);
	}
	return d;
}

// The header of an entry is 21 bytes. NULL at the end and on errors.
static struct dirent *next(DIR *d) {
	for (;;) {
		if (d->at >= d->filled) {
			ssize_t n = __getdirentries64(d->fd, d->buf, sizeof d->buf, &d->base);
			if (n <= 0)
				return 0;
			d->at = 0;
			d->filled = (size_t)n;
		}
		struct dirent *e = (struct dirent *)(d->buf + d->at);
		if (!e->d_reclen || (e->d_reclen & 3) || d->at + e->d_reclen > d->filled)
			return 0;
		d->at += e->d_reclen;
		d->seek = (long)e->d_seekoff;
		if (e->d_ino)
			return e;
	}
}

static struct dirent *read_locked(DIR *d) {
	pthread_mutex_lock(&d->lock);
	struct dirent *e = next(d);
	pthread_mutex_unlock(&d->lock);
	return e;
}

static int read_copy(DIR *d, void *out, void **result, int old) {
	pthread_mutex_lock(&d->lock);
	int saved = errno, error = 0;
	errno = 0;
	struct dirent *e = next(d);
	if (e && !old)
		memcpy(out, e, 21 + e->d_namlen + 1u);
	else if (e) {
		struct { uint32_t ino; uint16_t reclen; uint8_t type, namlen; char name[256]; } *o = out;
		size_t n = e->d_namlen > 255 ? 255 : e->d_namlen;
		o->ino = (uint32_t)e->d_ino;
		o->reclen = (uint16_t)((8 + n + 1 + 3) & ~3ul);
		o->type = e->d_type;
		o->namlen = (uint8_t)n;
		memcpy(o->name, e->d_name, n);
		o->name[n] = 0;
	} else
		error = errno;
	errno = saved;
	pthread_mutex_unlock(&d->lock);
	*result = e ? out : 0;
	return error;
}

int closedir(DIR *d) {
	int fd = d->fd;
	pthread_mutex_destroy(&d->lock);
	free(d);
	return close(fd);
}
int dirfd(DIR *d) { return d->fd; }

static void seek(DIR *d, long where) {
	pthread_mutex_lock(&d->lock);
	if (lseek(d->fd, where, SEEK_SET) >= 0) {
		d->at = d->filled = 0;
		d->seek = where;
	}
	pthread_mutex_unlock(&d->lock);
}

static int scan(const char *path, struct dirent ***out, int (*select)(const struct dirent *), int (*compare)(const struct dirent **, const struct dirent **)) {
	DIR *d = open_path(path);
	struct dirent *e, **list = 0;
	size_t n = 0, room = 0;
	if (!d)
		return -1;
	errno = 0;
	while ((e = next(d))) {
		if (select && !select(e))
			continue;
		if (n == room) {
			struct dirent **more = realloc(list, (room = room ? 2 * room : 32) * sizeof *list);
			if (!more)
				goto failed;
			list = more;
		}
		size_t size = 21 + e->d_namlen + 1u;
		if (!(list[n] = malloc(size < 32 ? 32 : size)))
			goto failed;
		memcpy(list[n++], e, size);
		errno = 0;
	}
	if (errno)
		goto failed;
	closedir(d);
	if (compare && n)
		qsort(list, n, sizeof *list, (int (*)(const void *, const void *))compare);
	*out = list;
	return (int)n;
failed:;
	int error = errno;
	while (n)
		free(list[--n]);
	free(list);
	closedir(d);
	errno = error;
	return -1;
}
static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

// The names. All of them act alike on arm64; on x86-64 those without suffix hand
// out the old structure, whose entries scandir does not make: it stays with the new.
#define NAME(n) __asm("_" n)
#define BOTH(type, fn, args, call)            \
	type fn##_plain args NAME(#fn);       \
	type fn##_plain args { return call; } \
	type fn##_64 args NAME(#fn "$INODE64"); \
	type fn##_64 args { return call; }
BOTH(DIR *, opendir, (const char *path), open_path(path))
BOTH(DIR *, fdopendir, (int fd), open_fd(fd))
BOTH(void, rewinddir, (DIR * d), seek(d, 0))
BOTH(void, seekdir, (DIR * d, long where), seek(d, where))
BOTH(long, telldir, (DIR * d), d->seek)
BOTH(int, alphasort, (const struct dirent **a, const struct dirent **b), by_name(a, b))
int scandir_64(const char *, struct dirent ***, int (*)(const struct dirent *), int (*)(const struct dirent **, const struct dirent **)) NAME("scandir$INODE64");
int scandir_64(const char *p, struct dirent ***o, int (*s)(const struct dirent *), int (*c)(const struct dirent **, const struct dirent **)) { return scan(p, o, s, c); }

struct dirent *readdir_64(DIR *) NAME("readdir$INODE64");
struct dirent *readdir_64(DIR *d) { return read_locked(d); }
int readdir_r_64(DIR *, struct dirent *, struct dirent **) NAME("readdir_r$INODE64");
int readdir_r_64(DIR *d, struct dirent *out, struct dirent **result) { return read_copy(d, out, (void **)result, 0); }
void *readdir_plain(DIR *) NAME("readdir");
int readdir_r_plain(DIR *, void *, void **) NAME("readdir_r");
#if defined(__x86_64__)
void *readdir_plain(DIR *d) {
	void *e;
	int error = read_copy(d, &d->old, &e, 1);
	if (error)
		errno = error;
	return e;
}
int readdir_r_plain(DIR *d, void *out, void **result) { return read_copy(d, out, result, 1); }
#else
void *readdir_plain(DIR *d) { return read_locked(d); }
int readdir_r_plain(DIR *d, void *out, void **result) { return read_copy(d, out, result, 0); }
int scandir_plain(const char *, struct dirent ***, int (*)(const struct dirent *), int (*)(const struct dirent **, const struct dirent **)) NAME("scandir");
int scandir_plain(const char *p, struct dirent ***o, int (*s)(const struct dirent *), int (*c)(const struct dirent **, const struct dirent **)) { return scan(p, o, s, c); }
#endif
