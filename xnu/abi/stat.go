package abi

// File type and permission bits of a mode (bsd/sys/_types/_s_ifmt.h).
const (
	S_IFMT   Mode = 0xf000
	S_IFIFO  Mode = 0x1000
	S_IFCHR  Mode = 0x2000
	S_IFDIR  Mode = 0x4000
	S_IFBLK  Mode = 0x6000
	S_IFREG  Mode = 0x8000
	S_IFLNK  Mode = 0xa000
	S_IFSOCK Mode = 0xc000
	S_IFWHT  Mode = 0xe000
	S_ISUID  Mode = 0x800
	S_ISGID  Mode = 0x400
	S_ISVTX  Mode = 0x200
	S_IRWXU  Mode = 0x1c0
	S_IRUSR  Mode = 0x100
	S_IWUSR  Mode = 0x80
	S_IXUSR  Mode = 0x40
	S_IRWXG  Mode = 0x38
	S_IRGRP  Mode = 0x20
	S_IWGRP  Mode = 0x10
	S_IXGRP  Mode = 0x8
	S_IRWXO  Mode = 0x7
	S_IROTH  Mode = 0x4
	S_IWOTH  Mode = 0x2
	S_IXOTH  Mode = 0x1

	ALLPERMS    Mode = 0o7777
	ACCESSPERMS Mode = 0o777
)

// IsDir, IsReg, IsLnk, IsChr, IsBlk, IsFIFO and IsSock report the type of file
// that a mode tells of.
func (m Mode) IsDir() bool  { return m&S_IFMT == S_IFDIR }
func (m Mode) IsReg() bool  { return m&S_IFMT == S_IFREG }
func (m Mode) IsLnk() bool  { return m&S_IFMT == S_IFLNK }
func (m Mode) IsChr() bool  { return m&S_IFMT == S_IFCHR }
func (m Mode) IsBlk() bool  { return m&S_IFMT == S_IFBLK }
func (m Mode) IsFIFO() bool { return m&S_IFMT == S_IFIFO }
func (m Mode) IsSock() bool { return m&S_IFMT == S_IFSOCK }

// File flags (chflags(2)): the low half is the owner's to change, the high half
// the super-user's.
const (
	UF_SETTABLE   = 0xffff
	UF_NODUMP     = 0x1
	UF_IMMUTABLE  = 0x2
	UF_APPEND     = 0x4
	UF_OPAQUE     = 0x8
	UF_COMPRESSED = 0x20
	UF_TRACKED    = 0x40
	UF_DATAVAULT  = 0x80
	UF_HIDDEN     = 0x8000
	SF_SUPPORTED  = 0x9f0000
	SF_SETTABLE   = 0x3fff0000
	SF_SYNTHETIC  = 0xc0000000
	SF_ARCHIVED   = 0x10000
	SF_IMMUTABLE  = 0x20000
	SF_APPEND     = 0x40000
	SF_RESTRICTED = 0x80000
	SF_NOUNLINK   = 0x100000
	SF_FIRMLINK   = 0x800000
	SF_DATALESS   = 0x40000000
)

// Nanosecond values of utimensat(2) that are not a time.
const (
	UTIME_NOW  = -1
	UTIME_OMIT = -2
)

// Stat64 is struct stat64, and struct stat for every program built since Mac OS
// X 10.6 (bsd/sys/stat.h). Blocks counts units of 512 bytes.
type Stat64 struct {
	Dev           Dev
	Mode          Mode
	Nlink         uint16
	Ino           Ino
	Uid           UID
	Gid           GID
	Rdev          Dev
	_             [4]byte
	Atimespec     Timespec
	Mtimespec     Timespec
	Ctimespec     Timespec
	Birthtimespec Timespec
	Size          int64
	Blocks        int64
	Blksize       int32
	Flags         uint32
	Gen           uint32
	_             int32
	_             [2]int64
}

// Put writes the structure to b, which holds at least its 144 bytes.
func (s *Stat64) Put(b []byte) {
	clear(b[:144])
	le.PutUint32(b, uint32(s.Dev))
	le.PutUint16(b[4:], uint16(s.Mode))
	le.PutUint16(b[6:], s.Nlink)
	le.PutUint64(b[8:], uint64(s.Ino))
	le.PutUint32(b[16:], uint32(s.Uid))
	le.PutUint32(b[20:], uint32(s.Gid))
	le.PutUint32(b[24:], uint32(s.Rdev))
	s.Atimespec.Put(b[32:])
	s.Mtimespec.Put(b[48:])
	s.Ctimespec.Put(b[64:])
	s.Birthtimespec.Put(b[80:])
	le.PutUint64(b[96:], uint64(s.Size))
	le.PutUint64(b[104:], uint64(s.Blocks))
	le.PutUint32(b[112:], uint32(s.Blksize))
	le.PutUint32(b[116:], s.Flags)
	le.PutUint32(b[120:], s.Gen)
}

