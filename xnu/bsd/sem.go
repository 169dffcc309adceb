package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// POSIX named semaphores: bsd/kern/posix_sem.c. A sem_t is a descriptor in
// disguise.

func semRows() []kern.Row {
	return []kern.Row{
		kern.Sys(268, "sem_open", kern.RetAddr, kern.Full, semOpen),
		kern.Sys(269, "sem_close", kern.RetInt, kern.Full, semClose),
		kern.Sys(270, "sem_unlink", kern.RetInt, kern.Full, semUnlink),
		kern.Sys(271, "sem_wait", kern.RetInt, kern.Full, semWait),
		kern.Sys(272, "sem_trywait", kern.RetInt, kern.Full, semTrywait),
		kern.Sys(273, "sem_post", kern.RetInt, kern.Full, semPost),
		kern.Sys(420, "sem_wait_nocancel", kern.RetInt, kern.Full, semWait),
	}
}

const (
	// semValueMax is SEM_VALUE_MAX.
	semValueMax = 32767
	// maxSems is POSIX_SEM_MAX of the machine.
	maxSems = 10000
)

// namedSem is one semaphore; the name holds it until sem_unlink, descriptors
// hold it as long as they are open.
type namedSem struct {
	value    int32
	mode     uint32
	uid, gid uint32
	q        kern.WaitQueue
}

func semsOf(m *kern.Machine) map[string]*namedSem {
	if x, ok := m.Ext["psem"].(map[string]*namedSem); ok {
		return x
	}
	x := map[string]*namedSem{}
	m.Ext["psem"] = x
	return x
}

type semOpenArgs struct {
	Name  abi.Ptr `path:""`
	Flags int32   `flags:"open"`
	Mode  int32   `fmt:"oct"`
	Value int32
}

func semOpen(t *kern.Thread, a *semOpenArgs) (uint64, error) {
	name, err := copyInPath(t, a.Name)
	if err != nil {
		return 0, err
	}
	if len(name)+1 > abi.SEM_NAME_MAX {
		return 0, abi.ENAMETOOLONG
	}
	sems := semsOf(t.Machine())
	s := sems[name]
	c := credOf(t)
	flags := abi.FFLAGS(a.Flags)
	switch {
	case a.Flags&abi.O_CREAT != 0 && (a.Value < 0 || a.Value > semValueMax):
		return 0, abi.EINVAL
	case a.Flags&abi.O_CREAT != 0 && a.Flags&abi.O_EXCL != 0 && s != nil:
		return 0, abi.EEXIST
	case s != nil:
		if !s.allows(c, uint32(flags)) {
			return 0, abi.EACCES
		}
	case a.Flags&abi.O_CREAT == 0:
		return 0, abi.ENOENT
	case len(sems) >= maxSems:
		return 0, abi.EMFILE
	}
	created := s == nil
	if created {
		s = &namedSem{value: a.Value, mode: uint32(a.Mode) & 0o7777, uid: c.EUID, gid: c.EGID}
	}
	f := kern.NewFile(&semFile{s}, uint32(flags)&abi.FMASK)
	fd, err := t.Proc.AllocFD(f, 0, true)
	if err != nil {
		f.Unref()
		return 0, err
	}
	if created {
		sems[name] = s
	}
	return uint64(fd), nil
}

// allows is psem_access: the superuser, or the bits of owner, group or others.
func (s *namedSem) allows(c *kern.Cred, flags uint32) bool {
	if c.EUID == 0 {
		return true
	}
	bits := s.mode
	switch {
	case c.EUID == s.uid:
		bits >>= 6
	case c.EGID == s.gid:
		bits >>= 3
	}
	need := uint32(0)
	if flags&kern.FREAD != 0 {
		need |= 4
	}
	if flags&kern.FWRITE != 0 {
		need |= 2
	}
	return bits&need == need
}

type semArgs struct{ Sem abi.Ptr }

// semOf finds the semaphore behind a sem_t.
func semOf(t *kern.Thread, a *semArgs) (*namedSem, error) {
	f, err := t.File(abi.FD(int32(a.Sem)))
	if err != nil {
		return nil, err
	}
	s, ok := f.Ops.(*semFile)
	if !ok {
		return nil, abi.EBADF
	}
	return s.s, nil
}

func semClose(t *kern.Thread, a *semArgs) (uint64, error) {
	if _, err := semOf(t, a); err != nil {
		return 0, err
	}
	return 0, t.Proc.CloseFD(abi.FD(int32(a.Sem)))
}

type semUnlinkArgs struct {
	Name abi.Ptr `path:""`
}

func semUnlink(t *kern.Thread, a *semUnlinkArgs) (uint64, error) {
	name, err := copyInPath(t, a.Name)
	if err != nil {
		return 0, err
	}
	if len(name)+1 > abi.SEM_NAME_MAX {
		return 0, abi.ENAMETOOLONG
	}
	sems := semsOf(t.Machine())
	s := sems[name]
	if s == nil {
		return 0, abi.ENOENT
	}
	if c := credOf(t); c.EUID != 0 && c.EUID != s.uid {
		return 0, abi.EACCES
	}
	delete(sems, name)
	return 0, nil
}

func semWait(t *kern.Thread, a *semArgs) (uint64, error) {
	if s, ok := t.CallData().(*namedSem); ok {
		// The descriptor may be gone by now; the semaphore is not.
		if _, woken := t.Woken(); woken {
			return 0, nil
		}
		return 0, t.Block(kern.Wait{Queue: &s.q, NoRestart: true})
	}
	s, err := semOf(t, a)
	if err != nil {
		return 0, err
	}
	if s.value > 0 {
		s.value--
		return 0, nil
	}
	t.SetCallData(s)
	return 0, t.Block(kern.Wait{Queue: &s.q, NoRestart: true})
}

func semTrywait(t *kern.Thread, a *semArgs) (uint64, error) {
	s, err := semOf(t, a)
	if err != nil {
		return 0, err
	}
	if s.value == 0 {
		return 0, abi.EAGAIN
	}
	s.value--
	return 0, nil
}

// semPost hands the unit to the thread that waits longest, if any does.
func semPost(t *kern.Thread, a *semArgs) (uint64, error) {
	s, err := semOf(t, a)
	if err != nil {
		return 0, err
	}
	if s.q.WakeOne(nil) {
		return 0, nil
	}
	if s.value == 1<<31-1 {
		return 0, abi.EOVERFLOW
	}
	s.value++
	return 0, nil
}

// semFile is a semaphore as an open file, which can do nothing that files can.
type semFile struct{ s *namedSem }

func (*semFile) Type() kern.FileType { return kern.TypePsem }

func (*semFile) Read(*kern.Thread, *kern.File, []byte) (int, error)  { return 0, abi.ENXIO }
func (*semFile) Write(*kern.Thread, *kern.File, []byte) (int, error) { return 0, abi.ENXIO }
func (*semFile) Ready(*kern.File, kern.Events) kern.Events           { return 0 }
func (*semFile) Source(*kern.File, kern.Events) kern.Source          { return nil }
func (*semFile) Ioctl(*kern.Thread, *kern.File, uint32, uint64) (uint64, error) {
	return 0, abi.ENOTTY
}
func (*semFile) Close(*kern.File) {}

// Stat is psem_stat's short answer.
func (f *semFile) Stat(_ *kern.Thread, _ *kern.File, st *abi.Stat64) error {
	*st = abi.Stat64{Mode: abi.Mode(f.s.mode), Uid: abi.UID(f.s.uid), Gid: abi.GID(f.s.gid)}
	return nil
}
