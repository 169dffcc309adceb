package mem

import (
	"bytes"
	"errors"
	"testing"
	"unsafe"
)

func newTest(t testing.TB, limit, page uint64) (*Physical, *Space) {
	t.Helper()
	p, err := NewPhysical(limit)
	if err != nil {
		t.Fatal(err)
	}
	s := p.NewSpace(SpaceConfig{PageSize: page, Min: 0x10000, Max: 1 << 47})
	base := p.inUse.Load() - dirFrames
	t.Cleanup(func() {
		s.Release()
		if !t.Failed() && p.inUse.Load() != base {
			t.Errorf("%d frames leaked", p.inUse.Load()-base)
		}
		p.Close()
	})
	return p, s
}

func mustMap(t testing.TB, s *Space, addr, size uint64, o MapOptions) uint64 {
	t.Helper()
	a, err := s.Map(addr, size, o)
	if err != nil {
		t.Fatalf("Map(%#x, %#x): %v", addr, size, err)
	}
	return a
}

func mustRead(t testing.TB, s *Space, addr uint64, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if err := s.CopyIn(b, addr); err != nil {
		t.Fatalf("CopyIn(%#x, %d): %v", addr, n, err)
	}
	return b
}

func mustWrite(t testing.TB, s *Space, addr uint64, b string) {
	t.Helper()
	if err := s.CopyOut(addr, []byte(b)); err != nil {
		t.Fatalf("CopyOut(%#x, %q): %v", addr, b, err)
	}
}

func wantFault(t testing.TB, err error, want FaultError) {
	t.Helper()
	var fe *FaultError
	if !errors.As(err, &fe) || *fe != want {
		t.Fatalf("got %v, want %v", err, &want)
	}
}

// eachPageSize runs a test for Intel's page size and Apple silicon's.
func eachPageSize(t *testing.T, f func(t *testing.T, page uint64)) {
	t.Run("4K", func(t *testing.T) { f(t, 4096) })
	t.Run("16K", func(t *testing.T) { f(t, 16384) })
}

var rw = MapOptions{Prot: Read | Write}

func fixed(o MapOptions) MapOptions { o.Fixed = true; return o }

func TestReadWriteAcrossPages(t *testing.T) {
	eachPageSize(t, func(t *testing.T, page uint64) {
		_, s := newTest(t, 0, page)
		a := mustMap(t, s, 0, 64*page, rw)
		if a != 0x10000 {
			t.Fatalf("first fit at %#x", a)
		}
		if got := mustRead(t, s, a, 100); !bytes.Equal(got, make([]byte, 100)) {
			t.Fatal("new memory is not zero")
		}
		data := make([]byte, 40*page)
		for i := range data {
			data[i] = byte(i * 7 >> 3)
		}
		if err := s.CopyOut(a+123, data); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(mustRead(t, s, a+123, len(data)), data) {
			t.Fatal("read differs from what was written")
		}
		err := s.CopyOut(a+64*page-3, []byte("12345"))
		wantFault(t, err, FaultError{a + 64*page, Store, Unmapped})
		if got := mustRead(t, s, a+64*page-3, 3); string(got) != "123" {
			t.Fatalf("bytes before the fault: %q", got)
		}
		wantFault(t, s.CopyIn(make([]byte, 8), 0), FaultError{0, Load, Unmapped})
		wantFault(t, s.CopyIn(make([]byte, 8), 1<<47+a), FaultError{1<<47 + a, Load, Unmapped})
		wantFault(t, s.CopyIn(make([]byte, 8), ^uint64(3)), FaultError{^uint64(3), Load, Unmapped})
	})
}

// walk reads the page table as the engine does.
func walk(s *Space, va uint64) uint64 {
	if va >= 1<<47 {
		return 0
	}
	pn := va >> s.PageShift()
	t := s.Root()
	for _, i := range []uint64{pn >> 23 & 4095, pn >> 11 & 4095} {
		if t = *(*unsafe.Pointer)(unsafe.Add(t, i*8)); t == nil {
			return 0
		}
	}
	return *(*uint64)(unsafe.Add(t, pn&2047*8))
}

