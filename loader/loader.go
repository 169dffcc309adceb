// Package loader turns a Mach-O file into a mapped image and a first stack, as
// XNU does between execve and the first instruction: bsd/kern/mach_loader.c,
// bsd/kern/mach_fat.c and the image and stack parts of bsd/kern/kern_exec.c.
//
// [Open] chooses a slice and validates everything that does not depend on where
// it will lie; [File.Load] maps it; [Image.LoadDylinker] adds the dynamic linker
// that it names; [Image.MapStack] and [BuildStack] make the first stack. The
// package knows no kernel: randomness, limits and paths come from the caller.
//
// Files are hostile. Nothing here trusts a count, size or offset of the file,
// and nothing allocates more than a small multiple of what it has read.
package loader

import "fmt"

// Reason says why a file cannot be executed. The kernel answers execve with
// [Reason.Errno]; the line for people is in [Error.Detail].
type Reason uint8

// The reasons, with the Darwin errno that XNU gives (load_return_to_errno and
// exec_activate_image in kern_exec.c).
const (
	// NotMachO: no image activator claims the file. ENOEXEC (8).
	NotMachO Reason = iota + 1
	// SharedLib: a Mach-O file, but not a program (a dylib, bundle, object...).
	// ENOEXEC (8): exec_mach_imgact claims only MH_EXECUTE.
	SharedLib
	// BadArch: no slice for a processor we have. EBADARCH (86).
	BadArch
	// BadMachO: the file contradicts itself. EBADMACHO (88).
	BadMachO
	// BadExec: well formed, but not acceptable as a program. EBADEXEC (85).
	BadExec
	// Platform: made for iOS or another system that Beagle is not. EBADEXEC
	// (85); stock XNU leaves this refusal to code signing and dyld.
	Platform
	// Encrypted: the text is encrypted and there is no key. EAUTH (80).
	Encrypted
	// NoMemory: a segment has no room where it wants to lie. ENOMEM (12).
	NoMemory
	// TooBig: arguments and environment exceed ARG_MAX. E2BIG (7).
	TooBig
	// BadStack: the first stack cannot be written. EFAULT (14).
	BadStack
	// Invalid: the caller's arguments make no sense. EINVAL (22).
	Invalid
	// IO: reading the file failed. EIO (5).
	IO
)

var reasons = [...]struct {
	name  string
	errno int
}{
	NotMachO:  {"not a Mach-O file", 8},
	SharedLib: {"not a program", 8},
	BadArch:   {"wrong architecture", 86},
	BadMachO:  {"malformed Mach-O file", 88},
	BadExec:   {"bad executable", 85},
	Platform:  {"not a macOS program", 85},
	Encrypted: {"encrypted program", 80},
	NoMemory:  {"cannot map", 12},
	TooBig:    {"argument list too long", 7},
	BadStack:  {"cannot write the first stack", 14},
	Invalid:   {"invalid argument", 22},
	IO:        {"read error", 5},
}

// String returns the reason in words.
func (r Reason) String() string {
	if int(r) < len(reasons) && reasons[r].name != "" {
		return reasons[r].name
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}

// Errno returns Darwin's error number for the reason.
func (r Reason) Errno() int {
	if int(r) < len(reasons) && reasons[r].errno != 0 {
		return reasons[r].errno
	}
	return 85
}

// Error is why a file was not loaded. Its text is one line.
type Error struct {
	Reason Reason
	// Detail says what exactly is wrong, for people.
	Detail string
	// Err is the failure underneath, of the file or of the address space.
	Err error
}

func (e *Error) Error() string {
	s := e.Reason.String()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the failure underneath, or nil.
func (e *Error) Unwrap() error { return e.Err }

func fail(r Reason, format string, args ...any) *Error {
	return &Error{Reason: r, Detail: fmt.Sprintf(format, args...)}
}
