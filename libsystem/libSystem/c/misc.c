// What is Darwin's alone: uuids, backtraces, globbing, small functions.

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <uuid/uuid.h>

// uuid(3).
void uuid_clear(uuid_t u) { memset(u, 0, 16); }
int uuid_compare(const uuid_t a, const uuid_t b) { return memcmp(a, b, 16); }
void uuid_copy(uuid_t to, const uuid_t from) { memcpy(to, from, 16); }
int uuid_is_null(const uuid_t u) {
	for (int i = 0; i < 16; i++)
		if (u[i])
			return 0;
	return 1;
}
void uuid_generate_random(uuid_t u) {
	arc4random_buf(u, 16);
	u[6] = (u[6] & 0x0f) | 0x40;
	u[8] = (u[8] & 0x3f) | 0x80;
}
void uuid_generate(uuid_t u) { uuid_generate_random(u); }
// Version 1: 100 ns since 1582, and a random node.
void uuid_generate_time(uuid_t u) {
	struct timeval tv;
	gettimeofday(&tv, 0);
	u_int64_t t = (u_int64_t)tv.tv_sec * 10000000 + (u_int64_t)tv.tv_usec * 10 + 0x01b21dd213814000;
	arc4random_buf(u, 16);
	for (int i = 0; i < 4; i++)
		u[i] = (unsigned char)(t >> (24 - 8 * i));
	u[4] = (unsigned char)(t >> 40);
	u[5] = (unsigned char)(t >> 32);
	u[6] = (unsigned char)((t >> 56 & 0x0f) | 0x10);
	u[7] = (unsigned char)(t >> 48);
	u[8] = (u[8] & 0x3f) | 0x80;
	u[10] |= 1;
}
static void unparse(const uuid_t u, char *out, const char *digits) {
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = digits[u[i] >> 4];
		*out++ = digits[u[i] & 15];
	}
	*out = 0;
}
void uuid_unparse_upper(const uuid_t u, uuid_string_t out) { unparse(u, out, "0123456789ABCDEF"); }
void uuid_unparse_lower(const uuid_t u, uuid_string_t out) { unparse(u, out, "0123456789abcdef"); }
void uuid_unparse(const uuid_t u, uuid_string_t out) { unparse(u, out, "0123456789ABCDEF"); }
int uuid_parse(const uuid_string_t in, uuid_t u) {
	int n = 0;
	for (int i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (in[i] != '-')
				return -1;
			continue;
		}
		int c = in[i], d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
		if (d < 0)
			return -1;
		u[n / 2] = (unsigned char)(n & 1 ? u[n / 2] | d : d << 4);
		n++;
	}
	return in[36] ? -1 : 0;
}

// backtrace(3) walks the frame pointers of the calling thread's stack.
int backtrace(void **out, int room) {
	uintptr_t *frame = __builtin_frame_address(0), *top = pthread_get_stackaddr_np(pthread_self());
	uintptr_t *bottom = (uintptr_t *)((char *)top - pthread_get_stacksize_np(pthread_self()));
	int n = 0;
	while (n < room && frame >= bottom && frame + 2 <= top && !((uintptr_t)frame & 7)) {
		if (!frame[1])
			break;
		out[n++] = (void *)frame[1];
		uintptr_t *next = (uintptr_t *)frame[0];
		if (next <= frame)
			break;
		frame = next;
	}
	return n;
}
static int describe(char *buf, size_t n, int i, void *pc) {
	Dl_info d;
	if (!dladdr(pc, &d))
		return snprintf(buf, n, "%-3d %-35s 0x%016lx 0x0 + %lu", i, "???", (unsigned long)pc, (unsigned long)pc);
	const char *image = strrchr(d.dli_fname, '/');
	const char *name = d.dli_sname ? d.dli_sname : "0x0";
	uintptr_t base = d.dli_sname ? (uintptr_t)d.dli_saddr : (uintptr_t)d.dli_fbase;
	return snprintf(buf, n, "%-3d %-35s 0x%016lx %s + %lu", i, image ? image + 1 : d.dli_fname, (unsigned long)pc, name, (unsigned long)((uintptr_t)pc - base));
}
char **backtrace_symbols(void *const *pc, int n) {
	size_t size = (size_t)n * sizeof(char *);
	char line[1024];
	for (int i = 0; i < n; i++) {
		int m = describe(line, sizeof line, i, pc[i]);
		size += (m < (int)sizeof line ? (size_t)m : sizeof line - 1) + 1;
	}
	char **r = malloc(size), *p = (char *)(r + n);
	for (int i = 0; r && i < n; i++) {
		describe(line, sizeof line, i, pc[i]);
		r[i] = strcpy(p, line);
		p += strlen(line) + 1;
	}
	return r;
}
void backtrace_symbols_fd(void *const *pc, int n, int fd) {
	char line[1024];
	for (int i = 0; i < n; i++) {
		describe(line, sizeof line - 1, i, pc[i]);
		strcat(line, "\n");
		write(fd, line, strlen(line));
	}
}

