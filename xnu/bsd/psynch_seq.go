package bsd

import (
	"slices"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// What psynch calls wait on: libpthread's kern/kern_synch.c. User code counts
// lockers (L), unlockers (U) and grants (S) in words of its own and enters the
// kernel with copies of them when it has to wait or to wake; a locker's place in
// the order is its sequence number, whenever it arrives here. So a grant may
// come before the thread that it is for (a prepost), and one may find its
// thread already gone by a signal (a missed wake-up, kept for its return).

// Sequence numbers are the upper 24 bits of a word and wrap around.
const seqHalf = abi.PTHRW_COUNT_MASK / 2

func seqOf(w uint32) uint32 { return w & abi.PTHRW_COUNT_MASK }

func seqLower(x, y uint32) bool {
	x, y = seqOf(x), seqOf(y)
	if x < y {
		return y-x < seqHalf
	}
	return x-y > seqHalf
}

func seqHigher(x, y uint32) bool   { return seqOf(x) != seqOf(y) && !seqLower(x, y) }
func seqLowerEq(x, y uint32) bool  { return seqOf(x) == seqOf(y) || seqLower(x, y) }
func seqHigherEq(x, y uint32) bool { return !seqLower(x, y) }

// seqDistance is how many numbers lie between two words.
func seqDistance(x, y uint32) uint32 {
	if x == y {
		return 0
	}
	if seqLower(x, y) {
		x, y = y, x
	}
	return seqOf(seqOf(x)-seqOf(y)) >> abi.PTHRW_COUNT_SHIFT
}

// The kinds of lock behind an address.
const (
	synchMutex = iota + 1
	synchCond
	synchRW
)

// The two queues of a lock; all but readers of a rwlock are in the second.
const (
	queueRead = iota
	queueWrite
)

// The states of an entry.
const (
	entryWaiting = iota
	// entryPrepost stands for signals, entryBroadcast for a broadcast, that
	// came before their waiters.
	entryPrepost
	entryBroadcast
)

// synchEntry is a waiting thread, or what waits for one.
type synchEntry struct {
	lock   *synchLock
	state  int
	seq    uint32
	count  uint32
	thread *kern.Thread
	q      kern.WaitQueue
	queued bool
	// ret is what a grant gave; woken says that it reached the thread waiting.
	ret   uint32
	woken bool
}

// synchLock is the kernel's knowledge of one lock (ksyn_wait_queue).
type synchLock struct {
	table *synchTable
	key   ulockKey
	kind  int
	// refs are the calls that use it now, those that wait included.
	refs    int
	queues  [2][]*synchEntry
	fakes   int
	touched int64

	lword, uword, sword          uint32
	lastUnlock, lastSeq, nextSeq uint32
	initCleared, zeroed, overlap bool

	prepost struct{ count, lseq, sseq uint32 }
	missed  struct {
		queue       int
		count       uint32
		seq, result uint32
	}
}

// inqueue is the number of entries in both queues.
func (k *synchLock) inqueue() int { return len(k.queues[0]) + len(k.queues[1]) }

func (k *synchLock) used() bool {
	return k.inqueue() != 0 || k.prepost.count != 0 || k.missed.count != 0
}

// reinit forgets everything about the lock's past (CLEAR_REINIT_BITS).
func (k *synchLock) reinit() {
	if k.kind == synchRW {
		k.nextSeq = abi.PTHRW_RWS_INIT
		k.overlap = false
	}
	k.clearPrepost()
	k.lastUnlock, k.lastSeq = abi.PTHRW_RWL_INIT, abi.PTHRW_RWS_INIT
	k.clearMissed()
	k.lword, k.uword, k.sword = 0, 0, abi.PTHRW_RWS_INIT
}

func (k *synchLock) clearPrepost() {
	k.prepost.count, k.prepost.lseq, k.prepost.sseq = 0, 0, abi.PTHRW_RWS_INIT
}

func (k *synchLock) setPrepost(count, lseq, sseq uint32) {
	k.prepost.count, k.prepost.lseq, k.prepost.sseq = count, lseq, sseq
}

func (k *synchLock) clearMissed() { k.missed.count, k.missed.seq, k.missed.result = 0, 0, 0 }

func (k *synchLock) setMissed(queue int, count, seq, result uint32) {
	k.missed.queue, k.missed.count, k.missed.seq, k.missed.result = queue, count, seq, result
}

// takeMissed consumes a wake-up whose thread had left; the caller is that thread
// on its return.
func (k *synchLock) takeMissed(queue int, seq uint32) (uint32, bool) {
	m := &k.missed
	if m.count == 0 || m.queue != queue || m.seq != 0 && !seqLowerEq(seq, m.seq) {
		return 0, false
	}
	m.count--
	ret := m.result
	if ret == 0 {
		k.clearMissed()
	}
	return ret, true
}

// lowest and highest sequence numbers of a queue; ok is false when it is empty.
func bounds(q []*synchEntry) (low, high uint32, ok bool) {
	for i, e := range q {
		if i == 0 || seqLower(e.seq, low) {
			low = e.seq
		}
		if i == 0 || seqHigher(e.seq, high) {
			high = e.seq
		}
	}
	return low, high, len(q) > 0
}

// high is the highest sequence number that waits.
func (k *synchLock) high() uint32 {
	_, a, okA := bounds(k.queues[0])
	_, b, okB := bounds(k.queues[1])
	switch {
	case okA && (!okB || seqHigher(a, b)):
		return a
	case okB:
		return b
	}
	return 0
}

// insert puts e at its place: in the order of sequence numbers, or last for
// locks that are granted in the order of arrival.
func (k *synchLock) insert(queue int, e *synchEntry, arrival bool) error {
	q := k.queues[queue]
	at := len(q)
	if !arrival {
		for i, o := range q {
			if o.seq == e.seq {
				return abi.EBUSY
			}
			if seqHigher(o.seq, e.seq) {
				at = i
				break
			}
		}
	}
	k.queues[queue] = slices.Insert(q, at, e)
	e.queued = true
	return nil
}

func (k *synchLock) remove(queue int, e *synchEntry) {
	if !e.queued {
		return
	}
	e.queued = false
	if i := slices.Index(k.queues[queue], e); i >= 0 {
		k.queues[queue] = slices.Delete(k.queues[queue], i, i+1)
	}
}

// signal grants the lock to a waiting entry; false when its thread is no longer
// waiting, having been interrupted.
func (k *synchLock) signal(queue int, e *synchEntry, ret uint32) bool {
	k.remove(queue, e)
	e.ret = ret
	e.woken = e.q.WakeOne(nil)
	return e.woken
}

// maxFakes bounds the preposts of one lock.
const maxFakes = 1 << 12

// addFake leaves a prepost or broadcast for threads up to a sequence number.
func (k *synchLock) addFake(state int, seq uint32) {
	if k.fakes >= maxFakes {
		return
	}
	e := &synchEntry{lock: k, state: state, seq: seqOf(seq), count: 1}
	if k.insert(queueWrite, e, false) == nil {
		k.fakes++
	}
}

func (k *synchLock) removeFake(e *synchEntry) {
	k.remove(queueWrite, e)
	k.fakes--
}

// countTo is how many entries of a queue have a number up to the given one.
func countTo(q []*synchEntry, upto uint32) uint32 {
	n := uint32(0)
	for _, e := range q {
		if seqHigher(e.seq, upto) {
			break
		}
		n++
		if e.seq == upto {
			break
		}
	}
	return n
}

// synchTable holds the locks of a process, or those that processes share.
type synchTable struct {
	m       map[ulockKey]*synchLock
	sweepAt int
	// next is when a table that stays full may be swept again: a guest that fills
	// it must not make each of its calls a sweep.
	next int64
}

func newSynchTable() *synchTable {
	return &synchTable{m: map[ulockKey]*synchLock{}, sweepAt: minSweep}
}

// Fork: a child's locks are its own, with nobody waiting.
func (*synchTable) Fork(*kern.Process) any { return nil }

const (
	// maxSynchLocks bounds how many locks a guest can make the kernel remember.
	maxSynchLocks = 1 << 16
	// lockLife is how long an unused rwlock is remembered (KSYN_CLEANUP_DEADLINE).
	lockLife = 10e9
	// psharedMask and psharedYes are PTHREAD_PSHARED_FLAGS_MASK and
	// PTHREAD_PROCESS_SHARED.
	psharedMask = 0x30
	psharedYes  = 0x10
)

// findLock is ksyn_wqfind: the lock behind an address, made if need be. The
// caller must release it.
func findLock(t *kern.Thread, addr uint64, lgen, ugen, sgen, flags uint32, kind int) (*synchLock, error) {
	key := ulockKey{space: t.Space(), addr: addr}
	var tab *synchTable
	if flags&psharedMask == psharedYes {
		if _, ok := t.Space().Find(addr); !ok {
			return nil, abi.EINVAL
		}
		var err error
		if key, err = ulockKeyOf(t, abi.UL_COMPARE_AND_WAIT_SHARED, addr); err != nil {
			return nil, err
		}
		m := t.Machine()
		if tab, _ = m.Ext["psynch"].(*synchTable); tab == nil {
			tab = newSynchTable()
			m.Ext["psynch"] = tab
		}
	} else if tab, _ = t.Proc.Ext["psynch"].(*synchTable); tab == nil {
		tab = newSynchTable()
		t.Proc.Ext["psynch"] = tab
	}
	k := tab.m[key]
	if k != nil {
		k.dropDead()
	}
	if k == nil {
		tab.sweep(t.Machine().Monotonic())
		if len(tab.m) >= maxSynchLocks {
			return nil, abi.ENOMEM
		}
		k = &synchLock{table: tab, key: key}
		tab.m[key] = k
	} else if k.kind != kind {
		if k.used() || k.refs != 0 {
			return nil, abi.EINVAL
		}
		k.kind = 0
	}
	if k.kind == 0 {
		k.kind = kind
		k.reinit()
		k.initCleared, k.zeroed, k.overlap = false, false, false
		k.lword, k.uword, k.sword = lgen, ugen, sgen
	}
	k.refs++
	return k, nil
}

// dropDead removes threads that ended while they waited.
func (k *synchLock) dropDead() {
	for i := range k.queues {
		k.queues[i] = slices.DeleteFunc(k.queues[i], func(e *synchEntry) bool {
			if e.thread == nil || e.thread.State != kern.Dead {
				return false
			}
			e.queued = false
			k.refs--
			return true
		})
	}
}

// release gives back what findLock gave. Mutexes and condition variables that
// hold no state are forgotten; rwlocks stay for a while.
func (k *synchLock) release(now int64) {
	if k.refs--; k.refs > 0 || k.used() {
		return
	}
	if k.kind == synchRW {
		k.touched = now
		return
	}
	if k.table.m[k.key] == k {
		delete(k.table.m, k.key)
	}
}

func (x *synchTable) sweep(now int64) {
	if len(x.m) < x.sweepAt || now < x.next {
		return
	}
	for key, k := range x.m {
		k.dropDead()
		if k.refs <= 0 && !k.used() && now-k.touched >= lockLife {
			delete(x.m, key)
		}
	}
	x.sweepAt = max(minSweep, min(2*len(x.m), maxSynchLocks))
	if x.next = 0; len(x.m) > maxSynchLocks/2 {
		x.next = now + lockLife/10
	}
}
