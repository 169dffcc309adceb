// Faults become panics that can be recovered, on any goroutine.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

type s struct {
	pad [100]int
	v   int
}

func try(name string, f func()) {
	defer func() {
		e := recover()
		_, isRuntime := e.(runtime.Error)
		fmt.Println(name, "->", e, isRuntime)
	}()
	f()
}

func main() {
	runtime.GOMAXPROCS(4)
	var p *s
	var m map[string]int
	zero := 0
	a := make([]int, 3)
	try("load", func() { fmt.Println(p.v) })
	try("store", func() { p.v = 1 })
	try("divide", func() { fmt.Println(1 / zero) })
	try("index", func() { a[zero+3] = 1 })
	try("map", func() { m["x"] = 1 })
	try("call", func() {
		var f func()
		f()
	})
	var wg sync.WaitGroup
	var mu sync.Mutex
	n := 0
	for i := 0; i < 50; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < 20; j++ {
				func() {
					defer func() {
						if recover() != nil {
							mu.Lock()
							n++
							mu.Unlock()
						}
					}()
					p.v++
				}()
			}
		}()
	}
	wg.Wait()
	fmt.Println("recovered", n)
}
