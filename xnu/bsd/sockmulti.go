package bsd

import (
	"math"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Darwin's own calls on sockets: connectx and disconnectx, sendfile, and the
// calls that move several messages.

func sockMultiRows() []kern.Row {
	return []kern.Row{
		kern.Sys(447, "connectx", kern.RetInt, kern.Partial, connectx, "CONNECT_RESUME_ON_READ_WRITE and CONNECT_DATA_IDEMPOTENT connect at once and send afterwards, without TCP Fast Open"),
		kern.Sys(448, "disconnectx", kern.RetInt, kern.Full, disconnectx),
		kern.Sys(337, "sendfile", kern.RetInt, kern.Full, sendfile),
		kern.Sys(480, "recvmsg_x", kern.RetSSize, kern.Full, recvmsgX),
		kern.Sys(481, "sendmsg_x", kern.RetSSize, kern.Full, sendmsgX),
	}
}

type connectxArgs struct {
	Socket    abi.FD
	Endpoints abi.Ptr
	AssocID   uint32
	Flags     uint32
	IOV       abi.Ptr `iov:"in"`
	IOVCnt    uint32
	Len       abi.Ptr
	ConnID    abi.Ptr
}

// Flags and associations of connectx (bsd/sys/socket.h).
const (
	connectResumeOnReadWrite = 1
	connectDataIdempotent    = 2
	saeAssocAny, saeAssocAll = 0, 0xffffffff
)

func connectx(t *kern.Thread, a *connectxArgs) (uint64, error) {
	f, s, err := socketOf(t, a.Socket)
	if err != nil {
		return 0, err
	}
	sent, err := s.connectx(t, f, a)
	if kern.IsBlocked(err) {
		return 0, err
	}
	if isInterruption(err) {
		err = abi.EINTR
	}
	if a.Len != 0 {
		if e := t.Space().Store64(uint64(a.Len), sent); e != nil && err == nil {
			err = e
		}
	}
	if a.ConnID != 0 {
		id := uint32(0)
		if err == nil || err == error(abi.EINPROGRESS) {
			id = 1
		}
		if e := t.Space().Store32(uint64(a.ConnID), id); e != nil && err == nil {
			err = e
		}
	}
	return 0, err
}

func (s *socket) connectx(t *kern.Thread, f *kern.File, a *connectxArgs) (uint64, error) {
	if a.Endpoints == 0 {
		return 0, abi.EINVAL
	}
	// struct sa_endpoints: source interface, source and destination address.
	var b [40]byte
	if err := t.Space().CopyIn(b[:], uint64(a.Endpoints)); err != nil {
		return 0, err
	}
	srcIf, src, srcLen := le.Uint32(b[:]), abi.Ptr(le.Uint64(b[8:])), le.Uint32(b[16:])
	dst, dstLen := abi.Ptr(le.Uint64(b[24:])), le.Uint32(b[32:])
	var from []byte
	var err error
	if src != 0 {
		if from, err = copyInSockaddr(t, s, src, srcLen, s.typ == abi.SOCK_DGRAM); err != nil {
			return 0, err
		}
	}
	if dst == 0 {
		return 0, abi.EINVAL
	}
	to, err := copyInSockaddr(t, s, dst, dstLen, s.typ == abi.SOCK_DGRAM)
	if err != nil {
		return 0, err
	}
	var u *uio
	if a.IOV != 0 {
		if a.IOVCnt == 0 || a.IOVCnt > maxIOV || a.Len == 0 {
			return 0, abi.EINVAL
		}
		if u, err = copyInIOV(t, a.IOV, int32(a.IOVCnt)); err != nil {
			return 0, err
		}
	}
	switch x := t.CallData().(type) {
	case nil:
		if s.domain == abi.AF_UNIX {
			return 0, abi.EOPNOTSUPP
		}
		if a.Flags&^(connectResumeOnReadWrite|connectDataIdempotent) != 0 || a.AssocID != saeAssocAny && a.AssocID != saeAssocAll {
			return 0, abi.EINVAL
		}
		if srcIf != 0 {
			level, name := int32(abi.IPPROTO_IP), int32(abi.IP_BOUND_IF)
			if s.domain == abi.AF_INET6 {
				level, name = abi.IPPROTO_IPV6, abi.IPV6_BOUND_IF
			}
			if err := s.p.setopt(t, s, level, name, intOpt(int32(srcIf))); err != nil {
				return 0, err
			}
		}
		if from != nil {
			if err := s.p.bind(t, s, from); err != nil {
				return 0, err
			}
		}
		if err := s.connectTo(t, f, to); err != nil {
			return 0, err
		}
	case *kern.File:
		if x != f {
			return 0, abi.ECONNABORTED
		}
		if err := s.finishConnect(t, f); err != nil {
			return 0, err
		}
	}
	if u == nil {
		return 0, nil
	}
	if _, waited := t.CallData().(*kern.File); waited {
		t.SetCallData(transfer{f: f})
	}
	return s.transmit(t, f, u, nil, 0, nil)
}

type disconnectxArgs struct {
	FD      abi.FD
	AssocID uint32
	ConnID  uint32
}

func disconnectx(t *kern.Thread, a *disconnectxArgs) (uint64, error) {
	_, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	if s.domain == abi.AF_UNIX {
		return 0, abi.EOPNOTSUPP
	}
	if a.AssocID != saeAssocAny && a.AssocID != saeAssocAll || a.ConnID != 0 && a.ConnID != 0xffffffff {
		return 0, abi.EINVAL
	}
	if s.p.state(s)&(isConnected|isConnecting) == 0 {
		return 0, abi.ENOTCONN
	}
	return 0, s.p.disconnect(s)
}

type sendfileArgs struct {
	FD     abi.FD
	Socket abi.FD
	Offset abi.Off
	NBytes abi.Ptr
	Hdtr   abi.Ptr
	Flags  int32
}

// sending is where a sendfile stands that waits.
type sending struct {
	f *kern.File
	// sent counts everything, headers and file; part is which of the three parts
	// is being sent, partDone how much of it.
	sent     uint64
	part     int
	partDone uint64
}

// sendfile sends headers, bytes of a file and trailers. What it has sent goes
// to *nbytes whether it fails or not.
func sendfile(t *kern.Thread, a *sendfileArgs) (uint64, error) {
	f, v, err := vnodeOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	sf, s, err := sendfileChecks(t, a, f, v)
	if err != nil {
		return 0, err
	}
	x, _ := t.CallData().(sending)
	if x.f != nil && x.f != sf {
		return 0, abi.EBADF
	}
	x.f = sf
	err = s.sendParts(t, sf, v, a, &x)
	if kern.IsBlocked(err) {
		return 0, err
	}
	if isErrno(err, abi.EPIPE) && !s.noSigPipe && !sf.NoSigPipe {
		t.Proc.Signal(abi.SIGPIPE, kern.SigInfo{})
	}
	if err == error(kern.ErrRestart) {
		err = abi.EINTR // it would send again what has been sent
	}
	if e := t.Space().Store64(uint64(a.NBytes), x.sent); e != nil && err == nil {
		err = e
	}
	return 0, err
}

func sendfileChecks(t *kern.Thread, a *sendfileArgs, f *kern.File, v *vnode) (*kern.File, *socket, error) {
	if f.Flags&kern.FREAD == 0 {
		return nil, nil, abi.EBADF
	}
	if v.kind != hostfs.Regular {
		return nil, nil, abi.ENOTSUP
	}
	sf, s, err := socketOf(t, a.Socket)
	switch {
	case err != nil:
		return nil, nil, err
	case s.typ != abi.SOCK_STREAM:
		return nil, nil, abi.EINVAL
	case t.CallData() == nil && s.p.state(s)&isConnected == 0:
		return nil, nil, abi.ENOTCONN
	case a.Offset < 0, a.NBytes == 0, a.Flags != 0:
		return nil, nil, abi.EINVAL
	}
	return sf, s, nil
}

// sendParts sends from where x stands.
func (s *socket) sendParts(t *kern.Thread, f *kern.File, v *vnode, a *sendfileArgs, x *sending) error {
	want, err := t.Space().Load64(uint64(a.NBytes))
	if err != nil {
		return err
	}
	if int64(want) < 0 {
		return abi.EINVAL
	}
	var around [2]*uio
	if a.Hdtr != 0 {
		var b [32]byte // struct sf_hdtr: headers, count, trailers, count
		if err := t.Space().CopyIn(b[:], uint64(a.Hdtr)); err != nil {
			return err
		}
		for i := range around {
			if p := le.Uint64(b[16*i:]); p != 0 {
				if around[i], err = copyInIOV(t, abi.Ptr(p), int32(le.Uint32(b[16*i+8:]))); err != nil {
					return err
				}
			}
		}
	}
	// The bytes asked for count the headers, as they always have on Darwin.
	limit := uint64(math.MaxInt64)
	if want != 0 {
		limit = want
		if around[0] != nil {
			limit -= min(limit, around[0].total)
		}
	}
	for ; x.part < 3; x.part, x.partDone = x.part+1, 0 {
		for {
			var buf []byte
			if x.part == 1 {
				buf = t.Machine().Scratch(int(min(limit-min(limit, x.partDone), maxChunk)))
				n := 0
				if len(buf) > 0 {
					if n, err = v.file.ReadAt(buf, int64(a.Offset)+int64(x.partDone)); err != nil {
						return err
					}
				}
				buf = buf[:n]
			} else if u := around[x.part/2]; u != nil {
				buf = t.Machine().Scratch(int(min(u.total-x.partDone, maxChunk)))
				if err := u.gather(t, x.partDone, buf); err != nil {
					return err
				}
			}
			if len(buf) == 0 {
				break
			}
			if s.p.state(s)&cantSendMore != 0 {
				return abi.EPIPE
			}
			n, err := s.p.send(t, s, buf, nil, 0, nil)
			if isAgain(err) {
				if f.Nonblocking() {
					return abi.EAGAIN
				}
				t.SetCallData(*x)
				return s.wait(t, kern.EvOut, s.sndTimeo)
			}
			if err != nil {
				return err
			}
			x.partDone += uint64(n)
			x.sent += uint64(n)
		}
	}
	return nil
}

type msgXArgs struct {
	FD    abi.FD
	Msgs  abi.Ptr
	Cnt   uint32
	Flags int32 `flags:"msg"`
}

// sizeofMsghdrX is struct msghdr_x: a msghdr and the length of its data.
const sizeofMsghdrX = 56

// maxMsgX is kern.ipc.maxrecvmsgx and maxsendmsgx.
const maxMsgX = 256

// recvmsgX takes as many datagrams as there are, and waits only for the first.
func recvmsgX(t *kern.Thread, a *msgXArgs) (uint64, error) {
	f, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	if a.Cnt == 0 || a.Cnt > maxIOV || a.Flags&^(abi.MSG_DONTWAIT|abi.MSG_NBIO) != 0 {
		return 0, abi.EINVAL
	}
	for i := uint64(0); i < uint64(min(a.Cnt, maxMsgX)); i++ {
		at := uint64(a.Msgs) + i*sizeofMsghdrX
		flags := a.Flags
		if i > 0 {
			flags |= abi.MSG_DONTWAIT
		}
		m, u, err := copyInMsg(t, abi.Ptr(at))
		if err != nil {
			return 0, err
		}
		r, err := s.receive(t, f, u, flags, m.Control != 0)
		if err != nil {
			if i > 0 {
				return i, nil
			}
			return 0, err
		}
		t.SetCallData(nil)
		err = deliver(t, m, &r, 0)
		r.drop()
		if err != nil {
			return 0, err
		}
		var b [sizeofMsghdrX]byte
		m.Put(b[:])
		le.PutUint64(b[48:], uint64(r.n))
		if err := t.Space().CopyOut(at, b[:]); err != nil {
			return 0, err
		}
		if r.n == 0 && !s.atomic() {
			return i + 1, nil
		}
	}
	return uint64(min(a.Cnt, maxMsgX)), nil
}

// sendmsgX sends messages in turn, and waits only for the first to go.
func sendmsgX(t *kern.Thread, a *msgXArgs) (uint64, error) {
	if a.Flags&msgSkipCfil != 0 {
		return 0, abi.EPERM
	}
	f, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	for i := uint64(0); i < uint64(min(a.Cnt, maxMsgX)); i++ {
		m, u, err := copyInMsg(t, abi.Ptr(uint64(a.Msgs)+i*sizeofMsghdrX))
		if err == nil {
			flags := a.Flags
			if i > 0 {
				flags |= abi.MSG_DONTWAIT
			}
			_, err = s.sendHeader(t, f, m, u, flags)
		}
		if err == nil {
			t.SetCallData(nil)
			continue
		}
		if i > 0 && (isAgain(err) || isInterruption(err) || isErrno(err, abi.ENOBUFS) || isErrno(err, abi.EMSGSIZE)) {
			return i, nil
		}
		return 0, err
	}
	return uint64(min(a.Cnt, maxMsgX)), nil
}
