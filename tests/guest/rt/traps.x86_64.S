# x86-64 traps for the guest programs: see beagle.h.

	.text

# start: argc is at the stack pointer, as XNU leaves it for a static program.
	.globl start
start:
	movq	%rsp, %rdi
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	callq	_bg_start
	ud2

# name(number, args, out): class is added to the number. The 7th and 8th
# argument are where a call from a stub would leave them: above a return address.
.macro TRAP name, class, insn:vararg
	.globl \name
\name:
	pushq	%rbx
	pushq	%r12
	movq	%rsi, %rbx
	movq	%rdx, %r12
	leaq	\class(%rdi), %rax
	pushq	56(%rbx)
	pushq	48(%rbx)
	pushq	$0
	movq	0(%rbx), %rdi
	movq	8(%rbx), %rsi
	movq	16(%rbx), %rdx
	movq	24(%rbx), %r10
	movq	32(%rbx), %r8
	movq	40(%rbx), %r9
	\insn
	movq	%rax, 0(%r12)
	movq	%rdx, 8(%r12)
	setc	%al
	movzbl	%al, %eax
	movq	%rax, 16(%r12)
	addq	$24, %rsp
	popq	%r12
	popq	%rbx
	retq
.endm

	TRAP _bg_unix, 0x2000000, syscall
	TRAP _bg_mach, 0x1000000, syscall
	TRAP _bg_mdep, 0x3000000, syscall
	TRAP _bg_int80, 0, int $0x80
	TRAP _bg_int81, 0, int $0x81
	TRAP _bg_int82, 0, int $0x82

# rdi=handler esi=style edx=signal rcx=siginfo r8=ucontext r9=token; the stack
# is as after a call.
	.globl _bg_sigtramp
_bg_sigtramp:
	movq	%r8, %rbx
	movq	%r9, %r12
	movl	%esi, %r13d
	movq	%rdi, %rax
	movl	%edx, %edi
	movq	%rcx, %rsi
	movq	%r8, %rdx
	subq	$8, %rsp
	callq	*%rax
	movq	%rbx, %rdi
	movl	%r13d, %esi
	movq	%r12, %rdx
	movl	$0x20000b8, %eax
	syscall
	ud2

# rdi=pthread rsi=port rdx=function rcx=argument r8=stack r9=flags rsp=stack
	.globl _bg_threadstart
_bg_threadstart:
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	callq	_bg_thread_main
	ud2
