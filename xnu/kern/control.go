package kern

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
)

// control is a handler result that is no guest value: it tells the dispatcher
// how to leave the call.
type control uint8

const (
	// ErrJustReturn leaves every register as the handler set it (EJUSTRETURN).
	ErrJustReturn control = iota + 1
	// ErrRestart rewinds the program counter to the call instruction, to be
	// executed again once pending signals have been delivered (ERESTART).
	ErrRestart
	// errBlocked parks the thread; [Thread.Block] has arranged what wakes it.
	errBlocked
	// errGone: the thread, or its whole process image, no longer exists.
	errGone
)

func (c control) Error() string {
	return [...]string{"", "just return", "restart", "blocked", "thread gone"}[c]
}

// ErrGone is returned by handlers that ended the calling thread.
var ErrGone error = errGone

// errnoOf turns any error that may reach the dispatcher into Darwin's errno. The
// second result is false for an error that no layer below should have let out.
func errnoOf(err error) (abi.Errno, bool) {
	var e abi.Errno
	if errors.As(err, &e) {
		return e, true
	}
	var f *mem.FaultError
	if errors.As(err, &f) {
		return abi.EFAULT, true
	}
	var h unix.Errno
	if errors.As(err, &h) {
		return HostErrno(h), true
	}
	if errors.As(MemErrno(err), &e) {
		return e, true
	}
	return abi.EIO, false
}

// KernReturnOf turns an error of a lower layer into a Mach result.
func KernReturnOf(err error) abi.KernReturn {
	var k abi.KernReturn
	switch {
	case err == nil:
		return abi.KERN_SUCCESS
	case errors.As(err, &k):
		return k
	case errors.Is(err, mem.ErrNoSpace), errors.Is(err, mem.ErrLimit), errors.Is(err, mem.ErrExists):
		return abi.KERN_NO_SPACE
	case errors.Is(err, mem.ErrUnmapped), errors.Is(err, mem.ErrBadAddress):
		return abi.KERN_INVALID_ADDRESS
	case errors.Is(err, mem.ErrProtection):
		return abi.KERN_PROTECTION_FAILURE
	case errors.Is(err, mem.ErrNoMemory):
		return abi.KERN_RESOURCE_SHORTAGE
	}
	var f *mem.FaultError
	if errors.As(err, &f) {
		if f.Kind == mem.Denied {
			return abi.KERN_PROTECTION_FAILURE
		}
		return abi.KERN_INVALID_ADDRESS
	}
	return abi.KERN_FAILURE
}

// MemErrno turns an error of package mem into the errno that mmap and its
// relatives give (kern_mman.c maps KERN_NO_SPACE to ENOMEM, and so on), and
// copyinstr's ENAMETOOLONG.
func MemErrno(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, mem.ErrNoSpace), errors.Is(err, mem.ErrLimit), errors.Is(err, mem.ErrUnmapped),
		errors.Is(err, mem.ErrNoMemory):
		return abi.ENOMEM
	case errors.Is(err, mem.ErrExists):
		return abi.EEXIST
	case errors.Is(err, mem.ErrProtection):
		return abi.EACCES
	case errors.Is(err, mem.ErrBadAddress):
		return abi.EINVAL
	case errors.Is(err, mem.ErrTooLong):
		return abi.ENAMETOOLONG
	}
	return err
}

// IsBlocked reports whether err is Block's for a thread that has been parked: the
// call is not over.
func IsBlocked(err error) bool { return err == errBlocked }
