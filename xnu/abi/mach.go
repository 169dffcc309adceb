package abi

// Names that stand for no port (osfmk/mach/port.h).
const (
	MACH_PORT_NULL Port = 0
	MACH_PORT_DEAD Port = 1<<32 - 1
)

// Kinds of right.
const (
	MACH_PORT_RIGHT_SEND      uint32 = 0
	MACH_PORT_RIGHT_RECEIVE   uint32 = 1
	MACH_PORT_RIGHT_SEND_ONCE uint32 = 2
	MACH_PORT_RIGHT_PORT_SET  uint32 = 3
	MACH_PORT_RIGHT_DEAD_NAME uint32 = 4
	MACH_PORT_RIGHT_LABELH    uint32 = 5
	MACH_PORT_RIGHT_NUMBER    uint32 = 6
)

// What mach_port_type tells of a name.
const (
	MACH_PORT_TYPE_NONE              uint32 = 0x0
	MACH_PORT_TYPE_SEND              uint32 = 0x10000
	MACH_PORT_TYPE_RECEIVE           uint32 = 0x20000
	MACH_PORT_TYPE_SEND_ONCE         uint32 = 0x40000
	MACH_PORT_TYPE_PORT_SET          uint32 = 0x80000
	MACH_PORT_TYPE_DEAD_NAME         uint32 = 0x100000
	MACH_PORT_TYPE_DNREQUEST         uint32 = 0x80000000
	MACH_PORT_TYPE_SPREQUEST         uint32 = 0x40000000
	MACH_PORT_TYPE_SPREQUEST_DELAYED uint32 = 0x20000000
	MACH_PORT_TYPE_SEND_RECEIVE      uint32 = 0x30000
	MACH_PORT_TYPE_SEND_RIGHTS       uint32 = 0x50000
	MACH_PORT_TYPE_PORT_RIGHTS       uint32 = 0x70000
	MACH_PORT_TYPE_PORT_OR_DEAD      uint32 = 0x170000
	MACH_PORT_TYPE_ALL_RIGHTS        uint32 = 0x1f0000
)

// MACH_PORT_UREFS_MAX is the most references that one name may have.
const MACH_PORT_UREFS_MAX = 65535

// Flavours of mach_port_get_attributes, and lengths of a port's queue.
const (
	MACH_PORT_LIMITS_INFO         = 1
	MACH_PORT_RECEIVE_STATUS      = 2
	MACH_PORT_DNREQUESTS_SIZE     = 3
	MACH_PORT_TEMPOWNER           = 4
	MACH_PORT_IMPORTANCE_RECEIVER = 5
	MACH_PORT_DENAP_RECEIVER      = 6
	MACH_PORT_INFO_EXT            = 7
	MACH_PORT_GUARD_INFO          = 8
	MACH_PORT_SERVICE_THROTTLED   = 9
	MACH_PORT_QLIMIT_ZERO         = 0
	MACH_PORT_QLIMIT_BASIC        = 5
	MACH_PORT_QLIMIT_SMALL        = 16
	MACH_PORT_QLIMIT_LARGE        = 1024

	MACH_PORT_QLIMIT_DEFAULT = MACH_PORT_QLIMIT_BASIC
	MACH_PORT_QLIMIT_MAX     = MACH_PORT_QLIMIT_LARGE
)

// Flags of MachPortStatus.Flags.
const (
	MACH_PORT_STATUS_FLAG_TEMPOWNER               = 0x1
	MACH_PORT_STATUS_FLAG_GUARDED                 = 0x2
	MACH_PORT_STATUS_FLAG_STRICT_GUARD            = 0x4
	MACH_PORT_STATUS_FLAG_IMP_DONATION            = 0x8
	MACH_PORT_STATUS_FLAG_REVIVE                  = 0x10
	MACH_PORT_STATUS_FLAG_TASKPTR                 = 0x20
	MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE = 0x40
	MACH_PORT_STATUS_FLAG_NO_GRANT                = 0x80
)

// Flags of MachPortOptions.Flags, of mach_port_construct.
const (
	MPO_CONTEXT_AS_GUARD             = 0x1
	MPO_QLIMIT                       = 0x2
	MPO_TEMPOWNER                    = 0x4
	MPO_IMPORTANCE_RECEIVER          = 0x8
	MPO_INSERT_SEND_RIGHT            = 0x10
	MPO_STRICT                       = 0x20
	MPO_DENAP_RECEIVER               = 0x40
	MPO_IMMOVABLE_RECEIVE            = 0x80
	MPO_FILTER_MSG                   = 0x100
	MPO_TG_BLOCK_TRACKING            = 0x200
	MPO_SERVICE_PORT                 = 0x400
	MPO_CONNECTION_PORT              = 0x800
	MPO_REPLY_PORT                   = 0x1000
	MPO_ENFORCE_REPLY_PORT_SEMANTICS = 0x2000
	MPO_PROVISIONAL_REPLY_PORT       = 0x4000
)

