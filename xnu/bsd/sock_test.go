package bsd

import (
	"bytes"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// Numbers of the calls that these tests make.
const (
	nRead, nWrite, nClose, nRecvmsg, nSendmsg, nRecvfrom, nAccept, nGetpeername, nGetsockname = 3, 4, 6, 27, 28, 29, 30, 31, 32
	nSocket, nConnect, nBind, nSetsockopt, nListen, nGetsockopt                               = 97, 98, 104, 105, 106, 118
	nSendto, nShutdown, nSocketpair, nFcntl, nPoll, nSendfile, nFstat64                       = 133, 134, 135, 92, 230, 337, 339
)

func (g *guest) sockaddrIn(port uint16) uint64 {
	return g.data(abi.SockaddrIn{Port: port, Addr: [4]byte{127, 0, 0, 1}}.Append(nil))
}

// listenTCP makes a listening socket on loopback and tells its port.
func (g *guest) listenTCP() (fd uint64, port uint16) {
	fd = g.must(nSocket, abi.AF_INET, abi.SOCK_STREAM, 0)
	g.must(nBind, fd, g.sockaddrIn(0), 16)
	g.must(nListen, fd, 5)
	sa, n := g.alloc(16), g.data([]byte{16, 0, 0, 0})
	g.must(nGetsockname, fd, sa, n)
	b := g.bytes(sa, 16)
	if b[0] != 16 || b[1] != abi.AF_INET || le.Uint32(g.bytes(n, 4)) != 16 {
		g.t.Errorf("getsockname: % x, length %d", b, le.Uint32(g.bytes(n, 4)))
	}
	return fd, uint16(b[2])<<8 | uint16(b[3])
}

func (g *guest) pair(typ uint64) (a, b uint64) {
	sv := g.alloc(8)
	g.must(nSocketpair, abi.AF_UNIX, typ, 0, sv)
	p := g.bytes(sv, 8)
	return uint64(le.Uint32(p)), uint64(le.Uint32(p[4:]))
}

func (g *guest) setInt(fd, level, name uint64, v int32) {
	g.t.Helper()
	g.must(nSetsockopt, fd, level, name, g.data(intOpt(v)), 4)
}

func (g *guest) getInt(fd, level, name uint64) int32 {
	g.t.Helper()
	v, n := g.alloc(4), g.data([]byte{4, 0, 0, 0})
	g.must(nGetsockopt, fd, level, name, v, n)
	return int32(le.Uint32(g.bytes(v, 4)))
}

func (g *guest) send(fd uint64, text string) {
	g.t.Helper()
	if n := g.must(nWrite, fd, g.str(text), uint64(len(text))); n != uint64(len(text)) {
		g.t.Errorf("wrote %d of %q", n, text)
	}
}

func (g *guest) expect(fd uint64, text string) {
	g.t.Helper()
	buf := g.alloc(len(text) + 64)
	n := g.must(nRead, fd, buf, uint64(len(text)+64))
	if got := string(g.bytes(buf, int(n))); got != text {
		g.t.Errorf("read %q, want %q", got, text)
	}
}

func TestTCP(t *testing.T) {
	var port uint16
	done := false
	runGuests(t, hostfs.Options{}, func(g *guest) {
		var l uint64
		l, port = g.listenTCP()
		sa, n := g.alloc(16), g.data([]byte{16, 0, 0, 0})
		c := g.must(nAccept, l, sa, n)
		if b := g.bytes(sa, 16); b[0] != 16 || b[1] != abi.AF_INET || b[4] != 127 {
			t.Errorf("accept tells % x", b)
		}
		g.expect(c, "marco")
		g.expect(c, "") // the end: the peer has shut its side
		if st := g.getInt(c, abi.SOL_SOCKET, abi.SO_TYPE); st != abi.SOCK_STREAM {
			t.Errorf("SO_TYPE %d", st)
		}
		g.send(c, "polo")
		g.must(nClose, c)
		g.must(nClose, l)
		for !done {
			g.sys(93, 0, 0, 0, 0, g.data(make([]byte, 16))) // select without waiting
		}
	}, func(g *guest) {
		for port == 0 {
			g.sys(20)
		}
		c := g.must(nSocket, abi.AF_INET, abi.SOCK_STREAM, 0)
		g.fails(abi.ENOTCONN, nGetpeername, c, g.alloc(16), g.data([]byte{16, 0, 0, 0}))
		g.fails(abi.ENOTCONN, nShutdown, c, abi.SHUT_WR)
		g.fails(abi.ENOTCONN, nSendto, c, g.str("x"), 1, 0, 0, 0)
		g.fails(abi.ENOTCONN, nRead, c, g.alloc(1), 1)
		g.must(nConnect, c, g.sockaddrIn(port), 16)
		g.fails(abi.EISCONN, nConnect, c, g.sockaddrIn(port), 16)
		g.fails(abi.EINVAL, nListen, c, 1)
		g.send(c, "marco")
		g.must(nShutdown, c, abi.SHUT_WR)
		g.fails(abi.ENOTCONN, nShutdown, c, abi.SHUT_WR)
		g.fails(abi.EINVAL, nShutdown, c, 3)
		g.setInt(c, abi.SOL_SOCKET, abi.SO_NOSIGPIPE, 1)
		g.fails(abi.EPIPE, nWrite, c, g.str("x"), 1)
		g.expect(c, "polo")
		g.expect(c, "")
		g.fails(abi.EINVAL, nGetpeername, c, g.alloc(16), g.data([]byte{16, 0, 0, 0}))
		g.fails(abi.EINVAL, nSetsockopt, c, abi.SOL_SOCKET, abi.SO_KEEPALIVE, g.data(intOpt(1)), 4)
		g.must(nClose, c)
		done = true
	})
}

func TestTCPRefused(t *testing.T) {
	runGuests(t, hostfs.Options{}, func(g *guest) {
		l, port := g.listenTCP()
		g.fails(abi.EOPNOTSUPP, nConnect, l, g.sockaddrIn(port), 16)
		g.fails(abi.ENOTCONN, nShutdown, l, abi.SHUT_RDWR)
		g.must(nClose, l)
		c := g.must(nSocket, abi.AF_INET, abi.SOCK_STREAM, 0)
		g.fails(abi.ECONNREFUSED, nConnect, c, g.sockaddrIn(port), 16)
		g.fails(abi.EINVAL, nConnect, c, g.sockaddrIn(port), 16)
		n := g.must(nSocket, abi.AF_INET, abi.SOCK_STREAM, 0)
		g.must(nFcntl, n, abi.F_SETFL, abi.O_NONBLOCK)
		if _, e := g.sys(nConnect, n, g.sockaddrIn(port), 16); e != abi.EINPROGRESS && e != abi.ECONNREFUSED {
			t.Errorf("non-blocking connect: %v", e)
		} else if e == abi.EINPROGRESS {
			pfd := make([]byte, 8)
			(&abi.Pollfd{Fd: abi.FD(n), Events: abi.POLLOUT}).Put(pfd)
			g.must(nPoll, g.data(pfd), 1, 5000)
			if e := g.getInt(n, abi.SOL_SOCKET, abi.SO_ERROR); e != int32(abi.ECONNREFUSED) {
				t.Errorf("SO_ERROR %d", e)
			}
		}
		if e := g.getInt(n, abi.SOL_SOCKET, abi.SO_ERROR); e != 0 {
			t.Errorf("SO_ERROR is not cleared: %d", e)
		}
		// A blocking accept ends with its descriptor's timeout only where one is
		// set; a receive ends with SO_RCVTIMEO.
		u := g.must(nSocket, abi.AF_INET, abi.SOCK_DGRAM, 0)
		g.must(nBind, u, g.sockaddrIn(0), 16)
		tv := make([]byte, 16)
		le.PutUint32(tv[8:], 20000)
		g.must(nSetsockopt, u, abi.SOL_SOCKET, abi.SO_RCVTIMEO, g.data(tv), 16)
		g.fails(abi.EAGAIN, nRead, u, g.alloc(8), 8)
		le.PutUint32(tv[8:], 1000000)
		g.fails(abi.EDOM, nSetsockopt, u, abi.SOL_SOCKET, abi.SO_RCVTIMEO, g.data(tv), 16)
	})
}

func TestSocketErrors(t *testing.T) {
	runGuests(t, hostfs.Options{}, func(g *guest) {
		for _, c := range []struct {
			domain, typ, proto uint64
			want               abi.Errno
		}{
			{99, abi.SOCK_STREAM, 0, abi.EAFNOSUPPORT}, {abi.AF_INET, 9, 0, abi.EPROTONOSUPPORT},
			{abi.AF_INET, abi.SOCK_STREAM, abi.IPPROTO_UDP, abi.EPROTOTYPE}, {abi.AF_INET, abi.SOCK_DGRAM, abi.IPPROTO_TCP, abi.EPROTOTYPE},
			{abi.AF_INET, abi.SOCK_STREAM, 200, abi.EPROTONOSUPPORT}, {abi.AF_UNIX, abi.SOCK_SEQPACKET, 0, abi.EPROTONOSUPPORT},
			{abi.AF_SYSTEM, abi.SOCK_DGRAM, 2, abi.EPROTONOSUPPORT}, {abi.AF_INET6, abi.SOCK_SEQPACKET, 0, abi.EPROTONOSUPPORT},
		} {
			g.fails(c.want, nSocket, c.domain, c.typ, c.proto)
		}
		g.fails(abi.EOPNOTSUPP, nSocketpair, abi.AF_INET, abi.SOCK_STREAM, 0, g.alloc(8))
		g.fails(abi.EFAULT, nSocketpair, abi.AF_UNIX, abi.SOCK_STREAM, 0, 1)
		s := g.must(nSocket, abi.AF_INET, abi.SOCK_STREAM, 0)
		if s > 4 {
			t.Errorf("descriptor %d: the failed socketpair has left its own", s)
		}
		v6 := g.data(abi.SockaddrIn6{}.Append(nil))
		g.fails(abi.EDESTADDRREQ, nBind, s, 0, 16)
		g.fails(abi.EINVAL, nBind, s, g.sockaddrIn(0), 1)
		g.fails(abi.EINVAL, nBind, s, g.sockaddrIn(0), 15)
		g.fails(abi.EINVAL, nBind, s, v6, 28)
		g.fails(abi.ENAMETOOLONG, nBind, s, g.alloc(300), 300)
		g.fails(abi.EFAULT, nBind, s, 1, 16)
		// A Mac answers for 127.0.0.1 alone; a connection elsewhere hangs.
		other := g.data(abi.SockaddrIn{Port: 9, Addr: [4]byte{127, 0, 71, 111}}.Append(nil))
		g.fails(abi.EADDRNOTAVAIL, nBind, s, other, 16)
		v := g.must(nSocket, abi.AF_INET, abi.SOCK_STREAM, 0)
		g.setInt(v, abi.IPPROTO_TCP, abi.TCP_CONNECTIONTIMEOUT, 1)
		g.must(nFcntl, v, abi.F_SETFL, abi.O_NONBLOCK)
		g.fails(abi.EINPROGRESS, nConnect, v, other, 16)
		g.fails(abi.EALREADY, nConnect, v, other, 16)
		if ev := g.poll(v, abi.POLLIN|abi.POLLOUT, 30); ev != 0 {
			t.Errorf("a connection that hangs polls %#x", ev)
		}
		g.must(nClose, v)
		g.fails(abi.EADDRNOTAVAIL, nConnect, s, g.sockaddrIn(0), 16)
		g.fails(abi.EINVAL, nAccept, s, 0, 0)
		g.fails(abi.ENOTSOCK, nListen, g.must(42), 1)
		g.fails(abi.EBADF, nListen, 200, 1)
		u := g.must(nSocket, abi.AF_INET, abi.SOCK_DGRAM, 0)
		g.fails(abi.EOPNOTSUPP, nListen, u, 1)
		g.fails(abi.EOPNOTSUPP, nAccept, u, 0, 0)
		g.fails(abi.EDESTADDRREQ, nWrite, u, g.str("x"), 1)
		g.fails(abi.EMSGSIZE, nSendto, u, g.alloc(9217), 9217, 0, g.sockaddrIn(9), 16)
		g.fails(abi.EADDRNOTAVAIL, nSendto, u, g.alloc(1), 1, 0, g.sockaddrIn(0), 16)
		g.fails(abi.EAFNOSUPPORT, nConnect, u, g.data(make([]byte, 16)), 16)
		g.fails(abi.ENOPROTOOPT, nGetsockopt, s, abi.SOL_SOCKET, abi.SO_ACCEPTCONN, g.alloc(4), g.data([]byte{4, 0, 0, 0}))
		g.fails(abi.EINVAL, nSetsockopt, s, abi.IPPROTO_IPV6, abi.IPV6_V6ONLY, g.data(intOpt(1)), 4)
		g.fails(abi.EINVAL, nSetsockopt, s, abi.SOL_SOCKET, abi.SO_RCVBUF, g.data(intOpt(0)), 4)
		g.fails(abi.ENOBUFS, nSetsockopt, s, abi.SOL_SOCKET, abi.SO_RCVBUF, g.data(intOpt(maxSockBuf+1)), 4)
		g.fails(abi.EFAULT, nSetsockopt, s, abi.SOL_SOCKET, abi.SO_RCVBUF, 0, 4)
		g.fails(abi.EMSGSIZE, nSendmsg, u, g.data(make([]byte, 48)), 0)
	})
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		g.fails(abi.EPERM, nSocket, abi.AF_INET, abi.SOCK_STREAM, 0)
		g.must(nSocket, abi.AF_UNIX, abi.SOCK_STREAM, 0)
	})
}

