package mach

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// timebase is mach_timebase_info: units of mach_absolute_time are nanoseconds on
// Intel and ticks of a 24 MHz counter on Apple silicon.
func timebase(a cpu.Arch) abi.MachTimebaseInfo {
	if a == cpu.ARM64 {
		return abi.MachTimebaseInfo{Numer: 125, Denom: 3}
	}
	return abi.MachTimebaseInfo{Numer: 1, Denom: 1}
}

// absolute converts machine nanoseconds to mach_absolute_time units.
func absolute(a cpu.Arch, ns int64) uint64 {
	if a == cpu.ARM64 {
		n := uint64(ns)
		return n/125*3 + n%125*3/125
	}
	return uint64(ns)
}

// nanoseconds is the inverse, rounded up so that a deadline is not early. What is
// too far away to say becomes the farthest moment.
func nanoseconds(a cpu.Arch, abs uint64) int64 {
	const far = 1<<63 - 1
	if a == cpu.ARM64 {
		if abs >= far/125*3 {
			return far
		}
		return int64(abs/3*125 + (abs%3*125+2)/3)
	}
	return int64(min(abs, far))
}

func clockRows() []kern.Row {
	return []kern.Row{
		kern.MachTrap(3, "mach_absolute_time", kern.RetMach64, kern.Full, machAbsoluteTime),
		kern.MachTrap(4, "mach_continuous_time", kern.RetMach64, kern.Full, machContinuousTime),
		kern.MachTrap(59, "swtch_pri", kern.RetKern, kern.Full, swtch),
		kern.MachTrap(60, "swtch", kern.RetKern, kern.Full, swtch),
		kern.MachTrap(61, "thread_switch", kern.RetKern, kern.Full, threadSwitch),
		kern.MachTrap(62, "clock_sleep_trap", kern.RetKern, kern.Full, clockSleep),
		kern.MachTrap(89, "mach_timebase_info_trap", kern.RetKern, kern.Full, machTimebaseInfo),
		kern.MachTrap(90, "mach_wait_until_trap", kern.RetKern, kern.Full, machWaitUntil),
	}
}

// machAbsoluteTime and machContinuousTime are arm64's alone; see kern/convx86.go.
func machAbsoluteTime(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	return absolute(t.Arch(), t.Machine().Monotonic()), nil
}

func machContinuousTime(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	return absolute(t.Arch(), t.Machine().Host.Clock().Continuous()), nil
}

// swtch gives way to others. It answers whether others still want the processor:
// after they had it, no.
func swtch(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	t.Yield()
	return 0, nil
}

type threadSwitchArgs struct {
	Thread abi.Port
	Option int32
	Time   uint32
}

// threadSwitch gives way, or sleeps for a time in milliseconds (microseconds for
// SWITCH_OPTION_DISPATCH_CONTENTION). The hint which thread should run has no
// effect beyond that: they run in turn.
func threadSwitch(t *kern.Thread, a *threadSwitchArgs) (uint64, error) {
	scale := int64(1e6)
	switch a.Option {
	case abi.SWITCH_OPTION_NONE, abi.SWITCH_OPTION_DEPRESS, abi.SWITCH_OPTION_OSLOCK_DEPRESS:
		t.Yield()
		return 0, nil
	case abi.SWITCH_OPTION_DISPATCH_CONTENTION:
		scale = 1e3
	case abi.SWITCH_OPTION_WAIT, abi.SWITCH_OPTION_OSLOCK_WAIT:
	default:
		return 0, abi.KERN_INVALID_ARGUMENT
	}
	if a.Time == 0 {
		t.Yield()
		return 0, nil
	}
	return 0, sleepUntil(t, t.DeadlineIn(int64(a.Time)*scale), abi.KERN_SUCCESS)
}

// sleepUntil waits for a moment of the monotonic clock; a signal ends it with
// the given result.
func sleepUntil(t *kern.Thread, deadline int64, interrupted abi.KernReturn) error {
	err := waitResult(t.Block(kern.Wait{Deadline: deadline, NoRestart: true}), abi.KERN_SUCCESS, interrupted)
	if err == abi.KERN_SUCCESS {
		return nil
	}
	return err
}

type clockSleepArgs struct {
	Clock  abi.Port
	Type   int32
	Sec    int32
	Nsec   int32
	Wakeup abi.Ptr `out:"8" struct:"mach_timespec"`
}

// clockSleep sleeps on the system clock for a time, or until one.
func clockSleep(t *kern.Thread, a *clockSleepArgs) (uint64, error) {
	k := self(t)
	c := k.sys.host.clocks[abi.SYSTEM_CLOCK]
	if a.Clock != abi.MACH_PORT_NULL {
		var ok bool
		if c, ok = k.object(a.Clock).(*clock); !ok {
			return 0, abi.KERN_INVALID_ARGUMENT
		}
	}
	if c.id != abi.SYSTEM_CLOCK {
		return 0, abi.KERN_FAILURE
	}
	at := abi.MachTimespec{Sec: uint32(a.Sec), Nsec: a.Nsec}
	put := func() { _ = t.Space().CopyOut(uint64(a.Wakeup), abi.Marshal(at)) }
	if a.Type&0xff != abi.TIME_ABSOLUTE && a.Type&0xff != abi.TIME_RELATIVE || a.Nsec < 0 || a.Nsec >= 1e9 {
		put()
		return 0, abi.KERN_INVALID_VALUE
	}
	ns := int64(at.Sec)*1e9 + int64(at.Nsec)
	deadline := ns
	if a.Type&0xff == abi.TIME_RELATIVE {
		deadline = t.DeadlineIn(ns)
	}
	var err error
	if deadline > t.Machine().Monotonic() || t.TimedOut() {
		if err = sleepUntil(t, deadline, abi.KERN_ABORTED); kern.IsBlocked(err) {
			return 0, err
		}
		at = timespec(deadline)
	} else {
		at = timespec(t.Machine().Monotonic())
	}
	put()
	return 0, err
}

func timespec(ns int64) abi.MachTimespec {
	return abi.MachTimespec{Sec: uint32(ns / 1e9), Nsec: int32(ns % 1e9)}
}

type timebaseArgs struct {
	Info abi.Ptr `out:"8" struct:"mach_timebase_info"`
}

// machTimebaseInfo does not mind a bad address, as XNU does not.
func machTimebaseInfo(t *kern.Thread, a *timebaseArgs) (uint64, error) {
	_ = t.Space().CopyOut(uint64(a.Info), abi.Marshal(timebase(t.Arch())))
	return 0, nil
}

type waitUntilArgs struct{ Deadline uint64 }

func machWaitUntil(t *kern.Thread, a *waitUntilArgs) (uint64, error) {
	ns := nanoseconds(t.Arch(), a.Deadline)
	if !t.TimedOut() && ns <= t.Machine().Monotonic() {
		return 0, nil
	}
	return 0, sleepUntil(t, ns, abi.KERN_ABORTED)
}
