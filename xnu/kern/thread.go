package kern

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// ThreadState is where a thread is in its life.
type ThreadState uint8

// The states of a thread.
const (
	Runnable ThreadState = iota
	Blocked
	Dead
)

// Thread is one guest thread: a processor context and what the kernel keeps for
// it between calls.
type Thread struct {
	Proc *Process
	// TID is the system-wide thread id (thread_selfid).
	TID   uint64
	Ctx   cpu.Context
	State ThreadState
	// Name is what pthread_setname_np gave (through proc_info).
	Name string

	// First: the thread that its process started with.
	First bool

	// Suspend counts Mach suspensions; the thread runs only at 0.
	Suspend int

	// Signal state, all per thread as in XNU's struct uthread.
	SigMask   abi.Sigset
	Pending   abi.Sigset
	SigWait   abi.Sigset
	oldMask   abi.Sigset
	restore   bool // deliver, then restore oldMask (UT_SAS_OLDMASK)
	AltStack  AltStack
	OnStack   bool
	info      map[abi.Signal]SigInfo
	sigToken  uint64
	sigNested int
	fault     Exception

	// Cancellation state of pthread's (__pthread_canceled, disable).
	CancelPending, CancelDisabled bool

	// Per-thread credentials of pthread_setugid_np, working directory of
	// pthread_fchdir_np.
	Cred *Cred
	Cwd  *Dir

	// Port names and the like, owned by packages mach and bsd.
	MachState    any
	PthreadState any
	// Self is the user-space pthread_t; TSD the thread base; Stack what
	// bsdthread_create was given. QoS is the requested class.
	Self, TSD uint64
	QoS       uint32

	call   call
	waiter waiterSet
	queued bool
	// began is when the thread's present time slice started.
	utime, stime, began int64

	// Ret1 is the second result register of calls that have one (uu_rval[1]).
	Ret1 uint64
}

// AltStack is a sigaltstack setting.
type AltStack struct {
	SP, Size uint64
	Enabled  bool
}

// call is the state of the system call a thread is in. It survives the re-runs
// of a call that blocks and is cleared when a new call enters.
type call struct {
	row               *Row
	raw               [maxArgs]uint64
	active            bool
	deadline          int64
	data              any
	wokenBy           any
	woken             bool
	waited            bool // observers were told that it waits
	timedOut          bool
	aborted           bool // thread_abort or thread_abort_safely
	intr              bool
	norestart, unintr bool
	resume            uint64 // pc after the call
	gate              gate
}

// reset makes c ready for a new call. raw stays: whoever enters a call fills in
// as many arguments as its row has.
func (c *call) reset() {
	c.row, c.active, c.deadline = nil, false, 0
	if c.data != nil || c.wokenBy != nil {
		c.data, c.wokenBy = nil, nil
	}
	c.woken, c.waited, c.timedOut, c.aborted, c.intr, c.norestart, c.unintr = false, false, false, false, false, false, false
	c.resume, c.gate = 0, gate{}
}

// Space is the address space the thread runs in.
func (t *Thread) Space() *mem.Space { return t.Proc.Space }

// Arch is the thread's instruction set.
func (t *Thread) Arch() cpu.Arch { return t.Proc.Arch }

// Machine is the machine the thread runs on.
func (t *Thread) Machine() *Machine { return t.Proc.Machine }

// Regs is shorthand for the thread's integer registers.
func (t *Thread) Regs() *cpu.Regs { return t.Ctx.Regs() }

// NewThread makes a thread of p with a fresh context, not yet runnable.
func (p *Process) NewThread() (*Thread, error) {
	m := p.Machine
	if m.nthread >= m.MaxThreads {
		return nil, abi.EAGAIN
	}
	e, err := m.Engine(p.Arch)
	if err != nil {
		return nil, err
	}
	ctx, err := e.NewContext()
	if err != nil {
		return nil, err
	}
	m.nthread++
	m.nextTID++
	t := &Thread{Proc: p, TID: 0x1000 + m.nextTID, Ctx: ctx, State: Blocked}
	p.Threads = append(p.Threads, t)
	if m.Hooks.ThreadStart != nil {
		m.Hooks.ThreadStart(t)
	}
	return t, nil
}

// Start makes a new thread runnable.
func (t *Thread) Start() {
	if t.State == Blocked && !t.call.active {
		t.State = Runnable
		t.Machine().runq.push(t)
	}
}

// Exit ends the thread; the last one's end is the process's (exit status 0), as
// bsdthread_terminate has it.
func (t *Thread) Exit() {
	if t.State == Dead {
		return
	}
	p := t.Proc
	t.retire()
	t.kill()
	for i, x := range p.Threads {
		if x == t {
			p.Threads = append(p.Threads[:i], p.Threads[i+1:]...)
			break
		}
	}
	if len(p.Threads) == 0 && !p.Exiting {
		p.Exit(abi.ExitStatus(0))
	}
}

// retire adds the time that the thread has used to what its process's ended
// threads have.
func (t *Thread) retire() {
	u, s := t.Times()
	t.Proc.DeadUsage.UserNS += u
	t.Proc.DeadUsage.SysNS += s
	t.utime, t.stime = 0, 0
	if t.Machine().current == t {
		t.began = t.Machine().Monotonic()
	}
}

// kill takes the thread out of everything but its process's list.
func (t *Thread) kill() {
	if t.State == Dead {
		return
	}
	m := t.Machine()
	t.waiter.clear()
	m.runq.remove(t)
	t.State = Dead
	t.call.active = false
	if d, ok := t.call.data.(Abandoner); ok {
		t.call.data = nil
		d.Abandon(t)
	}
	t.Cwd.Unref()
	t.Cwd = nil
	m.nthread--
	if m.Hooks.ThreadEnd != nil {
		m.Hooks.ThreadEnd(t)
	}
	t.Ctx.Release()
}

