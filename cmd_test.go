package beagle_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beagle-emu/beagle"
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/loader/machotest"
)

// code is guest code by name, assembled.
var code = map[string]string{
	// write(1, "hello\n", 6); exit(0)
	"hello": "bf01000000488d3515000000ba06000000b8040000020f0531ffb8010000020f0568656c6c6f0a",
	// The same for arm64.
	"hello.arm64": "200080d2e1000010c20080d2900080d2011000d4000080d2300080d2011000d468656c6c6f0a",
	// while (n = read(0, buf, 65536)) write all of it to 1; exit(0), or 2 after an error
	"cat": "4881ec0000010031ff4889e6ba00000100b8030000020f05722885c0742b4889e34189c4bf010000004889de4489e2b8040000020f05720a4801c34129c475e4ebc5bf02000000eb0231ffb8010000020f05",
	// if (fork() == 0) execve(argv[1], argv + 1, environ); exit(0)
	"daemon": "4989e6b8020000020f0585d2750931ffb8010000020f05498b7e10498d7610498b06498d54c610b83b0000020f050f0b",
	// execve(argv[1], argv + 1, environ); exit(errno)
	"exec": "488b7c2410488d742410488b0424488d54c410b83b0000020f0589c7b8010000020f05",
	// for (;;);
	"spin": "ebfe",
	// write(1, "out\n", 4); write(2, "err\n", 4); exit(3)
	"both": "bf01000000488d3530000000ba04000000b8040000020f05bf02000000488d351c000000ba04000000b8040000020f05bf03000000b8010000020f056f75740a6572720a",
	// ud2
	"crash": "0f0b",
}

// machO is a whole program file.
func machO(name string) []byte {
	b, err := hex.DecodeString(code[name])
	if err != nil || len(b) == 0 {
		panic("no code for " + name)
	}
	arch := cpu.X86_64
	if strings.HasSuffix(name, ".arm64") {
		arch = cpu.ARM64
	}
	return machotest.Static(arch, b, nil, 0)
}

func program(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, machO(name), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// within fails the test, with every goroutine's stack, when f takes too long.
func within(t *testing.T, d time.Duration, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(d):
		buf := make([]byte, 1<<20)
		t.Fatalf("still at it after %v\n%s", d, buf[:runtime.Stack(buf, true)])
	}
}

func TestOutput(t *testing.T) {
	for _, name := range []string{"hello", "hello.arm64"} {
		out, err := beagle.Command(program(t, name)).Output()
		if err != nil || string(out) != "hello\n" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}
	both := program(t, "both")
	c := beagle.Command(both)
	out, err := c.Output()
	var ee *beagle.ExitError
	if string(out) != "out\n" || !errors.As(err, &ee) || ee.ExitCode() != 3 || string(ee.Stderr) != "err\n" {
		t.Errorf("%q, %v, %q", out, err, ee.Stderr)
	}
	if p := c.ProcessState; p == nil || !p.Exited() || p.Success() || p.ExitCode() != 3 || p.Signal() != 0 || p.Pid() <= 1 {
		t.Errorf("state %+v", p)
	}
	if out, err := beagle.Command(both).CombinedOutput(); string(out) != "out\nerr\n" || !errors.As(err, &ee) {
		t.Errorf("combined %q, %v", out, err)
	}
	if err := beagle.Command(program(t, "hello")).Run(); err != nil {
		t.Errorf("without files: %v", err)
	}
}

