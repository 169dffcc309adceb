package bsd

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The calls on sockets, after bsd/kern/uipc_syscalls.c.

func sockRows() []kern.Row {
	const (
		families = "AF_UNIX, AF_INET and AF_INET6; other families are EAFNOSUPPORT or EPROTONOSUPPORT; without a network (isolated) the Internet families are EPERM, as in a sandbox; ICMP datagrams come without their IP header; a raw ICMP message of fewer than 2 bytes is EINVAL"
		options  = "options outside the tables of sockopt.go and sockopt_inet.go are ENOPROTOOPT and counted; close does not wait for SO_LINGER; traffic classes, port ranges and the other options of keptOptions are remembered without effect"
	)
	rows := []kern.Row{
		kern.Sys(97, "socket", kern.RetInt, kern.Partial, socketCall, families),
		kern.Sys(450, "socket_delegate", kern.RetInt, kern.Partial, socketDelegate, families),
		kern.Sys(135, "socketpair", kern.RetInt, kern.Full, socketpair),
		kern.Sys(104, "bind", kern.RetInt, kern.Full, bind),
		kern.Sys(106, "listen", kern.RetInt, kern.Full, listen),
		kern.Sys(30, "accept", kern.RetInt, kern.Full, accept),
		kern.Sys(404, "accept_nocancel", kern.RetInt, kern.Full, accept),
		kern.Sys(98, "connect", kern.RetInt, kern.Full, connect),
		kern.Sys(409, "connect_nocancel", kern.RetInt, kern.Full, connect),
		kern.Sys(32, "getsockname", kern.RetInt, kern.Full, getsockname),
		kern.Sys(31, "getpeername", kern.RetInt, kern.Full, getpeername),
		kern.Sys(134, "shutdown", kern.RetInt, kern.Full, shutdown),
		kern.Sys(105, "setsockopt", kern.RetInt, kern.Partial, setsockopt, options),
		kern.Sys(118, "getsockopt", kern.RetInt, kern.Partial, getsockopt, options),
	}
	return append(append(rows, sockIORows()...), sockMultiRows()...)
}

type socketArgs struct {
	Domain   int32 `flags:"af"`
	Type     int32 `flags:"socktype"`
	Protocol int32
}

func socketCall(t *kern.Thread, a *socketArgs) (uint64, error) {
	s, err := makeSocket(t, a.Domain, a.Type, a.Protocol)
	if err != nil {
		return 0, err
	}
	return giveSocket(t, s, kern.FREAD|kern.FWRITE)
}

type socketDelegateArgs struct {
	Domain, Type, Protocol int32
	EPID                   abi.PID
}

// socketDelegate needs a privilege that only root has.
func socketDelegate(t *kern.Thread, a *socketDelegateArgs) (uint64, error) {
	if t.Proc.Cred.EUID != 0 {
		return 0, abi.EACCES
	}
	return socketCall(t, &socketArgs{a.Domain, a.Type, a.Protocol})
}

// giveSocket puts a socket at the lowest free descriptor; without one it goes.
func giveSocket(t *kern.Thread, s *socket, flags uint32) (uint64, error) {
	f := kern.NewFile(s, flags)
	fd, err := t.Proc.AllocFD(f, 0, false)
	if err != nil {
		f.Unref()
		return 0, err
	}
	return uint64(fd), nil
}

// makeSocket is socreate: what no protocol stands for is EAFNOSUPPORT,
// EPROTOTYPE (the protocol exists for another type) or EPROTONOSUPPORT.
func makeSocket(t *kern.Thread, domain, typ, proto int32) (*socket, error) {
	number, err := checkProtocol(t, domain, typ, proto)
	if err != nil {
		return nil, err
	}
	s := newSocket(t, domain, typ, number)
	if domain == abi.AF_UNIX {
		s.p = &unixSock{}
		return s, nil
	}
	net := t.Machine().Host.Net()
	if net == nil {
		return nil, abi.EPERM
	}
	family := unix.AF_INET
	if domain == abi.AF_INET6 {
		family = unix.AF_INET6
	}
	h, err := net.Socket(family, int(typ), int(number))
	if err != nil {
		return nil, sockErr(err)
	}
	s.p = newHostSock(h)
	return s, nil
}

