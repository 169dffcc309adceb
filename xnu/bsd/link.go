package bsd

import (
	"math"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

func linkRows() []kern.Row {
	const noACL = "an access control list or another owner is refused with ENOTSUP"
	const noDevices = "only root makes devices: EPERM"
	return []kern.Row{
		kern.Sys(9, "link", kern.RetInt, kern.Full, link),
		kern.Sys(471, "linkat", kern.RetInt, kern.Full, linkat),
		kern.Sys(10, "unlink", kern.RetInt, kern.Full, unlink),
		kern.Sys(472, "unlinkat", kern.RetInt, kern.Full, unlinkat),
		kern.Sys(226, "delete", kern.RetInt, kern.Partial, unlink, "a file in use is removed, not refused with EBUSY"),
		kern.Sys(205, "undelete", kern.RetInt, kern.Full, undelete),
		kern.Sys(57, "symlink", kern.RetInt, kern.Full, symlink),
		kern.Sys(474, "symlinkat", kern.RetInt, kern.Full, symlinkat),
		kern.Sys(58, "readlink", kern.RetInt, kern.Full, readlink),
		kern.Sys(473, "readlinkat", kern.RetInt, kern.Full, readlinkat),
		kern.Sys(551, "freadlink", kern.RetInt, kern.Full, freadlink),
		kern.Sys(128, "rename", kern.RetInt, kern.Full, rename),
		kern.Sys(465, "renameat", kern.RetInt, kern.Full, renameat),
		kern.Sys(488, "renameatx_np", kern.RetInt, kern.Partial, renameatx, "RENAME_SWAP is ENOTSUP where the host's file system cannot; RENAME_SECLUDE is ENOTSUP"),
		kern.Sys(223, "exchangedata", kern.RetInt, kern.Full, exchangedata),
		kern.Sys(132, "mkfifo", kern.RetInt, kern.Full, mkfifo),
		kern.Sys(553, "mkfifoat", kern.RetInt, kern.Full, mkfifoat),
		kern.Sys(291, "mkfifo_extended", kern.RetInt, kern.Partial, mkfifoExtended, noACL),
		kern.Sys(14, "mknod", kern.RetInt, kern.Partial, mknod, noDevices),
		kern.Sys(554, "mknodat", kern.RetInt, kern.Partial, mknodat, noDevices),
	}
}

type linkArgs struct {
	Path abi.Ptr `path:""`
	Link abi.Ptr `path:""`
}

type linkatArgs struct {
	DirFD1 abi.FD
	Path   abi.Ptr `path:""`
	DirFD2 abi.FD
	Link   abi.Ptr `path:""`
	Flag   int32   `flags:"at"`
}

// link follows a final symbolic link of the old name, which Linux's does not.
func link(t *kern.Thread, a *linkArgs) (uint64, error) {
	return 0, makeLink(t, abi.AT_FDCWD, a.Path, abi.AT_FDCWD, a.Link, followLinks)
}

func linkat(t *kern.Thread, a *linkatArgs) (uint64, error) {
	if a.Flag&^(abi.AT_SYMLINK_FOLLOW|abi.AT_SYMLINK_NOFOLLOW_ANY) != 0 {
		return 0, abi.EINVAL
	}
	how := noFollow
	switch {
	case a.Flag&abi.AT_SYMLINK_NOFOLLOW_ANY != 0:
		how = noFollowAny
	case a.Flag&abi.AT_SYMLINK_FOLLOW != 0:
		how = followLinks
	}
	return 0, makeLink(t, a.DirFD1, a.Path, a.DirFD2, a.Link, how)
}

func makeLink(t *kern.Thread, dir1 abi.FD, path abi.Ptr, dir2 abi.FD, name abi.Ptr, how follow) error {
	from, err := resolve(t, dir1, path, how)
	if err != nil {
		return err
	}
	to, err := resolve(t, dir2, name, noFollow)
	if err != nil {
		return err
	}
	return t.Machine().Host.FS().Link(from.At, to.At)
}

type unlinkatArgs struct {
	DirFD abi.FD
	Path  abi.Ptr `path:""`
	Flag  int32   `flags:"at"`
}

func unlink(t *kern.Thread, a *pathArgs) (uint64, error) {
	return 0, removeFile(t, abi.AT_FDCWD, a.Path, noFollow)
}

func unlinkat(t *kern.Thread, a *unlinkatArgs) (uint64, error) {
	const allowed = abi.AT_REMOVEDIR | abi.AT_REMOVEDIR_DATALESS | abi.AT_SYMLINK_NOFOLLOW_ANY | abi.AT_SYSTEM_DISCARDED
	if a.Flag&^allowed != 0 {
		return 0, abi.EINVAL
	}
	if a.Flag&(abi.AT_REMOVEDIR|abi.AT_REMOVEDIR_DATALESS) != 0 {
		return 0, removeDir(t, a.DirFD, a.Path)
	}
	how := noFollow
	if a.Flag&abi.AT_SYMLINK_NOFOLLOW_ANY != 0 {
		how = noFollowAny
	}
	return 0, removeFile(t, a.DirFD, a.Path, how)
}

// removeFile is unlink: of a directory it is EPERM, not Linux's EISDIR.
func removeFile(t *kern.Thread, dir abi.FD, path abi.Ptr, how follow) error {
	w, err := resolve(t, dir, path, how)
	if err != nil {
		return err
	}
	err = t.Machine().Host.FS().Unlink(w.At, false)
	if isErrno(err, abi.EISDIR) {
		return abi.EPERM
	}
	return err
}

// undelete brings back a whiteout, of which there are none: what is there, is
// not one (EEXIST).
func undelete(t *kern.Thread, a *pathArgs) (uint64, error) {
	var st abi.Stat64
	if err := statPath(t, abi.AT_FDCWD, a.Path, noFollow, &st); err != nil && !isErrno(err, abi.ENOENT) {
		return 0, err
	}
	return 0, abi.EEXIST
}

type symlinkArgs struct {
	Path abi.Ptr `path:""`
	Link abi.Ptr `path:""`
}

type symlinkatArgs struct {
	Path  abi.Ptr `path:""`
	DirFD abi.FD
	Link  abi.Ptr `path:""`
}

func symlink(t *kern.Thread, a *symlinkArgs) (uint64, error) {
	return 0, makeSymlink(t, a.Path, abi.AT_FDCWD, a.Link)
}

func symlinkat(t *kern.Thread, a *symlinkatArgs) (uint64, error) {
	return 0, makeSymlink(t, a.Path, a.DirFD, a.Link)
}

func makeSymlink(t *kern.Thread, target abi.Ptr, dir abi.FD, name abi.Ptr) error {
	s, err := copyInPath(t, target)
	if err != nil {
		return err
	}
	w, err := resolve(t, dir, name, noFollow)
	if err != nil {
		return err
	}
	return t.Machine().Host.FS().Symlink(s, w.At)
}

type readlinkArgs struct {
	Path  abi.Ptr `path:""`
	Buf   abi.Ptr `out:"ret"`
	Count int32
}

type readlinkatArgs struct {
	DirFD   abi.FD
	Path    abi.Ptr `path:""`
	Buf     abi.Ptr `out:"ret"`
	BufSize abi.Size
}

type freadlinkArgs struct {
	FD      abi.FD
	Buf     abi.Ptr `out:"ret"`
	BufSize abi.Size
}

func readlink(t *kern.Thread, a *readlinkArgs) (uint64, error) {
	if a.Count < 0 {
		return 0, abi.EINVAL
	}
	return readLink(t, abi.AT_FDCWD, a.Path, a.Buf, uint64(a.Count))
}

func readlinkat(t *kern.Thread, a *readlinkatArgs) (uint64, error) {
	if a.BufSize > math.MaxInt32 {
		return 0, abi.EINVAL
	}
	return readLink(t, a.DirFD, a.Path, a.Buf, uint64(a.BufSize))
}

func readLink(t *kern.Thread, dir abi.FD, path, buf abi.Ptr, size uint64) (uint64, error) {
	w, err := resolve(t, dir, path, noFollow)
	if err != nil {
		return 0, err
	}
	s := ""
	switch {
	case w.dev != nil && w.dev.link != "":
		s = w.dev.link
	case w.dev != nil:
		return 0, abi.EINVAL
	default:
		if s, err = t.Machine().Host.FS().Readlink(w.At); err != nil {
			return 0, err
		}
	}
	return copyOutLink(t, s, buf, size)
}

// copyOutLink writes a link's target, cut to the buffer, without a NUL.
func copyOutLink(t *kern.Thread, s string, buf abi.Ptr, size uint64) (uint64, error) {
	if uint64(len(s)) > size {
		s = s[:size]
	}
	if len(s) == 0 {
		return 0, nil
	}
	return uint64(len(s)), t.Space().CopyOut(uint64(buf), []byte(s))
}

func freadlink(t *kern.Thread, a *freadlinkArgs) (uint64, error) {
	if a.BufSize > math.MaxInt32 {
		return 0, abi.EINVAL
	}
	_, v, err := vnodeOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	if v.kind != hostfs.Symlink {
		return 0, abi.EINVAL
	}
	p := v.file.Path()
	if p == "" {
		return 0, abi.ENOENT
	}
	s, err := t.Machine().Host.FS().Readlink(hostfs.At{Path: p, NoFollow: true})
	if err != nil {
		return 0, err
	}
	return copyOutLink(t, s, a.Buf, uint64(a.BufSize))
}

type renameArgs struct {
	From abi.Ptr `path:""`
	To   abi.Ptr `path:""`
}

type renameatArgs struct {
	FromFD abi.FD
	From   abi.Ptr `path:""`
	ToFD   abi.FD
	To     abi.Ptr `path:""`
}

type renameatxArgs struct {
	FromFD abi.FD
	From   abi.Ptr `path:""`
	ToFD   abi.FD
	To     abi.Ptr `path:""`
	Flags  uint32  `flags:"rename"`
}

func rename(t *kern.Thread, a *renameArgs) (uint64, error) {
	return 0, moveFile(t, abi.AT_FDCWD, a.From, abi.AT_FDCWD, a.To, 0)
}

func renameat(t *kern.Thread, a *renameatArgs) (uint64, error) {
	return 0, moveFile(t, a.FromFD, a.From, a.ToFD, a.To, 0)
}

func renameatx(t *kern.Thread, a *renameatxArgs) (uint64, error) {
	return 0, moveFile(t, a.FromFD, a.From, a.ToFD, a.To, a.Flags)
}

func moveFile(t *kern.Thread, fromFD abi.FD, from abi.Ptr, toFD abi.FD, to abi.Ptr, flags uint32) error {
	const all = abi.RENAME_SECLUDE | abi.RENAME_SWAP | abi.RENAME_EXCL | abi.RENAME_NOFOLLOW_ANY
	if flags&^all != 0 || flags&abi.RENAME_SWAP != 0 && flags&abi.RENAME_EXCL != 0 {
		return abi.EINVAL
	}
	if flags&abi.RENAME_SECLUDE != 0 {
		return abi.ENOTSUP
	}
	how := noFollow
	if flags&abi.RENAME_NOFOLLOW_ANY != 0 {
		how = noFollowAny
	}
	old, err := resolve(t, fromFD, from, how)
	if err != nil {
		return err
	}
	now, err := resolve(t, toFD, to, how)
	if err != nil {
		return err
	}
	var host uint
	switch {
	case flags&abi.RENAME_SWAP != 0:
		host = hostfs.RenameExchange
	case flags&abi.RENAME_EXCL != 0:
		host = hostfs.RenameNoReplace
	}
	err = t.Machine().Host.FS().Rename(old.At, now.At, host)
	switch {
	case err == nil:
		return nil
	case host == 0 && isErrno(err, abi.EEXIST):
		// Some of Linux's file systems say so of a directory with something in it.
		return abi.ENOTEMPTY
	case host != 0 && (isErrno(err, abi.EINVAL) || isErrno(err, abi.ENOSYS)):
		return abi.ENOTSUP
	}
	return err
}

type exchangedataArgs struct {
	Path1   abi.Ptr `path:""`
	Path2   abi.Ptr `path:""`
	Options uint64
}

// exchangedata is ENOTSUP on every volume that is not HFS+: a Mac's are APFS.
func exchangedata(t *kern.Thread, a *exchangedataArgs) (uint64, error) {
	how := followLinks
	if a.Options&1 != 0 { // FSOPT_NOFOLLOW
		how = noFollow
	}
	var one, two abi.Stat64
	if err := statPath(t, abi.AT_FDCWD, a.Path1, how, &one); err != nil {
		return 0, err
	}
	if err := statPath(t, abi.AT_FDCWD, a.Path2, how, &two); err != nil {
		return 0, err
	}
	switch {
	case one.Ino == two.Ino && one.Dev == two.Dev:
		return 0, abi.EINVAL
	case one.Dev != two.Dev:
		return 0, abi.EXDEV
	case !one.Mode.IsReg() || !two.Mode.IsReg():
		return 0, abi.EINVAL
	}
	return 0, abi.ENOTSUP
}

type mknodArgs struct {
	Path abi.Ptr `path:""`
	Mode int32   `fmt:"oct"`
	Dev  int32
}

type mknodatArgs struct {
	DirFD abi.FD
	Path  abi.Ptr `path:""`
	Mode  int32   `fmt:"oct"`
	Dev   int32
}

func mkfifo(t *kern.Thread, a *mkdirArgs) (uint64, error) {
	return 0, makeFIFO(t, abi.AT_FDCWD, a.Path, a.Mode)
}

func mkfifoat(t *kern.Thread, a *mkdiratArgs) (uint64, error) {
	return 0, makeFIFO(t, a.DirFD, a.Path, a.Mode)
}

func mkfifoExtended(t *kern.Thread, a *mkdirExtendedArgs) (uint64, error) {
	if err := plainSecurity(a.UID, a.GID, a.XSecurity); err != nil {
		return 0, err
	}
	return 0, makeFIFO(t, abi.AT_FDCWD, a.Path, a.Mode)
}

func makeFIFO(t *kern.Thread, dir abi.FD, path abi.Ptr, mode int32) error {
	w, err := resolve(t, dir, path, noFollow)
	if err != nil {
		return err
	}
	return t.Machine().Host.FS().Mkfifo(w.At, uint32(mode)&0o7777&^t.Proc.Umask)
}

func mknod(t *kern.Thread, a *mknodArgs) (uint64, error) {
	return 0, makeNode(t, abi.AT_FDCWD, a.Path, a.Mode)
}

func mknodat(t *kern.Thread, a *mknodatArgs) (uint64, error) {
	return 0, makeNode(t, a.DirFD, a.Path, a.Mode)
}

// makeNode makes a FIFO for anybody; the rest is the super-user's, and the
// guest has no devices to name.
func makeNode(t *kern.Thread, dir abi.FD, path abi.Ptr, mode int32) error {
	if abi.Mode(mode)&abi.S_IFMT == abi.S_IFIFO {
		return makeFIFO(t, dir, path, mode)
	}
	if _, err := resolve(t, dir, path, noFollow); err != nil {
		return err
	}
	return abi.EPERM
}
