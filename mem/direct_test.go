package mem

import (
	"bytes"
	"errors"
	"testing"
)

// TestDirect: what f sees and stores is guest memory, one run at a time, private
// to the space, and never memory that the guest may not access so.
func TestDirect(t *testing.T) {
	p, err := NewPhysical(64 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := p.NewSpace(SpaceConfig{PageSize: 4096})
	defer s.Release()
	const at, size = 0x10000, 0x40000
	if _, err := s.Map(at, size, MapOptions{Prot: Read | Write, Fixed: true}); err != nil {
		t.Fatal(err)
	}
	var told int
	s.OnStore(func(_ uint64, n int) { told += n })
	want := bytes.Repeat([]byte("beagle! "), 5000)
	for done := 0; done < len(want); {
		asked, n, err := s.Direct(at+3+uint64(done), uint64(len(want)-done), Store, func(b []byte) (int, error) { return copy(b, want[done:]), nil })
		if asked == 0 || n != asked || err != nil {
			t.Fatalf("asked %d, done %d, %v at %d", asked, n, err, done)
		}
		done += n
	}
	if told != len(want) {
		t.Errorf("the hook was told of %d bytes of %d", told, len(want))
	}
	c, err := s.Fork()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	if _, n, _ := c.Direct(at+3, 6, Store, func(b []byte) (int, error) { return copy(b, "BEAGLE"), nil }); n != 6 {
		t.Errorf("stored %d", n)
	}
	got := make([]byte, len(want))
	if err := s.CopyIn(got, at+3); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the parent's memory changed with the child's: %v", err)
	}
	// The end of the mapping ends the run; a hole and a read-only page give none.
	asked, _, _ := s.Direct(at+size-10, 100, Load, func(b []byte) (int, error) { return len(b), nil })
	if asked != 10 {
		t.Errorf("asked %d before a hole", asked)
	}
	never := func([]byte) (int, error) { return 0, errors.New("called") }
	if asked, _, err := s.Direct(at+size, 10, Load, never); asked != 0 || err != nil {
		t.Errorf("a hole: %d, %v", asked, err)
	}
	if err := s.Protect(at, 4096, Read, false); err != nil {
		t.Fatal(err)
	}
	if asked, _, err := s.Direct(at, 10, Store, never); asked != 0 || err != nil {
		t.Errorf("read-only: %d, %v", asked, err)
	}
	if asked, _, err := s.Direct(^uint64(0)-5, 100, Load, never); asked != 0 || err != nil {
		t.Errorf("the end of the address space: %d, %v", asked, err)
	}
}
