package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Pipes, after bsd/kern/sys_pipe.c.

const (
	// pipeSize is BIG_PIPE_SIZE: what a pipe holds once it is in earnest use.
	pipeSize = 64 << 10
	// pipeSmall is what it holds when the machine's pipes use maxPipeSpace.
	pipeSmall = 4 << 10
	// maxPipeSpace is PIPE_KVAMAX, in bytes.
	maxPipeSpace = 16 << 20
	// pipeAtomic is PIPE_BUF: writes of at most this many bytes are never split.
	pipeAtomic = 512
)

func pipeRows() []kern.Row {
	return []kern.Row{kern.Sys(42, "pipe", kern.RetInt, kern.Full, pipe)}
}

// pipeSpace is how many bytes the rings of a machine's pipes take.
type pipeSpace struct{ used int }

func pipeSpaceOf(m *kern.Machine) *pipeSpace {
	s, ok := m.Ext["bsd.pipes"].(*pipeSpace)
	if !ok {
		s = &pipeSpace{}
		m.Ext["bsd.pipes"] = s
	}
	return s
}

// pipeBuf is the ring between two ends. It is there from the first write on.
type pipeBuf struct {
	space            *pipeSpace
	ring             []byte
	start, n         int
	readers, writers int
	rq, wq           kern.WaitQueue
	ino              uint64
	made             abi.Timespec
}

// NewPipe makes the two ends of a pipe.
func NewPipe(m *kern.Machine) (r, w *kern.File) {
	p := &pipeBuf{space: pipeSpaceOf(m), readers: 1, writers: 1, ino: nextIno(m)}
	sec, nsec := m.Realtime()
	p.made = abi.Timespec{Sec: sec, Nsec: nsec}
	return kern.NewFile(&pipeEnd{p, false}, kern.FREAD), kern.NewFile(&pipeEnd{p, true}, kern.FWRITE)
}

// nextIno numbers objects that no file system does.
func nextIno(m *kern.Machine) uint64 {
	n, _ := m.Ext["ino"].(uint64)
	n++
	m.Ext["ino"] = n
	return n
}

func pipe(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	r, w := NewPipe(t.Machine())
	rfd, err := t.Proc.AllocFD(r, 0, false)
	if err == nil {
		var wfd abi.FD
		if wfd, err = t.Proc.AllocFD(w, 0, false); err == nil {
			t.Ret1 = uint64(wfd)
			return uint64(rfd), nil
		}
		t.Proc.CloseFD(rfd)
		w.Unref()
		return 0, err
	}
	r.Unref()
	w.Unref()
	return 0, err
}

// pipeEnd is one end as an open file.
type pipeEnd struct {
	p     *pipeBuf
	write bool
}

func (e *pipeEnd) Type() kern.FileType { return kern.TypePipe }

func (e *pipeEnd) Read(_ *kern.Thread, _ *kern.File, b []byte) (int, error) {
	n, err := e.drain(uint64(len(b)), func(at uint64, from []byte) error {
		copy(b[at:], from)
		return nil
	})
	return int(n), err
}

// drain takes up to n bytes out. f is given each piece and how many bytes came
// before it; nothing is taken if it fails.
func (e *pipeEnd) drain(n uint64, f func(at uint64, b []byte) error) (uint64, error) {
	p := e.p
	if e.write {
		return 0, abi.EBADF
	}
	if n == 0 {
		return 0, nil
	}
	if p.n == 0 {
		if p.writers == 0 {
			return 0, nil
		}
		return 0, abi.EAGAIN
	}
	k := int(min(n, uint64(p.n)))
	first := p.ring[p.start:min(len(p.ring), p.start+k)]
	if err := f(0, first); err != nil {
		return 0, err
	}
	if k > len(first) {
		if err := f(uint64(len(first)), p.ring[:k-len(first)]); err != nil {
			return 0, err
		}
	}
	p.start, p.n = (p.start+k)%len(p.ring), p.n-k
	p.wq.WakeAll(nil)
	return uint64(k), nil
}

func (e *pipeEnd) Write(_ *kern.Thread, _ *kern.File, b []byte) (int, error) {
	return e.fill(uint64(len(b)), func(at uint64, to []byte) error {
		copy(to, b[at:])
		return nil
	})
}

