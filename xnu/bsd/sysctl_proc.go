package bsd

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The process part of the sysctl tree: kern.proc, kern.procargs2, kern.procname.

func procTable() []ctl {
	struct_ := "S,kinfo_proc"
	sel := func(name string, oid int32) ctl {
		return ctl{name: name, oid: oid, format: struct_, get: func(t *kern.Thread, rest []int32) ([]byte, error) { return kinfoProcs(t, oid, rest) }}
	}
	return []ctl{
		sel("kern.proc.all", oidZero), sel("kern.proc.pid", 1), sel("kern.proc.pgrp", 2), sel("kern.proc.session", 3),
		sel("kern.proc.tty", 4), sel("kern.proc.uid", 5), sel("kern.proc.ruid", 6), sel("kern.proc.lcid", 7),
		{name: "kern.procargs2", oid: 49, format: "S,", get: procArgs2},
		{name: "kern.procargs", oid: abi.KERN_PROCARGS, format: "S,", get: procArgs},
		{name: "kern.procname", oid: abi.KERN_PROCNAME, format: "A", get: stringOf(func(t *kern.Thread) string { return t.Proc.Name }),
			set: func(t *kern.Thread, v []byte) error {
				if len(v) > 16 {
					v = v[:16]
				}
				t.Proc.Name = string(v)
				return nil
			}},
		{name: "kern.threadname", oid: abi.KERN_THREADNAME, format: "A", get: stringOf(func(t *kern.Thread) string { return t.Name }),
			set: func(t *kern.Thread, v []byte) error {
				if len(v) >= abi.MAXTHREADNAMESIZE {
					return abi.ENAMETOOLONG
				}
				t.Name = string(v)
				return nil
			}},
	}
}

// kinfoProcs lists processes for KERN_PROC_ALL, _PID, _PGRP, _TTY, _UID, _RUID.
func kinfoProcs(t *kern.Thread, what int32, rest []int32) ([]byte, error) {
	arg := int32(0)
	switch {
	case len(rest) > 1, len(rest) == 0 && what != oidZero:
		return nil, abi.EINVAL
	case len(rest) == 1:
		arg = rest[0]
	}
	out := []byte{}
	for _, p := range t.Machine().Processes() {
		ok := false
		switch what {
		case oidZero:
			ok = true
		case 1:
			ok = int32(p.PID) == arg
		case 2:
			ok = p.Group != nil && int32(p.Group.ID) == arg
		case 3:
			ok = p.Group != nil && p.Group.Session != nil && int32(p.Group.Session.ID) == arg
		case 4:
			ok = p.Group != nil && p.Group.Session != nil && p.Group.Session.TTY
		case 5:
			ok = int32(p.Cred.EUID) == arg
		case 6:
			ok = int32(p.Cred.RUID) == arg
		default:
			return nil, abi.ENOTSUP
		}
		if ok {
			k := kinfo(p)
			out = abi.Append(out, &k)
		}
	}
	return out, nil
}

// The process states and flags of struct extern_proc (bsd/sys/proc.h).
const (
	procIdle, procRun, procSleep, procStop, procZombie = 1, 2, 3, 4, 5
	procLP64, procExeced, procCtty                     = 0x4, 0x4000, 0x2
	procTranslated                                     = 0x20000
)

func kinfo(p *kern.Process) abi.KinfoProc {
	var k abi.KinfoProc
	e := &k.Proc
	e.Starttime = abi.Timeval{Sec: p.Start / 1e9, Usec: int32(p.Start % 1e9 / 1000)}
	e.Flag = procLP64
	if p.ExecedOnce {
		e.Flag |= procExeced
	}
	switch {
	case p.Zombie:
		e.Stat = procZombie
	case p.Stopped:
		e.Stat = procStop
	default:
		e.Stat = procRun
	}
	e.Pid, e.Oppid = p.PID, p.PPID()
	e.Nice = int8(p.Nice)
	e.Priority = 31
	copy(e.Comm[:16], p.Name)
	if t := p.Main(); t != nil {
		e.Sigmask = uint32(t.SigMask)
	}
	q := &k.Eproc
	q.Ppid = p.PPID()
	q.Pcred = abi.Pcred{Ruid: p.Cred.RUID, Svuid: p.Cred.SVUID, Rgid: p.Cred.RGID, Svgid: p.Cred.SVGID, Refcnt: 1}
	q.Ucred.Ref, q.Ucred.Uid = 1, p.Cred.EUID
	groups := append([]uint32{p.Cred.EGID}, p.Cred.Groups...)
	q.Ucred.Ngroups = int16(min(len(groups), len(q.Ucred.Groups)))
	copy(q.Ucred.Groups[:], groups)
	q.Tdev = -1
	if g := p.Group; g != nil {
		q.Pgid = g.ID
		if s := g.Session; s != nil {
			if s.TTY {
				e.Flag |= procCtty
				q.Flag |= abi.EPROC_CTTY
				q.Tpgid = s.FGGroup
				q.Tdev = abi.MakeDev(16, 0)
			}
			if s.Leader == p {
				q.Flag |= abi.EPROC_SLEADER
			}
			copy(q.Login[:11], s.Login)
		}
	}
	return k
}

// procArgs2 is KERN_PROCARGS2: argc, then the strings area as the process has
// left it: executable path, padding, argv, environment, apple strings.
func procArgs2(t *kern.Thread, rest []int32) ([]byte, error) {
	p, err := argsOf(t, rest)
	if err != nil {
		return nil, err
	}
	return append(le.AppendUint32(nil, uint32(len(p.Exec.Argv))), stringsArea(p)...), nil
}

func procArgs(t *kern.Thread, rest []int32) ([]byte, error) {
	p, err := argsOf(t, rest)
	if err != nil {
		return nil, err
	}
	return stringsArea(p), nil
}

func argsOf(t *kern.Thread, rest []int32) (*kern.Process, error) {
	if len(rest) != 1 {
		return nil, abi.EINVAL
	}
	p := t.Machine().Process(abi.PID(rest[0]))
	if p == nil || p.Zombie || p.Space == nil {
		return nil, abi.EINVAL
	}
	if c := t.Proc.Cred; c.EUID != 0 && c.EUID != p.Cred.EUID {
		return nil, abi.EINVAL
	}
	return p, nil
}

func stringsArea(p *kern.Process) []byte {
	b := make([]byte, min(p.Exec.ArgsSize, 2<<20))
	if err := p.Space.CopyIn(b, p.Exec.ArgsAddr); err != nil {
		return nil
	}
	// The first apple string starts the area without its key.
	const key = "executable_path="
	if len(b) > len(key) && string(b[:len(key)]) == key {
		b = b[len(key):]
	}
	return b
}

// cputypeOf is the CPU_TYPE of a process.
func cputypeOf(p *kern.Process) (typ, sub int32) {
	if p.Arch == cpu.ARM64 {
		return 0x0100000c, 0
	}
	return 0x01000007, 3
}
