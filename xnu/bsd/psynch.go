package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Mutexes and condition variables of libpthread, after kern/kern_synch.c there.

func psynchRows() []kern.Row {
	return []kern.Row{
		kern.Sys(297, "psynch_rw_longrdlock", kern.RetUint, kern.Full, rwObsolete),
		kern.Sys(298, "psynch_rw_yieldwrlock", kern.RetUint, kern.Full, rwObsolete),
		kern.Sys(299, "psynch_rw_downgrade", kern.RetInt, kern.Full, rwNothing),
		kern.Sys(300, "psynch_rw_upgrade", kern.RetUint, kern.Full, rwNothing),
		kern.Sys(301, "psynch_mutexwait", kern.RetUint, kern.Full, mutexWait),
		kern.Sys(302, "psynch_mutexdrop", kern.RetUint, kern.Full, mutexDrop),
		kern.Sys(303, "psynch_cvbroad", kern.RetUint, kern.Full, cvBroad),
		kern.Sys(304, "psynch_cvsignal", kern.RetUint, kern.Full, cvSignal),
		kern.Sys(305, "psynch_cvwait", kern.RetUint, kern.Full, cvWait),
		kern.Sys(306, "psynch_rw_rdlock", kern.RetUint, kern.Full, rwRead),
		kern.Sys(307, "psynch_rw_wrlock", kern.RetUint, kern.Full, rwWrite),
		kern.Sys(308, "psynch_rw_unlock", kern.RetUint, kern.Full, rwUnlock),
		kern.Sys(309, "psynch_rw_unlock2", kern.RetUint, kern.Full, notSupported),
		kern.Sys(312, "psynch_cvclrprepost", kern.RetInt, kern.Full, cvClearPrepost),
	}
}

const (
	// mutexPolicyMask and mutexFirstFit are _PTHREAD_MTX_OPT_POLICY_MASK and
	// _PTHREAD_MTX_OPT_POLICY_FIRSTFIT as they are in the flags of a call.
	mutexPolicyMask = 0x1c0
	mutexFirstFit   = 0x080
	// What a condition variable's wait adds to its error: the kernel has
	// forgotten the variable, or has preposts only.
	cvCleared = 0x100
	cvPrepost = 0x200
)

// synchWait parks the thread on a queue of k; done makes the call's result of
// what the wait came to, once.
func synchWait(t *kern.Thread, k *synchLock, queue int, seq uint32, arrival bool, timeout int64) (*synchEntry, error) {
	e := &synchEntry{lock: k, state: entryWaiting, seq: seqOf(seq), count: 1, thread: t}
	if err := k.insert(queue, e, arrival); err != nil {
		return nil, err
	}
	t.SetCallData(e)
	return e, e.block(t, timeout)
}

// block waits; ns 0 is for ever.
func (e *synchEntry) block(t *kern.Thread, ns int64) error {
	w := kern.Wait{Queue: &e.q, NoRestart: true}
	if ns != 0 {
		w.Deadline = t.DeadlineIn(ns)
	}
	return t.Block(w)
}

// resumed tells a re-run call how its wait ended: nil for a grant, ETIMEDOUT,
// EINTR, or that it goes on.
func (e *synchEntry) resumed(t *kern.Thread, ns int64) error {
	t.Woken()
	if e.woken {
		return nil
	}
	return e.block(t, ns)
}

// ended reports whether err is the end of a wait.
func ended(err error) bool { return err == nil || err == abi.ETIMEDOUT || err == abi.EINTR }

type mutexArgs struct {
	Mutex      abi.Ptr
	MGen, UGen uint32
	TID        uint64
	Flags      uint32
}

