package mem

import "testing"

func BenchmarkFaultZero(b *testing.B) {
	_, s := newTest(b, 0, 4096)
	const size = 64 << 20
	a := mustMap(b, s, 0, size, rw)
	for i := 0; b.Loop(); i++ {
		at := uint64(i) << 16 % size
		if at == 0 {
			_ = s.Discard(a, size)
		}
		if fe := s.Fault(a+at, Store); fe != nil {
			b.Fatal(fe)
		}
	}
}

func BenchmarkFork64MiB(b *testing.B) {
	_, s := newTest(b, 0, 4096)
	const size = 64 << 20
	a := mustMap(b, s, 0, size, rw)
	for i := uint64(0); i < size; i += 4096 {
		_ = s.Store8(a+i, 1)
	}
	for b.Loop() {
		c, err := s.Fork()
		if err != nil {
			b.Fatal(err)
		}
		c.Release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(size/4096), "ns/page")
}

func BenchmarkBreakCOW(b *testing.B) {
	_, s := newTest(b, 0, 4096)
	const pages = 4096
	a := mustMap(b, s, 0, pages*4096, rw)
	for i := uint64(0); i < pages; i++ {
		_ = s.Store8(a+i*4096, 1)
	}
	c, err := s.Fork()
	if err != nil {
		b.Fatal(err)
	}
	for i := uint64(0); b.Loop(); i++ {
		if i%pages == 0 {
			b.StopTimer()
			c.Release()
			if c, err = s.Fork(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		if fe := s.Fault(a+i%pages*4096, Store); fe != nil {
			b.Fatal(fe)
		}
	}
	c.Release()
}

func BenchmarkCopy(b *testing.B) {
	_, s := newTest(b, 0, 4096)
	a := mustMap(b, s, 0, 1<<20, rw)
	for _, c := range []struct {
		name string
		n    int
	}{{"16", 16}, {"4096", 4096}, {"64K", 65536}} {
		buf := make([]byte, c.n)
		b.Run("In"+c.name, func(b *testing.B) {
			b.SetBytes(int64(c.n))
			for b.Loop() {
				_ = s.CopyIn(buf, a+64)
			}
		})
		b.Run("Out"+c.name, func(b *testing.B) {
			b.SetBytes(int64(c.n))
			for b.Loop() {
				_ = s.CopyOut(a+64, buf)
			}
		})
	}
	b.Run("Load64", func(b *testing.B) {
		for b.Loop() {
			_, _ = s.Load64(a + 64)
		}
	})
}

func BenchmarkMapUnmap(b *testing.B) {
	_, s := newTest(b, 0, 4096)
	for i := range uint32(10000) {
		mustMap(b, s, 0, 8192, MapOptions{Prot: Read, Tag: i})
	}
	for b.Loop() {
		a, _ := s.Map(0, 65536, rw)
		_ = s.Unmap(a, 65536)
	}
}
