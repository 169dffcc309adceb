package abi

import "strconv"

// Errno is a Darwin error number: what a failed BSD call leaves in the result
// register with the carry flag set (bsd/sys/errno.h). Zero is success and is
// never used as an error value. Numbers that XNU uses only within itself
// (ERESTART, EJUSTRETURN) are not here: no guest can see one.
type Errno int32

// Error numbers.
const (
	EPERM           Errno = 1
	ENOENT          Errno = 2
	ESRCH           Errno = 3
	EINTR           Errno = 4
	EIO             Errno = 5
	ENXIO           Errno = 6
	E2BIG           Errno = 7
	ENOEXEC         Errno = 8
	EBADF           Errno = 9
	ECHILD          Errno = 10
	EDEADLK         Errno = 11
	ENOMEM          Errno = 12
	EACCES          Errno = 13
	EFAULT          Errno = 14
	ENOTBLK         Errno = 15
	EBUSY           Errno = 16
	EEXIST          Errno = 17
	EXDEV           Errno = 18
	ENODEV          Errno = 19
	ENOTDIR         Errno = 20
	EISDIR          Errno = 21
	EINVAL          Errno = 22
	ENFILE          Errno = 23
	EMFILE          Errno = 24
	ENOTTY          Errno = 25
	ETXTBSY         Errno = 26
	EFBIG           Errno = 27
	ENOSPC          Errno = 28
	ESPIPE          Errno = 29
	EROFS           Errno = 30
	EMLINK          Errno = 31
	EPIPE           Errno = 32
	EDOM            Errno = 33
	ERANGE          Errno = 34
	EAGAIN          Errno = 35
	EINPROGRESS     Errno = 36
	EALREADY        Errno = 37
	ENOTSOCK        Errno = 38
	EDESTADDRREQ    Errno = 39
	EMSGSIZE        Errno = 40
	EPROTOTYPE      Errno = 41
	ENOPROTOOPT     Errno = 42
	EPROTONOSUPPORT Errno = 43
	ESOCKTNOSUPPORT Errno = 44
	ENOTSUP         Errno = 45
	EPFNOSUPPORT    Errno = 46
	EAFNOSUPPORT    Errno = 47
	EADDRINUSE      Errno = 48
	EADDRNOTAVAIL   Errno = 49
	ENETDOWN        Errno = 50
	ENETUNREACH     Errno = 51
	ENETRESET       Errno = 52
	ECONNABORTED    Errno = 53
	ECONNRESET      Errno = 54
	ENOBUFS         Errno = 55
	EISCONN         Errno = 56
	ENOTCONN        Errno = 57
	ESHUTDOWN       Errno = 58
	ETOOMANYREFS    Errno = 59
	ETIMEDOUT       Errno = 60
	ECONNREFUSED    Errno = 61
	ELOOP           Errno = 62
	ENAMETOOLONG    Errno = 63
	EHOSTDOWN       Errno = 64
	EHOSTUNREACH    Errno = 65
	ENOTEMPTY       Errno = 66
	EPROCLIM        Errno = 67
	EUSERS          Errno = 68
	EDQUOT          Errno = 69
	ESTALE          Errno = 70
	EREMOTE         Errno = 71
	EBADRPC         Errno = 72
	ERPCMISMATCH    Errno = 73
	EPROGUNAVAIL    Errno = 74
	EPROGMISMATCH   Errno = 75
	EPROCUNAVAIL    Errno = 76
	ENOLCK          Errno = 77
	ENOSYS          Errno = 78
	EFTYPE          Errno = 79
	EAUTH           Errno = 80
	ENEEDAUTH       Errno = 81
	EPWROFF         Errno = 82
	EDEVERR         Errno = 83
	EOVERFLOW       Errno = 84
	EBADEXEC        Errno = 85
	EBADARCH        Errno = 86
	ESHLIBVERS      Errno = 87
	EBADMACHO       Errno = 88
	ECANCELED       Errno = 89
	EIDRM           Errno = 90
	ENOMSG          Errno = 91
	EILSEQ          Errno = 92
	ENOATTR         Errno = 93
	EBADMSG         Errno = 94
	EMULTIHOP       Errno = 95
	ENODATA         Errno = 96
	ENOLINK         Errno = 97
	ENOSR           Errno = 98
	ENOSTR          Errno = 99
	EPROTO          Errno = 100
	ETIME           Errno = 101
	EOPNOTSUPP      Errno = 102
	ENOPOLICY       Errno = 103
	ENOTRECOVERABLE Errno = 104
	EOWNERDEAD      Errno = 105
	EQFULL          Errno = 106

	EWOULDBLOCK = EAGAIN // Darwin gives both names one number
	ELAST       = EQFULL // the largest error number
)

