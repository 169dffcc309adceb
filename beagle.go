// Package beagle runs macOS programs (Mach-O, x86-64 and arm64) on Linux, in
// this process: no Mac, no Apple file, no root.
//
// [Command] is shaped like os/exec's: a Mach-O program is one more *Cmd.
//
//	out, err := beagle.Command("./tool", "--version").Output()
//
// Each Cmd is a machine of its own: the program, whatever it forks and executes,
// and their files and time. Machines of one process run side by side.
//
// # What ends with the program
//
// A machine ends with its first process. What else runs in it then ends too, as
// if the Mac had been switched off. Programs of the host that it started (a
// shell, git) are processes of the host and go on, as the children of any
// program that exits do.
package beagle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Cmd is a macOS program to be run. A Cmd runs once. Its methods may be called
// from several goroutines only where they say so.
type Cmd struct {
	// Path is the program: a path as the guest sees it, relative to Dir.
	Path string
	// Args are the arguments, the program's name first; empty means Path alone.
	Args []string
	// Env is the environment, "K=V"; nil means this process's. Of several values
	// for one key the last counts.
	Env []string
	// Dir is the working directory as the guest sees it; empty means this
	// process's, or / when Isolated or Root is set.
	Dir string
	// Stdin, Stdout and Stderr are the first three descriptors; nil means
	// /dev/null. An *os.File is passed as it is, anything else through a pipe and
	// a goroutine that copies. If Stdout and Stderr are the same, one goroutine at
	// a time writes to it.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// WaitDelay bounds how long Wait waits for the copying after the program has
	// ended: a child that the host still runs may hold the pipe open. 0 means
	// for ever. When it has passed, the pipes are closed and Wait returns
	// exec.ErrWaitDelay if there is no other error.
	WaitDelay time.Duration

	// Options say what world the program sees.
	Options

	// Err is why Command could not find the program; Start returns it.
	Err error
	// ProcessState is there once Wait has returned.
	ProcessState *ProcessState

	ctx     context.Context
	machine *machine
	files   *files
	watched chan struct{} // closed when the context is no longer watched
	ctxErr  error         // why it was killed; read after watched is closed
	waited  bool
	mu      sync.Mutex // guards files and machine against Kill
}

// Options are the choices that are not part of os/exec's Cmd.
type Options struct {
	// Arch picks a slice of a fat file: "x86_64" or "arm64"; empty means the
	// kernel's own order, arm64 first.
	Arch string
	// Isolated gives the program nothing of the host but Mounts: no files, no
	// network, no host programs.
	Isolated bool
	// Mounts grants host paths: "SOURCE:TARGET" or "SOURCE:TARGET:ro".
	Mounts []string
	// Root is a macOS root directory to be the guest's /.
	Root string
	// Memory limits what the guest can commit, in bytes; 0 is three quarters of
	// the host's. The files that an isolated guest makes, which are in memory too,
	// are held to as much again, and to 1 GiB.
	Memory uint64
	// Quantum is the length of a time slice in translated blocks; 0 is the
	// default, negative none: threads run until they call the kernel.
	Quantum int
	// Diag receives Beagle's own remarks, one line each; nil discards them.
	Diag io.Writer
	// Signals relays signals sent to this process (SIGINT, SIGTERM, SIGWINCH...)
	// to the program, as the command-line tool does.
	Signals bool
	// Trace receives a line for every system call.
	Trace io.Writer
	// TraceJSON makes those lines JSON objects; TraceFilter keeps only calls
	// whose name matches one of these (a leading ! excludes).
	TraceJSON   bool
	TraceFilter []string
	// TraceTime puts the time in seconds before each line.
	TraceTime bool
	// Verbose prints the registers of a crash to Diag.
	Verbose bool
}

// Command returns a Cmd for a program and its arguments. A name without a slash
// is looked up in PATH, with os/exec's rules.
func Command(name string, arg ...string) *Cmd {
	c := &Cmd{Path: name, Args: append([]string{name}, arg...)}
	if name != "" && !strings.Contains(name, "/") {
		p, err := exec.LookPath(name)
		if p != "" {
			c.Path = p
		}
		c.Err = err
	}
	return c
}

// CommandContext is Command with a context. When the context ends before the
// program, the program is killed, and the [ExitError] of Wait wraps the
// context's error.
func CommandContext(ctx context.Context, name string, arg ...string) *Cmd {
	if ctx == nil {
		panic("nil Context")
	}
	c := Command(name, arg...)
	c.ctx = ctx
	return c
}

// String returns the command line, for people.
func (c *Cmd) String() string {
	if len(c.Args) == 0 {
		return c.Path
	}
	return strings.Join(append([]string{c.Path}, c.Args[1:]...), " ")
}

