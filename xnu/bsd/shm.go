package bsd

import (
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// POSIX shared memory, after bsd/kern/posix_shm.c. Segments belong to the
// machine: host programs do not see them.

func shmRows() []kern.Row {
	return []kern.Row{
		kern.Sys(266, "shm_open", kern.RetInt, kern.Full, shmOpen),
		kern.Sys(267, "shm_unlink", kern.RetInt, kern.Full, shmUnlink),
	}
}

const (
	// shmNameMax is PSHMNAMLEN, without the NUL.
	shmNameMax = 31
	// maxShms bounds the names of one machine.
	maxShms = 10000
)

// pshm is one segment. Its name and every open descriptor hold it; mappings hold
// the memory itself.
type pshm struct {
	name     string
	mode     uint32
	uid, gid uint32
	length   uint64
	obj      *mem.Object // nil until it has a size
	sized    bool
	refs     int
}

func shmsOf(m *kern.Machine) map[string]*pshm {
	x, ok := m.Ext["pshm"].(map[string]*pshm)
	if !ok {
		x = map[string]*pshm{}
		m.Ext["pshm"] = x
	}
	return x
}

func (s *pshm) unref() {
	if s.refs--; s.refs == 0 && s.obj != nil {
		s.obj.Unref()
		s.obj = nil
	}
}

type shmOpenArgs struct {
	Name abi.Ptr `path:""`
	Flag int32   `flags:"open"`
	Mode int32   `fmt:"oct"`
}

func shmName(t *kern.Thread, addr abi.Ptr) (string, error) {
	name, err := copyString(t, addr, shmNameMax+1)
	if err == nil && name == "" {
		err = abi.EINVAL
	}
	return name, err
}

func shmOpen(t *kern.Thread, a *shmOpenArgs) (uint64, error) {
	name, err := shmName(t, a.Name)
	if err != nil {
		return 0, err
	}
	flags := uint32(abi.FFLAGS(a.Flag))
	if flags&(kern.FREAD|kern.FWRITE) == 0 {
		return 0, abi.EINVAL
	}
	all := shmsOf(t.Machine())
	s, c := all[name], credOf(t)
	switch {
	case s != nil:
		if flags&(abi.O_CREAT|abi.O_EXCL) == abi.O_CREAT|abi.O_EXCL {
			return 0, abi.EEXIST
		}
		if flags&abi.O_TRUNC != 0 && s.sized {
			return 0, abi.EINVAL
		}
		if !s.allows(c, flags) {
			return 0, abi.EACCES
		}
	case flags&abi.O_CREAT == 0:
		return 0, abi.ENOENT
	case len(all) >= maxShms:
		return 0, abi.ENOSPC
	}
	fresh := s == nil
	if fresh {
		s = &pshm{name: name, mode: uint32(a.Mode) & 0o7777, uid: c.EUID, gid: c.EGID}
	}
	s.refs++
	f := kern.NewFile(&pshmFile{s}, flags&abi.FMASK)
	fd, err := t.Proc.AllocFD(f, 0, true)
	if err != nil {
		f.Unref()
		return 0, err
	}
	if fresh {
		s.refs++
		all[name] = s
	}
	return uint64(fd), nil
}

// allows is posix_cred_access: the class of the caller decides alone.
func (s *pshm) allows(c *kern.Cred, flags uint32) bool {
	return (&namedSem{mode: s.mode, uid: s.uid, gid: s.gid}).allows(c, flags)
}

func shmUnlink(t *kern.Thread, a *struct {
	Name abi.Ptr `path:""`
}) (uint64, error) {
	name, err := shmName(t, a.Name)
	if err != nil {
		return 0, abi.EINVAL
	}
	all, c := shmsOf(t.Machine()), credOf(t)
	s := all[name]
	if s == nil {
		return 0, abi.ENOENT
	}
	if !s.allows(c, kern.FWRITE) && s.uid != c.EUID {
		return 0, abi.EACCES
	}
	delete(all, name)
	s.unref()
	return 0, nil
}

// pshmFile is a segment as an open file: it can be sized once, mapped, and
// nothing else.
type pshmFile struct{ s *pshm }

func (p *pshmFile) Type() kern.FileType { return kern.TypePshm }

// Read, Write, Ready and Ioctl are fo_no_read and its kin.
func (p *pshmFile) Read(*kern.Thread, *kern.File, []byte) (int, error)  { return 0, abi.ENXIO }
func (p *pshmFile) Write(*kern.Thread, *kern.File, []byte) (int, error) { return 0, abi.ENXIO }
func (p *pshmFile) Ready(_ *kern.File, want kern.Events) kern.Events    { return want }
func (p *pshmFile) Source(*kern.File, kern.Events) kern.Source          { return nil }
func (p *pshmFile) Close(*kern.File)                                    { p.s.unref() }
func (p *pshmFile) Ioctl(*kern.Thread, *kern.File, uint32, uint64) (uint64, error) {
	return 0, abi.ENOTTY
}

func (p *pshmFile) Stat(_ *kern.Thread, _ *kern.File, st *abi.Stat64) error {
	*st = abi.Stat64{Mode: abi.Mode(p.s.mode), Uid: abi.UID(p.s.uid), Gid: abi.GID(p.s.gid), Size: int64(p.s.length)}
	return nil
}

// Truncate gives the segment its size, in whole pages, once.
func (p *pshmFile) Truncate(t *kern.Thread, _ *kern.File, n int64) error {
	s := p.s
	if s.sized {
		return abi.EINVAL
	}
	page := t.Space().PageSize()
	size := (uint64(n) + page - 1) &^ (page - 1)
	if size >= t.Space().Max() {
		return abi.ENOMEM
	}
	s.length, s.sized = size, true
	if size > 0 {
		s.obj = t.Machine().Phys.NewObject(size)
	}
	return nil
}

// MapObject is what mmap asks for (pshm_mmap).
func (p *pshmFile) MapObject(f *kern.File, flags int, prot mem.Prot, off, size uint64) (*mem.Object, mem.Prot, error) {
	s := p.s
	if flags&abi.MAP_SHARED == 0 {
		return nil, 0, abi.EINVAL
	}
	most := mem.Read | mem.Write
	if f.Flags&kern.FWRITE == 0 {
		if prot&mem.Write != 0 {
			return nil, 0, abi.EPERM
		}
		most = mem.Read
	}
	if s.obj == nil || size > s.length || off > s.length-size {
		return nil, 0, abi.EINVAL
	}
	if prot&^most != 0 {
		return nil, 0, abi.EACCES
	}
	return s.obj, most, nil
}
