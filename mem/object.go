package mem

import (
	"errors"
	"io"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// objectShift is log2 of the block in which an Object is committed: the
	// largest page, so that spaces of either page size can map it.
	objectShift = 14

	// Windows, the pieces in which host files are mapped, are a power of two
	// between these. Each costs the host one mapping, of which it has 65,530.
	windowMin  = 64 << 10
	windowMax  = 16 << 20
	maxWindows = 16384

	// absent stands for an arena offset where there is none.
	absent = ^uint64(0)
)

// Object is memory that several regions, of several spaces, can map: shared
// memory, a memory entry, the pages of a file that is mapped shared. It is freed
// with its last reference; every region that maps it has one.
type Object struct {
	phys  *Physical
	shift uint // log2 of the block size
	refs  int  // guarded by phys.mu

	// file, if not nil, is where blocks come from: object offset 0 is at fileOff,
	// and what lies at or past fileLen is zero.
	file             Backing
	fileOff, fileLen uint64
	back             bool // a shared file: stores go back to it, and its size is the file's
	host, hostRO     bool // the blocks are windows on the host's file
	windowSize       uint64

	mu      sync.Mutex
	size    uint64
	blocks  map[uint64]uint64 // block number to arena offset
	dirty   map[uint64]int    // blocks stored to, with how many page table entries let it happen again unseen
	windows map[uint64]uint64 // number to arena offset
}

// NewObject makes size bytes of zeroed memory that is committed, in blocks of
// 16 KiB, when it is touched. The caller has the one reference to it.
func (p *Physical) NewObject(size uint64) *Object { return p.newObject(size, objectShift) }

func (p *Physical) newObject(size uint64, shift uint) *Object {
	return &Object{phys: p, shift: shift, refs: 1, size: min(size, 1<<62), blocks: map[uint64]uint64{}}
}

// fileObject gives the one object of a shared file, with a reference.
func (p *Physical) fileObject(f Backing) *Object {
	p.mu.Lock()
	o := p.files[f]
	if o != nil {
		o.refs++
	}
	p.mu.Unlock()
	if o != nil {
		return o
	}
	o = p.newObject(0, objectShift)
	o.file, o.fileLen, o.back = f, 1<<62, true
	o.dirty = map[uint64]int{}
	if fd := f.HostFD(); fd >= 0 && unix.Getpagesize() <= windowMin {
		if fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err == nil && fl&unix.O_ACCMODE != unix.O_WRONLY {
			o.host, o.hostRO = true, fl&unix.O_ACCMODE == unix.O_RDONLY
			o.windows = map[uint64]uint64{}
			o.windowSize = windowMin
			for n, _ := f.Size(); o.windowSize < windowMax && int64(o.windowSize) < n; {
				o.windowSize *= 2
			}
		}
	}
	f.Retain()
	p.mu.Lock()
	if other := p.files[f]; other != nil {
		other.refs++
		p.mu.Unlock()
		f.Release()
		return other
	}
	p.files[f] = o
	p.mu.Unlock()
	return o
}

// Ref adds a reference.
func (o *Object) Ref() {
	o.phys.mu.Lock()
	o.refs++
	o.phys.mu.Unlock()
}

// Unref drops a reference, and with the last the memory.
func (o *Object) Unref() {
	p := o.phys
	p.mu.Lock()
	o.refs--
	last := o.refs == 0
	if last && o.back && p.files[o.file] == o {
		delete(p.files, o.file)
	}
	p.mu.Unlock()
	if !last {
		return
	}
	_ = o.sync(0, 1<<62) // as at any unmapping, there is nobody to tell
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, off := range o.blocks {
		p.free(off, o.shift-frameShift)
	}
	for _, off := range o.windows {
		p.closeWindow(off, o.windowSize)
	}
	o.blocks, o.windows = nil, nil
	if o.file != nil {
		o.file.Release()
	}
}

// readOnly says that the host will not let this memory be written.
func (o *Object) readOnly() bool { return o.hostRO }

// wantsStores says that the first store to each page must be noted.
func (o *Object) wantsStores() bool { return o.back && !o.host }

// noteStore marks the block of an offset as differing from the file. entries is 1
// if a page table entry gets the right to write it from now on, -1 if one loses it.
func (o *Object) noteStore(off uint64, entries int) {
	o.mu.Lock()
	o.dirty[off>>o.shift] += entries
	o.mu.Unlock()
}

