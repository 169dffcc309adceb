package bsd

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// hostSock is the protocol of sockets that the host has too: TCP, UDP, and
// Unix-domain sockets of programs outside.
type hostSock struct {
	sock hostfs.Sock
	// What was asked for, as the host's poll alone does not tell a fresh stream
	// socket from one that has ended.
	listening, waiting, connected, dead bool
	shutRd, shutWr                      bool
	groups                              []membership
	// void: the connection under way is to an address that nobody answers for;
	// patience ends it, and q is what waits for that.
	void     bool
	patience *kern.Timer
	q        kern.WaitQueue
}

func newHostSock(s hostfs.Sock) *hostSock { return &hostSock{sock: s} }

func (h *hostSock) stream() bool { return h.sock.Type() == unix.SOCK_STREAM }

// addr translates an address that a program passed.
func (h *hostSock) addr(s *socket, sa []byte) (hostfs.Addr, error) {
	if h.sock.Family() == unix.AF_UNIX {
		// The guest's path was resolved when the socket became the host's: there
		// is nothing to name here any more.
		return hostfs.Addr{}, abi.EISCONN
	}
	return hostAddr(s.domain, sa)
}

func (h *hostSock) bind(_ *kern.Thread, s *socket, sa []byte) error {
	if h.state(s)&isShut == isShut {
		return abi.EINVAL
	}
	if h.sock.Family() == unix.AF_UNIX {
		return abi.EINVAL
	}
	if len(sa) > 1 && sa[1] == abi.AF_UNSPEC {
		sa[1] = byte(s.domain)
	}
	a, err := hostAddr(s.domain, sa)
	if err != nil {
		return err
	}
	if unassignedLoopback(s.m, a) {
		return abi.EADDRNOTAVAIL
	}
	return sockErr(h.sock.Bind(a))
}

func (h *hostSock) listen(_ *kern.Thread, s *socket, backlog int) error {
	if err := h.sock.Listen(backlog); err != nil {
		return sockErr(err)
	}
	h.listening = true
	return nil
}

func (h *hostSock) accept(_ *kern.Thread, s *socket) (protocol, []byte, error) {
	n, a, err := h.sock.Accept()
	if err != nil {
		return nil, nil, sockErr(err)
	}
	return &hostSock{sock: n, connected: true}, guestAddr(a), nil
}

func (h *hostSock) connect(_ *kern.Thread, s *socket, sa []byte) error {
	if h.dead {
		// The protocol's block went with the attempt that failed
		// (tcp_usrreq.c: INPCB_STATE_DEAD).
		if err := s.takeErr(); err != nil {
			return err
		}
		return abi.EINVAL
	}
	a, err := h.addr(s, sa)
	if err != nil {
		return err
	}
	if a.AddrPort.Port() == 0 && s.hasPorts() {
		return abi.EADDRNOTAVAIL
	}
	if h.stream() && a.AddrPort.Addr().Is4() && a.AddrPort.Addr().IsMulticast() {
		return abi.EAFNOSUPPORT
	}
	if h.stream() && unassignedLoopback(s.m, a) {
		h.startVoid(s)
		return abi.EINPROGRESS
	}
	return h.start(a)
}

// unassignedLoopback tells addresses of 127.0.0.0/8 that no interface has: Linux
// answers for the whole network, a Mac for 127.0.0.1 only, and what is sent to
// the others is lost.
func unassignedLoopback(m *kern.Machine, a hostfs.Addr) bool {
	ip := a.AddrPort.Addr().Unmap()
	if !ip.Is4() || !ip.IsLoopback() || ip == netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		return false
	}
	ifs, err := netIfs(m)
	if err != nil {
		return false
	}
	for i := range ifs {
		for _, x := range ifs[i].addrs {
			if x.Addr.Addr() == ip {
				return false
			}
		}
	}
	return true
}

// connectPatience is TCPTV_KEEP_INIT: how long a connection may take, ns.
const connectPatience = 75e9

// startVoid begins a connection that will time out.
func (h *hostSock) startVoid(s *socket) {
	h.waiting, h.void = true, true
	h.patience = s.m.After(s.m.Monotonic()+connectPatience, func() {
		h.waiting, h.void, h.dead = false, false, true
		s.err = abi.ETIMEDOUT
		h.q.WakeAll(kern.EvIn | kern.EvOut | kern.EvHup)
	})
}

// hasPorts tells TCP and UDP, whose peers have a port that is not 0, from raw
// sockets and from ICMP's datagrams.
func (s *socket) hasPorts() bool {
	return s.typ != abi.SOCK_RAW && s.number != abi.IPPROTO_ICMP && s.number != abi.IPPROTO_ICMPV6
}

