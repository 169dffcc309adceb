package abi

// Open flags (bsd/sys/fcntl.h). The kernel turns the two lowest into
// FREAD|FWRITE by adding one; see [FFLAGS].
const (
	O_RDONLY          = 0x0
	O_WRONLY          = 0x1
	O_RDWR            = 0x2
	O_ACCMODE         = 0x3
	O_NONBLOCK        = 0x4
	O_APPEND          = 0x8
	O_SHLOCK          = 0x10
	O_EXLOCK          = 0x20
	O_ASYNC           = 0x40
	O_SYNC            = 0x80
	O_NOFOLLOW        = 0x100
	O_CREAT           = 0x200
	O_TRUNC           = 0x400
	O_EXCL            = 0x800
	O_RESOLVE_BENEATH = 0x1000
	O_EVTONLY         = 0x8000
	O_NOCTTY          = 0x20000
	O_DIRECTORY       = 0x100000
	O_SYMLINK         = 0x200000
	O_DSYNC           = 0x400000
	O_CLOEXEC         = 0x1000000
	O_CLOFORK         = 0x8000000
	O_NOFOLLOW_ANY    = 0x20000000
	O_EXEC            = 0x40000000
	O_SEARCH          = 0x40100000
	O_ALERT           = 0x20000000
	O_POPUP           = 0x80000000
	O_NDELAY          = O_NONBLOCK
	O_FSYNC           = O_SYNC
)

// Flags that a file keeps beside the open flags, told by F_GETFL in part.
const (
	FREAD          = 0x1
	FWRITE         = 0x2
	FWASWRITTEN    = 0x10000
	FNOCACHE       = 0x40000
	FNORDAHEAD     = 0x80000
	FNODIRECT      = 0x800000
	FENCRYPTED     = 0x2000000
	FSINGLE_WRITER = 0x4000000
	FUNENCRYPTED   = 0x10000000
)

// FMASK holds the bits of an open call that a file keeps, FCNTLFLAGS those that
// F_SETFL can change.
const (
	FMASK      = FREAD | FWRITE | FCNTLFLAGS | O_EXEC
	FCNTLFLAGS = O_APPEND | O_ASYNC | O_SYNC | O_DSYNC | O_NONBLOCK
)

// FFLAGS turns open's flags into a file's: reading and writing become the bits
// FREAD and FWRITE.
func FFLAGS(oflags int32) int32 {
	if oflags&O_EXEC != 0 {
		return oflags &^ O_ACCMODE
	}
	return oflags + 1
}

// OFLAGS turns a file's flags into open's; it undoes [FFLAGS].
func OFLAGS(fflags int32) int32 {
	if fflags&O_EXEC != 0 {
		return fflags &^ O_ACCMODE
	}
	return fflags - 1
}

// Directory handle and flags of the "at" calls (bsd/sys/fcntl.h).
const (
	AT_FDCWD                = -2
	AT_EACCESS              = 0x10
	AT_SYMLINK_NOFOLLOW     = 0x20
	AT_SYMLINK_FOLLOW       = 0x40
	AT_REMOVEDIR            = 0x80
	AT_REMOVEDIR_DATALESS   = 0x100
	AT_REALDEV              = 0x200
	AT_FDONLY               = 0x400
	AT_SYMLINK_NOFOLLOW_ANY = 0x800
	AT_SYSTEM_DISCARDED     = 0x1000
)

