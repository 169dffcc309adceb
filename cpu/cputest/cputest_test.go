package cputest

import (
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

var _ cpu.Engine = (*Engine)(nil)

func newSpace(t *testing.T) *mem.Space {
	t.Helper()
	p, err := mem.NewPhysical(1 << 26)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	s := p.NewSpace(mem.SpaceConfig{PageSize: 4096, Max: 1 << 47})
	t.Cleanup(s.Release)
	for _, m := range []struct {
		addr uint64
		prot mem.Prot
	}{{0x10000, mem.Read | mem.Write}, {0x20000, mem.Read}} {
		if _, err := s.Map(m.addr, 4096, mem.MapOptions{Fixed: true, Prot: m.prot}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestScript(t *testing.T) {
	s := newSpace(t)
	if err := Fill(s, 0x10000, 4096); err != nil {
		t.Fatal(err)
	}
	e := New(cpu.X86_64,
		Step{Set: map[int]uint64{cpu.RAX: 0x2000004, cpu.RIP: 0x1002}, Write: []Write{{0x10008, []byte("hi")}},
			Trap: cpu.Trap{Kind: cpu.Syscall}},
		Step{Ctx: 1, Write: []Write{{0x20000, []byte("x")}}, Trap: cpu.Trap{Kind: cpu.Syscall}},
		Step{Ctx: -1, Blocks: 5, Trap: cpu.Trap{Kind: cpu.Illegal}})
	c, _ := e.NewContext()
	c.Regs().Set(cpu.RSP, 0x7000)
	if tr := e.Run(c, s, 0); tr.Kind != cpu.Syscall {
		t.Fatalf("first trap: %v %v", tr.Kind, tr.Err)
	}
	var b [12]byte
	if err := s.CopyIn(b[:], 0x10000); err != nil || string(b[:]) != "????????hi??" {
		t.Errorf("memory holds %q, %v", b, err)
	}
	if c.Regs().R[cpu.RAX] != 0x2000004 || c.Regs().Dirty != 0 {
		t.Errorf("registers after the step: %+v", c.Regs())
	}
	c.Regs().Set(cpu.RAX, 2)
	d := c.Clone()
	if tr := e.Run(c, s, 0); tr.Kind != cpu.Broken {
		t.Errorf("step for another context gave %v", tr.Kind)
	}
	d.SetVector(&[cpu.VectorSize]byte{})
	tr := e.Run(d, s, 0)
	if tr.Kind != cpu.MemoryFault || tr.Fault != (mem.FaultError{Addr: 0x20000, Access: mem.Store, Kind: mem.Denied}) {
		t.Errorf("store to a read-only page gave %v %v", tr.Kind, &tr.Fault)
	}
	for _, want := range []cpu.Kind{cpu.Preempted, cpu.Preempted, cpu.Illegal, cpu.Broken} {
		if tr := e.Run(d, s, 2); tr.Kind != want {
			t.Errorf("%v, want %v", tr.Kind, want)
		}
	}
	if e.Blocks() != 5 {
		t.Errorf("%d blocks", e.Blocks())
	}
	e.Interrupt()
	if tr := e.Run(d, s, 0); tr.Kind != cpu.Interrupted {
		t.Errorf("after Interrupt: %v", tr.Kind)
	}
	want := "#0 rsp=0x7000\n#0 rax=0x2\n#1 rax=0x2 vector\n#1\n#1\n#1\n#1\n#1\n"
	if got := e.Log(); got != want {
		t.Errorf("log:\n%swant:\n%s", got, want)
	}
}

func TestRegNames(t *testing.T) {
	for _, c := range []struct {
		a    cpu.Arch
		i    int
		want string
	}{{cpu.X86_64, cpu.RAX, "rax"}, {cpu.X86_64, cpu.R15, "r15"}, {cpu.X86_64, cpu.FSBase, "fsbase"}, {cpu.ARM64, 0, "x0"},
		{cpu.ARM64, cpu.LR, "x30"}, {cpu.ARM64, cpu.SP, "sp"}, {cpu.ARM64, cpu.TPIDR, "tpidr"}} {
		if got := RegName(c.a, c.i); got != c.want {
			t.Errorf("%v %d is %q, want %q", c.a, c.i, got, c.want)
		}
	}
}
