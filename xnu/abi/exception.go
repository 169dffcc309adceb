package abi

// Mach exception types (osfmk/mach/exception_types.h).
const (
	EXC_BAD_ACCESS      = 1
	EXC_BAD_INSTRUCTION = 2
	EXC_ARITHMETIC      = 3
	EXC_EMULATION       = 4
	EXC_SOFTWARE        = 5
	EXC_BREAKPOINT      = 6
	EXC_SYSCALL         = 7
	EXC_MACH_SYSCALL    = 8
	EXC_RPC_ALERT       = 9
	EXC_CRASH           = 10
	EXC_RESOURCE        = 11
	EXC_GUARD           = 12
	EXC_CORPSE_NOTIFY   = 13
	EXC_TYPES_COUNT     = 14
)

// Exception codes that the kernel makes decisions by (osfmk/mach/i386/exception.h).
const (
	EXC_I386_DIV   = 1
	EXC_I386_INVOP = 1
	EXC_I386_BPT   = 2
	EXC_I386_SGL   = 1
	EXC_I386_GPFLT = 13
)

// ExitStatus is the wait status of a process that called exit with code
// (W_EXITCODE of bsd/sys/wait.h).
func ExitStatus(code int32) int32 { return code & 0xff << 8 }
