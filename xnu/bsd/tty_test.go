package bsd

import (
	"os"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// pty opens a pseudo-terminal as posix_openpt and its kin do, and returns
// both ends.
func (g *guest) pty() (master, slave uint64) {
	master = g.must(5, g.str("/dev/ptmx"), abi.O_RDWR, 0)
	g.must(54, master, uint64(abi.TIOCPTYGRANT), 0)
	g.must(54, master, uint64(abi.TIOCPTYUNLK), 0)
	name := g.alloc(128)
	g.must(54, master, uint64(abi.TIOCPTYGNAME), name)
	if s := cString(g.bytes(name, 128)); !strings.HasPrefix(s, "/dev/ttys") {
		g.t.Errorf("ptsname %q", s)
	}
	slave = g.must(5, name, abi.O_RDWR|abi.O_NOCTTY, 0)
	return master, slave
}

func needPty(t *testing.T) {
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("the host has no pseudo-terminals: ", err)
	}
	f.Close()
}

func TestTerminal(t *testing.T) {
	needPty(t)
	runGuests(t, hostfs.Options{}, func(g *guest) {
		master, slave := g.pty()
		buf := g.alloc(128)
		g.must(54, slave, uint64(abi.TIOCGETA), buf)
		var tio abi.Termios
		tio.Get(g.bytes(buf, 72))
		if tio.Lflag&abi.ICANON == 0 || tio.Cc[abi.VINTR] != 3 || tio.Cflag&abi.CSIZE != abi.CS8 || tio.Ospeed != 38400 {
			t.Errorf("%+v", tio)
		}
		// Raw, and back again.
		tio.Lflag &^= abi.ICANON | abi.ECHO | abi.ISIG
		tio.Oflag &^= abi.OPOST
		raw := make([]byte, 72)
		tio.Put(raw)
		g.must(54, slave, uint64(abi.TIOCSETA), g.data(raw))
		g.must(54, slave, uint64(abi.TIOCGETA), buf)
		var now abi.Termios
		now.Get(g.bytes(buf, 72))
		if now != tio {
			t.Errorf("set %+v, got %+v", tio, now)
		}
		g.must(4, slave, g.str("out"), 3)
		if n := g.must(3, master, buf, 16); string(g.bytes(buf, int(n))) != "out" {
			t.Errorf("the master read %q", g.bytes(buf, int(n)))
		}
		g.must(4, master, g.str("in"), 2)
		// The host's line discipline carries it over in its own time.
		pfd := make([]byte, 8)
		(&abi.Pollfd{Fd: abi.FD(slave), Events: abi.POLLIN}).Put(pfd)
		g.must(230, g.data(pfd), 1, 5000)
		g.must(54, slave, uint64(abi.FIONREAD), buf)
		if n := g.bytes(buf, 1)[0]; n != 2 {
			t.Errorf("FIONREAD %d", n)
		}
		if n := g.must(3, slave, buf, 16); string(g.bytes(buf, int(n))) != "in" {
			t.Errorf("read %q", g.bytes(buf, int(n)))
		}
		var ws [8]byte
		w := abi.Winsize{Row: 24, Col: 80}
		w.Put(ws[:])
		g.must(54, slave, uint64(abi.TIOCSWINSZ), g.data(ws[:]))
		g.must(54, master, uint64(abi.TIOCGWINSZ), buf)
		if g.bytes(buf, 3)[2] != 80 {
			t.Errorf("window % x", g.bytes(buf, 8))
		}
		// What a terminal is not, and what it is named.
		g.fails(abi.ESPIPE, 199, slave, 0, abi.SEEK_CUR)
		g.fails(abi.ENXIO, 153, slave, buf, 1, 0)
		g.fails(abi.EFAULT, 54, slave, uint64(abi.TIOCGETA), 0x10)
		g.fails(abi.ENOTTY, 54, slave, uint64(abi.SIOCGIFADDR), buf)
		path := g.alloc(1024)
		g.must(92, slave, abi.F_GETPATH, path)
		if s := cString(g.bytes(path, 1024)); !strings.HasPrefix(s, "/dev/ttys") {
			t.Errorf("F_GETPATH %q", s)
		}
		st := g.alloc(144)
		g.must(339, slave, st)
		var s abi.Stat64
		abi.Unmarshal(g.bytes(st, 144), &s)
		if !s.Mode.IsChr() || s.Rdev.Major() != ttysMajor {
			t.Errorf("%+v", s)
		}
		// It is nobody's controlling terminal, and this session has one already.
		g.fails(abi.ENOTTY, 54, slave, uint64(abi.TIOCGPGRP), buf)
		g.fails(abi.EPERM, 54, slave, uint64(abi.TIOCSCTTY), 0)
	})
}

// A session leader without a terminal acquires one; then a background process
// that reads from it is refused or stopped.
func TestControllingTerminal(t *testing.T) {
	needPty(t)
	runGuests(t, hostfs.Options{}, func(g *guest) {
		g.p.Group.Session.TTY = false // as after setsid
		_, slave := g.pty()
		buf := g.alloc(16)
		g.fails(abi.ENXIO, 5, g.str("/dev/tty"), abi.O_RDWR, 0)
		g.must(54, slave, uint64(abi.TIOCSCTTY), 0)
		g.must(54, slave, uint64(abi.TIOCGPGRP), buf)
		if pg := g.bytes(buf, 4); int(pg[0])|int(pg[1])<<8 != int(g.p.Group.ID) {
			t.Errorf("TIOCGPGRP % x", pg)
		}
		g.fails(abi.EINVAL, 54, slave, uint64(abi.TIOCSPGRP), g.data([]byte{1, 0, 0, 0}))
		g.p.Group.Session.FGGroup = 4711
		g.p.Sig.Actions[abi.SIGTTIN].Handler = abi.SIG_IGN
		g.fails(abi.EIO, 3, slave, buf, 1)
		if n := g.must(4, slave, g.str("x"), 1); n != 1 {
			t.Errorf("a background write without TOSTOP: %d", n)
		}
	})
}
