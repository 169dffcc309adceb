package bsd

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/cpu/cputest"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The harness runs guest programs written in Go against the real dispatcher,
// scheduler and host seam: an engine whose "guest code" is a coroutine. Every
// call of [guest.sys] is a SYSCALL instruction of an x86-64 thread; blocking,
// restarts and signals are those of a real run.
//
//	runGuests(t, hostfs.Options{Isolated: true}, func(g *guest) {
//		fd := g.must(5, g.str("/tmp/x"), abi.O_CREAT|abi.O_RDWR, 0o644)
//		g.fails(abi.EBADF, 3, fd+1, g.alloc(1), 1)
//	})

const (
	harnessBase  = 0x100000
	harnessSize  = 16 << 20
	harnessStack = harnessBase + harnessSize - 0x10000
	harnessPC    = 0x1000
)

// guest is one process with one thread.
type guest struct {
	t    *testing.T
	m    *kern.Machine
	p    *kern.Process
	th   *kern.Thread
	next uint64 // allocator
	co   *coroutine
}

// coroutine is a thread's program: it runs only while the engine runs it.
type coroutine struct {
	call  chan []uint64 // number, then arguments
	reply chan [2]uint64
	carry bool
	// pending is the call that is in the registers.
	pending []uint64
	started bool
	main    func()
}

// guestEngine runs coroutines.
type guestEngine struct {
	*cputest.Engine
	co map[cpu.Context]*coroutine
}

func (e *guestEngine) Run(ctx cpu.Context, space *mem.Space, _ uint64) cpu.Trap {
	c := e.co[ctx]
	if c == nil {
		return cpu.Trap{Kind: cpu.Broken, Err: fmt.Errorf("no program for the context")}
	}
	r := ctx.Regs()
	r.Dirty = 0
	switch {
	case !c.started:
		c.started = true
		go c.main()
		c.pending = <-c.call
	case r.R[cpu.RIP] != harnessPC: // not rewound for a restart
		c.carry = r.R[cpu.RFLAGS]&1 != 0
		c.reply <- [2]uint64{r.R[cpu.RAX], r.R[cpu.RDX]}
		c.pending = <-c.call
	}
	for i, n := range [...]int{cpu.RDI, cpu.RSI, cpu.RDX, cpu.R10, cpu.R8, cpu.R9} {
		r.R[n] = 0
		if i+1 < len(c.pending) {
			r.R[n] = c.pending[i+1]
		}
	}
	for i := 7; i < len(c.pending); i++ {
		if err := space.Store64(harnessStack+8*uint64(i-6), c.pending[i]); err != nil {
			return cpu.Trap{Kind: cpu.Broken, Err: err}
		}
	}
	r.R[cpu.RAX], r.R[cpu.RSP], r.R[cpu.RIP] = 2<<24|c.pending[0], harnessStack, harnessPC+2
	return cpu.Trap{Kind: cpu.Syscall}
}

// sys makes a call and returns the first result register and the errno.
func (g *guest) sys(num int, args ...uint64) (uint64, abi.Errno) {
	v, _, e := g.sys2(num, args...)
	return v, e
}

// sys2 also returns the second result register.
func (g *guest) sys2(num int, args ...uint64) (uint64, uint64, abi.Errno) {
	g.co.call <- append([]uint64{uint64(num)}, args...)
	r, ok := <-g.co.reply
	if !ok {
		runtime.Goexit() // the machine is over
	}
	if g.co.carry {
		return 0, 0, abi.Errno(r[0])
	}
	return r[0], r[1], 0
}

// must makes a call that has to succeed.
func (g *guest) must(num int, args ...uint64) uint64 {
	g.t.Helper()
	v, e := g.sys(num, args...)
	if e != 0 {
		c, _ := abi.BSDCallByNumber(num)
		g.t.Errorf("%s(%#x): %v", c.Public(), args, e)
		g.exit(1)
	}
	return v
}

// fails makes a call that has to answer that errno.
func (g *guest) fails(want abi.Errno, num int, args ...uint64) {
	g.t.Helper()
	v, e := g.sys(num, args...)
	if e != want {
		c, _ := abi.BSDCallByNumber(num)
		g.t.Errorf("%s(%#x) = %d, %v; want %v", c.Public(), args, v, e, want)
	}
}

func (g *guest) exit(status uint64) {
	g.sys(1, status)
}

// alloc returns n zeroed bytes of guest memory.
func (g *guest) alloc(n int) uint64 {
	a := g.next
	g.next += uint64(n+15) &^ 15
	if g.next > harnessStack-0x10000 {
		panic("the guest's memory is used up")
	}
	return a
}

// str puts a string with its NUL into guest memory.
func (g *guest) str(s string) uint64 { return g.data(append([]byte(s), 0)) }

// data puts bytes into guest memory.
func (g *guest) data(b []byte) uint64 {
	a := g.alloc(len(b))
	if err := g.p.Space.CopyOut(a, b); err != nil {
		panic(err)
	}
	return a
}

// bytes reads guest memory.
func (g *guest) bytes(addr uint64, n int) []byte {
	b := make([]byte, n)
	if err := g.p.Space.CopyIn(b, addr); err != nil {
		g.t.Errorf("reading %d bytes at %#x: %v", n, addr, err)
	}
	return b
}

