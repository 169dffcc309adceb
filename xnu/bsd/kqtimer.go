package bsd

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// timerFilter is EVFILT_TIMER: data counts expirations since last told.
type timerFilter struct{}

type timerState struct {
	timer    *kern.Timer
	interval int64 // ns; 0 for one-shot and absolute timers
	next     int64
}

func (timerFilter) attach(t *kern.Thread, n *knote) error {
	n.state = &timerState{}
	n.flags |= abi.EV_CLEAR
	return n.armTimer(t)
}

// armTimer reads sdata in the unit that sfflags names and starts the timer
// (filt_timervalidate).
func (n *knote) armTimer(t *kern.Thread) error {
	s := n.state.(*timerState)
	m := t.Machine()
	unit, wall := int64(1e6), true
	switch n.sfflags & (abi.NOTE_SECONDS | abi.NOTE_USECONDS | abi.NOTE_NSECONDS | abi.NOTE_MACHTIME) {
	case 0:
	case abi.NOTE_SECONDS:
		unit = 1e9
	case abi.NOTE_USECONDS:
		unit = 1e3
	case abi.NOTE_NSECONDS:
		unit = 1
	case abi.NOTE_MACHTIME:
		unit, wall = 0, false
	default:
		return abi.EINVAL
	}
	ns := clampUnits(n.sdata, unit)
	if unit == 0 {
		ns = machToNanos(t, n.sdata)
	}
	now := m.Monotonic()
	s.timer.Stop()
	s.interval = 0
	n.data = 0
	switch {
	case n.sfflags&abi.NOTE_ABSOLUTE != 0:
		s.next = ns
		if wall {
			sec, nsec := m.Realtime()
			s.next = now + ns - (sec*1e9 + nsec)
		}
	case ns <= 0:
		// A period of nothing has already passed.
		s.next = now
	default:
		s.next = now + ns
		if s.next < now {
			s.next = 1<<63 - 1
		}
		if n.flags&abi.EV_ONESHOT == 0 {
			s.interval = ns
		}
	}
	s.timer = m.After(s.next, func() { n.expire(m) })
	return nil
}

func clampUnits(v, unit int64) int64 {
	if unit > 0 && v > (1<<62)/unit {
		return 1 << 62
	}
	return v * unit
}

// machToNanos converts a duration in mach_absolute_time units: nanoseconds on
// x86-64, 24 MHz ticks on arm64.
func machToNanos(t *kern.Thread, v int64) int64 {
	if t.Arch() != cpu.ARM64 {
		return v
	}
	if v > (1<<62)/125 {
		return 1 << 62
	}
	return v * 125 / 3
}

func (n *knote) expire(m *kern.Machine) {
	s := n.state.(*timerState)
	now := m.Monotonic()
	n.data++
	if s.interval > 0 {
		missed := (now - s.next) / s.interval
		n.data += missed
		s.next += (missed + 1) * s.interval
		s.timer = m.After(s.next, func() { n.expire(m) })
	}
	n.activate()
}

func (timerFilter) detach(n *knote) { n.state.(*timerState).timer.Stop() }

func (timerFilter) touch(t *kern.Thread, n *knote, kev *abi.KeventQos) error {
	if kev.Flags&abi.EV_ADD == 0 {
		return nil
	}
	n.sfflags, n.sdata = kev.Fflags, kev.Data
	n.active = false
	n.dequeue()
	return n.armTimer(t)
}

func (timerFilter) peek(n *knote, out *abi.KeventQos) bool {
	out.Data = n.data
	return n.data > 0
}

func (timerFilter) took(n *knote) { n.data = 0 }
