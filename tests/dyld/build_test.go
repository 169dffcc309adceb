// Package dyld tests Beagle's dynamic linker with programs made of several images.
package dyld

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beagle-emu/beagle/libsystem"
	"github.com/beagle-emu/beagle/tests/lab"
)

// image is one file to compile and link: guest/SOURCE.c with PART_part defined.
type image struct {
	out     string // "prog" is the program, others dylibs
	part    string
	source  string   // empty: the test's
	defines []string // further -D
	libs    []string // images to link against, by out
	install string   // install name; empty: where it is
	cc, ld  []string // further arguments
}

// variant is how images are compiled.
type variant struct {
	arch   string
	fixups string // -fixup_chains or -no_fixup_chains
}

func (v variant) String() string {
	return v.arch + "/" + strings.TrimPrefix(strings.ReplaceAll(v.fixups, "_", " "), "-")
}

var variants = []variant{
	{"x86_64", "-fixup_chains"}, {"x86_64", "-no_fixup_chains"},
	{"arm64", "-fixup_chains"}, {"arm64", "-no_fixup_chains"},
}

// bench is a folder with the images of one test.
type bench struct {
	t      *testing.T
	dir    string
	v      variant
	source string
	sdk    string // what is linked against in place of /
	lib    string // the folder with the test's libSystem
}

// newBench makes a folder with the tests' own libSystem and the root's libdyld.
func newBench(t *testing.T, v variant, source string) *bench {
	t.Helper()
	if err := libsystem.Missing(); err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: dir, v: v, source: source, sdk: filepath.Join(dir, "sdk"), lib: filepath.Join(dir, "sys")}
	for _, d := range []string{filepath.Join(b.sdk, "usr/lib/system"), b.lib} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	fat := filepath.Join(lab.Root(t), "libsystem/out/usr/lib/system/libdyld.dylib")
	libdyld := filepath.Join(b.sdk, "usr/lib/system/libdyld.dylib")
	b.run(lab.Need(t, "llvm-lipo-19"), "-thin", v.arch, fat, "-output", libdyld)
	system := filepath.Join(b.lib, "libSystem.B.dylib")
	b.run(lab.Need(t, "ld64.lld-19"), append(b.ldflags(), "-dylib", "-install_name", "/usr/lib/libSystem.B.dylib",
		"-reexport_library", libdyld, "-o", system, b.compile("libSystem.o", "libSystem", nil, nil))...)
	if err := os.Symlink(system, filepath.Join(b.sdk, "usr/lib/libSystem.dylib")); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) run(program string, args ...string) {
	b.t.Helper()
	if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		b.t.Fatalf("%s %v: %v\n%s", filepath.Base(program), args, err, out)
	}
}

func (b *bench) ldflags() []string {
	return []string{"-arch", b.v.arch, "-platform_version", "macos", "11.0", "11.0", b.v.fixups, "-syslibroot", b.sdk}
}

func (b *bench) compile(out, source string, defines, cc []string) string {
	b.t.Helper()
	guest := filepath.Join(lab.Root(b.t), "tests/dyld/guest")
	args := []string{
		"-target", b.v.arch + "-apple-macos11", "-ffreestanding", "-fno-builtin", "-nostdinc",
		"-isystem", "/usr/lib/llvm-19/lib/clang/19/include", "-I", guest,
		"-O1", "-fno-stack-protector", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter",
	}
	for _, d := range defines {
		args = append(args, "-D"+d)
	}
	args = append(args, cc...)
	src, err := os.ReadFile(filepath.Join(guest, source+".c"))
	if err != nil {
		b.t.Fatal(err)
	}
	header, err := os.ReadFile(filepath.Join(guest, "test.h"))
	if err != nil {
		b.t.Fatal(err)
	}
	key := []any{src, header, strings.Join(args, " ")}
	clang := lab.Need(b.t, "clang-19")
	if st, err := os.Stat(clang); err == nil {
		key = append(key, st.Size(), st.ModTime())
	}
	kept := filepath.Join(lab.Cache(b.t, "dyld"), source+"-"+lab.Key(key...)+".o")
	if _, err := os.Stat(kept); err == nil {
		return kept
	}
	out = filepath.Join(b.dir, out)
	b.run(clang, append(args, "-c", filepath.Join(guest, source+".c"), "-o", out)...)
	object, err := os.ReadFile(out)
	if err != nil {
		b.t.Fatal(err)
	}
	lab.WriteAtomic(b.t, kept, object, 0o644)
	return kept
}

// path is where an image is.
func (b *bench) path(out string) string { return filepath.Join(b.dir, out) }

// build makes one image.
func (b *bench) build(im image) {
	b.t.Helper()
	source := im.source
	if source == "" {
		source = b.source
	}
	defines := im.defines
	if im.part != "" {
		defines = append(defines, "PART_"+im.part)
	}
	out := b.path(im.out)
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		b.t.Fatal(err)
	}
	object := b.compile(strings.ReplaceAll(im.out, "/", "-")+".o", source, defines, im.cc)
	args := append(b.ldflags(), "-o", out)
	switch {
	case filepath.Base(im.out) == "prog":
		args = append(args, "-e", "_main")
	case im.install != "":
		args = append(args, "-dylib", "-install_name", im.install)
	default:
		args = append(args, "-dylib", "-install_name", out)
	}
	args = append(append(args, im.ld...), object)
	for _, l := range im.libs {
		args = append(args, b.path(l))
	}
	b.run(lab.Need(b.t, "ld64.lld-19"), append(args, "-lSystem")...)
}

// start runs the program. env is added to what makes dyld find the tests'
// libSystem.
func (b *bench) start(env []string, args ...string) lab.Result {
	b.t.Helper()
	all := []string{}
	path := b.lib
	for _, e := range env {
		if rest, ok := strings.CutPrefix(e, "DYLD_LIBRARY_PATH="); ok {
			path += ":" + rest
			continue
		}
		all = append(all, e)
	}
	return lab.Run(b.t, lab.Cmd{Args: append([]string{lab.Beagle(b.t), "run", b.path("prog")}, args...), Dir: b.dir,
		Env: append(all, "DYLD_LIBRARY_PATH="+path, "PATH=/usr/bin:/bin"), Timeout: time.Minute})
}

// expect checks standard output and status.
func expect(t *testing.T, r lab.Result, stdout string, code int) {
	t.Helper()
	if r.TimedOut || r.Code != code || r.Stdout != stdout {
		t.Errorf("status %d, want %d (timed out: %v)\n--- stdout\n%s--- want\n%s--- stderr\n%s",
			r.Code, code, r.TimedOut, r.Stdout, stdout, lab.Tail(r.Stderr, 20))
	}
}

// replace puts a changed copy in a file's place: a mapping may hold the old one.
func replace(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
}
