package abi

// What the kernel and a program's signal trampoline hand each other: the
// structures of sigaction, sigaltstack and the signal frame.

// Handler values of sigaction that are not addresses (bsd/sys/signal.h).
const (
	SIG_DFL  Ptr = 0
	SIG_IGN  Ptr = 1
	SIG_HOLD Ptr = 5
	SIG_ERR  Ptr = 1<<64 - 1
)

// Flags of a signal action, sa_flags (sigaction(2)).
const (
	SA_ONSTACK   = 0x1   // run the handler on the alternate stack
	SA_RESTART   = 0x2   // restart interrupted calls
	SA_RESETHAND = 0x4   // back to SIG_DFL when taken
	SA_NOCLDSTOP = 0x8   // no SIGCHLD when a child stops
	SA_NODEFER   = 0x10  // do not block the signal in its own handler
	SA_NOCLDWAIT = 0x20  // children leave no zombies
	SA_SIGINFO   = 0x40  // the handler takes three arguments
	SA_USERTRAMP = 0x100 // accepted, without meaning
	SA_64REGSET  = 0x200 // accepted, for 32-bit programs only

	// SA_VALIDATE_SIGRETURN_FROM_SIGTRAMP is set by libsystem_kernel: sigreturn
	// must then carry the token that the handler was entered with.
	SA_VALIDATE_SIGRETURN_FROM_SIGTRAMP = 0x400

	// SA_USERSPACE_MASK holds the flags that sigaction keeps and gives back.
	SA_USERSPACE_MASK = SA_ONSTACK | SA_RESTART | SA_RESETHAND | SA_NOCLDSTOP | SA_NODEFER | SA_NOCLDWAIT | SA_SIGINFO
)

// Ways to change a signal mask (sigprocmask(2)).
const (
	SIG_BLOCK   = 1
	SIG_UNBLOCK = 2
	SIG_SETMASK = 3
)

// Flags and limits of an alternate signal stack, sizes in bytes (sigaltstack(2)).
const (
	SS_ONSTACK  = 1
	SS_DISABLE  = 4
	MINSIGSTKSZ = 32768
	SIGSTKSZ    = 131072
)

// Causes of a signal, si_code, whatever the signal.
const (
	SI_USER    = 0x10001 // kill
	SI_QUEUE   = 0x10002 // sigqueue
	SI_TIMER   = 0x10003 // a timer expired
	SI_ASYNCIO = 0x10004 // an asynchronous transfer completed
	SI_MESGQ   = 0x10005 // a message arrived on an empty queue
)

// Causes of a signal, si_code, by signal.
const (
	BUS_NOOP      = 0
	BUS_ADRALN    = 1
	BUS_ADRERR    = 2
	BUS_OBJERR    = 3
	CLD_NOOP      = 0
	CLD_EXITED    = 1
	CLD_KILLED    = 2
	CLD_DUMPED    = 3
	CLD_TRAPPED   = 4
	CLD_STOPPED   = 5
	CLD_CONTINUED = 6
	FPE_NOOP      = 0
	FPE_FLTDIV    = 1
	FPE_FLTOVF    = 2
	FPE_FLTUND    = 3
	FPE_FLTRES    = 4
	FPE_FLTINV    = 5
	FPE_FLTSUB    = 6
	FPE_INTDIV    = 7
	FPE_INTOVF    = 8
	ILL_NOOP      = 0
	ILL_ILLOPC    = 1
	ILL_ILLTRP    = 2
	ILL_PRVOPC    = 3
	ILL_ILLOPN    = 4
	ILL_ILLADR    = 5
	ILL_PRVREG    = 6
	ILL_COPROC    = 7
	ILL_BADSTK    = 8
	SEGV_NOOP     = 0
	SEGV_MAPERR   = 1
	SEGV_ACCERR   = 2
	TRAP_BRKPT    = 1
	TRAP_TRACE    = 2
)

// Causes of SIGPOLL, si_code.
const (
	POLL_IN  = 1
	POLL_OUT = 2
	POLL_MSG = 3
	POLL_ERR = 4
	POLL_PRI = 5
	POLL_HUP = 6
)

// Notification kinds of struct sigevent.
const (
	SIGEV_NONE   = 0
	SIGEV_SIGNAL = 1
	SIGEV_THREAD = 3
)

// Styles that a handler is entered with in its second argument and that
// sigreturn takes back (bsd/dev/i386/unix_signal.c, bsd/dev/arm/unix_signal.c).
// The two stack values are what siglongjmp passes to sigreturn to say whether
// the thread is on its alternate stack.
const (
	UC_TRAD            = 1
	UC_FLAVOR          = 30
	UC_SET_ALT_STACK   = 0x40000000
	UC_RESET_ALT_STACK = 0x80000000
)

// KernSigaction is what sigaction(2) reads, struct __sigaction of
// bsd/sys/signal.h: unlike what a C program fills in, it names the trampoline.
type KernSigaction struct {
	Handler Ptr // SIG_DFL, SIG_IGN or an address
	Tramp   Ptr // where the kernel enters user code
	Mask    Sigset
	Flags   int32
}

// Put writes the structure to b, which holds at least its 24 bytes.
func (s *KernSigaction) Put(b []byte) {
	_ = b[23]
	le.PutUint64(b, uint64(s.Handler))
	le.PutUint64(b[8:], uint64(s.Tramp))
	le.PutUint32(b[16:], uint32(s.Mask))
	le.PutUint32(b[20:], uint32(s.Flags))
}

