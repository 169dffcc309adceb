package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// fifo counts the guest's ends of a FIFO that has a name, so that an open can
// wait for the other end. The data is in the host's FIFO.
type fifo struct {
	key              fileKey
	readers, writers int
	// wrote and read count the ends that ever were: an end that came and went
	// still lets a waiting open pass.
	wrote, read uint64
	q           kern.WaitQueue
	all         map[fileKey]*fifo
}

// fifos are the FIFOs that are open or waited for.
func fifos(m *kern.Machine) map[fileKey]*fifo {
	all, ok := m.Ext["bsd.fifos"].(map[fileKey]*fifo)
	if !ok {
		all = map[fileKey]*fifo{}
		m.Ext["bsd.fifos"] = all
	}
	return all
}

func fifoOf(m *kern.Machine, key fileKey) *fifo {
	all := fifos(m)
	f := all[key]
	if f == nil {
		f = &fifo{key: key, all: all}
		all[key] = f
	}
	return f
}

// joinFIFO counts a description that was just opened.
func (v *vnode) joinFIFO(o *opening) error {
	key, err := v.identity()
	if err != nil {
		return err
	}
	f := fifoOf(v.m, key)
	v.fifo = f
	o.came = f.wrote
	if o.file.Flags&kern.FREAD != 0 {
		f.readers++
		f.read++
	}
	if o.file.Flags&kern.FWRITE != 0 {
		f.writers++
		f.wrote++
		if o.file.Flags&kern.FREAD != 0 {
			o.came-- // its own writer
		}
	}
	f.q.WakeAll(nil)
	return nil
}

// leave uncounts a description of the given flags.
func (f *fifo) leave(flags uint32) {
	if f == nil {
		return
	}
	if flags&kern.FREAD != 0 {
		f.readers--
	}
	if flags&kern.FWRITE != 0 {
		f.writers--
	}
	f.forget()
}

func (f *fifo) forget() {
	if f.readers == 0 && f.writers == 0 && f.q.Len() == 0 {
		delete(f.all, f.key)
	}
}

// waitWriter makes an open for reading wait until a writer has come: one of the
// guest, or one outside, which shows when it writes or goes. Some hosts tell of
// a hang-up before any writer was there; then only what is written counts.
func (o *opening) waitWriter(t *kern.Thread) error {
	f := o.v.fifo
	if f == nil || o.flags&abi.O_NONBLOCK != 0 || o.file.Flags&(kern.FREAD|kern.FWRITE) != kern.FREAD {
		return nil
	}
	m := t.Machine()
	ev := m.HostReady(o.v.file.FD(), kern.EvIn)
	if t.CallData() == nil {
		o.hungUp = ev&kern.EvIn == 0 && ev != 0
	}
	if f.writers > 0 || f.wrote != o.came || ev&kern.EvIn != 0 || ev != 0 && !o.hungUp {
		return nil
	}
	c := *o
	t.SetCallData(&c)
	w := kern.Wait{Queue: &f.q}
	if o.hungUp {
		m.After(m.Monotonic()+fifoPoll, func() { f.q.WakeAll(nil) })
	} else {
		w.More = []kern.SourceWait{{Source: m.HostSource(o.v.file.FD()), Want: kern.EvIn}}
	}
	return t.Block(w)
}

// fifoPoll is how often an open that waits looks whether the other end outside
// the guest has come, in nanoseconds: the host tells nobody.
const fifoPoll = 20_000_000

// waitReader makes an open for writing wait until a reader has come.
func waitReader(t *kern.Thread, key fileKey) error {
	f := fifoOf(t.Machine(), key)
	m := t.Machine()
	m.After(m.Monotonic()+fifoPoll, func() { f.q.WakeAll(nil) })
	err := t.Block(kern.Wait{Queue: &f.q})
	if isInterruption(err) {
		f.forget()
		return abi.EINTR
	}
	return err
}
