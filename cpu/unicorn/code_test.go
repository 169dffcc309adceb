package unicorn

import (
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// The code of these tests in both instruction sets: a function that returns a
// constant (and then traps), and one that stores a byte pattern.
type codeKit struct {
	arch   cpu.Arch
	answer func(n byte) []byte // load n into the result register; system call
	result int
	length uint64 // of answer
	patch  uint64 // offset of the unit that holds n, for store
	value  func(n byte) uint64
	store  []byte // store the value register at the address register; system call
	addr   int
	val    int
}

func kits() []codeKit {
	return []codeKit{{
		arch:   cpu.X86_64,
		answer: func(n byte) []byte { return []byte{0xb8, n, 0, 0, 0, 0x0f, 0x05} }, // mov eax, n; syscall
		result: cpu.RAX, length: 7, patch: 1,
		value: func(n byte) uint64 { return uint64(n) },
		store: []byte{0x88, 0x0f, 0x0f, 0x05}, // mov [rdi], cl; syscall
		addr:  cpu.RDI, val: cpu.RCX,
	}, {
		arch:   cpu.ARM64,
		answer: func(n byte) []byte { return words(0xd2800000|uint32(n)<<5, 0xd4000001) }, // mov x0, #n; svc #0
		result: 0, length: 8, patch: 0,
		value: func(n byte) uint64 { return 0xd2800000 | uint64(n)<<5 },
		store: words(0xb9000041, 0xd4000001), // str w1, [x2]; svc #0
		addr:  2, val: 1,
	}}
}

func eachArch(t *testing.T, o Options, f func(t *testing.T, k codeKit, v *vm)) {
	for _, k := range kits() {
		t.Run(k.arch.String(), func(t *testing.T) {
			v := newVM(t, k.arch, o)
			v.load(nil)
			f(t, k, v)
		})
	}
}

const (
	storeAt = codeAt + 0x8000 // a page of its own, on arm64 too
	otherAt = 0x180000000
)

func (k codeKit) wants(v *vm, at uint64, n byte) {
	v.t.Helper()
	v.start(at)
	v.expect(cpu.Syscall, at+k.length)
	if got := v.reg(k.result); got != uint64(n) {
		v.t.Errorf("the code at %#x answers %d, want %d", at, got, n)
	}
}

func (k codeKit) patches(v *vm, at uint64, n byte) {
	v.t.Helper()
	v.start(storeAt)
	v.set(k.addr, at+k.patch)
	v.set(k.val, k.value(n))
	v.expect(cpu.Syscall, storeAt+uint64(len(k.store)))
}

// The kernel writes code: CopyOut to a writable and executable page, Poke to one
// that is not writable.
func TestCodeByKernel(t *testing.T) {
	eachArch(t, Options{}, func(t *testing.T, k codeKit, v *vm) {
		v.mapAt(otherAt, 0x4000, rwx)
		for n := byte(1); n < 5; n++ {
			v.poke(codeAt, k.answer(n))
			k.wants(v, codeAt, n)
			if err := v.space.CopyOut(otherAt, k.answer(n+10)); err != nil {
				t.Fatal(err)
			}
			k.wants(v, otherAt, n+10)
		}
	})
}

// A page is written, made executable, run, made writable, written twice (the first
// time elsewhere: the engine notices the first store to a page by itself), and so on.
func TestCodeFlip(t *testing.T) {
	eachArch(t, Options{}, func(t *testing.T, k codeKit, v *vm) {
		v.poke(storeAt, k.store)
		v.mapAt(otherAt, 0x4000, rw)
		v.poke(otherAt, k.answer(0))
		for n := byte(1); n < 6; n++ {
			if err := v.space.Protect(otherAt, 0x4000, rw, false); err != nil {
				t.Fatal(err)
			}
			k.patches(v, otherAt+0x800, 77)
			k.patches(v, otherAt, n)
			if err := v.space.Protect(otherAt, 0x4000, rx, false); err != nil {
				t.Fatal(err)
			}
			k.wants(v, otherAt, n)
			k.wants(v, otherAt, n)
		}
	})
}

// One frame is mapped twice, writable here and executable there.
func TestCodeAlias(t *testing.T) {
	eachArch(t, Options{}, func(t *testing.T, k codeKit, v *vm) {
		v.poke(storeAt, k.store)
		o := v.phys.NewObject(0x4000)
		defer o.Unref()
		for _, m := range []struct {
			at uint64
			p  mem.Prot
		}{{otherAt, rx}, {dataAt + 0x100000, rw}} {
			if _, err := v.space.Map(m.at, 0x4000, mem.MapOptions{Fixed: true, Shared: true, Object: o, Prot: m.p}); err != nil {
				t.Fatal(err)
			}
		}
		alias := uint64(dataAt + 0x100000)
		v.poke(otherAt, k.answer(1))
		k.wants(v, otherAt, 1)
		for n := byte(2); n < 8; n++ {
			k.patches(v, alias+0x800, 77)
			k.patches(v, alias, n)
			k.wants(v, otherAt, n)
			k.patches(v, alias, n+100) // the same translation again
			k.wants(v, otherAt, n+100)
		}
	})
}

// The same, with the writable mapping in another process, as after shm_open.
func TestCodeAliasOtherSpace(t *testing.T) {
	eachArch(t, Options{}, func(t *testing.T, k codeKit, v *vm) {
		o := v.phys.NewObject(0x4000)
		defer o.Unref()
		w := *v
		w.space = v.newSpace()
		var err error
		if w.ctx, err = v.e.NewContext(); err != nil {
			t.Fatal(err)
		}
		defer w.ctx.Release()
		w.load(nil)
		w.poke(storeAt, k.store)
		for _, m := range []struct {
			s  *mem.Space
			at uint64
			p  mem.Prot
		}{{v.space, otherAt, rx}, {w.space, dataAt + 0x100000, rw}} {
			if _, err := m.s.Map(m.at, 0x4000, mem.MapOptions{Fixed: true, Shared: true, Object: o, Prot: m.p}); err != nil {
				t.Fatal(err)
			}
		}
		for n := byte(1); n < 8; n++ {
			k.patches(&w, dataAt+0x100000+0x800, 77)
			if n == 1 {
				w.poke(dataAt+0x100000, k.answer(0))
			}
			k.patches(&w, dataAt+0x100000, n)
			k.wants(v, otherAt, n)
		}
	})
}

// Code that stores into its own frame by another mapping, and goes on to run what
// it has written.
func TestCodeSelfAlias(t *testing.T) {
	eachArch(t, Options{Preempt: true}, func(t *testing.T, k codeKit, v *vm) {
		o := v.phys.NewObject(0x4000)
		defer o.Unref()
		alias := uint64(dataAt + 0x100000)
		for _, m := range []struct {
			at uint64
			p  mem.Prot
		}{{otherAt, rx}, {alias, rw}} {
			if _, err := v.space.Map(m.at, 0x4000, mem.MapOptions{Fixed: true, Shared: true, Object: o, Prot: m.p}); err != nil {
				t.Fatal(err)
			}
		}
		body := k.store[:len(k.store)/2]
		v.poke(otherAt, cat(body, k.answer(99)))
		at := uint64(otherAt)
		for n := byte(1); n < 6; n++ {
			v.start(at)
			v.set(k.addr, alias+uint64(len(body))+k.patch)
			v.set(k.val, k.value(n))
			v.expect(cpu.Syscall, at+uint64(len(body))+k.length)
			if got := v.reg(k.result); got != uint64(n) {
				t.Errorf("round %d answers %d", n, got)
			}
		}
	})
}

// A page that is writable and executable at once, rewritten by the block that runs.
func TestCodeSelfModifying(t *testing.T) {
	eachArch(t, Options{}, func(t *testing.T, k codeKit, v *vm) {
		v.mapAt(otherAt, 0x4000, rwx)
		body := k.store[:len(k.store)/2]
		if k.arch == cpu.ARM64 {
			body = cat(body, words(0xd5033fdf)) // isb
		}
		v.poke(otherAt, cat(body, k.answer(1)))
		for n := byte(1); n < 20; n++ {
			v.start(otherAt)
			v.set(k.addr, otherAt+uint64(len(body))+k.patch)
			v.set(k.val, k.value(n))
			v.expect(cpu.Syscall, otherAt+uint64(len(body))+k.length)
			if got := v.reg(k.result); got != uint64(n) {
				t.Errorf("round %d answers %d", n, got)
			}
		}
	})
}

// A frame that held code is given back and comes again for something else.
func TestCodeFreed(t *testing.T) {
	eachArch(t, Options{}, func(t *testing.T, k codeKit, v *vm) {
		for n := byte(1); n < 40; n++ {
			v.mapAt(otherAt, 0x4000, rx)
			v.poke(otherAt, k.answer(n))
			k.wants(v, otherAt, n)
			if err := v.space.Unmap(otherAt, 0x4000); err != nil {
				t.Fatal(err)
			}
			v.start(otherAt)
			v.expectFault(otherAt, otherAt, mem.Fetch, mem.Unmapped)
		}
	})
}

// A child changes its copy of the code; the parent's stays.
func TestCodeFork(t *testing.T) {
	eachArch(t, Options{}, func(t *testing.T, k codeKit, v *vm) {
		v.poke(codeAt, k.answer(1))
		k.wants(v, codeAt, 1)
		child, err := v.space.Fork()
		if err != nil {
			t.Fatal(err)
		}
		defer child.Release()
		c := *v
		c.space = child
		c.ctx = v.ctx.Clone()
		defer c.ctx.Release()
		k.wants(&c, codeAt, 1)
		c.poke(codeAt, k.answer(2))
		k.wants(&c, codeAt, 2)
		k.wants(v, codeAt, 1)
		v.poke(codeAt, k.answer(3))
		k.wants(v, codeAt, 3)
		k.wants(&c, codeAt, 2)
	})
}
