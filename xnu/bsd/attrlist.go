package bsd

import (
	"encoding/binary"
	"path"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

// attrObject is a file or directory whose attributes are asked for.
type attrObject struct {
	t    *kern.Thread
	st   abi.Stat64
	at   hostfs.At // names the object for the host
	file hostfs.File
	dev  *device
	// given is the name by which a directory listing found it.
	given string
}

// attrBuf is an answer being packed: fixed fields in order, without padding,
// and the variable parts that follow them (struct _attrlist_buf).
type attrBuf struct {
	fixed []byte
	refs  []attrRef
}

type attrRef struct {
	at   int
	data []byte
}

func (b *attrBuf) u32(v uint32)  { b.fixed = binary.LittleEndian.AppendUint32(b.fixed, v) }
func (b *attrBuf) u64(v uint64)  { b.fixed = binary.LittleEndian.AppendUint64(b.fixed, v) }
func (b *attrBuf) raw(p []byte)  { b.fixed = append(b.fixed, p...) }
func (b *attrBuf) str(s string)  { b.ref(append([]byte(s), 0)) }
func (b *attrBuf) zero(n int)    { b.fixed = append(b.fixed, make([]byte, n)...) }
func (b *attrBuf) ref(d []byte)  { b.refs = append(b.refs, attrRef{len(b.fixed), d}); b.zero(8) }
func (b *attrBuf) reserve(n int) { b.zero(n) }

func (b *attrBuf) time(ts abi.Timespec) {
	b.u64(uint64(ts.Sec))
	b.u64(uint64(ts.Nsec))
}

// bytes lays out the whole answer, its length in the first four bytes.
func (b *attrBuf) bytes() []byte {
	out := b.fixed
	for _, r := range b.refs {
		ref := abi.Attrreference{Dataoffset: int32(len(out) - r.at), Length: uint32(len(r.data))}
		ref.Put(out[r.at:])
		out = append(out, r.data...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out
}

// attrRow is one attribute: its bit, its size in the fixed part, and how to
// pack it; put reports whether the object has it.
type attrRow struct {
	bit  uint32
	size int
	put  func(o *attrObject, b *attrBuf) bool
}

// vtype is enum vtype, what ATTR_CMN_OBJTYPE tells.
func (o *attrObject) vtype() uint32 {
	switch o.st.Mode & abi.S_IFMT {
	case abi.S_IFREG:
		return 1
	case abi.S_IFDIR:
		return 2
	case abi.S_IFBLK:
		return 3
	case abi.S_IFCHR:
		return 4
	case abi.S_IFLNK:
		return 5
	case abi.S_IFSOCK:
		return 6
	case abi.S_IFIFO:
		return 7
	}
	return 0
}

// vtAPFS is VT_APFS of enum vtagtype.
const vtAPFS = 25

// fullPath is where the object is now; "" when that is not known.
func (o *attrObject) fullPath() string {
	switch {
	case o.dev != nil:
		return o.dev.path()
	case o.file != nil:
		return o.file.Path()
	}
	return ""
}

func (o *attrObject) name() string {
	if o.given != "" {
		return o.given
	}
	if p := o.fullPath(); p != "" {
		return path.Base(p)
	}
	return path.Base(o.at.Path)
}

// parent is the inode number of the directory that holds the object.
func (o *attrObject) parent() (uint64, bool) {
	fs := o.t.Machine().Host.FS()
	var at hostfs.At
	p := o.fullPath()
	switch {
	case p == "":
		return 0, false
	case p == "/":
		return 1, true // ROOT_PARENT_INODE
	default:
		at.Path = path.Dir(p)
	}
	st, err := fs.Stat(at)
	if err != nil {
		return 0, false
	}
	return st.Ino, true
}

// userAccess is what ATTR_CMN_USERACCESS tells: access(2)'s bits for the caller.
func (o *attrObject) userAccess() uint32 {
	if o.dev != nil {
		return abi.R_OK | abi.W_OK
	}
	fs := o.t.Machine().Host.FS()
	r := uint32(0)
	for _, m := range [...]struct{ host, guest uint32 }{{unix.R_OK, abi.R_OK}, {unix.W_OK, abi.W_OK}, {unix.X_OK, abi.X_OK}} {
		if fs.Access(o.at, m.host, true) == nil {
			r |= m.guest
		}
	}
	return r
}

// guid makes the identifier that the directory service gives a local user or
// group without one of its own.
func guid(prefix string, id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte(prefix), id)
}

const (
	userGUID  = "\xff\xff\xee\xee\xdd\xdd\xcc\xcc\xbb\xbb\xaa\xaa"
	groupGUID = "\xab\xcd\xef\xab\xcd\xef\xab\xcd\xef\xab\xcd\xef"
)

// commonAttrs lists the attributes of every object, in the order in which they
// are packed (attr_pack_common).
var commonAttrs = [...]attrRow{
	{abi.ATTR_CMN_ERROR, 4, func(o *attrObject, b *attrBuf) bool { b.u32(0); return true }},
	{abi.ATTR_CMN_NAME, 8, func(o *attrObject, b *attrBuf) bool { b.str(o.name()); return true }},
	{abi.ATTR_CMN_DEVID, 4, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Dev)); return true }},
	{abi.ATTR_CMN_FSID, 8, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Dev)); b.u32(fsType); return true }},
	{abi.ATTR_CMN_OBJTYPE, 4, func(o *attrObject, b *attrBuf) bool { b.u32(o.vtype()); return true }},
	{abi.ATTR_CMN_OBJTAG, 4, func(o *attrObject, b *attrBuf) bool { b.u32(vtAPFS); return true }},
	{abi.ATTR_CMN_OBJID, 8, func(o *attrObject, b *attrBuf) bool { b.u64(uint64(o.st.Ino)); return true }},
	{abi.ATTR_CMN_OBJPERMANENTID, 8, func(o *attrObject, b *attrBuf) bool { b.u64(uint64(o.st.Ino)); return true }},
	{abi.ATTR_CMN_PAROBJID, 8, putParent},
	{abi.ATTR_CMN_SCRIPT, 4, func(o *attrObject, b *attrBuf) bool { b.u32(0x7e); return true }},
	{abi.ATTR_CMN_CRTIME, 16, func(o *attrObject, b *attrBuf) bool { b.time(o.st.Birthtimespec); return true }},
	{abi.ATTR_CMN_MODTIME, 16, func(o *attrObject, b *attrBuf) bool { b.time(o.st.Mtimespec); return true }},
	{abi.ATTR_CMN_CHGTIME, 16, func(o *attrObject, b *attrBuf) bool { b.time(o.st.Ctimespec); return true }},
	{abi.ATTR_CMN_ACCTIME, 16, func(o *attrObject, b *attrBuf) bool { b.time(o.st.Atimespec); return true }},
	{abi.ATTR_CMN_BKUPTIME, 16, func(o *attrObject, b *attrBuf) bool { b.time(abi.Timespec{}); return true }},
	{abi.ATTR_CMN_FNDRINFO, 32, putFinderInfo},
	{abi.ATTR_CMN_OWNERID, 4, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Uid)); return true }},
	{abi.ATTR_CMN_GRPID, 4, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Gid)); return true }},
	{abi.ATTR_CMN_ACCESSMASK, 4, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Mode)); return true }},
	{abi.ATTR_CMN_FLAGS, 4, func(o *attrObject, b *attrBuf) bool { b.u32(o.st.Flags); return true }},
	{abi.ATTR_CMN_GEN_COUNT, 4, nil},
	{abi.ATTR_CMN_DOCUMENT_ID, 4, nil},
	{abi.ATTR_CMN_USERACCESS, 4, func(o *attrObject, b *attrBuf) bool { b.u32(o.userAccess()); return true }},
	{abi.ATTR_CMN_EXTENDED_SECURITY, 8, func(o *attrObject, b *attrBuf) bool { b.ref(nil); return true }},
	{abi.ATTR_CMN_UUID, 16, func(o *attrObject, b *attrBuf) bool { b.raw(guid(userGUID, uint32(o.st.Uid))); return true }},
	{abi.ATTR_CMN_GRPUUID, 16, func(o *attrObject, b *attrBuf) bool { b.raw(guid(groupGUID, uint32(o.st.Gid))); return true }},
	{abi.ATTR_CMN_FILEID, 8, func(o *attrObject, b *attrBuf) bool { b.u64(uint64(o.st.Ino)); return true }},
	{abi.ATTR_CMN_PARENTID, 8, putParent},
	{abi.ATTR_CMN_FULLPATH, 8, func(o *attrObject, b *attrBuf) bool { return putPath(o, b) }},
	{abi.ATTR_CMN_ADDEDTIME, 16, nil},
	{abi.ATTR_CMN_DATA_PROTECT_FLAGS, 4, nil},
}

