package bsd

import (
	"bytes"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Unix-domain sockets, after bsd/kern/uipc_usrreq.c. Between guests they are
// the kernel's own: data goes from the sender straight into the receiver's
// buffer. A path that nobody in this machine has bound may be a host program's;
// then the socket becomes a host socket.

// unixSock is the protocol block (struct unpcb) with its receive buffer.
type unixSock struct {
	s    *socket
	addr []byte // as bind was given it; nil without
	key  fileKey
	node hostfs.File // keeps the bound file's number from being used again

	conn *unixSock   // unp_conn: where what is sent goes
	refs []*unixSock // datagram sockets whose conn this is

	listening bool
	backlog   int
	pending   []*unixSock

	connected, cantRcv, cantSend bool

	in     []unixMsg
	inLen  int // bytes of data in it
	inCost int // bytes counted against the buffer: addresses too

	havePeer bool
	peerCred kern.Cred

	q kern.WaitQueue
	// toHost brings the host's readiness to those who waited on q when the
	// socket became the host's.
	toHost *kern.Waiter
}

// unixMsg is a datagram, or a part of a stream with the rights that came with
// its first byte.
type unixMsg struct {
	data   []byte
	from   []byte
	rights []*kern.File
}

// unixTable finds sockets by what they are bound to, and counts descriptions in
// flight: two sockets sent through each other and closed would otherwise hold
// memory without end.
type unixTable struct {
	bound    map[fileKey]*unixSock
	inFlight int
	bytes    int // of data in all receive buffers
}

// maxUnixData bounds the data that all Unix-domain sockets together hold, in
// bytes, as the pool of mbufs does (ENOBUFS beyond).
const maxUnixData = 64 << 20

// hold counts n bytes more in the receive buffer, or fewer.
func (u *unixSock) hold(n int) {
	if n == 0 {
		return // a socket that nothing was done with has no owner yet
	}
	u.inLen += n
	unixSockets(u.s.m).bytes += n
}

// maxInFlight bounds descriptions in messages that nobody has received yet.
const maxInFlight = 12288

func unixSockets(m *kern.Machine) *unixTable {
	u, ok := m.Ext["bsd.unix"].(*unixTable)
	if !ok {
		u = &unixTable{bound: map[fileKey]*unixSock{}}
		m.Ext["bsd.unix"] = u
	}
	return u
}

// pairUnix is soconnect2 for both directions.
func pairUnix(a, b *unixSock) {
	a.link(b)
	b.link(a)
	if !a.s.atomic() {
		a.havePeer, a.peerCred = true, b.s.cred
		b.havePeer, b.peerCred = true, a.s.cred
	}
}

// link makes b the receiver of a's data.
func (u *unixSock) link(to *unixSock) {
	u.conn, u.connected = to, true
	if u.s.atomic() {
		to.refs = append(to.refs, u)
	}
}

// unixPath is the path in an address: it ends at the first zero byte, or with
// the address.
func unixPath(sa []byte) (string, error) {
	if sa[1] != abi.AF_UNSPEC && sa[1] != abi.AF_UNIX {
		return "", abi.EAFNOSUPPORT
	}
	p := sa[2:]
	if len(p) == 0 {
		return "", abi.EINVAL
	}
	if i := bytes.IndexByte(p, 0); i >= 0 {
		p = p[:i]
	}
	return string(p), nil
}

func (u *unixSock) bind(t *kern.Thread, s *socket, sa []byte) error {
	u.s = s
	path, err := unixPath(sa)
	if err != nil {
		return err
	}
	if u.addr != nil || u.cantRcv && u.cantSend {
		return abi.EINVAL
	}
	w, err := resolveString(t, abi.AT_FDCWD, path, followLinks)
	if err != nil {
		return err
	}
	if w.dev != nil {
		return abi.EADDRINUSE
	}
	fs := t.Machine().Host.FS()
	if err := fs.Mknod(w.At, unix.S_IFSOCK|0o777&^t.Proc.Umask, 0); err != nil {
		if isErrno(err, abi.EEXIST) {
			return abi.EADDRINUSE
		}
		return err
	}
	node, err := fs.Open(w.At, hostfs.O_PATH, 0)
	if err != nil {
		return err
	}
	st, err := node.Stat()
	if err != nil {
		_ = node.Close() // opened for its name only
		return err
	}
	u.addr, u.node, u.key = bytes.Clone(sa), node, fileKey{st.Dev, st.Ino}
	u.addr[1] = abi.AF_UNIX
	unixSockets(s.m).bound[u.key] = u
	return nil
}

// find looks a path up: a socket of this machine, or the path of one outside.
func (u *unixSock) find(t *kern.Thread, sa []byte) (*unixSock, string, error) {
	path, err := unixPath(sa)
	if err != nil {
		return nil, "", err
	}
	w, err := resolveString(t, abi.AT_FDCWD, path, followLinks)
	if err != nil {
		return nil, "", err
	}
	if w.dev != nil {
		return nil, "", abi.ENOTSOCK
	}
	fs := t.Machine().Host.FS()
	st, err := fs.Stat(w.At)
	if err != nil {
		return nil, "", err
	}
	if st.Kind() != hostfs.Socket {
		return nil, "", abi.ENOTSOCK
	}
	if err := fs.Access(w.At, unix.W_OK, true); err != nil {
		return nil, "", err
	}
	if to := unixSockets(t.Machine()).bound[fileKey{st.Dev, st.Ino}]; to != nil {
		return to, "", nil
	}
	if host, ok := fs.HostPath(w.At); ok && t.Machine().Host.Net() != nil {
		return nil, host, nil
	}
	return nil, "", abi.ECONNREFUSED
}

func (u *unixSock) listen(t *kern.Thread, s *socket, backlog int) error {
	if u.addr == nil {
		return abi.EINVAL
	}
	u.s, u.listening, u.backlog = s, true, backlog
	// Whoever connects is told the credentials of the one that listens.
	u.peerCred = *t.Proc.Cred
	return nil
}

func (u *unixSock) accept(t *kern.Thread, s *socket) (protocol, []byte, error) {
	if len(u.pending) == 0 {
		if u.cantRcv {
			return nil, nil, abi.ECONNABORTED
		}
		return nil, nil, abi.EAGAIN
	}
	n := u.pending[0]
	u.pending = append(u.pending[:0], u.pending[1:]...)
	n.s.pid = t.Proc.PID
	if n.conn != nil && n.conn.addr != nil {
		return n, n.conn.addr, nil
	}
	return n, unixAddr(""), nil
}

func (u *unixSock) connect(t *kern.Thread, s *socket, sa []byte) error {
	u.s = s
	to, host, err := u.find(t, sa)
	if err != nil {
		return err
	}
	if host != "" {
		return u.connectHost(t, s, host)
	}
	if to.s.typ != s.typ {
		return abi.EPROTOTYPE
	}
	if s.atomic() {
		u.link(to)
		return nil
	}
	if !to.listening || len(to.pending) > 3*to.backlog/2 {
		return abi.ECONNREFUSED
	}
	// sonewconn: the server's end exists before anybody accepts it.
	n := &unixSock{addr: to.addr, connected: true, conn: u, havePeer: true, peerCred: *t.Proc.Cred}
	n.s = &socket{m: s.m, p: n, domain: s.domain, typ: s.typ, cred: to.s.cred, pid: to.s.pid, ino: nextIno(s.m)}
	n.s.inherit(to.s)
	u.link(n)
	u.havePeer, u.peerCred = true, to.peerCred
	to.pending = append(to.pending, n)
	to.q.WakeAll(kern.EvIn)
	u.q.WakeAll(kern.EvOut)
	return nil
}

// connectHost makes the socket the host's.
func (u *unixSock) connectHost(t *kern.Thread, s *socket, path string) error {
	h, err := u.hostSocket(s, path)
	if err != nil {
		return err
	}
	if u.q.Len() > 0 {
		u.toHost = kern.NewWaiter(func(_ *kern.Waiter, d any) { u.q.WakeAll(d) })
		u.toHost.Want = kern.EvIn | kern.EvOut
		s.m.HostSource(h.sock.FD()).Add(u.toHost)
	}
	u.unbind()
	s.p = h
	if h.waiting {
		return abi.EINPROGRESS
	}
	return nil
}

func (u *unixSock) hostSocket(s *socket, path string) (*hostSock, error) {
	typ := unix.SOCK_STREAM
	if s.atomic() {
		typ = unix.SOCK_DGRAM
	}
	sock, err := s.m.Host.Net().Socket(unix.AF_UNIX, typ, 0)
	if err != nil {
		return nil, sockErr(err)
	}
	h := newHostSock(sock)
	err = h.start(hostfs.Addr{Family: unix.AF_UNIX, Path: path})
	if err != nil && err != error(abi.EINPROGRESS) {
		_ = sock.Close() // never used
		if isAgain(err) {
			err = abi.ECONNREFUSED // its queue is full
		}
		return nil, err
	}
	return h, nil
}

func (u *unixSock) connecting(*socket) bool { return false }

// disconnect dissolves a datagram socket's connection.
func (u *unixSock) disconnect(s *socket) error {
	if u.conn == nil {
		return abi.ENOTCONN
	}
	if !s.atomic() {
		u.hangUp()
		return nil
	}
	u.conn.dropRef(u)
	u.conn, u.connected = nil, false
	return nil
}

func (u *unixSock) dropRef(from *unixSock) {
	for i, r := range u.refs {
		if r == from {
			u.refs = append(u.refs[:i], u.refs[i+1:]...)
			return
		}
	}
}

// hangUp ends a stream connection: both sides can do no more than read what has
// arrived (unp_disconnect, soisdisconnected).
func (u *unixSock) hangUp() {
	for _, x := range []*unixSock{u, u.conn} {
		if x != nil {
			x.cantRcv, x.cantSend = true, true
			x.q.WakeAll(kern.EvIn | kern.EvOut | kern.EvHup)
		}
	}
	if u.conn != nil {
		u.conn.conn, u.conn.connected = nil, false
	}
	u.conn, u.connected = nil, false
}

func (u *unixSock) shutdown(s *socket, how int32) error {
	if how != abi.SHUT_WR {
		u.cantRcv = true
		u.flush()
	}
	if how != abi.SHUT_RD {
		u.cantSend = true
		if u.conn != nil && !s.atomic() {
			u.conn.cantRcv = true
			u.conn.q.WakeAll(kern.EvIn | kern.EvHup)
		}
	}
	u.q.WakeAll(kern.EvIn | kern.EvOut | kern.EvHup)
	if u.conn != nil {
		u.conn.q.WakeAll(kern.EvOut)
	}
	return nil
}

// flush drops what has arrived.
func (u *unixSock) flush() {
	for i := range u.in {
		u.dropRights(u.in[i].rights)
	}
	u.hold(-u.inLen)
	u.in, u.inCost = nil, 0
}

func (u *unixSock) dropRights(files []*kern.File) {
	if len(files) == 0 {
		return
	}
	unixSockets(u.s.m).inFlight -= len(files)
	for _, f := range files {
		f.Unref()
	}
}

func (u *unixSock) name(*socket) ([]byte, error) {
	if u.addr != nil {
		return u.addr, nil
	}
	return unixAddr(""), nil
}

func (u *unixSock) peer(*socket) ([]byte, error) {
	if u.conn != nil && u.conn.addr != nil {
		return u.conn.addr, nil
	}
	return unixAddr(""), nil
}

func (u *unixSock) state(*socket) sockState {
	var st sockState
	if u.listening {
		return isListening
	}
	if u.connected {
		st |= isConnected
	}
	if u.cantRcv {
		st |= cantRcvMore
	}
	if u.cantSend {
		st |= cantSendMore
	}
	return st
}

// room is how many bytes more may be sent: what is in the receiver's buffer
// counts against the sender's size (uipc_send lowers its sb_hiwat).
func (u *unixSock) room() int {
	if u.conn == nil {
		return 0
	}
	return max(int(u.s.sndBuf)-u.conn.inCost, 0)
}

func (u *unixSock) ready(s *socket, want kern.Events) kern.Events {
	var ev kern.Events
	if want&kern.EvIn != 0 {
		switch {
		case u.listening:
			if len(u.pending) > 0 {
				ev |= kern.EvIn
			}
		case u.cantRcv:
			ev |= kern.EvIn | kern.EvHup
		case u.inLen >= int(s.rcvLowat), s.atomic() && len(u.in) > 0:
			ev |= kern.EvIn
		}
	}
	if want&kern.EvOut != 0 && !u.listening {
		switch {
		case u.cantSend:
			ev |= kern.EvOut | kern.EvHup
		case s.atomic(), u.connected && u.room() >= int(s.sndLowat):
			ev |= kern.EvOut
		}
	}
	return ev
}

func (u *unixSock) source(*socket) kern.Source { return &u.q }

func (u *unixSock) readable(*socket) int {
	if u.listening {
		return len(u.pending)
	}
	return u.inLen
}

func (u *unixSock) writable(s *socket) int {
	if s.atomic() {
		return int(s.sndBuf)
	}
	return u.room()
}

// unsent: what is sent is in the receiver's buffer at once.
func (u *unixSock) unsent(*socket) int { return 0 }

func (u *unixSock) unbind() {
	if u.node == nil {
		return
	}
	t := unixSockets(u.s.m)
	if t.bound[u.key] == u {
		delete(t.bound, u.key)
	}
	_ = u.node.Close() // a name, without data
	u.node = nil
}

func (u *unixSock) close(s *socket) {
	u.s = s
	u.unbind()
	u.flush()
	for _, n := range u.pending {
		n.hangUp()
		n.flush()
	}
	u.pending = nil
	// Those that send datagrams here learn it by ECONNRESET (unp_drop).
	for _, r := range append([]*unixSock(nil), u.refs...) {
		r.conn, r.connected = nil, false
		if r != u {
			r.s.err = abi.ECONNRESET
			r.q.WakeAll(kern.EvIn | kern.EvOut)
		}
	}
	u.refs = nil
	if s.atomic() {
		if u.conn != nil {
			u.conn.dropRef(u)
		}
		u.conn = nil
	} else {
		u.hangUp()
	}
	u.q.WakeAll(nil)
}
