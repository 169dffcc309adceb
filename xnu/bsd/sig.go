package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Signals: bsd/kern/kern_sig.c. What happens to a posted signal is in package
// kern; here is what programs ask for.

func sigRows() []kern.Row {
	return []kern.Row{
		kern.Sys(37, "kill", kern.RetInt, kern.Full, kill),
		kern.Sys(46, "sigaction", kern.RetInt, kern.Full, sigaction),
		kern.Sys(48, "sigprocmask", kern.RetInt, kern.Full, sigprocmask),
		kern.Sys(52, "sigpending", kern.RetInt, kern.Full, sigpending),
		kern.Sys(53, "sigaltstack", kern.RetInt, kern.Full, sigaltstack),
		kern.Sys(111, "sigsuspend", kern.RetInt, kern.Full, sigsuspend),
		kern.Sys(184, "sigreturn", kern.RetInt, kern.Full, sigreturn),
		kern.Sys(328, "__pthread_kill", kern.RetInt, kern.Full, pthreadKill),
		kern.Sys(329, "__pthread_sigmask", kern.RetInt, kern.Full, pthreadSigmask),
		kern.Sys(330, "__sigwait", kern.RetInt, kern.Full, sigwait),
		kern.Sys(331, "__disable_threadsignal", kern.RetInt, kern.Full, disableThreadSignal),
		kern.Sys(332, "__pthread_markcancel", kern.RetInt, kern.Full, pthreadMarkCancel),
		kern.Sys(333, "__pthread_canceled", kern.RetInt, kern.Full, pthreadCanceled),
		kern.Sys(334, "__semwait_signal", kern.RetInt, kern.Full, semwaitSignal),
		kern.Sys(410, "sigsuspend_nocancel", kern.RetInt, kern.Full, sigsuspend),
		kern.Sys(422, "__sigwait_nocancel", kern.RetInt, kern.Full, sigwait),
		kern.Sys(423, "__semwait_signal_nocancel", kern.RetInt, kern.Full, semwaitSignal),
		kern.Sys(520, "terminate_with_payload", kern.RetInt, kern.Full, terminateWithPayload),
		kern.Sys(521, "abort_with_payload", kern.RetVoid, kern.Full, abortWithPayload),
	}
}

type sigactionArgs struct {
	Sig abi.Signal
	New abi.Ptr `struct:"__sigaction"`
	Old abi.Ptr `struct:"sigaction" out:"16"`
}

func sigaction(t *kern.Thread, a *sigactionArgs) (uint64, error) {
	if !a.Sig.Valid() || a.Sig == abi.SIGKILL || a.Sig == abi.SIGSTOP {
		return 0, abi.EINVAL
	}
	ss := &t.Proc.Sig
	var in abi.KernSigaction
	if a.New != 0 {
		var b [24]byte
		if err := t.Space().CopyIn(b[:], uint64(a.New)); err != nil {
			return 0, err
		}
		in.Get(b[:])
	}
	if a.Old != 0 {
		o := ss.Actions[a.Sig]
		out := abi.Sigaction{Handler: o.Handler, Mask: o.Mask}
		// SA_RESETHAND is not told.
		flags := o.Flags & (abi.SA_ONSTACK | abi.SA_RESTART | abi.SA_SIGINFO | abi.SA_NODEFER)
		if a.Sig == abi.SIGCHLD && ss.NoChildStop {
			flags |= abi.SA_NOCLDSTOP
		}
		if a.Sig == abi.SIGCHLD && ss.NoChildWait {
			flags |= abi.SA_NOCLDWAIT
		}
		out.Flags = int32(flags)
		var b [16]byte
		out.Put(b[:])
		if err := t.Space().CopyOut(uint64(a.Old), b[:]); err != nil {
			return 0, err
		}
	}
	if a.New == 0 {
		return 0, nil
	}
	flags := uint32(in.Flags)
	if ss.Validation == kern.ValidateDefault {
		ss.Validation = kern.ValidateDisabled
		if flags&abi.SA_VALIDATE_SIGRETURN_FROM_SIGTRAMP != 0 {
			ss.Validation = kern.ValidateEnabled
		}
	}
	flags &= abi.SA_USERSPACE_MASK
	ss.Actions[a.Sig] = kern.SigAction{Handler: in.Handler, Tramp: in.Tramp, Mask: in.Mask &^ abi.SigCantMask, Flags: flags}
	if a.Sig == abi.SIGCHLD {
		ss.NoChildStop = flags&abi.SA_NOCLDSTOP != 0
		ss.NoChildWait = flags&abi.SA_NOCLDWAIT != 0 || in.Handler == abi.SIG_IGN
	}
	if in.Handler == abi.SIG_IGN || in.Handler == abi.SIG_DFL && a.Sig.Default() == abi.SigIgnore {
		for _, o := range t.Proc.Threads {
			o.Pending &^= a.Sig.Set()
		}
	}
	return 0, nil
}

