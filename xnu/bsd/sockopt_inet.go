package bsd

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Options of TCP, IP and IPv6 (tcp_ctloutput, ip_ctloutput, ip6_ctloutput).

func hostBigEndian() bool { return binary.NativeEndian.Uint16([]byte{0, 1}) == 1 }

func (h *hostSock) setInt(level, name int, v int32) error {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(v))
	return sockErr(h.sock.SetOpt(level, name, b[:]))
}

func (h *hostSock) getInt(level, name int) (int32, error) {
	var b [4]byte
	if _, err := h.sock.GetOpt(level, name, b[:]); err != nil {
		return 0, sockErr(err)
	}
	return int32(binary.NativeEndian.Uint32(b[:])), nil
}

// soBindToIfindex is Linux's SO_BINDTOIFINDEX, which x/sys does not name
// everywhere.
const soBindToIfindex = 62

// hostOption is one option that the host has too.
type hostOption struct {
	level, name         int32
	hostLevel, hostName int
	// flag is what Darwin's getsockopt tells of a switch that is on; 0: the
	// option is a number.
	flag int32
	// small: a program may pass one byte (u_char) as well as an int.
	small bool
	// raw: the value has the same layout on both sides, of these lengths.
	raw []int
	// in and out convert a number; nil leaves it as it is.
	in, out func(int32) int32
	// first is what Darwin tells before it is set, when firstKnown.
	first      int32
	firstKnown bool
	// alone: the host keeps one switch for several options of Darwin's, which are
	// told by what was kept.
	alone bool
}

func times1000(v int32) int32 { return int32(min(int64(v)*1000, 1<<31-1)) }
func by1000(v int32) int32    { return v / 1000 }

// dontFragment is IP_DONTFRAG as IP_MTU_DISCOVER.
func dontFragment(v int32) int32 {
	if v != 0 {
		return unix.IP_PMTUDISC_DO
	}
	return unix.IP_PMTUDISC_WANT
}

func isDontFragment(v int32) int32 {
	if v == unix.IP_PMTUDISC_DO {
		return 1
	}
	return 0
}

