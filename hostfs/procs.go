package hostfs

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxChildFD bounds the table that a program starts with.
const maxChildFD = 1 << 16

// procs knows the host programs that run. Each is waited for by its own id, so
// children that somebody else in this process started stay theirs.
type procs struct {
	mu     sync.Mutex
	live   map[int]*hostProc
	closed bool
	gate   *umaskGate
}

// umaskGate keeps the making of files out of the moments in which the
// process's file mode mask is a child's. mask is the one outside of those.
type umaskGate struct {
	mu   sync.RWMutex
	mask uint32
}

type hostProc struct {
	p     *procs
	pid   int
	group bool // leads a process group of its own
}

func (p *procs) Start(s ProcSpec) (Proc, error) {
	files, err := childFiles(s.Files)
	if err != nil {
		return nil, err
	}
	for _, l := range append(append([]string{s.Path, s.Dir}, s.Argv...), s.Env...) {
		if strings.IndexByte(l, 0) >= 0 {
			return nil, unix.EINVAL
		}
	}
	if s.Path == "" {
		return nil, unix.ENOENT
	}
	attr := syscall.ProcAttr{
		Dir: s.Dir, Env: s.Env, Files: files,
		Sys: &syscall.SysProcAttr{Setsid: s.Setsid, Setpgid: s.SetPgid && !s.Setsid, Pgid: s.Pgid},
	}
	if attr.Env == nil {
		attr.Env = []string{}
	}
	if s.Foreground {
		attr.Sys.Setpgid, attr.Sys.Foreground, attr.Sys.Ctty = false, true, s.TTY
	}
	// The lock is held over the start, so that an end seen by reap is always one
	// of a program in the table.
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, unix.EBADF
	}
	// Go makes its descriptors close-on-exec, but not those that Beagle itself was
	// started with. A host without close_range (before Linux 5.9) leaks them.
	_ = unix.CloseRange(3, ^uint(0)>>32, unix.CLOSE_RANGE_CLOEXEC)
	pid, err := forkExec(p.gate, &s, &attr)
	if err != nil {
		return nil, errnoOf(err)
	}
	h := &hostProc{p: p, pid: pid, group: s.Setsid || s.SetPgid && s.Pgid == 0 || s.Foreground && s.Pgid == 0}
	p.live[pid] = h
	return h, nil
}

// forkExec starts the program with a signal mask and a file mode mask, both of
// which a child inherits from the thread and the process that fork.
func forkExec(gate *umaskGate, s *ProcSpec, attr *syscall.ProcAttr) (int, error) {
	if s.Umask&0o777 != gate.mask {
		gate.mu.Lock()
		defer gate.mu.Unlock()
		old := unix.Umask(int(s.Umask & 0o777))
		defer unix.Umask(old)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var set, old unix.Sigset_t
	set.Val[0] = s.Mask &^ (1<<(unix.SIGKILL-1) | 1<<(unix.SIGSTOP-1))
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &set, &old); err != nil {
		return 0, err
	}
	pid, err := syscall.ForkExec(s.Path, s.Argv, attr)
	// The old mask was read a moment ago: setting it cannot fail.
	_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	return pid, err
}

// childFiles makes the child's table: index is the number there, and what
// nobody asked for is closed.
func childFiles(maps []FDMap) ([]uintptr, error) {
	var files []uintptr
	for _, m := range maps {
		if m.Guest < 0 || m.Guest >= maxChildFD || m.FD < 0 {
			return nil, unix.EBADF
		}
		if _, err := unix.FcntlInt(uintptr(m.FD), unix.F_GETFD, 0); err != nil {
			return nil, unix.EBADF
		}
		for len(files) <= m.Guest {
			files = append(files, ^uintptr(0))
		}
		files[m.Guest] = uintptr(m.FD)
	}
	return files, nil
}

// reap collects what happened to our programs.
func (p *procs) reap() []*ChildExit {
	p.mu.Lock()
	defer p.mu.Unlock()
	pids := make([]int, 0, len(p.live))
	for pid := range p.live {
		pids = append(pids, pid)
	}
	slices.Sort(pids)
	var list []*ChildExit
	for _, pid := range pids {
		for {
			c := &ChildExit{PID: pid}
			got, err := unix.Wait4(pid, &c.Status, unix.WNOHANG|unix.WUNTRACED|unix.WCONTINUED, &c.Rusage)
			if err == unix.EINTR {
				continue
			}
			if err != nil { // somebody waited for all children and took ours
				delete(p.live, pid)
				break
			}
			if got != pid {
				break
			}
			list = append(list, c)
			if c.Status.Exited() || c.Status.Signaled() {
				delete(p.live, pid)
				break
			}
			c.Rusage = unix.Rusage{}
		}
	}
	return list
}

// Close lets what still runs go on, as the children of a program that exits
// do, and sees to it that no zombie stays should Beagle go on too.
func (p *procs) Close() {
	p.mu.Lock()
	p.closed = true
	pids := p.live
	p.live = map[int]*hostProc{}
	p.mu.Unlock()
	for pid := range pids {
		go func() {
			for {
				if _, err := unix.Wait4(pid, nil, 0, nil); err != unix.EINTR {
					return
				}
			}
		}()
	}
}

func (h *hostProc) PID() int { return h.pid }

func (h *hostProc) Signal(sig unix.Signal) error { return h.kill(h.pid, sig) }

func (h *hostProc) SignalGroup(sig unix.Signal) error {
	if !h.group {
		return h.kill(h.pid, sig)
	}
	return h.kill(-h.pid, sig)
}

// kill holds the lock against reap: the id is the program's own until then.
func (h *hostProc) kill(target int, sig unix.Signal) error {
	h.p.mu.Lock()
	defer h.p.mu.Unlock()
	if h.p.live[h.pid] != h {
		return unix.ESRCH
	}
	return unix.Kill(target, sig)
}

// errnoOf digs the host's errno out of what the standard library returns.
func errnoOf(err error) error {
	var e unix.Errno
	if errors.As(err, &e) {
		return e
	}
	if err == nil {
		return nil
	}
	return unix.EIO
}
