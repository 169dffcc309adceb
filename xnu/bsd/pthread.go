package bsd

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Threads as libpthread makes and ends them: bsd/pthread/pthread_shims.c and
// libpthread's kern/kern_support.c.

func pthreadRows() []kern.Row {
	return []kern.Row{
		kern.Sys(186, "thread_selfcounts", kern.RetInt, kern.Full, threadSelfcounts),
		kern.Sys(360, "bsdthread_create", kern.RetAddr, kern.Full, bsdthreadCreate),
		kern.Sys(361, "bsdthread_terminate", kern.RetInt, kern.Full, bsdthreadTerminate),
		kern.Sys(366, "bsdthread_register", kern.RetInt, kern.Full, bsdthreadRegister),
		kern.Sys(372, "thread_selfid", kern.RetUint64, kern.Full, threadSelfid),
		kern.Sys(478, "bsdthread_ctl", kern.RetInt, kern.Partial, bsdthreadCtl,
			"QoS classes and overrides are kept and told, but do not change who runs; DISPATCH_APPLY_ATTR is ENOTSUP"),
		kern.Sys(482, "thread_selfusage", kern.RetUint64, kern.Full, threadSelfusage),
	}
}

// pthreadState is what a process registered for its threads.
type pthreadState struct {
	registered            bool
	threadstart, wqthread uint64
	size                  uint64
	tsdOffset             uint32
	dispatchQueueOffset   uint64
	returnToKernelOffset  uint32
	selfOffset            uint32
	quantumOffset         uint32
	// stackHint is where stacks of workqueue threads are looked for.
	stackHint uint64
	// workqSigmask: workqueue threads may have signals sent to them.
	workqSigmask bool
}

// Fork: a child has its parent's memory, and so its registration.
func (x *pthreadState) Fork(*kern.Process) any { c := *x; return &c }

func pthreadOf(p *kern.Process) *pthreadState {
	if x, ok := p.Ext["pthread"].(*pthreadState); ok {
		return x
	}
	x := &pthreadState{}
	p.Ext["pthread"] = x
	return x
}

// threadState is the part of a thread that this package keeps.
type threadState struct {
	// noSignals (UT_NO_SIGMASK): the thread is ending and takes no signals.
	noSignals bool
	// canceled (UT_CANCELED): cancellation was acted upon.
	canceled   bool
	background bool
	io         map[[2]int32]int32
	// workq: the thread belongs to the workqueue; killAllowed is
	// BSDTHREAD_CTL_WORKQ_ALLOW_KILL.
	workq, killAllowed bool
	work               *worker
	// joinAddr and joinPort are what the end of the thread wakes and drops.
	joinAddr uint64
	joinPort abi.Port
	voucher  abi.Port
}

func threadOf(t *kern.Thread) *threadState {
	if x, ok := t.PthreadState.(*threadState); ok {
		return x
	}
	x := &threadState{}
	t.PthreadState = x
	return x
}

// maxPthreadSize is MAX_PTHREAD_SIZE of libpthread's kern/kern_internal.h.
const maxPthreadSize = 64 * 1024

// pthreadFeatures is PTHREAD_FEATURE_SUPPORTED, less what is not there: kevents
// and workloops on work queue threads, and the cooperative pool.
const pthreadFeatures = abi.PTHREAD_FEATURE_SUPPORTED &^
	(abi.PTHREAD_FEATURE_KEVENT | abi.PTHREAD_FEATURE_WORKLOOP | abi.PTHREAD_FEATURE_COOPERATIVE_WORKQ)

type bsdthreadRegisterArgs struct {
	Threadstart, Wqthread abi.Ptr
	Size                  int32
	InitData              abi.Ptr
	InitSize              uint64
	DispatchQueueOffset   uint64
}

// registrationSize is sizeof(struct _pthread_registration_data), packed.
const registrationSize = 56