// StatIno32 is struct stat with 32-bit inode numbers, what system calls 188 to
// 190 write for x86-64 programs of old. arm64 never had it (bsd/sys/stat.h).
type StatIno32 struct {
	Dev       Dev
	Ino       uint32
	Mode      Mode
	Nlink     uint16
	Uid       UID
	Gid       GID
	Rdev      Dev
	Atimespec Timespec
	Mtimespec Timespec
	Ctimespec Timespec
	Size      int64
	Blocks    int64
	Blksize   int32
	Flags     uint32
	Gen       uint32
	_         int32
	_         [2]int64
}

// Put writes the structure to b, which holds at least its 120 bytes.
func (s *StatIno32) Put(b []byte) {
	clear(b[:120])
	le.PutUint32(b, uint32(s.Dev))
	le.PutUint32(b[4:], s.Ino)
	le.PutUint16(b[8:], uint16(s.Mode))
	le.PutUint16(b[10:], s.Nlink)
	le.PutUint32(b[12:], uint32(s.Uid))
	le.PutUint32(b[16:], uint32(s.Gid))
	le.PutUint32(b[20:], uint32(s.Rdev))
	s.Atimespec.Put(b[24:])
	s.Mtimespec.Put(b[40:])
	s.Ctimespec.Put(b[56:])
	le.PutUint64(b[72:], uint64(s.Size))
	le.PutUint64(b[80:], uint64(s.Blocks))
	le.PutUint32(b[88:], uint32(s.Blksize))
	le.PutUint32(b[92:], s.Flags)
	le.PutUint32(b[96:], s.Gen)
}

// Ino32 returns the same facts as the old structure holds them; the inode number
// is cut to its low 32 bits, as XNU does (munge_user64_stat).
func (s *Stat64) Ino32() StatIno32 {
	return StatIno32{
		Dev: s.Dev, Ino: uint32(s.Ino), Mode: s.Mode, Nlink: s.Nlink, Uid: s.Uid, Gid: s.Gid, Rdev: s.Rdev,
		Atimespec: s.Atimespec, Mtimespec: s.Mtimespec, Ctimespec: s.Ctimespec,
		Size: s.Size, Blocks: s.Blocks, Blksize: s.Blksize, Flags: s.Flags, Gen: s.Gen,
	}
}

// Directory entry types (bsd/sys/dirent.h).
const (
	DT_UNKNOWN = 0
	DT_FIFO    = 1
	DT_CHR     = 2
	DT_DIR     = 4
	DT_BLK     = 6
	DT_REG     = 8
	DT_LNK     = 10
	DT_SOCK    = 12
	DT_WHT     = 14
)

// DirentType returns the directory entry type for a file's mode.
func (m Mode) DirentType() uint8 { return uint8(m & S_IFMT >> 12) }

// Dirent64 is the fixed part of struct dirent with 64-bit inode numbers
// (bsd/sys/dirent.h): 21 bytes, then the name, its terminating zero, and zeros
// up to the size that [Dirent64Size] tells.
type Dirent64 struct {
	Ino     Ino
	Seekoff uint64 // position to seek to for the entry after this one
	Reclen  uint16 // size of the whole record, bytes
	Namlen  uint16 // length of the name without its zero, bytes
	Type    uint8  // DT_
}

// Sizes of directory records, in bytes.
const (
	Dirent64Header = 21 // offset of the name in a record
	Dirent64Align  = 8  // a record's size is a multiple of this

	// GETDIRENTRIES64_EXTENDED_BUFSIZE is the smallest buffer for which
	// getdirentries64 also reports, in the buffer's last 4 bytes, whether it
	// reached the directory's end (bsd/sys/dirent_private.h).
	GETDIRENTRIES64_EXTENDED_BUFSIZE = 1024
	GETDIRENTRIES64_EOF              = 1 // flag in those 4 bytes
)

