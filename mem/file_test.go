package mem

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// hostFile is a Backing with a host descriptor.
type hostFile struct {
	f    *os.File
	refs int
}

func (h *hostFile) ReadAt(p []byte, off int64) (int, error)  { return h.f.ReadAt(p, off) }
func (h *hostFile) WriteAt(p []byte, off int64) (int, error) { return h.f.WriteAt(p, off) }
func (h *hostFile) HostFD() int                              { return int(h.f.Fd()) }
func (h *hostFile) Retain()                                  { h.refs++ }
func (h *hostFile) Release()                                 { h.refs-- }
func (h *hostFile) Size() (int64, error) {
	fi, err := h.f.Stat()
	if err != nil {
		return 0, err
	}
	return fi.Size(), nil
}

func newHostFile(t *testing.T, flag int, content []byte) *hostFile {
	t.Helper()
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, flag, 0)
	if err != nil {
		t.Fatal(err)
	}
	h := &hostFile{f: f}
	t.Cleanup(func() {
		f.Close()
		if h.refs != 0 {
			t.Errorf("%d references leaked", h.refs)
		}
	})
	return h
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i) ^ byte(i>>8) | 1
	}
	return b
}

func TestPrivateFile(t *testing.T) {
	eachPageSize(t, func(t *testing.T, page uint64) {
		_, s := newTest(t, 0, page)
		want := pattern(int(10*page + 100))
		f := newHostFile(t, os.O_RDONLY, want)
		a := mustMap(t, s, 0, 20*page, MapOptions{Prot: Read | Write, File: f, Offset: page})
		if got := mustRead(t, s, a, int(9*page+100)); !bytes.Equal(got, want[page:]) {
			t.Fatal("contents differ")
		}
		if got := mustRead(t, s, a+9*page+100, int(page-100)); !bytes.Equal(got, make([]byte, page-100)) {
			t.Fatal("the rest of the last page is not zero")
		}
		at := a + 10*page
		wantFault(t, s.CopyIn(make([]byte, 1), at), FaultError{at, Load, PastEOF})
		wantFault(t, s.CopyOut(at, []byte{1}), FaultError{at, Store, PastEOF})
		mustWrite(t, s, a, "mine")
		got := make([]byte, 4)
		if _, err := f.ReadAt(got, int64(page)); err != nil || !bytes.Equal(got, want[page:page+4]) {
			t.Fatal("a private store reached the file")
		}
		s.Release()
	})
}

func TestSegment(t *testing.T) {
	_, s := newTest(t, 0, 4096)
	f := &memFile{b: pattern(5 * 4096)}
	a := mustMap(t, s, 0, 8*4096, MapOptions{Prot: Read, File: f, Offset: 4096, FileSize: 2*4096 + 10})
	want := append(bytes.Clone(f.b[4096:3*4096+10]), make([]byte, 6*4096-10)...)
	if got := mustRead(t, s, a, 8*4096); !bytes.Equal(got, want) {
		t.Fatal("contents differ")
	}
	// Splitting in the file part, at its end and behind it changes nothing.
	for i := uint64(1); i < 8; i++ {
		if err := s.Protect(a+i*4096, 4096, Read|Write, false); err != nil {
			t.Fatal(err)
		}
		if err := s.Protect(a+(i-1)*4096, 4096, Read, false); err != nil {
			t.Fatal(err)
		}
	}
	c, err := s.Fork()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	if got := mustRead(t, c, a, 8*4096); !bytes.Equal(got, want) {
		t.Fatal("contents differ after splitting")
	}
	f.err = errors.New("bad disk")
	b := mustMap(t, s, 0, 4096, MapOptions{Prot: Read, File: f})
	wantFault(t, s.CopyIn(make([]byte, 1), b), FaultError{b, Load, PastEOF})
	f.err = nil
	if _, err := s.Load8(b); err != nil {
		t.Fatal("after the disk recovered:", err)
	}
}

