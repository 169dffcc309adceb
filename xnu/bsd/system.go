package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Calls about the system as a whole: entropy, identity, code signing, policies,
// the clock's discipline, and what only a privileged program may do.

func systemRows() []kern.Row {
	return []kern.Row{
		kern.Sys(500, "getentropy", kern.RetInt, kern.Full, getentropy),
		kern.Sys(142, "gethostuuid", kern.RetInt, kern.Full, gethostuuid),
		kern.Sys(169, "csops", kern.RetInt, kern.Partial, csops, "blobs, entitlements and identity of a signature are not given out (ENOENT, as for an unsigned program)"),
		kern.Sys(170, "csops_audittoken", kern.RetInt, kern.Partial, csopsAudit, "as csops; the token's pid is checked"),
		kern.Sys(294, "shared_region_check_np", kern.RetInt, kern.Full, sharedRegionCheck, "there is no shared cache: EINVAL, as on a kernel without one"),
		kern.Sys(536, "shared_region_map_and_slide_2_np", kern.RetInt, kern.Missing, sharedRegionMap, "there is no shared cache"),
		kern.Sys(381, "__mac_syscall", kern.RetInt, kern.Partial, macSyscall, "no policy is loaded: ENOPOLICY"),
		kern.Sys(483, "csrctl", kern.RetInt, kern.Full, csrctl),
		kern.Sys(453, "memorystatus_get_level", kern.RetInt, kern.Full, memorystatusLevel),
		kern.Sys(534, "memorystatus_available_memory", kern.RetUint64, kern.Full, memorystatusAvailable),
		kern.Sys(440, "memorystatus_control", kern.RetInt, kern.Partial, memorystatusControl, "EPERM, as for a program without the entitlement"),
		kern.Sys(353, "getauid", kern.RetInt, kern.Full, getauid),
		kern.Sys(357, "getaudit_addr", kern.RetInt, kern.Full, getauditAddr),
		kern.Sys(350, "audit", kern.RetInt, kern.Full, refuse, "EPERM: needs the right to audit"),
		kern.Sys(351, "auditon", kern.RetInt, kern.Full, refuse, "EPERM: needs the right to audit"),
		kern.Sys(354, "setauid", kern.RetInt, kern.Full, refuse, "EPERM: needs the right to audit"),
		kern.Sys(358, "setaudit_addr", kern.RetInt, kern.Full, refuse, "EPERM: needs the right to audit"),
		kern.Sys(359, "auditctl", kern.RetInt, kern.Full, refuse, "EPERM: needs the right to audit"),
		kern.Sys(140, "adjtime", kern.RetInt, kern.Partial, adjtime, "reads only; adjusting is EPERM even for the superuser: the clock is the host's"),
		kern.Sys(122, "settimeofday", kern.RetInt, kern.Partial, refuse, "EPERM even for the superuser: the clock is the host's"),
		kern.Sys(527, "ntp_adjtime", kern.RetInt, kern.Partial, ntpAdjtime, "reads only; adjusting is EPERM: the clock is the host's"),
		kern.Sys(528, "ntp_gettime", kern.RetInt, kern.Full, ntpGettime),
		kern.Sys(55, "reboot", kern.RetInt, kern.Partial, refuse, "EPERM even for the superuser: the machine is the host's"),
		kern.Sys(51, "acct", kern.RetInt, kern.Partial, refuse, "EPERM even for the superuser"),
		kern.Sys(85, "swapon", kern.RetInt, kern.Full, alwaysENOTSUP, "ENOTSUP on every XNU"),
		kern.Sys(439, "kas_info", kern.RetInt, kern.Full, alwaysENOTSUP, "ENOTSUP outside development kernels"),
		kern.Sys(180, "kdebug_trace", kern.RetInt, kern.Full, kdebugOff, "tracing is never on, and then the kernel does nothing"),
		kern.Sys(179, "kdebug_trace64", kern.RetInt, kern.Full, kdebugOff, "tracing is never on, and then the kernel does nothing"),
		kern.Sys(178, "kdebug_trace_string", kern.RetUint64, kern.Full, kdebugOff, "tracing is never on, and then the kernel does nothing"),
		kern.Sys(177, "kdebug_typefilter", kern.RetInt, kern.Full, kdebugFilter, "EINVAL: tracing is never on"),
		kern.Sys(451, "telemetry", kern.RetInt, kern.Full, telemetry, "EINVAL: there is no telemetry"),
		kern.Sys(445, "usrctl", kern.RetInt, kern.Partial, refuse, "EPERM, as for an ordinary program"),
	}
}

type getentropyArgs struct {
	Buffer abi.Ptr `out:"Size"`
	Size   abi.Size
}

func getentropy(t *kern.Thread, a *getentropyArgs) (uint64, error) {
	if a.Size > 256 {
		return 0, abi.EINVAL
	}
	b := make([]byte, a.Size)
	t.Machine().Random(b)
	return 0, t.Space().CopyOut(uint64(a.Buffer), b)
}

