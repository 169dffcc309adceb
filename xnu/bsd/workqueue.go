package bsd

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Work queue threads, which the kernel makes for libdispatch:
// bsd/pthread/pthread_workqueue.c and libpthread's kern/kern_support.c.

func workqueueRows() []kern.Row {
	return []kern.Row{
		kern.Sys(367, "workq_open", kern.RetInt, kern.Full, workqOpen),
		kern.Sys(368, "workq_kernreturn", kern.RetInt, kern.Partial, workqKernreturn,
			"the cooperative pool and workloops are ENOTSUP; classes of service order requests but not threads that run"),
	}
}

const (
	// maxWorkers and maxConstrained are WORKQUEUE_MAXTHREADS and its eighth.
	maxWorkers     = 512
	maxConstrained = 64
	// workerStack is PTH_DEFAULT_STACKSIZE; armPthreadOffset is PTHREAD_T_OFFSET,
	// which puts the pthread and the top of the stack on one page.
	workerStack      = 512 << 10
	armPthreadOffset = 12 << 10
	// maxRequests bounds what waits for threads, so that a guest cannot fill the
	// host's memory with it.
	maxRequests = 1 << 14
	// idleLife is how long a thread without work lives (wq_reduce_pool_window).
	idleLife = 5e9
	// A request that found all processors busy is looked at again after
	// stalledWindow, then ever later, up to maxTimer (wq_stalled_window and
	// wq_max_timer_interval, ns).
	stalledWindow = 200e3
	maxTimer      = 50e6
	// exitNkevent is WORKQ_EXIT_THREAD_NKEVENT: the thread is to end itself.
	exitNkevent = 1<<64 - 1
	// dispatchVersion is WORKQ_DISPATCH_MIN_SUPPORTED_VERSION.
	dispatchVersion = 1
)

// workq is a process's work queue.
type workq struct {
	p *kern.Process
	// requests wait for a thread, highest class first.
	requests []*workRequest
	workers  []*worker
	// idle workers, the one that worked last at the end.
	idle []*worker
	// managerPriority is WQOPS_SET_EVENT_MANAGER_PRIORITY's.
	managerPriority uint32
	interval        int64
	timer           *kern.Timer
	// serialOffset and labelOffset are where debuggers find things in queues.
	serialOffset, labelOffset uint64
}

// Fork: a child has no work queue.
func (*workq) Fork(*kern.Process) any { return nil }

// ExecReset ends the work queue with the image that it was for.
func (wq *workq) ExecReset() bool {
	wq.timer.Stop()
	wq.requests = nil
	return true
}

// workRequest asks for threads.
type workRequest struct {
	count      int32
	qos        uint32
	flags      uint32 // WQ_FLAG_THREAD_* of the start
	overcommit bool
	// events is set for a thread that takes kevents.
	events *workEvents
}

// workEvents is the side of a kqueue that hands its events to work queue
// threads.
type workEvents struct {
	// deliver copies at most abi.WQ_KEVENT_LIST_LEN events to list, and their
	// data to the end of the size bytes at data, and returns how many there
	// are and how many bytes of data remain.
	deliver func(t *kern.Thread, list, data, size uint64) (n int, left uint64)
	// returned takes the changes that the thread comes back with.
	returned func(t *kern.Thread, list uint64, n int32) error
}

// worker is one thread of the pool.
type worker struct {
	t     *kern.Thread
	wq    *workq
	stack uint64
	port  abi.Port
	req   *workRequest
	park  kern.WaitQueue
	dying bool
}

func workqOf(p *kern.Process) *workq {
	w, _ := p.Ext["workq"].(*workq)
	return w
}

func workqOpen(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	p := t.Proc
	if !pthreadOf(p).registered {
		return 0, abi.EINVAL
	}
	if workqOf(p) == nil {
		p.Ext["workq"] = &workq{p: p, managerPriority: abi.PthreadPriority(abi.THREAD_QOS_LEGACY, 0), interval: stalledWindow}
	}
	return 0, nil
}

type workqKernreturnArgs struct {
	Options int32   `flags:"wqops"`
	Item    abi.Ptr // events or configuration
	Arg2    int32
	Arg3    int32
}

