package bsd

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

func descripRows() []kern.Row {
	const lacks = "commands for code signatures, leases and file system snapshots are refused with ENOTSUP; F_LOG2PHYS tells no device offset (ENOTSUP)"
	return []kern.Row{
		kern.Sys(41, "dup", kern.RetInt, kern.Full, dup),
		kern.Sys(90, "dup2", kern.RetInt, kern.Full, dup2),
		kern.Sys(89, "getdtablesize", kern.RetInt, kern.Full, getdtablesize),
		kern.Sys(92, "fcntl", kern.RetInt, kern.Partial, fcntl, lacks),
		kern.Sys(406, "fcntl_nocancel", kern.RetInt, kern.Partial, fcntl, lacks),
	}
}

type dupArgs struct{ FD abi.FD }

type dup2Args struct{ From, To abi.FD }

type fcntlArgs struct {
	FD  abi.FD
	Cmd int32 `flags:"fcntl"`
	Arg uint64
}

func dup(t *kern.Thread, a *dupArgs) (uint64, error) { return dupFD(t, a.FD, 0, false) }

// dupFD puts another descriptor of the same description at the lowest free
// number at or above least.
func dupFD(t *kern.Thread, fd, least abi.FD, cloexec bool) (uint64, error) {
	f, err := t.File(fd)
	if err != nil {
		return 0, err
	}
	if _, attrs := t.Proc.FDs.Guard(fd); attrs&guardDup != 0 {
		return 0, guardViolation(t, fd, guardExcDup)
	}
	n, err := t.Proc.AllocFD(f.Ref(), least, cloexec)
	if err != nil {
		f.Unref()
		return 0, err
	}
	return uint64(n), nil
}

func dup2(t *kern.Thread, a *dup2Args) (uint64, error) {
	p := t.Proc
	f, err := t.File(a.From)
	if err != nil {
		return 0, err
	}
	if _, attrs := p.FDs.Guard(a.From); attrs&guardDup != 0 {
		return 0, guardViolation(t, a.From, guardExcDup)
	}
	if a.To < 0 || uint64(a.To) >= fdLimit(p) {
		return 0, abi.EBADF
	}
	if a.From == a.To {
		return uint64(a.To), nil
	}
	if _, err := t.File(a.To); err == nil {
		if _, attrs := p.FDs.Guard(a.To); attrs&guardClose != 0 {
			return 0, guardViolation(t, a.To, guardExcClose)
		}
	}
	if err := p.InstallFD(f.Ref(), a.To, false); err != nil {
		f.Unref()
		return 0, err
	}
	return uint64(a.To), nil
}

// openMax is OPEN_MAX: the most descriptors a process may have.
const openMax = 10240

func fdLimit(p *kern.Process) uint64 { return min(p.Limits[abi.RLIMIT_NOFILE].Cur, openMax) }

func getdtablesize(t *kern.Thread, _ *kern.NoArgs) (uint64, error) { return fdLimit(t.Proc), nil }

