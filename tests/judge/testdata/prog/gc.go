// Much garbage while other goroutines run; finalizers; big and small objects.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

type tree struct{ l, r *tree }

func grow(d int) *tree {
	if d == 0 {
		return &tree{}
	}
	return &tree{grow(d - 1), grow(d - 1)}
}

func (t *tree) count() int {
	if t.l == nil {
		return 1
	}
	return 1 + t.l.count() + t.r.count()
}

func main() {
	runtime.GOMAXPROCS(3)
	long := grow(14)
	var wg sync.WaitGroup
	var nodes int64
	for w := 0; w < 3; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 60; i++ {
				atomic.AddInt64(&nodes, int64(grow(10).count()))
			}
		}()
	}
	m := map[string][]byte{}
	for i := 0; i < 20000; i++ {
		m[fmt.Sprint(i%500)] = make([]byte, i%3000)
	}
	wg.Wait()
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	fmt.Println("nodes", nodes, "kept", long.count(), "map", len(m), "collected", ms.NumGC > 2)

	var ran int32
	for i := 0; i < 100; i++ {
		p := new([64]int)
		runtime.SetFinalizer(p, func(*[64]int) { atomic.AddInt32(&ran, 1) })
	}
	for i := 0; i < 200 && atomic.LoadInt32(&ran) < 90; i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	fmt.Println("finalized", atomic.LoadInt32(&ran) >= 90)
	big := make([]byte, 64<<20)
	for i := 0; i < len(big); i += 4096 {
		big[i] = 1
	}
	n := 0
	for _, b := range big {
		n += int(b)
	}
	fmt.Println("big", n)
}
