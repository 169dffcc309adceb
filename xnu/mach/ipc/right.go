package ipc

import "github.com/beagle-emu/beagle/xnu/abi"

// Check says whether CopyIn of the same arguments would succeed
// (ipc_right_copyin_check_reply and its kin). more is how many other rights are
// moved out of the name at the same time.
func (s *Space) Check(name abi.Port, disp uint32, more uint32) abi.KernReturn {
	if name == abi.MACH_PORT_NULL || name == abi.MACH_PORT_DEAD {
		return 0
	}
	e := s.lookup(name)
	if e == nil {
		return abi.KERN_INVALID_NAME
	}
	has := func(t uint32) abi.KernReturn {
		if e.typ&t != 0 {
			return 0
		}
		return abi.KERN_INVALID_RIGHT
	}
	switch disp {
	case abi.MACH_MSG_TYPE_MAKE_SEND, abi.MACH_MSG_TYPE_MAKE_SEND_ONCE:
		if kr := has(abi.MACH_PORT_TYPE_RECEIVE); kr != 0 {
			return kr
		}
		return e.receiveFixed(false)
	case abi.MACH_MSG_TYPE_MOVE_RECEIVE:
		if kr := has(abi.MACH_PORT_TYPE_RECEIVE); kr != 0 {
			return kr
		}
		return e.receiveFixed(true)
	case abi.MACH_MSG_TYPE_COPY_SEND:
		return has(abi.MACH_PORT_TYPE_SEND | abi.MACH_PORT_TYPE_DEAD_NAME)
	case abi.MACH_MSG_TYPE_MOVE_SEND:
		if kr := has(abi.MACH_PORT_TYPE_SEND | abi.MACH_PORT_TYPE_DEAD_NAME); kr != 0 {
			return kr
		}
		if e.urefs <= more {
			return abi.KERN_INVALID_RIGHT
		}
		return 0
	case abi.MACH_MSG_TYPE_MOVE_SEND_ONCE:
		if more != 0 && e.typ&abi.MACH_PORT_TYPE_SEND_ONCE != 0 {
			return abi.KERN_INVALID_RIGHT
		}
		if e.typ&abi.MACH_PORT_TYPE_DEAD_NAME != 0 && e.urefs <= more {
			return abi.KERN_INVALID_RIGHT
		}
		return has(abi.MACH_PORT_TYPE_SEND_ONCE | abi.MACH_PORT_TYPE_DEAD_NAME)
	}
	return abi.KERN_INVALID_VALUE
}

// receiveFixed says what a guarded port forbids: moving it away, or, of one with
// an immovable receive right, anything but that.
func (e *entry) receiveFixed(move bool) abi.KernReturn {
	if move && (e.port.Immovable || e.port.SpecialReply) {
		return abi.KERN_INVALID_CAPABILITY
	}
	return 0
}

