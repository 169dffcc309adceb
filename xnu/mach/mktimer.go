package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// timer is an mk_timer: a port that gets a message at a time
// (osfmk/kern/mk_timer.c).
type timer struct {
	sys  *system
	port *ipc.Port
	// right is the send right that the timer sends by.
	right ipc.Cap
	on    *kern.Timer
	armed bool
	// at is when it goes off, in mach_absolute_time units.
	at uint64
	// last is the last message: there is never more than one on the queue.
	last *ipc.Message
}

func timerRows() []kern.Row {
	return []kern.Row{
		kern.MachTrap(91, "mk_timer_create_trap", kern.RetPort, kern.Full, mkTimerCreate),
		kern.MachTrap(92, "mk_timer_destroy_trap", kern.RetKern, kern.Full, mkTimerDestroy),
		kern.MachTrap(93, "mk_timer_arm_trap", kern.RetKern, kern.Full, mkTimerArm),
		kern.MachTrap(94, "mk_timer_cancel_trap", kern.RetKern, kern.Full, mkTimerCancel),
		kern.MachTrap(95, "mk_timer_arm_leeway_trap", kern.RetKern, kern.Full, mkTimerArmLeeway),
	}
}

func mkTimerCreate(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	k := self(t)
	name, p, kr := k.space.NewPort(0)
	if kr != 0 {
		return uint64(abi.MACH_PORT_NULL), nil
	}
	tm := &timer{sys: k.sys, port: p, right: p.MakeSend()}
	p.Object, p.Immovable = tm, true
	return uint64(name), nil
}

// PortDestroyed stops the timer with its port.
func (tm *timer) PortDestroyed(*ipc.Port) {
	tm.on.Stop()
	tm.armed = false
	tm.right.Release()
	tm.right = ipc.Cap{}
}

func (k *task) timerNamed(name abi.Port) (*timer, abi.KernReturn) {
	p, kr := k.space.Receive(name)
	if kr != 0 {
		return nil, kr
	}
	tm, ok := p.Object.(*timer)
	if !ok {
		return nil, abi.KERN_INVALID_ARGUMENT
	}
	return tm, 0
}

type timerArgs struct{ Name abi.Port }

func mkTimerDestroy(t *kern.Thread, a *timerArgs) (uint64, error) {
	k := self(t)
	if _, kr := k.timerNamed(a.Name); kr != 0 {
		return status(kr)
	}
	return status(k.space.DestroyName(a.Name))
}

type timerArmArgs struct {
	Name   abi.Port
	Expire uint64
}

func mkTimerArm(t *kern.Thread, a *timerArmArgs) (uint64, error) {
	return armTimer(t, a.Name, a.Expire)
}

type timerArmLeewayArgs struct {
	Name                  abi.Port
	Flags, Expire, Leeway uint64
}

// mkTimerArmLeeway makes no use of the leeway: the timer goes off on time.
func mkTimerArmLeeway(t *kern.Thread, a *timerArmLeewayArgs) (uint64, error) {
	return armTimer(t, a.Name, a.Expire)
}

func armTimer(t *kern.Thread, name abi.Port, at uint64) (uint64, error) {
	tm, kr := self(t).timerNamed(name)
	if kr != 0 {
		return status(kr)
	}
	tm.on.Stop()
	tm.armed, tm.at = true, at
	tm.on = tm.sys.m.After(nanoseconds(t.Arch(), at), tm.expire)
	return 0, nil
}

// expire sends the message, unless the last one still lies there.
func (tm *timer) expire() {
	if !tm.armed {
		return
	}
	tm.armed = false
	if tm.last != nil && tm.last.Queued() || !tm.port.Alive() {
		return
	}
	m := &ipc.Message{Dest: tm.port.CopySend(), Security: ipc.KernelSecurity, Audit: ipc.KernelAudit}
	m.Data = make([]byte, abi.SizeOf(abi.MkTimerExpireMsg{}))
	if tm.sys.post(m) {
		tm.last = m
	}
}

type timerCancelArgs struct {
	Name abi.Port
	Time abi.Ptr `out:"8"`
}

// mkTimerCancel tells when the timer would have gone off; 0 if it was not armed.
func mkTimerCancel(t *kern.Thread, a *timerCancelArgs) (uint64, error) {
	tm, kr := self(t).timerNamed(a.Name)
	if kr != 0 {
		return status(kr)
	}
	at := uint64(0)
	if tm.armed {
		at = tm.at
		tm.on.Stop()
		tm.armed = false
	}
	if a.Time != 0 && t.Space().Store64(uint64(a.Time), at) != nil {
		return 0, abi.KERN_FAILURE
	}
	return 0, nil
}