// Every kind of reader and writer, and the pipes.
func TestFiles(t *testing.T) {
	cat := program(t, "cat")
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // more than a pipe holds
	t.Run("reader and writer", func(t *testing.T) {
		c := beagle.Command(cat)
		c.Stdin = bytes.NewReader(big)
		out, err := c.Output()
		if err != nil || !bytes.Equal(out, big) {
			t.Errorf("%d bytes of %d, %v", len(out), len(big), err)
		}
	})
	t.Run("files", func(t *testing.T) {
		dir := t.TempDir()
		in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
		if err := os.WriteFile(in, big, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := os.Open(in)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		w, err := os.Create(out)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		c := beagle.Command(cat)
		c.Stdin, c.Stdout = r, w
		if err := c.Run(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, big) {
			t.Errorf("%d bytes of %d, %v", len(got), len(big), err)
		}
		if _, err := w.Write(nil); err != nil {
			t.Errorf("the caller's file was closed: %v", err)
		}
	})
	t.Run("pipes", func(t *testing.T) {
		c := beagle.Command(cat)
		w, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		r, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"one", "two", "three"} { // a conversation
			if _, err := io.WriteString(w, word); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(word))
			if _, err := io.ReadFull(r, got); err != nil || string(got) != word {
				t.Fatalf("%q, %v", got, err)
			}
		}
		w.Close()
		if rest, err := io.ReadAll(r); err != nil || len(rest) != 0 {
			t.Errorf("%q, %v", rest, err)
		}
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
		if err := c.Wait(); err == nil {
			t.Error("a second Wait succeeds")
		}
		if err := c.Start(); err == nil {
			t.Error("a second Start succeeds")
		}
	})
	t.Run("input that nobody reads", func(t *testing.T) {
		c := beagle.Command(program(t, "hello"))
		c.Stdin = bytes.NewReader(big)
		if out, err := c.Output(); err != nil || string(out) != "hello\n" {
			t.Errorf("%q, %v", out, err)
		}
	})
	t.Run("failing writer", func(t *testing.T) {
		c := beagle.Command(cat)
		c.Stdin, c.Stdout = bytes.NewReader(big), failing{}
		within(t, 20*time.Second, func() {
			// SIGPIPE ends the program, or its write fails.
			if err := c.Run(); err == nil {
				t.Error("no error")
			}
		})
	})
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no") }

func TestContext(t *testing.T) {
	spin, cat := program(t, "spin"), program(t, "cat")
	check := func(t *testing.T, err error) {
		t.Helper()
		var ee *beagle.ExitError
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &ee) || ee.Signal() != 9 {
			t.Errorf("error %v", err)
		}
	}
	for _, quantum := range []int{0, -1} {
		t.Run(fmt.Sprint("spinning, quantum ", quantum), func(t *testing.T) {
			within(t, 20*time.Second, func() {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				c := beagle.CommandContext(ctx, spin)
				c.Quantum = quantum
				check(t, c.Run())
			})
		})
	}
	t.Run("waiting", func(t *testing.T) {
		within(t, 20*time.Second, func() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			c := beagle.CommandContext(ctx, cat)
			if _, err := c.StdinPipe(); err != nil {
				t.Fatal(err)
			}
			check(t, c.Run())
		})
	})
	t.Run("before Wait", func(t *testing.T) {
		within(t, 20*time.Second, func() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			c := beagle.CommandContext(ctx, spin)
			r, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			// The end of the file comes only when the program has been killed.
			if _, err := io.ReadAll(r); err != nil {
				t.Error(err)
			}
			check(t, c.Wait())
		})
	})
	t.Run("over before Start", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := beagle.CommandContext(ctx, spin).Run(); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("after the end", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := beagle.CommandContext(ctx, program(t, "hello"))
		if err := c.Run(); err != nil {
			t.Error(err)
		}
		cancel()
		c.Kill()
		if err := c.Signal(15); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("Signal: %v", err)
		}
	})
}

