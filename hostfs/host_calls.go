package hostfs

import (
	"encoding/binary"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pv2 is preadv2 or pwritev2 with one buffer. Offset -1 is the description's
// own.
func pv2(trap uintptr, fd int, p []byte, off int64, flags int) (int, error) {
	var iov unix.Iovec
	if len(p) > 0 {
		iov.Base = &p[0]
		iov.SetLen(len(p))
	}
	for {
		// On 64-bit hosts the low word is the whole offset; the high one is not
		// looked at.
		n, _, e := unix.Syscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&iov)), 1, uintptr(off), 0, uintptr(flags))
		if e == unix.EINTR {
			continue
		}
		runtime.KeepAlive(p)
		if e != 0 {
			return 0, e
		}
		return int(n), nil
	}
}

const statxMask = unix.STATX_BASIC_STATS | unix.STATX_BTIME

func statAt(dirfd int, path string, flags int) (Stat, error) {
	var x unix.Statx_t
	if err := unix.Statx(dirfd, path, flags|unix.AT_NO_AUTOMOUNT, statxMask, &x); err != nil {
		if err == unix.ENOSYS || err == unix.EPERM { // old sandboxes
			return oldStatAt(dirfd, path, flags)
		}
		return Stat{}, err
	}
	ts := func(t unix.StatxTimestamp) unix.Timespec {
		return unix.Timespec{Sec: t.Sec, Nsec: int64(t.Nsec)}
	}
	s := Stat{
		Dev: unix.Mkdev(x.Dev_major, x.Dev_minor), Ino: x.Ino, Mode: uint32(x.Mode), Nlink: uint64(x.Nlink),
		UID: x.Uid, GID: x.Gid, Rdev: unix.Mkdev(x.Rdev_major, x.Rdev_minor),
		Size: int64(x.Size), Blocks: int64(x.Blocks), BlockSize: int64(x.Blksize),
		Atime: ts(x.Atime), Mtime: ts(x.Mtime), Ctime: ts(x.Ctime), Btime: ts(x.Btime),
		Immutable:  x.Attributes&unix.STATX_ATTR_IMMUTABLE != 0,
		AppendOnly: x.Attributes&unix.STATX_ATTR_APPEND != 0,
	}
	if x.Mask&unix.STATX_BTIME == 0 {
		s.Btime = earliest(s)
	}
	return s, nil
}

func oldStatAt(dirfd int, path string, flags int) (Stat, error) {
	var t unix.Stat_t
	if err := unix.Fstatat(dirfd, path, &t, flags); err != nil {
		return Stat{}, err
	}
	s := Stat{
		Dev: t.Dev, Ino: t.Ino, Mode: t.Mode, Nlink: uint64(t.Nlink), UID: t.Uid, GID: t.Gid, Rdev: t.Rdev,
		Size: t.Size, Blocks: t.Blocks, BlockSize: int64(t.Blksize), Atime: t.Atim, Mtime: t.Mtim, Ctime: t.Ctim,
	}
	s.Btime = earliest(s)
	return s, nil
}

// earliest stands in for a birth time that the file system does not keep.
func earliest(s Stat) unix.Timespec {
	b := s.Mtime
	for _, t := range []unix.Timespec{s.Ctime, s.Atime} {
		if t.Sec < b.Sec || t.Sec == b.Sec && t.Nsec < b.Nsec {
			b = t
		}
	}
	return b
}

