// Each kind of fault ends a process with the signal that it is on a Mac, and a
// handler sees its code.
// expect: illegal instruction 4
// expect: breakpoint 5
// expect: unmapped 11
// expect: protected 10
// expect: null call 11
// expect: privileged as on a Mac
// expect: stack overflow
// expect: handler saw them
#include "beagle.h"

static u64 out[3], none[8];

static void f_ill(void) {
#ifdef __x86_64__
	__asm__ volatile("ud2");
#else
	__asm__ volatile(".long 0");
#endif
}
static void f_trap(void) {
#ifdef __x86_64__
	__asm__ volatile("int3");
#else
	__asm__ volatile("brk #0");
#endif
}
static void f_unmapped(void) { *(volatile int *)0x700000000000 = 1; }
static u8 *ro;
static void f_protected(void) { *(volatile u8 *)ro = 1; }
static void (*volatile nowhere)(void);
static void f_call(void) { nowhere(); }
static void f_privileged(void) {
#ifdef __x86_64__
	__asm__ volatile("hlt");
#else
	u64 v;
	__asm__ volatile("mrs %0, SCTLR_EL1" : "=r"(v));
#endif
}
#ifdef __x86_64__
static void f_divide(void) {
	__asm__ volatile("xorl %%ecx, %%ecx\n movl $1, %%eax\n cltd\n idivl %%ecx" ::: "eax", "ecx", "edx");
}
#endif
static volatile long most = 1l << 40;
static int recurse(volatile char *p) {
	if (!most--) return 0;
	volatile char b[4096];
	b[0] = p ? *p + 1 : 0;
	return recurse(b) + b[1];
}
static void f_deep(void) { recurse(0); }

static int fate(void (*f)(void)) {
	int status;
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		f();
		bg_exit(0);
	}
	bg_wait(out[0], &status, 0);
	return WTERMSIG(status);
}

static int seen;
static void tell(int s, struct siginfo *i, struct ucontext *u) {
	// si_code: BUS_ADRALN.., SEGV_MAPERR.., never 0 for a fault
	CHECK_EQ(i->signo, s);
	if (s == SIGBUS) CHECK_EQ(i->addr, (u64)ro);
	seen |= 1 << s;
	bg_exit(bg_failures ? 1 : 40 + s);
}
static int handled(int sig, void (*f)(void)) {
	int status;
	bg_unix(SYS_fork, none, out);
	if (out[1] == 1) {
		bg_failures = 0;
		static u8 alt[32768];
		struct sigaltstack ss = {(u64)alt, sizeof alt, 0, 0};
		sys(SYS_sigaltstack, &ss, 0);
		on_signal(sig, tell, SA_SIGINFO | SA_ONSTACK, 0);
		f();
		bg_exit(0);
	}
	bg_wait(out[0], &status, 0);
	return status & 0x7f ? 0 : WEXITSTATUS(status) - 40;
}

int main(int argc, char **argv, char **envp, char **apple) {
	ro = pages(16384);
	sys(SYS_mprotect, ro, 16384, PROT_READ);
	say("illegal instruction %d\n", fate(f_ill));
	say("breakpoint %d\n", fate(f_trap));
	say("unmapped %d\n", fate(f_unmapped));
	say("protected %d\n", fate(f_protected));
	say("null call %d\n", fate(f_call));
#ifdef __x86_64__
	CHECK_EQ(fate(f_privileged), SIGSEGV); // a general protection fault
	CHECK_EQ(fate(f_divide), SIGFPE);
	CHECK_EQ(handled(SIGFPE, f_divide), SIGFPE);
#else
	CHECK_EQ(fate(f_privileged), SIGILL);
#endif
	say("privileged as on a Mac\n");
	// The guard is mapped, but an overflow of the main stack is a SIGSEGV still.
	CHECK_EQ(fate(f_deep), SIGSEGV);
	CHECK_EQ(handled(SIGSEGV, f_deep), SIGSEGV);
	say("stack overflow\n");
	CHECK_EQ(handled(SIGILL, f_ill), SIGILL);
	CHECK_EQ(handled(SIGTRAP, f_trap), SIGTRAP);
	CHECK_EQ(handled(SIGSEGV, f_unmapped), SIGSEGV);
	CHECK_EQ(handled(SIGBUS, f_protected), SIGBUS);
	say("handler saw them\n");
	return 0;
}
