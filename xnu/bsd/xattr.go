package bsd

import (
	"math"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

func xattrRows() []kern.Row {
	const limits = "a value has at most 64 KiB (E2BIG), and files of the host that are no regular file or directory have none"
	return []kern.Row{
		kern.Sys(234, "getxattr", kern.RetSSize, kern.Full, getxattr),
		kern.Sys(235, "fgetxattr", kern.RetSSize, kern.Full, fgetxattr),
		kern.Sys(236, "setxattr", kern.RetInt, kern.Partial, setxattr, limits),
		kern.Sys(237, "fsetxattr", kern.RetInt, kern.Partial, fsetxattr, limits),
		kern.Sys(238, "removexattr", kern.RetInt, kern.Full, removexattr),
		kern.Sys(239, "fremovexattr", kern.RetInt, kern.Full, fremovexattr),
		kern.Sys(240, "listxattr", kern.RetSSize, kern.Full, listxattr),
		kern.Sys(241, "flistxattr", kern.RetSSize, kern.Full, flistxattr),
	}
}

// maxXattr is the largest value that the host takes, XATTR_SIZE_MAX.
const maxXattr = 64 << 10

type getxattrArgs struct {
	Path     abi.Ptr `path:""`
	Name     abi.Ptr `str:""`
	Value    abi.Ptr `out:"ret"`
	Size     abi.Size
	Position uint32
	Options  int32 `flags:"xattr"`
}

type fgetxattrArgs struct {
	FD       abi.FD
	Name     abi.Ptr `str:""`
	Value    abi.Ptr `out:"ret"`
	Size     abi.Size
	Position uint32
	Options  int32 `flags:"xattr"`
}

type setxattrArgs struct {
	Path     abi.Ptr `path:""`
	Name     abi.Ptr `str:""`
	Value    abi.Ptr `in:"Size"`
	Size     abi.Size
	Position uint32
	Options  int32 `flags:"xattr"`
}

type fsetxattrArgs struct {
	FD       abi.FD
	Name     abi.Ptr `str:""`
	Value    abi.Ptr `in:"Size"`
	Size     abi.Size
	Position uint32
	Options  int32 `flags:"xattr"`
}

type removexattrArgs struct {
	Path    abi.Ptr `path:""`
	Name    abi.Ptr `str:""`
	Options int32   `flags:"xattr"`
}

type fremovexattrArgs struct {
	FD      abi.FD
	Name    abi.Ptr `str:""`
	Options int32   `flags:"xattr"`
}

type listxattrArgs struct {
	Path    abi.Ptr `path:""`
	Buf     abi.Ptr `out:"ret"`
	Size    abi.Size
	Options int32 `flags:"xattr"`
}

type flistxattrArgs struct {
	FD      abi.FD
	Buf     abi.Ptr `out:"ret"`
	Size    abi.Size
	Options int32 `flags:"xattr"`
}

// attributes is what the calls work on: a path, or an open file.
type attributes interface {
	Getxattr(name string, buf []byte) (int, error)
	Setxattr(name string, val []byte, flags int) error
	Listxattr() ([]string, error)
	Removexattr(name string) error
}

type pathAttributes struct {
	fs hostfs.FS
	at hostfs.At
}

func (p pathAttributes) Getxattr(name string, buf []byte) (int, error) {
	return p.fs.Getxattr(p.at, name, buf)
}

func (p pathAttributes) Setxattr(name string, val []byte, flags int) error {
	return p.fs.Setxattr(p.at, name, val, flags)
}

func (p pathAttributes) Listxattr() ([]string, error)  { return p.fs.Listxattr(p.at) }
func (p pathAttributes) Removexattr(name string) error { return p.fs.Removexattr(p.at, name) }

// attributesOf finds the attributes of a path. The options that only the kernel
// itself may use are EINVAL.
func attributesOf(t *kern.Thread, path abi.Ptr, options int32) (attributes, error) {
	if options&(abi.XATTR_NOSECURITY|abi.XATTR_NODEFAULT) != 0 {
		return nil, abi.EINVAL
	}
	how := followLinks
	if options&abi.XATTR_NOFOLLOW != 0 {
		how = noFollow
	}
	w, err := resolve(t, abi.AT_FDCWD, path, how)
	if err != nil {
		return nil, err
	}
	return pathAttributes{t.Machine().Host.FS(), w.At}, nil
}

func attributesOfFD(t *kern.Thread, fd abi.FD, options int32) (attributes, error) {
	if options&(abi.XATTR_NOFOLLOW|abi.XATTR_NOSECURITY|abi.XATTR_NODEFAULT) != 0 {
		return nil, abi.EINVAL
	}
	_, v, err := vnodeOf(t, fd)
	if err != nil {
		return nil, err
	}
	return v.file, nil
}

// copyInAttrName reads an attribute's name (XATTR_MAXNAMELEN bytes and a NUL).
func copyInAttrName(t *kern.Thread, addr abi.Ptr) (string, error) {
	s, err := copyInName(t, addr, abi.XATTR_MAXNAMELEN+1, abi.ENAMETOOLONG)
	if err == nil && s == "" {
		return "", abi.EINVAL
	}
	return s, err
}

func getxattr(t *kern.Thread, a *getxattrArgs) (uint64, error) {
	at, err := attributesOf(t, a.Path, a.Options)
	if err != nil {
		return 0, err
	}
	return getAttribute(t, at, a.Name, a.Value, uint64(a.Size), a.Position)
}

func fgetxattr(t *kern.Thread, a *fgetxattrArgs) (uint64, error) {
	at, err := attributesOfFD(t, a.FD, a.Options)
	if err != nil {
		return 0, err
	}
	return getAttribute(t, at, a.Name, a.Value, uint64(a.Size), a.Position)
}

func getAttribute(t *kern.Thread, at attributes, nameAt, value abi.Ptr, size uint64, position uint32) (uint64, error) {
	name, err := copyInAttrName(t, nameAt)
	if err != nil {
		return 0, err
	}
	if position != 0 && name != abi.XATTR_RESOURCEFORK_NAME {
		return 0, abi.EINVAL
	}
	if size > math.MaxInt64 {
		return 0, abi.EINVAL
	}
	buf := t.Machine().Scratch(maxXattr)
	n, err := at.Getxattr(name, buf)
	if err != nil {
		return 0, noAttribute(err)
	}
	val := buf[:n]
	if position != 0 {
		// Only a resource fork can be read in pieces.
		if int(position) >= len(val) {
			return 0, nil
		}
		val = val[position:]
		if uint64(len(val)) > size && value != 0 {
			val = val[:size]
		}
	}
	if value == 0 || size == 0 {
		return uint64(len(val)), nil
	}
	if uint64(len(val)) > size {
		return 0, abi.ERANGE
	}
	if len(val) == 0 {
		return 0, nil
	}
	return uint64(len(val)), t.Space().CopyOut(uint64(value), val)
}

// noAttribute: on a file system that keeps none, every attribute is missing.
func noAttribute(err error) error {
	if isErrno(err, abi.ENOTSUP) || isErrno(err, abi.ENODATA) {
		return abi.ENOATTR
	}
	return err
}

func setxattr(t *kern.Thread, a *setxattrArgs) (uint64, error) {
	at, err := attributesOf(t, a.Path, a.Options)
	if err != nil {
		return 0, err
	}
	return 0, setAttribute(t, at, a.Name, a.Value, uint64(a.Size), a.Position, a.Options)
}

func fsetxattr(t *kern.Thread, a *fsetxattrArgs) (uint64, error) {
	at, err := attributesOfFD(t, a.FD, a.Options)
	if err != nil {
		return 0, err
	}
	return 0, setAttribute(t, at, a.Name, a.Value, uint64(a.Size), a.Position, a.Options)
}

func setAttribute(t *kern.Thread, at attributes, nameAt, value abi.Ptr, size uint64, position uint32, options int32) error {
	const both = abi.XATTR_CREATE | abi.XATTR_REPLACE
	if options&both == both {
		return abi.EINVAL
	}
	name, err := copyInAttrName(t, nameAt)
	if err != nil {
		return err
	}
	if position != 0 {
		if name != abi.XATTR_RESOURCEFORK_NAME {
			return abi.EINVAL
		}
		return abi.ENOTSUP
	}
	if size > maxXattr {
		return abi.E2BIG
	}
	val := t.Machine().Scratch(int(size))
	if err := t.Space().CopyIn(val, uint64(value)); err != nil {
		return err
	}
	flags := 0
	if options&abi.XATTR_CREATE != 0 {
		flags = hostfs.XattrCreate
	}
	if options&abi.XATTR_REPLACE != 0 {
		flags = hostfs.XattrReplace
	}
	return at.Setxattr(name, val, flags)
}

func removexattr(t *kern.Thread, a *removexattrArgs) (uint64, error) {
	at, err := attributesOf(t, a.Path, a.Options)
	if err != nil {
		return 0, err
	}
	return 0, removeAttribute(t, at, a.Name)
}

func fremovexattr(t *kern.Thread, a *fremovexattrArgs) (uint64, error) {
	at, err := attributesOfFD(t, a.FD, a.Options)
	if err != nil {
		return 0, err
	}
	return 0, removeAttribute(t, at, a.Name)
}

func removeAttribute(t *kern.Thread, at attributes, nameAt abi.Ptr) error {
	name, err := copyInAttrName(t, nameAt)
	if err != nil {
		return err
	}
	return noAttribute(at.Removexattr(name))
}

func listxattr(t *kern.Thread, a *listxattrArgs) (uint64, error) {
	at, err := attributesOf(t, a.Path, a.Options)
	if err != nil {
		return 0, err
	}
	return listAttributes(t, at, a.Buf, uint64(a.Size))
}

func flistxattr(t *kern.Thread, a *flistxattrArgs) (uint64, error) {
	at, err := attributesOfFD(t, a.FD, a.Options)
	if err != nil {
		return 0, err
	}
	return listAttributes(t, at, a.Buf, uint64(a.Size))
}

// listAttributes writes the names, each with its NUL; with no buffer it tells
// how much room they take.
func listAttributes(t *kern.Thread, at attributes, buf abi.Ptr, size uint64) (uint64, error) {
	names, err := at.Listxattr()
	if err != nil && !isErrno(err, abi.ENOTSUP) {
		return 0, err
	}
	var b []byte
	for _, n := range names {
		b = append(append(b, n...), 0)
	}
	if buf == 0 || len(b) == 0 {
		return uint64(len(b)), nil
	}
	if uint64(len(b)) > size {
		return 0, abi.ERANGE
	}
	return uint64(len(b)), t.Space().CopyOut(uint64(buf), b)
}