func bsdthreadRegister(t *kern.Thread, a *bsdthreadRegisterArgs) (uint64, error) {
	if a.Size < 0 || a.Size > maxPthreadSize {
		return 0, abi.EINVAL
	}
	var d [registrationSize]byte
	n := min(uint64(registrationSize), a.InitSize)
	if a.InitData != 0 {
		if a.InitSize < 8 {
			return 0, abi.EINVAL
		}
		if err := t.Space().CopyIn(d[:n], uint64(a.InitData)); err != nil {
			return 0, err
		}
		if le.Uint64(d[:]) != a.InitSize {
			return 0, abi.EINVAL
		}
	} else {
		le.PutUint64(d[8:], a.DispatchQueueOffset)
	}
	x := pthreadOf(t.Proc)
	x.stackHint = stackHint(t)
	if x.registered {
		return 0, abi.EINVAL
	}
	x.registered = true
	x.threadstart, x.wqthread, x.size = uint64(a.Threadstart), uint64(a.Wqthread), uint64(a.Size)
	tsd := le.Uint32(d[24:])
	most := uint32(0)
	if a.Size >= 8 && tsd <= uint32(a.Size)-8 {
		most = uint32(a.Size) - tsd - 8
	} else {
		tsd = 0
	}
	within := func(v uint32) uint32 {
		if v > most {
			return 0
		}
		return v
	}
	x.tsdOffset = tsd
	if x.dispatchQueueOffset = le.Uint64(d[8:]); x.dispatchQueueOffset > uint64(most) {
		x.dispatchQueueOffset = 0
	}
	x.returnToKernelOffset = within(le.Uint32(d[28:]))
	x.selfOffset = within(le.Uint32(d[32:]))
	x.quantumOffset = within(le.Uint32(d[52:]))
	if a.InitData != 0 {
		le.PutUint64(d[0:], registrationSize)
		le.PutUint64(d[8:], x.dispatchQueueOffset)
		if t.QoS == 0 {
			t.QoS = abi.PthreadPriority(abi.THREAD_QOS_LEGACY, 0)
		}
		le.PutUint64(d[16:], uint64(t.QoS))
		le.PutUint32(d[24:], x.tsdOffset)
		le.PutUint32(d[28:], x.returnToKernelOffset)
		le.PutUint32(d[32:], x.selfOffset)
		le.PutUint64(d[36:], x.stackHint)
		le.PutUint32(d[44:], 0) // mutex_default_policy: the library's own choice
		le.PutUint32(d[52:], x.quantumOffset)
		if t.Space().CopyOut(uint64(a.InitData), d[:n]) != nil {
			return 0, abi.EINVAL
		}
	}
	return pthreadFeatures, nil
}

// stackHint is stack_addr_hint: where thread stacks go.
func stackHint(t *kern.Thread) uint64 {
	p := t.Proc
	if t.Arch() == cpu.ARM64 {
		return p.Exec.StackTop &^ (p.Space.PageSize() - 1)
	}
	// Above the range of the nano allocator, slid by up to 2^28 bytes.
	return 0x700000000000 + t.Machine().Random64()%(1<<28)&^(p.Space.PageSize()-1)
}

type bsdthreadCreateArgs struct {
	Func, Arg, Stack, Pthread abi.Ptr
	Flags                     uint32
}

