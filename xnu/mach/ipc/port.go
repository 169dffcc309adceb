// Package ipc holds Mach ports and the name spaces through which tasks refer to
// them: rights and their counts, message queues, port sets, notifications and
// guards. It knows no message format, no system call and no thread but as
// somebody on a wait queue; package mach has those. The models are
// osfmk/ipc/ipc_port.c, ipc_right.c, ipc_space.c and ipc_mqueue.c.
//
// Nothing here blocks: what would have to wait reports so, and package mach
// waits on the queue that the port or set offers.
package ipc

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// World is what all ports of a machine share.
type World struct {
	// MaxQueued bounds the bytes of all messages on their way, with what they
	// carry; beyond it sending fails with MACH_SEND_NO_BUFFER.
	MaxQueued int64
	queued    int64
	names     int
	// doomed are messages waiting to be destroyed. Destroying one can end ports
	// that hold others; a list instead of recursion keeps a long chain that a
	// guest built from exhausting the stack.
	doomed   []*Message
	draining bool
}

// NewWorld makes a world whose messages take at most 256 MiB.
func NewWorld() *World { return &World{MaxQueued: 256 << 20} }

// Queued is the number of bytes that messages on their way hold.
func (w *World) Queued() int64 { return w.queued }

// Port is a message queue with one receiver. While a message carries its receive
// right, it has none; a port of the kernel has an Object instead.
type Port struct {
	// Object is what a port of the kernel stands for: a task, a thread, a clock. A
	// port that a task receives on can have one too: a timer that sends to it.
	Object any
	// Context is mach_port_set_context's word, and the guard of a guarded port.
	Context uint64
	// Guarded ports refuse to be destroyed without the guard; Strict ones refuse
	// changes of their rights too. Immovable: the receive right stays.
	Guarded, Strict, Immovable bool
	TempOwner, ImpDonation     bool
	// ReplyPort and SpecialReply mark ports made by MPO_REPLY_PORT and
	// thread_get_special_reply_port.
	ReplyPort, SpecialReply bool

	world    *World
	kernel   bool
	space    *Space   // of the receiver; nil in transit and for the kernel
	name     abi.Port // the receiver's name for it
	transit  *Port    // destination of the message that carries the receive right
	dead     bool
	mscount  uint32
	srights  uint32
	sorights uint32
	qlimit   uint32
	seqno    uint32

	queue     []*Message
	sets      []*Set
	requests  []*request
	nrequests int // live ones
	nsRequest *Port
	nsSync    uint32
	pdRequest *Port

	// Receivers are threads waiting for a message; Senders for room. Watch is
	// told of every message that arrives.
	Receivers, Senders, Watch kern.WaitQueue
}

// NewKernelPort makes a port that stands for an object of the kernel.
func (w *World) NewKernelPort(object any) *Port {
	return &Port{world: w, kernel: true, Object: object, qlimit: abi.MACH_PORT_QLIMIT_DEFAULT}
}

// Kernel reports whether the kernel receives on the port.
func (p *Port) Kernel() bool { return p.kernel }

// Alive reports whether the port has not been destroyed.
func (p *Port) Alive() bool { return !p.dead }

// Receiver returns the space of the port's receiver and its name there; nil and
// 0 when nobody in user space receives.
func (p *Port) Receiver() (*Space, abi.Port) { return p.space, p.name }

// Rights returns the make-send, send and send-once counts.
func (p *Port) Rights() (mscount, srights, sorights uint32) { return p.mscount, p.srights, p.sorights }

// SetMakeSendCount is mach_port_set_mscount.
func (p *Port) SetMakeSendCount(n uint32) { p.mscount = n }

// QueueLimit is how many messages the queue takes before senders wait.
func (p *Port) QueueLimit() uint32 { return p.qlimit }

// SetQueueLimit changes it and lets in as many waiting senders as now fit.
func (p *Port) SetQueueLimit(n uint32) {
	p.qlimit = n
	p.admit()
}

// Seqno is the sequence number of the next message to be received.
func (p *Port) Seqno() uint32 { return p.seqno }

// SetSeqno changes it.
func (p *Port) SetSeqno(n uint32) { p.seqno = n }

// Pending is the number of messages queued.
func (p *Port) Pending() int { return len(p.queue) }

// Full reports whether a sender would have to wait.
func (p *Port) Full() bool { return uint32(len(p.queue)) >= p.qlimit }

// HasRequests tells whether port-destroyed and no-senders notifications are
// asked for.
func (p *Port) HasRequests() (pd, ns bool) { return p.pdRequest != nil, p.nsRequest != nil }

// InSet reports whether the port is a member of any set.
func (p *Port) InSet() bool { return len(p.sets) > 0 }

// SetNames are the names in s of the sets that have the port as a member,
// ascending.
func (p *Port) SetNames(s *Space) []abi.Port {
	var out []abi.Port
	for _, st := range p.sets {
		if st.space == s {
			out = append(out, st.name)
		}
	}
	sortNames(out)
	return out
}

// MakeSend makes a send right out of the kernel's hold on the port. Of a dead
// port it makes a dead right.
func (p *Port) MakeSend() Cap {
	if p == nil {
		return Cap{}
	}
	if p.dead {
		return Cap{Dead: true, Disp: abi.MACH_MSG_TYPE_MOVE_SEND}
	}
	p.mscount++
	p.srights++
	return Cap{Port: p, Disp: abi.MACH_MSG_TYPE_MOVE_SEND}
}

