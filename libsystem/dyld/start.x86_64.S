// Entry, system calls and the other places where C does not reach, x86-64.

	.text
	.globl	__dyld_start
__dyld_start:
	// The kernel starts here with the mach_header, argc, argv and so on at rsp,
	// which is aligned to 8 only.
	movq	%rsp, %rdi
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	call	_dyld_start_c
	ud2

// long dyld_syscall(number, a, b, c, d, e, f)
	.globl	_dyld_syscall
	.private_extern _dyld_syscall
_dyld_syscall:
	leaq	0x2000000(%rdi), %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
	syscall
	jnc	1f
	negq	%rax
1:	ret

// noreturn void dyld_jump(entry, sp): a program with LC_UNIXTHREAD starts as the
// kernel would have started it.
	.globl	_dyld_jump
	.private_extern _dyld_jump
_dyld_jump:
	movq	%rdi, %rax
	movq	%rsi, %rsp
	xorl	%edi, %edi
	xorl	%esi, %esi
	xorl	%edx, %edx
	xorl	%ecx, %ecx
	xorl	%ebx, %ebx
	xorl	%ebp, %ebp
	jmpq	*%rax

// Where the stub of a missing symbol leads: r11 is its struct missing, the return
// address the caller.
	.globl	_dyld_missing_entry
	.private_extern _dyld_missing_entry
_dyld_missing_entry:
	movq	%r11, %rdi
	movq	(%rsp), %rsi
	andq	$-16, %rsp
	call	_dyld_missing_called
	ud2

// The thunk of thread-local variables: the descriptor {thunk, key, offset} is in
// rdi, the result in rax, and nothing else may change.
	.globl	_dyld_tlv_get_addr
	.private_extern _dyld_tlv_get_addr
_dyld_tlv_get_addr:
	movq	8(%rdi), %rax
	movq	%gs:(,%rax,8), %rax
	testq	%rax, %rax
	je	1f
	addq	16(%rdi), %rax
	ret
1:	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	subq	$528, %rsp
	andq	$-16, %rsp
	fxsave	(%rsp)
	movq	8(%rdi), %rdi
	call	_dyld_tlv_allocate
	fxrstor	(%rsp)
	leaq	-64(%rbp), %rsp
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	popq	%rbp
	addq	16(%rdi), %rax
	ret

	.subsections_via_symbols
