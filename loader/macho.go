package loader

import (
	"encoding/binary"
	"fmt"

	"github.com/beagle-emu/beagle/cpu"
)

// Numbers of the Mach-O format, as <mach-o/loader.h>, <mach-o/fat.h> and
// <mach/machine.h> give them.
const (
	magic32   = 0xfeedface
	magic64   = 0xfeedfacf
	magic32BE = 0xcefaedfe
	magic64BE = 0xcffaedfe
	magicFat  = 0xcafebabe // read big endian
	magicFat6 = 0xcafebabf

	header64Size = 32
	segmentSize  = 72 // segment_command_64
	sectionSize  = 80 // section_64

	cpuX86    = 7
	cpuARM    = 12
	cpuPPC    = 18
	cpuABI64  = 0x01000000
	cpuABI32  = 0x02000000
	cpuX86_64 = cpuX86 | cpuABI64
	cpuARM64  = cpuARM | cpuABI64

	subtypeMask = 0x00ffffff // the rest are feature bits
	subX86All   = 3
	subX86H     = 8
	subARM64All = 0
	subARM64V8  = 1
	subARM64E   = 2

	mhDyldLink = 0x4
	mhTwoLevel = 0x80
	mhPIE      = 0x200000

	reqDyld           = 0x80000000
	lcSegment         = 0x1
	lcSymtab          = 0x2
	lcUnixThread      = 0x5
	lcDysymtab        = 0xb
	lcLoadDylib       = 0xc
	lcIDDylib         = 0xd
	lcLoadDylinker    = 0xe
	lcIDDylinker      = 0xf
	lcLoadWeakDylib   = 0x18 | reqDyld
	lcSegment64       = 0x19
	lcUUID            = 0x1b
	lcRpath           = 0x1c | reqDyld
	lcCodeSignature   = 0x1d
	lcReexportDylib   = 0x1f | reqDyld
	lcLazyLoadDylib   = 0x20
	lcEncryption      = 0x21
	lcDyldInfo        = 0x22
	lcDyldInfoOnly    = 0x22 | reqDyld
	lcUpwardDylib     = 0x23 | reqDyld
	lcVersionMacOS    = 0x24
	lcVersionIOS      = 0x25
	lcMain            = 0x28 | reqDyld
	lcEncryption64    = 0x2c
	lcVersionTVOS     = 0x2f
	lcVersionWatchOS  = 0x30
	lcBuildVersion    = 0x32
	lcChainedFixups   = 0x34 | reqDyld
	lcThreadStateX86  = 4  // x86_THREAD_STATE64
	lcThreadCountX86  = 42 // in 32-bit words
	lcThreadStateARM  = 6  // ARM_THREAD_STATE64
	lcThreadCountARM  = 68
	sgProtectedV1     = 0x8
	sgReadOnly        = 0x10
	unprotectedHeader = 3 * 4096 // APPLE_UNPROTECTED_HEADER_SIZE
)

// FileType is a Mach-O file's MH_ type.
type FileType uint32

// The file types.
const (
	Object     FileType = 1
	Execute    FileType = 2
	Core       FileType = 4
	Dylib      FileType = 6
	Dylinker   FileType = 7
	Bundle     FileType = 8
	DSYM       FileType = 10
	KextBundle FileType = 11
	FileSet    FileType = 12
)

// String returns what people call such a file.
func (t FileType) String() string {
	switch t {
	case Object:
		return "object file"
	case Execute:
		return "executable"
	case Core:
		return "core file"
	case Dylib:
		return "dynamic library"
	case Dylinker:
		return "dynamic linker"
	case Bundle:
		return "bundle"
	case DSYM:
		return "debug symbols"
	case KextBundle:
		return "kernel extension"
	case FileSet:
		return "file set"
	}
	return fmt.Sprintf("file type %d", uint32(t))
}

// The platforms that run here. Catalyst programs are macOS programs as far as
// the kernel can tell; what they miss is libraries.
const (
	platformMacOS    = 1
	platformIOS      = 2
	platformTVOS     = 3
	platformWatchOS  = 4
	platformCatalyst = 6
	platformAny      = 0xffffffff
)