// MakeSendOnce makes a send-once right.
func (p *Port) MakeSendOnce() Cap {
	if p == nil {
		return Cap{}
	}
	if p.dead {
		return Cap{Dead: true, Disp: abi.MACH_MSG_TYPE_MOVE_SEND_ONCE}
	}
	p.sorights++
	return Cap{Port: p, Disp: abi.MACH_MSG_TYPE_MOVE_SEND_ONCE}
}

// CopySend makes another send right of one that somebody holds; the make-send
// count stays.
func (p *Port) CopySend() Cap {
	c := p.MakeSend()
	if c.Port != nil {
		p.mscount--
	}
	return c
}

// Cap is a right that no name space holds: it is in a message, or in the
// kernel's hands. Disp is MACH_MSG_TYPE_MOVE_SEND, _MOVE_SEND_ONCE or
// _MOVE_RECEIVE. The zero Cap is MACH_PORT_NULL; Dead is MACH_PORT_DEAD.
type Cap struct {
	Port *Port
	Disp uint32
	Dead bool
}

// Valid reports whether there is a right at all.
func (c Cap) Valid() bool { return c.Port != nil }

// Release destroys the right: the last send right's end is told to who asked, a
// send-once right's is a notification by means of itself, and a receive right's
// is the port's.
func (c Cap) Release() {
	p := c.Port
	if p == nil {
		return
	}
	switch c.Disp {
	case abi.MACH_MSG_TYPE_MOVE_SEND:
		p.dropSend()
	case abi.MACH_MSG_TYPE_MOVE_SEND_ONCE:
		p.sendOnceUnused()
	case abi.MACH_MSG_TYPE_MOVE_RECEIVE:
		p.transit = nil
		p.Destroy()
	}
}

// Consume is Release for the right that a message was sent by, once the message
// has been received: a send-once right has then done its work.
func (c Cap) Consume() {
	if c.Port != nil && c.Disp == abi.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		c.Port.sorights--
		return
	}
	c.Release()
}

// NoSendersHandler is implemented by kernel objects that care when the last send
// right to their port is gone.
type NoSendersHandler interface{ NoSenders(p *Port) }

// SendOnceHandler is implemented by kernel objects that want to know when a
// send-once right to their port is destroyed unused.
type SendOnceHandler interface{ SendOnceUnused(p *Port) }

// DestroyHandler is implemented by objects that end with their port.
type DestroyHandler interface{ PortDestroyed(p *Port) }

func (p *Port) dropSend() {
	p.srights--
	if p.srights != 0 || p.dead {
		return
	}
	if h, ok := p.Object.(NoSendersHandler); ok {
		h.NoSenders(p)
	}
	if n := p.nsRequest; n != nil && p.nsSync <= p.mscount {
		p.nsRequest = nil
		notifyNoSenders(n, p.mscount)
	}
}

// sendOnceUnused uses up a send-once right by a notification.
func (p *Port) sendOnceUnused() {
	if p.dead {
		p.sorights--
		return
	}
	if p.Kernel() {
		p.sorights--
		if h, ok := p.Object.(SendOnceHandler); ok {
			h.SendOnceUnused(p)
		}
		return
	}
	notify(p, abi.MACH_NOTIFY_SEND_ONCE, nil)
}

// NoSendersRequest is MACH_NOTIFY_NO_SENDERS of mach_port_request_notification:
// notify is told when no send right is left and at least sync have been made. It
// returns the request that it replaces.
func (p *Port) NoSendersRequest(n *Port, sync uint32) (previous *Port) {
	previous = p.nsRequest
	p.nsRequest, p.nsSync = nil, 0
	if n != nil && p.srights == 0 && sync <= p.mscount {
		notifyNoSenders(n, p.mscount)
		return previous
	}
	p.nsRequest, p.nsSync = n, sync
	return previous
}

// PortDestroyedRequest is MACH_NOTIFY_PORT_DESTROYED: instead of dying, the port
// is sent to notify. At most one may be asked for.
func (p *Port) PortDestroyedRequest(n *Port) bool {
	if p.pdRequest != nil {
		return false
	}
	p.pdRequest = n
	return true
}

// Destroy ends the port: its receive right is gone. What waits on it, in it and
// for it is told.
func (p *Port) Destroy() {
	if p.dead {
		return
	}
	p.leaveSets()
	p.space, p.name = nil, 0
	p.mscount = 0
	if n := p.pdRequest; n != nil {
		p.pdRequest = nil
		p.Context, p.Guarded, p.Strict, p.Immovable = 0, false, false, false
		p.Receivers.WakeAll(nil)
		notifyPortDestroyed(n, p)
		return
	}
	p.dead = true
	if h, ok := p.Object.(DestroyHandler); ok {
		h.PortDestroyed(p)
	}
	q := p.queue
	p.queue = nil
	p.Receivers.WakeAll(nil)
	p.Senders.WakeAll(nil)
	p.Watch.WakeAll(nil)
	ns := p.nsRequest
	p.nsRequest = nil
	reqs := p.requests
	p.requests, p.nrequests = nil, 0
	for _, r := range reqs {
		if r.notify == nil {
			continue
		}
		n := r.notify
		r.notify, r.fired = nil, true
		notifyDeadName(n, r.name)
	}
	if ns != nil {
		// Nobody is left whose senders could be counted.
		ns.sendOnceUnused()
	}
	for _, m := range q {
		p.world.doom(m)
	}
	p.world.drain()
}

func (p *Port) leaveSets() {
	for _, s := range p.sets {
		s.forget(p)
	}
	p.sets = nil
}
