package hostfs

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// memObj is an object of a MemFS, as the view's walker sees it.
type memObj struct {
	fs  *MemFS
	in  *inode
	typ uint32 // S_IFMT, which never changes
}

// obj makes the handle of an inode. Held: mu, or nobody else has the tree yet.
func (fs *MemFS) obj(in *inode) memObj { return memObj{fs, in, in.mode & unix.S_IFMT} }

// Bits of a permission check.
const (
	mayExec  = 1
	mayWrite = 2
	mayRead  = 4
)

// may checks the permission bits for the tree's user. Held: fs.mu.
func (fs *MemFS) may(in *inode, want uint32) error {
	if fs.uid == 0 {
		if want&mayExec != 0 && !isDir(in.mode) && in.mode&0o111 == 0 {
			return unix.EACCES
		}
		return nil
	}
	bits := in.mode
	switch {
	case in.uid == fs.uid:
		bits >>= 6
	case in.gid == fs.gid || slices.Contains(fs.groups, in.gid):
		bits >>= 3
	}
	if bits&want != want {
		return unix.EACCES
	}
	return nil
}

func (fs *MemFS) owner(in *inode) error {
	if fs.uid != 0 && fs.uid != in.uid {
		return unix.EPERM
	}
	return nil
}

func (o memObj) format() uint32 { return o.typ }
func (o memObj) close()         {}

func (o memObj) lock() func() {
	o.fs.mu.Lock()
	return o.fs.mu.Unlock
}

func (o memObj) stat() (Stat, error) {
	defer o.lock()()
	return o.fs.stat(o.in), nil
}

func (o memObj) statfs(m *mount) (Statfs, error) {
	defer o.lock()()
	return o.fs.statfs(m), nil
}

func (o memObj) readlink() (string, error) {
	if o.format() != unix.S_IFLNK {
		return "", unix.EINVAL
	}
	defer o.lock()()
	return o.in.target, nil
}

func (o memObj) access(mode uint32, _ bool) error {
	defer o.lock()()
	return o.fs.may(o.in, mode&7) // R_OK, W_OK and X_OK are the same bits
}

func (o memObj) chmod(mode uint32) error {
	defer o.lock()()
	if err := o.fs.owner(o.in); err != nil {
		return err
	}
	o.in.mode = o.in.mode&unix.S_IFMT | mode&0o7777
	o.fs.changedMeta(o.in)
	return nil
}

func (o memObj) chown(uid, gid int) error {
	defer o.lock()()
	fs := o.fs
	if fs.uid != 0 {
		mine := gid < 0 || uint32(gid) == o.in.gid || uint32(gid) == fs.gid || slices.Contains(fs.groups, uint32(gid))
		if fs.owner(o.in) != nil || uid >= 0 && uint32(uid) != o.in.uid || !mine {
			return unix.EPERM
		}
	}
	if uid >= 0 {
		o.in.uid = uint32(uid)
	}
	if gid >= 0 {
		o.in.gid = uint32(gid)
	}
	if !isDir(o.in.mode) {
		o.in.mode &^= unix.S_ISUID | unix.S_ISGID
	}
	fs.changedMeta(o.in)
	return nil
}

func (o memObj) utimes(atime, mtime unix.Timespec) error {
	defer o.lock()()
	now := o.fs.now()
	if o.fs.owner(o.in) != nil {
		if atime.Nsec != unix.UTIME_NOW || mtime.Nsec != unix.UTIME_NOW {
			return unix.EPERM
		}
		if err := o.fs.may(o.in, mayWrite); err != nil {
			return err
		}
	}
	for _, c := range []struct {
		to   *unix.Timespec
		from unix.Timespec
	}{{&o.in.atime, atime}, {&o.in.mtime, mtime}} {
		switch {
		case c.from.Nsec == unix.UTIME_OMIT:
		case c.from.Nsec == unix.UTIME_NOW:
			*c.to = now
		case c.from.Nsec < 0 || c.from.Nsec >= 1e9:
			return unix.EINVAL
		default:
			*c.to = c.from
		}
	}
	o.fs.changedMeta(o.in)
	return nil
}

func (o memObj) truncate(n int64) error {
	defer o.lock()()
	switch o.format() {
	case unix.S_IFDIR:
		return unix.EISDIR
	case unix.S_IFREG:
	default:
		return unix.EINVAL
	}
	if err := o.fs.may(o.in, mayWrite); err != nil {
		return err
	}
	return o.fs.truncate(o.in, n)
}

func (o memObj) lookup(name string) (obj, error) {
	defer o.lock()()
	if !isDir(o.in.mode) {
		return nil, unix.ENOTDIR
	}
	if err := o.fs.may(o.in, mayExec); err != nil {
		return nil, err
	}
	d, ok := o.in.kids[name]
	if !ok {
		return nil, unix.ENOENT
	}
	return o.fs.obj(o.fs.nodes[d.ino]), nil
}

