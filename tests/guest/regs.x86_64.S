# Register test, x86-64: loads every register from _regs_in, traps, stores every
# register to _regs_out. Nothing of its own stays on the stack, so that a vfork
# child may return through it before its parent does.
#
# Layout, in 8-byte words: rax rbx rcx rdx rsi rdi rbp rsp r8..r15 rflags, one
# unused; then xmm0..15.

	.zerofill __DATA,__bss,_regs_in,400,4
	.zerofill __DATA,__bss,_regs_out,400,4
	.zerofill __DATA,__bss,saved,64,4
	.globl _regs_in, _regs_out
	.text

.macro ONE name, after, insn:vararg
	.globl \name, \after
\name:
	popq	saved(%rip)
	movq	%rbx, saved+8(%rip)
	movq	%rbp, saved+16(%rip)
	movq	%r12, saved+24(%rip)
	movq	%r13, saved+32(%rip)
	movq	%r14, saved+40(%rip)
	movq	%r15, saved+48(%rip)
	movq	%rsp, saved+56(%rip)
	leaq	_regs_in(%rip), %rax
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	movups	144+16*\n(%rax), %xmm\n
	.endr
	pushq	128(%rax)
	popfq
	movq	8(%rax), %rbx
	movq	16(%rax), %rcx
	movq	24(%rax), %rdx
	movq	32(%rax), %rsi
	movq	40(%rax), %rdi
	movq	48(%rax), %rbp
	movq	56(%rax), %rsp
	movq	64(%rax), %r8
	movq	72(%rax), %r9
	movq	80(%rax), %r10
	movq	88(%rax), %r11
	movq	96(%rax), %r12
	movq	104(%rax), %r13
	movq	112(%rax), %r14
	movq	120(%rax), %r15
	movq	0(%rax), %rax
	\insn
\after:
	movq	%rax, _regs_out(%rip)
	leaq	_regs_out(%rip), %rax
	movq	%rbx, 8(%rax)
	movq	%rcx, 16(%rax)
	movq	%rdx, 24(%rax)
	movq	%rsi, 32(%rax)
	movq	%rdi, 40(%rax)
	movq	%rbp, 48(%rax)
	movq	%rsp, 56(%rax)
	movq	%r8, 64(%rax)
	movq	%r9, 72(%rax)
	movq	%r10, 80(%rax)
	movq	%r11, 88(%rax)
	movq	%r12, 96(%rax)
	movq	%r13, 104(%rax)
	movq	%r14, 112(%rax)
	movq	%r15, 120(%rax)
	movq	saved+56(%rip), %rsp
	pushfq
	popq	128(%rax)
	cld
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	movups	%xmm\n, 144+16*\n(%rax)
	.endr
	movq	saved+8(%rip), %rbx
	movq	saved+16(%rip), %rbp
	movq	saved+24(%rip), %r12
	movq	saved+32(%rip), %r13
	movq	saved+40(%rip), %r14
	movq	saved+48(%rip), %r15
	jmpq	*saved(%rip)
.endm

	ONE _regs_trap, _regs_after, syscall
	ONE _regs_int80, _regs_after80, int $0x80
	ONE _regs_int81, _regs_after81, int $0x81
	ONE _regs_int82, _regs_after82, int $0x82

# Spoils every register that a signal handler may spoil, and then some.
	.globl _spoil
_spoil:
	pcmpeqd	%xmm0, %xmm0
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	movdqa	%xmm0, %xmm\n
	.endr
	movq	$-1, %rax
	movq	%rax, %rcx
	movq	%rax, %rdx
	movq	%rax, %rsi
	movq	%rax, %rdi
	movq	%rax, %r8
	movq	%rax, %r9
	movq	%rax, %r10
	movq	%rax, %r11
	stc
	retq
