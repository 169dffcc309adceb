package mem

import (
	"bytes"
	"fmt"
	"testing"
	"time"
	"unsafe"
)

func TestHostileRanges(t *testing.T) {
	const top = ^uint64(0)
	eachPageSize(t, func(t *testing.T, page uint64) {
		_, s := newTest(t, 16<<20, page)
		a := mustMap(t, s, 0x100000, 4*page, rw)
		mustWrite(t, s, a, "here")
		for _, c := range []struct {
			addr, size uint64
			o          MapOptions
			want       error
		}{
			{0, 0, rw, ErrBadAddress},
			{0, top, rw, ErrBadAddress},
			{0, top - 2*page, rw, ErrNoSpace},
			{0, 1 << 47, rw, ErrNoSpace},
			{0, 1 << 63, rw, ErrNoSpace},
			{0, 1 << 63, MapOptions{File: &memFile{}}, ErrBadAddress},
			{top, page, fixed(rw), ErrBadAddress},
			{top &^ (page - 1), page, fixed(rw), ErrBadAddress},
			{top &^ (page - 1), 2 * page, fixed(rw), ErrBadAddress},
			{1 << 47, page, fixed(rw), ErrBadAddress},
			{1<<47 - page, 2 * page, fixed(rw), ErrBadAddress},
			{0, page, fixed(rw), ErrBadAddress},
			{a + 1, page, fixed(rw), ErrBadAddress},
			{0, page, MapOptions{Prot: Read, AlignMask: 0x5000}, ErrBadAddress},
			{0, page, MapOptions{Prot: Read, AlignMask: top}, ErrNoSpace},
			{0, page, MapOptions{Prot: Read, AlignMask: 1<<47 - 1}, ErrNoSpace},
			{0, page, MapOptions{Prot: Read, Below: 1}, ErrNoSpace},
			{0, page, MapOptions{Prot: Write, MaxProt: Read}, ErrProtection},
			{0, page, MapOptions{Prot: Read, File: &memFile{}, Offset: top}, ErrBadAddress},
			{0, page, MapOptions{Prot: Read, File: &memFile{}, Offset: 1<<63 - 1}, ErrBadAddress},
			{0, page, MapOptions{Prot: Read, File: &memFile{}, Offset: 512, Shared: true}, ErrBadAddress},
			{a, page, MapOptions{Prot: Read, Fixed: true, NoReplace: true}, ErrExists},
		} {
			if got, err := s.Map(c.addr, c.size, c.o); err != c.want {
				t.Errorf("Map(%#x, %#x, %+v): %#x, %v; want %v", c.addr, c.size, c.o, got, err, c.want)
			}
		}
		for _, c := range []struct {
			addr, size uint64
			unmap, on  error
		}{
			{a, 0, nil, nil},
			{top, 0, nil, nil},
			{top, 1, ErrBadAddress, ErrBadAddress}, // rounding its end up wraps
			{a + 4*page, top, ErrBadAddress, ErrBadAddress},
			{a + 4*page, top - a - 8*page, nil, ErrUnmapped},
			{1 << 60, page, nil, ErrUnmapped},
			{0, a, nil, ErrUnmapped},
			{a - page, 2 * page, nil, ErrUnmapped},
		} {
			if err := s.Protect(c.addr, c.size, Read, false); err != c.on {
				t.Errorf("Protect(%#x, %#x): %v, want %v", c.addr, c.size, err, c.on)
			}
			if err := s.SetInherit(c.addr, c.size, InheritNone); err != c.on {
				t.Errorf("SetInherit(%#x, %#x): %v, want %v", c.addr, c.size, err, c.on)
			}
			if _, err := s.Share(s, c.addr, c.size, 0, MapOptions{}, true); err == nil {
				t.Errorf("Share(%#x, %#x) succeeds", c.addr, c.size)
			}
			if err := s.Resident(c.addr, c.size, nil); err == nil && c.size != 0 {
				t.Errorf("Resident(%#x, %#x) fits in no bytes", c.addr, c.size)
			}
			_ = s.Discard(c.addr, c.size)
			_ = s.Sync(c.addr, c.size, true)
			if c.addr != a-page {
				if err := s.Unmap(c.addr, c.size); err != c.unmap {
					t.Errorf("Unmap(%#x, %#x): %v, want %v", c.addr, c.size, err, c.unmap)
				}
			}
		}
		if got := mustRead(t, s, a, 4); !bytes.Equal(got, []byte("here")) && !bytes.Equal(got, make([]byte, 4)) {
			t.Errorf("what was mapped reads %q", got)
		}
		if msg := checkSpace(s); msg != "" {
			t.Error(msg)
		}
	})
}

