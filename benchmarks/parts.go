package main

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/cpu/unicorn"
	"github.com/beagle-emu/beagle/mem"
)

// kernelList has each kernel with its amount of work: some tenths of a second
// under emulation.
var kernelList = []struct {
	name string
	n    int
}{
	{"sha256", 100000}, {"sort", 100}, {"hash", 10000000}, {"chase256K", 60000000}, {"chase32M", 5000000}, {"memcpy", 30000},
	{"nbody", 80000}, {"matmul", 60}, {"simd", 3000}, {"icall", 10000000}, {"fib", 600},
}

// kernels is part (a): programs that only compute, against qemu-user.
func (b *bench) kernels() error {
	for i, a := range archs {
		logOff, logOn := 0.0, 0.0
		for _, k := range kernelList {
			type pair struct{ full, base *job }
			var all []pair
			var jobs []*job
			make := func(f func(args ...string) *job) {
				p := pair{f(k.name, strconv.Itoa(k.n)), f(k.name, strconv.Itoa(k.n/20))}
				all = append(all, p)
				jobs = append(jobs, p.full, p.base)
			}
			lin, mac := b.linux(a.linux, "kern"), b.mac(a.mac, "kern")
			make(func(args ...string) *job { return b.qemu(a.linux, lin, args...) })
			make(func(args ...string) *job { return b.runs([]string{"--quantum", "-1"}, mac, args...) })
			make(func(args ...string) *job { return b.runs(nil, mac, args...) })
			if err := b.interleave(b.rounds, jobs...); err != nil {
				return err
			}
			for _, p := range all {
				if p.full.out != all[0].full.out {
					return fmt.Errorf("%s, %s: %s computed %q, qemu-user %q", a.mac, k.name, p.full.name, p.full.out, all[0].full.out)
				}
			}
			q, off, on := less(all[0].full, all[0].base), less(all[1].full, all[1].base), less(all[2].full, all[2].base)
			b.detail("%s %-10s qemu-user %.3f s, beagle %.2fx, with preemption %.2fx", a.mac, k.name, q, off/q, on/q)
			logOff += math.Log(off / q)
			logOn += math.Log(on / q)
		}
		n := float64(len(kernelList))
		off, on := math.Exp(logOff/n), math.Exp(logOn/n)
		b.add(a.mac+": 11 CPU kernels against qemu-user, preemption off", off, []float64{1.8, 2.1}[i])
		b.add(a.mac+": the same with preemption, against without", on/off, 1.2)
	}
	return nil
}

// trap is part (b): a system call that does nothing, against the engine's bare
// stop, return and resume.
func (b *bench) trap() error {
	const calls = 300000
	for i, a := range archs {
		bare, err := newBare(cpu.Arch(i))
		if err != nil {
			return err
		}
		full := b.runs(nil, b.mac(a.mac, "calls"), "getpid", strconv.Itoa(calls))
		base := b.runs(nil, b.mac(a.mac, "calls"), "getpid", "1")
		least := math.Inf(1)
		for range 4 * b.rounds { // short and many: some fall into a quiet moment
			if err := b.interleave(1, full, base); err != nil {
				return err
			}
			t, err := bare.measure(calls)
			if err != nil {
				return err
			}
			least = min(least, t)
		}
		bare.close()
		t := less(full, base)
		b.detail("%s getpid %.0f ns, bare %.0f ns", a.mac, t/calls*1e9, least/calls*1e9)
		b.add(a.mac+": getpid against the engine's bare stop and resume", t/least, 2.5)
	}
	return nil
}

// bare is an engine with a loop of one system call, without a kernel.
type bare struct {
	phys  *mem.Physical
	e     *unicorn.Engine
	space *mem.Space
	ctx   cpu.Context
}

