package hostfs

import (
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func wait(t *testing.T, p Poller, timeout time.Duration) []Event {
	t.Helper()
	out := make([]Event, 16)
	n, err := p.Wait(timeout, out)
	must(t, err)
	return out[:n]
}

func TestPollerReadiness(t *testing.T) {
	h := newHost(t, Options{})
	p := h.Poller()
	r, w, err := h.Pipe()
	must(t, err)
	defer r.Close()
	must(t, p.Watch(r.FD(), In, 1))
	must(t, p.Watch(w.FD(), Out, 2))
	if ev := wait(t, p, -1); len(ev) != 1 || ev[0].Token != 2 || ev[0].Ev != Out {
		t.Errorf("empty pipe: %+v", ev)
	}
	must(t, p.Watch(w.FD(), 0, 0))
	if ev := wait(t, p, 0); len(ev) != 0 {
		t.Errorf("nothing ready: %+v", ev)
	}
	must2(t)(w.Write([]byte("x")))
	for range 2 { // level triggered
		if ev := wait(t, p, -1); len(ev) != 1 || ev[0].Token != 1 || ev[0].Ev != In {
			t.Errorf("full pipe: %+v", ev)
		}
	}
	must(t, p.Watch(r.FD(), In|Out, 7)) // replaces
	if ev := wait(t, p, -1); len(ev) != 1 || ev[0].Token != 7 {
		t.Errorf("replaced: %+v", ev)
	}
	if ev := p.Poll1(r.FD(), In|Out); ev != In {
		t.Errorf("Poll1: %v", ev)
	}
	must2(t)(r.Read(make([]byte, 5)))
	must(t, w.Close())
	if ev := wait(t, p, -1); len(ev) != 1 || ev[0].Ev&Hup == 0 {
		t.Errorf("hang-up: %+v", ev)
	}
	must(t, p.Watch(r.FD(), 0, 0))
	must(t, p.Watch(r.FD(), 0, 0))

	f, err := os.Open("poller_test.go")
	must(t, err)
	defer f.Close()
	must(t, p.Watch(int(f.Fd()), In, 9))
	for range 2 {
		if ev := wait(t, p, -1); len(ev) != 1 || ev[0].Token != 9 || ev[0].Ev != In {
			t.Errorf("regular file: %+v", ev)
		}
	}
	must(t, p.Watch(int(f.Fd()), 0, 0))
	if ev := p.Poll1(int(f.Fd()), In|Out); ev != In|Out {
		t.Errorf("Poll1 of a regular file: %v", ev)
	}
	wantErr(t, "bad descriptor", p.Watch(1<<20, In, 1), unix.EBADF)
	wantErr(t, "negative descriptor", p.Watch(-1, In, 1), unix.EBADF)
	if ev := p.Poll1(1<<20, In); ev != Invalid {
		t.Errorf("Poll1 of a bad descriptor: %v", ev)
	}
	_, err = p.Wait(0, nil)
	wantErr(t, "no room", err, unix.EINVAL)
}

func TestPollerTimes(t *testing.T) {
	p := newHost(t, Options{}).Poller()
	start := time.Now()
	if ev := wait(t, p, 30*time.Millisecond); len(ev) != 0 || time.Since(start) < 30*time.Millisecond {
		t.Errorf("%+v after %v", ev, time.Since(start))
	}
	go func() {
		time.Sleep(20 * time.Millisecond)
		p.Wake()
	}()
	if ev := wait(t, p, -1); len(ev) != 0 { // would hang
		t.Errorf("%+v", ev)
	}
	p.Wake()
	wait(t, p, -1)
	ran := 0
	for i := range 20 {
		go p.Post(func() { ran += i })
	}
	got := 0
	for got < 20 {
		for _, e := range wait(t, p, -1) {
			e.Done()
			got++
		}
	}
	if ran != 190 {
		t.Errorf("ran %d", ran)
	}
	// Posts are not lost behind a small out.
	p.Post(func() {})
	p.Post(func() {})
	one := make([]Event, 1)
	for range 2 {
		if n, err := p.Wait(-1, one); n != 1 || err != nil || one[0].Done == nil {
			t.Errorf("%d, %v", n, err)
		}
	}
}

func TestPollerSignals(t *testing.T) {
	h, err := New(Options{})
	must(t, err)
	defer h.Close()
	p := h.Poller()
	for _, s := range []unix.Signal{unix.SIGUSR1, unix.SIGWINCH, unix.SIGTSTP, unix.SIGINT, unix.SIGTERM} {
		must(t, unix.Kill(unix.Getpid(), s))
		ev := wait(t, p, 5*time.Second)
		for len(ev) == 1 && ev[0].Done == nil && ev[0].Signal == 0 {
			ev = wait(t, p, 5*time.Second)
		}
		if len(ev) != 1 || ev[0].Signal != s {
			t.Fatalf("%v: %+v", s, ev)
		}
	}
}

func child(t *testing.T, p Poller, pid int) *ChildExit {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		for _, e := range wait(t, p, time.Second) {
			if e.Child != nil && e.Child.PID == pid {
				return e.Child
			}
		}
	}
	t.Fatal("no news of the program")
	return nil
}

