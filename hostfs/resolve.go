package hostfs

import (
	"strings"

	"golang.org/x/sys/unix"
)

// vnode is a place in the guest's tree that the view knows by name: a mount
// point, a file or directory of the image, an alias, or what leads to one.
type vnode struct {
	name   string
	parent *vnode // the root's is itself
	kids   map[string]*vnode
	order  []string // names of kids, as they were added

	m     *mount // mounted here
	alias string // this is another name of that absolute guest path
	// img is the object in the image: a file, a link, or the directory that
	// stands here where the tree below has none.
	img *inode
}

// leaf: what is here hides what the tree below has, whatever it is.
func (v *vnode) leaf() bool { return v.img != nil && !isDir(v.img.mode) }

// merge adds the names that the view knows to a directory's own.
func (v *vnode) merge(list []DirEntry) []DirEntry {
	if len(v.order) == 0 {
		return list
	}
	at := make(map[string]int, len(list))
	for i, e := range list {
		at[e.Name] = i
	}
	if len(list) == 0 {
		list = []DirEntry{{Name: ".", Type: unix.DT_DIR}, {Name: "..", Type: unix.DT_DIR}}
	}
	for _, name := range v.order {
		k := v.kids[name]
		e := DirEntry{Name: name, Type: unix.DT_DIR}
		switch {
		case k.m != nil:
			e.Type = uint8(k.m.root.format() >> 12)
			if st, err := k.m.root.stat(); err == nil {
				e.Ino = st.Ino
			}
		case k.img != nil:
			e.Ino, e.Type = k.img.ino, uint8(k.img.mode&unix.S_IFMT>>12)
		}
		if i, ok := at[name]; !ok {
			list = append(list, e)
		} else if k.m != nil || k.leaf() {
			list[i] = e
		}
	}
	return list
}

// node is where the walker stands.
type node struct {
	v *vnode // nil: not a place that the view knows, and none is below it
	m *mount
	o obj
}

// place is what a path leads to.
type place struct {
	dir  node   // the directory that has name
	name string // "" when the path ends in ., .. or the root
	node node   // node.o is nil when there is nothing of that name
	// slash: the path ends in one, so it means a directory.
	slash bool

	walker *walker
}

func (p *place) done() { p.walker.done() }

func (p *place) found() bool { return p.node.o != nil }

// walker resolves one path, a name at a time. It never asks the host to
// resolve more than what stays beneath an object that it holds, so nothing
// that happens to the tree meanwhile leads it out.
type walker struct {
	v      *view
	stack  []node
	opened []obj
	links  int
	// leapt: a leap was made; walkAll: none may be.
	leapt, walkAll bool
	// floor: stack[0] is not the guest's root, so its parent is not known.
	floor bool
	at    *At
}

func (w *walker) done() {
	for _, o := range w.opened {
		o.close()
	}
	w.opened = nil
}

func (w *walker) keep(o obj) obj {
	w.opened = append(w.opened, o)
	return o
}

// errFloor: the path goes above the directory where it started.
const errFloor = unix.Errno(0x7ffffff0)

// errLeapt: a relative link was found where the way up is not known.
const errLeapt = unix.Errno(0x7ffffff1)

// walk resolves at. follow is about a final symbolic link.
func (v *view) walk(at At, follow bool) (*place, error) {
	if err := checkPath(at.Path); err != nil {
		return nil, err
	}
	w := &walker{v: v, at: &at}
	run := w.start
	p, err := run(follow)
	for err == errFloor || err == errLeapt {
		w.done()
		// Each happens once at most: the second start has no floor, and after a
		// leap that misled there is none any more.
		if err == errFloor {
			run = w.fromDirPath
		} else {
			w.walkAll, w.leapt = true, false
		}
		p, err = run(follow)
	}
	if err != nil {
		w.done()
		return nil, err
	}
	p.walker = w
	return p, nil
}

func checkPath(path string) error {
	switch {
	case path == "":
		return unix.ENOENT
	case len(path) > PathMax:
		return unix.ENAMETOOLONG
	case strings.IndexByte(path, 0) >= 0:
		return unix.EINVAL
	}
	return nil
}

func (w *walker) start(follow bool) (*place, error) {
	w.links = 0
	if w.at.Path[0] == '/' {
		if w.at.Beneath {
			return nil, unix.EXDEV
		}
		w.stack = append(w.stack[:0], w.v.root)
		return w.run(w.at.Path, follow)
	}
	n, err := w.v.dirNode(w.at.Dir)
	if err != nil {
		return nil, err
	}
	w.stack = append(w.stack[:0], n)
	w.floor = n.v == nil || n.v != w.v.root.v
	return w.run(w.at.Path, follow)
}

// fromDirPath resolves a relative path that leaves its directory upwards: from
// the root, by the path that the directory has now.
func (w *walker) fromDirPath(follow bool) (*place, error) {
	dir := w.at.Dir.Path()
	if dir == "" {
		return nil, unix.ENOENT
	}
	w.links, w.floor = 0, false
	w.stack = append(w.stack[:0], w.v.root)
	// The directory's own path has no links in it, and may be longer than a
	// guest could write it.
	return w.run(dir+"/"+w.at.Path, follow)
}

// dirNode is where a relative path starts.
func (v *view) dirNode(f File) (node, error) {
	switch f := f.(type) {
	case nil:
		return node{}, unix.EINVAL
	case *hostFile:
		if f.FD() < 0 {
			return node{}, unix.EBADF
		}
		if f.kind != Directory {
			return node{}, unix.ENOTDIR
		}
		m := f.m
		if m == nil { // from outside: it is in no mount
			return node{}, unix.EXDEV
		}
		return node{f.v, m, &hostObj{fd: f.FD(), typ: unix.S_IFDIR, gate: v.gate, borrowed: true}}, nil
	case *memFile:
		leave, err := f.enter(0)
		if err != nil {
			return node{}, err
		}
		leave()
		if f.d.typ != unix.S_IFDIR {
			return node{}, unix.ENOTDIR
		}
		return node{f.d.v, f.d.m, f.d.memObj}, nil
	}
	return node{}, unix.ENOTDIR
}

