package hostfs

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// hostFile is a File that has a descriptor of the host.
type hostFile struct {
	noCopy noCopy

	fd    atomic.Int32 // -1 once closed
	kind  Kind
	flags atomic.Int32
	// keep: closing this File leaves the descriptor open.
	keep bool
	// shared: the description belongs to somebody outside too, so that F_SETFL
	// is not for us.
	shared bool

	view *view  // nil: not from a tree
	m    *mount // the mount it was opened in
	v    *vnode // the place of a directory, when it is one that the view knows

	// alt is a description of our own of the same object with O_NONBLOCK, or
	// without O_APPEND: 0 not tried, -1 not to be had.
	alt    atomic.Int32
	noWait atomic.Bool // RWF_NOWAIT was refused
	// master is the controlling side of a pseudo-terminal. Opening that again
	// would make another one, so a master of our own keeps O_NONBLOCK.
	master, nonBlock bool

	onClose func()
}

// noCopy makes go vet find copies.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// newHostFile wraps a descriptor whose mode is known.
func newHostFile(fd int, mode uint32, flags int) *hostFile {
	f := &hostFile{kind: kindOf(mode)}
	f.fd.Store(int32(fd))
	f.flags.Store(int32(flags & (O_ACCMODE | O_APPEND | O_PATH | O_SYNC | O_DSYNC | O_DIRECTORY)))
	if f.kind == CharDevice && flags&O_PATH == 0 {
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
			f.kind = TTY
			_, err := unix.IoctlGetUint32(fd, unix.TIOCGPTN)
			f.master = err == nil
		}
	}
	return f
}

// adopt wraps a descriptor of which nothing is known yet.
func adopt(fd int) (*hostFile, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return nil, err
	}
	f := newHostFile(fd, st.Mode, fl)
	f.shared = true
	return f, nil
}

func (f *hostFile) FD() int    { return int(f.fd.Load()) }
func (f *hostFile) Kind() Kind { return f.kind }
func (f *hostFile) Flags() int { return int(f.flags.Load()) }

func (f *hostFile) ReadOnly() bool { return f.m != nil && f.m.ro }

func (f *hostFile) SetAppend(on bool) error {
	fd := f.FD()
	if fd < 0 || f.Flags()&O_PATH != 0 {
		return unix.EBADF
	}
	fl := f.Flags() &^ O_APPEND
	if on {
		fl |= O_APPEND
	}
	if !f.shared && !f.nonBlock { // a terminal has no use for it
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, fl&O_APPEND); err != nil {
			return err
		}
	}
	f.flags.Store(int32(fl))
	return nil
}

func (f *hostFile) Close() error {
	fd := f.fd.Swap(-1)
	if fd < 0 {
		return unix.EBADF
	}
	if alt := f.alt.Swap(-1); alt > 0 {
		unix.Close(int(alt))
	}
	if f.onClose != nil {
		f.onClose()
	}
	if f.keep {
		return nil
	}
	return closeFD(int(fd))
}

// closeFD does not repeat close on EINTR: on Linux the descriptor is gone.
func closeFD(fd int) error {
	if err := unix.Close(fd); err != nil && err != unix.EINTR {
		return err
	}
	return nil
}

func (f *hostFile) Dup() (File, error) { return f.dup() }

func (f *hostFile) dup() (*hostFile, error) {
	fd, err := unix.FcntlInt(uintptr(f.FD()), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	g := &hostFile{kind: f.kind, shared: f.shared, view: f.view, m: f.m, v: f.v, master: f.master, nonBlock: f.nonBlock}
	g.fd.Store(int32(fd))
	g.flags.Store(f.flags.Load())
	return g, nil
}

// private returns a description of our own of the same object with the given
// open flags, or -1.
func (f *hostFile) private(flags int) int {
	if alt := f.alt.Load(); alt != 0 {
		return int(alt)
	}
	fd, err := openAgain(f.FD(), flags|unix.O_NOCTTY|unix.O_NONBLOCK)
	if err != nil {
		fd = -1
	}
	if !f.alt.CompareAndSwap(0, int32(fd)) && fd >= 0 {
		unix.Close(fd)
	}
	return int(f.alt.Load())
}

// openAgain opens the object behind a descriptor anew, whatever its name is by
// now.
func openAgain(fd, flags int) (int, error) {
	for {
		n, err := unix.Open(procFD(fd), flags|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return n, err
		}
	}
}

func procFD(fd int) string { return "/proc/self/fd/" + strconv.Itoa(fd) }

func (f *hostFile) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, f.canRead()
	}
	switch f.kind {
	case Regular, BlockDevice, Directory, Symlink:
		return again(func() (int, error) { return unix.Read(f.FD(), p) })
	case Socket:
		n, _, err := unix.Recvfrom(f.FD(), p, unix.MSG_DONTWAIT)
		return count(n, err)
	case TTY:
		return f.readTTY(p)
	}
	if !f.noWait.Load() {
		n, err := pv2(unix.SYS_PREADV2, f.FD(), p, -1, unix.RWF_NOWAIT)
		if !unsupported(err) {
			return n, err
		}
		f.noWait.Store(true)
	}
	if err := f.canRead(); err != nil {
		return 0, err
	}
	if !ready(f.FD(), unix.POLLIN) {
		return 0, unix.EAGAIN
	}
	return again(func() (int, error) { return unix.Read(f.FD(), p[:min(len(p), 1<<16)]) })
}

