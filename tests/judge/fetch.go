// Package judge runs programs that nobody here wrote: what old Go releases
// build for macOS, their own standard library tests, and published binaries.
// All of it is fetched by exact version through the ordinary clients, checked
// against sums.txt, and kept outside the work tree.
package judge

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/beagle-emu/beagle/tests/lab"
)

// sum looks a judge up in sums.txt.
func sum(t testing.TB, name, version string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(lab.Root(t), "tests", "judge", "sums.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == name && f[1] == version {
			return f[2]
		}
	}
	t.Fatalf("sums.txt has no %s %s", name, version)
	return ""
}

// goRelease is one old Go, unpacked and able to build for darwin/amd64.
type goRelease struct {
	version string
	root    string // GOROOT
	minor   int
}

var releases = []string{"1.4.3", "1.8.7", "1.9.7", "1.10.8"}

var unpacking sync.Map // version -> *sync.Mutex: one set-up of each at a time

// release fetches and prepares an old Go. Its compilers are programs for
// linux/amd64; no other build of them was published.
func release(t testing.TB, version string) goRelease {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skipf("Go %s was published for linux/amd64 hosts only", version)
	}
	mu, _ := unpacking.LoadOrStore(version, new(sync.Mutex))
	mu.(*sync.Mutex).Lock()
	defer mu.(*sync.Mutex).Unlock()

	g := goRelease{version: version}
	parts := strings.Split(version, ".")
	for _, c := range parts[1] {
		g.minor = g.minor*10 + int(c-'0')
	}
	dir := lab.Cache(t, "judge")
	g.root = filepath.Join(dir, "go"+version)
	done := filepath.Join(g.root, ".ready-2")
	if _, err := os.Stat(done); err == nil {
		return g
	}
	t.Logf("preparing Go %s for darwin/amd64", version)
	modVersion := "v0.0.1-go" + version + ".linux-amd64"
	src := download(t, "golang.org/toolchain", modVersion, sum(t, "golang.org/toolchain", modVersion))

	tmp, err := os.MkdirTemp(dir, "unpack-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	if err := copyTree(src, tmp); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(g.root); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(tmp, g.root); err != nil {
		t.Fatal(err)
	}
	// Go 1.4 makes runtime's generated files for a target by dist.
	if g.minor == 4 {
		g.run(t, filepath.Join(g.root, "src"), "../pkg/tool/linux_amd64/dist", "install", "-v", "runtime")
	}
	g.run(t, filepath.Join(g.root, "src"), g.gocmd(), "install", "std")
	if err := os.WriteFile(done, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g goRelease) gocmd() string { return filepath.Join(g.root, "bin", "go") }

func (g goRelease) env(t testing.TB) []string {
	env := []string{
		"GOROOT=" + g.root, "GOPATH=" + lab.Cache(t, "judge", "gopath"), "GO111MODULE=off",
		"GOHOSTOS=linux", "GOHOSTARCH=amd64", "GOOS=darwin", "GOARCH=amd64", "CGO_ENABLED=0",
		"GOCACHE=" + lab.Cache(t, "judge", "gocache"), "HOME=" + lab.Cache(t, "judge"),
		"PATH=" + filepath.Join(g.root, "bin") + ":/usr/bin:/bin", "GOMAXPROCS=2",
	}
	if tmp := os.Getenv("TMPDIR"); tmp != "" {
		env = append(env, "TMPDIR="+tmp)
	}
	return env
}

// run runs one of the release's own programs for darwin/amd64.
func (g goRelease) run(t testing.TB, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = dir, g.env(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("Go %s: %s %v: %v\n%s", g.version, program, args, err, lab.Tail(string(out), 30))
	}
}

// build builds a program or a package's tests and returns its path; the product
// is kept. args are those of the go command without -o.
func (g goRelease) build(t testing.TB, name, dir string, key []byte, args ...string) string {
	t.Helper()
	out := filepath.Join(lab.Cache(t, "judge", "built"), "go"+g.version+"-"+name+"-"+lab.Key("2", args, key))
	if _, err := os.Stat(out); err == nil {
		return out
	}
	args = append([]string{args[0], "-o", out + ".new"}, args[1:]...)
	g.run(t, dir, g.gocmd(), args...)
	if err := os.Rename(out+".new", out); err != nil {
		t.Fatal(err)
	}
	return out
}

// download has the go command fetch a module, and returns its directory when
// its sum is the one that is expected.
func download(t testing.TB, module, version, want string) string {
	t.Helper()
	// From an empty directory, so that this repository's go.mod is not asked.
	cmd := exec.Command("go", "mod", "download", "-json", module+"@"+version)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GO111MODULE=on")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go mod download %s@%s: %v\n%s", module, version, err, out)
	}
	var m struct{ Dir, Sum, Error string }
	if err := json.Unmarshal(out, &m); err != nil || m.Error != "" || m.Dir == "" {
		t.Fatalf("go mod download %s@%s: %v %s", module, version, err, m.Error)
	}
	if m.Sum != want {
		t.Fatalf("%s@%s has sum %s, not %s", module, version, m.Sum, want)
	}
	return m.Dir
}

// copyTree copies a module out of the read-only cache, and gives its programs
// the execute bits that module zips do not carry.
func copyTree(src, dst string) error {
	return filepath.WalkDir(src, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, path)
		if err != nil {
			return err
		}
		to := filepath.Join(dst, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		mode := os.FileMode(0o644)
		if dir := filepath.Dir(rel); dir == "bin" || strings.HasPrefix(dir, "pkg/tool/") {
			mode = 0o755
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, out.Close())
	})
}

// npmFiles fetches an npm package and unpacks the named files of it.
func npmFiles(t testing.TB, name, version string, files ...string) map[string]string {
	t.Helper()
	want := sum(t, name, version)
	flat := strings.ReplaceAll(strings.TrimPrefix(name, "@"), "/", "-") + "-" + version
	dir := lab.Cache(t, "judge")
	pkg := filepath.Join(dir, flat+".tgz")
	if _, err := os.Stat(pkg); err != nil {
		cmd := exec.Command(lab.Need(t, "npm"), "pack", "--silent", "--ignore-scripts", name+"@"+version)
		cmd.Dir = t.TempDir()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("npm pack %s@%s: %v\n%s", name, version, err, out)
		}
		b, err := os.ReadFile(filepath.Join(cmd.Dir, flat+".tgz"))
		if err != nil {
			t.Fatal(err)
		}
		lab.WriteAtomic(t, pkg, b, 0o644)
	}
	b, err := os.ReadFile(pkg)
	if err != nil {
		t.Fatal(err)
	}
	if h := sha512.Sum512(b); "sha512-"+base64.StdEncoding.EncodeToString(h[:]) != want {
		os.Remove(pkg)
		t.Fatalf("%s@%s is not the package that sums.txt names", name, version)
	}
	got := map[string]string{}
	zr, err := gzip.NewReader(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if h.Name != f {
				continue
			}
			data, err := io.ReadAll(tr)
			if err != nil {
				t.Fatal(err)
			}
			to := filepath.Join(dir, flat, strings.ReplaceAll(f, "/", "-"))
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				t.Fatal(err)
			}
			lab.WriteAtomic(t, to, data, 0o755)
			got[f] = to
		}
	}
	for _, f := range files {
		if got[f] == "" {
			t.Fatalf("%s@%s has no %s", name, version, f)
		}
	}
	return got
}