func bsdthreadCreate(t *kern.Thread, a *bsdthreadCreateArgs) (uint64, error) {
	p := t.Proc
	x := pthreadOf(p)
	if !x.registered || a.Flags&abi.PTHREAD_START_CUSTOM == 0 {
		return 0, abi.EINVAL
	}
	qos := uint32(0)
	if a.Flags&abi.PTHREAD_START_QOSCLASS != 0 {
		qos = a.Flags & abi.PTHREAD_START_QOSCLASS_MASK
		if !validPriority(qos) {
			return 0, abi.EINVAL
		}
	}
	n, err := p.NewThread()
	if err != nil {
		return 0, abi.ENOMEM
	}
	n.QoS = qos
	n.SigMask = t.SigMask
	n.Self = uint64(a.Pthread)
	port := threadPort(n)
	flags := a.Flags &^ abi.PTHREAD_START_SUSPENDED
	if x.tsdOffset != 0 {
		n.SetTSD(uint64(a.Pthread) + uint64(x.tsdOffset))
		flags |= abi.PTHREAD_START_TSD_BASE_SET
		if x.selfOffset != 0 {
			at := uint64(a.Pthread) + uint64(x.tsdOffset) + uint64(x.selfOffset)
			if err := t.Space().Store64(at, uint64(port)); err != nil {
				n.Exit()
				return 0, err
			}
		}
	}
	enterThread(n, x.threadstart, uint64(a.Stack),
		[6]uint64{uint64(a.Pthread), uint64(port), uint64(a.Func), uint64(a.Arg), uint64(a.Stack), uint64(flags)})
	if a.Flags&abi.PTHREAD_START_SUSPENDED != 0 {
		n.Suspend++
	}
	n.Start()
	return uint64(a.Pthread), nil
}

// enterThread sets the registers with which a thread starts in user code.
func enterThread(t *kern.Thread, pc, sp uint64, args [6]uint64) {
	r := t.Regs()
	regs := [6]int{cpu.RDI, cpu.RSI, cpu.RDX, cpu.RCX, cpu.R8, cpu.R9}
	if t.Arch() == cpu.ARM64 {
		regs = [6]int{0, 1, 2, 3, 4, 5}
	}
	for i, reg := range regs {
		r.Set(reg, args[i])
	}
	r.Set(t.Arch().SPIndex(), sp)
	r.Set(t.Arch().PCIndex(), pc)
}

func threadPort(t *kern.Thread) abi.Port {
	if f := t.Machine().Hooks.ThreadPort; f != nil {
		return f(t)
	}
	return 0
}

type bsdthreadTerminateArgs struct {
	Stack       abi.Ptr
	Size        abi.Size
	Port        abi.Port
	SemaOrUlock abi.Ptr
}

func bsdthreadTerminate(t *kern.Thread, a *bsdthreadTerminateArgs) (uint64, error) {
	p, m := t.Proc, t.Machine()
	st := threadOf(t)
	sem, port := abi.Port(a.SemaOrUlock), a.Port
	// Port names end in binary 11 and ulocks are aligned: what is no name is the
	// address that pthread_join waits on.
	if a.SemaOrUlock != 0 && uint64(a.SemaOrUlock) != uint64(uint32(sem)|3) {
		st.joinAddr, st.joinPort = uint64(a.SemaOrUlock), port
		sem, port = 0, 0
	}
	if a.Stack != 0 && a.Size != 0 {
		// A failure is the program's own loss: the thread ends all the same.
		if t.First {
			size := uint64(a.Size-1) &^ (p.Space.PageSize() - 1)
			if p.Space.Discard(uint64(a.Stack), size) == nil {
				_ = p.Space.Protect(uint64(a.Stack), size, mem.None, false)
			}
		} else {
			_ = p.Space.Unmap(uint64(a.Stack), uint64(a.Size))
		}
	}
	last := len(p.Threads) == 1
	if !last {
		if sem != 0 && m.Hooks.SemaphoreSignal != nil {
			m.Hooks.SemaphoreSignal(p, sem)
		}
		if port != 0 && m.Hooks.PortDeallocate != nil {
			m.Hooks.PortDeallocate(p, port)
		}
	}
	workerGone(t)
	t.Exit()
	if !last {
		joinerWake(t)
	}
	return 0, kern.ErrGone
}

