package hostfs

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestPipesNeverWait(t *testing.T) {
	h := newHost(t, Options{})
	for _, old := range []bool{false, true} {
		r, w, err := h.Pipe()
		must(t, err)
		if old { // a host without RWF_NOWAIT for pipes
			r.(*hostFile).noWait.Store(true)
			w.(*hostFile).noWait.Store(true)
		}
		buf := make([]byte, 1<<17)
		_, err = r.Read(buf)
		wantErr(t, "empty", err, unix.EAGAIN)
		total := 0
		for {
			n, err := w.Write(buf)
			if err != nil {
				wantErr(t, "full", err, unix.EAGAIN)
				break
			}
			total += n
		}
		if total < 4096 || total > 1<<20 {
			t.Errorf("a pipe takes %d bytes", total)
		}
		if n, err := r.Readable(); n != total || err != nil {
			t.Errorf("readable %d, %v", n, err)
		}
		for total > 0 {
			n, err := r.Read(buf)
			must(t, err)
			total -= n
		}
		_, err = w.Read(buf)
		wantErr(t, "read of the writing end", err, unix.EBADF)
		_, err = r.Write(buf)
		wantErr(t, "write to the reading end", err, unix.EBADF)
		_, err = r.ReadAt(buf, 0)
		wantErr(t, "pread", err, unix.ESPIPE)
		_, err = r.Seek(0, SeekCur)
		wantErr(t, "seek", err, unix.ESPIPE)
		must(t, r.Close())
		_, err = w.Write(buf)
		wantErr(t, "no reader", err, unix.EPIPE)
		must(t, w.Close())
	}
}

func TestStdKeepsItsFlags(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	defer w.Close()
	flags := func() int {
		c, err := r.SyscallConn()
		must(t, err)
		fl := -1
		must(t, c.Control(func(fd uintptr) { fl, err = unix.FcntlInt(fd, unix.F_GETFL, 0) }))
		must(t, err)
		return fl
	}
	was := flags()
	h := newHost(t, Options{Stdin: r, Stdout: w})
	if h.Std(0) != h.Std(0) || h.Std(2) != nil || h.Std(3) != nil {
		t.Error("Std")
	}
	_, err = h.Std(0).Read(make([]byte, 1))
	wantErr(t, "empty", err, unix.EAGAIN)
	must2(t)(h.Std(1).Write([]byte("text")))
	if flags() != was {
		t.Errorf("flags were %x, are %x", was, flags())
	}
	must(t, h.Std(1).Close())
	if _, err := w.Write([]byte("more")); err != nil {
		t.Error("the caller's file was closed:", err)
	}
	if h.Std(0).Kind() != Pipe || h.Std(0).Path() != "" {
		t.Error(h.Std(0).Kind(), h.Std(0).Path())
	}
	// O_APPEND of a description that others share is not changed.
	p := hostWrite(t, tempDir(t), "f", "abc")
	f, err := os.OpenFile(p, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	g := newHost(t, Options{Stdout: f})
	must(t, g.Std(1).SetAppend(true))
	must2(t)(g.Std(1).Write([]byte("d")))
	must2(t)(g.Std(1).WriteAt([]byte("A"), 0))
	if b, _ := os.ReadFile(p); string(b) != "Abcd" {
		t.Errorf("%q", b)
	}
	if fl, _ := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0); fl&unix.O_APPEND != 0 {
		t.Error("O_APPEND was set")
	}
	if g.Std(1).Path() != p {
		t.Errorf("path %q", g.Std(1).Path())
	}
}

