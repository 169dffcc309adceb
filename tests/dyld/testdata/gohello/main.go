// What Go's runtime asks of the dynamic linker and libSystem: threads, locks, timers,
// signals, files, faults.
package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	for range 200 {
		wg.Go(func() {
			for k := range 1000 {
				mu.Lock()
				sum += k % 7
				mu.Unlock()
				if k%100 == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	wg.Wait()
	fmt.Println("sum", sum, runtime.GOOS)

	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	check(syscall.Kill(os.Getpid(), syscall.SIGUSR1))
	fmt.Println(<-c)

	start := time.Now()
	time.Sleep(20 * time.Millisecond)
	fmt.Println("slept", time.Since(start) >= 20*time.Millisecond)

	dir, err := os.MkdirTemp("", "gohello")
	check(err)
	name := filepath.Join(dir, "a")
	check(os.WriteFile(name, []byte(strings.Repeat("z", 100000)), 0o644))
	list, err := os.ReadDir(dir)
	check(err)
	data, err := os.ReadFile(name)
	check(err)
	fmt.Println(len(list), len(data))
	check(os.RemoveAll(dir))

	r, w, err := os.Pipe()
	check(err)
	go func() {
		_, err := w.WriteString("through a pipe")
		check(err)
		check(w.Close())
	}()
	data, err = io.ReadAll(r)
	check(err)
	fmt.Println(string(data))

	exe, err := os.Executable()
	check(err)
	fmt.Println(filepath.IsAbs(exe), len(os.Args), os.Getenv("FROM_TEST"))
	for range 3 {
		runtime.GC()
	}
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		var p *int
		*p = 1
	}()
	os.Exit(3)
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
