package bsd

import (
	"slices"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Who a process is: ids, groups, sessions, credentials. bsd/kern/kern_prot.c.
//
// Credentials are the guest's own. The host's files are reached with Beagle's
// rights, whatever ids a guest gives itself; see RATIONALE.md.

const hostRights = "the ids are kept and told; host files stay subject to Beagle's own rights"

func protRows() []kern.Row {
	return []kern.Row{
		kern.Sys(20, "getpid", kern.RetInt, kern.Full, getpid),
		kern.Sys(23, "setuid", kern.RetInt, kern.Partial, setuid, hostRights),
		kern.Sys(24, "getuid", kern.RetInt, kern.Full, getuid),
		kern.Sys(25, "geteuid", kern.RetInt, kern.Full, geteuid),
		kern.Sys(39, "getppid", kern.RetInt, kern.Full, getppid),
		kern.Sys(43, "getegid", kern.RetInt, kern.Full, getegid),
		kern.Sys(47, "getgid", kern.RetInt, kern.Full, getgid),
		kern.Sys(49, "getlogin", kern.RetInt, kern.Full, getlogin),
		kern.Sys(50, "setlogin", kern.RetInt, kern.Full, setlogin),
		kern.Sys(79, "getgroups", kern.RetInt, kern.Full, getgroups),
		kern.Sys(80, "setgroups", kern.RetInt, kern.Partial, setgroups, hostRights),
		kern.Sys(81, "getpgrp", kern.RetInt, kern.Full, getpgrp),
		kern.Sys(82, "setpgid", kern.RetInt, kern.Full, setpgid),
		kern.Sys(126, "setreuid", kern.RetInt, kern.Partial, setreuid, hostRights),
		kern.Sys(127, "setregid", kern.RetInt, kern.Partial, setregid, hostRights),
		kern.Sys(147, "setsid", kern.RetInt, kern.Full, setsid),
		kern.Sys(151, "getpgid", kern.RetInt, kern.Full, getpgid),
		kern.Sys(181, "setgid", kern.RetInt, kern.Partial, setgid, hostRights),
		kern.Sys(182, "setegid", kern.RetInt, kern.Partial, setegid, hostRights),
		kern.Sys(183, "seteuid", kern.RetInt, kern.Partial, seteuid, hostRights),
		kern.Sys(243, "initgroups", kern.RetInt, kern.Partial, initgroups, hostRights),
		kern.Sys(285, "settid", kern.RetInt, kern.Partial, settid, hostRights),
		kern.Sys(286, "gettid", kern.RetInt, kern.Full, gettid),
		kern.Sys(287, "setsgroups", kern.RetInt, kern.Full, notSupported),
		kern.Sys(288, "getsgroups", kern.RetInt, kern.Full, notSupported),
		kern.Sys(289, "setwgroups", kern.RetInt, kern.Full, notSupported),
		kern.Sys(290, "getwgroups", kern.RetInt, kern.Full, notSupported),
		kern.Sys(310, "getsid", kern.RetInt, kern.Full, getsid),
		kern.Sys(311, "settid_with_pid", kern.RetInt, kern.Partial, settidWithPID, hostRights),
		kern.Sys(327, "issetugid", kern.RetInt, kern.Full, issetugid),
	}
}

// notSupported is what these calls are in XNU too.
func notSupported(*kern.Thread, *kern.NoArgs) (uint64, error) { return 0, abi.ENOTSUP }

func getpid(t *kern.Thread, _ *kern.NoArgs) (uint64, error)  { return uint64(t.Proc.PID), nil }
func getppid(t *kern.Thread, _ *kern.NoArgs) (uint64, error) { return uint64(t.Proc.PPID()), nil }
func getuid(t *kern.Thread, _ *kern.NoArgs) (uint64, error)  { return uint64(credOf(t).RUID), nil }
func geteuid(t *kern.Thread, _ *kern.NoArgs) (uint64, error) { return uint64(credOf(t).EUID), nil }
func getgid(t *kern.Thread, _ *kern.NoArgs) (uint64, error)  { return uint64(credOf(t).RGID), nil }
func getegid(t *kern.Thread, _ *kern.NoArgs) (uint64, error) { return uint64(credOf(t).EGID), nil }

// getpgrp answers with the calling process's group.
func getpgrp(t *kern.Thread, _ *kern.NoArgs) (uint64, error) { return uint64(groupID(t.Proc)), nil }

// issetugid: no guest program is installed set-user-id, and ids that a program
// changes itself do not count.
func issetugid(*kern.Thread, *kern.NoArgs) (uint64, error) { return 0, nil }

// credOf is the credential in force: the thread's own or the process's.
func credOf(t *kern.Thread) *kern.Cred {
	if t.Cred != nil {
		return t.Cred
	}
	return t.Proc.Cred
}

type pidArgs struct{ PID abi.PID }

// findProcess is proc_find: 0 is the caller; zombies are not found.
func findProcess(t *kern.Thread, pid abi.PID) (*kern.Process, error) {
	if pid == 0 {
		return t.Proc, nil
	}
	if p := t.Machine().Process(pid); p != nil && !p.Zombie {
		return p, nil
	}
	return nil, abi.ESRCH
}

func getpgid(t *kern.Thread, a *pidArgs) (uint64, error) {
	p, err := findProcess(t, a.PID)
	if err != nil {
		return 0, err
	}
	return uint64(groupID(p)), nil
}

func getsid(t *kern.Thread, a *pidArgs) (uint64, error) {
	p, err := findProcess(t, a.PID)
	if err != nil {
		return 0, err
	}
	return uint64(p.Group.Session.ID), nil
}

type setpgidArgs struct {
	PID, PGID abi.PID
}

func setpgid(t *kern.Thread, a *setpgidArgs) (uint64, error) {
	return 0, setProcessGroup(t.Proc, a.PID, a.PGID)
}

func setProcessGroup(cur *kern.Process, pid, pgid abi.PID) error {
	m := cur.Machine
	p := cur
	if pid != 0 && pid != cur.PID {
		p = m.Process(pid)
		if p == nil || p.Zombie || !descends(p, cur) {
			return abi.ESRCH
		}
		if p.Group.Session != cur.Group.Session {
			return abi.EPERM
		}
		if p.ExecedOnce {
			return abi.EACCES
		}
	}
	if p.Group.Session.Leader == p {
		return abi.EPERM
	}
	if pgid < 0 {
		return abi.EINVAL
	}
	if pgid == 0 {
		pgid = p.PID
	} else if pgid != p.PID {
		g := m.Group(pgid)
		if g == nil || g.Session != cur.Group.Session {
			return abi.EPERM
		}
	}
	if p.Group.ID != pgid {
		p.SetGroup(pgid, p.Group.Session)
	}
	return nil
}

// descends reports whether p is below q in the tree of processes (inferior()).
func descends(p, q *kern.Process) bool {
	for ; p != nil; p = p.Parent {
		if p == q {
			return true
		}
	}
	return false
}

func setsid(t *kern.Thread, _ *kern.NoArgs) (uint64, error) {
	p := t.Proc
	if err := newSession(p); err != nil {
		return 0, err
	}
	return uint64(p.PID), nil
}

func newSession(p *kern.Process) error {
	if p.Group.ID == p.PID || p.Machine.Group(p.PID) != nil {
		return abi.EPERM
	}
	p.SetGroup(p.PID, &kern.Session{ID: p.PID, Leader: p, Login: p.Group.Session.Login})
	return nil
}

type loginArgs struct {
	Buf abi.Ptr
	Len uint32
}

func getlogin(t *kern.Thread, a *loginArgs) (uint64, error) {
	var b [abi.MAXLOGNAME]byte
	copy(b[:], t.Proc.Group.Session.Login)
	return 0, t.Space().CopyOut(uint64(a.Buf), b[:min(a.Len, abi.MAXLOGNAME)])
}

type setloginArgs struct {
	Name abi.Ptr `path:""`
}

func setlogin(t *kern.Thread, a *setloginArgs) (uint64, error) {
	if t.Proc.Cred.EUID != 0 {
		return 0, abi.EPERM
	}
	s, err := copyString(t, a.Name, abi.MAXLOGNAME-1)
	if err == abi.ENAMETOOLONG {
		err = abi.EINVAL
	}
	if err != nil {
		return 0, err
	}
	t.Proc.Group.Session.Login = s
	return 0, nil
}

type getgroupsArgs struct {
	Size int32
	List abi.Ptr `out:"ret*4"`
}

// maxGroups is NGROUPS.
const maxGroups = 16

func getgroups(t *kern.Thread, a *getgroupsArgs) (uint64, error) {
	g := groupList(credOf(t))
	if a.Size == 0 {
		return uint64(len(g)), nil
	}
	if int(a.Size) < len(g) {
		return 0, abi.EINVAL
	}
	b := make([]byte, 4*len(g))
	for i, id := range g {
		le.PutUint32(b[4*i:], id)
	}
	return uint64(len(g)), t.Space().CopyOut(uint64(a.List), b)
}

// groupList is cr_groups: the effective group first, 16 at most.
func groupList(c *kern.Cred) []uint32 {
	g := []uint32{c.EGID}
	for _, id := range c.Groups {
		if len(g) < maxGroups && !slices.Contains(g, id) {
			g = append(g, id)
		}
	}
	return g
}

type setgroupsArgs struct {
	Size uint32
	List abi.Ptr
}

func setgroups(t *kern.Thread, a *setgroupsArgs) (uint64, error) {
	return 0, setGroupList(t, a.Size, a.List)
}

type initgroupsArgs struct {
	Size  uint32
	List  abi.Ptr
	GMUID uint32
}

// initgroups: the member id for the directory service is not used, as there is
// no such service.
func initgroups(t *kern.Thread, a *initgroupsArgs) (uint64, error) {
	return 0, setGroupList(t, a.Size, a.List)
}

func setGroupList(t *kern.Thread, n uint32, at abi.Ptr) error {
	if n > maxGroups {
		return abi.EINVAL
	}
	b := make([]byte, 4*n)
	if err := t.Space().CopyIn(b, uint64(at)); err != nil {
		return err
	}
	if credOf(t).EUID != 0 {
		return abi.EPERM
	}
	// No group at all becomes the one that the process has.
	g := []uint32{credOf(t).EGID}
	if n > 0 {
		g = g[:0]
	}
	for i := range int(n) {
		g = append(g, le.Uint32(b[4*i:]))
	}
	changeCred(t, func(c *kern.Cred) { c.Groups, c.EGID = g, g[0] })
	return nil
}

// changeCred replaces the credential in force by a changed copy.
func changeCred(t *kern.Thread, f func(*kern.Cred)) {
	c := credOf(t).Clone()
	f(c)
	if t.Cred != nil {
		t.Cred = c
	} else {
		t.Proc.Cred = c
	}
}

// keep is the argument value that leaves an id alone.
const keep = 1<<32 - 1

type uidArgs struct{ UID uint32 }

func setuid(t *kern.Thread, a *uidArgs) (uint64, error) {
	c := credOf(t)
	if a.UID != c.RUID && a.UID != c.SVUID && c.EUID != 0 {
		return 0, abi.EPERM
	}
	changeCred(t, func(c *kern.Cred) {
		if c.EUID == 0 {
			c.RUID, c.SVUID = a.UID, a.UID
		}
		c.EUID = a.UID
	})
	return 0, nil
}

func seteuid(t *kern.Thread, a *uidArgs) (uint64, error) {
	c := credOf(t)
	if a.UID != c.RUID && a.UID != c.SVUID && c.EUID != 0 {
		return 0, abi.EPERM
	}
	changeCred(t, func(c *kern.Cred) { c.EUID = a.UID })
	return 0, nil
}

type reuidArgs struct{ RUID, EUID uint32 }

func setreuid(t *kern.Thread, a *reuidArgs) (uint64, error) {
	c := credOf(t)
	own := func(id uint32) bool { return id == keep || id == c.RUID || id == c.EUID || id == c.SVUID }
	if (!own(a.RUID) || !own(a.EUID)) && c.EUID != 0 {
		return 0, abi.EPERM
	}
	changeCred(t, func(c *kern.Cred) {
		if a.RUID != keep {
			c.RUID = a.RUID
		}
		if a.EUID != keep {
			c.EUID = a.EUID
		}
		if c.SVUID != a.RUID && c.SVUID != a.EUID {
			c.SVUID = c.EUID
		}
	})
	return 0, nil
}

type gidArgs struct{ GID uint32 }

func setgid(t *kern.Thread, a *gidArgs) (uint64, error) {
	c := credOf(t)
	if a.GID != c.RGID && a.GID != c.SVGID && c.EUID != 0 {
		return 0, abi.EPERM
	}
	changeCred(t, func(c *kern.Cred) {
		if c.EUID == 0 {
			c.RGID, c.SVGID = a.GID, a.GID
		}
		setEGID(c, a.GID)
	})
	return 0, nil
}

func setegid(t *kern.Thread, a *gidArgs) (uint64, error) {
	c := credOf(t)
	if a.GID != c.RGID && a.GID != c.SVGID && c.EUID != 0 {
		return 0, abi.EPERM
	}
	changeCred(t, func(c *kern.Cred) { setEGID(c, a.GID) })
	return 0, nil
}

// setEGID: the effective group is the first of the list.
func setEGID(c *kern.Cred, gid uint32) {
	if len(c.Groups) > 0 && c.Groups[0] == c.EGID {
		c.Groups[0] = gid
	}
	c.EGID = gid
}

type regidArgs struct{ RGID, EGID uint32 }

func setregid(t *kern.Thread, a *regidArgs) (uint64, error) {
	c := credOf(t)
	own := func(id uint32) bool { return id == keep || id == c.RGID || id == c.EGID || id == c.SVGID }
	if (!own(a.RGID) || !own(a.EGID)) && c.EUID != 0 {
		return 0, abi.EPERM
	}
	changeCred(t, func(c *kern.Cred) {
		if a.RGID != keep {
			c.RGID = a.RGID
		}
		if a.EGID != keep {
			setEGID(c, a.EGID)
		}
		if c.SVGID != a.RGID && c.SVGID != a.EGID {
			c.SVGID = c.EGID
		}
	})
	return 0, nil
}

type settidArgs struct{ UID, GID uint32 }

// settid gives the calling thread ids of its own, or, with KAUTH_UID_NONE, takes
// them away again.
func settid(t *kern.Thread, a *settidArgs) (uint64, error) {
	const none = keep - 100 // KAUTH_UID_NONE
	if a.UID == none {
		if t.Cred == nil {
			return 0, abi.EPERM
		}
		t.Cred = nil
		return 0, nil
	}
	if t.Cred != nil {
		return 0, abi.EPERM
	}
	if t.Proc.Cred.EUID != 0 {
		return 0, abi.EPERM
	}
	t.Cred = &kern.Cred{RUID: a.UID, EUID: a.UID, SVUID: a.UID, RGID: a.GID, EGID: a.GID, SVGID: a.GID, Groups: []uint32{a.GID}}
	return 0, nil
}

type settidPIDArgs struct {
	PID    abi.PID
	Assume int32
}

// settidWithPID takes another process's credential for the calling thread.
func settidWithPID(t *kern.Thread, a *settidPIDArgs) (uint64, error) {
	if t.Proc.Cred.EUID != 0 {
		return 0, abi.EPERM
	}
	if a.Assume == 0 {
		if t.Cred == nil {
			return 0, abi.EPERM
		}
		t.Cred = nil
		return 0, nil
	}
	if t.Cred != nil {
		return 0, abi.EPERM
	}
	p, err := findProcess(t, a.PID)
	if err != nil || a.PID == 0 {
		return 0, abi.ESRCH
	}
	t.Cred = p.Cred.Clone()
	return 0, nil
}

type gettidArgs struct {
	UID abi.Ptr `out:"4"`
	GID abi.Ptr `out:"4"`
}

func gettid(t *kern.Thread, a *gettidArgs) (uint64, error) {
	if t.Cred == nil {
		return 0, abi.ESRCH
	}
	if err := t.Space().Store32(uint64(a.UID), t.Cred.RUID); err != nil {
		return 0, err
	}
	return 0, t.Space().Store32(uint64(a.GID), t.Cred.RGID)
}
