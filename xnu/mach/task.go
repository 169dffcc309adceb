package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// taskRoutines are subsystem task (3400), but for semaphores and exception ports.
func taskRoutines() []routine {
	return []routine{
		onTask(3401, "task_terminate", control, taskTerminate),
		onTask(3402, "task_threads_from_user", inspect, taskThreads),
		onTask(3403, "_kernelrpc_mach_ports_register3", control, machPortsRegister).with(descPort, descPort, descPort),
		onTask(3404, "_kernelrpc_mach_ports_lookup3", control, machPortsLookup),
		onTask(3405, "task_info_from_user", nameOnly, taskInfo),
		onTask(3407, "task_suspend", read, taskSuspend),
		onTask(3408, "task_resume", read, taskResume),
		onTask(3409, "task_get_special_port_from_user", inspect, taskGetSpecialPort),
		onTask(3410, "task_set_special_port_from_user", control, taskSetSpecialPort).with(descPort),
		onTask(3411, "thread_create_from_user", control, threadCreate),
		onTask(3412, "thread_create_running_from_user", control, threadCreateRunning).array(),
		onTask(3420, "task_policy_set", control, taskPolicySet).array(),
		onTask(3421, "task_policy_get", inspect, taskPolicyGet),
		onTask(3436, "task_suspend2_mig", read, taskSuspend2),
		mig(3437, "task_resume2_mig", taskResume2),
		onTask(3439, "task_get_mach_voucher", read, taskGetVoucher),
		onTask(3440, "task_set_mach_voucher", control, taskSetVoucher).with(descPort),
		onTask(3452, "task_get_exc_guard_behavior", inspect, taskGetExcGuard),
		onTask(3453, "task_set_exc_guard_behavior", control, taskSetExcGuard),
		onTask(3455, "mach_task_is_self", nameOnly, machTaskIsSelf),
	}
}

// taskTerminate ends the task as by SIGKILL.
func taskTerminate(_ *call, k *task, _ *noArgs) abi.KernReturn {
	k.p.Stopped, k.p.Suspended = false, 0
	k.p.Exit(int32(abi.SIGKILL))
	return 0
}

// taskThreads gives ports of all threads, of the flavour of the port asked by.
func taskThreads(c *call, k *task, _ *noArgs) abi.KernReturn {
	f := control
	if o, ok := c.m.Dest.Port.Object.(taskPort); ok {
		f = o.flavor
	}
	var caps []ipc.Cap
	for _, t := range k.p.Threads {
		caps = append(caps, threadOf(t).port(f).MakeSend())
	}
	c.putPorts(caps)
	c.put(uint32(len(caps)))
	return 0
}

// machPortsRegister keeps up to three send rights for the task's children.
func machPortsRegister(c *call, k *task, _ *noArgs) abi.KernReturn {
	for i := range k.registered {
		if r := c.right(i); r.Valid() && r.Disp != abi.MACH_MSG_TYPE_MOVE_SEND {
			return abi.KERN_INVALID_ARGUMENT
		}
	}
	for i := range k.registered {
		k.registered[i].Release()
		k.registered[i] = c.takeRight(i)
	}
	return 0
}

func machPortsLookup(c *call, k *task, _ *noArgs) abi.KernReturn {
	for _, r := range k.registered {
		c.putPort(copySend(r))
	}
	return 0
}

// copySend is another right like r, for a message: null stays null, with the
// disposition that MIG expects.
func copySend(r ipc.Cap) ipc.Cap {
	if !r.Valid() {
		return ipc.Cap{Disp: abi.MACH_MSG_TYPE_MOVE_SEND}
	}
	return r.Port.CopySend()
}

// suspend stops every thread of the task; it counts.
func (k *task) suspend() abi.KernReturn {
	if k.suspended == 1<<31-1 {
		return abi.KERN_FAILURE
	}
	k.suspended++
	k.p.Suspended++
	return 0
}

func (k *task) resume() abi.KernReturn {
	if k.suspended == 0 {
		return abi.KERN_FAILURE
	}
	k.suspended--
	if k.p.Suspended > 0 {
		k.p.Suspended--
	}
	return 0
}

func taskSuspend(_ *call, k *task, _ *noArgs) abi.KernReturn { return k.suspend() }

func taskResume(_ *call, k *task, _ *noArgs) abi.KernReturn { return k.resume() }

// suspension is a token of task_suspend2: the task goes on when it is given back,
// or when its last holder ends.
type suspension struct {
	k    *task
	port *ipc.Port
	over bool
}

// NoSenders resumes a task whose suspender has gone.
func (s *suspension) NoSenders(p *ipc.Port) { s.end() }

