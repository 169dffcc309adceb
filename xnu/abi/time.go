package abi

// Timespec is struct timespec: seconds and nanoseconds (bsd/sys/_types/_timespec.h).
type Timespec struct {
	Sec  int64
	Nsec int64
}

// Put writes the structure to b, which holds at least its 16 bytes.
func (s *Timespec) Put(b []byte) {
	_ = b[15]
	le.PutUint64(b, uint64(s.Sec))
	le.PutUint64(b[8:], uint64(s.Nsec))
}

// Get reads the structure from b, which holds at least its 16 bytes.
func (s *Timespec) Get(b []byte) {
	_ = b[15]
	s.Sec = int64(le.Uint64(b))
	s.Nsec = int64(le.Uint64(b[8:]))
}

// Timeval is struct timeval: seconds and microseconds. The microseconds are 32
// bits wide, followed by 4 bytes of padding (bsd/sys/_types/_timeval.h).
type Timeval struct {
	Sec  int64
	Usec int32
	_    [4]byte
}

// Put writes the structure to b, which holds at least its 16 bytes.
func (s *Timeval) Put(b []byte) {
	clear(b[:16])
	le.PutUint64(b, uint64(s.Sec))
	le.PutUint32(b[8:], uint32(s.Usec))
}

// Get reads the structure from b, which holds at least its 16 bytes.
func (s *Timeval) Get(b []byte) {
	_ = b[15]
	s.Sec = int64(le.Uint64(b))
	s.Usec = int32(le.Uint32(b[8:]))
}

// Timezone is struct timezone (bsd/sys/time.h).
type Timezone struct {
	Minuteswest int32 // minutes west of Greenwich
	Dsttime     int32 // kind of summer time
}

// Put writes the structure to b, which holds at least its 8 bytes.
func (s *Timezone) Put(b []byte) {
	_ = b[7]
	le.PutUint32(b, uint32(s.Minuteswest))
	le.PutUint32(b[4:], uint32(s.Dsttime))
}

// Get reads the structure from b, which holds at least its 8 bytes.
func (s *Timezone) Get(b []byte) {
	_ = b[7]
	s.Minuteswest = int32(le.Uint32(b))
	s.Dsttime = int32(le.Uint32(b[4:]))
}

// Itimerval is struct itimerval (bsd/sys/time.h).
type Itimerval struct {
	Interval Timeval // period of the timer
	Value    Timeval // time until it fires
}

// Put writes the structure to b, which holds at least its 32 bytes.
func (s *Itimerval) Put(b []byte) {
	_ = b[31]
	s.Interval.Put(b)
	s.Value.Put(b[16:])
}

// Get reads the structure from b, which holds at least its 32 bytes.
func (s *Itimerval) Get(b []byte) {
	_ = b[31]
	s.Interval.Get(b)
	s.Value.Get(b[16:])
}

// Interval timers (setitimer(2)).
const (
	ITIMER_REAL    = 0 // wall clock; SIGALRM
	ITIMER_VIRTUAL = 1 // user time; SIGVTALRM
	ITIMER_PROF    = 2 // user and system time; SIGPROF
)

// Clocks of clock_gettime(3). They are the C library's numbers (Libc's time.h):
// no system call takes one.
const (
	CLOCK_REALTIME             = 0
	CLOCK_MONOTONIC_RAW        = 4
	CLOCK_MONOTONIC_RAW_APPROX = 5
	CLOCK_MONOTONIC            = 6
	CLOCK_UPTIME_RAW           = 8
	CLOCK_UPTIME_RAW_APPROX    = 9
	CLOCK_PROCESS_CPUTIME_ID   = 12
	CLOCK_THREAD_CPUTIME_ID    = 16
)

// Rusage is struct rusage (bsd/sys/resource.h). Maxrss is in bytes, unlike on
// other systems.
type Rusage struct {
	Utime    Timeval
	Stime    Timeval
	Maxrss   int64 // largest resident size, bytes
	Ixrss    int64
	Idrss    int64
	Isrss    int64
	Minflt   int64 // faults served without the disk
	Majflt   int64 // faults that needed the disk
	Nswap    int64
	Inblock  int64
	Oublock  int64
	Msgsnd   int64
	Msgrcv   int64
	Nsignals int64
	Nvcsw    int64 // voluntary context switches
	Nivcsw   int64 // involuntary context switches
}