// Environ returns the environment that the program would be started with.
func (c *Cmd) Environ() []string {
	env := c.Env
	if env == nil {
		env = os.Environ()
		if c.Dir != "" {
			env = append(env, "PWD="+c.Dir)
		}
	}
	at := make(map[string]int, len(env))
	out := make([]string, 0, len(env))
	for _, kv := range env {
		key, _, ok := strings.Cut(kv, "=")
		if i, seen := at[key]; ok && seen {
			out[i] = kv
			continue
		} else if ok {
			at[key] = len(out)
		}
		out = append(out, kv)
	}
	return out
}

// Run starts the program and waits for its end. The error is an *ExitError when
// the program ran and did not end with status 0, a *[StartError] when it could
// not be started.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Start starts the program. If it succeeds, Wait must be called to free what the
// machine holds.
func (c *Cmd) Start() (err error) {
	if c.machine != nil {
		return errors.New("beagle: already started")
	}
	if c.files == nil {
		c.files = &files{}
	}
	defer func() {
		if err != nil {
			c.files.closeGuest()
			c.files.closeOurs()
		}
	}()
	if c.Err != nil {
		return c.Err
	}
	if c.ctx != nil && c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	std, err := c.files.open(c)
	if err != nil {
		return err
	}
	m, err := newMachine(c, std)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.machine = m
	c.mu.Unlock()
	c.files.copy()
	go func() {
		m.run()
		c.files.closeGuest()
		close(m.ended)
	}()
	if c.ctx != nil {
		c.watched = make(chan struct{})
		go c.watch()
	}
	return nil
}

// watch kills the program when the context ends first.
func (c *Cmd) watch() {
	defer close(c.watched)
	select {
	case <-c.machine.ended:
	case <-c.ctx.Done():
		c.machine.kill()
		c.ctxErr = c.ctx.Err()
	}
}

// Wait waits for the end of a started program and of the copying to and from
// its descriptors, and frees what the machine holds.
func (c *Cmd) Wait() error {
	if c.machine == nil {
		return errors.New("beagle: not started")
	}
	c.mu.Lock()
	again := c.waited
	c.waited = true
	c.mu.Unlock()
	if again {
		return errors.New("beagle: Wait was already called")
	}
	m := c.machine
	<-m.ended
	if c.watched != nil {
		<-c.watched
	}
	copyErr := c.files.wait(c.WaitDelay)
	c.files.closeOurs()
	c.ProcessState = m.state()
	m.close()
	switch {
	case m.err != nil:
		return m.err
	case !c.ProcessState.Success():
		return &ExitError{ProcessState: c.ProcessState, cause: c.ctxErr}
	case copyErr != nil:
		return copyErr
	case m.traceErr() != nil:
		return fmt.Errorf("beagle: trace: %w", m.traceErr())
	}
	return nil
}

// Kill ends the program and all it started, programs of the host included, at
// once. Any goroutine may call it at any time; before Start and after the end
// it does nothing.
func (c *Cmd) Kill() {
	c.mu.Lock()
	m := c.machine
	c.mu.Unlock()
	if m != nil {
		m.kill()
	}
}

// Signal sends the program a signal, by Darwin's number. Any goroutine may call
// it. The error is os.ErrProcessDone when the program has ended.
func (c *Cmd) Signal(n int) error {
	c.mu.Lock()
	m := c.machine
	c.mu.Unlock()
	if m == nil {
		return errors.New("beagle: not started")
	}
	return m.signal(n)
}

// Output runs the program and returns what it wrote to its standard output. An
// ExitError then has the beginning and end of standard error, if Stderr was nil.
func (c *Cmd) Output() ([]byte, error) {
	if c.Stdout != nil {
		return nil, errors.New("beagle: Stdout already set")
	}
	var out bytes.Buffer
	c.Stdout = &out
	var errOut *ends
	if c.Stderr == nil {
		errOut = &ends{}
		c.Stderr = errOut
	}
	err := c.Run()
	var ee *ExitError
	if errOut != nil && errors.As(err, &ee) {
		ee.Stderr = errOut.bytes()
	}
	return out.Bytes(), err
}

// CombinedOutput runs the program and returns its standard output and error
// together.
func (c *Cmd) CombinedOutput() ([]byte, error) {
	if c.Stdout != nil || c.Stderr != nil {
		return nil, errors.New("beagle: Stdout or Stderr already set")
	}
	var b bytes.Buffer
	c.Stdout, c.Stderr = &b, &b
	err := c.Run()
	return b.Bytes(), err
}
