package hostfs

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sort"

	"golang.org/x/sys/unix"
)

func (hostNet) Interfaces() ([]Interface, error) {
	ifs, err := net.Interfaces()
	if err != nil {
		return nil, errnoOf(err)
	}
	sort.Slice(ifs, func(i, j int) bool { return ifs[i].Index < ifs[j].Index })
	var list []Interface
	for _, n := range ifs {
		i := Interface{Index: n.Index, Name: n.Name, MTU: n.MTU, HWAddr: n.HardwareAddr, Flags: ifFlags(n.Flags)}
		addrs, err := n.Addrs()
		if err != nil {
			return nil, errnoOf(err)
		}
		for _, a := range addrs {
			ipn, ok := a.(*net.IPNet)
			if !ok {
				continue
			}
			ip, ok := netip.AddrFromSlice(ipn.IP)
			if !ok {
				continue
			}
			ip = ip.Unmap()
			bits, _ := ipn.Mask.Size()
			p := InterfaceAddr{Addr: netip.PrefixFrom(ip, bits)}
			if ip.Is4() && i.Flags&unix.IFF_BROADCAST != 0 && bits < 31 {
				b := ip.As4()
				host := uint32(1)<<(32-bits) - 1
				binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])|host)
				p.Broadcast = netip.AddrFrom4(b)
			}
			i.Addrs = append(i.Addrs, p)
		}
		list = append(list, i)
	}
	return list, nil
}

func ifFlags(f net.Flags) uint32 {
	var r uint32
	for _, b := range []struct {
		from net.Flags
		to   uint32
	}{
		{net.FlagUp, unix.IFF_UP}, {net.FlagBroadcast, unix.IFF_BROADCAST}, {net.FlagLoopback, unix.IFF_LOOPBACK},
		{net.FlagPointToPoint, unix.IFF_POINTOPOINT}, {net.FlagMulticast, unix.IFF_MULTICAST},
		{net.FlagRunning, unix.IFF_RUNNING},
	} {
		if f&b.from != 0 {
			r |= b.to
		}
	}
	return r
}
