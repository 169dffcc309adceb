package tests

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beagle-emu/beagle/tests/lab"
)

// TestGreedy runs guests that take all they can get of one thing. Each has to be
// refused or killed, and Beagle must stay within what --memory and its own
// limits allow.
func TestGreedy(t *testing.T) {
	beagle := lab.Beagle(t)
	const memory = "64" // MiB; the files of the guest may be as much again
	const most = 450 << 20
	greedy := map[string]string{}
	for _, arch := range lab.Archs {
		greedy[arch] = lab.BuildGuest(t, arch, "guest/tool/greedy.c")
	}
	x, both := lab.Archs[:1], lab.Archs
	for _, c := range []struct {
		what  string
		archs []string
		code  int
		say   string // the last line's beginning
	}{
		{"touch", both, 128 + 10, ""}, // SIGBUS: no page to be had
		{"deep", both, 128 + 11, ""},
		{"alarms", both, 0, "ticked"},
		{"threads", x, 128 + 10, ""}, // their stacks
		{"pipes", x, 0, "refused: errno 23"},
		{"sockets", x, 0, "refused: errno 23"},
		{"timers", x, 0, "refused: errno 12"},
		{"users", x, 0, "refused: errno 12"},
		{"ports", x, 0, "refused: result 3"},
		{"sets", x, 0, "refused: result 3"},
		{"dead", x, 0, "refused: result 3"},
		{"replies", x, 0, "refused: result 1"},
		{"mktimers", x, 0, "refused: result 1"},
		{"mail", x, 0, "refused: result"},
		{"sems", x, 0, "refused: errno"},
		{"shms", x, 0, "refused: errno"},
		{"file", x, 0, "refused: errno 28"},
		{"inodes", x, 0, "refused: errno 28"},
		{"xattrs", x, 0, "refused: errno 28"},
		{"regions", x, 0, "refused: errno 12"},
		{"odd", x, 0, "survived"},
		{"cvs", x, 0, "survived"},
	} {
		for _, arch := range c.archs {
			t.Run(c.what+"/"+arch, func(t *testing.T) {
				t.Parallel()
				r := lab.Run(t, lab.Cmd{
					Args: []string{beagle, "run", "--isolated", "--memory", memory, "--mount", filepath.Dir(greedy[arch]) + ":/w:ro",
						"/w/" + filepath.Base(greedy[arch]), c.what},
					Dir: t.TempDir(), Env: os.Environ(), Timeout: 3 * time.Minute,
				})
				lines := strings.Split(strings.TrimSpace(r.Stdout), "\n")
				if r.TimedOut || r.Code != c.code || !strings.HasPrefix(lines[len(lines)-1], c.say) {
					t.Errorf("exit status %d, want %d, after %v: %s\n%s", r.Code, c.code, r.Took, lab.Tail(r.Stdout, 5), lab.Tail(r.Stderr, 5))
				}
				if n := strings.Count(strings.TrimSpace(r.Stderr), "\n"); n > 0 {
					t.Errorf("more than a line to say:\n%s", lab.Tail(r.Stderr, 10))
				}
				if r.MaxRSS > most {
					t.Errorf("beagle had %d MiB resident", r.MaxRSS>>20)
				}
			})
		}
	}
}

// TestEscape runs a guest that tries to leave its isolated world.
func TestEscape(t *testing.T) {
	beagle := lab.Beagle(t)
	for _, arch := range lab.Archs {
		t.Run(arch, func(t *testing.T) {
			prog, dir := lab.BuildGuest(t, arch, "guest/tool/greedy.c"), t.TempDir()
			secret, granted := filepath.Join(dir, "secret"), filepath.Join(dir, "granted")
			for _, err := range []error{
				os.WriteFile(secret, []byte("secret"), 0o644), os.Mkdir(granted, 0o755),
				os.WriteFile(filepath.Join(granted, "elf"), []byte("\x7fELF\x02\x01\x01"), 0o755),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			// A host program listens in the granted directory.
			l, err := net.Listen("unix", filepath.Join(granted, "socket"))
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			r := lab.Run(t, lab.Cmd{
				Args: []string{beagle, "run", "--isolated", "--mount", granted + ":/w", "--mount", filepath.Dir(prog) + ":/p:ro",
					"/p/" + filepath.Base(prog), "escape", secret},
				Dir: dir, Env: os.Environ(), Timeout: time.Minute,
			})
			if r.Code != 0 || r.Stdout != "nowhere\n" {
				t.Errorf("exit status %d: %s\n%s", r.Code, r.Stdout, lab.Tail(r.Stderr, 10))
			}
			if b, err := os.ReadFile(secret); string(b) != "secret" {
				t.Errorf("the file outside holds %q, %v", b, err)
			}
		})
	}
}
