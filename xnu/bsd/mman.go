package bsd

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Memory calls, after bsd/kern/kern_mman.c.

func mmanRows() []kern.Row {
	return []kern.Row{
		kern.Sys(197, "mmap", kern.RetAddr, kern.Partial, mmap, "MAP_RESILIENT_* are accepted without effect; MAP_TPRO is EPERM"),
		kern.Sys(73, "munmap", kern.RetInt, kern.Full, munmap),
		kern.Sys(74, "mprotect", kern.RetInt, kern.Full, mprotect),
		kern.Sys(75, "madvise", kern.RetInt, kern.Full, madvise),
		kern.Sys(65, "msync", kern.RetInt, kern.Full, msync),
		kern.Sys(405, "msync_nocancel", kern.RetInt, kern.Full, msync),
		kern.Sys(78, "mincore", kern.RetInt, kern.Full, mincore),
		kern.Sys(203, "mlock", kern.RetInt, kern.Full, mlock),
		kern.Sys(204, "munlock", kern.RetInt, kern.Full, munlock),
		kern.Sys(324, "mlockall", kern.RetInt, kern.Absent, mlockall),
		kern.Sys(325, "munlockall", kern.RetInt, kern.Absent, mlockall),
		kern.Sys(250, "minherit", kern.RetInt, kern.Full, minherit),
		kern.Sys(489, "mremap_encrypted", kern.RetInt, kern.Partial, mremapEncrypted, "no decryption keys exist: always EINVAL"),
	}
}

type mmapArgs struct {
	Addr   abi.Ptr
	Len    abi.Size
	Prot   int32 `flags:"prot"`
	Flags  int32 `flags:"mmap"`
	FD     abi.FD
	Offset abi.Off
}

// mmapKnown are the flags that XNU accepts; programs linked for old systems may
// pass others, which are ignored, and so they are here.
func mmap(t *kern.Thread, a *mmapArgs) (uint64, error) {
	sp := t.Space()
	page := sp.PageSize()
	prot := mem.Prot(a.Prot) & (mem.Read | mem.Write | mem.Exec)
	if prot&(mem.Write|mem.Exec) != 0 {
		prot |= mem.Read
	}
	flags := int(a.Flags)
	off := uint64(a.Offset)
	slack := off & (page - 1)
	if a.Offset < 0 && flags&abi.MAP_ANON == 0 {
		return 0, abi.EINVAL
	}
	if flags&abi.MAP_ANON != 0 {
		off, slack = 0, 0
	}
	// The last mapped byte must have an address and an offset.
	if uint64(a.Len)+slack < uint64(a.Len) || uint64(a.Len)+slack > -page || off+uint64(a.Len) < off {
		return 0, abi.EINVAL
	}
	size := (uint64(a.Len) + slack + page - 1) &^ (page - 1)
	if flags&abi.MAP_UNIX03 != 0 && flags&(abi.MAP_PRIVATE|abi.MAP_SHARED) == 0 {
		return 0, abi.EINVAL
	}
	if flags&abi.MAP_JIT != 0 && (flags&(abi.MAP_FIXED|abi.MAP_SHARED|abi.MAP_RESILIENT_CODESIGN|abi.MAP_RESILIENT_MEDIA|abi.MAP_TPRO) != 0 || flags&abi.MAP_ANON == 0) {
		return 0, abi.EINVAL
	}
	if flags&abi.MAP_TPRO != 0 {
		return 0, abi.EPERM
	}
	if flags&abi.MAP_TRANSLATED_ALLOW_EXECUTE != 0 {
		return 0, abi.EINVAL
	}
	o := mem.MapOptions{Prot: prot, Shared: flags&abi.MAP_SHARED != 0, JIT: flags&abi.MAP_JIT != 0}
	if o.Shared {
		o.Inherit = mem.InheritShare
	}
	addr := uint64(a.Addr)
	if flags&abi.MAP_FIXED != 0 {
		// The offset within the page must agree, as it would after rounding.
		if addr < slack || (addr-slack)&(page-1) != 0 {
			return 0, abi.EINVAL
		}
		addr -= slack
		o.Fixed = true
	} else {
		addr = (addr + page - 1) &^ (page - 1)
	}
	if flags&abi.MAP_32BIT != 0 {
		o.Below = 1 << 32
	}
	if flags&abi.MAP_ANON != 0 {
		if a.FD != -1 {
			// The descriptor carries VM_FLAGS_*: a tag, purgeability.
			vm := uint32(a.FD)
			if vm&^uint32(abi.VM_FLAGS_ALIAS_MASK|abi.VM_FLAGS_SUPERPAGE_MASK|abi.VM_FLAGS_PURGABLE|abi.VM_FLAGS_4GB_CHUNK) != 0 {
				return 0, abi.EINVAL
			}
			o.Tag = uint32(abi.VM_GET_FLAGS_ALIAS(vm))
		}
	} else {
		f, err := t.File(a.FD)
		if err != nil {
			return 0, err
		}
		if err := mapFile(f, &o, flags, prot, off-slack, uint64(a.Len)+slack); err != nil {
			return 0, err
		}
		if o.File != nil {
			defer o.File.Release()
		}
	}
	if a.Len == 0 {
		// "if (user_size == 0) { error = 0; goto bad; }": nothing, successfully.
		return 0, nil
	}
	writableCode(t, &o)
	got, err := sp.Map(addr, size, o)
	if err == mem.ErrNoSpace && !o.Fixed && addr != 0 {
		got, err = sp.Map(0, size, o)
	}
	if err != nil {
		return 0, kern.MemErrno(err)
	}
	return got + slack, nil
}

