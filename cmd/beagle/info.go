package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/beagle-emu/beagle/loader"
)

func infoCommand() *cobra.Command {
	var asJSON bool
	var root string
	c := &cobra.Command{
		Use:   "info [flags] FILE",
		Short: "Say what a Mach-O file is, what it needs, and what of that is missing",
		Long: `Say what a Mach-O file is (slices, architecture, type, platform, entry,
signature), what it needs (dynamic linker, libraries, symbols by library), and
what of that this machine does not have. Nothing of the file is executed. The
exit status is 1, with one line, for a file that is not Mach-O or holds no code
that Beagle can run.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			info, err := inspect(args[0])
			if err != nil {
				return fmt.Errorf("%s: %w", printable(args[0]), err)
			}
			r := report(args[0], info, &here{root: root, program: args[0]})
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", " ")
				return e.Encode(r)
			}
			return r.write(c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	c.Flags().StringVar(&root, "root", "", "look for what it needs in this macOS root directory")
	return c
}

// fileSource is an open file for the loader.
type fileSource struct {
	*os.File
	size int64
}

func (f fileSource) Size() (int64, error) { return f.size, nil }

// inspect opens only what is a regular file: a FIFO would make it wait.
func inspect(path string) (*loader.Info, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, bare(err)
	}
	switch {
	case st.IsDir():
		return nil, errors.New("is a directory")
	case !st.Mode().IsRegular():
		return nil, errors.New("is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	info, err := loader.Inspect(fileSource{f, st.Size()})
	if err != nil {
		return nil, err
	}
	if len(info.Slices) == 0 {
		return nil, errors.New("a fat file without any architecture")
	}
	var archs []string
	for _, s := range info.Slices {
		if s.Arch == "x86_64" || s.Arch == "arm64" || s.Arch == "arm64e" || s.Arch == "x86_64h" {
			return info, nil
		}
		archs = append(archs, s.Arch)
	}
	return nil, fmt.Errorf("the code is %s; Beagle runs x86_64 and arm64", strings.Join(archs, ", "))
}

// bare takes the operation and the path off an error: they are said elsewhere.
func bare(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// fileReport is what info prints; the JSON form is it as it is.
type fileReport struct {
	Path   string        `json:"path"`
	Fat    bool          `json:"fat"`
	Slices []sliceReport `json:"slices"`
}

type sliceReport struct {
	Arch     string          `json:"arch"`
	Offset   uint64          `json:"offset"`
	Size     uint64          `json:"size"`
	Type     string          `json:"type"`
	PIE      bool            `json:"pie"`
	Static   bool            `json:"static"`
	Platform string          `json:"platform,omitempty"`
	MinOS    string          `json:"min_os,omitempty"`
	SDK      string          `json:"sdk,omitempty"`
	UUID     string          `json:"uuid,omitempty"`
	Entry    string          `json:"entry,omitempty"`
	EntryAt  uint64          `json:"entry_at,omitempty"`
	Stack    uint64          `json:"stack_size,omitempty"`
	Dylinker string          `json:"dylinker,omitempty"`
	Install  string          `json:"install_name,omitempty"`
	Rpaths   []string        `json:"rpaths,omitempty"`
	Fixups   string          `json:"fixups,omitempty"`
	Segments []segmentReport `json:"segments"`
	Signed   *signedReport   `json:"signature,omitempty"`
	Crypted  bool            `json:"encrypted,omitempty"`
	Needs    []libraryReport `json:"libraries"`
	Problems []string        `json:"problems,omitempty"`
	// Runs says that nothing is missing; Missing is one line for each thing that is.
	Runs    bool     `json:"runs"`
	Missing []string `json:"missing"`
}

type segmentReport struct {
	Name     string   `json:"name"`
	Addr     uint64   `json:"addr"`
	Size     uint64   `json:"size"`
	FileOff  uint64   `json:"file_offset"`
	FileSize uint64   `json:"file_size"`
	Prot     string   `json:"protection"`
	Sections []string `json:"sections,omitempty"`
}

type signedReport struct {
	Identifier   string `json:"identifier"`
	Team         string `json:"team,omitempty"`
	Adhoc        bool   `json:"adhoc"`
	CDHash       string `json:"cdhash"`
	Entitlements bool   `json:"entitlements"`
}

// libraryReport is a library, or one of the places that a symbol can come from
// without naming a library.
type libraryReport struct {
	Path    string   `json:"path"`
	Kind    string   `json:"kind,omitempty"`
	Current string   `json:"current,omitempty"`
	Compat  string   `json:"compatibility,omitempty"`
	Served  bool     `json:"served"`
	Symbols []string `json:"symbols"`
	// Weak of the symbols may be missing.
	Weak int `json:"weak_symbols,omitempty"`
	real bool
}

func report(path string, info *loader.Info, h *here) *fileReport {
	r := &fileReport{Path: path, Fat: info.Fat}
	for i := range info.Slices {
		r.Slices = append(r.Slices, sliceOf(&info.Slices[i], h))
	}
	return r
}

func sliceOf(s *loader.SliceInfo, h *here) sliceReport {
	r := sliceReport{
		Arch: s.Arch, Offset: s.Offset, Size: s.Size, Type: s.Type.String(), PIE: s.PIE, Static: s.Static,
		Platform: s.Platform, MinOS: s.MinOS, SDK: s.SDK, UUID: s.UUID, Entry: s.Entry, EntryAt: s.EntryAt,
		Stack: s.StackSize, Dylinker: s.Dylinker, Install: s.InstallName, Rpaths: s.Rpaths, Fixups: s.Fixups,
		Crypted: s.Encrypted, Problems: s.Problems, Segments: []segmentReport{}, Needs: []libraryReport{}, Missing: []string{},
	}
	for _, g := range s.Segments {
		prot := []byte("---")
		for i, c := range "rwx" {
			if g.Prot>>i&1 != 0 {
				prot[i] = byte(c)
			}
		}
		r.Segments = append(r.Segments, segmentReport{g.Name, g.Addr, g.Size, g.FileOff, g.FileSize, string(prot), g.Sections})
	}
	if g := s.Signature; g != nil {
		r.Signed = &signedReport{g.Identifier, g.Team, g.Adhoc, fmt.Sprintf("%x", g.CDHash), g.Entitlements}
	}
	for _, d := range s.Dylibs {
		r.Needs = append(r.Needs, libraryReport{Path: d.Path, Kind: d.Kind, Current: d.Current, Compat: d.Compatibility,
			Symbols: []string{}, Served: h.has(s, d.Path), real: true})
	}
	nowhere := map[string]int{}
	for _, im := range s.Imports {
		at := im.Ordinal - 1
		if at < 0 || at >= len(s.Dylibs) {
			name := s.Library(im)
			k, seen := nowhere[name]
			if !seen {
				k = len(r.Needs)
				nowhere[name] = k
				r.Needs = append(r.Needs, libraryReport{Path: name, Symbols: []string{}})
			}
			at = k
		}
		r.Needs[at].Symbols = append(r.Needs[at].Symbols, im.Name)
		if im.Weak {
			r.Needs[at].Weak++
		}
	}
	r.missing(s, h)
	return r
}

// missing says what keeps the slice from running here.
func (r *sliceReport) missing(s *loader.SliceInfo, h *here) {
	say := func(format string, args ...any) { r.Missing = append(r.Missing, fmt.Sprintf(format, args...)) }
	if s.Refused != nil {
		say("%s", oneLine(s.Refused))
	}
	if s.Dylinker != "" && !s.Static && !h.has(s, s.Dylinker) {
		say("%s, the dynamic linker that it names: this build of Beagle brings none, and %s has none",
			printable(s.Dylinker), h.where())
	}
	for _, l := range r.Needs {
		if l.real && !l.Served && l.Kind != "weak" && !s.Static {
			n := ""
			if len(l.Symbols) > 0 {
				n = fmt.Sprintf(" (%s)", plural(len(l.Symbols), "symbol"))
			}
			say("%s%s", printable(l.Path), n)
		}
	}
	r.Runs = len(r.Missing) == 0
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// write prints the report for people.
func (r *fileReport) write(w io.Writer) error {
	p := &page{}
	kind := "a thin Mach-O file"
	if r.Fat {
		kind = "a fat Mach-O file with " + plural(len(r.Slices), "slice")
	}
	p.line("%s: %s", printable(r.Path), kind)
	for i := range r.Slices {
		r.Slices[i].write(p)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

func (r *sliceReport) write(p *page) {
	p.line("\n%s: %s", r.Arch, r.what())
	if r.Platform != "" {
		p.field("platform", "%s %s or newer, SDK %s", printable(r.Platform), r.MinOS, r.SDK)
	}
	switch r.Entry {
	case "LC_MAIN":
		p.field("entry", "LC_MAIN, file offset %#x", r.EntryAt)
	case "LC_UNIXTHREAD":
		p.field("entry", "LC_UNIXTHREAD, address %#x", r.EntryAt)
	}
	if r.Stack != 0 {
		p.field("stack", "%d bytes", r.Stack)
	}
	if r.Install != "" {
		p.field("installed as", "%s", printable(r.Install))
	}
	p.field("in the file", "%d bytes at offset %d, %s", r.Size, r.Offset, plural(len(r.Segments), "segment"))
	for _, s := range r.Segments {
		p.line("    %-16s %s %#x, %d bytes", printable(s.Name), s.Prot, s.Addr, s.Size)
	}
	if r.UUID != "" {
		p.field("UUID", "%s", r.UUID)
	}
	p.field("signature", "%s", r.Signed.words())
	if r.Crypted {
		p.field("encrypted", "yes")
	}
	for _, x := range r.Problems {
		p.field("problem", "%s", oneLine(errors.New(x)))
	}
	if r.Dylinker != "" {
		p.field("linker", "%s", printable(r.Dylinker))
	}
	for _, x := range r.Rpaths {
		p.field("rpath", "%s", printable(x))
	}
	if len(r.Needs) > 0 {
		p.line("  needs")
	}
	for _, l := range r.Needs {
		p.line("    %s", l.words())
		p.wrap("      ", l.Symbols)
	}
	switch {
	case r.Runs:
		p.field("missing here", "nothing")
	default:
		p.line("  missing here")
		for _, m := range r.Missing {
			p.line("    %s", m)
		}
	}
}

// what is the slice's kind in a few words.
func (r *sliceReport) what() string {
	s := r.Type
	if r.Type == loader.Execute.String() {
		s = "dynamic " + s
		if r.Static {
			s = "static " + r.Type
		}
		if r.PIE {
			s += ", position-independent"
		}
	}
	return s
}

func (l *libraryReport) words() string {
	s := printable(l.Path)
	if l.Kind != "" {
		s += ", " + l.Kind
	}
	if l.Current != "" {
		s += fmt.Sprintf(", version %s, compatible with %s", l.Current, l.Compat)
	}
	s += ": " + plural(len(l.Symbols), "symbol")
	if l.Weak > 0 {
		s += fmt.Sprintf(", %d of them weak", l.Weak)
	}
	return s
}

func (s *signedReport) words() string {
	if s == nil {
		return "none"
	}
	w := "signed"
	if s.Adhoc {
		w = "ad hoc"
	}
	w += ", identifier " + printable(s.Identifier)
	if s.Team != "" {
		w += ", team " + printable(s.Team)
	}
	if s.Entitlements {
		w += ", with entitlements"
	}
	return w + ", cdhash " + s.CDHash + " (not verified)"
}
