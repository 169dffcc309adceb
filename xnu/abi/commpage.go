package abi

// The commpage is a page of data that the kernel maps read-only into every
// program. The two architectures have different ones
// (osfmk/i386/cpu_capabilities.h, osfmk/arm/cpu_capabilities.h). Offsets are in
// bytes from its start.

// Where the commpage of an x86-64 program is.
const (
	CommPageX86Base    = 0x7fffffe00000
	CommPageX86Size    = 0x1000
	CommPageX86Text    = CommPageX86Base + 0x1000 // or a random page after it; told by "pfz=" of apple[]
	CommPageX86Version = 14
)

// Offsets of the x86-64 commpage's fields; the comment tells the type.
const (
	CommPageX86Signature       = 0x000 // 16 bytes: "commpage 64-bit"
	CommPageX86Capabilities64  = 0x010 // uint64
	CommPageX86VersionOffset   = 0x01e // uint16
	CommPageX86Capabilities    = 0x020 // uint32
	CommPageX86NCPUs           = 0x022 // uint8, within Capabilities
	CommPageX86CacheLine       = 0x026 // uint16, bytes
	CommPageX86MemoryPressure  = 0x02c // uint32
	CommPageX86ActiveCPUs      = 0x034 // uint8
	CommPageX86PhysicalCPUs    = 0x035 // uint8
	CommPageX86LogicalCPUs     = 0x036 // uint8
	CommPageX86CPUClusters     = 0x037 // uint8
	CommPageX86MemorySize      = 0x038 // uint64, bytes
	CommPageX86CPUFamily       = 0x040 // uint32
	CommPageX86KdebugEnable    = 0x044 // uint32
	CommPageX86ATMConfig       = 0x048 // uint32
	CommPageX86DTraceDOF       = 0x04c // uint8
	CommPageX86KernelPageShift = 0x04d // uint8
	CommPageX86UserPageShift   = 0x04e // uint8

	// Mach absolute time is ((tsc-TSCBase)<<Shift)*Scale>>32 + NSBase, valid
	// while Generation is not zero and the same before and after.
	CommPageX86TSCBase        = 0x050 // uint64
	CommPageX86Scale          = 0x058 // uint32
	CommPageX86Shift          = 0x05c // uint32
	CommPageX86NSBase         = 0x060 // uint64
	CommPageX86Generation     = 0x068 // uint32
	CommPageX86GTODGeneration = 0x06c // uint32
	CommPageX86GTODNSBase     = 0x070 // uint64
	CommPageX86GTODSecBase    = 0x078 // uint64

	CommPageX86ApproxTime          = 0x080 // uint64
	CommPageX86ApproxTimeSupported = 0x088 // uint32
	CommPageX86ContTimebase        = 0x0c0 // uint64
	CommPageX86BoottimeUsec        = 0x0c8 // uint64
	CommPageX86NewTimeofday        = 0x0d0 // CommPageTimeofday
	CommPageX86DyldFlags           = 0x100 // uint64
	CommPageX86CPUToCluster        = 0x108 // 256 bytes

	// Offsets from the text page.
	CommPageX86TextPreempt    = 0x5a0
	CommPageX86TextBackoff    = 0x600
	CommPageX86TextRet        = 0x680
	CommPageX86TextPFZEnqueue = 0xc00
	CommPageX86TextPFZDequeue = 0xc80
	CommPageX86TextPFZEnd     = 0xd00
)

// Where the commpage of an arm64 program is. Some fields are in a second page
// too, which dyld and libsystem read first.
const (
	CommPageARM64Base    = 0xfffffc000
	CommPageARM64RO      = 0xfffff4000
	CommPageARM64Size    = 0x1000
	CommPageARM64Version = 3
)