errno_t memset_s(void *p, rsize_t room, int c, rsize_t n) {
	if (!p || room > (rsize_t)-1 >> 1)
		return EINVAL;
	volatile unsigned char *q = p;
	for (rsize_t i = 0; i < n && i < room; i++)
		q[i] = (unsigned char)c;
	return n > room ? EOVERFLOW : 0;
}
int fls(int v) { return v ? 32 - __builtin_clz((unsigned)v) : 0; }
int flsl(long v) { return v ? 64 - __builtin_clzl((unsigned long)v) : 0; }
int flsll(long long v) { return v ? 64 - __builtin_clzll((unsigned long long)v) : 0; }
char *strnstr(const char *s, const char *find, size_t n) {
	size_t len = strlen(find);
	if (!len)
		return (char *)s;
	for (; n >= len && *s; s++, n--)
		if (!strncmp(s, find, len))
			return (char *)s;
	return 0;
}
void strmode(int mode, char *out) {
	static const char types[16] = "?pc?d?b?-?l?s?w?";
	out[0] = types[mode >> 12 & 15];
	for (int i = 0; i < 9; i++)
		out[1 + i] = mode & 0400 >> i ? "rwxrwxrwx"[i] : '-';
	if (mode & S_ISUID)
		out[3] = mode & S_IXUSR ? 's' : 'S';
	if (mode & S_ISGID)
		out[6] = mode & S_IXGRP ? 's' : 'S';
	if (mode & S_ISVTX)
		out[9] = mode & S_IXOTH ? 't' : 'T';
	out[10] = ' ';
	out[11] = 0;
}
long long strtonum(const char *s, long long min, long long max, const char **error) {
	char *end;
	int saved = errno;
	errno = 0;
	long long v = strtoll(s, &end, 10);
	const char *e = min > max || end == s || *end ? "invalid" : (v == LLONG_MIN && errno == ERANGE) || v < min ? "too small" : (v == LLONG_MAX && errno == ERANGE) || v > max ? "too large" : 0;
	errno = !e ? saved : e[0] == 'i' ? EINVAL : ERANGE;
	if (error)
		*error = e;
	return e ? 0 : v;
}
char *tempnam(const char *dir, const char *prefix) {
	const char *dirs[] = { getenv("TMPDIR"), dir, P_tmpdir, "/tmp" };
	for (int i = 0; i < 4; i++) {
		char path[PATH_MAX];
		if (!dirs[i] || snprintf(path, sizeof path, "%s/%sXXXXXX", dirs[i], prefix ? prefix : "tmp.") >= (int)sizeof path)
			continue;
		int fd = mkstemp(path);
		if (fd < 0)
			continue;
		close(fd);
		unlink(path);
		return strdup(path);
	}
	return 0;
}
char *tmpnam(char *s) {
	static char own[L_tmpnam];
	char *t = tempnam(P_tmpdir, "tmp.");
	if (!t)
		return 0;
	if (!s)
		s = own;
	strcpy(s, t);
	free(t);
	return s;
}

