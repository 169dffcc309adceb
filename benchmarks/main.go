// Command benchmarks measures the figures that README quotes and prints them as
// a table. Every figure is a ratio of two things measured in turn within one
// run, so that what else the machine does hits both; each is the least processor
// time of several rounds, what starting costs taken off where it is not the
// thing measured.
//
//	go run ./benchmarks            all of it, as make bench does
//	go run ./benchmarks -md        as Markdown
//	go run ./benchmarks -only cpu  one part: cpu, trap, io, hello or fork
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// figure is a row of the table.
type figure struct {
	what   string
	value  float64
	target float64
	unit   string // "x" or "MiB"
}

func (f figure) ok() string {
	if f.value <= f.target {
		return "pass"
	}
	return "FAIL"
}

func (f figure) number(v float64) string {
	if f.unit == "x" {
		return fmt.Sprintf("%.2fx", v)
	}
	return fmt.Sprintf("%.0f %s", v, f.unit)
}

// bench is one run of the benchmarks.
type bench struct {
	beagle  string
	dir     string // programs and scratch files
	rounds  int
	verbose bool
	figures []figure
}

func (b *bench) add(what string, value, target float64) {
	b.figures = append(b.figures, figure{what, value, target, "x"})
	b.note("%s: %.3f (target %.2f)", what, value, target)
}

// note says how far the run is, on standard error.
func (b *bench) note(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

func (b *bench) detail(format string, args ...any) {
	if b.verbose {
		b.note("  "+format, args...)
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	b := &bench{}
	md := flag.Bool("md", false, "print Markdown")
	only := flag.String("only", "", "parts to measure, with commas between: cpu, trap, io, hello, fork")
	flag.StringVar(&b.beagle, "beagle", filepath.Join("bin", "beagle"), "the `program` to measure")
	flag.IntVar(&b.rounds, "rounds", 5, "how often everything is measured; the least counts")
	flag.BoolVar(&b.verbose, "v", false, "print each measurement on standard error")
	flag.Parse()
	if flag.NArg() != 0 || b.rounds < 1 {
		return fmt.Errorf("nothing is expected after the flags, and at least one round")
	}
	if _, err := os.Stat(b.beagle); err != nil {
		return fmt.Errorf("%w: run make build first", err)
	}
	var err error
	if b.beagle, err = filepath.Abs(b.beagle); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "beagle-bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := b.build(); err != nil {
		return err
	}
	known := ""
	for _, part := range []struct {
		name string
		f    func() error
	}{{"cpu", b.kernels}, {"trap", b.trap}, {"io", b.io}, {"hello", b.hello}, {"fork", b.forks}} {
		known += " " + part.name
		if *only == "" || strings.Contains(","+*only+",", ","+part.name+",") {
			if err := part.f(); err != nil {
				return fmt.Errorf("%s: %w", part.name, err)
			}
		}
	}
	if len(b.figures) == 0 {
		return fmt.Errorf("no part %q: there are%s", *only, known)
	}
	b.print(*md)
	return nil
}

func (b *bench) print(md bool) {
	if md {
		fmt.Print("| what | measured | to reach | |\n|---|---|---|---|\n")
		for _, f := range b.figures {
			fmt.Printf("| %s | %s | %s | %s |\n", f.what, f.number(f.value), f.number(f.target), f.ok())
		}
		return
	}
	fmt.Printf("%s/%s, %d CPUs, %d rounds\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), b.rounds)
	fmt.Printf("%-68s %10s %10s\n", "what", "measured", "to reach")
	for _, f := range b.figures {
		fmt.Printf("%-68s %10s %10s  %s\n", f.what, f.number(f.value), f.number(f.target), f.ok())
	}
}
