// Takes as much as it can get of one thing, named by its argument, until it is
// refused, and says so: "refused: errno 24". What the machine does not bound would
// end here with all of the host's memory. Some arguments try other ways to hurt.
#include "beagle.h"

enum { SYS_sem_open = 268, SYS_setxattr = 236, SYS_psynch_cvsignal = 304, SYS_psynch_cvbroad = 303, MOST = 3000000 };
static char page[65536];
static struct rlimit files = {10240, 10240};

static void number(char *to, u64 n) {
	for (int i = 0; i < 10; i++, n /= 10) to[9 - i] = '0' + n % 10;
	to[10] = 0;
}

static int refused(long r) {
	if (r >= 0) return 0;
	say("refused: errno %d\n", (int)-r);
	return 1;
}

// touch commits memory until the machine has none left, which kills.
static void touch(void) {
	for (;;) {
		u8 *p = (u8 *)sys(SYS_mmap, 0, 64ul << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0ul);
		if (MAP_FAILED((long)p)) break;
		for (u64 i = 0; i < 64ul << 20; i += 4096) p[i] = 1;
	}
	say("mapping refused\n");
}

// fill writes until that would wait.
static void fill(int fd) {
	sys(SYS_fcntl, fd, F_SETFL, O_NONBLOCK);
	while (sys(SYS_write, fd, page, sizeof page) > 0) {}
}

static void pipes(void) {
	u64 out[3], none[8] = {0};
	for (;;) {
		bg_unix(SYS_pipe, none, out);
		if (out[2]) { refused(-(long)out[0]); return; }
		fill((int)out[1]);
	}
}

static void sockets(void) {
	int p[2], big = 4 << 20;
	for (;;) {
		if (refused(sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, p))) return;
		sys(SYS_setsockopt, p[0], SOL_SOCKET, 0x1001, &big, 4);
		sys(SYS_setsockopt, p[1], SOL_SOCKET, 0x1002, &big, 4);
		sys(SYS_setsockopt, p[1], SOL_SOCKET, 0x1001, &big, 4);
		sys(SYS_setsockopt, p[0], SOL_SOCKET, 0x1002, &big, 4);
		fill(p[0]);
		fill(p[1]);
	}
}

// tree does body in the process and in sons, each with descriptors of its own
// kept open.
static void tree(void (*body)(void)) {
	u64 out[3], none[8] = {0};
	body();
	for (int i = 0; i < 12; i++) {
		bg_unix(SYS_fork, none, out);
		if (out[2]) { refused(-(long)out[0]); break; }
		if (out[1] == 1) {
			for (int fd = 3; fd < 10240; fd++) sys(SYS_close, fd);
			body();
			for (;;) nap(3600000000000);
		}
		nap(300000000); // it is done, or next to
	}
}

static void knotes(int filter) {
	int kq = (int)sys(SYS_kqueue);
	struct kevent64 k = {0};
	for (int n = 0; n < MOST; n++) {
		k.ident = n;
		k.filter = filter;
		k.flags = EV_ADD;
		k.data = 1000000000;
		if (refused(sys(SYS_kevent64, kq, &k, 1, 0, 0, 0, 0))) return;
	}
	say("no limit\n");
}

static void trap(long (*f)(int)) {
	for (int i = 0; i < MOST; i++) {
		long r = f(i);
		if (r != 0) { say("refused: result %d\n", (int)r); return; }
	}
	say("no limit\n");
}
static u32 name;
static long port(int i) { return mach(16, 0x203, 1, &name); }
static long portset(int i) { return mach(16, 0x203, 3, &name); }
static long deadname(int i) { return mach(16, 0x203, 4, &name); }
static long reply(int i) { return mach(26) == 0; }
static long mktimer(int i) { return mach(91) == 0; }

// mail sends messages of 1 MiB to ports of its own.
static u8 mailbuf[1 << 20];
static long mail(int i) {
	if (i % 5 == 0) { long r = mach(16, 0x203, 1, &name); if (r) return r; }
	u32 h[6] = {0x14, sizeof mailbuf, name, 0, 0, 77};
	memcpy(mailbuf, h, 24);
	return mach(31, mailbuf, 1 | 0x10, sizeof mailbuf, 0, 0, 0, 0);
}

static void names(int call) {
	char path[40] = "/n";
	for (int n = 0; n < MOST; n++) {
		number(path + 2, n);
		long r = call == SYS_sem_open ? sys(call, path, O_CREAT, 0600, 1) : sys(call, path, O_CREAT | O_RDWR, 0600);
		if (refused(r)) return;
		sys(SYS_close, (int)r);
	}
	say("no limit\n");
}

