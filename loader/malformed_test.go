package loader_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/loader"
	mt "github.com/beagle-emu/beagle/loader/machotest"
)

func ptr(v uint32) *uint32 { return &v }

// static is a static x86-64 program without entry point, to add to.
func static() *mt.Builder {
	b := mt.New(cpu.X86_64)
	b.Flags = mt.PIE
	b.PageZero(mt.TextBase)
	return b.Segment(mt.Segment{Name: "__TEXT", Addr: mt.TextBase, MaxProt: 5, Prot: 5, Data: mt.Text(cpu.X86_64, nil)})
}

// entry makes a program of it.
func entry(b *mt.Builder) mt.File { return b.UnixThread(mt.TextBase+mt.HeaderSpace, 0).Bytes() }

// seg is a data segment behind static's text.
func seg(change func(*mt.Segment)) mt.Segment {
	s := mt.Segment{Name: "__X", Addr: mt.TextBase + 0x10000, Size: 0x1000, MaxProt: 3, Prot: 3}
	change(&s)
	return s
}

func TestMalformed(t *testing.T) {
	build := func(f func(*mt.Builder)) mt.File {
		b := static()
		f(b)
		return entry(b)
	}
	segment := func(change func(*mt.Segment)) mt.File {
		return build(func(b *mt.Builder) { b.Segment(seg(change)) })
	}
	command := func(cmd uint32, body []byte) mt.File {
		return build(func(b *mt.Builder) { b.Command(cmd, body) })
	}
	raw := func(cmd []byte) mt.File { return build(func(b *mt.Builder) { b.Raw(cmd) }) }
	thread := func(w ...uint32) mt.File { return static().Command(5, mt.Words(w...)).Bytes() }
	x86, arm := mt.Slice(mt.Static(cpu.X86_64, nil, nil, 0)), mt.Slice(mt.Static(cpu.ARM64, nil, nil, 0))
	at := func(a mt.Arch64, off, size uint64) mt.Arch64 {
		a.Raw, a.Offset, a.Size = true, off, size
		return a
	}
	fatCount := func(n uint32) mt.File {
		f := mt.Fat(false, x86)
		binary.BigEndian.PutUint32(f[4:], n)
		return f
	}
	tests := []struct {
		name string
		file mt.File
		want loader.Reason // 0: loads
		text string        // part of the error
	}{
		// Not ours.
		{"empty", nil, loader.NotMachO, "empty"},
		{"ELF", mt.File("\x7fELF\x02\x01\x01"), loader.NotMachO, "ELF"},
		{"script", mt.File("#!/bin/sh\n"), loader.NotMachO, "script"},
		{"text", mt.File("hello, world\n"), loader.NotMachO, ""},
		{"magic alone", mt.File("\xcf\xfa\xed\xfe"), loader.NotMachO, ""},
		{"half a header", static().Bytes()[:20], loader.BadMachO, "header"},
		{"big endian", mt.File("\xfe\xed\xfa\xce\x00\x00\x00\x12\x00\x00\x00\x00"), loader.BadArch, "ppc"},
		{"dylib", build(func(b *mt.Builder) { b.FileType = mt.Dylib }), loader.SharedLib, "dynamic library"},
		{"object", build(func(b *mt.Builder) { b.FileType = 1 }), loader.SharedLib, "object"},
		{"i386", build(func(b *mt.Builder) { b.CPUType = mt.CPUX86; b.Magic = 0xfeedface }), loader.BadArch, "i386"},
		{"x86_64h", build(func(b *mt.Builder) { b.Subtype = 8 }), loader.BadArch, "x86_64h"},
		{"32-bit header for 64-bit code", build(func(b *mt.Builder) { b.Magic = 0xfeedface }), loader.BadMachO, "32-bit"},

		// The command list.
		{"no commands", mt.New(cpu.X86_64).Bytes(), loader.BadExec, "no entry point"},
		{"ncmds huge", build(func(b *mt.Builder) { b.NCmds = ptr(math.MaxUint32) }), loader.BadMachO, "outside sizeofcmds"},
		{"ncmds one too many", build(func(b *mt.Builder) { b.NCmds = ptr(4) }), loader.BadMachO, "outside sizeofcmds"},
		{"ncmds smaller", build(func(b *mt.Builder) { b.NCmds = ptr(2) }), loader.BadExec, "no entry point"},
		{"sizeofcmds huge", build(func(b *mt.Builder) { b.SizeOfCmds = ptr(math.MaxUint32) }), loader.BadMachO, ""},
		{"sizeofcmds zero", build(func(b *mt.Builder) { b.SizeOfCmds = ptr(0) }), loader.BadMachO, "outside sizeofcmds"},
		{"size zero", raw(mt.Words(0x99, 0)), loader.BadMachO, "has size 0"},
		{"size 7", raw(mt.Words(0x99, 7)), loader.BadMachO, "has size 7"},
		{"size huge", raw(mt.Words(0x99, math.MaxUint32)), loader.BadMachO, "runs out"},
		{"size that would wrap to the first command", raw(mt.Words(0x99, ^uint32(7))), loader.BadMachO, "runs out"},
		{"unknown, also with LC_REQ_DYLD", raw(mt.Words(0x80000099, 8)), 0, ""},
		{"odd size", raw(append(mt.Words(0x99, 9), 1)), 0, ""},

		// Segments.
		{"32-bit segment", command(1, make([]byte, 48)), loader.BadMachO, "32-bit segment"},
		{"short segment", command(0x19, make([]byte, 56)), loader.BadMachO, "segment command"},
		{"overlap", segment(func(s *mt.Segment) { s.Addr = mt.TextBase + 0x1000 }), loader.NoMemory, "in use"},
		{"overlap of file and zero fill", segment(func(s *mt.Segment) { s.Addr, s.Size = mt.TextBase-0x1000, 0x3000 }), loader.NoMemory, "page zero"},
		{"in page zero", segment(func(s *mt.Segment) { s.Addr = 0x5000 }), loader.NoMemory, "page zero"},
		{"wraps around", segment(func(s *mt.Segment) { s.Addr = 1<<64 - 0x1000; s.Size = 0x2000 }), loader.NoMemory, "wraps"},
		{"ends at 2^64", segment(func(s *mt.Segment) { s.Addr = 1<<64 - 0x1000 }), loader.NoMemory, ""},
		{"kernel half", segment(func(s *mt.Segment) { s.Addr = 1 << 63 }), loader.NoMemory, ""},
		{"huge", segment(func(s *mt.Segment) { s.Size = 1 << 62 }), loader.NoMemory, ""},
		{"huge and wrapping when rounded", segment(func(s *mt.Segment) { s.Size = math.MaxUint64 - s.Addr }), loader.NoMemory, "wraps"},
		{"no size", segment(func(s *mt.Segment) { s.Addr, s.Size = mt.TextBase, 0 }), 0, ""},
		{"offset beyond the file", segment(func(s *mt.Segment) { s.Raw, s.FileOff = true, 0x100000 }), loader.BadMachO, "beyond the file"},
		{"file size beyond the file", segment(func(s *mt.Segment) { s.Raw, s.FileOff, s.FileSize = true, 0x1000, 0x1001 }), loader.BadMachO, "beyond the file"},
		{"offset and size wrap", segment(func(s *mt.Segment) { s.Raw, s.FileOff, s.FileSize = true, 0x1000, ^uint64(0xfff) }), loader.BadMachO, "beyond the file"},
		{"offset not on a page", segment(func(s *mt.Segment) { s.Raw, s.FileOff, s.FileSize = true, 0x800, 0x100 }), loader.BadMachO, "page size"},
		{"file larger than memory", segment(func(s *mt.Segment) { s.Raw, s.FileOff, s.FileSize, s.Size = true, 0x1000, 0x1000, 1 }), 0, ""},
		{"sections do not fit", segment(func(s *mt.Segment) { s.NSects = 1 }), loader.BadMachO, "sections"},
		{"4 billion sections", segment(func(s *mt.Segment) { s.NSects = math.MaxUint32 }), loader.BadMachO, "sections"},
		{"section outside its segment is dyld's business", segment(func(s *mt.Segment) {
			s.Sections = []mt.Section{{Name: "__far", Segment: "__X", Addr: 1 << 60, Size: 1 << 60, Offset: 1 << 31}}
		}), 0, ""},
		{"two segments with the header", segment(func(s *mt.Segment) { s.Raw, s.FileSize, s.MaxProt, s.Prot = true, 0x1000, 5, 5 }), loader.BadMachO, "start of the file"},
		{"header not executable", mt.New(cpu.X86_64).PageZero(0x1000).
			Segment(mt.Segment{Name: "__TEXT", Addr: 0x1000, MaxProt: 1, Prot: 1, Data: mt.Text(cpu.X86_64, nil)}).
			UnixThread(0x2000, 0).Bytes(), loader.BadMachO, "start of the file"},
		{"header segment without size", mt.New(cpu.X86_64).PageZero(0x1000).
			Segment(mt.Segment{Name: "__TEXT", Addr: 0x1000, MaxProt: 5, Prot: 5, Raw: true, FileSize: 0x20}).
			LoadDylinker("/usr/lib/dyld").Main(0, 0).Bytes(), loader.BadMachO, "start of the file"},
		{"no header segment", mt.New(cpu.X86_64).PageZero(0x1000).
			Segment(mt.Segment{Name: "__TEXT", Addr: 0x1000, Size: 0x1000, MaxProt: 5, Prot: 5}).
			UnixThread(0x1000, 0).Bytes(), loader.BadMachO, "no segment holds"},
		{"no page zero", mt.New(cpu.X86_64).
			Segment(mt.Segment{Name: "__TEXT", Addr: 0x1000, MaxProt: 5, Prot: 5, Data: mt.Text(cpu.X86_64, nil)}).
			UnixThread(0x2000, 0).Bytes(), loader.BadMachO, "page zero"},
		{"page zero behind text", mt.New(cpu.X86_64).
			Segment(mt.Segment{Name: "__TEXT", Addr: 0x1000, MaxProt: 5, Prot: 5, Data: mt.Text(cpu.X86_64, nil)}).
			PageZero(0x10000).UnixThread(0x2000, 0).Bytes(), loader.NoMemory, "bad address"},
		{"page zero up to 2^64", mt.New(cpu.X86_64).PageZero(math.MaxUint64).
			Segment(mt.Segment{Name: "__TEXT", Addr: 0x1000, MaxProt: 5, Prot: 5, Data: mt.Text(cpu.X86_64, nil)}).
			UnixThread(0x2000, 0).Bytes(), loader.BadMachO, "page zero"},
		{"page zero of all memory", mt.New(cpu.X86_64).PageZero(1<<47).
			Segment(mt.Segment{Name: "__TEXT", Addr: 0x1000, MaxProt: 5, Prot: 5, Data: mt.Text(cpu.X86_64, nil)}).
			UnixThread(0x2000, 0).Bytes(), loader.BadExec, "page zero"},
		{"small page zero on arm64", mt.New(cpu.ARM64).PageZero(0x4000).
			Segment(mt.Segment{Name: "__TEXT", Addr: 0x4000, MaxProt: 5, Prot: 5, Data: mt.Text(cpu.ARM64, nil)}).
			UnixThread(0x5000, 0).Bytes(), loader.BadMachO, "page zero"},
		{"4 KiB layout on arm64", mt.New(cpu.ARM64).PageZero(mt.TextBase).
			Segment(mt.Segment{Name: "__TEXT", Addr: mt.TextBase, MaxProt: 5, Prot: 5, Data: mt.Text(cpu.ARM64, nil)}).
			Segment(mt.Segment{Name: "__X", Addr: mt.TextBase + 0x4000, Size: 0x1000, Raw: true, FileOff: 0x1000, FileSize: 0x1000}).
			UnixThread(mt.TextBase+0x1000, 0).Bytes(), loader.BadMachO, "page size 16384"},
		{"two read-only data segments", build(func(b *mt.Builder) {
			b.Segment(seg(func(s *mt.Segment) { s.Flags = 0x10 }))
			b.Segment(seg(func(s *mt.Segment) { s.Flags = 0x10; s.Addr += 0x1000 }))
		}), loader.BadMachO, "read-only"},
		{"protected text", build(func(b *mt.Builder) {
			b.Segment(seg(func(s *mt.Segment) { s.Flags = 8; s.Data = make([]byte, 0x4000); s.Size = 0x4000 }))
		}), loader.BadExec, "protected"},
		{"no access", segment(func(s *mt.Segment) { s.Prot, s.MaxProt = 0, 0 }), 0, ""},
		{"more than the maximum", segment(func(s *mt.Segment) { s.Prot, s.MaxProt = 3, 1 }), 0, ""},
		{"old UPX", segment(func(s *mt.Segment) { s.Name, s.NSects = "__XHDR", 1 }), loader.BadMachO, "UPX"},

		// Entry points.
		{"entry outside", static().UnixThread(0x7fff00000000, 0).Bytes(), loader.BadExec, "entry point"},
		{"entry at 0", static().UnixThread(0, 0).Bytes(), loader.BadExec, "address 0"},
		{"entry in data", static().Segment(seg(func(*mt.Segment) {})).UnixThread(mt.TextBase+0x10000, 0).Bytes(), loader.BadExec, "entry point"},
		{"two threads", static().UnixThread(mt.TextBase, 0).UnixThread(mt.TextBase, 0).Bytes(), loader.BadExec, "more than one"},
		{"LC_MAIN and LC_UNIXTHREAD", dynamic(cpu.X86_64, 0).UnixThread(mt.TextBase, 0).Bytes(), loader.BadExec, "more than one"},
		{"LC_UNIXTHREAD and LC_MAIN", static().UnixThread(mt.TextBase, 0).Main(0, 0).Bytes(), loader.BadExec, "more than one"},
		{"two LC_MAIN", dynamic(cpu.X86_64, 0).Main(0, 0).Bytes(), loader.BadExec, "more than one"},
		{"thread without state", thread(), loader.BadMachO, "without registers"},
		{"thread cut", static().Raw(append(mt.Words(5, 12), 4, 0, 0, 0)).Bytes(), loader.BadMachO, "ends inside"},
		{"thread count huge", thread(4, math.MaxUint32), loader.BadMachO, "words"},
		{"thread count 2^30", thread(4, 1<<30), loader.BadMachO, "words"},
		{"thread of i386", thread(append([]uint32{1, 16}, make([]uint32, 16)...)...), loader.BadExec, "thread state 1"},
		{"thread of arm64", thread(append([]uint32{6, 68}, make([]uint32, 68)...)...), loader.BadExec, "thread state 6"},
		{"short LC_MAIN", static().LoadDylinker("/usr/lib/dyld").Command(0x80000028, make([]byte, 8)).Bytes(), loader.BadMachO, "LC_MAIN"},
		{"LC_MAIN with an absurd stack", dynamic(cpu.X86_64, math.MaxUint64-0x1000).Bytes(), loader.BadMachO, "stack"},
		{"LC_MAIN without dylinker", static().Main(0x1000, 0).Bytes(), loader.BadExec, "LC_LOAD_DYLINKER"},
		{"LC_MAIN entry outside is dyld's business", dynamic(cpu.X86_64, 0).Bytes(), 0, ""},

		// Dynamic linker.
		{"dylinker path unterminated", command(0xe, append(mt.Words(12), "/usr/lib/dyldabcdefg"...)), loader.BadMachO, "path"},
		{"dylinker path outside", command(0xe, mt.Words(400, 0)), loader.BadMachO, "path"},
		{"dylinker without path", command(0xe, nil), loader.BadMachO, "path"},
		{"dylinker path empty", command(0xe, append(mt.Words(12), 0)), loader.BadMachO, "without a path"},
		{"two dylinkers", dynamic(cpu.X86_64, 0).LoadDylinker("/usr/lib/dyld").Bytes(), loader.BadExec, "too many"},
		{"dynamic without dylinker", build(func(b *mt.Builder) { b.Flags |= mt.DyldLink }), loader.BadExec, "LC_LOAD_DYLINKER"},
		{"dynamic arm64 without PIE", func() mt.File {
			b := dynamic(cpu.ARM64, 0)
			b.Flags = mt.DyldLink
			return b.Bytes()
		}(), loader.BadExec, "position independent"},

		// Identity.
		{"short UUID", command(0x1b, make([]byte, 8)), loader.BadMachO, "LC_UUID"},
		{"iOS", command(0x25, mt.Words(0xc0000, 0xc0000)), loader.Platform, "iOS"},
		{"iOS simulator", build(func(b *mt.Builder) { b.BuildVersion(7, 0, 0) }), loader.Platform, "simulator"},
		{"unknown platform", build(func(b *mt.Builder) { b.BuildVersion(77, 0, 0) }), loader.Platform, "77"},
		{"Catalyst", build(func(b *mt.Builder) { b.BuildVersion(6, 0, 0) }), 0, ""},
		{"two versions", build(func(b *mt.Builder) { b.BuildVersion(1, 0, 0).Command(0x24, mt.Words(0, 0)) }), loader.BadMachO, "more than one"},
		{"short version", command(0x24, nil), loader.BadMachO, "VERSION_MIN"},
		{"short build version", command(0x32, mt.Words(1, 2)), loader.BadMachO, "BUILD_VERSION"},
		{"encrypted", command(0x2c, mt.Words(0x1000, 0x1000, 1, 0)), loader.Encrypted, "encrypted"},
		{"decrypted", command(0x2c, mt.Words(0x1000, 0x1000, 0, 0)), 0, ""},
		{"encrypted by nobody", command(0x2c, mt.Words(0x1000, 0x1000, 5, 0)), loader.BadMachO, "encryption"},
		{"short encryption", command(0x21, mt.Words(0)), loader.BadMachO, "LC_ENCRYPTION_INFO"},
		{"signature outside the file", command(0x1d, mt.Words(0xfffffff0, 0xfffffff0)), 0, ""},

		// Fat files.
		{"fat header alone", mt.File("\xca\xfe\xba\xbe"), loader.NotMachO, ""},
		{"4 billion architectures", fatCount(math.MaxUint32), loader.BadMachO, "4294967295 architectures"},
		{"more architectures than file", mt.Fat(false, x86)[:100][:28:28], loader.BadMachO, "beyond the file"},
		{"205 architectures", fatCount(205), loader.BadMachO, "205"},
		{"slice beyond the file", mt.Fat(false, at(x86, 0x4000, 0x100000)), loader.BadMachO, "beyond the file"},
		{"slice that wraps", mt.Fat(false, at(x86, 0x4000, math.MaxUint32)), loader.BadMachO, "beyond the file"},
		{"64-bit slice that wraps", mt.Fat(true, at(x86, 0x4000, math.MaxUint64)), loader.BadMachO, "beyond the file"},
		{"64-bit slice far away", mt.Fat(true, at(x86, 1<<63, 0x4000)), loader.BadMachO, "beyond the file"},
		{"slice over the header", mt.Fat(false, at(x86, 8, 0x1000)), loader.BadMachO, "fat header"},
		{"slices overlap", mt.Fat(false, x86, at(arm, 0x4000, 0x1000)), loader.BadMachO, "overlap"},
		{"twice the same", mt.Fat(false, x86, x86), loader.BadMachO, "two x86_64 slices"},
		{"slice of something else", mt.Fat(false, mt.Arch64{CPUType: mt.CPUX8664, Subtype: 3, Data: make([]byte, 8192)}), loader.NotMachO, "not Mach-O"},
		{"slice without contents", mt.Fat(false, mt.Arch64{CPUType: mt.CPUX8664, Subtype: 3}), loader.BadMachO, ""},
		{"slice of another architecture", mt.Fat(false, mt.Arch64{CPUType: mt.CPUX8664, Subtype: 3, Data: arm.Data}), loader.BadArch, "the slice arm64"},
		{"fat in fat", mt.Fat(false, mt.Arch64{CPUType: mt.CPUX8664, Subtype: 3, Data: mt.Fat(false, x86)}), loader.NotMachO, "not Mach-O"},
		{"slice not on a page", func() mt.File {
			f := mt.Fat(false, x86)
			f = append(f[:0x4000:0x4000], append(make([]byte, 0x800), f[0x4000:]...)...)
			binary.BigEndian.PutUint32(f[16:], 0x4800)
			return f
		}(), loader.BadMachO, "page size"},
		{"segment beyond its slice", mt.Fat(false, at(x86, 0x4000, 0x1000)), loader.BadMachO, "beyond the file"},
	}
	for _, tt := range tests {
		_, _, err := load(t, tt.file, 0)
		switch {
		case tt.want == 0:
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
		case err == nil:
			t.Errorf("%s: loaded, want %v", tt.name, tt.want)
		case reason(t, err) != tt.want || !strings.Contains(err.Error(), tt.text):
			t.Errorf("%s: %v, want %v and %q", tt.name, err, tt.want, tt.text)
		}
	}
}

