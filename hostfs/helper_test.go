package hostfs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// newHost makes a host whose signals are left alone.
func newHost(t testing.TB, o Options) *host {
	t.Helper()
	o.NoSignals = true
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error("Close:", err)
		}
	})
	return h.(*host)
}

func wantErr(t testing.TB, what string, err error, want unix.Errno) {
	t.Helper()
	var got unix.Errno
	if !errors.As(err, &got) || got != want {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func abs(p string) At { return At{Path: p} }

func open(t testing.TB, fs FS, at At, flags int, perm uint32) File {
	t.Helper()
	f, err := fs.Open(at, flags, perm)
	if err != nil {
		t.Fatalf("open %s: %v", at.Path, err)
	}
	t.Cleanup(func() { _ = f.Close() }) // the test may have closed it
	return f
}

func write(t testing.TB, fs FS, p, text string) {
	t.Helper()
	f := open(t, fs, abs(p), O_WRONLY|O_CREAT|O_TRUNC, 0o644)
	if n, err := f.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatalf("write %s: %d, %v", p, n, err)
	}
	must(t, f.Close())
}

func read(t testing.TB, fs FS, p string) string {
	t.Helper()
	return readFile(t, open(t, fs, abs(p), O_RDONLY, 0))
}

func readFile(t testing.TB, f File) string {
	t.Helper()
	var all []byte
	buf := make([]byte, 4096)
	for {
		n, err := f.Read(buf)
		if err != nil {
			t.Fatal("read:", err)
		}
		if n == 0 {
			return string(all)
		}
		all = append(all, buf[:n]...)
	}
}

func names(t testing.TB, fs FS, p string) map[string]DirEntry {
	t.Helper()
	list, err := open(t, fs, abs(p), O_RDONLY|O_DIRECTORY, 0).ReadDir()
	must(t, err)
	if len(list) < 2 || list[0].Name != "." || list[1].Name != ".." {
		t.Errorf("%s does not begin with . and ..: %v", p, list)
	}
	m := map[string]DirEntry{}
	for _, e := range list {
		if _, twice := m[e.Name]; twice {
			t.Errorf("%s lists %q twice", p, e.Name)
		}
		m[e.Name] = e
	}
	return m
}

func hostWrite(t testing.TB, dir, name, text string) string {
	t.Helper()
	p := filepath.Join(dir, name)
	must(t, os.MkdirAll(filepath.Dir(p), 0o755))
	must(t, os.WriteFile(p, []byte(text), 0o644))
	return p
}

// tempDir is a temporary directory's path without symbolic links.
func tempDir(t testing.TB) string {
	t.Helper()
	p, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	return p
}