func mutexWait(t *kern.Thread, a *mutexArgs) (uint64, error) {
	if e, ok := t.CallData().(*synchEntry); ok {
		return mutexWaited(t, e, e.resumed(t, 0))
	}
	k, err := findLock(t, uint64(a.Mutex), a.MGen, a.UGen, 0, a.Flags, synchMutex)
	if err != nil {
		return 0, err
	}
	seq := seqOf(a.MGen)
	first := a.Flags&mutexPolicyMask == mutexFirstFit
	now := t.Machine().Monotonic()
	if ret, ok := k.takeMissed(queueWrite, seq); ok {
		k.release(now)
		return uint64(ret), nil
	}
	if k.prepost.count != 0 && (first || seq == k.prepost.lseq) {
		k.prepost.count--
		if !first {
			if k.prepost.count > 0 {
				k.prepost.lseq += abi.PTHRW_INC
				k.release(now)
				return 0, abi.EINVAL
			}
			k.clearPrepost()
		}
		ret := seq
		if k.inqueue() != 0 {
			ret = seqOf(k.high())
		}
		k.release(now)
		return uint64(ret | abi.PTH_RWL_KBIT | abi.PTH_RWL_EBIT), nil
	}
	e, err := synchWait(t, k, queueWrite, a.MGen, first, 0)
	if e == nil {
		k.release(now)
		return 0, err
	}
	return mutexWaited(t, e, err)
}

func mutexWaited(t *kern.Thread, e *synchEntry, err error) (uint64, error) {
	if !ended(err) {
		return 0, err
	}
	k := e.lock
	k.remove(queueWrite, e)
	k.release(t.Machine().Monotonic())
	if err != nil {
		return 0, err
	}
	return uint64(e.ret &^ abi.PTH_RWL_MTX_WAIT), nil
}

func mutexDrop(t *kern.Thread, a *mutexArgs) (uint64, error) {
	k, err := findLock(t, uint64(a.Mutex), a.MGen, a.UGen, 0, a.Flags, synchMutex)
	if err != nil {
		return 0, err
	}
	k.drop(a.MGen, a.UGen, a.Flags)
	k.release(t.Machine().Monotonic())
	return 0, nil
}

// drop hands the mutex on: to the first in the queue, or to the one with the
// next number, or to whoever comes.
func (k *synchLock) drop(mgen, ugen, flags uint32) {
	next := ugen + abi.PTHRW_INC
	k.lastUnlock = seqOf(ugen)
	for {
		bits := seqOf(k.high()) | abi.PTH_RWL_EBIT | abi.PTH_RWL_KBIT
		q := k.queues[queueWrite]
		if flags&mutexPolicyMask == mutexFirstFit {
			if len(q) == 0 {
				k.setPrepost(k.prepost.count+1, seqOf(mgen), 0)
				return
			}
			if k.signal(queueWrite, q[0], bits) {
				return
			}
			continue // that thread was interrupted: the next one
		}
		low, _, any := bounds(q)
		switch {
		case any && low == seqOf(next):
			if !k.signal(queueWrite, q[0], bits|abi.PTH_RWL_MTX_WAIT) {
				k.setMissed(queueWrite, 1, next, bits)
			}
			return
		case any && !seqHigher(low, next):
			if e := findSeq(q, seqOf(next)); e != nil {
				if k.signal(queueWrite, e, bits|abi.PTH_RWL_MTX_WAIT) {
					return
				}
				continue
			}
		}
		if k.prepost.count == 0 {
			k.setPrepost(1, seqOf(next), 0)
		}
		return
	}
}

func findSeq(q []*synchEntry, seq uint32) *synchEntry {
	for _, e := range q {
		if e.seq == seq {
			return e
		}
	}
	return nil
}

type cvwaitArgs struct {
	CV      abi.Ptr
	CVLSGen uint64
	CVUGen  uint32
	Mutex   abi.Ptr
	MUGen   uint64
	Flags   uint32
	Sec     int64
	Nsec    uint32
}

