package kern

import (
	"errors"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// gate is how a call came in, which decides how its result leaves.
type gate struct {
	class Class
	// bsdStyle: a machdep call that reports errors with carry.
	bsdStyle bool
	// insn is the length of the call instruction, for a restart.
	insn uint64
	// sysret: the x86-64 call came by SYSCALL and leaves by SYSRET, which takes
	// rip from rcx and rflags from r11.
	sysret bool
}

// Observer sees every call at the trap boundary. Enter is called once a call,
// Exit once its result is known, before it is in the registers' final place for
// calls that return; calls that end their thread have no Exit.
type Observer interface {
	Enter(t *Thread, r *Row, args []uint64)
	Exit(t *Thread, r *Row, args []uint64, res Result)
}

// BlockObserver is an [Observer] that also wants to know when a call begins to
// wait. It is told once a call.
type BlockObserver interface {
	Observer
	Block(t *Thread, r *Row, args []uint64)
}

// Result is what a call gave back.
type Result struct {
	Value, Second uint64
	// Errno is not 0 for a BSD call that failed.
	Errno abi.Errno
	// JustReturn: no result registers were written.
	JustReturn bool
	// Restart: the call will be executed again.
	Restart bool
}

// handle acts on one trap; false ends the thread's slice.
func (m *Machine) handle(t *Thread, trap cpu.Trap) bool {
	switch trap.Kind {
	case cpu.Syscall, cpu.Interrupt:
		t.enter(trap.Kind, trap.Num)
	case cpu.Preempted:
		return false
	case cpu.Interrupted:
		m.polled = 0
		return false
	case cpu.Broken:
		m.Bug("the engine failed at pc %#x of %s[%d]: %v", t.Regs().R[t.Arch().PCIndex()], t.Proc.Name, t.Proc.PID, trap.Err)
		return false
	default:
		if trap.Kind == cpu.MemoryFault && trap.Fault.Kind == mem.Denied && t.inPageZero(trap.Fault.Addr) {
			trap.Fault.Kind = mem.Unmapped
		}
		t.Raise(exceptionOf(t.Arch(), &trap))
	}
	return t.State == Runnable && !m.stop
}

// inPageZero reports whether an address is in the page zero segment. For XNU that
// lies below the lowest address of the map, so touching it is an invalid address;
// here it is a region that keeps mappings away.
func (t *Thread) inPageZero(addr uint64) bool {
	r, ok := t.Space().Find(addr)
	return ok && r.Addr <= addr && r.Guard && r.Permanent
}

// enter starts the call that a trap asks for.
func (t *Thread) enter(kind cpu.Kind, vector uint32) {
	t.call.reset()
	if t.Arch() == cpu.ARM64 {
		t.enterARM64()
	} else {
		t.enterX86(kind, vector)
	}
}

// begin runs a row; its raw arguments are in the call.
func (t *Thread) begin(r *Row) {
	c := &t.call
	c.row, c.active = r, true
	m := t.Proc.Machine
	for _, o := range m.Observers {
		o.Enter(t, r, c.raw[:len(r.Args)])
	}
	t.invoke()
}

// redispatch re-runs the call of a thread that was blocked in it.
func (m *Machine) redispatch(t *Thread) { t.invoke() }

func (t *Thread) invoke() {
	c := &t.call
	t.Ret1 = 0
	v, err := c.row.invoke(t, &c.raw)
	if err == nil {
		t.finish(Result{Value: v, Second: t.Ret1})
		return
	}
	if e, ok := err.(abi.Errno); ok {
		t.finish(Result{Errno: e})
		return
	}
	if k, ok := err.(abi.KernReturn); ok && c.gate.class != Unix {
		t.finish(Result{Value: uint64(int64(k))})
		return
	}
	var ctl control
	if errors.As(err, &ctl) {
		switch ctl {
		case errBlocked, errGone:
			if t.State == Dead {
				c.active = false
			} else if ctl == errBlocked && !c.waited {
				c.waited = true
				for _, o := range t.Proc.Machine.Observers {
					if o, ok := o.(BlockObserver); ok {
						o.Block(t, c.row, c.raw[:len(c.row.Args)])
					}
				}
			}
			return
		case ErrJustReturn:
			t.finish(Result{JustReturn: true})
			return
		case ErrRestart:
			t.finish(Result{Restart: true})
			return
		}
	}
	e, known := errnoOf(err)
	if !known {
		t.Machine().Bug("%s: a handler let out an error that is no guest result: %v", c.row.Name, err)
	}
	if c.gate.class == Mach {
		t.finish(Result{Value: uint64(int64(KernReturnOf(err)))})
		return
	}
	t.finish(Result{Errno: e})
}

// finish leaves a call: observers, result registers, state.
func (t *Thread) finish(res Result) {
	c := &t.call
	c.active = false
	for _, o := range t.Proc.Machine.Observers {
		o.Exit(t, c.row, c.raw[:len(c.row.Args)], res)
	}
	if t.State == Dead {
		return
	}
	if t.Arch() == cpu.ARM64 {
		t.leaveARM64(c.row, &res)
	} else {
		t.leaveX86(c.row, &res)
	}
	if c.data != nil || c.wokenBy != nil {
		c.data, c.wokenBy = nil, nil
	}
}

// badCall ends a call whose number means nothing to XNU.
func (t *Thread) badCall(num uint64) {
	t.Raise(Exception{Type: abi.EXC_SYSCALL, Code: int64(num), Subcode: 1})
}

// InCall tells which call the thread is in and with which arguments, for ps-like
// views and debuggers; nil when it is in none.
func (t *Thread) InCall() (*Row, []uint64) {
	if !t.call.active {
		return nil, nil
	}
	return t.call.row, t.call.raw[:len(t.call.row.Args)]
}
