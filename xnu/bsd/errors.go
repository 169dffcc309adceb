package bsd

import (
	"errors"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

// isErrno reports whether err, of the guest's or the host's numbers, is e.
func isErrno(err error, e abi.Errno) bool {
	var g abi.Errno
	if errors.As(err, &g) {
		return g == e
	}
	var h unix.Errno
	return errors.As(err, &h) && kern.HostErrno(h) == e
}

// isAgain reports that an operation would have had to wait.
func isAgain(err error) bool { return isErrno(err, abi.EAGAIN) }

// isInterruption reports that Block ended a wait for a signal.
func isInterruption(err error) bool {
	return err == error(abi.EINTR) || err == error(kern.ErrRestart)
}

// errnoValue is the guest's number of an error that goes into a structure
// rather than into the call's result; 0 for none.
func errnoValue(err error) abi.Errno {
	var g abi.Errno
	var h unix.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &g):
		return g
	case errors.As(err, &h):
		return kern.HostErrno(h)
	}
	return abi.EFAULT
}
