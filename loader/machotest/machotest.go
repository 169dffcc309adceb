// Package machotest makes Mach-O files for tests: small programs in memory,
// right ones and, since every field can be set, wrong ones.
package machotest

import (
	"encoding/binary"
	"io"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// Numbers of the format that tests ask for by name.
const (
	Execute  = 2
	Dylib    = 6
	Dylinker = 7

	DyldLink = 0x4
	TwoLevel = 0x80
	PIE      = 0x200000

	CPUX86   = 7
	CPUX8664 = 0x01000007
	CPUARM64 = 0x0100000c
	CPUPPC   = 18

	// TextBase is where Static puts __TEXT: behind 4 GiB of page zero.
	TextBase = 1 << 32
)

var le, be = binary.LittleEndian, binary.BigEndian

// File is a file in memory: a loader.Source and a mem.Backing that cannot be
// written.
type File []byte

// ReadAt implements io.ReaderAt.
func (f File) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(f)) {
		return 0, io.EOF
	}
	n := copy(p, f[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt fails.
func (f File) WriteAt([]byte, int64) (int, error) { return 0, io.ErrShortWrite }

// Size returns the length in bytes.
func (f File) Size() (int64, error) { return int64(len(f)), nil }

// HostFD returns -1: there is none.
func (f File) HostFD() int { return -1 }

// Retain does nothing.
func (f File) Retain() {}

// Release does nothing.
func (f File) Release() {}

// Backing returns f with an identity, as mem wants it of a file.
func (f File) Backing() mem.Backing { return &f }

// Section is a section_64.
type Section struct {
	Name, Segment string
	Addr, Size    uint64
	Offset        uint32
	Flags         uint32
}

// Segment is a segment and its contents. Bytes puts the contents where the
// format wants them unless FileOff and FileSize say otherwise.
type Segment struct {
	Name          string
	Addr, Size    uint64
	MaxProt, Prot uint32
	Flags         uint32
	Data          []byte
	// FileOff and FileSize overrule what Data gives when Raw is set.
	Raw               bool
	FileOff, FileSize uint64
	Sections          []Section
	// NSects overrules len(Sections) if it is not 0.
	NSects uint32
}

type part struct {
	raw []byte
	seg *Segment
}

// Builder collects a Mach-O file. Fields may be changed at any time before
// Bytes.
type Builder struct {
	Arch             cpu.Arch
	Magic            uint32
	CPUType, Subtype uint32
	FileType, Flags  uint32
	// NCmds and SizeOfCmds overrule the true values if they are not nil.
	NCmds, SizeOfCmds *uint32

	parts []part
}

// New returns a builder for a static program without any load command.
func New(arch cpu.Arch) *Builder {
	b := &Builder{Arch: arch, Magic: 0xfeedfacf, FileType: Execute, CPUType: CPUX8664, Subtype: 3}
	if arch == cpu.ARM64 {
		b.CPUType, b.Subtype = CPUARM64, 0
	}
	return b
}

// Segment adds LC_SEGMENT_64.
func (b *Builder) Segment(s Segment) *Builder {
	b.parts = append(b.parts, part{seg: &s})
	return b
}

// PageZero adds a page zero segment of the given size in bytes.
func (b *Builder) PageZero(size uint64) *Builder {
	return b.Segment(Segment{Name: "__PAGEZERO", Size: size})
}

// Command adds a load command with these bytes behind cmd and cmdsize, padded to
// 8.
func (b *Builder) Command(cmd uint32, body []byte) *Builder {
	size := (8 + len(body) + 7) &^ 7
	raw := make([]byte, size)
	le.PutUint32(raw, cmd)
	le.PutUint32(raw[4:], uint32(size))
	copy(raw[8:], body)
	return b.Raw(raw)
}

// Raw adds a load command as it is.
func (b *Builder) Raw(cmd []byte) *Builder {
	b.parts = append(b.parts, part{raw: cmd})
	return b
}

// Words returns 32-bit words as bytes, for Command.
func Words(w ...uint32) []byte {
	var p []byte
	for _, v := range w {
		p = le.AppendUint32(p, v)
	}
	return p
}

// Quads returns 64-bit words as bytes, for Command.
func Quads(w ...uint64) []byte {
	var p []byte
	for _, v := range w {
		p = le.AppendUint64(p, v)
	}
	return p
}

// UnixThread adds LC_UNIXTHREAD with all registers 0 but these.
func (b *Builder) UnixThread(pc, sp uint64) *Builder {
	if b.Arch == cpu.ARM64 {
		r := make([]uint64, 34)
		r[31], r[32] = sp, pc
		return b.Command(5, append(Words(6, 68), Quads(r...)...))
	}
	r := make([]uint64, 21)
	r[7], r[16] = sp, pc
	return b.Command(5, append(Words(4, 42), Quads(r...)...))
}

// Main adds LC_MAIN.
func (b *Builder) Main(entryoff, stacksize uint64) *Builder {
	return b.Command(0x80000028, Quads(entryoff, stacksize))
}

// LoadDylinker adds LC_LOAD_DYLINKER.
func (b *Builder) LoadDylinker(path string) *Builder {
	return b.Command(0xe, append(Words(12), path+"\x00"...))
}

// Dylib adds LC_LOAD_DYLIB or one of its variants.
func (b *Builder) Dylib(cmd uint32, path string) *Builder {
	return b.Command(cmd, append(Words(24, 2, 0x10000, 0x10000), path+"\x00"...))
}

// UUID adds LC_UUID.
func (b *Builder) UUID(u [16]byte) *Builder { return b.Command(0x1b, u[:]) }

// BuildVersion adds LC_BUILD_VERSION without tools.
func (b *Builder) BuildVersion(platform, minos, sdk uint32) *Builder {
	return b.Command(0x32, Words(platform, minos, sdk, 0))
}

// Bytes lays the file out: the first segment with contents holds the header, and
// every segment's contents start on a page of the architecture.
func (b *Builder) Bytes() File {
	page := int(b.Arch.PageSize())
	var cmds int
	for _, p := range b.parts {
		cmds += p.size()
	}
	head := make([]byte, 32, 32+cmds)
	var body []byte // from offset 0 of the file
	first := true
	for _, p := range b.parts {
		if p.seg == nil {
			head = append(head, p.raw...)
			continue
		}
		s := *p.seg
		if !s.Raw && len(s.Data) > 0 {
			if !first {
				body = append(body, make([]byte, -len(body)&(page-1))...)
			}
			s.FileOff = uint64(len(body))
			body = append(body, s.Data...)
			s.FileSize = uint64(len(s.Data))
			if s.Size == 0 {
				s.Size = s.FileSize
			}
			first = false
		}
		head = append(head, s.command()...)
	}
	le.PutUint32(head, b.Magic)
	le.PutUint32(head[4:], b.CPUType)
	le.PutUint32(head[8:], b.Subtype)
	le.PutUint32(head[12:], b.FileType)
	le.PutUint32(head[16:], value(b.NCmds, uint32(len(b.parts))))
	le.PutUint32(head[20:], value(b.SizeOfCmds, uint32(cmds)))
	le.PutUint32(head[24:], b.Flags)
	if len(body) < len(head) {
		body = append(body, make([]byte, len(head)-len(body))...)
	}
	copy(body, head)
	return body
}

func value(p *uint32, v uint32) uint32 {
	if p != nil {
		return *p
	}
	return v
}

func (p part) size() int {
	if p.seg == nil {
		return len(p.raw)
	}
	return 72 + 80*len(p.seg.Sections)
}

func (s *Segment) command() []byte {
	c := Words(0x19, uint32(72+80*len(s.Sections)))
	c = append(c, name16(s.Name)...)
	c = append(c, Quads(s.Addr, s.Size, s.FileOff, s.FileSize)...)
	n := uint32(len(s.Sections))
	if s.NSects != 0 {
		n = s.NSects
	}
	c = append(c, Words(s.MaxProt, s.Prot, n, s.Flags)...)
	for _, x := range s.Sections {
		c = append(append(c, name16(x.Name)...), name16(x.Segment)...)
		c = append(c, Quads(x.Addr, x.Size)...)
		c = append(c, Words(x.Offset, 0, 0, 0, x.Flags, 0, 0, 0)...)
	}
	return c
}

func name16(s string) []byte {
	var b [16]byte
	copy(b[:], s)
	return b[:]
}

// HeaderSpace is how many bytes at the start of Static's and Text's __TEXT are
// the header's; code follows.
const HeaderSpace = 0x1000

// Text returns the contents of a __TEXT segment: room for the header, then code,
// up to a whole number of pages and at least one byte more.
func Text(arch cpu.Arch, code []byte) []byte {
	b := append(append(make([]byte, HeaderSpace), code...), 0)
	return append(b, make([]byte, -len(b)&int(arch.PageSize()-1))...)
}

// StaticBuilder returns the builder of a static, position-independent program:
// page zero, code in __TEXT at TextBase (entry TextBase+HeaderSpace) and, behind
// it, data and bss zero bytes in __DATA.
func StaticBuilder(arch cpu.Arch, code, data []byte, bss int) *Builder {
	b := New(arch)
	b.Flags = PIE
	text := Text(arch, code)
	b.PageZero(TextBase)
	b.Segment(Segment{Name: "__TEXT", Addr: TextBase, MaxProt: 5, Prot: 5, Data: text})
	if len(data)+bss > 0 {
		b.Segment(Segment{
			Name: "__DATA", Addr: TextBase + uint64(len(text)), Size: uint64(len(data) + bss),
			MaxProt: 3, Prot: 3, Data: data,
		})
	}
	return b.BuildVersion(1, 11<<16, 11<<16).UnixThread(TextBase+HeaderSpace, 0)
}

// Static returns what StaticBuilder builds.
func Static(arch cpu.Arch, code, data []byte, bss int) File {
	return StaticBuilder(arch, code, data, bss).Bytes()
}

// Arch64 is one entry of a fat file.
type Arch64 struct {
	CPUType, Subtype uint32
	Data             []byte
	// Offset and Size overrule the true values when Raw is set.
	Raw          bool
	Offset, Size uint64
}

// Slice makes a fat entry of a file that a Builder made.
func Slice(f File) Arch64 {
	return Arch64{CPUType: le.Uint32(f[4:]), Subtype: le.Uint32(f[8:]), Data: f}
}

// Fat makes a fat file, with the 64-bit header if wide.
func Fat(wide bool, archs ...Arch64) File {
	entry, magic := 20, uint32(0xcafebabe)
	if wide {
		entry, magic = 32, 0xcafebabf
	}
	f := be.AppendUint32(be.AppendUint32(nil, magic), uint32(len(archs)))
	f = append(f, make([]byte, entry*len(archs))...)
	for i, a := range archs {
		f = append(f, make([]byte, -len(f)&0x3fff)...)
		off, size := uint64(len(f)), uint64(len(a.Data))
		if a.Raw {
			off, size = a.Offset, a.Size
		}
		f = append(f, a.Data...)
		h := be.AppendUint32(be.AppendUint32(nil, a.CPUType), a.Subtype)
		if wide {
			h = be.AppendUint64(be.AppendUint64(h, off), size)
		} else {
			h = be.AppendUint32(be.AppendUint32(h, uint32(off)), uint32(size))
		}
		copy(f[8+i*entry:], be.AppendUint32(h, 14))
	}
	return f
}
