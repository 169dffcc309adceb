// Calls that return two values, start or end something, or read registers.

	.text
// A child has 1 in the second register and its own pid in the first.
	.p2align 4
	.globl ___fork
___fork:
	movl $0x2000002, %eax
	syscall
	jnb 1f
	movq %rax, %rdi
	jmp _cerror
1:	testl %edx, %edx
	je 2f
	xorl %eax, %eax
2:	retq

// Parent and child may share the stack: the return address waits in a register.
	.p2align 4
	.globl _vfork
_vfork:
	popq %rdi
	movl $0x2000042, %eax
	syscall
	jnb 1f
	pushq %rdi
	movq %rax, %rdi
	jmp _cerror
1:	testl %edx, %edx
	je 2f
	xorl %eax, %eax
2:	jmpq *%rdi

	.p2align 4
	.globl _pipe
_pipe:
	movq %rdi, %rsi
	movl $0x200002a, %eax
	syscall
	jnb 1f
	movq %rax, %rdi
	jmp _cerror
1:	movl %eax, (%rsi)
	movl %edx, 4(%rsi)
	xorl %eax, %eax
	retq

// Number first, then up to five arguments in registers, the rest on the stack.
	.p2align 4
	.globl _syscall, ___syscall
_syscall:
___syscall:
	movl $0x2000000, %eax
	movq %rcx, %r10
	syscall
	jnb 1f
	movq %rax, %rdi
	jmp _cerror
1:	retq

	.globl ___sigreturn
___sigreturn:
	movl $0x20000b8, %eax
	syscall
	ud2

// __sigtramp(handler, style, signal, info, context, token), from the kernel.
// The frame below lets an unwinder and a handler see an aligned stack.
	.p2align 4
	.globl __sigtramp
__sigtramp:
	.cfi_startproc simple
	.cfi_signal_frame
	subq $24, %rsp
	movq %rdi, %rax
	movq %r8, (%rsp)
	movq %r9, 8(%rsp)
	movl %edx, %edi
	movq %rcx, %rsi
	movq %r8, %rdx
	callq *%rax
	movq (%rsp), %rdi
	movq 8(%rsp), %rdx
	movl $0x1e, %esi
	callq ___sigreturn
	ud2
	.cfi_endproc

// The time base words in the commpage change together with the generation.
	.p2align 4
	.globl _mach_absolute_time
_mach_absolute_time:
	movabsq $0x7fffffe00050, %rsi
1:	movl 0x18(%rsi), %r8d
	testl %r8d, %r8d
	je 1b
	lfence
	rdtsc
	lfence
	shlq $32, %rdx
	orq %rdx, %rax
	subq (%rsi), %rax
	movl 0xc(%rsi), %ecx
	shlq %cl, %rax
	movl 8(%rsi), %ecx
	mulq %rcx
	shrdq $32, %rdx, %rax
	addq 0x10(%rsi), %rax
	cmpl 0x18(%rsi), %r8d
	jne 1b
	retq

	.subsections_via_symbols