func hostOptions() []hostOption {
	const (
		tcp, ip, ip6 = abi.IPPROTO_TCP, abi.IPPROTO_IP, abi.IPPROTO_IPV6
		ht, hi, h6   = unix.IPPROTO_TCP, unix.IPPROTO_IP, unix.IPPROTO_IPV6
	)
	return []hostOption{
		{level: tcp, name: abi.TCP_NODELAY, hostLevel: ht, hostName: unix.TCP_NODELAY, flag: 4},
		{level: tcp, name: abi.TCP_MAXSEG, hostLevel: ht, hostName: unix.TCP_MAXSEG},
		{level: tcp, name: abi.TCP_NOPUSH, hostLevel: ht, hostName: unix.TCP_CORK, flag: 0x1000},
		{level: tcp, name: abi.TCP_KEEPALIVE, hostLevel: ht, hostName: unix.TCP_KEEPIDLE},
		{level: tcp, name: abi.TCP_KEEPINTVL, hostLevel: ht, hostName: unix.TCP_KEEPINTVL},
		{level: tcp, name: abi.TCP_KEEPCNT, hostLevel: ht, hostName: unix.TCP_KEEPCNT, first: 8, firstKnown: true},
		{level: tcp, name: abi.TCP_RXT_CONNDROPTIME, hostLevel: ht, hostName: unix.TCP_USER_TIMEOUT, in: times1000, out: by1000},
		{level: tcp, name: abi.TCP_NOTSENT_LOWAT, hostLevel: ht, hostName: unix.TCP_NOTSENT_LOWAT, first: 0, firstKnown: true},

		{level: ip, name: abi.IP_TOS, hostLevel: hi, hostName: unix.IP_TOS},
		{level: ip, name: abi.IP_TTL, hostLevel: hi, hostName: unix.IP_TTL},
		{level: ip, name: abi.IP_HDRINCL, hostLevel: hi, hostName: unix.IP_HDRINCL},
		{level: ip, name: abi.IP_MULTICAST_TTL, hostLevel: hi, hostName: unix.IP_MULTICAST_TTL, small: true},
		{level: ip, name: abi.IP_MULTICAST_LOOP, hostLevel: hi, hostName: unix.IP_MULTICAST_LOOP, small: true},
		{level: ip, name: abi.IP_MULTICAST_IF, hostLevel: hi, hostName: unix.IP_MULTICAST_IF, raw: []int{4, 12}},
		{level: ip, name: abi.IP_ADD_MEMBERSHIP, hostLevel: hi, hostName: unix.IP_ADD_MEMBERSHIP, raw: []int{8, 12}},
		{level: ip, name: abi.IP_DROP_MEMBERSHIP, hostLevel: hi, hostName: unix.IP_DROP_MEMBERSHIP, raw: []int{8, 12}},
		{level: ip, name: abi.IP_RECVDSTADDR, hostLevel: hi, hostName: unix.IP_PKTINFO, flag: 1, alone: true},
		{level: ip, name: abi.IP_RECVIF, hostLevel: hi, hostName: unix.IP_PKTINFO, flag: 1, alone: true},
		{level: ip, name: abi.IP_PKTINFO, hostLevel: hi, hostName: unix.IP_PKTINFO, flag: 1, alone: true},
		{level: ip, name: abi.IP_RECVTTL, hostLevel: hi, hostName: unix.IP_RECVTTL, flag: 1},
		{level: ip, name: abi.IP_RECVTOS, hostLevel: hi, hostName: unix.IP_RECVTOS, flag: 1},
		{level: ip, name: abi.IP_DONTFRAG, hostLevel: hi, hostName: unix.IP_MTU_DISCOVER, in: dontFragment, out: isDontFragment},
		{level: ip, name: abi.IP_BOUND_IF, hostLevel: unix.SOL_SOCKET, hostName: soBindToIfindex},

		{level: ip6, name: abi.IPV6_UNICAST_HOPS, hostLevel: h6, hostName: unix.IPV6_UNICAST_HOPS},
		{level: ip6, name: abi.IPV6_MULTICAST_IF, hostLevel: h6, hostName: unix.IPV6_MULTICAST_IF},
		{level: ip6, name: abi.IPV6_MULTICAST_HOPS, hostLevel: h6, hostName: unix.IPV6_MULTICAST_HOPS},
		{level: ip6, name: abi.IPV6_MULTICAST_LOOP, hostLevel: h6, hostName: unix.IPV6_MULTICAST_LOOP},
		{level: ip6, name: abi.IPV6_JOIN_GROUP, hostLevel: h6, hostName: unix.IPV6_JOIN_GROUP, raw: []int{20}},
		{level: ip6, name: abi.IPV6_LEAVE_GROUP, hostLevel: h6, hostName: unix.IPV6_LEAVE_GROUP, raw: []int{20}},
		{level: ip6, name: abi.IPV6_V6ONLY, hostLevel: h6, hostName: unix.IPV6_V6ONLY, flag: 1},
		{level: ip6, name: abi.IPV6_RECVTCLASS, hostLevel: h6, hostName: unix.IPV6_RECVTCLASS, flag: 1},
		{level: ip6, name: abi.IPV6_TCLASS, hostLevel: h6, hostName: unix.IPV6_TCLASS},
		{level: ip6, name: abi.IPV6_RECVHOPLIMIT, hostLevel: h6, hostName: unix.IPV6_RECVHOPLIMIT, flag: 1},
		{level: ip6, name: abi.IPV6_2292HOPLIMIT, hostLevel: h6, hostName: unix.IPV6_RECVHOPLIMIT, flag: 1},
		{level: ip6, name: abi.IPV6_RECVPKTINFO, hostLevel: h6, hostName: unix.IPV6_RECVPKTINFO, flag: 1},
		{level: ip6, name: abi.IPV6_2292PKTINFO, hostLevel: h6, hostName: unix.IPV6_RECVPKTINFO, flag: 1},
		{level: ip6, name: abi.IPV6_RECVPATHMTU, hostLevel: h6, hostName: unix.IPV6_RECVPATHMTU, flag: 1},
		{level: ip6, name: abi.IPV6_CHECKSUM, hostLevel: h6, hostName: unix.IPV6_CHECKSUM},
		{level: ip6, name: abi.IPV6_DONTFRAG, hostLevel: h6, hostName: unix.IPV6_DONTFRAG, flag: 1},
		{level: ip6, name: abi.IPV6_BOUND_IF, hostLevel: unix.SOL_SOCKET, hostName: soBindToIfindex},
	}
}

