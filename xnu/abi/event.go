package abi

// Kevent is struct kevent of an LP64 program (bsd/sys/event.h).
type Kevent struct {
	Ident  uint64 // what the filter watches
	Filter int16
	Flags  uint16
	Fflags uint32
	Data   int64
	Udata  Ptr // handed back unchanged
}

// Put writes the structure to b, which holds at least its 32 bytes.
func (s *Kevent) Put(b []byte) {
	_ = b[31]
	le.PutUint64(b, s.Ident)
	le.PutUint16(b[8:], uint16(s.Filter))
	le.PutUint16(b[10:], s.Flags)
	le.PutUint32(b[12:], s.Fflags)
	le.PutUint64(b[16:], uint64(s.Data))
	le.PutUint64(b[24:], uint64(s.Udata))
}

// Get reads the structure from b, which holds at least its 32 bytes.
func (s *Kevent) Get(b []byte) {
	_ = b[31]
	s.Ident = le.Uint64(b)
	s.Filter = int16(le.Uint16(b[8:]))
	s.Flags = le.Uint16(b[10:])
	s.Fflags = le.Uint32(b[12:])
	s.Data = int64(le.Uint64(b[16:]))
	s.Udata = Ptr(le.Uint64(b[24:]))
}

// Kevent64 is struct kevent64_s (bsd/sys/event.h).
type Kevent64 struct {
	Ident  uint64
	Filter int16
	Flags  uint16
	Fflags uint32
	Data   int64
	Udata  uint64
	Ext    [2]uint64
}

// Put writes the structure to b, which holds at least its 48 bytes.
func (s *Kevent64) Put(b []byte) {
	_ = b[47]
	le.PutUint64(b, s.Ident)
	le.PutUint16(b[8:], uint16(s.Filter))
	le.PutUint16(b[10:], s.Flags)
	le.PutUint32(b[12:], s.Fflags)
	le.PutUint64(b[16:], uint64(s.Data))
	le.PutUint64(b[24:], s.Udata)
	for i, v := range s.Ext {
		le.PutUint64(b[32+8*i:], v)
	}
}

// Get reads the structure from b, which holds at least its 48 bytes.
func (s *Kevent64) Get(b []byte) {
	_ = b[47]
	s.Ident = le.Uint64(b)
	s.Filter = int16(le.Uint16(b[8:]))
	s.Flags = le.Uint16(b[10:])
	s.Fflags = le.Uint32(b[12:])
	s.Data = int64(le.Uint64(b[16:]))
	s.Udata = le.Uint64(b[24:])
	for i := range s.Ext {
		s.Ext[i] = le.Uint64(b[32+8*i:])
	}
}

// KeventQos is struct kevent_qos_s (bsd/sys/event_private.h).
type KeventQos struct {
	Ident  uint64
	Filter int16
	Flags  uint16
	Qos    int32
	Udata  uint64
	Fflags uint32
	Xflags uint32
	Data   int64
	Ext    [4]uint64
}

// Put writes the structure to b, which holds at least its 72 bytes.
func (s *KeventQos) Put(b []byte) {
	_ = b[71]
	le.PutUint64(b, s.Ident)
	le.PutUint16(b[8:], uint16(s.Filter))
	le.PutUint16(b[10:], s.Flags)
	le.PutUint32(b[12:], uint32(s.Qos))
	le.PutUint64(b[16:], s.Udata)
	le.PutUint32(b[24:], s.Fflags)
	le.PutUint32(b[28:], s.Xflags)
	le.PutUint64(b[32:], uint64(s.Data))
	for i, v := range s.Ext {
		le.PutUint64(b[40+8*i:], v)
	}
}

