package mem

import "unsafe"

// Discard drops the contents of private zero-filled pages in a range: they read as
// zero again and commit nothing. Other memory, and holes, are left alone: Darwin's
// MADV_DONTNEED does not lose what a file or another process has.
func (s *Space) Discard(addr, size uint64) error {
	lo, hi, ok := s.widen(addr, size)
	if !ok {
		return ErrBadAddress
	}
	if size == 0 {
		return nil
	}
	for r := s.m.from(lo); r != nil && r.start < hi; r = r.next {
		a := r.start
		if r.file != nil {
			a = (r.fileEnd + s.mask()) &^ s.mask()
		}
		if a, b := max(a, lo), min(r.end, hi); r.object == nil && a < b {
			s.clearPages(a>>s.shift, b>>s.shift)
		}
	}
	return nil
}

// Sync writes the shared file pages of a range back to their files, as
// msync(MS_SYNC) does. With invalidate, pages are then read again from files that
// have no host descriptor. A range without file pages is no error; the first error
// of a file is returned, after all have been tried.
func (s *Space) Sync(addr, size uint64, invalidate bool) error {
	lo, hi, ok := s.widen(addr, size)
	if !ok {
		return ErrBadAddress
	}
	if size == 0 {
		return nil
	}
	var first error
	for r := s.m.from(lo); r != nil && r.start < hi; r = r.next {
		a, b := max(r.start, lo), min(r.end, hi)
		if err := s.writeBack(r, a, b); err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		if invalidate && r.object != nil && r.object.back {
			r.object.reread(r.offset+a-r.start, r.offset+b-r.start)
		}
	}
	return first
}

// writeBack brings what was stored in [lo, hi) of a region to its file. The next
// store to a page will be noted again.
func (s *Space) writeBack(r *region, lo, hi uint64) error {
	o := r.object
	if o == nil || !o.back {
		return nil
	}
	lost := false
	s.pages(lo>>s.shift, hi>>s.shift, func(l unsafe.Pointer, pn, v uint64) bool {
		if v&pteWritten != 0 {
			now := v &^ (pteWritten | pteW)
			s.noteLostW(v, now)
			s.setPTE(l, pn, now)
			o.noteStore(r.offset+pn<<s.shift-r.start, -1)
			lost = true
		}
		return true
	})
	if lost {
		s.epoch++
	}
	return o.sync(r.offset+lo-r.start, r.offset+hi-r.start)
}

// Resident sets one byte of vec per page of a range to the flags PageResident and
// so on, 0 for a page that is not there or not mapped, as mincore(2) does. vec must
// have as many bytes as the widened range has pages.
func (s *Space) Resident(addr, size uint64, vec []byte) error {
	lo, hi, ok := s.widen(addr, size)
	if !ok || size != 0 && (hi-lo)>>s.shift > uint64(len(vec)) {
		return ErrBadAddress
	}
	if size == 0 {
		return nil
	}
	clear(vec[:(hi-lo)>>s.shift])
	for r := s.m.from(lo); r != nil && r.start < hi; r = r.next {
		anon := byte(PageAnonymous)
		if r.file != nil || r.object != nil && r.object.file != nil {
			anon = 0
		}
		a, b := max(r.start, lo), min(r.end, hi)
		s.pages(a>>s.shift, b>>s.shift, func(_ unsafe.Pointer, pn, v uint64) bool {
			f := PageResident | PageReferenced | anon
			// Whoever may write unasked may have written.
			if v&(pteW|pteDirty|pteWritten) != 0 {
				f |= PageModified
			}
			if v&pteCOW != 0 {
				f |= PageCopied
			}
			vec[pn-lo>>s.shift] = f
			return true
		})
	}
	return nil
}

// TrackDirty starts, afresh, or ends noting which pages are written. While it is
// on, a page that has not been written since lacks the right W in the page table.
func (s *Space) TrackDirty(on bool) {
	s.tracking = on
	lost := false
	for r := s.m.head; r != nil; r = r.next {
		s.pages(r.start>>s.shift, r.end>>s.shift, func(l unsafe.Pointer, pn, v uint64) bool {
			now := v &^ pteDirty
			now = now&^pteRights | s.rights(r, now)
			if now != v {
				lost = lost || v&^now&pteRights != 0
				s.noteLostW(v, now)
				s.setPTE(l, pn, now)
			}
			return true
		})
	}
	if lost {
		s.epoch++
	}
}

// Dirty gives the addresses of the pages that were written since TrackDirty(true)
// and are still there, in ascending order, until yield returns false.
func (s *Space) Dirty(yield func(addr uint64) bool) {
	s.pages(0, 1<<(vaBits-s.shift), func(_ unsafe.Pointer, pn, v uint64) bool {
		return v&pteDirty == 0 || yield(pn<<s.shift)
	})
}
