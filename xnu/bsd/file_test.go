package bsd

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
)

const cwd = uint64(0xfffffffffffffffe) // AT_FDCWD

// views runs a test in the tree in memory and on files of the host.
func views(t *testing.T, mains ...func(*guest)) {
	t.Run("memory", func(t *testing.T) { runGuests(t, hostfs.Options{Isolated: true}, mains...) })
	t.Run("host", func(t *testing.T) {
		runGuests(t, hostfs.Options{Isolated: true, Mounts: []hostfs.Mount{{Source: t.TempDir(), Target: "/tmp"}}}, mains...)
	})
}

func TestReadWrite(t *testing.T) {
	views(t, func(g *guest) {
		fd := g.must(5, g.str("/tmp/a"), abi.O_CREAT|abi.O_RDWR, 0o666)
		g.must(4, fd, g.str("hello, world"), 12)
		if off := g.must(199, fd, 0, abi.SEEK_CUR); off != 12 {
			t.Errorf("offset %d after writing 12 bytes", off)
		}
		g.must(199, fd, 7, abi.SEEK_SET)
		buf := g.alloc(100)
		if n := g.must(3, fd, buf, 100); n != 5 || string(g.bytes(buf, 5)) != "world" {
			t.Errorf("read %d %q", n, g.bytes(buf, 5))
		}
		if n := g.must(3, fd, buf, 100); n != 0 {
			t.Errorf("%d bytes past the end", n)
		}
		g.must(154, fd, g.str("J"), 1, 0)
		if n := g.must(153, fd, buf, 5, 0); n != 5 || string(g.bytes(buf, 5)) != "Jello" {
			t.Errorf("pread %d %q", n, g.bytes(buf, 5))
		}
		// readv and writev over three buffers, one of them empty.
		iov := g.alloc(48)
		b := make([]byte, 48)
		for i, s := range [][2]uint64{{buf, 2}, {buf, 0}, {buf + 50, 3}} {
			binary.LittleEndian.PutUint64(b[16*i:], s[0])
			binary.LittleEndian.PutUint64(b[16*i+8:], s[1])
		}
		if err := g.p.Space.CopyOut(iov, b); err != nil {
			t.Error(err)
		}
		g.must(199, fd, 0, abi.SEEK_SET)
		if n := g.must(120, fd, iov, 3); n != 5 || string(g.bytes(buf, 2)) != "Je" || string(g.bytes(buf+50, 3)) != "llo" {
			t.Errorf("readv %d", n)
		}
		g.must(199, fd, 0, abi.SEEK_END)
		if n := g.must(121, fd, iov, 3); n != 5 {
			t.Errorf("writev %d", n)
		}
		if st, _ := g.stat("/tmp/a"); st.Size != 17 || st.Mode != abi.S_IFREG|0o644 || st.Nlink != 1 {
			t.Errorf("stat: %+v", st)
		}
		if s := g.readFile("/tmp/a"); s != "Jello, worldJello" {
			t.Errorf("%q", s)
		}
	})
}

