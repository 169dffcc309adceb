package lab

import "testing"

// Every guest program must at least build and convert for both architectures;
// running them is the tests' package's affair.
func TestBuildGuest(t *testing.T) {
	for _, arch := range Archs {
		BuildGuest(t, arch, Root(t)+"/tests/guest/hello.c")
	}
}