type sigmaskArgs struct {
	How int32   `flags:"sigmask"`
	Set abi.Ptr `struct:"sigset"`
	Old abi.Ptr `struct:"sigset" out:"4"`
}

// sigprocmask changes the mask of every thread of the process.
func sigprocmask(t *kern.Thread, a *sigmaskArgs) (uint64, error) {
	old := t.SigMask
	if a.Set != 0 {
		if err := changeMask(t, a, t.Proc.Threads); err != nil {
			return 0, err
		}
	}
	if a.Old != 0 {
		// A bad address is not reported (the kernel ignores copyout's result).
		_ = t.Space().Store32(uint64(a.Old), uint32(old))
	}
	return 0, nil
}

// pthreadSigmask changes the calling thread's mask.
func pthreadSigmask(t *kern.Thread, a *sigmaskArgs) (uint64, error) {
	old := t.SigMask
	if a.Set != 0 {
		if err := changeMask(t, a, []*kern.Thread{t}); err != nil {
			return 0, err
		}
	}
	if a.Old != 0 {
		_ = t.Space().Store32(uint64(a.Old), uint32(old))
	}
	return 0, nil
}

func changeMask(t *kern.Thread, a *sigmaskArgs, threads []*kern.Thread) error {
	v, err := t.Space().Load32(uint64(a.Set))
	if err != nil {
		return err
	}
	set := abi.Sigset(v) &^ abi.SigCantMask
	switch a.How {
	case abi.SIG_BLOCK, abi.SIG_UNBLOCK, abi.SIG_SETMASK:
	default:
		return abi.EINVAL
	}
	for _, o := range threads {
		switch a.How {
		case abi.SIG_BLOCK:
			o.SetMask(o.SigMask | set)
		case abi.SIG_UNBLOCK:
			o.SetMask(o.SigMask &^ set)
		case abi.SIG_SETMASK:
			o.SetMask(set)
		}
		if o != t && o.Interruptible() {
			o.Interrupt()
		}
	}
	return nil
}

type sigpendingArgs struct {
	Set abi.Ptr `struct:"sigset" out:"4"`
}

// sigpending tells what is pending on any thread of the process.
func sigpending(t *kern.Thread, a *sigpendingArgs) (uint64, error) {
	var set abi.Sigset
	for _, o := range t.Proc.Threads {
		set |= o.Pending
	}
	if a.Set == 0 {
		return 0, nil
	}
	return 0, t.Space().Store32(uint64(a.Set), uint32(set))
}

type sigaltstackArgs struct {
	New abi.Ptr `struct:"stack_t"`
	Old abi.Ptr `struct:"stack_t" out:"24"`
}

// oldMinStack is the size that sigaltstack enforces, for programs from before
// MINSIGSTKSZ grew.
const oldMinStack = 8 * 1024

