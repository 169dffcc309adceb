// Signals reach channels; what is not asked for keeps its default.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		if os.Args[1] == "ignore" {
			c := make(chan os.Signal, 1)
			signal.Notify(c, syscall.SIGTERM)
			fmt.Println("ready")
			fmt.Println("child got", <-c)
			os.Exit(5)
		}
		fmt.Println("ready")
		time.Sleep(time.Hour)
	}
	runtime.GOMAXPROCS(2)
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGWINCH)
	pid := os.Getpid()
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGHUP, syscall.SIGWINCH} {
		if err := syscall.Kill(pid, s); err != nil {
			fmt.Println(err)
		}
		fmt.Println(<-c)
	}
	// Signals into busy threads.
	stop := make(chan bool)
	for i := 0; i < 2; i++ {
		go func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
			}
		}()
	}
	n := 0
	for i := 0; i < 50; i++ {
		syscall.Kill(pid, syscall.SIGUSR1)
		if <-c == syscall.SIGUSR1 {
			n++
		}
	}
	close(stop)
	fmt.Println("busy", n)
	signal.Stop(c)

	for _, mode := range []string{"default", "ignore"} {
		cmd := exec.Command(os.Args[0], mode)
		out, err := cmd.StdoutPipe()
		if err != nil {
			fmt.Println(err)
		}
		cmd.Start()
		b := make([]byte, 100)
		k, _ := out.Read(b)
		fmt.Print(string(b[:k]))
		cmd.Process.Signal(syscall.SIGTERM)
		if k, _ = out.Read(b); k > 0 {
			fmt.Print(string(b[:k]))
		}
		fmt.Println(mode, cmd.Wait())
	}
}
