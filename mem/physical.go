package mem

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	frameShift = 12
	frameSize  = 1 << frameShift

	// arenaWanted is the virtual size asked of the host; halved until it agrees.
	arenaWanted  = 256 << 30
	arenaMinimum = 256 << 20
)

// Frame flags, one byte a frame in the array at FrameFlags. The engine sets
// FrameExecuted; both are cleared together by DropStale and when a frame is freed.
const (
	FrameExecuted = 1 // the engine has translated code from this frame
	FrameStale    = 2 // written since: its code must be dropped before the next fetch
)

// Physical is the memory of the machine: an arena of 4 KiB frames that all its
// Spaces and Objects take from, with a limit on how much of it may be in use.
//
// The lower half of the arena is frames; the upper half is windows, address space
// in which host files are mapped for shared file mappings. Window pages are the
// host's page cache and not counted as in use.
type Physical struct {
	arena  []byte
	flags  []byte
	refs   []uint32 // per frame, of private pages only; the first frame of a 16 KiB page counts for all four
	window uint64   // arena offset at which windows begin

	limit  atomic.Uint64 // frames
	inUse  atomic.Uint64 // frames, page tables included
	nextID atomic.Uint64

	mu     sync.Mutex // guards refs and what follows
	frames frameAllocator
	tables tableAllocator
	views  windowAllocator
	files  map[Backing]*Object

	codeMu   sync.Mutex // guards changes of onCode
	onCode   atomic.Pointer[[]*codeHook]
	zeroRoot unsafe.Pointer
}

type codeHook struct{ f func(paddr, size uint64) }

// NewPhysical makes a machine memory of which at most limit bytes (0: three
// quarters of what the host or its control group has) are committed at once. Nothing is
// committed yet; the error is the host's refusal of address space.
func NewPhysical(limit uint64) (*Physical, error) {
	p := &Physical{files: map[Backing]*Object{}}
	var err error
	for size := arenaWanted; ; size /= 2 {
		if p.arena, err = reserve(size); err == nil {
			break
		}
		if size <= arenaMinimum {
			return nil, fmt.Errorf("reserving %d MiB of address space for guest memory: %w", size>>20, err)
		}
	}
	n := len(p.arena) / frameSize
	if p.flags, err = reserve(n); err != nil {
		p.Close()
		return nil, fmt.Errorf("reserving frame flags: %w", err)
	}
	p.window = uint64(len(p.arena)) / 2
	refs, err := reserve(n / 2 * 4)
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("reserving frame counts: %w", err)
	}
	p.refs = unsafe.Slice((*uint32)(unsafe.Pointer(&refs[0])), n/2)
	// A crash of the emulator should not write every guest to the disk.
	_ = unix.Madvise(p.arena, unix.MADV_DONTDUMP)
	p.frames.init(p.arena, uint32(p.window>>frameShift))
	p.views.init(p.window, uint64(len(p.arena)))
	p.SetLimit(limit)
	if p.zeroRoot = p.tables.take(dirBytes); p.zeroRoot == nil {
		p.Close()
		return nil, fmt.Errorf("reserving page tables: %w", unix.ENOMEM)
	}
	return p, nil
}

// reserve returns zeroed memory outside the Go heap that costs nothing until touched.
func reserve(size int) ([]byte, error) {
	return unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
}

// Close returns everything to the host. Its Spaces and Objects must not be used
// again and no engine may run over it.
func (p *Physical) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refs != nil {
		_ = unix.Munmap(unsafe.Slice((*byte)(unsafe.Pointer(&p.refs[0])), len(p.refs)*4))
	}
	for _, m := range append(p.tables.chunks, p.arena, p.flags) {
		if m != nil {
			_ = unix.Munmap(m)
		}
	}
	p.arena, p.flags, p.refs, p.tables = nil, nil, nil, tableAllocator{}
}

// Base is the host address of the arena's first byte.
func (p *Physical) Base() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(p.arena)) }

// Size is the arena's size in bytes: one past the highest paddr.
func (p *Physical) Size() uint64 { return uint64(len(p.arena)) }

// FrameFlags is the host address of an array of Size/4096 bytes, one per frame,
// holding FrameExecuted and FrameStale.
func (p *Physical) FrameFlags() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(p.flags)) }

// InUse is the number of bytes committed: frames that hold pages, and page tables.
func (p *Physical) InUse() uint64 { return p.inUse.Load() << frameShift }

// Limit is the number of bytes that may be committed.
func (p *Physical) Limit() uint64 { return p.limit.Load() << frameShift }

// SetLimit changes the limit, 0 as in NewPhysical. What is in use stays in use,
// even above it.
func (p *Physical) SetLimit(limit uint64) {
	if limit == 0 {
		limit = hostMemory() / 4 * 3
	}
	p.limit.Store(min(limit, p.window) >> frameShift)
}

