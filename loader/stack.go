package loader

import (
	"strconv"
	"strings"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/mem"
)

// Limits of the first stack and of what execve puts on it, in bytes.
const (
	// MaxStackSize is what is reserved for a stack of the default kind, guard
	// included (MAXSSIZ): RLIMIT_STACK can grow up to it.
	MaxStackSize = 64 << 20
	// ArgMax bounds arguments and environment, their pointers and the two
	// NULLs included (ARG_MAX, NCARGS).
	ArgMax = 1 << 20
	// appleMax is the room for everything else, the path included: the page
	// that XNU adds to NCARGS. Its page has 4 KiB on Intel; arm64's 16 KiB are
	// the bound for both.
	appleMax = 16 << 10

	vmMemoryStack = 30 // VM_MEMORY_STACK
)

// DefaultStackSize is the soft limit of the first stack in bytes: DFLSSIZ in
// bsd/{i386,arm}/vmparam.h.
func DefaultStackSize(arch cpu.Arch) uint64 {
	if arch == cpu.ARM64 {
		return 8<<20 - 16<<10
	}
	return 8 << 20
}

// StackBase is where the stack ends when nothing is slid: VM_USRSTACK64 in
// osfmk/mach/i386/vm_param.h, USRSTACK64 in bsd/arm/vmparam.h.
func StackBase(arch cpu.Arch) uint64 {
	if arch == cpu.ARM64 {
		return 0x16fe00000
	}
	return 0x7ff7bff00000
}

// Stack is the memory of a program's first stack: the four values of
// main_stack= in apple[].
type Stack struct {
	// Top is the address behind its last byte.
	Top uint64
	// Size is how much below Top is accessible, in bytes.
	Size uint64
	// Alloc and AllocSize are the whole reservation; from Alloc up to Top-Size
	// it is inaccessible. Both are 0 when the program brings its own stack.
	Alloc, AllocSize uint64
}

// MapStack reserves a stack of the default kind, as create_unix_stack does: 64
// MiB that end at StackBase-slide, or anywhere if something lies there, of which
// the upper size bytes (RLIMIT_STACK; at most all but one page) are accessible
// and the rest waits for setrlimit. Memory is committed when touched.
func MapStack(space *mem.Space, arch cpu.Arch, slide, size uint64) (Stack, error) {
	page := space.PageSize()
	size = min(size, MaxStackSize-page)
	// XNU protects trunc(reserve-size), so the accessible part is rounded up.
	return mapStack(space, arch, slide, size, MaxStackSize, (MaxStackSize-size)&^(page-1))
}

// MapStack reserves the stack that the program wants: LC_MAIN's size below one
// guard page, none if LC_UNIXTHREAD set the stack pointer, otherwise one of
// the default kind with limit (RLIMIT_STACK, bytes) accessible.
func (im *Image) MapStack(space *mem.Space, limit uint64) (Stack, error) {
	page := space.PageSize()
	switch {
	case im.StackTop != 0:
		return Stack{Top: im.StackTop}, nil
	case im.CustomStack:
		alloc, ok := roundEnd(im.StackSize, page, page)
		if !ok {
			return Stack{}, fail(NoMemory, "a stack of %#x bytes", im.StackSize)
		}
		return mapStack(space, im.Arch, im.Slide, im.StackSize, alloc, page)
	}
	return MapStack(space, im.Arch, im.Slide, limit)
}

func mapStack(space *mem.Space, arch cpu.Arch, slide, size, alloc, guard uint64) (Stack, error) {
	page := space.PageSize()
	top := (StackBase(arch) - slide) &^ (page - 1)
	o := mem.MapOptions{
		Prot: mem.Read | mem.Write, Fixed: true, NoReplace: true, Stack: true, Tag: vmMemoryStack, Name: "stack",
	}
	addr, err := uint64(0), error(mem.ErrNoSpace)
	if alloc < top {
		addr, err = space.Map(top-alloc, alloc, o)
	}
	if err != nil {
		o.Fixed, o.NoReplace = false, false
		if addr, err = space.Map(0, alloc, o); err != nil {
			return Stack{}, &Error{NoMemory, "a stack of " + hexAddr(alloc) + " bytes", err}
		}
	}
	if err := space.Protect(addr, guard, mem.None, false); err != nil {
		return Stack{}, &Error{NoMemory, "the stack guard", err}
	}
	return Stack{Top: addr + alloc, Size: size, Alloc: addr, AllocSize: alloc}, nil
}

