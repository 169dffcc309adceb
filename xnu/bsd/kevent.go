package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// The calls that change and read kqueues, in three sizes of struct kevent.

// keventForm is one layout of struct kevent.
type keventForm struct {
	size int
	get  func(b []byte) abi.KeventQos
	put  func(b []byte, k *abi.KeventQos)
}

func legacyForm() keventForm {
	return keventForm{32, func(b []byte) abi.KeventQos {
		var k abi.Kevent
		k.Get(b)
		return abi.KeventQos{Ident: k.Ident, Filter: k.Filter, Flags: k.Flags, Udata: uint64(k.Udata), Fflags: k.Fflags, Data: k.Data}
	}, func(b []byte, q *abi.KeventQos) {
		k := abi.Kevent{Ident: q.Ident, Filter: q.Filter, Flags: q.Flags, Fflags: q.Fflags, Data: q.Data, Udata: abi.Ptr(q.Udata)}
		k.Put(b)
	}}
}

func form64() keventForm {
	return keventForm{48, func(b []byte) abi.KeventQos {
		var k abi.Kevent64
		k.Get(b)
		return abi.KeventQos{Ident: k.Ident, Filter: k.Filter, Flags: k.Flags, Udata: k.Udata, Fflags: k.Fflags, Data: k.Data,
			Ext: [4]uint64{k.Ext[0], k.Ext[1]}}
	}, func(b []byte, q *abi.KeventQos) {
		k := abi.Kevent64{Ident: q.Ident, Filter: q.Filter, Flags: q.Flags, Fflags: q.Fflags, Data: q.Data, Udata: q.Udata,
			Ext: [2]uint64{q.Ext[0], q.Ext[1]}}
		k.Put(b)
	}}
}

func formQos() keventForm {
	return keventForm{72, func(b []byte) abi.KeventQos {
		var k abi.KeventQos
		k.Get(b)
		return k
	}, func(b []byte, q *abi.KeventQos) { q.Put(b) }}
}

type keventArgs struct {
	FD       abi.FD
	Changes  abi.Ptr
	NChanges int32
	Events   abi.Ptr
	NEvents  int32
	Timeout  abi.Ptr `struct:"timespec" dir:"in"`
}

func kevent(t *kern.Thread, a *keventArgs) (uint64, error) {
	wait, err := keventTimeout(t, a.Timeout)
	if err != nil {
		return 0, err
	}
	return doKevent(t, legacyForm(), a.FD, a.Changes, a.NChanges, a.Events, a.NEvents, wait, false)
}

// keventTimeout reads a timespec: -1 is no limit. A negative one is EINVAL.
func keventTimeout(t *kern.Thread, p abi.Ptr) (int64, error) {
	if p == 0 {
		return -1, nil
	}
	var b [16]byte
	if err := t.Space().CopyIn(b[:], uint64(p)); err != nil {
		return 0, err
	}
	sec, nsec := int64(le.Uint64(b[:])), int64(le.Uint64(b[8:]))
	if sec < 0 || nsec < 0 || nsec >= 1e9 {
		return 0, abi.EINVAL
	}
	return clampSeconds(sec) + nsec, nil
}

type kevent64Args struct {
	FD       abi.FD
	Changes  abi.Ptr
	NChanges int32
	Events   abi.Ptr
	NEvents  int32
	Flags    uint32
	Timeout  abi.Ptr `struct:"timespec" dir:"in"`
}

// keventUser are the flags that programs may pass (KEVENT_FLAG_USER).
const keventUser = abi.KEVENT_FLAG_IMMEDIATE | abi.KEVENT_FLAG_ERROR_EVENTS | abi.KEVENT_FLAG_STACK_EVENTS |
	abi.KEVENT_FLAG_STACK_DATA | abi.KEVENT_FLAG_WORKQ | abi.KEVENT_FLAG_WORKLOOP