type gethostuuidArgs struct {
	UUID, Timeout abi.Ptr
}

// gethostuuid: the identity is made of the host's name, so that it stays the same
// from run to run and tells nothing else.
func gethostuuid(t *kern.Thread, a *gethostuuidArgs) (uint64, error) {
	var u [16]byte
	h := uint64(14695981039346656037)
	for i := range u {
		for _, c := range []byte(t.Machine().Host.Info().Hostname) {
			h = (h ^ uint64(c)) * 1099511628211
		}
		u[i] = byte(h >> 32)
	}
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return 0, t.Space().CopyOut(uint64(a.UUID), u[:])
}

type csopsArgs struct {
	PID  abi.PID
	Ops  uint32
	Addr abi.Ptr
	Size abi.Size
}

type csopsAuditArgs struct {
	PID   abi.PID
	Ops   uint32
	Addr  abi.Ptr
	Size  abi.Size
	Token abi.Ptr
}

func csopsAudit(t *kern.Thread, a *csopsAuditArgs) (uint64, error) {
	var tok [32]byte
	if err := t.Space().CopyIn(tok[:], uint64(a.Token)); err != nil {
		return 0, err
	}
	if abi.PID(le.Uint32(tok[20:])) != a.PID {
		return 0, abi.ESRCH
	}
	return csops(t, &csopsArgs{a.PID, a.Ops, a.Addr, a.Size})
}

func csops(t *kern.Thread, a *csopsArgs) (uint64, error) {
	pid := a.PID
	if pid == 0 {
		pid = t.Proc.PID
	}
	p := t.Machine().Process(pid)
	if p == nil || p.Zombie {
		return 0, abi.ESRCH
	}
	if p != t.Proc && t.Proc.Cred.EUID != 0 && a.Ops != abi.CS_OPS_STATUS && a.Ops != abi.CS_OPS_CDHASH {
		return 0, abi.EPERM
	}
	switch a.Ops {
	case abi.CS_OPS_STATUS:
		// What an ad-hoc signed program of one's own has on a Mac.
		st := uint32(abi.CS_GET_TASK_ALLOW)
		if p.Exec.CDHash != nil {
			st |= abi.CS_VALID | abi.CS_ADHOC | abi.CS_LINKER_SIGNED
		}
		if a.Size != 0 && a.Size < 4 {
			return 0, abi.ERANGE
		}
		if a.Addr == 0 {
			return 0, nil
		}
		return 0, t.Space().Store32(uint64(a.Addr), st)
	case abi.CS_OPS_CDHASH:
		if a.Size != 20 {
			return 0, abi.EINVAL
		}
		if p.Exec.CDHash == nil {
			return 0, abi.EBADEXEC
		}
		return 0, t.Space().CopyOut(uint64(a.Addr), p.Exec.CDHash)
	case abi.CS_OPS_MARKINVALID, abi.CS_OPS_MARKHARD, abi.CS_OPS_MARKKILL, abi.CS_OPS_MARKRESTRICT, abi.CS_OPS_CLEARINSTALLER, abi.CS_OPS_CLEARPLATFORM, abi.CS_OPS_CLEAR_LV:
		return 0, abi.ENOTSUP
	case abi.CS_OPS_PIDOFFSET:
		if a.Size < 8 {
			return 0, abi.ERANGE
		}
		return 0, t.Space().Store64(uint64(a.Addr), 0)
	case abi.CS_OPS_ENTITLEMENTS_BLOB, abi.CS_OPS_DER_ENTITLEMENTS_BLOB, abi.CS_OPS_BLOB, abi.CS_OPS_IDENTITY, abi.CS_OPS_TEAMID:
		if p.Exec.CDHash == nil {
			return 0, abi.EINVAL
		}
		return 0, abi.ENOENT
	}
	return 0, abi.EINVAL
}

type oneAddr struct {
	Addr abi.Ptr
}

func sharedRegionCheck(*kern.Thread, *oneAddr) (uint64, error) { return 0, abi.EINVAL }

type sharedRegionMapArgs struct {
	FilesCount uint32
	Files      abi.Ptr
	MapsCount  uint32
	Mappings   abi.Ptr
}

func sharedRegionMap(t *kern.Thread, _ *sharedRegionMapArgs) (uint64, error) {
	t.Machine().Note("bsd shared_region_map_and_slide_2_np")
	return 0, abi.ENOSYS
}

type macSyscallArgs struct {
	Policy abi.Ptr `path:""`
	Call   int32
	Arg    abi.Ptr
}

func macSyscall(t *kern.Thread, a *macSyscallArgs) (uint64, error) {
	// MAC_MAX_POLICY_NAME is 32.
	if _, err := t.Space().CopyInString(uint64(a.Policy), 32); err != nil {
		return 0, err
	}
	return 0, abi.ENOPOLICY
}

type csrctlArgs struct {
	Op   uint32
	Addr abi.Ptr
	Size abi.Size
}

