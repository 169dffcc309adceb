// Package mem is guest memory: the machine's physical frames and, over them, the
// address space of each guest process.
//
// A [Physical] is one host arena of 4 KiB frames. A [Space] is what XNU calls a
// vm_map: regions with protections, and a page table that says where in the arena
// the pages that exist at this moment are. Memory is committed when it is first
// touched, shared copy-on-write by [Space.Fork], and never handed out as a Go
// slice: the kernel reads and writes guest bytes by [Space.CopyIn] and its kin,
// the engine by walking the page table at [Space.Root] and calling [Space.Fault]
// for what the table does not allow.
//
// # Page table
//
// With pn = address >> [Space.PageShift]: the root has 4096 host pointers indexed
// by (pn>>23)&4095, a middle table 4096 host pointers indexed by (pn>>11)&4095, a
// leaf 2048 entries indexed by pn&2047. Zero means absent at every level, and so
// does any address of 1<<47 or more. In a leaf entry bits 0 to 2 are the accesses
// (R 1, W 2, X 4) the hardware may make without asking, bit 3 says present, bits
// 12 to 47 are the page's byte offset in the arena. The other bits are private to
// this package. Tables are outside the Go heap and do not move.
//
// # Concurrency
//
// A Space is used by one goroutine at a time, and so are two Spaces while Share
// works on both. Different Spaces of one Physical may be used at the same time:
// Physical and Object lock for themselves. The functions given to OnCodeChange
// and OnStore are called without locks held, on the goroutine that caused them.
//
// # Sizes and addresses
//
// All are bytes. Unless a method says otherwise a range is widened to whole pages
// as vm_map_trunc_page and vm_map_round_page do; a range whose end wraps past 2^64
// is ErrBadAddress; an empty range is no work and no error, as in vm_deallocate
// and vm_protect, but mapping zero bytes is ErrBadAddress, as in vm_map_enter.
package mem

import (
	"errors"
	"fmt"
)

// Prot is a set of allowed accesses, with the values of Darwin's VM_PROT_*.
type Prot uint8

// The accesses a region can allow.
const (
	None  Prot = 0
	Read  Prot = 1
	Write Prot = 2
	Exec  Prot = 4

	protAll = Read | Write | Exec
)

// String gives the form vmmap(1) prints: "rw-", "r-x".
func (p Prot) String() string {
	b := [3]byte{'-', '-', '-'}
	for i, c := range [3]byte{'r', 'w', 'x'} {
		if p&(1<<i) != 0 {
			b[i] = c
		}
	}
	return string(b[:])
}

// Access is one kind of memory access.
type Access uint8

// The accesses that can fault.
const (
	Load Access = iota
	Store
	Fetch
)

func (a Access) String() string {
	switch a {
	case Load:
		return "load"
	case Store:
		return "store"
	case Fetch:
		return "fetch"
	}
	return "?"
}

// prot is the protection bit an access needs.
func (a Access) prot() Prot { return 1 << a }

// FaultKind says why an access cannot be made.
type FaultKind uint8

// The reasons for a FaultError, with what XNU makes of each.
const (
	// Unmapped: nothing is mapped there (KERN_INVALID_ADDRESS).
	Unmapped FaultKind = iota
	// Denied: the region does not allow the access (KERN_PROTECTION_FAILURE).
	Denied
	// PastEOF: past the end of the mapped file or object, or the file could not
	// be read (KERN_MEMORY_ERROR, SIGBUS).
	PastEOF
	// NoMemory: the commit limit is reached (KERN_RESOURCE_SHORTAGE).
	NoMemory
)

func (k FaultKind) String() string {
	switch k {
	case Unmapped:
		return "not mapped"
	case Denied:
		return "not allowed"
	case PastEOF:
		return "past the end of the file"
	case NoMemory:
		return "out of memory"
	}
	return "?"
}

// FaultError is an access that could not be made.
type FaultError struct {
	Addr   uint64 // the first byte that cannot be accessed
	Access Access
	Kind   FaultKind
}

func (e *FaultError) Error() string {
	return fmt.Sprintf("%s at %#x: %s", e.Access, e.Addr, e.Kind)
}

