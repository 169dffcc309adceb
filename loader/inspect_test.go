package loader_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/blacktop/go-macho"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/loader"
	mt "github.com/beagle-emu/beagle/loader/machotest"
)

// linkedit returns a dynamic program with contents as its __LINKEDIT and a
// command that gets the offset of it.
func linkedit(contents []byte, add func(b *mt.Builder, off uint32)) mt.File {
	const arch = cpu.X86_64
	b := mt.New(arch)
	b.Flags = mt.PIE | mt.DyldLink | mt.TwoLevel
	text := mt.Text(arch, nil)
	b.PageZero(mt.TextBase)
	b.Segment(mt.Segment{Name: "__TEXT", Addr: mt.TextBase, MaxProt: 5, Prot: 5, Data: text})
	b.Segment(mt.Segment{Name: "__LINKEDIT", Addr: mt.TextBase + uint64(len(text)), Size: uint64(len(contents)+0xfff) &^ 0xfff,
		MaxProt: 1, Prot: 1, Data: contents})
	b.LoadDylinker("/usr/lib/dyld").Main(mt.HeaderSpace, 0)
	b.Dylib(0xc, "/usr/lib/libSystem.B.dylib").Dylib(0x80000018, "/usr/lib/libweak.dylib")
	add(b, uint32(len(text)))
	return b.Bytes()
}

// chained makes chained fixups with these imports.
func chained(format uint32, names string, imports ...uint64) mt.File {
	// A header of 28 bytes, starts (no segment), imports, names.
	table := mt.Words(0, 28, 32, 0, uint32(len(imports)), format, 0, 0)
	for _, i := range imports {
		switch format {
		case 1:
			table = binary.LittleEndian.AppendUint32(table, uint32(i))
		case 2:
			table = append(table, mt.Words(uint32(i), 7)...)
		case 3:
			table = append(table, mt.Quads(i, 7)...)
		}
	}
	binary.LittleEndian.PutUint32(table[12:], uint32(len(table)))
	table = append(table, names...)
	return linkedit(table, func(b *mt.Builder, off uint32) {
		b.Command(0x80000034, mt.Words(off, uint32(len(table))))
	})
}

func dyldInfo(bind, lazy string) mt.File {
	return linkedit([]byte(bind+lazy), func(b *mt.Builder, off uint32) {
		n := uint32(len(bind))
		b.Command(0x80000022, mt.Words(0, 0, off, n, 0, 0, off+n, uint32(len(lazy)), 0, 0))
	})
}

// classic makes a symbol table; each symbol is type and desc.
func classic(names string, syms ...uint32) mt.File {
	var table []byte
	at := uint32(0)
	for _, s := range syms {
		table = append(table, mt.Words(at, s&0xff|s>>8<<16, 0, 0)...)
		at += uint32(strings.IndexByte(names[at:], 0)) + 1
	}
	n := uint32(len(syms))
	return linkedit(append(table, names...), func(b *mt.Builder, off uint32) {
		b.Command(2, mt.Words(off, n, off+uint32(len(table)), uint32(len(names))))
		dysym := make([]uint32, 18)
		dysym[5] = n
		b.Command(0xb, mt.Words(dysym...))
	})
}

const (
	bindOps = "\x11\x40_a\x00\x51\x72\x00\x90\x90" + // ordinal 1, _a, bound twice
		"\x20\x02\x41_b\x00\xc0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x08" + // ordinal 2, weak _b, 2^64-1 times
		"\x3e\x40_c\x00\xa0\x08\xb1\x00\x99" // flat lookup; nothing after DONE
	lazyOps = "\x72\x00\x11\x40_l\x00\x90\x00\x00\x72\x08\x11\x40_m\x00\x90\x00"
)

func importers() map[string]mt.File {
	return map[string]mt.File{
		"chained 1":  chained(1, "\x00_a\x00_b\x00_c\x00", 1|1<<9, 2|1<<8|4<<9, 0xfd|7<<9),
		"chained 2":  chained(2, "\x00_a\x00_b\x00_c\x00", 1|1<<9, 2|1<<8|4<<9, 0xfd|7<<9),
		"chained 3":  chained(3, "\x00_a\x00_b\x00_c\x00", 1|1<<32, 2|1<<16|4<<32, 0xfffd|7<<32),
		"dyld_info":  dyldInfo(bindOps, lazyOps),
		"classic":    classic("_a\x00_b\x00_d\x00_c\x00", 1|0x100<<8, 1|0x240<<8, 0xf|0<<8, 1|0xfe01<<8),
		"no imports": dynamic(cpu.ARM64, 0).Bytes(),
	}
}

