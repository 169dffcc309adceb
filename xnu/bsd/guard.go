package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Attributes of a guarded descriptor (bsd/sys/guarded.h).
const (
	guardClose     = 1 << 0
	guardDup       = 1 << 1
	guardSocketIPC = 1 << 2
	guardFileport  = 1 << 3
	guardWrite     = 1 << 4

	guardRequired = guardDup
	guardAll      = guardClose | guardDup | guardSocketIPC | guardFileport | guardWrite
)

// What a guard exception complains about.
const (
	guardExcClose     = 1 << 0
	guardExcDup       = 1 << 1
	guardExcNoCloexec = 1 << 2
	guardExcWrite     = 1 << 6
)

func guardRows() []kern.Row {
	return []kern.Row{
		kern.Sys(441, "guarded_open_np", kern.RetInt, kern.Full, guardedOpen),
		kern.Sys(484, "guarded_open_dprotected_np", kern.RetInt, kern.Partial, guardedOpenDprotected,
			"data protection classes are checked and otherwise without effect"),
		kern.Sys(442, "guarded_close_np", kern.RetInt, kern.Full, guardedClose),
		kern.Sys(444, "change_fdguard_np", kern.RetInt, kern.Full, changeFDGuard),
		kern.Sys(485, "guarded_write_np", kern.RetSSize, kern.Full, guardedWrite),
		kern.Sys(486, "guarded_pwrite_np", kern.RetSSize, kern.Full, guardedPwrite),
		kern.Sys(487, "guarded_writev_np", kern.RetSSize, kern.Full, guardedWritev),
	}
}

// guardViolation ends the process, as an EXC_GUARD that nobody catches does:
// the call answers EPERM and SIGKILL waits at its return (fd_guard_ast).
func guardViolation(t *kern.Thread, fd abi.FD, flavor uint32) error {
	t.Machine().Diagf("%s[%d]: EXC_GUARD: descriptor %d is guarded (violation %#x)", t.Proc.Name, t.Proc.PID, fd, flavor)
	t.Proc.Signal(abi.SIGKILL, kern.SigInfo{})
	return abi.EPERM
}

type guardedOpenArgs struct {
	Path       abi.Ptr `path:""`
	Guard      abi.Ptr
	GuardFlags uint32
	Flags      int32 `flags:"open"`
	Mode       int32 `fmt:"oct"`
}

type guardedOpenDprotectedArgs struct {
	Path       abi.Ptr `path:""`
	Guard      abi.Ptr
	GuardFlags uint32
	Flags      int32 `flags:"open"`
	Class      int32
	DPFlags    int32
	Mode       int32 `fmt:"oct"`
}

func guardedOpen(t *kern.Thread, a *guardedOpenArgs) (uint64, error) {
	return openGuarded(t, a.Guard, a.GuardFlags, opening{dir: abi.AT_FDCWD, path: a.Path, flags: a.Flags, mode: a.Mode})
}

func guardedOpenDprotected(t *kern.Thread, a *guardedOpenDprotectedArgs) (uint64, error) {
	return openGuarded(t, a.Guard, a.GuardFlags, opening{dir: abi.AT_FDCWD, path: a.Path, flags: a.Flags, mode: a.Mode})
}

func openGuarded(t *kern.Thread, guard abi.Ptr, flags uint32, o opening) (uint64, error) {
	// guarded_open_np: O_CLOEXEC is required, and GUARD_DUP among the flags.
	if flags&guardRequired != guardRequired || flags&^guardAll != 0 || o.flags&abi.O_CLOEXEC == 0 {
		return 0, abi.EINVAL
	}
	g, err := copyInGuard(t, guard)
	if err != nil {
		return 0, err
	}
	o.guard, o.guardFlags = g, flags
	o.flags |= abi.O_CLOFORK
	return doOpen(t, o)
}

// copyInGuard reads a guard value; 0 is none (EINVAL).
func copyInGuard(t *kern.Thread, p abi.Ptr) (uint64, error) {
	g, err := t.Space().Load64(uint64(p))
	if err == nil && g == 0 {
		return 0, abi.EINVAL
	}
	return g, err
}

// checkGuard finds the file behind a descriptor with that guard: EINVAL when it
// has none, EPERM when another; that is no violation (fp_lookup_guarded_locked).
func checkGuard(t *kern.Thread, fd abi.FD, guard abi.Ptr) (*kern.File, error) {
	g, err := copyInGuard(t, guard)
	if err != nil {
		return nil, err
	}
	f, err := t.File(fd)
	if err != nil {
		return nil, err
	}
	have, attrs := t.Proc.FDs.Guard(fd)
	if attrs == 0 {
		return nil, abi.EINVAL
	}
	if have != g {
		return nil, abi.EPERM
	}
	return f, nil
}

type guardedCloseArgs struct {
	FD    abi.FD
	Guard abi.Ptr
}

func guardedClose(t *kern.Thread, a *guardedCloseArgs) (uint64, error) {
	if _, err := checkGuard(t, a.FD, a.Guard); err != nil {
		return 0, err
	}
	return 0, t.Proc.CloseFD(a.FD)
}