func TestPageTableContract(t *testing.T) {
	eachPageSize(t, func(t *testing.T, page uint64) {
		p, s := newTest(t, 0, page)
		for _, a := range []uint64{0x10000, 0x100000000, 1<<47 - 32*page, 0x7fff_0000_0000} {
			mustMap(t, s, a, 32*page, fixed(rw))
			at := a + 17*page + 8
			if walk(s, at) != 0 {
				t.Fatal("present before it was touched")
			}
			if fe := s.Fault(at, Store); fe != nil {
				t.Fatal(fe)
			}
			v := walk(s, at)
			off := v & (1<<48 - 1) &^ 4095
			if v&15 != 8|1|2 || off%page != 0 || off >= p.Size() {
				t.Fatalf("entry %#x", v)
			}
			mustWrite(t, s, at, "engine")
			host := unsafe.Slice((*byte)(unsafe.Add(p.Base(), off+at%page)), 6)
			if string(host) != "engine" {
				t.Fatalf("the arena has %q", host)
			}
			e := s.Epoch()
			if err := s.Protect(at, 1, Read|Exec, false); err != nil {
				t.Fatal(err)
			}
			if v = walk(s, at); v&15 != 8|1|4 || s.Epoch() == e {
				t.Fatalf("after Protect: entry %#x, epoch %d then %d", v, e, s.Epoch())
			}
			wantFault(t, s.Fault(at, Store), FaultError{at, Store, Denied})
			if err := s.Protect(at, 1, None, false); err != nil {
				t.Fatal(err)
			}
			wantFault(t, s.Fault(at, Load), FaultError{at, Load, Denied})
			if v = walk(s, at); v&15 != 8 {
				t.Fatalf("without rights: entry %#x", v)
			}
			if err := s.Unmap(at, 1); err != nil {
				t.Fatal(err)
			}
			if walk(s, at) != 0 {
				t.Fatal("present after Unmap")
			}
			wantFault(t, s.Fault(at, Fetch), FaultError{at, Fetch, Unmapped})
		}
	})
}

func TestReservationIsFree(t *testing.T) {
	p, s := newTest(t, 64<<20, 4096)
	before := p.InUse()
	a := mustMap(t, s, 0, 16<<30, rw)
	if p.InUse() != before {
		t.Fatalf("a reservation took %d bytes", p.InUse()-before)
	}
	for off := uint64(0); off < 16<<30; off += 1 << 30 {
		mustWrite(t, s, a+off, "x")
	}
	if got := p.InUse() - before; got > 4<<20 {
		t.Fatalf("16 touched pages took %d bytes", got)
	}
	if err := s.Unmap(a, 16<<30); err != nil {
		t.Fatal(err)
	}
	if p.InUse() != before || s.ResidentBytes() != 0 || s.Size() != 0 {
		t.Fatalf("after Unmap: %d bytes in use, %d resident, %d mapped", p.InUse()-before, s.ResidentBytes(), s.Size())
	}
}

func TestCommitLimit(t *testing.T) {
	p, s := newTest(t, 4<<20, 4096)
	a := mustMap(t, s, 0, 64<<20, rw)
	n := uint64(0)
	var err error
	for ; n < 64<<20 && err == nil; n += 4096 {
		err = s.Store8(a+n, 1)
	}
	wantFault(t, err, FaultError{a + n - 4096, Store, NoMemory})
	if p.InUse() > p.Limit() || p.InUse() < p.Limit()-64<<10 {
		t.Fatalf("%d of %d bytes in use", p.InUse(), p.Limit())
	}
	if _, err := s.Load8(a); err != nil {
		t.Fatal("what is there went away:", err)
	}
	p.SetLimit(8 << 20)
	if err := s.Store8(a+n, 1); err != nil {
		t.Fatal("after raising the limit:", err)
	}
}

func TestFreedMemoryIsZero(t *testing.T) {
	_, s := newTest(t, 256<<20, 4096)
	fill := bytes.Repeat([]byte{0xAA}, 1<<20)
	for _, size := range []uint64{4096, 5 * 4096, 1 << 20, 100 << 20} {
		for range 3 {
			a := mustMap(t, s, 0, size, rw)
			for off := uint64(0); off < size; off += 1 << 20 {
				n := min(size-off, 1<<20)
				got := mustRead(t, s, a+off, int(n))
				if i := bytes.IndexByte(got, 0xAA); i >= 0 {
					t.Fatalf("old contents at %#x of %#x", off+uint64(i), size)
				}
				if err := s.CopyOut(a+off, fill[:n]); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Unmap(a, size); err != nil {
				t.Fatal(err)
			}
		}
	}
}
