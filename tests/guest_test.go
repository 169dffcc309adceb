package tests

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beagle-emu/beagle/tests/lab"
)

// spec is what a guest program's leading comment states about its run.
type spec struct {
	args    []string
	env     []string
	stdin   string
	exit    int
	expect  []string
	timeout time.Duration
	arch    string // only this one
	with    []string
}

func readSpec(t *testing.T, path string) spec {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := spec{timeout: 60 * time.Second}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line, ok := strings.CutPrefix(sc.Text(), "// ")
		if !ok {
			break
		}
		word, rest, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		rest = strings.TrimPrefix(rest, " ")
		switch word {
		case "args":
			for _, a := range strings.Fields(rest) {
				if u, err := strconv.Unquote(a); err == nil {
					a = u
				}
				s.args = append(s.args, a)
			}
		case "env":
			s.env = append(s.env, rest)
		case "stdin":
			s.stdin += rest + "\n"
		case "exit":
			if s.exit, err = strconv.Atoi(rest); err != nil {
				t.Fatal(err)
			}
		case "expect":
			s.expect = append(s.expect, rest)
		case "timeout":
			n, err := strconv.Atoi(rest)
			if err != nil {
				t.Fatal(err)
			}
			s.timeout = time.Duration(n) * time.Second
		case "arch":
			s.arch = rest
		case "with":
			s.with = append(s.with, strings.Fields(rest)...)
		}
	}
	if len(s.expect) == 0 {
		t.Fatalf("%s states no expected output", path)
	}
	return s
}

// TestGuests builds every program of tests/guest for both architectures and
// compares what it says with what its comment promises.
func TestGuests(t *testing.T) {
	beagle := lab.Beagle(t)
	known := lab.ReadKnown(t)
	files, err := filepath.Glob("guest/*.c")
	if err != nil || len(files) == 0 {
		t.Fatalf("no guest programs: %v", err)
	}
	t.Run("run", func(t *testing.T) {
		for _, f := range files {
			s := readSpec(t, f)
			name := strings.TrimSuffix(filepath.Base(f), ".c")
			for _, arch := range s.archs() {
				t.Run(name+"/"+arch, func(t *testing.T) {
					t.Parallel()
					prog := lab.BuildGuest(t, arch, s.sources(f, arch)...)
					env := append(os.Environ(), s.env...)
					r := lab.Run(t, lab.Cmd{
						Args: append([]string{beagle, "run", prog}, s.args...),
						Dir:  t.TempDir(), Env: env, Stdin: s.stdin, Timeout: s.timeout,
					})
					bad := compare(s, r)
					known.Judge(t, "guest/"+name+"/"+arch, bad != "", bad)
				})
			}
		}
	})
	known.CheckUnseen(t, "guest/")
}

// compare says what differs from the promise, or nothing.
func compare(s spec, r lab.Result) string {
	want := strings.Join(s.expect, "\n") + "\n"
	var bad strings.Builder
	if r.TimedOut {
		fmt.Fprintf(&bad, "did not end within %v\n", s.timeout)
	}
	if r.Code != s.exit {
		fmt.Fprintf(&bad, "exit status %d, want %d\n", r.Code, s.exit)
	}
	if r.Stdout != want {
		fmt.Fprintf(&bad, "--- got\n%s\n--- want\n%s", lab.Tail(r.Stdout, 40), want)
	}
	if bad.Len() > 0 && r.Stderr != "" {
		fmt.Fprintf(&bad, "--- stderr\n%s\n", lab.Tail(r.Stderr, 30))
	}
	return bad.String()
}
