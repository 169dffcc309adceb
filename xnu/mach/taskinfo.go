package mach

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// taskInfo is task_info of osfmk/kern/task.c.
func taskInfo(c *call, k *task, r *infoReq) abi.KernReturn {
	v, least, kr := k.info(r.Flavor, r.Count)
	if kr != 0 {
		return kr
	}
	data := abi.Marshal(v)
	if least == 0 {
		least = uint32(len(data) / 4)
	}
	if r.Count < least {
		return abi.KERN_INVALID_ARGUMENT
	}
	c.putInfo(r.Count, data)
	return 0
}

func timeValue(ns int64) abi.TimeValue {
	return abi.TimeValue{Seconds: int32(ns / 1e9), Microseconds: int32(ns % 1e9 / 1000)}
}

// policyTimeshare is POLICY_TIMESHARE, which every thread of a user's has.
const policyTimeshare = 1

// info gives the structure of a flavour, and how many words of it the caller must
// have room for if that is not all.
func (k *task) info(flavor int32, room uint32) (v any, least uint32, kr abi.KernReturn) {
	p, sp := k.p, k.p.Space
	u := p.Usage()
	size, resident := sp.Size(), sp.ResidentBytes()
	arm := p.Arch == cpu.ARM64
	// Times of ended threads only, as _task_fill_times has them.
	user, system := timeValue(p.DeadUsage.UserNS), timeValue(p.DeadUsage.SysNS)
	switch {
	case flavor == abi.TASK_BASIC_INFO_64 && !arm, flavor == abi.TASK_BASIC_INFO_64_2 && arm:
		return abi.TaskBasicInfo64{SuspendCount: k.suspended, VirtualSize: size, ResidentSize: resident,
			UserTime: user, SystemTime: system, Policy: policyTimeshare}, 0, 0
	case flavor == abi.TASK_BASIC_INFO_32, flavor == abi.TASK_BASIC2_INFO_32, flavor == abi.TASK_BASIC_INFO_64:
		// struct task_basic_info_32, which arm64 gives for the number 5 too.
		return struct {
			Suspend       int32
			Size, RSS     uint32
			User, System  abi.TimeValue
			PolicyInForce int32
		}{k.suspended, uint32(min(size, 1<<32-1)), uint32(min(resident, 1<<32-1)), user, system, policyTimeshare}, 0, 0
	}
	switch flavor {
	case abi.MACH_TASK_BASIC_INFO:
		return abi.MachTaskBasicInfo{VirtualSize: size, ResidentSize: resident, ResidentSizeMax: uint64(u.MaxRSS),
			UserTime: user, SystemTime: system, Policy: policyTimeshare, SuspendCount: k.suspended}, 0, 0
	case abi.TASK_THREAD_TIMES_INFO:
		return abi.TaskThreadTimesInfo{UserTime: timeValue(u.UserNS - p.DeadUsage.UserNS),
			SystemTime: timeValue(u.SysNS - p.DeadUsage.SysNS)}, 0, 0
	case abi.TASK_ABSOLUTETIME_INFO:
		return abi.TaskAbsolutetimeInfo{TotalUser: absolute(p.Arch, u.UserNS), TotalSystem: absolute(p.Arch, u.SysNS),
			ThreadsUser:   absolute(p.Arch, u.UserNS-p.DeadUsage.UserNS),
			ThreadsSystem: absolute(p.Arch, u.SysNS-p.DeadUsage.SysNS)}, 0, 0
	case abi.TASK_DYLD_INFO:
		return abi.TaskDyldInfo{AllImageInfoAddr: abi.Ptr(p.Exec.AllImageInfo), AllImageInfoSize: p.Exec.AllImageInfoSize,
			AllImageInfoFormat: abi.TASK_DYLD_ALL_IMAGE_INFO_64}, 4, 0
	case abi.TASK_EVENTS_INFO:
		return abi.TaskEventsInfo{Faults: int32(u.MinFlt), Pageins: int32(u.MajFlt), MessagesSent: int32(u.MsgSnd),
			MessagesReceived: int32(u.MsgRcv), Csw: int32(u.VolSwitch + u.InvolSwitch)}, 0, 0
	case abi.TASK_SECURITY_TOKEN:
		return [2]uint32{p.Cred.EUID, p.Cred.EGID}, 0, 0
	case abi.TASK_AUDIT_TOKEN:
		return auditToken(p.Cred, p.PID), 0, 0
	case abi.TASK_SCHED_TIMESHARE_INFO:
		// struct policy_timeshare_base: the base priority.
		return int32(31), 0, 0
	case abi.TASK_AFFINITY_TAG_INFO:
		// struct task_affinity_tag_info: set count, min, max, task count.
		return [4]int32{0, 0, 0, 1}, 0, 0
	case abi.TASK_EXTMOD_INFO:
		return struct {
			UUID  [16]byte
			Stats [6]uint64
		}{UUID: p.Exec.UUID}, 0, 0
	case abi.TASK_KERNELMEMORY_INFO:
		return [4]uint64{}, 0, 0
	case abi.TASK_POWER_INFO:
		return abi.TaskPowerInfo{TotalUser: absolute(p.Arch, u.UserNS), TotalSystem: absolute(p.Arch, u.SysNS)}, 0, 0
	case abi.TASK_FLAGS_INFO:
		return abi.TaskFlagsInfo{Flags: abi.TF_LP64 | abi.TF_64B_DATA}, 0, 0
	case abi.TASK_VM_INFO, abi.TASK_VM_INFO_PURGEABLE:
		return k.vmInfo(size, resident, uint64(u.MaxRSS)), abi.TASK_VM_INFO_REV0_COUNT, 0
	case abi.TASK_WAIT_STATE_INFO:
		// total_wait_state_time, total_wait_sfi_state_time, reserved.
		return [6]uint64{}, 0, 0
	case abi.TASK_DEBUG_INFO_INTERNAL:
		return nil, 0, abi.KERN_NOT_SUPPORTED
	case abi.TASK_POWER_INFO_V2, abi.TASK_TRACE_MEMORY_INFO, abi.TASK_SUSPEND_STATS_INFO, abi.TASK_SUSPEND_SOURCES_INFO:
		k.sys.m.Note("mig task_info flavour of power, trace or suspension")
	}
	return nil, 0, abi.KERN_INVALID_ARGUMENT
}

// vmInfo counts what is in memory as internal, all of it the task's footprint.
func (k *task) vmInfo(size, resident, peak uint64) abi.TaskVMInfo {
	sp := k.p.Space
	n := int32(0)
	for range sp.Regions() {
		n++
	}
	return abi.TaskVMInfo{VirtualSize: size, RegionCount: n, PageSize: int32(sp.PageSize()), ResidentSize: resident, ResidentSizePeak: peak,
		Internal: resident, InternalPeak: peak, PhysFootprint: resident, LedgerPhysFootprintPeak: int64(peak),
		MinAddress: sp.Min(), MaxAddress: sp.Max()}
}