// keptOptions are remembered only. TCP_CONNECTIONTIMEOUT is looked at by
// connect; the others are hints about what the host's protocols do on their own.
func keptOptions() []optKey {
	return []optKey{
		{abi.IPPROTO_TCP, abi.TCP_CONNECTIONTIMEOUT}, {abi.IPPROTO_TCP, abi.TCP_NOOPT}, {abi.IPPROTO_TCP, abi.TCP_RXT_FINDROP},
		{abi.IPPROTO_TCP, abi.TCP_SENDMOREACKS}, {abi.IPPROTO_TCP, abi.TCP_ENABLE_ECN},
		{abi.IPPROTO_IP, abi.IP_PORTRANGE}, {abi.IPPROTO_IP, abi.IP_STRIPHDR},
		{abi.IPPROTO_IPV6, abi.IPV6_PORTRANGE}, {abi.IPPROTO_IPV6, abi.IPV6_USE_MIN_MTU}, {abi.IPPROTO_IPV6, abi.IPV6_PREFER_TEMPADDR},
		{abi.IPPROTO_IPV6, abi.IPV6_AUTOFLOWLABEL},
	}
}

// levelFits tells that the protocol knows the level: the Internet protocols ask
// their own network layer about any but theirs, and that answers EINVAL.
func levelFits(s *socket, level int32) bool {
	switch level {
	case abi.IPPROTO_IP:
		return s.domain == abi.AF_INET
	case abi.IPPROTO_IPV6:
		return s.domain == abi.AF_INET6
	case abi.IPPROTO_TCP:
		return s.typ == abi.SOCK_STREAM
	case abi.IPPROTO_UDP:
		return s.number == abi.IPPROTO_UDP
	}
	return false
}

func findHostOption(level, name int32) *hostOption {
	for _, o := range hostOptions() {
		if o.level == level && o.name == name {
			return &o
		}
	}
	return nil
}

func (h *hostSock) setopt(_ *kern.Thread, s *socket, level, name int32, val []byte) error {
	if s.domain == abi.AF_UNIX {
		return abi.EOPNOTSUPP
	}
	if !levelFits(s, level) {
		return abi.EINVAL
	}
	for _, k := range keptOptions() {
		if k == (optKey{level, name}) {
			v, err := optInt(val)
			if err == nil && level == abi.IPPROTO_TCP && v < 0 {
				err = abi.EINVAL
			}
			if err == nil {
				s.keep(level, name, v)
			}
			return err
		}
	}
	if o := findHostOption(level, name); o != nil {
		return h.setHostOption(s, o, val)
	}
	return h.setSpecial(s, level, name, val)
}