// Size is the size in bytes; of a shared file, the file's.
func (o *Object) Size() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, _ := o.length()
	return n
}

func (o *Object) length() (uint64, error) {
	if !o.back {
		return o.size, nil
	}
	n, err := o.file.Size()
	return uint64(max(n, 0)), err
}

// Resize changes the size. What is cut off is cleared, and touching it for the
// first time is PastEOF; pages that a space already has stay, as zeros. The size of
// a shared file cannot be changed here.
func (o *Object) Resize(size uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.back || size > 1<<62 {
		return ErrBadAddress
	}
	for b, off := range o.blocks {
		start := b << o.shift
		if cut := max(size, start); cut < start+1<<o.shift {
			clear(o.phys.arena[off+cut-start : off+1<<o.shift])
		}
	}
	o.size = size
	return nil
}

// pages gives the arena offsets of consecutive pages from object offset off. Page
// need is committed, or the kind says why not; the others are absent if they are
// not there yet.
func (o *Object) pages(off, need uint64, offs []uint64, shift uint) (FaultKind, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	size, err := o.length()
	if err != nil {
		return PastEOF, false
	}
	at := off + need<<shift
	if at >= size {
		return PastEOF, false
	}
	home, kind, ok := o.commit(at, size)
	if !ok {
		return kind, false
	}
	for i := range offs {
		x := off + uint64(i)<<shift
		switch {
		case uint64(i) == need:
			offs[i] = home
		case x < size:
			offs[i] = o.resident(x)
		default:
			offs[i] = absent
		}
	}
	return 0, true
}

// resident gives the arena offset of an object offset, or absent.
func (o *Object) resident(at uint64) uint64 {
	unit, m := uint64(1)<<o.shift, o.blocks
	if o.host {
		unit, m = o.windowSize, o.windows
	}
	if off, ok := m[at/unit]; ok {
		return off + at%unit
	}
	return absent
}

// commit is resident that makes it so. size is the object's length.
func (o *Object) commit(at, size uint64) (uint64, FaultKind, bool) {
	if off := o.resident(at); off != absent {
		return off, 0, true
	}
	if o.host {
		n := at / o.windowSize
		off, kind, ok := o.phys.openWindow(o.file.HostFD(), n*o.windowSize, o.windowSize, o.hostRO)
		if ok {
			o.windows[n] = off
		}
		return off + at%o.windowSize, kind, ok
	}
	b := at >> o.shift
	order := o.shift - frameShift
	off, ok := o.phys.alloc(order, order, o.file == nil)
	if !ok {
		return 0, NoMemory, false
	}
	if o.file != nil && !o.read(o.phys.arena[off:off+1<<o.shift], b<<o.shift, at) {
		o.phys.free(off, order)
		return 0, PastEOF, false
	}
	o.blocks[b] = off
	return off + at&(1<<o.shift-1), 0, true
}

// read fills a block, which begins at object offset start, from the file, and says
// whether the page at offset at is there.
func (o *Object) read(block []byte, start, at uint64) bool {
	want := uint64(0)
	if start < o.fileLen {
		want = min(o.fileLen-start, uint64(len(block)))
	}
	got := 0
	if want > 0 {
		got, _ = o.file.ReadAt(block[:want:want], int64(o.fileOff+start))
		got = max(0, min(got, int(want)))
	}
	clear(block[got:])
	return at >= o.fileLen || at-start < uint64(got)
}

// sync writes the noted blocks of a range of offsets back to the file, as far as
// the file reaches. Those that some space can still write to unseen stay noted.
func (o *Object) sync(lo, hi uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.host {
		return o.syncWindows(lo, hi)
	}
	if len(o.dirty) == 0 {
		return nil
	}
	size, err := o.length()
	if err != nil {
		return err
	}
	var first error
	for b, entries := range o.dirty {
		start := b << o.shift
		if start >= hi || start+1<<o.shift <= lo {
			continue
		}
		if off, ok := o.blocks[b]; ok && start < size {
			n := min(size-start, 1<<o.shift)
			if _, err := o.file.WriteAt(o.phys.arena[off:off+n:off+n], int64(start)); err != nil {
				if first == nil {
					first = err
				}
				continue
			}
		}
		if entries == 0 {
			delete(o.dirty, b)
		}
	}
	return first
}

