package ipc

import (
	"encoding/binary"

	"github.com/beagle-emu/beagle/xnu/abi"
)

// Message is a message on its way: its bytes as the sender wrote them, and the
// rights and memory that it carries, taken out of the sender's hands.
type Message struct {
	// Bits, ID and Data are the header's and the message's bytes from the header
	// on; names and addresses in Data mean nothing any more.
	Bits uint32
	ID   int32
	Data []byte
	// Dest is the right that the message is sent by; Reply what the receiver
	// gets to answer with.
	Dest, Reply, Voucher Cap
	Descs                []Desc
	// Sender's identity for the trailer.
	Security [2]uint32
	Audit    [8]uint32
	// Seqno and Context are filled in when the message is received.
	Seqno   uint32
	Context uint64
	// Aux is the auxiliary data of a vector message.
	Aux []byte
	// Circular: it carries, directly or through others, the receive right of its
	// own destination and can never be received.
	Circular bool

	world *World
	size  int64
	// charged: size is counted in the world.
	charged bool
	queued  bool
}

// Queued reports whether the message lies on a queue, not yet received.
func (m *Message) Queued() bool { return m.queued }

// Memory is out-of-line memory that a message carries.
type Memory interface{ Release() }

// Desc is one descriptor of a complex message.
type Desc struct {
	// Kind is MACH_MSG_PORT_DESCRIPTOR and so on; Offset where its bytes are in
	// the message.
	Kind   uint8
	Offset int
	// Disp is what the receiver is told the rights are.
	Disp uint8
	Cap  Cap
	Caps []Cap
	// Count is the number of bytes or names; Copy and Dealloc as the sender said.
	Count   uint32
	Copy    uint8
	Dealloc uint8
	Memory  Memory
	// Flags and Context are those of a guarded port descriptor.
	Flags uint16
	Guard uint64
}

// overhead is what a message costs beside its bytes, roughly.
const overhead = 256

// Charge counts n more bytes of a message against the world's limit; false when
// that is reached. It comes before the bytes are there.
func (w *World) Charge(m *Message, n int64) bool {
	if !m.charged {
		n += overhead
	}
	if w.queued+n > w.MaxQueued {
		return false
	}
	w.queued += n
	m.size += n
	m.charged, m.world = true, w
	return true
}

// Discharge ends the message's claim on the world's memory, once it is received.
func (m *Message) Discharge() { m.discharge() }

// discharge ends the message's claim on the world's memory.
func (m *Message) discharge() {
	if m.charged {
		m.world.queued -= m.size
		m.size, m.charged = 0, false
	}
}

// Send puts m on its destination's queue, whatever its length: the caller has
// seen to the limit. The destination right becomes part of the queue. The port
// must be alive and not the kernel's.
func (p *Port) Send(m *Message) {
	for i := range m.Descs {
		d := &m.Descs[i]
		if d.Cap.Valid() && d.Cap.Disp == abi.MACH_MSG_TYPE_MOVE_RECEIVE {
			d.Cap.Port.transit = p
		}
		for _, c := range d.Caps {
			if c.Valid() && c.Disp == abi.MACH_MSG_TYPE_MOVE_RECEIVE {
				c.Port.transit = p
			}
		}
	}
	m.queued = true
	p.queue = append(p.queue, m)
	for _, s := range p.sets {
		s.note(p)
	}
	if !p.Receivers.WakeOne(nil) {
		for _, s := range p.sets {
			if s.Receivers.WakeOne(nil) {
				break
			}
		}
	}
	p.Watch.WakeAll(nil)
	for _, s := range p.sets {
		s.Watch.WakeAll(nil)
	}
}

// Circle reports whether carrying the receive right of c to dest would make a
// ring of ports that no task can ever reach (ipc_port_check_circularity).
func Circle(c, dest *Port) bool {
	for p := dest; p != nil; p = p.transit {
		if p == c {
			return true
		}
	}
	return false
}

// Peek returns the message that would be received next, or nil.
func (p *Port) Peek() *Message {
	if len(p.queue) == 0 {
		return nil
	}
	return p.queue[0]
}

// Receive takes the next message off the queue; nil when there is none. A sender
// that waits for room may go on.
func (p *Port) Receive() *Message {
	if len(p.queue) == 0 {
		return nil
	}
	m := p.queue[0]
	p.queue[0] = nil
	m.queued = false
	if p.queue = p.queue[1:]; len(p.queue) == 0 {
		p.queue = nil
	}
	m.Seqno, m.Context = p.seqno, p.Context
	p.seqno++
	p.admit()
	return m
}

// Admit wakes waiting senders if there is room: for when one that was woken
// ended before it sent.
func (p *Port) Admit() { p.admit() }

