package hostfs

import (
	"golang.org/x/sys/unix"
)

// obj is one object of a file system, without a path: what the walker has in
// hand at each step. Host and memory trees have one each.
type obj interface {
	format() uint32 // S_IFMT bits
	stat() (Stat, error)
	statfs(m *mount) (Statfs, error)
	readlink() (string, error)
	access(mode uint32, effective bool) error
	chmod(mode uint32) error
	chown(uid, gid int) error
	utimes(atime, mtime unix.Timespec) error
	truncate(n int64) error
	getxattr(name string, buf []byte) (int, error)
	setxattr(name string, val []byte, flags int) error
	listxattr() ([]string, error)
	removexattr(name string) error
	open(flags int) (File, error)
	hostPath() string
	close()

	// The rest is for directories; names have no slash and are not . or ...
	lookup(name string) (obj, error) // does not follow
	create(name string, flags int, perm uint32) (File, error)
	mkdir(name string, perm uint32) error
	mknod(name string, mode uint32, dev uint64) error
	symlink(target, name string) error
	remove(name string, dir bool) error
	// link gives old, which is oldName in oldDir, another name.
	link(oldDir obj, oldName string, old obj, name string) error
	rename(oldName string, to obj, newName string, flags uint) error
}

// hostObj is an object of the host, held by an O_PATH descriptor: whatever
// happens to its name, it stays the same object. What Linux cannot do by such
// a descriptor is done by its link in /proc, which leads to the object and not
// to a name.
type hostObj struct {
	fd   int
	typ  uint32
	gate *umaskGate
	// borrowed: the descriptor belongs to a mount or an open file.
	borrowed bool
}

func (o *hostObj) format() uint32 { return o.typ }

func (o *hostObj) close() {
	if !o.borrowed && o.fd >= 0 {
		unix.Close(o.fd)
		o.fd = -1
	}
}

