package abi

// Top level of the sysctl name space (bsd/sys/sysctl.h).
const (
	CTL_MAXNAME = 12
	CTL_UNSPEC  = 0
	CTL_KERN    = 1
	CTL_VM      = 2
	CTL_VFS     = 3
	CTL_NET     = 4
	CTL_DEBUG   = 5
	CTL_HW      = 6
	CTL_MACHDEP = 7
	CTL_USER    = 8
	CTL_MAXID   = 9
)

// The names under CTL_UNSPEC: calls that ask about names rather than values
// (bsd/kern/kern_newsysctl.c).
const (
	CTL_SYSCTL_DEBUG    = 0
	CTL_SYSCTL_NAME     = 1
	CTL_SYSCTL_NEXT     = 2
	CTL_SYSCTL_NAME2OID = 3
	CTL_SYSCTL_OIDFMT   = 4
	CTL_SYSCTL_OIDDESCR = 5

	CTL_AUTO_START = 100 // first number that XNU gives to a name without one
)

// Types and flags of a name, the first word of its OIDFMT.
const (
	CTLTYPE         = 0xf
	CTLTYPE_NODE    = 0x1
	CTLTYPE_INT     = 0x2
	CTLTYPE_STRING  = 0x3
	CTLTYPE_QUAD    = 0x4
	CTLTYPE_OPAQUE  = 0x5
	CTLFLAG_RD      = 0x80000000
	CTLFLAG_WR      = 0x40000000
	CTLFLAG_NOLOCK  = 0x20000000
	CTLFLAG_ANYBODY = 0x10000000
	CTLFLAG_SECURE  = 0x8000000
	CTLFLAG_MASKED  = 0x4000000
	CTLFLAG_NOAUTO  = 0x2000000
	CTLFLAG_KERN    = 0x1000000
	CTLFLAG_LOCKED  = 0x800000
	CTLFLAG_OID2    = 0x400000

	CTLTYPE_STRUCT = CTLTYPE_OPAQUE
)

// Names under CTL_KERN.
const (
	KERN_OSTYPE             = 1
	KERN_OSRELEASE          = 2
	KERN_OSREV              = 3
	KERN_VERSION            = 4
	KERN_MAXVNODES          = 5
	KERN_MAXPROC            = 6
	KERN_MAXFILES           = 7
	KERN_ARGMAX             = 8
	KERN_SECURELVL          = 9
	KERN_HOSTNAME           = 10
	KERN_HOSTID             = 11
	KERN_CLOCKRATE          = 12
	KERN_VNODE              = 13
	KERN_PROC               = 14
	KERN_FILE               = 15
	KERN_PROF               = 16
	KERN_POSIX1             = 17
	KERN_NGROUPS            = 18
	KERN_JOB_CONTROL        = 19
	KERN_SAVED_IDS          = 20
	KERN_BOOTTIME           = 21
	KERN_NISDOMAINNAME      = 22
	KERN_MAXPARTITIONS      = 23
	KERN_KDEBUG             = 24
	KERN_UPDATEINTERVAL     = 25
	KERN_OSRELDATE          = 26
	KERN_NTP_PLL            = 27
	KERN_BOOTFILE           = 28
	KERN_MAXFILESPERPROC    = 29
	KERN_MAXPROCPERUID      = 30
	KERN_DUMPDEV            = 31
	KERN_IPC                = 32
	KERN_DUMMY              = 33
	KERN_PS_STRINGS         = 34
	KERN_USRSTACK32         = 35
	KERN_LOGSIGEXIT         = 36
	KERN_SYMFILE            = 37
	KERN_PROCARGS           = 38
	KERN_NETBOOT            = 40
	KERN_SYSV               = 42
	KERN_AFFINITY           = 43
	KERN_TRANSLATE          = 44
	KERN_EXEC               = 45
	KERN_AIOMAX             = 46
	KERN_AIOPROCMAX         = 47
	KERN_AIOTHREADS         = 48
	KERN_PROCARGS2          = 49
	KERN_COREFILE           = 50
	KERN_COREDUMP           = 51
	KERN_SUGID_COREDUMP     = 52
	KERN_PROCDELAYTERM      = 53
	KERN_SHREG_PRIVATIZABLE = 54
	KERN_LOW_PRI_WINDOW     = 56
	KERN_LOW_PRI_DELAY      = 57
	KERN_POSIX              = 58
	KERN_USRSTACK64         = 59
	KERN_NX_PROTECTION      = 60
	KERN_TFP                = 61
	KERN_PROCNAME           = 62
	KERN_THALTSTACK         = 63
	KERN_SPECULATIVE_READS  = 64
	KERN_OSVERSION          = 65
	KERN_SAFEBOOT           = 66
	KERN_RAGEVNODE          = 68
	KERN_TTY                = 69
	KERN_CHECKOPENEVT       = 70
	KERN_THREADNAME         = 71
	KERN_MAXID              = 72
)

