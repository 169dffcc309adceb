package bsd

import (
	"fmt"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

// Terminals are the host's: its line discipline, its settings. Job control is
// the guest's own: which group of a guest session is in the foreground is kept
// in kern.Session, and a process in the background is stopped here, before the
// host is asked. The host knows the whole guest as one process of one group.

// terminals says which session each terminal controls, by the host's device
// number.
type terminals map[uint64]*kern.Session

func terminalsOf(m *kern.Machine) terminals {
	tt, ok := m.Ext["bsd.ttys"].(terminals)
	if !ok {
		tt = terminals{}
		m.Ext["bsd.ttys"] = tt
	}
	return tt
}

// ttySession is the session that a terminal controls; nil for none. The host
// session's own terminal is the first session's.
func ttySession(v *vnode) *kern.Session {
	key, err := v.ttyKey()
	if err != nil {
		return nil
	}
	if key != hostTerminal {
		return terminalsOf(v.m)[key]
	}
	if s, ok := terminalsOf(v.m)[key]; ok {
		return s
	}
	if p := v.m.Init; p != nil && p.Group != nil && p.Group.Session.TTY {
		return p.Group.Session
	}
	return nil
}

// hostTerminal stands for the controlling terminal of the host session, which
// is reached under several numbers (/dev/tty is another).
const hostTerminal = ^uint64(0)

// ttyKey identifies the terminal, asked for once.
func (v *vnode) ttyKey() (uint64, error) {
	if v.tty != 0 {
		return v.tty, nil
	}
	st, err := v.file.Stat()
	if err != nil {
		return 0, err
	}
	v.tty = st.Rdev
	if sid, err := v.file.SessionID(); err == nil && sid == v.m.Host.Info().SID {
		v.tty = hostTerminal
	}
	return v.tty, nil
}

// background reports whether the caller's process is in a background group of
// the session that the terminal controls.
func background(t *kern.Thread, v *vnode) bool {
	g := t.Proc.Group
	if g == nil || g.Session == nil || !g.Session.TTY || g.Session.FGGroup == g.ID {
		return false
	}
	return ttySession(v) == g.Session
}

// hostBackground reports whether the host's shell has put Beagle into the
// background of the terminal, and something is there to stop it.
func hostBackground(v *vnode) bool {
	if key, err := v.ttyKey(); v.m.StopHost == nil || err != nil || key != hostTerminal {
		return false
	}
	pg, err := v.file.ForegroundPgrp()
	return err == nil && pg != v.m.Host.Info().PGID
}

// ttyAccess is what XNU does with a process that uses its terminal from the
// background: the signal to its group and the call again later, or EIO when it
// would not be stopped (bsd/kern/tty.c ttread).
func ttyAccess(t *kern.Thread, v *vnode, sig abi.Signal) error {
	if !background(t, v) {
		return nil
	}
	if t.Proc.Sig.Actions[sig].Handler == abi.SIG_IGN || t.SigMask.Has(sig) || t.Proc.Group.Orphaned() {
		if sig == abi.SIGTTIN {
			return abi.EIO
		}
		return nil
	}
	t.Proc.Group.Signal(sig, kern.SigInfo{})
	return kern.ErrRestart
}

// ttyWrite lets a background process write unless the terminal says TOSTOP.
func ttyWrite(t *kern.Thread, v *vnode) error {
	if !background(t, v) {
		return nil
	}
	h, err := v.file.Termios()
	if err != nil {
		return nil
	}
	if h.Lflag&unix.TOSTOP == 0 {
		return nil
	}
	return ttyAccess(t, v, abi.SIGTTOU)
}

// ttysName is Darwin's name of the pseudo-terminal that the host calls
// /dev/pts/N.
func ttysName(n uint32) string { return fmt.Sprintf("/dev/ttys%03d", n) }

// ttyGetPgrp is TIOCGPGRP: the caller's own terminal only.
func ttyGetPgrp(t *kern.Thread, v *vnode) (int32, error) {
	g := t.Proc.Group
	if g == nil || g.Session == nil || !g.Session.TTY || ttySession(v) != g.Session {
		return 0, abi.ENOTTY
	}
	if g.Session.FGGroup == 0 {
		return 100000, nil // NO_PID: no group is in the foreground
	}
	return int32(g.Session.FGGroup), nil
}

// ttySetPgrp is TIOCSPGRP (bsd/kern/tty.c ttioctl).
func ttySetPgrp(t *kern.Thread, v *vnode, id abi.PID) error {
	g := t.Proc.Group
	if g == nil || g.Session == nil || !g.Session.TTY || ttySession(v) != g.Session {
		return abi.ENOTTY
	}
	if err := ttyAccess(t, v, abi.SIGTTOU); err != nil {
		return err
	}
	to := t.Machine().Group(id)
	if id <= 0 || to == nil {
		return abi.EINVAL
	}
	if to.Session != g.Session {
		return abi.EPERM
	}
	g.Session.FGGroup = id
	return nil
}

// ttyAcquire is TIOCSCTTY: a session leader without a terminal gets this one.
func ttyAcquire(t *kern.Thread, v *vnode) error {
	g := t.Proc.Group
	if g == nil || g.Session == nil {
		return abi.EPERM
	}
	s := g.Session
	owner := ttySession(v)
	if s.TTY && owner == s {
		return nil
	}
	if s.Leader != t.Proc || s.TTY || owner != nil && owner.Leader != nil && owner.TTY {
		return abi.EPERM
	}
	key, err := v.ttyKey()
	if err != nil {
		return err
	}
	terminalsOf(v.m)[key] = s
	s.TTY, s.FGGroup = true, g.ID
	return nil
}

// ttyDrop is TIOCNOTTY: the session lets go of its terminal.
func ttyDrop(t *kern.Thread, v *vnode) error {
	g := t.Proc.Group
	if g == nil || g.Session == nil || !g.Session.TTY || ttySession(v) != g.Session {
		return abi.ENOTTY
	}
	if g.Session.Leader == t.Proc {
		key, err := v.ttyKey()
		if err != nil {
			return err
		}
		terminalsOf(v.m)[key] = nil
		g.Session.TTY, g.Session.FGGroup = false, 0
	}
	return nil
}

// linuxSpeeds pairs the rates that Linux codes in four bits and one with their
// value in bits a second.
var linuxSpeeds = [...]struct {
	code uint32
	bps  uint64
}{
	{unix.B0, 0}, {unix.B50, 50}, {unix.B75, 75}, {unix.B110, 110}, {unix.B134, 134}, {unix.B150, 150}, {unix.B200, 200},
	{unix.B300, 300}, {unix.B600, 600}, {unix.B1200, 1200}, {unix.B1800, 1800}, {unix.B2400, 2400}, {unix.B4800, 4800},
	{unix.B9600, 9600}, {unix.B19200, 19200}, {unix.B38400, 38400}, {unix.B57600, 57600}, {unix.B115200, 115200}, {unix.B230400, 230400},
}

func speedOf(cflag uint32) uint64 {
	for _, s := range linuxSpeeds {
		if cflag&unix.CBAUD == s.code {
			return s.bps
		}
	}
	return 38400
}

// getTermios is TIOCGETA.
func getTermios(v *vnode) (abi.Termios, error) {
	h, err := v.file.Termios()
	if err != nil {
		return abi.Termios{}, err
	}
	l := abi.LinuxTermios{Iflag: h.Iflag, Oflag: h.Oflag, Cflag: h.Cflag, Lflag: h.Lflag}
	copy(l.Cc[:], h.Cc[:])
	g := abi.Termios{Cc: abi.TTYDefaultChars()}
	g.FromLinux(&l)
	g.Ispeed = speedOf(h.Cflag)
	g.Ospeed = g.Ispeed
	return g, nil
}

// setTermios is TIOCSETA and its waiting forms.
func setTermios(t *kern.Thread, v *vnode, g *abi.Termios, when int) error {
	if err := ttyAccess(t, v, abi.SIGTTOU); err != nil {
		return err
	}
	h, err := v.file.Termios()
	if err != nil {
		return err
	}
	l := abi.LinuxTermios{Iflag: h.Iflag, Oflag: h.Oflag, Cflag: h.Cflag, Lflag: h.Lflag}
	copy(l.Cc[:], h.Cc[:])
	g.ToLinux(&l)
	for _, s := range linuxSpeeds {
		if s.bps == g.Ospeed {
			l.Cflag = l.Cflag&^unix.CBAUD | s.code
		}
	}
	h.Iflag, h.Oflag, h.Cflag, h.Lflag = l.Iflag, l.Oflag, l.Cflag, l.Lflag
	copy(h.Cc[:], l.Cc[:])
	err = v.file.SetTermios(when, h)
	if err != nil && isAgain(err) {
		return drainLater(t)
	}
	return err
}

// drainPoll is how often a call that waits for output to be sent looks again,
// in nanoseconds.
const drainPoll = 10_000_000

// drainLater makes the call wait a little and be run again.
func drainLater(t *kern.Thread) error {
	q := &kern.WaitQueue{}
	m := t.Machine()
	m.After(m.Monotonic()+drainPoll, func() { q.WakeAll(nil) })
	return t.Block(kern.Wait{Queue: q})
}

// isTTY tells whether a vnode is a terminal, the master of a pseudo-terminal
// included.
func isTTY(v *vnode) bool { return v.kind == hostfs.TTY }
