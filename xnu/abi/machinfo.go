package abi

// A Mach info call counts its answer in natural_t, units of 4 bytes: the count
// of a structure is its size divided by 4.

// InfoCount returns the size of the structure v in natural_t, as Mach's info
// calls count it.
func InfoCount(v any) uint32 { return uint32(SizeOf(v) / 4) }

// Flavours of task_info (osfmk/mach/task_info.h).
const (
	TASK_BASIC_INFO_32        = 4
	TASK_BASIC_INFO_64        = 5 // the same number on both architectures for what the program was built with
	TASK_BASIC2_INFO_32       = 6
	TASK_BASIC_INFO_64_2      = 18 // what arm64 programs call TASK_BASIC_INFO_64
	TASK_ABSOLUTETIME_INFO    = 1
	TASK_EVENTS_INFO          = 2
	TASK_THREAD_TIMES_INFO    = 3
	TASK_KERNELMEMORY_INFO    = 7
	TASK_SCHED_TIMESHARE_INFO = 10
	TASK_SECURITY_TOKEN       = 13
	TASK_SCHED_INFO           = 14
	TASK_AUDIT_TOKEN          = 15
	TASK_AFFINITY_TAG_INFO    = 16
	TASK_DYLD_INFO            = 17
	TASK_EXTMOD_INFO          = 19
	MACH_TASK_BASIC_INFO      = 20
	TASK_POWER_INFO           = 21
	TASK_VM_INFO              = 22
	TASK_VM_INFO_PURGEABLE    = 23
	TASK_TRACE_MEMORY_INFO    = 24
	TASK_WAIT_STATE_INFO      = 25
	TASK_POWER_INFO_V2        = 26
	TASK_FLAGS_INFO           = 28
	TASK_DEBUG_INFO_INTERNAL  = 29
	TASK_SUSPEND_STATS_INFO   = 30
	TASK_SUSPEND_SOURCES_INFO = 31

	TASK_DYLD_ALL_IMAGE_INFO_32 = 0
	TASK_DYLD_ALL_IMAGE_INFO_64 = 1
)

// TimeValue is time_value_t: seconds and microseconds.
type TimeValue struct {
	Seconds      int32
	Microseconds int32
}

// TaskBasicInfo64 is struct task_basic_info_64. Sizes are in bytes. It is packed
// to 4 bytes, as every structure here is.
type TaskBasicInfo64 struct {
	SuspendCount int32
	VirtualSize  uint64
	ResidentSize uint64
	UserTime     TimeValue
	SystemTime   TimeValue
	Policy       int32
}

// MachTaskBasicInfo is struct mach_task_basic_info.
type MachTaskBasicInfo struct {
	VirtualSize     uint64
	ResidentSize    uint64
	ResidentSizeMax uint64
	UserTime        TimeValue
	SystemTime      TimeValue
	Policy          int32
	SuspendCount    int32
}

// TaskEventsInfo is struct task_events_info.
type TaskEventsInfo struct {
	Faults           int32
	Pageins          int32
	CowFaults        int32
	MessagesSent     int32
	MessagesReceived int32
	SyscallsMach     int32
	SyscallsUnix     int32
	Csw              int32
}

// TaskThreadTimesInfo is struct task_thread_times_info.
type TaskThreadTimesInfo struct {
	UserTime   TimeValue
	SystemTime TimeValue
}

// TaskAbsolutetimeInfo is struct task_absolutetime_info.
type TaskAbsolutetimeInfo struct {
	TotalUser     uint64
	TotalSystem   uint64
	ThreadsUser   uint64
	ThreadsSystem uint64
}

// TaskDyldInfo is struct task_dyld_info: where the dynamic linker keeps its
// dyld_all_image_infos.
type TaskDyldInfo struct {
	AllImageInfoAddr   Ptr
	AllImageInfoSize   uint64 // bytes
	AllImageInfoFormat int32
}