// Put writes the structure to b, which holds at least its 144 bytes.
func (s *Rusage) Put(b []byte) {
	_ = b[143]
	s.Utime.Put(b)
	s.Stime.Put(b[16:])
	le.PutUint64(b[32:], uint64(s.Maxrss))
	le.PutUint64(b[40:], uint64(s.Ixrss))
	le.PutUint64(b[48:], uint64(s.Idrss))
	le.PutUint64(b[56:], uint64(s.Isrss))
	le.PutUint64(b[64:], uint64(s.Minflt))
	le.PutUint64(b[72:], uint64(s.Majflt))
	le.PutUint64(b[80:], uint64(s.Nswap))
	le.PutUint64(b[88:], uint64(s.Inblock))
	le.PutUint64(b[96:], uint64(s.Oublock))
	le.PutUint64(b[104:], uint64(s.Msgsnd))
	le.PutUint64(b[112:], uint64(s.Msgrcv))
	le.PutUint64(b[120:], uint64(s.Nsignals))
	le.PutUint64(b[128:], uint64(s.Nvcsw))
	le.PutUint64(b[136:], uint64(s.Nivcsw))
}

// Get reads the structure from b, which holds at least its 144 bytes.
func (s *Rusage) Get(b []byte) {
	_ = b[143]
	s.Utime.Get(b)
	s.Stime.Get(b[16:])
	s.Maxrss = int64(le.Uint64(b[32:]))
	s.Ixrss = int64(le.Uint64(b[40:]))
	s.Idrss = int64(le.Uint64(b[48:]))
	s.Isrss = int64(le.Uint64(b[56:]))
	s.Minflt = int64(le.Uint64(b[64:]))
	s.Majflt = int64(le.Uint64(b[72:]))
	s.Nswap = int64(le.Uint64(b[80:]))
	s.Inblock = int64(le.Uint64(b[88:]))
	s.Oublock = int64(le.Uint64(b[96:]))
	s.Msgsnd = int64(le.Uint64(b[104:]))
	s.Msgrcv = int64(le.Uint64(b[112:]))
	s.Nsignals = int64(le.Uint64(b[120:]))
	s.Nvcsw = int64(le.Uint64(b[128:]))
	s.Nivcsw = int64(le.Uint64(b[136:]))
}

// Whose resources getrusage(2) tells of.
const (
	RUSAGE_SELF     = 0
	RUSAGE_CHILDREN = -1
)

// Flavours of proc_pid_rusage (bsd/sys/resource.h).
const (
	RUSAGE_INFO_V0      = 0
	RUSAGE_INFO_V1      = 1
	RUSAGE_INFO_V2      = 2
	RUSAGE_INFO_V3      = 3
	RUSAGE_INFO_V4      = 4
	RUSAGE_INFO_V5      = 5
	RUSAGE_INFO_V6      = 6
	RUSAGE_INFO_CURRENT = RUSAGE_INFO_V6
)

// RusageInfoV6 is struct rusage_info_v6 (bsd/sys/resource.h). The earlier
// flavours are its first bytes: see [RusageInfoSize]. Times are in mach
// absolute-time units, memory in bytes.
type RusageInfoV6 struct {
	Uuid                       [16]byte
	UserTime                   uint64
	SystemTime                 uint64
	PkgIdleWkups               uint64
	InterruptWkups             uint64
	Pageins                    uint64
	WiredSize                  uint64
	ResidentSize               uint64
	PhysFootprint              uint64
	ProcStartAbstime           uint64
	ProcExitAbstime            uint64
	ChildUserTime              uint64
	ChildSystemTime            uint64
	ChildPkgIdleWkups          uint64
	ChildInterruptWkups        uint64
	ChildPageins               uint64
	ChildElapsedAbstime        uint64
	DiskioBytesread            uint64
	DiskioByteswritten         uint64
	CpuTimeQosDefault          uint64
	CpuTimeQosMaintenance      uint64
	CpuTimeQosBackground       uint64
	CpuTimeQosUtility          uint64
	CpuTimeQosLegacy           uint64
	CpuTimeQosUserInitiated    uint64
	CpuTimeQosUserInteractive  uint64
	BilledSystemTime           uint64
	ServicedSystemTime         uint64
	LogicalWrites              uint64
	LifetimeMaxPhysFootprint   uint64
	Instructions               uint64
	Cycles                     uint64
	BilledEnergy               uint64
	ServicedEnergy             uint64
	IntervalMaxPhysFootprint   uint64
	RunnableTime               uint64
	Flags                      uint64
	UserPtime                  uint64
	SystemPtime                uint64
	Pinstructions              uint64
	Pcycles                    uint64
	EnergyNj                   uint64
	PenergyNj                  uint64
	SecureTimeInSystem         uint64
	SecurePtimeInSystem        uint64
	NeuralFootprint            uint64
	LifetimeMaxNeuralFootprint uint64
	IntervalMaxNeuralFootprint uint64
	_                          [9]uint64
}

// RusageInfoSize returns the size in bytes of a flavour's structure, or 0 when
// there is no such flavour.
func RusageInfoSize(flavor int32) int {
	switch flavor {
	case RUSAGE_INFO_V0:
		return 96
	case RUSAGE_INFO_V1:
		return 144
	case RUSAGE_INFO_V2:
		return 160
	case RUSAGE_INFO_V3:
		return 232
	case RUSAGE_INFO_V4:
		return 296
	case RUSAGE_INFO_V5:
		return 304
	case RUSAGE_INFO_V6:
		return 464
	}
	return 0
}

