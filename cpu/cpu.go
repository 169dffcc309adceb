// Package cpu is the seam between the kernel personality and whatever executes
// guest instructions.
//
// An [Engine] runs one [Context] at a time over one address space until the
// guest does something it cannot do alone, and says what that was in a [Trap].
// Nothing of the kernel runs while guest code runs, and no engine knows what a
// system call means. Package cputest has an engine that plays a script; package
// unicorn has the real one.
package cpu

import (
	"fmt"

	"github.com/beagle-emu/beagle/mem"
)

// Arch is a guest instruction set.
type Arch uint8

// The guest instruction sets that Darwin has on 64-bit Macs.
const (
	X86_64 Arch = iota
	ARM64
)

// String returns the name as `lipo` and `arch` spell it.
func (a Arch) String() string {
	switch a {
	case X86_64:
		return "x86_64"
	case ARM64:
		return "arm64"
	}
	return fmt.Sprintf("arch(%d)", uint8(a))
}

// PageSize returns the hardware page size of Macs of this architecture in
// bytes: 4096 on Intel, 16384 on Apple silicon.
func (a Arch) PageSize() uint64 {
	if a == ARM64 {
		return 16384
	}
	return 4096
}

// Kind says why guest execution stopped.
type Kind uint8

// The reasons for which Run returns.
const (
	// Syscall: x86-64 SYSCALL, arm64 SVC. PC is the next instruction. Num is
	// SVC's immediate; 0 for SYSCALL.
	Syscall Kind = iota + 1
	// Interrupt: x86-64 INT n other than 3. Num is n, PC the next instruction.
	// As on hardware, the vectors that user mode may not raise by INT come as
	// [Protection] instead; which ones the kernel lets through is the kernel's:
	// the engine reports every n.
	Interrupt
	// Breakpoint: x86-64 INT3 (PC is the next instruction, as the hardware
	// leaves it), arm64 BRK (PC is the BRK itself; Num is its immediate).
	Breakpoint
	// SingleStep: the one instruction of a Step has been executed, or on x86-64
	// one with RFLAGS.TF set. PC is the next instruction.
	SingleStep
	// MemoryFault: a load, store or fetch that the address space refuses.
	// Fault holds the exact address. PC is the instruction; nothing of it has
	// taken effect.
	MemoryFault
	// Illegal: an undefined instruction. PC is the instruction.
	Illegal
	// Divide: x86-64 #DE. PC is the instruction.
	Divide
	// FloatingPoint: an unmasked x87 or SSE exception. PC is the instruction (for
	// x87, as on hardware, the next one that waits for the unit).
	FloatingPoint
	// Protection: a privileged x86-64 instruction at CPL 3 (#GP). PC is the
	// instruction. Privileged arm64 instructions are Illegal.
	Protection
	// Alignment: arm64 PC alignment, unaligned exclusive or atomic. Fault.Addr is
	// the address; Fault.Access is Load for data, whichever it was. PC is the
	// instruction.
	Alignment
	// Preempted: the quantum of blocks is used up. PC is where to go on.
	Preempted
	// Interrupted: [Engine.Interrupt] was called. PC is where to go on.
	Interrupted
	// Broken: the engine failed in a way that is no guest behaviour. Err says
	// how. The run cannot go on.
	Broken
)

var kindNames = [...]string{"?", "syscall", "interrupt", "breakpoint", "single step", "memory fault",
	"illegal instruction", "divide error", "floating point", "protection", "alignment", "preempted",
	"interrupted", "broken"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "?"
}

// Trap is one reason to stop. It is valid until the next Run.
type Trap struct {
	Kind  Kind
	Num   uint32
	Fault mem.FaultError // for MemoryFault and Alignment
	Err   error          // for Broken
}

// Context is one guest thread's whole processor state: general, vector, control
// and thread registers. It belongs to the engine that made it, but outlives any
// Run; an engine may keep the registers of the context it ran last in its own
// storage, so only these methods see them.
type Context interface {
	// Regs gives the integer registers, read after each Run. Changes made with
	// Regs.Set take effect at the next Run.
	Regs() *Regs
	// Vector copies out the floating-point and vector state: on x86-64 the 512
	// bytes of FXSAVE64; on arm64 v0..v31 (512 bytes), FPSR (4), FPCR (4).
	Vector(buf *[VectorSize]byte)
	// SetVector is the inverse. Reserved bits that hardware would fault on are
	// cleared (MXCSR) rather than loaded.
	SetVector(buf *[VectorSize]byte)
	// Clone returns an independent copy, as fork needs.
	Clone() Context
	// CopyFrom overwrites this context's whole state with src's, which must be
	// of the same engine.
	CopyFrom(src Context)
	// Reset makes it the state of a fresh user thread: registers zero, default
	// floating-point control, user mode.
	Reset()
	// Release returns the storage. The context is unusable afterwards.
	Release()
}

// VectorSize is the size of the buffer for [Context.Vector], in bytes.
const VectorSize = 528

// Engine executes guest code of one architecture. It is used from one goroutine
// at a time; only Interrupt may be called from another.
type Engine interface {
	Arch() Arch
	// NewContext returns a context as Reset leaves it.
	NewContext() (Context, error)
	// Run executes ctx over space until something stops it. quantum is the
	// number of translated blocks after which Run returns Preempted; 0 means
	// no limit. Page faults that the space can resolve (lazy commit, copy on
	// write, file pages) are resolved inside.
	Run(ctx Context, space *mem.Space, quantum uint64) Trap
	// Step executes a single instruction and returns SingleStep, or whatever
	// else the instruction raised. It counts no blocks.
	Step(ctx Context, space *mem.Space) Trap
	// Interrupt makes the Run in progress, or else the next one, return
	// Interrupted at a block boundary soon.
	Interrupt()
	// Blocks is the number of guest blocks executed since the engine was made.
	// For the same guest, inputs and quanta it is the same on every host.
	Blocks() uint64
	// SetClock tells what RDTSC, RDTSCP and CNTVCT_EL0 read.
	SetClock(Clock)
	// Close frees the engine. Contexts made by it must not be used again.
	Close()
}

// Clock is what the guest's counter registers read: Virtual ? Base +
// Blocks*NanosPerBlock : host CLOCK_MONOTONIC nanoseconds - Base. The x86-64 TSC
// counts at 2 GHz (2 ticks a nanosecond), the arm64 counter at 24 MHz.
type Clock struct {
	Virtual bool
	// Base is in nanoseconds.
	Base int64
	// BlocksAtBase is the Blocks count at which a virtual clock read Base.
	BlocksAtBase uint64
	// NanosPerBlock is the pace of a virtual clock.
	NanosPerBlock uint64
}
