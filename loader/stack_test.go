package loader_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/loader"
	"github.com/beagle-emu/beagle/mem"
)

func TestMapStack(t *testing.T) {
	for _, arch := range arches {
		space := newSpace(t, arch, 0x10000)
		page := arch.PageSize()
		st, err := loader.MapStack(space, arch, 0x5000, loader.DefaultStackSize(arch))
		if err != nil {
			t.Fatal(err)
		}
		top := (loader.StackBase(arch) - 0x5000) &^ (page - 1)
		if st.Top != top || st.AllocSize != 64<<20 || st.Alloc != top-64<<20 || st.Size != loader.DefaultStackSize(arch) {
			t.Errorf("%v: %+v", arch, st)
		}
		b := []byte{1}
		if err := space.CopyOut(top-st.Size, b); err != nil {
			t.Errorf("%v: lowest byte: %v", arch, err)
		}
		var fault *mem.FaultError
		if err := space.CopyOut(top-st.Size-1, b); !errors.As(err, &fault) || fault.Kind != mem.Denied {
			t.Errorf("%v: below the limit: %v", arch, err)
		}
		// setrlimit can raise it.
		if err := space.Protect(st.Alloc+page, 64<<20-page, mem.Read|mem.Write, false); err != nil {
			t.Error(err)
		}
		// The place is taken: somewhere else.
		other, err := loader.MapStack(space, arch, 0x5000, 1<<40)
		if err != nil || other.Top == st.Top || other.Size != 64<<20-page {
			t.Errorf("%v: second stack %+v, %v", arch, other, err)
		}
	}
}

func TestImageMapStack(t *testing.T) {
	const size = 0x123000
	im, space, err := load(t, dynamic(cpu.X86_64, size).Bytes(), 0x3000)
	if err != nil {
		t.Fatal(err)
	}
	st, err := im.MapStack(space, 8<<20)
	top := loader.StackBase(cpu.X86_64) - 0x3000
	if err != nil || st != (loader.Stack{Top: top, Size: size, Alloc: top - size - 0x1000, AllocSize: size + 0x1000}) {
		t.Errorf("LC_MAIN stack: %+v, %v", st, err)
	}
	im.StackSize = 1 << 47
	if _, err := im.MapStack(space, 8<<20); err == nil || reason(t, err) != loader.NoMemory {
		t.Errorf("a stack of 1<<47 bytes: %v", err)
	}
	im.StackTop = 0x7000
	if st, err := im.MapStack(space, 8<<20); err != nil || st != (loader.Stack{Top: 0x7000}) {
		t.Errorf("the program's own stack: %+v, %v", st, err)
	}
}

