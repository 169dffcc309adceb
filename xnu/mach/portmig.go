package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// portRoutines are subsystem mach_port (3200). A port that is no task's is
// KERN_INVALID_TASK to most of them.
func portRoutines() []routine {
	rows := []routine{
		onTask(3200, "mach_port_names", control, portNames),
		onTask(3201, "mach_port_type", control, portType),
		onTask(3203, "mach_port_allocate_name", control, portAllocateName),
		onTask(3204, "mach_port_allocate", control, portAllocate),
		onTask(3205, "mach_port_destroy", control, portDestroy),
		onTask(3206, "mach_port_deallocate", control, portDeallocate),
		onTask(3207, "mach_port_get_refs", control, portGetRefs),
		onTask(3208, "mach_port_mod_refs", control, portModRefs),
		onTask(3209, "mach_port_peek", control, portPeek),
		onTask(3210, "mach_port_set_mscount", control, portSetMscount),
		onTask(3211, "mach_port_get_set_status_from_user", read, portGetSetStatus),
		onTask(3212, "mach_port_move_member", control, portMoveMember),
		onTask(3213, "mach_port_request_notification", control, portRequestNotification).with(descPort),
		onTask(3214, "mach_port_insert_right", control, portInsertRight).with(descPort),
		onTask(3215, "mach_port_extract_right", control, portExtractRight),
		onTask(3216, "mach_port_set_seqno", control, portSetSeqno),
		onTask(3217, "mach_port_get_attributes_from_user", read, portGetAttributes),
		onTask(3218, "mach_port_set_attributes", control, portSetAttributes).array(),
		onTask(3222, "mach_port_get_srights", control, portGetSrights),
		onTask(3226, "mach_port_insert_member", control, portInsertMember),
		onTask(3227, "mach_port_extract_member", control, portExtractMember),
		onTask(3228, "mach_port_get_context_from_user", read, portGetContext),
		onTask(3229, "mach_port_set_context", control, portSetContext),
		onTask(3230, "mach_port_kobject_from_user", read, portKobject),
		onTask(3231, "mach_port_construct", control, portConstruct).with(descOOL),
		onTask(3232, "mach_port_destruct", control, portDestruct),
		onTask(3233, "mach_port_guard", control, portGuard),
		onTask(3234, "mach_port_unguard", control, portUnguard),
		onTask(3235, "mach_port_space_basic_info", inspect, portSpaceBasicInfo),
		onTask(3236, "mach_port_special_reply_port_reset_link", control, portResetLink),
		onTask(3237, "mach_port_guard_with_flags", control, portGuardWithFlags),
		onTask(3238, "mach_port_swap_guard", control, portSwapGuard),
		onTask(3242, "mach_port_assert_attributes", control, portAssertAttributes).array(),
	}
	for i := range rows {
		rows[i].null = abi.KERN_INVALID_TASK
	}
	return rows
}

type nameReq struct{ Name abi.Port }

// nameType is mach_port_type.
func (k *task) nameType(name abi.Port) (uint32, abi.KernReturn) {
	switch name {
	case abi.MACH_PORT_NULL:
		return 0, abi.KERN_INVALID_NAME
	case abi.MACH_PORT_DEAD:
		return abi.MACH_PORT_TYPE_DEAD_NAME, 0
	}
	return k.space.Type(name)
}

// destruct is mach_port_destruct.
func (k *task) destruct(name abi.Port, delta int32, guard uint64) abi.KernReturn {
	if !valid(name) {
		return abi.KERN_INVALID_NAME
	}
	return k.space.Destruct(name, delta, guard)
}

// portNames gives all names and their types, in two arrays out of line.
func portNames(c *call, k *task, _ *noArgs) abi.KernReturn {
	names, types := k.space.Names()
	c.putBytes(abi.Marshal(names))
	c.putBytes(abi.Marshal(types))
	c.put([]uint32{uint32(len(names)), uint32(len(types))})
	return 0
}

