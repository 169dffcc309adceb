package kern

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"golang.org/x/sys/unix"
)

// SigState is a process's signal dispositions.
type SigState struct {
	Actions [abi.NSIG]SigAction
	// NoChildWait is SA_NOCLDWAIT, NoChildStop SA_NOCLDSTOP, of SIGCHLD.
	NoChildWait, NoChildStop bool
	// Validation says whether sigreturn checks its token
	// (ps_sigreturn_validation): the first sigaction after exec decides.
	Validation Validation
}

// Validation is the state of the sigreturn token check.
type Validation uint8

// The states; only disabled lets a wrong token pass.
const (
	ValidateDefault Validation = iota
	ValidateEnabled
	ValidateDisabled
)

// SigAction is one disposition.
type SigAction struct {
	Handler abi.Ptr
	Tramp   abi.Ptr
	Mask    abi.Sigset
	Flags   uint32
}

// SigInfo is what a handler learns beyond the number.
type SigInfo struct {
	Code   int32
	PID    abi.PID
	UID    uint32
	Status int32
	Addr   uint64
	Value  uint64
	Band   int64
}

const (
	cantMask = abi.Sigset(1<<(abi.SIGKILL-1) | 1<<(abi.SIGSTOP-1))
	stopMask = abi.Sigset(1<<(abi.SIGSTOP-1) | 1<<(abi.SIGTSTP-1) | 1<<(abi.SIGTTIN-1) | 1<<(abi.SIGTTOU-1))
	contMask = abi.Sigset(1 << (abi.SIGCONT - 1))
)

// ignored reports whether the process discards the signal: SIG_IGN, or SIG_DFL
// where the default is to ignore. SIGCONT never counts (p_sigignore).
func (p *Process) ignored(s abi.Signal) bool {
	switch h := p.Sig.Actions[s].Handler; {
	case s == abi.SIGCONT:
		return false
	case h == abi.SIG_IGN:
		return true
	case h == abi.SIG_DFL:
		return s.Default() == abi.SigIgnore
	}
	return false
}

// Signal posts a signal to the process, to be taken by a thread that will.
func (p *Process) Signal(s abi.Signal, info SigInfo) {
	if p.Exiting {
		return
	}
	if p.Machine.Hooks.ProcNote != nil {
		p.Machine.Hooks.ProcNote(p, noteSignal, int64(s))
	}
	if p.HostProc != nil {
		p.HostProc.Signal(HostSignal(s))
		return
	}
	if t := p.signalThread(s); t != nil {
		t.post(s, info, false)
	}
}

// signalThread is get_signalthread of bsd/kern/kern_sig.c: the first thread that
// waits for the signal or does not block it, else the first.
func (p *Process) signalThread(s abi.Signal) *Thread {
	for _, t := range p.Threads {
		if t.SigWait.Has(s) || !t.SigMask.Has(s) {
			return t
		}
	}
	return p.Main()
}

// Signal posts a signal to this thread alone (__pthread_kill).
func (t *Thread) Signal(s abi.Signal, info SigInfo) { t.post(s, info, true) }

// Signal posts to every member of the group.
func (g *Group) Signal(s abi.Signal, info SigInfo) {
	for _, p := range append([]*Process(nil), g.Members...) {
		p.Signal(s, info)
	}
}

func (t *Thread) post(s abi.Signal, info SigInfo, directed bool) {
	p := t.Proc
	if p.Exiting || !s.Valid() {
		return
	}
	if p.ignored(s) && !t.SigWait.Has(s) {
		return
	}
	bit := s.Set()
	caught := p.Sig.Actions[s].Handler > abi.SIG_IGN
	if s == abi.SIGCONT {
		t.Pending &^= stopMask
		for _, o := range p.Threads {
			o.Pending &^= stopMask
		}
		p.resume()
		if !caught {
			if !t.SigWait.Has(s) {
				return
			}
		}
	}
	if stopMask&bit != 0 {
		if s != abi.SIGSTOP && !caught && p.Group != nil && p.Group.Orphaned() {
			return
		}
		for _, o := range p.Threads {
			o.Pending &^= contMask
		}
	}
	if t.info == nil {
		t.info = map[abi.Signal]SigInfo{}
	}
	t.Pending |= bit
	t.info[s] = info
	switch {
	case t.SigWait.Has(s):
		t.wake()
	case t.SigMask.Has(s) && s != abi.SIGKILL && s != abi.SIGSTOP:
	case s == abi.SIGKILL:
		p.Stopped = false
		p.Suspended = 0
		for _, o := range p.Threads {
			o.Suspend = 0
		}
		p.Exit(int32(abi.SIGKILL))
	case !caught && stopMask&bit != 0:
		t.Pending &^= bit
		p.stopFor(s)
	default:
		t.Interrupt()
	}
}

// stopFor is the default action of the job-control stops.
func (p *Process) stopFor(s abi.Signal) {
	if p.Stopped {
		return
	}
	p.Stopped, p.StopSig, p.StopSeen, p.Continued = true, s, false, false
	if q := p.Parent; q != nil {
		if !q.Sig.NoChildStop {
			q.SignalChild(p)
		}
		q.WaitQ.WakeAll(nil)
	} else if p == p.Machine.Init {
		p.Machine.stopSelf(s)
	}
}

// resume undoes a stop.
func (p *Process) resume() {
	if !p.Stopped {
		return
	}
	p.Stopped, p.Continued = false, true
	if q := p.Parent; q != nil {
		if !q.Sig.NoChildStop {
			q.SignalChild(p)
		}
		q.WaitQ.WakeAll(nil)
	}
}