// Offsets of the arm64 commpage's fields; those marked RO are in both pages.
const (
	CommPageARM64Signature           = 0x000 // 16 bytes
	CommPageARM64Capabilities64      = 0x010 // uint64
	CommPageARM64VersionOffset       = 0x01e // uint16
	CommPageARM64Capabilities        = 0x020 // uint32
	CommPageARM64NCPUs               = 0x022 // uint8
	CommPageARM64UserPageShift32     = 0x024 // uint8, RO
	CommPageARM64UserPageShift64     = 0x025 // uint8, RO
	CommPageARM64CacheLine           = 0x026 // uint16, bytes
	CommPageARM64CPUClusters         = 0x02f // uint8
	CommPageARM64MemoryPressure      = 0x030 // uint32
	CommPageARM64ActiveCPUs          = 0x034 // uint8
	CommPageARM64PhysicalCPUs        = 0x035 // uint8
	CommPageARM64LogicalCPUs         = 0x036 // uint8
	CommPageARM64KernelPageShift     = 0x037 // uint8, RO
	CommPageARM64MemorySize          = 0x038 // uint64, bytes
	CommPageARM64Timeofday           = 0x040 // the older time-of-day block
	CommPageARM64CPUFamily           = 0x080 // uint32
	CommPageARM64DevFirm             = 0x084 // uint32, RO
	CommPageARM64TimebaseOffset      = 0x088 // uint64
	CommPageARM64UserTimebase        = 0x090 // uint8, USER_TIMEBASE_
	CommPageARM64ContHWClock         = 0x091 // uint8
	CommPageARM64DTraceDOF           = 0x092 // uint8
	CommPageARM64ContTimebase        = 0x098 // uint64
	CommPageARM64BoottimeUsec        = 0x0a0 // uint64
	CommPageARM64ContHWTimebase      = 0x0a8 // uint64
	CommPageARM64ApproxTime          = 0x0c0 // uint64
	CommPageARM64ApproxTimeSupported = 0x0c8 // uint8
	CommPageARM64KdebugEnable        = 0x100 // uint32
	CommPageARM64ATMConfig           = 0x104 // uint32
	CommPageARM64MultiuserConfig     = 0x108 // uint32
	CommPageARM64NewTimeofday        = 0x120 // CommPageTimeofday
	CommPageARM64RemotetimeParams    = 0x148 // 24 bytes
	CommPageARM64DyldFlags           = 0x160 // uint64
	CommPageARM64CPUQuiescent        = 0x180 // uint64
	CommPageARM64CPUToCluster        = 0x200 // 256 bytes

	// How user code may read the clock. With USER_TIMEBASE_NONE it asks the kernel.
	USER_TIMEBASE_NONE         = 0
	USER_TIMEBASE_SPEC         = 1
	USER_TIMEBASE_NOSPEC       = 2
	USER_TIMEBASE_NOSPEC_APPLE = 3
)

// CommPageTimeofday is new_commpage_timeofday_data_t, 40 bytes: the time of day
// at TimeStampTick, and what a tick is worth. A tick of zero tells readers to ask
// the kernel.
type CommPageTimeofday struct {
	TimeStampTick uint64 // absolute time
	TimeStampSec  uint64 // seconds since 1970
	TimeStampFrac uint64 // in 1/2^64 seconds
	TicksScale    uint64 // 1/2^64 seconds a tick
	TicksPerSec   uint64
}

// CPU capabilities of the x86-64 commpage, named in XNU with a k in place of the
// architecture. The lower 32 bits are in both words.
const (
	X86HasMMX                 uint64 = 0x1
	X86HasSSE                 uint64 = 0x2
	X86HasSSE2                uint64 = 0x4
	X86HasSSE3                uint64 = 0x8
	X86Cache32                uint64 = 0x10
	X86Cache64                uint64 = 0x20
	X86Cache128               uint64 = 0x40
	X86FastThreadLocalStorage uint64 = 0x80
	X86HasSupplementalSSE3    uint64 = 0x100
	X86Has64Bit               uint64 = 0x200
	X86HasSSE4_1              uint64 = 0x400
	X86HasSSE4_2              uint64 = 0x800
	X86HasAES                 uint64 = 0x1000
	X86Slow                   uint64 = 0x4000
	X86UP                     uint64 = 0x8000
	X86HasAVX1_0              uint64 = 0x1000000
	X86HasRDRAND              uint64 = 0x2000000
	X86HasF16C                uint64 = 0x4000000
	X86HasENFSTRG             uint64 = 0x8000000
	X86HasFMA                 uint64 = 0x10000000
	X86HasAVX2_0              uint64 = 0x20000000
	X86HasBMI1                uint64 = 0x40000000
	X86HasBMI2                uint64 = 0x80000000
	X86HasRTM                 uint64 = 0x100000000
	X86HasHLE                 uint64 = 0x200000000
	X86HasRDSEED              uint64 = 0x800000000
	X86HasADX                 uint64 = 0x400000000
	X86HasMPX                 uint64 = 0x1000000000
	X86HasSGX                 uint64 = 0x2000000000
	X86HasAVX512F             uint64 = 0x4000000000
	X86HasAVX512CD            uint64 = 0x8000000000
	X86HasAVX512DQ            uint64 = 0x10000000000
	X86HasAVX512BW            uint64 = 0x20000000000
	X86HasAVX512IFMA          uint64 = 0x40000000000
	X86HasAVX512VBMI          uint64 = 0x80000000000
	X86HasAVX512VL            uint64 = 0x100000000000
	X86HasVAES                uint64 = 0x200000000000
	X86HasVPCLMULQDQ          uint64 = 0x400000000000
	X86HasAVX512VNNI          uint64 = 0x800000000000
	X86HasAVX512BITALG        uint64 = 0x1000000000000
	X86HasAVX512VPOPCNTDQ     uint64 = 0x2000000000000
)

