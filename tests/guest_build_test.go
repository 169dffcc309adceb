package tests

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/tests/lab"
)

// TestGuestsBuild compiles every guest program, so that a broken one is seen
// where no emulator is built yet.
func TestGuestsBuild(t *testing.T) {
	files, err := filepath.Glob("guest/*.c")
	if err != nil || len(files) == 0 {
		t.Fatalf("no guest programs: %v", err)
	}
	tools, err := filepath.Glob("guest/tool/*.c")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tools {
		for _, arch := range lab.Archs {
			lab.BuildGuest(t, arch, f)
		}
	}
	for _, f := range files {
		s := readSpec(t, f)
		for _, arch := range s.archs() {
			lab.BuildGuest(t, arch, s.sources(f, arch)...)
		}
	}
}

// archs are the architectures that the program is for.
func (s spec) archs() []string {
	if s.arch != "" {
		return []string{s.arch}
	}
	return lab.Archs
}

// sources are the program's files for one architecture.
func (s spec) sources(main, arch string) []string {
	list := []string{main}
	for _, w := range s.with {
		list = append(list, filepath.Join(filepath.Dir(main), strings.ReplaceAll(w, "ARCH", arch)))
	}
	return list
}
