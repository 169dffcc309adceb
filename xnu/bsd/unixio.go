package bsd

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Data through Unix-domain sockets, and their options.

// maxRights is UIPC_MAX_CMSG_FD: descriptors in one message.
const maxRights = 512

func (u *unixSock) send(t *kern.Thread, s *socket, p []byte, to []byte, flags int32, c *control) (int, error) {
	u.s = s
	if s.atomic() {
		return u.sendDatagram(t, s, p, to, c)
	}
	if !u.connected {
		if u.cantSend {
			return 0, abi.EPIPE
		}
		if to != nil {
			if err := u.connect(t, s, to); err != nil {
				return 0, err
			}
			return s.p.send(t, s, p, nil, flags, c)
		}
		return 0, abi.ENOTCONN
	}
	if len(p) == 0 && c == nil {
		return 0, nil
	}
	dst := u.conn
	if dst.cantRcv {
		return len(p), nil // dropped: the other side reads no more (SB_DROP)
	}
	n := min(len(p), u.room())
	if n == 0 && len(p) > 0 {
		return 0, abi.EAGAIN
	}
	if unixSockets(s.m).bytes+n > maxUnixData {
		return 0, abi.ENOBUFS
	}
	rights, err := u.takeRights(t, c)
	if err != nil {
		return 0, err
	}
	last := len(dst.in) - 1
	if len(rights) == 0 && last >= 0 {
		dst.in[last].data = append(dst.in[last].data, p[:n]...)
	} else {
		dst.in = append(dst.in, unixMsg{data: append([]byte(nil), p[:n]...), rights: rights})
	}
	dst.hold(n)
	dst.inCost += n
	dst.q.WakeAll(kern.EvIn)
	return n, nil
}

// takeRights internalizes descriptors, and counts them as in flight.
func (u *unixSock) takeRights(t *kern.Thread, c *control) ([]*kern.File, error) {
	files, err := c.rights(t)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	tab := unixSockets(t.Machine())
	if len(files) > maxRights || tab.inFlight+len(files) > maxInFlight {
		for _, f := range files {
			f.Unref()
		}
		if len(files) > maxRights {
			return nil, abi.EINVAL
		}
		return nil, abi.ETOOMANYREFS
	}
	tab.inFlight += len(files)
	return files, nil
}

func (u *unixSock) sendDatagram(t *kern.Thread, s *socket, p []byte, to []byte, c *control) (int, error) {
	dst := u.conn
	switch {
	case to != nil && u.connected:
		return 0, abi.EISCONN
	case to == nil && dst == nil:
		return 0, abi.EDESTADDRREQ
	case to != nil:
		found, host, err := u.find(t, to)
		if err != nil {
			return 0, err
		}
		if host != "" {
			h, err := u.hostSocket(s, host)
			if err != nil {
				return 0, err
			}
			defer func() { _ = h.sock.Close() }() // it has sent what it was for
			return h.send(t, s, p, nil, 0, c)
		}
		if found.s.typ != s.typ {
			return 0, abi.EPROTOTYPE
		}
		dst = found
	}
	from := unixAddr("")
	if u.addr != nil {
		from = u.addr
	}
	cost := len(p) + len(from)
	if c != nil {
		cost += len(c.raw)
	}
	if dst.cantRcv {
		return 0, abi.EINVAL
	}
	if dst.inCost+cost > int(dst.s.rcvBuf) || unixSockets(s.m).bytes+len(p) > maxUnixData {
		return 0, abi.ENOBUFS
	}
	rights, err := u.takeRights(t, c)
	if err != nil {
		return 0, err
	}
	dst.in = append(dst.in, unixMsg{data: append([]byte(nil), p...), from: from, rights: rights})
	dst.hold(len(p))
	dst.inCost += cost
	dst.q.WakeAll(kern.EvIn)
	return len(p), nil
}

func (u *unixSock) recv(t *kern.Thread, s *socket, p []byte, flags int32, wantControl bool) (received, error) {
	u.s = s
	var r received
	if len(u.in) == 0 {
		switch {
		case s.err != nil:
			if flags&abi.MSG_PEEK != 0 {
				return r, s.err
			}
			return r, s.takeErr()
		case u.cantRcv:
			return r, nil
		case !s.atomic() && !u.connected:
			return r, abi.ENOTCONN
		case len(p) == 0 && !s.atomic():
			return r, nil
		}
		return r, abi.EAGAIN
	}
	peek := flags&abi.MSG_PEEK != 0
	if s.atomic() {
		m := &u.in[0]
		r.n, r.from = copy(p, m.data), m.from
		if r.n < len(m.data) {
			r.flags |= abi.MSG_TRUNC
		}
		if !peek {
			u.takeControl(m, &r, wantControl)
			u.hold(-len(m.data))
			u.pop()
		}
		return r, nil
	}
	for i := 0; i < len(u.in) && r.n < len(p); {
		m := &u.in[i]
		if len(m.rights) > 0 {
			if r.n > 0 {
				break // the message with rights starts a read of its own
			}
			if !peek {
				u.takeControl(m, &r, wantControl)
			}
		}
		n := copy(p[r.n:], m.data)
		r.n += n
		if peek {
			i++
			continue
		}
		m.data = m.data[n:]
		u.hold(-n)
		u.inCost -= n
		if len(m.data) == 0 {
			u.pop()
		}
	}
	if !peek && u.conn != nil && u.conn.room() >= int(u.conn.s.sndLowat) {
		u.conn.q.WakeAll(kern.EvOut)
	}
	return r, nil
}