func TestImports(t *testing.T) {
	abc := "_a 1, _b 2 weak, _c -3"
	want := map[string]string{
		"chained 1": abc, "chained 2": abc, "chained 3": abc,
		"dyld_info":  "_a 1, _b 2 weak, _c -2, _l 1 lazy, _m 1 lazy",
		"classic":    "_a 1, _b 2 weak, _c -2 lazy",
		"no imports": "",
	}
	for name, file := range importers() {
		info, err := loader.Inspect(file)
		if err != nil {
			t.Fatal(err)
		}
		s := info.Slices[0]
		var got []string
		for _, i := range s.Imports {
			str := fmt.Sprintf("%s %d", i.Name, i.Ordinal)
			if i.Weak {
				str += " weak"
			}
			if i.Lazy {
				str += " lazy"
			}
			got = append(got, str)
		}
		if strings.Join(got, ", ") != want[name] || len(s.Problems) > 0 || s.Refused != nil {
			t.Errorf("%s: %q, want %q; problems %q, refused: %v", name, got, want[name], s.Problems, s.Refused)
		}
		if name != "no imports" && s.Fixups != strings.Fields(name)[0] {
			t.Errorf("%s: fixups %q", name, s.Fixups)
		}
	}
}

// Files made to waste time or memory are cut short.
func TestInspectBounds(t *testing.T) {
	overlapping := make([]uint64, 200_000)
	for i := range overlapping {
		overlapping[i] = 1
	}
	var names strings.Builder
	for i := range 300_000 {
		fmt.Fprintf(&names, "\x40%x\x00\x90", i)
	}
	tests := map[string]mt.File{
		"names overlap":      chained(1, strings.Repeat("x", 1<<20)+"\x00", overlapping...),
		"many names":         dyldInfo("\x11"+names.String(), ""),
		"one name, many ops": dyldInfo("\x40"+strings.Repeat("x", 1<<20)+"\x00"+strings.Repeat("\x11\x90\x12\x90", 1<<20), ""),
		"unterminated":       dyldInfo("\x40"+strings.Repeat("x", 1<<20), ""),
		"endless ULEB":       dyldInfo(strings.Repeat("\x20"+strings.Repeat("\xff", 1000), 1000), ""),
	}
	for name, file := range tests {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		info, err := loader.Inspect(file)
		if err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		used := after.TotalAlloc - before.TotalAlloc
		if used > uint64(len(file))*64+1<<20 {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, used, len(file))
		}
		t.Logf("%s: %d imports of a %d-byte file, %d bytes, %v, %q", name, len(info.Slices[0].Imports), len(file), used,
			time.Since(start), info.Slices[0].Problems)
	}
}

// programs returns real files: Go's linker makes two, lld more where it is
// installed.
func programs(t *testing.T) map[string]string {
	dir := t.TempDir()
	files := map[string]string{}
	src := filepath.Join(dir, "hello.go")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(env []string, name string, args ...string) {
		c := exec.Command(name, args...)
		c.Dir, c.Env = dir, append(os.Environ(), env...)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
	}
	write(src, "package main\n\nfunc main() { println(\"hi\") }\n")
	for _, goarch := range []string{"amd64", "arm64"} {
		out := filepath.Join(dir, "go-"+goarch)
		run([]string{"GOOS=darwin", "GOARCH=" + goarch, "CGO_ENABLED=0"}, "go", "build", "-o", out, src)
		files["go "+goarch] = out
	}
	clang, _ := exec.LookPath("clang-19")
	lld, _ := exec.LookPath("ld64.lld-19")
	if clang == "" || lld == "" {
		t.Log("clang-19 and ld64.lld-19 are not installed: only Go's files are looked at")
		return files
	}
	write(filepath.Join(dir, "a.c"), `extern int puts(const char *); extern int w(void) __attribute__((weak_import)); extern int data;
int *p = &data; int main(void) { if (w) w(); return puts("x") + *p; }`)
	write(filepath.Join(dir, "lib.c"), `int data = 3; int w(void) { return 1; } int puts(const char *s) { return 0; }
void stub(void) __asm("dyld_stub_binder"); void stub(void) {}`)
	for _, arch := range []string{"x86_64", "arm64"} {
		for _, c := range []string{"a", "lib"} {
			run(nil, clang, "-target", arch+"-apple-macos11", "-ffreestanding", "-c", c+".c", "-o", c+"."+arch+".o")
		}
		for _, fixups := range []string{"-fixup_chains", "-no_fixup_chains"} {
			link := []string{"-arch", arch, "-platform_version", "macos", "11.0", "12.3", fixups}
			lib, exe := "lib"+arch+fixups+".dylib", "a."+arch+fixups
			run(nil, lld, append(link, "-dylib", "-install_name", "/usr/lib/libSystem.B.dylib", "-current_version", "1356",
				"-o", lib, "lib."+arch+".o")...)
			run(nil, lld, append(link, "-rpath", "@loader_path/x", "-e", "_main", "-o", exe, "a."+arch+".o", lib)...)
			files["lld "+arch+fixups], files["lld dylib "+arch+fixups] = filepath.Join(dir, exe), filepath.Join(dir, lib)
		}
	}
	return files
}