// MachPortStatus is mach_port_status_t (osfmk/mach/port.h).
type MachPortStatus struct {
	Pset      uint32
	Seqno     uint32
	Mscount   uint32
	Qlimit    uint32
	Msgcount  uint32
	Sorights  uint32
	Srights   uint32
	Pdrequest uint32
	Nsrequest uint32
	Flags     uint32
}

// MachPortLimits is mach_port_limits_t.
type MachPortLimits struct {
	Qlimit uint32
}

// MachPortOptions is mach_port_options_t. Which member of the union is meant
// follows from the flags: most often none.
type MachPortOptions struct {
	Flags uint32 // MPO_
	Mpl   MachPortLimits
	Union [2]uint64
}

// Notifications, msgh_id of the messages (osfmk/mach/notify.h).
const (
	MACH_NOTIFY_PORT_DELETED   int32 = 65
	MACH_NOTIFY_SEND_POSSIBLE  int32 = 66
	MACH_NOTIFY_PORT_DESTROYED int32 = 69
	MACH_NOTIFY_NO_SENDERS     int32 = 70
	MACH_NOTIFY_SEND_ONCE      int32 = 71
	MACH_NOTIFY_DEAD_NAME      int32 = 72
)

// MachMsgHeader is mach_msg_header_t (osfmk/mach/message.h); Size is in bytes
// and counts the header.
type MachMsgHeader struct {
	Bits        uint32
	Size        uint32
	RemotePort  uint32
	LocalPort   uint32
	VoucherPort uint32
	Id          int32
}

// Put writes the structure to b, which holds at least its 24 bytes.
func (s *MachMsgHeader) Put(b []byte) {
	_ = b[23]
	le.PutUint32(b, s.Bits)
	le.PutUint32(b[4:], s.Size)
	le.PutUint32(b[8:], s.RemotePort)
	le.PutUint32(b[12:], s.LocalPort)
	le.PutUint32(b[16:], s.VoucherPort)
	le.PutUint32(b[20:], uint32(s.Id))
}

// Get reads the structure from b, which holds at least its 24 bytes.
func (s *MachMsgHeader) Get(b []byte) {
	_ = b[23]
	s.Bits = le.Uint32(b)
	s.Size = le.Uint32(b[4:])
	s.RemotePort = le.Uint32(b[8:])
	s.LocalPort = le.Uint32(b[12:])
	s.VoucherPort = le.Uint32(b[16:])
	s.Id = int32(le.Uint32(b[20:]))
}

// Parts of MachMsgHeader.Bits.
const (
	MACH_MSGH_BITS_REMOTE_MASK  uint32 = 0x1f
	MACH_MSGH_BITS_LOCAL_MASK   uint32 = 0x1f00
	MACH_MSGH_BITS_VOUCHER_MASK uint32 = 0x1f0000
	MACH_MSGH_BITS_PORTS_MASK   uint32 = 0x1f1f1f
	MACH_MSGH_BITS_COMPLEX      uint32 = 0x80000000
	MACH_MSGH_BITS_USER         uint32 = 0x801f1f1f
	MACH_MSGH_BITS_RAISEIMP     uint32 = 0x20000000
	MACH_MSGH_BITS_IMPHOLDASRT  uint32 = 0x10000000
)

// MACH_MSGH_BITS packs the dispositions of a message's two ports.
func MACH_MSGH_BITS(remote, local uint32) uint32 { return remote | local<<8 }

// MACH_MSGH_BITS_REMOTE, _LOCAL and _VOUCHER take the dispositions apart.
func MACH_MSGH_BITS_REMOTE(bits uint32) uint32  { return bits & MACH_MSGH_BITS_REMOTE_MASK }
func MACH_MSGH_BITS_LOCAL(bits uint32) uint32   { return bits & MACH_MSGH_BITS_LOCAL_MASK >> 8 }
func MACH_MSGH_BITS_VOUCHER(bits uint32) uint32 { return bits & MACH_MSGH_BITS_VOUCHER_MASK >> 16 }

