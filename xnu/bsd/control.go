package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Control of processes by others: bsd/vm/vm_unix.c, bsd/kern/mach_process.c,
// bsd/kern/process_policy.c, bsd/kern/kern_resource.c.

func controlRows() []kern.Row {
	return []kern.Row{
		kern.Sys(26, "ptrace", kern.RetInt, kern.Partial, ptrace, "only PT_DENY_ATTACH; tracing is refused with ENOTSUP"),
		kern.Sys(323, "process_policy", kern.RetInt, kern.Partial, processPolicy, "every policy is ENOTSUP"),
		kern.Sys(433, "pid_suspend", kern.RetInt, kern.Full, pidSuspend),
		kern.Sys(434, "pid_resume", kern.RetInt, kern.Full, pidResume),
		kern.Sys(446, "proc_rlimit_control", kern.RetInt, kern.Partial, rlimitControl,
			"monitors of processor use and of footprint, and limits on threads' processor time, are ENOTSUP"),
		kern.Sys(529, "os_fault_with_payload", kern.RetInt, kern.Full, osFault),
	}
}

type ptraceArgs struct {
	Request int32
	PID     abi.PID
	Addr    abi.Ptr
	Data    int32
}

func ptrace(t *kern.Thread, a *ptraceArgs) (uint64, error) {
	switch a.Request {
	case abi.PT_DENY_ATTACH:
		// Nobody can attach anyhow. (XNU ends a program that is being traced.)
		return 0, nil
	case abi.PT_FORCEQUOTA:
		return 0, abi.EPERM
	case abi.PT_TRACE_ME:
		t.Machine().Note("ptrace PT_TRACE_ME")
		return 0, abi.ENOTSUP
	}
	if _, err := findProcess(t, a.PID); err != nil || a.PID == 0 {
		return 0, abi.ESRCH
	}
	t.Machine().Note("ptrace")
	return 0, abi.ENOTSUP
}

func pidSuspend(t *kern.Thread, a *pidArgs) (uint64, error) {
	p, err := controlled(t, a.PID)
	if err != nil {
		return 0, err
	}
	p.Suspended++
	return 0, nil
}

func pidResume(t *kern.Thread, a *pidArgs) (uint64, error) {
	p, err := controlled(t, a.PID)
	if err != nil {
		return 0, err
	}
	if p.Suspended == 0 {
		return 0, abi.EINVAL
	}
	p.Suspended--
	return 0, nil
}

// controlled is a process that the caller may suspend: not the kernel's (0), and
// one of the same user's.
func controlled(t *kern.Thread, pid abi.PID) (*kern.Process, error) {
	if pid == 0 {
		return nil, abi.EPERM
	}
	p, err := findProcess(t, pid)
	if err != nil {
		return nil, err
	}
	if c := credOf(t); c.EUID != 0 && c.EUID != p.Cred.EUID {
		return nil, abi.EPERM
	}
	if p.HostProc != nil {
		return nil, abi.ENOTSUP
	}
	return p, nil
}

type processPolicyArgs struct {
	Scope, Action, Policy, Subtype int32
	Attr                           abi.Ptr
	PID                            abi.PID
	TID                            uint64
}

// Scopes of process_policy (bsd/sys/process_policy.h).
const (
	policyScopeProcess = 1
	policyScopeThread  = 2
)

func processPolicy(t *kern.Thread, a *processPolicyArgs) (uint64, error) {
	if a.Scope != policyScopeProcess && a.Scope != policyScopeThread {
		return 0, abi.EINVAL
	}
	p, err := findProcess(t, a.PID)
	if err != nil {
		return 0, err
	}
	if p != t.Proc && credOf(t).EUID != 0 {
		return 0, abi.EPERM
	}
	return 0, abi.ENOTSUP
}

type rlimitControlArgs struct {
	PID    abi.PID
	Flavor int32
	Arg    abi.Ptr
}

// Flavours of proc_rlimit_control (bsd/sys/resource.h).
const (
	rlimitWakeupsMonitor  = 1
	rlimitCPUUsageMonitor = 2
	rlimitThreadCPULimits = 3
	rlimitFootprint       = 4
)

func rlimitControl(t *kern.Thread, a *rlimitControlArgs) (uint64, error) {
	p := t.Proc
	if a.PID != -1 {
		q, err := findProcess(t, a.PID)
		if err != nil || a.PID == 0 {
			return 0, abi.ESRCH
		}
		p = q
	}
	if c, d := credOf(t), p.Cred; c.EUID != 0 && c.RUID != 0 && c.EUID != d.EUID && c.RUID != d.EUID {
		return 0, abi.EACCES
	}
	switch a.Flavor {
	case rlimitWakeupsMonitor:
		// XNU ignores this one too.
		return 0, nil
	case rlimitThreadCPULimits:
		if a.PID != -1 || a.Arg&0xff == 0 || a.Arg&0xff >= 100 {
			return 0, abi.EINVAL
		}
		return 0, abi.ENOTSUP
	case rlimitCPUUsageMonitor, rlimitFootprint:
		return 0, abi.ENOTSUP
	}
	return 0, abi.EINVAL
}

// osFault reports a fault that a library noticed; the program goes on.
func osFault(t *kern.Thread, a *abortPayloadArgs) (uint64, error) {
	tellReason(t, t.Proc, "reported a fault", a.NS, a.Code, a.Reason)
	return 0, nil
}