func TestHostFile(t *testing.T) {
	fs := newHost(t, Options{}).FS()
	dir := tempDir(t)
	f := open(t, fs, abs(dir+"/f"), O_CREAT|O_RDWR|O_APPEND, 0o600)
	must2(t)(f.Write([]byte("abc")))
	must2(t)(f.WriteAt([]byte("A"), 0)) // not at the end, whatever Linux's pwrite does
	if s := read(t, fs, dir+"/f"); s != "Abc" {
		t.Errorf("%q", s)
	}
	if f.Flags() != O_RDWR|O_APPEND {
		t.Errorf("flags %x", f.Flags())
	}
	must(t, f.SetAppend(false))
	if off, err := f.Seek(1, SeekSet); off != 1 || err != nil {
		t.Error(off, err)
	}
	g, err := f.Dup()
	must(t, err)
	must2(t)(g.Write([]byte("X")))
	if off, err := f.Seek(0, SeekCur); off != 2 || err != nil {
		t.Errorf("a duplicate's offset: %d, %v", off, err)
	}
	for _, fd := range []int{f.FD(), g.FD()} {
		if fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || fl&unix.FD_CLOEXEC == 0 {
			t.Error("not close-on-exec")
		}
	}
	must(t, g.Close())
	if n, err := f.Read(nil); n != 0 || err != nil {
		t.Error(n, err)
	}
	must(t, f.Truncate(1<<20))
	must(t, f.PunchHole(0, 4096))
	if off, err := f.Seek(0, SeekHole); off != 0 || err != nil {
		t.Error(off, err)
	}
	must(t, f.Sync(false))
	must(t, f.Chmod(0o640))
	must(t, f.Utimes(unix.Timespec{Sec: 5}, unix.Timespec{Sec: 6}))
	if st, err := f.Stat(); err != nil || st.Mode != unix.S_IFREG|0o640 || st.Mtime.Sec != 6 || st.Size != 1<<20 {
		t.Errorf("%+v, %v", st, err)
	}
	_, err = f.Winsize()
	wantErr(t, "terminal call", err, unix.ENOTTY)
	_, err = f.ReadDir()
	wantErr(t, "ReadDir of a file", err, unix.ENOTDIR)
	must(t, f.Close())
	wantErr(t, "close twice", f.Close(), unix.EBADF)
	_, err = f.Read(make([]byte, 1))
	wantErr(t, "read after close", err, unix.EBADF)
	_, err = f.Stat()
	wantErr(t, "stat after close", err, unix.EBADF)

	d := open(t, fs, abs(dir), O_RDONLY, 0)
	_, err = d.Read(make([]byte, 1))
	wantErr(t, "read of a directory", err, unix.EISDIR)
	_, err = d.Seek(0, SeekSet)
	wantErr(t, "seek in a directory", err, unix.EINVAL)
	for i := range 3000 {
		must(t, os.WriteFile(fmt.Sprintf("%s/%s%d", dir, strings.Repeat("long", 20), i), nil, 0o600))
	}
	for range 2 {
		if l, err := d.ReadDir(); len(l) != 3003 || err != nil {
			t.Errorf("%d entries, %v", len(l), err)
		}
	}
	gone := open(t, fs, abs(dir), O_RDONLY, 0)
	must(t, os.RemoveAll(dir))
	if l, err := gone.ReadDir(); len(l) != 0 || err != nil {
		t.Errorf("removed directory: %v, %v", l, err)
	}
	if gone.Path() != "" {
		t.Errorf("path of a removed directory: %q", gone.Path())
	}
}

func TestDeletedInName(t *testing.T) {
	fs := newHost(t, Options{}).FS()
	p := tempDir(t) + "/x (deleted)"
	write(t, fs, p, "")
	f := open(t, fs, abs(p), O_RDONLY, 0)
	if f.Path() != p {
		t.Errorf("path %q", f.Path())
	}
	must(t, fs.Unlink(abs(p), false))
	if f.Path() != "" {
		t.Errorf("path %q", f.Path())
	}
}

