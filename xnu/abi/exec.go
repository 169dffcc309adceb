package abi

// Limits of Darwin (bsd/sys/syslimits.h), sizes in bytes.
const (
	ARG_MAX        = 1 << 20 // arguments and environment of a program
	NCARGS         = ARG_MAX
	CHILD_MAX      = 266
	LINK_MAX       = 32767
	MAX_CANON      = 1024 // an input line of a terminal
	MAX_INPUT      = 1024
	NAME_MAX       = 255  // a file name, without its zero
	PATH_MAX       = 1024 // a path, with its zero
	MAXPATHLEN     = PATH_MAX
	MAXLONGPATHLEN = 8192 // a path of the long-path calls, with its zero
	PIPE_BUF       = 512  // a write to a pipe that is not torn
	OPEN_MAX       = 10240
	MAXSYMLINKS    = 32  // symbolic links in one path
	MAXHOSTNAMELEN = 256 // a host name, with its zero
	IMG_SHSIZE     = 512 // of a script's #! line that are looked at
	GETENTROPY_MAX = 256 // of one getentropy(2)
	UIO_MAXIOV     = 1024
	SHM_NAME_MAX   = 31 // name of a POSIX shared memory object
	SEM_NAME_MAX   = 31 // name of a POSIX semaphore
	MAXLOGIN       = 255
	UUIDSize       = 16
	DFLSSIZ        = 8 << 20  // soft limit of a stack
	MAXSSIZ        = 64 << 20 // hard limit of a stack, less one page
)

// Keys of the strings behind the environment that the kernel hands to the
// dynamic linker and the C library, in XNU's order (bsd/kern/kern_exec.c,
// exec_add_apple_strings). Numbers in their values are hexadecimal with "0x".
const (
	AppleExecutablePath     = "executable_path="     // the path that was executed
	ApplePFZ                = "pfz="                 // address of the commpage's preemption-free zone
	AppleMallocNanoZone     = "MallocNanoZone="      // "1" for the nano allocator
	AppleStackGuard         = "stack_guard="         // 64 random bits, one byte of them zero
	AppleMallocEntropy      = "malloc_entropy="      // two random numbers
	ApplePtrMunge           = "ptr_munge="           // 64 random bits for setjmp
	AppleMainStack          = "main_stack="          // top, size, lowest address, whole size
	AppleExecutableFile     = "executable_file="     // file system and inode
	AppleDyldFile           = "dyld_file="           // file system and inode of the dynamic linker
	AppleExecutableCdhash   = "executable_cdhash="   // hash of the signature's code directory
	AppleExecutableBoothash = "executable_boothash=" // the same with the boot session mixed in
	AppleDyldFlags          = "dyld_flags="
	AppleSubsystemRootPath  = "subsystem_root_path="
	ApplePtrauthDisabled    = "ptrauth_disabled="
	AppleArm64eABI          = "arm64e_abi="
	AppleThreadPort         = "th_port=" // name of the first thread's port
	AppleHardenedRuntime    = "HardenedRuntime="
)