// csrctl: system integrity protection is on, as on a Mac out of the box.
func csrctl(t *kern.Thread, a *csrctlArgs) (uint64, error) {
	const check, getActive = 0, 1
	if a.Size != 4 {
		return 0, abi.EINVAL
	}
	switch a.Op {
	case check:
		if _, err := t.Space().Load32(uint64(a.Addr)); err != nil {
			return 0, err
		}
		return 0, abi.EPERM
	case getActive:
		return 0, t.Space().Store32(uint64(a.Addr), 0)
	}
	return 0, abi.ENOSYS
}

// freePercent is how much memory the guest could still commit.
func freePercent(m *kern.Machine) uint32 {
	limit := max(m.Phys.Limit(), 1)
	return uint32((limit - min(limit, m.Phys.InUse())) * 100 / limit)
}

func memorystatusLevel(t *kern.Thread, a *oneAddr) (uint64, error) {
	return 0, t.Space().Store32(uint64(a.Addr), freePercent(t.Machine()))
}

func memorystatusAvailable(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	p := t.Machine().Phys
	return p.Limit() - min(p.Limit(), p.InUse()), nil
}

type memorystatusControlArgs struct {
	Command    uint32
	PID        int32
	Flags      uint32
	Buffer     abi.Ptr
	BufferSize abi.Size
}

func memorystatusControl(*kern.Thread, *memorystatusControlArgs) (uint64, error) {
	return 0, abi.EPERM
}

func getauid(t *kern.Thread, a *oneAddr) (uint64, error) {
	return 0, t.Space().Store32(uint64(a.Addr), t.Proc.Cred.RUID)
}

type getauditAddrArgs struct {
	Addr abi.Ptr
	Size int32
}

// getauditAddr fills auditinfo_addr_t: auid, mask, terminal id, session, flags.
func getauditAddr(t *kern.Thread, a *getauditAddrArgs) (uint64, error) {
	const size = 48
	if a.Size < size {
		return 0, abi.EOVERFLOW
	}
	b := make([]byte, size)
	le.PutUint32(b, t.Proc.Cred.RUID)
	le.PutUint32(b[16:], 4) // AU_IPv4
	if g := t.Proc.Group; g != nil && g.Session != nil {
		le.PutUint32(b[36:], 100000+uint32(g.Session.ID))
	}
	return 0, t.Space().CopyOut(uint64(a.Addr), b)
}

type threeArgs struct {
	A, B, C uint64
}

func refuse(*kern.Thread, *threeArgs) (uint64, error)        { return 0, abi.EPERM }
func alwaysENOTSUP(*kern.Thread, *threeArgs) (uint64, error) { return 0, abi.ENOTSUP }
func telemetry(*kern.Thread, *threeArgs) (uint64, error)     { return 0, abi.EINVAL }
func kdebugFilter(*kern.Thread, *threeArgs) (uint64, error)  { return 0, abi.EINVAL }

type kdebugArgs struct {
	Code, Arg1, Arg2, Arg3, Arg4 uint64
}

func kdebugOff(*kern.Thread, *kdebugArgs) (uint64, error) { return 0, nil }

type adjtimeArgs struct {
	Delta abi.Ptr `struct:"timeval" dir:"in"`
	Old   abi.Ptr `struct:"timeval"`
}

func adjtime(t *kern.Thread, a *adjtimeArgs) (uint64, error) {
	if a.Old != 0 {
		if err := t.Space().CopyOut(uint64(a.Old), make([]byte, 16)); err != nil {
			return 0, err
		}
	}
	if a.Delta != 0 {
		return 0, abi.EPERM
	}
	return 0, nil
}

// timexSize is sizeof(struct timex), bsd/sys/timex.h.
const timexSize = 128

func ntpAdjtime(t *kern.Thread, a *oneAddr) (uint64, error) {
	b := make([]byte, timexSize)
	if err := t.Space().CopyIn(b, uint64(a.Addr)); err != nil {
		return 0, err
	}
	if le.Uint32(b) != 0 { // modes: what to change
		return 0, abi.EPERM
	}
	clear(b)
	le.PutUint64(b[24:], 500000)  // maxerror, microseconds
	le.PutUint64(b[32:], 500000)  // esterror
	le.PutUint32(b[40:], 0x40)    // status: STA_UNSYNC
	le.PutUint64(b[56:], 1)       // precision
	le.PutUint64(b[64:], 500<<16) // tolerance
	const timeError = 5
	return timeError, t.Space().CopyOut(uint64(a.Addr), b)
}

func ntpGettime(t *kern.Thread, a *oneAddr) (uint64, error) {
	b := make([]byte, 48)
	sec, nsec := t.Machine().Realtime()
	le.PutUint64(b, uint64(sec))
	le.PutUint64(b[8:], uint64(nsec))
	le.PutUint64(b[16:], 500000)
	le.PutUint64(b[24:], 500000)
	const timeError = 5
	le.PutUint32(b[40:], timeError)
	return timeError, t.Space().CopyOut(uint64(a.Addr), b)
}
