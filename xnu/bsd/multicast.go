package bsd

import (
	"net/netip"
	"sort"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Multicast groups that the machine's sockets are in, for the lists that
// NET_RT_IFLIST2 gives. The memberships themselves are the host's.

const (
	rtmNewmaddr2 = 0x13
	// imoMaxMemberships is IP_MAX_MEMBERSHIPS: groups of one socket.
	imoMaxMemberships = 4095
)

// membership is a socket's in one group on one interface.
type membership struct {
	index uint16
	group netip.Addr
}

// groupsOf counts memberships, by interface and group.
func groupsOf(m *kern.Machine) map[membership]int {
	g, ok := m.Ext["bsd.multicast"].(map[membership]int)
	if !ok {
		g = map[membership]int{}
		m.Ext["bsd.multicast"] = g
	}
	return g
}

// joined and left note what the host has agreed to.
func (h *hostSock) joined(s *socket, index uint16, group netip.Addr) {
	g := membership{index, group}
	groupsOf(s.m)[g]++
	h.groups = append(h.groups, g)
}

func (h *hostSock) left(s *socket, index uint16, group netip.Addr) {
	for i, g := range h.groups {
		if g.group == group && (index == 0 || g.index == index) {
			h.groups = append(h.groups[:i], h.groups[i+1:]...)
			dropGroup(s.m, g)
			return
		}
	}
}

func dropGroup(m *kern.Machine, g membership) {
	all := groupsOf(m)
	if all[g]--; all[g] <= 0 {
		delete(all, g)
	}
}

// leaveAll is for a socket that is closed.
func (h *hostSock) leaveAll(m *kern.Machine) {
	for _, g := range h.groups {
		dropGroup(m, g)
	}
	h.groups = nil
}

// noteMembership reads struct ip_mreq, ip_mreqn or ipv6_mreq after the host has
// taken it.
func (h *hostSock) noteMembership(s *socket, o *hostOption, val []byte) {
	var group, local netip.Addr
	var index uint16
	if o.level == abi.IPPROTO_IP {
		group, local = netip.AddrFrom4([4]byte(val[:4])), netip.AddrFrom4([4]byte(val[4:8]))
		if len(val) == 12 {
			index = uint16(le.Uint32(val[8:]))
		}
	} else {
		group, index = netip.AddrFrom16([16]byte(val[:16])), uint16(le.Uint32(val[16:]))
	}
	if o.name == abi.IP_DROP_MEMBERSHIP || o.name == abi.IPV6_LEAVE_GROUP && o.level == abi.IPPROTO_IPV6 {
		if index == 0 && local.IsValid() && !local.IsUnspecified() {
			index = multicastIf(s.m, local)
		}
		h.left(s, index, group)
		return
	}
	if index == 0 {
		index = multicastIf(s.m, local)
	}
	h.joined(s, index, group)
}

// multicastIf is the interface with an address, or the one that a membership
// without interface goes to: the first that does multicast and is no loopback.
func multicastIf(m *kern.Machine, local netip.Addr) uint16 {
	ifs, err := netIfs(m)
	if err != nil {
		return 0
	}
	var first uint16
	for i := range ifs {
		for _, a := range ifs[i].addrs {
			if a.Addr.Addr() == local {
				return ifs[i].index
			}
		}
		if first == 0 && ifs[i].flags&(iffMulticast|iffLoopback|1) == iffMulticast|1 {
			first = ifs[i].index
		}
	}
	if first == 0 && len(ifs) > 0 {
		first = ifs[0].index
	}
	return first
}

// multicast lists an interface's groups as struct ifma_msghdr2 messages, 20
// bytes each with the interface and the group: all hosts first, which every
// interface that does multicast is in.
func (n *netIf) multicast(m *kern.Machine, af int32) []byte {
	if n.flags&iffMulticast == 0 {
		return nil
	}
	count := map[netip.Addr]int{}
	for _, a := range n.addrs {
		if a.Addr.Addr().Is4() {
			count[netip.AddrFrom4([4]byte{224, 0, 0, 1})] = 1
		} else {
			count[netip.MustParseAddr("ff01::1")] = 1
			count[netip.MustParseAddr("ff02::1")] = 1
		}
	}
	for g, k := range groupsOf(m) {
		if g.index == n.index {
			count[g.group] += k
		}
	}
	list := make([]netip.Addr, 0, len(count))
	for g := range count {
		if af == 0 || af == abi.AF_INET && g.Is4() || af == abi.AF_INET6 && g.Is6() {
			list = append(list, g)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Less(list[j]) })
	var out []byte
	for _, g := range list {
		head := make([]byte, 20)
		le.PutUint32(head[16:], uint32(count[g]))
		out = append(out, n.message(head, rtmNewmaddr2, rtaIFP|rtaIFA, 0, n.link(), ipAddr(g, n.index))...)
	}
	return out
}
