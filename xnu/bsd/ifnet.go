package bsd

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Network interfaces as programs see them: the interface lists of sysctl
// (bsd/net/rtsock.c) and the SIOCGIF requests (bsd/net/if.c).

// Operations of sysctl net.routetable (bsd/sys/socket.h).
const (
	netRTIflist  = 3
	netRTIflist2 = 6
)

// Routing messages (bsd/net/route.h).
const (
	rtmVersion = 5
	rtmNewaddr = 0xc
	rtmIfinfo  = 0xe
	rtmIfinfo2 = 0x12
	rtaNetmask = 0x4
	rtaIFP     = 0x10
	rtaIFA     = 0x20
	rtaBRD     = 0x80
)

// Flags and types of interfaces (bsd/net/if.h, if_types.h).
const (
	iffLoopback  = 0x8
	iffPtP       = 0x10
	iffBroadcast = 0x2
	iffSimplex   = 0x800
	iffMulticast = 0x8000
	iftOther     = 0x1
	iftEther     = 0x6
	iftLoop      = 0x18
)

// netIf is an interface in Darwin's terms.
type netIf struct {
	index uint16
	name  string
	flags uint32
	typ   byte
	mtu   int
	hw    []byte
	addrs []hostfs.InterfaceAddr
}

// netIfs lists the interfaces. The host's loopback, "lo", has Darwin's name;
// a machine without a network has nothing but it.
func netIfs(m *kern.Machine) ([]netIf, error) {
	net := m.Host.Net()
	if net == nil {
		return []netIf{{index: 1, name: "lo0", flags: 1 | iffLoopback | 0x40 | iffMulticast, typ: iftLoop, mtu: 16384,
			addrs: []hostfs.InterfaceAddr{{Addr: netip.MustParsePrefix("127.0.0.1/8")}, {Addr: netip.MustParsePrefix("::1/128")}}}}, nil
	}
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out []netIf
	for _, h := range list {
		n := netIf{index: uint16(h.Index), name: h.Name, mtu: h.MTU, hw: h.HWAddr, addrs: h.Addrs, typ: iftOther}
		for _, b := range [...]struct{ host, guest uint32 }{
			{unix.IFF_UP, 1}, {unix.IFF_BROADCAST, iffBroadcast | iffSimplex}, {unix.IFF_LOOPBACK, iffLoopback},
			{unix.IFF_POINTOPOINT, iffPtP}, {unix.IFF_RUNNING, 0x40}, {unix.IFF_MULTICAST, iffMulticast},
		} {
			if h.Flags&b.host != 0 {
				n.flags |= b.guest
			}
		}
		switch {
		case n.flags&iffLoopback != 0:
			n.typ, n.hw = iftLoop, nil
			n.flags |= iffMulticast
			if n.name == "lo" {
				n.name = "lo0"
			}
		case len(n.hw) == 6:
			n.typ = iftEther
		}
		n.name = n.name[:min(len(n.name), 15)]
		out = append(out, n)
	}
	return out, nil
}

// routeTable is sysctl net.routetable: {protocol, family, operation, argument}.
func routeTable(t *kern.Thread, rest []int32) ([]byte, error) {
	if len(rest) != 4 {
		return nil, abi.EINVAL
	}
	af, op, index := rest[1], rest[2], rest[3]
	if op != netRTIflist && op != netRTIflist2 {
		t.Machine().Note("sysctl net.routetable operation other than the interface lists")
		return nil, abi.ENOTSUP
	}
	ifs, err := netIfs(t.Machine())
	if err != nil {
		return nil, err
	}
	var out []byte
	for i := range ifs {
		n := &ifs[i]
		if index != 0 && int32(n.index) != index {
			continue
		}
		if op == netRTIflist2 {
			out = append(out, n.info2()...)
		} else {
			out = append(out, n.info()...)
		}
		for _, a := range n.addrs {
			if ip := a.Addr.Addr(); af == 0 || af == abi.AF_INET && ip.Is4() || af == abi.AF_INET6 && ip.Is6() {
				out = append(out, n.address(a)...)
			}
		}
		if op == netRTIflist2 {
			out = append(out, n.multicast(t.Machine(), af)...)
		}
	}
	return out, nil
}

