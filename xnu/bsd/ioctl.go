package bsd

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

func ioctlRows() []kern.Row {
	return []kern.Row{
		kern.Sys(54, "ioctl", kern.RetInt, kern.Partial, ioctl,
			"the requests of ioctlTable and those of sockets; every other one is ENOTTY and counted"),
	}
}

type ioctlArgs struct {
	FD   abi.FD
	Com  uint64 `fmt:"ioctl"`
	Data abi.Ptr
}

// maxIoctl is IOCPARM_MAX, the largest argument of a request in bytes.
const maxIoctl = 4096

// ioctl is ioctl(2): requests of any descriptor here, the others at the object
// behind it (bsd/kern/sys_generic.c).
func ioctl(t *kern.Thread, a *ioctlArgs) (uint64, error) {
	req := uint32(a.Com)
	if abi.IOCPARM_LEN(req) > maxIoctl {
		return 0, abi.ENOTTY
	}
	f, err := t.File(a.FD)
	if err != nil {
		return 0, err
	}
	if f.Flags&(kern.FREAD|kern.FWRITE) == 0 {
		return 0, abi.EBADF
	}
	switch req {
	case abi.FIOCLEX:
		t.Proc.FDs.SetCloExec(a.FD, true)
		return 0, nil
	case abi.FIONCLEX:
		if _, attrs := t.Proc.FDs.Guard(a.FD); attrs != 0 {
			return 0, guardViolation(t, a.FD, guardExcNoCloexec)
		}
		t.Proc.FDs.SetCloExec(a.FD, false)
		return 0, nil
	case abi.FIONBIO, abi.FIOASYNC:
		on, err := t.Space().Load32(uint64(a.Data))
		if err != nil {
			return 0, err
		}
		bit := uint32(abi.O_NONBLOCK)
		if req == abi.FIOASYNC {
			bit = abi.O_ASYNC
		}
		flags := f.Flags &^ bit
		if on != 0 {
			flags |= bit
		}
		return 0, setStatusFlags(t, f, flags)
	case abi.FIOSETOWN:
		who, err := t.Space().Load32(uint64(a.Data))
		if err != nil {
			return 0, err
		}
		return 0, setOwner(t, f, abi.PID(who))
	case abi.FIOGETOWN:
		return 0, t.Space().Store32(uint64(a.Data), uint32(f.Owner))
	}
	r, err := f.Ops.Ioctl(t, f, req, uint64(a.Data))
	if err == error(abi.ENOTTY) && ioctlKnown(req) == nil {
		t.Machine().Note("ioctl " + ioctlName(req))
	}
	return r, err
}

// ioctlRow is one request that terminals and files know.
type ioctlRow struct {
	req  uint32
	name string
	do   func(t *kern.Thread, v *vnode, arg uint64) error
	// tty: only terminals know it; everything else answers ENOTTY.
	tty bool
}

