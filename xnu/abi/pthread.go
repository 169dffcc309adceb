package abi

// PthreadRegistration is struct _pthread_registration_data, what
// bsdthread_register reads and writes back (libpthread, kern/kern_internal.h).
// It has grown over the years: Version is its size in bytes in the calling
// library. Programs and the kernel exchange the smaller of their two sizes.
type PthreadRegistration struct {
	Version               uint64
	DispatchQueueOffset   uint64
	MainQos               uint64 // written by the kernel
	TsdOffset             uint32 // of the thread-specific data in a pthread structure, bytes
	ReturnToKernelOffset  uint32
	MachThreadSelfOffset  uint32
	StackAddrHint         uint64 // written by the kernel
	MutexDefaultPolicy    uint32 // written by the kernel
	JoinableOffsetBits    uint32
	WqQuantumExpiryOffset uint32
}

// Flags of bsdthread_create, and of a thread's start (libpthread, kern/kern_internal.h).
const (
	PTHREAD_START_CUSTOM        = 0x01000000 // the caller made the stack; the only way left
	PTHREAD_START_SETSCHED      = 0x02000000
	PTHREAD_START_QOSCLASS      = 0x08000000
	PTHREAD_START_TSD_BASE_SET  = 0x10000000 // set by the kernel: it has set the thread's TSD base
	PTHREAD_START_SUSPENDED     = 0x20000000
	PTHREAD_START_QOSCLASS_MASK = 0x00ffffff
)

// What bsdthread_register answers (libpthread, kern/kern_internal.h).
const (
	PTHREAD_FEATURE_DISPATCHFUNC      = 0x01
	PTHREAD_FEATURE_FINEPRIO          = 0x02
	PTHREAD_FEATURE_BSDTHREADCTL      = 0x04
	PTHREAD_FEATURE_SETSELF           = 0x08
	PTHREAD_FEATURE_QOS_MAINTENANCE   = 0x10
	PTHREAD_FEATURE_KEVENT            = 0x40
	PTHREAD_FEATURE_WORKLOOP          = 0x80
	PTHREAD_FEATURE_COOPERATIVE_WORKQ = 0x100
	PTHREAD_FEATURE_JIT_ALLOWLIST     = 0x200
	PTHREAD_FEATURE_JIT_FREEZE_LATE   = 0x800
	PTHREAD_FEATURE_JIT_ENTITLED      = 0x1000
	PTHREAD_FEATURE_QOS_DEFAULT       = 0x40000000

	// PTHREAD_FEATURE_SUPPORTED is what XNU answers on macOS.
	PTHREAD_FEATURE_SUPPORTED = PTHREAD_FEATURE_DISPATCHFUNC | PTHREAD_FEATURE_FINEPRIO | PTHREAD_FEATURE_BSDTHREADCTL |
		PTHREAD_FEATURE_SETSELF | PTHREAD_FEATURE_QOS_MAINTENANCE | PTHREAD_FEATURE_QOS_DEFAULT |
		PTHREAD_FEATURE_KEVENT | PTHREAD_FEATURE_WORKLOOP | PTHREAD_FEATURE_COOPERATIVE_WORKQ
)

// Bits of PthreadRegistration.MutexDefaultPolicy.
const (
	PTHREAD_REG_DEFAULT_POLICY_MASK       = 0xff
	PTHREAD_REG_DEFAULT_USE_ULOCK         = 0x100
	PTHREAD_REG_DEFAULT_USE_ADAPTIVE_SPIN = 0x200

	PTHREAD_MTX_OPT_POLICY_FAIRSHARE = 1
	PTHREAD_MTX_OPT_POLICY_FIRSTFIT  = 2
	PTHREAD_MTX_OPT_PSHARED          = 0x10
	PTHREAD_MTX_OPT_NOTIFY           = 0x1000
	PTHREAD_MTX_OPT_MUTEX            = 0x2000
)

// Operations and flags of ulock_wait and ulock_wake (bsd/sys/ulock.h).
const (
	UL_COMPARE_AND_WAIT            = 0x1
	UL_UNFAIR_LOCK                 = 0x2
	UL_COMPARE_AND_WAIT_SHARED     = 0x3
	UL_UNFAIR_LOCK64_SHARED        = 0x4
	UL_COMPARE_AND_WAIT64          = 0x5
	UL_COMPARE_AND_WAIT64_SHARED   = 0x6
	ULF_WAKE_ALL                   = 0x100
	ULF_WAKE_THREAD                = 0x200
	ULF_WAKE_ALLOW_NON_OWNER       = 0x400
	ULF_WAIT_WORKQ_DATA_CONTENTION = 0x10000
	ULF_WAIT_CANCEL_POINT          = 0x20000
	ULF_WAIT_ADAPTIVE_SPIN         = 0x40000
	ULF_NO_ERRNO                   = 0x1000000
	ULF_DEADLINE                   = 0x2000000
	UL_OPCODE_MASK                 = 0xff
	UL_FLAGS_MASK                  = 0xffffff00
	ULF_GENERIC_MASK               = 0xffff0000
	ULF_WAIT_MASK                  = 0x3070000
	ULF_WAKE_MASK                  = 0x1000700
)

