// Package unicorn executes guest code with Unicorn's JIT. It is the only package
// of the project that uses cgo.
//
// One [Engine] runs all guest processes of its architecture on a machine, one at a
// time. Everything that happens while guest code runs is C (see bgl.h): translating
// addresses by walking package mem's page table, counting blocks, CPUID, counters.
// Go is reached only by returning from a run, which costs one cgo call.
//
// # What the engine cannot do
//
// SSE and arm64 floating-point exceptions are never raised: unmasking them in MXCSR
// or FPCR sets the sticky flags only. (x87 ones are.) Misaligned SSE operands, a
// misaligned arm64 stack pointer and x86-64 alignment checks (EFLAGS.AC) do not
// fault. AVX, RDRAND and RDSEED are absent.
package unicorn

/*
#cgo CFLAGS: -O2 -Wall -std=gnu11
#cgo LDFLAGS: -lunicorn
#cgo noescape bgl_run
#cgo noescape bgl_step
#cgo nocallback bgl_step
#include "bgl.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// Options say how an engine is made.
type Options struct {
	// Preempt has Run count blocks, so that it can stop after a quantum of them.
	// Without it Blocks is always 0, Run ignores its quantum, a virtual clock
	// stands still, and guest code runs about a sixth faster. Interrupt works
	// either way.
	Preempt bool
	// CPUs is the number of processors that CPUID describes; 0 means 1.
	CPUs int
	// CodeBuffer is the most memory for translated code, in bytes; 0 means 64 MiB.
	// It is committed as it fills, and starts over when it is full.
	CodeBuffer int
}

const (
	defaultCodeBuffer = 64 << 20
	minCodeBuffer     = 4 << 20
	maxCodeBuffer     = 1 << 30
)

// Engine implements [cpu.Engine].
//
// Engines of one [mem.Physical] must not run at the same time unless no memory is
// shared between the processes they run.
type Engine struct {
	c      *C.bgl
	arch   cpu.Arch
	phys   *mem.Physical
	cancel func()

	// What the TLB's contents were read from.
	space, epoch uint64

	// The fault that was resolved last, and how often in a row.
	faultPC, faultAddr uint64
	faultAccess        mem.Access
	faults             int

	interrupt *uint32
	kickers   sync.WaitGroup
}

// New makes an engine over a machine's memory.
func New(arch cpu.Arch, phys *mem.Physical, o Options) (*Engine, error) {
	if o.CPUs <= 0 {
		o.CPUs = 1
	}
	if o.CodeBuffer == 0 {
		o.CodeBuffer = defaultCodeBuffer
	}
	o.CodeBuffer = min(max(o.CodeBuffer, minCodeBuffer), maxCodeBuffer)
	if arch != cpu.X86_64 && arch != cpu.ARM64 {
		return nil, fmt.Errorf("unicorn: no such architecture: %v", arch)
	}
	var what *C.char
	var code C.int
	c := C.bgl_new(C.int(arch), phys.Base(), C.uint64_t(phys.Size()), phys.FrameFlags(), C.bool(o.Preempt),
		C.unsigned(min(o.CPUs, 255)), C.uint32_t(o.CodeBuffer), &what, &code)
	if c == nil {
		return nil, fmt.Errorf("unicorn: %s: %s", C.GoString(what), C.GoString(C.uc_strerror(C.uc_err(code))))
	}
	e := &Engine{c: c, arch: arch, phys: phys, interrupt: (*uint32)(unsafe.Pointer(&c.interrupt))}
	e.cancel = phys.OnCodeChange(func(paddr, size uint64) {
		C.bgl_drop(e.c, C.uint64_t(paddr), C.uint64_t(size))
	})
	return e, nil
}

// Version returns the version of the Unicorn library in use.
func Version() string {
	v := uint32(C.uc_version(nil, nil))
	return fmt.Sprintf("%d.%d.%d", v>>24, v>>16&0xff, v>>8&0xff)
}

// Close implements [cpu.Engine].
func (e *Engine) Close() {
	if e.c == nil {
		return
	}
	e.cancel()
	atomic.StoreUint32(e.interrupt, 0)
	e.kickers.Wait()
	C.bgl_close(e.c)
	e.c = nil
}

// Arch implements [cpu.Engine].
func (e *Engine) Arch() cpu.Arch { return e.arch }

// Blocks implements [cpu.Engine].
func (e *Engine) Blocks() uint64 { return uint64(e.c.blocks) }

// SetClock implements [cpu.Engine].
func (e *Engine) SetClock(c cpu.Clock) {
	e.c.clock_virtual = C.bool(c.Virtual)
	e.c.clock_base = C.int64_t(c.Base)
	e.c.clock_blocks = C.uint64_t(c.BlocksAtBase)
	e.c.clock_pace = C.uint64_t(c.NanosPerBlock)
}

// Interrupt implements [cpu.Engine].
func (e *Engine) Interrupt() {
	if atomic.SwapUint32(e.interrupt, 1) != 0 || bool(e.c.preempt) {
		return
	}
	e.kickers.Add(1)
	go func() {
		defer e.kickers.Done()
		C.bgl_kick(e.c)
	}()
}

// Coverage makes the engine count edges between blocks in a map of size bytes (a
// power of two), as AFL does, and returns the map. It needs Options.Preempt. The
// map is the caller's to read and clear until the next call or Close; size 0 turns
// it off.
func (e *Engine) Coverage(size int) ([]byte, error) {
	if size != 0 && !bool(e.c.preempt) {
		return nil, errors.New("unicorn: coverage needs Options.Preempt")
	}
	if size < 0 || size&(size-1) != 0 || size > 1<<30 {
		return nil, fmt.Errorf("unicorn: coverage map of %d bytes", size)
	}
	C.free(unsafe.Pointer(e.c.edges))
	e.c.edges, e.c.edge_mask, e.c.edge_prev = nil, 0, 0
	if size == 0 {
		return nil, nil
	}
	p := C.calloc(1, C.size_t(size))
	e.c.edges, e.c.edge_mask = (*C.uint8_t)(p), C.uint64_t(size-1)
	return unsafe.Slice((*byte)(p), size), nil
}

// enter points the engine at space and notes when its TLB is out of date.
func (e *Engine) enter(space *mem.Space) {
	c := e.c
	c.root = (*C.uint64_t)(space.Root())
	if id, epoch := space.ID(), space.Epoch(); id != e.space || epoch != e.epoch {
		e.space, e.epoch = id, epoch
		c.need_flush = true
	}
}

// kinds translates what C reports as it is.
var kinds = [...]cpu.Kind{
	C.BGL_SYSCALL:     cpu.Syscall,
	C.BGL_INT:         cpu.Interrupt,
	C.BGL_BREAKPOINT:  cpu.Breakpoint,
	C.BGL_STEPPED:     cpu.SingleStep,
	C.BGL_ILLEGAL:     cpu.Illegal,
	C.BGL_DIVIDE:      cpu.Divide,
	C.BGL_FLOAT:       cpu.FloatingPoint,
	C.BGL_PROTECTION:  cpu.Protection,
	C.BGL_ALIGNMENT:   cpu.Alignment,
	C.BGL_PREEMPTED:   cpu.Preempted,
	C.BGL_INTERRUPTED: cpu.Interrupted,
}

// Run implements [cpu.Engine].
func (e *Engine) Run(ctx cpu.Context, space *mem.Space, quantum uint64) cpu.Trap {
	x, err := e.own(ctx, space)
	if err != nil {
		return cpu.Trap{Kind: cpu.Broken, Err: err}
	}
	c := e.c
	c.left = ^C.uint64_t(0)
	if quantum != 0 {
		c.left = C.uint64_t(quantum)
	}
	c.skip = false
	e.faults = 0
	for {
		e.enter(space)
		C.bgl_run(C.uintptr_t(uintptr(unsafe.Pointer(c))), C.uintptr_t(uintptr(unsafe.Pointer(x.c))))
		if c.why == C.BGL_SYSCALL { // by far the most frequent; outcome says the same
			c.skip = false
			return cpu.Trap{Kind: cpu.Syscall, Num: uint32(c.num)}
		}
		t, again := e.outcome(x, space, false)
		if again {
			continue
		}
		c.skip = false
		return t
	}
}

// Step implements [cpu.Engine].
func (e *Engine) Step(ctx cpu.Context, space *mem.Space) cpu.Trap {
	x, err := e.own(ctx, space)
	if err != nil {
		return cpu.Trap{Kind: cpu.Broken, Err: err}
	}
	e.faults = 0
	for {
		e.enter(space)
		C.bgl_step(e.c, x.c)
		if t, again := e.outcome(x, space, true); !again {
			return t
		}
	}
}

func (e *Engine) own(ctx cpu.Context, space *mem.Space) (*Context, error) {
	x, ok := ctx.(*Context)
	if !ok || x.e != e || x.c == nil {
		return nil, errors.New("unicorn: a context of another engine")
	}
	if space.PageShift() != uint(e.c.shift) {
		return nil, fmt.Errorf("unicorn: pages of %d bytes on %v", 1<<space.PageShift(), e.arch)
	}
	return x, nil
}

// outcome says what to make of the way C came back: resume, or return the trap.
func (e *Engine) outcome(x *Context, space *mem.Space, stepping bool) (t cpu.Trap, again bool) {
	c := e.c
	switch c.why {
	case C.BGL_SYSCALL:
		return cpu.Trap{Kind: cpu.Syscall, Num: uint32(c.num)}, false
	case C.BGL_FAULT:
		return e.fault(x, space, stepping)
	case C.BGL_STALE:
		// Translated code and a store, or code and a fetch after a store, meet in
		// one frame: the code goes.
		e.phys.DropStale(uint64(c.paddr), uint64(c.size))
		c.need_flush = true
		return t, true
	case C.BGL_SELFALIAS:
		e.enter(space)
		C.bgl_step(c, x.c)
		c.skip = true
		if c.why == C.BGL_STEPPED {
			return t, true
		}
		return e.outcome(x, space, false)
	case C.BGL_ALIGNMENT:
		return cpu.Trap{Kind: cpu.Alignment, Fault: mem.FaultError{Addr: uint64(c.addr), Access: mem.Access(c.access)}}, false
	case C.BGL_BROKEN:
		return cpu.Trap{Kind: cpu.Broken, Err: fmt.Errorf("unicorn: %s (%d) at %#x", C.GoString(c.what), int(c.err),
			x.Regs().R[e.arch.PCIndex()])}, false
	}
	if int(c.why) < len(kinds) && kinds[c.why] != 0 {
		return cpu.Trap{Kind: kinds[c.why], Num: uint32(c.num)}, false
	}
	return cpu.Trap{Kind: cpu.Broken, Err: fmt.Errorf("unicorn: stopped for no reason (%d)", int(c.why))}, false
}

// maxFaults is more than one instruction can have at one address in a row, unless
// the page table and Space.Fault disagree.
const maxFaults = 1000

// fault asks the space for the page that the translation hook did not find.
func (e *Engine) fault(x *Context, space *mem.Space, stepping bool) (t cpu.Trap, again bool) {
	addr, access := uint64(e.c.addr), mem.Access(e.c.access)
	look := addr
	if e.arch == cpu.ARM64 && access != mem.Fetch && addr>>55&1 == 0 {
		look &= 1<<56 - 1
	}
	pc := x.Regs().R[e.arch.PCIndex()]
	f := space.Fault(look, access)
	if f == nil {
		if pc != e.faultPC || addr != e.faultAddr || access != e.faultAccess {
			e.faultPC, e.faultAddr, e.faultAccess, e.faults = pc, addr, access, 0
		}
		if e.faults++; e.faults > maxFaults {
			return cpu.Trap{Kind: cpu.Broken, Err: fmt.Errorf("unicorn: %v at %#x is allowed but never possible", access, addr)}, false
		}
		return t, true
	}
	if access == mem.Fetch && !stepping && pc>>e.c.shift != addr>>e.c.shift {
		// Translation reads ahead of execution, into a page that the program may
		// never come to. The next instruction, alone, tells.
		e.enter(space)
		C.bgl_step(e.c, x.c)
		if e.c.why == C.BGL_STEPPED {
			return t, true
		}
		return e.outcome(x, space, true)
	}
	e.faults = 0
	t = cpu.Trap{Kind: cpu.MemoryFault, Fault: *f}
	t.Fault.Addr, t.Fault.Access = addr, access
	return t, false
}

// Bare makes n round trips with nothing but Unicorn in them, from a context that
// runs a loop with one system call, and reports whether all of them were that
// call. It is there to be compared with.
func (e *Engine) Bare(ctx cpu.Context, space *mem.Space, n int) bool {
	x, err := e.own(ctx, space)
	if err != nil {
		return false
	}
	e.enter(space)
	for n > 0 {
		k := min(n, 1<<20)
		if C.bgl_bare(e.c, x.c, C.int(k)) < 0 {
			return false
		}
		n -= k
	}
	return true
}
