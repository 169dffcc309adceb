// Package machdep is the class-3 part of the kernel: machine-dependent calls and
// the commpage of both architectures.
package machdep

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Tables are x86-64's machdep_call_table64 (osfmk/i386/machdep_call.c) and the
// codes of arm64's platform call (osfmk/arm64/machine_routines.c).
func Tables() (x86, arm []kern.Row) {
	x86 = absent(8, "kern_invalid")
	arm = absent(4, "platform_syscall")
	x86 = kern.Overlay(x86, []kern.Row{
		kern.MachdepCall(0, "hv_task_trap", kern.RetKern, kern.Full, noHypervisor),
		kern.MachdepCall(1, "hv_thread_trap", kern.RetKern, kern.Full, noHypervisor),
		kern.MachdepCall(3, "thread_fast_set_cthread_self64", kern.RetKern, kern.Full, setCthreadX86),
		kern.MachdepCall(5, "i386_set_ldt64", kern.RetKern, kern.Missing, setLDT,
			"segments of a program's own are for 32-bit code, which Beagle does not run"),
		kern.MachdepCall(6, "i386_get_ldt64", kern.RetKern, kern.Full, getLDT),
	})
	arm = kern.Overlay(arm, []kern.Row{
		kern.MachdepCall(2, "thread_set_cthread_self", kern.RetVoid, kern.Full, setCthreadARM),
		kern.MachdepCall(3, "thread_get_cthread_self", kern.RetUint64, kern.Full, getCthreadARM),
	})
	return x86, arm
}

func absent(n int, name string) []kern.Row {
	rows := make([]kern.Row, n)
	for i := range rows {
		rows[i] = kern.Row{Class: kern.Machdep, Num: i, Name: name, Status: kern.Absent}
	}
	return rows
}

type hvArgs struct {
	Index, Arg uint64
}

// noHypervisor is what a Mac without virtualisation hardware answers: its table
// of hypervisor traps is empty, so every index is invalid.
func noHypervisor(*kern.Thread, *hvArgs) (uint64, error) { return 0, abi.KERN_INVALID_ARGUMENT }

type setCthread struct {
	Base uint64
}

// userCthread is USER_CTHREAD, the selector that 32-bit code would load into gs
// (osfmk/i386/pcb.c returns it to 64-bit code too).
const userCthread = 0x0f

// setCthreadX86 takes an address that is not canonical for 0
// (machine_thread_set_tsd_base).
func setCthreadX86(t *kern.Thread, a *setCthread) (uint64, error) {
	base := a.Base
	if top := int64(base) >> 47; top != 0 && top != -1 {
		base = 0
	}
	t.SetTSD(base)
	return userCthread, nil
}

func setCthreadARM(t *kern.Thread, a *setCthread) (uint64, error) {
	t.SetTSD(a.Base)
	return 0, nil
}

func getCthreadARM(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	return t.Regs().R[cpu.TPIDRRO], nil
}

type ldtArgs struct {
	Start uint64
	Descs abi.Ptr
	Count uint64
}

// maxLDT is LDTSZ: the number of entries that a table can have.
const maxLDT = 8192

func setLDT(t *kern.Thread, _ *ldtArgs) (uint64, error) {
	t.Machine().Note("machdep i386_set_ldt64")
	return 0, abi.ENOSYS
}

// getLDT answers for a task that never had a table of its own: no entries.
func getLDT(_ *kern.Thread, a *ldtArgs) (uint64, error) {
	if a.Start >= maxLDT || a.Count > maxLDT || a.Start+a.Count > maxLDT {
		return 0, abi.EINVAL
	}
	return 0, nil
}

// Hook gives kern what it needs of this package.
func Hook(h *kern.Hooks) { h.Commpage = mapCommpage }
