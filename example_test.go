package beagle_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/beagle-emu/beagle"
)

func Example() {
	dir, err := os.MkdirTemp("", "beagle")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	// A Mach-O program for x86-64 that copies its input to its output.
	prog := filepath.Join(dir, "cat")
	if err := os.WriteFile(prog, machO("cat"), 0o755); err != nil {
		log.Fatal(err)
	}

	cmd := beagle.Command(prog)
	cmd.Stdin = strings.NewReader("through a macOS program\n")
	out, err := cmd.Output()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(out))
	// Output: through a macOS program
}

func ExampleCmd_Run() {
	dir, err := os.MkdirTemp("", "beagle")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	prog := filepath.Join(dir, "three")
	if err := os.WriteFile(prog, machO("both"), 0o755); err != nil {
		log.Fatal(err)
	}

	cmd := beagle.Command("/tool/three")
	cmd.Isolated = true // nothing of this machine but:
	cmd.Mounts = []string{dir + ":/tool:ro"}
	cmd.Stdout = os.Stdout
	err = cmd.Run()
	var exit *beagle.ExitError
	if errors.As(err, &exit) {
		fmt.Println("exit status", exit.ExitCode())
	}
	// Output:
	// out
	// exit status 3
}
