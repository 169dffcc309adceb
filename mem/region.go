package mem

import (
	"math/bits"

	"github.com/tidwall/btree"
)

// maxRegions is how many regions a Space may have: four times Linux's default.
// XNU has no number, it runs out of zone memory.
const maxRegions = 1 << 18

// region is one entry of the map: a range all of whose pages have the same
// attributes. Exactly one of these holds: object is set (the pages belong to it);
// or the pages are private, and what the page table does not have is read from
// file below fileEnd and is zero otherwise.
type region struct {
	start, end    uint64
	prot, maxProt Prot
	inherit       Inherit
	guard, stack  bool
	jit, perm     bool
	tag           uint32
	name          string

	object  *Object // holds a reference
	file    Backing // retained
	offset  uint64  // of start, into object or file
	fileEnd uint64  // address at which the file part ends

	prev, next *region // in address order
}

// retain counts a new region that refers to what r refers to.
func (r *region) retain() {
	if r.object != nil {
		r.object.Ref()
	}
	if r.file != nil {
		r.file.Retain()
	}
}

func (r *region) release() {
	if r.object != nil {
		r.object.Unref()
		r.object = nil
	}
	if r.file != nil {
		r.file.Release()
		r.file = nil
	}
}

// at gives what r is for the range [start, end) within it, not yet retained.
func (r *region) at(start, end uint64) region {
	n := *r
	n.prev, n.next = nil, nil
	n.start, n.end = start, end
	n.offset += start - r.start
	n.fileEnd = min(n.fileEnd, end)
	if n.file != nil && n.fileEnd <= start {
		n.file, n.fileEnd, n.offset = nil, 0, 0
	}
	if n.file == nil && n.object == nil {
		n.offset, n.fileEnd = 0, 0
	}
	return n
}

// joins says whether b, which follows a, can be made one region with it.
func joins(a, b *region) bool {
	if a == nil || b == nil || a.end != b.start || a.prot != b.prot || a.maxProt != b.maxProt ||
		a.inherit != b.inherit || a.guard != b.guard || a.stack != b.stack || a.jit != b.jit ||
		a.perm != b.perm || a.tag != b.tag || a.name != b.name || a.object != b.object || a.file != b.file {
		return false
	}
	switch {
	case a.object != nil:
		return a.offset+(a.end-a.start) == b.offset
	case a.file != nil:
		return a.fileEnd == a.end && a.offset+(a.end-a.start) == b.offset
	}
	return true
}

// regionMap holds the regions of a space and the holes between them.
type regionMap struct {
	tree       btree.Map[uint64, *region]
	head, tail *region
	last       *region // found last; faults come in bunches
	min, max   uint64
	bytes      uint64
	holes      holes
}

func (m *regionMap) init(min, max uint64) {
	m.min, m.max = min, max
	m.holes.add(min, max)
}

// floor is the last region that starts at or below addr.
func (m *regionMap) floor(addr uint64) (r *region) {
	m.tree.Descend(addr, func(_ uint64, x *region) bool {
		r = x
		return false
	})
	return r
}

// find is the region that contains addr, or nil.
func (m *regionMap) find(addr uint64) *region {
	if l := m.last; l != nil && addr >= l.start && addr < l.end {
		return l
	}
	if r := m.floor(addr); r != nil && addr < r.end {
		m.last = r
		return r
	}
	return nil
}

// from is the region that contains addr, or else the next one above.
func (m *regionMap) from(addr uint64) *region {
	if l := m.last; l != nil && addr >= l.start && addr < l.end {
		return l
	}
	r := m.floor(addr)
	switch {
	case r == nil:
		return m.head
	case addr < r.end:
		return r
	}
	return r.next
}

// insert adds r, whose range must be free.
func (m *regionMap) insert(r *region) {
	prev := m.floor(r.start)
	lo, hi := m.gapAfter(prev)
	m.holes.remove(lo, hi)
	m.holes.add(lo, r.start)
	m.holes.add(r.end, hi)
	m.link(prev, r)
	m.bytes += r.end - r.start
}

// gapAfter is the hole between prev (nil: the bottom) and the region after it.
func (m *regionMap) gapAfter(prev *region) (lo, hi uint64) {
	lo, hi = m.min, m.max
	next := m.head
	if prev != nil {
		lo, next = prev.end, prev.next
	}
	if next != nil {
		hi = next.start
	}
	return lo, hi
}

