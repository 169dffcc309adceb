package kern

import (
	"fmt"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// Exception is a hardware exception as Mach sees it.
type Exception struct {
	// Type is EXC_*, Code and Subcode the two words of code.
	Type          int32
	Code, Subcode int64
	// Addr is the faulting address; TrapNo and Err are the x86-64 exception
	// state, ESR the arm64 one.
	Addr   uint64
	TrapNo uint16
	Err    uint32
	ESR    uint32
}

// exceptionOf translates a trap (osfmk/i386/trap.c user_trap, osfmk/arm64/sleh.c).
func exceptionOf(a cpu.Arch, trap *cpu.Trap) Exception {
	arm := a == cpu.ARM64
	var e Exception
	switch trap.Kind {
	case cpu.MemoryFault:
		f := trap.Fault
		e = Exception{Type: abi.EXC_BAD_ACCESS, Code: int64(abi.KERN_INVALID_ADDRESS), Subcode: int64(f.Addr), Addr: f.Addr, TrapNo: 14, Err: 4}
		switch f.Kind {
		case mem.Denied:
			e.Code, e.Err = int64(abi.KERN_PROTECTION_FAILURE), 5
		case mem.PastEOF:
			e.Code = int64(abi.KERN_MEMORY_ERROR)
		case mem.NoMemory:
			e.Code = int64(abi.KERN_MEMORY_FAILURE)
		}
		// Data abort from a lower level, or instruction abort; write bit; fault
		// status translation or permission, level 3.
		e.ESR = 0x24<<26 | 1<<25 | 0x07
		if f.Kind == mem.Denied {
			e.ESR |= 0x0f
		}
		switch f.Access {
		case mem.Store:
			e.Err |= 2
			e.ESR |= 1 << 6
		case mem.Fetch:
			e.Err |= 16
			e.ESR = e.ESR&0x3f | 0x20<<26 | 1<<25
		}
		if !arm && !canonical(f.Addr) {
			// A non-canonical address is a general protection fault: no address.
			e = Exception{Type: abi.EXC_BAD_ACCESS, Code: abi.EXC_I386_GPFLT, TrapNo: 13}
		}
	case cpu.Breakpoint:
		e = Exception{Type: abi.EXC_BREAKPOINT, Code: 2, TrapNo: 3} // EXC_I386_BPT
		if arm {
			e.Code, e.ESR = 1, 0x3c<<26|1<<25|trap.Num // EXC_ARM_BREAKPOINT
		}
	case cpu.SingleStep:
		e = Exception{Type: abi.EXC_BREAKPOINT, Code: 1, TrapNo: 1} // EXC_I386_SGL
	case cpu.Illegal:
		e = Exception{Type: abi.EXC_BAD_INSTRUCTION, Code: 1, TrapNo: 6} // EXC_I386_INVOP, EXC_ARM_UNDEFINED
		if arm {
			e.ESR = 0
		}
	case cpu.Divide:
		e = Exception{Type: abi.EXC_ARITHMETIC, Code: 1, TrapNo: 0} // EXC_I386_DIV
	case cpu.FloatingPoint:
		e = Exception{Type: abi.EXC_ARITHMETIC, Code: 8, Subcode: int64(trap.Num), TrapNo: 19} // EXC_I386_SSEEXTERR
	case cpu.Protection:
		e = Exception{Type: abi.EXC_BAD_ACCESS, Code: abi.EXC_I386_GPFLT, TrapNo: 13}
	case cpu.Alignment:
		e = Exception{Type: abi.EXC_BAD_ACCESS, Code: 0x101, Subcode: int64(trap.Fault.Addr), Addr: trap.Fault.Addr, ESR: 0x24<<26 | 1<<25 | 0x21} // EXC_ARM_DA_ALIGN
	default:
		e = Exception{Type: abi.EXC_CRASH}
	}
	return e
}

func canonical(a uint64) bool {
	top := int64(a) >> 47
	return top == 0 || top == -1
}

// signalOf is ux_exception with machine_exception of both architectures.
func (e Exception) signalOf(a cpu.Arch) abi.Signal {
	switch e.Type {
	case abi.EXC_BAD_ACCESS:
		if a == cpu.X86_64 && e.Code == abi.EXC_I386_GPFLT {
			return abi.SIGSEGV
		}
		if e.Code == int64(abi.KERN_INVALID_ADDRESS) {
			return abi.SIGSEGV
		}
		return abi.SIGBUS
	case abi.EXC_BAD_INSTRUCTION:
		return abi.SIGILL
	case abi.EXC_ARITHMETIC:
		return abi.SIGFPE
	case abi.EXC_BREAKPOINT:
		return abi.SIGTRAP
	case abi.EXC_SYSCALL:
		return abi.SIGSYS
	}
	return abi.SIGKILL
}

// Raise is exception_triage: Mach exception ports first, then a signal to the
// thread itself. A blocked or ignored fault signal ends the process, as
// threadsignal has it.
func (t *Thread) Raise(e Exception) {
	t.fault = e
	if h := t.Machine().Hooks.Exception; h != nil && h(t, e) {
		return
	}
	t.RaiseSignal(e)
}

// RaiseSignal is the part of Raise after the exception ports declined.
func (t *Thread) RaiseSignal(e Exception) {
	t.fault = e
	s := e.signalOf(t.Arch())
	p := t.Proc
	if s == abi.SIGBUS && e.Type == abi.EXC_BAD_ACCESS && e.Code == int64(abi.KERN_PROTECTION_FAILURE) {
		// The guard below the main stack: an overflow is a SIGSEGV, and one that
		// no handler could take for want of a stack is the end (ux_exception.c).
		if top := p.Exec.StackTop; e.Addr < top && e.Addr >= top-abi.MAXSSIZ {
			s = abi.SIGSEGV
			if p.Sig.Actions[s].Flags&abi.SA_ONSTACK == 0 {
				p.Sig.Actions[s] = SigAction{}
			}
		}
	}
	if t.SigMask.Has(s) || p.Sig.Actions[s].Handler == abi.SIG_IGN {
		// bsd/kern/kern_sig.c: "signal is masked or ignored: set to default".
		p.Sig.Actions[s] = SigAction{}
		t.SigMask &^= s.Set()
	}
	t.post(s, SigInfo{}, true)
}

// Fault is the last exception of the thread, for exception states.
func (t *Thread) Fault() Exception { return t.fault }

// crash tells the user why a program died, once, in one line.
func (m *Machine) crash(t *Thread, s abi.Signal) {
	pc := t.Regs().R[t.Arch().PCIndex()]
	what := ""
	switch s {
	case abi.SIGSEGV, abi.SIGBUS:
		what = fmt.Sprintf(" at address %#x", t.fault.Addr)
	}
	if m.OnCrash != nil {
		m.OnCrash(t, s, fmt.Sprintf("%s[%d]: %s%s, pc %#x", t.Proc.Name, t.Proc.PID, s, what, pc))
	}
}
