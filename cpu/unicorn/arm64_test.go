package unicorn

import (
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

func newARM(t testing.TB, code ...uint32) *vm {
	t.Helper()
	v := newVM(t, cpu.ARM64, Options{Preempt: true})
	v.load(words(code...))
	return v
}

func TestARM64Syscall(t *testing.T) {
	v := newARM(t,
		0xd2800290, // mov x16, #20
		0xd4001001, // svc #0x80
		0x54000002, // b.cs .
		0x8b010000, // add x0, x0, x1
		0xd4000001) // svc #0
	tr := v.expect(cpu.Syscall, codeAt+8)
	if tr.Num != 0x80 {
		t.Errorf("svc immediate %#x", tr.Num)
	}
	v.wantReg("x16", 16, 20)
	v.set(0, 40)
	v.set(1, 2)
	v.set(cpu.NZCV, 0)
	tr = v.expect(cpu.Syscall, codeAt+20)
	if tr.Num != 0 {
		t.Errorf("svc immediate %#x", tr.Num)
	}
	v.wantReg("x0", 0, 42)
	v.wantReg("sp", cpu.SP, stackAt+0x8000)
}

func TestARM64Fault(t *testing.T) {
	v := newARM(t, 0xf9000001) // str x1, [x0]
	v.set(0, holeAt+0x1235)
	v.expectFault(codeAt, holeAt+0x1235, mem.Store, mem.Unmapped)
}
