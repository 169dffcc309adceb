package trace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// layout is how a structure is shown: its size and a formatter of its bytes.
type layout struct {
	size   int
	format func(b []byte) string
}

var le = binary.LittleEndian

func u64(b []byte, off int) uint64 { return le.Uint64(b[off:]) }
func u32(b []byte, off int) uint32 { return le.Uint32(b[off:]) }
func u16(b []byte, off int) uint16 { return le.Uint16(b[off:]) }

// layouts names the structures that argument tags use.
func layoutOf(name string) (layout, bool) {
	switch name {
	case "stat64":
		return layout{144, func(b []byte) string {
			return fmt.Sprintf("{st_mode=%s, st_nlink=%d, st_ino=%d, st_size=%d, st_mtimespec=%d.%09d}",
				octal(u16(b, 4)), u16(b, 6), u64(b, 8), int64(u64(b, 96)), int64(u64(b, 48)), u64(b, 56))
		}}, true
	case "timeval":
		return layout{16, func(b []byte) string { return fmt.Sprintf("{%d, %d}", int64(u64(b, 0)), int32(u32(b, 8))) }}, true
	case "timespec":
		return layout{16, func(b []byte) string { return fmt.Sprintf("{%d, %d}", int64(u64(b, 0)), int64(u64(b, 8))) }}, true
	case "rlimit":
		return layout{16, func(b []byte) string { return fmt.Sprintf("{cur=%d, max=%d}", u64(b, 0), u64(b, 8)) }}, true
	case "int":
		return layout{4, func(b []byte) string { return fmt.Sprintf("[%d]", int32(u32(b, 0))) }}, true
	case "port":
		return layout{4, func(b []byte) string { return fmt.Sprintf("[%#x]", u32(b, 0)) }}, true
	case "addr":
		return layout{8, func(b []byte) string { return fmt.Sprintf("[%#x]", u64(b, 0)) }}, true
	case "sigset":
		return layout{4, func(b []byte) string { return sigset(abi.Sigset(u32(b, 0))) }}, true
	case "sigaction":
		return layout{16, func(b []byte) string {
			return fmt.Sprintf("{handler=%#x, mask=%s, flags=%#x}", u64(b, 0), sigset(abi.Sigset(u32(b, 8))), u32(b, 12))
		}}, true
	case "__sigaction":
		return layout{24, func(b []byte) string {
			return fmt.Sprintf("{handler=%#x, tramp=%#x, mask=%s, flags=%#x}", u64(b, 0), u64(b, 8), sigset(abi.Sigset(u32(b, 16))), u32(b, 20))
		}}, true
	case "kevent":
		return layout{32, func(b []byte) string {
			return fmt.Sprintf("{ident=%d, filter=%d, flags=%#x, fflags=%#x, data=%d}", u64(b, 0), int16(u16(b, 8)), u16(b, 10), u32(b, 12), int64(u64(b, 16)))
		}}, true
	case "sockaddr":
		return layout{16, sockaddr}, true
	case "itimerval":
		return layout{32, func(b []byte) string {
			return fmt.Sprintf("{interval={%d, %d}, value={%d, %d}}", int64(u64(b, 0)), int32(u32(b, 8)), int64(u64(b, 16)), int32(u32(b, 24)))
		}}, true
	case "rusage":
		return layout{144, func(b []byte) string {
			return fmt.Sprintf("{utime={%d, %d}, stime={%d, %d}, maxrss=%d}", int64(u64(b, 0)), int32(u32(b, 8)), int64(u64(b, 16)), int32(u32(b, 24)), int64(u64(b, 32)))
		}}, true
	case "statfs64":
		return layout{2168, func(b []byte) string {
			return fmt.Sprintf("{bsize=%d, blocks=%d, bavail=%d, fstypename=%q, mntonname=%q}", u32(b, 0), u64(b, 8), u64(b, 24), chars(b[72:88]), chars(b[88:1112]))
		}}, true
	case "timezone", "int2":
		return layout{8, func(b []byte) string { return fmt.Sprintf("{%d, %d}", int32(u32(b, 0)), int32(u32(b, 4))) }}, true
	case "mach_timespec":
		return layout{8, func(b []byte) string { return fmt.Sprintf("{%d, %d}", u32(b, 0), int32(u32(b, 4))) }}, true
	case "timebase", "mach_timebase_info":
		return layout{8, func(b []byte) string { return fmt.Sprintf("{%d, %d}", u32(b, 0), u32(b, 4)) }}, true
	case "stack", "stack_t":
		return layout{24, func(b []byte) string {
			return fmt.Sprintf("{ss_sp=%#x, ss_size=%d, ss_flags=%#x}", u64(b, 0), u64(b, 8), u32(b, 16))
		}}, true
	}
	return layout{}, false
}

// chars is the text in a fixed array.
func chars(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

func structString(t *kern.Thread, name string, at uint64) string {
	if at == 0 {
		return "NULL"
	}
	l, ok := layoutOf(name)
	if !ok {
		return hex(at)
	}
	b := make([]byte, l.size)
	if err := t.Space().CopyIn(b, at); err != nil {
		return hex(at)
	}
	return l.format(b)
}

func sigset(m abi.Sigset) string {
	if m == ^abi.Sigset(0) {
		return "[all]"
	}
	var out []string
	for s := abi.Signal(1); s < abi.NSIG; s++ {
		if m.Has(s) {
			out = append(out, strings.TrimPrefix(s.String(), "SIG"))
		}
	}
	return "[" + strings.Join(out, " ") + "]"
}

func sockaddr(b []byte) string {
	switch b[1] {
	case abi.AF_INET:
		return fmt.Sprintf("{AF_INET, %d.%d.%d.%d:%d}", b[4], b[5], b[6], b[7], int(b[2])<<8|int(b[3]))
	case abi.AF_INET6:
		return fmt.Sprintf("{AF_INET6, port %d}", int(b[2])<<8|int(b[3]))
	case abi.AF_UNIX:
		return fmt.Sprintf("{AF_UNIX, %q...}", strings.TrimRight(string(b[2:]), "\x00"))
	}
	return fmt.Sprintf("{family %d}", b[1])
}

// message shows a Mach message's header, with the routine's name when its id is
// a MIG routine's.
func message(t *kern.Thread, at uint64) string {
	var b [24]byte
	if err := t.Space().CopyIn(b[:], at); err != nil {
		return hex(at)
	}
	id := int32(u32(b[:], 20))
	name := ""
	if r, ok := abi.MIGRoutineByID(id); ok {
		name = " " + r.Subsystem + "." + r.Name
	} else if r, ok := abi.MIGRoutineByID(id - abi.MIGReplyOffset); ok {
		name = " " + r.Subsystem + "." + r.Name + " reply"
	}
	return fmt.Sprintf("{bits=%#x, size=%d, remote=%#x, local=%#x, id=%d%s}",
		u32(b[:], 0), u32(b[:], 4), u32(b[:], 8), u32(b[:], 12), id, name)
}