// writableCode takes execution away from memory that is to be written too, as
// vm_map_enter does on Apple silicon for all but MAP_JIT.
func writableCode(t *kern.Thread, o *mem.MapOptions) {
	if t.Arch() == cpu.ARM64 && !o.JIT && o.Prot&(mem.Write|mem.Exec) == mem.Write|mem.Exec {
		o.Prot &^= mem.Exec
	}
}

// sharedMemory is implemented by descriptors of POSIX shared memory.
type sharedMemory interface {
	MapObject(f *kern.File, flags int, prot mem.Prot, off, size uint64) (*mem.Object, mem.Prot, error)
}

// mapFile fills in what a mapping of an open file is made of.
func mapFile(f *kern.File, o *mem.MapOptions, flags int, prot mem.Prot, off, size uint64) error {
	if s, ok := f.Ops.(sharedMemory); ok {
		obj, max, err := s.MapObject(f, flags, prot, off, size)
		if err != nil {
			return err
		}
		o.Object, o.MaxProt, o.Offset = obj, max, off
		return nil
	}
	h, ok := f.Ops.(kern.HostBacked)
	if !ok || f.Ops.Type() != kern.TypeVnode {
		return abi.EINVAL
	}
	file := h.HostFile()
	switch file.Kind() {
	case hostfs.Regular:
	case hostfs.CharDevice, hostfs.TTY:
		return abi.ENODEV
	default:
		return abi.EINVAL
	}
	max := mem.Exec
	switch {
	case f.Flags&kern.FREAD != 0:
		max |= mem.Read
	case prot&mem.Read != 0:
		return abi.EACCES
	}
	switch {
	case !o.Shared:
		max |= mem.Write
	case f.Flags&kern.FWRITE != 0:
		max |= mem.Write
	case prot&mem.Write != 0:
		return abi.EACCES
	}
	if flags&abi.MAP_RESILIENT_CODESIGN != 0 && prot&mem.Exec != 0 {
		return abi.EPERM
	}
	b, err := kern.NewBacking(file)
	if err != nil {
		return err
	}
	o.File, o.MaxProt, o.Offset = b, max, off
	return nil
}

type rangeArgs struct {
	Addr abi.Ptr
	Len  abi.Size
}

