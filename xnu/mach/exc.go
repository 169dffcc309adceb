package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

// excAction is who is told of one type of exception, and how.
type excAction struct {
	port     ipc.Cap
	behavior uint32
	flavor   int32
}

// excActions are the exception ports of a thread or task, by type.
type excActions [abi.EXC_TYPES_COUNT]excAction

func (a *excActions) clone() excActions {
	out := *a
	for i := range out {
		out[i].port = a[i].port.Port.CopySend()
	}
	return out
}

func (a *excActions) release() {
	for i := range a {
		a[i].port.Release()
		a[i] = excAction{}
	}
}

// The messages by which exceptions are told, by behaviour: exc.defs, and
// mach_exc.defs for MACH_EXCEPTION_CODES.
const (
	excRaise     = 2401
	machExcRaise = 2405
)

// raise is one exception on its way through the handlers: the thread's, the
// task's, then a signal (exception_triage of osfmk/kern/exception.c).
type raise struct {
	th    *thread
	e     kern.Exception
	level int
	// reply is the port on which the handler's answer to the present level comes.
	reply    *ipc.Port
	behavior uint32
}

// exceptionHook offers an exception to the exception ports. If one takes it the
// thread stops until the answer.
func exceptionHook(t *kern.Thread, e kern.Exception) bool {
	r := &raise{th: threadOf(t), e: e}
	if !r.deliver() {
		return false
	}
	t.State = kern.Blocked
	return true
}

// deliver sends the exception to the first handler from the present level on.
func (r *raise) deliver() bool {
	th := r.th
	for ; r.level < 2; r.level++ {
		a := &th.exc[r.e.Type]
		if r.level == 1 {
			a = &th.task.exc[r.e.Type]
		}
		if !a.port.Valid() || !a.port.Port.Alive() {
			continue
		}
		if r.send(a) {
			th.raising = r
			return true
		}
	}
	return false
}

// send builds the message of one behaviour and queues it.
func (r *raise) send(a *excAction) bool {
	th, s := r.th, r.th.task.sys
	id, wide := int32(excRaise), a.behavior&abi.MACH_EXCEPTION_CODES != 0
	if wide {
		id = machExcRaise
	}
	r.behavior = a.behavior &^ (abi.MACH_EXCEPTION_CODES | abi.MACH_EXCEPTION_ERRORS | abi.MACH_EXCEPTION_BACKTRACE_PREFERRED)
	var state []byte
	switch r.behavior {
	case abi.EXCEPTION_DEFAULT:
	case abi.EXCEPTION_STATE, abi.EXCEPTION_STATE_IDENTITY:
		id += int32(r.behavior) - 1
		var kr abi.KernReturn
		if state, kr = getState(th.t, a.flavor, maxStateWords); kr != 0 {
			return false
		}
	default:
		return false
	}
	m := &ipc.Message{ID: id, Dest: a.port.Port.CopySend(), Security: ipc.KernelSecurity, Audit: ipc.KernelAudit}
	m.Data = make([]byte, headerSize, 512)
	if r.behavior != abi.EXCEPTION_STATE {
		m.Bits = abi.MACH_MSGH_BITS_COMPLEX
		m.Data = le.AppendUint32(m.Data, 2)
		for _, p := range []*ipc.Port{th.port(control), th.task.port(control)} {
			m.Descs = append(m.Descs, ipc.Desc{Kind: descPort, Offset: len(m.Data), Disp: uint8(abi.MACH_MSG_TYPE_MOVE_SEND), Cap: p.MakeSend()})
			m.Data = append(m.Data, make([]byte, 12)...)
			m.Data[len(m.Data)-1] = descPort
		}
	}
	m.Data = le.AppendUint64(m.Data, abi.NDRRecord)
	m.Data = le.AppendUint32(m.Data, uint32(r.e.Type))
	m.Data = le.AppendUint32(m.Data, 2)
	for _, code := range []int64{r.e.Code, r.e.Subcode} {
		if wide {
			m.Data = le.AppendUint64(m.Data, uint64(code))
		} else {
			m.Data = le.AppendUint32(m.Data, uint32(code))
		}
	}
	if r.behavior != abi.EXCEPTION_DEFAULT {
		m.Data = le.AppendUint32(m.Data, uint32(a.flavor))
		m.Data = le.AppendUint32(m.Data, uint32(len(state)/4))
		m.Data = append(m.Data, state...)
	}
	r.reply = s.world.NewKernelPort(r)
	m.Reply = r.reply.MakeSendOnce()
	return s.post(m)
}

// maxStateWords is THREAD_STATE_MAX, the longest state in a message.
const maxStateWords = 1296

// receiveReply is the handler's answer: success lets the thread go on, with a new
// state if the message has one; failure asks the next level.
func (r *raise) receiveReply(m *ipc.Message) {
	const at = headerSize + ndrSize
	if m.Bits&abi.MACH_MSGH_BITS_COMPLEX != 0 || len(m.Data) < at+4 {
		r.answer(abi.MIG_REPLY_MISMATCH)
		return
	}
	kr := abi.KernReturn(le.Uint32(m.Data[at:]))
	if kr == 0 && r.behavior != abi.EXCEPTION_DEFAULT {
		b := m.Data[at+4:]
		if len(b) < 8 || uint64(le.Uint32(b[4:]))*4 != uint64(len(b)-8) {
			kr = abi.MIG_TYPE_ERROR
		} else if len(b) > 8 {
			kr = setState(r.th.t, int32(le.Uint32(b)), b[8:])
		}
	}
	r.answer(kr)
}

// SendOnceUnused: the handler ended, or threw the reply right away.
func (r *raise) SendOnceUnused(*ipc.Port) { r.answer(abi.MIG_SERVER_DIED) }

