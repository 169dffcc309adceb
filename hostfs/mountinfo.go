package hostfs

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// hostMountInfo is one line of /proc/self/mountinfo (proc_pid_mountinfo(5)).
type hostMountInfo struct {
	id                 uint64
	point, typ, source string
}

func hostMounts() []hostMountInfo {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil // no names then, but figures
	}
	var list []hostMountInfo
	for line := range strings.SplitSeq(string(b), "\n") {
		head, tail, ok := strings.Cut(line, " - ")
		h, t := strings.Fields(head), strings.Fields(tail)
		if !ok || len(h) < 5 || len(t) < 2 {
			continue
		}
		id, err := strconv.ParseUint(h[0], 10, 64)
		if err != nil {
			continue
		}
		list = append(list, hostMountInfo{id, unescape(h[4]), t[0], unescape(t[1])})
	}
	return list
}

// unescape undoes the octal escapes of blanks and backslashes.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// nameMount says which of the host's mounts a descriptor is in.
func nameMount(fd int, s *Statfs) {
	var x unix.Statx_t
	if unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_MNT_ID, &x) != nil || x.Mask&unix.STATX_MNT_ID == 0 {
		return // before Linux 5.8
	}
	for _, m := range hostMounts() {
		if m.id == x.Mnt_id {
			s.name(m)
			return
		}
	}
}

func (s *Statfs) name(m hostMountInfo) {
	s.MountedOn, s.MountedFrom, s.TypeName = m.point, m.source, m.typ
	s.Flags &^= FSRoot
	if m.point == "/" {
		s.Flags |= FSRoot
	}
}

func (v *view) Mounts() ([]Statfs, error) {
	var list []Statfs
	for i, m := range v.mounts {
		if i == 0 && v.plain {
			list = append(list, v.hostMountList()...)
			continue
		}
		if m.target == "/" && m != v.root.m { // hidden by a mount over it
			continue
		}
		s, err := m.root.statfs(m)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// hostMountList leaves out what the user may not look at.
func (v *view) hostMountList() []Statfs {
	var list []Statfs
	at := map[string]int{}
	for _, m := range hostMounts() {
		var s unix.Statfs_t
		if unix.Statfs(m.point, &s) != nil {
			continue
		}
		r := hostStatfs(&s, nil)
		r.name(m)
		// Of several on one point the last is to be seen.
		if i, ok := at[m.point]; ok {
			list[i] = r
			continue
		}
		at[m.point] = len(list)
		list = append(list, r)
	}
	for i, s := range list {
		if s.MountedOn == "/" {
			copy(list[1:i+1], list[:i])
			list[0] = s
			return list
		}
	}
	// In a chroot the list may lack what holds the root.
	var s unix.Statfs_t
	if unix.Statfs("/", &s) == nil {
		r := hostStatfs(&s, nil)
		r.MountedOn, r.MountedFrom = "/", "rootfs"
		r.Flags |= FSRoot
		list = append([]Statfs{r}, list...)
	}
	return list
}
