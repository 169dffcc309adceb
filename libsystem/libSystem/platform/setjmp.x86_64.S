// setjmp(3). A jmp_buf is 148 bytes: rbx, rbp, rsp, r12-r15, rip (64 bytes), MXCSR
// and the x87 control word at 64 and 68, the signal mask at 72, 1 at 76 if the
// thread was on its alternate stack; sigjmp_buf has 1 at 148 if the mask is kept.

	.text
	.p2align 4
	.globl __setjmp
__setjmp:
	movq %rbx, (%rdi)
	movq %rbp, 8(%rdi)
	leaq 8(%rsp), %rdx
	movq %rdx, 16(%rdi)
	movq %r12, 24(%rdi)
	movq %r13, 32(%rdi)
	movq %r14, 40(%rdi)
	movq %r15, 48(%rdi)
	movq (%rsp), %rdx
	movq %rdx, 56(%rdi)
	stmxcsr 64(%rdi)
	fnstcw 68(%rdi)
	xorl %eax, %eax
	retq

	.p2align 4
	.globl _sigsetjmp
_sigsetjmp:
	movl %esi, 148(%rdi)
	testl %esi, %esi
	je __setjmp
	.globl _setjmp
_setjmp:
	pushq %rdi
	subq $32, %rsp
	leaq 72(%rdi), %rdx
	xorl %esi, %esi
	movl $1, %edi
	callq _sigprocmask
	xorl %edi, %edi
	movq %rsp, %rsi
	callq _sigaltstack
	movl 16(%rsp), %eax
	andl $1, %eax
	addq $32, %rsp
	popq %rdi
	movl %eax, 76(%rdi)
	jmp __setjmp

	.p2align 4
	.globl __longjmp
__longjmp:
	movl %esi, %eax
	testl %eax, %eax
	jne 1f
	incl %eax
1:	movq (%rdi), %rbx
	movq 8(%rdi), %rbp
	movq 16(%rdi), %rsp
	movq 24(%rdi), %r12
	movq 32(%rdi), %r13
	movq 40(%rdi), %r14
	movq 48(%rdi), %r15
	ldmxcsr 64(%rdi)
	fldcw 68(%rdi)
	cld
	jmpq *56(%rdi)

	.p2align 4
	.globl _siglongjmp
_siglongjmp:
	cmpl $0, 148(%rdi)
	je __longjmp
	.globl _longjmp
_longjmp:
	pushq %rdi
	pushq %rsi
	subq $8, %rsp
	movl 76(%rdi), %esi
	leaq 72(%rdi), %rbx // restored below
	// Tells the kernel which stack the thread will be on.
	xorl %edi, %edi
	movl $0x80000000, %eax
	movl $0x40000000, %edx
	testl %esi, %esi
	cmovnel %edx, %eax
	movl %eax, %esi
	xorl %edx, %edx
	movl $0x20000b8, %eax
	syscall
	xorl %edx, %edx
	movq %rbx, %rsi
	movl $3, %edi
	callq _sigprocmask
	addq $8, %rsp
	popq %rsi
	popq %rdi
	jmp __longjmp
	.subsections_via_symbols
