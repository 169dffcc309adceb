package mach

import (
	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// stateFlavor is one kind of thread state: its size in bytes and how it is read
// and written; set nil means that writing it changes nothing.
type stateFlavor struct {
	flavor int32
	size   int
	get    func(t *kern.Thread, b []byte)
	set    func(t *kern.Thread, b []byte)
}

// The flavours of machine_thread_get_state (osfmk/i386/pcb.c, osfmk/arm64/status.c).
func stateFlavors(a cpu.Arch) []stateFlavor {
	if a == cpu.ARM64 {
		return []stateFlavor{
			{abi.ARM_THREAD_STATE64, 4 * abi.ARM_THREAD_STATE64_COUNT, (*kern.Thread).GetARMThreadState64, (*kern.Thread).SetARMThreadState64},
			{abi.ARM_EXCEPTION_STATE64, 4 * abi.ARM_EXCEPTION_STATE64_COUNT, (*kern.Thread).GetExceptionState, nil},
			{abi.ARM_NEON_STATE64, 4 * abi.ARM_NEON_STATE64_COUNT, (*kern.Thread).GetNeonState64, (*kern.Thread).SetNeonState64},
			{abi.ARM_THREAD_STATE, 4 * abi.ARM_UNIFIED_THREAD_STATE_COUNT,
				withHeader(abi.ARM_THREAD_STATE64, (*kern.Thread).GetARMThreadState64),
				belowHeader(abi.ARM_THREAD_STATE64, (*kern.Thread).SetARMThreadState64)},
			{abi.ARM_DEBUG_STATE64, 4 * abi.ARM_DEBUG_STATE64_COUNT, noState, nil},
		}
	}
	return []stateFlavor{
		{abi.X86_THREAD_STATE64, 4 * abi.X86_THREAD_STATE64_COUNT, (*kern.Thread).GetThreadState64, (*kern.Thread).SetThreadState64},
		{abi.X86_FLOAT_STATE64, 4 * abi.X86_FLOAT_STATE64_COUNT, (*kern.Thread).GetFloatState64, (*kern.Thread).SetFloatState64},
		{abi.X86_EXCEPTION_STATE64, 4 * abi.X86_EXCEPTION_STATE64_COUNT, (*kern.Thread).GetExceptionState, nil},
		{abi.X86_THREAD_STATE, 4 * abi.X86_THREAD_STATE_COUNT,
			withHeader(abi.X86_THREAD_STATE64, (*kern.Thread).GetThreadState64),
			belowHeader(abi.X86_THREAD_STATE64, (*kern.Thread).SetThreadState64)},
		{abi.X86_FLOAT_STATE, 4 * abi.X86_FLOAT_STATE_COUNT,
			withHeader(abi.X86_FLOAT_STATE64, (*kern.Thread).GetFloatState64),
			belowHeader(abi.X86_FLOAT_STATE64, (*kern.Thread).SetFloatState64)},
		{abi.X86_EXCEPTION_STATE, 4 * abi.X86_EXCEPTION_STATE_COUNT,
			withHeader(abi.X86_EXCEPTION_STATE64, (*kern.Thread).GetExceptionState), nil},
		{abi.X86_DEBUG_STATE64, 4 * abi.X86_DEBUG_STATE64_COUNT, noState, nil},
	}
}

// noState is for debug registers: none is in use.
func noState(*kern.Thread, []byte) {}

// withHeader puts in front of a state which one it is and how many words long.
func withHeader(flavor int32, get func(*kern.Thread, []byte)) func(*kern.Thread, []byte) {
	return func(t *kern.Thread, b []byte) {
		le.PutUint32(b, uint32(flavor))
		le.PutUint32(b[4:], uint32(len(b)-8)/4)
		get(t, b[8:])
	}
}

func belowHeader(flavor int32, set func(*kern.Thread, []byte)) func(*kern.Thread, []byte) {
	return func(t *kern.Thread, b []byte) {
		if int32(le.Uint32(b)) == flavor {
			set(t, b[8:])
		}
	}
}

func flavorOf(a cpu.Arch, flavor int32) *stateFlavor {
	for _, f := range stateFlavors(a) {
		if f.flavor == flavor {
			return &f
		}
	}
	return nil
}

// getState is thread_get_state: at most room words, which must hold the flavour.
func getState(t *kern.Thread, flavor int32, room uint32) ([]byte, abi.KernReturn) {
	f := flavorOf(t.Arch(), flavor)
	if f == nil || uint64(room)*4 < uint64(f.size) {
		return nil, abi.KERN_INVALID_ARGUMENT
	}
	b := make([]byte, f.size)
	f.get(t, b)
	return b, 0
}

// setState is thread_set_state. Debug registers can only be cleared: watchpoints
// are a debugger's, not here.
func setState(t *kern.Thread, flavor int32, b []byte) abi.KernReturn {
	f := flavorOf(t.Arch(), flavor)
	if f == nil || len(b) < f.size {
		return abi.KERN_INVALID_ARGUMENT
	}
	if f.set != nil {
		f.set(t, b[:f.size])
		return 0
	}
	if flavor == abi.X86_DEBUG_STATE64 && t.Arch() == cpu.X86_64 || flavor == abi.ARM_DEBUG_STATE64 && t.Arch() == cpu.ARM64 {
		for _, x := range b[:f.size] {
			if x != 0 {
				t.Machine().Note("mach debug registers")
				return abi.KERN_NOT_SUPPORTED
			}
		}
	}
	return 0
}
