package abi

// Address families (bsd/sys/socket.h).
const (
	AF_UNSPEC    = 0
	AF_UNIX      = 1
	AF_INET      = 2
	AF_APPLETALK = 16
	AF_ROUTE     = 17
	AF_LINK      = 18
	AF_NDRV      = 27
	AF_INET6     = 30
	AF_SYSTEM    = 32
	AF_PPP       = 34
	AF_IEEE80211 = 37
	AF_UTUN      = 38
	AF_MULTIPATH = 39
	AF_VSOCK     = 40
	AF_MAX       = 41

	AF_LOCAL = AF_UNIX
	PF_KEY   = 29
)

// Socket types and shutdown(2)'s directions.
const (
	SOCK_STREAM     = 1
	SOCK_DGRAM      = 2
	SOCK_RAW        = 3
	SOCK_RDM        = 4
	SOCK_SEQPACKET  = 5
	SOCK_MAXADDRLEN = 255
	SHUT_RD         = 0
	SHUT_WR         = 1
	SHUT_RDWR       = 2
	SOMAXCONN       = 128
)

// Options of the socket itself.
const (
	SOL_SOCKET              = 0xffff
	SOL_LOCAL               = 0x0
	SO_DEBUG                = 0x1
	SO_ACCEPTCONN           = 0x2
	SO_REUSEADDR            = 0x4
	SO_KEEPALIVE            = 0x8
	SO_DONTROUTE            = 0x10
	SO_BROADCAST            = 0x20
	SO_USELOOPBACK          = 0x40
	SO_LINGER               = 0x80   // counts in clock ticks of 10 ms
	SO_LINGER_SEC           = 0x1080 // counts in seconds
	SO_OOBINLINE            = 0x100
	SO_REUSEPORT            = 0x200
	SO_TIMESTAMP            = 0x400
	SO_TIMESTAMP_MONOTONIC  = 0x800
	SO_DONTTRUNC            = 0x2000
	SO_WANTMORE             = 0x4000
	SO_WANTOOBFLAG          = 0x8000
	SO_SNDBUF               = 0x1001
	SO_RCVBUF               = 0x1002
	SO_SNDLOWAT             = 0x1003
	SO_RCVLOWAT             = 0x1004
	SO_SNDTIMEO             = 0x1005
	SO_RCVTIMEO             = 0x1006
	SO_ERROR                = 0x1007
	SO_TYPE                 = 0x1008
	SO_LABEL                = 0x1010
	SO_PEERLABEL            = 0x1011
	SO_NREAD                = 0x1020
	SO_NKE                  = 0x1021
	SO_NOSIGPIPE            = 0x1022
	SO_NOADDRERR            = 0x1023
	SO_NWRITE               = 0x1024
	SO_REUSESHAREUID        = 0x1025
	SO_NOTIFYCONFLICT       = 0x1026
	SO_UPCALLCLOSEWAIT      = 0x1027
	SO_RESTRICTIONS         = 0x1081
	SO_RANDOMPORT           = 0x1082
	SO_NP_EXTENSIONS        = 0x1083
	SO_EXECPATH             = 0x1085
	SO_TRAFFIC_CLASS        = 0x1086
	SO_RECV_TRAFFIC_CLASS   = 0x1087
	SO_DEFUNCTIT            = 0x1091
	SO_DEFUNCTOK            = 0x1100
	SO_ISDEFUNCT            = 0x1101
	SO_OPPORTUNISTIC        = 0x1102
	SO_RECV_ANYIF           = 0x1104
	SO_DELEGATED            = 0x1107
	SO_DELEGATED_UUID       = 0x1108
	SO_NUMRCVPKT            = 0x1112
	SO_NET_SERVICE_TYPE     = 0x1116
	SO_NETSVC_MARKING_LEVEL = 0x1119
	SO_INTCOPROC_ALLOW      = 0x1118
	SO_RESOLVER_SIGNATURE   = 0x1131
	SO_BINDTODEVICE         = 0x1134
)

// Options of Unix-domain sockets (bsd/sys/un.h).
const (
	LOCAL_PEERCRED  = 0x1
	LOCAL_PEERPID   = 0x2
	LOCAL_PEEREPID  = 0x3
	LOCAL_PEERUUID  = 0x4
	LOCAL_PEEREUUID = 0x5
	LOCAL_PEERTOKEN = 0x6
)

// Protocols (bsd/netinet/in.h).
const (
	IPPROTO_IP       = 0
	IPPROTO_ICMP     = 1
	IPPROTO_IGMP     = 2
	IPPROTO_IPV4     = 4
	IPPROTO_TCP      = 6
	IPPROTO_UDP      = 17
	IPPROTO_IPV6     = 41
	IPPROTO_ROUTING  = 43
	IPPROTO_FRAGMENT = 44
	IPPROTO_ICMPV6   = 58
	IPPROTO_NONE     = 59
	IPPROTO_DSTOPTS  = 60
	IPPROTO_SCTP     = 132
	IPPROTO_RAW      = 255
	IPPROTO_MAX      = 256
)

