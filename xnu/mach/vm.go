package mach

import (
	"errors"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The operations on address spaces that traps and messages share, after
// osfmk/vm/vm_user.c and vm_map.c.

// vmError is what a failure of package mem is to Mach.
func vmError(err error) abi.KernReturn {
	var f *mem.FaultError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &f):
		switch f.Kind {
		case mem.Denied:
			return abi.KERN_PROTECTION_FAILURE
		case mem.PastEOF:
			return abi.KERN_MEMORY_ERROR
		case mem.NoMemory:
			return abi.KERN_RESOURCE_SHORTAGE
		}
		return abi.KERN_INVALID_ADDRESS
	case errors.Is(err, mem.ErrNoMemory):
		return abi.KERN_RESOURCE_SHORTAGE
	}
	return kern.KernReturnOf(err)
}

// spanOf widens a range to pages; false when it wraps around.
func spanOf(sp *mem.Space, addr, size uint64) (start, n uint64, ok bool) {
	page := sp.PageSize()
	end := addr + size
	if end < addr || end > ^uint64(0)-page {
		return 0, 0, false
	}
	start = addr &^ (page - 1)
	return start, (end+page-1)&^(page-1) - start, true
}

// place turns an address and VM_FLAGS_ into where a mapping goes.
func (k *task) place(addr, size uint64, flags uint32, o *mem.MapOptions) (at, n uint64, kr abi.KernReturn) {
	sp := k.p.Space
	o.Tag = uint32(abi.VM_GET_FLAGS_ALIAS(flags))
	o.Permanent = flags&abi.VM_FLAGS_PERMANENT != 0
	if flags&abi.VM_FLAGS_4GB_CHUNK != 0 {
		o.Below = 1 << 32
	}
	page := sp.PageSize()
	if n = (size + page - 1) &^ (page - 1); n < size || n == 0 {
		return 0, 0, abi.KERN_INVALID_ARGUMENT
	}
	if flags&abi.VM_FLAGS_ANYWHERE != 0 {
		return (addr + page - 1) &^ (page - 1), n, 0
	}
	at, n, ok := spanOf(sp, addr, size)
	if !ok || at < sp.Min() || at+n > sp.Max() {
		return 0, 0, abi.KERN_INVALID_ADDRESS
	}
	o.Fixed, o.NoReplace = true, flags&abi.VM_FLAGS_OVERWRITE == 0
	return at, n, 0
}

// allocate is mach_vm_allocate: fresh memory. Nothing is allocated at address 0
// for size 0.
func (k *task) allocate(addr, size uint64, flags uint32) (uint64, abi.KernReturn) {
	if flags&^abi.VM_FLAGS_USER_ALLOCATE != 0 {
		return 0, abi.KERN_INVALID_ARGUMENT
	}
	if size == 0 {
		return 0, 0
	}
	o := mem.MapOptions{Prot: mem.Read | mem.Write}
	if flags&abi.VM_FLAGS_ANYWHERE != 0 {
		addr = 0 // no hint is taken
	}
	at, n, kr := k.place(addr, size, flags, &o)
	if kr != 0 {
		return 0, kr
	}
	got, err := k.p.Space.Map(at, n, o)
	if err == nil && flags&abi.VM_FLAGS_PURGABLE != 0 {
		k.setPurgable(got, abi.VM_PURGABLE_NONVOLATILE)
	}
	return got, vmError(err)
}

func (k *task) deallocate(addr, size uint64) abi.KernReturn {
	if size == 0 {
		return 0
	}
	at, n, ok := spanOf(k.p.Space, addr, size)
	if !ok {
		return abi.KERN_INVALID_ARGUMENT
	}
	return vmError(k.p.Space.Unmap(at, n))
}

