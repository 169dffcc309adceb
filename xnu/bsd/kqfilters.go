package bsd

import (
	"math"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// fdFilter is EVFILT_READ, EVFILT_WRITE and EVFILT_EXCEPT.
type fdFilter struct{}

func (n *knote) want() kern.Events {
	switch n.key.filter {
	case abi.EVFILT_WRITE:
		return kern.EvOut
	case abi.EVFILT_EXCEPT:
		return kern.EvPri
	}
	return kern.EvIn
}

// readable and writableSpace are implemented by objects that can say how much.
type readable interface{ Readable() int }
type writableSpace interface{ Writable() int }

func (fdFilter) attach(t *kern.Thread, n *knote) error {
	f, err := t.File(abi.FD(int32(n.key.ident)))
	if err != nil {
		return err
	}
	if f.Ops == n.kq {
		return abi.EINVAL // a kqueue cannot watch itself
	}
	n.file = f
	t.Proc.OnFDClose(abi.FD(int32(n.key.ident)), func() { n.drop() })
	src := f.Ops.Source(f, n.want())
	if src != nil {
		n.waiter = kern.NewWaiter(func(*kern.Waiter, any) { n.activate() })
		n.waiter.Want = n.want()
		n.source = src
		src.Add(n.waiter)
	}
	var out abi.KeventQos
	if n.f.peek(n, &out) {
		n.activate()
	}
	return nil
}

func (fdFilter) detach(n *knote) {
	if n.source != nil {
		n.source.Remove(n.waiter)
	}
}

func (fdFilter) touch(_ *kern.Thread, n *knote, kev *abi.KeventQos) error {
	n.sfflags, n.sdata = kev.Fflags, kev.Data
	var out abi.KeventQos
	if n.f.peek(n, &out) {
		n.activate()
	}
	return nil
}

func (fdFilter) peek(n *knote, out *abi.KeventQos) bool {
	f := n.file
	want := n.want()
	got := f.Ops.Ready(f, want)
	out.Fflags = 0
	if got&(kern.EvHup|kern.EvErr) != 0 {
		out.Flags |= abi.EV_EOF
	}
	switch want {
	case kern.EvIn:
		out.Data = int64(amountReadable(f, got))
		if h, ok := f.Ops.(kern.HostBacked); ok && h.HostFile().Kind() == hostfs.Regular {
			// Files are ready when there is something past the offset, unless
			// NOTE_... asks as poll does (vnode_readable_data_count).
			return out.Data != 0 || n.flags&abi.EV_POLL != 0
		}
		if n.sfflags&abi.NOTE_LOWAT != 0 && out.Flags&abi.EV_EOF == 0 && out.Data < n.sdata {
			return false
		}
	case kern.EvOut:
		if w, ok := f.Ops.(writableSpace); ok {
			out.Data = int64(w.Writable())
		} else if got&kern.EvOut != 0 {
			out.Data = 1
		}
	}
	return got&(want|kern.EvHup|kern.EvErr) != 0
}

// amountReadable is how many bytes a read would find.
func amountReadable(f *kern.File, got kern.Events) int {
	if r, ok := f.Ops.(readable); ok {
		return r.Readable()
	}
	h, ok := f.Ops.(kern.HostBacked)
	if !ok {
		return 0
	}
	file := h.HostFile()
	if file.Kind() == hostfs.Regular {
		st, err := file.Stat()
		off, err2 := file.Seek(0, hostfs.SeekCur)
		if err != nil || err2 != nil {
			return 0
		}
		return int(st.Size - off)
	}
	if k, err := file.Readable(); err == nil && k > 0 {
		return k
	}
	if got&kern.EvIn != 0 && got&kern.EvHup == 0 {
		return 1
	}
	return 0
}

func (fdFilter) took(*knote) {}

// noteList is what watches one process: EVFILT_PROC and EVFILT_SIGNAL notes.
type noteList struct{ notes []*knote }

func notesOf(p *kern.Process) *noteList {
	l, _ := p.Ext["knotes"].(*noteList)
	if l == nil {
		l = &noteList{}
		p.Ext["knotes"] = l
	}
	return l
}

// ExecReset keeps the list: notes survive an exec of what they watch.
func (l *noteList) ExecReset() bool { return false }

func (l *noteList) remove(n *knote) {
	for i, x := range l.notes {
		if x == n {
			l.notes = append(l.notes[:i], l.notes[i+1:]...)
			return
		}
	}
}

// procNote is kern's hook: tell every note about p.
func procNote(p *kern.Process, note uint32, data int64) {
	l, _ := p.Ext["knotes"].(*noteList)
	if l == nil {
		return
	}
	for _, n := range append([]*knote(nil), l.notes...) {
		switch n.f.(type) {
		case signalFilter:
			if note == abi.NOTE_SIGNAL && uint64(data) == n.key.ident {
				n.data++
				n.activate()
			}
		case procFilter:
			n.procEvent(p, note, data)
		}
	}
}

// procFilter is EVFILT_PROC: ident is a pid.
type procFilter struct{}

func (procFilter) attach(t *kern.Thread, n *knote) error {
	if n.key.ident > math.MaxInt32 {
		return abi.ESRCH
	}
	p := t.Machine().Process(abi.PID(n.key.ident))
	if p == nil || p.Zombie {
		return abi.ESRCH
	}
	if n.sfflags&abi.NOTE_EXITSTATUS != 0 && p != t.Proc && p.Parent != t.Proc {
		return abi.EACCES
	}
	n.flags |= abi.EV_CLEAR
	n.state = p
	l := notesOf(p)
	l.notes = append(l.notes, n)
	return nil
}

func (n *knote) procEvent(p *kern.Process, note uint32, data int64) {
	if note == abi.NOTE_EXIT {
		n.fflags |= n.sfflags & (abi.NOTE_EXIT | abi.NOTE_EXITSTATUS)
		n.flags |= abi.EV_EOF | abi.EV_ONESHOT
		if n.sfflags&abi.NOTE_EXITSTATUS != 0 {
			n.data = data
		}
		notesOf(p).remove(n)
		n.state = nil
		n.activate()
		return
	}
	if n.sfflags&note != 0 {
		n.fflags |= note
		if note == abi.NOTE_SIGNAL {
			n.data = data
		}
		n.activate()
	}
}

func (procFilter) detach(n *knote) {
	if p, ok := n.state.(*kern.Process); ok {
		notesOf(p).remove(n)
	}
}

func (procFilter) touch(_ *kern.Thread, n *knote, kev *abi.KeventQos) error {
	n.sfflags = kev.Fflags
	return nil
}

func (procFilter) peek(n *knote, out *abi.KeventQos) bool {
	out.Fflags, out.Data, out.Flags = n.fflags, n.data, n.flags
	return n.fflags != 0 || n.flags&abi.EV_EOF != 0
}

func (procFilter) took(n *knote) { n.fflags, n.data = 0, 0 }

// signalFilter is EVFILT_SIGNAL: data counts the times the signal was sent.
type signalFilter struct{}

func (signalFilter) attach(t *kern.Thread, n *knote) error {
	if n.key.ident == 0 || n.key.ident >= abi.NSIG {
		return abi.EINVAL
	}
	n.flags |= abi.EV_CLEAR
	l := notesOf(t.Proc)
	l.notes = append(l.notes, n)
	n.state = t.Proc
	return nil
}

func (signalFilter) detach(n *knote) {
	if p, ok := n.state.(*kern.Process); ok {
		notesOf(p).remove(n)
	}
}
func (signalFilter) touch(*kern.Thread, *knote, *abi.KeventQos) error { return nil }
func (signalFilter) peek(n *knote, out *abi.KeventQos) bool {
	out.Data = n.data
	return n.data > 0
}
func (signalFilter) took(n *knote) { n.data = 0 }

// userFilter is EVFILT_USER.
type userFilter struct{}

func (userFilter) attach(_ *kern.Thread, n *knote) error {
	n.fflags = n.sfflags & 0xffffff
	if n.sfflags&abi.NOTE_TRIGGER != 0 {
		n.data = 1
		n.activate()
	}
	return nil
}
func (userFilter) detach(*knote) {}
func (userFilter) touch(_ *kern.Thread, n *knote, kev *abi.KeventQos) error {
	f := kev.Fflags & 0xffffff
	switch kev.Fflags & 0xc0000000 {
	case abi.NOTE_FFAND:
		n.fflags &= f
	case abi.NOTE_FFOR:
		n.fflags |= f
	case 0xc0000000: // NOTE_FFCOPY
		n.fflags = f
	}
	n.sdata = kev.Data
	if kev.Fflags&abi.NOTE_TRIGGER != 0 {
		n.data = 1
		n.activate()
	}
	return nil
}
func (userFilter) peek(n *knote, out *abi.KeventQos) bool {
	out.Fflags, out.Data = n.fflags, n.sdata
	return n.data != 0
}
func (userFilter) took(n *knote) {
	if n.flags&abi.EV_CLEAR != 0 {
		n.data, n.fflags = 0, 0
	}
}

// quietFilter is for events that a machine like this one never has: memory
// pressure, mounts. Registering succeeds, as on an idle Mac.
type quietFilter struct{}

func (quietFilter) attach(*kern.Thread, *knote) error                { return nil }
func (quietFilter) detach(*knote)                                    {}
func (quietFilter) touch(*kern.Thread, *knote, *abi.KeventQos) error { return nil }
func (quietFilter) peek(*knote, *abi.KeventQos) bool                 { return false }
func (quietFilter) took(*knote)                                      {}
