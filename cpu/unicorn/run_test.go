package unicorn

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// A workload of both instruction sets that touches many pages in a scattered order,
// calls, loops, and ends in a system call with a checksum. It expects a table of
// 1<<22 bytes at the address in the first register and a count in the second.
type workload struct {
	arch         cpu.Arch
	code         []byte
	base, n, sum int
	length       uint64
}

func workloads() []workload {
	return []workload{{
		arch: cpu.X86_64,
		code: []byte{
			0x31, 0xc0, // 0 xor eax, eax
			0xba, 1, 0, 0, 0, // 2 mov edx, 1
			0xe8, 0x0a, 0, 0, 0, // 7 call 22
			0x48, 0xff, 0xc9, // 12 dec rcx
			0x75, 0xf6, // 15 jnz 7
			0x0f, 0x05, // 17 syscall
			0x90, 0x90, 0x90,
			0x69, 0xd2, 0x0d, 0x66, 0x19, 0x00, // 22 imul edx, edx, 1664525
			0x81, 0xc2, 0x5f, 0xf3, 0x6e, 0x3c, // 28 add edx, 1013904223
			0x89, 0xd6, // 34 mov esi, edx
			0x81, 0xe6, 0xff, 0xff, 0x3f, 0x00, // 36 and esi, 0x3fffff (crosses pages now and then)
			0x48, 0x01, 0x54, 0x37, 0x00, // 42 add [rdi+rsi], rdx
			0x48, 0x33, 0x44, 0x37, 0x03, // 47 xor rax, [rdi+rsi+3]
			0x48, 0xd1, 0xc0, // 52 rol rax, 1
			0x72, 0x01, // 55 jc 58
			0xc3,                   // 57 ret
			0x48, 0x83, 0xf0, 0x55, // 58 xor rax, 0x55
			0xc3, // 62 ret
		},
		base: cpu.RDI, n: cpu.RCX, sum: cpu.RAX, length: 19,
	}, {
		arch: cpu.ARM64,
		code: words(
			0xd2800000, // 0 mov x0, #0
			0x52800022, // 4 mov w2, #1
			0x94000004, // 8 bl 24
			0xf1000421, // 12 subs x1, x1, #1
			0x54ffffc1, // 16 b.ne 8
			0xd4000001, // 20 svc #0
			0x528cc1ad, // 24 mov w13, #0x660d
			0x72a0032d, // 28 movk w13, #0x19, lsl 16
			0x1b0d7c42, // 32 mul w2, w2, w13
			0x529e6bee, // 36 mov w14, #0xf35f
			0x72a78dce, // 40 movk w14, #0x3c6e, lsl 16
			0x0b0e0042, // 44 add w2, w2, w14
			0x12005445, // 48 and w5, w2, #0x3fffff
			0x8b0500c6, // 52 add x6, x6, x5
			0xf84000c7, // 56 ldur x7, [x6]
			0x8b0200e7, // 60 add x7, x7, x2
			0xf80000c7, // 64 stur x7, [x6]
			0xf84030c8, // 68 ldur x8, [x6, #3]
			0xca080000, // 72 eor x0, x0, x8
			0x93c0fc00, // 76 ror x0, x0, #63
			0xcb0500c6, // 80 sub x6, x6, x5
			0x36000040, // 84 tbz w0, #0, 92
			0xd2000c00, // 88 eor x0, x0, #0xf
			0xd65f03c0, // 92 ret
		),
		base: 6, n: 1, sum: 0, length: 24,
	}}
}

const tableAt = 0x400000000