// Every prefix of a program is refused, whatever command it cuts.
func TestTruncated(t *testing.T) {
	for _, arch := range arches {
		whole := mt.Static(arch, []byte("code"), []byte("data"), 0x1000)
		files := []mt.File{whole, dynamic(arch, 0).Bytes(), mt.Fat(false, mt.Slice(whole)), mt.Fat(true, mt.Slice(whole))}
		for _, file := range files {
			for n := 0; n < len(file); n += 1 + n/2048*97 {
				if _, err := loader.Open(file[:n], nil); err == nil {
					t.Errorf("%v: the first %d of %d bytes are accepted", arch, n, len(file))
				} else {
					reason(t, err)
				}
			}
		}
	}
}

func TestSlide(t *testing.T) {
	file := mt.Static(cpu.X86_64, nil, nil, 0)
	f, err := loader.Open(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	space := newSpace(t, cpu.X86_64, 0)
	for slide, want := range map[uint64]loader.Reason{
		0x123:                       loader.Invalid,
		^uint64(0xfff):              loader.BadMachO, // page zero wraps
		1<<64 - 1<<32:               loader.BadMachO,
		1<<64 - mt.TextBase - 1<<12: loader.BadExec, // everything ends at 2^64
		1 << 47:                     loader.BadExec,
	} {
		if _, err := f.Load(space, file.Backing(), slide); err == nil || reason(t, err) != want {
			t.Errorf("slide %#x: %v, want %v", slide, err, want)
		}
	}
}