func (r *raise) answer(kr abi.KernReturn) {
	th := r.th
	if th.raising != r {
		return
	}
	th.raising = nil
	r.reply.Destroy()
	if th.dead {
		return
	}
	if kr != 0 {
		r.level++
		if r.deliver() {
			return
		}
		th.t.RaiseSignal(r.e)
	}
	th.t.Start()
}

// abandon is for a thread that ends while its handler thinks.
func (r *raise) abandon() {
	r.th.raising = nil
	r.reply.Destroy()
}

// excRoutines are those on tasks and threads alike, under their two sets of ids.
func excRoutines() []routine {
	return []routine{
		onTask(3413, "task_set_exception_ports", control, func(c *call, k *task, r *setExcReq) abi.KernReturn {
			return setExc(c, &k.exc, r, nil)
		}).with(descPort),
		onTask(3414, "task_get_exception_ports_from_user", control, func(c *call, k *task, r *getExcReq) abi.KernReturn {
			return getExc(c, &k.exc, r.Mask)
		}),
		onTask(3415, "task_swap_exception_ports", control, func(c *call, k *task, r *setExcReq) abi.KernReturn {
			return swapExc(c, &k.exc, r)
		}).with(descPort),
		onThread(3613, "thread_set_exception_ports", control, func(c *call, th *thread, r *setExcReq) abi.KernReturn {
			return setExc(c, &th.exc, r, nil)
		}).with(descPort),
		onThread(3614, "thread_get_exception_ports_from_user", control, func(c *call, th *thread, r *getExcReq) abi.KernReturn {
			return getExc(c, &th.exc, r.Mask)
		}),
		onThread(3615, "thread_swap_exception_ports", control, func(c *call, th *thread, r *setExcReq) abi.KernReturn {
			return swapExc(c, &th.exc, r)
		}).with(descPort),
	}
}

type setExcReq struct {
	Mask     uint32
	Behavior uint32
	Flavor   int32
}

type getExcReq struct{ Mask uint32 }

// validExcMask is EXC_MASK_VALID: every type from EXC_BAD_ACCESS to
// EXC_CORPSE_NOTIFY.
const validExcMask = 1<<abi.EXC_TYPES_COUNT - 2

// check is set_exception_ports_validation.
func (r *setExcReq) check(c *call) abi.KernReturn {
	if r.Mask&^validExcMask != 0 {
		return abi.KERN_INVALID_ARGUMENT
	}
	if !c.right(0).Valid() {
		return 0
	}
	switch r.Behavior &^ (abi.MACH_EXCEPTION_CODES | abi.MACH_EXCEPTION_ERRORS | abi.MACH_EXCEPTION_BACKTRACE_PREFERRED) {
	case abi.EXCEPTION_DEFAULT:
	case abi.EXCEPTION_STATE, abi.EXCEPTION_STATE_IDENTITY:
		if flavorOf(c.t.Arch(), r.Flavor) == nil {
			return abi.KERN_INVALID_ARGUMENT
		}
	case abi.EXCEPTION_IDENTITY_PROTECTED, abi.EXCEPTION_STATE_IDENTITY_PROTECTED:
		c.sys.m.Note("mach EXCEPTION_IDENTITY_PROTECTED")
		return abi.KERN_NOT_SUPPORTED
	default:
		return abi.KERN_INVALID_ARGUMENT
	}
	return 0
}

// setExc registers a port for the types in the mask; old gets what was there.
func setExc(c *call, a *excActions, r *setExcReq, old *excActions) abi.KernReturn {
	if kr := r.check(c); kr != 0 {
		return kr
	}
	right := c.takeRight(0)
	for i := range a {
		if r.Mask&(1<<i) == 0 {
			continue
		}
		if old != nil {
			old[i] = a[i]
		} else {
			a[i].port.Release()
		}
		a[i] = excAction{port: right.Port.CopySend(), behavior: r.Behavior, flavor: r.Flavor}
	}
	right.Release()
	return 0
}

func swapExc(c *call, a *excActions, r *setExcReq) abi.KernReturn {
	var old excActions
	if kr := setExc(c, a, r, &old); kr != 0 {
		return kr
	}
	kr := getExc(c, &old, r.Mask)
	old.release()
	return kr
}

// maxExcReply is how many ports the reply has room for.
const maxExcReply = 32

// getExc answers with the registered ports, those that are equal as one.
func getExc(c *call, a *excActions, mask uint32) abi.KernReturn {
	if mask&^validExcMask != 0 {
		return abi.KERN_INVALID_ARGUMENT
	}
	var masks, behaviors, flavors []uint32
	var ports []*ipc.Port
	for i := range a {
		if mask&(1<<i) == 0 {
			continue
		}
		j := 0
		for ; j < len(ports); j++ {
			if ports[j] == a[i].port.Port && behaviors[j] == a[i].behavior && flavors[j] == uint32(a[i].flavor) {
				break
			}
		}
		if j == len(ports) {
			ports = append(ports, a[i].port.Port)
			masks, behaviors, flavors = append(masks, 0), append(behaviors, a[i].behavior), append(flavors, uint32(a[i].flavor))
		}
		masks[j] |= 1 << i
	}
	for i := range maxExcReply {
		right := ipc.Cap{Disp: abi.MACH_MSG_TYPE_MOVE_SEND}
		if i < len(ports) && ports[i] != nil {
			right = ports[i].CopySend()
		}
		c.putPort(right)
	}
	c.put(uint32(len(ports)))
	c.put(masks)
	c.put(behaviors)
	c.put(flavors)
	return 0
}
