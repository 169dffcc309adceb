package beagle

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/cpu/unicorn"
	"github.com/beagle-emu/beagle/hostfs"
	"github.com/beagle-emu/beagle/mem"
	"github.com/beagle-emu/beagle/xnu"
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// defaultQuantum is the length of a time slice in translated blocks: some tenths
// of a millisecond, short beside what people notice and long beside the cost of
// looking for events.
const defaultQuantum = 20000

// machine is a kernel with its host, memory and first process.
type machine struct {
	k     *kern.Machine
	host  hostfs.Host
	phys  *mem.Physical
	init  *kern.Process
	crash string
}

func newMachine(c *Cmd, std [3]*os.File) (_ *machine, err error) {
	mounts, err := c.parseMounts()
	if err != nil {
		return nil, err
	}
	prefer, err := parseArch(c.Arch)
	if err != nil {
		return nil, err
	}
	m := &machine{}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	env := c.Env
	if env == nil {
		env = os.Environ()
	}
	m.host, err = hostfs.New(hostfs.Options{Isolated: c.Isolated, Mounts: mounts, Root: c.Root,
		Stdin: std[0], Stdout: std[1], Stderr: std[2], Env: env, NoSignals: !c.Signals})
	if err != nil {
		return nil, err
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
		e, err := unicorn.New(a, m.phys, unicorn.Options{Preempt: cfg.Quantum != 0})
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
	cfg.StopHost = func(unix.Signal) { m.host.Suspend() }
	if c.Trace != nil {
		o, err := newTracer(c)
		if err != nil {
			return nil, err
		}
		cfg.Observers = append(cfg.Observers, o)
	}
	m.k = xnu.New(cfg)
	dir := c.Dir
	if dir == "" {
		dir = m.host.Info().Cwd
	}
	cwd, err := m.host.FS().Open(hostfs.At{Path: dir}, hostfs.O_RDONLY|hostfs.O_DIRECTORY, 0)
	if err != nil {
		return nil, fmt.Errorf("working directory %s: %w", dir, err)
	}
	m.init, err = m.k.Spawn(kern.ExecArgs{At: hostfs.At{Path: c.Path}, Path: c.Path, Argv: c.Args, Env: env, Prefer: prefer}, cwd)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Path, startError(err))
	}
	return m, nil
}

// startError puts what kept a program from starting into words for people.
func startError(err error) error {
	var h *kern.HostProgram
	switch {
	case errors.As(err, &h):
		return errors.New("this is a program of the host, not a Mach-O file")
	case errors.Is(err, abi.EBADARCH):
		return errors.New("this is not a Mach-O file that Beagle can run: a host program, or another architecture")
	}
	return err
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
	return nil, fmt.Errorf("unknown architecture %q: x86_64 or arm64", s)
}

func (m *machine) run() error { return m.k.Run() }

// kill ends the first process from any goroutine.
func (m *machine) kill() {
	m.k.Post(func() { m.init.Signal(abi.SIGKILL, kern.SigInfo{}) })
	m.k.Interrupt()
}

func (m *machine) state() *ProcessState {
	return &ProcessState{pid: int(m.init.PID), status: m.init.Status, crash: m.crash, Missing: m.k.MissingCalls()}
}

func (m *machine) close() {
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
