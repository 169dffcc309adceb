package hostfs

import (
	"strings"

	"golang.org/x/sys/unix"
)

// fast tells whether a path can be given to the host as it is. The answer is
// for the host to resolve; what it does not find is walked, since a link may
// lead to where the view has something.
func (v *view) fast(at *At) (dirfd int, path string, ok bool) {
	p := at.Path
	if !v.fastOK || at.NoFollowAny || at.Beneath || checkPath(p) != nil {
		return 0, "", false
	}
	if p[0] == '/' {
		return unix.AT_FDCWD, p, v.off(p)
	}
	d, isHost := at.Dir.(*hostFile)
	if !isHost || d.kind != Directory || d.v != nil || d.m != v.root.m || d.FD() < 0 || hasDotDot(p) {
		return 0, "", false
	}
	return d.FD(), p, true
}

func hasDotDot(p string) bool {
	for i := strings.Index(p, ".."); i >= 0; {
		if (i == 0 || p[i-1] == '/') && (i+2 == len(p) || p[i+2] == '/') {
			return true
		}
		k := strings.Index(p[i+1:], "..")
		if k < 0 {
			return false
		}
		i += 1 + k
	}
	return false
}

// off tells whether an absolute path leaves the places that the view knows,
// through directories of the host.
func (v *view) off(p string) bool {
	if hasDotDot(p) {
		return false
	}
	n := v.root.v
	for p != "" {
		name, rest, _ := strings.Cut(p, "/")
		p = rest
		if name == "" || name == "." {
			continue
		}
		if n = n.kids[name]; n == nil {
			return true
		}
		if n.m != nil || n.alias != "" || n.leaf() {
			return false
		}
	}
	return false
}

// vnodeAt is the place of a directory by its path.
func (v *view) vnodeAt(p string) *vnode {
	n := v.root.v
	for name := range strings.SplitSeq(strings.Trim(p, "/"), "/") {
		if name == "" {
			continue
		}
		if n = n.kids[name]; n == nil {
			return nil
		}
	}
	return n
}

func nofollow(at *At) int {
	if at.NoFollow {
		return unix.AT_SYMLINK_NOFOLLOW
	}
	return 0
}

// on runs a call on what a path leads to.
func (v *view) on(at At, call func(n node) error) error {
	p, err := v.walk(at, !at.NoFollow)
	if err != nil {
		return err
	}
	defer p.done()
	if !p.found() {
		return unix.ENOENT
	}
	return call(p.node)
}

// change is on for a call that needs a writable file system.
func (v *view) change(at At, call func(o obj) error) error {
	return v.on(at, func(n node) error {
		if n.m.ro {
			return unix.EROFS
		}
		return call(n.o)
	})
}

// make runs a call that makes a new name. dirOK: the path may end in a slash.
func (v *view) make(at At, dirOK bool, call func(dir obj, name string) error) error {
	p, err := v.walk(at, false)
	if err != nil {
		return err
	}
	defer p.done()
	switch {
	case p.found():
		return unix.EEXIST
	case p.slash && !dirOK:
		return unix.ENOENT
	case p.dir.m.ro:
		return unix.EROFS
	}
	return call(p.dir.o, p.name)
}

func (v *view) Open(at At, flags int, perm uint32) (File, error) {
	if flags&O_NOFOLLOW != 0 {
		at.NoFollow = true
	}
	if flags&O_PATH != 0 {
		flags &= O_PATH | O_DIRECTORY
	}
	if flags&O_ACCMODE == O_ACCMODE || flags&O_CREAT != 0 && flags&O_DIRECTORY != 0 {
		return nil, unix.EINVAL
	}
	if d, p, ok := v.fast(&at); ok {
		f, err := v.openFast(d, p, at.NoFollow, flags, perm)
		if err != unix.ENOENT && err != unix.EEXIST || err == unix.EEXIST && flags&O_EXCL != 0 {
			return f, err
		}
	}
	// Somebody may make and remove the file again and again; not for ever.
	for range 64 {
		f, err := v.openWalk(at, flags, perm)
		if err != unix.EEXIST || flags&O_EXCL != 0 {
			return f, err
		}
	}
	return nil, unix.EEXIST
}