func cvWait(t *kern.Thread, a *cvwaitArgs) (uint64, error) {
	timeout := cvTimeout(a.Sec, a.Nsec)
	if e, ok := t.CallData().(*synchEntry); ok {
		return cvWaited(t, e, e.resumed(t, timeout))
	}
	if t.CancelPending && !t.CancelDisabled {
		return 0, abi.EINTR
	}
	csgen, cgen := uint32(a.CVLSGen>>32), uint32(a.CVLSGen)
	seq := seqOf(cgen)
	if seqHigherEq(csgen, seq) {
		return 0, abi.EINVAL
	}
	k, err := findLock(t, uint64(a.CV), cgen, a.CVUGen, csgen, a.Flags, synchCond)
	if err != nil {
		return 0, err
	}
	now := t.Machine().Monotonic()
	if a.Mutex != 0 {
		mgen, ugen := uint32(a.MUGen), uint32(a.MUGen>>32)
		m, err := findLock(t, uint64(a.Mutex), mgen, ugen, 0, a.Flags, synchMutex)
		if err != nil {
			k.release(now)
			return 0, err
		}
		m.drop(mgen, ugen, a.Flags)
		m.release(now)
	}
	k.updateCond(cgen, a.CVUGen, csgen)
	bits := uint32(0)
	switch f := k.condEntry(seq); {
	case f == nil:
		e, err := synchWait(t, k, queueWrite, cgen, false, timeout)
		if e == nil {
			k.release(now)
			return 0, err
		}
		return cvWaited(t, e, err)
	case f.state == entryWaiting:
		k.release(now)
		return 0, abi.EBUSY
	case f.state == entryPrepost && f.seq == seq:
		if f.count--; f.count == 0 {
			k.removeFake(f)
		}
	case f.state == entryPrepost:
		// It was meant for a later thread: a broadcast makes up for that.
		bits |= k.broadcast(f.seq)
	}
	bits |= abi.PTHRW_INC
	k.sword += abi.PTHRW_INC
	bits = k.condDone(bits)
	k.release(now)
	return uint64(bits), nil
}

// cvTimeout is the relative time of a wait in nanoseconds, 0 for none.
func cvTimeout(sec int64, nsec uint32) int64 {
	nsec &= 0x3fffffff
	if sec == 0 && nsec == 0 {
		return 0
	}
	if sec < 0 || sec > 1<<33 {
		return 1<<63 - 1
	}
	return sec*1e9 + int64(nsec)
}

// cvWaited is psynch_cvcontinue.
func cvWaited(t *kern.Thread, e *synchEntry, err error) (uint64, error) {
	if !ended(err) {
		return 0, err
	}
	k := e.lock
	now := t.Machine().Monotonic()
	if err == nil {
		k.release(now)
		if e.ret&abi.PTH_RWS_CV_MBIT != 0 {
			return abi.PTHRW_INC | abi.PTH_RWS_CV_CBIT, nil
		}
		return 0, nil
	}
	k.remove(queueWrite, e)
	if e.ret&abi.PTH_RWL_MTX_WAIT != 0 {
		// A signal had chosen this thread already: it counts as woken.
		k.release(now)
		return uint64(e.ret), nil
	}
	code := err.(abi.Errno)
	k.sword += abi.PTHRW_INC
	if seqOf(k.lword) == seqOf(k.sword) {
		code |= cvCleared
		k.freeCond(k.lword, true)
		k.lword, k.uword, k.sword, k.zeroed = 0, 0, 0, true
	} else if n := k.inqueue(); n != 0 && k.fakes == n {
		code |= cvPrepost
	}
	k.release(now)
	return 0, code
}

type cvbroadArgs struct {
	CV      abi.Ptr
	CVLSGen uint64
	CVUDGen uint64
	Flags   uint32
	Mutex   abi.Ptr
	MUGen   uint64
	TID     uint64
}

