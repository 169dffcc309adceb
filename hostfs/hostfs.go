// Package hostfs is the seam between the kernel personality and everything
// outside it: files, terminals, sockets, host processes, clocks and entropy.
//
// Everything nondeterministic enters the kernel through the interfaces of this
// file and of api.go. They are narrow and value-based, so that a recorder, a
// fault injector or an in-memory world can stand in for the host. They know no
// guest type: paths are guest paths, numbers (open flags, modes, errno,
// signals, address families) are Linux's own.
//
// # Errors
//
// Every error is, or wraps, a [unix.Errno]; errors.As finds it.
//
// # Views
//
// [New] makes one of three views of a file tree; see [Options]. In all of them
// `..` of the root is the root, a chain of more than 32 symbolic links is
// ELOOP (MAXSYMLINKS; 40 where the host resolves a whole path), a name of more than 255 bytes or a path of more than
// 1023 is ENAMETOOLONG (NAME_MAX and PATH_MAX of Darwin's sys/syslimits.h; the
// latter counts the terminating NUL), an empty path is ENOENT. Names are
// compared as the host's file systems do, which usually means byte by byte:
// unlike a Mac's default volume, "A" and "a" are two names.
//
// # Concurrency
//
// All methods may be called from any goroutine, except that [Poller.Wait] and
// [Poller.Watch] belong to one goroutine at a time. No method of [File] or
// [Sock] waits for another process: what would have to wait is EAGAIN. Regular
// files and directories are taken never to make one wait.
package hostfs