static void file(void) {
	int fd = (int)sys(SYS_open, "/tmp/big", O_CREAT | O_RDWR, 0600);
	for (;;) {
		if (refused(sys(SYS_write, fd, page, sizeof page))) return;
	}
}

static void inodes(void) {
	char path[40] = "/tmp/";
	for (int n = 0; n < MOST; n++) {
		number(path + 5, n);
		if (refused(sys(SYS_mkdir, path, 0700))) return;
	}
	say("no limit\n");
}

static void regions(void) {
	for (int n = 0; n < MOST; n++) {
		long r = sys(SYS_mmap, 0, 16384, n & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0ul);
		if (MAP_FAILED(r)) { refused(r); return; }
	}
	say("no limit\n");
}

static void locks(void) {
	int fd = (int)sys(SYS_open, "/tmp/l", O_CREAT | O_RDWR, 0600);
	struct { i64 start, len; i32 pid; short type, whence; } l = {0, 1, 0, 3, 0};
	for (int n = 0; n < 200000; n++) {
		l.start = 2l * n;
		if (refused(sys(SYS_fcntl, fd, 8, &l))) return;
	}
	say("no limit\n");
}

static void xattrs(void) {
	char attr[40] = "user.";
	sys(SYS_open, "/tmp/x", O_CREAT | O_RDWR, 0600);
	for (int n = 0; n < MOST; n++) {
		number(attr + 5, n);
		if (refused(sys(SYS_setxattr, "/tmp/x", attr, page, 60000, 0, 0))) return;
	}
	say("no limit\n");
}

// odd asks for things that nobody has, each of another name.
static void odd(void) {
	for (int n = 0; n < 100000; n++) {
		int mib[3] = {n, n + 1, n + 2};
		u32 h[9] = {0x13, 36, 0x203, 0, 0, 0x100000 + n};
		mach(31, h, 1 | 0x10, 36, 0, 0, 0, 0);
		sys(SYS_ioctl, 1, 0x20000000 + n, 0);
		sys(SYS_sysctl, mib, 3, 0, 0, 0, 0);
		sys(SYS_psynch_cvsignal, page + n % 60000, 1, 1, 0, 0, 0, 1, 0);
	}
	say("survived\n");
}
static void cvs(void) {
	u8 *p = (u8 *)sys(SYS_mmap, 0, 1ul << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0ul);
	for (u64 n = 0; n < 100000; n++) {
		sys(SYS_psynch_cvsignal, p + n * 64, 0x100000100ul * (n & 7), 0x100, 0, 0, 0, 1, 0);
		sys(SYS_psynch_cvbroad, p + n * 64, 0x20000000100ul, 0, 0, 0, 0);
	}
	say("survived\n");
}

static void worker(void *a) { for (;;) nap(3600000000000); }
static void threads(void) {
	bg_threads_init();
	for (int n = 0; n < 20000; n++)
		if (MAP_FAILED((long)bg_thread(worker, 0))) { say("refused\n"); return; }
	say("no limit\n");
}

static int deep(volatile int n) {
	volatile char pad[512];
	pad[n & 511] = 1;
	return n < 0 ? n : deep(n + 1) + pad[3];
}

static volatile int ticks;
static void tick(int s, struct siginfo *i, struct ucontext *u) { ticks++; }
static void alarms(void) {
	struct itimerval it = {{0, 1, 0}, {0, 1, 0}};
	on_signal(SIGALRM, tick, SA_RESTART, 0);
	sys(SYS_setitimer, 0, &it, 0);
	for (volatile u64 i = 0; i < 30000000; i++) {}
	CHECK(ticks > 0);
	struct itimerval off = {{0, 0, 0}, {0, 0, 0}};
	sys(SYS_setitimer, 0, &off, 0);
	say("ticked\n");
}

static void truncated(void) {
	int fd = (int)sys(SYS_open, "/tmp/t", O_CREAT | O_RDWR, 0600);
	sys(SYS_ftruncate, fd, 65536);
	u8 *p = (u8 *)sys(SYS_mmap, 0, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0ul);
	p[40000] = 1;
	sys(SYS_ftruncate, fd, 0);
	// The kernel first: its copy is refused, not its life.
	CHECK_EQ(sys(SYS_write, 1, p + 40000, 1), -EFAULT);
	CHECK_EQ(sys(SYS_stat64, "/tmp/t", p + 40000), -EFAULT);
	say("truncated\n");
	p[40000] = 2;
	say("written all the same\n");
}

