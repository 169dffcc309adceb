package unicorn

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// hostFile is a file of the host as mem wants it.
type hostFile struct{ *os.File }

func (f hostFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}
func (f hostFile) HostFD() int { return int(f.Fd()) }
func (f hostFile) Retain()     {}
func (f hostFile) Release()    {}

// A file shrinks while a program has it mapped: its pages beyond the end turn to
// zeros under the program, and nobody dies.
func TestShrinkingFile(t *testing.T) {
	for _, w := range workloads() {
		t.Run(w.arch.String(), func(t *testing.T) {
			f, err := os.CreateTemp(t.TempDir(), "")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.Write(bytes.Repeat([]byte{'x'}, 0x10000)); err != nil {
				t.Fatal(err)
			}
			v := newVM(t, w.arch, Options{})
			code := []byte{0x48, 0x8b, 0x07, 0x48, 0x8b, 0x0e, 0x0f, 0x05} // mov rax, [rdi]; mov rcx, [rsi]; syscall
			first, second, a, b := cpu.RAX, cpu.RCX, cpu.RDI, cpu.RSI
			if w.arch == cpu.ARM64 {
				code = words(0xf9400002, 0xf9400023, 0xd4000001) // ldr x2, [x0]; ldr x3, [x1]; svc
				first, second, a, b = 2, 3, 0, 1
			}
			v.load(code)
			if _, err := v.space.Map(otherAt, 0x10000, mem.MapOptions{Fixed: true, Shared: true, Prot: rw, File: &hostFile{f}}); err != nil {
				t.Fatal(err)
			}
			for i, want := range []uint64{0x7878787878787878, 0} {
				v.start(codeAt)
				v.set(a, otherAt)
				v.set(b, otherAt+0xc000)
				v.expect(cpu.Syscall, codeAt+uint64(len(code)))
				v.wantReg("first", first, 0x7878787878787878)
				v.wantReg("second", second, want)
				if i == 0 {
					if err := f.Truncate(0x1000); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

func TestCPUID(t *testing.T) {
	for _, cpus := range []int{1, 4} {
		v := newVM(t, cpu.X86_64, Options{CPUs: cpus})
		v.load([]byte{0x0f, 0xa2, 0x0f, 0x05}) // cpuid; syscall
		id := func(leaf, sub uint64) [4]uint32 {
			t.Helper()
			v.start(codeAt)
			v.set(cpu.RAX, leaf|0xdead<<32)
			v.set(cpu.RCX, sub)
			v.expect(cpu.Syscall, codeAt+4)
			return [4]uint32{uint32(v.reg(cpu.RAX)), uint32(v.reg(cpu.RBX)), uint32(v.reg(cpu.RCX)), uint32(v.reg(cpu.RDX))}
		}
		want := func(leaf, sub uint64, w [4]uint32) {
			t.Helper()
			if got := id(leaf, sub); got != w {
				t.Errorf("leaf %#x.%d: %#x, want %#x", leaf, sub, got, w)
			}
		}
		var b []byte
		l0 := id(0, 0)
		for _, r := range []int{1, 3, 2} {
			b = binary.LittleEndian.AppendUint32(b, l0[r])
		}
		if string(b) != "GenuineIntel" || l0[0] != 0xd {
			t.Errorf("leaf 0: %q, last %#x", b, l0[0])
		}
		b = nil
		for leaf := uint64(0x80000002); leaf <= 0x80000004; leaf++ {
			for _, r := range id(leaf, 0) {
				b = binary.LittleEndian.AppendUint32(b, r)
			}
		}
		if s := string(bytes.TrimRight(b, "\x00")); s != "Intel(R) Core(TM) i7-4750HQ CPU @ 2.00GHz" {
			t.Errorf("brand %q", s)
		}
		// SSE3 PCLMUL SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE OSXSAVE, and
		// neither AVX nor RDRAND nor a hypervisor.
		l1 := id(1, 0)
		if l1[2] != 0x0ed82203 {
			t.Errorf("leaf 1 ecx %#x", l1[2])
		}
		if l1[3]&^(1<<28) != 0x078bfbfd || l1[3]>>28&1 != uint32(cpus-1)&1 {
			t.Errorf("leaf 1 edx %#x", l1[3])
		}
		if got := l1[1] >> 16 & 0xff; int(got) != cpus {
			t.Errorf("%d logical processors", got)
		}
		want(7, 0, [4]uint32{0, 0x0000030b &^ 2, 0, 0}) // FSGSBASE BMI1 BMI2 ERMS
		want(0xd, 0, [4]uint32{3, 576, 576, 0})
		want(0x40000000, 0, id(0xd, 0)) // no hypervisor's leaves
		want(0x80000000, 0, [4]uint32{0x80000008, 0, 0, 0})
		want(0x80000001, 0, [4]uint32{0, 0, 0x21, 0x2c100800})
		want(0x80000007, 0, [4]uint32{0, 0, 0, 0x100})
		if l := id(4, 3); (l[1]>>22+1)*(l[1]&0xfff+1)*(l[2]+1) != 6<<20 || l[0]>>26+1 != uint32(cpus) {
			t.Errorf("L3: %#x", l)
		}
		want(4, 4, [4]uint32{})
		if l := id(0xb, 1); l[1] != uint32(cpus) {
			t.Errorf("leaf 0xb.1: %#x", l)
		}
		// The instructions behind the bits.
		v.poke(codeAt, []byte{
			0x31, 0xc9, 0x0f, 0x01, 0xd0, // xor ecx, ecx; xgetbv
			0xf3, 0x48, 0x0f, 0xb8, 0xd7, // popcnt rdx, rdi
			0xf3, 0x48, 0x0f, 0xbd, 0xf7, // lzcnt rsi, rdi
			0xc4, 0xe2, 0xc0, 0xf2, 0xdf, // andn rbx, rdi, rdi
			0x66, 0x0f, 0x38, 0xdc, 0xc1, // aesenc xmm0, xmm1
			0x66, 0x0f, 0x3a, 0x44, 0xc1, 0, // pclmulqdq xmm0, xmm1, 0
			0x48, 0x0f, 0x38, 0xf0, 0x2c, 0x24, // movbe rbp, [rsp]
			0x0f, 0x05})
		v.start(codeAt)
		v.set(cpu.RDI, 0xff)
		v.expect(cpu.Syscall, codeAt+39)
		v.wantReg("xcr0", cpu.RAX, 3)
		v.wantReg("popcnt", cpu.RDX, 8)
		v.wantReg("lzcnt", cpu.RSI, 56)
		v.wantReg("andn", cpu.RBX, 0)
	}
}

func TestVersion(t *testing.T) {
	if v := Version(); len(v) < 5 {
		t.Errorf("version %q", v)
	}
}

// system call, jump back: the round trip that every guest system call makes.
func benchVM(b *testing.B, arch cpu.Arch, o Options) *vm {
	v := newVM(b, arch, o)
	if arch == cpu.ARM64 {
		v.load(words(0xd2800290, 0xd4001001, 0x17fffffe)) // mov x16, #20; svc #0x80; b .-8
	} else {
		v.load([]byte{0xb8, 0x14, 0, 0, 2, 0x0f, 0x05, 0xeb, 0xf7}) // mov eax, 0x2000014; syscall; jmp .-7
	}
	return v
}

// BenchmarkTrap is getpid: the engine stops, the kernel looks at the number and
// sets the result and the carry flag, the engine resumes.
func BenchmarkTrap(b *testing.B) {
	for _, arch := range []cpu.Arch{cpu.X86_64, cpu.ARM64} {
		for _, o := range []Options{{}, {Preempt: true}} {
			name := arch.String()
			if o.Preempt {
				name += "/preempt"
			}
			b.Run(name, func(b *testing.B) {
				v := benchVM(b, arch, o)
				r := v.ctx.Regs()
				for b.Loop() {
					if t := v.e.Run(v.ctx, v.space, 10000); t.Kind != cpu.Syscall {
						b.Fatal(t.Kind, t.Err)
					}
					if arch == cpu.ARM64 {
						r.Set(0, 42)
						r.Set(cpu.NZCV, r.R[cpu.NZCV]&^(1<<29))
					} else {
						r.Set(cpu.RAX, 42)
						r.Set(cpu.RCX, r.R[cpu.RIP])
						r.Set(cpu.RFLAGS, r.R[cpu.RFLAGS]&^1)
					}
				}
			})
		}
	}
}

// BenchmarkBare is the part of BenchmarkTrap that Unicorn takes: uc_emu_start, a
// hook that calls uc_emu_stop, one register read, in a loop in C.
func BenchmarkBare(b *testing.B) {
	for _, arch := range []cpu.Arch{cpu.X86_64, cpu.ARM64} {
		for _, o := range []Options{{}, {Preempt: true}} {
			name := arch.String()
			if o.Preempt {
				name += "/preempt"
			}
			b.Run(name, func(b *testing.B) {
				v := benchVM(b, arch, o)
				if t := v.run(); t.Kind != cpu.Syscall {
					b.Fatal(t.Kind, t.Err)
				}
				b.ResetTimer()
				if !v.bare(b.N) {
					b.Fatal("stopped")
				}
			})
		}
	}
}

// BenchmarkSwitch runs two processes in turn, one system call each.
func BenchmarkSwitch(b *testing.B) {
	for _, arch := range []cpu.Arch{cpu.X86_64, cpu.ARM64} {
		b.Run(arch.String(), func(b *testing.B) {
			v := benchVM(b, arch, Options{})
			s, err := v.space.Fork()
			if err != nil {
				b.Fatal(err)
			}
			defer s.Release()
			c := v.ctx.Clone()
			defer c.Release()
			for b.Loop() {
				if t := v.run(); t.Kind != cpu.Syscall {
					b.Fatal(t.Kind, t.Err)
				}
				if t := v.e.Run(c, s, 0); t.Kind != cpu.Syscall {
					b.Fatal(t.Kind, t.Err)
				}
			}
		})
	}
}
