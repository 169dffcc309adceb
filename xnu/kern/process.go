package kern

import (
	"slices"
	"sort"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// Process is one guest process: an address space, threads, descriptors.
type Process struct {
	Machine *Machine
	PID     abi.PID
	Parent  *Process // nil when the parent is outside
	// OriginalPPID survives reparenting (proc_bsdinfo, kinfo_proc).
	Children []*Process
	Group    *Group

	Arch    cpu.Arch
	Space   *mem.Space
	Threads []*Thread
	FDs     *FDTable
	Sig     SigState
	Cred    *Cred
	Cwd     *Dir
	Root    *Dir
	Umask   uint32
	Limits  [NumLimits]Limit
	Nice    int32

	// What execve recorded.
	Name     string // p_comm, at most 16 bytes
	ExecPath string
	Exec     ExecInfo
	Login    string

	// Wait status, once Exiting.
	Exiting bool
	Zombie  bool
	Status  int32 // as wait4 reports it
	Core    bool
	Traced  bool

	// Stopped by a job-control signal; the parent is told once.
	Stopped    bool
	StopSig    abi.Signal
	StopSeen   bool
	Continued  bool
	Suspended  int // task_suspend count
	ExecedOnce bool
	VforkWait  *WaitQueue // the parent's thread waits here until exec or exit
	vforkChild bool

	Start      int64 // realtime ns
	StartMono  int64
	ChildUsage Usage
	DeadUsage  Usage // of threads that ended
	Faults     uint64

	WaitQ WaitQueue // wait4 and waitid of this process's threads

	Timers [3]ITimer
	// CPULimitTold: SIGXCPU has been sent for the present RLIMIT_CPU.
	CPULimitTold bool

	// Ext holds per-process state of subsystems outside kern, by name:
	// pthread registration, Mach port space, workqueues.
	Ext map[string]any

	// HostProc is set for a host program that stands for a guest process.
	HostProc hostfs.Proc
}

// Usage is what getrusage counts.
type Usage struct {
	UserNS, SysNS          int64
	MaxRSS                 int64
	MinFlt, MajFlt         int64
	InBlock, OuBlock       int64
	MsgSnd, MsgRcv, NSigs  int64
	VolSwitch, InvolSwitch int64
}

// Add accumulates v.
func (u *Usage) Add(v Usage) {
	u.UserNS += v.UserNS
	u.SysNS += v.SysNS
	u.MaxRSS = max(u.MaxRSS, v.MaxRSS)
	u.MinFlt += v.MinFlt
	u.MajFlt += v.MajFlt
	u.InBlock += v.InBlock
	u.OuBlock += v.OuBlock
	u.MsgSnd += v.MsgSnd
	u.MsgRcv += v.MsgRcv
	u.NSigs += v.NSigs
	u.VolSwitch += v.VolSwitch
	u.InvolSwitch += v.InvolSwitch
}

// ExecInfo is what the last execve left, for KERN_PROCARGS2 and proc_info.
type ExecInfo struct {
	Argv, Env []string
	// ArgsAddr and ArgsSize bound the strings area on the stack.
	ArgsAddr, ArgsSize uint64
	StackTop           uint64
	Header             uint64 // main executable's mach_header
	DyldHeader         uint64
	AllImageInfo       uint64
	AllImageInfoSize   uint64
	UUID               [16]byte
	CDHash             []byte
	StackSize          uint64
}

// Limit is one rlimit; values above 1<<63-1 are not representable and
// RLIM_INFINITY is 1<<63-1 as on Darwin.
type Limit struct{ Cur, Max uint64 }

// NumLimits is RLIM_NLIMITS.
const NumLimits = 9

// Infinity is RLIM_INFINITY.
const Infinity = 1<<63 - 1

// ITimer is one of setitimer's three timers.
type ITimer struct {
	Interval int64 // ns
	Next     int64 // monotonic ns for real time; remaining cpu ns for the others; 0 off
	timer    *Timer
}

// The indices of Process.Timers, with setitimer's values.
const (
	ITIMER_REAL = iota
	ITIMER_VIRTUAL
	ITIMER_PROF
)

// Cred is a set of credentials; treat as immutable and replace whole.
type Cred struct {
	RUID, EUID, SVUID uint32
	RGID, EGID, SVGID uint32
	Groups            []uint32
}

// Clone copies c for modification.
func (c *Cred) Clone() *Cred {
	d := *c
	d.Groups = append([]uint32(nil), c.Groups...)
	return &d
}

// Dir is a reference to an open directory: a working directory or a root.
type Dir struct {
	File hostfs.File
	refs int
}

// NewDir wraps an open directory with one reference.
func NewDir(f hostfs.File) *Dir { return &Dir{File: f, refs: 1} }

// Ref adds a reference and returns d.
func (d *Dir) Ref() *Dir {
	if d != nil {
		d.refs++
	}
	return d
}

// Unref drops one.
func (d *Dir) Unref() {
	if d == nil {
		return
	}
	if d.refs--; d.refs == 0 {
		d.File.Close()
	}
}

// Group is a process group; Session the session it belongs to.
type Group struct {
	ID      abi.PID
	Session *Session
	Members []*Process
}

// Session is a login session.
type Session struct {
	ID      abi.PID
	Leader  *Process
	TTY     bool // has a controlling terminal
	Login   string
	FGGroup abi.PID
}

// NewProcess makes a process with no threads and no address space. parent is nil
// for the first.
func (m *Machine) NewProcess(parent *Process) (*Process, error) {
	if len(m.procs) >= m.MaxProcs {
		return nil, abi.EAGAIN
	}
	if parent != nil {
		// RLIMIT_NPROC bounds a user's processes, as in kern_fork.c.
		n := uint64(0)
		for _, q := range m.procs {
			if q.Cred.RUID == parent.Cred.RUID && !q.Zombie {
				n++
			}
		}
		if parent.Cred.EUID != 0 && n >= parent.Limits[abi.RLIMIT_NPROC].Cur {
			return nil, abi.EAGAIN
		}
	}
	for m.procs[m.nextPID] != nil || m.groups[m.nextPID] != nil {
		m.bumpPID()
	}
	sec, nsec := m.Realtime()
	p := &Process{Machine: m, PID: m.nextPID, Parent: parent, Ext: map[string]any{}, Start: sec*1e9 + nsec, StartMono: m.Monotonic()}
	m.bumpPID()
	m.procs[p.PID] = p
	if parent != nil {
		parent.Children = append(parent.Children, p)
	}
	return p, nil
}

func (m *Machine) bumpPID() {
	if m.nextPID++; m.nextPID >= 99999 { // PID_MAX
		m.nextPID = firstPID
	}
}

// SetGroup moves p to a group of that id, made in session s if there is none.
func (p *Process) SetGroup(id abi.PID, s *Session) {
	m := p.Machine
	p.leaveGroup()
	g := m.groups[id]
	if g == nil {
		g = &Group{ID: id, Session: s}
		m.groups[id] = g
	}
	g.Members = append(g.Members, p)
	sort.Slice(g.Members, func(i, j int) bool { return g.Members[i].PID < g.Members[j].PID })
	p.Group = g
}

func (p *Process) leaveGroup() {
	g := p.Group
	if g == nil {
		return
	}
	for i, q := range g.Members {
		if q == p {
			g.Members = append(g.Members[:i], g.Members[i+1:]...)
			break
		}
	}
	if len(g.Members) == 0 {
		delete(p.Machine.groups, g.ID)
	}
	p.Group = nil
}

// Orphaned reports whether no member's parent is in another group of the same
// session: such groups get no terminal stops.
func (g *Group) Orphaned() bool {
	for _, p := range g.Members {
		if p.Exiting {
			continue
		}
		if p == p.Machine.Init {
			// The world outside is the parent: a shell that may do job control.
			return false
		}
		// Without a parent here it is launchd's, in a session of its own.
		if q := p.Parent; q != nil && !q.Exiting && q.Group != g && q.Group != nil && q.Group.Session == g.Session {
			return false
		}
	}
	return true
}

// PPID is the parent's pid as getppid gives it: 1 when it is outside.
func (p *Process) PPID() abi.PID {
	if p.Parent == nil {
		return 1
	}
	return p.Parent.PID
}

// Main is the first thread that is alive, or nil.
func (p *Process) Main() *Thread {
	if len(p.Threads) == 0 {
		return nil
	}
	return p.Threads[0]
}

// Exit ends the process: threads, descriptors and memory go now, the status
// waits for the parent. status is as wait4 reports it.
func (p *Process) Exit(status int32) {
	if p.Exiting {
		return
	}
	m := p.Machine
	groups := p.controlled()
	p.Exiting = true
	p.Status = status
	for _, t := range p.Threads {
		t.retire()
		t.kill()
	}
	p.Threads = nil
	p.release()
	for _, c := range append([]*Process(nil), p.Children...) {
		p.orphan(c)
	}
	p.Zombie = true
	for _, g := range groups {
		g.hangUp()
	}
	p.EndVfork()
	if m.Hooks.ProcNote != nil {
		m.Hooks.ProcNote(p, noteExit, int64(uint32(status)))
	}
	if g := p.Group; g != nil && g.Session != nil && g.Session.Leader == p {
		g.Session.Leader = nil
		if g.Session.TTY && g.Session.FGGroup != 0 {
			if fg := m.groups[g.Session.FGGroup]; fg != nil {
				fg.Signal(abi.SIGHUP, SigInfo{Code: 0, PID: p.PID})
			}
		}
	}
	p.notifyParent()
	if p == m.Init {
		m.stop = true
	}
}

// controlled lists the process groups that may lose their last parent of another
// group with p: its own and its children's.
func (p *Process) controlled() []*Group {
	var out []*Group
	for _, q := range append([]*Process{p}, p.Children...) {
		if g := q.Group; g != nil && !slices.Contains(out, g) && !g.Orphaned() {
			out = append(out, g)
		}
	}
	return out
}

// hangUp is orphanpg: stopped members of a group that has become orphaned would
// never be continued, so they get SIGHUP and SIGCONT.
func (g *Group) hangUp() {
	if !g.Orphaned() || !slices.ContainsFunc(g.Members, func(p *Process) bool { return p.Stopped && !p.Exiting }) {
		return
	}
	g.Signal(abi.SIGHUP, SigInfo{})
	g.Signal(abi.SIGCONT, SigInfo{})
}

// orphan hands a child to launchd, which reaps it.
func (p *Process) orphan(c *Process) {
	p.dropChild(c)
	c.Parent = nil
	if c.Zombie {
		c.Reap()
	}
}

func (p *Process) dropChild(c *Process) {
	for i, x := range p.Children {
		if x == c {
			p.Children = append(p.Children[:i], p.Children[i+1:]...)
			return
		}
	}
}

// notifyParent posts SIGCHLD and wakes waiters; a parent that ignores SIGCHLD or
// set SA_NOCLDWAIT leaves no zombie.
func (p *Process) notifyParent() {
	q := p.Parent
	if q == nil {
		if p != p.Machine.Init {
			p.Reap()
		}
		return
	}
	if q.Sig.NoChildWait || q.Sig.Actions[abi.SIGCHLD].Handler == abi.SIG_IGN {
		p.Reap()
		q.WaitQ.WakeAll(nil)
		if q.Sig.Actions[abi.SIGCHLD].Handler != abi.SIG_IGN {
			q.SignalChild(p)
		}
		return
	}
	q.SignalChild(p)
	q.WaitQ.WakeAll(nil)
}

// SignalChild posts SIGCHLD to q about its child p, with siginfo as
// bsd/kern/kern_exit.c fills it.
func (q *Process) SignalChild(p *Process) {
	info := SigInfo{PID: p.PID, UID: p.Cred.RUID}
	switch {
	case p.Exiting && p.Status&0x7f == 0:
		info.Code, info.Status = abi.CLD_EXITED, p.Status>>8&0xff
	case p.Exiting && p.Status&0x80 != 0:
		info.Code, info.Status = abi.CLD_DUMPED, p.Status&0x7f
	case p.Exiting:
		info.Code, info.Status = abi.CLD_KILLED, p.Status&0x7f
	case p.Stopped:
		info.Code, info.Status = abi.CLD_STOPPED, int32(p.StopSig)
	default:
		info.Code, info.Status = abi.CLD_CONTINUED, int32(abi.SIGCONT)
	}
	q.Signal(abi.SIGCHLD, info)
}

// Reap forgets a zombie, adding its usage to its parent's children's.
func (p *Process) Reap() {
	if q := p.Parent; q != nil {
		q.ChildUsage.Add(p.DeadUsage)
		q.ChildUsage.Add(p.ChildUsage)
		q.dropChild(p)
	}
	p.leaveGroup()
	delete(p.Machine.procs, p.PID)
}

// release gives back everything but the process's entry.
func (p *Process) release() {
	m := p.Machine
	p.stopTimers(ITIMER_REAL)
	if m.Hooks.ProcEnd != nil {
		m.Hooks.ProcEnd(p)
	}
	if p.FDs != nil {
		p.FDs.CloseAll(p)
	}
	p.DropSpace()
	p.Cwd.Unref()
	p.Root.Unref()
	p.Cwd, p.Root = nil, nil
}

// DropSpace lets go of the address space. While a vforked child and its parent
// share one, the last of them frees it: either may end first.
func (p *Process) DropSpace() {
	sp := p.Space
	if sp == nil {
		return
	}
	p.Space = nil
	if !p.vforkChild {
		p.DeadUsage.MaxRSS = max(p.DeadUsage.MaxRSS, int64(sp.ResidentBytes()))
	}
	for _, q := range p.Machine.procs {
		if q.Space == sp {
			return
		}
	}
	sp.Release()
}

// BeginVfork marks p as borrowing its parent's memory until it execs or exits;
// the parent's thread waits on the queue.
func (p *Process) BeginVfork(q *WaitQueue) { p.vforkChild, p.VforkWait = true, q }

// destroy is Exit without telling anybody, for the end of the machine.
func (p *Process) destroy() {
	for _, t := range p.Threads {
		t.kill()
	}
	p.Threads = nil
	if !p.Zombie {
		p.release()
	}
	delete(p.Machine.procs, p.PID)
}

// EndVfork lets the parent of a vforked child go on.
func (p *Process) EndVfork() {
	if p.VforkWait != nil {
		p.vforkChild = false
		p.VforkWait.WakeAll(p)
		p.VforkWait = nil
	}
}

// Usage is the process's own resource use so far.
func (p *Process) Usage() Usage {
	u := p.DeadUsage
	for _, t := range p.Threads {
		user, sys := t.Times()
		u.UserNS += user
		u.SysNS += sys
	}
	if p.Space != nil {
		u.MaxRSS = max(u.MaxRSS, int64(p.Space.ResidentBytes()))
	}
	return u
}

// Times returns the thread's user and system time in nanoseconds.
// The kernel does not tell its own time from the guest's: all counts as user
// time.
func (t *Thread) Times() (user, system int64) {
	user, system = t.utime, t.stime
	if m := t.Machine(); m.current == t {
		user += m.Monotonic() - t.began
	}
	return user, system
}
