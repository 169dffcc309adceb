#ifndef _BEAGLE_SYS_WAIT_H_
#define _BEAGLE_SYS_WAIT_H_

#include <sys/types.h>
#include <sys/signal.h>
#include <sys/resource.h>

__BEGIN_DECLS

typedef enum { P_ALL, P_PID, P_PGID } idtype_t;
#define WNOHANG 1
#define WUNTRACED 2
#define WEXITED 4
#define WSTOPPED 8
#define WCONTINUED 16
#define WNOWAIT 32
#define WCOREFLAG 0200
#define _WSTATUS(x) ((x) & 0177)
#define _WSTOPPED 0177
#define WEXITSTATUS(x) (((x) >> 8) & 0xff)
#define WSTOPSIG(x) ((x) >> 8)
#define WIFCONTINUED(x) (_WSTATUS(x) == _WSTOPPED && WSTOPSIG(x) == 0x13)
#define WIFSTOPPED(x) (_WSTATUS(x) == _WSTOPPED && WSTOPSIG(x) != 0x13)
#define WIFEXITED(x) (_WSTATUS(x) == 0)
#define WIFSIGNALED(x) (_WSTATUS(x) != _WSTOPPED && _WSTATUS(x) != 0)
#define WTERMSIG(x) (_WSTATUS(x))
#define WCOREDUMP(x) ((x) & WCOREFLAG)
#define W_EXITCODE(r, s) ((r) << 8 | (s))
#define W_STOPCODE(s) ((s) << 8 | _WSTOPPED)
#define WAIT_ANY (-1)
#define WAIT_MYPGRP 0
pid_t wait(int *);
pid_t waitpid(pid_t, int *, int);
int waitid(idtype_t, id_t, siginfo_t *, int);
pid_t wait3(int *, int, struct rusage *);
pid_t wait4(pid_t, int *, int, struct rusage *);

__END_DECLS

#endif
