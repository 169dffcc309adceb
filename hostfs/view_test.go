package hostfs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/sys/unix"
)

// world is one view with a writable directory in it, for what must be the same
// in all of them.
type world struct {
	name string
	fs   FS
	dir  string
}

func worlds(t *testing.T) []world {
	image := fstest.MapFS{"usr/lib/dyld": {Data: []byte("linker"), Mode: 0o755}}
	tmp, root, mnt, slow := tempDir(t), tempDir(t), tempDir(t), tempDir(t)
	must(t, os.Mkdir(filepath.Join(root, "d"), 0o755))
	iso := newHost(t, Options{Isolated: true, Image: image, Mounts: []Mount{{Source: mnt, Target: "/tmp/mnt"}}})
	mem := newHost(t, Options{Isolated: true})
	must(t, mem.FS().Mkdir(abs("/tmp/d"), 0o755))
	old := newHost(t, Options{Isolated: true, Mounts: []Mount{{Source: slow, Target: "/m"}}})
	old.view.noOpenat2 = true
	return []world{
		{"default", newHost(t, Options{}).FS(), tmp},
		{"default with image", newHost(t, Options{Image: image}).FS(), tempDir(t)},
		{"default with mounts", newHost(t, Options{Mounts: []Mount{{Source: tempDir(t), Target: "/somewhere"}}}).FS(), tempDir(t)},
		{"root", newHost(t, Options{Root: root}).FS(), "/d"},
		{"mount", iso.FS(), "/private/tmp/mnt"},
		{"mount without openat2", old.FS(), "/m"},
		{"memory", mem.FS(), "/private/tmp/d"},
	}
}

func TestEveryView(t *testing.T) {
	for _, w := range worlds(t) {
		t.Run(w.name, func(t *testing.T) { everyView(t, w.fs, w.dir) })
	}
}

func everyView(t *testing.T, fs FS, dir string) {
	in := func(s string) At { return abs(dir + "/" + s) }
	write(t, fs, dir+"/a", "hello")
	if s := read(t, fs, dir+"/a"); s != "hello" {
		t.Errorf("read back %q", s)
	}
	st, err := fs.Stat(in("a"))
	must(t, err)
	if st.Mode != unix.S_IFREG|0o644 || st.Size != 5 || st.Nlink != 1 || st.Btime.Sec == 0 {
		t.Errorf("stat: %+v", st)
	}
	// Exactly the permissions asked for.
	must(t, open(t, fs, in("wide"), O_CREAT|O_RDWR, 0o666).Close())
	must(t, fs.Mkdir(in("sub"), 0o777))
	must(t, fs.Mkfifo(in("fifo"), 0o622))
	for name, mode := range map[string]uint32{"wide": unix.S_IFREG | 0o666, "sub": unix.S_IFDIR | 0o777, "fifo": unix.S_IFIFO | 0o622} {
		if st, err := fs.Stat(in(name)); err != nil || st.Mode != mode {
			t.Errorf("%s: mode %o, %v", name, st.Mode, err)
		}
	}
	_, err = fs.Open(in("a"), O_CREAT|O_EXCL|O_RDWR, 0o600)
	wantErr(t, "O_EXCL", err, unix.EEXIST)
	_, err = fs.Open(in("none"), O_RDONLY, 0)
	wantErr(t, "missing", err, unix.ENOENT)
	_, err = fs.Open(in("a/b"), O_RDONLY, 0)
	wantErr(t, "through a file", err, unix.ENOTDIR)
	_, err = fs.Stat(in("a/"))
	wantErr(t, "slash after a file", err, unix.ENOTDIR)
	_, err = fs.Open(in("a"), O_RDONLY|O_DIRECTORY, 0)
	wantErr(t, "O_DIRECTORY", err, unix.ENOTDIR)
	_, err = fs.Open(in("sub"), O_RDWR, 0)
	wantErr(t, "directory for writing", err, unix.EISDIR)
	_, err = fs.Open(in("new/"), O_CREAT|O_RDWR, 0o600)
	wantErr(t, "make with slash", err, unix.EISDIR)
	_, err = fs.Stat(abs(""))
	wantErr(t, "empty", err, unix.ENOENT)
	_, err = fs.Stat(abs("relative"))
	wantErr(t, "relative without directory", err, unix.EINVAL)
	_, err = fs.Stat(in(strings.Repeat("n", 256)))
	wantErr(t, "long name", err, unix.ENAMETOOLONG)
	_, err = fs.Stat(abs("/" + strings.Repeat("./", 512)))
	wantErr(t, "long path", err, unix.ENAMETOOLONG)
	_, err = fs.Stat(abs("/" + strings.Repeat("./", 511)))
	must(t, err)
	wantErr(t, "unlink a directory", fs.Unlink(in("sub"), false), unix.EISDIR)
	wantErr(t, "rmdir a file", fs.Unlink(in("a"), true), unix.ENOTDIR)
	wantErr(t, "mkdir", fs.Mkdir(in("a"), 0o700), unix.EEXIST)
	must(t, fs.Mkdir(in("slashed/"), 0o700))
	must(t, fs.Unlink(in("slashed/"), true))

	linksInView(t, fs, dir)
	namesInView(t, fs, dir)
	relativeInView(t, fs, dir)
	attributesInView(t, fs, dir)

	// FIFOs never wait.
	_, err = fs.Open(in("fifo"), O_WRONLY, 0)
	wantErr(t, "FIFO without reader", err, unix.ENXIO)
	r := open(t, fs, in("fifo"), O_RDONLY, 0)
	w := open(t, fs, in("fifo"), O_WRONLY, 0)
	if r.Kind() != Pipe {
		t.Errorf("FIFO is %v", r.Kind())
	}
	buf := make([]byte, 10)
	_, err = r.Read(buf)
	wantErr(t, "empty FIFO", err, unix.EAGAIN)
	if n, err := w.Write([]byte("xyz")); n != 3 || err != nil {
		t.Errorf("write to FIFO: %d, %v", n, err)
	}
	if n, err := r.Read(buf); n != 3 || err != nil {
		t.Errorf("read from FIFO: %d, %v", n, err)
	}
	must(t, w.Close())
	if n, err := r.Read(buf); n != 0 || err != nil {
		t.Errorf("end of FIFO: %d, %v", n, err)
	}
	must(t, r.Close())
	_, err = fs.Open(in("fifo"), O_WRONLY, 0)
	wantErr(t, "FIFO after its reader", err, unix.ENXIO)
}

