package unicorn

import (
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

func newX86(t testing.TB, code ...byte) *vm {
	t.Helper()
	v := newVM(t, cpu.X86_64, Options{Preempt: true})
	v.load(code)
	return v
}

func TestX86Syscall(t *testing.T) {
	v := newX86(t,
		0xb8, 0x14, 0, 0, 0x02, // mov eax, 0x2000014
		0x0f, 0x05, // syscall
		0x72, 0xfe, // jc .
		0x48, 0x01, 0xd0, // add rax, rdx
		0x0f, 0x05) // syscall
	v.set(cpu.RCX, 0x1111)
	v.set(cpu.R11, 0x2222)
	v.expect(cpu.Syscall, codeAt+7)
	v.wantReg("rax", cpu.RAX, 0x2000014)
	// Unlike the hardware the engine leaves these; XNU's kernel overwrites them.
	v.wantReg("rcx", cpu.RCX, 0x1111)
	v.wantReg("r11", cpu.R11, 0x2222)
	v.set(cpu.RAX, 40)
	v.set(cpu.RDX, 2)
	v.set(cpu.RFLAGS, v.reg(cpu.RFLAGS)&^1)
	v.expect(cpu.Syscall, codeAt+14)
	v.wantReg("rax", cpu.RAX, 42)
}

func TestX86Fault(t *testing.T) {
	v := newX86(t,
		0x48, 0x89, 0x04, 0x25, 0x45, 0x23, 0x01, 0x00, // mov [0x12345], rax
		0x0f, 0x05)
	v.expectFault(codeAt, 0x12345, mem.Store, mem.Unmapped)
}

func TestX86LazyPages(t *testing.T) {
	v := newX86(t,
		0x48, 0x89, 0x07, // mov [rdi], rax
		0x48, 0x03, 0x07, // add rax, [rdi]
		0x48, 0x81, 0xc7, 0, 0x10, 0, 0, // add rdi, 4096
		0x48, 0xff, 0xc9, // dec rcx
		0x75, 0xee, // jnz
		0x0f, 0x05)
	v.mapAt(dataAt+0x100000, 64<<20, rw)
	v.set(cpu.RDI, dataAt+0x100000)
	v.set(cpu.RAX, 1)
	v.set(cpu.RCX, 40)
	v.expect(cpu.Syscall, codeAt+20)
	v.wantReg("rax", cpu.RAX, 1<<40)
	if got := v.word(dataAt + 0x100000 + 39*4096); got != 1<<39 {
		t.Errorf("last page holds %#x", got)
	}
}
