package mem

import (
	"math/bits"
	"unsafe"
)

const (
	// around is how many bytes, aligned, one fault fills at most. A trap to here
	// costs about as much as clearing a few pages.
	around = 64 << 10
	// aroundStack is the same for stacks, of which there are many, each hardly used.
	aroundStack = 16 << 10
)

// Fault makes the page of an address present with the right to make an access:
// it commits memory, reads the file, copies what is copy-on-write. nil means that
// the page table now allows the access; otherwise nothing has changed.
func (s *Space) Fault(addr uint64, a Access) *FaultError {
	_, fe := s.translate(addr, a)
	return fe
}

// translate is Fault, and gives the page's entry.
func (s *Space) translate(addr uint64, a Access) (uint64, *FaultError) {
	r := s.m.find(addr)
	if r == nil {
		return 0, &FaultError{addr, a, Unmapped}
	}
	if r.prot&a.prot() == 0 {
		return 0, &FaultError{addr, a, Denied}
	}
	return s.resolve(r, addr, a)
}

// resolve makes a page of r present and, for a Store, writable without changing
// what others see. It does not look at r's protection.
func (s *Space) resolve(r *region, addr uint64, a Access) (uint64, *FaultError) {
	pn := addr >> s.shift
	l := s.leaf(pn)
	if l == nil {
		if l = s.makeLeaf(pn); l == nil {
			return 0, &FaultError{addr, a, NoMemory}
		}
	}
	v := *slot(l, pn&(leafSlots-1))
	if v == 0 {
		var kind FaultKind
		var ok bool
		switch {
		case r.object != nil:
			kind, ok = s.fillObject(r, l, pn)
		case r.file != nil && pn<<s.shift < r.fileEnd:
			kind, ok = s.fillFile(r, l, pn)
		default:
			ok = s.fillZero(r, l, pn)
			kind = NoMemory
		}
		if !ok {
			s.pruneLeaf(pn)
			return 0, &FaultError{addr, a, kind}
		}
		v = *slot(l, pn&(leafSlots-1))
	}
	if a == Store {
		now, kind, ok := s.writable(r, pn, v)
		if !ok {
			return 0, &FaultError{addr, a, kind}
		}
		v = now
	}
	if now := v&^pteRights | s.rights(r, v); now != *slot(l, pn&(leafSlots-1)) {
		s.setPTE(l, pn, now)
		v = now
	}
	return v, nil
}

// writable gives a present page's entry as it must be for a store: the page its
// own, the store noted. The rights are not set.
func (s *Space) writable(r *region, pn, v uint64) (now uint64, kind FaultKind, ok bool) {
	if v&pteCOW != 0 {
		if v, ok = s.own(v); !ok {
			return 0, NoMemory, false
		}
	}
	if s.tracking {
		v |= pteDirty
	}
	if o := r.object; o != nil {
		if o.readOnly() {
			return 0, Denied, false
		}
		if v&pteWritten == 0 && o.wantsStores() {
			o.noteStore(r.offset+pn<<s.shift-r.start, 1)
			v |= pteWritten
		}
	}
	return v, 0, true
}

// own makes a copy-on-write page this space's alone: a copy, unless nobody else
// refers to it any more. The entry returned must be stored.
func (s *Space) own(v uint64) (uint64, bool) {
	p := s.phys
	if old := v & pteOffset; p.shared(old) {
		off, ok := p.alloc(s.order, s.order, false)
		if !ok {
			return 0, false
		}
		copy(p.arena[off:off+1<<s.shift], p.arena[old:])
		p.unref(old, s.order)
		v = v&^pteOffset | off
		s.epoch++
	}
	return v &^ pteCOW, true
}

