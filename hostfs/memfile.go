package hostfs

import (
	"sync"

	"golang.org/x/sys/unix"
)

// memDesc is an open file description of a MemFS: what Dup shares. Guarded by
// the tree's lock.
type memDesc struct {
	memObj
	m     *mount
	v     *vnode
	flags int
	off   int64
	refs  int
}

// memFile is one descriptor of a description.
type memFile struct {
	noTerminal
	d    *memDesc
	mu   sync.Mutex
	gone bool
}

// open opens an existing object. A FIFO is memPipe's.
func (o memObj) open(flags int) (File, error) {
	switch {
	case flags&O_PATH != 0:
		flags &= O_PATH | O_DIRECTORY
	case o.typ == unix.S_IFLNK:
		return nil, unix.ELOOP
	case o.typ == unix.S_IFSOCK:
		return nil, unix.ENXIO
	}
	if flags&O_DIRECTORY != 0 && o.typ != unix.S_IFDIR {
		return nil, unix.ENOTDIR
	}
	writes := flags&O_ACCMODE != O_RDONLY || flags&O_TRUNC != 0
	if writes && o.typ == unix.S_IFDIR {
		return nil, unix.EISDIR
	}
	defer o.lock()()
	if flags&O_PATH == 0 {
		want := uint32(0)
		if flags&O_ACCMODE != O_WRONLY {
			want |= mayRead
		}
		if writes {
			want |= mayWrite
		}
		if err := o.fs.may(o.in, want); err != nil {
			return nil, err
		}
		if o.typ == unix.S_IFIFO {
			return o.openFIFO(flags)
		}
		if flags&O_TRUNC != 0 {
			if err := o.fs.truncate(o.in, 0); err != nil {
				return nil, err
			}
		}
	}
	return o.desc(flags), nil
}

// create makes and opens a file that is not there; the mode does not limit the
// one who makes it.
func (o memObj) create(name string, flags int, perm uint32) (File, error) {
	defer o.lock()()
	in, err := o.add(name, unix.S_IFREG|perm&0o7777, "")
	if err != nil {
		return nil, err
	}
	return o.fs.obj(in).desc(flags), nil
}

func (o memObj) desc(flags int) *memFile {
	o.in.opens++
	keep := O_ACCMODE | O_APPEND | O_PATH | O_SYNC | O_DSYNC | O_DIRECTORY
	return &memFile{d: &memDesc{memObj: o, flags: flags & keep, refs: 1}}
}

// enter locks the tree for one operation on an open descriptor that needs the
// given access (0: any).
func (f *memFile) enter(access int) (func(), error) {
	f.mu.Lock()
	gone := f.gone
	f.mu.Unlock()
	if gone {
		return nil, unix.EBADF
	}
	leave := f.d.lock()
	mode := f.d.flags & O_ACCMODE
	switch {
	case access == 0:
		return leave, nil
	case f.d.flags&O_PATH != 0,
		access == mayRead && mode == O_WRONLY,
		access == mayWrite && mode == O_RDONLY:
		leave()
		return nil, unix.EBADF
	}
	if f.d.typ == unix.S_IFDIR && access != mayExec {
		leave()
		return nil, unix.EISDIR
	}
	return leave, nil
}

func (f *memFile) Kind() Kind { return kindOf(f.d.typ) }
func (f *memFile) FD() int    { return -1 }

func (f *memFile) ReadOnly() bool { return f.d.m != nil && f.d.m.ro }

func (f *memFile) Flags() int {
	defer f.d.lock()()
	return f.d.flags
}

func (f *memFile) SetAppend(on bool) error {
	leave, err := f.enter(mayExec)
	if err != nil {
		return err
	}
	defer leave()
	f.d.flags &^= O_APPEND
	if on {
		f.d.flags |= O_APPEND
	}
	return nil
}

func (f *memFile) Dup() (File, error) {
	leave, err := f.enter(0)
	if err != nil {
		return nil, err
	}
	defer leave()
	f.d.refs++
	return &memFile{d: f.d}, nil
}

