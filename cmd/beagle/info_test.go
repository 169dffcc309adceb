package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/libsystem"
	"github.com/beagle-emu/beagle/loader/machotest"
)

// dynamic is a program that needs a dynamic linker and libraries, one of them
// with a name that would disturb a terminal.
func dynamic() []byte {
	b := machotest.New(cpu.ARM64)
	b.Flags = machotest.DyldLink | machotest.TwoLevel | machotest.PIE
	b.PageZero(machotest.TextBase)
	b.Segment(machotest.Segment{Name: "__TEXT", Addr: machotest.TextBase, MaxProt: 5, Prot: 5, Data: machotest.Text(cpu.ARM64, nil)})
	b.LoadDylinker("/usr/lib/dyld")
	b.Dylib(0xc, "/usr/lib/libSystem.B.dylib")
	b.Dylib(0x80000018, "/usr/lib/libweak.dylib")
	b.Dylib(0xc, "@rpath/lib\x1b[31mred.dylib")
	b.Main(machotest.HeaderSpace, 0)
	return b.BuildVersion(1, 13<<16, 14<<16|2<<8).Bytes()
}

func TestInfo(t *testing.T) {
	r := command("info", file(t, "both", 0o755, fat()))
	if r.status != 0 || r.err != "" {
		t.Fatalf("%+v", r)
	}
	for _, want := range []string{
		"a fat Mach-O file with 2 slices", "\nx86_64: static executable, position-independent\n", "\narm64: static executable",
		"platform      macOS 11.0 or newer, SDK 11.0", "entry         LC_UNIXTHREAD, address 0x100001000", "signature     none", "missing here  nothing",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
}

func TestInfoMissing(t *testing.T) {
	prog := file(t, "dynamic", 0o755, dynamic())
	r := command("info", prog)
	for _, want := range []string{
		"arm64: dynamic executable, position-independent\n", "macOS 13.0 or newer, SDK 14.2", "LC_MAIN, file offset 0x1000", "linker        /usr/lib/dyld",
		`"@rpath/lib\x1b[31mred.dylib"`,
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
	}
	if libsystem.Missing() != nil {
		want := "  missing here\n    /usr/lib/dyld, the dynamic linker that it names: this build of Beagle brings none, and this machine has none\n" +
			"    /usr/lib/libSystem.B.dylib\n"
		if !strings.Contains(r.out, want) {
			t.Errorf("no %q in\n%s", want, r.out)
		}
		if r := command("run", prog); r.status != statusNotRun || strings.Count(r.err, "\n") != 1 {
			t.Errorf("run: %+v", r)
		}
	}
	if r.status != 0 || strings.ContainsRune(r.out, 0x1b) || strings.Contains(r.out, "    /usr/lib/libweak.dylib\n") {
		t.Errorf("%+v", r)
	}

	// With a root that has some of it, less is missing.
	root := t.TempDir()
	for _, f := range []string{"usr/lib/dyld", "System/Library/dyld/dyld_shared_cache_arm64e"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, f)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, f), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r = command("info", "--root", root, "--json", prog)
	var rep fileReport
	if err := json.Unmarshal([]byte(r.out), &rep); err != nil || r.status != 0 || len(rep.Slices) != 1 {
		t.Fatalf("%v\n%+v", err, r)
	}
	s := rep.Slices[0]
	if s.Runs || len(s.Missing) != 1 || !strings.Contains(s.Missing[0], "red.dylib") || len(s.Needs) != 3 || !s.Needs[0].Served ||
		s.Dylinker != "/usr/lib/dyld" || s.Static || s.Entry != "LC_MAIN" || s.EntryAt != machotest.HeaderSpace {
		t.Errorf("%+v", s)
	}
}

// Whatever a file says, info answers, and in printable text.
func FuzzInfo(f *testing.F) {
	f.Add(fat())
	f.Add(dynamic())
	f.Add(i386())
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		r := command("info", path)
		for _, c := range r.out + r.err {
			if c < ' ' && c != '\n' || c == 0x7f {
				t.Fatalf("%q", r.out+r.err)
			}
		}
		if (r.status == 0) != (r.err == "") || r.status != 0 && strings.Count(r.err, "\n") != 1 {
			t.Fatalf("%+v", r)
		}
	})
}