// An Abandoner is call data that holds something: it is told when the thread
// ends in the middle of the call.
type Abandoner interface {
	Abandon(t *Thread)
}

// CallData is a slot for the call in progress: it keeps what a handler puts
// there across the re-runs of a call that blocks, and is nil at a call's start.
// What it must give back if the thread is killed meanwhile, an [Abandoner] does.
func (t *Thread) CallData() any { return t.call.data }

// SetCallData fills the slot.
func (t *Thread) SetCallData(v any) { t.call.data = v }

// DeadlineIn returns the moment ns nanoseconds after the call in progress first
// asked; later re-runs of the call get the same moment. Negative is no deadline.
func (t *Thread) DeadlineIn(ns int64) int64 {
	if ns < 0 {
		return 0
	}
	if t.call.deadline == 0 {
		now := t.Machine().Monotonic()
		d := now + ns
		if d < now {
			d = 1<<63 - 1
		}
		t.call.deadline = max(d, 1)
	}
	return t.call.deadline
}

// Woken reports whether the call is being re-run because somebody woke it
// through a queue, and with what. It answers once.
func (t *Thread) Woken() (any, bool) {
	d, ok := t.call.wokenBy, t.call.woken
	t.call.wokenBy, t.call.woken = nil, false
	return d, ok
}

// TimedOut reports whether the deadline of the call's last wait has passed.
func (t *Thread) TimedOut() bool { return t.call.timedOut }

// Block parks the thread in the call in progress. The handler must return the
// error it gives at once. When something wakes the thread, the handler is run
// again from its start with the same arguments; if it then blocks again although
// the deadline has passed or a signal has come, Block returns ETIMEDOUT, EINTR
// or ErrRestart instead, and the handler passes that on or translates it.
func (t *Thread) Block(w Wait) error {
	c := &t.call
	if c.timedOut {
		return abi.ETIMEDOUT
	}
	if c.aborted {
		return abi.EINTR
	}
	if !w.Uninterruptible && (c.intr || t.Interruptible()) {
		return t.intrError(w.NoRestart)
	}
	m := t.Machine()
	if w.Deadline != 0 && w.Deadline <= m.Monotonic() {
		c.timedOut = true
		return abi.ETIMEDOUT
	}
	c.unintr, c.norestart = w.Uninterruptible, w.NoRestart
	t.State = Blocked
	t.waiter.arm(t, w)
	return errBlocked
}

// intrError is EINTR, or ErrRestart when the signal that interrupts says
// SA_RESTART (bsd/kern/kern_synch.c _sleep).
func (t *Thread) intrError(noRestart bool) error {
	if noRestart || t.Proc.Exiting {
		return abi.EINTR
	}
	if s := t.nextSignal(); s != 0 && t.Proc.Sig.Actions[s].Flags&abi.SA_RESTART == 0 &&
		t.Proc.Sig.Actions[s].Handler > abi.SIG_IGN {
		return abi.EINTR
	}
	return ErrRestart
}

// wake makes a blocked thread runnable; the call will be re-run.
func (t *Thread) wake() {
	if t.State != Blocked {
		return
	}
	t.waiter.clear()
	t.State = Runnable
	t.Machine().runq.push(t)
}

// Interrupt ends an interruptible wait because a signal wants attention.
func (t *Thread) Interrupt() {
	if t.State == Blocked && t.call.active && !t.call.unintr {
		t.call.intr = true
		t.wake()
	}
}

// Abort ends any wait with EINTR (thread_abort).
func (t *Thread) Abort() {
	if t.State == Blocked && t.call.active {
		t.call.aborted = true
		t.wake()
	}
}

// waiterSet is everything a blocked thread is queued on.
type waiterSet struct {
	first Waiter
	more  []*Waiter
	srcs  []Source
	timer *Timer
}

func (s *waiterSet) arm(t *Thread, w Wait) {
	if w.Queue != nil {
		s.first = Waiter{Thread: t, Key: w.Key, Data: w.Data, fire: fireThread}
		w.Queue.Add(&s.first)
	}
	for _, x := range w.More {
		n := &Waiter{Thread: t, Want: x.Want, fire: fireThread}
		x.Source.Add(n)
		s.more = append(s.more, n)
		s.srcs = append(s.srcs, x.Source)
	}
	if w.Deadline != 0 {
		s.timer = t.Machine().After(w.Deadline, func() {
			t.call.timedOut = true
			t.wake()
		})
	}
}

func (s *waiterSet) clear() {
	if s.first.q != nil {
		s.first.q.Remove(&s.first)
	}
	for i, n := range s.more {
		s.srcs[i].Remove(n)
	}
	clear(s.more)
	clear(s.srcs)
	s.more, s.srcs = s.more[:0], s.srcs[:0]
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}

func fireThread(w *Waiter, data any) {
	t := w.Thread
	if t.State != Blocked {
		return
	}
	t.call.woken, t.call.wokenBy = true, data
	t.wake()
}

// SetTSD sets the thread's user-space base: gs on x86-64, TPIDRRO_EL0 on arm64.
func (t *Thread) SetTSD(base uint64) {
	t.TSD = base
	if t.Arch() == cpu.ARM64 {
		t.Regs().Set(cpu.TPIDRRO, base)
	} else {
		t.Regs().Set(cpu.GSBase, base)
	}
}
