package mem

import (
	"iter"
	"reflect"
	"unsafe"
)

// Space is the address space of one guest process.
type Space struct {
	phys     *Physical
	id       uint64
	root     unsafe.Pointer
	shift    uint // log2 of the page size
	order    uint // log2 of frames per page
	maxBytes uint64
	m        regionMap
	epoch    uint64
	resident uint64 // entries in the page table
	tracking bool
	onStore  func(addr uint64, n int)
}

// NewSpace makes an empty address space. If there is no memory even for its page
// table, mapping in it works and touching gives NoMemory.
func (p *Physical) NewSpace(c SpaceConfig) *Space {
	s := &Space{phys: p, id: p.nextID.Add(1), shift: 12, maxBytes: c.MaxBytes}
	if c.PageSize == 16384 {
		s.shift = 14
	}
	s.order = s.shift - frameShift
	if c.Max == 0 || c.Max > 1<<vaBits {
		c.Max = 1 << vaBits
	}
	lo, hi := (c.Min+s.mask())&^s.mask(), c.Max&^s.mask()
	if lo < c.Min || lo > hi {
		lo = hi
	}
	s.m.init(lo, hi)
	if s.root = p.newTable(dirBytes); s.root == nil {
		s.root = p.zeroRoot
	}
	return s
}

// mask has the bits of an address within its page.
func (s *Space) mask() uint64 { return 1<<s.shift - 1 }

// PageSize is the size of a page in bytes.
func (s *Space) PageSize() uint64 { return 1 << s.shift }

// PageShift is log2 of PageSize.
func (s *Space) PageShift() uint { return s.shift }

// Size is the number of bytes mapped, touched or not.
func (s *Space) Size() uint64 { return s.m.bytes }

// ResidentBytes is the number of bytes mapped that exist in memory.
func (s *Space) ResidentBytes() uint64 { return s.resident << s.shift }

// Min is the lowest mappable address.
func (s *Space) Min() uint64 { return s.m.min }

// RaiseMin makes addr, rounded up to a page, the lowest mappable address; it does
// nothing if that is below Min. What lies below stays unmapped for ever: touching
// it is Unmapped, not Denied. The error is ErrBadAddress if something is mapped
// there already, or if addr is beyond Max. Source: XNU osfmk/vm/vm_map.c,
// vm_map_raise_min_offset.
func (s *Space) RaiseMin(addr uint64) error {
	lo := (addr + s.mask()) &^ s.mask()
	switch {
	case lo < addr || lo > s.m.max:
		return ErrBadAddress
	case lo <= s.m.min:
		return nil
	case s.m.head != nil && s.m.head.start < lo:
		return ErrBadAddress
	}
	from, to := s.m.gapAfter(nil)
	s.m.holes.remove(from, to)
	s.m.min = lo
	s.m.holes.add(lo, to)
	return nil
}

// Max is one past the highest mappable address.
func (s *Space) Max() uint64 { return s.m.max }

// SetMaxBytes changes RLIMIT_AS, in bytes, 0 for none. What is mapped stays.
func (s *Space) SetMaxBytes(n uint64) { s.maxBytes = n }

// Root is the host address of the page table's root; it does not change.
func (s *Space) Root() unsafe.Pointer { return s.root }

// Epoch changes whenever a translation that a TLB may hold becomes wrong: by
// unmapping, protecting, a copy-on-write page being copied, fork, discarding, and
// by the kernel writing to a frame with translated code. New translations do not
// change it.
func (s *Space) Epoch() uint64 { return s.epoch }

// ID is a number no other Space of this Physical has or had.
func (s *Space) ID() uint64 { return s.id }

// widen makes a range whole pages. ok is false if it wraps.
func (s *Space) widen(addr, size uint64) (lo, hi uint64, ok bool) {
	if size == 0 {
		return addr &^ s.mask(), addr &^ s.mask(), true
	}
	end := addr + size
	if end < addr || end+s.mask() < end {
		return 0, 0, false
	}
	return addr &^ s.mask(), (end + s.mask()) &^ s.mask(), true
}

