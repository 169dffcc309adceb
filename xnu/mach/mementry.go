package mach

import (
	"errors"

	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// memoryEntry is a named piece of memory that can be mapped by whoever has its
// port (mach_make_memory_entry_64). The pages live in the transit space, shared
// with where they came from.
type memoryEntry struct {
	owner *task
	port  *ipc.Port
	tr    *transit
	addr  uint64
	// off is where in the first page it begins, size its length; prot the most
	// that a mapping of it may allow.
	off, size uint64
	prot      mem.Prot
	copied    bool
}

// NoSenders frees the entry with its last name.
func (e *memoryEntry) NoSenders(p *ipc.Port) {
	_ = e.tr.sp.Unmap(e.addr, e.pages())
	e.owner.entries--
	p.Destroy()
}

func (e *memoryEntry) pages() uint64 {
	page := e.tr.sp.PageSize()
	return (e.off + e.size + page - 1) &^ (page - 1)
}

// The flags beside the protection in make_memory_entry's permission
// (MAP_MEM_ in osfmk/mach/memory_object_types.h).
const (
	memOnly        = 0x010000 // change caching of an existing entry
	memNamedCreate = 0x020000 // fresh memory
	memPurgable    = 0x040000
	memNamedReuse  = 0x080000
	memUseDataAddr = 0x100000
	memVMCopy      = 0x200000 // a copy as of now
	memVMShare     = 0x400000 // the same memory, of whatever regions
	mem4KDataAddr  = 0x800000
	memFlags       = 0x00ff0000
	maxEntries     = 1 << 16
)

// makeEntry is mach_make_memory_entry_64; the result's size is what the entry
// really covers.
func (k *task) makeEntry(size, addr uint64, permission uint32, parent *memoryEntry) (*memoryEntry, abi.KernReturn) {
	prot := mem.Prot(permission & abi.VM_PROT_ALL)
	if k.entries >= maxEntries {
		return nil, abi.KERN_RESOURCE_SHORTAGE
	}
	sp := k.p.Space
	page := sp.PageSize()
	tr := k.sys.transitOf(page)
	e := &memoryEntry{owner: k, tr: tr, prot: prot}
	o := mem.MapOptions{Prot: mem.Read | mem.Write, Shared: true}
	var err error
	switch {
	case permission&memOnly != 0:
		k.sys.m.Note("mach memory entry caching")
		return nil, abi.KERN_NOT_SUPPORTED
	case permission&memNamedCreate != 0:
		if parent != nil && permission&^(memNamedCreate|memPurgable|abi.VM_PROT_ALL) != 0 {
			return nil, abi.KERN_INVALID_ARGUMENT
		}
		e.size = (size + page - 1) &^ (page - 1)
		if e.size < size || size == 0 {
			return nil, abi.KERN_INVALID_ARGUMENT
		}
		obj := k.sys.m.Phys.NewObject(e.size)
		o.Object = obj
		e.addr, err = tr.sp.Map(0, e.size, o)
		obj.Unref()
	case parent != nil:
		// A part of another entry: addr is an offset in it.
		if addr+size < addr || addr+size > parent.size || size == 0 || parent.tr != tr {
			return nil, abi.KERN_INVALID_ARGUMENT
		}
		if prot&^parent.prot != 0 {
			return nil, abi.KERN_PROTECTION_FAILURE
		}
		start, n, _ := spanOf(tr.sp, parent.addr+parent.off+addr, size)
		e.off, e.size = 0, n
		if permission&memUseDataAddr != 0 {
			e.off, e.size = parent.addr+parent.off+addr-start, size
		}
		e.addr, err = tr.sp.Share(tr.sp, start, n, 0, o, false)
	default:
		start, n, ok := spanOf(sp, addr, size)
		if !ok || size == 0 {
			return nil, abi.KERN_INVALID_ARGUMENT
		}
		kr := k.entryRange(start, &n, prot, permission)
		if kr != 0 {
			return nil, kr
		}
		e.off, e.size = 0, n
		if permission&memUseDataAddr != 0 {
			e.off, e.size = addr-start, min(size, n-(addr-start))
		}
		e.copied = permission&memVMCopy != 0
		e.addr, err = tr.sp.Share(sp, start, n, 0, o, e.copied)
	}
	if err != nil {
		return nil, vmError(err)
	}
	k.entries++
	e.port = k.sys.world.NewKernelPort(e)
	return e, 0
}

// entryRange checks the memory that an entry is to stand for: every region must
// allow what the entry will. Without MAP_MEM_VM_SHARE or _COPY it ends with the
// first region, and the size says so.
func (k *task) entryRange(start uint64, n *uint64, prot mem.Prot, permission uint32) abi.KernReturn {
	sp := k.p.Space
	for at := start; at < start+*n; {
		r, ok := sp.Find(at)
		if !ok || r.Addr > at {
			if at > start && permission&(memVMCopy|memVMShare) == 0 {
				*n = at - start
				return 0
			}
			return abi.KERN_INVALID_ADDRESS
		}
		allowed := r.MaxProt
		if permission&(memVMCopy|memVMShare) != 0 {
			allowed = r.Prot
			if permission&memVMCopy != 0 {
				allowed |= mem.Write
			}
		}
		if prot&^allowed != 0 {
			return abi.KERN_PROTECTION_FAILURE
		}
		at = r.End()
		if permission&(memVMCopy|memVMShare) == 0 {
			*n = min(*n, at-start)
			return 0
		}
	}
	return 0
}

// mapInto maps a part of the entry.
func (e *memoryEntry) mapInto(sp *mem.Space, at uint64, r *mapping, o mem.MapOptions) (uint64, abi.KernReturn) {
	if r.offset+r.size < r.offset || r.offset+r.size > (e.off+e.size+sp.PageSize()-1)&^(sp.PageSize()-1) {
		return 0, abi.KERN_INVALID_ARGUMENT
	}
	allowed := e.prot
	if r.copy {
		allowed |= mem.Write
	}
	if o.Prot&^allowed != 0 {
		return 0, abi.KERN_PROTECTION_FAILURE
	}
	o.MaxProt &= allowed
	if o.MaxProt == 0 {
		o.MaxProt = o.Prot
	}
	o.Shared = !r.copy
	from := e.addr + e.off + r.offset
	slack := from & (e.tr.sp.PageSize() - 1)
	got, err := sp.Share(e.tr.sp, from-slack, r.size+slack, at, o, r.copy)
	if errors.Is(err, mem.ErrNoSpace) && !o.Fixed && at != 0 {
		got, err = sp.Share(e.tr.sp, from-slack, r.size+slack, 0, o, r.copy)
	}
	if err != nil {
		return 0, vmError(err)
	}
	if r.flags&abi.VM_FLAGS_RETURN_DATA_ADDR != 0 {
		got += slack
	}
	return got, 0
}

func memoryEntryRoutines() []routine {
	return []routine{
		onTask(4817, "_mach_make_memory_entry", control, makeMemoryEntry).with(descPort),
		onTask(3816, "mach_make_memory_entry", control, makeMemoryEntry).with(descPort),
		onTask(3825, "mach_make_memory_entry_64", control, makeMemoryEntry).with(descPort),
		mig(4900, "mach_memory_entry_purgable_control", memoryEntryPurgable),
	}
}

type makeEntryReq struct {
	Size, Offset uint64
	Permission   uint32
}

func makeMemoryEntry(c *call, k *task, r *makeEntryReq) abi.KernReturn {
	var parent *memoryEntry
	if p := c.right(0); p.Valid() {
		var ok bool
		if parent, ok = p.Port.Object.(*memoryEntry); !ok {
			return abi.KERN_INVALID_ARGUMENT
		}
	}
	if r.Permission&^uint32(abi.VM_PROT_ALL|abi.VM_PROT_IS_MASK|memFlags|0x0f000000) != 0 {
		return abi.KERN_INVALID_VALUE
	}
	e, kr := k.makeEntry(r.Size, r.Offset, r.Permission, parent)
	if kr != 0 {
		return kr
	}
	c.putPort(e.port.MakeSend())
	c.put(e.size)
	return 0
}

// memoryEntryPurgable: entries are made of memory that is not purgable.
func memoryEntryPurgable(_ *call, _ *memoryEntry, r *struct{ Control, State int32 }) abi.KernReturn {
	return abi.KERN_INVALID_ARGUMENT
}