func sigaltstack(t *kern.Thread, a *sigaltstackArgs) (uint64, error) {
	var b [24]byte
	if a.Old != 0 {
		o := abi.Sigaltstack{Sp: abi.Ptr(t.AltStack.SP), Size: t.AltStack.Size}
		if !t.AltStack.Enabled {
			o.Flags |= abi.SS_DISABLE
		}
		if t.OnStack {
			o.Flags |= abi.SS_ONSTACK
		}
		o.Put(b[:])
		if err := t.Space().CopyOut(uint64(a.Old), b[:]); err != nil {
			return 0, err
		}
	}
	if a.New == 0 {
		return 0, nil
	}
	if err := t.Space().CopyIn(b[:], uint64(a.New)); err != nil {
		return 0, err
	}
	var n abi.Sigaltstack
	n.Get(b[:])
	switch {
	case n.Flags&^abi.SS_DISABLE != 0:
		return 0, abi.EINVAL
	case n.Flags&abi.SS_DISABLE != 0:
		if t.OnStack {
			return 0, abi.EINVAL
		}
		// The address stays, as it does in XNU.
		t.AltStack.Enabled = false
	case t.OnStack:
		return 0, abi.EPERM
	case n.Size < oldMinStack:
		return 0, abi.ENOMEM
	default:
		t.AltStack = kern.AltStack{SP: uint64(n.Sp), Size: n.Size, Enabled: true}
	}
	return 0, nil
}

type sigsuspendArgs struct {
	Mask abi.Sigset
}

// sigsuspend always ends in EINTR; the old mask comes back when the handler of
// the signal that ended it returns.
func sigsuspend(t *kern.Thread, a *sigsuspendArgs) (uint64, error) {
	t.SuspendMask(a.Mask)
	return 0, t.Block(kern.Wait{NoRestart: true})
}

type sigreturnArgs struct {
	Uctx  abi.Ptr
	Style uint32
	Token uint64
}

func sigreturn(t *kern.Thread, a *sigreturnArgs) (uint64, error) {
	return 0, t.SigReturn(uint64(a.Uctx), a.Style, a.Token)
}

type sigwaitArgs struct {
	Set abi.Ptr `struct:"sigset"`
	Sig abi.Ptr `out:"4"`
}

func sigwait(t *kern.Thread, a *sigwaitArgs) (uint64, error) {
	if a.Set == 0 {
		return 0, abi.EINVAL
	}
	v, err := t.Space().Load32(uint64(a.Set))
	if err != nil {
		return 0, err
	}
	set := abi.Sigset(v) &^ abi.SigCantMask
	if set == 0 {
		return 0, abi.EINVAL
	}
	for _, o := range t.Proc.Threads {
		sig, _ := o.TakePending(set)
		if sig == 0 {
			continue
		}
		t.SigWait = 0
		t.RestoreMask()
		return 0, putInt(t, a.Sig, int32(sig))
	}
	// While it waits, the thread takes what it waits for and nothing but what
	// cannot be masked.
	t.SigWait = set
	t.SuspendMask(^set)
	err = t.Block(kern.Wait{NoRestart: true})
	if err == abi.EINTR || err == kern.ErrRestart {
		t.SigWait = 0
		t.RestoreMask()
		err = abi.EINTR
	}
	return 0, err
}

type killArgs struct {
	PID   abi.PID
	Sig   int32 `flags:"signal"`
	POSIX int32
}

func kill(t *kern.Thread, a *killArgs) (uint64, error) {
	if uint32(a.Sig) >= abi.NSIG {
		return 0, abi.EINVAL
	}
	m, p := t.Machine(), t.Proc
	s := abi.Signal(a.Sig)
	var targets []*kern.Process
	switch {
	case a.PID > 0:
		q := m.Process(a.PID)
		if q == nil {
			if a.PID == 1 { // launchd is there, and nobody's to signal
				return 0, abi.EPERM
			}
			return 0, abi.ESRCH
		}
		if q.Zombie {
			return 0, nil
		}
		if !canSignal(p, q, s) {
			return 0, abi.EPERM
		}
		postFrom(t, q, s)
		return gone(t)
	case a.PID == -1:
		// Everybody but, in POSIX's manner, oneself.
		for _, q := range m.Processes() {
			if q != p || a.POSIX == 0 {
				targets = append(targets, q)
			}
		}
	case a.PID == 0:
		targets = append(targets, p.Group.Members...)
	default:
		g := m.Group(-a.PID)
		if g == nil {
			return 0, abi.ESRCH
		}
		targets = append(targets, g.Members...)
	}
	found := false
	for _, q := range targets {
		if q.Zombie && a.PID != -1 || !canSignal(p, q, s) {
			continue
		}
		found = true
		if !q.Zombie {
			postFrom(t, q, s)
		}
	}
	if !found {
		if a.POSIX != 0 {
			return 0, abi.EPERM
		}
		return 0, abi.ESRCH
	}
	return gone(t)
}

