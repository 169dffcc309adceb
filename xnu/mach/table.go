// Package mach is the class-1 half of the kernel: Mach traps, ports, messages
// and the MIG routines of task, thread, host, clock and vm.
//
// To add a trap, write its argument struct and handler in the file of its
// subsystem and its row in that file's rows function. A trap without a row here
// is known by name and answers KERN_NOT_SUPPORTED; see SYSCALLS.md.
package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Table is every Mach trap, 0 to 127. The slots in which XNU has kern_invalid
// are Absent.
func Table() []kern.Row {
	t := make([]kern.Row, abi.NumMachTraps)
	for i := range t {
		t[i] = kern.Row{Class: kern.Mach, Num: i, Name: "kern_invalid", Status: kern.Absent}
		if c, ok := abi.MachTrapByNumber(i); ok {
			t[i] = kern.Unimplemented(kern.Mach, i, c.Name, kern.RetKern, c.Args)
		}
	}
	return kern.Overlay(t, groups()...)
}