// Options of IPv4 (bsd/netinet/in.h).
const (
	IP_OPTIONS                = 1
	IP_HDRINCL                = 2
	IP_TOS                    = 3
	IP_TTL                    = 4
	IP_RECVOPTS               = 5
	IP_RECVRETOPTS            = 6
	IP_RECVDSTADDR            = 7
	IP_RETOPTS                = 8
	IP_MULTICAST_IF           = 9
	IP_MULTICAST_TTL          = 10
	IP_MULTICAST_LOOP         = 11
	IP_ADD_MEMBERSHIP         = 12
	IP_DROP_MEMBERSHIP        = 13
	IP_MULTICAST_VIF          = 14
	IP_PORTRANGE              = 19
	IP_RECVIF                 = 20
	IP_STRIPHDR               = 23
	IP_RECVTTL                = 24
	IP_BOUND_IF               = 25
	IP_PKTINFO                = 26
	IP_RECVTOS                = 27
	IP_DONTFRAG               = 28
	IP_MULTICAST_IFINDEX      = 66
	IP_ADD_SOURCE_MEMBERSHIP  = 70
	IP_DROP_SOURCE_MEMBERSHIP = 71
	IP_BLOCK_SOURCE           = 72
	IP_UNBLOCK_SOURCE         = 73
	IP_MSFILTER               = 74
	MCAST_JOIN_GROUP          = 80
	MCAST_LEAVE_GROUP         = 81
	MCAST_JOIN_SOURCE_GROUP   = 82
	MCAST_LEAVE_SOURCE_GROUP  = 83
	MCAST_BLOCK_SOURCE        = 84
	MCAST_UNBLOCK_SOURCE      = 85
)

// Options of IPv6 (bsd/netinet6/in6.h). Three of them have two numbers: with
// __APPLE_USE_RFC_3542 a program uses the ones of that RFC.
const (
	IPV6_UNICAST_HOPS    = 4
	IPV6_MULTICAST_IF    = 9
	IPV6_MULTICAST_HOPS  = 10
	IPV6_MULTICAST_LOOP  = 11
	IPV6_JOIN_GROUP      = 12
	IPV6_LEAVE_GROUP     = 13
	IPV6_PORTRANGE       = 14
	IPV6_2292PKTINFO     = 19
	IPV6_2292HOPLIMIT    = 20
	IPV6_2292NEXTHOP     = 21
	IPV6_2292HOPOPTS     = 22
	IPV6_2292DSTOPTS     = 23
	IPV6_2292RTHDR       = 24
	IPV6_2292PKTOPTIONS  = 25
	IPV6_CHECKSUM        = 26
	IPV6_V6ONLY          = 27
	IPV6_RECVTCLASS      = 35
	IPV6_TCLASS          = 36
	IPV6_RECVHOPLIMIT    = 37
	IPV6_RECVRTHDR       = 38
	IPV6_RECVHOPOPTS     = 39
	IPV6_RECVDSTOPTS     = 40
	IPV6_USE_MIN_MTU     = 42
	IPV6_RECVPATHMTU     = 43
	IPV6_PATHMTU         = 44
	IPV6_3542PKTINFO     = 46
	IPV6_3542HOPLIMIT    = 47
	IPV6_3542NEXTHOP     = 48
	IPV6_3542HOPOPTS     = 49
	IPV6_3542DSTOPTS     = 50
	IPV6_3542RTHDR       = 51
	IPV6_AUTOFLOWLABEL   = 59
	IPV6_RECVPKTINFO     = 61
	IPV6_DONTFRAG        = 62
	IPV6_PREFER_TEMPADDR = 63
	IPV6_MSFILTER        = 74
	IPV6_BOUND_IF        = 125
)

// Options of TCP (bsd/netinet/tcp.h).
const (
	TCP_NODELAY           = 0x1
	TCP_MAXSEG            = 0x2
	TCP_NOPUSH            = 0x4
	TCP_NOOPT             = 0x8
	TCP_KEEPALIVE         = 0x10 // idle seconds before the first probe
	TCP_CONNECTIONTIMEOUT = 0x20
	TCP_RXT_CONNDROPTIME  = 0x80
	TCP_RXT_FINDROP       = 0x100
	TCP_KEEPINTVL         = 0x101
	TCP_KEEPCNT           = 0x102
	TCP_SENDMOREACKS      = 0x103
	TCP_ENABLE_ECN        = 0x104
	TCP_FASTOPEN          = 0x105
	TCP_CONNECTION_INFO   = 0x106
	TCP_NOTSENT_LOWAT     = 0x201
)