func (h *hostSock) setHostOption(s *socket, o *hostOption, val []byte) error {
	if o.raw != nil {
		for i := len(o.raw) - 1; i >= 0; i-- {
			if len(val) >= o.raw[i] {
				return h.setRaw(s, o, val[:o.raw[i]])
			}
		}
		return abi.EINVAL
	}
	v, err := optInt(val)
	if o.small && len(val) == 1 {
		v, err = int32(val[0]), nil
	}
	if err != nil {
		return err
	}
	if o.flag != 0 && v != 0 {
		v = 1
	}
	if o.level == abi.IPPROTO_TCP && v < 0 {
		return abi.EINVAL
	}
	s.keep(o.level, o.name, v)
	if o.alone && v == 0 {
		for _, n := range []int32{abi.IP_RECVDSTADDR, abi.IP_RECVIF, abi.IP_PKTINFO} {
			if s.kept[optKey{o.level, n}] != 0 {
				v = 1 // another still wants it
			}
		}
	}
	if o.in != nil {
		v = o.in(v)
	}
	return h.setInt(o.hostLevel, o.hostName, v)
}

func (h *hostSock) setRaw(s *socket, o *hostOption, val []byte) error {
	member := o.name != abi.IP_MULTICAST_IF || o.level != abi.IPPROTO_IP
	if member && len(h.groups) >= imoMaxMemberships {
		return abi.ETOOMANYREFS
	}
	if err := h.sock.SetOpt(o.hostLevel, o.hostName, nativeRaw(val)); err != nil {
		return sockErr(err)
	}
	if member {
		h.noteMembership(s, o, val)
	}
	return nil
}

// nativeRaw gives the integers at the end of a structure the host's byte order.
func nativeRaw(val []byte) []byte {
	out := append([]byte(nil), val...)
	if n := len(out); n == 12 || n == 20 { // an interface index
		binary.NativeEndian.PutUint32(out[n-4:], le.Uint32(val[n-4:]))
	}
	return out
}

func (h *hostSock) getopt(_ *kern.Thread, s *socket, level, name int32, room int) ([]byte, error) {
	if s.domain == abi.AF_UNIX {
		return h.localOption(name)
	}
	if !levelFits(s, level) {
		return nil, abi.EINVAL
	}
	for _, k := range keptOptions() {
		if k == (optKey{level, name}) {
			return intOpt(s.kept[k]), nil
		}
	}
	o := findHostOption(level, name)
	if o == nil {
		return h.getSpecial(s, level, name)
	}
	kept, set := s.kept[optKey{level, name}]
	switch {
	case o.raw != nil:
		if name != abi.IP_MULTICAST_IF || level != abi.IPPROTO_IP {
			return nil, abi.ENOPROTOOPT
		}
		b := make([]byte, 4)
		_, err := h.sock.GetOpt(o.hostLevel, o.hostName, b)
		return b, sockErr(err)
	case o.alone:
		return intOpt(kept), nil
	case o.firstKnown && !set:
		return intOpt(o.first), nil
	}
	v, err := h.getInt(o.hostLevel, o.hostName)
	if err != nil {
		return nil, err
	}
	if o.out != nil {
		v = o.out(v)
	}
	if o.flag != 0 && v != 0 {
		v = o.flag
	}
	if o.small && room == 1 {
		return []byte{byte(v)}, nil
	}
	return intOpt(v), nil
}

