package xnu

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/cpu/cputest"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/loader/machotest"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The hostile guest. An engine whose "guest code" is a stream of choices: every
// Run takes the next few and turns them into a call of any table, or into
// another trap, with arguments chosen to hurt. Whatever the kernel answers, it
// must not panic, hang, stop with an error of its own, use memory without bound,
// or leave descriptors and goroutines of the host behind.
//
//	go test ./xnu -run TestHostile
//	go test ./xnu -run=- -fuzz FuzzHostile -fuzzminimizetime 10x

const (
	hostileMemory = 64 << 20
	// hostileHeap is how much a single call may allocate, in bytes: the largest
	// Mach message is 48 MiB, and taken in twice over a buffer that grows.
	hostileHeap = 160 << 20
	// hostileTime is far more than any call takes; beyond, it hangs.
	hostileTime = 20 * time.Second
)

// choices is where a hostile guest's decisions come from.
type choices struct {
	data []byte
	rng  *rand.Rand // once data is used up; nil: the end
	left int        // how many operations are allowed in all
}

func (c *choices) done() bool { return c.left <= 0 || c.rng == nil && len(c.data) == 0 }

func (c *choices) u64() uint64 {
	if len(c.data) == 0 && c.rng != nil {
		return c.rng.Uint64()
	}
	var b [8]byte
	n := copy(b[:], c.data)
	c.data = c.data[n:]
	return binary.LittleEndian.Uint64(b[:])
}

