package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/beagle-emu/beagle/libsystem"
	"github.com/beagle-emu/beagle/loader"
)

// here is where info looks for what a program needs: Beagle's built-in root and
// the host's tree, which is what the program would see, or a macOS root.
type here struct {
	root    string
	program string
}

func (h *here) where() string {
	if h.root == "" {
		return "this machine"
	}
	return printable(h.root)
}

// has reports whether a file that a load command names would be found. The
// libraries of macOS 11 and newer are no files but parts of the shared cache,
// which is not searched: where there is one, it is taken to hold them.
func (h *here) has(s *loader.SliceInfo, path string) bool {
	rest, relative := strings.CutPrefix(path, "@rpath/")
	if !relative {
		p, ok := h.expand(path)
		return ok && h.file(p) || h.cached(path) || h.builtIn(path)
	}
	for _, dir := range s.Rpaths {
		if p, ok := h.expand(filepath.Join(dir, rest)); ok && h.file(p) {
			return true
		}
	}
	return false
}

// expand replaces what stands for the program's directory. The result is a host
// path.
func (h *here) expand(path string) (string, bool) {
	for _, v := range []string{"@executable_path", "@loader_path"} {
		if rest, ok := strings.CutPrefix(path, v+"/"); ok {
			return filepath.Join(filepath.Dir(h.program), rest), true
		}
	}
	if !strings.HasPrefix(path, "/") {
		return "", false
	}
	return filepath.Join(h.root, path), true
}

func (h *here) file(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}

// builtIn tells what Beagle brings itself.
func (h *here) builtIn(path string) bool {
	if h.root != "" || !strings.HasPrefix(path, "/") {
		return false
	}
	st, err := fs.Stat(libsystem.Image(), strings.TrimPrefix(filepath.Clean(path), "/"))
	return err == nil && st.Mode().IsRegular()
}

func (h *here) cached(path string) bool {
	if h.root == "" || !strings.HasPrefix(path, "/usr/lib/") && !strings.HasPrefix(path, "/System/") || path == "/usr/lib/dyld" {
		return false
	}
	for _, dir := range []string{"System/Library/dyld", "System/Cryptexes/OS/System/Library/dyld", "System/Volumes/Preboot/Cryptexes/OS/System/Library/dyld"} {
		list, _ := os.ReadDir(filepath.Join(h.root, dir)) // unreadable: not there
		for _, e := range list {
			if strings.HasPrefix(e.Name(), "dyld_shared_cache_") {
				return true
			}
		}
	}
	return false
}

// printable quotes a text out of a file or command line unless it is harmless to
// print: no control character reaches the terminal.
func printable(s string) string {
	if s == "" {
		return `""`
	}
	if q := strconv.Quote(s); q != `"`+s+`"` {
		return q
	}
	return s
}

// page collects lines of text.
type page struct{ b strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

func (p *page) field(name, format string, args ...any) {
	p.line("  %-13s %s", name, fmt.Sprintf(format, args...))
}

// wrap prints words in lines of about 80 columns.
func (p *page) wrap(indent string, words []string) {
	col := 0
	for i, w := range words {
		w = printable(w)
		switch {
		case i == 0:
			p.b.WriteString(indent)
			col = len(indent)
		case col+1+len(w) > 80:
			p.b.WriteString("\n" + indent)
			col = len(indent)
		default:
			p.b.WriteByte(' ')
			col++
		}
		p.b.WriteString(w)
		col += len(w)
	}
	if len(words) > 0 {
		p.b.WriteByte('\n')
	}
}
