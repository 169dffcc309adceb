package mach

import (
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// vmRoutines are the subsystems mach_vm (4800) and vm_map (3800). In a 64-bit
// program both have 64-bit addresses, so that one handler serves a pair.
func vmRoutines() []routine {
	return []routine{
		onTask(4800, "mach_vm_allocate_external", control, vmAllocate),
		onTask(3801, "vm_allocate_external", control, vmAllocate),
		onTask(4801, "mach_vm_deallocate", control, vmDeallocate),
		onTask(3802, "vm_deallocate", control, vmDeallocate),
		onTask(4802, "mach_vm_protect", control, vmProtect),
		onTask(3803, "vm_protect", control, vmProtect),
		onTask(4803, "mach_vm_inherit", control, vmInherit),
		onTask(3804, "vm_inherit", control, vmInherit),
		onTask(4804, "mach_vm_read", read, vmRead),
		onTask(3805, "vm_read", read, vmRead),
		onTask(4806, "mach_vm_write", control, vmWrite).with(descOOL),
		onTask(3807, "vm_write", control, vmWrite).with(descOOL),
		onTask(4807, "mach_vm_copy", control, vmCopy),
		onTask(3808, "vm_copy", control, vmCopy),
		onTask(4808, "mach_vm_read_overwrite", read, vmReadOverwrite),
		onTask(3809, "vm_read_overwrite", read, vmReadOverwrite),
		onTask(4809, "mach_vm_msync", control, vmMsync),
		onTask(3810, "vm_msync", control, vmMsync),
		onTask(4810, "mach_vm_behavior_set", control, vmBehaviorSet),
		onTask(3811, "vm_behavior_set", control, vmBehaviorSet),
		onTask(4811, "mach_vm_map_external", control, vmMapMIG).with(descPort),
		onTask(3812, "vm_map_external", control, vmMapMIG).with(descPort),
		onTask(3826, "vm_map_64_external", control, vmMapMIG).with(descPort),
		onTask(4812, "mach_vm_machine_attribute", control, vmMachineAttribute),
		onTask(3813, "vm_machine_attribute", control, vmMachineAttribute),
		onTask(4813, "mach_vm_remap_external", control, vmRemap).with(descPort),
		onTask(3814, "vm_remap_external", control, vmRemap).with(descPort),
		onTask(4821, "mach_vm_remap_new_external", control, vmRemapNew).with(descPort),
		onTask(3832, "vm_remap_new_external", control, vmRemapNew).with(descPort),
		onTask(4814, "mach_vm_page_query", read, vmPageQuery),
		onTask(3817, "vm_map_page_query", read, vmPageQuery),
		onTask(4820, "mach_vm_page_range_query", read, vmPageRangeQuery),
		onTask(4818, "mach_vm_purgable_control_external", control, vmPurgable),
		onTask(3830, "vm_purgable_control_external", control, vmPurgable),
		onTask(4816, "mach_vm_region", read, vmRegion),
		onTask(3824, "vm_region_64", read, vmRegion),
		onTask(4815, "mach_vm_region_recurse", read, vmRegionRecurse),
		onTask(3822, "vm_region_recurse_64", read, vmRegionRecurse),
	}
}

type vmAllocateReq struct {
	Addr, Size uint64
	Flags      uint32
}

func vmAllocate(c *call, k *task, r *vmAllocateReq) abi.KernReturn {
	addr, kr := k.allocate(r.Addr, r.Size, r.Flags)
	c.put(addr)
	return kr
}

type vmRangeReq struct{ Addr, Size uint64 }

func vmDeallocate(_ *call, k *task, r *vmRangeReq) abi.KernReturn {
	return k.deallocate(r.Addr, r.Size)
}

type vmProtectReq struct {
	Addr, Size   uint64
	SetMax, Prot uint32
}

func vmProtect(_ *call, k *task, r *vmProtectReq) abi.KernReturn {
	return k.protect(r.Addr, r.Size, r.SetMax != 0, r.Prot)
}

type vmRangeFlagReq struct {
	Addr, Size uint64
	Flag       uint32
}

func vmInherit(_ *call, k *task, r *vmRangeFlagReq) abi.KernReturn {
	return k.setInherit(r.Addr, r.Size, r.Flag)
}

func vmMsync(_ *call, k *task, r *vmRangeFlagReq) abi.KernReturn {
	return k.sync(r.Addr, r.Size, r.Flag)
}

func vmBehaviorSet(_ *call, k *task, r *vmRangeFlagReq) abi.KernReturn {
	return k.setBehavior(r.Addr, r.Size, int32(r.Flag))
}

// takeKR says in the words of the vm calls why memory could not be taken.
func takeKR(kr abi.KernReturn) abi.KernReturn {
	switch kr {
	case 0:
		return 0
	case abi.MACH_SEND_INVALID_MEMORY:
		return abi.KERN_INVALID_ADDRESS
	}
	return abi.KERN_RESOURCE_SHORTAGE
}

func vmRead(c *call, k *task, r *vmRangeReq) abi.KernReturn {
	if r.Size > 1<<32-1 {
		return abi.KERN_INVALID_ARGUMENT
	}
	if r.Size != 0 {
		m, kr := c.sys.takeMemory(k.p.Space, r.Addr, r.Size, nil)
		if kr != 0 {
			return takeKR(kr)
		}
		c.putMemory(m)
	} else {
		c.putBytes(nil)
	}
	c.put(uint32(r.Size))
	return 0
}

type vmWriteReq struct {
	Addr  uint64
	Count uint32
}

func vmWrite(c *call, k *task, r *vmWriteReq) abi.KernReturn {
	d := &c.m.Descs[0]
	if d.Count != r.Count {
		return abi.MIG_TYPE_ERROR
	}
	m, ok := d.Memory.(memory)
	if !ok {
		return 0 // nothing to write
	}
	buf := c.sys.m.Scratch(int(min(uint64(r.Count), copyChunk)))
	for done := uint64(0); done < m.size(); {
		n := min(m.size()-done, copyChunk)
		if err := m.readAt(buf[:n], done); err != nil {
			return vmError(err)
		}
		if err := k.p.Space.CopyOut(r.Addr+done, buf[:n]); err != nil {
			return vmError(err)
		}
		done += n
	}
	return 0
}

type vmCopyReq struct{ From, Size, To uint64 }

func vmCopy(c *call, k *task, r *vmCopyReq) abi.KernReturn {
	return c.sys.copyMemory(k.p.Space, r.To, k.p.Space, r.From, r.Size)
}

// vmReadOverwrite copies from the task's memory into the caller's.
func vmReadOverwrite(c *call, k *task, r *vmCopyReq) abi.KernReturn {
	kr := c.sys.copyMemory(c.t.Space(), r.To, k.p.Space, r.From, r.Size)
	c.put(r.Size)
	return kr
}

type vmMapReq struct {
	Addr, Size, Mask  uint64
	Flags             uint32
	Offset            uint64
	Copy              uint32
	Cur, Max, Inherit uint32
}

func vmMapMIG(c *call, k *task, r *vmMapReq) abi.KernReturn {
	m := &mapping{addr: r.Addr, size: r.Size, mask: r.Mask, flags: r.Flags, offset: r.Offset, copy: r.Copy != 0,
		cur: r.Cur, max: r.Max, inherit: r.Inherit}
	if right := c.right(0); right.Valid() {
		var ok bool
		if m.entry, ok = right.Port.Object.(*memoryEntry); !ok {
			return abi.KERN_INVALID_OBJECT
		}
	} else if right.Dead {
		return abi.KERN_INVALID_OBJECT
	}
	addr, kr := k.vmMap(m)
	c.put(addr)
	return kr
}

type vmAttributeReq struct {
	Addr, Size       uint64
	Attribute, Value int32
}

// vmMachineAttribute: caches are always coherent.
func vmMachineAttribute(c *call, k *task, r *vmAttributeReq) abi.KernReturn {
	const cache = 1 // MATTR_CACHE
	if r.Addr+r.Size < r.Addr || r.Attribute != cache {
		return abi.KERN_INVALID_ARGUMENT
	}
	c.put(r.Value)
	return 0
}

type vmRemapReq struct {
	Addr, Size, Mask uint64
	Flags            uint32
	From             uint64
	Copy, Inherit    uint32
}

func vmRemap(c *call, k *task, r *vmRemapReq) abi.KernReturn {
	src := sourceTask(c.right(0))
	if src == nil {
		return abi.KERN_INVALID_ARGUMENT
	}
	at, cur, max, kr := k.remap(src, r.From, &mapping{addr: r.Addr, size: r.Size, mask: r.Mask, flags: r.Flags, copy: r.Copy != 0, inherit: r.Inherit})
	c.put(at)
	c.put([]uint32{uint32(cur), uint32(max)})
	return kr
}

// sourceTask is the task whose memory a right lets its holder map.
func sourceTask(right ipc.Cap) *task {
	if right.Port == nil {
		return nil
	}
	if o, ok := right.Port.Object.(taskPort); ok && o.flavor <= read && !o.task.dead {
		return o.task
	}
	return nil
}

type vmRemapNewReq struct {
	Addr, Size, Mask uint64
	Flags            uint32
	From             uint64
	Copy             uint32
	Cur, Max         uint32
	Inherit          uint32
}

// vmRemapNew is mach_vm_remap_new: the mapping gets exactly the protections asked
// for, which the source must allow.
func vmRemapNew(c *call, k *task, r *vmRemapNewReq) abi.KernReturn {
	src := sourceTask(c.right(0))
	if src == nil || r.Cur&^r.Max != 0 || (r.Cur|r.Max)&^abi.VM_PROT_ALL != 0 ||
		r.Max&(abi.VM_PROT_WRITE|abi.VM_PROT_EXECUTE) == abi.VM_PROT_WRITE|abi.VM_PROT_EXECUTE {
		return abi.KERN_INVALID_ARGUMENT
	}
	m := &mapping{addr: r.Addr, size: r.Size, mask: r.Mask, flags: r.Flags, copy: r.Copy != 0, inherit: r.Inherit}
	if start, n, ok := spanOf(src.p.Space, r.From, r.Size); ok {
		for at := start; at < start+n; {
			g, ok := src.p.Space.Find(at)
			if !ok || g.Addr > at {
				return abi.KERN_INVALID_ADDRESS
			}
			if mem.Prot(r.Cur)&^g.Prot != 0 || mem.Prot(r.Max)&^g.MaxProt != 0 {
				return abi.KERN_PROTECTION_FAILURE
			}
			at = g.End()
		}
	}
	at, _, _, kr := k.remap(src, r.From, m)
	if kr == 0 {
		start, n, _ := spanOf(k.p.Space, at, r.Size)
		kr = vmError(k.p.Space.Protect(start, n, mem.Prot(r.Cur), false))
		if kr == 0 {
			kr = vmError(k.p.Space.Protect(start, n, mem.Prot(r.Max), true))
		}
	}
	c.put(at)
	c.put([]uint32{r.Cur, r.Max})
	return kr
}

// disposition translates mem's view of a page into VM_PAGE_QUERY_.
func disposition(b byte) (d uint32) {
	for _, x := range []struct {
		have byte
		says uint32
	}{{mem.PageResident, 0x1}, {mem.PageReferenced, 0x4}, {mem.PageModified, 0x8}, {mem.PageCopied, 0x20}} {
		if b&x.have != 0 {
			d |= x.says
		}
	}
	if b != 0 && b&mem.PageAnonymous == 0 {
		d |= 0x80 // external
	}
	return d
}

func vmPageQuery(c *call, k *task, r *struct{ Addr uint64 }) abi.KernReturn {
	sp := k.p.Space
	at := r.Addr &^ (sp.PageSize() - 1)
	if !whole(sp, at, sp.PageSize()) {
		return abi.KERN_FAILURE
	}
	var vec [1]byte
	if err := sp.Resident(at, sp.PageSize(), vec[:]); err != nil {
		return vmError(err)
	}
	c.put([]uint32{disposition(vec[0]), 1})
	return 0
}

type vmPageRangeReq struct{ Addr, Size, Out, Count uint64 }

func vmPageRangeQuery(c *call, k *task, r *vmPageRangeReq) abi.KernReturn {
	sp := k.p.Space
	at, n, ok := spanOf(sp, r.Addr, r.Size)
	if !ok || r.Count == 0 {
		return abi.KERN_INVALID_ARGUMENT
	}
	count := min(n/sp.PageSize(), r.Count, copyChunk)
	vec := make([]byte, count)
	if err := sp.Resident(at, count*sp.PageSize(), vec); err != nil {
		return vmError(err)
	}
	out := make([]byte, 0, 4*count)
	for _, b := range vec {
		out = le.AppendUint32(out, disposition(b))
	}
	if err := c.t.Space().CopyOut(r.Out, out); err != nil {
		return vmError(err)
	}
	c.put(count)
	return 0
}

type vmPurgableReq struct {
	Addr           uint64
	Control, State int32
}

func vmPurgable(c *call, k *task, r *vmPurgableReq) abi.KernReturn {
	state, kr := k.purgableControl(r.Addr, r.Control, r.State)
	c.put(state)
	return kr
}
