package beagle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/cpu/unicorn"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/libsystem"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/trace"
)

// defaultQuantum is the length of a time slice in translated blocks: some tenths
// of a millisecond, short beside what people notice and long beside the cost of
// looking for events.
const defaultQuantum = 20000

// machine is a kernel with its host, memory and first process.
type machine struct {
	k       *kern.Machine
	host    hostfs.Host
	phys    *mem.Physical
	init    *kern.Process
	tracer  *trace.Tracer
	crash   string
	verbose io.Writer

	ended chan struct{} // closed when run has returned
	err   error         // of run; read after ended
	sigs  chan os.Signal
}

// memPerFile is about what a file in memory takes besides its contents, in bytes.
const memPerFile = 1024

func newMachine(c *Cmd, std [3]*os.File) (_ *machine, err error) {
	mounts, err := parseMounts(c.Mounts)
	if err != nil {
		return nil, err
	}
	prefer, err := parseArch(c.Arch)
	if err != nil {
		return nil, err
	}
	m := &machine{ended: make(chan struct{})}
	if c.Verbose {
		m.verbose = c.Diag
	}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	env := c.Environ()
	m.host, err = hostfs.New(hostfs.Options{Isolated: c.Isolated, Mounts: mounts, Root: c.Root, Image: libsystem.Image(),
		Stdin: std[0], Stdout: std[1], Stderr: std[2], Env: env, NoSignals: !c.Signals,
		MemBytes: int64(min(c.Memory, hostfs.DefaultMemBytes)), MemInodes: int(min(c.Memory/memPerFile, hostfs.DefaultMemInodes))})
	if err != nil {
		return nil, fmt.Errorf("beagle: %w", err)
	}
	if m.phys, err = mem.NewPhysical(c.Memory); err != nil {
		return nil, err
	}
	cfg := kern.Config{Host: m.host, Phys: m.phys, Diag: c.Diag, Quantum: defaultQuantum}
	switch {
	case c.Quantum > 0:
		cfg.Quantum = uint64(c.Quantum)
	case c.Quantum < 0:
		cfg.Quantum = 0
	}
	cfg.NewEngine = func(a cpu.Arch) (cpu.Engine, error) {
		e, err := unicorn.New(a, m.phys, unicorn.Options{Preempt: cfg.Quantum != 0, CPUs: m.k.NumCPU()})
		if err != nil {
			return nil, err
		}
		e.SetClock(cpu.Clock{})
		return e, nil
	}
	cfg.OnCrash = func(t *kern.Thread, s abi.Signal, line string) {
		if t.Proc == m.init {
			m.crash = line
		}
		if c.Diag != nil {
			fmt.Fprintln(c.Diag, "beagle: "+line)
			if c.Verbose {
				printRegs(c.Diag, t)
			}
		}
	}
	if c.Signals {
		// Without it, a program that stops itself stays so until it is signalled.
		cfg.StopHost = func(unix.Signal) { _ = m.host.Suspend() }
	}
	if c.Trace != nil {
		o := trace.Options{JSON: c.TraceJSON, Filter: c.TraceFilter, Time: c.TraceTime}
		if m.tracer, err = trace.New(c.Trace, o); err != nil {
			return nil, fmt.Errorf("beagle: %w", err)
		}
		cfg.Observers = append(cfg.Observers, m.tracer)
	}
	m.k = xnu.New(cfg)
	dir := c.Dir
	if dir == "" {
		dir = m.host.Info().Cwd
	}
	cwd, err := m.host.FS().Open(hostfs.At{Path: dir}, hostfs.O_RDONLY|hostfs.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("beagle: working directory %s: %w", dir, err)
	}
	argv := c.Args
	if len(argv) == 0 {
		argv = []string{c.Path}
	}
	m.init, err = m.k.Spawn(kern.ExecArgs{At: hostfs.At{Path: c.Path}, Path: c.Path, Argv: argv, Env: env, Prefer: prefer}, cwd)
	if err != nil {
		return nil, m.startError(c, dir, err)
	}
	if c.Signals && cfg.Quantum == 0 {
		m.relay()
	}
	return m, nil
}

