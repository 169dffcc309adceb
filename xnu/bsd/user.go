package bsd

import (
	"encoding/binary"
	"errors"

	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// le is the byte order of both architectures.
var le = binary.LittleEndian

// copyString is copyinstr: a string of at most limit bytes with its NUL;
// ENAMETOOLONG beyond.
func copyString(t *kern.Thread, at abi.Ptr, limit int) (string, error) {
	s, err := t.Space().CopyInString(uint64(at), limit)
	if errors.Is(err, mem.ErrTooLong) {
		return "", abi.ENAMETOOLONG
	}
	return s, err
}