// Every option of the tables can be set and read back.
func TestOptions(t *testing.T) {
	runGuests(t, hostfs.Options{}, func(g *guest) {
		tcp := g.must(nSocket, abi.AF_INET, abi.SOCK_STREAM, 0)
		udp := g.must(nSocket, abi.AF_INET, abi.SOCK_DGRAM, 0)
		for _, c := range []struct {
			fd, level, name uint64
			set, get        int32
		}{
			{tcp, abi.SOL_SOCKET, abi.SO_KEEPALIVE, 1, abi.SO_KEEPALIVE}, {tcp, abi.SOL_SOCKET, abi.SO_REUSEADDR, 1, abi.SO_REUSEADDR},
			{tcp, abi.SOL_SOCKET, abi.SO_REUSEPORT, 7, abi.SO_REUSEPORT}, {udp, abi.SOL_SOCKET, abi.SO_BROADCAST, 1, abi.SO_BROADCAST},
			{tcp, abi.SOL_SOCKET, abi.SO_RCVBUF, 100000, 100000}, {udp, abi.SOL_SOCKET, abi.SO_SNDBUF, 65535, 65535},
			{tcp, abi.SOL_SOCKET, abi.SO_RCVLOWAT, 3, 3}, {tcp, abi.SOL_SOCKET, abi.SO_NOSIGPIPE, 1, 1}, {tcp, abi.SOL_SOCKET, abi.SO_RANDOMPORT, 1, 1},
			{tcp, abi.IPPROTO_TCP, abi.TCP_NODELAY, 1, 4}, {tcp, abi.IPPROTO_TCP, abi.TCP_NODELAY, 0, 0}, {tcp, abi.IPPROTO_TCP, abi.TCP_KEEPALIVE, 33, 33},
			{tcp, abi.IPPROTO_TCP, abi.TCP_KEEPINTVL, 5, 5}, {tcp, abi.IPPROTO_TCP, abi.TCP_KEEPCNT, 3, 3}, {tcp, abi.IPPROTO_TCP, abi.TCP_NOPUSH, 1, 0x1000},
			{tcp, abi.IPPROTO_TCP, abi.TCP_CONNECTIONTIMEOUT, 9, 9}, {tcp, abi.IPPROTO_TCP, abi.TCP_RXT_CONNDROPTIME, 12, 12},
			{udp, abi.IPPROTO_IP, abi.IP_TTL, 12, 12}, {udp, abi.IPPROTO_IP, abi.IP_TOS, 16, 16}, {udp, abi.IPPROTO_IP, abi.IP_MULTICAST_TTL, 3, 3},
			{udp, abi.IPPROTO_IP, abi.IP_MULTICAST_LOOP, 0, 0}, {udp, abi.IPPROTO_IP, abi.IP_RECVDSTADDR, 1, 1}, {udp, abi.IPPROTO_IP, abi.IP_PKTINFO, 0, 0},
			{udp, abi.IPPROTO_IP, abi.IP_DONTFRAG, 1, 1}, {udp, abi.IPPROTO_IP, abi.IP_PORTRANGE, 1, 1},
		} {
			g.setInt(c.fd, c.level, c.name, c.set)
			if v := g.getInt(c.fd, c.level, c.name); v != c.get {
				t.Errorf("option %d/%#x set to %d reads %d, want %d", c.level, c.name, c.set, v, c.get)
			}
		}
		if n := g.getInt(g.must(nSocket, abi.AF_INET, abi.SOCK_DGRAM, 0), abi.SOL_SOCKET, abi.SO_SNDBUF); n != 9216 {
			t.Errorf("SO_SNDBUF of UDP is %d", n)
		}
		if n := g.getInt(tcp, abi.SOL_SOCKET, abi.SO_NWRITE); n != 0 {
			t.Errorf("SO_NWRITE %d", n)
		}
		l := g.data([]byte{1, 0, 0, 0, 2, 0, 0, 0})
		g.must(nSetsockopt, tcp, abi.SOL_SOCKET, abi.SO_LINGER_SEC, l, 8)
		got, n := g.alloc(8), g.data([]byte{8, 0, 0, 0})
		g.must(nGetsockopt, tcp, abi.SOL_SOCKET, abi.SO_LINGER, got, n)
		if b := g.bytes(got, 8); b[0] != 1 || le.Uint32(b[4:]) != 200 {
			t.Errorf("SO_LINGER % x", b)
		}
		_, port := g.listenTCP()
		g.must(nConnect, tcp, g.sockaddrIn(port), 16)
		info, n := g.alloc(200), g.data([]byte{200, 0, 0, 0})
		g.must(nGetsockopt, tcp, abi.IPPROTO_TCP, abi.TCP_CONNECTION_INFO, info, n)
		if b := g.bytes(info, 112); b[0] != 4 || le.Uint32(b[16:]) == 0 || le.Uint32(g.bytes(n, 4)) != 112 {
			t.Errorf("connection info % x", b)
		}
	})
}