func TestReadWriteErrors(t *testing.T) {
	views(t, func(g *guest) {
		g.writeFile("/tmp/a", "x")
		ro := g.must(5, g.str("/tmp/a"), abi.O_RDONLY, 0)
		wo := g.must(5, g.str("/tmp/a"), abi.O_WRONLY, 0)
		dir := g.must(5, g.str("/tmp"), abi.O_RDONLY, 0)
		buf := g.alloc(16)
		const bad = 0x10 // never mapped
		for _, c := range []struct {
			want abi.Errno
			num  int
			args []uint64
		}{
			{abi.EBADF, 3, []uint64{99, buf, 1}},
			{abi.EBADF, 3, []uint64{^uint64(0), buf, 1}},
			{abi.EBADF, 3, []uint64{wo, buf, 1}},
			{abi.EBADF, 4, []uint64{ro, buf, 1}},
			{abi.EINVAL, 3, []uint64{ro, buf, 1 << 31}},
			{abi.EINVAL, 4, []uint64{wo, buf, 1 << 63}},
			{abi.EFAULT, 3, []uint64{ro, bad, 1}},
			{abi.EFAULT, 4, []uint64{wo, bad, 1}},
			{abi.EISDIR, 3, []uint64{dir, buf, 1}},
			{abi.EISDIR, 3, []uint64{dir, buf, 0}},
			{abi.EINVAL, 153, []uint64{ro, buf, 1, ^uint64(0)}},
			{abi.EINVAL, 154, []uint64{wo, buf, 1, ^uint64(0)}},
			{abi.EINVAL, 120, []uint64{ro, buf, 0}},
			{abi.EINVAL, 120, []uint64{ro, buf, 1025}},
			{abi.EFAULT, 120, []uint64{ro, bad, 1}},
			{abi.EINVAL, 199, []uint64{ro, ^uint64(0), abi.SEEK_SET}},
			{abi.EINVAL, 199, []uint64{ro, 0, 9}},
			{abi.EOVERFLOW, 199, []uint64{ro, 1<<63 - 1, abi.SEEK_END}},
			{abi.EBADF, 6, []uint64{77}},
			{abi.EBADF, 41, []uint64{77}},
			{abi.EBADF, 90, []uint64{ro, 256}},
			{abi.EBADF, 90, []uint64{ro, ^uint64(0)}},
			{abi.EINVAL, 92, []uint64{ro, abi.F_DUPFD, 256}},
			{abi.EINVAL, 92, []uint64{ro, 4711, 0}},
			{abi.EBADF, 95, []uint64{77}},
			{abi.EINVAL, 201, []uint64{ro, 0}},
			{abi.EINVAL, 201, []uint64{wo, ^uint64(0)}},
			{abi.EINVAL, 201, []uint64{dir, 0}},
			{abi.EISDIR, 200, []uint64{g.str("/tmp"), 0}},
		} {
			g.fails(c.want, c.num, c.args...)
		}
	})
}

