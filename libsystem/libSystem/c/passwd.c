// Users and groups, from /etc/passwd and /etc/group: a Mac asks a directory
// service, and the host's files are the directory here.

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../kernel/private.h"

// Reads a line into buf. 0 at the end, ERANGE when it is too long, else 1.
static int line(FILE *f, char *buf, size_t n) {
	if (n < 2)
		return ERANGE;
	if (!fgets(buf, (int)(n < INT_MAX ? n : INT_MAX), f))
		return 0;
	size_t len = strlen(buf);
	if (len && buf[len - 1] == '\n')
		buf[len - 1] = 0;
	else if (!feof(f))
		return ERANGE;
	return 1;
}

static int number(const char *s, unsigned *out) {
	char *end;
	unsigned long v = strtoul(s, &end, 10);
	*out = (unsigned)v;
	return *s && !*end;
}

static int parse_passwd(char *s, struct passwd *p) {
	char *field[7];
	for (int i = 0; i < 7; i++)
		if (!(field[i] = strsep(&s, ":")))
			return 0;
	*p = (struct passwd){ .pw_name = field[0], .pw_passwd = field[1], .pw_class = "", .pw_gecos = field[4], .pw_dir = field[5], .pw_shell = field[6] };
	return number(field[2], &p->pw_uid) && number(field[3], &p->pw_gid);
}

// The members' pointers are put behind the line.
static int parse_group(char *buf, size_t n, struct group *g) {
	size_t len = strlen(buf) + 1, members = 0;
	char *s = buf, *field[4];
	for (int i = 0; i < 4; i++)
		if (!(field[i] = strsep(&s, ":")))
			return 0;
	char **list = (char **)(((uintptr_t)buf + len + 7) & ~(uintptr_t)7), *m;
	while ((m = strsep(&field[3], ","))) {
		if (!*m)
			continue;
		if ((char *)(list + members + 2) > buf + n)
			return ERANGE;
		list[members++] = m;
	}
	if ((char *)(list + members + 1) > buf + n)
		return ERANGE;
	list[members] = 0;
	*g = (struct group){ field[0], field[1], 0, list };
	return number(field[2], &g->gr_gid);
}

static int find_passwd(const char *name, uid_t uid, struct passwd *p, char *buf, size_t n, struct passwd **out) {
	int r, saved = errno;
	*out = 0;
	FILE *f = fopen("/etc/passwd", "re");
	if (!f) {
		int error = errno == ENOENT ? 0 : errno;
		errno = saved;
		return error;
	}
	while ((r = line(f, buf, n)) == 1)
		if (parse_passwd(buf, p) && (name ? !strcmp(p->pw_name, name) : p->pw_uid == uid)) {
			*out = p;
			break;
		}
	fclose(f);
	errno = saved;
	return r == ERANGE ? ERANGE : 0;
}
static int find_group(const char *name, gid_t gid, struct group *g, char *buf, size_t n, struct group **out) {
	int r, saved = errno;
	*out = 0;
	FILE *f = fopen("/etc/group", "re");
	if (!f) {
		int error = errno == ENOENT ? 0 : errno;
		errno = saved;
		return error;
	}
	while ((r = line(f, buf, n)) == 1) {
		int ok = parse_group(buf, n, g);
		if (ok == ERANGE) {
			r = ERANGE;
			break;
		}
		if (ok && (name ? !strcmp(g->gr_name, name) : g->gr_gid == gid)) {
			*out = g;
			break;
		}
	}
	fclose(f);
	errno = saved;
	return r == ERANGE ? ERANGE : 0;
}

int getpwnam_r(const char *name, struct passwd *p, char *buf, size_t n, struct passwd **out) { return find_passwd(name, 0, p, buf, n, out); }
int getpwuid_r(uid_t uid, struct passwd *p, char *buf, size_t n, struct passwd **out) { return find_passwd(0, uid, p, buf, n, out); }
int getgrnam_r(const char *name, struct group *g, char *buf, size_t n, struct group **out) { return find_group(name, 0, g, buf, n, out); }
int getgrgid_r(gid_t gid, struct group *g, char *buf, size_t n, struct group **out) { return find_group(0, gid, g, buf, n, out); }

static struct passwd pw;
static struct group gr;
static char *shared;
static size_t shared_size;
// For the functions with a buffer of their own: as large as it takes.
#define SHARED(type, call)                                                     \
	type *out = 0;                                                         \
	for (shared_size = shared_size ? shared_size : 1024;; shared_size *= 2) { \
		char *more = realloc(shared, shared_size);                     \
		if (!more)                                                     \
			return 0;                                              \
		shared = more;                                                 \
		int error = call;                                              \
		if (error != ERANGE || shared_size > 1 << 20)                  \
			return error ? (errno = error, (type *)0) : out;       \
	}
struct passwd *getpwnam(const char *name) { SHARED(struct passwd, find_passwd(name, 0, &pw, shared, shared_size, &out)) }
struct passwd *getpwuid(uid_t uid) { SHARED(struct passwd, find_passwd(0, uid, &pw, shared, shared_size, &out)) }
struct group *getgrnam(const char *name) { SHARED(struct group, find_group(name, 0, &gr, shared, shared_size, &out)) }
struct group *getgrgid(gid_t gid) { SHARED(struct group, find_group(0, gid, &gr, shared, shared_size, &out)) }

// One after the other.
static FILE *pw_file, *gr_file;
static char pw_line[4096], gr_line[65536];
void setpwent(void) {
	if (pw_file)
		fclose(pw_file);
	pw_file = 0;
}
void endpwent(void) { setpwent(); }
struct passwd *getpwent(void) {
	if (!pw_file && !(pw_file = fopen("/etc/passwd", "re")))
		return 0;
	while (line(pw_file, pw_line, sizeof pw_line) == 1)
		if (parse_passwd(pw_line, &pw))
			return &pw;
	return 0;
}
void setgrent(void) {
	if (gr_file)
		fclose(gr_file);
	gr_file = 0;
}
void endgrent(void) { setgrent(); }
struct group *getgrent(void) {
	if (!gr_file && !(gr_file = fopen("/etc/group", "re")))
		return 0;
	while (line(gr_file, gr_line, sizeof gr_line) == 1)
		if (parse_group(gr_line, sizeof gr_line, &gr) == 1)
			return &gr;
	return 0;
}

int getgrouplist(const char *name, int base, int *out, int *count) {
	char buf[65536];
	struct group g;
	int room = *count, n = 0;
	if (n < room)
		out[n] = base;
	n++;
	FILE *f = fopen("/etc/group", "re");
	if (f) {
		while (line(f, buf, sizeof buf) == 1) {
			if (parse_group(buf, sizeof buf, &g) != 1 || (int)g.gr_gid == base)
				continue;
			for (char **m = g.gr_mem; *m; m++)
				if (!strcmp(*m, name)) {
					if (n < room)
						out[n] = (int)g.gr_gid;
					n++;
					break;
				}
		}
		fclose(f);
	}
	*count = n < room ? n : room;
	return n > room ? -1 : 0;
}
int initgroups(const char *name, int base) {
	int groups[NGROUPS_MAX], n = NGROUPS_MAX;
	getgrouplist(name, base, groups, &n);
	return __initgroups((unsigned)n, (gid_t *)groups, -1);
}
int getgroups_extsn(int, gid_t *) __asm("_getgroups$DARWIN_EXTSN");
int getgroups_extsn(int n, gid_t *out) { return getgroups(n, out); }