func (f *memFile) Close() error {
	f.mu.Lock()
	gone := f.gone
	f.gone = true
	f.mu.Unlock()
	if gone {
		return unix.EBADF
	}
	defer f.d.lock()()
	if f.d.refs--; f.d.refs > 0 {
		return nil
	}
	f.d.in.locks.release(f.d)
	f.d.in.opens--
	f.d.fs.drop(f.d.in)
	return nil
}

func (f *memFile) Read(p []byte) (int, error) {
	leave, err := f.enter(mayRead)
	if err != nil {
		return 0, err
	}
	defer leave()
	n, err := f.d.fs.readAt(f.d.in, p, f.d.off)
	f.d.off += int64(n)
	return n, err
}

func (f *memFile) Write(p []byte) (int, error) {
	leave, err := f.enter(mayWrite)
	if err != nil {
		return 0, err
	}
	defer leave()
	if f.d.flags&O_APPEND != 0 && len(p) > 0 {
		f.d.off = f.d.in.size
	}
	n, err := f.d.fs.writeAt(f.d.in, p, f.d.off)
	f.d.off += int64(n)
	return n, err
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	leave, err := f.enter(mayRead)
	if err != nil {
		return 0, err
	}
	defer leave()
	if off < 0 {
		return 0, unix.EINVAL
	}
	return f.d.fs.readAt(f.d.in, p, off)
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	leave, err := f.enter(mayWrite)
	if err != nil {
		return 0, err
	}
	defer leave()
	return f.d.fs.writeAt(f.d.in, p, off)
}

func (f *memFile) Seek(off int64, whence int) (int64, error) {
	leave, err := f.enter(mayExec)
	if err != nil {
		return 0, err
	}
	defer leave()
	if f.d.typ == unix.S_IFDIR {
		return 0, unix.EINVAL
	}
	base := int64(0)
	switch whence {
	case SeekSet:
	case SeekCur:
		base = f.d.off
	case SeekEnd:
		base = f.d.in.size
	case SeekData, SeekHole:
		n, err := f.d.in.seekData(off, whence == SeekHole)
		if err == nil {
			f.d.off = n
		}
		return n, err
	default:
		return 0, unix.EINVAL
	}
	n := base + off
	if off > 0 && n < base {
		return 0, unix.EOVERFLOW
	}
	if n < 0 {
		return 0, unix.EINVAL
	}
	f.d.off = n
	return n, nil
}

func (f *memFile) Stat() (Stat, error) {
	leave, err := f.enter(0)
	if err != nil {
		return Stat{}, err
	}
	defer leave()
	return f.d.fs.stat(f.d.in), nil
}

// change says why the file may not be changed through this descriptor.
func (f *memFile) change() error {
	leave, err := f.enter(mayExec)
	if err != nil {
		return err
	}
	leave()
	if f.ReadOnly() {
		return unix.EROFS
	}
	return nil
}

// modify is enter for a change of a regular file opened for writing.
func (f *memFile) modify() (func(), error) {
	if err := f.change(); err != nil {
		return nil, err
	}
	leave, err := f.enter(mayWrite)
	if err == unix.EBADF { // ftruncate(2): open, but not for writing
		err = unix.EINVAL
	}
	return leave, err
}

func (f *memFile) Truncate(n int64) error {
	leave, err := f.modify()
	if err != nil {
		return err
	}
	defer leave()
	return f.d.fs.truncate(f.d.in, n)
}

func (f *memFile) Allocate(off, n int64, keepSize bool) error {
	leave, err := f.modify()
	if err != nil {
		return err
	}
	defer leave()
	if off < 0 || n <= 0 {
		return unix.EINVAL
	}
	if off > maxFileSize || n > maxFileSize-off {
		return unix.EFBIG
	}
	fs, in := f.d.fs, f.d.in
	first, last := off/chunkSize, (off+n-1)/chunkSize
	if (last-first+1)*chunkSize > fs.maxBytes {
		return unix.ENOSPC
	}
	missing := int64(0)
	for i := first; i <= last; i++ {
		if in.chunks[i] == nil {
			missing++
		}
	}
	if err := fs.room(0, missing*chunkSize); err != nil {
		return err
	}
	if fs.nodes[in.ino] != in {
		return unix.ESTALE
	}
	for i := first; i <= last; i++ {
		fs.own(in, i)
	}
	if !keepSize {
		in.size = max(in.size, off+n)
	}
	fs.changed(in)
	return nil
}

