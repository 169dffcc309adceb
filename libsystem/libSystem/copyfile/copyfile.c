// copyfile(3): data, modes, owners, times, extended attributes. Access control
// lists are not copied; recursion is refused.

#include <copyfile.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/clonefile.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

struct _copyfile_state {
	char *src, *dst;
	int src_fd, dst_fd;
	off_t copied;
};

copyfile_state_t copyfile_state_alloc(void) {
	copyfile_state_t s = calloc(1, sizeof *s);
	if (s)
		s->src_fd = s->dst_fd = -1;
	return s;
}
int copyfile_state_free(copyfile_state_t s) {
	if (s) {
		free(s->src);
		free(s->dst);
		free(s);
	}
	return 0;
}
int copyfile_state_get(copyfile_state_t s, uint32_t what, void *out) {
	switch (what) {
	case COPYFILE_STATE_SRC_FD: *(int *)out = s->src_fd; return 0;
	case COPYFILE_STATE_DST_FD: *(int *)out = s->dst_fd; return 0;
	case COPYFILE_STATE_SRC_FILENAME: *(char **)out = s->src; return 0;
	case COPYFILE_STATE_DST_FILENAME: *(char **)out = s->dst; return 0;
	case COPYFILE_STATE_COPIED: *(off_t *)out = s->copied; return 0;
	}
	errno = EINVAL;
	return -1;
}
int copyfile_state_set(copyfile_state_t s, uint32_t what, const void *in) {
	switch (what) {
	case COPYFILE_STATE_SRC_FD: s->src_fd = *(const int *)in; return 0;
	case COPYFILE_STATE_DST_FD: s->dst_fd = *(const int *)in; return 0;
	case COPYFILE_STATE_SRC_FILENAME:
	case COPYFILE_STATE_DST_FILENAME: {
		char **at = what == COPYFILE_STATE_SRC_FILENAME ? &s->src : &s->dst;
		free(*at);
		*at = in ? strdup(in) : 0;
		return 0;
	}
	}
	errno = EINVAL;
	return -1;
}

static int data(int from, int to, off_t *copied) {
	char *buf = malloc(128 * 1024);
	if (!buf)
		return -1;
	ssize_t n;
	int r = 0;
	while (!r && (n = read(from, buf, 128 * 1024)) != 0) {
		if (n < 0) {
			r = -1;
			break;
		}
		for (ssize_t at = 0; at < n;) {
			ssize_t w = write(to, buf + at, (size_t)(n - at));
			if (w < 0) {
				r = -1;
				break;
			}
			at += w;
			*copied += w;
		}
	}
	int saved = errno;
	free(buf);
	errno = saved;
	return r ? r : ftruncate(to, *copied) < 0 && errno != EINVAL ? -1 : 0;
}

static int attributes(int from, int to) {
	ssize_t size = flistxattr(from, 0, 0, 0);
	if (size <= 0)
		return size < 0 && errno != ENOTSUP ? -1 : 0;
	char *names = malloc((size_t)size);
	if (!names)
		return -1;
	int r = 0;
	size = flistxattr(from, names, (size_t)size, 0);
	for (char *p = names; size > 0 && p < names + size && !r; p += strlen(p) + 1) {
		ssize_t n = fgetxattr(from, p, 0, 0, 0, 0);
		void *v = n >= 0 ? malloc(n ? (size_t)n : 1) : 0;
		if (v && (n = fgetxattr(from, p, v, (size_t)n, 0, 0)) >= 0)
			r = fsetxattr(to, p, v, (size_t)n, 0, 0) < 0 && errno != ENOTSUP && errno != EPERM ? -1 : 0;
		free(v);
	}
	free(names);
	return r;
}

static int copy_fds(int from, int to, copyfile_state_t s, copyfile_flags_t flags) {
	struct stat st;
	off_t copied = 0;
	if (fstat(from, &st) < 0)
		return -1;
	if ((flags & COPYFILE_XATTR) && attributes(from, to) < 0)
		return -1;
	if ((flags & COPYFILE_DATA) && S_ISREG(st.st_mode) && data(from, to, &copied) < 0)
		return -1;
	if (flags & COPYFILE_STAT) {
		struct timespec t[2] = { st.st_atimespec, st.st_mtimespec };
		// Only root can give files away; that is no failure of the copy.
		if (fchown(to, st.st_uid, st.st_gid) < 0)
			fchown(to, (uid_t)-1, st.st_gid);
		if (fchmod(to, st.st_mode & 07777) < 0 || futimens(to, t) < 0)
			return -1;
	}
	if (s)
		s->copied = copied;
	return 0;
}

int fcopyfile(int from, int to, copyfile_state_t s, copyfile_flags_t flags) { return copy_fds(from, to, s, flags); }

int copyfile(const char *from, const char *to, copyfile_state_t s, copyfile_flags_t flags) {
	struct stat st;
	if (flags & COPYFILE_RECURSIVE) {
		errno = ENOTSUP;
		return -1;
	}
	if (!from || !to) {
		errno = EINVAL;
		return -1;
	}
	if (flags & (COPYFILE_CLONE | COPYFILE_CLONE_FORCE)) {
		if (flags & COPYFILE_UNLINK)
			unlink(to);
		if (clonefile(from, to, flags & COPYFILE_NOFOLLOW_SRC ? CLONE_NOFOLLOW : 0) == 0)
			return 0;
		if (flags & COPYFILE_CLONE_FORCE)
			return -1;
		flags |= COPYFILE_ALL | COPYFILE_EXCL;
	}
	if ((flags & COPYFILE_NOFOLLOW_SRC ? lstat : stat)(from, &st) < 0)
		return -1;
	if (flags & COPYFILE_UNLINK)
		unlink(to);
	if (S_ISLNK(st.st_mode)) {
		char target[1024];
		ssize_t n = readlink(from, target, sizeof target - 1);
		if (n < 0)
			return -1;
		target[n] = 0;
		return symlink(target, to);
	}
	if (S_ISDIR(st.st_mode)) {
		if (mkdir(to, st.st_mode & 07777) < 0 && (errno != EEXIST || (flags & COPYFILE_EXCL)))
			return -1;
	}
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1, r = -1;
	if (in >= 0)
		out = S_ISDIR(st.st_mode) ? open(to, O_RDONLY | O_CLOEXEC)
		                          : open(to, O_WRONLY | O_CREAT | O_CLOEXEC | (flags & COPYFILE_EXCL ? O_EXCL : 0) | (flags & COPYFILE_NOFOLLOW_DST ? O_NOFOLLOW : 0), st.st_mode & 0777);
	if (out >= 0)
		r = copy_fds(in, out, s, flags);
	int saved = errno;
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) < 0 && !r)
		return -1;
	errno = saved;
	if (!r && (flags & COPYFILE_MOVE))
		return unlink(from);
	return r;
}