// Get reads the structure from b, which holds at least its 72 bytes.
func (s *KeventQos) Get(b []byte) {
	_ = b[71]
	s.Ident = le.Uint64(b)
	s.Filter = int16(le.Uint16(b[8:]))
	s.Flags = le.Uint16(b[10:])
	s.Qos = int32(le.Uint32(b[12:]))
	s.Udata = le.Uint64(b[16:])
	s.Fflags = le.Uint32(b[24:])
	s.Xflags = le.Uint32(b[28:])
	s.Data = int64(le.Uint64(b[32:]))
	for i := range s.Ext {
		s.Ext[i] = le.Uint64(b[40+8*i:])
	}
}

// Filters.
const (
	EVFILT_READ         int16 = -1
	EVFILT_WRITE        int16 = -2
	EVFILT_AIO          int16 = -3
	EVFILT_VNODE        int16 = -4
	EVFILT_PROC         int16 = -5
	EVFILT_SIGNAL       int16 = -6
	EVFILT_TIMER        int16 = -7
	EVFILT_MACHPORT     int16 = -8
	EVFILT_FS           int16 = -9
	EVFILT_USER         int16 = -10
	EVFILT_VM           int16 = -12
	EVFILT_SOCK         int16 = -13
	EVFILT_MEMORYSTATUS int16 = -14
	EVFILT_EXCEPT       int16 = -15
	EVFILT_NW_CHANNEL   int16 = -16
	EVFILT_WORKLOOP     int16 = -17

	EVFILT_SYSCOUNT = 18 // one more than the number of filters
)

// Actions and flags of an event.
const (
	EV_ADD            uint16 = 0x1
	EV_DELETE         uint16 = 0x2
	EV_ENABLE         uint16 = 0x4
	EV_DISABLE        uint16 = 0x8
	EV_ONESHOT        uint16 = 0x10
	EV_CLEAR          uint16 = 0x20
	EV_RECEIPT        uint16 = 0x40
	EV_DISPATCH       uint16 = 0x80
	EV_UDATA_SPECIFIC uint16 = 0x100
	EV_VANISHED       uint16 = 0x200
	EV_SYSFLAGS       uint16 = 0xf000
	EV_FLAG0          uint16 = 0x1000
	EV_FLAG1          uint16 = 0x2000
	EV_EOF            uint16 = 0x8000
	EV_ERROR          uint16 = 0x4000

	EV_DISPATCH2 = EV_DISPATCH | EV_UDATA_SPECIFIC
	EV_POLL      = EV_FLAG0
	EV_OOBAND    = EV_FLAG1
)

// Flags of a kevent64, kevent_qos or kevent_id call.
const (
	KEVENT_FLAG_NONE                      = 0x0
	KEVENT_FLAG_IMMEDIATE                 = 0x1
	KEVENT_FLAG_ERROR_EVENTS              = 0x2
	KEVENT_FLAG_STACK_EVENTS              = 0x4
	KEVENT_FLAG_STACK_DATA                = 0x8
	KEVENT_FLAG_POLL                      = 0x10
	KEVENT_FLAG_WORKQ                     = 0x20
	KEVENT_FLAG_WORKQ_MANAGER             = 0x200
	KEVENT_FLAG_WORKLOOP                  = 0x400
	KEVENT_FLAG_PARKING                   = 0x800
	KEVENT_FLAG_WORKLOOP_SERVICER_ATTACH  = 0x8000
	KEVENT_FLAG_WORKLOOP_SERVICER_DETACH  = 0x10000
	KEVENT_FLAG_DYNAMIC_KQ_MUST_EXIST     = 0x20000
	KEVENT_FLAG_DYNAMIC_KQ_MUST_NOT_EXIST = 0x40000
	KEVENT_FLAG_WORKLOOP_NO_WQ_THREAD     = 0x80000
)

// Notes of EVFILT_USER.
const (
	NOTE_TRIGGER    uint32 = 0x1000000
	NOTE_FFNOP      uint32 = 0x0
	NOTE_FFAND      uint32 = 0x40000000
	NOTE_FFOR       uint32 = 0x80000000
	NOTE_FFCOPY     uint32 = 0xc0000000
	NOTE_FFCTRLMASK uint32 = 0xc0000000
	NOTE_FFLAGSMASK uint32 = 0xffffff
)