// minPlatform returns the platform that an LC_VERSION_MIN command means.
func minPlatform(cmd uint32) uint32 {
	switch cmd {
	case lcVersionIOS:
		return platformIOS
	case lcVersionTVOS:
		return platformTVOS
	case lcVersionWatchOS:
		return platformWatchOS
	}
	return platformMacOS
}

func platformName(p uint32) string {
	names := [...]string{"unknown", "macOS", "iOS", "tvOS", "watchOS", "bridgeOS", "Mac Catalyst", "iOS simulator",
		"tvOS simulator", "watchOS simulator", "DriverKit", "visionOS", "visionOS simulator", "firmware", "sepOS"}
	if p == platformAny {
		return "any platform"
	}
	if int64(p) < int64(len(names)) {
		return names[p]
	}
	return fmt.Sprintf("platform %d", p)
}

// archName returns the name that lipo gives a cputype and cpusubtype.
func archName(cputype, sub uint32) string {
	sub &= subtypeMask
	switch cputype {
	case cpuX86:
		return "i386"
	case cpuX86_64:
		if sub == subX86H {
			return "x86_64h"
		}
		return "x86_64"
	case cpuARM:
		return "arm (32 bit)"
	case cpuARM64:
		if sub == subARM64E {
			return "arm64e"
		}
		return "arm64"
	case cpuARM | cpuABI32:
		return "arm64_32"
	case cpuPPC:
		return "ppc"
	case cpuPPC | cpuABI64:
		return "ppc64"
	}
	return fmt.Sprintf("cputype %d", cputype)
}

// archOf says which of our architectures runs such code, and how well: 0 not at
// all, otherwise higher is better. The order is that of grade_binary() in
// bsd/dev/{i386,arm}/kern_machdep.c for a machine without AVX2 (so x86_64h is
// no candidate) and with arm64e last instead of first, because third-party
// arm64e is a preview ABI.
func archOf(cputype, sub uint32) (cpu.Arch, int) {
	switch cputype {
	case cpuX86_64:
		if sub&subtypeMask == subX86All {
			return cpu.X86_64, 3
		}
	case cpuARM64:
		switch sub & subtypeMask {
		case subARM64V8:
			return cpu.ARM64, 3
		case subARM64All:
			return cpu.ARM64, 2
		case subARM64E:
			return cpu.ARM64, 1
		}
	}
	return 0, 0
}

var (
	le = binary.LittleEndian
	be = binary.BigEndian
)

// cstring returns the text of a fixed-size, NUL-padded name.
func cstring(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// command is one load command of a validated list.
type command struct {
	cmd  uint32
	data []byte // the whole command, cmd and cmdsize included
}

func (c command) u32(off int) uint32 { return le.Uint32(c.data[off:]) }
func (c command) u64(off int) uint64 { return le.Uint64(c.data[off:]) }

// has reports whether the command is at least n bytes long.
func (c command) has(n int) bool { return len(c.data) >= n }

// str returns the lc_str whose offset lies at off.
func (c command) str(off int) (string, bool) {
	if !c.has(off + 4) {
		return "", false
	}
	at := c.u32(off)
	if uint64(at) >= uint64(len(c.data)) {
		return "", false
	}
	for i, b := range c.data[at:] {
		if b == 0 {
			return string(c.data[at:][:i]), true
		}
	}
	return "", false
}

// eachCommand walks the load commands of cmds, which starts behind the header.
// A count or size that leads outside is an error, as in parse_machfile; what
// lies behind the last command is ignored, as there.
func eachCommand(cmds []byte, ncmds uint32, f func(command) error) error {
	for i := uint32(0); i < ncmds; i++ {
		if len(cmds) < 8 {
			return fail(BadMachO, "load command %d of %d lies outside sizeofcmds", i, ncmds)
		}
		size := le.Uint32(cmds[4:])
		if size < 8 {
			return fail(BadMachO, "load command %d has size %d", i, size)
		}
		if uint64(size) > uint64(len(cmds)) {
			return fail(BadMachO, "load command %d runs out of sizeofcmds", i)
		}
		if err := f(command{le.Uint32(cmds), cmds[:size]}); err != nil {
			return err
		}
		cmds = cmds[size:]
	}
	return nil
}