func TestOpen(t *testing.T) {
	views(t, func(g *guest) {
		g.writeFile("/tmp/f", "contents")
		g.must(136, g.str("/tmp/d"), 0o755)
		g.must(57, g.str("f"), g.str("/tmp/ln"))
		g.must(57, g.str("loop"), g.str("/tmp/loop"))
		long := "/tmp/" + strings.Repeat("n", 256)
		for _, c := range []struct {
			path  string
			flags uint64
			want  abi.Errno
		}{
			{"/tmp/f", abi.O_ACCMODE, abi.EINVAL},
			{"/tmp/f", abi.O_CREAT | abi.O_EXCL, abi.EEXIST},
			{"/tmp/ln", abi.O_CREAT | abi.O_EXCL, abi.EEXIST},
			{"/tmp/none", abi.O_RDONLY, abi.ENOENT},
			{"", abi.O_RDONLY, abi.ENOENT},
			{"/tmp/f/x", abi.O_RDONLY, abi.ENOTDIR},
			{"/tmp/f", abi.O_DIRECTORY, abi.ENOTDIR},
			{"/tmp/d", abi.O_WRONLY, abi.EISDIR},
			{"/tmp/d", abi.O_RDWR | abi.O_CREAT, abi.EISDIR},
			{"/tmp/new", abi.O_CREAT | abi.O_DIRECTORY, abi.EINVAL},
			{"/tmp/ln", abi.O_NOFOLLOW, abi.ELOOP},
			{"/tmp/ln", abi.O_NOFOLLOW_ANY, abi.ELOOP},
			{"/tmp/ln", abi.O_NOFOLLOW_ANY | abi.O_NOFOLLOW, abi.EINVAL},
			{"/tmp/loop", 0, abi.ELOOP},
			{long, 0, abi.ENAMETOOLONG},
			{strings.Repeat("/tmp", 300), 0, abi.ENAMETOOLONG},
			{"/tmp/f", abi.O_EXEC | abi.O_WRONLY, abi.EINVAL},
			{"/tmp/f", abi.O_EXEC, abi.EACCES},
		} {
			_, e := g.sys(5, g.str(c.path), c.flags, 0o644)
			if e != c.want {
				t.Errorf("open(%.40q, %#x): %v, want %v", c.path, c.flags, e, c.want)
			}
		}
		g.fails(abi.EFAULT, 5, 0x10, 0, 0)
		// What Linux would refuse and Darwin does not.
		fd := g.must(5, g.str("/tmp/d"), abi.O_CREAT, 0o644)
		g.must(6, fd)
		// The link itself.
		fd = g.must(5, g.str("/tmp/ln"), abi.O_SYMLINK, 0)
		buf := g.alloc(144)
		g.must(339, fd, buf)
		var st abi.Stat64
		abi.Unmarshal(g.bytes(buf, 144), &st)
		if !st.Mode.IsLnk() {
			t.Errorf("O_SYMLINK opened a file of mode %#o", st.Mode)
		}
		g.must(551, fd, buf, 100)
		if s := string(g.bytes(buf, 1)); s != "f" {
			t.Errorf("freadlink: %q", s)
		}
		// Descriptor flags.
		fd = g.must(5, g.str("/tmp/f"), abi.O_RDWR|abi.O_CLOEXEC|abi.O_APPEND|abi.O_NONBLOCK, 0)
		if v := g.must(92, fd, abi.F_GETFD, 0); v != abi.FD_CLOEXEC {
			t.Errorf("F_GETFD: %#x", v)
		}
		if v := g.must(92, fd, abi.F_GETFL, 0); v != abi.O_RDWR|abi.O_APPEND|abi.O_NONBLOCK {
			t.Errorf("F_GETFL: %#x", v)
		}
		g.must(92, fd, abi.F_SETFL, abi.O_NONBLOCK)
		g.must(4, fd, g.str("C"), 1)
		if s := g.readFile("/tmp/f"); s != "Contents" {
			t.Errorf("after clearing O_APPEND: %q", s)
		}
		// The umask counts, and not the sticky bit.
		g.must(60, 0o077)
		fd = g.must(5, g.str("/tmp/g"), abi.O_CREAT|abi.O_WRONLY, 0o1777)
		if st, _ := g.stat("/tmp/g"); st.Mode&0o7777 != 0o700 {
			t.Errorf("mode %#o", st.Mode)
		}
		// openat, and what is no directory.
		d := g.must(5, g.str("/tmp"), abi.O_RDONLY, 0)
		g.must(463, d, g.str("f"), abi.O_RDONLY, 0)
		g.must(463, fd, g.str("/tmp/f"), abi.O_RDONLY, 0)
		g.fails(abi.ENOTDIR, 463, fd, g.str("f"), abi.O_RDONLY, 0)
		g.fails(abi.EBADF, 463, 200, g.str("f"), abi.O_RDONLY, 0)
		g.must(6, fd)
	})
}

func TestDescriptorsRunOut(t *testing.T) {
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		path := g.str("/tmp")
		n := 0
		for ; n < 1000; n++ {
			if _, e := g.sys(5, path, 0, 0); e != 0 {
				if e != abi.EMFILE {
					t.Errorf("%v", e)
				}
				break
			}
		}
		if n != 256 {
			t.Errorf("%d descriptors", n)
		}
	})
}

func TestDup(t *testing.T) {
	views(t, func(g *guest) {
		g.writeFile("/tmp/f", "abcdef")
		a := g.must(5, g.str("/tmp/f"), abi.O_RDONLY, 0)
		b := g.must(41, a)
		c := g.must(90, a, 50)
		d := g.must(92, a, abi.F_DUPFD_CLOEXEC, 20)
		if b != a+1 || c != 50 || d != 20 {
			t.Errorf("dup %d, dup2 %d, F_DUPFD_CLOEXEC %d of %d", b, c, d, a)
		}
		buf := g.alloc(8)
		g.must(3, a, buf, 2)
		g.must(3, b, buf, 2)
		g.must(3, c, buf, 2)
		if s := string(g.bytes(buf, 2)); s != "ef" {
			t.Errorf("the offset is not shared: %q", s)
		}
		if v := g.must(92, d, abi.F_GETFD, 0); v != 1 {
			t.Errorf("close-on-exec of a F_DUPFD_CLOEXEC: %d", v)
		}
		if v := g.must(90, a, a); v != a {
			t.Errorf("dup2 onto itself: %d", v)
		}
	})
}

