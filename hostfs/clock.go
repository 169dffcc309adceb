package hostfs

import (
	"time"

	"golang.org/x/sys/unix"
)

// hostClock is the host's clocks. CLOCK_MONOTONIC comes by way of the Go
// runtime, which reads it without a system call but tells only differences: mono
// is what it read at start. It was read first, so that Monotonic may lag by the
// moment between the two and is never ahead of what guests read from their
// counters.
type hostClock struct {
	start time.Time
	mono  int64
}

func newClock() hostClock {
	ts := clockNow(unix.CLOCK_MONOTONIC)
	return hostClock{mono: ts.Nano(), start: time.Now()}
}

func clockNow(id int32) unix.Timespec {
	var ts unix.Timespec
	// These clocks are on every Linux; the call cannot fail.
	_ = unix.ClockGettime(id, &ts)
	return ts
}

func realTime() unix.Timespec { return clockNow(unix.CLOCK_REALTIME) }

// Now uses the Go runtime's clock too.
func (hostClock) Now() (sec, nsec int64) {
	t := time.Now()
	return t.Unix(), int64(t.Nanosecond())
}

func (c hostClock) Monotonic() int64 { return c.mono + int64(time.Since(c.start)) }

func (hostClock) Continuous() int64 {
	ts := clockNow(unix.CLOCK_BOOTTIME)
	return ts.Nano()
}

func (c hostClock) BootTime() (sec, nsec int64) {
	now := realTime()
	boot := now.Nano() - c.Continuous()
	return boot / 1e9, boot % 1e9
}

func (hostClock) ProcessCPU() (user, sys int64) {
	var ru unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &ru)
	return ru.Utime.Nano(), ru.Stime.Nano()
}

func (hostClock) ThreadCPU() int64 {
	ts := clockNow(unix.CLOCK_THREAD_CPUTIME_ID)
	return ts.Nano()
}

func (hostClock) Zone() (minutesWest int, dst bool) {
	t := time.Now()
	_, off := t.Zone()
	// timezone.tz_minuteswest does not count daylight saving time.
	if dst = t.IsDST(); dst {
		off -= 3600
	}
	return -off / 60, dst
}
