package beagle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// files are the host files between a Cmd and its program.
type files struct {
	guest  []io.Closer // given to the program: closed when it ends
	ours   []io.Closer // our ends of its pipes: closed by Wait
	copies []func() error
	errs   chan error

	mu     sync.Mutex
	closed bool
}

// pipe makes a pipe of which one end is for the program: that one blocks, as a
// program expects of its standard descriptors; ours does not, so that closing
// it ends a copy that waits.
func pipe(guestReads bool) (guest, ours *os.File, err error) {
	var fd [2]int
	if err := unix.Pipe2(fd[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
	g, o := 1, 0
	if guestReads {
		g, o = 0, 1
	}
	if err := unix.SetNonblock(fd[o], true); err != nil {
		unix.Close(fd[0])
		unix.Close(fd[1])
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd[g]), "|guest"), os.NewFile(uintptr(fd[o]), "|host"), nil
}

// StdinPipe returns a pipe to the program's standard input. Closing it is how the
// program sees the end of its input; Wait closes it too.
func (c *Cmd) StdinPipe() (io.WriteCloser, error) {
	if c.Stdin != nil {
		return nil, errors.New("beagle: Stdin already set")
	}
	g, o, err := c.pipe(true)
	if err != nil {
		return nil, err
	}
	c.Stdin = g
	return o, nil
}

// StdoutPipe returns a pipe from the program's standard output. Wait closes it,
// so read to its end before Wait.
func (c *Cmd) StdoutPipe() (io.ReadCloser, error) { return c.outPipe(&c.Stdout, "Stdout") }

// StderrPipe is the same for standard error.
func (c *Cmd) StderrPipe() (io.ReadCloser, error) { return c.outPipe(&c.Stderr, "Stderr") }

func (c *Cmd) outPipe(dst *io.Writer, name string) (io.ReadCloser, error) {
	if *dst != nil {
		return nil, fmt.Errorf("beagle: %s already set", name)
	}
	g, o, err := c.pipe(false)
	if err != nil {
		return nil, err
	}
	*dst = g
	return o, nil
}

func (c *Cmd) pipe(guestReads bool) (guest, ours *os.File, err error) {
	if c.machine != nil {
		return nil, nil, errors.New("beagle: already started")
	}
	if c.files == nil {
		c.files = &files{}
	}
	return c.files.pipe(guestReads)
}

func (f *files) pipe(guestReads bool) (guest, ours *os.File, err error) {
	if guest, ours, err = pipe(guestReads); err == nil {
		f.guest = append(f.guest, guest)
		f.ours = append(f.ours, ours)
	}
	return
}

// open makes host files of Stdin, Stdout and Stderr. Nothing is copied yet.
func (f *files) open(c *Cmd) (std [3]*os.File, err error) {
	null := func(flag int) (*os.File, error) {
		n, err := os.OpenFile(os.DevNull, flag, 0)
		if err == nil {
			f.guest = append(f.guest, n)
		}
		return n, err
	}
	switch in := c.Stdin.(type) {
	case nil:
		std[0], err = null(os.O_RDONLY)
	case *os.File:
		std[0] = in
	default:
		var w *os.File
		if std[0], w, err = f.pipe(true); err == nil {
			f.copies = append(f.copies, func() error {
				_, err := io.Copy(w, in)
				if errors.Is(err, unix.EPIPE) || errors.Is(err, os.ErrClosed) {
					err = nil // the program did not want it all
				}
				if cerr := w.Close(); err == nil && !errors.Is(cerr, os.ErrClosed) {
					err = cerr
				}
				return err
			})
		}
	}
	for i, out := range []io.Writer{c.Stdout, c.Stderr} {
		if err != nil {
			return std, err
		}
		if i == 1 && out != nil && same(c.Stdout, out) {
			std[2] = std[1]
			break
		}
		switch out := out.(type) {
		case nil:
			std[i+1], err = null(os.O_WRONLY)
		case *os.File:
			std[i+1] = out
		default:
			var r *os.File
			if std[i+1], r, err = f.pipe(false); err == nil {
				f.copies = append(f.copies, func() error {
					_, err := io.Copy(out, r)
					// Now a program that goes on writing gets SIGPIPE.
					r.Close()
					if errors.Is(err, os.ErrClosed) {
						err = nil
					}
					return err
				})
			}
		}
	}
	return std, err
}

// same compares writers; those of types that cannot be compared differ.
func same(a, b io.Writer) bool {
	defer func() { _ = recover() }()
	return a == b
}

// copy starts the goroutines.
func (f *files) copy() {
	f.errs = make(chan error, len(f.copies))
	for _, g := range f.copies {
		go func() { f.errs <- g() }()
	}
}

// wait waits for the copying, no longer than delay if it is not 0.
func (f *files) wait(delay time.Duration) error {
	var timeout <-chan time.Time
	if delay > 0 {
		t := time.NewTimer(delay)
		defer t.Stop()
		timeout = t.C
	}
	var first error
	for range f.copies {
		select {
		case err := <-f.errs:
			if first == nil {
				first = err
			}
		case <-timeout:
			// Closing our ends makes the copies return, unless one hangs in a
			// Reader or Writer of the caller's.
			f.closeOurs()
			if first == nil {
				first = exec.ErrWaitDelay
			}
			return first
		}
	}
	return first
}

func (f *files) closeGuest() {
	for _, x := range f.guest {
		x.Close()
	}
	f.guest = nil
}

func (f *files) closeOurs() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		for _, x := range f.ours {
			x.Close()
		}
	}
}

// endSize is how much of standard error's beginning and end Output keeps.
const endSize = 32 << 10

// ends is a writer that keeps the beginning and the end of what is written.
type ends struct {
	head, tail []byte
	skipped    int64
}

func (e *ends) Write(p []byte) (int, error) {
	n := len(p)
	k := min(endSize-len(e.head), len(p))
	e.head = append(e.head, p[:k]...)
	p = p[k:]
	if over := len(p) - endSize; over > 0 {
		e.skipped += int64(over)
		p = p[over:]
	}
	if over := len(e.tail) + len(p) - endSize; over > 0 {
		e.skipped += int64(over)
		e.tail = append(e.tail[:0], e.tail[over:]...)
	}
	e.tail = append(e.tail, p...)
	return n, nil
}

func (e *ends) bytes() []byte {
	var b bytes.Buffer
	b.Write(e.head)
	if e.skipped > 0 {
		fmt.Fprintf(&b, "\n... %d bytes left out ...\n", e.skipped)
	}
	b.Write(e.tail)
	return b.Bytes()
}
