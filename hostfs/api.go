package hostfs

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Events is a set of readiness conditions of a descriptor.
type Events uint8

// The conditions, as in poll(2). Err and Hup are reported whether asked for or
// not; with Watch, a nonzero set is needed to get them.
const (
	In Events = 1 << iota
	Out
	Err
	Hup
	Pri
	RdHup
	// Invalid: the descriptor is not open (Poll1 only).
	Invalid
	// Edge makes a Watch report a condition once when it is made, if the
	// condition holds then, and afterwards only when something new happens.
	Edge
)

// Event is one thing that happened: exactly one of Ev, Signal, Child and Done
// is set.
type Event struct {
	// Token is what the Watch that brought Ev was given.
	Token uint64
	Ev    Events
	// Signal was sent to Beagle: SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH,
	// SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGUSR1, SIGUSR2, SIGALRM or SIGIO.
	// Not SIGURG: the Go runtime sends that to itself.
	Signal unix.Signal
	Child  *ChildExit
	// Done was given to Post.
	Done func()
}

// ChildExit is a change of a host program: its end, or a stop or continuation
// (Status.Stopped, Status.Continued), after which it lives on.
type ChildExit struct {
	PID    int
	Status unix.WaitStatus
	// Rusage is zero unless the program has ended.
	Rusage unix.Rusage
}

// Poller tells what happens outside. Seen by its caller it is level triggered:
// Wait reports a condition as long as it holds.
type Poller interface {
	// Watch replaces an earlier Watch of fd; ev 0 removes it. What the host's
	// epoll refuses (regular files, directories) is always ready for In and Out.
	// Remove a descriptor before closing it: its number may come back as another
	// file's.
	Watch(fd int, ev Events, token uint64) error
	// Wait fills out and returns how many it filled. It waits at most timeout
	// (negative: for ever; 0: not at all) and returns 0 when that is over or
	// after Wake. Signals come first, then children, then Posts, then readiness.
	// An empty out is EINVAL.
	Wait(timeout time.Duration, out []Event) (int, error)
	// Wake makes a Wait that is running, or else the next one, return. Any
	// goroutine may call it.
	Wake()
	// Post hands done to a later Wait as an Event. Any goroutine may call it.
	Post(done func())
	// Poll1 tells the readiness of one descriptor now: those of ev that hold,
	// and Err, Hup, Invalid.
	Poll1(fd int, ev Events) Events
}

// Addr is an address of a socket.
type Addr struct {
	// Family is unix.AF_INET, AF_INET6 or AF_UNIX; AF_UNSPEC dissolves a
	// datagram socket's connection.
	Family   int
	AddrPort netip.AddrPort // without zone
	// Path is a host path of at most 107 bytes; one that starts with NUL is in
	// Linux's abstract name space. Empty: the socket has no name.
	Path     string
	Scope    uint32 // the interface's index of a link-local address
	FlowInfo uint32 // in host byte order
}

// Net makes sockets. Every one is non-blocking and close-on-exec.
type Net interface {
	// Socket takes Linux's numbers. AF_INET, AF_INET6 and AF_UNIX are there:
	// everything else is EAFNOSUPPORT.
	Socket(family, typ, proto int) (Sock, error)
	Socketpair(family, typ, proto int) ([2]Sock, error)
	// Adopt makes a Sock of a host descriptor, which it then owns.
	Adopt(fd int) (Sock, error)
	// Interfaces lists the network interfaces, by index.
	Interfaces() ([]Interface, error)
}

// Interface is one network interface.
type Interface struct {
	Index int
	Name  string
	// Flags are Linux's unix.IFF_*.
	Flags  uint32
	MTU    int
	HWAddr []byte
	Addrs  []InterfaceAddr
}

// InterfaceAddr is one address of an interface.
type InterfaceAddr struct {
	Addr netip.Prefix
	// Broadcast is valid only where the interface has one (IPv4).
	Broadcast netip.Addr
}

