package mach

import (
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

type vmRegionReq struct {
	Addr   uint64
	Flavor int32
	Count  uint32
}

// vmRegion is vm_map_region: the region at or above an address.
func vmRegion(c *call, k *task, r *vmRegionReq) abi.KernReturn {
	g, ok := k.p.Space.Find(r.Addr)
	var v any
	switch r.Flavor {
	case abi.VM_REGION_BASIC_INFO_64, abi.VM_REGION_BASIC_INFO:
		v = abi.VMRegionBasicInfo64{Protection: int32(g.Prot), MaxProtection: int32(g.MaxProt), Inheritance: inheritance(g),
			Shared: uint32(b2i(g.Shared)), Offset: g.FileOffset}
	case abi.VM_REGION_EXTENDED_INFO:
		v = abi.VMRegionExtendedInfo{Protection: int32(g.Prot), UserTag: g.Tag, PagesResident: uint32(g.Resident),
			PagesDirtied: uint32(g.PrivatePages), RefCount: 1, ExternalPager: uint8(b2i(g.File != nil)), ShareMode: shareMode(g)}
	case abi.VM_REGION_TOP_INFO:
		v = abi.VMRegionTopInfo{ObjId: objectID(g), RefCount: 1, PrivatePagesResident: uint32(g.PrivatePages),
			SharedPagesResident: uint32(g.SharedPages), ShareMode: shareMode(g)}
	default:
		return abi.KERN_INVALID_ARGUMENT
	}
	n := abi.InfoCount(v)
	switch {
	case r.Count < n && r.Flavor != abi.VM_REGION_EXTENDED_INFO, r.Count+1 < n:
		// The extended kind once ended before pages_reusable.
		return abi.KERN_INVALID_ARGUMENT
	case !ok:
		return abi.KERN_INVALID_ADDRESS
	}
	c.putPort(ipc.Cap{Disp: abi.MACH_MSG_TYPE_MOVE_SEND}) // the object's name: always null
	c.put([]uint64{g.Addr, g.Size})
	c.putInfo(r.Count, abi.Marshal(v))
	return 0
}

func inheritance(g mem.Region) uint32 {
	switch g.Inherit {
	case mem.InheritShare:
		return abi.VM_INHERIT_SHARE
	case mem.InheritNone:
		return abi.VM_INHERIT_NONE
	}
	return abi.VM_INHERIT_COPY
}

func shareMode(g mem.Region) uint8 {
	switch {
	case g.Shared:
		return abi.SM_SHARED
	case g.Resident == 0 && g.File == nil:
		return abi.SM_EMPTY
	case g.SharedPages > 0 || g.File != nil:
		return abi.SM_COW
	}
	return abi.SM_PRIVATE
}

// objectID tells memory objects apart; where one begins is as good as any number.
func objectID(g mem.Region) uint32 {
	if g.Resident == 0 && g.File == nil && g.Object == nil {
		return 0
	}
	return uint32(g.Addr >> 12)
}

type vmRegionRecurseReq struct {
	Addr  uint64
	Depth uint32
	Count uint32
}

// vmRegionRecurse is vm_map_region_recurse_64. No region has a map below it, so
// the depth is always 0.
func vmRegionRecurse(c *call, k *task, r *vmRegionRecurseReq) abi.KernReturn {
	if r.Count < abi.VM_REGION_SUBMAP_SHORT_INFO_COUNT_64 {
		return abi.KERN_INVALID_ARGUMENT
	}
	g, ok := k.p.Space.Find(r.Addr)
	if !ok {
		return abi.KERN_INVALID_ADDRESS
	}
	var data []byte
	if r.Count < abi.VM_REGION_SUBMAP_INFO_V0_COUNT_64 {
		data = abi.Marshal(abi.VMRegionSubmapShortInfo64{Protection: int32(g.Prot), MaxProtection: int32(g.MaxProt),
			Inheritance: inheritance(g), Offset: g.FileOffset, UserTag: g.Tag, RefCount: 1,
			ExternalPager: uint8(b2i(g.File != nil)), ShareMode: shareMode(g), ObjectId: objectID(g)})
	} else {
		data = abi.Marshal(abi.VMRegionSubmapInfo64{Protection: int32(g.Prot), MaxProtection: int32(g.MaxProt),
			Inheritance: inheritance(g), Offset: g.FileOffset, UserTag: g.Tag, PagesResident: uint32(g.Resident),
			PagesDirtied: uint32(g.PrivatePages), RefCount: 1, ExternalPager: uint8(b2i(g.File != nil)), ShareMode: shareMode(g),
			ObjectId: objectID(g), ObjectIdFull: g.Addr})
	}
	c.put([]uint64{g.Addr, g.Size})
	c.put(uint32(0))
	c.putInfo(r.Count, data)
	return 0
}
