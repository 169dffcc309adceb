package loader

import (
	"bytes"
	"fmt"
	"io"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// Info is what a file is and what it needs, for people.
type Info struct {
	// Fat says that the file has a fat header, if only with one slice.
	Fat    bool
	Slices []SliceInfo
}

// SliceInfo describes one architecture of a file.
type SliceInfo struct {
	// Arch is lipo's name: "x86_64", "arm64e", "i386"...
	Arch string
	// Offset and Size are of the slice in the file, in bytes.
	Offset, Size uint64
	// Refused is why [Open] would refuse the slice, nil for a program or
	// dynamic linker that it takes.
	Refused error
	// Problems are the parts that could not be read, one line each.
	Problems []string

	Type  FileType
	Flags uint32
	PIE   bool
	// Static says that a program needs no dynamic linker; see [File.Dylinker].
	Static bool
	// Platform is "macOS", "iOS"...; MinOS and SDK are versions. They are empty
	// in old files.
	Platform, MinOS, SDK string
	// UUID is in the usual form, or empty.
	UUID string
	// Entry is "LC_MAIN", "LC_UNIXTHREAD" or empty. EntryAt is LC_MAIN's file
	// offset or LC_UNIXTHREAD's address.
	Entry     string
	EntryAt   uint64
	StackSize uint64
	// Dylinker is the path in LC_LOAD_DYLINKER; InstallName that of a library.
	Dylinker, InstallName string
	// Dylibs are in ordinal order: Dylibs[0] has ordinal 1.
	Dylibs   []DylibInfo
	Rpaths   []string
	Segments []SegmentInfo
	// Fixups is "chained", "dyld_info", "classic" or empty. PointerFormats are
	// chained fixups' DYLD_CHAINED_PTR_ numbers, ImportFormat their
	// DYLD_CHAINED_IMPORT number.
	Fixups         string
	PointerFormats []uint16
	ImportFormat   uint32
	Imports        []Import
	Signature      *SignatureInfo
	Encrypted      bool
}

// DylibInfo is a library that a file needs.
type DylibInfo struct {
	Path string
	// Kind is "", "weak", "reexport", "upward" or "lazy".
	Kind string
	// Current and Compatibility are versions.
	Current, Compatibility string
}

// SegmentInfo is a segment with its sections' names.
type SegmentInfo struct {
	Name              string
	Addr, Size        uint64
	FileOff, FileSize uint64
	Prot, MaxProt     mem.Prot
	Flags             uint32
	Sections          []string
}

// The ordinals of imports that belong to no particular library.
const (
	OrdinalSelf = 0
	OrdinalMain = -1
	OrdinalFlat = -2
	// OrdinalWeak: the first definition of any library, the image's own
	// included.
	OrdinalWeak = -3
)

// Import is a symbol that dyld has to find.
type Import struct {
	Name string
	// Ordinal counts Dylibs from 1, or is one of the Ordinal constants.
	Ordinal int
	// Weak imports may be missing. Lazy ones are bound when first called.
	Weak, Lazy bool
}

// Library returns the path of the library that the import names, or a word for
// an ordinal that names none.
func (s *SliceInfo) Library(i Import) string {
	switch {
	case i.Ordinal >= 1 && i.Ordinal <= len(s.Dylibs):
		return s.Dylibs[i.Ordinal-1].Path
	case i.Ordinal == OrdinalSelf:
		return "this image"
	case i.Ordinal == OrdinalMain:
		return "the main program"
	case i.Ordinal == OrdinalFlat:
		return "any library"
	case i.Ordinal == OrdinalWeak:
		return "any library (weak)"
	}
	return fmt.Sprintf("no library (ordinal %d)", i.Ordinal)
}

// SignatureInfo is what the code signature says; it is not verified.
type SignatureInfo struct {
	Identifier, Team string
	Adhoc            bool
	// Flags are CS_ flags of the code directory.
	Flags  uint32
	CDHash []byte
	// Entitlements says that there are some.
	Entitlements bool
}

// Inspect describes every slice of a file of any Mach-O type. It fails only if
// the file as a whole is not Mach-O; what is wrong inside a slice is said
// there. Memory and time are bounded by a small multiple of the file's size.
func Inspect(src Source) (*Info, error) {
	head, all, err := openSource(src)
	if err != nil {
		return nil, err
	}
	magic := be.Uint32(head)
	info := &Info{Fat: magic == magicFat || magic == magicFat6, Slices: make([]SliceInfo, len(all))}
	for i, s := range all {
		info.Slices[i] = inspectSlice(src, head, s)
	}
	return info, nil
}

// inspector is the state of one slice's inspection.
type inspector struct {
	*SliceInfo
	r     *io.SectionReader
	cpu   cpu.Arch
	is64  bool
	names nameBudget
	// Tables of __LINKEDIT: offset and size.
	symtab, strtab, undefined span
	chained, bind, lazyBind   span
	signature                 span
	nsyms                     uint64
	dysymtab                  bool
}

// span is a part of a slice.
type span struct{ off, size uint64 }

func (s *SliceInfo) problem(format string, args ...any) {
	const limit = 20
	if len(s.Problems) < limit {
		s.Problems = append(s.Problems, fmt.Sprintf(format, args...))
	}
}

func inspectSlice(src Source, fileHead []byte, s slice) SliceInfo {
	in := inspector{SliceInfo: &SliceInfo{Arch: archName(s.cputype, s.subtype), Offset: s.off, Size: s.size}}
	if s.cputype == cpuARM64 {
		in.cpu = cpu.ARM64
	}
	if arch, grade := archOf(s.cputype, s.subtype); grade == 0 {
		in.Refused = fail(BadArch, "the code is %s; Beagle runs x86_64 and arm64", in.Arch)
	} else if _, err := openSlice(src, fileHead, s, arch); err != nil {
		in.Refused = err
	}
	head, err := sliceHead(src, fileHead, s)
	if err != nil {
		in.problem("%v", err)
		return *in.SliceInfo
	}
	size := 28
	if len(head) >= 4 && le.Uint32(head) == magic64 {
		in.is64, size = true, header64Size
	}
	if len(head) < size || !in.is64 && le.Uint32(head) != magic32 {
		in.problem("the slice is not Mach-O")
		return *in.SliceInfo
	}
	in.r = io.NewSectionReader(src, int64(s.off), int64(s.size))
	in.Type, in.Flags = FileType(le.Uint32(head[12:])), le.Uint32(head[24:])
	in.PIE = in.Flags&mhPIE != 0 || in.Type == Dylinker
	cmds, err := readCommands(src, head, s, size)
	if err == nil {
		err = eachCommand(cmds, le.Uint32(head[16:]), func(c command) error {
			if !in.command(c) {
				in.problem("load command %#x of %d bytes is malformed", c.cmd, len(c.data))
			}
			return nil
		})
	}
	if err != nil {
		in.problem("%v", err)
	}
	in.Static = in.Type == Execute && (in.Dylinker == "" ||
		in.Flags&mhDyldLink == 0 && in.Entry != "LC_MAIN" && len(in.Dylibs) == 0)
	in.imports()
	in.readSignature()
	return *in.SliceInfo
}

var dylibKinds = map[uint32]string{lcLoadDylib: "", lcLoadWeakDylib: "weak", lcReexportDylib: "reexport",
	lcUpwardDylib: "upward", lcLazyLoadDylib: "lazy"}

// command notes one load command and reports whether it is well formed.
func (in *inspector) command(c command) bool {
	switch c.cmd {
	case lcSegment, lcSegment64:
		return in.segment(c)
	case lcLoadDylib, lcLoadWeakDylib, lcReexportDylib, lcUpwardDylib, lcLazyLoadDylib, lcIDDylib:
		path, ok := c.str(8)
		if !ok || !c.has(24) {
			// The ordinals of the others must stay right.
			path, ok = "?", false
		}
		if c.cmd == lcIDDylib {
			in.InstallName = path
			return ok
		}
		d := DylibInfo{Path: path, Kind: dylibKinds[c.cmd]}
		if ok {
			d.Current, d.Compatibility = version(c.u32(16)), version(c.u32(20))
		}
		in.Dylibs = append(in.Dylibs, d)
		return ok
	case lcLoadDylinker, lcRpath:
		path, ok := c.str(8)
		if c.cmd == lcRpath {
			in.Rpaths = append(in.Rpaths, path)
		} else {
			in.Dylinker = path
		}
		return ok
	case lcMain:
		if !c.has(24) {
			return false
		}
		in.Entry, in.EntryAt, in.StackSize = "LC_MAIN", c.u64(8), c.u64(16)
	case lcUnixThread:
		in.Entry = "LC_UNIXTHREAD"
		f := File{arch: in.cpu}
		if in.is64 && f.unixThread(c) == nil {
			in.EntryAt = f.regs[f.arch.PCIndex()]
		}
	case lcUUID:
		if !c.has(24) {
			return false
		}
		u := c.data[8:24]
		in.UUID = fmt.Sprintf("%X-%X-%X-%X-%X", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
	case lcVersionMacOS, lcVersionIOS, lcVersionTVOS, lcVersionWatchOS:
		if !c.has(16) {
			return false
		}
		in.Platform, in.MinOS, in.SDK = platformName(minPlatform(c.cmd)), version(c.u32(8)), version(c.u32(12))
	case lcBuildVersion:
		if !c.has(24) {
			return false
		}
		in.Platform, in.MinOS, in.SDK = platformName(c.u32(8)), version(c.u32(12)), version(c.u32(16))
	case lcEncryption, lcEncryption64:
		in.Encrypted = c.has(20) && c.u32(16) != 0
		return c.has(20)
	default:
		return in.table(c)
	}
	return true
}

// table notes the commands that say where __LINKEDIT's tables are.
func (in *inspector) table(c command) bool {
	at := func(i int) span { return span{uint64(c.u32(i)), uint64(c.u32(i + 4))} }
	switch c.cmd {
	case lcSymtab:
		if !c.has(24) {
			return false
		}
		entry := uint64(12)
		if in.is64 {
			entry = 16
		}
		in.nsyms = uint64(c.u32(12))
		in.symtab, in.strtab = span{uint64(c.u32(8)), in.nsyms * entry}, at(16)
	case lcDysymtab:
		if !c.has(80) {
			return false
		}
		in.dysymtab, in.undefined = true, at(24) // iundefsym, nundefsym
	case lcDyldInfo, lcDyldInfoOnly:
		if !c.has(48) {
			return false
		}
		in.bind, in.lazyBind = at(16), at(32)
		in.Fixups = "dyld_info"
	case lcChainedFixups:
		if !c.has(16) {
			return false
		}
		in.chained = at(8)
		in.Fixups = "chained"
	case lcCodeSignature:
		if !c.has(16) {
			return false
		}
		in.signature = at(8)
	}
	return true
}

func (in *inspector) segment(c command) bool {
	s := SegmentInfo{}
	head, sect := segmentSize, sectionSize
	if c.cmd == lcSegment {
		head, sect = 56, 68
	}
	if !c.has(head) {
		return false
	}
	s.Name = cstring(c.data[8:24])
	if c.cmd == lcSegment64 {
		s.Addr, s.Size, s.FileOff, s.FileSize = c.u64(24), c.u64(32), c.u64(40), c.u64(48)
	} else {
		s.Addr, s.Size, s.FileOff, s.FileSize = uint64(c.u32(24)), uint64(c.u32(28)), uint64(c.u32(32)), uint64(c.u32(36))
	}
	s.MaxProt, s.Prot = mem.Prot(c.u32(head-16)&7), mem.Prot(c.u32(head-12)&7)
	s.Flags = c.u32(head - 4)
	n := uint64(c.u32(head - 8))
	fits := uint64(len(c.data)-head) / uint64(sect)
	for i := range int(min(n, fits)) {
		s.Sections = append(s.Sections, cstring(c.data[head+i*sect:][:16]))
	}
	in.Segments = append(in.Segments, s)
	return n <= fits
}

// version formats xxxx.yy.zz, without a last part of 0.
func version(v uint32) string {
	if v&0xff == 0 {
		return fmt.Sprintf("%d.%d", v>>16, v>>8&0xff)
	}
	return fmt.Sprintf("%d.%d.%d", v>>16, v>>8&0xff, v&0xff)
}

// readSignature fills in Signature.
func (in *inspector) readSignature() {
	if in.signature.size == 0 {
		return
	}
	if err := in.signatureInfo(); err != nil {
		in.problem("code signature: %v", err)
	}
}

func (in *inspector) signatureInfo() error {
	s, err := readSignature(in.r, in.signature.off, in.signature.size)
	if err != nil {
		return err
	}
	dir, head, err := s.directory(in.r)
	if err != nil {
		return err
	}
	info := &SignatureInfo{Flags: be.Uint32(head[12:]), Adhoc: be.Uint32(head[12:])&csAdhoc != 0}
	if info.CDHash, err = s.cdHash(in.r); err != nil {
		return err
	}
	info.Identifier = in.csString(dir, be.Uint32(head[20:]))
	var team [4]byte
	if be.Uint32(head[8:]) >= 0x20200 && dir.size >= 52 && readFull(in.r, team[:], dir.off+48) == nil {
		info.Team = in.csString(dir, be.Uint32(team[:]))
	}
	for _, b := range s.blobs {
		if b.slot == csSlotEntitle && b.magic == csEntitlements && b.size > 8 {
			info.Entitlements = true
		}
	}
	in.Signature = info
	return nil
}

// csString reads a string of a code directory, "" if it is not one.
func (in *inspector) csString(dir csBlob, off uint32) string {
	if off == 0 || uint64(off) >= dir.size {
		return ""
	}
	b := make([]byte, min(dir.size-uint64(off), 1024))
	n, err := readAt(in.r, b, dir.off+uint64(off))
	end := bytes.IndexByte(b[:n], 0)
	if err != nil || end < 0 {
		return ""
	}
	return string(b[:end])
}