func TestSharedHostFile(t *testing.T) {
	eachPageSize(t, func(t *testing.T, page uint64) {
		p, s := newTest(t, 0, page)
		f := newHostFile(t, os.O_RDWR, pattern(int(40*page)))
		a := mustMap(t, s, 0, 48*page, MapOptions{Prot: Read | Write, File: f, Shared: true})
		before := p.InUse()
		mustWrite(t, s, a+20*page-2, "guest")
		got := make([]byte, 5)
		if _, err := f.ReadAt(got, int64(20*page-2)); err != nil || string(got) != "guest" {
			t.Fatalf("the host reads %q", got)
		}
		if _, err := f.WriteAt([]byte("host!"), 3); err != nil {
			t.Fatal(err)
		}
		if got := mustRead(t, s, a+3, 5); string(got) != "host!" {
			t.Fatalf("the guest reads %q", got)
		}
		c, err := s.Fork()
		if err != nil {
			t.Fatal(err)
		}
		mustWrite(t, c, a+30*page, "child")
		if got := mustRead(t, s, a+30*page, 5); string(got) != "child" {
			t.Fatalf("the parent reads %q", got)
		}
		c.Release()
		if ok, err := s.CompareAndSwap32(a+4, uint32('o')|'s'<<8|'t'<<16|'!'<<24, 7); err != nil || !ok {
			t.Fatalf("swap: %v %v", ok, err)
		}
		if err := s.Sync(a, 48*page, false); err != nil {
			t.Fatal(err)
		}
		if p.InUse() > before+(dirFrames+leafFrames)*frameSize {
			t.Fatalf("file pages count as committed: %d bytes", p.InUse()-before)
		}

		at := a + 40*page
		wantFault(t, s.CopyIn(make([]byte, 1), at), FaultError{at, Load, PastEOF})
		if err := f.f.Truncate(int64(44 * page)); err != nil {
			t.Fatal(err)
		}
		if got := mustRead(t, s, at, 3); string(got) != "\x00\x00\x00" {
			t.Fatalf("grown part: %q", got)
		}
		// A file that shrinks under pages the guest has already.
		mustRead(t, s, a, int(44*page))
		if err := f.f.Truncate(int64(5*page + 10)); err != nil {
			t.Fatal(err)
		}
		at = a + 6*page
		wantFault(t, s.CopyIn(make([]byte, 1), at), FaultError{at, Load, PastEOF})
		wantFault(t, s.CopyOut(at, []byte{1}), FaultError{at, Store, PastEOF})
		_, err = s.Load64(at)
		wantFault(t, err, FaultError{at, Load, PastEOF})
		_, err = s.CompareAndSwap32(at, 0, 1)
		wantFault(t, err, FaultError{at, Store, PastEOF})
		_, err = s.CopyInString(at, 10)
		wantFault(t, err, FaultError{at, Load, PastEOF})
		if got := mustRead(t, s, a+5*page, 20); bytes.IndexByte(got[10:], 0) != 0 {
			t.Fatal("bytes past the end of the file are not zero")
		}
		s.Release()
	})
}

func TestSharedReadOnlyHostFile(t *testing.T) {
	_, s := newTest(t, 0, 4096)
	f := newHostFile(t, os.O_RDONLY, pattern(8192))
	if _, err := s.Map(0, 8192, MapOptions{Prot: Read | Write, File: f, Shared: true}); err != ErrProtection {
		t.Fatalf("writable: %v", err)
	}
	a := mustMap(t, s, 0, 8192, MapOptions{Prot: Read, File: f, Shared: true})
	if err := s.Protect(a, 4096, Read|Write, false); err != ErrProtection {
		t.Fatalf("Protect: %v", err)
	}
	mustRead(t, s, a, 8192)
	wantFault(t, s.Poke(a, []byte{1}), FaultError{a, Store, Denied})
	if b, err := s.Share(s, a, 8192, 0, MapOptions{}, false); err != nil || s.Poke(b, []byte{1}) == nil {
		t.Fatalf("alias: %v", err)
	}
	b, err := s.Share(s, a, 8192, 0, MapOptions{Prot: Read | Write, MaxProt: Read | Write}, true)
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, s, b, "copy")
	if got := mustRead(t, s, a, 1); got[0] != 1 {
		t.Fatal("the copy's store was seen in the file")
	}
	s.Release()
}

