// Work queue threads: the kernel makes them, with stacks of its own, when work
// is asked for, and takes them back.
// expect: 4 workers came
// expect: again, after going back
#include "beagle.h"

enum { SYS_workq_open = 367, SYS_workq_kernreturn = 368, THREAD_RETURN = 4, REQTHREADS = 0x20, SETUP_DISPATCH = 0x400 };

void wq_entry(void);
static u32 came;
static u64 stacks[16];

#ifdef __x86_64__
__asm__(".text\n.globl _wq_entry\n_wq_entry:\n xorl %ebp, %ebp\n andq $-16, %rsp\n callq _wq_main\n ud2\n");
#else
__asm__(".text\n.p2align 2\n.globl _wq_entry\n_wq_entry:\n mov x29, #0\n bl _wq_main\n brk #1\n");
#endif

_Noreturn void wq_main(u64 self, u32 port, u64 stack, void *events, u32 flags, int n) {
	int here;
	// stack is the low end of the stack; the pthread lies above it.
	if (!((u64)&here > stack && (u64)&here < self && port != 0)) fail("workq.c", __LINE__, "stack below pthread", (long)stack);
	u32 i = __atomic_fetch_add(&came, 1, __ATOMIC_SEQ_CST);
	stacks[i & 15] = stack;
	sys(SYS_ulock_wake, 1 | 0x100, &came, 0);
	for (;;) sys(SYS_workq_kernreturn, THREAD_RETURN, 0, 0, 0);
}

static void await(u32 n) {
	u64 t0 = nanotime();
	for (u32 c; (c = __atomic_load_n(&came, __ATOMIC_SEQ_CST)) < n && nanotime() - t0 < 10000000000;) sys(SYS_ulock_wait, 1, &came, c, 100000);
	CHECK_EQ(came, n);
}

int main(int argc, char **argv, char **envp, char **apple) {
	static struct { u64 version, dispatch_queue_offset, main_qos; u32 tsd, rtk, mts; u64 more[8]; } d;
	d.version = sizeof d;
	CHECK(sys(SYS_bsdthread_register, bg_threadstart, wq_entry, 4096, &d, sizeof d, 0) >= 0);
	CHECK_EQ(sys(SYS_workq_open), 0);
	static struct { u32 version, flags; u64 c, e; } setup = {2, 0, 0, 0};
	CHECK_EQ(sys(SYS_workq_kernreturn, SETUP_DISPATCH, &setup, sizeof setup, 0), 0);
	CHECK_EQ(sys(SYS_workq_kernreturn, REQTHREADS, 0, 4, 0x8ff), 0);
	await(4);
	say("4 workers came\n");
	CHECK_EQ(sys(SYS_workq_kernreturn, REQTHREADS, 0, 3, 0x8ff), 0);
	await(7);
	say("again, after going back\n");
	CHECK_EQ(sys(SYS_workq_kernreturn, 0x7777, 0, 0, 0), -EINVAL);
	return 0;
}