type guardedWriteArgs struct {
	FD     abi.FD
	Guard  abi.Ptr
	Buf    abi.Ptr `in:"NBytes"`
	NBytes abi.Size
}

type guardedPwriteArgs struct {
	FD     abi.FD
	Guard  abi.Ptr
	Buf    abi.Ptr `in:"NBytes"`
	NBytes abi.Size
	Offset abi.Off
}

type guardedWritevArgs struct {
	FD     abi.FD
	Guard  abi.Ptr
	IOV    abi.Ptr `iov:"in"`
	IOVCnt int32
}

func writeGuarded(t *kern.Thread, fd abi.FD, guard abi.Ptr, u *uio, w where) (uint64, error) {
	f, err := checkGuard(t, fd, guard)
	if err != nil {
		return 0, err
	}
	if f.Flags&kern.FWRITE == 0 {
		return 0, abi.EBADF
	}
	if u.total > 1<<31-1 {
		return 0, abi.EINVAL
	}
	return writeFile(t, f, u, w)
}

func guardedWrite(t *kern.Thread, a *guardedWriteArgs) (uint64, error) {
	return writeGuarded(t, a.FD, a.Guard, one(a.Buf, a.NBytes), noOffset)
}

func guardedPwrite(t *kern.Thread, a *guardedPwriteArgs) (uint64, error) {
	return writeGuarded(t, a.FD, a.Guard, one(a.Buf, a.NBytes), at(a.Offset))
}

func guardedWritev(t *kern.Thread, a *guardedWritevArgs) (uint64, error) {
	u, err := copyInIOV(t, a.IOV, a.IOVCnt)
	if err != nil {
		return 0, err
	}
	return writeGuarded(t, a.FD, a.Guard, u, noOffset)
}

type changeFDGuardArgs struct {
	FD         abi.FD
	Guard      abi.Ptr
	GuardFlags uint32
	NewGuard   abi.Ptr
	NewFlags   uint32
	FDFlags    abi.Ptr
}

// changeFDGuard is change_fdguard_np of bsd/kern/kern_guarded.c. A guarded
// descriptor is close-on-exec; fdflags brings back what it was, and says what it
// is to be when the guard goes.
func changeFDGuard(t *kern.Thread, a *changeFDGuardArgs) (uint64, error) {
	fds := t.Proc.FDs
	var oldg, newg uint64
	var err error
	var fdflags uint32
	if a.Guard != 0 {
		if oldg, err = t.Space().Load64(uint64(a.Guard)); err != nil {
			return 0, err
		}
	}
	if a.NewGuard != 0 {
		if newg, err = t.Space().Load64(uint64(a.NewGuard)); err != nil {
			return 0, err
		}
	}
	if a.FDFlags != 0 {
		if fdflags, err = t.Space().Load32(uint64(a.FDFlags)); err != nil {
			return 0, err
		}
	}
	if _, err := t.File(a.FD); err != nil {
		return 0, err
	}
	if a.FDFlags != 0 {
		was := uint32(0)
		if fds.CloExec(a.FD) {
			was |= abi.FD_CLOEXEC
		}
		if fds.CloFork(a.FD) {
			was |= abi.FD_CLOFORK
		}
		if err := t.Space().Store32(uint64(a.FDFlags), was); err != nil {
			return 0, err
		}
	}
	have, attrs := fds.Guard(a.FD)
	switch {
	case attrs != 0 && (a.Guard == 0 || a.GuardFlags == 0):
		return 0, abi.EINVAL
	case attrs != 0 && oldg == 0:
		return 0, abi.EPERM
	case attrs == 0 && (a.Guard != 0 || a.GuardFlags != 0):
		return 0, abi.EINVAL
	}
	mismatch := oldg != have || a.GuardFlags != attrs
	switch {
	case a.NewGuard != 0:
		if newg == 0 || a.NewFlags&guardRequired == 0 || a.NewFlags&^guardAll != 0 {
			return 0, abi.EINVAL
		}
		if attrs != 0 && mismatch {
			return 0, abi.EPERM
		}
		fds.SetGuard(a.FD, newg, a.NewFlags)
		if attrs == 0 {
			fds.SetCloExec(a.FD, true)
		}
		switch {
		case a.NewFlags&guardClose != 0 || attrs != 0 && fdflags&abi.FD_CLOFORK != 0:
			fds.SetCloFork(a.FD, true)
		case attrs&guardClose != 0:
			fds.SetCloFork(a.FD, false)
		}
	case attrs == 0 || a.NewFlags != 0:
		return 0, abi.EINVAL
	case mismatch:
		return 0, abi.EPERM
	default:
		fds.SetGuard(a.FD, 0, 0)
		fds.SetCloExec(a.FD, fdflags&abi.FD_CLOEXEC != 0)
		fds.SetCloFork(a.FD, fdflags&abi.FD_CLOFORK != 0)
	}
	return 0, nil
}
