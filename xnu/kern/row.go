package kern

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"github.com/beagle-emu/beagle/xnu/abi"
)

// Class says through which gate a call comes.
type Class uint8

// The gates, named after osfmk/mach/i386/syscall_sw.h.
const (
	Unix Class = iota
	Mach
	Machdep
)

func (c Class) String() string {
	return [...]string{"bsd", "mach", "machdep"}[c]
}

// Ret is a call's return type, which decides what the result registers hold
// (sy_return_type in bsd/sys/sysent.h).
type Ret uint8

// The return types of syscalls.master; KernReturn and Port are Mach's.
const (
	RetInt    Ret = iota // sign-extended 32 bits, second result register written
	RetUint              // zero-extended 32 bits, second result register written
	RetSSize             // 64 bits, second result register zero
	RetSize              // 64 bits, second result register zero
	RetOff               // 64 bits, second result register zero
	RetAddr              // 64 bits, second result register zero
	RetUint64            // 64 bits, second result register zero
	RetVoid              // result registers untouched
	RetKern              // kern_return_t: first result register only
	RetPort              // mach_port_name_t: first result register only
	RetMach64            // 64-bit Mach result (mach_absolute_time)
)

// Status says how much of a call is there.
type Status uint8

// The states of a row.
const (
	// Missing: the call answers ENOSYS (or KERN_NOT_SUPPORTED) and is counted.
	Missing Status = iota
	// Partial: what is not done is named in Row.Note and refused, not ignored.
	Partial
	// Full: as XNU does it, for every argument that a program can pass here.
	Full
	// Absent: XNU itself has nothing behind the number.
	Absent
)

func (s Status) String() string {
	return [...]string{"missing", "partial", "full", "absent"}[s]
}

// Row is one call: its number, name, signature and handler. Everything that
// lists, decodes or prints calls works from rows alone.
type Row struct {
	Class  Class
	Num    int
	Name   string
	Ret    Ret
	Status Status
	// Note says what a Partial row lacks, or why a call is Missing.
	Note string
	Args []Arg

	invoke func(t *Thread, raw *[maxArgs]uint64) (uint64, error)
}

// maxArgs is the most arguments any call takes (mach_msg2_trap's inner form and
// __mac_syscall included).
const maxArgs = 10

// Arg describes one argument as the row's argument struct declares it.
type Arg struct {
	Name string
	Type reflect.Type
	// Tag holds the struct tag: `out:"ret"` and the like, read by the tracer.
	Tag reflect.StructTag
}

// Sys declares a class-2 (BSD) call. A is a struct with one field per argument,
// in order; its field types give width and sign.
func Sys[A any](num int, name string, ret Ret, st Status, fn func(*Thread, *A) (uint64, error), note ...string) Row {
	return declare(Unix, num, name, ret, st, fn, note)
}

// MachTrap declares a class-1 (Mach) trap.
func MachTrap[A any](num int, name string, ret Ret, st Status, fn func(*Thread, *A) (uint64, error), note ...string) Row {
	return declare(Mach, num, name, ret, st, fn, note)
}

// MachdepCall declares a class-3 (machine-dependent) call.
func MachdepCall[A any](num int, name string, ret Ret, st Status, fn func(*Thread, *A) (uint64, error), note ...string) Row {
	return declare(Machdep, num, name, ret, st, fn, note)
}

// NoArgs is the argument struct of calls without arguments.
type NoArgs struct{}

func declare[A any](c Class, num int, name string, ret Ret, st Status, fn func(*Thread, *A) (uint64, error), note []string) Row {
	var zero A
	typ := reflect.TypeOf(zero)
	args, plan := planOf(name, typ)
	// The kernel runs one call at a time and never re-enters a handler, so one
	// argument struct a row serves; it is cleared by being overwritten whole.
	a := new(A)
	base := unsafe.Pointer(a)
	return Row{Class: c, Num: num, Name: name, Ret: ret, Status: st, Note: strings.Join(note, "; "), Args: args,
		invoke: func(t *Thread, raw *[maxArgs]uint64) (uint64, error) {
			for i, p := range plan {
				switch p.size {
				case 8:
					*(*uint64)(unsafe.Add(base, p.off)) = raw[i]
				case 4:
					*(*uint32)(unsafe.Add(base, p.off)) = uint32(raw[i])
				case 2:
					*(*uint16)(unsafe.Add(base, p.off)) = uint16(raw[i])
				case 1:
					*(*uint8)(unsafe.Add(base, p.off)) = uint8(raw[i])
				}
			}
			return fn(t, a)
		}}
}

type slot struct {
	off  uintptr
	size uint8
}

// planOf checks an argument struct once, when the tables are built: a wrong
// declaration is a programming error and shows at the first start.
func planOf(name string, typ reflect.Type) ([]Arg, []slot) {
	if typ.Kind() != reflect.Struct || typ.NumField() > maxArgs {
		panic(fmt.Sprintf("kern: %s: argument type %v is not a struct of at most %d fields", name, typ, maxArgs))
	}
	var args []Arg
	var plan []slot
	for i := range typ.NumField() {
		f := typ.Field(i)
		switch f.Type.Kind() {
		case reflect.Int8, reflect.Uint8, reflect.Int16, reflect.Uint16, reflect.Int32, reflect.Uint32, reflect.Int64, reflect.Uint64:
		default:
			panic(fmt.Sprintf("kern: %s: field %s has no register form", name, f.Name))
		}
		args = append(args, Arg{Name: f.Name, Type: f.Type, Tag: f.Tag})
		plan = append(plan, slot{f.Offset, uint8(f.Type.Size())})
	}
	return args, plan
}

// Unimplemented declares a call that is not done: known by name and number of
// arguments. "nosys" and "enosys" are the slots that XNU itself leaves empty.
func Unimplemented(c Class, num int, name string, ret Ret, nargs int) Row {
	var args []Arg
	for i := range min(nargs, maxArgs) {
		args = append(args, Arg{Name: fmt.Sprintf("Arg%d", i), Type: reflect.TypeFor[uint64]()})
	}
	r := Row{Class: c, Num: num, Name: name, Ret: ret, Status: Missing, Args: args}
	if c == Unix && (name == "nosys" || name == "enosys") {
		r.Status = Absent
		r.invoke = func(t *Thread, _ *[maxArgs]uint64) (uint64, error) {
			if name == "nosys" {
				t.Signal(abi.SIGSYS, SigInfo{})
			}
			return 0, abi.ENOSYS
		}
		return r
	}
	label := c.String() + " " + name
	r.invoke = func(t *Thread, _ *[maxArgs]uint64) (uint64, error) {
		t.Proc.Machine.Note(label)
		if c == Unix {
			return 0, abi.ENOSYS
		}
		return uint64(abi.KERN_NOT_SUPPORTED), nil
	}
	return r
}

// Tables holds every call by gate and number.
type Tables struct {
	// Unix is indexed by number, 0 to 557.
	Unix []Row
	// Mach is indexed by trap number, 0 to 127.
	Mach []Row
	// MachdepX86 is class 3 of x86-64; MachdepARM the arm64 platform call,
	// indexed by its code.
	MachdepX86, MachdepARM []Row
}

// ArgName is the name of argument i, in lower case as man pages have it.
func (r *Row) ArgName(i int) string {
	if i >= len(r.Args) {
		return fmt.Sprintf("arg%d", i)
	}
	return strings.ToLower(r.Args[i].Name)
}
