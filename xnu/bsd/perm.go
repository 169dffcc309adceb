package bsd

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

func permRows() []kern.Row {
	const noACL = "an access control list is refused with ENOTSUP"
	const noFlags = "flags other than none are refused with ENOTSUP: the host has no place for them"
	return []kern.Row{
		kern.Sys(15, "chmod", kern.RetInt, kern.Full, chmod),
		kern.Sys(124, "fchmod", kern.RetInt, kern.Full, fchmod),
		kern.Sys(467, "fchmodat", kern.RetInt, kern.Full, fchmodat),
		kern.Sys(282, "chmod_extended", kern.RetInt, kern.Partial, chmodExtended, noACL),
		kern.Sys(283, "fchmod_extended", kern.RetInt, kern.Partial, fchmodExtended, noACL),
		kern.Sys(16, "chown", kern.RetInt, kern.Full, chown),
		kern.Sys(364, "lchown", kern.RetInt, kern.Full, lchown),
		kern.Sys(123, "fchown", kern.RetInt, kern.Full, fchown),
		kern.Sys(468, "fchownat", kern.RetInt, kern.Full, fchownat),
		kern.Sys(60, "umask", kern.RetInt, kern.Full, umask),
		kern.Sys(278, "umask_extended", kern.RetInt, kern.Partial, umaskExtended, noACL),
		kern.Sys(138, "utimes", kern.RetInt, kern.Full, utimes),
		kern.Sys(139, "futimes", kern.RetInt, kern.Full, futimes),
		kern.Sys(34, "chflags", kern.RetInt, kern.Partial, chflags, noFlags),
		kern.Sys(35, "fchflags", kern.RetInt, kern.Partial, fchflags, noFlags),
		kern.Sys(200, "truncate", kern.RetInt, kern.Full, truncate),
		kern.Sys(201, "ftruncate", kern.RetInt, kern.Full, ftruncate),
		kern.Sys(95, "fsync", kern.RetInt, kern.Full, fsync),
		kern.Sys(408, "fsync_nocancel", kern.RetInt, kern.Full, fsync),
		kern.Sys(187, "fdatasync", kern.RetInt, kern.Full, fdatasync),
		kern.Sys(36, "sync", kern.RetInt, kern.Partial, syncAll, "what is written is the host's at once; the host's disks are not flushed"),
	}
}

type chmodArgs struct {
	Path abi.Ptr `path:""`
	Mode int32   `fmt:"oct"`
}

type fchmodArgs struct {
	FD   abi.FD
	Mode int32 `fmt:"oct"`
}

type fchmodatArgs struct {
	DirFD abi.FD
	Path  abi.Ptr `path:""`
	Mode  int32   `fmt:"oct"`
	Flag  int32   `flags:"at"`
}

func chmod(t *kern.Thread, a *chmodArgs) (uint64, error) {
	return 0, setMode(t, abi.AT_FDCWD, a.Path, a.Mode, followLinks)
}

func fchmodat(t *kern.Thread, a *fchmodatArgs) (uint64, error) {
	how, err := atFlags(a.Flag, abi.AT_SYMLINK_NOFOLLOW|abi.AT_REALDEV|abi.AT_SYMLINK_NOFOLLOW_ANY)
	if err != nil {
		return 0, err
	}
	return 0, setMode(t, a.DirFD, a.Path, a.Mode, how)
}

func setMode(t *kern.Thread, dir abi.FD, path abi.Ptr, mode int32, how follow) error {
	w, err := resolve(t, dir, path, how)
	if err != nil {
		return err
	}
	return t.Machine().Host.FS().Chmod(w.At, uint32(mode)&0o7777)
}

func fchmod(t *kern.Thread, a *fchmodArgs) (uint64, error) {
	_, v, err := vnodeOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	return 0, v.file.Chmod(uint32(a.Mode) & 0o7777)
}

type chmodExtendedArgs struct {
	Path      abi.Ptr `path:""`
	UID       abi.UID
	GID       abi.GID
	Mode      int32 `fmt:"oct"`
	XSecurity abi.Ptr
}

type fchmodExtendedArgs struct {
	FD        abi.FD
	UID       abi.UID
	GID       abi.GID
	Mode      int32 `fmt:"oct"`
	XSecurity abi.Ptr
}

// extended reads what the extended forms ask for: each of mode, owner and group
// may be left alone.
func extended(uid abi.UID, gid abi.GID, mode int32, xsec abi.Ptr) (u, g int, chmod, chown bool, err error) {
	if xsec != 0 && xsec != filesecRemoveACL {
		return 0, 0, false, false, abi.ENOTSUP
	}
	u, g = -1, -1
	if uint32(uid) != kauthNone {
		u = int(uid)
	}
	if uint32(gid) != kauthNone {
		g = int(gid)
	}
	return u, g, mode != -1, u != -1 || g != -1, nil
}

