package kern

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// FileType says what kind of object an open file is (DTYPE_* of bsd/sys/file.h).
type FileType uint8

// The descriptor types.
const (
	TypeVnode FileType = iota + 1
	TypeSocket
	TypePshm
	TypePsem
	TypeKqueue
	TypePipe
	TypeFSEvents
	TypeATalk
	TypePolicy
	TypeNetPolicy
	TypeChannel
	TypeNexus
)

// FileOps is what can be behind a descriptor. Methods never block: where the
// operation would have to, they return EAGAIN, and the call waits on Source.
// A type that cannot do something returns the errno that XNU gives.
type FileOps interface {
	Type() FileType
	// Read and Write transfer at the object's own position.
	Read(t *Thread, f *File, p []byte) (int, error)
	Write(t *Thread, f *File, p []byte) (int, error)
	// Ready says which of the wanted conditions hold now.
	Ready(f *File, want Events) Events
	// Source is what to wait on for a condition that does not hold; nil when
	// the object is always ready.
	Source(f *File, want Events) Source
	// Stat fills in what fstat64 reports.
	Stat(t *Thread, f *File, st *abi.Stat64) error
	// Ioctl does a request whose argument is arg; nil result means done.
	Ioctl(t *Thread, f *File, req uint32, arg uint64) (uint64, error)
	// Close is called when the last reference goes.
	Close(f *File)
}

// File is an open file description: what dup and fork share.
type File struct {
	Ops FileOps
	// Flags are Darwin's FREAD, FWRITE and O_* status flags (f_flag).
	Flags uint32
	// Offset is for objects whose position the kernel keeps.
	Offset int64
	// NoSigPipe is F_SETNOSIGPIPE; Owner is F_SETOWN's.
	NoSigPipe bool
	Owner     abi.PID
	refs      int
	// m is the machine whose count of descriptions has this one.
	m *Machine
	// closers are told when the description goes (kqueue notes, locks).
	closers []func()
}

// The open-mode bits of File.Flags (bsd/sys/fcntl.h).
const (
	FREAD  = 1
	FWRITE = 2
)

// NewFile makes a description with one reference.
func NewFile(ops FileOps, flags uint32) *File { return &File{Ops: ops, Flags: flags, refs: 1} }

// Ref adds a reference.
func (f *File) Ref() *File { f.refs++; return f }

// Unref drops one, closing the object with the last.
func (f *File) Unref() {
	if f.refs--; f.refs == 0 {
		for _, c := range f.closers {
			c()
		}
		f.Ops.Close(f)
		if f.m != nil {
			f.m.files--
		}
	}
}

// MaxFiles is kern.maxfiles: the open descriptions that a machine can have, in
// all its processes (ENFILE beyond).
const MaxFiles = 49152

// count makes f one of the machine's, once; false when it has too many.
func (m *Machine) count(f *File) bool {
	if f.m == nil {
		if m.files >= MaxFiles {
			return false
		}
		f.m = m
		m.files++
	}
	return true
}

// OnClose registers a function for when the description goes.
func (f *File) OnClose(c func()) { f.closers = append(f.closers, c) }

// Nonblocking reports O_NONBLOCK.
func (f *File) Nonblocking() bool { return f.Flags&abi.O_NONBLOCK != 0 }

// fdEntry is one slot of a descriptor table.
type fdEntry struct {
	file    *File
	cloexec bool
	clofork bool
	guard   uint64
	guarded uint32
	// closers are told when this descriptor, in this process, goes.
	closers []func()
}

// FDTable is a process's descriptor table.
type FDTable struct {
	e    []fdEntry
	free int // no free slot is below
}

// maxFDs is OPEN_MAX: what RLIMIT_NOFILE may be set to at most.
const maxFDs = 10240

// NewFDTable makes an empty table.
func NewFDTable() *FDTable { return &FDTable{} }

// Get returns the file behind fd.
func (d *FDTable) Get(fd abi.FD) (*File, error) {
	if fd < 0 || int(fd) >= len(d.e) || d.e[fd].file == nil {
		return nil, abi.EBADF
	}
	return d.e[fd].file, nil
}

// File is short for t.Proc.FDs.Get.
func (t *Thread) File(fd abi.FD) (*File, error) { return t.Proc.FDs.Get(fd) }

// AllocFD puts f at the lowest free descriptor at or above least. EMFILE beyond
// RLIMIT_NOFILE, ENFILE when the machine has [MaxFiles]. The table takes over the caller's reference on success only.
func (p *Process) AllocFD(f *File, least abi.FD, cloexec bool) (abi.FD, error) {
	d := p.FDs
	limit := int(min(p.Limits[abi.RLIMIT_NOFILE].Cur, maxFDs))
	i := max(int(least), 0)
	if i <= d.free {
		i = d.free
	}
	for i < len(d.e) && d.e[i].file != nil {
		i++
	}
	if i >= limit {
		return -1, abi.EMFILE
	}
	if !p.Machine.count(f) {
		return -1, abi.ENFILE
	}
	d.grow(i + 1)
	d.e[i] = fdEntry{file: f, cloexec: cloexec}
	if int(least) <= d.free {
		d.free = i + 1
	}
	return abi.FD(i), nil
}

