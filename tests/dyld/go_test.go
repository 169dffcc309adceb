package dyld

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/beagle-emu/beagle/libsystem"
	"github.com/beagle-emu/beagle/tests/lab"
)

// TestGo runs a program of today's Go over the root's own libSystem.
func TestGo(t *testing.T) {
	// Go names both libraries in every program.
	for _, lib := range []string{"usr/lib/libSystem.B.dylib", "usr/lib/libresolv.9.dylib"} {
		if _, err := fs.Stat(libsystem.Image(), lib); err != nil {
			t.Skipf("the built-in root has no /%s", lib)
		}
	}
	const want = "sum 599400 darwin\nuser defined signal 1\nslept true\n1 100000\nthrough a pipe\ntrue 2 yes\n" +
		"recovered: runtime error: invalid memory address or nil pointer dereference\n"
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			prog := filepath.Join(t.TempDir(), "gohello")
			build := exec.Command("go", "build", "-o", prog, "./testdata/gohello")
			build.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0")
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			r := lab.Run(t, lab.Cmd{Args: []string{lab.Beagle(t), "run", prog, "argument"},
				Env: []string{"FROM_TEST=yes", "TMPDIR=" + t.TempDir()}, Timeout: 2 * time.Minute})
			expect(t, r, want, 3)
		})
	}
}