func TestUDP(t *testing.T) {
	runGuests(t, hostfs.Options{}, func(g *guest) {
		a, b := g.must(nSocket, abi.AF_INET, abi.SOCK_DGRAM, 0), g.must(nSocket, abi.AF_INET, abi.SOCK_DGRAM, 0)
		g.must(nBind, a, g.sockaddrIn(0), 16)
		g.setInt(a, abi.IPPROTO_IP, abi.IP_RECVDSTADDR, 1)
		sa, n := g.alloc(16), g.data([]byte{16, 0, 0, 0})
		g.must(nGetsockname, a, sa, n)
		g.must(nSendto, b, g.str("datagram"), 8, 0, sa, 16)
		m, buf, ctl, from := g.msg(4, 64)
		if k := g.must(nRecvmsg, a, m, 0); k != 4 || string(g.bytes(buf, 4)) != "data" {
			t.Errorf("%d bytes, %q", k, g.bytes(buf, 4))
		}
		var h abi.Msghdr
		h.Get(g.bytes(m, 48))
		if h.Flags != abi.MSG_TRUNC || h.Namelen != 16 || g.bytes(from, 16)[1] != abi.AF_INET {
			t.Errorf("header %+v, from % x", h, g.bytes(from, 16))
		}
		if c := g.bytes(ctl, int(h.Controllen)); !bytes.Equal(c, []byte{16, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 127, 0, 0, 1}) {
			t.Errorf("control % x", c)
		}
		g.must(nConnect, b, sa, 16)
		g.fails(abi.EISCONN, nSendto, b, g.str("x"), 1, 0, sa, 16)
		g.must(nSendto, b, 0, 0, 0, 0, 0) // an empty datagram is one
		g.expect(a, "")
		g.fails(abi.EAGAIN, nRecvfrom, a, g.alloc(4), 4, abi.MSG_DONTWAIT, 0, 0)
		g.must(nClose, a)
		g.send(b, "nobody")
		g.fails(abi.ECONNREFUSED, nRecvfrom, b, g.alloc(4), 4, 0, 0, 0)
		g.fails(abi.EAFNOSUPPORT, nConnect, b, g.data(make([]byte, 16)), 16)
		g.fails(abi.EDESTADDRREQ, nWrite, b, g.str("x"), 1)
	})
}

