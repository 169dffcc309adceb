package bsd

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

// vnode is an open file of the tree, or a pipe, socket or terminal that the
// world outside gave as a standard descriptor.
type vnode struct {
	m    *kern.Machine
	file hostfs.File
	kind hostfs.Kind
	typ  kern.FileType
	// names is the directory as it was when it was last read from its start;
	// File.Offset is the cursor in it, counted in entries.
	names []hostfs.DirEntry
	// key is the object's identity, for locks and FIFOs.
	key fileKey
	// fifo is set for a FIFO that was opened by name.
	fifo *fifo
	// tty identifies a terminal; 0 until it is asked for.
	tty uint64
}

// fileKey identifies a file as long as something keeps it open.
type fileKey struct{ dev, ino uint64 }

// newVnode wraps an open file of the tree.
func newVnode(m *kern.Machine, f hostfs.File) *vnode {
	return &vnode{m: m, file: f, kind: f.Kind(), typ: kern.TypeVnode}
}

// HostFile is the file behind, for mapping it and giving it to host programs.
func (v *vnode) HostFile() hostfs.File { return v.file }

// Type is DTYPE_VNODE but for an inherited pipe.
func (v *vnode) Type() kern.FileType { return v.typ }

// pollable tells whether readiness is worth asking for: files and directories
// are always ready.
func (v *vnode) pollable() bool {
	switch v.kind {
	case hostfs.Pipe, hostfs.Socket, hostfs.TTY, hostfs.CharDevice, hostfs.Other:
		return v.file.FD() >= 0
	}
	return false
}

// Read transfers at the description's own position.
func (v *vnode) Read(t *kern.Thread, f *kern.File, p []byte) (int, error) {
	if v.kind == hostfs.TTY {
		if err := ttyAccess(t, v, abi.SIGTTIN); err != nil {
			return 0, err
		}
	}
	n, err := v.file.Read(p)
	if err != nil && v.kind == hostfs.TTY && isErrno(err, abi.EIO) && hostBackground(v) {
		// Beagle itself is in the background of its terminal: it stops as any
		// program would, and the read is made again when it is continued.
		v.m.StopHost(unix.SIGTTIN)
		return 0, kern.ErrRestart
	}
	return n, err
}

// Write transfers at the description's own position.
func (v *vnode) Write(t *kern.Thread, f *kern.File, p []byte) (int, error) {
	if v.kind == hostfs.TTY {
		if err := ttyWrite(t, v); err != nil {
			return 0, err
		}
	}
	return v.file.Write(p)
}

// ReadAt and WriteAt are pread's and pwrite's.
func (v *vnode) ReadAt(t *kern.Thread, p []byte, off int64) (int, error) {
	return v.file.ReadAt(p, off)
}

// WriteAt writes at off.
func (v *vnode) WriteAt(t *kern.Thread, p []byte, off int64) (int, error) {
	return v.file.WriteAt(p, off)
}

// Ready asks the host where there is something to ask.
func (v *vnode) Ready(f *kern.File, want kern.Events) kern.Events {
	if !v.pollable() {
		return want & (kern.EvIn | kern.EvOut)
	}
	return v.m.HostReady(v.file.FD(), want)
}

// Source is the host descriptor, nil for what is always ready.
func (v *vnode) Source(f *kern.File, want kern.Events) kern.Source {
	if !v.pollable() {
		return nil
	}
	return v.m.HostSource(v.file.FD())
}

// Stat fills in what fstat tells.
func (v *vnode) Stat(t *kern.Thread, f *kern.File, st *abi.Stat64) error {
	h, err := v.file.Stat()
	if err != nil {
		return err
	}
	putStat(st, &h)
	return nil
}

// Close lets go of the host's file.
func (v *vnode) Close(f *kern.File) {
	v.fifo.leave(f.Flags)
	releaseLocks(v.m, v, f)
	if fd := v.file.FD(); fd >= 0 && v.pollable() {
		v.m.ForgetHost(fd)
	}
	// What close reports about data that could not be written is lost on
	// Darwin's descriptors too, once the last one is gone (closef_finish).
	_ = v.file.Close()
}

// CloseInProcess drops the process's POSIX locks on the file: any close of it
// does (bsd/kern/kern_descrip.c fg_drop).
func (v *vnode) CloseInProcess(f *kern.File, p *kern.Process) { releaseProcessLocks(v.m, v, p) }

// identity is the file's key, asked for once.
func (v *vnode) identity() (fileKey, error) {
	if v.key == (fileKey{}) {
		st, err := v.file.Stat()
		if err != nil {
			return fileKey{}, err
		}
		v.key = fileKey{st.Dev, st.Ino}
	}
	return v.key, nil
}

// vnodeOf returns the vnode behind a descriptor. Other kinds of descriptors are
// ENOTSUP, as fp_getfvp has it.
func vnodeOf(t *kern.Thread, fd abi.FD) (*kern.File, *vnode, error) {
	f, err := t.File(fd)
	if err != nil {
		return nil, nil, err
	}
	v, ok := f.Ops.(*vnode)
	if !ok || v.typ != kern.TypeVnode {
		return nil, nil, abi.ENOTSUP
	}
	return f, v, nil
}

// guestDev folds a Linux device number into Darwin's: 8 bits of major number,
// 24 of minor.
func guestDev(d uint64) abi.Dev {
	major, minor := unix.Major(d), unix.Minor(d)
	return abi.MakeDev((major^major>>8)&0xff, minor)
}

// putStat translates what the host knows of a file.
func putStat(st *abi.Stat64, h *hostfs.Stat) {
	*st = abi.Stat64{
		Dev: guestDev(h.Dev), Mode: abi.Mode(h.Mode), Nlink: uint16(min(h.Nlink, 32767)), Ino: abi.Ino(h.Ino),
		Uid: abi.UID(h.UID), Gid: abi.GID(h.GID), Size: h.Size, Blocks: h.Blocks, Blksize: int32(h.BlockSize),
		Atimespec: guestTime(h.Atime), Mtimespec: guestTime(h.Mtime), Ctimespec: guestTime(h.Ctime), Birthtimespec: guestTime(h.Btime),
	}
	if h.Immutable {
		st.Flags |= abi.SF_IMMUTABLE
	}
	if h.AppendOnly {
		st.Flags |= abi.SF_APPEND
	}
	switch h.Kind() {
	case hostfs.CharDevice, hostfs.BlockDevice:
		st.Rdev = guestDev(h.Rdev)
		if d := deviceByHost(h); d != nil {
			st.Rdev = d.rdev
		} else if n, ok := ptsNumber(h); ok {
			st.Rdev = abi.MakeDev(ttysMajor, n)
		}
	}
}

func guestTime(ts unix.Timespec) abi.Timespec {
	return abi.Timespec{Sec: int64(ts.Sec), Nsec: int64(ts.Nsec)}
}
