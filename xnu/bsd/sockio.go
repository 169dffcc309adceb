package bsd

import (
	"math"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Sending and receiving, after sosend, soreceive and their callers in
// bsd/kern/uipc_syscalls.c.

func sockIORows() []kern.Row {
	const control = "control messages outside the table of cmsg.go are EINVAL"
	return []kern.Row{
		kern.Sys(133, "sendto", kern.RetInt, kern.Full, sendto),
		kern.Sys(413, "sendto_nocancel", kern.RetInt, kern.Full, sendto),
		kern.Sys(28, "sendmsg", kern.RetInt, kern.Partial, sendmsg, control),
		kern.Sys(402, "sendmsg_nocancel", kern.RetInt, kern.Partial, sendmsg, control),
		kern.Sys(29, "recvfrom", kern.RetInt, kern.Full, recvfrom),
		kern.Sys(403, "recvfrom_nocancel", kern.RetInt, kern.Full, recvfrom),
		kern.Sys(27, "recvmsg", kern.RetInt, kern.Full, recvmsg),
		kern.Sys(401, "recvmsg_nocancel", kern.RetInt, kern.Full, recvmsg),
	}
}

// transfer is where a call stands that has moved part of its data and waits.
type transfer struct {
	f    *kern.File
	done uint64
	// sent: control messages went with the first part.
	sent bool
}

// resume finds the state of a call that is being re-run; a descriptor that was
// closed meanwhile is EBADF.
func resume(t *kern.Thread, f *kern.File) (transfer, error) {
	x, ok := t.CallData().(transfer)
	if ok && x.f != f {
		return x, abi.EBADF
	}
	x.f = f
	return x, nil
}

// step is how many bytes of a transfer are moved at once: a datagram must be
// whole.
func (s *socket) step(left uint64) int {
	if s.atomic() {
		return int(min(left, maxSockBuf))
	}
	return int(min(left, maxChunk))
}

// receive is soreceive.
func (s *socket) receive(t *kern.Thread, f *kern.File, u *uio, flags int32, wantControl bool) (received, error) {
	x, err := resume(t, f)
	if err != nil {
		return received{}, err
	}
	if flags&abi.MSG_OOB != 0 && s.domain == abi.AF_UNIX {
		return received{}, abi.EOPNOTSUPP
	}
	nonblock := f.Nonblocking() || flags&(abi.MSG_DONTWAIT|abi.MSG_NBIO) != 0
	all := flags&abi.MSG_WAITALL != 0 && flags&abi.MSG_PEEK == 0 && !s.atomic()
	for {
		buf := t.Machine().Scratch(s.step(u.total - x.done))
		r, err := s.p.recv(t, s, buf, flags, wantControl)
		switch {
		case err == nil:
			if err := u.scatter(t, x.done, buf[:min(r.n, len(buf))]); err != nil {
				r.drop()
				return received{}, err
			}
			k := r.n
			x.done += uint64(k)
			r.n = int(x.done)
			if !all || k == 0 || x.done == u.total || len(r.control) > 0 || len(r.rights) > 0 {
				return r, nil
			}
			continue
		case !isAgain(err):
			return received{}, err
		case nonblock || flags&abi.MSG_OOB != 0:
			if x.done > 0 {
				return received{n: int(x.done)}, nil
			}
			return received{}, abi.EAGAIN
		}
		t.SetCallData(x)
		err = s.wait(t, kern.EvIn, s.rcvTimeo)
		if x.done > 0 && (isInterruption(err) || isAgain(err)) {
			return received{n: int(x.done)}, nil
		}
		return received{}, err
	}
}

// drop lets go of descriptions that nobody takes.
func (r *received) drop() {
	for _, f := range r.rights {
		f.Unref()
	}
	r.rights = nil
}

// transmit is sosend with sendit's care for SIGPIPE and for partial results.
func (s *socket) transmit(t *kern.Thread, f *kern.File, u *uio, to []byte, flags int32, c *control) (uint64, error) {
	n, err := s.push(t, f, u, to, flags, c)
	if isErrno(err, abi.EPIPE) && !kern.IsBlocked(err) {
		if !s.noSigPipe && !f.NoSigPipe && flags&abi.MSG_NOSIGNAL == 0 {
			t.Proc.Signal(abi.SIGPIPE, kern.SigInfo{})
		}
	}
	return n, err
}

func (s *socket) push(t *kern.Thread, f *kern.File, u *uio, to []byte, flags int32, c *control) (uint64, error) {
	x, err := resume(t, f)
	if err != nil {
		return 0, err
	}
	st := s.p.state(s)
	if flags&abi.MSG_EOR != 0 && s.typ == abi.SOCK_STREAM {
		return 0, abi.EINVAL
	}
	if flags&abi.MSG_OOB != 0 && s.domain == abi.AF_UNIX {
		return 0, abi.EOPNOTSUPP
	}
	if x.done == 0 {
		switch {
		case st&cantSendMore != 0:
			return 0, abi.EPIPE
		case s.err != nil:
			return 0, s.takeErr()
		case s.atomic() && u.total > uint64(s.sndBuf):
			return 0, abi.EMSGSIZE
		}
	}
	nonblock := f.Nonblocking() || flags&(abi.MSG_DONTWAIT|abi.MSG_NBIO) != 0
	for {
		buf := t.Machine().Scratch(s.step(u.total - x.done))
		if err := u.gather(t, x.done, buf); err != nil {
			return 0, err
		}
		ctl := c
		if x.sent {
			ctl = nil
		}
		n, err := s.p.send(t, s, buf, to, flags, ctl)
		if err == nil {
			f.Flags |= abi.FWASWRITTEN
			x.done += uint64(n)
			x.sent = true
			if s.atomic() || x.done == u.total || n == 0 {
				if flags&abi.MSG_EOF != 0 && !s.atomic() {
					return x.done, s.p.shutdown(s, abi.SHUT_WR)
				}
				return x.done, nil
			}
			continue
		}
		switch {
		case !isAgain(err):
			return 0, err
		case nonblock:
			if x.done > 0 {
				return x.done, nil
			}
			return 0, abi.EAGAIN
		}
		t.SetCallData(x)
		err = s.wait(t, kern.EvOut, s.sndTimeo)
		if x.done > 0 && (isInterruption(err) || isAgain(err)) {
			return x.done, nil
		}
		return 0, err
	}
}

type sendtoArgs struct {
	FD    abi.FD
	Buf   abi.Ptr `in:"Len"`
	Len   abi.Size
	Flags int32   `flags:"msg"`
	To    abi.Ptr `struct:"sockaddr" dir:"in"`
	ToLen uint32
}

// msgSkipCfil is MSG_SKIPCFIL, which only the kernel may say.
const msgSkipCfil = 0x100000

func sendto(t *kern.Thread, a *sendtoArgs) (uint64, error) {
	if a.Flags&msgSkipCfil != 0 {
		return 0, abi.EPERM
	}
	if a.Len > math.MaxInt64 {
		return 0, abi.EINVAL
	}
	f, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	var to []byte
	if a.To != 0 {
		if to, err = copyInSockaddr(t, s, a.To, a.ToLen, true); err != nil {
			return 0, err
		}
	}
	return s.transmit(t, f, one(a.Buf, a.Len), to, a.Flags, nil)
}

type msgArgs struct {
	FD    abi.FD
	Msg   abi.Ptr `struct:"msghdr"`
	Flags int32   `flags:"msg"`
}

func sendmsg(t *kern.Thread, a *msgArgs) (uint64, error) {
	if a.Flags&msgSkipCfil != 0 {
		return 0, abi.EPERM
	}
	m, u, err := copyInMsg(t, a.Msg)
	if err != nil {
		return 0, err
	}
	f, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	return s.sendHeader(t, f, m, u, a.Flags)
}

// sendHeader is sendit for a message header that is already here.
func (s *socket) sendHeader(t *kern.Thread, f *kern.File, m *abi.Msghdr, u *uio, flags int32) (uint64, error) {
	var to []byte
	var err error
	if m.Name != 0 {
		if to, err = copyInSockaddr(t, s, m.Name, m.Namelen, true); err != nil {
			return 0, err
		}
	}
	var c *control
	if m.Control != 0 {
		if c, err = copyInControl(t, m.Control, m.Controllen); err != nil {
			return 0, err
		}
	}
	return s.transmit(t, f, u, to, flags, c)
}

// copyInMsg reads a message header and its list of buffers; a wrong number of
// them is EMSGSIZE.
func copyInMsg(t *kern.Thread, addr abi.Ptr) (*abi.Msghdr, *uio, error) {
	var b [48]byte
	if err := t.Space().CopyIn(b[:], uint64(addr)); err != nil {
		return nil, nil, err
	}
	m := new(abi.Msghdr)
	m.Get(b[:])
	if m.Iovlen <= 0 || m.Iovlen > maxIOV {
		return nil, nil, abi.EMSGSIZE
	}
	u, err := copyInIOV(t, m.Iov, m.Iovlen)
	return m, u, err
}

type recvfromArgs struct {
	FD      abi.FD
	Buf     abi.Ptr `out:"ret"`
	Len     abi.Size
	Flags   int32   `flags:"msg"`
	From    abi.Ptr `struct:"sockaddr" dir:"out"`
	FromLen abi.Ptr
}

func recvfrom(t *kern.Thread, a *recvfromArgs) (uint64, error) {
	var room uint32
	if a.FromLen != 0 {
		n, err := t.Space().Load32(uint64(a.FromLen))
		if err != nil {
			return 0, err
		}
		room = n
	}
	f, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	if a.Len > math.MaxInt32 {
		return 0, abi.EINVAL
	}
	r, err := s.receive(t, f, one(a.Buf, a.Len), a.Flags, false)
	if err != nil {
		return 0, err
	}
	r.drop()
	if a.From != 0 {
		if int32(room) <= 0 {
			r.from = nil
		}
		n := min(uint32(len(r.from)), room)
		if err := t.Space().CopyOut(uint64(a.From), r.from[:n]); err != nil {
			return 0, err
		}
		if a.FromLen != 0 {
			if err := t.Space().Store32(uint64(a.FromLen), uint32(len(r.from))); err != nil {
				return 0, err
			}
		}
	}
	return uint64(r.n), nil
}

func recvmsg(t *kern.Thread, a *msgArgs) (uint64, error) {
	m, u, err := copyInMsg(t, a.Msg)
	if err != nil {
		return 0, err
	}
	f, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	if u.total > math.MaxInt32 {
		return 0, abi.EINVAL
	}
	r, err := s.receive(t, f, u, a.Flags, m.Control != 0)
	if err != nil {
		return 0, err
	}
	defer r.drop()
	if err := deliver(t, m, &r, a.Flags); err != nil {
		return 0, err
	}
	var b [48]byte
	m.Put(b[:])
	if err := t.Space().CopyOut(uint64(a.Msg), b[:]); err != nil {
		return 0, err
	}
	return uint64(r.n), nil
}

// deliver puts address, control messages and flags where a message header says,
// and their real sizes into the header (recvit).
func deliver(t *kern.Thread, m *abi.Msghdr, r *received, flags int32) error {
	m.Flags = flags&^abi.MSG_EOR | r.flags
	if m.Name != 0 {
		if int32(m.Namelen) <= 0 {
			r.from = nil
		}
		n := min(uint32(len(r.from)), m.Namelen)
		if err := t.Space().CopyOut(uint64(m.Name), r.from[:n]); err != nil {
			return err
		}
		m.Namelen = uint32(len(r.from))
	}
	if m.Control == 0 {
		return nil
	}
	out := r.externalize(t, int(min(m.Controllen, maxControl)), &m.Flags)
	m.Controllen = uint32(len(out))
	return t.Space().CopyOut(uint64(m.Control), out)
}
