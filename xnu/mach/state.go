package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// system is the Mach side of a machine.
type system struct {
	m     *kern.Machine
	world *ipc.World
	host  *host
	// transit holds out-of-line memory on its way, by page size.
	transit map[uint64]*transit
	// routines answer the messages that are sent to objects of the kernel.
	routines map[int32]*routine
}

const extName = "mach"

func systemOf(m *kern.Machine) *system {
	if s, ok := m.Ext[extName].(*system); ok {
		return s
	}
	s := &system{m: m, world: ipc.NewWorld(), transit: map[uint64]*transit{}}
	s.host = newHost(s)
	s.routines = routineTable()
	m.Ext[extName] = s
	return s
}

// task is the Mach side of a process.
type task struct {
	sys   *system
	p     *kern.Process
	space *ipc.Space
	dead  bool

	// The ports that stand for the task: control, read, inspect and name, as
	// flavours of one task (osfmk/kern/task.h).
	ports [numFlavors]*ipc.Port

	bootstrap  ipc.Cap
	special    [abi.TASK_MAX_SPECIAL_PORT + 1]ipc.Cap // access, debug control, resource notify
	registered [abi.TASK_PORT_REGISTER_MAX]ipc.Cap
	exc        excActions
	semaphores []*semaphore
	vouchers   int
	entries    int              // memory entries made
	purgable   map[uint64]int32 // state by address of the region
	// suspended counts the suspensions that were made through ports.
	suspended int32
	policy    policies
	excGuard  uint32
}

// flavor is what a port of a task or thread lets its holder do.
type flavor int

const (
	control flavor = iota
	read
	inspect
	nameOnly
	numFlavors
)

// taskPort and threadPort are the objects behind the ports of a task or thread.
type taskPort struct {
	*task
	flavor
}

type threadPort struct {
	*thread
	flavor
}

// thread is the Mach side of a thread.
type thread struct {
	t     *kern.Thread
	task  *task
	dead  bool
	ports [numFlavors]*ipc.Port
	exc   excActions
	// special is the thread's special reply port.
	special *ipc.Port
	// suspended counts the suspensions that were made through ports.
	suspended int32

	// sending is a message that waits for room, receiving what the thread waits
	// on: if the thread ends, neither may be lost.
	sending   *ipc.Message
	receiving receiver
	// raising is the exception whose handler the thread waits for.
	raising *raise
	policy  policies
}

type receiver interface {
	WakeReceiver()
}

func taskOf(p *kern.Process) *task {
	if k, ok := p.Ext[extName].(*task); ok {
		return k
	}
	k := &task{sys: systemOf(p.Machine), p: p}
	k.space = k.sys.world.NewSpace(k)
	p.Ext[extName] = k
	return k
}

// ExecReset keeps the task until the ProcExec hook replaces it.
func (k *task) ExecReset() bool { return true }

func threadOf(t *kern.Thread) *thread {
	if th, ok := t.MachState.(*thread); ok {
		return th
	}
	th := &thread{t: t, task: taskOf(t.Proc)}
	t.MachState = th
	return th
}

// port is the task's port of one flavour, made when first asked for.
func (k *task) port(f flavor) *ipc.Port {
	if k.ports[f] == nil {
		k.ports[f] = k.sys.world.NewKernelPort(taskPort{k, f})
		if k.dead {
			k.ports[f].Destroy()
		}
	}
	return k.ports[f]
}

func (th *thread) port(f flavor) *ipc.Port {
	if th.ports[f] == nil {
		th.ports[f] = th.task.sys.world.NewKernelPort(threadPort{th, f})
		if th.dead {
			th.ports[f].Destroy()
		}
	}
	return th.ports[f]
}

// copyOutSend puts a send right into the task's space, for calls that return a
// name (ipc_port_copyout_send): 0 or MACH_PORT_DEAD when there is none to give.
func (k *task) copyOutSend(c ipc.Cap) abi.Port {
	name, kr := k.space.CopyOut(c)
	if kr != 0 {
		c.Release()
		return abi.MACH_PORT_NULL
	}
	return name
}

// Hook gives kern what it needs of this package.
func Hook(h *kern.Hooks) {
	h.ThreadStart = func(t *kern.Thread) { threadOf(t) }
	h.ThreadEnd = threadEnd
	h.ProcStart = procStart
	h.ProcEnd = procEnd
	h.ProcExec = procExec
	h.ThreadPort = func(t *kern.Thread) abi.Port {
		th := threadOf(t)
		return th.task.copyOutSend(th.port(control).MakeSend())
	}
	h.ThreadByPort = func(p *kern.Process, name abi.Port) *kern.Thread {
		if th := taskOf(p).threadNamed(name, control); th != nil {
			return th.t
		}
		return nil
	}
	h.PortDeallocate = func(p *kern.Process, name abi.Port) { taskOf(p).space.Deallocate(name) }
	h.SemaphoreSignal = semaphoreSignalHook
	h.SemaphoreWait = semaphoreWaitHook
	h.PortWatch = portWatch
	h.Exception = exceptionHook
	h.MakeFilePort, h.FilePortFile = makeFilePort, filePortFile
}

