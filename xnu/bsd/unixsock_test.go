package bsd

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// rights makes a header that sends one byte with descriptors.
func (g *guest) rights(fds ...uint64) uint64 {
	var data []byte
	for _, fd := range fds {
		data = le.AppendUint32(data, uint32(fd))
	}
	c := appendCmsg(nil, abi.SOL_SOCKET, abi.SCM_RIGHTS, data)
	iov := make([]byte, 16)
	(&abi.Iovec{Base: abi.Ptr(g.str("r")), Len: 1}).Put(iov)
	h := abi.Msghdr{Iov: abi.Ptr(g.data(iov)), Iovlen: 1, Control: abi.Ptr(g.data(c)), Controllen: uint32(len(c))}
	b := make([]byte, 48)
	h.Put(b)
	return g.data(b)
}

func TestUnixStream(t *testing.T) {
	m := runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		a, b := g.pair(abi.SOCK_STREAM)
		g.send(a, "one")
		g.send(a, "two")
		if n := g.getInt(b, abi.SOL_SOCKET, abi.SO_NREAD); n != 6 {
			t.Errorf("SO_NREAD %d", n)
		}
		buf := g.alloc(16)
		if n := g.must(nRecvfrom, b, buf, 4, abi.MSG_PEEK, 0, 0); n != 4 || string(g.bytes(buf, 4)) != "onet" {
			t.Errorf("peeked %d, %q", n, g.bytes(buf, 4))
		}
		g.expect(b, "onetwo")

		// What is sent is limited by the sender's buffer.
		g.must(nFcntl, a, abi.F_SETFL, abi.O_NONBLOCK)
		if n := g.must(nWrite, a, g.alloc(20000), 20000); n != 8192 {
			t.Errorf("wrote %d into an empty pair", n)
		}
		g.fails(abi.EAGAIN, nWrite, a, buf, 1)
		g.must(nRead, b, g.alloc(9000), 9000)

		// Descriptors: the message with them starts a read of its own.
		r, w, _ := g.sys2(42)
		g.send(a, "before")
		g.must(nSendmsg, a, g.rights(r, w), 0)
		g.must(nClose, r)
		g.must(nClose, w)
		g.expect(b, "before")
		h, _, ctl, _ := g.msg(10, 32)
		if n := g.must(nRecvmsg, b, h, 0); n != 1 {
			t.Errorf("%d bytes", n)
		}
		c := g.bytes(ctl, 20)
		if le.Uint32(c) != 20 || le.Uint32(c[8:]) != abi.SCM_RIGHTS {
			t.Fatalf("control % x", c)
		}
		r, w = uint64(le.Uint32(c[12:])), uint64(le.Uint32(c[16:]))
		g.send(w, "through")
		g.expect(r, "through")
		// Without room for them they are gone, and the flag says so.
		g.must(nSendmsg, a, g.rights(r, w), 0)
		h, _, _, _ = g.msg(10, 19)
		g.must(nRecvmsg, b, h, 0)
		var hdr abi.Msghdr
		hdr.Get(g.bytes(h, 48))
		if hdr.Flags&abi.MSG_CTRUNC == 0 || hdr.Controllen != 0 {
			t.Errorf("header %+v", hdr)
		}
		g.fails(abi.EBADF, nSendmsg, a, g.rights(200), 0)
		g.fails(abi.EINVAL, nSendmsg, a, g.rights(g.must(362)), 0) // a kqueue

		// Two sockets in each other's queue are let go with the machine.
		x, y := g.pair(abi.SOCK_STREAM)
		g.must(nSendmsg, x, g.rights(x, y), 0)
		g.must(nClose, x)
		g.must(nClose, y)

		g.send(b, "last")
		g.must(nClose, b)
		g.expect(a, "last")
		g.expect(a, "")
		// A socket that is shut takes options only if SONPX_SETOPTSHUT was said.
		on := g.data(intOpt(1))
		g.fails(abi.EINVAL, nSetsockopt, a, abi.SOL_SOCKET, abi.SO_NOSIGPIPE, on, 4)
		g.fails(abi.EPIPE, nSendto, a, buf, 1, abi.MSG_NOSIGNAL, 0, 0)
		g.fails(abi.EINVAL, nGetpeername, a, g.alloc(16), g.data([]byte{16, 0, 0, 0}))
	})
	if n := unixSockets(m).inFlight; n != 2 {
		t.Errorf("%d descriptions in flight, want the 2 of the cycle", n)
	}
}

