package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// sendable reports whether a disposition yields a send or send-once right
// (MACH_MSG_TYPE_PORT_ANY_SEND).
func sendable(disp uint32) bool {
	return disp >= abi.MACH_MSG_TYPE_MOVE_SEND && disp <= abi.MACH_MSG_TYPE_MAKE_SEND_ONCE
}

// copyIn takes the message out of the sender's hands: its bytes, and the rights
// and memory that it names (ipc_kmsg_copyin_from_user). If the header is refused
// nothing has happened; if the body is, what was taken so far is destroyed.
func (c *msgCall) copyIn(t *kern.Thread) (*ipc.Message, abi.KernReturn) {
	if c.badSend != 0 {
		return nil, c.badSend
	}
	switch {
	case c.sendSize < headerSize || c.sendSize&3 != 0:
		return nil, abi.MACH_SEND_MSG_TOO_SMALL
	case c.sendSize > maxBody:
		return nil, abi.MACH_SEND_TOO_LARGE
	}
	if c.header.Bits&abi.MACH_MSGH_BITS_COMPLEX != 0 {
		if c.sendSize < baseSize || uint64(c.descs) > uint64(c.sendSize-baseSize)/12 {
			return nil, abi.MACH_SEND_MSG_TOO_SMALL
		}
	} else if c.descs != 0 {
		return nil, abi.MACH_SEND_TOO_LARGE
	}
	k := self(t)
	m := &ipc.Message{Bits: c.header.Bits & abi.MACH_MSGH_BITS_COMPLEX, ID: c.header.Id}
	if !k.sys.world.Charge(m, int64(c.sendSize)+int64(c.auxSize)) {
		return nil, abi.MACH_SEND_NO_BUFFER
	}
	kr := c.copyInHeader(t, k, m)
	if kr != 0 {
		m.Discharge()
		return nil, kr
	}
	if kr = c.copyInBody(t, k, m); kr != 0 {
		k.sys.world.Destroy(m)
		return nil, kr
	}
	cred := t.Proc.Cred
	m.Security = [2]uint32{cred.EUID, cred.EGID}
	m.Audit = auditToken(cred, t.Proc.PID)
	return m, 0
}

// auditToken is audit_token_t: audit user, effective and real ids, process,
// session, and the process's incarnation, for which its id serves.
func auditToken(c *kern.Cred, pid abi.PID) [8]uint32 {
	return [8]uint32{c.RUID, c.EUID, c.EGID, c.RUID, c.RGID, uint32(pid), auditSession, uint32(pid)}
}

// auditSession is the audit session that a login has: its number is arbitrary.
const auditSession = 100000

// copyInHeader is ipc_kmsg_copyin_header, and the message's bytes.
func (c *msgCall) copyInHeader(t *kern.Thread, k *task, m *ipc.Message) abi.KernReturn {
	h := &c.header
	destDisp, replyDisp := abi.MACH_MSGH_BITS_REMOTE(h.Bits), abi.MACH_MSGH_BITS_LOCAL(h.Bits)
	voucherDisp := abi.MACH_MSGH_BITS_VOUCHER(h.Bits)
	dest, reply, voucher := abi.Port(h.RemotePort), abi.Port(h.LocalPort), abi.Port(h.VoucherPort)
	switch {
	case h.Bits&^abi.MACH_MSGH_BITS_USER != 0, !sendable(destDisp):
		return abi.MACH_SEND_INVALID_HEADER
	case replyDisp == 0 && reply != abi.MACH_PORT_NULL, replyDisp != 0 && !sendable(replyDisp):
		return abi.MACH_SEND_INVALID_HEADER
	case dest == abi.MACH_PORT_NULL || dest == abi.MACH_PORT_DEAD:
		return abi.MACH_SEND_INVALID_DEST
	}
	switch voucherDisp {
	case 0:
		voucher = abi.MACH_PORT_NULL
	case abi.MACH_MSG_TYPE_MOVE_SEND, abi.MACH_MSG_TYPE_COPY_SEND:
		if voucher == abi.MACH_PORT_DEAD {
			return abi.MACH_SEND_INVALID_VOUCHER
		}
	default:
		return abi.MACH_SEND_INVALID_HEADER
	}
	s := k.space
	if voucher != abi.MACH_PORT_NULL && !isVoucher(k.object(voucher)) {
		return abi.MACH_SEND_INVALID_VOUCHER
	}
	// Both names are looked at before either right moves.
	if s.Check(dest, destDisp, 0) != 0 {
		return abi.MACH_SEND_INVALID_DEST
	}
	if p := s.Any(dest); p == nil {
		return abi.MACH_SEND_INVALID_DEST // a dead name
	} else if kr := c.fits(p); kr != 0 {
		return kr
	}
	if reply != abi.MACH_PORT_NULL && reply != abi.MACH_PORT_DEAD {
		taken := uint32(0)
		if reply == dest && (destDisp == abi.MACH_MSG_TYPE_MOVE_SEND || destDisp == abi.MACH_MSG_TYPE_MOVE_SEND_ONCE) {
			taken = 1
		}
		if s.Check(reply, replyDisp, taken) != 0 {
			return abi.MACH_SEND_INVALID_REPLY
		}
	}
	m.Data = make([]byte, c.sendSize)
	if t.Space().CopyIn(m.Data[headerSize:], c.sendAddr+headerSize) != nil {
		return abi.MACH_SEND_INVALID_DATA
	}
	if c.auxSize > 0 {
		m.Aux = make([]byte, c.auxSize)
		if t.Space().CopyIn(m.Aux, c.auxAddr) != nil {
			return abi.MACH_SEND_INVALID_DATA
		}
		le.PutUint32(m.Aux, c.auxSize)
		le.PutUint32(m.Aux[4:], 0)
	}
	return takeHeader(s, m, [3]named{{dest, destDisp}, {reply, replyDisp}, {voucher, voucherDisp}})
}