func TestSignal(t *testing.T) {
	c := beagle.Command(program(t, "spin"))
	if err := c.Signal(15); err == nil {
		t.Error("Signal before Start succeeds")
	}
	c.Kill() // does nothing
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	within(t, 20*time.Second, func() {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := c.Signal(15); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var ee *beagle.ExitError
		if err := c.Wait(); !errors.As(err, &ee) || ee.Signal() != 15 || ee.ExitCode() != -1 || ee.Crash() != "" {
			t.Errorf("%v", err)
		}
	})
	var diag bytes.Buffer
	c = beagle.Command(program(t, "crash"))
	c.Diag = &diag
	var ee *beagle.ExitError
	if err := c.Run(); !errors.As(err, &ee) || ee.Signal() != 4 || !strings.Contains(ee.Crash(), "SIGILL") {
		t.Errorf("crash: %v", err)
	}
	if strings.Count(diag.String(), "\n") != 1 || !strings.Contains(diag.String(), "SIGILL") {
		t.Errorf("crash: %q", diag.String())
	}
}

func TestStartErrors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("not a program\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, machO("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		cmd  *beagle.Cmd
		is   error
	}{
		{"missing", beagle.Command(filepath.Join(dir, "missing")), fs.ErrNotExist},
		{"missing in PATH", beagle.Command("no-such-program-anywhere"), exec.ErrNotFound},
		{"not executable", beagle.Command(plain), fs.ErrPermission},
		{"directory", beagle.Command(dir), fs.ErrPermission},
		{"text", beagle.Command(text), nil},
		{"host program", beagle.Command("/bin/sh"), nil},
		{"nothing", beagle.Command(""), nil},
		{"no directory", &beagle.Cmd{Path: plain, Dir: filepath.Join(dir, "missing")}, fs.ErrNotExist},
		{"isolated", &beagle.Cmd{Path: plain, Options: beagle.Options{Isolated: true}}, fs.ErrNotExist},
		{"bad mount", &beagle.Cmd{Path: plain, Options: beagle.Options{Mounts: []string{"x"}}}, nil},
		{"bad architecture", &beagle.Cmd{Path: plain, Options: beagle.Options{Arch: "ppc"}}, nil},
		{"bad filter", &beagle.Cmd{Path: plain, Options: beagle.Options{Trace: io.Discard, TraceFilter: []string{"["}}}, nil},
	} {
		before := openFiles(t)
		if _, err := c.cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		err := c.cmd.Start()
		if err == nil || strings.Contains(err.Error(), "\n") || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err := c.cmd.Wait(); err == nil {
			t.Errorf("%s: Wait succeeds", c.name)
		}
		if after := openFiles(t); after > before {
			t.Errorf("%s: %d descriptors before, %d after", c.name, before, after)
		}
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// What the program started: host programs outlive the machine, like any child,
// and Wait waits for the pipe that they hold, but no longer than WaitDelay.
func TestHostChild(t *testing.T) {
	daemon, exe := program(t, "daemon"), program(t, "exec")
	t.Run("in place of the program", func(t *testing.T) {
		out, err := beagle.Command(exe, "/bin/echo", "from the host").Output()
		if err != nil || string(out) != "from the host\n" {
			t.Errorf("%q, %v", out, err)
		}
	})
	t.Run("waited for", func(t *testing.T) {
		within(t, 30*time.Second, func() {
			out, err := beagle.Command(exe, "/bin/sh", "-c", "(sleep 0.3; echo late) & exit 0").Output()
			if err != nil || string(out) != "late\n" {
				t.Errorf("%q, %v", out, err)
			}
		})
	})
	t.Run("a child in the machine ends with it", func(t *testing.T) {
		within(t, 30*time.Second, func() {
			c := beagle.Command(daemon, program(t, "spin"))
			c.Stdout = new(bytes.Buffer)
			if err := c.Run(); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("WaitDelay", func(t *testing.T) {
		within(t, 10*time.Second, func() {
			c := beagle.Command(exe, "/bin/sh", "-c", "sleep 20 & exit 0")
			c.WaitDelay = 100 * time.Millisecond
			c.Stdout = new(bytes.Buffer)
			if err := c.Run(); !errors.Is(err, exec.ErrWaitDelay) {
				t.Errorf("%v", err)
			}
		})
	})
	t.Run("killed", func(t *testing.T) {
		within(t, 10*time.Second, func() {
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			c := beagle.CommandContext(ctx, exe, "/bin/sleep", "20")
			c.Stdout = new(bytes.Buffer)
			var ee *beagle.ExitError
			if err := c.Run(); !errors.As(err, &ee) || ee.Signal() != 9 || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
		})
	})
}

// Machines of one process run side by side and leave nothing behind.
func TestParallel(t *testing.T) {
	hello, arm, cat := program(t, "hello"), program(t, "hello.arm64"), program(t, "cat")
	round := func() {
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				c := beagle.Command([]string{hello, arm, cat}[i%3])
				want := "hello\n"
				if i%3 == 2 {
					want = strings.Repeat(fmt.Sprint("machine ", i, "\n"), 20000)
					c.Stdin = strings.NewReader(want)
				}
				if out, err := c.Output(); err != nil || string(out) != want {
					t.Errorf("%d: %d bytes, %v", i, len(out), err)
				}
			})
		}
		wg.Wait()
	}
	round()
	files, routines := openFiles(t), runtime.NumGoroutine()
	for range 3 {
		round()
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		f, r := openFiles(t), runtime.NumGoroutine()
		if f <= files && r <= routines {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("descriptors %d, then %d; goroutines %d, then %d", files, f, routines, r)
		}
	}
}

func TestTrace(t *testing.T) {
	for _, c := range []struct {
		o    beagle.Options
		want string
	}{
		{beagle.Options{}, `500/4097 bsd write(fd=1, buf="hello\n", nbytes=6) = 6` + "\n" + `500/4097 bsd exit(status=0)` + "\n"},
		{beagle.Options{TraceFilter: []string{"e*"}}, `500/4097 bsd exit(status=0)` + "\n"},
		{beagle.Options{TraceFilter: []string{"!e*"}}, `500/4097 bsd write(fd=1, buf="hello\n", nbytes=6) = 6` + "\n"},
	} {
		var b bytes.Buffer
		cmd := beagle.Command(program(t, "hello"))
		cmd.Options = c.o
		cmd.Trace = &b
		if err := cmd.Run(); err != nil || b.String() != c.want {
			t.Errorf("%+v: %v\n%s", c.o.TraceFilter, err, b.String())
		}
	}
	// A call that waits is shown before it has a result.
	c := beagle.Command(program(t, "cat"))
	r, w := io.Pipe()
	c.Trace = w
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	within(t, 20*time.Second, func() {
		buf := make([]byte, 4096)
		n, err := r.Read(buf)
		if line := string(buf[:n]); err != nil || !strings.Contains(line, " read(fd=0,") || !strings.HasSuffix(line, ") (waits)\n") {
			t.Errorf("%q, %v", line, err)
		}
		go io.Copy(io.Discard, r)
		in.Close()
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	})
	w.Close()
	c = beagle.Command(program(t, "hello"))
	c.Trace = failing{}
	if err := c.Run(); err == nil {
		t.Error("a trace that cannot be written is no error")
	}
}

func TestEnviron(t *testing.T) {
	c := &beagle.Cmd{Env: []string{"A=1", "B=2", "A=3", "junk"}}
	if got := strings.Join(c.Environ(), " "); got != "A=3 B=2 junk" {
		t.Errorf("%s", got)
	}
	c = beagle.Command(program(t, "exec"), "/usr/bin/env")
	c.Env, c.Dir = []string{"A=1"}, "/tmp"
	if out, err := c.Output(); err != nil || string(out) != "A=1\n" {
		t.Errorf("%q, %v", out, err)
	}
	c = beagle.Command(program(t, "exec"), "/bin/pwd")
	c.Dir = "/usr"
	if out, err := c.Output(); err != nil || string(out) != "/usr\n" {
		t.Errorf("%q, %v", out, err)
	}
}
