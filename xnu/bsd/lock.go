package bsd

import (
	"math"
	"slices"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"golang.org/x/sys/unix"
)

// Advisory locks. As in XNU (bsd/kern/kern_lockf.c), those of flock, of POSIX
// and of open file descriptions are of one kind on one list a file; they differ
// in who owns them. The list settles things between guest processes. So that
// programs of the host take part, each lock is also one of the host's: flock as
// flock on the same description, the others as a lock of one description a
// file, the anchor, which stands for the whole guest.

// maxLocks bounds the record locks of the machine (ENOLCK beyond).
const maxLocks = 1 << 16

// lockRetry is how often a lock that a host program holds is tried again, in
// nanoseconds: the host tells nobody when it is let go.
const lockRetry = 20_000_000

// lockOwner is whom a lock belongs to: a process (POSIX) or a description.
type lockOwner struct {
	proc *kern.Process
	file *kern.File
}

type recordLock struct {
	owner      lockOwner
	flock      bool
	exclusive  bool
	start, end int64 // inclusive
}

// fileLocks are the locks on one file.
type fileLocks struct {
	list []recordLock
	q    kern.WaitQueue
	// anchor is the description that holds the host's locks.
	anchor hostfs.File
}

// lockTable is the machine's locks. waits tells for whom a thread waits.
type lockTable struct {
	files map[fileKey]*fileLocks
	waits map[*kern.Thread]lockOwner
	n     int
}

func locksOf(m *kern.Machine) *lockTable {
	lt, ok := m.Ext["bsd.locks"].(*lockTable)
	if !ok {
		lt = &lockTable{files: map[fileKey]*fileLocks{}, waits: map[*kern.Thread]lockOwner{}}
		m.Ext["bsd.locks"] = lt
	}
	return lt
}

func lockRows() []kern.Row {
	return []kern.Row{kern.Sys(131, "flock", kern.RetInt, kern.Full, flock)}
}

type flockArgs struct {
	FD  abi.FD
	How int32 `flags:"flock"`
}

func flock(t *kern.Thread, a *flockArgs) (uint64, error) {
	f, err := t.File(a.FD)
	if err != nil {
		return 0, err
	}
	v, ok := f.Ops.(*vnode)
	if !ok || v.typ != kern.TypeVnode {
		return 0, abi.ENOTSUP
	}
	return 0, flockFile(t, f, v, a.How, func() {})
}

// flockFile takes or drops a whole-file lock for a description. waiting is
// called before the thread blocks.
func flockFile(t *kern.Thread, f *kern.File, v *vnode, how int32, waiting func()) error {
	r := request{file: f, v: v, owner: lockOwner{file: f}, flock: true, end: math.MaxInt64, wait: how&abi.LOCK_NB == 0, waiting: waiting}
	switch {
	case how&abi.LOCK_UN != 0:
		return r.unlock(t)
	case how&abi.LOCK_EX != 0:
		r.exclusive = true
	case how&abi.LOCK_SH != 0:
	default:
		return abi.EBADF // sys_flock
	}
	return r.lock(t)
}

// request is one lock that somebody wants.
type request struct {
	file       *kern.File
	v          *vnode
	owner      lockOwner
	flock      bool
	exclusive  bool
	start, end int64
	wait       bool
	deadline   int64
	waiting    func()
}

func (r *request) lock(t *kern.Thread) error {
	m := t.Machine()
	lt := locksOf(m)
	delete(lt.waits, t)
	key, err := r.v.identity()
	if err != nil {
		return err
	}
	fl := lt.files[key]
	if fl == nil {
		fl = &fileLocks{}
		lt.files[key] = fl
	}
	defer lt.tidy(key, fl)
	if b := fl.conflict(r); b != nil {
		if !r.wait {
			return abi.EAGAIN
		}
		if r.owner.proc != nil && lt.deadlock(r.owner, b.owner) {
			return abi.EDEADLK
		}
		if r.flock {
			// An upgrade gives up what it has before it waits, so that two of
			// them do not wait for each other.
			r.drop(lt, fl)
		}
		lt.waits[t] = b.owner
		return r.block(t, fl)
	}
	if lt.n >= maxLocks {
		return abi.ENOLCK
	}
	if err := r.hostLock(fl); err != nil {
		if !isAgain(err) {
			return err
		}
		if !r.wait {
			return abi.EAGAIN
		}
		m.After(m.Monotonic()+lockRetry, func() { fl.q.WakeAll(nil) })
		return r.block(t, fl)
	}
	lt.n -= len(fl.list)
	fl.list = carve(fl.list, r.owner, r.start, r.end)
	fl.list = append(fl.list, recordLock{r.owner, r.flock, r.exclusive, r.start, r.end})
	lt.n += len(fl.list)
	fl.q.WakeAll(nil) // a downgrade lets others in
	return nil
}

