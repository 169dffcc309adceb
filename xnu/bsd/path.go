package bsd

import (
	"errors"
	"path"
	"strings"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// maxPathLen is MAXPATHLEN: the bytes of a path with its terminating NUL.
const maxPathLen = 1024

// copyInPath reads a path from the guest (copyinstr with MAXPATHLEN).
func copyInPath(t *kern.Thread, addr abi.Ptr) (string, error) {
	s, err := t.Space().CopyInString(uint64(addr), maxPathLen)
	if errors.Is(err, mem.ErrTooLong) {
		return "", abi.ENAMETOOLONG
	}
	return s, err
}

// copyInName reads a string of at most limit bytes, NUL included; tooLong is
// what a longer one answers.
func copyInName(t *kern.Thread, addr abi.Ptr, limit int, tooLong abi.Errno) (string, error) {
	s, err := t.Space().CopyInString(uint64(addr), limit)
	if errors.Is(err, mem.ErrTooLong) {
		return "", tooLong
	}
	return s, err
}

// place is a resolved path argument: where the host seam looks, and the device
// of the kernel's own when the path names one.
type place struct {
	hostfs.At
	dev *device
}

// follow says what becomes of symbolic links in a path.
type follow uint8

// The ways to resolve a path.
const (
	followLinks follow = iota
	noFollow           // a final link is the object itself
	noFollowAny        // a link anywhere is ELOOP
)

// atFlags turns the AT_ flags of an "at" call into a follow; flags outside
// allowed are EINVAL.
func atFlags(flag, allowed int32) (follow, error) {
	switch {
	case flag&^allowed != 0:
		return 0, abi.EINVAL
	case flag&abi.AT_SYMLINK_NOFOLLOW_ANY != 0:
		return noFollowAny, nil
	case flag&abi.AT_SYMLINK_NOFOLLOW != 0:
		return noFollow, nil
	}
	return followLinks, nil
}

// resolve reads a path argument and finds where it starts: at the root, at the
// thread's or process's working directory (AT_FDCWD), or at the directory dirfd
// (bsd/vfs/vfs_syscalls.c nameiat).
func resolve(t *kern.Thread, dirfd abi.FD, addr abi.Ptr, how follow) (place, error) {
	s, err := copyInPath(t, addr)
	if err != nil {
		return place{}, err
	}
	return resolveString(t, dirfd, s, how)
}

// resolveString is resolve for a path that is already here.
func resolveString(t *kern.Thread, dirfd abi.FD, s string, how follow) (place, error) {
	w := place{At: hostfs.At{Path: s, NoFollow: how != followLinks, NoFollowAny: how == noFollowAny}}
	if strings.HasPrefix(s, "/") {
		w.device(s)
		return w, nil
	}
	if dirfd == abi.AT_FDCWD {
		d := workingDir(t)
		if d == nil {
			return place{}, abi.ENOENT
		}
		w.Dir = d.File
	} else {
		f, err := t.File(dirfd)
		if err != nil {
			return place{}, err
		}
		v, ok := f.Ops.(*vnode)
		if !ok || v.kind != hostfs.Directory {
			return place{}, abi.ENOTDIR
		}
		w.Dir = v.file
	}
	if s == "" {
		return place{}, abi.ENOENT
	}
	if mayBeDevice(s) {
		if dir := w.Dir.Path(); dir != "" {
			w.device(path.Join(dir, s))
		}
	}
	return w, nil
}

// workingDir is where relative paths of the thread start.
func workingDir(t *kern.Thread) *kern.Dir {
	if t.Cwd != nil {
		return t.Cwd
	}
	return t.Proc.Cwd
}

// device points the place at a device of ours when the path names one, and puts
// Linux's name in place of Darwin's for the terminals.
func (w *place) device(abs string) {
	if !strings.Contains(abs, "dev") {
		return
	}
	rest, ok := strings.CutPrefix(path.Clean(abs), "/dev/")
	if !ok {
		return
	}
	if w.dev = lookupDevice(rest); w.dev != nil {
		return
	}
	if n, ok := strings.CutPrefix(rest, "ttys"); ok && n != "" && strings.Trim(n, "0123456789") == "" {
		if n = strings.TrimLeft(n, "0"); n == "" {
			n = "0"
		}
		w.Dir, w.Path = nil, "/dev/pts/"+n
	}
}

// mayBeDevice tells cheaply that a relative path may lead into /dev: asking the
// host for the path of the directory at each call would cost too much.
func mayBeDevice(s string) bool {
	if strings.Contains(s, "dev/") {
		return true
	}
	base := path.Base(s)
	return lookupDevice(base) != nil || path.Base(path.Dir(s)) == "fd" || strings.HasPrefix(base, "ttys") ||
		base != "" && len(base) < 6 && strings.Trim(base, "0123456789") == ""
}
