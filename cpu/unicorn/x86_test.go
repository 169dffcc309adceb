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

func TestX86Traps(t *testing.T) {
	for _, c := range []struct {
		name string
		code []byte
		kind cpu.Kind
		num  uint32
		pc   uint64 // offset
	}{
		{"int 0x80", []byte{0xcd, 0x80}, cpu.Interrupt, 0x80, 2},
		{"int 0x82", []byte{0xcd, 0x82}, cpu.Interrupt, 0x82, 2},
		{"int 0", []byte{0xcd, 0x00}, cpu.Interrupt, 0, 2},
		{"int 6", []byte{0xcd, 0x06}, cpu.Interrupt, 6, 2},
		{"int 13", []byte{0xcd, 0x0d}, cpu.Interrupt, 13, 2},
		{"int 14", []byte{0xcd, 0x0e}, cpu.Interrupt, 14, 2},
		{"int3", []byte{0xcc}, cpu.Breakpoint, 0, 1},
		{"ud2", []byte{0x0f, 0x0b}, cpu.Illegal, 0, 0},
		{"vaddps ymm", []byte{0xc5, 0xfc, 0x58, 0xc0}, cpu.Illegal, 0, 0},
		{"rdrand", []byte{0x48, 0x0f, 0xc7, 0xf0}, cpu.Illegal, 0, 0},
		{"rdseed", []byte{0x48, 0x0f, 0xc7, 0xf8}, cpu.Illegal, 0, 0},
		{"lock on a register", []byte{0xf0, 0x01, 0xc0}, cpu.Illegal, 0, 0},
		{"div by zero", []byte{0x90, 0xf7, 0xf1}, cpu.Divide, 0, 1},
		{"idiv overflow", []byte{0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x48, 0x99, 0x48, 0xff, 0xc9, 0x48, 0xf7, 0xf9}, cpu.Divide, 0, 15},
		{"hlt", []byte{0xf4}, cpu.Protection, 0, 0},
		{"cli", []byte{0xfa}, cpu.Protection, 0, 0},
		{"sti", []byte{0xfb}, cpu.Protection, 0, 0},
		{"in al, dx", []byte{0xec}, cpu.Protection, 0, 0},
		{"out dx, al", []byte{0xee}, cpu.Protection, 0, 0},
		{"mov rax, cr0", []byte{0x0f, 0x20, 0xc0}, cpu.Protection, 0, 0},
		{"mov cr3, rax", []byte{0x0f, 0x22, 0xd8}, cpu.Protection, 0, 0},
		{"rdmsr", []byte{0x0f, 0x32}, cpu.Protection, 0, 0},
		{"wrmsr", []byte{0x0f, 0x30}, cpu.Protection, 0, 0},
		{"rdpmc", []byte{0x0f, 0x33}, cpu.Protection, 0, 0},
		{"lgdt", []byte{0x0f, 0x01, 0x17}, cpu.Protection, 0, 0},
		{"invlpg", []byte{0x0f, 0x01, 0x3f}, cpu.Protection, 0, 0},
		{"swapgs", []byte{0x0f, 0x01, 0xf8}, cpu.Protection, 0, 0},
		{"wbinvd", []byte{0x0f, 0x09}, cpu.Protection, 0, 0},
		{"clts", []byte{0x0f, 0x06}, cpu.Protection, 0, 0},
		{"sysenter", []byte{0x0f, 0x34}, cpu.Protection, 0, 0},
		{"sysretq", []byte{0x48, 0x0f, 0x07}, cpu.Protection, 0, 0},
		{"mov ds, cx with a selector", []byte{0xb9, 0x23, 0, 0, 0, 0x8e, 0xd9}, cpu.Protection, 0, 5},
		{"x87 exception", []byte{0x68, 0x7b, 0x03, 0, 0, 0xd9, 0x2c, 0x24, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0x9b, 0x90},
			cpu.FloatingPoint, 0, 14}, // fldcw; fld1; fldz; fdivp; fwait
		{"jmp to a non-canonical address", []byte{0x48, 0xb8, 0, 0, 0, 0, 0, 0, 1, 0, 0xff, 0xe0}, cpu.MemoryFault, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newX86(t, c.code...)
			v.set(cpu.RDI, dataAt)
			for i := range 5 { // the engine used to go astray at the second and third
				tr := v.run()
				if tr.Kind == cpu.MemoryFault && c.kind == cpu.MemoryFault {
					if tr.Fault.Addr != 1<<48 || tr.Fault.Access != mem.Fetch {
						t.Fatalf("fault %v", &tr.Fault)
					}
				} else {
					v.check(tr, c.kind, codeAt+c.pc)
				}
				if tr.Num != c.num {
					t.Fatalf("round %d: vector %d", i, tr.Num)
				}
				if fl := v.reg(cpu.RFLAGS); fl&^0x8d5 != 0x202 {
					t.Errorf("rflags %#x", fl)
				}
				v.start(codeAt)
				v.set(cpu.RCX, 0)
			}
			// And everything else still works.
			v.mapAt(holeAt, 4096, rx)
			v.poke(holeAt, []byte{0x6a, 0x07, 0x58, 0x0f, 0x05}) // push 7; pop rax; syscall
			v.start(holeAt)
			v.expect(cpu.Syscall, holeAt+5)
			v.wantReg("rax", cpu.RAX, 7)
		})
	}
}