// message puts the length and kind into a message whose header has size bytes,
// followed by addresses.
func (n *netIf) message(head []byte, typ byte, addrs, flags uint32, sas ...[]byte) []byte {
	for _, sa := range sas {
		head = append(head, sa...)
		for len(head)%4 != 0 {
			head = append(head, 0)
		}
	}
	le.PutUint16(head, uint16(len(head)))
	head[2], head[3] = rtmVersion, typ
	le.PutUint32(head[4:], addrs)
	le.PutUint32(head[8:], flags)
	le.PutUint16(head[12:], n.index)
	return head
}

func (n *netIf) link() []byte { return linkAddr(n.index, n.name, n.typ, n.hw) }

// data fills in the start of struct if_data and if_data64, which have in common
// all but the width of counters; the counters are zero, as the host's are other
// programs' business.
func (n *netIf) data(b []byte) {
	b[0], b[3] = n.typ, byte(len(n.hw))
	if n.typ == iftEther {
		b[4] = 14 // ifi_hdrlen
	}
	le.PutUint32(b[8:], uint32(n.mtu))
}

// info is struct if_msghdr, 112 bytes; info2 struct if_msghdr2, 160.
func (n *netIf) info() []byte {
	b := make([]byte, 112)
	n.data(b[16:])
	return n.message(b, rtmIfinfo, rtaIFP, n.flags, n.link())
}

func (n *netIf) info2() []byte {
	b := make([]byte, 160)
	n.data(b[32:])
	le.PutUint32(b[20:], 128) // ifm_snd_maxlen
	return n.message(b, rtmIfinfo2, rtaIFP, n.flags, n.link())
}

// address is struct ifa_msghdr, 20 bytes, with netmask, address and broadcast
// or destination address.
func (n *netIf) address(a hostfs.InterfaceAddr) []byte {
	ip := a.Addr.Addr()
	mask := netmask(a.Addr)
	var flags uint32
	if ip.Is4() {
		brd := a.Broadcast
		if !brd.IsValid() {
			brd = ip
		}
		return n.message(make([]byte, 20), rtmNewaddr, rtaNetmask|rtaIFA|rtaBRD, flags, mask, ipAddr(ip, 0), ipAddr(brd, 0))
	}
	return n.message(make([]byte, 20), rtmNewaddr, rtaNetmask|rtaIFA, flags, mask, ipAddr(ip, n.index))
}

// ipAddr is a socket address without port. The kernel keeps the interface of a
// link-local address, or group, in its second 16 bits, and these messages show it so.
func ipAddr(ip netip.Addr, index uint16) []byte {
	if ip.Is4() {
		return abi.SockaddrIn{Addr: ip.As4()}.Append(nil)
	}
	a := ip.As16()
	if ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() || ip.IsInterfaceLocalMulticast() {
		a[2], a[3] = byte(index>>8), byte(index)
	}
	return abi.SockaddrIn6{Addr: a}.Append(nil)
}

func netmask(p netip.Prefix) []byte {
	ones := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	if p.Addr().Is6() {
		var b [16]byte
		for i := range b {
			b[i] = 255
		}
		ones = netip.AddrFrom16(b)
	}
	m, err := ones.Prefix(p.Bits())
	if err != nil {
		return ipAddr(ones, 0)
	}
	return ipAddr(m.Addr(), 0)
}

// linkAddr is a struct sockaddr_dl, at least 20 bytes.
func linkAddr(index uint16, name string, typ byte, hw []byte) []byte {
	b := make([]byte, max(8+len(name)+len(hw), 20))
	b[0], b[1] = byte(len(b)), abi.AF_LINK
	le.PutUint16(b[2:], index)
	b[4], b[5], b[6] = typ, byte(len(name)), byte(len(hw))
	copy(b[8:], name)
	copy(b[8+len(name):], hw)
	return b
}