// Flags of send and receive.
const (
	MSG_OOB        = 0x1
	MSG_PEEK       = 0x2
	MSG_DONTROUTE  = 0x4
	MSG_EOR        = 0x8
	MSG_TRUNC      = 0x10
	MSG_CTRUNC     = 0x20
	MSG_WAITALL    = 0x40
	MSG_DONTWAIT   = 0x80
	MSG_EOF        = 0x100
	MSG_WAITSTREAM = 0x200
	MSG_FLUSH      = 0x400
	MSG_HOLD       = 0x800
	MSG_SEND       = 0x1000
	MSG_HAVEMORE   = 0x2000
	MSG_RCVMORE    = 0x4000
	MSG_COMPAT     = 0x8000
	MSG_NEEDSA     = 0x10000
	MSG_NBIO       = 0x20000
	MSG_NOSIGNAL   = 0x80000
	MSG_USEUPCALL  = 0x80000000
)

// Control messages of SOL_SOCKET.
const (
	SCM_RIGHTS              = 1
	SCM_TIMESTAMP           = 2
	SCM_CREDS               = 3
	SCM_TIMESTAMP_MONOTONIC = 4
)

// Iovec is struct iovec of an LP64 program; at most IOV_MAX of them make a list.
type Iovec struct {
	Base Ptr
	Len  uint64
}

// Put writes the structure to b, which holds at least its 16 bytes.
func (s *Iovec) Put(b []byte) {
	_ = b[15]
	le.PutUint64(b, uint64(s.Base))
	le.PutUint64(b[8:], s.Len)
}

// Get reads the structure from b, which holds at least its 16 bytes.
func (s *Iovec) Get(b []byte) {
	_ = b[15]
	s.Base = Ptr(le.Uint64(b))
	s.Len = le.Uint64(b[8:])
}

// IOV_MAX is the most entries that a list of [Iovec] may have (bsd/sys/syslimits.h).
const IOV_MAX = 1024

// Msghdr is struct msghdr of an LP64 program (bsd/sys/socket.h).
type Msghdr struct {
	Name       Ptr
	Namelen    uint32 // bytes
	_          [4]byte
	Iov        Ptr
	Iovlen     int32 // entries
	_          [4]byte
	Control    Ptr
	Controllen uint32 // bytes
	Flags      int32
}

// Put writes the structure to b, which holds at least its 48 bytes.
func (s *Msghdr) Put(b []byte) {
	clear(b[:48])
	le.PutUint64(b, uint64(s.Name))
	le.PutUint32(b[8:], s.Namelen)
	le.PutUint64(b[16:], uint64(s.Iov))
	le.PutUint32(b[24:], uint32(s.Iovlen))
	le.PutUint64(b[32:], uint64(s.Control))
	le.PutUint32(b[40:], s.Controllen)
	le.PutUint32(b[44:], uint32(s.Flags))
}

// Get reads the structure from b, which holds at least its 48 bytes.
func (s *Msghdr) Get(b []byte) {
	_ = b[47]
	s.Name = Ptr(le.Uint64(b))
	s.Namelen = le.Uint32(b[8:])
	s.Iov = Ptr(le.Uint64(b[16:]))
	s.Iovlen = int32(le.Uint32(b[24:]))
	s.Control = Ptr(le.Uint64(b[32:]))
	s.Controllen = le.Uint32(b[40:])
	s.Flags = int32(le.Uint32(b[44:]))
}

// Cmsghdr is struct cmsghdr (bsd/sys/socket.h); its data follows it.
type Cmsghdr struct {
	Len   uint32 // of header and data, without padding, bytes
	Level int32
	Type  int32
}

// Put writes the structure to b, which holds at least its 12 bytes.
func (s *Cmsghdr) Put(b []byte) {
	_ = b[11]
	le.PutUint32(b, s.Len)
	le.PutUint32(b[4:], uint32(s.Level))
	le.PutUint32(b[8:], uint32(s.Type))
}

// Get reads the structure from b, which holds at least its 12 bytes.
func (s *Cmsghdr) Get(b []byte) {
	_ = b[11]
	s.Len = le.Uint32(b)
	s.Level = int32(le.Uint32(b[4:]))
	s.Type = int32(le.Uint32(b[8:]))
}

// CMSG_ALIGN rounds a length up to the alignment of control messages, 4 bytes.
func CMSG_ALIGN(n int) int { return (n + 3) &^ 3 }

// CMSG_SPACE returns the room that a control message with n bytes of data takes.
func CMSG_SPACE(n int) int { return 12 + CMSG_ALIGN(n) }

// CMSG_LEN returns the Len of a control message with n bytes of data.
func CMSG_LEN(n int) int { return 12 + n }