func (r *request) block(t *kern.Thread, fl *fileLocks) error {
	if r.waiting != nil {
		r.waiting()
	}
	err := t.Block(kern.Wait{Queue: &fl.q, Deadline: r.deadline})
	if t.State != kern.Blocked {
		delete(locksOf(t.Machine()).waits, t)
	}
	return err
}

func (r *request) unlock(t *kern.Thread) error {
	m := t.Machine()
	lt := locksOf(m)
	key, err := r.v.identity()
	if err != nil {
		return err
	}
	fl := lt.files[key]
	if fl == nil {
		return nil
	}
	r.drop(lt, fl)
	lt.tidy(key, fl)
	return nil
}

// drop gives up the owner's locks in the range, here and on the host.
func (r *request) drop(lt *lockTable, fl *fileLocks) {
	lt.n -= len(fl.list)
	fl.list = carve(fl.list, r.owner, r.start, r.end)
	lt.n += len(fl.list)
	if r.flock {
		_ = r.v.file.Flock(unix.LOCK_UN) // nothing can be done about a host that refuses
	} else {
		fl.hostUnlock(r.start, r.end)
	}
	fl.q.WakeAll(nil)
}

// tidy forgets a file without locks and without anybody waiting.
func (lt *lockTable) tidy(key fileKey, fl *fileLocks) {
	records := 0
	for i := range fl.list {
		if !fl.list[i].flock {
			records++
		}
	}
	if records == 0 && fl.anchor != nil {
		fl.anchor.Close()
		fl.anchor = nil
	}
	if len(fl.list) == 0 && fl.q.Len() == 0 {
		delete(lt.files, key)
	}
}

// conflict finds a lock of somebody else that stands in the way.
func (fl *fileLocks) conflict(r *request) *recordLock {
	for i := range fl.list {
		l := &fl.list[i]
		if l.owner != r.owner && l.start <= r.end && r.start <= l.end && (l.exclusive || r.exclusive) {
			return l
		}
	}
	return nil
}

// deadlock tells whether waiting for owner would close a circle back to who.
func (lt *lockTable) deadlock(who, owner lockOwner) bool {
	seen := map[lockOwner]bool{}
	todo := []lockOwner{owner}
	for len(todo) > 0 {
		o := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if o == who {
			return true
		}
		if o.proc == nil || seen[o] {
			continue
		}
		seen[o] = true
		for t, waitsFor := range lt.waits {
			if t.State == kern.Dead {
				delete(lt.waits, t)
			} else if t.Proc == o.proc {
				todo = append(todo, waitsFor)
			}
		}
	}
	return false
}

// carve takes the range out of what the owner holds.
func carve(list []recordLock, owner lockOwner, start, end int64) []recordLock {
	if !slices.ContainsFunc(list, func(l recordLock) bool { return l.owner == owner && l.end >= start && l.start <= end }) {
		return list
	}
	out := make([]recordLock, 0, len(list)+1)
	for _, l := range list {
		if l.owner != owner || l.end < start || l.start > end {
			out = append(out, l)
			continue
		}
		if l.start < start {
			left := l
			left.end = start - 1
			out = append(out, left)
		}
		if l.end > end {
			right := l
			right.start = end + 1
			out = append(out, right)
		}
	}
	return out
}