// start begins a connection to a host address.
func (h *hostSock) start(a hostfs.Addr) error {
	err := sockErr(h.sock.Connect(a))
	switch err {
	case nil:
		h.connected = true
	case error(abi.EINPROGRESS):
		h.waiting = true
	default:
		if h.stream() && err != error(abi.EADDRNOTAVAIL) && err != error(abi.EAGAIN) {
			h.dead = err == error(abi.ECONNREFUSED) || err == error(abi.ECONNRESET) || err == error(abi.ETIMEDOUT)
		}
	}
	return err
}

// settle finds out whether a connect under way has come to its end, and puts a
// failure where so_error is.
func (h *hostSock) settle(s *socket) {
	if !h.waiting || h.void || s.m.Host.Poller().Poll1(h.sock.FD(), hostfs.Out)&(hostfs.Out|hostfs.Err|hostfs.Hup) == 0 {
		return
	}
	h.waiting = false
	if err := h.sock.Error(); err != nil {
		s.err, h.dead = sockErr(err), true
		return
	}
	h.connected = true
}

func (h *hostSock) connecting(s *socket) bool {
	h.settle(s)
	return h.waiting
}

func (h *hostSock) disconnect(s *socket) error {
	if h.stream() {
		if !h.connected && !h.waiting {
			return abi.ENOTCONN
		}
		return h.shutdown(s, abi.SHUT_RDWR)
	}
	if !h.connected {
		return abi.ENOTCONN
	}
	h.connected, h.shutRd, h.shutWr = false, false, false
	return sockErr(h.sock.Connect(hostfs.Addr{Family: unix.AF_UNSPEC}))
}

func (h *hostSock) state(s *socket) sockState {
	h.settle(s)
	var st sockState
	switch {
	case h.listening:
		return isListening
	case h.waiting:
		st = isConnecting
	case h.connected:
		st = isConnected
	case h.dead:
		return isShut
	}
	if h.shutRd {
		st |= cantRcvMore
	}
	if h.shutWr {
		st |= cantSendMore
	}
	if h.stream() && h.connected && st&isShut != isShut {
		got := s.m.Host.Poller().Poll1(h.sock.FD(), hostfs.RdHup)
		if got&hostfs.RdHup != 0 {
			st |= cantRcvMore
		}
		if got&hostfs.Hup != 0 {
			st |= isShut
		}
	}
	return st
}

func (h *hostSock) ready(s *socket, want kern.Events) kern.Events {
	h.settle(s)
	if h.stream() && !h.connected && !h.listening && !h.waiting {
		if h.dead {
			return want&(kern.EvIn|kern.EvOut) | kern.EvHup
		}
		// Linux calls a stream socket that was never connected hung up.
		return 0
	}
	if h.void {
		return 0
	}
	ask := hostfs.RdHup
	if want&kern.EvIn != 0 {
		ask |= hostfs.In
	}
	if want&kern.EvOut != 0 {
		ask |= hostfs.Out
	}
	if want&kern.EvPri != 0 {
		ask |= hostfs.Pri
	}
	got := s.m.Host.Poller().Poll1(h.sock.FD(), ask)
	ev := kern.GuestEvents(got&^(hostfs.RdHup|hostfs.Hup|hostfs.Err)) & want
	if !h.stream() {
		if got&hostfs.Err != 0 { // so_error is both readable and writable
			ev |= want & (kern.EvIn | kern.EvOut)
		}
		return ev
	}
	if h.listening || h.waiting {
		return ev
	}
	switch {
	case got&(hostfs.Hup|hostfs.Err) != 0 || h.shutWr && want&kern.EvOut != 0:
		ev |= want&(kern.EvIn|kern.EvOut) | kern.EvHup
	case got&hostfs.RdHup != 0 && want&kern.EvIn != 0:
		// The peer's end of file: for the reading side alone, and not for a poll
		// that also waits for room to write.
		ev |= kern.EvIn
		if want&kern.EvOut == 0 || ev&kern.EvOut != 0 {
			ev |= kern.EvHup
		}
	}
	return ev
}

func (h *hostSock) source(s *socket) kern.Source {
	if h.void {
		return &h.q
	}
	return s.m.HostSource(h.sock.FD())
}

func (h *hostSock) readable(s *socket) int {
	if h.listening {
		if h.ready(s, kern.EvIn) != 0 {
			return 1
		}
		return 0
	}
	n, err := h.sock.Readable()
	if err != nil {
		return 0
	}
	return n
}

func (h *hostSock) writable(s *socket) int {
	if h.ready(s, kern.EvOut)&kern.EvOut == 0 {
		return 0
	}
	return max(int(s.sndBuf)-h.unsent(s), 1)
}

func (h *hostSock) unsent(*socket) int {
	n, err := h.sock.Unsent()
	if err != nil {
		return 0
	}
	return n
}