// msg makes a message header with one buffer, room for an address and for
// control messages.
func (g *guest) msg(size, control int) (m, buf, ctl, name uint64) {
	buf, ctl, name = g.alloc(size), g.alloc(control+1), g.alloc(128)
	iov := make([]byte, 16)
	(&abi.Iovec{Base: abi.Ptr(buf), Len: uint64(size)}).Put(iov)
	h := abi.Msghdr{Name: abi.Ptr(name), Namelen: 128, Iov: abi.Ptr(g.data(iov)), Iovlen: 1, Control: abi.Ptr(ctl), Controllen: uint32(control)}
	b := make([]byte, 48)
	h.Put(b)
	return g.data(b), buf, ctl, name
}

func TestSendfile(t *testing.T) {
	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
		g.writeFile("/tmp/f", "0123456789")
		f := g.must(5, g.str("/tmp/f"), abi.O_RDONLY, 0)
		a, b := g.pair(abi.SOCK_STREAM)
		iov := make([]byte, 16)
		(&abi.Iovec{Base: abi.Ptr(g.str("<<")), Len: 2}).Put(iov)
		hdtr := make([]byte, 32)
		le.PutUint64(hdtr, g.data(iov))
		hdtr[8] = 1
		le.PutUint64(hdtr[16:], g.data(iov))
		hdtr[24] = 1
		n := g.alloc(8)
		g.must(nSendfile, f, a, 3, n, g.data(hdtr), 0)
		g.expect(b, "<<3456789<<")
		if k := le.Uint64(g.bytes(n, 8)); k != 11 {
			t.Errorf("sent %d", k)
		}
		four := g.data([]byte{4, 0, 0, 0, 0, 0, 0, 0})
		g.must(nSendfile, f, a, 0, four, 0, 0)
		g.expect(b, "0123")
		g.fails(abi.EINVAL, nSendfile, f, a, 0, four, 0, 1)
		g.fails(abi.ENOTSOCK, nSendfile, f, f, 0, four, 0, 0)
		g.fails(abi.ENOTSUP, nSendfile, b, a, 0, four, 0, 0)
		u := g.must(nSocket, abi.AF_UNIX, abi.SOCK_STREAM, 0)
		g.fails(abi.ENOTCONN, nSendfile, f, u, 0, four, 0, 0)
	})
}

