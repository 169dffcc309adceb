package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// What the port traps and messages share, after osfmk/ipc/mach_port.c. Methods on
// a task work on its name space.

// valid is MACH_PORT_VALID.
func valid(name abi.Port) bool { return name != abi.MACH_PORT_NULL && name != abi.MACH_PORT_DEAD }

// allocateRight is mach_port_allocate and its kin; name 0 lets the kernel choose.
func (k *task) allocateRight(right uint32, name abi.Port) (abi.Port, abi.KernReturn) {
	var kr abi.KernReturn
	switch right {
	case abi.MACH_PORT_RIGHT_RECEIVE:
		name, _, kr = k.space.NewPort(name)
	case abi.MACH_PORT_RIGHT_PORT_SET:
		name, _, kr = k.space.NewSet(name)
	case abi.MACH_PORT_RIGHT_DEAD_NAME:
		name, kr = k.space.NewDeadName(name)
	default:
		return 0, abi.KERN_INVALID_VALUE
	}
	return name, kr
}

func (k *task) deallocateName(name abi.Port) abi.KernReturn {
	if !valid(name) {
		return 0
	}
	return k.space.Deallocate(name)
}

// receiveOrSet looks a name up as mach_port_get_attributes and its kin do.
func (k *task) receive(name abi.Port) (*ipc.Port, abi.KernReturn) {
	if !valid(name) {
		return nil, abi.KERN_INVALID_RIGHT
	}
	return k.space.Receive(name)
}

// member finds a port and a port set by their names.
func (k *task) member(name, pset abi.Port) (*ipc.Port, *ipc.Set, abi.KernReturn) {
	if !valid(name) || !valid(pset) {
		return nil, nil, abi.KERN_INVALID_RIGHT
	}
	p, kr := k.space.Receive(name)
	if kr != 0 {
		return nil, nil, kr
	}
	s, kr := k.space.PortSet(pset)
	return p, s, kr
}

func (k *task) insertMember(name, pset abi.Port) abi.KernReturn {
	p, s, kr := k.member(name, pset)
	if kr == 0 && !s.Add(p) {
		kr = abi.KERN_ALREADY_IN_SET
	}
	return kr
}

func (k *task) extractMember(name, pset abi.Port) abi.KernReturn {
	p, s, kr := k.member(name, pset)
	if kr == 0 && !s.Remove(p) {
		kr = abi.KERN_NOT_IN_SET
	}
	return kr
}

// moveMember makes the set the only one that the port is in; 0 takes it out of
// all.
func (k *task) moveMember(name, after abi.Port) abi.KernReturn {
	if after == abi.MACH_PORT_NULL {
		p, kr := k.receive(name)
		if kr == 0 && !p.InSet() {
			kr = abi.KERN_NOT_IN_SET
		}
		if kr == 0 {
			p.RemoveFromAll()
		}
		return kr
	}
	p, s, kr := k.member(name, after)
	if kr == 0 {
		p.RemoveFromAll()
		s.Add(p)
	}
	return kr
}

// insertRight puts a right under a name; on failure the right is released.
func (k *task) insertRight(name abi.Port, right ipc.Cap) abi.KernReturn {
	kr := abi.KERN_INVALID_VALUE
	switch {
	case !valid(name), right.Disp == abi.MACH_MSG_TYPE_PORT_NONE:
	case !right.Valid():
		kr = abi.KERN_INVALID_CAPABILITY
	default:
		kr = k.space.CopyOutAs(name, right)
	}
	if kr != 0 {
		right.Release()
	}
	return kr
}

