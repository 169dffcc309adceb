// Package trace is xtrace: a line, or a JSON object, for every call at the trap
// boundary. It works from the rows alone: argument structs give names, widths
// and signs, their tags what pointers mean.
//
// Tags of argument struct fields:
//
//	path:""          a C string in guest memory
//	in:"Field"       a buffer that holds as many bytes as the argument Field says
//	out:"ret"        a buffer that the call filled with as many bytes as it returned;
//	                 or with as many as the argument, or the number, given here says
//	struct:"NAME"    a pointer to a structure, shown after the call unless inout
//	dir:"in"         with struct: it is read by the call, so shown before
//	flags:"NAME"     bits with names
//	enum:"NAME"      one value with a name
package trace

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"reflect"
	"strconv"
	"strings"

	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Options choose what is traced and how.
type Options struct {
	// JSON writes an object a line instead of text.
	JSON bool
	// Filter keeps calls whose name matches one of these shell patterns; a
	// leading ! excludes. Empty keeps all.
	Filter []string
	// MaxString is how many bytes of a buffer or string are shown; 0 means 64.
	MaxString int
	// Time puts the machine's clock, in seconds, before each line.
	Time bool
}

// Tracer is a kern.Observer that prints.
type Tracer struct {
	w    io.Writer
	o    Options
	open map[*kern.Thread]*entry
	// sweep is the size of open at which threads that died in a call are
	// looked for: they have no Exit.
	sweep int
	err   error
}

// entry is a call that has entered and not left.
type entry struct {
	row  *kern.Row
	args []string
	keep bool
	time int64
}

// New makes a tracer; a malformed filter pattern is an error.
func New(w io.Writer, o Options) (*Tracer, error) {
	for _, f := range o.Filter {
		if _, err := path.Match(strings.TrimPrefix(f, "!"), ""); err != nil {
			return nil, fmt.Errorf("filter %q: %w", f, err)
		}
	}
	if o.MaxString == 0 {
		o.MaxString = 64
	}
	return &Tracer{w: w, o: o, open: map[*kern.Thread]*entry{}, sweep: minSweep}, nil
}

const minSweep = 64

// Err is the first failure to write, after which nothing more is written.
func (tr *Tracer) Err() error { return tr.err }

func (tr *Tracer) keep(name string) bool {
	if len(tr.o.Filter) == 0 {
		return true
	}
	kept, only := false, false
	for _, f := range tr.o.Filter {
		pat, neg := strings.CutPrefix(f, "!")
		ok, _ := path.Match(pat, name)
		if neg {
			if ok {
				return false
			}
			continue
		}
		only = true
		kept = kept || ok
	}
	return kept || !only
}

// Enter notes a call's arguments: the call may change what they point to.
func (tr *Tracer) Enter(t *kern.Thread, r *kern.Row, args []uint64) {
	e := &entry{row: r, keep: tr.keep(r.Name), time: t.Machine().Monotonic()}
	if e.keep {
		e.args = tr.before(t, r, args)
		// A call that may never leave is shown when it enters.
		if r.Ret == kern.RetVoid {
			tr.show(t, e, kern.Result{}, "", false)
		}
	}
	tr.open[t] = e
	if len(tr.open) >= tr.sweep {
		for t := range tr.open {
			if t.State == kern.Dead {
				delete(tr.open, t)
			}
		}
		tr.sweep = max(minSweep, 2*len(tr.open))
	}
}

// Block shows a call that begins to wait. Its result comes in a line of its own.
func (tr *Tracer) Block(t *kern.Thread, r *kern.Row, args []uint64) {
	if e := tr.open[t]; e != nil && e.keep && e.row == r {
		tr.show(t, e, kern.Result{}, "(waits)", true)
	}
}

func (tr *Tracer) show(t *kern.Thread, e *entry, res kern.Result, result string, waits bool) {
	switch {
	case tr.o.JSON:
		tr.json(t, e, res, result, waits)
	case waits || result == "":
		tr.line(t, e, strings.TrimRight(" "+result, " "))
	default:
		tr.line(t, e, " = "+result)
	}
}

