// Register tests: a pattern in every register, one call, and every register
// afterwards against what XNU may change.
// with: regs.ARCH.S
// timeout: 120
// expect: plain calls
// expect: errors
// expect: two results
// expect: indirect
// expect: arguments beyond the sixth
// expect: Mach traps
// expect: machine-dependent calls
// expect: numbers that are no calls
// expect: fork
// expect: vfork
// expect: signal during a call
// expect: every call number
#include "beagle.h"

#ifdef __x86_64__
enum { NREG = 17, NVEC = 16, RESULT = 0, SECOND = 3, FLAGS = 16, SP = 7, NUMBER = 0 };
typedef struct { u64 r[18]; u64 v[NVEC][2]; } regfile;
static const int argreg[6] = {5, 4, 3, 10, 8, 9};
enum { CF = 1, ALLFLAGS = 0x8d5 | 0x400 }; // CF PF AF ZF SF OF, DF
extern char regs_after[], regs_after80[], regs_after81[], regs_after82[];
void regs_int80(void), regs_int81(void), regs_int82(void);
#define UNIX(n) (0xdead000002000000 | (n)) // the upper half of rax is not looked at
#define MACH(n) (0xdead000001000000 | (n))
#else
enum { NREG = 32, NVEC = 32, RESULT = 0, SECOND = 1, FLAGS = 31, NUMBER = 16 };
typedef struct { u64 r[32]; u64 v[NVEC][2]; u64 sp; } regfile;
static const int argreg[8] = {0, 1, 2, 3, 4, 5, 6, 7};
enum { CF = 1 << 29, ALLFLAGS = (int)0xf0000000 };
long vfork_stub(volatile u32 *children, volatile u64 *second);
#define UNIX(n) (n)
#define MACH(n) ((u64) - (i64)(n))
#endif

extern regfile regs_in, regs_out;
void regs_trap(void), spoil(void);
static u64 stack[512] __attribute__((aligned(16)));
static const char *what;
static int round_;

static void bad(const char *which, int i, u64 got, u64 want) {
	bg_failures++;
	say("FAIL %s (round %d): %s %d is %lx, want %lx\n", what, round_, which, i, got, want);
}

// Fills every register with a pattern; the caller then sets the arguments.
static void pattern(void) {
	for (int i = 0; i < NREG; i++) regs_in.r[i] = 0xa5a5000000000000 + 0x0101010101 * (i + 1) + round_;
	for (int i = 0; i < NVEC; i++) regs_in.v[i][0] = 0x5aff00000000ff5a + i * 0x10001, regs_in.v[i][1] = ~regs_in.v[i][0] ^ round_;
#ifdef __x86_64__
	regs_in.r[FLAGS] = 0x202 | (round_ & 1 ? ALLFLAGS : 0);
	regs_in.r[SP] = (u64)&stack[256];
#else
	regs_in.r[FLAGS] = round_ & 1 ? (u32)ALLFLAGS : 0;
#endif
}

static void arguments(const u64 *a) {
	for (int i = 0; i < 6; i++) regs_in.r[argreg[i]] = a[i];
#ifdef __x86_64__
	stack[256] = 0xbad, stack[257] = a[6], stack[258] = a[7];
#else
	regs_in.r[6] = a[6], regs_in.r[7] = a[7];
#endif
}

enum kind { INT, LONG, PAIR, ANY, KERN, MDEP, KERN64 };