func TestOddSpaces(t *testing.T) {
	p, _ := newTest(t, 16<<20, 4096)
	for _, c := range []SpaceConfig{{}, {Min: ^uint64(0)}, {Min: 5, Max: 4}, {Min: 1 << 50, Max: 1 << 51}, {PageSize: 7, Min: 1, Max: 8191}} {
		s := p.NewSpace(c)
		if s.Min() > s.Max() || s.Max() > 1<<47 || s.Min()&4095 != 0 || s.Max()&4095 != 0 {
			t.Errorf("%+v: from %#x to %#x", c, s.Min(), s.Max())
		}
		if a, err := s.Map(0, 4096, rw); err == nil && s.Store8(a, 1) != nil {
			t.Errorf("%+v: mapped at %#x and cannot be written", c, a)
		}
		s.Release()
		s.Release()
		if s.Fault(0x1000, Load) == nil {
			t.Error("a released space has pages")
		}
	}
	p.SetLimit(4096)
	s := p.NewSpace(SpaceConfig{})
	a := mustMap(t, s, 0x1000, 4096, rw)
	wantFault(t, s.Fault(a, Store), FaultError{a, Store, NoMemory})
	if _, err := s.Fork(); err != ErrNoMemory {
		t.Errorf("fork without memory: %v", err)
	}
	s.Release()
}

func TestMaxBytes(t *testing.T) {
	p, _ := newTest(t, 0, 4096)
	s := p.NewSpace(SpaceConfig{MaxBytes: 10 * 4096})
	defer s.Release()
	a := mustMap(t, s, 0x10000, 8*4096, rw)
	if _, err := s.Map(0, 3*4096, rw); err != ErrLimit {
		t.Fatalf("beyond the limit: %v", err)
	}
	mustMap(t, s, a, 10*4096, fixed(rw)) // what it replaces does not count
	if s.Size() != 10*4096 {
		t.Fatalf("%d bytes mapped", s.Size())
	}
}

// perRegion maps, finds and unmaps n regions that cannot be joined, and gives the
// time one takes.
func perRegion(t *testing.T, n uint64) time.Duration {
	_, s := newTest(t, 0, 4096)
	start := time.Now()
	addrs := make([]uint64, n)
	for i := range n {
		o := MapOptions{Prot: Read | Write, Tag: uint32(i)}
		addrs[i] = mustMap(t, s, 0, 8192, o)
	}
	for i := uint64(0); i < n; i += 2 { // leave holes too small for what comes
		if err := s.Unmap(addrs[i], 4096); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		mustMap(t, s, 0, 8192, MapOptions{Prot: Read, Tag: uint32(n + i)})
	}
	for _, a := range addrs {
		if r, ok := s.Find(a); !ok || r.Addr != a && r.Addr != a+4096 {
			t.Fatalf("found %#x for %#x", r.Addr, a)
		}
	}
	count := uint64(0)
	for range s.Regions() {
		count++
	}
	if count != 2*n {
		t.Fatalf("%d regions, want %d", count, 2*n)
	}
	for i := range addrs {
		if err := s.Unmap(addrs[len(addrs)-1-i], 8192); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(start) / time.Duration(n)
}

func TestManyRegions(t *testing.T) {
	few, many := perRegion(t, 1000), perRegion(t, 20000)
	t.Logf("%v per region of 1000, %v of 20000", few, many)
}

func TestRegionLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("maps 262,144 regions")
	}
	_, s := newTest(t, 0, 4096)
	var err error
	n := 0
	for ; err == nil; n++ {
		_, err = s.Map(0, 4096, MapOptions{Tag: uint32(n)})
	}
	if err != ErrLimit || n < maxRegions-2 {
		t.Fatalf("%v after %d regions", err, n)
	}
	if err := s.Unmap(0x10000, 1<<40); err != nil || s.Size() != 0 {
		t.Fatalf("unmapping: %v, %d bytes left", err, s.Size())
	}
}

func TestRegionsJoin(t *testing.T) {
	_, s := newTest(t, 0, 4096)
	count := func() (n int) {
		for range s.Regions() {
			n++
		}
		return n
	}
	a := mustMap(t, s, 0, 4096, rw)
	for range 9 {
		mustMap(t, s, a, 4096, rw)
	}
	if r, _ := s.Find(a); count() != 1 || r.Size != 10*4096 {
		t.Fatalf("%d regions, the first %+v", count(), r)
	}
	if err := s.Protect(a+3*4096, 2*4096, Read, false); err != nil || count() != 3 {
		t.Fatalf("%v, %d regions", err, count())
	}
	if err := s.Protect(a+3*4096, 4096, Read|Write, false); err != nil || count() != 3 {
		t.Fatalf("%v, %d regions", err, count())
	}
	if err := s.Protect(a, 10*4096, Read|Write, false); err != nil || count() != 1 {
		t.Fatalf("%v, %d regions", err, count())
	}
}