func workqKernreturn(t *kern.Thread, a *workqKernreturnArgs) (uint64, error) {
	x := pthreadOf(t.Proc)
	if !x.registered {
		return 0, abi.EINVAL
	}
	wq := workqOf(t.Proc)
	switch a.Options {
	case abi.WQOPS_QUEUE_NEWSPISUPP:
		if wq != nil {
			wq.serialOffset = uint64(a.Arg2)
		}
		return 0, nil
	case abi.WQOPS_QUEUE_REQTHREADS:
		return 0, requestThreads(wq, x, a.Arg2, uint32(a.Arg3))
	case abi.WQOPS_QUEUE_REQTHREADS2:
		return 0, abi.ENOTSUP
	case abi.WQOPS_SET_EVENT_MANAGER_PRIORITY:
		prio := uint32(a.Arg2)
		if wq == nil {
			return 0, abi.EINVAL
		}
		if prio&abi.PTHREAD_PRIORITY_SCHED_PRI_FLAG != 0 {
			prio &= abi.PTHREAD_PRIORITY_SCHED_PRI_FLAG | 0xffff
		} else {
			if !validPriority(prio) {
				return 0, abi.EINVAL
			}
			prio &^= abi.PTHREAD_PRIORITY_FLAGS_MASK
		}
		wq.managerPriority = max(wq.managerPriority, prio)
		return 0, nil
	case abi.WQOPS_THREAD_RETURN, abi.WQOPS_THREAD_KEVENT_RETURN, abi.WQOPS_THREAD_WORKLOOP_RETURN:
		return 0, threadReturn(t, wq, a)
	case abi.WQOPS_SHOULD_NARROW:
		w := threadOf(t).work
		if w == nil || w.dying || w.req == nil || w.req.overcommit || classOf(uint32(a.Arg2)) == abi.THREAD_QOS_UNSPECIFIED {
			return 0, abi.EINVAL
		}
		if wq.allowance(classOf(uint32(a.Arg2)), w) > 0 {
			return 0, nil
		}
		return 1, nil
	case abi.WQOPS_SETUP_DISPATCH:
		return 0, setupDispatch(t, wq, a)
	}
	return 0, abi.EINVAL
}

func setupDispatch(t *kern.Thread, wq *workq, a *workqKernreturnArgs) error {
	var b [24]byte
	n := min(uint64(len(b)), uint64(int64(a.Arg2)))
	if err := t.Space().CopyIn(b[:n], uint64(a.Item)); err != nil {
		return err
	}
	version, flags := le.Uint32(b[:]), le.Uint32(b[4:])
	if flags != 0 || version < dispatchVersion {
		return abi.ENOTSUP
	}
	if wq != nil {
		wq.serialOffset = le.Uint64(b[8:])
		if version >= 2 {
			wq.labelOffset = le.Uint64(b[16:])
		}
	}
	return nil
}

func requestThreads(wq *workq, x *pthreadState, n int32, prio uint32) error {
	qos := classOf(prio)
	if wq == nil || n <= 0 || n > 1<<16-1 || qos == abi.THREAD_QOS_UNSPECIFIED || x.wqthread == 0 {
		return abi.EINVAL
	}
	if len(wq.requests) >= maxRequests {
		return abi.ENOMEM
	}
	r := &workRequest{count: n, qos: qos, flags: abi.WQ_FLAG_THREAD_NEWSPI}
	if prio&abi.PTHREAD_PRIORITY_OVERCOMMIT_FLAG != 0 {
		r.overcommit = true
		r.flags |= abi.WQ_FLAG_THREAD_OVERCOMMIT
	}
	wq.add(r)
	wq.redrive()
	return nil
}

// requestEvents asks for a thread that takes a kqueue's events. qos is a class,
// 0 for the event manager.
func requestEvents(p *kern.Process, qos uint32, ev *workEvents) error {
	wq := workqOf(p)
	if wq == nil || pthreadOf(p).wqthread == 0 {
		return abi.EINVAL
	}
	if len(wq.requests) >= maxRequests {
		return abi.ENOMEM
	}
	r := &workRequest{count: 1, qos: qos, flags: abi.WQ_FLAG_THREAD_NEWSPI | abi.WQ_FLAG_THREAD_KEVENT, events: ev}
	if qos == abi.THREAD_QOS_UNSPECIFIED {
		r.qos, r.overcommit = abi.THREAD_QOS_LAST, true
		r.flags |= abi.WQ_FLAG_THREAD_EVENT_MANAGER
	}
	wq.add(r)
	wq.redrive()
	return nil
}

