package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// semaphore is a Mach semaphore (osfmk/kern/sync_sema.c). It ends with its owner,
// by semaphore_destroy, or with the last send right to its port.
type semaphore struct {
	owner *task
	port  *ipc.Port
	// count is at most 1<<31-1; waiters wait only at 0.
	count int32
	q     kern.WaitQueue
	dead  bool
}

// NoSenders is for the last name that denotes the semaphore.
func (s *semaphore) NoSenders(*ipc.Port) { s.destroy() }

func (k *task) newSemaphore(count int32) *semaphore {
	s := &semaphore{owner: k, count: count}
	s.port = k.sys.world.NewKernelPort(s)
	k.semaphores = append(k.semaphores, s)
	return s
}

// maxSemaphores bounds what one task may have.
const maxSemaphores = 1 << 18

func (s *semaphore) destroy() {
	if s.dead {
		return
	}
	s.dead = true
	k := s.owner
	for i, x := range k.semaphores {
		if x == s {
			n := len(k.semaphores) - 1
			k.semaphores[i] = k.semaphores[n]
			k.semaphores[n] = nil
			k.semaphores = k.semaphores[:n]
			break
		}
	}
	s.q.WakeAll(abi.KERN_TERMINATED)
	s.port.Destroy()
}

// signal wakes the first waiter; with nobody waiting the count goes up if
// prepost, else it says so.
func (s *semaphore) signal(prepost bool) abi.KernReturn {
	switch {
	case s.dead:
		return abi.KERN_TERMINATED
	case s.q.WakeOne(abi.KERN_SUCCESS):
		return 0
	case !prepost:
		return abi.KERN_NOT_WAITING
	case s.count < 1<<31-1:
		s.count++
	}
	return 0
}

// signalAll wakes every waiter. The count does not go up.
func (s *semaphore) signalAll() abi.KernReturn {
	if s.dead {
		return abi.KERN_TERMINATED
	}
	s.q.WakeAll(abi.KERN_SUCCESS)
	return 0
}

func semaphoreRows() []kern.Row {
	return []kern.Row{
		kern.MachTrap(33, "semaphore_signal_trap", kern.RetKern, kern.Full, semaphoreSignal),
		kern.MachTrap(34, "semaphore_signal_all_trap", kern.RetKern, kern.Full, semaphoreSignalAll),
		kern.MachTrap(35, "semaphore_signal_thread_trap", kern.RetKern, kern.Full, semaphoreSignalThread),
		kern.MachTrap(36, "semaphore_wait_trap", kern.RetKern, kern.Full, semaphoreWait),
		kern.MachTrap(37, "semaphore_wait_signal_trap", kern.RetKern, kern.Full, semaphoreWaitSignal),
		kern.MachTrap(38, "semaphore_timedwait_trap", kern.RetKern, kern.Full, semaphoreTimedwait),
		kern.MachTrap(39, "semaphore_timedwait_signal_trap", kern.RetKern, kern.Full, semaphoreTimedwaitSignal),
	}
}

// semaphoreNamed is port_name_to_semaphore.
func (k *task) semaphoreNamed(name abi.Port) (*semaphore, abi.KernReturn) {
	if name == abi.MACH_PORT_NULL || name == abi.MACH_PORT_DEAD {
		return nil, abi.KERN_INVALID_NAME
	}
	p, kr := k.space.Send(name)
	if kr != 0 {
		return nil, kr
	}
	s, ok := p.Object.(*semaphore)
	if !ok {
		return nil, abi.KERN_INVALID_CAPABILITY
	}
	return s, 0
}

type semaphoreArgs struct{ Name abi.Port }

func semaphoreSignal(t *kern.Thread, a *semaphoreArgs) (uint64, error) {
	return uint64(semaphoreSignalHook(t.Proc, a.Name)), nil
}

func semaphoreSignalHook(p *kern.Process, name abi.Port) abi.KernReturn {
	s, kr := taskOf(p).semaphoreNamed(name)
	if kr != 0 {
		return kr
	}
	return s.signal(true)
}

func semaphoreSignalAll(t *kern.Thread, a *semaphoreArgs) (uint64, error) {
	s, kr := self(t).semaphoreNamed(a.Name)
	if kr == 0 {
		kr = s.signalAll()
	}
	return uint64(kr), nil
}

type semaphoreThreadArgs struct{ Name, Thread abi.Port }

// semaphoreSignalThread wakes one given waiter, or any, and never lets the count
// go up.
func semaphoreSignalThread(t *kern.Thread, a *semaphoreThreadArgs) (uint64, error) {
	k := self(t)
	var th *thread
	if a.Thread != abi.MACH_PORT_NULL {
		if th = k.threadNamed(a.Thread, control); th == nil {
			return 0, abi.KERN_INVALID_ARGUMENT
		}
	}
	s, kr := k.semaphoreNamed(a.Name)
	if kr != 0 {
		return 0, kr
	}
	if th == nil {
		return uint64(s.signal(false)), nil
	}
	if s.dead {
		return 0, abi.KERN_TERMINATED
	}
	w := s.q.Find(func(w *kern.Waiter) bool { return w.Thread == th.t })
	if w == nil {
		return 0, abi.KERN_NOT_WAITING
	}
	s.q.Wake(w, abi.KERN_SUCCESS)
	return 0, nil
}