// Name returns the error's name, such as "ENOENT", or the number in decimal
// when Darwin has no such error.
func (e Errno) Name() string {
	if e > 0 && int(e) < len(errnoNames) && errnoNames[e] != "" {
		return errnoNames[e]
	}
	return strconv.Itoa(int(e))
}

// String returns the error's name; see Name.
func (e Errno) String() string { return e.Name() }

// Error returns what Darwin's strerror returns for the number, such as
// "No such file or directory".
func (e Errno) Error() string {
	if e >= 0 && int(e) < len(errnoMessages) {
		return errnoMessages[e]
	}
	return "Unknown error: " + strconv.Itoa(int(e))
}

var errnoNames = [...]string{
	EPERM:           "EPERM",
	ENOENT:          "ENOENT",
	ESRCH:           "ESRCH",
	EINTR:           "EINTR",
	EIO:             "EIO",
	ENXIO:           "ENXIO",
	E2BIG:           "E2BIG",
	ENOEXEC:         "ENOEXEC",
	EBADF:           "EBADF",
	ECHILD:          "ECHILD",
	EDEADLK:         "EDEADLK",
	ENOMEM:          "ENOMEM",
	EACCES:          "EACCES",
	EFAULT:          "EFAULT",
	ENOTBLK:         "ENOTBLK",
	EBUSY:           "EBUSY",
	EEXIST:          "EEXIST",
	EXDEV:           "EXDEV",
	ENODEV:          "ENODEV",
	ENOTDIR:         "ENOTDIR",
	EISDIR:          "EISDIR",
	EINVAL:          "EINVAL",
	ENFILE:          "ENFILE",
	EMFILE:          "EMFILE",
	ENOTTY:          "ENOTTY",
	ETXTBSY:         "ETXTBSY",
	EFBIG:           "EFBIG",
	ENOSPC:          "ENOSPC",
	ESPIPE:          "ESPIPE",
	EROFS:           "EROFS",
	EMLINK:          "EMLINK",
	EPIPE:           "EPIPE",
	EDOM:            "EDOM",
	ERANGE:          "ERANGE",
	EAGAIN:          "EAGAIN",
	EINPROGRESS:     "EINPROGRESS",
	EALREADY:        "EALREADY",
	ENOTSOCK:        "ENOTSOCK",
	EDESTADDRREQ:    "EDESTADDRREQ",
	EMSGSIZE:        "EMSGSIZE",
	EPROTOTYPE:      "EPROTOTYPE",
	ENOPROTOOPT:     "ENOPROTOOPT",
	EPROTONOSUPPORT: "EPROTONOSUPPORT",
	ESOCKTNOSUPPORT: "ESOCKTNOSUPPORT",
	ENOTSUP:         "ENOTSUP",
	EPFNOSUPPORT:    "EPFNOSUPPORT",
	EAFNOSUPPORT:    "EAFNOSUPPORT",
	EADDRINUSE:      "EADDRINUSE",
	EADDRNOTAVAIL:   "EADDRNOTAVAIL",
	ENETDOWN:        "ENETDOWN",
	ENETUNREACH:     "ENETUNREACH",
	ENETRESET:       "ENETRESET",
	ECONNABORTED:    "ECONNABORTED",
	ECONNRESET:      "ECONNRESET",
	ENOBUFS:         "ENOBUFS",
	EISCONN:         "EISCONN",
	ENOTCONN:        "ENOTCONN",
	ESHUTDOWN:       "ESHUTDOWN",
	ETOOMANYREFS:    "ETOOMANYREFS",
	ETIMEDOUT:       "ETIMEDOUT",
	ECONNREFUSED:    "ECONNREFUSED",
	ELOOP:           "ELOOP",
	ENAMETOOLONG:    "ENAMETOOLONG",
	EHOSTDOWN:       "EHOSTDOWN",
	EHOSTUNREACH:    "EHOSTUNREACH",
	ENOTEMPTY:       "ENOTEMPTY",
	EPROCLIM:        "EPROCLIM",
	EUSERS:          "EUSERS",
	EDQUOT:          "EDQUOT",
	ESTALE:          "ESTALE",
	EREMOTE:         "EREMOTE",
	EBADRPC:         "EBADRPC",
	ERPCMISMATCH:    "ERPCMISMATCH",
	EPROGUNAVAIL:    "EPROGUNAVAIL",
	EPROGMISMATCH:   "EPROGMISMATCH",
	EPROCUNAVAIL:    "EPROCUNAVAIL",
	ENOLCK:          "ENOLCK",
	ENOSYS:          "ENOSYS",
	EFTYPE:          "EFTYPE",
	EAUTH:           "EAUTH",
	ENEEDAUTH:       "ENEEDAUTH",
	EPWROFF:         "EPWROFF",
	EDEVERR:         "EDEVERR",
	EOVERFLOW:       "EOVERFLOW",
	EBADEXEC:        "EBADEXEC",
	EBADARCH:        "EBADARCH",
	ESHLIBVERS:      "ESHLIBVERS",
	EBADMACHO:       "EBADMACHO",
	ECANCELED:       "ECANCELED",
	EIDRM:           "EIDRM",
	ENOMSG:          "ENOMSG",
	EILSEQ:          "EILSEQ",
	ENOATTR:         "ENOATTR",
	EBADMSG:         "EBADMSG",
	EMULTIHOP:       "EMULTIHOP",
	ENODATA:         "ENODATA",
	ENOLINK:         "ENOLINK",
	ENOSR:           "ENOSR",
	ENOSTR:          "ENOSTR",
	EPROTO:          "EPROTO",
	ETIME:           "ETIME",
	EOPNOTSUPP:      "EOPNOTSUPP",
	ENOPOLICY:       "ENOPOLICY",
	ENOTRECOVERABLE: "ENOTRECOVERABLE",
	EOWNERDEAD:      "EOWNERDEAD",
	EQFULL:          "EQFULL",
}