func linksInView(t *testing.T, fs FS, dir string) {
	in := func(s string) At { return abs(dir + "/" + s) }
	nf := func(s string) At { return At{Path: dir + "/" + s, NoFollow: true} }
	must(t, fs.Symlink("a", in("rel")))
	must(t, fs.Symlink(dir+"/a", in("abs")))
	must(t, fs.Symlink("sub/../rel", in("twice")))
	must(t, fs.Symlink("sub", in("subl")))
	must(t, fs.Symlink("nowhere", in("dangling")))
	for _, l := range []string{"rel", "abs", "twice", "subl/../a", "sub/./..//a"} {
		if s := read(t, fs, dir+"/"+l); s != "hello" {
			t.Errorf("%s: %q", l, s)
		}
	}
	if s, err := fs.Readlink(in("twice")); s != "sub/../rel" || err != nil {
		t.Errorf("readlink: %q, %v", s, err)
	}
	_, err := fs.Readlink(in("a"))
	wantErr(t, "readlink of a file", err, unix.EINVAL)
	if st, err := fs.Stat(nf("rel")); err != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK || st.Size != 1 {
		t.Errorf("lstat: %+v, %v", st, err)
	}
	if st, err := fs.Stat(nf("subl/")); err != nil || !isDir(st.Mode) {
		t.Errorf("lstat with slash: %o, %v", st.Mode, err)
	}
	_, err = fs.Open(nf("rel"), O_RDONLY, 0)
	wantErr(t, "O_NOFOLLOW", err, unix.ELOOP)
	if f := open(t, fs, nf("rel"), O_PATH, 0); f.Kind() != Symlink {
		t.Errorf("O_PATH of a link is %v", f.Kind())
	} else if _, err := f.Read(make([]byte, 1)); err != unix.EBADF {
		t.Errorf("read of O_PATH: %v", err)
	}
	_, err = fs.Open(At{Path: dir + "/subl/x", NoFollowAny: true}, O_RDONLY, 0)
	wantErr(t, "O_NOFOLLOW_ANY", err, unix.ELOOP)
	must(t, fs.Symlink("loop2", in("loop1")))
	must(t, fs.Symlink("loop1", in("loop2")))
	_, err = fs.Stat(in("loop1"))
	wantErr(t, "loop", err, unix.ELOOP)
	_, err = fs.Open(in("dangling"), O_CREAT|O_EXCL|O_RDWR, 0o600)
	wantErr(t, "O_EXCL on a link", err, unix.EEXIST)
	must(t, open(t, fs, in("dangling"), O_CREAT|O_RDWR, 0o600).Close())
	if _, err := fs.Stat(nf("nowhere")); err != nil {
		t.Error("O_CREAT through a link:", err)
	}
	for i := range 33 {
		must(t, fs.Symlink(fmt.Sprintf("chain%d", i+1), in(fmt.Sprintf("chain%d", i))))
	}
	write(t, fs, dir+"/chain33", "end")
	if s := read(t, fs, dir+"/chain1"); s != "end" {
		t.Errorf("32 links: %q", s)
	}
	must(t, fs.Link(in("a"), in("hard")))
	if st, err := fs.Stat(in("hard")); err != nil || st.Nlink != 2 {
		t.Errorf("hard link: %+v, %v", st, err)
	}
	must(t, fs.Link(nf("rel"), in("hardlink")))
	if st, err := fs.Stat(nf("hardlink")); err != nil || st.Mode&unix.S_IFMT != unix.S_IFLNK {
		t.Errorf("hard link of a link: %+v, %v", st, err)
	}
	wantErr(t, "link of a directory", fs.Link(in("sub"), in("x")), unix.EPERM)
	wantErr(t, "link over", fs.Link(in("a"), in("hard")), unix.EEXIST)
	must(t, fs.Unlink(in("hard"), false))
}