// Rlimit is struct rlimit (bsd/sys/resource.h).
type Rlimit struct {
	Cur uint64 // soft limit, or RLIM_INFINITY
	Max uint64 // hard limit, or RLIM_INFINITY
}

// Put writes the structure to b, which holds at least its 16 bytes.
func (s *Rlimit) Put(b []byte) {
	_ = b[15]
	le.PutUint64(b, s.Cur)
	le.PutUint64(b[8:], s.Max)
}

// Get reads the structure from b, which holds at least its 16 bytes.
func (s *Rlimit) Get(b []byte) {
	_ = b[15]
	s.Cur = le.Uint64(b)
	s.Max = le.Uint64(b[8:])
}

// RLIM_INFINITY means no limit.
const RLIM_INFINITY uint64 = 1<<63 - 1

// Resources of getrlimit(2).
const (
	RLIMIT_CPU        = 0 // seconds
	RLIMIT_FSIZE      = 1 // bytes
	RLIMIT_DATA       = 2 // bytes
	RLIMIT_STACK      = 3 // bytes
	RLIMIT_CORE       = 4 // bytes
	RLIMIT_AS         = 5 // bytes
	RLIMIT_RSS        = 5 // bytes; the same number as RLIMIT_AS
	RLIMIT_MEMLOCK    = 6 // bytes
	RLIMIT_NPROC      = 7 // processes of the user
	RLIMIT_NOFILE     = 8 // open files
	RLIM_NLIMITS      = 9
	RLIMIT_POSIX_FLAG = 0x1000 // or-ed to the number by callers that want POSIX rules
)

// Priorities (getpriority(2)).
const (
	PRIO_PROCESS        = 0
	PRIO_PGRP           = 1
	PRIO_USER           = 2
	PRIO_DARWIN_THREAD  = 3
	PRIO_DARWIN_PROCESS = 4
	PRIO_MIN            = -20
	PRIO_MAX            = 20
	PRIO_DARWIN_BG      = 4096
	PRIO_DARWIN_NONUI   = 4097
)

// I/O policy, iopolicysys (setiopolicy_np(3)).
const (
	IOPOL_TYPE_DISK                           = 0
	IOPOL_TYPE_VFS_ATIME_UPDATES              = 2
	IOPOL_TYPE_VFS_MATERIALIZE_DATALESS_FILES = 3
	IOPOL_TYPE_VFS_STATFS_NO_DATA_VOLUME      = 4
	IOPOL_TYPE_VFS_HFS_CASE_SENSITIVITY       = 1
	IOPOL_TYPE_VFS_TRIGGER_RESOLVE            = 5
	IOPOL_TYPE_VFS_IGNORE_CONTENT_PROTECTION  = 6
	IOPOL_TYPE_VFS_IGNORE_PERMISSIONS         = 7
	IOPOL_TYPE_VFS_SKIP_MTIME_UPDATE          = 8
	IOPOL_TYPE_VFS_ALLOW_LOW_SPACE_WRITES     = 9
	IOPOL_TYPE_VFS_DISALLOW_RW_FOR_O_EVTONLY  = 10
	IOPOL_SCOPE_PROCESS                       = 0
	IOPOL_SCOPE_THREAD                        = 1
	IOPOL_SCOPE_DARWIN_BG                     = 2
	IOPOL_DEFAULT                             = 0
	IOPOL_IMPORTANT                           = 1
	IOPOL_PASSIVE                             = 2
	IOPOL_THROTTLE                            = 3
	IOPOL_UTILITY                             = 4
	IOPOL_STANDARD                            = 5
	IOPOL_CMD_GET                             = 0
	IOPOL_CMD_SET                             = 1
)

// IopolParam is what iopolicysys reads and, for IOPOL_CMD_GET, writes back
// (bsd/sys/resource_private.h). Its command is the call's first argument.
type IopolParam struct {
	Scope  int32
	Iotype int32
	Policy int32
}

// Put writes the structure to b, which holds at least its 12 bytes.
func (s *IopolParam) Put(b []byte) {
	_ = b[11]
	le.PutUint32(b, uint32(s.Scope))
	le.PutUint32(b[4:], uint32(s.Iotype))
	le.PutUint32(b[8:], uint32(s.Policy))
}

// Get reads the structure from b, which holds at least its 12 bytes.
func (s *IopolParam) Get(b []byte) {
	_ = b[11]
	s.Scope = int32(le.Uint32(b))
	s.Iotype = int32(le.Uint32(b[4:]))
	s.Policy = int32(le.Uint32(b[8:]))
}