// add puts a request behind those of its class and above.
func (wq *workq) add(r *workRequest) {
	i := len(wq.requests)
	for i > 0 && wq.requests[i-1].qos < r.qos {
		i--
	}
	wq.requests = append(wq.requests, nil)
	copy(wq.requests[i+1:], wq.requests[i:])
	wq.requests[i] = r
}

// allowance is how many more threads of a class may run now: as many as there
// are processors, less those that are busy with work of that class or above.
// Threads that wait in the kernel do not count.
func (wq *workq) allowance(qos uint32, but *worker) int {
	active, constrained := 0, 0
	for _, w := range wq.workers {
		if w.req == nil || w.req.overcommit || w == but {
			continue
		}
		constrained++
		if w.req.qos >= qos && w.t.State != kern.Blocked {
			active++
		}
	}
	return min(wq.p.Machine.NumCPU()-active, maxConstrained-constrained)
}

// redrive gives threads to the requests that may have one.
func (wq *workq) redrive() {
	if wq.p.Exiting {
		return
	}
	for i := 0; i < len(wq.requests); {
		r := wq.requests[i]
		if !r.overcommit && wq.allowance(r.qos, nil) <= 0 {
			i++
			continue
		}
		if !wq.start(r) {
			break
		}
		if r.count--; r.count == 0 {
			wq.requests = append(wq.requests[:i], wq.requests[i+1:]...)
		}
		wq.interval = stalledWindow
	}
	if len(wq.requests) > 0 && wq.timer == nil {
		m := wq.p.Machine
		wq.timer = m.After(m.Monotonic()+wq.interval, func() {
			wq.timer = nil
			wq.interval = min(2*wq.interval, maxTimer)
			wq.redrive()
		})
	}
}

// start runs a request on an idle worker or a new one; false when there can be
// none now.
func (wq *workq) start(r *workRequest) bool {
	if n := len(wq.idle); n > 0 {
		w := wq.idle[n-1]
		wq.idle = wq.idle[:n-1]
		w.req = r
		w.park.WakeAll(nil)
		return true
	}
	if len(wq.workers) >= maxWorkers {
		return false
	}
	w, err := wq.newWorker()
	if err != nil {
		return false
	}
	w.req = r
	w.enter(true)
	w.t.Start()
	return true
}

func (wq *workq) newWorker() (*worker, error) {
	p := wq.p
	x := pthreadOf(p)
	page := p.Space.PageSize()
	size := page + workerStack + (x.size+pthreadOffset(p)+page-1)&^(page-1)
	o := mem.MapOptions{Prot: mem.Read | mem.Write, Tag: abi.VM_MEMORY_STACK, Name: "stack"}
	at, err := p.Space.Map(x.stackHint, size, o)
	if err != nil {
		return nil, abi.ENOMEM
	}
	if err := p.Space.Protect(at, page, mem.None, false); err != nil {
		return nil, err
	}
	t, err := p.NewThread()
	if err != nil {
		_ = p.Space.Unmap(at, size)
		return nil, err
	}
	w := &worker{t: t, wq: wq, stack: at, port: threadPort(t)}
	t.SigMask = ^workqNeverMasked
	t.Self = w.self()
	st := threadOf(t)
	st.workq, st.work = true, w
	wq.workers = append(wq.workers, w)
	return w, nil
}

func pthreadOffset(p *kern.Process) uint64 {
	if p.Arch == cpu.ARM64 {
		return armPthreadOffset
	}
	return 0
}

// self is where the worker's pthread is: above its stack.
func (w *worker) self() uint64 {
	return w.stack + w.wq.p.Space.PageSize() + workerStack + pthreadOffset(w.wq.p)
}

