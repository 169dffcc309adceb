package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Limits, priorities and resource use: bsd/kern/kern_resource.c.

func resourceRows() []kern.Row {
	return []kern.Row{
		kern.Sys(96, "setpriority", kern.RetInt, kern.Partial, setpriority,
			"the priority is kept and told, but does not change who runs; PRIO_DARWIN_GPU, _ROLE, _GAME_MODE and _CARPLAY_MODE are EINVAL"),
		kern.Sys(100, "getpriority", kern.RetInt, kern.Partial, getpriority,
			"PRIO_DARWIN_ROLE, _GAME_MODE and _CARPLAY_MODE are EINVAL"),
		kern.Sys(117, "getrusage", kern.RetInt, kern.Full, getrusage),
		kern.Sys(194, "getrlimit", kern.RetInt, kern.Full, getrlimit),
		kern.Sys(195, "setrlimit", kern.RetInt, kern.Full, setrlimit),
		kern.Sys(322, "iopolicysys", kern.RetInt, kern.Partial, iopolicysys,
			"policies are kept and told, without effect on how disks are used"),
	}
}

type priorityArgs struct {
	Which int32
	Who   abi.ID
	Prio  int32
}

type getpriorityArgs struct {
	Which int32
	Who   abi.ID
}

// policies is what a process has been told about its scheduling and I/O that
// Beagle keeps without acting on it.
type policies struct {
	bg bool
	io map[[2]int32]int32
}

func (x *policies) Fork(*kern.Process) any {
	c := &policies{bg: x.bg, io: map[[2]int32]int32{}}
	for k, v := range x.io {
		c.io[k] = v
	}
	return c
}

// ExecReset keeps the policies: they are the process's, not the image's.
func (x *policies) ExecReset() bool { return false }

func policiesOf(p *kern.Process) *policies {
	if x, ok := p.Ext["policies"].(*policies); ok {
		return x
	}
	x := &policies{io: map[[2]int32]int32{}}
	p.Ext["policies"] = x
	return x
}

// priorityTargets lists the processes that which and who name.
func priorityTargets(t *kern.Thread, which int32, who abi.ID) ([]*kern.Process, error) {
	if who > 0x7fffffff {
		return nil, abi.EINVAL
	}
	m, p := t.Machine(), t.Proc
	switch which {
	case abi.PRIO_PROCESS, abi.PRIO_DARWIN_PROCESS:
		if who == 0 {
			return []*kern.Process{p}, nil
		}
		if q := m.Process(abi.PID(who)); q != nil && !q.Zombie {
			return []*kern.Process{q}, nil
		}
		return nil, abi.ESRCH
	case abi.PRIO_PGRP:
		g := p.Group
		if who != 0 {
			g = m.Group(abi.PID(who))
		}
		if g == nil {
			return nil, abi.ESRCH
		}
		return append([]*kern.Process(nil), g.Members...), nil
	case abi.PRIO_USER:
		uid := uint32(who)
		if who == 0 {
			uid = p.Cred.EUID
		}
		var out []*kern.Process
		for _, q := range m.Processes() {
			if q.Cred.EUID == uid && !q.Zombie {
				out = append(out, q)
			}
		}
		if len(out) == 0 {
			return nil, abi.ESRCH
		}
		return out, nil
	case abi.PRIO_DARWIN_THREAD:
		if who != 0 {
			return nil, abi.EINVAL
		}
		return []*kern.Process{p}, nil
	}
	return nil, abi.EINVAL
}

func getpriority(t *kern.Thread, a *getpriorityArgs) (uint64, error) {
	list, err := priorityTargets(t, a.Which, a.Who)
	if err != nil {
		return 0, err
	}
	switch a.Which {
	case abi.PRIO_DARWIN_THREAD:
		if threadOf(t).background {
			return 1, nil
		}
		return 0, nil
	case abi.PRIO_DARWIN_PROCESS:
		if policiesOf(list[0]).bg {
			return 1, nil
		}
		return 0, nil
	}
	low := int32(abi.PRIO_MAX + 1)
	for _, q := range list {
		low = min(low, q.Nice)
	}
	return uint64(int64(low)), nil
}

func setpriority(t *kern.Thread, a *priorityArgs) (uint64, error) {
	list, err := priorityTargets(t, a.Which, a.Who)
	if err != nil {
		return 0, err
	}
	switch a.Which {
	case abi.PRIO_DARWIN_THREAD:
		if a.Prio != abi.PRIO_DARWIN_NONUI {
			threadOf(t).background = a.Prio == abi.PRIO_DARWIN_BG
		}
		return 0, nil
	case abi.PRIO_DARWIN_PROCESS:
		if c, d := t.Proc.Cred, list[0].Cred; c.EUID != 0 && c.RUID != 0 && c.EUID != d.EUID && c.RUID != d.EUID {
			return 0, abi.EPERM
		}
		if a.Prio != abi.PRIO_DARWIN_NONUI {
			policiesOf(list[0]).bg = a.Prio == abi.PRIO_DARWIN_BG
		}
		return 0, nil
	}
	var first error
	for _, q := range list {
		if err := donice(t.Proc, q, a.Prio); err != nil && first == nil {
			first = err
		}
	}
	return 0, first
}

// donice sets one process's nice value: only the superuser lowers it.
func donice(p, q *kern.Process, n int32) error {
	c, d := p.Cred, q.Cred
	if c.EUID != 0 && c.RUID != 0 && c.EUID != d.EUID && c.RUID != d.EUID {
		return abi.EPERM
	}
	n = max(abi.PRIO_MIN, min(abi.PRIO_MAX, n))
	if n < q.Nice && c.EUID != 0 {
		return abi.EACCES
	}
	q.Nice = n
	return nil
}