// The interface list holds the loopback interface in Darwin's layout.
func TestInterfaceList(t *testing.T) {
	for _, isolated := range []bool{false, true} {
		runGuests(t, hostfs.Options{Isolated: isolated}, func(g *guest) {
			var mib []byte
			for _, v := range []uint32{4, abi.AF_ROUTE, 0, 0, netRTIflist, 0} {
				mib = le.AppendUint32(mib, v)
			}
			n := g.alloc(8)
			g.must(202, g.data(mib), 6, 0, n, 0, 0)
			size := le.Uint64(g.bytes(n, 8))
			buf := g.alloc(int(size))
			g.must(202, g.data(mib), 6, buf, n, 0, 0)
			loopback, address := false, false
			for b := g.bytes(buf, int(size)); len(b) > 0; {
				k := int(le.Uint16(b))
				if k < 20 || k > len(b) || k%4 != 0 || b[2] != rtmVersion {
					t.Fatalf("message % x", b[:min(len(b), 32)])
				}
				switch b[3] {
				case rtmIfinfo:
					dl := b[112:k]
					loopback = loopback || le.Uint32(b[8:])&iffLoopback != 0 && string(dl[8:8+dl[5]]) == "lo0"
				case rtmNewaddr:
					sa := b[20+16 : k] // after an IPv4 netmask
					address = address || le.Uint32(b[4:]) == rtaNetmask|rtaIFA|rtaBRD && bytes.Equal(sa[4:8], []byte{127, 0, 0, 1})
				}
				b = b[k:]
			}
			if !loopback || !address {
				t.Errorf("isolated %v: loopback %v, its address %v", isolated, loopback, address)
			}
			s := g.must(nSocket, abi.AF_UNIX, abi.SOCK_DGRAM, 0)
			r := make([]byte, 32)
			copy(r, "lo0")
			ifr := g.data(r)
			g.must(54, s, uint64(abi.SIOCGIFNETMASK), ifr)
			if b := g.bytes(ifr, 32); !bytes.Equal(b[16:24], []byte{16, 2, 0, 0, 255, 0, 0, 0}) {
				t.Errorf("netmask % x", b[16:])
			}
			g.fails(abi.ENXIO, 54, s, uint64(abi.SIOCGIFMTU), g.data(append([]byte("none"), make([]byte, 28)...)))
		})
	}
}