// What KERN_PROC lists, the third number of the name.
const (
	KERN_PROC_ALL     = 0
	KERN_PROC_PID     = 1
	KERN_PROC_PGRP    = 2
	KERN_PROC_SESSION = 3
	KERN_PROC_TTY     = 4
	KERN_PROC_UID     = 5
	KERN_PROC_RUID    = 6
	KERN_PROC_LCID    = 7
)

// Names under CTL_KERN, KERN_IPC.
const (
	KIPC_MAXSOCKBUF     = 1
	KIPC_SOCKBUF_WASTE  = 2
	KIPC_SOMAXCONN      = 3
	KIPC_MAX_LINKHDR    = 4
	KIPC_MAX_PROTOHDR   = 5
	KIPC_MAX_HDR        = 6
	KIPC_MAX_DATALEN    = 7
	KIPC_MBSTAT         = 8
	KIPC_NMBCLUSTERS    = 9
	KIPC_SOQLIMITCOMPAT = 10
)

// Names under CTL_VM.
const (
	VM_METER      = 1
	VM_LOADAVG    = 2
	VM_MACHFACTOR = 4
	VM_SWAPUSAGE  = 5
	VM_MAXID      = 6
)

// Names under CTL_HW.
const (
	HW_MACHINE      = 1
	HW_MODEL        = 2
	HW_NCPU         = 3
	HW_BYTEORDER    = 4
	HW_PHYSMEM      = 5
	HW_USERMEM      = 6
	HW_PAGESIZE     = 7
	HW_DISKNAMES    = 8
	HW_DISKSTATS    = 9
	HW_EPOCH        = 10
	HW_FLOATINGPT   = 11
	HW_MACHINE_ARCH = 12
	HW_VECTORUNIT   = 13
	HW_BUS_FREQ     = 14
	HW_CPU_FREQ     = 15
	HW_CACHELINE    = 16
	HW_L1ICACHESIZE = 17
	HW_L1DCACHESIZE = 18
	HW_L2SETTINGS   = 19
	HW_L2CACHESIZE  = 20
	HW_L3SETTINGS   = 21
	HW_L3CACHESIZE  = 22
	HW_TB_FREQ      = 23
	HW_MEMSIZE      = 24
	HW_AVAILCPU     = 25
	HW_TARGET       = 26
	HW_PRODUCT      = 27
	HW_MAXID        = 28
)

// Names under CTL_USER.
const (
	USER_CS_PATH          = 1
	USER_BC_BASE_MAX      = 2
	USER_BC_DIM_MAX       = 3
	USER_BC_SCALE_MAX     = 4
	USER_BC_STRING_MAX    = 5
	USER_COLL_WEIGHTS_MAX = 6
	USER_EXPR_NEST_MAX    = 7
	USER_LINE_MAX         = 8
	USER_RE_DUP_MAX       = 9
	USER_POSIX2_VERSION   = 10
	USER_POSIX2_C_BIND    = 11
	USER_POSIX2_C_DEV     = 12
	USER_POSIX2_CHAR_TERM = 13
	USER_POSIX2_FORT_DEV  = 14
	USER_POSIX2_FORT_RUN  = 15
	USER_POSIX2_LOCALEDEF = 16
	USER_POSIX2_SW_DEV    = 17
	USER_POSIX2_UPE       = 18
	USER_STREAM_MAX       = 19
	USER_TZNAME_MAX       = 20
	USER_MAXID            = 21
)

// Loadavg is struct loadavg, of VM_LOADAVG: averages over 1, 5 and 15 minutes as
// multiples of 1/Fscale.
type Loadavg struct {
	Ldavg  [3]uint32
	_      [4]byte
	Fscale int64
}

// Clockinfo is struct clockinfo, of KERN_CLOCKRATE.
type Clockinfo struct {
	Hz      int32 // ticks a second
	Tick    int32 // microseconds a tick
	Tickadj int32
	Stathz  int32
	Profhz  int32
}

// XswUsage is struct xsw_usage, of VM_SWAPUSAGE, sizes in bytes.
type XswUsage struct {
	Total     uint64
	Avail     uint64
	Used      uint64
	Pagesize  uint32
	Encrypted uint32
}

// FSCALE is Loadavg.Fscale's usual value.
const FSCALE = 1 << 11
