package judge

import (
	"cmp"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/beagle-emu/beagle/tests/lab"
)

// stdPackages are the packages whose own tests are run, the cheap ones first.
// since is the first minor release that has the package; without are tests that
// are left out.
var stdPackages = []struct {
	name    string
	since   int
	without string
}{
	{"errors", 0, ""}, {"strings", 0, ""}, {"sort", 0, ""}, {"bufio", 0, ""}, {"bytes", 0, ""}, {"fmt", 0, ""}, {"math", 0, ""},
	{"math/big", 0, ""}, {"math/rand", 0, ""}, {"strconv", 0, ""}, {"unicode/utf8", 0, ""}, {"sync", 0, ""}, {"sync/atomic", 0, ""}, {"context", 7, ""},
	{"time", 0, ""}, {"io", 0, ""}, {"io/ioutil", 0, ""}, {"os", 0, ""}, {"os/exec", 0, ""}, {"os/signal", 0, ""}, {"os/user", 0, ""},
	{"syscall", 0, ""}, {"path/filepath", 0, ""}, {"flag", 0, ""}, {"log", 0, ""}, {"reflect", 0, ""}, {"regexp", 0, ""},
	{"encoding/json", 0, ""}, {"encoding/binary", 0, ""}, {"encoding/gob", 0, ""}, {"encoding/xml", 0, ""},
	{"compress/gzip", 0, ""}, {"compress/flate", 0, ""}, {"archive/tar", 0, ""}, {"archive/zip", 0, ""},
	{"crypto/sha256", 0, ""}, {"crypto/aes", 0, ""}, {"crypto/rand", 0, ""}, {"crypto/tls", 0, ""}, {"hash/crc32", 0, ""},
	{"text/template", 0, ""}, {"mime/multipart", 0, ""}, {"net/url", 0, ""}, {"net/textproto", 0, ""},
	{"net", 0, ""}, {"net/rpc", 0, ""}, {"net/http/httptest", 0, ""}, {"net/http", 0, ""}, // These take minutes of copying and hashing on any machine, or look for a
	// debugger of the host.
	{"runtime", 0, "^Test(Memmove|ConcurrentReadsAfterGrowth|Gdb)"},
}

// verdict is what one test of a package came to.
type verdict struct {
	failed bool
	detail string
}

var resultLine = regexp.MustCompile(`^--- (PASS|FAIL|SKIP): ([^\s(]+)`)

var processors = regexp.MustCompile(`-\d+$`)

// verdicts reads the output of a test binary run with -test.v. A binary that
// dies is a failure of the test it was in, or of "(binary)".
func verdicts(r lab.Result) map[string]verdict {
	v := map[string]verdict{}
	var open []string
	var fails string
	lines := strings.Split(r.Stdout, "\n")
	for i, l := range lines {
		if name, ok := strings.CutPrefix(l, "=== RUN"); ok {
			name = strings.TrimSpace(name)
			name = processors.ReplaceAllString(strings.TrimPrefix(name, ": "), "")
			if !strings.Contains(name, "/") {
				open = append(open, name)
			}
			continue
		}
		// Output without a newline may stand before the line that counts.
		at := strings.Index(l, "--- ")
		if at < 0 || strings.TrimSpace(l[:at]) == "" && at > 0 {
			continue
		}
		m := resultLine.FindStringSubmatch(l[at:])
		if m == nil {
			continue
		}
		end := i + 1
		for end < len(lines) && end < i+40 && !strings.HasPrefix(lines[end], "=== ") && !strings.HasPrefix(lines[end], "--- ") {
			end++
		}
		// Go 1.4 says with how many processors: TestX-2.
		name := processors.ReplaceAllString(m[2], "")
		v[name] = verdict{m[1] == "FAIL", strings.Join(lines[i:end], "\n")}
		if m[1] == "FAIL" {
			fails = name
		}
		open = slices.DeleteFunc(open, func(n string) bool { return n == name })
	}
	if r.Code == 0 && !r.TimedOut || fails != "" && r.Code == 1 && len(open) == 0 {
		return v
	}
	name := "(binary)"
	if len(open) > 0 {
		name = open[len(open)-1]
	}
	how := "ended with status "
	if r.TimedOut {
		how = "timed out; last status "
	}
	v[name] = verdict{true, how + strconv.Itoa(r.Code) + " in " + strings.Join(open, " ") +
		"\n" + lab.Tail(r.Stdout, 15) + "\n--- stderr\n" + head(r.Stderr, 60)}
	return v
}

