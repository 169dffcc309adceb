package unicorn

import (
	"encoding/binary"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// Where the tests put things. All are multiples of 16 KiB.
const (
	codeAt  = 0x100000000
	dataAt  = 0x200000000
	stackAt = 0x16f000000
	holeAt  = 0x300000000 // never mapped
)

// vm is one process on one engine.
type vm struct {
	t     testing.TB
	phys  *mem.Physical
	e     *Engine
	space *mem.Space
	ctx   cpu.Context
}

func newVM(t testing.TB, arch cpu.Arch, o Options) *vm {
	t.Helper()
	phys, err := mem.NewPhysical(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(phys.Close)
	e, err := New(arch, phys, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	v := &vm{t: t, phys: phys, e: e}
	v.space = v.newSpace()
	v.ctx, err = e.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.ctx.Release)
	return v
}

func (v *vm) newSpace() *mem.Space {
	s := v.phys.NewSpace(mem.SpaceConfig{PageSize: v.e.Arch().PageSize(), Max: 1 << 47})
	v.t.Cleanup(s.Release)
	return s
}

const (
	rw  = mem.Read | mem.Write
	rx  = mem.Read | mem.Exec
	rwx = mem.Read | mem.Write | mem.Exec
)

func (v *vm) mapAt(addr, size uint64, p mem.Prot) {
	v.t.Helper()
	if _, err := v.space.Map(addr, size, mem.MapOptions{Fixed: true, Prot: p}); err != nil {
		v.t.Fatalf("map %#x: %v", addr, err)
	}
}

func (v *vm) poke(addr uint64, b []byte) {
	v.t.Helper()
	if err := v.space.Poke(addr, b); err != nil {
		v.t.Fatalf("poke %#x: %v", addr, err)
	}
}

// load maps code, data and a stack, and points the context at the code.
func (v *vm) load(code []byte) {
	v.t.Helper()
	v.mapAt(codeAt, 0x10000, rx)
	v.mapAt(dataAt, 0x10000, rw)
	v.mapAt(stackAt, 0x10000, rw)
	v.poke(codeAt, code)
	v.start(codeAt)
}

func (v *vm) start(pc uint64) {
	r := v.ctx.Regs()
	r.Set(v.e.Arch().PCIndex(), pc)
	r.Set(v.e.Arch().SPIndex(), stackAt+0x8000)
}

func (v *vm) run() cpu.Trap { return v.e.Run(v.ctx, v.space, 0) }

// expect runs and requires one kind of trap at one place.
func (v *vm) expect(k cpu.Kind, pc uint64) cpu.Trap {
	v.t.Helper()
	t := v.run()
	v.check(t, k, pc)
	return t
}

func (v *vm) check(t cpu.Trap, k cpu.Kind, pc uint64) {
	v.t.Helper()
	if t.Kind != k || v.pc() != pc {
		v.t.Fatalf("%v (num %d, fault %v, err %v) at %#x; want %v at %#x", t.Kind, t.Num, t.Fault, t.Err, v.pc(), k, pc)
	}
}

func (v *vm) expectFault(pc, addr uint64, a mem.Access, k mem.FaultKind) {
	v.t.Helper()
	t := v.expect(cpu.MemoryFault, pc)
	if t.Fault != (mem.FaultError{Addr: addr, Access: a, Kind: k}) {
		v.t.Fatalf("fault %v, want %v at %#x, %v", &t.Fault, a, addr, k)
	}
}

func (v *vm) pc() uint64          { return v.ctx.Regs().R[v.e.Arch().PCIndex()] }
func (v *vm) reg(i int) uint64    { return v.ctx.Regs().R[i] }
func (v *vm) set(i int, x uint64) { v.ctx.Regs().Set(i, x) }

func (v *vm) wantReg(name string, i int, want uint64) {
	v.t.Helper()
	if got := v.reg(i); got != want {
		v.t.Errorf("%s is %#x, want %#x", name, got, want)
	}
}

func (v *vm) word(addr uint64) uint64 {
	v.t.Helper()
	x, err := v.space.Load64(addr)
	if err != nil {
		v.t.Fatal(err)
	}
	return x
}

func cat(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// words is arm64 code.
func words(w ...uint32) []byte {
	var b []byte
	for _, x := range w {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

func (v *vm) bare(n int) bool { return v.e.Bare(v.ctx, v.space, n) }
