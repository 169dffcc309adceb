package abi

// Calls of proc_info, its first argument (bsd/sys/proc_info_private.h).
const (
	PROC_INFO_CALL_LISTPIDS             = 1
	PROC_INFO_CALL_PIDINFO              = 2
	PROC_INFO_CALL_PIDFDINFO            = 3
	PROC_INFO_CALL_KERNMSGBUF           = 4
	PROC_INFO_CALL_SETCONTROL           = 5
	PROC_INFO_CALL_PIDFILEPORTINFO      = 6
	PROC_INFO_CALL_TERMINATE            = 7
	PROC_INFO_CALL_DIRTYCONTROL         = 8
	PROC_INFO_CALL_PIDRUSAGE            = 9
	PROC_INFO_CALL_PIDORIGINATORINFO    = 10
	PROC_INFO_CALL_LISTCOALITIONS       = 11
	PROC_INFO_CALL_CANUSEFGHW           = 12
	PROC_INFO_CALL_PIDDYNKQUEUEINFO     = 13
	PROC_INFO_CALL_UDATA_INFO           = 14
	PROC_INFO_CALL_SET_DYLD_IMAGES      = 15
	PROC_INFO_CALL_TERMINATE_RSR        = 16
	PROC_INFO_CALL_SIGNAL_AUDITTOKEN    = 17
	PROC_INFO_CALL_TERMINATE_AUDITTOKEN = 18
	PROC_INFO_CALL_DELEGATE_SIGNAL      = 19
	PROC_INFO_CALL_DELEGATE_TERMINATE   = 20
)

// Kinds of list of PROC_INFO_CALL_LISTPIDS.
const (
	PROC_ALL_PIDS  = 1
	PROC_PGRP_ONLY = 2
	PROC_TTY_ONLY  = 3
	PROC_UID_ONLY  = 4
	PROC_RUID_ONLY = 5
	PROC_PPID_ONLY = 6
	PROC_KDBG_ONLY = 7
)

// Flavours of PROC_INFO_CALL_PIDINFO.
const (
	PROC_PIDLISTFDS             = 1
	PROC_PIDTASKALLINFO         = 2
	PROC_PIDTBSDINFO            = 3
	PROC_PIDTASKINFO            = 4
	PROC_PIDTHREADINFO          = 5
	PROC_PIDLISTTHREADS         = 6
	PROC_PIDREGIONINFO          = 7
	PROC_PIDREGIONPATHINFO      = 8
	PROC_PIDVNODEPATHINFO       = 9
	PROC_PIDTHREADPATHINFO      = 10
	PROC_PIDPATHINFO            = 11
	PROC_PIDWORKQUEUEINFO       = 12
	PROC_PIDT_SHORTBSDINFO      = 13
	PROC_PIDLISTFILEPORTS       = 14
	PROC_PIDTHREADID64INFO      = 15
	PROC_PID_RUSAGE             = 16
	PROC_PIDUNIQIDENTIFIERINFO  = 17
	PROC_PIDT_BSDINFOWITHUNIQID = 18
	PROC_PIDARCHINFO            = 19
	PROC_PIDCOALITIONINFO       = 20
	PROC_PIDNOTEEXIT            = 21
	PROC_PIDREGIONPATHINFO2     = 22
	PROC_PIDREGIONPATHINFO3     = 23
	PROC_PIDEXITREASONINFO      = 24
	PROC_PIDEXITREASONBASICINFO = 25
	PROC_PIDLISTUPTRS           = 26
	PROC_PIDLISTDYNKQUEUES      = 27
	PROC_PIDLISTTHREADIDS       = 28
	PROC_PIDVMRTFAULTINFO       = 29
	PROC_PIDPLATFORMINFO        = 30
	PROC_PIDREGIONPATH          = 31
	PROC_PIDIPCTABLEINFO        = 32
	PROC_PIDTHREADSCHEDINFO     = 33
)

// Flavours of PROC_INFO_CALL_PIDFDINFO.
const (
	PROC_PIDFDVNODEINFO     = 1
	PROC_PIDFDVNODEPATHINFO = 2
	PROC_PIDFDSOCKETINFO    = 3
	PROC_PIDFDPSEMINFO      = 4
	PROC_PIDFDPSHMINFO      = 5
	PROC_PIDFDPIPEINFO      = 6
	PROC_PIDFDKQUEUEINFO    = 7
	PROC_PIDFDATALKINFO     = 8
	PROC_PIDFDCHANNELINFO   = 10
)

