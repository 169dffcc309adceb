package bsd

import (
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Options of the socket itself, after sosetopt and sogetopt; those of the
// Internet protocols are in sockopt_inet.go.

type setsockoptArgs struct {
	FD          abi.FD
	Level, Name int32
	Val         abi.Ptr `in:"ValSize"`
	ValSize     uint32
}

type getsockoptArgs struct {
	FD          abi.FD
	Level, Name int32
	Val         abi.Ptr
	ValSize     abi.Ptr
}

// maxOption bounds the value of an option, in bytes: the largest are source
// filters of multicast groups.
const maxOption = 16 << 10

func setsockopt(t *kern.Thread, a *setsockoptArgs) (uint64, error) {
	if a.Val == 0 && a.ValSize != 0 {
		return 0, abi.EFAULT
	}
	_, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	if s.p.state(s)&isShut == isShut && !s.setoptShut {
		return 0, abi.EINVAL
	}
	// Values longer than any option are read as far as the option goes.
	val := make([]byte, min(a.ValSize, maxOption))
	if err := t.Space().CopyIn(val, uint64(a.Val)); err != nil {
		return 0, err
	}
	if a.Level == abi.SOL_SOCKET && a.Name != abi.SO_BINDTODEVICE {
		err = s.setSocketOption(t, a.Name, val)
	} else {
		err = s.p.setopt(t, s, a.Level, a.Name, val)
	}
	if err == error(abi.ENOPROTOOPT) {
		noteOption(t, "setsockopt", a.Level, a.Name)
	}
	return 0, err
}

func getsockopt(t *kern.Thread, a *getsockoptArgs) (uint64, error) {
	_, s, err := socketOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	var room uint32
	if a.Val != 0 {
		if room, err = t.Space().Load32(uint64(a.ValSize)); err != nil {
			return 0, err
		}
	}
	var out []byte
	if a.Level == abi.SOL_SOCKET && a.Name != abi.SO_BINDTODEVICE {
		out, err = s.getSocketOption(t, a.Name)
	} else {
		out, err = s.p.getopt(t, s, a.Level, a.Name, int(min(room, maxOption)))
	}
	if err == error(abi.ENOPROTOOPT) {
		noteOption(t, "getsockopt", a.Level, a.Name)
	}
	if err != nil {
		return 0, err
	}
	out = out[:min(len(out), int(min(room, maxOption)))]
	if err := t.Space().CopyOut(uint64(a.Val), out); err != nil {
		return 0, err
	}
	return 0, t.Space().Store32(uint64(a.ValSize), uint32(len(out)))
}

func noteOption(t *kern.Thread, call string, level, name int32) {
	t.Machine().Note(call + " " + strconv.Itoa(int(level)) + "/0x" + strconv.FormatUint(uint64(uint32(name)), 16))
}

// optInt reads an int option (sooptcopyin).
func optInt(val []byte) (int32, error) {
	if len(val) < 4 {
		return 0, abi.EINVAL
	}
	return int32(le.Uint32(val)), nil
}

func intOpt(v int32) []byte { return le.AppendUint32(nil, uint32(v)) }

// keep remembers the value of an option that has no mechanism behind it.
func (s *socket) keep(level, name, v int32) {
	if s.kept == nil {
		s.kept = map[optKey]int32{}
	}
	s.kept[optKey{level, name}] = v
}

// bitOption is an option that is a bit of so_options; host is Linux's, 0 for
// none.
type bitOption struct {
	name int32
	host int
}

func bitOptions() []bitOption {
	return []bitOption{
		{abi.SO_DEBUG, 0}, {abi.SO_KEEPALIVE, unix.SO_KEEPALIVE}, {abi.SO_DONTROUTE, unix.SO_DONTROUTE},
		{abi.SO_USELOOPBACK, 0}, {abi.SO_BROADCAST, unix.SO_BROADCAST}, {abi.SO_REUSEADDR, unix.SO_REUSEADDR},
		{abi.SO_REUSEPORT, unix.SO_REUSEPORT}, {abi.SO_OOBINLINE, unix.SO_OOBINLINE}, {abi.SO_TIMESTAMP, unix.SO_TIMESTAMP},
		{abi.SO_DONTTRUNC, 0}, {abi.SO_WANTMORE, 0}, {abi.SO_WANTOOBFLAG, 0},
		{0x10000, 0}, {0x20000, 0}, // SO_NOWAKEFROMSLEEP, SO_NOAPNFALLBK
	}
}

// keptSocketOptions are remembered and told, with their first value: what they
// ask for (traffic classes, reuse by the same user) this machine cannot do or
// does always.
func keptSocketOptions() map[int32]int32 {
	return map[int32]int32{
		abi.SO_NOADDRERR: 0, abi.SO_REUSESHAREUID: 0, abi.SO_RANDOMPORT: 0, abi.SO_UPCALLCLOSEWAIT: 0, abi.SO_TRAFFIC_CLASS: 0,
		abi.SO_RECV_TRAFFIC_CLASS: 0, abi.SO_OPPORTUNISTIC: 0, abi.SO_RECV_ANYIF: 0, abi.SO_NET_SERVICE_TYPE: 0,
		abi.SO_RESTRICTIONS: 0, abi.SO_DEFUNCTOK: 1,
	}
}

func (s *socket) setSocketOption(t *kern.Thread, name int32, val []byte) error {
	for _, b := range bitOptions() {
		if b.name != name {
			continue
		}
		v, err := optInt(val)
		if err != nil {
			return err
		}
		if h, ok := s.p.(*hostSock); ok && b.host != 0 {
			on := int32(0)
			if v != 0 {
				on = 1
			}
			if err := h.setInt(unix.SOL_SOCKET, b.host, on); err != nil {
				return err
			}
		}
		s.options &^= uint32(name)
		if v != 0 {
			s.options |= uint32(name)
		}
		return nil
	}
	if _, ok := keptSocketOptions()[name]; ok {
		v, err := optInt(val)
		if err == nil {
			s.keep(abi.SOL_SOCKET, name, v)
		}
		return err
	}
	switch name {
	case abi.SO_LINGER, abi.SO_LINGER_SEC:
		return s.setLinger(name, val)
	case abi.SO_SNDBUF, abi.SO_RCVBUF, abi.SO_SNDLOWAT, abi.SO_RCVLOWAT:
		v, err := optInt(val)
		if err != nil {
			return err
		}
		if v < 1 {
			return abi.EINVAL
		}
		return s.setBuffer(name, v)
	case abi.SO_SNDTIMEO, abi.SO_RCVTIMEO:
		// struct timeval; out of range is EDOM (sooptcopyin_timeval).
		if len(val) < 16 {
			return abi.EINVAL
		}
		sec, usec := int64(le.Uint64(val)), int32(le.Uint32(val[8:]))
		if sec < 0 || usec < 0 || usec >= 1e6 {
			return abi.EDOM
		}
		ns := clampSeconds(sec) + int64(usec)*1000
		if name == abi.SO_SNDTIMEO {
			s.sndTimeo = ns
		} else {
			s.rcvTimeo = ns
		}
		return nil
	case abi.SO_NOSIGPIPE:
		v, err := optInt(val)
		if err == nil {
			s.noSigPipe = v != 0
		}
		return err
	case abi.SO_NOTIFYCONFLICT:
		if t.Proc.Cred.EUID != 0 {
			return abi.EPERM
		}
		v, err := optInt(val)
		if err == nil {
			s.keep(abi.SOL_SOCKET, name, v)
		}
		return err
	case abi.SO_NP_EXTENSIONS:
		// struct so_np_extensions: flags, mask; SONPX_SETOPTSHUT is the one bit.
		if len(val) < 8 {
			return abi.EINVAL
		}
		mask := le.Uint32(val[4:])
		if mask&^1 != 0 {
			return abi.EINVAL
		}
		if mask != 0 {
			s.setoptShut = le.Uint32(val)&1 != 0
		}
		return nil
	case abi.SO_LABEL:
		return abi.EOPNOTSUPP
	}
	return abi.ENOPROTOOPT
}

// ticks is hz: SO_LINGER counts in them, a hundred a second.
const ticks = 100

// setLinger hands the host only a linger of 0, which makes a close reset the
// connection: a longer one would make the whole machine wait in the host's
// close. The data is sent all the same, in the background.
func (s *socket) setLinger(name int32, val []byte) error {
	if len(val) < 8 {
		return abi.EINVAL
	}
	var l abi.Linger
	l.Get(val)
	s.linger = int32(int16(l.Linger))
	if name == abi.SO_LINGER_SEC {
		s.linger = int32(int16(int64(l.Linger) * ticks))
	}
	s.options &^= abi.SO_LINGER
	if l.Onoff != 0 {
		s.options |= abi.SO_LINGER
	}
	h, ok := s.p.(*hostSock)
	if !ok {
		return nil
	}
	var b [8]byte
	if l.Onoff != 0 && s.linger == 0 {
		b[0] = 1
		if hostBigEndian() {
			b[0], b[3] = 0, 1
		}
	}
	return sockErr(h.sock.SetOpt(unix.SOL_SOCKET, unix.SO_LINGER, b[:]))
}

// setBuffer changes sizes and low-water marks; beyond kern.ipc.maxsockbuf is
// ENOBUFS.
func (s *socket) setBuffer(name, v int32) error {
	h, host := s.p.(*hostSock)
	switch name {
	case abi.SO_SNDBUF, abi.SO_RCVBUF:
		if v > maxSockBuf {
			return abi.ENOBUFS
		}
		opt := unix.SO_SNDBUF
		if name == abi.SO_RCVBUF {
			opt = unix.SO_RCVBUF
			s.rcvBuf = v
			s.rcvLowat = min(s.rcvLowat, v)
		} else {
			s.sndBuf = v
			s.sndLowat = min(s.sndLowat, v)
		}
		if host {
			// The host clamps to what its administrator allows.
			return h.setInt(unix.SOL_SOCKET, opt, v)
		}
	case abi.SO_SNDLOWAT:
		s.sndLowat = min(v, s.sndBuf)
	case abi.SO_RCVLOWAT:
		s.rcvLowat = min(v, s.rcvBuf)
		if host {
			return h.setInt(unix.SOL_SOCKET, unix.SO_RCVLOWAT, s.rcvLowat)
		}
	}
	return nil
}

func (s *socket) getSocketOption(t *kern.Thread, name int32) ([]byte, error) {
	for _, b := range bitOptions() {
		if b.name == name {
			return intOpt(int32(s.options & uint32(name))), nil
		}
	}
	if first, ok := keptSocketOptions()[name]; ok {
		if v, ok := s.kept[optKey{abi.SOL_SOCKET, name}]; ok {
			return intOpt(v), nil
		}
		return intOpt(first), nil
	}
	switch name {
	case abi.SO_LINGER, abi.SO_LINGER_SEC:
		l := abi.Linger{Linger: s.linger}
		if s.options&abi.SO_LINGER != 0 {
			l.Onoff = 1
		}
		if name == abi.SO_LINGER_SEC {
			l.Linger /= ticks
		}
		var b [8]byte
		l.Put(b[:])
		return b[:], nil
	case abi.SO_TYPE:
		return intOpt(s.typ), nil
	case abi.SO_NREAD:
		return intOpt(int32(s.p.readable(s))), nil
	case abi.SO_NWRITE:
		return intOpt(int32(s.p.unsent(s))), nil
	case abi.SO_ERROR:
		return intOpt(int32(errnoValue(s.takeSoError()))), nil
	case abi.SO_SNDBUF:
		return intOpt(s.sndBuf), nil
	case abi.SO_RCVBUF:
		return intOpt(s.rcvBuf), nil
	case abi.SO_SNDLOWAT:
		return intOpt(s.sndLowat), nil
	case abi.SO_RCVLOWAT:
		return intOpt(s.rcvLowat), nil
	case abi.SO_SNDTIMEO:
		return timevalOpt(s.sndTimeo), nil
	case abi.SO_RCVTIMEO:
		return timevalOpt(s.rcvTimeo), nil
	case abi.SO_NOSIGPIPE:
		if s.noSigPipe {
			return intOpt(1), nil
		}
		return intOpt(0), nil
	case abi.SO_NOTIFYCONFLICT:
		return intOpt(s.kept[optKey{abi.SOL_SOCKET, name}]), nil
	case abi.SO_ISDEFUNCT:
		return intOpt(0), nil
	case abi.SO_NP_EXTENSIONS:
		b := make([]byte, 8)
		if s.setoptShut {
			b[0] = 1
		}
		b[4] = 1
		return b, nil
	case abi.SO_LABEL, abi.SO_PEERLABEL:
		return nil, abi.EOPNOTSUPP
	}
	return nil, abi.ENOPROTOOPT
}

// takeSoError is SO_ERROR: this kernel's own, or the host's.
func (s *socket) takeSoError() error {
	h, ok := s.p.(*hostSock)
	if ok {
		h.settle(s)
	}
	if err := s.takeErr(); err != nil || !ok || h.waiting {
		return err
	}
	return sockErr(h.sock.Error())
}

func timevalOpt(ns int64) []byte {
	b := le.AppendUint64(nil, uint64(ns/1e9))
	b = le.AppendUint32(b, uint32(ns%1e9/1000))
	return append(b, 0, 0, 0, 0)
}

// adoptSocket wraps a host socket that a host program gave.
func adoptSocket(m *kern.Machine, h hostfs.Sock) *socket {
	s := &socket{m: m, typ: abi.SOCK_STREAM, ino: nextIno(m), sndBuf: maxSockBuf, rcvBuf: maxSockBuf, sndLowat: 2048, rcvLowat: 1}
	if m.Init != nil {
		s.cred, s.pid = *m.Init.Cred, 1
	}
	switch h.Type() {
	case unix.SOCK_DGRAM:
		s.typ = abi.SOCK_DGRAM
	case unix.SOCK_RAW:
		s.typ = abi.SOCK_RAW
	case unix.SOCK_SEQPACKET:
		s.typ = abi.SOCK_SEQPACKET
	}
	switch h.Family() {
	case unix.AF_INET:
		s.domain = abi.AF_INET
	case unix.AF_INET6:
		s.domain = abi.AF_INET6
	default:
		s.domain = abi.AF_UNIX
	}
	switch {
	case s.domain == abi.AF_UNIX:
	case s.typ == abi.SOCK_STREAM:
		s.number = abi.IPPROTO_TCP
	default:
		s.number = abi.IPPROTO_UDP
	}
	p := newHostSock(h)
	if on, err := p.getInt(unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil && on != 0 {
		p.listening = true
	} else if _, err := h.Peer(); err == nil {
		p.connected = true
	}
	s.p = p
	return s
}
