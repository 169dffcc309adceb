package bsd

import (
	"encoding/binary"
	"math"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// maxChunk is how much one step of a transfer moves.
const maxChunk = 1 << 20

// fileChunk is the step of transfers with files: small enough that the copy on
// the way stays in the processor's cache.
const fileChunk = 64 << 10

// maxIOV is UIO_MAXIOV.
const maxIOV = 1024

func rwRows() []kern.Row {
	return []kern.Row{
		kern.Sys(3, "read", kern.RetSSize, kern.Full, read),
		kern.Sys(4, "write", kern.RetSSize, kern.Full, write),
		kern.Sys(120, "readv", kern.RetSSize, kern.Full, readv),
		kern.Sys(121, "writev", kern.RetSSize, kern.Full, writev),
		kern.Sys(153, "pread", kern.RetSSize, kern.Full, pread),
		kern.Sys(154, "pwrite", kern.RetSSize, kern.Full, pwrite),
		kern.Sys(396, "read_nocancel", kern.RetSSize, kern.Full, read),
		kern.Sys(397, "write_nocancel", kern.RetSSize, kern.Full, write),
		kern.Sys(411, "readv_nocancel", kern.RetSSize, kern.Full, readv),
		kern.Sys(412, "writev_nocancel", kern.RetSSize, kern.Full, writev),
		kern.Sys(414, "pread_nocancel", kern.RetSSize, kern.Full, pread),
		kern.Sys(415, "pwrite_nocancel", kern.RetSSize, kern.Full, pwrite),
		kern.Sys(540, "preadv", kern.RetSSize, kern.Full, preadv),
		kern.Sys(541, "pwritev", kern.RetSSize, kern.Full, pwritev),
		kern.Sys(542, "preadv_nocancel", kern.RetSSize, kern.Full, preadv),
		kern.Sys(543, "pwritev_nocancel", kern.RetSSize, kern.Full, pwritev),
	}
}

type readArgs struct {
	FD     abi.FD
	Buf    abi.Ptr `out:"ret"`
	NBytes abi.Size
}

type writeArgs struct {
	FD     abi.FD
	Buf    abi.Ptr `in:"NBytes"`
	NBytes abi.Size
}

type preadArgs struct {
	FD     abi.FD
	Buf    abi.Ptr `out:"ret"`
	NBytes abi.Size
	Offset abi.Off
}

type pwriteArgs struct {
	FD     abi.FD
	Buf    abi.Ptr `in:"NBytes"`
	NBytes abi.Size
	Offset abi.Off
}

type readvArgs struct {
	FD     abi.FD
	IOV    abi.Ptr `iov:"out"`
	IOVCnt int32
}

type writevArgs struct {
	FD     abi.FD
	IOV    abi.Ptr `iov:"in"`
	IOVCnt int32
}

type preadvArgs struct {
	FD     abi.FD
	IOV    abi.Ptr `iov:"out"`
	IOVCnt int32
	Offset abi.Off
}

type pwritevArgs struct {
	FD     abi.FD
	IOV    abi.Ptr `iov:"in"`
	IOVCnt int32
	Offset abi.Off
}

func read(t *kern.Thread, a *readArgs) (uint64, error) {
	return doRead(t, a.FD, one(a.Buf, a.NBytes), noOffset)
}

func write(t *kern.Thread, a *writeArgs) (uint64, error) {
	return doWrite(t, a.FD, one(a.Buf, a.NBytes), noOffset)
}

func pread(t *kern.Thread, a *preadArgs) (uint64, error) {
	return doRead(t, a.FD, one(a.Buf, a.NBytes), at(a.Offset))
}

func pwrite(t *kern.Thread, a *pwriteArgs) (uint64, error) {
	return doWrite(t, a.FD, one(a.Buf, a.NBytes), at(a.Offset))
}

func readv(t *kern.Thread, a *readvArgs) (uint64, error) {
	u, err := copyInIOV(t, a.IOV, a.IOVCnt)
	if err != nil {
		return 0, err
	}
	return doRead(t, a.FD, u, noOffset)
}

func writev(t *kern.Thread, a *writevArgs) (uint64, error) {
	u, err := copyInIOV(t, a.IOV, a.IOVCnt)
	if err != nil {
		return 0, err
	}
	return doWrite(t, a.FD, u, noOffset)
}

func preadv(t *kern.Thread, a *preadvArgs) (uint64, error) {
	u, err := copyInIOV(t, a.IOV, a.IOVCnt)
	if err != nil {
		return 0, err
	}
	return doRead(t, a.FD, u, at(a.Offset))
}

func pwritev(t *kern.Thread, a *pwritevArgs) (uint64, error) {
	u, err := copyInIOV(t, a.IOV, a.IOVCnt)
	if err != nil {
		return 0, err
	}
	return doWrite(t, a.FD, u, at(a.Offset))
}

// uio is a list of guest buffers, XNU's struct uio.
type uio struct {
	seg   []segment
	one   [1]segment
	total uint64
}

type segment struct{ addr, size uint64 }

func one(addr abi.Ptr, n abi.Size) *uio {
	u := &uio{one: [1]segment{{uint64(addr), uint64(n)}}, total: uint64(n)}
	u.seg = u.one[:]
	return u
}

// copyInIOV reads an array of struct iovec. EINVAL when there are too many or
// none, or when they sum to more than a transfer can count.
func copyInIOV(t *kern.Thread, addr abi.Ptr, n int32) (*uio, error) {
	if n <= 0 || n > maxIOV {
		return nil, abi.EINVAL
	}
	raw := t.Machine().Scratch(int(n) * 16)
	if err := t.Space().CopyIn(raw, uint64(addr)); err != nil {
		return nil, err
	}
	u := &uio{seg: make([]segment, n)}
	for i := range u.seg {
		u.seg[i] = segment{binary.LittleEndian.Uint64(raw[16*i:]), binary.LittleEndian.Uint64(raw[16*i+8:])}
		if u.seg[i].size > math.MaxInt64 || u.total+u.seg[i].size > math.MaxInt64 {
			return nil, abi.EINVAL
		}
		u.total += u.seg[i].size
	}
	return u, nil
}

// each calls f for the pieces of guest memory behind bytes from to from+n.
func (u *uio) each(from, n uint64, f func(addr uint64, at, n int) error) error {
	at := 0
	for _, s := range u.seg {
		if from >= s.size {
			from -= s.size
			continue
		}
		k := min(s.size-from, n)
		if err := f(s.addr+from, at, int(k)); err != nil {
			return err
		}
		at, n, from = at+int(k), n-k, 0
		if n == 0 {
			break
		}
	}
	return nil
}

// at is where byte from lies and how much of its buffer is left from there.
func (u *uio) at(from uint64) (addr, left uint64) {
	for _, s := range u.seg {
		if from < s.size {
			return s.addr + from, s.size - from
		}
		from -= s.size
	}
	return 0, 0
}

// scatter copies p to the guest's buffers from byte from on.
func (u *uio) scatter(t *kern.Thread, from uint64, p []byte) error {
	return u.each(from, uint64(len(p)), func(addr uint64, at, n int) error {
		return t.Space().CopyOut(addr, p[at:at+n])
	})
}

// gather fills p from the guest's buffers from byte from on.
func (u *uio) gather(t *kern.Thread, from uint64, p []byte) error {
	return u.each(from, uint64(len(p)), func(addr uint64, at, n int) error {
		return t.Space().CopyIn(p[at:at+n], addr)
	})
}

// where is a position given by the call, or the description's own.
type where struct {
	off   int64
	given bool
}

var noOffset = where{}

func at(off abi.Off) where { return where{int64(off), true} }

// positioned is implemented by FileOps that pread and pwrite work on.
type positioned interface {
	ReadAt(t *kern.Thread, p []byte, off int64) (int, error)
	WriteAt(t *kern.Thread, p []byte, off int64) (int, error)
}

// randomAccess checks that pread and pwrite make sense (valid_for_random_access).
func randomAccess(f *kern.File) (positioned, error) {
	p, ok := f.Ops.(positioned)
	if !ok {
		return nil, abi.ESPIPE
	}
	if v, ok := f.Ops.(*vnode); ok {
		switch v.kind {
		case hostfs.Pipe, hostfs.Socket, hostfs.Other:
			return nil, abi.ESPIPE
		case hostfs.TTY:
			return nil, abi.ENXIO
		}
	}
	return p, nil
}

// seekable tells whether a transfer may be made in several steps: a file has no
// message boundaries and never waits.
func seekable(f *kern.File) bool {
	v, ok := f.Ops.(*vnode)
	return ok && (v.kind == hostfs.Regular || v.kind == hostfs.BlockDevice)
}

func doRead(t *kern.Thread, fd abi.FD, u *uio, w where) (uint64, error) {
	if u.total > math.MaxInt32 {
		return 0, abi.EINVAL
	}
	f, err := t.File(fd)
	if err != nil {
		return 0, err
	}
	if f.Flags&kern.FREAD == 0 {
		return 0, abi.EBADF
	}
	var pos positioned
	if w.given {
		if pos, err = randomAccess(f); err != nil {
			return 0, err
		}
		if w.off < 0 {
			return 0, abi.EINVAL
		}
	}
	if v, ok := f.Ops.(*vnode); ok && v.kind == hostfs.Directory {
		return 0, abi.EISDIR
	}
	if u.total == 0 {
		return 0, nil
	}
	if s, ok := f.Ops.(*socket); ok {
		r, err := s.receive(t, f, u, 0, false)
		return uint64(r.n), err
	}
	if p, ok := f.Ops.(*pipeEnd); ok && p.p.n > 0 {
		n, err := p.drain(u.total, func(from uint64, b []byte) error { return u.scatter(t, from, b) })
		return n, err
	}
	many, step := seekable(f), uint64(maxChunk)
	if many {
		step = fileChunk
	}
	done := uint64(0)
	into := func(b []byte) (int, error) {
		if w.given {
			return pos.ReadAt(t, b, w.off+int64(done))
		}
		return f.Ops.Read(t, f, b)
	}
	for {
		var asked, n int
		// Small pieces of a list are cheaper together, by way of a copy.
		if addr, left := u.at(done); many && left >= min(step, u.total-done) {
			asked, n, err = t.Space().Direct(addr, left, mem.Store, into)
		}
		direct := asked > 0
		var buf []byte
		if !direct {
			buf = t.Machine().Scratch(int(min(u.total-done, step)))
			asked = len(buf)
			n, err = into(buf)
		}
		if err != nil {
			if isAgain(err) && done == 0 && !w.given {
				return waitReady(t, f, kern.EvIn)
			}
			if done > 0 && isAgain(err) {
				return done, nil
			}
			return 0, err
		}
		if n > 0 && !direct {
			if err := u.scatter(t, done, buf[:n]); err != nil {
				return 0, err
			}
		}
		done += uint64(n)
		if !many || n < asked || done == u.total {
			return done, nil
		}
	}
}

// waitReady waits until f is ready, or answers EAGAIN when it must not.
func waitReady(t *kern.Thread, f *kern.File, want kern.Events) (uint64, error) {
	src := f.Ops.Source(f, want)
	if f.Nonblocking() || src == nil {
		return 0, abi.EAGAIN
	}
	return 0, t.Block(kern.Wait{More: []kern.SourceWait{{Source: src, Want: want}}})
}

// fileLimit clips a write to RLIMIT_FSIZE and to the largest offset; nothing
// left is EFBIG, with SIGXFSZ when the limit is the reason (vn_write).
func fileLimit(t *kern.Thread, f *kern.File, w where, done uint64, n int) (int, error) {
	v, ok := f.Ops.(*vnode)
	if !ok || v.kind != hostfs.Regular {
		return n, nil
	}
	limit := t.Proc.Limits[abi.RLIMIT_FSIZE].Cur
	if !w.given && limit >= kern.Infinity {
		return n, nil // the host refuses what is too large
	}
	var off int64
	var err error
	switch {
	case w.given:
		off = w.off + int64(done)
		if off == math.MaxInt64 || off < 0 {
			return 0, abi.EFBIG
		}
		if left := math.MaxInt64 - off; int64(n) > left {
			n = int(left)
		}
	case f.Flags&abi.O_APPEND != 0:
		var st hostfs.Stat
		if st, err = v.file.Stat(); err != nil {
			return 0, err
		}
		off = st.Size
	default:
		if off, err = v.file.Seek(0, hostfs.SeekCur); err != nil {
			return 0, err
		}
	}
	if limit >= kern.Infinity || uint64(off)+uint64(n) <= limit {
		return n, nil
	}
	if uint64(off) >= limit {
		if done == 0 {
			t.Proc.Signal(abi.SIGXFSZ, kern.SigInfo{})
		}
		return 0, abi.EFBIG
	}
	return int(limit - uint64(off)), nil
}

func doWrite(t *kern.Thread, fd abi.FD, u *uio, w where) (uint64, error) {
	f, err := writable(t, fd, u)
	if err != nil {
		return 0, err
	}
	return writeFile(t, f, u, w)
}

func writable(t *kern.Thread, fd abi.FD, u *uio) (*kern.File, error) {
	if u.total > math.MaxInt32 {
		return nil, abi.EINVAL
	}
	f, err := t.File(fd)
	if err != nil {
		return nil, err
	}
	if f.Flags&kern.FWRITE == 0 {
		return nil, abi.EBADF
	}
	if _, attrs := t.Proc.FDs.Guard(fd); attrs&guardWrite != 0 {
		return nil, guardViolation(t, fd, guardExcWrite)
	}
	return f, nil
}

// written is what a write that waited has done before it waited.
type written uint64

func writeFile(t *kern.Thread, f *kern.File, u *uio, w where) (uint64, error) {
	var pos positioned
	var err error
	if w.given {
		if pos, err = randomAccess(f); err != nil {
			return 0, err
		}
		if w.off < 0 {
			return 0, abi.EINVAL
		}
	}
	if s, ok := f.Ops.(*socket); ok {
		return s.transmit(t, f, u, nil, 0, nil)
	}
	before, _ := t.CallData().(written)
	done := uint64(before)
	if u.total == 0 && f.Ops.Type() != kern.TypeSocket {
		return 0, nil
	}
	step := uint64(maxChunk)
	many := seekable(f) && f.Flags&abi.O_APPEND == 0
	if many {
		step = fileChunk
	}
	from := func(b []byte) (int, error) {
		if w.given {
			return pos.WriteAt(t, b, w.off+int64(done))
		}
		return f.Ops.Write(t, f, b)
	}
	for {
		addr, left := u.at(done)
		direct := many && left >= min(step, u.total-done)
		n := int(min(u.total-done, step))
		if direct {
			n = int(min(left, maxChunk))
		}
		if n, err = fileLimit(t, f, w, done, n); err != nil {
			if done > 0 {
				return done, nil
			}
			return 0, err
		}
		var k int
		if p, ok := f.Ops.(*pipeEnd); ok {
			k, err = p.fill(u.total-done, func(from uint64, b []byte) error { return u.gather(t, done+from, b) })
		} else {
			asked := 0
			if direct {
				asked, k, err = t.Space().Direct(addr, uint64(n), mem.Load, from)
			}
			if asked == 0 {
				buf := t.Machine().Scratch(min(n, int(step)))
				if err := u.gather(t, done, buf); err != nil {
					return 0, err
				}
				k, err = from(buf)
			}
		}
		if k > 0 {
			f.Flags |= abi.FWASWRITTEN
			done += uint64(k)
		}
		switch {
		case err == nil && (done == u.total || k == 0):
			return done, nil
		case err == nil:
			continue
		case isAgain(err):
			src := f.Ops.Source(f, kern.EvOut)
			if f.Nonblocking() || src == nil || w.given {
				if done > 0 {
					return done, nil
				}
				return 0, abi.EAGAIN
			}
			t.SetCallData(written(done))
			err = t.Block(kern.Wait{More: []kern.SourceWait{{Source: src, Want: kern.EvOut}}})
			if done > 0 && isInterruption(err) {
				return done, nil
			}
			return 0, err
		case isInterruption(err) && done > 0:
			return done, nil
		case isErrno(err, abi.EPIPE):
			// Sockets raise their own signal, or not (SO_NOSIGPIPE).
			if !f.NoSigPipe && f.Ops.Type() != kern.TypeSocket {
				t.Proc.Signal(abi.SIGPIPE, kern.SigInfo{})
			}
		}
		return 0, err
	}
}
