package abi

// Attrlist is struct attrlist (bsd/sys/attr.h): the attributes that a caller of
// getattrlist(2), setattrlist(2) or getattrlistbulk(2) names.
type Attrlist struct {
	Bitmapcount uint16 // must be ATTR_BIT_MAP_COUNT
	_           uint16
	Commonattr  uint32
	Volattr     uint32
	Dirattr     uint32
	Fileattr    uint32
	Forkattr    uint32
}

// Put writes the structure to b, which holds at least its 24 bytes.
func (s *Attrlist) Put(b []byte) {
	clear(b[:24])
	le.PutUint16(b, s.Bitmapcount)
	le.PutUint32(b[4:], s.Commonattr)
	le.PutUint32(b[8:], s.Volattr)
	le.PutUint32(b[12:], s.Dirattr)
	le.PutUint32(b[16:], s.Fileattr)
	le.PutUint32(b[20:], s.Forkattr)
}

// Get reads the structure from b, which holds at least its 24 bytes.
func (s *Attrlist) Get(b []byte) {
	_ = b[23]
	s.Bitmapcount = le.Uint16(b)
	s.Commonattr = le.Uint32(b[4:])
	s.Volattr = le.Uint32(b[8:])
	s.Dirattr = le.Uint32(b[12:])
	s.Fileattr = le.Uint32(b[16:])
	s.Forkattr = le.Uint32(b[20:])
}

// AttributeSet is attribute_set_t, in answers that tell which attributes follow.
type AttributeSet struct {
	Commonattr uint32
	Volattr    uint32
	Dirattr    uint32
	Fileattr   uint32
	Forkattr   uint32
}

// Put writes the structure to b, which holds at least its 20 bytes.
func (s *AttributeSet) Put(b []byte) {
	_ = b[19]
	le.PutUint32(b, s.Commonattr)
	le.PutUint32(b[4:], s.Volattr)
	le.PutUint32(b[8:], s.Dirattr)
	le.PutUint32(b[12:], s.Fileattr)
	le.PutUint32(b[16:], s.Forkattr)
}

// Get reads the structure from b, which holds at least its 20 bytes.
func (s *AttributeSet) Get(b []byte) {
	_ = b[19]
	s.Commonattr = le.Uint32(b)
	s.Volattr = le.Uint32(b[4:])
	s.Dirattr = le.Uint32(b[8:])
	s.Fileattr = le.Uint32(b[12:])
	s.Forkattr = le.Uint32(b[16:])
}

// Attrreference is attrreference_t: a variable-sized attribute lies elsewhere in
// the buffer, Dataoffset bytes from this structure's own start.
type Attrreference struct {
	Dataoffset int32
	Length     uint32 // bytes
}

// Put writes the structure to b, which holds at least its 8 bytes.
func (s *Attrreference) Put(b []byte) {
	_ = b[7]
	le.PutUint32(b, uint32(s.Dataoffset))
	le.PutUint32(b[4:], s.Length)
}

// Get reads the structure from b, which holds at least its 8 bytes.
func (s *Attrreference) Get(b []byte) {
	_ = b[7]
	s.Dataoffset = int32(le.Uint32(b))
	s.Length = le.Uint32(b[4:])
}

// VolCapabilitiesAttr is vol_capabilities_attr_t.
type VolCapabilitiesAttr struct {
	Capabilities [4]uint32
	Valid        [4]uint32
}

// VolAttributesAttr is vol_attributes_attr_t.
type VolAttributesAttr struct {
	Validattr  AttributeSet
	Nativeattr AttributeSet
}

// Options of the calls.
const (
	ATTR_BIT_MAP_COUNT       = 0x5
	FSOPT_ATTR_CMN_EXTENDED  = 0x20
	FSOPT_EXCHANGE_DATA_ONLY = 0x10
	FSOPT_FOLLOW_FIRMLINK    = 0x100
	FSOPT_ISREALFSID         = 0x200
	FSOPT_LIST_SNAPSHOT      = 0x40
	FSOPT_NOFIRMLINKPATH     = 0x80
	FSOPT_NOFOLLOW           = 0x1
	FSOPT_NOFOLLOW_ANY       = 0x800
	FSOPT_NOINMEMUPDATE      = 0x2
	FSOPT_PACK_INVAL_ATTRS   = 0x8
	FSOPT_REPORT_FULLSIZE    = 0x4
	FSOPT_RETURN_REALDEV     = 0x200
	FSOPT_UTIMES_NULL        = 0x400
)

