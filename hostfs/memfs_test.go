package hostfs

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// memWorld is an isolated view with a clock that counts.
func memWorld(t testing.TB, bytes int64, inodes int) (FS, *MemFS) {
	tick := int64(0)
	h := newHost(t, Options{Isolated: true, MemBytes: bytes, MemInodes: inodes, Now: func() unix.Timespec {
		tick++
		return unix.Timespec{Sec: 1000, Nsec: tick}
	}})
	return h.FS(), h.view.mounts[0].fs
}

func TestMemUnlinkedWhileOpen(t *testing.T) {
	fs, mem := memWorld(t, 0, 0)
	before := mem.bytes
	write(t, fs, "/tmp/f", "data")
	f := open(t, fs, abs("/tmp/f"), O_RDWR, 0)
	must(t, fs.Unlink(abs("/tmp/f"), false))
	if s := readFile(t, f); s != "data" {
		t.Errorf("%q", s)
	}
	if _, err := f.WriteAt(make([]byte, 100000), 0); err != nil {
		t.Error(err)
	}
	if st, err := f.Stat(); err != nil || st.Nlink != 0 || st.Size != 100000 {
		t.Errorf("%+v, %v", st, err)
	}
	if f.Path() != "" {
		t.Errorf("path %q", f.Path())
	}
	g, err := f.Dup()
	must(t, err)
	must(t, f.Close())
	wantErr(t, "read after close", func() error { _, err := f.Read(make([]byte, 1)); return err }(), unix.EBADF)
	wantErr(t, "close twice", f.Close(), unix.EBADF)
	if off, err := g.Seek(0, SeekCur); off != 4 || err != nil {
		t.Errorf("a duplicate's offset is %d, %v", off, err)
	}
	must(t, g.Close())
	if mem.bytes != before {
		t.Errorf("%d bytes are left of %d", mem.bytes, before)
	}
}

func TestMemLinkCounts(t *testing.T) {
	fs, _ := memWorld(t, 0, 0)
	must(t, fs.Mkdir(abs("/tmp/d"), 0o755))
	nlink := func(p string) uint64 {
		st, err := fs.Stat(abs(p))
		must(t, err)
		return st.Nlink
	}
	base := nlink("/tmp")
	must(t, fs.Mkdir(abs("/tmp/d/e"), 0o755))
	if nlink("/tmp/d") != 3 || nlink("/tmp/d/e") != 2 {
		t.Errorf("links: %d, %d", nlink("/tmp/d"), nlink("/tmp/d/e"))
	}
	must(t, fs.Rename(abs("/tmp/d/e"), abs("/tmp/e"), 0))
	if nlink("/tmp/d") != 2 || nlink("/tmp") != base+1 {
		t.Errorf("after rename: %d, %d", nlink("/tmp/d"), nlink("/tmp"))
	}
	d := open(t, fs, abs("/tmp/d"), O_RDONLY, 0)
	must(t, fs.Rename(abs("/tmp/e"), abs("/tmp/d"), 0))
	if nlink("/tmp") != base || nlink("/tmp/d") != 2 {
		t.Errorf("after rename over: %d, %d", nlink("/tmp"), nlink("/tmp/d"))
	}
	if st, _ := d.Stat(); st.Nlink != 0 {
		t.Errorf("replaced directory has %d links", st.Nlink)
	}
	if l, err := d.ReadDir(); len(l) != 0 || err != nil {
		t.Errorf("replaced directory lists %v, %v", l, err)
	}
	wantErr(t, "make in a removed directory", fs.Mkdir(At{Dir: d, Path: "x"}, 0o755), unix.ENOENT)
	write(t, fs, "/tmp/f", "x")
	must(t, fs.Link(abs("/tmp/f"), abs("/tmp/g")))
	f := open(t, fs, abs("/tmp/f"), O_RDONLY, 0)
	must(t, fs.Rename(abs("/tmp/f"), abs("/tmp/g"), 0)) // two names of one file
	if nlink("/tmp/f") != 2 {
		t.Errorf("rename of a file to itself: %d links", nlink("/tmp/f"))
	}
	must(t, fs.Unlink(abs("/tmp/g"), false))
	if f.Path() != "/private/tmp/f" {
		t.Errorf("path by the name that is left: %q", f.Path())
	}
	must(t, fs.Mkdir(abs("/tmp/x"), 0o755))
	must(t, fs.Mkdir(abs("/tmp/x/y"), 0o755))
	wantErr(t, "exchange with what is inside", fs.Rename(abs("/tmp/x"), abs("/tmp/x/y"), RenameExchange), unix.EINVAL)
	wantErr(t, "exchange with what is around", fs.Rename(abs("/tmp/x/y"), abs("/tmp/x"), RenameExchange), unix.EINVAL)
}

