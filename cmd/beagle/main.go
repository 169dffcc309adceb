// Command beagle runs macOS programs on Linux.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beagle-emu/beagle"
)

// The statuses of the command itself, with the meanings that env, timeout and
// nohup give them; a guest may end with the same.
const (
	statusFailed    = 125 // Beagle failed, or its command line is wrong
	statusNotRun    = 126 // the program is there but cannot be run
	statusNotFound  = 127 // the program is not there
	statusOtherwise = 1   // commands that run no program
)

// exitStatus ends the command with a status and nothing more to say.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

// execute runs a command line and returns its exit status. What guests write
// goes to this process's own descriptors all the same.
func execute(args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "beagle",
		Short:         "Run macOS programs (Mach-O, x86-64 and arm64) on Linux",
		SilenceUsage:  true,
		SilenceErrors: true,
		// A misspelt command is an error, not a call for help.
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(runCommand(), traceCommand(), infoCommand(), syscallsCommand(), versionCommand())
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteC()
	var st exitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &st):
		return int(st)
	}
	fmt.Fprintln(stderr, "beagle:", oneLine(err))
	return status(cmd, err)
}

// status is the exit status for an error.
func status(cmd *cobra.Command, err error) int {
	if n := cmd.Name(); n != "run" && n != "trace" {
		return statusOtherwise
	}
	var se *beagle.StartError
	switch {
	case !errors.As(err, &se):
		return statusFailed
	case !se.Found:
		return statusNotFound
	}
	return statusNotRun
}

// oneLine is an error's text without what would break the line or the terminal,
// and without the name that begins the line anyway.
func oneLine(err error) string {
	s := strings.TrimPrefix(err.Error(), "beagle: ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
