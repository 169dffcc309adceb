package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/loader/machotest"
)

// exit7 is exit(7) for both architectures.
var exit7 = map[cpu.Arch]machotest.File{
	// mov edi, 7; mov eax, 0x2000001; syscall
	cpu.X86_64: machotest.Static(cpu.X86_64, []byte("\xbf\x07\x00\x00\x00\xb8\x01\x00\x00\x02\x0f\x05"), nil, 0),
	// mov x0, #7; mov x16, #1; svc #0x80
	cpu.ARM64: machotest.Static(cpu.ARM64, []byte("\xe0\x00\x80\xd2\x30\x00\x80\xd2\x01\x10\x00\xd4"), nil, 0),
}

type result struct {
	status   int
	out, err string
}

func command(args ...string) result {
	var out, err bytes.Buffer
	st := execute(args, &out, &err)
	return result{st, out.String(), err.String()}
}

func file(t *testing.T, name string, mode os.FileMode, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func fat() []byte {
	return machotest.Fat(false, machotest.Slice(exit7[cpu.X86_64]), machotest.Slice(exit7[cpu.ARM64]))
}

func i386() []byte {
	b := make([]byte, 4096)
	copy(b, "\xce\xfa\xed\xfe\x07\x00\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00")
	return b
}

// A mistake is one line on standard error and a status of its own.
func TestErrors(t *testing.T) {
	good := file(t, "good", 0o755, exit7[cpu.X86_64])
	plain := file(t, "plain", 0o644, exit7[cpu.X86_64])
	old := file(t, "old", 0o755, i386())
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	weird := filepath.Join(dir, "a\nb\x1b[31m")
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{1, "unknown command", []string{"rum"}},
		{1, "unknown flag", []string{"--frobnicate"}},
		{125, "requires at least 1 arg", []string{"run"}},
		{125, "requires at least 1 arg", []string{"trace"}},
		{125, "unknown flag", []string{"run", "--frobnicate", good}},
		{125, "unknown architecture", []string{"run", "--arch", "ppc", good}},
		{125, "not K=V", []string{"run", "--env", "", good}},
		{125, "not K=V", []string{"run", "--env", "=1", good}},
		{125, "not SOURCE:TARGET", []string{"run", "--mount", "x", good}},
		{125, "not an absolute path", []string{"run", "--mount", "/tmp:tmp", good}},
		{125, "missing", []string{"run", "--mount", missing + ":/x", good}},
		{125, "MiB", []string{"run", "--memory", "99999999999999", good}},
		{125, "invalid argument", []string{"run", "--memory", "-1", good}},
		{125, "invalid argument", []string{"run", "--quantum", "x", good}},
		{125, "no such file", []string{"run", "--strace-to", missing + "/x", good}},
		{125, "no such file", []string{"trace", "-o", missing + "/x", good}},
		{125, "filter", []string{"trace", "-e", "[", good}},
		{125, "directory", []string{"run", "--dir", missing, good}},
		{126, "executable", []string{"run", plain}},
		{126, "is a directory", []string{"run", dir}},
		{126, "not a Mach-O file", []string{"run", "/bin/sh"}},
		{126, "i386", []string{"run", old}},
		{126, "wanted is arm64", []string{"run", "--arch", "arm64", good}},
		{127, "no such file", []string{"run", missing}},
		{127, "no such file", []string{"run", ""}},
		{127, "a mount grants", []string{"run", "--isolated", good}},
		{127, "no such file", []string{"trace", missing}},
		{127, "a b [31m", []string{"run", weird}},
		{1, "accepts 1 arg", []string{"info"}},
		{1, "no such file", []string{"info", missing}},
		{1, "is a directory", []string{"info", dir}},
		{1, "is not a regular file", []string{"info", "/dev/null"}},
		{1, "ELF", []string{"info", "/bin/sh"}},
		{1, "empty", []string{"info", file(t, "empty", 0o755, nil)}},
		{1, "i386", []string{"info", old}},
		{1, "no such file", []string{"info", weird}},
		{1, "unknown command", []string{"version", "x"}},
		{1, "unknown command", []string{"syscalls", "x"}},
	} {
		r := command(c.args...)
		if r.status != c.status || r.out != "" || !strings.HasPrefix(r.err, "beagle: ") || strings.Count(r.err, "\n") != 1 ||
			!strings.Contains(r.err, c.says) || strings.ContainsRune(r.err, 0x1b) {
			t.Errorf("%q: status %d (want %d), want %q\n%s%s", c.args, r.status, c.status, c.says, r.out, r.err)
		}
	}
	if os.Getuid() != 0 {
		if r := command("info", file(t, "secret", 0, exit7[cpu.X86_64])); r.status != 1 || !strings.Contains(r.err, "permission denied") {
			t.Errorf("unreadable: %+v", r)
		}
	}
}

