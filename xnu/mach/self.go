package mach

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// selfRows are the traps by which a thread finds itself and its surroundings.
func selfRows() []kern.Row {
	return []kern.Row{
		kern.MachTrap(26, "mach_reply_port", kern.RetPort, kern.Full, machReplyPort),
		kern.MachTrap(27, "thread_self_trap", kern.RetPort, kern.Full, threadSelfTrap),
		kern.MachTrap(28, "task_self_trap", kern.RetPort, kern.Full, taskSelfTrap),
		kern.MachTrap(29, "host_self_trap", kern.RetPort, kern.Full, hostSelfTrap),
		kern.MachTrap(43, "mach_generate_activity_id", kern.RetKern, kern.Full, machGenerateActivityID),
		kern.MachTrap(44, "task_name_for_pid", kern.RetKern, kern.Full, taskNameForPID),
		kern.MachTrap(45, "task_for_pid", kern.RetKern, kern.Full, taskForPID),
		kern.MachTrap(46, "pid_for_task", kern.RetKern, kern.Full, pidForTask),
		kern.MachTrap(50, "thread_get_special_reply_port", kern.RetPort, kern.Full, threadGetSpecialReplyPort),
		kern.MachTrap(96, "debug_control_port_for_pid", kern.RetKern, kern.Full, debugControlPortForPID),
	}
}

// machReplyPort makes a port of which the caller has the receive right.
func machReplyPort(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	name, _, kr := self(t).space.NewPort(0)
	if kr != 0 {
		name = abi.MACH_PORT_NULL
	}
	return uint64(name), nil
}

func threadSelfTrap(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	return uint64(self(t).copyOutSend(threadOf(t).port(control).MakeSend())), nil
}

func taskSelfTrap(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	k := self(t)
	return uint64(k.copyOutSend(k.port(control).MakeSend())), nil
}

func hostSelfTrap(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	k := self(t)
	return uint64(k.copyOutSend(k.sys.host.port.MakeSend())), nil
}

// threadGetSpecialReplyPort gives a thread the one reply port it may use for
// synchronous calls; asking again replaces it (ipc_port_alloc_special).
func threadGetSpecialReplyPort(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	th := threadOf(t)
	name, p, kr := th.task.space.NewPort(0)
	if kr != 0 {
		return uint64(abi.MACH_PORT_NULL), nil
	}
	if th.special != nil {
		th.special.SpecialReply = false
	}
	p.SpecialReply = true
	th.special = p
	return uint64(name), nil
}

// activityIDPerCall is the most ids one call gives out, and activityIDShift where
// the count stands beside the pid-like tag (osfmk/kern/syscall_subr.c).
const activityIDCountMax = 16

type activityIDArgs struct {
	Target     abi.Port
	Count      int32
	ActivityID abi.Ptr `out:"8"`
}

// machGenerateActivityID gives out count ids that nobody else gets.
func machGenerateActivityID(t *kern.Thread, a *activityIDArgs) (uint64, error) {
	if a.Count <= 0 || a.Count > activityIDCountMax {
		return 0, abi.KERN_INVALID_ARGUMENT
	}
	s := self(t).sys
	first := s.host.activity + 1
	s.host.activity += uint64(a.Count)
	return 0, machCopyOut(t, a.ActivityID, first)
}

// machCopyOut stores v, little endian, as mach_copyout does.
func machCopyOut[T uint32 | uint64 | abi.Port | int32](t *kern.Thread, addr abi.Ptr, v T) error {
	var err error
	switch v := any(v).(type) {
	case uint64:
		err = t.Space().Store64(uint64(addr), v)
	case uint32:
		err = t.Space().Store32(uint64(addr), v)
	case int32:
		err = t.Space().Store32(uint64(addr), uint32(v))
	case abi.Port:
		err = t.Space().Store32(uint64(addr), uint32(v))
	}
	if err != nil {
		return abi.KERN_INVALID_ADDRESS
	}
	return nil
}

type taskForPIDArgs struct {
	Target abi.Port
	PID    abi.PID
	Task   abi.Ptr `out:"4"`
}

// find is the part that the three calls share: the process, if the caller's task
// port is one and the caller's user may see it (task_for_pid_posix_check).
func (a *taskForPIDArgs) find(t *kern.Thread, strict bool) (*kern.Process, bool) {
	if self(t).taskNamed(a.Target, nameOnly) == nil || a.PID == 0 {
		return nil, false
	}
	p := t.Machine().Process(a.PID)
	if p == nil || p.Zombie || p.Exiting || p.HostProc != nil || p.Space == nil {
		return nil, false
	}
	me, it := t.Proc.Cred, p.Cred
	if t.Proc == p || me.EUID == 0 {
		return p, true
	}
	if me.EUID != it.EUID || me.EUID != it.RUID {
		return nil, false
	}
	return p, !strict || it.SVUID == it.RUID && it.SVGID == it.RGID
}

// taskForPID and its kin put MACH_PORT_NULL where the name goes when they fail.
func (a *taskForPIDArgs) fail(t *kern.Thread) (uint64, error) {
	_ = machCopyOut(t, a.Task, abi.MACH_PORT_NULL)
	return 0, abi.KERN_FAILURE
}

func taskForPID(t *kern.Thread, a *taskForPIDArgs) (uint64, error) {
	p, ok := a.find(t, true)
	if !ok {
		return a.fail(t)
	}
	return 0, machCopyOut(t, a.Task, self(t).copyOutSend(taskOf(p).port(control).MakeSend()))
}

func taskNameForPID(t *kern.Thread, a *taskForPIDArgs) (uint64, error) {
	p, ok := a.find(t, false)
	if !ok {
		return a.fail(t)
	}
	return 0, machCopyOut(t, a.Task, self(t).copyOutSend(taskOf(p).port(nameOnly).MakeSend()))
}

// debugControlPortForPID finds no port: only a debugger that was given one has it.
func debugControlPortForPID(t *kern.Thread, a *taskForPIDArgs) (uint64, error) {
	p, ok := a.find(t, true)
	if !ok {
		return a.fail(t)
	}
	name := abi.MACH_PORT_NULL
	if c := taskOf(p).special[abi.TASK_DEBUG_CONTROL_PORT]; c.Valid() {
		name = self(t).copyOutSend(c.Port.CopySend())
	}
	return 0, machCopyOut(t, a.Task, name)
}

type pidForTaskArgs struct {
	Task abi.Port
	PID  abi.Ptr `out:"4"`
}

func pidForTask(t *kern.Thread, a *pidForTaskArgs) (uint64, error) {
	k := self(t).taskNamed(a.Task, nameOnly)
	pid, kr := int32(-1), abi.KERN_FAILURE
	if k != nil {
		pid, kr = int32(k.p.PID), abi.KERN_SUCCESS
	}
	_ = machCopyOut(t, a.PID, pid)
	return uint64(kr), nil
}
