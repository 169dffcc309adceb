// Goroutines on several threads: channels, mutexes, select, a pipeline.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

func sieve(n int) []int {
	ch := make(chan int)
	go func(ch chan int) {
		for i := 2; ; i++ {
			ch <- i
		}
	}(ch)
	var primes []int
	for i := 0; i < n; i++ {
		p := <-ch
		primes = append(primes, p)
		next := make(chan int)
		go func(in, out chan int, p int) {
			for {
				if i := <-in; i%p != 0 {
					out <- i
				}
			}
		}(ch, next, p)
		ch = next
	}
	return primes
}

func main() {
	runtime.GOMAXPROCS(4)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var n int64
	sum := 0
	for i := 0; i < 100; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for j := 0; j < 1000; j++ {
				atomic.AddInt64(&n, 1)
				mu.Lock()
				sum += i
				mu.Unlock()
				if j%100 == 0 {
					runtime.Gosched()
				}
			}
		}(i)
	}
	wg.Wait()
	fmt.Println("counted", n, "sum", sum)

	p := sieve(100)
	fmt.Println("prime", p[99])

	a, b, done := make(chan int), make(chan int, 10), make(chan bool)
	total := 0
	go func() {
		for closed := 0; closed < 2; {
			select {
			case v, ok := <-a:
				if !ok {
					a = nil
					closed++
				}
				total += v
			case v, ok := <-b:
				if !ok {
					b = nil
					closed++
				}
				total += v
			}
		}
		done <- true
	}()
	ca, cb := a, b
	go func() {
		for i := 0; i < 5000; i++ {
			ca <- i
		}
		close(ca)
	}()
	for i := 0; i < 5000; i++ {
		cb <- i
	}
	close(cb)
	<-done
	fmt.Println("selected", total)

	// Threads kept busy beside each other must all get on.
	var spun [4]int64
	stop := int32(0)
	var wg2 sync.WaitGroup
	for i := range spun {
		wg2.Add(1)
		go func(i int) {
			defer wg2.Done()
			for atomic.LoadInt32(&stop) == 0 {
				// These releases do not preempt a loop without calls.
				if atomic.AddInt64(&spun[i], 1)%64 == 0 {
					runtime.Gosched()
				}
			}
		}(i)
	}
	for i := range spun {
		for atomic.LoadInt64(&spun[i]) < 1000 {
			runtime.Gosched()
		}
	}
	atomic.StoreInt32(&stop, 1)
	wg2.Wait()
	fmt.Println("all spun")
}