// named is a name with what is to happen to its right.
type named struct {
	name abi.Port
	disp uint32
}

func (n named) moves() bool {
	return n.disp == abi.MACH_MSG_TYPE_MOVE_SEND || n.disp == abi.MACH_MSG_TYPE_MOVE_SEND_ONCE
}

// takeHeader copies in destination, reply port and voucher. They may be one name:
// what copies or makes a right goes before what moves the last one away.
func takeHeader(s *ipc.Space, m *ipc.Message, n [3]named) abi.KernReturn {
	to := [3]*ipc.Cap{&m.Dest, &m.Reply, &m.Voucher}
	bad := [3]abi.KernReturn{abi.MACH_SEND_INVALID_DEST, abi.MACH_SEND_INVALID_REPLY, abi.MACH_SEND_INVALID_VOUCHER}
	for _, moves := range []bool{false, true} {
		for i := range n {
			if n[i].moves() != moves {
				continue
			}
			right, kr := s.CopyIn(n[i].name, n[i].disp)
			if kr == 0 && i == 0 && !right.Valid() {
				kr = abi.KERN_INVALID_NAME
			}
			if kr != 0 {
				for _, c := range to {
					c.Release()
					*c = ipc.Cap{}
				}
				return bad[i]
			}
			*to[i] = right
		}
	}
	return 0
}

// fits checks mach_msg2's promise of what the destination is.
func (c *msgCall) fits(p *ipc.Port) abi.KernReturn {
	switch c.opt & cfiMask {
	case abi.MACH64_SEND_KOBJECT_CALL:
		if !p.Kernel() {
			return abi.MACH_SEND_INVALID_OPTIONS
		}
	case abi.MACH64_SEND_MQ_CALL:
		if p.Kernel() {
			return abi.MACH_SEND_INVALID_OPTIONS
		}
	}
	return 0
}

// copyInBody takes what the descriptors name (ipc_kmsg_copyin_body).
func (c *msgCall) copyInBody(t *kern.Thread, k *task, m *ipc.Message) abi.KernReturn {
	if m.Bits&abi.MACH_MSGH_BITS_COMPLEX == 0 {
		return 0
	}
	// mach_msg2 gives the number as an argument; what stands in memory may have
	// been changed since it was looked at.
	le.PutUint32(m.Data[headerSize:], c.descs)
	// All sizes first, so that nothing is taken by halves.
	off := baseSize
	for range c.descs {
		if off+12 > len(m.Data) {
			return abi.MACH_SEND_MSG_TOO_SMALL
		}
		size := abi.MachMsgDescriptorSize(m.Data[off+abi.MachMsgDescriptorTypeOffset])
		if size == 0 {
			return abi.MACH_SEND_INVALID_TYPE
		}
		if off+size > len(m.Data) {
			return abi.MACH_SEND_MSG_TOO_SMALL
		}
		off += size
	}
	if !k.sys.world.Charge(m, int64(c.descs)*descOverhead) {
		return abi.MACH_SEND_NO_BUFFER
	}
	m.Descs = make([]ipc.Desc, 0, c.descs)
	off = baseSize
	for range c.descs {
		b := m.Data[off:]
		d := ipc.Desc{Kind: b[abi.MachMsgDescriptorTypeOffset], Offset: off}
		kr := c.copyInDesc(t, k, m, &d, b)
		if kr != 0 {
			return kr
		}
		m.Descs = append(m.Descs, d)
		off += abi.MachMsgDescriptorSize(d.Kind)
	}
	return 0
}

// The flags of a guarded port descriptor (MACH_MSG_GUARD_FLAGS_).
const (
	guardImmovable       = 1
	guardUnguardedOnSend = 2
	guardFlags           = 3
)