func portType(c *call, k *task, r *nameReq) abi.KernReturn {
	typ, kr := k.nameType(r.Name)
	c.put(typ)
	return kr
}

func portAllocateName(_ *call, k *task, r *struct {
	Right uint32
	Name  abi.Port
}) abi.KernReturn {
	if !valid(r.Name) {
		return abi.KERN_INVALID_VALUE
	}
	_, kr := k.allocateRight(r.Right, r.Name)
	return kr
}

func portAllocate(c *call, k *task, r *struct{ Right uint32 }) abi.KernReturn {
	name, kr := k.allocateRight(r.Right, 0)
	c.put(name)
	return kr
}

func portDestroy(_ *call, k *task, r *nameReq) abi.KernReturn { return k.space.DestroyName(r.Name) }

func portDeallocate(_ *call, k *task, r *nameReq) abi.KernReturn { return k.deallocateName(r.Name) }

type nameRightReq struct {
	Name  abi.Port
	Right uint32
}

func portGetRefs(c *call, k *task, r *nameRightReq) abi.KernReturn {
	if r.Right >= abi.MACH_PORT_RIGHT_NUMBER {
		return abi.KERN_INVALID_VALUE
	}
	if !valid(r.Name) {
		if r.Right == abi.MACH_PORT_RIGHT_SEND || r.Right == abi.MACH_PORT_RIGHT_SEND_ONCE {
			c.put(uint32(1))
			return 0
		}
		return abi.KERN_INVALID_NAME
	}
	n, kr := k.space.Refs(r.Name, r.Right)
	c.put(n)
	return kr
}

func portModRefs(_ *call, k *task, r *struct {
	Name  abi.Port
	Right uint32
	Delta int32
}) abi.KernReturn {
	return k.space.ModRefs(r.Name, r.Right, r.Delta)
}

// portPeek looks at a message without receiving it: seqno 0 is the first.
func portPeek(c *call, k *task, r *struct {
	Name         abi.Port
	Trailer      uint32
	Seqno, Count uint32
}) abi.KernReturn {
	if !valid(r.Name) {
		return abi.KERN_INVALID_RIGHT
	}
	elements := uint64(r.Trailer)
	if abi.MACH_RCV_TRAILER_ELEMENTS(r.Trailer) > abi.MACH_RCV_TRAILER_AUDIT || trailerSize(elements) > r.Count {
		return abi.KERN_INVALID_VALUE
	}
	p, kr := k.space.Receive(r.Name)
	if kr != 0 {
		return kr
	}
	m, seqno := p.PeekAt(r.Seqno)
	if m == nil {
		return abi.KERN_FAILURE
	}
	c.put(seqno)
	c.put(uint32(len(m.Data)))
	c.put(m.ID)
	full := abi.MachMsgMaxTrailer{TrailerSize: trailerSize(elements), Seqno: seqno, Sender: m.Security, Audit: m.Audit}
	b := abi.Marshal(full)
	b = b[:min(uint32(len(b)), r.Count)]
	c.put(uint32(len(b)))
	c.out = append(c.out, b...)
	return 0
}

func portSetMscount(_ *call, k *task, r *struct {
	Name  abi.Port
	Count uint32
}) abi.KernReturn {
	p, kr := k.receive(r.Name)
	if kr == 0 {
		p.SetMakeSendCount(r.Count)
	}
	return kr
}

func portSetSeqno(_ *call, k *task, r *struct {
	Name  abi.Port
	Seqno uint32
}) abi.KernReturn {
	p, kr := k.receive(r.Name)
	if kr == 0 {
		p.SetSeqno(r.Seqno)
	}
	return kr
}

func portGetSetStatus(c *call, k *task, r *nameReq) abi.KernReturn {
	if !valid(r.Name) {
		return abi.KERN_INVALID_RIGHT
	}
	s, kr := k.space.PortSet(r.Name)
	if kr != 0 {
		return kr
	}
	names := s.Members()
	c.putBytes(abi.Marshal(names))
	c.put(uint32(len(names)))
	return 0
}

type twoNamesReq struct{ Name, Set abi.Port }

