package hostfs

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// A terminal sends SIGTTIN or SIGTTOU to a process that reads, writes or
// changes it from the background, and then restarts its call when the signal
// is caught, which for a relayed signal means for ever. With the signal blocked
// in the calling thread the kernel answers at once: EIO to a read, success to
// the others. Whether the guest may do it is decided by the guest's own job
// control, before it comes here.
func inBackground[T any](call func() (T, error)) (T, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var set, old unix.Sigset_t
	set.Val[0] = 1<<(unix.SIGTTIN-1) | 1<<(unix.SIGTTOU-1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, &old); err != nil {
		var none T
		return none, err
	}
	r, err := call()
	// The old mask was read a moment ago: setting it cannot fail.
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	return r, err
}

func inBackground0(call func() error) error {
	_, err := inBackground(func() (struct{}, error) { return struct{}{}, call() })
	return err
}

// ttyFD is a descriptor for reading and writing; false when it may block.
func (f *hostFile) ttyFD() (int, bool) {
	if !f.master {
		if alt := f.private(f.Flags() & O_ACCMODE); alt >= 0 {
			return alt, true
		}
	}
	return f.FD(), f.nonBlock
}

func (f *hostFile) readTTY(p []byte) (int, error) {
	if f.Flags()&O_ACCMODE == O_WRONLY {
		return 0, unix.EBADF
	}
	fd, ok := f.ttyFD()
	if !ok && !ready(fd, unix.POLLIN) {
		return 0, unix.EAGAIN
	}
	return inBackground(func() (int, error) {
		return again(func() (int, error) { return unix.Read(fd, p) })
	})
}

func (f *hostFile) writeTTY(p []byte) (int, error) {
	if f.Flags()&O_ACCMODE == O_RDONLY {
		return 0, unix.EBADF
	}
	fd, ok := f.ttyFD()
	if !ok {
		if !ready(fd, unix.POLLOUT) {
			return 0, unix.EAGAIN
		}
		// How much room there is cannot be asked: a little is the best guess.
		p = p[:min(len(p), 64)]
	}
	return inBackground(func() (int, error) {
		return again(func() (int, error) { return unix.Write(fd, p) })
	})
}

func (f *hostFile) Termios() (*unix.Termios, error) {
	return unix.IoctlGetTermios(f.FD(), unix.TCGETS)
}

func (f *hostFile) SetTermios(when int, t *unix.Termios) error {
	switch when {
	case unix.TCSETS:
	case unix.TCSETSW, unix.TCSETSF:
		n, err := f.Unsent()
		if err != nil {
			return err
		}
		if n > 0 {
			return unix.EAGAIN
		}
	default:
		return unix.EINVAL
	}
	return inBackground0(func() error { return unix.IoctlSetTermios(f.FD(), uint(when), t) })
}

func (f *hostFile) Winsize() (unix.Winsize, error) {
	w, err := unix.IoctlGetWinsize(f.FD(), unix.TIOCGWINSZ)
	if err != nil {
		return unix.Winsize{}, err
	}
	return *w, nil
}

func (f *hostFile) SetWinsize(w unix.Winsize) error {
	return unix.IoctlSetWinsize(f.FD(), unix.TIOCSWINSZ, &w)
}

func (f *hostFile) ForegroundPgrp() (int, error) { return ioctlInt32(f.FD(), unix.TIOCGPGRP) }
func (f *hostFile) SessionID() (int, error)      { return ioctlInt32(f.FD(), unix.TIOCGSID) }
func (f *hostFile) Unsent() (int, error)         { return ioctlInt32(f.FD(), unix.TIOCOUTQ) }

func (f *hostFile) PtyNumber() (int, error) {
	n, err := unix.IoctlGetUint32(f.FD(), unix.TIOCGPTN)
	return int(n), err
}

func ioctlInt32(fd int, req uint) (int, error) {
	// The kernel writes 32 bits.
	n, err := unix.IoctlGetUint32(fd, req)
	return int(int32(n)), err
}

func (f *hostFile) SetForegroundPgrp(pgid int) error {
	return inBackground0(func() error { return unix.IoctlSetPointerInt(f.FD(), unix.TIOCSPGRP, pgid) })
}

func (f *hostFile) Discard(queue int) error {
	return inBackground0(func() error { return unix.IoctlSetInt(f.FD(), unix.TCFLSH, queue) })
}

func (f *hostFile) Flow(action int) error {
	return inBackground0(func() error { return unix.IoctlSetInt(f.FD(), unix.TCXONC, action) })
}

func (f *hostFile) Break() error {
	return inBackground0(func() error { return unix.IoctlSetInt(f.FD(), unix.TCSBRK, 0) })
}

func (f *hostFile) LockPty(lock bool) error {
	return unix.IoctlSetPointerInt(f.FD(), unix.TIOCSPTLCK, bit(lock))
}

func (f *hostFile) PtyPacket(on bool) error {
	return unix.IoctlSetPointerInt(f.FD(), unix.TIOCPKT, bit(on))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (f *hostFile) TTYName() string {
	if f.kind != TTY {
		return ""
	}
	p, err := os.Readlink(procFD(f.FD()))
	if err != nil || !strings.HasPrefix(p, "/dev/") {
		return ""
	}
	return p
}

// noTerminal answers for everything that is no terminal.
type noTerminal struct{}

func (noTerminal) Termios() (*unix.Termios, error)     { return nil, unix.ENOTTY }
func (noTerminal) SetTermios(int, *unix.Termios) error { return unix.ENOTTY }
func (noTerminal) Winsize() (unix.Winsize, error)      { return unix.Winsize{}, unix.ENOTTY }
func (noTerminal) SetWinsize(unix.Winsize) error       { return unix.ENOTTY }
func (noTerminal) ForegroundPgrp() (int, error)        { return 0, unix.ENOTTY }
func (noTerminal) SetForegroundPgrp(int) error         { return unix.ENOTTY }
func (noTerminal) SessionID() (int, error)             { return 0, unix.ENOTTY }
func (noTerminal) Unsent() (int, error)                { return 0, unix.ENOTTY }
func (noTerminal) Discard(int) error                   { return unix.ENOTTY }
func (noTerminal) Flow(int) error                      { return unix.ENOTTY }
func (noTerminal) Break() error                        { return unix.ENOTTY }
func (noTerminal) PtyNumber() (int, error)             { return 0, unix.ENOTTY }
func (noTerminal) LockPty(bool) error                  { return unix.ENOTTY }
func (noTerminal) PtyPacket(bool) error                { return unix.ENOTTY }
func (noTerminal) TTYName() string                     { return "" }
