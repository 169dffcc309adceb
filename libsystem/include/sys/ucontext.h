#ifndef _BEAGLE_SYS_UCONTEXT_H_
#define _BEAGLE_SYS_UCONTEXT_H_

#include <sys/types.h>
#include <sys/signal.h>
#include <mach/thread_status.h>

__BEGIN_DECLS

struct __darwin_mcontext64 {
#if defined(__x86_64__)
	struct __darwin_x86_exception_state64 __es;
	struct __darwin_x86_thread_state64 __ss;
	struct __darwin_x86_float_state64 __fs;
#else
	struct __darwin_arm_exception_state64 __es;
	struct __darwin_arm_thread_state64 __ss;
	struct __darwin_arm_neon_state64 __ns;
#endif
};
typedef struct __darwin_mcontext64 *mcontext_t;
typedef struct __darwin_ucontext {
	int uc_onstack;
	sigset_t uc_sigmask;
	stack_t uc_stack;
	struct __darwin_ucontext *uc_link;
	size_t uc_mcsize;
	mcontext_t uc_mcontext;
} ucontext_t;

__END_DECLS

#endif
