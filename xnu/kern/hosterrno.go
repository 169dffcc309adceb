package kern

import (
	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/xnu/abi"
)

// HostErrno translates a Linux error number. Every number that Linux defines is
// listed; what Darwin has no word for becomes the nearest that a program would
// handle the same way.
func HostErrno(e unix.Errno) abi.Errno {
	switch e {
	case 0:
		return 0
	case unix.EPERM:
		return abi.EPERM
	case unix.ENOENT:
		return abi.ENOENT
	case unix.ESRCH:
		return abi.ESRCH
	case unix.EINTR, unix.ERESTART:
		return abi.EINTR
	case unix.EIO:
		return abi.EIO
	case unix.ENXIO:
		return abi.ENXIO
	case unix.E2BIG:
		return abi.E2BIG
	case unix.ENOEXEC, unix.ELIBEXEC:
		return abi.ENOEXEC
	case unix.EBADF, unix.EBADFD:
		return abi.EBADF
	case unix.ECHILD:
		return abi.ECHILD
	case unix.EAGAIN:
		return abi.EAGAIN
	case unix.ENOMEM:
		return abi.ENOMEM
	case unix.EACCES:
		return abi.EACCES
	case unix.EFAULT:
		return abi.EFAULT
	case unix.ENOTBLK:
		return abi.ENOTBLK
	case unix.EBUSY:
		return abi.EBUSY
	case unix.EEXIST, unix.ENOTUNIQ:
		return abi.EEXIST
	case unix.EXDEV:
		return abi.EXDEV
	case unix.ENODEV, unix.ENOMEDIUM, unix.EMEDIUMTYPE:
		return abi.ENODEV
	case unix.ENOTDIR:
		return abi.ENOTDIR
	case unix.EISDIR:
		return abi.EISDIR
	case unix.EINVAL, unix.EBADE, unix.EBADR, unix.EBADRQC, unix.EBADSLT, unix.ECHRNG:
		return abi.EINVAL
	case unix.ENFILE:
		return abi.ENFILE
	case unix.EMFILE:
		return abi.EMFILE
	case unix.ENOTTY:
		return abi.ENOTTY
	case unix.ETXTBSY:
		return abi.ETXTBSY
	case unix.EFBIG:
		return abi.EFBIG
	case unix.ENOSPC:
		return abi.ENOSPC
	case unix.ESPIPE:
		return abi.ESPIPE
	case unix.EROFS:
		return abi.EROFS
	case unix.EMLINK:
		return abi.EMLINK
	case unix.EPIPE, unix.ESTRPIPE:
		return abi.EPIPE
	case unix.EDOM:
		return abi.EDOM
	case unix.ERANGE:
		return abi.ERANGE
	case unix.EDEADLK:
		return abi.EDEADLK
	case unix.ENAMETOOLONG:
		return abi.ENAMETOOLONG
	case unix.ENOLCK:
		return abi.ENOLCK
	case unix.ENOSYS:
		return abi.ENOSYS
	case unix.ENOTEMPTY:
		return abi.ENOTEMPTY
	case unix.ELOOP:
		return abi.ELOOP
	case unix.ENOMSG:
		return abi.ENOMSG
	case unix.EIDRM:
		return abi.EIDRM
	case unix.ENOSTR:
		return abi.ENOSTR
	case unix.ENODATA:
		// Also what Linux says of a missing extended attribute.
		return abi.ENOATTR
	case unix.ETIME:
		return abi.ETIME
	case unix.ENOSR:
		return abi.ENOSR
	case unix.EREMOTE:
		return abi.EREMOTE
	case unix.ENOLINK:
		return abi.ENOLINK
	case unix.EPROTO, unix.ECOMM:
		return abi.EPROTO
	case unix.EMULTIHOP:
		return abi.EMULTIHOP
	case unix.EBADMSG:
		return abi.EBADMSG
	case unix.EOVERFLOW:
		return abi.EOVERFLOW
	case unix.EILSEQ:
		return abi.EILSEQ
	case unix.EUSERS:
		return abi.EUSERS
	case unix.ENOTSOCK:
		return abi.ENOTSOCK
	case unix.EDESTADDRREQ:
		return abi.EDESTADDRREQ
	case unix.EMSGSIZE:
		return abi.EMSGSIZE
	case unix.EPROTOTYPE:
		return abi.EPROTOTYPE
	case unix.ENOPROTOOPT:
		return abi.ENOPROTOOPT
	case unix.EPROTONOSUPPORT:
		return abi.EPROTONOSUPPORT
	case unix.ESOCKTNOSUPPORT:
		return abi.ESOCKTNOSUPPORT
	case unix.EOPNOTSUPP: // ENOTSUP too: one number on Linux, two on Darwin
		return abi.ENOTSUP
	case unix.EPFNOSUPPORT:
		return abi.EPFNOSUPPORT
	case unix.EAFNOSUPPORT:
		return abi.EAFNOSUPPORT
	case unix.EADDRINUSE:
		return abi.EADDRINUSE
	case unix.EADDRNOTAVAIL:
		return abi.EADDRNOTAVAIL
	case unix.ENETDOWN, unix.ENONET:
		return abi.ENETDOWN
	case unix.ENETUNREACH:
		return abi.ENETUNREACH
	case unix.ENETRESET:
		return abi.ENETRESET
	case unix.ECONNABORTED:
		return abi.ECONNABORTED
	case unix.ECONNRESET:
		return abi.ECONNRESET
	case unix.ENOBUFS:
		return abi.ENOBUFS
	case unix.EISCONN:
		return abi.EISCONN
	case unix.ENOTCONN:
		return abi.ENOTCONN
	case unix.ESHUTDOWN:
		return abi.ESHUTDOWN
	case unix.ETOOMANYREFS:
		return abi.ETOOMANYREFS
	case unix.ETIMEDOUT:
		return abi.ETIMEDOUT
	case unix.ECONNREFUSED:
		return abi.ECONNREFUSED
	case unix.EHOSTDOWN:
		return abi.EHOSTDOWN
	case unix.EHOSTUNREACH:
		return abi.EHOSTUNREACH
	case unix.EALREADY:
		return abi.EALREADY
	case unix.EINPROGRESS:
		return abi.EINPROGRESS
	case unix.ESTALE:
		return abi.ESTALE
	case unix.EDQUOT:
		return abi.EDQUOT
	case unix.ECANCELED:
		return abi.ECANCELED
	case unix.EOWNERDEAD:
		return abi.EOWNERDEAD
	case unix.ENOTRECOVERABLE:
		return abi.ENOTRECOVERABLE
	case unix.EKEYEXPIRED, unix.EKEYREJECTED, unix.EKEYREVOKED, unix.ENOKEY:
		return abi.EACCES
	}
	// The rest (STREAMS, Xenix, ISDN and shared-library leftovers) is never
	// given by the calls that the host seam makes.
	return abi.EIO
}

