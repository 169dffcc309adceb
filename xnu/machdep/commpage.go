package machdep

import (
	"encoding/binary"
	"math/bits"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The commpage: a page of every address space with facts about the machine and
// the clock, at a fixed address (osfmk/i386/cpu_capabilities.h,
// osfmk/arm/cpu_capabilities.h). XNU has one for all programs; here each program
// gets its own when it is executed, with the time of that moment. The x86-64
// page of code behind the data (the preemption-free zone) is not there: nothing
// but Apple's own libplatform jumps to it, and apple[] tells no address of it.

var le = binary.LittleEndian

// nsPerSec is the pace of mach_absolute_time on Intel.
const nsPerSec = 1_000_000_000

// tscPerNs is the pace of the time stamp counter (cpu.Clock): 2 GHz.
const tscPerNs = 2

func mapCommpage(p *kern.Process) error {
	if p.Arch == cpu.ARM64 {
		page := armCommpage(p)
		size := cpu.ARM64.PageSize()
		if err := place(p, abi.CommPageARM64RO, size, page); err != nil {
			return err
		}
		return place(p, abi.CommPageARM64Base, size, page)
	}
	return place(p, abi.CommPageX86Base, abi.CommPageX86Size, x86Commpage(p))
}

func place(p *kern.Process, base, size uint64, page []byte) error {
	o := mem.MapOptions{Prot: mem.Read, MaxProt: mem.Read, Fixed: true, NoReplace: true, Permanent: true,
		Inherit: mem.InheritShare, Name: "commpage"}
	if _, err := p.Space.Map(base, size, o); err != nil {
		return err
	}
	return p.Space.Poke(base, page)
}

// x86Caps are the capabilities of the processor that the engine's CPUID
// describes: a Haswell without AVX, FMA, F16C and RDRAND.
const x86Caps = abi.X86HasMMX | abi.X86HasSSE | abi.X86HasSSE2 | abi.X86HasSSE3 | abi.X86HasSupplementalSSE3 |
	abi.X86HasSSE4_1 | abi.X86HasSSE4_2 | abi.X86HasAES | abi.X86HasBMI1 | abi.X86HasBMI2 | abi.X86HasENFSTRG |
	abi.X86Cache64 | abi.X86FastThreadLocalStorage | abi.X86Has64Bit

func x86Commpage(p *kern.Process) []byte {
	m := p.Machine
	n := byte(m.NumCPU())
	b := make([]byte, abi.CommPageX86Size)
	copy(b[abi.CommPageX86Signature:], "commpage 64-bit\x00")
	caps := x86Caps | uint64(n)<<abi.CommPageNumCPUsShift
	if n == 1 {
		caps |= abi.X86UP
	}
	le.PutUint64(b[abi.CommPageX86Capabilities64:], caps)
	le.PutUint16(b[abi.CommPageX86VersionOffset:], abi.CommPageX86Version)
	le.PutUint32(b[abi.CommPageX86Capabilities:], uint32(caps)) // NCPUs is its third byte
	le.PutUint16(b[abi.CommPageX86CacheLine:], 64)
	b[abi.CommPageX86ActiveCPUs], b[abi.CommPageX86PhysicalCPUs], b[abi.CommPageX86LogicalCPUs] = n, n, n
	b[abi.CommPageX86CPUClusters] = 1
	le.PutUint64(b[abi.CommPageX86MemorySize:], m.Phys.Limit())
	le.PutUint32(b[abi.CommPageX86CPUFamily:], abi.CPUFAMILY_INTEL_HASWELL)
	shift := byte(bits.TrailingZeros64(cpu.X86_64.PageSize()))
	b[abi.CommPageX86KernelPageShift], b[abi.CommPageX86UserPageShift] = shift, shift

	// The engine's time stamp counter is the kernel's monotonic clock times
	// tscPerNs, so this block never changes. Generation 0 would mean that it is
	// being written, and old Go waits for that to pass.
	le.PutUint64(b[abi.CommPageX86TSCBase:], 0)
	le.PutUint32(b[abi.CommPageX86Scale:], 1<<32/tscPerNs)
	le.PutUint32(b[abi.CommPageX86Shift:], 0)
	le.PutUint64(b[abi.CommPageX86NSBase:], 0)
	le.PutUint32(b[abi.CommPageX86Generation:], 1)

	// The older time of day: GTODSecBase seconds at the moment GTODNSBase. Go up
	// to 1.10 reads it.
	sec, nsec := m.Realtime()
	now := uint64(m.Monotonic())
	le.PutUint32(b[abi.CommPageX86GTODGeneration:], 1)
	le.PutUint64(b[abi.CommPageX86GTODNSBase:], now-uint64(nsec))
	le.PutUint64(b[abi.CommPageX86GTODSecBase:], uint64(sec))

	// The newer one is valid for a second; then readers ask the kernel.
	tod := abi.CommPageTimeofday{TimeStampTick: now, TimeStampSec: uint64(sec), TicksPerSec: nsPerSec}
	tod.TimeStampFrac, _ = bits.Div64(uint64(nsec), 0, nsPerSec)
	tod.TicksScale, _ = bits.Div64(1, 0, nsPerSec)
	putTimeofday(b[abi.CommPageX86NewTimeofday:], tod)

	// The approximate clock would have to be kept up to date: not supported.
	clock := m.Host.Clock()
	le.PutUint64(b[abi.CommPageX86ContTimebase:], uint64(clock.Continuous()-clock.Monotonic()))
	le.PutUint64(b[abi.CommPageX86BoottimeUsec:], uint64(bootMicros(m)))
	return b
}

// armCaps are the capabilities of the engine's processor, with Apple's limits: no
// feature is told that hw.optional does not tell too.
const armCaps = abi.ARM64HasAdvSIMD | abi.ARM64HasAdvSIMD_HPFPCvt | abi.ARM64HasVfp | abi.ARM64HasFMA | abi.ARM64HasEvent |
	abi.ARM64HasFeatFP16 | abi.ARM64HasFeatFHM | abi.ARM64HasARMv8Crypto | abi.ARM64HasFeatLSE | abi.ARM64HasARMv8Crc32 |
	abi.ARM64HasFeatSHA512 | abi.ARM64HasFeatSHA3 | abi.ARM64HasFeatFCMA | abi.ARM64HasFEATFlagM | abi.ARM64HasFEATFlagM2 |
	abi.ARM64HasFeatDotProd | abi.ARM64HasFeatRDM | abi.ARM64HasFeatSB | abi.ARM64HasFeatFRINTTS | abi.ARM64HasFeatLRCPC |
	abi.ARM64HasFeatLRCPC2 | abi.ARM64HasFeatJSCVT | abi.ARM64HasFeatPAuth | abi.ARM64HasFeatDPB | abi.ARM64HasFP_SyncExceptions |
	abi.ARM64Cache128 | abi.ARM64FastThreadLocalStorage

func armCommpage(p *kern.Process) []byte {
	m := p.Machine
	n := byte(m.NumCPU())
	b := make([]byte, abi.CommPageARM64Size)
	caps := armCaps | uint64(n)<<abi.CommPageNumCPUsShift
	if n == 1 {
		caps |= abi.ARM64UP
	}
	le.PutUint64(b[abi.CommPageARM64Capabilities64:], caps)
	le.PutUint16(b[abi.CommPageARM64VersionOffset:], abi.CommPageARM64Version)
	le.PutUint32(b[abi.CommPageARM64Capabilities:], uint32(caps)) // NCPUs is its third byte
	shift := byte(bits.TrailingZeros64(cpu.ARM64.PageSize()))
	b[abi.CommPageARM64UserPageShift32], b[abi.CommPageARM64UserPageShift64] = shift, shift
	b[abi.CommPageARM64KernelPageShift] = shift
	le.PutUint16(b[abi.CommPageARM64CacheLine:], 128)
	b[abi.CommPageARM64CPUClusters] = 1
	b[abi.CommPageARM64ActiveCPUs], b[abi.CommPageARM64PhysicalCPUs], b[abi.CommPageARM64LogicalCPUs] = n, n, n
	le.PutUint64(b[abi.CommPageARM64MemorySize:], m.Phys.Limit())
	le.PutUint32(b[abi.CommPageARM64CPUFamily:], abi.CPUFAMILY_ARM_FIRESTORM_ICESTORM)
	// User code asks the kernel for the time (traps -3 and -4, gettimeofday),
	// which is the only way to keep it virtual where it has to be: the time of
	// day blocks stay zero, which says the same.
	b[abi.CommPageARM64UserTimebase] = abi.USER_TIMEBASE_NONE
	clock := m.Host.Clock()
	asleep := uint64(max(0, clock.Continuous()-clock.Monotonic()))
	le.PutUint64(b[abi.CommPageARM64ContTimebase:], asleep/1000*24+asleep%1000*24/1000)
	le.PutUint64(b[abi.CommPageARM64BoottimeUsec:], uint64(bootMicros(m)))
	return b
}

func bootMicros(m *kern.Machine) int64 {
	sec, nsec := m.Host.Clock().BootTime()
	return sec*1e6 + nsec/1000
}

func putTimeofday(b []byte, t abi.CommPageTimeofday) {
	for i, v := range [...]uint64{t.TimeStampTick, t.TimeStampSec, t.TimeStampFrac, t.TicksScale, t.TicksPerSec} {
		le.PutUint64(b[8*i:], v)
	}
}