func (h *hostSock) send(t *kern.Thread, s *socket, p []byte, to []byte, flags int32, c *control) (int, error) {
	h.settle(s)
	if h.stream() && !h.connected {
		if h.dead {
			return 0, abi.EPIPE
		}
		return 0, abi.ENOTCONN
	}
	var a *hostfs.Addr
	if to != nil && !h.stream() {
		if h.connected {
			return 0, abi.EISCONN
		}
		x, err := h.addr(s, to)
		if err != nil {
			return 0, err
		}
		if x.AddrPort.Port() == 0 && s.hasPorts() {
			return 0, abi.EADDRNOTAVAIL
		}
		a = &x
	} else if to == nil && !h.stream() && !h.connected {
		return 0, abi.EDESTADDRREQ
	}
	hc, done, err := c.toHost(t, s, h)
	if err != nil {
		return 0, err
	}
	defer done()
	n, err := h.sock.Send(p, a, hostMsgFlags(flags), hc)
	err = sockErr(err)
	if err == error(abi.EFAULT) {
		// Not the guest's memory: the host wants the first bytes of a raw ICMP
		// message, and there are too few.
		err = abi.EINVAL
	}
	if err == error(abi.ECONNRESET) && h.stream() {
		// A reset shuts both ways: the sender learns EPIPE, the reader why
		// (sosendcheck looks at SS_CANTSENDMORE first).
		s.err, err = err, abi.EPIPE
	}
	return n, err
}

func (h *hostSock) recv(t *kern.Thread, s *socket, p []byte, flags int32, wantControl bool) (received, error) {
	h.settle(s)
	if err := s.err; err != nil && (h.dead || !h.stream()) {
		if flags&abi.MSG_PEEK == 0 {
			s.err = nil
		}
		return received{}, err
	}
	if h.dead {
		return received{}, nil // SS_CANTRCVMORE
	}
	if h.stream() && !h.connected && !h.waiting {
		return received{}, abi.ENOTCONN
	}
	if h.shutRd && !h.stream() {
		return received{}, nil
	}
	n, from, hc, rflags, err := h.sock.Recv(p, hostMsgFlags(flags)&^unix.MSG_WAITALL)
	if err != nil {
		return received{}, sockErr(err)
	}
	r := received{n: n, flags: guestMsgFlags(rflags)}
	if n == 0 && s.err != nil && h.stream() && len(p) > 0 {
		return received{}, s.takeErr()
	}
	if !h.stream() || h.sock.Family() == unix.AF_UNIX && from.Family != 0 {
		r.from = guestAddr(from)
	}
	fromHost(t, s, h, hc, &r, wantControl)
	return r, nil
}

// shutdown is called with the checks of soshutdown passed.
func (h *hostSock) shutdown(s *socket, how int32) error {
	if err := h.sock.Shutdown(int(how)); err != nil && sockErr(err) != error(abi.ENOTCONN) {
		return sockErr(err)
	}
	if how != abi.SHUT_WR {
		h.shutRd = true
	}
	if how != abi.SHUT_RD {
		h.shutWr = true
	}
	return nil
}

func (h *hostSock) name(s *socket) ([]byte, error) {
	a, err := h.sock.Name()
	if err != nil {
		return nil, sockErr(err)
	}
	sa := guestAddr(a)
	if s.typ == abi.SOCK_RAW && len(sa) > 4 {
		sa[2], sa[3] = 0, 0 // where Linux tells the protocol
	}
	return sa, nil
}

func (h *hostSock) peer(s *socket) ([]byte, error) {
	a, err := h.sock.Peer()
	if err != nil {
		return nil, sockErr(err)
	}
	return guestAddr(a), nil
}

func (h *hostSock) close(s *socket) {
	h.leaveAll(s.m)
	h.patience.Stop()
	h.q.WakeAll(nil)
	s.m.ForgetHost(h.sock.FD())
	// close(2) of a socket tells of nothing that a program could mend.
	_ = h.sock.Close()
}

// msgFlags pairs Darwin's MSG_ bits with Linux's.
var msgFlags = [...]struct{ guest, host int32 }{
	{abi.MSG_OOB, unix.MSG_OOB}, {abi.MSG_PEEK, unix.MSG_PEEK}, {abi.MSG_DONTROUTE, unix.MSG_DONTROUTE},
	{abi.MSG_EOR, unix.MSG_EOR}, {abi.MSG_TRUNC, unix.MSG_TRUNC}, {abi.MSG_CTRUNC, unix.MSG_CTRUNC},
}

// hostMsgFlags translates what a call asks for. MSG_TRUNC and MSG_CTRUNC are
// results only on Darwin; waiting is the kernel's own business.
func hostMsgFlags(f int32) int {
	out := 0
	for _, b := range msgFlags {
		if f&b.guest != 0 && b.guest != abi.MSG_TRUNC && b.guest != abi.MSG_CTRUNC {
			out |= int(b.host)
		}
	}
	return out
}

func guestMsgFlags(f int) int32 {
	var out int32
	for _, b := range msgFlags {
		if f&int(b.host) != 0 {
			out |= b.guest
		}
	}
	return out
}