func (v *view) openFast(d int, p string, noFollow bool, flags int, perm uint32) (File, error) {
	fd, made := -1, false
	var err error
	if flags&(O_CREAT|O_EXCL) != O_CREAT|O_EXCL {
		how := flags&openFlags | flags&O_PATH | unix.O_NOCTTY | unix.O_NONBLOCK | unix.O_CLOEXEC
		if noFollow {
			how |= unix.O_NOFOLLOW
		}
		if flags&O_PATH != 0 {
			how &^= unix.O_NOCTTY | unix.O_NONBLOCK
		}
		fd, err = again(func() (int, error) { return unix.Openat(d, p, how, 0) })
		if err == nil && flags&O_CREAT != 0 && strings.HasSuffix(p, "/") {
			unix.Close(fd)
			return nil, unix.EISDIR
		}
	} else {
		err = unix.ENOENT
	}
	if err == unix.ENOENT && flags&O_CREAT != 0 {
		fd, err = createAt(v.gate, d, p, flags, perm)
		made = true
	}
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if flags&O_CREAT != 0 && !made && isDir(st.Mode) {
		unix.Close(fd)
		return nil, unix.EISDIR
	}
	var h *hostFile
	if flags&O_PATH != 0 {
		h = newHostFile(fd, st.Mode, flags)
	} else if h, err = opened(fd, st.Mode, flags); err != nil {
		return nil, err
	}
	h.view, h.m = v, v.root.m
	if h.kind == Directory {
		h.v = v.vnodeAt(hostPath(fd))
	}
	return h, nil
}

func (v *view) openWalk(at At, flags int, perm uint32) (File, error) {
	exclusive := flags&O_CREAT != 0 && flags&O_EXCL != 0
	p, err := v.walk(at, !at.NoFollow && !exclusive)
	if err != nil {
		return nil, err
	}
	defer p.done()
	if !p.found() {
		switch {
		case flags&O_CREAT == 0:
			return nil, unix.ENOENT
		case p.slash:
			return nil, unix.EISDIR
		case p.dir.m.ro:
			return nil, unix.EROFS
		}
		f, err := p.dir.o.create(p.name, flags, perm)
		if err != nil {
			return nil, err
		}
		return v.dress(f, node{m: p.dir.m}), nil
	}
	typ := p.node.o.format()
	switch {
	case exclusive:
		return nil, unix.EEXIST
	case flags&O_CREAT != 0 && typ == unix.S_IFDIR:
		return nil, unix.EISDIR
	case p.node.m.ro && typ == unix.S_IFREG && (flags&O_ACCMODE != O_RDONLY || flags&O_TRUNC != 0):
		return nil, unix.EROFS
	}
	f, err := p.node.o.open(flags)
	if err != nil {
		return nil, err
	}
	return v.dress(f, p.node), nil
}

// dress tells a File where it was found.
func (v *view) dress(f File, n node) File {
	switch f := f.(type) {
	case *hostFile:
		f.view, f.m, f.v = v, n.m, n.v
	case *memFile:
		f.d.m, f.d.v = n.m, n.v
	case *fifoFile:
		f.m = n.m
	}
	return f
}

func (v *view) Stat(at At) (st Stat, err error) {
	if d, p, ok := v.fast(&at); ok {
		if st, err = statAt(d, p, nofollow(&at)); err != unix.ENOENT {
			return st, err
		}
	}
	err = v.on(at, func(n node) error {
		st, err = n.o.stat()
		return err
	})
	return st, err
}

func (v *view) Readlink(at At) (s string, err error) {
	at.NoFollow = true
	if d, p, ok := v.fast(&at); ok {
		if s, err = readlinkAt(d, p); err != unix.ENOENT {
			return s, err
		}
	}
	err = v.on(at, func(n node) error {
		s, err = n.o.readlink()
		return err
	})
	return s, err
}

func (v *view) Access(at At, mode uint32, effective bool) error {
	if mode&^7 != 0 {
		return unix.EINVAL
	}
	if d, p, ok := v.fast(&at); ok {
		flags := nofollow(&at)
		if effective {
			flags |= unix.AT_EACCESS
		}
		if err := unix.Faccessat(d, p, mode, flags); err != unix.ENOENT {
			return err
		}
	}
	return v.on(at, func(n node) error {
		if mode&unix.W_OK != 0 && n.m.ro {
			if t := n.o.format(); t == unix.S_IFREG || t == unix.S_IFDIR {
				return unix.EROFS
			}
		}
		return n.o.access(mode, effective)
	})
}

func (v *view) Mkdir(at At, perm uint32) error {
	if d, p, ok := v.fast(&at); ok {
		err := v.gate.exact(d, p, perm, unix.S_IFDIR, func() error { return unix.Mkdirat(d, p, perm&0o7777) })
		if err != unix.ENOENT {
			return err
		}
	}
	return v.make(at, true, func(dir obj, name string) error { return dir.mkdir(name, perm) })
}

