package bsd

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// openFDs says what every descriptor of this process is.
func openFDs(t *testing.T) map[string]string {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc/self/fd: ", err)
	}
	out := map[string]string{}
	for _, e := range list {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			out[e.Name()] = to
		}
	}
	return out
}

// TestNothingLeftBehind ends machines whose processes hold, and wait for, a bit
// of everything: no descriptor and no goroutine of the host stays.
func TestNothingLeftBehind(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	hold := func(g *guest) uint64 {
		f := g.must(5, g.str(dir+"/f"), abi.O_RDWR, 0)
		g.must(41, f)
		g.must(5, g.str(dir), abi.O_RDONLY, 0)
		g.must(5, g.str("/dev/null"), abi.O_RDWR, 0)
		g.sys(5, g.str("/dev/ptmx"), abi.O_RDWR, 0)
		g.must(42)
		pair := g.alloc(8)
		g.must(135, abi.AF_UNIX, abi.SOCK_STREAM, 0, pair)
		for _, typ := range []uint64{abi.SOCK_STREAM, abi.SOCK_DGRAM} {
			for _, family := range []uint64{abi.AF_INET, abi.AF_INET6, abi.AF_UNIX} {
				g.sys(97, family, typ, 0) // a host may have no IPv6
			}
		}
		name := dir + fmt.Sprintf("/sock%d", g.p.PID)
		g.sys(10, g.str(name)) // of the time before
		s := g.must(97, abi.AF_UNIX, abi.SOCK_STREAM, 0)
		sa := append([]byte{byte(2 + len(name)), abi.AF_UNIX}, name...)
		g.must(104, s, g.data(sa), uint64(len(sa)))
		g.must(106, s, 5)
		c := g.must(97, abi.AF_UNIX, abi.SOCK_STREAM, 0)
		g.must(98, c, g.data(sa), uint64(len(sa)))
		// A descriptor on its way that nobody receives.
		fds := abi.Marshal(&abi.Cmsghdr{Len: 16, Level: abi.SOL_SOCKET, Type: abi.SCM_RIGHTS})
		fds = le.AppendUint32(fds, uint32(f))
		iov := g.data(abi.Marshal(&abi.Iovec{Base: abi.Ptr(g.str("x")), Len: 1}))
		msg := abi.Msghdr{Iov: abi.Ptr(iov), Iovlen: 1, Control: abi.Ptr(g.data(fds)), Controllen: uint32(len(fds))}
		g.must(28, uint64(le.Uint32(g.bytes(pair, 4))), g.data(abi.Marshal(&msg)), 0)
		kq := g.must(362)
		for _, filter := range []int16{abi.EVFILT_VNODE, abi.EVFILT_READ} {
			k := abi.Kevent{Ident: f, Filter: filter, Flags: abi.EV_ADD, Fflags: abi.NOTE_WRITE}
			g.must(363, kq, g.data(abi.Marshal(&k)), 1, 0, 0, 0)
		}
		at := g.must(197, 0, 4096, abi.PROT_READ|abi.PROT_WRITE, abi.MAP_SHARED, f, 0)
		if err := g.p.Space.CopyOut(at, []byte("C")); err != nil {
			g.t.Error(err)
		}
		g.must(131, f, abi.LOCK_SH)
		return f
	}
	once := func(t *testing.T) {
		fifo := filepath.Join(dir, "fifo")
		_ = os.Remove(fifo) // of the time before
		runGuests(t, hostfs.Options{}, func(g *guest) {
			hold(g)
			g.must(132, g.str(fifo), 0o600)
			pause := g.data(abi.Marshal(&abi.Timeval{Usec: 30000}))
			g.must(93, 0, 0, 0, 0, pause)
		}, func(g *guest) {
			hold(g)
			pause := g.data(abi.Marshal(&abi.Timeval{Usec: 5000}))
			g.must(93, 0, 0, 0, 0, pause)
			g.sys(5, g.str(fifo), abi.O_RDONLY) // for ever
		}, func(g *guest) {
			pair := g.alloc(8)
			g.must(135, abi.AF_UNIX, abi.SOCK_STREAM, 0, pair)
			g.sys(3, uint64(le.Uint32(g.bytes(pair, 4))), g.alloc(8), 1) // for ever
		})
	}
	// The machines of runGuests are closed with their test.
	t.Run("first", once)
	var fds map[string]string
	var routines int
	t.Run("before", func(t *testing.T) { runtime.GC(); fds, routines = openFDs(t), runtime.NumGoroutine() })
	t.Run("again", func(t *testing.T) {
		for range 3 {
			once(t)
		}
	})
	for fd, to := range openFDs(t) {
		if _, was := fds[fd]; !was {
			t.Errorf("descriptor %s, %s, is left", fd, to)
		}
	}
	for range 100 {
		if runtime.NumGoroutine() <= routines {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, there were %d", runtime.NumGoroutine(), routines)
}