// glob(3): brace and tilde expansion, then component by component.
static int add(glob_t *g, const char *path, int mark) {
	size_t at = g->gl_offs * !!(g->gl_flags & GLOB_DOOFFS) + g->gl_pathc, n = strlen(path);
	char **more = realloc(g->gl_pathv, (at + 2) * sizeof *more), *copy;
	if (!more)
		return GLOB_NOSPACE;
	if (!g->gl_pathv)
		for (size_t i = 0; i < at; i++)
			more[i] = 0;
	g->gl_pathv = more;
	if (!(copy = malloc(n + 2)))
		return GLOB_NOSPACE;
	strcpy(copy, path);
	if (mark && n && path[n - 1] != '/')
		strcpy(copy + n, "/");
	more[at] = copy;
	more[at + 1] = 0;
	g->gl_pathc++;
	return 0;
}
static int magic(const char *s) { return strpbrk(s, "*?[") != 0; }

// done: the path so far, n bytes of it; rest: the pattern from there.
static int expand(glob_t *g, char *done, size_t n, const char *rest, int flags, int (*failed)(const char *, int)) {
	while (*rest == '/') {
		if (n + 1 >= PATH_MAX)
			return 0;
		done[n++] = *rest++;
		done[n] = 0;
	}
	struct stat st;
	if (!*rest) {
		if (lstat(done, &st) < 0)
			return 0;
		int dir = S_ISDIR(st.st_mode) || (S_ISLNK(st.st_mode) && stat(done, &st) == 0 && S_ISDIR(st.st_mode));
		g->gl_matchc++;
		return add(g, done, (flags & GLOB_MARK) && dir);
	}
	size_t len = strcspn(rest, "/");
	char part[NAME_MAX + 1];
	if (len > NAME_MAX || n + len >= PATH_MAX)
		return 0;
	memcpy(part, rest, len);
	part[len] = 0;
	if (!magic(part)) {
		size_t o = n;
		for (size_t i = 0; i < len; i++) {
			if (part[i] == '\\' && !(flags & GLOB_NOESCAPE) && i + 1 < len)
				i++;
			done[o++] = part[i];
		}
		done[o] = 0;
		if (rest[len] && (stat(done, &st) < 0 || !S_ISDIR(st.st_mode)))
			return 0;
		int r = expand(g, done, o, rest + len, flags, failed);
		done[n] = 0;
		return r;
	}
	g->gl_flags |= GLOB_MAGCHAR;
	DIR *d = opendir(n ? done : ".");
	if (!d) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		return (failed && failed(n ? done : ".", errno)) || (flags & GLOB_ERR) ? GLOB_ABORTED : 0;
	}
	int r = 0;
	for (struct dirent *e; !r && (e = readdir(d));) {
		if (fnmatch(part, e->d_name, FNM_PERIOD | (flags & GLOB_NOESCAPE ? FNM_NOESCAPE : 0)) || n + e->d_namlen >= PATH_MAX)
			continue;
		strcpy(done + n, e->d_name);
		if (rest[len] && (stat(done, &st) < 0 || !S_ISDIR(st.st_mode)))
			continue;
		r = expand(g, done, n + e->d_namlen, rest + len, flags, failed);
	}
	done[n] = 0;
	closedir(d);
	return r;
}
static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int one(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *g) {
	char full[PATH_MAX], done[PATH_MAX] = "";
	if ((flags & GLOB_TILDE) && pattern[0] == '~') {
		size_t n = strcspn(pattern + 1, "/");
		const char *home = 0;
		if (!n)
			home = getenv("HOME");
		if (!home) {
			char name[256];
			struct passwd *p = n >= sizeof name ? 0 : n ? (memcpy(name, pattern + 1, n), name[n] = 0, getpwnam(name)) : getpwuid(getuid());
			home = p ? p->pw_dir : 0;
		}
		if (home && snprintf(full, sizeof full, "%s%s", home, pattern + 1 + n) < (int)sizeof full)
			pattern = full;
	}
	size_t start = g->gl_offs * !!(g->gl_flags & GLOB_DOOFFS) + g->gl_pathc;
	int before = g->gl_matchc, r = expand(g, done, 0, pattern, flags, failed);
	if (r)
		return r;
	if (g->gl_matchc == before) {
		if ((flags & GLOB_NOCHECK) || ((flags & GLOB_NOMAGIC) && !magic(pattern)))
			return add(g, pattern, 0);
		return 0;
	}
	size_t now = g->gl_offs * !!(g->gl_flags & GLOB_DOOFFS) + g->gl_pathc;
	if (!(flags & GLOB_NOSORT))
		qsort(g->gl_pathv + start, now - start, sizeof(char *), by_name);
	return 0;
}