// ifIoctl does the requests about interfaces; those that change one need root
// on a Mac and are EPERM.
func ifIoctl(t *kern.Thread, req uint32, arg uint64) error {
	if byte(req>>8) != 'i' {
		return abi.ENOTTY
	}
	switch req {
	case abi.SIOCGIFCONF:
		return ifConf(t, arg)
	case abi.SIOCSIFADDR, abi.SIOCSIFFLAGS, abi.SIOCSIFMTU:
		return abi.EPERM
	case abi.SIOCGIFFLAGS, abi.SIOCGIFMETRIC, abi.SIOCGIFMTU, abi.SIOCGIFADDR, abi.SIOCGIFDSTADDR, abi.SIOCGIFBRDADDR,
		abi.SIOCGIFNETMASK:
	default:
		t.Machine().Note("ioctl " + ioctlName(req))
		return abi.EOPNOTSUPP
	}
	var r [32]byte // struct ifreq
	if err := t.Space().CopyIn(r[:], arg); err != nil {
		return err
	}
	ifs, err := netIfs(t.Machine())
	if err != nil {
		return err
	}
	name := string(r[:16])
	for i := range name {
		if name[i] == 0 {
			name = name[:i]
			break
		}
	}
	for i := range ifs {
		if ifs[i].name != name {
			continue
		}
		if err := ifs[i].fill(req, r[16:]); err != nil {
			return err
		}
		return t.Space().CopyOut(arg, r[:])
	}
	return abi.ENXIO
}

func (n *netIf) fill(req uint32, b []byte) error {
	switch req {
	case abi.SIOCGIFFLAGS:
		le.PutUint16(b, uint16(n.flags))
		return nil
	case abi.SIOCGIFMTU:
		le.PutUint32(b, uint32(n.mtu))
		return nil
	case abi.SIOCGIFMETRIC:
		le.PutUint32(b, 0)
		return nil
	}
	for _, a := range n.addrs {
		ip := a.Addr.Addr()
		if !ip.Is4() {
			continue
		}
		switch req {
		case abi.SIOCGIFNETMASK:
			copy(b, netmask(a.Addr))
		case abi.SIOCGIFBRDADDR:
			if n.flags&iffBroadcast == 0 {
				return abi.EINVAL
			}
			copy(b, ipAddr(a.Broadcast, 0))
		case abi.SIOCGIFDSTADDR:
			if n.flags&iffPtP == 0 {
				return abi.EINVAL
			}
			copy(b, ipAddr(ip, 0))
		default:
			copy(b, ipAddr(ip, 0))
		}
		return nil
	}
	return abi.EADDRNOTAVAIL
}

// ifConf fills struct ifconf: as many entries as there is room for.
func ifConf(t *kern.Thread, arg uint64) error {
	var c [12]byte
	if err := t.Space().CopyIn(c[:], arg); err != nil {
		return err
	}
	room, buf := int(int32(le.Uint32(c[:]))), le.Uint64(c[4:])
	ifs, err := netIfs(t.Machine())
	if err != nil {
		return err
	}
	var out []byte
	for i := range ifs {
		sas := [][]byte{ifs[i].link()}
		for _, a := range ifs[i].addrs {
			sas = append(sas, ipAddr(a.Addr.Addr(), ifs[i].index))
		}
		for _, sa := range sas {
			var name [16]byte
			copy(name[:], ifs[i].name)
			if len(out)+16+len(sa) > room {
				break
			}
			out = append(append(out, name[:]...), sa...)
		}
	}
	if err := t.Space().CopyOut(buf, out); err != nil {
		return err
	}
	return t.Space().Store32(arg, uint32(len(out)))
}