// protect is mach_vm_protect. VM_PROT_COPY makes the memory a private copy first,
// which may be written whatever the maximum was.
func (k *task) protect(addr, size uint64, setMax bool, prot uint32) abi.KernReturn {
	if prot&^(abi.VM_PROT_ALL|abi.VM_PROT_COPY) != 0 {
		return abi.KERN_INVALID_ARGUMENT
	}
	if size == 0 {
		return 0
	}
	sp := k.p.Space
	at, n, ok := spanOf(sp, addr, size)
	if !ok {
		return abi.KERN_INVALID_ARGUMENT
	}
	if prot&abi.VM_PROT_COPY != 0 {
		if kr := k.privateCopy(at, n); kr != 0 {
			return kr
		}
	}
	p := mem.Prot(prot & abi.VM_PROT_ALL)
	if !setMax {
		p = k.writeXorExec(at, p)
	}
	return vmError(sp.Protect(at, n, p, setMax))
}

// writeXorExec takes execution away from memory that is to be written too, as
// Apple silicon does for all but MAP_JIT.
func (k *task) writeXorExec(at uint64, p mem.Prot) mem.Prot {
	if k.p.Arch == cpu.ARM64 && p&(mem.Write|mem.Exec) == mem.Write|mem.Exec {
		if r, ok := k.p.Space.Find(at); !ok || r.Addr > at || !r.JIT {
			p &^= mem.Exec
		}
	}
	return p
}

// privateCopy replaces memory by a copy of itself.
func (k *task) privateCopy(at, n uint64) abi.KernReturn {
	sp, tr := k.p.Space, k.sys.transitOf(k.p.Space.PageSize())
	if !whole(sp, at, n) {
		return abi.KERN_INVALID_ADDRESS
	}
	tmp, err := tr.sp.Share(sp, at, n, 0, mem.MapOptions{Prot: mem.Read}, true)
	if err != nil {
		return vmError(err)
	}
	_, err = sp.Share(tr.sp, tmp, n, at, mem.MapOptions{Fixed: true, Prot: mem.Read, MaxProt: mem.Read | mem.Write | mem.Exec}, true)
	_ = tr.sp.Unmap(tmp, n)
	return vmError(err)
}

// whole reports whether a range has no hole.
func whole(sp *mem.Space, at, n uint64) bool {
	for end := at + n; at < end; {
		r, ok := sp.Find(at)
		if !ok || r.Addr > at {
			return false
		}
		at = r.End()
	}
	return true
}

// inherit is mach_vm_inherit.
func (k *task) setInherit(addr, size uint64, how uint32) abi.KernReturn {
	in, ok := inheritOf(how)
	if !ok {
		return abi.KERN_INVALID_ARGUMENT
	}
	if size == 0 {
		return 0
	}
	at, n, ok := spanOf(k.p.Space, addr, size)
	if !ok {
		return abi.KERN_INVALID_ARGUMENT
	}
	return vmError(k.p.Space.SetInherit(at, n, in))
}

func inheritOf(how uint32) (mem.Inherit, bool) {
	switch how {
	case abi.VM_INHERIT_SHARE:
		return mem.InheritShare, true
	case abi.VM_INHERIT_COPY:
		return mem.InheritCopy, true
	case abi.VM_INHERIT_NONE:
		return mem.InheritNone, true
	}
	return 0, false
}

// mapping is what mach_vm_map asks for.
type mapping struct {
	addr, size, mask uint64
	flags            uint32
	entry            *memoryEntry // nil: fresh memory
	offset           uint64
	copy             bool
	cur, max         uint32
	inherit          uint32
}

// vmMap is mach_vm_map_external.
func (k *task) vmMap(r *mapping) (uint64, abi.KernReturn) {
	in, ok := inheritOf(r.inherit)
	switch {
	case r.flags&^abi.VM_FLAGS_USER_MAP != 0, r.cur&^abi.VM_PROT_ALL != 0, r.max&^abi.VM_PROT_ALL != 0, !ok, r.cur&^r.max != 0, r.size == 0:
		return 0, abi.KERN_INVALID_ARGUMENT
	}
	sp := k.p.Space
	o := mem.MapOptions{Prot: mem.Prot(r.cur), MaxProt: mem.Prot(r.max), Inherit: in, AlignMask: r.mask}
	at, n, kr := k.place(r.addr, r.size, r.flags, &o)
	if kr != 0 {
		return 0, kr
	}
	if o.Fixed && at&r.mask != 0 {
		return 0, abi.KERN_NO_SPACE
	}
	o.Prot = k.writeXorExec(0, o.Prot)
	if r.entry == nil {
		if o.MaxProt == 0 {
			// Nothing may ever touch it: package mem takes 0 for everything.
			o.Guard = true
		}
		got, err := sp.Map(at, n, o)
		if errors.Is(err, mem.ErrNoSpace) && !o.Fixed && at != 0 {
			got, err = sp.Map(0, n, o)
		}
		if err == nil && r.flags&abi.VM_FLAGS_PURGABLE != 0 {
			k.setPurgable(got, abi.VM_PURGABLE_NONVOLATILE)
		}
		return got, vmError(err)
	}
	return r.entry.mapInto(sp, at, r, o)
}

