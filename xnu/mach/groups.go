package mach

import "github.com/beagle-emu/beagle/xnu/kern"

// groups lists the rows of every subsystem, by file.
func groups() [][]kern.Row {
	return [][]kern.Row{
		selfRows(), msgRows(), semaphoreRows(), clockRows(), voucherRows(),
	}
}

// routineGroups lists the MIG routines of every kind of kernel object, by file.
func routineGroups() [][]routine {
	return [][]routine{
		hostRoutines(), clockRoutines(), semaphoreRoutines(), excRoutines(),
	}
}
