package bsd

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// User-space locks, on which os_unfair_lock, libdispatch and C++ wait:
// bsd/kern/sys_ulock.c.

func ulockRows() []kern.Row {
	return []kern.Row{
		kern.Sys(515, "ulock_wait", kern.RetInt, kern.Full, ulockWait),
		kern.Sys(516, "ulock_wake", kern.RetInt, kern.Full, ulockWake),
		kern.Sys(544, "ulock_wait2", kern.RetInt, kern.Full, ulockWait2),
	}
}

// ulockKey says what is waited on: an address of one address space, or, for the
// shared operations, a place in memory that several may have mapped.
type ulockKey struct {
	space  *mem.Space
	object *mem.Object
	file   mem.Backing
	addr   uint64
	shared bool
}

// ulock is one word that threads wait on.
type ulock struct {
	q     kern.WaitQueue
	op    uint32
	owner *kern.Thread
}

// ulocks are the words that somebody waits on, of the whole machine. Threads that
// are killed while they wait leave entries behind, which get swept out when there
// are many.
type ulocks struct {
	m       map[ulockKey]*ulock
	sweepAt int
}

const minSweep = 1024

func ulocksOf(m *kern.Machine) *ulocks {
	if x, ok := m.Ext["ulock"].(*ulocks); ok {
		return x
	}
	x := &ulocks{m: map[ulockKey]*ulock{}, sweepAt: minSweep}
	m.Ext["ulock"] = x
	return x
}

// put adds a word.
func (u *ulocks) put(k ulockKey, l *ulock) {
	if len(u.m) >= u.sweepAt {
		for k, l := range u.m {
			if l.q.Len() == 0 {
				delete(u.m, k)
			}
		}
		u.sweepAt = max(minSweep, 2*len(u.m))
	}
	u.m[k] = l
}

// drop removes a word that nobody waits on any more.
func (u *ulocks) drop(k ulockKey, l *ulock) {
	if l.q.Len() == 0 && u.m[k] == l {
		delete(u.m, k)
	}
}

// ulockKeyOf resolves the address of an operation.
func ulockKeyOf(t *kern.Thread, op uint32, addr uint64) (ulockKey, error) {
	sp := t.Space()
	if op != abi.UL_COMPARE_AND_WAIT_SHARED && op != abi.UL_COMPARE_AND_WAIT64_SHARED {
		return ulockKey{space: sp, addr: addr}, nil
	}
	r, ok := sp.Find(addr)
	if !ok || r.Addr > addr {
		return ulockKey{}, abi.EINVAL
	}
	at := r.FileOffset + addr - r.Addr
	switch {
	case r.Object != nil:
		return ulockKey{object: r.Object, addr: at, shared: true}, nil
	case r.Shared && r.File != nil:
		return ulockKey{file: r.File, addr: at, shared: true}, nil
	}
	return ulockKey{space: sp, addr: addr, shared: true}, nil
}

type ulockWaitArgs struct {
	Op      uint32 `flags:"ulock"`
	Addr    abi.Ptr
	Value   uint64
	Timeout uint32
}

// ulockWait's timeout is in microseconds.
func ulockWait(t *kern.Thread, a *ulockWaitArgs) (uint64, error) {
	return ulockResult(a.Op)(ulockBlock(t, a.Op, uint64(a.Addr), a.Value, uint64(a.Timeout)*1000))
}

type ulockWait2Args struct {
	Op      uint32 `flags:"ulock"`
	Addr    abi.Ptr
	Value   uint64
	Timeout uint64
	Value2  uint64
}

// ulockWait2's timeout is in nanoseconds, or a moment of mach_absolute_time with
// ULF_DEADLINE.
func ulockWait2(t *kern.Thread, a *ulockWait2Args) (uint64, error) {
	return ulockResult(a.Op)(ulockBlock(t, a.Op, uint64(a.Addr), a.Value, a.Timeout))
}

// ulockResult gives errors as negative results when the flags ask for it.
func ulockResult(op uint32) func(uint64, error) (uint64, error) {
	return func(v uint64, err error) (uint64, error) {
		e, ok := err.(abi.Errno)
		if _, fault := err.(*mem.FaultError); fault {
			e, ok = abi.EFAULT, true
		}
		if ok && op&abi.ULF_NO_ERRNO != 0 {
			return uint64(-int64(e)), nil
		}
		return v, err
	}
}

// ulockWaiting marks a call that has been on the queue.
type ulockWaiting struct {
	key ulockKey
	l   *ulock
}

// Abandon forgets a word that only a thread that was killed waited on.
func (w *ulockWaiting) Abandon(t *kern.Thread) { ulocksOf(t.Machine()).drop(w.key, w.l) }