// head is the first n lines of s.
func head(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// testNames lists the test and example functions that a release's package has
// for darwin/amd64, from its source.
func (g goRelease) testNames(t testing.TB, pkg string) []string {
	t.Helper()
	ctx := build.Default
	ctx.GOROOT, ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = g.root, "darwin", "amd64", false
	ctx.ReleaseTags = nil
	for i := 1; i <= g.minor; i++ {
		ctx.ReleaseTags = append(ctx.ReleaseTags, "go1."+strconv.Itoa(i))
	}
	dir := filepath.Join(g.root, "src", pkg)
	p, err := ctx.ImportDir(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range append(p.TestGoFiles, p.XTestGoFiles...) {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, f), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv == nil && (strings.HasPrefix(fn.Name.Name, "Test") || strings.HasPrefix(fn.Name.Name, "Example")) {
				names = append(names, fn.Name.Name)
			}
		}
	}
	return names
}

// stdTest runs one package's tests in its source directory, as go test does,
// and judges each test function. Those known to fail run by themselves, so that
// one which ends the program takes no other with it.
func stdTest(t *testing.T, beagle string, known *lab.Known, g goRelease, pkg, without string) {
	dir := filepath.Join(g.root, "src", pkg)
	flat := strings.ReplaceAll(pkg, "/", "_")
	prog := g.build(t, flat+".test", dir, nil, "test", "-c", pkg)
	tmp := t.TempDir()
	// Some tests build programs: the go command is the release's own, a program
	// of the host, and what it builds is for darwin again.
	env := append(g.env(t), "HOME="+tmp, "TMPDIR="+tmp, "USER=root", "LANG=C")
	run := func(timeout time.Duration, pattern string) map[string]verdict {
		args := []string{beagle, "run", prog, "-test.v", "-test.short", "-test.timeout=" + timeout.String()}
		if pattern != "" {
			args = append(args, "-test.run="+pattern)
		}
		return verdicts(lab.Run(t, lab.Cmd{Args: args, Dir: dir, Env: env, Timeout: timeout + 10*time.Second}))
	}
	prefix := "go" + g.version + "/" + pkg + "/"
	listed := known.Under(prefix)
	pattern := ""
	if len(listed) > 0 || without != "" {
		skip := regexp.MustCompile(cmp.Or(without, "^$"))
		var rest []string
		for _, n := range g.testNames(t, pkg) {
			if !slices.Contains(listed, n) && !skip.MatchString(n) {
				rest = append(rest, n)
			}
		}
		pattern = "^(" + strings.Join(rest, "|") + ")$"
	}
	all := run(4*time.Minute, pattern)
	ran := len(all)
	for _, n := range listed {
		for name, v := range run(30*time.Second, "^"+n+"$") {
			if name == n || v.failed {
				all[n] = v
			}
		}
	}
	if ran == 0 {
		all["(binary)"] = verdict{true, "ran no test"}
	}
	for n, v := range all {
		known.Judge(t, prefix+n, v.failed, v.detail)
	}
	for _, n := range listed {
		if _, ok := all[n]; !ok {
			t.Errorf("%s%s is listed, but the package has no such test", prefix, n)
		}
	}
	if _, err := os.Stat(prog); err != nil {
		t.Error(err)
	}
	t.Logf("%d tests", len(all))
}