// A write to a pair without a reader raises SIGPIPE.
func TestSigpipe(t *testing.T) {
	m, e := newGuestMachine(t, hostfs.Options{Isolated: true})
	g := addGuest(t, m, e, nil, func(g *guest) {
		a, b := g.pair(abi.SOCK_STREAM)
		g.must(nClose, b)
		g.sys(nWrite, a, g.alloc(1), 1)
		t.Error("survived")
	})
	if err := m.Run(); err != nil {
		t.Fatal(err)
	}
	if g.p.Status&0x7f != int32(abi.SIGPIPE) {
		t.Errorf("status %#x", g.p.Status)
	}
}

func TestUnixPath(t *testing.T) {
	ready := false
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		sa := g.data(unixAddr("/tmp/s"))
		l := g.must(nSocket, abi.AF_UNIX, abi.SOCK_STREAM, 0)
		g.fails(abi.EINVAL, nListen, l, 1)
		g.fails(abi.ENOENT, nConnect, l, sa, 8)
		g.must(nBind, l, sa, 8)
		g.fails(abi.EINVAL, nBind, l, sa, 8)
		g.fails(abi.EADDRINUSE, nBind, g.must(nSocket, abi.AF_UNIX, abi.SOCK_DGRAM, 0), sa, 8)
		g.fails(abi.ECONNREFUSED, nConnect, g.must(nSocket, abi.AF_UNIX, abi.SOCK_STREAM, 0), sa, 8)
		g.fails(abi.EPROTOTYPE, nConnect, g.must(nSocket, abi.AF_UNIX, abi.SOCK_DGRAM, 0), sa, 8)
		if st, _ := g.stat("/tmp/s"); st.Mode&abi.S_IFMT != abi.S_IFSOCK || st.Mode&0o777 != 0o755 {
			t.Errorf("mode %o", st.Mode)
		}
		g.must(nListen, l, 3)
		ready = true
		c := g.must(nAccept, l, 0, 0)
		g.expect(c, "hello")
		g.send(c, "world")
		g.expect(c, "")
		g.must(nClose, l)
		g.fails(abi.ECONNREFUSED, nConnect, g.must(nSocket, abi.AF_UNIX, abi.SOCK_STREAM, 0), sa, 8)
	}, func(g *guest) {
		for !ready {
			g.sys(20)
		}
		c := g.must(nSocket, abi.AF_UNIX, abi.SOCK_STREAM, 0)
		g.must(nConnect, c, g.data(unixAddr("/tmp/s")), 8)
		n, name := g.data([]byte{100, 0, 0, 0}), g.alloc(100)
		g.must(nGetpeername, c, name, n)
		if b := g.bytes(name, 8); string(b[2:]) != "/tmp/s" || g.bytes(n, 1)[0] != 8 {
			t.Errorf("peer % x", b)
		}
		x, n := g.alloc(100), g.data([]byte{100, 0, 0, 0})
		g.must(nGetsockopt, c, abi.SOL_LOCAL, abi.LOCAL_PEERCRED, x, n)
		if b := g.bytes(x, 76); le.Uint32(b[4:]) != g.p.Cred.EUID || le.Uint32(g.bytes(n, 4)) != 76 {
			t.Errorf("xucred % x", b)
		}
		if pid := g.getInt(c, abi.SOL_LOCAL, abi.LOCAL_PEERPID); abi.PID(pid) != g.m.Init.PID {
			t.Errorf("peer's pid %d", pid)
		}
		g.send(c, "hello")
		g.expect(c, "world")
		g.must(nClose, c)
	})
}

func TestUnixDatagram(t *testing.T) {
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		sa := g.data(unixAddr("/tmp/d"))
		d := g.must(nSocket, abi.AF_UNIX, abi.SOCK_DGRAM, 0)
		g.must(nBind, d, sa, 8)
		s := g.must(nSocket, abi.AF_UNIX, abi.SOCK_DGRAM, 0)
		g.fails(abi.EMSGSIZE, nSendto, s, g.alloc(2049), 2049, 0, sa, 8)
		g.must(nSendto, s, g.alloc(2048), 2048, 0, sa, 8)
		g.fails(abi.ENOBUFS, nSendto, s, g.alloc(2048), 2048, 0, sa, 8)
		from, n := g.alloc(100), g.data([]byte{100, 0, 0, 0})
		if k := g.must(nRecvfrom, d, g.alloc(9000), 9000, 0, from, n); k != 2048 {
			t.Errorf("received %d", k)
		}
		if b := g.bytes(from, 16); b[0] != 16 || b[1] != abi.AF_UNIX || b[2] != 0 {
			t.Errorf("from % x", b)
		}
		g.must(nConnect, s, sa, 8)
		g.fails(abi.EISCONN, nSendto, s, g.alloc(1), 1, 0, sa, 8)
		g.must(nClose, d)
		g.fails(abi.ECONNRESET, nWrite, s, g.alloc(1), 1)
		g.fails(abi.EDESTADDRREQ, nWrite, s, g.alloc(1), 1)
	})
}