func TestPermanent(t *testing.T) {
	_, s := newTest(t, 0, 4096)
	a := mustMap(t, s, 0, 4*4096, MapOptions{Prot: Read | Write, Permanent: true})
	b := mustMap(t, s, a+4*4096, 4096, rw)
	mustWrite(t, s, a+4096, "kept")
	if _, err := s.Map(a, 4096, fixed(rw)); err != ErrNoSpace {
		t.Fatalf("replacing: %v", err)
	}
	if err := s.Unmap(a+4096, b-a); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.Fault(a+4096, Load), FaultError{a + 4096, Load, Denied})
	wantFault(t, s.Fault(b, Load), FaultError{b, Load, Unmapped})
	if err := s.Protect(a+4096, 4096, Read, false); err != ErrProtection {
		t.Fatalf("Protect: %v", err)
	}
	if _, err := s.Load8(a); err != nil {
		t.Fatal(err)
	}
}

func TestStringsAndWords(t *testing.T) {
	_, s := newTest(t, 0, 4096)
	a := mustMap(t, s, 0, 3*4096, rw)
	end := a + 3*4096
	mustWrite(t, s, a+4090, "a string across pages\x00")
	mustWrite(t, s, end-4, "tail")
	for _, c := range []struct {
		addr uint64
		max  int
		want string
		err  error
	}{
		{a + 4090, 100, "a string across pages", nil},
		{a + 4090, 22, "a string across pages", nil},
		{a + 4090, 21, "", ErrTooLong},
		{a + 4090, 0, "", ErrTooLong},
		{a + 4090, -1, "", ErrTooLong},
		{a, 1, "", nil},
		{end - 4, 4, "", ErrTooLong},
	} {
		if got, err := s.CopyInString(c.addr, c.max); got != c.want || err != c.err {
			t.Errorf("CopyInString(%#x, %d): %q, %v", c.addr, c.max, got, err)
		}
	}
	_, err := s.CopyInString(end-4, 1<<62)
	wantFault(t, err, FaultError{end, Load, Unmapped})

	for _, at := range []uint64{a + 64, a + 4093} { // aligned and across pages
		if err := s.Store64(at, 0x1122334455667788); err != nil {
			t.Fatal(err)
		}
		v8, _ := s.Load8(at)
		v16, _ := s.Load16(at)
		v32, _ := s.Load32(at)
		v64, err := s.Load64(at)
		if v8 != 0x88 || v16 != 0x7788 || v32 != 0x55667788 || v64 != 0x1122334455667788 || err != nil {
			t.Errorf("%#x: %#x %#x %#x %#x %v", at, v8, v16, v32, v64, err)
		}
		if ok, err := s.CompareAndSwap32(at, 1, 2); ok || err != nil {
			t.Errorf("swapped what differs: %v %v", ok, err)
		}
		if ok, err := s.CompareAndSwap32(at, 0x55667788, 2); !ok || err != nil {
			t.Errorf("did not swap: %v %v", ok, err)
		}
		if err := s.Store32(at+4, 3); err != nil {
			t.Fatal(err)
		}
		if err := s.Store16(at+4, 0xffff); err != nil {
			t.Fatal(err)
		}
		if v, _ := s.Load64(at); v != 0xffff00000002 {
			t.Errorf("%#x: %#x", at, v)
		}
	}
	if err := s.Protect(a, 4096, Read, false); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.Store32(a, 1), FaultError{a, Store, Denied})
	_, err = s.CompareAndSwap32(a+4093, 0, 1)
	wantFault(t, err, FaultError{a + 4093, Store, Denied})
}