func (f *hostFile) canRead() error {
	switch {
	case f.FD() < 0, f.Flags()&O_PATH != 0, f.Flags()&O_ACCMODE == O_WRONLY:
		return unix.EBADF
	case f.kind == Directory:
		return unix.EISDIR
	}
	return nil
}

func (f *hostFile) Write(p []byte) (int, error) {
	fd := f.FD()
	switch f.kind {
	case Regular, BlockDevice, Directory, Symlink:
		if f.shared && f.Flags()&O_APPEND != 0 {
			n, err := pv2(unix.SYS_PWRITEV2, fd, p, -1, unix.RWF_APPEND)
			if !unsupported(err) {
				return n, err
			}
			if _, err := unix.Seek(fd, 0, unix.SEEK_END); err != nil {
				return 0, err
			}
		}
		return again(func() (int, error) { return unix.Write(fd, p) })
	case Socket:
		n, err := unix.SendmsgN(fd, p, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		return count(n, err)
	case TTY:
		return f.writeTTY(p)
	}
	if len(p) == 0 {
		return again(func() (int, error) { return unix.Write(fd, p) })
	}
	if !f.noWait.Load() {
		n, err := pv2(unix.SYS_PWRITEV2, fd, p, -1, unix.RWF_NOWAIT)
		if !unsupported(err) {
			return n, err
		}
		f.noWait.Store(true)
	}
	if f.Flags()&O_ACCMODE == O_RDONLY {
		return 0, unix.EBADF
	}
	if !ready(fd, unix.POLLOUT) {
		return 0, unix.EAGAIN
	}
	// A pipe ready for output takes PIPE_BUF bytes without waiting.
	if f.kind == Pipe && len(p) > 4096 {
		p = p[:4096]
	}
	return again(func() (int, error) { return unix.Write(fd, p) })
}

func unsupported(err error) bool {
	return err == unix.EOPNOTSUPP || err == unix.EINVAL || err == unix.ENOSYS
}

// ready polls one descriptor without waiting; errors and hang-ups count.
func ready(fd int, ev int16) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: ev}}
	n, err := again(func() (int, error) { return unix.Poll(p, 0) })
	return err == nil && n > 0
}

// again repeats a call that a signal interrupted.
func again(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return count(n, err)
		}
	}
}

