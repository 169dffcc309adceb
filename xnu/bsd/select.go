package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// select, pselect and poll, after bsd/kern/sys_generic.c.

func selectRows() []kern.Row {
	return []kern.Row{
		kern.Sys(93, "select", kern.RetInt, kern.Full, selectCall),
		kern.Sys(407, "select_nocancel", kern.RetInt, kern.Full, selectCall),
		kern.Sys(394, "pselect", kern.RetInt, kern.Full, pselect),
		kern.Sys(395, "pselect_nocancel", kern.RetInt, kern.Full, pselect),
		kern.Sys(230, "poll", kern.RetInt, kern.Full, poll),
		kern.Sys(417, "poll_nocancel", kern.RetInt, kern.Full, poll),
	}
}

type selectArgs struct {
	N               int32
	In, Out, Except abi.Ptr
	Timeout         abi.Ptr `struct:"timeval" dir:"in"`
}

type pselectArgs struct {
	N               int32
	In, Out, Except abi.Ptr
	Timeout         abi.Ptr `struct:"timespec" dir:"in"`
	Mask            abi.Ptr `struct:"sigset" dir:"in"`
}

func selectCall(t *kern.Thread, a *selectArgs) (uint64, error) {
	wait := int64(-1)
	if a.Timeout != 0 {
		var b [16]byte
		if err := t.Space().CopyIn(b[:], uint64(a.Timeout)); err != nil {
			return 0, err
		}
		sec, usec := int64(le.Uint64(b[:])), int64(int32(le.Uint32(b[8:])))
		if usec < 0 || usec >= 1e6 || sec < 0 {
			return 0, abi.EINVAL
		}
		wait = clampSeconds(sec) + usec*1000
	}
	return doSelect(t, a.N, [3]abi.Ptr{a.In, a.Out, a.Except}, wait)
}

// clampSeconds is seconds in nanoseconds; what does not fit waits for ever in
// any sense that matters.
func clampSeconds(sec int64) int64 {
	const most = (1 << 62) / 1_000_000_000
	return min(sec, most) * 1e9
}

func pselect(t *kern.Thread, a *pselectArgs) (uint64, error) {
	wait := int64(-1)
	if a.Timeout != 0 {
		var b [16]byte
		if err := t.Space().CopyIn(b[:], uint64(a.Timeout)); err != nil {
			return 0, err
		}
		sec, nsec := int64(le.Uint64(b[:])), int64(le.Uint64(b[8:]))
		if nsec < 0 || nsec >= 1e9 || sec < 0 {
			return 0, abi.EINVAL
		}
		wait = clampSeconds(sec) + nsec
	}
	if a.Mask != 0 {
		m, err := t.Space().Load32(uint64(a.Mask))
		if err != nil {
			return 0, err
		}
		t.SuspendMask(abi.Sigset(m))
	}
	n, err := doSelect(t, a.N, [3]abi.Ptr{a.In, a.Out, a.Except}, wait)
	if a.Mask != 0 && !kern.IsBlocked(err) && !t.Interruptible() {
		// With a signal to deliver, its frame restores the mask.
		t.RestoreMask()
	}
	return n, err
}

// initialFDs is NDFILE: the smallest size of a descriptor table.
const initialFDs = 25