// procStart gives a child what it inherits of its parent's task: special ports
// and exception ports, but no names (ipc_task_init).
func procStart(p, parent *kern.Process) {
	k := taskOf(p)
	if parent == nil {
		return
	}
	k.inherit(taskOf(parent))
}

func (k *task) inherit(from *task) {
	k.bootstrap = from.bootstrap.Port.CopySend()
	for i, c := range from.registered {
		k.registered[i] = c.Port.CopySend()
	}
	k.exc = from.exc.clone()
}

// procExec gives the process a new task, as exec does: the old one's names and
// ports are gone, its special ports stay. The names of the thread and the task
// are the first ones, which apple[]'s th_port promises.
func procExec(p *kern.Process) {
	old := taskOf(p)
	k := &task{sys: old.sys, p: p}
	k.space = k.sys.world.NewSpace(k)
	k.inherit(old)
	p.Ext[extName] = k
	for _, t := range p.Threads {
		if th, ok := t.MachState.(*thread); ok {
			th.end()
		}
		t.MachState = &thread{t: t, task: k}
		k.copyOutSend(threadOf(t).port(control).MakeSend())
	}
	k.copyOutSend(k.port(control).MakeSend())
	old.end()
}

func procEnd(p *kern.Process) {
	if k, ok := p.Ext[extName].(*task); ok {
		k.end()
	}
}

func (k *task) end() {
	if k.dead {
		return
	}
	k.dead = true
	for _, p := range k.ports {
		if p != nil {
			p.Destroy()
		}
	}
	for len(k.semaphores) > 0 {
		k.semaphores[0].destroy()
	}
	k.space.Destroy()
	k.bootstrap.Release()
	k.bootstrap = ipc.Cap{}
	for i := range k.registered {
		k.registered[i].Release()
		k.registered[i] = ipc.Cap{}
	}
	for i := range k.special {
		k.special[i].Release()
		k.special[i] = ipc.Cap{}
	}
	k.exc.release()
}

func threadEnd(t *kern.Thread) {
	if th, ok := t.MachState.(*thread); ok {
		th.end()
	}
}

func (th *thread) end() {
	if th.dead {
		return
	}
	th.dead = true
	for _, p := range th.ports {
		if p != nil {
			p.Destroy()
		}
	}
	th.exc.release()
	if th.raising != nil {
		th.raising.abandon()
	}
	if m := th.sending; m != nil {
		th.sending = nil
		if p := m.Dest.Port; p != nil && p.Alive() {
			p.Admit()
		}
		th.task.sys.world.Destroy(m)
	}
	if r := th.receiving; r != nil {
		th.receiving = nil
		r.WakeReceiver()
	}
}

// taskNamed is port_name_to_task: the task that a name of k's denotes, if the
// name's right is to a port of at least the wanted flavour.
func (k *task) taskNamed(name abi.Port, want flavor) *task {
	if o, ok := k.object(name).(taskPort); ok && o.flavor <= want && !o.task.dead {
		return o.task
	}
	return nil
}

// threadNamed is port_name_to_thread.
func (k *task) threadNamed(name abi.Port, want flavor) *thread {
	if o, ok := k.object(name).(threadPort); ok && o.flavor <= want && !o.thread.dead {
		return o.thread
	}
	return nil
}

// object is what the kernel has behind a send right of k's; nil if nothing.
func (k *task) object(name abi.Port) any {
	p, kr := k.space.Send(name)
	if kr != 0 {
		return nil
	}
	return p.Object
}

// self is the task of the calling thread.
func self(t *kern.Thread) *task { return threadOf(t).task }

// portWatch lets a kqueue wait for messages on a port or port set.
func portWatch(t *kern.Thread, name abi.Port) (kern.PortWatch, error) {
	s := self(t).space
	if p, kr := s.Receive(name); kr == 0 {
		return kern.PortWatch{Source: &p.Watch, Pending: func() abi.Port {
			if _, at := p.Receiver(); p.Pending() > 0 {
				return at
			}
			return 0
		}}, nil
	}
	set, kr := s.PortSet(name)
	if kr != 0 {
		return kern.PortWatch{}, abi.ENOENT
	}
	return kern.PortWatch{Source: &set.Watch, Pending: func() abi.Port {
		if p := set.Next(); p != nil {
			_, at := p.Receiver()
			return at
		}
		return 0
	}}, nil
}
