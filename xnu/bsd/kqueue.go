package bsd

import (
	"sort"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Kernel queues, after bsd/kern/kern_event.c. A kqueue holds notes; a note's
// filter says what it watches and whether it has something to say.

// filter is one EVFILT_*.
type filter interface {
	// attach starts watching; it may activate the note at once.
	attach(t *kern.Thread, n *knote) error
	// detach stops watching.
	detach(n *knote)
	// touch takes over changed fflags and data of an existing note.
	touch(t *kern.Thread, n *knote, kev *abi.KeventQos) error
	// peek fills in flags, fflags and data of the event to deliver now, and
	// reports whether there is one.
	peek(n *knote, out *abi.KeventQos) bool
	// took is told that the event was delivered; with EV_CLEAR the state that
	// the event told of is forgotten.
	took(n *knote)
}

// filters is the table of filters by number.
func filters(num int16) filter {
	switch num {
	case abi.EVFILT_READ, abi.EVFILT_WRITE, abi.EVFILT_EXCEPT:
		return fdFilter{}
	case abi.EVFILT_VNODE:
		return vnodeFilter{}
	case abi.EVFILT_PROC:
		return procFilter{}
	case abi.EVFILT_SIGNAL:
		return signalFilter{}
	case abi.EVFILT_TIMER:
		return timerFilter{}
	case abi.EVFILT_USER:
		return userFilter{}
	case abi.EVFILT_MACHPORT:
		return machportFilter{}
	case abi.EVFILT_FS, abi.EVFILT_VM, abi.EVFILT_MEMORYSTATUS:
		return quietFilter{}
	}
	return nil
}

// knote is one registered event.
type knote struct {
	kq      *kqueue
	key     noteKey
	f       filter
	proc    *kern.Process
	flags   uint16
	udata   uint64
	qos     int32
	ext     [4]uint64
	sfflags uint32 // what is watched for
	sdata   int64
	fflags  uint32 // what has happened
	data    int64
	active  bool // has something to say, as far as is known
	queued  bool
	off     bool // EV_DISABLE
	dead    bool

	file   *kern.File
	waiter *kern.Waiter
	source kern.Source
	state  any
}

type noteKey struct {
	filter int16
	ident  uint64
	udata  uint64 // only with EV_UDATA_SPECIFIC
}

// kqueue is a kernel queue as an open file.
type kqueue struct {
	notes map[noteKey]*knote
	queue []*knote
	wq    kern.WaitQueue
	proc  *kern.Process
}

func kqueueRows() []kern.Row {
	return []kern.Row{
		kern.Sys(362, "kqueue", kern.RetInt, kern.Full, kqueueCall),
		kern.Sys(363, "kevent", kern.RetInt, kern.Full, kevent),
		kern.Sys(369, "kevent64", kern.RetInt, kern.Partial, kevent64, "the process's workqueue kqueue (KEVENT_FLAG_WORKQ) is EINVAL"),
		kern.Sys(374, "kevent_qos", kern.RetInt, kern.Partial, keventQos, "the process's workqueue kqueue (KEVENT_FLAG_WORKQ) is EINVAL"),
		kern.Sys(443, "guarded_kqueue_np", kern.RetInt, kern.Full, guardedKqueue),
	}
}

func newKqueue(t *kern.Thread) (uint64, error) {
	f := kern.NewFile(&kqueue{notes: map[noteKey]*knote{}, proc: t.Proc}, kern.FREAD|kern.FWRITE)
	fd, err := t.Proc.AllocFD(f, 0, false)
	if err != nil {
		f.Unref()
		return 0, err
	}
	return uint64(fd), nil
}

func kqueueCall(t *kern.Thread, _ *kern.NoArgs) (uint64, error) { return newKqueue(t) }

type guardedKqueueArgs struct {
	Guard abi.Ptr
	Flags uint32
}

func guardedKqueue(t *kern.Thread, a *guardedKqueueArgs) (uint64, error) {
	g, err := t.Space().Load64(uint64(a.Guard))
	if err != nil {
		return 0, err
	}
	if a.Flags&^0x1f != 0 || a.Flags&1 == 0 || g == 0 {
		return 0, abi.EINVAL
	}
	fd, err := newKqueue(t)
	if err == nil {
		t.Proc.FDs.SetGuard(abi.FD(fd), g, a.Flags)
	}
	return fd, err
}

// activate notes that n may have something to say.
func (n *knote) activate() {
	n.active = true
	if n.off || n.dead || n.queued {
		return
	}
	n.queued = true
	n.kq.queue = append(n.kq.queue, n)
	n.kq.wq.WakeAll(nil)
}

func (n *knote) dequeue() {
	if !n.queued {
		return
	}
	n.queued = false
	q := n.kq.queue
	for i, x := range q {
		if x == n {
			n.kq.queue = append(q[:i], q[i+1:]...)
			return
		}
	}
}

func (n *knote) drop() {
	if n.dead {
		return
	}
	n.dead = true
	n.dequeue()
	n.f.detach(n)
	delete(n.kq.notes, n.key)
}

// register applies one change (kevent_register); kev carries back Ext.
func (kq *kqueue) register(t *kern.Thread, kev *abi.KeventQos) error {
	f := filters(kev.Filter)
	if f == nil {
		if kev.Filter < 0 && kev.Filter+abi.EVFILT_SYSCOUNT >= 0 {
			t.Machine().Note("kqueue filter")
			return abi.ENOTSUP
		}
		return abi.EINVAL
	}
	if kev.Flags&abi.EV_DELETE != 0 {
		kev.Flags &^= abi.EV_ADD
	}
	if kev.Flags&abi.EV_DISABLE != 0 {
		kev.Flags &^= abi.EV_ENABLE
	}
	key := noteKey{filter: kev.Filter, ident: kev.Ident}
	if kev.Flags&abi.EV_UDATA_SPECIFIC != 0 {
		key.udata = kev.Udata
	}
	n := kq.notes[key]
	switch {
	case n == nil && kev.Flags&abi.EV_ADD == 0:
		return abi.ENOENT
	case n == nil:
		if len(kq.notes) >= maxNotes {
			return abi.ENOMEM
		}
		n = &knote{kq: kq, key: key, f: f, proc: t.Proc, flags: kev.Flags, udata: kev.Udata, qos: kev.Qos, ext: kev.Ext,
			sfflags: kev.Fflags, sdata: kev.Data, off: kev.Flags&abi.EV_DISABLE != 0}
		n.flags &^= abi.EV_ADD | abi.EV_ENABLE | abi.EV_DISABLE
		kq.notes[key] = n
		if err := f.attach(t, n); err != nil {
			n.dead = true
			n.dequeue()
			delete(kq.notes, key)
			return err
		}
		return nil
	case kev.Flags&abi.EV_DELETE != 0:
		if kev.Flags&abi.EV_ENABLE == 0 && n.flags&abi.EV_DISPATCH2 == abi.EV_DISPATCH2 && n.off && n.state == dispatched {
			return abi.EINPROGRESS
		}
		n.drop()
		return nil
	}
	if kev.Flags&(abi.EV_ADD|abi.EV_ENABLE) != 0 || kev.Filter == abi.EVFILT_USER {
		if err := f.touch(t, n, kev); err != nil {
			return err
		}
	}
	if n.flags&abi.EV_UDATA_SPECIFIC == 0 {
		n.udata = kev.Udata
	}
	if kev.Flags&abi.EV_DISABLE != 0 {
		n.off = true
		n.dequeue()
	}
	if kev.Flags&abi.EV_ENABLE != 0 {
		n.off = false
		var probe abi.KeventQos
		if n.active || n.f.peek(n, &probe) {
			n.activate()
		}
	}
	return nil
}

// maxNotes bounds a kqueue: a guest's memory is limited, so is what it can make
// the kernel keep.
const maxNotes = 1 << 16

// dispatched would mark a dispatch note whose event is out; deletes then wait.
type dispatchMark struct{}

var dispatched any = dispatchMark{}

// scan collects up to limit events.
func (kq *kqueue) scan(limit int, emit func(*abi.KeventQos) error) (int, error) {
	round := append([]*knote(nil), kq.queue...)
	count := 0
	for _, n := range round {
		if count >= limit {
			break
		}
		if !n.queued || n.off {
			continue
		}
		out := abi.KeventQos{Ident: n.key.ident, Filter: n.key.filter, Flags: n.flags, Qos: n.qos, Udata: n.udata, Ext: n.ext}
		n.dequeue()
		if !n.f.peek(n, &out) {
			n.active = false
			continue
		}
		if err := emit(&out); err != nil {
			n.activate()
			return count, err
		}
		count++
		switch {
		case n.flags&abi.EV_ONESHOT != 0 || out.Flags&abi.EV_ONESHOT != 0:
			n.drop()
			continue
		case n.flags&abi.EV_DISPATCH != 0:
			n.off = true
			if n.flags&abi.EV_CLEAR != 0 {
				n.active = false
			}
			n.f.took(n)
		case n.flags&abi.EV_CLEAR != 0:
			n.active = false
			n.f.took(n)
		default:
			n.f.took(n)
			n.queued = true
			kq.queue = append(kq.queue, n)
		}
	}
	return count, nil
}

// pending reports whether a scan would find something.
func (kq *kqueue) pending() bool {
	for _, n := range kq.queue {
		var out abi.KeventQos
		if n.f.peek(n, &out) {
			return true
		}
	}
	return false
}

// FileOps: a kqueue can be watched by another, polled and closed.

func (kq *kqueue) Type() kern.FileType { return kern.TypeKqueue }
func (kq *kqueue) Read(*kern.Thread, *kern.File, []byte) (int, error) {
	return 0, abi.ENXIO
}
func (kq *kqueue) Write(*kern.Thread, *kern.File, []byte) (int, error) {
	return 0, abi.ENXIO
}
func (kq *kqueue) Ready(_ *kern.File, want kern.Events) kern.Events {
	if kq.pending() {
		return want & kern.EvIn
	}
	return 0
}
func (kq *kqueue) Source(*kern.File, kern.Events) kern.Source { return &kq.wq }
func (kq *kqueue) Stat(_ *kern.Thread, _ *kern.File, st *abi.Stat64) error {
	*st = abi.Stat64{Mode: abi.S_IFIFO, Size: int64(len(kq.queue)), Blksize: 32}
	return nil
}
func (kq *kqueue) Ioctl(*kern.Thread, *kern.File, uint32, uint64) (uint64, error) {
	return 0, abi.ENOTTY
}
func (kq *kqueue) Close(*kern.File) {
	notes := make([]*knote, 0, len(kq.notes))
	for _, n := range kq.notes {
		notes = append(notes, n)
	}
	// The order in which notes go must not depend on a map's.
	sort.Slice(notes, func(i, j int) bool {
		a, b := notes[i].key, notes[j].key
		if a.filter != b.filter {
			return a.filter < b.filter
		}
		if a.ident != b.ident {
			return a.ident < b.ident
		}
		return a.udata < b.udata
	})
	for _, n := range notes {
		n.drop()
	}
	kq.wq.WakeAll(nil)
}

// Readable is what kevent's data says of a kqueue in a kqueue: events pending.
func (kq *kqueue) Readable() int { return len(kq.queue) }
