package tests

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beagle-emu/beagle/tests/lab"
)

func tool(t *testing.T, arch, name string) string {
	t.Helper()
	return lab.BuildGuest(t, arch, filepath.Join("guest", "tool", name+".c"))
}

// TestStatus: the command's exit status is the program's, 128+n for a signal,
// and only a crash is spoken of.
func TestStatus(t *testing.T) {
	beagle := lab.Beagle(t)
	for _, arch := range lab.Archs {
		prog := tool(t, arch, "status")
		for _, c := range []struct {
			args []string
			code int
			says bool
		}{
			{[]string{"0"}, 0, false}, {[]string{"1"}, 1, false}, {[]string{"255"}, 255, false}, {[]string{"256"}, 0, false},
			{[]string{"signal", "15"}, 128 + 15, false}, {[]string{"signal", "9"}, 128 + 9, false},
			{[]string{"crash"}, 128 + 11, true},
		} {
			r := lab.Run(t, lab.Cmd{Args: append([]string{beagle, "run", prog}, c.args...), Timeout: 30 * time.Second})
			if r.Code != c.code {
				t.Errorf("%s %v: exit %d, want %d\n%s", arch, c.args, r.Code, c.code, r.Stderr)
			}
			if lines := strings.Count(r.Stderr, "\n"); c.says && lines != 1 || !c.says && lines > 1 {
				t.Errorf("%s %v: %d lines on stderr:\n%s", arch, c.args, lines, r.Stderr)
			}
		}
	}
}