// joinerWake is uthread_joiner_wake: whoever waits in pthread_join for a thread
// that has ended is woken, and the name of its port dropped.
func joinerWake(t *kern.Thread) {
	st := threadOf(t)
	if st.joinAddr == 0 {
		return
	}
	p, m := t.Proc, t.Machine()
	ulockWakeAll(m, ulockKey{space: p.Space, addr: st.joinAddr})
	if st.joinPort != 0 && m.Hooks.PortDeallocate != nil {
		m.Hooks.PortDeallocate(p, st.joinPort)
	}
	st.joinAddr = 0
}

func threadSelfid(t *kern.Thread, _ *kern.NoArgs) (uint64, error) { return t.TID, nil }

// threadSelfusage is in units of mach_absolute_time.
func threadSelfusage(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	u, s := t.Times()
	return absoluteTime(t, u+s), nil
}

// absoluteTime is ns nanoseconds in the thread's units of mach_absolute_time:
// nanoseconds on Intel, ticks of 24 MHz on Apple silicon.
func absoluteTime(t *kern.Thread, ns int64) uint64 {
	if t.Arch() == cpu.ARM64 {
		return uint64(ns/1000*24 + ns%1000*24/1000)
	}
	return uint64(ns)
}

type selfcountsArgs struct {
	Kind uint32
	Buf  abi.Ptr
	Size abi.Size
}

// threadSelfcounts: a machine without performance counters, as virtual ones are.
func threadSelfcounts(*kern.Thread, *selfcountsArgs) (uint64, error) { return 0, abi.ENOTSUP }

type bsdthreadCtlArgs struct {
	Cmd, Arg1, Arg2, Arg3 uint64
}

func bsdthreadCtl(t *kern.Thread, a *bsdthreadCtlArgs) (uint64, error) {
	st := threadOf(t)
	switch a.Cmd {
	case abi.BSDTHREAD_CTL_QOS_OVERRIDE_START, abi.BSDTHREAD_CTL_QOS_OVERRIDE_DISPATCH:
		if o := threadByPort(t, abi.Port(a.Arg1)); o == nil || o.Proc != t.Proc {
			return 0, abi.ESRCH
		}
		if !validPriority(uint32(a.Arg2)) {
			return 0, abi.EINVAL
		}
		return 0, nil
	case abi.BSDTHREAD_CTL_QOS_OVERRIDE_END:
		if a.Arg3 != 0 {
			return 0, abi.EINVAL
		}
		if o := threadByPort(t, abi.Port(a.Arg1)); o == nil || o.Proc != t.Proc {
			return 0, abi.ESRCH
		}
		return 0, nil
	case abi.BSDTHREAD_CTL_QOS_OVERRIDE_RESET:
		if !st.workq {
			return 0, abi.EPERM
		}
		return 0, nil
	case abi.BSDTHREAD_CTL_SET_SELF:
		return 0, setSelf(t, uint32(a.Arg1), abi.Port(a.Arg2), uint32(a.Arg3))
	case abi.BSDTHREAD_CTL_QOS_MAX_PARALLELISM:
		if a.Arg3 != 0 || a.Arg2&^(abi.PTHREAD_QOS_PARALLELISM_COUNT_LOGICAL|abi.PTHREAD_QOS_PARALLELISM_REALTIME|abi.PTHREAD_QOS_PARALLELISM_CLUSTER_SHARED_RSRC) != 0 {
			return 0, abi.EINVAL
		}
		if a.Arg2&abi.PTHREAD_QOS_PARALLELISM_REALTIME != 0 {
			if a.Arg1 != 0 {
				return 0, abi.EINVAL
			}
		} else if a.Arg1 == 0 || a.Arg1 >= abi.THREAD_QOS_LAST {
			return 0, abi.EINVAL
		}
		return uint64(t.Machine().NumCPU()), nil
	case abi.BSDTHREAD_CTL_WORKQ_ALLOW_KILL:
		if a.Arg2 != 0 || a.Arg3 != 0 {
			return 0, abi.EINVAL
		}
		if !st.workq {
			return 0, abi.EINVAL
		}
		st.killAllowed = a.Arg1 != 0
		return 0, nil
	case abi.BSDTHREAD_CTL_WORKQ_ALLOW_SIGMASK:
		if a.Arg1&uint64(workqNeverMasked) != 0 {
			return 0, abi.EINVAL
		}
		pthreadOf(t.Proc).workqSigmask = true
		return 0, nil
	case abi.BSDTHREAD_CTL_SET_QOS, abi.BSDTHREAD_CTL_QOS_DISPATCH_ASYNCHRONOUS_OVERRIDE_ADD, abi.BSDTHREAD_CTL_QOS_DISPATCH_ASYNCHRONOUS_OVERRIDE_RESET, abi.BSDTHREAD_CTL_DISPATCH_APPLY_ATTR:
		return 0, abi.ENOTSUP
	}
	return 0, abi.EINVAL
}

