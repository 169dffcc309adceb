package kern

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// Fork makes a child of p with a copy of the calling thread t and, unless share
// is set (vfork), a copy-on-write copy of memory. The child's thread is not
// started: the caller sets its result registers first.
func (p *Process) Fork(t *Thread, share bool) (*Process, *Thread, error) {
	m := p.Machine
	if m.nthread >= m.MaxThreads {
		return nil, nil, abi.EAGAIN
	}
	c, err := m.NewProcess(p)
	if err != nil {
		return nil, nil, err
	}
	if share {
		c.Space = p.Space
		c.vforkChild = true
	} else if c.Space, err = p.Space.Fork(); err != nil {
		c.Reap()
		return nil, nil, abi.ENOMEM
	}
	c.Arch = p.Arch
	c.inherit(p)
	c.FDs = p.FDs.Fork()
	n, err := c.NewThread()
	if err != nil {
		c.DropSpace()
		c.FDs.CloseAll(c)
		c.Cwd.Unref()
		c.Root.Unref()
		c.Reap()
		return nil, nil, err
	}
	n.Ctx.CopyFrom(t.Ctx)
	n.SigMask, n.AltStack, n.OnStack = t.SigMask, t.AltStack, t.OnStack
	n.sigToken, n.sigNested = t.sigToken, t.sigNested
	n.call.gate = t.call.gate
	n.Self, n.TSD, n.QoS = t.Self, t.TSD, t.QoS
	n.Cred = t.Cred
	n.CancelDisabled = t.CancelDisabled
	if t.Cwd != nil {
		n.Cwd = t.Cwd.Ref()
	}
	for k, v := range p.Ext {
		if x, ok := v.(interface{ Fork(*Process) any }); ok {
			c.Ext[k] = x.Fork(c)
		}
	}
	if m.Hooks.ProcStart != nil {
		m.Hooks.ProcStart(c, p)
	}
	if m.Hooks.ProcNote != nil {
		m.Hooks.ProcNote(p, noteFork, int64(c.PID))
	}
	return c, n, nil
}

// ForkResult sets the registers with which a forked child's thread starts: its
// own pid, and 1 in the second register, by which the C library knows that it is
// the child (thread_set_child of both architectures).
func (t *Thread) ForkResult() {
	r := t.Regs()
	if t.Arch() == cpu.ARM64 {
		r.Set(0, uint64(t.Proc.PID))
		r.Set(1, 1)
		r.Set(cpu.NZCV, r.R[cpu.NZCV]&^nzcvC)
		return
	}
	r.Set(cpu.RAX, uint64(t.Proc.PID))
	r.Set(cpu.RDX, 1)
	r.Set(cpu.RFLAGS, r.R[cpu.RFLAGS]&^flagCF)
	if t.call.gate.sysret {
		r.Set(cpu.R11, r.R[cpu.RFLAGS])
	}
}

// inherit copies what a child has of its parent besides memory and descriptors.
func (c *Process) inherit(p *Process) {
	c.Cred, c.Umask, c.Limits, c.Nice = p.Cred, p.Umask, p.Limits, p.Nice
	c.Name, c.ExecPath, c.Exec, c.Login = p.Name, p.ExecPath, p.Exec, p.Login
	c.Sig = p.Sig
	c.Cwd, c.Root = p.Cwd.Ref(), p.Root.Ref()
	if p.Group != nil {
		c.SetGroup(p.Group.ID, p.Group.Session)
	}
}

// NewChild makes a child of p without memory or descriptors of its own, for
// posix_spawn: the caller fills FDs and calls Become. p's settings are inherited.
func (p *Process) NewChild() (*Process, *Thread, error) {
	m := p.Machine
	c, err := m.NewProcess(p)
	if err != nil {
		return nil, nil, err
	}
	c.Arch = p.Arch
	c.inherit(p)
	c.FDs = p.FDs.Fork()
	n, err := c.NewThread()
	if err != nil {
		c.Abandon()
		return nil, nil, err
	}
	if m.Hooks.ProcStart != nil {
		m.Hooks.ProcStart(c, p)
	}
	return c, n, nil
}

// Abandon removes a child that never ran.
func (p *Process) Abandon() {
	p.destroy()
	if q := p.Parent; q != nil {
		q.dropChild(p)
	}
	p.leaveGroup()
}
