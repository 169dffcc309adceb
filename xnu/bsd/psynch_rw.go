package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Read-write locks of libpthread, after kern/kern_synch.c there.

type rwArgs struct {
	Lock             abi.Ptr
	LGen, UGen, RWWC uint32
	Flags            uint32
}

// rwObsolete and rwNothing are what these calls are in XNU too.
func rwObsolete(*kern.Thread, *rwArgs) (uint64, error) { return 0, abi.ESRCH }
func rwNothing(*kern.Thread, *rwArgs) (uint64, error)  { return 0, nil }

func rwRead(t *kern.Thread, a *rwArgs) (uint64, error)  { return rwLock(t, a, queueRead) }
func rwWrite(t *kern.Thread, a *rwArgs) (uint64, error) { return rwLock(t, a, queueWrite) }

func rwLock(t *kern.Thread, a *rwArgs, queue int) (uint64, error) {
	if e, ok := t.CallData().(*synchEntry); ok {
		return rwWaited(t, e, queue, e.resumed(t, 0))
	}
	k, err := findLock(t, uint64(a.Lock), a.LGen, a.UGen, a.RWWC, a.Flags, synchRW)
	if err != nil {
		return 0, err
	}
	seq := seqOf(a.LGen)
	k.checkInit(a.LGen)
	ret, ok := k.takeMissed(queue, seq)
	if !ok {
		ret, ok = k.takeOverlap(queue, a.LGen, a.RWWC)
	}
	if !ok {
		ret, ok = k.takePrepost(queue, seq)
	}
	now := t.Machine().Monotonic()
	if ok {
		k.release(now)
		return uint64(ret), nil
	}
	e, err := synchWait(t, k, queue, a.LGen, false, 0)
	if e == nil {
		k.release(now)
		return 0, err
	}
	return rwWaited(t, e, queue, err)
}

func rwWaited(t *kern.Thread, e *synchEntry, queue int, err error) (uint64, error) {
	if !ended(err) {
		return 0, err
	}
	k := e.lock
	k.remove(queue, e)
	k.release(t.Machine().Monotonic())
	if err != nil {
		return 0, err
	}
	return uint64(e.ret), nil
}

// checkInit notices, once, that user code has reset the lock.
func (k *synchLock) checkInit(lgen uint32) bool {
	reset := lgen&abi.PTHRW_RWL_INIT != 0
	if reset && !k.initCleared {
		k.reinit()
		k.initCleared = true
	}
	return reset
}

// takeOverlap lets a reader join those that hold the lock when no writer waits.
func (k *synchLock) takeOverlap(queue int, lgen, rwwc uint32) (uint32, bool) {
	if queue != queueRead || !k.overlap || rwwc&abi.PTH_RWS_WSVBIT != 0 || lgen&abi.PTH_RWL_WBIT != 0 {
		return 0, false
	}
	if !seqLowerEq(rwwc, k.nextSeq) && !seqHigherEq(k.lastSeq, rwwc) {
		return 0, false
	}
	k.nextSeq += abi.PTHRW_INC
	return abi.PTHRW_INC | k.nextSeq&abi.PTHRW_BIT_MASK | abi.PTH_RWL_MBIT, true
}

// takePrepost counts an arrival against an unlock that was there first; the last
// one expected sets off the grants, which may include itself.
func (k *synchLock) takePrepost(queue int, seq uint32) (uint32, bool) {
	if k.prepost.count == 0 || !seqLowerEq(seq, k.prepost.lseq) {
		return 0, false
	}
	if k.prepost.count--; k.prepost.count > 0 {
		return 0, false
	}
	sseq := k.prepost.sseq
	k.clearPrepost()
	k.initCleared = false
	return k.grant(sseq, queue, seq)
}

func rwUnlock(t *kern.Thread, a *rwArgs) (uint64, error) {
	k, err := findLock(t, uint64(a.Lock), a.LGen, a.UGen, a.RWWC, a.Flags, synchRW)
	if err != nil {
		return 0, err
	}
	ret := k.unlock(a.LGen, a.UGen, a.RWWC)
	k.release(t.Machine().Monotonic())
	return uint64(ret), nil
}

