package hostfs

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	secret = "not for the guest"
	inside = "for the guest"
)

// jail is a contained view of DIR/grant, next to which lies DIR/secret.
type jail struct {
	fs    FS
	v     *view
	dir   string // host's
	grant string // host's
	top   string // guest's path of grant, "" for the root
}

func jails(t testing.TB) map[string]*jail {
	m := map[string]*jail{}
	for _, name := range []string{"mount", "mount without openat2", "root", "root without openat2"} {
		dir := tempDir(t)
		j := &jail{dir: dir, grant: filepath.Join(dir, "grant")}
		hostWrite(t, dir, "secret", secret)
		hostWrite(t, dir, "secrets/file", secret)
		hostWrite(t, dir, "grant/file", inside)
		hostWrite(t, dir, "grant/a/b/c/file", inside)
		o := Options{Root: j.grant}
		if strings.HasPrefix(name, "mount") {
			j.top = "/private/tmp/m"
			o = Options{Isolated: true, Mounts: []Mount{{Source: j.grant, Target: "/tmp/m"}}}
		}
		h := newHost(t, o)
		j.fs, j.v = h.FS(), h.view
		if strings.HasSuffix(name, "openat2") {
			j.v.noOpenat2 = true
		}
		m[name] = j
	}
	return m
}