// Dispositions of a right in a message.
const (
	MACH_MSG_TYPE_PORT_NONE         uint32 = 0
	MACH_MSG_TYPE_PORT_NAME         uint32 = 15
	MACH_MSG_TYPE_MOVE_RECEIVE      uint32 = 16
	MACH_MSG_TYPE_MOVE_SEND         uint32 = 17
	MACH_MSG_TYPE_MOVE_SEND_ONCE    uint32 = 18
	MACH_MSG_TYPE_COPY_SEND         uint32 = 19
	MACH_MSG_TYPE_MAKE_SEND         uint32 = 20
	MACH_MSG_TYPE_MAKE_SEND_ONCE    uint32 = 21
	MACH_MSG_TYPE_COPY_RECEIVE      uint32 = 22
	MACH_MSG_TYPE_DISPOSE_RECEIVE   uint32 = 24
	MACH_MSG_TYPE_DISPOSE_SEND      uint32 = 25
	MACH_MSG_TYPE_DISPOSE_SEND_ONCE uint32 = 26

	MACH_MSG_TYPE_PORT_RECEIVE   = MACH_MSG_TYPE_MOVE_RECEIVE
	MACH_MSG_TYPE_PORT_SEND      = MACH_MSG_TYPE_MOVE_SEND
	MACH_MSG_TYPE_PORT_SEND_ONCE = MACH_MSG_TYPE_MOVE_SEND_ONCE
)

// Options of mach_msg. mach_msg2_trap takes 64 bits of them.
const (
	MACH_SEND_MSG                           = 0x1
	MACH_RCV_MSG                            = 0x2
	MACH_RCV_LARGE                          = 0x4
	MACH_RCV_LARGE_IDENTITY                 = 0x8
	MACH_SEND_TIMEOUT                       = 0x10
	MACH_SEND_OVERRIDE                      = 0x20
	MACH_SEND_INTERRUPT                     = 0x40
	MACH_SEND_NOTIFY                        = 0x80
	MACH_RCV_TIMEOUT                        = 0x100
	MACH_MSG_STRICT_REPLY                   = 0x200
	MACH_RCV_INTERRUPT                      = 0x400
	MACH_RCV_VOUCHER                        = 0x800
	MACH_RCV_GUARDED_DESC                   = 0x1000
	MACH_RCV_SYNC_WAIT                      = 0x4000
	MACH_RCV_SYNC_PEEK                      = 0x8000
	MACH_SEND_FILTER_NONFATAL               = 0x10000
	MACH_SEND_TRAILER                       = 0x20000
	MACH_SEND_NOIMPORTANCE                  = 0x40000
	MACH_SEND_IMPORTANCE                    = 0x80000
	MACH_SEND_SYNC_OVERRIDE                 = 0x100000
	MACH_SEND_PROPAGATE_QOS                 = 0x200000
	MACH_SEND_SYNC_BOOTSTRAP_CHECKIN        = 0x800000
	MACH64_MSG_VECTOR                uint64 = 0x100000000
	MACH64_SEND_KOBJECT_CALL         uint64 = 0x200000000
	MACH64_SEND_MQ_CALL              uint64 = 0x400000000
	MACH64_SEND_ANY                  uint64 = 0x800000000
	MACH64_SEND_DK_CALL              uint64 = 0x1000000000
)

// Descriptors of a complex message: the number of them is the 32-bit word after
// the header (mach_msg_body_t). Each is as long as its kind says: see
// [MachMsgDescriptorSize].
const (
	MACH_MSG_PORT_DESCRIPTOR         = 0
	MACH_MSG_OOL_DESCRIPTOR          = 1
	MACH_MSG_OOL_PORTS_DESCRIPTOR    = 2
	MACH_MSG_OOL_VOLATILE_DESCRIPTOR = 3
	MACH_MSG_GUARDED_PORT_DESCRIPTOR = 4

	MachMsgDescriptorTypeOffset = 11 // of the byte that tells the kind

	MACH_MSG_PHYSICAL_COPY = 0
	MACH_MSG_VIRTUAL_COPY  = 1
	MACH_MSG_ALLOCATE      = 2
)

// MachMsgDescriptorSize returns the size in bytes of a descriptor of the kind in
// an LP64 program's message, or 0 when there is no such kind.
func MachMsgDescriptorSize(kind uint8) int {
	switch kind {
	case MACH_MSG_PORT_DESCRIPTOR:
		return 12
	case MACH_MSG_OOL_DESCRIPTOR, MACH_MSG_OOL_VOLATILE_DESCRIPTOR, MACH_MSG_OOL_PORTS_DESCRIPTOR, MACH_MSG_GUARDED_PORT_DESCRIPTOR:
		return 16
	}
	return 0
}

// MachMsgPortDescriptor is mach_msg_port_descriptor_t.
type MachMsgPortDescriptor struct {
	Name        Port
	_           uint32
	_           uint16
	Disposition uint8
	Type        uint8
}

// MachMsgOOLDescriptor is mach_msg_ool_descriptor_t.
type MachMsgOOLDescriptor struct {
	Address    Ptr
	Deallocate uint8 // whether the sender's memory goes away
	Copy       uint8
	_          uint8
	Type       uint8
	Size       uint32 // bytes
}