func portMoveMember(_ *call, k *task, r *twoNamesReq) abi.KernReturn {
	return k.moveMember(r.Name, r.Set)
}

func portInsertMember(_ *call, k *task, r *twoNamesReq) abi.KernReturn {
	return k.insertMember(r.Name, r.Set)
}

func portExtractMember(_ *call, k *task, r *twoNamesReq) abi.KernReturn {
	return k.extractMember(r.Name, r.Set)
}

func portRequestNotification(c *call, k *task, r *struct {
	Name abi.Port
	ID   int32
	Sync uint32
}) abi.KernReturn {
	n := c.right(0)
	if n.Disp != abi.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		return abi.KERN_INVALID_CAPABILITY
	}
	prev, kr := k.requestNotification(r.Name, r.ID, r.Sync, n)
	if kr != 0 {
		return kr
	}
	c.takeRight(0)
	c.putPort(prev)
	return 0
}

func portInsertRight(c *call, k *task, r *nameReq) abi.KernReturn {
	return k.insertRight(r.Name, c.takeRight(0))
}

func portExtractRight(c *call, k *task, r *struct {
	Name abi.Port
	Disp uint32
}) abi.KernReturn {
	if ipc.Moved(r.Disp) == abi.MACH_MSG_TYPE_PORT_NONE {
		return abi.KERN_INVALID_VALUE
	}
	if !valid(r.Name) {
		return abi.KERN_INVALID_RIGHT
	}
	right, kr := k.space.CopyIn(r.Name, r.Disp)
	if kr == 0 {
		c.putPort(right)
	}
	return kr
}

type portAttributesReq struct {
	Name   abi.Port
	Flavor int32
	Count  uint32
}

func portGetAttributes(c *call, k *task, r *portAttributesReq) abi.KernReturn {
	info, kr := k.attributes(r.Name, r.Flavor, r.Count)
	c.putInfo(r.Count, info)
	return kr
}

func portSetAttributes(c *call, k *task, r *portAttributesReq) abi.KernReturn {
	info, _, ok := c.words(r.Count)
	if !ok {
		return abi.MIG_BAD_ARGUMENTS
	}
	return k.setAttributes(r.Name, r.Flavor, info)
}

// portAssertAttributes checks a strict guard.
func portAssertAttributes(c *call, k *task, r *portAttributesReq) abi.KernReturn {
	info, _, ok := c.words(r.Count)
	switch {
	case !ok:
		return abi.MIG_BAD_ARGUMENTS
	case r.Flavor != abi.MACH_PORT_GUARD_INFO:
		return abi.KERN_INVALID_ARGUMENT
	case len(info) < 8:
		return abi.KERN_FAILURE
	}
	p, kr := k.receive(r.Name)
	if kr == 0 && (!p.Guarded || !p.Strict || p.Context != le.Uint64(info)) {
		kr = abi.KERN_INVALID_ARGUMENT
	}
	return kr
}

func portGetSrights(c *call, k *task, r *nameReq) abi.KernReturn {
	p, kr := k.receive(r.Name)
	if kr != 0 {
		return kr
	}
	_, n, _ := p.Rights()
	c.put(n)
	return 0
}

func portGetContext(c *call, k *task, r *nameReq) abi.KernReturn {
	p, kr := k.receive(r.Name)
	if kr != 0 {
		return kr
	}
	v := p.Context
	if p.Strict {
		v = 0 // a strict guard is a secret
	}
	c.put(v)
	return 0
}

func portSetContext(_ *call, k *task, r *struct {
	Name    abi.Port
	Context uint64
}) abi.KernReturn {
	p, kr := k.receive(r.Name)
	switch {
	case kr != 0:
		return kr
	case p.Strict:
		return abi.KERN_INVALID_ARGUMENT
	}
	p.Context = r.Context
	return 0
}

