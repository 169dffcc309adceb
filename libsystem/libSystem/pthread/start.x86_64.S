// Where the kernel starts threads, and the thread register.

	.text
	.p2align 4
	.globl __thread_set_tsd_base
__thread_set_tsd_base:
	movl $0x3000003, %eax
	syscall
	retq

	.p2align 4
	.globl _thread_start
_thread_start:
	xorl %ebp, %ebp
	subq $16, %rsp
	andq $-16, %rsp
	callq __pthread_start
	ud2
	.subsections_via_symbols
