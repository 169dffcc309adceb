#ifndef _BEAGLE_SIGNAL_H_
#define _BEAGLE_SIGNAL_H_

#include <sys/signal.h>
#include <sys/ucontext.h>

__BEGIN_DECLS

typedef int sig_atomic_t;
extern const char *const sys_signame[32];
extern const char *const sys_siglist[32];
int raise(int);
int kill(pid_t, int);
int killpg(pid_t, int);
int pthread_kill(pthread_t, int);
int pthread_sigmask(int, const sigset_t *, sigset_t *);
int sigaction(int, const struct sigaction *, struct sigaction *);
int sigaddset(sigset_t *, int);
int sigdelset(sigset_t *, int);
int sigemptyset(sigset_t *);
int sigfillset(sigset_t *);
int sigismember(const sigset_t *, int);
int sigaltstack(const stack_t *, stack_t *);
int siginterrupt(int, int);
int sighold(int);
int sigignore(int);
int sigrelse(int);
int sigpause(int);
int sigpending(sigset_t *);
int sigprocmask(int, const sigset_t *, sigset_t *);
int sigsuspend(const sigset_t *);
int sigwait(const sigset_t *, int *);
void psignal(unsigned int, const char *);
#define sigmask(m) (1 << ((m)-1))
#define sigemptyset(s) (*(s) = 0, 0)
#define sigfillset(s) (*(s) = ~(sigset_t)0, 0)

__END_DECLS

#endif
