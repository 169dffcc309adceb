package bsd

import "github.com/beagle-emu/beagle/xnu/kern"

// groups lists the rows of every subsystem, by file.
func groups() [][]kern.Row {
	return [][]kern.Row{
		fileRows(),
		fileportRows(),
		mmanRows(),
		pipeRows(),
		selectRows(),
		kqueueRows(),
		controlRows(),
		exitRows(),
		execRows(),
		forkRows(),
		protRows(),
		psynchRows(),
		pthreadRows(),
		resourceRows(),
		shmRows(),
		sockRows(),
		sysctlRows(),
		systemRows(),
		procinfoRows(),
		semRows(),
		sigRows(),
		spawnRows(),
		timeRows(),
		ulockRows(),
		workqueueRows(),
	}
}

// Hook gives kern what it needs of this package.
func Hook(h *kern.Hooks) {
	h.ProcNote = procNote
	h.Stdio = openStdio
	h.KernelVersion = kernelVersion
	h.DispatchQueueAddr = dispatchQueueAddr
}