// checkProtocol finds the protocol's number.
func checkProtocol(t *kern.Thread, domain, typ, proto int32) (int32, error) {
	switch domain {
	case abi.AF_UNIX:
		if proto != 0 || typ != abi.SOCK_STREAM && typ != abi.SOCK_DGRAM {
			return 0, abi.EPROTONOSUPPORT
		}
		return 0, nil
	case abi.AF_INET, abi.AF_INET6:
	case abi.AF_ROUTE, abi.AF_SYSTEM, abi.AF_NDRV, abi.PF_KEY, abi.AF_MULTIPATH, abi.AF_VSOCK:
		t.Machine().Note("socket family " + strconv.Itoa(int(domain)))
		return 0, abi.EPROTONOSUPPORT
	default:
		return 0, abi.EAFNOSUPPORT
	}
	icmp := int32(abi.IPPROTO_ICMP)
	if domain == abi.AF_INET6 {
		icmp = abi.IPPROTO_ICMPV6
	}
	switch typ {
	case abi.SOCK_STREAM:
		switch proto {
		case 0, abi.IPPROTO_TCP:
			return abi.IPPROTO_TCP, nil
		case abi.IPPROTO_UDP, icmp:
			return 0, abi.EPROTOTYPE
		}
	case abi.SOCK_DGRAM:
		switch proto {
		case 0, abi.IPPROTO_UDP:
			return abi.IPPROTO_UDP, nil
		case icmp:
			return icmp, nil
		case abi.IPPROTO_TCP:
			return 0, abi.EPROTOTYPE
		}
	case abi.SOCK_RAW:
		if proto < 0 || proto > 255 {
			return 0, abi.EPROTONOSUPPORT
		}
		if t.Proc.Cred.EUID != 0 {
			return 0, abi.EPERM
		}
		if proto == 0 {
			return abi.IPPROTO_RAW, nil
		}
		return proto, nil
	}
	return 0, abi.EPROTONOSUPPORT
}

type socketpairArgs struct {
	Domain   int32 `flags:"af"`
	Type     int32 `flags:"socktype"`
	Protocol int32
	SV       abi.Ptr `struct:"int2"`
}

func socketpair(t *kern.Thread, a *socketpairArgs) (uint64, error) {
	number, err := checkProtocol(t, a.Domain, a.Type, a.Protocol)
	if err != nil {
		return 0, err
	}
	if a.Domain != abi.AF_UNIX {
		// The Internet protocols have no pru_connect2.
		return 0, abi.EOPNOTSUPP
	}
	s1, s2 := newSocket(t, a.Domain, a.Type, number), newSocket(t, a.Domain, a.Type, number)
	u1, u2 := &unixSock{}, &unixSock{}
	s1.p, s2.p = u1, u2
	u1.s, u2.s = s1, s2
	pairUnix(u1, u2)
	fd1, err := giveSocket(t, s1, kern.FREAD|kern.FWRITE)
	if err != nil {
		s2.p.close(s2)
		return 0, err
	}
	fd2, err := giveSocket(t, s2, kern.FREAD|kern.FWRITE)
	if err == nil {
		var b [8]byte
		le.PutUint32(b[:], uint32(fd1))
		le.PutUint32(b[4:], uint32(fd2))
		if err = t.Space().CopyOut(uint64(a.SV), b[:]); err == nil {
			return 0, nil
		}
		t.Proc.CloseFD(abi.FD(fd2))
	}
	t.Proc.CloseFD(abi.FD(fd1))
	return 0, err
}

type sockaddrArgs struct {
	FD      abi.FD
	Name    abi.Ptr `struct:"sockaddr" dir:"in"`
	NameLen uint32
}

