package hostfs

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

type hostNet struct{}

func (hostNet) Socket(family, typ, proto int) (Sock, error) {
	if err := checkFamily(family); err != nil {
		return nil, err
	}
	fd, err := unix.Socket(family, typ&0xf|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
	if err != nil {
		return nil, err
	}
	return &hostSock{fd: fd, family: family, typ: typ & 0xf}, nil
}

func (hostNet) Socketpair(family, typ, proto int) ([2]Sock, error) {
	if err := checkFamily(family); err != nil {
		return [2]Sock{}, err
	}
	fds, err := unix.Socketpair(family, typ&0xf|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
	if err != nil {
		return [2]Sock{}, err
	}
	return [2]Sock{
		&hostSock{fd: fds[0], family: family, typ: typ & 0xf},
		&hostSock{fd: fds[1], family: family, typ: typ & 0xf},
	}, nil
}

func checkFamily(family int) error {
	switch family {
	case unix.AF_INET, unix.AF_INET6, unix.AF_UNIX:
		return nil
	}
	return unix.EAFNOSUPPORT
}

func (hostNet) Adopt(fd int) (Sock, error) {
	family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		return nil, err
	}
	if err := checkFamily(family); err != nil {
		return nil, err
	}
	typ, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return nil, err
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
		return nil, err
	}
	return &hostSock{fd: fd, family: family, typ: typ}, nil
}

// hostSock never relies on the description's O_NONBLOCK, which an adopted
// socket may share with others, where the call itself can say it.
type hostSock struct {
	fd, family, typ int
}

func (s *hostSock) FD() int     { return s.fd }
func (s *hostSock) Family() int { return s.family }
func (s *hostSock) Type() int   { return s.typ }

func (s *hostSock) Bind(a Addr) error {
	return s.withAddr(unix.SYS_BIND, a)
}

// withAddr is bind or connect.
func (s *hostSock) withAddr(trap uintptr, a Addr) error {
	raw, n, err := a.raw()
	if err != nil {
		return err
	}
	if _, _, e := unix.Syscall(trap, uintptr(s.fd), uintptr(unsafe.Pointer(&raw)), uintptr(n)); e != 0 {
		return e
	}
	return nil
}

func (s *hostSock) Listen(backlog int) error { return unix.Listen(s.fd, backlog) }

func (s *hostSock) Accept() (Sock, Addr, error) {
	// An adopted socket may be blocking.
	if !ready(s.fd, unix.POLLIN) {
		if on, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil && on == 1 {
			return nil, Addr{}, unix.EAGAIN
		}
	}
	for {
		var raw rawAddr
		n := uint32(len(raw))
		fd, _, e := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(s.fd), uintptr(unsafe.Pointer(&raw)), uintptr(unsafe.Pointer(&n)), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0, 0)
		switch e {
		case unix.EINTR:
		case 0:
			return &hostSock{fd: int(fd), family: s.family, typ: s.typ}, raw.addr(n, s.family), nil
		default:
			return nil, Addr{}, e
		}
	}
}

func (s *hostSock) Connect(a Addr) error {
	err := s.withAddr(unix.SYS_CONNECT, a)
	if err == unix.EINTR {
		return unix.EINPROGRESS
	}
	return err
}

func (s *hostSock) Name() (Addr, error) { return s.askAddr(unix.SYS_GETSOCKNAME) }
func (s *hostSock) Peer() (Addr, error) { return s.askAddr(unix.SYS_GETPEERNAME) }

func (s *hostSock) askAddr(trap uintptr) (Addr, error) {
	var raw rawAddr
	n := uint32(len(raw))
	if _, _, e := unix.Syscall(trap, uintptr(s.fd), uintptr(unsafe.Pointer(&raw)), uintptr(unsafe.Pointer(&n))); e != 0 {
		return Addr{}, e
	}
	return raw.addr(n, s.family), nil
}

func (s *hostSock) Shutdown(how int) error { return unix.Shutdown(s.fd, how) }

func (s *hostSock) Send(p []byte, to *Addr, flags int, control []byte) (int, error) {
	var raw rawAddr
	var m message
	if to != nil {
		n, err := uint32(0), error(nil)
		if raw, n, err = to.raw(); err != nil {
			return 0, err
		}
		m.hdr.Name, m.hdr.Namelen = &raw[0], n
	}
	m.set(p, control)
	return m.call(unix.SYS_SENDMSG, s.fd, flags|unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

func (s *hostSock) Recv(p []byte, flags int) (n int, from Addr, control []byte, rflags int, err error) {
	var raw rawAddr
	var m message
	oob := make([]byte, MaxControl)
	m.hdr.Name, m.hdr.Namelen = &raw[0], uint32(len(raw))
	m.set(p, oob)
	n, err = m.call(unix.SYS_RECVMSG, s.fd, flags|unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return 0, Addr{}, nil, 0, err
	}
	if got := min(int(m.hdr.Controllen), len(oob)); got > 0 {
		control = oob[:got:got]
	}
	if m.hdr.Namelen > 0 {
		from = raw.addr(m.hdr.Namelen, s.family)
	}
	return n, from, control, int(m.hdr.Flags) &^ unix.MSG_CMSG_CLOEXEC, nil
}

// message is a msghdr with one buffer.
type message struct {
	hdr unix.Msghdr
	iov unix.Iovec
}

func (m *message) set(p, control []byte) {
	if len(p) > 0 {
		m.iov.Base = &p[0]
		m.iov.SetLen(len(p))
	}
	m.hdr.Iov = &m.iov
	m.hdr.SetIovlen(1)
	if len(control) > 0 {
		m.hdr.Control = &control[0]
		m.hdr.SetControllen(len(control))
	}
}

func (m *message) call(trap uintptr, fd, flags int) (int, error) {
	for {
		n, _, e := unix.Syscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr)), uintptr(flags))
		switch e {
		case 0:
			return int(n), nil
		case unix.EINTR:
		default:
			return 0, e
		}
	}
}

