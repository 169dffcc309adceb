package mem

import (
	"sync/atomic"
	"unsafe"
)

// A leaf entry. The low four bits and the offset are the contract with engines,
// the rest is ours.
const (
	pteR       = uint64(Read)
	pteW       = uint64(Write)
	pteX       = uint64(Exec)
	pteRights  = pteR | pteW | pteX
	ptePresent = 1 << 3
	pteCOW     = 1 << 4 // a private page that others may refer to: look at refs before writing
	pteDirty   = 1 << 5 // written since TrackDirty
	pteWritten = 1 << 6 // the store that a written-back object must hear of has been noted
	pteObject  = 1 << 7 // the frame belongs to an Object; refs does not count this entry
	pteOffset  = (1<<48 - 1) &^ (frameSize - 1)
)

const (
	dirBits  = 12
	leafBits = 11
	vaBits   = 47

	dirSlots  = 1 << dirBits
	leafSlots = 1 << leafBits

	// Each table is followed by a count of its entries in use, so that a table
	// is freed when the last goes.
	dirBytes  = dirSlots*8 + 8
	leafBytes = leafSlots*8 + 8

	// What a table counts as against the commit limit, in frames.
	dirFrames  = dirSlots * 8 / frameSize
	leafFrames = leafSlots * 8 / frameSize

	tableChunk = 1 << 20
)

// tableAllocator gives out zeroed tables outside the Go heap: engines read them,
// and the garbage collector should not.
type tableAllocator struct {
	chunks [][]byte
	rest   []byte // of the last chunk
	spare  [2][]unsafe.Pointer
}

func spareIndex(size int) int {
	if size == dirBytes {
		return 1
	}
	return 0
}

// take returns nil if the host has no memory.
func (a *tableAllocator) take(size int) unsafe.Pointer {
	l := &a.spare[spareIndex(size)]
	if n := len(*l); n > 0 {
		t := (*l)[n-1]
		*l = (*l)[:n-1]
		return t
	}
	if len(a.rest) < size {
		c, err := reserve(tableChunk)
		if err != nil {
			return nil
		}
		a.chunks, a.rest = append(a.chunks, c), c
	}
	t := unsafe.Pointer(&a.rest[0])
	a.rest = a.rest[size:]
	return t
}

// put takes a table back, which must be all zero.
func (a *tableAllocator) put(t unsafe.Pointer, size int) {
	l := &a.spare[spareIndex(size)]
	*l = append(*l, t)
}

func (p *Physical) newTable(size int) unsafe.Pointer {
	n := uint64(leafFrames)
	if size == dirBytes {
		n = dirFrames
	}
	if !p.charge(n) {
		return nil
	}
	p.mu.Lock()
	t := p.tables.take(size)
	p.mu.Unlock()
	if t == nil {
		p.inUse.Add(-n)
	}
	return t
}

func (p *Physical) freeTable(t unsafe.Pointer, size int) {
	n := uint64(leafFrames)
	if size == dirBytes {
		n = dirFrames
	}
	p.mu.Lock()
	p.tables.put(t, size)
	p.mu.Unlock()
	p.inUse.Add(-n)
}

// slot is the address of entry i of a table, or of its count.
func slot(t unsafe.Pointer, i uint64) *uint64 { return (*uint64)(unsafe.Add(t, i*8)) }

// dir is entry i of a directory: the next table or nil.
func dir(t unsafe.Pointer, i uint64) unsafe.Pointer {
	return atomic.LoadPointer((*unsafe.Pointer)(unsafe.Add(t, i*8)))
}

func setDir(t unsafe.Pointer, i uint64, to unsafe.Pointer) {
	atomic.StorePointer((*unsafe.Pointer)(unsafe.Add(t, i*8)), to)
}

// leaf returns the leaf table of a page number, or nil.
func (s *Space) leaf(pn uint64) unsafe.Pointer {
	if m := dir(s.root, pn>>(leafBits+dirBits)&(dirSlots-1)); m != nil {
		return dir(m, pn>>leafBits&(dirSlots-1))
	}
	return nil
}

// pte returns a page's entry, 0 if there is none.
func (s *Space) pte(pn uint64) uint64 {
	if l := s.leaf(pn); l != nil {
		return *slot(l, pn&(leafSlots-1))
	}
	return 0
}

// makeLeaf returns the leaf table of a page number, made if need be; nil if there
// is no memory for it.
func (s *Space) makeLeaf(pn uint64) unsafe.Pointer {
	if s.root == s.phys.zeroRoot {
		return nil
	}
	i := pn >> (leafBits + dirBits) & (dirSlots - 1)
	m := dir(s.root, i)
	if m == nil {
		if m = s.phys.newTable(dirBytes); m == nil {
			return nil
		}
		setDir(s.root, i, m)
		*slot(s.root, dirSlots)++
	}
	j := pn >> leafBits & (dirSlots - 1)
	l := dir(m, j)
	if l == nil {
		if l = s.phys.newTable(leafBytes); l == nil {
			s.pruneDir(i, m)
			return nil
		}
		setDir(m, j, l)
		*slot(m, dirSlots)++
	}
	return l
}

