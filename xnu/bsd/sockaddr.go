package bsd

import (
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// copyInSockaddr is getsockaddr: an address of n bytes, whose sa_len becomes n
// whatever the program wrote there. unspec makes AF_UNSPEC AF_INET on an
// AF_INET socket, for programs from before sa_family.
func copyInSockaddr(t *kern.Thread, s *socket, addr abi.Ptr, n uint32, unspec bool) ([]byte, error) {
	switch {
	case n > abi.SOCK_MAXADDRLEN:
		return nil, abi.ENAMETOOLONG
	case addr == 0 || n < 2:
		return nil, abi.EINVAL
	}
	sa := make([]byte, n)
	if err := t.Space().CopyIn(sa, uint64(addr)); err != nil {
		return nil, err
	}
	sa[0] = byte(n)
	if unspec && sa[1] == abi.AF_UNSPEC && s.domain == abi.AF_INET && n == abi.SizeofSockaddrIn {
		sa[1] = abi.AF_INET
	}
	return sa, nil
}

// copyOutSockaddr writes as much of sa as the program has room for, and its
// whole length. A nil sa has length 0.
func copyOutSockaddr(t *kern.Thread, sa []byte, addr abi.Ptr, lenAddr abi.Ptr, room uint32) error {
	if n := min(uint32(len(sa)), room); n > 0 {
		if err := t.Space().CopyOut(uint64(addr), sa[:n]); err != nil {
			return err
		}
	}
	return t.Space().Store32(uint64(lenAddr), uint32(len(sa)))
}

// hostAddr translates an Internet address for a socket of the given family
// (in_pcbbind, in_pcbladdr: EINVAL for a wrong length, EAFNOSUPPORT for a wrong
// family).
func hostAddr(domain int32, sa []byte) (hostfs.Addr, error) {
	want := abi.SizeofSockaddrIn
	if domain == abi.AF_INET6 {
		want = abi.SizeofSockaddrIn6
	}
	if len(sa) != want {
		return hostfs.Addr{}, abi.EINVAL
	}
	if int32(sa[1]) != domain {
		return hostfs.Addr{}, abi.EAFNOSUPPORT
	}
	port := uint16(sa[2])<<8 | uint16(sa[3])
	if domain == abi.AF_INET {
		ip := netip.AddrFrom4([4]byte(sa[4:8]))
		return hostfs.Addr{Family: unix.AF_INET, AddrPort: netip.AddrPortFrom(ip, port)}, nil
	}
	ip := netip.AddrFrom16([16]byte(sa[8:24]))
	flow := uint32(sa[4])<<24 | uint32(sa[5])<<16 | uint32(sa[6])<<8 | uint32(sa[7])
	return hostfs.Addr{Family: unix.AF_INET6, AddrPort: netip.AddrPortFrom(ip, port), FlowInfo: flow, Scope: le.Uint32(sa[24:])}, nil
}

// guestAddr translates the host's address; nil for none.
func guestAddr(a hostfs.Addr) []byte {
	port := a.AddrPort.Port()
	switch a.Family {
	case unix.AF_INET:
		ip := a.AddrPort.Addr()
		if !ip.IsValid() {
			ip = netip.IPv4Unspecified()
		}
		return abi.SockaddrIn{Port: port, Addr: ip.Unmap().As4()}.Append(nil)
	case unix.AF_INET6:
		ip := a.AddrPort.Addr()
		if !ip.IsValid() {
			ip = netip.IPv6Unspecified()
		}
		b := abi.SockaddrIn6{Port: port, Addr: ip.As16(), ScopeID: a.Scope}.Append(nil)
		b[4], b[5], b[6], b[7] = byte(a.FlowInfo>>24), byte(a.FlowInfo>>16), byte(a.FlowInfo>>8), byte(a.FlowInfo)
		return b
	case unix.AF_UNIX:
		if a.Path == "" || a.Path[0] == 0 {
			return unixAddr("")
		}
		return unixAddr(a.Path)
	}
	return nil
}

// unixAddr is the address of a Unix-domain socket without a name (16 bytes, as
// uipc_usrreq.c's sun_noname has it), or with one.
func unixAddr(path string) []byte {
	if path == "" {
		b := make([]byte, 16)
		b[0], b[1] = 16, abi.AF_UNIX
		return b
	}
	return abi.SockaddrUn{Path: path}.Append(nil)
}

// sockErr gives an error of a host socket Darwin's number: Linux has one for
// EOPNOTSUPP and ENOTSUP, and sockets mean the first.
func sockErr(err error) error {
	var h unix.Errno
	if errors.As(err, &h) {
		if h == unix.EOPNOTSUPP {
			return abi.EOPNOTSUPP
		}
		return kern.HostErrno(h)
	}
	return err
}
