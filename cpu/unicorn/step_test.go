package unicorn

import (
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

func (v *vm) stepTo(pc uint64) {
	v.t.Helper()
	v.check(v.e.Step(v.ctx, v.space), cpu.SingleStep, pc)
}

func TestX86Step(t *testing.T) {
	v := newX86(t,
		0xb8, 1, 0, 0, 0, // 0 mov eax, 1
		0x50,       // 5 push rax
		0xff, 0xc8, // 6 dec eax
		0x59,       // 8 pop rcx
		0xeb, 0x02, // 9 jmp 13
		0x0f, 0x0b, // 11 ud2
		0x75, 0xfe, // 13 jnz 13
		0x48, 0x8b, 0x07, // 15 mov rax, [rdi]
		0x0f, 0x05) // 18 syscall
	v.set(cpu.RDI, dataAt)
	for i := range 3 {
		v.start(codeAt)
		v.set(cpu.RCX, 9)
		for _, pc := range []uint64{5, 6, 8, 9, 13, 15, 18} {
			v.stepTo(codeAt + pc)
		}
		v.wantReg("rcx", cpu.RCX, 1)
		v.check(v.e.Step(v.ctx, v.space), cpu.Syscall, codeAt+20)
		// Having been translated must not matter, nor having been stepped.
		v.start(codeAt)
		v.expect(cpu.Syscall, codeAt+20)
		if n := v.e.Blocks(); n != uint64(i+1)*3 {
			t.Errorf("%d blocks after round %d", n, i)
		}
	}
	v.start(codeAt + 11)
	v.check(v.e.Step(v.ctx, v.space), cpu.Illegal, codeAt+11)
	v.start(codeAt + 15)
	v.set(cpu.RDI, holeAt)
	v.check(v.e.Step(v.ctx, v.space), cpu.MemoryFault, codeAt+15)
	v.start(holeAt)
	tr := v.e.Step(v.ctx, v.space)
	v.check(tr, cpu.MemoryFault, holeAt)
	if tr.Fault.Access != mem.Fetch || tr.Fault.Addr != holeAt {
		t.Errorf("fault %v", &tr.Fault)
	}
	// A jump to nowhere is a step; the fault is the next one's.
	v.poke(codeAt+0x100, []byte{0xff, 0xe7}) // jmp rdi
	v.start(codeAt + 0x100)
	v.stepTo(holeAt)
	v.check(v.e.Step(v.ctx, v.space), cpu.MemoryFault, holeAt)
	// The last instruction of the last page.
	end := uint64(codeAt + 0x10000)
	v.poke(end-3, []byte{0x48, 0xff, 0xc0})
	v.start(end - 3)
	v.stepTo(end)
	// An instruction that is cut off.
	v.poke(end-2, []byte{0x48, 0xff})
	v.start(end - 2)
	tr = v.e.Step(v.ctx, v.space)
	v.check(tr, cpu.MemoryFault, end-2)
	if tr.Fault.Access != mem.Fetch || tr.Fault.Addr != end {
		t.Errorf("fault %v", &tr.Fault)
	}
	// One iteration of a repeated one.
	v.poke(codeAt+0x200, []byte{0xf3, 0xa4})
	v.start(codeAt + 0x200)
	v.set(cpu.RSI, dataAt)
	v.set(cpu.RDI, dataAt+0x100)
	v.set(cpu.RCX, 2)
	v.stepTo(codeAt + 0x200)
	v.wantReg("rcx", cpu.RCX, 1)
}

func TestARM64Step(t *testing.T) {
	v := newARM(t,
		0xd2800020, // 0 mov x0, #1
		0xf9000041, // 4 str x1, [x2]
		0xb4000040, // 8 cbz x0, 16
		0x14000002, // 12 b 20
		0x00000000, // 16 udf
		0xd503207f, // 20 wfi
		0xf9400043, // 24 ldr x3, [x2]
		0xd4000001) // 28 svc
	for range 3 {
		v.start(codeAt)
		v.set(1, 5)
		v.set(2, dataAt)
		for _, pc := range []uint64{4, 8, 12, 20, 24, 28} {
			v.stepTo(codeAt + pc)
		}
		v.wantReg("x3", 3, 5)
		v.check(v.e.Step(v.ctx, v.space), cpu.Syscall, codeAt+32)
		v.start(codeAt)
		v.expect(cpu.Syscall, codeAt+32)
	}
	v.start(codeAt + 16)
	v.check(v.e.Step(v.ctx, v.space), cpu.Illegal, codeAt+16)
	v.poke(codeAt+16, words(0x9ac23023)) // pacga
	v.start(codeAt + 16)
	v.stepTo(codeAt + 20)
}