func TestGetPath(t *testing.T) {
	views(t, func(g *guest) {
		g.must(136, g.str("/tmp/d"), 0o755)
		g.writeFile("/tmp/d/f", "")
		fd := g.must(5, g.str("/tmp/d/../d/f"), 0, 0)
		buf := g.alloc(1024)
		path := func() string {
			g.must(92, fd, abi.F_GETPATH, buf)
			return cString(g.bytes(buf, 1024))
		}
		if p := path(); p != "/private/tmp/d/f" && p != "/tmp/d/f" {
			t.Errorf("%q", p)
		}
		g.must(128, g.str("/tmp/d/f"), g.str("/tmp/moved"))
		if p := path(); !strings.HasSuffix(p, "/tmp/moved") {
			t.Errorf("after a rename: %q", p)
		}
		g.must(10, g.str("/tmp/moved"))
		g.fails(abi.ENOENT, 92, fd, abi.F_GETPATH, buf)
		// The working directory is found this way too.
		g.must(12, g.str("/tmp/d"))
		fd = g.must(5, g.str("."), 0, 0)
		if p := path(); !strings.HasSuffix(p, "/tmp/d") {
			t.Errorf("the working directory: %q", p)
		}
	})
}

func TestDirectories(t *testing.T) {
	views(t, func(g *guest) {
		g.must(136, g.str("/tmp/d"), 0o755)
		for _, n := range []string{"one", "two", "three"} {
			g.writeFile("/tmp/d/"+n, "")
		}
		fd := g.must(5, g.str("/tmp/d"), abi.O_RDONLY|abi.O_DIRECTORY, 0)
		buf, pos := g.alloc(2048), g.alloc(8)
		list := func(size uint64) (names []string, calls int) {
			for {
				n := g.must(344, fd, buf, size, pos)
				calls++
				b := g.bytes(buf, int(n))
				for len(b) > 0 {
					reclen, namlen := binary.LittleEndian.Uint16(b[16:]), binary.LittleEndian.Uint16(b[18:])
					names = append(names, string(b[21:21+namlen]))
					b = b[reclen:]
				}
				if n == 0 {
					return names, calls
				}
			}
		}
		want := map[string]bool{".": true, "..": true, "one": true, "two": true, "three": true}
		check := func(names []string) {
			t.Helper()
			if len(names) != len(want) {
				t.Errorf("%q", names)
			}
			for _, n := range names {
				if !want[n] {
					t.Errorf("%q", names)
				}
			}
		}
		names, _ := list(64)
		check(names)
		g.must(199, fd, 0, abi.SEEK_SET)
		n := g.must(344, fd, buf, 2048, pos)
		if eof := binary.LittleEndian.Uint32(g.bytes(buf+2044, 4)); n == 0 || eof != abi.GETDIRENTRIES64_EOF {
			t.Errorf("%d bytes, flags %#x", n, eof)
		}
		g.must(199, fd, 0, abi.SEEK_SET)
		g.fails(abi.EINVAL, 344, fd, buf, 8, pos)
		f := g.must(5, g.str("/tmp/d/one"), 0, 0)
		g.fails(abi.EINVAL, 344, f, buf, 1024, pos)
		// Emptying it, with Darwin's errors.
		g.fails(abi.ENOTEMPTY, 137, g.str("/tmp/d"))
		g.fails(abi.EPERM, 10, g.str("/tmp/d"))
		g.fails(abi.ENOTDIR, 137, g.str("/tmp/d/one"))
		g.fails(abi.EEXIST, 136, g.str("/tmp/d"), 0o755)
		for _, n := range []string{"one", "two", "three"} {
			g.must(472, fd, g.str(n), 0)
		}
		g.must(472, cwd, g.str("/tmp/d"), abi.AT_REMOVEDIR)
		g.fails(abi.ENOENT, 137, g.str("/tmp/d"))
	})
}

