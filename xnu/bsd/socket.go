package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Sockets, after bsd/kern/uipc_socket.c. A socket is an open file with a
// protocol behind it: a host socket (hostsock.go), or the kernel's own
// Unix-domain one (unixsock.go).

// protocol is what a socket's calls come down to, XNU's struct pr_usrreqs. No
// method waits: what would have to is EAGAIN, and a connect under way is
// EINPROGRESS. Addresses are as the guest sees them, sa_len first.
type protocol interface {
	bind(t *kern.Thread, s *socket, sa []byte) error
	listen(t *kern.Thread, s *socket, backlog int) error
	// accept takes one connection; sa is its peer's address.
	accept(t *kern.Thread, s *socket) (p protocol, sa []byte, err error)
	connect(t *kern.Thread, s *socket, sa []byte) error
	// connecting tells that a connect is under way.
	connecting(s *socket) bool
	send(t *kern.Thread, s *socket, p []byte, to []byte, flags int32, c *control) (int, error)
	recv(t *kern.Thread, s *socket, p []byte, flags int32, wantControl bool) (received, error)
	shutdown(s *socket, how int32) error
	disconnect(s *socket) error
	// name and peer are nil for a socket without one.
	name(s *socket) ([]byte, error)
	peer(s *socket) ([]byte, error)
	getopt(t *kern.Thread, s *socket, level, name int32, room int) ([]byte, error)
	setopt(t *kern.Thread, s *socket, level, name int32, val []byte) error
	// state says what is so of the connection now.
	state(s *socket) sockState
	ready(s *socket, want kern.Events) kern.Events
	source(s *socket) kern.Source
	// readable is the bytes, or on a listening socket the connections, that wait;
	// writable the room, unsent what has not left yet.
	readable(s *socket) int
	writable(s *socket) int
	unsent(s *socket) int
	close(s *socket)
}

// sockState is the part of so_state that calls ask for.
type sockState uint8

// The states, as in bsd/sys/socketvar.h.
const (
	isConnected sockState = 1 << iota
	isConnecting
	isListening
	cantRcvMore
	cantSendMore

	isShut = cantRcvMore | cantSendMore
)

// received is what a recv took.
type received struct {
	n     int
	from  []byte
	flags int32
	// control holds control messages in the guest's form, rights the descriptions
	// of an SCM_RIGHTS message, one reference each.
	control []byte
	rights  []*kern.File
}

// socket is a socket as an open file.
type socket struct {
	m                   *kern.Machine
	p                   protocol
	domain, typ, number int32

	// options are the bits of so_options.
	options    uint32
	noSigPipe  bool
	setoptShut bool // SONPX_SETOPTSHUT
	linger     int32
	// rcvTimeo and sndTimeo are nanoseconds, 0 for none.
	rcvTimeo, sndTimeo int64
	sndBuf, rcvBuf     int32
	sndLowat, rcvLowat int32
	// err is so_error: what the next call, or SO_ERROR, tells.
	err error
	// kept are options that this kernel remembers and nothing else.
	kept map[optKey]int32

	cred kern.Cred
	pid  abi.PID
	ino  uint64
}

type optKey struct{ level, name int32 }

// maxSockBuf is sb_max, the largest buffer size that a program may set, bytes.
const maxSockBuf = 8 << 20

func newSocket(t *kern.Thread, domain, typ, number int32) *socket {
	s := &socket{m: t.Machine(), domain: domain, typ: typ, number: number, ino: nextIno(t.Machine()),
		sndLowat: 2048, rcvLowat: 1, cred: *t.Proc.Cred, pid: t.Proc.PID}
	// The sizes that the protocols reserve: tcp_sendspace, udp_recvspace...
	switch {
	case domain == abi.AF_UNIX && typ == abi.SOCK_STREAM:
		s.sndBuf, s.rcvBuf = 8192, 8192
	case domain == abi.AF_UNIX:
		s.sndBuf, s.rcvBuf = 2048, 4096
	case typ == abi.SOCK_STREAM:
		s.sndBuf, s.rcvBuf = 1448*256, 1448*384
	case typ == abi.SOCK_DGRAM && number != abi.IPPROTO_ICMP && number != abi.IPPROTO_ICMPV6:
		s.sndBuf, s.rcvBuf = 9216, 786896
	default:
		s.sndBuf, s.rcvBuf = 8192, 8192
	}
	s.sndLowat = min(s.sndLowat, s.sndBuf)
	return s
}

// atomic tells that a message goes whole or not at all (PR_ATOMIC).
func (s *socket) atomic() bool { return s.typ != abi.SOCK_STREAM }

