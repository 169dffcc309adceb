package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beagle-emu/beagle"
)

// worldFlags are the flags that every command with a guest program takes.
type worldFlags struct {
	o       beagle.Options
	env     []string
	verbose bool
	memory  uint64
}

func (w *worldFlags) add(f *pflag.FlagSet) {
	f.SetInterspersed(false)
	f.StringVar(&w.o.Arch, "arch", "", "architecture to run of a fat file: x86_64 or arm64")
	f.StringArrayVar(&w.env, "env", nil, "set an environment variable, K=V, or remove one, K")
	f.BoolVar(&w.o.Isolated, "isolated", false, "nothing of the host but what --mount grants")
	f.StringArrayVar(&w.o.Mounts, "mount", nil, "grant a host path: SOURCE:TARGET[:ro]")
	f.StringVar(&w.o.Root, "root", "", "macOS root directory to be the guest's /")
	f.IntVar(&w.o.Quantum, "quantum", 0, "time slice in translated blocks; -1: threads run until they call the kernel")
	f.Uint64Var(&w.memory, "memory", 0, "most memory the guest can commit, in MiB")
	f.BoolVarP(&w.verbose, "verbose", "v", false, "say more: registers of a crash, calls that are not implemented")
}

// command makes the Cmd for a guest command line.
func (w *worldFlags) command(args []string) *beagle.Cmd {
	c := &beagle.Cmd{Path: args[0], Args: args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Options: w.o}
	c.Env = editEnv(os.Environ(), w.env)
	c.Memory = w.memory << 20
	c.Diag = os.Stderr
	c.Verbose = w.verbose
	c.Signals = true
	return c
}

// finish turns the end of the guest into the command's: its own status, or 128
// plus the number of the signal.
func finish(c *beagle.Cmd, err error) error {
	var ee *beagle.ExitError
	if err != nil && !errors.As(err, &ee) {
		return err
	}
	if err == nil {
		return nil
	}
	if s := ee.Signal(); s != 0 {
		return exitStatus(128 + s)
	}
	return exitStatus(ee.ExitCode())
}

func runCommand() *cobra.Command {
	var w worldFlags
	var traceTo string
	c := &cobra.Command{
		Use:   "run [flags] PROGRAM [ARGUMENT...]",
		Short: "Run a macOS program",
		Long: `Run a macOS program. The exit status is the program's own; 128+n when signal n
(Darwin's number) ended it; 125 when Beagle could not run it.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cmd := w.command(args)
			if traceTo != "" {
				f, err := os.Create(traceTo)
				if err != nil {
					return err
				}
				defer f.Close()
				cmd.Trace = f
			}
			return finish(cmd, cmd.Run())
		},
	}
	w.add(c.Flags())
	c.Flags().StringVar(&traceTo, "strace-to", "", "write every system call to this file")
	return c
}

// editEnv applies K=V and K (remove) edits.
func editEnv(env, edits []string) []string {
	for _, e := range edits {
		key := e
		for i := range e {
			if e[i] == '=' {
				key = e[:i]
				break
			}
		}
		out := env[:0:0]
		for _, x := range env {
			if len(x) > len(key) && x[:len(key)] == key && x[len(key)] == '=' {
				continue
			}
			out = append(out, x)
		}
		if env = out; key != e {
			env = append(env, e)
		}
	}
	return env
}