type rlimitArgs struct {
	Which uint32
	Limit abi.Ptr `struct:"rlimit"`
}

func getrlimit(t *kern.Thread, a *rlimitArgs) (uint64, error) {
	which := a.Which &^ abi.RLIMIT_POSIX_FLAG
	if which >= kern.NumLimits {
		return 0, abi.EINVAL
	}
	l := t.Proc.Limits[which]
	r := abi.Rlimit{Cur: l.Cur, Max: l.Max}
	var b [16]byte
	r.Put(b[:])
	return 0, t.Space().CopyOut(uint64(a.Limit), b[:])
}

func setrlimit(t *kern.Thread, a *rlimitArgs) (uint64, error) {
	var b [16]byte
	if err := t.Space().CopyIn(b[:], uint64(a.Limit)); err != nil {
		return 0, err
	}
	var r abi.Rlimit
	r.Get(b[:])
	which := a.Which &^ abi.RLIMIT_POSIX_FLAG
	if which >= kern.NumLimits {
		return 0, abi.EINVAL
	}
	p := t.Proc
	old := p.Limits[which]
	if r.Cur > r.Max {
		return 0, abi.EINVAL
	}
	if (r.Cur > old.Max || r.Max > old.Max) && p.Cred.EUID != 0 {
		return 0, abi.EPERM
	}
	n := kern.Limit{Cur: r.Cur, Max: r.Max}
	switch which {
	case abi.RLIMIT_CPU:
		p.CPULimitTold = false
	case abi.RLIMIT_STACK:
		// maxssiz is 64 MiB; the size of what is mapped does not change.
		n.Cur, n.Max = min(n.Cur, abi.MAXSSIZ), min(n.Max, abi.MAXSSIZ)
	case abi.RLIMIT_AS:
		limit := n.Cur
		if limit >= kern.Infinity {
			limit = 0
		} else if p.Space.Size() > limit {
			return 0, abi.EINVAL
		}
		p.Space.SetMaxBytes(limit)
	case abi.RLIMIT_NPROC:
		m := uint64(t.Machine().MaxProcs)
		n.Cur, n.Max = min(n.Cur, m), min(n.Max, m)
	}
	p.Limits[which] = n
	return 0, nil
}

type getrusageArgs struct {
	Who    int32
	Rusage abi.Ptr `struct:"rusage"`
}

func getrusage(t *kern.Thread, a *getrusageArgs) (uint64, error) {
	var u kern.Usage
	switch a.Who {
	case abi.RUSAGE_SELF:
		u = t.Proc.Usage()
	case abi.RUSAGE_CHILDREN:
		u = t.Proc.ChildUsage
	default:
		return 0, abi.EINVAL
	}
	ru := rusageOf(u)
	return 0, putRusage(t, a.Rusage, &ru)
}

func rusageOf(u kern.Usage) abi.Rusage {
	return abi.Rusage{
		Utime: timevalNS(u.UserNS), Stime: timevalNS(u.SysNS), Maxrss: u.MaxRSS, Minflt: u.MinFlt, Majflt: u.MajFlt,
		Inblock: u.InBlock, Oublock: u.OuBlock, Msgsnd: u.MsgSnd, Msgrcv: u.MsgRcv, Nsignals: u.NSigs,
		Nvcsw: u.VolSwitch, Nivcsw: u.InvolSwitch,
	}
}

func putRusage(t *kern.Thread, at abi.Ptr, ru *abi.Rusage) error {
	var b [144]byte
	ru.Put(b[:])
	return t.Space().CopyOut(uint64(at), b[:])
}

// timevalNS is ns nanoseconds as a timeval.
func timevalNS(ns int64) abi.Timeval {
	return abi.Timeval{Sec: ns / 1e9, Usec: int32(ns % 1e9 / 1000)}
}

type iopolicyArgs struct {
	Cmd int32
	Arg abi.Ptr `struct:"_iopol_param_t"`
}

// iopolicysys keeps what bsd/kern/kern_resource.c's policies are set to.
func iopolicysys(t *kern.Thread, a *iopolicyArgs) (uint64, error) {
	var b [12]byte
	if err := t.Space().CopyIn(b[:], uint64(a.Arg)); err != nil {
		return 0, err
	}
	var x abi.IopolParam
	x.Get(b[:])
	if x.Iotype < abi.IOPOL_TYPE_DISK || x.Iotype > abi.IOPOL_TYPE_VFS_DISALLOW_RW_FOR_O_EVTONLY {
		return 0, abi.EINVAL
	}
	scopes := map[int32]bool{abi.IOPOL_SCOPE_PROCESS: true, abi.IOPOL_SCOPE_THREAD: x.Iotype != abi.IOPOL_TYPE_VFS_HFS_CASE_SENSITIVITY,
		abi.IOPOL_SCOPE_DARWIN_BG: x.Iotype == abi.IOPOL_TYPE_DISK}
	if !scopes[x.Scope] {
		return 0, abi.EINVAL
	}
	io := policiesOf(t.Proc).io
	if x.Scope == abi.IOPOL_SCOPE_THREAD {
		st := threadOf(t)
		if st.io == nil {
			st.io = map[[2]int32]int32{}
		}
		io = st.io
	}
	key := [2]int32{x.Iotype, x.Scope}
	switch a.Cmd {
	case abi.IOPOL_CMD_SET:
		if x.Policy < 0 || x.Policy > abi.IOPOL_STANDARD {
			return 0, abi.EINVAL
		}
		io[key] = x.Policy
		return 0, nil
	case abi.IOPOL_CMD_GET:
		x.Policy = io[key]
		x.Put(b[:])
		return 0, t.Space().CopyOut(uint64(a.Arg), b[:])
	}
	return 0, abi.EINVAL
}