// span checks and widens a range to pages; false when it wraps.
func span(t *kern.Thread, addr abi.Ptr, n abi.Size) (start, size uint64, ok bool) {
	page := t.Space().PageSize()
	start = uint64(addr) &^ (page - 1)
	end := uint64(addr) + uint64(n)
	if end < uint64(addr) || end > ^uint64(0)-page {
		return 0, 0, false
	}
	end = (end + page - 1) &^ (page - 1)
	return start, end - start, true
}

func munmap(t *kern.Thread, a *rangeArgs) (uint64, error) {
	if uint64(a.Addr)&(t.Space().PageSize()-1) != 0 || a.Len == 0 {
		return 0, abi.EINVAL
	}
	start, size, ok := span(t, a.Addr, a.Len)
	if !ok {
		return 0, abi.EINVAL
	}
	if err := t.Space().Unmap(start, size); err != nil {
		return 0, abi.EINVAL
	}
	return 0, nil
}

type mprotectArgs struct {
	Addr abi.Ptr
	Len  abi.Size
	Prot int32 `flags:"prot"`
}

func mprotect(t *kern.Thread, a *mprotectArgs) (uint64, error) {
	if uint64(a.Addr)&(t.Space().PageSize()-1) != 0 || a.Prot&^0x27 != 0 {
		return 0, abi.EINVAL
	}
	if a.Prot&abi.VM_PROT_TRUSTED != 0 {
		return 0, abi.ENOTSUP
	}
	start, size, ok := span(t, a.Addr, a.Len)
	if !ok {
		return 0, abi.ENOMEM
	}
	if size == 0 {
		return 0, nil
	}
	prot := mem.Prot(a.Prot)
	if prot&(mem.Write|mem.Exec) != 0 {
		prot |= mem.Read
	}
	if t.Arch() == cpu.ARM64 && prot&(mem.Write|mem.Exec) == mem.Write|mem.Exec {
		if r, ok := t.Space().Find(start); !ok || !r.JIT {
			prot &^= mem.Exec
		}
	}
	return 0, kern.MemErrno(t.Space().Protect(start, size, prot, false))
}

type madviseArgs struct {
	Addr   abi.Ptr
	Len    abi.Size
	Advice int32
}

func madvise(t *kern.Thread, a *madviseArgs) (uint64, error) {
	start, size, ok := span(t, a.Addr, a.Len)
	if !ok {
		return 0, abi.EINVAL
	}
	discard := false
	switch a.Advice {
	case abi.MADV_NORMAL, abi.MADV_RANDOM, abi.MADV_SEQUENTIAL, abi.MADV_WILLNEED, abi.MADV_DONTNEED,
		abi.MADV_ZERO_WIRED_PAGES, abi.MADV_FREE_REUSE, abi.MADV_CAN_REUSE:
		// MADV_DONTNEED only deactivates pages on Darwin: contents stay.
	case abi.MADV_FREE, abi.MADV_FREE_REUSABLE:
		if t.Arch() == cpu.ARM64 && start == 0 && size != 0 {
			return 0, abi.EINVAL
		}
		discard = true
	case abi.MADV_ZERO:
		discard = true
	case abi.MADV_PAGEOUT:
		return 0, abi.ENOTSUP
	default:
		return 0, abi.EINVAL
	}
	if size == 0 {
		return 0, nil
	}
	if !mapped(t, start, size) {
		return 0, abi.EINVAL
	}
	if discard {
		if err := t.Space().Discard(start, size); err != nil && a.Advice == abi.MADV_ZERO {
			return 0, kern.MemErrno(err)
		}
	}
	return 0, nil
}

// mapped reports whether no byte of the range is a hole.
func mapped(t *kern.Thread, start, size uint64) bool {
	for at := start; at < start+size; {
		r, ok := t.Space().Find(at)
		if !ok || r.Addr > at {
			return false
		}
		at = r.End()
	}
	return true
}