func (s *Space) pruneDir(i uint64, m unsafe.Pointer) {
	if *slot(m, dirSlots) == 0 {
		setDir(s.root, i, nil)
		*slot(s.root, dirSlots)--
		s.phys.freeTable(m, dirBytes)
	}
}

// pruneLeaf frees the leaf table of a page number if nothing is in it.
func (s *Space) pruneLeaf(pn uint64) {
	i := pn >> (leafBits + dirBits) & (dirSlots - 1)
	m := dir(s.root, i)
	if m == nil {
		return
	}
	j := pn >> leafBits & (dirSlots - 1)
	l := dir(m, j)
	if l == nil || *slot(l, leafSlots) != 0 {
		return
	}
	setDir(m, j, nil)
	*slot(m, dirSlots)--
	s.phys.freeTable(l, leafBytes)
	s.pruneDir(i, m)
}

// setPTE stores a page's entry in its leaf, keeping the counts. Neither the old
// frame nor the epoch is its business.
func (s *Space) setPTE(l unsafe.Pointer, pn, v uint64) {
	e := slot(l, pn&(leafSlots-1))
	switch {
	case *e == 0 && v != 0:
		*slot(l, leafSlots)++
		s.resident++
	case *e != 0 && v == 0:
		*slot(l, leafSlots)--
		s.resident--
	}
	atomic.StoreUint64(e, v)
}

// leaves calls f for the part of each existing leaf table that lies in the page
// numbers [lo, hi): base is the page number of the leaf's entry 0, a and b the
// range of entries. f may prune the leaf. It stops when f returns false.
func (s *Space) leaves(lo, hi uint64, f func(l unsafe.Pointer, base, a, b uint64) bool) {
	for pn := lo; pn < hi; {
		m := dir(s.root, pn>>(leafBits+dirBits)&(dirSlots-1))
		if m == nil {
			pn = (pn>>(leafBits+dirBits) + 1) << (leafBits + dirBits)
			continue
		}
		base := pn &^ (leafSlots - 1)
		next := base + leafSlots
		if l := dir(m, pn>>leafBits&(dirSlots-1)); l != nil {
			if !f(l, base, pn-base, min(hi, next)-base) {
				return
			}
		}
		pn = next
	}
}

// pages calls f for every page in [lo, hi) that exists, with its entry. f may
// change or clear the entry.
func (s *Space) pages(lo, hi uint64, f func(l unsafe.Pointer, pn, v uint64) bool) {
	s.leaves(lo, hi, func(l unsafe.Pointer, base, a, b uint64) bool {
		for i := a; i < b; i++ {
			if v := *slot(l, i); v != 0 && !f(l, base+i, v) {
				return false
			}
		}
		return true
	})
}

// clearPages makes pages [lo, hi) absent and drops their frames.
func (s *Space) clearPages(lo, hi uint64) {
	any := false
	s.leaves(lo, hi, func(l unsafe.Pointer, base, a, b uint64) bool {
		if *slot(l, leafSlots) == 0 {
			return true
		}
		var drop [256]uint64
		n := 0
		for i := a; i < b; i++ {
			v := *slot(l, i)
			if v == 0 {
				continue
			}
			any = true
			s.noteLostW(v, 0)
			s.setPTE(l, base+i, 0)
			if v&pteObject == 0 {
				drop[n] = v & pteOffset
				if n++; n == len(drop) {
					s.phys.unrefAll(drop[:n], s.order)
					n = 0
				}
			}
		}
		s.phys.unrefAll(drop[:n], s.order)
		s.pruneLeaf(base)
		return true
	})
	if any {
		s.epoch++
	}
}

// unrefAll is unref of many pages under one lock.
func (p *Physical) unrefAll(offs []uint64, pageOrder uint) {
	if len(offs) == 0 {
		return
	}
	freed := 0
	n := 0 // pages with code, moved to the front of offs
	p.mu.Lock()
	for _, off := range offs {
		f := off >> frameShift
		if p.refs[f]--; p.refs[f] != 0 {
			continue
		}
		coded := false
		for i := f; i < f+1<<pageOrder; i++ {
			coded = coded || p.flags[i] != 0
		}
		if coded {
			offs[n] = off
			n++
			continue
		}
		p.frames.put(uint32(f), pageOrder)
		freed++
	}
	p.mu.Unlock()
	p.inUse.Add(-(uint64(freed) << pageOrder))
	for _, off := range offs[:n] {
		p.free(off, pageOrder)
	}
}

// noteLostW marks the page's translated code stale when a change of its entry
// from old to now takes away the right to write: what was written while the right
// was there, the engine has not been told of.
func (s *Space) noteLostW(old, now uint64) {
	if old&pteW != 0 && now&pteW == 0 {
		s.markStale(old)
	}
}

// markStale notes a write to the page of an entry, and says whether it had
// translated code not yet known stale.
func (s *Space) markStale(v uint64) bool {
	f := &s.phys.flags[(v&pteOffset)>>frameShift]
	if s.order == 0 {
		if *f&(FrameExecuted|FrameStale) != FrameExecuted {
			return false
		}
		*f |= FrameStale
		return true
	}
	// The four flags of a 16 KiB page are one aligned word.
	w := (*uint32)(unsafe.Pointer(f))
	news := *w &^ (*w >> 1) & (FrameExecuted * 0x01010101)
	*w |= news << 1
	return news != 0
}