// Attributes of any object, Attrlist.Commonattr.
const (
	ATTR_CMN_NAME               = 0x1
	ATTR_CMN_DEVID              = 0x2
	ATTR_CMN_FSID               = 0x4
	ATTR_CMN_OBJTYPE            = 0x8
	ATTR_CMN_OBJTAG             = 0x10
	ATTR_CMN_OBJID              = 0x20
	ATTR_CMN_OBJPERMANENTID     = 0x40
	ATTR_CMN_PAROBJID           = 0x80
	ATTR_CMN_SCRIPT             = 0x100
	ATTR_CMN_CRTIME             = 0x200
	ATTR_CMN_MODTIME            = 0x400
	ATTR_CMN_CHGTIME            = 0x800
	ATTR_CMN_ACCTIME            = 0x1000
	ATTR_CMN_BKUPTIME           = 0x2000
	ATTR_CMN_FNDRINFO           = 0x4000
	ATTR_CMN_VOLSETMASK         = 0x6700
	ATTR_CMN_OWNERID            = 0x8000
	ATTR_CMN_GRPID              = 0x10000
	ATTR_CMN_ACCESSMASK         = 0x20000
	ATTR_CMN_FLAGS              = 0x40000
	ATTR_CMN_GEN_COUNT          = 0x80000
	ATTR_CMN_NAMEDATTRCOUNT     = 0x80000
	ATTR_CMN_DOCUMENT_ID        = 0x100000
	ATTR_CMN_NAMEDATTRLIST      = 0x100000
	ATTR_CMN_USERACCESS         = 0x200000
	ATTR_CMN_EXTENDED_SECURITY  = 0x400000
	ATTR_CMN_UUID               = 0x800000
	ATTR_CMN_GRPUUID            = 0x1000000
	ATTR_CMN_FILEID             = 0x2000000
	ATTR_CMN_PARENTID           = 0x4000000
	ATTR_CMN_FULLPATH           = 0x8000000
	ATTR_CMN_ADDEDTIME          = 0x10000000
	ATTR_CMN_ERROR              = 0x20000000
	ATTR_CMN_DATA_PROTECT_FLAGS = 0x40000000
	ATTR_CMN_SETMASK            = 0x51c7ff00
	ATTR_CMN_RETURNED_ATTRS     = 0x80000000
	ATTR_CMN_VALIDMASK          = 0xffffffff
)

// Attributes of a volume, Attrlist.Volattr.
const (
	ATTR_VOL_FSTYPE          = 0x1
	ATTR_VOL_SIGNATURE       = 0x2
	ATTR_VOL_SIZE            = 0x4
	ATTR_VOL_SPACEFREE       = 0x8
	ATTR_VOL_SPACEAVAIL      = 0x10
	ATTR_VOL_MINALLOCATION   = 0x20
	ATTR_VOL_ALLOCATIONCLUMP = 0x40
	ATTR_VOL_IOBLOCKSIZE     = 0x80
	ATTR_VOL_OBJCOUNT        = 0x100
	ATTR_VOL_FILECOUNT       = 0x200
	ATTR_VOL_DIRCOUNT        = 0x400
	ATTR_VOL_MAXOBJCOUNT     = 0x800
	ATTR_VOL_MOUNTPOINT      = 0x1000
	ATTR_VOL_NAME            = 0x2000
	ATTR_VOL_MOUNTFLAGS      = 0x4000
	ATTR_VOL_MOUNTEDDEVICE   = 0x8000
	ATTR_VOL_ENCODINGSUSED   = 0x10000
	ATTR_VOL_CAPABILITIES    = 0x20000
	ATTR_VOL_UUID            = 0x40000
	ATTR_VOL_MOUNTEXTFLAGS   = 0x80000
	ATTR_VOL_FSTYPENAME      = 0x100000
	ATTR_VOL_FSSUBTYPE       = 0x200000
	ATTR_VOL_OWNER           = 0x400000
	ATTR_VOL_SPACEUSED       = 0x800000
	ATTR_VOL_QUOTA_SIZE      = 0x10000000
	ATTR_VOL_RESERVED_SIZE   = 0x20000000
	ATTR_VOL_ATTRIBUTES      = 0x40000000
	ATTR_VOL_INFO            = 0x80000000
	ATTR_VOL_SETMASK         = 0x80002000
	ATTR_VOL_VALIDMASK       = 0xf0ffffff
)