// A group that a socket joins is in the list of its interface until it leaves.
func TestMulticastList(t *testing.T) {
	runGuests(t, hostfs.Options{}, func(g *guest) {
		list := func() string {
			var mib []byte
			for _, v := range []uint32{4, abi.AF_ROUTE, 0, 0, netRTIflist2, 0} {
				mib = le.AppendUint32(mib, v)
			}
			buf, n := g.alloc(1<<16), g.data([]byte{0, 0, 1, 0, 0, 0, 0, 0})
			g.must(202, g.data(mib), 6, buf, n, 0, 0)
			var out []string
			for b := g.bytes(buf, int(le.Uint64(g.bytes(n, 8)))); len(b) > 0; b = b[le.Uint16(b):] {
				if b[3] == rtmNewmaddr2 {
					sa := b[20+b[20]:]
					if sa[1] == abi.AF_INET {
						out = append(out, net.IP(sa[4:8]).String())
					}
				}
			}
			return strings.Join(out, " ")
		}
		if l := list(); !strings.Contains(l, "224.0.0.1") {
			t.Errorf("groups %q", l)
		}
		s := g.must(nSocket, abi.AF_INET, abi.SOCK_DGRAM, 0)
		mreq := g.data([]byte{224, 0, 0, 250, 127, 0, 0, 1})
		if _, e := g.sys(nSetsockopt, s, abi.IPPROTO_IP, abi.IP_ADD_MEMBERSHIP, mreq, 8); e != 0 {
			t.Skipf("the host does no multicast: %v", e)
		}
		if l := list(); !strings.Contains(l, "224.0.0.250") {
			t.Errorf("groups %q", l)
		}
		g.must(nSetsockopt, s, abi.IPPROTO_IP, abi.IP_DROP_MEMBERSHIP, mreq, 8)
		if l := list(); strings.Contains(l, "224.0.0.250") {
			t.Errorf("after leaving: %q", l)
		}
	})
}

