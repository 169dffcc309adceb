package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// job is something to be measured: a program under an emulator or alone.
type job struct {
	name string
	argv []string
	// least is the least processor time so far, in seconds; out what the program
	// printed.
	least float64
	out   string
}

func (b *bench) qemu(arch, path string, args ...string) *job {
	return newJob("qemu-user", append([]string{"qemu-" + arch + "-static", path}, args...))
}

func (b *bench) runs(flags []string, path string, args ...string) *job {
	argv := append([]string{b.beagle, "run"}, flags...)
	return newJob("beagle", append(append(argv, path), args...))
}

func newJob(name string, argv []string) *job { return &job{name: name, argv: argv, least: math.Inf(1)} }

// once runs the job and counts user and system time, of children too.
func (j *job) once() error {
	c := exec.Command(j.argv[0], j.argv[1:]...)
	var out, errOut bytes.Buffer
	c.Stdout, c.Stderr = &out, &errOut
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(j.argv, " "), err, errOut.String())
	}
	if j.out != "" && j.out != out.String() {
		return fmt.Errorf("%s printed %q, before that %q", strings.Join(j.argv, " "), out.String(), j.out)
	}
	j.out = out.String()
	u := c.ProcessState.SysUsage().(*syscall.Rusage)
	j.least = min(j.least, seconds(u.Utime)+seconds(u.Stime))
	return nil
}

func seconds(t syscall.Timeval) float64 { return float64(t.Nano()) / 1e9 }

// interleave measures jobs in turn.
func (b *bench) interleave(rounds int, jobs ...*job) error {
	for range rounds {
		for _, j := range jobs {
			if err := j.once(); err != nil {
				return err
			}
		}
	}
	return nil
}

// less is the time of full beyond that of base, and never nothing: clocks are
// coarse.
func less(full, base *job) float64 { return max(full.least-base.least, 1e-4) }

// cpuSeconds is the processor time of this process.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return math.NaN()
	}
	return seconds(u.Utime) + seconds(u.Stime)
}

// highWater is the most memory that a running process has had resident, in MiB.
func highWater(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmHWM: %g kB", &kib); err == nil {
			return kib / 1024, nil
		}
	}
	return 0, fmt.Errorf("no VmHWM of process %d", pid)
}
