// unistd(3) and its like: what a few system calls together make.

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <mach/mach.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <pthread.h>
#include <unistd.h>
#include "../kernel/private.h"

static int fail(int error) {
	errno = error;
	return -1;
}

static int sysctl_int(const char *name, int otherwise) {
	int v = 0, saved = errno;
	size_t n = sizeof v;
	if (sysctlbyname(name, &v, &n, 0, 0) < 0) {
		errno = saved;
		return otherwise;
	}
	return v;
}

long sysconf(int name) {
	struct rlimit r;
	switch (name) {
	case _SC_ARG_MAX: return sysctl_int("kern.argmax", ARG_MAX);
	case _SC_CHILD_MAX: return getrlimit(7, &r) ? -1 : r.rlim_cur == RLIM_INFINITY ? -1 : (long)r.rlim_cur;
	case _SC_CLK_TCK: return 100;
	case _SC_NGROUPS_MAX: return NGROUPS_MAX;
	case _SC_OPEN_MAX: return getrlimit(8, &r) ? -1 : r.rlim_cur > LONG_MAX ? -1 : (long)r.rlim_cur;
	case _SC_JOB_CONTROL:
	case _SC_SAVED_IDS: return 200112;
	case _SC_VERSION: return _POSIX_VERSION;
	case _SC_BC_BASE_MAX: return BC_BASE_MAX;
	case _SC_BC_DIM_MAX: return BC_DIM_MAX;
	case _SC_BC_SCALE_MAX: return BC_SCALE_MAX;
	case _SC_BC_STRING_MAX: return BC_STRING_MAX;
	case _SC_COLL_WEIGHTS_MAX: return COLL_WEIGHTS_MAX;
	case _SC_EXPR_NEST_MAX: return EXPR_NEST_MAX;
	case _SC_LINE_MAX: return LINE_MAX;
	case _SC_RE_DUP_MAX: return RE_DUP_MAX;
	case _SC_STREAM_MAX: return 20;
	case _SC_TZNAME_MAX: return 255;
	case _SC_PAGESIZE: return (long)vm_page_size;
	case _SC_IOV_MAX: return IOV_MAX;
	case _SC_NPROCESSORS_CONF: return sysctl_int("hw.ncpu", 1);
	case _SC_NPROCESSORS_ONLN: return sysctl_int("hw.activecpu", 1);
	case _SC_GETGR_R_SIZE_MAX:
	case _SC_GETPW_R_SIZE_MAX: return 4096;
	case _SC_HOST_NAME_MAX: return MAXHOSTNAMELEN - 1;
	case _SC_LOGIN_NAME_MAX: return 255;
	case _SC_MONOTONIC_CLOCK:
	case _SC_MAPPED_FILES:
	case _SC_SEMAPHORES:
	case _SC_SHARED_MEMORY_OBJECTS:
	case _SC_THREAD_SAFE_FUNCTIONS:
	case _SC_THREADS: return 200112;
	case _SC_SYMLOOP_MAX: return SYMLOOP_MAX;
	case _SC_THREAD_DESTRUCTOR_ITERATIONS: return PTHREAD_DESTRUCTOR_ITERATIONS;
	case _SC_THREAD_KEYS_MAX: return PTHREAD_KEYS_MAX;
	case _SC_THREAD_STACK_MIN: return PTHREAD_STACK_MIN;
	case _SC_TTY_NAME_MAX: return 255;
	case _SC_ATEXIT_MAX: return INT_MAX;
	case _SC_PHYS_PAGES: {
		uint64_t bytes = 0;
		size_t n = sizeof bytes;
		return sysctlbyname("hw.memsize", &bytes, &n, 0, 0) ? -1 : (long)(bytes / vm_page_size);
	}
	}
	return fail(EINVAL);
}