// A path that a host program has bound leads to that program.
func TestHostUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		b := make([]byte, 5)
		if _, err := io.ReadFull(c, b); err == nil {
			c.Write([]byte(strings.ToUpper(string(b))))
		}
	}()
	runGuests(t, hostfs.Options{}, func(g *guest) {
		c := g.must(nSocket, abi.AF_UNIX, abi.SOCK_STREAM, 0)
		sa := unixAddr(path)
		g.must(nConnect, c, g.data(sa), uint64(len(sa)))
		g.fails(abi.EISCONN, nConnect, c, g.data(sa), uint64(len(sa)))
		g.send(c, "hello")
		g.expect(c, "HELLO")
		g.expect(c, "")
	})
}

func TestSharedMemory(t *testing.T) {
	const nShmOpen, nShmUnlink, nFtruncate, nMmap = 266, 267, 201, 197
	var page uint64
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		name := g.str("/segment")
		g.fails(abi.ENOENT, nShmOpen, name, abi.O_RDWR, 0)
		g.fails(abi.ENAMETOOLONG, nShmOpen, g.str(strings.Repeat("n", 32)), abi.O_RDWR|abi.O_CREAT, 0o600)
		fd := g.must(nShmOpen, name, abi.O_RDWR|abi.O_CREAT, 0o600)
		g.fails(abi.EEXIST, nShmOpen, name, abi.O_RDWR|abi.O_CREAT|abi.O_EXCL, 0o600)
		g.fails(abi.EINVAL, nMmap, 0, 4096, 3, abi.MAP_SHARED, fd, 0)
		g.must(nFtruncate, fd, 5000)
		g.fails(abi.EINVAL, nFtruncate, fd, 5000)
		g.fails(abi.ENXIO, nRead, fd, g.alloc(4), 4)
		st := g.alloc(144)
		g.must(nFstat64, fd, st)
		var s abi.Stat64
		abi.Unmarshal(g.bytes(st, 144), &s)
		if s.Size != 8192 || s.Mode != 0o600 {
			t.Errorf("size %d, mode %o", s.Size, s.Mode)
		}
		g.fails(abi.EINVAL, nMmap, 0, 4096, 3, abi.MAP_PRIVATE, fd, 0)
		g.fails(abi.EINVAL, nMmap, 0, 12288, 3, abi.MAP_SHARED, fd, 0)
		at := g.must(nMmap, 0, 8192, 3, abi.MAP_SHARED, fd, 0)
		ro := g.must(nShmOpen, name, abi.O_RDONLY, 0)
		g.fails(abi.EPERM, nMmap, 0, 4096, 3, abi.MAP_SHARED, ro, 0)
		if err := g.p.Space.Store64(at+4096, 0x1234); err != nil {
			t.Error(err)
		}
		page = at
		for page != 0 { // until the other process has seen it
			g.sys(20)
		}
		if v, err := g.p.Space.Load64(at); v != 0x5678 || err != nil {
			t.Errorf("the other's store: %#x, %v", v, err)
		}
		g.must(nShmUnlink, name)
		g.fails(abi.ENOENT, nShmUnlink, name)
		g.fails(abi.EINVAL, nShmUnlink, g.str(""))
	}, func(g *guest) {
		for page == 0 {
			g.sys(20)
		}
		fd := g.must(nShmOpen, g.str("/segment"), abi.O_RDWR, 0)
		at := g.must(nMmap, 0, 8192, 3, abi.MAP_SHARED, fd, 0)
		if v, err := g.p.Space.Load64(at + 4096); v != 0x1234 || err != nil {
			t.Errorf("the first's store: %#x, %v", v, err)
		}
		if err := g.p.Space.Store64(at, 0x5678); err != nil {
			t.Error(err)
		}
		page = 0
	})
}
