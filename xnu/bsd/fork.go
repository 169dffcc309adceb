package bsd

import (
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Making processes: bsd/kern/kern_fork.c.

func forkRows() []kern.Row {
	return []kern.Row{
		kern.Sys(2, "fork", kern.RetInt, kern.Full, fork),
		kern.Sys(66, "vfork", kern.RetInt, kern.Full, vfork),
	}
}

func fork(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	c, n, err := t.Proc.Fork(t, false)
	if err != nil {
		return 0, err
	}
	n.First = true
	n.ForkResult()
	n.Start()
	return uint64(c.PID), nil
}

// vforked keeps the child across the re-runs of a vfork that waits for it.
type vforked struct {
	child *kern.Process
	done  kern.WaitQueue
}

// vfork runs the child in the parent's memory; the calling thread waits until
// the child execs or ends. Nothing but the child's progress ends the wait: the
// parent's stack is the child's.
func vfork(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	v, ok := t.CallData().(*vforked)
	if !ok {
		c, n, err := t.Proc.Fork(t, true)
		if err != nil {
			return 0, err
		}
		v = &vforked{child: c}
		c.BeginVfork(&v.done)
		n.First = true
		n.ForkResult()
		n.Start()
		t.SetCallData(v)
	}
	if v.child.VforkWait == nil {
		return uint64(v.child.PID), nil
	}
	return 0, t.Block(kern.Wait{Queue: &v.done, Uninterruptible: true})
}
