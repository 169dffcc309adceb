package libsystem

import (
	"debug/macho"
	"errors"
	"io"
	"io/fs"
	"testing"
)

func TestImage(t *testing.T) {
	image := Image()
	if _, err := fs.Stat(image, placeholder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the placeholder is visible: %v", err)
	}
	err := fs.WalkDir(image, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.Name() == placeholder {
			t.Errorf("%s is listed", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := Missing(); err != nil {
		if !errors.Is(err, ErrNotBuilt) {
			t.Errorf("Missing: %v", err)
		}
		t.Skip(err)
	}
}

// TestDylinker looks at the dynamic linker as the kernel does.
func TestDylinker(t *testing.T) {
	if err := Missing(); err != nil {
		t.Skip(err)
	}
	f, err := Image().Open(dylinker)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fat, err := macho.NewFatFile(f.(io.ReaderAt))
	if err != nil {
		t.Fatal(err)
	}
	want := map[macho.Cpu]bool{macho.CpuAmd64: true, macho.CpuArm64: true}
	for _, a := range fat.Arches {
		const dylinkerType = 7
		if a.Type != dylinkerType {
			t.Errorf("%v: file type %v", a.Cpu, a.Type)
		}
		if libs, _ := a.ImportedLibraries(); len(libs) != 0 {
			t.Errorf("%v: needs %v", a.Cpu, libs)
		}
		if syms, _ := a.ImportedSymbols(); len(syms) != 0 {
			t.Errorf("%v: undefined %v", a.Cpu, syms)
		}
		if a.Section("__all_image_info") == nil {
			t.Errorf("%v: no __all_image_info", a.Cpu)
		}
		delete(want, a.Cpu)
	}
	if len(want) != 0 {
		t.Errorf("no slice for %v", want)
	}
}
