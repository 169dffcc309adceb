package dyld

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/tests/lab"
)

// each runs f for both architectures and both kinds of fixups.
func each(t *testing.T, source string, f func(t *testing.T, b *bench)) {
	for _, v := range variants {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			f(t, newBench(t, v, source))
		})
	}
}

func TestStart(t *testing.T) {
	each(t, "start", func(t *testing.T, b *bench) {
		b.build(image{out: "prog"})
		expect(t, b.start([]string{"FIRST=1"}, "one", "two words"), "first\nsecond\n", 42)
	})
}

func TestSymbols(t *testing.T) {
	each(t, "symbols", func(t *testing.T, b *bench) {
		b.build(image{out: "libone.dylib", part: "one"})
		b.build(image{out: "libtwo.dylib", part: "two", libs: []string{"libone.dylib"}})
		b.build(image{out: "liboptional.dylib", part: "optional"})
		b.build(image{out: "libpart.dylib", part: "part"})
		b.build(image{out: "libumbrella.dylib", part: "umbrella", ld: []string{"-reexport_library", b.path("libpart.dylib")}})
		for i, order := range [][]string{{"libone.dylib", "libtwo.dylib"}, {"libtwo.dylib", "libone.dylib"}} {
			b.build(image{out: "prog", libs: append(order, "libumbrella.dylib"), defines: []string{fmt.Sprintf("SAME=%d", 1+i)},
				ld: []string{"-weak_library", b.path("liboptional.dylib")}})
			expect(t, b.start(nil), "ok\n", 0)
		}
		b.build(image{out: "libtwo.dylib", part: "two", defines: []string{"WITHOUT_GONE"}, libs: []string{"libone.dylib"}})
		os.Remove(b.path("liboptional.dylib"))
		expect(t, b.start([]string{"MISSING=1"}), "ok\n", 0)
	})
}

func TestWeakDefinitions(t *testing.T) {
	each(t, "weakdef", func(t *testing.T, b *bench) {
		b.build(image{out: "libstrong.dylib", part: "strong"})
		b.build(image{out: "libtwo.dylib", defines: []string{"NUMBER=2"}})
		b.build(image{out: "prog", defines: []string{"NUMBER=1", "CHOSEN=1"}, libs: []string{"libtwo.dylib", "libstrong.dylib"}})
		expect(t, b.start(nil), "ok\n", 0)
	})
}

func TestFlatNamespace(t *testing.T) {
	each(t, "flat", func(t *testing.T, b *bench) {
		flat := []string{"-flat_namespace", "-undefined", "dynamic_lookup"}
		b.build(image{out: "libuser.dylib", part: "user", ld: flat})
		b.build(image{out: "libfirst.dylib", part: "first"})
		b.build(image{out: "libsecond.dylib", part: "second"})
		b.build(image{out: "prog", libs: []string{"libuser.dylib", "libfirst.dylib", "libsecond.dylib"}})
		expect(t, b.start(nil), "ok\n", 0)
	})
}

func TestInitializerOrder(t *testing.T) {
	for _, offsets := range []bool{false, true} {
		t.Run(map[bool]string{false: "mod_init_func", true: "init_offsets"}[offsets], func(t *testing.T) {
			each(t, "order", func(t *testing.T, b *bench) {
				var ld, cc []string
				if offsets {
					ld = []string{"-init_offsets"}
				} else {
					cc = []string{"-fno-register-global-dtors-with-atexit"} // __mod_term_func
				}
				b.build(image{out: "libc.dylib", defines: []string{"WHO=c"}, ld: ld, cc: cc})
				b.build(image{out: "liba.dylib", defines: []string{"WHO=a", "NEEDS=c"}, libs: []string{"libc.dylib"}, ld: ld, cc: cc})
				b.build(image{out: "libb.dylib", defines: []string{"WHO=b", "NEEDS=c"}, libs: []string{"libc.dylib"}, ld: ld, cc: cc})
				b.build(image{out: "prog", defines: []string{"WHO=main", "MAIN"}, libs: []string{"liba.dylib", "libb.dylib"}, ld: ld, cc: cc})
				want := "init libSystem\n"
				for _, w := range []string{"c", "a", "b", "main"} {
					want += "init " + w + "\ninit again " + w + "\n"
				}
				want += "main\nfini main\nfini b\nfini a\nfini c\n"
				expect(t, b.start([]string{"SHOW_INIT=1"}), want, 0)
			})
		})
	}
}