func namesInView(t *testing.T, fs FS, dir string) {
	in := func(s string) At { return abs(dir + "/" + s) }
	write(t, fs, dir+"/r1", "one")
	write(t, fs, dir+"/r2", "two")
	wantErr(t, "no replace", fs.Rename(in("r1"), in("r2"), RenameNoReplace), unix.EEXIST)
	must(t, fs.Rename(in("r1"), in("r2"), RenameExchange))
	if s := read(t, fs, dir+"/r1"); s != "two" {
		t.Errorf("exchange: %q", s)
	}
	f := open(t, fs, in("r2"), O_RDONLY, 0)
	must(t, fs.Rename(in("r2"), in("sub/r3"), 0))
	if p := f.Path(); p != dir+"/sub/r3" {
		t.Errorf("path after rename: %q", p)
	}
	must(t, fs.Rename(in("r1"), in("sub/r3"), 0))
	if s := readFile(t, f); s != "one" {
		t.Errorf("open file after rename over it: %q", s)
	}
	if p := f.Path(); p != "" {
		t.Errorf("path of a replaced file: %q", p)
	}
	wantErr(t, "rename into itself", fs.Rename(in("sub"), in("sub/x"), 0), unix.EINVAL)
	wantErr(t, "rename over a full directory", func() error {
		must(t, fs.Mkdir(in("sub2"), 0o755))
		return fs.Rename(in("sub2"), in("sub"), 0)
	}(), unix.ENOTEMPTY)
	wantErr(t, "rmdir of a full directory", fs.Unlink(in("sub"), true), unix.ENOTEMPTY)
	wantErr(t, "file over directory", fs.Rename(in("a"), in("sub2"), 0), unix.EISDIR)
	wantErr(t, "directory over file", fs.Rename(in("sub2"), in("a"), 0), unix.ENOTDIR)
	must(t, fs.Rename(in("sub2"), in("sub4"), 0))
	m := names(t, fs, dir)
	if m["a"].Type != unix.DT_REG || m["sub4"].Type != unix.DT_DIR || m["rel"].Type != unix.DT_LNK {
		t.Errorf("directory: %v", m)
	}
	if _, there := m["sub2"]; there {
		t.Error("old name is still listed")
	}
}