func (o *Object) syncWindows(lo, hi uint64) error {
	var first error
	page := uint64(unix.Getpagesize())
	for n, off := range o.windows {
		start := n * o.windowSize
		a, b := max(lo&^(page-1), start), min(hi, start+o.windowSize)
		if a >= b {
			continue
		}
		if err := unix.Msync(o.phys.arena[off+a-start:off+b-start], unix.MS_SYNC); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// reread replaces the resident blocks of a range of offsets by what the file holds.
func (o *Object) reread(lo, hi uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.host || o.file == nil {
		return
	}
	for b, off := range o.blocks {
		if start := b << o.shift; start < hi && start+1<<o.shift > lo {
			o.phys.dropCode(off, 1<<(o.shift-frameShift))
			o.read(o.phys.arena[off:off+1<<o.shift], start, start)
		}
	}
}

// ReadAt reads the object's bytes, for the kernel; past the end it is io.EOF.
func (o *Object) ReadAt(p []byte, off int64) (int, error) {
	return o.transfer(p, off, func(host, b []byte) bool { return copyWindow(b, host) }, false)
}

// WriteAt writes the object's bytes, for the kernel. It does not make it larger:
// past the end it is io.ErrShortWrite.
func (o *Object) WriteAt(p []byte, off int64) (int, error) {
	if o.hostRO {
		return 0, ErrProtection
	}
	n, err := o.transfer(p, off, func(host, b []byte) bool { return copyWindow(host, b) }, true)
	if err == io.EOF {
		err = io.ErrShortWrite
	}
	if o.wantsStores() {
		for x := uint64(off); n > 0 && x>>o.shift <= (uint64(off)+uint64(n)-1)>>o.shift; x += 1 << o.shift {
			o.noteStore(x, 0)
		}
	}
	return n, err
}

func (o *Object) transfer(p []byte, off int64, f func(host, b []byte) bool, write bool) (int, error) {
	if off < 0 {
		return 0, ErrBadAddress
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	size, err := o.length()
	if err != nil {
		return 0, err
	}
	done := 0
	for done < len(p) {
		at := uint64(off) + uint64(done)
		if at >= size {
			return done, io.EOF
		}
		home, kind, ok := o.commit(at, size)
		switch {
		case !ok && kind == NoMemory:
			return done, ErrNoMemory
		case !ok:
			return done, io.EOF
		}
		n := min(uint64(len(p)-done), 1<<o.shift-at&(1<<o.shift-1), size-at)
		if write {
			o.phys.dropCode(home&^(frameSize-1), (home&(frameSize-1)+n+frameSize-1)>>frameShift)
		}
		if !f(o.phys.arena[home:home+n], p[done:done+int(n)]) {
			return done, io.EOF
		}
		done += int(n)
	}
	return done, nil
}

// openWindow maps a piece of a host file into the arena.
func (p *Physical) openWindow(fd int, fileOff, size uint64, readOnly bool) (off uint64, kind FaultKind, ok bool) {
	p.mu.Lock()
	ok = p.views.open < maxWindows
	if ok {
		off, ok = p.views.take(size)
	}
	if ok {
		p.views.open++
	}
	p.mu.Unlock()
	if !ok {
		return 0, NoMemory, false
	}
	prot := unix.PROT_READ | unix.PROT_WRITE
	if readOnly {
		prot = unix.PROT_READ
	}
	_, err := unix.MmapPtr(fd, int64(fileOff), p.ptr(off), uintptr(size), prot, unix.MAP_SHARED|unix.MAP_FIXED)
	if err == nil {
		return off, 0, true
	}
	p.mu.Lock()
	p.views.open--
	p.views.put(off, size)
	p.mu.Unlock()
	if errors.Is(err, unix.ENOMEM) {
		return 0, NoMemory, false
	}
	return 0, PastEOF, false
}

func (p *Physical) closeWindow(off, size uint64) {
	p.dropCode(off, size>>frameShift)
	_, err := unix.MmapPtr(-1, 0, p.ptr(off), uintptr(size), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE|unix.MAP_FIXED)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.views.open--
	if err == nil {
		p.views.put(off, size)
	}
	// Otherwise the file stays mapped there, and nobody gets that address space again.
}
