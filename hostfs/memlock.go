package hostfs

import (
	"math"
	"slices"

	"golang.org/x/sys/unix"
)

// lockTable has the locks of one inode in memory.
type lockTable struct {
	flocks map[*memDesc]int // unix.LOCK_SH or LOCK_EX
	ranges []lockRange
}

// lockRange is a lock of bytes from to to, both inclusive.
type lockRange struct {
	owner    *memDesc
	from, to int64
	typ      int16 // unix.F_RDLCK or F_WRLCK
}

// maxRanges bounds what a guest can make the table hold.
const maxRanges = 1 << 16

func (t *lockTable) release(d *memDesc) {
	delete(t.flocks, d)
	t.cut(d, 0, math.MaxInt64)
}

func (t *lockTable) flock(d *memDesc, op int) error {
	switch op {
	case unix.LOCK_UN:
		delete(t.flocks, d)
		return nil
	case unix.LOCK_SH, unix.LOCK_EX:
	default:
		return unix.EINVAL
	}
	for other, mode := range t.flocks {
		if other != d && (mode == unix.LOCK_EX || op == unix.LOCK_EX) {
			return unix.EAGAIN
		}
	}
	if t.flocks == nil {
		t.flocks = map[*memDesc]int{}
	}
	t.flocks[d] = op
	return nil
}

// record is F_OFD_SETLK and F_OFD_GETLK; base is what l.Start is relative to.
func (t *lockTable) record(d *memDesc, l *unix.Flock_t, base int64, cmd int) error {
	from := base + l.Start
	if l.Start > 0 && from < base {
		return unix.EOVERFLOW
	}
	to := int64(math.MaxInt64)
	switch {
	case l.Len > 0:
		if to = from + l.Len - 1; to < from {
			return unix.EOVERFLOW
		}
	case l.Len < 0: // the bytes before
		from, to = from+l.Len, from-1
	}
	if from < 0 || to < from {
		return unix.EINVAL
	}
	switch l.Type {
	case unix.F_RDLCK, unix.F_WRLCK:
	case unix.F_UNLCK:
		if cmd == unix.F_OFD_GETLK {
			return unix.EINVAL
		}
		if len(t.ranges) >= maxRanges {
			return unix.ENOLCK
		}
		t.cut(d, from, to)
		return nil
	default:
		return unix.EINVAL
	}
	for _, r := range t.ranges {
		if r.owner == d || r.from > to || from > r.to || r.typ == unix.F_RDLCK && l.Type == unix.F_RDLCK {
			continue
		}
		if cmd == unix.F_OFD_SETLK {
			return unix.EAGAIN
		}
		l.Type, l.Whence, l.Start, l.Pid = r.typ, unix.SEEK_SET, r.from, -1
		l.Len = 0
		if r.to != math.MaxInt64 {
			l.Len = r.to - r.from + 1
		}
		return nil
	}
	switch cmd {
	case unix.F_OFD_GETLK:
		l.Type = unix.F_UNLCK
		return nil
	case unix.F_OFD_SETLK:
	default:
		return unix.EINVAL
	}
	if len(t.ranges) >= maxRanges-2 {
		return unix.ENOLCK
	}
	t.cut(d, from, to)
	t.join(lockRange{d, from, to, l.Type})
	return nil
}

// cut takes a range out of the locks of one description.
func (t *lockTable) cut(d *memDesc, from, to int64) {
	if !slices.ContainsFunc(t.ranges, func(r lockRange) bool { return r.owner == d && r.from <= to && from <= r.to }) {
		return
	}
	var list []lockRange
	for _, r := range t.ranges {
		if r.owner != d || r.from > to || from > r.to {
			list = append(list, r)
			continue
		}
		if r.from < from {
			list = append(list, lockRange{d, r.from, from - 1, r.typ})
		}
		if r.to > to {
			list = append(list, lockRange{d, to + 1, r.to, r.typ})
		}
	}
	t.ranges = list
}

// join adds a range, in one with neighbours of the same owner and type.
func (t *lockTable) join(n lockRange) {
	list := t.ranges[:0]
	for _, r := range t.ranges {
		same := r.owner == n.owner && r.typ == n.typ
		switch {
		case same && r.to != math.MaxInt64 && r.to+1 == n.from:
			n.from = r.from
		case same && n.to != math.MaxInt64 && n.to+1 == r.from:
			n.to = r.to
		default:
			list = append(list, r)
		}
	}
	t.ranges = append(list, n)
}
