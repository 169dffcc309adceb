package ipc

import (
	"math/rand/v2"
	"testing"

	"github.com/beagle-emu/beagle/xnu/abi"
)

// census counts what every port should say of itself, by walking all that can
// hold a right: spaces, queues, requests, and the rights in hand.
type census struct {
	send, once, receive map[*Port]int
}

func (c *census) cap(r Cap) {
	if r.Port == nil {
		return
	}
	switch r.Disp {
	case abi.MACH_MSG_TYPE_MOVE_SEND:
		c.send[r.Port]++
	case abi.MACH_MSG_TYPE_MOVE_SEND_ONCE:
		c.once[r.Port]++
	case abi.MACH_MSG_TYPE_MOVE_RECEIVE:
		c.receive[r.Port]++
		c.port(r.Port)
	}
}

// port counts what lies on a port's queue and in its requests.
func (c *census) port(p *Port) {
	for _, m := range p.queue {
		c.cap(m.Dest)
		c.cap(m.Reply)
		for _, d := range m.Descs {
			c.cap(d.Cap)
			for _, x := range d.Caps {
				c.cap(x)
			}
		}
	}
	for _, n := range []*Port{p.nsRequest, p.pdRequest} {
		if n != nil {
			c.once[n]++
		}
	}
	for _, r := range p.requests {
		if r.notify != nil {
			c.once[r.notify]++
		}
	}
}

// check compares the census with the ports' own counts.
func check(t *testing.T, step int, ports []*Port, spaces []*Space, hand []Cap) {
	t.Helper()
	c := &census{map[*Port]int{}, map[*Port]int{}, map[*Port]int{}}
	for _, s := range spaces {
		for i := range s.table {
			e := &s.table[i]
			if e.port == nil {
				continue
			}
			if e.typ&abi.MACH_PORT_TYPE_SEND != 0 {
				c.send[e.port]++
			}
			if e.typ&abi.MACH_PORT_TYPE_SEND_ONCE != 0 {
				c.once[e.port]++
			}
			if e.typ&abi.MACH_PORT_TYPE_RECEIVE != 0 {
				c.receive[e.port]++
				c.port(e.port)
				if e.port.space != s || e.port.name != makeName(uint32(i), e.gen) {
					t.Fatalf("step %d: a port's receiver is not who has the right", step)
				}
			}
			if (e.typ&abi.MACH_PORT_TYPE_SEND != 0) != (e.urefs > 0) && e.typ&abi.MACH_PORT_TYPE_SEND_ONCE == 0 {
				t.Fatalf("step %d: type %#x with %d references", step, e.typ, e.urefs)
			}
			if e.typ&abi.MACH_PORT_TYPE_SEND_ONCE == 0 && s.byObj[e.port] != makeName(uint32(i), e.gen) {
				t.Fatalf("step %d: a port is not found by its name", step)
			}
		}
	}
	for _, r := range hand {
		c.cap(r)
	}
	for _, p := range ports {
		if int(p.srights) != c.send[p] {
			t.Fatalf("step %d: a port counts %d send rights, there are %d", step, p.srights, c.send[p])
		}
		if int(p.sorights) != c.once[p] {
			t.Fatalf("step %d: a port counts %d send-once rights, there are %d (dead %v)", step, p.sorights, c.once[p], p.dead)
		}
		want := 1
		if p.dead {
			want = 0
		}
		if c.receive[p] != want {
			t.Fatalf("step %d: %d receive rights of a port (dead %v)", step, c.receive[p], p.dead)
		}
	}
}