func bind(t *kern.Thread, a *sockaddrArgs) (uint64, error) {
	_, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	if a.Name == 0 {
		return 0, abi.EDESTADDRREQ
	}
	sa, err := copyInSockaddr(t, s, a.Name, a.NameLen, true)
	if err != nil {
		return 0, err
	}
	return 0, s.p.bind(t, s, sa)
}

type listenArgs struct {
	FD      abi.FD
	Backlog int32
}

func listen(t *kern.Thread, a *listenArgs) (uint64, error) {
	_, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	if s.atomic() {
		return 0, abi.EOPNOTSUPP
	}
	// A connected socket cannot become a listening one (solisten).
	if s.p.state(s)&(isConnected|isConnecting|isShut) != 0 {
		return 0, abi.EINVAL
	}
	n := a.Backlog
	if n <= 0 || n > abi.SOMAXCONN {
		n = abi.SOMAXCONN
	}
	return 0, s.p.listen(t, s, int(n))
}

type acceptArgs struct {
	FD      abi.FD
	Name    abi.Ptr `struct:"sockaddr" dir:"out"`
	NameLen abi.Ptr
}

func accept(t *kern.Thread, a *acceptArgs) (uint64, error) {
	var room uint32
	if a.Name != 0 {
		n, err := t.Space().Load32(uint64(a.NameLen))
		if err != nil {
			return 0, err
		}
		room = n
	}
	f, s, err := socketOf(t, a.FD)
	if pinned, ok := t.CallData().(*kern.File); ok && pinned != f {
		// Closed while this thread waited (SS_DRAINING).
		return 0, abi.ECONNABORTED
	}
	if err != nil {
		return 0, err
	}
	if s.p.state(s)&isListening == 0 {
		if s.atomic() {
			return 0, abi.EOPNOTSUPP
		}
		return 0, abi.EINVAL
	}
	if err := s.takeErr(); err != nil {
		return 0, err
	}
	p, sa, err := s.p.accept(t, s)
	if err != nil {
		if isAgain(err) && !f.Nonblocking() {
			t.SetCallData(f)
			return 0, s.wait(t, kern.EvIn, 0)
		}
		return 0, err
	}
	n := s.spawn(t, p)
	fd, err := giveSocket(t, n, f.Flags&^abi.FWASWRITTEN)
	if err != nil {
		return 0, err
	}
	if a.Name == 0 {
		return fd, nil
	}
	if err := copyOutSockaddr(t, sa, a.Name, a.NameLen, room); err != nil {
		return 0, err
	}
	return fd, nil
}

// spawn makes the socket of an accepted connection: options go over, the
// pending error and the timeouts too (sonewconn).
func (s *socket) spawn(t *kern.Thread, p protocol) *socket {
	if u, ok := p.(*unixSock); ok && u.s != nil {
		return u.s
	}
	n := newSocket(t, s.domain, s.typ, s.number)
	n.inherit(s)
	n.p = p
	return n
}

func (s *socket) inherit(from *socket) {
	s.options, s.linger, s.noSigPipe = from.options&^abi.SO_ACCEPTCONN, from.linger, from.noSigPipe
	s.rcvTimeo, s.sndTimeo, s.sndBuf, s.rcvBuf = from.rcvTimeo, from.sndTimeo, from.sndBuf, from.rcvBuf
	s.sndLowat, s.rcvLowat = from.sndLowat, from.rcvLowat
	for k, v := range from.kept {
		s.keep(k.level, k.name, v)
	}
}

func connect(t *kern.Thread, a *sockaddrArgs) (uint64, error) {
	f, s, err := socketOf(t, a.FD)
	if pinned, ok := t.CallData().(*kern.File); ok {
		if pinned != f {
			return 0, abi.ECONNABORTED
		}
		return 0, s.finishConnect(t, f)
	}
	if err != nil {
		return 0, err
	}
	sa, err := copyInSockaddr(t, s, a.Name, a.NameLen, s.typ != abi.SOCK_DGRAM)
	if err != nil {
		return 0, err
	}
	return 0, s.connectTo(t, f, sa)
}

