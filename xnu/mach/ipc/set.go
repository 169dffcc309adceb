package ipc

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Set is a port set: receiving on it receives on its members, the one whose
// message came first going first.
type Set struct {
	space   *Space
	name    abi.Port
	dead    bool
	members map[*Port]*member
	// ready are members that may have messages, in the order in which those came.
	ready []*Port

	// Receivers and Watch are as those of a port.
	Receivers, Watch kern.WaitQueue
}

type member struct{ ready bool }

// Alive reports whether the set still exists.
func (s *Set) Alive() bool { return !s.dead }

// Name is the set's name in its task.
func (s *Set) Name() abi.Port { return s.name }

// Has reports whether p is a member.
func (s *Set) Has(p *Port) bool { return s.members[p] != nil }

// Add makes p a member; false if it is one already.
func (s *Set) Add(p *Port) bool {
	if s.members[p] != nil {
		return false
	}
	s.members[p] = &member{}
	p.sets = append(p.sets, s)
	if len(p.queue) > 0 {
		s.note(p)
		for range p.queue {
			if !s.Receivers.WakeOne(nil) {
				break
			}
		}
		s.Watch.WakeAll(nil)
	}
	return true
}

// Remove ends p's membership; false if it is no member.
func (s *Set) Remove(p *Port) bool {
	if s.members[p] == nil {
		return false
	}
	s.forget(p)
	for i, x := range p.sets {
		if x == s {
			p.sets = append(p.sets[:i:i], p.sets[i+1:]...)
			break
		}
	}
	return true
}

// forget takes p out of the set's own lists.
func (s *Set) forget(p *Port) {
	m := s.members[p]
	delete(s.members, p)
	if m == nil || !m.ready {
		return
	}
	for i, x := range s.ready {
		if x == p {
			s.ready = append(s.ready[:i:i], s.ready[i+1:]...)
			break
		}
	}
}

// RemoveFromAll ends all memberships of p, as mach_port_move_member does first.
func (p *Port) RemoveFromAll() { p.leaveSets() }

func (s *Set) note(p *Port) {
	if m := s.members[p]; m != nil && !m.ready {
		m.ready = true
		s.ready = append(s.ready, p)
	}
}

// Next returns the member whose message is to be received next, or nil.
func (s *Set) Next() *Port {
	for len(s.ready) > 0 {
		p := s.ready[0]
		if len(p.queue) > 0 {
			return p
		}
		s.members[p].ready = false
		s.ready = s.ready[1:]
	}
	s.ready = nil
	return nil
}

// Took moves the member that Next gave behind the others, once a message has
// been received from it.
func (s *Set) Took(p *Port) {
	if len(s.ready) == 0 || s.ready[0] != p {
		return
	}
	s.ready = s.ready[1:]
	s.members[p].ready = false
	if len(p.queue) > 0 {
		s.note(p)
	}
}

// WakeReceiver is as that of a port.
func (s *Set) WakeReceiver() {
	if s.Next() != nil {
		s.Receivers.WakeOne(nil)
	}
}

// Members are the names of the members, ascending.
func (s *Set) Members() []abi.Port {
	var out []abi.Port
	for p := range s.members {
		if p.space == s.space {
			out = append(out, p.name)
		}
	}
	sortNames(out)
	return out
}

func (s *Set) destroy() {
	s.dead = true
	for p := range s.members {
		for i, x := range p.sets {
			if x == s {
				p.sets = append(p.sets[:i:i], p.sets[i+1:]...)
				break
			}
		}
	}
	s.members, s.ready = nil, nil
	s.Receivers.WakeAll(nil)
	s.Watch.WakeAll(nil)
}