func putParent(o *attrObject, b *attrBuf) bool {
	n, ok := o.parent()
	if ok {
		b.u64(n)
	}
	return ok
}

func putPath(o *attrObject, b *attrBuf) bool {
	p := o.fullPath()
	if p != "" {
		b.str(p)
	}
	return p != ""
}

// putFinderInfo reads the attribute that holds it; without one it is zeros.
func putFinderInfo(o *attrObject, b *attrBuf) bool {
	var info [32]byte
	if o.dev == nil {
		var buf [32]byte
		if n, err := o.t.Machine().Host.FS().Getxattr(o.at, abi.XATTR_FINDERINFO_NAME, buf[:]); err == nil && n == 32 {
			info = buf
		}
	}
	b.raw(info[:])
	return true
}

// dirAttrs lists those of directories (attr_pack_dir).
var dirAttrs = [...]attrRow{
	{abi.ATTR_DIR_LINKCOUNT, 4, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Nlink)); return true }},
	{abi.ATTR_DIR_ENTRYCOUNT, 4, putEntryCount},
	{abi.ATTR_DIR_MOUNTSTATUS, 4, func(o *attrObject, b *attrBuf) bool { b.u32(0); return true }},
	{abi.ATTR_DIR_ALLOCSIZE, 8, func(o *attrObject, b *attrBuf) bool { b.u64(uint64(o.st.Blocks) * 512); return true }},
	{abi.ATTR_DIR_IOBLOCKSIZE, 4, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Blksize)); return true }},
	{abi.ATTR_DIR_DATALENGTH, 8, func(o *attrObject, b *attrBuf) bool { b.u64(uint64(o.st.Size)); return true }},
}