// hostLock takes the same lock on the host. A file system that has no locks is
// no reason to refuse: the guest's own processes still see each other.
func (r *request) hostLock(fl *fileLocks) error {
	var err error
	if r.flock {
		op := unix.LOCK_SH
		if r.exclusive {
			op = unix.LOCK_EX
		}
		err = r.v.file.Flock(op)
	} else {
		if fl.anchor == nil || r.exclusive && fl.anchor.Flags()&hostfs.O_ACCMODE == hostfs.O_RDONLY {
			fl.setAnchor(r.v.file)
		}
		if fl.anchor != nil {
			err = fl.anchor.Lock(hostFlock(r.exclusive, true, r.start, r.end), unix.F_OFD_SETLK)
		}
	}
	if err != nil && isAgain(err) {
		return err
	}
	return nil
}

// setAnchor makes a description of f's the one that holds the host's locks, and
// moves those there are.
func (fl *fileLocks) setAnchor(f hostfs.File) {
	d, err := f.Dup()
	if err != nil {
		return
	}
	old := fl.anchor
	fl.anchor = d
	if old == nil {
		return
	}
	_ = old.Lock(hostFlock(false, false, 0, math.MaxInt64), unix.F_OFD_SETLK)
	old.Close()
	for _, l := range fl.list {
		if !l.flock {
			// Nobody but a host program could be in the way, and only since a
			// moment ago; the guest's lock stands.
			_ = d.Lock(hostFlock(l.exclusive, true, l.start, l.end), unix.F_OFD_SETLK)
		}
	}
}

// hostUnlock gives up what no guest holds any more in the range.
func (fl *fileLocks) hostUnlock(start, end int64) {
	if fl.anchor == nil {
		return
	}
	_ = fl.anchor.Lock(hostFlock(false, false, start, end), unix.F_OFD_SETLK)
	for _, l := range fl.list {
		if !l.flock && l.start <= end && start <= l.end {
			_ = fl.anchor.Lock(hostFlock(l.exclusive, true, max(l.start, start), min(l.end, end)), unix.F_OFD_SETLK)
		}
	}
}

func hostFlock(exclusive, lock bool, start, end int64) *unix.Flock_t {
	l := &unix.Flock_t{Type: unix.F_UNLCK, Whence: unix.SEEK_SET, Start: start}
	switch {
	case exclusive:
		l.Type = unix.F_WRLCK
	case lock:
		l.Type = unix.F_RDLCK
	}
	if end != math.MaxInt64 {
		l.Len = end - start + 1
	}
	return l
}

// releaseLocks drops what a description that closes for good still holds.
func releaseLocks(m *kern.Machine, v *vnode, f *kern.File) {
	releaseOwner(m, v, lockOwner{file: f})
}

// releaseProcessLocks drops the POSIX locks of a process on a file.
func releaseProcessLocks(m *kern.Machine, v *vnode, p *kern.Process) {
	releaseOwner(m, v, lockOwner{proc: p})
}

func releaseOwner(m *kern.Machine, v *vnode, o lockOwner) {
	lt := locksOf(m)
	if lt.n == 0 {
		return
	}
	key, err := v.identity()
	if err != nil {
		return
	}
	fl := lt.files[key]
	if fl == nil {
		return
	}
	for _, kind := range []bool{false, true} {
		for i := range fl.list {
			if fl.list[i].owner == o && fl.list[i].flock == kind {
				r := request{v: v, owner: o, flock: kind, end: math.MaxInt64}
				r.drop(lt, fl)
				break
			}
		}
	}
	lt.tidy(key, fl)
}