// kobjectType is IKOT_ of osfmk/kern/ipc_kobject.h, for mach_port_kobject.
func kobjectType(o any) uint32 {
	switch o := o.(type) {
	case taskPort:
		return [...]uint32{control: 2, read: 45, inspect: 44, nameOnly: 20}[o.flavor]
	case threadPort:
		return [...]uint32{control: 1, read: 47, inspect: 46, nameOnly: 46}[o.flavor]
	case *host:
		return 3
	case *processorSet:
		return 7
	case *semaphore:
		return 23
	case *clock:
		return 25
	case *voucher:
		return 37
	case *memoryEntry:
		return 28
	case *timer:
		return 8
	case *filePort:
		return 34
	case *suspension:
		return 36
	}
	return 0
}

// portKobject tells what a send right stands for; the address is always 0, as to
// all but developers' kernels.
func portKobject(c *call, k *task, r *nameReq) abi.KernReturn {
	p := k.space.Any(r.Name)
	if p == nil {
		return abi.KERN_INVALID_RIGHT
	}
	c.put(kobjectType(p.Object))
	c.put(uint64(0))
	return 0
}

func portConstruct(c *call, k *task, r *struct {
	Count   uint32
	Context uint64
}) abi.KernReturn {
	var o abi.MachPortOptions
	m, ok := c.m.Descs[0].Memory.(memory)
	if !ok || m.size() < uint64(abi.SizeOf(o)) {
		return abi.KERN_INVALID_ARGUMENT
	}
	b := make([]byte, abi.SizeOf(o))
	if err := m.readAt(b, 0); err != nil {
		return vmError(err)
	}
	abi.Unmarshal(b, &o)
	name, kr := k.construct(&o, r.Context)
	c.put(name)
	return kr
}

func portDestruct(_ *call, k *task, r *struct {
	Name  abi.Port
	Delta int32
	Guard uint64
}) abi.KernReturn {
	return k.destruct(r.Name, r.Delta, r.Guard)
}

func portGuard(_ *call, k *task, r *struct {
	Name   abi.Port
	Guard  uint64
	Strict uint32
}) abi.KernReturn {
	return k.guard(r.Name, r.Guard, r.Strict != 0, false)
}

func portGuardWithFlags(_ *call, k *task, r *struct {
	Name         abi.Port
	Guard, Flags uint64
}) abi.KernReturn {
	const strict, immovable = 1, 2 // MPG_STRICT, MPG_IMMOVABLE_RECEIVE
	return k.guard(r.Name, r.Guard, r.Flags&strict != 0, r.Flags&immovable != 0)
}

func portUnguard(_ *call, k *task, r *struct {
	Name  abi.Port
	Guard uint64
}) abi.KernReturn {
	return k.unguard(r.Name, r.Guard)
}

func portSwapGuard(_ *call, k *task, r *struct {
	Name     abi.Port
	Old, New uint64
}) abi.KernReturn {
	if !valid(r.Name) {
		return abi.KERN_INVALID_NAME
	}
	p, kr := k.space.Receive(r.Name)
	switch {
	case kr != 0:
		return kr
	case !p.Guarded || p.Strict || p.Context != r.Old:
		return abi.KERN_INVALID_ARGUMENT
	}
	p.Context = r.New
	return 0
}

// portSpaceBasicInfo is ipc_info_space_basic: generations, table sizes, use.
func portSpaceBasicInfo(c *call, k *task, _ *noArgs) abi.KernReturn {
	names, _ := k.space.Names()
	size := uint32(k.space.TableSize())
	// genno_mask, table_size, table_next, table_inuse, reserved[2].
	c.put([]uint32{0x3f, size, size * 2, uint32(len(names)), 0, 0})
	return 0
}

// portResetLink takes a special reply port out of the chain of those that wait
// for each other; no priorities follow it.
func portResetLink(_ *call, k *task, r *nameReq) abi.KernReturn {
	if !valid(r.Name) {
		return abi.KERN_INVALID_CAPABILITY
	}
	p, kr := k.space.Receive(r.Name)
	if kr == 0 && !p.SpecialReply {
		kr = abi.KERN_INVALID_ARGUMENT
	}
	return kr
}
