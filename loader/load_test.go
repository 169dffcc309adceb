package loader_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/loader"
	mt "github.com/beagle-emu/beagle/loader/machotest"
	"github.com/beagle-emu/beagle/mem"
)

var arches = []cpu.Arch{cpu.X86_64, cpu.ARM64}

func newSpace(t testing.TB, arch cpu.Arch, min uint64) *mem.Space {
	t.Helper()
	phys, err := mem.NewPhysical(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	space := phys.NewSpace(mem.SpaceConfig{PageSize: arch.PageSize(), Min: min})
	t.Cleanup(func() {
		space.Release()
		phys.Close()
	})
	return space
}

func reason(t *testing.T, err error) loader.Reason {
	t.Helper()
	var e *loader.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T) is not a *loader.Error", err, err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
	return e.Reason
}

// load opens and loads with the lowest address that page zero asks for.
func load(t testing.TB, file mt.File, slide uint64, prefer ...cpu.Arch) (*loader.Image, *mem.Space, error) {
	t.Helper()
	f, err := loader.Open(file, prefer)
	if err != nil {
		return nil, nil, err
	}
	space := newSpace(t, f.Arch(), min(f.MinAddress(slide), 1<<40))
	im, err := f.Load(space, file.Backing(), slide)
	return im, space, err
}

func regions(space *mem.Space) string {
	var b strings.Builder
	for r := range space.Regions() {
		kind := "zero"
		if r.File != nil {
			kind = fmt.Sprintf("file+%#x", r.FileOffset)
		}
		fmt.Fprintf(&b, "%#x-%#x %v/%v %s %s\n", r.Addr, r.End(), r.Prot, r.MaxProt, r.Name, kind)
	}
	return b.String()
}

func TestLoadStatic(t *testing.T) {
	want := map[cpu.Arch]string{
		cpu.X86_64: `0x100100000-0x100102000 r-x/r-x __TEXT file+0x0
0x100102000-0x100103000 rw-/rw- __DATA file+0x2000
0x100103000-0x100107000 rw-/rw- __DATA zero
`,
		cpu.ARM64: `0x100100000-0x100104000 r-x/r-x __TEXT file+0x0
0x100104000-0x100108000 rw-/rw- __DATA file+0x4000
0x100108000-0x10010c000 rw-/rw- __DATA zero
`,
	}
	for _, arch := range arches {
		t.Run(arch.String(), func(t *testing.T) {
			const slide = 0x100000
			file := mt.Static(arch, []byte("code"), []byte("data"), 0x4800)
			im, space, err := load(t, file, slide)
			if err != nil {
				t.Fatal(err)
			}
			if got := regions(space); got != want[arch] {
				t.Errorf("regions:\n%swant:\n%s", got, want[arch])
			}
			if im.Header != mt.TextBase+slide || im.Low != im.Header || im.Slide != slide ||
				im.Entry != mt.TextBase+slide+mt.HeaderSpace || !im.HasUnixThread ||
				im.Regs[arch.PCIndex()] != im.Entry || im.PageZero != mt.TextBase+slide {
				t.Errorf("image: %+v", im)
			}
			got := make([]byte, 4)
			if err := space.CopyIn(got, im.Entry); err != nil || string(got) != "code" {
				t.Errorf("at the entry: %q, %v", got, err)
			}
			data := im.Segments[2].Addr
			buf := make([]byte, 8)
			if err := space.CopyIn(buf, data); err != nil || string(buf) != "data\x00\x00\x00\x00" {
				t.Errorf("data: %q, %v", buf, err)
			}
			if err := space.CopyOut(im.High-8, buf); err != nil {
				t.Errorf("zero fill: %v", err)
			}
			var fault *mem.FaultError
			if err := space.CopyOut(im.Entry, buf); !errors.As(err, &fault) || fault.Kind != mem.Denied {
				t.Errorf("writing text: %v", err)
			}
		})
	}
}

func TestLoadFixed(t *testing.T) {
	b := mt.StaticBuilder(cpu.X86_64, nil, nil, 0)
	b.Flags = 0
	im, _, err := load(t, b.Bytes(), 0x123000)
	if err != nil {
		t.Fatal(err)
	}
	if im.Slide != 0 || im.Header != mt.TextBase {
		t.Errorf("a program that is not PIE was slid: %+v", im)
	}
}