// lookupFD opens one name without following it.
func lookupFD(dir int, name string) (int, uint32, error) {
	fd, err := unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	for err == unix.EINTR {
		fd, err = unix.Openat(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return -1, 0, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return -1, 0, err
	}
	return fd, st.Mode & unix.S_IFMT, nil
}

func (o *hostObj) lookup(name string) (obj, error) {
	fd, typ, err := lookupFD(o.fd, name)
	if err != nil {
		return nil, err
	}
	return &hostObj{fd: fd, typ: typ, gate: o.gate}, nil
}

func (o *hostObj) stat() (Stat, error)             { return statAt(o.fd, "", unix.AT_EMPTY_PATH) }
func (o *hostObj) statfs(m *mount) (Statfs, error) { return statfsFD(o.fd, m) }
func (o *hostObj) hostPath() string                { return hostPath(o.fd) }

func (o *hostObj) readlink() (string, error) {
	if o.typ != unix.S_IFLNK {
		return "", unix.EINVAL
	}
	return readlinkAt(o.fd, "")
}

func readlinkAt(dir int, path string) (string, error) {
	buf := make([]byte, 4096)
	n, err := unix.Readlinkat(dir, path, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

func (o *hostObj) access(mode uint32, effective bool) error {
	flags := 0
	if effective {
		flags = unix.AT_EACCESS
	}
	err := unix.Faccessat2(o.fd, "", mode, flags|unix.AT_EMPTY_PATH)
	if err == unix.ENOSYS || err == unix.EPERM {
		err = unix.Faccessat(unix.AT_FDCWD, procFD(o.fd), mode, flags)
	}
	return err
}

// notLink keeps a call that follows /proc's link from meaning a symbolic
// link's own attributes, which Linux does not have.
func (o *hostObj) notLink(err error) error {
	if o.typ == unix.S_IFLNK {
		return err
	}
	return nil
}

func (o *hostObj) chmod(mode uint32) error {
	if err := o.notLink(unix.EOPNOTSUPP); err != nil {
		return err
	}
	return unix.Chmod(procFD(o.fd), mode&0o7777)
}

func (o *hostObj) chown(uid, gid int) error {
	return unix.Fchownat(o.fd, "", uid, gid, unix.AT_EMPTY_PATH)
}

func (o *hostObj) utimes(atime, mtime unix.Timespec) error {
	if o.typ == unix.S_IFLNK { // Linux 5.8
		ts := []unix.Timespec{atime, mtime}
		return unix.UtimesNanoAt(o.fd, "", ts, unix.AT_EMPTY_PATH)
	}
	return utimesAt(unix.AT_FDCWD, procFD(o.fd), atime, mtime, 0)
}

func (o *hostObj) truncate(n int64) error {
	if err := o.notLink(unix.EINVAL); err != nil {
		return err
	}
	return unix.Truncate(procFD(o.fd), n)
}

func (o *hostObj) getxattr(name string, buf []byte) (int, error) {
	if err := o.notLink(unix.ENODATA); err != nil {
		return 0, err
	}
	return xattrPath(procFD(o.fd), true).Get(name, buf)
}

func (o *hostObj) setxattr(name string, val []byte, flags int) error {
	if err := o.notLink(unix.EPERM); err != nil {
		return err
	}
	return xattrPath(procFD(o.fd), true).Set(name, val, flags)
}

func (o *hostObj) listxattr() ([]string, error) {
	if o.typ == unix.S_IFLNK {
		return nil, nil
	}
	return xattrPath(procFD(o.fd), true).List()
}

func (o *hostObj) removexattr(name string) error {
	if err := o.notLink(unix.EPERM); err != nil {
		return err
	}
	return xattrPath(procFD(o.fd), true).Remove(name)
}

// openFlags are what a guest may say to the host's open. O_CREAT and O_EXCL
// are create's.
const openFlags = O_ACCMODE | O_TRUNC | O_APPEND | O_DIRECTORY | O_SYNC | O_DSYNC

func (o *hostObj) open(flags int) (File, error) {
	if flags&O_PATH != 0 {
		if flags&O_DIRECTORY != 0 && o.typ != unix.S_IFDIR {
			return nil, unix.ENOTDIR
		}
		fd, err := unix.FcntlInt(uintptr(o.fd), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			return nil, err
		}
		return newHostFile(fd, o.typ, O_PATH|flags&O_DIRECTORY), nil
	}
	if err := o.notLink(unix.ELOOP); err != nil {
		return nil, err
	}
	fd, err := openAgain(o.fd, flags&openFlags|unix.O_NOCTTY|unix.O_NONBLOCK)
	if err != nil {
		return nil, err
	}
	f, err := opened(fd, o.typ, flags)
	if err != nil {
		return nil, err // not a nil *hostFile in a File
	}
	return f, nil
}

// opened wraps a descriptor fresh from open with O_NONBLOCK, and takes that
// flag off where somebody could tell the difference.
func opened(fd int, typ uint32, flags int) (*hostFile, error) {
	f := newHostFile(fd, typ, flags)
	switch {
	case f.kind == Regular, f.kind == Directory:
	case f.master:
		f.nonBlock = true
	default:
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags&O_APPEND); err != nil {
			unix.Close(fd)
			return nil, err
		}
	}
	return f, nil
}

func (o *hostObj) create(name string, flags int, perm uint32) (File, error) {
	fd, err := createAt(o.gate, o.fd, name, flags, perm)
	if err != nil {
		return nil, err
	}
	return newHostFile(fd, unix.S_IFREG, flags), nil
}

// createAt makes a regular file with exactly these permissions.
func createAt(gate *umaskGate, dir int, path string, flags int, perm uint32) (int, error) {
	gate.mu.RLock()
	defer gate.mu.RUnlock()
	perm &= 0o7777
	fd, err := unix.Openat(dir, path, flags&openFlags|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_NOCTTY|unix.O_CLOEXEC, perm)
	if err != nil {
		return -1, err
	}
	if perm&gate.mask != 0 {
		if err := unix.Fchmod(fd, perm); err != nil {
			unix.Close(fd)
			return -1, err
		}
	}
	return fd, nil
}

func (o *hostObj) mkdir(name string, perm uint32) error {
	return o.gate.exact(o.fd, name, perm, unix.S_IFDIR, func() error {
		return unix.Mkdirat(o.fd, name, perm&0o7777)
	})
}

func (o *hostObj) mknod(name string, mode uint32, dev uint64) error {
	return o.gate.exact(o.fd, name, mode, mode&unix.S_IFMT, func() error {
		return unix.Mknodat(o.fd, name, mode, int(dev))
	})
}

// exact runs a call that makes a name and sets the permissions that the host's
// mask took away, on the object that was made and no other.
func (g *umaskGate) exact(dir int, name string, perm, typ uint32, call func() error) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if err := call(); err != nil {
		return err
	}
	if perm&g.mask == 0 {
		return nil
	}
	fd, now, err := lookupFD(dir, name)
	if err != nil {
		return nil // gone already: it was made all the same
	}
	defer unix.Close(fd)
	if typ == 0 {
		typ = unix.S_IFREG
	}
	if now != typ {
		return nil
	}
	return unix.Chmod(procFD(fd), perm&0o7777)
}

func (o *hostObj) symlink(target, name string) error { return unix.Symlinkat(target, o.fd, name) }

func (o *hostObj) remove(name string, dir bool) error {
	flags := 0
	if dir {
		flags = unix.AT_REMOVEDIR
	}
	return unix.Unlinkat(o.fd, name, flags)
}

func (o *hostObj) link(oldDir obj, oldName string, old obj, name string) error {
	from, ok := oldDir.(*hostObj)
	if !ok {
		return unix.EXDEV
	}
	if old.format() == unix.S_IFDIR {
		return unix.EPERM
	}
	return unix.Linkat(from.fd, oldName, o.fd, name, 0)
}

func (o *hostObj) rename(oldName string, to obj, newName string, flags uint) error {
	dst, ok := to.(*hostObj)
	if !ok {
		return unix.EXDEV
	}
	return renameAt(o.fd, oldName, dst.fd, newName, flags)
}

func renameAt(d1 int, n1 string, d2 int, n2 string, flags uint) error {
	if flags == 0 {
		return unix.Renameat(d1, n1, d2, n2)
	}
	return unix.Renameat2(d1, n1, d2, n2, flags)
}
