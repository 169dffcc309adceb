package bsd

import (
	"testing"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// What a guest can make the kernel hold is bounded over the whole machine, not
// only in each process.

// TestMachineFiles has several processes open all they may.
func TestMachineFiles(t *testing.T) {
	const procs = 6
	var ended, enfile int
	greedy := func(g *guest) {
		g.p.Limits[abi.RLIMIT_NOFILE].Cur = kern.Infinity
		path := g.str("/dev/null")
		var e abi.Errno
		for e == 0 {
			_, e = g.sys(5, path, abi.O_RDONLY, 0)
		}
		switch e {
		case abi.ENFILE:
			enfile++
			_, e = g.sys(42)
			if e != abi.ENFILE {
				g.t.Errorf("pipe: %v, want ENFILE", e)
			}
			// What is open can still be had under another number.
			g.must(41, 3)
		case abi.EMFILE:
		default:
			g.t.Errorf("open: %v", e)
		}
		ended++
		wait := g.data(abi.Marshal(&abi.Timeval{Usec: 1000}))
		for ended < procs {
			g.must(93, 0, 0, 0, 0, wait)
		}
	}
	var mains []func(*guest)
	for range procs {
		mains = append(mains, greedy)
	}
	mains[0] = func(g *guest) {
		greedy(g)
		for range procs - 1 {
			g.must(7, ^uint64(0), 0, 0, 0)
		}
		// The others are gone, and their files with them.
		g.must(5, g.str("/dev/null"), abi.O_RDONLY, 0)
	}
	runGuests(t, hostfs.Options{Isolated: true}, mains...)
	if enfile == 0 {
		t.Errorf("%d processes opened all they wanted", procs)
	}
}

// TestPipeSpace fills pipes until the machine gives out small ones only.
func TestPipeSpace(t *testing.T) {
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		g.p.Limits[abi.RLIMIT_NOFILE].Cur = kern.Infinity
		buf := g.alloc(pipeSize)
		fill := func() (r, w, n uint64) {
			r, w, _ = g.sys2(42)
			g.must(92, w, abi.F_SETFL, abi.O_NONBLOCK)
			for {
				k, e := g.sys(4, w, buf, pipeSize)
				if e != 0 {
					return r, w, n
				}
				n += k
			}
		}
		const large = maxPipeSpace / pipeSize
		var first, second uint64
		for i := range large + 3 {
			r, w, n := fill()
			if i == 0 {
				first, second = r, w
			}
			if want := uint64(pipeSize); i < large && n != want || i >= large && n != pipeSmall {
				g.t.Fatalf("pipe %d took %d bytes", i, n)
			}
		}
		for _, fd := range []uint64{first, second, first + 2, second + 2} {
			g.must(6, fd)
		}
		if _, _, n := fill(); n != pipeSize {
			g.t.Errorf("after a pipe was closed another took %d bytes", n)
		}
	})
}

// TestUnixSocketSpace fills large buffers.
func TestUnixSocketSpace(t *testing.T) {
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		pair, buf := g.alloc(8), g.alloc(1<<20)
		opt := g.data(intOpt(maxSockBuf))
		var total, last uint64
		fill := func() abi.Errno {
			g.must(135, abi.AF_UNIX, abi.SOCK_STREAM, 0, pair)
			b := g.bytes(pair, 8)
			last = uint64(le.Uint32(b))
			peer := uint64(le.Uint32(b[4:]))
			g.must(105, last, abi.SOL_SOCKET, abi.SO_SNDBUF, opt, 4)
			g.must(105, peer, abi.SOL_SOCKET, abi.SO_RCVBUF, opt, 4)
			g.must(92, last, abi.F_SETFL, abi.O_NONBLOCK)
			for {
				n, e := g.sys(4, last, buf, 1<<20)
				if e != 0 {
					return e
				}
				total += n
			}
		}
		for range 20 {
			if e := fill(); e == abi.ENOBUFS {
				break
			} else if e != abi.EAGAIN {
				g.t.Fatalf("write: %v", e)
			}
		}
		if total > maxUnixData || total < maxUnixData-1<<20 {
			g.t.Errorf("the sockets took %d bytes in all", total)
		}
		for fd := uint64(3); fd < 60; fd++ {
			g.sys(6, fd)
		}
		if e := fill(); e != abi.EAGAIN {
			g.t.Errorf("after all were closed, write: %v", e)
		}
	})
}

// TestNotes: names that a guest makes up are not remembered for ever.
func TestNotes(t *testing.T) {
	m := runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		fd := g.must(5, g.str("/dev/null"), abi.O_RDONLY, 0)
		for i := range uint64(5000) {
			g.sys(54, fd, 0x20000000+i, 0)
		}
		for i := range 5000 {
			g.m.Note("made up " + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676)))
		}
	})
	if n := len(m.MissingCalls()); n > 2500 || n < 1000 {
		t.Errorf("%d names kept", n)
	}
}

// TestSpawnEmptyPath: a file action may name nothing.
func TestSpawnEmptyPath(t *testing.T) {
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		acts := make([]byte, abi.PsfaHeaderSize+abi.PsfaActionSize)
		le.PutUint32(acts, 1)
		le.PutUint32(acts[abi.PsfaCountOffset:], 1)
		for _, kind := range []uint32{abi.PSFA_OPEN, abi.PSFA_CHDIR} {
			le.PutUint32(acts[abi.PsfaHeaderSize:], kind)
			desc := abi.Marshal(&abi.SpawnArgsDesc{FileActionsSize: uint64(len(acts)), FileActions: abi.Ptr(g.data(acts))})
			g.fails(abi.ENOENT, 244, 0, g.str("/tmp/prog"), g.data(desc), 0, 0)
		}
	})
}

// TestLongPolicyName: a string without an end is an errno.
func TestLongPolicyName(t *testing.T) {
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		g.fails(abi.ENAMETOOLONG, 381, g.str("a policy whose name does not fit into 32 bytes"), 1, 0)
	})
}
