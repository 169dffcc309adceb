package mach

import (
	"fmt"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// routine is one row of the tables of what kernel objects answer: a message id,
// its MIG name and the handler. A message with an id that has no row is answered
// with MIG_BAD_ID.
type routine struct {
	id   int32
	name string
	// descs are the kinds of the descriptors that the request carries.
	descs []uint8
	// size is the length of the fixed arguments behind the NDR record, in bytes;
	// tail says that an array of the caller's length may follow.
	size int
	tail bool
	// null is the result when the port does not stand for what the routine is
	// about.
	null abi.KernReturn
	run  func(c *call, object any, args []byte) abi.KernReturn
}

// call is one request to a kernel object while it is being answered.
type call struct {
	t   *kern.Thread
	k   *task // of the caller
	sys *system
	m   *ipc.Message
	// tail are the request's bytes behind the fixed arguments.
	tail []byte
	// out are the results behind NDR record and return code; descs what the
	// reply carries.
	out   []byte
	descs []ipc.Desc
}

// put appends a result.
func (c *call) put(v any) { c.out = abi.Append(c.out, v) }

// putPort makes the reply carry a right.
func (c *call) putPort(right ipc.Cap) {
	c.descs = append(c.descs, ipc.Desc{Kind: abi.MACH_MSG_PORT_DESCRIPTOR, Disp: uint8(right.Disp), Cap: right})
}

// putBytes makes the reply carry out-of-line memory with these bytes.
func (c *call) putBytes(b []byte) { c.putMemory(bytesCopy(b)) }

func (c *call) putMemory(m memory) {
	d := ipc.Desc{Kind: abi.MACH_MSG_OOL_DESCRIPTOR, Count: uint32(m.size())}
	if d.Count != 0 {
		d.Memory = m
	}
	c.descs = append(c.descs, d)
}

// putPorts makes the reply carry an out-of-line array of send rights.
func (c *call) putPorts(caps []ipc.Cap) {
	c.descs = append(c.descs, ipc.Desc{Kind: abi.MACH_MSG_OOL_PORTS_DESCRIPTOR, Disp: uint8(abi.MACH_MSG_TYPE_MOVE_SEND),
		Caps: caps, Count: uint32(len(caps))})
}

// putInfo appends an array of natural_t as the info calls return it: a count,
// then as many words of data as the caller has room for.
func (c *call) putInfo(room uint32, data []byte) {
	n := min(int(room), len(data)/4)
	c.put(uint32(n))
	c.out = append(c.out, data[:4*n]...)
}

// right gives the i-th right that the request carries, without taking it.
func (c *call) right(i int) ipc.Cap { return c.m.Descs[i].Cap }

// takeRight takes it over: it is the handler's to keep or release.
func (c *call) takeRight(i int) ipc.Cap {
	r := c.m.Descs[i].Cap
	c.m.Descs[i].Cap = ipc.Cap{}
	return r
}

// words checks a counted inline array of natural_t at the start of the tail and
// returns its bytes and what follows.
func (c *call) words(count uint32) (array, rest []byte, ok bool) {
	n := 4 * uint64(count)
	if n > uint64(len(c.tail)) {
		return nil, nil, false
	}
	return c.tail[:n], c.tail[n:], true
}

// mig declares a routine on an object of type O with fixed arguments R.
func mig[O, R any](id int32, name string, fn func(c *call, o O, r *R) abi.KernReturn) routine {
	var zero R
	size := abi.SizeOf(zero)
	return routine{id: id, name: name, size: size, null: abi.KERN_INVALID_ARGUMENT,
		run: func(c *call, object any, args []byte) abi.KernReturn {
			o, ok := object.(O)
			if !ok {
				return errNull
			}
			var r R
			abi.Unmarshal(args, &r)
			return fn(c, o, &r)
		}}
}

// onTask declares a routine on a task, by a port of at least the wanted flavour.
func onTask[R any](id int32, name string, want flavor, fn func(c *call, k *task, r *R) abi.KernReturn) routine {
	return mig(id, name, func(c *call, o taskPort, r *R) abi.KernReturn {
		if o.flavor > want || o.task.dead {
			return errNull
		}
		return fn(c, o.task, r)
	})
}

// onThread is onTask for threads.
func onThread[R any](id int32, name string, want flavor, fn func(c *call, th *thread, r *R) abi.KernReturn) routine {
	return mig(id, name, func(c *call, o threadPort, r *R) abi.KernReturn {
		if o.flavor > want || o.thread.dead {
			return errNull
		}
		return fn(c, o.thread, r)
	})
}

// errNull stands for routine.null; no Mach code has the value.
const errNull abi.KernReturn = -1 << 31

// noArgs is for routines without arguments.
type noArgs struct{}

// The modifiers of a row: what the request carries, that an array ends it.
func (r routine) with(descs ...uint8) routine { r.descs = descs; return r }
func (r routine) array() routine              { r.tail = true; return r }

const (
	descPort  = abi.MACH_MSG_PORT_DESCRIPTOR
	descOOL   = abi.MACH_MSG_OOL_DESCRIPTOR
	descPorts = abi.MACH_MSG_OOL_PORTS_DESCRIPTOR
)

// routineTable is every routine there is, by id.
func routineTable() map[int32]*routine {
	out := map[int32]*routine{}
	for _, g := range routineGroups() {
		for i := range g {
			r := &g[i]
			if other := out[r.id]; other != nil {
				panic(fmt.Sprintf("mach: %s and %s both claim message id %d", other.name, r.name, r.id))
			}
			if def, ok := abi.MIGRoutineByID(r.id); !ok || def.Name != r.name {
				panic(fmt.Sprintf("mach: message id %d is not %s but %q", r.id, r.name, def.Name))
			}
			out[r.id] = r
		}
	}
	return out
}

// ndrSize is that of the NDR record in front of a routine's arguments.
const ndrSize = 8

// serve answers a message that was sent to an object of the kernel
// (ipc_kobject_server). The message is used up. The error is only ever control.
func (s *system) serve(t *kern.Thread, p *ipc.Port, m *ipc.Message) error {
	p.SetSeqno(p.Seqno() + 1)
	if h, ok := p.Object.(interface{ receiveReply(*ipc.Message) }); ok {
		// What answers the kernel's own messages is no request.
		h.receiveReply(m)
		s.world.Destroy(m)
		return nil
	}
	c := &call{t: t, k: self(t), sys: s, m: m}
	r := s.routines[m.ID]
	kr := abi.MIG_BAD_ID
	if r == nil {
		s.note(m.ID)
	} else {
		kr = r.answer(c, p.Object)
	}
	reply := m.Reply
	m.Reply = ipc.Cap{}
	if kr != 0 {
		for i := range c.descs {
			c.descs[i].Cap.Release()
			for _, x := range c.descs[i].Caps {
				x.Release()
			}
			if mem := c.descs[i].Memory; mem != nil {
				mem.Release()
			}
		}
		c.descs, c.out = nil, nil
	}
	id := m.ID
	s.world.Destroy(m)
	s.reply(c, reply, id+abi.MIGReplyOffset, kr)
	if t.State == kern.Dead {
		return kern.ErrGone
	}
	return nil
}

// note counts a routine that is not there.
func (s *system) note(id int32) {
	name := fmt.Sprint(id)
	if def, ok := abi.MIGRoutineByID(id); ok {
		name = def.Subsystem + " " + def.Name
	}
	s.m.Note("mig " + name)
}

// answer checks the request as the routine's MIG stub does and runs it.
func (r *routine) answer(c *call, object any) abi.KernReturn {
	m := c.m
	if len(m.Descs) != len(r.descs) || (m.Bits&abi.MACH_MSGH_BITS_COMPLEX != 0) != (len(r.descs) > 0) {
		return abi.MIG_BAD_ARGUMENTS
	}
	off := headerSize
	if len(r.descs) > 0 {
		off = baseSize
	}
	for i, kind := range r.descs {
		got := m.Descs[i].Kind
		if got == abi.MACH_MSG_OOL_VOLATILE_DESCRIPTOR {
			got = abi.MACH_MSG_OOL_DESCRIPTOR
		}
		if got != kind {
			return abi.MIG_TYPE_ERROR
		}
		off += abi.MachMsgDescriptorSize(kind)
	}
	if r.size > 0 || r.tail {
		off += ndrSize
	}
	if len(m.Data) < off+r.size || !r.tail && len(m.Data) != off+r.size {
		return abi.MIG_BAD_ARGUMENTS
	}
	c.tail = m.Data[off+r.size:]
	kr := r.run(c, object, m.Data[off:off+r.size])
	if kr == errNull {
		return r.null
	}
	return kr
}

// reply sends the answer by the request's reply right. It is never refused for
// the length of a queue, and lost if nobody is there to get it.
func (s *system) reply(c *call, to ipc.Cap, id int32, kr abi.KernReturn) {
	m := &ipc.Message{ID: id, Dest: to, Security: ipc.KernelSecurity, Audit: ipc.KernelAudit}
	m.Data = make([]byte, headerSize, headerSize+ndrSize+4+len(c.out)+28*len(c.descs))
	if len(c.descs) > 0 {
		m.Bits = abi.MACH_MSGH_BITS_COMPLEX
		m.Data = le.AppendUint32(m.Data, uint32(len(c.descs)))
		for i := range c.descs {
			d := &c.descs[i]
			d.Offset = len(m.Data)
			m.Data = append(m.Data, make([]byte, abi.MachMsgDescriptorSize(d.Kind))...)
			m.Data[d.Offset+abi.MachMsgDescriptorTypeOffset] = d.Kind
		}
		m.Descs = c.descs
		// MIG leaves the record out when nothing follows it.
		if len(c.out) > 0 {
			m.Data = le.AppendUint64(m.Data, abi.NDRRecord)
		}
	} else {
		m.Data = le.AppendUint64(m.Data, abi.NDRRecord)
		m.Data = le.AppendUint32(m.Data, uint32(kr))
	}
	m.Data = append(m.Data, c.out...)
	for len(m.Data)%4 != 0 {
		m.Data = append(m.Data, 0)
	}
	s.post(m)
}

// descOverhead is about what a descriptor costs beside what it carries.
const descOverhead = 512

// post queues a message of the kernel's own; false when nobody can get it, and
// then it is destroyed.
func (s *system) post(m *ipc.Message) bool {
	p := m.Dest.Port
	n := int64(len(m.Data))
	for i := range m.Descs {
		n += descOverhead + int64(len(m.Descs[i].Caps))*32
		if b, ok := m.Descs[i].Memory.(bytesCopy); ok {
			n += int64(len(b))
		}
	}
	if p == nil || !p.Alive() || p.Kernel() || !s.world.Charge(m, n) {
		s.world.Destroy(m)
		return false
	}
	p.Send(m)
	return true
}
