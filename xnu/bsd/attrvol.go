package bsd

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// volAttrs lists the attributes of a file system in the order in which they are
// packed (getvolattrlist).
var volAttrs = [...]struct {
	bit uint32
	put func(h *hostfs.Statfs, b *attrBuf)
}{
	{abi.ATTR_VOL_FSTYPE, func(h *hostfs.Statfs, b *attrBuf) { b.u32(fsType) }},
	{abi.ATTR_VOL_SIGNATURE, func(h *hostfs.Statfs, b *attrBuf) { b.u32(0) }},
	{abi.ATTR_VOL_SIZE, func(h *hostfs.Statfs, b *attrBuf) { b.u64(h.BlockSize * h.Blocks) }},
	{abi.ATTR_VOL_SPACEFREE, func(h *hostfs.Statfs, b *attrBuf) { b.u64(h.BlockSize * h.Free) }},
	{abi.ATTR_VOL_SPACEAVAIL, func(h *hostfs.Statfs, b *attrBuf) { b.u64(h.BlockSize * h.Avail) }},
	{abi.ATTR_VOL_SPACEUSED, func(h *hostfs.Statfs, b *attrBuf) { b.u64(h.BlockSize * (h.Blocks - min(h.Free, h.Blocks))) }},
	{abi.ATTR_VOL_MINALLOCATION, func(h *hostfs.Statfs, b *attrBuf) { b.u64(h.BlockSize) }},
	{abi.ATTR_VOL_ALLOCATIONCLUMP, func(h *hostfs.Statfs, b *attrBuf) { b.u64(h.BlockSize) }},
	{abi.ATTR_VOL_IOBLOCKSIZE, func(h *hostfs.Statfs, b *attrBuf) { b.u32(uint32(h.IOSize)) }},
	{abi.ATTR_VOL_OBJCOUNT, func(h *hostfs.Statfs, b *attrBuf) { b.u32(clip32(h.Files - min(h.FilesFree, h.Files))) }},
	{abi.ATTR_VOL_FILECOUNT, func(h *hostfs.Statfs, b *attrBuf) { b.u32(clip32(h.Files - min(h.FilesFree, h.Files))) }},
	{abi.ATTR_VOL_DIRCOUNT, func(h *hostfs.Statfs, b *attrBuf) { b.u32(0) }},
	{abi.ATTR_VOL_MAXOBJCOUNT, func(h *hostfs.Statfs, b *attrBuf) { b.u32(clip32(h.Files)) }},
	{abi.ATTR_VOL_MOUNTPOINT, func(h *hostfs.Statfs, b *attrBuf) { b.str(h.MountedOn) }},
	{abi.ATTR_VOL_NAME, func(h *hostfs.Statfs, b *attrBuf) { b.str(h.MountedOn) }},
	{abi.ATTR_VOL_MOUNTFLAGS, func(h *hostfs.Statfs, b *attrBuf) { s := putStatfs(h); b.u32(s.Flags) }},
	{abi.ATTR_VOL_MOUNTEDDEVICE, func(h *hostfs.Statfs, b *attrBuf) { b.str(h.MountedFrom) }},
	{abi.ATTR_VOL_ENCODINGSUSED, func(h *hostfs.Statfs, b *attrBuf) { b.u64(^uint64(0)) }},
	{abi.ATTR_VOL_CAPABILITIES, putCapabilities},
	{abi.ATTR_VOL_MOUNTEXTFLAGS, func(h *hostfs.Statfs, b *attrBuf) { b.u32(0) }},
	{abi.ATTR_VOL_ATTRIBUTES, putVolAttributes},
	{abi.ATTR_VOL_FSTYPENAME, func(h *hostfs.Statfs, b *attrBuf) { b.str(h.TypeName) }},
	{abi.ATTR_VOL_FSSUBTYPE, func(h *hostfs.Statfs, b *attrBuf) { b.u32(0) }},
	{abi.ATTR_VOL_OWNER, func(h *hostfs.Statfs, b *attrBuf) { b.u32(0) }},
}

func clip32(n uint64) uint32 { return uint32(min(n, 1<<32-1)) }