// utimesAt with an empty path changes the object of dirfd itself, which the
// Linux call takes as a null pointer.
func utimesAt(dirfd int, path string, atime, mtime unix.Timespec, flags int) error {
	ts := [2]unix.Timespec{atime, mtime}
	var p *byte
	if path != "" {
		var err error
		if p, err = unix.BytePtrFromString(path); err != nil {
			return unix.EINVAL
		}
	}
	_, _, e := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(dirfd), uintptr(unsafe.Pointer(p)), uintptr(unsafe.Pointer(&ts)), uintptr(flags), 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

// readDirFD lists a directory from its start. The caller's cursor in the
// description is lost.
func readDirFD(fd int) ([]DirEntry, error) {
	if _, err := unix.Seek(fd, 0, unix.SEEK_SET); err != nil {
		return nil, err
	}
	var list []DirEntry
	var self, parent DirEntry
	buf := make([]byte, 64<<10)
	for {
		n, err := again(func() (int, error) { return unix.Getdents(fd, buf) })
		if err == unix.ENOENT { // removed while open
			n, err = 0, nil
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			break
		}
		for b := buf[:n]; len(b) >= 19; {
			// struct linux_dirent64: ino, off, reclen, type, name
			reclen := int(binary.NativeEndian.Uint16(b[16:]))
			if reclen < 19 || reclen > len(b) {
				return nil, unix.EIO
			}
			e := DirEntry{Ino: binary.NativeEndian.Uint64(b), Type: b[18], Name: cstring(b[19:reclen])}
			switch e.Name {
			case ".":
				self = e
			case "..":
				parent = e
			default:
				list = append(list, e)
			}
			b = b[reclen:]
		}
	}
	if self.Name == "" {
		if len(list) == 0 {
			return nil, nil
		}
		self, parent = DirEntry{Name: ".", Type: unix.DT_DIR}, DirEntry{Name: "..", Type: unix.DT_DIR}
	}
	if parent.Name == "" {
		parent = DirEntry{Name: "..", Ino: self.Ino, Type: unix.DT_DIR}
	}
	return append([]DirEntry{self, parent}, list...), nil
}

func cstring(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

func statfsFD(fd int, m *mount) (Statfs, error) {
	var s unix.Statfs_t
	err := unix.Fstatfs(fd, &s)
	for err == unix.EINTR {
		err = unix.Fstatfs(fd, &s)
	}
	if err != nil {
		return Statfs{}, err
	}
	return hostStatfs(&s, m), nil
}

func hostStatfs(s *unix.Statfs_t, m *mount) Statfs {
	unit := uint64(s.Frsize)
	if unit == 0 {
		unit = uint64(s.Bsize)
	}
	r := Statfs{
		BlockSize: unit, IOSize: uint64(s.Bsize), Blocks: s.Blocks, Free: s.Bfree, Avail: s.Bavail,
		Files: s.Files, FilesFree: s.Ffree, FSID: s.Fsid.Val, TypeName: fsName(int64(s.Type)), NameMax: uint64(s.Namelen),
	}
	for _, f := range []struct {
		host int64
		ours uint32
	}{{unix.ST_RDONLY, FSReadOnly}, {unix.ST_NOSUID, FSNoSuid}, {unix.ST_NODEV, FSNoDev}, {unix.ST_NOEXEC, FSNoExec}} {
		if int64(s.Flags)&f.host != 0 {
			r.Flags |= f.ours
		}
	}
	switch int64(s.Type) & 0xffffffff {
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.V9FS_MAGIC, unix.AFS_SUPER_MAGIC, unix.CEPH_SUPER_MAGIC, unix.CODA_SUPER_MAGIC:
	default:
		r.Flags |= FSLocal
	}
	if m != nil {
		r.MountedOn, r.MountedFrom = m.target, m.source
		if m.ro {
			r.Flags |= FSReadOnly
		}
		if m.target == "/" {
			r.Flags |= FSRoot
		}
	}
	return r
}

func fsName(magic int64) string {
	switch magic & 0xffffffff {
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	case unix.TMPFS_MAGIC:
		return "tmpfs"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlay"
	case unix.NFS_SUPER_MAGIC:
		return "nfs"
	case unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		return "smbfs"
	case unix.PROC_SUPER_MAGIC:
		return "proc"
	case unix.SYSFS_MAGIC:
		return "sysfs"
	case unix.DEVPTS_SUPER_MAGIC:
		return "devpts"
	case unix.FUSE_SUPER_MAGIC:
		return "fuse"
	case unix.V9FS_MAGIC:
		return "9p"
	case unix.F2FS_SUPER_MAGIC:
		return "f2fs"
	case unix.ISOFS_SUPER_MAGIC:
		return "cd9660"
	case unix.MSDOS_SUPER_MAGIC:
		return "msdos"
	case unix.EXFAT_SUPER_MAGIC:
		return "exfat"
	case 0x2fc12fc1:
		return "zfs"
	case unix.PIPEFS_MAGIC:
		return "pipefs"
	case unix.SOCKFS_MAGIC:
		return "sockfs"
	}
	return "unknown"
}