// workqNeverMasked are the signals that workqueue threads cannot block: those of
// faults and those that nobody can (threadmask of bsd/sys/signalvar.h).
const workqNeverMasked abi.Sigset = 1<<(abi.SIGILL-1) | 1<<(abi.SIGTRAP-1) | 1<<(abi.SIGABRT-1) | 1<<(abi.SIGEMT-1) |
	1<<(abi.SIGFPE-1) | 1<<(abi.SIGBUS-1) | 1<<(abi.SIGSEGV-1) | 1<<(abi.SIGSYS-1) | 1<<(abi.SIGPIPE-1) |
	1<<(abi.SIGKILL-1) | 1<<(abi.SIGSTOP-1)

// setSelf is bsdthread_set_self.
func setSelf(t *kern.Thread, prio uint32, voucher abi.Port, flags uint32) error {
	st := threadOf(t)
	if flags&abi.PTHREAD_SET_SELF_WQ_KEVENT_UNBIND != 0 {
		if !st.workq {
			return abi.EINVAL
		}
		if err := unbindKevent(t); err != nil {
			return err
		}
	}
	if flags&(abi.PTHREAD_SET_SELF_QOS_FLAG|abi.PTHREAD_SET_SELF_QOS_OVERRIDE_FLAG) != 0 {
		if flags&abi.PTHREAD_SET_SELF_QOS_OVERRIDE_FLAG != 0 || !validPriority(prio) {
			return abi.EINVAL
		}
		t.QoS = prio
	}
	if flags&abi.PTHREAD_SET_SELF_VOUCHER_FLAG != 0 {
		st.voucher = voucher
	}
	if flags&abi.PTHREAD_SET_SELF_FIXEDPRIORITY_FLAG != 0 && flags&abi.PTHREAD_SET_SELF_TIMESHARE_FLAG != 0 {
		return abi.EINVAL
	}
	return nil
}

// classOf is the QoS class in a pthread_priority_t, 0 for none.
func classOf(prio uint32) uint32 {
	bits := prio & abi.PTHREAD_PRIORITY_QOS_CLASS_MASK >> abi.PTHREAD_PRIORITY_QOS_CLASS_SHIFT
	for class := uint32(abi.THREAD_QOS_USER_INTERACTIVE); class > 0; class-- {
		if bits&(1<<(class-1)) != 0 {
			return class
		}
	}
	return abi.THREAD_QOS_UNSPECIFIED
}

// validPriority: a class, and a relative priority from 0 down to -15.
func validPriority(prio uint32) bool {
	rel := int(int8(uint8(prio))) + 1
	return classOf(prio) != abi.THREAD_QOS_UNSPECIFIED && rel <= 0 && rel >= -15
}

// dispatchQueueAddr is where libdispatch keeps a thread's queue, for thread_info;
// 0 before bsdthread_register.
func dispatchQueueAddr(t *kern.Thread) uint64 {
	off := pthreadOf(t.Proc).dispatchQueueOffset
	if off == 0 {
		return 0
	}
	return t.TSD + off
}