// What the host's file systems can do, of VOL_CAP_FMT_ and VOL_CAP_INT_
// (bsd/sys/attr.h).
const (
	volFormat = abi.VOL_CAP_FMT_PERSISTENTOBJECTIDS | abi.VOL_CAP_FMT_SYMBOLICLINKS | abi.VOL_CAP_FMT_HARDLINKS |
		abi.VOL_CAP_FMT_SPARSE_FILES | abi.VOL_CAP_FMT_CASE_SENSITIVE | abi.VOL_CAP_FMT_CASE_PRESERVING |
		abi.VOL_CAP_FMT_2TB_FILESIZE | abi.VOL_CAP_FMT_64BIT_OBJECT_IDS
	volInterfaces = abi.VOL_CAP_INT_ATTRLIST | abi.VOL_CAP_INT_ALLOCATE | abi.VOL_CAP_INT_ADVLOCK | abi.VOL_CAP_INT_FLOCK |
		abi.VOL_CAP_INT_USERACCESS | abi.VOL_CAP_INT_EXTENDED_ATTR | abi.VOL_CAP_INT_RENAME_SWAP | abi.VOL_CAP_INT_RENAME_EXCL |
		abi.VOL_CAP_INT_PUNCHHOLE
)

func putCapabilities(_ *hostfs.Statfs, b *attrBuf) {
	for _, w := range [...]uint32{volFormat, volInterfaces, 0, 0} {
		b.u32(w)
	}
	for _, w := range [...]uint32{1<<32 - 1, 1<<32 - 1, 0, 0} {
		b.u32(w)
	}
}

// putVolAttributes tells which attributes can be asked for, and which of them
// the file system has itself: the same.
func putVolAttributes(_ *hostfs.Statfs, b *attrBuf) {
	const vol = abi.ATTR_VOL_VALIDMASK &^ (abi.ATTR_VOL_UUID | abi.ATTR_VOL_QUOTA_SIZE | abi.ATTR_VOL_RESERVED_SIZE)
	for range 2 {
		for _, w := range [...]uint32{bitsOf(commonAttrs[:]) | abi.ATTR_CMN_RETURNED_ATTRS, vol, bitsOf(dirAttrs[:]), bitsOf(fileAttrs[:]), abi.ATTR_CMNEXT_VALIDMASK} {
			b.u32(w)
		}
	}
}

// packVolume makes the answer of a request for volume attributes; the common
// ones are then those of the mount point.
func packVolume(o *attrObject, al *abi.Attrlist, options uint64) ([]byte, error) {
	if al.Bitmapcount != abi.ATTR_BIT_MAP_COUNT || al.Volattr&abi.ATTR_VOL_INFO == 0 ||
		al.Fileattr != 0 || al.Dirattr != 0 || al.Forkattr != 0 {
		return nil, abi.EINVAL
	}
	h := devStatfs()
	if o.dev == nil {
		var err error
		if h, err = o.file.Statfs(); err != nil {
			return nil, err
		}
	}
	returned := al.Commonattr&abi.ATTR_CMN_RETURNED_ATTRS != 0
	b := &attrBuf{}
	b.reserve(4)
	if returned {
		b.reserve(20)
	}
	var got abi.AttributeSet
	var err error
	if got.Commonattr, err = packGroup(o, b, commonAttrs[:], al.Commonattr, returned, options&abi.FSOPT_PACK_INVAL_ATTRS != 0); err != nil {
		return nil, err
	}
	left := al.Volattr &^ abi.ATTR_VOL_INFO
	for i := range volAttrs {
		if r := &volAttrs[i]; left&r.bit != 0 {
			r.put(&h, b)
			got.Volattr |= r.bit
			left &^= r.bit
		}
	}
	if left != 0 && !returned {
		return nil, abi.EINVAL // no UUID, quota or reserve
	}
	if returned {
		got.Commonattr |= abi.ATTR_CMN_RETURNED_ATTRS
		got.Volattr |= abi.ATTR_VOL_INFO
		got.Put(b.fixed[4:])
	}
	return b.bytes(), nil
}