func TestMemHoles(t *testing.T) {
	fs, mem := memWorld(t, 1<<20, 0)
	f := open(t, fs, abs("/tmp/f"), O_CREAT|O_RDWR, 0o600)
	before := mem.bytes
	if n, err := f.WriteAt([]byte("end"), 1<<40); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	st, _ := f.Stat()
	if st.Size != 1<<40+3 || st.Blocks != 8 || mem.bytes != before+chunkSize {
		t.Errorf("sparse: %+v, %d bytes", st, mem.bytes-before)
	}
	if off, err := f.Seek(0, SeekData); off != 1<<40 || err != nil {
		t.Errorf("data at %d, %v", off, err)
	}
	if off, err := f.Seek(1<<40, SeekHole); off != 1<<40+3 || err != nil {
		t.Errorf("hole at %d, %v", off, err)
	}
	if off, err := f.Seek(5, SeekHole); off != 5 || err != nil {
		t.Errorf("hole at %d, %v", off, err)
	}
	_, err := f.Seek(1<<41, SeekData)
	wantErr(t, "data after the end", err, unix.ENXIO)
	buf := bytes.Repeat([]byte{1}, 100)
	if n, err := f.ReadAt(buf, 50); n != 100 || err != nil || !bytes.Equal(buf, make([]byte, 100)) {
		t.Errorf("hole reads %d, %v: %v", n, err, buf)
	}
	must(t, f.Truncate(0))
	if mem.bytes != before {
		t.Errorf("%d bytes left", mem.bytes-before)
	}
	// What was cut off does not come back.
	must2(t)(f.WriteAt(bytes.Repeat([]byte{7}, 10000), 0))
	must(t, f.Truncate(5000))
	must(t, f.Truncate(10000))
	all := make([]byte, 10000)
	must2(t)(f.ReadAt(all, 0))
	if !bytes.Equal(all[:5000], bytes.Repeat([]byte{7}, 5000)) || !bytes.Equal(all[5000:], make([]byte, 5000)) {
		t.Error("truncate and grow shows old bytes")
	}
	must2(t)(f.WriteAt(bytes.Repeat([]byte{7}, 10000), 0))
	must(t, f.PunchHole(100, 9000))
	must2(t)(f.ReadAt(all, 0))
	if all[99] != 7 || all[9100] != 7 || !bytes.Equal(all[100:9100], make([]byte, 9000)) {
		t.Error("punched hole")
	}
	must(t, f.Allocate(0, 20000, true))
	if st, _ := f.Stat(); st.Size != 10000 || st.Blocks != 40 {
		t.Errorf("allocated: %+v", st)
	}
	wantErr(t, "negative", f.Truncate(-1), unix.EINVAL)
	wantErr(t, "too big", f.Truncate(1<<62), unix.EFBIG)
	_, err = f.WriteAt([]byte("x"), 1<<62)
	wantErr(t, "write too far", err, unix.EFBIG)
	_, err = f.WriteAt([]byte("x"), -1)
	wantErr(t, "write before the start", err, unix.EINVAL)
	_, err = f.Seek(-1, SeekSet)
	wantErr(t, "seek before the start", err, unix.EINVAL)
	wantErr(t, "allocate too much", f.Allocate(0, 1<<40, false), unix.ENOSPC)
	wantErr(t, "allocate nonsense", f.Allocate(1<<62, 1<<62, false), unix.EFBIG)
}

