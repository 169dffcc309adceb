package abi

import "testing"

func TestTables(t *testing.T) {
	if NumBSDCalls != 558 {
		t.Errorf("%d BSD calls, XNU has 558", NumBSDCalls)
	}
	for n, want := range map[int]string{1: "exit", 3: "read", 6: "close", 197: "mmap", 338: "stat64", 372: "thread_selfid", 515: "ulock_wait"} {
		c, ok := BSDCallByNumber(n)
		if !ok || c.Public() != want || c.Number != n {
			t.Errorf("call %d: %+v, want %s", n, c, want)
		}
	}
	if c, _ := BSDCallByNumber(30); len(c.Params) != 3 || c.Params[2] != (Param{"socklen_t *", "anamelen"}) || c.Config != "SOCKETS" {
		t.Errorf("accept: %+v", c)
	}
	if c, _ := BSDCallByNumber(8); !c.Unassigned() {
		t.Errorf("call 8 is unassigned in XNU, not %+v", c)
	}
	for _, n := range []int{-1, NumBSDCalls, 1 << 30} {
		if _, ok := BSDCallByNumber(n); ok {
			t.Errorf("call %d exists", n)
		}
	}
	if m, ok := MachTrapByNumber(31); !ok || m.Name != "mach_msg_trap" || m.Args != 7 {
		t.Errorf("trap 31: %+v", m)
	}
	for _, n := range []int{-1, 0, 17, 30, 127, 128} {
		if m, ok := MachTrapByNumber(n); ok {
			t.Errorf("trap %d: %+v, XNU has none", n, m)
		}
	}
	if r, ok := MIGRoutineByID(3409); !ok || r.Name == "" || r.Subsystem != "task" {
		t.Errorf("routine 3409: %+v", r)
	}
	if _, ok := MIGRoutineByID(1); ok {
		t.Error("routine 1 exists")
	}
	if r, ok := MIGRoutineByID(1000); !ok || r.Name != "clock_get_time" {
		t.Errorf("routine 1000: %+v", r)
	}
	prev := int32(-1)
	MIGRoutines(func(r MIGRoutine) bool {
		if r.ID < prev {
			t.Errorf("routines out of order at %d", r.ID)
		}
		prev = r.ID
		return true
	})
}

func TestErrnoNames(t *testing.T) {
	for e := EPERM; e <= ELAST; e++ {
		if errnoNames[e] == "" || errnoMessages[e] == "" {
			t.Errorf("errno %d has no name or message", int32(e))
		}
	}
	if EQFULL != 106 || ENOENT.Name() != "ENOENT" || ENOENT.Error() != "No such file or directory" {
		t.Error(EQFULL, ENOENT.Name(), ENOENT.Error())
	}
	if s := Errno(107).Error(); s != "Unknown error: 107" {
		t.Error(s)
	}
	if s := Errno(-1).Error() + Errno(-1).Name(); s != "Unknown error: -1-1" {
		t.Error(s)
	}
	if s := KernReturn(0x10004003).Name(); s != "MACH_RCV_TIMED_OUT" {
		t.Error(s)
	}
	if SIGUSR2 != 31 || SIGSEGV.String() != "SIGSEGV" || Signal(0).Valid() || Signal(32).Valid() {
		t.Error("signal names")
	}
}