// leaks tells whether a path leads to the secret.
func (j *jail) leaks(at At) bool {
	f, err := j.fs.Open(at, O_RDONLY, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	buf := make([]byte, 100)
	n, _ := f.Read(buf)
	return strings.Contains(string(buf[:n]), secret)
}

func TestEscapes(t *testing.T) {
	for name, j := range jails(t) {
		t.Run(name, func(t *testing.T) { escapes(t, j) })
	}
}

func escapes(t *testing.T, j *jail) {
	up := strings.Repeat("../", 40)
	links := map[string]string{
		"abs": j.dir + "/secret", "absdir": j.dir, "rel": "../secret", "reldir": "..", "far": up + j.dir[1:] + "/secret",
		"farroot": up, "passwd": "/etc/passwd", "relpasswd": up + "etc/passwd", "magicroot": "/proc/self/root",
		"magiccwd": "/proc/self/cwd", "nested": "a/b/../../../secret", "via": "reldir2/secret", "reldir2": "a/../..",
	}
	for l, target := range links {
		must(t, os.Symlink(target, filepath.Join(j.grant, l)))
		must(t, os.Symlink(target, filepath.Join(j.grant, "a/b", l)))
	}
	hostPasswd, err := os.ReadFile("/etc/passwd")
	must(t, err)
	d := open(t, j.fs, abs(j.top+"/a/b"), O_RDONLY|O_DIRECTORY, 0)
	var ats []At
	for l := range links {
		for _, s := range []string{"", "/", "/secret", "/../secret", "/secrets/file", "/etc/passwd", j.dir + "/secret", "/" + up + j.dir[1:] + "/secret"} {
			ats = append(ats, abs(j.top+"/"+l+s), abs(j.top+"/a/b/"+l+s), At{Dir: d, Path: l + s}, At{Dir: d, Path: "../../" + l + s})
		}
	}
	for _, s := range []string{
		j.dir + "/secret", j.top + "/../secret", j.top + "/a/../../secret", j.top + "/a/b/../../../secret", up + j.dir[1:] + "/secret",
		"/proc/self/root" + j.dir + "/secret", "/proc/self/cwd/x", "/proc/self/fd/0", "/proc/1/root", "/etc/passwd",
	} {
		ats = append(ats, abs("/"+s), At{Dir: d, Path: s})
	}
	for _, at := range ats {
		if j.leaks(at) {
			t.Errorf("%q leads to the secret", at.Path)
		}
		if f, err := j.fs.Open(at, O_RDONLY, 0); err == nil {
			if f.Kind() == Regular && readFile(t, f) == string(hostPasswd) {
				t.Errorf("%q is the host's passwd", at.Path)
			}
			_ = f.Close()
		}
		// Nothing is made outside either.
		if f, err := j.fs.Open(At{Dir: at.Dir, Path: at.Path + "new"}, O_CREAT|O_RDWR, 0o600); err == nil {
			_ = f.Close()
		}
		_ = j.fs.Mkdir(At{Dir: at.Dir, Path: at.Path + "/made"}, 0o700)
		if _, ok := j.fs.HostPath(at); ok {
			t.Errorf("%q has a host path", at.Path)
		}
	}
	list, err := os.ReadDir(j.dir)
	must(t, err)
	if len(list) != 3 {
		t.Errorf("the host's directory has %v", list)
	}
	if b, err := os.ReadFile(j.dir + "/secret"); string(b) != secret || err != nil {
		t.Errorf("the secret is %q now, %v", b, err)
	}
	if st, err := os.Stat(j.dir + "/secrets"); err != nil || !st.IsDir() {
		t.Error(err)
	}
	// What should work does.
	for _, p := range []string{"/file", "/a/b/c/file", "/a/../file", "/a/b/c/../../../file"} {
		if s := read(t, j.fs, j.top+p); s != inside {
			t.Errorf("%s: %q", p, s)
		}
	}
	must(t, os.Symlink("../../file", filepath.Join(j.grant, "a/b/good")))
	must(t, os.Symlink(j.top+"/file", filepath.Join(j.grant, "a/b/goodabs")))
	for _, p := range []string{"/a/b/good", "/a/b/goodabs"} {
		if s := read(t, j.fs, j.top+p); s != inside {
			t.Errorf("%s: %q", p, s)
		}
	}
	// A directory that is moved out while open leads nowhere but into itself.
	c := open(t, j.fs, abs(j.top+"/a/b/c"), O_RDONLY|O_DIRECTORY, 0)
	must(t, os.Rename(filepath.Join(j.grant, "a/b/c"), filepath.Join(j.dir, "c")))
	for _, p := range []string{"..", "../secret", "../../secret", "./../secret"} {
		if st, err := j.fs.Stat(At{Dir: c, Path: p}); err == nil {
			t.Errorf("%s of a directory moved out: %+v", p, st)
		}
	}
	if p := c.Path(); p != "" {
		t.Errorf("path of a directory moved out: %q", p)
	}
	// Nor does a link out of the tree.
	if err := j.fs.Link(abs(j.top+"/abs"), abs(j.top+"/hard")); err == nil {
		t.Error("linked the secret")
	}
	must(t, j.fs.Link(At{Path: j.top + "/abs", NoFollow: true}, abs(j.top+"/hard")))
	if j.leaks(abs(j.top + "/hard")) {
		t.Error("hard link of a symbolic link leads out")
	}
}

// TestRaces swaps a directory and a link that leads out, while the guest walks
// through the name.
func TestRaces(t *testing.T) {
	for name, j := range jails(t) {
		t.Run(name, func(t *testing.T) { races(t, j) })
	}
}

func races(t *testing.T, j *jail) {
	must(t, os.MkdirAll(j.grant+"/r/d/sub", 0o755))
	hostWrite(t, j.grant, "r/d/sub/file", inside)
	hostWrite(t, j.grant, "r/d/file", inside)
	hostWrite(t, j.dir, "out/sub/file", secret)
	hostWrite(t, j.dir, "out/file", secret)
	must(t, os.Symlink("../../out", j.grant+"/r/l"))
	must(t, os.Symlink(j.dir+"/out/file", j.grant+"/r/lf"))
	must(t, os.WriteFile(j.grant+"/r/f", []byte(inside), 0o644))
	// The parent that .. would come to is moved out and in too.
	must(t, os.MkdirAll(j.grant+"/r/move/x/y", 0o755))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, s := range [][2]string{{"d", "l"}, {"f", "lf"}} {
				_ = unix.Renameat2(unix.AT_FDCWD, j.grant+"/r/"+s[0], unix.AT_FDCWD, j.grant+"/r/"+s[1], unix.RENAME_EXCHANGE)
			}
			_ = os.Rename(j.grant+"/r/move/x", j.dir+"/x")
			_ = os.Rename(j.dir+"/x", j.grant+"/r/move/x")
		}
	}()
	end := time.Now().Add(300 * time.Millisecond)
	hits, tries := 0, 0
	for time.Now().Before(end) {
		for _, p := range []string{"/r/d/sub/file", "/r/d/file", "/r/f", "/r/l/file", "/r/move/x/y/../../../../../secret", "/r/move/x/y/../../secret"} {
			tries++
			if j.leaks(abs(j.top + p)) {
				t.Errorf("%s led out", p)
			}
			if _, err := j.fs.Stat(abs(j.top + p)); err == nil {
				hits++
			}
		}
		if f, err := j.fs.Open(abs(j.top+"/r/d/made"), O_CREAT|O_WRONLY, 0o600); err == nil {
			_ = f.Close()
		}
		_ = j.fs.Mkdir(abs(j.top+"/r/d/dir"), 0o700)
		_ = j.fs.Symlink("x", abs(j.top+"/r/d/link"))
		_ = j.fs.Unlink(abs(j.top+"/r/d/sub/none"), false)
		_ = j.fs.Rename(abs(j.top+"/r/d/made"), abs(j.top+"/r/d/made2"), 0)
		_ = j.fs.Chmod(abs(j.top+"/r/f"), 0o640)
		_ = j.fs.Truncate(abs(j.top+"/r/lf"), 3)
		// Give the swapper the file back whole.
		if f, err := j.fs.Open(abs(j.top+"/r/f"), O_WRONLY, 0); err == nil {
			_, _ = f.WriteAt([]byte(inside), 0)
			_ = f.Close()
		}
	}
	close(stop)
	wg.Wait()
	if hits == 0 {
		t.Errorf("none of %d paths was ever found: nothing was tested", tries)
	}
	list, err := os.ReadDir(j.dir + "/out")
	must(t, err)
	if len(list) != 2 {
		t.Errorf("made outside: %v", list)
	}
	for _, p := range []string{"out/file", "out/sub/file"} {
		b, err := os.ReadFile(filepath.Join(j.dir, p))
		must(t, err)
		if string(b) != secret {
			t.Errorf("%s is %q now", p, b)
		}
		st, err := os.Stat(filepath.Join(j.dir, p))
		must(t, err)
		if st.Mode().Perm() != 0o644 {
			t.Errorf("%s has mode %v now", p, st.Mode())
		}
	}
}

