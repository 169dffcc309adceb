package bsd

import (
	"encoding/binary"
	"testing"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
)

func (g *guest) flock(typ int16, start, length int64) uint64 {
	var b [24]byte
	l := abi.Flock{Start: start, Len: length, Type: typ}
	l.Put(b[:])
	return g.data(b[:])
}

func TestRecordLocks(t *testing.T) {
	var order []string
	views(t, func(g *guest) {
		order = nil
		fd := g.must(5, g.str("/tmp/l"), abi.O_CREAT|abi.O_RDWR, 0o666)
		g.must(92, fd, abi.F_SETLK, g.flock(abi.F_WRLCK, 10, 10))
		ro := g.must(5, g.str("/tmp/l"), abi.O_RDONLY, 0)
		g.fails(abi.EBADF, 92, ro, abi.F_SETLK, g.flock(abi.F_WRLCK, 0, 1))
		g.fails(abi.EINVAL, 92, fd, abi.F_SETLK, g.flock(9, 0, 1))
		g.fails(abi.EINVAL, 92, fd, abi.F_SETLK, g.flock(abi.F_WRLCK, -1, 1))
		g.fails(abi.EOVERFLOW, 92, fd, abi.F_SETLK, g.flock(abi.F_WRLCK, 1<<62, 1<<62+1))
		// Its own lock is in nobody's way, and what is split stays locked.
		g.must(92, fd, abi.F_SETLK, g.flock(abi.F_UNLCK, 12, 2))
		order = append(order, "locked")
		g.must(399, ro) // drops the process's locks, as POSIX has it
		order = append(order, "closed")
		g.must(7, ^uint64(0), 0, 0, 0)
		order = append(order, "waited")
	}, func(g *guest) {
		for len(order) == 0 { // let the first process begin
			g.must(20)
			g.sys(93, 0, 0, 0, 0, g.data(make([]byte, 16)))
		}
		fd := g.must(5, g.str("/tmp/l"), abi.O_RDWR, 0)
		if order[len(order)-1] == "locked" {
			l := g.flock(abi.F_WRLCK, 0, 100)
			g.must(92, fd, abi.F_GETLK, l)
			b := g.bytes(l, 24)
			if binary.LittleEndian.Uint64(b) != 10 || binary.LittleEndian.Uint32(b[16:]) != uint32(g.p.Parent.PID) {
				t.Errorf("F_GETLK: % x", b)
			}
			g.fails(abi.EAGAIN, 92, fd, abi.F_SETLK, l)
		}
		g.must(92, fd, abi.F_SETLKW, g.flock(abi.F_WRLCK, 0, 100))
		order = append(order, "got it")
	})
	if len(order) != 4 || order[2] != "got it" {
		t.Errorf("%q", order)
	}
}

func TestFlock(t *testing.T) {
	views(t, func(g *guest) {
		a := g.must(5, g.str("/tmp/l"), abi.O_CREAT|abi.O_RDWR, 0o666)
		b := g.must(5, g.str("/tmp/l"), abi.O_RDWR, 0)
		g.must(131, a, abi.LOCK_SH)
		g.must(131, b, abi.LOCK_SH)
		g.fails(abi.EAGAIN, 131, a, abi.LOCK_EX|abi.LOCK_NB)
		g.must(131, b, abi.LOCK_UN)
		g.must(131, a, abi.LOCK_EX|abi.LOCK_NB)
		g.fails(abi.EAGAIN, 5, g.str("/tmp/l"), abi.O_RDWR|abi.O_SHLOCK|abi.O_NONBLOCK, 0)
		g.must(6, a)
		c := g.must(5, g.str("/tmp/l"), abi.O_RDWR|abi.O_EXLOCK, 0)
		g.fails(abi.EAGAIN, 131, b, abi.LOCK_SH|abi.LOCK_NB)
		// A duplicate keeps it; a record lock of another kind sees it too.
		d := g.must(41, c)
		g.must(6, c)
		g.fails(abi.EAGAIN, 92, b, abi.F_SETLK, g.flock(abi.F_WRLCK, 0, 0))
		g.must(6, d)
		g.must(92, b, abi.F_SETLK, g.flock(abi.F_WRLCK, 0, 0))
		g.fails(abi.EBADF, 131, b, 0)
	})
}

