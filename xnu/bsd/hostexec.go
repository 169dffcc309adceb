package bsd

import (
	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Programs of the host, run in the place of a guest process: /bin/sh, git. They
// stay in Beagle's own process group, where the terminal's signals find them.

// runHost starts a host program with p's descriptors, directory, mask and
// environment, and puts it in p's place. Threads of p, the caller's too, are
// gone when it succeeds.
func runHost(p *kern.Process, host *kern.HostProgram, env []string) error {
	m := p.Machine
	procs := m.Host.Procs()
	if procs == nil {
		return abi.EBADARCH
	}
	spec := hostfs.ProcSpec{Path: host.Path, Argv: host.Argv, Env: env, Umask: p.Umask}
	if spec.Env == nil {
		spec.Env = []string{}
	}
	if p.Cwd != nil {
		spec.Dir, _ = m.Host.FS().HostPath(hostfs.At{Dir: p.Cwd.File, Path: "."})
	}
	if t := p.Main(); t != nil {
		spec.Mask = hostMask(t.SigMask)
	}
	w := wiring{p: p, bridges: map[*kern.File]*bridge{}}
	if err := w.connect(&spec); err != nil {
		w.abandon()
		return err
	}
	h, err := procs.Start(spec)
	if err != nil {
		w.abandon()
		return err
	}
	w.start()
	p.BecomeHost(h, host.Path, kern.ExecInfo{Argv: host.Argv, Env: env}, w.drain)
	return nil
}

// hostMask translates a set of blocked signals; bit n-1 stands for signal n on
// both sides.
func hostMask(set abi.Sigset) uint64 {
	var out uint64
	for s := abi.Signal(1); s < abi.NSIG; s++ {
		if set.Has(s) {
			out |= 1 << (kern.HostSignal(s) - 1)
		}
	}
	return out
}

// HostDescriptor is implemented by what is behind descriptors that the host has
// one of too, other than files: sockets.
type HostDescriptor interface{ HostFD() int }

// hostDescriptor finds the host's descriptor behind an open file; -1 if there is
// none, as for pipes and devices of the guest's kernel.
func hostDescriptor(f *kern.File) int {
	switch o := f.Ops.(type) {
	case kern.HostBacked:
		if h := o.HostFile(); h != nil {
			return h.FD()
		}
	case HostDescriptor:
		return o.HostFD()
	}
	return -1
}

// wiring is how a host program's descriptors hang together with the guest's.
type wiring struct {
	p       *kern.Process
	bridges map[*kern.File]*bridge
	order   []*bridge
}

// connect lists the descriptors that the program gets.
func (w *wiring) connect(spec *hostfs.ProcSpec) error {
	for _, fd := range w.p.FDs.Open() {
		if w.p.FDs.CloExec(fd) {
			continue
		}
		f, err := w.p.FDs.Get(fd)
		if err != nil {
			return err
		}
		n := hostDescriptor(f)
		if n < 0 {
			b := w.bridges[f]
			if b == nil {
				if f.Ops.Type() == kern.TypeKqueue {
					continue // not inherited, and meaningless there
				}
				if b, err = newBridge(w.p, f); err != nil {
					return err
				}
				w.bridges[f] = b
				w.order = append(w.order, b)
			}
			n = b.far
		}
		spec.Files = append(spec.Files, hostfs.FDMap{Guest: int(fd), FD: n})
	}
	return nil
}

// abandon gives back what connect made.
func (w *wiring) abandon() {
	for _, b := range w.order {
		b.closeFar()
		b.end()
	}
}

// start lets the bridges run; the program has its ends.
func (w *wiring) start() {
	for _, b := range w.order {
		b.closeFar()
		for _, x := range b.pumps {
			x.schedule()
		}
	}
}

// drain carries over what the program had written when it ended, so that
// whoever waits for it finds its output complete, and stops feeding it.
func (w *wiring) drain() {
	for _, b := range w.order {
		for _, x := range b.pumps {
			if x.toHost {
				x.finish()
			} else if !x.done {
				x.step()
			}
		}
	}
}

// hostEnd is Beagle's end of what a host program has the other of.
type hostEnd interface {
	Read(p []byte) (int, error)
	Write(p []byte) (int, error)
	FD() int
	Close() error
}

// sockEnd makes a hostEnd of a socket.
type sockEnd struct{ hostfs.Sock }

func (s sockEnd) Read(p []byte) (int, error) {
	n, _, _, _, err := s.Recv(p, 0)
	return n, err
}

func (s sockEnd) Write(p []byte) (int, error) { return s.Send(p, nil, 0, nil) }

// bridge joins an open file of the guest's kernel with a descriptor of the host.
type bridge struct {
	m     *kern.Machine
	near  hostEnd
	far   int
	shut  func()
	pumps []*pump
	live  int
}

func newBridge(p *kern.Process, f *kern.File) (*bridge, error) {
	m := p.Machine
	b := &bridge{m: m}
	in, out := f.Flags&kern.FREAD != 0, f.Flags&kern.FWRITE != 0
	if in && out {
		net := m.Host.Net()
		if net == nil {
			return nil, abi.ENOTSUP
		}
		s, err := net.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			return nil, err
		}
		b.near, b.far, b.shut = sockEnd{s[0]}, s[1].FD(), func() { s[1].Close() }
	} else {
		r, w, err := m.Host.Pipe()
		if err != nil {
			return nil, err
		}
		if in {
			b.near, b.far, b.shut = w, r.FD(), func() { r.Close() }
		} else {
			b.near, b.far, b.shut = r, w.FD(), func() { w.Close() }
		}
	}
	// The pumps read and write as the process did, though it has no threads left.
	t := &kern.Thread{Proc: p, State: kern.Blocked}
	add := func(toHost bool) {
		b.pumps = append(b.pumps, &pump{b: b, t: t, f: f.Ref(), toHost: toHost})
		b.live++
	}
	if in {
		add(true)
	}
	if out || !in {
		add(false)
	}
	return b, nil
}

