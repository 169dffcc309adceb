package trace

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/beagle-emu/beagle/xnu/abi"
)

// bit is a named value of a flag word or an enumeration.
type bit struct {
	v    uint64
	name string
}

// flagTables names bits by the tag that argument structs use.
func flagTables(name string) (mask uint64, enum, bits []bit) {
	switch name {
	case "open":
		return 3, []bit{{0, "O_RDONLY"}, {1, "O_WRONLY"}, {2, "O_RDWR"}}, []bit{
			{abi.O_NONBLOCK, "O_NONBLOCK"}, {abi.O_APPEND, "O_APPEND"}, {abi.O_SHLOCK, "O_SHLOCK"}, {abi.O_EXLOCK, "O_EXLOCK"},
			{abi.O_ASYNC, "O_ASYNC"}, {abi.O_NOFOLLOW, "O_NOFOLLOW"}, {abi.O_CREAT, "O_CREAT"}, {abi.O_TRUNC, "O_TRUNC"},
			{abi.O_EXCL, "O_EXCL"}, {abi.O_EVTONLY, "O_EVTONLY"}, {abi.O_NOCTTY, "O_NOCTTY"}, {abi.O_DIRECTORY, "O_DIRECTORY"},
			{abi.O_SYMLINK, "O_SYMLINK"}, {abi.O_CLOEXEC, "O_CLOEXEC"}}
	case "prot":
		return 0, nil, []bit{{1, "PROT_READ"}, {2, "PROT_WRITE"}, {4, "PROT_EXEC"}}
	case "mmap":
		return 0, nil, []bit{{abi.MAP_SHARED, "MAP_SHARED"}, {abi.MAP_PRIVATE, "MAP_PRIVATE"}, {abi.MAP_FIXED, "MAP_FIXED"},
			{abi.MAP_ANON, "MAP_ANON"}, {abi.MAP_JIT, "MAP_JIT"}, {abi.MAP_NORESERVE, "MAP_NORESERVE"}, {abi.MAP_NOCACHE, "MAP_NOCACHE"},
			{abi.MAP_RESILIENT_CODESIGN, "MAP_RESILIENT_CODESIGN"}, {abi.MAP_RESILIENT_MEDIA, "MAP_RESILIENT_MEDIA"}, {abi.MAP_32BIT, "MAP_32BIT"}}
	case "machmsg":
		return 0, nil, []bit{{abi.MACH_SEND_MSG, "MACH_SEND_MSG"}, {abi.MACH_RCV_MSG, "MACH_RCV_MSG"}, {abi.MACH_SEND_TIMEOUT, "MACH_SEND_TIMEOUT"},
			{abi.MACH_RCV_TIMEOUT, "MACH_RCV_TIMEOUT"}, {abi.MACH_RCV_LARGE, "MACH_RCV_LARGE"}, {abi.MACH_SEND_INTERRUPT, "MACH_SEND_INTERRUPT"},
			{abi.MACH_RCV_INTERRUPT, "MACH_RCV_INTERRUPT"}}
	}
	return 0, nil, nil
}

func flagString(name string, v uint64) string {
	mask, enum, bits := flagTables(name)
	var out []string
	for _, e := range enum {
		if v&mask == e.v {
			out = append(out, e.name)
			v &^= mask
			break
		}
	}
	for _, b := range bits {
		if v&b.v == b.v {
			out = append(out, b.name)
			v &^= b.v
		}
	}
	if v != 0 || len(out) == 0 {
		out = append(out, hex(v))
	}
	return strings.Join(out, "|")
}

func enumString(name string, v int64) string {
	switch name {
	case "signal":
		return abi.Signal(v).String()
	case "whence":
		switch v {
		case 0:
			return "SEEK_SET"
		case 1:
			return "SEEK_CUR"
		case 2:
			return "SEEK_END"
		case 3:
			return "SEEK_HOLE"
		case 4:
			return "SEEK_DATA"
		}
	case "af":
		switch v {
		case abi.AF_UNIX:
			return "AF_UNIX"
		case abi.AF_INET:
			return "AF_INET"
		case abi.AF_INET6:
			return "AF_INET6"
		case abi.AF_SYSTEM:
			return "AF_SYSTEM"
		}
	case "sighow":
		switch v {
		case 1:
			return "SIG_BLOCK"
		case 2:
			return "SIG_UNBLOCK"
		case 3:
			return "SIG_SETMASK"
		}
	}
	return strconv.FormatInt(v, 10)
}

// octal is how modes are shown.
func octal(m uint16) string { return fmt.Sprintf("%#o", m) }