func (s *suspension) end() abi.KernReturn {
	if s.over {
		return abi.KERN_INVALID_ARGUMENT
	}
	s.over = true
	s.port.Destroy()
	return s.k.resume()
}

func taskSuspend2(c *call, k *task, _ *noArgs) abi.KernReturn {
	if kr := k.suspend(); kr != 0 {
		return kr
	}
	s := &suspension{k: k}
	s.port = k.sys.world.NewKernelPort(s)
	c.putPort(s.port.MakeSend())
	return 0
}

func taskResume2(_ *call, s *suspension, _ *noArgs) abi.KernReturn { return s.end() }

type whichReq struct{ Which int32 }

// taskGetSpecialPort is task_get_special_port. There is no launchd: the bootstrap
// port is null until somebody sets one.
func taskGetSpecialPort(c *call, k *task, r *whichReq) abi.KernReturn {
	held := control
	if o, ok := c.m.Dest.Port.Object.(taskPort); ok {
		held = o.flavor
	}
	flavored := map[int32]flavor{abi.TASK_KERNEL_PORT: control, abi.TASK_READ_PORT: read, abi.TASK_INSPECT_PORT: inspect, abi.TASK_NAME_PORT: nameOnly}
	if f, ok := flavored[r.Which]; ok {
		if f < held {
			return abi.KERN_INVALID_CAPABILITY
		}
		c.putPort(k.port(f).MakeSend())
		return 0
	}
	if held > read || held != control && r.Which != abi.TASK_HOST_PORT {
		return abi.KERN_INVALID_CAPABILITY
	}
	switch r.Which {
	case abi.TASK_HOST_PORT:
		c.putPort(k.sys.host.port.MakeSend())
	case abi.TASK_BOOTSTRAP_PORT:
		c.putPort(copySend(k.bootstrap))
	case abi.TASK_ACCESS_PORT, abi.TASK_DEBUG_CONTROL_PORT, abi.TASK_RESOURCE_NOTIFY_PORT:
		c.putPort(copySend(k.special[r.Which]))
	default:
		return abi.KERN_INVALID_ARGUMENT
	}
	return 0
}

func taskSetSpecialPort(c *call, k *task, r *whichReq) abi.KernReturn {
	if right := c.right(0); right.Valid() && right.Disp != abi.MACH_MSG_TYPE_MOVE_SEND {
		return abi.KERN_INVALID_ARGUMENT
	}
	var slot *ipc.Cap
	switch r.Which {
	case abi.TASK_BOOTSTRAP_PORT:
		slot = &k.bootstrap
	case abi.TASK_ACCESS_PORT, abi.TASK_DEBUG_CONTROL_PORT, abi.TASK_RESOURCE_NOTIFY_PORT:
		slot = &k.special[r.Which]
	case abi.TASK_KERNEL_PORT, abi.TASK_READ_PORT, abi.TASK_INSPECT_PORT, abi.TASK_NAME_PORT, abi.TASK_HOST_PORT:
		// XNU lets nobody stand in for the task or its host since macOS 11.
		return abi.KERN_NO_ACCESS
	default:
		return abi.KERN_INVALID_ARGUMENT
	}
	slot.Release()
	*slot = c.takeRight(0)
	return 0
}

// threadCreate makes a thread that is suspended and has no state yet.
func threadCreate(c *call, k *task, _ *noArgs) abi.KernReturn {
	t, kr := k.newThread()
	if kr != 0 {
		return kr
	}
	th := threadOf(t)
	th.suspended++
	t.Suspend++
	t.Start()
	c.putPort(th.port(control).MakeSend())
	return 0
}

func (k *task) newThread() (*kern.Thread, abi.KernReturn) {
	if k.p.Exiting || k.p.Space == nil {
		return nil, abi.KERN_FAILURE
	}
	t, err := k.p.NewThread()
	if err != nil {
		return nil, abi.KERN_RESOURCE_SHORTAGE
	}
	return t, 0
}

// threadCreateRunning makes a thread with a state, which runs.
func threadCreateRunning(c *call, k *task, r *infoReq) abi.KernReturn {
	state, _, ok := c.words(r.Count)
	if !ok {
		return abi.MIG_BAD_ARGUMENTS
	}
	t, kr := k.newThread()
	if kr != 0 {
		return kr
	}
	if kr := setState(t, r.Flavor, state); kr != 0 {
		t.Exit()
		return kr
	}
	t.Start()
	c.putPort(threadOf(t).port(control).MakeSend())
	return 0
}

