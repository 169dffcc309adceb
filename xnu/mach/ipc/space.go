package ipc

import (
	"slices"

	"github.com/beagle-emu/beagle/xnu/abi"
)

// How many names there may be. XNU's own limit of a task depends on memory and is
// of this order.
const (
	MaxNames    = 1 << 18
	MaxNamesAll = 1 << 20 // of all tasks together
)

// Generations are the low eight bits of a name: they start at 3, step by 4, and
// change with every reuse of an index, so that a stale name is not taken for a
// new one (IE_BITS_GEN_ONE in osfmk/ipc/ipc_entry.h).
const (
	genMask = 0xff
	genStep = 4
)

// Space is a task's name space: an index of rights. Names are an index shifted
// by eight bits, and a generation. Indexes are given out in order, the one freed
// last first.
type Space struct {
	// Task is whatever the owner of the space wants to find by it.
	Task any

	world *World
	table []entry
	free  []uint32 // indexes, the next one last
	byObj map[*Port]abi.Port
	dead  bool
}

// entry is what one name means. typ is MACH_PORT_TYPE_*; 0 is unused.
type entry struct {
	typ   uint32
	urefs uint32
	gen   uint8
	port  *Port
	set   *Set
	req   *request
}

// request is a dead-name or send-possible notification asked for by a name.
type request struct {
	name     abi.Port
	notify   *Port // nil once cancelled or fired
	possible bool  // send-possible asked for
	armed    bool  // and wanted at the next chance
	fired    bool
}

// NewSpace makes an empty name space.
func (w *World) NewSpace(task any) *Space {
	return &Space{Task: task, world: w, table: make([]entry, 1, 16), byObj: map[*Port]abi.Port{}}
}

// Alive reports whether the space has not been destroyed.
func (s *Space) Alive() bool { return !s.dead }

func index(name abi.Port) uint32 { return uint32(name) >> 8 }

func makeName(i uint32, gen uint8) abi.Port { return abi.Port(i<<8 | uint32(gen)) }

// lookup finds the entry of a name; a right whose port has died becomes a dead
// name first, as ipc_right_check does it.
func (s *Space) lookup(name abi.Port) *entry {
	i := index(name)
	if i == 0 || i >= uint32(len(s.table)) {
		return nil
	}
	e := &s.table[i]
	if e.typ == 0 || e.gen != uint8(name) {
		return nil
	}
	s.check(name, e)
	return e
}

func (s *Space) check(name abi.Port, e *entry) {
	if e.port == nil || !e.port.dead {
		return
	}
	if e.typ&abi.MACH_PORT_TYPE_SEND_ONCE != 0 {
		e.port.sorights--
	} else {
		e.port.srights--
		delete(s.byObj, e.port)
	}
	e.typ, e.port = abi.MACH_PORT_TYPE_DEAD_NAME, nil
	if e.req != nil && e.req.fired {
		// The notification that was sent carries a reference of the name.
		e.addRefs(1)
	}
	e.req = nil
}

// addRefs changes the count of user references; at the maximum it sticks.
func (e *entry) addRefs(n int) {
	if e.urefs == abi.MACH_PORT_UREFS_MAX {
		return
	}
	e.urefs = uint32(min(int(e.urefs)+n, abi.MACH_PORT_UREFS_MAX))
}

// alloc finds a free name.
func (s *Space) alloc() (abi.Port, *entry, abi.KernReturn) {
	if s.dead {
		return 0, nil, abi.KERN_INVALID_TASK
	}
	var i uint32
	if n := len(s.free); n > 0 {
		i = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		i = uint32(len(s.table))
		if !s.grow(i) {
			return 0, nil, abi.KERN_NO_SPACE
		}
	}
	e := &s.table[i]
	*e = entry{gen: e.gen + genStep}
	return makeName(i, e.gen), e, 0
}

// grow makes the table reach index i.
func (s *Space) grow(i uint32) bool {
	n := int(i) + 1 - len(s.table)
	if i >= MaxNames || s.world.names+n > MaxNamesAll {
		return false
	}
	s.world.names += n
	for range n {
		s.table = append(s.table, entry{gen: genMask})
	}
	return true
}

// allocNamed claims a name of the caller's choice (ipc_entry_alloc_name): the
// index must be free and within reach.
func (s *Space) allocNamed(name abi.Port) (*entry, abi.KernReturn) {
	i := index(name)
	if i == 0 || uint8(name)&3 != 3 {
		return nil, abi.KERN_INVALID_VALUE
	}
	if s.dead {
		return nil, abi.KERN_INVALID_TASK
	}
	old := uint32(len(s.table))
	if i >= old && !s.grow(i) {
		return nil, abi.KERN_NO_SPACE
	}
	for ; old < uint32(len(s.table)); old++ {
		s.free = append(s.free, old)
	}
	e := &s.table[i]
	if e.typ != 0 {
		// ipc_entry_alloc_name: the same index with another generation is in the way too.
		return nil, abi.KERN_NAME_EXISTS
	}
	if k := slices.Index(s.free, i); k >= 0 {
		s.free = slices.Delete(s.free, k, k+1)
	}
	*e = entry{gen: uint8(name)}
	return e, 0
}

// dealloc frees a name.
func (s *Space) dealloc(name abi.Port, e *entry) {
	*e = entry{gen: e.gen}
	s.free = append(s.free, index(name))
}