// Commands of fcntl(2).
const (
	F_DUPFD                    = 0
	F_GETFD                    = 1
	F_SETFD                    = 2
	F_GETFL                    = 3
	F_SETFL                    = 4
	F_GETOWN                   = 5
	F_SETOWN                   = 6
	F_GETLK                    = 7
	F_SETLK                    = 8
	F_SETLKW                   = 9
	F_SETLKWTIMEOUT            = 10
	F_FLUSH_DATA               = 40
	F_CHKCLEAN                 = 41
	F_PREALLOCATE              = 42
	F_SETSIZE                  = 43
	F_RDADVISE                 = 44
	F_RDAHEAD                  = 45
	F_NOCACHE                  = 48
	F_LOG2PHYS                 = 49
	F_GETPATH                  = 50
	F_FULLFSYNC                = 51
	F_PATHPKG_CHECK            = 52
	F_FREEZE_FS                = 53
	F_THAW_FS                  = 54
	F_GLOBAL_NOCACHE           = 55
	F_OPENFROM                 = 56
	F_UNLINKFROM               = 57
	F_CHECK_OPENEVT            = 58
	F_ADDSIGS                  = 59
	F_MARKDEPENDENCY           = 60
	F_ADDFILESIGS              = 61
	F_NODIRECT                 = 62
	F_GETPROTECTIONCLASS       = 63
	F_SETPROTECTIONCLASS       = 64
	F_LOG2PHYS_EXT             = 65
	F_GETLKPID                 = 66
	F_DUPFD_CLOEXEC            = 67
	F_SETSTATICCONTENT         = 68
	F_MOVEDATAEXTENTS          = 69
	F_SETBACKINGSTORE          = 70
	F_GETPATH_MTMINFO          = 71
	F_GETCODEDIR               = 72
	F_SETNOSIGPIPE             = 73
	F_GETNOSIGPIPE             = 74
	F_TRANSCODEKEY             = 75
	F_SINGLE_WRITER            = 76
	F_GETPROTECTIONLEVEL       = 77
	F_FINDSIGS                 = 78
	F_GETDEFAULTPROTLEVEL      = 79
	F_MAKECOMPRESSED           = 80
	F_SET_GREEDY_MODE          = 81
	F_SETIOTYPE                = 82
	F_ADDFILESIGS_FOR_DYLD_SIM = 83
	F_RECYCLE                  = 84
	F_BARRIERFSYNC             = 85
	F_OFD_SETLK                = 90
	F_OFD_SETLKW               = 91
	F_OFD_GETLK                = 92
	F_OFD_SETLKWTIMEOUT        = 93
	F_OFD_GETLKPID             = 94
	F_SETCONFINED              = 95
	F_GETCONFINED              = 96
	F_ADDFILESIGS_RETURN       = 97
	F_CHECK_LV                 = 98
	F_PUNCHHOLE                = 99
	F_TRIM_ACTIVE_FILE         = 100
	F_SPECULATIVE_READ         = 101
	F_GETPATH_NOFIRMLINK       = 102
	F_ADDFILESIGS_INFO         = 103
	F_ADDFILESUPPL             = 104
	F_GETSIGSINFO              = 105
	F_SETLEASE                 = 106
	F_GETLEASE                 = 107
	F_ASSERT_BG_ACCESS         = 108
	F_RELEASE_BG_ACCESS        = 109
	F_TRANSFEREXTENTS          = 110
	F_ATTRIBUTION_TAG          = 111
	F_NOCACHE_EXT              = 112
	F_ADDSIGS_MAIN_BINARY      = 113
)

// Descriptor flags of F_GETFD and F_SETFD.
const (
	FD_CLOEXEC = 1
	FD_CLOFORK = 2
)

// Lock types of [Flock] and operations of flock(2).
const (
	F_RDLCK = 1
	F_UNLCK = 2
	F_WRLCK = 3
	LOCK_SH = 1
	LOCK_EX = 2
	LOCK_NB = 4
	LOCK_UN = 8
)

// Whence of lseek(2) and of a lock.
const (
	SEEK_SET  = 0
	SEEK_CUR  = 1
	SEEK_END  = 2
	SEEK_HOLE = 3
	SEEK_DATA = 4
)

// Flock is struct flock (bsd/sys/fcntl.h); Start and Len are in bytes.
type Flock struct {
	Start  int64
	Len    int64 // 0 means to the end of the file
	Pid    PID
	Type   int16 // F_RDLCK, F_UNLCK, F_WRLCK
	Whence int16 // SEEK_
}

// Put writes the structure to b, which holds at least its 24 bytes.
func (s *Flock) Put(b []byte) {
	_ = b[23]
	le.PutUint64(b, uint64(s.Start))
	le.PutUint64(b[8:], uint64(s.Len))
	le.PutUint32(b[16:], uint32(s.Pid))
	le.PutUint16(b[20:], uint16(s.Type))
	le.PutUint16(b[22:], uint16(s.Whence))
}

// Get reads the structure from b, which holds at least its 24 bytes.
func (s *Flock) Get(b []byte) {
	_ = b[23]
	s.Start = int64(le.Uint64(b))
	s.Len = int64(le.Uint64(b[8:]))
	s.Pid = PID(le.Uint32(b[16:]))
	s.Type = int16(le.Uint16(b[20:]))
	s.Whence = int16(le.Uint16(b[22:]))
}

