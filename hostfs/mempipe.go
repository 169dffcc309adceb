package hostfs

import (
	"golang.org/x/sys/unix"
)

// memPipe gives a FIFO of a MemFS a host pipe, so that it can be polled and
// handed on. Opening a pipe again through /proc is like opening a FIFO, and a
// descriptor with O_PATH keeps the pipe in being without counting as an end.
type memPipe struct {
	path             int
	readers, writers int
}

func newMemPipe() (*memPipe, error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	fd, err := openAgain(p[0], unix.O_PATH)
	if err != nil {
		return nil, err
	}
	return &memPipe{path: fd}, nil
}

func (p *memPipe) close() { unix.Close(p.path) }

// fifoFile is an open FIFO of a MemFS: the host's pipe, the tree's attributes.
type fifoFile struct {
	*hostFile
	o memObj
	m *mount
}

// openFIFO opens one end. Held: fs.mu.
func (o memObj) openFIFO(flags int) (File, error) {
	if o.in.fifo == nil {
		p, err := newMemPipe()
		if err != nil {
			return nil, err
		}
		o.in.fifo = p
	}
	pipe := o.in.fifo
	mode := flags & O_ACCMODE
	if mode == O_WRONLY && pipe.readers == 0 {
		return nil, unix.ENXIO
	}
	fd, err := openAgain(pipe.path, mode|unix.O_NONBLOCK)
	if err != nil {
		return nil, err
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, 0); err != nil {
		unix.Close(fd)
		return nil, err
	}
	h := newHostFile(fd, unix.S_IFIFO, flags)
	return o.fifoEnd(h, pipe), nil
}

// fifoEnd counts one more description's end. Held: fs.mu.
func (o memObj) fifoEnd(h *hostFile, pipe *memPipe) *fifoFile {
	mode := h.Flags() & O_ACCMODE
	o.in.opens++
	if mode != O_WRONLY {
		pipe.readers++
	}
	if mode != O_RDONLY {
		pipe.writers++
	}
	h.onClose = func() {
		defer o.lock()()
		if mode != O_WRONLY {
			pipe.readers--
		}
		if mode != O_RDONLY {
			pipe.writers--
		}
		o.in.opens--
		if o.in.opens == 0 && o.fs.nodes[o.in.ino] != o.in && o.in.fifo == pipe {
			pipe.close()
			o.in.fifo = nil
		}
		o.fs.drop(o.in)
	}
	return &fifoFile{hostFile: h, o: o}
}

func (f *fifoFile) Dup() (File, error) {
	h, err := f.hostFile.dup()
	if err != nil {
		return nil, err
	}
	defer f.o.lock()()
	g := f.o.fifoEnd(h, f.o.in.fifo)
	g.m = f.m
	return g, nil
}

func (f *fifoFile) ReadOnly() bool { return f.m != nil && f.m.ro }

func (f *fifoFile) change() error {
	if f.FD() < 0 {
		return unix.EBADF
	}
	if f.ReadOnly() {
		return unix.EROFS
	}
	return nil
}

func (f *fifoFile) Stat() (Stat, error) {
	if f.FD() < 0 {
		return Stat{}, unix.EBADF
	}
	return f.o.stat()
}

func (f *fifoFile) Statfs() (Statfs, error) { return f.o.statfs(f.m) }

func (f *fifoFile) Chmod(mode uint32) error {
	if err := f.change(); err != nil {
		return err
	}
	return f.o.chmod(mode)
}

func (f *fifoFile) Chown(uid, gid int) error {
	if err := f.change(); err != nil {
		return err
	}
	return f.o.chown(uid, gid)
}

func (f *fifoFile) Utimes(atime, mtime unix.Timespec) error {
	if err := f.change(); err != nil {
		return err
	}
	return f.o.utimes(atime, mtime)
}

func (f *fifoFile) Getxattr(name string, buf []byte) (int, error) { return f.o.getxattr(name, buf) }
func (f *fifoFile) Listxattr() ([]string, error)                  { return f.o.listxattr() }

func (f *fifoFile) Setxattr(name string, val []byte, flags int) error {
	if err := f.change(); err != nil {
		return err
	}
	return f.o.setxattr(name, val, flags)
}

func (f *fifoFile) Removexattr(name string) error {
	if err := f.change(); err != nil {
		return err
	}
	return f.o.removexattr(name)
}

func (f *fifoFile) Path() string {
	defer f.o.lock()()
	return f.o.fs.path(f.o.in)
}
