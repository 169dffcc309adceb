package bsd

import (
	"errors"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// posix_spawn: bsd/kern/kern_exec.c.

func spawnRows() []kern.Row {
	return []kern.Row{
		kern.Sys(244, "posix_spawn", kern.RetInt, kern.Partial, posixSpawn,
			"port actions, PSFA_FILEPORT_DUP2, MAC extensions, coalitions, personas, credentials, subsystem roots and conclaves are refused with ENOTSUP; "+
				"scheduling attributes are without effect; a FIFO in a file action is opened without waiting for its other end"),
	}
}

type spawnArgs struct {
	PID  abi.Ptr `out:"4"`
	Path abi.Ptr `path:""`
	Desc abi.Ptr `struct:"_posix_spawn_args_desc"`
	Argv abi.Ptr `strings:""`
	Env  abi.Ptr `strings:""`
}

// spawnAttrs is what of struct _posix_spawnattr is acted upon.
type spawnAttrs struct {
	flags      uint16
	sigdefault abi.Sigset
	sigmask    abi.Sigset
	pgroup     abi.PID
	prefer     []cpu.Arch
	actions    []abi.PsfaAction
}

func (x *spawnAttrs) has(flag uint16) bool { return x.flags&flag != 0 }

// spawnDescSize is the part of the description that every library passes; the
// fields behind it have come one at a time.
const spawnDescSize = 18 * 8

func posixSpawn(t *kern.Thread, a *spawnArgs) (uint64, error) {
	x, err := spawnAttributes(t, a.Desc)
	if err != nil {
		return 0, err
	}
	args, err := execArguments(t, a.Path, a.Argv, a.Env)
	if err != nil {
		return 0, err
	}
	args.Prefer = x.prefer
	args.NoSlide = x.has(abi.POSIX_SPAWN_DISABLE_ASLR)
	if x.has(abi.POSIX_SPAWN_SETEXEC) {
		if err := x.prepare(t.Proc, t); err != nil {
			return 0, err
		}
		args.At.Dir = startDir(t)
		return 0, replaceImage(t, args)
	}
	c, n, err := t.Proc.NewChild()
	if err != nil {
		return 0, err
	}
	n.First = true
	n.SigMask = t.SigMask
	if t.Cwd != nil {
		// The child's directory is the calling thread's.
		c.Cwd.Unref()
		c.Cwd = t.Cwd.Ref()
	}
	if err := x.spawn(c, n, args); err != nil {
		c.Abandon()
		return 0, err
	}
	pid := c.PID
	return 0, putInt(t, a.PID, int32(pid))
}

// spawn makes the child what the attributes say and starts it.
func (x *spawnAttrs) spawn(c *kern.Process, n *kern.Thread, args kern.ExecArgs) error {
	if err := x.prepare(c, n); err != nil {
		return err
	}
	args.At.Dir = startDir(n)
	m := c.Machine
	l, err := m.Prepare(c, args)
	var host *kern.HostProgram
	if errors.As(err, &host) {
		return runHost(c, host, args.Env)
	}
	if err != nil {
		return execErrno(m, args.Path, err)
	}
	if err := c.Become(n, l); err != nil {
		return abi.ENOMEM
	}
	if x.has(abi.POSIX_SPAWN_START_SUSPENDED) {
		c.Stopped = true
	}
	n.Start()
	return nil
}

func startDir(t *kern.Thread) hostfs.File {
	if d := workingDir(t); d != nil {
		return d.File
	}
	return nil
}

// spawnAttributes reads what the third argument points to.
func spawnAttributes(t *kern.Thread, at abi.Ptr) (*spawnAttrs, error) {
	x := &spawnAttrs{prefer: archOrder(t.Arch())}
	if at == 0 {
		return x, nil
	}
	var d [spawnDescSize]byte
	if err := t.Space().CopyIn(d[:], uint64(at)); err != nil {
		return nil, err
	}
	// Pairs of size and address: attributes, file actions, port actions, and
	// seven kinds that Beagle does not have.
	size := func(i int) uint64 { return le.Uint64(d[16*i:]) }
	addr := func(i int) uint64 { return le.Uint64(d[16*i+8:]) }
	if size(0) != 0 {
		if err := x.readAttr(t, size(0), addr(0)); err != nil {
			return nil, err
		}
	}
	if size(1) != 0 {
		if err := x.readActions(t, size(1), addr(1)); err != nil {
			return nil, err
		}
	}
	if size(2) != 0 {
		var h [abi.PspaHeaderSize]byte
		if size(2) < uint64(len(h)) {
			return nil, abi.EINVAL
		}
		if err := t.Space().CopyIn(h[:], addr(2)); err != nil {
			return nil, err
		}
		if le.Uint32(h[4:]) != 0 {
			t.Machine().Note("posix_spawn port actions")
			return nil, abi.ENOTSUP
		}
	}
	for i := 3; i < spawnDescSize/16; i++ {
		if size(i) != 0 && addr(i) != 0 {
			t.Machine().Note("posix_spawn extension")
			return nil, abi.ENOTSUP
		}
	}
	return x, nil
}

func (x *spawnAttrs) readAttr(t *kern.Thread, size, at uint64) error {
	var b [abi.SpawnAttrMinSize]byte
	n := min(size, uint64(len(b)))
	if err := t.Space().CopyIn(b[:n], at); err != nil {
		return err
	}
	x.flags = le.Uint16(b[0:])
	x.sigdefault, x.sigmask = abi.Sigset(le.Uint32(b[4:])), abi.Sigset(le.Uint32(b[8:]))
	x.pgroup = abi.PID(le.Uint32(b[12:]))
	var prefer []cpu.Arch
	for i := range 4 {
		switch le.Uint32(b[16+4*i:]) {
		case 0:
		case uint32(abi.CPU_TYPE_X86_64):
			prefer = append(prefer, cpu.X86_64)
		case uint32(abi.CPU_TYPE_ARM64):
			prefer = append(prefer, cpu.ARM64)
		case 1<<32 - 1: // CPU_TYPE_ANY
			prefer = append(prefer, archOrder(t.Arch())...)
		}
	}
	if len(prefer) > 0 {
		x.prefer = prefer
	}
	return nil
}

func (x *spawnAttrs) readActions(t *kern.Thread, size, at uint64) error {
	// PSF_ACTIONS_SIZE of the most actions: one for each descriptor there can be.
	if size < abi.PsfaHeaderSize || size > abi.PsfaHeaderSize+abi.OPEN_MAX*abi.PsfaActionSize {
		return abi.EINVAL
	}
	var h [abi.PsfaHeaderSize]byte
	if err := t.Space().CopyIn(h[:], at); err != nil {
		return err
	}
	n := int32(le.Uint32(h[abi.PsfaCountOffset:]))
	if n < 0 || uint64(n)*abi.PsfaActionSize > size-abi.PsfaHeaderSize {
		return abi.EINVAL
	}
	var b [abi.PsfaActionSize]byte
	for i := range uint64(n) {
		if err := t.Space().CopyIn(b[:], at+abi.PsfaHeaderSize+i*abi.PsfaActionSize); err != nil {
			return err
		}
		var f abi.PsfaAction
		f.Get(b[:])
		x.actions = append(x.actions, f)
	}
	return nil
}

// prepare applies attributes and file actions to the process whose thread n is
// about to run the program, in posix_spawn's order.
func (x *spawnAttrs) prepare(p *kern.Process, n *kern.Thread) error {
	if x.has(abi.POSIX_SPAWN_SETPGROUP) {
		if err := setProcessGroup(p, 0, x.pgroup); err != nil {
			return err
		}
	}
	if x.has(abi.POSIX_SPAWN_SETSID) {
		if err := newSession(p); err != nil {
			return err
		}
	}
	if x.has(abi.POSIX_SPAWN_RESETIDS) {
		changeCred(n, func(c *kern.Cred) {
			c.EUID, c.SVUID = c.RUID, c.RUID
			setEGID(c, c.RGID)
			c.SVGID = c.RGID
		})
	}
	if err := x.doActions(p, n); err != nil {
		return err
	}
	if x.has(abi.POSIX_SPAWN_SETSIGMASK) {
		n.SetMask(x.sigmask)
	}
	if x.has(abi.POSIX_SPAWN_SETSIGDEF) {
		for s := abi.Signal(1); s < abi.NSIG; s++ {
			if x.sigdefault.Has(s) && s != abi.SIGKILL && s != abi.SIGSTOP {
				p.Sig.Actions[s] = kern.SigAction{}
				if s == abi.SIGCHLD {
					p.Sig.NoChildWait = false
				}
			}
		}
	}
	return nil
}

func (x *spawnAttrs) doActions(p *kern.Process, n *kern.Thread) error {
	keep := map[abi.FD]bool{}
	for i := range x.actions {
		if err := x.doAction(p, n, &x.actions[i], keep); err != nil {
			return err
		}
	}
	if x.has(abi.POSIX_SPAWN_CLOEXEC_DEFAULT) {
		for _, fd := range p.FDs.Open() {
			if !keep[fd] {
				p.FDs.SetCloExec(fd, true)
			}
		}
	}
	return nil
}

func (x *spawnAttrs) doAction(p *kern.Process, n *kern.Thread, f *abi.PsfaAction, keep map[abi.FD]bool) error {
	switch f.Type {
	case abi.PSFA_OPEN:
		// Nobody may wait here: the calling process's thread is elsewhere.
		got, err := doOpen(n, opening{dir: abi.AT_FDCWD, name: f.Path, named: true, flags: f.Oflag | abi.O_NONBLOCK, mode: int32(f.Mode)})
		if err != nil {
			if _, ok := err.(abi.Errno); !ok && !isHostError(err) {
				err = abi.EAGAIN
			}
			return err
		}
		fd := abi.FD(got)
		if file, err := p.FDs.Get(fd); err == nil && f.Oflag&abi.O_NONBLOCK == 0 {
			file.Flags &^= abi.O_NONBLOCK
		}
		if fd != f.FD {
			file, err := p.FDs.Get(fd)
			if err != nil {
				return err
			}
			if err := p.InstallFD(file.Ref(), f.FD, false); err != nil {
				file.Unref()
				return err
			}
			p.CloseFD(fd)
		}
		keep[f.FD] = !p.FDs.CloExec(f.FD)
	case abi.PSFA_CLOSE:
		return p.CloseFD(f.FD)
	case abi.PSFA_DUP2:
		file, err := p.FDs.Get(f.FD)
		if err != nil {
			return err
		}
		if f.FD != f.NewFD {
			if err := p.InstallFD(file.Ref(), f.NewFD, false); err != nil {
				file.Unref()
				return err
			}
		}
		p.FDs.SetCloExec(f.NewFD, false)
		keep[f.NewFD] = true
	case abi.PSFA_INHERIT:
		if _, err := p.FDs.Get(f.FD); err != nil {
			return err
		}
		p.FDs.SetCloExec(f.FD, false)
		keep[f.FD] = true
	case abi.PSFA_CHDIR:
		w, err := resolveString(n, abi.AT_FDCWD, f.Path, followLinks)
		if err != nil {
			return err
		}
		d, err := p.Machine.Host.FS().Open(w.At, hostfs.O_RDONLY|hostfs.O_DIRECTORY, 0)
		if err != nil {
			return err
		}
		p.Cwd.Unref()
		p.Cwd = kern.NewDir(d)
	case abi.PSFA_FCHDIR:
		w, err := resolveString(n, f.FD, ".", followLinks)
		if err != nil {
			return err
		}
		d, err := p.Machine.Host.FS().Open(w.At, hostfs.O_RDONLY|hostfs.O_DIRECTORY, 0)
		if err != nil {
			return err
		}
		p.Cwd.Unref()
		p.Cwd = kern.NewDir(d)
	case abi.PSFA_FILEPORT_DUP2:
		return abi.ENOTSUP
	default:
		return abi.EINVAL
	}
	return nil
}

// isHostError reports an error that the dispatcher can translate.
func isHostError(err error) bool { return errnoValue(err) != 0 }