func (k *synchLock) unlock(lgen, ugen, rwwc uint32) uint32 {
	reset := k.checkInit(lgen)
	if k.lastUnlock != abi.PTHRW_RWL_INIT && seqLower(ugen, k.lastUnlock) {
		return 0 // spurious
	}
	cur, waiters := seqOf(lgen), seqDistance(lgen, ugen)
	here := uint32(0)
	for _, q := range k.queues {
		if here += countTo(q, cur); here >= waiters {
			break
		}
	}
	if here == 0 || here < waiters {
		// Some of those who wait are still on their way here.
		if k.prepost.sseq&abi.PTH_RWS_SBIT != 0 || seqHigherEq(rwwc, k.prepost.sseq) {
			k.setPrepost(waiters-here, cur, rwwc)
			return lgen
		}
		return 0
	}
	cleared := reset && k.initCleared
	if cleared {
		k.initCleared = false
	}
	k.clearPrepost()
	ret, _ := k.grant(rwwc, -1, 0)
	if cleared && k.missed.count > 0 {
		// A thread that was interrupted must still find its grant.
		k.initCleared = true
	}
	return ret
}

// grant gives the lock to the next: all readers before the first writer, or one
// writer. The caller itself may be among them, arriving for queue arriving with
// number seq (-1: it is not): then the second result says whether it was
// granted.
func (k *synchLock) grant(rwwc uint32, arriving int, seq uint32) (uint32, bool) {
	k.lastSeq, k.lastUnlock = rwwc, seqOf(rwwc)
	k.overlap = false
	lowR, _, readers := bounds(k.queues[queueRead])
	lowW, _, writers := bounds(k.queues[queueWrite])
	if arriving == queueRead && (!readers || seqLower(seq, lowR)) {
		lowR, readers = seq, true
	}
	if arriving == queueWrite && (!writers || seqLower(seq, lowW)) {
		lowW, writers = seq, true
	}
	if !readers && !writers {
		return 0, false
	}
	if readers && (!writers || seqLower(lowR, lowW)) {
		return k.grantReaders(rwwc, writers, lowW, arriving == queueRead, seq)
	}
	return k.grantWriter(rwwc, lowW, arriving, seq)
}

func (k *synchLock) grantReaders(rwwc uint32, writers bool, lowW uint32, arriving bool, seq uint32) (uint32, bool) {
	bits, n, self := uint32(0), uint32(0), false
	q := k.queues[queueRead]
	if writers {
		bits = abi.PTH_RWL_WBIT | abi.PTH_RWL_KBIT
		n = countTo(q, lowW)
		if arriving && seqLower(seq, lowW) {
			self = true
			n++
		}
	} else {
		k.overlap = true
		n = uint32(len(q))
		if arriving {
			self = true
			n++
		}
	}
	bits += n << abi.PTHRW_COUNT_SHIFT
	k.nextSeq = seqOf(rwwc) + bits
	gone := uint32(0)
	for len(k.queues[queueRead]) != 0 {
		e := k.queues[queueRead][0]
		if writers && !seqLower(e.seq, lowW) {
			break
		}
		if !k.signal(queueRead, e, bits) {
			gone++
		}
	}
	if gone != 0 {
		limit := uint32(0)
		if writers {
			limit = lowW
		}
		k.setMissed(queueRead, gone, limit, bits)
	}
	return bits, self
}

func (k *synchLock) grantWriter(rwwc, lowW uint32, arriving int, seq uint32) (uint32, bool) {
	bits := uint32(abi.PTHRW_INC | abi.PTH_RWL_KBIT | abi.PTH_RWL_EBIT)
	q := k.queues[queueWrite]
	self := arriving == queueWrite && lowW == seq
	switch {
	case self:
		if len(q) != 0 {
			bits |= abi.PTH_RWL_WBIT
		}
	default:
		if len(q) > 1 || arriving == queueWrite {
			bits |= abi.PTH_RWL_WBIT
		}
		if !k.signal(queueWrite, q[0], bits) {
			k.setMissed(queueWrite, 1, lowW, bits)
		}
	}
	k.nextSeq = seqOf(rwwc) + bits
	return bits, self
}