// taskPolicySet notes what is asked for. Threads run in turn whatever the policy.
func taskPolicySet(c *call, k *task, r *infoReq) abi.KernReturn {
	info, _, ok := c.words(r.Count)
	if !ok {
		return abi.MIG_BAD_ARGUMENTS
	}
	return k.policy.set(taskPolicies(), r.Flavor, info)
}

type policyGetReq struct {
	Flavor  int32
	Count   uint32
	Default uint32
}

func taskPolicyGet(c *call, k *task, r *policyGetReq) abi.KernReturn {
	return k.policy.get(c, taskPolicies(), r)
}

// policyFlavor is one kind of scheduling policy: its size in words and default.
type policyFlavor struct {
	flavor int32
	words  int
	def    uint32 // of the first word
}

// The flavours of osfmk/mach/task_policy.h and thread_policy.h.
func taskPolicies() []policyFlavor {
	return []policyFlavor{
		{abi.TASK_CATEGORY_POLICY, 1, 0}, {abi.TASK_SUPPRESSION_POLICY, 8, 0},
		{abi.TASK_BASE_QOS_POLICY, 2, 0}, {abi.TASK_OVERRIDE_QOS_POLICY, 2, 0},
		{abi.TASK_BASE_LATENCY_QOS_POLICY, 2, 0}, {abi.TASK_BASE_THROUGHPUT_QOS_POLICY, 2, 0},
	}
}

func threadPolicies() []policyFlavor {
	return []policyFlavor{
		{abi.THREAD_EXTENDED_POLICY, 1, 1}, {abi.THREAD_TIME_CONSTRAINT_POLICY, 4, 0},
		{abi.THREAD_PRECEDENCE_POLICY, 1, 0}, {abi.THREAD_AFFINITY_POLICY, 1, 0},
		{abi.THREAD_BACKGROUND_POLICY, 1, 0}, {abi.THREAD_LATENCY_QOS_POLICY, 1, 0},
		{abi.THREAD_THROUGHPUT_QOS_POLICY, 1, 0}, {abi.THREAD_QOS_POLICY, 2, 0},
	}
}

// policies are those that were set on a task or thread.
type policies map[int32][]byte

func findPolicy(table []policyFlavor, flavor int32) *policyFlavor {
	for i := range table {
		if table[i].flavor == flavor {
			return &table[i]
		}
	}
	return nil
}

func (p *policies) set(table []policyFlavor, flavor int32, info []byte) abi.KernReturn {
	f := findPolicy(table, flavor)
	if f == nil || len(info) < 4*f.words {
		return abi.KERN_INVALID_ARGUMENT
	}
	if *p == nil {
		*p = policies{}
	}
	(*p)[flavor] = append([]byte(nil), info[:4*f.words]...)
	return 0
}

func (p policies) get(c *call, table []policyFlavor, r *policyGetReq) abi.KernReturn {
	f := findPolicy(table, r.Flavor)
	if f == nil || r.Count < uint32(f.words) {
		return abi.KERN_INVALID_ARGUMENT
	}
	info, set := p[r.Flavor]
	if r.Default != 0 || !set {
		info = make([]byte, 4*f.words)
		le.PutUint32(info, f.def)
		r.Default = 1
	}
	c.putInfo(r.Count, info)
	c.put(r.Default)
	return 0
}

// taskGetVoucher: tasks have no voucher.
func taskGetVoucher(c *call, _ *task, _ *whichReq) abi.KernReturn {
	c.putPort(ipc.Cap{Disp: abi.MACH_MSG_TYPE_MOVE_SEND})
	return 0
}

// taskSetVoucher: a voucher without attributes, the only kind, is like none.
func taskSetVoucher(c *call, _ *task, _ *noArgs) abi.KernReturn {
	if r := c.right(0); r.Valid() && !isVoucher(r.Port.Object) {
		return abi.KERN_INVALID_ARGUMENT
	}
	return 0
}

func taskGetExcGuard(c *call, k *task, _ *noArgs) abi.KernReturn {
	c.put(k.excGuard)
	return 0
}

// excGuardAll is TASK_EXC_GUARD_ALL.
const excGuardAll = 0xff

func taskSetExcGuard(_ *call, k *task, r *struct{ Behavior uint32 }) abi.KernReturn {
	if r.Behavior&^excGuardAll != 0 {
		return abi.KERN_INVALID_ARGUMENT
	}
	k.excGuard = r.Behavior
	return 0
}

func machTaskIsSelf(c *call, k *task, _ *noArgs) abi.KernReturn {
	c.put(uint32(b2i(k == c.k)))
	return 0
}
