package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// ifIoctl does the SIOCGIF requests.
func ifIoctl(t *kern.Thread, req uint32, arg uint64) error { return abi.ENOTTY }

// linkAddr is a struct sockaddr_dl.
func linkAddr(index uint16, name string, typ byte, hw []byte) []byte {
	n := 8 + len(name) + len(hw)
	b := make([]byte, max(n, 20))
	b[0], b[1] = byte(len(b)), abi.AF_LINK
	le.PutUint16(b[2:], index)
	b[4], b[5], b[6] = typ, byte(len(name)), byte(len(hw))
	copy(b[8:], name)
	copy(b[8+len(name):], hw)
	return b
}