// TestRights does random things to rights and takes a census now and then.
func TestRights(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := NewWorld()
		spaces := []*Space{w.NewSpace(nil), w.NewSpace(nil), w.NewSpace(nil)}
		var ports []*Port
		name := func(s *Space) abi.Port {
			names, _ := s.Names()
			if len(names) == 0 || r.IntN(20) == 0 {
				return abi.Port(r.Uint32())
			}
			return names[r.IntN(len(names))]
		}
		disp := func() uint32 { return abi.MACH_MSG_TYPE_MOVE_RECEIVE + uint32(r.IntN(6)) }
		for step := range 1500 {
			s := spaces[r.IntN(len(spaces))]
			switch r.IntN(15) {
			case 0, 1:
				if len(ports) < 60 {
					if _, p, kr := s.NewPort(0); kr == 0 {
						ports = append(ports, p)
					}
				}
			case 2:
				if names, _ := s.Names(); len(names) < 50 {
					s.NewSet(0)
				}
			case 3, 4, 5: // carry a right to some port's queue
				from := spaces[r.IntN(len(spaces))]
				var dest Cap
				for range 8 {
					var kr abi.KernReturn
					if dest, kr = s.CopyIn(name(s), disp()); kr == 0 && dest.Valid() && dest.Disp != abi.MACH_MSG_TYPE_MOVE_RECEIVE {
						break
					}
					dest.Release()
					dest = Cap{}
				}
				if !dest.Valid() || !dest.Port.Alive() {
					dest.Release()
					break
				}
				m := &Message{Dest: dest, Data: make([]byte, 24)}
				w.Charge(m, 24)
				circle := false
				for range r.IntN(3) {
					if c, kr := from.CopyIn(name(from), disp()); kr == 0 {
						m.Descs = append(m.Descs, Desc{Cap: c})
						circle = circle || c.Disp == abi.MACH_MSG_TYPE_MOVE_RECEIVE && c.Valid() && Circle(c.Port, dest.Port)
					}
				}
				if circle || !dest.Port.Alive() {
					w.Destroy(m)
				} else {
					dest.Port.Send(m)
				}
			case 6, 7, 8: // receive
				p, kr := s.Receive(name(s))
				if kr != 0 {
					break
				}
				m := p.Receive()
				if m == nil {
					break
				}
				for i := range m.Descs {
					if _, kr := s.CopyOut(m.Descs[i].Cap); kr != 0 {
						m.Descs[i].Cap.Release()
					}
				}
				m.Dest.Consume()
				m.Discharge()
			case 9:
				s.ModRefs(name(s), uint32(r.IntN(7)), int32(r.IntN(5)-2))
			case 10:
				s.Deallocate(name(s))
			case 11:
				if r.IntN(4) == 0 {
					s.DestroyName(name(s))
				}
			case 12:
				if p, kr := s.Receive(name(s)); kr == 0 {
					if set, kr := s.PortSet(name(s)); kr == 0 {
						if !set.Add(p) {
							set.Remove(p)
						}
						if q := set.Next(); q != nil && q.Pending() == 0 {
							t.Fatal("a set offers a port without messages")
						}
					}
				}
			case 13:
				n, kr := s.CopyIn(name(s), abi.MACH_MSG_TYPE_MAKE_SEND_ONCE)
				if kr != 0 {
					break
				}
				prev, kr := s.Request(name(s), n.Port, r.IntN(2) == 0, r.IntN(4) == 0, r.IntN(2) == 0)
				if kr != 0 {
					n.Release()
				}
				Cap{Port: prev, Disp: abi.MACH_MSG_TYPE_MOVE_SEND_ONCE}.Release()
			case 14:
				n, kr := s.CopyIn(name(s), abi.MACH_MSG_TYPE_MAKE_SEND_ONCE)
				p, kr2 := s.Receive(name(s))
				switch {
				case kr != 0 || !n.Valid():
				case kr2 != 0:
					n.Release()
				case r.IntN(3) == 0:
					if !p.PortDestroyedRequest(n.Port) {
						n.Release()
					}
				default:
					Cap{Port: p.NoSendersRequest(n.Port, 0), Disp: abi.MACH_MSG_TYPE_MOVE_SEND_ONCE}.Release()
				}
			}
			if step%10 == 0 {
				check(t, step, ports, spaces, nil)
			}
		}
		for _, s := range spaces {
			s.Destroy()
		}
		if w.queued != 0 || w.names != 0 {
			t.Fatalf("seed %d: %d bytes and %d names left over", seed, w.queued, w.names)
		}
		for _, p := range ports {
			if !p.dead {
				t.Fatalf("seed %d: a port outlived every space", seed)
			}
		}
	}
}

// TestChain ends a long chain of ports, each carrying the next, without
// recursion to its depth.
func TestChain(t *testing.T) {
	w := NewWorld()
	s := w.NewSpace(nil)
	const depth = 200_000
	_, top, _ := s.NewPort(0)
	prev, first := top, top.name
	for range depth {
		name, p, kr := s.NewPort(0)
		if kr != 0 {
			t.Fatal(kr)
		}
		right, kr := s.CopyIn(prev.name, abi.MACH_MSG_TYPE_MOVE_RECEIVE)
		if kr != 0 {
			t.Fatal(kr)
		}
		m := &Message{Data: make([]byte, 40), Descs: []Desc{{Cap: right}}, Dest: p.MakeSend()}
		if !w.Charge(m, 40) {
			t.Fatal("the world is full")
		}
		p.Send(m)
		prev, first = p, name
	}
	if kr := s.DestroyName(first); kr != 0 {
		t.Fatal(kr)
	}
	if !top.dead || w.queued != 0 {
		t.Errorf("after the end: dead %v, %d bytes", top.dead, w.queued)
	}
}

