package bsd

import (
	"math"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

func statfsRows() []kern.Row {
	const noMounts = "EPERM, as for every user but root"
	return []kern.Row{
		kern.Sys(157, "statfs", kern.RetInt, kern.Full, statfs),
		kern.Sys(158, "fstatfs", kern.RetInt, kern.Full, fstatfs),
		kern.Sys(18, "getfsstat", kern.RetInt, kern.Full, getfsstat),
		kern.Sys(345, "statfs64", kern.RetInt, kern.Full, statfs64),
		kern.Sys(346, "fstatfs64", kern.RetInt, kern.Full, fstatfs64),
		kern.Sys(347, "getfsstat64", kern.RetInt, kern.Full, getfsstat64),
		kern.Sys(165, "quotactl", kern.RetInt, kern.Partial, quotactl, "ENOTSUP: no file system has quotas"),
		kern.Sys(167, "mount", kern.RetInt, kern.Partial, mount, noMounts),
		kern.Sys(159, "unmount", kern.RetInt, kern.Partial, unmount, noMounts),
		kern.Sys(191, "pathconf", kern.RetInt, kern.Full, pathconf),
		kern.Sys(192, "fpathconf", kern.RetInt, kern.Full, fpathconf),
	}
}

type statfsArgs struct {
	Path abi.Ptr `path:""`
	Buf  abi.Ptr `struct:"statfs"`
}

type fstatfsArgs struct {
	FD  abi.FD
	Buf abi.Ptr `struct:"statfs"`
}

type statfs64Args struct {
	Path abi.Ptr `path:""`
	Buf  abi.Ptr `struct:"statfs64"`
}

type fstatfs64Args struct {
	FD  abi.FD
	Buf abi.Ptr `struct:"statfs64"`
}

type getfsstatArgs struct {
	Buf     abi.Ptr
	BufSize int32
	Flags   int32
}

// fsType is f_type, a number that only tells file systems apart.
const fsType = 0x1a

// putStatfs translates what the host knows of a file system.
func putStatfs(h *hostfs.Statfs) abi.Statfs64 {
	s := abi.Statfs64{
		Bsize: uint32(min(h.BlockSize, math.MaxUint32)), Iosize: int32(min(h.IOSize, math.MaxInt32)),
		Blocks: h.Blocks, Bfree: h.Free, Bavail: h.Avail, Files: h.Files, Ffree: h.FilesFree,
		Fsid: abi.Fsid{Val: h.FSID}, Type: fsType,
	}
	for _, f := range [...]struct {
		host  uint32
		guest uint32
	}{{hostfs.FSReadOnly, abi.MNT_RDONLY}, {hostfs.FSNoSuid, abi.MNT_NOSUID}, {hostfs.FSNoDev, abi.MNT_NODEV},
		{hostfs.FSNoExec, abi.MNT_NOEXEC}, {hostfs.FSLocal, abi.MNT_LOCAL}, {hostfs.FSRoot, abi.MNT_ROOTFS}} {
		if h.Flags&f.host != 0 {
			s.Flags |= f.guest
		}
	}
	putString(s.Fstypename[:], h.TypeName)
	putString(s.Mntonname[:], h.MountedOn)
	putString(s.Mntfromname[:], h.MountedFrom)
	return s
}

// putString copies s with a terminating zero, cutting it if it must.
func putString(b []byte, s string) {
	n := copy(b[:len(b)-1], s)
	clear(b[n:])
}

// oldStatfs is the structure of programs with short inode numbers, whose counts
// are signed.
func oldStatfs(s *abi.Statfs64) abi.StatfsIno32 {
	o := abi.StatfsIno32{
		Oflags: int16(s.Flags), Bsize: int64(s.Bsize), Iosize: int64(s.Iosize), Blocks: int64(s.Blocks), Bfree: int64(s.Bfree),
		Bavail: int64(s.Bavail), Files: int64(s.Files), Ffree: int64(s.Ffree), Fsid: s.Fsid, Owner: s.Owner,
		Type: int16(s.Type), Flags: int64(s.Flags), Mntonname: s.Mntonname, Mntfromname: s.Mntfromname,
	}
	copy(o.Fstypename[:14], s.Fstypename[:])
	return o
}

func marshalStatfs(h *hostfs.Statfs, old bool) []byte {
	s := putStatfs(h)
	if old {
		return abi.Marshal(oldStatfs(&s))
	}
	return abi.Marshal(s)
}

func statfsPath(t *kern.Thread, path, buf abi.Ptr, old bool) error {
	w, err := resolve(t, abi.AT_FDCWD, path, followLinks)
	if err != nil {
		return err
	}
	if w.dev != nil {
		h := devStatfs()
		return t.Space().CopyOut(uint64(buf), marshalStatfs(&h, old))
	}
	fs := t.Machine().Host.FS()
	h, err := fs.Statfs(w.At)
	if err != nil {
		return err
	}
	if st, err := fs.Stat(w.At); err == nil {
		h.FSID = fsidOf(&st)
	}
	return t.Space().CopyOut(uint64(buf), marshalStatfs(&h, old))
}

// fsidOf identifies a file system by the device number that stat tells of its
// files, as every Darwin file system does.
func fsidOf(st *hostfs.Stat) [2]int32 { return [2]int32{int32(guestDev(st.Dev)), fsType} }

// devStatfs is the file system of the kernel's own devices.
func devStatfs() hostfs.Statfs {
	return hostfs.Statfs{BlockSize: 512, IOSize: 512, FSID: [2]int32{devfsMajor << 24, 19}, TypeName: "devfs",
		MountedOn: "/dev", MountedFrom: "devfs", Flags: hostfs.FSLocal | hostfs.FSNoSuid, NameMax: 255}
}

func statfsFD(t *kern.Thread, fd abi.FD, buf abi.Ptr, old bool) error {
	f, err := t.File(fd)
	if err != nil {
		return err
	}
	h := devStatfs()
	if _, ok := f.Ops.(*devFile); !ok {
		_, v, err := vnodeOf(t, fd)
		if err != nil {
			return err
		}
		if h, err = v.file.Statfs(); err != nil {
			return err
		}
		if st, err := v.file.Stat(); err == nil {
			h.FSID = fsidOf(&st)
		}
	}
	return t.Space().CopyOut(uint64(buf), marshalStatfs(&h, old))
}

func statfs(t *kern.Thread, a *statfsArgs) (uint64, error) {
	return 0, statfsPath(t, a.Path, a.Buf, true)
}

func statfs64(t *kern.Thread, a *statfs64Args) (uint64, error) {
	return 0, statfsPath(t, a.Path, a.Buf, false)
}

func fstatfs(t *kern.Thread, a *fstatfsArgs) (uint64, error) {
	return 0, statfsFD(t, a.FD, a.Buf, true)
}

func fstatfs64(t *kern.Thread, a *fstatfs64Args) (uint64, error) {
	return 0, statfsFD(t, a.FD, a.Buf, false)
}

func getfsstat(t *kern.Thread, a *getfsstatArgs) (uint64, error) { return listMounts(t, a, true) }

func getfsstat64(t *kern.Thread, a *getfsstatArgs) (uint64, error) { return listMounts(t, a, false) }

// listMounts writes as many structures as fit and returns their number; without
// a buffer, how many there are.
func listMounts(t *kern.Thread, a *getfsstatArgs, old bool) (uint64, error) {
	if a.BufSize < 0 {
		return 0, abi.EINVAL
	}
	list, err := t.Machine().Host.FS().Mounts()
	if err != nil {
		return 0, err
	}
	for i := range list {
		if st, err := t.Machine().Host.FS().Stat(hostfs.At{Path: list[i].MountedOn}); err == nil {
			list[i].FSID = fsidOf(&st)
		}
	}
	list = append(list, devStatfs())
	if a.Buf == 0 {
		return uint64(len(list)), nil
	}
	addr, left, n := uint64(a.Buf), int(a.BufSize), uint64(0)
	for i := range list {
		b := marshalStatfs(&list[i], old)
		if left < len(b) {
			break
		}
		if err := t.Space().CopyOut(addr, b); err != nil {
			return 0, err
		}
		addr += uint64(len(b))
		left -= len(b)
		n++
	}
	return n, nil
}

type quotactlArgs struct {
	Path abi.Ptr `path:""`
	Cmd  int32
	UID  int32
	Arg  abi.Ptr
}

func quotactl(t *kern.Thread, a *quotactlArgs) (uint64, error) {
	var st abi.Stat64
	if err := statPath(t, abi.AT_FDCWD, a.Path, followLinks, &st); err != nil {
		return 0, err
	}
	return 0, abi.ENOTSUP
}

type mountArgs struct {
	Type  abi.Ptr `str:""`
	Path  abi.Ptr `path:""`
	Flags int32
	Data  abi.Ptr
}

type unmountArgs struct {
	Path  abi.Ptr `path:""`
	Flags int32
}

func mount(t *kern.Thread, a *mountArgs) (uint64, error) {
	if _, err := copyInName(t, a.Type, 16, abi.ENAMETOOLONG); err != nil {
		return 0, err
	}
	var st abi.Stat64
	if err := statPath(t, abi.AT_FDCWD, a.Path, followLinks, &st); err != nil {
		return 0, err
	}
	return 0, abi.EPERM
}

func unmount(t *kern.Thread, a *unmountArgs) (uint64, error) {
	var st abi.Stat64
	if err := statPath(t, abi.AT_FDCWD, a.Path, followLinks, &st); err != nil {
		return 0, err
	}
	return 0, abi.EPERM
}

type pathconfArgs struct {
	Path abi.Ptr `path:""`
	Name int32   `flags:"pathconf"`
}

type fpathconfArgs struct {
	FD   abi.FD
	Name int32 `flags:"pathconf"`
}

func pathconf(t *kern.Thread, a *pathconfArgs) (uint64, error) {
	var st abi.Stat64
	if err := statPath(t, abi.AT_FDCWD, a.Path, followLinks, &st); err != nil {
		return 0, err
	}
	return confOf(a.Name)
}

func fpathconf(t *kern.Thread, a *fpathconfArgs) (uint64, error) {
	f, err := t.File(a.FD)
	if err != nil {
		return 0, err
	}
	switch f.Ops.Type() {
	case kern.TypeSocket, kern.TypePipe:
		if a.Name != abi.PC_PIPE_BUF {
			return 0, abi.EINVAL
		}
	case kern.TypeVnode:
	default:
		return 0, abi.EINVAL
	}
	return confOf(a.Name)
}

// posix2001 is _POSIX_VERSION's form of yes, 200112.
const posix2001 = 200112

// confOf tells the limits of files: those of vn_pathconf and of APFS.
func confOf(name int32) (uint64, error) {
	switch name {
	case abi.PC_LINK_MAX:
		return 32767, nil
	case abi.PC_MAX_CANON, abi.PC_MAX_INPUT, abi.PC_PATH_MAX:
		return 1024, nil
	case abi.PC_NAME_MAX, abi.PC_NAME_CHARS_MAX, abi.PC_SYMLINK_MAX:
		return 255, nil
	case abi.PC_PIPE_BUF:
		return 512, nil
	case abi.PC_CHOWN_RESTRICTED, abi.PC_NO_TRUNC:
		return posix2001, nil
	case abi.PC_VDISABLE:
		return abi.POSIX_VDISABLE, nil
	case abi.PC_CASE_SENSITIVE, abi.PC_CASE_PRESERVING, abi.PC_2_SYMLINKS, abi.PC_ALLOC_SIZE_MIN, abi.PC_ASYNC_IO:
		return 1, nil
	case abi.PC_EXTENDED_SECURITY_NP, abi.PC_AUTH_OPAQUE_NP, abi.PC_PRIO_IO, abi.PC_SYNC_IO:
		return 0, nil
	case abi.PC_REC_INCR_XFER_SIZE, abi.PC_REC_MIN_XFER_SIZE, abi.PC_REC_XFER_ALIGN, abi.PC_MIN_HOLE_SIZE:
		return 4096, nil
	case abi.PC_REC_MAX_XFER_SIZE:
		return 65536, nil
	case abi.PC_FILESIZEBITS:
		return 64, nil
	case abi.PC_XATTR_SIZE_BITS:
		return 17, nil // 64 KiB
	}
	return 0, abi.EINVAL
}