// TaskVMInfo is struct task_vm_info. Earlier revisions are its first bytes.
type TaskVMInfo struct {
	VirtualSize                            uint64
	RegionCount                            int32
	PageSize                               int32
	ResidentSize                           uint64
	ResidentSizePeak                       uint64
	Device                                 uint64
	DevicePeak                             uint64
	Internal                               uint64
	InternalPeak                           uint64
	External                               uint64
	ExternalPeak                           uint64
	Reusable                               uint64
	ReusablePeak                           uint64
	PurgeableVolatilePmap                  uint64
	PurgeableVolatileResident              uint64
	PurgeableVolatileVirtual               uint64
	Compressed                             uint64
	CompressedPeak                         uint64
	CompressedLifetime                     uint64
	PhysFootprint                          uint64
	MinAddress                             uint64
	MaxAddress                             uint64
	LedgerPhysFootprintPeak                int64
	LedgerPurgeableNonvolatile             int64
	LedgerPurgeableNovolatileCompressed    int64
	LedgerPurgeableVolatile                int64
	LedgerPurgeableVolatileCompressed      int64
	LedgerTagNetworkNonvolatile            int64
	LedgerTagNetworkNonvolatileCompressed  int64
	LedgerTagNetworkVolatile               int64
	LedgerTagNetworkVolatileCompressed     int64
	LedgerTagMediaFootprint                int64
	LedgerTagMediaFootprintCompressed      int64
	LedgerTagMediaNofootprint              int64
	LedgerTagMediaNofootprintCompressed    int64
	LedgerTagGraphicsFootprint             int64
	LedgerTagGraphicsFootprintCompressed   int64
	LedgerTagGraphicsNofootprint           int64
	LedgerTagGraphicsNofootprintCompressed int64
	LedgerTagNeuralFootprint               int64
	LedgerTagNeuralFootprintCompressed     int64
	LedgerTagNeuralNofootprint             int64
	LedgerTagNeuralNofootprintCompressed   int64
	LimitBytesRemaining                    uint64
	Decompressions                         int32
	LedgerSwapins                          int64
	LedgerTagNeuralNofootprintTotal        int64
	LedgerTagNeuralNofootprintPeak         int64
}

// Sizes of the revisions of task_vm_info, in natural_t.
const (
	TASK_VM_INFO_COUNT      = 93
	TASK_VM_INFO_REV0_COUNT = 36
	TASK_VM_INFO_REV1_COUNT = 38
	TASK_VM_INFO_REV2_COUNT = 42
	TASK_VM_INFO_REV3_COUNT = 84
	TASK_VM_INFO_REV4_COUNT = 86
	TASK_VM_INFO_REV5_COUNT = 87
)

// TaskFlagsInfo is struct task_flags_info.
type TaskFlagsInfo struct {
	Flags uint32
}

// TF_LP64 and TF_64B_DATA are set in TaskFlagsInfo.Flags of a 64-bit task.
const (
	TF_LP64     = 1
	TF_64B_DATA = 2
)

// TaskPowerInfo is struct task_power_info.
type TaskPowerInfo struct {
	TotalUser               uint64
	TotalSystem             uint64
	TaskInterruptWakeups    uint64
	TaskPlatformIdleWakeups uint64
	TaskTimerWakeupsBin1    uint64
	TaskTimerWakeupsBin2    uint64
}

// Flavours of thread_info (osfmk/mach/thread_info.h).
const (
	THREAD_BASIC_INFO           = 3
	THREAD_IDENTIFIER_INFO      = 4
	THREAD_EXTENDED_INFO        = 5
	THREAD_DEBUG_INFO_INTERNAL  = 6
	THREAD_SCHED_TIMESHARE_INFO = 10
	THREAD_SCHED_RR_INFO        = 11
	THREAD_SCHED_FIFO_INFO      = 12
)

// ThreadBasicInfo is struct thread_basic_info.
type ThreadBasicInfo struct {
	UserTime     TimeValue
	SystemTime   TimeValue
	CpuUsage     int32 // in TH_USAGE_SCALE
	Policy       int32
	RunState     int32
	Flags        int32
	SuspendCount int32
	SleepTime    int32 // seconds
}

// TH_USAGE_SCALE is full use of one processor; TH_STATE_ are the states of a
// thread, TH_FLAGS_ its flags.
const (
	TH_USAGE_SCALE              = 1000
	TH_STATE_RUNNING            = 1
	TH_STATE_STOPPED            = 2
	TH_STATE_WAITING            = 3
	TH_STATE_UNINTERRUPTIBLE    = 4
	TH_STATE_HALTED             = 5
	TH_FLAGS_SWAPPED            = 1
	TH_FLAGS_IDLE               = 2
	TH_FLAGS_GLOBAL_FORCED_IDLE = 4
)

// ThreadIdentifierInfo is struct thread_identifier_info.
type ThreadIdentifierInfo struct {
	ThreadId      uint64
	ThreadHandle  uint64 // TSD base
	DispatchQaddr uint64 // where the thread's dispatch queue is kept
}