func doSelect(t *kern.Thread, n int32, ptrs [3]abi.Ptr, wait int64) (uint64, error) {
	if n < 0 {
		return 0, abi.EINVAL
	}
	// More than the table has are not looked at (sys_generic.c: "forgiving").
	n = min(n, max(initialFDs, int32(t.Proc.FDs.Len())))
	size := (int(n) + 31) / 32 * 4
	var in, out [3][]byte
	for i, p := range ptrs {
		if p == 0 {
			continue
		}
		in[i], out[i] = make([]byte, size), make([]byte, size)
		if err := t.Space().CopyIn(in[i], uint64(p)); err != nil {
			return 0, err
		}
	}
	wants := [3]kern.Events{kern.EvIn, kern.EvOut, kern.EvPri}
	count := 0
	var srcs []kern.SourceWait
	for fd := int32(0); fd < n; fd++ {
		var want kern.Events
		for i := range in {
			if in[i] != nil && in[i][fd/8]&(1<<(fd%8)) != 0 {
				want |= wants[i]
			}
		}
		if want == 0 {
			continue
		}
		f, err := t.File(abi.FD(fd))
		if err != nil {
			return 0, abi.EBADF
		}
		got := f.Ops.Ready(f, want)
		if got&(kern.EvHup|kern.EvErr) != 0 {
			got |= want & (kern.EvIn | kern.EvOut)
		}
		hit := false
		for i, w := range wants {
			if want&w != 0 && got&w != 0 && in[i] != nil && in[i][fd/8]&(1<<(fd%8)) != 0 {
				out[i][fd/8] |= 1 << (fd % 8)
				count++
				hit = true
			}
		}
		if !hit {
			if s := f.Ops.Source(f, want); s != nil {
				srcs = append(srcs, kern.SourceWait{Source: s, Want: want})
			}
		}
	}
	if count == 0 && wait != 0 {
		err := t.Block(kern.Wait{More: srcs, Deadline: t.DeadlineIn(wait), NoRestart: true})
		if err != abi.ETIMEDOUT {
			return 0, err
		}
	}
	for i, p := range ptrs {
		if p != 0 {
			if err := t.Space().CopyOut(uint64(p), out[i]); err != nil {
				return 0, err
			}
		}
	}
	return uint64(count), nil
}

type pollArgs struct {
	FDs     abi.Ptr
	NFDs    uint32
	Timeout int32
}

func poll(t *kern.Thread, a *pollArgs) (uint64, error) {
	if uint64(a.NFDs) > min(t.Proc.Limits[abi.RLIMIT_NOFILE].Cur, openMax) {
		return 0, abi.EINVAL
	}
	b := make([]byte, 8*int(a.NFDs))
	if err := t.Space().CopyIn(b, uint64(a.FDs)); err != nil {
		return 0, err
	}
	count := 0
	var srcs []kern.SourceWait
	for i := range int(a.NFDs) {
		var p abi.Pollfd
		p.Get(b[8*i:])
		p.Revents = 0
		if p.Fd >= 0 {
			p.Revents = pollOne(t, &p, &srcs)
		}
		if p.Revents != 0 {
			count++
		}
		p.Put(b[8*i:])
	}
	if count == 0 && a.Timeout != 0 {
		wait := int64(-1)
		if a.Timeout > 0 {
			wait = int64(a.Timeout) * 1e6
		}
		if err := t.Block(kern.Wait{More: srcs, Deadline: t.DeadlineIn(wait), NoRestart: true}); err != abi.ETIMEDOUT {
			return 0, err
		}
	}
	return uint64(count), t.Space().CopyOut(uint64(a.FDs), b)
}

// pollOne looks at one descriptor and notes what to wait on when nothing wanted
// holds. The events of poll map to kevent filters in XNU (poll_nocancel).
func pollOne(t *kern.Thread, p *abi.Pollfd, srcs *[]kern.SourceWait) int16 {
	f, err := t.File(p.Fd)
	if err != nil {
		return abi.POLLNVAL
	}
	var want kern.Events
	if p.Events&(abi.POLLIN|abi.POLLRDNORM|abi.POLLHUP) != 0 {
		want |= kern.EvIn
	}
	if p.Events&(abi.POLLPRI|abi.POLLRDBAND) != 0 {
		want |= kern.EvPri
	}
	if p.Events&(abi.POLLOUT|abi.POLLWRNORM|abi.POLLWRBAND) != 0 {
		want |= kern.EvOut
	}
	got := f.Ops.Ready(f, want)
	var r int16
	if got&kern.EvIn != 0 {
		r |= p.Events & (abi.POLLIN | abi.POLLRDNORM)
	}
	if got&kern.EvPri != 0 {
		r |= p.Events & (abi.POLLPRI | abi.POLLRDBAND)
	}
	if got&kern.EvOut != 0 {
		r |= p.Events & (abi.POLLOUT | abi.POLLWRNORM | abi.POLLWRBAND)
	}
	if got&kern.EvHup != 0 {
		r |= abi.POLLHUP
		// POLLHUP and POLLOUT exclude each other.
		r &^= abi.POLLOUT
	}
	if got&kern.EvErr != 0 {
		r |= abi.POLLERR
	}
	if r == 0 {
		if s := f.Ops.Source(f, want); s != nil {
			*srcs = append(*srcs, kern.SourceWait{Source: s, Want: want})
		}
	}
	return r
}