// socketOf is file_socket: the socket behind a descriptor.
func socketOf(t *kern.Thread, fd abi.FD) (*kern.File, *socket, error) {
	f, err := t.File(fd)
	if err != nil {
		return nil, nil, err
	}
	s, ok := f.Ops.(*socket)
	if !ok {
		return nil, nil, abi.ENOTSOCK
	}
	return f, s, nil
}

// takeErr returns and clears so_error.
func (s *socket) takeErr() error {
	err := s.err
	s.err = nil
	return err
}

// wait blocks until the socket is ready; a timeout in nanoseconds that passes is
// EAGAIN, as sbwait has it.
func (s *socket) wait(t *kern.Thread, want kern.Events, timeout int64) error {
	w := kern.Wait{More: []kern.SourceWait{{Source: s.p.source(s), Want: want}}}
	if timeout > 0 {
		w.Deadline = t.DeadlineIn(timeout)
	}
	err := t.Block(w)
	if err == error(abi.ETIMEDOUT) {
		return abi.EAGAIN
	}
	return err
}

// Type is DTYPE_SOCKET.
func (s *socket) Type() kern.FileType { return kern.TypeSocket }

// Read takes what is there, for those that carry a socket's data elsewhere;
// read(2) comes by receive.
func (s *socket) Read(t *kern.Thread, _ *kern.File, p []byte) (int, error) {
	r, err := s.p.recv(t, s, p, 0, false)
	return r.n, err
}

// Write is the same for sending.
func (s *socket) Write(t *kern.Thread, _ *kern.File, p []byte) (int, error) {
	return s.p.send(t, s, p, nil, 0, nil)
}

// Ready says what holds now.
func (s *socket) Ready(_ *kern.File, want kern.Events) kern.Events {
	ev := s.p.ready(s, want)
	if s.err != nil {
		ev |= want & (kern.EvIn | kern.EvOut)
	}
	return ev
}

// Source is the host's descriptor, or the kernel's own queue.
func (s *socket) Source(*kern.File, kern.Events) kern.Source { return s.p.source(s) }

// Readable and Writable are kevent's data.
func (s *socket) Readable() int { return s.p.readable(s) }

// Writable is the room in the send buffer.
func (s *socket) Writable() int { return s.p.writable(s) }

// NoSigPipe and SetNoSigPipe are F_GETNOSIGPIPE and F_SETNOSIGPIPE.
func (s *socket) NoSigPipe() bool { return s.noSigPipe }

// SetNoSigPipe changes SO_NOSIGPIPE.
func (s *socket) SetNoSigPipe(on bool) error {
	s.noSigPipe = on
	return nil
}

// HostFD is the host's descriptor, for handing the socket to a host program; -1
// for the kernel's own sockets.
func (s *socket) HostFD() int {
	if h, ok := s.p.(*hostSock); ok {
		return h.sock.FD()
	}
	return -1
}

// Stat is soo_stat.
func (s *socket) Stat(_ *kern.Thread, _ *kern.File, st *abi.Stat64) error {
	*st = abi.Stat64{Mode: abi.S_IFSOCK, Uid: abi.UID(s.cred.EUID), Gid: abi.GID(s.cred.EGID), Nlink: 0}
	state := s.p.state(s)
	n := s.p.readable(s)
	if state&cantRcvMore == 0 || n != 0 {
		st.Mode |= 0o444
	}
	if state&cantSendMore == 0 {
		st.Mode |= 0o222
	}
	st.Size = int64(n)
	if s.domain == abi.AF_UNIX {
		st.Dev, st.Ino, st.Blksize = -1, abi.Ino(s.ino), s.sndBuf
	}
	return nil
}

// Ioctl does the requests of sockets and network interfaces.
func (s *socket) Ioctl(t *kern.Thread, f *kern.File, req uint32, arg uint64) (uint64, error) {
	switch req {
	case abi.FIONREAD:
		return 0, t.Space().Store32(arg, uint32(s.p.readable(s)))
	case abi.SIOCATMARK:
		on := uint32(0)
		if h, ok := s.p.(*hostSock); ok {
			at, err := h.sock.AtMark()
			if err != nil {
				return 0, sockErr(err)
			}
			if at {
				on = 1
			}
		}
		return 0, t.Space().Store32(arg, on)
	case abi.SIOCSPGRP, abi.TIOCSPGRP:
		who, err := t.Space().Load32(arg)
		if err == nil {
			f.Owner = abi.PID(who)
		}
		return 0, err
	case abi.SIOCGPGRP, abi.TIOCGPGRP:
		return 0, t.Space().Store32(arg, uint32(f.Owner))
	}
	return 0, ifIoctl(t, req, arg)
}

// Close is soclose.
func (s *socket) Close(*kern.File) { s.p.close(s) }
