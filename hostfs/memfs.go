package hostfs

import (
	"io"
	"maps"
	"sync"

	"golang.org/x/sys/unix"
)

// MemFS is a file tree in memory. Its inode numbers, its order of names and,
// with a clock of the caller's, its times are the same in every run. All of
// its state can be saved and put back: see Snapshot.
type MemFS struct {
	mu    sync.Mutex
	label string // Statfs.TypeName
	dev   uint64
	nodes map[uint64]*inode
	next  uint64

	bytes, maxBytes int64
	maxInodes       int
	// gen grows with each snapshot. What was written under an older one may be
	// shared with a snapshot.
	gen uint64
	now func() unix.Timespec

	uid, gid uint32
	groups   []uint32
}

const (
	memRoot     = 2 // as on every Unix
	chunkSize   = 4096
	maxFileSize = 1 << 50
)

type inode struct {
	ino                        uint64
	mode                       uint32
	nlink                      int
	uid, gid                   uint32
	size                       int64
	atime, mtime, ctime, btime unix.Timespec

	chunks map[int64]*chunk // Regular; what is missing is a hole
	src    io.ReaderAt      // Regular, in an image: instead of chunks
	target string           // Symlink
	kids   map[string]dent  // Directory
	seq    uint64
	xattrs map[string][]byte
	order  []string // names of xattrs, oldest first

	// parent and name are where it was last linked; a directory has one place.
	parent uint64
	name   string
	// touched is the gen of the last change.
	touched uint64

	// What follows belongs to open files, not to the tree, and is in no snapshot.
	opens int
	locks lockTable
	fifo  *memPipe
}

type dent struct {
	ino uint64
	seq uint64
}

type chunk struct {
	gen uint64
	b   [chunkSize]byte
}

// NewMemFS makes an empty tree that belongs to the user uid. Limits of 0 are
// the defaults. A nil now is the host's real time.
func NewMemFS(maxBytes int64, maxInodes int, uid, gid uint32, groups []uint32, now func() unix.Timespec) *MemFS {
	if maxBytes <= 0 {
		maxBytes = DefaultMemBytes
	}
	if maxInodes <= 0 {
		maxInodes = DefaultMemInodes
	}
	if now == nil {
		now = realTime
	}
	fs := &MemFS{
		label: "memfs", dev: unix.Mkdev(1, 4), nodes: map[uint64]*inode{}, next: memRoot, maxBytes: maxBytes,
		maxInodes: maxInodes, gen: 1, now: now, uid: uid, gid: gid, groups: groups,
	}
	root := fs.alloc(unix.S_IFDIR|0o755, 0)
	root.nlink, root.parent = 2, root.ino
	return fs
}

// alloc makes an inode without a name. The caller has checked for room.
func (fs *MemFS) alloc(mode uint32, size int64) *inode {
	t := fs.now()
	in := &inode{
		ino: fs.next, mode: mode, uid: fs.uid, gid: fs.gid, size: size, atime: t, mtime: t, ctime: t, btime: t,
		touched: fs.gen,
	}
	fs.next++
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		in.kids = map[string]dent{}
	case unix.S_IFREG:
		in.chunks = map[int64]*chunk{}
	}
	fs.nodes[in.ino] = in
	return in
}

// room tells whether an inode and n bytes more can be had.
func (fs *MemFS) room(inodes int, n int64) error {
	if len(fs.nodes)+inodes > fs.maxInodes || fs.bytes+n > fs.maxBytes {
		return unix.ENOSPC
	}
	return nil
}

// changed stamps a change of contents (or of a directory's names).
func (fs *MemFS) changed(in *inode) {
	in.mtime = fs.now()
	in.ctime, in.touched = in.mtime, fs.gen
}

func (fs *MemFS) changedMeta(in *inode) {
	in.ctime, in.touched = fs.now(), fs.gen
}

// nameCost is what a name counts against the limit of bytes.
func nameCost(name string) int64 { return int64(len(name)) + 32 }

func (fs *MemFS) attach(dir *inode, name string, in *inode) {
	dir.seq++
	dir.kids[name] = dent{in.ino, dir.seq}
	dir.size += nameCost(name)
	fs.bytes += nameCost(name)
	in.parent, in.name = dir.ino, name
	if isDir(in.mode) {
		dir.nlink++
	}
	fs.changed(dir)
	fs.changedMeta(in)
}

// detach removes a name but leaves the link count to the caller.
func (fs *MemFS) detach(dir *inode, name string, in *inode) {
	delete(dir.kids, name)
	dir.size -= nameCost(name)
	fs.bytes -= nameCost(name)
	if isDir(in.mode) {
		dir.nlink--
	}
	fs.changed(dir)
	fs.changedMeta(in)
}

// unlinked drops one link; a directory's last is its name and its ".".
func (fs *MemFS) unlinked(in *inode) {
	in.nlink--
	if isDir(in.mode) {
		in.nlink = 0
	}
	fs.changedMeta(in)
	fs.drop(in)
}

