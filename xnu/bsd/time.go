package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The time of day and interval timers: bsd/kern/kern_time.c.

func timeRows() []kern.Row {
	return []kern.Row{
		kern.Sys(83, "setitimer", kern.RetInt, kern.Full, setitimer),
		kern.Sys(86, "getitimer", kern.RetInt, kern.Full, getitimer),
		kern.Sys(116, "gettimeofday", kern.RetInt, kern.Full, gettimeofday),
	}
}

type gettimeofdayArgs struct {
	TV       abi.Ptr `struct:"timeval"`
	TZ       abi.Ptr `struct:"timezone"`
	Absolute abi.Ptr `out:"8"`
}

func gettimeofday(t *kern.Thread, a *gettimeofdayArgs) (uint64, error) {
	m, sp := t.Machine(), t.Space()
	sec, nsec := m.Realtime()
	abs := absoluteTime(t, m.Monotonic())
	if a.TV != 0 {
		var b [16]byte
		// Seconds are cut to 32 bits, as in the arm64 commpage.
		tv := abi.Timeval{Sec: int64(uint32(sec)), Usec: int32(nsec / 1000)}
		tv.Put(b[:])
		if err := sp.CopyOut(uint64(a.TV), b[:]); err != nil {
			return 0, err
		}
	}
	if a.TZ != 0 {
		var b [8]byte
		west, dst := m.Host.Clock().Zone()
		tz := abi.Timezone{Minuteswest: int32(west)}
		if dst {
			tz.Dsttime = 1
		}
		tz.Put(b[:])
		if err := sp.CopyOut(uint64(a.TZ), b[:]); err != nil {
			return 0, err
		}
	}
	if a.Absolute != 0 {
		return 0, sp.Store64(uint64(a.Absolute), abs)
	}
	return 0, nil
}

type getitimerArgs struct {
	Which uint32
	Value abi.Ptr `struct:"itimerval"`
}

func getitimer(t *kern.Thread, a *getitimerArgs) (uint64, error) {
	if a.Which > abi.ITIMER_PROF {
		return 0, abi.EINVAL
	}
	return 0, putITimer(t, a.Which, a.Value)
}

func putITimer(t *kern.Thread, which uint32, at abi.Ptr) error {
	left, interval := t.Proc.ITimerLeft(int(which))
	v := abi.Itimerval{Interval: timevalNS(interval), Value: timevalNS((left + 999) / 1000 * 1000)}
	var b [32]byte
	v.Put(b[:])
	return t.Space().CopyOut(uint64(at), b[:])
}

type setitimerArgs struct {
	Which uint32
	New   abi.Ptr `struct:"itimerval"`
	Old   abi.Ptr `struct:"itimerval"`
}

func setitimer(t *kern.Thread, a *setitimerArgs) (uint64, error) {
	if a.Which > abi.ITIMER_PROF {
		return 0, abi.EINVAL
	}
	var v abi.Itimerval
	if a.New != 0 {
		var b [32]byte
		if err := t.Space().CopyIn(b[:], uint64(a.New)); err != nil {
			return 0, err
		}
		v.Get(b[:])
	}
	if a.Old != 0 {
		if err := putITimer(t, a.Which, a.Old); err != nil {
			return 0, err
		}
	}
	if a.New == 0 {
		return 0, nil
	}
	first, ok1 := timerNS(v.Value)
	interval, ok2 := timerNS(v.Interval)
	if !ok1 || !ok2 {
		return 0, abi.EINVAL
	}
	t.Proc.SetITimer(int(a.Which), first, interval)
	return 0, nil
}

// timerNS is itimerfix: at most 100,000,000 seconds, microseconds in range.
func timerNS(v abi.Timeval) (int64, bool) {
	if v.Sec < 0 || v.Sec > 100000000 || v.Usec < 0 || v.Usec >= 1000000 {
		return 0, false
	}
	return v.Sec*1e9 + int64(v.Usec)*1000, true
}