// Flavours of PROC_INFO_CALL_SETCONTROL and PROC_INFO_CALL_DIRTYCONTROL.
const (
	PROC_SELFSET_PCONTROL       = 1
	PROC_SELFSET_THREADNAME     = 2
	PROC_SELFSET_VMRSRCOWNER    = 3
	PROC_SELFSET_DELAYIDLESLEEP = 4
	PROC_DIRTYCONTROL_TRACK     = 1
	PROC_DIRTYCONTROL_SET       = 2
	PROC_DIRTYCONTROL_GET       = 3
	PROC_DIRTYCONTROL_CLEAR     = 4
)

// Sizes of answers that are no structure, in bytes.
const (
	PROC_PIDPATHINFO_MAXSIZE = 4096 // a larger buffer is refused
	PROC_PIDLISTTHREADS_SIZE = 8    // a thread handle
)

// Kinds of descriptor in [ProcFdinfo].
const (
	PROX_FDTYPE_ATALK     = 0
	PROX_FDTYPE_VNODE     = 1
	PROX_FDTYPE_SOCKET    = 2
	PROX_FDTYPE_PSHM      = 3
	PROX_FDTYPE_PSEM      = 4
	PROX_FDTYPE_KQUEUE    = 5
	PROX_FDTYPE_PIPE      = 6
	PROX_FDTYPE_FSEVENTS  = 7
	PROX_FDTYPE_NETPOLICY = 9
	PROX_FDTYPE_CHANNEL   = 10
	PROX_FDTYPE_NEXUS     = 11
)

// Flags of a process, pbi_flags.
const (
	PROC_FLAG_SYSTEM   = 0x1
	PROC_FLAG_TRACED   = 0x2
	PROC_FLAG_INEXIT   = 0x4
	PROC_FLAG_PPWAIT   = 0x8
	PROC_FLAG_LP64     = 0x10
	PROC_FLAG_SLEADER  = 0x20
	PROC_FLAG_CTTY     = 0x40
	PROC_FLAG_CONTROLT = 0x80
	PROC_FLAG_THCWD    = 0x100
	PROC_FLAG_PSUGID   = 0x2000
	PROC_FLAG_EXEC     = 0x4000
)

// Flags of a descriptor, fi_status.
const (
	PROC_FP_SHARED  = 0x1
	PROC_FP_CLEXEC  = 0x2
	PROC_FP_GUARDED = 0x4
	PROC_FP_CLFORK  = 0x8
)

// ProcBsdinfo is struct proc_bsdinfo (bsd/sys/proc_info.h).
type ProcBsdinfo struct {
	Flags       uint32
	Status      uint32
	Xstatus     uint32
	Pid         uint32
	Ppid        uint32
	Uid         uint32
	Gid         uint32
	Ruid        uint32
	Rgid        uint32
	Svuid       uint32
	Svgid       uint32
	_           uint32
	Comm        [16]byte // at most 15 bytes, zero-terminated
	Name        [32]byte // at most 31 bytes, zero-terminated
	Nfiles      uint32
	Pgid        uint32
	Pjobc       uint32
	Tdev        uint32
	Tpgid       uint32
	Nice        int32
	StartTvsec  uint64 // since 1970
	StartTvusec uint64
}

// ProcBsdshortinfo is struct proc_bsdshortinfo.
type ProcBsdshortinfo struct {
	Pid    uint32
	Ppid   uint32
	Pgid   uint32
	Status uint32
	Comm   [16]byte
	Flags  uint32
	Uid    uint32
	Gid    uint32
	Ruid   uint32
	Rgid   uint32
	Svuid  uint32
	Svgid  uint32
	_      uint32
}

// ProcTaskinfo is struct proc_taskinfo; sizes are in bytes, times in mach
// absolute-time units.
type ProcTaskinfo struct {
	VirtualSize      uint64
	ResidentSize     uint64
	TotalUser        uint64
	TotalSystem      uint64
	ThreadsUser      uint64
	ThreadsSystem    uint64
	Policy           int32
	Faults           int32
	Pageins          int32
	CowFaults        int32
	MessagesSent     int32
	MessagesReceived int32
	SyscallsMach     int32
	SyscallsUnix     int32
	Csw              int32
	Threadnum        int32
	Numrunning       int32
	Priority         int32
}

// ProcTaskallinfo is struct proc_taskallinfo.
type ProcTaskallinfo struct {
	Pbsd   ProcBsdinfo
	Ptinfo ProcTaskinfo
}

// ProcThreadinfo is struct proc_threadinfo; times are in nanoseconds.
type ProcThreadinfo struct {
	UserTime    uint64
	SystemTime  uint64
	CpuUsage    int32
	Policy      int32
	RunState    int32
	Flags       int32
	SleepTime   int32
	Curpri      int32
	Priority    int32
	Maxpriority int32
	Name        [64]byte
}

