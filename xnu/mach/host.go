package mach

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// host is the machine as its host port shows it.
type host struct {
	sys    *system
	port   *ipc.Port
	clocks [2]*clock
	pset   *processorSet
	// activity is the last id of mach_generate_activity_id.
	activity uint64
	notify   []ipc.Cap
}

// processorSet is the one set of processors; its port names it and no more.
type processorSet struct{ port *ipc.Port }

// clock is one of the two clocks of the host (osfmk/kern/clock_oldops.c).
type clock struct {
	id     int32
	port   *ipc.Port
	alarms int
}

func newHost(s *system) *host {
	h := &host{sys: s}
	h.port = s.world.NewKernelPort(h)
	for i := range h.clocks {
		c := &clock{id: int32(i)}
		c.port = s.world.NewKernelPort(c)
		h.clocks[i] = c
	}
	h.pset = &processorSet{}
	h.pset.port = s.world.NewKernelPort(h.pset)
	return h
}

func hostRoutines() []routine {
	return []routine{
		mig(200, "host_info", hostInfo),
		mig(201, "host_kernel_version", hostKernelVersion),
		mig(202, "host_page_size", hostPageSize),
		mig(204, "host_processor_info", hostProcessorInfo),
		mig(205, "host_get_io_main", hostGetIOMain),
		mig(206, "host_get_clock_service", hostGetClockService),
		mig(213, "processor_set_default", processorSetDefault),
		mig(216, "host_statistics_from_user", hostStatistics),
		mig(217, "host_request_notification", hostRequestNotification).with(descPort),
		mig(219, "host_statistics64_from_user", hostStatistics64),
		mig(222, "host_create_mach_voucher", hostCreateMachVoucher).array(),
		mig(412, "host_get_special_port", hostGetSpecialPort),
	}
}

type infoReq struct {
	Flavor int32
	Count  uint32
}

// memorySize is hw.memsize: what the guest may have in use at once, in bytes.
func (h *host) memorySize() uint64 { return h.sys.m.Phys.Limit() }

func cpuType(a cpu.Arch) (typ, subtype int32) {
	if a == cpu.ARM64 {
		return abi.CPU_TYPE_ARM64, abi.CPU_SUBTYPE_ARM64E
	}
	// The kernel's own, without the 64-bit flag, as hw.cputype has it.
	return abi.CPU_TYPE_X86, abi.CPU_SUBTYPE_X86_64_H
}

// hostInfo is host_info of osfmk/kern/host.c.
func hostInfo(c *call, h *host, r *infoReq) abi.KernReturn {
	n := int32(c.sys.m.NumCPU())
	typ, sub := cpuType(c.t.Arch())
	var v any
	least := uint32(0)
	switch r.Flavor {
	case abi.HOST_BASIC_INFO:
		mem := h.memorySize()
		b := abi.HostBasicInfo{MaxCpus: n, AvailCpus: n, MemorySize: uint32(min(mem, 1<<31)), CpuType: typ, CpuSubtype: sub,
			PhysicalCpu: n, PhysicalCpuMax: n, LogicalCpu: n, LogicalCpuMax: n, MaxMem: mem}
		if r.Count < abi.HostBasicInfoOldCount {
			return abi.KERN_FAILURE
		}
		data := abi.Marshal(b)
		if r.Count < abi.InfoCount(b) {
			data = data[:4*abi.HostBasicInfoOldCount]
		}
		c.putInfo(r.Count, data)
		return 0
	case abi.HOST_SCHED_INFO:
		v = abi.HostSchedInfo{MinTimeout: 10, MinQuantum: 10}
	case abi.HOST_PRIORITY_INFO:
		v = abi.HostPriorityInfo{KernelPriority: 80, SystemPriority: 80, ServerPriority: 64, UserPriority: 31, MaximumPriority: 79}
	case abi.HOST_MACH_MSG_TRAP, abi.HOST_SEMAPHORE_TRAPS:
		c.putInfo(0, nil)
		return 0
	case abi.HOST_CAN_HAS_DEBUGGER:
		v = int32(0)
	case abi.HOST_PREFERRED_USER_ARCH:
		if typ == abi.CPU_TYPE_X86 {
			typ, sub = abi.CPU_TYPE_X86_64, abi.CPU_SUBTYPE_X86_64_ALL
		}
		v = abi.HostPreferredUserArch{CpuType: typ, CpuSubtype: sub}
	case abi.HOST_DEBUG_INFO_INTERNAL:
		return abi.KERN_NOT_SUPPORTED
	default:
		if r.Flavor == abi.HOST_VM_PURGABLE {
			c.sys.m.Note("mig host_info HOST_VM_PURGABLE")
		}
		return abi.KERN_INVALID_ARGUMENT
	}
	if least = abi.InfoCount(v); r.Count < least {
		return abi.KERN_FAILURE
	}
	c.putInfo(least, abi.Marshal(v))
	return 0
}