// Operations of workq_kernreturn and flags of a work queue thread's start
// (bsd/pthread/workqueue_syscalls.h).
const (
	WQOPS_THREAD_RETURN              = 0x4
	WQOPS_QUEUE_NEWSPISUPP           = 0x10
	WQOPS_QUEUE_REQTHREADS           = 0x20
	WQOPS_QUEUE_REQTHREADS2          = 0x30
	WQOPS_THREAD_KEVENT_RETURN       = 0x40
	WQOPS_SET_EVENT_MANAGER_PRIORITY = 0x80
	WQOPS_THREAD_WORKLOOP_RETURN     = 0x100
	WQOPS_SHOULD_NARROW              = 0x200
	WQOPS_SETUP_DISPATCH             = 0x400
	WQ_FLAG_THREAD_PRIO_SCHED        = 0x8000
	WQ_FLAG_THREAD_PRIO_QOS          = 0x4000
	WQ_FLAG_THREAD_PRIO_MASK         = 0xfff
	WQ_FLAG_THREAD_OVERCOMMIT        = 0x10000
	WQ_FLAG_THREAD_REUSE             = 0x20000
	WQ_FLAG_THREAD_NEWSPI            = 0x40000
	WQ_FLAG_THREAD_KEVENT            = 0x80000
	WQ_FLAG_THREAD_EVENT_MANAGER     = 0x100000
	WQ_FLAG_THREAD_TSD_BASE_SET      = 0x200000
	WQ_FLAG_THREAD_WORKLOOP          = 0x400000
	WQ_FLAG_THREAD_OUTSIDEQOS        = 0x800000
	WQ_FLAG_THREAD_COOPERATIVE       = 0x1000000

	WQ_KEVENT_LIST_LEN  = 16       // events handed to a thread at once
	WQ_KEVENT_DATA_SIZE = 32 << 10 // bytes for their messages
)

// WorkqDispatchConfig is struct workq_dispatch_config, of WQOPS_SETUP_DISPATCH.
type WorkqDispatchConfig struct {
	Version           uint32
	Flags             uint32
	QueueSerialnoOffs uint64
	QueueLabelOffs    uint64
}

// Commands of kqueue_workloop_ctl and the fields that its parameters may have.
const (
	KQ_WORKLOOP_CREATE                   = 0x1
	KQ_WORKLOOP_DESTROY                  = 0x2
	KQ_WORKLOOP_CREATE_SCHED_PRI         = 0x1
	KQ_WORKLOOP_CREATE_SCHED_POL         = 0x2
	KQ_WORKLOOP_CREATE_CPU_PERCENT       = 0x4
	KQ_WORKLOOP_CREATE_WORK_INTERVAL     = 0x8
	KQ_WORKLOOP_CREATE_WITH_BOUND_THREAD = 0x10
)

// Commands of bsdthread_ctl (bsd/pthread/bsdthread_private.h).
const (
	BSDTHREAD_CTL_SET_QOS                                  = 0x10
	BSDTHREAD_CTL_GET_QOS                                  = 0x20
	BSDTHREAD_CTL_QOS_OVERRIDE_START                       = 0x40
	BSDTHREAD_CTL_QOS_OVERRIDE_END                         = 0x80
	BSDTHREAD_CTL_SET_SELF                                 = 0x100
	BSDTHREAD_CTL_QOS_OVERRIDE_RESET                       = 0x200
	BSDTHREAD_CTL_QOS_OVERRIDE_DISPATCH                    = 0x400
	BSDTHREAD_CTL_QOS_DISPATCH_ASYNCHRONOUS_OVERRIDE_ADD   = 0x401
	BSDTHREAD_CTL_QOS_DISPATCH_ASYNCHRONOUS_OVERRIDE_RESET = 0x402
	BSDTHREAD_CTL_QOS_MAX_PARALLELISM                      = 0x800
	BSDTHREAD_CTL_WORKQ_ALLOW_KILL                         = 0x1000
	BSDTHREAD_CTL_DISPATCH_APPLY_ATTR                      = 0x2000
	BSDTHREAD_CTL_WORKQ_ALLOW_SIGMASK                      = 0x4000

	// Flags of BSDTHREAD_CTL_SET_SELF (libpthread, private/pthread/qos_private.h).
	PTHREAD_SET_SELF_QOS_FLAG           = 0x1
	PTHREAD_SET_SELF_VOUCHER_FLAG       = 0x2
	PTHREAD_SET_SELF_FIXEDPRIORITY_FLAG = 0x4
	PTHREAD_SET_SELF_TIMESHARE_FLAG     = 0x8
	PTHREAD_SET_SELF_WQ_KEVENT_UNBIND   = 0x10
	PTHREAD_SET_SELF_ALTERNATE_CLUSTER  = 0x20
	PTHREAD_SET_SELF_QOS_OVERRIDE_FLAG  = 0x40

	// Flags of BSDTHREAD_CTL_QOS_MAX_PARALLELISM.
	PTHREAD_QOS_PARALLELISM_COUNT_LOGICAL       = 0x1
	PTHREAD_QOS_PARALLELISM_REALTIME            = 0x2
	PTHREAD_QOS_PARALLELISM_CLUSTER_SHARED_RSRC = 0x4
)