// readStack follows the pointers of a first stack.
func readStack(t *testing.T, space *mem.Space, sp uint64, dyld bool) string {
	t.Helper()
	load := func() uint64 {
		v, err := space.Load64(sp)
		if err != nil {
			t.Fatal(err)
		}
		sp += 8
		return v
	}
	var b strings.Builder
	if dyld {
		fmt.Fprintf(&b, "header %#x\n", load())
	}
	fmt.Fprintf(&b, "argc %d\n", load())
	for _, name := range []string{"argv", "envp", "apple"} {
		for p := load(); p != 0; p = load() {
			s, err := space.CopyInString(p, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %s\n", name, s)
		}
	}
	fmt.Fprintf(&b, "strings at %#x\n", sp)
	return b.String()
}

func TestBuildStack(t *testing.T) {
	for _, arch := range arches {
		space := newSpace(t, arch, 0x10000)
		st, err := loader.MapStack(space, arch, 0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		args := loader.Args{
			Argv: []string{"prog", "", "three"}, Envv: []string{"A=1", "B="},
			Apple: []string{"executable_path=/bin/prog", "pfz=0x1", "th_port=0x103"},
		}
		// Strings, by hand: 26 bytes of path padded to 32; argv and envp have
		// 5+1+6+4+3 = 19, together 51, padded to 56; apple 8+14 = 22, together
		// 78, padded to 80.
		const strings = 80
		for _, dyld := range []bool{false, true} {
			args.HasDyld, args.MachHeader = dyld, 0x100000000
			sp, fr, err := loader.BuildStack(space, st.Top, st.Size, args)
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("argc 3\nargv prog\nargv \nargv three\nenvp A=1\nenvp B=\n"+
				"apple executable_path=/bin/prog\napple pfz=0x1\napple th_port=0x103\nstrings at %#x\n", st.Top-strings)
			wantSP := st.Top - strings - 8*(1+3+1+2+1+3+1)
			if dyld {
				want, wantSP = "header 0x100000000\n"+want, wantSP-8
			}
			if got := readStack(t, space, sp, dyld); got != want {
				t.Errorf("stack:\n%swant:\n%s", got, want)
			}
			argc := st.Top - strings - 8*12
			if sp != wantSP || fr != (loader.Frame{SP: sp, Argc: argc, Argv: argc + 8, Envp: argc + 8*5,
				Apple: argc + 8*8, Strings: st.Top - strings, Top: st.Top}) {
				t.Errorf("sp %#x, want %#x; %+v", sp, wantSP, fr)
			}
			raw := make([]byte, strings)
			if err := space.CopyIn(raw, fr.Strings); err != nil {
				t.Fatal(err)
			}
			wantRaw := "executable_path=/bin/prog\x00\x00\x00\x00\x00\x00\x00prog\x00\x00three\x00A=1\x00B=\x00\x00\x00\x00\x00\x00" +
				"pfz=0x1\x00th_port=0x103\x00\x00\x00"
			if string(raw) != wantRaw {
				t.Errorf("strings area:\n%q, want\n%q", raw, wantRaw)
			}
		}
	}
}

func TestBuildStackLimits(t *testing.T) {
	space := newSpace(t, cpu.X86_64, 0x10000)
	st, err := loader.MapStack(space, cpu.X86_64, 0, 8<<20)
	if err != nil {
		t.Fatal(err)
	}
	apple := []string{"executable_path=/x"}
	// ARG_MAX pays for the strings, their NULs and pointers, and two NULLs.
	fits := loader.ArgMax - 1 - 8 - 16
	many := make([]string, (loader.ArgMax-16)/9)
	tests := []struct {
		name string
		args loader.Args
		top  uint64
		size uint64
		want loader.Reason
	}{
		{"one that just fits", loader.Args{Argv: []string{strings.Repeat("a", fits)}, Apple: apple}, st.Top, st.Size, 0},
		{"one byte more", loader.Args{Argv: []string{strings.Repeat("a", fits+1)}, Apple: apple}, st.Top, st.Size, loader.TooBig},
		{"one byte more in the environment", loader.Args{Argv: []string{strings.Repeat("a", fits-9)}, Envv: []string{"x"},
			Apple: apple}, st.Top, st.Size, loader.TooBig},
		{"empty strings that just fit", loader.Args{Argv: many, Apple: apple}, st.Top, st.Size, 0},
		{"one more", loader.Args{Envv: append(many, ""), Apple: apple}, st.Top, st.Size, loader.TooBig},
		{"apple", loader.Args{Apple: []string{strings.Repeat("a", 1<<20)}}, st.Top, st.Size, loader.TooBig},
		{"no apple", loader.Args{}, st.Top, st.Size, loader.Invalid},
		{"NUL", loader.Args{Argv: []string{"a\x00b"}, Apple: apple}, st.Top, st.Size, loader.Invalid},
		{"unaligned", loader.Args{Apple: apple}, st.Top - 4, st.Size, loader.Invalid},
		{"stack too small", loader.Args{Argv: []string{strings.Repeat("a", 5000)}, Apple: apple}, st.Top, 4096, loader.BadStack},
		{"at address 0", loader.Args{Apple: apple}, 8, 0, loader.BadStack},
		{"not mapped", loader.Args{Apple: apple}, 0x20000, 0, loader.BadStack},
	}
	for _, tt := range tests {
		_, _, err := loader.BuildStack(space, tt.top, tt.size, tt.args)
		if tt.want == 0 && err != nil || tt.want != 0 && (err == nil || reason(t, err) != tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestAppleStrings(t *testing.T) {
	a := loader.Apple{
		Path: "./prog", PFZ: 0x7fffffe05000, StackGuard: 0xfedcba9876543210, PtrMunge: 5,
		MallocEntropy: [2]uint64{6, 7}, Stack: loader.Stack{Top: 0x8000, Size: 0x4000, Alloc: 0x1000, AllocSize: 0x7000},
		Executable: loader.FileID{FSID: 0x1000004, FileID: 0x1234}, ThreadPort: 0x103,
	}
	want := []string{"executable_path=./prog", "pfz=0x7fffffe05000", "stack_guard=0xfedcba9876540010",
		"malloc_entropy=0x6,0x7", "ptr_munge=0x5", "main_stack=0x8000,0x4000,0x1000,0x7000",
		"executable_file=0x1000004,0x1234", "th_port=0x103"}
	if got := a.Strings(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q", got)
	}
	a.Nano, a.PtrauthABI, a.Dyld = true, true, loader.FileID{FSID: 1, FileID: 2}
	a.CDHash, a.BootSession = make([]byte, 20), "A-B"
	got := strings.Join(a.Strings(), "\n")
	// SHA-256 of salt, "A-B" with its NUL, and the hash, cut to 20 bytes.
	for _, s := range []string{"\nMallocNanoZone=1\nstack_guard=", "\ndyld_file=0x1,0x2\nexecutable_cdhash=" + strings.Repeat("0", 40) +
		"\nexecutable_boothash=2b201fc4dff3a915209253c83e24d88341e63cd5\narm64e_abi=os\nth_port="} {
		if !strings.Contains(got, s) {
			t.Errorf("no %q in\n%s", s, got)
		}
	}
}