// ioctlTable lists the requests of files and terminals (bsd/sys/ttycom.h,
// filio.h). A row without a function is known and refused with ENOTTY.
var ioctlTable = [...]ioctlRow{
	{abi.FIONREAD, "FIONREAD", fionread, false},
	{abi.FIODTYPE, "FIODTYPE", fiodtype, false},
	{abi.TIOCGETA, "TIOCGETA", tiocgeta, true},
	{abi.TIOCSETA, "TIOCSETA", tiocseta(unix.TCSETS), true},
	{abi.TIOCSETAW, "TIOCSETAW", tiocseta(unix.TCSETSW), true},
	{abi.TIOCSETAF, "TIOCSETAF", tiocseta(unix.TCSETSF), true},
	{abi.TIOCGETD, "TIOCGETD", tiocgetd, true},
	{abi.TIOCGWINSZ, "TIOCGWINSZ", tiocgwinsz, true},
	{abi.TIOCSWINSZ, "TIOCSWINSZ", tiocswinsz, true},
	{abi.TIOCGPGRP, "TIOCGPGRP", tiocgpgrp, true},
	{abi.TIOCSPGRP, "TIOCSPGRP", tiocspgrp, true},
	{abi.TIOCGSID, "TIOCGSID", tiocgsid, true},
	{abi.TIOCSCTTY, "TIOCSCTTY", func(t *kern.Thread, v *vnode, _ uint64) error { return ttyAcquire(t, v) }, true},
	{abi.TIOCNOTTY, "TIOCNOTTY", func(t *kern.Thread, v *vnode, _ uint64) error { return ttyDrop(t, v) }, true},
	{abi.TIOCOUTQ, "TIOCOUTQ", tiocoutq, true},
	{abi.TIOCFLUSH, "TIOCFLUSH", tiocflush, true},
	{abi.TIOCDRAIN, "TIOCDRAIN", tiocdrain, true},
	{abi.TIOCSTOP, "TIOCSTOP", flow(unix.TCOOFF), true},
	{abi.TIOCSTART, "TIOCSTART", flow(unix.TCOON), true},
	{abi.TIOCIXOFF, "TIOCIXOFF", flow(unix.TCIOFF), true},
	{abi.TIOCIXON, "TIOCIXON", flow(unix.TCION), true},
	{abi.TIOCSBRK, "TIOCSBRK", func(_ *kern.Thread, v *vnode, _ uint64) error { return v.file.Break() }, true},
	{abi.TIOCCBRK, "TIOCCBRK", func(*kern.Thread, *vnode, uint64) error { return nil }, true},
	{abi.TIOCPKT, "TIOCPKT", tiocpkt, true},
	{abi.TIOCPTYGRANT, "TIOCPTYGRANT", ptyMaster(func(*vnode) error { return nil }), true},
	{abi.TIOCPTYUNLK, "TIOCPTYUNLK", ptyMaster(func(v *vnode) error { return v.file.LockPty(false) }), true},
	{abi.TIOCPTYGNAME, "TIOCPTYGNAME", tiocptygname, true},
	{abi.TIOCEXCL, "TIOCEXCL", nil, true},
	{abi.TIOCNXCL, "TIOCNXCL", nil, true},
	{abi.TIOCSTI, "TIOCSTI", nil, true},
	{abi.TIOCMGET, "TIOCMGET", nil, true},
	{abi.TIOCMSET, "TIOCMSET", nil, true},
	{abi.TIOCCONS, "TIOCCONS", nil, true},
}

func ioctlKnown(req uint32) *ioctlRow {
	for i := range ioctlTable {
		if ioctlTable[i].req == req {
			return &ioctlTable[i]
		}
	}
	return nil
}

// ioctlName is the request's name, or its group and number.
func ioctlName(req uint32) string {
	if r := ioctlKnown(req); r != nil {
		return r.name
	}
	const hex = "0123456789abcdef"
	b := []byte("0x00000000")
	for i := range 8 {
		b[9-i] = hex[req>>(4*i)&15]
	}
	return string(b)
}

// Ioctl does a request on a file or terminal.
func (v *vnode) Ioctl(t *kern.Thread, f *kern.File, req uint32, arg uint64) (uint64, error) {
	r := ioctlKnown(req)
	if r == nil || r.do == nil || r.tty && !isTTY(v) {
		return 0, abi.ENOTTY
	}
	return 0, r.do(t, v, arg)
}

func store32(t *kern.Thread, arg uint64, n int) error {
	return t.Space().Store32(arg, uint32(int32(n)))
}

// fionread tells what can be read at once; of a file what is left to its end
// (vn_ioctl).
func fionread(t *kern.Thread, v *vnode, arg uint64) error {
	switch v.kind {
	case hostfs.Regular, hostfs.Directory:
		st, err := v.file.Stat()
		if err != nil {
			return err
		}
		off := int64(0)
		if v.kind == hostfs.Regular {
			if off, err = v.file.Seek(0, hostfs.SeekCur); err != nil {
				return err
			}
		}
		return store32(t, arg, int(min(max(st.Size-off, 0), 1<<31-1)))
	}
	n, err := v.file.Readable()
	if err != nil {
		return err
	}
	return store32(t, arg, n)
}

func fiodtype(t *kern.Thread, v *vnode, arg uint64) error {
	switch v.kind {
	case hostfs.TTY:
		return store32(t, arg, abi.D_TTY)
	case hostfs.BlockDevice:
		return store32(t, arg, abi.D_DISK)
	case hostfs.CharDevice:
		return store32(t, arg, 0)
	}
	return abi.ENOTTY
}

func tiocgeta(t *kern.Thread, v *vnode, arg uint64) error {
	g, err := getTermios(v)
	if err != nil {
		return err
	}
	var b [72]byte
	g.Put(b[:])
	return t.Space().CopyOut(arg, b[:])
}

func tiocseta(when int) func(*kern.Thread, *vnode, uint64) error {
	return func(t *kern.Thread, v *vnode, arg uint64) error {
		var b [72]byte
		if err := t.Space().CopyIn(b[:], arg); err != nil {
			return err
		}
		var g abi.Termios
		g.Get(b[:])
		return setTermios(t, v, &g, when)
	}
}