func relativeInView(t *testing.T, fs FS, dir string) {
	d := open(t, fs, abs(dir+"/sub"), O_RDONLY|O_DIRECTORY, 0)
	if p := d.Path(); p != dir+"/sub" {
		t.Errorf("path of a directory: %q, want %q", p, dir+"/sub")
	}
	rel := func(p string) At { return At{Dir: d, Path: p} }
	for _, p := range []string{"r3", "./r3", "../sub/r3", dir + "/sub/r3", "../subl/r3", "../../" + dir[strings.LastIndex(dir, "/")+1:] + "/sub/r3"} {
		if _, err := fs.Stat(rel(p)); err != nil {
			t.Errorf("relative %s: %v", p, err)
		}
	}
	_, err := fs.Stat(At{Dir: d, Path: "../a", Beneath: true})
	wantErr(t, "beneath, by ..", err, unix.EXDEV)
	_, err = fs.Stat(At{Dir: d, Path: "/", Beneath: true})
	wantErr(t, "beneath, absolute", err, unix.EXDEV)
	must(t, fs.Symlink("../a", rel("out")))
	must(t, fs.Symlink("/", rel("away")))
	for _, p := range []string{"out", "away"} {
		_, err = fs.Stat(At{Dir: d, Path: p, Beneath: true})
		wantErr(t, "beneath, by link "+p, err, unix.EXDEV)
		if _, err := fs.Stat(rel(p)); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	if _, err := fs.Stat(At{Dir: d, Path: "../sub/r3", Beneath: false}); err != nil {
		t.Error(err)
	}
	f := open(t, fs, rel("r3"), O_RDONLY, 0)
	_, err = fs.Stat(At{Dir: f, Path: "x"})
	wantErr(t, "relative to a file", err, unix.ENOTDIR)
	must(t, fs.Rename(abs(dir+"/sub"), abs(dir+"/moved"), 0))
	if _, err := fs.Stat(rel("../moved/r3")); err != nil {
		t.Error("after a rename:", err)
	}
	if p := d.Path(); p != dir+"/moved" {
		t.Errorf("path after a rename: %q", p)
	}
	must(t, fs.Rename(abs(dir+"/moved"), abs(dir+"/sub"), 0))
	must(t, d.Close())
	_, err = fs.Stat(rel("r3"))
	if err == nil {
		t.Error("relative to a closed directory")
	}
}

func attributesInView(t *testing.T, fs FS, dir string) {
	a := abs(dir + "/a")
	must(t, fs.Chmod(a, 0o600))
	must(t, fs.Utimes(a, unix.Timespec{Sec: 1, Nsec: 2}, unix.Timespec{Sec: 3, Nsec: 4}))
	st, err := fs.Stat(a)
	must(t, err)
	if st.Mode&0o7777 != 0o600 || st.Atime != (unix.Timespec{Sec: 1, Nsec: 2}) || st.Mtime != (unix.Timespec{Sec: 3, Nsec: 4}) {
		t.Errorf("attributes: %+v", st)
	}
	must(t, fs.Utimes(a, unix.Timespec{Nsec: unix.UTIME_OMIT}, unix.Timespec{Nsec: unix.UTIME_NOW}))
	if st, _ := fs.Stat(a); st.Atime.Sec != 1 || st.Mtime.Sec < 1e9 {
		t.Errorf("UTIME_OMIT and UTIME_NOW: %+v", st)
	}
	l := At{Path: dir + "/rel", NoFollow: true}
	must(t, fs.Utimes(l, unix.Timespec{Sec: 9}, unix.Timespec{Sec: 9}))
	if st, _ := fs.Stat(l); st.Mtime.Sec != 9 {
		t.Errorf("times of a link: %+v", st)
	}
	must(t, fs.Chown(a, -1, -1))
	must(t, fs.Truncate(a, 2))
	if s := read(t, fs, dir+"/a"); s != "he" {
		t.Errorf("truncated: %q", s)
	}
	must(t, fs.Access(a, unix.R_OK|unix.W_OK, true))
	wantErr(t, "access", fs.Access(a, unix.X_OK, false), unix.EACCES)
	if s, err := fs.Statfs(a); err != nil || s.BlockSize == 0 || s.Blocks == 0 || s.MountedOn == "" || s.TypeName == "" {
		t.Errorf("statfs: %+v, %v", s, err)
	}
	err = fs.Setxattr(a, "com.apple.x", []byte("val"), XattrCreate)
	if err == unix.ENOTSUP {
		t.Log("no attributes on this file system")
		return
	}
	must(t, err)
	wantErr(t, "xattr create", fs.Setxattr(a, "com.apple.x", nil, XattrCreate), unix.EEXIST)
	wantErr(t, "xattr replace", fs.Setxattr(a, "other", nil, XattrReplace), unix.ENODATA)
	buf := make([]byte, 8)
	if n, err := fs.Getxattr(a, "com.apple.x", nil); n != 3 || err != nil {
		t.Errorf("size of xattr: %d, %v", n, err)
	}
	_, err = fs.Getxattr(a, "com.apple.x", buf[:2])
	wantErr(t, "small buffer", err, unix.ERANGE)
	if n, err := fs.Getxattr(a, "com.apple.x", buf); string(buf[:n]) != "val" || err != nil {
		t.Errorf("xattr: %q, %v", buf[:n], err)
	}
	f := open(t, fs, a, O_RDWR, 0)
	must(t, f.Setxattr("user.b", []byte("2"), 0))
	if l, err := fs.Listxattr(a); len(l) != 2 || err != nil {
		t.Errorf("xattrs: %q, %v", l, err)
	}
	must(t, f.Removexattr("com.apple.x"))
	if l, err := f.Listxattr(); len(l) != 1 || l[0] != "user.b" || err != nil {
		t.Errorf("xattrs: %q, %v", l, err)
	}
	_, err = fs.Getxattr(a, strings.Repeat("x", 128), buf)
	wantErr(t, "long xattr", err, unix.ENAMETOOLONG)
}

func TestRootStays(t *testing.T) {
	for _, w := range worlds(t) {
		root, err := w.fs.Stat(abs("/"))
		must(t, err)
		for _, p := range []string{"/..", "/../..", "/../" + strings.Repeat("../", 100), "/./.././"} {
			if st, err := w.fs.Stat(abs(p)); err != nil || st.Ino != root.Ino || st.Dev != root.Dev {
				t.Errorf("%s: %s is inode %d, root %d (%v)", w.name, p, st.Ino, root.Ino, err)
			}
		}
		d := open(t, w.fs, abs("/"), O_RDONLY, 0)
		if st, err := w.fs.Stat(At{Dir: d, Path: "../.."}); err != nil || st.Ino != root.Ino {
			t.Errorf("%s: .. of the root: %+v, %v", w.name, st, err)
		}
		if d.Path() != "/" {
			t.Errorf("%s: path of the root is %q", w.name, d.Path())
		}
		if err := w.fs.Unlink(abs("/"), true); err == nil {
			t.Errorf("%s: rmdir / succeeded", w.name)
		}
		list, err := w.fs.Mounts()
		if err != nil || len(list) == 0 || list[0].MountedOn != "/" {
			t.Errorf("%s: mounts %+v, %v", w.name, list, err)
		}
	}
}

func TestImage(t *testing.T) {
	image := fstest.MapFS{
		"usr/lib/dyld":                            {Data: []byte("linker"), Mode: 0o755},
		"usr/lib/libfake.1.dylib":                 {Data: []byte("library")},
		"System/Library/Frameworks/A.framework/A": {Data: []byte("framework")},
		"System/Library/Frameworks/A.framework/B": {Data: []byte("A"), Mode: os.ModeSymlink | 0o777},
	}
	for name, o := range map[string]Options{
		"default": {Image: image}, "isolated": {Image: image, Isolated: true},
		"overlay": {Image: image, Overlay: map[string][]byte{"/usr/lib/more": []byte("more")}},
	} {
		t.Run(name, func(t *testing.T) {
			fs := newHost(t, o).FS()
			for p, want := range map[string]string{
				"/usr/lib/dyld": "linker", "/usr/./lib//dyld": "linker", "/usr/lib/../lib/dyld": "linker",
				"/System/Library/Frameworks/A.framework/A": "framework", "/System/Library/Frameworks/A.framework/B": "framework",
			} {
				if got := read(t, fs, p); got != want {
					t.Errorf("%s: %q", p, got)
				}
			}
			lib := open(t, fs, abs("/usr"), O_RDONLY|O_DIRECTORY, 0)
			f := open(t, fs, At{Dir: lib, Path: "lib/dyld"}, O_RDONLY, 0)
			if f.FD() != -1 || f.Path() != "/usr/lib/dyld" || !f.ReadOnly() {
				t.Errorf("image file: %d, %q, %v", f.FD(), f.Path(), f.ReadOnly())
			}
			if n, err := f.ReadAt(make([]byte, 100), 2); n != 4 || err != nil {
				t.Errorf("pread: %d, %v", n, err)
			}
			_, err := fs.Open(abs("/usr/lib/dyld"), O_RDWR, 0)
			wantErr(t, "write to the image", err, unix.EROFS)
			wantErr(t, "unlink in the image", fs.Unlink(abs("/usr/lib/dyld"), false), unix.EROFS)
			wantErr(t, "chmod in the image", fs.Chmod(abs("/usr/lib/dyld"), 0o777), unix.EROFS)
			wantErr(t, "fchmod in the image", f.Chmod(0o777), unix.EROFS)
			wantErr(t, "mkdir in the image", fs.Mkdir(abs("/System/Library/x"), 0o777), unix.EROFS)
			if name == "overlay" && read(t, fs, "/usr/lib/more") != "more" {
				t.Error("overlay file")
			}
			m := names(t, fs, "/usr/lib")
			if m["dyld"].Type != unix.DT_REG {
				t.Errorf("dyld is listed as %v", m["dyld"])
			}
			if name == "default" {
				host, err := os.ReadDir("/usr/lib")
				must(t, err)
				for _, e := range host {
					if _, ok := m[e.Name()]; !ok {
						t.Errorf("the host's %s is hidden", e.Name())
					}
				}
			}
			if _, ok := names(t, fs, "/")["System"]; !ok {
				t.Error("/System is not listed")
			}
			dir := tempDir(t)
			if o.Isolated {
				dir = "/tmp"
			}
			must(t, fs.Symlink("/usr/lib", abs(dir+"/l")))
			if got := read(t, fs, dir+"/l/dyld"); got != "linker" {
				t.Errorf("through a link: %q", got)
			}
		})
	}
}

func TestPrivate(t *testing.T) {
	fs := newHost(t, Options{}).FS()
	dir := tempDir(t)
	if !strings.HasPrefix(dir, "/tmp/") {
		t.Skip("temporary directory is not in /tmp")
	}
	write(t, fs, "/private"+dir+"/x", "y")
	if b, err := os.ReadFile(dir + "/x"); string(b) != "y" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if p := open(t, fs, abs("/private"+dir+"/x"), O_RDONLY, 0).Path(); p != dir+"/x" {
		t.Errorf("path %q", p)
	}
	if m := names(t, fs, "/private"); m["tmp"].Type != unix.DT_DIR || m["etc"].Type != unix.DT_DIR || m["var"].Type != unix.DT_DIR {
		t.Errorf("/private: %v", m)
	}
	d := open(t, fs, abs("/private"), O_RDONLY, 0)
	if s, err := fs.Stat(At{Dir: d, Path: "tmp/../etc"}); err != nil || !isDir(s.Mode) {
		t.Errorf("%+v, %v", s, err)
	}
	if p, ok := newHost(t, Options{}).FS().HostPath(abs("/private" + dir + "/new")); !ok || p != dir+"/new" {
		t.Errorf("host path %q, %v", p, ok)
	}
}

func TestParseMount(t *testing.T) {
	for s, want := range map[string]Mount{
		"/a:/b": {"/a", "/b", false}, "a:/b:ro": {"a", "/b", true}, "/a:/b:rw": {"/a", "/b", false},
	} {
		if m, err := ParseMount(s); m != want || err != nil {
			t.Errorf("%s: %+v, %v", s, m, err)
		}
	}
	for _, s := range []string{"", ":", "/a", "/a:b", ":/b", "/a:/b:", "/a:/b:rx", "/a:/b:ro:x", "/a\x00:/b"} {
		if m, err := ParseMount(s); err == nil {
			t.Errorf("%q: %+v", s, m)
		} else {
			wantErr(t, s, err, unix.EINVAL)
		}
	}
	_, err := New(Options{Isolated: true, Mounts: []Mount{{Source: "/does/not/exist", Target: "/x"}}})
	wantErr(t, "missing source", err, unix.ENOENT)
	_, err = New(Options{Root: "/etc/passwd"})
	wantErr(t, "root that is a file", err, unix.ENOTDIR)
}