// Dirent64Size returns the size in bytes of the record of a name of n bytes.
//
// It counts the padding that ends the C structure, as XNU's DIRENT64_LEN does
// (bsd/vfs/vfs_syscalls.c): records are a little longer than they need to be.
func Dirent64Size(n int) int { return (25 + n + Dirent64Align - 1) &^ (Dirent64Align - 1) }

// AppendDirent64 appends the whole record of one entry and returns the extended
// slice. The name is at most 1023 bytes; Reclen and Namlen of d are set from it.
func AppendDirent64(b []byte, d Dirent64, name string) []byte {
	size := Dirent64Size(len(name))
	b = le.AppendUint64(b, uint64(d.Ino))
	b = le.AppendUint64(b, d.Seekoff)
	b = le.AppendUint16(b, uint16(size))
	b = le.AppendUint16(b, uint16(len(name)))
	b = append(b, d.Type)
	b = append(b, name...)
	return append(b, make([]byte, size-Dirent64Header-len(name))...)
}

// DirentIno32Header is the offset of the name in a record of getdirentries(2),
// the call with 32-bit inode numbers.
const DirentIno32Header = 8

// DirentIno32Size returns the size in bytes of the old record of a name of n bytes.
func DirentIno32Size(n int) int { return (DirentIno32Header + n + 1 + 3) &^ 3 }

// AppendDirentIno32 appends the whole record of one entry as getdirentries(2),
// the call with 32-bit inode numbers, lays it out. The name is at most 255 bytes.
func AppendDirentIno32(b []byte, ino uint32, typ uint8, name string) []byte {
	size := DirentIno32Size(len(name))
	b = le.AppendUint32(b, ino)
	b = le.AppendUint16(b, uint16(size))
	b = append(b, typ, uint8(len(name)))
	b = append(b, name...)
	return append(b, make([]byte, size-DirentIno32Header-len(name))...)
}

// Statfs64 is struct statfs with 64-bit inode numbers (bsd/sys/mount.h).
// Blocks, Bfree and Bavail count units of Bsize bytes. Names end in a zero byte.
type Statfs64 struct {
	Bsize       uint32
	Iosize      int32
	Blocks      uint64
	Bfree       uint64
	Bavail      uint64
	Files       uint64
	Ffree       uint64
	Fsid        Fsid
	Owner       UID
	Type        uint32
	Flags       uint32
	Fssubtype   uint32
	Fstypename  [16]byte
	Mntonname   [1024]byte
	Mntfromname [1024]byte
	FlagsExt    uint32
	_           [7]uint32
}

// StatfsIno32 is struct statfs of programs with 32-bit inode numbers (bsd/sys/mount.h).
type StatfsIno32 struct {
	Otype       int16
	Oflags      int16
	_           [4]byte
	Bsize       int64
	Iosize      int64
	Blocks      int64
	Bfree       int64
	Bavail      int64
	Files       int64
	Ffree       int64
	Fsid        Fsid
	Owner       UID
	_           int16
	Type        int16
	Flags       int64
	_           [2]int64
	Fstypename  [15]byte
	Mntonname   [1024]byte
	Mntfromname [1024]byte
	_           int8
	_           [4]int64
}

// Fsid is fsid_t, the identity of a mounted file system.
type Fsid struct {
	Val [2]int32
}

// Flags of a mounted file system, f_flags (bsd/sys/mount.h).
const (
	MNT_RDONLY           = 0x1
	MNT_SYNCHRONOUS      = 0x2
	MNT_NOEXEC           = 0x4
	MNT_NOSUID           = 0x8
	MNT_NODEV            = 0x10
	MNT_UNION            = 0x20
	MNT_ASYNC            = 0x40
	MNT_CPROTECT         = 0x80
	MNT_EXPORTED         = 0x100
	MNT_REMOVABLE        = 0x200
	MNT_QUARANTINE       = 0x400
	MNT_LOCAL            = 0x1000
	MNT_QUOTA            = 0x2000
	MNT_ROOTFS           = 0x4000
	MNT_DOVOLFS          = 0x8000
	MNT_UPDATE           = 0x10000
	MNT_NOBLOCK          = 0x20000
	MNT_RELOAD           = 0x40000
	MNT_FORCE            = 0x80000
	MNT_DONTBROWSE       = 0x100000
	MNT_IGNORE_OWNERSHIP = 0x200000
	MNT_AUTOMOUNTED      = 0x400000
	MNT_JOURNALED        = 0x800000
	MNT_NOUSERXATTR      = 0x1000000
	MNT_DEFWRITE         = 0x2000000
	MNT_MULTILABEL       = 0x4000000
	MNT_NOFOLLOW         = 0x8000000
	MNT_NOATIME          = 0x10000000
	MNT_SNAPSHOT         = 0x40000000
	MNT_STRICTATIME      = 0x80000000
)

