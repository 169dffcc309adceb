package kern

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// The x86-64 register convention of osfmk/i386/idt64.s, bsd/dev/i386/systemcalls.c
// and osfmk/i386/bsd_i386.c.

const (
	flagCF      = 1 << 0
	insnSyscall = 2
	insnInt     = 2
)

// The classes in bits 24 to 31 of eax (osfmk/mach/i386/syscall_sw.h).
const (
	classShift  = 24
	classMach   = 1
	classUnix   = 2
	classMdep   = 3
	classNumber = 1<<classShift - 1
)

func (t *Thread) enterX86(kind cpu.Kind, vector uint32) {
	r := t.Regs()
	t.call.resume = r.R[cpu.RIP]
	eax := uint32(r.R[cpu.RAX])
	class, num := eax>>classShift, int(eax&classNumber)
	g := &t.call.gate
	g.insn = insnSyscall
	if kind == cpu.Interrupt {
		// XNU leaves INT 0x80 to 0x82 of 64-bit code open; Beagle gives them the
		// gates that they are for 32-bit code, with the arguments where SYSCALL
		// has them. See RATIONALE.md.
		num = int(eax & classNumber)
		switch vector {
		case 0x80:
			class = classUnix
		case 0x81:
			// 32-bit stubs pass the trap number negated.
			class = classMach
			if int32(eax) < 0 {
				num = int(-int32(eax))
			}
		case 0x82:
			class = classMdep
		default:
			// The IDT entries of the other vectors have DPL 0: #GP with the
			// instruction not executed.
			r.Set(cpu.RIP, r.R[cpu.RIP]-insnInt)
			t.Raise(Exception{Type: abi.EXC_BAD_ACCESS, Code: abi.EXC_I386_GPFLT, Subcode: int64(vector*8 + 2), TrapNo: 13})
			return
		}
	} else {
		// SYSCALL overwrites rcx and r11 and SYSRET needs them so; guests see it.
		g.sysret = true
		r.Set(cpu.RCX, r.R[cpu.RIP])
		r.Set(cpu.R11, r.R[cpu.RFLAGS])
	}
	tab := t.Machine().Tables
	raw := &t.call.raw
	switch class {
	case classUnix:
		g.class = Unix
		first := [6]uint64{r.R[cpu.RDI], r.R[cpu.RSI], r.R[cpu.RDX], r.R[cpu.R10], r.R[cpu.R8], r.R[cpu.R9]}
		regs := first[:]
		if num == 0 {
			// syscall(): the number is the first argument, the others move up.
			num = int(uint16(first[0]))
			regs = first[1:]
			if num == 0 {
				num = len(tab.Unix)
			}
		}
		if num >= len(tab.Unix) {
			t.invalidUnix(num)
			return
		}
		row := &tab.Unix[num]
		if !t.gatherX86(raw, regs, len(row.Args)) {
			t.call.row = row
			t.finish(Result{Errno: abi.EFAULT})
			return
		}
		t.begin(row)
	case classMach:
		g.class = Mach
		if num >= len(tab.Mach) || tab.Mach[num].Status == Absent || tab.Mach[num].invoke == nil || num == armAbsoluteTime || num == armContinuousTime {
			t.badCall(uint64(num))
			return
		}
		row := &tab.Mach[num]
		regs := [6]uint64{r.R[cpu.RDI], r.R[cpu.RSI], r.R[cpu.RDX], r.R[cpu.R10], r.R[cpu.R8], r.R[cpu.R9]}
		if !t.gatherX86(raw, regs[:], len(row.Args)) {
			t.call.row = row
			t.finish(Result{Value: uint64(abi.KERN_INVALID_ARGUMENT)})
			return
		}
		t.begin(row)
	case classMdep:
		g.class = Machdep
		if num >= len(tab.MachdepX86) || tab.MachdepX86[num].invoke == nil {
			// machdep_syscall64 of a number outside its table.
			t.call.row = &Row{Class: Machdep, Num: num, Name: "machdep"}
			t.finish(Result{Value: uint64(abi.KERN_INVALID_ARGUMENT)})
			return
		}
		row := &tab.MachdepX86[num]
		g.bsdStyle = num == 5 || num == 6
		raw[0], raw[1], raw[2] = r.R[cpu.RDI], r.R[cpu.RSI], r.R[cpu.RDX]
		t.begin(row)
	default:
		t.badCall(uint64(eax))
	}
}

