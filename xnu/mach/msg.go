package mach

import (
	"encoding/binary"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

var le = binary.LittleEndian

const (
	headerSize = 24
	baseSize   = headerSize + 4 // with the number of descriptors
	// maxBody is IPC_KMSG_MAX_BODY_SPACE, in bytes.
	maxBody = 64<<20*3/4 - abi.SizeofMachMsgMacTrailer
	// maxAux is the most auxiliary data of a vector message, with its 8-byte
	// header (osfmk/mach/message.h).
	maxAux    = 1024
	auxHeader = 8
)

func msgRows() []kern.Row {
	return []kern.Row{
		kern.MachTrap(31, "mach_msg_trap", kern.RetKern, kern.Full, machMsg),
		kern.MachTrap(32, "mach_msg_overwrite_trap", kern.RetKern, kern.Full, machMsgOverwrite),
		kern.MachTrap(47, "mach_msg2_trap", kern.RetKern, kern.Full, machMsg2),
	}
}

// msgCall is one mach_msg, whichever trap it came by, across its waits.
type msgCall struct {
	opt     uint64
	timeout uint32 // milliseconds

	sendAddr         uint64
	sendSize         uint32
	header           abi.MachMsgHeader
	descs            uint32
	auxAddr          uint64
	auxSize          uint32
	m                *ipc.Message // taken from the sender, not yet sent
	sent             bool
	sendDeadline     int64
	rcvAddr          uint64
	rcvSize          uint32
	rcvAux           uint64
	rcvAuxSize       uint32
	rcvName          abi.Port
	port             *ipc.Port // what is received on, one of the two
	set              *ipc.Set
	rcvDeadline      int64
	badSend, badRecv abi.KernReturn
}

type machMsgArgs struct {
	Msg      abi.Ptr `struct:"mach_msg"`
	Option   uint32  `flags:"mach_msg"`
	SendSize uint32
	RcvSize  uint32
	RcvName  abi.Port
	Timeout  uint32
	Priority uint32
}

func machMsg(t *kern.Thread, a *machMsgArgs) (uint64, error) {
	return resume(t, func(c *msgCall) {
		c.legacy(t, a.Msg, a.Option, a.SendSize, a.RcvSize, a.RcvName, a.Timeout, 0)
	})
}

type machMsgOverwriteArgs struct {
	Msg      abi.Ptr `struct:"mach_msg"`
	Option   uint32  `flags:"mach_msg"`
	SendSize uint32
	RcvSize  uint32
	RcvName  abi.Port
	Timeout  uint32
	Priority uint32
	RcvMsg   abi.Ptr
}

func machMsgOverwrite(t *kern.Thread, a *machMsgOverwriteArgs) (uint64, error) {
	return resume(t, func(c *msgCall) {
		c.legacy(t, a.Msg, a.Option, a.SendSize, a.RcvSize, a.RcvName, a.Timeout, a.RcvMsg)
	})
}

// resume runs the call, from its arguments or from where it was left waiting.
func resume(t *kern.Thread, parse func(c *msgCall)) (uint64, error) {
	c, again := t.CallData().(*msgCall)
	if !again {
		c = &msgCall{}
		parse(c)
	}
	err := c.run(t)
	if kern.IsBlocked(err) {
		t.SetCallData(c)
	}
	return 0, err
}

func (c *msgCall) legacy(t *kern.Thread, msg abi.Ptr, opt, sendSize, rcvSize uint32, rcvName abi.Port, timeout uint32, rcvMsg abi.Ptr) {
	// The upper half of the options is mach_msg2's alone.
	c.opt, c.timeout = uint64(opt), timeout
	c.sendAddr, c.sendSize = uint64(msg), sendSize
	c.rcvAddr, c.rcvSize, c.rcvName = uint64(msg), rcvSize, rcvName
	if rcvMsg != 0 {
		c.rcvAddr = uint64(rcvMsg)
	}
	if opt&abi.MACH_SEND_MSG == 0 {
		return
	}
	if sendSize < headerSize || sendSize&3 != 0 {
		c.badSend = abi.MACH_SEND_MSG_TOO_SMALL
		return
	}
	var b [baseSize]byte
	n := min(sendSize, baseSize)
	if t.Space().CopyIn(b[:n], uint64(msg)) != nil {
		c.badSend = abi.MACH_SEND_INVALID_DATA
		return
	}
	c.header.Get(b[:])
	if c.header.Bits&abi.MACH_MSGH_BITS_COMPLEX != 0 {
		c.descs = le.Uint32(b[headerSize:])
	}
}

type machMsg2Args struct {
	Data         abi.Ptr
	Options      uint64 `flags:"mach_msg"`
	BitsSize     uint64
	RemoteLocal  uint64
	VoucherID    uint64
	DescsRcvName uint64
	RcvSizePrio  uint64
	Timeout      uint64
}

// The options of mach_msg2 that say what kind of port the message is meant for:
// exactly one has to be given.
const cfiMask = abi.MACH64_SEND_KOBJECT_CALL | abi.MACH64_SEND_MQ_CALL | abi.MACH64_SEND_ANY | abi.MACH64_SEND_DK_CALL

func machMsg2(t *kern.Thread, a *machMsg2Args) (uint64, error) {
	return resume(t, func(c *msgCall) { c.modern(t, a) })
}

func (c *msgCall) modern(t *kern.Thread, a *machMsg2Args) {
	c.opt, c.timeout = a.Options, uint32(a.Timeout)
	vector := a.Options&abi.MACH64_MSG_VECTOR != 0
	if a.Options&abi.MACH_SEND_MSG != 0 {
		cfi := a.Options & cfiMask
		if cfi == 0 || cfi&(cfi-1) != 0 || vector && cfi&(abi.MACH64_SEND_MQ_CALL|abi.MACH64_SEND_ANY) == 0 {
			c.badSend = abi.MACH_SEND_INVALID_OPTIONS
			return
		}
	}
	c.header = abi.MachMsgHeader{Bits: uint32(a.BitsSize), RemotePort: uint32(a.RemoteLocal), LocalPort: uint32(a.RemoteLocal >> 32),
		VoucherPort: uint32(a.VoucherID), Id: int32(a.VoucherID >> 32)}
	c.descs = uint32(a.DescsRcvName)
	c.rcvName = abi.Port(a.DescsRcvName >> 32)
	if !vector {
		c.sendAddr, c.sendSize = uint64(a.Data), uint32(a.BitsSize>>32)
		c.rcvAddr, c.rcvSize = uint64(a.Data), uint32(a.RcvSizePrio)
		return
	}
	c.vectors(t, uint64(a.Data), uint32(a.BitsSize>>32), uint32(a.RcvSizePrio))
}

// vectors reads the one or two buffers of a vector message: mach_msg_vector_t is
// two addresses and two sizes, 24 bytes.
func (c *msgCall) vectors(t *kern.Thread, addr uint64, nsend, nrcv uint32) {
	type vec struct {
		data, rcv         uint64
		sendSize, rcvSize uint32
	}
	var v [2]vec
	if max(nsend, nrcv) > 2 {
		c.badSend, c.badRecv = abi.MACH_SEND_TOO_LARGE, abi.MACH_RCV_INVALID_ARGUMENTS
		return
	}
	var b [48]byte
	if t.Space().CopyIn(b[:24*max(nsend, nrcv)], addr) != nil {
		c.badSend, c.badRecv = abi.MACH_SEND_INVALID_DATA, abi.MACH_RCV_INVALID_DATA
		return
	}
	for i := range v {
		x := b[24*i:]
		v[i] = vec{le.Uint64(x), le.Uint64(x[8:]), le.Uint32(x[16:]), le.Uint32(x[20:])}
	}
	if nsend == 0 {
		c.badSend = abi.MACH_SEND_MSG_TOO_SMALL
	}
	if nrcv == 0 {
		c.badRecv = abi.MACH_RCV_INVALID_ARGUMENTS
	}
	c.sendAddr, c.sendSize = v[0].data, v[0].sendSize
	c.rcvAddr, c.rcvSize = v[0].rcv, v[0].rcvSize
	if c.rcvAddr == 0 {
		c.rcvAddr = v[0].data
	}
	if nsend == 2 {
		c.auxAddr, c.auxSize = v[1].data, v[1].sendSize
		switch {
		case c.auxSize == 0:
		case c.auxSize < auxHeader:
			c.badSend = abi.MACH_SEND_AUX_TOO_SMALL
		case c.auxSize > maxAux:
			c.badSend = abi.MACH_SEND_AUX_TOO_LARGE
		}
	}
	if nrcv == 2 {
		c.rcvAux, c.rcvAuxSize = v[1].rcv, v[1].rcvSize
		if c.rcvAux == 0 {
			c.rcvAux = v[1].data
		}
		if c.rcvAuxSize != 0 && c.rcvAuxSize < auxHeader {
			c.badRecv = abi.MACH_RCV_INVALID_ARGUMENTS
		}
	}
}

// run is mach_msg_overwrite_trap: send, then receive; a failed send ends it.
func (c *msgCall) run(t *kern.Thread) error {
	th := threadOf(t)
	if c.opt&abi.MACH_SEND_MSG != 0 && !c.sent {
		if c.m == nil {
			m, kr := c.copyIn(t)
			if kr != 0 {
				return kr
			}
			c.m = m
		}
		th.sending = nil
		if err := c.send(th); err != nil {
			return err
		}
		c.sent, c.m = true, nil
		if t.State == kern.Dead {
			return kern.ErrGone
		}
	}
	if c.opt&abi.MACH_RCV_MSG != 0 {
		th.receiving = nil
		return c.receive(th)
	}
	return nil
}

// waitUntilMS is the deadline of a wait of ms milliseconds that starts now.
func waitUntilMS(t *kern.Thread, ms uint32) int64 {
	return t.Machine().Monotonic() + int64(ms)*1e6
}

// send delivers the message: to the kernel, or to a queue, waiting for room if it
// must (ipc_kmsg_send). A message to a port that has died meanwhile is destroyed
// and counts as sent.
func (c *msgCall) send(th *thread) error {
	t, m, w := th.t, c.m, th.task.sys.world
	p := m.Dest.Port
	switch {
	case m.Circular || !p.Alive():
		w.Destroy(m)
		return nil
	case p.Kernel():
		return th.task.sys.serve(t, p, m)
	}
	if p.Full() && m.Dest.Disp != abi.MACH_MSG_TYPE_MOVE_SEND_ONCE {
		timed := c.opt&abi.MACH_SEND_TIMEOUT != 0
		if c.opt&abi.MACH_SEND_NOTIFY != 0 {
			th.task.space.Arm(abi.Port(c.header.RemotePort))
		}
		if timed && c.timeout == 0 {
			return c.giveBack(th, abi.MACH_SEND_TIMED_OUT)
		}
		if timed && c.sendDeadline == 0 {
			c.sendDeadline = waitUntilMS(t, c.timeout)
		}
		err := t.Block(kern.Wait{Queue: &p.Senders, Deadline: c.sendDeadline, NoRestart: true})
		if kern.IsBlocked(err) {
			th.sending = m
			return err
		}
		if kr, ok := waitResult(err, abi.MACH_SEND_TIMED_OUT, abi.MACH_SEND_INTERRUPTED).(abi.KernReturn); ok {
			return c.giveBack(th, kr)
		}
		return err
	}
	p.Send(m)
	return nil
}

// receive takes the next message, waiting for it if it must (ipc_mqueue_receive).
func (c *msgCall) receive(th *thread) error {
	t := th.t
	if c.port == nil && c.set == nil {
		if c.badRecv != 0 {
			return c.badRecv
		}
		s := th.task.space
		var kr abi.KernReturn
		if c.port, kr = s.Receive(c.rcvName); kr != 0 {
			if c.set, kr = s.PortSet(c.rcvName); kr != 0 {
				return abi.MACH_RCV_INVALID_NAME
			}
		}
	}
	p, q := c.port, (*kern.WaitQueue)(nil)
	if c.set != nil {
		if !c.set.Alive() {
			return abi.MACH_RCV_PORT_DIED
		}
		p, q = c.set.Next(), &c.set.Receivers
		th.receiving = c.set
	} else {
		if s, _ := p.Receiver(); s != th.task.space {
			return abi.MACH_RCV_PORT_DIED
		}
		q = &p.Receivers
		th.receiving = p
	}
	if p == nil || p.Pending() == 0 {
		timed := c.opt&abi.MACH_RCV_TIMEOUT != 0
		if timed && c.timeout == 0 {
			th.receiving = nil
			return abi.MACH_RCV_TIMED_OUT
		}
		if timed && c.rcvDeadline == 0 {
			c.rcvDeadline = waitUntilMS(t, c.timeout)
		}
		err := t.Block(kern.Wait{Queue: q, Deadline: c.rcvDeadline, NoRestart: true})
		if !kern.IsBlocked(err) {
			th.receiving = nil
		}
		return waitResult(err, abi.MACH_RCV_TIMED_OUT, abi.MACH_RCV_INTERRUPTED)
	}
	th.receiving = nil
	return c.deliver(th, p)
}

// deliver takes the first message of p to the receiver's buffer.
func (c *msgCall) deliver(th *thread, p *ipc.Port) error {
	m := p.Peek()
	need := uint32(len(m.Data)) + trailerSize(c.opt)
	tooLarge := c.rcvSize < need || len(m.Aux) > 0 && c.rcvAuxSize > 0 && c.rcvAuxSize < uint32(len(m.Aux))
	if tooLarge && c.opt&abi.MACH_RCV_LARGE != 0 {
		return c.reportSize(th, p, m)
	}
	m = p.Receive()
	if c.set != nil {
		c.set.Took(p)
	}
	defer m.Discharge()
	if tooLarge {
		return c.putBare(th, p, m, abi.MACH_RCV_TOO_LARGE)
	}
	return c.copyOut(th, p, m)
}

// reportSize leaves the message where it is and tells its size, and with
// MACH_RCV_LARGE_IDENTITY its port's name, in the buffer's header.
func (c *msgCall) reportSize(th *thread, p *ipc.Port, m *ipc.Message) error {
	sp := th.t.Space()
	kr := abi.MACH_RCV_TOO_LARGE
	_, name := p.Receiver()
	if c.opt&abi.MACH_RCV_LARGE_IDENTITY != 0 && c.rcvSize >= 16 && sp.Store32(c.rcvAddr+12, uint32(name)) != nil {
		kr = abi.MACH_RCV_INVALID_DATA
	}
	if c.rcvSize >= 8 && sp.Store32(c.rcvAddr+4, uint32(len(m.Data))) != nil {
		kr = abi.MACH_RCV_INVALID_DATA
	}
	if c.rcvAuxSize != 0 && sp.Store32(c.rcvAux, uint32(len(m.Aux))) != nil {
		kr = abi.MACH_RCV_INVALID_DATA
	}
	return kr
}
