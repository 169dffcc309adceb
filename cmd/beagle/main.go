// Command beagle runs macOS programs on Linux.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// exitStatus ends the command with a status and nothing more to say.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	root := &cobra.Command{
		Use:           "beagle",
		Short:         "Run macOS programs (Mach-O, x86-64 and arm64) on Linux",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(runCommand(), traceCommand(), syscallsCommand())
	err := root.Execute()
	var st exitStatus
	switch {
	case err == nil:
	case errors.As(err, &st):
		os.Exit(int(st))
	default:
		fmt.Fprintln(os.Stderr, "beagle:", err)
		os.Exit(125)
	}
}
