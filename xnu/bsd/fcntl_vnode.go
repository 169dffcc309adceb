package bsd

import (
	"math"
	"strconv"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// fcntlVnode does the commands of fcntl(2) that need a file of the tree.
func fcntlVnode(t *kern.Thread, f *kern.File, a *fcntlArgs) (uint64, error) {
	switch a.Cmd {
	case abi.F_GETPATH, abi.F_GETPATH_NOFIRMLINK:
		return 0, getPath(t, f, a.Arg)
	}
	if d, ok := f.Ops.(*devFile); ok {
		return fcntlDevice(d, a)
	}
	v, ok := f.Ops.(*vnode)
	if !ok || v.typ != kern.TypeVnode {
		return 0, abi.EBADF
	}
	switch a.Cmd {
	case abi.F_FULLFSYNC, abi.F_BARRIERFSYNC:
		if v.kind != hostfs.Regular && v.kind != hostfs.Directory && v.kind != hostfs.BlockDevice {
			return 0, abi.ENOTSUP
		}
		return 0, syncFile(v, a.Cmd == abi.F_BARRIERFSYNC)

	case abi.F_FLUSH_DATA:
		return 0, syncFile(v, true)

	case abi.F_CHKCLEAN:
		return 0, nil

	// Hints about caching and reading ahead, kept as flags where XNU does.
	case abi.F_NOCACHE:
		setFlag(f, abi.FNOCACHE, int32(a.Arg) != 0)
		return 0, nil
	case abi.F_NODIRECT:
		setFlag(f, abi.FNODIRECT, int32(a.Arg) != 0)
		return 0, nil
	case abi.F_SINGLE_WRITER:
		setFlag(f, abi.FSINGLE_WRITER, int32(a.Arg) != 0)
		return 0, nil
	case abi.F_RDAHEAD:
		setFlag(f, abi.FNORDAHEAD, int32(a.Arg) == 0)
		return 0, nil
	case abi.F_GLOBAL_NOCACHE, abi.F_SET_GREEDY_MODE, abi.F_SETIOTYPE, abi.F_SETSTATICCONTENT, abi.F_RECYCLE:
		return 0, nil

	case abi.F_RDADVISE, abi.F_SPECULATIVE_READ:
		return 0, readAdvice(t, v, a)

	case abi.F_PREALLOCATE:
		return 0, preallocate(t, f, v, a.Arg)

	case abi.F_PUNCHHOLE:
		return 0, punchHole(t, f, v, a.Arg)

	case abi.F_SETSIZE:
		// Growing without zeroing is the super-user's; for the rest it is
		// ftruncate.
		if f.Flags&kern.FWRITE == 0 {
			return 0, abi.EBADF
		}
		n, err := t.Space().Load64(a.Arg)
		if err != nil {
			return 0, err
		}
		if int64(n) < 0 {
			return 0, abi.EINVAL
		}
		return 0, v.file.Truncate(int64(n))

	case abi.F_GETPROTECTIONCLASS, abi.F_GETPROTECTIONLEVEL:
		// A Mac's internal disk answers so too: no classes.
		return 0, abi.ENOTSUP

	case abi.F_CHECK_OPENEVT:
		return 0, nil

	case abi.F_PATHPKG_CHECK:
		_, err := copyInPath(t, abi.Ptr(a.Arg))
		return 0, err

	case abi.F_LOG2PHYS, abi.F_LOG2PHYS_EXT, abi.F_MARKDEPENDENCY, abi.F_SETPROTECTIONCLASS, abi.F_GETDEFAULTPROTLEVEL,
		abi.F_MAKECOMPRESSED, abi.F_SETBACKINGSTORE, abi.F_GETPATH_MTMINFO, abi.F_GETCODEDIR, abi.F_TRANSCODEKEY,
		abi.F_FREEZE_FS, abi.F_THAW_FS, abi.F_OPENFROM, abi.F_UNLINKFROM, abi.F_ADDSIGS, abi.F_ADDFILESIGS,
		abi.F_ADDFILESIGS_FOR_DYLD_SIM, abi.F_ADDFILESIGS_RETURN, abi.F_ADDFILESIGS_INFO, abi.F_ADDFILESUPPL,
		abi.F_ADDSIGS_MAIN_BINARY, abi.F_FINDSIGS, abi.F_GETSIGSINFO, abi.F_CHECK_LV, abi.F_SETLEASE, abi.F_GETLEASE,
		abi.F_MOVEDATAEXTENTS, abi.F_TRANSFEREXTENTS, abi.F_ASSERT_BG_ACCESS, abi.F_RELEASE_BG_ACCESS,
		abi.F_TRIM_ACTIVE_FILE, abi.F_ATTRIBUTION_TAG, abi.F_NOCACHE_EXT:
		t.Machine().Note("fcntl " + strconv.Itoa(int(a.Cmd)))
		return 0, abi.ENOTSUP
	}
	return 0, abi.EINVAL
}

// fcntlDevice does them for the kernel's own devices, which have nothing to
// sync or allocate.
func fcntlDevice(d *devFile, a *fcntlArgs) (uint64, error) {
	switch a.Cmd {
	case abi.F_NOCACHE, abi.F_RDAHEAD, abi.F_NODIRECT, abi.F_GLOBAL_NOCACHE:
		return 0, nil
	case abi.F_FULLFSYNC, abi.F_BARRIERFSYNC, abi.F_PREALLOCATE, abi.F_PUNCHHOLE:
		return 0, abi.ENOTTY
	}
	return 0, abi.EINVAL
}

func setFlag(f *kern.File, flag uint32, on bool) {
	f.Flags &^= flag
	if on {
		f.Flags |= flag
	}
}

// guestPathOf is where an open file is now, as F_GETPATH and vnode_getpath tell
// it: EBADF for what is no file of the tree, ENOENT when it has no name.
func guestPathOf(f *kern.File) (string, error) {
	switch v := f.Ops.(type) {
	case *devFile:
		return v.d.path(), nil
	case *vnode:
		if v.typ != kern.TypeVnode {
			return "", abi.EBADF
		}
		if v.kind == hostfs.TTY {
			if st, err := v.file.Stat(); err == nil {
				if n, ok := ptsNumber(&st); ok {
					return ttysName(n), nil
				}
			}
			if n := v.file.TTYName(); n != "" {
				return n, nil
			}
		}
		p := v.file.Path()
		if p == "" {
			return "", abi.ENOENT
		}
		return p, nil
	}
	return "", abi.EBADF
}

func getPath(t *kern.Thread, f *kern.File, addr uint64) error {
	p, err := guestPathOf(f)
	if err != nil {
		return err
	}
	if len(p) >= maxPathLen {
		return abi.ENOSPC // vn_getpath
	}
	return t.Space().CopyOut(addr, append([]byte(p), 0))
}

// syncFile is fsync, or its lesser form. Data in a pipe or terminal has nowhere
// to be made safe in.
func syncFile(v *vnode, dataOnly bool) error {
	switch v.kind {
	case hostfs.Regular, hostfs.Directory, hostfs.BlockDevice:
		return v.file.Sync(dataOnly)
	}
	return nil
}

// readAdvice checks what F_RDADVISE passes. The host reads ahead by itself.
func readAdvice(t *kern.Thread, v *vnode, a *fcntlArgs) error {
	var raw [16]byte
	if err := t.Space().CopyIn(raw[:], a.Arg); err != nil {
		return err
	}
	var r abi.Radvisory
	r.Get(raw[:])
	if a.Cmd == abi.F_RDADVISE && (r.Offset < 0 || r.Count < 0) {
		return abi.EINVAL
	}
	if v.kind != hostfs.Regular {
		return abi.ENOTSUP
	}
	return nil
}

// preallocate is F_PREALLOCATE: room from the end of what is allocated.
func preallocate(t *kern.Thread, f *kern.File, v *vnode, arg uint64) error {
	if f.Flags&kern.FWRITE == 0 {
		return abi.EBADF
	}
	var raw [32]byte
	if err := t.Space().CopyIn(raw[:], arg); err != nil {
		return err
	}
	var s abi.Fstore
	s.Get(raw[:])
	s.Bytesalloc = 0
	switch {
	case s.Posmode == abi.F_PEOFPOSMODE && s.Offset != 0, s.Posmode == abi.F_VOLPOSMODE && s.Offset <= 0:
		return abi.EINVAL
	case s.Posmode != abi.F_PEOFPOSMODE && s.Posmode != abi.F_VOLPOSMODE:
		return abi.EINVAL
	case s.Length < 0:
		return abi.EINVAL
	case v.kind != hostfs.Regular:
		return abi.ENOTSUP
	}
	st, err := v.file.Stat()
	if err != nil {
		return err
	}
	if s.Length > 0 {
		if s.Length > math.MaxInt64-st.Size {
			return abi.EFBIG
		}
		err = v.file.Allocate(st.Size, s.Length, true)
		if err == nil {
			s.Bytesalloc = s.Length
		}
	}
	s.Put(raw[:])
	if cerr := t.Space().CopyOut(arg, raw[:]); err == nil {
		err = cerr
	}
	return err
}

// punchHole is F_PUNCHHOLE; offset and length must be multiples of the block
// size, as APFS demands.
func punchHole(t *kern.Thread, f *kern.File, v *vnode, arg uint64) error {
	if f.Flags&kern.FWRITE == 0 {
		return abi.EPERM
	}
	var raw [24]byte
	if err := t.Space().CopyIn(raw[:], arg); err != nil {
		return err
	}
	var h abi.Fpunchhole
	h.Get(raw[:])
	const block = 4096
	if h.Flags != 0 || h.Offset < 0 || h.Length <= 0 || h.Offset%block != 0 || h.Length%block != 0 || h.Length > math.MaxInt64-h.Offset {
		return abi.EINVAL
	}
	if v.kind != hostfs.Regular {
		return abi.ENOTSUP
	}
	return v.file.PunchHole(h.Offset, h.Length)
}
