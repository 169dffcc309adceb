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

func TestARM64Traps(t *testing.T) {
	for _, c := range []struct {
		name string
		code []uint32
		kind cpu.Kind
		num  uint32
		pc   uint64
	}{
		{"svc #0xffff", []uint32{0xd41fffe1}, cpu.Syscall, 0xffff, 4},
		{"brk #1", []uint32{0xd4200020}, cpu.Breakpoint, 1, 0},
		{"brk #0xc471", []uint32{0xd503201f, 0xd4388e20}, cpu.Breakpoint, 0xc471, 4},
		{"udf #0", []uint32{0x00000000}, cpu.Illegal, 0, 0},
		{"hvc", []uint32{0xd4000002}, cpu.Illegal, 0, 0},
		{"smc", []uint32{0xd4000003}, cpu.Illegal, 0, 0},
		{"hlt", []uint32{0xd45e0000}, cpu.Illegal, 0, 0},
		{"eret", []uint32{0xd69f03e0}, cpu.Illegal, 0, 0},
		{"mrs midr_el1", []uint32{0xd5380000}, cpu.Illegal, 0, 0},
		{"mrs id_aa64isar0_el1", []uint32{0xd5380600}, cpu.Illegal, 0, 0},
		{"mrs currentel", []uint32{0xd5384240}, cpu.Illegal, 0, 0},
		{"mrs sctlr_el1", []uint32{0xd5381000}, cpu.Illegal, 0, 0},
		{"msr daifset", []uint32{0xd50342df}, cpu.Illegal, 0, 0},
		{"msr spsel", []uint32{0xd50041bf}, cpu.Illegal, 0, 0},
		{"msr tpidrro_el0", []uint32{0xd51bd060}, cpu.Illegal, 0, 0},
		{"mrs pmccntr_el0", []uint32{0xd53b9d00}, cpu.Illegal, 0, 0},
		{"mrs rndr", []uint32{0xd503201f, 0xd53b2400, 0xf9000001}, cpu.Illegal, 0, 4},
		{"ic iallu", []uint32{0xd508751f}, cpu.Illegal, 0, 0},
		{"tlbi", []uint32{0xd508871f}, cpu.Illegal, 0, 0},
		{"wfi, wfe, sev, yield, bti", []uint32{0xd503207f, 0xd503205f, 0xd503209f, 0xd503203f, 0xd503245f, 0xd4000001},
			cpu.Syscall, 0, 24},
		{"cache maintenance", []uint32{0xd50b7e20, 0xd50b7520, 0xd50b7b20, 0xd5033f9f, 0xd5033fdf, 0xd4000001}, cpu.Syscall, 0, 24},
		{"readable registers", []uint32{0xd53b0020, 0xd53b00e0, 0xd53b4400, 0xd53b4200, 0xd4000001}, cpu.Syscall, 0, 20},
		{"sdiv by zero", []uint32{0x9ac20c20, 0xd4000001}, cpu.Syscall, 0, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newARM(t, c.code...)
			v.set(0, dataAt)
			for range 3 {
				tr := v.expect(c.kind, codeAt+c.pc)
				if tr.Num != c.num {
					t.Errorf("number %#x, want %#x", tr.Num, c.num)
				}
				v.start(codeAt)
				v.set(0, dataAt)
			}
			if x := v.word(dataAt); x != 0 {
				t.Errorf("something was stored after the trap: %#x", x)
			}
		})
	}
}

func TestARM64Precise(t *testing.T) {
	ro := uint64(dataAt + 0x20000)
	end := uint64(dataAt + 0x10000)
	for _, c := range []struct {
		name   string
		insn   uint32
		x0     uint64
		addr   uint64
		access mem.Access
		kind   mem.FaultKind
	}{
		{"ldr", 0xf9400001, holeAt + 3, holeAt + 3, mem.Load, mem.Unmapped},
		{"ldr post-index", 0xf8408401, holeAt + 8, holeAt + 8, mem.Load, mem.Unmapped},
		{"str", 0xf9000001, ro + 0x3ff8, ro + 0x3ff8, mem.Store, mem.Denied},
		{"str crossing", 0xf9000001, end - 4, end, mem.Store, mem.Unmapped},
		{"ldr crossing", 0xf9400001, end - 4, end, mem.Load, mem.Unmapped},
		{"stp crossing", 0xa9000801, end - 8, end, mem.Store, mem.Unmapped},
		{"stp pre-index", 0xa9bf0801, ro + 0x20, ro + 0x10, mem.Store, mem.Denied},
		{"str q crossing", 0x3d800000, end - 4, end, mem.Store, mem.Unmapped},
		{"st4", 0x4c000000, ro, ro, mem.Store, mem.Denied},
		{"ldadd", 0xf8210002, ro + 8, ro + 8, mem.Store, mem.Denied},
		{"casp", 0x48227c04, ro + 16, ro + 16, mem.Store, mem.Denied},
		{"stlxr", 0xc802fc01, 0, 0, mem.Store, mem.Unmapped}, // no monitor: nothing is stored
		{"dc zva", 0xd50b7420, ro + 0x7f, ro + 0x7f, mem.Store, mem.Denied},
		{"tagged ldr", 0xf9400001, 0x5500000300000008, 0x5500000300000008, mem.Load, mem.Unmapped},
		{"kernel ldr", 0xf9400001, 0xfffffff000000008, 0xfffffff000000008, mem.Load, mem.Unmapped},
		{"47 bits", 0xf9400001, 1 << 47, 1 << 47, mem.Load, mem.Unmapped},
		{"br to data", 0xd61f0000, dataAt + 8, dataAt + 8, mem.Fetch, mem.Denied},
		{"br to a tagged address", 0xd61f0000, codeAt | 0x55<<56, codeAt | 0x55<<56, mem.Fetch, mem.Unmapped},
		{"br to zero", 0xd61f0000, 0, 0, mem.Fetch, mem.Unmapped},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newARM(t, 0xd503201f, c.insn, 0xd4000001)
			v.mapAt(ro, 0x4000, mem.Read)
			v.set(0, c.x0)
			v.set(1, ^uint64(0))
			if c.name == "stlxr" {
				v.expect(cpu.Syscall, codeAt+12)
				v.wantReg("w2", 2, 1)
				return
			}
			pc := uint64(codeAt + 4)
			if c.access == mem.Fetch {
				pc = c.addr
			}
			v.expectFault(pc, c.addr, c.access, c.kind)
			v.wantReg("x0", 0, c.x0)
			v.expectFault(pc, c.addr, c.access, c.kind)
			if c.addr == end {
				if x := v.word(end - 8); c.access == mem.Store && c.insn != 0xa9000801 && x != 0 {
					t.Errorf("part of the store was made: %#x", x)
				}
			}
		})
	}
}