func kevent64(t *kern.Thread, a *kevent64Args) (uint64, error) {
	if a.Flags&^uint32(keventUser) != 0 || a.Flags&(abi.KEVENT_FLAG_WORKQ|abi.KEVENT_FLAG_WORKLOOP) != 0 {
		return 0, abi.EINVAL
	}
	wait, err := keventTimeout(t, a.Timeout)
	if err != nil {
		return 0, err
	}
	if a.Flags&abi.KEVENT_FLAG_IMMEDIATE != 0 {
		wait = 0
	}
	return doKevent(t, form64(), a.FD, a.Changes, a.NChanges, a.Events, a.NEvents, wait, a.Flags&abi.KEVENT_FLAG_ERROR_EVENTS != 0)
}

type keventQosArgs struct {
	FD            abi.FD
	Changes       abi.Ptr
	NChanges      int32
	Events        abi.Ptr
	NEvents       int32
	DataOut       abi.Ptr
	DataAvailable abi.Ptr
	Flags         uint32
}

func keventQos(t *kern.Thread, a *keventQosArgs) (uint64, error) {
	if a.Flags&^uint32(keventUser) != 0 || a.Flags&(abi.KEVENT_FLAG_WORKQ|abi.KEVENT_FLAG_WORKLOOP) != 0 {
		return 0, abi.EINVAL
	}
	wait := int64(-1)
	if a.Flags&abi.KEVENT_FLAG_IMMEDIATE != 0 {
		wait = 0
	}
	return doKevent(t, formQos(), a.FD, a.Changes, a.NChanges, a.Events, a.NEvents, wait, a.Flags&abi.KEVENT_FLAG_ERROR_EVENTS != 0)
}

// changed marks a call whose changes have been applied: a re-run only scans.
type changed struct{}

func doKevent(t *kern.Thread, form keventForm, fd abi.FD, changes abi.Ptr, nchanges int32, events abi.Ptr, nevents int32, wait int64, errorsOnly bool) (uint64, error) {
	f, err := t.File(fd)
	if err != nil {
		return 0, err
	}
	kq, ok := f.Ops.(*kqueue)
	if !ok {
		return 0, abi.EBADF
	}
	if nchanges < 0 || nevents < 0 {
		return 0, abi.EINVAL
	}
	var buf [72]byte
	b := buf[:form.size]
	count := 0
	emit := func(k *abi.KeventQos) error {
		form.put(b, k)
		err := t.Space().CopyOut(uint64(events)+uint64(count*form.size), b)
		if err == nil {
			count++
		}
		return err
	}
	if _, again := t.CallData().(changed); !again {
		for i := range int(nchanges) {
			if err := t.Space().CopyIn(b, uint64(changes)+uint64(i*form.size)); err != nil {
				return 0, err
			}
			k := form.get(b)
			k.Flags &^= abi.EV_SYSFLAGS
			err := kq.register(t, &k)
			if err == nil && k.Flags&abi.EV_RECEIPT == 0 {
				continue
			}
			e, isErrno := err.(abi.Errno)
			if err != nil && !isErrno {
				return 0, err
			}
			if count >= int(nevents) {
				if err != nil {
					return 0, e
				}
				continue
			}
			k.Flags |= abi.EV_ERROR
			k.Data = int64(e)
			if err := emit(&k); err != nil {
				return 0, err
			}
		}
		t.SetCallData(changed{})
	}
	if count > 0 || nevents == 0 || errorsOnly {
		return uint64(count), nil
	}
	n, err := kq.scan(int(nevents), emit)
	if err != nil {
		if n > 0 {
			return uint64(n), nil
		}
		return 0, err
	}
	if n > 0 || wait == 0 {
		return uint64(n), nil
	}
	err = t.Block(kern.Wait{Queue: &kq.wq, Deadline: t.DeadlineIn(wait), NoRestart: true})
	if err == abi.ETIMEDOUT {
		return 0, nil
	}
	return 0, err
}
