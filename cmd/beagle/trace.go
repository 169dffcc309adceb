package main

import (
	"fmt"
	"io"
	"os"
	"sort"

	"github.com/spf13/cobra"

	"github.com/beagle-emu/beagle"
)

func traceCommand() *cobra.Command {
	var w worldFlags
	var out string
	var filter []string
	var asJSON, times bool
	c := &cobra.Command{
		Use:   "trace [flags] PROGRAM [ARGUMENT...]",
		Short: "Run a macOS program and show every system call",
		Long: `Run a macOS program and show every system call that it and its children make:
BSD calls, Mach traps with the names of MIG messages, and machine-dependent
calls, decoded. A call that waits is shown when it begins to, and again with
its result. The exit status is as of run.

A filter is a name or a pattern as of a shell (*, ?, [a-z]); several add up. One
that begins with ! takes calls away.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, err := w.command(args)
			if err != nil {
				return err
			}
			cmd.TraceJSON, cmd.TraceFilter, cmd.TraceTime = asJSON, filter, times
			var dst io.Writer = os.Stderr
			if out != "" {
				// Not buffered: what a killed Beagle wrote is there.
				f, err := os.Create(out)
				if err != nil {
					return err
				}
				defer f.Close()
				dst = f
			}
			cmd.Trace = dst
			return w.run(cmd)
		},
	}
	w.add(c.Flags())
	c.Flags().StringVarP(&out, "output", "o", "", "write to this file instead of standard error")
	c.Flags().StringArrayVarP(&filter, "filter", "e", nil, "only calls whose name matches this pattern; !pattern excludes")
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	c.Flags().BoolVarP(&times, "time", "t", false, "show the time of each call, in seconds")
	return c
}

// missing lists what the program used that is not implemented.
func missing(p *beagle.ProcessState) []string {
	var out []string
	for name, n := range p.Missing {
		out = append(out, fmt.Sprintf("not implemented: %s (%d times)", name, n))
	}
	sort.Strings(out)
	return out
}
