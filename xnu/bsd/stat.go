package bsd

import (
	"encoding/binary"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

func statRows() []kern.Row {
	const noACL = "no access control list is ever reported: files have none"
	return []kern.Row{
		kern.Sys(188, "stat", kern.RetInt, kern.Full, statCall),
		kern.Sys(189, "fstat", kern.RetInt, kern.Full, fstatCall),
		kern.Sys(190, "lstat", kern.RetInt, kern.Full, lstatCall),
		kern.Sys(338, "stat64", kern.RetInt, kern.Full, stat64),
		kern.Sys(339, "fstat64", kern.RetInt, kern.Full, fstat64),
		kern.Sys(340, "lstat64", kern.RetInt, kern.Full, lstat64),
		kern.Sys(469, "fstatat", kern.RetInt, kern.Full, fstatat),
		kern.Sys(470, "fstatat64", kern.RetInt, kern.Full, fstatat64),
		kern.Sys(279, "stat_extended", kern.RetInt, kern.Partial, statExtended, noACL),
		kern.Sys(280, "lstat_extended", kern.RetInt, kern.Partial, lstatExtended, noACL),
		kern.Sys(281, "fstat_extended", kern.RetInt, kern.Partial, fstatExtended, noACL),
		kern.Sys(341, "stat64_extended", kern.RetInt, kern.Partial, stat64Extended, noACL),
		kern.Sys(342, "lstat64_extended", kern.RetInt, kern.Partial, lstat64Extended, noACL),
		kern.Sys(343, "fstat64_extended", kern.RetInt, kern.Partial, fstat64Extended, noACL),
		kern.Sys(33, "access", kern.RetInt, kern.Full, access),
		kern.Sys(466, "faccessat", kern.RetInt, kern.Full, faccessat),
		kern.Sys(284, "access_extended", kern.RetInt, kern.Partial, accessExtended,
			"only for the caller's own user; the extended rights are judged by the mode bits that they come down to"),
	}
}

type statArgs struct {
	Path abi.Ptr `path:""`
	Buf  abi.Ptr `struct:"stat"`
}

type stat64Args struct {
	Path abi.Ptr `path:""`
	Buf  abi.Ptr `struct:"stat64"`
}

type fstatArgs struct {
	FD  abi.FD
	Buf abi.Ptr `struct:"stat"`
}

type fstat64Args struct {
	FD  abi.FD
	Buf abi.Ptr `struct:"stat64"`
}

type fstatatArgs struct {
	DirFD abi.FD
	Path  abi.Ptr `path:""`
	Buf   abi.Ptr `struct:"stat"`
	Flag  int32   `flags:"at"`
}

type fstatat64Args struct {
	DirFD abi.FD
	Path  abi.Ptr `path:""`
	Buf   abi.Ptr `struct:"stat64"`
	Flag  int32   `flags:"at"`
}

// statPlace fills in what stat tells of a path.
func statPlace(t *kern.Thread, w place, how follow, st *abi.Stat64) error {
	if w.dev != nil {
		return w.dev.stat(t, st, how)
	}
	h, err := t.Machine().Host.FS().Stat(w.At)
	if err != nil {
		return err
	}
	putStat(st, &h)
	return nil
}

func statPath(t *kern.Thread, dir abi.FD, path abi.Ptr, how follow, st *abi.Stat64) error {
	w, err := resolve(t, dir, path, how)
	if err != nil {
		return err
	}
	return statPlace(t, w, how, st)
}

func statFD(t *kern.Thread, fd abi.FD, st *abi.Stat64) error {
	f, err := t.File(fd)
	if err != nil {
		return err
	}
	return f.Ops.Stat(t, f, st)
}

// copyOutStat writes a stat64, or the old structure with short inode numbers.
func copyOutStat(t *kern.Thread, addr abi.Ptr, st *abi.Stat64, old bool) error {
	var b [144]byte
	if old {
		o := st.Ino32()
		o.Put(b[:])
		return t.Space().CopyOut(uint64(addr), b[:120])
	}
	st.Put(b[:])
	return t.Space().CopyOut(uint64(addr), b[:])
}

func statTo(t *kern.Thread, dir abi.FD, path, buf abi.Ptr, how follow, old bool) (uint64, error) {
	var st abi.Stat64
	if err := statPath(t, dir, path, how, &st); err != nil {
		return 0, err
	}
	return 0, copyOutStat(t, buf, &st, old)
}

func fstatTo(t *kern.Thread, fd abi.FD, buf abi.Ptr, old bool) (uint64, error) {
	var st abi.Stat64
	if err := statFD(t, fd, &st); err != nil {
		return 0, err
	}
	return 0, copyOutStat(t, buf, &st, old)
}

func statCall(t *kern.Thread, a *statArgs) (uint64, error) {
	return statTo(t, abi.AT_FDCWD, a.Path, a.Buf, followLinks, true)
}

func lstatCall(t *kern.Thread, a *statArgs) (uint64, error) {
	return statTo(t, abi.AT_FDCWD, a.Path, a.Buf, noFollow, true)
}

func fstatCall(t *kern.Thread, a *fstatArgs) (uint64, error) { return fstatTo(t, a.FD, a.Buf, true) }

func stat64(t *kern.Thread, a *stat64Args) (uint64, error) {
	return statTo(t, abi.AT_FDCWD, a.Path, a.Buf, followLinks, false)
}

func lstat64(t *kern.Thread, a *stat64Args) (uint64, error) {
	return statTo(t, abi.AT_FDCWD, a.Path, a.Buf, noFollow, false)
}

func fstat64(t *kern.Thread, a *fstat64Args) (uint64, error) { return fstatTo(t, a.FD, a.Buf, false) }

// fstatatAllowed are the flags of fstatat; AT_REALDEV and AT_FDONLY change
// nothing where there are no firm links.
const fstatatAllowed = abi.AT_SYMLINK_NOFOLLOW | abi.AT_REALDEV | abi.AT_FDONLY | abi.AT_SYMLINK_NOFOLLOW_ANY

func statAt(t *kern.Thread, dir abi.FD, path, buf abi.Ptr, flag int32, old bool) (uint64, error) {
	how, err := atFlags(flag, fstatatAllowed)
	if err != nil {
		return 0, err
	}
	if flag&abi.AT_FDONLY != 0 {
		return fstatTo(t, dir, buf, old)
	}
	return statTo(t, dir, path, buf, how, old)
}

func fstatat(t *kern.Thread, a *fstatatArgs) (uint64, error) {
	return statAt(t, a.DirFD, a.Path, a.Buf, a.Flag, true)
}

func fstatat64(t *kern.Thread, a *fstatat64Args) (uint64, error) {
	return statAt(t, a.DirFD, a.Path, a.Buf, a.Flag, false)
}

type statExtendedArgs struct {
	Path  abi.Ptr `path:""`
	Buf   abi.Ptr `struct:"stat"`
	XSec  abi.Ptr
	XSize abi.Ptr
}

type stat64ExtendedArgs struct {
	Path  abi.Ptr `path:""`
	Buf   abi.Ptr `struct:"stat64"`
	XSec  abi.Ptr
	XSize abi.Ptr
}

type fstatExtendedArgs struct {
	FD    abi.FD
	Buf   abi.Ptr `struct:"stat"`
	XSec  abi.Ptr
	XSize abi.Ptr
}

type fstat64ExtendedArgs struct {
	FD    abi.FD
	Buf   abi.Ptr `struct:"stat64"`
	XSec  abi.Ptr
	XSize abi.Ptr
}

// noSecurity writes that the file has no security descriptor: size 0.
func noSecurity(t *kern.Thread, err error, xsize abi.Ptr) (uint64, error) {
	if err != nil || xsize == 0 {
		return 0, err
	}
	return 0, t.Space().Store64(uint64(xsize), 0)
}

func statExtended(t *kern.Thread, a *statExtendedArgs) (uint64, error) {
	_, err := statTo(t, abi.AT_FDCWD, a.Path, a.Buf, followLinks, true)
	return noSecurity(t, err, a.XSize)
}

func lstatExtended(t *kern.Thread, a *statExtendedArgs) (uint64, error) {
	_, err := statTo(t, abi.AT_FDCWD, a.Path, a.Buf, noFollow, true)
	return noSecurity(t, err, a.XSize)
}

func fstatExtended(t *kern.Thread, a *fstatExtendedArgs) (uint64, error) {
	_, err := fstatTo(t, a.FD, a.Buf, true)
	return noSecurity(t, err, a.XSize)
}

func stat64Extended(t *kern.Thread, a *stat64ExtendedArgs) (uint64, error) {
	_, err := statTo(t, abi.AT_FDCWD, a.Path, a.Buf, followLinks, false)
	return noSecurity(t, err, a.XSize)
}

func lstat64Extended(t *kern.Thread, a *stat64ExtendedArgs) (uint64, error) {
	_, err := statTo(t, abi.AT_FDCWD, a.Path, a.Buf, noFollow, false)
	return noSecurity(t, err, a.XSize)
}

func fstat64Extended(t *kern.Thread, a *fstat64ExtendedArgs) (uint64, error) {
	_, err := fstatTo(t, a.FD, a.Buf, false)
	return noSecurity(t, err, a.XSize)
}

type accessArgs struct {
	Path abi.Ptr `path:""`
	Mode int32   `flags:"access"`
}

type faccessatArgs struct {
	DirFD abi.FD
	Path  abi.Ptr `path:""`
	Mode  int32   `flags:"access"`
	Flag  int32   `flags:"at"`
}

func access(t *kern.Thread, a *accessArgs) (uint64, error) {
	return 0, accessPath(t, abi.AT_FDCWD, a.Path, a.Mode, 0)
}

func faccessat(t *kern.Thread, a *faccessatArgs) (uint64, error) {
	return 0, accessPath(t, a.DirFD, a.Path, a.Mode, a.Flag)
}

func accessPath(t *kern.Thread, dir abi.FD, path abi.Ptr, mode, flag int32) error {
	how, err := atFlags(flag, abi.AT_EACCESS|abi.AT_SYMLINK_NOFOLLOW|abi.AT_SYMLINK_NOFOLLOW_ANY)
	if err != nil {
		return err
	}
	w, err := resolve(t, dir, path, how)
	if err != nil {
		return err
	}
	return accessPlace(t, w, how, mode, flag&abi.AT_EACCESS != 0)
}

// accessPlace checks rights as access(2) names them; of the extended rights of
// accessx, each comes down to reading, writing or searching here, and those on
// the directory (DELETE_OK) to finding the file at all.
func accessPlace(t *kern.Thread, w place, how follow, mode int32, effective bool) error {
	want := uint32(0)
	if mode&(abi.R_OK|abi.READ_OK|abi.REXT_OK) != 0 {
		want |= unix.R_OK
	}
	if mode&(abi.W_OK|abi.WRITE_OK|abi.APPEND_OK|abi.WEXT_OK|abi.RMFILE_OK) != 0 {
		want |= unix.W_OK
	}
	if mode&(abi.X_OK|abi.EXECUTE_OK) != 0 {
		want |= unix.X_OK
	}
	if w.dev != nil {
		var st abi.Stat64
		if err := w.dev.stat(t, &st, how); err != nil {
			return err
		}
		if want&unix.X_OK != 0 && !st.Mode.IsDir() || want&unix.W_OK != 0 && st.Mode.IsDir() {
			return abi.EACCES
		}
		return nil
	}
	return t.Machine().Host.FS().Access(w.At, want, effective)
}

type accessExtendedArgs struct {
	Entries abi.Ptr
	Size    abi.Size
	Results abi.Ptr
	UID     abi.UID
}

// accessExtended is access_extended of bsd/vfs/vfs_syscalls.c: an array of
// descriptors, followed by the paths that they name by offset; one errno each
// comes back. A name offset of 0 is the path of the entry before.
func accessExtended(t *kern.Thread, a *accessExtendedArgs) (uint64, error) {
	const entry = 16
	if a.Size > abi.ACCESSX_MAX_TABLESIZE {
		return 0, abi.ENOMEM
	}
	if a.Size < entry+2 {
		return 0, abi.EINVAL
	}
	if uint32(a.UID) != kauthNone && uint32(a.UID) != t.Proc.Cred.EUID && uint32(a.UID) != t.Proc.Cred.RUID {
		return 0, abi.ENOTSUP
	}
	table := make([]byte, a.Size)
	if err := t.Space().CopyIn(table, uint64(a.Entries)); err != nil {
		return 0, err
	}
	// There are as many entries as fit before the first path.
	first := int(binary.LittleEndian.Uint32(table))
	if first == 0 || first > len(table) {
		return 0, abi.EINVAL
	}
	if table[len(table)-1] != 0 {
		return 0, abi.EINVAL
	}
	n := first / entry
	if n == 0 {
		return 0, abi.EINVAL
	}
	if n > abi.ACCESSX_MAX_DESCRIPTORS {
		return 0, abi.ENOMEM
	}
	out := make([]byte, 4*n)
	name := 0
	for i := range n {
		off := int(binary.LittleEndian.Uint32(table[entry*i:]))
		flags := int32(binary.LittleEndian.Uint32(table[entry*i+4:]))
		if off != 0 {
			if off < n*entry || off > len(table) {
				return 0, abi.EINVAL
			}
			name = off
		}
		s := cString(table[name:])
		res := error(abi.ENOENT)
		if s != "" {
			w, err := resolveString(t, abi.AT_FDCWD, s, followLinks)
			if err == nil {
				err = accessPlace(t, w, followLinks, flags, uint32(a.UID) == kauthNone)
			}
			res = err
		}
		binary.LittleEndian.PutUint32(out[4*i:], uint32(errnoValue(res)))
	}
	return 0, t.Space().CopyOut(uint64(a.Results), out)
}

// cString is the string at the start of b, up to a NUL.
func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