func TestOnStoreSeesEveryStore(t *testing.T) {
	_, s := newTest(t, 0, 4096)
	a := mustMap(t, s, 0, 8192, rw)
	type store struct {
		addr uint64
		n    int
	}
	var got []store
	s.OnStore(func(addr uint64, n int) { got = append(got, store{addr, n}) })
	_ = s.CopyOut(a, make([]byte, 5000))
	_ = s.CopyOut(a+8190, make([]byte, 5)) // the first two go through
	_ = s.CopyOut(a+8192, make([]byte, 5))
	_ = s.Store8(a, 1)
	_ = s.Store16(a, 1)
	_ = s.Store32(a, 1)
	_ = s.Store64(a+1, 1)
	_, _ = s.CompareAndSwap32(a+12, 5, 6)
	_, _ = s.CompareAndSwap32(a+12, 0, 6)
	_ = s.Poke(a, []byte{1, 2, 3})
	want := []store{{a, 5000}, {a + 8190, 2}, {a, 1}, {a, 2}, {a, 4}, {a + 1, 8}, {a + 12, 4}, {a, 3}}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("store %d: got %v, want %v", i, got[i], want[i])
		}
	}
}

func TestStaleAgreesOnEveryFrame(t *testing.T) {
	p, s := newTest(t, 0, 16384)
	a := mustMap(t, s, 0, 16384, rw)
	mustWrite(t, s, a, "x")
	off := walk(s, a) & pteOffset
	flags := unsafe.Slice((*byte)(unsafe.Add(p.FrameFlags(), off/4096)), 4)
	copy(flags, []byte{0, FrameExecuted, FrameStale | FrameExecuted, FrameExecuted})
	mustWrite(t, s, a, "x")
	if !bytes.Equal(flags, []byte{0, 3, 3, 3}) {
		t.Fatalf("flags %v", flags)
	}
	e := s.Epoch()
	if mustWrite(t, s, a, "x"); s.Epoch() != e {
		t.Fatal("the epoch changed for code known to be stale")
	}
}

func TestCodeBecomesStale(t *testing.T) {
	eachPageSize(t, func(t *testing.T, page uint64) {
		p, s := newTest(t, 0, page)
		a := mustMap(t, s, 0, page, MapOptions{Prot: Read | Write | Exec})
		if fe := s.Fault(a, Fetch); fe != nil {
			t.Fatal(fe)
		}
		var dropped [][2]uint64
		cancel := p.OnCodeChange(func(paddr, size uint64) { dropped = append(dropped, [2]uint64{paddr, size}) })
		defer cancel()
		off := walk(s, a) & pteOffset
		flag := (*byte)(unsafe.Add(p.FrameFlags(), off/4096))
		stores := map[string]func(){
			"CopyOut": func() { mustWrite(t, s, a, "x") },
			"Store32": func() { _ = s.Store32(a, 1) },
			"Poke":    func() { _ = s.Poke(a, []byte{1}) },
			"Protect": func() {
				_ = s.Fault(a, Store)
				_ = s.Protect(a, page, Read|Exec, false)
				_ = s.Protect(a, page, Read|Write|Exec, false)
			},
		}
		for name, f := range stores {
			*flag = FrameExecuted
			e := s.Epoch()
			f()
			if *flag != FrameExecuted|FrameStale || s.Epoch() == e {
				t.Fatalf("%s: flags %d, epoch %d then %d", name, *flag, e, s.Epoch())
			}
		}
		p.DropStale(off, page)
		if *flag != 0 || len(dropped) != 1 || dropped[0] != [2]uint64{off, page} {
			t.Fatalf("DropStale: flags %d, %v", *flag, dropped)
		}
		*flag = FrameExecuted
		if err := s.Unmap(a, page); err != nil {
			t.Fatal(err)
		}
		if *flag != 0 || len(dropped) != 2 || dropped[1] != [2]uint64{off, page} {
			t.Fatalf("freed: flags %d, %v", *flag, dropped)
		}
		cancel()
		p.DropStale(off, page)
		if len(dropped) != 2 {
			t.Fatal("called after it was cancelled")
		}
		p.DropStale(^uint64(0), ^uint64(0))
		p.DropStale(0, ^uint64(0))
	})
}

func TestForkCopiesOnWrite(t *testing.T) {
	eachPageSize(t, func(t *testing.T, page uint64) {
		p, s := newTest(t, 0, page)
		a := mustMap(t, s, 0, 64*page, rw)
		mustWrite(t, s, a+60*page, "parent")
		before, e := p.InUse(), s.Epoch()
		c, err := s.Fork()
		if err != nil {
			t.Fatal(err)
		}
		if p.InUse()-before > 2*dirFrames*frameSize+leafFrames*frameSize || s.Epoch() == e {
			t.Fatalf("fork took %d bytes, epoch %d then %d", p.InUse()-before, e, s.Epoch())
		}
		if v := walk(s, a+60*page); v&15 != 8|1 || walk(c, a+60*page)&(pteOffset|15) != v&(pteOffset|15) {
			t.Fatalf("entries %#x and %#x", v, walk(c, a+60*page))
		}
		e = s.Epoch()
		mustWrite(t, s, a+60*page, "PARENT")
		if s.Epoch() == e {
			t.Fatal("a page was copied in the same epoch")
		}
		e = c.Epoch()
		mustWrite(t, c, a+60*page, "c")
		if got := mustRead(t, c, a+60*page, 6); string(got) != "carent" || c.Epoch() != e {
			t.Fatalf("the child has %q, epoch %d then %d", got, e, c.Epoch())
		}
		if got := mustRead(t, s, a+60*page, 6); string(got) != "PARENT" {
			t.Fatalf("the parent has %q", got)
		}
		c.Release()
	})
}