// The time traps that only arm64 has; their numbers mean nothing on x86-64.
const (
	armAbsoluteTime   = 3
	armContinuousTime = 4
)

// gatherX86 collects n arguments: registers first, then the stack above the
// stub's return address.
func (t *Thread) gatherX86(raw *[maxArgs]uint64, regs []uint64, n int) bool {
	k := copy(raw[:], regs[:min(n, len(regs))])
	sp := t.Regs().R[cpu.RSP] + 8
	for ; k < n; k++ {
		v, err := t.Space().Load64(sp)
		if err != nil {
			return false
		}
		raw[k] = v
		sp += 8
	}
	return true
}

// leaveX86 puts a result into registers. A second result register is written for
// every BSD call that returns a value: zero for one-value and 64-bit types.
func (t *Thread) leaveX86(row *Row, res *Result) {
	r, g := t.Regs(), &t.call.gate
	switch {
	case res.JustReturn:
		return
	case res.Restart:
		r.Set(cpu.RIP, t.call.resume-g.insn)
		return
	}
	switch g.class {
	case Unix:
		setCarry(r, res.Errno != 0)
		switch {
		case res.Errno != 0:
			r.Set(cpu.RAX, uint64(res.Errno))
		case row.Ret == RetVoid:
		default:
			t.leaveUnixX86(row, res)
		}
	case Mach:
		r.Set(cpu.RAX, machValue(row, res))
	case Machdep:
		v, carry := res.Value, false
		if res.Errno != 0 {
			v, carry = uint64(res.Errno), true
		}
		if row.Ret != RetVoid {
			r.Set(cpu.RAX, v)
		}
		if g.bsdStyle {
			setCarry(r, carry)
		}
	}
	if g.sysret {
		r.Set(cpu.R11, r.R[cpu.RFLAGS])
	}
}

func (t *Thread) leaveUnixX86(row *Row, res *Result) {
	r := t.Regs()
	switch row.Ret {
	case RetInt:
		r.Set(cpu.RAX, uint64(int64(int32(res.Value))))
		r.Set(cpu.RDX, uint64(int64(int32(res.Second))))
	case RetUint:
		r.Set(cpu.RAX, uint64(uint32(res.Value)))
		r.Set(cpu.RDX, uint64(uint32(res.Second)))
	default:
		r.Set(cpu.RAX, res.Value)
		r.Set(cpu.RDX, 0)
	}
}

// setCarry leaves the flags alone when they are right: an engine may find them
// dear to set.
func setCarry(r *cpu.Regs, on bool) {
	f := r.R[cpu.RFLAGS] &^ flagCF
	if on {
		f |= flagCF
	}
	if f != r.R[cpu.RFLAGS] {
		r.Set(cpu.RFLAGS, f)
	}
}

// machValue widens a Mach result: kern_return_t by sign, port names by zero.
func machValue(row *Row, res *Result) uint64 {
	switch row.Ret {
	case RetPort, RetUint:
		return uint64(uint32(res.Value))
	case RetMach64, RetUint64:
		return res.Value
	}
	return uint64(int64(int32(res.Value)))
}

// invalidUnix is nosys(): SIGSYS, and ENOSYS for whoever survives it.
func (t *Thread) invalidUnix(num int) {
	t.call.row = &Row{Class: Unix, Num: num, Name: "nosys"}
	t.Signal(abi.SIGSYS, SigInfo{})
	t.finish(Result{Errno: abi.ENOSYS})
}
