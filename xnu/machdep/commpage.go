package machdep

import (
	"encoding/binary"
	"math/bits"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The commpage: a page of every address space with facts about the machine and
// the clock, at a fixed address. Offsets and meanings are those of
// osfmk/i386/cpu_capabilities.h and osfmk/arm/cpu_capabilities.h.
const (
	x86Page = 0x7fffffe00000
	armPage = 0xfffffc000
	armRO   = 0xfffff4000
)

// Capability bits of x86-64: exactly what the engine's CPUID advertises.
const (
	x86HasMMX      = 0x1
	x86HasSSE      = 0x2
	x86HasSSE2     = 0x4
	x86HasSSE3     = 0x8
	x86Cache64     = 0x20
	x86FastTLS     = 0x80
	x86HasSSSE3    = 0x100
	x86HasSSE41    = 0x200 // kHasSupplementalSSE3 is 0x100, SSE4.1 0x400, SSE4.2 0x800
	x86Is64Bit     = 0x200
	x86SSE41       = 0x400
	x86SSE42       = 0x800
	x86AES         = 0x1000
	x86ENFSTRG     = 0x400000000
	x86FamilyIntel = 0x1f65e835 // CPUFAMILY_INTEL_WESTMERE is 0x573b5eec
)

var le = binary.LittleEndian

// tscHz is the pace of the time stamp counter: 2 ticks a nanosecond.
const tscHz = 2_000_000_000

// NumCPU is the number of processors that a guest sees. Guest threads run one at
// a time, so telling more would only make programs start idle workers; one would
// make them avoid threads altogether.
const NumCPU = 2

func mapCommpage(p *kern.Process) error {
	if p.Arch == cpu.ARM64 {
		for _, base := range []uint64{armRO, armPage} {
			if err := place(p, base, 0x4000, armCommpage(p, base == armRO)); err != nil {
				return err
			}
		}
		return nil
	}
	return place(p, x86Page, 0x1000, x86Commpage(p))
}

func place(p *kern.Process, base, size uint64, page []byte) error {
	o := mem.MapOptions{Prot: mem.Read, MaxProt: mem.Read, Fixed: true, NoReplace: true, Permanent: true,
		Inherit: mem.InheritShare, Name: "commpage"}
	if _, err := p.Space.Map(base, size, o); err != nil {
		return err
	}
	return p.Space.Poke(base, page)
}

func memSize(p *kern.Process) uint64 { return p.Machine.Phys.Limit() }

func x86Commpage(p *kern.Process) []byte {
	b := make([]byte, 0x1000)
	copy(b, "commpage 64-bit\x00")
	caps := uint64(x86HasMMX | x86HasSSE | x86HasSSE2 | x86HasSSE3 | x86Cache64 | x86FastTLS | x86HasSSSE3 |
		x86Is64Bit | x86SSE41 | x86SSE42 | x86AES | NumCPU<<16)
	le.PutUint64(b[0x10:], caps)
	le.PutUint16(b[0x1e:], 14)
	le.PutUint32(b[0x20:], uint32(caps))
	b[0x22] = NumCPU // the upper half of the capability word
	le.PutUint16(b[0x26:], 64)
	b[0x34], b[0x35], b[0x36], b[0x37] = NumCPU, NumCPU, NumCPU, 1
	le.PutUint64(b[0x38:], memSize(p))
	le.PutUint32(b[0x40:], 0x573b5eec) // CPUFAMILY_INTEL_WESTMERE
	b[0x4d], b[0x4e] = 12, 12
	// mach_absolute_time is ((rdtsc - tsc_base) << shift) * scale >> 32 + ns_base.
	// The engine's counter is in step with the kernel's monotonic clock, so the
	// block never changes. The generation must not be 0: it means "being updated".
	le.PutUint64(b[0x50:], 0)
	le.PutUint32(b[0x58:], uint32(1_000_000_000<<32/tscHz))
	le.PutUint32(b[0x5c:], 0)
	le.PutUint64(b[0x60:], 0)
	le.PutUint32(b[0x68:], 1)
	// gettimeofday's block: seconds at the moment that mach_absolute_time read
	// gtod ns. Old Go reads it without a system call.
	sec, nsec := p.Machine.Realtime()
	now := uint64(p.Machine.Monotonic())
	le.PutUint32(b[0x6c:], 1)
	le.PutUint64(b[0x70:], now-uint64(nsec))
	le.PutUint64(b[0x78:], uint64(sec))
	le.PutUint64(b[0x80:], now)
	// The continuous clock differs from the absolute one by the time asleep: 0.
	le.PutUint64(b[0xc0:], 0)
	le.PutUint64(b[0xc8:], uint64(bootMicros(p)))
	newTimeOfDay(b[0xd0:], now, sec, nsec, tscNanos)
	return b
}

func armCommpage(p *kern.Process, ro bool) []byte {
	b := make([]byte, 0x4000)
	le.PutUint16(b[0x1e:], 3)
	caps := armCaps()
	le.PutUint64(b[0x10:], caps)
	le.PutUint32(b[0x20:], uint32(caps))
	b[0x22] = NumCPU
	b[0x24], b[0x25] = 14, 14
	le.PutUint16(b[0x26:], 128)
	b[0x34], b[0x35], b[0x36], b[0x37] = NumCPU, NumCPU, NumCPU, 14
	le.PutUint64(b[0x38:], memSize(p))
	le.PutUint32(b[0x80:], 0x1b588bb3) // CPUFAMILY_ARM_FIRESTORM_ICESTORM
	// 0: user code asks the kernel for the time (trap -3), which keeps it
	// virtual where it has to be.
	b[0x90], b[0x91] = 0, 0
	le.PutUint64(b[0xa0:], uint64(bootMicros(p)))
	sec, nsec := p.Machine.Realtime()
	now := uint64(p.Machine.Monotonic())
	le.PutUint64(b[0xc0:], now*24/1000)
	newTimeOfDay(b[0x120:], 0, sec, nsec, 0)
	_ = ro
	return b
}

// armCaps are the capability bits of an M1 that the engine has.
func armCaps() uint64 {
	const (
		neon, hpfp, mp, cryptoAES, atomics, fp, uniproc = 1 << 8, 1 << 9, 1 << 10, 1 << 13, 1 << 21, 1 << 22, 0
	)
	return neon | hpfp | cryptoAES | atomics | fp | uniproc | 1<<4 | NumCPU<<16&0xff0000
}

func bootMicros(p *kern.Process) int64 {
	sec, nsec := p.Machine.Host.Clock().BootTime()
	return sec*1e6 + nsec/1000
}

const tscNanos = 1

// newTimeOfDay fills new_commpage_timeofday_data_t: timestamp tick, seconds,
// fraction, scale, ticks per second. A zero scale tells user code to ask the
// kernel.
func newTimeOfDay(b []byte, tick uint64, sec, nsec int64, scale uint64) {
	if scale == 0 {
		clear(b[:40])
		return
	}
	hi, lo := bits.Div64(uint64(nsec), 0, 1_000_000_000)
	_ = lo
	le.PutUint64(b, tick)
	le.PutUint64(b[8:], uint64(sec))
	le.PutUint64(b[16:], hi)
	// 2^64 / ticks per second, one tick a nanosecond.
	le.PutUint64(b[24:], 18446744073)
	le.PutUint64(b[32:], 1_000_000_000)
}