// A transfer larger than every buffer goes through blocking calls whole, and
// MSG_WAITALL waits for all of what was asked for.
func TestLargeTransfer(t *testing.T) {
	const size = 3 << 20
	for _, domain := range []uint64{abi.AF_INET, abi.AF_UNIX} {
		var to []byte
		done := false
		runGuests(t, hostfs.Options{}, func(g *guest) {
			l := g.must(nSocket, domain, abi.SOCK_STREAM, 0)
			sa := unixAddr(filepath.Join(t.TempDir(), "s"))
			if domain == abi.AF_INET {
				sa = abi.SockaddrIn{Addr: [4]byte{127, 0, 0, 1}}.Append(nil)
			}
			g.must(nBind, l, g.data(sa), uint64(len(sa)))
			g.must(nListen, l, 1)
			n := g.data([]byte{128, 0, 0, 0})
			name := g.alloc(128)
			g.must(nGetsockname, l, name, n)
			to = g.bytes(name, int(le.Uint32(g.bytes(n, 4))))
			c := g.must(nAccept, l, 0, 0)
			buf := g.alloc(size)
			if n := g.must(nRecvfrom, c, buf, size, abi.MSG_WAITALL, 0, 0); n != size {
				t.Errorf("family %d: received %d", domain, n)
			}
			for i, v := range g.bytes(buf, size) {
				if v != byte(i*7>>8) {
					t.Errorf("family %d: byte %d is %d", domain, i, v)
					break
				}
			}
			for !done {
				g.sys(20)
			}
		}, func(g *guest) {
			for to == nil {
				g.sys(20)
			}
			b := make([]byte, size)
			for i := range b {
				b[i] = byte(i * 7 >> 8)
			}
			c := g.must(nSocket, domain, abi.SOCK_STREAM, 0)
			g.must(nConnect, c, g.data(to), uint64(len(to)))
			if n := g.must(nSendto, c, g.data(b), size, 0, 0, 0); n != size {
				t.Errorf("family %d: sent %d", domain, n)
			}
			done = true
		})
	}
}