// setSpecial does the options whose structures differ.
func (h *hostSock) setSpecial(s *socket, level, name int32, val []byte) error {
	switch level {
	case abi.IPPROTO_TCP:
		if name != abi.TCP_FASTOPEN {
			return abi.ENOPROTOOPT
		}
		v, err := optInt(val)
		switch {
		case err != nil:
			return err
		case v != 0 && v != 1 || !h.listening:
			return abi.EINVAL
		}
		return h.setInt(unix.IPPROTO_TCP, unix.TCP_FASTOPEN, v*abi.SOMAXCONN)
	case abi.IPPROTO_UDP:
		if name != udpNoCksum {
			return abi.ENOPROTOOPT
		}
		v, err := optInt(val)
		if err != nil {
			return err
		}
		s.keep(level, name, v)
		return h.setInt(unix.SOL_SOCKET, unix.SO_NO_CHECK, v)
	}
	switch name {
	case abi.IP_ADD_SOURCE_MEMBERSHIP, abi.IP_DROP_SOURCE_MEMBERSHIP, abi.IP_BLOCK_SOURCE, abi.IP_UNBLOCK_SOURCE:
		if level != abi.IPPROTO_IP {
			return abi.ENOPROTOOPT
		}
		// struct ip_mreq_source: group, source, interface; the host has the last
		// two the other way round.
		if len(val) < 12 {
			return abi.EINVAL
		}
		b := append(append(append([]byte(nil), val[:4]...), val[8:12]...), val[4:8]...)
		return sockErr(h.sock.SetOpt(unix.IPPROTO_IP, sourceOption(name), b))
	case abi.MCAST_JOIN_GROUP, abi.MCAST_LEAVE_GROUP:
		return h.groupRequest(s, level, name, val, 1)
	case abi.MCAST_JOIN_SOURCE_GROUP, abi.MCAST_LEAVE_SOURCE_GROUP, abi.MCAST_BLOCK_SOURCE, abi.MCAST_UNBLOCK_SOURCE:
		return h.groupRequest(s, level, name, val, 2)
	case abi.IP_MULTICAST_IFINDEX:
		if level != abi.IPPROTO_IP {
			return abi.ENOPROTOOPT
		}
		v, err := optInt(val)
		if err != nil {
			return err
		}
		b := make([]byte, 12) // struct ip_mreqn
		binary.NativeEndian.PutUint32(b[8:], uint32(v))
		s.keep(level, name, v)
		return sockErr(h.sock.SetOpt(unix.IPPROTO_IP, unix.IP_MULTICAST_IF, b))
	}
	return abi.ENOPROTOOPT
}

// udpNoCksum is UDP_NOCKSUM.
const udpNoCksum = 1

func sourceOption(name int32) int {
	switch name {
	case abi.IP_ADD_SOURCE_MEMBERSHIP:
		return unix.IP_ADD_SOURCE_MEMBERSHIP
	case abi.IP_DROP_SOURCE_MEMBERSHIP:
		return unix.IP_DROP_SOURCE_MEMBERSHIP
	case abi.IP_BLOCK_SOURCE:
		return unix.IP_BLOCK_SOURCE
	}
	return unix.IP_UNBLOCK_SOURCE
}

// groupRequest translates struct group_req (one address) and group_source_req
// (two): Darwin packs them to 4 bytes, the host aligns the addresses to 8.
func (h *hostSock) groupRequest(s *socket, level, name int32, val []byte, n int) error {
	if len(val) < 4+n*abi.SizeofSockaddrStorage {
		return abi.EINVAL
	}
	out := make([]byte, 8+n*128)
	binary.NativeEndian.PutUint32(out, le.Uint32(val))
	for i := range n {
		sa := val[4+i*abi.SizeofSockaddrStorage:]
		o := out[8+i*128:]
		switch {
		case sa[1] == abi.AF_INET && s.domain == abi.AF_INET:
			binary.NativeEndian.PutUint16(o, unix.AF_INET)
			copy(o[2:8], sa[2:8])
		case sa[1] == abi.AF_INET6 && s.domain == abi.AF_INET6:
			binary.NativeEndian.PutUint16(o, unix.AF_INET6)
			copy(o[2:24], sa[2:24])
			binary.NativeEndian.PutUint32(o[24:], le.Uint32(sa[24:]))
		default:
			return abi.EINVAL
		}
	}
	hostName := map[int32]int{
		abi.MCAST_JOIN_GROUP: unix.MCAST_JOIN_GROUP, abi.MCAST_LEAVE_GROUP: unix.MCAST_LEAVE_GROUP,
		abi.MCAST_JOIN_SOURCE_GROUP: unix.MCAST_JOIN_SOURCE_GROUP, abi.MCAST_LEAVE_SOURCE_GROUP: unix.MCAST_LEAVE_SOURCE_GROUP,
		abi.MCAST_BLOCK_SOURCE: unix.MCAST_BLOCK_SOURCE, abi.MCAST_UNBLOCK_SOURCE: unix.MCAST_UNBLOCK_SOURCE,
	}[name]
	if err := h.sock.SetOpt(int(level), hostName, out); err != nil {
		return sockErr(err)
	}
	group, ok := netip.AddrFromSlice(val[4+8 : 4+24])
	if s.domain == abi.AF_INET {
		group, ok = netip.AddrFromSlice(val[4+4 : 4+8])
	}
	index := uint16(le.Uint32(val))
	switch {
	case !ok:
	case name == abi.MCAST_JOIN_GROUP:
		if index == 0 {
			index = multicastIf(s.m, netip.Addr{})
		}
		h.joined(s, index, group)
	case name == abi.MCAST_LEAVE_GROUP:
		h.left(s, index, group)
	}
	return nil
}