func must2(t testing.TB) func(int, error) {
	return func(_ int, err error) { t.Helper(); must(t, err) }
}

func TestMemLimits(t *testing.T) {
	fs, mem := memWorld(t, 1<<20, 100)
	f := open(t, fs, abs("/tmp/f"), O_CREAT|O_RDWR, 0o600)
	total := 0
	for {
		n, err := f.Write(make([]byte, 100000))
		total += n
		if err != nil {
			wantErr(t, "full", err, unix.ENOSPC)
			break
		}
		if total > 1<<20 {
			t.Fatal("no limit")
		}
	}
	if total < 1<<19 {
		t.Errorf("full after %d bytes", total)
	}
	s, err := fs.Statfs(abs("/"))
	must(t, err)
	if s.Avail != 0 || s.Blocks != 256 {
		t.Errorf("%+v", s)
	}
	must(t, f.Truncate(0))
	if _, err := f.WriteAt([]byte("again"), 0); err != nil {
		t.Error(err)
	}
	made := 0
	for {
		err := fs.Symlink("x", abs("/tmp/l"+strings.Repeat("x", made)))
		if err != nil {
			wantErr(t, "no inodes", err, unix.ENOSPC)
			break
		}
		if made++; made > 100 {
			t.Fatal("no limit")
		}
	}
	if len(mem.nodes) != 100 {
		t.Errorf("%d inodes", len(mem.nodes))
	}
	must(t, fs.Unlink(abs("/tmp/l"), false))
	must(t, fs.Mkdir(abs("/tmp/d"), 0o700))
	for i := 0; ; i++ {
		err := fs.Setxattr(abs("/tmp/d"), "n"+strings.Repeat("n", i), make([]byte, 60000), 0)
		if err != nil {
			wantErr(t, "attributes", err, unix.ENOSPC)
			break
		}
		if i > 100 {
			t.Fatal("no limit")
		}
	}
	wantErr(t, "long attribute", fs.Setxattr(abs("/tmp/d"), "n", make([]byte, 1<<17), 0), unix.E2BIG)
}

func TestMemAppendAndFlags(t *testing.T) {
	fs, _ := memWorld(t, 0, 0)
	write(t, fs, "/tmp/f", "abc")
	f := open(t, fs, abs("/tmp/f"), O_WRONLY|O_APPEND, 0)
	must2(t)(f.Write([]byte("d")))
	must2(t)(f.WriteAt([]byte("A"), 0))
	if s := read(t, fs, "/tmp/f"); s != "Abcd" {
		t.Errorf("%q", s)
	}
	must(t, f.SetAppend(false))
	if _, err := f.Seek(0, SeekSet); err != nil {
		t.Error(err)
	}
	if f.Flags() != O_WRONLY {
		t.Errorf("flags %x", f.Flags())
	}
	_, err := f.Read(make([]byte, 1))
	wantErr(t, "read of a file for writing", err, unix.EBADF)
	wantErr(t, "terminal call", func() error { _, err := f.Termios(); return err }(), unix.ENOTTY)
	must(t, f.Sync(true))
}

func TestMemLocks(t *testing.T) {
	fs, _ := memWorld(t, 0, 0)
	write(t, fs, "/tmp/f", "abc")
	lockTests(t, func() File { return open(t, fs, abs("/tmp/f"), O_RDWR, 0) })
}

func TestHostLocks(t *testing.T) {
	fs := newHost(t, Options{}).FS()
	p := hostWrite(t, tempDir(t), "f", "abc")
	lockTests(t, func() File { return open(t, fs, abs(p), O_RDWR, 0) })
}