func (c *msgCall) copyInDesc(t *kern.Thread, k *task, m *ipc.Message, d *ipc.Desc, b []byte) abi.KernReturn {
	switch d.Kind {
	case abi.MACH_MSG_PORT_DESCRIPTOR:
		disp := uint32(b[10])
		right, kr := takeRight(k, m, abi.Port(le.Uint32(b)), disp)
		d.Cap, d.Disp = right, uint8(ipc.Moved(disp))
		return kr
	case abi.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
		d.Guard, d.Flags = le.Uint64(b), le.Uint16(b[8:])
		disp, name := uint32(b[10]), abi.Port(le.Uint32(b[12:]))
		// A guard belongs to a receive right.
		if disp != abi.MACH_MSG_TYPE_MOVE_RECEIVE || d.Flags&^guardFlags != 0 || d.Flags&guardUnguardedOnSend != 0 && d.Guard != 0 {
			return abi.MACH_SEND_INVALID_TYPE
		}
		if p, kr := k.space.Receive(name); kr == 0 {
			if p.Guarded != (d.Flags&guardUnguardedOnSend == 0) || p.Guarded && p.Context != d.Guard {
				return abi.MACH_SEND_INVALID_RIGHT
			}
			p.Immovable = false
		}
		right, kr := takeRight(k, m, name, disp)
		d.Cap, d.Disp = right, uint8(ipc.Moved(disp))
		return kr
	case abi.MACH_MSG_OOL_DESCRIPTOR, abi.MACH_MSG_OOL_VOLATILE_DESCRIPTOR:
		addr := le.Uint64(b)
		d.Dealloc, d.Copy, d.Count = b[8], b[9], le.Uint32(b[12:])
		if d.Copy != abi.MACH_MSG_PHYSICAL_COPY && d.Copy != abi.MACH_MSG_VIRTUAL_COPY {
			return abi.MACH_SEND_INVALID_TYPE
		}
		if d.Count == 0 {
			return 0
		}
		mem, kr := k.sys.takeMemory(t.Space(), addr, uint64(d.Count), m)
		if kr != 0 {
			return kr
		}
		d.Memory = mem
		if d.Dealloc != 0 {
			_ = t.Space().Unmap(addr, uint64(d.Count))
		}
		return 0
	default: // MACH_MSG_OOL_PORTS_DESCRIPTOR
		return takeRights(t, k, m, d, b)
	}
}

// takeRight copies in one right of the body.
func takeRight(k *task, m *ipc.Message, name abi.Port, disp uint32) (ipc.Cap, abi.KernReturn) {
	if name == abi.MACH_PORT_NULL || name == abi.MACH_PORT_DEAD {
		return ipc.Cap{Dead: name == abi.MACH_PORT_DEAD, Disp: ipc.Moved(disp)}, 0
	}
	c, kr := k.space.CopyIn(name, disp)
	if kr != 0 {
		return ipc.Cap{}, abi.MACH_SEND_INVALID_RIGHT
	}
	if c.Valid() && c.Disp == abi.MACH_MSG_TYPE_MOVE_RECEIVE && ipc.Circle(c.Port, m.Dest.Port) {
		m.Circular = true
	}
	return c, 0
}

// maxPorts bounds an out-of-line array of names, as the limit on a message's
// total would if names were bytes.
const maxPorts = 1 << 18

func takeRights(t *kern.Thread, k *task, m *ipc.Message, d *ipc.Desc, b []byte) abi.KernReturn {
	addr, disp := le.Uint64(b), uint32(b[10])
	d.Dealloc, d.Copy, d.Count = b[8], b[9], le.Uint32(b[12:])
	d.Disp = uint8(ipc.Moved(disp))
	switch {
	case d.Copy != abi.MACH_MSG_PHYSICAL_COPY && d.Copy != abi.MACH_MSG_VIRTUAL_COPY, d.Disp == 0:
		return abi.MACH_SEND_INVALID_TYPE
	case d.Count > maxPorts:
		return abi.MACH_SEND_TOO_LARGE
	case !k.sys.world.Charge(m, int64(d.Count)*32):
		return abi.MACH_SEND_NO_BUFFER
	}
	names := make([]byte, 4*d.Count)
	if t.Space().CopyIn(names, addr) != nil {
		return abi.MACH_SEND_INVALID_MEMORY
	}
	if d.Dealloc != 0 {
		_ = t.Space().Unmap(addr, uint64(len(names)))
	}
	caps := make([]ipc.Cap, d.Count)
	for i := range caps {
		c, kr := takeRight(k, m, abi.Port(le.Uint32(names[4*i:])), disp)
		if kr != 0 {
			for _, c := range caps[:i] {
				c.Release()
			}
			return kr
		}
		caps[i] = c
	}
	d.Caps = caps
	return 0
}