// Map makes a region of size bytes, rounded up to pages, and returns its address.
// Unless o.Fixed, addr is a hint: the first fit at or above it is taken, or else
// the first fit from Min. Nothing is committed. Source: XNU osfmk/vm/vm_map.c,
// vm_map_enter; mmap(2).
//
// The errors are ErrNoSpace, ErrBadAddress (size 0 or wrapping, misaligned or out
// of range, object of smaller pages), ErrExists, ErrLimit, ErrProtection (writable
// shared mapping of a host file that is not open for writing) and ErrNoMemory
// (private copy of an object).
func (s *Space) Map(addr, size uint64, o MapOptions) (uint64, error) {
	if size == 0 || size+s.mask() < size {
		return 0, ErrBadAddress
	}
	size = (size + s.mask()) &^ s.mask()
	r := region{prot: o.Prot & protAll, maxProt: o.MaxProt & protAll, inherit: o.Inherit, guard: o.Guard,
		stack: o.Stack, jit: o.JIT, perm: o.Permanent, tag: o.Tag, name: o.Name}
	if r.maxProt == None {
		r.maxProt = protAll
	}
	if r.guard {
		r.prot = None
	}
	if r.prot&^r.maxProt != 0 {
		return 0, ErrProtection
	}
	if o.Shared && r.inherit == InheritCopy {
		r.inherit = InheritShare
	}
	if o.Object != nil && o.File != nil || o.File != nil && !reflect.TypeOf(o.File).Comparable() ||
		(o.Object != nil || o.File != nil) && (o.Offset >= 1<<63 || size >= 1<<63-o.Offset) {
		return 0, ErrBadAddress
	}
	if o.Object != nil && !o.Shared {
		return s.mapSnapshot(addr, size, r, o)
	}
	addr, err := s.place(addr, size, o)
	if err != nil {
		return 0, err
	}
	r.start, r.end = addr, addr+size
	if err := s.attach(&r, o); err != nil {
		return 0, err
	}
	if o.Fixed {
		s.remove(addr, addr+size)
	}
	s.insert(&r)
	return addr, nil
}

// attach gives a region its object or file, with a reference.
func (s *Space) attach(r *region, o MapOptions) error {
	size := r.end - r.start
	if o.Shared {
		if o.Offset&s.mask() != 0 {
			return ErrBadAddress
		}
		obj := o.Object
		switch {
		case obj != nil:
			obj.Ref()
		case o.File != nil:
			obj = s.phys.fileObject(o.File)
		default:
			obj = s.phys.NewObject(size)
			o.Offset = 0
		}
		if obj.shift < s.shift {
			obj.Unref()
			return ErrBadAddress
		}
		if obj.readOnly() {
			if r.prot&Write != 0 {
				obj.Unref()
				return ErrProtection
			}
			r.maxProt &^= Write
		}
		r.object, r.offset = obj, o.Offset
		return nil
	}
	if o.File != nil {
		r.file, r.offset, r.fileEnd = o.File, o.Offset, r.end
		if o.FileSize != 0 && o.FileSize < size {
			r.fileEnd = r.start + o.FileSize
		}
		r.file.Retain()
	}
	return nil
}

// place finds where size bytes go, and checks the limits.
func (s *Space) place(addr, size uint64, o MapOptions) (uint64, error) {
	replaced := uint64(0)
	switch {
	case o.Fixed:
		if addr&s.mask() != 0 || addr < s.m.min || addr+size < addr || addr+size > s.m.max {
			return 0, ErrBadAddress
		}
		for r := s.m.from(addr); r != nil && r.start < addr+size; r = r.next {
			if o.NoReplace {
				return 0, ErrExists
			}
			if r.perm {
				return 0, ErrNoSpace
			}
			replaced += min(r.end, addr+size) - max(r.start, addr)
		}
	default:
		mask := o.AlignMask
		if mask&(mask+1) != 0 {
			return 0, ErrBadAddress
		}
		mask |= s.mask()
		top := s.m.max
		if o.Below != 0 {
			top = min(top, o.Below&^s.mask())
		}
		if size > top {
			return 0, ErrNoSpace
		}
		var ok bool
		if o.HighestFirst {
			addr, ok = s.m.holes.highest(s.m.min, top, size, mask)
		} else {
			hint := max(addr, s.m.min)
			addr, ok = s.m.holes.lowest(hint, top, size, mask)
			if !ok && hint > s.m.min {
				addr, ok = s.m.holes.lowest(s.m.min, top, size, mask)
			}
		}
		if !ok {
			return 0, ErrNoSpace
		}
	}
	if s.maxBytes != 0 && s.m.bytes-replaced+size > s.maxBytes || !s.m.room(2) {
		return 0, ErrLimit
	}
	return addr, nil
}