// lockTests holds for files in memory and of the host alike.
func lockTests(t *testing.T, open func() File) {
	a, b := open(), open()
	must(t, a.Flock(unix.LOCK_SH))
	must(t, b.Flock(unix.LOCK_SH))
	wantErr(t, "upgrade", a.Flock(unix.LOCK_EX), unix.EAGAIN)
	must(t, b.Flock(unix.LOCK_UN))
	// Linux may have lost a's own lock in the attempt; taking it anew is right.
	must(t, a.Flock(unix.LOCK_EX))
	wantErr(t, "shared under exclusive", b.Flock(unix.LOCK_SH), unix.EAGAIN)
	c, err := a.Dup()
	must(t, err)
	must(t, c.Flock(unix.LOCK_EX))
	must(t, a.Close())
	wantErr(t, "held by a duplicate", b.Flock(unix.LOCK_SH), unix.EAGAIN)
	must(t, c.Close())
	must(t, b.Flock(unix.LOCK_EX))

	a = open()
	set := func(f File, typ int16, from, n int64) error {
		return f.Lock(&unix.Flock_t{Type: typ, Start: from, Len: n}, unix.F_OFD_SETLK)
	}
	must(t, set(a, unix.F_WRLCK, 10, 10))
	wantErr(t, "overlap", set(b, unix.F_RDLCK, 19, 1), unix.EAGAIN)
	must(t, set(b, unix.F_RDLCK, 20, 10))
	must(t, set(a, unix.F_UNLCK, 12, 3))
	must(t, set(b, unix.F_WRLCK, 12, 3))
	must(t, set(a, unix.F_RDLCK, 25, 0)) // to the end of the file, beside another reader
	wantErr(t, "write where others read", set(b, unix.F_WRLCK, 28, 1), unix.EAGAIN)
	l := unix.Flock_t{Type: unix.F_WRLCK, Start: 0, Len: 12}
	must(t, b.Lock(&l, unix.F_OFD_GETLK))
	if l.Type != unix.F_WRLCK || l.Start != 10 || l.Len != 2 {
		t.Errorf("who holds it: %+v", l)
	}
	l = unix.Flock_t{Type: unix.F_WRLCK, Start: 0, Len: 5}
	must(t, b.Lock(&l, unix.F_OFD_GETLK))
	if l.Type != unix.F_UNLCK {
		t.Errorf("free: %+v", l)
	}
	wantErr(t, "nonsense", set(a, unix.F_WRLCK, -1, 1), unix.EINVAL)
	must(t, a.Close())
	must(t, set(b, unix.F_WRLCK, 0, 0))
}

func TestMemSnapshot(t *testing.T) {
	fs, mem := memWorld(t, 0, 0)
	must(t, fs.Mkdir(abs("/tmp/d"), 0o755))
	write(t, fs, "/tmp/d/a", strings.Repeat("a", 10000))
	write(t, fs, "/tmp/d/b", "b")
	must(t, fs.Setxattr(abs("/tmp/d/b"), "k", []byte("v"), 0))
	must(t, fs.Symlink("a", abs("/tmp/d/l")))
	f := open(t, fs, abs("/tmp/d/a"), O_RDWR, 0)
	s1 := mem.Snapshot()
	look := func() string {
		var b strings.Builder
		var walk func(p string)
		walk = func(p string) {
			d := open(t, fs, abs(p), O_RDONLY, 0)
			list, err := d.ReadDir()
			must(t, err)
			must(t, d.Close())
			for _, e := range list[2:] {
				st, err := fs.Stat(At{Path: p + "/" + e.Name, NoFollow: true})
				must(t, err)
				b.WriteString(p + "/" + e.Name)
				for _, n := range []int64{int64(st.Ino), int64(st.Mode), int64(st.Nlink), st.Size, st.Blocks, st.Mtime.Nsec, st.Ctime.Nsec} {
					b.WriteString(" ")
					b.WriteString(strings.Repeat("#", int(n%97)))
				}
				switch e.Type {
				case unix.DT_DIR:
					walk(p + "/" + e.Name)
				case unix.DT_REG:
					b.WriteString(read(t, fs, p+"/"+e.Name))
				}
				b.WriteByte('\n')
			}
		}
		walk("/private/tmp")
		return b.String()
	}
	was := look()
	spoil := func() {
		must2(t)(f.WriteAt([]byte("XYZ"), 5000))
		must(t, f.Truncate(6000))
		must(t, fs.Unlink(abs("/tmp/d/b"), false))
		must(t, fs.Rename(abs("/tmp/d/l"), abs("/tmp/l2"), 0))
		write(t, fs, "/tmp/new", "new")
		must(t, fs.Chmod(abs("/tmp/d"), 0o700))
	}
	for i := range 3 {
		spoil()
		if look() == was {
			t.Fatal("nothing was spoilt")
		}
		bytes := s1.bytes
		mem.Restore(s1)
		if now := look(); now != was {
			t.Fatalf("round %d: restored\n%s\nwant\n%s", i, now, was)
		}
		if mem.bytes != bytes || mem.next != s1.next {
			t.Errorf("%d bytes, next inode %d; want %d, %d", mem.bytes, mem.next, bytes, s1.next)
		}
		if st, err := f.Stat(); err != nil || st.Size != 10000 {
			t.Errorf("the open file: %+v, %v", st, err)
		}
	}
	// Snapshots of different times do not disturb each other.
	write(t, fs, "/tmp/d/b", "second")
	s2 := mem.Snapshot()
	second := look()
	g := open(t, fs, abs("/tmp/late"), O_CREAT|O_RDWR, 0o600)
	mem.Restore(s1)
	if look() != was {
		t.Error("first after second")
	}
	_, err := g.Write([]byte("x"))
	wantErr(t, "a file that the snapshot does not have", err, unix.ESTALE)
	must(t, g.Close())
	mem.Restore(s2)
	if look() != second {
		t.Error("second after first")
	}
}