// construct is mach_port_construct.
func (k *task) construct(o *abi.MachPortOptions, context uint64) (abi.Port, abi.KernReturn) {
	one := func(f uint32) bool { return f&(f-1) == 0 }
	f := o.Flags
	switch {
	case !one(f & (abi.MPO_SERVICE_PORT | abi.MPO_CONNECTION_PORT | abi.MPO_TG_BLOCK_TRACKING)),
		!one(f & (abi.MPO_REPLY_PORT | abi.MPO_ENFORCE_REPLY_PORT_SEMANTICS | abi.MPO_PROVISIONAL_REPLY_PORT | mpoExceptionPort)):
		return 0, abi.KERN_INVALID_ARGUMENT
	case f&(abi.MPO_TG_BLOCK_TRACKING|abi.MPO_SERVICE_PORT) != 0:
		return 0, abi.KERN_DENIED // for launchd and the window server
	case f&abi.MPO_CONNECTION_PORT != 0:
		return 0, abi.KERN_INVALID_ARGUMENT // of a service port, which there are none of
	case f&abi.MPO_QLIMIT != 0 && o.Mpl.Qlimit > abi.MACH_PORT_QLIMIT_MAX:
		return 0, abi.KERN_INVALID_VALUE
	}
	name, p, kr := k.space.NewPort(0)
	if kr != 0 {
		return 0, kr
	}
	if f&abi.MPO_INSERT_SEND_RIGHT != 0 {
		k.copyOutSend(p.MakeSend())
	}
	if f&abi.MPO_QLIMIT != 0 {
		p.SetQueueLimit(o.Mpl.Qlimit)
	}
	p.ReplyPort = f&abi.MPO_REPLY_PORT != 0
	p.ImpDonation = f&(abi.MPO_IMPORTANCE_RECEIVER|abi.MPO_DENAP_RECEIVER|abi.MPO_TEMPOWNER) != 0
	p.TempOwner = f&abi.MPO_TEMPOWNER != 0
	p.Context = context
	if f&abi.MPO_CONTEXT_AS_GUARD != 0 {
		p.Guarded, p.Strict, p.Immovable = true, f&abi.MPO_STRICT != 0, f&abi.MPO_IMMOVABLE_RECEIVE != 0
	}
	return name, 0
}

// mpoExceptionPort is MPO_EXCEPTION_PORT.
const mpoExceptionPort = 0x8000

// guard is mach_port_guard_with_flags.
func (k *task) guard(name abi.Port, guard uint64, strict, immovable bool) abi.KernReturn {
	if !valid(name) {
		return abi.KERN_INVALID_NAME
	}
	p, kr := k.space.Receive(name)
	if kr != 0 {
		return kr
	}
	if p.Context != 0 {
		return abi.KERN_INVALID_ARGUMENT
	}
	p.Context, p.Guarded, p.Strict = guard, true, strict
	p.Immovable = p.Immovable || immovable
	return 0
}

func (k *task) unguard(name abi.Port, guard uint64) abi.KernReturn {
	if !valid(name) {
		return abi.KERN_INVALID_NAME
	}
	p, kr := k.space.Receive(name)
	if kr != 0 {
		return kr
	}
	if !p.Guarded || p.Context != guard {
		return abi.KERN_INVALID_ARGUMENT
	}
	p.Context, p.Guarded, p.Strict = 0, false, false
	return 0
}

// portStatus is mach_port_get_status_helper.
func portStatus(p *ipc.Port) abi.MachPortStatus {
	ms, s, so := p.Rights()
	pd, ns := p.HasRequests()
	st := abi.MachPortStatus{Pset: uint32(b2i(p.InSet())), Seqno: p.Seqno(), Mscount: ms, Qlimit: p.QueueLimit(), Msgcount: uint32(p.Pending()),
		Sorights: so, Srights: uint32(b2i(s > 0)), Pdrequest: uint32(b2i(pd)), Nsrequest: uint32(b2i(ns))}
	for _, f := range []struct {
		on  bool
		bit uint32
	}{
		{p.ImpDonation, abi.MACH_PORT_STATUS_FLAG_IMP_DONATION},
		{p.ImpDonation && p.TempOwner, abi.MACH_PORT_STATUS_FLAG_TEMPOWNER},
		{p.Guarded, abi.MACH_PORT_STATUS_FLAG_GUARDED},
		{p.Guarded && p.Strict, abi.MACH_PORT_STATUS_FLAG_STRICT_GUARD},
		{p.Guarded && p.Immovable, abi.MACH_PORT_STATUS_FLAG_GUARD_IMMOVABLE_RECEIVE},
	} {
		if f.on {
			st.Flags |= f.bit
		}
	}
	return st
}

// attributes is mach_port_get_attributes: the words of a flavour, if the caller
// has room for them.
func (k *task) attributes(name abi.Port, flavor int32, room uint32) ([]byte, abi.KernReturn) {
	var v any
	switch flavor {
	case abi.MACH_PORT_LIMITS_INFO:
		v = abi.MachPortLimits{}
	case abi.MACH_PORT_RECEIVE_STATUS:
		v = abi.MachPortStatus{}
	case abi.MACH_PORT_DNREQUESTS_SIZE:
		v = uint32(0)
	case abi.MACH_PORT_INFO_EXT:
		// struct mach_port_info_ext: status, boosts, reserved words.
		v = [17]uint32{}
	case abi.MACH_PORT_SERVICE_THROTTLED:
		if _, kr := k.receive(name); kr != 0 {
			return nil, kr
		}
		return nil, abi.KERN_INVALID_CAPABILITY
	default:
		return nil, abi.KERN_INVALID_ARGUMENT
	}
	n := abi.InfoCount(v)
	if room < n {
		return nil, abi.KERN_FAILURE
	}
	if !valid(name) && (flavor == abi.MACH_PORT_LIMITS_INFO || flavor == abi.MACH_PORT_DNREQUESTS_SIZE) {
		return nil, 0
	}
	p, kr := k.receive(name)
	if kr != 0 {
		return nil, kr
	}
	switch flavor {
	case abi.MACH_PORT_LIMITS_INFO:
		v = abi.MachPortLimits{Qlimit: p.QueueLimit()}
	case abi.MACH_PORT_RECEIVE_STATUS:
		v = portStatus(p)
	case abi.MACH_PORT_INFO_EXT:
		return append(abi.Marshal(portStatus(p)), make([]byte, 28)...), 0
	}
	return abi.Marshal(v), 0
}