func (s *hostSock) GetOpt(level, name int, buf []byte) (int, error) {
	var none byte
	p, n := unsafe.Pointer(&none), uint32(len(buf))
	if len(buf) > 0 {
		p = unsafe.Pointer(&buf[0])
	}
	_, _, e := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(s.fd), uintptr(level), uintptr(name), uintptr(p), uintptr(unsafe.Pointer(&n)), 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

func (s *hostSock) SetOpt(level, name int, val []byte) error {
	var none byte
	p := unsafe.Pointer(&none)
	if len(val) > 0 {
		p = unsafe.Pointer(&val[0])
	}
	_, _, e := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(s.fd), uintptr(level), uintptr(name), uintptr(p), uintptr(len(val)), 0)
	if e != 0 {
		return e
	}
	return nil
}

func (s *hostSock) Error() error {
	n, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if n != 0 {
		return unix.Errno(n)
	}
	return nil
}

func (s *hostSock) Readable() (int, error) { return unix.IoctlGetInt(s.fd, unix.TIOCINQ) }

func (s *hostSock) Unsent() (int, error) { return unix.IoctlGetInt(s.fd, unix.TIOCOUTQ) }

func (s *hostSock) AtMark() (bool, error) {
	const siocAtMark = 0x8905
	n, err := ioctlInt32(s.fd, siocAtMark)
	return n != 0, err
}

func (s *hostSock) Stat() (Stat, error) { return statAt(s.fd, "", unix.AT_EMPTY_PATH) }

func (s *hostSock) Dup() (Sock, error) {
	fd, err := unix.FcntlInt(uintptr(s.fd), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return &hostSock{fd: fd, family: s.family, typ: s.typ}, nil
}

func (s *hostSock) Close() error {
	if s.fd < 0 {
		return unix.EBADF
	}
	fd := s.fd
	s.fd = -1
	return closeFD(fd)
}

// rawAddr is the host's sockaddr. x/sys has types for it, but they drop the
// flow information and read a leading @ as the abstract name space.
type rawAddr [112]byte

// raw makes the host's form of an address.
func (a Addr) raw() (r rawAddr, n uint32, err error) {
	ip := a.AddrPort.Addr()
	binary.NativeEndian.PutUint16(r[:], uint16(a.Family))
	switch a.Family {
	case unix.AF_UNSPEC:
		return r, 16, nil
	case unix.AF_INET:
		if !ip.IsValid() {
			ip = netip.IPv4Unspecified()
		}
		if ip = ip.Unmap(); !ip.Is4() {
			return r, 0, unix.EAFNOSUPPORT
		}
		b := ip.As4()
		binary.BigEndian.PutUint16(r[2:], a.AddrPort.Port())
		copy(r[4:], b[:])
		return r, 16, nil
	case unix.AF_INET6:
		if !ip.IsValid() {
			ip = netip.IPv6Unspecified()
		}
		b := ip.As16()
		binary.BigEndian.PutUint16(r[2:], a.AddrPort.Port())
		binary.BigEndian.PutUint32(r[4:], a.FlowInfo)
		copy(r[8:], b[:])
		binary.NativeEndian.PutUint32(r[24:], a.Scope)
		return r, 28, nil
	case unix.AF_UNIX:
		if len(a.Path) > 107 {
			return r, 0, unix.ENAMETOOLONG
		}
		if strings.IndexByte(a.Path, 0) > 0 {
			return r, 0, unix.EINVAL
		}
		n = 2 + uint32(copy(r[2:], a.Path))
		if a.Path != "" && a.Path[0] != 0 {
			n++
		}
		return r, n, nil
	}
	return r, 0, unix.EAFNOSUPPORT
}

// addr reads the host's form; n is the length that the host gave.
func (r *rawAddr) addr(n uint32, family int) Addr {
	if n < 2 {
		return Addr{Family: family}
	}
	port := binary.BigEndian.Uint16(r[2:])
	a := Addr{Family: int(binary.NativeEndian.Uint16(r[:]))}
	switch a.Family {
	case unix.AF_INET:
		a.AddrPort = netip.AddrPortFrom(netip.AddrFrom4([4]byte(r[4:8])), port)
	case unix.AF_INET6:
		a.AddrPort = netip.AddrPortFrom(netip.AddrFrom16([16]byte(r[8:24])), port)
		a.FlowInfo = binary.BigEndian.Uint32(r[4:])
		a.Scope = binary.NativeEndian.Uint32(r[24:])
	case unix.AF_UNIX:
		name := r[2:min(int(n), len(r))]
		if len(name) > 0 && name[0] != 0 {
			a.Path = cstring(name)
		} else {
			a.Path = string(name)
		}
	}
	return a
}
