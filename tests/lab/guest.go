package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/beagle-emu/beagle/tests/machostatic"
)

// Archs are the guest architectures, by the names that --arch and clang use.
var Archs = []string{"x86_64", "arm64"}

// BuildGuest compiles C and assembly files with the guest runtime beside them
// into a static Mach-O program and returns its path. The product is kept by
// the content of all that goes into it.
func BuildGuest(t testing.TB, arch string, sources ...string) string {
	t.Helper()
	clang, ld := Need(t, "clang-19"), Need(t, "ld64.lld-19")
	rt := filepath.Join(Root(t), "tests", "guest", "rt")
	all := append([]string{filepath.Join(rt, "rt.c"), filepath.Join(rt, "traps."+arch+".S")}, sources...)
	cflags := []string{
		"-target", arch + "-apple-macos11", "-ffreestanding", "-nostdinc",
		"-isystem", "/usr/lib/llvm-19/lib/clang/19/include", "-I", rt,
		"-O1", "-g0", "-fno-stack-protector", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
	}
	ldflags := []string{
		"-arch", arch, "-platform_version", "macos", "11.0", "11.0",
		"-no_fixup_chains", "-headerpad", "0x400", "-e", "start",
	}
	key := []any{arch, cflags, ldflags, "machostatic 1"}
	for _, f := range append([]string{filepath.Join(rt, "beagle.h")}, all...) {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		key = append(key, filepath.Base(f), b)
	}
	if st, err := os.Stat(clang); err == nil {
		key = append(key, st.Size(), st.ModTime())
	}
	name := filepath.Base(sources[0])
	name = name[:len(name)-len(filepath.Ext(name))]
	out := filepath.Join(Cache(t, "guest"), name+"-"+arch+"-"+Key(key...))
	if _, err := os.Stat(out); err == nil {
		return out
	}
	tmp := t.TempDir()
	var objects []string
	for _, f := range all {
		o := filepath.Join(tmp, filepath.Base(f)+".o")
		build(t, clang, append(append([]string{}, cflags...), "-c", f, "-o", o))
		objects = append(objects, o)
	}
	linked := filepath.Join(tmp, "linked")
	build(t, ld, append(append(append([]string{}, ldflags...), "-o", linked), objects...))
	b, err := os.ReadFile(linked)
	if err != nil {
		t.Fatal(err)
	}
	static, err := machostatic.Convert(b)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	WriteAtomic(t, out, static, 0o755)
	return out
}

func build(t testing.TB, program string, args []string) {
	t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(program), args, err, out)
	}
}