static int braces(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *g, int depth) {
	const char *open = strchr(pattern, '{');
	if (!(flags & GLOB_BRACE) || !open || !strcmp(pattern, "{}") || depth > 16)
		return one(pattern, flags, failed, g);
	const char *close = open + 1;
	for (int level = 1; *close; close++) {
		if (*close == '{')
			level++;
		else if (*close == '}' && !--level)
			break;
	}
	if (!*close)
		return one(pattern, flags, failed, g);
	for (const char *p = open + 1, *end; p <= close; p = end + 1) {
		int level = 0;
		for (end = p; end < close && (level || *end != ','); end++)
			level += *end == '{' ? 1 : *end == '}' ? -1 : 0;
		char alt[PATH_MAX];
		if (snprintf(alt, sizeof alt, "%.*s%.*s%s", (int)(open - pattern), pattern, (int)(end - p), p, close + 1) < (int)sizeof alt) {
			int r = braces(alt, flags, failed, g, depth + 1);
			if (r)
				return r;
		}
	}
	return 0;
}

static int glob_any(const char *pattern, int flags, int (*failed)(const char *, int), glob_t *g) {
	if (!(flags & GLOB_APPEND)) {
		g->gl_pathc = 0;
		g->gl_pathv = 0;
		if (!(flags & GLOB_DOOFFS))
			g->gl_offs = 0;
	}
	g->gl_flags = flags & ~GLOB_MAGCHAR;
	g->gl_errfunc = failed;
	g->gl_matchc = 0;
	size_t before = g->gl_pathc;
	int r = braces(pattern, flags, failed, g, 0);
	if (r)
		return r;
	return g->gl_pathc == before ? GLOB_NOMATCH : 0;
}
int glob(const char *p, int flags, int (*failed)(const char *, int), glob_t *g) { return glob_any(p, flags, failed, g); }
void globfree(glob_t *g) {
	size_t offs = g->gl_offs * !!(g->gl_flags & GLOB_DOOFFS);
	for (size_t i = 0; g->gl_pathv && i < g->gl_pathc; i++)
		free(g->gl_pathv[offs + i]);
	free(g->gl_pathv);
	g->gl_pathv = 0;
	g->gl_pathc = 0;
}
#if defined(__x86_64__)
int glob_plain(const char *, int, int (*)(const char *, int), glob_t *) __asm("_glob");
int glob_plain(const char *p, int flags, int (*failed)(const char *, int), glob_t *g) { return glob_any(p, flags, failed, g); }
#else
int glob_64(const char *, int, int (*)(const char *, int), glob_t *) __asm("_glob$INODE64");
int glob_64(const char *p, int flags, int (*failed)(const char *, int), glob_t *g) { return glob_any(p, flags, failed, g); }
#endif