// TestDescriptors sees that a walk holds few descriptors and leaves none.
func TestDescriptors(t *testing.T) {
	for name, j := range jails(t) {
		long := strings.Repeat("a/./b/../../", 150)
		must(t, os.Symlink(j.top+"/"+long+"l2", j.grant+"/l1"))
		must(t, os.Symlink(long+"a/b", j.grant+"/l2"))
		var lim unix.Rlimit
		must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &lim))
		low := lim
		low.Cur = uint64(descriptors(t)) + 60
		must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
		before := descriptors(t)
		for range 10 {
			if _, err := j.fs.Stat(abs(j.top + "/l1/c/file")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := j.fs.Stat(abs(j.top + "/l1/c/none/file")); err != unix.ENOENT {
				t.Errorf("%s: %v", name, err)
			}
		}
		if now := descriptors(t); now != before {
			t.Errorf("%s: %d descriptors open, %d before", name, now, before)
		}
		must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &lim))
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	return len(list)
}

func TestProcMagicLinks(t *testing.T) {
	fs := newHost(t, Options{Isolated: true, Mounts: []Mount{{Source: "/proc", Target: "/p", ReadOnly: true}}}).FS()
	if s := read(t, fs, "/p/self/stat"); s == "" {
		t.Error("/proc is empty")
	}
	for _, p := range []string{"/p/self/root/etc/passwd", "/p/self/cwd/view_test.go", "/p/self/exe", "/p/self/root", "/p/1/root/etc/passwd", "/p/self/task/../root/etc"} {
		// The text of such a link may mean something in the guest's own tree.
		if f, err := fs.Open(abs(p), O_RDONLY, 0); err == nil && f.FD() >= 0 {
			t.Errorf("%s opened %s of the host", p, hostPath(f.FD()))
		}
	}
}

