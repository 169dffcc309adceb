package mem

import "unsafe"

// Share maps a range of src here, or of this space itself: the same memory, or with
// copy a copy of it as of now, made on write as far as src's memory is private.
// Of o it heeds Prot and MaxProt (MaxProt 0 keeps what each region of src has),
// Fixed, NoReplace, HighestFirst, AlignMask, Below, Shared, Inherit, Tag, Permanent
// and Name. The range is widened to whole pages of src; the result is the address of
// the first. Source: XNU osfmk/vm/vm_map.c, vm_map_remap and vm_map_copyin.
//
// The errors are ErrUnmapped if the range has a hole, those of Map, and
// ErrBadAddress also if memory made of 4 KiB pages is to be the same in a space of
// 16 KiB pages and does not fall on their boundaries. After ErrNoMemory a fixed
// range may be unmapped.
func (s *Space) Share(src *Space, srcAddr, size, dstAddr uint64, o MapOptions, copy bool) (uint64, error) {
	if size == 0 || src.phys != s.phys {
		return 0, ErrBadAddress
	}
	lo, hi, err := src.solid(srcAddr, size)
	if err != nil {
		return 0, err
	}
	size = hi - lo
	if copy && src.shift != s.shift {
		return s.shareBytes(src, lo, hi, dstAddr, o)
	}
	dstSize := (size + s.mask()) &^ s.mask()
	if src == s && o.Fixed && dstAddr < hi && lo < dstAddr+dstSize {
		return s.shareOverlap(lo, hi, dstAddr, o, copy)
	}
	pieces := 0
	for r := src.m.from(lo); r != nil && r.start < hi; r = r.next {
		if (max(r.start, lo)-lo)&s.mask() != 0 {
			return 0, ErrBadAddress
		}
		if o.MaxProt == None && r.maxProt == None && o.Prot != None || o.Prot&^o.MaxProt != 0 && o.MaxProt != None {
			return 0, ErrProtection
		}
		pieces++
	}
	if !s.m.room(2+pieces) || !src.m.room(2) {
		return 0, ErrLimit
	}
	if !copy {
		if err := src.publish(lo, hi, max(src.shift, s.shift)); err != nil {
			return 0, err
		}
		for r := src.m.from(lo); r != nil && r.start < hi; r = r.next {
			off := r.offset + max(r.start, lo) - r.start
			if r.object.shift < s.shift || off&s.mask() != 0 {
				return 0, ErrBadAddress
			}
			if o.MaxProt != None && o.Prot&Write != 0 && r.object.readOnly() {
				return 0, ErrProtection
			}
		}
	}
	to, err := s.place(dstAddr, dstSize, o)
	if err != nil {
		return 0, err
	}
	if o.Fixed {
		s.remove(to, to+dstSize)
	}
	for at := lo; at < hi; {
		r := src.m.find(at)
		end := min(r.end, hi)
		if err := s.sharePiece(src, r, at, end, to+at-lo, o, copy); err != nil {
			s.remove(to, to+dstSize)
			return 0, err
		}
		at = end
	}
	return to, nil
}

// publish makes all regions of a range ones that map objects.
func (s *Space) publish(lo, hi uint64, shift uint) error {
	for r := s.isolate(lo, hi); r != nil && r.start < hi; r = r.next {
		if r.object == nil {
			if err := s.toObject(r, shift); err != nil {
				return err
			}
		}
	}
	return nil
}

// sharePiece maps [at, end) of region r of src at address to, which is free.
func (s *Space) sharePiece(src *Space, r *region, at, end, to uint64, o MapOptions, copy bool) error {
	from, off := r.object, r.offset+at-r.start
	n := r.at(at, end)
	n.start, n.end = to, to+(end-at+s.mask())&^s.mask()
	if n.file != nil {
		n.fileEnd = n.fileEnd - at + to
	}
	if o.MaxProt != None {
		n.prot, n.maxProt = o.Prot&protAll, o.MaxProt&protAll
	}
	n.inherit, n.tag, n.perm, n.stack, n.jit = o.Inherit, o.Tag, o.Permanent, false, false
	if o.Name != "" {
		n.name = o.Name
	}
	if o.Shared && n.inherit == InheritCopy {
		n.inherit = InheritShare
	}
	if !copy {
		if from.readOnly() {
			n.maxProt &^= Write
			n.prot &= n.maxProt
		}
		n.retain()
		s.insert(&n)
		return nil
	}
	if from != nil {
		n.privatise()
	}
	n.retain()
	whole := s.insert(&n) // r may be part of it now, if src is s
	if from != nil {
		piece := whole.at(to, to+end-at)
		return s.snapshot(&piece, from, off, func(i uint64) bool { return src.pte(at>>src.shift+i) != 0 })
	}
	if !src.lend(s, at>>s.shift, end>>s.shift, to>>s.shift) {
		return ErrNoMemory
	}
	piece := whole.at(to, to+end-at)
	s.refreshRights(&piece)
	return nil
}