// NewPort makes a port and its receive right in s. name 0 lets the kernel choose.
func (s *Space) NewPort(name abi.Port) (abi.Port, *Port, abi.KernReturn) {
	name, e, kr := s.claim(name)
	if kr != 0 {
		return 0, nil, kr
	}
	p := &Port{world: s.world, space: s, name: name, qlimit: abi.MACH_PORT_QLIMIT_DEFAULT}
	e.typ, e.port = abi.MACH_PORT_TYPE_RECEIVE, p
	s.byObj[p] = name
	return name, p, 0
}

// NewSet makes an empty port set.
func (s *Space) NewSet(name abi.Port) (abi.Port, *Set, abi.KernReturn) {
	name, e, kr := s.claim(name)
	if kr != 0 {
		return 0, nil, kr
	}
	set := &Set{space: s, name: name, members: map[*Port]*member{}}
	e.typ, e.set = abi.MACH_PORT_TYPE_PORT_SET, set
	return name, set, 0
}

// NewDeadName makes a dead name with one reference.
func (s *Space) NewDeadName(name abi.Port) (abi.Port, abi.KernReturn) {
	name, e, kr := s.claim(name)
	if kr != 0 {
		return 0, kr
	}
	e.typ, e.urefs = abi.MACH_PORT_TYPE_DEAD_NAME, 1
	return name, 0
}

func (s *Space) claim(name abi.Port) (abi.Port, *entry, abi.KernReturn) {
	if name == 0 {
		return s.alloc()
	}
	e, kr := s.allocNamed(name)
	return name, e, kr
}

// Names lists the names in use, ascending, with their types.
func (s *Space) Names() (names []abi.Port, types []uint32) {
	for i := range s.table {
		if s.table[i].typ == 0 {
			continue
		}
		name := makeName(uint32(i), s.table[i].gen)
		t, _ := s.Type(name)
		names, types = append(names, name), append(types, t)
	}
	return names, types
}

// Type is mach_port_type: which rights a name denotes and which notifications
// are asked for by it.
func (s *Space) Type(name abi.Port) (uint32, abi.KernReturn) {
	e := s.lookup(name)
	if e == nil {
		return 0, abi.KERN_INVALID_NAME
	}
	t := e.typ
	if r := e.req; r != nil && r.notify != nil {
		t |= abi.MACH_PORT_TYPE_DNREQUEST
		if r.possible {
			t |= abi.MACH_PORT_TYPE_SPREQUEST
			if !r.armed {
				t |= abi.MACH_PORT_TYPE_SPREQUEST_DELAYED
			}
		}
	}
	return t, 0
}

// Refs is mach_port_get_refs.
func (s *Space) Refs(name abi.Port, right uint32) (uint32, abi.KernReturn) {
	e := s.lookup(name)
	if e == nil {
		return 0, abi.KERN_INVALID_NAME
	}
	if right >= abi.MACH_PORT_RIGHT_NUMBER {
		return 0, abi.KERN_INVALID_VALUE
	}
	if e.typ&typeOf(right) == 0 {
		return 0, 0
	}
	switch right {
	case abi.MACH_PORT_RIGHT_SEND, abi.MACH_PORT_RIGHT_DEAD_NAME:
		return e.urefs, 0
	}
	return 1, 0
}

func typeOf(right uint32) uint32 { return 1 << (right + 16) }

// Receive gives the port of which name is the receive right.
func (s *Space) Receive(name abi.Port) (*Port, abi.KernReturn) {
	e := s.lookup(name)
	if e == nil {
		return nil, abi.KERN_INVALID_NAME
	}
	if e.typ&abi.MACH_PORT_TYPE_RECEIVE == 0 {
		return nil, abi.KERN_INVALID_RIGHT
	}
	return e.port, 0
}

// Send gives the port to which name is a send right; no right changes hands.
func (s *Space) Send(name abi.Port) (*Port, abi.KernReturn) {
	e := s.lookup(name)
	if e == nil {
		return nil, abi.KERN_INVALID_NAME
	}
	if e.typ&abi.MACH_PORT_TYPE_SEND == 0 {
		return nil, abi.KERN_INVALID_RIGHT
	}
	return e.port, 0
}

// PortSet gives the set that name denotes.
func (s *Space) PortSet(name abi.Port) (*Set, abi.KernReturn) {
	e := s.lookup(name)
	if e == nil {
		return nil, abi.KERN_INVALID_NAME
	}
	if e.typ&abi.MACH_PORT_TYPE_PORT_SET == 0 {
		return nil, abi.KERN_INVALID_RIGHT
	}
	return e.set, 0
}

// Any gives the port of a name by whatever right, or nil.
func (s *Space) Any(name abi.Port) *Port {
	if e := s.lookup(name); e != nil {
		return e.port
	}
	return nil
}

// NameOf is the name under which s has the receive or send right of p, 0 if none.
func (s *Space) NameOf(p *Port) abi.Port { return s.byObj[p] }

// Destroy ends the space and every right in it.
func (s *Space) Destroy() {
	if s.dead {
		return
	}
	for i := range s.table {
		if s.table[i].typ != 0 {
			s.destroyRight(makeName(uint32(i), s.table[i].gen), &s.table[i])
		}
	}
	s.dead = true
	s.world.names -= len(s.table) - 1
	s.table, s.free = s.table[:1], nil
	clear(s.byObj)
}

func sortNames(n []abi.Port) { slices.Sort(n) }

// TableSize is the number of names that there is room for without growing.
func (s *Space) TableSize() int { return len(s.table) }