func (c *choices) byte() byte {
	if len(c.data) == 0 {
		if c.rng != nil {
			return byte(c.rng.Uint32())
		}
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return b
}

// n chooses one of n.
func (c *choices) n(n int) int {
	if n <= 256 {
		return int(c.byte()) * n >> 8
	}
	return int(uint64(c.byte())|uint64(c.byte())<<8) * n >> 16
}

// hostileEngine plays a hostile guest.
type hostileEngine struct {
	*cputest.Engine
	g *hostile
}

func (e *hostileEngine) Run(ctx cpu.Context, sp *mem.Space, _ uint64) cpu.Trap {
	return e.g.run(ctx, sp)
}

// hostile is one run of a hostile guest.
type hostile struct {
	t      testing.TB
	m      *kern.Machine
	arch   cpu.Arch
	in     *choices
	ops    int
	last   map[cpu.Context]*kern.Row // the call whose result is next to be seen
	seen   []uint64                  // results worth using again: ports, addresses, pids
	ports  []abi.Port
	queue  []op // calls that belong together
	reply  abi.Port
	mild   bool // arguments of the call in the making are meant well
	migs   []int32
	log    []string
	sample [1]metrics.Sample
	allocs uint64
	dog    *time.Timer
	idle   int
	jumps  int
	at     uint64 // where the next structure goes in the arena
	space  *mem.Space
}

// op is a call to be made.
type op struct {
	class kern.Class
	num   int
	args  [8]uint64
	prep  func() // fills memory, once the call is next
}

// The guest's memory: a data area that structures are built in, a page that may
// only be read, and one that nothing may touch.
const (
	arena     = 0x300200000
	arenaSize = 1 << 20
	roPage    = arena + arenaSize
	guardPage = roPage + 0x4000
	stackTop  = arena + arenaSize - 0x1000
	codePC    = 0x300180000
)

// hostileHost is an isolated host whose time jumps to the next event, and that
// knows when nothing can come any more.
type hostileHost struct {
	hostfs.Host
	g   *hostile
	now int64
}

func (h *hostileHost) Clock() hostfs.Clock   { return hostileClock{h.Host.Clock(), h} }
func (h *hostileHost) Poller() hostfs.Poller { return hostilePoller{h.Host.Poller(), h} }

type hostileClock struct {
	hostfs.Clock
	h *hostileHost
}

func (c hostileClock) Monotonic() int64  { c.h.now += 100; return c.h.now }
func (c hostileClock) Continuous() int64 { return c.h.now }
func (c hostileClock) Now() (int64, int64) {
	return 1_700_000_000 + c.h.now/1e9, c.h.now % 1e9
}

type hostilePoller struct {
	hostfs.Poller
	h *hostileHost
}

func (p hostilePoller) Wait(timeout time.Duration, out []hostfs.Event) (int, error) {
	n, err := p.Poller.Wait(0, out)
	if n > 0 || err != nil {
		return n, err
	}
	// A timer that repeats for ever, and wakes nobody, is a way to wait too.
	if p.h.g.jumps++; timeout >= 0 && timeout < 1<<50 && p.h.g.jumps%2000 != 0 {
		p.h.now += int64(timeout)
		return 0, nil
	}
	out[0] = hostfs.Event{Done: p.h.g.stuck}
	return 1, nil
}

// stuck is called when every thread waits for good: their waits are ended, as
// thread_abort would.
func (g *hostile) stuck() {
	if g.idle++; g.idle > 50 {
		g.in.left = 0
	}
	woke := false
	for _, p := range g.m.Processes() {
		p.Stopped, p.Suspended = false, 0
		for _, t := range append([]*kern.Thread(nil), p.Threads...) {
			t.Suspend = 0
			woke = woke || t.State == kern.Runnable
			t.Abort()
			woke = woke || t.State == kern.Runnable
		}
	}
	if !woke || g.idle > 60 {
		g.m.Init.Signal(abi.SIGKILL, kern.SigInfo{})
	}
	if g.idle > 100 {
		g.m.Bug("nothing ends the guest")
	}
}

func (g *hostile) run(ctx cpu.Context, sp *mem.Space) cpu.Trap {
	r := ctx.Regs()
	r.Dirty = 0
	g.space = sp
	g.check(ctx)
	if err := g.ground(sp); err != nil {
		// The guest has used up its memory or its map: it can go on without.
		g.note("no ground: %v", err)
	}
	if g.in.done() {
		return g.trap(ctx, op{class: kern.Unix, num: 1})
	}
	g.in.left--
	g.ops++
	g.jumps = 0
	g.at, g.mild = arena, false
	if len(g.queue) == 0 {
		if t, ok := g.otherTrap(r); ok {
			return t
		}
		g.queue = g.choose()
	}
	o := g.queue[0]
	g.queue = g.queue[1:]
	if o.prep != nil {
		o.prep()
	}
	g.note("%v %d %#x", o.class, o.num, o.args)
	g.dog.Reset(hostileTime)
	return g.trap(ctx, o)
}

func (g *hostile) note(format string, args ...any) {
	if len(g.log) >= 40 {
		g.log = append(g.log[:0], g.log[20:]...)
	}
	g.log = append(g.log, fmt.Sprintf(format, args...))
}

// check looks at what the last call left.
func (g *hostile) check(ctx cpu.Context) {
	metrics.Read(g.sample[:])
	if n := g.sample[0].Value.Uint64(); n-g.allocs > hostileHeap {
		g.t.Errorf("%d MiB allocated by the last of\n%s", (n-g.allocs)>>20, strings.Join(g.log, "\n"))
		g.allocs = n
	} else {
		g.allocs = n
	}
	row := g.last[ctx]
	if row == nil {
		return
	}
	delete(g.last, ctx)
	r := ctx.Regs().R
	v, failed := r[cpu.RAX], r[cpu.RFLAGS]&1 != 0
	if g.archOf(ctx) == cpu.ARM64 {
		v, failed = r[0], r[cpu.NZCV]&(1<<29) != 0
	}
	switch {
	case row.Class == kern.Unix && failed:
		if strings.HasPrefix(row.Name, "psynch_") {
			v &^= 0x300 // ECVCERORR and ECVPERORR say more about the waiter
		}
		if v == 0 || v > uint64(abi.ELAST) {
			g.t.Errorf("%s gave errno %#x after\n%s", row.Name, v, strings.Join(g.log, "\n"))
		}
	case row.Ret == kern.RetInt && row.Class == kern.Unix && v != uint64(int64(int32(v))):
		g.t.Errorf("%s gave %#x, no int, after\n%s", row.Name, v, strings.Join(g.log, "\n"))
	case v > 2:
		g.seen[g.ops%len(g.seen)] = v
	}
	if row.Class == kern.Mach {
		if row.Num == trapReplyPort && g.reply == 0 {
			g.reply = abi.Port(v)
		}
		// What comes back through memory is mostly a port's name.
		if n, err := g.space.Load32(arena); err == nil && n != 0 && v == 0 {
			g.seen[g.ops%len(g.seen)] = uint64(n)
		}
	}
}

func (g *hostile) archOf(ctx cpu.Context) cpu.Arch {
	for _, p := range g.m.Processes() {
		for _, t := range p.Threads {
			if t.Ctx == ctx {
				return p.Arch
			}
		}
	}
	return g.arch
}

// ground makes sure that the arena is there: the guest may have unmapped it.
func (g *hostile) ground(sp *mem.Space) error {
	var b [1]byte
	if sp.CopyOut(arena+arenaSize-1, b[:]) == nil && sp.CopyOut(arena, b[:]) == nil {
		return nil
	}
	for _, x := range []struct {
		addr, size uint64
		prot       mem.Prot
	}{{arena, arenaSize, mem.Read | mem.Write}, {roPage, 0x4000, mem.Read}, {guardPage, 0x4000, 0}} {
		_ = sp.Unmap(x.addr, x.size) // what is left of it
		if _, err := sp.Map(x.addr, x.size, mem.MapOptions{Prot: x.prot, Fixed: true}); err != nil {
			return err
		}
	}
	return nil
}

// trap puts a call into the registers.
func (g *hostile) trap(ctx cpu.Context, o op) cpu.Trap {
	tab := g.m.Tables
	rows, r := tab.Unix, ctx.Regs()
	arch := g.archOf(ctx)
	switch {
	case o.class == kern.Mach:
		rows = tab.Mach
	case o.class == kern.Machdep && arch == cpu.ARM64:
		rows = tab.MachdepARM
	case o.class == kern.Machdep:
		rows = tab.MachdepX86
	}
	delete(g.last, ctx)
	if o.num < len(rows) && rows[o.num].Name != "sigreturn" {
		g.last[ctx] = &rows[o.num]
	}
	if arch == cpu.ARM64 {
		copy(r.R[:8], o.args[:])
		num := uint64(o.num)
		switch o.class {
		case kern.Mach:
			num = -num
		case kern.Machdep:
			num = 0x80000000
			r.R[3] = uint64(o.num)
		}
		r.R[16], r.R[cpu.SP], r.R[cpu.PC] = num, stackTop, codePC
		return cpu.Trap{Kind: cpu.Syscall, Num: 0x80}
	}
	for i, n := range [...]int{cpu.RDI, cpu.RSI, cpu.RDX, cpu.R10, cpu.R8, cpu.R9} {
		r.R[n] = o.args[i]
	}
	for i, v := range o.args[6:] {
		_ = g.space.Store64(stackTop+8+8*uint64(i), v) // lost where there is no stack
	}
	class := [...]uint64{kern.Unix: 2, kern.Mach: 1, kern.Machdep: 3}[o.class]
	r.R[cpu.RAX], r.R[cpu.RSP], r.R[cpu.RIP] = class<<24|uint64(o.num), stackTop, codePC
	return cpu.Trap{Kind: cpu.Syscall}
}

// otherTrap is now and then a fault instead of a call.
func (g *hostile) otherTrap(r *cpu.Regs) (cpu.Trap, bool) {
	if g.in.n(250) != 0 {
		return cpu.Trap{}, false
	}
	kinds := []cpu.Kind{cpu.Interrupt, cpu.Breakpoint, cpu.MemoryFault, cpu.Illegal, cpu.Divide, cpu.FloatingPoint,
		cpu.Protection, cpu.Alignment, cpu.Preempted, cpu.Interrupted}
	k := kinds[g.in.n(len(kinds))]
	if k == cpu.Preempted || k == cpu.Interrupted {
		return cpu.Trap{Kind: k}, true
	}
	g.note("%v", k)
	r.R[cpu.RSP] = g.addr() // the frame of a signal goes there, on x86-64
	return cpu.Trap{Kind: k, Num: uint32(g.in.n(256)), Fault: mem.FaultError{Addr: g.addr(), Access: mem.Load, Kind: mem.Unmapped}}, true
}

// hostileRun plays one guest to its end.
func hostileRun(t testing.TB, tab *kern.Tables, arch cpu.Arch, in *choices) (ops int) {
	t.Helper()
	g := &hostile{t: t, arch: arch, in: in, last: map[cpu.Context]*kern.Row{}, seen: make([]uint64, 32)}
	g.sample[0].Name = "/gc/heap/allocs:bytes"
	metrics.Read(g.sample[:])
	g.allocs = g.sample[0].Value.Uint64()
	g.ports = []abi.Port{0, 1, 0x103, 0x203, 0x303, 0x403, 0x503, 0x603, 0x707, 0x803, 0x903, 0xffffffff}
	abi.MIGRoutines(func(r abi.MIGRoutine) bool {
		g.migs = append(g.migs, r.ID)
		return true
	})
	h, err := hostfs.New(hostfs.Options{Isolated: true, NoSignals: true, Env: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	phys, err := mem.NewPhysical(hostileMemory)
	if err != nil {
		t.Fatal(err)
	}
	defer phys.Close()
	m := New(kern.Config{Host: &hostileHost{Host: h, g: g, now: 1e9}, Phys: phys, Tables: tab, MaxProcs: 20, MaxThreads: 60,
		NewEngine: func(a cpu.Arch) (cpu.Engine, error) {
			return &hostileEngine{cputest.New(a), g}, nil
		}})
	defer m.Close()
	g.m = m
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("panic after\n%s", strings.Join(g.log, "\n"))
			panic(p)
		}
	}()
	g.dog = time.AfterFunc(10*hostileTime, func() {
		panic("the kernel hangs in the last of\n" + strings.Join(g.log, "\n") + "\n" + allStacks())
	})
	defer g.dog.Stop()
	if err := g.start(); err != nil {
		t.Fatal(err)
	}
	if err := m.Run(); err != nil {
		t.Errorf("%v, after\n%s", err, strings.Join(g.log, "\n"))
	}
	return g.ops
}

// hostileProgram is what the guest can execute, of both architectures.
func hostileProgram() []byte {
	x := machotest.Static(cpu.X86_64, []byte("\x0f\x05"), nil, 0x1000)
	a := machotest.Static(cpu.ARM64, []byte("\x01\x10\x00\xd4"), nil, 0x4000)
	return machotest.Fat(false, machotest.Slice(x), machotest.Slice(a))
}

// start makes files and the first process.
func (g *hostile) start() error {
	fs := g.m.Host.FS()
	put := func(path string, mode uint32, b []byte) error {
		f, err := fs.Open(hostfs.At{Path: path}, hostfs.O_CREAT|hostfs.O_WRONLY, mode)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		_, err = f.WriteAt(b, 0)
		return errors.Join(err, f.Close())
	}
	if err := put("/tmp/prog", 0o755, hostileProgram()); err != nil {
		return err
	}
	if err := put("/tmp/script", 0o755, []byte("#!/tmp/prog a b\n")); err != nil {
		return err
	}
	if err := put("/tmp/f", 0o644, []byte(strings.Repeat("0123456789abcdef", 2000))); err != nil {
		return err
	}
	cwd, err := fs.Open(hostfs.At{Path: "/tmp"}, hostfs.O_RDONLY|hostfs.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	p, err := g.m.Spawn(kern.ExecArgs{At: hostfs.At{Path: "/tmp/prog"}, Path: "/tmp/prog", Argv: []string{"prog"},
		Prefer: []cpu.Arch{g.arch}}, cwd)
	if err != nil {
		return err
	}
	t := p.Threads[0]
	t.SigMask = ^abi.Sigset(0)
	// One descriptor of each kind, so that a number alone names something.
	g.queue = g.prelude()
	return nil
}

// seedRuns plays n operations of random guests, each of at most 300.
func seedRuns(t testing.TB, tab *kern.Tables, seed uint64, n int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for n > 0 && !t.Failed() {
		s := rng.Uint64()
		in := &choices{rng: rand.New(rand.NewPCG(s, 2)), left: 300}
		done := hostileRun(t, tab, cpu.Arch(s&1), in)
		if t.Failed() {
			t.Logf("the run of seed %#x, architecture %v", s, cpu.Arch(s&1))
		}
		n -= max(done, 20)
	}
}

func hostFDs() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list)
}

// allStacks is what every goroutine does.
func allStacks() string {
	b := make([]byte, 64<<10)
	return string(b[:runtime.Stack(b, true)])
}

func TestHostile(t *testing.T) {
	tab := Tables()
	seedRuns(t, tab, 7, 300)
	fds, routines := hostFDs(), runtime.NumGoroutine()
	n := 60000
	if testing.Short() {
		n = 10000
	}
	seedRuns(t, tab, 1, n)
	if now := hostFDs(); now > fds {
		t.Errorf("%d descriptors of the host before, %d after", fds, now)
	}
	if now := runtime.NumGoroutine(); now > routines {
		t.Errorf("%d goroutines before, %d after", routines, now)
	}
}

func FuzzHostile(f *testing.F) {
	tab := Tables()
	for seed := range uint64(4) {
		b := make([]byte, 600)
		rng := rand.New(rand.NewPCG(seed, 3))
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		f.Add(b, seed&1 == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, arm bool) {
		arch := cpu.X86_64
		if arm {
			arch = cpu.ARM64
		}
		hostileRun(t, tab, arch, &choices{data: data, left: 400})
	})
}