// putEntryCount counts the names but for "." and "..", which takes reading the
// directory on Linux.
func putEntryCount(o *attrObject, b *attrBuf) bool {
	if o.dev != nil {
		return false
	}
	f, err := o.t.Machine().Host.FS().Open(o.at, hostfs.O_RDONLY|hostfs.O_DIRECTORY, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	list, err := f.ReadDir()
	if err != nil {
		return false
	}
	b.u32(uint32(max(len(list)-2, 0)))
	return true
}

func allocated(o *attrObject, b *attrBuf) bool { b.u64(uint64(o.st.Blocks) * 512); return true }
func fileSize(o *attrObject, b *attrBuf) bool  { b.u64(uint64(o.st.Size)); return true }
func zero64(_ *attrObject, b *attrBuf) bool    { b.u64(0); return true }

// fileAttrs lists those of everything else (attr_pack_file). There are no
// resource forks: their sizes are 0.
var fileAttrs = [...]attrRow{
	{abi.ATTR_FILE_LINKCOUNT, 4, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Nlink)); return true }},
	{abi.ATTR_FILE_TOTALSIZE, 8, fileSize},
	{abi.ATTR_FILE_ALLOCSIZE, 8, allocated},
	{abi.ATTR_FILE_IOBLOCKSIZE, 4, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Blksize)); return true }},
	{abi.ATTR_FILE_CLUMPSIZE, 4, func(o *attrObject, b *attrBuf) bool { b.u32(0); return true }},
	{abi.ATTR_FILE_DEVTYPE, 4, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Rdev)); return true }},
	{abi.ATTR_FILE_DATALENGTH, 8, fileSize},
	{abi.ATTR_FILE_DATAALLOCSIZE, 8, allocated},
	{abi.ATTR_FILE_RSRCLENGTH, 8, zero64},
	{abi.ATTR_FILE_RSRCALLOCSIZE, 8, zero64},
}

// extAttrs lists what Forkattr means under FSOPT_ATTR_CMN_EXTENDED
// (attr_pack_common_extended).
var extAttrs = [...]attrRow{
	{abi.ATTR_CMNEXT_RELPATH, 8, putRelPath},
	{abi.ATTR_CMNEXT_PRIVATESIZE, 8, allocated},
	{abi.ATTR_CMNEXT_LINKID, 8, func(o *attrObject, b *attrBuf) bool { b.u64(uint64(o.st.Ino)); return true }},
	{abi.ATTR_CMNEXT_NOFIRMLINKPATH, 8, putPath},
	{abi.ATTR_CMNEXT_REALDEVID, 4, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Dev)); return true }},
	{abi.ATTR_CMNEXT_REALFSID, 8, func(o *attrObject, b *attrBuf) bool { b.u32(uint32(o.st.Dev)); b.u32(fsType); return true }},
	{abi.ATTR_CMNEXT_CLONEID, 8, nil},
	{abi.ATTR_CMNEXT_EXT_FLAGS, 8, zero64},
	{abi.ATTR_CMNEXT_RECURSIVE_GENCOUNT, 8, nil},
	{abi.ATTR_CMNEXT_ATTRIBUTION_TAG, 8, nil},
	{abi.ATTR_CMNEXT_CLONE_REFCNT, 4, nil},
}