func TestMounts(t *testing.T) {
	outer, inner, ro := tempDir(t), tempDir(t), tempDir(t)
	hostWrite(t, outer, "file", "outer")
	hostWrite(t, outer, "sub/hidden", "hidden")
	hostWrite(t, inner, "file", "inner")
	hostWrite(t, ro, "file", "ro")
	single := hostWrite(t, tempDir(t), "single", "single")
	fs := newHost(t, Options{Isolated: true, Mounts: []Mount{
		{Source: outer, Target: "/m"}, {Source: inner, Target: "/m/sub"}, {Source: inner, Target: "/m/none/deep"},
		{Source: ro, Target: "/ro", ReadOnly: true}, {Source: single, Target: "/etc/single"},
		{Source: outer, Target: "/ro2", ReadOnly: true},
	}}).FS()
	for p, want := range map[string]string{
		"/m/file": "outer", "/m/sub/file": "inner", "/m/sub/../file": "outer", "/m/none/deep/file": "inner", "/ro/file": "ro",
		"/etc/single": "single", "/private/etc/single": "single", "/m/none/../file": "outer", "/m/none/deep/../../file": "outer",
	} {
		if got := read(t, fs, p); got != want {
			t.Errorf("%s: %q", p, got)
		}
	}
	_, err := fs.Stat(abs("/m/sub/hidden"))
	wantErr(t, "under a mount", err, unix.ENOENT)
	// A link in a mount is the guest's: it leads to what the guest has there.
	must(t, os.Symlink("/ro/file", outer+"/cross"))
	must(t, os.Symlink("sub/file", outer+"/into"))
	must(t, os.Symlink("../file", inner+"/up"))
	for p, want := range map[string]string{"/m/cross": "ro", "/m/into": "inner", "/m/sub/up": "outer"} {
		if got := read(t, fs, p); got != want {
			t.Errorf("%s: %q", p, got)
		}
	}
	m := names(t, fs, "/m")
	if m["sub"].Type != unix.DT_DIR || m["none"].Type != unix.DT_DIR || m["file"].Type != unix.DT_REG {
		t.Errorf("/m: %v", m)
	}
	if n := names(t, fs, "/private/etc"); n["single"].Type != unix.DT_REG {
		t.Errorf("/etc: %v", n)
	}
	if p := open(t, fs, abs("/m/sub/file"), O_RDONLY, 0).Path(); p != "/m/sub/file" {
		t.Errorf("path %q", p)
	}
	wantErr(t, "rmdir of a mount", fs.Unlink(abs("/m/sub"), true), unix.EBUSY)
	wantErr(t, "rename of a mount", fs.Rename(abs("/m/sub"), abs("/m/x"), 0), unix.EBUSY)
	wantErr(t, "rename onto a mount", fs.Rename(abs("/m/file"), abs("/etc/single"), 0), unix.EBUSY)
	wantErr(t, "rename between mounts", fs.Rename(abs("/m/file"), abs("/m/sub/x"), 0), unix.EXDEV)
	wantErr(t, "link between mounts", fs.Link(abs("/ro/file"), abs("/m/x")), unix.EXDEV)
	wantErr(t, "link of one tree under two", fs.Link(abs("/ro2/file"), abs("/m/x")), unix.EXDEV)
	readOnlyMount(t, fs)
	if b, err := os.ReadFile(ro + "/file"); string(b) != "ro" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	list, err := fs.Mounts()
	must(t, err)
	if len(list) != 7 || list[4].MountedOn != "/ro" || list[4].Flags&FSReadOnly == 0 {
		t.Errorf("mounts: %+v", list)
	}
}

func readOnlyMount(t *testing.T, fs FS) {
	f := open(t, fs, abs("/ro/file"), O_RDONLY, 0)
	d := open(t, fs, abs("/ro"), O_RDONLY, 0)
	_, wr := fs.Open(abs("/ro/file"), O_RDWR, 0)
	_, tr := fs.Open(abs("/ro/file"), O_RDONLY|O_TRUNC, 0)
	_, mk := fs.Open(abs("/ro/new"), O_CREAT|O_RDONLY, 0o600)
	_, rel := fs.Open(At{Dir: d, Path: "new"}, O_CREAT|O_RDONLY, 0o600)
	ts := unix.Timespec{Sec: 1}
	file, fresh := abs("/ro/file"), abs("/ro/new")
	for what, err := range map[string]error{
		"write": wr, "O_TRUNC": tr, "O_CREAT": mk, "O_CREAT, relative": rel, "mkdir": fs.Mkdir(fresh, 0o700),
		"unlink": fs.Unlink(file, false), "rename": fs.Rename(file, fresh, 0), "link": fs.Link(file, fresh),
		"symlink": fs.Symlink("x", fresh), "mkfifo": fs.Mkfifo(fresh, 0o600), "chmod": fs.Chmod(file, 0o777),
		"chown": fs.Chown(file, 0, 0), "utimes": fs.Utimes(file, ts, ts), "truncate": fs.Truncate(file, 0),
		"setxattr": fs.Setxattr(file, "a", nil, 0), "removexattr": fs.Removexattr(file, "a"),
		"access": fs.Access(file, unix.W_OK, true), "fchmod": f.Chmod(0o777), "fchown": f.Chown(0, 0), "futimes": f.Utimes(ts, ts),
		"ftruncate": f.Truncate(0), "fsetxattr": f.Setxattr("a", nil, 0), "fremovexattr": f.Removexattr("a"),
	} {
		wantErr(t, what+" in a read-only mount", err, unix.EROFS)
	}
	if !f.ReadOnly() {
		t.Error("not ReadOnly")
	}
}