// ProcRegioninfo is struct proc_regioninfo.
type ProcRegioninfo struct {
	Protection            uint32
	MaxProtection         uint32
	Inheritance           uint32
	Flags                 uint32
	Offset                uint64
	Behavior              uint32
	UserWiredCount        uint32
	UserTag               uint32
	PagesResident         uint32
	PagesSharedNowPrivate uint32
	PagesSwappedOut       uint32
	PagesDirtied          uint32
	RefCount              uint32
	ShadowDepth           uint32
	ShareMode             uint32
	PrivatePagesResident  uint32
	SharedPagesResident   uint32
	ObjId                 uint32
	Depth                 uint32
	Address               uint64
	Size                  uint64 // bytes
}

// VinfoStat is struct vinfo_stat, a stat structure without nanoseconds of 64 bits.
type VinfoStat struct {
	Dev           uint32
	Mode          uint16
	Nlink         uint16
	Ino           uint64
	Uid           uint32
	Gid           uint32
	Atime         int64
	Atimensec     int64
	Mtime         int64
	Mtimensec     int64
	Ctime         int64
	Ctimensec     int64
	Birthtime     int64
	Birthtimensec int64
	Size          int64
	Blocks        int64
	Blksize       int32
	Flags         uint32
	Gen           uint32
	Rdev          uint32
	_             [2]int64
}

// VnodeInfo is struct vnode_info.
type VnodeInfo struct {
	Stat VinfoStat
	Type int32
	_    int32
	Fsid Fsid
}

// VnodeInfoPath is struct vnode_info_path.
type VnodeInfoPath struct {
	Vi   VnodeInfo
	Path [1024]byte // zero-terminated
}

// ProcFileinfo is struct proc_fileinfo.
type ProcFileinfo struct {
	Openflags  uint32
	Status     uint32
	Offset     int64
	Type       int32
	Guardflags uint32
}

// VnodeFdinfo is struct vnode_fdinfo, of PROC_PIDFDVNODEINFO.
type VnodeFdinfo struct {
	Pfi ProcFileinfo
	Pvi VnodeInfo
}

// VnodeFdinfowithpath is struct vnode_fdinfowithpath, of PROC_PIDFDVNODEPATHINFO.
type VnodeFdinfowithpath struct {
	Pfi  ProcFileinfo
	Pvip VnodeInfoPath
}

// ProcRegionwithpathinfo is struct proc_regionwithpathinfo, of PROC_PIDREGIONPATHINFO.
type ProcRegionwithpathinfo struct {
	Prinfo ProcRegioninfo
	Vip    VnodeInfoPath
}

// ProcRegionpath is struct proc_regionpath, of PROC_PIDREGIONPATH.
type ProcRegionpath struct {
	Addr         uint64
	Regionlength uint64
	Path         [1024]byte
}

// ProcVnodepathinfo is struct proc_vnodepathinfo, of PROC_PIDVNODEPATHINFO:
// current and root directory.
type ProcVnodepathinfo struct {
	Cdir VnodeInfoPath
	Rdir VnodeInfoPath
}

// ProcFdinfo is struct proc_fdinfo, an entry of PROC_PIDLISTFDS.
type ProcFdinfo struct {
	Fd     FD
	Fdtype uint32
}

// PipeInfo is struct pipe_info.
type PipeInfo struct {
	Stat       VinfoStat
	Handle     uint64
	Peerhandle uint64
	Status     int32
	_          int32
}

// PipeFdinfo is struct pipe_fdinfo, of PROC_PIDFDPIPEINFO.
type PipeFdinfo struct {
	Pfi      ProcFileinfo
	Pipeinfo PipeInfo
}

// ProcUniqidentifierinfo is struct proc_uniqidentifierinfo, of
// PROC_PIDUNIQIDENTIFIERINFO (bsd/sys/proc_info_private.h).
type ProcUniqidentifierinfo struct {
	Uuid            [16]byte
	Uniqueid        uint64
	Puniqueid       uint64
	Idversion       int32
	OrigPpidversion int32
	Reserve2        uint64
	_               uint64
}

// ProcArchinfo is struct proc_archinfo, of PROC_PIDARCHINFO.
type ProcArchinfo struct {
	Cputype    int32
	Cpusubtype int32
}

// SizeofSocketFdinfo is the size of struct socket_fdinfo, of PROC_PIDFDSOCKETINFO, in bytes.
const SizeofSocketFdinfo = 792
