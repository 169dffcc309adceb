package dyld

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOldPrograms runs the two x86-64 programs that Go's debug/macho keeps as test
// data: one of 2008 (no LC_DYLD_INFO, LC_UNIXTHREAD), one of 2016.
func TestOldPrograms(t *testing.T) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gcc-amd64-darwin-exec", "clang-amd64-darwin-exec-with-rpath"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(goroot)), "src/debug/macho/testdata", name+".base64"))
			if err != nil {
				t.Fatal(err)
			}
			program, err := base64.StdEncoding.DecodeString(string(text))
			if err != nil {
				t.Fatal(err)
			}
			b := newBench(t, variant{"x86_64", "-no_fixup_chains"}, "paths")
			b.build(image{out: "sys/libgcc_s.1.dylib", part: "lib", install: "/usr/lib/libgcc_s.1.dylib", defines: []string{`WHO=""`}})
			replace(t, b.path("prog"), program)
			expect(t, b.start(nil), "hello, world\n", 0)
		})
	}
}
