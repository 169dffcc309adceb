#ifndef _BEAGLE_SYS_PTRACE_H_
#define _BEAGLE_SYS_PTRACE_H_

#include <sys/types.h>

__BEGIN_DECLS

#define PT_TRACE_ME 0
#define PT_CONTINUE 7
#define PT_KILL 8
#define PT_DETACH 11
#define PT_DENY_ATTACH 31
#define PT_ATTACHEXC 14
int ptrace(int, pid_t, caddr_t, int);

__END_DECLS

#endif
