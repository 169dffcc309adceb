package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beagle-emu/beagle"
)

// worldFlags are the flags that every command with a guest program takes.
type worldFlags struct {
	o       beagle.Options
	env     []string
	dir     string
	verbose bool
	memory  uint64
	profile string
}

func (w *worldFlags) add(f *pflag.FlagSet) {
	f.SetInterspersed(false)
	f.StringVar(&w.o.Arch, "arch", "", "architecture to run of a fat file: x86_64 or arm64")
	f.StringArrayVar(&w.env, "env", nil, "set an environment variable, K=V, or remove one, K")
	f.StringVar(&w.dir, "dir", "", "the program's working directory, as it sees it")
	f.BoolVar(&w.o.Isolated, "isolated", false, "nothing of the host but what --mount grants")
	f.StringArrayVar(&w.o.Mounts, "mount", nil, "grant a host path: SOURCE:TARGET[:ro]")
	f.StringVar(&w.o.Root, "root", "", "macOS root directory to be the program's /")
	f.IntVar(&w.o.Quantum, "quantum", 0, "time slice in translated blocks; -1: threads run until they call the kernel")
	f.Uint64Var(&w.memory, "memory", 0, "most memory the program can commit, in MiB")
	f.BoolVarP(&w.verbose, "verbose", "v", false, "say more: registers of a crash, calls that are not implemented")
	f.StringVar(&w.profile, "cpuprofile", "", "write a profile of Beagle itself to this file")
	_ = f.MarkHidden("cpuprofile")
}

const maxMemoryMiB = 1 << 30

// command makes the Cmd for a guest command line.
func (w *worldFlags) command(args []string) (*beagle.Cmd, error) {
	for _, e := range w.env {
		if e == "" || e[0] == '=' {
			return nil, fmt.Errorf("--env %q: not K=V, nor K", e)
		}
	}
	if w.memory > maxMemoryMiB {
		return nil, fmt.Errorf("--memory %d: more than %d MiB", w.memory, maxMemoryMiB)
	}
	c := &beagle.Cmd{Path: args[0], Args: args, Dir: w.dir, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Options: w.o}
	c.Env = editEnv(os.Environ(), w.env)
	c.Memory = w.memory << 20
	c.Diag = os.Stderr
	c.Verbose = w.verbose
	c.Signals = true
	return c, nil
}

// run runs the Cmd and turns the end of the guest into the command's: its own
// status, or 128 plus the number of the signal.
func (w *worldFlags) run(c *beagle.Cmd) error {
	if w.profile != "" {
		f, err := os.Create(w.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	err := c.Run()
	if w.verbose && c.ProcessState != nil {
		for _, m := range missing(c.ProcessState) {
			fmt.Fprintln(os.Stderr, "beagle:", m)
		}
	}
	var ee *beagle.ExitError
	switch {
	case !errors.As(err, &ee):
		return err
	case ee.Signal() != 0:
		return exitStatus(128 + ee.Signal())
	}
	return exitStatus(ee.ExitCode())
}

func runCommand() *cobra.Command {
	var w worldFlags
	var traceTo string
	c := &cobra.Command{
		Use:   "run [flags] PROGRAM [ARGUMENT...]",
		Short: "Run a macOS program",
		Long: `Run a macOS program.

The exit status is the program's own, or 128+n when signal n (Darwin's number)
ended it. Beagle's own are 125 when Beagle failed or its command line is wrong,
126 when PROGRAM is not one that can be run, 127 when it is not there. A crash is
reported in one line on standard error, with the registers under --verbose.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, err := w.command(args)
			if err != nil {
				return err
			}
			if traceTo != "" {
				f, err := os.Create(traceTo)
				if err != nil {
					return err
				}
				defer f.Close()
				cmd.Trace = f
			}
			return w.run(cmd)
		},
	}
	w.add(c.Flags())
	c.Flags().StringVar(&traceTo, "strace-to", "", "write every system call to this file, as trace does")
	return c
}

// editEnv applies K=V and K (remove) edits.
func editEnv(env, edits []string) []string {
	for _, e := range edits {
		key, _, set := strings.Cut(e, "=")
		out := make([]string, 0, len(env)+1)
		for _, x := range env {
			if k, _, _ := strings.Cut(x, "="); k != key {
				out = append(out, x)
			}
		}
		if env = out; set {
			env = append(env, e)
		}
	}
	return env
}
