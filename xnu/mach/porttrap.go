package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// The port traps of osfmk/ipc/mach_kernelrpc.c. Like the memory traps they serve
// the caller's own task and answer MACH_SEND_INVALID_DEST otherwise.

func portRows() []kern.Row {
	return []kern.Row{
		kern.MachTrap(16, "_kernelrpc_mach_port_allocate_trap", kern.RetKern, kern.Full, portAllocateTrap),
		kern.MachTrap(18, "_kernelrpc_mach_port_deallocate_trap", kern.RetKern, kern.Full, portDeallocateTrap),
		kern.MachTrap(19, "_kernelrpc_mach_port_mod_refs_trap", kern.RetKern, kern.Full, portModRefsTrap),
		kern.MachTrap(20, "_kernelrpc_mach_port_move_member_trap", kern.RetKern, kern.Full, portMoveMemberTrap),
		kern.MachTrap(21, "_kernelrpc_mach_port_insert_right_trap", kern.RetKern, kern.Full, portInsertRightTrap),
		kern.MachTrap(22, "_kernelrpc_mach_port_insert_member_trap", kern.RetKern, kern.Full, portInsertMemberTrap),
		kern.MachTrap(23, "_kernelrpc_mach_port_extract_member_trap", kern.RetKern, kern.Full, portExtractMemberTrap),
		kern.MachTrap(24, "_kernelrpc_mach_port_construct_trap", kern.RetKern, kern.Partial, portConstructTrap,
			"service and connection ports are refused: there is no launchd"),
		kern.MachTrap(25, "_kernelrpc_mach_port_destruct_trap", kern.RetKern, kern.Full, portDestructTrap),
		kern.MachTrap(40, "_kernelrpc_mach_port_get_attributes_trap", kern.RetKern, kern.Full, portGetAttributesTrap),
		kern.MachTrap(41, "_kernelrpc_mach_port_guard_trap", kern.RetKern, kern.Full, portGuardTrap),
		kern.MachTrap(42, "_kernelrpc_mach_port_unguard_trap", kern.RetKern, kern.Full, portUnguardTrap),
		kern.MachTrap(76, "_kernelrpc_mach_port_type_trap", kern.RetKern, kern.Full, portTypeTrap),
		kern.MachTrap(77, "_kernelrpc_mach_port_request_notification_trap", kern.RetKern, kern.Full, portRequestNotificationTrap),
	}
}

type portAllocateArgs struct {
	Target abi.Port
	Right  uint32
	Name   abi.Ptr `out:"4"`
}

func portAllocateTrap(t *kern.Thread, a *portAllocateArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	name, kr := k.allocateRight(a.Right, 0)
	if kr != 0 {
		return status(kr)
	}
	return 0, machCopyOut(t, a.Name, name)
}

type portNameArgs struct{ Target, Name abi.Port }

func portDeallocateTrap(t *kern.Thread, a *portNameArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	return status(k.deallocateName(a.Name))
}

type portModRefsArgs struct {
	Target, Name abi.Port
	Right        uint32
	Delta        int32
}

func portModRefsTrap(t *kern.Thread, a *portModRefsArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	return status(k.space.ModRefs(a.Name, a.Right, a.Delta))
}

type portMemberArgs struct{ Target, Name, Set abi.Port }

func portMoveMemberTrap(t *kern.Thread, a *portMemberArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	return status(k.moveMember(a.Name, a.Set))
}

func portInsertMemberTrap(t *kern.Thread, a *portMemberArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	return status(k.insertMember(a.Name, a.Set))
}

func portExtractMemberTrap(t *kern.Thread, a *portMemberArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	return status(k.extractMember(a.Name, a.Set))
}

type portInsertRightArgs struct {
	Target, Name, Poly abi.Port
	Disp               uint32
}

func portInsertRightTrap(t *kern.Thread, a *portInsertRightArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	right, kr := k.space.CopyIn(a.Poly, a.Disp)
	if kr != 0 {
		return status(kr)
	}
	return status(k.insertRight(a.Name, right))
}

type portConstructArgs struct {
	Target  abi.Port
	Options abi.Ptr
	Context uint64
	Name    abi.Ptr `out:"4"`
}

func portConstructTrap(t *kern.Thread, a *portConstructArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	var o abi.MachPortOptions
	b := make([]byte, abi.SizeOf(o))
	if t.Space().CopyIn(b, uint64(a.Options)) != nil {
		return 0, abi.KERN_INVALID_ADDRESS
	}
	abi.Unmarshal(b, &o)
	name, kr := k.construct(&o, a.Context)
	if kr != 0 {
		return status(kr)
	}
	return 0, machCopyOut(t, a.Name, name)
}

type portDestructArgs struct {
	Target, Name abi.Port
	Delta        int32
	Guard        uint64
}

func portDestructTrap(t *kern.Thread, a *portDestructArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	return status(k.destruct(a.Name, a.Delta, a.Guard))
}

type portGetAttributesArgs struct {
	Target, Name abi.Port
	Flavor       int32
	Info, Count  abi.Ptr
}

func portGetAttributesTrap(t *kern.Thread, a *portGetAttributesArgs) (uint64, error) {
	k, err := current(t, a.Target, read)
	if err != nil {
		return 0, err
	}
	room, err := t.Space().Load32(uint64(a.Count))
	if err != nil {
		return 0, abi.KERN_INVALID_ADDRESS
	}
	info, kr := k.attributes(a.Name, a.Flavor, min(room, 17))
	if kr != 0 {
		return status(kr)
	}
	if err := machCopyOut(t, a.Count, uint32(len(info)/4)); err != nil {
		return 0, err
	}
	if t.Space().CopyOut(uint64(a.Info), info) != nil {
		return 0, abi.KERN_INVALID_ADDRESS
	}
	return 0, nil
}

type portGuardArgs struct {
	Target, Name abi.Port
	Guard        uint64
	Strict       int32
}

func portGuardTrap(t *kern.Thread, a *portGuardArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	return status(k.guard(a.Name, a.Guard, a.Strict != 0, false))
}

type portUnguardArgs struct {
	Target, Name abi.Port
	Guard        uint64
}

func portUnguardTrap(t *kern.Thread, a *portUnguardArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	return status(k.unguard(a.Name, a.Guard))
}

type portTypeArgs struct {
	Target, Name abi.Port
	Type         abi.Ptr `out:"4"`
}

func portTypeTrap(t *kern.Thread, a *portTypeArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	typ, kr := k.nameType(a.Name)
	if kr != 0 {
		return status(kr)
	}
	return 0, machCopyOut(t, a.Type, typ)
}

type portRequestNotificationArgs struct {
	Target, Name abi.Port
	ID           int32
	Sync         uint32
	Notify       abi.Port
	Disp         uint32
	Previous     abi.Ptr `out:"4"`
}

func portRequestNotificationTrap(t *kern.Thread, a *portRequestNotificationArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	if ipc.Moved(a.Disp) != abi.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		return 0, abi.MACH_SEND_INVALID_DEST
	}
	n, kr := k.space.CopyIn(a.Notify, a.Disp)
	if kr != 0 {
		return status(kr)
	}
	prev, kr := k.requestNotification(a.Name, a.ID, a.Sync, n)
	if kr != 0 {
		n.Release()
		return status(kr)
	}
	name, kr := k.space.CopyOut(prev)
	if kr != 0 {
		prev.Release()
		return status(kr)
	}
	return 0, machCopyOut(t, a.Previous, name)
}