// stat is stat64 of a path.
func (g *guest) stat(path string) (abi.Stat64, abi.Errno) {
	buf := g.alloc(144)
	_, e := g.sys(338, g.str(path), buf)
	var st abi.Stat64
	abi.Unmarshal(g.bytes(buf, 144), &st)
	return st, e
}

// write writes a whole file through the guest's calls.
func (g *guest) writeFile(path, content string) {
	g.t.Helper()
	fd := g.must(5, g.str(path), abi.O_CREAT|abi.O_TRUNC|abi.O_WRONLY, 0o644)
	if n := g.must(4, fd, g.str(content), uint64(len(content))); n != uint64(len(content)) {
		g.t.Errorf("wrote %d of %d bytes", n, len(content))
	}
	g.must(6, fd)
}

// readFile reads a whole file through the guest's calls.
func (g *guest) readFile(path string) string {
	g.t.Helper()
	fd := g.must(5, g.str(path), abi.O_RDONLY, 0)
	var out bytes.Buffer
	buf := g.alloc(4096)
	for {
		n := g.must(3, fd, buf, 4096)
		if n == 0 {
			break
		}
		out.Write(g.bytes(buf, int(n)))
	}
	g.must(6, fd)
	return out.String()
}

// newGuestMachine makes a machine whose engine runs coroutines.
func newGuestMachine(t *testing.T, o hostfs.Options) (*kern.Machine, *guestEngine) {
	t.Helper()
	o.NoSignals = true
	h, err := hostfs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	phys, err := mem.NewPhysical(256 << 20)
	if err != nil {
		t.Fatal(err)
	}
	e := &guestEngine{Engine: cputest.New(cpu.X86_64), co: map[cpu.Context]*coroutine{}}
	cfg := kern.Config{
		Host: h, Phys: phys, Diag: testWriter{t},
		Tables:    &kern.Tables{Unix: Table()},
		NewEngine: func(cpu.Arch) (cpu.Engine, error) { return e, nil },
	}
	Hook(&cfg.Hooks)
	m := kern.New(cfg)
	t.Cleanup(func() {
		m.Close()
		for _, c := range e.co {
			close(c.reply)
		}
		h.Close()
		phys.Close()
	})
	return m, e
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", bytes.TrimSpace(p))
	return len(p), nil
}

// addGuest makes a process that runs main; parent nil makes it the first.
func addGuest(t *testing.T, m *kern.Machine, e *guestEngine, parent *kern.Process, main func(*guest)) *guest {
	t.Helper()
	p, err := m.NewProcess(parent)
	if err != nil {
		t.Fatal(err)
	}
	cwd, err := m.Host.FS().Open(hostfs.At{Path: "/"}, hostfs.O_PATH|hostfs.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.Arch = cpu.X86_64
	p.Cred = &kern.Cred{RUID: uint32(os.Getuid()), EUID: uint32(os.Geteuid()), SVUID: uint32(os.Geteuid())}
	p.Umask = 0o022
	p.Cwd = kern.NewDir(cwd)
	p.FDs = kern.NewFDTable()
	for i := range p.Limits {
		p.Limits[i] = kern.Limit{Cur: kern.Infinity, Max: kern.Infinity}
	}
	p.Limits[abi.RLIMIT_NOFILE].Cur = 256
	if parent == nil {
		p.SetGroup(p.PID, &kern.Session{ID: p.PID, Leader: p, FGGroup: p.PID, TTY: true})
		m.Init = p
	} else {
		p.SetGroup(parent.Group.ID, parent.Group.Session)
	}
	p.Space = m.Phys.NewSpace(mem.SpaceConfig{PageSize: 4096, Min: 0x1000, Max: 1 << 46})
	if _, err := p.Space.Map(harnessBase, harnessSize, mem.MapOptions{Prot: mem.Read | mem.Write, Fixed: true}); err != nil {
		t.Fatal(err)
	}
	for fd := range 3 {
		if f := m.Hooks.Stdio(m, fd); f != nil && parent == nil {
			if err := p.InstallFD(f, abi.FD(fd), false); err != nil {
				t.Fatal(err)
			}
		}
	}
	th, err := p.NewThread()
	if err != nil {
		t.Fatal(err)
	}
	g := &guest{t: t, m: m, p: p, th: th, next: harnessBase}
	g.co = &coroutine{call: make(chan []uint64), reply: make(chan [2]uint64)}
	g.co.main = func() {
		main(g)
		g.exit(0)
	}
	e.co[th.Ctx] = g.co
	th.Start()
	return g
}

// runGuests runs a first process and children of it to the end of the first.
func runGuests(t *testing.T, o hostfs.Options, mains ...func(*guest)) *kern.Machine {
	t.Helper()
	m, e := newGuestMachine(t, o)
	first := addGuest(t, m, e, nil, mains[0])
	for _, f := range mains[1:] {
		addGuest(t, m, e, first.p, f)
	}
	if err := m.Run(); err != nil {
		t.Fatalf("the machine: %v", err)
	}
	if first.p.Status != 0 && !t.Failed() {
		t.Errorf("the first process ended with status %#x", first.p.Status)
	}
	return m
}
