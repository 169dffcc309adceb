package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// fileportRows are open files as Mach rights (bsd/kern/kern_descrip.c).
func fileportRows() []kern.Row {
	return []kern.Row{
		kern.Sys(430, "fileport_makeport", kern.RetInt, kern.Full, fileportMakeport),
		kern.Sys(431, "fileport_makefd", kern.RetInt, kern.Full, fileportMakefd),
	}
}

type fileportMakeportArgs struct {
	FD   abi.FD
	Port abi.Ptr `out:"4"`
}

// fileportMakeport gives the file to whoever gets the right. Only files that mean
// the same in another process can be sent.
func fileportMakeport(t *kern.Thread, a *fileportMakeportArgs) (uint64, error) {
	f, err := t.File(a.FD)
	if err != nil {
		return 0, err
	}
	switch f.Ops.Type() {
	case kern.TypeVnode, kern.TypeSocket, kern.TypePipe, kern.TypePshm, kern.TypeNetPolicy:
	default:
		return 0, abi.EINVAL
	}
	const guardFileport = 1 << 3 // GUARD_FILEPORT
	if _, attrs := t.Proc.FDs.Guard(a.FD); attrs&guardFileport != 0 {
		return 0, abi.EPERM
	}
	h := t.Machine().Hooks.MakeFilePort
	if h == nil {
		return 0, abi.ENOTSUP
	}
	name := h(t, f)
	if name == abi.MACH_PORT_NULL || name == abi.MACH_PORT_DEAD {
		return 0, abi.EINVAL
	}
	return 0, t.Space().Store32(uint64(a.Port), uint32(name))
}

type fileportMakefdArgs struct{ Port abi.Port }

// fileportMakefd opens a descriptor, to be closed by exec, for the file behind a
// right.
func fileportMakefd(t *kern.Thread, a *fileportMakefdArgs) (uint64, error) {
	h := t.Machine().Hooks.FilePortFile
	if h == nil {
		return 0, abi.ENOTSUP
	}
	f := h(t, a.Port)
	if f == nil {
		return 0, abi.EINVAL
	}
	fd, err := t.Proc.AllocFD(f.Ref(), 0, true)
	if err != nil {
		f.Unref()
		return 0, err
	}
	return uint64(fd), nil
}