func (v *view) Mkfifo(at At, perm uint32) error {
	return v.Mknod(at, unix.S_IFIFO|perm&0o7777, 0)
}

func (v *view) Mknod(at At, mode uint32, dev uint64) error {
	return v.make(at, false, func(dir obj, name string) error { return dir.mknod(name, mode, dev) })
}

func (v *view) Symlink(target string, at At) error {
	switch {
	case target == "":
		return unix.ENOENT
	case len(target) > PathMax:
		return unix.ENAMETOOLONG
	case strings.IndexByte(target, 0) >= 0:
		return unix.EINVAL
	}
	if d, p, ok := v.fast(&at); ok {
		if err := unix.Symlinkat(target, d, p); err != unix.ENOENT {
			return err
		}
	}
	return v.make(at, false, func(dir obj, name string) error { return dir.symlink(target, name) })
}

func (v *view) Unlink(at At, dir bool) error {
	if d, p, ok := v.fast(&at); ok {
		flags := 0
		if dir {
			flags = unix.AT_REMOVEDIR
		}
		if err := unix.Unlinkat(d, p, flags); err != unix.ENOENT {
			return err
		}
	}
	p, err := v.walk(at, false)
	if err != nil {
		return err
	}
	defer p.done()
	if err := p.removable(); err != nil {
		return err
	}
	if p.slash && !dir && p.node.o.format() == unix.S_IFDIR {
		return unix.EISDIR
	}
	return p.dir.o.remove(p.name, dir)
}

// removable tells whether the name, not what it leads to, may be taken away.
func (p *place) removable() error {
	switch {
	case p.name == "" && p.node.v != nil && p.node.v.parent == p.node.v:
		return unix.EBUSY // the root
	case p.name == "":
		return unix.EINVAL // . or ..
	case !p.found():
		return unix.ENOENT
	case p.node.v != nil && p.node.m.ro && p.node.m.fs != nil:
		return unix.EROFS // the image's
	case p.node.v != nil:
		return unix.EBUSY // a mount, or there is one below
	case p.dir.m.ro:
		return unix.EROFS
	}
	return nil
}

func (v *view) Rename(old, new At, flags uint) error {
	if flags&^(RenameNoReplace|RenameExchange) != 0 || flags == RenameNoReplace|RenameExchange {
		return unix.EINVAL
	}
	d1, p1, ok1 := v.fast(&old)
	d2, p2, ok2 := v.fast(&new)
	if ok1 && ok2 {
		if err := renameAt(d1, p1, d2, p2, flags); err != unix.ENOENT {
			return err
		}
	}
	from, err := v.walk(old, false)
	if err != nil {
		return err
	}
	defer from.done()
	to, err := v.walk(new, false)
	if err != nil {
		return err
	}
	defer to.done()
	if err := from.removable(); err != nil {
		return err
	}
	if to.found() {
		if flags == RenameNoReplace {
			return unix.EEXIST
		}
		if err := to.removable(); err != nil {
			return err
		}
	}
	switch isDir := from.node.o.format() == unix.S_IFDIR; {
	case to.dir.m.ro:
		return unix.EROFS
	case to.dir.m != from.dir.m:
		return unix.EXDEV
	case to.slash && !isDir && flags != RenameExchange:
		return unix.ENOTDIR
	}
	return from.dir.o.rename(from.name, to.dir.o, to.name, flags)
}

func (v *view) Link(old, new At) error {
	d1, p1, ok1 := v.fast(&old)
	d2, p2, ok2 := v.fast(&new)
	if ok1 && ok2 {
		flags := unix.AT_SYMLINK_FOLLOW
		if old.NoFollow {
			flags = 0
		}
		if err := unix.Linkat(d1, p1, d2, p2, flags); err != unix.ENOENT {
			return err
		}
	}
	from, err := v.walk(old, !old.NoFollow)
	if err != nil {
		return err
	}
	defer from.done()
	switch {
	case !from.found():
		return unix.ENOENT
	case from.name == "" || from.node.o.format() == unix.S_IFDIR:
		return unix.EPERM
	case from.node.v != nil: // a file that is mounted, or of the image
		return unix.EXDEV
	}
	to, err := v.walk(new, false)
	if err != nil {
		return err
	}
	defer to.done()
	switch {
	case to.found():
		return unix.EEXIST
	case to.slash:
		return unix.ENOENT
	case to.dir.m != from.dir.m:
		return unix.EXDEV
	case to.dir.m.ro:
		return unix.EROFS
	}
	return to.dir.o.link(from.dir.o, from.name, from.node.o, to.name)
}
