package bsd

import (
	"errors"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Running programs: bsd/kern/kern_exec.c.

func execRows() []kern.Row {
	return []kern.Row{
		kern.Sys(59, "execve", kern.RetInt, kern.Full, execve),
		kern.Sys(380, "__mac_execve", kern.RetInt, kern.Partial, macExecve, "a security label is refused with ENOTSUP"),
	}
}

type execveArgs struct {
	Path abi.Ptr `path:""`
	Argv abi.Ptr `strings:""`
	Env  abi.Ptr `strings:""`
}

type macExecveArgs struct {
	Path abi.Ptr `path:""`
	Argv abi.Ptr `strings:""`
	Env  abi.Ptr `strings:""`
	Mac  abi.Ptr
}

func macExecve(t *kern.Thread, a *macExecveArgs) (uint64, error) {
	if a.Mac != 0 {
		return 0, abi.ENOTSUP
	}
	return execve(t, &execveArgs{a.Path, a.Argv, a.Env})
}

func execve(t *kern.Thread, a *execveArgs) (uint64, error) {
	args, err := execArguments(t, a.Path, a.Argv, a.Env)
	if err != nil {
		return 0, err
	}
	return 0, replaceImage(t, args)
}

// replaceImage runs a program in place of the calling process's; it returns an
// error that means success, ErrJustReturn or ErrGone, too.
func replaceImage(t *kern.Thread, args kern.ExecArgs) error {
	p, m := t.Proc, t.Machine()
	l, err := m.Prepare(p, args)
	var host *kern.HostProgram
	if errors.As(err, &host) {
		if err := runHost(p, host, args.Env); err != nil {
			return err
		}
		return kern.ErrGone
	}
	if err != nil {
		return execErrno(m, args.Path, err)
	}
	if err := p.Become(t, l); err != nil {
		// The old image is gone or going: there is nothing to return to.
		m.Diagf("%s[%d]: %s: %v", p.Name, p.PID, args.Path, err)
		p.Exit(int32(abi.SIGKILL))
		return kern.ErrGone
	}
	return kern.ErrJustReturn
}

// execErrno is what execve answers to a program that could not be loaded. A
// missing dynamic linker is ENOENT as on XNU, and too puzzling to leave untold.
func execErrno(m *kern.Machine, path string, err error) error {
	var dyld *kern.DyldMissing
	if errors.As(err, &dyld) {
		m.Diagf("%s: %v", path, dyld)
	}
	if e := kern.ExecErrno(err); e != nil {
		switch {
		case errors.Is(e, mem.ErrNoMemory), errors.Is(e, mem.ErrNoSpace), errors.Is(e, mem.ErrLimit):
			return abi.ENOMEM
		case errors.Is(e, mem.ErrTooLong):
			return abi.E2BIG
		}
		return e
	}
	return abi.ENOEXEC
}

// execArguments reads what execve is given.
func execArguments(t *kern.Thread, path, argv, env abi.Ptr) (kern.ExecArgs, error) {
	name, err := copyInPath(t, path)
	if err != nil {
		return kern.ExecArgs{}, err
	}
	return execStrings(t, name, argv, env)
}

func execStrings(t *kern.Thread, name string, argv, env abi.Ptr) (kern.ExecArgs, error) {
	room := abi.ARG_MAX
	a := kern.ExecArgs{Path: name}
	var err error
	if a.Argv, err = copyStrings(t, argv, &room); err != nil {
		return a, err
	}
	if a.Env, err = copyStrings(t, env, &room); err != nil {
		return a, err
	}
	a.At = hostfs.At{Path: name}
	if d := workingDir(t); d != nil {
		a.At.Dir = d.File
	}
	if name == "" || a.At.Dir == nil && name[0] != '/' {
		return a, abi.ENOENT
	}
	a.Prefer = archOrder(t.Arch())
	return a, nil
}

// archOrder is the order in which slices of a fat file are tried: the caller's
// own architecture first.
func archOrder(a cpu.Arch) []cpu.Arch {
	if a == cpu.ARM64 {
		return []cpu.Arch{cpu.ARM64, cpu.X86_64}
	}
	return []cpu.Arch{cpu.X86_64, cpu.ARM64}
}

// copyStrings reads a null-terminated vector of strings. Strings, pointers and
// terminators all count against ARG_MAX, as in exec_extract_strings.
func copyStrings(t *kern.Thread, at abi.Ptr, room *int) ([]string, error) {
	var out []string
	const ptr = 8
	for ; at != 0; at += ptr {
		p, err := t.Space().Load64(uint64(at))
		if err != nil {
			return nil, err
		}
		if p == 0 {
			break
		}
		if *room <= 0 {
			return nil, abi.E2BIG
		}
		s, err := t.Space().CopyInString(p, *room)
		if errors.Is(err, mem.ErrTooLong) {
			return nil, abi.E2BIG
		}
		if err != nil {
			return nil, err
		}
		if *room -= len(s) + 1 + ptr; *room < 0 {
			return nil, abi.E2BIG
		}
		out = append(out, s)
	}
	if *room -= ptr; *room < 0 {
		return nil, abi.E2BIG
	}
	return out, nil
}
