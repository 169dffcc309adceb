package bsd

import (
	"math"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

func dirRows() []kern.Row {
	return []kern.Row{
		kern.Sys(12, "chdir", kern.RetInt, kern.Full, chdir),
		kern.Sys(13, "fchdir", kern.RetInt, kern.Full, fchdir),
		kern.Sys(348, "__pthread_chdir", kern.RetInt, kern.Full, pthreadChdir),
		kern.Sys(349, "__pthread_fchdir", kern.RetInt, kern.Full, pthreadFchdir),
		kern.Sys(61, "chroot", kern.RetInt, kern.Partial, chroot, "EPERM, as for every user but root; a new root is not to be had"),
		kern.Sys(136, "mkdir", kern.RetInt, kern.Full, mkdir),
		kern.Sys(475, "mkdirat", kern.RetInt, kern.Full, mkdirat),
		kern.Sys(292, "mkdir_extended", kern.RetInt, kern.Partial, mkdirExtended, "an access control list or another owner is refused with ENOTSUP"),
		kern.Sys(137, "rmdir", kern.RetInt, kern.Full, rmdir),
		kern.Sys(196, "getdirentries", kern.RetInt, kern.Full, getdirentries),
		kern.Sys(344, "getdirentries64", kern.RetSSize, kern.Full, getdirentries64),
		kern.Sys(199, "lseek", kern.RetOff, kern.Full, lseek),
	}
}

type pathArgs struct {
	Path abi.Ptr `path:""`
}

type fdArgs struct{ FD abi.FD }

func chdir(t *kern.Thread, a *pathArgs) (uint64, error) {
	d, err := openDir(t, a.Path)
	if err != nil {
		return 0, err
	}
	t.Proc.Cwd.Unref()
	t.Proc.Cwd = d
	return 0, nil
}

func fchdir(t *kern.Thread, a *fdArgs) (uint64, error) {
	d, err := dirOfFD(t, a.FD)
	if err != nil {
		return 0, err
	}
	t.Proc.Cwd.Unref()
	t.Proc.Cwd = d
	return 0, nil
}

func pthreadChdir(t *kern.Thread, a *pathArgs) (uint64, error) {
	d, err := openDir(t, a.Path)
	if err != nil {
		return 0, err
	}
	t.Cwd.Unref()
	t.Cwd = d
	return 0, nil
}

// pthreadFchdir with -1 gives the thread the process's directory again.
func pthreadFchdir(t *kern.Thread, a *fdArgs) (uint64, error) {
	if a.FD == -1 {
		if t.Cwd == nil {
			return 0, abi.EBADF
		}
		t.Cwd.Unref()
		t.Cwd = nil
		return 0, nil
	}
	d, err := dirOfFD(t, a.FD)
	if err != nil {
		return 0, err
	}
	t.Cwd.Unref()
	t.Cwd = d
	return 0, nil
}

// openDir opens a directory to start from: it must be searchable, not readable.
func openDir(t *kern.Thread, path abi.Ptr) (*kern.Dir, error) {
	w, err := resolve(t, abi.AT_FDCWD, path, followLinks)
	if err != nil {
		return nil, err
	}
	fs := t.Machine().Host.FS()
	f, err := fs.Open(w.At, hostfs.O_PATH|hostfs.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	if err := fs.Access(hostfs.At{Dir: f, Path: "."}, unix.X_OK, true); err != nil {
		f.Close()
		return nil, err
	}
	return kern.NewDir(f), nil
}

// dirOfFD duplicates an open directory.
func dirOfFD(t *kern.Thread, fd abi.FD) (*kern.Dir, error) {
	f, err := t.File(fd)
	if err != nil {
		return nil, err
	}
	v, ok := f.Ops.(*vnode)
	if !ok || v.kind != hostfs.Directory {
		return nil, abi.ENOTDIR
	}
	if err := t.Machine().Host.FS().Access(hostfs.At{Dir: v.file, Path: "."}, unix.X_OK, true); err != nil {
		return nil, err
	}
	d, err := v.file.Dup()
	if err != nil {
		return nil, err
	}
	return kern.NewDir(d), nil
}

func chroot(t *kern.Thread, a *pathArgs) (uint64, error) {
	if _, err := copyInPath(t, a.Path); err != nil {
		return 0, err
	}
	return 0, abi.EPERM
}

type mkdirArgs struct {
	Path abi.Ptr `path:""`
	Mode int32   `fmt:"oct"`
}

type mkdiratArgs struct {
	DirFD abi.FD
	Path  abi.Ptr `path:""`
	Mode  int32   `fmt:"oct"`
}

type mkdirExtendedArgs struct {
	Path      abi.Ptr `path:""`
	UID       abi.UID
	GID       abi.GID
	Mode      int32 `fmt:"oct"`
	XSecurity abi.Ptr
}

func mkdir(t *kern.Thread, a *mkdirArgs) (uint64, error) {
	return 0, makeDir(t, abi.AT_FDCWD, a.Path, a.Mode)
}

func mkdirat(t *kern.Thread, a *mkdiratArgs) (uint64, error) {
	return 0, makeDir(t, a.DirFD, a.Path, a.Mode)
}

func mkdirExtended(t *kern.Thread, a *mkdirExtendedArgs) (uint64, error) {
	if err := plainSecurity(a.UID, a.GID, a.XSecurity); err != nil {
		return 0, err
	}
	return 0, makeDir(t, abi.AT_FDCWD, a.Path, a.Mode)
}

func makeDir(t *kern.Thread, dir abi.FD, path abi.Ptr, mode int32) error {
	w, err := resolve(t, dir, path, noFollow)
	if err != nil {
		return err
	}
	// mkdir1at: only the permission bits count.
	return t.Machine().Host.FS().Mkdir(w.At, uint32(mode)&0o777&^t.Proc.Umask)
}

func rmdir(t *kern.Thread, a *pathArgs) (uint64, error) {
	return 0, removeDir(t, abi.AT_FDCWD, a.Path)
}

func removeDir(t *kern.Thread, dir abi.FD, path abi.Ptr) error {
	w, err := resolve(t, dir, path, noFollow)
	if err != nil {
		return err
	}
	return t.Machine().Host.FS().Unlink(w.At, true)
}

type lseekArgs struct {
	FD     abi.FD
	Offset abi.Off
	Whence int32 `flags:"whence"`
}

func lseek(t *kern.Thread, a *lseekArgs) (uint64, error) {
	f, err := t.File(a.FD)
	if err != nil {
		return 0, err
	}
	off, err := seekFile(f, int64(a.Offset), a.Whence)
	return uint64(off), err
}

// seeker is implemented by other FileOps that have a position.
type seeker interface {
	Seek(f *kern.File, off int64, whence int32) (int64, error)
}

func seekFile(f *kern.File, off int64, whence int32) (int64, error) {
	switch v := f.Ops.(type) {
	case seeker:
		return v.Seek(f, off, whence)
	case *devFile:
		return seekKept(f, off, whence, 0)
	case *vnode:
		switch v.kind {
		case hostfs.Directory:
			n := int64(len(v.names))
			if whence == abi.SEEK_END && v.names == nil {
				list, err := v.file.ReadDir()
				if err != nil {
					return 0, err
				}
				n = int64(len(list))
			}
			return seekKept(f, off, whence, n)
		case hostfs.TTY, hostfs.CharDevice:
			// XNU keeps an offset for devices and lets any be set, but not for
			// terminals (VISTTY).
			if v.kind == hostfs.TTY {
				return 0, abi.ESPIPE
			}
			return seekKept(f, off, whence, 0)
		}
		return seekHost(v, off, whence)
	}
	return 0, abi.ESPIPE
}

// seekKept moves an offset that the kernel itself keeps.
func seekKept(f *kern.File, off int64, whence int32, size int64) (int64, error) {
	base := int64(0)
	switch whence {
	case abi.SEEK_SET:
	case abi.SEEK_CUR:
		base = f.Offset
	case abi.SEEK_END:
		base = size
	default:
		return 0, abi.EINVAL
	}
	if off > 0 && base > math.MaxInt64-off {
		return 0, abi.EOVERFLOW
	}
	if base+off < 0 {
		return 0, abi.EINVAL
	}
	f.Offset = base + off
	return f.Offset, nil
}

// seekHost moves the host's offset. Linux's errno for an offset that does not
// fit is EINVAL or EOVERFLOW; Darwin's is EOVERFLOW.
func seekHost(v *vnode, off int64, whence int32) (int64, error) {
	h := hostfs.SeekSet
	switch whence {
	case abi.SEEK_SET:
	case abi.SEEK_CUR, abi.SEEK_END:
		h = hostfs.SeekCur
		base := int64(0)
		if whence == abi.SEEK_END {
			h = hostfs.SeekEnd
			st, err := v.file.Stat()
			if err != nil {
				return 0, err
			}
			base = st.Size
		} else {
			var err error
			if base, err = v.file.Seek(0, hostfs.SeekCur); err != nil {
				return 0, err
			}
		}
		if off > 0 && base > math.MaxInt64-off {
			return 0, abi.EOVERFLOW
		}
	case abi.SEEK_HOLE:
		h = hostfs.SeekHole
	case abi.SEEK_DATA:
		h = hostfs.SeekData
	default:
		return 0, abi.EINVAL
	}
	return v.file.Seek(off, h)
}

// maxDirBytes is GETDIRENTRIES_MAXBUFSIZE.
const maxDirBytes = 128 << 20

type getdirentries64Args struct {
	FD       abi.FD
	Buf      abi.Ptr `out:"ret" struct:"dirent64"`
	BufSize  abi.Size
	Position abi.Ptr
}

// getdirentries64 fills the buffer with records; the last four bytes of one of
// at least 1024 bytes tell whether the directory's end was reached.
func getdirentries64(t *kern.Thread, a *getdirentries64Args) (uint64, error) {
	size := uint64(a.BufSize)
	extended := size >= abi.GETDIRENTRIES64_EXTENDED_BUFSIZE
	if extended {
		size -= 4
	}
	flagsAt := uint64(a.Buf) + size
	n, start, eof, err := readDir(t, a.FD, a.Buf, size, func(b []byte, e *hostfs.DirEntry, next uint64) []byte {
		return abi.AppendDirent64(b, abi.Dirent64{Ino: abi.Ino(e.Ino), Seekoff: next, Type: e.Type}, e.Name)
	})
	if err != nil {
		return 0, err
	}
	if err := t.Space().Store64(uint64(a.Position), uint64(start)); err != nil {
		return 0, err
	}
	if extended {
		flags := uint32(0)
		if eof {
			flags |= abi.GETDIRENTRIES64_EOF
		}
		if err := t.Space().Store32(flagsAt, flags); err != nil {
			return 0, err
		}
	}
	return n, nil
}

type getdirentriesArgs struct {
	FD    abi.FD
	Buf   abi.Ptr `out:"ret" struct:"dirent"`
	Count uint32
	Basep abi.Ptr
}

func getdirentries(t *kern.Thread, a *getdirentriesArgs) (uint64, error) {
	n, start, _, err := readDir(t, a.FD, a.Buf, uint64(a.Count), func(b []byte, e *hostfs.DirEntry, _ uint64) []byte {
		return abi.AppendDirentIno32(b, uint32(e.Ino), e.Type, e.Name)
	})
	if err != nil {
		return 0, err
	}
	return n, t.Space().Store64(uint64(a.Basep), uint64(start))
}

// readDir is getdirentries_common: whole records, as many as fit. The first one
// must fit (EINVAL).
func readDir(t *kern.Thread, fd abi.FD, buf abi.Ptr, size uint64, record func([]byte, *hostfs.DirEntry, uint64) []byte) (n uint64, start int64, eof bool, err error) {
	f, err := t.File(fd)
	if err != nil {
		return 0, 0, false, err
	}
	var list []hostfs.DirEntry
	switch v := f.Ops.(type) {
	case *vnode:
		if v.typ != kern.TypeVnode {
			return 0, 0, false, abi.ENOTSUP
		}
		if f.Flags&kern.FREAD == 0 {
			return 0, 0, false, abi.EBADF
		}
		if v.kind != hostfs.Directory {
			return 0, 0, false, abi.EINVAL
		}
		if v.names == nil || f.Offset == 0 {
			if v.names, err = v.file.ReadDir(); err != nil {
				return 0, 0, false, err
			}
			if v.names == nil {
				v.names = []hostfs.DirEntry{}
			}
		}
		list = v.names
	case *devFile:
		if v.d.kind != devFDDir {
			return 0, 0, false, abi.EINVAL
		}
		list = v.list(t)
	default:
		return 0, 0, false, abi.ENOTSUP
	}
	size = min(size, maxDirBytes)
	start = f.Offset
	i := start
	// One record more than fits is built and dropped: records are small.
	b := t.Machine().Scratch(int(min(size, maxChunk)) + 2048)[:0]
	for ; i < int64(len(list)); i++ {
		had := len(b)
		b = record(b, &list[i], uint64(i+1))
		if uint64(len(b)) > min(size, maxChunk) {
			b = b[:had]
			break
		}
	}
	if len(b) == 0 && i < int64(len(list)) {
		return 0, 0, false, abi.EINVAL
	}
	if len(b) > 0 {
		if err := t.Space().CopyOut(uint64(buf), b); err != nil {
			return 0, 0, false, err
		}
	}
	f.Offset = i
	return uint64(len(b)), start, i >= int64(len(list)), nil
}
