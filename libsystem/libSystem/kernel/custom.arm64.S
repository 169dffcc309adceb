// Calls that return two values, start or end something, or read registers.

	.text
// A child has 1 in the second register and its own pid in the first.
	.p2align 2
	.globl ___fork
___fork:
	mov x16, #2
	svc #0x80
	b.cc 1f
	b _cerror
1:	cbz w1, 2f
	mov x0, #0
2:	ret

	.p2align 2
	.globl _vfork
_vfork:
	mov x16, #66
	svc #0x80
	b.cc 1f
	b _cerror
1:	cbz w1, 2f
	mov x0, #0
2:	ret

	.p2align 2
	.globl _pipe
_pipe:
	mov x9, x0
	mov x16, #42
	svc #0x80
	b.cc 1f
	b _cerror
1:	stp w0, w1, [x9]
	mov x0, #0
	ret

// Number first; the arguments of a variadic function are on the stack here.
	.p2align 2
	.globl _syscall, ___syscall
_syscall:
___syscall:
	ldp x1, x2, [sp]
	ldp x3, x4, [sp, #16]
	ldp x5, x6, [sp, #32]
	ldr x7, [sp, #48]
	mov x16, #0
	svc #0x80
	b.cc 1f
	b _cerror
1:	ret

	.p2align 2
	.globl ___sigreturn
___sigreturn:
	mov x16, #184
	svc #0x80
	brk #1

// __sigtramp(handler, style, signal, info, context, token), from the kernel.
	.p2align 2
	.globl __sigtramp
__sigtramp:
	.cfi_startproc simple
	.cfi_signal_frame
	sub sp, sp, #32
	stp x4, x5, [sp]
	mov x8, x0
	mov w0, w2
	mov x1, x3
	mov x2, x4
	blr x8
	ldp x0, x2, [sp]
	mov w1, #0x1e
	bl ___sigreturn
	brk #1
	.cfi_endproc

// The commpage says whether a program may read the counter itself.
	.p2align 2
	.globl _mach_absolute_time
_mach_absolute_time:
	movz x3, #0xc088
	movk x3, #0xffff, lsl #16
	movk x3, #0x000f, lsl #32
	ldrb w2, [x3, #8]
	cbz w2, 2f
1:	ldr x1, [x3]
	isb
	mrs x0, CNTVCT_EL0
	ldr x2, [x3]
	cmp x1, x2
	b.ne 1b
	add x0, x0, x1
	ret
2:	mov x16, #-3
	svc #0x80
	ret

	.subsections_via_symbols
