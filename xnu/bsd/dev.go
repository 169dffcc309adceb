package bsd

import (
	"sort"
	"strconv"
	"strings"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

// device is a name in /dev that the kernel answers for itself.
type device struct {
	name string
	kind deviceKind
	rdev abi.Dev
	mode abi.Mode
	// link is the target of a symbolic link such as /dev/stdin.
	link string
	// fd is N of /dev/fd/N.
	fd abi.FD
}

type deviceKind uint8

const (
	devNull deviceKind = iota
	devZero
	devRandom
	devTTY
	devPtmx
	devLink
	devFD    // /dev/fd/N
	devFDDir // /dev/fd
)

// ttysMajor is the major number of pseudo-terminals (bsd/kern/tty_ptmx.c).
const ttysMajor = 16

// deviceTable lists the devices with the numbers that a Mac gives them. All
// their names are short: mayBeDevice looks at the last component only.
var deviceTable = [...]device{
	{name: "null", kind: devNull, rdev: 3<<24 | 2, mode: abi.S_IFCHR | 0o666},
	{name: "zero", kind: devZero, rdev: 3<<24 | 3, mode: abi.S_IFCHR | 0o666},
	{name: "random", kind: devRandom, rdev: 17 << 24, mode: abi.S_IFCHR | 0o666},
	{name: "urandom", kind: devRandom, rdev: 17<<24 | 1, mode: abi.S_IFCHR | 0o666},
	{name: "tty", kind: devTTY, rdev: 2 << 24, mode: abi.S_IFCHR | 0o666},
	{name: "ptmx", kind: devPtmx, rdev: 15 << 24, mode: abi.S_IFCHR | 0o666},
	{name: "stdin", kind: devLink, link: "fd/0", mode: abi.S_IFLNK | 0o755},
	{name: "stdout", kind: devLink, link: "fd/1", mode: abi.S_IFLNK | 0o755},
	{name: "stderr", kind: devLink, link: "fd/2", mode: abi.S_IFLNK | 0o755},
	{name: "fd", kind: devFDDir, mode: abi.S_IFDIR | 0o555},
}

// lookupDevice finds a device by its path below /dev.
func lookupDevice(name string) *device {
	for i := range deviceTable {
		if deviceTable[i].name == name {
			return &deviceTable[i]
		}
	}
	if n, ok := strings.CutPrefix(name, "fd/"); ok {
		fd, err := strconv.ParseInt(n, 10, 32)
		if err == nil && fd >= 0 && n == strconv.FormatInt(fd, 10) {
			return &device{name: name, kind: devFD, fd: abi.FD(fd), mode: abi.S_IFCHR | 0o666}
		}
	}
	return nil
}

// deviceByHost finds the device that a character device of the host stands for.
func deviceByHost(h *hostfs.Stat) *device {
	if h.Kind() != hostfs.CharDevice {
		return nil
	}
	switch h.Rdev {
	case unix.Mkdev(1, 3):
		return lookupDevice("null")
	case unix.Mkdev(1, 5):
		return lookupDevice("zero")
	case unix.Mkdev(1, 8):
		return lookupDevice("random")
	case unix.Mkdev(1, 9):
		return lookupDevice("urandom")
	case unix.Mkdev(5, 0):
		return lookupDevice("tty")
	case unix.Mkdev(5, 2):
		return lookupDevice("ptmx")
	}
	return nil
}

// ptsNumber tells N of a host terminal /dev/pts/N.
func ptsNumber(h *hostfs.Stat) (uint32, bool) {
	if major := unix.Major(h.Rdev); major >= 136 && major <= 143 {
		return (major-136)<<8 | unix.Minor(h.Rdev), true
	}
	return 0, false
}

// deviceBehind tells which of our devices an opened file of the host is, reached
// by a link or another name: reads of /dev/random must come from the machine's
// own entropy however it was found.
func deviceBehind(f hostfs.File) *device {
	if f.Kind() != hostfs.CharDevice || f.Flags()&hostfs.O_PATH != 0 {
		return nil
	}
	st, err := f.Stat()
	if err != nil {
		return nil
	}
	if d := deviceByHost(&st); d != nil && d.kind <= devRandom {
		return d
	}
	return nil
}

// target is what a link such as /dev/stdin leads to.
func (d *device) target() *device {
	if d.kind == devLink {
		return lookupDevice(d.link)
	}
	return d
}

// path is the device's name in the tree.
func (d *device) path() string { return "/dev/" + d.name }

// openDevice opens one of the kernel's own devices.
func openDevice(t *kern.Thread, o *opening, d *device) (uint64, error) {
	if o.flags&abi.O_CREAT != 0 && o.flags&abi.O_EXCL != 0 {
		return 0, abi.EEXIST
	}
	d = d.target()
	if o.flags&abi.O_DIRECTORY != 0 && d.kind != devFDDir {
		return 0, abi.ENOTDIR
	}
	m := t.Machine()
	var ops kern.FileOps
	switch d.kind {
	case devFD:
		return openFDDevice(t, o, d)
	case devTTY:
		v, err := openControllingTTY(t)
		if err != nil {
			return 0, err
		}
		ops = v
	case devPtmx:
		h, err := m.Host.FS().Open(hostfs.At{Path: "/dev/ptmx"}, hostfs.O_RDWR|hostfs.O_NOCTTY, 0)
		if err != nil {
			return 0, err
		}
		ops = newVnode(m, h)
	case devFDDir:
		if o.flags&(abi.O_ACCMODE|abi.O_TRUNC) != 0 {
			return 0, abi.EISDIR
		}
		ops = &devFile{m: m, d: d}
	default:
		ops = &devFile{m: m, d: d}
	}
	f := kern.NewFile(ops, o.fileFlags())
	fd, err := installFile(t, f, o)
	if err != nil {
		f.Unref()
		return 0, err
	}
	return uint64(fd), nil
}

// openFDDevice opens /dev/fd/N: a duplicate of descriptor N, if its mode allows
// what is asked (bsd/kern/kern_descrip.c dupfdopen).
func openFDDevice(t *kern.Thread, o *opening, d *device) (uint64, error) {
	f, err := t.File(d.fd)
	if err != nil {
		return 0, err
	}
	if want := o.fileFlags() & (kern.FREAD | kern.FWRITE); want&^f.Flags != 0 {
		return 0, abi.EACCES
	}
	fd, err := installFile(t, f.Ref(), o)
	if err != nil {
		f.Unref()
		return 0, err
	}
	return uint64(fd), nil
}

// openControllingTTY opens the session's terminal: the host's, or the one among
// the standard descriptors where the guest cannot see the host's.
func openControllingTTY(t *kern.Thread) (*vnode, error) {
	m := t.Machine()
	if g := t.Proc.Group; g == nil || g.Session == nil || !g.Session.TTY {
		return nil, abi.ENXIO
	}
	h, err := m.Host.FS().Open(hostfs.At{Path: "/dev/tty"}, hostfs.O_RDWR|hostfs.O_NOCTTY, 0)
	if err == nil && h.Kind() == hostfs.TTY {
		return newVnode(m, h), nil
	}
	if err == nil {
		h.Close()
	}
	for fd := range 3 {
		if s := m.Host.Std(fd); s != nil && s.Kind() == hostfs.TTY {
			if d, err := s.Dup(); err == nil {
				return newVnode(m, d), nil
			}
		}
	}
	return nil, abi.ENXIO
}

// stat fills in what stat tells of a device that is not open. A link that is not
// followed is itself.
func (d *device) stat(t *kern.Thread, st *abi.Stat64, how follow) error {
	if how == followLinks {
		d = d.target()
	}
	if d.kind == devFD {
		f, err := t.File(d.fd)
		if err != nil {
			return err
		}
		return f.Ops.Stat(t, f, st)
	}
	sec, nsec := t.Machine().Realtime()
	now := abi.Timespec{Sec: sec, Nsec: nsec}
	*st = abi.Stat64{
		Dev: abi.MakeDev(devfsMajor, 0), Mode: d.mode, Nlink: 1, Ino: d.ino(), Rdev: d.rdev,
		Atimespec: now, Mtimespec: now, Ctimespec: now, Blksize: 131072, Size: int64(len(d.link)),
	}
	if d.kind == devFDDir {
		st.Nlink = 2
	}
	return nil
}

// devfsMajor is the major number of the device file system's own identity.
const devfsMajor = 0x2f

func (d *device) ino() abi.Ino {
	for i := range deviceTable {
		if deviceTable[i].name == d.name {
			return abi.Ino(300 + i)
		}
	}
	return abi.Ino(1000 + int(d.fd))
}

// devFile is an open device of the kernel's own.
type devFile struct {
	m *kern.Machine
	d *device
}

// Type is DTYPE_VNODE.
func (v *devFile) Type() kern.FileType { return kern.TypeVnode }

// Read gives nothing, zeros or entropy.
func (v *devFile) Read(t *kern.Thread, f *kern.File, p []byte) (int, error) {
	return v.ReadAt(t, p, 0)
}

// Write takes everything. What is written to /dev/random changes nothing, as
// the machine's entropy is not the guest's to steer.
func (v *devFile) Write(t *kern.Thread, f *kern.File, p []byte) (int, error) { return len(p), nil }

// ReadAt is Read: devices have no position.
func (v *devFile) ReadAt(t *kern.Thread, p []byte, off int64) (int, error) {
	switch v.d.kind {
	case devZero:
		clear(p)
		return len(p), nil
	case devRandom:
		v.m.Random(p)
		return len(p), nil
	case devFDDir:
		return 0, abi.EISDIR
	}
	return 0, nil
}

// WriteAt is Write.
func (v *devFile) WriteAt(t *kern.Thread, p []byte, off int64) (int, error) { return len(p), nil }

// Ready: always.
func (v *devFile) Ready(f *kern.File, want kern.Events) kern.Events {
	return want & (kern.EvIn | kern.EvOut)
}

// Source is nil: nothing to wait for.
func (v *devFile) Source(f *kern.File, want kern.Events) kern.Source { return nil }

// Stat fills in the device's own attributes.
func (v *devFile) Stat(t *kern.Thread, f *kern.File, st *abi.Stat64) error {
	return v.d.stat(t, st, followLinks)
}

// Ioctl knows no request of its own (bsd/dev/mem.c mmioctl).
func (v *devFile) Ioctl(t *kern.Thread, f *kern.File, req uint32, arg uint64) (uint64, error) {
	switch {
	case req == abi.FIONBIO, req == abi.FIOASYNC:
		return 0, nil
	case v.d.kind == devFDDir:
		return 0, abi.ENOTTY
	}
	return 0, abi.ENODEV
}

// Close has nothing to give back.
func (v *devFile) Close(f *kern.File) {}

// list is the directory /dev/fd: the descriptors of the process that reads it.
func (v *devFile) list(t *kern.Thread) []hostfs.DirEntry {
	out := []hostfs.DirEntry{
		{Name: ".", Ino: uint64(v.d.ino()), Type: unix.DT_DIR},
		{Name: "..", Ino: 2, Type: unix.DT_DIR},
	}
	fds := t.Proc.FDs.Open()
	sort.Slice(fds, func(i, j int) bool { return fds[i] < fds[j] })
	for _, fd := range fds {
		out = append(out, hostfs.DirEntry{Name: strconv.Itoa(int(fd)), Ino: uint64(1000 + fd), Type: unix.DT_UNKNOWN})
	}
	return out
}