size_t confstr(int name, char *out, size_t n) {
	char buf[PATH_MAX];
	const char *v = 0;
	switch (name) {
	case _CS_PATH: v = "/usr/bin:/bin:/usr/sbin:/sbin"; break;
	case _CS_DARWIN_USER_TEMP_DIR:
	case _CS_DARWIN_USER_CACHE_DIR:
	case _CS_DARWIN_USER_DIR:
		// A Mac has a folder of its own for each user under /var/folders.
		v = getenv("TMPDIR");
		if (!v || !*v || strlen(v) > sizeof buf - 2)
			v = "/tmp/";
		strcpy(buf, v);
		if (buf[strlen(buf) - 1] != '/')
			strcat(buf, "/");
		v = buf;
		break;
	}
	if (!v) {
		errno = EINVAL;
		return 0;
	}
	if (out && n)
		strlcpy(out, v, n);
	return strlen(v) + 1;
}


// The kernel tells a directory's path only through a descriptor.
char *getcwd(char *buf, size_t n) {
	char path[PATH_MAX];
	if (buf && !n) {
		errno = EINVAL;
		return 0;
	}
	int fd = open(".", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	int r = fcntl(fd, F_GETPATH, path), saved = errno;
	close(fd);
	errno = saved;
	if (r < 0)
		return 0;
	size_t len = strlen(path) + 1;
	if (!buf) {
		if (!n || n < len)
			n = len;
		if (!(buf = malloc(n)))
			return 0;
	} else if (n < len) {
		errno = ERANGE;
		return 0;
	}
	return memcpy(buf, path, len);
}
char *getwd(char *buf) { return getcwd(buf, PATH_MAX); }

// realpath(3), link by link. existing says whether a missing last part is an error.
static char *resolve(const char *path, char *out) {
	char done[PATH_MAX], rest[PATH_MAX], link[PATH_MAX];
	size_t len = 0;
	int links = 0;
	if (!path) {
		errno = EINVAL;
		return 0;
	}
	if (!*path) {
		errno = ENOENT;
		return 0;
	}
	if (*path != '/') {
		if (!getcwd(done, sizeof done))
			return 0;
		len = strlen(done);
		if (len == 1)
			len = 0;
	}
	if (strlcpy(rest, path, sizeof rest) >= sizeof rest) {
		errno = ENAMETOOLONG;
		return 0;
	}
	for (char *p = rest; *p;) {
		while (*p == '/')
			p++;
		size_t n = strcspn(p, "/");
		if (!n)
			break;
		char *next = p + n;
		if (n == 1 && p[0] == '.') {
			p = next;
			continue;
		}
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			while (len && done[len - 1] != '/')
				len--;
			if (len)
				len--;
			p = next;
			continue;
		}
		if (len + 1 + n >= sizeof done) {
			errno = ENAMETOOLONG;
			return 0;
		}
		size_t before = len;
		done[len++] = '/';
		memcpy(done + len, p, n);
		len += n;
		done[len] = 0;
		struct stat st;
		if (lstat(done, &st) < 0)
			goto failed;
		if (S_ISLNK(st.st_mode)) {
			if (++links > SYMLOOP_MAX) {
				errno = ELOOP;
				goto failed;
			}
			ssize_t m = readlink(done, link, sizeof link - 1);
			if (m < 0)
				goto failed;
			link[m] = 0;
			if ((size_t)m + strlen(next) >= sizeof rest) {
				errno = ENAMETOOLONG;
				goto failed;
			}
			memmove(rest + m, next, strlen(next) + 1);
			memcpy(rest, link, (size_t)m);
			p = rest;
			len = link[0] == '/' ? 0 : before;
			continue;
		}
		if (*next && !S_ISDIR(st.st_mode)) {
			errno = ENOTDIR;
			goto failed;
		}
		p = next;
	}
	if (!len)
		done[len++] = '/';
	done[len] = 0;
	if (!out && !(out = malloc(len + 1)))
		return 0;
	return memcpy(out, done, len + 1);
failed:
	// The caller's buffer tells where it went wrong.
	if (out)
		memcpy(out, done, len + 1);
	return 0;
}
char *realpath_extsn(const char *, char *) __asm("_realpath$DARWIN_EXTSN");
char *realpath_extsn(const char *path, char *out) { return resolve(path, out); }
char *realpath_plain(const char *, char *) __asm("_realpath");
char *realpath_plain(const char *path, char *out) {
	if (!out) {
		errno = EINVAL;
		return 0;
	}
	return resolve(path, out);
}