// Notes of EVFILT_READ and EVFILT_WRITE.
const (
	NOTE_LOWAT uint32 = 0x1
	NOTE_OOB   uint32 = 0x2
)

// Notes of EVFILT_VNODE.
const (
	NOTE_DELETE          uint32 = 0x1
	NOTE_WRITE           uint32 = 0x2
	NOTE_EXTEND          uint32 = 0x4
	NOTE_ATTRIB          uint32 = 0x8
	NOTE_LINK            uint32 = 0x10
	NOTE_RENAME          uint32 = 0x20
	NOTE_REVOKE          uint32 = 0x40
	NOTE_NONE            uint32 = 0x80
	NOTE_FUNLOCK         uint32 = 0x100
	NOTE_LEASE_DOWNGRADE uint32 = 0x200
	NOTE_LEASE_RELEASE   uint32 = 0x400
)

// Notes of EVFILT_PROC.
const (
	NOTE_EXIT             uint32 = 0x80000000
	NOTE_FORK             uint32 = 0x40000000
	NOTE_EXEC             uint32 = 0x20000000
	NOTE_REAP             uint32 = 0x10000000
	NOTE_SIGNAL           uint32 = 0x8000000
	NOTE_EXITSTATUS       uint32 = 0x4000000
	NOTE_EXIT_DETAIL      uint32 = 0x2000000
	NOTE_EXIT_REPARENTED  uint32 = 0x80000
	NOTE_PDATAMASK        uint32 = 0xfffff
	NOTE_PCTRLMASK        uint32 = 0xfff00000
	NOTE_EXIT_DETAIL_MASK uint32 = 0x70000
	NOTE_EXIT_DECRYPTFAIL uint32 = 0x10000
	NOTE_EXIT_MEMORY      uint32 = 0x20000
	NOTE_EXIT_CSERROR     uint32 = 0x40000
)

// Notes of EVFILT_TIMER. Without a unit the timer counts milliseconds.
const (
	NOTE_SECONDS              uint32 = 0x1
	NOTE_USECONDS             uint32 = 0x2
	NOTE_NSECONDS             uint32 = 0x4
	NOTE_ABSOLUTE             uint32 = 0x8
	NOTE_LEEWAY               uint32 = 0x10
	NOTE_CRITICAL             uint32 = 0x20
	NOTE_BACKGROUND           uint32 = 0x40
	NOTE_MACH_CONTINUOUS_TIME uint32 = 0x80
	NOTE_MACHTIME             uint32 = 0x100
)

// Notes of EVFILT_VM, EVFILT_MEMORYSTATUS and EVFILT_WORKLOOP.
const (
	NOTE_VM_PRESSURE                      uint32 = 0x80000000
	NOTE_VM_PRESSURE_TERMINATE            uint32 = 0x40000000
	NOTE_VM_PRESSURE_SUDDEN_TERMINATE     uint32 = 0x20000000
	NOTE_VM_ERROR                         uint32 = 0x10000000
	NOTE_MEMORYSTATUS_PRESSURE_NORMAL     uint32 = 0x1
	NOTE_MEMORYSTATUS_PRESSURE_WARN       uint32 = 0x2
	NOTE_MEMORYSTATUS_PRESSURE_CRITICAL   uint32 = 0x4
	NOTE_MEMORYSTATUS_LOW_SWAP            uint32 = 0x8
	NOTE_MEMORYSTATUS_PROC_LIMIT_WARN     uint32 = 0x10
	NOTE_MEMORYSTATUS_PROC_LIMIT_CRITICAL uint32 = 0x20
	NOTE_MEMORYSTATUS_MSL_STATUS          uint32 = 0xf0000000
	NOTE_WL_THREAD_REQUEST                uint32 = 0x1
	NOTE_WL_SYNC_WAIT                     uint32 = 0x4
	NOTE_WL_SYNC_WAKE                     uint32 = 0x8
	NOTE_WL_SYNC_IPC                      uint32 = 0x80000000
	NOTE_WL_COMMANDS_MASK                 uint32 = 0x8000000f
	NOTE_WL_UPDATE_QOS                    uint32 = 0x10
	NOTE_WL_END_OWNERSHIP                 uint32 = 0x20
	NOTE_WL_DISCOVER_OWNER                uint32 = 0x80
	NOTE_WL_IGNORE_ESTALE                 uint32 = 0x100
	NOTE_WL_UPDATES_MASK                  uint32 = 0x1f0

	// Indexes in a workloop event's Ext.
	EV_EXTIDX_WL_LANE  = 0
	EV_EXTIDX_WL_ADDR  = 1
	EV_EXTIDX_WL_MASK  = 2
	EV_EXTIDX_WL_VALUE = 3
)

