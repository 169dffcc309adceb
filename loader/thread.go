package loader

import "github.com/beagle-emu/beagle/cpu"

// unixThread reads the registers of LC_UNIXTHREAD as load_unixthread does: a
// list of flavor, count, words, of which only the 64-bit general state of the
// slice's own architecture is acceptable (thread_userstack, thread_entrypoint).
func (f *File) unixThread(c command) error {
	if f.lcMain || f.thread {
		return fail(BadExec, "more than one of LC_MAIN and LC_UNIXTHREAD")
	}
	flavor, count := uint32(lcThreadStateX86), uint32(lcThreadCountX86)
	if f.arch == cpu.ARM64 {
		flavor, count = lcThreadStateARM, lcThreadCountARM
	}
	b := c.data[8:]
	if len(b) == 0 {
		return fail(BadMachO, "LC_UNIXTHREAD without registers")
	}
	for len(b) > 0 {
		if len(b) < 8 {
			return fail(BadMachO, "LC_UNIXTHREAD ends inside a thread state")
		}
		gotFlavor, gotCount := le.Uint32(b), le.Uint32(b[4:])
		if uint64(gotCount)*4 > uint64(len(b)-8) {
			return fail(BadMachO, "LC_UNIXTHREAD has %d words of state in %d bytes", gotCount, len(b)-8)
		}
		if gotFlavor != flavor || gotCount != count {
			return fail(BadExec, "LC_UNIXTHREAD has thread state %d of %d words, not %s's", gotFlavor, gotCount, f.arch)
		}
		f.regs = threadRegs(f.arch, b[8:])
		b = b[8+4*count:]
	}
	if f.regs[f.arch.PCIndex()] == 0 {
		return fail(BadExec, "LC_UNIXTHREAD starts at address 0")
	}
	f.thread = true
	return nil
}

// threadRegs converts x86_thread_state64_t or arm_thread_state64_t to the order
// of cpu.Regs. Flags are reduced to what a user thread may set.
func threadRegs(arch cpu.Arch, b []byte) []uint64 {
	r := make([]uint64, cpu.NumRegs)
	at := func(i int) uint64 { return le.Uint64(b[8*i:]) }
	if arch == cpu.ARM64 {
		for i := range 31 {
			r[i] = at(i)
		}
		r[cpu.SP], r[cpu.PC] = at(31), at(32)
		r[cpu.NZCV] = uint64(le.Uint32(b[33*8:])) & 0xf0000000
		return r
	}
	for i, reg := range [...]int{cpu.RAX, cpu.RBX, cpu.RCX, cpu.RDX, cpu.RDI, cpu.RSI, cpu.RBP, cpu.RSP,
		cpu.R8, cpu.R9, cpu.R10, cpu.R11, cpu.R12, cpu.R13, cpu.R14, cpu.R15, cpu.RIP} {
		r[reg] = at(i)
	}
	// EFL_USER_CLEAR and EFL_USER_SET of osfmk/i386/eflags.h, within the bits
	// that user code can write; bit 1 always reads as one.
	const (
		writable = 0x240dd5 // CF PF AF ZF SF TF DF OF AC ID
		always   = 0x202    // IF and bit 1
	)
	r[cpu.RFLAGS] = at(17)&writable | always
	return r
}
