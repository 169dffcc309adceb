// Runs itself as other programs: arguments, environment, pipes, statuses.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

func child() {
	switch os.Args[1] {
	case "echo":
		fmt.Println(strings.Join(os.Args[2:], "|"), os.Getenv("FLAVOUR"))
	case "upper":
		s := bufio.NewScanner(os.Stdin)
		for s.Scan() {
			fmt.Println(strings.ToUpper(s.Text()))
		}
	case "number":
		s := bufio.NewScanner(os.Stdin)
		for i := 1; s.Scan(); i++ {
			fmt.Println(i, s.Text())
		}
	case "exit":
		fmt.Fprintln(os.Stderr, "complaint")
		os.Exit(3)
	case "sleep":
		time.Sleep(time.Hour)
	case "fd":
		f := os.NewFile(3, "extra")
		io.Copy(os.Stdout, f)
	}
	os.Exit(0)
}

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) > 1 {
		child()
	}
	me := os.Args[0]
	c := exec.Command(me, "echo", "a b", "", "c")
	c.Env = []string{"FLAVOUR=plain"}
	out, err := c.Output()
	check(err)
	fmt.Print(string(out))

	// number | upper, joined by a pipe, fed and read here.
	first, second := exec.Command(me, "number"), exec.Command(me, "upper")
	in, err := first.StdinPipe()
	check(err)
	second.Stdin, err = first.StdoutPipe()
	check(err)
	var buf bytes.Buffer
	second.Stdout = &buf
	check(first.Start())
	check(second.Start())
	for i := 0; i < 2000; i++ {
		fmt.Fprintln(in, "line", i)
	}
	in.Close()
	check(second.Wait())
	check(first.Wait())
	lines := strings.Split(strings.TrimSpace(buf.String()), "\n")
	fmt.Println(len(lines), lines[0], "...", lines[len(lines)-1])

	c = exec.Command(me, "exit")
	var errs bytes.Buffer
	c.Stderr = &errs
	err = c.Run()
	fmt.Printf("%v %q\n", err, errs.String())

	c = exec.Command(me, "sleep")
	check(c.Start())
	check(c.Process.Signal(syscall.SIGTERM))
	fmt.Println(c.Wait())
	c = exec.Command(me, "sleep")
	check(c.Start())
	check(c.Process.Kill())
	fmt.Println(c.Wait())

	r, w, err := os.Pipe()
	check(err)
	c = exec.Command(me, "fd")
	c.ExtraFiles = []*os.File{r}
	var got bytes.Buffer
	c.Stdout = &got
	check(c.Start())
	r.Close()
	fmt.Fprint(w, "through descriptor 3")
	w.Close()
	check(c.Wait())
	fmt.Println(got.String())

	_, err = exec.Command("/no/such/program").Output()
	fmt.Println(err)
	done := make(chan string)
	for i := 0; i < 8; i++ {
		go func(i int) {
			out, err := exec.Command(me, "echo", fmt.Sprint(i)).Output()
			check(err)
			done <- strings.TrimSpace(string(out))
		}(i)
	}
	n := 0
	for i := 0; i < 8; i++ {
		n += len(<-done)
	}
	fmt.Println("parallel", n)
}