// startError puts what kept a program from starting into words for people.
func (m *machine) startError(c *Cmd, dir string, err error) error {
	e := &StartError{Path: c.Path, Reason: err.Error(), Err: err}
	if c.Path == "" {
		e.Path = `""`
	}
	var d abi.Errno
	if errors.As(err, &d) {
		e.Reason = strings.ToLower(d.Error()[:1]) + d.Error()[1:]
	}
	var h *kern.HostProgram
	var noDyld *kern.DyldMissing
	e.Found = errors.As(err, &noDyld) || !errors.Is(e, fs.ErrNotExist)
	switch {
	case noDyld != nil && c.Root == "" && libsystem.Missing() != nil:
		e.Reason = libsystem.Missing().Error()
	case errors.Is(e, fs.ErrPermission):
		at := c.Path
		if !path.IsAbs(at) {
			at = path.Join(dir, at)
		}
		if st, err := m.host.FS().Stat(hostfs.At{Path: at}); err == nil && st.Kind() == hostfs.Directory {
			e.Reason = "is a directory"
		} else if err == nil && st.Kind() != hostfs.Regular {
			e.Reason = "is not a regular file"
		} else if err == nil && st.Mode&0o111 == 0 {
			e.Reason = "is not executable: chmod +x makes it so"
		}
	case errors.As(err, &h):
		e.Reason = "a program of this machine, not a Mach-O file"
	case errors.Is(err, abi.EBADARCH):
		e.Reason = "not a Mach-O file that Beagle can run: a program for another system or processor"
	case errors.Is(err, abi.ENOEXEC):
		e.Reason = "not a Mach-O file, nor a script that names its interpreter"
	case !e.Found && (c.Isolated || c.Root != ""):
		e.Reason += ": the program sees only what a mount grants"
	}
	return e
}

// Is makes Darwin's error numbers known to errors.Is.
func (e *StartError) Is(target error) bool {
	var d abi.Errno
	if !errors.As(e.Err, &d) {
		return false
	}
	switch target {
	case fs.ErrNotExist:
		return d == abi.ENOENT
	case fs.ErrPermission:
		return d == abi.EACCES || d == abi.EPERM
	}
	return false
}

// parseMounts reads Options.Mounts.
func parseMounts(list []string) ([]hostfs.Mount, error) {
	var out []hostfs.Mount
	for _, s := range list {
		m, err := hostfs.ParseMount(s)
		if err != nil {
			return nil, fmt.Errorf("beagle: %w", err)
		}
		out = append(out, m)
	}
	return out, nil
}

func parseArch(s string) ([]cpu.Arch, error) {
	switch s {
	case "":
		return nil, nil
	case "x86_64", "amd64", "x86-64":
		return []cpu.Arch{cpu.X86_64}, nil
	case "arm64", "aarch64":
		return []cpu.Arch{cpu.ARM64}, nil
	}
	return nil, fmt.Errorf("beagle: unknown architecture %q: x86_64 or arm64", s)
}

// run runs the machine to its end. A failure inside Beagle itself ends this
// machine and not the process around it.
func (m *machine) run() {
	defer func() {
		if p := recover(); p != nil {
			m.err = fmt.Errorf("beagle: internal error: %v", p)
			if m.verbose != nil {
				_, _ = m.verbose.Write(debug.Stack())
			}
		}
	}()
	if err := m.k.Run(); err != nil {
		m.err = fmt.Errorf("beagle: %w", err)
	}
}

// relay gives the kernel control when a signal comes: guest code that is not
// preempted would run on. What the signal means is hostfs's.
func (m *machine) relay() {
	m.sigs = make(chan os.Signal, 1)
	signal.Notify(m.sigs, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGTSTP)
	go func() {
		for range m.sigs {
			m.k.Interrupt()
		}
	}()
}

// kill ends everything, from any goroutine.
func (m *machine) kill() {
	m.k.Post(func() {
		for _, p := range m.k.Processes() {
			if p.HostProc != nil {
				_ = p.HostProc.SignalGroup(unix.SIGKILL) // ESRCH: it has ended
			}
		}
		m.init.Signal(abi.SIGKILL, kern.SigInfo{})
	})
	m.k.Interrupt()
}

// signal sends the first process a signal, from any goroutine.
func (m *machine) signal(n int) error {
	if n < 1 || n > 31 {
		return fmt.Errorf("beagle: signal %d", n)
	}
	select {
	case <-m.ended:
		return os.ErrProcessDone
	default:
	}
	m.k.Post(func() { m.init.Signal(abi.Signal(n), kern.SigInfo{}) })
	m.k.Interrupt()
	return nil
}

func (m *machine) traceErr() error {
	if m.tracer == nil {
		return nil
	}
	return m.tracer.Err()
}

func (m *machine) state() *ProcessState {
	u := m.init.Usage()
	return &ProcessState{pid: int(m.init.PID), status: m.init.Status, crash: m.crash, Missing: m.k.MissingCalls(),
		user: time.Duration(u.UserNS), system: time.Duration(u.SysNS), maxRSS: u.MaxRSS}
}

func (m *machine) close() {
	if m.sigs != nil {
		signal.Stop(m.sigs)
		close(m.sigs)
	}
	if m.k != nil {
		m.k.Close()
	}
	if m.phys != nil {
		m.phys.Close()
	}
	if m.host != nil {
		m.host.Close()
	}
}

func signalName(n int) string { return abi.Signal(n).String() }