// insert puts a region, whose range is free, in the map and joins it to its
// neighbours. It keeps r's references.
func (s *Space) insert(r *region) *region {
	n := new(region)
	*n = *r
	s.m.insert(n)
	return s.joinAround(n)
}

func (s *Space) joinAround(r *region) *region {
	if r.prev != nil {
		r = s.m.join(r.prev, r)
	}
	if r.next != nil {
		s.m.join(r, r.next)
	}
	return r
}

// cuts is how many regions more there will be after isolate.
func (s *Space) cuts(lo, hi uint64) (n int) {
	for _, x := range [2]uint64{lo, hi} {
		if r := s.m.find(x); r != nil && r.start < x {
			n++
		}
	}
	return n
}

// isolate splits regions so that none crosses lo or hi, and returns the first in
// the range or nil.
func (s *Space) isolate(lo, hi uint64) *region {
	r := s.m.from(lo)
	if r == nil || r.start >= hi {
		return nil
	}
	if r.start < lo {
		r = s.m.split(r, lo)
	}
	if e := s.m.from(hi); e != nil && e.start < hi {
		s.m.split(e, hi)
	}
	return r
}

// remove unmaps [lo, hi), which has no permanent region unless its pages are to go
// with it.
func (s *Space) remove(lo, hi uint64) {
	first := s.isolate(lo, hi)
	if first == nil {
		return
	}
	for r := first; r != nil && r.start < hi; r = r.next {
		_ = s.writeBack(r, r.start, r.end) // munmap has no way to say that it failed
	}
	s.clearPages(lo>>s.shift, hi>>s.shift)
	for r := first; r != nil && r.start < hi; {
		next := r.next
		s.m.remove(r)
		r.release()
		r = next
	}
}

// Unmap removes what is mapped in a range; holes are fine, and so are addresses
// outside the space. A permanent region stays, its protections None, as XNU's
// vm_map_delete leaves one. ErrLimit means that splitting a region would make too
// many.
func (s *Space) Unmap(addr, size uint64) error {
	lo, hi, ok := s.widen(addr, size)
	if !ok {
		return ErrBadAddress
	}
	if size == 0 {
		return nil
	}
	if !s.m.room(s.cuts(lo, hi)) {
		return ErrLimit
	}
	perm := false
	for r := s.m.from(lo); r != nil && r.start < hi; r = r.next {
		perm = perm || r.perm
	}
	if !perm {
		s.remove(lo, hi)
		return nil
	}
	for r := s.isolate(lo, hi); r != nil && r.start < hi; {
		next := r.next
		if r.perm {
			r.prot, r.maxProt = None, None
			s.refreshRights(r)
		} else {
			s.remove(r.start, r.end)
		}
		r = next
	}
	return nil
}

// Protect sets what may be done in a range, or with setMax the most that can be
// allowed in future, which also takes away what exceeds it now. Nothing changes
// unless everything can: ErrUnmapped if there is a hole, ErrProtection if p exceeds
// the maximum of a region, ErrLimit if there would be too many regions. Source: XNU
// osfmk/vm/vm_map.c, vm_map_protect.
func (s *Space) Protect(addr, size uint64, p Prot, setMax bool) error {
	p &= protAll
	lo, hi, err := s.solid(addr, size)
	if err != nil || lo == hi {
		return err
	}
	for r := s.m.from(lo); r != nil && r.start < hi; r = r.next {
		if p&^r.maxProt != 0 {
			return ErrProtection
		}
	}
	s.change(lo, hi, func(r *region) {
		now := p
		if setMax {
			r.maxProt = p
			now = r.prot & p
		}
		if now != r.prot {
			r.prot = now
			s.refreshRights(r)
		}
	})
	return nil
}