// hostKernelVersion gives the string of kern.version.
func hostKernelVersion(c *call, h *host, r *noArgs) abi.KernReturn {
	s := h.sys.kernelVersion(c.t)
	b := append([]byte(s), 0)
	// A MIG variable string: an offset that is always 0, and a length.
	c.put(uint32(0))
	c.put(uint32(len(b)))
	c.out = append(c.out, b...)
	return 0
}

// kernelVersion asks package bsd, which owns sysctl, and makes do without.
func (s *system) kernelVersion(t *kern.Thread) string {
	if f := s.m.Hooks.KernelVersion; f != nil {
		return f(t)
	}
	return "Darwin Kernel Version"
}

func hostPageSize(c *call, _ *host, r *noArgs) abi.KernReturn {
	c.put(c.t.Arch().PageSize())
	return 0
}

// hostProcessorInfo describes every processor, out of line. How the time of each
// was spent is not known: it is shared out evenly.
func hostProcessorInfo(c *call, h *host, r *struct{ Flavor int32 }) abi.KernReturn {
	n := c.sys.m.NumCPU()
	var out []byte
	switch r.Flavor {
	case abi.PROCESSOR_BASIC_INFO:
		typ, sub := cpuType(c.t.Arch())
		for i := range n {
			// struct processor_basic_info: type, subtype, running, slot, is_master.
			out = abi.Append(out, []int32{typ, sub, 1, int32(i), int32(b2i(i == 0))})
		}
	case abi.PROCESSOR_CPU_LOAD_INFO:
		load := h.cpuLoad(n)
		for range n {
			out = abi.Append(out, load)
		}
	default:
		return abi.KERN_INVALID_ARGUMENT
	}
	c.putBytes(out)
	c.put(uint32(n))
	c.put(uint32(len(out) / 4))
	return 0
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// cpuLoad is the time of one of n processors, in ticks of 10 ms: what guests have
// used, and idle for the rest of the uptime.
func (h *host) cpuLoad(n int) abi.HostCPULoadInfo {
	var user, system int64
	for _, p := range h.sys.m.Processes() {
		u := p.Usage()
		user, system = user+u.UserNS, system+u.SysNS
	}
	const tick = 10_000_000
	user, system = user/int64(n), system/int64(n)
	idle := max(0, h.sys.m.Monotonic()-user-system)
	var l abi.HostCPULoadInfo
	l.CpuTicks[abi.CPU_STATE_USER] = uint32(user / tick)
	l.CpuTicks[abi.CPU_STATE_SYSTEM] = uint32(system / tick)
	l.CpuTicks[abi.CPU_STATE_IDLE] = uint32(idle / tick)
	return l
}

// hostGetIOMain: there is no I/O registry, so its port is null, as on a kernel
// without IOKit.
func hostGetIOMain(c *call, _ *host, r *noArgs) abi.KernReturn {
	c.putPort(ipc.Cap{Disp: abi.MACH_MSG_TYPE_MOVE_SEND})
	return 0
}

func hostGetClockService(c *call, h *host, r *struct{ ID int32 }) abi.KernReturn {
	if r.ID < 0 || int(r.ID) >= len(h.clocks) {
		return abi.KERN_INVALID_VALUE
	}
	c.putPort(h.clocks[r.ID].port.MakeSend())
	return 0
}

func processorSetDefault(c *call, h *host, r *noArgs) abi.KernReturn {
	c.putPort(h.pset.port.MakeSend())
	return 0
}

// hostStatistics is host_statistics: the flavours of the first, 32-bit kind.
func hostStatistics(c *call, h *host, r *infoReq) abi.KernReturn {
	switch r.Flavor {
	case abi.HOST_LOAD_INFO:
		return c.statistics(r.Count, abi.HostLoadInfo{})
	case abi.HOST_CPU_LOAD_INFO:
		n := c.sys.m.NumCPU()
		l := h.cpuLoad(n)
		for i := range l.CpuTicks {
			l.CpuTicks[i] *= uint32(n)
		}
		return c.statistics(r.Count, l)
	case abi.HOST_VM_INFO:
		v := h.vmStatistics(c.t)
		// struct vm_statistics: the counters in 32 bits each.
		s := []uint32{v.FreeCount, v.ActiveCount, v.InactiveCount, v.WireCount, uint32(v.ZeroFillCount), 0, 0, 0,
			uint32(v.Faults), uint32(v.CowFaults), 0, 0, 0, 0, 0}
		const rev0 = 12
		if r.Count < rev0 {
			return abi.KERN_FAILURE
		}
		c.putInfo(r.Count, abi.Marshal(s))
		return 0
	case abi.HOST_EXPIRED_TASK_INFO:
		c.sys.m.Note("mig host_statistics HOST_EXPIRED_TASK_INFO")
	}
	return abi.KERN_INVALID_ARGUMENT
}

func hostStatistics64(c *call, h *host, r *infoReq) abi.KernReturn {
	switch r.Flavor {
	case abi.HOST_VM_INFO64:
		// Revision 0 ends before the compressor's counters.
		const rev0 = 26
		if r.Count < rev0 {
			return abi.KERN_FAILURE
		}
		c.putInfo(r.Count, abi.Marshal(h.vmStatistics(c.t)))
		return 0
	case abi.HOST_EXTMOD_INFO64:
		// Nobody modifies tasks from outside: six counters of 64 bits.
		return c.statistics(r.Count, [6]uint64{})
	}
	return hostStatistics(c, h, r)
}

func (c *call) statistics(room uint32, v any) abi.KernReturn {
	n := abi.InfoCount(v)
	if room < n {
		return abi.KERN_FAILURE
	}
	c.putInfo(n, abi.Marshal(v))
	return 0
}

// vmStatistics counts pages of the caller's size. All that is in use counts as
// active: nothing is ever paged out.
func (h *host) vmStatistics(t *kern.Thread) abi.VMStatistics64 {
	page := t.Arch().PageSize()
	used, limit := h.sys.m.Phys.InUse(), h.memorySize()
	v := abi.VMStatistics64{ActiveCount: uint32(used / page), InternalPageCount: uint32(used / page)}
	if limit > used {
		v.FreeCount = uint32((limit - used) / page)
	}
	for _, p := range h.sys.m.Processes() {
		u := p.Usage()
		v.Faults += uint64(u.MinFlt)
	}
	v.ZeroFillCount = v.Faults
	return v
}

// maxNotify bounds who can register for host notifications.
const maxNotify = 1024

// hostRequestNotification registers for changes of the calendar, which nothing in
// the guest can make: the right is kept and never used.
func hostRequestNotification(c *call, h *host, r *struct{ Type int32 }) abi.KernReturn {
	const maxType = 1 // HOST_NOTIFY_TYPE_MAX
	switch {
	case !c.right(0).Valid():
		return abi.KERN_INVALID_CAPABILITY
	case r.Type < 0 || r.Type > maxType:
		return abi.KERN_INVALID_ARGUMENT
	}
	live := h.notify[:0]
	for _, n := range h.notify {
		if n.Port.Alive() {
			live = append(live, n)
		} else {
			n.Release()
		}
	}
	clear(h.notify[len(live):])
	h.notify = live
	if len(live) >= maxNotify {
		return abi.KERN_RESOURCE_SHORTAGE
	}
	h.notify = append(h.notify, c.takeRight(0))
	return 0
}

// hostGetSpecialPort is for the privileged host port, which no guest has: only
// root is given it, and root's port is the plain one here.
func hostGetSpecialPort(c *call, h *host, r *struct{ Node, Which int32 }) abi.KernReturn {
	if c.t.Proc.Cred.EUID != 0 {
		return abi.KERN_INVALID_ARGUMENT
	}
	switch r.Which {
	case abi.HOST_PORT, abi.HOST_PRIV_PORT:
		c.putPort(h.port.MakeSend())
		return 0
	}
	if r.Which < 1 || r.Which > 40 {
		return abi.KERN_INVALID_ARGUMENT
	}
	c.putPort(ipc.Cap{Disp: abi.MACH_MSG_TYPE_MOVE_SEND})
	return 0
}
