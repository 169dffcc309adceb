package mem

import (
	"slices"
	"sync/atomic"
	"unsafe"
)

// Fork makes the address space of a child: what InheritCopy says is copied, on
// write as far as it is private, InheritShare is the same memory, InheritNone a
// hole. The time is a few nanoseconds per resident page and some hundred per region.
// ErrNoMemory leaves no child, and the parent as it was. The child has no OnStore
// function and does not track.
func (s *Space) Fork() (*Space, error) {
	c := s.phys.NewSpace(SpaceConfig{PageSize: s.PageSize(), Min: s.m.min, Max: s.m.max, MaxBytes: s.maxBytes})
	if err := s.forkTo(c); err != nil {
		c.m.seal()
		c.Release()
		return nil, err
	}
	c.m.seal()
	return c, nil
}

func (s *Space) forkTo(c *Space) error {
	if c.root == s.phys.zeroRoot {
		return ErrNoMemory
	}
	c.m.unseal()
	slab := make([]region, s.m.tree.Len())
	for r := s.m.head; r != nil; r = r.next {
		if r.inherit == InheritNone {
			continue
		}
		if r.inherit == InheritShare && r.object == nil {
			if err := s.toObject(r, s.shift); err != nil {
				return err
			}
		}
		n := &slab[0]
		slab = slab[1:]
		*n = r.at(r.start, r.end)
		if r.inherit == InheritCopy && r.object != nil {
			n.privatise()
			n.retain()
			c.m.push(n)
			if err := c.snapshot(n, r.object, r.offset, s.touched(r)); err != nil {
				return err
			}
			continue
		}
		n.retain()
		c.m.push(n)
		if r.object == nil && !s.lend(c, r.start>>s.shift, r.end>>s.shift, r.start>>s.shift) {
			return ErrNoMemory
		}
	}
	return nil
}

// unseal readies an empty map for push: regions in ascending order, without the
// work of an insertion. seal ends it.
func (m *regionMap) unseal() { m.holes = holes{} }

func (m *regionMap) push(r *region) {
	lo := m.min
	if m.tail != nil {
		lo = m.tail.end
		m.tail.next = r
	} else {
		m.head = r
	}
	m.holes.add(lo, r.start)
	r.prev, r.next = m.tail, nil
	m.tail = r
	m.tree.Load(r.start, r)
	m.bytes += r.end - r.start
}

func (m *regionMap) seal() {
	lo := m.min
	if m.tail != nil {
		lo = m.tail.end
	}
	m.holes.add(lo, m.max)
}

// lend gives dst, from page number to on, the private pages [lo, hi) of s, copy on
// write for both. The pages must be absent in dst. They get the rights they have in
// s, less W. false means that there is no memory for page tables.
func (s *Space) lend(dst *Space, lo, hi, to uint64) bool {
	p := s.phys
	ok, lost := true, false
	s.leaves(lo, hi, func(l unsafe.Pointer, base, a, b uint64) bool {
		for a < b {
			if *slot(l, a) == 0 {
				a++
				continue
			}
			at := to + base + a - lo
			dl := dst.makeLeaf(at)
			if dl == nil {
				ok = false
				return false
			}
			end := a + min(b-a, leafSlots-at&(leafSlots-1))
			k := at&(leafSlots-1) - a // wraps; dl's slot is a+k
			n := uint64(0)
			p.mu.Lock()
			for ; a < end; a++ {
				v := *slot(l, a)
				if v == 0 {
					continue
				}
				now := v&^pteW | pteCOW
				if now != v {
					if v&pteW != 0 {
						lost = true
						s.noteLostW(v, now)
					}
					atomic.StoreUint64(slot(l, a), now)
				}
				p.refs[(v&pteOffset)>>frameShift]++
				*slot(dl, a+k) = now &^ pteDirty
				n++
			}
			p.mu.Unlock()
			*slot(dl, leafSlots) += n
			dst.resident += n
		}
		return true
	})
	if lost {
		s.epoch++
	}
	return ok
}