// drop frees what has neither name nor open file.
func (fs *MemFS) drop(in *inode) {
	if in.nlink > 0 || in.opens > 0 || fs.nodes[in.ino] != in {
		return
	}
	fs.bytes -= int64(len(in.chunks))*chunkSize + int64(len(in.target))
	for n, v := range in.xattrs {
		fs.bytes -= nameCost(n) + int64(len(v))
	}
	in.chunks = nil
	if in.fifo != nil {
		in.fifo.close()
		in.fifo = nil
	}
	delete(fs.nodes, in.ino)
}

func isDir(mode uint32) bool { return mode&unix.S_IFMT == unix.S_IFDIR }

// readAt fills p from off and says how much; 0 at and after the end.
func (fs *MemFS) readAt(in *inode, p []byte, off int64) (int, error) {
	if off >= in.size || len(p) == 0 {
		return 0, nil
	}
	p = p[:min(int64(len(p)), in.size-off)]
	if in.src != nil {
		n, err := in.src.ReadAt(p, off)
		if err != nil && err != io.EOF {
			return n, errnoOf(err)
		}
		return n, nil
	}
	for n := 0; n < len(p); {
		i, at := (off+int64(n))/chunkSize, (off+int64(n))%chunkSize
		part := p[n:min(len(p), n+int(chunkSize-at))]
		if c := in.chunks[i]; c != nil {
			copy(part, c.b[at:])
		} else {
			clear(part)
		}
		n += len(part)
	}
	return len(p), nil
}

// writeAt writes what there is room for; ENOSPC is for nothing at all.
func (fs *MemFS) writeAt(in *inode, p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, unix.EINVAL
	}
	if len(p) == 0 {
		return 0, nil
	}
	if off >= maxFileSize {
		return 0, unix.EFBIG
	}
	if fs.nodes[in.ino] != in { // Restore took it away
		return 0, unix.ESTALE
	}
	p = p[:min(int64(len(p)), maxFileSize-off)]
	n := 0
	for n < len(p) {
		i, at := (off+int64(n))/chunkSize, (off+int64(n))%chunkSize
		c := fs.own(in, i)
		if c == nil {
			break
		}
		n += copy(c.b[at:], p[n:])
	}
	if n == 0 {
		return 0, unix.ENOSPC
	}
	in.size = max(in.size, off+int64(n))
	in.mode &^= unix.S_ISUID | unix.S_ISGID
	fs.changed(in)
	return n, nil
}

// own returns a chunk that may be written: made, or copied when a snapshot has
// it too. nil: no room.
func (fs *MemFS) own(in *inode, i int64) *chunk {
	c := in.chunks[i]
	switch {
	case c == nil:
		if fs.room(0, chunkSize) != nil {
			return nil
		}
		fs.bytes += chunkSize
		c = &chunk{gen: fs.gen}
	case c.gen == fs.gen:
		return c
	default:
		c = &chunk{gen: fs.gen, b: c.b}
	}
	in.chunks[i] = c
	return c
}

func (fs *MemFS) truncate(in *inode, n int64) error {
	switch {
	case n < 0:
		return unix.EINVAL
	case n > maxFileSize:
		return unix.EFBIG
	case fs.nodes[in.ino] != in:
		return unix.ESTALE
	}
	if n < in.size {
		// Up to the end of the tree's files, so that what was allocated beyond the
		// end goes too.
		fs.zero(in, n, maxFileSize+chunkSize-n)
	}
	in.size = n
	fs.changed(in)
	return nil
}

// zero makes bytes off to off+n zero, freeing whole chunks. Copying a chunk that
// a snapshot shares costs nothing of the limit.
func (fs *MemFS) zero(in *inode, off, n int64) {
	first, last := off/chunkSize, (off+n-1)/chunkSize
	for i := range in.chunks {
		if i < first || i > last {
			continue
		}
		from, to := max(off-i*chunkSize, 0), min(off+n-i*chunkSize, chunkSize)
		if from == 0 && to == chunkSize {
			delete(in.chunks, i)
			fs.bytes -= chunkSize
			continue
		}
		clear(fs.own(in, i).b[from:to])
	}
}

// seekData finds the first byte of data, or of a hole, at or after off.
func (in *inode) seekData(off int64, hole bool) (int64, error) {
	if off < 0 || off >= in.size {
		return 0, unix.ENXIO
	}
	if in.src != nil {
		if hole {
			return in.size, nil
		}
		return off, nil
	}
	i := off / chunkSize
	if hole {
		for in.chunks[i] != nil {
			i++
		}
		return min(max(off, i*chunkSize), in.size), nil
	}
	if in.chunks[i] != nil {
		return off, nil
	}
	best := int64(-1)
	for k := range in.chunks {
		if k > i && (best < 0 || k < best) {
			best = k
		}
	}
	if best < 0 || best*chunkSize >= in.size {
		return 0, unix.ENXIO
	}
	return best * chunkSize, nil
}