// closeFar closes Beagle's copy of the end that the program has.
func (b *bridge) closeFar() {
	if b.shut != nil {
		b.shut()
		b.shut = nil
	}
}

func (b *bridge) end() {
	for _, x := range b.pumps {
		x.finish()
	}
}

// pump carries bytes one way.
type pump struct {
	b      *bridge
	t      *kern.Thread
	f      *kern.File
	toHost bool
	done   bool
	soon   bool
	data   []byte
	waiter *kern.Waiter
	source kern.Source
}

// pumpChunk is how much a pump moves at once.
const pumpChunk = 64 << 10

// schedule makes the pump run when the kernel is between two threads: a wake-up
// may come from the middle of another process's call.
func (x *pump) schedule() {
	if x.soon || x.done {
		return
	}
	x.soon = true
	x.b.m.After(x.b.m.Monotonic(), func() {
		x.soon = false
		if !x.done {
			x.step()
		}
	})
}

func (x *pump) step() {
	x.unwait()
	for rounds := 0; ; rounds++ {
		if rounds == 16 {
			// Others want to run too.
			x.schedule()
			return
		}
		if len(x.data) == 0 {
			buf := make([]byte, pumpChunk)
			n, err := x.read(buf)
			if err != nil {
				x.failed(err, true)
				return
			}
			if n == 0 {
				x.finish()
				return
			}
			x.data = buf[:n]
		}
		n, err := x.write(x.data)
		if err != nil {
			x.failed(err, false)
			return
		}
		x.data = x.data[n:]
	}
}

func (x *pump) read(p []byte) (int, error) {
	if x.toHost {
		return x.f.Ops.Read(x.t, x.f, p)
	}
	return x.b.near.Read(p)
}

func (x *pump) write(p []byte) (int, error) {
	if x.toHost {
		return x.b.near.Write(p)
	}
	return x.f.Ops.Write(x.t, x.f, p)
}

// failed waits for readiness after EAGAIN and gives up after everything else.
func (x *pump) failed(err error, reading bool) {
	if !isErrno(err, abi.EAGAIN) {
		x.finish()
		return
	}
	want := kern.EvIn
	if !reading {
		want = kern.EvOut
	}
	var s kern.Source
	if reading == x.toHost {
		s = x.f.Ops.Source(x.f, want)
	} else {
		s = x.b.m.HostSource(x.b.near.FD())
	}
	if s == nil {
		x.finish()
		return
	}
	x.source = s
	x.waiter = kern.NewWaiter(func(*kern.Waiter, any) { x.schedule() })
	x.waiter.Want = want
	s.Add(x.waiter)
}

func (x *pump) unwait() {
	if x.waiter != nil {
		x.source.Remove(x.waiter)
		x.waiter, x.source = nil, nil
	}
}

// finish ends one direction, and the bridge with the last.
func (x *pump) finish() {
	if x.done {
		return
	}
	x.done = true
	x.unwait()
	x.f.Unref()
	x.data = nil
	b := x.b
	if b.live--; b.live > 0 {
		if s, ok := b.near.(sockEnd); ok && x.toHost {
			_ = s.Shutdown(unix.SHUT_WR)
		}
		return
	}
	b.m.ForgetHost(b.near.FD())
	b.near.Close()
}