// FlockTimeout is struct flocktimeout, of F_SETLKWTIMEOUT.
type FlockTimeout struct {
	Fl      Flock
	Timeout Timespec
}

// Put writes the structure to b, which holds at least its 40 bytes.
func (s *FlockTimeout) Put(b []byte) {
	_ = b[39]
	s.Fl.Put(b)
	s.Timeout.Put(b[24:])
}

// Get reads the structure from b, which holds at least its 40 bytes.
func (s *FlockTimeout) Get(b []byte) {
	_ = b[39]
	s.Fl.Get(b)
	s.Timeout.Get(b[24:])
}

// Radvisory is struct radvisory, of F_RDADVISE.
type Radvisory struct {
	Offset int64
	Count  int32
	_      [4]byte
}

// Put writes the structure to b, which holds at least its 16 bytes.
func (s *Radvisory) Put(b []byte) {
	clear(b[:16])
	le.PutUint64(b, uint64(s.Offset))
	le.PutUint32(b[8:], uint32(s.Count))
}

// Get reads the structure from b, which holds at least its 16 bytes.
func (s *Radvisory) Get(b []byte) {
	_ = b[15]
	s.Offset = int64(le.Uint64(b))
	s.Count = int32(le.Uint32(b[8:]))
}

// Fstore is struct fstore, of F_PREALLOCATE; offsets and lengths in bytes.
type Fstore struct {
	Flags      uint32
	Posmode    int32
	Offset     int64
	Length     int64
	Bytesalloc int64 // written back: bytes allocated
}

// Put writes the structure to b, which holds at least its 32 bytes.
func (s *Fstore) Put(b []byte) {
	_ = b[31]
	le.PutUint32(b, s.Flags)
	le.PutUint32(b[4:], uint32(s.Posmode))
	le.PutUint64(b[8:], uint64(s.Offset))
	le.PutUint64(b[16:], uint64(s.Length))
	le.PutUint64(b[24:], uint64(s.Bytesalloc))
}

// Get reads the structure from b, which holds at least its 32 bytes.
func (s *Fstore) Get(b []byte) {
	_ = b[31]
	s.Flags = le.Uint32(b)
	s.Posmode = int32(le.Uint32(b[4:]))
	s.Offset = int64(le.Uint64(b[8:]))
	s.Length = int64(le.Uint64(b[16:]))
	s.Bytesalloc = int64(le.Uint64(b[24:]))
}

// Flags and positions of [Fstore].
const (
	F_ALLOCATECONTIG  = 0x2
	F_ALLOCATEALL     = 0x4
	F_ALLOCATEPERSIST = 0x8
	F_PEOFPOSMODE     = 0x3
	F_VOLPOSMODE      = 0x4
)

// Fpunchhole is struct fpunchhole, of F_PUNCHHOLE.
type Fpunchhole struct {
	Flags  uint32
	_      uint32
	Offset int64
	Length int64
}

// Put writes the structure to b, which holds at least its 24 bytes.
func (s *Fpunchhole) Put(b []byte) {
	clear(b[:24])
	le.PutUint32(b, s.Flags)
	le.PutUint64(b[8:], uint64(s.Offset))
	le.PutUint64(b[16:], uint64(s.Length))
}

// Get reads the structure from b, which holds at least its 24 bytes.
func (s *Fpunchhole) Get(b []byte) {
	_ = b[23]
	s.Flags = le.Uint32(b)
	s.Offset = int64(le.Uint64(b[8:]))
	s.Length = int64(le.Uint64(b[16:]))
}

// Log2phys is struct log2phys, of F_LOG2PHYS and F_LOG2PHYS_EXT. It is packed
// to 4 bytes.
type Log2phys struct {
	Flags       uint32
	Contigbytes int64
	Devoffset   int64
}

// Fsignatures is struct fsignatures, of F_ADDSIGS, F_ADDFILESIGS and
// F_ADDFILESIGS_RETURN; a caller of the oldest commands passes only its first
// 24 bytes.
type Fsignatures struct {
	FileStart       int64
	BlobStart       Ptr
	BlobSize        uint64
	FsignaturesSize uint64
	Cdhash          [20]byte
	HashType        int32
}

// Fchecklv is struct fchecklv, of F_CHECK_LV.
type Fchecklv struct {
	FileStart        int64
	ErrorMessageSize uint64
	ErrorMessage     Ptr
}
