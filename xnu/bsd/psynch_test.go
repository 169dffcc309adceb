package bsd

import (
	"testing"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

func TestSequenceNumbers(t *testing.T) {
	const inc = abi.PTHRW_INC
	for _, c := range []struct {
		x, y  uint32
		lower bool
		dist  uint32
	}{
		{0, 0, false, 0},
		{0, inc, true, 1},
		{inc, 0, false, 1},
		{5*inc | 3, 7*inc | 1, true, 2},
		{0xffffff00, 0, true, 1}, // around the end
		{0, 0xffffff00, false, 1},
		{0xfffffe00, 2 * inc, true, 4},
	} {
		if got := seqLower(c.x, c.y); got != c.lower {
			t.Errorf("seqLower(%#x, %#x) = %v", c.x, c.y, got)
		}
		if got := seqHigher(c.y, c.x); got != c.lower {
			t.Errorf("seqHigher(%#x, %#x) = %v", c.y, c.x, got)
		}
		if got := seqDistance(c.x, c.y); got != c.dist {
			t.Errorf("seqDistance(%#x, %#x) = %d, want %d", c.x, c.y, got, c.dist)
		}
	}
}

// newTestLock is a lock in its own table.
func newTestLock(kind int) *synchLock {
	k := &synchLock{table: newSynchTable(), kind: kind}
	k.reinit()
	return k
}

// sleeper adds an entry that waits without a thread; gone ones have been
// interrupted and not yet returned.
func sleeper(t *testing.T, k *synchLock, queue int, n uint32, arrival, gone bool) *synchEntry {
	t.Helper()
	e := &synchEntry{lock: k, seq: n * abi.PTHRW_INC, count: 1}
	if err := k.insert(queue, e, arrival); err != nil {
		t.Fatal(err)
	}
	if !gone {
		e.q.Add(kern.NewWaiter(func(w *kern.Waiter, _ any) { e.q.Remove(w) }))
	}
	return e
}

func TestMutexFirstFit(t *testing.T) {
	k := newTestLock(synchMutex)
	const inc = abi.PTHRW_INC
	k.drop(2*inc, 0, mutexFirstFit)
	if k.prepost.count != 1 || k.prepost.lseq != 2*inc {
		t.Fatalf("a drop with nobody there left %+v", k.prepost)
	}
	k.clearPrepost()
	gone := sleeper(t, k, queueWrite, 3, true, true)
	first := sleeper(t, k, queueWrite, 5, true, false)
	second := sleeper(t, k, queueWrite, 4, true, false)
	k.drop(5*inc, inc, mutexFirstFit)
	if gone.woken || !first.woken || second.woken {
		t.Errorf("woken: interrupted %v, first %v, second %v", gone.woken, first.woken, second.woken)
	}
	if want := uint32(5*inc | abi.PTH_RWL_EBIT | abi.PTH_RWL_KBIT); first.ret != want {
		t.Errorf("the grant says %#x, want %#x", first.ret, want)
	}
	if len(k.queues[queueWrite]) != 1 {
		t.Errorf("%d in the queue", len(k.queues[queueWrite]))
	}
}

func TestMutexFairMissed(t *testing.T) {
	k := newTestLock(synchMutex)
	sleeper(t, k, queueWrite, 2, false, true)
	k.drop(2*abi.PTHRW_INC, abi.PTHRW_INC, 0)
	// The thread comes back and finds that the lock is its own.
	ret, ok := k.takeMissed(queueWrite, 2*abi.PTHRW_INC)
	if want := uint32(2*abi.PTHRW_INC | abi.PTH_RWL_EBIT | abi.PTH_RWL_KBIT); !ok || ret != want {
		t.Errorf("missed grant %#x, %v; want %#x", ret, ok, want)
	}
}

func TestRWGrants(t *testing.T) {
	k := newTestLock(synchRW)
	const inc = abi.PTHRW_INC
	r1 := sleeper(t, k, queueRead, 2, false, false)
	r2 := sleeper(t, k, queueRead, 3, false, false)
	w := sleeper(t, k, queueWrite, 4, false, false)
	r3 := sleeper(t, k, queueRead, 5, false, false)
	ret := k.unlock(5*inc, inc, inc)
	if want := uint32(2*inc | abi.PTH_RWL_WBIT | abi.PTH_RWL_KBIT); ret != want {
		t.Errorf("unlock says %#x, want %#x", ret, want)
	}
	if !r1.woken || !r2.woken || w.woken || r3.woken {
		t.Fatalf("woken: %v %v %v %v", r1.woken, r2.woken, w.woken, r3.woken)
	}
	if ret = k.unlock(5*inc, 3*inc, 3*inc); !w.woken || r3.woken {
		t.Errorf("after the readers: %#x, writer %v, reader behind it %v", ret, w.woken, r3.woken)
	}
	// An unlock that knows of a waiter who has not come yet is kept for him.
	k = newTestLock(synchRW)
	if ret = k.unlock(2*inc, inc, inc); ret != 2*inc || k.prepost.count != 1 {
		t.Fatalf("prepost: %#x, %+v", ret, k.prepost)
	}
	if ret, ok := k.takePrepost(queueWrite, 2*inc); !ok || ret != inc|abi.PTH_RWL_KBIT|abi.PTH_RWL_EBIT {
		t.Errorf("the writer that came got %#x, %v", ret, ok)
	}
}

func TestCondSignals(t *testing.T) {
	k := newTestLock(synchCond)
	k.updateCond(3*abi.PTHRW_INC, 0, abi.PTH_RWS_CV_CBIT)
	bits, all := k.signalCond(nil, 3*abi.PTHRW_INC, abi.PTHRW_INC)
	if bits != 0 || all || k.fakes != 1 {
		t.Fatalf("a signal before its waiter: %#x, %v, %d preposts", bits, all, k.fakes)
	}
	if e := k.condEntry(3 * abi.PTHRW_INC); e == nil || e.state != entryPrepost {
		t.Fatalf("the waiter meets %+v", e)
	}
	k.broadcast(3 * abi.PTHRW_INC)
	if e := k.condEntry(2 * abi.PTHRW_INC); e == nil || e.state != entryBroadcast || k.fakes != 1 {
		t.Errorf("after a broadcast it meets %+v, %d fakes", e, k.fakes)
	}
	k.sword = k.lword
	if bits = k.condDone(0); bits != abi.PTH_RWS_CV_CBIT || k.inqueue() != 0 || k.fakes != 0 {
		t.Errorf("balanced: %#x, %d left, %d fakes", bits, k.inqueue(), k.fakes)
	}
}