func cvBroad(t *kern.Thread, a *cvbroadArgs) (uint64, error) {
	if int(uint32(a.CVUDGen)>>abi.PTHRW_COUNT_SHIFT) > t.Machine().MaxThreads {
		return 0, abi.EBUSY
	}
	return condSignal(t, a.CV, a.CVLSGen, uint32(a.CVUDGen>>32), a.Flags, true, 0)
}

type cvsignalArgs struct {
	CV      abi.Ptr
	CVLSGen uint64
	CVUGen  uint32
	Thread  abi.Port
	Mutex   abi.Ptr
	MUGen   uint64
	TID     uint64
	Flags   uint32
}

func cvSignal(t *kern.Thread, a *cvsignalArgs) (uint64, error) {
	return condSignal(t, a.CV, a.CVLSGen, a.CVUGen, a.Flags, false, a.Thread)
}

func condSignal(t *kern.Thread, cv abi.Ptr, lsgen uint64, cugen, flags uint32, all bool, port abi.Port) (uint64, error) {
	csgen, cgen := uint32(lsgen>>32), uint32(lsgen)
	upto, from := seqOf(cgen), seqOf(cugen)+abi.PTHRW_INC
	if port == 0 && seqHigher(from, upto) || seqHigher(csgen, upto) {
		return 0, abi.EINVAL
	}
	var target *kern.Thread
	if port != 0 {
		if target = threadByPort(t, port); target == nil {
			return 0, abi.ESRCH
		}
	}
	k, err := findLock(t, uint64(cv), cgen, cugen, csgen, flags, synchCond)
	if err != nil {
		return 0, err
	}
	k.updateCond(cgen, cugen, csgen)
	bits := uint32(0)
	if !all && seqOf(k.lword) != seqOf(k.sword) {
		bits, all = k.signalCond(target, upto, from)
	}
	if all {
		bits |= k.broadcast(upto)
	}
	k.sword += seqOf(bits)
	bits = k.condDone(bits)
	k.release(t.Machine().Monotonic())
	return uint64(bits), nil
}

// updateCond takes over the words of user code where they are ahead.
func (k *synchLock) updateCond(lgen, ugen, sgen uint32) {
	kernelKnows := sgen&abi.PTH_RWS_CV_CBIT != 0
	if k.zeroed {
		k.lword, k.uword, k.sword, k.zeroed = lgen, ugen, sgen, false
	} else {
		if seqHigher(lgen, k.lword) {
			k.lword = lgen
		}
		if seqHigher(ugen, k.uword) {
			k.uword = ugen
		}
		if kernelKnows && seqHigher(sgen, k.sword) {
			k.sword = sgen
		}
	}
	if kernelKnows && seqLower(k.lastUnlock, sgen) {
		k.lastUnlock = seqOf(sgen)
	}
}

// condEntry is the entry that a waiter with this number meets: its own double,
// or a prepost or broadcast at or above.
func (k *synchLock) condEntry(seq uint32) *synchEntry {
	for _, e := range k.queues[queueWrite] {
		if seqHigherEq(e.seq, seq) {
			if e.state == entryWaiting && e.seq != seq {
				return nil
			}
			return e
		}
	}
	return nil
}

// signalCond wakes one thread, the given one or any; all asks for a broadcast
// instead, because the one found may not be the one that was meant.
func (k *synchLock) signalCond(target *kern.Thread, upto, from uint32) (bits uint32, all bool) {
	var e *synchEntry
	if target != nil {
		for _, x := range k.queues[queueWrite] {
			if x.thread == target {
				e = x
				break
			}
		}
		if e == nil || !k.signal(queueWrite, e, abi.PTH_RWL_MTX_WAIT) || seqHigher(e.seq, upto) || seqLower(e.seq, from) {
			return 0, true
		}
		return abi.PTHRW_INC, false
	}
	switch e = k.signalEntry(upto, from); {
	case e == nil:
		k.addFake(entryPrepost, upto)
	case e.state == entryPrepost:
		e.count++
	case e.state == entryWaiting && seqLower(e.seq, from):
		return 0, true
	case e.state == entryWaiting:
		k.signal(queueWrite, e, abi.PTH_RWL_MTX_WAIT)
		return abi.PTHRW_INC, false
	}
	return 0, false
}

