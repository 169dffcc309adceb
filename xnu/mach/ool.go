package mach

import (
	"errors"

	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// memory is out-of-line memory on its way (vm_map_copy_t).
type memory interface {
	ipc.Memory
	// give maps it into a space.
	give(sp *mem.Space) (uint64, abi.KernReturn)
	// size is in bytes; read gives all of them to the kernel.
	size() uint64
	readAt(p []byte, off uint64) error
}

// bytesCopy is the small kind: a buffer of the kernel's.
type bytesCopy []byte

// smallCopy is up to how many bytes memory travels in a buffer.
const smallCopy = 32 << 10

func (b bytesCopy) Release()     {}
func (b bytesCopy) size() uint64 { return uint64(len(b)) }
func (b bytesCopy) give(sp *mem.Space) (uint64, abi.KernReturn) {
	return giveBytes(sp, b)
}

func (b bytesCopy) readAt(p []byte, off uint64) error {
	copy(p, b[min(off, uint64(len(b))):])
	return nil
}

// giveBytes maps fresh memory that holds b.
func giveBytes(sp *mem.Space, b []byte) (uint64, abi.KernReturn) {
	if len(b) == 0 {
		return 0, 0
	}
	addr, err := sp.Map(0, uint64(len(b)), mem.MapOptions{Prot: mem.Read | mem.Write, Tag: vmMemoryMachMsg, Name: "message"})
	if err != nil {
		return 0, abi.MACH_MSG_VM_SPACE
	}
	if err := sp.CopyOut(addr, b); err != nil {
		_ = sp.Unmap(addr, uint64(len(b)))
		return 0, abi.MACH_MSG_VM_KERNEL
	}
	return addr, 0
}

// vmMemoryMachMsg is VM_MEMORY_MACH_MSG, the tag of received memory.
const vmMemoryMachMsg = 20

// transit is an address space in which no thread runs: it holds what large
// messages carry, copy on write, between sender and receiver.
type transit struct{ sp *mem.Space }

// pagesCopy is the large kind: pages of the transit space. off is where in the
// first page the data starts, which the receiver's address keeps.
type pagesCopy struct {
	tr   *transit
	addr uint64
	off  uint64
	n    uint64
}

func (s *system) transitOf(pageSize uint64) *transit {
	tr := s.transit[pageSize]
	if tr == nil {
		tr = &transit{s.m.Phys.NewSpace(mem.SpaceConfig{PageSize: pageSize, Min: pageSize})}
		s.transit[pageSize] = tr
	}
	return tr
}

func (c *pagesCopy) Release() {
	if c.n != 0 {
		_ = c.tr.sp.Unmap(c.addr, c.off+c.n)
		c.n = 0
	}
}

func (c *pagesCopy) size() uint64 { return c.n }

func (c *pagesCopy) give(sp *mem.Space) (uint64, abi.KernReturn) {
	addr, err := sp.Share(c.tr.sp, c.addr, c.off+c.n, 0, mem.MapOptions{Prot: mem.Read | mem.Write, Tag: vmMemoryMachMsg, Name: "message"}, true)
	if err != nil {
		if errors.Is(err, mem.ErrNoMemory) {
			return 0, abi.MACH_MSG_VM_KERNEL
		}
		return 0, abi.MACH_MSG_VM_SPACE
	}
	return addr + c.off, 0
}

func (c *pagesCopy) readAt(p []byte, off uint64) error {
	return c.tr.sp.CopyIn(p, c.addr+c.off+off)
}

// readable reports whether the whole range is mapped and may be read.
func readable(sp *mem.Space, addr, size uint64) bool {
	end := addr + size
	if end < addr {
		return false
	}
	for addr < end {
		r, ok := sp.Find(addr)
		if !ok || r.Addr > addr || r.Prot&mem.Read == 0 {
			return false
		}
		addr = r.End()
	}
	return true
}

// takeMemory copies memory for a message, vm_map_copyin; m is charged for what
// takes space in the kernel, if it is not nil.
func (s *system) takeMemory(sp *mem.Space, addr, size uint64, m *ipc.Message) (memory, abi.KernReturn) {
	if size <= smallCopy {
		if m != nil && !s.world.Charge(m, int64(size)) {
			return nil, abi.MACH_SEND_NO_BUFFER
		}
		b := make(bytesCopy, size)
		if sp.CopyIn(b, addr) != nil {
			return nil, abi.MACH_SEND_INVALID_MEMORY
		}
		return b, 0
	}
	if !readable(sp, addr, size) {
		return nil, abi.MACH_SEND_INVALID_MEMORY
	}
	tr := s.transitOf(sp.PageSize())
	off := addr & (sp.PageSize() - 1)
	at, err := tr.sp.Share(sp, addr-off, off+size, 0, mem.MapOptions{Prot: mem.Read}, true)
	switch {
	case err == nil:
		return &pagesCopy{tr: tr, addr: at, off: off, n: size}, 0
	case errors.Is(err, mem.ErrUnmapped), errors.Is(err, mem.ErrBadAddress):
		return nil, abi.MACH_SEND_INVALID_MEMORY
	}
	return nil, abi.MACH_MSG_VM_KERNEL
}