// Exit prints the call.
func (tr *Tracer) Exit(t *kern.Thread, r *kern.Row, args []uint64, res kern.Result) {
	e := tr.open[t]
	delete(tr.open, t)
	if e == nil || !e.keep || e.row != r {
		if e == nil && tr.keep(r.Name) {
			// A call refused before it began: unreadable arguments, bad number.
			e = &entry{row: r, time: t.Machine().Monotonic(), args: make([]string, len(args))}
			for i, v := range args {
				e.args[i] = hex(v)
			}
		} else {
			return
		}
	}
	if r.Ret == kern.RetVoid {
		return
	}
	if !res.Restart && res.Errno == 0 {
		tr.after(t, r, args, res, e.args)
	}
	tr.show(t, e, res, tr.result(t, r, res), false)
}

func (tr *Tracer) line(t *kern.Thread, e *entry, tail string) {
	var b strings.Builder
	if tr.o.Time {
		fmt.Fprintf(&b, "%d.%06d ", e.time/1e9, e.time%1e9/1e3)
	}
	fmt.Fprintf(&b, "%d/%d %s %s(", t.Proc.PID, t.TID, e.row.Class, e.row.Name)
	for i, a := range e.args {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.row.ArgName(i))
		b.WriteByte('=')
		b.WriteString(a)
	}
	b.WriteByte(')')
	b.WriteString(tail)
	if e.row.Status == kern.Missing {
		b.WriteString(" [not implemented]")
	}
	b.WriteByte('\n')
	tr.write(b.String())
}

func (tr *Tracer) write(s string) {
	if tr.err == nil {
		_, tr.err = io.WriteString(tr.w, s)
	}
}

func (tr *Tracer) json(t *kern.Thread, e *entry, res kern.Result, result string, waits bool) {
	type arg struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	o := struct {
		Time    float64 `json:"time"`
		PID     int32   `json:"pid"`
		Thread  uint64  `json:"thread"`
		Process string  `json:"process"`
		Class   string  `json:"class"`
		Number  int     `json:"number"`
		Call    string  `json:"call"`
		Args    []arg   `json:"args"`
		Result  string  `json:"result"`
		Value   int64   `json:"value"`
		Errno   string  `json:"errno,omitempty"`
		// Waits: this is not the call's end but its beginning to wait.
		Waits  bool   `json:"waits,omitempty"`
		Status string `json:"status"`
	}{float64(e.time) / 1e9, int32(t.Proc.PID), t.TID, t.Proc.Name, e.row.Class.String(), e.row.Num, e.row.Name,
		[]arg{}, result, int64(res.Value), "", waits, e.row.Status.String()}
	for i, a := range e.args {
		o.Args = append(o.Args, arg{e.row.ArgName(i), a})
	}
	if res.Errno != 0 {
		o.Errno = res.Errno.Name()
	}
	b, err := json.Marshal(o)
	if err != nil {
		tr.err = err
		return
	}
	tr.write(string(b) + "\n")
}

// before decodes the arguments as they are when the call enters.
func (tr *Tracer) before(t *kern.Thread, r *kern.Row, args []uint64) []string {
	out := make([]string, len(args))
	for i, v := range args {
		out[i] = tr.value(t, r, args, i, v)
	}
	return out
}

func (tr *Tracer) value(t *kern.Thread, r *kern.Row, args []uint64, i int, v uint64) string {
	a := r.Args[i]
	if _, ok := a.Tag.Lookup("path"); ok {
		return tr.str(t, v)
	}
	if name, ok := a.Tag.Lookup("flags"); ok {
		return flagString(name, uint64(uint32(v)))
	}
	if name, ok := a.Tag.Lookup("enum"); ok {
		return enumString(name, int64(int32(v)))
	}
	if size, ok := a.Tag.Lookup("in"); ok && size != "" {
		for j := range r.Args {
			if r.Args[j].Name == size && j < len(args) {
				return tr.buffer(t, v, args[j])
			}
		}
	}
	if name, ok := a.Tag.Lookup("struct"); ok && a.Tag.Get("dir") == "in" {
		return structString(t, name, v)
	}
	if r.Class == kern.Mach && a.Tag.Get("msg") != "" && v != 0 {
		return message(t, v)
	}
	return scalar(a.Type, v)
}