// putRelPath is the path below the mount point; the guest's mounts count as one
// tree, so it is the path without its slash.
func putRelPath(o *attrObject, b *attrBuf) bool {
	p := o.fullPath()
	if p == "" {
		return false
	}
	if p = p[1:]; p == "" {
		p = "."
	}
	b.str(p)
	return true
}

// packGroup packs the requested attributes of one table and returns those that
// the object has. Without RETURNED_ATTRS a missing one is EINVAL; with it, it is
// left out, or zero under FSOPT_PACK_INVAL_ATTRS.
func packGroup(o *attrObject, b *attrBuf, rows []attrRow, want uint32, returned, packInvalid bool) (uint32, error) {
	got := uint32(0)
	for i := range rows {
		r := &rows[i]
		if want&r.bit == 0 {
			continue
		}
		if r.bit == abi.ATTR_CMN_ERROR && &rows[0] == &commonAttrs[0] && returned && !packInvalid {
			continue
		}
		if r.put != nil && r.put(o, b) {
			got |= r.bit
			continue
		}
		switch {
		case !returned:
			return 0, abi.EINVAL
		case packInvalid:
			b.zero(r.size)
		}
	}
	return got, nil
}

// packAttributes makes the whole answer for one object.
func packAttributes(o *attrObject, al *abi.Attrlist, options uint64) ([]byte, error) {
	returned := al.Commonattr&abi.ATTR_CMN_RETURNED_ATTRS != 0
	packInvalid := options&abi.FSOPT_PACK_INVAL_ATTRS != 0
	extended := options&abi.FSOPT_ATTR_CMN_EXTENDED != 0
	if err := checkAttrs(al, extended, returned, packInvalid); err != nil {
		return nil, err
	}
	b := &attrBuf{}
	b.reserve(4)
	if returned {
		b.reserve(20)
	}
	var got abi.AttributeSet
	var err error
	if got.Commonattr, err = packGroup(o, b, commonAttrs[:], al.Commonattr, returned, packInvalid); err != nil {
		return nil, err
	}
	if o.st.Mode.IsDir() {
		got.Dirattr, err = packGroup(o, b, dirAttrs[:], al.Dirattr, returned, packInvalid)
	} else {
		got.Fileattr, err = packGroup(o, b, fileAttrs[:], al.Fileattr, returned, packInvalid)
	}
	if err != nil {
		return nil, err
	}
	if extended {
		if got.Forkattr, err = packGroup(o, b, extAttrs[:], al.Forkattr, returned, packInvalid); err != nil {
			return nil, err
		}
	}
	if returned {
		got.Commonattr |= abi.ATTR_CMN_RETURNED_ATTRS
		got.Put(b.fixed[4:])
	}
	return b.bytes(), nil
}

func bitsOf(rows []attrRow) uint32 {
	m := uint32(0)
	for i := range rows {
		m |= rows[i].bit
	}
	return m
}

// checkAttrs refuses what no file has (getattrlist_internal).
func checkAttrs(al *abi.Attrlist, extended, returned, packInvalid bool) error {
	switch {
	case al.Bitmapcount != abi.ATTR_BIT_MAP_COUNT,
		al.Commonattr&^(bitsOf(commonAttrs[:])|abi.ATTR_CMN_RETURNED_ATTRS) != 0,
		al.Dirattr&^bitsOf(dirAttrs[:]) != 0,
		al.Fileattr&^bitsOf(fileAttrs[:]) != 0,
		al.Commonattr&(abi.ATTR_CMN_GEN_COUNT|abi.ATTR_CMN_DOCUMENT_ID) != 0 && !extended,
		al.Forkattr != 0 && !extended,
		al.Forkattr&^abi.ATTR_CMNEXT_VALIDMASK != 0,
		packInvalid && !returned:
		return abi.EINVAL
	}
	return nil
}
