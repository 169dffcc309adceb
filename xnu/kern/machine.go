// Package kern holds the objects of Beagle's XNU personality and the boundary
// through which guests reach them: rows and dispatch, threads and the
// scheduler, processes, descriptors, signals, ports and the host seam. What the
// calls themselves do is in packages bsd, mach and machdep.
//
// The kernel is single-threaded: one goroutine, the one in [Machine.Run], runs
// guest code, handlers, timers and wake-ups in turn. So there are no locks, and
// above the host seam a run is a function of what the seam says. The only calls
// that other goroutines may make are those of hostfs.Poller.Wake and
// [Machine.Post].
package kern

import (
	"fmt"
	"io"
	"sort"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// Config is what a machine is made of.
type Config struct {
	Host hostfs.Host
	Phys *mem.Physical
	// NewEngine makes the engine of one architecture, at first use.
	NewEngine func(cpu.Arch) (cpu.Engine, error)
	Tables    *Tables
	Observers []Observer
	// Hooks are what kern needs of the packages above it.
	Hooks Hooks
	// Diag receives the lines that Beagle itself has to say, such as why a
	// guest program ended.
	Diag io.Writer
	// Quantum is the length of a time slice in translated blocks; 0 means
	// threads run until they trap.
	Quantum uint64
	// MaxProcs and MaxThreads bound the guest (EAGAIN beyond).
	MaxProcs, MaxThreads int
	// OnCrash is told when a signal whose default is to dump core ends a process.
	OnCrash func(t *Thread, s abi.Signal, line string)
	// StopHost is told when a job-control signal stops the first process.
	StopHost func(unix.Signal)
	// DyldPath replaces what LC_LOAD_DYLINKER names, when not empty.
	DyldPath string
}

// Hooks are functions of bsd, mach and machdep that kern calls at fixed points:
// it cannot import them.
type Hooks struct {
	// Commpage maps the commpage into a fresh address space.
	Commpage func(p *Process) error
	// ThreadStart and ThreadEnd keep Mach's and pthread's per-thread state.
	ThreadStart, ThreadEnd func(t *Thread)
	// ProcStart sets up a process's port space; parent is nil for the first.
	// ProcEnd tears it down. ProcExec resets it.
	ProcStart func(p, parent *Process)
	ProcEnd   func(p *Process)
	ProcExec  func(p *Process)
	// Exception offers a hardware exception to Mach exception ports; it reports
	// whether somebody takes it (the thread then waits for the reply).
	Exception func(t *Thread, e Exception) bool
	// ThreadPort gives the name of t's port in its own task.
	ThreadPort func(t *Thread) abi.Port
	// ThreadByPort finds the thread that a port name of p denotes, in any task;
	// nil if there is none.
	ThreadByPort func(p *Process, name abi.Port) *Thread
	// PortDeallocate drops one reference of a port name of p.
	PortDeallocate func(p *Process, name abi.Port)
	// SemaphoreSignal is semaphore_signal on a port name of p. SemaphoreWait is
	// semaphore_timedwait_signal: wait on one, having signalled the other (0:
	// none) once; deadline is in machine monotonic nanoseconds, 0 for none. Its
	// error is a KernReturn or [Thread.Block]'s.
	SemaphoreSignal func(p *Process, name abi.Port) abi.KernReturn
	SemaphoreWait   func(t *Thread, wait, signal abi.Port, deadline int64) error
	// MakeFilePort gives t's task a send right to an open file, 0 or MACH_PORT_DEAD
	// on failure; FilePortFile is the file behind such a name, nil if it is none.
	MakeFilePort func(t *Thread, f *File) abi.Port
	FilePortFile func(t *Thread, name abi.Port) *File
	// DispatchQueueAddr is where thread t keeps its dispatch queue.
	DispatchQueueAddr func(t *Thread) uint64
	// KernelVersion is the string of sysctl kern.version.
	KernelVersion func(t *Thread) string
	// PortWatch is what a kqueue waits on for a port or port set of t's task.
	PortWatch func(t *Thread, name abi.Port) (PortWatch, error)
	// Stdio opens what descriptors 0, 1, 2 of the first process are.
	Stdio func(m *Machine, fd int) *File
	// Note tells kqueues about process events (NOTE_EXIT, NOTE_FORK...).
	ProcNote func(p *Process, note uint32, data int64)
}

// Machine is one guest computer: processes, threads, time.
type Machine struct {
	Config
	// engineMu lets other goroutines interrupt an engine while engines are made
	// and closed.
	engineMu sync.Mutex
	engines  [2]cpu.Engine
	procs    map[abi.PID]*Process
	groups   map[abi.PID]*Group
	nextPID  abi.PID
	nextTID  uint64
	nthread  int
	files    int // open descriptions

	runq    runQueue
	current *Thread
	timers  timerHeap
	events  [64]hostfs.Event // pollHost's
	polled  int64            // when it was last looked
	hostq   map[int]*HostQueue

	postMu sync.Mutex
	posted []func()

	// Init is the first process; the run ends when it has.
	Init *Process
	// children of the host, by host pid
	hostChildren map[int]func(hostfs.ChildExit)

	missing map[string]int
	bug     error
	stop    bool
	scratch []byte
	// Ext holds the machine-wide state of subsystems outside kern, by name.
	Ext map[string]any
}

// New makes a machine without processes.
func New(c Config) *Machine {
	if c.MaxProcs == 0 {
		c.MaxProcs = 1000
	}
	if c.MaxThreads == 0 {
		c.MaxThreads = 8192
	}
	return &Machine{
		Config:       c,
		procs:        map[abi.PID]*Process{},
		groups:       map[abi.PID]*Group{},
		nextPID:      firstPID,
		hostq:        map[int]*HostQueue{},
		hostChildren: map[int]func(hostfs.ChildExit){},
		missing:      map[string]int{},
		Ext:          map[string]any{},
	}
}

// firstPID is the pid of the first guest program. A Mac has hundreds of
// processes before the user's first; small numbers confuse programs that treat
// 1 as launchd.
const firstPID = 500

// Engine returns the engine for an architecture, made at first use.
func (m *Machine) Engine(a cpu.Arch) (cpu.Engine, error) {
	if m.engines[a] == nil {
		e, err := m.NewEngine(a)
		if err != nil {
			return nil, fmt.Errorf("no %s engine: %w", a, err)
		}
		m.engineMu.Lock()
		m.engines[a] = e
		m.engineMu.Unlock()
	}
	return m.engines[a], nil
}

// Close ends every process and frees what the machine holds.
func (m *Machine) Close() {
	for _, p := range m.Processes() {
		p.destroy()
	}
	m.engineMu.Lock()
	defer m.engineMu.Unlock()
	for i, e := range m.engines {
		if e != nil {
			e.Close()
			m.engines[i] = nil
		}
	}
}

// Processes lists the processes, zombies included, by pid.
func (m *Machine) Processes() []*Process {
	out := make([]*Process, 0, len(m.procs))
	for _, p := range m.procs {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].PID < out[j].PID })
	return out
}