func TestThreadLocals(t *testing.T) {
	each(t, "tlv", func(t *testing.T, b *bench) {
		b.build(image{out: "liblib.dylib", part: "lib"})
		b.build(image{out: "prog", libs: []string{"liblib.dylib"}})
		expect(t, b.start(nil), "ok\nend of two\nend of one\n", 0)
	})
}

func TestDlopen(t *testing.T) {
	each(t, "dlopen", func(t *testing.T, b *bench) {
		b.build(image{out: "libhelp.dylib", part: "help"})
		b.build(image{out: "libplug.dylib", part: "plug", libs: []string{"libhelp.dylib"}})
		replace(t, b.path("dlopen.txt"), []byte("not a library, though as long as the header of one would be"))
		b.build(image{out: "prog"})
		comes, goes := "help comes\nplug comes\n", "plug goes\nhelp goes\n"
		expect(t, b.start(nil), "dlopen(/nowhere/libnone.dylib, 0x2): /nowhere/libnone.dylib: no such file\n"+
			comes+goes+comes+"ok\n"+"plug goes\nhelp goes\n", 0)
	})
}

func TestInterpose(t *testing.T) {
	each(t, "interpose", func(t *testing.T, b *bench) {
		b.build(image{out: "libvictim.dylib", part: "victim"})
		b.build(image{out: "libuser.dylib", part: "user", libs: []string{"libvictim.dylib"}})
		b.build(image{out: "libinter.dylib", part: "inter", libs: []string{"libvictim.dylib"}})
		b.build(image{out: "prog", libs: []string{"libuser.dylib", "libvictim.dylib"}})
		expect(t, b.start(nil), "ok\n", 0)
		expect(t, b.start([]string{"ADD=1", "DYLD_INSERT_LIBRARIES=" + b.path("libinter.dylib")}), "ok\n", 0)
		r := b.start([]string{"DYLD_INSERT_LIBRARIES=/nowhere.dylib"})
		expectLine(t, r, "dyld: library /nowhere.dylib of DYLD_INSERT_LIBRARIES was not loaded: /nowhere.dylib: no such file")
	})
}