// escape tries what leads out of an isolated world. argv[2] is a host directory
// that was not granted, argv[3] one that was, at /w.
static void escape(char *secret, char *arg0) {
	char b[4096], path[1200];
	struct { const char *name; long want; } list[] = {
		{secret, -ENOENT}, {"/proc/self/environ", -ENOENT}, {"/proc/1/root/etc/passwd", -ENOENT}, {"/sys/kernel", -ENOENT},
		{"/dev/mem", -ENOENT}, {"/dev/fd/63", -EBADF}, {"/bin/sh", -ENOENT}, {"/w/out", -ENOENT}, {"/w/up", -ENOENT},
	};
	CHECK_EQ(sys(SYS_symlink, secret, "/w/out"), 0);
	strcpy(path, "../../../../../../../../../..");
	strcat(path, secret);
	CHECK_EQ(sys(SYS_symlink, path, "/w/up"), 0);
	for (u64 i = 0; i < sizeof list / sizeof *list; i++) {
		long r = sys(SYS_open, list[i].name, O_RDONLY);
		if (r != list[i].want) say("open %s: %d\n", list[i].name, (int)r);
		CHECK(sys(SYS_stat64, list[i].name, b) < 0 || list[i].want == -EBADF);
	}
	CHECK_EQ(sys(SYS_open, path, O_RDONLY), -ENOENT);
	long d = sys(SYS_open, "/w", O_RDONLY);
	CHECK(d >= 0);
	CHECK_EQ(sys(SYS_openat, d, path, O_RDONLY), -ENOENT);
	CHECK_EQ(sys(SYS_fchdir, d), 0);
	for (int i = 0; i < 20; i++) CHECK_EQ(sys(SYS_chdir, ".."), 0);
	CHECK_EQ(sys(SYS_open, secret + 1, O_RDONLY), -ENOENT);
	// A name that was granted, renamed from outside into it and back.
	CHECK(sys(SYS_rename, secret, "/w/mine") < 0);
	CHECK(sys(SYS_link, secret, "/w/mine") < 0);
	char *argv[] = {"sh", "-c", "id", 0};
	for (int i = 0; i < 2; i++) {
		long r = sys(SYS_execve, i ? "/usr/bin/env" : "/bin/sh", argv, argv + 3);
		CHECK_EQ(r, -ENOENT);
	}
	CHECK(sys(SYS_execve, "/w/elf", argv, argv + 3) < 0);
	for (int family = 0; family < 40; family++)
		for (int type = 0; type < 6; type++) {
			long s = sys(SYS_socket, family, type, 0);
			if (s < 0) continue;
			struct sockaddr_in to = {16, AF_INET, 0x3500, 0x0100007f, {0}};
			if (family != AF_UNIX) CHECK(sys(SYS_connect, s, &to, 16) < 0);
			sys(SYS_close, s);
		}
	struct sockaddr_un un = {2, AF_UNIX, "/w/socket"};
	un.len += strlen(un.path);
	long s = sys(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK(s >= 0);
	CHECK_EQ(sys(SYS_connect, s, &un, un.len), -ECONNREFUSED);
	say("nowhere\n");
}

int main(int argc, char **argv, char **envp, char **apple) {
	const char *a = argc > 1 ? argv[1] : "";
	sys(SYS_setrlimit, 8, &files);
#define DO(n, ...) if (!strcmp(a, n)) { __VA_ARGS__; return 0; }
	DO("touch", touch())
	DO("pipes", tree(pipes))
	DO("sockets", tree(sockets))
	DO("timers", knotes(EVFILT_TIMER))
	DO("users", knotes(EVFILT_USER))
	DO("ports", trap(port))
	DO("sets", trap(portset))
	DO("dead", trap(deadname))
	DO("replies", trap(reply))
	DO("mktimers", trap(mktimer))
	DO("mail", trap(mail))
	DO("sems", names(SYS_sem_open))
	DO("shms", names(SYS_shm_open))
	DO("file", file())
	DO("inodes", inodes())
	DO("regions", regions())
	DO("locks", locks())
	DO("xattrs", xattrs())
	DO("odd", odd())
	DO("cvs", cvs())
	DO("threads", threads())
	DO("deep", return deep(0))
	DO("alarms", alarms())
	DO("truncated", truncated())
	DO("spin", for (;;) {})
	DO("escape", escape(argv[2], argv[0]))
	say("what?\n");
	return 2;
}