// do runs w with a random quantum each time (max 0: none), and returns what it
// computed, the blocks it took and how often it was preempted.
func (w workload) do(v *vm, n, max uint64, r *rand.Rand) (sum, blocks uint64, stops int) {
	v.t.Helper()
	v.mapAt(tableAt, 0x404000, rw)
	v.poke(codeAt, w.code)
	v.start(codeAt)
	v.set(w.base, tableAt)
	v.set(w.n, n)
	at := v.e.Blocks()
	for {
		q := uint64(0)
		if max > 0 {
			q = 1 + r.Uint64N(max)
		}
		before := v.e.Blocks()
		tr := v.e.Run(v.ctx, v.space, q)
		if q > 0 && v.e.Blocks()-before > q {
			v.t.Fatalf("%d blocks in a quantum of %d", v.e.Blocks()-before, q)
		}
		if tr.Kind == cpu.Preempted {
			if got := v.e.Blocks() - before; got != q {
				v.t.Fatalf("preempted after %d of %d blocks", got, q)
			}
			stops++
			continue
		}
		v.check(tr, cpu.Syscall, codeAt+w.length)
		break
	}
	sum = v.reg(w.sum)
	if err := v.space.Unmap(tableAt, 0x404000); err != nil {
		v.t.Fatal(err)
	}
	return sum, v.e.Blocks() - at, stops
}

// Pages that come one by one, and preemption after any number of blocks, change
// neither the result nor the number of blocks.
func TestQuanta(t *testing.T) {
	for _, w := range workloads() {
		t.Run(w.arch.String(), func(t *testing.T) {
			v := newVM(t, w.arch, Options{Preempt: true})
			v.load(nil)
			r := rand.New(rand.NewPCG(1, 2))
			const n = 3000
			sum, blocks, _ := w.do(v, n, 0, r)
			if sum == 0 || blocks < 3*n {
				t.Fatalf("sum %#x, %d blocks", sum, blocks)
			}
			for _, max := range []uint64{0, 1, 2, 7, 1000} {
				s, b, stops := w.do(v, n, max, r)
				if s != sum || b != blocks {
					t.Errorf("quantum to %d: %#x in %d blocks; without %#x in %d", max, s, b, sum, blocks)
				}
				if max == 1 && uint64(stops+1) != blocks {
					t.Errorf("%d stops for %d blocks", stops, blocks)
				}
			}
			// A fresh engine, where all code is new, counts the same.
			v2 := newVM(t, w.arch, Options{Preempt: true})
			v2.load(nil)
			if s, b, _ := w.do(v2, n, 3, r); s != sum || b != blocks {
				t.Errorf("fresh engine: %#x in %d blocks, want %#x in %d", s, b, sum, blocks)
			}
			// Without the block hook only the result is the same.
			v3 := newVM(t, w.arch, Options{})
			v3.load(nil)
			if s, b, _ := w.do(v3, n, 5, r); s != sum || b != 0 {
				t.Errorf("not preemptible: %#x in %d blocks, want %#x in none", s, b, sum)
			}
		})
	}
}