// admit wakes as many waiting senders as there is room for, and tells those who
// asked that sending is possible again.
func (p *Port) admit() {
	for n := int(p.qlimit) - len(p.queue); n > 0 && p.Senders.WakeOne(nil); n-- {
	}
	if p.Full() || p.nrequests == 0 {
		return
	}
	for _, r := range p.requests {
		if r.notify != nil && r.armed {
			n := r.notify
			r.notify, r.armed = nil, false
			p.nrequests--
			notifySendPossible(n, r.name)
		}
	}
}

// WakeReceiver wakes another receiver if there is something to receive: for
// when the one that was woken ended before it looked.
func (p *Port) WakeReceiver() {
	if len(p.queue) > 0 {
		p.Receivers.WakeOne(nil)
	}
}

// Destroy ends a message that nobody will receive, with all that it carries.
func (w *World) Destroy(m *Message) {
	w.doom(m)
	w.drain()
}

func (w *World) doom(m *Message) { w.doomed = append(w.doomed, m) }

func (w *World) drain() {
	if w.draining {
		return
	}
	w.draining = true
	for len(w.doomed) > 0 {
		n := len(w.doomed) - 1
		m := w.doomed[n]
		w.doomed[n] = nil
		w.doomed = w.doomed[:n]
		m.queued = false
		m.discharge()
		m.Dest.Release()
		m.Reply.Release()
		m.Voucher.Release()
		m.ReleaseBody()
	}
	w.draining = false
}

// ReleaseBody destroys the rights and memory in the descriptors.
func (m *Message) ReleaseBody() {
	for i := range m.Descs {
		d := &m.Descs[i]
		d.Cap.Release()
		for _, c := range d.Caps {
			c.Release()
		}
		if d.Memory != nil {
			d.Memory.Release()
		}
		*d = Desc{Kind: d.Kind, Offset: d.Offset}
	}
}

// notify sends a notification by a send-once right that somebody holds on p.
func notify(p *Port, id int32, body []byte) { notifyCap(p, id, body, Cap{}) }

// notifyCap is notify with a right to carry.
func notifyCap(p *Port, id int32, body []byte, carry Cap) {
	if p.dead || p.Kernel() {
		p.sorights--
		carry.Release()
		return
	}
	m := &Message{ID: id, Dest: Cap{Port: p, Disp: abi.MACH_MSG_TYPE_MOVE_SEND_ONCE}}
	m.Data = make([]byte, headerSize, headerSize+len(body)+16)
	if carry.Valid() {
		m.Bits = abi.MACH_MSGH_BITS_COMPLEX
		m.Data = binary.LittleEndian.AppendUint32(m.Data, 1)
		m.Descs = []Desc{{Kind: abi.MACH_MSG_PORT_DESCRIPTOR, Offset: len(m.Data), Disp: uint8(carry.Disp), Cap: carry}}
		m.Data = append(m.Data, make([]byte, 12)...)
	}
	m.Data = append(m.Data, body...)
	m.Security = KernelSecurity
	m.Audit = KernelAudit
	if !p.world.Charge(m, int64(len(m.Data))) {
		// A task that lets notifications pile up without end loses them.
		p.sorights--
		carry.Release()
		return
	}
	p.Send(m)
}

const headerSize = 24

// The identity that messages of the kernel carry (KERNEL_SECURITY_TOKEN_VALUE,
// KERNEL_AUDIT_TOKEN_VALUE of osfmk/mach/message.h).
var (
	KernelSecurity = [2]uint32{0, 1}
	KernelAudit    = [8]uint32{}
)

func word(v uint32) []byte {
	b := binary.LittleEndian.AppendUint64(nil, abi.NDRRecord)
	return binary.LittleEndian.AppendUint32(b, v)
}

func notifyDeadName(n *Port, name abi.Port) { notify(n, abi.MACH_NOTIFY_DEAD_NAME, word(uint32(name))) }
func notifyPortDeleted(n *Port, name abi.Port) {
	notify(n, abi.MACH_NOTIFY_PORT_DELETED, word(uint32(name)))
}
func notifySendPossible(n *Port, name abi.Port) {
	notify(n, abi.MACH_NOTIFY_SEND_POSSIBLE, word(uint32(name)))
}
func notifyNoSenders(n *Port, mscount uint32) { notify(n, abi.MACH_NOTIFY_NO_SENDERS, word(mscount)) }

func notifyPortDestroyed(n, p *Port) {
	if n.dead || n.Kernel() || Circle(p, n) {
		n.sorights--
		p.Destroy()
		return
	}
	notifyCap(n, abi.MACH_NOTIFY_PORT_DESTROYED, nil, Cap{Port: p, Disp: abi.MACH_MSG_TYPE_MOVE_RECEIVE})
}

// PeekAt returns the queued message of a sequence number, 0 meaning the next, and
// its number; nil if there is none such.
func (p *Port) PeekAt(seqno uint32) (*Message, uint32) {
	i := uint32(0)
	if seqno != 0 {
		i = seqno - p.seqno
	}
	if uint64(i) >= uint64(len(p.queue)) {
		return nil, 0
	}
	return p.queue[i], p.seqno + i
}