// privatise makes a region that maps an object, and has no reference yet, one that
// is private: what it does not have comes from the object's file.
func (r *region) privatise() {
	o := r.object
	r.object = nil
	off := r.offset
	r.offset, r.fileEnd = 0, 0
	if o.file != nil && off < o.fileLen {
		r.file, r.offset = o.file, o.fileOff+off
		r.fileEnd = r.start + min(r.end-r.start, o.fileLen-off)
	}
}

// touched gives the test of whether this space has a page of r, by its number from r's start.
func (s *Space) touched(r *region) func(i uint64) bool {
	first := r.start >> s.shift
	return func(i uint64) bool { return s.pte(first+i) != 0 }
}

// snapshot gives the private region r of s, whose pages are absent, the present
// contents of an object from offset off on. Of a mapped host file only the touched
// pages are copied; the rest is the file's, as in any private mapping.
func (s *Space) snapshot(r *region, o *Object, off uint64, touched func(i uint64) bool) error {
	size := r.end - r.start
	var list []uint64 // page numbers from r.start
	o.mu.Lock()
	if o.host {
		for n := range o.windows {
			lo, hi := max(n*o.windowSize, off), min((n+1)*o.windowSize, off+size)
			for x := lo; x < hi; x += 1 << s.shift {
				if i := (x - off) >> s.shift; touched(i) {
					list = append(list, i)
				}
			}
		}
	} else {
		for b := range o.blocks {
			lo, hi := max(b<<o.shift, off), min((b+1)<<o.shift, off+size)
			for x := lo; x < hi; x = off + ((x-off)>>s.shift+1)<<s.shift {
				list = append(list, (x-off)>>s.shift)
			}
		}
	}
	o.mu.Unlock()
	slices.Sort(list)
	for _, i := range slices.Compact(list) {
		pn := r.start>>s.shift + i
		l := s.makeLeaf(pn)
		if l == nil {
			return ErrNoMemory
		}
		home, ok := s.phys.alloc(s.order, s.order, false)
		if !ok {
			s.pruneLeaf(pn)
			return ErrNoMemory
		}
		m := s.phys.arena[home : home+1<<s.shift]
		n, err := o.ReadAt(m, int64(off+i<<s.shift))
		if err == ErrNoMemory || n == 0 {
			s.phys.unref(home, s.order)
			s.pruneLeaf(pn)
			if err == ErrNoMemory {
				return err
			}
			continue
		}
		clear(m[n:])
		s.setPTE(l, pn, home|ptePresent|s.rights(r, 0))
	}
	return nil
}

// toObject turns a private region into one that maps an object of its own, with
// the same contents, so that others can map it too. The object's blocks are
// 1<<shift bytes, not less than a page.
func (s *Space) toObject(r *region, shift uint) error {
	o := s.phys.newObject(r.end-r.start, shift)
	if r.file != nil {
		o.file, o.fileOff, o.fileLen = r.file, r.offset, r.fileEnd-r.start
		o.file.Retain()
	}
	lo, hi := r.start>>s.shift, r.end>>s.shift
	// First what can fail, in steps each of which changes nothing anyone sees.
	ok := true
	s.pages(lo, hi, func(l unsafe.Pointer, pn, v uint64) bool {
		if shift != s.shift {
			_, _, ok = o.commit(pn<<s.shift-r.start, o.size)
		} else if v&pteCOW != 0 {
			var now uint64
			if now, ok = s.own(v); ok {
				s.setPTE(l, pn, now)
			}
		}
		return ok
	})
	if !ok {
		o.Unref()
		return ErrNoMemory
	}
	moved := false
	s.pages(lo, hi, func(l unsafe.Pointer, pn, v uint64) bool {
		at, off := pn<<s.shift-r.start, v&pteOffset
		if shift == s.shift {
			o.blocks[at>>shift] = off
		} else {
			home := o.resident(at)
			copy(s.phys.arena[home:home+1<<s.shift], s.phys.arena[off:])
			s.phys.unref(off, s.order)
			v, moved = v&^(pteOffset|pteCOW)|home, true
		}
		s.setPTE(l, pn, v|pteObject)
		return true
	})
	if moved {
		s.epoch++
	}
	if r.file != nil {
		r.file.Release()
	}
	r.file, r.fileEnd, r.offset, r.object = nil, 0, 0, o
	s.refreshRights(r)
	return nil
}