// How getfsstat(2) and unmount may wait.
const (
	MNT_WAIT   = 1
	MNT_NOWAIT = 2
	MNT_DWAIT  = 4
)

// What access(2) and faccessat(2) ask for. The bits above X_OK are accessx's
// extended rights, of the same numbers as kauth's (bsd/sys/unistd.h); Darwin writes
// them with a leading underscore.
const (
	F_OK       = 0x0
	X_OK       = 0x1
	W_OK       = 0x2
	R_OK       = 0x4
	READ_OK    = 0x200
	WRITE_OK   = 0x400
	EXECUTE_OK = 0x800
	DELETE_OK  = 0x1000
	APPEND_OK  = 0x2000
	RMFILE_OK  = 0x4000
	RATTR_OK   = 0x8000
	WATTR_OK   = 0x10000
	REXT_OK    = 0x20000
	WEXT_OK    = 0x40000
	RPERM_OK   = 0x80000
	WPERM_OK   = 0x100000
	CHOWN_OK   = 0x200000
)

// Accessx is struct accessx_descriptor, an entry of access_extended's array
// (bsd/sys/unistd.h).
type Accessx struct {
	NameOffset uint32 // of the path from the start of the array, bytes
	Flags      int32
	_          [2]int32
}

// Limits of access_extended.
const (
	ACCESSX_MAX_DESCRIPTORS = 100
	ACCESSX_MAX_TABLESIZE   = 16384
)

// What pathconf(2) and fpathconf(2) ask for; Darwin writes a leading
// underscore (bsd/sys/unistd.h).
const (
	PC_LINK_MAX             = 1
	PC_MAX_CANON            = 2
	PC_MAX_INPUT            = 3
	PC_NAME_MAX             = 4
	PC_PATH_MAX             = 5
	PC_PIPE_BUF             = 6
	PC_CHOWN_RESTRICTED     = 7
	PC_NO_TRUNC             = 8
	PC_VDISABLE             = 9
	PC_NAME_CHARS_MAX       = 10
	PC_CASE_SENSITIVE       = 11
	PC_CASE_PRESERVING      = 12
	PC_EXTENDED_SECURITY_NP = 13
	PC_AUTH_OPAQUE_NP       = 14
	PC_2_SYMLINKS           = 15
	PC_ALLOC_SIZE_MIN       = 16
	PC_ASYNC_IO             = 17
	PC_FILESIZEBITS         = 18
	PC_PRIO_IO              = 19
	PC_REC_INCR_XFER_SIZE   = 20
	PC_REC_MAX_XFER_SIZE    = 21
	PC_REC_MIN_XFER_SIZE    = 22
	PC_REC_XFER_ALIGN       = 23
	PC_SYMLINK_MAX          = 24
	PC_SYNC_IO              = 25
	PC_XATTR_SIZE_BITS      = 26
	PC_MIN_HOLE_SIZE        = 27
)

// Flags of the clonefileat family (bsd/sys/clonefile.h) and renamex_np (bsd/sys/stdio.h).
const (
	CLONE_NOFOLLOW      = 0x1
	CLONE_NOOWNERCOPY   = 0x2
	CLONE_ACL           = 0x4
	CLONE_NOFOLLOW_ANY  = 0x8
	RENAME_SECLUDE      = 0x1
	RENAME_SWAP         = 0x2
	RENAME_EXCL         = 0x4
	RENAME_NOFOLLOW_ANY = 0x10
)

// Options and limits of extended attributes (bsd/sys/xattr.h); sizes in bytes.
const (
	XATTR_NOFOLLOW        = 0x1
	XATTR_CREATE          = 0x2
	XATTR_REPLACE         = 0x4
	XATTR_NOSECURITY      = 0x8
	XATTR_NODEFAULT       = 0x10
	XATTR_SHOWCOMPRESSION = 0x20
	XATTR_MAXNAMELEN      = 127

	XATTR_RESOURCEFORK_NAME = "com.apple.ResourceFork"
	XATTR_FINDERINFO_NAME   = "com.apple.FinderInfo"
)