// pop takes the first message off; an empty queue counts as nothing.
func (u *unixSock) pop() {
	u.in[0] = unixMsg{}
	if u.in = u.in[1:]; len(u.in) == 0 {
		u.in, u.inCost = nil, 0
	} else if u.s.atomic() {
		u.inCost = 0
		for i := range u.in {
			u.inCost += len(u.in[i].data) + len(u.in[i].from)
		}
	}
}

// takeControl moves a message's rights to the receiver, or drops them when it
// has no room for any.
func (u *unixSock) takeControl(m *unixMsg, r *received, want bool) {
	if want {
		unixSockets(u.s.m).inFlight -= len(m.rights)
		r.rights = m.rights
	} else {
		u.dropRights(m.rights)
	}
	m.rights = nil
}

// setopt: Unix-domain sockets have no option to set of their own, at any level
// (uipc_ctloutput).
func (u *unixSock) setopt(*kern.Thread, *socket, int32, int32, []byte) error {
	return abi.EOPNOTSUPP
}

func (u *unixSock) getopt(_ *kern.Thread, s *socket, _, name int32, _ int) ([]byte, error) {
	switch name {
	case abi.LOCAL_PEERCRED:
		switch {
		case u.havePeer:
			return xucred(&u.peerCred), nil
		case s.typ == abi.SOCK_STREAM:
			return nil, abi.ENOTCONN
		}
		return nil, abi.EINVAL
	case abi.LOCAL_PEERPID, abi.LOCAL_PEEREPID:
		if u.conn == nil {
			return nil, abi.ENOTCONN
		}
		return intOpt(int32(u.conn.s.pid)), nil
	case abi.LOCAL_PEERTOKEN:
		if u.conn == nil {
			return nil, abi.ENOTCONN
		}
		return auditToken(&u.conn.s.cred, u.conn.s.pid), nil
	}
	return nil, abi.EOPNOTSUPP
}

// auditToken is audit_token_t: audit user, effective and real ids, pid, audit
// session, pid version.
func auditToken(c *kern.Cred, pid abi.PID) []byte {
	var b []byte
	for _, v := range []uint32{c.RUID, c.EUID, c.EGID, c.RUID, c.RGID, uint32(pid), 100000, 1} {
		b = le.AppendUint32(b, v)
	}
	return b
}

func xucred(c *kern.Cred) []byte {
	x := abi.Xucred{Version: abi.XUCRED_VERSION, Uid: abi.UID(c.EUID), Ngroups: 1}
	x.Groups[0] = abi.GID(c.EGID)
	for _, g := range c.Groups {
		if g != c.EGID && int(x.Ngroups) < len(x.Groups) {
			x.Groups[x.Ngroups] = abi.GID(g)
			x.Ngroups++
		}
	}
	return abi.Marshal(&x)
}

// localOption is getopt for a Unix-domain socket whose peer is outside.
func (h *hostSock) localOption(name int32) ([]byte, error) {
	var b [12]byte // struct ucred: pid, uid, gid
	if _, err := h.sock.GetOpt(unix.SOL_SOCKET, unix.SO_PEERCRED, b[:]); err != nil {
		return nil, sockErr(err)
	}
	pid := abi.PID(binary.NativeEndian.Uint32(b[:]))
	uid, gid := binary.NativeEndian.Uint32(b[4:]), binary.NativeEndian.Uint32(b[8:])
	if uid == ^uint32(0) {
		return nil, abi.ENOTCONN
	}
	c := kern.Cred{RUID: uid, EUID: uid, RGID: gid, EGID: gid}
	switch name {
	case abi.LOCAL_PEERCRED:
		return xucred(&c), nil
	case abi.LOCAL_PEERPID, abi.LOCAL_PEEREPID:
		return intOpt(int32(pid)), nil
	case abi.LOCAL_PEERTOKEN:
		return auditToken(&c, pid), nil
	}
	return nil, abi.EOPNOTSUPP
}
