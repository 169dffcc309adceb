package dyld

import (
	"debug/macho"
	"encoding/binary"
	"math/rand"
	"os"
	"strings"
	"testing"
)

// TestCyclicReexports: a symbol that is in neither of two libraries that re-export
// each other is looked for once and not found.
func TestCyclicReexports(t *testing.T) {
	each(t, "cycle", func(t *testing.T, b *bench) {
		b.build(image{out: "liba.dylib", part: "first"})
		b.build(image{out: "libb.dylib", part: "second", ld: []string{"-reexport_library", b.path("liba.dylib")}})
		b.build(image{out: "liba.dylib", part: "first", ld: []string{"-reexport_library", b.path("libb.dylib")}})
		b.build(image{out: "prog", libs: []string{"liba.dylib"}})
		expect(t, b.start(nil), "ok\n", 0)
	})
}

// command returns the offset and bytes of the first load command cmd.
func command(t *testing.T, data []byte, cmd uint32) (int, []byte) {
	t.Helper()
	le := binary.LittleEndian
	off := 32
	for range le.Uint32(data[16:]) {
		size := int(le.Uint32(data[off+4:]))
		if le.Uint32(data[off:])&^0x80000000 == cmd {
			return off, data[off : off+size]
		}
		off += size
	}
	t.Fatalf("no load command %#x", cmd)
	return 0, nil
}