func TestSharedFileWithoutDescriptor(t *testing.T) {
	eachPageSize(t, func(t *testing.T, page uint64) {
		_, s := newTest(t, 0, page)
		f := &memFile{b: pattern(int(6*page + 7))}
		want := bytes.Clone(f.b)
		o := MapOptions{Prot: Read | Write, File: f, Shared: true}
		a := mustMap(t, s, 0, 10*page, o)
		b := mustMap(t, s, 0, 2*page, MapOptions{Prot: Read, File: f, Shared: true, Offset: 5 * page})
		if got := mustRead(t, s, a, len(want)); !bytes.Equal(got, want) {
			t.Fatal("contents differ")
		}
		wantFault(t, s.CopyIn(make([]byte, 1), a+7*page), FaultError{a + 7*page, Load, PastEOF})
		mustWrite(t, s, a+5*page, "shared")
		if got := mustRead(t, s, b, 6); string(got) != "shared" {
			t.Fatalf("the other mapping has %q", got)
		}
		if err := s.Sync(a+5*page, page, false); err != nil {
			t.Fatal(err)
		}
		copy(want[5*page:], "shared")
		if !bytes.Equal(f.b, want) {
			t.Fatal("Sync did not write exactly what changed")
		}
		mustWrite(t, s, a+6*page+5, "end of file")
		if err := s.Unmap(a, 10*page); err != nil {
			t.Fatal(err)
		}
		copy(want[6*page+5:], "en")
		if !bytes.Equal(f.b, want) {
			t.Fatal("Unmap did not write back, or changed the size")
		}
		copy(f.b[5*page:], "changed")
		if err := s.Sync(b, 2*page, true); err != nil {
			t.Fatal(err)
		}
		if got := mustRead(t, s, b, 7); string(got) != "changed" {
			t.Fatalf("after invalidating: %q", got)
		}
		c := mustMap(t, s, 0, page, o)
		for _, w := range []string{"first", "again"} {
			mustWrite(t, s, c, w)
			if f.b[0] == w[0] {
				t.Fatal("written before Sync")
			}
			if err := s.Sync(c, page, false); err != nil || string(f.b[:5]) != w {
				t.Fatalf("Sync: %v, the file has %q", err, f.b[:5])
			}
		}
		s.Release()
		if f.refs != 0 {
			t.Fatalf("%d references left", f.refs)
		}
	})
}

func TestObject(t *testing.T) {
	p, s := newTest(t, 0, 4096)
	big := p.NewSpace(SpaceConfig{PageSize: 16384, Min: 0x10000})
	defer big.Release()
	o := p.NewObject(100 << 10)
	a := mustMap(t, s, 0, 64<<10, MapOptions{Prot: Read | Write, Shared: true, Object: o, Offset: 4096})
	b := mustMap(t, big, 0, 128<<10, MapOptions{Prot: Read | Write, Shared: true, Object: o})
	mustWrite(t, s, a, "from 4K")
	if got := mustRead(t, big, b+4096, 7); string(got) != "from 4K" {
		t.Fatalf("the 16K space reads %q", got)
	}
	if _, err := o.WriteAt([]byte("kernel"), 50<<10-3); err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, s, a+50<<10-3-4096, 6); string(got) != "kernel" {
		t.Fatalf("the 4K space reads %q", got)
	}
	at := b + 112<<10
	wantFault(t, big.CopyIn(make([]byte, 1), at), FaultError{at, Load, PastEOF})
	snap := mustMap(t, s, 0, 64<<10, MapOptions{Prot: Read | Write, Object: o})
	mustWrite(t, big, b+4096, "later")
	mustWrite(t, s, snap, "private")
	if got := mustRead(t, s, snap+4096, 7); string(got) != "from 4K" {
		t.Fatalf("the copy reads %q", got)
	}
	o.Unref()
	if got := mustRead(t, s, a, 7); string(got) != "later4K" {
		t.Fatalf("after Unref: %q", got)
	}
	if _, err := o.ReadAt(make([]byte, 10), 100<<10-5); err == nil {
		t.Fatal("read past the end")
	}
	if err := o.Resize(4096); err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, s, a, 7); !bytes.Equal(got, make([]byte, 7)) {
		t.Fatalf("cut off: %q", got)
	}
	c, err := big.Share(s, snap, 8192, 0, MapOptions{}, true)
	if err != nil {
		t.Fatal(err)
	}
	if got := append(mustRead(t, big, c, 7), mustRead(t, big, c+4096, 7)...); string(got) != "privatefrom 4K" {
		t.Fatalf("copied to pages of another size: %q", got)
	}
	// The same memory in pages of another size.
	if d, err := big.Share(s, snap, 64<<10, 0, MapOptions{}, false); err != nil {
		t.Fatal(err)
	} else {
		mustWrite(t, s, snap+20480, "both")
		if got := mustRead(t, big, d+20480, 4); string(got) != "both" {
			t.Fatalf("shared with pages of another size: %q", got)
		}
		if got := mustRead(t, big, d+4096, 7); string(got) != "from 4K" {
			t.Fatalf("shared with pages of another size: %q", got)
		}
	}
}