// Errors of the mapping calls. They are compared with ==.
var (
	ErrNoSpace    = errors.New("no address range is free")                    // KERN_NO_SPACE
	ErrBadAddress = errors.New("bad address, size or alignment")              // KERN_INVALID_ARGUMENT, KERN_INVALID_ADDRESS of a range outside the map
	ErrExists     = errors.New("address range is in use")                     // KERN_NO_SPACE of a fixed mapping
	ErrLimit      = errors.New("address space limit reached")                 // RLIMIT_AS, or too many regions
	ErrUnmapped   = errors.New("address range has a hole")                    // KERN_INVALID_ADDRESS
	ErrProtection = errors.New("protection exceeds the maximum")              // KERN_PROTECTION_FAILURE
	ErrNoMemory   = errors.New("commit limit reached")                        // KERN_RESOURCE_SHORTAGE
	ErrTooLong    = errors.New("string is not terminated within its maximum") // ENAMETOOLONG of copyinstr
)

// Inherit says what a fork does with a region, with the values of VM_INHERIT_*
// except that the zero value is the default.
type Inherit uint8

// What a child gets.
const (
	InheritCopy  Inherit = iota // a copy of its own
	InheritShare                // the same memory
	InheritNone                 // nothing: a hole
)

// Backing is a file as a mapping sees it.
//
// A shared mapping of a Backing whose HostFD is not negative is a mapping of the
// host file itself. Otherwise the contents live in one [Object] per Backing
// (compared as a map key: use one pointer per file) and are written back by
// [Space.Sync] and when they are unmapped; the size of the file is never changed.
//
// The methods may be called from any goroutine, during any access to guest memory,
// with locks of this package held: they must not use this package. The slices they
// are given are guest memory and must not be kept.
type Backing interface {
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	Size() (int64, error)
	HostFD() int // -1: there is none that can be mapped
	Retain()     // a mapping of the file was made
	Release()    // and is gone
}

// MapOptions says what [Space.Map] maps and how.
type MapOptions struct {
	Prot    Prot
	MaxProt Prot // what Protect can raise Prot to; 0 means Read|Write|Exec

	Fixed        bool   // exactly at addr, replacing what is there (MAP_FIXED, VM_FLAGS_OVERWRITE)
	NoReplace    bool   // with Fixed: ErrExists instead of replacing
	HighestFirst bool   // search downwards from Max (or Below); the hint is not looked at
	AlignMask    uint64 // a found address has these bits clear; fixed ones need not
	Below        uint64 // a found region ends at or below this; 0: no such limit

	Shared   bool    // the same memory in both processes after a fork, unless Inherit is InheritNone
	Object   *Object // memory to map; unless Shared, a private copy of it as of now
	File     Backing // file to map; nil for zero-filled memory
	Offset   uint64  // into Object or File; if Shared, a multiple of the page size
	FileSize uint64  // bytes from Offset that come from the file, the rest is zero; 0: all
	Inherit  Inherit

	Tag       uint32 // VM_MEMORY_* user tag, for vm_region
	Guard     bool   // a guard region; implies Prot None
	Stack     bool   // grows by touching: commit little at a time
	JIT       bool   // MAP_JIT
	Permanent bool   // VM_FLAGS_PERMANENT: Unmap makes it inaccessible and leaves it in place
	Name      string // for people: "stack", "__TEXT"
}

// Region is a copy of what a Space knows about one region.
type Region struct {
	Addr, Size    uint64
	Prot, MaxProt Prot
	Inherit       Inherit
	Shared        bool
	Guard         bool
	Stack         bool
	JIT           bool
	Permanent     bool
	Tag           uint32
	Name          string
	File          Backing // nil for zero-filled memory
	Object        *Object // nil for private memory
	FileOffset    uint64  // of Addr, into File or Object

	Resident     uint64 // pages that exist in memory for this Space
	PrivatePages uint64 // of these, pages nobody else has
	SharedPages  uint64 // of these, pages that others may have too (copy-on-write or Object)
}

// End is one past the region's last byte.
func (r *Region) End() uint64 { return r.Addr + r.Size }

// The flags that [Space.Resident] reports, with the values of Darwin's
// MINCORE_INCORE, _REFERENCED, _MODIFIED, _COPIED and _ANONYMOUS.
const (
	PageResident   = 0x01
	PageReferenced = 0x02
	PageModified   = 0x04
	PageCopied     = 0x40 // copy-on-write, not yet copied
	PageAnonymous  = 0x80 // not from a file
)

// SpaceConfig is the shape of an address space.
type SpaceConfig struct {
	PageSize uint64 // 4096 or 16384; anything else means 4096
	Min, Max uint64 // lowest mappable address and one past the highest, at most 1<<47; Max 0 means 1<<47
	MaxBytes uint64 // RLIMIT_AS: total size of regions; 0: no limit
}