func TestNames(t *testing.T) {
	views(t, func(g *guest) {
		g.writeFile("/tmp/a", "aaa")
		g.writeFile("/tmp/b", "b")
		g.must(136, g.str("/tmp/d"), 0o755)
		g.must(136, g.str("/tmp/full"), 0o755)
		g.writeFile("/tmp/full/x", "")
		g.must(57, g.str("a"), g.str("/tmp/ln"))
		buf := g.alloc(64)
		if n := g.must(58, g.str("/tmp/ln"), buf, 64); n != 1 || g.bytes(buf, 1)[0] != 'a' {
			t.Errorf("readlink: %d", n)
		}
		g.fails(abi.EINVAL, 58, g.str("/tmp/a"), buf, 64)
		g.fails(abi.ENOTEMPTY, 128, g.str("/tmp/d"), g.str("/tmp/full"))
		g.fails(abi.EISDIR, 128, g.str("/tmp/a"), g.str("/tmp/d"))
		g.fails(abi.ENOTDIR, 128, g.str("/tmp/d"), g.str("/tmp/a"))
		g.fails(abi.EINVAL, 128, g.str("/tmp/full"), g.str("/tmp/full/sub"))
		g.fails(abi.EEXIST, 488, cwd, g.str("/tmp/a"), cwd, g.str("/tmp/b"), abi.RENAME_EXCL)
		g.fails(abi.EINVAL, 488, cwd, g.str("/tmp/a"), cwd, g.str("/tmp/b"), abi.RENAME_EXCL|abi.RENAME_SWAP)
		g.must(488, cwd, g.str("/tmp/a"), cwd, g.str("/tmp/b"), abi.RENAME_SWAP)
		if a, b := g.readFile("/tmp/a"), g.readFile("/tmp/b"); a != "b" || b != "aaa" {
			t.Errorf("swapped: %q %q", a, b)
		}
		// link follows a symbolic link, linkat only when told.
		g.must(9, g.str("/tmp/ln"), g.str("/tmp/hard"))
		g.must(471, cwd, g.str("/tmp/ln"), cwd, g.str("/tmp/soft"), 0)
		if st, _ := g.stat("/tmp/hard"); !st.Mode.IsReg() || st.Nlink != 2 {
			t.Errorf("link: %+v", st)
		}
		g.must(340, g.str("/tmp/soft"), g.alloc(144))
		if n := g.must(58, g.str("/tmp/soft"), buf, 64); n != 1 {
			t.Errorf("linkat: %d", n)
		}
		g.fails(abi.EEXIST, 9, g.str("/tmp/a"), g.str("/tmp/b"))
		g.fails(abi.EPERM, 14, g.str("/tmp/dev"), uint64(abi.S_IFCHR|0o666), 0)
		// Clones.
		g.must(462, cwd, g.str("/tmp/b"), cwd, g.str("/tmp/c"), 0)
		if s := g.readFile("/tmp/c"); s != "aaa" {
			t.Errorf("clone: %q", s)
		}
		g.fails(abi.EEXIST, 462, cwd, g.str("/tmp/b"), cwd, g.str("/tmp/c"), 0)
		// A huge hole is no work.
		g.must(200, g.str("/tmp/b"), 1<<40)
		fd := g.must(5, g.str("/tmp/b"), abi.O_RDONLY, 0)
		g.must(199, fd, 2, abi.SEEK_SET)
		g.must(517, fd, cwd, g.str("/tmp/sparse"), 0)
		if st, _ := g.stat("/tmp/sparse"); st.Size != 1<<40 || st.Blocks > 4096 {
			t.Errorf("clone of a sparse file: %+v", st)
		}
		if off := g.must(199, fd, 0, abi.SEEK_CUR); off != 2 {
			t.Errorf("cloning moved the offset to %d", off)
		}
	})
}