// Inspect and go-macho, which somebody else wrote, must see the same in files
// that real linkers made. go-macho itself is not used on the files of others:
// it allocates and loops as counts in the file say.
func TestAgainstGoMacho(t *testing.T) {
	for name, path := range programs(t) {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			info, err := loader.Inspect(mt.File(b))
			if err != nil {
				t.Fatal(err)
			}
			ref, err := macho.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer ref.Close()
			s := info.Slices[0]
			if len(info.Slices) != 1 || info.Fat || len(s.Problems) > 0 {
				t.Errorf("fat %v, problems %q", info.Fat, s.Problems)
			}
			if u := ref.UUID(); u == nil || u.UUID.String() != s.UUID {
				t.Errorf("UUID %s, want %v", s.UUID, u)
			}
			var libs []string
			for _, d := range s.Dylibs {
				libs = append(libs, d.Path)
			}
			if want := ref.ImportedLibraries(); !slices.Equal(libs, want) {
				t.Errorf("libraries %q, want %q", libs, want)
			}
			for i, seg := range ref.Segments() {
				g := s.Segments[i]
				if g.Name != seg.Name || g.Addr != seg.Addr || g.Size != seg.Memsz || g.FileOff != seg.Offset ||
					g.FileSize != seg.Filesz || len(g.Sections) != int(seg.Nsect) {
					t.Errorf("segment %+v, want %+v", g, seg.SegmentHeader)
				}
			}
			compareImports(t, &s, ref)
			compareSignature(t, &s, ref)
			f, err := loader.Open(mt.File(b), nil)
			if (err == nil) != (s.Refused == nil) || (err == nil) != !strings.Contains(name, "dylib") {
				t.Fatalf("Open: %v, Inspect: %v", err, s.Refused)
			}
			if err == nil {
				if _, _, err := load(t, mt.File(b), 0x4000*7, f.Arch()); err != nil {
					t.Error(err)
				}
				if sig := s.Signature; sig != nil && string(sig.CDHash) != string(f.CDHash()) {
					t.Errorf("CDHash %x, Inspect %x", f.CDHash(), sig.CDHash)
				}
			}
		})
	}
}

func compareImports(t *testing.T, s *loader.SliceInfo, ref *macho.File) {
	t.Helper()
	got, want := map[string]bool{}, map[string]bool{}
	for _, i := range s.Imports {
		got[fmt.Sprintf("%s from %s weak=%v", i.Name, filepath.Base(s.Library(i)), i.Weak)] = true
	}
	if ref.HasDyldChainedFixups() {
		fixups, err := ref.DyldChainedFixups()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range fixups.Imports {
			want[fmt.Sprintf("%s from %s weak=%v", i.Name, filepath.Base(s.Dylibs[i.LibOrdinal()-1].Path), i.WeakImport())] = true
		}
	} else {
		binds, err := ref.GetBindInfo()
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range binds {
			name, _, _ := strings.Cut(b.Name, " ") // go-macho appends the flags
			want[fmt.Sprintf("%s from %s weak=%v", name, filepath.Base(b.Dylib), b.Flags&1 != 0)] = true
		}
	}
	for w := range want {
		if !got[w] {
			t.Errorf("missing %s", w)
		}
	}
	for g := range got {
		if !want[g] {
			t.Errorf("too many: %s", g)
		}
	}
	t.Logf("%d imports, %s", len(got), s.Fixups)
}

func compareSignature(t *testing.T, s *loader.SliceInfo, ref *macho.File) {
	t.Helper()
	cs := ref.CodeSignature()
	if (cs == nil) != (s.Signature == nil) {
		t.Fatalf("signature %+v, want %v", s.Signature, cs)
	}
	if cs == nil {
		return
	}
	cd := cs.CodeDirectories[0]
	if s.Signature.Identifier != cd.ID || !strings.HasPrefix(cd.CDHash, fmt.Sprintf("%x", s.Signature.CDHash)) ||
		len(s.Signature.CDHash) != 20 {
		t.Errorf("signature %+v, want %s %s", s.Signature, cd.ID, cd.CDHash)
	}
}
