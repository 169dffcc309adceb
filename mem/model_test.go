package mem

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"
)

// The model of a space: what each of its few pages is, without any sharing of
// effort. A cell is a page of memory that several pages of the model can be.
type (
	cell  struct{ b []byte }
	mpage struct {
		prot, max Prot
		inherit   Inherit
		shared    bool
		file      bool
		cell      *cell
	}
	mspace struct {
		s     *Space
		pages [modelPages]*mpage
		dirty [modelPages]bool
		track bool
	}
)

const (
	modelPages = 48
	modelBase  = 0x7fff00000 // a leaf boundary of 4 KiB pages lies within
)

func (p *mpage) clone() *mpage {
	q := *p
	q.cell = &cell{bytes.Clone(p.cell.b)}
	return &q
}

// memFile is a Backing in Go memory.
type memFile struct {
	b    []byte
	refs int
	err  error
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	if off >= int64(len(f.b)) {
		return 0, io.EOF
	}
	n := copy(p, f.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	if int(off)+len(p) > len(f.b) {
		return 0, io.ErrShortWrite
	}
	return copy(f.b[off:], p), nil
}
func (f *memFile) Size() (int64, error) { return int64(len(f.b)), nil }
func (f *memFile) HostFD() int          { return -1 }
func (f *memFile) Retain()              { f.refs++ }
func (f *memFile) Release()             { f.refs-- }

type driver struct {
	t      testing.TB
	in     []byte
	phys   *Physical
	page   uint64
	spaces []*mspace
	file   *memFile
	log    []string
	steps  int
}

func (d *driver) next(n int) int {
	if len(d.in) == 0 {
		return 0
	}
	b := d.in[0]
	d.in = d.in[1:]
	return int(b) % n
}

func (d *driver) logf(f string, a ...any) { d.log = append(d.log, fmt.Sprintf(f, a...)) }

func (d *driver) fail(f string, a ...any) {
	d.t.Helper()
	for _, l := range d.log[max(0, len(d.log)-40):] {
		d.t.Log(l)
	}
	d.t.Fatalf(f, a...)
}

func (d *driver) addr(i int) uint64 { return modelBase + uint64(i)*d.page }

func (d *driver) span() (i, n int) {
	i = d.next(modelPages)
	return i, 1 + d.next(min(12, modelPages-i))
}

func (d *driver) zero() *cell { return &cell{make([]byte, d.page)} }

// runModel interprets in as operations on spaces and on the model of them, and
// fails where they differ.
func runModel(t testing.TB, in []byte, page uint64) {
	phys, err := NewPhysical(1 << 30)
	if err != nil {
		t.Fatal(err)
	}
	defer phys.Close()
	base := phys.InUse()
	d := &driver{t: t, in: in, phys: phys, page: page, file: &memFile{b: make([]byte, 8*page-100)}}
	for i := range d.file.b {
		d.file.b[i] = byte(i>>8) ^ byte(i) | 1
	}
	cfg := SpaceConfig{PageSize: page, Min: modelBase, Max: modelBase + modelPages*page}
	d.spaces = []*mspace{{s: phys.NewSpace(cfg)}}
	for len(d.in) > 0 {
		d.step()
	}
	for _, m := range d.spaces {
		d.compare(m)
	}
	for _, m := range d.spaces {
		m.s.Release()
	}
	if phys.InUse() != base {
		d.fail("%d bytes leaked", phys.InUse()-base)
	}
	if d.file.refs != 0 {
		d.fail("%d references to the file leaked", d.file.refs)
	}
}

func (d *driver) step() {
	op := d.next(16)
	k := d.next(len(d.spaces))
	m := d.spaces[k]
	switch op {
	case 0, 1:
		d.mapFixed(k, m)
	case 2:
		i, n := d.span()
		d.logf("%d: unmap %d+%d", k, i, n)
		if err := m.s.Unmap(d.addr(i), uint64(n)*d.page); err != nil {
			d.fail("%v", err)
		}
		for j := i; j < i+n; j++ {
			m.pages[j], m.dirty[j] = nil, false
		}
	case 3, 4:
		d.protect(k, m)
	case 5:
		d.fork(k, m)
	case 6, 7, 8:
		d.write(k, m, false)
	case 9:
		d.write(k, m, true)
	case 10:
		d.logf("%d: compare", k)
		d.compare(m)
	case 11:
		if len(d.spaces) > 1 {
			d.logf("%d: release", k)
			m.s.Release()
			d.spaces = append(d.spaces[:k], d.spaces[k+1:]...)
		}
	case 12:
		i, n := d.span()
		d.logf("%d: discard %d+%d", k, i, n)
		if err := m.s.Discard(d.addr(i), uint64(n)*d.page); err != nil {
			d.fail("%v", err)
		}
		for j := i; j < i+n; j++ {
			if p := m.pages[j]; p != nil && !p.shared && !p.file {
				p.cell, m.dirty[j] = d.zero(), false
			}
		}
	case 13:
		d.share(k, m)
	case 14:
		d.search(k, m)
	case 15:
		i, n := d.span()
		h := Inherit(d.next(3))
		d.logf("%d: inherit %d+%d %d", k, i, n, h)
		err := m.s.SetInherit(d.addr(i), uint64(n)*d.page, h)
		if hole(m, i, n) {
			if err != ErrUnmapped {
				d.fail("got %v", err)
			}
			return
		}
		if err != nil {
			d.fail("%v", err)
		}
		for j := i; j < i+n; j++ {
			m.pages[j].inherit = h
		}
		if d.next(4) == 0 {
			m.track = d.next(2) == 0
			d.logf("%d: track %v", k, m.track)
			m.s.TrackDirty(m.track)
			m.dirty = [modelPages]bool{}
		}
	}
	if d.steps++; d.steps%8 == 0 {
		d.check(m)
	}
}

func hole(m *mspace, i, n int) bool {
	for j := i; j < i+n; j++ {
		if m.pages[j] == nil {
			return true
		}
	}
	return false
}

func (d *driver) mapFixed(k int, m *mspace) {
	i, n := d.span()
	o := MapOptions{Prot: Prot(d.next(8)), Fixed: true, Shared: d.next(4) == 0, Inherit: Inherit(d.next(8) / 6)}
	if d.next(3) == 0 {
		o.Prot = Read | Write
	}
	if d.next(4) == 0 {
		o.MaxProt = o.Prot | Prot(d.next(8))
	}
	fileBytes := uint64(0)
	if !o.Shared && d.next(3) == 0 {
		o.File, o.Offset = d.file, uint64(d.next(3))*d.page
		o.FileSize = 1 + uint64(d.next(5*16))*d.page/16
		fileBytes = min(o.FileSize, uint64(n)*d.page)
	}
	o.NoReplace = d.next(6) == 0
	d.logf("%d: map %d+%d %v max %v shared %v inherit %d file %d", k, i, n, o.Prot, o.MaxProt, o.Shared, o.Inherit, fileBytes)
	_, err := m.s.Map(d.addr(i), uint64(n)*d.page, o)
	if o.NoReplace {
		for j := i; j < i+n; j++ {
			if m.pages[j] != nil {
				if err != ErrExists {
					d.fail("got %v", err)
				}
				return
			}
		}
	}
	if err != nil {
		d.fail("%v", err)
	}
	d.fresh(m, i, n, o, fileBytes)
}

func (d *driver) fresh(m *mspace, i, n int, o MapOptions, fileBytes uint64) {
	if o.MaxProt == 0 {
		o.MaxProt = protAll
	}
	if o.Shared && o.Inherit == InheritCopy {
		o.Inherit = InheritShare
	}
	for j := i; j < i+n; j++ {
		p := &mpage{prot: o.Prot, max: o.MaxProt, inherit: o.Inherit, shared: o.Shared, cell: d.zero()}
		if at := uint64(j-i) * d.page; at < fileBytes {
			p.file = true
			copy(p.cell.b[:min(d.page, fileBytes-at)], d.file.b[o.Offset+at:])
		}
		m.pages[j], m.dirty[j] = p, false
	}
}

func (d *driver) protect(k int, m *mspace) {
	i, n := d.span()
	p, set := Prot(d.next(8)), d.next(8) == 0
	d.logf("%d: protect %d+%d %v set %v", k, i, n, p, set)
	err := m.s.Protect(d.addr(i), uint64(n)*d.page, p, set)
	if hole(m, i, n) {
		if err != ErrUnmapped {
			d.fail("got %v", err)
		}
		return
	}
	for j := i; j < i+n; j++ {
		if p&^m.pages[j].max != 0 {
			if err != ErrProtection {
				d.fail("got %v", err)
			}
			return
		}
	}
	if err != nil {
		d.fail("%v", err)
	}
	for j := i; j < i+n; j++ {
		x := m.pages[j]
		if set {
			x.max = p
			x.prot &= p
		} else {
			x.prot = p
		}
	}
}

func (d *driver) fork(k int, m *mspace) {
	if len(d.spaces) == 4 {
		return
	}
	d.logf("%d: fork", k)
	s, err := m.s.Fork()
	if err != nil {
		d.fail("%v", err)
	}
	c := &mspace{s: s}
	for j, p := range m.pages {
		switch {
		case p == nil || p.inherit == InheritNone:
		case p.inherit == InheritShare:
			p.shared = true
			q := *p
			c.pages[j] = &q
		default:
			c.pages[j] = p.clone()
			c.pages[j].shared = false
		}
	}
	d.spaces = append(d.spaces, c)
	d.check(c)
}

func (d *driver) write(k int, m *mspace, poke bool) {
	start := modelBase + uint64(d.next(modelPages))*d.page + uint64(d.next(256))*d.page/256
	n := 1 + d.next(256)*d.next(256)
	b := bytes.Repeat([]byte{byte(1 + d.next(255))}, n)
	d.logf("%d: write %#x+%d = %d poke %v", k, start, n, b[0], poke)
	var err error
	if poke {
		err = m.s.Poke(start, b)
	} else {
		err = m.s.CopyOut(start, b)
	}
	for at := start; at < start+uint64(n); {
		j := int((at - modelBase) / d.page)
		in := (at - modelBase) % d.page
		want := FaultError{at, Store, Denied}
		bad := false
		switch {
		case j >= modelPages || m.pages[j] == nil:
			want.Kind, bad = Unmapped, true
		case !poke && m.pages[j].prot&Write == 0:
			bad = true
		}
		if bad {
			fe, ok := err.(*FaultError)
			if !ok || *fe != want {
				d.fail("got %v, want %v", err, &want)
			}
			return
		}
		l := min(start+uint64(n)-at, d.page-in)
		copy(m.pages[j].cell.b[in:in+l], b)
		m.dirty[j] = m.track
		at += l
	}
	if err != nil {
		d.fail("%v", err)
	}
}

func (d *driver) share(k int, m *mspace) {
	i, n := d.span()
	from := d.spaces[d.next(len(d.spaces))]
	si := d.next(modelPages - n + 1)
	o := MapOptions{Fixed: true, Shared: d.next(2) == 0}
	if d.next(2) == 0 {
		o.Prot, o.MaxProt = Read|Write, protAll
	}
	dup := d.next(2) == 0
	d.logf("%d: share %d+%d from %p %d copy %v max %v", k, i, n, from, si, dup, o.MaxProt)
	_, err := m.s.Share(from.s, d.addr(si), uint64(n)*d.page, d.addr(i), o, dup)
	if hole(from, si, n) {
		if err != ErrUnmapped {
			d.fail("got %v", err)
		}
		return
	}
	if err != nil {
		d.fail("%v", err)
	}
	var got []*mpage
	for j := range n {
		p := from.pages[si+j]
		q := *p
		if dup {
			q = *p.clone()
			q.shared = false
		} else {
			p.shared, q.shared = true, true
		}
		if o.MaxProt != 0 {
			q.prot, q.max = o.Prot, o.MaxProt
		}
		if q.inherit = InheritCopy; o.Shared {
			q.inherit = InheritShare
		}
		got = append(got, &q)
	}
	for j, q := range got {
		m.pages[i+j], m.dirty[i+j] = q, false
	}
}

func (d *driver) search(k int, m *mspace) {
	n, hint := 1+d.next(6), d.next(modelPages)
	down := d.next(2) == 0
	mask := uint64(0)
	if d.next(2) == 0 {
		mask = 4*d.page - 1
	}
	fits := func(i int) bool {
		if i+n > modelPages || d.addr(i)&mask != 0 {
			return false
		}
		for j := i; j < i+n; j++ {
			if m.pages[j] != nil {
				return false
			}
		}
		return true
	}
	want := -1
	if down {
		for i := 0; i < modelPages; i++ {
			if fits(i) {
				want = i
			}
		}
	} else {
		for i := 0; i < modelPages && want < 0; i++ {
			if j := (hint + i) % modelPages; fits(j) {
				want = j
			}
		}
	}
	d.logf("%d: search %d from %d down %v mask %#x", k, n, hint, down, mask)
	o := MapOptions{Prot: Read | Write, HighestFirst: down, AlignMask: mask}
	a, err := m.s.Map(d.addr(hint), uint64(n)*d.page, o)
	if want < 0 {
		if err != ErrNoSpace {
			d.fail("got %#x %v, want no space", a, err)
		}
		return
	}
	if err != nil || a != d.addr(want) {
		d.fail("got %#x %v, want %#x", a, err, d.addr(want))
	}
	d.fresh(m, want, n, o, 0)
}

// compare looks at every byte and region of a space.
func (d *driver) compare(m *mspace) {
	buf := make([]byte, d.page)
	for j, p := range m.pages {
		clear(buf)
		err := m.s.CopyIn(buf, d.addr(j))
		want := FaultError{d.addr(j), Load, Unmapped}
		switch {
		case p == nil:
		case p.prot&Read == 0:
			want.Kind = Denied
			if e := m.s.Peek(buf, d.addr(j)); e != nil || !bytes.Equal(buf, p.cell.b) {
				d.fail("page %d differs by Peek (%v)", j, e)
			}
		default:
			if err != nil {
				d.fail("page %d: %v", j, err)
			}
			if !bytes.Equal(buf, p.cell.b) {
				d.fail("page %d differs: %x..., want %x...", j, buf[:8], p.cell.b[:8])
			}
			continue
		}
		if fe, ok := err.(*FaultError); !ok || *fe != want {
			d.fail("page %d: got %v, want %v", j, err, &want)
		}
	}
	j := 0
	for r := range m.s.Regions() {
		for ; d.addr(j) < r.Addr; j++ {
			if m.pages[j] != nil {
				d.fail("page %d is in no region", j)
			}
		}
		for ; d.addr(j) < r.End(); j++ {
			p := m.pages[j]
			if p == nil || p.prot != r.Prot || p.max != r.MaxProt || p.inherit != r.Inherit || p.shared != r.Shared {
				d.fail("page %d is %+v in region %+v", j, p, r)
			}
		}
	}
	for ; j < modelPages; j++ {
		if m.pages[j] != nil {
			d.fail("page %d is in no region", j)
		}
	}
	if m.track {
		var got [modelPages]bool
		m.s.Dirty(func(a uint64) bool { got[(a-modelBase)/d.page] = true; return true })
		for j := range got {
			if got[j] != m.dirty[j] {
				d.fail("page %d dirty %v, want %v: %+v", j, got[j], m.dirty[j], m.pages[j])
			}
		}
	}
	d.check(m)
}

// check looks at what must hold inside a space.
func (d *driver) check(m *mspace) {
	s := m.s
	if err := checkSpace(s); err != "" {
		d.fail("%s", err)
	}
	s.pages(0, 1<<35, func(_ unsafe.Pointer, pn, v uint64) bool {
		if m.track && v&pteW != 0 && v&pteDirty == 0 {
			d.fail("page %#x is writable unseen", pn<<s.shift)
		}
		return true
	})
}

func checkSpace(s *Space) string {
	n, size := 0, uint64(0)
	at := s.m.min
	var free holes
	var prev *region
	for r := s.m.head; r != nil; r = r.next {
		if x, ok := s.m.tree.Get(r.start); !ok || x != r || r.prev != prev || r.start < at || r.end <= r.start || r.end > s.m.max {
			return fmt.Sprintf("region %#x-%#x is misplaced", r.start, r.end)
		}
		free.add(at, r.start)
		at, prev = r.end, r
		n++
		size += r.end - r.start
	}
	free.add(at, s.m.max)
	if s.m.tail != prev || s.m.tree.Len() != n || s.m.bytes != size {
		return "the counts of regions are wrong"
	}
	if free.used != s.m.holes.used {
		return fmt.Sprintf("hole classes %#x, want %#x", s.m.holes.used, free.used)
	}
	for c := range free.class {
		k, v := free.class[c].KeyValues()
		gk, gv := s.m.holes.class[c].KeyValues()
		if !slices.Equal(k, gk) || !slices.Equal(v, gv) {
			return fmt.Sprintf("holes of class %d: %x %x, want %x %x", c, gk, gv, k, v)
		}
	}
	var err string
	resident := uint64(0)
	s.pages(0, 1<<(vaBits-s.shift), func(_ unsafe.Pointer, pn, v uint64) bool {
		resident++
		r := s.m.find(pn << s.shift)
		switch {
		case r == nil:
			err = fmt.Sprintf("page %#x exists and is not mapped", pn<<s.shift)
		case v&ptePresent == 0 || v&pteRights&^uint64(r.prot) != 0:
			err = fmt.Sprintf("page %#x of %v has entry %#x", pn<<s.shift, r.prot, v)
		case (v&pteObject != 0) != (r.object != nil):
			err = fmt.Sprintf("page %#x has the wrong owner", pn<<s.shift)
		case v&pteObject == 0 && (v&pteCOW == 0) && s.phys.refs[(v&pteOffset)>>frameShift] != 1:
			err = fmt.Sprintf("page %#x is shared and not copy-on-write", pn<<s.shift)
		}
		return err == ""
	})
	if err == "" && resident != s.resident {
		err = fmt.Sprintf("%d pages exist, %d counted", resident, s.resident)
	}
	return err
}

func TestModel(t *testing.T) {
	eachPageSize(t, func(t *testing.T, page uint64) {
		rounds := 12
		if testing.Short() {
			rounds = 3
		}
		for seed := range rounds {
			r := rand.New(rand.NewPCG(uint64(seed), page))
			in := make([]byte, 4000)
			for i := range in {
				in[i] = byte(r.Uint32())
			}
			t.Run(fmt.Sprint(seed), func(t *testing.T) { runModel(t, in, page) })
		}
	})
}

func FuzzSpace(f *testing.F) {
	for seed := range 8 {
		r := rand.New(rand.NewPCG(uint64(seed), 0))
		in := make([]byte, 300)
		for i := range in {
			in[i] = byte(r.Uint32())
		}
		f.Add(in, seed&1 == 0)
	}
	f.Fuzz(func(t *testing.T, in []byte, big bool) {
		page := uint64(4096)
		if big {
			page = 16384
		}
		runModel(t, in[:min(len(in), 2000)], page)
	})
}
