package bsd

import (
	"encoding/binary"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

func attrRows() []kern.Row {
	const get = "generation counts, document and clone ids, added times and protection classes are told as missing (EINVAL without RETURNED_ATTRS)"
	const set = "birth, backup and added times are checked and not kept, as on a file system without them; flags, access control lists, identifiers and volume names are ENOTSUP"
	return []kern.Row{
		kern.Sys(220, "getattrlist", kern.RetInt, kern.Partial, getattrlist, get),
		kern.Sys(228, "fgetattrlist", kern.RetInt, kern.Partial, fgetattrlist, get),
		kern.Sys(476, "getattrlistat", kern.RetInt, kern.Partial, getattrlistat, get),
		kern.Sys(461, "getattrlistbulk", kern.RetInt, kern.Partial, getattrlistbulk, get),
		kern.Sys(221, "setattrlist", kern.RetInt, kern.Partial, setattrlist, set),
		kern.Sys(229, "fsetattrlist", kern.RetInt, kern.Partial, fsetattrlist, set),
		kern.Sys(524, "setattrlistat", kern.RetInt, kern.Partial, setattrlistat, set),
	}
}

// maxAttrBuffer is ATTR_MAX_BUFFER, the most that one answer may take.
const maxAttrBuffer = 8192

type attrlistArgs struct {
	Path    abi.Ptr `path:""`
	List    abi.Ptr `struct:"attrlist"`
	Buf     abi.Ptr
	Size    abi.Size
	Options uint64 `flags:"fsopt"`
}

type fattrlistArgs struct {
	FD      abi.FD
	List    abi.Ptr `struct:"attrlist"`
	Buf     abi.Ptr
	Size    abi.Size
	Options uint64 `flags:"fsopt"`
}

type attrlistatArgs struct {
	DirFD   abi.FD
	Path    abi.Ptr `path:""`
	List    abi.Ptr `struct:"attrlist"`
	Buf     abi.Ptr
	Size    abi.Size
	Options uint64 `flags:"fsopt"`
}

type setattrlistatArgs struct {
	DirFD   abi.FD
	Path    abi.Ptr `path:""`
	List    abi.Ptr `struct:"attrlist"`
	Buf     abi.Ptr
	Size    abi.Size
	Options uint32 `flags:"fsopt"`
}

func copyInAttrlist(t *kern.Thread, addr abi.Ptr) (abi.Attrlist, error) {
	var al abi.Attrlist
	var raw [24]byte
	err := t.Space().CopyIn(raw[:], uint64(addr))
	al.Get(raw[:])
	return al, err
}

func optFollow(options uint64) follow {
	switch {
	case options&abi.FSOPT_NOFOLLOW_ANY != 0:
		return noFollowAny
	case options&abi.FSOPT_NOFOLLOW != 0:
		return noFollow
	}
	return followLinks
}

func getattrlist(t *kern.Thread, a *attrlistArgs) (uint64, error) {
	return 0, getAttrsAt(t, abi.AT_FDCWD, a.Path, a.List, a.Buf, uint64(a.Size), a.Options)
}

func getattrlistat(t *kern.Thread, a *attrlistatArgs) (uint64, error) {
	return 0, getAttrsAt(t, a.DirFD, a.Path, a.List, a.Buf, uint64(a.Size), a.Options)
}

func getAttrsAt(t *kern.Thread, dir abi.FD, path, list, buf abi.Ptr, size, options uint64) error {
	al, err := copyInAttrlist(t, list)
	if err != nil {
		return err
	}
	how := optFollow(options)
	w, err := resolve(t, dir, path, how)
	if err != nil {
		return err
	}
	o := attrObject{t: t, at: w.At, dev: w.dev}
	if err := statPlace(t, w, how, &o.st); err != nil {
		return err
	}
	if w.dev == nil {
		if o.file, err = t.Machine().Host.FS().Open(w.At, hostfs.O_PATH, 0); err != nil {
			return err
		}
		defer o.file.Close()
	}
	return answerAttrs(&o, &al, buf, size, options)
}

func fgetattrlist(t *kern.Thread, a *fattrlistArgs) (uint64, error) {
	al, err := copyInAttrlist(t, a.List)
	if err != nil {
		return 0, err
	}
	f, err := t.File(a.FD)
	if err != nil {
		return 0, err
	}
	o := attrObject{t: t}
	switch v := f.Ops.(type) {
	case *devFile:
		o.dev = v.d
	case *vnode:
		if v.typ != kern.TypeVnode {
			return 0, abi.ENOTSUP
		}
		o.file = v.file
		// Access and extended attributes go by name.
		o.at = hostfs.At{Path: v.file.Path(), NoFollow: true}
	default:
		return 0, abi.ENOTSUP
	}
	if err := f.Ops.Stat(t, f, &o.st); err != nil {
		return 0, err
	}
	return 0, answerAttrs(&o, &al, a.Buf, uint64(a.Size), a.Options)
}

// answerAttrs packs and copies out as much as the caller's buffer takes. The
// length told is the whole one; a caller that did not ask for it
// (FSOPT_REPORT_FULLSIZE) gets the same, as XNU allocates what it needs.
func answerAttrs(o *attrObject, al *abi.Attrlist, buf abi.Ptr, size, options uint64) error {
	if size < 4 {
		return abi.ERANGE
	}
	var b []byte
	var err error
	if al.Volattr != 0 {
		b, err = packVolume(o, al, options)
	} else {
		b, err = packAttributes(o, al, options)
	}
	if err != nil {
		return err
	}
	if len(b) > maxAttrBuffer {
		return abi.ENOMEM
	}
	return o.t.Space().CopyOut(uint64(buf), b[:min(uint64(len(b)), size)])
}

// getattrlistbulk packs the entries of a directory from its cursor on, without
// "." and "..", and returns how many; 0 is the end.
func getattrlistbulk(t *kern.Thread, a *fattrlistArgs) (uint64, error) {
	f, v, err := vnodeOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	if f.Flags&kern.FREAD == 0 {
		return 0, abi.EBADF
	}
	if v.kind != hostfs.Directory {
		return 0, abi.ENOTDIR
	}
	al, err := copyInAttrlist(t, a.List)
	if err != nil {
		return 0, err
	}
	const required = abi.ATTR_CMN_NAME | abi.ATTR_CMN_RETURNED_ATTRS
	if al.Volattr != 0 || al.Commonattr&required != required || a.Options&abi.FSOPT_LIST_SNAPSHOT != 0 {
		return 0, abi.EINVAL
	}
	options := a.Options | abi.FSOPT_ATTR_CMN_EXTENDED
	if err := checkAttrs(&al, true, true, options&abi.FSOPT_PACK_INVAL_ATTRS != 0); err != nil {
		return 0, err
	}
	if v.names == nil || f.Offset == 0 {
		if v.names, err = v.file.ReadDir(); err != nil {
			return 0, err
		}
	}
	addr, left, count := uint64(a.Buf), uint64(a.Size), uint64(0)
	for f.Offset < int64(len(v.names)) {
		e := &v.names[f.Offset]
		if e.Name == "." || e.Name == ".." {
			f.Offset++
			continue
		}
		b := packEntry(t, v, e, &al, options)
		if b == nil { // it is gone since the directory was read
			f.Offset++
			continue
		}
		for len(b)%8 != 0 && uint64(len(b)) < left {
			b = append(b, 0)
		}
		if uint64(len(b)) > left {
			if count == 0 {
				return 0, abi.ERANGE
			}
			break
		}
		binary.LittleEndian.PutUint32(b, uint32(len(b)))
		if err := t.Space().CopyOut(addr, b); err != nil {
			return 0, err
		}
		addr += uint64(len(b))
		left -= uint64(len(b))
		count++
		f.Offset++
	}
	return count, nil
}

// packEntry packs one entry of a directory; one whose attributes cannot be had
// gives its name and the error.
func packEntry(t *kern.Thread, dir *vnode, e *hostfs.DirEntry, al *abi.Attrlist, options uint64) []byte {
	fs := t.Machine().Host.FS()
	o := attrObject{t: t, at: hostfs.At{Dir: dir.file, Path: e.Name, NoFollow: true}, given: e.Name}
	h, err := fs.Stat(o.at)
	if isErrno(err, abi.ENOENT) {
		return nil
	}
	if err == nil {
		putStat(&o.st, &h)
		if al.Commonattr&(abi.ATTR_CMN_FULLPATH|abi.ATTR_CMN_PARENTID|abi.ATTR_CMN_PAROBJID) != 0 || al.Forkattr != 0 {
			if o.file, err = fs.Open(o.at, hostfs.O_PATH, 0); err == nil {
				defer o.file.Close()
			}
		}
	}
	var b []byte
	if err == nil {
		b, err = packAttributes(&o, al, options)
	}
	if err == nil {
		return b
	}
	w := &attrBuf{}
	w.reserve(24)
	got := abi.AttributeSet{Commonattr: abi.ATTR_CMN_NAME | abi.ATTR_CMN_RETURNED_ATTRS}
	if al.Commonattr&abi.ATTR_CMN_ERROR != 0 {
		w.u32(uint32(errnoValue(err)))
		got.Commonattr |= abi.ATTR_CMN_ERROR
	}
	w.str(e.Name)
	got.Put(w.fixed[4:])
	return w.bytes()
}

// attrTarget is what setattrlist changes: a path or an open file.
type attrTarget interface {
	chmod(mode uint32) error
	chown(uid, gid int) error
	utimes(atime, mtime unix.Timespec) error
	setxattr(name string, val []byte) error
	flags() (uint32, error)
}

type pathTarget struct {
	fs hostfs.FS
	at hostfs.At
}

func (p pathTarget) chmod(mode uint32) error           { return p.fs.Chmod(p.at, mode) }
func (p pathTarget) chown(uid, gid int) error          { return p.fs.Chown(p.at, uid, gid) }
func (p pathTarget) utimes(a, m unix.Timespec) error   { return p.fs.Utimes(p.at, a, m) }
func (p pathTarget) setxattr(n string, v []byte) error { return p.fs.Setxattr(p.at, n, v, 0) }

func (p pathTarget) flags() (uint32, error) {
	h, err := p.fs.Stat(p.at)
	var st abi.Stat64
	putStat(&st, &h)
	return st.Flags, err
}

type fileTarget struct{ f hostfs.File }

func (p fileTarget) chmod(mode uint32) error           { return p.f.Chmod(mode) }
func (p fileTarget) chown(uid, gid int) error          { return p.f.Chown(uid, gid) }
func (p fileTarget) utimes(a, m unix.Timespec) error   { return p.f.Utimes(a, m) }
func (p fileTarget) setxattr(n string, v []byte) error { return p.f.Setxattr(n, v, 0) }

func (p fileTarget) flags() (uint32, error) {
	h, err := p.f.Stat()
	var st abi.Stat64
	putStat(&st, &h)
	return st.Flags, err
}

func setattrlist(t *kern.Thread, a *attrlistArgs) (uint64, error) {
	return 0, setAttrsAt(t, abi.AT_FDCWD, a.Path, a.List, a.Buf, uint64(a.Size), a.Options)
}

func setattrlistat(t *kern.Thread, a *setattrlistatArgs) (uint64, error) {
	return 0, setAttrsAt(t, a.DirFD, a.Path, a.List, a.Buf, uint64(a.Size), uint64(a.Options))
}

func setAttrsAt(t *kern.Thread, dir abi.FD, path, list, buf abi.Ptr, size, options uint64) error {
	w, err := resolve(t, dir, path, optFollow(options))
	if err != nil {
		return err
	}
	fs := t.Machine().Host.FS()
	if w.dev == nil {
		if _, err := fs.Stat(w.At); err != nil {
			return err
		}
	}
	return setAttrs(t, pathTarget{fs, w.At}, list, buf, size)
}

func fsetattrlist(t *kern.Thread, a *fattrlistArgs) (uint64, error) {
	_, v, err := vnodeOf(t, a.FD)
	if err != nil {
		return 0, err
	}
	return 0, setAttrs(t, fileTarget{v.file}, a.List, a.Buf, uint64(a.Size))
}

// setAttrs is setattrlist_internal: the values lie in the buffer in the order
// of their bits.
func setAttrs(t *kern.Thread, to attrTarget, list, buf abi.Ptr, size uint64) error {
	al, err := copyInAttrlist(t, list)
	if err != nil {
		return err
	}
	switch {
	case al.Bitmapcount != abi.ATTR_BIT_MAP_COUNT,
		al.Volattr == 0 && (al.Commonattr&^abi.ATTR_CMN_SETMASK != 0 || al.Fileattr != 0 || al.Dirattr != 0 || al.Forkattr != 0),
		al.Volattr != 0 && (al.Volattr&^abi.ATTR_VOL_SETMASK != 0 || al.Commonattr&^abi.ATTR_CMN_VOLSETMASK != 0 || al.Fileattr != 0 || al.Forkattr != 0):
		return abi.EINVAL
	case al.Volattr&^abi.ATTR_VOL_INFO != 0,
		al.Commonattr&(abi.ATTR_CMN_EXTENDED_SECURITY|abi.ATTR_CMN_UUID|abi.ATTR_CMN_GRPUUID|abi.ATTR_CMN_DATA_PROTECT_FLAGS) != 0:
		return abi.ENOTSUP
	case al.Commonattr == 0:
		return nil
	case size > maxAttrBuffer:
		return abi.ENOMEM
	}
	b := make([]byte, size)
	if err := t.Space().CopyIn(b, uint64(buf)); err != nil {
		return err
	}
	var v settable
	if err := v.unpack(&al, b); err != nil {
		return err
	}
	return v.apply(to, &al)
}

// settable holds the values that a buffer gave.
type settable struct {
	mtime, atime      abi.Timespec
	uid, gid          uint32
	mode, flags       uint32
	finder            [32]byte
	discardedTimespec abi.Timespec
}

func (v *settable) unpack(al *abi.Attrlist, b []byte) error {
	short := false
	take := func(bit uint32, n int, to func(p []byte)) {
		if al.Commonattr&bit == 0 || short {
			return
		}
		if len(b) < n {
			short = true
			return
		}
		to(b)
		b = b[n:]
	}
	word := func(to *uint32) func([]byte) {
		return func(p []byte) { *to = binary.LittleEndian.Uint32(p) }
	}
	var script uint32
	take(abi.ATTR_CMN_SCRIPT, 4, word(&script))
	take(abi.ATTR_CMN_CRTIME, 16, v.discardedTimespec.Get)
	take(abi.ATTR_CMN_MODTIME, 16, v.mtime.Get)
	take(abi.ATTR_CMN_CHGTIME, 16, v.discardedTimespec.Get)
	take(abi.ATTR_CMN_ACCTIME, 16, v.atime.Get)
	take(abi.ATTR_CMN_BKUPTIME, 16, v.discardedTimespec.Get)
	take(abi.ATTR_CMN_FNDRINFO, 32, func(p []byte) { copy(v.finder[:], p) })
	take(abi.ATTR_CMN_OWNERID, 4, word(&v.uid))
	take(abi.ATTR_CMN_GRPID, 4, word(&v.gid))
	take(abi.ATTR_CMN_ACCESSMASK, 4, word(&v.mode))
	take(abi.ATTR_CMN_FLAGS, 4, word(&v.flags))
	take(abi.ATTR_CMN_ADDEDTIME, 16, v.discardedTimespec.Get)
	if short {
		return abi.EINVAL
	}
	return nil
}

func (v *settable) apply(to attrTarget, al *abi.Attrlist) error {
	has := func(bit uint32) bool { return al.Commonattr&bit != 0 }
	if has(abi.ATTR_CMN_FLAGS) {
		now, err := to.flags()
		if err != nil {
			return err
		}
		if err := setFlags(&abi.Stat64{Flags: now}, v.flags); err != nil {
			return err
		}
	}
	if has(abi.ATTR_CMN_FNDRINFO) {
		if err := to.setxattr(abi.XATTR_FINDERINFO_NAME, v.finder[:]); err != nil {
			return err
		}
	}
	uid, gid := -1, -1
	if has(abi.ATTR_CMN_OWNERID) {
		uid = hostID(int32(v.uid))
	}
	if has(abi.ATTR_CMN_GRPID) {
		gid = hostID(int32(v.gid))
	}
	if uid != -1 || gid != -1 {
		if err := to.chown(uid, gid); err != nil {
			return err
		}
	}
	if has(abi.ATTR_CMN_ACCESSMASK) {
		if err := to.chmod(v.mode & 0o7777); err != nil {
			return err
		}
	}
	if has(abi.ATTR_CMN_MODTIME) || has(abi.ATTR_CMN_ACCTIME) {
		times := [2]unix.Timespec{{Nsec: unix.UTIME_OMIT}, {Nsec: unix.UTIME_OMIT}}
		for i, x := range [...]struct {
			bit uint32
			ts  abi.Timespec
		}{{abi.ATTR_CMN_ACCTIME, v.atime}, {abi.ATTR_CMN_MODTIME, v.mtime}} {
			if !has(x.bit) {
				continue
			}
			if x.ts.Nsec < 0 || x.ts.Nsec >= 1e9 {
				return abi.EINVAL
			}
			times[i] = unix.Timespec{Sec: x.ts.Sec, Nsec: x.ts.Nsec}
		}
		return to.utimes(times[0], times[1])
	}
	return nil
}