// CopyIn takes a right out of the space for a message, as disp says: it moves,
// copies or makes one (ipc_right_copyin).
func (s *Space) CopyIn(name abi.Port, disp uint32) (Cap, abi.KernReturn) {
	switch name {
	case abi.MACH_PORT_NULL:
		return Cap{Disp: Moved(disp)}, 0
	case abi.MACH_PORT_DEAD:
		return Cap{Dead: true, Disp: Moved(disp)}, 0
	}
	if kr := s.Check(name, disp, 0); kr != 0 {
		return Cap{}, kr
	}
	e := s.lookup(name)
	p := e.port
	switch disp {
	case abi.MACH_MSG_TYPE_MAKE_SEND:
		return p.MakeSend(), 0
	case abi.MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return p.MakeSendOnce(), 0
	case abi.MACH_MSG_TYPE_MOVE_RECEIVE:
		p.leaveSets()
		p.space, p.name = nil, 0
		p.mscount = 0
		p.Context, p.Guarded, p.Strict = 0, false, false
		p.Receivers.WakeAll(nil)
		if e.typ&abi.MACH_PORT_TYPE_SEND != 0 {
			e.typ = abi.MACH_PORT_TYPE_SEND
		} else {
			s.cancel(name, e, true)
			delete(s.byObj, p)
			s.dealloc(name, e)
		}
		return Cap{Port: p, Disp: abi.MACH_MSG_TYPE_MOVE_RECEIVE}, 0
	}
	if e.typ == abi.MACH_PORT_TYPE_DEAD_NAME {
		if disp != abi.MACH_MSG_TYPE_COPY_SEND {
			s.dropRef(name, e)
		}
		return Cap{Dead: true, Disp: Moved(disp)}, 0
	}
	switch disp {
	case abi.MACH_MSG_TYPE_COPY_SEND:
		return p.CopySend(), 0
	case abi.MACH_MSG_TYPE_MOVE_SEND:
		if e.urefs > 1 {
			if e.urefs < abi.MACH_PORT_UREFS_MAX {
				e.urefs--
			}
			return p.CopySend(), 0
		}
		e.urefs = 0
		if e.typ&abi.MACH_PORT_TYPE_RECEIVE != 0 {
			e.typ = abi.MACH_PORT_TYPE_RECEIVE
		} else {
			s.cancel(name, e, true)
			delete(s.byObj, p)
			s.dealloc(name, e)
		}
		return Cap{Port: p, Disp: abi.MACH_MSG_TYPE_MOVE_SEND}, 0
	default: // MOVE_SEND_ONCE
		s.cancel(name, e, true)
		s.dealloc(name, e)
		return Cap{Port: p, Disp: abi.MACH_MSG_TYPE_MOVE_SEND_ONCE}, 0
	}
}

// Moved is what a disposition becomes once the right is in the message
// (ipc_object_copyin_type).
func Moved(disp uint32) uint32 {
	switch disp {
	case abi.MACH_MSG_TYPE_MOVE_RECEIVE:
		return abi.MACH_MSG_TYPE_MOVE_RECEIVE
	case abi.MACH_MSG_TYPE_MOVE_SEND_ONCE, abi.MACH_MSG_TYPE_MAKE_SEND_ONCE:
		return abi.MACH_MSG_TYPE_MOVE_SEND_ONCE
	case abi.MACH_MSG_TYPE_MOVE_SEND, abi.MACH_MSG_TYPE_MAKE_SEND, abi.MACH_MSG_TYPE_COPY_SEND:
		return abi.MACH_MSG_TYPE_MOVE_SEND
	}
	return abi.MACH_MSG_TYPE_PORT_NONE
}

// CopyOut puts a right into the space and gives its name: that of the right to
// the same port which is there already, or a new one (ipc_right_copyout). On
// failure the right stays the caller's.
func (s *Space) CopyOut(c Cap) (abi.Port, abi.KernReturn) {
	p := c.Port
	if p == nil {
		if c.Dead {
			return abi.MACH_PORT_DEAD, 0
		}
		return abi.MACH_PORT_NULL, 0
	}
	if p.dead {
		c.Release()
		return abi.MACH_PORT_DEAD, 0
	}
	if c.Disp != abi.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		if name := s.byObj[p]; name != 0 {
			s.merge(name, &s.table[index(name)], c)
			return name, 0
		}
	}
	name, e, kr := s.alloc()
	if kr != 0 {
		return 0, kr
	}
	s.fill(name, e, c)
	return name, 0
}

// merge adds a send or receive right to the name that the port has.
func (s *Space) merge(name abi.Port, e *entry, c Cap) {
	p := c.Port
	if c.Disp == abi.MACH_MSG_TYPE_MOVE_RECEIVE {
		e.typ |= abi.MACH_PORT_TYPE_RECEIVE
		s.receives(p, name)
		return
	}
	if e.typ&abi.MACH_PORT_TYPE_SEND == 0 {
		e.typ |= abi.MACH_PORT_TYPE_SEND
		e.urefs = 1
		return
	}
	e.addRefs(1)
	p.srights-- // one right of the port serves all references of a name
}

func (s *Space) receives(p *Port, name abi.Port) {
	p.transit = nil
	p.space, p.name = s, name
	p.mscount, p.seqno = 0, 0
}

