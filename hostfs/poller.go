package hostfs

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// relayed are the signals that come as Events. Not the ones that a fault
// raises, nor SIGPIPE (EPIPE says it), nor SIGURG (the Go runtime's own).
var relayed = [...]os.Signal{
	unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGWINCH, unix.SIGTSTP, unix.SIGTTIN,
	unix.SIGTTOU, unix.SIGCONT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGALRM, unix.SIGIO,
}

// poller is epoll, an eventfd for what happens inside Beagle, and goroutines
// that bring signals.
type poller struct {
	epfd, wake int

	watchMu sync.Mutex
	watches map[int]*watch
	always  map[int]*watch // what epoll refuses
	// epoll reports a descriptor only once per Wait, so buf bounds one round.
	buf [64]unix.EpollEvent
	// noPwait2: the host has no epoll_pwait2 (before Linux 5.11).
	noPwait2 bool

	mu      sync.Mutex
	signals []unix.Signal
	kids    []*ChildExit
	posts   []func()
	nudged  bool // Wake was called
	closed  bool

	sigs chan os.Signal
	chld chan os.Signal
	done chan struct{}
	wg   sync.WaitGroup
}

type watch struct {
	fd    int
	ev    Events
	token uint64
}

func newPoller(noSignals bool, reap func() []*ChildExit) (*poller, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(epfd)
		return nil, err
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(wake)}
	if err := unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, wake, &ev); err != nil {
		unix.Close(epfd)
		unix.Close(wake)
		return nil, err
	}
	p := &poller{
		epfd: epfd, wake: wake, watches: map[int]*watch{}, always: map[int]*watch{},
		sigs: make(chan os.Signal, 128), done: make(chan struct{}),
		// One is enough, and never lost behind others: reap looks at everyone.
		chld: make(chan os.Signal, 1),
	}
	if !noSignals {
		for _, s := range relayed {
			// What Beagle was started with ignored (nohup) stays so.
			if !signal.Ignored(s) {
				signal.Notify(p.sigs, s)
			}
		}
	}
	if reap != nil {
		signal.Notify(p.chld, unix.SIGCHLD)
	}
	p.wg.Add(1)
	go p.relay(reap)
	return p, nil
}

func (p *poller) relay(reap func() []*ChildExit) {
	defer p.wg.Done()
	for {
		select {
		case <-p.done:
			return
		case <-p.chld:
			p.children(reap())
		case s := <-p.sigs:
			n, ok := s.(syscall.Signal)
			if !ok {
				continue
			}
			p.mu.Lock()
			// A signal is pending once or not at all; this also bounds the list.
			known := false
			for _, old := range p.signals {
				known = known || old == n
			}
			if !known {
				p.signals = append(p.signals, n)
			}
			p.mu.Unlock()
			p.kick()
		}
	}
}

func (p *poller) children(kids []*ChildExit) {
	if len(kids) == 0 {
		return
	}
	p.mu.Lock()
	p.kids = append(p.kids, kids...)
	p.mu.Unlock()
	p.kick()
}

func (p *poller) kick() {
	one := [8]byte{1}
	if hostBigEndian {
		one = [8]byte{7: 1}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		// EAGAIN: the counter is full, so the poller wakes up anyway.
		_, _ = unix.Write(p.wake, one[:])
	}
}

func (p *poller) Wake() {
	p.mu.Lock()
	p.nudged = true
	p.mu.Unlock()
	p.kick()
}

func (p *poller) Post(done func()) {
	if done == nil {
		return
	}
	p.mu.Lock()
	p.posts = append(p.posts, done)
	p.mu.Unlock()
	p.kick()
}

func (p *poller) Watch(fd int, ev Events, token uint64) error {
	if fd < 0 {
		return unix.EBADF
	}
	p.watchMu.Lock()
	defer p.watchMu.Unlock()
	ev &= In | Out | Err | Hup | Pri | RdHup | Edge
	if ev == 0 {
		_, known := p.watches[fd]
		delete(p.watches, fd)
		delete(p.always, fd)
		if !known {
			return nil
		}
		err := unix.EpollCtl(p.epfd, unix.EPOLL_CTL_DEL, fd, nil)
		if err == unix.ENOENT || err == unix.EBADF { // closed before, which removed it
			return nil
		}
		return err
	}
	w := &watch{fd: fd, ev: ev, token: token}
	delete(p.always, fd)
	e := unix.EpollEvent{Events: toEpoll(ev), Fd: int32(fd)}
	if ev&Edge != 0 {
		e.Events |= unix.EPOLLET
	}
	op, other := unix.EPOLL_CTL_ADD, unix.EPOLL_CTL_MOD
	if _, known := p.watches[fd]; known {
		op, other = other, op
	}
	err := unix.EpollCtl(p.epfd, op, fd, &e)
	if err == unix.ENOENT || err == unix.EEXIST {
		err = unix.EpollCtl(p.epfd, other, fd, &e)
	}
	switch err {
	case nil:
		p.watches[fd] = w
	case unix.EPERM:
		delete(p.watches, fd)
		p.always[fd] = w
	default:
		delete(p.watches, fd)
		return err
	}
	return nil
}