// hostMemory is how many bytes this process may hope to have.
func hostMemory() uint64 {
	n := uint64(1 << 30)
	var si unix.Sysinfo_t
	if unix.Sysinfo(&si) == nil {
		n = uint64(si.Totalram) * uint64(si.Unit)
	}
	fd, err := unix.Open("/sys/fs/cgroup/memory.max", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return n
	}
	defer unix.Close(fd)
	var buf [32]byte
	k, _ := unix.Read(fd, buf[:])
	if v, err := strconv.ParseUint(strings.TrimSpace(string(buf[:max(k, 0)])), 10, 64); err == nil && v > 0 {
		n = min(n, v)
	}
	return n
}

// OnCodeChange adds a function that is called when translations of the given
// frames must be dropped: when a frame with FrameExecuted is freed, and by
// DropStale. paddr and size are in bytes, whole frames. cancel removes it.
func (p *Physical) OnCodeChange(f func(paddr, size uint64)) (cancel func()) {
	h := &codeHook{f}
	p.setHooks(func(l []*codeHook) []*codeHook { return append(l, h) })
	return func() {
		p.setHooks(func(l []*codeHook) []*codeHook {
			return slices.DeleteFunc(l, func(x *codeHook) bool { return x == h })
		})
	}
}

func (p *Physical) setHooks(change func([]*codeHook) []*codeHook) {
	p.codeMu.Lock()
	defer p.codeMu.Unlock()
	var l []*codeHook
	if old := p.onCode.Load(); old != nil {
		l = slices.Clone(*old)
	}
	l = change(l)
	p.onCode.Store(&l)
}

// DropStale clears FrameExecuted and FrameStale of the frames of a byte range and
// calls the OnCodeChange functions.
func (p *Physical) DropStale(paddr, size uint64) {
	if paddr >= p.Size() || size == 0 {
		return
	}
	first := paddr >> frameShift
	end := (min(size, p.Size()-paddr) + paddr + frameSize - 1) >> frameShift
	clear(p.flags[first:end])
	p.codeChanged(first<<frameShift, (end-first)<<frameShift)
}

func (p *Physical) codeChanged(paddr, size uint64) {
	if l := p.onCode.Load(); l != nil {
		for _, h := range *l {
			h.f(paddr, size)
		}
	}
}

// dropCode readies n frames for another owner: their translated code goes.
func (p *Physical) dropCode(off uint64, n uint64) {
	f := off >> frameShift
	for i := f; i < f+n; i++ {
		if p.flags[i] != 0 {
			p.DropStale(off, n<<frameShift)
			return
		}
	}
}

// charge counts n frames as in use, or says that the limit forbids it.
func (p *Physical) charge(n uint64) bool {
	if p.inUse.Add(n) > p.limit.Load() {
		p.inUse.Add(-n)
		return false
	}
	return true
}

// alloc gives 1<<order contiguous, naturally aligned frames, order at most 6. With
// zero they read as zeros, otherwise their contents are anything. pages of
// 1<<pageOrder frames get a reference count of 1.
func (p *Physical) alloc(order, pageOrder uint, zero bool) (off uint64, ok bool) {
	n := uint64(1) << order
	if !p.charge(n) {
		return 0, false
	}
	p.mu.Lock()
	f, dirty, ok := p.frames.take(order)
	if ok {
		for i := uint32(0); i < 1<<order; i += 1 << pageOrder {
			p.refs[f+i] = 1
		}
	}
	p.mu.Unlock()
	if !ok {
		p.inUse.Add(-n)
		return 0, false
	}
	off = uint64(f) << frameShift
	if zero && dirty != 0 {
		for i := uint64(0); i < n; i++ {
			if dirty&(1<<i) != 0 {
				clear(p.arena[off+i<<frameShift:][:frameSize])
			}
		}
	}
	return off, true
}

// unref drops one reference to the private page of 1<<pageOrder frames at off and
// frees it with the last.
func (p *Physical) unref(off uint64, pageOrder uint) {
	f := off >> frameShift
	p.mu.Lock()
	p.refs[f]--
	last := p.refs[f] == 0
	p.mu.Unlock()
	if last {
		p.free(off, pageOrder)
	}
}

// free returns frames whose contents nobody refers to any more.
func (p *Physical) free(off uint64, order uint) {
	p.dropCode(off, 1<<order)
	p.mu.Lock()
	p.frames.put(uint32(off>>frameShift), order)
	p.mu.Unlock()
	p.inUse.Add(-(uint64(1) << order))
}

// shared says whether others refer to the private page at off.
func (p *Physical) shared(off uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.refs[off>>frameShift] > 1
}

// ptr is the host address of an arena offset.
func (p *Physical) ptr(off uint64) unsafe.Pointer {
	return unsafe.Add(unsafe.Pointer(unsafe.SliceData(p.arena)), off)
}