// hostSignals pairs numbers; those equal on both sides are not listed.
var hostSignals = [...]struct {
	guest abi.Signal
	host  unix.Signal
}{
	{abi.SIGBUS, unix.SIGBUS}, {abi.SIGSYS, unix.SIGSYS}, {abi.SIGURG, unix.SIGURG}, {abi.SIGSTOP, unix.SIGSTOP},
	{abi.SIGTSTP, unix.SIGTSTP}, {abi.SIGCONT, unix.SIGCONT}, {abi.SIGCHLD, unix.SIGCHLD}, {abi.SIGIO, unix.SIGIO},
	{abi.SIGUSR1, unix.SIGUSR1}, {abi.SIGUSR2, unix.SIGUSR2}, {abi.SIGEMT, unix.SIGSYS}, {abi.SIGINFO, unix.SIGUSR1},
}

// HostSignal translates a guest signal for a host process; 0 stays 0. SIGEMT and
// SIGINFO, which Linux lacks, become SIGSYS and SIGUSR1.
func HostSignal(s abi.Signal) unix.Signal {
	for _, p := range hostSignals {
		if p.guest == s {
			return p.host
		}
	}
	return unix.Signal(s)
}

// GuestSignal translates a host signal; 0 for one that Darwin lacks.
func GuestSignal(h unix.Signal) abi.Signal {
	for _, p := range hostSignals {
		if p.host == h {
			return p.guest
		}
	}
	if h == unix.SIGSTKFLT || h == unix.SIGPWR || h >= 32 {
		return 0
	}
	return abi.Signal(h)
}