// The program's status, from the architecture asked for, and what is traced.
func TestRun(t *testing.T) {
	both := file(t, "both", 0o755, fat())
	for _, args := range [][]string{
		{"run", both}, {"run", "--arch", "x86_64", both}, {"run", "--arch=arm64", both, "--not-a-flag"},
		{"run", "--quantum", "-1", "-v", both}, {"run", "--isolated", "--mount", filepath.Dir(both) + ":/m:ro", "/m/both"},
		{"run", "--dir", filepath.Dir(both), "./both"}, {"run", "--memory", "64", both},
	} {
		if r := command(args...); r != (result{status: 7}) {
			t.Errorf("%q: %+v", args, r)
		}
	}
	to := filepath.Join(t.TempDir(), "trace")
	want := "500/4097 bsd exit(status=7)\n"
	for _, args := range [][]string{{"run", "--strace-to", to, both}, {"trace", "-o", to, both}, {"trace", "-o", to, "-e", "exit", both}} {
		r := command(args...)
		if b, err := os.ReadFile(to); err != nil || r.status != 7 || string(b) != want {
			t.Errorf("%q: %+v, %v, %q", args, r, err, b)
		}
	}
	if r := command("trace", "-o", to, "-e", "!exit", both); r.status != 7 {
		t.Errorf("%+v", r)
	}
	if b, err := os.ReadFile(to); err != nil || len(b) != 0 {
		t.Errorf("what is filtered out is there: %q, %v", b, err)
	}
	r := command("trace", "--json", "-o", to, both)
	b, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	var call struct {
		PID    int
		Class  string
		Number int
		Call   string
		Args   []struct{ Name, Value string }
	}
	if err := json.Unmarshal(b, &call); err != nil || r.status != 7 || call.PID != 500 || call.Class != "bsd" || call.Number != 1 ||
		call.Call != "exit" || len(call.Args) != 1 || call.Args[0].Name != "status" || call.Args[0].Value != "7" {
		t.Errorf("%+v, %v\n%s", call, err, b)
	}
	// ud2
	crash := file(t, "crash", 0o755, machotest.Static(cpu.X86_64, []byte{0x0f, 0x0b}, nil, 0))
	if r := command("run", crash); r.status != 128+4 {
		t.Errorf("crash: %+v", r)
	}
}

func TestEditEnv(t *testing.T) {
	env := []string{"A=1", "B=2", "C=3", "bare"}
	for _, c := range []struct {
		edits, want []string
	}{
		{nil, env},
		{[]string{"B=5"}, []string{"A=1", "C=3", "bare", "B=5"}},
		{[]string{"B"}, []string{"A=1", "C=3", "bare"}},
		{[]string{"D=a=b", "D=", "bare"}, []string{"A=1", "B=2", "C=3", "D="}},
	} {
		if got := editEnv(env, c.edits); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q, want %q", c.edits, got, c.want)
		}
	}
}

func TestVersion(t *testing.T) {
	if r := command("version"); r.status != 0 || !strings.HasPrefix(r.out, "beagle ") || !strings.Contains(r.out, "Unicorn 2.") {
		t.Errorf("%+v", r)
	}
	if r := command(); r.status != 0 || !strings.Contains(r.out, "Usage:") {
		t.Errorf("%+v", r)
	}
}

// SYSCALLS.md is what the tables say today.
func TestSyscallsFresh(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("..", "..", "SYSCALLS.md"))
	if err != nil {
		t.Fatal(err)
	}
	r := command("syscalls", "--md")
	if r.status != 0 || r.out != string(want) {
		t.Errorf("SYSCALLS.md is stale: bin/beagle syscalls --md >SYSCALLS.md (status %d)", r.status)
	}
	r = command("syscalls", "--json")
	var rows []struct {
		Class, Name, Status string
		Number              int
	}
	if err := json.Unmarshal([]byte(r.out), &rows); err != nil || len(rows) < 400 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if r = command("syscalls"); r.status != 0 || !strings.Contains(r.out, "    3 full     read(fd, buf, nbytes)\n") {
		t.Errorf("no read in\n%.400s", r.out)
	}
}
