// Package machdep is the class-3 part of the kernel: machine-dependent calls and
// the commpage of both architectures.
package machdep

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/kern"
)

type setCthread struct {
	Base uint64
}

// Tables are x86-64's machdep_call_table64 (osfmk/i386/machdep_call.c) and the
// codes of arm64's platform call (osfmk/arm64/machine_routines.c).
func Tables() (x86, arm []kern.Row) {
	x86 = make([]kern.Row, 8)
	for i, name := range []string{"hv_task_trap", "hv_thread_trap", "kern_invalid", "thread_fast_set_cthread_self64",
		"kern_invalid", "i386_set_ldt64", "i386_get_ldt64", "kern_invalid"} {
		x86[i] = kern.Unimplemented(kern.Machdep, i, name, kern.RetKern, 3)
		if name == "kern_invalid" {
			x86[i] = kern.Row{Class: kern.Machdep, Num: i, Name: name, Status: kern.Absent}
		}
	}
	arm = make([]kern.Row, 4)
	for i := range arm {
		arm[i] = kern.Row{Class: kern.Machdep, Num: i, Name: "platform_syscall", Status: kern.Absent}
	}
	x86 = kern.Overlay(x86, []kern.Row{
		kern.MachdepCall(3, "thread_fast_set_cthread_self64", kern.RetKern, kern.Full, setCthreadX86),
	})
	arm = kern.Overlay(arm, []kern.Row{
		kern.MachdepCall(2, "thread_set_cthread_self", kern.RetVoid, kern.Full, setCthreadARM),
		kern.MachdepCall(3, "thread_get_cthread_self", kern.RetUint64, kern.Full, getCthreadARM),
	})
	return x86, arm
}

// USER_CTHREAD: what thread_fast_set_cthread_self64 returns, the selector that
// 32-bit code would load into gs (osfmk/i386/pcb.c).
const userCthread = 0x0f

func setCthreadX86(t *kern.Thread, a *setCthread) (uint64, error) {
	t.SetTSD(a.Base)
	return userCthread, nil
}

func setCthreadARM(t *kern.Thread, a *setCthread) (uint64, error) {
	t.SetTSD(a.Base)
	return 0, nil
}

func getCthreadARM(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	return t.Regs().R[cpu.TPIDRRO], nil
}

// Hook gives kern what it needs of this package.
func Hook(h *kern.Hooks) { h.Commpage = mapCommpage }