// kqueue notes on sockets: a peer that has gone is EV_EOF on the reading side,
// with what is left to read.
func TestSocketEvents(t *testing.T) {
	runGuests(t, hostfs.Options{}, func(g *guest) {
		l, port := g.listenTCP()
		tc := g.must(nSocket, abi.AF_INET, abi.SOCK_STREAM, 0)
		if ev := g.poll(tc, abi.POLLIN|abi.POLLOUT, 0); ev != 0 {
			t.Errorf("a fresh stream socket polls %#x", ev)
		}
		g.must(nConnect, tc, g.sockaddrIn(port), 16)
		if ev := g.poll(l, abi.POLLIN, 5000); ev != abi.POLLIN {
			t.Errorf("a connection waits: poll %#x", ev)
		}
		ts := g.must(nAccept, l, 0, 0)
		ua, ub := g.pair(abi.SOCK_STREAM)
		for _, p := range [][2]uint64{{tc, ts}, {ua, ub}} {
			kq := g.must(362)
			ev := abi.Kevent{Ident: p[0], Filter: abi.EVFILT_READ, Flags: abi.EV_ADD | abi.EV_CLEAR}
			g.kevent(kq, &ev, nil)
			g.send(p[1], "abc")
			var got abi.Kevent
			if n := g.kevent(kq, nil, &got); n != 1 || got.Ident != p[0] || got.Data != 3 || got.Flags&abi.EV_EOF != 0 {
				t.Errorf("%d events, %+v", n, got)
			}
			g.must(nClose, p[1])
			if n := g.kevent(kq, nil, &got); n != 1 || got.Data != 3 || got.Flags&abi.EV_EOF == 0 {
				t.Errorf("at the end: %d events, %+v", n, got)
			}
			if ev := g.poll(p[0], abi.POLLIN, 0); ev != abi.POLLIN|abi.POLLHUP {
				t.Errorf("poll %#x", ev)
			}
			g.expect(p[0], "abc")
			g.expect(p[0], "")
		}
	})
}

// poll asks for events of one descriptor.
func (g *guest) poll(fd uint64, events int16, ms uint64) int16 {
	b := make([]byte, 8)
	(&abi.Pollfd{Fd: abi.FD(fd), Events: events}).Put(b)
	a := g.data(b)
	g.must(nPoll, a, 1, ms)
	var p abi.Pollfd
	p.Get(g.bytes(a, 8))
	return p.Revents
}

// kevent makes one change, or waits for one event.
func (g *guest) kevent(kq uint64, change, event *abi.Kevent) uint64 {
	b := make([]byte, 32)
	if change != nil {
		change.Put(b)
		return g.must(363, kq, g.data(b), 1, 0, 0, 0)
	}
	out, five := g.alloc(32), g.data([]byte{5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	n := g.must(363, kq, 0, 0, out, 1, five)
	event.Get(g.bytes(out, 32))
	return n
}