func scalar(typ reflect.Type, v uint64) string {
	switch typ {
	case reflect.TypeFor[abi.Ptr]():
		if v == 0 {
			return "NULL"
		}
		return hex(v)
	case reflect.TypeFor[abi.Mode]():
		return "0" + strconv.FormatUint(v&0xffff, 8)
	case reflect.TypeFor[abi.Port]():
		return hex(uint64(uint32(v)))
	case reflect.TypeFor[abi.FD]():
		if int32(v) == abi.AT_FDCWD {
			return "AT_FDCWD"
		}
	case reflect.TypeFor[abi.Signal]():
		return abi.Signal(v).String()
	}
	switch typ.Kind() {
	case reflect.Int32:
		return strconv.FormatInt(int64(int32(v)), 10)
	case reflect.Int64:
		return strconv.FormatInt(int64(v), 10)
	case reflect.Int16:
		return strconv.FormatInt(int64(int16(v)), 10)
	case reflect.Uint32:
		v = uint64(uint32(v))
	case reflect.Uint16:
		v = uint64(uint16(v))
	}
	if v >= 1<<16 {
		return hex(v)
	}
	return strconv.FormatUint(v, 10)
}

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }

// after decodes what the call wrote, over what before left.
func (tr *Tracer) after(t *kern.Thread, r *kern.Row, args []uint64, res kern.Result, out []string) {
	if t.Proc.Space == nil {
		return
	}
	for i, a := range r.Args {
		if i >= len(out) {
			return
		}
		if size, ok := a.Tag.Lookup("out"); ok {
			n := res.Value
			if k, err := strconv.ParseUint(size, 10, 32); err == nil {
				n = k
			} else if size != "ret" {
				for j := range r.Args {
					if r.Args[j].Name == size {
						n = args[j]
					}
				}
			}
			if int64(n) >= 0 {
				out[i] = tr.buffer(t, args[i], n)
			}
		}
		if name, ok := a.Tag.Lookup("struct"); ok && a.Tag.Get("dir") != "in" && args[i] != 0 {
			out[i] = structString(t, name, args[i])
		}
	}
}

func (tr *Tracer) str(t *kern.Thread, at uint64) string {
	if at == 0 {
		return "NULL"
	}
	s, err := t.Space().CopyInString(at, abi.PATH_MAX)
	if err != nil {
		return hex(at)
	}
	return strconv.Quote(s)
}

func (tr *Tracer) buffer(t *kern.Thread, at, n uint64) string {
	if at == 0 {
		return "NULL"
	}
	k := min(n, uint64(tr.o.MaxString))
	b := make([]byte, k)
	if err := t.Space().CopyIn(b, at); err != nil {
		return hex(at)
	}
	s := strconv.Quote(string(b))
	if k < n {
		s += "..."
	}
	return s
}

func (tr *Tracer) result(t *kern.Thread, r *kern.Row, res kern.Result) string {
	switch {
	case res.Restart:
		return "? (restarts)"
	case res.JustReturn:
		return "?"
	case res.Errno != 0:
		return fmt.Sprintf("-1 %s (%s)", res.Errno.Name(), res.Errno.Error())
	}
	switch r.Ret {
	case kern.RetKern:
		if r.Class == kern.Machdep {
			// thread_fast_set_cthread_self64 answers with a segment selector.
			return hex(uint64(uint32(res.Value)))
		}
		if k := abi.KernReturn(res.Value); k != 0 {
			return k.Name()
		}
		return "KERN_SUCCESS"
	case kern.RetInt:
		s := strconv.FormatInt(int64(int32(res.Value)), 10)
		if res.Second != 0 {
			s += ", " + strconv.FormatInt(int64(int32(res.Second)), 10)
		}
		return s
	case kern.RetUint:
		return strconv.FormatUint(uint64(uint32(res.Value)), 10)
	case kern.RetSSize, kern.RetOff:
		return strconv.FormatInt(int64(res.Value), 10)
	case kern.RetSize:
		return strconv.FormatUint(res.Value, 10)
	}
	return hex(res.Value)
}
