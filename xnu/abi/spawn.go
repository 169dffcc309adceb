package abi

// SpawnArgsDesc is struct _posix_spawn_args_desc, what posix_spawn(2)'s third
// argument points to (bsd/sys/spawn_internal.h): blocks and their sizes in bytes.
// A size of 0 means that the block is absent.
type SpawnArgsDesc struct {
	AttrSize              uint64
	Attrp                 Ptr
	FileActionsSize       uint64
	FileActions           Ptr
	PortActionsSize       uint64
	PortActions           Ptr
	MacExtensionsSize     uint64
	MacExtensions         Ptr
	CoalInfoSize          uint64
	CoalInfo              Ptr
	PersonaInfoSize       uint64
	PersonaInfo           Ptr
	PosixCredInfoSize     uint64
	PosixCredInfo         Ptr
	SubsystemRootPathSize uint64
	SubsystemRootPath     Ptr
	ConclaveIdSize        uint64
	ConclaveId            Ptr
}

// SpawnAttr is struct _posix_spawnattr (bsd/sys/spawn_internal.h). Older
// programs pass fewer bytes: see [SpawnAttrMinSize].
type SpawnAttr struct {
	Flags                 int16
	_                     int16
	Sigdefault            Sigset
	Sigmask               Sigset
	Pgroup                PID
	Binprefs              [4]int32
	Pcontrol              int32
	Apptype               int32
	CpumonitorPercent     uint64
	CpumonitorInterval    uint64
	_                     uint64
	JetsamFlags           int16
	_                     int16
	Priority              int32
	MemlimitActive        int32
	MemlimitInactive      int32
	QosClamp              uint64
	DarwinRole            int32
	ThreadLimit           int32
	MaxAddr               uint64
	NoSmt                 uint8
	Tecs                  uint8
	_                     [2]byte
	Platform              int32
	Subcpuprefs           [4]int32
	Options               uint32
	PortSoftLimit         uint32
	PortHardLimit         uint32
	FiledescSoftLimit     uint32
	FiledescHardLimit     uint32
	CrashBehavior         uint32
	DatalessIopolicy      int32
	_                     [4]byte
	CrashBehaviorDeadline uint64
	LaunchType            uint8
	_                     [1]byte
	SecFlags              uint16
	CrashCount            uint32
	ThrottleTimeout       uint32
	KqworkloopSoftLimit   uint32
	KqworkloopHardLimit   uint32
	_                     [4]byte
	Ports                 Ptr
	MacExtensions         Ptr
	CoalitionInfo         Ptr
	PersonaInfo           Ptr
	PosixCredInfo         Ptr
	SubsystemRootPath     Ptr
	ConclaveId            Ptr
}

// SpawnAttrMinSize is the size in bytes of the part of [SpawnAttr] in front of
// its pointers, which XNU copies whatever the program's size was.
const SpawnAttrMinSize = 192

// Flags of SpawnAttr (bsd/sys/spawn.h).
const (
	POSIX_SPAWN_RESETIDS        = 0x1
	POSIX_SPAWN_SETPGROUP       = 0x2
	POSIX_SPAWN_SETSIGDEF       = 0x4
	POSIX_SPAWN_SETSIGMASK      = 0x8
	POSIX_SPAWN_SETSCHEDPARAM   = 0x10
	POSIX_SPAWN_SETSCHEDULER    = 0x20
	POSIX_SPAWN_SETEXEC         = 0x40
	POSIX_SPAWN_START_SUSPENDED = 0x80
	POSIX_SPAWN_DISABLE_ASLR    = 0x100
	POSIX_SPAWN_NANO_ALLOCATOR  = 0x200
	POSIX_SPAWN_SETSID          = 0x400
	POSIX_SPAWN_RESLIDE         = 0x800
	POSIX_SPAWN_FORCE_4K_PAGES  = 0x1000
	POSIX_SPAWN_ALLOW_DATA_EXEC = 0x2000
	POSIX_SPAWN_CLOEXEC_DEFAULT = 0x4000
	POSIX_SPAWN_HIGH_BITS_ASLR  = 0x8000
)

// Kinds of file action, the first word of an action.
const (
	PSFA_OPEN          = 0
	PSFA_CLOSE         = 1
	PSFA_DUP2          = 2
	PSFA_INHERIT       = 3
	PSFA_FILEPORT_DUP2 = 4
	PSFA_CHDIR         = 5
	PSFA_FCHDIR        = 6
)

// Layout of a block of file actions, struct _posix_spawn_file_actions: a header
// with the number of actions allocated and used, then the actions.
const (
	PsfaHeaderSize  = 8
	PsfaCountOffset = 4
	PsfaActionSize  = 1040
)

// PsfaAction is struct _psfa_action. Its three unions are spread out here: Path
// belongs to PSFA_OPEN and PSFA_CHDIR, Oflag and Mode to PSFA_OPEN, NewFD to
// PSFA_DUP2 and PSFA_FILEPORT_DUP2.
type PsfaAction struct {
	Type  int32
	FD    FD // of PSFA_FILEPORT_DUP2 the name of a port
	NewFD FD
	Oflag int32
	Mode  Mode
	Path  string
}

// Get reads an action from b, which holds at least its PsfaActionSize bytes. A
// path without a zero byte ends with its room, 1024 bytes.
func (a *PsfaAction) Get(b []byte) {
	_ = b[PsfaActionSize-1]
	*a = PsfaAction{Type: int32(le.Uint32(b)), FD: FD(le.Uint32(b[4:]))}
	const union = 8
	switch a.Type {
	case PSFA_OPEN:
		a.Oflag = int32(le.Uint32(b[union:]))
		a.Mode = Mode(le.Uint16(b[union+4:]))
		a.Path = CString(b[union+6 : union+6+PATH_MAX])
	case PSFA_CHDIR:
		a.Path = CString(b[union : union+PATH_MAX])
	case PSFA_DUP2, PSFA_FILEPORT_DUP2:
		a.NewFD = FD(le.Uint32(b[union:]))
	}
}

// Kinds of port action and the layout of their block, struct
// _posix_spawn_port_actions: a header, then the actions.
const (
	PSPA_SPECIAL           = 0
	PSPA_EXCEPTION         = 1
	PSPA_AU_SESSION        = 2
	PSPA_IMP_WATCHPORTS    = 3
	PSPA_REGISTERED_PORTS  = 4
	PSPA_PTRAUTH_TASK_PORT = 5

	PspaHeaderSize = 8
)

// PspaAction is struct _ps_port_action.
type PspaAction struct {
	PortType uint32
	Mask     uint32
	NewPort  uint32
	Behavior int32
	Flavor   int32
	Which    int32
}

// CString returns the text in b up to its first zero byte, or all of it.
func CString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// PutCString writes s and a terminating zero to b, cutting s to fit, and clears
// the rest of b.
func PutCString(b []byte, s string) {
	if len(b) == 0 {
		return
	}
	n := copy(b[:len(b)-1], s)
	clear(b[n:])
}