func TestForkFailsCleanly(t *testing.T) {
	p, s := newTest(t, 8<<20, 4096)
	a := mustMap(t, s, 0, 4<<20, MapOptions{Prot: Read | Write, Shared: true, Inherit: InheritShare})
	for i := uint64(0); i < 4<<20; i += 4096 {
		if err := s.Store8(a+i, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.SetInherit(a, 4<<20, InheritCopy); err != nil {
		t.Fatal(err)
	}
	before := p.InUse()
	if _, err := s.Fork(); err != ErrNoMemory {
		t.Fatalf("fork: %v", err)
	}
	if p.InUse() != before {
		t.Fatalf("%d bytes leaked", p.InUse()-before)
	}
	if msg := checkSpace(s); msg != "" {
		t.Fatal(msg)
	}
}

// Spaces of one machine on several goroutines, as parallel engines use them.
func TestSpacesInParallel(t *testing.T) {
	p, s := newTest(t, 512<<20, 4096)
	const size, workers = 4 << 20, 4
	o := p.NewObject(64 << 10)
	defer o.Unref()
	a := mustMap(t, s, 0, size, rw)
	b := mustMap(t, s, 0, 64<<10, MapOptions{Prot: Read | Write, Shared: true, Object: o})
	for i := uint64(0); i < size; i += 4096 {
		if err := s.Store64(a+i, i); err != nil {
			t.Fatal(err)
		}
	}
	errs := make(chan error, workers)
	for w := range uint64(workers) {
		c, err := s.Fork()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			errs <- func() error {
				defer c.Release()
				for i := uint64(0); i < size; i += 4096 {
					if err := c.Store64(a+i+8, w); err != nil {
						return err
					}
					if err := c.Store64(b+w*8, i); err != nil {
						return err
					}
					if i%(1<<20) == 0 {
						g, err := c.Fork()
						if err != nil {
							return err
						}
						_ = g.Store64(a+i, 0)
						g.Release()
					}
				}
				for i := uint64(0); i < size; i += 4096 {
					x, _ := c.Load64(a + i)
					if y, err := c.Load64(a + i + 8); x != i || y != w || err != nil {
						return fmt.Errorf("worker %d at %#x: %#x %#x %v", w, i, x, y, err)
					}
				}
				return nil
			}()
		}()
	}
	for range workers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for w := range uint64(workers) {
		if v, err := s.Load64(b + w*8); v != size-4096 || err != nil {
			t.Errorf("worker %d left %#x, %v", w, v, err)
		}
	}
}

func TestResident(t *testing.T) {
	_, s := newTest(t, 0, 4096)
	a := mustMap(t, s, 0x10000, 64*4096, rw)
	mustWrite(t, s, a+20*4096, "x")
	vec := bytes.Repeat([]byte{0xff}, 80)
	if err := s.Resident(a, 80*4096, vec); err != nil {
		t.Fatal(err)
	}
	if vec[20] != PageResident|PageReferenced|PageModified|PageAnonymous || vec[40] != 0 || vec[70] != 0 {
		t.Fatalf("%x", vec)
	}
	if r, _ := s.Find(a); r.Resident == 0 || r.Resident > 16 || r.PrivatePages != r.Resident {
		t.Fatalf("%+v", r)
	}
	if err := s.Discard(a, 64*4096); err != nil || s.ResidentBytes() != 0 {
		t.Fatalf("%v, %d bytes resident", err, s.ResidentBytes())
	}
}

func TestFastPathsDoNotAllocate(t *testing.T) {
	_, s := newTest(t, 0, 4096)
	a := mustMap(t, s, 0, 1<<20, rw)
	buf := make([]byte, 10000)
	if n := testing.AllocsPerRun(100, func() {
		_ = s.CopyOut(a+100, buf)
		_ = s.CopyIn(buf, a+100)
		_, _ = s.Load64(a + 1)
		_ = s.Store32(a, 1)
		_ = s.Store64(a+3, 1)
		_ = s.Fault(a, Store)
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