// Linger is struct linger of SO_LINGER.
type Linger struct {
	Onoff  int32
	Linger int32
}

// Put writes the structure to b, which holds at least its 8 bytes.
func (s *Linger) Put(b []byte) {
	_ = b[7]
	le.PutUint32(b, uint32(s.Onoff))
	le.PutUint32(b[4:], uint32(s.Linger))
}

// Get reads the structure from b, which holds at least its 8 bytes.
func (s *Linger) Get(b []byte) {
	_ = b[7]
	s.Onoff = int32(le.Uint32(b))
	s.Linger = int32(le.Uint32(b[4:]))
}

// Xucred is struct xucred of LOCAL_PEERCRED (bsd/sys/ucred.h).
type Xucred struct {
	Version uint32
	Uid     UID
	Ngroups int16
	_       [2]byte
	Groups  [NGROUPS]GID
}

// NGROUPS is the most groups that a process can have; XUCRED_VERSION is the
// value of Xucred.Version.
const (
	NGROUPS        = 16
	XUCRED_VERSION = 0
)

// Sockaddr is a socket address of any family that Beagle knows: a
// [SockaddrIn], [SockaddrIn6] or [SockaddrUn].
type Sockaddr interface {
	// Append appends the address as the guest sees it, sa_len first.
	Append(b []byte) []byte
}

// SockaddrIn is struct sockaddr_in (bsd/netinet/in.h), 16 bytes.
type SockaddrIn struct {
	Port uint16 // in host order
	Addr [4]byte
}

// SockaddrIn6 is struct sockaddr_in6 (bsd/netinet6/in6.h), 28 bytes.
type SockaddrIn6 struct {
	Port     uint16 // in host order
	Flowinfo uint32
	Addr     [16]byte
	ScopeID  uint32
}

// SockaddrUn is struct sockaddr_un (bsd/sys/un.h), at most 106 bytes, of which
// the path has 104.
type SockaddrUn struct {
	Path string
}

// Sizes of addresses, in bytes.
const (
	SizeofSockaddrIn      = 16
	SizeofSockaddrIn6     = 28
	SizeofSockaddrUn      = 106
	SizeofSockaddrStorage = 128
	SunPathMax            = 104 // of a path in a sockaddr_un
)

// Append implements Sockaddr.
func (a SockaddrIn) Append(b []byte) []byte {
	b = append(b, SizeofSockaddrIn, AF_INET, byte(a.Port>>8), byte(a.Port))
	b = append(b, a.Addr[:]...)
	return append(b, make([]byte, 8)...)
}

// Append implements Sockaddr.
func (a SockaddrIn6) Append(b []byte) []byte {
	b = append(b, SizeofSockaddrIn6, AF_INET6, byte(a.Port>>8), byte(a.Port))
	b = le.AppendUint32(b, a.Flowinfo)
	b = append(b, a.Addr[:]...)
	return le.AppendUint32(b, a.ScopeID)
}

// Append implements Sockaddr. The address is as long as its path needs and ends
// without a zero byte; a path longer than SunPathMax is cut. XNU hands back the
// very bytes that bind(2) was given, so where those are known they are to be
// preferred.
func (a SockaddrUn) Append(b []byte) []byte {
	path := a.Path[:min(len(a.Path), SunPathMax)]
	b = append(b, byte(2+len(path)), AF_UNIX)
	return append(b, path...)
}

// ParseSockaddr reads an address that a guest passes to bind(2), connect(2) or
// sendto(2) with its length. Like XNU it goes by the length of the argument,
// not by sa_len. It returns EINVAL when the address is too short or too long
// for its family, and EAFNOSUPPORT for a family that is none of the three.
func ParseSockaddr(b []byte) (Sockaddr, error) {
	if len(b) < 2 {
		return nil, EINVAL
	}
	switch b[1] {
	case AF_INET:
		if len(b) != SizeofSockaddrIn {
			return nil, EINVAL
		}
		return SockaddrIn{Port: uint16(b[2])<<8 | uint16(b[3]), Addr: [4]byte(b[4:8])}, nil
	case AF_INET6:
		if len(b) != SizeofSockaddrIn6 {
			return nil, EINVAL
		}
		return SockaddrIn6{
			Port:     uint16(b[2])<<8 | uint16(b[3]),
			Flowinfo: le.Uint32(b[4:]),
			Addr:     [16]byte(b[8:24]),
			ScopeID:  le.Uint32(b[24:]),
		}, nil
	case AF_UNIX:
		path := b[2:]
		for i, c := range path {
			if c == 0 {
				path = path[:i]
				break
			}
		}
		if len(path) > SunPathMax {
			return nil, EINVAL
		}
		return SockaddrUn{Path: string(path)}, nil
	}
	return nil, EAFNOSUPPORT
}