func fcntl(t *kern.Thread, a *fcntlArgs) (uint64, error) {
	f, err := t.File(a.FD)
	if err != nil {
		return 0, err
	}
	fds := t.Proc.FDs
	arg := int32(a.Arg)
	switch a.Cmd {
	case abi.F_DUPFD, abi.F_DUPFD_CLOEXEC:
		if arg < 0 || uint64(arg) >= fdLimit(t.Proc) {
			return 0, abi.EINVAL
		}
		return dupFD(t, a.FD, abi.FD(arg), a.Cmd == abi.F_DUPFD_CLOEXEC)

	case abi.F_GETFD:
		r := uint64(0)
		if fds.CloExec(a.FD) {
			r |= abi.FD_CLOEXEC
		}
		return r, nil

	case abi.F_SETFD:
		on := arg&abi.FD_CLOEXEC != 0
		if _, attrs := fds.Guard(a.FD); !on && attrs != 0 {
			return 0, guardViolation(t, a.FD, guardExcNoCloexec)
		}
		fds.SetCloExec(a.FD, on)
		return 0, nil

	case abi.F_GETFL:
		return uint64(uint32(abi.OFLAGS(int32(f.Flags)))), nil

	case abi.F_SETFL:
		return 0, setStatusFlags(t, f, uint32(abi.FFLAGS(arg)))

	case abi.F_GETOWN:
		if v, ok := f.Ops.(*vnode); ok && v.kind == hostfs.TTY {
			pg, err := ttyGetPgrp(t, v)
			return uint64(uint32(-pg)), err
		}
		return uint64(uint32(f.Owner)), nil

	case abi.F_SETOWN:
		return 0, setOwner(t, f, abi.PID(arg))

	case abi.F_SETNOSIGPIPE:
		if s, ok := f.Ops.(noSigPiper); ok {
			return 0, s.SetNoSigPipe(arg != 0)
		}
		f.NoSigPipe = arg != 0
		return 0, nil

	case abi.F_GETNOSIGPIPE:
		on := f.NoSigPipe
		if s, ok := f.Ops.(noSigPiper); ok {
			on = s.NoSigPipe()
		}
		if on {
			return 1, nil
		}
		return 0, nil

	case abi.F_SETLK, abi.F_SETLKW, abi.F_SETLKWTIMEOUT, abi.F_GETLK, abi.F_GETLKPID, abi.F_OFD_SETLK, abi.F_OFD_SETLKW,
		abi.F_OFD_SETLKWTIMEOUT, abi.F_OFD_GETLK, abi.F_OFD_GETLKPID:
		return 0, fcntlLock(t, f, a.Cmd, a.Arg)

	case abi.F_SETCONFINED:
		switch {
		case arg == 0:
			return 0, abi.EPERM
		case fds.CloFork(a.FD):
			return 0, nil
		}
		return 0, abi.EBADF

	case abi.F_GETCONFINED:
		return 0, nil
	}
	return fcntlVnode(t, f, a)
}

// noSigPiper is implemented by sockets, whose SO_NOSIGPIPE the fcntl commands
// are another name of.
type noSigPiper interface {
	NoSigPipe() bool
	SetNoSigPipe(on bool) error
}

// statusSetter is implemented by FileOps that must learn of changed O_APPEND,
// O_NONBLOCK or O_ASYNC.
type statusSetter interface {
	SetStatus(f *kern.File, flags uint32) error
}

// setStatusFlags is F_SETFL: only what FCNTLFLAGS has can change.
func setStatusFlags(t *kern.Thread, f *kern.File, flags uint32) error {
	now := f.Flags&^abi.FCNTLFLAGS | flags&abi.FCNTLFLAGS
	if v, ok := f.Ops.(*vnode); ok && (now^f.Flags)&abi.O_APPEND != 0 {
		if err := v.file.SetAppend(now&abi.O_APPEND != 0); err != nil {
			return err
		}
	}
	if s, ok := f.Ops.(statusSetter); ok {
		if err := s.SetStatus(f, now); err != nil {
			return err
		}
	}
	f.Flags = now
	return nil
}

// setOwner is F_SETOWN: who gets SIGIO and SIGURG. For a terminal it sets the
// foreground group.
func setOwner(t *kern.Thread, f *kern.File, who abi.PID) error {
	switch f.Ops.Type() {
	case kern.TypeSocket, kern.TypePipe:
		f.Owner = who
		return nil
	}
	v, ok := f.Ops.(*vnode)
	if !ok || v.kind != hostfs.TTY {
		return abi.ENOTTY
	}
	pg := -who
	if who > 0 {
		p := t.Machine().Process(who)
		if p == nil || p.Group == nil {
			return abi.ESRCH
		}
		pg = p.Group.ID
	}
	return ttySetPgrp(t, v, pg)
}
