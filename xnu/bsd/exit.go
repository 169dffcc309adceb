package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The end of processes and waiting for it: bsd/kern/kern_exit.c.

func exitRows() []kern.Row {
	return []kern.Row{
		kern.Sys(1, "exit", kern.RetVoid, kern.Full, exit),
		kern.Sys(7, "wait4", kern.RetInt, kern.Full, wait4),
		kern.Sys(173, "waitid", kern.RetInt, kern.Full, waitid),
		kern.Sys(400, "wait4_nocancel", kern.RetInt, kern.Full, wait4),
		kern.Sys(416, "waitid_nocancel", kern.RetInt, kern.Full, waitid),
	}
}

type exitArgs struct{ Status int32 }

// exit keeps all of the status that waitid tells; wait4 cuts it to 8 bits.
func exit(t *kern.Thread, a *exitArgs) (uint64, error) {
	t.Proc.Exit(int32(uint32(a.Status) << 8))
	return 0, kern.ErrGone
}

type wait4Args struct {
	PID     abi.PID
	Status  abi.Ptr `out:"4"`
	Options uint32  `flags:"wait"`
	Rusage  abi.Ptr `struct:"rusage"`
}

func wait4(t *kern.Thread, a *wait4Args) (uint64, error) {
	q := t.Proc
	pid := a.PID
	if pid == 0 {
		pid = -groupID(q)
	}
	if pid == -1<<31 {
		return 0, abi.EINVAL
	}
	found := false
	for _, p := range q.Children {
		if pid != -1 && p.PID != pid && groupID(p) != -pid {
			continue
		}
		found = true
		switch {
		case p.Zombie:
			got := p.PID
			if err := putInt(t, a.Status, p.Status&0xffff); err != nil {
				return 0, err
			}
			if a.Rusage != 0 {
				ru := rusageOf(p.Usage())
				if err := putRusage(t, a.Rusage, &ru); err != nil {
					return 0, err
				}
			}
			// With SIGCHLD blocked and no other child, a pending SIGCHLD goes
			// with its child.
			if len(q.Children) == 1 && t.SigMask.Has(abi.SIGCHLD) {
				t.Pending &^= abi.SIGCHLD.Set()
			}
			p.Reap()
			return uint64(got), nil
		case p.Stopped && !p.StopSeen && (p.Traced || a.Options&abi.WUNTRACED != 0):
			p.StopSeen = true
			return uint64(p.PID), putInt(t, a.Status, abi.WaitStopped(p.StopSig))
		case a.Options&abi.WCONTINUED != 0 && p.Continued:
			p.Continued = false
			return uint64(p.PID), putInt(t, a.Status, abi.WaitContinued())
		}
	}
	if !found {
		return 0, abi.ECHILD
	}
	if a.Options&abi.WNOHANG != 0 {
		return 0, nil
	}
	return 0, t.Block(kern.Wait{Queue: &q.WaitQ})
}

type waitidArgs struct {
	IDType  uint32
	ID      abi.ID
	Info    abi.Ptr `struct:"siginfo"`
	Options uint32  `flags:"wait"`
}

func waitid(t *kern.Thread, a *waitidArgs) (uint64, error) {
	const known = abi.WNOHANG | abi.WNOWAIT | abi.WCONTINUED | abi.WSTOPPED | abi.WEXITED
	q := t.Proc
	if a.Options == 0 || a.Options&^known != 0 {
		return 0, abi.EINVAL
	}
	if (a.IDType == abi.P_PID || a.IDType == abi.P_PGID) && int32(a.ID) < 0 {
		return 0, abi.EINVAL
	}
	found := false
	for _, p := range q.Children {
		if a.IDType == abi.P_PID && p.PID != abi.PID(a.ID) || a.IDType == abi.P_PGID && groupID(p) != abi.PID(a.ID) {
			continue
		}
		found = true
		info := abi.Siginfo{Signo: abi.SIGCHLD, Pid: p.PID}
		keep := a.Options&abi.WNOWAIT != 0
		switch {
		case p.Zombie:
			if a.Options&abi.WEXITED == 0 {
				continue
			}
			if sig := p.Status & 0x7f; sig != 0 {
				info.Code, info.Status = abi.CLD_KILLED, sig
				if p.Status&abi.WCOREFLAG != 0 {
					info.Code = abi.CLD_DUMPED
				}
			} else {
				info.Code, info.Status = abi.CLD_EXITED, p.Status>>8
			}
			if err := putSiginfo(t, a.Info, &info); err != nil {
				return 0, err
			}
			if !keep {
				p.Reap()
			}
			return 0, nil
		case p.Stopped:
			if a.Options&abi.WSTOPPED == 0 || p.StopSeen {
				continue
			}
			info.Code, info.Status = abi.CLD_STOPPED, int32(p.StopSig)
			if err := putSiginfo(t, a.Info, &info); err != nil {
				return 0, err
			}
			p.StopSeen = p.StopSeen || !keep
			return 0, nil
		case p.Continued:
			if a.Options&abi.WCONTINUED == 0 {
				continue
			}
			info.Code, info.Status = abi.CLD_CONTINUED, int32(abi.SIGCONT)
			if err := putSiginfo(t, a.Info, &info); err != nil {
				return 0, err
			}
			p.Continued = p.Continued && keep
			return 0, nil
		}
	}
	if !found {
		return 0, abi.ECHILD
	}
	if a.Options&abi.WNOHANG != 0 {
		return 0, nil
	}
	return 0, t.Block(kern.Wait{Queue: &q.WaitQ})
}

func putSiginfo(t *kern.Thread, at abi.Ptr, info *abi.Siginfo) error {
	var b [104]byte
	info.Put(b[:])
	return t.Space().CopyOut(uint64(at), b[:])
}

// putInt stores a 32-bit result unless the pointer is null.
func putInt(t *kern.Thread, at abi.Ptr, v int32) error {
	if at == 0 {
		return nil
	}
	return t.Space().Store32(uint64(at), uint32(v))
}

func groupID(p *kern.Process) abi.PID {
	if p.Group == nil {
		return 0
	}
	return p.Group.ID
}