// Sock is a socket. What would wait is EAGAIN; a Connect on its way is
// EINPROGRESS, and Error tells its outcome when the descriptor is ready for
// Out.
type Sock interface {
	FD() int
	Family() int
	Type() int
	Bind(a Addr) error
	Listen(backlog int) error
	Accept() (Sock, Addr, error)
	Connect(a Addr) error
	Name() (Addr, error)
	// Peer is ENOTCONN when there is none.
	Peer() (Addr, error)
	// Shutdown takes unix.SHUT_RD, SHUT_WR or SHUT_RDWR.
	Shutdown(how int) error
	// Send never raises SIGPIPE. control is in the host's format; see
	// ControlRights.
	Send(p []byte, to *Addr, flags int, control []byte) (int, error)
	// Recv returns at most MaxControl bytes of control, in the host's format;
	// descriptors in it are close-on-exec and the caller's to close. rflags has
	// unix.MSG_TRUNC, MSG_CTRUNC, MSG_OOB and MSG_EOR. With flags' MSG_TRUNC, n
	// may exceed len(p). A stream's end is 0, nil.
	Recv(p []byte, flags int) (n int, from Addr, control []byte, rflags int, err error)
	// GetOpt and SetOpt take Linux's levels, names and layouts.
	GetOpt(level, name int, buf []byte) (int, error)
	SetOpt(level, name int, val []byte) error
	// Error takes and clears SO_ERROR.
	Error() error
	Readable() (int, error)
	// Unsent is SIOCOUTQ: the bytes that have not left yet, or are not
	// acknowledged.
	Unsent() (int, error)
	// AtMark tells whether the next byte is the urgent one (SIOCATMARK).
	AtMark() (bool, error)
	Stat() (Stat, error)
	Dup() (Sock, error)
	Close() error
}

// MaxControl is how many bytes of control messages a Recv takes.
const MaxControl = 4096

// Procs starts host programs. They run with the user's own rights and see the
// host's tree.
type Procs interface {
	// Start fails with the errno of execve: ENOENT, EACCES, ENOEXEC...
	Start(ProcSpec) (Proc, error)
}

// FDMap gives a descriptor of the host to a program under another number.
type FDMap struct {
	// Guest is the number in the program, FD the one in Beagle.
	Guest, FD int
}

// ProcSpec says what to start.
type ProcSpec struct {
	Path string // host path
	// Argv has the program's own name first. It may be empty.
	Argv []string
	Env  []string
	Dir  string // host directory; empty: Beagle's
	// Files are all the descriptors that the program gets. Two entries may share
	// one FD. Guest is at most 65535.
	Files []FDMap
	// SetPgid makes the program join the process group Pgid, or lead one of its
	// own when that is 0. With Setsid it leads a new session.
	SetPgid bool
	Pgid    int
	Setsid  bool
	// Foreground makes its process group the foreground one of the terminal
	// behind the host descriptor TTY.
	Foreground bool
	TTY        int
	// Mask are the signals blocked in it: bit n-1 for signal n.
	Mask  uint64
	Umask uint32
}

// Proc is a host program that was started. Its end comes by the Poller as a
// ChildExit, after which it is reaped.
type Proc interface {
	PID() int
	// Signal is ESRCH when the program has ended. Signal 0 only asks.
	Signal(sig unix.Signal) error
	// SignalGroup signals the program's process group when it leads one.
	SignalGroup(sig unix.Signal) error
}

// Clock tells the time.
type Clock interface {
	// Now is the real time since 1970-01-01 UTC (CLOCK_REALTIME).
	Now() (sec int64, nsec int64)
	// Monotonic is nanoseconds since some start; it stands still while the host
	// sleeps (CLOCK_MONOTONIC).
	Monotonic() int64
	// Continuous goes on while the host sleeps (CLOCK_BOOTTIME).
	Continuous() int64
	// BootTime is the real time at which the host started.
	BootTime() (sec int64, nsec int64)
	// ProcessCPU and ThreadCPU are nanoseconds of processor time used by Beagle
	// and by the calling host thread.
	ProcessCPU() (user, sys int64)
	ThreadCPU() int64
	// Zone is the local zone now: minutes west of Greenwich, whether daylight
	// saving time is in force.
	Zone() (minutesWest int, dst bool)
}
