// Timers fire in order, not early, can be stopped and reset; sleepers wake.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

func main() {
	runtime.GOMAXPROCS(2)
	start := time.Now()
	order := make(chan int, 10)
	for _, d := range []int{50, 10, 30, 20, 40} {
		d := d
		time.AfterFunc(time.Duration(d)*10*time.Millisecond, func() { order <- d })
	}
	for i := 0; i < 5; i++ {
		fmt.Print(<-order, " ")
	}
	fmt.Println(time.Since(start) >= 500*time.Millisecond)

	t := time.NewTimer(time.Hour)
	fmt.Println("stopped", t.Stop(), t.Stop())
	t.Reset(10 * time.Millisecond)
	<-t.C
	tick := time.NewTicker(5 * time.Millisecond)
	for i := 0; i < 10; i++ {
		<-tick.C
	}
	tick.Stop()
	fmt.Println("ticked")
	select {
	case <-order:
	case <-time.After(20 * time.Millisecond):
		fmt.Println("timed out")
	}
	var wg sync.WaitGroup
	early := 0
	var mu sync.Mutex
	for i := 0; i < 200; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			d := time.Duration(i%20) * time.Millisecond
			t := time.Now()
			time.Sleep(d)
			if time.Since(t) < d {
				mu.Lock()
				early++
				mu.Unlock()
			}
		}(i)
	}
	wg.Wait()
	fmt.Println("early", early)
	fmt.Println(time.Unix(1e9, 0).UTC().Format(time.RFC3339), time.Now().Year() > 2015)
}