// size is how many bytes the pipe holds, or would if it were written to now.
func (p *pipeBuf) size() int {
	switch {
	case p.ring != nil:
		return len(p.ring)
	case p.space.used+pipeSize > maxPipeSpace:
		return pipeSmall
	}
	return pipeSize
}

// fill puts in as many of n bytes as there is room for. f fills each piece,
// given how many bytes come before it; nothing is put in if it fails.
func (e *pipeEnd) fill(n uint64, f func(at uint64, b []byte) error) (int, error) {
	p := e.p
	if !e.write {
		return 0, abi.EBADF
	}
	if p.readers == 0 {
		return 0, abi.EPIPE
	}
	if p.ring == nil {
		p.ring = make([]byte, p.size())
		p.space.used += len(p.ring)
	}
	room := len(p.ring) - p.n
	if room == 0 && n > 0 || n <= pipeAtomic && uint64(room) < n {
		return 0, abi.EAGAIN
	}
	k := int(min(n, uint64(room)))
	end := (p.start + p.n) % len(p.ring)
	first := p.ring[end:min(len(p.ring), end+k)]
	if len(first) > 0 {
		if err := f(0, first); err != nil {
			return 0, err
		}
	}
	if k > len(first) {
		if err := f(uint64(len(first)), p.ring[:k-len(first)]); err != nil {
			return 0, err
		}
	}
	if p.n += k; k > 0 {
		p.rq.WakeAll(nil)
	}
	return k, nil
}

func (e *pipeEnd) Ready(_ *kern.File, want kern.Events) kern.Events {
	p := e.p
	var ev kern.Events
	if e.write {
		if p.readers == 0 {
			return want&kern.EvOut | kern.EvHup
		}
		if p.size()-p.n >= pipeAtomic {
			ev = kern.EvOut
		}
		return ev & want
	}
	if p.n > 0 {
		ev = kern.EvIn
	}
	if p.writers == 0 {
		return want&kern.EvIn | kern.EvHup
	}
	return ev & want
}

func (e *pipeEnd) Source(*kern.File, kern.Events) kern.Source {
	if e.write {
		return &e.p.wq
	}
	return &e.p.rq
}

// Readable and Writable are what FIONREAD and kevent's data say, in bytes.
func (e *pipeEnd) Readable() int { return e.p.n }

// Writable is the room left.
func (e *pipeEnd) Writable() int { return e.p.size() - e.p.n }

func (e *pipeEnd) Stat(t *kern.Thread, _ *kern.File, st *abi.Stat64) error {
	*st = abi.Stat64{Mode: abi.S_IFIFO | 0o600, Size: int64(e.p.n), Blksize: pipeSize / 4, Ino: abi.Ino(e.p.ino),
		Uid: abi.UID(t.Proc.Cred.EUID), Gid: abi.GID(t.Proc.Cred.EGID),
		Atimespec: e.p.made, Mtimespec: e.p.made, Ctimespec: e.p.made}
	st.Blocks = (st.Size + 511) / 512
	return nil
}

func (e *pipeEnd) Ioctl(t *kern.Thread, f *kern.File, req uint32, arg uint64) (uint64, error) {
	switch req {
	case abi.FIONREAD:
		return 0, t.Space().Store32(arg, uint32(e.p.n))
	case abi.FIONBIO, abi.FIOASYNC:
		return 0, nil
	case abi.TIOCSPGRP:
		v, err := t.Space().Load32(arg)
		if err == nil {
			f.Owner = abi.PID(v)
		}
		return 0, err
	case abi.TIOCGPGRP:
		return 0, t.Space().Store32(arg, uint32(f.Owner))
	}
	return 0, abi.ENOTTY
}

func (e *pipeEnd) Close(*kern.File) {
	if e.write {
		e.p.writers--
	} else {
		e.p.readers--
	}
	if p := e.p; p.readers == 0 && p.writers == 0 {
		p.space.used -= len(p.ring)
		p.ring = nil
	}
	e.p.rq.WakeAll(nil)
	e.p.wq.WakeAll(nil)
}