// Get reads the structure from b, which holds at least its 24 bytes.
func (s *KernSigaction) Get(b []byte) {
	_ = b[23]
	s.Handler = Ptr(le.Uint64(b))
	s.Tramp = Ptr(le.Uint64(b[8:]))
	s.Mask = Sigset(le.Uint32(b[16:]))
	s.Flags = int32(le.Uint32(b[20:]))
}

// Sigaction is what sigaction(2) writes back, struct sigaction of
// bsd/sys/signal.h. The trampoline is not told.
type Sigaction struct {
	Handler Ptr
	Mask    Sigset
	Flags   int32
}

// Put writes the structure to b, which holds at least its 16 bytes.
func (s *Sigaction) Put(b []byte) {
	_ = b[15]
	le.PutUint64(b, uint64(s.Handler))
	le.PutUint32(b[8:], uint32(s.Mask))
	le.PutUint32(b[12:], uint32(s.Flags))
}

// Siginfo is siginfo_t (bsd/sys/signal.h). Pid, Uid and Status tell of a child
// for SIGCHLD, Pid and Uid of the sender for SI_USER; Addr is the faulting
// data address for SIGSEGV and SIGBUS, the instruction's for the other faults.
type Siginfo struct {
	Signo  Signal
	Errno  Errno
	Code   int32
	Pid    PID
	Uid    UID
	Status int32
	Addr   Ptr
	Value  uint64 // union sigval: an int or a pointer
	Band   int64
	_      [7]uint64
}

// Put writes the structure to b, which holds at least its 104 bytes.
func (s *Siginfo) Put(b []byte) {
	clear(b[:104])
	le.PutUint32(b, uint32(s.Signo))
	le.PutUint32(b[4:], uint32(s.Errno))
	le.PutUint32(b[8:], uint32(s.Code))
	le.PutUint32(b[12:], uint32(s.Pid))
	le.PutUint32(b[16:], uint32(s.Uid))
	le.PutUint32(b[20:], uint32(s.Status))
	le.PutUint64(b[24:], uint64(s.Addr))
	le.PutUint64(b[32:], s.Value)
	le.PutUint64(b[40:], uint64(s.Band))
}

// Get reads the structure from b, which holds at least its 104 bytes.
func (s *Siginfo) Get(b []byte) {
	_ = b[103]
	s.Signo = Signal(le.Uint32(b))
	s.Errno = Errno(le.Uint32(b[4:]))
	s.Code = int32(le.Uint32(b[8:]))
	s.Pid = PID(le.Uint32(b[12:]))
	s.Uid = UID(le.Uint32(b[16:]))
	s.Status = int32(le.Uint32(b[20:]))
	s.Addr = Ptr(le.Uint64(b[24:]))
	s.Value = le.Uint64(b[32:])
	s.Band = int64(le.Uint64(b[40:]))
}

// Sigaltstack is stack_t (bsd/sys/_types/_sigaltstack.h); Size is in bytes.
type Sigaltstack struct {
	Sp    Ptr
	Size  uint64
	Flags int32
	_     [4]byte
}

// Put writes the structure to b, which holds at least its 24 bytes.
func (s *Sigaltstack) Put(b []byte) {
	_ = b[23]
	le.PutUint64(b, uint64(s.Sp))
	le.PutUint64(b[8:], s.Size)
	le.PutUint32(b[16:], uint32(s.Flags))
	le.PutUint32(b[20:], 0)
}

// Get reads the structure from b, which holds at least its 24 bytes.
func (s *Sigaltstack) Get(b []byte) {
	_ = b[23]
	s.Sp = Ptr(le.Uint64(b))
	s.Size = le.Uint64(b[8:])
	s.Flags = int32(le.Uint32(b[16:]))
}

// Ucontext64 is ucontext64_t (bsd/sys/_types/_ucontext64.h), the same for both
// architectures: Mcontext64 points to the registers, Mcsize bytes of them.
type Ucontext64 struct {
	Onstack    int32
	Sigmask    Sigset
	Stack      Sigaltstack
	Link       Ptr
	Mcsize     uint64
	Mcontext64 Ptr
}

// Put writes the structure to b, which holds at least its 56 bytes.
func (s *Ucontext64) Put(b []byte) {
	_ = b[55]
	le.PutUint32(b, uint32(s.Onstack))
	le.PutUint32(b[4:], uint32(s.Sigmask))
	s.Stack.Put(b[8:])
	le.PutUint64(b[32:], uint64(s.Link))
	le.PutUint64(b[40:], s.Mcsize)
	le.PutUint64(b[48:], uint64(s.Mcontext64))
}

// Get reads the structure from b, which holds at least its 56 bytes.
func (s *Ucontext64) Get(b []byte) {
	_ = b[55]
	s.Onstack = int32(le.Uint32(b))
	s.Sigmask = Sigset(le.Uint32(b[4:]))
	s.Stack.Get(b[8:])
	s.Link = Ptr(le.Uint64(b[32:]))
	s.Mcsize = le.Uint64(b[40:])
	s.Mcontext64 = Ptr(le.Uint64(b[48:]))
}

// Sigevent is struct sigevent (bsd/sys/signal.h), used by aio and lio_listio.
type Sigevent struct {
	Notify           int32
	Signo            int32
	Value            uint64
	NotifyFunction   Ptr
	NotifyAttributes Ptr
}