func (m *regionMap) link(prev, r *region) {
	next := m.head
	if prev != nil {
		next = prev.next
		prev.next = r
	} else {
		m.head = r
	}
	if next != nil {
		next.prev = r
	} else {
		m.tail = r
	}
	r.prev, r.next = prev, next
	m.tree.Set(r.start, r)
}

func (m *regionMap) unlink(r *region) {
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		m.head = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	} else {
		m.tail = r.prev
	}
	if m.last == r {
		m.last = nil
	}
	m.tree.Delete(r.start)
}

// remove takes r out and leaves a hole. r.next stays readable.
func (m *regionMap) remove(r *region) {
	lo, hi := m.min, m.max
	if r.prev != nil {
		lo = r.prev.end
	}
	if r.next != nil {
		hi = r.next.start
	}
	m.unlink(r)
	m.holes.remove(lo, r.start)
	m.holes.remove(r.end, hi)
	m.holes.add(lo, hi)
	m.bytes -= r.end - r.start
}

// split cuts r at addr, strictly inside it, and returns the upper part.
func (m *regionMap) split(r *region, addr uint64) *region {
	up, low := r.at(addr, r.end), r.at(r.start, addr)
	if up.object != nil || up.file != nil {
		up.retain()
	}
	low.prev, low.next = r.prev, r.next
	*r = low // the lower part keeps r's own reference: it starts where the file part does
	m.link(r, &up)
	return &up
}

// join makes r and its successor one region if they are alike, and returns the result.
func (m *regionMap) join(a, b *region) *region {
	if !joins(a, b) {
		return b
	}
	m.unlink(b)
	a.end = b.end
	if a.file != nil {
		a.fileEnd = b.fileEnd
	}
	b.release()
	return a
}

// room says whether n more regions are allowed.
func (m *regionMap) room(n int) bool { return m.tree.Len()+n <= maxRegions }

// holes is the free ranges of a space by the power of two of their size, so that
// the lowest or highest one that is large enough is found without looking at those
// that are too small.
type holes struct {
	class [vaBits + 2]btree.Map[uint64, uint64] // start to end
	used  uint64                                // bit c: class c is not empty
}

func (h *holes) add(lo, hi uint64) {
	if lo >= hi {
		return
	}
	c := bits.Len64(hi - lo)
	h.class[c].Set(lo, hi)
	h.used |= 1 << c
}

func (h *holes) remove(lo, hi uint64) {
	if lo >= hi {
		return
	}
	c := bits.Len64(hi - lo)
	h.class[c].Delete(lo)
	if h.class[c].Len() == 0 {
		h.used &^= 1 << c
	}
}

// lowest finds the lowest address at or above from at which size bytes are free
// and end at or below top. mask holds the bits the address must not have.
func (h *holes) lowest(from, top, size, mask uint64) (uint64, bool) {
	best, found := top, false
	fits := func(lo, hi uint64) bool {
		at := (max(lo, from) + mask) &^ mask
		if at < lo || at >= best || min(hi, top) < at || min(hi, top)-at < size {
			return false
		}
		best, found = at, true
		return true
	}
	for u := h.used &^ (1<<bits.Len64(size) - 1); u != 0; u &= u - 1 {
		m := &h.class[bits.TrailingZeros64(u)]
		// The hole that contains from starts below it.
		m.Descend(from, func(lo, hi uint64) bool {
			fits(lo, hi)
			return false
		})
		m.Ascend(from, func(lo, hi uint64) bool {
			return lo < best && !fits(lo, hi)
		})
	}
	return best, found
}

// highest is lowest from the other end: the highest address at or above from.
func (h *holes) highest(from, top, size, mask uint64) (uint64, bool) {
	best, found := from, false
	for u := h.used &^ (1<<bits.Len64(size) - 1); u != 0; u &= u - 1 {
		m := &h.class[bits.TrailingZeros64(u)]
		m.Descend(top, func(lo, hi uint64) bool {
			e := min(hi, top)
			if e < best {
				return false
			}
			if e < size || e-size < max(lo, from) {
				return true
			}
			at := (e - size) &^ mask
			if at < max(lo, from) {
				return true
			}
			if at >= best {
				best, found = at, true
			}
			return false
		})
	}
	return best, found
}