func TestLockDeadlock(t *testing.T) {
	var first, second bool
	deadlocks := 0
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		fd := g.must(5, g.str("/tmp/l"), abi.O_CREAT|abi.O_RDWR, 0o666)
		g.must(92, fd, abi.F_SETLK, g.flock(abi.F_WRLCK, 0, 1))
		first = true
		for !second {
			g.sys(93, 0, 0, 0, 0, g.data(make([]byte, 16)))
		}
		if _, e := g.sys(92, fd, abi.F_SETLKW, g.flock(abi.F_WRLCK, 1, 1)); e == abi.EDEADLK {
			deadlocks++
		}
		g.must(6, fd)
		g.must(7, ^uint64(0), 0, 0, 0)
	}, func(g *guest) {
		for !first {
			g.sys(93, 0, 0, 0, 0, g.data(make([]byte, 16)))
		}
		fd := g.must(5, g.str("/tmp/l"), abi.O_RDWR, 0)
		g.must(92, fd, abi.F_SETLK, g.flock(abi.F_WRLCK, 1, 1))
		second = true
		if _, e := g.sys(92, fd, abi.F_SETLKW, g.flock(abi.F_WRLCK, 0, 1)); e == abi.EDEADLK {
			deadlocks++
		}
	})
	if deadlocks != 1 {
		t.Errorf("%d calls saw the deadlock", deadlocks)
	}
}

func TestFIFO(t *testing.T) {
	ready := false
	views(t, func(g *guest) {
		ready = false
		g.must(132, g.str("/tmp/p"), 0o666)
		ready = true
		g.fails(abi.ENXIO, 5, g.str("/tmp/p"), abi.O_WRONLY|abi.O_NONBLOCK, 0)
		rd := g.must(5, g.str("/tmp/p"), abi.O_RDONLY, 0) // waits for the writer
		buf := g.alloc(16)
		if n := g.must(3, rd, buf, 16); string(g.bytes(buf, int(n))) != "through" {
			t.Errorf("%d %q", n, g.bytes(buf, 16))
		}
		if n := g.must(3, rd, buf, 16); n != 0 {
			t.Errorf("%d bytes after the writer went", n)
		}
		g.fails(abi.ESPIPE, 199, rd, 0, 0)
		g.fails(abi.ESPIPE, 153, rd, buf, 1, 0)
		g.must(7, ^uint64(0), 0, 0, 0)
	}, func(g *guest) {
		for !ready {
			g.sys(93, 0, 0, 0, 0, g.data(make([]byte, 16)))
		}
		wr := g.must(5, g.str("/tmp/p"), abi.O_WRONLY, 0) // waits for the reader
		g.must(4, wr, g.str("through"), 7)
	})
}

// A write of more than a pipe holds waits for the reader, and comes to its end.
func TestLongPipeWrite(t *testing.T) {
	const size = 1<<20 + 12345
	ready := false
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		g.must(132, g.str("/tmp/p"), 0o666)
		ready = true
		rd := g.must(5, g.str("/tmp/p"), abi.O_RDONLY, 0)
		buf := g.alloc(1 << 16)
		total := 0
		for {
			n := g.must(3, rd, buf, 1<<16)
			if n == 0 {
				break
			}
			for i, c := range g.bytes(buf, int(n)) {
				if c != byte((total+i)%251) {
					t.Errorf("byte %d is %d", total+i, c)
					return
				}
			}
			total += int(n)
		}
		if total != size {
			t.Errorf("%d bytes", total)
		}
	}, func(g *guest) {
		for !ready {
			g.sys(93, 0, 0, 0, 0, g.data(make([]byte, 16)))
		}
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(i % 251)
		}
		wr := g.must(5, g.str("/tmp/p"), abi.O_WRONLY, 0)
		if n := g.must(4, wr, g.data(b), size); n != size {
			t.Errorf("wrote %d", n)
		}
	})
}