func (s *Space) fill(name abi.Port, e *entry, c Cap) {
	e.port = c.Port
	switch c.Disp {
	case abi.MACH_MSG_TYPE_MOVE_RECEIVE:
		e.typ = abi.MACH_PORT_TYPE_RECEIVE
		s.receives(c.Port, name)
		s.byObj[c.Port] = name
	case abi.MACH_MSG_TYPE_MOVE_SEND:
		e.typ, e.urefs = abi.MACH_PORT_TYPE_SEND, 1
		s.byObj[c.Port] = name
	default:
		e.typ, e.urefs = abi.MACH_PORT_TYPE_SEND_ONCE, 1
	}
}

// CopyOutAs is CopyOut under a name of the caller's choice, for
// mach_port_insert_right (ipc_object_copyout_name). On failure the right stays
// the caller's.
func (s *Space) CopyOutAs(name abi.Port, c Cap) abi.KernReturn {
	p := c.Port
	if p == nil || name == abi.MACH_PORT_NULL || name == abi.MACH_PORT_DEAD {
		return abi.KERN_INVALID_VALUE
	}
	fresh := false
	e := s.lookup(name)
	if e == nil {
		var kr abi.KernReturn
		if e, kr = s.allocNamed(name); kr != 0 {
			return kr
		}
		fresh = true
	}
	undo := func(kr abi.KernReturn) abi.KernReturn {
		if fresh {
			s.dealloc(name, e)
		}
		return kr
	}
	if c.Disp != abi.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		if other := s.byObj[p]; other != 0 {
			if other != name {
				return undo(abi.KERN_RIGHT_EXISTS)
			}
			s.merge(name, e, c)
			return 0
		}
	}
	if !fresh {
		return abi.KERN_NAME_EXISTS
	}
	if p.dead {
		return undo(abi.KERN_INVALID_CAPABILITY)
	}
	s.fill(name, e, c)
	return 0
}

// dropRef drops a user reference of a dead name.
func (s *Space) dropRef(name abi.Port, e *entry) {
	if e.urefs == 1 {
		s.dealloc(name, e)
	} else if e.urefs < abi.MACH_PORT_UREFS_MAX {
		e.urefs--
	}
}

// Deallocate is mach_port_deallocate: one send, send-once or dead-name reference
// fewer (ipc_right_dealloc).
func (s *Space) Deallocate(name abi.Port) abi.KernReturn {
	e := s.lookup(name)
	if e == nil {
		return abi.KERN_INVALID_NAME
	}
	switch e.typ {
	case abi.MACH_PORT_TYPE_PORT_SET:
		set := e.set
		s.dealloc(name, e)
		set.destroy()
	case abi.MACH_PORT_TYPE_DEAD_NAME:
		s.dropRef(name, e)
	case abi.MACH_PORT_TYPE_SEND_ONCE:
		s.endSendOnce(name, e)
	case abi.MACH_PORT_TYPE_SEND, abi.MACH_PORT_TYPE_SEND_RECEIVE:
		s.sendRefs(name, e, -1)
	default:
		return abi.KERN_INVALID_RIGHT
	}
	return 0
}

func (s *Space) endSendOnce(name abi.Port, e *entry) {
	p := e.port
	s.cancel(name, e, true)
	s.dealloc(name, e)
	p.sendOnceUnused()
}

// sendRefs changes the count of send references; the caller has checked that it
// stays at or above zero. A count at the maximum sticks.
func (s *Space) sendRefs(name abi.Port, e *entry, delta int) {
	n := int(e.urefs) + delta
	if n > 0 {
		if e.urefs < abi.MACH_PORT_UREFS_MAX {
			e.urefs = uint32(min(n, abi.MACH_PORT_UREFS_MAX))
		}
		return
	}
	p := e.port
	e.urefs = 0
	if e.typ&abi.MACH_PORT_TYPE_RECEIVE != 0 {
		e.typ = abi.MACH_PORT_TYPE_RECEIVE
	} else {
		s.cancel(name, e, true)
		delete(s.byObj, p)
		s.dealloc(name, e)
	}
	p.dropSend()
}

