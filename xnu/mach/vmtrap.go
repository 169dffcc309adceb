package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The memory traps of osfmk/ipc/mach_kernelrpc.c. They serve the caller's own task
// only: for any other port they answer MACH_SEND_INVALID_DEST, upon which the
// library sends the message of the same purpose.

func vmRows() []kern.Row {
	return []kern.Row{
		kern.MachTrap(10, "_kernelrpc_mach_vm_allocate_trap", kern.RetKern, kern.Full, vmAllocateTrap),
		kern.MachTrap(11, "_kernelrpc_mach_vm_purgable_control_trap", kern.RetKern, kern.Full, vmPurgableTrap),
		kern.MachTrap(12, "_kernelrpc_mach_vm_deallocate_trap", kern.RetKern, kern.Full, vmDeallocateTrap),
		kern.MachTrap(14, "_kernelrpc_mach_vm_protect_trap", kern.RetKern, kern.Full, vmProtectTrap),
		kern.MachTrap(15, "_kernelrpc_mach_vm_map_trap", kern.RetKern, kern.Full, vmMapTrap),
	}
}

// current is port_name_to_current_task_noref: the caller's task if the name is
// its own port.
func current(t *kern.Thread, name abi.Port, want flavor) (*task, error) {
	k := self(t)
	if o := k.taskNamed(name, want); o != k {
		return nil, abi.MACH_SEND_INVALID_DEST
	}
	return k, nil
}

// status makes a handler's results of a kern_return_t.
func status(kr abi.KernReturn) (uint64, error) { return uint64(kr), nil }

type vmAllocateArgs struct {
	Target abi.Port
	Addr   abi.Ptr `out:"8"`
	Size   abi.Size
	Flags  uint32 `flags:"vm"`
}

func vmAllocateTrap(t *kern.Thread, a *vmAllocateArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	addr, err := t.Space().Load64(uint64(a.Addr))
	if err != nil {
		return 0, abi.KERN_INVALID_ADDRESS
	}
	got, kr := k.allocate(addr, uint64(a.Size), a.Flags)
	if kr != 0 {
		return status(kr)
	}
	return 0, machCopyOut(t, a.Addr, got)
}

type vmRangeArgs struct {
	Target abi.Port
	Addr   abi.Ptr
	Size   abi.Size
}

func vmDeallocateTrap(t *kern.Thread, a *vmRangeArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	return status(k.deallocate(uint64(a.Addr), uint64(a.Size)))
}

type vmProtectArgs struct {
	Target abi.Port
	Addr   abi.Ptr
	Size   abi.Size
	SetMax int32
	Prot   uint32 `flags:"prot"`
}

func vmProtectTrap(t *kern.Thread, a *vmProtectArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	return status(k.protect(uint64(a.Addr), uint64(a.Size), a.SetMax != 0, a.Prot))
}

type vmMapArgs struct {
	Target abi.Port
	Addr   abi.Ptr `out:"8"`
	Size   abi.Size
	Mask   uint64
	Flags  uint32 `flags:"vm"`
	Prot   uint32 `flags:"prot"`
}

func vmMapTrap(t *kern.Thread, a *vmMapArgs) (uint64, error) {
	k, err := current(t, a.Target, control)
	if err != nil {
		return 0, err
	}
	addr, err := t.Space().Load64(uint64(a.Addr))
	if err != nil {
		return 0, abi.KERN_INVALID_ADDRESS
	}
	got, kr := k.vmMap(&mapping{addr: addr, size: uint64(a.Size), mask: a.Mask, flags: a.Flags,
		cur: a.Prot, max: abi.VM_PROT_ALL, inherit: abi.VM_INHERIT_DEFAULT})
	if kr != 0 {
		return status(kr)
	}
	return 0, machCopyOut(t, a.Addr, got)
}

type vmPurgableArgs struct {
	Target  abi.Port
	Addr    abi.Ptr
	Control int32
	State   abi.Ptr `out:"4"`
}

func vmPurgableTrap(t *kern.Thread, a *vmPurgableArgs) (uint64, error) {
	want := control
	if a.Control == abi.VM_PURGABLE_GET_STATE {
		want = read
	}
	k, err := current(t, a.Target, want)
	if err != nil {
		return 0, err
	}
	state, err := t.Space().Load32(uint64(a.State))
	if err != nil {
		return 0, abi.KERN_INVALID_ADDRESS
	}
	old, kr := k.purgableControl(uint64(a.Addr), a.Control, int32(state))
	if kr != 0 {
		return status(kr)
	}
	return 0, machCopyOut(t, a.State, old)
}
