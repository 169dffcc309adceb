package judge

import (
	"runtime"
	"testing"

	"github.com/beagle-emu/beagle/tests/lab"
)

// TestStd runs the standard library tests of each old Go, built for
// darwin/amd64, and holds each test function to known_failures.txt.
func TestStd(t *testing.T) {
	beagle, known := lab.Beagle(t), lab.ReadKnown(t)
	for _, v := range releases {
		t.Run("go"+v, func(t *testing.T) {
			g := release(t, v)
			for _, p := range stdPackages {
				if g.minor < p.since {
					continue
				}
				t.Run(p.name, func(t *testing.T) {
					t.Parallel()
					stdTest(t, beagle, known, g, p.name, p.without)
				})
			}
		})
	}
	if runtime.GOARCH == "amd64" {
		known.CheckUnseen(t, "go1.")
	}
}

// TestVerdicts pins how a test binary's output is read.
func TestVerdicts(t *testing.T) {
	r := lab.Result{Code: 2, Stdout: "=== RUN TestA\n--- PASS: TestA (0.00s)\n=== RUN TestB\n--- FAIL: TestB (0.00s)\n\tx_test.go:1: no\n" +
		"=== RUN   TestC\n=== RUN   TestC/sub\nnoise--- PASS: TestC (0.00s)\n    --- FAIL: TestC/sub (0.0s)\n=== RUN TestD\npanic: x\n"}
	v := verdicts(r)
	for name, failed := range map[string]bool{"TestA": false, "TestB": true, "TestC": false, "TestD": true} {
		if got, ok := v[name]; !ok || got.failed != failed {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
	if len(v) != 4 {
		t.Errorf("%d verdicts, want 4: %v", len(v), v)
	}
}