int raise(int sig) {
	extern int pthread_is_threaded_np(void);
	if (!pthread_is_threaded_np())
		return kill(getpid(), sig);
	int error = pthread_kill(pthread_self(), sig);
	return error ? fail(error) : 0;
}
int killpg(pid_t group, int sig) { return group == 1 ? fail(ESRCH) : kill(-group, sig); }
int pause(void) {
	sigset_t now;
	sigprocmask(SIG_BLOCK, 0, &now);
	return sigsuspend(&now);
}

int isatty(int fd) {
	struct termios t;
	return tcgetattr(fd, &t) == 0;
}

#define NAMED(name, len, value)                                \
	do {                                                   \
		size_t n = (len), m = strlen(value) + 1;       \
		memcpy((name), (value), m < n ? m : n);        \
		(name)[n - 1] = 0;                             \
	} while (0)

int gethostname(char *name, size_t n) {
	int mib[2] = { 1, 10 }; // CTL_KERN, KERN_HOSTNAME
	return sysctl(mib, 2, name, &n, 0, 0);
}
int sethostname(const char *name, int n) {
	int mib[2] = { 1, 10 };
	return sysctl(mib, 2, 0, 0, (void *)name, (size_t)n);
}
int getdomainname(char *name, int n) {
	int mib[2] = { 1, 22 }; // KERN_NISDOMAINNAME
	size_t len = (size_t)n;
	return sysctl(mib, 2, name, &len, 0, 0);
}
int uname(struct utsname *u) {
	static const struct {
		int mib[2];
		size_t at;
	} fields[] = { { { 1, 1 }, 0 }, { { 1, 10 }, 256 }, { { 1, 2 }, 512 }, { { 1, 4 }, 768 }, { { 6, 1 }, 1024 } };
	memset(u, 0, sizeof *u);
	for (unsigned i = 0; i < 5; i++) {
		size_t n = 256;
		if (sysctl((int *)fields[i].mib, 2, (char *)u + fields[i].at, &n, 0, 0) < 0 && errno != ENOMEM)
			return -1;
		((char *)u)[fields[i].at + 255] = 0;
	}
	for (char *p = u->version; *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = p[1] ? ' ' : 0;
	return 0;
}
int getloadavg(double out[], int n) {
	struct {
		uint32_t load[3];
		long scale;
	} l;
	int mib[2] = { 2, 2 }; // CTL_VM, VM_LOADAVG
	size_t size = sizeof l;
	if (sysctl(mib, 2, &l, &size, 0, 0) < 0)
		return -1;
	n = MIN(n, 3);
	for (int i = 0; i < n; i++)
		out[i] = (double)l.load[i] / (double)l.scale;
	return n;
}

int lchmod(const char *path, mode_t mode) { return fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW); }
int posix_madvise(void *p, size_t n, int advice) {
	int saved = errno, error = advice < 0 || advice > 4 ? EINVAL : madvise(p, n, advice) < 0 ? errno : 0;
	errno = saved;
	return error;
}
pid_t setpgrp(void) { return setpgid(0, 0); }
int setrgid(gid_t id) { return setregid(id, (gid_t)-1); }
int setruid(uid_t id) { return setreuid(id, (uid_t)-1); }
int sockatmark(int s) {
	int at;
	return ioctl(s, _IOR('s', 7, int), &at) < 0 ? -1 : at;
}
int getpeereid(int s, uid_t *uid, gid_t *gid) {
	struct {
		unsigned version;
		uid_t uid;
		short n;
		gid_t groups[16];
	} c;
	socklen_t n = sizeof c;
	if (getsockopt(s, 0, LOCAL_PEERCRED, &c, &n) < 0)
		return -1;
	if (c.version != 0)
		return fail(EINVAL);
	*uid = c.uid;
	*gid = c.groups[0];
	return 0;
}

// Times and flags that only setattrlist(2) can change.
struct attrlist {
	u_short bitmapcount;
	u_int16_t reserved;
	u_int32_t common, volume, dir, file, fork;
};
int setattrlistat(int, const char *, struct attrlist *, void *, size_t, uint32_t);
int fsetattrlist(int, struct attrlist *, void *, size_t, u_long);
#define ATTR_CMN_MODTIME 0x400
#define ATTR_CMN_ACCTIME 0x1000
#define ATTR_CMN_FLAGS 0x40000
#define FSOPT_NOFOLLOW 1