// An exception right behind the bytes of INT n is not taken for it.
func TestX86IntOrException(t *testing.T) {
	v := newX86(t, 0xcd, 0x0d, 0xf4, 0xcd, 0x00, 0xf7, 0xf1)
	v.start(codeAt + 2)
	v.expect(cpu.Protection, codeAt+2)
	v.start(codeAt + 5)
	v.expect(cpu.Divide, codeAt+5)
	v.start(codeAt)
	v.expect(cpu.Interrupt, codeAt+2)
	v.expect(cpu.Protection, codeAt+2)
}

func TestX86TrapFlag(t *testing.T) {
	v := newX86(t, 0x90, 0x90, 0x0f, 0x05)
	v.set(cpu.RFLAGS, 0x302)
	v.expect(cpu.SingleStep, codeAt+1)
	v.expect(cpu.SingleStep, codeAt+2)
	v.set(cpu.RFLAGS, v.reg(cpu.RFLAGS)&^0x100)
	v.expect(cpu.Syscall, codeAt+4)
}

func TestX86Precise(t *testing.T) {
	ro := uint64(dataAt + 0x20000)
	for _, c := range []struct {
		name   string
		code   []byte
		rdi    uint64
		pc     uint64
		addr   uint64
		access mem.Access
		kind   mem.FaultKind
		check  func(t *testing.T, v *vm)
	}{
		{"load", []byte{0x90, 0x48, 0x8b, 0x47, 0x05}, holeAt + 0x120, 1, holeAt + 0x125, mem.Load, mem.Unmapped, nil},
		{"store", []byte{0x90, 0x88, 0x07}, ro + 0xfff, 1, ro + 0xfff, mem.Store, mem.Denied, nil},
		{"add [m], rax", []byte{0x48, 0x01, 0x07}, ro + 8, 0, ro + 8, mem.Store, mem.Denied, nil},
		{"xchg", []byte{0x48, 0x87, 0x07}, ro + 8, 0, ro + 8, mem.Store, mem.Denied, nil},
		{"lock cmpxchg16b", []byte{0xf0, 0x48, 0x0f, 0xc7, 0x0f}, ro + 16, 0, ro + 16, mem.Store, mem.Denied, nil},
		{"crossing store", []byte{0x48, 0x89, 0x07}, dataAt + 0x10000 - 3, 0, dataAt + 0x10000, mem.Store, mem.Unmapped,
			func(t *testing.T, v *vm) {
				if x := v.word(dataAt + 0x10000 - 8); x != 0 {
					t.Errorf("part of the store was made: %#x", x)
				}
			}},
		{"crossing load", []byte{0x48, 0x8b, 0x07}, dataAt + 0x10000 - 5, 0, dataAt + 0x10000, mem.Load, mem.Unmapped, nil},
		{"crossing load, first page absent", []byte{0x48, 0x8b, 0x07}, dataAt - 5, 0, dataAt - 5, mem.Load, mem.Unmapped, nil},
		{"crossing movups", []byte{0x0f, 0x11, 0x07}, dataAt + 0x10000 - 8, 0, dataAt + 0x10000, mem.Store, mem.Unmapped, nil},
		{"fxsave", []byte{0x48, 0x0f, 0xae, 0x07}, ro + 64, 0, ro + 64, mem.Store, mem.Denied, nil},
		{"fstp m80", []byte{0xd9, 0xe8, 0xdb, 0x3f}, ro + 1, 2, ro + 1, mem.Store, mem.Denied, nil},
		{"push", []byte{0x48, 0x89, 0xfc, 0x50}, ro + 8, 3, ro, mem.Store, mem.Denied,
			func(t *testing.T, v *vm) { v.wantReg("rsp", cpu.RSP, ro+8) }},
		{"call", []byte{0x48, 0x89, 0xfc, 0xe8, 0, 0, 0, 0}, ro + 8, 3, ro, mem.Store, mem.Denied, nil},
		{"ret", []byte{0x48, 0x89, 0xfc, 0xc3}, holeAt, 3, holeAt, mem.Load, mem.Unmapped, nil},
		{"rep movsb", []byte{0x48, 0x89, 0xfe, 0xb9, 0x40, 0, 0, 0, 0xf3, 0xa4}, dataAt + 0x10000 - 16, 8, dataAt + 0x10000,
			mem.Load, mem.Unmapped, func(t *testing.T, v *vm) { v.wantReg("rcx", cpu.RCX, 0x30) }},
		{"non-canonical", []byte{0x48, 0x8b, 0x07}, 0x0010000000001234, 0, 0x0010000000001234, mem.Load, mem.Unmapped, nil},
		{"the window for dropping code", []byte{0x48, 0x8b, 0x07}, 0x0001010000000000, 0, 0x0001010000000000, mem.Load, mem.Unmapped, nil},
		{"the boot page", []byte{0x48, 0x8b, 0x07}, 0x100000, 0, 0x100000, mem.Load, mem.Unmapped, nil},
		{"kernel half", []byte{0x48, 0x8b, 0x07}, 0xffffff8000000000, 0, 0xffffff8000000000, mem.Load, mem.Unmapped, nil},
		{"jmp to data", []byte{0xff, 0xe7}, dataAt + 0x10, 0, dataAt + 0x10, mem.Fetch, mem.Denied, nil},
		{"jmp to zero", []byte{0x31, 0xff, 0xff, 0xe7}, 0, 0, 0, mem.Fetch, mem.Unmapped, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newX86(t, append(c.code, 0x0f, 0x05)...)
			v.mapAt(ro, 0x1000, mem.Read)
			v.set(cpu.RDI, c.rdi)
			v.set(cpu.RAX, 0xa1a2a3a4a5a6a7a8)
			pc := codeAt + c.pc
			if c.access == mem.Fetch {
				pc = c.addr
			}
			for range 2 {
				v.expectFault(pc, c.addr, c.access, c.kind)
				if c.check != nil {
					c.check(t, v)
				}
			}
		})
	}
}