// Compares everything that must not have changed, and the form of the result.
// by: 0 the fast trap, else the interrupt number.
static void compare(enum kind kind, long want_errno, int by) {
	regfile *i = &regs_in, *o = &regs_out;
	int unixcall = kind < KERN;
	int carry = (o->r[FLAGS] & CF) != 0, was = (i->r[FLAGS] & CF) != 0;
	if (want_errno == -1) want_errno = carry ? (long)o->r[RESULT] : 0;
	for (int n = 0; n < NREG; n++) {
		if (n == RESULT || n == FLAGS) continue;
		if (n == SECOND && unixcall) continue;
		u64 want = i->r[n];
#ifdef __x86_64__
		if (!by && n == 2) want = (u64)regs_after;    // rcx: where sysret goes
		if (!by && n == 11) want = o->r[FLAGS];       // r11: the flags it restores
#else
		if (n == 18) continue;                         // the kernel's own
#endif
		if (o->r[n] != want) bad("register", n, o->r[n], want);
	}
	for (int n = 0; n < NVEC; n++)
		for (int h = 0; h < 2; h++)
			if (o->v[n][h] != i->v[n][h]) bad("vector", n * 2 + h, o->v[n][h], i->v[n][h]);
	u64 flags = i->r[FLAGS];
	if (unixcall) flags = (flags & ~(u64)CF) | (want_errno ? CF : 0);
	else if (was != carry) bad("carry", 0, carry, was);
#ifdef __x86_64__
	if ((o->r[FLAGS] & ALLFLAGS) != (flags & ALLFLAGS)) bad("flags", 0, o->r[FLAGS] & ALLFLAGS, flags & ALLFLAGS);
#else
	if (o->r[FLAGS] != flags) bad("flags", 0, o->r[FLAGS], flags);
#endif
	if (!unixcall) {
		if (kind == KERN && (i64)o->r[RESULT] != (i32)o->r[RESULT] && (i64)o->r[RESULT] != (u32)o->r[RESULT])
			bad("result", 0, o->r[RESULT], (i32)o->r[RESULT]);
		return;
	}
	u64 r = o->r[RESULT], s = o->r[SECOND];
	if (carry && !want_errno) bad("unexpected errno", 0, r, 0);
	if (want_errno) {
		if (r != (u64)want_errno) bad("errno", 0, r, want_errno);
		if (r < 1 || r > 107) bad("errno", 1, r, 107);
#ifdef __x86_64__
		if (s != i->r[SECOND]) bad("second", 0, s, i->r[SECOND]);
#else
		if (s != 0) bad("second", 0, s, 0);
#endif
		return;
	}
	if (kind != PAIR && s != 0) bad("second", 0, s, 0);
	if (kind == INT && r != (u64)(i64)(i32)r && r != (u32)r) bad("result", 0, r, (u64)(i64)(i32)r);
}

static const u64 none[8];

static u64 call(const char *name, u64 number, enum kind kind, long want_errno, const u64 *args) {
	what = name;
	for (round_ = 0; round_ < 4; round_++) {
		pattern();
		arguments(args ? args : none);
		regs_in.r[NUMBER] = number;
		regs_trap();
		compare(kind, want_errno, 0);
	}
	return regs_out.r[RESULT];
}
#define ARGS(...) ((u64[8]){__VA_ARGS__})

// The signal that ends a child which makes this call; 0 when it lives.
static int fate(u64 number, void (*trap)(void)) {
	u64 out[3];
	int status;
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		round_ = 0;
		pattern();
		arguments(none);
		regs_in.r[NUMBER] = number;
		trap();
		bg_exit(0);
	}
	bg_wait(out[0], &status, 0);
	return WTERMSIG(status);
}

static volatile int handled;
static void spoiler(int s, struct siginfo *i, struct ucontext *u) {
	handled = s;
	spoil();
}

static void twice(int number, const char *name) {
	u64 out_pid;
	int status;
	for (int r = 0; r < 4; r++) {
		static volatile u64 child[2];
		what = name, round_ = r;
		int before = bg_failures;
		long me = sys(SYS_getpid);
		pattern();
		arguments(none);
		regs_in.r[NUMBER] = UNIX(number);
		regs_trap();
		if (regs_out.r[SECOND] == 1) { // the child
			compare(PAIR, 0, 0);
			child[0] = regs_out.r[RESULT], child[1] = sys(SYS_getpid);
			if (child[0] != child[1]) bad("child's pid", 0, child[0], child[1]);
			if (child[1] == (u64)me) bad("child's pid", 1, child[1], 0);
			sys(SYS_exit, bg_failures > before ? 1 : 33);
		}
		compare(PAIR, 0, 0);
		out_pid = regs_out.r[RESULT];
		if (regs_out.r[SECOND] != 0) bad("second", 0, regs_out.r[SECOND], 0);
		CHECK_EQ(bg_wait(out_pid, &status, 0), out_pid);
		CHECK_EQ(WEXITSTATUS(status), 33);
	}
}

static int is64(int n) {
	static const short l[] = {3, 4, 120, 121, 153, 154, 178, 197, 199, 217, 234, 235, 240, 241, 261, 262, 268,
	    314, 344, 360, 372, 396, 397, 411, 412, 414, 415, 419, 427, 480, 481, 482, 485, 486, 487, 493, 496,
	    497, 498, 531, 534, 540, 541, 542, 543};
	for (u64 i = 0; i < sizeof l / sizeof *l; i++)
		if (l[i] == n) return 1;
	return 0;
}

