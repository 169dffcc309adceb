package hostfs

import (
	"crypto/rand"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

type host struct {
	view   *view
	net    Net
	procs  *procs
	poller *poller
	std    [3]*hostFile
	env    []string
	umask  uint32
	clock  hostClock

	notifyOnce sync.Once
	notify     *notifier
	notifyErr  error

	closeOnce sync.Once
	closeErr  error
}

// New makes a host. It fails with a [MountError] or a wrapped [unix.Errno].
func New(o Options) (Host, error) {
	gate := &umaskGate{mask: readUmask()}
	v, err := newView(o, gate)
	if err != nil {
		return nil, err
	}
	h := &host{view: v, env: o.Env, umask: gate.mask, clock: newClock()}
	if h.env == nil {
		h.env = os.Environ()
	}
	if !o.Isolated {
		h.net = hostNet{}
	}
	var reap func() []*ChildExit
	if !o.Isolated && o.Root == "" {
		h.procs = &procs{live: map[int]*hostProc{}, gate: gate}
		reap = h.procs.reap
	}
	for i, f := range []*os.File{o.Stdin, o.Stdout, o.Stderr} {
		if f == nil {
			continue
		}
		if h.std[i], err = stdFile(f, v); err != nil {
			v.Close()
			return nil, err
		}
	}
	if h.poller, err = newPoller(o.NoSignals, reap); err != nil {
		v.Close()
		return nil, err
	}
	return h, nil
}

// stdFile wraps a file of the caller's. os.File.Fd would change O_NONBLOCK.
func stdFile(f *os.File, v *view) (*hostFile, error) {
	c, err := f.SyscallConn()
	if err != nil {
		return nil, errnoOf(err)
	}
	var h *hostFile
	var herr error
	if err := c.Control(func(fd uintptr) { h, herr = adopt(int(fd)) }); err != nil {
		return nil, errnoOf(err)
	}
	if herr != nil {
		return nil, herr
	}
	h.keep, h.view = true, v
	if v.plain {
		h.m = v.root.m
	}
	return h, nil
}

func (h *host) FS() FS             { return h.view }
func (h *host) Net() Net           { return h.net }
func (h *host) Poller() Poller     { return h.poller }
func (h *host) Clock() Clock       { return h.clock }
func (h *host) Entropy() io.Reader { return rand.Reader }

func (h *host) Procs() Procs {
	if h.procs == nil {
		return nil // not a non-nil interface around nil
	}
	return h.procs
}

func (h *host) Std(fd int) File {
	if fd < 0 || fd > 2 || h.std[fd] == nil {
		return nil
	}
	return h.std[fd]
}

func (h *host) Pipe() (r, w File, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, err
	}
	rf := newHostFile(p[0], unix.S_IFIFO|0o600, O_RDONLY)
	wf := newHostFile(p[1], unix.S_IFIFO|0o600, O_WRONLY)
	// A host program may set O_NONBLOCK on its end; never clear it under it.
	rf.shared, wf.shared = true, true
	return rf, wf, nil
}

func (h *host) Adopt(fd int) (File, error) {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, unix.FD_CLOEXEC); err != nil {
		return nil, err
	}
	f, err := adopt(fd)
	if err != nil {
		return nil, err
	}
	f.view = h.view
	if h.view.plain {
		f.m = h.view.root.m
	}
	return f, nil
}

func (h *host) Suspend() error { return unix.Kill(unix.Getpid(), unix.SIGSTOP) }

func (h *host) Close() error {
	h.closeOnce.Do(func() {
		if h.procs != nil {
			h.procs.Close()
		}
		if h.notify != nil {
			h.notify.close()
		}
		h.closeErr = h.poller.Close()
		for _, f := range h.std {
			if f != nil {
				_ = f.Close() // EBADF: the kernel closed it
			}
		}
		h.view.Close()
	})
	return h.closeErr
}

func (h *host) Info() Info {
	i := Info{
		UID: uint32(unix.Geteuid()), GID: uint32(unix.Getegid()), RUID: uint32(unix.Getuid()), RGID: uint32(unix.Getgid()),
		NumCPU: runtime.NumCPU(), Env: h.env, Cwd: "/", PID: unix.Getpid(), PPID: unix.Getppid(), PGID: unix.Getpgrp(),
		Umask: h.umask,
	}
	// What the host will not tell stays zero.
	i.Hostname, _ = os.Hostname()
	i.SID, _ = unix.Getsid(0)
	if g, err := unix.Getgroups(); err == nil {
		for _, n := range g {
			i.Groups = append(i.Groups, uint32(n))
		}
	}
	var s unix.Sysinfo_t
	if unix.Sysinfo(&s) == nil {
		i.MemSize, i.MemFree = s.Totalram*uint64(s.Unit), s.Freeram*uint64(s.Unit)
		for k := range i.Load {
			i.Load[k] = float64(s.Loads[k]) / 65536
		}
	}
	if h.view.plain {
		if d, err := syscall.Getwd(); err == nil && strings.HasPrefix(d, "/") {
			i.Cwd = d
		}
	}
	return i
}

// readUmask asks for the file mode mask without changing it, where /proc tells.
func readUmask() uint32 {
	if b, err := os.ReadFile("/proc/self/status"); err == nil {
		for l := range strings.SplitSeq(string(b), "\n") {
			if s, ok := strings.CutPrefix(l, "Umask:"); ok {
				if n, err := strconv.ParseUint(strings.TrimSpace(s), 8, 32); err == nil {
					return uint32(n)
				}
			}
		}
	}
	old := unix.Umask(0o077)
	unix.Umask(old)
	return uint32(old)
}