// count turns the -1 of a failed call to 0.
func count(n int, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (f *hostFile) ReadAt(p []byte, off int64) (int, error) {
	if f.kind == TTY || f.kind == Pipe || f.kind == Socket {
		return 0, unix.ESPIPE
	}
	return again(func() (int, error) { return unix.Pread(f.FD(), p, off) })
}

func (f *hostFile) WriteAt(p []byte, off int64) (int, error) {
	fd := f.FD()
	if f.kind == TTY || f.kind == Pipe || f.kind == Socket {
		return 0, unix.ESPIPE
	}
	if off < 0 {
		return 0, unix.EINVAL
	}
	// Linux's pwrite appends to a description with O_APPEND.
	fl := f.Flags()
	if f.shared {
		if now, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err == nil {
			fl = now
		}
	}
	if fl&O_APPEND != 0 {
		const rwfNoAppend = 0x20 // Linux 6.9
		n, err := pv2(unix.SYS_PWRITEV2, fd, p, off, rwfNoAppend)
		if !unsupported(err) {
			return n, err
		}
		if alt := f.private(fl & O_ACCMODE); alt >= 0 {
			fd = alt
		}
	}
	return again(func() (int, error) { return unix.Pwrite(fd, p, off) })
}

func (f *hostFile) Seek(off int64, whence int) (int64, error) {
	switch f.kind {
	case Directory:
		return 0, unix.EINVAL
	case TTY, Pipe, Socket:
		return 0, unix.ESPIPE
	}
	n, err := unix.Seek(f.FD(), off, whence)
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (f *hostFile) Stat() (Stat, error) { return statAt(f.FD(), "", unix.AT_EMPTY_PATH) }

// change says why an attribute may not be changed through this descriptor.
func (f *hostFile) change() error {
	if f.FD() < 0 || f.Flags()&O_PATH != 0 {
		return unix.EBADF
	}
	if f.ReadOnly() {
		return unix.EROFS
	}
	return nil
}

func (f *hostFile) Truncate(n int64) error {
	if err := f.change(); err != nil {
		return err
	}
	return unix.Ftruncate(f.FD(), n)
}

func (f *hostFile) Allocate(off, n int64, keepSize bool) error {
	if err := f.change(); err != nil {
		return err
	}
	var mode uint32
	if keepSize {
		mode = unix.FALLOC_FL_KEEP_SIZE
	}
	return unix.Fallocate(f.FD(), mode, off, n)
}

func (f *hostFile) PunchHole(off, n int64) error {
	if err := f.change(); err != nil {
		return err
	}
	return unix.Fallocate(f.FD(), unix.FALLOC_FL_KEEP_SIZE|unix.FALLOC_FL_PUNCH_HOLE, off, n)
}

func (f *hostFile) Sync(dataOnly bool) error {
	if dataOnly {
		return unix.Fdatasync(f.FD())
	}
	return unix.Fsync(f.FD())
}

func (f *hostFile) Chmod(mode uint32) error {
	if err := f.change(); err != nil {
		return err
	}
	return unix.Fchmod(f.FD(), mode&0o7777)
}

func (f *hostFile) Chown(uid, gid int) error {
	if err := f.change(); err != nil {
		return err
	}
	return unix.Fchown(f.FD(), uid, gid)
}

func (f *hostFile) Utimes(atime, mtime unix.Timespec) error {
	if err := f.change(); err != nil {
		return err
	}
	return utimesAt(f.FD(), "", atime, mtime, 0)
}

func (f *hostFile) Statfs() (Statfs, error) { return statfsFD(f.FD(), f.m) }

func (f *hostFile) ReadDir() ([]DirEntry, error) {
	if f.FD() < 0 || f.Flags()&O_PATH != 0 {
		return nil, unix.EBADF
	}
	if f.kind != Directory {
		return nil, unix.ENOTDIR
	}
	list, err := readDirFD(f.FD())
	if err != nil || f.v == nil {
		return list, err
	}
	return f.v.merge(list), nil
}

func (f *hostFile) Flock(op int) error {
	err := unix.Flock(f.FD(), op|unix.LOCK_NB)
	for err == unix.EINTR {
		err = unix.Flock(f.FD(), op|unix.LOCK_NB)
	}
	return err
}

func (f *hostFile) Lock(l *unix.Flock_t, cmd int) error {
	if cmd != unix.F_OFD_GETLK && cmd != unix.F_OFD_SETLK {
		return unix.EINVAL
	}
	l.Pid = 0
	err := unix.FcntlFlock(uintptr(f.FD()), cmd, l)
	if err == unix.EACCES {
		err = unix.EAGAIN
	}
	return err
}

func (f *hostFile) Readable() (int, error) {
	switch f.kind {
	case Regular, Pipe, Socket, TTY, CharDevice:
		return unix.IoctlGetInt(f.FD(), unix.TIOCINQ)
	}
	return 0, unix.ENOTTY
}

// hostPath is the host's path of a descriptor's object, or "".
func hostPath(fd int) string {
	p, err := os.Readlink(procFD(fd))
	if err != nil || !strings.HasPrefix(p, "/") {
		return ""
	}
	const gone = " (deleted)"
	if !strings.HasSuffix(p, gone) {
		return p
	}
	// A living file may really be called that.
	var now, named unix.Stat_t
	if unix.Fstat(fd, &now) != nil || unix.Lstat(p, &named) != nil || now.Dev != named.Dev || now.Ino != named.Ino {
		return ""
	}
	return p
}

func (f *hostFile) Path() string {
	if f.m == nil || f.FD() < 0 {
		return ""
	}
	return f.m.guestPath(hostPath(f.FD()))
}