func chmodExtended(t *kern.Thread, a *chmodExtendedArgs) (uint64, error) {
	u, g, mode, owner, err := extended(a.UID, a.GID, a.Mode, a.XSecurity)
	if err != nil {
		return 0, err
	}
	w, err := resolve(t, abi.AT_FDCWD, a.Path, followLinks)
	if err != nil {
		return 0, err
	}
	fs := t.Machine().Host.FS()
	if owner {
		if err := fs.Chown(w.At, u, g); err != nil {
			return 0, err
		}
	}
	if mode {
		return 0, fs.Chmod(w.At, uint32(a.Mode)&0o7777)
	}
	return 0, nil
}

func fchmodExtended(t *kern.Thread, a *fchmodExtendedArgs) (uint64, error) {
	u, g, mode, owner, err := extended(a.UID, a.GID, a.Mode, a.XSecurity)
	if err != nil {
		return 0, err
	}
	_, v, err := vnodeOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	if owner {
		if err := v.file.Chown(u, g); err != nil {
			return 0, err
		}
	}
	if mode {
		return 0, v.file.Chmod(uint32(a.Mode) & 0o7777)
	}
	return 0, nil
}

type chownArgs struct {
	Path abi.Ptr `path:""`
	UID  int32
	GID  int32
}

type fchownArgs struct {
	FD  abi.FD
	UID int32
	GID int32
}

type fchownatArgs struct {
	DirFD abi.FD
	Path  abi.Ptr `path:""`
	UID   int32
	GID   int32
	Flag  int32 `flags:"at"`
}

// hostID is a user or group for the host; -1 leaves it alone.
func hostID(id int32) int {
	if id == -1 {
		return -1
	}
	return int(uint32(id))
}

func setOwnerAt(t *kern.Thread, dir abi.FD, path abi.Ptr, uid, gid int32, how follow) error {
	w, err := resolve(t, dir, path, how)
	if err != nil {
		return err
	}
	return t.Machine().Host.FS().Chown(w.At, hostID(uid), hostID(gid))
}

func chown(t *kern.Thread, a *chownArgs) (uint64, error) {
	return 0, setOwnerAt(t, abi.AT_FDCWD, a.Path, a.UID, a.GID, followLinks)
}

func lchown(t *kern.Thread, a *chownArgs) (uint64, error) {
	return 0, setOwnerAt(t, abi.AT_FDCWD, a.Path, a.UID, a.GID, noFollow)
}

func fchownat(t *kern.Thread, a *fchownatArgs) (uint64, error) {
	how, err := atFlags(a.Flag, abi.AT_SYMLINK_NOFOLLOW|abi.AT_REALDEV|abi.AT_SYMLINK_NOFOLLOW_ANY)
	if err != nil {
		return 0, err
	}
	return 0, setOwnerAt(t, a.DirFD, a.Path, a.UID, a.GID, how)
}

func fchown(t *kern.Thread, a *fchownArgs) (uint64, error) {
	_, v, err := vnodeOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	return 0, v.file.Chown(hostID(a.UID), hostID(a.GID))
}

type umaskArgs struct {
	NewMask int32 `fmt:"oct"`
}

type umaskExtendedArgs struct {
	NewMask   int32 `fmt:"oct"`
	XSecurity abi.Ptr
}

func umask(t *kern.Thread, a *umaskArgs) (uint64, error) {
	old := t.Proc.Umask
	t.Proc.Umask = uint32(a.NewMask) & 0o7777
	return uint64(old), nil
}

func umaskExtended(t *kern.Thread, a *umaskExtendedArgs) (uint64, error) {
	if a.XSecurity != 0 && a.XSecurity != filesecRemoveACL {
		return 0, abi.ENOTSUP
	}
	return umask(t, &umaskArgs{a.NewMask})
}

type utimesArgs struct {
	Path  abi.Ptr `path:""`
	Times abi.Ptr `struct:"timeval[2]"`
}

type futimesArgs struct {
	FD    abi.FD
	Times abi.Ptr `struct:"timeval[2]"`
}

// copyInTimes reads two struct timeval; none means now (getutimes).
func copyInTimes(t *kern.Thread, addr abi.Ptr) (ts [2]unix.Timespec, err error) {
	if addr == 0 {
		return [2]unix.Timespec{{Nsec: unix.UTIME_NOW}, {Nsec: unix.UTIME_NOW}}, nil
	}
	var raw [32]byte
	if err := t.Space().CopyIn(raw[:], uint64(addr)); err != nil {
		return ts, err
	}
	for i := range ts {
		var tv abi.Timeval
		tv.Get(raw[16*i:])
		if tv.Usec < 0 || tv.Usec >= 1e6 {
			return ts, abi.EINVAL
		}
		ts[i] = unix.Timespec{Sec: tv.Sec, Nsec: int64(tv.Usec) * 1000}
	}
	return ts, nil
}

