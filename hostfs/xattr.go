package hostfs

import (
	"strings"

	"golang.org/x/sys/unix"
)

// Linux lets ordinary programs have attributes in the name space "user." only,
// so that is where all of the guest's are.
const xattrSpace = "user."

const (
	xattrNameMax = 127     // XATTR_MAXNAMELEN of Darwin's sys/xattr.h
	xattrSizeMax = 1 << 16 // XATTR_SIZE_MAX of Linux
)

func checkXattrName(name string) error {
	switch {
	case name == "":
		return unix.EINVAL
	case len(name) > xattrNameMax:
		return unix.ENAMETOOLONG
	case strings.IndexByte(name, 0) >= 0:
		return unix.EINVAL
	}
	return nil
}

func checkXattrSet(name string, val []byte, flags int) error {
	if err := checkXattrName(name); err != nil {
		return err
	}
	if flags&^(XattrCreate|XattrReplace) != 0 || flags == XattrCreate|XattrReplace {
		return unix.EINVAL
	}
	if len(val) > xattrSizeMax {
		return unix.E2BIG
	}
	return nil
}

// hostXattr has the four calls on one thing of the host, by descriptor or by
// path.
type hostXattr struct {
	get  func(name string, buf []byte) (int, error)
	set  func(name string, val []byte, flags int) error
	list func(buf []byte) (int, error)
	rm   func(name string) error
}

func xattrFD(fd int) hostXattr {
	return hostXattr{
		get:  func(n string, b []byte) (int, error) { return unix.Fgetxattr(fd, n, b) },
		set:  func(n string, v []byte, fl int) error { return unix.Fsetxattr(fd, n, v, fl) },
		list: func(b []byte) (int, error) { return unix.Flistxattr(fd, b) },
		rm:   func(n string) error { return unix.Fremovexattr(fd, n) },
	}
}

func xattrPath(path string, follow bool) hostXattr {
	if follow {
		return hostXattr{
			get:  func(n string, b []byte) (int, error) { return unix.Getxattr(path, n, b) },
			set:  func(n string, v []byte, fl int) error { return unix.Setxattr(path, n, v, fl) },
			list: func(b []byte) (int, error) { return unix.Listxattr(path, b) },
			rm:   func(n string) error { return unix.Removexattr(path, n) },
		}
	}
	return hostXattr{
		get:  func(n string, b []byte) (int, error) { return unix.Lgetxattr(path, n, b) },
		set:  func(n string, v []byte, fl int) error { return unix.Lsetxattr(path, n, v, fl) },
		list: func(b []byte) (int, error) { return unix.Llistxattr(path, b) },
		rm:   func(n string) error { return unix.Lremovexattr(path, n) },
	}
}

func (x hostXattr) Get(name string, buf []byte) (int, error) {
	if err := checkXattrName(name); err != nil {
		return 0, err
	}
	return count(x.get(xattrSpace+name, buf))
}

func (x hostXattr) Set(name string, val []byte, flags int) error {
	if err := checkXattrSet(name, val, flags); err != nil {
		return err
	}
	return x.set(xattrSpace+name, val, flags)
}

func (x hostXattr) Remove(name string) error {
	if err := checkXattrName(name); err != nil {
		return err
	}
	return x.rm(xattrSpace + name)
}

func (x hostXattr) List() ([]string, error) {
	buf := make([]byte, 1024)
	for {
		n, err := x.list(buf)
		if err == unix.ERANGE && len(buf) < 1<<20 {
			buf = make([]byte, 4*len(buf))
			continue
		}
		if err != nil {
			return nil, err
		}
		var names []string
		for s := range strings.SplitSeq(string(buf[:n]), "\x00") {
			if ours, ok := strings.CutPrefix(s, xattrSpace); ok && ours != "" {
				names = append(names, ours)
			}
		}
		return names, nil
	}
}

func (f *hostFile) Getxattr(name string, buf []byte) (int, error) {
	if f.FD() < 0 {
		return 0, unix.EBADF
	}
	return xattrFD(f.FD()).Get(name, buf)
}

func (f *hostFile) Setxattr(name string, val []byte, flags int) error {
	if err := f.change(); err != nil {
		return err
	}
	return xattrFD(f.FD()).Set(name, val, flags)
}

func (f *hostFile) Listxattr() ([]string, error) {
	if f.FD() < 0 {
		return nil, unix.EBADF
	}
	return xattrFD(f.FD()).List()
}

func (f *hostFile) Removexattr(name string) error {
	if err := f.change(); err != nil {
		return err
	}
	return xattrFD(f.FD()).Remove(name)
}