// errnoMessages are strerror's texts (strerror(3)); programs print them, so
// their wording and case are part of the interface.
var errnoMessages = [...]string{
	0:               "Undefined error: 0",
	EPERM:           "Operation not permitted",
	ENOENT:          "No such file or directory",
	ESRCH:           "No such process",
	EINTR:           "Interrupted system call",
	EIO:             "Input/output error",
	ENXIO:           "Device not configured",
	E2BIG:           "Argument list too long",
	ENOEXEC:         "Exec format error",
	EBADF:           "Bad file descriptor",
	ECHILD:          "No child processes",
	EDEADLK:         "Resource deadlock avoided",
	ENOMEM:          "Cannot allocate memory",
	EACCES:          "Permission denied",
	EFAULT:          "Bad address",
	ENOTBLK:         "Block device required",
	EBUSY:           "Resource busy",
	EEXIST:          "File exists",
	EXDEV:           "Cross-device link",
	ENODEV:          "Operation not supported by device",
	ENOTDIR:         "Not a directory",
	EISDIR:          "Is a directory",
	EINVAL:          "Invalid argument",
	ENFILE:          "Too many open files in system",
	EMFILE:          "Too many open files",
	ENOTTY:          "Inappropriate ioctl for device",
	ETXTBSY:         "Text file busy",
	EFBIG:           "File too large",
	ENOSPC:          "No space left on device",
	ESPIPE:          "Illegal seek",
	EROFS:           "Read-only file system",
	EMLINK:          "Too many links",
	EPIPE:           "Broken pipe",
	EDOM:            "Numerical argument out of domain",
	ERANGE:          "Result too large",
	EAGAIN:          "Resource temporarily unavailable",
	EINPROGRESS:     "Operation now in progress",
	EALREADY:        "Operation already in progress",
	ENOTSOCK:        "Socket operation on non-socket",
	EDESTADDRREQ:    "Destination address required",
	EMSGSIZE:        "Message too long",
	EPROTOTYPE:      "Protocol wrong type for socket",
	ENOPROTOOPT:     "Protocol not available",
	EPROTONOSUPPORT: "Protocol not supported",
	ESOCKTNOSUPPORT: "Socket type not supported",
	ENOTSUP:         "Operation not supported",
	EPFNOSUPPORT:    "Protocol family not supported",
	EAFNOSUPPORT:    "Address family not supported by protocol family",
	EADDRINUSE:      "Address already in use",
	EADDRNOTAVAIL:   "Can't assign requested address",
	ENETDOWN:        "Network is down",
	ENETUNREACH:     "Network is unreachable",
	ENETRESET:       "Network dropped connection on reset",
	ECONNABORTED:    "Software caused connection abort",
	ECONNRESET:      "Connection reset by peer",
	ENOBUFS:         "No buffer space available",
	EISCONN:         "Socket is already connected",
	ENOTCONN:        "Socket is not connected",
	ESHUTDOWN:       "Can't send after socket shutdown",
	ETOOMANYREFS:    "Too many references: can't splice",
	ETIMEDOUT:       "Operation timed out",
	ECONNREFUSED:    "Connection refused",
	ELOOP:           "Too many levels of symbolic links",
	ENAMETOOLONG:    "File name too long",
	EHOSTDOWN:       "Host is down",
	EHOSTUNREACH:    "No route to host",
	ENOTEMPTY:       "Directory not empty",
	EPROCLIM:        "Too many processes",
	EUSERS:          "Too many users",
	EDQUOT:          "Disc quota exceeded",
	ESTALE:          "Stale NFS file handle",
	EREMOTE:         "Too many levels of remote in path",
	EBADRPC:         "RPC struct is bad",
	ERPCMISMATCH:    "RPC version wrong",
	EPROGUNAVAIL:    "RPC prog. not avail",
	EPROGMISMATCH:   "Program version wrong",
	EPROCUNAVAIL:    "Bad procedure for program",
	ENOLCK:          "No locks available",
	ENOSYS:          "Function not implemented",
	EFTYPE:          "Inappropriate file type or format",
	EAUTH:           "Authentication error",
	ENEEDAUTH:       "Need authenticator",
	EPWROFF:         "Device power is off",
	EDEVERR:         "Device error",
	EOVERFLOW:       "Value too large to be stored in data type",
	EBADEXEC:        "Bad executable (or shared library)",
	EBADARCH:        "Bad CPU type in executable",
	ESHLIBVERS:      "Shared library version mismatch",
	EBADMACHO:       "Malformed Mach-o file",
	ECANCELED:       "Operation canceled",
	EIDRM:           "Identifier removed",
	ENOMSG:          "No message of desired type",
	EILSEQ:          "Illegal byte sequence",
	ENOATTR:         "Attribute not found",
	EBADMSG:         "Bad message",
	EMULTIHOP:       "EMULTIHOP (Reserved)",
	ENODATA:         "No message available on STREAM",
	ENOLINK:         "ENOLINK (Reserved)",
	ENOSR:           "No STREAM resources",
	ENOSTR:          "Not a STREAM",
	EPROTO:          "Protocol error",
	ETIME:           "STREAM ioctl timeout",
	EOPNOTSUPP:      "Operation not supported on socket",
	ENOPOLICY:       "Policy not found",
	ENOTRECOVERABLE: "State not recoverable",
	EOWNERDEAD:      "Previous owner died",
	EQFULL:          "Interface output queue is full",
}