// gone is success, unless the call ended its own thread.
func gone(t *kern.Thread) (uint64, error) {
	if t.State == kern.Dead {
		return 0, kern.ErrGone
	}
	return 0, nil
}

// postFrom posts a signal with the caller as its sender; the code of an ordinary
// signal is 0 and its status its number.
func postFrom(t *kern.Thread, q *kern.Process, s abi.Signal) {
	if s != 0 {
		q.Signal(s, senderInfo(t, s))
	}
}

func senderInfo(t *kern.Thread, s abi.Signal) kern.SigInfo {
	return kern.SigInfo{PID: t.Proc.PID, UID: credOf(t).RUID, Status: int32(s)}
}

// canSignal is cansignal_nomac.
func canSignal(p, q *kern.Process, s abi.Signal) bool {
	if p == q || p.Cred.EUID == 0 {
		return true
	}
	if s == abi.SIGCONT && p.Group.Session == q.Group.Session {
		return true
	}
	c, d := p.Cred, q.Cred
	return c.RUID == d.RUID || c.RUID == d.SVUID || c.EUID == d.RUID || c.EUID == d.SVUID
}

type pthreadKillArgs struct {
	Thread abi.Port
	Sig    int32 `flags:"signal"`
}

func pthreadKill(t *kern.Thread, a *pthreadKillArgs) (uint64, error) {
	o := threadByPort(t, a.Thread)
	if o == nil || o.State == kern.Dead {
		return 0, abi.ESRCH
	}
	if uint32(a.Sig) >= abi.NSIG {
		return 0, abi.EINVAL
	}
	st := threadOf(o)
	if st.noSignals {
		return 0, abi.ESRCH
	}
	if st.workq && !st.killAllowed && !pthreadOf(o.Proc).workqSigmask {
		return 0, abi.ENOTSUP
	}
	if a.Sig != 0 {
		o.Signal(abi.Signal(a.Sig), senderInfo(t, abi.Signal(a.Sig)))
	}
	return gone(t)
}

// threadByPort finds a thread by a port name of the caller's task.
func threadByPort(t *kern.Thread, name abi.Port) *kern.Thread {
	f := t.Machine().Hooks.ThreadByPort
	if f == nil {
		return nil
	}
	return f(t.Proc, name)
}

type disableSignalArgs struct{ Value int32 }

// disableThreadSignal is called by a thread that is about to end: it takes no
// signals any more and cannot be cancelled.
func disableThreadSignal(t *kern.Thread, _ *disableSignalArgs) (uint64, error) {
	st := threadOf(t)
	st.noSignals, st.canceled = true, true
	t.CancelPending = false
	t.SetMask(^abi.Sigset(0))
	return 0, nil
}

type markCancelArgs struct{ Thread abi.Port }

func pthreadMarkCancel(t *kern.Thread, a *markCancelArgs) (uint64, error) {
	o := threadByPort(t, a.Thread)
	if o == nil || o.Proc != t.Proc || o.State == kern.Dead {
		return 0, abi.ESRCH
	}
	st := threadOf(o)
	if o.CancelPending || st.canceled {
		return 0, nil
	}
	o.CancelPending, st.noSignals = true, true
	if !o.CancelDisabled && cancellationPoint(o) {
		o.Abort()
	}
	return 0, nil
}

// cancellationPoint reports whether the call a thread is in may be ended by
// pthread_cancel: those named _nocancel may not.
func cancellationPoint(t *kern.Thread) bool {
	r, _ := t.InCall()
	return r != nil && !nocancel(r.Name)
}

func nocancel(name string) bool {
	const suffix = "_nocancel"
	return len(name) > len(suffix) && name[len(name)-len(suffix):] == suffix
}

type canceledArgs struct{ Action int32 }

