package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// threadRoutines are subsystem thread_act (3600), but for exception ports.
func threadRoutines() []routine {
	return []routine{
		onThread(3600, "thread_terminate_from_user", control, threadTerminate),
		onThread(3601, "act_get_state_to_user", read, threadGetState),
		onThread(3602, "act_set_state_from_user", control, threadSetState).array(),
		onThread(3603, "thread_get_state_to_user", read, threadGetState),
		onThread(3604, "thread_set_state_from_user", control, threadSetState).array(),
		onThread(3605, "thread_suspend", read, threadSuspend),
		onThread(3606, "thread_resume", read, threadResume),
		onThread(3607, "thread_abort", control, threadAbort),
		onThread(3608, "thread_abort_safely", control, threadAbort),
		onThread(3609, "thread_depress_abort_from_user", control, threadDepressAbort),
		onThread(3610, "thread_get_special_port_from_user", inspect, threadGetSpecialPort),
		onThread(3611, "thread_set_special_port", control, threadSetSpecialPort).with(descPort),
		onThread(3612, "thread_info", inspect, threadInfo),
		onThread(3616, "thread_policy", control, threadPolicy).array(),
		onThread(3617, "thread_policy_set", control, threadPolicySet).array(),
		onThread(3618, "thread_policy_get", inspect, threadPolicyGet),
		onThread(3625, "thread_get_mach_voucher", read, threadGetVoucher),
		onThread(3626, "thread_set_mach_voucher", control, threadSetVoucher).with(descPort),
		onThread(3628, "thread_convert_thread_state", control, threadConvertState).array(),
	}
}

func threadTerminate(_ *call, th *thread, _ *noArgs) abi.KernReturn {
	th.t.Exit()
	return 0
}

func threadGetState(c *call, th *thread, r *infoReq) abi.KernReturn {
	b, kr := getState(th.t, r.Flavor, r.Count)
	if kr != 0 {
		return kr
	}
	c.putInfo(r.Count, b)
	return 0
}

func threadSetState(c *call, th *thread, r *infoReq) abi.KernReturn {
	b, _, ok := c.words(r.Count)
	if !ok {
		return abi.MIG_BAD_ARGUMENTS
	}
	return setState(th.t, r.Flavor, b)
}

// threadConvertState signs or strips pointers of a state: there are no signatures.
func threadConvertState(c *call, _ *thread, r *struct {
	Direction, Flavor int32
	Count             uint32
}) abi.KernReturn {
	const toSelf, fromSelf = 1, 2
	b, rest, ok := c.words(r.Count)
	if !ok || len(rest) != 4 {
		return abi.MIG_BAD_ARGUMENTS
	}
	if r.Direction != toSelf && r.Direction != fromSelf {
		return abi.KERN_INVALID_ARGUMENT
	}
	c.putInfo(le.Uint32(rest), b)
	return 0
}

func threadSuspend(_ *call, th *thread, _ *noArgs) abi.KernReturn {
	if th.suspended == 1<<31-1 {
		return abi.KERN_FAILURE
	}
	th.suspended++
	th.t.Suspend++
	return 0
}

func threadResume(_ *call, th *thread, _ *noArgs) abi.KernReturn {
	if th.suspended == 0 {
		return abi.KERN_FAILURE
	}
	th.suspended--
	th.t.Suspend--
	return 0
}

// threadAbort ends the call that the thread waits in. Every wait here can be
// undone, so that the safe kind is the same.
func threadAbort(_ *call, th *thread, _ *noArgs) abi.KernReturn {
	th.t.Abort()
	return 0
}

func threadDepressAbort(*call, *thread, *noArgs) abi.KernReturn { return abi.KERN_NOT_DEPRESSED }

func threadGetSpecialPort(c *call, th *thread, r *whichReq) abi.KernReturn {
	held := control
	if o, ok := c.m.Dest.Port.Object.(threadPort); ok {
		held = o.flavor
	}
	f := control
	switch r.Which {
	case abi.THREAD_KERNEL_PORT:
	case abi.THREAD_INSPECT_PORT:
		f = inspect
	case abi.THREAD_READ_PORT:
		f = read
	default:
		return abi.KERN_INVALID_ARGUMENT
	}
	if f < held {
		return abi.KERN_INVALID_CAPABILITY
	}
	c.putPort(th.port(f).MakeSend())
	return 0
}