// Threads of several processes take turns on one engine.
func TestManyContexts(t *testing.T) {
	for _, w := range workloads() {
		t.Run(w.arch.String(), func(t *testing.T) {
			v := newVM(t, w.arch, Options{Preempt: true})
			v.load(w.code)
			const n = 500
			want, _, _ := w.do(v, n, 0, nil)
			type thread struct {
				s    *mem.Space
				ctx  cpu.Context
				done bool
			}
			var ts []*thread
			for i := range 6 {
				x := *v
				x.space = v.newSpace()
				x.load(w.code)
				for k := range 2 {
					at := uint64(tableAt + k*0x1000000)
					x.mapAt(at, 0x404000, rw)
					c, err := v.e.NewContext()
					if err != nil {
						t.Fatal(err)
					}
					defer c.Release()
					x.ctx = c
					x.start(codeAt)
					x.set(w.arch.SPIndex(), stackAt+0x4000+uint64(k)*0x4000)
					x.set(w.base, at)
					x.set(w.n, n)
					ts = append(ts, &thread{s: x.space, ctx: c})
				}
				_ = i
			}
			r := rand.New(rand.NewPCG(3, 4))
			for left := len(ts); left > 0; {
				x := ts[r.IntN(len(ts))]
				if x.done {
					continue
				}
				switch tr := v.e.Run(x.ctx, x.s, 1+r.Uint64N(20)); tr.Kind {
				case cpu.Preempted:
				case cpu.Syscall:
					if got := x.ctx.Regs().R[w.sum]; got != want {
						t.Errorf("sum %#x, want %#x", got, want)
					}
					x.done = true
					left--
				default:
					t.Fatalf("%v %v %v", tr.Kind, &tr.Fault, tr.Err)
				}
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	for _, preempt := range []bool{false, true} {
		for _, w := range workloads() {
			v := newVM(t, w.arch, Options{Preempt: preempt})
			v.load(nil)
			// add [rdi], 1; inc rdx; jmp: stopped anywhere, both counts are equal.
			code := []byte{0x48, 0x83, 0x07, 0x01, 0x48, 0xff, 0xc2, 0xeb, 0xf7}
			base, count := cpu.RDI, cpu.RDX
			if w.arch == cpu.ARM64 {
				code = words(0xf8210003, 0x91000442, 0x17fffffe) // ldadd x1, x3, [x0]; add x2, x2, #1; b
				base, count = 0, 2
				v.set(1, 1)
			}
			v.poke(codeAt, code)
			v.start(codeAt)
			v.set(base, dataAt)
			v.e.Interrupt() // nothing runs: the next run takes it
			v.expect(cpu.Interrupted, codeAt)
			for range 300 {
				done := make(chan struct{})
				go func() {
					runtime.Gosched()
					v.e.Interrupt()
					close(done)
				}()
				if tr := v.run(); tr.Kind != cpu.Interrupted {
					t.Fatalf("%v %v", tr.Kind, tr.Err)
				}
				<-done
				inMem, inReg := v.word(dataAt), v.reg(count)
				if v.pc() != codeAt && w.arch == cpu.X86_64 {
					t.Fatalf("stopped at %#x", v.pc())
				}
				if inMem != inReg {
					t.Fatalf("%v preempt=%v: %d in memory, %d in the register", w.arch, preempt, inMem, inReg)
				}
			}
		}
	}
}

func TestVirtualClock(t *testing.T) {
	v := newX86(t, 0x0f, 0x31, 0x0f, 0x05, 0x0f, 0x01, 0xf9, 0x0f, 0x05) // rdtsc; syscall; rdtscp; syscall
	read := func() uint64 { return v.reg(cpu.RDX)<<32 | v.reg(cpu.RAX) }
	v.e.SetClock(cpu.Clock{Virtual: true, Base: 5_000_000_000, BlocksAtBase: 0, NanosPerBlock: 100})
	v.expect(cpu.Syscall, codeAt+4)
	if got := read(); got != 2*(5_000_000_000+100) {
		t.Errorf("rdtsc %d", got)
	}
	v.set(cpu.RCX, ^uint64(0))
	v.expect(cpu.Syscall, codeAt+9)
	if got := read(); got != 2*(5_000_000_000+200) {
		t.Errorf("rdtscp %d", got)
	}
	v.wantReg("rcx", cpu.RCX, 0)
	v.e.SetClock(cpu.Clock{})
	v.start(codeAt)
	v.expect(cpu.Syscall, codeAt+4)
	first := read()
	v.start(codeAt)
	v.expect(cpu.Syscall, codeAt+4)
	if d := read() - first; d == 0 || d > 2*60e9 {
		t.Errorf("the real clock moved by %d ticks", d)
	}

	a := newARM(t, 0xd53be040, 0xd53be001, 0xd53be022, 0xd53cfac3, 0xd4000001) // cntvct, cntfrq, cntpct, acntvct
	a.e.SetClock(cpu.Clock{Virtual: true, Base: 1e9, NanosPerBlock: 1000})
	a.expect(cpu.Syscall, codeAt+20)
	a.wantReg("cntvct", 0, 24_000_024)
	a.wantReg("cntfrq", 1, 24_000_000)
	a.wantReg("cntpct", 2, 24_000_024)
	if got := a.reg(3); got < 24_000_024 || got > 24_000_072 {
		t.Errorf("acntvct %d", got)
	}
}

func TestVectorState(t *testing.T) {
	v := newX86(t,
		0x0f, 0xae, 0x07, // fxsave [rdi]
		0x0f, 0x05,
		0x0f, 0xae, 0x0f, // fxrstor [rdi]
		0x0f, 0x05)
	var buf, got [cpu.VectorSize]byte
	v.ctx.Vector(&buf)
	if !slices.Equal(buf[:8], []byte{0x7f, 3, 0, 0, 0, 0, 0, 0}) || !slices.Equal(buf[24:32], []byte{0x80, 0x1f, 0, 0, 0xff, 0xff, 0, 0}) {
		t.Errorf("fresh state % x", buf[:32])
	}
	for i := range buf {
		buf[i] = byte(i * 7)
	}
	copy(buf[:32], []byte{0x7f, 0x02, 0x00, 0x28, 0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa5, 0x5f, 0xff, 0xff})
	for i := range 8 {
		clear(buf[32+16*i+10 : 48+16*i])
	}
	clear(buf[416:])
	v.ctx.SetVector(&buf)
	v.set(cpu.RDI, dataAt)
	v.expect(cpu.Syscall, codeAt+5)
	v.ctx.Vector(&got)
	want := buf
	copy(want[24:32], []byte{0xa5, 0x5f, 0, 0, 0xff, 0xff, 0, 0}) // reserved bits do not load
	if got != want {
		t.Errorf("Vector\n% x\nwant\n% x", got, want)
	}
	var mem [512]byte
	if err := v.space.CopyIn(mem[:], dataAt); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(mem[:416], want[:416]) {
		t.Errorf("fxsave\n% x\nwant\n% x", mem[:416], want[:416])
	}
	// And back by the guest, into another context.
	c, err := v.e.NewContext()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	v.ctx = c
	v.start(codeAt + 5)
	v.set(cpu.RDI, dataAt)
	v.expect(cpu.Syscall, codeAt+10)
	c.Vector(&got)
	if got != want {
		t.Errorf("after fxrstor\n% x\nwant\n% x", got, want)
	}

	a := newARM(t, 0x4e209c00, 0xd53b4421, 0xd53b4402, 0xd4000001) // mul v0.16b, v0.16b, v0.16b; mrs x1, fpsr; mrs x2, fpcr; svc
	for i := range buf {
		buf[i] = byte(i)
	}
	copy(buf[512:], []byte{0x1f, 0, 0, 0x08, 0, 0, 0xc0, 0x03, 0, 0, 0, 0})
	a.ctx.SetVector(&buf)
	a.expect(cpu.Syscall, codeAt+16)
	a.wantReg("fpsr", 1, 0x0800001f)
	a.wantReg("fpcr", 2, 0x03c00000)
	a.ctx.Vector(&got)
	want = buf
	for i := range 16 {
		want[i] *= want[i]
	}
	clear(want[520:])
	if got != want {
		t.Errorf("Vector\n% x\nwant\n% x", got, want)
	}
}

func TestContexts(t *testing.T) {
	v := newX86(t, 0x48, 0xff, 0xc0, 0xf3, 0x0f, 0x5a, 0xc0, 0x0f, 0x05) // inc rax; cvtss2sd; syscall
	v.set(cpu.RAX, 1)
	v.set(cpu.GSBase, 0x1234)
	v.expect(cpu.Syscall, codeAt+9)
	d := v.ctx.Clone()
	defer d.Release()
	if d.Regs().R != v.ctx.Regs().R {
		t.Error("a clone differs")
	}
	w := *v
	w.ctx = d
	w.start(codeAt)
	w.set(cpu.RAX, 10)
	w.expect(cpu.Syscall, codeAt+9)
	v.wantReg("rax", cpu.RAX, 2)
	w.wantReg("rax", cpu.RAX, 11)
	w.wantReg("gs base", cpu.GSBase, 0x1234)
	// Overwriting what the engine holds right now.
	d.CopyFrom(v.ctx)
	w.wantReg("rax", cpu.RAX, 2)
	w.start(codeAt)
	w.expect(cpu.Syscall, codeAt+9)
	w.wantReg("rax", cpu.RAX, 3)
	d.Reset()
	w.start(codeAt)
	w.expect(cpu.Syscall, codeAt+9)
	w.wantReg("rax", cpu.RAX, 1)
	w.wantReg("gs base", cpu.GSBase, 0)
	w.wantReg("rflags", cpu.RFLAGS&0xff, 0x202)
	// A kernel that sets nonsense in RFLAGS gets what a user program may have.
	w.start(codeAt)
	w.set(cpu.RFLAGS, ^uint64(0)&^0x100)
	w.expect(cpu.Syscall, codeAt+9)
	if fl := w.reg(cpu.RFLAGS); fl&0x200 == 0 || fl&0x3000 != 0 || fl>>22 != 0 {
		t.Errorf("rflags %#x", fl)
	}
	other := newX86(t)
	if tr := other.e.Run(d, other.space, 0); tr.Kind != cpu.Broken {
		t.Errorf("a context of another engine: %v", tr.Kind)
	}
}

// Code fills its buffer, and the engine starts over, again and again.
func TestCodeBufferOverflow(t *testing.T) {
	v := newVM(t, cpu.X86_64, Options{Preempt: true, CodeBuffer: 1})
	v.load(nil)
	const n = 1 << 20
	v.mapAt(otherAt, n, rx)
	block := []byte{0x48, 0xff, 0xc0, 0x48, 0x89, 0x07, 0x48, 0x03, 0x17, 0xeb, 0x00} // inc rax; mov [rdi], rax; add rdx, [rdi]; jmp next
	var code []byte
	for len(code)+len(block)+2 <= n {
		code = append(code, block...)
	}
	count := uint64(len(code) / len(block))
	code = append(code, 0x0f, 0x05)
	v.poke(otherAt, code)
	for range 2 {
		v.start(otherAt)
		v.set(cpu.RAX, 0)
		v.set(cpu.RDX, 0)
		v.set(cpu.RDI, dataAt)
		v.expect(cpu.Syscall, otherAt+uint64(len(code)))
		v.wantReg("rax", cpu.RAX, count)
		v.wantReg("rdx", cpu.RDX, count*(count+1)/2)
	}
}

func TestCoverage(t *testing.T) {
	w := workloads()[0]
	v := newVM(t, w.arch, Options{Preempt: true})
	v.load(nil)
	m, err := v.e.Coverage(1 << 12)
	if err != nil {
		t.Fatal(err)
	}
	w.do(v, 100, 0, nil)
	seen := 0
	for _, b := range m {
		if b != 0 {
			seen++
		}
	}
	if seen < 4 || seen > 16 {
		t.Errorf("%d edges", seen)
	}
	if _, err := v.e.Coverage(100); err == nil {
		t.Error("a map of 100 bytes was accepted")
	}
	if _, err := newVM(t, w.arch, Options{}).e.Coverage(64); err == nil {
		t.Error("coverage without a block hook was accepted")
	}
}

// The slow way to the registers, for a library in which the fast one is not found.
func TestRegistersByInterface(t *testing.T) {
	for _, w := range workloads() {
		v := newVM(t, w.arch, Options{Preempt: true})
		if v.e.c.env_regs == nil {
			t.Errorf("%v: the registers were not found", w.arch)
		}
		v.load(nil)
		r := rand.New(rand.NewPCG(5, 6))
		sum, blocks, _ := w.do(v, 200, 3, r)
		v.e.c.env_regs = nil
		if s, b, _ := w.do(v, 200, 3, r); s != sum || b != blocks {
			t.Errorf("%v: %#x in %d blocks, want %#x in %d", w.arch, s, b, sum, blocks)
		}
	}
}
