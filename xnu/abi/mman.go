package abi

// Protections of memory; mmap's and Mach's share their numbers
// (bsd/sys/mman.h, osfmk/mach/vm_prot.h).
const (
	PROT_NONE                = 0
	PROT_READ                = 1
	PROT_WRITE               = 2
	PROT_EXEC                = 4
	VM_PROT_NONE             = 0
	VM_PROT_READ             = 1
	VM_PROT_WRITE            = 2
	VM_PROT_EXECUTE          = 4
	VM_PROT_DEFAULT          = 3
	VM_PROT_ALL              = 7
	VM_PROT_NO_CHANGE_LEGACY = 0x8  // vm_protect leaves the protection as it is
	VM_PROT_COPY             = 0x10 // make a private copy that can be written
	VM_PROT_TRUSTED          = 0x20
	VM_PROT_WANTS_COPY       = 0x10
	VM_PROT_IS_MASK          = 0x40
	VM_PROT_STRIP_READ       = 0x80
)

// Flags of mmap(2).
const (
	MAP_FILE                     = 0x0
	MAP_SHARED                   = 0x1
	MAP_PRIVATE                  = 0x2
	MAP_FIXED                    = 0x10
	MAP_RENAME                   = 0x20
	MAP_NORESERVE                = 0x40
	MAP_NOEXTEND                 = 0x100
	MAP_HASSEMAPHORE             = 0x200
	MAP_NOCACHE                  = 0x400
	MAP_JIT                      = 0x800
	MAP_ANON                     = 0x1000
	MAP_RESILIENT_CODESIGN       = 0x2000
	MAP_RESILIENT_MEDIA          = 0x4000
	MAP_32BIT                    = 0x8000
	MAP_TRANSLATED_ALLOW_EXECUTE = 0x20000
	MAP_UNIX03                   = 0x40000
	MAP_TPRO                     = 0x80000

	MAP_COPY      = MAP_PRIVATE
	MAP_ANONYMOUS = MAP_ANON
)

// Advice of madvise(2).
const (
	MADV_NORMAL           = 0
	MADV_RANDOM           = 1
	MADV_SEQUENTIAL       = 2
	MADV_WILLNEED         = 3
	MADV_DONTNEED         = 4
	MADV_FREE             = 5
	MADV_ZERO_WIRED_PAGES = 6
	MADV_FREE_REUSABLE    = 7
	MADV_FREE_REUSE       = 8
	MADV_CAN_REUSE        = 9
	MADV_PAGEOUT          = 10
	MADV_ZERO             = 11
)

// Flags of msync(2), mlockall(2), and the bits of mincore(2)'s answer.
const (
	MS_ASYNC                 = 0x1
	MS_INVALIDATE            = 0x2
	MS_KILLPAGES             = 0x4
	MS_DEACTIVATE            = 0x8
	MS_SYNC                  = 0x10
	MCL_CURRENT              = 0x1
	MCL_FUTURE               = 0x2
	MINCORE_INCORE           = 0x1
	MINCORE_REFERENCED       = 0x2
	MINCORE_MODIFIED         = 0x4
	MINCORE_REFERENCED_OTHER = 0x8
	MINCORE_MODIFIED_OTHER   = 0x10
	MINCORE_PAGED_OUT        = 0x20
	MINCORE_COPIED           = 0x40
	MINCORE_ANONYMOUS        = 0x80
)

// Flags of vm_allocate, vm_map and their kin (osfmk/mach/vm_statistics.h). The
// top byte is a VM_MEMORY_ tag; mmap(2) takes such a word in place of a
// descriptor when MAP_ANON is set.
const (
	VM_FLAGS_FIXED               = 0x0
	VM_FLAGS_ANYWHERE            = 0x1
	VM_FLAGS_PURGABLE            = 0x2
	VM_FLAGS_4GB_CHUNK           = 0x4
	VM_FLAGS_RANDOM_ADDR         = 0x8
	VM_FLAGS_NO_CACHE            = 0x10
	VM_FLAGS_RESILIENT_CODESIGN  = 0x20
	VM_FLAGS_RESILIENT_MEDIA     = 0x40
	VM_FLAGS_PERMANENT           = 0x80
	VM_FLAGS_TPRO                = 0x1000
	VM_FLAGS_OVERWRITE           = 0x4000
	VM_FLAGS_SUPERPAGE_MASK      = 0x70000
	VM_FLAGS_RETURN_DATA_ADDR    = 0x100000
	VM_FLAGS_RETURN_4K_DATA_ADDR = 0x800000
	VM_FLAGS_ALIAS_MASK          = 0xff000000

	VM_FLAGS_ALIAS_SHIFT     = 24
	VM_FLAGS_SUPERPAGE_SHIFT = 16

	VM_FLAGS_USER_ALLOCATE = 0xff07509f
	VM_FLAGS_USER_MAP      = 0xff97509f
	VM_FLAGS_USER_REMAP    = 0x104069
)

// VM_MAKE_TAG returns the flag bits that give memory the tag.
func VM_MAKE_TAG(tag uint8) uint32 { return uint32(tag) << VM_FLAGS_ALIAS_SHIFT }