// ModRefs is mach_port_mod_refs (ipc_right_delta).
func (s *Space) ModRefs(name abi.Port, right uint32, delta int32) abi.KernReturn {
	if right >= abi.MACH_PORT_RIGHT_NUMBER {
		return abi.KERN_INVALID_VALUE
	}
	if name == abi.MACH_PORT_NULL || name == abi.MACH_PORT_DEAD {
		if right == abi.MACH_PORT_RIGHT_SEND || right == abi.MACH_PORT_RIGHT_SEND_ONCE {
			return 0
		}
		return abi.KERN_INVALID_NAME
	}
	e := s.lookup(name)
	if e == nil {
		return abi.KERN_INVALID_NAME
	}
	if right == abi.MACH_PORT_RIGHT_LABELH || e.typ&typeOf(right) == 0 {
		return abi.KERN_INVALID_RIGHT
	}
	switch right {
	case abi.MACH_PORT_RIGHT_PORT_SET, abi.MACH_PORT_RIGHT_RECEIVE, abi.MACH_PORT_RIGHT_SEND_ONCE:
		if delta == 0 {
			return 0
		}
		if delta != -1 {
			return abi.KERN_INVALID_VALUE
		}
	default:
		if delta > abi.MACH_PORT_UREFS_MAX || delta < -abi.MACH_PORT_UREFS_MAX {
			return abi.KERN_INVALID_VALUE
		}
		if e.urefs == abi.MACH_PORT_UREFS_MAX {
			if delta != -abi.MACH_PORT_UREFS_MAX {
				return 0
			}
		} else if int64(e.urefs)+int64(delta) < 0 {
			return abi.KERN_INVALID_VALUE
		}
	}
	switch right {
	case abi.MACH_PORT_RIGHT_PORT_SET:
		set := e.set
		s.dealloc(name, e)
		set.destroy()
	case abi.MACH_PORT_RIGHT_RECEIVE:
		if e.port.Guarded {
			return abi.KERN_INVALID_RIGHT
		}
		s.endReceive(name, e)
	case abi.MACH_PORT_RIGHT_SEND_ONCE:
		s.endSendOnce(name, e)
	case abi.MACH_PORT_RIGHT_DEAD_NAME:
		if int(e.urefs)+int(delta) == 0 {
			s.dealloc(name, e)
		} else {
			e.addRefs(int(delta))
		}
	case abi.MACH_PORT_RIGHT_SEND:
		s.sendRefs(name, e, int(delta))
	}
	return 0
}

// endReceive destroys a receive right; send references of the same name become
// those of a dead name.
func (s *Space) endReceive(name abi.Port, e *entry) {
	p := e.port
	if e.typ&abi.MACH_PORT_TYPE_SEND == 0 {
		s.cancel(name, e, true)
		delete(s.byObj, p)
		s.dealloc(name, e)
	} else {
		// With the port dead, the next look at the name makes it a dead one; with
		// the port sent off to who asked for it, a send right is left.
		e.typ = abi.MACH_PORT_TYPE_SEND
	}
	p.Destroy()
}

// DestroyName is mach_port_destroy: all rights of a name.
func (s *Space) DestroyName(name abi.Port) abi.KernReturn {
	if name == abi.MACH_PORT_NULL || name == abi.MACH_PORT_DEAD {
		return 0
	}
	e := s.lookup(name)
	if e == nil {
		return abi.KERN_INVALID_NAME
	}
	if e.typ&abi.MACH_PORT_TYPE_RECEIVE != 0 && e.port.Guarded {
		return abi.KERN_INVALID_RIGHT
	}
	s.destroyRight(name, e)
	return 0
}

func (s *Space) destroyRight(name abi.Port, e *entry) {
	s.check(name, e)
	p, typ, set := e.port, e.typ, e.set
	s.cancel(name, e, true)
	if p != nil && typ&abi.MACH_PORT_TYPE_SEND_ONCE == 0 {
		delete(s.byObj, p)
	}
	s.dealloc(name, e)
	if set != nil {
		set.destroy()
	}
	if p == nil {
		return
	}
	if typ&abi.MACH_PORT_TYPE_SEND != 0 {
		p.dropSend()
	}
	if typ&abi.MACH_PORT_TYPE_RECEIVE != 0 {
		p.Destroy()
	}
	if typ&abi.MACH_PORT_TYPE_SEND_ONCE != 0 {
		p.sendOnceUnused()
	}
}