func toEpoll(ev Events) uint32 {
	var e uint32
	for _, b := range eventBits {
		if ev&b.ours != 0 {
			e |= b.epoll
		}
	}
	return e
}

// The numbers of epoll and poll are the same for these.
var eventBits = [...]struct {
	ours  Events
	epoll uint32
}{
	{In, unix.EPOLLIN}, {Out, unix.EPOLLOUT}, {Err, unix.EPOLLERR}, {Hup, unix.EPOLLHUP}, {Pri, unix.EPOLLPRI},
	{RdHup, unix.EPOLLRDHUP}, {Invalid, unix.POLLNVAL},
}

func fromEpoll(e uint32) Events {
	var ev Events
	for _, b := range eventBits {
		if e&b.epoll != 0 {
			ev |= b.ours
		}
	}
	return ev
}

func (p *poller) Wait(timeout time.Duration, out []Event) (int, error) {
	if len(out) == 0 {
		return 0, unix.EINVAL
	}
	var deadline time.Time
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	for {
		n, nudged := p.inner(out)
		n = p.constant(out, n)
		left := timeout
		switch {
		case n == len(out):
			return n, nil
		case n > 0 || nudged:
			left = 0
		case timeout > 0:
			left = max(0, time.Until(deadline))
		}
		got, kicked, err := p.epoll(left, out[n:])
		if err != nil {
			return n, err
		}
		n += got
		if kicked && n == 0 {
			// The kick may have been for what inner gave out already.
			var late bool
			n, late = p.inner(out)
			nudged = nudged || late
		}
		if n > 0 || nudged || timeout == 0 || timeout > 0 && !time.Now().Before(deadline) {
			return n, nil
		}
	}
}

// inner gives out signals, children and posts.
func (p *poller) inner(out []Event) (n int, nudged bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n < len(out) && len(p.signals) > 0 {
		out[n] = Event{Signal: p.signals[0]}
		p.signals = p.signals[1:]
		n++
	}
	for n < len(out) && len(p.kids) > 0 {
		out[n] = Event{Child: p.kids[0]}
		p.kids = p.kids[1:]
		n++
	}
	for n < len(out) && len(p.posts) > 0 {
		out[n] = Event{Done: p.posts[0]}
		p.posts = p.posts[1:]
		n++
	}
	nudged = p.nudged
	p.nudged = false
	return n, nudged
}

// constant gives out what is ready at all times.
func (p *poller) constant(out []Event, n int) int {
	p.watchMu.Lock()
	defer p.watchMu.Unlock()
	for fd, w := range p.always {
		if ev := w.ev & (In | Out); ev != 0 && n < len(out) {
			out[n] = Event{Token: w.token, Ev: ev}
			n++
			if w.ev&Edge != 0 {
				delete(p.always, fd)
			}
		}
	}
	return n
}

func (p *poller) epoll(timeout time.Duration, out []Event) (n int, kicked bool, err error) {
	// Not one more than out holds: an edge that was taken from epoll and not
	// handed on would be lost.
	buf := p.buf[:min(len(p.buf), len(out))]
	got, err := p.epollWait(buf, timeout)
	if err != nil {
		if err == unix.EINTR {
			err = nil
		}
		return 0, false, err
	}
	p.watchMu.Lock()
	defer p.watchMu.Unlock()
	for _, e := range buf[:got] {
		if int(e.Fd) == p.wake {
			var b [8]byte
			_, _ = unix.Read(p.wake, b[:]) // EAGAIN: another kick's reader was first
			kicked = true
			continue
		}
		if w := p.watches[int(e.Fd)]; w != nil && n < len(out) {
			out[n] = Event{Token: w.token, Ev: fromEpoll(e.Events)}
			n++
		}
	}
	return n, kicked, nil
}

func (p *poller) Poll1(fd int, ev Events) Events {
	pf := []unix.PollFd{{Fd: int32(fd), Events: int16(toEpoll(ev & (In | Out | Pri | RdHup)))}}
	if fd < 0 {
		return Invalid
	}
	n, err := again(func() (int, error) { return unix.Poll(pf, 0) })
	if err != nil || n == 0 {
		return 0
	}
	return fromEpoll(uint32(uint16(pf[0].Revents)))
}

func (p *poller) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return unix.EBADF
	}
	p.closed = true
	p.mu.Unlock()
	signal.Stop(p.sigs)
	signal.Stop(p.chld)
	close(p.done)
	p.wg.Wait()
	unix.Close(p.wake)
	return unix.Close(p.epfd)
}