func (f *memFile) PunchHole(off, n int64) error {
	leave, err := f.modify()
	if err != nil {
		return err
	}
	defer leave()
	if off < 0 || n <= 0 {
		return unix.EINVAL
	}
	if off > maxFileSize || n > maxFileSize-off {
		return unix.EFBIG
	}
	f.d.fs.zero(f.d.in, off, n)
	f.d.fs.changed(f.d.in)
	return nil
}

func (f *memFile) Sync(bool) error {
	leave, err := f.enter(mayExec)
	if err == nil {
		leave()
	}
	return err
}

func (f *memFile) Chmod(mode uint32) error {
	if err := f.change(); err != nil {
		return err
	}
	return f.d.chmod(mode)
}

func (f *memFile) Chown(uid, gid int) error {
	if err := f.change(); err != nil {
		return err
	}
	return f.d.chown(uid, gid)
}

func (f *memFile) Utimes(atime, mtime unix.Timespec) error {
	if err := f.change(); err != nil {
		return err
	}
	return f.d.utimes(atime, mtime)
}

func (f *memFile) ReadDir() ([]DirEntry, error) {
	leave, err := f.enter(mayExec)
	if err != nil {
		return nil, err
	}
	leave()
	if f.d.typ != unix.S_IFDIR {
		return nil, unix.ENOTDIR
	}
	list := f.d.readDir()
	if f.d.v != nil {
		list = f.d.v.merge(list)
	}
	return list, nil
}

func (f *memFile) Statfs() (Statfs, error) {
	leave, err := f.enter(0)
	if err != nil {
		return Statfs{}, err
	}
	defer leave()
	return f.d.fs.statfs(f.d.m), nil
}

func (f *memFile) Getxattr(name string, buf []byte) (int, error) {
	leave, err := f.enter(mayExec)
	if err != nil {
		return 0, err
	}
	leave()
	return f.d.getxattr(name, buf)
}

func (f *memFile) Listxattr() ([]string, error) {
	leave, err := f.enter(mayExec)
	if err != nil {
		return nil, err
	}
	leave()
	return f.d.listxattr()
}

func (f *memFile) Setxattr(name string, val []byte, flags int) error {
	if err := f.change(); err != nil {
		return err
	}
	return f.d.setxattr(name, val, flags)
}

func (f *memFile) Removexattr(name string) error {
	if err := f.change(); err != nil {
		return err
	}
	return f.d.removexattr(name)
}

func (f *memFile) Readable() (int, error) {
	leave, err := f.enter(mayRead)
	if err != nil {
		return 0, err
	}
	defer leave()
	return int(min(max(0, f.d.in.size-f.d.off), 1<<31-1)), nil
}

func (f *memFile) Path() string {
	leave, err := f.enter(0)
	if err != nil {
		return ""
	}
	defer leave()
	return f.d.fs.path(f.d.in)
}

func (f *memFile) Flock(op int) error {
	leave, err := f.enter(mayExec)
	if err != nil {
		return err
	}
	defer leave()
	return f.d.in.locks.flock(f.d, op&^unix.LOCK_NB)
}

func (f *memFile) Lock(l *unix.Flock_t, cmd int) error {
	leave, err := f.enter(mayExec)
	if err != nil {
		return err
	}
	defer leave()
	base := int64(0)
	switch l.Whence {
	case unix.SEEK_SET:
	case unix.SEEK_CUR:
		base = f.d.off
	case unix.SEEK_END:
		base = f.d.in.size
	default:
		return unix.EINVAL
	}
	mode := f.d.flags & O_ACCMODE
	if cmd == unix.F_OFD_SETLK && (l.Type == unix.F_RDLCK && mode == O_WRONLY || l.Type == unix.F_WRLCK && mode == O_RDONLY) {
		return unix.EBADF
	}
	return f.d.in.locks.record(f.d, l, base, cmd)
}