func TestAttributes(t *testing.T) {
	views(t, func(g *guest) {
		g.writeFile("/tmp/f", "0123456789")
		p := g.str("/tmp/f")
		g.must(15, p, 0o600)
		tv := g.alloc(32)
		g.p.Space.Store64(tv, 1000)
		g.p.Space.Store32(tv+8, 250000)
		g.p.Space.Store64(tv+16, 2000)
		g.must(138, p, tv)
		g.must(200, p, 4)
		st, _ := g.stat("/tmp/f")
		if st.Mode&0o7777 != 0o600 || st.Size != 4 {
			t.Errorf("%+v", st)
		}
		g.must(138, p, tv)
		if st, _ = g.stat("/tmp/f"); st.Atimespec != (abi.Timespec{Sec: 1000, Nsec: 250e6}) || st.Mtimespec.Sec != 2000 {
			t.Errorf("times: %+v", st)
		}
		g.p.Space.Store32(tv+8, 1000000)
		g.fails(abi.EINVAL, 138, p, tv)
		for _, c := range []struct {
			mode uint64
			want abi.Errno
		}{{abi.F_OK, 0}, {abi.R_OK | abi.W_OK, 0}, {abi.X_OK, abi.EACCES}} {
			if _, e := g.sys(33, p, c.mode); e != c.want {
				t.Errorf("access %#x: %v", c.mode, e)
			}
		}
		g.must(34, p, 0)
		g.fails(abi.ENOTSUP, 34, p, abi.UF_HIDDEN)
		// The old structure has 120 bytes and the same facts.
		old := g.alloc(160)
		g.must(188, p, old)
		b := g.bytes(old, 120)
		if m := binary.LittleEndian.Uint16(b[8:]); abi.Mode(m) != st.Mode || binary.LittleEndian.Uint64(b[72:]) != 4 {
			t.Errorf("stat: mode %#o", m)
		}
		// RLIMIT_FSIZE: a short write, then SIGXFSZ (ignored here) and EFBIG.
		g.p.Sig.Actions[abi.SIGXFSZ].Handler = abi.SIG_IGN
		g.p.Limits[abi.RLIMIT_FSIZE].Cur = 6
		fd := g.must(5, p, abi.O_WRONLY|abi.O_APPEND, 0)
		if n := g.must(4, fd, g.str("abcdef"), 6); n != 2 {
			t.Errorf("%d bytes up to the limit", n)
		}
		g.fails(abi.EFBIG, 4, fd, g.str("x"), 1)
		g.fails(abi.EFBIG, 200, p, 7)
	})
}

func TestXattr(t *testing.T) {
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		g.writeFile("/tmp/f", "")
		p, name, val := g.str("/tmp/f"), g.str("com.example.x"), g.str("value")
		g.fails(abi.ENOATTR, 234, p, name, 0, 0, 0, 0)
		g.fails(abi.ENOATTR, 236, p, name, val, 5, 0, abi.XATTR_REPLACE)
		g.must(236, p, name, val, 5, 0, abi.XATTR_CREATE)
		g.fails(abi.EEXIST, 236, p, name, val, 5, 0, abi.XATTR_CREATE)
		if n := g.must(234, p, name, 0, 0, 0, 0); n != 5 {
			t.Errorf("size %d", n)
		}
		buf := g.alloc(64)
		g.fails(abi.ERANGE, 234, p, name, buf, 2, 0, 0)
		if n := g.must(234, p, name, buf, 64, 0, 0); string(g.bytes(buf, int(n))) != "value" {
			t.Errorf("%q", g.bytes(buf, 5))
		}
		if n := g.must(240, p, buf, 64, 0); cString(g.bytes(buf, int(n))) != "com.example.x" {
			t.Errorf("list: %d", n)
		}
		g.fails(abi.ENAMETOOLONG, 234, p, g.str(strings.Repeat("x", 128)), 0, 0, 0, 0)
		g.fails(abi.EINVAL, 234, p, g.str(""), 0, 0, 0, 0)
		g.fails(abi.EINVAL, 234, p, name, buf, 64, 1, 0)
		g.must(238, p, name, 0)
		g.fails(abi.ENOATTR, 238, p, name, 0)
	})
}