// TestNames pins how names are made and used again.
func TestNames(t *testing.T) {
	s := NewWorld().NewSpace(nil)
	for i, want := range []abi.Port{0x103, 0x203, 0x303} {
		if n, _, _ := s.NewPort(0); n != want {
			t.Errorf("name %d is %#x, want %#x", i, n, want)
		}
	}
	s.DestroyName(0x203)
	s.DestroyName(0x103)
	for _, want := range []abi.Port{0x107, 0x207, 0x403} {
		if n, _, _ := s.NewPort(0); n != want {
			t.Errorf("reused as %#x, want %#x", n, want)
		}
	}
	for _, c := range []struct {
		name abi.Port
		want abi.KernReturn
	}{{0x903, 0}, {0x903, abi.KERN_NAME_EXISTS}, {0x907, abi.KERN_NAME_EXISTS}, {0x3, abi.KERN_INVALID_VALUE},
		{0x900, abi.KERN_INVALID_VALUE}, {MaxNames<<8 | 3, abi.KERN_NO_SPACE}, {0x80000003, abi.KERN_NO_SPACE}} {
		if _, _, kr := s.NewPort(c.name); kr != c.want {
			t.Errorf("claiming %#x: %v, want %v", c.name, kr, c.want)
		}
	}
	for range 5 { // 4 to 8 were skipped over
		if n, _, kr := s.NewPort(0); kr != 0 || n>>8 < 5 && n>>8 > 8 {
			t.Errorf("%#x %v", n, kr)
		}
	}
}

// TestUserReferences pins the limits of a name's count.
func TestUserReferences(t *testing.T) {
	w := NewWorld()
	s := w.NewSpace(nil)
	name, p, _ := s.NewPort(0)
	refs := func(right uint32) uint32 { n, _ := s.Refs(name, right); return n }
	s.CopyOut(p.MakeSend())
	if kr := s.ModRefs(name, abi.MACH_PORT_RIGHT_SEND, abi.MACH_PORT_UREFS_MAX+1); kr != abi.KERN_INVALID_VALUE {
		t.Error(kr)
	}
	if kr := s.ModRefs(name, abi.MACH_PORT_RIGHT_SEND, abi.MACH_PORT_UREFS_MAX); kr != 0 || refs(0) != abi.MACH_PORT_UREFS_MAX {
		t.Error(kr, refs(0))
	}
	// At the maximum the count sticks.
	s.Deallocate(name)
	s.ModRefs(name, abi.MACH_PORT_RIGHT_SEND, -5)
	s.CopyOut(p.MakeSend())
	if refs(0) != abi.MACH_PORT_UREFS_MAX || p.srights != 1 {
		t.Error(refs(0), p.srights)
	}
	if kr := s.ModRefs(name, abi.MACH_PORT_RIGHT_SEND, -abi.MACH_PORT_UREFS_MAX); kr != 0 || refs(0) != 0 || p.srights != 0 {
		t.Error(kr, refs(0), p.srights)
	}
	if kr := s.ModRefs(name, abi.MACH_PORT_RIGHT_RECEIVE, -2); kr != abi.KERN_INVALID_VALUE {
		t.Error(kr)
	}
	if kr := s.Deallocate(name); kr != abi.KERN_INVALID_RIGHT {
		t.Error(kr)
	}
	p.Guarded = true
	if kr := s.ModRefs(name, abi.MACH_PORT_RIGHT_RECEIVE, -1); kr != abi.KERN_INVALID_RIGHT {
		t.Error(kr)
	}
}

// TestNotificationsPileUp: a task that never receives loses notifications, not
// the host's memory.
func TestNotificationsPileUp(t *testing.T) {
	w := NewWorld()
	w.MaxQueued = 10_000
	s := w.NewSpace(nil)
	_, p, _ := s.NewPort(0)
	for range 1000 {
		p.MakeSendOnce().Release()
	}
	if w.queued > w.MaxQueued || int(p.sorights) != len(p.queue) {
		t.Errorf("%d bytes, %d rights, %d messages", w.queued, p.sorights, len(p.queue))
	}
}
