package kern

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// BecomeHost puts a host program that has been started in the place of p's
// image: threads, memory and descriptors go, the entry stays, so that the
// parent can signal it and wait for it. ended is called when the host program
// has ended, before anybody is told.
func (p *Process) BecomeHost(h hostfs.Proc, path string, info ExecInfo, ended func()) {
	m := p.Machine
	had := p.Space != nil
	for _, t := range p.Threads {
		t.retire()
		t.kill()
	}
	p.Threads = nil
	p.DropSpace()
	p.EndVfork()
	p.FDs.CloseAll(p)
	p.Name, p.ExecPath, p.Exec = baseName(path), path, info
	if len(p.Name) > 16 {
		p.Name = p.Name[:16]
	}
	p.stopTimers(ITIMER_VIRTUAL)
	p.Sig.execReset()
	clearExec(p)
	p.ExecedOnce = true
	p.HostProc = h
	if had && m.Hooks.ProcNote != nil {
		m.Hooks.ProcNote(p, noteExec, 0)
	}
	m.OnHostChild(h.PID(), func(c hostfs.ChildExit) {
		switch {
		case c.Status.Stopped():
			p.stopFor(GuestSignal(c.Status.StopSignal()))
		case c.Status.Continued():
			p.resume()
		default:
			p.HostProc = nil
			ended()
			p.DeadUsage.Add(Usage{
				UserNS: c.Rusage.Utime.Nano(), SysNS: c.Rusage.Stime.Nano(),
				MaxRSS: c.Rusage.Maxrss << 10, MinFlt: c.Rusage.Minflt, MajFlt: c.Rusage.Majflt,
				InBlock: c.Rusage.Inblock, OuBlock: c.Rusage.Oublock,
				VolSwitch: c.Rusage.Nvcsw, InvolSwitch: c.Rusage.Nivcsw,
			})
			p.Exit(hostStatus(c))
		}
	})
	if p.Stopped {
		_ = h.Signal(HostSignal(abi.SIGSTOP))
	}
}

// hostStatus is the wait status of a host program in Darwin's form.
func hostStatus(c hostfs.ChildExit) int32 {
	if !c.Status.Signaled() {
		return abi.ExitStatus(int32(c.Status.ExitStatus()))
	}
	s := GuestSignal(c.Status.Signal())
	if s == 0 {
		s = abi.SIGKILL
	}
	return abi.WaitSignaled(s, c.Status.CoreDump())
}
