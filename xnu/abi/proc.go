package abi

// Options of wait4(2) and waitid(2) (bsd/sys/wait.h).
const (
	WNOHANG    = 0x01
	WUNTRACED  = 0x02
	WEXITED    = 0x04
	WSTOPPED   = 0x08
	WCONTINUED = 0x10
	WNOWAIT    = 0x20
)

// Whom waitid(2) waits for (idtype_t).
const (
	P_ALL  = 0
	P_PID  = 1
	P_PGID = 2
)

// WCOREFLAG is the bit of a wait status that tells of a core image.
const WCOREFLAG = 0x80

// ExitStatus returns the wait status of a process that ended with the code, of
// which wait4(2) tells the low 8 bits (W_EXITCODE).
func ExitStatus(code int32) int32 { return code & 0xff << 8 }

// WaitSignaled returns the wait status of a process that the signal ended.
func WaitSignaled(s Signal, core bool) int32 {
	if core {
		return int32(s) | WCOREFLAG
	}
	return int32(s)
}

// WaitStopped returns the wait status of a process that the signal stopped.
func WaitStopped(s Signal) int32 { return int32(s)<<8 | 0x7f }

// WaitContinued returns the wait status of a stopped process that goes on:
// Darwin writes it as a stop by SIGCONT.
func WaitContinued() int32 { return WaitStopped(SIGCONT) }

// Flags of a process that KERN_PROC tells, extern_proc.p_flag (bsd/sys/proc.h).
const (
	P_ADVLOCK      = 0x1
	P_CONTROLT     = 0x2
	P_LP64         = 0x4
	P_NOCLDSTOP    = 0x8
	P_PPWAIT       = 0x10
	P_PROFIL       = 0x20
	P_SELECT       = 0x40
	P_CONTINUED    = 0x80
	P_SUGID        = 0x100
	P_SYSTEM       = 0x200
	P_TIMEOUT      = 0x400
	P_TRACED       = 0x800
	P_DISABLE_ASLR = 0x1000
	P_WEXIT        = 0x2000
	P_EXEC         = 0x4000
	P_TRANSLATED   = 0x20000
	P_THCWD        = 0x1000000
	P_NOCLDWAIT    = 0x40000000
)

// States of a process, extern_proc.p_stat and pbi_status.
const (
	SIDL   = 1
	SRUN   = 2
	SSLEEP = 3
	SSTOP  = 4
	SZOMB  = 5
)

// Lengths of names (bsd/sys/param.h, bsd/sys/proc_info.h), in bytes without the
// terminating zero, but MAXTHREADNAMESIZE counts it.
const (
	MAXCOMLEN         = 16
	MAXTHREADNAMESIZE = 64
	MAXLOGNAME        = 255
)

// KinfoProc is struct kinfo_proc (bsd/sys/sysctl.h), what the sysctl KERN_PROC
// answers with for each process. Kernel addresses in it are zero for programs.
type KinfoProc struct {
	Proc  ExternProc
	Eproc Eproc
}

// ExternProc is struct extern_proc (bsd/sys/proc.h).
type ExternProc struct {
	Starttime  Timeval
	Vmspace    Ptr
	Sigacts    Ptr
	Flag       int32
	Stat       int8
	_          [3]byte
	Pid        PID
	Oppid      PID
	Dupfd      int32
	_          [4]byte
	UserStack  uint64
	ExitThread Ptr
	Debugger   int32
	Sigwait    uint32
	Estcpu     uint32
	Cpticks    int32
	Pctcpu     uint32
	_          [4]byte
	Wchan      Ptr
	Wmesg      Ptr
	Swtime     uint32
	Slptime    uint32
	Realtimer  Itimerval
	Rtime      Timeval
	Uticks     uint64
	Sticks     uint64
	Iticks     uint64
	Traceflag  int32
	_          [4]byte
	Tracep     Ptr
	Siglist    int32
	_          [4]byte
	Textvp     Ptr
	Holdcnt    int32
	Sigmask    uint32
	Sigignore  uint32
	Sigcatch   uint32
	Priority   uint8
	Usrpri     uint8
	Nice       int8
	Comm       [17]byte // at most 16 bytes, zero-terminated
	_          [4]byte
	Pgrp       Ptr
	Addr       Ptr
	Xstat      uint16
	Acflag     uint16
	_          [4]byte
	Ru         Ptr
}