// setAttributes is mach_port_set_attributes.
func (k *task) setAttributes(name abi.Port, flavor int32, info []byte) abi.KernReturn {
	switch flavor {
	case abi.MACH_PORT_LIMITS_INFO, abi.MACH_PORT_DNREQUESTS_SIZE:
		if len(info) < 4 {
			return abi.KERN_FAILURE
		}
		n := le.Uint32(info)
		if flavor == abi.MACH_PORT_LIMITS_INFO && n > abi.MACH_PORT_QLIMIT_MAX {
			return abi.KERN_INVALID_VALUE
		}
		p, kr := k.receive(name)
		if kr == 0 && flavor == abi.MACH_PORT_LIMITS_INFO {
			p.SetQueueLimit(n)
		}
		return kr
	case abi.MACH_PORT_TEMPOWNER, abi.MACH_PORT_IMPORTANCE_RECEIVER, abi.MACH_PORT_DENAP_RECEIVER:
		p, kr := k.receive(name)
		if kr != 0 {
			return kr
		}
		if p.SpecialReply {
			return abi.KERN_INVALID_ARGUMENT
		}
		p.ImpDonation = true
		p.TempOwner = p.TempOwner || flavor == abi.MACH_PORT_TEMPOWNER
		return 0
	case abi.MACH_PORT_SERVICE_THROTTLED:
		if _, kr := k.receive(name); kr != 0 {
			return kr
		}
		return abi.KERN_INVALID_CAPABILITY
	}
	return abi.KERN_INVALID_ARGUMENT
}

// requestNotification is mach_port_request_notification. It takes the notify
// right over if it succeeds, and gives the one that it replaces.
func (k *task) requestNotification(name abi.Port, id int32, sync uint32, n ipc.Cap) (ipc.Cap, abi.KernReturn) {
	if n.Dead {
		return ipc.Cap{}, abi.KERN_INVALID_CAPABILITY
	}
	was := func(p *ipc.Port) ipc.Cap {
		return ipc.Cap{Port: p, Disp: abi.MACH_MSG_TYPE_MOVE_SEND_ONCE}
	}
	switch id {
	case abi.MACH_NOTIFY_PORT_DESTROYED:
		if sync != 0 {
			return ipc.Cap{}, abi.KERN_INVALID_VALUE
		}
		p, kr := k.receive(name)
		switch {
		case kr != 0:
			return ipc.Cap{}, kr
		case p.SpecialReply || p.ReplyPort:
			return ipc.Cap{}, abi.KERN_INVALID_RIGHT
		case !p.PortDestroyedRequest(n.Port):
			return ipc.Cap{}, abi.KERN_FAILURE
		}
		return was(nil), 0
	case abi.MACH_NOTIFY_NO_SENDERS:
		p, kr := k.receive(name)
		switch {
		case kr != 0:
			return ipc.Cap{}, kr
		case p.ReplyPort:
			return ipc.Cap{}, abi.KERN_INVALID_RIGHT
		}
		return was(p.NoSendersRequest(n.Port, sync)), 0
	case abi.MACH_NOTIFY_DEAD_NAME, abi.MACH_NOTIFY_SEND_POSSIBLE:
		if !valid(name) {
			return ipc.Cap{}, abi.KERN_INVALID_ARGUMENT
		}
		possible := id == abi.MACH_NOTIFY_SEND_POSSIBLE
		// Of a dead name, mach_port_request_notification tells at once only if
		// it was asked for send-possible, or for anything armed.
		prev, kr := k.space.Request(name, n.Port, possible, possible && sync != 0, possible)
		return was(prev), kr
	}
	return ipc.Cap{}, abi.KERN_INVALID_VALUE
}
