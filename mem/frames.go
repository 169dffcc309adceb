package mem

import (
	"math/bits"

	"golang.org/x/sys/unix"
)

const (
	chunkFrames = 64 // one word of the bitmaps: 256 KiB
	maxOrder    = 6  // log2 of it: the longest run given out

	// trimAt is how many freed frames keep their old contents, to be cleared when
	// they are used again, before all of them are given back to the host. 64 MiB.
	trimAt = 16384
)

// frameAllocator gives out naturally aligned runs of 1<<order frames. Frames never
// given out read as zero; freed ones are dirty until cleared or given back.
//
// Runs are found through one stack of chunks per order. A chunk is on the stack of
// every order of which it has a free run; it may be there in vain, in which case
// it is popped, so take and put cost constant time, amortised.
type frameAllocator struct {
	arena  []byte
	limit  uint32   // one past the last frame
	free   []uint64 // per chunk, bit set: frame is free
	dirty  []uint64 // per chunk, bit set: frame may hold old contents
	on     []uint8  // per chunk, bit o: chunk is on stack[o]
	stack  [maxOrder + 1][]uint32
	nDirty int // frames free and dirty
}

func (a *frameAllocator) init(arena []byte, limit uint32) {
	a.arena, a.limit = arena, limit&^(chunkFrames-1)
}

// runMask has a bit set at every aligned position a run of an order can start.
var runMask = [maxOrder + 1]uint64{^uint64(0), 0x5555555555555555, 0x1111111111111111,
	0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1}

// starts gives the aligned positions in w at which 1<<order bits are all set.
func starts(w uint64, order uint) uint64 {
	for i := uint(0); i < order; i++ {
		w &= w >> (1 << i)
	}
	return w & runMask[order]
}

// take removes a run and says which of its frames are dirty (bit 0: the first).
func (a *frameAllocator) take(order uint) (frame uint32, dirty uint64, ok bool) {
	for {
		st := a.stack[order]
		if len(st) == 0 {
			if !a.grow() {
				return 0, 0, false
			}
			continue
		}
		c := st[len(st)-1]
		w := starts(a.free[c], order)
		if w == 0 {
			a.stack[order] = st[:len(st)-1]
			a.on[c] &^= 1 << order
			continue
		}
		bit := bits.TrailingZeros64(w)
		m := ^uint64(0) >> (64 - 1<<order) << bit
		d := a.dirty[c] & m
		a.free[c] &^= m
		a.dirty[c] |= m // whoever has it writes to it
		a.nDirty -= bits.OnesCount64(d)
		return c*chunkFrames + uint32(bit), d >> bit, true
	}
}

// grow makes one more chunk of never used frames available.
func (a *frameAllocator) grow() bool {
	c := uint32(len(a.free))
	if c*chunkFrames >= a.limit {
		return false
	}
	a.free = append(a.free, 0)
	a.dirty = append(a.dirty, 0)
	a.on = append(a.on, 0)
	a.release(c, ^uint64(0))
	return true
}

// put returns a run.
func (a *frameAllocator) put(frame uint32, order uint) {
	c, bit := frame/chunkFrames, frame%chunkFrames
	m := ^uint64(0) >> (64 - 1<<order) << bit
	a.nDirty += bits.OnesCount64(a.dirty[c] & m)
	a.release(c, m)
	if a.nDirty >= trimAt {
		a.trim()
	}
}

func (a *frameAllocator) release(c uint32, m uint64) {
	a.free[c] |= m
	w := a.free[c]
	for o := uint(0); o <= maxOrder; o++ {
		if o > 0 {
			w &= w >> (1 << (o - 1))
		}
		if w&runMask[o] == 0 {
			break
		}
		if a.on[c]&(1<<o) == 0 {
			a.on[c] |= 1 << o
			a.stack[o] = append(a.stack[o], c)
		}
	}
}

// trim gives the host back every dirty free frame that it can take; afterwards
// they read as zero. With host pages larger than a frame, frames that share a host
// page with others stay dirty.
func (a *frameAllocator) trim() {
	page := uint64(unix.Getpagesize())
	var lo, hi uint64 // pending run, bytes
	flush := func() {
		l, h := (lo+page-1)&^(page-1), hi&^(page-1)
		if l < h && unix.Madvise(a.arena[l:h], unix.MADV_DONTNEED) == nil {
			for f := l >> frameShift; f < h>>frameShift; f++ {
				a.dirty[f/chunkFrames] &^= 1 << (f % chunkFrames)
			}
		}
		lo, hi = 0, 0
	}
	for c := range a.free {
		w := a.free[c] & a.dirty[c]
		for w != 0 {
			b := bits.TrailingZeros64(w)
			n := bits.TrailingZeros64(^(w >> b))
			w &^= ^uint64(0) >> (64 - n) << b
			start := uint64(c*chunkFrames+b) << frameShift
			if start != hi {
				flush()
				lo = start
			}
			hi = start + uint64(n)<<frameShift
		}
	}
	flush()
	a.nDirty = 0
	for c := range a.free {
		a.nDirty += bits.OnesCount64(a.free[c] & a.dirty[c])
	}
}

// windowAllocator gives out power-of-two pieces of the arena's upper half. Pieces
// are kept by size when they come back and never joined: the sizes are few.
type windowAllocator struct {
	next, end uint64
	open      int // pieces in use
	spare     map[uint64][]uint64
}

func (a *windowAllocator) init(start, end uint64) {
	a.next, a.end, a.spare = start, end, map[uint64][]uint64{}
}

func (a *windowAllocator) take(size uint64) (uint64, bool) {
	if l := a.spare[size]; len(l) > 0 {
		a.spare[size] = l[:len(l)-1]
		return l[len(l)-1], true
	}
	at := (a.next + size - 1) &^ (size - 1)
	if at+size > a.end {
		return 0, false
	}
	a.next = at + size
	return at, true
}

func (a *windowAllocator) put(off, size uint64) { a.spare[size] = append(a.spare[size], off) }