func pthreadCanceled(t *kern.Thread, a *canceledArgs) (uint64, error) {
	switch a.Action {
	case 1:
		t.CancelDisabled = false
		return 0, nil
	case 2:
		t.CancelDisabled = true
		return 0, nil
	}
	st := threadOf(t)
	if !t.CancelDisabled && t.CancelPending && !st.canceled {
		t.CancelPending = false
		st.canceled, st.noSignals = true, true
		return 0, nil
	}
	return 0, abi.EINVAL
}

type semwaitArgs struct {
	Cond, Mutex abi.Port
	Timeout     int32
	Relative    int32
	Sec         int64
	Nsec        int32
}

// semwaitSignal is the Mach call semaphore_timedwait_signal in a BSD call's form.
func semwaitSignal(t *kern.Thread, a *semwaitArgs) (uint64, error) {
	wait := t.Machine().Hooks.SemaphoreWait
	if wait == nil {
		return 0, abi.ENOSYS
	}
	truncated := false
	deadline := int64(0)
	if a.Timeout != 0 {
		sec, nsec := a.Sec, int64(a.Nsec)
		if uint64(sec) > 1<<32-1 {
			sec, nsec, truncated = 1<<32-1, 0, true
		}
		left := sec*1e9 + nsec
		if a.Relative == 0 {
			nowSec, nowNsec := t.Machine().Realtime()
			left = max(0, (sec-nowSec)*1e9+nsec-nowNsec)
		} else if nsec < 0 || nsec >= 1e9 {
			return 0, abi.EINVAL
		}
		deadline = t.DeadlineIn(left)
	}
	err := wait(t, a.Cond, a.Mutex, deadline)
	k, isKern := err.(abi.KernReturn)
	switch {
	case err == nil && truncated, isKern && k == abi.KERN_ABORTED, err == kern.ErrRestart:
		return 0, abi.EINTR
	case isKern && k == abi.KERN_OPERATION_TIMED_OUT:
		return 0, abi.ETIMEDOUT
	case isKern && k != abi.KERN_SUCCESS:
		return 0, abi.EINVAL
	case isKern:
		return 0, nil
	}
	return 0, err
}

type payloadArgs struct {
	PID     abi.PID
	NS      uint32
	Code    uint64
	Payload abi.Ptr `in:"Size"`
	Size    uint32
	Reason  abi.Ptr `string:""`
	Flags   uint64
}

// terminateWithPayload ends a process as by SIGKILL. The reason is for the crash
// report, which nobody writes here: it is told on the diagnostics stream.
func terminateWithPayload(t *kern.Thread, a *payloadArgs) (uint64, error) {
	q, err := findProcess(t, a.PID)
	if err != nil || a.PID == 0 {
		return 0, abi.ESRCH
	}
	if !canSignal(t.Proc, q, abi.SIGKILL) {
		return 0, abi.EPERM
	}
	tellReason(t, q, "ended", a.NS, a.Code, a.Reason)
	q.Signal(abi.SIGKILL, senderInfo(t, abi.SIGKILL))
	return gone(t)
}

type abortPayloadArgs struct {
	NS      uint32
	Code    uint64
	Payload abi.Ptr `in:"Size"`
	Size    uint32
	Reason  abi.Ptr `string:""`
	Flags   uint64
}

// abortWithPayload ends the caller by SIGABRT that cannot be caught.
func abortWithPayload(t *kern.Thread, a *abortPayloadArgs) (uint64, error) {
	tellReason(t, t.Proc, "ended", a.NS, a.Code, a.Reason)
	t.SetMask(t.SigMask &^ abi.SIGABRT.Set())
	t.Proc.Sig.Actions[abi.SIGABRT] = kern.SigAction{}
	t.Signal(abi.SIGABRT, senderInfo(t, abi.SIGABRT))
	return 0, nil
}

// maxReason is EXIT_REASON_USER_DESC_MAX_LEN.
const maxReason = 1024

func tellReason(t *kern.Thread, q *kern.Process, what string, ns uint32, code uint64, at abi.Ptr) {
	why := ""
	if at != 0 {
		if s, err := copyString(t, at, maxReason); err == nil {
			why = ": " + s
		}
	}
	t.Machine().Diagf("%s[%d] %s, reason %d.%#x%s", q.Name, q.PID, what, ns, code, why)
}
