package kern

import (
	"container/heap"
	"errors"
	"time"

	"github.com/beagle-emu/beagle/hostfs"
)

// runQueue is the first-in first-out queue of runnable threads.
type runQueue struct{ q []*Thread }

func (r *runQueue) push(t *Thread) {
	if !t.queued {
		t.queued = true
		r.q = append(r.q, t)
	}
}

func (r *runQueue) remove(t *Thread) {
	if !t.queued {
		return
	}
	for i, x := range r.q {
		if x == t {
			r.q = append(r.q[:i], r.q[i+1:]...)
			break
		}
	}
	t.queued = false
}

// pop takes the first thread that may run now. Threads of stopped processes and
// suspended threads stay queued.
func (r *runQueue) pop() *Thread {
	for i, t := range r.q {
		if t.Suspend > 0 || t.Proc.Stopped || t.Proc.Suspended > 0 {
			continue
		}
		r.q = append(r.q[:i], r.q[i+1:]...)
		t.queued = false
		return t
	}
	return nil
}

// Timer is a pending call at a moment of the machine's monotonic clock.
type Timer struct {
	when  int64
	seq   uint64
	index int
	f     func()
	m     *Machine
}

type timerHeap struct {
	h   []*Timer
	seq uint64
}

func (h *timerHeap) Len() int { return len(h.h) }
func (h *timerHeap) Less(i, j int) bool {
	a, b := h.h[i], h.h[j]
	return a.when < b.when || a.when == b.when && a.seq < b.seq
}
func (h *timerHeap) Swap(i, j int) {
	h.h[i], h.h[j] = h.h[j], h.h[i]
	h.h[i].index, h.h[j].index = i, j
}

// Push and Pop are heap.Interface's.
func (h *timerHeap) Push(x any) {
	t := x.(*Timer)
	t.index = len(h.h)
	h.h = append(h.h, t)
}

// Pop removes the last element.
func (h *timerHeap) Pop() any {
	n := len(h.h) - 1
	t := h.h[n]
	h.h[n] = nil
	h.h = h.h[:n]
	t.index = -1
	return t
}

// After calls f on the kernel's goroutine once the monotonic clock reaches when
// (nanoseconds).
func (m *Machine) After(when int64, f func()) *Timer {
	m.timers.seq++
	t := &Timer{when: when, seq: m.timers.seq, f: f, m: m}
	heap.Push(&m.timers, t)
	return t
}

// Stop cancels the timer; harmless on nil and on one that has fired.
func (t *Timer) Stop() {
	if t != nil && t.index >= 0 {
		heap.Remove(&t.m.timers, t.index)
	}
}

// runTimers fires what is due.
func (m *Machine) runTimers() {
	if len(m.timers.h) == 0 {
		return
	}
	now := m.Monotonic()
	for len(m.timers.h) > 0 && m.timers.h[0].when <= now {
		t := heap.Pop(&m.timers).(*Timer)
		t.f()
	}
}

// HostQueue is the wait queue of one host descriptor. The descriptor is watched
// edge triggered: a wait is armed anew each time somebody joins, which reports
// what holds at that moment, and a kqueue note that stays on learns of each new
// arrival without the host repeating itself in between.
type HostQueue struct {
	WaitQueue
	m     *Machine
	fd    int
	armed hostfs.Events
}

// HostSource returns the queue on which readiness of a host descriptor arrives.
func (m *Machine) HostSource(fd int) Source {
	q := m.hostq[fd]
	if q == nil {
		q = &HostQueue{m: m, fd: fd}
		m.hostq[fd] = q
	}
	return q
}

// ForgetHost must be called before a host descriptor is closed: its number will
// be another file's.
func (m *Machine) ForgetHost(fd int) {
	if q := m.hostq[fd]; q != nil {
		delete(m.hostq, fd)
		if q.armed != 0 {
			m.Host.Poller().Watch(fd, 0, 0)
		}
		q.WakeAll(nil)
	}
}

// Add puts w on the queue and arms the descriptor for what all on it want.
func (q *HostQueue) Add(w *Waiter) {
	q.WaitQueue.Add(w)
	var ev hostfs.Events
	for w := q.First(); w != nil; w = w.next {
		ev |= hostEvents(w.Want)
	}
	q.armed = ev
	if err := q.m.Host.Poller().Watch(q.fd, ev|hostfs.Edge, uint64(q.fd)); err != nil {
		// A descriptor that cannot be watched never blocks: wake at once.
		q.m.After(0, func() { q.WakeAll(EvErr) })
	}
}

// Remove takes w off. The descriptor stays armed: an event that nobody wants is
// cheaper than disarming at every wake-up.
func (q *HostQueue) Remove(w *Waiter) { q.WaitQueue.Remove(w) }

func hostEvents(ev Events) hostfs.Events {
	var h hostfs.Events
	if ev == 0 {
		return hostfs.In | hostfs.Out
	}
	if ev&EvIn != 0 {
		h |= hostfs.In
	}
	if ev&EvOut != 0 {
		h |= hostfs.Out
	}
	if ev&EvPri != 0 {
		h |= hostfs.Pri
	}
	return h | hostfs.Hup
}