// Attributes of a directory, Attrlist.Dirattr, and their mount state bits.
const (
	ATTR_DIR_SETMASK       = 0x0
	ATTR_DIR_LINKCOUNT     = 0x1
	DIR_MNTSTATUS_MNTPOINT = 0x1
	ATTR_DIR_ENTRYCOUNT    = 0x2
	DIR_MNTSTATUS_TRIGGER  = 0x2
	ATTR_DIR_MOUNTSTATUS   = 0x4
	ATTR_DIR_ALLOCSIZE     = 0x8
	ATTR_DIR_IOBLOCKSIZE   = 0x10
	ATTR_DIR_DATALENGTH    = 0x20
	ATTR_DIR_VALIDMASK     = 0x3f
)

// Attributes of a file, Attrlist.Fileattr.
const (
	ATTR_FILE_LINKCOUNT     = 0x1
	ATTR_FILE_TOTALSIZE     = 0x2
	ATTR_FILE_ALLOCSIZE     = 0x4
	ATTR_FILE_IOBLOCKSIZE   = 0x8
	ATTR_FILE_CLUMPSIZE     = 0x10
	ATTR_FILE_DEVTYPE       = 0x20
	ATTR_FILE_SETMASK       = 0x20
	ATTR_FILE_FILETYPE      = 0x40
	ATTR_FILE_FORKCOUNT     = 0x80
	ATTR_FILE_FORKLIST      = 0x100
	ATTR_FILE_DATALENGTH    = 0x200
	ATTR_FILE_DATAALLOCSIZE = 0x400
	ATTR_FILE_DATAEXTENTS   = 0x800
	ATTR_FILE_RSRCLENGTH    = 0x1000
	ATTR_FILE_RSRCALLOCSIZE = 0x2000
	ATTR_FILE_VALIDMASK     = 0x37ff
	ATTR_FILE_RSRCEXTENTS   = 0x4000
)

// Attributes of Attrlist.Forkattr when FSOPT_ATTR_CMN_EXTENDED is set.
const (
	ATTR_CMNEXT_SETMASK            = 0x0
	ATTR_CMNEXT_RELPATH            = 0x4
	ATTR_CMNEXT_PRIVATESIZE        = 0x8
	ATTR_CMNEXT_LINKID             = 0x10
	ATTR_CMNEXT_NOFIRMLINKPATH     = 0x20
	ATTR_CMNEXT_REALDEVID          = 0x40
	ATTR_CMNEXT_REALFSID           = 0x80
	ATTR_CMNEXT_CLONEID            = 0x100
	ATTR_CMNEXT_EXT_FLAGS          = 0x200
	ATTR_CMNEXT_RECURSIVE_GENCOUNT = 0x400
	ATTR_CMNEXT_ATTRIBUTION_TAG    = 0x800
	ATTR_CMNEXT_CLONE_REFCNT       = 0x1000
	ATTR_CMNEXT_VALIDMASK          = 0x1ffc
)

// Indexes in VolCapabilitiesAttr's two arrays.
const (
	VOL_CAPABILITIES_FORMAT     = 0
	VOL_CAPABILITIES_INTERFACES = 1
	VOL_CAPABILITIES_RESERVED1  = 2
	VOL_CAPABILITIES_RESERVED2  = 3
)

