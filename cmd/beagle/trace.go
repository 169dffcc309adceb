package main

import (
	"bufio"
	"io"
	"os"

	"github.com/spf13/cobra"
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
calls, decoded. The exit status is as of run.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			cmd := w.command(args)
			cmd.TraceJSON, cmd.TraceFilter, cmd.TraceTime = asJSON, filter, times
			var dst io.Writer = os.Stderr
			if out != "" {
				f, err := os.Create(out)
				if err != nil {
					return err
				}
				b := bufio.NewWriter(f)
				dst = b
				defer func() {
					b.Flush()
					f.Close()
				}()
			}
			cmd.Trace = dst
			return finish(cmd, cmd.Run())
		},
	}
	w.add(c.Flags())
	c.Flags().StringVarP(&out, "output", "o", "", "write to this file instead of standard error")
	c.Flags().StringArrayVarP(&filter, "filter", "e", nil, "only calls whose name matches this pattern; !pattern excludes")
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line")
	c.Flags().BoolVarP(&times, "time", "t", false, "show the time of each call, in seconds")
	return c
}
