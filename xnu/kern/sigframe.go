package kern

import (
	"encoding/binary"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// Signal frames: what sendsig pushes and sigreturn takes back, after
// bsd/dev/i386/unix_signal.c and bsd/dev/arm/unix_signal.c.

const (
	redZone      = 128
	siginfoSize  = 104
	ucontextSize = 56
	mctxX86Size  = 712 // struct mcontext64: no AVX is advertised
	mctxARMSize  = 816
	// x86UserFlags is get_eflags_exportmask: what a handler starts with.
	x86UserFlags = 0x202
	userCS       = 0x2b
	// flagsUser are the rflags bits that a program may change (EFL_USER_SET,
	// EFL_USER_CLEAR of osfmk/i386/eflags.h).
	flagsUser = 0x240dd5
	flagIF    = 0x200
)

var le = binary.LittleEndian

// pushFrame enters the handler of s: frame on the right stack, registers as the
// trampoline expects them.
func (t *Thread) pushFrame(s abi.Signal, a *SigAction, mask abi.Sigset, in SigInfo) error {
	style := uint64(abi.UC_TRAD)
	if a.Flags&abi.SA_SIGINFO != 0 {
		style = abi.UC_FLAVOR
	}
	r := t.Regs()
	arch := t.Arch()
	sp := r.R[arch.SPIndex()]
	onStack := t.OnStack
	stackSize := uint64(0)
	if t.AltStack.Enabled && !onStack && a.Flags&abi.SA_ONSTACK != 0 {
		sp = t.AltStack.SP + t.AltStack.Size
		stackSize = t.AltStack.Size
		t.OnStack = true
	}
	if t.sigNested == 0 {
		t.sigToken = t.Machine().Random64()
	}
	t.sigNested++

	si := abi.Siginfo{Signo: s, Addr: abi.Ptr(r.R[arch.PCIndex()]), Value: in.Value, Band: in.Band}
	t.fillInfo(&si, s, in)

	var uctx, sip, mctx, top uint64
	sp -= redZone
	if arch == cpu.ARM64 {
		sp = (sp - (siginfoSize + ucontextSize + mctxARMSize)) &^ 15
		sip, uctx, mctx, top = sp, sp+siginfoSize, sp+siginfoSize+ucontextSize, sp
	} else {
		uctx = sp - ucontextSize
		sip = uctx - siginfoSize
		mctx = sip - mctxX86Size
		top = mctx&^15 - 8
	}
	uc := abi.Ucontext64{Sigmask: mask, Mcontext64: abi.Ptr(mctx)}
	uc.Stack = abi.Sigaltstack{Sp: abi.Ptr(top), Size: stackSize}
	if onStack {
		uc.Onstack = 1
		uc.Stack.Flags |= abi.SS_ONSTACK
	}
	var m [mctxARMSize]byte
	msize := uint64(mctxX86Size)
	if arch == cpu.ARM64 {
		msize = mctxARMSize
		t.saveARM64(m[:])
	} else {
		t.saveX86(m[:])
	}
	uc.Mcsize = msize
	var ub [ucontextSize]byte
	var sb [siginfoSize]byte
	uc.Put(ub[:])
	si.Put(sb[:])
	// The first reserved word carries the interrupted stack pointer.
	le.PutUint64(sb[48:], r.R[arch.SPIndex()])
	sp0 := t.Space()
	for _, c := range []struct {
		at uint64
		b  []byte
	}{{mctx, m[:msize]}, {uctx, ub[:]}, {sip, sb[:]}} {
		if err := sp0.CopyOut(c.at, c.b); err != nil {
			t.sigNested--
			return err
		}
	}
	token := uctx ^ t.sigToken
	args := [6]uint64{uint64(a.Handler), style, uint64(s), sip, uctx, token}
	if arch == cpu.ARM64 {
		for i, v := range args {
			r.Set(i, v)
		}
		r.Set(cpu.SP, top)
		r.Set(cpu.PC, uint64(a.Tramp))
		r.Set(cpu.NZCV, 0)
		return nil
	}
	for i, reg := range [6]int{cpu.RDI, cpu.RSI, cpu.RDX, cpu.RCX, cpu.R8, cpu.R9} {
		r.Set(reg, args[i])
	}
	r.Set(cpu.RSP, top)
	r.Set(cpu.RIP, uint64(a.Tramp))
	r.Set(cpu.RFLAGS, x86UserFlags)
	return nil
}

// fillInfo sets code and address by signal.
func (t *Thread) fillInfo(si *abi.Siginfo, s abi.Signal, in SigInfo) {
	arm := t.Arch() == cpu.ARM64
	e := t.fault
	switch s {
	case abi.SIGILL:
		si.Code = abi.ILL_NOOP
		if arm {
			si.Code = abi.ILL_ILLTRP
		} else if e.Code == 1 {
			si.Code = abi.ILL_ILLOPC
		}
	case abi.SIGFPE:
		si.Code = abi.FPE_NOOP
		if !arm {
			switch {
			case e.Code == 1:
				si.Code = abi.FPE_INTDIV
			case e.Subcode&(1<<2) != 0:
				si.Code = abi.FPE_FLTDIV
			case e.Subcode&(1<<3) != 0:
				si.Code = abi.FPE_FLTOVF
			case e.Subcode&(1<<4) != 0:
				si.Code = abi.FPE_FLTUND
			case e.Subcode&(1<<5) != 0:
				si.Code = abi.FPE_FLTRES
			case e.Subcode&1 != 0:
				si.Code = abi.FPE_FLTINV
			}
		}
	case abi.SIGBUS:
		si.Addr = abi.Ptr(e.Addr)
		si.Code = abi.BUS_ADRERR
		if arm {
			si.Code = abi.BUS_ADRALN
		}
	case abi.SIGSEGV:
		si.Addr = abi.Ptr(e.Addr)
		switch {
		case arm:
			si.Code = abi.SEGV_ACCERR
		case e.Code == int64(abi.KERN_PROTECTION_FAILURE):
			si.Code = abi.SEGV_ACCERR
		case e.Code == int64(abi.KERN_INVALID_ADDRESS):
			si.Code = abi.SEGV_MAPERR
		default:
			si.Code = abi.SEGV_NOOP
		}
	case abi.SIGTRAP:
		si.Code = abi.TRAP_BRKPT
	default:
		si.Code, si.Pid, si.Uid, si.Status = in.Code, in.PID, abi.UID(in.UID), in.Status
		if in.Addr != 0 {
			si.Addr = abi.Ptr(in.Addr)
		}
	}
}

// x86Order is the register order of x86_thread_state64_t, up to rip.
var x86Order = [17]int{cpu.RAX, cpu.RBX, cpu.RCX, cpu.RDX, cpu.RDI, cpu.RSI, cpu.RBP, cpu.RSP,
	cpu.R8, cpu.R9, cpu.R10, cpu.R11, cpu.R12, cpu.R13, cpu.R14, cpu.R15, cpu.RIP}

// GetThreadState64 fills b with x86_thread_state64_t (168 bytes).
func (t *Thread) GetThreadState64(b []byte) {
	r := t.Regs()
	for i, reg := range x86Order {
		le.PutUint64(b[8*i:], r.R[reg])
	}
	le.PutUint64(b[17*8:], r.R[cpu.RFLAGS])
	le.PutUint64(b[18*8:], userCS)
	le.PutUint64(b[19*8:], 0)
	le.PutUint64(b[20*8:], 0)
}

// SetThreadState64 is the inverse; flags that user mode may not change stay.
func (t *Thread) SetThreadState64(b []byte) {
	r := t.Regs()
	for i, reg := range x86Order {
		r.Set(reg, le.Uint64(b[8*i:]))
	}
	r.Set(cpu.RFLAGS, le.Uint64(b[17*8:])&flagsUser|flagIF|2)
}

// GetFloatState64 fills b with x86_float_state64_t (524 bytes).
func (t *Thread) GetFloatState64(b []byte) {
	var v [cpu.VectorSize]byte
	t.Ctx.Vector(&v)
	clear(b[:524])
	copy(b[8:520], v[:512])
}

// SetFloatState64 is the inverse.
func (t *Thread) SetFloatState64(b []byte) {
	var v [cpu.VectorSize]byte
	copy(v[:512], b[8:520])
	t.Ctx.SetVector(&v)
}

// GetARMThreadState64 fills b with arm_thread_state64_t (272 bytes).
func (t *Thread) GetARMThreadState64(b []byte) {
	r := t.Regs()
	for i := range 33 {
		le.PutUint64(b[8*i:], r.R[i]) // x0..x28, fp, lr, sp, pc
	}
	le.PutUint32(b[264:], uint32(r.R[cpu.NZCV]))
	le.PutUint32(b[268:], 0)
}

// SetARMThreadState64 is the inverse.
func (t *Thread) SetARMThreadState64(b []byte) {
	r := t.Regs()
	for i := range 33 {
		r.Set(i, le.Uint64(b[8*i:]))
	}
	r.Set(cpu.NZCV, uint64(le.Uint32(b[264:]))&0xf0000000)
}

// GetNeonState64 fills b with arm_neon_state64_t (528 bytes with padding).
func (t *Thread) GetNeonState64(b []byte) {
	var v [cpu.VectorSize]byte
	t.Ctx.Vector(&v)
	clear(b[:528])
	copy(b, v[:520])
}

// SetNeonState64 is the inverse.
func (t *Thread) SetNeonState64(b []byte) {
	var v [cpu.VectorSize]byte
	copy(v[:520], b[:520])
	t.Ctx.SetVector(&v)
}

// GetExceptionState fills b with the 16 bytes of either architecture's
// exception state.
func (t *Thread) GetExceptionState(b []byte) {
	if t.Arch() == cpu.ARM64 {
		le.PutUint64(b, t.fault.Addr)
		le.PutUint32(b[8:], t.fault.ESR)
		le.PutUint32(b[12:], 0)
		return
	}
	le.PutUint16(b, t.fault.TrapNo)
	le.PutUint16(b[2:], 0)
	le.PutUint32(b[4:], t.fault.Err)
	le.PutUint64(b[8:], t.fault.Addr)
}

func (t *Thread) saveX86(b []byte) {
	t.GetExceptionState(b)
	t.GetThreadState64(b[16:])
	t.GetFloatState64(b[16+168:])
}

func (t *Thread) saveARM64(b []byte) {
	t.GetExceptionState(b)
	t.GetARMThreadState64(b[16:])
	t.GetNeonState64(b[16+272:])
}

// SigReturn restores the state of a signal frame (sigreturn(2)). The mask and
// the alternate-stack flag are taken even when the token is wrong and the rest
// is refused with EINVAL, as on XNU.
func (t *Thread) SigReturn(uctx uint64, style uint32, token uint64) error {
	switch style {
	case abi.UC_SET_ALT_STACK:
		t.OnStack = true
		return nil
	case abi.UC_RESET_ALT_STACK:
		t.OnStack = false
		return nil
	}
	var ub [ucontextSize]byte
	if err := t.Space().CopyIn(ub[:], uctx); err != nil {
		return err
	}
	var uc abi.Ucontext64
	uc.Get(ub[:])
	t.SetMask(uc.Sigmask)
	n := uint64(mctxX86Size)
	if t.Arch() == cpu.ARM64 {
		n = mctxARMSize
	}
	var m [mctxARMSize]byte
	if err := t.Space().CopyIn(m[:n], uint64(uc.Mcontext64)); err != nil {
		return err
	}
	t.OnStack = uc.Onstack&1 != 0
	if token != uctx^t.sigToken && t.Proc.Sig.Validation != ValidateDisabled {
		return abi.EINVAL
	}
	if t.sigNested > 0 {
		t.sigNested--
	}
	if t.Arch() == cpu.ARM64 {
		t.SetARMThreadState64(m[16:])
		t.SetNeonState64(m[16+272:])
	} else {
		t.SetThreadState64(m[16:])
		t.SetFloatState64(m[16+168:])
	}
	return ErrJustReturn
}