// Destruct is mach_port_destruct: srdelta send references and the receive right
// of a port at once, given its guard.
func (s *Space) Destruct(name abi.Port, srdelta int32, guard uint64) abi.KernReturn {
	e := s.lookup(name)
	if e == nil {
		return abi.KERN_INVALID_NAME
	}
	if e.typ&abi.MACH_PORT_TYPE_RECEIVE == 0 {
		return abi.KERN_INVALID_RIGHT
	}
	p := e.port
	if p.Guarded && guard != p.Context {
		return abi.KERN_INVALID_ARGUMENT
	}
	if srdelta != 0 {
		if e.typ&abi.MACH_PORT_TYPE_SEND == 0 {
			return abi.KERN_INVALID_RIGHT
		}
		if srdelta > 0 || int64(e.urefs)+int64(srdelta) < 0 {
			return abi.KERN_INVALID_VALUE
		}
		s.sendRefs(name, e, int(srdelta))
	}
	s.endReceive(name, e)
	return 0
}

// Request asks for a dead-name notification by a name, or with possible for a
// send-possible one too; armed says that the latter is wanted at once. notify
// nil cancels. It returns the notification port that was registered before
// (ipc_right_request_alloc).
func (s *Space) Request(name abi.Port, notifyPort *Port, possible, armed, immediate bool) (*Port, abi.KernReturn) {
	e := s.lookup(name)
	if e == nil {
		return nil, abi.KERN_INVALID_NAME
	}
	if notifyPort == nil && e.req == nil {
		return nil, 0
	}
	if e.port != nil {
		prev := s.cancel(name, e, false)
		if notifyPort == nil {
			return prev, 0
		}
		p := e.port
		if armed && (e.typ&abi.MACH_PORT_TYPE_SEND_ONCE != 0 || p.Kernel() || !p.Full()) {
			notifySendPossible(notifyPort, name)
			return prev, 0
		}
		r := &request{name: name, notify: notifyPort, possible: possible, armed: armed}
		p.addRequest(r)
		e.req = r
		return prev, 0
	}
	if immediate && notifyPort != nil && e.typ == abi.MACH_PORT_TYPE_DEAD_NAME {
		e.addRefs(1)
		notifyDeadName(notifyPort, name)
		return nil, 0
	}
	if e.typ == abi.MACH_PORT_TYPE_DEAD_NAME {
		return nil, abi.KERN_INVALID_ARGUMENT
	}
	return nil, abi.KERN_INVALID_RIGHT
}

// Arm makes a delayed send-possible request of a name count, for
// MACH_SEND_NOTIFY; false if none is registered.
func (s *Space) Arm(name abi.Port) bool {
	e := s.lookup(name)
	if e == nil || e.req == nil || e.req.notify == nil || !e.req.possible {
		return false
	}
	e.req.armed = true
	return true
}

// addRequest registers r, sweeping out what was cancelled once that is most.
func (p *Port) addRequest(r *request) {
	if len(p.requests) > 2*p.nrequests+8 {
		live := p.requests[:0]
		for _, x := range p.requests {
			if x.notify != nil {
				live = append(live, x)
			}
		}
		clear(p.requests[len(live):])
		p.requests = live
	}
	p.requests = append(p.requests, r)
	p.nrequests++
}

// cancel ends the request of a name and returns its notification port; with
// deleted that is told instead that the name is gone.
func (s *Space) cancel(name abi.Port, e *entry, deleted bool) *Port {
	r := e.req
	e.req = nil
	if r == nil || r.notify == nil {
		return nil
	}
	n := r.notify
	r.notify = nil
	e.port.nrequests--
	if deleted {
		notifyPortDeleted(n, name)
		return nil
	}
	return n
}