func ulockBlock(t *kern.Thread, operation uint32, addr, want, timeout uint64) (uint64, error) {
	op, flags := operation&abi.UL_OPCODE_MASK, operation&^abi.UL_OPCODE_MASK
	m := t.Machine()
	all := ulocksOf(m)
	if w, ok := t.CallData().(*ulockWaiting); ok {
		// The result is how many wait on.
		left := w.l.q.Len()
		all.drop(w.key, w.l)
		if _, woken := t.Woken(); woken {
			return uint64(left), nil
		}
		return 0, t.Block(kern.Wait{Queue: &w.l.q, Deadline: 1, NoRestart: true})
	}
	if flags&^abi.ULF_WAIT_MASK != 0 {
		return 0, abi.EINVAL
	}
	size := uint64(4)
	switch op {
	case abi.UL_UNFAIR_LOCK, abi.UL_COMPARE_AND_WAIT, abi.UL_COMPARE_AND_WAIT_SHARED:
	case abi.UL_COMPARE_AND_WAIT64, abi.UL_COMPARE_AND_WAIT64_SHARED:
		size = 8
	default:
		return 0, abi.EINVAL
	}
	if addr == 0 || addr&(size-1) != 0 {
		return 0, abi.EINVAL
	}
	if flags&abi.ULF_WAIT_CANCEL_POINT != 0 && t.CancelPending && !t.CancelDisabled {
		return 0, abi.EINTR
	}
	key, err := ulockKeyOf(t, op, addr)
	if err != nil {
		return 0, err
	}
	l := all.m[key]
	if l != nil && l.q.Len() == 0 {
		l.op = op
	}
	if l != nil && l.op != op {
		return 0, abi.EDOM
	}
	waiting := uint64(0)
	if l != nil {
		waiting = uint64(l.q.Len())
	}
	var have uint64
	if size == 4 {
		v, err := t.Space().Load32(addr)
		if err != nil {
			return 0, err
		}
		have = uint64(v)
	} else if have, err = t.Space().Load64(addr); err != nil {
		return 0, err
	}
	if have != want {
		return waiting, nil
	}
	var owner *kern.Thread
	if op == abi.UL_UNFAIR_LOCK && m.Hooks.ThreadByPort != nil {
		// The word of an unfair lock is its owner's thread port, with flags in
		// the low bits that every name has set.
		name := abi.Port(want) | 3
		owner = m.Hooks.ThreadByPort(t.Proc, name)
		if owner != nil && (owner.State == kern.Dead || owner.Proc != t.Proc || owner == t) {
			owner = nil
		}
		if owner == nil && name != portDead {
			return 0, abi.EOWNERDEAD
		}
	}
	if l == nil {
		l = &ulock{op: op}
		all.put(key, l)
	}
	l.owner = owner
	deadline := int64(0)
	switch {
	case timeout == 0:
	case flags&abi.ULF_DEADLINE != 0:
		deadline = max(machineTime(t, timeout), 1)
	default:
		deadline = t.DeadlineIn(int64(min(timeout, 1<<62)))
	}
	t.SetCallData(&ulockWaiting{key, l})
	err = t.Block(kern.Wait{Queue: &l.q, Deadline: deadline, NoRestart: true})
	all.drop(key, l)
	return 0, err
}

// portDead is MACH_PORT_DEAD.
const portDead = 1<<32 - 1

// machineTime is a moment of the thread's mach_absolute_time on the machine's
// monotonic clock.
func machineTime(t *kern.Thread, abs uint64) int64 {
	if t.Arch() == cpu.ARM64 {
		return int64(min(abs/24*1000+abs%24*1000/24, 1<<62))
	}
	return int64(min(abs, 1<<62))
}

type ulockWakeArgs struct {
	Op    uint32 `flags:"ulock"`
	Addr  abi.Ptr
	Value uint64
}

func ulockWake(t *kern.Thread, a *ulockWakeArgs) (uint64, error) {
	return ulockResult(a.Op)(0, ulockWakeUp(t, a.Op, uint64(a.Addr), abi.Port(a.Value)))
}

func ulockWakeUp(t *kern.Thread, operation uint32, addr uint64, port abi.Port) error {
	op, flags := operation&abi.UL_OPCODE_MASK, operation&^abi.UL_OPCODE_MASK
	owned := op == abi.UL_UNFAIR_LOCK
	switch op {
	case abi.UL_UNFAIR_LOCK, abi.UL_COMPARE_AND_WAIT, abi.UL_COMPARE_AND_WAIT_SHARED, abi.UL_COMPARE_AND_WAIT64, abi.UL_COMPARE_AND_WAIT64_SHARED:
	default:
		return abi.EINVAL
	}
	switch {
	case flags&^abi.ULF_WAKE_MASK != 0,
		flags&abi.ULF_WAKE_THREAD != 0 && (flags&abi.ULF_WAKE_ALL != 0 || owned),
		flags&abi.ULF_WAKE_ALLOW_NON_OWNER != 0 && !owned,
		addr == 0:
		return abi.EINVAL
	}
	key, err := ulockKeyOf(t, op, addr)
	if err != nil {
		return err
	}
	var target *kern.Thread
	if flags&abi.ULF_WAKE_THREAD != 0 {
		target = threadByPort(t, port)
		if target == nil || target.Proc != t.Proc || target == t || target.State == kern.Dead {
			return abi.ESRCH
		}
	}
	l := ulocksOf(t.Machine()).m[key]
	if l == nil || l.q.Len() == 0 {
		return abi.ENOENT
	}
	if l.op != op {
		return abi.EDOM
	}
	if owned && l.owner != t && l.owner != nil && flags&abi.ULF_WAKE_ALLOW_NON_OWNER == 0 {
		// Late: the kernel knows who owns the lock now.
		return nil
	}
	l.owner = nil
	switch {
	case target != nil:
		w := l.q.Find(func(w *kern.Waiter) bool { return w.Thread == target })
		if w == nil {
			return abi.EALREADY
		}
		l.q.Wake(w, nil)
	case flags&abi.ULF_WAKE_ALL != 0:
		l.q.WakeAll(nil)
	default:
		if owned {
			l.owner = l.q.First().Thread
		}
		l.q.WakeOne(nil)
	}
	return nil
}

// ulockWakeAll wakes whoever waits on a word.
func ulockWakeAll(m *kern.Machine, key ulockKey) {
	if l := ulocksOf(m).m[key]; l != nil {
		l.owner = nil
		l.q.WakeAll(nil)
	}
}