func TestARM64Alignment(t *testing.T) {
	for _, c := range []struct {
		name   string
		insn   uint32
		x0     uint64
		pc     uint64
		access mem.Access
	}{
		{"ldxr", 0xc85f7c01, dataAt + 3, codeAt, mem.Load},
		{"br", 0xd61f0000, codeAt + 2, codeAt + 2, mem.Fetch},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newARM(t, c.insn, 0xd4000001)
			v.set(0, c.x0)
			tr := v.expect(cpu.Alignment, c.pc)
			if tr.Fault.Addr != c.x0 || tr.Fault.Access != c.access {
				t.Errorf("fault %v", &tr.Fault)
			}
		})
	}
}

func TestARM64TBI(t *testing.T) {
	v := newARM(t, 0xf9400001, 0xf9000002, 0xd4000001) // ldr x1, [x0]; str x2, [x0]
	v.poke(dataAt, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	v.set(0, dataAt|0x7f<<56)
	v.set(2, 99)
	v.expect(cpu.Syscall, codeAt+12)
	v.wantReg("x1", 1, 0x0807060504030201)
	if x := v.word(dataAt); x != 99 {
		t.Errorf("stored %d", x)
	}
}

func TestARM64PACGA(t *testing.T) {
	v := newARM(t, 0x9ac23023, 0x9ac23024, 0x9ac13025, 0xd4000001) // pacga x3, x1, x2; x4, x1, x2; x5, x1, x1
	v.set(1, 0x1234)
	v.set(2, 0x5678)
	v.expect(cpu.Syscall, codeAt+16)
	if x3 := v.reg(3); x3 == 0 || uint32(x3) != 0 || x3 != v.reg(4) || x3 == v.reg(5) {
		t.Errorf("pacga gives %#x, %#x, %#x", v.reg(3), v.reg(4), v.reg(5))
	}
}

func TestARM64Thread(t *testing.T) {
	v := newARM(t, 0xd53bd060, 0xd53bd041, 0xd51bd042, 0xd4000001) // mrs x0, tpidrro; mrs x1, tpidr; msr tpidr, x2
	v.set(cpu.TPIDRRO, 0x1111)
	v.set(cpu.TPIDR, 0x2222)
	v.set(2, 0x3333)
	v.expect(cpu.Syscall, codeAt+16)
	v.wantReg("x0", 0, 0x1111)
	v.wantReg("x1", 1, 0x2222)
	v.wantReg("tpidr", cpu.TPIDR, 0x3333)
	v.wantReg("tpidrro", cpu.TPIDRRO, 0x1111)
}

// A system call, or another thread's turn, ends an exclusive access; preemption
// alone does not.
func TestARM64Exclusive(t *testing.T) {
	code := []uint32{
		0xc85f7c01, // ldxr x1, [x0]
		0xd503201f, // nop, or svc
		0x14000001, // b .+4
		0xc8027c03, // stxr w2, x3, [x0]
		0xd4000001} // svc #0
	v := newARM(t, code...)
	if v.e.c.exclusive == nil {
		t.Fatal("the monitor was not found")
	}
	run := func(between func()) uint64 {
		v.start(codeAt)
		v.set(0, dataAt)
		v.set(2, 7)
		if tr := v.e.Run(v.ctx, v.space, 1); tr.Kind != cpu.Preempted && tr.Kind != cpu.Syscall {
			t.Fatal(tr.Kind)
		}
		if between != nil {
			between()
		}
		v.expect(cpu.Syscall, codeAt+20)
		return v.reg(2)
	}
	if w := run(nil); w != 0 {
		t.Errorf("after preemption stxr gives %d", w)
	}
	c := v.ctx.Clone()
	defer c.Release()
	if w := run(func() {
		c.Regs().Set(cpu.PC, codeAt+16)
		if tr := v.e.Run(c, v.space, 0); tr.Kind != cpu.Syscall {
			t.Fatal(tr.Kind)
		}
	}); w != 1 {
		t.Errorf("after another thread's turn stxr gives %d", w)
	}
	v.poke(codeAt+4, words(0xd4000001))
	if w := run(nil); w != 1 {
		t.Errorf("after a system call stxr gives %d", w)
	}
}
