package mach

import "github.com/beagle-emu/beagle/xnu/kern"

// groups lists the rows of every subsystem, by file.
func groups() [][]kern.Row {
	return [][]kern.Row{
		selfRows(), vmRows(), portRows(), msgRows(), semaphoreRows(), clockRows(), timerRows(), voucherRows(), miscRows(),
	}
}

// routineGroups lists the MIG routines of every kind of kernel object, by file.
func routineGroups() [][]routine {
	return [][]routine{
		hostRoutines(), clockRoutines(), portRoutines(), taskRoutines(), threadRoutines(), semaphoreRoutines(), excRoutines(),
		vmRoutines(), memoryEntryRoutines(),
	}
}
