package hostfs

import "golang.org/x/sys/unix"

func (v *view) Chmod(at At, mode uint32) error {
	if d, p, ok := v.fast(&at); ok && !at.NoFollow {
		if err := unix.Fchmodat(d, p, mode&0o7777, 0); err != unix.ENOENT {
			return err
		}
	}
	return v.change(at, func(o obj) error { return o.chmod(mode) })
}

func (v *view) Chown(at At, uid, gid int) error {
	if d, p, ok := v.fast(&at); ok {
		if err := unix.Fchownat(d, p, uid, gid, nofollow(&at)); err != unix.ENOENT {
			return err
		}
	}
	return v.change(at, func(o obj) error { return o.chown(uid, gid) })
}

func (v *view) Utimes(at At, atime, mtime unix.Timespec) error {
	if d, p, ok := v.fast(&at); ok {
		if err := utimesAt(d, p, atime, mtime, nofollow(&at)); err != unix.ENOENT {
			return err
		}
	}
	return v.change(at, func(o obj) error { return o.utimes(atime, mtime) })
}

func (v *view) Truncate(at At, n int64) error {
	if d, p, ok := v.fast(&at); ok && d == unix.AT_FDCWD && !at.NoFollow {
		if err := unix.Truncate(p, n); err != unix.ENOENT {
			return err
		}
	}
	return v.change(at, func(o obj) error { return o.truncate(n) })
}

func (v *view) Statfs(at At) (s Statfs, err error) {
	err = v.on(at, func(n node) error {
		if s, err = n.o.statfs(n.m); err == nil {
			if h, ok := n.o.(*hostObj); ok && v.plain && n.m == v.mounts[0] {
				nameMount(h.fd, &s)
			}
		}
		return err
	})
	return s, err
}

// xattr gives the host's path form of the calls, where there is one.
func (v *view) xattr(at *At) (hostXattr, bool) {
	d, p, ok := v.fast(at)
	return xattrPath(p, !at.NoFollow), ok && d == unix.AT_FDCWD
}

func (v *view) Getxattr(at At, name string, buf []byte) (n int, err error) {
	if x, ok := v.xattr(&at); ok {
		if n, err = x.Get(name, buf); err != unix.ENOENT {
			return n, err
		}
	}
	err = v.on(at, func(f node) error {
		n, err = f.o.getxattr(name, buf)
		return err
	})
	return n, err
}

func (v *view) Setxattr(at At, name string, val []byte, flags int) error {
	if x, ok := v.xattr(&at); ok {
		if err := x.Set(name, val, flags); err != unix.ENOENT {
			return err
		}
	}
	return v.change(at, func(o obj) error { return o.setxattr(name, val, flags) })
}

func (v *view) Listxattr(at At) (names []string, err error) {
	if x, ok := v.xattr(&at); ok {
		if names, err = x.List(); err != unix.ENOENT {
			return names, err
		}
	}
	err = v.on(at, func(n node) error {
		names, err = n.o.listxattr()
		return err
	})
	return names, err
}

func (v *view) Removexattr(at At, name string) error {
	if x, ok := v.xattr(&at); ok {
		if err := x.Remove(name); err != unix.ENOENT {
			return err
		}
	}
	return v.change(at, func(o obj) error { return o.removexattr(name) })
}

func (v *view) HostPath(at At) (string, bool) {
	if !v.plain {
		return "", false
	}
	p, err := v.walk(at, !at.NoFollow)
	if err != nil {
		return "", false
	}
	defer p.done()
	if p.found() {
		s := p.node.o.hostPath()
		return s, s != ""
	}
	dir := p.dir.o.hostPath()
	switch {
	case dir == "":
		return "", false
	case dir == "/":
		return dir + p.name, true
	}
	return dir + "/" + p.name, true
}