// remap is mach_vm_remap: memory of src, here.
func (k *task) remap(src *task, srcAddr uint64, r *mapping) (at uint64, cur, max mem.Prot, kr abi.KernReturn) {
	in, ok := inheritOf(r.inherit)
	if r.flags&^abi.VM_FLAGS_USER_REMAP != 0 || !ok || r.size == 0 {
		return 0, 0, 0, abi.KERN_INVALID_ARGUMENT
	}
	from, sp := src.p.Space, k.p.Space
	start, n, ok := spanOf(from, srcAddr, r.size)
	if !ok {
		return 0, 0, 0, abi.KERN_INVALID_ARGUMENT
	}
	if !whole(from, start, n) {
		return 0, 0, 0, abi.KERN_INVALID_ADDRESS
	}
	// What all of the range allows is what the new mapping does.
	cur, max = mem.Read|mem.Write|mem.Exec, mem.Read|mem.Write|mem.Exec
	shared := false
	for a := start; a < start+n; {
		g, _ := from.Find(a)
		cur, max, shared, a = cur&g.Prot, max&g.MaxProt, shared || g.Shared, g.End()
	}
	o := mem.MapOptions{Prot: cur, MaxProt: max, Inherit: in, AlignMask: r.mask, Shared: !r.copy}
	at, _, kr = k.place(r.addr, n, r.flags, &o)
	if kr != 0 {
		return 0, 0, 0, kr
	}
	at, err := sp.Share(from, start, n, at, o, r.copy)
	if errors.Is(err, mem.ErrNoSpace) && !o.Fixed && r.addr != 0 {
		at, err = sp.Share(from, start, n, 0, o, r.copy)
	}
	if err != nil {
		return 0, 0, 0, vmError(err)
	}
	if r.flags&abi.VM_FLAGS_RETURN_DATA_ADDR != 0 {
		at += srcAddr - start
	}
	return at, cur, max, 0
}

// copyChunk is how much memory is copied by the kernel at a time, in bytes.
const copyChunk = 1 << 20

// copyMemory copies bytes from one space to another, or within one.
func (s *system) copyMemory(dst *mem.Space, to uint64, src *mem.Space, from, size uint64) abi.KernReturn {
	if to+size < to || from+size < from {
		return abi.KERN_INVALID_ADDRESS
	}
	if !readable(src, from, size) {
		return abi.KERN_INVALID_ADDRESS
	}
	down := src == dst && to > from && to < from+size
	buf := s.m.Scratch(int(min(size, copyChunk)))
	for done := uint64(0); done < size; {
		n := min(size-done, copyChunk)
		off := done
		if down {
			off = size - done - n
		}
		if err := src.CopyIn(buf[:n], from+off); err != nil {
			return vmError(err)
		}
		if err := dst.CopyOut(to+off, buf[:n]); err != nil {
			return vmError(err)
		}
		done += n
	}
	return 0
}