// tiocgetd: the line discipline is always TTYDISC, 0.
func tiocgetd(t *kern.Thread, v *vnode, arg uint64) error { return store32(t, arg, 0) }

func tiocgwinsz(t *kern.Thread, v *vnode, arg uint64) error {
	w, err := v.file.Winsize()
	if err != nil {
		return err
	}
	var b [8]byte
	g := abi.Winsize{Row: w.Row, Col: w.Col, Xpixel: w.Xpixel, Ypixel: w.Ypixel}
	g.Put(b[:])
	return t.Space().CopyOut(arg, b[:])
}

// tiocswinsz tells the session that the terminal controls by SIGWINCH, as the
// host tells only its own processes.
func tiocswinsz(t *kern.Thread, v *vnode, arg uint64) error {
	var b [8]byte
	if err := t.Space().CopyIn(b[:], arg); err != nil {
		return err
	}
	var g abi.Winsize
	g.Get(b[:])
	old, err := v.file.Winsize()
	if err != nil {
		return err
	}
	now := unix.Winsize{Row: g.Row, Col: g.Col, Xpixel: g.Xpixel, Ypixel: g.Ypixel}
	if old == now {
		return nil
	}
	if err := v.file.SetWinsize(now); err != nil {
		return err
	}
	s := ttySession(v)
	if key, err := v.ttyKey(); err == nil && key != hostTerminal && s != nil {
		if fg := t.Machine().Group(s.FGGroup); fg != nil {
			fg.Signal(abi.SIGWINCH, kern.SigInfo{})
		}
	}
	return nil
}

func tiocgpgrp(t *kern.Thread, v *vnode, arg uint64) error {
	pg, err := ttyGetPgrp(t, v)
	if err != nil {
		return err
	}
	return store32(t, arg, int(pg))
}

func tiocspgrp(t *kern.Thread, v *vnode, arg uint64) error {
	id, err := t.Space().Load32(arg)
	if err != nil {
		return err
	}
	return ttySetPgrp(t, v, abi.PID(id))
}

func tiocgsid(t *kern.Thread, v *vnode, arg uint64) error {
	g := t.Proc.Group
	if g == nil || g.Session == nil || !g.Session.TTY || ttySession(v) != g.Session {
		return abi.ENOTTY
	}
	return store32(t, arg, int(g.Session.ID))
}

func tiocoutq(t *kern.Thread, v *vnode, arg uint64) error {
	n, err := v.file.Unsent()
	if err != nil {
		return err
	}
	return store32(t, arg, n)
}

// tiocflush: the argument's FREAD and FWRITE bits say which queues; 0 is both.
func tiocflush(t *kern.Thread, v *vnode, arg uint64) error {
	which, err := t.Space().Load32(arg)
	if err != nil {
		return err
	}
	if err := ttyAccess(t, v, abi.SIGTTOU); err != nil {
		return err
	}
	switch which & (kern.FREAD | kern.FWRITE) {
	case kern.FREAD:
		return v.file.Discard(unix.TCIFLUSH)
	case kern.FWRITE:
		return v.file.Discard(unix.TCOFLUSH)
	}
	return v.file.Discard(unix.TCIOFLUSH)
}

func tiocdrain(t *kern.Thread, v *vnode, _ uint64) error {
	n, err := v.file.Unsent()
	if err != nil || n == 0 {
		return err
	}
	return drainLater(t)
}

func flow(action int) func(*kern.Thread, *vnode, uint64) error {
	return func(t *kern.Thread, v *vnode, _ uint64) error { return v.file.Flow(action) }
}

func tiocpkt(t *kern.Thread, v *vnode, arg uint64) error {
	on, err := t.Space().Load32(arg)
	if err != nil {
		return err
	}
	return v.file.PtyPacket(on != 0)
}

// ptyMaster makes a request that only the master of a pseudo-terminal knows.
func ptyMaster(do func(*vnode) error) func(*kern.Thread, *vnode, uint64) error {
	return func(_ *kern.Thread, v *vnode, _ uint64) error {
		if _, err := v.file.PtyNumber(); err != nil {
			return abi.ENOTTY
		}
		return do(v)
	}
}

// tiocptygname writes the name of the other side in 128 bytes.
func tiocptygname(t *kern.Thread, v *vnode, arg uint64) error {
	n, err := v.file.PtyNumber()
	if err != nil {
		return abi.ENOTTY
	}
	var b [128]byte
	copy(b[:], ttysName(uint32(n)))
	return t.Space().CopyOut(arg, b[:])
}
