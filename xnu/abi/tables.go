package abi

import (
	"sort"
	"strings"
)

//go:generate go run ./internal/gen

// Param is one parameter of a BSD call, as XNU declares it.
type Param struct {
	Type string // C type, such as "user_addr_t" or "const char *"
	Name string
}

// BSDCall is one row of XNU's bsd/kern/syscalls.master.
type BSDCall struct {
	Number  int
	Name    string // of the kernel's function; see Public
	Returns string // C type, which decides what the result registers hold
	Params  []Param
	Config  string // the option that the call is built under, such as "SOCKETS"; empty when always
}

// Public returns the call's name as programs know it: "close", where the
// kernel's function is called sys_close.
func (c BSDCall) Public() string { return strings.TrimPrefix(c.Name, "sys_") }

// Unassigned reports that nothing is behind the number: the call answers ENOSYS
// (enosys), and raises SIGSYS too where the function is nosys.
func (c BSDCall) Unassigned() bool { return c.Name == "enosys" || c.Name == "nosys" }

// NumBSDCalls is one more than the largest BSD call number.
const NumBSDCalls = len(bsdCalls)

// BSDCallByNumber returns the row of a BSD call, and false when the number is
// outside XNU's table. The row's Params must not be changed.
func BSDCallByNumber(n int) (BSDCall, bool) {
	if n < 0 || n >= len(bsdCalls) {
		return BSDCall{}, false
	}
	return bsdCalls[n], true
}

// MachTrap is one entry of XNU's mach_trap_table (osfmk/kern/syscall_sw.c).
type MachTrap struct {
	Number int // programs pass its negative on arm64, and with class 1 on x86-64
	Name   string
	Args   int // number of arguments
}

// NumMachTraps is the size of XNU's trap table, counting empty entries.
const NumMachTraps = 128

// MachTrapByNumber returns the trap of a number, and false when XNU has none.
func MachTrapByNumber(n int) (MachTrap, bool) {
	i := sort.Search(len(machTraps), func(i int) bool { return machTraps[i].Number >= n })
	if i == len(machTraps) || machTraps[i].Number != n {
		return MachTrap{}, false
	}
	return machTraps[i], true
}

// MachTraps calls f for each trap in the order of numbers until f returns false.
func MachTraps(f func(MachTrap) bool) {
	for _, t := range machTraps {
		if !f(t) {
			return
		}
	}
}

// MIGRoutine is one routine of XNU's .defs files: a message that a kernel object
// answers to, or that the kernel sends.
type MIGRoutine struct {
	ID        int32  // msgh_id of the request; a reply carries ID+100
	Subsystem string // such as "mach_vm"
	Name      string
	Simple    bool // a simpleroutine: no reply
}

// MIGReplyOffset is what a reply's msgh_id is larger by than its request's.
const MIGReplyOffset = 100

// MIGRoutineByID returns the routine of a request's msgh_id, and false when XNU
// has none. The numbers 1000 to 1002 belong both to the clock and to messages
// that the kernel sends to gssd; the clock's are returned.
func MIGRoutineByID(id int32) (MIGRoutine, bool) {
	i := sort.Search(len(migRoutines), func(i int) bool { return migRoutines[i].ID >= id })
	if i == len(migRoutines) || migRoutines[i].ID != id {
		return MIGRoutine{}, false
	}
	return migRoutines[i], true
}

// MIGRoutines calls f for each routine in the order of numbers until f returns
// false.
func MIGRoutines(f func(MIGRoutine) bool) {
	for _, r := range migRoutines {
		if !f(r) {
			return
		}
	}
}