// GuestEvents translates readiness of a host descriptor.
func GuestEvents(h hostfs.Events) Events {
	var ev Events
	if h&hostfs.In != 0 {
		ev |= EvIn
	}
	if h&hostfs.Out != 0 {
		ev |= EvOut
	}
	if h&hostfs.Pri != 0 {
		ev |= EvPri
	}
	if h&hostfs.Err != 0 {
		ev |= EvErr
	}
	if h&(hostfs.Hup|hostfs.RdHup) != 0 {
		ev |= EvHup
	}
	return ev
}

// HostReady polls a host descriptor now.
func (m *Machine) HostReady(fd int, want Events) Events {
	return GuestEvents(m.Host.Poller().Poll1(fd, hostEvents(want)))
}

// pollHost takes what has arrived from outside; timeout below 0 waits forever.
func (m *Machine) pollHost(timeout time.Duration) {
	n, err := m.Host.Poller().Wait(timeout, m.events[:])
	if err != nil {
		m.Bug("poll: %v", err)
		return
	}
	for i := range m.events[:n] {
		ev := m.events[i]
		m.events[i] = hostfs.Event{}
		switch {
		case ev.Child != nil:
			if f := m.hostChildren[ev.Child.PID]; f != nil {
				if !ev.Child.Status.Stopped() && !ev.Child.Status.Continued() {
					delete(m.hostChildren, ev.Child.PID)
				}
				f(*ev.Child)
			}
		case ev.Signal != 0:
			m.hostSignal(ev.Signal)
		case ev.Done != nil:
			ev.Done()
		default:
			if q := m.hostq[int(ev.Token)]; q != nil {
				got := GuestEvents(ev.Ev)
				var fire []*Waiter
				for w := q.First(); w != nil; w = w.next {
					if w.Want == 0 || w.Want&got != 0 || got&(EvErr|EvHup) != 0 {
						fire = append(fire, w)
					}
				}
				for _, w := range fire {
					if w.q == &q.WaitQueue {
						w.fire(w, got)
					}
				}
			}
		}
	}
	m.runPosted()
}

// OnHostChild registers what to do when a host process stops, goes on or ends.
func (m *Machine) OnHostChild(pid int, f func(hostfs.ChildExit)) { m.hostChildren[pid] = f }

// ErrDeadlock is Run's error when every thread waits for something that cannot
// happen any more. Only a machine without a host can be sure of that.
var ErrDeadlock = errors.New("every guest thread waits, and nothing is left that could wake one")

// housekeeping is how many traps a busy thread may take between two looks at
// timers and the host.
const housekeeping = 64

// pollEvery is how long a busy machine goes without a look at the host, in
// nanoseconds, while nobody asks for one by [Machine.Interrupt].
const pollEvery = 50_000

// Run executes the machine until its first process has ended, and returns an
// error only for failures of Beagle itself.
func (m *Machine) Run() error {
	for !m.stop {
		m.runTimers()
		t := m.runq.pop()
		if t == nil {
			timeout := time.Duration(-1)
			if len(m.timers.h) > 0 {
				timeout = max(0, time.Duration(m.timers.h[0].when-m.Monotonic()))
			}
			m.pollHost(timeout)
			continue
		}
		now := m.Monotonic()
		if now-m.polled >= pollEvery {
			m.polled = now
			m.pollHost(0)
		}
		if t.State != Runnable || t.queued {
			// What arrived may have ended or moved it.
			if t.State == Runnable && !t.queued {
				m.runq.push(t)
			}
			continue
		}
		m.slice(t, now)
	}
	return m.bug
}

// slice runs one thread from the time now on until it blocks, ends, or has used
// its quantum.
func (m *Machine) slice(t *Thread, now int64) {
	e, err := m.Engine(t.Proc.Arch)
	if err != nil {
		m.Bug("%v", err)
		return
	}
	m.current = t
	start := e.Blocks()
	t.began = now
	traps := 0
	for {
		if t.call.active {
			// A blocked call was woken: try it again.
			m.redispatch(t)
		}
		if !t.deliverSignals() || t.State != Runnable || m.stop {
			break
		}
		if t.Proc.Stopped || t.Suspend > 0 || t.Proc.Suspended > 0 || t.queued {
			break
		}
		left := uint64(0)
		if m.Quantum != 0 {
			used := e.Blocks() - start
			if used >= m.Quantum {
				break
			}
			left = m.Quantum - used
		}
		// Passed on at once: a trap kept in a variable is copied, slowly.
		if !m.handle(t, e.Run(t.Ctx, t.Proc.Space, left)) {
			break
		}
		if traps++; traps >= housekeeping {
			break
		}
	}
	m.current = nil
	if t.State == Runnable {
		m.runq.push(t)
	}
	if t.State != Dead {
		used := m.Monotonic() - t.began
		t.utime += used
		t.Proc.charge(used)
	}
}

// Current is the thread whose call or trap is being handled; nil in timers and
// wake-ups.
func (m *Machine) Current() *Thread { return m.current }

// Yield puts the thread behind the others that can run. The handler returns
// normally after it.
func (t *Thread) Yield() {
	if t.State == Runnable {
		t.Machine().runq.push(t)
	}
}