// gap gives the absent pages around pn that one fault may fill: within r and
// [lo, hi), without a present page between.
func (s *Space) gap(r *region, l unsafe.Pointer, pn, lo, hi uint64) (first, end uint64) {
	span := uint64(around)
	if r.stack {
		span = aroundStack
	}
	at := pn << s.shift
	lo = max(lo, at&^(span-1), r.start) >> s.shift
	hi = (min(hi, at&^(span-1)+span, r.end) + s.mask()) >> s.shift
	first, end = pn, pn+1
	for first > lo && *slot(l, (first-1)&(leafSlots-1)) == 0 {
		first--
	}
	for end < hi && *slot(l, end&(leafSlots-1)) == 0 {
		end++
	}
	return first, end
}

// take allocates contiguous pages for as many as it can of [first, end), pn among
// them.
func (s *Space) take(pn, first, end uint64, zero bool) (off, at, n uint64, ok bool) {
	k := uint(bits.Len64(end-first) - 1)
	n, at = 1<<k, first
	if pn >= first+n {
		at = end - n
	}
	if off, ok = s.phys.alloc(k+s.order, s.order, zero); !ok && n > 1 {
		n, at = 1, pn
		off, ok = s.phys.alloc(s.order, s.order, zero)
	}
	return off, at, n, ok
}

func (s *Space) fillZero(r *region, l unsafe.Pointer, pn uint64) bool {
	lo := r.start
	if r.file != nil {
		lo = (r.fileEnd + s.mask()) &^ s.mask()
	}
	first, end := s.gap(r, l, pn, lo, r.end)
	off, at, n, ok := s.take(pn, first, end, true)
	if !ok {
		return false
	}
	rights := s.rights(r, 0)
	for i := uint64(0); i < n; i++ {
		s.setPTE(l, at+i, off+i<<s.shift|ptePresent|rights)
	}
	return true
}

// fillFile reads pages of a private mapping. A page that begins at or past the end
// of the file is not there.
func (s *Space) fillFile(r *region, l unsafe.Pointer, pn uint64) (FaultKind, bool) {
	size, err := r.file.Size()
	if err != nil || size < 0 {
		return PastEOF, false
	}
	// The address at which the file ends, as far as this region is concerned.
	eof := r.start
	if uint64(size) > r.offset {
		eof = min(r.fileEnd, r.start+min(uint64(size)-r.offset, r.end-r.start))
	}
	if pn<<s.shift >= eof {
		return PastEOF, false
	}
	first, end := s.gap(r, l, pn, r.start, eof)
	off, at, n, ok := s.take(pn, first, end, false)
	if !ok {
		return NoMemory, false
	}
	buf := s.phys.arena[off : off+n<<s.shift]
	want := min(eof-at<<s.shift, uint64(len(buf)))
	got, _ := r.file.ReadAt(buf[:want:want], int64(r.offset+at<<s.shift-r.start))
	got = max(0, min(got, int(want)))
	clear(buf[got:])
	rights := s.rights(r, 0)
	for i := uint64(0); i < n; i++ {
		// The file may have shrunk since, or the disk be bad: pages of which
		// nothing came are not there, and asked for again when touched.
		if i<<s.shift >= uint64(got) {
			s.phys.unref(off+i<<s.shift, s.order)
			continue
		}
		s.setPTE(l, at+i, off+i<<s.shift|ptePresent|rights)
	}
	return PastEOF, (pn-at)<<s.shift < uint64(got)
}

func (s *Space) fillObject(r *region, l unsafe.Pointer, pn uint64) (FaultKind, bool) {
	first, end := s.gap(r, l, pn, r.start, r.end)
	var offs [around / frameSize]uint64
	kind, ok := r.object.pages(r.offset+first<<s.shift-r.start, pn-first, offs[:end-first], s.shift)
	if !ok {
		return kind, false
	}
	rights := s.rights(r, pteObject)
	for i, off := range offs[:end-first] {
		if off != absent {
			s.setPTE(l, first+uint64(i), off|ptePresent|pteObject|rights)
		}
	}
	return 0, true
}