static int prepare_times(const struct timespec in[2], struct timespec out[2], struct attrlist *a) {
	struct timespec now;
	int n = 0;
	clock_gettime(CLOCK_REALTIME, &now);
	memset(a, 0, sizeof *a);
	a->bitmapcount = 5;
	// In the order of the attributes: modification first.
	for (int i = 1; i >= 0; i--) {
		struct timespec t = in ? in[i] : now;
		if (t.tv_nsec == UTIME_OMIT)
			continue;
		if (t.tv_nsec == UTIME_NOW)
			t = now;
		else if (t.tv_nsec < 0 || t.tv_nsec >= 1000000000)
			return fail(EINVAL);
		a->common |= i ? ATTR_CMN_MODTIME : ATTR_CMN_ACCTIME;
		out[n++] = t;
	}
	return n;
}
int utimensat(int fd, const char *path, const struct timespec times[2], int flags) {
	struct attrlist a;
	struct timespec t[2];
	if (flags & ~AT_SYMLINK_NOFOLLOW)
		return fail(EINVAL);
	int n = prepare_times(times, t, &a);
	if (n < 0)
		return -1;
	if (!n) {
		struct stat st;
		return fstatat(fd, path, &st, flags);
	}
	return setattrlistat(fd, path, &a, t, (size_t)n * sizeof *t, flags & AT_SYMLINK_NOFOLLOW ? FSOPT_NOFOLLOW : 0);
}
int futimens(int fd, const struct timespec times[2]) {
	struct attrlist a;
	struct timespec t[2];
	int n = prepare_times(times, t, &a);
	if (n < 0)
		return -1;
	if (!n) {
		struct stat st;
		return fstat(fd, &st);
	}
	return fsetattrlist(fd, &a, t, (size_t)n * sizeof *t, 0);
}
int lutimes(const char *path, const struct timeval tv[2]) {
	struct timespec t[2];
	for (int i = 0; tv && i < 2; i++)
		t[i] = (struct timespec){ tv[i].tv_sec, (long)tv[i].tv_usec * 1000 };
	return utimensat(AT_FDCWD, path, tv ? t : 0, AT_SYMLINK_NOFOLLOW);
}
int lchflags(const char *path, u_int32_t flags) {
	struct attrlist a = { .bitmapcount = 5, .common = ATTR_CMN_FLAGS };
	return setattrlistat(AT_FDCWD, path, &a, &flags, sizeof flags, FSOPT_NOFOLLOW);
}

// File systems.
static int vfs(const struct statfs *s, struct statvfs *v) {
	*v = (struct statvfs){ .f_bsize = (unsigned long)s->f_iosize, .f_frsize = s->f_bsize, .f_blocks = (fsblkcnt_t)s->f_blocks,
		.f_bfree = (fsblkcnt_t)s->f_bfree, .f_bavail = (fsblkcnt_t)s->f_bavail, .f_files = (fsfilcnt_t)s->f_files,
		.f_ffree = (fsfilcnt_t)s->f_ffree, .f_favail = (fsfilcnt_t)s->f_ffree, .f_fsid = (unsigned long)s->f_fsid.val[0],
		.f_flag = (s->f_flags & 1 ? ST_RDONLY : 0) | (s->f_flags & 8 ? ST_NOSUID : 0), .f_namemax = NAME_MAX };
	return 0;
}
int statvfs(const char *path, struct statvfs *v) {
	struct statfs s;
	return statfs(path, &s) < 0 ? -1 : vfs(&s, v);
}
int fstatvfs(int fd, struct statvfs *v) {
	struct statfs s;
	return fstatfs(fd, &s) < 0 ? -1 : vfs(&s, v);
}
int getmntinfo(struct statfs **out, int flags) {
	static struct statfs *list;
	static int room;
	for (;;) {
		int n = getfsstat(list, room * (int)sizeof *list, flags);
		if (n < 0)
			return 0;
		if (list && n < room) {
			*out = list;
			return n;
		}
		n = getfsstat(0, 0, MNT_NOWAIT);
		if (n < 0)
			return 0;
		free(list);
		room = n + 5;
		if (!(list = malloc((size_t)room * sizeof *list))) {
			room = 0;
			return 0;
		}
	}
}

