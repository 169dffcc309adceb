// Package tests holds what looks at the project from outside: the layers, the
// guest programs, and (in judge) programs that nobody here wrote.
package tests

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/beagle-emu/beagle"

// layers says, for each package below the commands, which packages of ours it
// may import. A package that is not listed here fails the test: a new one has
// to be given its place.
var layers = map[string][]string{
	"mem":                  {},
	"hostfs":               {},
	"xnu/abi":              {},
	"xnu/abi/internal/gen": {},
	"cpu":                  {"mem"},
	"cpu/cputest":          {"cpu", "mem"},
	"cpu/unicorn":          {"cpu", "mem"},
	"loader":               {"mem", "cpu"}, // cpu for the name of an architecture
	"loader/machotest":     {"mem", "cpu"},
	"xnu/kern":             {"xnu/abi", "mem", "cpu", "hostfs", "loader"},   // loader for exec
	"xnu/bsd":              {"xnu/kern", "xnu/abi", "mem", "cpu", "hostfs"}, // files are the host seam's
	"xnu/mach":             {"xnu/kern", "xnu/abi", "mem", "cpu"},           // cpu for registers, which Mach calls pass on
	"xnu/machdep":          {"xnu/kern", "xnu/abi", "mem", "cpu"},
	"xnu/trace":            {"xnu/kern", "xnu/abi"},
	"xnu/record":           {"xnu/kern", "xnu/abi"},
	"xnu":                  {"*"},
	"fuzz":                 {"*"},
	"":                     {"*"},
	"cmd/beagle":           {"*"},
	"benchmarks":           {"*"},
	"tests":                {"*"},
	"tests/judge":          {"*"},
	"tests/dyld":           {"*"},
	"tests/lab":            {"tests/machostatic"},
	"tests/machostatic":    {},
	"libsystem":            {},
	"libsystem/mkdylinker": {},
	"libsystem/reexports":  {},
}

// small packages carved out of a layer stand beside it and may import what it
// may, and it them: "a mechanism leaves kern for its own package as soon as it
// can be tested without a Thread".
var carvedOut = map[string]string{
	"xnu/mach/ipc": "xnu/mach",
}

// hostOnly are the packages through which the host's nondeterminism could enter
// behind the host seam's back.
var hostOnly = []string{"os", "time", "math/rand", "math/rand/v2", "crypto/rand", "syscall", "net"}

// seam lists who may import them, and why.
var seam = map[string]string{
	"hostfs":               "it is the host seam",
	"xnu/record":           "reads and writes its log",
	"cmd/beagle":           "assembly: opens files, passes the environment and exit status",
	"":                     "the Go API, shaped like os/exec",
	"fuzz":                 "corpus files and wall-clock statistics",
	"benchmarks":           "measures time",
	"tests":                "outside the program",
	"tests/judge":          "outside the program",
	"tests/dyld":           "outside the program",
	"tests/lab":            "outside the program",
	"xnu/abi/internal/gen": "a generator, run by hand",
	"tests/machostatic":    "outside the program",
	"libsystem/mkdylinker": "a tool of the build",
	"libsystem/reexports":  "a tool of the build",
}

// harmless are names of those packages that reach nothing: types and constants.
var harmless = map[string][]string{
	"time": {"Duration", "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour"},
}

type goPackage struct {
	Dir, ImportPath   string
	Imports           []string
	GoFiles, CgoFiles []string
}

// uses lists where a package uses what is not harmless of an import.
func uses(t *testing.T, p goPackage, imp string) []string {
	t.Helper()
	var list []string
	for _, f := range append(p.GoFiles, p.CgoFiles...) {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, f), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		local := ""
		for _, s := range file.Imports {
			if path, err := strconv.Unquote(s.Path.Value); err == nil && path == imp {
				local = filepath.Base(imp)
				if s.Name != nil {
					local = s.Name.Name
				}
			}
		}
		if local == "" {
			continue
		}
		found := false
		ast.Inspect(file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && x.Obj == nil {
				found = true
				if !slices.Contains(harmless[imp], sel.Sel.Name) {
					list = append(list, fmt.Sprintf("%s uses %s.%s", fset.Position(sel.Pos()), local, sel.Sel.Name))
				}
			}
			return true
		})
		if !found { // imported for its effect, or under a dot
			list = append(list, fmt.Sprintf("%s imports %q", f, imp))
		}
	}
	return list
}

func goList(t *testing.T, cgo string) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=Dir,ImportPath,Imports,GoFiles,CgoFiles", "./...")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	if len(pkgs) < 3 {
		t.Fatalf("go list found only %d packages", len(pkgs))
	}
	return pkgs
}

// ours cuts an import path to the part below the module; ok is false for
// packages of others.
func ours(path string) (string, bool) {
	if path == module {
		return "", true
	}
	return strings.CutPrefix(path, module+"/")
}

func TestLayers(t *testing.T) {
	for _, p := range goList(t, "1") {
		name, _ := ours(p.ImportPath)
		allowed, known := layers[name]
		if home, carved := carvedOut[name]; carved {
			allowed, known = layers[home], true
		}
		if !known {
			t.Errorf("package %s has no place in the layers: give it one in tests/layering_test.go", name)
			continue
		}
		for _, imp := range p.Imports {
			if dep, mine := ours(imp); mine {
				if !slices.Contains(allowed, "*") && !slices.Contains(allowed, dep) && carvedOut[dep] == "" {
					t.Errorf("%s imports %s, which is not below it", name, dep)
				}
				continue
			}
			if slices.Contains(hostOnly, imp) && seam[name] == "" {
				for _, use := range uses(t, p, imp) {
					t.Errorf("%s: the host is reached through the host seam only", use)
				}
			}
			if imp == "C" && name != "cpu/unicorn" {
				t.Errorf("%s uses cgo; only cpu/unicorn may", name)
			}
		}
	}
}

// longFiles may pass 800 lines, for the reason given.
var longFiles = map[string]string{}

func TestFileSizes(t *testing.T) {
	const aim, limit = 600, 800
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel("..", path)
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && rel != "." || rel == "bin" || rel == "tests/out" || d.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".c", ".h", ".S"}, filepath.Ext(path)) {
			return nil
		}
		n, err := countLines(path)
		if err != nil {
			return err
		}
		switch why := longFiles[rel]; {
		case n > limit && why == "":
			t.Errorf("%s has %d lines (limit %d): is it still one subject?", rel, n, limit)
		case n > aim:
			t.Logf("%s has %d lines (aim %d)", rel, n, aim)
		}
		if n > limit {
			seen[rel] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for f := range longFiles {
		if !seen[f] {
			t.Errorf("%s needs its exception in longFiles no longer", f)
		}
	}
}

func countLines(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n := 0
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		// Generated tables are judged by their generator's size.
		if n == 0 && strings.HasPrefix(s.Text(), "// Code generated ") {
			return 0, nil
		}
		n++
	}
	return n, s.Err()
}