// Args is what a program finds on its first stack.
type Args struct {
	Argv, Envv []string
	// Apple is the third vector; see [Apple.Strings]. Its first string is the
	// executable's path.
	Apple []string
	// HasDyld puts MachHeader, the address of the program's header, below argc
	// for the dynamic linker.
	HasDyld    bool
	MachHeader uint64
}

// Frame says where the parts of a first stack lie.
type Frame struct {
	SP uint64
	// Argc is the address of argc; Argv, Envp and Apple those of the vectors.
	Argc, Argv, Envp, Apple uint64
	// Strings up to Top is the strings area: Apple[0], padding, argv, envp,
	// padding, the rest of Apple. KERN_PROCARGS2 gives it out, without
	// "executable_path=", as the program has left it.
	Strings, Top uint64
}

// BuildStack writes the first stack below top, a multiple of 8, and returns the
// stack pointer to start with. size is what lies below top in bytes, 0 if that
// is not known. The layout is exec_copyout_strings' (kern_exec.c), from the
// stack pointer up:
//
//	[mach header]  argc  argv... 0  envp... 0  apple... 0  strings
//
// It fails with [TooBig] exactly when XNU answers E2BIG.
func BuildStack(space *mem.Space, top, size uint64, a Args) (sp uint64, fr Frame, err error) {
	if top%8 != 0 || len(a.Apple) == 0 {
		return 0, fr, fail(Invalid, "a stack that ends at %#x with %d apple strings", top, len(a.Apple))
	}
	args, err := stringsSize(ArgMax, 8, a.Argv, a.Envv)
	if err != nil {
		return 0, fr, err
	}
	apple, err := stringsSize(appleMax, 0, a.Apple)
	if err != nil {
		return 0, fr, err
	}
	s := make([]byte, 0, args+apple+24)
	add := func(list []string) (offs []uint64) {
		for _, str := range list {
			offs = append(offs, uint64(len(s)))
			s = append(append(s, str...), 0)
		}
		return offs
	}
	align := func() {
		for len(s)%8 != 0 {
			s = append(s, 0)
		}
	}
	appleAt := add(a.Apple[:1])
	align()
	argvAt, envvAt := add(a.Argv), add(a.Envv)
	align()
	appleAt = append(appleAt, add(a.Apple[1:])...)
	align()

	words := make([]byte, 0, 8*(len(argvAt)+len(envvAt)+len(appleAt)+5))
	word := func(v uint64) { words = le.AppendUint64(words, v) }
	if a.HasDyld {
		word(a.MachHeader)
	}
	argcAt := len(words)
	word(uint64(len(a.Argv)))
	need := uint64(argcAt+8+8*(len(argvAt)+len(envvAt)+len(appleAt)+3)) + uint64(len(s))
	if need > top || size != 0 && need > size {
		return 0, fr, fail(BadStack, "%d bytes for arguments in a stack of %d", need, min(size, top))
	}
	fr = Frame{SP: top - need, Strings: top - uint64(len(s)), Top: top}
	fr.Argc = fr.SP + uint64(argcAt)
	vector := func(offs []uint64) uint64 {
		at := fr.SP + uint64(len(words))
		for _, o := range offs {
			word(fr.Strings + o)
		}
		word(0)
		return at
	}
	fr.Argv, fr.Envp, fr.Apple = vector(argvAt), vector(envvAt), vector(appleAt)
	if err := space.CopyOut(fr.SP, append(words, s...)); err != nil {
		return 0, fr, &Error{BadStack, "", err}
	}
	return fr.SP, fr, nil
}

// stringsSize adds up strings with their NULs, perString more for each, and one
// terminating pointer for each list; exec_extract_strings charges argv and envv
// so.
func stringsSize(limit, perString int, lists ...[]string) (int, error) {
	n := 0
	for _, list := range lists {
		for _, s := range list {
			if len(s) >= limit-n {
				return 0, fail(TooBig, "more than %d bytes", limit)
			}
			if n += len(s) + 1 + perString; n > limit {
				return 0, fail(TooBig, "more than %d bytes", limit)
			}
			if strings.IndexByte(s, 0) >= 0 {
				return 0, fail(Invalid, "a string with a NUL byte")
			}
		}
		if n += perString; n > limit {
			return 0, fail(TooBig, "more than %d bytes", limit)
		}
	}
	return n, nil
}

func hexAddr(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }
