package bsd

import (
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// proc_info, after bsd/kern/proc_info.c: libproc's one call.

func procinfoRows() []kern.Row {
	return []kern.Row{
		kern.Sys(336, "proc_info", kern.RetInt, kern.Partial, procInfo,
			"not done, and ENOTSUP: coalitions, dynamic kqueues, sockets' details, work queues, exit reasons"),
		kern.Sys(545, "proc_info_extended_id", kern.RetInt, kern.Partial, procInfoExtended, "as proc_info; the extra checks of identity are made"),
	}
}

type procInfoArgs struct {
	Call   int32
	PID    abi.PID
	Flavor uint32
	Arg    uint64
	Buffer abi.Ptr
	Size   int32
}

type procInfoExtendedArgs struct {
	Call          int32
	PID           abi.PID
	Flavor, Flags uint32
	ExtID         uint64
	Arg           uint64
	Buffer        abi.Ptr
	Size          int32
}

func procInfoExtended(t *kern.Thread, a *procInfoExtendedArgs) (uint64, error) {
	const compareIDVersion, compareUniqueID = 1, 2
	if a.Flags&^3 != 0 {
		return 0, abi.EINVAL
	}
	if a.Flags != 0 {
		p := t.Machine().Process(a.PID)
		if p == nil || a.Flags&compareUniqueID != 0 && a.ExtID != uniqueID(p) || a.Flags&compareIDVersion != 0 && a.ExtID != 0 {
			return 0, abi.ESRCH
		}
	}
	return procInfo(t, &procInfoArgs{a.Call, a.PID, a.Flavor, a.Arg, a.Buffer, a.Size})
}

// uniqueID is p_uniqueid: never reused, unlike a pid.
func uniqueID(p *kern.Process) uint64 { return uint64(p.StartMono)<<17 | uint64(p.PID) }

func procInfo(t *kern.Thread, a *procInfoArgs) (uint64, error) {
	if a.Size < 0 {
		return 0, abi.EINVAL
	}
	switch a.Call {
	case abi.PROC_INFO_CALL_LISTPIDS:
		return listPids(t, a)
	case abi.PROC_INFO_CALL_PIDINFO:
		return pidInfo(t, a)
	case abi.PROC_INFO_CALL_PIDFDINFO:
		return pidFDInfo(t, a)
	case abi.PROC_INFO_CALL_SETCONTROL:
		return setControl(t, a)
	case abi.PROC_INFO_CALL_PIDRUSAGE:
		return pidRusage(t, a)
	case abi.PROC_INFO_CALL_DIRTYCONTROL:
		if t.Machine().Process(a.PID) == nil {
			return 0, abi.ESRCH
		}
		return 0, abi.ENOTSUP
	case abi.PROC_INFO_CALL_SET_DYLD_IMAGES:
		return 0, nil // where dyld keeps its list, for crash reports: nothing here asks
	case abi.PROC_INFO_CALL_TERMINATE:
		return terminate(t, a)
	case abi.PROC_INFO_CALL_KERNMSGBUF:
		return 0, abi.EPERM
	}
	t.Machine().Note("proc_info call " + itoa(int64(a.Call)))
	if a.Call < 1 || a.Call > abi.PROC_INFO_CALL_DELEGATE_TERMINATE {
		return 0, abi.EINVAL
	}
	return 0, abi.ENOTSUP
}

func terminate(t *kern.Thread, a *procInfoArgs) (uint64, error) {
	p := t.Machine().Process(a.PID)
	switch {
	case p == nil || p.Zombie:
		return 0, abi.ESRCH
	case t.Proc.Cred.EUID != 0 && t.Proc.Cred.EUID != p.Cred.EUID:
		return 0, abi.EPERM
	}
	p.Signal(abi.SIGTERM, kern.SigInfo{PID: t.Proc.PID, UID: t.Proc.Cred.RUID})
	return uint64(abi.SIGTERM), nil
}

func listPids(t *kern.Thread, a *procInfoArgs) (uint64, error) {
	procs := t.Machine().Processes()
	if a.Buffer == 0 {
		// The size that will do, with room for what starts meanwhile.
		return uint64(4 * (len(procs) + 20)), nil
	}
	n := int(a.Size) / 4
	var out []byte
	for i := len(procs) - 1; i >= 0 && len(out)/4 < n; i-- {
		p := procs[i]
		ok := false
		arg := uint32(a.Arg)
		switch a.Flavor {
		case abi.PROC_ALL_PIDS:
			ok = true
		case abi.PROC_PGRP_ONLY:
			ok = p.Group != nil && uint32(p.Group.ID) == arg
		case abi.PROC_PPID_ONLY:
			ok = uint32(p.PPID()) == arg
		case abi.PROC_TTY_ONLY:
			ok = p.Group != nil && p.Group.Session != nil && p.Group.Session.TTY
		case abi.PROC_UID_ONLY:
			ok = p.Cred.EUID == arg
		case abi.PROC_RUID_ONLY:
			ok = p.Cred.RUID == arg
		case abi.PROC_KDBG_ONLY:
		default:
			return 0, abi.EINVAL
		}
		if ok {
			out = le.AppendUint32(out, uint32(p.PID))
		}
	}
	return uint64(len(out)), t.Space().CopyOut(uint64(a.Buffer), out)
}

// target finds the process asked about and checks the right to.
func target(t *kern.Thread, pid abi.PID, zombieOK, sameUser bool) (*kern.Process, error) {
	p := t.Machine().Process(pid)
	if p == nil || p.Zombie && !zombieOK {
		return nil, abi.ESRCH
	}
	if sameUser && t.Proc.Cred.EUID != 0 && t.Proc.Cred.EUID != p.Cred.EUID {
		return nil, abi.EPERM
	}
	return p, nil
}

// give copies a structure out; a buffer too small for it is ENOMEM.
func give(t *kern.Thread, a *procInfoArgs, v any) (uint64, error) {
	b := abi.Marshal(v)
	if int(a.Size) < len(b) {
		return 0, abi.ENOMEM
	}
	return uint64(len(b)), t.Space().CopyOut(uint64(a.Buffer), b)
}

func pidInfo(t *kern.Thread, a *procInfoArgs) (uint64, error) {
	zombie := a.Flavor == abi.PROC_PIDTBSDINFO && a.Arg == 1 || a.Flavor == abi.PROC_PIDT_SHORTBSDINFO && a.Arg == 1
	other := a.Flavor == abi.PROC_PIDT_SHORTBSDINFO || a.Flavor == abi.PROC_PIDUNIQIDENTIFIERINFO || a.Flavor == abi.PROC_PIDPATHINFO || a.Flavor == abi.PROC_PIDARCHINFO
	p, err := target(t, a.PID, zombie, !other)
	if err != nil {
		return 0, err
	}
	switch a.Flavor {
	case abi.PROC_PIDLISTFDS:
		return listFDs(t, p, a)
	case abi.PROC_PIDTBSDINFO:
		b := bsdInfo(p)
		return give(t, a, &b)
	case abi.PROC_PIDTASKINFO:
		i := taskInfo(t, p)
		return give(t, a, &i)
	case abi.PROC_PIDTASKALLINFO:
		return give(t, a, &abi.ProcTaskallinfo{Pbsd: bsdInfo(p), Ptinfo: taskInfo(t, p)})
	case abi.PROC_PIDT_SHORTBSDINFO:
		b := bsdInfo(p)
		return give(t, a, &abi.ProcBsdshortinfo{Pid: b.Pid, Ppid: b.Ppid, Pgid: b.Pgid, Status: b.Status, Comm: b.Comm, Flags: b.Flags,
			Uid: b.Uid, Gid: b.Gid, Ruid: b.Ruid, Rgid: b.Rgid, Svuid: b.Svuid, Svgid: b.Svgid})
	case abi.PROC_PIDLISTTHREADS, abi.PROC_PIDLISTTHREADIDS:
		return listThreads(t, p, a)
	case abi.PROC_PIDTHREADINFO, abi.PROC_PIDTHREADID64INFO:
		return threadInfo(t, p, a)
	case abi.PROC_PIDPATHINFO:
		return pathInfo(t, p, a)
	case abi.PROC_PIDVNODEPATHINFO:
		return vnodePathInfo(t, p, a)
	case abi.PROC_PIDREGIONINFO, abi.PROC_PIDREGIONPATHINFO:
		return regionInfo(t, p, a)
	case abi.PROC_PIDUNIQIDENTIFIERINFO:
		return give(t, a, &abi.ProcUniqidentifierinfo{Uuid: p.Exec.UUID, Uniqueid: uniqueID(p)})
	case abi.PROC_PIDARCHINFO:
		typ, sub := cputypeOf(p)
		return give(t, a, &abi.ProcArchinfo{Cputype: typ, Cpusubtype: sub})
	case abi.PROC_PIDLISTFILEPORTS:
		return 0, nil
	}
	t.Machine().Note("proc_info flavor " + itoa(int64(a.Flavor)))
	return 0, abi.ENOTSUP
}

func bsdInfo(p *kern.Process) abi.ProcBsdinfo {
	const flagLP64, flagCtty, flagSleader, flagExec = 0x10, 0x100, 0x200, 0x4000
	b := abi.ProcBsdinfo{Flags: flagLP64, Status: procRun, Pid: uint32(p.PID), Ppid: uint32(p.PPID()), Uid: p.Cred.EUID, Gid: p.Cred.EGID,
		Ruid: p.Cred.RUID, Rgid: p.Cred.RGID, Svuid: p.Cred.SVUID, Svgid: p.Cred.SVGID, Nice: p.Nice, Tdev: ^uint32(0),
		StartTvsec: uint64(p.Start / 1e9), StartTvusec: uint64(p.Start % 1e9 / 1000)}
	if p.ExecedOnce {
		b.Flags |= flagExec
	}
	switch {
	case p.Zombie:
		b.Status, b.Xstatus = procZombie, uint32(p.Status)
	case p.Stopped:
		b.Status = procStop
	}
	copy(b.Comm[:15], p.Name)
	copy(b.Name[:31], p.Name)
	if p.FDs != nil {
		b.Nfiles = uint32(len(p.FDs.Open()))
	}
	if g := p.Group; g != nil {
		b.Pgid = uint32(g.ID)
		if s := g.Session; s != nil {
			if s.TTY {
				b.Flags |= flagCtty
				b.Tpgid = uint32(s.FGGroup)
				b.Tdev = uint32(abi.MakeDev(16, 0))
			}
			if s.Leader == p {
				b.Flags |= flagSleader
			}
		}
	}
	return b
}

func taskInfo(t *kern.Thread, p *kern.Process) abi.ProcTaskinfo {
	i := abi.ProcTaskinfo{Policy: 1, Threadnum: int32(len(p.Threads)), Numrunning: 1, Priority: 31}
	if p.Space != nil {
		i.VirtualSize, i.ResidentSize = p.Space.Size(), p.Space.ResidentBytes()
	}
	u := p.Usage()
	i.TotalUser, i.TotalSystem = machTime(t, u.UserNS), machTime(t, u.SysNS)
	i.Faults = int32(p.Faults)
	return i
}

// machTime is nanoseconds in the units of mach_absolute_time.
func machTime(t *kern.Thread, ns int64) uint64 {
	if arm(t) {
		return uint64(ns) / 125 * 3
	}
	return uint64(ns)
}

func listFDs(t *kern.Thread, p *kern.Process, a *procInfoArgs) (uint64, error) {
	if a.Buffer == 0 {
		return uint64(8 * (p.FDs.Len() + 20)), nil
	}
	var out []byte
	for _, fd := range p.FDs.Open() {
		if len(out)+8 > int(a.Size) {
			break
		}
		f, _ := p.FDs.Get(fd)
		out = abi.Append(out, &abi.ProcFdinfo{Fd: fd, Fdtype: uint32(f.Ops.Type())})
	}
	return uint64(len(out)), t.Space().CopyOut(uint64(a.Buffer), out)
}

func listThreads(t *kern.Thread, p *kern.Process, a *procInfoArgs) (uint64, error) {
	var out []byte
	for _, x := range p.Threads {
		if len(out)+8 > int(a.Size) {
			break
		}
		v := x.TID
		if a.Flavor == abi.PROC_PIDLISTTHREADS {
			v = x.Self // the thread handle is the user-space pthread_t
		}
		out = le.AppendUint64(out, v)
	}
	return uint64(len(out)), t.Space().CopyOut(uint64(a.Buffer), out)
}

func threadInfo(t *kern.Thread, p *kern.Process, a *procInfoArgs) (uint64, error) {
	for _, x := range p.Threads {
		if a.Flavor == abi.PROC_PIDTHREADINFO && x.Self != a.Arg || a.Flavor == abi.PROC_PIDTHREADID64INFO && x.TID != a.Arg {
			continue
		}
		const running, waiting = 1, 3
		user, system := x.Times()
		i := abi.ProcThreadinfo{UserTime: uint64(user), SystemTime: uint64(system), Policy: 1, RunState: running, Curpri: 31, Priority: 31, Maxpriority: 63}
		if x.State == kern.Blocked {
			i.RunState = waiting
		}
		copy(i.Name[:63], x.Name)
		return give(t, a, &i)
	}
	return 0, abi.ESRCH
}

func pathInfo(t *kern.Thread, p *kern.Process, a *procInfoArgs) (uint64, error) {
	if a.Size == 0 {
		return 0, abi.ENOMEM
	}
	if a.Size > abi.PROC_PIDPATHINFO_MAXSIZE {
		return 0, abi.EOVERFLOW
	}
	if len(p.ExecPath)+1 > int(a.Size) {
		return 0, abi.ENOSPC
	}
	b := append([]byte(p.ExecPath), 0)
	// The result is 0: libproc measures the string itself.
	return 0, t.Space().CopyOut(uint64(a.Buffer), b)
}

func vinfo(f hostfs.File) (v abi.VnodeInfoPath) {
	st, err := f.Stat()
	if err != nil {
		return v
	}
	v.Vi.Stat = abi.VinfoStat{Dev: uint32(st.Dev), Mode: uint16(st.Mode), Nlink: uint16(st.Nlink), Ino: st.Ino, Uid: st.UID, Gid: st.GID,
		Atime: st.Atime.Sec, Atimensec: st.Atime.Nsec, Mtime: st.Mtime.Sec, Mtimensec: st.Mtime.Nsec, Ctime: st.Ctime.Sec, Ctimensec: st.Ctime.Nsec,
		Birthtime: st.Btime.Sec, Birthtimensec: st.Btime.Nsec, Size: st.Size, Blocks: st.Blocks, Blksize: int32(st.BlockSize), Rdev: uint32(st.Rdev)}
	v.Vi.Type = vtype(f.Kind())
	copy(v.Path[:1023], f.Path())
	return v
}

// vtype is enum vtype of bsd/sys/vnode.h.
func vtype(k hostfs.Kind) int32 {
	switch k {
	case hostfs.Regular:
		return 1
	case hostfs.Directory:
		return 2
	case hostfs.BlockDevice:
		return 3
	case hostfs.CharDevice, hostfs.TTY:
		return 4
	case hostfs.Symlink:
		return 5
	case hostfs.Socket:
		return 6
	case hostfs.Pipe:
		return 7
	}
	return 0
}

func vnodePathInfo(t *kern.Thread, p *kern.Process, a *procInfoArgs) (uint64, error) {
	var v abi.ProcVnodepathinfo
	if p.Cwd != nil {
		v.Cdir = vinfo(p.Cwd.File)
	}
	if p.Root != nil {
		v.Rdir = vinfo(p.Root.File)
	}
	return give(t, a, &v)
}

func regionInfo(t *kern.Thread, p *kern.Process, a *procInfoArgs) (uint64, error) {
	r, ok := p.Space.Find(a.Arg)
	if !ok {
		return 0, abi.EINVAL
	}
	i := abi.ProcRegioninfo{Protection: uint32(r.Prot), MaxProtection: uint32(r.MaxProt), Offset: r.FileOffset, UserTag: r.Tag,
		PagesResident: uint32(r.Resident), RefCount: 1, PrivatePagesResident: uint32(r.PrivatePages), SharedPagesResident: uint32(r.SharedPages),
		Address: r.Addr, Size: r.Size, ShareMode: 2}
	if r.Shared {
		i.ShareMode = 4 // SM_SHARED
	}
	if a.Flavor == abi.PROC_PIDREGIONINFO {
		return give(t, a, &i)
	}
	w := abi.ProcRegionwithpathinfo{Prinfo: i}
	if b, ok := r.File.(interface{ File() hostfs.File }); ok {
		w.Vip = vinfo(b.File())
	}
	return give(t, a, &w)
}

func pidFDInfo(t *kern.Thread, a *procInfoArgs) (uint64, error) {
	p, err := target(t, a.PID, false, true)
	if err != nil {
		return 0, err
	}
	f, err := p.FDs.Get(abi.FD(int32(a.Arg)))
	if err != nil {
		return 0, err
	}
	pfi := abi.ProcFileinfo{Openflags: f.Flags, Type: int32(f.Ops.Type()), Offset: f.Offset}
	h, _ := f.Ops.(kern.HostBacked)
	if h != nil && h.HostFile().Kind() == hostfs.Regular {
		pfi.Offset, _ = h.HostFile().Seek(0, hostfs.SeekCur)
	}
	switch a.Flavor {
	case abi.PROC_PIDFDVNODEINFO, abi.PROC_PIDFDVNODEPATHINFO:
		if h == nil || f.Ops.Type() != kern.TypeVnode {
			return 0, abi.EBADF
		}
		v := vinfo(h.HostFile())
		if a.Flavor == abi.PROC_PIDFDVNODEINFO {
			return give(t, a, &abi.VnodeFdinfo{Pfi: pfi, Pvi: v.Vi})
		}
		return give(t, a, &abi.VnodeFdinfowithpath{Pfi: pfi, Pvip: v})
	case abi.PROC_PIDFDPIPEINFO:
		if f.Ops.Type() != kern.TypePipe {
			return 0, abi.EBADF
		}
		var st abi.Stat64
		if err := f.Ops.Stat(t, f, &st); err != nil {
			return 0, err
		}
		i := abi.PipeFdinfo{Pfi: pfi}
		i.Pipeinfo.Stat = abi.VinfoStat{Mode: uint16(st.Mode), Ino: uint64(st.Ino), Size: st.Size, Blksize: st.Blksize}
		i.Pipeinfo.Handle = uint64(st.Ino)
		return give(t, a, &i)
	}
	t.Machine().Note("proc_pidfdinfo flavor " + itoa(int64(a.Flavor)))
	return 0, abi.ENOTSUP
}

func setControl(t *kern.Thread, a *procInfoArgs) (uint64, error) {
	if a.PID != t.Proc.PID {
		return 0, abi.EINVAL
	}
	switch a.Flavor {
	case abi.PROC_SELFSET_THREADNAME:
		if a.Size > abi.MAXTHREADNAMESIZE-1 {
			return 0, abi.ENAMETOOLONG
		}
		b := make([]byte, a.Size)
		if err := t.Space().CopyIn(b, uint64(a.Buffer)); err != nil {
			return 0, err
		}
		t.Name = string(b)
		return 0, nil
	case abi.PROC_SELFSET_PCONTROL:
		if a.Arg > 3 {
			return 0, abi.EINVAL
		}
		return 0, nil // what to do with it when memory runs low: it never does so here
	case abi.PROC_SELFSET_VMRSRCOWNER, abi.PROC_SELFSET_DELAYIDLESLEEP:
		return 0, abi.EPERM
	}
	return 0, abi.EINVAL
}

func pidRusage(t *kern.Thread, a *procInfoArgs) (uint64, error) {
	n := abi.RusageInfoSize(int32(a.Flavor))
	if n == 0 {
		return 0, abi.EINVAL
	}
	p, err := target(t, a.PID, true, true)
	if err != nil {
		return 0, err
	}
	u := p.Usage()
	r := abi.RusageInfoV6{Uuid: p.Exec.UUID, UserTime: machTime(t, u.UserNS), SystemTime: machTime(t, u.SysNS),
		ProcStartAbstime: machTime(t, p.StartMono)}
	if p.Space != nil {
		r.ResidentSize = p.Space.ResidentBytes()
		r.PhysFootprint = r.ResidentSize
	}
	return 0, t.Space().CopyOut(uint64(a.Buffer), abi.Marshal(&r)[:n])
}