func (h *hostSock) getSpecial(s *socket, level, name int32) ([]byte, error) {
	switch {
	case level == abi.IPPROTO_TCP && name == abi.TCP_CONNECTION_INFO:
		return h.connectionInfo(s)
	case level == abi.IPPROTO_TCP && name == abi.TCP_FASTOPEN:
		v, err := h.getInt(unix.IPPROTO_TCP, unix.TCP_FASTOPEN)
		return intOpt(min(v, 1)), err
	case level == abi.IPPROTO_UDP && name == udpNoCksum, level == abi.IPPROTO_IP && name == abi.IP_MULTICAST_IFINDEX:
		return intOpt(s.kept[optKey{level, name}]), nil
	}
	return nil, abi.ENOPROTOOPT
}

// connectionInfo is struct tcp_connection_info (bsd/netinet/tcp.h), 112 bytes,
// from the host's tcp_info, whose times are microseconds; here they are
// milliseconds.
func (h *hostSock) connectionInfo(s *socket) ([]byte, error) {
	in := make([]byte, 232)
	n, err := h.sock.GetOpt(unix.IPPROTO_TCP, unix.TCP_INFO, in)
	if err != nil {
		return nil, sockErr(err)
	}
	clear(in[min(n, len(in)):])
	u32 := func(at int) uint32 { return binary.NativeEndian.Uint32(in[at:]) }
	u64 := func(at int) uint64 { return binary.NativeEndian.Uint64(in[at:]) }
	// The host's states from ESTABLISHED = 1, in Darwin's TCPS_* numbers.
	states := [...]byte{0, 4, 2, 3, 6, 9, 10, 0, 5, 8, 1, 7, 3}
	out := make([]byte, 112)
	if int(in[0]) < len(states) {
		out[0] = states[in[0]]
	}
	wscale := in[6]
	if hostBigEndian() {
		wscale = wscale<<4 | wscale>>4
	}
	out[1], out[2] = wscale&15, wscale>>4
	// TCPCI_OPT_TIMESTAMPS, SACK, WSCALE, ECN have the host's numbers 1, 2, 4, 8.
	put := func(at int, v uint32) { le.PutUint32(out[at:], v) }
	put(4, uint32(in[5]&15))
	put(12, u32(8)/1000)         // rto
	put(16, u32(16))             // maxseg
	put(20, u32(76))             // snd_ssthresh
	put(24, u32(80)*u32(16))     // snd_cwnd, bytes
	put(28, u32(228))            // snd_wnd
	put(32, uint32(h.unsent(s))) // snd_sbbytes
	put(36, u32(96))             // rcv_wnd
	put(40, u32(68)/1000)        // rttcur
	put(44, u32(68)/1000)        // srtt
	put(48, u32(72)/1000)        // rttvar
	put64 := func(at int, v uint64) { le.PutUint64(out[at:], v) }
	put64(56, uint64(u32(136))) // txpackets
	put64(64, u64(200))         // txbytes
	put64(72, u64(208))         // txretransmitbytes
	put64(80, uint64(u32(140))) // rxpackets
	put64(88, u64(128))         // rxbytes
	put64(104, uint64(u32(100)))
	return out, nil
}