// signalEntry finds what a signal for numbers from to upto acts on.
func (k *synchLock) signalEntry(upto, from uint32) *synchEntry {
	var found *synchEntry
	for _, e := range k.queues[queueWrite] {
		if e.state != entryBroadcast && seqHigher(e.seq, upto) {
			return found
		}
		switch {
		case e.state != entryWaiting:
			if !seqLower(e.seq, upto) {
				return e
			}
		case !cancelled(e.thread):
			if seqHigherEq(e.seq, from) {
				return e
			}
			if found == nil {
				found = e
			}
		}
	}
	return found
}

func cancelled(t *kern.Thread) bool {
	return t.CancelPending && !t.CancelDisabled || threadOf(t).canceled
}

// broadcast wakes everybody up to a number and leaves a mark for those who are
// still on their way.
func (k *synchLock) broadcast(upto uint32) uint32 {
	bits := uint32(0)
	for _, e := range append([]*synchEntry(nil), k.queues[queueWrite]...) {
		if seqHigher(e.seq, upto) {
			break
		}
		if e.state != entryWaiting {
			k.removeFake(e)
		} else if !cancelled(e.thread) {
			k.signal(queueWrite, e, abi.PTH_RWL_MTX_WAIT)
			bits += abi.PTHRW_INC
		}
	}
	if seqOf(k.lword) != seqOf(k.sword) {
		k.addFake(entryBroadcast, upto)
	}
	return bits
}

// condDone adds to a result what user code must know of the kernel's state, and
// forgets the variable when as many have been granted as have come.
func (k *synchLock) condDone(bits uint32) uint32 {
	if seqOf(k.lword) == seqOf(k.sword) {
		k.freeCond(k.lword, false)
		k.lword, k.uword, k.sword, k.zeroed = 0, 0, 0, true
		return bits | abi.PTH_RWS_CV_CBIT
	}
	if n := k.inqueue(); n != 0 && k.fakes == n {
		bits |= abi.PTH_RWS_CV_PBIT
	}
	return bits
}

// freeCond empties the queue up to a number, or whole; threads return as from a
// spurious wake-up.
func (k *synchLock) freeCond(upto uint32, all bool) {
	for _, e := range append([]*synchEntry(nil), k.queues[queueWrite]...) {
		if !all && seqHigher(e.seq, upto) {
			return
		}
		if e.state == entryWaiting {
			k.signal(queueWrite, e, abi.PTHRW_INC|abi.PTH_RWS_CV_MBIT|abi.PTH_RWL_MTX_WAIT)
		} else {
			k.removeFake(e)
		}
	}
}

type cvclrArgs struct {
	CV                  abi.Ptr
	LGen, UGen, SGen    uint32
	Preposts, PrepostTo uint32
	Flags               uint32
}

func cvClearPrepost(t *kern.Thread, a *cvclrArgs) (uint64, error) {
	kind, sgen := synchCond, a.SGen
	mutex := a.Flags&abi.PTHREAD_MTX_OPT_MUTEX != 0
	if mutex {
		kind, sgen = synchMutex, 0
	}
	k, err := findLock(t, uint64(a.CV), a.LGen, a.UGen, sgen, a.Flags, kind)
	if err != nil {
		return 0, err
	}
	switch {
	case !mutex:
		k.freeCond(seqOf(a.PrepostTo), false)
	case a.Flags&mutexPolicyMask == mutexFirstFit && k.prepost.count != 0 && seqLowerEq(k.prepost.lseq, a.LGen):
		k.clearPrepost()
	}
	k.release(t.Machine().Monotonic())
	return 0, nil
}
