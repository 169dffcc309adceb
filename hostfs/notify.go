package hostfs

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Change is what happened to a watched file.
type Change uint8

// The changes.
const (
	ChangeDelete Change = 1 << iota
	ChangeWrite         // contents, or a directory's entries
	ChangeExtend
	ChangeAttrib
	ChangeLink // the number of names
	ChangeRename
)

// notifier is one inotify instance and who wants to know.
type notifier struct {
	mu   sync.Mutex
	f    *os.File // non-blocking, so that close ends a read
	fd   int
	subs map[int32]map[int]func(Change)
	next int
	post func(func())
}

// WatchFile calls changed, by way of the Poller, after each change of the file,
// until cancel is called. Files in memory are EOPNOTSUPP.
func (h *host) WatchFile(f File, changed func(Change)) (cancel func(), err error) {
	if f.FD() < 0 {
		return nil, unix.EOPNOTSUPP
	}
	h.notifyOnce.Do(func() { h.notify, h.notifyErr = newNotifier(h.poller.Post) })
	if h.notifyErr != nil {
		return nil, h.notifyErr
	}
	return h.notify.add(f.FD(), changed)
}

func newNotifier(post func(func())) (*notifier, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	n := &notifier{f: os.NewFile(uintptr(fd), "inotify"), fd: fd, subs: map[int32]map[int]func(Change){}, post: post}
	go n.read()
	return n, nil
}

func (n *notifier) add(fd int, changed func(Change)) (func(), error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	// The descriptor names the inode itself, whatever its path is by now.
	wd, err := unix.InotifyAddWatch(n.fd, fmt.Sprintf("/proc/self/fd/%d", fd), unix.IN_MODIFY|unix.IN_ATTRIB|
		unix.IN_DELETE_SELF|unix.IN_MOVE_SELF|unix.IN_CREATE|unix.IN_DELETE|unix.IN_MOVED_FROM|unix.IN_MOVED_TO)
	if err != nil {
		return nil, err
	}
	w := int32(wd)
	if n.subs[w] == nil {
		n.subs[w] = map[int]func(Change){}
	}
	n.next++
	id := n.next
	n.subs[w][id] = changed
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.subs[w], id)
		if len(n.subs[w]) == 0 {
			delete(n.subs, w)
			_, _ = unix.InotifyRmWatch(n.fd, uint32(w))
		}
	}, nil
}

func (n *notifier) read() {
	buf := make([]byte, 64<<10)
	for {
		k, err := n.f.Read(buf)
		if err != nil || k <= 0 {
			return
		}
		for b := buf[:k]; len(b) >= unix.SizeofInotifyEvent; {
			ev := (*unix.InotifyEvent)(unsafe.Pointer(&b[0]))
			n.tell(ev.Wd, changeOf(ev.Mask))
			b = b[unix.SizeofInotifyEvent+int(ev.Len):]
		}
	}
}

func changeOf(mask uint32) Change {
	var c Change
	if mask&(unix.IN_MODIFY|unix.IN_CREATE|unix.IN_DELETE|unix.IN_MOVED_FROM|unix.IN_MOVED_TO) != 0 {
		c |= ChangeWrite
	}
	if mask&unix.IN_MODIFY != 0 {
		c |= ChangeExtend
	}
	if mask&unix.IN_ATTRIB != 0 {
		// inotify says the same of attributes and of the number of links; an
		// unlinked file that is still open shows so too.
		c |= ChangeAttrib | ChangeLink
	}
	if mask&unix.IN_DELETE_SELF != 0 {
		c |= ChangeDelete
	}
	if mask&unix.IN_MOVE_SELF != 0 {
		c |= ChangeRename
	}
	return c
}

func (n *notifier) tell(wd int32, c Change) {
	if c == 0 {
		return
	}
	n.mu.Lock()
	var fs []func(Change)
	for _, f := range n.subs[wd] {
		fs = append(fs, f)
	}
	n.mu.Unlock()
	for _, f := range fs {
		n.post(func() { f(c) })
	}
}

func (n *notifier) close() { n.f.Close() }