// Quality-of-service classes of programs (libpthread, sys/qos.h).
const (
	QOS_CLASS_USER_INTERACTIVE = 0x21
	QOS_CLASS_USER_INITIATED   = 0x19
	QOS_CLASS_DEFAULT          = 0x15
	QOS_CLASS_UTILITY          = 0x11
	QOS_CLASS_BACKGROUND       = 0x09
	QOS_CLASS_MAINTENANCE      = 0x05
	QOS_CLASS_UNSPECIFIED      = 0x00
)

// Classes of the kernel (osfmk/mach/thread_policy.h). A pthread_priority_t has
// bit THREAD_QOS_-1 set in its byte of classes.
const (
	THREAD_QOS_UNSPECIFIED      = 0
	THREAD_QOS_MAINTENANCE      = 1
	THREAD_QOS_BACKGROUND       = 2
	THREAD_QOS_UTILITY          = 3
	THREAD_QOS_LEGACY           = 4
	THREAD_QOS_USER_INITIATED   = 5
	THREAD_QOS_USER_INTERACTIVE = 6
	THREAD_QOS_LAST             = 7
)

// Parts of a pthread_priority_t (bsd/pthread/priority_private.h).
const (
	PTHREAD_PRIORITY_OVERCOMMIT_FLAG    = 0x80000000
	PTHREAD_PRIORITY_INHERIT_FLAG       = 0x40000000
	PTHREAD_PRIORITY_SCHED_PRI_FLAG     = 0x20000000
	PTHREAD_PRIORITY_ENFORCE_FLAG       = 0x10000000
	PTHREAD_PRIORITY_COOPERATIVE_FLAG   = 0x08000000
	PTHREAD_PRIORITY_FALLBACK_FLAG      = 0x04000000
	PTHREAD_PRIORITY_EVENT_MANAGER_FLAG = 0x02000000
	PTHREAD_PRIORITY_NEEDS_UNBIND_FLAG  = 0x01000000
	PTHREAD_PRIORITY_FLAGS_MASK         = 0xff000000
	PTHREAD_PRIORITY_QOS_CLASS_MASK     = 0x003fff00
	PTHREAD_PRIORITY_QOS_CLASS_SHIFT    = 8
	PTHREAD_PRIORITY_PRIORITY_MASK      = 0x000000ff // relative priority, minus 1
)

// PthreadPriority packs a class of the kernel and a relative priority, 0 to -15,
// into a pthread_priority_t. Class THREAD_QOS_UNSPECIFIED gives 0.
func PthreadPriority(qos uint32, relpri int32) uint32 {
	if qos == THREAD_QOS_UNSPECIFIED || qos >= THREAD_QOS_LAST {
		return 0
	}
	return 1<<(PTHREAD_PRIORITY_QOS_CLASS_SHIFT+qos-1) | uint32(relpri-1)&PTHREAD_PRIORITY_PRIORITY_MASK
}

// Bits of the words that psynch calls exchange: L, the lock word, and S, the
// sequence word (libpthread, kern/synch_internal.h). Above them both count in
// steps of PTHRW_INC.
const (
	PTH_RWL_KBIT     = 0x01 // cannot be acquired in user mode
	PTH_RWL_EBIT     = 0x02 // exclusively held
	PTH_RWL_WBIT     = 0x04 // writers wait in the kernel
	PTH_RWL_PBIT     = 0x04 // of a condition variable: a prepost waits in the kernel
	PTH_RWL_MTX_WAIT = 0x20
	PTH_RWL_UBIT     = 0x40 // unlocked
	PTH_RWL_MBIT     = 0x40 // in an answer: grants overlap
	PTH_RWL_IBIT     = 0x80 // reset, until the first unlock

	PTH_RWS_SBIT    = 0x01         // no sequence yet
	PTH_RWS_IBIT    = 0x02         // sequence not set on return
	PTH_RWS_WSVBIT  = 0x04         // keeps the W bit
	PTH_RWS_CV_CBIT = PTH_RWS_SBIT // the kernel has forgotten the condition variable
	PTH_RWS_CV_PBIT = PTH_RWS_IBIT // the kernel has preposts only
	PTH_RWS_CV_MBIT = PTH_RWL_MBIT // in an answer: a prepost

	PTH_RWS_CV_BITSALL = PTH_RWS_CV_CBIT | PTH_RWS_CV_PBIT

	PTHRW_COUNT_SHIFT = 8
	PTHRW_INC         = 1 << PTHRW_COUNT_SHIFT
	PTHRW_BIT_MASK    = PTHRW_INC - 1
	PTHRW_COUNT_MASK  = 0xffffff00
	PTHRW_RWL_INIT    = PTH_RWL_IBIT
	PTHRW_RWS_INIT    = PTH_RWS_SBIT
)
