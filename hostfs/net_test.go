package hostfs

import (
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestStream(t *testing.T) {
	h := newHost(t, Options{})
	for _, family := range []int{unix.AF_INET, unix.AF_INET6, unix.AF_UNIX} {
		a := Addr{Family: family, AddrPort: netip.MustParseAddrPort("127.0.0.1:0")}
		switch family {
		case unix.AF_INET6:
			a.AddrPort = netip.MustParseAddrPort("[::1]:0")
		case unix.AF_UNIX:
			a = Addr{Family: family, Path: tempDir(t) + "/@s"}
		}
		l := socket(t, h, family, unix.SOCK_STREAM)
		if err := l.Bind(a); family == unix.AF_INET6 && err == unix.EADDRNOTAVAIL {
			continue // a host without IPv6
		} else {
			must(t, err)
		}
		must(t, l.Listen(5))
		_, _, err := l.Accept()
		wantErr(t, "accept", err, unix.EAGAIN)
		name, err := l.Name()
		must(t, err)
		c := socket(t, h, family, unix.SOCK_STREAM)
		_, err = c.Peer()
		wantErr(t, "peer", err, unix.ENOTCONN)
		if err := c.Connect(name); err != nil && err != unix.EINPROGRESS {
			t.Fatal(err)
		}
		pollFor(t, h, l.FD(), In)
		s, from, err := l.Accept()
		must(t, err)
		defer s.Close()
		pollFor(t, h, c.FD(), Out)
		must(t, c.Error())
		if peer, err := c.Peer(); peer != name || err != nil {
			t.Errorf("peer %+v, want %+v, %v", peer, name, err)
		}
		if mine, err := c.Name(); mine != from || err != nil {
			t.Errorf("name %+v, seen as %+v, %v", mine, from, err)
		}
		buf := make([]byte, 10)
		_, _, _, _, err = s.Recv(buf, 0)
		wantErr(t, "nothing to read", err, unix.EAGAIN)
		must2(t)(c.Send([]byte("hello"), nil, 0, nil))
		pollFor(t, h, s.FD(), In)
		if n, err := s.Readable(); n != 5 || err != nil {
			t.Errorf("readable %d, %v", n, err)
		}
		if n, _, _, _, err := s.Recv(buf, 0); string(buf[:n]) != "hello" || err != nil {
			t.Errorf("%q, %v", buf[:n], err)
		}
		must(t, c.Shutdown(unix.SHUT_WR))
		pollFor(t, h, s.FD(), In)
		if n, _, _, _, err := s.Recv(buf, 0); n != 0 || err != nil {
			t.Errorf("end: %d, %v", n, err)
		}
		must(t, c.Close())
		for range 100 {
			if _, err = s.Send(make([]byte, 100), nil, 0, nil); err != nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if err != unix.EPIPE && err != unix.ECONNRESET {
			t.Errorf("send to nobody: %v", err)
		}
	}
}

func socket(t *testing.T, h *host, family, typ int) Sock {
	t.Helper()
	s, err := h.Net().Socket(family, typ, 0)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	if fl, err := unix.FcntlInt(uintptr(s.FD()), unix.F_GETFD, 0); err != nil || fl&unix.FD_CLOEXEC == 0 {
		t.Error("not close-on-exec")
	}
	return s
}

func pollFor(t *testing.T, h *host, fd int, ev Events) {
	t.Helper()
	must(t, h.Poller().Watch(fd, ev, 1))
	if got := wait(t, h.Poller(), 5*time.Second); len(got) == 0 {
		t.Fatal("never ready")
	}
	must(t, h.Poller().Watch(fd, 0, 0))
}

func TestDatagrams(t *testing.T) {
	h := newHost(t, Options{})
	a, b := socket(t, h, unix.AF_INET, unix.SOCK_DGRAM), socket(t, h, unix.AF_INET, unix.SOCK_DGRAM)
	local := Addr{Family: unix.AF_INET, AddrPort: netip.MustParseAddrPort("127.0.0.1:0")}
	must(t, a.Bind(local))
	must(t, b.Bind(local))
	to, err := a.Name()
	must(t, err)
	must2(t)(b.Send([]byte("datagram"), &to, 0, nil))
	pollFor(t, h, a.FD(), In)
	buf := make([]byte, 4)
	n, from, _, fl, err := a.Recv(buf, unix.MSG_TRUNC)
	if n != 8 || fl&unix.MSG_TRUNC == 0 || err != nil {
		t.Errorf("%d, %x, %v", n, fl, err)
	}
	if me, _ := b.Name(); from != me {
		t.Errorf("from %+v, want %+v", from, me)
	}
	must(t, b.Connect(to))
	must(t, b.Connect(Addr{Family: unix.AF_UNSPEC}))
	_, err = b.Send([]byte("x"), nil, 0, nil)
	wantErr(t, "no address", err, unix.EDESTADDRREQ)
	if n, err := b.GetOpt(unix.SOL_SOCKET, unix.SO_TYPE, buf); n != 4 || err != nil || buf[0] != unix.SOCK_DGRAM {
		t.Errorf("%d, %v, %v", n, buf, err)
	}
	must(t, b.SetOpt(unix.SOL_SOCKET, unix.SO_BROADCAST, []byte{1, 0, 0, 0}))
	wantErr(t, "no value", b.SetOpt(unix.SOL_SOCKET, unix.SO_BROADCAST, nil), unix.EINVAL)
	wantErr(t, "wrong family", b.Bind(Addr{Family: 99}), unix.EAFNOSUPPORT)
	_, err = h.Net().Socket(unix.AF_NETLINK, unix.SOCK_RAW, 0)
	wantErr(t, "netlink", err, unix.EAFNOSUPPORT)
}

func TestRights(t *testing.T) {
	h := newHost(t, Options{})
	pair, err := h.Net().Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	must(t, err)
	defer pair[0].Close()
	defer pair[1].Close()
	f, err := os.Open("net_test.go")
	must(t, err)
	defer f.Close()
	must2(t)(pair[0].Send([]byte("x"), nil, 0, ControlRights(int(f.Fd()))))
	n, _, control, _, err := pair[1].Recv(make([]byte, 10), 0)
	if n != 1 || err != nil {
		t.Fatal(n, err)
	}
	fds, err := ParseRights(control)
	if len(fds) != 1 || err != nil {
		t.Fatal(fds, err)
	}
	g, err := h.Adopt(fds[0])
	must(t, err)
	if !strings.HasPrefix(readFile(t, g), "package hostfs") || !strings.HasSuffix(g.Path(), "/net_test.go") {
		t.Errorf("the wrong file: %s", g.Path())
	}
	must(t, g.Close())
	// No byte comes from nowhere.
	if n, _, _, _, err := pair[1].Recv(nil, 0); n != 0 || err != unix.EAGAIN && err != nil {
		t.Errorf("%d, %v", n, err)
	}
	d, err := pair[0].Dup()
	must(t, err)
	must(t, d.Close())
	wantErr(t, "close twice", d.Close(), unix.EBADF)
	s, err := h.Adopt(mustDup(t, pair[0].FD()))
	must(t, err)
	must2(t)(s.Write([]byte("by file")))
	e, err := h.Net().Adopt(mustDup(t, pair[1].FD()))
	must(t, err)
	buf := make([]byte, 10)
	if n, _, _, _, err := e.Recv(buf, 0); string(buf[:n]) != "by file" || err != nil {
		t.Errorf("%q, %v", buf[:n], err)
	}
	must(t, s.Close())
	must(t, e.Close())
}

func mustDup(t *testing.T, fd int) int {
	t.Helper()
	n, err := unix.Dup(fd)
	must(t, err)
	return n
}

func TestUnixNames(t *testing.T) {
	for _, path := range []string{"/tmp/x", "@not-abstract", "\x00abstract\x00y", "", strings.Repeat("p", 107)} {
		a := Addr{Family: unix.AF_UNIX, Path: path}
		raw, n, err := a.raw()
		must(t, err)
		if b := raw.addr(n, unix.AF_UNIX); b != a {
			t.Errorf("%q comes back as %q", path, b.Path)
		}
	}
	_, _, err := Addr{Family: unix.AF_UNIX, Path: strings.Repeat("p", 108)}.raw()
	wantErr(t, "long", err, unix.ENAMETOOLONG)
	_, _, err = Addr{Family: unix.AF_UNIX, Path: "a\x00b"}.raw()
	wantErr(t, "NUL", err, unix.EINVAL)
	six := Addr{Family: unix.AF_INET6, AddrPort: netip.MustParseAddrPort("[fe80::1]:80"), Scope: 3, FlowInfo: 0x12345}
	raw, n, err := six.raw()
	must(t, err)
	if b := raw.addr(n, unix.AF_INET6); b != six {
		t.Errorf("%+v comes back as %+v", six, b)
	}
}

func TestInterfaces(t *testing.T) {
	list, err := newHost(t, Options{}).Net().Interfaces()
	must(t, err)
	for _, i := range list {
		if i.Flags&unix.IFF_LOOPBACK != 0 {
			return
		}
	}
	t.Errorf("no loopback in %+v", list)
}
