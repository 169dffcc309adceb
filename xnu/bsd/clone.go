package bsd

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

func cloneRows() []kern.Row {
	const copies = "the clone is a copy that shares no blocks; a directory is refused with ENOTSUP; an access control list with CLONE_ACL too"
	return []kern.Row{
		kern.Sys(462, "clonefileat", kern.RetInt, kern.Partial, clonefileat, copies),
		kern.Sys(517, "fclonefileat", kern.RetInt, kern.Partial, fclonefileat, copies),
	}
}

type clonefileatArgs struct {
	SrcFD abi.FD
	Src   abi.Ptr `path:""`
	DstFD abi.FD
	Dst   abi.Ptr `path:""`
	Flags uint32  `flags:"clone"`
}

type fclonefileatArgs struct {
	SrcFD abi.FD
	DstFD abi.FD
	Dst   abi.Ptr `path:""`
	Flags uint32  `flags:"clone"`
}

const cloneFlags = abi.CLONE_NOFOLLOW | abi.CLONE_NOOWNERCOPY | abi.CLONE_NOFOLLOW_ANY

func checkCloneFlags(flags uint32) error {
	switch {
	case flags&^(cloneFlags|abi.CLONE_ACL) != 0:
		return abi.EINVAL
	case flags&abi.CLONE_ACL != 0:
		return abi.ENOTSUP
	}
	return nil
}

func clonefileat(t *kern.Thread, a *clonefileatArgs) (uint64, error) {
	if err := checkCloneFlags(a.Flags); err != nil {
		return 0, err
	}
	how := followLinks
	switch {
	case a.Flags&abi.CLONE_NOFOLLOW_ANY != 0:
		how = noFollowAny
	case a.Flags&abi.CLONE_NOFOLLOW != 0:
		how = noFollow
	}
	from, err := resolve(t, a.SrcFD, a.Src, how)
	if err != nil {
		return 0, err
	}
	to, err := resolve(t, a.DstFD, a.Dst, noFollow)
	if err != nil {
		return 0, err
	}
	fs := t.Machine().Host.FS()
	st, err := fs.Stat(from.At)
	if err != nil {
		return 0, err
	}
	switch st.Kind() {
	case hostfs.Symlink:
		s, err := fs.Readlink(from.At)
		if err != nil {
			return 0, err
		}
		return 0, fs.Symlink(s, to.At)
	case hostfs.Regular:
	case hostfs.Directory:
		return 0, abi.ENOTSUP
	default:
		return 0, abi.EINVAL
	}
	src, err := fs.Open(from.At, hostfs.O_RDONLY, 0)
	if err != nil {
		return 0, err
	}
	defer src.Close()
	return 0, cloneFile(t, src, to.At)
}

func fclonefileat(t *kern.Thread, a *fclonefileatArgs) (uint64, error) {
	if err := checkCloneFlags(a.Flags); err != nil {
		return 0, err
	}
	f, v, err := vnodeOf(t, a.SrcFD)
	if err != nil {
		return 0, err
	}
	if f.Flags&kern.FREAD == 0 {
		return 0, abi.EBADF
	}
	to, err := resolve(t, a.DstFD, a.Dst, noFollow)
	if err != nil {
		return 0, err
	}
	switch v.kind {
	case hostfs.Regular:
		return 0, cloneFile(t, v.file, to.At)
	case hostfs.Directory:
		return 0, abi.ENOTSUP
	}
	return 0, abi.EINVAL
}

// cloneFile copies contents, mode, times and attributes to a file that must not
// exist yet; when that fails nothing is left of it.
func cloneFile(t *kern.Thread, src hostfs.File, to hostfs.At) error {
	fs := t.Machine().Host.FS()
	st, err := src.Stat()
	if err != nil {
		return err
	}
	dst, err := fs.Open(to, hostfs.O_WRONLY|hostfs.O_CREAT|hostfs.O_EXCL, st.Mode&0o777)
	if err != nil {
		return err
	}
	err = copyContents(t, src, dst, st.Size)
	if err == nil {
		err = copyAttributes(src, dst)
	}
	if err == nil {
		err = dst.Chmod(st.Mode & 0o777)
	}
	if err == nil {
		err = dst.Utimes(st.Atime, st.Mtime)
	}
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		// The first error counts; that of removing what was begun adds nothing.
		_ = fs.Unlink(to, false)
	}
	return err
}

// copyContents copies what holds data and leaves the holes, which may be of any
// size: a file of 4 EiB with nothing in it must not take for ever.
func copyContents(t *kern.Thread, src, dst hostfs.File, size int64) error {
	was, err := src.Seek(0, hostfs.SeekCur)
	if err != nil {
		return err
	}
	defer src.Seek(was, hostfs.SeekSet)
	buf := t.Machine().Scratch(maxChunk)
	holes := true
	for off := int64(0); off < size; {
		if holes {
			data, err := src.Seek(off, hostfs.SeekData)
			switch {
			case err == nil:
				off = data
			case isErrno(err, abi.ENXIO): // nothing but a hole to the end
				off = size
				continue
			default:
				holes = false
			}
		}
		n, err := src.ReadAt(buf, off)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		if !allZero(buf[:n]) {
			for done := 0; done < n; {
				k, err := dst.WriteAt(buf[done:n], off+int64(done))
				if err != nil {
					return err
				}
				if k == 0 {
					return unix.EIO
				}
				done += k
			}
		}
		off += int64(n)
	}
	return dst.Truncate(size)
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

func copyAttributes(src, dst hostfs.File) error {
	names, err := src.Listxattr()
	if err != nil {
		if isErrno(err, abi.ENOTSUP) {
			return nil
		}
		return err
	}
	buf := make([]byte, maxXattr)
	for _, name := range names {
		n, err := src.Getxattr(name, buf)
		if err != nil {
			return err
		}
		if err := dst.Setxattr(name, buf[:n], 0); err != nil {
			return err
		}
	}
	return nil
}