// Not to be made with senseless arguments: they end, wait, or come back twice.
static int skip(int n) {
	static const short l[] = {0, 1, 2, 55, 59, 66, 111, 184, 244, 330, 361, 410, 422, 521, 520, 42};
	for (u64 i = 0; i < sizeof l / sizeof *l; i++)
		if (l[i] == n) return 1;
	return 0;
}

int main(int argc, char **argv, char **envp, char **apple) {
	char buf[64] = {0};
	long fd = sys(SYS_open, "r", O_RDWR | O_CREAT, 0600), me = sys(SYS_getpid);
	sys(SYS_ftruncate, fd, 65536ul);
	sys(SYS_pwrite, fd, "at 16384", 8, 16384ul);

	CHECK_EQ(call("getpid", UNIX(SYS_getpid), INT, 0, 0), me);
	call("getppid", UNIX(SYS_getppid), INT, 0, 0);
	call("getuid", UNIX(SYS_getuid), INT, 0, 0);
	call("geteuid", UNIX(25), INT, 0, 0);
	call("getgid", UNIX(47), INT, 0, 0);
	call("getegid", UNIX(43), INT, 0, 0);
	call("getpgrp", UNIX(SYS_getpgrp), INT, 0, 0);
	call("issetugid", UNIX(SYS_issetugid), INT, 0, 0);
	call("getdtablesize", UNIX(SYS_getdtablesize), INT, 0, 0);
	call("thread_selfid", UNIX(SYS_thread_selfid), LONG, 0, 0);
	CHECK_EQ(call("lseek", UNIX(SYS_lseek), LONG, 0, ARGS(fd, 0x123456789, 0)), 0x123456789);
	CHECK_EQ(call("lseek", UNIX(SYS_lseek), LONG, 0, ARGS(fd, 0, 0)), 0);
	CHECK_EQ(call("pread", UNIX(SYS_pread), LONG, 0, ARGS(fd, (u64)buf, 8, 16384)), 8);
	CHECK(!memcmp(buf, "at 16384", 8));
	CHECK_EQ(call("pwrite", UNIX(SYS_pwrite), LONG, 0, ARGS(fd, (u64)"xyz", 3, 100)), 3);
	// Only the low half of an int argument counts.
	CHECK_EQ(call("read", UNIX(SYS_read), LONG, 0, ARGS(0x7777777700000000 | fd, (u64)buf, 1)), 1);
	u64 m = call("mmap", UNIX(SYS_mmap), LONG, 0, ARGS(0, 16384, 3, MAP_PRIVATE | MAP_ANON, ~0ul, 0));
	CHECK_EQ(call("mprotect", UNIX(SYS_mprotect), INT, 0, ARGS(m, 16384, 1)), 0);
	CHECK_EQ(call("munmap", UNIX(SYS_munmap), INT, 0, ARGS(m, 16384)), 0);
	CHECK_EQ(call("fcntl", UNIX(SYS_fcntl), INT, 0, ARGS(fd, F_GETFD)), 0);
	call("sigprocmask", UNIX(SYS_sigprocmask), INT, 0, ARGS(SIG_BLOCK, 0, (u64)buf));
	call("gettimeofday", UNIX(SYS_gettimeofday), INT, 0, ARGS((u64)buf, 0, 0));
	call("getentropy", UNIX(SYS_getentropy), INT, 0, ARGS((u64)buf, 16));
	call("fstat64", UNIX(SYS_fstat64), INT, 0, ARGS(fd, (u64)&stack[0]));
	say("plain calls\n");

	call("read EBADF", UNIX(SYS_read), LONG, EBADF, ARGS(999, (u64)buf, 1));
	call("read EFAULT", UNIX(SYS_read), LONG, EFAULT, ARGS(fd, 8, 1));
	call("open ENOENT", UNIX(SYS_open), INT, ENOENT, ARGS((u64)"/no/such", 0, 0));
	call("open EFAULT", UNIX(SYS_open), INT, EFAULT, ARGS(8, 0, 0));
	call("lseek EINVAL", UNIX(SYS_lseek), LONG, EINVAL, ARGS(fd, ~0ul, 0));
	call("kill ESRCH", UNIX(SYS_kill), INT, ESRCH, ARGS(0x7ffffff0, 0, 1));
	call("enosys slot", UNIX(8), ANY, ENOSYS, 0);
	say("errors\n");

	what = "pipe";
	for (round_ = 0; round_ < 4; round_++) {
		pattern();
		regs_in.r[NUMBER] = UNIX(SYS_pipe);
		regs_trap();
		compare(PAIR, 0, 0);
		u64 r = regs_out.r[RESULT], w = regs_out.r[SECOND];
		CHECK(r < 200 && w < 200 && r != w);
		CHECK_EQ(sys(SYS_write, w, "q", 1), 1);
		CHECK_EQ(sys(SYS_read, r, buf, 1), 1);
		sys(SYS_close, r), sys(SYS_close, w);
	}
	say("two results\n");

	CHECK_EQ(call("syscall(getpid)", UNIX(0), INT, 0, ARGS(SYS_getpid)), me);
	call("syscall(read EBADF)", UNIX(0), LONG, EBADF, ARGS(SYS_read, 999, (u64)buf, 1));
	CHECK_EQ(call("syscall(pread)", UNIX(0), LONG, 0, ARGS(SYS_pread, fd, (u64)buf, 8, 16384)), 8);
	CHECK(!memcmp(buf, "at 16384", 8));
	// Six arguments after the number: on x86-64 the last is on the stack.
	m = call("syscall(mmap)", UNIX(0), LONG, 0, ARGS(SYS_mmap, 0, 16384, 1, MAP_PRIVATE, fd, 16384));
	CHECK(!MAP_FAILED((long)m) && !memcmp((void *)m, "at 16384", 8));
	say("indirect\n");

	// kevent_qos: the eighth argument says not to wait.
	long kq = sys(SYS_kqueue);
	struct itimerval v = {{0, 0, 0}, {20, 0, 0}};
	sys(SYS_setitimer, 0, &v, 0);
	CHECK_EQ(call("kevent_qos", UNIX(374), INT, 0, ARGS(kq, 0, 0, (u64)stack, 1, 0, 0, 1)), 0);
	memset(&v, 0, sizeof v);
	sys(SYS_setitimer, 0, &v, 0);
	say("arguments beyond the sixth\n");

	u64 task = call("task_self_trap", MACH(28), KERN, 0, 0);
	CHECK(task != 0);
	call("thread_self_trap", MACH(27), KERN, 0, 0);
	call("host_self_trap", MACH(29), KERN, 0, 0);
	CHECK_EQ(call("mach_timebase_info", MACH(89), KERN, 0, ARGS((u64)buf)), 0);
	CHECK_EQ(call("vm_allocate", MACH(10), KERN, 0, ARGS(task, (u64)&stack[1], 16384, 1)), 0);
	CHECK_EQ(call("vm_deallocate", MACH(12), KERN, 0, ARGS(task, stack[1], 16384)), 0);
	CHECK_EQ((u32)call("mach_msg bad port", MACH(31), KERN, 0, ARGS((u64)stack, 2 | 0x100, 0, 64, 0xdead03, 1, 0)), 0x10004002);
	call("swtch", MACH(60), KERN, 0, 0);
	call("thread_switch", MACH(61), KERN, 0, ARGS(0, 0, 0));
	say("Mach traps\n");

#ifdef __x86_64__
	static u64 tsd[8];
	tsd[0] = 0x1234;
	what = "machdep";
	call("thread_fast_set_cthread_self64", 0x3000003, MDEP, 0, ARGS((u64)tsd));
	u64 gs;
	__asm__ volatile("movq %%gs:0, %0" : "=r"(gs));
	CHECK_EQ(gs, 0x1234);
	struct { void (*trap)(void); u64 number, second; enum kind kind; const char *name; } gate[] = {
	    {regs_int80, SYS_getpid, 0, INT, "int 0x80 getpid"},
	    {regs_int80, SYS_pipe, 0, PAIR, "int 0x80 pipe"},
	    {regs_int81, 28, 0, KERN, "int 0x81 task_self"},
	    {regs_int82, 3, 0, MDEP, "int 0x82 set_cthread_self"},
	};
	for (u64 g = 0; g < sizeof gate / sizeof *gate; g++)
		for (round_ = 0; round_ < 4; round_++) {
			what = gate[g].name;
			pattern();
			arguments(ARGS((u64)(tsd + 1)));
			tsd[1] = 0x5678;
			regs_in.r[NUMBER] = gate[g].number;
			gate[g].trap();
			compare(gate[g].kind, 0, 0x80);
			if (g == 0) CHECK_EQ(regs_out.r[RESULT], me);
			if (g == 1) sys(SYS_close, regs_out.r[RESULT]), sys(SYS_close, regs_out.r[SECOND]);
			if (g == 2) CHECK_EQ(regs_out.r[RESULT], task);
		}
	__asm__ volatile("movq %%gs:0, %0" : "=r"(gs));
	CHECK_EQ(gs, 0x5678);
	what = "int 0x80 error";
	round_ = 1;
	pattern();
	arguments(ARGS(999, (u64)buf, 1));
	regs_in.r[NUMBER] = SYS_read;
	regs_int80();
	compare(LONG, EBADF, 0x80);
#else
	static u64 tsd[8];
	u64 base;
	CHECK(call("mach_absolute_time", (u64)-3, KERN64, 0, 0) != 0);
	CHECK(call("mach_continuous_time", (u64)-4, KERN64, 0, 0) != 0);
	CHECK_EQ(call("set cthread", 0x80000000, MDEP, 0, ARGS((u64)tsd, 0, 0, 2)), (u64)tsd);
	__asm__ volatile("mrs %0, TPIDRRO_EL0" : "=r"(base));
	CHECK_EQ(base, (u64)tsd);
	CHECK_EQ(call("get cthread", 0x80000000, MDEP, 0, ARGS(1, 0, 0, 3)), (u64)tsd);
	CHECK_EQ(call("number of 16 bits", 0x10000 | SYS_getpid, INT, 0, 0), me);
	CHECK_EQ(call("upper half of x16", 0x1234567800000000 | SYS_getpid, INT, 0, 0), me);
#endif
	say("machine-dependent calls\n");

	CHECK_EQ(fate(UNIX(558), regs_trap), SIGSYS);
	CHECK_EQ(fate(UNIX(40), regs_trap), SIGSYS);
	CHECK_EQ(fate(UNIX(0x7fff), regs_trap), SIGSYS);
	CHECK_EQ(fate(UNIX(8), regs_trap), 0); // an enosys slot raises nothing
	CHECK_EQ(fate(MACH(17), regs_trap), SIGSYS);
	CHECK_EQ(fate(MACH(127), regs_trap), SIGSYS);
	CHECK_EQ(fate(MACH(500), regs_trap), SIGSYS);
#ifdef __x86_64__
	CHECK_EQ(fate(20, regs_trap), SIGSYS);         // class 0
	CHECK_EQ(fate(0x5000001, regs_trap), SIGSYS);  // class 5
	CHECK_EQ(fate(0x9000001, regs_trap), SIGSYS);
	CHECK_EQ(fate(0x80000000, regs_trap), SIGSYS);
#endif
	CHECK_EQ(on_signal(SIGSYS, SIG_IGN, 0, 0), 0);
	call("nosys, ignored", UNIX(40), ANY, ENOSYS, 0);
	say("numbers that are no calls\n");

	twice(SYS_fork, "fork");
	say("fork\n");
	twice(SYS_vfork, "vfork");
#ifdef __aarch64__
	static volatile u32 children;
	static volatile u64 second;
	int status;
	for (int i = 0; i < 3; i++) {
		long p = vfork_stub(&children, &second);
		if (second == 1) {
			CHECK_EQ(p, sys(SYS_getpid));
			sys(SYS_exit, 4);
		}
		CHECK(p > 0);
		CHECK_EQ(bg_wait(p, &status, 0), p);
		CHECK_EQ(WEXITSTATUS(status), 4);
	}
#endif
	say("vfork\n");

	CHECK_EQ(on_signal(SIGUSR1, spoiler, SA_SIGINFO, 0), 0);
	call("kill self", UNIX(SYS_kill), INT, 0, ARGS(me, SIGUSR1, 1));
	CHECK_EQ(handled, SIGUSR1);
	say("signal during a call\n");

	// Every number, with arguments that no call can make sense of: whatever
	// the answer is, it has the right form.
	for (int n = 0; n < 558; n++) {
		if (skip(n)) continue;
		u64 out[3];
		int st;
		bg_unix(SYS_fork, none, out);
		if (out[1] == 1) {
			char name[8] = "call   ";
			name[4] = '0' + n / 100, name[5] = '0' + n / 10 % 10, name[6] = '0' + n % 10;
			struct itimerval alarm = {{0, 0, 0}, {0, 500000, 0}};
			sys(SYS_setitimer, 0, &alarm, 0);
			bg_failures = 0;
			call(name, UNIX(n), is64(n) ? LONG : ANY, -1, ARGS(~0ul, ~0ul, ~0ul, ~0ul, ~0ul, ~0ul, ~0ul, ~0ul));
			bg_exit(bg_failures ? 1 : 0);
		}
		bg_wait(out[0], &st, 0);
		if (WTERMSIG(st) ? WTERMSIG(st) != SIGALRM : WEXITSTATUS(st) != 0) {
			bg_failures++;
			say("FAIL call %d: status %x\n", n, st);
		}
	}
	say("every call number\n");
	return 0;
}