// TestRefused changes one thing of a library, and dyld says what is wrong with it.
func TestRefused(t *testing.T) {
	le := binary.LittleEndian
	const chainedFixups, dyldInfo, segment, symtab = 0x34, 0x22, 0x19, 0x2
	blob := func(t *testing.T, data []byte, cmd uint32, at int) []byte {
		_, c := command(t, data, cmd)
		return data[le.Uint32(c[at:]):][:le.Uint32(c[at+4:])]
	}
	for _, c := range []struct {
		name, fixups string
		change       func(t *testing.T, data []byte)
		want         string
	}{
		{"magic", "", func(t *testing.T, d []byte) { d[0] = 0 }, "not a 64-bit Mach-O file"},
		{"file type", "", func(t *testing.T, d []byte) { d[12] = 2 }, "neither a dynamic library nor a bundle (file type 2)"},
		{"size of commands", "", func(t *testing.T, d []byte) { le.PutUint32(d[20:], 1<<30) }, "1073741824 bytes of load commands"},
		{"number of commands", "", func(t *testing.T, d []byte) { le.PutUint32(d[16:], 1000) }, "is malformed"},
		{"unknown command", "", func(t *testing.T, d []byte) {
			_, c := command(t, d, 0x26) // LC_FUNCTION_STARTS
			le.PutUint32(c, 0x80000099)
		}, "load command 0x80000099 is required and not known"},
		{"segment size", "", func(t *testing.T, d []byte) {
			_, c := command(t, d, segment)
			le.PutUint64(c[32:], 1<<60)
		}, "segment __TEXT is too large"},
		{"segments overlap", "", func(t *testing.T, d []byte) {
			_, c := command(t, d, segment)
			le.PutUint64(c[32:], 1<<20)
		}, "overlap"},
		{"segment outside", "", func(t *testing.T, d []byte) {
			_, c := command(t, d, segment)
			le.PutUint64(c[48:], 1<<19)
			le.PutUint64(c[32:], 1<<19)
			for off, n := len(c)+32, 1; n < int(le.Uint32(d[16:])); n++ { // the other segments out of the way
				if le.Uint32(d[off:]) == segment {
					le.PutUint64(d[off+24:], le.Uint64(d[off+24:])+1<<20)
				}
				off += int(le.Uint32(d[off+4:]))
			}
		}, "lies outside the file"},
		{"sections", "", func(t *testing.T, d []byte) {
			_, c := command(t, d, segment)
			le.PutUint32(c[64:], 1<<31)
		}, "2147483648 sections"},
		{"symbol table", "", func(t *testing.T, d []byte) {
			_, c := command(t, d, symtab)
			le.PutUint32(c[12:], 1<<31)
		}, "the symbol table lies outside the file"},
		{"fixups outside", "-fixup_chains", func(t *testing.T, d []byte) {
			_, c := command(t, d, chainedFixups)
			le.PutUint32(c[8:], 1<<30)
		}, "fixup chains lies outside the file"},
		{"import format", "-fixup_chains", func(t *testing.T, d []byte) { le.PutUint32(blob(t, d, chainedFixups, 8)[20:], 9) },
			"import format 9 of fixup chains is not supported"},
		{"symbol format", "-fixup_chains", func(t *testing.T, d []byte) { le.PutUint32(blob(t, d, chainedFixups, 8)[24:], 1) },
			"compressed symbol names in fixup chains are not supported"},
		{"number of imports", "-fixup_chains", func(t *testing.T, d []byte) { le.PutUint32(blob(t, d, chainedFixups, 8)[16:], 1<<31) },
			"malformed fixup chains"},
		{"ordinal", "-fixup_chains", func(t *testing.T, d []byte) {
			b := blob(t, d, chainedFixups, 8)
			b[le.Uint32(b[8:])] = 100
		}, "is expected in library 100 of"},
		{"name of import", "-fixup_chains", func(t *testing.T, d []byte) {
			b := blob(t, d, chainedFixups, 8)
			at := le.Uint32(b[8:])
			le.PutUint32(b[at:], le.Uint32(b[at:])|0xfffffe00)
		}, "malformed fixup chains"},
		{"pointer format", "-fixup_chains", func(t *testing.T, d []byte) { le.PutUint16(starts(t, blob(t, d, chainedFixups, 8))[6:], 1) },
			"pointer format 1 of fixup chains is not supported"},
		{"number of pages", "-fixup_chains", func(t *testing.T, d []byte) { le.PutUint16(starts(t, blob(t, d, chainedFixups, 8))[20:], 0xffff) },
			"malformed fixup chains"},
		{"start in page", "-fixup_chains", func(t *testing.T, d []byte) { le.PutUint16(starts(t, blob(t, d, chainedFixups, 8))[22:], 0x7ffd) },
			"malformed fixup chains"},
		{"bind opcode", "-no_fixup_chains", func(t *testing.T, d []byte) { blob(t, d, dyldInfo, 16)[0] = 0xd0 }, "binding opcode 0xd0 is not known"},
		{"bind segment", "-no_fixup_chains", func(t *testing.T, d []byte) {
			copy(blob(t, d, dyldInfo, 16), []byte{0x11, 0x40, 'x', 0, 0x51, 0x7f, 0x00, 0x90})
		}, "malformed binding opcodes"},
		{"bind outside", "-no_fixup_chains", func(t *testing.T, d []byte) {
			copy(blob(t, d, dyldInfo, 16), []byte{0x11, 0x40, 'x', 0, 0x51, 0x71, 0x80, 0x80, 0x80, 0x80, 0x7f, 0x90})
		}, "outside every segment"},
		{"rebase opcode", "-no_fixup_chains", func(t *testing.T, d []byte) { blob(t, d, dyldInfo, 8)[0] = 0xf0 }, "malformed rebase opcodes"},
		{"rebase for ever", "-no_fixup_chains", func(t *testing.T, d []byte) {
			copy(blob(t, d, dyldInfo, 8), []byte{0x11, 0x21, 0x00, 0x60, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
		}, ""},
		{"rebase outside", "-no_fixup_chains", func(t *testing.T, d []byte) {
			copy(blob(t, d, dyldInfo, 8), []byte{0x11, 0x21, 0x80, 0x80, 0x80, 0x80, 0x7f, 0x51})
		}, "outside every segment"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, v := range variants {
				if c.fixups != "" && c.fixups != v.fixups {
					continue
				}
				b := newBench(t, v, "symbols")
				b.build(image{out: "libone.dylib", part: "one"})
				b.build(image{out: "libtwo.dylib", part: "two", libs: []string{"libone.dylib"}})
				b.build(image{out: "libpart.dylib", part: "part"})
				b.build(image{out: "libumbrella.dylib", part: "umbrella", ld: []string{"-reexport_library", b.path("libpart.dylib")}})
				b.build(image{out: "prog", libs: []string{"libtwo.dylib", "libone.dylib", "libumbrella.dylib"}, defines: []string{"SAME=2"},
					ld: []string{"-undefined", "dynamic_lookup"}})
				data, err := os.ReadFile(b.path("libtwo.dylib"))
				if err != nil {
					t.Fatal(err)
				}
				c.change(t, data)
				replace(t, b.path("libtwo.dylib"), data)
				r := b.start([]string{"MISSING=1"})
				expectLine(t, r, "dyld: ")
				if !strings.Contains(r.Stderr, "libtwo.dylib") || !strings.Contains(r.Stderr, c.want) {
					t.Errorf("%v: said\n%swant %q", v, r.Stderr, c.want)
				}
			}
		})
	}
}

// starts returns the first dyld_chained_starts_in_segment that is there.
func starts(t *testing.T, b []byte) []byte {
	t.Helper()
	le := binary.LittleEndian
	at := le.Uint32(b[4:])
	for i := range le.Uint32(b[at:]) {
		if off := le.Uint32(b[at+4+4*i:]); off != 0 {
			return b[at+off:]
		}
	}
	t.Fatal("no chains")
	return nil
}

// TestDamaged changes bytes of what dyld reads at random. Whatever the program makes
// of it, it ends, by itself or by a signal, and Beagle does not fail (lab.Run checks).
func TestDamaged(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	each(t, "tlv", func(t *testing.T, b *bench) {
		b.build(image{out: "liblib.dylib", part: "lib"})
		b.build(image{out: "prog", libs: []string{"liblib.dylib"}})
		whole, err := os.ReadFile(b.path("liblib.dylib"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := macho.NewFile(strings.NewReader(string(whole)))
		if err != nil {
			t.Fatal(err)
		}
		edit := f.Segment("__LINKEDIT")
		f.Close()
		for seed := range rounds {
			r := rand.New(rand.NewSource(int64(seed)))
			data := append([]byte(nil), whole...)
			for range 1 + r.Intn(8) {
				if seed%3 == 0 {
					data[32+r.Intn(int(binary.LittleEndian.Uint32(data[20:])))] = byte(r.Int())
				} else {
					data[int(edit.Offset)+r.Intn(int(edit.Filesz))] = byte(r.Int())
				}
			}
			replace(t, b.path("liblib.dylib"), data)
			if r := b.start(nil); r.TimedOut {
				t.Errorf("seed %d: did not end\n%s", seed, r.Stderr)
			}
		}
	})
}