func (w *walker) top() node { return w.stack[len(w.stack)-1] }

func (w *walker) run(rest string, follow bool) (*place, error) {
	for {
		rest = strings.TrimLeft(rest, "/")
		if rest == "" {
			return &place{node: w.top(), slash: true}, nil
		}
		w.leap(&rest)
		name, after, slash := strings.Cut(rest, "/")
		last := strings.Trim(after, "/") == ""
		switch {
		case name == ".":
			rest = after
			continue
		case name == "..":
			if err := w.up(); err != nil {
				return nil, err
			}
			rest = after
			continue
		case len(name) > NameMax:
			return nil, unix.ENAMETOOLONG
		}
		n, alias, err := w.step(name)
		switch {
		case alias != "":
			if w.at.Beneath {
				return nil, unix.EXDEV
			}
			if w.links++; w.links > maxLinks {
				return nil, unix.ELOOP
			}
			w.toRoot()
			rest = alias + "/" + after
			if last && !slash {
				rest = alias
			}
			continue
		case err == unix.ENOENT && last:
			return &place{dir: w.top(), name: name, slash: slash}, nil
		case err != nil:
			return nil, err
		}
		typ := n.o.format()
		if typ == unix.S_IFLNK && (!last || follow || slash) {
			if rest, err = w.follow(n.o, after, last && !slash); err != nil {
				return nil, err
			}
			continue
		}
		if typ != unix.S_IFDIR && (!last || slash) {
			return nil, unix.ENOTDIR
		}
		if last {
			return &place{dir: w.top(), name: name, node: n, slash: slash}, nil
		}
		w.stack = append(w.stack, n)
		rest = after
	}
}

// follow returns what is left to resolve after a symbolic link.
func (w *walker) follow(o obj, after string, bare bool) (string, error) {
	if w.at.NoFollowAny {
		return "", unix.ELOOP
	}
	if w.links++; w.links > maxLinks {
		return "", unix.ELOOP
	}
	target, err := o.readlink()
	o.close()
	if err != nil {
		return "", err
	}
	if target == "" {
		return "", unix.ENOENT
	}
	if len(target)+len(after) > 4096 {
		return "", unix.ENAMETOOLONG
	}
	if target[0] != '/' && w.leapt {
		return "", errLeapt
	}
	if target[0] == '/' {
		if w.at.Beneath {
			return "", unix.EXDEV
		}
		w.toRoot()
	}
	if bare {
		return target, nil
	}
	return target + "/" + after, nil
}

// toRoot starts anew at the root. Like up, it closes what it leaves: a path can
// be made to pass thousands of directories.
func (w *walker) toRoot() {
	for _, n := range w.stack {
		n.o.close()
	}
	w.stack, w.floor = append(w.stack[:0], w.v.root), false
}

func (w *walker) up() error {
	if len(w.stack) > 1 {
		w.top().o.close()
		w.stack = w.stack[:len(w.stack)-1]
		return nil
	}
	switch {
	case w.at.Beneath:
		return unix.EXDEV
	case w.floor:
		return errFloor
	}
	return nil
}

// step goes down by one name. An alias is a path to go on from instead.
func (w *walker) step(name string) (node, string, error) {
	t := w.top()
	var v *vnode
	if t.v != nil {
		v = t.v.kids[name]
	}
	switch {
	case v == nil:
		o, err := t.o.lookup(name)
		if err != nil {
			return node{}, "", err
		}
		return node{nil, t.m, w.keep(o)}, "", nil
	case v.alias != "":
		return node{}, v.alias, nil
	case v.m != nil:
		return node{v, v.m, v.m.root}, "", nil
	case v.leaf():
		return node{v, w.v.image, w.v.image.fs.obj(v.img)}, "", nil
	}
	if o, err := t.o.lookup(name); err == nil {
		if w.keep(o); o.format() == unix.S_IFDIR {
			return node{v, t.m, o}, "", nil
		}
	}
	return node{v, w.v.image, w.v.image.fs.obj(v.img)}, "", nil
}

// leap goes down to the last directory of the path in one system call, where
// nothing that the view knows can lie between and no link leads out. Otherwise
// it does nothing and the path is walked.
func (w *walker) leap(rest *string) {
	t := w.top()
	h, ok := t.o.(*hostObj)
	if !ok || t.v != nil && len(t.v.kids) > 0 || w.v.noOpenat2 || w.walkAll || w.at.NoFollowAny {
		return
	}
	path := strings.TrimRight(*rest, "/")
	cut := strings.LastIndexByte(path, '/')
	// The directories that a leap passes are not on the stack, so a path that may
	// go up again is walked: one with .. here, one with a final link in follow.
	if cut < 0 || strings.Contains(path, "..") {
		return
	}
	dir := strings.TrimRight(path[:cut], "/")
	if dir == "" || !strings.Contains(dir, "/") || strings.HasSuffix(path, "/.") {
		return
	}
	fd, err := unix.Openat2(h.fd, dir, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_SYMLINKS,
	})
	if err != nil {
		return // the walk finds out why
	}
	o := &hostObj{fd: fd, typ: unix.S_IFDIR, gate: w.v.gate}
	w.keep(o)
	w.leapt = true
	w.stack = append(w.stack, node{nil, t.m, o})
	*rest = (*rest)[cut+1:]
}
