package bsd

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

func openRows() []kern.Row {
	const noACL = "an access control list or another owner is refused with ENOTSUP"
	const noClass = "data protection classes are checked and otherwise without effect"
	return []kern.Row{
		kern.Sys(5, "open", kern.RetInt, kern.Full, open),
		kern.Sys(398, "open_nocancel", kern.RetInt, kern.Full, open),
		kern.Sys(463, "openat", kern.RetInt, kern.Full, openat),
		kern.Sys(464, "openat_nocancel", kern.RetInt, kern.Full, openat),
		kern.Sys(277, "open_extended", kern.RetInt, kern.Partial, openExtended, noACL),
		kern.Sys(216, "open_dprotected_np", kern.RetInt, kern.Partial, openDprotected, noClass),
		kern.Sys(218, "openat_dprotected_np", kern.RetInt, kern.Partial, openatDprotected, noClass),
		kern.Sys(6, "close", kern.RetInt, kern.Full, closeFD),
		kern.Sys(399, "close_nocancel", kern.RetInt, kern.Full, closeFD),
	}
}

type openArgs struct {
	Path  abi.Ptr `path:""`
	Flags int32   `flags:"open"`
	Mode  int32   `fmt:"oct"`
}

type openatArgs struct {
	DirFD abi.FD
	Path  abi.Ptr `path:""`
	Flags int32   `flags:"open"`
	Mode  int32   `fmt:"oct"`
}

type openExtendedArgs struct {
	Path      abi.Ptr `path:""`
	Flags     int32   `flags:"open"`
	UID       abi.UID
	GID       abi.GID
	Mode      int32 `fmt:"oct"`
	XSecurity abi.Ptr
}

type openDprotectedArgs struct {
	Path    abi.Ptr `path:""`
	Flags   int32   `flags:"open"`
	Class   int32
	DPFlags int32
	Mode    int32 `fmt:"oct"`
}

type openatDprotectedArgs struct {
	DirFD   abi.FD
	Path    abi.Ptr `path:""`
	Flags   int32   `flags:"open"`
	Class   int32
	DPFlags int32
	Mode    int32 `fmt:"oct"`
	AuthFD  abi.FD
}

type closeArgs struct{ FD abi.FD }

func open(t *kern.Thread, a *openArgs) (uint64, error) {
	return doOpen(t, opening{dir: abi.AT_FDCWD, path: a.Path, flags: a.Flags, mode: a.Mode})
}

func openat(t *kern.Thread, a *openatArgs) (uint64, error) {
	return doOpen(t, opening{dir: a.DirFD, path: a.Path, flags: a.Flags, mode: a.Mode})
}

// kauthNone is KAUTH_UID_NONE and KAUTH_GID_NONE: leave the owner alone.
const kauthNone = 0xffffff9b // ~100

// noFilesec is _FILESEC_REMOVE_ACL and no ACL at all: what the C library passes
// when there is nothing to set.
const filesecRemoveACL = 1

// plainSecurity accepts the extended forms of calls when they ask for nothing
// beyond the plain ones.
func plainSecurity(uid abi.UID, gid abi.GID, xsec abi.Ptr) error {
	if (xsec != 0 && xsec != filesecRemoveACL) || uint32(uid) != kauthNone || uint32(gid) != kauthNone {
		return abi.ENOTSUP
	}
	return nil
}

func openExtended(t *kern.Thread, a *openExtendedArgs) (uint64, error) {
	if err := plainSecurity(a.UID, a.GID, a.XSecurity); err != nil {
		return 0, err
	}
	return doOpen(t, opening{dir: abi.AT_FDCWD, path: a.Path, flags: a.Flags, mode: a.Mode})
}

func openDprotected(t *kern.Thread, a *openDprotectedArgs) (uint64, error) {
	return doOpen(t, opening{dir: abi.AT_FDCWD, path: a.Path, flags: a.Flags, mode: a.Mode})
}

func openatDprotected(t *kern.Thread, a *openatDprotectedArgs) (uint64, error) {
	return doOpen(t, opening{dir: a.DirFD, path: a.Path, flags: a.Flags, mode: a.Mode})
}