func TestSearchPaths(t *testing.T) {
	each(t, "paths", func(t *testing.T, b *bench) {
		lib := func(out, install, who string) image {
			return image{out: out, part: "lib", install: install, defines: []string{`WHO="` + who + `"`}}
		}
		for _, c := range []struct {
			name, install string
			ld, env       []string
			at            []string // copies, each named by its folder
			want          string
		}{
			{"executable_path", "@executable_path/sub/libp.dylib", nil, nil, []string{"sub", "other"}, "sub"},
			{"loader_path", "@loader_path/other/libp.dylib", nil, nil, []string{"sub", "other"}, "other"},
			{"rpath", "@rpath/libp.dylib", []string{"-rpath", "/nowhere", "-rpath", "@loader_path/r1", "-rpath", "@executable_path/r2"}, nil, []string{"r1", "r2"}, "r1"},
			{"rpath second", "@rpath/libp.dylib", []string{"-rpath", "/nowhere", "-rpath", "@loader_path/r0", "-rpath", "@executable_path/r2"}, nil, []string{"r2"}, "r2"},
			{"DYLD_LIBRARY_PATH", "/nowhere/libp.dylib", nil, []string{"DYLD_LIBRARY_PATH=DIR/l1:DIR/l2"}, []string{"l2"}, "l2"},
			{"DYLD_LIBRARY_PATH first", "@executable_path/sub/libp.dylib", nil, []string{"DYLD_LIBRARY_PATH=DIR/l1"}, []string{"sub", "l1"}, "l1"},
			{"fallback", "/nowhere/libp.dylib", nil, []string{"DYLD_FALLBACK_LIBRARY_PATH=DIR/f1:DIR/f2"}, []string{"f2"}, "f2"},
			{"fallback last", "@executable_path/sub/libp.dylib", nil, []string{"DYLD_FALLBACK_LIBRARY_PATH=DIR/f1"}, []string{"sub", "f1"}, "sub"},
			{"framework", "/nowhere/libp.framework/Versions/A/libp", nil, []string{"DYLD_FRAMEWORK_PATH=DIR/fw"}, []string{"fw/libp.framework/Versions/A"}, "fw/libp.framework/Versions/A"},
		} {
			t.Run(c.name, func(t *testing.T) {
				b := *b
				b.t = t
				file := c.install[strings.LastIndex(c.install, "/")+1:]
				for _, dir := range c.at {
					b.build(lib(dir+"/"+file, c.install, dir))
				}
				b.build(image{out: "prog", libs: []string{c.at[0] + "/" + file}, ld: c.ld})
				var env []string
				for _, e := range c.env {
					env = append(env, strings.ReplaceAll(e, "DIR", b.dir))
				}
				r := b.start(append(env, "DYLD_PRINT_LIBRARIES=1"))
				expect(t, r, c.want+"\n", 0)
				if !strings.Contains(r.Stderr, b.path(c.want)+"/"+file+"\n") {
					t.Errorf("DYLD_PRINT_LIBRARIES does not name the library:\n%s", r.Stderr)
				}
				for _, dir := range c.at {
					os.RemoveAll(b.path(dir))
				}
				r = b.start(env)
				expectLine(t, r, "dyld: library "+c.install+", which "+b.path("prog")+" needs, was not loaded: ")
			})
		}
	})
}

// expectLine checks that the program ended by SIGABRT with one line of dyld's that
// begins as given.
func expectLine(t *testing.T, r lab.Result, begin string) {
	t.Helper()
	var lines []string
	for l := range strings.Lines(r.Stderr) {
		if !strings.HasPrefix(l, "beagle: ") {
			lines = append(lines, l)
		}
	}
	if r.TimedOut || r.Code != 128+6 || len(lines) != 1 || !strings.HasPrefix(lines[0], begin) {
		t.Errorf("status %d (timed out: %v), stderr:\n%swant status 134 and one line that begins\n%s", r.Code, r.TimedOut, r.Stderr, begin)
	}
}

func TestMissingSymbol(t *testing.T) {
	each(t, "missing", func(t *testing.T, b *bench) {
		b.build(image{out: "libm.dylib", part: "full"})
		b.build(image{out: "prog", libs: []string{"libm.dylib"}})
		b.build(image{out: "libm.dylib", part: "empty"})
		expect(t, b.start(nil), "before\nnot called\n", 0)
		r := b.start(nil, "call")
		expectLine(t, r, "dyld: symbol implemented_nowhere (expected in "+b.path("libm.dylib")+") is not implemented, called from calls_it + 0x")
		if r.Stdout != "before\n" {
			t.Errorf("printed %q", r.Stdout)
		}
	})
}

func TestOtherProcessor(t *testing.T) {
	each(t, "paths", func(t *testing.T, b *bench) {
		b.build(image{out: "libp.dylib", part: "lib", defines: []string{`WHO="x"`}})
		b.build(image{out: "prog", libs: []string{"libp.dylib"}})
		data, err := os.ReadFile(b.path("libp.dylib"))
		if err != nil {
			t.Fatal(err)
		}
		data[4] ^= 7 ^ 12 // cputype: 7 is x86, 12 ARM
		replace(t, b.path("libp.dylib"), data)
		expectLine(t, b.start(nil), "dyld: library "+b.path("libp.dylib")+", which "+b.path("prog")+" needs, was not loaded: "+
			b.path("libp.dylib")+": made for another processor, "+b.v.arch+" is needed")
	})
}