// connectTo is connectit: a stream socket connects once, another as often as it
// likes.
func (s *socket) connectTo(t *kern.Thread, f *kern.File, sa []byte) error {
	st := s.p.state(s)
	switch {
	case f.Nonblocking() && st&isConnecting != 0:
		return abi.EALREADY
	case st&isListening != 0:
		return abi.EOPNOTSUPP
	case st&(isConnected|isConnecting) != 0:
		if !s.atomic() {
			return abi.EISCONN
		}
		if err := s.p.disconnect(s); err != nil {
			return abi.EISCONN
		}
	}
	if s.atomic() && len(sa) > 1 && sa[1] == abi.AF_UNSPEC && s.domain != abi.AF_UNIX {
		// The old connection is gone, and AF_UNSPEC names no new one.
		if s.domain == abi.AF_INET && len(sa) != abi.SizeofSockaddrIn {
			return abi.EINVAL
		}
		return abi.EAFNOSUPPORT
	}
	err := s.p.connect(t, s, sa)
	if err != error(abi.EINPROGRESS) {
		return err
	}
	if f.Nonblocking() {
		return abi.EINPROGRESS
	}
	t.SetCallData(f)
	return s.finishConnect(t, f)
}

// finishConnect waits for a connection under way. A signal ends the wait with
// EINTR, and the connection goes on.
func (s *socket) finishConnect(t *kern.Thread, f *kern.File) error {
	if s.p.connecting(s) {
		err := s.wait(t, kern.EvOut, s.connectTimeout())
		switch {
		case isInterruption(err):
			return abi.EINTR
		case err == error(abi.EAGAIN):
			return abi.ETIMEDOUT
		}
		return err
	}
	return s.takeErr()
}

// connectTimeout is TCP_CONNECTIONTIMEOUT in nanoseconds, 0 for the protocol's
// own.
func (s *socket) connectTimeout() int64 {
	return int64(s.kept[optKey{abi.IPPROTO_TCP, abi.TCP_CONNECTIONTIMEOUT}]) * 1e9
}

type getnameArgs struct {
	FD      abi.FD
	Name    abi.Ptr `struct:"sockaddr" dir:"out"`
	NameLen abi.Ptr
}

func getsockname(t *kern.Thread, a *getnameArgs) (uint64, error) {
	_, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	room, err := t.Space().Load32(uint64(a.NameLen))
	if err != nil {
		return 0, err
	}
	sa, err := s.p.name(s)
	if err != nil {
		return 0, err
	}
	return 0, copyOutSockaddr(t, sa, a.Name, a.NameLen, room)
}

func getpeername(t *kern.Thread, a *getnameArgs) (uint64, error) {
	_, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	st := s.p.state(s)
	switch {
	case st&isShut == isShut:
		return 0, abi.EINVAL
	case st&isConnected == 0:
		return 0, abi.ENOTCONN
	}
	room, err := t.Space().Load32(uint64(a.NameLen))
	if err != nil {
		return 0, err
	}
	sa, err := s.p.peer(s)
	if err != nil {
		return 0, err
	}
	return 0, copyOutSockaddr(t, sa, a.Name, a.NameLen, room)
}

type shutdownArgs struct {
	FD  abi.FD
	How int32
}

func shutdown(t *kern.Thread, a *shutdownArgs) (uint64, error) {
	_, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	return 0, s.shut(a.How)
}

// shut is soshutdown: what is shut already is ENOTCONN.
func (s *socket) shut(how int32) error {
	if how < abi.SHUT_RD || how > abi.SHUT_RDWR {
		return abi.EINVAL
	}
	st := s.p.state(s)
	if st&(isConnected|isConnecting) == 0 {
		return abi.ENOTCONN
	}
	if how != abi.SHUT_WR && st&cantRcvMore != 0 {
		return abi.ENOTCONN
	}
	if how != abi.SHUT_RD && st&cantSendMore != 0 {
		if how == abi.SHUT_RDWR {
			_ = s.p.shutdown(s, abi.SHUT_RD)
		}
		return abi.ENOTCONN
	}
	return s.p.shutdown(s, how)
}
