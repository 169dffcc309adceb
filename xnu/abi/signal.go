package abi

import "strconv"

// Signal is a Darwin signal number, 1 to 31 (bsd/sys/signal.h).
type Signal int32

// Signal numbers.
const (
	SIGHUP    Signal = 1
	SIGINT    Signal = 2
	SIGQUIT   Signal = 3
	SIGILL    Signal = 4
	SIGTRAP   Signal = 5
	SIGABRT   Signal = 6
	SIGEMT    Signal = 7
	SIGFPE    Signal = 8
	SIGKILL   Signal = 9
	SIGBUS    Signal = 10
	SIGSEGV   Signal = 11
	SIGSYS    Signal = 12
	SIGPIPE   Signal = 13
	SIGALRM   Signal = 14
	SIGTERM   Signal = 15
	SIGURG    Signal = 16
	SIGSTOP   Signal = 17
	SIGTSTP   Signal = 18
	SIGCONT   Signal = 19
	SIGCHLD   Signal = 20
	SIGTTIN   Signal = 21
	SIGTTOU   Signal = 22
	SIGIO     Signal = 23
	SIGXCPU   Signal = 24
	SIGXFSZ   Signal = 25
	SIGVTALRM Signal = 26
	SIGPROF   Signal = 27
	SIGWINCH  Signal = 28
	SIGINFO   Signal = 29
	SIGUSR1   Signal = 30
	SIGUSR2   Signal = 31

	SIGIOT  = SIGABRT
	SIGPOLL = SIGEMT // Darwin gives both names one number

	NSIG = 32 // one more than the largest signal number
)

// Valid reports whether the number is a signal's, that is 1 to 31. Zero, which
// kill(2) takes as a question, is not.
func (s Signal) Valid() bool { return s > 0 && s < NSIG }

// String returns the signal's name, such as "SIGSEGV", or the number in decimal
// when there is no such signal.
func (s Signal) String() string {
	if s.Valid() {
		return signals[s].name
	}
	return strconv.Itoa(int(s))
}

// Message returns the words that a shell prints for a program ended by the
// signal, without the number, such as "Segmentation fault" (strsignal(3)).
func (s Signal) Message() string {
	if s.Valid() {
		return signals[s].message
	}
	return "Unknown signal"
}

// Sigset is Darwin's sigset_t: bit n-1 stands for signal n.
type Sigset uint32

// Set returns the set of the one signal, or the empty set when the number is
// not a signal's.
func (s Signal) Set() Sigset {
	if !s.Valid() {
		return 0
	}
	return 1 << (s - 1)
}

// Has reports whether the signal is in the set.
func (m Sigset) Has(s Signal) bool { return m&s.Set() != 0 }

// SigCantMask holds the signals that can be neither blocked, caught nor ignored.
const SigCantMask Sigset = 1<<(SIGKILL-1) | 1<<(SIGSTOP-1)

// DefaultAction says what an uncaught signal does (sigaction(2)).
type DefaultAction uint8

const (
	SigTerminate DefaultAction = iota + 1 // end the process
	SigCore                               // end the process with a core image
	SigIgnore                             // nothing
	SigStop                               // stop the process
	SigContinue                           // continue the process if it was stopped
)

// Default returns the signal's default action, or 0 when the number is not a
// signal's.
func (s Signal) Default() DefaultAction {
	if !s.Valid() {
		return 0
	}
	return signals[s].action
}

// The actions are those of bsd/sys/signalvar.h's sigprop. SIGXCPU and SIGXFSZ
// leave no core image there, although other systems' do.
var signals = [NSIG]struct {
	name    string
	message string
	action  DefaultAction
}{
	SIGHUP:    {"SIGHUP", "Hangup", SigTerminate},
	SIGINT:    {"SIGINT", "Interrupt", SigTerminate},
	SIGQUIT:   {"SIGQUIT", "Quit", SigCore},
	SIGILL:    {"SIGILL", "Illegal instruction", SigCore},
	SIGTRAP:   {"SIGTRAP", "Trace/BPT trap", SigCore},
	SIGABRT:   {"SIGABRT", "Abort trap", SigCore},
	SIGEMT:    {"SIGEMT", "EMT trap", SigCore},
	SIGFPE:    {"SIGFPE", "Floating point exception", SigCore},
	SIGKILL:   {"SIGKILL", "Killed", SigTerminate},
	SIGBUS:    {"SIGBUS", "Bus error", SigCore},
	SIGSEGV:   {"SIGSEGV", "Segmentation fault", SigCore},
	SIGSYS:    {"SIGSYS", "Bad system call", SigCore},
	SIGPIPE:   {"SIGPIPE", "Broken pipe", SigTerminate},
	SIGALRM:   {"SIGALRM", "Alarm clock", SigTerminate},
	SIGTERM:   {"SIGTERM", "Terminated", SigTerminate},
	SIGURG:    {"SIGURG", "Urgent I/O condition", SigIgnore},
	SIGSTOP:   {"SIGSTOP", "Suspended (signal)", SigStop},
	SIGTSTP:   {"SIGTSTP", "Suspended", SigStop},
	SIGCONT:   {"SIGCONT", "Continued", SigContinue},
	SIGCHLD:   {"SIGCHLD", "Child exited", SigIgnore},
	SIGTTIN:   {"SIGTTIN", "Stopped (tty input)", SigStop},
	SIGTTOU:   {"SIGTTOU", "Stopped (tty output)", SigStop},
	SIGIO:     {"SIGIO", "I/O possible", SigIgnore},
	SIGXCPU:   {"SIGXCPU", "Cputime limit exceeded", SigTerminate},
	SIGXFSZ:   {"SIGXFSZ", "Filesize limit exceeded", SigTerminate},
	SIGVTALRM: {"SIGVTALRM", "Virtual timer expired", SigTerminate},
	SIGPROF:   {"SIGPROF", "Profiling timer expired", SigTerminate},
	SIGWINCH:  {"SIGWINCH", "Window size changes", SigIgnore},
	SIGINFO:   {"SIGINFO", "Information request", SigIgnore},
	SIGUSR1:   {"SIGUSR1", "User defined signal 1", SigTerminate},
	SIGUSR2:   {"SIGUSR2", "User defined signal 2", SigTerminate},
}
