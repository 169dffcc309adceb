package lab

import (
	"bufio"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Known is tests/known_failures.txt: lines of "name: reason". It is held to
// both ways: what is not listed must pass, what is listed must fail.
type Known struct {
	mu     sync.Mutex
	reason map[string]string
	seen   map[string]bool
}

// ReadKnown reads the list.
func ReadKnown(t testing.TB) *Known {
	t.Helper()
	f, err := os.Open(filepath.Join(Root(t), "tests", "known_failures.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	k := &Known{reason: map[string]string{}, seen: map[string]bool{}}
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, ": ")
		if !ok || reason == "" {
			t.Fatalf("known_failures.txt: %q gives no reason", line)
		}
		if k.reason[name] != "" {
			t.Fatalf("known_failures.txt: %q stands there twice", name)
		}
		k.reason[name] = reason
	}
	return k
}

// Listed says whether name is expected to fail.
func (k *Known) Listed(name string) bool { return k.reason[name] != "" }

// Under lists the known failures directly below prefix, which ends in a slash.
func (k *Known) Under(prefix string) []string {
	var names []string
	for n := range k.reason {
		if rest, ok := strings.CutPrefix(n, prefix); ok && !strings.Contains(rest, "/") {
			names = append(names, rest)
		}
	}
	return names
}

// Judge reports one result against the list.
func (k *Known) Judge(t testing.TB, name string, failed bool, detail string) {
	t.Helper()
	k.mu.Lock()
	k.seen[name] = true
	k.mu.Unlock()
	switch reason := k.reason[name]; {
	case failed && reason == "":
		t.Errorf("%s\n%s", name, detail)
	case failed:
		t.Logf("%s fails as known: %s", name, reason)
	case reason != "":
		t.Errorf("%s passes: take it off tests/known_failures.txt (%s)", name, reason)
	}
}

// CheckUnseen fails for names under prefix that no test has judged, unless
// only some tests were asked for.
func (k *Known) CheckUnseen(t testing.TB, prefix string) {
	t.Helper()
	if f := flag.Lookup("test.run"); f != nil && f.Value.String() != "" {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for n := range k.reason {
		if strings.HasPrefix(n, prefix) && !k.seen[n] {
			t.Errorf("known_failures.txt lists %s, which no test has run", n)
		}
	}
}
