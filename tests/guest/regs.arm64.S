// Register test, arm64: loads every register from _regs_in, traps, stores every
// register to _regs_out. x18 may be changed by the kernel at any time, so it is
// the one that holds the address.
//
// Layout, in 8-byte words: x0..x30, nzcv; then q0..q31; then sp.

	.zerofill __DATA,__bss,_regs_in,800,4
	.zerofill __DATA,__bss,_regs_out,800,4
	.zerofill __DATA,__bss,saved,192,4
	.globl _regs_in, _regs_out
	.text
	.p2align 2

	.globl _regs_trap, _regs_after
_regs_trap:
	adrp	x9, saved@PAGE
	add	x9, x9, saved@PAGEOFF
	stp	x19, x20, [x9]
	stp	x21, x22, [x9, #16]
	stp	x23, x24, [x9, #32]
	stp	x25, x26, [x9, #48]
	stp	x27, x28, [x9, #64]
	stp	x29, x30, [x9, #80]
	stp	d8, d9, [x9, #96]
	stp	d10, d11, [x9, #112]
	stp	d12, d13, [x9, #128]
	stp	d14, d15, [x9, #144]
	adrp	x18, _regs_in@PAGE
	add	x18, x18, _regs_in@PAGEOFF
	ldr	x9, [x18, #248]
	msr	NZCV, x9
	ldp	q0, q1, [x18, #256]
	ldp	q2, q3, [x18, #288]
	ldp	q4, q5, [x18, #320]
	ldp	q6, q7, [x18, #352]
	ldp	q8, q9, [x18, #384]
	ldp	q10, q11, [x18, #416]
	ldp	q12, q13, [x18, #448]
	ldp	q14, q15, [x18, #480]
	ldp	q16, q17, [x18, #512]
	ldp	q18, q19, [x18, #544]
	ldp	q20, q21, [x18, #576]
	ldp	q22, q23, [x18, #608]
	ldp	q24, q25, [x18, #640]
	ldp	q26, q27, [x18, #672]
	ldp	q28, q29, [x18, #704]
	ldp	q30, q31, [x18, #736]
	ldp	x0, x1, [x18]
	ldp	x2, x3, [x18, #16]
	ldp	x4, x5, [x18, #32]
	ldp	x6, x7, [x18, #48]
	ldp	x8, x9, [x18, #64]
	ldp	x10, x11, [x18, #80]
	ldp	x12, x13, [x18, #96]
	ldp	x14, x15, [x18, #112]
	ldp	x16, x17, [x18, #128]
	ldp	x19, x20, [x18, #152]
	ldp	x21, x22, [x18, #168]
	ldp	x23, x24, [x18, #184]
	ldp	x25, x26, [x18, #200]
	ldp	x27, x28, [x18, #216]
	ldp	x29, x30, [x18, #232]
	svc	#0x80
_regs_after:
	adrp	x18, _regs_out@PAGE
	add	x18, x18, _regs_out@PAGEOFF
	stp	x0, x1, [x18]
	stp	x2, x3, [x18, #16]
	stp	x4, x5, [x18, #32]
	stp	x6, x7, [x18, #48]
	stp	x8, x9, [x18, #64]
	stp	x10, x11, [x18, #80]
	stp	x12, x13, [x18, #96]
	stp	x14, x15, [x18, #112]
	stp	x16, x17, [x18, #128]
	stp	x19, x20, [x18, #152]
	stp	x21, x22, [x18, #168]
	stp	x23, x24, [x18, #184]
	stp	x25, x26, [x18, #200]
	stp	x27, x28, [x18, #216]
	stp	x29, x30, [x18, #232]
	mrs	x9, NZCV
	str	x9, [x18, #248]
	mov	x9, sp
	str	x9, [x18, #768]
	stp	q0, q1, [x18, #256]
	stp	q2, q3, [x18, #288]
	stp	q4, q5, [x18, #320]
	stp	q6, q7, [x18, #352]
	stp	q8, q9, [x18, #384]
	stp	q10, q11, [x18, #416]
	stp	q12, q13, [x18, #448]
	stp	q14, q15, [x18, #480]
	stp	q16, q17, [x18, #512]
	stp	q18, q19, [x18, #544]
	stp	q20, q21, [x18, #576]
	stp	q22, q23, [x18, #608]
	stp	q24, q25, [x18, #640]
	stp	q26, q27, [x18, #672]
	stp	q28, q29, [x18, #704]
	stp	q30, q31, [x18, #736]
	adrp	x9, saved@PAGE
	add	x9, x9, saved@PAGEOFF
	ldp	x19, x20, [x9]
	ldp	x21, x22, [x9, #16]
	ldp	x23, x24, [x9, #32]
	ldp	x25, x26, [x9, #48]
	ldp	x27, x28, [x9, #64]
	ldp	x29, x30, [x9, #80]
	ldp	d8, d9, [x9, #96]
	ldp	d10, d11, [x9, #112]
	ldp	d12, d13, [x9, #128]
	ldp	d14, d15, [x9, #144]
	ret

// long vfork_stub(u32 *children, u64 *second): as Apple's stub does, with an
// exclusive increment before the trap and an exclusive decrement after it in
// the parent.
	.globl _vfork_stub
_vfork_stub:
	mov	x9, x0
	mov	x10, x1
1:	ldxr	w11, [x9]
	add	w11, w11, #1
	stxr	w12, w11, [x9]
	cbnz	w12, 1b
	mov	x16, #66
	svc	#0x80
	b.cs	3f
	cbnz	x1, 2f
4:	ldxr	w11, [x9]
	sub	w11, w11, #1
	stxr	w12, w11, [x9]
	cbnz	w12, 4b
2:	str	x1, [x10]
	ret
3:	neg	x0, x0
	ret

// Spoils every register that a signal handler may spoil.
	.globl _spoil
_spoil:
	mov	x0, #-1
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17
	mov	x\n, x0
	.endr
	.irp	n, 0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	movi	v\n\().16b, #255
	.endr
	cmp	x0, x0
	ret
