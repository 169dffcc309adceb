package judge

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beagle-emu/beagle/tests/lab"
)

// TestPrograms builds each program of testdata/prog with each old Go for
// darwin/amd64 and compares what it prints with the .out file beside it.
func TestPrograms(t *testing.T) {
	beagle, known := lab.Beagle(t), lab.ReadKnown(t)
	files, err := filepath.Glob("testdata/prog/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	t.Run("run", func(t *testing.T) {
		for _, v := range releases {
			t.Run("go"+v, func(t *testing.T) {
				g := release(t, v)
				for _, f := range files {
					name := strings.TrimSuffix(filepath.Base(f), ".go")
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						src, err := os.ReadFile(f)
						if err != nil {
							t.Fatal(err)
						}
						// A release that says it otherwise has a file of its own.
						base := strings.TrimSuffix(f, ".go")
						want, err := os.ReadFile(base + ".go1." + strconv.Itoa(g.minor) + ".out")
						if errors.Is(err, os.ErrNotExist) {
							want, err = os.ReadFile(base + ".out")
						}
						if err != nil {
							t.Fatal(err)
						}
						prog := g.build(t, name, ".", src, "build", f)
						r := lab.Run(t, lab.Cmd{Args: []string{beagle, "run", prog}, Dir: t.TempDir(), Timeout: 3 * time.Minute})
						bad := ""
						if r.TimedOut || r.Code != 0 || r.Stdout != string(want) {
							bad = "timed out: " + map[bool]string{true: "yes", false: "no"}[r.TimedOut] +
								"\n--- got\n" + lab.Tail(r.Stdout, 30) + "\n--- want\n" + string(want) + "--- stderr\n" + lab.Tail(r.Stderr, 40)
						}
						known.Judge(t, "prog/"+name+"/go"+v, bad != "", bad)
					})
				}
			})
		}
	})
	if runtime.GOARCH == "amd64" {
		known.CheckUnseen(t, "prog/")
	}
}

// TestIbazel runs a published macOS program and its Linux sibling from the same
// package: what they say must be the same.
func TestIbazel(t *testing.T) {
	const darwin, linux = "package/bin/darwin_amd64/ibazel", "package/bin/linux_amd64/ibazel"
	f := npmFiles(t, "@bazel/ibazel", "0.3.1", darwin, linux)
	beagle, dir := lab.Beagle(t), t.TempDir()
	native := []string{f[linux]}
	if runtime.GOARCH != "amd64" {
		native = []string{lab.Need(t, "qemu-x86_64-static"), f[linux]}
	}
	for _, args := range [][]string{{}, {"-help"}, {"-nonsense"}, {"nonsense"}} {
		want := lab.Run(t, lab.Cmd{Args: append(native, args...), Dir: dir, Timeout: time.Minute})
		got := lab.Run(t, lab.Cmd{Args: append([]string{beagle, "run", f[darwin]}, args...), Dir: dir, Timeout: time.Minute})
		// The usage text begins with the program's own name.
		norm := func(s, path string) string { return strings.ReplaceAll(s, path, "ibazel") }
		if len(args) == 0 && !strings.Contains(want.Stdout+want.Stderr, "Usage") && !strings.Contains(want.Stdout+want.Stderr, "usage") {
			t.Fatalf("the Linux sibling prints no usage: %q %q", want.Stdout, want.Stderr)
		}
		if norm(got.Stdout, f[darwin]) != norm(want.Stdout, f[linux]) || norm(got.Stderr, f[darwin]) != norm(want.Stderr, f[linux]) || got.Code != want.Code {
			t.Errorf("ibazel %v: exit %d, sibling %d\n--- stdout\n%s--- sibling\n%s--- stderr\n%s--- sibling\n%s", args, got.Code, want.Code,
				lab.Tail(got.Stdout, 20), lab.Tail(want.Stdout, 20), lab.Tail(got.Stderr, 20), lab.Tail(want.Stderr, 20))
		}
	}
}
