package loader

import (
	"math"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// maxCommands bounds the load commands read into memory, in bytes. XNU's bound
// is what kalloc gives; no known program has more than a few hundred KiB.
const maxCommands = 16 << 20

// File is an opened, validated Mach-O slice: a program or a dynamic linker. It
// reads from its source again only in [File.CDHash].
type File struct {
	src      Source
	off      uint64 // of the slice in the source
	size     uint64 // of the slice
	arch     cpu.Arch
	subtype  uint32
	filetype FileType
	flags    uint32

	segs     []segment
	dylinker string
	uuid     [16]byte
	hasUUID  bool
	platform uint32
	minOS    uint32
	sdk      uint32
	versions int // LC_BUILD_VERSION and LC_VERSION_MIN_* commands seen

	dylibs    bool // names at least one library
	lcMain    bool
	stackSize uint64 // of LC_MAIN
	thread    bool   // LC_UNIXTHREAD
	regs      []uint64

	sigOff, sigSize uint32
	xhdr            bool // has a segment named __XHDR, as old UPX made
}

// segment is a segment as the file states it.
type segment struct {
	name              string
	addr, size        uint64
	fileOff, fileSize uint64
	initProt, maxProt mem.Prot
	flags             uint32
	// infoAddr, infoSize are of a section __all_image_info.
	infoAddr, infoSize uint64
}

// isPageZero is load_segment's test for the segment that only raises the
// lowest usable address.
func (s *segment) isPageZero() bool {
	return s.addr == 0 && s.fileSize == 0 && s.size != 0 && s.initProt == 0 && s.maxProt == 0
}

// Open reads and validates a program or dynamic linker. From a fat file (32- or
// 64-bit header) it takes the first architecture of prefer that is there;
// without prefer arm64, then x86_64. x86_64h slices are never taken, arm64e
// only when nothing else fits.
//
// Everything XNU refuses without looking at addresses is refused here, with
// XNU's errno. Static arm64 programs, which XNU runs only in development
// kernels, are accepted.
func Open(src Source, prefer []cpu.Arch) (*File, error) {
	head, all, err := openSource(src)
	if err != nil {
		return nil, err
	}
	s, arch, err := choose(all, prefer)
	if err != nil {
		return nil, err
	}
	return openSlice(src, head, s, arch)
}

// openSource reads the start of the file and lists its slices.
func openSource(src Source) ([]byte, []slice, error) {
	n, err := src.Size()
	if err != nil {
		return nil, nil, &Error{Reason: IO, Detail: "the size of the file", Err: err}
	}
	head := make([]byte, 4096)
	got, err := readAt(src, head, 0)
	if err != nil {
		return nil, nil, err
	}
	head = head[:min(int64(got), max(n, 0))]
	all, err := slices(head, uint64(max(n, 0)))
	return head, all, err
}

// openSlice validates one slice; head is the start of the file.
func openSlice(src Source, head []byte, s slice, arch cpu.Arch) (*File, error) {
	head, err := sliceHead(src, head, s)
	if err != nil {
		return nil, err
	}
	f := &File{src: src, off: s.off, size: s.size, arch: arch, subtype: s.subtype}
	ncmds, cmds, err := f.header(head, s)
	if err != nil {
		return nil, err
	}
	if err := eachCommand(cmds, ncmds, f.command); err != nil {
		return nil, f.upx(err)
	}
	if err := f.check(); err != nil {
		return nil, f.upx(err)
	}
	return f, nil
}

// sliceHead returns the first bytes of the slice, at most 4096, given those of
// the file.
func sliceHead(src Source, head []byte, s slice) ([]byte, error) {
	if s.off != 0 {
		head = make([]byte, 4096)
		n, err := readAt(src, head, s.off)
		if err != nil {
			return nil, err
		}
		head = head[:n]
	}
	return head[:min(uint64(len(head)), s.size)], nil
}

// readCommands returns the sizeofcmds bytes of load commands behind a header of
// headerSize bytes.
func readCommands(src Source, head []byte, s slice, headerSize int) ([]byte, error) {
	sizeofcmds := uint64(le.Uint32(head[20:]))
	if sizeofcmds > s.size-uint64(headerSize) {
		return nil, fail(BadMachO, "%d bytes of load commands in a file of %d", sizeofcmds, s.size)
	}
	if sizeofcmds > maxCommands {
		return nil, fail(NoMemory, "%d bytes of load commands", sizeofcmds)
	}
	if sizeofcmds <= uint64(len(head)-headerSize) {
		return head[headerSize:][:sizeofcmds], nil
	}
	cmds := make([]byte, sizeofcmds)
	n, err := readAt(src, cmds, s.off+uint64(headerSize))
	if err != nil {
		return nil, err
	}
	if n < len(cmds) {
		return nil, fail(BadMachO, "the file ends inside the load commands")
	}
	return cmds, nil
}

// upx names the usual cause of one kind of malformed file, which XNU reports
// as LOAD_BADMACHO_UPX.
func (f *File) upx(err error) error {
	if e, ok := err.(*Error); ok && e.Reason == BadMachO && f.xhdr {
		e.Detail += " (packed by an old UPX, as the __XHDR segment shows)"
	}
	return err
}

// header checks the mach_header_64 and returns the number and bytes of the load
// commands.
func (f *File) header(head []byte, s slice) (uint32, []byte, error) {
	if len(head) < header64Size {
		return 0, nil, fail(BadMachO, "the file ends inside the header")
	}
	if m := le.Uint32(head); m != magic64 {
		if m == magic32 {
			return 0, nil, fail(BadMachO, "a 32-bit header for %s code", f.arch)
		}
		if s.off != 0 {
			return 0, nil, fail(NotMachO, "the %s slice of the fat file is not Mach-O", f.arch)
		}
		return 0, nil, fail(NotMachO, "%s", describe(head))
	}
	cputype, subtype := le.Uint32(head[4:]), le.Uint32(head[8:])
	if cputype != s.cputype || subtype != s.subtype {
		return 0, nil, fail(BadArch, "the fat header says %s, the slice %s",
			archName(s.cputype, s.subtype), archName(cputype, subtype))
	}
	f.filetype, f.flags = FileType(le.Uint32(head[12:])), le.Uint32(head[24:])
	if f.filetype != Execute && f.filetype != Dylinker {
		return 0, nil, fail(SharedLib, "%s for %s", f.filetype, f.arch)
	}
	cmds, err := readCommands(f.src, head, s, header64Size)
	return le.Uint32(head[16:]), cmds, err
}

// command takes what the kernel needs of one load command. All others are
// dyld's business, also those it does not know and those with LC_REQ_DYLD.
func (f *File) command(c command) error {
	program := f.filetype == Execute
	switch c.cmd {
	case lcSegment:
		return fail(BadMachO, "a 32-bit segment in a 64-bit file")
	case lcSegment64:
		return f.segment(c)
	case lcUnixThread:
		return f.unixThread(c)
	case lcMain:
		if !program {
			return nil
		}
		if !c.has(24) {
			return fail(BadMachO, "LC_MAIN is too short")
		}
		if f.lcMain || f.thread {
			return fail(BadExec, "more than one of LC_MAIN and LC_UNIXTHREAD")
		}
		f.lcMain, f.stackSize = true, c.u64(16)
		if f.stackSize > math.MaxUint64-4*f.arch.PageSize() {
			return fail(BadMachO, "LC_MAIN asks for a stack of %#x bytes", f.stackSize)
		}
	case lcLoadDylinker:
		if !program || f.dylinker != "" {
			return fail(BadExec, "an LC_LOAD_DYLINKER too many")
		}
		name, ok := c.str(8)
		if !ok || !c.has(12) {
			return fail(BadMachO, "the path in LC_LOAD_DYLINKER does not end inside the command")
		}
		if name == "" {
			return fail(BadMachO, "LC_LOAD_DYLINKER without a path")
		}
		f.dylinker = name
	case lcLoadDylib, lcLoadWeakDylib, lcReexportDylib, lcUpwardDylib, lcLazyLoadDylib:
		f.dylibs = true
	case lcUUID:
		if !c.has(24) {
			return fail(BadMachO, "LC_UUID is too short")
		}
		copy(f.uuid[:], c.data[8:])
		f.hasUUID = true
	case lcCodeSignature:
		// A signature that is missing or broken is the business of code
		// signing enforcement, which we have not; XNU without it goes on too.
		if c.has(16) {
			f.sigOff, f.sigSize = c.u32(8), c.u32(12)
		}
	case lcEncryption, lcEncryption64:
		return f.encryption(c)
	case lcVersionMacOS, lcVersionIOS, lcVersionTVOS, lcVersionWatchOS:
		if !c.has(16) {
			return fail(BadMachO, "LC_VERSION_MIN is too short")
		}
		return f.version(minPlatform(c.cmd), c.u32(8), c.u32(12))
	case lcBuildVersion:
		if !c.has(24) {
			return fail(BadMachO, "LC_BUILD_VERSION is too short")
		}
		return f.version(c.u32(8), c.u32(12), c.u32(16))
	}
	return nil
}

func (f *File) version(platform, minOS, sdk uint32) error {
	if f.filetype != Execute {
		return nil
	}
	if f.versions++; f.versions > 1 {
		return fail(BadMachO, "more than one platform version")
	}
	f.platform, f.minOS, f.sdk = platform, minOS, sdk
	switch platform {
	case 0, platformMacOS, platformCatalyst, platformAny:
		return nil
	}
	return fail(Platform, "the program is made for %s", platformName(platform))
}

func (f *File) encryption(c command) error {
	if !c.has(20) {
		return fail(BadMachO, "LC_ENCRYPTION_INFO is too short")
	}
	switch id, size := c.u32(16), c.u32(12); {
	case id == 0:
		return nil
	case id != 1 && id != 0x10:
		return fail(BadMachO, "unknown encryption %d", id)
	case size == 0:
		return nil
	}
	return fail(Encrypted, "the text is encrypted, and only Apple's hardware has the key")
}

func (f *File) segment(c command) error {
	if !c.has(segmentSize) {
		return fail(BadMachO, "a segment command of %d bytes", len(c.data))
	}
	s := segment{
		name: cstring(c.data[8:24]), addr: c.u64(24), size: c.u64(32), fileOff: c.u64(40), fileSize: c.u64(48),
		maxProt: mem.Prot(c.u32(56) & 7), initProt: mem.Prot(c.u32(60) & 7), flags: c.u32(68),
	}
	if s.name == "__XHDR" {
		f.xhdr = true
	}
	if s.fileOff > f.size || s.fileSize > f.size-s.fileOff {
		return fail(BadMachO, "segment %q ends beyond the file", s.name)
	}
	nsects := uint64(c.u32(64))
	if nsects > uint64(len(c.data)-segmentSize)/sectionSize {
		return fail(BadMachO, "segment %q has %d sections in a command of %d bytes", s.name, nsects, len(c.data))
	}
	if page := f.arch.PageSize(); (f.off+s.fileOff)%page != 0 {
		return fail(BadMachO, "segment %q lies at offset %#x of the file, not a multiple of the page size %d",
			s.name, f.off+s.fileOff, page)
	}
	if s.flags&sgProtectedV1 != 0 && s.size != 0 && s.fileOff+s.fileSize > unprotectedHeader {
		return fail(BadExec, "segment %q is protected, which only Apple's own programs may be", s.name)
	}
	if f.filetype == Dylinker && (s.name == "__DATA" || s.name == "__DATA_DIRTY") {
		for i := range int(nsects) {
			sect := c.data[segmentSize+i*sectionSize:]
			if cstring(sect[:16]) == "__all_image_info" {
				s.infoAddr, s.infoSize = le.Uint64(sect[32:]), le.Uint64(sect[40:])
				break
			}
		}
	}
	f.segs = append(f.segs, s)
	return nil
}

// check is what parse_machfile checks after its passes over the commands.
func (f *File) check() error {
	var header, readOnly int
	for i := range f.segs {
		s := &f.segs[i]
		if s.fileOff == 0 && s.fileSize > 0 {
			// XNU overlooks that a header segment without size maps nothing.
			if header++; header > 1 || s.size == 0 || s.initProt&(mem.Read|mem.Exec) != mem.Read|mem.Exec {
				return fail(BadMachO, "segment %q must be the only one at the start of the file, and executable", s.name)
			}
		}
		if s.flags&sgReadOnly != 0 && s.size != 0 && !s.isPageZero() {
			if readOnly++; readOnly > 1 {
				return fail(BadMachO, "more than one read-only data segment")
			}
		}
	}
	if !f.lcMain && !f.thread {
		return fail(BadExec, "no entry point")
	}
	if header == 0 {
		return fail(BadMachO, "no segment holds the Mach-O header")
	}
	if f.filetype != Execute {
		return nil
	}
	if f.dynamic() && f.dylinker == "" {
		return fail(BadExec, "a dynamic program without LC_LOAD_DYLINKER")
	}
	if f.flags&mhDyldLink != 0 && f.arch == cpu.ARM64 && f.flags&mhPIE == 0 {
		return fail(BadExec, "a dynamic arm64 program must be position independent")
	}
	return nil
}

// dynamic reports whether the program cannot start without a dynamic linker.
func (f *File) dynamic() bool { return f.lcMain || f.flags&mhDyldLink != 0 }

// Arch returns the architecture of the slice.
func (f *File) Arch() cpu.Arch { return f.arch }

// ARM64E reports whether the slice is made for pointer authentication.
func (f *File) ARM64E() bool { return f.arch == cpu.ARM64 && f.subtype&subtypeMask == subARM64E }

// CPUSubtype returns the header's cpusubtype with its feature bits.
func (f *File) CPUSubtype() uint32 { return f.subtype }

// Type returns the file type: [Execute] or [Dylinker]. Only the first may be
// executed; XNU answers ENOEXEC for the other.
func (f *File) Type() FileType { return f.filetype }

// Dylinker returns the path of the dynamic linker that the program needs, ""
// for a static program.
//
// A program that has LC_LOAD_DYLINKER but is not marked MH_DYLDLINK, starts by
// LC_UNIXTHREAD and names no library counts as static: Go up to 1.10 writes
// such programs. XNU maps dyld for them too, which finds nothing to do and
// jumps to the program with the stack as a static program has it.
func (f *File) Dylinker() string {
	if f.dynamic() || f.dylibs {
		return f.dylinker
	}
	return ""
}

// PIE reports whether the image may be slid.
func (f *File) PIE() bool { return f.flags&mhPIE != 0 || f.filetype == Dylinker }

// Flags returns the MH_ flags of the header.
func (f *File) Flags() uint32 { return f.flags }

// UUID returns the build's identity, and false if it has none.
func (f *File) UUID() ([16]byte, bool) { return f.uuid, f.hasUUID }

// Platform returns the PLATFORM_ number, minimum system and SDK, the latter two
// as X.Y.Z in nibbles xxxx.yy.zz. All are 0 in programs older than these fields.
func (f *File) Platform() (platform, minOS, sdk uint32) { return f.platform, f.minOS, f.sdk }

// Slice returns where the slice lies in the source, in bytes.
func (f *File) Slice() (offset, size uint64) { return f.off, f.size }
