// setjmp(3). A jmp_buf is 192 bytes: x19-x30 and sp (104), d8-d15 (to 168), FPCR at
// 168, the signal mask at 176, 1 at 180 if the thread was on its alternate stack;
// sigjmp_buf has 1 at 192 if the mask is kept.

	.text
	.p2align 2
	.globl __setjmp
__setjmp:
Lset:
	stp x19, x20, [x0]
	stp x21, x22, [x0, #16]
	stp x23, x24, [x0, #32]
	stp x25, x26, [x0, #48]
	stp x27, x28, [x0, #64]
	stp x29, x30, [x0, #80]
	mov x2, sp
	str x2, [x0, #96]
	stp d8, d9, [x0, #104]
	stp d10, d11, [x0, #120]
	stp d12, d13, [x0, #136]
	stp d14, d15, [x0, #152]
	mrs x2, fpcr
	str x2, [x0, #168]
	mov w0, #0
	ret

	.p2align 2
	.globl _sigsetjmp
_sigsetjmp:
	str w1, [x0, #192]
	cbz w1, Lset
	b _setjmp
	.p2align 2
	.globl _setjmp
_setjmp:
	stp x0, x30, [sp, #-48]!
	add x2, x0, #176
	mov x1, #0
	mov w0, #1
	bl _sigprocmask
	mov x0, #0
	add x1, sp, #16
	bl _sigaltstack
	ldr w2, [sp, #32]
	ldp x0, x30, [sp], #48
	and w2, w2, #1
	str w2, [x0, #180]
	b __setjmp

	.p2align 2
	.globl __longjmp
__longjmp:
Ljump:
	ldp x19, x20, [x0]
	ldp x21, x22, [x0, #16]
	ldp x23, x24, [x0, #32]
	ldp x25, x26, [x0, #48]
	ldp x27, x28, [x0, #64]
	ldp x29, x30, [x0, #80]
	ldr x2, [x0, #96]
	mov sp, x2
	ldp d8, d9, [x0, #104]
	ldp d10, d11, [x0, #120]
	ldp d12, d13, [x0, #136]
	ldp d14, d15, [x0, #152]
	ldr x2, [x0, #168]
	msr fpcr, x2
	cmp w1, #0
	csinc w0, w1, wzr, ne
	ret

	.p2align 2
	.globl _siglongjmp
_siglongjmp:
	ldr w2, [x0, #192]
	cbz w2, Ljump
	b _longjmp
	.p2align 2
	.globl _longjmp
_longjmp:
	mov x19, x0 // both restored below
	mov w20, w1
	// Tells the kernel which stack the thread will be on.
	ldr w2, [x0, #180]
	mov w3, #0x40000000
	mov w1, #0x80000000
	cmp w2, #0
	csel w1, w3, w1, ne
	mov x0, #0
	mov x2, #0
	mov x16, #184
	svc #0x80
	add x1, x19, #176
	mov x2, #0
	mov w0, #3
	bl _sigprocmask
	mov x0, x19
	mov w1, w20
	b __longjmp
	.subsections_via_symbols
