package loader_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/loader"
	mt "github.com/beagle-emu/beagle/loader/machotest"
	"github.com/beagle-emu/beagle/mem"
)

func seeds(f *testing.F) {
	for _, arch := range arches {
		static, dyn := mt.Static(arch, []byte("code"), []byte("data"), 0x1000), dynamic(arch, 0x10000)
		f.Add([]byte(static), uint16(0))
		f.Add([]byte(dyn.Bytes()), uint16(3))
		f.Add([]byte(dyld(arch, 0).Bytes()), uint16(1))
		f.Add([]byte(mt.Fat(false, mt.Slice(static))), uint16(7))
		f.Add([]byte(mt.Fat(true, mt.Slice(static))), uint16(7))
	}
	for _, file := range importers() {
		f.Add([]byte(file), uint16(0))
	}
}

// FuzzOpenLoad opens and maps whatever it is given. A file that loads must hold
// what Load promises.
func FuzzOpenLoad(f *testing.F) {
	seeds(f)
	phys, err := mem.NewPhysical(64 << 20)
	if err != nil {
		f.Fatal(err)
	}
	defer phys.Close()
	f.Fuzz(func(t *testing.T, b []byte, slide uint16) {
		file := mt.File(b)
		for _, arch := range arches {
			m, err := loader.Open(file, []cpu.Arch{arch})
			if err != nil {
				checkError(t, err)
				continue
			}
			by := uint64(slide) * arch.PageSize()
			if h := m.CDHash(); h != nil && len(h) != 20 {
				t.Errorf("code directory hash of %d bytes", len(h))
			}
			space := phys.NewSpace(mem.SpaceConfig{PageSize: arch.PageSize(), Min: min(m.MinAddress(by), 1<<40)})
			checkLoad(t, m, file, space, by)
			space.Release()
		}
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	var e *loader.Error
	if !errors.As(err, &e) || strings.ContainsAny(err.Error(), "\n\x00") {
		t.Errorf("error %q", err)
	}
}

func checkLoad(t *testing.T, m *loader.File, file mt.File, space *mem.Space, slide uint64) {
	im, err := m.Load(space, file.Backing(), slide)
	if err != nil {
		checkError(t, err)
		return
	}
	if im.Low > im.Header || im.Header >= im.High || im.High > 1<<47 {
		t.Errorf("image %+v", im)
	}
	if im.HasUnixThread {
		r, ok := space.Find(im.Entry)
		if !ok || r.Addr > im.Entry || r.Prot&mem.Exec == 0 {
			t.Errorf("the entry %#x is in %+v", im.Entry, r)
		}
	}
	for _, s := range im.Segments {
		var b [1]byte
		if s.Prot&mem.Read != 0 && s.Size > 0 {
			// May fail past the end of the file, but not panic.
			_ = space.CopyIn(b[:], s.Addr)
			_ = space.CopyIn(b[:], s.Addr+s.Size-1)
		}
	}
	st, err := im.MapStack(space, 8<<20)
	if err != nil {
		checkError(t, err)
		return
	}
	sp, fr, err := loader.BuildStack(space, st.Top, st.Size, loader.Args{
		Argv: []string{"a", "b"}, Apple: []string{"executable_path=a"}, HasDyld: im.Dylinker != "", MachHeader: im.Header,
	})
	if err != nil {
		checkError(t, err)
	} else if sp >= fr.Strings || fr.Top != st.Top {
		t.Errorf("frame %+v below %+v", fr, st)
	}
}

// FuzzInspect describes whatever it is given.
func FuzzInspect(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte, _ uint16) {
		info, err := loader.Inspect(mt.File(b))
		if err != nil {
			checkError(t, err)
			return
		}
		for i := range info.Slices {
			s := &info.Slices[i]
			for _, im := range s.Imports {
				if s.Library(im) == "" && im.Ordinal <= 0 {
					t.Errorf("import %+v has no library", im)
				}
			}
			// What Inspect would let run, Open opens, and the other way round.
			if arch := map[string]cpu.Arch{"x86_64": cpu.X86_64, "arm64": cpu.ARM64}; len(info.Slices) == 1 {
				if a, ok := arch[s.Arch]; ok {
					if _, err := loader.Open(mt.File(b), []cpu.Arch{a}); (err == nil) != (s.Refused == nil) {
						t.Errorf("Open says %v, Inspect %v", err, s.Refused)
					}
				}
			}
		}
	})
}
