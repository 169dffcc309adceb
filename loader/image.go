package loader

import (
	"math"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// Hard page zeros that XNU demands of a program, in bytes: load_machfile in
// mach_loader.c.
const (
	minPageZeroX86 = 0x1000
	minPageZeroARM = 1 << 32
)

// Image is a mapped Mach-O file, and after [Image.LoadDylinker] a program ready
// to start. Addresses are where things lie, slide included.
type Image struct {
	Arch cpu.Arch
	// Header is the address of the mach_header_64.
	Header uint64
	// Slide was added to every address of the file.
	Slide uint64
	// Low and High are the first address of the image and the one past its
	// last, page zero not counted.
	Low, High uint64
	// PageZero is the end of the page zero segment, or 0: nothing may be
	// mapped below it.
	PageZero uint64
	// Entry is where execution starts; with a dynamic linker, in it. It is 0
	// until LoadDylinker for a program with LC_MAIN.
	Entry uint64
	// HasUnixThread says that Entry and Regs come from LC_UNIXTHREAD.
	HasUnixThread bool
	// Regs are the initial registers of LC_UNIXTHREAD, indexed like
	// cpu.Regs.R, or nil. The program counter is Entry; the stack pointer is
	// what BuildStack returns.
	Regs []uint64
	// StackSize is LC_MAIN's stack size in bytes, or DefaultStackSize.
	StackSize uint64
	// StackTop is where LC_UNIXTHREAD wants the stack to end, page aligned and
	// slid, or 0. Such a program brings its stack in a segment of its own.
	StackTop uint64
	// CustomStack says that StackSize or StackTop is the program's own wish.
	CustomStack bool
	// Dylinker is [File.Dylinker].
	Dylinker string
	// HasDyld says that LoadDylinker has been called. DyldHeader, DyldLow and
	// DyldHigh are the dynamic linker's Header, Low and High.
	HasDyld                       bool
	DyldHeader, DyldLow, DyldHigh uint64
	// AllImageInfoAddr and AllImageInfoSize are dyld's section
	// __all_image_info, for task_info(TASK_DYLD_INFO); 0 if there is none.
	AllImageInfoAddr, AllImageInfoSize uint64
	// ReadOnlyLow and ReadOnlyHigh bound the segment that dyld makes read only
	// after fixups (SG_READ_ONLY), or are 0.
	ReadOnlyLow, ReadOnlyHigh uint64
	// Segments are the mapped segments in file order, page zero included.
	Segments []Segment
}

// Segment is a mapped segment.
type Segment struct {
	Name string
	// Addr and Size are what the file says, slid; the mapping is rounded to
	// pages.
	Addr, Size uint64
	// FileOff and FileSize are in the slice.
	FileOff, FileSize uint64
	Prot, MaxProt     mem.Prot
	Flags             uint32
}

// slideOf returns the slide that an image gets when the machine offers slide:
// none unless it is position independent.
func (f *File) slideOf(slide uint64) uint64 {
	if f.PIE() {
		return slide
	}
	return 0
}

// MinAddress returns the end of the page zero segment when the image is loaded
// with slide, rounded up to pages: the lowest address that the program's
// address space should have. It is 0 if there is no page zero.
func (f *File) MinAddress(slide uint64) uint64 {
	slide = f.slideOf(slide)
	for i := range f.segs {
		if s := &f.segs[i]; s.isPageZero() {
			if end, ok := roundEnd(slide, s.size, f.arch.PageSize()); ok {
				return end
			}
		}
	}
	return 0
}

// roundEnd returns start+size rounded up to pages, and false if that wraps.
func roundEnd(start, size, page uint64) (uint64, bool) {
	if size > math.MaxUint64-start || start+size > math.MaxUint64-(page-1) {
		return 0, false
	}
	return (start + size + page - 1) &^ (page - 1), true
}

// Load maps the image into space, reading pages from b when they are touched;
// b must be the file that f was opened from. slide, a multiple of the page
// size, is applied if the file is position independent. Segments are private;
// what they have beyond their file pages is zero.
//
// The page zero segment should be covered by the space's lowest address (see
// [File.MinAddress]); what is not is made a permanent inaccessible region. As
// on a Mac, x86-64 programs need a page zero of 4 KiB, arm64 ones of 4 GiB.
//
// After an error the space may hold some of the segments: drop it.
func (f *File) Load(space *mem.Space, b mem.Backing, slide uint64) (*Image, error) {
	page := space.PageSize()
	if page < f.arch.PageSize() || page&(page-1) != 0 {
		return nil, fail(Invalid, "an address space with %d-byte pages for %s", page, f.arch)
	}
	if slide%page != 0 {
		return nil, fail(Invalid, "slide %#x is not a multiple of the page size", slide)
	}
	m := &mapper{
		file: f, space: space, backing: b, page: page,
		image: Image{
			Arch: f.arch, Slide: f.slideOf(slide), Low: math.MaxUint64, HasUnixThread: f.thread,
			StackSize: DefaultStackSize(f.arch), Dylinker: f.Dylinker(), Segments: make([]Segment, 0, len(f.segs)),
		},
	}
	im := &m.image
	if f.thread {
		im.Regs = append([]uint64(nil), f.regs...)
		im.Entry = f.regs[f.arch.PCIndex()] + im.Slide
		im.Regs[f.arch.PCIndex()] = im.Entry
		if sp := f.regs[f.arch.SPIndex()]; sp != 0 && f.filetype == Execute {
			im.StackTop, im.CustomStack = (sp-im.Slide)&^(f.arch.PageSize()-1), true
		}
	} else if f.stackSize != 0 {
		im.StackSize, im.CustomStack = f.stackSize, true
	}
	for i := range f.segs {
		if err := m.segment(&f.segs[i]); err != nil {
			return nil, f.upx(err)
		}
	}
	if f.thread && !m.validEntry {
		return nil, fail(BadExec, "the entry point %#x is not in an executable segment", im.Entry)
	}
	if f.filetype == Execute {
		need := uint64(minPageZeroX86)
		if f.arch == cpu.ARM64 {
			need = minPageZeroARM
		}
		if im.PageZero < need {
			return nil, fail(BadMachO, "page zero has %#x bytes, %s programs need %#x", im.PageZero, f.arch, need)
		}
	}
	return im, nil
}

// mapper is the state of one Load.
type mapper struct {
	file       *File
	space      *mem.Space
	backing    mem.Backing
	page       uint64
	image      Image
	validEntry bool
}

// segment does what load_segment does after the checks that Open has made.
func (m *mapper) segment(s *segment) error {
	im := &m.image
	if s.addr > math.MaxUint64-im.Slide {
		return fail(BadMachO, "segment %q slid by %#x wraps around", s.name, im.Slide)
	}
	addr := s.addr + im.Slide
	if s.size == 0 {
		return nil
	}
	if s.isPageZero() {
		im.Segments = append(im.Segments, Segment{Name: s.name, Size: addr + s.size, Flags: s.flags})
		return m.pageZero(s, addr)
	}
	start := addr &^ (m.page - 1)
	end, ok := roundEnd(addr, s.size, m.page)
	if !ok {
		return fail(NoMemory, "segment %q at %#x with %#x bytes wraps around", s.name, addr, s.size)
	}
	// File pages are mapped whole: what follows the segment in its last file
	// page is visible, not zeroed (load_segment, under "FIXME").
	fileOff := m.file.off + s.fileOff
	filePages, ok := roundEnd(0, s.fileSize, m.page)
	if !ok || filePages > math.MaxUint64-start {
		return fail(BadMachO, "segment %q has %#x bytes of file", s.name, s.fileSize)
	}
	im.Low, im.High = min(im.Low, start), max(im.High, end)
	if s.flags&sgReadOnly != 0 {
		im.ReadOnlyLow, im.ReadOnlyHigh = start, end
	}
	if start < im.PageZero {
		return fail(NoMemory, "segment %q at %#x lies in page zero", s.name, addr)
	}
	// vm_map_enter does not hold a segment's protection against its maximum;
	// Map may, so the maximum gives way.
	opts := mem.MapOptions{
		Prot: s.initProt, MaxProt: s.maxProt | s.initProt, Fixed: true, NoReplace: true, Name: s.name,
		// vmf_permanent in load_segment.
		Permanent: m.file.arch == cpu.ARM64 && s.name == "__LINKEDIT",
	}
	if filePages > 0 {
		file := opts
		file.File, file.Offset = m.backing, fileOff
		if err := m.place(s, start, filePages, file); err != nil {
			return err
		}
	}
	if end-start > filePages {
		if err := m.place(s, start+filePages, end-start-filePages, opts); err != nil {
			return err
		}
	}
	if s.fileOff == 0 && s.fileSize != 0 {
		im.Header = addr
	}
	if im.AllImageInfoAddr == 0 && s.infoAddr != 0 {
		im.AllImageInfoAddr, im.AllImageInfoSize = s.infoAddr+im.Slide, s.infoSize
	}
	if im.Entry >= addr && im.Entry-addr < s.size {
		m.validEntry = s.initProt&(mem.Read|mem.Exec) == mem.Read|mem.Exec
	}
	im.Segments = append(im.Segments, Segment{
		Name: s.name, Addr: addr, Size: s.size, FileOff: s.fileOff, FileSize: s.fileSize,
		Prot: s.initProt, MaxProt: s.maxProt, Flags: s.flags,
	})
	return nil
}

// place maps one part of a segment where it must lie.
func (m *mapper) place(s *segment, start, size uint64, o mem.MapOptions) error {
	if _, err := m.space.Map(start, size, o); err != nil {
		return &Error{NoMemory, "segment " + s.name + " at " + hexAddr(start) + " with " + hexAddr(size) + " bytes", err}
	}
	if o.MaxProt != 0 {
		return nil
	}
	// Map reads a maximum of none as no maximum.
	if err := m.space.Protect(start, size, mem.None, true); err != nil {
		return &Error{NoMemory, "segment " + s.name, err}
	}
	return nil
}

// pageZero raises the lowest address of the program, as
// vm_map_raise_min_offset does: never down, and not over what is there. No region
// stands for it, so touching it is an invalid address (SIGSEGV), not a protection
// failure (SIGBUS).
func (m *mapper) pageZero(s *segment, addr uint64) error {
	im := &m.image
	end, ok := roundEnd(addr, s.size, m.page)
	if !ok {
		return fail(BadMachO, "page zero of %#x bytes wraps around", s.size)
	}
	if end < im.PageZero || end >= m.space.Max() || im.Low < end {
		return fail(BadExec, "page zero cannot end at %#x", end)
	}
	im.PageZero = end
	if err := m.space.RaiseMin(end); err != nil {
		return &Error{BadExec, "page zero up to " + hexAddr(end), err}
	}
	return nil
}

// LoadDylinker maps the dynamic linker f over b into the same space and makes
// im start in it, as load_dylinker does. slide is the dynamic linker's own; one
// that is linked at address 0 lies behind the program besides. Afterwards
// Entry, Regs and AllImageInfo* are the dynamic linker's.
func (im *Image) LoadDylinker(space *mem.Space, f *File, b mem.Backing, slide uint64) error {
	if f.filetype != Dylinker {
		return fail(BadExec, "%s is no dynamic linker but an %s", im.Dylinker, f.filetype)
	}
	if f.arch != im.Arch {
		return fail(BadArch, "the dynamic linker is %s, the program %s", f.arch, im.Arch)
	}
	for i := range f.segs {
		if s := &f.segs[i]; s.addr == 0 && s.fileOff == 0 {
			var ok bool
			if slide, ok = roundEnd(slide, im.High, space.PageSize()); !ok {
				return fail(NoMemory, "no room for the dynamic linker behind %#x", im.High)
			}
			break
		}
	}
	dyld, err := f.Load(space, b, slide)
	if err != nil {
		return err
	}
	im.HasDyld = true
	im.Entry, im.Regs, im.HasUnixThread = dyld.Entry, dyld.Regs, dyld.HasUnixThread
	im.AllImageInfoAddr, im.AllImageInfoSize = dyld.AllImageInfoAddr, dyld.AllImageInfoSize
	im.DyldHeader, im.DyldLow, im.DyldHigh = dyld.Header, dyld.Low, dyld.High
	return nil
}