func semaphoreWait(t *kern.Thread, a *semaphoreArgs) (uint64, error) {
	return 0, waitOn(t, a.Name, 0, false, -1)
}

type semaphoreWaitSignalArgs struct{ Wait, Signal abi.Port }

func semaphoreWaitSignal(t *kern.Thread, a *semaphoreWaitSignalArgs) (uint64, error) {
	return 0, waitOn(t, a.Wait, a.Signal, true, -1)
}

type semaphoreTimedwaitArgs struct {
	Wait abi.Port
	Sec  uint32
	Nsec int32
}

func semaphoreTimedwait(t *kern.Thread, a *semaphoreTimedwaitArgs) (uint64, error) {
	if a.Nsec < 0 || a.Nsec >= 1e9 {
		return 0, abi.KERN_INVALID_VALUE
	}
	return 0, waitOn(t, a.Wait, 0, false, int64(a.Sec)*1e9+int64(a.Nsec))
}

type semaphoreTimedwaitSignalArgs struct {
	Wait, Signal abi.Port
	Sec          uint32
	Nsec         int32
}

func semaphoreTimedwaitSignal(t *kern.Thread, a *semaphoreTimedwaitSignalArgs) (uint64, error) {
	if a.Nsec < 0 || a.Nsec >= 1e9 {
		return 0, abi.KERN_INVALID_VALUE
	}
	return 0, waitOn(t, a.Wait, a.Signal, true, int64(a.Sec)*1e9+int64(a.Nsec))
}

// semaphoreWaitHook serves __semwait_signal of package bsd.
func semaphoreWaitHook(t *kern.Thread, wait, signal abi.Port, deadline int64) error {
	noBlock := deadline != 0 && deadline <= t.Machine().Monotonic()
	return waitUntil(t, wait, signal, signal != 0, deadline, noBlock)
}

// waitOn waits at most ns nanoseconds (negative: forever; 0: not at all).
func waitOn(t *kern.Thread, wait, signal abi.Port, signals bool, ns int64) error {
	return waitUntil(t, wait, signal, signals, t.DeadlineIn(ns), ns == 0)
}

// semaphoreCall is the semaphore that a blocked call waits on: its name may be
// gone, or another's, by the time the call is re-run.
type semaphoreCall struct{ wait *semaphore }

// waitUntil is semaphore_wait_internal: wait on one semaphore, having signalled
// the other, once.
func waitUntil(t *kern.Thread, wait, signal abi.Port, signals bool, deadline int64, noBlock bool) error {
	if c, ok := t.CallData().(*semaphoreCall); ok {
		if kr, woken := t.Woken(); woken {
			if kr == abi.KERN_TERMINATED {
				return abi.KERN_TERMINATED
			}
			return nil
		}
		return blockOn(t, c.wait, deadline)
	}
	k := self(t)
	var sig *semaphore
	if signals {
		var kr abi.KernReturn
		if sig, kr = k.semaphoreNamed(signal); kr != 0 {
			return kr
		}
	}
	s, kr := k.semaphoreNamed(wait)
	if kr != 0 {
		return kr
	}
	const undecided = abi.KERN_ALREADY_WAITING
	kr = undecided
	switch {
	case s.dead:
		kr = abi.KERN_TERMINATED
	case s.count > 0:
		s.count--
		kr = 0
	case noBlock:
		kr = abi.KERN_OPERATION_TIMED_OUT
	}
	if sig != nil && sig.signal(true) == abi.KERN_TERMINATED && kr == undecided {
		kr = abi.KERN_TERMINATED
	}
	if kr == undecided && s.count > 0 {
		// It signalled what it waits on.
		s.count--
		kr = 0
	}
	if kr != undecided {
		if kr != 0 {
			return kr
		}
		return nil
	}
	t.SetCallData(&semaphoreCall{s})
	return blockOn(t, s, deadline)
}

func blockOn(t *kern.Thread, s *semaphore, deadline int64) error {
	err := t.Block(kern.Wait{Queue: &s.q, Deadline: deadline, NoRestart: true})
	return waitResult(err, abi.KERN_OPERATION_TIMED_OUT, abi.KERN_ABORTED)
}

// waitResult says in Mach's terms how a wait ended.
func waitResult(err error, timedOut, interrupted abi.KernReturn) error {
	switch err {
	case abi.ETIMEDOUT:
		return timedOut
	case abi.EINTR, kern.ErrRestart:
		return interrupted
	}
	return err
}