// Terminals.
int tcgetattr(int fd, struct termios *t) { return ioctl(fd, TIOCGETA, t); }
int tcsetattr(int fd, int how, const struct termios *t) {
	switch (how & ~TCSASOFT) {
	case TCSANOW: return ioctl(fd, TIOCSETA, t);
	case TCSADRAIN: return ioctl(fd, TIOCSETAW, t);
	case TCSAFLUSH: return ioctl(fd, TIOCSETAF, t);
	}
	return fail(EINVAL);
}
int tcdrain(int fd) { return ioctl(fd, TIOCDRAIN, 0); }
int tcflush(int fd, int which) {
	int what = which == TCIFLUSH ? 1 : which == TCOFLUSH ? 2 : which == TCIOFLUSH ? 3 : 0;
	return what ? ioctl(fd, TIOCFLUSH, &what) : fail(EINVAL);
}
int tcflow(int fd, int action) {
	struct termios t;
	unsigned char c;
	switch (action) {
	case TCOOFF: return ioctl(fd, TIOCSTOP, 0);
	case TCOON: return ioctl(fd, TIOCSTART, 0);
	case TCION:
	case TCIOFF:
		if (tcgetattr(fd, &t) < 0)
			return -1;
		c = t.c_cc[action == TCIOFF ? VSTOP : VSTART];
		return c != 0xff && write(fd, &c, 1) < 0 ? -1 : 0;
	}
	return fail(EINVAL);
}
int tcsendbreak(int fd, int duration) {
	struct timeval t = { 0, 400000 };
	if (ioctl(fd, TIOCSBRK, 0) < 0)
		return -1;
	select(0, 0, 0, 0, &t);
	return ioctl(fd, TIOCCBRK, 0);
}
pid_t tcgetpgrp(int fd) {
	int g;
	return ioctl(fd, TIOCGPGRP, &g) < 0 ? -1 : g;
}
int tcsetpgrp(int fd, pid_t g) { return ioctl(fd, TIOCSPGRP, &g); }
pid_t tcgetsid(int fd) {
	int s;
	return ioctl(fd, _IOR('t', 99, int), &s) < 0 ? -1 : s;
}
void cfmakeraw(struct termios *t) {
	t->c_iflag &= ~(tcflag_t)(IMAXBEL | IXOFF | INPCK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IGNPAR);
	t->c_iflag |= IGNBRK;
	t->c_oflag &= ~(tcflag_t)OPOST;
	t->c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ICANON | ISIG | IEXTEN | NOFLSH | TOSTOP | PENDIN);
	t->c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
	t->c_cflag |= CS8 | CREAD;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}
speed_t cfgetispeed(const struct termios *t) { return t->c_ispeed; }
speed_t cfgetospeed(const struct termios *t) { return t->c_ospeed; }
int cfsetispeed(struct termios *t, speed_t s) {
	t->c_ispeed = s;
	return 0;
}
int cfsetospeed(struct termios *t, speed_t s) {
	t->c_ospeed = s;
	return 0;
}
int cfsetspeed(struct termios *t, speed_t s) {
	t->c_ispeed = t->c_ospeed = s;
	return 0;
}