// stopSelf lets the host's job control see that the first process stopped.
func (m *Machine) stopSelf(s abi.Signal) {
	if m.StopHost != nil {
		m.StopHost(HostSignal(s))
	}
}

// nextSignal is the signal that would be taken now; 0 if none.
func (t *Thread) nextSignal() abi.Signal {
	set := t.Pending &^ (t.SigMask &^ cantMask)
	if set == 0 {
		return 0
	}
	for s := abi.Signal(1); s < abi.NSIG; s++ {
		if set.Has(s) {
			if t.Proc.ignored(s) {
				t.Pending &^= s.Set()
				continue
			}
			return s
		}
	}
	return 0
}

// Interruptible reports whether a signal waits that would end an interruptible
// sleep.
func (t *Thread) Interruptible() bool { return t.Proc.Exiting || t.nextSignal() != 0 }

// SetMask changes the blocked set; what can never be blocked stays unblocked.
func (t *Thread) SetMask(m abi.Sigset) { t.SigMask = m &^ cantMask }

// SuspendMask sets a temporary mask that the next delivered signal's return
// undoes (sigsuspend, pselect).
func (t *Thread) SuspendMask(m abi.Sigset) {
	if !t.restore {
		t.oldMask, t.restore = t.SigMask, true
	}
	t.SetMask(m)
}

// RestoreMask undoes SuspendMask when no signal was delivered.
func (t *Thread) RestoreMask() {
	if t.restore {
		t.SigMask, t.restore = t.oldMask, false
	}
}

// TakePending removes and returns the lowest pending signal in set.
func (t *Thread) TakePending(set abi.Sigset) (abi.Signal, SigInfo) {
	for s := abi.Signal(1); s < abi.NSIG; s++ {
		if set.Has(s) && t.Pending.Has(s) {
			t.Pending &^= s.Set()
			return s, t.info[s]
		}
	}
	return 0, SigInfo{}
}

// deliverSignals acts on what is pending before the thread returns to user mode;
// false when the thread is gone.
func (t *Thread) deliverSignals() bool {
	if t.State == Dead {
		return false
	}
	if t.Pending == 0 {
		return t.State == Runnable
	}
	if t.State != Runnable {
		return false
	}
	p := t.Proc
	for {
		s := t.nextSignal()
		if s == 0 {
			return true
		}
		t.Pending &^= s.Set()
		a := &p.Sig.Actions[s]
		if a.Handler == abi.SIG_DFL {
			switch s.Default() {
			case abi.SigIgnore, abi.SigContinue:
				continue
			case abi.SigStop:
				p.stopFor(s)
				if p.Stopped {
					return false
				}
				continue
			}
			t.die(s)
			return false
		}
		if a.Handler == abi.SIG_IGN {
			continue
		}
		t.catch(s, a)
		if t.State == Dead {
			return false
		}
	}
}

// die is the default action that ends the process.
func (t *Thread) die(s abi.Signal) {
	p := t.Proc
	m := p.Machine
	status := int32(s)
	if s.Default() == abi.SigCore {
		// No core file is written; the wait status says so, as on a Mac with
		// cores off (the default limit is 0).
		m.crash(t, s)
	}
	p.Exit(status)
}

// catch arranges for the handler to run.
func (t *Thread) catch(s abi.Signal, a *SigAction) {
	act := *a
	mask := t.SigMask
	if t.restore {
		mask, t.restore = t.oldMask, false
	}
	t.SigMask |= act.Mask &^ cantMask
	if act.Flags&abi.SA_NODEFER == 0 {
		t.SigMask |= s.Set() &^ cantMask
	}
	if act.Flags&abi.SA_RESETHAND != 0 && s != abi.SIGILL && s != abi.SIGTRAP {
		a.Handler = abi.SIG_DFL
		a.Flags &^= abi.SA_SIGINFO | abi.SA_NODEFER
	}
	info := t.info[s]
	t.Proc.DeadUsage.NSigs++
	if err := t.pushFrame(s, &act, mask, info); err != nil {
		// sendsig's "bad": the frame cannot be written, so SIGILL takes its
		// default action.
		t.Proc.Sig.Actions[abi.SIGILL] = SigAction{}
		t.SigMask &^= abi.SIGILL.Set()
		t.fault = Exception{}
		t.post(abi.SIGILL, SigInfo{}, true)
	}
}

// hostSignal hands a signal that Beagle itself received to the foreground of the
// guest: the first process's group.
func (m *Machine) hostSignal(h unix.Signal) {
	s := GuestSignal(h)
	if s == 0 || m.Init == nil || m.Init.Exiting {
		return
	}
	target := m.Init.Group
	if target != nil && target.Session != nil && (s == abi.SIGINT || s == abi.SIGQUIT || s == abi.SIGTSTP || s == abi.SIGWINCH) {
		if fg := m.groups[target.Session.FGGroup]; fg != nil {
			target = fg
		}
	}
	if s == abi.SIGINT || s == abi.SIGQUIT || s == abi.SIGTSTP || s == abi.SIGWINCH || s == abi.SIGHUP {
		if target != nil {
			for _, p := range append([]*Process(nil), target.Members...) {
				// Host programs are in Beagle's own process group: the terminal
				// has told them.
				if p.HostProc == nil || s == abi.SIGHUP {
					p.Signal(s, SigInfo{})
				}
			}
			return
		}
	}
	m.Init.Signal(s, SigInfo{})
}