// enter sets the registers with which the worker starts on its request, or, with
// none, ends.
func (w *worker) enter(first bool) {
	p, t := w.wq.p, w.t
	x := pthreadOf(p)
	self := w.self()
	top := self &^ 15
	flags, list, n := uint32(abi.WQ_FLAG_THREAD_NEWSPI), uint64(0), uint64(0)
	if first {
		if x.tsdOffset != 0 {
			t.SetTSD(self + uint64(x.tsdOffset))
			flags |= abi.WQ_FLAG_THREAD_TSD_BASE_SET
		}
	} else {
		flags |= abi.WQ_FLAG_THREAD_REUSE
	}
	if r := w.req; r == nil {
		n = exitNkevent
		flags |= abi.WQ_FLAG_THREAD_PRIO_QOS | t.QoS&abi.WQ_FLAG_THREAD_PRIO_MASK
	} else {
		flags |= r.flags
		if r.flags&abi.WQ_FLAG_THREAD_EVENT_MANAGER == 0 {
			flags |= abi.WQ_FLAG_THREAD_PRIO_QOS | r.qos
			t.QoS = abi.PthreadPriority(r.qos, 0)
		} else {
			t.QoS = w.wq.managerPriority
		}
		if r.events != nil {
			list = self - abi.WQ_KEVENT_LIST_LEN*72
			data := list - abi.WQ_KEVENT_DATA_SIZE
			got, left := r.events.deliver(t, list, data, abi.WQ_KEVENT_DATA_SIZE)
			n, top = uint64(got), list&^15
			if left < abi.WQ_KEVENT_DATA_SIZE {
				top = (data + left) &^ 15
			}
			if got == 0 {
				list = 0
			}
		}
	}
	enterThread(t, x.wqthread, top,
		[6]uint64{self, uint64(w.port), w.stack + p.Space.PageSize(), list, uint64(flags), n})
}

// threadReturn is a worker that has done its work: it takes the next request or
// waits for one.
func threadReturn(t *kern.Thread, wq *workq, a *workqKernreturnArgs) error {
	w := threadOf(t).work
	if w == nil || w.dying {
		return abi.EINVAL
	}
	if _, parked := t.CallData().(*worker); parked {
		if w.req == nil {
			if !t.TimedOut() {
				return t.Block(w.wait(t))
			}
			w.dying = true
			wq.unidle(w)
		}
		w.enter(false)
		return kern.ErrJustReturn
	}
	if a.Item != 0 && a.Arg2 != 0 {
		if w.req == nil || w.req.events == nil || w.req.events.returned == nil {
			return abi.EINVAL
		}
		if err := w.req.events.returned(t, uint64(a.Item), a.Arg2); err != nil {
			return err
		}
	}
	t.SetMask(t.SigMask | ^workqNeverMasked)
	threadOf(t).voucher = 0
	w.req = nil
	wq.idle = append(wq.idle, w)
	t.SetCallData(w)
	wq.redrive()
	if w.req != nil {
		w.enter(false)
		return kern.ErrJustReturn
	}
	return t.Block(w.wait(t))
}

// wait is a parked worker's wait. Its signals are all blocked, and faults cannot
// happen to it.
func (w *worker) wait(t *kern.Thread) kern.Wait {
	return kern.Wait{Queue: &w.park, Deadline: t.DeadlineIn(idleLife), Uninterruptible: true}
}

func (wq *workq) unidle(w *worker) {
	for i, x := range wq.idle {
		if x == w {
			wq.idle = append(wq.idle[:i], wq.idle[i+1:]...)
			return
		}
	}
}

// workerGone takes a thread that ends out of the pool.
func workerGone(t *kern.Thread) {
	w := threadOf(t).work
	if w == nil {
		return
	}
	w.wq.remove(w)
	threadOf(t).work = nil
	w.wq.redrive()
}

func (wq *workq) remove(w *worker) {
	for i, x := range wq.workers {
		if x == w {
			wq.workers = append(wq.workers[:i], wq.workers[i+1:]...)
			break
		}
	}
	wq.unidle(w)
}

// Abandon takes a parked thread that was killed out of the pool.
func (w *worker) Abandon(*kern.Thread) { w.wq.remove(w) }

// unbindKevent makes a worker that handles events an ordinary one.
func unbindKevent(t *kern.Thread) error {
	w := threadOf(t).work
	switch {
	case w == nil || w.req != nil && w.req.flags&abi.WQ_FLAG_THREAD_EVENT_MANAGER != 0:
		return abi.EINVAL
	case w.req == nil || w.req.events == nil:
		return abi.EALREADY
	}
	r := *w.req
	r.events = nil
	w.req = &r
	return nil
}
