package loader

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/beagle-emu/beagle/cpu"
)

// Source is a file to read from; [mem.Backing] is one.
type Source interface {
	io.ReaderAt
	Size() (int64, error)
}

// slice is one architecture of a file; the whole of a thin one.
type slice struct {
	cputype, subtype uint32
	off, size        uint64
}

// maxSlices is how many fat_arch entries fit into the page that XNU reads
// (exec_fat_imgact gives fatfile_validate_fatarches PAGE_SIZE bytes).
const maxSlices = (4096 - 8) / 20

// readAt reads as much of len(p) bytes at off as the file has.
func readAt(src io.ReaderAt, p []byte, off uint64) (int, error) {
	if off > 1<<62 {
		return 0, nil
	}
	n, err := src.ReadAt(p, int64(off))
	if n < 0 || n > len(p) {
		return 0, fail(IO, "the file gave %d bytes for %d", n, len(p))
	}
	if n < len(p) && err != nil && !errors.Is(err, io.EOF) {
		return n, &Error{Reason: IO, Detail: fmt.Sprintf("%d bytes at offset %d", len(p), off), Err: err}
	}
	return n, nil
}

// slices returns what is in the file, in file order. head is the start of the
// file, at least 4096 bytes unless the file is shorter.
func slices(head []byte, size uint64) ([]slice, error) {
	if len(head) >= 8 {
		switch be.Uint32(head) {
		case magicFat, magicFat6:
			return fatSlices(head, size)
		}
	}
	if len(head) >= 12 {
		switch le.Uint32(head) {
		case magic32, magic64:
			if len(head) < 28 {
				return nil, fail(BadMachO, "the file ends inside the header")
			}
			return []slice{{le.Uint32(head[4:]), le.Uint32(head[8:]), 0, size}}, nil
		case magic32BE, magic64BE:
			// Recognised but never compatible (exec_mach_imgact).
			return nil, fail(BadArch, "big-endian %s code; Beagle runs x86_64 and arm64",
				archName(be.Uint32(head[4:]), be.Uint32(head[8:])))
		}
	}
	return nil, fail(NotMachO, "%s", describe(head))
}

// describe says what a file that is not Mach-O looks like.
func describe(head []byte) string {
	s := string(head[:min(len(head), 8)])
	switch {
	case len(head) == 0:
		return "the file is empty"
	case strings.HasPrefix(s, "\x7fELF"):
		return "an ELF file, made for Linux or another Unix"
	case strings.HasPrefix(s, "#!"):
		return "a script"
	case strings.HasPrefix(s, "MZ"):
		return "a Windows program"
	case strings.HasPrefix(s, "!<arch>"):
		return "a static library"
	case strings.HasPrefix(s, "PK\x03\x04"):
		return "a zip archive"
	case strings.HasPrefix(s, "\x1f\x8b"):
		return "gzip-compressed data"
	}
	return "no Mach-O or fat header"
}

// fatSlices reads a fat header. What it refuses is what
// fatfile_validate_fatarches (mach_fat.c) refuses. The kernel of a Mac knows
// only the 32-bit form; lipo writes the other for slices beyond 4 GiB.
func fatSlices(head []byte, size uint64) ([]slice, error) {
	n := be.Uint32(head[4:])
	entry := 20
	if be.Uint32(head) == magicFat6 {
		entry = 32
	}
	if n > maxSlices || uint64(8+int(n)*entry) > uint64(len(head)) {
		return nil, fail(BadMachO, "a fat header with %d architectures", n)
	}
	all := make([]slice, n)
	for i := range all {
		b := head[8+i*entry:]
		s := slice{cputype: be.Uint32(b), subtype: be.Uint32(b[4:])}
		if entry == 20 {
			s.off, s.size = uint64(be.Uint32(b[8:])), uint64(be.Uint32(b[12:]))
		} else {
			s.off, s.size = be.Uint64(b[8:]), be.Uint64(b[16:])
		}
		name := archName(s.cputype, s.subtype)
		if s.off < uint64(8+int(n)*entry) {
			return nil, fail(BadMachO, "the %s slice overlaps the fat header", name)
		}
		if s.off > size || s.size > size-s.off {
			return nil, fail(BadMachO, "the %s slice ends beyond the file", name)
		}
		for _, o := range all[:i] {
			if o.cputype == s.cputype && o.subtype == s.subtype {
				return nil, fail(BadMachO, "two %s slices", name)
			}
			if s.off < o.off+o.size && o.off < s.off+s.size {
				return nil, fail(BadMachO, "the %s and %s slices overlap", archName(o.cputype, o.subtype), name)
			}
		}
		all[i] = s
	}
	return all, nil
}

// choose picks the slice to run: the best one of the first preferred
// architecture that is there. arm64e is taken only if nothing else fits.
func choose(all []slice, prefer []cpu.Arch) (slice, cpu.Arch, error) {
	if len(prefer) == 0 {
		prefer = []cpu.Arch{cpu.ARM64, cpu.X86_64}
	}
	for _, lastResort := range []bool{false, true} {
		for _, want := range prefer {
			best, grade := slice{}, 0
			for _, s := range all {
				arch, g := archOf(s.cputype, s.subtype)
				if g == 0 || arch != want || (arch == cpu.ARM64 && g == 1) != lastResort {
					continue
				}
				if g > grade {
					best, grade = s, g
				}
			}
			if grade > 0 {
				return best, want, nil
			}
		}
	}
	var have, want []string
	for _, s := range all {
		have = append(have, archName(s.cputype, s.subtype))
	}
	for _, a := range prefer {
		want = append(want, a.String())
	}
	if len(have) == 0 {
		return slice{}, 0, fail(BadArch, "a fat file without any architecture")
	}
	return slice{}, 0, fail(BadArch, "the file has %s; wanted is %s",
		strings.Join(have, ", "), strings.Join(want, " or "))
}