func TestIsolatedHasNothing(t *testing.T) {
	h := newHost(t, Options{Isolated: true})
	if h.Net() != nil || h.Procs() != nil {
		t.Error("network or programs")
	}
	fs := h.FS()
	for _, p := range []string{"/home", "/root", "/proc", "/sys", "/etc/hostname", "/usr/bin/env", "/bin/sh"} {
		_, err := fs.Stat(abs(p))
		wantErr(t, p, err, unix.ENOENT)
	}
	for _, p := range []string{"/tmp", "/private/tmp", "/dev", "/etc/passwd", "/etc/hosts", "/var/tmp", "/Users", "/usr/lib"} {
		if _, err := fs.Stat(abs(p)); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	if i := h.Info(); i.Cwd != "/" {
		t.Errorf("cwd %q", i.Cwd)
	}
}

// FuzzResolve looks for a path that leads out of a mount, or does not end.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{"../secret", "abs", "a/../../secret", "l1/secret", "l2/../secret", "a/b/up/up/secret", "//tmp/m/./abs", "mem/x"} {
		f.Add(s, "..", "/tmp/m/..")
	}
	dir := tempDir(f)
	hostWrite(f, dir, "secret", secret)
	hostWrite(f, dir, "grant/a/b/file", inside)
	hostWrite(f, dir, "grant/secret", inside)
	hostWrite(f, dir, "nested/file", inside)
	h := newHost(f, Options{Isolated: true, Mounts: []Mount{
		{Source: dir + "/grant", Target: "/tmp/m"}, {Source: dir + "/nested", Target: "/tmp/m/a/n"},
	}})
	for l, to := range map[string]string{"abs": dir + "/secret", "a/b/up": "../..", "out": "../secret", "root": "/"} {
		must(f, os.Symlink(to, filepath.Join(dir, "grant", l)))
	}
	must(f, h.FS().Symlink("/tmp/m", abs("/tmp/mem")))
	j := &jail{fs: h.FS()}
	slow := *h.view
	slow.noOpenat2 = true
	d := open(f, j.fs, abs("/tmp/m/a"), O_RDONLY, 0)
	f.Fuzz(func(t *testing.T, p, t1, t2 string) {
		for i, target := range []string{t1, t2} {
			l := abs([]string{"/tmp/m/l1", "/tmp/m/a/l2"}[i])
			_ = j.fs.Unlink(l, false)
			_ = j.fs.Symlink(target, l)
		}
		for _, at := range []At{{Path: p}, {Dir: d, Path: p}, {Path: "/tmp/m/" + p}} {
			if at.Path == "" || at.Dir == nil && at.Path[0] != '/' {
				continue
			}
			if j.leaks(at) {
				t.Fatalf("%q leads out", at.Path)
			}
			// Both ways to resolve agree.
			st1, err1 := j.fs.Stat(at)
			st2, err2 := slow.Stat(at)
			if err1 != err2 || err1 == nil && (st1.Dev != st2.Dev || st1.Ino != st2.Ino) {
				t.Fatalf("%q: %d/%d %v, without openat2 %d/%d %v", at.Path, st1.Dev, st1.Ino, err1, st2.Dev, st2.Ino, err2)
			}
			if f, err := j.fs.Open(at, O_RDONLY, 0); err == nil {
				if path := f.Path(); path != "" {
					if st3, err := j.fs.Stat(At{Path: path, NoFollow: true}); err != nil || st3.Ino != st1.Ino {
						t.Fatalf("%q says that it is %q: %+v, %v", at.Path, path, st3, err)
					}
				}
				_ = f.Close()
			}
		}
	})
}