type msyncArgs struct {
	Addr  abi.Ptr
	Len   abi.Size
	Flags int32
}

func msync(t *kern.Thread, a *msyncArgs) (uint64, error) {
	start, size, ok := span(t, a.Addr, a.Len)
	if !ok || a.Flags&(abi.MS_SYNC|abi.MS_ASYNC) == abi.MS_SYNC|abi.MS_ASYNC {
		return 0, abi.EINVAL
	}
	if size == 0 {
		return 0, nil
	}
	if !mapped(t, start, size) {
		return 0, abi.ENOMEM
	}
	if err := t.Space().Sync(start, size, a.Flags&abi.MS_INVALIDATE != 0); err != nil {
		return 0, abi.EIO
	}
	return 0, nil
}

type mincoreArgs struct {
	Addr abi.Ptr
	Len  abi.Size
	Vec  abi.Ptr
}

func mincore(t *kern.Thread, a *mincoreArgs) (uint64, error) {
	start, size, ok := span(t, a.Addr, a.Len)
	if !ok || start >= t.Space().Max() || start+size > t.Space().Max() {
		return 0, abi.ENOMEM
	}
	page := t.Space().PageSize()
	vec := uint64(a.Vec)
	const chunk = 4096
	for size > 0 {
		n := min(size/page, chunk)
		b := t.Machine().Scratch(int(n))
		clear(b)
		if err := t.Space().Resident(start, n*page, b); err != nil && err != mem.ErrUnmapped {
			return 0, kern.MemErrno(err)
		}
		if err := t.Space().CopyOut(vec, b); err != nil {
			return 0, err
		}
		start, size, vec = start+n*page, size-n*page, vec+n
	}
	return 0, nil
}

// mlock: guest memory is never paged out, so wiring is checking the range.
func mlock(t *kern.Thread, a *rangeArgs) (uint64, error) {
	if a.Len == 0 {
		return 0, nil
	}
	start, size, ok := span(t, a.Addr, a.Len)
	if !ok {
		return 0, abi.EINVAL
	}
	if size > t.Proc.Limits[abi.RLIMIT_MEMLOCK].Cur {
		return 0, abi.ENOMEM
	}
	if !mapped(t, start, size) {
		return 0, abi.ENOMEM
	}
	return 0, nil
}

func munlock(t *kern.Thread, a *rangeArgs) (uint64, error) {
	start, size, ok := span(t, a.Addr, a.Len)
	if !ok {
		return 0, abi.EINVAL
	}
	if size != 0 && !mapped(t, start, size) {
		return 0, abi.ENOMEM
	}
	return 0, nil
}

// mlockall is ENOSYS on XNU too (kern_mman.c).
func mlockall(*kern.Thread, *struct{ Flags int32 }) (uint64, error) { return 0, abi.ENOSYS }

type minheritArgs struct {
	Addr    abi.Ptr
	Len     abi.Size
	Inherit int32
}

func minherit(t *kern.Thread, a *minheritArgs) (uint64, error) {
	start, size, ok := span(t, a.Addr, a.Len)
	if !ok {
		return 0, abi.EINVAL
	}
	var in mem.Inherit
	switch a.Inherit {
	case abi.VM_INHERIT_SHARE:
		in = mem.InheritShare
	case abi.VM_INHERIT_COPY:
		in = mem.InheritCopy
	case abi.VM_INHERIT_NONE:
		in = mem.InheritNone
	default:
		return 0, abi.EINVAL
	}
	if size == 0 {
		return 0, nil
	}
	if err := t.Space().SetInherit(start, size, in); err != nil && err != mem.ErrUnmapped {
		return 0, abi.EINVAL
	}
	return 0, nil
}

type mremapEncryptedArgs struct {
	Addr                         abi.Ptr
	Len                          abi.Size
	CryptID, CPUType, CPUSubtype uint32
}

func mremapEncrypted(*kern.Thread, *mremapEncryptedArgs) (uint64, error) { return 0, abi.EINVAL }