// Capabilities of a volume's format.
const (
	VOL_CAP_FMT_PERSISTENTOBJECTIDS    = 0x1
	VOL_CAP_FMT_SYMBOLICLINKS          = 0x2
	VOL_CAP_FMT_HARDLINKS              = 0x4
	VOL_CAP_FMT_JOURNAL                = 0x8
	VOL_CAP_FMT_JOURNAL_ACTIVE         = 0x10
	VOL_CAP_FMT_NO_ROOT_TIMES          = 0x20
	VOL_CAP_FMT_SPARSE_FILES           = 0x40
	VOL_CAP_FMT_ZERO_RUNS              = 0x80
	VOL_CAP_FMT_CASE_SENSITIVE         = 0x100
	VOL_CAP_FMT_CASE_PRESERVING        = 0x200
	VOL_CAP_FMT_FAST_STATFS            = 0x400
	VOL_CAP_FMT_2TB_FILESIZE           = 0x800
	VOL_CAP_FMT_OPENDENYMODES          = 0x1000
	VOL_CAP_FMT_HIDDEN_FILES           = 0x2000
	VOL_CAP_FMT_PATH_FROM_ID           = 0x4000
	VOL_CAP_FMT_NO_VOLUME_SIZES        = 0x8000
	VOL_CAP_FMT_DECMPFS_COMPRESSION    = 0x10000
	VOL_CAP_FMT_64BIT_OBJECT_IDS       = 0x20000
	VOL_CAP_FMT_DIR_HARDLINKS          = 0x40000
	VOL_CAP_FMT_DOCUMENT_ID            = 0x80000
	VOL_CAP_FMT_WRITE_GENERATION_COUNT = 0x100000
	VOL_CAP_FMT_NO_IMMUTABLE_FILES     = 0x200000
	VOL_CAP_FMT_NO_PERMISSIONS         = 0x400000
	VOL_CAP_FMT_SHARED_SPACE           = 0x800000
	VOL_CAP_FMT_VOL_GROUPS             = 0x1000000
	VOL_CAP_FMT_SEALED                 = 0x2000000
	VOL_CAP_FMT_CLONE_MAPPING          = 0x4000000
)

// Capabilities of a volume's interfaces.
const (
	VOL_CAP_INT_SEARCHFS          = 0x1
	VOL_CAP_INT_ATTRLIST          = 0x2
	VOL_CAP_INT_NFSEXPORT         = 0x4
	VOL_CAP_INT_READDIRATTR       = 0x8
	VOL_CAP_INT_EXCHANGEDATA      = 0x10
	VOL_CAP_INT_COPYFILE          = 0x20
	VOL_CAP_INT_ALLOCATE          = 0x40
	VOL_CAP_INT_VOL_RENAME        = 0x80
	VOL_CAP_INT_ADVLOCK           = 0x100
	VOL_CAP_INT_FLOCK             = 0x200
	VOL_CAP_INT_EXTENDED_SECURITY = 0x400
	VOL_CAP_INT_USERACCESS        = 0x800
	VOL_CAP_INT_MANLOCK           = 0x1000
	VOL_CAP_INT_NAMEDSTREAMS      = 0x2000
	VOL_CAP_INT_EXTENDED_ATTR     = 0x4000
	VOL_CAP_INT_REMOTE_EVENT      = 0x8000
	VOL_CAP_INT_CLONE             = 0x10000
	VOL_CAP_INT_SNAPSHOT          = 0x20000
	VOL_CAP_INT_RENAME_SWAP       = 0x40000
	VOL_CAP_INT_RENAME_EXCL       = 0x80000
	VOL_CAP_INT_RENAME_OPENFAIL   = 0x100000
	VOL_CAP_INT_RENAME_SECLUDE    = 0x200000
	VOL_CAP_INT_ATTRIBUTION_TAG   = 0x400000
	VOL_CAP_INT_PUNCHHOLE         = 0x800000
)

// Kinds of object, ATTR_CMN_OBJTYPE (enum vtype of bsd/sys/vnode.h).
const (
	VNON  = 0
	VREG  = 1
	VDIR  = 2
	VBLK  = 3
	VCHR  = 4
	VLNK  = 5
	VSOCK = 6
	VFIFO = 7
	VBAD  = 8
	VSTR  = 9
	VCPLX = 10
)

// Kinds of file system, ATTR_CMN_OBJTAG (enum vtagtype of bsd/sys/vnode.h).
const (
	VT_NON  = 0
	VT_UFS  = 1
	VT_NFS  = 2
	VT_HFS  = 16
	VT_APFS = 25
)