func closeFD(t *kern.Thread, a *closeArgs) (uint64, error) {
	if _, err := t.File(a.FD); err != nil {
		return 0, err
	}
	if _, attrs := t.Proc.FDs.Guard(a.FD); attrs&guardClose != 0 {
		return 0, guardViolation(t, a.FD, guardExcClose)
	}
	return 0, t.Proc.CloseFD(a.FD)
}

// opening is an open call in progress: it survives the waits for a lock or for
// the other end of a FIFO.
type opening struct {
	dir  abi.FD
	path abi.Ptr
	// name is the path when named says that it does not come from the guest's
	// memory.
	name  string
	named bool
	flags int32
	mode  int32
	// guard and guardFlags are guarded_open_np's.
	guard      uint64
	guardFlags uint32

	file *kern.File
	v    *vnode
	// came is how many writers the FIFO had had when this reader arrived.
	came uint64
	// hungUp: the host told of a hang-up before anybody had written.
	hungUp bool
}

// doOpen is open1 of bsd/vfs/vfs_syscalls.c.
func doOpen(t *kern.Thread, o opening) (uint64, error) {
	if held, ok := t.CallData().(*opening); ok {
		return held.finish(t)
	}
	acc := o.flags & abi.O_ACCMODE
	if acc == abi.O_ACCMODE || acc != 0 && o.flags&abi.O_EXEC != 0 {
		return 0, abi.EINVAL
	}
	if o.flags&abi.O_CREAT != 0 && o.flags&abi.O_DIRECTORY != 0 ||
		o.flags&abi.O_NOFOLLOW_ANY != 0 && o.flags&abi.O_NOFOLLOW != 0 {
		return 0, abi.EINVAL
	}
	how := followLinks
	switch {
	case o.flags&abi.O_NOFOLLOW_ANY != 0:
		how = noFollowAny
	case o.flags&(abi.O_NOFOLLOW|abi.O_SYMLINK) != 0:
		how = noFollow
	}
	w, err := o.resolve(t, how)
	if err != nil {
		return 0, err
	}
	w.Beneath = o.flags&abi.O_RESOLVE_BENEATH != 0
	if w.dev != nil && (how == followLinks || w.dev.link == "") {
		return openDevice(t, &o, w.dev)
	}
	h, err := openHost(t, &o, w.At)
	if err != nil {
		return 0, err
	}
	if d := deviceBehind(h); d != nil {
		h.Close()
		return openDevice(t, &o, d)
	}
	o.v = newVnode(t.Machine(), h)
	o.file = kern.NewFile(o.v, o.fileFlags())
	if o.v.kind == hostfs.Pipe {
		if err := o.v.joinFIFO(&o); err != nil {
			o.file.Unref()
			return 0, err
		}
	}
	return o.finish(t)
}

// resolve finds where the path leads.
func (o *opening) resolve(t *kern.Thread, how follow) (place, error) {
	if o.named {
		return resolveString(t, o.dir, o.name, how)
	}
	return resolve(t, o.dir, o.path, how)
}

// fileFlags are the flags that the description keeps.
func (o *opening) fileFlags() uint32 {
	return uint32(abi.FFLAGS(o.flags)) & (abi.FMASK | abi.O_EVTONLY)
}