func TestMemIsDeterministic(t *testing.T) {
	var ino [2][]DirEntry
	for i := range ino {
		fs, _ := memWorld(t, 0, 0)
		for _, n := range []string{"z", "a", "m"} {
			write(t, fs, "/tmp/"+n, n)
		}
		must(t, fs.Unlink(abs("/tmp/a"), false))
		write(t, fs, "/tmp/a", "again")
		var err error
		ino[i], err = open(t, fs, abs("/tmp"), O_RDONLY, 0).ReadDir()
		must(t, err)
	}
	if len(ino[0]) != 5 || ino[0][2].Name != "z" || ino[0][4].Name != "a" {
		t.Errorf("order: %v", ino[0])
	}
	for k := range ino[0] {
		if ino[0][k] != ino[1][k] {
			t.Errorf("%v and %v", ino[0][k], ino[1][k])
		}
	}
}

func TestMemPermissions(t *testing.T) {
	mem := NewMemFS(0, 0, 501, 20, []uint32{80}, nil)
	root := mem.obj(mem.nodes[memRoot])
	must(t, root.mkdir("d", 0o755))
	o, err := root.lookup("d")
	must(t, err)
	d := o.(memObj)
	must(t, d.mknod("f", unix.S_IFREG|0o600, 0))
	o, err = d.lookup("f")
	must(t, err)
	f := o.(memObj)
	must(t, f.access(6, true))
	wantErr(t, "no x", f.access(1, true), unix.EACCES)
	f.in.uid, f.in.gid = 0, 80
	f.in.mode = unix.S_IFREG | 0o640
	must(t, f.access(4, true))
	wantErr(t, "group has no w", f.access(2, true), unix.EACCES)
	wantErr(t, "chmod of another's", f.chmod(0o777), unix.EPERM)
	wantErr(t, "chown", f.chown(501, -1), unix.EPERM)
	f.in.gid = 0
	wantErr(t, "others", f.access(4, true), unix.EACCES)
	_, err = f.open(O_RDONLY)
	wantErr(t, "open", err, unix.EACCES)
	d.in.uid, d.in.mode = 0, unix.S_IFDIR|0o1777
	wantErr(t, "sticky", d.remove("f", false), unix.EPERM)
	d.in.mode = unix.S_IFDIR | 0o755
	wantErr(t, "no w", d.remove("f", false), unix.EACCES)
	wantErr(t, "device", root.mknod("dev", unix.S_IFBLK, 1), unix.EPERM)
	d.in.mode = unix.S_IFDIR
	_, err = d.lookup("f")
	wantErr(t, "no x on the directory", err, unix.EACCES)
}