import (
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Host is everything outside the kernel.
type Host interface {
	// FS is the guest's view of the file tree.
	FS() FS
	// Net is nil when the guest is given no network.
	Net() Net
	// Procs is nil when the guest may not start host programs.
	Procs() Procs
	Poller() Poller
	Clock() Clock
	// Entropy never ends and never fails on a host in working order.
	Entropy() io.Reader
	// Std wraps the host files given for descriptors 0, 1 and 2; nil when none
	// was given. The same File comes back each time; closing it leaves the
	// host's descriptor open.
	Std(fd int) File
	// Pipe makes a host pipe, for a host program whose descriptor is an object
	// of the guest's kernel.
	Pipe() (r, w File, err error)
	// Adopt makes a File of a host descriptor, which it then owns: one that came
	// by SCM_RIGHTS, for instance. It is made close-on-exec.
	Adopt(fd int) (File, error)
	// Info describes the host. It is read anew at each call.
	Info() Info
	// Suspend stops Beagle itself as a terminal's stop key would, and returns
	// when it is continued.
	Suspend() error
	// Close ends the relay of signals and closes the mounts. Open files stay
	// open, and host programs go on: the kernel signals those that it wants
	// ended.
	Close() error
}

// Options choose the view and what is outside it.
//
// With neither Isolated nor Root, the guest sees the host's tree at the same
// paths with the user's own rights. Over it lie Image, Overlay and Mounts, and
// /private/etc, /private/tmp and /private/var are other names of /etc, /tmp
// and /var. The path that [File.Path] tells is the short one.
//
// With Isolated, the guest sees a tree in memory ([MemFS]) with the layout of
// a fresh Mac (/tmp, /etc and /var are links to /private), and over it Image,
// Overlay and Mounts. No network, no host programs.
//
// With Root, that host directory is the guest's /, and over it Overlay and
// Mounts; Image is not used. Containment is as under Isolated, so there are no
// host programs either, but there is a network unless Isolated is set too.
type Options struct {
	Isolated bool
	Mounts   []Mount
	// Root is a host directory: a macOS root that the user brings.
	Root string
	// Stdin, Stdout and Stderr stay the caller's; nil means that the guest finds
	// the descriptor closed.
	Stdin, Stdout, Stderr *os.File
	// Image is the built-in read-only root: "usr/lib/dyld" is /usr/lib/dyld. May
	// be nil. Its files hide the host's, its directories are merged with them.
	Image fs.FS
	// Overlay has more read-only files, by absolute guest path.
	Overlay map[string][]byte
	// MemBytes and MemInodes limit the tree in memory; 0 means
	// [DefaultMemBytes] and [DefaultMemInodes].
	MemBytes  int64
	MemInodes int
	// Env is the environment of host programs and Info; nil means the host's.
	Env []string
	// NoSignals leaves the host's signals alone: no relay through the Poller
	// (except for the end of children).
	NoSignals bool
	// Now stamps the files in memory; nil means the host's real-time clock.
	Now func() unix.Timespec
}

// The limits of the tree in memory when Options name none.
const (
	DefaultMemBytes  = 1 << 30
	DefaultMemInodes = 1 << 20
)

// Mount grants a host directory or file to a contained view, or lays one over
// the default view.
type Mount struct {
	// Source is a host path; a relative one is relative to Beagle's directory.
	Source string
	// Target is an absolute guest path.
	Target   string
	ReadOnly bool
}

// ParseMount reads SOURCE:TARGET[:ro|:rw], as `--mount` takes it. Neither path
// may contain a colon.
func ParseMount(s string) (Mount, error) {
	part := strings.Split(s, ":")
	bad := func(why string) (Mount, error) {
		return Mount{}, &MountError{Text: s, Why: why, Err: unix.EINVAL}
	}
	var m Mount
	switch {
	case len(part) == 3 && part[2] == "ro":
		m.ReadOnly = true
	case len(part) == 3 && part[2] == "rw", len(part) == 2:
	case len(part) == 3:
		return bad("the last part is neither ro nor rw")
	default:
		return bad("not SOURCE:TARGET or SOURCE:TARGET:ro")
	}
	m.Source, m.Target = part[0], part[1]
	switch {
	case m.Source == "":
		return bad("no source")
	case !strings.HasPrefix(m.Target, "/"):
		return bad("the target is not an absolute path")
	case strings.ContainsRune(s, 0):
		return bad("a path holds a NUL")
	}
	return m, nil
}

// MountError says why a mount cannot be had.
type MountError struct {
	Text string // the mount as the user wrote it
	Why  string // may be empty when Err says enough
	Err  error  // holds a unix.Errno
}

func (e *MountError) Error() string {
	if e.Why == "" {
		return "mount " + e.Text + ": " + e.Err.Error()
	}
	return "mount " + e.Text + ": " + e.Why
}

func (e *MountError) Unwrap() error { return e.Err }

// Info describes the host and the user.
type Info struct {
	Hostname string
	// UID, GID and Groups are the effective user and groups, RUID and RGID the
	// real ones.
	UID, GID   uint32
	RUID, RGID uint32
	Groups     []uint32
	NumCPU     int
	// MemSize and MemFree are bytes.
	MemSize, MemFree uint64
	// Load is the load average over 1, 5 and 15 minutes.
	Load [3]float64
	Env  []string
	// Cwd is a guest path: Beagle's directory in the default view, else "/".
	Cwd string
	// PID, PPID, PGID and SID are the host's; PGID is what a terminal's
	// foreground group is compared with.
	PID, PPID, PGID, SID int
	Umask                uint32
}

// At names a file for a method of [FS].
type At struct {
	// Dir is where a relative Path starts; not looked at when Path is absolute.
	// With a nil Dir, Path must be absolute: EINVAL otherwise. A File that is no
	// directory is ENOTDIR.
	Dir  File
	Path string
	// NoFollow: a final symbolic link is itself the object. A path that ends in
	// a slash follows all the same, as everywhere.
	NoFollow bool
	// NoFollowAny: a symbolic link anywhere is ELOOP (Darwin's O_NOFOLLOW_ANY).
	NoFollowAny bool
	// Beneath: a path that leaves the starting directory, by `..`, an absolute
	// path or a link, is EXDEV (Linux's RESOLVE_BENEATH; the kernel translates).
	Beneath bool
}

// Flags of [FS.Open] and [File.Flags], with Linux's values and meanings.
const (
	O_RDONLY    = unix.O_RDONLY
	O_WRONLY    = unix.O_WRONLY
	O_RDWR      = unix.O_RDWR
	O_ACCMODE   = unix.O_ACCMODE
	O_CREAT     = unix.O_CREAT
	O_EXCL      = unix.O_EXCL
	O_TRUNC     = unix.O_TRUNC
	O_APPEND    = unix.O_APPEND
	O_NOFOLLOW  = unix.O_NOFOLLOW
	O_DIRECTORY = unix.O_DIRECTORY
	O_PATH      = unix.O_PATH
	O_SYNC      = unix.O_SYNC
	O_DSYNC     = unix.O_DSYNC
	O_NONBLOCK  = unix.O_NONBLOCK
	O_NOCTTY    = unix.O_NOCTTY
)

// Flags of [FS.Rename].
const (
	RenameNoReplace = unix.RENAME_NOREPLACE
	RenameExchange  = unix.RENAME_EXCHANGE
)

// Flags of Setxattr.
const (
	XattrCreate  = unix.XATTR_CREATE
	XattrReplace = unix.XATTR_REPLACE
)

// Whence of [File.Seek].
const (
	SeekSet  = unix.SEEK_SET
	SeekCur  = unix.SEEK_CUR
	SeekEnd  = unix.SEEK_END
	SeekData = unix.SEEK_DATA
	SeekHole = unix.SEEK_HOLE
)

// Limits of names, in bytes, without the terminating NUL.
const (
	NameMax  = 255
	PathMax  = 1023
	maxLinks = 32
)

// FS is one guest view of the file tree: guest paths in, guest paths out.
//
// What lies in a read-only mount or in the image answers EROFS to every
// change. Link and Rename between two mounts, or a mount and what is around
// it, are EXDEV: otherwise a link would carry a file out of a read-only mount
// into a writable one.
type FS interface {
	// Open never waits: a FIFO opened for writing that has no reader is ENXIO,
	// one opened for reading succeeds at once, whether flags have O_NONBLOCK or
	// not; the kernel waits for the other end. O_NONBLOCK is not kept in the
	// host's description. A final symbolic link is ELOOP with At.NoFollow or
	// O_NOFOLLOW, unless O_PATH is given, which opens the link itself. No
	// terminal becomes the controlling one. The permission bits of a new file
	// are perm itself, here and in Mkdir, Mkfifo and Mknod: the kernel has
	// applied the guest's umask, and the host's is not.
	Open(at At, flags int, perm uint32) (File, error)
	Stat(at At) (Stat, error)
	Readlink(at At) (string, error)
	// Access checks unix.R_OK, W_OK, X_OK or F_OK for the real user, or the
	// effective one.
	Access(at At, mode uint32, effective bool) error
	Mkdir(at At, perm uint32) error
	// Unlink removes a directory (rmdir) when dir is set, anything else when it
	// is not. The errno for a directory without dir is EISDIR; Darwin's is EPERM.
	Unlink(at At, dir bool) error
	// Rename takes RenameNoReplace or RenameExchange, or 0.
	Rename(old, new At, flags uint) error
	// Link does not follow a final symbolic link of old when old.NoFollow is set.
	Link(old, new At) error
	Symlink(target string, at At) error
	Mkfifo(at At, perm uint32) error
	// Mknod makes the node that mode's S_IFMT names; dev is Linux's number.
	// Devices in memory are EPERM.
	Mknod(at At, mode uint32, dev uint64) error
	// Chmod of a symbolic link itself (NoFollow) is EOPNOTSUPP on most hosts.
	Chmod(at At, mode uint32) error
	// Chown leaves alone what is -1.
	Chown(at At, uid, gid int) error
	// Utimes takes unix.UTIME_NOW and unix.UTIME_OMIT in Nsec.
	Utimes(at At, atime, mtime unix.Timespec) error
	Truncate(at At, n int64) error
	Statfs(at At) (Statfs, error)
	// Mounts lists what the guest may see as mounted, the root first.
	Mounts() ([]Statfs, error)
	// Getxattr copies the attribute to buf and returns its size; with an empty
	// buf only the size. A buf that is too small is ERANGE, a missing attribute
	// ENODATA, a file system without attributes ENOTSUP.
	//
	// Names are the guest's. On a host file the guest's name N is the host's
	// "user."+N: com.apple.quarantine is user.com.apple.quarantine. Host
	// attributes outside "user." do not show. So symbolic links and devices,
	// which Linux allows no such attributes, answer EPERM to Setxattr and have
	// none. A value may have 64 KiB (XATTR_SIZE_MAX), a name 127 bytes
	// (Darwin's XATTR_MAXNAMELEN).
	Getxattr(at At, name string, buf []byte) (int, error)
	// Setxattr takes XattrCreate or XattrReplace, or 0.
	Setxattr(at At, name string, val []byte, flags int) error
	// Listxattr returns the names in the host's order.
	Listxattr(at At) ([]string, error)
	Removexattr(at At, name string) error
	// HostPath is the host's path of an existing file, for running a host
	// program, or of a name in an existing directory, for binding a socket.
	// False when there is none: files in memory, and everything in a contained
	// view, where what the host does with a path would not be contained.
	HostPath(at At) (string, bool)
}

// Kind is what a File is.
type Kind uint8

// The kinds of files.
const (
	Unknown Kind = iota
	Regular
	Directory
	Pipe // FIFOs too
	Socket
	TTY
	CharDevice // other than TTY
	BlockDevice
	Symlink // by O_PATH only
	Other   // eventfd, pidfd and the like, by Adopt
)

// File is one open file description: the offset and O_APPEND live in it. Those
// of host files are the host's own, so that sharing with host processes is
// right. A File opened with O_PATH answers EBADF to what needs more than a
// name. Use after Close is EBADF.
type File interface {
	Kind() Kind
	// Read returns 0, nil at the end of the file. Nothing to read yet in a pipe,
	// socket, terminal or device is EAGAIN, whatever the descriptor's
	// O_NONBLOCK says; that flag is never changed. Directories are EISDIR.
	Read(p []byte) (int, error)
	// Write may write less than all of p, without error: to a pipe or terminal
	// that is filling up. Nothing at all is EAGAIN. At most unix.PIPE_BUF bytes
	// to a pipe are written whole or not at all. EPIPE raises no signal in
	// Beagle.
	Write(p []byte) (int, error)
	// ReadAt and WriteAt are pread and pwrite: they may be short without error,
	// are ESPIPE on what has no offset, and 0, nil is the end of the file.
	// WriteAt goes to off even with O_APPEND, unlike Linux's pwrite.
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	// Seek takes SeekSet, SeekCur, SeekEnd, SeekData and SeekHole. A directory
	// has no offset here (EINVAL): the kernel keeps the cursor.
	Seek(off int64, whence int) (int64, error)
	Stat() (Stat, error)
	Truncate(n int64) error
	// Allocate makes sure that bytes off to off+n have room, without growing the
	// file when keepSize is set.
	Allocate(off, n int64, keepSize bool) error
	// PunchHole frees bytes off to off+n; they read as zero.
	PunchHole(off, n int64) error
	// Sync is fsync, or fdatasync when dataOnly is set.
	Sync(dataOnly bool) error
	Chmod(mode uint32) error
	Chown(uid, gid int) error
	Utimes(atime, mtime unix.Timespec) error
	// ReadDir lists the whole directory: "." and "..", then as the file system
	// gives them. The kernel keeps its own cursor and reads anew when rewound. A
	// removed directory is empty.
	ReadDir() ([]DirEntry, error)
	Statfs() (Statfs, error)

	// The calls on extended attributes are those of FS.
	Getxattr(name string, buf []byte) (int, error)
	Setxattr(name string, val []byte, flags int) error
	Listxattr() ([]string, error)
	Removexattr(name string) error

	// Flock takes unix.LOCK_SH, LOCK_EX or LOCK_UN and never waits: EAGAIN when
	// the lock is held elsewhere. It belongs to the description. A memory file
	// knows only the locks of its own tree, which are all there can be.
	Flock(op int) error
	// Lock is an open-file-description lock: cmd is unix.F_OFD_GETLK or
	// F_OFD_SETLK; it never waits, EAGAIN when held elsewhere. l.Whence may be
	// any; l.Pid is 0 or -1 (unknown) on return.
	Lock(l *unix.Flock_t, cmd int) error

	Terminal

	// Readable is FIONREAD: how many bytes can be read at once. ENOTTY where it
	// has no meaning.
	Readable() (int, error)
	// Path is the current guest path, following renames where the host can
	// tell. Empty when there is none: the file is removed, has no name (pipe,
	// socket), or now lies outside the guest's view.
	Path() string
	// FD is the host's descriptor for polling, mmap and host programs; -1 for
	// files in memory. It is the File's own: do not close it.
	FD() int
	// Flags are the access mode and O_APPEND, O_PATH, O_SYNC, O_DIRECTORY as
	// they are now. A host's O_NONBLOCK does not show.
	Flags() int
	// SetAppend changes O_APPEND. On one of the Std files it changes only what
	// this File does, as the description is shared with the host's processes.
	SetAppend(on bool) error
	// ReadOnly tells whether the file system is, for this guest.
	ReadOnly() bool
	// Dup is another File of the same description.
	Dup() (File, error)
	Close() error
}

// Terminal are the calls on terminals. Everything else answers ENOTTY to them.
type Terminal interface {
	Termios() (*unix.Termios, error)
	// SetTermios: when is unix.TCSETS (now), TCSETSW (after output) or TCSETSF
	// (after output, discarding input). The waiting forms are EAGAIN while
	// output is unsent.
	SetTermios(when int, t *unix.Termios) error
	Winsize() (unix.Winsize, error)
	SetWinsize(w unix.Winsize) error
	// ForegroundPgrp and SetForegroundPgrp take the host's process groups.
	ForegroundPgrp() (int, error)
	SetForegroundPgrp(pgid int) error
	// SessionID is the host session whose controlling terminal it is.
	SessionID() (int, error)
	// Unsent is TIOCOUTQ: the bytes not sent yet.
	Unsent() (int, error)
	// Discard takes unix.TCIFLUSH, TCOFLUSH or TCIOFLUSH.
	Discard(queue int) error
	// Flow takes unix.TCOOFF, TCOON, TCIOFF or TCION.
	Flow(action int) error
	// Break sends a break.
	Break() error
	// PtyNumber tells the N of /dev/pts/N of a pseudo-terminal's master.
	PtyNumber() (int, error)
	// LockPty locks or unlocks the other side of a pseudo-terminal's master.
	LockPty(lock bool) error
	// PtyPacket turns packet mode (TIOCPKT) of a master on or off.
	PtyPacket(on bool) error
	// TTYName is the guest's path of the terminal, /dev/pts/N; empty when
	// unknown.
	TTYName() string
}

// Stat is what is known of a file. Modes and times are the same on Linux and
// Darwin; device numbers are Linux's.
type Stat struct {
	Dev, Ino uint64
	// Mode is S_IF* and the permission bits.
	Mode     uint32
	Nlink    uint64
	UID, GID uint32
	Rdev     uint64
	// Size is bytes, Blocks units of 512 bytes, BlockSize the best size of I/O.
	Size, Blocks, BlockSize    int64
	Atime, Mtime, Ctime, Btime unix.Timespec
	// Immutable and AppendOnly are Linux's STATX_ATTR_*.
	Immutable, AppendOnly bool
}

// Kind tells what the mode says; a terminal is CharDevice here.
func (s *Stat) Kind() Kind { return kindOf(s.Mode) }

// DirEntry is one name in a directory.
type DirEntry struct {
	Name string
	Ino  uint64
	// Type is unix.DT_*, the same numbers as Darwin's; DT_UNKNOWN is possible.
	Type uint8
}

// Flags of [Statfs].
const (
	FSReadOnly uint32 = 1 << iota
	FSNoSuid
	FSNoDev
	FSNoExec
	FSLocal // not a network file system
	FSRoot  // the guest's /
)

// Statfs describes a mounted file system.
type Statfs struct {
	// BlockSize is the unit of Blocks, Free and Avail; IOSize the best size of
	// I/O. Both are bytes.
	BlockSize, IOSize      uint64
	Blocks, Free, Avail    uint64
	Files, FilesFree       uint64
	FSID                   [2]int32
	TypeName               string // the host's name: "ext4"; "memfs", "image" for ours
	MountedOn, MountedFrom string
	Flags                  uint32
	NameMax                uint64
}

func kindOf(mode uint32) Kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return Regular
	case unix.S_IFDIR:
		return Directory
	case unix.S_IFIFO:
		return Pipe
	case unix.S_IFSOCK:
		return Socket
	case unix.S_IFCHR:
		return CharDevice
	case unix.S_IFBLK:
		return BlockDevice
	case unix.S_IFLNK:
		return Symlink
	}
	return Other
}
