package mach

import (
	"math/rand/v2"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/cpu/cputest"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// bench is one process with one thread, to call handlers on directly. Its memory
// is 1 MiB at base.
type bench struct {
	t *kern.Thread
	k *task
}

const base = 0x10000000

func newBench(t testing.TB, arch cpu.Arch) *bench {
	t.Helper()
	host, err := hostfs.New(hostfs.Options{Isolated: true, NoSignals: true})
	if err != nil {
		t.Fatal(err)
	}
	phys, err := mem.NewPhysical(256 << 20)
	if err != nil {
		t.Fatal(err)
	}
	cfg := kern.Config{Host: host, Phys: phys, MaxThreads: 64, MaxProcs: 8,
		NewEngine: func(a cpu.Arch) (cpu.Engine, error) { return cputest.New(a), nil }}
	Hook(&cfg.Hooks)
	m := kern.New(cfg)
	t.Cleanup(func() {
		m.Close()
		phys.Close()
		host.Close()
	})
	p, err := m.NewProcess(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Arch = arch
	p.Cred = &kern.Cred{RUID: 501, EUID: 501}
	p.FDs = kern.NewFDTable()
	p.Space = phys.NewSpace(mem.SpaceConfig{PageSize: arch.PageSize(), Min: arch.PageSize(), Max: 1 << 46})
	if _, err := p.Space.Map(base, 1<<20, mem.MapOptions{Prot: mem.Read | mem.Write, Fixed: true}); err != nil {
		t.Fatal(err)
	}
	th, err := p.NewThread()
	if err != nil {
		t.Fatal(err)
	}
	procStart(p, nil)
	m.Init = p
	return &bench{t: th, k: taskOf(p)}
}

// send sends raw bytes and answers with the result; it never waits.
func (b *bench) send(msg []byte) abi.KernReturn {
	if err := b.t.Space().CopyOut(base, msg); err != nil {
		panic(err)
	}
	_, err := machMsg(b.t, &machMsgArgs{Msg: base, Option: abi.MACH_SEND_MSG | abi.MACH_SEND_TIMEOUT, SendSize: uint32(len(msg))})
	return result(err)
}

// reset undoes what a routine may have done to the caller's own thread and memory.
func (b *bench) reset() {
	threadOf(b.t).suspended, b.t.Suspend, b.k.suspended, b.t.Proc.Suspended = 0, 0, 0, 0
	sp := b.t.Space()
	for g := range sp.Regions() {
		_ = sp.Unmap(g.Addr, g.Size)
	}
	for g := range sp.Regions() {
		_ = sp.Protect(g.Addr, g.Size, mem.None, false) // permanent
	}
	if _, err := sp.Map(base, 1<<20, mem.MapOptions{Prot: mem.Read | mem.Write, Fixed: true}); err != nil {
		panic(err)
	}
}

func (b *bench) receive(name abi.Port) ([]byte, abi.KernReturn) {
	_, err := machMsg(b.t, &machMsgArgs{Msg: base + 0x80000, Option: abi.MACH_RCV_MSG | abi.MACH_RCV_TIMEOUT, RcvSize: 0x40000, RcvName: name})
	if err != nil {
		return nil, result(err)
	}
	var h abi.MachMsgHeader
	head := make([]byte, 24)
	if err := b.t.Space().CopyIn(head, base+0x80000); err != nil {
		panic(err)
	}
	h.Get(head)
	out := make([]byte, h.Size)
	if err := b.t.Space().CopyIn(out, base+0x80000); err != nil {
		panic(err)
	}
	return out, 0
}

func result(err error) abi.KernReturn {
	if err == nil {
		return 0
	}
	return err.(abi.KernReturn)
}

// request builds a message to dest with a send-once reply right of r.
func request(dest, r abi.Port, id int32, body []byte) []byte {
	h := abi.MachMsgHeader{Bits: abi.MACH_MSGH_BITS(abi.MACH_MSG_TYPE_COPY_SEND, abi.MACH_MSG_TYPE_MAKE_SEND_ONCE),
		RemotePort: uint32(dest), LocalPort: uint32(r), Id: id}
	b := make([]byte, 24, 24+len(body))
	h.Put(b)
	return append(b, body...)
}

// TestEveryRoutine sends every routine requests of the right and of wrong shapes,
// with all sorts of values, at every kind of object. Each must be answered by one
// reply with its id, and nothing may be left behind.
func TestEveryRoutine(t *testing.T) {
	for _, arch := range []cpu.Arch{cpu.X86_64, cpu.ARM64} {
		b := newBench(t, arch)
		k, sys := b.k, b.k.sys
		r := rand.New(rand.NewPCG(uint64(arch), 7))
		reply, _, _ := k.space.NewPort(0)
		targets := func() []abi.Port {
			s := k.newSemaphore(0)
			return []abi.Port{
				k.copyOutSend(k.port(control).MakeSend()), k.copyOutSend(k.port(read).MakeSend()), k.copyOutSend(k.port(nameOnly).MakeSend()),
				k.copyOutSend(threadOf(b.t).port(control).MakeSend()), k.copyOutSend(threadOf(b.t).port(inspect).MakeSend()),
				k.copyOutSend(sys.host.port.MakeSend()), k.copyOutSend(sys.host.clocks[0].port.MakeSend()), k.copyOutSend(s.port.MakeSend()),
			}
		}
		answered := 0
		values := []uint32{0, 1, 2, 3, 4, 5, 8, 16, 19, 20, 42, 0x103, 0x1000, base, 0x7fffffff, 0x80000000, 0xffffffff}
		for _, g := range routineGroups() {
			for _, row := range g {
				switch row.name {
				case "task_terminate", "thread_terminate_from_user":
					continue // they do what they say
				case "thread_create_running_from_user", "thread_create_from_user":
					continue // bounded by MaxThreads, and slow
				}
				for range 150 {
					b.reset()
					dests := targets()
					var body []byte
					n := len(row.descs)
					if n > 0 {
						body = le.AppendUint32(body, uint32(n))
					}
					for _, kind := range row.descs {
						d := make([]byte, abi.MachMsgDescriptorSize(kind))
						switch kind {
						case descPort:
							le.PutUint32(d, uint32(dests[r.IntN(len(dests))]))
							d[10] = byte(abi.MACH_MSG_TYPE_COPY_SEND)
							if r.IntN(3) == 0 {
								le.PutUint32(d, uint32(reply))
								d[10] = byte(abi.MACH_MSG_TYPE_MAKE_SEND_ONCE)
							}
						default:
							le.PutUint64(d, base)
							le.PutUint32(d[12:], uint32(r.IntN(100_000)))
							d[9] = abi.MACH_MSG_VIRTUAL_COPY
						}
						d[11] = kind
						body = append(body, d...)
					}
					size := row.size
					if row.tail {
						size += 4 * r.IntN(200)
					}
					if r.IntN(10) == 0 {
						size = 4 * r.IntN(30)
					}
					if size > 0 {
						body = le.AppendUint64(body, abi.NDRRecord)
					}
					for range size / 4 {
						body = le.AppendUint32(body, values[r.IntN(len(values))])
					}
					msg := request(dests[r.IntN(len(dests))], reply, row.id, body)
					if r.IntN(2) == 0 {
						// The kind of object that the routine is most often for.
						le.PutUint32(msg[8:], uint32(dests[0]))
					}
					if n > 0 {
						le.PutUint32(msg, le.Uint32(msg)|abi.MACH_MSGH_BITS_COMPLEX)
					}
					if kr := b.send(msg); kr != 0 {
						// Its arguments may have destroyed names that it was to be sent with.
						reply, _, _ = k.space.NewPort(0)
						continue
					}
					got, kr := b.receive(reply)
					if kr != 0 {
						reply, _, _ = k.space.NewPort(0)
						continue
					}
					switch id := int32(le.Uint32(got[20:])); {
					case id == row.id+100:
						answered++
					case id < 100 || id == alarmReplyID: // notifications, alarms
					default:
						t.Fatalf("%s: answered with id %d", row.name, id)
					}
					for {
						if _, kr := b.receive(reply); kr != 0 {
							break
						}
					}
				}
			}
		}
		if answered < 10_000 {
			t.Errorf("%v: only %d answers", arch, answered)
		}
		k.end()
		threadOf(b.t).end()
		if q := sys.world.Queued(); q != 0 {
			t.Errorf("%v: %d bytes of messages left over", arch, q)
		}
		for _, tr := range sys.transit {
			for g := range tr.sp.Regions() {
				t.Errorf("%v: out-of-line memory left over: %#x, %d bytes", arch, g.Addr, g.Size)
			}
		}
	}
}

// FuzzMessage sends arbitrary bytes as a message.
func FuzzMessage(f *testing.F) {
	f.Add(request(0x103, 0x303, 3418, append(le.AppendUint64(nil, abi.NDRRecord), make([]byte, 8)...)))
	f.Add(append(request(0x203, 0x303, 3214, nil), 1, 0, 0, 0, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 19, 0))
	b := newBench(f, cpu.X86_64)
	k := b.k
	k.copyOutSend(threadOf(b.t).port(control).MakeSend())
	k.copyOutSend(k.port(control).MakeSend())
	f.Fuzz(func(t *testing.T, msg []byte) {
		if len(msg) > 4096 {
			return
		}
		if k.space.NameOf(k.port(control)) == 0 {
			k.copyOutSend(k.port(control).MakeSend())
		}
		if len(msg) >= 24 {
			switch int32(le.Uint32(msg[20:])) {
			case 3401, 3600, 3411, 3412:
				return // end or make threads
			}
		}
		b.send(msg)
		for i := range abi.Port(64) {
			for range 8 {
				if _, kr := b.receive(i<<8 | 3); kr != 0 {
					break
				}
			}
		}
		b.reset()
	})
}

// TestSendErrors pins what refuses a message, and that it then costs nothing.
func TestSendErrors(t *testing.T) {
	b := newBench(t, cpu.X86_64)
	s := b.k.space
	port, p, _ := s.NewPort(0)
	s.CopyOut(p.MakeSend())
	dead, _ := s.NewDeadName(0)
	header := func(bits uint32, to, reply abi.Port) []byte {
		h := make([]byte, 24)
		(&abi.MachMsgHeader{Bits: bits, RemotePort: uint32(to), LocalPort: uint32(reply)}).Put(h)
		return h
	}
	complexMsg := func(n uint32, descs ...byte) []byte {
		m := header(abi.MACH_MSG_TYPE_COPY_SEND|abi.MACH_MSGH_BITS_COMPLEX, port, 0)
		return append(le.AppendUint32(m, n), descs...)
	}
	const copySend, moveSend, makeSend = abi.MACH_MSG_TYPE_COPY_SEND, abi.MACH_MSG_TYPE_MOVE_SEND, abi.MACH_MSG_TYPE_MAKE_SEND
	for _, c := range []struct {
		what string
		msg  []byte
		want abi.KernReturn
	}{
		{"no destination", header(copySend, 0, 0), abi.MACH_SEND_INVALID_DEST},
		{"dead destination", header(copySend, abi.MACH_PORT_DEAD, 0), abi.MACH_SEND_INVALID_DEST},
		{"dead name", header(copySend, dead, 0), abi.MACH_SEND_INVALID_DEST},
		{"wrong right", header(abi.MACH_MSG_TYPE_MOVE_SEND_ONCE, port, 0), abi.MACH_SEND_INVALID_DEST},
		{"receive right as destination", header(abi.MACH_MSG_TYPE_MOVE_RECEIVE, port, 0), abi.MACH_SEND_INVALID_HEADER},
		{"no disposition", header(0, port, 0), abi.MACH_SEND_INVALID_HEADER},
		{"unknown bits", header(copySend|1<<29, port, 0), abi.MACH_SEND_INVALID_HEADER},
		{"reply without disposition", header(copySend, port, port), abi.MACH_SEND_INVALID_HEADER},
		{"reply unknown", header(copySend|makeSend<<8, port, 0x7703), abi.MACH_SEND_INVALID_REPLY},
		{"one reference moved twice", header(moveSend|moveSend<<8, port, port), abi.MACH_SEND_INVALID_REPLY},
		{"voucher that is none", header(copySend|copySend<<16, port, 0), 0},
		{"no descriptor count", header(copySend|abi.MACH_MSGH_BITS_COMPLEX, port, 0), abi.MACH_SEND_MSG_TOO_SMALL},
		{"more descriptors than bytes", complexMsg(1), abi.MACH_SEND_MSG_TOO_SMALL},
		{"count of descriptors wraps", complexMsg(0xffffffff), abi.MACH_SEND_MSG_TOO_SMALL},
		{"unknown descriptor", complexMsg(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 77), abi.MACH_SEND_INVALID_TYPE},
		{"half a descriptor", complexMsg(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1), abi.MACH_SEND_MSG_TOO_SMALL},
		{"memory not there", complexMsg(1, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 9, 0, 0, 0), abi.MACH_SEND_INVALID_MEMORY},
		{"copy option", complexMsg(1, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 7, 0, 1, 9, 0, 0, 0), abi.MACH_SEND_INVALID_TYPE},
		{"far too many names", complexMsg(1, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 1, 19, 2, 0xff, 0xff, 0xff, 0xff), abi.MACH_SEND_TOO_LARGE},
		{"right not held", complexMsg(1, 3, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 19, 0), abi.MACH_SEND_INVALID_RIGHT},
	} {
		if kr := b.send(c.msg); kr != c.want {
			t.Errorf("%s: %v, want %v", c.what, kr, c.want)
		}
		if c.want == 0 {
			b.receive(port)
		}
		if q := b.k.sys.world.Queued(); q != 0 {
			t.Errorf("%s: %d bytes remain", c.what, q)
		}
		if n, _ := s.Refs(port, abi.MACH_PORT_RIGHT_SEND); n != 1 {
			t.Errorf("%s: %d send references remain of 1", c.what, n)
		}
	}
}

// TestMemoryLimit: messages that nobody receives cannot fill the host.
func TestMemoryLimit(t *testing.T) {
	b := newBench(t, cpu.X86_64)
	b.k.sys.world.MaxQueued = 1 << 20
	port, p, _ := b.k.space.NewPort(0)
	p.SetQueueLimit(abi.MACH_PORT_QLIMIT_MAX)
	msg := make([]byte, 60000)
	(&abi.MachMsgHeader{Bits: abi.MACH_MSG_TYPE_MAKE_SEND, RemotePort: uint32(port)}).Put(msg)
	kr := abi.KERN_SUCCESS
	for range 100 {
		if kr = b.send(msg); kr != 0 {
			break
		}
	}
	if kr != abi.MACH_SEND_NO_BUFFER || p.Pending() > 17 {
		t.Errorf("%v after %d messages", kr, p.Pending())
	}
	// Replies of the kernel count too.
	task := b.k.copyOutSend(b.k.port(control).MakeSend())
	for range 2000 {
		b.send(request(task, port, 3200, nil))
	}
	if q := b.k.sys.world.Queued(); q > 1<<20 {
		t.Errorf("%d bytes", q)
	}
}

// TestSemaphores pins what waiting and signalling answer without blocking.
func TestSemaphores(t *testing.T) {
	b := newBench(t, cpu.X86_64)
	k := b.k
	s := k.newSemaphore(1)
	name := k.copyOutSend(s.port.MakeSend())
	other := k.copyOutSend(k.newSemaphore(0).port.MakeSend())
	port, _, _ := k.space.NewPort(0)
	host := k.copyOutSend(k.sys.host.port.MakeSend())
	wait := func(n abi.Port) abi.KernReturn {
		_, err := semaphoreTimedwait(b.t, &semaphoreTimedwaitArgs{Wait: n})
		return result(err)
	}
	for i, c := range []struct{ got, want abi.KernReturn }{
		{wait(name), 0},
		{wait(name), abi.KERN_OPERATION_TIMED_OUT},
		{semaphoreSignalHook(b.t.Proc, name), 0},
		{wait(name), 0},
		{wait(0), abi.KERN_INVALID_NAME},
		{wait(0x7703), abi.KERN_INVALID_NAME},
		{wait(port), abi.KERN_INVALID_RIGHT},
		{wait(host), abi.KERN_INVALID_CAPABILITY},
	} {
		if c.got != c.want {
			t.Errorf("%d: %v, want %v", i, c.got, c.want)
		}
	}
	if _, err := semaphoreTimedwait(b.t, &semaphoreTimedwaitArgs{Wait: name, Nsec: 1e9}); result(err) != abi.KERN_INVALID_VALUE {
		t.Error(err)
	}
	// Waiting on what one signals succeeds.
	if _, err := semaphoreWaitSignal(b.t, &semaphoreWaitSignalArgs{Wait: other, Signal: other}); err != nil {
		t.Error(err)
	}
	if v, _ := semaphoreSignalThread(b.t, &semaphoreThreadArgs{Name: other}); abi.KernReturn(v) != abi.KERN_NOT_WAITING {
		t.Error(v)
	}
	if _, err := semaphoreWait(b.t, &semaphoreArgs{name}); !kern.IsBlocked(err) {
		t.Error(err)
	}
	// The last name gone, the semaphore is, and who waits is told.
	k.space.Deallocate(name)
	if d, woken := b.t.Woken(); !woken || d != abi.KERN_TERMINATED || !s.dead || len(k.semaphores) != 1 {
		t.Error(d, woken, s.dead, len(k.semaphores))
	}
}

// TestTimebase pins both units and that a deadline is never early.
func TestTimebase(t *testing.T) {
	for _, ns := range []int64{0, 1, 41, 42, 83, 125, 1e9, 1<<62 + 1} {
		if absolute(cpu.X86_64, ns) != uint64(ns) || nanoseconds(cpu.X86_64, uint64(ns)) != ns {
			t.Errorf("x86-64: %d ns", ns)
		}
		ticks := absolute(cpu.ARM64, ns)
		if ns <= 1e9 && ticks != uint64(ns)*3/125 {
			t.Errorf("arm64: %d ns are %d ticks", ns, ticks)
		}
		if back := nanoseconds(cpu.ARM64, ticks); back > ns || ns-back > 42 {
			t.Errorf("arm64: %d ns come back as %d", ns, back)
		}
		if at := nanoseconds(cpu.ARM64, ticks); absolute(cpu.ARM64, at) < ticks {
			t.Errorf("arm64: the deadline %d is early", ticks)
		}
	}
	if nanoseconds(cpu.ARM64, ^uint64(0)) != 1<<63-1 || nanoseconds(cpu.X86_64, ^uint64(0)) != 1<<63-1 {
		t.Error("the farthest deadline")
	}
}

// TestRows: every trap of XNU's has a row, done or not, and every routine too.
func TestRows(t *testing.T) {
	n := 0
	for _, r := range Table() {
		if r.Status != kern.Absent {
			n++
			if c, ok := abi.MachTrapByNumber(r.Num); ok && c.Name != r.Name {
				t.Errorf("trap %d is called %s, not %s", r.Num, r.Name, c.Name)
			}
		}
	}
	if n != 63 { // 61, and -3 and -4 of arm64
		t.Errorf("%d traps", n)
	}
	if len(routineTable()) < 135 {
		t.Errorf("%d routines", len(routineTable()))
	}
}

var _ ipc.NoSendersHandler = (*semaphore)(nil)
