package bsd

import (
	"slices"
	"strings"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// sysctl and sysctlbyname, after bsd/kern/kern_newsysctl.c. The tree is the table
// of sysctl_table.go.

func sysctlRows() []kern.Row {
	return []kern.Row{
		kern.Sys(202, "sysctl", kern.RetInt, kern.Partial, sysctl, "names outside the table are ENOENT and noted"),
		kern.Sys(274, "sysctlbyname", kern.RetInt, kern.Partial, sysctlByName, "names outside the table are ENOENT and noted"),
	}
}

// ctl is one row of the sysctl tree: a leaf, or a node whose handler takes the
// numbers below it.
type ctl struct {
	name string
	// oid is the number under the parent; 0 for names that XNU numbers itself,
	// oidZero for the number 0.
	oid int32
	// format is what OIDFMT says: "I" int, "Q" quad, "A" string, "S,type".
	format string
	// get gives the value; rest are the numbers after this name's own.
	get func(t *kern.Thread, rest []int32) ([]byte, error)
	// set changes it; nil is read-only (EPERM).
	set func(t *kern.Thread, v []byte) error
}

// node is a name in the tree, built from the dotted names of the table.
type node struct {
	name string
	oid  int32
	leaf *ctl
	kids []*node
	path string
}

// sysctlTree builds the tree once a machine.
func sysctlTree(m *kern.Machine) *node {
	if n, ok := m.Ext["sysctl"].(*node); ok {
		return n
	}
	root := &node{}
	for i, name := range []string{"kern", "vm", "vfs", "net", "debug", "hw", "machdep", "user"} {
		root.kids = append(root.kids, &node{name: name, path: name, oid: int32(i + 1)})
	}
	next := int32(abi.CTL_AUTO_START)
	table := sysctlTable()
	for i := range table {
		c := &table[i]
		at := root
		parts := strings.Split(c.name, ".")
		for j, part := range parts {
			k := at.find(part)
			if k == nil {
				k = &node{name: part, path: strings.Join(parts[:j+1], ".")}
				if j == len(parts)-1 {
					k.oid = c.oid
				} else {
					k.oid = nodeOID(k.path)
				}
				switch k.oid {
				case oidZero:
					k.oid = 0
				case 0:
					k.oid = next
					next++
				}
				at.kids = append(at.kids, k)
			}
			at = k
		}
		at.leaf = c
	}
	m.Ext["sysctl"] = root
	return root
}

// nodeOID numbers the inner nodes that have fixed numbers.
func nodeOID(path string) int32 {
	switch path {
	case "kern.ipc":
		return abi.KERN_IPC
	case "kern.proc":
		return abi.KERN_PROC
	case "kern.tty":
		return abi.KERN_TTY
	case "kern.posix":
		return abi.KERN_POSIX
	case "kern.exec":
		return abi.KERN_EXEC
	case "net.inet":
		return abi.AF_INET
	case "net.inet6":
		return abi.AF_INET6
	case "net.local":
		return abi.AF_UNIX
	case "net.inet.ip":
		return oidZero // IPPROTO_IP
	case "net.inet.tcp":
		return 6
	case "net.inet.udp":
		return 17
	case "net.inet.icmp":
		return 1
	}
	return 0
}

// oidZero in a table stands for the number 0, as 0 there means "any".
const oidZero = -1

func (n *node) find(name string) *node {
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// lookup follows numbers as far as they go; rest is what is left at a leaf.
func (n *node) lookup(mib []int32) (at *node, rest []int32) {
	for i, v := range mib {
		j := slices.IndexFunc(n.kids, func(k *node) bool { return k.oid == v })
		if j < 0 {
			if n.leaf != nil {
				return n, mib[i:]
			}
			return nil, nil
		}
		n = n.kids[j]
	}
	return n, nil
}

// mib gives the numbers of a dotted name.
func (n *node) mib(name string) ([]int32, *node) {
	var out []int32
	for _, part := range strings.Split(name, ".") {
		if n = n.find(part); n == nil {
			return nil, nil
		}
		out = append(out, n.oid)
	}
	return out, n
}

type sysctlArgs struct {
	Name    abi.Ptr
	NameLen uint32
	Old     abi.Ptr
	OldLen  abi.Ptr
	New     abi.Ptr
	NewLen  abi.Size
}

func sysctl(t *kern.Thread, a *sysctlArgs) (uint64, error) {
	if a.NameLen < 2 || a.NameLen > abi.CTL_MAXNAME {
		return 0, abi.EINVAL
	}
	b := make([]byte, 4*a.NameLen)
	if err := t.Space().CopyIn(b, uint64(a.Name)); err != nil {
		return 0, err
	}
	mib := make([]int32, a.NameLen)
	for i := range mib {
		mib[i] = int32(le.Uint32(b[4*i:]))
	}
	root := sysctlTree(t.Machine())
	if mib[0] == abi.CTL_UNSPEC {
		return metaSysctl(t, root, mib[1:], a.Old, a.OldLen, a.New, a.NewLen)
	}
	n, rest := root.lookup(mib)
	return serve(t, n, rest, func() string { return mibString(mib) }, a.Old, a.OldLen, a.New, a.NewLen)
}

func mibString(mib []int32) string {
	s := make([]string, len(mib))
	for i, v := range mib {
		s[i] = itoa(int64(v))
	}
	return strings.Join(s, ".")
}

type sysctlByNameArgs struct {
	Name    abi.Ptr `in:"NameLen"`
	NameLen abi.Size
	Old     abi.Ptr
	OldLen  abi.Ptr
	New     abi.Ptr
	NewLen  abi.Size
}

// maxSysctlName is MAXPATHLEN, the most that sysctlbyname accepts.
const maxSysctlName = 1024

func sysctlByName(t *kern.Thread, a *sysctlByNameArgs) (uint64, error) {
	if a.NameLen >= maxSysctlName {
		return 0, abi.ENAMETOOLONG
	}
	b := make([]byte, a.NameLen)
	if err := t.Space().CopyIn(b, uint64(a.Name)); err != nil {
		return 0, err
	}
	name, _, _ := strings.Cut(string(b), "\x00")
	_, n := sysctlTree(t.Machine()).mib(name)
	return serve(t, n, nil, func() string { return name }, a.Old, a.OldLen, a.New, a.NewLen)
}

// serve reads and changes one value: the new one is checked before the old one
// is told, the old one told before the change.
func serve(t *kern.Thread, n *node, rest []int32, name func() string, old, oldLen, new abi.Ptr, newLen abi.Size) (uint64, error) {
	if n == nil || n.leaf == nil {
		t.Machine().Note("sysctl " + name())
		if n != nil {
			return 0, abi.EISDIR
		}
		return 0, abi.ENOENT
	}
	c := n.leaf
	v, err := c.get(t, rest)
	if err != nil {
		return 0, err
	}
	if kindOf(c.format) == abi.CTLTYPE_INT || kindOf(c.format) == abi.CTLTYPE_QUAD {
		v = resize(t, v, old, oldLen)
	}
	if err := tell(t, v, old, oldLen); err != nil {
		return 0, err
	}
	if new == 0 {
		return 0, nil
	}
	if c.set == nil {
		return 0, abi.EPERM
	}
	if newLen > 1<<16 {
		return 0, abi.EINVAL
	}
	b := make([]byte, newLen)
	if err := t.Space().CopyIn(b, uint64(new)); err != nil {
		return 0, err
	}
	return 0, c.set(t, b)
}

// resize gives a number the width of the caller's buffer, 4 or 8 bytes, where it
// fits (sysctl_io_number).
func resize(t *kern.Thread, v []byte, old, oldLen abi.Ptr) []byte {
	if old == 0 || oldLen == 0 {
		return v
	}
	room, err := t.Space().Load64(uint64(oldLen))
	switch {
	case err != nil:
	case room == 4 && len(v) == 8:
		if n := int64(le.Uint64(v)); n == int64(int32(n)) {
			return v[:4]
		}
	case room == 8 && len(v) == 4:
		return le.AppendUint64(nil, uint64(int64(int32(le.Uint32(v)))))
	}
	return v
}

// tell copies a value out: with no buffer only its size, with one too small what
// fits and ENOMEM.
func tell(t *kern.Thread, v []byte, old, oldLen abi.Ptr) error {
	if oldLen == 0 {
		if old != 0 {
			return abi.EFAULT
		}
		return nil
	}
	room, err := t.Space().Load64(uint64(oldLen))
	if err != nil {
		return err
	}
	n := uint64(len(v))
	var short error
	if old != 0 {
		if room < n {
			n, short = room, abi.ENOMEM
		}
		if err := t.Space().CopyOut(uint64(old), v[:n]); err != nil {
			return err
		}
	}
	if err := t.Space().Store64(uint64(oldLen), n); err != nil {
		return err
	}
	return short
}

// metaSysctl answers the questions about names, {0, n, ...}.
func metaSysctl(t *kern.Thread, root *node, q []int32, old, oldLen, new abi.Ptr, newLen abi.Size) (uint64, error) {
	var out []byte
	switch q[0] {
	case abi.CTL_SYSCTL_NAME2OID:
		if newLen >= maxSysctlName {
			return 0, abi.ENAMETOOLONG
		}
		b := make([]byte, newLen)
		if err := t.Space().CopyIn(b, uint64(new)); err != nil {
			return 0, err
		}
		name, _, _ := strings.Cut(string(b), "\x00")
		mib, n := root.mib(name)
		if n == nil {
			t.Machine().Note("sysctl " + name)
			return 0, abi.ENOENT
		}
		for _, v := range mib {
			out = le.AppendUint32(out, uint32(v))
		}
	case abi.CTL_SYSCTL_NAME:
		n, rest := root.lookup(q[1:])
		if n == nil || rest != nil {
			return 0, abi.ENOENT
		}
		out = append([]byte(n.path), 0)
	case abi.CTL_SYSCTL_OIDFMT:
		n, _ := root.lookup(q[1:])
		if n == nil {
			return 0, abi.ENOENT
		}
		kind, format := uint32(abi.CTLTYPE_NODE), "N"
		if n.leaf != nil {
			format = n.leaf.format
			kind = kindOf(format)
			if n.leaf.set != nil {
				kind |= abi.CTLFLAG_WR
			}
		}
		out = append(append(le.AppendUint32(nil, kind|abi.CTLFLAG_RD), format...), 0)
	case abi.CTL_SYSCTL_NEXT:
		mib := root.next(q[1:])
		if mib == nil {
			return 0, abi.ENOENT
		}
		for _, v := range mib {
			out = le.AppendUint32(out, uint32(v))
		}
	default:
		return 0, abi.ENOENT
	}
	return 0, tell(t, out, old, oldLen)
}

func kindOf(format string) uint32 {
	switch {
	case strings.HasPrefix(format, "I"):
		return abi.CTLTYPE_INT
	case strings.HasPrefix(format, "Q"), strings.HasPrefix(format, "L"):
		return abi.CTLTYPE_QUAD
	case strings.HasPrefix(format, "A"):
		return abi.CTLTYPE_STRING
	}
	return abi.CTLTYPE_STRUCT
}

// next finds the first leaf after the numbers, in the order of the tree.
func (n *node) next(after []int32) []int32 {
	var found []int32
	var walk func(n *node, at []int32) bool
	walk = func(n *node, at []int32) bool {
		if n.leaf != nil && slices.Compare(at, after) > 0 {
			found = slices.Clone(at)
			return true
		}
		kids := slices.Clone(n.kids)
		slices.SortFunc(kids, func(a, b *node) int { return int(a.oid - b.oid) })
		for _, k := range kids {
			if walk(k, append(at, k.oid)) {
				return true
			}
		}
		return false
	}
	walk(n, nil)
	return found
}
