package bsd

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// vnodeFilter is EVFILT_VNODE: changes of a file, whoever makes them.
type vnodeFilter struct{}

// watcher is the host seam's ability to tell of changes to a file. A host
// without it cannot be asked: registering is ENOTSUP.
type watcher interface {
	WatchFile(f hostfs.File, changed func(hostfs.Change)) (cancel func(), err error)
}

func (vnodeFilter) attach(t *kern.Thread, n *knote) error {
	f, err := t.File(abi.FD(int32(n.key.ident)))
	if err != nil {
		return err
	}
	h, ok := f.Ops.(kern.HostBacked)
	if !ok || f.Ops.Type() != kern.TypeVnode {
		return abi.EINVAL
	}
	w, ok := t.Machine().Host.(watcher)
	if !ok {
		t.Machine().Note("EVFILT_VNODE")
		return abi.ENOTSUP
	}
	n.file = f
	cancel, err := w.WatchFile(h.HostFile(), func(c hostfs.Change) {
		// The host keeps an unlinked file until its last descriptor goes, and
		// tells of its deletion then; Darwin tells when the last name goes.
		if c&hostfs.ChangeLink != 0 {
			if st, err := h.HostFile().Stat(); err == nil && st.Nlink == 0 {
				c |= hostfs.ChangeDelete
			}
		}
		n.changed(c)
	})
	if err != nil {
		return err
	}
	n.state = cancel
	t.Proc.OnFDClose(abi.FD(int32(n.key.ident)), func() { n.drop() })
	return nil
}

func (n *knote) changed(c hostfs.Change) {
	if n.dead {
		return
	}
	var ev uint32
	for _, x := range [...]struct {
		c hostfs.Change
		n uint32
	}{{hostfs.ChangeDelete, abi.NOTE_DELETE}, {hostfs.ChangeWrite, abi.NOTE_WRITE}, {hostfs.ChangeExtend, abi.NOTE_EXTEND},
		{hostfs.ChangeAttrib, abi.NOTE_ATTRIB}, {hostfs.ChangeLink, abi.NOTE_LINK}, {hostfs.ChangeRename, abi.NOTE_RENAME}} {
		if c&x.c != 0 {
			ev |= x.n
		}
	}
	if ev &= n.sfflags; ev != 0 {
		n.fflags |= ev
		n.activate()
	}
}

func (vnodeFilter) detach(n *knote) {
	if cancel, ok := n.state.(func()); ok {
		cancel()
	}
}

func (vnodeFilter) touch(_ *kern.Thread, n *knote, kev *abi.KeventQos) error {
	n.sfflags = kev.Fflags
	return nil
}

func (vnodeFilter) peek(n *knote, out *abi.KeventQos) bool {
	out.Fflags = n.fflags
	return n.fflags != 0
}

func (vnodeFilter) took(n *knote) {
	if n.flags&abi.EV_CLEAR != 0 {
		n.fflags = 0
	}
}

// machportFilter is EVFILT_MACHPORT: messages waiting on a port or port set.
type machportFilter struct{}

func (machportFilter) attach(t *kern.Thread, n *knote) error {
	h := t.Machine().Hooks.PortWatch
	if h == nil {
		t.Machine().Note("EVFILT_MACHPORT")
		return abi.ENOTSUP
	}
	w, err := h(t, abi.Port(n.key.ident))
	if err != nil {
		return err
	}
	n.state = w
	n.waiter = kern.NewWaiter(func(*kern.Waiter, any) { n.activate() })
	n.source = w.Source
	n.source.Add(n.waiter)
	if w.Pending() != 0 {
		n.activate()
	}
	return nil
}

func (machportFilter) detach(n *knote) {
	if n.source != nil {
		n.source.Remove(n.waiter)
	}
}

// touch: receiving within kevent (MACH_RCV_MSG in fflags) is not done; the
// program receives by mach_msg when told.
func (machportFilter) touch(_ *kern.Thread, n *knote, kev *abi.KeventQos) error {
	n.sfflags, n.sdata, n.ext = kev.Fflags, kev.Data, kev.Ext
	return nil
}

func (machportFilter) peek(n *knote, out *abi.KeventQos) bool {
	w := n.state.(kern.PortWatch)
	name := w.Pending()
	out.Data = int64(name)
	return name != 0
}

func (machportFilter) took(*knote) {}
