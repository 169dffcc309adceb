// Package abi states what a 64-bit Darwin program sees of its kernel: numbers,
// names and memory layouts. It knows no mechanism and imports nothing of
// Beagle, so that every other package may use it.
//
// Names are Darwin's own spelling, so that a reader can look them up in XNU's
// headers. Every layout is a plain struct of fixed-size fields whose
// encoding/binary size is Darwin's size; layout_test.go pins sizes and field
// offsets to the published ones. Both of Darwin's architectures are
// little-endian LP64, so one layout serves both unless its name says otherwise.
package abi

// Types of arguments and fields, by the name of the Darwin type they stand for.
type (
	FD    int32  // file descriptor (int)
	Size  uint64 // user_size_t
	SSize int64  // user_ssize_t
	Off   int64  // off_t
	Ptr   uint64 // user_addr_t: an address in the guest
	PID   int32  // pid_t
	UID   uint32 // uid_t
	GID   uint32 // gid_t
	Mode  uint16 // mode_t
	Dev   int32  // dev_t: major in bits 24-31, minor in bits 0-23
	Ino   uint64 // ino64_t
	Port  uint32 // mach_port_name_t
	ID    uint32 // id_t
)

// MakeDev packs a device number as Darwin's makedev does (bsd/sys/types.h).
func MakeDev(major, minor uint32) Dev {
	return Dev(major<<24 | minor&0xffffff)
}

// Major returns the device's major number, 0 to 255.
func (d Dev) Major() uint32 { return uint32(d) >> 24 }

// Minor returns the device's minor number, 0 to 0xffffff.
func (d Dev) Minor() uint32 { return uint32(d) & 0xffffff }

// Page sizes of the two architectures, in bytes (osfmk/mach/*/vm_param.h).
const (
	PageSizeX86   = 4096
	PageSizeARM64 = 16384
)

// Arch names one of the two instruction sets that 64-bit Darwin runs on. A
// layout that differs between them takes one.
type Arch uint8

const (
	ArchX86_64 Arch = iota + 1
	ArchARM64
)

// String returns the name that Apple's tools use: "x86_64" or "arm64".
func (a Arch) String() string {
	switch a {
	case ArchX86_64:
		return "x86_64"
	case ArchARM64:
		return "arm64"
	}
	return "unknown architecture"
}