// vacant checks that a name can be made in o. Held: fs.mu.
func (o memObj) vacant(name string, inodes int, n int64) error {
	if !isDir(o.in.mode) {
		return unix.ENOTDIR
	}
	if err := o.fs.may(o.in, mayExec); err != nil {
		return err
	}
	if _, ok := o.in.kids[name]; ok {
		return unix.EEXIST
	}
	if o.in.nlink == 0 { // removed
		return unix.ENOENT
	}
	if err := o.fs.may(o.in, mayWrite); err != nil {
		return err
	}
	return o.fs.room(inodes, nameCost(name)+n)
}

// add makes an inode under a name. Held: fs.mu.
func (o memObj) add(name string, mode uint32, target string) (*inode, error) {
	if err := o.vacant(name, 1, int64(len(target))); err != nil {
		return nil, err
	}
	in := o.fs.alloc(mode, int64(len(target)))
	in.nlink, in.target = 1, target
	if isDir(mode) {
		in.nlink = 2
	}
	// As on BSD, a new file belongs to its directory's group.
	in.gid = o.in.gid
	o.fs.bytes += int64(len(target))
	o.fs.attach(o.in, name, in)
	return in, nil
}

func (o memObj) mkdir(name string, perm uint32) error {
	defer o.lock()()
	_, err := o.add(name, unix.S_IFDIR|perm&0o7777, "")
	return err
}

func (o memObj) mknod(name string, mode uint32, _ uint64) error {
	defer o.lock()()
	switch mode & unix.S_IFMT {
	case 0:
		mode |= unix.S_IFREG
	case unix.S_IFREG, unix.S_IFIFO, unix.S_IFSOCK:
	case unix.S_IFCHR, unix.S_IFBLK:
		return unix.EPERM
	default:
		return unix.EINVAL
	}
	_, err := o.add(name, mode&(unix.S_IFMT|0o7777), "")
	return err
}

func (o memObj) symlink(target, name string) error {
	defer o.lock()()
	_, err := o.add(name, unix.S_IFLNK|0o777, target)
	return err
}

// mayRemove checks the directory's permissions and its sticky bit. Held: fs.mu.
func (o memObj) mayRemove(in *inode) error {
	if err := o.fs.may(o.in, mayWrite|mayExec); err != nil {
		return err
	}
	if o.in.mode&unix.S_ISVTX != 0 && o.fs.owner(in) != nil && o.fs.owner(o.in) != nil {
		return unix.EPERM
	}
	return nil
}

func (o memObj) remove(name string, dir bool) error {
	defer o.lock()()
	d, ok := o.in.kids[name]
	if !ok {
		return unix.ENOENT
	}
	in := o.fs.nodes[d.ino]
	if err := o.mayRemove(in); err != nil {
		return err
	}
	if err := removable(in, dir); err != nil {
		return err
	}
	o.fs.detach(o.in, name, in)
	o.fs.unlinked(in)
	return nil
}

func removable(in *inode, dir bool) error {
	switch {
	case dir && !isDir(in.mode):
		return unix.ENOTDIR
	case !dir && isDir(in.mode):
		return unix.EISDIR
	case len(in.kids) > 0:
		return unix.ENOTEMPTY
	}
	return nil
}

func (o memObj) link(_ obj, _ string, old obj, name string) error {
	from, ok := old.(memObj)
	if !ok || from.fs != o.fs {
		return unix.EXDEV
	}
	defer o.lock()()
	if isDir(from.in.mode) {
		return unix.EPERM
	}
	if from.in.nlink == 0 {
		return unix.ENOENT
	}
	if from.in.nlink >= 1<<15 {
		return unix.EMLINK
	}
	if err := o.vacant(name, 0, 0); err != nil {
		return err
	}
	from.in.nlink++
	o.fs.attach(o.in, name, from.in)
	return nil
}

func (o memObj) rename(oldName string, to obj, newName string, flags uint) error {
	dst, ok := to.(memObj)
	if !ok || dst.fs != o.fs {
		return unix.EXDEV
	}
	defer o.lock()()
	fs := o.fs
	d, ok := o.in.kids[oldName]
	if !ok {
		return unix.ENOENT
	}
	in := fs.nodes[d.ino]
	if err := o.mayRemove(in); err != nil {
		return err
	}
	if err := fs.may(dst.in, mayWrite|mayExec); err != nil {
		return err
	}
	if dst.in.nlink == 0 {
		return unix.ENOENT
	}
	if isDir(in.mode) && fs.within(dst.in, in) {
		return unix.EINVAL
	}
	there, taken := dst.in.kids[newName]
	if flags&RenameExchange != 0 {
		return o.exchange(oldName, in, dst, newName, taken, there)
	}
	if !taken {
		if err := fs.room(0, nameCost(newName)-nameCost(oldName)); err != nil {
			return err
		}
		fs.detach(o.in, oldName, in)
		fs.attach(dst.in, newName, in)
		return nil
	}
	if flags&RenameNoReplace != 0 {
		return unix.EEXIST
	}
	victim := fs.nodes[there.ino]
	if victim == in { // two names of one file: nothing happens, says POSIX
		return nil
	}
	if err := dst.mayRemove(victim); err != nil {
		return err
	}
	if err := removable(victim, isDir(in.mode)); err != nil {
		return err
	}
	fs.detach(dst.in, newName, victim)
	fs.detach(o.in, oldName, in)
	fs.attach(dst.in, newName, in)
	fs.unlinked(victim)
	return nil
}

