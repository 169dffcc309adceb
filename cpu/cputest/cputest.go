// Package cputest is an engine that plays a script: no JIT, no cgo, any host.
//
// A script is a list of [Step]. At each Run the engine notes what the kernel left
// in the registers, then plays the next step: it changes registers and memory as
// guest code would, and returns the step's trap. A test of the kernel then reads
// the notes, usually as the text that [Engine.Log] gives.
package cputest

import (
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// Step is what the guest does between one entry of the engine and the next trap.
type Step struct {
	// Ctx is the number of the context that must be running (0 is the first that
	// was made); -1 or less means whichever is.
	Ctx int
	// Set gives registers values, by the constants of package cpu.
	Set map[int]uint64
	// Write puts bytes into guest memory as stores by the guest do: the page's
	// protection counts. A refused store turns the step's trap into the
	// MemoryFault it would have been.
	Write []Write
	// Blocks is how many blocks the step counts as.
	Blocks uint64
	// Do runs after the rest, for what the fields cannot say.
	Do func(r *cpu.Regs, s *mem.Space)
	// Trap is what ends the step.
	Trap cpu.Trap
}

// Write is one store.
type Write struct {
	Addr  uint64
	Bytes []byte
}

// Entry is what one Run found.
type Entry struct {
	Ctx   int
	Space uint64 // mem.Space.ID
	// Changed has bit i set when register i is not as the previous step of this
	// context left it (all zero at first).
	Changed uint64
	Regs    [cpu.NumRegs]uint64
	Vector  bool // SetVector was called since
}

// Engine implements [cpu.Engine]. Make it with New.
type Engine struct {
	arch        cpu.Arch
	steps       []Step
	next        int
	contexts    int
	blocks      uint64
	clock       cpu.Clock
	interrupted atomic.Bool

	// Entries has one element for each Run and Step so far.
	Entries []Entry
}

// New returns an engine that plays steps.
func New(arch cpu.Arch, steps ...Step) *Engine {
	return &Engine{arch: arch, steps: steps}
}

// Add appends to the script.
func (e *Engine) Add(steps ...Step) { e.steps = append(e.steps, steps...) }

// Left is the number of steps not yet played.
func (e *Engine) Left() int { return len(e.steps) - e.next }

// Clock returns what SetClock was last given.
func (e *Engine) Clock() cpu.Clock { return e.clock }

// Arch implements [cpu.Engine].
func (e *Engine) Arch() cpu.Arch { return e.arch }

// Blocks implements [cpu.Engine].
func (e *Engine) Blocks() uint64 { return e.blocks }

// SetClock implements [cpu.Engine].
func (e *Engine) SetClock(c cpu.Clock) { e.clock = c }

// Interrupt implements [cpu.Engine].
func (e *Engine) Interrupt() { e.interrupted.Store(true) }

// Close implements [cpu.Engine].
func (e *Engine) Close() {}

// NewContext implements [cpu.Engine].
func (e *Engine) NewContext() (cpu.Context, error) { return e.newContext(), nil }

func (e *Engine) newContext() *Context {
	c := &Context{e: e, n: e.contexts}
	e.contexts++
	c.Reset()
	return c
}

// Run implements [cpu.Engine]. A step whose Blocks exceed the quantum is played in
// parts: Preempted comes first, as often as it takes.
func (e *Engine) Run(ctx cpu.Context, space *mem.Space, quantum uint64) cpu.Trap {
	c, ok := ctx.(*Context)
	if !ok || c.e != e {
		return broken("a context of another engine")
	}
	e.enter(c, space)
	if e.interrupted.Swap(false) {
		return cpu.Trap{Kind: cpu.Interrupted}
	}
	if e.next >= len(e.steps) {
		return broken("the script has ended after %d steps", len(e.steps))
	}
	s := &e.steps[e.next]
	if s.Ctx >= 0 && s.Ctx != c.n {
		return broken("step %d is for context %d, not %d", e.next, s.Ctx, c.n)
	}
	if left := s.Blocks - c.played; quantum != 0 && left > quantum {
		c.played += quantum
		e.blocks += quantum
		return cpu.Trap{Kind: cpu.Preempted}
	}
	e.blocks += s.Blocks - c.played
	c.played = 0
	e.next++
	t := e.play(c, space, s)
	c.last = c.regs.R
	return t
}

// Step implements [cpu.Engine]: it plays a step like Run, and a script says
// SingleStep itself.
func (e *Engine) Step(ctx cpu.Context, space *mem.Space) cpu.Trap {
	return e.Run(ctx, space, 0)
}

func (e *Engine) enter(c *Context, space *mem.Space) {
	n := Entry{Ctx: c.n, Regs: c.regs.R, Vector: c.vectorSet}
	if space != nil {
		n.Space = space.ID()
	}
	for i := range n.Regs {
		if n.Regs[i] != c.last[i] {
			n.Changed |= 1 << uint(i)
		}
	}
	c.regs.Dirty = 0
	c.vectorSet = false
	c.last = c.regs.R
	e.Entries = append(e.Entries, n)
}

func (e *Engine) play(c *Context, space *mem.Space, s *Step) cpu.Trap {
	for _, w := range s.Write {
		if err := space.CopyOut(w.Addr, w.Bytes); err != nil {
			f, ok := err.(*mem.FaultError)
			if !ok {
				return broken("step %d: %v", e.next-1, err)
			}
			return cpu.Trap{Kind: cpu.MemoryFault, Fault: *f}
		}
	}
	for i, v := range s.Set {
		if i < 0 || i >= cpu.NumRegs {
			return broken("step %d sets register %d", e.next-1, i)
		}
		c.regs.R[i] = v
	}
	if s.Do != nil {
		s.Do(&c.regs, space)
		c.regs.Dirty = 0
	}
	return s.Trap
}

func broken(format string, a ...any) cpu.Trap {
	return cpu.Trap{Kind: cpu.Broken, Err: fmt.Errorf("cputest: "+format, a...)}
}

// Context implements [cpu.Context].
type Context struct {
	e         *Engine
	n         int
	regs      cpu.Regs
	last      [cpu.NumRegs]uint64 // as the guest left them
	vector    [cpu.VectorSize]byte
	vectorSet bool
	played    uint64 // blocks of the step in progress
}

// Number tells contexts apart: 0 for the first one made, counting clones.
func (c *Context) Number() int { return c.n }

// Regs implements [cpu.Context].
func (c *Context) Regs() *cpu.Regs { return &c.regs }

// Vector implements [cpu.Context].
func (c *Context) Vector(buf *[cpu.VectorSize]byte) { *buf = c.vector }

// SetVector implements [cpu.Context].
func (c *Context) SetVector(buf *[cpu.VectorSize]byte) {
	c.vector = *buf
	c.vectorSet = true
	if c.e.arch == cpu.X86_64 {
		c.vector[26], c.vector[27] = 0, 0 // MXCSR bits 31..16
	}
}

// Clone implements [cpu.Context].
func (c *Context) Clone() cpu.Context {
	n := c.e.newContext()
	n.CopyFrom(c)
	return n
}

// CopyFrom implements [cpu.Context].
func (c *Context) CopyFrom(src cpu.Context) {
	s := src.(*Context)
	c.regs, c.last, c.vector, c.vectorSet = s.regs, s.last, s.vector, s.vectorSet
}

// Reset implements [cpu.Context].
func (c *Context) Reset() {
	c.regs = cpu.Regs{}
	c.last = [cpu.NumRegs]uint64{}
	c.vector = [cpu.VectorSize]byte{}
	c.vectorSet = false
	c.played = 0
	if c.e.arch == cpu.X86_64 {
		c.regs.R[cpu.RFLAGS] = 0x202
		c.last[cpu.RFLAGS] = 0x202
		c.vector[0], c.vector[1] = 0x7f, 0x03
		c.vector[24], c.vector[25] = 0x80, 0x1f
		c.vector[28], c.vector[29] = 0xff, 0xff
	}
}

// Release implements [cpu.Context].
func (c *Context) Release() {}

var x86Names = [...]string{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
	"r14", "r15", "rip", "rflags", "gsbase", "fsbase"}

// RegName returns the usual name of a register: "rax", "x16", "nzcv".
func RegName(a cpu.Arch, i int) string {
	switch {
	case a == cpu.X86_64 && i >= 0 && i < len(x86Names):
		return x86Names[i]
	case a == cpu.ARM64 && i >= 0 && i < 31:
		return fmt.Sprintf("x%d", i)
	case a == cpu.ARM64 && i < cpu.NumRegs && i >= 31:
		return [...]string{"sp", "pc", "nzcv", "tpidrro", "tpidr"}[i-31]
	}
	return fmt.Sprintf("r?%d", i)
}

// Log is the notes as text, one line for each entry, naming the registers that
// changed in the order of their numbers:
//
//	#0 rax=0x3 rflags=0x202
func (e *Engine) Log() string {
	var b strings.Builder
	for _, n := range e.Entries {
		fmt.Fprintf(&b, "#%d", n.Ctx)
		for i, v := range n.Regs {
			if n.Changed>>uint(i)&1 != 0 {
				fmt.Fprintf(&b, " %s=%#x", RegName(e.arch, i), v)
			}
		}
		if n.Vector {
			b.WriteString(" vector")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Fill writes '?' to size bytes at addr, whatever their protection, so that a test
// sees every byte that the kernel writes and none that it should not.
func Fill(s *mem.Space, addr, size uint64) error {
	b := []byte(strings.Repeat("?", 4096))
	for size > 0 {
		n := min(size, uint64(len(b)))
		if err := s.Poke(addr, b[:n]); err != nil {
			return err
		}
		addr += n
		size -= n
	}
	return nil
}