func newBare(arch cpu.Arch) (_ *bare, err error) {
	b := &bare{}
	if b.phys, err = mem.NewPhysical(64 << 20); err != nil {
		return nil, err
	}
	if b.e, err = unicorn.New(arch, b.phys, unicorn.Options{Preempt: true}); err != nil {
		return nil, err
	}
	if b.ctx, err = b.e.NewContext(); err != nil {
		return nil, err
	}
	b.space = b.phys.NewSpace(mem.SpaceConfig{PageSize: arch.PageSize(), Max: 1 << 47})
	const at = 1 << 32
	if _, err = b.space.Map(at, 1<<16, mem.MapOptions{Fixed: true, Prot: mem.Read | mem.Exec}); err != nil {
		return nil, err
	}
	loop := []byte{0xb8, 0x14, 0, 0, 2, 0x0f, 0x05, 0xeb, 0xf7} // mov eax, 0x2000014; syscall; jmp back
	if arch == cpu.ARM64 {
		loop = []byte{0x90, 0x02, 0x80, 0xd2, 0x01, 0x10, 0x00, 0xd4, 0xfe, 0xff, 0xff, 0x17} // mov x16, #20; svc #0x80; b back
	}
	if err = b.space.Poke(at, loop); err != nil {
		return nil, err
	}
	b.ctx.Regs().Set(arch.PCIndex(), at)
	if t := b.e.Run(b.ctx, b.space, 0); t.Kind != cpu.Syscall {
		return nil, fmt.Errorf("the loop ended by %v", t.Kind)
	}
	return b, nil
}

func (b *bare) measure(n int) (float64, error) {
	t := cpuSeconds()
	if !b.e.Bare(b.ctx, b.space, n) {
		return 0, errors.New("the engine stopped for something else")
	}
	return cpuSeconds() - t, nil
}

func (b *bare) close() {
	b.ctx.Release()
	b.space.Release()
	b.e.Close()
	b.phys.Close()
}

// against measures a program's work under beagle and native.
func (b *bench) against(what string, target float64, args func(n int) []string, n int) error {
	native, mac := b.native("calls")
	full, base := newJob("native", append([]string{native}, args(n)...)), newJob("native", append([]string{native}, args(0)...))
	for _, a := range archs {
		bfull, bbase := b.runs(nil, b.mac(a.mac, "calls"), args(n)...), b.runs(nil, b.mac(a.mac, "calls"), args(0)...)
		if err := b.interleave(b.rounds, full, base, bfull, bbase); err != nil {
			return err
		}
		own, his := less(bfull, bbase), less(full, base)
		b.detail("%s %s: %.3f ms each, native %.3f ms (%s)", a.mac, what, own/float64(n)*1e3, his/float64(n)*1e3, mac)
		b.add(a.mac+": "+what, own/his, target)
	}
	return nil
}

// io is part (c): large reads and writes against the same program native.
func (b *bench) io() error {
	path := filepath.Join(b.dir, "scratch")
	if err := b.against("1 MiB blocks through a pipe, against native", 2, func(n int) []string {
		return []string{"pipe", strconv.Itoa(n)}
	}, 500); err != nil {
		return err
	}
	return b.against("1 MiB blocks to a file and back, against native", 2, func(n int) []string {
		return []string{"file", path, strconv.Itoa(n)}
	}, 500)
}

// forks is part (e).
func (b *bench) forks() error {
	return b.against("fork, exit, wait with 64 MiB resident, against native", 10, func(n int) []string {
		return []string{"fork", strconv.Itoa(n)}
	}, 100)
}

// hello is part (d): from exec to exit, and memory.
func (b *bench) hello() error {
	for _, a := range archs {
		q, j := b.qemu(a.linux, b.linux(a.linux, "hello")), b.runs(nil, b.mac(a.mac, "hello"))
		if err := b.interleave(4*b.rounds, q, j); err != nil {
			return err
		}
		b.detail("%s hello %.1f ms, qemu-user %.1f ms", a.mac, j.least*1e3, q.least*1e3)
		b.add(a.mac+": hello from exec to exit, against qemu-user", j.least/q.least, 10)
		mib, err := b.resident(a.mac)
		if err != nil {
			return err
		}
		b.figures = append(b.figures, figure{a.mac + ": memory resident for hello", mib, 60, "MiB"})
		b.note("%s: %.1f MiB resident for hello", a.mac, mib)
	}
	return nil
}

// resident looks at Beagle while its hello waits for input.
func (b *bench) resident(arch string) (float64, error) {
	c := exec.Command(b.beagle, "run", b.mac(arch, "hello"), "wait")
	in, err := c.StdinPipe()
	if err != nil {
		return 0, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := c.Start(); err != nil {
		return 0, err
	}
	_, rerr := bufio.NewReader(out).ReadString('\n')
	mib, err := highWater(c.Process.Pid)
	in.Close()
	return mib, errors.Join(rerr, err, c.Wait())
}