func (o memObj) exchange(oldName string, in *inode, dst memObj, newName string, taken bool, there dent) error {
	fs := o.fs
	if !taken {
		return unix.ENOENT
	}
	other := fs.nodes[there.ino]
	if other == in {
		return nil
	}
	if err := dst.mayRemove(other); err != nil {
		return err
	}
	if isDir(other.mode) && fs.within(o.in, other) {
		return unix.EINVAL
	}
	fs.detach(o.in, oldName, in)
	fs.detach(dst.in, newName, other)
	fs.attach(dst.in, newName, in)
	fs.attach(o.in, oldName, other)
	return nil
}

// within tells whether dir is top or below it.
func (fs *MemFS) within(dir, top *inode) bool {
	for range len(fs.nodes) + 1 {
		if dir == top {
			return true
		}
		if dir.ino == memRoot {
			return false
		}
		if dir = fs.nodes[dir.parent]; dir == nil {
			return false
		}
	}
	return true
}

func (o memObj) hostPath() string { return "" }

func (o memObj) getxattr(name string, buf []byte) (int, error) {
	if err := checkXattrName(name); err != nil {
		return 0, err
	}
	defer o.lock()()
	v, ok := o.in.xattrs[name]
	switch {
	case !ok:
		return 0, unix.ENODATA
	case len(buf) == 0:
		return len(v), nil
	case len(buf) < len(v):
		return 0, unix.ERANGE
	}
	return copy(buf, v), nil
}

func (o memObj) setxattr(name string, val []byte, flags int) error {
	if err := checkXattrSet(name, val, flags); err != nil {
		return err
	}
	defer o.lock()()
	if err := o.fs.may(o.in, mayWrite); err != nil {
		return err
	}
	old, ok := o.in.xattrs[name]
	switch {
	case ok && flags == XattrCreate:
		return unix.EEXIST
	case !ok && flags == XattrReplace:
		return unix.ENODATA
	}
	more := int64(len(val)) - int64(len(old))
	if !ok {
		more += nameCost(name)
	}
	if more > 0 {
		if err := o.fs.room(0, more); err != nil {
			return err
		}
	}
	o.fs.bytes += more
	if o.in.xattrs == nil {
		o.in.xattrs = map[string][]byte{}
	}
	if !ok {
		o.in.order = append(o.in.order, name)
	}
	// Never written in place: a snapshot may share it.
	o.in.xattrs[name] = append([]byte(nil), val...)
	o.fs.changedMeta(o.in)
	return nil
}

func (o memObj) listxattr() ([]string, error) {
	defer o.lock()()
	return slices.Clone(o.in.order), nil
}

func (o memObj) removexattr(name string) error {
	if err := checkXattrName(name); err != nil {
		return err
	}
	defer o.lock()()
	if err := o.fs.may(o.in, mayWrite); err != nil {
		return err
	}
	v, ok := o.in.xattrs[name]
	if !ok {
		return unix.ENODATA
	}
	delete(o.in.xattrs, name)
	o.in.order = slices.DeleteFunc(slices.Clone(o.in.order), func(s string) bool { return s == name })
	o.fs.bytes -= nameCost(name) + int64(len(v))
	o.fs.changedMeta(o.in)
	return nil
}

func (o memObj) readDir() []DirEntry {
	defer o.lock()()
	if o.in.nlink == 0 {
		return nil
	}
	names := make([]string, 0, len(o.in.kids))
	for n := range o.in.kids {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		if c := int64(o.in.kids[a].seq) - int64(o.in.kids[b].seq); c != 0 {
			return int(c)
		}
		return strings.Compare(a, b)
	})
	list := []DirEntry{{Name: ".", Ino: o.in.ino, Type: unix.DT_DIR}, {Name: "..", Ino: o.in.parent, Type: unix.DT_DIR}}
	for _, n := range names {
		in := o.fs.nodes[o.in.kids[n].ino]
		list = append(list, DirEntry{Name: n, Ino: in.ino, Type: uint8(in.mode & unix.S_IFMT >> 12)})
	}
	return list
}
