// arm64 traps for the guest programs: see beagle.h.

	.text
	.p2align 2

// start: argc is at the stack pointer, as XNU leaves it for a static program.
	.globl start
start:
	mov	x0, sp
	and	x9, x0, #-16
	mov	sp, x9
	mov	x29, #0
	bl	_bg_start
	brk	#1

// name(number, args, out)
.macro TRAP name
	.globl \name
\name:
	stp	x19, x30, [sp, #-16]!
	mov	x19, x2
	mov	x9, x1
	mov	x16, x0
	TRAP_NUMBER \name
	ldp	x0, x1, [x9]
	ldp	x2, x3, [x9, #16]
	ldp	x4, x5, [x9, #32]
	ldp	x6, x7, [x9, #48]
	svc	#0x80
	cset	w9, cs
	stp	x0, x1, [x19]
	str	x9, [x19, #16]
	ldp	x19, x30, [sp], #16
	ret
.endm

.macro TRAP_NUMBER name
.endm
	TRAP _bg_unix
.purgem TRAP_NUMBER
.macro TRAP_NUMBER name
	neg	x16, x16
.endm
	TRAP _bg_mach
.purgem TRAP_NUMBER

// The platform call takes its code in x3.
.macro TRAP_NUMBER name
	mov	w16, #0x80000000
.endm
	TRAP _bg_mdep

// x0=handler w1=style w2=signal x3=siginfo x4=ucontext x5=token
	.globl _bg_sigtramp
_bg_sigtramp:
	mov	x19, x4
	mov	w20, w1
	mov	x21, x5
	mov	x9, x0
	mov	w0, w2
	mov	x1, x3
	mov	x2, x4
	blr	x9
	mov	x0, x19
	mov	w1, w20
	mov	x2, x21
	mov	x16, #184
	svc	#0x80
	brk	#1

// x0=pthread x1=port x2=function x3=argument x4=stack x5=flags sp=stack
	.globl _bg_threadstart
_bg_threadstart:
	mov	x29, #0
	bl	_bg_thread_main
	brk	#1
