// Entry, system calls and the other places where C does not reach, arm64.

	.text
	.globl	__dyld_start
	.p2align 2
__dyld_start:
	// The kernel starts here with the mach_header, argc, argv and so on at sp,
	// which is aligned to 8 only.
	mov	x0, sp
	and	sp, x0, #~15
	mov	x29, #0
	mov	x30, #0
	bl	_dyld_start_c
	brk	#1

// long dyld_syscall(number, a, b, c, d, e, f)
	.globl	_dyld_syscall
	.private_extern _dyld_syscall
	.p2align 2
_dyld_syscall:
	mov	x16, x0
	mov	x0, x1
	mov	x1, x2
	mov	x2, x3
	mov	x3, x4
	mov	x4, x5
	mov	x5, x6
	svc	#0x80
	b.cc	1f
	neg	x0, x0
1:	ret

// noreturn void dyld_jump(entry, sp): a program with LC_UNIXTHREAD starts as the
// kernel would have started it.
	.globl	_dyld_jump
	.private_extern _dyld_jump
	.p2align 2
_dyld_jump:
	mov	x16, x0
	mov	sp, x1
	mov	x0, #0
	mov	x1, #0
	mov	x29, #0
	mov	x30, #0
	br	x16

// Where the stub of a missing symbol leads: x16 is its struct missing, x30 the
// caller.
	.globl	_dyld_missing_entry
	.private_extern _dyld_missing_entry
	.p2align 2
_dyld_missing_entry:
	mov	x0, x16
	mov	x1, x30
	mov	x2, sp
	and	sp, x2, #~15
	bl	_dyld_missing_called
	brk	#1

// The thunk of thread-local variables: the descriptor {thunk, key, offset} is in
// x0, the result too; x16, x17 and flags may change, nothing else.
	.globl	_dyld_tlv_get_addr
	.private_extern _dyld_tlv_get_addr
	.p2align 2
_dyld_tlv_get_addr:
	ldr	x16, [x0, #8]
	mrs	x17, TPIDRRO_EL0
	and	x17, x17, #~7
	ldr	x17, [x17, x16, lsl #3]
	cbz	x17, 1f
	ldr	x16, [x0, #16]
	add	x0, x17, x16
	ret
1:	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	stp	x0, x1, [sp, #-16]!
	stp	x2, x3, [sp, #-16]!
	stp	x4, x5, [sp, #-16]!
	stp	x6, x7, [sp, #-16]!
	stp	x8, x9, [sp, #-16]!
	stp	x10, x11, [sp, #-16]!
	stp	x12, x13, [sp, #-16]!
	stp	x14, x15, [sp, #-16]!
	stp	q0, q1, [sp, #-32]!
	stp	q2, q3, [sp, #-32]!
	stp	q4, q5, [sp, #-32]!
	stp	q6, q7, [sp, #-32]!
	stp	q8, q9, [sp, #-32]!
	stp	q10, q11, [sp, #-32]!
	stp	q12, q13, [sp, #-32]!
	stp	q14, q15, [sp, #-32]!
	stp	q16, q17, [sp, #-32]!
	stp	q18, q19, [sp, #-32]!
	stp	q20, q21, [sp, #-32]!
	stp	q22, q23, [sp, #-32]!
	stp	q24, q25, [sp, #-32]!
	stp	q26, q27, [sp, #-32]!
	stp	q28, q29, [sp, #-32]!
	stp	q30, q31, [sp, #-32]!
	mov	x0, x16
	bl	_dyld_tlv_allocate
	mov	x17, x0
	ldp	q30, q31, [sp], #32
	ldp	q28, q29, [sp], #32
	ldp	q26, q27, [sp], #32
	ldp	q24, q25, [sp], #32
	ldp	q22, q23, [sp], #32
	ldp	q20, q21, [sp], #32
	ldp	q18, q19, [sp], #32
	ldp	q16, q17, [sp], #32
	ldp	q14, q15, [sp], #32
	ldp	q12, q13, [sp], #32
	ldp	q10, q11, [sp], #32
	ldp	q8, q9, [sp], #32
	ldp	q6, q7, [sp], #32
	ldp	q4, q5, [sp], #32
	ldp	q2, q3, [sp], #32
	ldp	q0, q1, [sp], #32
	ldp	x14, x15, [sp], #16
	ldp	x12, x13, [sp], #16
	ldp	x10, x11, [sp], #16
	ldp	x8, x9, [sp], #16
	ldp	x6, x7, [sp], #16
	ldp	x4, x5, [sp], #16
	ldp	x2, x3, [sp], #16
	ldp	x0, x1, [sp], #16
	ldp	x29, x30, [sp], #16
	ldr	x16, [x0, #16]
	add	x0, x17, x16
	ret

	.subsections_via_symbols
