package mach

import (
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// trailerSize is how long a trailer receive options ask for, in bytes.
func trailerSize(opt uint64) uint32 {
	switch abi.MACH_RCV_TRAILER_ELEMENTS(uint32(opt)) {
	case abi.MACH_RCV_TRAILER_NULL:
		return abi.SizeofMachMsgTrailer
	case abi.MACH_RCV_TRAILER_SEQNO:
		return abi.SizeofMachMsgSeqnoTrailer
	case abi.MACH_RCV_TRAILER_SENDER:
		return abi.SizeofMachMsgSecurityTrailer
	case abi.MACH_RCV_TRAILER_AUDIT:
		return abi.SizeofMachMsgAuditTrailer
	case abi.MACH_RCV_TRAILER_CTX:
		return abi.SizeofMachMsgContextTrailer
	}
	return abi.SizeofMachMsgMacTrailer
}

func trailer(opt uint64, m *ipc.Message) []byte {
	n := trailerSize(opt)
	return abi.Marshal(abi.MachMsgMaxTrailer{TrailerSize: n, Seqno: m.Seqno, Sender: m.Security, Audit: m.Audit, Context: m.Context})[:n]
}

// copyOut gives a received message to the receiver: rights become names, memory
// becomes mapped, and the bytes go to the buffer with a trailer behind
// (ipc_kmsg_copyout, ipc_kmsg_put_to_user).
func (c *msgCall) copyOut(th *thread, p *ipc.Port, m *ipc.Message) error {
	k := th.task
	h := abi.MachMsgHeader{Bits: m.Bits, Size: uint32(len(m.Data)), Id: m.ID}
	reply, kr := k.space.CopyOut(m.Reply)
	if kr != 0 {
		return c.putBare(th, p, m, abi.MACH_RCV_HEADER_ERROR|abi.MACH_MSG_IPC_SPACE)
	}
	replyDisp := m.Reply.Disp
	m.Reply = ipc.Cap{}
	if m.Voucher.Valid() {
		if c.opt&abi.MACH_RCV_VOUCHER != 0 {
			name, kr := k.space.CopyOut(m.Voucher)
			if kr == 0 {
				h.VoucherPort = uint32(name)
				h.Bits |= abi.MACH_MSG_TYPE_MOVE_SEND << 16
				m.Voucher = ipc.Cap{}
			}
		}
		m.Voucher.Release()
		m.Voucher = ipc.Cap{}
	}
	h.RemotePort = uint32(reply)
	_, name := p.Receiver()
	h.LocalPort = uint32(name)
	h.Bits |= abi.MACH_MSGH_BITS(replyDisp, m.Dest.Disp)
	m.Dest.Consume()
	m.Dest = ipc.Cap{}
	result := k.copyOutBody(th.t.Space(), m, c.opt, c.rcvAddr)
	h.Put(m.Data)
	buf := append(m.Data, trailer(c.opt, m)...)
	if th.t.Space().CopyOut(c.rcvAddr, buf) != nil {
		return abi.MACH_RCV_INVALID_DATA
	}
	if kr := c.putAux(th, m); kr != 0 {
		return kr
	}
	if result != 0 {
		return abi.MACH_RCV_BODY_ERROR | result
	}
	return nil
}

func (c *msgCall) putAux(th *thread, m *ipc.Message) abi.KernReturn {
	if c.rcvAuxSize == 0 {
		return 0
	}
	aux := m.Aux
	if len(aux) == 0 {
		aux = make([]byte, auxHeader)
	}
	if th.t.Space().CopyOut(c.rcvAux, aux) != nil {
		return abi.MACH_RCV_INVALID_DATA
	}
	return 0
}

// putBare gives the receiver only a header and a trailer of a message that it
// cannot have; the rest of the message is destroyed (mach_msg_receive_error).
func (c *msgCall) putBare(th *thread, p *ipc.Port, m *ipc.Message, kr abi.KernReturn) error {
	_, name := p.Receiver()
	h := abi.MachMsgHeader{Bits: abi.MACH_MSGH_BITS(0, m.Dest.Disp), Size: uint32(len(m.Data)), LocalPort: uint32(name), Id: m.ID}
	m.Dest.Consume()
	m.Dest = ipc.Cap{}
	if kr != abi.MACH_RCV_TOO_LARGE {
		h.Size = headerSize
	}
	var b [headerSize]byte
	h.Put(b[:])
	tr := trailer(c.opt, m)
	out := b[:min(len(b), int(c.rcvSize))]
	if int(c.rcvSize) >= headerSize+len(tr) {
		out = append(out, tr...)
	}
	th.task.sys.world.Destroy(m)
	if th.t.Space().CopyOut(c.rcvAddr, out) != nil {
		return abi.MACH_RCV_INVALID_DATA
	}
	return kr
}

// copyOutBody turns what the descriptors hold into names and addresses of the
// receiver. What finds no room becomes null, and the result says of which kind it
// was (ipc_kmsg_copyout_body).
func (k *task) copyOutBody(sp *mem.Space, m *ipc.Message, opt, buf uint64) (result abi.KernReturn) {
	for i := range m.Descs {
		d := &m.Descs[i]
		b := m.Data[d.Offset:]
		size := abi.MachMsgDescriptorSize(d.Kind)
		clear(b[:size])
		b[abi.MachMsgDescriptorTypeOffset] = d.Kind
		switch d.Kind {
		case abi.MACH_MSG_PORT_DESCRIPTOR:
			name, kr := k.giveRight(d.Cap)
			result |= kr
			le.PutUint32(b, uint32(name))
			b[10] = d.Disp
		case abi.MACH_MSG_GUARDED_PORT_DESCRIPTOR:
			if opt&abi.MACH_RCV_GUARDED_DESC == 0 {
				d.Cap.Release()
				d.Cap, d.Guard = ipc.Cap{}, 0
			}
			name, kr := k.giveRight(d.Cap)
			result |= kr
			d.Flags &^= guardUnguardedOnSend
			if p := d.Cap.Port; p != nil && kr == 0 && p.Alive() && d.Flags&guardImmovable != 0 {
				// The receiver finds the new guard in the descriptor: its buffer's address.
				p.Guarded, p.Strict, p.Immovable, p.Context = true, true, true, buf
				d.Guard = buf
			}
			le.PutUint64(b, d.Guard)
			le.PutUint16(b[8:], d.Flags)
			b[10] = d.Disp
			le.PutUint32(b[12:], uint32(name))
		case abi.MACH_MSG_OOL_PORTS_DESCRIPTOR:
			result |= k.giveRights(sp, d, b)
		default:
			b[8], b[9] = 1, abi.MACH_MSG_VIRTUAL_COPY
			le.PutUint32(b[12:], d.Count)
			if d.Memory == nil {
				break
			}
			addr, kr := d.Memory.(memory).give(sp)
			d.Memory.Release()
			if kr != 0 {
				result |= kr
				le.PutUint32(b[12:], 0)
				break
			}
			le.PutUint64(b, addr)
		}
		*d = ipc.Desc{}
	}
	return result
}

func (k *task) giveRight(c ipc.Cap) (abi.Port, abi.KernReturn) {
	name, kr := k.space.CopyOut(c)
	if kr != 0 {
		c.Release()
		return abi.MACH_PORT_NULL, abi.MACH_MSG_IPC_SPACE
	}
	return name, 0
}

func (k *task) giveRights(sp *mem.Space, d *ipc.Desc, b []byte) (result abi.KernReturn) {
	b[8], b[9], b[10] = 1, abi.MACH_MSG_VIRTUAL_COPY, d.Disp
	le.PutUint32(b[12:], d.Count)
	if d.Count == 0 {
		return 0
	}
	names := make([]byte, 4*len(d.Caps))
	for i, c := range d.Caps {
		name, kr := k.giveRight(c)
		result |= kr
		le.PutUint32(names[4*i:], uint32(name))
	}
	addr, kr := giveBytes(sp, names)
	if kr != 0 {
		// The names stay the receiver's, though it is not told them: XNU destroys
		// the rights instead.
		for i := range d.Caps {
			k.space.Deallocate(abi.Port(le.Uint32(names[4*i:])))
		}
		le.PutUint32(b[12:], 0)
		return result | kr
	}
	le.PutUint64(b, addr)
	return result
}

// giveBack returns to the sender a message that could not be sent, with all that
// it carries, in the buffer that it was sent from (mach_msg_receive_pseudo). The
// rights have then moved: a made send right is there to be moved.
func (c *msgCall) giveBack(th *thread, kr abi.KernReturn) error {
	m, k := c.m, th.task
	c.m = nil
	defer m.Discharge()
	h := abi.MachMsgHeader{Size: uint32(len(m.Data)), Id: m.ID}
	h.Bits = m.Bits | abi.MACH_MSGH_BITS(m.Dest.Disp, m.Reply.Disp)
	var result abi.KernReturn
	give := func(c ipc.Cap) uint32 {
		name, kr := k.giveRight(c)
		result |= kr
		return uint32(name)
	}
	if m.Voucher.Valid() {
		h.Bits |= abi.MACH_MSG_TYPE_MOVE_SEND << 16
		h.VoucherPort = give(m.Voucher)
	}
	h.RemotePort, h.LocalPort = give(m.Dest), give(m.Reply)
	m.Dest, m.Reply, m.Voucher = ipc.Cap{}, ipc.Cap{}, ipc.Cap{}
	result |= k.copyOutBody(th.t.Space(), m, abi.MACH_RCV_GUARDED_DESC, c.sendAddr)
	h.Put(m.Data)
	if th.t.Space().CopyOut(c.sendAddr, m.Data) != nil {
		return kr | result // the sender's loss, as ipc_kmsg_put_to_user's result is
	}
	return kr | result
}