// openHost opens the file on the host with the nearest flags that Linux has.
func openHost(t *kern.Thread, o *opening, at hostfs.At) (hostfs.File, error) {
	fs := t.Machine().Host.FS()
	fl := int(o.flags & abi.O_ACCMODE)
	set := func(guest int32, host int) {
		if o.flags&guest != 0 {
			fl |= host
		}
	}
	set(abi.O_APPEND, hostfs.O_APPEND)
	set(abi.O_SYNC, hostfs.O_SYNC)
	set(abi.O_DSYNC, hostfs.O_DSYNC)
	set(abi.O_CREAT, hostfs.O_CREAT)
	set(abi.O_EXCL, hostfs.O_EXCL)
	set(abi.O_DIRECTORY, hostfs.O_DIRECTORY)
	if o.flags&(abi.O_EXLOCK|abi.O_SHLOCK) == 0 {
		set(abi.O_TRUNC, hostfs.O_TRUNC)
	}
	if o.flags&abi.O_SYMLINK != 0 {
		st, err := fs.Stat(at)
		if err == nil && st.Kind() == hostfs.Symlink {
			if o.flags&abi.O_CREAT != 0 && o.flags&abi.O_EXCL != 0 {
				return nil, abi.EEXIST
			}
			return fs.Open(at, hostfs.O_PATH, 0)
		}
	}
	if o.flags&abi.O_EXEC != 0 {
		// Neither reading nor writing, only running or searching.
		if err := fs.Access(at, unix.X_OK, true); err != nil {
			return nil, err
		}
		fl = fl&^hostfs.O_TRUNC | hostfs.O_PATH
	}
	perm := uint32(o.mode) & 0o6777 &^ t.Proc.Umask
	h, err := fs.Open(at, fl, perm)
	switch {
	case err == nil:
		return h, nil
	case isErrno(err, abi.EISDIR) && o.flags&abi.O_CREAT != 0 && o.flags&(abi.O_ACCMODE|abi.O_TRUNC) == 0:
		// Darwin lets O_CREAT pass on a directory that is there.
		return fs.Open(at, fl&^hostfs.O_CREAT, 0)
	case isErrno(err, abi.EXDEV) && at.Beneath:
		return nil, abi.EACCES
	case isErrno(err, abi.ENXIO):
		st, serr := fs.Stat(at)
		if serr == nil && st.Kind() == hostfs.Socket {
			return nil, abi.EOPNOTSUPP
		}
		if serr == nil && st.Kind() == hostfs.Pipe && o.flags&abi.O_NONBLOCK == 0 {
			return nil, waitReader(t, fileKey{st.Dev, st.Ino})
		}
	}
	return nil, err
}

// finish does what may have to wait, then gives the description a number.
func (o *opening) finish(t *kern.Thread) (uint64, error) {
	fail := func(err error) (uint64, error) {
		o.file.Unref()
		t.SetCallData(nil)
		return 0, err
	}
	held := func(err error) (uint64, error) {
		if isInterruption(err) {
			return fail(abi.EINTR) // open is not restarted (open1)
		}
		return 0, err
	}
	if err := o.waitWriter(t); err != nil {
		return held(err)
	}
	if o.flags&(abi.O_EXLOCK|abi.O_SHLOCK) != 0 {
		op := int32(abi.LOCK_SH)
		if o.flags&abi.O_EXLOCK != 0 {
			op = abi.LOCK_EX
		}
		if o.flags&abi.O_NONBLOCK != 0 {
			op |= abi.LOCK_NB
		}
		err := flockFile(t, o.file, o.v, op, func() {
			c := *o
			t.SetCallData(&c)
		})
		if err != nil {
			if _, waiting := t.CallData().(*opening); waiting {
				return held(err)
			}
			return fail(err)
		}
		if o.flags&abi.O_TRUNC != 0 && o.v.kind == hostfs.Regular {
			if err := o.v.file.Truncate(0); err != nil {
				return fail(err)
			}
		}
	}
	fd, err := installFile(t, o.file, o)
	if err != nil {
		return fail(err)
	}
	t.SetCallData(nil)
	return uint64(fd), nil
}

// Abandon closes what a thread that was killed had opened.
func (o *opening) Abandon(*kern.Thread) { o.file.Unref() }

// installFile gives an open description its descriptor, with what the open call
// says of it.
func installFile(t *kern.Thread, f *kern.File, o *opening) (abi.FD, error) {
	fd, err := t.Proc.AllocFD(f, 0, o.flags&abi.O_CLOEXEC != 0)
	if err != nil {
		return -1, err
	}
	if o.flags&abi.O_CLOFORK != 0 {
		t.Proc.FDs.SetCloFork(fd, true)
	}
	if o.guardFlags != 0 {
		t.Proc.FDs.SetGuard(fd, o.guard, o.guardFlags)
	}
	return fd, nil
}