func TestProcs(t *testing.T) {
	h := newHost(t, Options{})
	r, w, err := h.Pipe()
	must(t, err)
	r2, w2, err := h.Pipe()
	must(t, err)
	// Pipes in at 0, out at 1 and at 7, and nothing else.
	dir := tempDir(t)
	p, err := h.Procs().Start(ProcSpec{
		Path: "/bin/sh", Argv: []string{"name", "-c", `read x; echo "$x $A $0 $(pwd) $(umask)"; ls -l /proc/$$/fd; exit 3`},
		Env: []string{"A=env", "PATH=/usr/bin:/bin"}, Dir: dir, Umask: 0o027,
		Files: []FDMap{{0, r.FD()}, {1, w2.FD()}, {7, w2.FD()}},
	})
	must(t, err)
	must2(t)(w.Write([]byte("line\n")))
	c := child(t, h.Poller(), p.PID())
	if !c.Status.Exited() || c.Status.ExitStatus() != 3 {
		t.Errorf("status %v", c.Status)
	}
	buf := make([]byte, 8192)
	n, err := r2.Read(buf)
	must(t, err)
	out := string(buf[:n])
	if first := "line env name " + dir + " 0027\n"; len(out) < len(first) || out[:len(first)] != first {
		t.Errorf("output %q", out)
	}
	if links := strings.Count(out, "->"); links != 3 {
		t.Errorf("the program has %d descriptors, want 3:\n%s", links, out)
	}
	wantErr(t, "signal after the end", p.Signal(unix.SIGTERM), unix.ESRCH)
	if err := unix.Kill(p.PID(), 0); err != unix.ESRCH {
		t.Errorf("a zombie is left: %v", err)
	}
	// The pipes stayed blocking for the program.
	if fl, err := unix.FcntlInt(uintptr(r.FD()), unix.F_GETFL, 0); err != nil || fl&unix.O_NONBLOCK != 0 {
		t.Errorf("flags %x, %v", fl, err)
	}
	if now := readUmask(); now != h.umask {
		t.Errorf("umask %o, was %o", now, h.umask)
	}
	for _, f := range []File{r, w, r2, w2} {
		must(t, f.Close())
	}
}

func TestProcSignals(t *testing.T) {
	h := newHost(t, Options{})
	p, err := h.Procs().Start(ProcSpec{Path: "/bin/sleep", Argv: []string{"sleep", "100"}, SetPgid: true})
	must(t, err)
	if g, err := unix.Getpgid(p.PID()); g != p.PID() || err != nil {
		t.Errorf("group %d, %v", g, err)
	}
	must(t, p.Signal(0))
	must(t, p.Signal(unix.SIGSTOP))
	if c := child(t, h.Poller(), p.PID()); !c.Status.Stopped() || c.Status.StopSignal() != unix.SIGSTOP {
		t.Errorf("%v", c.Status)
	}
	must(t, p.SignalGroup(unix.SIGCONT))
	if c := child(t, h.Poller(), p.PID()); !c.Status.Continued() {
		t.Errorf("%v", c.Status)
	}
	must(t, p.SignalGroup(unix.SIGTERM))
	if c := child(t, h.Poller(), p.PID()); !c.Status.Signaled() || c.Status.Signal() != unix.SIGTERM {
		t.Errorf("%v", c.Status)
	}
	// Blocked in the program, as asked.
	p, err = h.Procs().Start(ProcSpec{
		Path: "/bin/sleep", Argv: []string{"sleep", "100"}, Mask: 1 << (unix.SIGTERM - 1),
	})
	must(t, err)
	must(t, p.Signal(unix.SIGTERM))
	time.Sleep(20 * time.Millisecond)
	must(t, p.Signal(0))
	must(t, p.Signal(unix.SIGKILL))
	if c := child(t, h.Poller(), p.PID()); c.Status.Signal() != unix.SIGKILL {
		t.Errorf("%v", c.Status)
	}
	dir := tempDir(t)
	for what, c := range map[string]struct {
		spec ProcSpec
		want unix.Errno
	}{
		"missing":         {ProcSpec{Path: dir + "/none"}, unix.ENOENT},
		"directory":       {ProcSpec{Path: dir}, unix.EACCES},
		"not a program":   {ProcSpec{Path: hostWrite(t, dir, "f", "x")}, unix.EACCES},
		"no path":         {ProcSpec{}, unix.ENOENT},
		"bad descriptor":  {ProcSpec{Path: "/bin/true", Files: []FDMap{{0, 1 << 19}}}, unix.EBADF},
		"big descriptor":  {ProcSpec{Path: "/bin/true", Files: []FDMap{{1 << 30, 0}}}, unix.EBADF},
		"bad directory":   {ProcSpec{Path: "/bin/true", Dir: dir + "/none"}, unix.ENOENT},
		"NUL in argument": {ProcSpec{Path: "/bin/true", Argv: []string{"a\x00b"}}, unix.EINVAL},
	} {
		_, err := h.Procs().Start(c.spec)
		wantErr(t, what, err, c.want)
	}
	// Close leaves programs alone, but no zombie behind.
	g, err := New(Options{NoSignals: true})
	must(t, err)
	p, err = g.Procs().Start(ProcSpec{Path: "/bin/sleep", Argv: []string{"sleep", "100"}})
	must(t, err)
	must(t, g.Close())
	must(t, unix.Kill(p.PID(), unix.SIGKILL))
	for end := time.Now().Add(5 * time.Second); unix.Kill(p.PID(), 0) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a zombie is left after Close")
		}
	}
}
