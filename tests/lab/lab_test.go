package lab

import "testing"

// Every guest program must at least build and convert for both architectures;
// running them is the tests' package's affair.
func TestBuildGuest(t *testing.T) {
	for _, arch := range Archs {
		BuildGuest(t, arch, Root(t)+"/tests/guest/hello.c")
	}
}

func TestUnder(t *testing.T) {
	k := &Known{reason: map[string]string{"a/os/TestX": "r", "a/os/signal/TestY": "r", "b/os/TestZ": "r"}}
	if got := k.Under("a/os/"); len(got) != 1 || got[0] != "TestX" {
		t.Errorf("Under: %v", got)
	}
}