func (fs *MemFS) stat(in *inode) Stat {
	s := Stat{
		Dev: fs.dev, Ino: in.ino, Mode: in.mode, Nlink: uint64(max(in.nlink, 0)), UID: in.uid, GID: in.gid, Size: in.size,
		BlockSize: chunkSize, Blocks: int64(len(in.chunks)) * (chunkSize / 512),
		Atime: in.atime, Mtime: in.mtime, Ctime: in.ctime, Btime: in.btime,
	}
	if in.src != nil {
		s.Blocks = (in.size + 511) / 512
	}
	return s
}

func (fs *MemFS) statfs(m *mount) Statfs {
	free := uint64(max(0, fs.maxBytes-fs.bytes)) / chunkSize
	s := Statfs{
		BlockSize: chunkSize, IOSize: 1 << 16, Blocks: uint64(fs.maxBytes) / chunkSize, Free: free, Avail: free,
		Files: uint64(fs.maxInodes), FilesFree: uint64(max(0, fs.maxInodes-len(fs.nodes))),
		FSID: [2]int32{int32(fs.dev), 0}, TypeName: fs.label, MountedOn: "/", MountedFrom: fs.label,
		Flags: FSLocal, NameMax: NameMax,
	}
	if m != nil {
		s.MountedOn = m.target
		if m.ro {
			s.Flags |= FSReadOnly
		}
		if m.target == "/" {
			s.Flags |= FSRoot
		}
	}
	return s
}

// path is where an inode is, or "" when it has no name.
func (fs *MemFS) path(in *inode) string {
	s := ""
	for range 1 << 12 {
		if in.ino == memRoot {
			if s == "" {
				return "/"
			}
			return s
		}
		dir := fs.nodes[in.parent]
		if dir == nil || in.nlink == 0 {
			return ""
		}
		if dir.kids[in.name].ino != in.ino && !in.findName(dir) {
			if isDir(in.mode) || !fs.relocate(in) {
				return ""
			}
			dir = fs.nodes[in.parent]
		}
		s = "/" + in.name + s
		in = dir
	}
	return ""
}

// findName looks for another name of in in dir: the first one made.
func (in *inode) findName(dir *inode) bool {
	best := uint64(0)
	for name, d := range dir.kids {
		if d.ino == in.ino && (best == 0 || d.seq < best) {
			best, in.name = d.seq, name
		}
	}
	return best != 0
}

// relocate looks for another name of a file in the whole tree, in the order of
// inode numbers.
func (fs *MemFS) relocate(in *inode) bool {
	var found *inode
	for _, dir := range fs.nodes {
		if dir.kids == nil || found != nil && dir.ino > found.ino {
			continue
		}
		for _, d := range dir.kids {
			if d.ino == in.ino {
				found = dir
				break
			}
		}
	}
	if found == nil {
		return false
	}
	in.parent = found.ino
	return in.findName(found)
}

// MemSnapshot is the state of a MemFS at one time. It is not changed by what
// happens to the tree later, and can be restored any number of times.
type MemSnapshot struct {
	nodes map[uint64]inode
	next  uint64
	bytes int64
	gen   uint64
}

// Snapshot saves the tree: not the open files, of which only the contents are
// part of the tree, nor what is in FIFOs. File contents are shared until
// either side changes them.
func (fs *MemFS) Snapshot() *MemSnapshot {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	s := &MemSnapshot{nodes: make(map[uint64]inode, len(fs.nodes)), next: fs.next, bytes: fs.bytes, gen: fs.gen}
	for ino, in := range fs.nodes {
		s.nodes[ino] = in.copy()
	}
	fs.gen++
	return s
}

// copy leaves out what belongs to open files.
func (in *inode) copy() inode {
	c := *in
	c.chunks, c.kids, c.xattrs = maps.Clone(in.chunks), maps.Clone(in.kids), maps.Clone(in.xattrs)
	c.order = append([]string(nil), in.order...)
	c.opens, c.locks, c.fifo = 0, lockTable{}, nil
	return c
}

// Restore puts back a snapshot of this tree. Open files of inodes that the
// snapshot has go on with its contents; others find their file removed and
// empty. It costs time for what has changed, and a little for each inode.
func (fs *MemFS) Restore(s *MemSnapshot) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for ino, in := range fs.nodes {
		if _, ok := s.nodes[ino]; !ok {
			delete(fs.nodes, ino)
			in.nlink, in.size = 0, 0
			clear(in.chunks)
			clear(in.kids)
			if in.fifo != nil && in.opens == 0 {
				in.fifo.close()
				in.fifo = nil
			}
		}
	}
	for ino, old := range s.nodes {
		in := fs.nodes[ino]
		if in != nil && in.touched <= s.gen && in.touched == old.touched {
			continue
		}
		fresh := old.copy()
		if in == nil {
			in = &inode{}
			fs.nodes[ino] = in
		}
		fresh.opens, fresh.locks, fresh.fifo = in.opens, in.locks, in.fifo
		*in = fresh
	}
	fs.next, fs.bytes = s.next, s.bytes
	fs.gen++
}