// MachMsgOOLPortsDescriptor is mach_msg_ool_ports_descriptor_t.
type MachMsgOOLPortsDescriptor struct {
	Address     Ptr // of an array of names
	Deallocate  uint8
	Copy        uint8
	Disposition uint8
	Type        uint8
	Count       uint32 // names
}

// Trailers that mach_msg puts behind a received message. Which one is asked for
// in bits 24-27 of the receive options.
const (
	MACH_RCV_TRAILER_NULL   = 0
	MACH_RCV_TRAILER_SEQNO  = 1
	MACH_RCV_TRAILER_SENDER = 2
	MACH_RCV_TRAILER_AUDIT  = 3
	MACH_RCV_TRAILER_CTX    = 4
	MACH_RCV_TRAILER_AV     = 7

	MACH_MSG_TRAILER_MINIMUM_SIZE = 8
)

// MACH_RCV_TRAILER_ELEMENTS returns the trailer that receive options ask for.
func MACH_RCV_TRAILER_ELEMENTS(options uint32) uint32 { return options >> 24 & 0xf }

// MachMsgMaxTrailer is mach_msg_max_trailer_t (mach_msg_mac_trailer_t); a smaller
// trailer is its first bytes.
type MachMsgMaxTrailer struct {
	TrailerType uint32
	TrailerSize uint32 // bytes
	Seqno       uint32
	Sender      [2]uint32
	Audit       [8]uint32
	Context     uint64
	Ad          int32
	Labels      Port
}

// Sizes of the trailers, in bytes, by what is asked for.
const (
	SizeofMachMsgTrailer         = 8
	SizeofMachMsgSeqnoTrailer    = 12
	SizeofMachMsgSecurityTrailer = 20
	SizeofMachMsgAuditTrailer    = 52
	SizeofMachMsgContextTrailer  = 60
	SizeofMachMsgMacTrailer      = 68
)

// NDRRecord is NDR_record of an x86-64 or arm64 program: the 8 bytes that MIG
// puts in front of a message's data (osfmk/mach/ndr.h).
const NDRRecord uint64 = 0x00000001_00000000

// Special ports of a task, a thread and the host.
const (
	TASK_KERNEL_PORT          = 1
	TASK_HOST_PORT            = 2
	TASK_NAME_PORT            = 3
	TASK_BOOTSTRAP_PORT       = 4
	TASK_INSPECT_PORT         = 5
	TASK_READ_PORT            = 6
	TASK_ACCESS_PORT          = 9
	TASK_DEBUG_CONTROL_PORT   = 10
	TASK_RESOURCE_NOTIFY_PORT = 11
	TASK_MAX_SPECIAL_PORT     = 11
	THREAD_KERNEL_PORT        = 1
	THREAD_INSPECT_PORT       = 2
	THREAD_READ_PORT          = 3
	HOST_PORT                 = 1
	HOST_PRIV_PORT            = 2
	HOST_IO_MAIN_PORT         = 3

	TASK_PORT_REGISTER_MAX = 3 // ports that mach_ports_register keeps
)

// Order in which a semaphore wakes its waiters (osfmk/mach/sync_policy.h).
const (
	SYNC_POLICY_FIFO           = 0x0
	SYNC_POLICY_FIXED_PRIORITY = 0x1
	SYNC_POLICY_REVERSED       = 0x2
	SYNC_POLICY_PREPOST        = 0x4
)

// Options of thread_switch (osfmk/mach/thread_switch.h).
const (
	SWITCH_OPTION_NONE                = 0
	SWITCH_OPTION_DEPRESS             = 1
	SWITCH_OPTION_WAIT                = 2
	SWITCH_OPTION_DISPATCH_CONTENTION = 3
	SWITCH_OPTION_OSLOCK_DEPRESS      = 4
	SWITCH_OPTION_OSLOCK_WAIT         = 5
)

// Clocks, times and flags of clock_sleep_trap and mk_timer.
const (
	SYSTEM_CLOCK      = 0x0
	CALENDAR_CLOCK    = 0x1
	TIME_ABSOLUTE     = 0x0
	TIME_RELATIVE     = 0x1
	MK_TIMER_NORMAL   = 0x0
	MK_TIMER_CRITICAL = 0x1
)

// MachTimespec is mach_timespec_t (osfmk/mach/clock_types.h).
type MachTimespec struct {
	Sec  uint32
	Nsec int32
}

// MachTimebaseInfo is mach_timebase_info_data_t: absolute-time units times
// Numer/Denom are nanoseconds (osfmk/mach/mach_time.h).
type MachTimebaseInfo struct {
	Numer uint32
	Denom uint32
}

// MkTimerExpireMsg is mk_timer_expire_msg_t, the message of an expired timer.
type MkTimerExpireMsg struct {
	Header MachMsgHeader
	Unused [3]uint64
}