// SetInherit says what a fork does with a range: minherit(2). The errors are those
// of Protect.
func (s *Space) SetInherit(addr, size uint64, i Inherit) error {
	lo, hi, err := s.solid(addr, size)
	if err != nil || lo == hi {
		return err
	}
	s.change(lo, hi, func(r *region) { r.inherit = i })
	return nil
}

// solid widens a range, which must be mapped without a hole.
func (s *Space) solid(addr, size uint64) (lo, hi uint64, err error) {
	lo, hi, ok := s.widen(addr, size)
	switch {
	case !ok:
		return 0, 0, ErrBadAddress
	case size == 0:
		return 0, 0, nil
	}
	at := lo
	for r := s.m.find(lo); r != nil && r.start == at || r != nil && at == lo; r = r.next {
		if at = r.end; at >= hi {
			if !s.m.room(s.cuts(lo, hi)) {
				return 0, 0, ErrLimit
			}
			return lo, hi, nil
		}
	}
	return 0, 0, ErrUnmapped
}

// change applies f to exactly the regions of a solid range.
func (s *Space) change(lo, hi uint64, f func(*region)) {
	r := s.isolate(lo, hi)
	for r != nil && r.start < hi {
		f(r)
		if r.prev != nil {
			r = s.m.join(r.prev, r)
		}
		r = r.next
	}
	if r != nil && r.prev != nil {
		s.m.join(r.prev, r)
	}
}

// refreshRights gives the pages of a region the rights that its protection and
// their state allow.
func (s *Space) refreshRights(r *region) {
	lost := false
	s.pages(r.start>>s.shift, r.end>>s.shift, func(l unsafe.Pointer, pn, v uint64) bool {
		if now := v&^pteRights | s.rights(r, v); now != v {
			lost = lost || v&^now&pteRights != 0
			s.noteLostW(v, now)
			s.setPTE(l, pn, now)
		}
		return true
	})
	if lost {
		s.epoch++
	}
}

// rights is what hardware may do with a page without asking.
func (s *Space) rights(r *region, v uint64) uint64 {
	p := uint64(r.prot)
	if v&pteCOW != 0 || s.tracking && v&pteDirty == 0 ||
		v&pteWritten == 0 && r.object != nil && r.object.wantsStores() {
		p &^= pteW
	}
	return p
}

// Find describes the region that contains addr, or else the next one above it, as
// mach_vm_region does.
func (s *Space) Find(addr uint64) (Region, bool) {
	r := s.m.from(addr)
	if r == nil {
		return Region{}, false
	}
	return s.describe(r), true
}

// Regions gives all regions in address order. The space may be changed meanwhile:
// what lies above the region given last is seen as it is then.
func (s *Space) Regions() iter.Seq[Region] {
	return func(yield func(Region) bool) {
		for at := uint64(0); ; {
			r := s.m.from(at)
			if r == nil {
				return
			}
			d := s.describe(r)
			at = d.End()
			if !yield(d) {
				return
			}
		}
	}
}

func (s *Space) describe(r *region) Region {
	d := Region{Addr: r.start, Size: r.end - r.start, Prot: r.prot, MaxProt: r.maxProt, Inherit: r.inherit,
		Shared: r.object != nil, Guard: r.guard, Stack: r.stack, JIT: r.jit, Permanent: r.perm,
		Tag: r.tag, Name: r.name, File: r.file, Object: r.object, FileOffset: r.offset}
	if r.object != nil {
		d.File = r.object.file
	}
	s.pages(r.start>>s.shift, r.end>>s.shift, func(_ unsafe.Pointer, _, v uint64) bool {
		d.Resident++
		if v&(pteObject|pteCOW) != 0 {
			d.SharedPages++
		}
		return true
	})
	d.PrivatePages = d.Resident - d.SharedPages
	return d
}

// Release unmaps everything and frees the page table. The space stays usable as
// one in which nothing can be touched.
func (s *Space) Release() {
	s.remove(s.m.min, s.m.max)
	s.epoch++
	if s.root != s.phys.zeroRoot {
		s.phys.freeTable(s.root, dirBytes)
		s.root = s.phys.zeroRoot
	}
}