func utimes(t *kern.Thread, a *utimesArgs) (uint64, error) {
	ts, err := copyInTimes(t, a.Times)
	if err != nil {
		return 0, err
	}
	w, err := resolve(t, abi.AT_FDCWD, a.Path, followLinks)
	if err != nil {
		return 0, err
	}
	return 0, t.Machine().Host.FS().Utimes(w.At, ts[0], ts[1])
}

func futimes(t *kern.Thread, a *futimesArgs) (uint64, error) {
	ts, err := copyInTimes(t, a.Times)
	if err != nil {
		return 0, err
	}
	_, v, err := vnodeOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	return 0, v.file.Utimes(ts[0], ts[1])
}

type chflagsArgs struct {
	Path  abi.Ptr `path:""`
	Flags uint32  `flags:"chflags"`
}

type fchflagsArgs struct {
	FD    abi.FD
	Flags uint32 `flags:"chflags"`
}

// setFlags accepts the flags that the file has already.
func setFlags(st *abi.Stat64, flags uint32) error {
	if flags == st.Flags {
		return nil
	}
	return abi.ENOTSUP
}

func chflags(t *kern.Thread, a *chflagsArgs) (uint64, error) {
	var st abi.Stat64
	if err := statPath(t, abi.AT_FDCWD, a.Path, followLinks, &st); err != nil {
		return 0, err
	}
	return 0, setFlags(&st, a.Flags)
}

func fchflags(t *kern.Thread, a *fchflagsArgs) (uint64, error) {
	f, v, err := vnodeOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	var st abi.Stat64
	if err := v.Stat(t, f, &st); err != nil {
		return 0, err
	}
	return 0, setFlags(&st, a.Flags)
}

type truncateArgs struct {
	Path   abi.Ptr `path:""`
	Length abi.Off
}

type ftruncateArgs struct {
	FD     abi.FD
	Length abi.Off
}

// sizeLimit checks RLIMIT_FSIZE for a new length.
func sizeLimit(t *kern.Thread, n int64) error {
	if limit := t.Proc.Limits[abi.RLIMIT_FSIZE].Cur; limit < kern.Infinity && uint64(n) > limit {
		t.Proc.Signal(abi.SIGXFSZ, kern.SigInfo{})
		return abi.EFBIG
	}
	return nil
}

func truncate(t *kern.Thread, a *truncateArgs) (uint64, error) {
	if a.Length < 0 {
		return 0, abi.EINVAL
	}
	if err := sizeLimit(t, int64(a.Length)); err != nil {
		return 0, err
	}
	w, err := resolve(t, abi.AT_FDCWD, a.Path, followLinks)
	if err != nil {
		return 0, err
	}
	return 0, t.Machine().Host.FS().Truncate(w.At, int64(a.Length))
}

// truncater is implemented by other FileOps that ftruncate can size: shared
// memory.
type truncater interface {
	Truncate(t *kern.Thread, f *kern.File, n int64) error
}

func ftruncate(t *kern.Thread, a *ftruncateArgs) (uint64, error) {
	if a.Length < 0 {
		return 0, abi.EINVAL
	}
	if err := sizeLimit(t, int64(a.Length)); err != nil {
		return 0, err
	}
	f, err := t.File(a.FD)
	if err != nil {
		return 0, err
	}
	if s, ok := f.Ops.(truncater); ok {
		return 0, s.Truncate(t, f, int64(a.Length))
	}
	v, ok := f.Ops.(*vnode)
	if !ok || v.typ != kern.TypeVnode || f.Flags&kern.FWRITE == 0 {
		return 0, abi.EINVAL
	}
	if v.kind != hostfs.Regular {
		return 0, abi.EINVAL
	}
	return 0, v.file.Truncate(int64(a.Length))
}

func fsync(t *kern.Thread, a *fdArgs) (uint64, error) {
	return 0, syncFD(t, a.FD, false)
}

func fdatasync(t *kern.Thread, a *fdArgs) (uint64, error) {
	return 0, syncFD(t, a.FD, true)
}

func syncFD(t *kern.Thread, fd abi.FD, dataOnly bool) error {
	f, err := t.File(fd)
	if err != nil {
		return err
	}
	if _, ok := f.Ops.(*devFile); ok {
		return nil
	}
	_, v, err := vnodeOf(t, fd)
	if err != nil {
		return err
	}
	return syncFile(v, dataOnly)
}

func syncAll(t *kern.Thread, _ *kern.NoArgs) (uint64, error) { return 0, nil }
