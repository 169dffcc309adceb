// Package beagle runs macOS programs (Mach-O, x86-64 and arm64) on Linux, in
// this process: no Mac, no Apple file, no root.
//
// [Command] is shaped like os/exec's: a Mach-O program is one more *Cmd.
//
//	out, err := beagle.Command("./tool", "--version").Output()
//
// Each Cmd is a machine of its own: the program, whatever it forks and executes,
// and their files and time.
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

	"github.com/beagle-emu/beagle/hostfs"
)

// Cmd is a macOS program to be run. A Cmd runs once.
type Cmd struct {
	// Path is the program: a path as the guest sees it, relative to Dir.
	Path string
	// Args are the arguments, the program's name first.
	Args []string
	// Env is the environment, "K=V"; nil means this process's.
	Env []string
	// Dir is the working directory as the guest sees it; empty means this
	// process's, or / when Isolated.
	Dir string
	// Stdin, Stdout and Stderr are the first three descriptors; nil means
	// /dev/null. An *os.File is passed as it is, anything else through a pipe.
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Options say what world the program sees.
	Options

	// ProcessState is there once the program has ended.
	ProcessState *ProcessState

	ctx      context.Context
	machine  *machine
	done     chan error
	closers  []io.Closer
	parents  []io.Closer
	copies   sync.WaitGroup
	copyErr  error
	copyOnce sync.Mutex
	lookErr  error
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
	// the host's.
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
// is looked up in PATH.
func Command(name string, arg ...string) *Cmd {
	c := &Cmd{Path: name, Args: append([]string{name}, arg...)}
	if !strings.Contains(name, "/") {
		p, err := exec.LookPath(name)
		if p != "" && (err == nil || errors.Is(err, exec.ErrDot)) {
			c.Path = p
		} else if err != nil {
			c.lookErr = err
		}
	}
	return c
}

// CommandContext is Command with a context whose end kills the program.
func CommandContext(ctx context.Context, name string, arg ...string) *Cmd {
	c := Command(name, arg...)
	c.ctx = ctx
	return c
}

// Run starts the program and waits for its end. The error is an *ExitError when
// the program ran and did not end with status 0.
func (c *Cmd) Run() error {
	if err := c.Start(); err != nil {
		return err
	}
	return c.Wait()
}

// Start starts the program.
func (c *Cmd) Start() error {
	if c.lookErr != nil {
		return c.lookErr
	}
	if c.done != nil {
		return errors.New("beagle: already started")
	}
	if c.ctx != nil && c.ctx.Err() != nil {
		return c.ctx.Err()
	}
	std, err := c.descriptors()
	if err == nil {
		c.machine, err = newMachine(c, std)
	}
	if err != nil {
		c.closeAll()
		return err
	}
	c.done = make(chan error, 1)
	go func() {
		err := c.machine.run()
		for _, x := range c.closers {
			x.Close()
		}
		c.done <- err
	}()
	return nil
}

// Wait waits for the end of a started program and of the copying to and from
// its descriptors.
func (c *Cmd) Wait() error {
	if c.done == nil {
		return errors.New("beagle: not started")
	}
	var ended <-chan struct{}
	if c.ctx != nil {
		ended = c.ctx.Done()
	}
	var err error
	select {
	case err = <-c.done:
	case <-ended:
		c.machine.kill()
		err = <-c.done
		if err == nil {
			err = c.ctx.Err()
		}
	}
	c.ProcessState = c.machine.state()
	c.copies.Wait()
	for _, x := range c.parents {
		x.Close()
	}
	c.machine.close()
	if err != nil {
		return err
	}
	if !c.ProcessState.Success() {
		return &ExitError{ProcessState: c.ProcessState}
	}
	return c.copyErr
}

// Output runs the program and returns what it wrote to its standard output.
func (c *Cmd) Output() ([]byte, error) {
	if c.Stdout != nil {
		return nil, errors.New("beagle: Stdout already set")
	}
	var out, errOut bytes.Buffer
	c.Stdout = &out
	capture := c.Stderr == nil
	if capture {
		c.Stderr = &errOut
	}
	err := c.Run()
	var ee *ExitError
	if capture && errors.As(err, &ee) {
		ee.Stderr = errOut.Bytes()
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

// StdinPipe returns a pipe to the program's standard input.
func (c *Cmd) StdinPipe() (io.WriteCloser, error) {
	if c.Stdin != nil {
		return nil, errors.New("beagle: Stdin already set")
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.Stdin = r
	c.closers = append(c.closers, r)
	c.parents = append(c.parents, w)
	return w, nil
}

// StdoutPipe returns a pipe from the program's standard output; read it to its
// end before Wait.
func (c *Cmd) StdoutPipe() (io.ReadCloser, error) { return c.outPipe(&c.Stdout, "Stdout") }

// StderrPipe is the same for standard error.
func (c *Cmd) StderrPipe() (io.ReadCloser, error) { return c.outPipe(&c.Stderr, "Stderr") }

func (c *Cmd) outPipe(dst *io.Writer, name string) (io.ReadCloser, error) {
	if *dst != nil {
		return nil, fmt.Errorf("beagle: %s already set", name)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	*dst = w
	c.closers = append(c.closers, w)
	c.parents = append(c.parents, r)
	return r, nil
}

// descriptors makes host files of Stdin, Stdout and Stderr.
func (c *Cmd) descriptors() ([3]*os.File, error) {
	var std [3]*os.File
	null := func(flag int) (*os.File, error) {
		f, err := os.OpenFile(os.DevNull, flag, 0)
		if err == nil {
			c.closers = append(c.closers, f)
		}
		return f, err
	}
	var err error
	switch in := c.Stdin.(type) {
	case nil:
		std[0], err = null(os.O_RDONLY)
	case *os.File:
		std[0] = in
	default:
		var w *os.File
		if std[0], w, err = os.Pipe(); err == nil {
			c.closers = append(c.closers, std[0])
			// The copy may wait for a reader for ever, so nothing waits for it.
			go func() {
				io.Copy(w, in)
				w.Close()
			}()
		}
	}
	if err != nil {
		return std, err
	}
	for i, out := range []io.Writer{c.Stdout, c.Stderr} {
		switch out := out.(type) {
		case nil:
			std[i+1], err = null(os.O_WRONLY)
		case *os.File:
			std[i+1] = out
		default:
			if i == 1 && sameWriter(c.Stdout, c.Stderr) {
				std[2] = std[1]
				continue
			}
			var r *os.File
			if r, std[i+1], err = os.Pipe(); err == nil {
				c.closers = append(c.closers, std[i+1])
				c.copies.Add(1)
				go c.copyOut(out, r)
			}
		}
		if err != nil {
			return std, err
		}
	}
	return std, nil
}

func sameWriter(a, b io.Writer) bool {
	defer func() { _ = recover() }() // uncomparable dynamic types differ
	return a == b
}

func (c *Cmd) copyOut(w io.Writer, r *os.File) {
	defer c.copies.Done()
	defer r.Close()
	if _, err := io.Copy(w, r); err != nil {
		c.copyOnce.Lock()
		c.copyErr = err
		c.copyOnce.Unlock()
		io.Copy(io.Discard, r)
	}
}

func (c *Cmd) closeAll() {
	for _, x := range append(c.closers, c.parents...) {
		x.Close()
	}
}

// Kill ends the program and all it started, at once.
func (c *Cmd) Kill() {
	if c.machine != nil {
		c.machine.kill()
	}
}

// ProcessState says how a program ended.
type ProcessState struct {
	pid    int
	status int32
	crash  string
	// Missing counts the uses of what Beagle does not implement, by name.
	Missing map[string]int
}

// Pid is the guest's process id.
func (p *ProcessState) Pid() int { return p.pid }

// Exited reports whether the program called exit.
func (p *ProcessState) Exited() bool { return p.status&0x7f == 0 }

// ExitCode is the status given to exit, 0 to 255, or -1 when a signal ended the
// program.
func (p *ProcessState) ExitCode() int {
	if !p.Exited() {
		return -1
	}
	return int(p.status >> 8 & 0xff)
}

// Signal is the Darwin number of the signal that ended the program, or 0.
func (p *ProcessState) Signal() int {
	if p.Exited() {
		return 0
	}
	return int(p.status & 0x7f)
}

// Success reports exit status 0.
func (p *ProcessState) Success() bool { return p.status == 0 }

// Crash is one line about a signal that means a crash; empty otherwise.
func (p *ProcessState) Crash() string { return p.crash }

// String describes the end as os.ProcessState does.
func (p *ProcessState) String() string {
	if p.Exited() {
		return fmt.Sprintf("exit status %d", p.ExitCode())
	}
	if p.crash != "" {
		return "signal: " + p.crash
	}
	return "signal: " + signalName(p.Signal())
}

// ExitError is Run's error for a program that did not end with status 0.
type ExitError struct {
	*ProcessState
	// Stderr is what the program wrote to standard error, if Output ran it.
	Stderr []byte
}

func (e *ExitError) Error() string { return e.ProcessState.String() }

// parseMounts reads Options.Mounts.
func (o *Options) parseMounts() ([]hostfs.Mount, error) {
	var out []hostfs.Mount
	for _, s := range o.Mounts {
		m, err := hostfs.ParseMount(s)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}