// Pseudo terminals.
int posix_openpt(int flags) { return open("/dev/ptmx", flags); }
int grantpt(int fd) { return ioctl(fd, _IO('t', 84), 0); }
int unlockpt(int fd) { return ioctl(fd, _IO('t', 82), 0); }
int ptsname_r(int fd, char *buf, size_t n) {
	char name[128];
	if (!buf)
		return fail(EINVAL);
	if (ioctl(fd, _IOC(IOC_OUT, 't', 83, 128), name) < 0)
		return -1;
	if (strlen(name) >= n)
		return fail(ERANGE);
	strcpy(buf, name);
	return 0;
}
char *ptsname(int fd) {
	static char name[128];
	return ptsname_r(fd, name, sizeof name) ? 0 : name;
}
int openpty(int *master, int *slave, char *name, struct termios *t, struct winsize *w) {
	char path[128];
	int m = posix_openpt(O_RDWR | O_NOCTTY), s;
	if (m < 0)
		return -1;
	if (grantpt(m) < 0 || unlockpt(m) < 0 || ptsname_r(m, path, sizeof path) || (s = open(path, O_RDWR | O_NOCTTY)) < 0) {
		int saved = errno;
		close(m);
		return fail(saved);
	}
	*master = m;
	*slave = s;
	if (name)
		strcpy(name, path);
	if (t)
		tcsetattr(s, TCSAFLUSH, t);
	if (w)
		ioctl(s, TIOCSWINSZ, w);
	return 0;
}
int login_tty(int fd) {
	setsid();
	if (ioctl(fd, TIOCSCTTY, 0) < 0)
		return -1;
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
	return 0;
}
pid_t forkpty(int *master, char *name, struct termios *t, struct winsize *w) {
	int slave;
	if (openpty(master, &slave, name, t, w) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		close(*master);
		login_tty(slave);
		return 0;
	}
	close(slave);
	if (pid < 0)
		close(*master);
	return pid;
}
int ttyname_r(int fd, char *buf, size_t n) {
	char path[PATH_MAX];
	if (!isatty(fd))
		return ENOTTY;
	int saved = errno;
	if (fcntl(fd, F_GETPATH, path) < 0) {
		int error = errno;
		errno = saved;
		return error;
	}
	if (strlen(path) >= n)
		return ERANGE;
	strcpy(buf, path);
	return 0;
}
char *ttyname(int fd) {
	static char name[PATH_MAX];
	int error = ttyname_r(fd, name, sizeof name);
	if (!error)
		return name;
	errno = error;
	return 0;
}
char *getpass(const char *prompt) {
	static char pass[129];
	struct termios t, quiet;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return 0;
	tcgetattr(fd, &t);
	quiet = t;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	tcsetattr(fd, TCSAFLUSH, &quiet);
	write(fd, prompt, strlen(prompt));
	ssize_t n = read(fd, pass, sizeof pass - 1);
	if (n > 0 && pass[n - 1] == '\n')
		n--;
	pass[n < 0 ? 0 : n] = 0;
	tcsetattr(fd, TCSAFLUSH, &t);
	write(fd, "\n", 1);
	close(fd);
	return n < 0 ? 0 : pass;
}
int getlogin_r(char *buf, size_t n) {
	int saved = errno;
	if (__getlogin(buf, (unsigned)n) < 0) {
		int error = errno;
		errno = saved;
		return error;
	}
	return 0;
}
char *getlogin(void) {
	static char name[256];
	int error = getlogin_r(name, sizeof name);
	if (!error && *name)
		return name;
	errno = error;
	return 0;
}
int daemon(int nochdir, int noclose) {
	switch (fork()) {
	case -1: return -1;
	case 0: break;
	default: _exit(0);
	}
	if (setsid() < 0)
		return -1;
	if (!nochdir)
		chdir("/");
	int fd;
	if (!noclose && (fd = open("/dev/null", O_RDWR)) >= 0) {
		for (int i = 0; i < 3; i++)
			dup2(fd, i);
		if (fd > 2)
			close(fd);
	}
	return 0;
}

// Random numbers are the kernel's, at most 256 bytes at a time.
void arc4random_buf(void *buf, size_t n) {
	char *p = buf;
	while (n) {
		size_t part = MIN(n, 256);
		if (getentropy(p, part) < 0)
			_beagle_fatal("arc4random: the kernel gives no random numbers");
		p += part;
		n -= part;
	}
}
u_int32_t arc4random(void) {
	u_int32_t v;
	arc4random_buf(&v, sizeof v);
	return v;
}
u_int32_t arc4random_uniform(u_int32_t bound) {
	if (bound < 2)
		return 0;
	u_int32_t least = -bound % bound, v;
	do
		v = arc4random();
	while (v < least);
	return v % bound;
}
void arc4random_stir(void) {}
void arc4random_addrandom(unsigned char *p, int n) {}
void srandomdev(void) { srandom(arc4random()); }
void sranddev(void) { srand(arc4random()); }