// setBehavior is mach_vm_behavior_set.
func (k *task) setBehavior(addr, size uint64, how int32) abi.KernReturn {
	if how < abi.VM_BEHAVIOR_DEFAULT || how > abi.VM_BEHAVIOR_ZERO {
		return abi.KERN_INVALID_ARGUMENT
	}
	if size == 0 {
		return 0
	}
	sp := k.p.Space
	at, n, ok := spanOf(sp, addr, size)
	switch {
	case !ok:
		return abi.KERN_INVALID_ARGUMENT
	case !whole(sp, at, n):
		return abi.KERN_INVALID_ADDRESS
	}
	switch how {
	case abi.VM_BEHAVIOR_FREE, abi.VM_BEHAVIOR_REUSABLE, abi.VM_BEHAVIOR_ZERO:
		return vmError(sp.Discard(at, n))
	case abi.VM_BEHAVIOR_PAGEOUT:
		return abi.KERN_NOT_SUPPORTED
	}
	return 0
}

// sync is mach_vm_msync.
func (k *task) sync(addr, size uint64, flags uint32) abi.KernReturn {
	if flags&abi.VM_SYNC_ASYNCHRONOUS != 0 && flags&abi.VM_SYNC_SYNCHRONOUS != 0 {
		return abi.KERN_INVALID_ARGUMENT
	}
	if size == 0 {
		return 0
	}
	sp := k.p.Space
	at, n, ok := spanOf(sp, addr, size)
	if !ok {
		return abi.KERN_INVALID_ARGUMENT
	}
	holes := !whole(sp, at, n)
	if flags&(abi.VM_SYNC_KILLPAGES|abi.VM_SYNC_REUSABLEPAGES) != 0 {
		_ = sp.Discard(at, n)
	} else if err := sp.Sync(at, n, flags&abi.VM_SYNC_INVALIDATE != 0); err != nil {
		return abi.KERN_MEMORY_ERROR
	}
	if holes && flags&abi.VM_SYNC_CONTIGUOUS != 0 {
		return abi.KERN_INVALID_ADDRESS
	}
	return 0
}

// setPurgable notes that the memory at addr can be made volatile.
func (k *task) setPurgable(addr uint64, state int32) {
	const most = 1 << 16
	if k.purgable == nil {
		k.purgable = map[uint64]int32{}
	}
	if len(k.purgable) < most {
		k.purgable[addr] = state
	}
}

// purgableControl is mach_vm_purgable_control on the region at addr. Volatile
// memory is never taken: there is no pressure that would.
func (k *task) purgableControl(addr uint64, control, state int32) (int32, abi.KernReturn) {
	switch control {
	case abi.VM_PURGABLE_GET_STATE:
	case abi.VM_PURGABLE_SET_STATE:
		if state&^(abi.VM_PURGABLE_STATE_MASK|purgableOptions) != 0 || state&abi.VM_PURGABLE_STATE_MASK == abi.VM_PURGABLE_DENY {
			return 0, abi.KERN_INVALID_ARGUMENT
		}
	case abi.VM_PURGABLE_PURGE_ALL:
		for at, s := range k.purgable {
			if s == abi.VM_PURGABLE_VOLATILE {
				k.empty(at)
			}
		}
		return state, 0
	default:
		return 0, abi.KERN_INVALID_ARGUMENT
	}
	r, ok := k.p.Space.Find(addr)
	if !ok || r.Addr > addr {
		return 0, abi.KERN_INVALID_ADDRESS
	}
	old, ok := k.purgable[r.Addr]
	if !ok {
		return 0, abi.KERN_INVALID_ARGUMENT
	}
	if control == abi.VM_PURGABLE_SET_STATE {
		switch now := state & abi.VM_PURGABLE_STATE_MASK; {
		case now == abi.VM_PURGABLE_EMPTY:
			k.empty(r.Addr)
		case now == abi.VM_PURGABLE_VOLATILE && old == abi.VM_PURGABLE_EMPTY:
		default:
			k.purgable[r.Addr] = now
		}
	}
	return old, 0
}

// purgableOptions are the bits beside the state: order, group, behaviour.
const purgableOptions = 0x3ff0

func (k *task) empty(at uint64) {
	if r, ok := k.p.Space.Find(at); ok && r.Addr == at {
		_ = k.p.Space.Discard(r.Addr, r.Size)
	}
	k.purgable[at] = abi.VM_PURGABLE_EMPTY
}
