// Signals: handlers, faults with address, alternate stack, timers, EINTR and
// SA_RESTART, masks, siginfo, sigsuspend, sigwait.
// expect: USR1 from self
// expect: SEGV at the address, mended and resumed
// expect: on the alternate stack
// expect: alarm interrupts read
// expect: SA_RESTART restarts read
// expect: blocked, pending, delivered
// expect: sigsuspend and sigwait
// expect: died of 11
// expect: forged sigreturn
#include "beagle.h"

static volatile int got, code, from;
static volatile u64 addr, sp_in;
static u8 *page;

static void note(int s, struct siginfo *i, struct ucontext *u) {
	got = s, code = i->code, from = i->pid, addr = i->addr;
	int here;
	sp_in = (u64)&here;
}

static void mend(int s, struct siginfo *i, struct ucontext *u) {
	note(s, i, u);
	CHECK_EQ(u->mc[MC_FAULT], i->addr);
	if (sys(SYS_mprotect, page, 16384, PROT_READ | PROT_WRITE) < 0) bg_exit(97);
}

static void put_byte(int s, struct siginfo *i, struct ucontext *u);
static int pr, pw;
static void put_byte(int s, struct siginfo *i, struct ucontext *u) {
	got = s;
	sys(SYS_write, pw, "z", 1);
}

static void alarm_in(u32 us) {
	struct itimerval v = {{0, 0, 0}, {0, (i32)us, 0}};
	CHECK_EQ(sys(SYS_setitimer, 0, &v, 0), 0);
}

int main(int argc, char **argv, char **envp, char **apple) {
	u64 out[3], none[8] = {0};
	char b[8];
	int status;
	u32 set, old;
	long me = sys(SYS_getpid);

	CHECK_EQ(on_signal(SIGUSR1, note, SA_SIGINFO, 0), 0);
	CHECK_EQ(sys(SYS_kill, me, SIGUSR1, 1), 0);
	CHECK_EQ(got, SIGUSR1);
	CHECK_EQ(from, me);
	CHECK_EQ(code, 0); // not SI_USER: XNU leaves si_code 0 (psignal_internal)
	struct osigaction oa;
	CHECK_EQ(sys(SYS_sigaction, SIGUSR1, 0, &oa), 0);
	CHECK_EQ(oa.handler, (u64)note);
	CHECK_EQ(oa.flags, SA_SIGINFO);
	CHECK_EQ(on_signal(SIGKILL, note, 0, 0), -EINVAL);
	CHECK_EQ(on_signal(99, note, 0, 0), -EINVAL);
	say("USR1 from self\n");

	page = pages(16384);
	CHECK_EQ(sys(SYS_mprotect, page, 16384, PROT_READ), 0);
	// A protection failure is SIGBUS on Darwin, an unmapped address SIGSEGV.
	CHECK_EQ(on_signal(SIGBUS, mend, SA_SIGINFO, 0), 0);
	CHECK_EQ(on_signal(SIGSEGV, mend, SA_SIGINFO, 0), 0);
	*(volatile u8 *)(page + 123) = 5;
	CHECK_EQ(got, SIGBUS);
	CHECK_EQ(addr, (u64)page + 123);
	CHECK_EQ(page[123], 5);
	say("SEGV at the address, mended and resumed\n");

	static u8 stack[65536];
	struct sigaltstack ss = {(u64)stack, sizeof stack, 0, 0}, oss;
	CHECK_EQ(sys(SYS_sigaltstack, &ss, 0), 0);
	CHECK_EQ(on_signal(SIGUSR2, note, SA_SIGINFO | SA_ONSTACK, 0), 0);
	CHECK_EQ(sys(SYS_kill, me, SIGUSR2, 1), 0);
	CHECK(sp_in > (u64)stack && sp_in < (u64)stack + sizeof stack);
	CHECK_EQ(sys(SYS_sigaltstack, 0, &oss), 0);
	CHECK_EQ(oss.sp, (u64)stack);
	CHECK_EQ(oss.flags & SS_ONSTACK, 0);
	say("on the alternate stack\n");

	bg_unix(SYS_pipe, none, out);
	pr = (int)out[0], pw = (int)out[1];
	CHECK_EQ(on_signal(SIGALRM, note, 0, 0), 0);
	alarm_in(20000);
	CHECK_EQ(sys(SYS_read, pr, b, 1), -EINTR);
	CHECK_EQ(got, SIGALRM);
	say("alarm interrupts read\n");

	CHECK_EQ(on_signal(SIGALRM, put_byte, SA_RESTART, 0), 0);
	got = 0;
	alarm_in(20000);
	CHECK_EQ(sys(SYS_read, pr, b, 1), 1);
	CHECK_EQ(b[0], 'z');
	CHECK_EQ(got, SIGALRM);
	say("SA_RESTART restarts read\n");

	got = 0;
	set = 1u << (SIGUSR1 - 1);
	CHECK_EQ(sys(SYS_sigprocmask, SIG_BLOCK, &set, &old), 0);
	CHECK_EQ(sys(SYS_kill, me, SIGUSR1, 1), 0);
	CHECK_EQ(got, 0);
	CHECK_EQ(sys(SYS_sigpending, &old), 0);
	CHECK_EQ(old, set);
	CHECK_EQ(sys(SYS_sigprocmask, SIG_UNBLOCK, &set, 0), 0);
	CHECK_EQ(got, SIGUSR1);
	say("blocked, pending, delivered\n");

	CHECK_EQ(sys(SYS_sigprocmask, SIG_BLOCK, &set, &old), 0);
	CHECK_EQ(sys(SYS_kill, me, SIGUSR1, 1), 0);
	got = 0;
	CHECK_EQ(sys(SYS_sigsuspend, 0), -EINTR);
	CHECK_EQ(got, SIGUSR1);
	CHECK_EQ(sys(SYS_kill, me, SIGUSR1, 1), 0);
	int which = 0;
	got = 0;
	CHECK_EQ(sys(SYS_sigwait, &set, &which), 0);
	CHECK_EQ(which, SIGUSR1);
	CHECK_EQ(got, 0);
	CHECK_EQ(sys(SYS_sigprocmask, SIG_SETMASK, &old, 0), 0);
	CHECK_EQ(got, 0);
	say("sigsuspend and sigwait\n");

	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		on_signal(SIGSEGV, SIG_DFL, 0, 0);
		*(volatile u8 *)16 = 1;
		bg_exit(1);
	}
	bg_wait(out[0], &status, 0);
	say("died of %d\n", WTERMSIG(status));

	// A sigreturn whose token is not the kernel's gets nowhere.
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		static struct ucontext fake;
		sys(SYS_sigreturn, &fake, 30, 0x1234);
		bg_exit(3);
	}
	bg_wait(out[0], &status, 0);
	CHECK(status != 0);
	say("forged sigreturn\n");
	return 0;
}
