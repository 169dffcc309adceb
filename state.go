package beagle

import (
	"fmt"
	"time"
)

// ProcessState says how a program ended.
type ProcessState struct {
	pid          int
	status       int32
	crash        string
	user, system time.Duration
	maxRSS       int64
	// Missing counts the uses of what Beagle does not implement, by name.
	Missing map[string]int
}

// Pid is the guest's process id.
func (p *ProcessState) Pid() int { return p.pid }

// Exited reports whether the program called exit.
func (p *ProcessState) Exited() bool { return p.status&0x7f == 0 }

// ExitCode is the status given to exit, 0 to 255, or -1 when a signal ended the
// program.
func (p *ProcessState) ExitCode() int {
	if !p.Exited() {
		return -1
	}
	return int(p.status >> 8 & 0xff)
}

// Signal is the Darwin number of the signal that ended the program, or 0.
func (p *ProcessState) Signal() int {
	if p.Exited() {
		return 0
	}
	return int(p.status & 0x7f)
}

// Success reports exit status 0.
func (p *ProcessState) Success() bool { return p.status == 0 }

// Crash is one line about a signal that means a crash; empty otherwise.
func (p *ProcessState) Crash() string { return p.crash }

// UserTime is the time that the program's own threads ran, as the guest's
// getrusage tells it; it includes Beagle's handling of their calls.
func (p *ProcessState) UserTime() time.Duration { return p.user }

// SystemTime is the guest's system time: that of the host programs that took a
// process's place, as Beagle does not tell its own time from the guest's.
func (p *ProcessState) SystemTime() time.Duration { return p.system }

// MaxRSS is the most memory that the program had resident, in bytes.
func (p *ProcessState) MaxRSS() int64 { return p.maxRSS }

// String describes the end as os.ProcessState does.
func (p *ProcessState) String() string {
	if p == nil {
		return "<nil>"
	}
	if p.Exited() {
		return fmt.Sprintf("exit status %d", p.ExitCode())
	}
	if p.crash != "" {
		return "signal: " + p.crash
	}
	return "signal: " + signalName(p.Signal())
}

// ExitError is Run's error for a program that did not end with status 0.
type ExitError struct {
	*ProcessState
	// Stderr is what the program wrote to standard error, if Output ran it and
	// Stderr was nil: up to 32 KiB of its beginning and as much of its end.
	Stderr []byte

	cause error
}

func (e *ExitError) Error() string { return e.ProcessState.String() }

// Unwrap returns the error of the context that had the program killed, or nil.
func (e *ExitError) Unwrap() error { return e.cause }

// StartError is the error of Start for a program that could not be started. It
// wraps a value that errors.Is knows as fs.ErrNotExist or fs.ErrPermission
// where that is the reason.
type StartError struct {
	Path string
	// Reason is Err in words for people, one line.
	Reason string
	// Found says that the program is there: something else is missing or wrong.
	Found bool
	Err   error
}

func (e *StartError) Error() string { return e.Path + ": " + e.Reason }

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Err }
