// signal(3) and sets of signals.

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#undef sigemptyset
#undef sigfillset

static sigset_t interrupting; // by siginterrupt(3): no SA_RESTART

void (*signal(int sig, void (*handler)(int)))(int) {
	struct sigaction new = { .__sigaction_u = { handler } }, old;
	if (!(interrupting & 1u << (sig - 1)))
		new.sa_flags = SA_RESTART;
	if (sigaction(sig, &new, &old) < 0)
		return SIG_ERR;
	return old.sa_handler;
}
void (*bsd_signal(int, void (*)(int)))(int);
void (*bsd_signal(int sig, void (*handler)(int)))(int) { return signal(sig, handler); }

int siginterrupt(int sig, int on) {
	struct sigaction a;
	if (sigaction(sig, 0, &a) < 0)
		return -1;
	if (on) {
		interrupting |= 1u << (sig - 1);
		a.sa_flags &= ~SA_RESTART;
	} else {
		interrupting &= ~(1u << (sig - 1));
		a.sa_flags |= SA_RESTART;
	}
	return sigaction(sig, &a, 0);
}

static int valid(int sig) {
	if (sig > 0 && sig < NSIG)
		return 1;
	errno = EINVAL;
	return 0;
}
int sigemptyset(sigset_t *s) { return *s = 0, 0; }
int sigfillset(sigset_t *s) { return *s = ~0u, 0; }
int sigaddset(sigset_t *s, int sig) { return valid(sig) ? (*s |= 1u << (sig - 1), 0) : -1; }
int sigdelset(sigset_t *s, int sig) { return valid(sig) ? (*s &= ~(1u << (sig - 1)), 0) : -1; }
int sigismember(const sigset_t *s, int sig) { return valid(sig) ? (*s >> (sig - 1) & 1) != 0 : -1; }
int sighold(int sig) {
	sigset_t s = 0;
	return sigaddset(&s, sig) < 0 ? -1 : sigprocmask(SIG_BLOCK, &s, 0);
}
int sigrelse(int sig) {
	sigset_t s = 0;
	return sigaddset(&s, sig) < 0 ? -1 : sigprocmask(SIG_UNBLOCK, &s, 0);
}
int sigignore(int sig) { return signal(sig, SIG_IGN) == SIG_ERR ? -1 : 0; }
int sigblock(int mask) {
	sigset_t s = (sigset_t)mask, old = 0;
	sigprocmask(SIG_BLOCK, &s, &old);
	return (int)old;
}
int sigsetmask(int mask) {
	sigset_t s = (sigset_t)mask, old = 0;
	sigprocmask(SIG_SETMASK, &s, &old);
	return (int)old;
}
int sigpause(int mask) {
	sigset_t s = (sigset_t)mask;
	return sigsuspend(&s);
}

const char *const sys_signame[NSIG] = { "Signal 0", "hup", "int", "quit", "ill", "trap", "abrt", "emt", "fpe", "kill", "bus", "segv", "sys",
	"pipe", "alrm", "term", "urg", "stop", "tstp", "cont", "chld", "ttin", "ttou", "io", "xcpu", "xfsz", "vtalrm", "prof", "winch", "info",
	"usr1", "usr2" };
const char *const sys_siglist[NSIG] = { "Signal 0", "Hangup", "Interrupt", "Quit", "Illegal instruction", "Trace/BPT trap", "Abort trap",
	"EMT trap", "Floating point exception", "Killed", "Bus error", "Segmentation fault", "Bad system call", "Broken pipe", "Alarm clock",
	"Terminated", "Urgent I/O condition", "Suspended (signal)", "Suspended", "Continued", "Child exited", "Stopped (tty input)",
	"Stopped (tty output)", "I/O possible", "Cputime limit exceeded", "Filesize limit exceeded", "Virtual timer expired",
	"Profiling timer expired", "Window size changes", "Information request", "User defined signal 1", "User defined signal 2" };

char *strsignal(int sig) {
	static char buf[64];
	if (sig > 0 && sig < NSIG)
		snprintf(buf, sizeof buf, "%s: %d", sys_siglist[sig], sig);
	else
		snprintf(buf, sizeof buf, "Unknown signal: %d", sig);
	return buf;
}
void psignal(unsigned sig, const char *s) {
	const char *what = sig < NSIG ? sys_siglist[sig] : "Unknown signal";
	if (s && *s)
		dprintf(2, "%s: %s\n", s, what);
	else
		dprintf(2, "%s\n", what);
}
