// Package lab is the tests' bench: where things are, how programs are run and
// bounded, what is kept between runs.
package lab

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Root is the repository's root.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test's directory")
		}
		dir = up
	}
}

// Beagle is the program under test: $BEAGLE, or bin/beagle.
func Beagle(t testing.TB) string {
	t.Helper()
	path := os.Getenv("BEAGLE")
	if path == "" {
		path = filepath.Join(Root(t), "bin", "beagle")
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("no beagle to test: run 'make build' (%v)", err)
	}
	return path
}

// Cache is a directory outside the work tree that outlives the run.
func Cache(t testing.TB, elem ...string) string {
	t.Helper()
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(append([]string{base, "beagle"}, elem...)...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Key names a build product by everything that goes into it.
func Key(parts ...any) string {
	h := sha256.New()
	for _, p := range parts {
		switch p := p.(type) {
		case []byte:
			fmt.Fprintf(h, "%d:", len(p))
			h.Write(p)
		default:
			s := fmt.Sprint(p)
			fmt.Fprintf(h, "%d:%s", len(s), s)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:20]
}

// Cmd is a program to run to its end.
type Cmd struct {
	Args    []string
	Dir     string
	Env     []string // nil: the test's own
	Stdin   string
	Timeout time.Duration
}

// Result is how it ended.
type Result struct {
	// MaxRSS is the most memory the program itself had resident, in bytes.
	MaxRSS         int64
	Stdout, Stderr string
	Code           int // 128+n when the host killed it by signal n
	TimedOut       bool
	Took           time.Duration
}

// Run runs c in a process group of its own, so that nothing outlives it.
func Run(t testing.TB, c Cmd) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	cmd.Stdin = strings.NewReader(c.Stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	start := time.Now()
	err := cmd.Run()
	r := Result{Stdout: out.String(), Stderr: errs.String(), Took: time.Since(start), TimedOut: ctx.Err() != nil}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.MaxRSS = u.Maxrss << 10
	}
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
	case errors.As(err, &exit):
		r.Code = exit.ExitCode()
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			r.Code = 128 + int(ws.Signal())
		}
	case r.TimedOut:
		r.Code = -1
	default:
		t.Fatalf("%s: %v", c.Args[0], err)
	}
	// A Go panic of Beagle itself is a failure whatever the guest made of it.
	if strings.Contains(r.Stderr, "\ngoroutine ") && strings.Contains(r.Stderr, "beagle-emu/beagle") {
		t.Errorf("beagle itself crashed:\n%s", Tail(r.Stderr, 40))
	}
	return r
}

// Tail is the last n lines of s.
func Tail(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	if len(lines) > n {
		lines = append([]string{"..."}, lines[len(lines)-n:]...)
	}
	return strings.Join(lines, "\n")
}

// Need fails the test when a program of the set-up is missing.
func Need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is missing: run 'make setup'", program)
	}
	return path
}

// WriteAtomic writes a file so that no other test sees half of it.
func WriteAtomic(t testing.TB, path string, data []byte, mode os.FileMode) {
	t.Helper()
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		t.Fatal(err)
	}
}
