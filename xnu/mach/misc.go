package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// miscRows are the traps that belong nowhere else.
func miscRows() []kern.Row {
	const swap = "the errno ENOTSUP, as XNU itself answers since it compresses memory"
	return []kern.Row{
		kern.MachTrap(13, "task_dyld_process_info_notify_get_trap", kern.RetKern, kern.Full, dyldNotifyGet),
		kern.MachTrap(48, "macx_swapon", kern.RetInt, kern.Full, macxSwapon, swap),
		kern.MachTrap(49, "macx_swapoff", kern.RetInt, kern.Full, macxSwapoff, swap),
		kern.MachTrap(51, "macx_triggers", kern.RetInt, kern.Full, macxTriggers),
		kern.MachTrap(52, "macx_backing_store_suspend", kern.RetInt, kern.Full, macxBackingStore, swap),
		kern.MachTrap(53, "macx_backing_store_recovery", kern.RetInt, kern.Full, macxBackingStore, swap),
		kern.MachTrap(58, "pfz_exit", kern.RetKern, kern.Full, pfzExit),
		kern.MachTrap(88, "_exclaves_ctl_trap", kern.RetKern, kern.Full, exclavesCtl, "as on a machine without exclaves"),
	}
}

type dyldNotifyGetArgs struct{ Names, Count abi.Ptr }

// dyldNotifyGet finds nobody who wants to hear of loaded images. XNU then clears
// the word by which dyld knows to ask.
func dyldNotifyGet(t *kern.Thread, a *dyldNotifyGetArgs) (uint64, error) {
	if a.Names == 0 || a.Count == 0 {
		return 0, abi.KERN_INVALID_ARGUMENT
	}
	n, err := t.Space().Load32(uint64(a.Count))
	if err != nil {
		return 0, abi.KERN_INVALID_ADDRESS
	}
	if n == 0 {
		return 0, abi.KERN_NO_SPACE
	}
	// notifyMachPorts of struct dyld_all_image_infos, 64 bits.
	const notifyPorts = 224
	if infos := t.Proc.Exec.AllImageInfo; infos != 0 {
		_ = t.Space().Store32(infos+notifyPorts, 0)
	}
	return 0, machCopyOut(t, a.Count, uint32(0))
}

type macxSwaponArgs struct {
	Filename              uint64
	Flags, Size, Priority int32
}

func macxSwapon(*kern.Thread, *macxSwaponArgs) (uint64, error) { return uint64(abi.ENOTSUP), nil }

type macxSwapoffArgs struct {
	Filename uint64
	Flags    int32
}

func macxSwapoff(*kern.Thread, *macxSwapoffArgs) (uint64, error) { return uint64(abi.ENOTSUP), nil }

type macxTriggersArgs struct {
	High, Low, Flags int32
	Alert            abi.Port
}

// macxTriggers: only the superuser may ask for compaction of swap, and there is
// none to compact.
func macxTriggers(t *kern.Thread, a *macxTriggersArgs) (uint64, error) {
	const compact = 0x10 | 0x20 // SWAP_COMPACT_DISABLE, SWAP_COMPACT_ENABLE
	if a.Flags&compact == 0 {
		return uint64(abi.ENOTSUP), nil
	}
	if t.Proc.Cred.EUID != 0 {
		return uint64(abi.EPERM), nil
	}
	return 0, nil
}

type macxBackingStoreArgs struct{ Arg uint64 }

func macxBackingStore(*kern.Thread, *macxBackingStoreArgs) (uint64, error) {
	return uint64(abi.ENOTSUP), nil
}

// pfzExit is called by code in the commpage that was to be preempted: it has been.
func pfzExit(*kern.Thread, *kern.NoArgs) (uint64, error) { return 0, nil }

type exclavesArgs struct {
	Name       abi.Port
	Operation  uint32
	Identifier uint64
	Buffer     abi.Ptr
	Size       abi.Size
	Size2      abi.Size
	Offset     abi.Size
	Status     abi.Ptr
}

func exclavesCtl(*kern.Thread, *exclavesArgs) (uint64, error) { return 0, abi.KERN_NOT_SUPPORTED }

// filePort is an open file that travels as a right (bsd/kern/kern_descrip.c,
// fileport_makeport).
type filePort struct {
	f    *kern.File
	port *ipc.Port
}

// NoSenders closes the file with the last right.
func (fp *filePort) NoSenders(p *ipc.Port) {
	p.Destroy()
	fp.f.Unref()
}

// makeFilePort gives the thread's task a right to an open file: kern's hook for
// fileport_makeport.
func makeFilePort(t *kern.Thread, f *kern.File) abi.Port {
	k := self(t)
	fp := &filePort{f: f.Ref()}
	fp.port = k.sys.world.NewKernelPort(fp)
	return k.copyOutSend(fp.port.MakeSend())
}

// filePortFile is the file behind a name; nil if it is none.
func filePortFile(t *kern.Thread, name abi.Port) *kern.File {
	if fp, ok := self(t).object(name).(*filePort); ok {
		return fp.f
	}
	return nil
}