// threadSetSpecialPort: none of a thread's ports can be replaced.
func threadSetSpecialPort(_ *call, _ *thread, r *whichReq) abi.KernReturn {
	if r.Which == abi.THREAD_KERNEL_PORT {
		return abi.KERN_INVALID_CAPABILITY
	}
	return abi.KERN_INVALID_ARGUMENT
}

// threadInfo is thread_info of osfmk/kern/thread.c.
func threadInfo(c *call, th *thread, r *infoReq) abi.KernReturn {
	t := th.t
	user, system := t.Times()
	var v any
	switch r.Flavor {
	case abi.THREAD_BASIC_INFO:
		v = abi.ThreadBasicInfo{UserTime: timeValue(user), SystemTime: timeValue(system), Policy: policyTimeshare,
			RunState: th.runState(), SuspendCount: th.suspended}
	case abi.THREAD_IDENTIFIER_INFO:
		i := abi.ThreadIdentifierInfo{ThreadId: t.TID, ThreadHandle: t.TSD}
		if f := c.sys.m.Hooks.DispatchQueueAddr; f != nil && t.TSD != 0 {
			i.DispatchQaddr = f(t)
		}
		v = i
	case abi.THREAD_EXTENDED_INFO:
		e := abi.ThreadExtendedInfo{UserTime: uint64(user), SystemTime: uint64(system), Policy: policyTimeshare, RunState: th.runState(),
			Curpri: basePriority, Priority: basePriority, Maxpriority: maxPriority}
		copy(e.Name[:63], t.Name)
		v = e
	case abi.THREAD_SCHED_TIMESHARE_INFO:
		// struct policy_timeshare_info: max, base, current, depressed, depress priority.
		v = [5]int32{maxPriority, basePriority, basePriority, 0, -1}
	case abi.THREAD_SCHED_FIFO_INFO, abi.THREAD_SCHED_RR_INFO:
		return abi.KERN_INVALID_POLICY
	default:
		return abi.KERN_INVALID_ARGUMENT
	}
	n := abi.InfoCount(v)
	if r.Count < n {
		return abi.KERN_INVALID_ARGUMENT
	}
	c.putInfo(n, abi.Marshal(v))
	return 0
}

// The priorities of an ordinary user thread (osfmk/kern/sched.h).
const (
	basePriority = 31
	maxPriority  = 63
)

func (th *thread) runState() int32 {
	switch {
	case th.t.State == kern.Dead:
		return abi.TH_STATE_HALTED
	case th.t.Suspend > 0 || th.t.Proc.Suspended > 0 || th.t.Proc.Stopped:
		return abi.TH_STATE_STOPPED
	case th.t.State == kern.Blocked:
		return abi.TH_STATE_WAITING
	}
	return abi.TH_STATE_RUNNING
}

// threadPolicy is the old thread_policy: a policy with base and limit.
func threadPolicy(_ *call, _ *thread, r *infoReq) abi.KernReturn {
	switch r.Flavor {
	case policyTimeshare, 2, 4: // POLICY_RR, POLICY_FIFO
		return 0
	}
	return abi.KERN_INVALID_POLICY
}

// threadPolicySet notes what is asked for; see taskPolicySet.
func threadPolicySet(c *call, th *thread, r *infoReq) abi.KernReturn {
	info, _, ok := c.words(r.Count)
	if !ok {
		return abi.MIG_BAD_ARGUMENTS
	}
	if r.Flavor == abi.THREAD_TIME_CONSTRAINT_POLICY && len(info) >= 16 {
		// A computation longer than its constraint cannot be kept.
		computation, constraint := le.Uint32(info[4:]), le.Uint32(info[8:])
		if constraint < computation || computation == 0 {
			return abi.KERN_INVALID_ARGUMENT
		}
	}
	return th.policy.set(threadPolicies(), r.Flavor, info)
}

func threadPolicyGet(c *call, th *thread, r *policyGetReq) abi.KernReturn {
	return th.policy.get(c, threadPolicies(), r)
}

func threadGetVoucher(c *call, th *thread, r *whichReq) abi.KernReturn {
	return taskGetVoucher(c, th.task, r)
}

func threadSetVoucher(c *call, th *thread, r *noArgs) abi.KernReturn {
	return taskSetVoucher(c, th.task, r)
}
