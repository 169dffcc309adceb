package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestFresh fails when a list in data was changed and go generate not run.
func TestFresh(t *testing.T) {
	files, err := generate("../../data")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./xnu/abi", name)
		}
	}
}

func TestSplitParam(t *testing.T) {
	for in, want := range map[string][2]string{
		"int fd":                 {"int", "fd"},
		" const char *path":      {"const char *", "path"},
		"struct timeval *tp":     {"struct timeval *", "tp"},
		"void**  addrp":          {"void**", "addrp"},
		"const struct iovec *iv": {"const struct iovec *", "iv"},
	} {
		typ, name, ok := splitParam(in)
		if !ok || typ != want[0] || name != want[1] {
			t.Errorf("%q: %q %q %v", in, typ, name, ok)
		}
	}
	if _, _, ok := splitParam("int"); ok {
		t.Error("a parameter without a name was accepted")
	}
}