// CPU capabilities of the arm64 commpage.
const (
	ARM64HasFeatFP16            uint64 = 0x8
	ARM64Cache32                uint64 = 0x10
	ARM64Cache64                uint64 = 0x20
	ARM64Cache128               uint64 = 0x40
	ARM64FastThreadLocalStorage uint64 = 0x80
	ARM64HasAdvSIMD             uint64 = 0x100
	ARM64HasAdvSIMD_HPFPCvt     uint64 = 0x200
	ARM64HasVfp                 uint64 = 0x400
	ARM64HasUCNormalMemory      uint64 = 0x800
	ARM64HasEvent               uint64 = 0x1000
	ARM64HasFMA                 uint64 = 0x2000
	ARM64HasFeatFHM             uint64 = 0x4000
	ARM64UP                     uint64 = 0x8000
	ARM64HasARMv8Crypto         uint64 = 0x1000000
	ARM64HasFeatLSE             uint64 = 0x2000000
	ARM64HasARMv8Crc32          uint64 = 0x4000000
	ARM64HasFeatSHA512          uint64 = 0x80000000
	ARM64HasFeatSHA3            uint64 = 0x100000000
	ARM64HasFeatFCMA            uint64 = 0x200000000
	ARM64HasFeatAFP             uint64 = 0x400000000
	ARM64HasFEATFlagM           uint64 = 0x10000000000
	ARM64HasFEATFlagM2          uint64 = 0x20000000000
	ARM64HasFeatDotProd         uint64 = 0x40000000000
	ARM64HasFeatRDM             uint64 = 0x80000000000
	ARM64HasFeatSPECRES         uint64 = 0x100000000000
	ARM64HasFeatSB              uint64 = 0x200000000000
	ARM64HasFeatFRINTTS         uint64 = 0x400000000000
	ARM64HasArmv8GPI            uint64 = 0x800000000000
	ARM64HasFeatLRCPC           uint64 = 0x1000000000000
	ARM64HasFeatLRCPC2          uint64 = 0x2000000000000
	ARM64HasFeatJSCVT           uint64 = 0x4000000000000
	ARM64HasFeatPAuth           uint64 = 0x8000000000000
	ARM64HasFeatDPB             uint64 = 0x10000000000000
	ARM64HasFeatDPB2            uint64 = 0x20000000000000
	ARM64HasFeatLSE2            uint64 = 0x40000000000000
	ARM64HasFeatCSV2            uint64 = 0x80000000000000
	ARM64HasFeatCSV3            uint64 = 0x100000000000000
	ARM64HasFeatDIT             uint64 = 0x200000000000000
	ARM64HasFP_SyncExceptions   uint64 = 0x400000000000000
	ARM64HasFeatSME             uint64 = 0x800000000000000
	ARM64HasFeatSME2            uint64 = 0x1000000000000000
	ARM64HasSecondaryUsers      uint64 = 0x40000000
)

// Number of processors in the 32-bit word of capabilities, both architectures.
const (
	CommPageNumCPUsMask  = 0x00ff0000
	CommPageNumCPUsShift = 16
)