// fcntlLock does the record locks of fcntl(2): of the process, or of the
// description (the OFD commands).
func fcntlLock(t *kern.Thread, f *kern.File, cmd int32, arg uint64) error {
	v, ok := f.Ops.(*vnode)
	if !ok || v.typ != kern.TypeVnode {
		return abi.EBADF
	}
	r := request{file: f, v: v, owner: lockOwner{proc: t.Proc}}
	var raw [40]byte
	size := 24
	get := false
	switch cmd {
	case abi.F_OFD_SETLK, abi.F_OFD_SETLKW, abi.F_OFD_SETLKWTIMEOUT, abi.F_OFD_GETLK, abi.F_OFD_GETLKPID:
		r.owner = lockOwner{file: f}
	}
	switch cmd {
	case abi.F_SETLKWTIMEOUT, abi.F_OFD_SETLKWTIMEOUT:
		size, r.wait = 40, true
	case abi.F_SETLKW, abi.F_OFD_SETLKW:
		r.wait = true
	case abi.F_GETLK, abi.F_GETLKPID, abi.F_OFD_GETLK, abi.F_OFD_GETLKPID:
		get = true
	}
	if err := t.Space().CopyIn(raw[:size], arg); err != nil {
		return err
	}
	var l abi.Flock
	l.Get(raw[:])
	if err := r.span(&l); err != nil {
		return err
	}
	r.exclusive = l.Type == abi.F_WRLCK
	if get {
		return r.test(t, &l, arg)
	}
	if size == 40 {
		var ts abi.Timespec
		ts.Get(raw[24:])
		if ts.Sec < 0 || ts.Nsec < 0 || ts.Nsec >= 1e9 {
			return abi.EINVAL
		}
		ns := int64(math.MaxInt64)
		if ts.Sec < math.MaxInt64/1_000_000_000-1 {
			ns = ts.Sec*1_000_000_000 + ts.Nsec
		}
		r.deadline = t.DeadlineIn(ns)
	}
	switch l.Type {
	case abi.F_RDLCK:
		if f.Flags&kern.FREAD == 0 {
			return abi.EBADF
		}
	case abi.F_WRLCK:
		if f.Flags&kern.FWRITE == 0 {
			return abi.EBADF
		}
	case abi.F_UNLCK:
		return r.unlock(t)
	default:
		return abi.EINVAL
	}
	return r.lock(t)
}

// span works out which bytes a struct flock means (lf_advlock and
// check_file_seek_range).
func (r *request) span(l *abi.Flock) error {
	base := int64(0)
	switch l.Whence {
	case abi.SEEK_SET:
	case abi.SEEK_CUR:
		// A directory or device has no offset of the host's: 0 then.
		if off, err := r.v.file.Seek(0, hostfs.SeekCur); err == nil {
			base = off
		}
	case abi.SEEK_END:
		st, err := r.v.file.Stat()
		if err != nil {
			return err
		}
		base = st.Size
	default:
		return abi.EINVAL
	}
	if l.Start > 0 && base > math.MaxInt64-l.Start {
		return abi.EOVERFLOW
	}
	start := base + l.Start
	if start < 0 {
		return abi.EINVAL
	}
	switch {
	case l.Len == 0:
		r.start, r.end = start, math.MaxInt64
	case l.Len > 0:
		if l.Len-1 > math.MaxInt64-start {
			return abi.EOVERFLOW
		}
		r.start, r.end = start, start+l.Len-1
	default:
		if start+l.Len < 0 {
			return abi.EINVAL
		}
		r.start, r.end = start+l.Len, start-1
	}
	return nil
}

// test is F_GETLK: who is in the way?
func (r *request) test(t *kern.Thread, l *abi.Flock, arg uint64) error {
	if l.Type != abi.F_RDLCK && l.Type != abi.F_WRLCK && l.Type != abi.F_UNLCK {
		return abi.EINVAL
	}
	key, err := r.v.identity()
	if err != nil {
		return err
	}
	var found *recordLock
	pid := abi.PID(-1)
	fl := locksOf(t.Machine()).files[key]
	if fl != nil {
		if found = fl.conflict(r); found != nil && found.owner.proc != nil {
			pid = found.owner.proc.PID
		}
	}
	if found == nil {
		file := r.v.file
		if fl != nil && fl.anchor != nil {
			file = fl.anchor
		}
		h := hostFlock(r.exclusive, true, r.start, r.end)
		if err := file.Lock(h, unix.F_OFD_GETLK); err == nil && h.Type != unix.F_UNLCK {
			found = &recordLock{exclusive: h.Type == unix.F_WRLCK, start: h.Start, end: math.MaxInt64}
			if h.Len > 0 {
				found.end = h.Start + h.Len - 1
			}
		}
	}
	if found == nil {
		l.Type = abi.F_UNLCK
	} else {
		*l = abi.Flock{Start: found.start, Pid: pid, Type: abi.F_RDLCK, Whence: abi.SEEK_SET}
		if found.exclusive {
			l.Type = abi.F_WRLCK
		}
		if found.end != math.MaxInt64 {
			l.Len = found.end - found.start + 1
		}
	}
	var raw [24]byte
	l.Put(raw[:])
	return t.Space().CopyOut(arg, raw[:])
}
