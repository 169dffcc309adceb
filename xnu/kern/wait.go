package kern

// Events are readiness conditions of an open file, in poll's terms.
type Events uint8

// The conditions that a wait can name.
const (
	EvIn Events = 1 << iota
	EvOut
	EvPri
	EvErr
	EvHup
)

// A Waiter is one party waiting on a [WaitQueue]: a blocked thread, or a kqueue
// note. Its fire function is called with the waker's data, after the waiter has
// been taken off if it is one-shot.
type Waiter struct {
	q          *WaitQueue
	prev, next *Waiter
	// Thread is the thread that waits, nil for a note.
	Thread *Thread
	// Key tells waiters of one queue apart for directed wakes.
	Key uint64
	// Data is the waiting side's own.
	Data any
	// Want are the readiness conditions waited for, on queues that have them.
	Want Events
	fire func(w *Waiter, data any)
}

// Source is what can be waited on: a queue, or a host descriptor.
type Source interface {
	// Add puts w at the end; Remove takes it off, and is harmless when it is
	// not on.
	Add(w *Waiter)
	Remove(w *Waiter)
}

// WaitQueue is a first-in first-out queue of waiters. The zero value is ready.
type WaitQueue struct {
	head, tail *Waiter
	n          int
}

// Add puts w at the tail.
func (q *WaitQueue) Add(w *Waiter) {
	if w.q != nil {
		w.q.Remove(w)
	}
	w.q, w.prev, w.next = q, q.tail, nil
	if q.tail != nil {
		q.tail.next = w
	} else {
		q.head = w
	}
	q.tail = w
	q.n++
}

// Remove takes w off.
func (q *WaitQueue) Remove(w *Waiter) {
	if w.q != q {
		return
	}
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		q.head = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		q.tail = w.prev
	}
	w.q, w.prev, w.next = nil, nil, nil
	q.n--
}

// Len is the number of waiters.
func (q *WaitQueue) Len() int { return q.n }

// First returns the waiter at the head, or nil.
func (q *WaitQueue) First() *Waiter { return q.head }

// Find returns the first waiter that ok accepts, or nil.
func (q *WaitQueue) Find(ok func(*Waiter) bool) *Waiter {
	for w := q.head; w != nil; w = w.next {
		if ok(w) {
			return w
		}
	}
	return nil
}

// WakeOne wakes the waiter at the head and reports whether there was one.
func (q *WaitQueue) WakeOne(data any) bool {
	if q.head == nil {
		return false
	}
	q.Wake(q.head, data)
	return true
}

// Wake wakes one waiter of this queue.
func (q *WaitQueue) Wake(w *Waiter, data any) { w.fire(w, data) }

// WakeAll wakes every waiter that is on the queue now, in order.
func (q *WaitQueue) WakeAll(data any) int {
	if q.head == q.tail {
		if q.head == nil {
			return 0
		}
		q.head.fire(q.head, data)
		return 1
	}
	// One wake may take others off: a thread that polls a descriptor twice leaves
	// the queue twice.
	list := make([]*Waiter, 0, q.n)
	for w := q.head; w != nil; w = w.next {
		list = append(list, w)
	}
	n := 0
	for _, w := range list {
		if w.q == q {
			w.fire(w, data)
			n++
		}
	}
	return n
}

// NewWaiter makes a waiter that is no thread: fire is called at every wake, with
// the waiter still on its queue.
func NewWaiter(fire func(w *Waiter, data any)) *Waiter { return &Waiter{fire: fire} }

// Wait says what a thread waits for.
type Wait struct {
	// Queue and Host are what can wake it; several at once for poll and select.
	Queue *WaitQueue
	More  []SourceWait
	// Key and Data are put on the thread's waiter on Queue.
	Key  uint64
	Data any
	// Deadline is in machine monotonic nanoseconds; 0 is none. Use
	// [Thread.DeadlineIn] so that a re-run call keeps its first deadline.
	Deadline int64
	// Uninterruptible: signals do not end the wait.
	Uninterruptible bool
	// NoRestart: an interruption is EINTR even under SA_RESTART.
	NoRestart bool
}

// SourceWait is one of several things to wait for.
type SourceWait struct {
	Source Source
	Want   Events
}
