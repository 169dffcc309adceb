package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/mach/ipc"
)

func clockRoutines() []routine {
	return []routine{
		mig(1000, "clock_get_time", clockGetTime),
		mig(1001, "clock_get_attributes", clockGetAttributes),
		mig(1002, "clock_alarm", clockAlarm).with(descPort),
	}
}

// now is the clock's time: uptime, or that of the calendar.
func (cl *clock) now(s *system) abi.MachTimespec {
	if cl.id == abi.CALENDAR_CLOCK {
		sec, nsec := s.m.Realtime()
		return abi.MachTimespec{Sec: uint32(sec), Nsec: int32(nsec)}
	}
	return timespec(s.m.Monotonic())
}

func clockGetTime(c *call, cl *clock, r *noArgs) abi.KernReturn {
	c.put(cl.now(c.sys))
	return 0
}

// Flavours of clock_get_attributes: resolution in nanoseconds of reading and of
// alarms.
const (
	clockGetTimeRes  = 1
	clockAlarmCurRes = 3
	clockAlarmMinRes = 4
	clockAlarmMaxRes = 5
)

func clockGetAttributes(c *call, cl *clock, r *infoReq) abi.KernReturn {
	if r.Count != 1 {
		return abi.KERN_FAILURE
	}
	res := uint32(10_000_000) // a tick
	switch r.Flavor {
	case clockGetTimeRes:
	case clockAlarmCurRes, clockAlarmMinRes, clockAlarmMaxRes:
		if cl.id == abi.CALENDAR_CLOCK {
			// The calendar has no alarms.
			res = 0
		}
	default:
		return abi.KERN_INVALID_VALUE
	}
	c.putInfo(1, abi.Marshal(res))
	return 0
}

type clockAlarmReq struct {
	Type int32
	Time abi.MachTimespec
}

// maxAlarms bounds the alarms that are on at once.
const maxAlarms = 4096

// clockAlarm sends a message to the given port at a time: clock_alarm_reply, with
// the result, the kind of time and the time itself.
func clockAlarm(c *call, cl *clock, r *clockAlarmReq) abi.KernReturn {
	right := c.right(0)
	switch {
	case !right.Valid():
		return abi.KERN_INVALID_CAPABILITY
	case cl.id != abi.SYSTEM_CLOCK:
		return abi.KERN_FAILURE
	}
	s, typ, at := c.sys, r.Type, r.Time
	if typ&0xff != abi.TIME_ABSOLUTE && typ&0xff != abi.TIME_RELATIVE || at.Nsec < 0 || at.Nsec >= 1e9 {
		// The reply tells of it, not the result.
		c.takeRight(0)
		s.alarmReply(right, abi.KERN_INVALID_VALUE, typ, at)
		return 0
	}
	if cl.alarms >= maxAlarms {
		return abi.KERN_RESOURCE_SHORTAGE
	}
	when := int64(at.Sec)*1e9 + int64(at.Nsec)
	if typ&0xff == abi.TIME_RELATIVE {
		when += s.m.Monotonic()
	}
	c.takeRight(0)
	cl.alarms++
	s.m.After(when, func() {
		cl.alarms--
		s.alarmReply(right, abi.KERN_SUCCESS, typ, timespec(s.m.Monotonic()))
	})
	return 0
}

// alarmReplyID is clock_alarm_reply of clock_reply.defs.
const alarmReplyID = 3125107

func (s *system) alarmReply(to ipc.Cap, kr abi.KernReturn, typ int32, at abi.MachTimespec) {
	m := &ipc.Message{ID: alarmReplyID, Dest: to, Security: ipc.KernelSecurity, Audit: ipc.KernelAudit}
	m.Data = make([]byte, headerSize, 64)
	m.Data = le.AppendUint64(m.Data, abi.NDRRecord)
	m.Data = le.AppendUint32(m.Data, uint32(kr))
	m.Data = le.AppendUint32(m.Data, uint32(typ))
	m.Data = abi.Append(m.Data, at)
	s.post(m)
}