// Eproc is struct eproc, the second half of kinfo_proc.
type Eproc struct {
	Paddr   Ptr
	Sess    Ptr
	Pcred   Pcred
	Ucred   Ucred
	_       [4]byte
	Vm      [64]byte
	Ppid    PID
	Pgid    PID
	Jobc    int16
	_       [2]byte
	Tdev    Dev
	Tpgid   PID
	_       [4]byte
	Tsess   Ptr
	Wmesg   [8]byte
	Xsize   int32
	Xrssize int16
	Xccount int16
	Xswrss  int16
	_       [2]byte
	Flag    int32
	Login   [12]byte
	_       [4]int32
	_       [4]byte
}

// Pcred is struct _pcred (bsd/sys/sysctl.h).
type Pcred struct {
	_      [72]byte
	Ucred  Ptr
	Ruid   uint32
	Svuid  uint32
	Rgid   uint32
	Svgid  uint32
	Refcnt int32
	_      [4]byte
}

// Ucred is struct _ucred (bsd/sys/sysctl.h).
type Ucred struct {
	Ref     int32
	Uid     uint32
	Ngroups int16
	_       [2]byte
	Groups  [16]uint32
}

// Flags of Eproc.Flag.
const (
	EPROC_CTTY    = 0x1
	EPROC_SLEADER = 0x2
)

// Operations of csops(2) (bsd/sys/codesign.h).
const (
	CS_OPS_STATUS                = 0
	CS_OPS_MARKINVALID           = 1
	CS_OPS_MARKHARD              = 2
	CS_OPS_MARKKILL              = 3
	CS_OPS_CDHASH                = 5
	CS_OPS_PIDOFFSET             = 6
	CS_OPS_ENTITLEMENTS_BLOB     = 7
	CS_OPS_MARKRESTRICT          = 8
	CS_OPS_SET_STATUS            = 9
	CS_OPS_BLOB                  = 10
	CS_OPS_IDENTITY              = 11
	CS_OPS_CLEARINSTALLER        = 12
	CS_OPS_CLEARPLATFORM         = 13
	CS_OPS_TEAMID                = 14
	CS_OPS_CLEAR_LV              = 15
	CS_OPS_DER_ENTITLEMENTS_BLOB = 16
	CS_OPS_VALIDATION_CATEGORY   = 17
)

// State of a process's code signature, CS_OPS_STATUS (osfmk/kern/cs_blobs.h).
const (
	CS_VALID                  = 0x1
	CS_ADHOC                  = 0x2
	CS_GET_TASK_ALLOW         = 0x4
	CS_INSTALLER              = 0x8
	CS_FORCED_LV              = 0x10
	CS_INVALID_ALLOWED        = 0x20
	CS_HARD                   = 0x100
	CS_KILL                   = 0x200
	CS_CHECK_EXPIRATION       = 0x400
	CS_RESTRICT               = 0x800
	CS_ENFORCEMENT            = 0x1000
	CS_REQUIRE_LV             = 0x2000
	CS_ENTITLEMENTS_VALIDATED = 0x4000
	CS_NVRAM_UNRESTRICTED     = 0x8000
	CS_RUNTIME                = 0x10000
	CS_LINKER_SIGNED          = 0x20000
	CS_EXEC_SET_HARD          = 0x100000
	CS_EXEC_SET_KILL          = 0x200000
	CS_EXEC_SET_ENFORCEMENT   = 0x400000
	CS_EXEC_INHERIT_SIP       = 0x800000
	CS_KILLED                 = 0x1000000
	CS_NO_UNTRUSTED_HELPERS   = 0x2000000
	CS_PLATFORM_BINARY        = 0x4000000
	CS_PLATFORM_PATH          = 0x8000000
	CS_DEBUGGED               = 0x10000000
	CS_SIGNED                 = 0x20000000
	CS_DEV_CODE               = 0x40000000
	CS_DATAVAULT_CONTROLLER   = 0x80000000
)

// Requests of ptrace(2) (bsd/sys/ptrace.h).
const (
	PT_TRACE_ME    = 0
	PT_READ_I      = 1
	PT_READ_D      = 2
	PT_CONTINUE    = 7
	PT_KILL        = 8
	PT_STEP        = 9
	PT_ATTACH      = 10
	PT_DETACH      = 11
	PT_SIGEXC      = 12
	PT_THUPDATE    = 13
	PT_ATTACHEXC   = 14
	PT_FORCEQUOTA  = 30
	PT_DENY_ATTACH = 31
)
