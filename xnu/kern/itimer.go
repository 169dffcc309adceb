package kern

import "github.com/beagle-emu/beagle/xnu/abi"

// SetITimer arms one of setitimer's timers to fire after first nanoseconds, then
// every interval; first 0 disarms it. which is an ITIMER_* value.
func (p *Process) SetITimer(which int, first, interval int64) {
	it := &p.Timers[which]
	it.timer.Stop()
	*it = ITimer{}
	if first <= 0 {
		return
	}
	it.Interval = interval
	if which != ITIMER_REAL {
		it.Next = first
		return
	}
	it.Next = p.Machine.Monotonic() + first
	p.armReal()
}

// armReal waits for the moment that the real-time timer names.
func (p *Process) armReal() {
	it := &p.Timers[ITIMER_REAL]
	it.timer = p.Machine.After(it.Next, func() {
		it.timer = nil
		if it.Interval == 0 {
			it.Next = 0
		} else {
			// Expirations that were missed are not made up for.
			now := p.Machine.Monotonic()
			it.Next += it.Interval * max(1, (now-it.Next)/it.Interval+1)
			p.armReal()
		}
		p.Signal(abi.SIGALRM, SigInfo{})
	})
}

// ITimerLeft is what getitimer tells: nanoseconds to the next expiration (0: not
// armed) and the interval.
func (p *Process) ITimerLeft(which int) (left, interval int64) {
	it := &p.Timers[which]
	left = it.Next
	if which == ITIMER_REAL && left != 0 {
		left = max(left-p.Machine.Monotonic(), 1)
	}
	return left, it.Interval
}

// stopTimers disarms the timers from the given one on.
func (p *Process) stopTimers(from int) {
	for i := from; i < len(p.Timers); i++ {
		p.Timers[i].timer.Stop()
		p.Timers[i] = ITimer{}
	}
}

// charge counts processor time that one of p's threads has used against the
// timers and the limit on it.
func (p *Process) charge(ns int64) {
	if p.Exiting {
		return
	}
	for i, s := range [...]abi.Signal{ITIMER_VIRTUAL: abi.SIGVTALRM, ITIMER_PROF: abi.SIGPROF} {
		it := &p.Timers[i]
		if i == ITIMER_REAL || it.Next == 0 {
			continue
		}
		if it.Next -= ns; it.Next > 0 {
			continue
		}
		it.Next = it.Interval
		p.Signal(s, SigInfo{})
		if p.Exiting {
			return
		}
	}
	if l := p.Limits[abi.RLIMIT_CPU].Cur; l != Infinity && !p.CPULimitTold {
		u := p.Usage()
		if u.UserNS+u.SysNS >= int64(min(l, 1<<33))*1e9 {
			p.CPULimitTold = true
			p.Signal(abi.SIGXCPU, SigInfo{})
		}
	}
}
