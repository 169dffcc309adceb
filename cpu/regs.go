package cpu

// Regs is the integer register file of a context. Reads are plain indexing;
// writes go through Set, which notes what has to be carried back to the engine.
type Regs struct {
	// R holds the values, indexed by the register constants of the context's
	// architecture.
	R [NumRegs]uint64
	// Dirty has bit i set when R[i] was changed since the last Run.
	Dirty uint64
}

// NumRegs is the size of the register file in [Regs].
const NumRegs = 36

// Register numbers of x86-64, in hardware encoding order, then the rest.
const (
	RAX = iota
	RCX
	RDX
	RBX
	RSP
	RBP
	RSI
	RDI
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
	RIP
	RFLAGS
	GSBase
	FSBase
	// NumX86 is how many of Regs.R x86-64 uses.
	NumX86
)

// Register numbers of arm64: 0 to 30 are x0 to x30.
const (
	SP = 31 + iota
	PC
	// NZCV holds N, Z, C, V in bits 31..28 and nothing else.
	NZCV
	// TPIDRRO is TPIDRRO_EL0, Darwin's thread base.
	TPIDRRO
	// TPIDR is TPIDR_EL0, Darwin's cpu number.
	TPIDR
)

// FP and LR are arm64's frame pointer and link register.
const (
	FP = 29
	LR = 30
)

// Set changes register i.
func (r *Regs) Set(i int, v uint64) {
	r.R[i] = v
	r.Dirty |= 1 << uint(i)
}

// PCIndex returns the index of the program counter.
func (a Arch) PCIndex() int {
	if a == ARM64 {
		return PC
	}
	return RIP
}

// SPIndex returns the index of the stack pointer.
func (a Arch) SPIndex() int {
	if a == ARM64 {
		return SP
	}
	return RSP
}
