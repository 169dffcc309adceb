package hostfs

import (
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mount is one file system as the guest sees it.
type mount struct {
	target, source string
	ro             bool
	root           obj
	fs             *MemFS // nil: the host's
}

// guestPath turns the host's path of something in the mount into the guest's;
// "" when it lies outside by now.
func (m *mount) guestPath(host string) string {
	if host == "" {
		return ""
	}
	src := m.source
	if src != "/" {
		// The source itself may have been renamed.
		if src = m.root.hostPath(); src == "" {
			return ""
		}
	}
	rest, ok := strings.CutPrefix(host, src)
	switch {
	case src == "/":
		rest = host
	case !ok || rest != "" && rest[0] != '/':
		return ""
	}
	if m.target == "/" {
		if rest == "" {
			return "/"
		}
		return rest
	}
	return strings.TrimSuffix(m.target+rest, "/")
}

// view is an FS.
type view struct {
	root   node
	image  *mount
	mounts []*mount // the root first
	gate   *umaskGate
	// plain: the root is the host's own.
	plain bool
	// fast: what is laid over it is the image and /private only, so that a path
	// off those can be given to the host as it is.
	fastOK    bool
	noOpenat2 bool
}

func newView(o Options, gate *umaskGate) (*view, error) {
	v := &view{gate: gate, plain: !o.Isolated && o.Root == ""}
	var how unix.OpenHow
	how.Flags, how.Resolve = unix.O_PATH|unix.O_CLOEXEC, unix.RESOLVE_BENEATH
	if fd, err := unix.Openat2(unix.AT_FDCWD, ".", &how); err == nil {
		unix.Close(fd)
	} else if err == unix.ENOSYS || err == unix.EPERM {
		v.noOpenat2 = true
	}
	image := NewMemFS(1<<62, 1<<30, 0, 0, nil, o.Now)
	image.label, image.dev = "image", unix.Mkdev(1, 5)
	v.image = &mount{target: "/", source: "image", ro: true, fs: image, root: image.obj(image.nodes[memRoot])}
	rootv := &vnode{img: image.nodes[memRoot]}
	rootv.parent = rootv
	if err := v.setRoot(o, rootv); err != nil {
		v.Close()
		return nil, err
	}
	v.fastOK = v.plain && len(o.Mounts) == 0 && len(o.Overlay) == 0
	if err := v.layOver(o, rootv); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

func (v *view) setRoot(o Options, rootv *vnode) error {
	switch {
	case o.Root == "" && o.Isolated:
		uid, gid, groups := memUser()
		tree := NewMemFS(o.MemBytes, o.MemInodes, uid, gid, groups, o.Now)
		freshMac(tree)
		m := &mount{target: "/", source: "memfs", fs: tree, root: tree.obj(tree.nodes[memRoot])}
		v.mounts, v.root = []*mount{m}, node{rootv, m, m.root}
		return nil
	default:
		src := "/"
		if o.Root != "" {
			src = o.Root
		}
		m, err := v.hostMount(Mount{Source: src, Target: "/"})
		if err == nil && m.root.format() != unix.S_IFDIR {
			m.root.(*hostObj).shut()
			err = unix.ENOTDIR
		}
		if err != nil {
			return &MountError{Text: src + ":/", Err: err}
		}
		v.mounts, v.root = []*mount{m}, node{rootv, m, m.root}
		return nil
	}
}

// hostMount opens the source of a mount.
func (v *view) hostMount(s Mount) (*mount, error) {
	src, err := filepath.Abs(s.Source)
	if err != nil {
		return nil, errnoOf(err)
	}
	fd, err := unix.Open(src, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return nil, err
	}
	o := &hostObj{fd: fd, typ: st.Mode & unix.S_IFMT, gate: v.gate, borrowed: true}
	// Where there is no /proc, nothing contained can work, nor can F_GETPATH.
	if !v.plain && hostPath(fd) == "" {
		unix.Close(fd)
		return nil, unix.ENOTSUP
	}
	return &mount{target: s.Target, source: src, ro: s.ReadOnly, root: o}, nil
}

// shut closes even what others borrow.
func (o *hostObj) shut() { unix.Close(o.fd) }

func (v *view) layOver(o Options, rootv *vnode) error {
	if v.plain {
		for _, name := range []string{"etc", "tmp", "var"} {
			n, err := v.place("/private/" + name)
			if err != nil {
				return err
			}
			n.alias, n.img = "/"+name, v.mkdirs(n.parent, name)
		}
	}
	if o.Image != nil && o.Root == "" {
		if err := v.layImage(o.Image); err != nil {
			return err
		}
	}
	for _, name := range sortedKeys(o.Overlay) {
		if err := v.layFile(name, 0o644, bytesAt(o.Overlay[name]), int64(len(o.Overlay[name]))); err != nil {
			return &MountError{Text: name, Err: err}
		}
	}
	for _, s := range o.Mounts {
		if err := v.layMount(s, rootv); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys[T any](m map[string]T) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// place finds or makes the vnode of an absolute path, with a directory of the
// image at each step.
func (v *view) place(name string) (*vnode, error) {
	n := v.root.v
	for part := range strings.SplitSeq(strings.Trim(path.Clean(name), "/"), "/") {
		if part == "" {
			continue
		}
		if len(part) > NameMax {
			return nil, unix.ENAMETOOLONG
		}
		if n.leaf() {
			return nil, unix.ENOTDIR
		}
		k := n.kids[part]
		if k == nil {
			k = &vnode{name: part, parent: n, img: v.mkdirs(n, part)}
			if n.kids == nil {
				n.kids = map[string]*vnode{}
			}
			n.kids[part] = k
			n.order = append(n.order, part)
		}
		n = k
	}
	return n, nil
}

// mkdirs makes a directory of the image below another's.
func (v *view) mkdirs(dir *vnode, name string) *inode {
	fs := v.image.fs
	if d, ok := dir.img.kids[name]; ok {
		return fs.nodes[d.ino]
	}
	in := fs.alloc(unix.S_IFDIR|0o755, 0)
	in.nlink = 2
	fs.attach(dir.img, name, in)
	return in
}

// put replaces the directory of the image at a place by a file or link.
func (v *view) put(n *vnode, mode uint32, size int64) (*inode, error) {
	if len(n.kids) > 0 || n.m != nil {
		return nil, unix.EEXIST
	}
	fs, dir := v.image.fs, n.parent.img
	fs.detach(dir, n.name, n.img)
	fs.unlinked(n.img)
	in := fs.alloc(mode, size)
	in.nlink = 1
	fs.attach(dir, n.name, in)
	n.img = in
	return in, nil
}

func (v *view) layFile(name string, perm uint32, src io.ReaderAt, size int64) error {
	if !strings.HasPrefix(name, "/") || strings.IndexByte(name, 0) >= 0 {
		return unix.EINVAL
	}
	n, err := v.place(name)
	if err != nil {
		return err
	}
	if n == v.root.v {
		return unix.EISDIR
	}
	if n.leaf() { // a file of the overlay in place of the image's
		n.img.src, n.img.size = src, size
		return nil
	}
	in, err := v.put(n, unix.S_IFREG|perm, size)
	if err == nil {
		in.src = src
	}
	return err
}

func (v *view) layImage(image fs.FS) error {
	bad := func(name string, err error) error { return &MountError{Text: "image /" + name, Err: errnoOf(err)} }
	return fs.WalkDir(image, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return bad(name, err)
		}
		if e.IsDir() {
			_, err := v.place("/" + name)
			return err
		}
		info, err := e.Info()
		if err != nil {
			return bad(name, err)
		}
		switch {
		case info.Mode().IsRegular():
			err = v.layFile("/"+name, 0o444|uint32(info.Mode().Perm()&0o111), &imageFile{image: image, name: name}, info.Size())
		case info.Mode()&fs.ModeSymlink != 0:
			err = v.layLink(image, name)
		default:
			err = unix.EINVAL
		}
		if err != nil {
			return bad(name, err)
		}
		return nil
	})
}

func (v *view) layLink(image fs.FS, name string) error {
	target, err := fs.ReadLink(image, name)
	if err != nil {
		return err
	}
	n, err := v.place("/" + name)
	if err != nil {
		return err
	}
	in, err := v.put(n, unix.S_IFLNK|0o755, int64(len(target)))
	if err == nil {
		in.target = target
	}
	return err
}

func (v *view) layMount(s Mount, rootv *vnode) error {
	bad := func(why string, err error) error {
		text := s.Source + ":" + s.Target
		if s.ReadOnly {
			text += ":ro"
		}
		return &MountError{Text: text, Why: why, Err: err}
	}
	if !strings.HasPrefix(s.Target, "/") || strings.IndexByte(s.Source+s.Target, 0) >= 0 {
		return bad("the target is not an absolute path", unix.EINVAL)
	}
	m, err := v.hostMount(s)
	if err != nil {
		return bad("", err)
	}
	m.target = v.canon(s.Target)
	n := rootv
	if m.target != "/" {
		if n, err = v.place(m.target); err == nil && n.m != nil {
			err = unix.EBUSY
		} else if err == nil && n.leaf() {
			err = unix.EEXIST
		} else if err == nil && n.alias != "" {
			err = unix.EBUSY
		}
	} else if m.root.format() != unix.S_IFDIR {
		err = unix.ENOTDIR
	}
	if err != nil {
		m.root.(*hostObj).shut()
		return bad("", err)
	}
	v.mounts = append(v.mounts, m)
	if n == rootv {
		v.root = node{rootv, m, m.root}
		return nil
	}
	n.m = m
	return nil
}

// canon is a target's path without the links that are there now: a mount on
// /tmp/x of a tree in which /tmp is a link lies where the link leads.
func (v *view) canon(target string) string {
	target = path.Clean(target)
	for head, tail := target, ""; ; {
		if p, err := v.walk(At{Path: head}, true); err == nil {
			found, at := p.found(), ""
			if found {
				at = v.pathOf(p)
			}
			p.done()
			if found && at != "" {
				return path.Join(at, tail)
			}
		}
		if head == "/" {
			return target
		}
		tail = path.Join(path.Base(head), tail)
		head = path.Dir(head)
	}
}

// pathOf is the guest's path of what was found.
func (v *view) pathOf(p *place) string {
	if n := p.node.v; n != nil {
		s := ""
		for ; n != v.root.v; n = n.parent {
			s = "/" + n.name + s
		}
		return path.Clean("/" + s)
	}
	switch o := p.node.o.(type) {
	case memObj:
		defer o.lock()()
		return o.fs.path(o.in)
	case *hostObj:
		return p.node.m.guestPath(o.hostPath())
	}
	return ""
}

// Close closes the mounts. Open files stay open.
func (v *view) Close() {
	for _, m := range v.mounts {
		if h, ok := m.root.(*hostObj); ok {
			h.shut()
		}
	}
	v.mounts = nil
}

func memUser() (uid, gid uint32, groups []uint32) {
	uid, gid = uint32(unix.Geteuid()), uint32(unix.Getegid())
	if g, err := unix.Getgroups(); err == nil {
		for _, n := range g {
			groups = append(groups, uint32(n))
		}
	}
	return uid, gid, groups
}

// freshMac makes the directories that every Mac has, and the few files that
// programs read. They belong to root, except for a home of the user's own.
func freshMac(fs *MemFS) {
	uid, gid := fs.uid, fs.gid
	fs.uid, fs.gid = 0, 0
	mk := func(name string, mode uint32) memObj {
		dir, base := fs.at(path.Dir(name)), path.Base(name)
		in, err := dir.add(base, mode, "")
		if err != nil { // an absurdly small limit
			return dir
		}
		return fs.obj(in)
	}
	const dir = unix.S_IFDIR
	for _, d := range []string{
		"/Applications", "/Library", "/System", "/Users", "/Volumes", "/bin", "/dev", "/opt", "/private", "/sbin", "/usr",
		"/private/etc", "/private/var", "/private/var/db", "/private/var/folders", "/private/var/log", "/private/var/root",
		"/private/var/run", "/usr/bin", "/usr/lib", "/usr/libexec", "/usr/local", "/usr/sbin", "/usr/share",
	} {
		mk(d, dir|0o755)
	}
	for _, d := range []string{"/private/tmp", "/private/var/tmp", "/Users/Shared"} {
		mk(d, dir|0o1777)
	}
	for _, l := range []string{"etc", "tmp", "var"} {
		// A limit too small for these leaves them out.
		_, _ = fs.at("/").add(l, unix.S_IFLNK|0o755, "private/"+l)
	}
	put := func(name, text string) {
		o := mk(name, unix.S_IFREG|0o644)
		if o.typ == unix.S_IFREG {
			_, _ = fs.writeAt(o.in, []byte(text), 0)
		}
	}
	passwd := "nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false\nroot:*:0:0:System Administrator:/var/root:/bin/sh\n"
	group := "nobody:*:-2:\nwheel:*:0:root\nstaff:*:20:root\n"
	if uid != 0 {
		id := strconv.FormatUint(uint64(uid), 10) + ":" + strconv.FormatUint(uint64(gid), 10)
		passwd += "user:*:" + id + ":User:/Users/user:/bin/sh\n"
		if home := mk("/Users/user", dir|0o755); home.in.name == "user" {
			home.in.uid, home.in.gid = uid, gid
		}
	}
	put("/private/etc/passwd", passwd)
	put("/private/etc/group", group)
	put("/private/etc/hosts", "127.0.0.1\tlocalhost\n255.255.255.255\tbroadcasthost\n::1\tlocalhost\n")
	put("/private/etc/shells", "/bin/sh\n")
	fs.uid, fs.gid = uid, gid
}

// at finds a directory by path, for freshMac; the nearest that there is.
func (fs *MemFS) at(name string) memObj {
	in := fs.nodes[memRoot]
	for part := range strings.SplitSeq(strings.Trim(name, "/"), "/") {
		if d, ok := in.kids[part]; ok {
			in = fs.nodes[d.ino]
		}
	}
	return fs.obj(in)
}