// Notes of EVFILT_SOCK.
const (
	NOTE_CONNRESET        uint32 = 0x1
	NOTE_READCLOSED       uint32 = 0x2
	NOTE_WRITECLOSED      uint32 = 0x4
	NOTE_TIMEOUT          uint32 = 0x8
	NOTE_NOSRCADDR        uint32 = 0x10
	NOTE_IFDENIED         uint32 = 0x20
	NOTE_SUSPEND          uint32 = 0x40
	NOTE_RESUME           uint32 = 0x80
	NOTE_KEEPALIVE        uint32 = 0x100
	NOTE_ADAPTIVE_WTIMO   uint32 = 0x200
	NOTE_ADAPTIVE_RTIMO   uint32 = 0x400
	NOTE_CONNECTED        uint32 = 0x800
	NOTE_DISCONNECTED     uint32 = 0x1000
	NOTE_CONNINFO_UPDATED uint32 = 0x2000
	NOTE_NOTIFY_ACK       uint32 = 0x4000
)

// Pollfd is struct pollfd (bsd/sys/poll.h).
type Pollfd struct {
	Fd      FD
	Events  int16
	Revents int16
}

// Put writes the structure to b, which holds at least its 8 bytes.
func (s *Pollfd) Put(b []byte) {
	_ = b[7]
	le.PutUint32(b, uint32(s.Fd))
	le.PutUint16(b[4:], uint16(s.Events))
	le.PutUint16(b[6:], uint16(s.Revents))
}

// Get reads the structure from b, which holds at least its 8 bytes.
func (s *Pollfd) Get(b []byte) {
	_ = b[7]
	s.Fd = FD(le.Uint32(b))
	s.Events = int16(le.Uint16(b[4:]))
	s.Revents = int16(le.Uint16(b[6:]))
}

// Events of poll(2).
const (
	POLLIN     int16 = 0x1
	POLLPRI    int16 = 0x2
	POLLOUT    int16 = 0x4
	POLLERR    int16 = 0x8
	POLLHUP    int16 = 0x10
	POLLNVAL   int16 = 0x20
	POLLRDNORM int16 = 0x40
	POLLRDBAND int16 = 0x80
	POLLWRBAND int16 = 0x100
	POLLEXTEND int16 = 0x200
	POLLATTRIB int16 = 0x400
	POLLNLINK  int16 = 0x800
	POLLWRITE  int16 = 0x1000

	POLLWRNORM = POLLOUT
)

// FD_SETSIZE is the number of descriptors in an fd_set. A program may pass
// select(2) larger sets: they are arrays of 32-bit words, one bit a descriptor.
const FD_SETSIZE = 1024

// FDSetSize returns the size in bytes of a set of n descriptors, a whole number
// of 32-bit words (bsd/sys/_types/_fd_def.h).
func FDSetSize(n int) int { return (n + 31) / 32 * 4 }