// shareOverlap is Share onto a range that the source range overlaps: by way of a
// space in between, as the replacing destroys the source.
func (s *Space) shareOverlap(lo, hi, to uint64, o MapOptions, copy bool) (uint64, error) {
	if _, err := s.place(to, hi-lo, o); err != nil {
		return 0, err
	}
	tmp := s.phys.NewSpace(SpaceConfig{PageSize: s.PageSize(), Min: lo, Max: hi})
	defer tmp.Release()
	if tmp.root == s.phys.zeroRoot {
		return 0, ErrNoMemory
	}
	if _, err := tmp.Share(s, lo, hi-lo, lo, MapOptions{Fixed: true, Inherit: InheritShare}, copy); err != nil {
		return 0, err
	}
	return s.Share(tmp, lo, hi-lo, to, o, copy)
}

// shareBytes copies between spaces of different page sizes: byte by byte, what
// exists. Without o.MaxProt the copy is readable and writable.
func (s *Space) shareBytes(src *Space, lo, hi, dstAddr uint64, o MapOptions) (uint64, error) {
	if o.MaxProt == None {
		o.Prot, o.MaxProt = Read|Write, protAll
	}
	o.Object, o.File, o.Guard, o.Stack, o.JIT = nil, nil, false, false, false
	shared := o.Shared
	o.Shared = false
	to, err := s.Map(dstAddr, hi-lo, o)
	if err != nil {
		return 0, err
	}
	if shared && o.Inherit == InheritCopy {
		_ = s.SetInherit(to, hi-lo, InheritShare)
	}
	buf := make([]byte, src.PageSize())
	move := func(at uint64) (err error) {
		if err := src.Peek(buf, at); err != nil {
			if fe, ok := err.(*FaultError); ok && fe.Kind == PastEOF {
				return nil // zero, where XNU would have the page fault later
			}
			return ErrNoMemory
		}
		if s.Poke(to+at-lo, buf) != nil {
			return ErrNoMemory
		}
		return nil
	}
	for r := src.m.from(lo); r != nil && r.start < hi && err == nil; r = r.next {
		a, b := max(r.start, lo), min(r.end, hi)
		if r.object != nil || r.file != nil {
			for ; a < b && err == nil; a += src.PageSize() {
				if r.mayHave(a) {
					err = move(a)
				}
			}
			continue
		}
		src.pages(a>>src.shift, b>>src.shift, func(_ unsafe.Pointer, pn, _ uint64) bool {
			err = move(pn << src.shift)
			return err == nil
		})
	}
	if err != nil {
		s.remove(to, to+(hi-lo+s.mask())&^s.mask())
		return 0, err
	}
	return to, nil
}

// mayHave says whether an address of a region with a file or object can have
// anything but zeros.
func (r *region) mayHave(addr uint64) bool {
	o := r.object
	if o == nil || o.file != nil {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.resident(r.offset+addr-r.start) != absent
}

// mapSnapshot is Map of a private copy of an object.
func (s *Space) mapSnapshot(addr, size uint64, r region, o MapOptions) (uint64, error) {
	addr, err := s.place(addr, size, o)
	if err != nil {
		return 0, err
	}
	r.start, r.end, r.object, r.offset = addr, addr+size, o.Object, o.Offset
	r.privatise()
	r.retain()
	if o.Fixed {
		s.remove(addr, addr+size)
	}
	whole := s.insert(&r)
	piece := whole.at(addr, addr+size)
	if err := s.snapshot(&piece, o.Object, o.Offset, func(uint64) bool { return false }); err != nil {
		s.remove(addr, addr+size)
		return 0, err
	}
	return addr, nil
}
