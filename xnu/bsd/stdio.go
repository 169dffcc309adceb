package bsd

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// openStdio makes the description of descriptor fd of the first process; nil
// when the world outside gave none.
func openStdio(m *kern.Machine, fd int) *kern.File {
	h := m.Host.Std(fd)
	if h == nil {
		return nil
	}
	var flags uint32
	switch h.Flags() & hostfs.O_ACCMODE {
	case hostfs.O_RDONLY:
		flags = kern.FREAD
	case hostfs.O_WRONLY:
		flags = kern.FWRITE
	default:
		flags = kern.FREAD | kern.FWRITE
	}
	if h.Flags()&hostfs.O_APPEND != 0 {
		flags |= abi.O_APPEND
	}
	v := newVnode(m, h)
	if v.kind == hostfs.Pipe {
		v.typ = kern.TypePipe
	}
	return kern.NewFile(v, flags)
}