// ThreadExtendedInfo is struct thread_extended_info.
type ThreadExtendedInfo struct {
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

// Flavours of thread_policy_set (osfmk/mach/thread_policy.h).
const (
	THREAD_STANDARD_POLICY        = 1
	THREAD_EXTENDED_POLICY        = 1
	THREAD_TIME_CONSTRAINT_POLICY = 2
	THREAD_PRECEDENCE_POLICY      = 3
	THREAD_AFFINITY_POLICY        = 4
	THREAD_BACKGROUND_POLICY      = 5
	THREAD_LATENCY_QOS_POLICY     = 7
	THREAD_THROUGHPUT_QOS_POLICY  = 8
	THREAD_QOS_POLICY             = 9
)

// Flavours of task_policy_set (osfmk/mach/task_policy.h).
const (
	TASK_CATEGORY_POLICY            = 1
	TASK_SUPPRESSION_POLICY         = 3
	TASK_POLICY_STATE               = 4
	TASK_BASE_QOS_POLICY            = 8
	TASK_OVERRIDE_QOS_POLICY        = 9
	TASK_BASE_LATENCY_QOS_POLICY    = 10
	TASK_BASE_THROUGHPUT_QOS_POLICY = 11
)

// Flavours of host_info, host_statistics and host_processor_info
// (osfmk/mach/host_info.h, osfmk/mach/processor_info.h).
const (
	HOST_BASIC_INFO          = 1
	HOST_SCHED_INFO          = 3
	HOST_RESOURCE_SIZES      = 4
	HOST_PRIORITY_INFO       = 5
	HOST_SEMAPHORE_TRAPS     = 7
	HOST_MACH_MSG_TRAP       = 8
	HOST_VM_PURGABLE         = 9
	HOST_DEBUG_INFO_INTERNAL = 10
	HOST_CAN_HAS_DEBUGGER    = 11
	HOST_PREFERRED_USER_ARCH = 12
	HOST_LOAD_INFO           = 1
	HOST_VM_INFO             = 2
	HOST_CPU_LOAD_INFO       = 3
	HOST_VM_INFO64           = 4
	HOST_EXTMOD_INFO64       = 5
	HOST_EXPIRED_TASK_INFO   = 6
	PROCESSOR_BASIC_INFO     = 1
	PROCESSOR_CPU_LOAD_INFO  = 2
)

// HostBasicInfo is struct host_basic_info.
type HostBasicInfo struct {
	MaxCpus        int32
	AvailCpus      int32
	MemorySize     uint32 // the same, cut to 2 GiB
	CpuType        int32
	CpuSubtype     int32
	CpuThreadtype  int32
	PhysicalCpu    int32
	PhysicalCpuMax int32
	LogicalCpu     int32
	LogicalCpuMax  int32
	MaxMem         uint64 // physical memory, bytes
}

// HostBasicInfoOldCount is the size in natural_t of the first host_basic_info,
// which some programs still ask for.
const HostBasicInfoOldCount = 5

// HostSchedInfo is struct host_sched_info; times are in milliseconds.
type HostSchedInfo struct {
	MinTimeout int32
	MinQuantum int32
}

// HostPriorityInfo is struct host_priority_info.
type HostPriorityInfo struct {
	KernelPriority  int32
	SystemPriority  int32
	ServerPriority  int32
	UserPriority    int32
	DepressPriority int32
	IdlePriority    int32
	MinimumPriority int32
	MaximumPriority int32
}

// HostLoadInfo is struct host_load_info; averages are multiples of 1/LOAD_SCALE.
type HostLoadInfo struct {
	Avenrun    [3]int32
	MachFactor [3]int32
}

// HostCPULoadInfo is struct host_cpu_load_info: clock ticks in each CPU_STATE_.
type HostCPULoadInfo struct {
	CpuTicks [4]uint32
}

// Scale of HostLoadInfo and indexes of HostCPULoadInfo.
const (
	LOAD_SCALE       = 1000
	CPU_STATE_USER   = 0
	CPU_STATE_SYSTEM = 1
	CPU_STATE_IDLE   = 2
	CPU_STATE_NICE   = 3
	CPU_STATE_MAX    = 4
)

// HostPreferredUserArch is struct host_preferred_user_arch.
type HostPreferredUserArch struct {
	CpuType    int32
	CpuSubtype int32
}

// VMStatistics64 is struct vm_statistics64 (osfmk/mach/vm_statistics.h), counts
// of pages and of events.
type VMStatistics64 struct {
	FreeCount                          uint32
	ActiveCount                        uint32
	InactiveCount                      uint32
	WireCount                          uint32
	ZeroFillCount                      uint64
	Reactivations                      uint64
	Pageins                            uint64
	Pageouts                           uint64
	Faults                             uint64
	CowFaults                          uint64
	Lookups                            uint64
	Hits                               uint64
	Purges                             uint64
	PurgeableCount                     uint32
	SpeculativeCount                   uint32
	Decompressions                     uint64
	Compressions                       uint64
	Swapins                            uint64
	Swapouts                           uint64
	CompressorPageCount                uint32
	ThrottledCount                     uint32
	ExternalPageCount                  uint32
	InternalPageCount                  uint32
	TotalUncompressedPagesInCompressor uint64
}

// Types of processor (osfmk/mach/machine.h).
const (
	CPU_TYPE_X86                            = 0x7
	CPU_TYPE_X86_64                         = 0x1000007
	CPU_TYPE_ARM                            = 0xc
	CPU_TYPE_ARM64                          = 0x100000c
	CPU_SUBTYPE_X86_64_ALL                  = 0x3
	CPU_SUBTYPE_X86_64_H                    = 0x8
	CPU_SUBTYPE_ARM64_ALL                   = 0x0
	CPU_SUBTYPE_ARM64_V8                    = 0x1
	CPU_SUBTYPE_ARM64E                      = 0x2
	CPU_SUBTYPE_INTEL_FAMILY_MAX            = 0xf
	CPU_THREADTYPE_NONE                     = 0x0
	CPU_THREADTYPE_INTEL_HTT                = 0x1
	CPUFAMILY_INTEL_PENRYN           uint32 = 0x78ea4fbc
	CPUFAMILY_INTEL_NEHALEM          uint32 = 0x6b5a4cd2
	CPUFAMILY_INTEL_WESTMERE         uint32 = 0x573b5eec
	CPUFAMILY_INTEL_SANDYBRIDGE      uint32 = 0x5490b78c
	CPUFAMILY_INTEL_IVYBRIDGE        uint32 = 0x1f65e835
	CPUFAMILY_INTEL_HASWELL          uint32 = 0x10b282dc
	CPUFAMILY_ARM_FIRESTORM_ICESTORM uint32 = 0x1b588bb3
	CPUFAMILY_ARM_BLIZZARD_AVALANCHE uint32 = 0xda33d83d
)

// Flavours of mach_vm_region (osfmk/mach/vm_region.h).
const (
	VM_REGION_BASIC_INFO_64              = 9
	VM_REGION_BASIC_INFO                 = 10
	VM_REGION_EXTENDED_INFO              = 13
	VM_REGION_TOP_INFO                   = 12
	VM_REGION_SUBMAP_INFO_V0_COUNT_64    = 16
	VM_REGION_SUBMAP_INFO_V1_COUNT_64    = 17
	VM_REGION_SUBMAP_INFO_V2_COUNT_64    = 19
	VM_REGION_SUBMAP_SHORT_INFO_COUNT_64 = 12
)

// How a region's memory is shared, share_mode.
const (
	SM_COW             = 1
	SM_PRIVATE         = 2
	SM_EMPTY           = 3
	SM_SHARED          = 4
	SM_TRUESHARED      = 5
	SM_PRIVATE_ALIASED = 6
	SM_SHARED_ALIASED  = 7
	SM_LARGE_PAGE      = 8
)

// VMRegionBasicInfo64 is struct vm_region_basic_info_64.
type VMRegionBasicInfo64 struct {
	Protection     int32
	MaxProtection  int32
	Inheritance    uint32
	Shared         uint32
	Reserved       uint32
	Offset         uint64
	Behavior       int32
	UserWiredCount uint16
	_              [2]byte
}

// VMRegionExtendedInfo is struct vm_region_extended_info.
type VMRegionExtendedInfo struct {
	Protection            int32
	UserTag               uint32
	PagesResident         uint32
	PagesSharedNowPrivate uint32
	PagesSwappedOut       uint32
	PagesDirtied          uint32
	RefCount              uint32
	ShadowDepth           uint16
	ExternalPager         uint8
	ShareMode             uint8
	PagesReusable         uint32
}

// VMRegionTopInfo is struct vm_region_top_info.
type VMRegionTopInfo struct {
	ObjId                uint32
	RefCount             uint32
	PrivatePagesResident uint32
	SharedPagesResident  uint32
	ShareMode            uint8
	_                    [3]byte
}

// VMRegionSubmapInfo64 is struct vm_region_submap_info_64.
type VMRegionSubmapInfo64 struct {
	Protection            int32
	MaxProtection         int32
	Inheritance           uint32
	Offset                uint64
	UserTag               uint32
	PagesResident         uint32
	PagesSharedNowPrivate uint32
	PagesSwappedOut       uint32
	PagesDirtied          uint32
	RefCount              uint32
	ShadowDepth           uint16
	ExternalPager         uint8
	ShareMode             uint8
	IsSubmap              uint32
	Behavior              int32
	ObjectId              uint32
	UserWiredCount        uint16
	_                     [2]byte
	PagesReusable         uint32
	ObjectIdFull          uint64
}

// VMRegionSubmapShortInfo64 is struct vm_region_submap_short_info_64.
type VMRegionSubmapShortInfo64 struct {
	Protection     int32
	MaxProtection  int32
	Inheritance    uint32
	Offset         uint64
	UserTag        uint32
	RefCount       uint32
	ShadowDepth    uint16
	ExternalPager  uint8
	ShareMode      uint8
	IsSubmap       uint32
	Behavior       int32
	ObjectId       uint32
	UserWiredCount uint16
	_              [2]byte
}