func TestTerminal(t *testing.T) {
	h := newHost(t, Options{})
	m, err := h.FS().Open(abs("/dev/ptmx"), O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo-terminals:", err)
	}
	defer m.Close()
	must(t, m.LockPty(false))
	n, err := m.PtyNumber()
	must(t, err)
	name := fmt.Sprintf("/dev/pts/%d", n)
	s := open(t, h.FS(), abs(name), O_RDWR, 0)
	if s.Kind() != TTY || s.TTYName() != name {
		t.Errorf("%v, %q", s.Kind(), s.TTYName())
	}
	buf := make([]byte, 1<<16)
	_, err = s.Read(buf)
	wantErr(t, "nothing typed", err, unix.EAGAIN)
	_, err = m.Read(buf)
	wantErr(t, "nothing written", err, unix.EAGAIN)
	must2(t)(m.Write([]byte("line\n")))
	var got []byte
	for end := time.Now().Add(5 * time.Second); len(got) == 0 && time.Now().Before(end); {
		h.Poller().Poll1(s.FD(), In)
		if k, err := s.Read(buf); err == nil {
			got = buf[:k]
		}
	}
	if string(got) != "line\n" {
		t.Errorf("%q", got)
	}
	tio, err := s.Termios()
	must(t, err)
	tio.Lflag &^= unix.ECHO | unix.ICANON
	tio.Oflag &^= unix.OPOST
	must(t, s.SetTermios(unix.TCSETS, tio))
	if again, err := s.Termios(); err != nil || again.Lflag&unix.ECHO != 0 {
		t.Errorf("%+v, %v", again, err)
	}
	wantErr(t, "bad when", s.SetTermios(1, tio), unix.EINVAL)
	must(t, s.SetWinsize(unix.Winsize{Row: 10, Col: 20}))
	if w, err := m.Winsize(); w.Row != 10 || w.Col != 20 || err != nil {
		t.Errorf("%+v, %v", w, err)
	}
	// Output that nobody reads does not make the writer wait.
	total := 0
	for {
		k, err := s.Write(bytes.Repeat([]byte("x"), 10000))
		if err != nil {
			wantErr(t, "full", err, unix.EAGAIN)
			break
		}
		if total += k; total > 1<<24 {
			t.Fatal("a terminal takes everything")
		}
	}
	must(t, s.Discard(unix.TCIOFLUSH))
	_, err = s.ForegroundPgrp()
	wantErr(t, "not our terminal", err, unix.ENOTTY)
}

func TestNoTerminal(t *testing.T) {
	if f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0); err == nil {
		f.Close()
		t.Skip("there is a controlling terminal")
	}
	_, err := newHost(t, Options{}).FS().Open(abs("/dev/tty"), O_RDWR, 0)
	wantErr(t, "/dev/tty", err, unix.ENXIO)
}

func TestClockAndInfo(t *testing.T) {
	h := newHost(t, Options{Env: []string{"A=b"}})
	c := h.Clock()
	sec, nsec := c.Now()
	if d := time.Since(time.Unix(sec, nsec)); d < 0 || d > time.Minute {
		t.Errorf("Now is %v off", d)
	}
	m := c.Monotonic()
	if k := c.Continuous(); c.Monotonic() < m || k < m {
		t.Error("clocks run backwards")
	}
	boot, _ := c.BootTime()
	if boot <= 0 || boot > sec {
		t.Errorf("booted at %d", boot)
	}
	if u, s := c.ProcessCPU(); u+s <= 0 || c.ThreadCPU() <= 0 {
		t.Error("no processor time")
	}
	b := make([]byte, 64)
	if n, err := h.Entropy().Read(b); n != 64 || err != nil || bytes.Equal(b, make([]byte, 64)) {
		t.Error(n, err, b)
	}
	i := h.Info()
	wd, _ := os.Getwd()
	if i.PID != os.Getpid() || i.NumCPU < 1 || i.MemSize == 0 || i.Cwd != wd || len(i.Env) != 1 || i.Hostname == "" {
		t.Errorf("%+v", i)
	}
}

// BenchmarkStat shows what the view adds to the host's own call.
func BenchmarkStat(b *testing.B) {
	p := hostWrite(b, tempDir(b), "a/b/c/f", "")
	b.Run("host", func(b *testing.B) {
		var st unix.Statx_t
		for b.Loop() {
			must(b, unix.Statx(unix.AT_FDCWD, p, 0, statxMask, &st))
		}
	})
	b.Run("default", func(b *testing.B) {
		fs := newHost(b, Options{}).FS()
		for b.Loop() {
			if _, err := fs.Stat(abs(p)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("mount", func(b *testing.B) {
		fs := newHost(b, Options{Isolated: true, Mounts: []Mount{{Source: p[:len(p)-8], Target: "/m"}}}).FS()
		for b.Loop() {
			if _, err := fs.Stat(abs("/m/a/b/c/f")); err != nil {
				b.Fatal(err)
			}
		}
	})
}