// VM_GET_FLAGS_ALIAS returns the tag that the flags give memory.
func VM_GET_FLAGS_ALIAS(flags uint32) uint8 { return uint8(flags >> VM_FLAGS_ALIAS_SHIFT) }

// Inheritance of memory by a forked child (osfmk/mach/vm_inherit.h); minherit(2)
// takes the same numbers.
const (
	VM_INHERIT_SHARE       = 0
	VM_INHERIT_COPY        = 1
	VM_INHERIT_NONE        = 2
	VM_INHERIT_DONATE_COPY = 3
	VM_INHERIT_DEFAULT     = 1
	VM_INHERIT_LAST_VALID  = 2
)

// Advice of vm_behavior_set (osfmk/mach/vm_behavior.h).
const (
	VM_BEHAVIOR_DEFAULT          = 0
	VM_BEHAVIOR_RANDOM           = 1
	VM_BEHAVIOR_SEQUENTIAL       = 2
	VM_BEHAVIOR_RSEQNTL          = 3
	VM_BEHAVIOR_WILLNEED         = 4
	VM_BEHAVIOR_DONTNEED         = 5
	VM_BEHAVIOR_FREE             = 6
	VM_BEHAVIOR_ZERO_WIRED_PAGES = 7
	VM_BEHAVIOR_REUSABLE         = 8
	VM_BEHAVIOR_REUSE            = 9
	VM_BEHAVIOR_CAN_REUSE        = 10
	VM_BEHAVIOR_PAGEOUT          = 11
	VM_BEHAVIOR_ZERO             = 12
)

// Purgeable memory (osfmk/mach/vm_purgable.h).
const (
	VM_PURGABLE_SET_STATE   = 0
	VM_PURGABLE_GET_STATE   = 1
	VM_PURGABLE_PURGE_ALL   = 2
	VM_PURGABLE_NONVOLATILE = 0
	VM_PURGABLE_VOLATILE    = 1
	VM_PURGABLE_EMPTY       = 2
	VM_PURGABLE_DENY        = 3
	VM_PURGABLE_STATE_MASK  = 3
)

// Flags of vm_msync (osfmk/mach/vm_sync.h).
const (
	VM_SYNC_ASYNCHRONOUS  = 0x1
	VM_SYNC_SYNCHRONOUS   = 0x2
	VM_SYNC_INVALIDATE    = 0x4
	VM_SYNC_KILLPAGES     = 0x8
	VM_SYNC_DEACTIVATE    = 0x10
	VM_SYNC_CONTIGUOUS    = 0x20
	VM_SYNC_REUSABLEPAGES = 0x40
)

// Tags that say what memory is used for (osfmk/mach/vm_statistics.h).
const (
	VM_MEMORY_MALLOC                              = 1
	VM_MEMORY_MALLOC_SMALL                        = 2
	VM_MEMORY_MALLOC_LARGE                        = 3
	VM_MEMORY_MALLOC_HUGE                         = 4
	VM_MEMORY_SBRK                                = 5
	VM_MEMORY_REALLOC                             = 6
	VM_MEMORY_MALLOC_TINY                         = 7
	VM_MEMORY_MALLOC_LARGE_REUSABLE               = 8
	VM_MEMORY_MALLOC_LARGE_REUSED                 = 9
	VM_MEMORY_ANALYSIS_TOOL                       = 10
	VM_MEMORY_MALLOC_NANO                         = 11
	VM_MEMORY_MALLOC_MEDIUM                       = 12
	VM_MEMORY_MACH_MSG                            = 20
	VM_MEMORY_IOKIT                               = 21
	VM_MEMORY_STACK                               = 30
	VM_MEMORY_GUARD                               = 31
	VM_MEMORY_SHARED_PMAP                         = 32
	VM_MEMORY_DYLIB                               = 33
	VM_MEMORY_OBJC_DISPATCHERS                    = 34
	VM_MEMORY_UNSHARED_PMAP                       = 35
	VM_MEMORY_FOUNDATION                          = 41
	VM_MEMORY_TCMALLOC                            = 53
	VM_MEMORY_DYLD                                = 60
	VM_MEMORY_DYLD_MALLOC                         = 61
	VM_MEMORY_SQLITE                              = 62
	VM_MEMORY_JAVASCRIPT_CORE                     = 63
	VM_MEMORY_JAVASCRIPT_JIT_EXECUTABLE_ALLOCATOR = 64
	VM_MEMORY_JAVASCRIPT_JIT_REGISTER_FILE        = 65
	VM_MEMORY_OS_ALLOC_ONCE                       = 73
	VM_MEMORY_LIBDISPATCH                         = 74
	VM_MEMORY_GENEALOGY                           = 78
	VM_MEMORY_SWIFT_RUNTIME                       = 82
	VM_MEMORY_SWIFT_METADATA                      = 83
	VM_MEMORY_SANITIZER                           = 99
	VM_MEMORY_APPLICATION_SPECIFIC_1              = 240
	VM_MEMORY_APPLICATION_SPECIFIC_16             = 255
	VM_MEMORY_COUNT                               = 256
)