// TestBadInput: what cannot be run ends in one clear line and a status of its
// own, whatever it is.
func TestBadInput(t *testing.T) {
	beagle, dir := lab.Beagle(t), t.TempDir()
	write := func(name string, mode os.FileMode, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, err := os.ReadFile(tool(t, "x86_64", "status"))
	if err != nil {
		t.Fatal(err)
	}
	patched := func(at int, v uint32) []byte {
		b := append([]byte(nil), good...)
		binary.LittleEndian.PutUint32(b[at:], v)
		return b
	}
	i386 := make([]byte, 4096)
	copy(i386, []byte{0xce, 0xfa, 0xed, 0xfe, 7, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0})
	fatCycle := append([]byte{0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 1, 1, 0, 0, 7, 0, 0, 0, 3}, make([]byte, 4096)...)
	binary.BigEndian.PutUint32(fatCycle[20:], 4096)
	fatHuge := append([]byte{0xca, 0xfe, 0xba, 0xbe, 0xff, 0xff, 0xff, 0xff}, make([]byte, 4096)...)
	for name, path := range map[string]string{
		"missing":             filepath.Join(dir, "missing"),
		"directory":           dir,
		"empty":               write("empty", 0o755, nil),
		"text":                write("text", 0o755, []byte("not a program\n")),
		"i386 only":           write("i386", 0o755, i386),
		"cut in the header":   write("cut8", 0o755, good[:8]),
		"cut in the commands": write("cut64", 0o755, good[:64]),
		"cut in the text":     write("cuttext", 0o755, good[:3000]),
		"huge ncmds":          write("ncmds", 0o755, patched(16, 0xffffffff)),
		"huge sizeofcmds":     write("sizeof", 0o755, patched(20, 0xfffffff0)),
		"zero cmdsize":        write("cmdsize", 0o755, patched(36, 0)),
		"huge cmdsize":        write("cmdsize2", 0o755, patched(36, 0x7ffffff8)),
		"huge segment":        write("vmsize", 0o755, patched(32+24+8+4, 0xffffffff)),
		"bad file type":       write("filetype", 0o755, patched(12, 99)),
		"bad cpu":             write("cpu", 0o755, patched(4, 0x01000012)),
		"fat in fat":          write("fatcycle", 0o755, fatCycle),
		"huge fat":            write("fathuge", 0o755, fatHuge),
		"no permission":       write("noperm", 0o644, good),
		"through a file":      filepath.Join(dir, "text", "x"),
		"symlink to itself":   loop(t, dir),
		"device":              "/dev/null",
		"name of 10000 bytes": "/" + strings.Repeat("a", 10000),
		"nothing":             "",
	} {
		t.Run(name, func(t *testing.T) {
			r := lab.Run(t, lab.Cmd{Args: []string{beagle, "run", path, "0"}, Dir: dir, Timeout: 20 * time.Second})
			lines := strings.Split(strings.TrimRight(r.Stderr, "\n"), "\n")
			if r.TimedOut || r.Code == 0 || len(lines) != 1 || lines[0] == "" || r.Stdout != "" {
				t.Errorf("exit %d, timed out %v, stdout %q, stderr:\n%s", r.Code, r.TimedOut, r.Stdout, lab.Tail(r.Stderr, 20))
			}
		})
	}
	t.Run("argument of 2 MiB", func(t *testing.T) {
		// Linux itself refuses one argument above 128 KiB; many make it up.
		args := []string{beagle, "run", tool(t, "x86_64", "status"), "0"}
		for range 14 {
			args = append(args, strings.Repeat("x", 100_000))
		}
		r := lab.Run(t, lab.Cmd{Args: args, Timeout: 20 * time.Second})
		if r.Code == 0 || r.TimedOut || strings.Count(r.Stderr, "\n") != 1 {
			t.Errorf("exit %d\n%s", r.Code, r.Stderr)
		}
	})
	t.Run("host program", func(t *testing.T) {
		r := lab.Run(t, lab.Cmd{Args: []string{beagle, "run", "/bin/echo", "x"}, Timeout: 20 * time.Second})
		if r.TimedOut || strings.Count(r.Stderr, "\n") > 1 || (r.Code == 0) != (r.Stdout == "x\n") {
			t.Errorf("exit %d, stdout %q\n%s", r.Code, r.Stdout, r.Stderr)
		}
	})
}

func loop(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "loop")
	if err := os.Symlink("loop", path); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestIsolated: under --isolated a program sees what --mount grants and no way
// leads out of it.
func TestIsolated(t *testing.T) {
	beagle := lab.Beagle(t)
	host := t.TempDir()
	secret := filepath.Join(host, "secret")
	rw, ro := filepath.Join(host, "rw"), filepath.Join(host, "ro")
	for _, d := range []string{rw, ro, filepath.Join(rw, "sub")} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, s := range map[string]string{
		secret: "SECRET\n", filepath.Join(rw, "in"): "inside\n", filepath.Join(ro, "in"): "readonly\n",
	} {
		if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"abs": secret, "up": "../secret", "far": "../../../../../../../../" + secret, "dir": "..", "proc": "/proc/self/root" + secret,
		"ok": "in", "okup": "sub/../in",
	} {
		if err := os.Symlink(target, filepath.Join(rw, link)); err != nil {
			t.Fatal(err)
		}
	}
	inside := map[string]string{ // path -> what must be read there
		"/w/in": "inside", "/w/ok": "inside", "/w/okup": "inside", "/w/sub/../in": "inside", "/w/../w/in": "inside", "/r/in": "readonly",
	}
	outside := []string{
		secret, "/etc/shadow", "/etc/debian_version", "/etc/hostname", "/w/abs", "/w/up", "/w/far", "/w/dir/secret", "/w/proc", "/w/../secret", "/w/sub/../../secret",
		"/proc/self/root" + secret, "/dev/fd/../../../../../../../.." + secret, "/w/sub/../../../../../../../" + secret, "/.." + secret,
		"/.vol/1/2" + secret, "/dev/mem", "/sys/kernel/hostname", "/proc/self/environ",
	}
	for _, arch := range lab.Archs {
		prog := tool(t, arch, "paths")
		args := []string{beagle, "run", "--isolated", "--mount", rw + ":/w", "--mount", ro + ":/r:ro",
			"--mount", filepath.Dir(prog) + ":/bin:ro", "/bin/" + filepath.Base(prog)}
		for p := range inside {
			args = append(args, p)
		}
		r := lab.Run(t, lab.Cmd{Args: append(args, outside...), Timeout: 30 * time.Second})
		if r.Code != 0 {
			t.Fatalf("%s: exit %d\n%s%s", arch, r.Code, r.Stdout, r.Stderr)
		}
		got := map[string]string{}
		for line := range strings.Lines(r.Stdout) {
			path, rest, _ := strings.Cut(line, ": read ")
			got[path] = rest
		}
		for p, want := range inside {
			if !strings.Contains(got[p], "["+want+"]") {
				t.Errorf("%s: %s: %q, want %q", arch, p, got[p], want)
			}
		}
		if !strings.Contains(got["/r/in"], "write -30") { // EROFS
			t.Errorf("%s: read-only mount: %q", arch, got["/r/in"])
		}
		for _, p := range outside {
			if n, _ := strconv.Atoi(strings.Fields(got[p] + " x")[0]); n > 0 || got[p] == "" {
				t.Errorf("%s: %s was read: %q", arch, p, got[p])
			}
		}
		if b, err := os.ReadFile(secret); err != nil || string(b) != "SECRET\n" {
			t.Errorf("%s: the host's file is %q, %v", arch, b, err)
		}
		if b, err := os.ReadFile(filepath.Join(ro, "in")); err != nil || string(b) != "readonly\n" {
			t.Errorf("%s: the read-only file is %q, %v", arch, b, err)
		}
	}
}