// Translation reads ahead of execution; a fault for a page that is never reached
// must not come, and one that is reached must come at the right instruction.
func TestX86FetchAhead(t *testing.T) {
	end := uint64(codeAt + 0x10000)
	v := newX86(t)
	v.set(cpu.RDI, dataAt)
	// A store that faults is the last but one instruction of the page.
	v.poke(end-8, []byte{0x48, 0xff, 0xc0, 0x48, 0x89, 0x06, 0x48, 0xff}) // inc rax; mov [rsi], rax; half of inc rcx
	v.start(end - 8)
	v.set(cpu.RSI, holeAt)
	v.expectFault(end-5, holeAt, mem.Store, mem.Unmapped)
	v.wantReg("rax", cpu.RAX, 1)
	v.set(cpu.RSI, dataAt)
	v.expectFault(end-2, end, mem.Fetch, mem.Unmapped)
	if x := v.word(dataAt); x != 1 {
		t.Errorf("store made %d", x)
	}
	// Straight off the end.
	v.poke(end-6, []byte{0x48, 0xff, 0xc0, 0x48, 0xff, 0xc0})
	v.start(end - 6)
	v.expectFault(end, end, mem.Fetch, mem.Unmapped)
	v.wantReg("rax", cpu.RAX, 3)
	// The instruction crosses into a page that comes when it is asked for.
	v.mapAt(end, 0x1000, rx)
	v.poke(end-2, []byte{0x48, 0xff, 0xc0, 0x0f, 0x05})
	v.start(end - 2)
	v.expect(cpu.Syscall, end+3)
	v.wantReg("rax", cpu.RAX, 4)
}