// Process finds a process by pid, zombies included; nil if there is none.
func (m *Machine) Process(pid abi.PID) *Process { return m.procs[pid] }

// Group finds a process group, or nil.
func (m *Machine) Group(id abi.PID) *Group { return m.groups[id] }

// Post runs f on the kernel's goroutine soon, or never if the run has ended. Any
// goroutine may call it.
func (m *Machine) Post(f func()) {
	m.postMu.Lock()
	m.posted = append(m.posted, f)
	m.postMu.Unlock()
	m.Host.Poller().Wake()
}

// runPosted calls what Post left.
func (m *Machine) runPosted() {
	m.postMu.Lock()
	list := m.posted
	m.posted = nil
	m.postMu.Unlock()
	for _, f := range list {
		f()
	}
}

// Diagf writes one line to the diagnostics stream.
func (m *Machine) Diagf(format string, args ...any) {
	if m.Diag != nil {
		fmt.Fprintf(m.Diag, "beagle: "+format+"\n", args...)
	}
}

// Bug notes a failure that is Beagle's own, not the guest's, and stops the run.
func (m *Machine) Bug(format string, args ...any) {
	if m.bug == nil {
		m.bug = fmt.Errorf(format, args...)
	}
	m.stop = true
}

// MissingCalls tells which unimplemented calls the guest made, and how often.
func (m *Machine) MissingCalls() map[string]int { return m.missing }

// Note counts a use of something unimplemented: a call, a MIG routine, a sysctl,
// an ioctl. Names that guests make up are not kept without end.
func (m *Machine) Note(what string) {
	if _, known := m.missing[what]; !known && len(m.missing) >= maxNotes {
		what = "others"
	}
	m.missing[what]++
}

// maxNotes is how many different names [Machine.MissingCalls] tells apart; there
// are about 1,200 calls and routines.
const maxNotes = 2000

// Scratch returns a buffer of n bytes for the duration of one handler.
func (m *Machine) Scratch(n int) []byte {
	if cap(m.scratch) < n {
		m.scratch = make([]byte, max(n, 64<<10))
	}
	return m.scratch[:n]
}

// Monotonic is the machine's uptime clock in nanoseconds.
func (m *Machine) Monotonic() int64 { return m.Host.Clock().Monotonic() }

// Realtime is the time of day.
func (m *Machine) Realtime() (sec, nsec int64) { return m.Host.Clock().Now() }

// Random fills b from the machine's entropy.
func (m *Machine) Random(b []byte) {
	if _, err := io.ReadFull(m.Host.Entropy(), b); err != nil {
		m.Bug("entropy: %v", err)
	}
}

// NumCPU is the number of processors that guests see. Threads of one process run
// one at a time, so many would only make programs start idle workers; with one,
// programs avoid threads altogether.
func (m *Machine) NumCPU() int { return 2 }

// Random64 is eight bytes of entropy.
func (m *Machine) Random64() uint64 {
	var b [8]byte
	m.Random(b[:])
	var v uint64
	for i, c := range b {
		v |= uint64(c) << (8 * i)
	}
	return v
}

// Interrupt makes guest code that is running give the kernel control soon. Any
// goroutine may call it.
func (m *Machine) Interrupt() {
	m.engineMu.Lock()
	defer m.engineMu.Unlock()
	for i := range m.engines {
		if e := m.engines[i]; e != nil {
			e.Interrupt()
		}
	}
}

// PortWatch is a port or port set as a kqueue sees it.
type PortWatch struct {
	// Source is told of arriving messages.
	Source Source
	// Pending names the port that has a message (the port itself, or a member of
	// the set); 0 for none.
	Pending func() abi.Port
}