func (d *FDTable) grow(n int) {
	for len(d.e) < n {
		d.e = append(d.e, fdEntry{})
	}
}

// Install puts f at exactly fd, closing what was there.
func (p *Process) InstallFD(f *File, fd abi.FD, cloexec bool) error {
	if fd < 0 || uint64(fd) >= min(p.Limits[abi.RLIMIT_NOFILE].Cur, maxFDs) {
		return abi.EBADF
	}
	if !p.Machine.count(f) {
		return abi.ENFILE
	}
	d := p.FDs
	d.grow(int(fd) + 1)
	if d.e[fd].file != nil {
		p.CloseFD(fd)
	}
	d.e[fd] = fdEntry{file: f, cloexec: cloexec}
	return nil
}

// Close closes one descriptor.
func (p *Process) CloseFD(fd abi.FD) error {
	d := p.FDs
	f, err := d.Get(fd)
	if err != nil {
		return err
	}
	e := d.e[fd]
	d.e[fd] = fdEntry{}
	d.free = min(d.free, int(fd))
	for _, c := range e.closers {
		c()
	}
	if v, ok := f.Ops.(interface{ CloseInProcess(*File, *Process) }); ok {
		// POSIX record locks go with any close of the file in the process.
		v.CloseInProcess(f, p)
	}
	f.Unref()
	return nil
}

// OnFDClose registers a function for when descriptor fd of this process closes.
func (p *Process) OnFDClose(fd abi.FD, c func()) {
	if fd >= 0 && int(fd) < len(p.FDs.e) {
		p.FDs.e[fd].closers = append(p.FDs.e[fd].closers, c)
	}
}

// CloseAll closes every descriptor.
func (d *FDTable) CloseAll(p *Process) {
	for fd := range d.e {
		if d.e[fd].file != nil {
			p.CloseFD(abi.FD(fd))
		}
	}
}

// CloseOnExec closes what execve closes.
func (d *FDTable) CloseOnExec(p *Process) {
	for fd := range d.e {
		if d.e[fd].file != nil && d.e[fd].cloexec {
			p.CloseFD(abi.FD(fd))
		}
	}
}

// Fork copies the table for a child: kqueues and close-on-fork descriptors stay
// behind (bsd/kern/kern_descrip.c fdcopy).
func (d *FDTable) Fork() *FDTable {
	n := &FDTable{e: make([]fdEntry, len(d.e))}
	for i, e := range d.e {
		if e.file == nil || e.clofork || e.file.Ops.Type() == TypeKqueue {
			continue
		}
		n.e[i] = fdEntry{file: e.file.Ref(), cloexec: e.cloexec}
	}
	return n
}

// CloExec reads and SetCloExec changes FD_CLOEXEC.
func (d *FDTable) CloExec(fd abi.FD) bool { return d.e[fd].cloexec }

// SetCloExec changes FD_CLOEXEC; fd must be open.
func (d *FDTable) SetCloExec(fd abi.FD, on bool) { d.e[fd].cloexec = on }

// CloFork reads FD_CLOFORK; SetCloFork changes it.
func (d *FDTable) CloFork(fd abi.FD) bool { return d.e[fd].clofork }

// SetCloFork changes FD_CLOFORK; fd must be open.
func (d *FDTable) SetCloFork(fd abi.FD, on bool) { d.e[fd].clofork = on }

// Guard reads a descriptor's guard value and attributes.
func (d *FDTable) Guard(fd abi.FD) (guard uint64, attrs uint32) {
	return d.e[fd].guard, d.e[fd].guarded
}

// SetGuard changes a descriptor's guard; attrs 0 removes it.
func (d *FDTable) SetGuard(fd abi.FD, guard uint64, attrs uint32) {
	d.e[fd].guard, d.e[fd].guarded = guard, attrs
}

// Open lists the open descriptors in order.
func (d *FDTable) Open() []abi.FD {
	var out []abi.FD
	for i := range d.e {
		if d.e[i].file != nil {
			out = append(out, abi.FD(i))
		}
	}
	return out
}

// Len is one past the highest slot in use or once used (fd_nfiles).
func (d *FDTable) Len() int { return len(d.e) }

// HostBacked is implemented by FileOps whose data lives behind a host file.
type HostBacked interface {
	HostFile() hostfs.File
}