// Page zero raises the space's lowest address and is no region.
func TestPageZeroRaisesMin(t *testing.T) {
	file := mt.Static(cpu.X86_64, nil, nil, 0)
	f, err := loader.Open(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	space := newSpace(t, cpu.X86_64, 0x10000)
	if _, err := f.Load(space, file.Backing(), 0); err != nil {
		t.Fatal(err)
	}
	if space.Min() != mt.TextBase {
		t.Errorf("lowest address %#x, want %#x", space.Min(), uint64(mt.TextBase))
	}
	if _, err := space.Load8(0x20000); err == nil {
		t.Error("page zero can be read")
	} else if f := space.Fault(0x20000, mem.Load); f == nil || f.Kind != mem.Unmapped {
		t.Errorf("page zero: %v", f)
	}
}

// Page zero may not be put over what is mapped already.
func TestPageZeroTooLate(t *testing.T) {
	b := mt.New(cpu.X86_64)
	b.Segment(mt.Segment{Name: "__TEXT", Addr: 0x1000, MaxProt: 5, Prot: 5, Data: mt.Text(cpu.X86_64, nil)})
	file := b.PageZero(0x10000).UnixThread(0x2000, 0).Bytes()
	f, err := loader.Open(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Load(newSpace(t, cpu.X86_64, 0), file.Backing(), 0); err == nil || reason(t, err) != loader.BadExec {
		t.Errorf("loaded: %v", err)
	}
}

func TestUnixThreadRegisters(t *testing.T) {
	x86 := make([]uint64, 21)
	arm := make([]uint64, 34)
	for i := range x86 {
		x86[i] = uint64(100 + i)
	}
	for i := range arm {
		arm[i] = uint64(100 + i)
	}
	x86[7], arm[31] = 0x200001234, 0x200001234
	x86[16], arm[32] = mt.TextBase+0x1000, mt.TextBase+0x1000
	x86[17], arm[33] = 1<<64-1, 1<<64-1
	for _, arch := range arches {
		b := mt.New(arch)
		b.Flags = mt.PIE
		b.PageZero(mt.TextBase)
		b.Segment(mt.Segment{Name: "__TEXT", Addr: mt.TextBase, MaxProt: 5, Prot: 5, Data: mt.Text(arch, nil)})
		words := append(mt.Words(4, 42), mt.Quads(x86...)...)
		if arch == cpu.ARM64 {
			words = append(mt.Words(6, 68), mt.Quads(arm...)...)
		}
		im, _, err := load(t, b.Command(5, words).Bytes(), 0x8000)
		if err != nil {
			t.Fatal(err)
		}
		if arch == cpu.X86_64 {
			for reg, want := range map[int]uint64{cpu.RAX: 100, cpu.RBX: 101, cpu.RCX: 102, cpu.RDX: 103, cpu.RDI: 104,
				cpu.RSI: 105, cpu.RBP: 106, cpu.R8: 108, cpu.R15: 115, cpu.RFLAGS: 0x240fd7, cpu.GSBase: 0} {
				if im.Regs[reg] != want {
					t.Errorf("x86-64 register %d: %#x, want %#x", reg, im.Regs[reg], want)
				}
			}
		} else {
			for reg, want := range map[int]uint64{0: 100, 28: 128, cpu.FP: 129, cpu.LR: 130, cpu.NZCV: 0xf0000000} {
				if im.Regs[reg] != want {
					t.Errorf("arm64 register %d: %#x, want %#x", reg, im.Regs[reg], want)
				}
			}
		}
		if im.Entry != mt.TextBase+0x9000 {
			t.Errorf("entry %#x", im.Entry)
		}
		// load_unixthread subtracts the slide from the stack pointer.
		if want := (0x200001234 - uint64(0x8000)) &^ (arch.PageSize() - 1); im.StackTop != want || !im.CustomStack {
			t.Errorf("stack top %#x, want %#x", im.StackTop, want)
		}
	}
}

// dyld returns a dynamic linker linked at base.
func dyld(arch cpu.Arch, base uint64) *mt.Builder {
	b := mt.New(arch)
	b.FileType = mt.Dylinker
	text := mt.Text(arch, []byte("dyld"))
	b.Segment(mt.Segment{Name: "__TEXT", Addr: base, MaxProt: 5, Prot: 5, Data: text})
	data := base + uint64(len(text))
	b.Segment(mt.Segment{Name: "__DATA", Addr: data, MaxProt: 3, Prot: 3, Size: 0x4000, Sections: []mt.Section{
		{Name: "__data", Segment: "__DATA", Addr: data, Size: 16},
		{Name: "__all_image_info", Segment: "__DATA", Addr: data + 0x40, Size: 0x170},
	}})
	return b.UnixThread(base+mt.HeaderSpace, 0)
}

func dynamic(arch cpu.Arch, stack uint64) *mt.Builder {
	b := mt.New(arch)
	b.Flags = mt.PIE | mt.DyldLink | mt.TwoLevel
	b.PageZero(mt.TextBase)
	b.Segment(mt.Segment{Name: "__TEXT", Addr: mt.TextBase, MaxProt: 5, Prot: 5, Data: mt.Text(arch, nil)})
	return b.LoadDylinker("/usr/lib/dyld").Main(mt.HeaderSpace, stack)
}

func TestLoadDylinker(t *testing.T) {
	for _, arch := range arches {
		for _, base := range []uint64{0, 0x200000000} {
			im, space, err := load(t, dynamic(arch, 0).Bytes(), 0x4000)
			if err != nil {
				t.Fatal(err)
			}
			if im.Entry != 0 || im.HasUnixThread || im.Dylinker != "/usr/lib/dyld" || im.CustomStack {
				t.Errorf("before dyld: %+v", im)
			}
			file := dyld(arch, base).Bytes()
			f, err := loader.Open(file, []cpu.Arch{im.Arch})
			if err != nil {
				t.Fatal(err)
			}
			if err := im.LoadDylinker(space, f, file.Backing(), 0x10000); err != nil {
				t.Fatal(err)
			}
			want := base + 0x10000
			if base == 0 {
				want = im.High + 0x10000
			}
			text := uint64(len(mt.Text(arch, []byte("dyld"))))
			if !im.HasDyld || im.DyldHeader != want || im.Entry != want+mt.HeaderSpace ||
				im.AllImageInfoAddr != want+text+0x40 || im.AllImageInfoSize != 0x170 ||
				im.Regs[arch.PCIndex()] != im.Entry || im.Header != mt.TextBase+0x4000 {
				t.Errorf("%v, dyld at %#x: %+v", arch, base, im)
			}
		}
	}
	// A program as its own dynamic linker.
	im, space, err := load(t, dynamic(cpu.X86_64, 0).Bytes(), 0)
	if err != nil {
		t.Fatal(err)
	}
	file := mt.Static(cpu.X86_64, nil, nil, 0)
	f, err := loader.Open(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := im.LoadDylinker(space, f, file.Backing(), 0); reason(t, err) != loader.BadExec {
		t.Error(err)
	}
}

// Go before 1.11 names a dynamic linker and has nothing for it to do.
func TestIdleDylinker(t *testing.T) {
	b := mt.StaticBuilder(cpu.X86_64, nil, nil, 0).LoadDylinker("/usr/lib/dyld")
	dylinker := func() string {
		f, err := loader.Open(b.Bytes(), nil)
		if err != nil {
			t.Fatal(err)
		}
		info, err := loader.Inspect(b.Bytes())
		if err != nil || info.Slices[0].Static != (f.Dylinker() == "") || info.Slices[0].Dylinker != "/usr/lib/dyld" {
			t.Errorf("Inspect: %+v, %v", info, err)
		}
		return f.Dylinker()
	}
	if d := dylinker(); d != "" {
		t.Errorf("dynamic linker %q", d)
	}
	b.Flags |= mt.DyldLink
	if d := dylinker(); d != "/usr/lib/dyld" {
		t.Errorf("dynamic linker of a dynamic program: %q", d)
	}
	b.Flags &^= mt.DyldLink
	b.Dylib(0xc, "/usr/lib/libSystem.B.dylib")
	if d := dylinker(); d != "/usr/lib/dyld" {
		t.Errorf("dynamic linker with a library: %q", d)
	}
}

func TestChoice(t *testing.T) {
	file := func(cputype, sub uint32) mt.Arch64 {
		arch := cpu.X86_64
		if cputype == mt.CPUARM64 {
			arch = cpu.ARM64
		}
		b := mt.StaticBuilder(arch, nil, nil, 0)
		b.CPUType, b.Subtype = cputype, sub
		return mt.Slice(b.Bytes())
	}
	x86, x86h := file(mt.CPUX8664, 3), file(mt.CPUX8664, 8)
	arm, arm8, arme := file(mt.CPUARM64, 0), file(mt.CPUARM64, 1), file(mt.CPUARM64, 0x80000002)
	i386, ppc := file(mt.CPUX86, 3), file(mt.CPUPPC, 0)
	both := []cpu.Arch{cpu.ARM64, cpu.X86_64}
	tests := []struct {
		name   string
		in     []mt.Arch64
		prefer []cpu.Arch
		want   mt.Arch64
		err    string
	}{
		{"first preferred", []mt.Arch64{x86, arm}, both, arm, ""},
		{"order", []mt.Arch64{x86, arm}, []cpu.Arch{cpu.X86_64, cpu.ARM64}, x86, ""},
		{"second", []mt.Arch64{i386, x86}, both, x86, ""},
		{"no preference", []mt.Arch64{x86, arm}, nil, arm, ""},
		{"never x86_64h", []mt.Arch64{x86h, x86}, both, x86, ""},
		{"only x86_64h", []mt.Arch64{i386, x86h}, both, mt.Arch64{}, "the file has i386, x86_64h; wanted is arm64 or x86_64"},
		{"v8", []mt.Arch64{arm, arm8}, both, arm8, ""},
		{"arm64 before arm64e", []mt.Arch64{arme, arm}, both, arm, ""},
		{"x86_64 before arm64e", []mt.Arch64{arme, x86}, both, x86, ""},
		{"nothing but arm64e", []mt.Arch64{arme}, both, arme, ""},
		{"ppc and i386", []mt.Arch64{ppc, i386}, both, mt.Arch64{}, "the file has ppc, i386; wanted is arm64 or x86_64"},
		{"not wanted", []mt.Arch64{arm}, []cpu.Arch{cpu.X86_64}, mt.Arch64{}, "the file has arm64; wanted is x86_64"},
		{"none", nil, both, mt.Arch64{}, "a fat file without any architecture"},
	}
	for _, tt := range tests {
		for _, wide := range []bool{false, true} {
			f, err := loader.Open(mt.Fat(wide, tt.in...), tt.prefer)
			if tt.err != "" {
				if err == nil || reason(t, err) != loader.BadArch || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%s: %v, want %q", tt.name, err, tt.err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			off, size := f.Slice()
			if data := mt.Fat(wide, tt.in...)[off:][:size]; !bytes.Equal(data, tt.want.Data) {
				t.Errorf("%s: took the wrong slice at %#x", tt.name, off)
			}
			if f.ARM64E() != (tt.want.Subtype == arme.Subtype) {
				t.Errorf("%s: ARM64E is %v", tt.name, f.ARM64E())
			}
		}
	}
}

// Fat slices are mapped from where they lie.
func TestLoadFat(t *testing.T) {
	fat := mt.Fat(false, mt.Slice(mt.Static(cpu.X86_64, []byte("intel"), nil, 0)),
		mt.Slice(mt.Static(cpu.ARM64, []byte("apple"), []byte("d"), 0)))
	for _, arch := range arches {
		im, space, err := load(t, fat, 0, arch)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 5)
		if err := space.CopyIn(got, im.Entry); err != nil {
			t.Fatal(err)
		}
		if want := map[cpu.Arch]string{cpu.X86_64: "intel", cpu.ARM64: "apple"}[arch]; string(got) != want {
			t.Errorf("%v: code is %q", arch, got)
		}
	}
}

func TestSlides(t *testing.T) {
	tests := []struct {
		arch              cpu.Arch
		random            [3]uint64
		program, dylinker uint64
	}{
		{cpu.X86_64, [3]uint64{}, 0x1000, 0x1000},
		{cpu.X86_64, [3]uint64{65534, 65535, 9}, 0xffff000, 0x1000},
		{cpu.ARM64, [3]uint64{}, 0x4000, 0x4000},
		{cpu.ARM64, [3]uint64{1022, 254, 2}, 64<<20 + 0xffc000, 0x3fc000},
		{cpu.ARM64, [3]uint64{1023, 255, 3}, 0x4000, 0x4000},
	}
	for _, tt := range tests {
		if p, d := loader.Slides(tt.arch, tt.random); p != tt.program || d != tt.dylinker {
			t.Errorf("%v %v: %#x, %#x", tt.arch, tt.random, p, d)
		}
	}
}

func BenchmarkOpenLoad(b *testing.B) {
	for _, arch := range arches {
		b.Run(arch.String(), func(b *testing.B) {
			file := mt.Static(arch, make([]byte, 1<<20), make([]byte, 1<<16), 1<<20)
			phys, err := mem.NewPhysical(64 << 20)
			if err != nil {
				b.Fatal(err)
			}
			defer phys.Close()
			for b.Loop() {
				f, err := loader.Open(file, nil)
				if err != nil {
					b.Fatal(err)
				}
				space := phys.NewSpace(mem.SpaceConfig{PageSize: arch.PageSize(), Min: f.MinAddress(0)})
				if _, err := f.Load(space, file.Backing(), 0); err != nil {
					b.Fatal(err)
				}
				space.Release()
			}
		})
	}
}