func TestDevices(t *testing.T) {
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		buf := g.alloc(64)
		null := g.must(5, g.str("/dev/null"), abi.O_RDWR, 0)
		if n := g.must(3, null, buf, 8); n != 0 {
			t.Errorf("read %d from /dev/null", n)
		}
		if n := g.must(4, null, buf, 8); n != 8 {
			t.Errorf("wrote %d to /dev/null", n)
		}
		zero := g.must(5, g.str("/dev/zero"), abi.O_RDWR, 0)
		g.p.Space.CopyOut(buf, []byte("xxxxxxxx"))
		g.must(3, zero, buf, 8)
		if g.p.Space.CopyIn(make([]byte, 8), buf); g.bytes(buf, 8)[7] != 0 {
			t.Errorf("/dev/zero")
		}
		random := g.must(5, g.str("/dev/../dev/urandom"), abi.O_RDONLY, 0)
		g.must(3, random, buf, 32)
		if g.bytes(buf, 32)[0] == 0 && g.bytes(buf, 32)[17] == 0 && g.bytes(buf, 32)[30] == 0 {
			t.Errorf("/dev/urandom gave zeros")
		}
		st, e := g.stat("/dev/null")
		if e != 0 || !st.Mode.IsChr() || st.Rdev != abi.MakeDev(3, 2) {
			t.Errorf("stat /dev/null: %+v %v", st, e)
		}
		g.writeFile("/tmp/f", "shared")
		fd := g.must(5, g.str("/tmp/f"), abi.O_RDONLY, 0)
		path := g.str("/dev/fd/" + string(rune('0'+fd)))
		d := g.must(5, path, abi.O_RDONLY, 0)
		g.must(3, d, buf, 3)
		g.must(3, fd, buf, 3)
		if s := string(g.bytes(buf, 3)); s != "red" {
			t.Errorf("/dev/fd shares no offset: %q", s)
		}
		g.fails(abi.EACCES, 5, path, abi.O_RDWR, 0)
		g.fails(abi.EBADF, 5, g.str("/dev/fd/99"), abi.O_RDONLY, 0)
		g.fails(abi.ENOENT, 5, g.str("/dev/dtracehelper"), abi.O_RDWR, 0)
		g.fails(abi.ENODEV, 54, null, uint64(abi.TIOCGETA), buf)
		g.fails(abi.ENOTTY, 54, fd, uint64(abi.TIOCGETA), buf)
		// Relative to /dev.
		if _, e := g.sys(12, g.str("/dev")); e == 0 {
			g.must(5, g.str("null"), abi.O_RDONLY, 0)
		}
	})
}

func TestStdio(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	runGuests(t, hostfs.Options{Isolated: true, Stdout: w}, func(g *guest) {
		g.must(4, 1, g.str("out\n"), 4)
		g.fails(abi.EBADF, 3, 0, g.alloc(1), 1)
		g.fails(abi.ESPIPE, 199, 1, 0, abi.SEEK_CUR)
		g.fails(abi.EBADF, 3, 1, g.alloc(1), 1)
		out := g.must(5, g.str("/dev/stdout"), abi.O_WRONLY, 0)
		g.must(4, out, g.str("more"), 4)
	})
	w.Close()
	b := make([]byte, 64)
	n, _ := r.Read(b)
	if string(b[:n]) != "out\nmore" {
		t.Errorf("%q", b[:n])
	}
}

func TestBrokenPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	m := runGuests(t, hostfs.Options{Isolated: true, Stdout: w}, func(g *guest) {
		g.p.Sig.Actions[abi.SIGPIPE].Handler = abi.SIG_IGN
		g.fails(abi.EPIPE, 4, 1, g.str("x"), 1)
		g.must(92, 1, abi.F_SETNOSIGPIPE, 1)
		g.p.Sig.Actions[abi.SIGPIPE].Handler = abi.SIG_DFL
		g.fails(abi.EPIPE, 4, 1, g.str("x"), 1)
	})
	if m.Init.Status != 0 {
		t.Errorf("status %#x", m.Init.Status)
	}
}

func TestHostView(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("host"), 0o644); err != nil {
		t.Fatal(err)
	}
	runGuests(t, hostfs.Options{}, func(g *guest) {
		if s := g.readFile(filepath.Join(dir, "f")); s != "host" {
			t.Errorf("%q", s)
		}
		// The host's /dev/null by a link is Darwin's device too.
		g.must(57, g.str("/dev/null"), g.str(filepath.Join(dir, "n")))
		if st, e := g.stat(filepath.Join(dir, "n")); e != 0 || st.Rdev != abi.MakeDev(3, 2) {
			t.Errorf("%v %+v", e, st)
		}
	})
}
