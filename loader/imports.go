package loader

import (
	"errors"
	"strings"
)

// Bounds for what hostile files make Inspect keep.
const (
	maxTable   = 256 << 20 // one table of __LINKEDIT, in bytes
	maxImports = 1 << 20
)

var (
	errNames   = errors.New("the symbol names overlap absurdly")
	errImports = errors.New("more than a million imports")
)

// readTable reads a table whole.
func (in *inspector) readTable(s span) ([]byte, error) {
	if s.off > in.Size || s.size > in.Size-s.off {
		return nil, errors.New("the table ends beyond the file")
	}
	if s.size > maxTable {
		return nil, errors.New("the table is too large to look at")
	}
	b := make([]byte, s.size)
	return b, readFull(in.r, b, s.off)
}

// nameBudget bounds the time spent on finding the ends of names: names may
// share tails, but not so that the sum of their lengths is far beyond the
// table's size.
type nameBudget struct{ left int }

func (n *nameBudget) refill(table int) { n.left = 4*table + 4096 }

// name returns the string at off; it shares the table's memory.
func (n *nameBudget) name(table string, off uint64) (string, error) {
	if off >= uint64(len(table)) {
		return "", errors.New("a symbol name lies outside the strings")
	}
	s := table[off:]
	end := strings.IndexByte(s[:min(len(s), n.left)], 0)
	if end < 0 {
		if len(s) > n.left {
			return "", errNames
		}
		return "", errors.New("a symbol name does not end inside the strings")
	}
	n.left -= end + 1
	return s[:end], nil
}

// add keeps one import.
func (in *inspector) add(i Import) error {
	if len(in.Imports) >= maxImports {
		return errImports
	}
	in.Imports = append(in.Imports, i)
	return nil
}

// imports fills in Imports from the table that dyld would use.
func (in *inspector) imports() {
	var err error
	switch {
	case in.Fixups == "chained":
		err = in.chainedImports()
	case in.Fixups == "dyld_info":
		if err = in.boundImports(in.bind, false); err == nil {
			err = in.boundImports(in.lazyBind, true)
		}
	case in.dysymtab:
		if in.Type == Execute && !in.Static || in.Type == Dylib || in.Type == Bundle {
			in.Fixups = "classic"
			err = in.symbolImports()
		}
	}
	if err != nil {
		in.problem("imports: %v", err)
	}
}

// chainedImports reads dyld_chained_fixups_header and its tables, as
// <mach-o/fixup-chains.h> lays them out.
func (in *inspector) chainedImports() error {
	b, err := in.readTable(in.chained)
	if err != nil {
		return err
	}
	if len(b) < 28 {
		return errors.New("the chained fixups are too short")
	}
	starts, imports, symbols := uint64(le.Uint32(b[4:])), uint64(le.Uint32(b[8:])), uint64(le.Uint32(b[12:]))
	count, format := uint64(le.Uint32(b[16:])), le.Uint32(b[20:])
	in.ImportFormat = format
	if le.Uint32(b) != 0 || le.Uint32(b[24:]) != 0 {
		return errors.New("chained fixups of an unknown version or with compressed names")
	}
	in.pointerFormats(b, starts)
	if format < 1 || format > 3 {
		return errors.New("unknown import format")
	}
	entry := map[uint32]uint64{1: 4, 2: 8, 3: 16}[format]
	if imports > uint64(len(b)) || count > (uint64(len(b))-imports)/entry || symbols > uint64(len(b)) {
		return errors.New("the imports end beyond the chained fixups")
	}
	table := string(b[symbols:])
	in.names.refill(len(table))
	for e := b[imports:][:count*entry]; len(e) > 0; e = e[entry:] {
		var i Import
		var at uint64
		if v := le.Uint32(e); format == 3 {
			// Special ordinals are the top 16 of the range.
			i.Ordinal, i.Weak, at = int(v&0xffff), v>>16&1 != 0, uint64(le.Uint32(e[4:]))
			if i.Ordinal > 0xfff0 {
				i.Ordinal = int(int16(i.Ordinal))
			}
		} else {
			i.Ordinal, i.Weak, at = int(v&0xff), v>>8&1 != 0, uint64(v>>9)
			if i.Ordinal > 0xf0 {
				i.Ordinal = int(int8(i.Ordinal))
			}
		}
		if i.Name, err = in.names.name(table, at); err != nil {
			return err
		}
		if err := in.add(i); err != nil {
			return err
		}
	}
	return nil
}

// pointerFormats notes the pointer formats of the segments' chains.
func (in *inspector) pointerFormats(b []byte, starts uint64) {
	if starts+4 > uint64(len(b)) {
		in.problem("the fixup chains lie outside their table")
		return
	}
	segs := b[starts:]
	n := uint64(le.Uint32(segs))
	if n > uint64(len(segs)-4)/4 {
		in.problem("the fixup chains name %d segments", n)
		return
	}
	seen := map[uint16]bool{}
	for i := range n {
		off := uint64(le.Uint32(segs[4+4*i:]))
		if off == 0 || off+8 > uint64(len(segs)) {
			continue
		}
		if f := le.Uint16(segs[off+6:]); !seen[f] && len(seen) < 16 {
			seen[f] = true
			in.PointerFormats = append(in.PointerFormats, f)
		}
	}
}

// boundImports reads the bind opcodes of LC_DYLD_INFO for the symbols they
// name. How often and where each is bound does not matter here, so no count in
// the opcodes is followed. Weak binding (coalescing) is left out: what it names
// is either bound here too or defined by the image itself.
func (in *inspector) boundImports(table span, lazy bool) error {
	if table.size == 0 {
		return nil
	}
	raw, err := in.readTable(table)
	if err != nil {
		return err
	}
	p := string(raw)
	in.names.refill(len(p))
	uleb := func() (v uint64) {
		for shift := 0; len(p) > 0; shift += 7 {
			c := p[0]
			p = p[1:]
			if shift < 64 {
				v |= uint64(c&0x7f) << shift
			}
			if c < 0x80 {
				break
			}
		}
		return v
	}
	i := Import{Lazy: lazy}
	// Names are numbered so that no more than their own bytes are ever hashed.
	type key struct {
		name, ordinal int
		weak          bool
	}
	seen, number, current := map[key]bool{}, map[string]int{}, 0
	for len(p) > 0 {
		op, imm := p[0]&0xf0, p[0]&0x0f
		p = p[1:]
		switch op {
		case 0x00: // DONE; between lazy entries it is padding
			if !lazy {
				return nil
			}
		case 0x10: // SET_DYLIB_ORDINAL_IMM
			i.Ordinal = int(imm)
		case 0x20: // SET_DYLIB_ORDINAL_ULEB
			i.Ordinal = int(min(uleb(), 1<<30))
		case 0x30: // SET_DYLIB_SPECIAL_IMM
			i.Ordinal = 0
			if imm != 0 {
				i.Ordinal = int(int8(imm | 0xf0))
			}
		case 0x40: // SET_SYMBOL_TRAILING_FLAGS_IMM
			if i.Name, err = in.names.name(p, 0); err != nil {
				return err
			}
			p = p[len(i.Name)+1:]
			i.Weak = imm&1 != 0
			var ok bool
			if current, ok = number[i.Name]; !ok {
				current = len(number)
				number[i.Name] = current
			}
		case 0x50: // SET_TYPE_IMM
		case 0x60, 0x70, 0x80: // SET_ADDEND_SLEB, SET_SEGMENT_AND_OFFSET_ULEB, ADD_ADDR_ULEB
			uleb()
		case 0xd0: // THREADED: 0 sets the size of the ordinal table, 1 applies
			if imm == 0 {
				uleb()
			}
		case 0x90, 0xa0, 0xb0, 0xc0: // DO_BIND, also with an addition or repeated
			if op == 0xa0 || op == 0xc0 {
				uleb()
			}
			if op == 0xc0 {
				uleb()
			}
			if i.Name == "" {
				return errors.New("a bind opcode without a symbol")
			}
			if k := (key{current, i.Ordinal, i.Weak}); !seen[k] {
				seen[k] = true
				if err := in.add(i); err != nil {
					return err
				}
			}
		default:
			return errors.New("unknown bind opcode")
		}
	}
	return nil
}

// symbolImports reads the undefined symbols of the symbol table, as classic
// relocation binds them.
func (in *inspector) symbolImports() error {
	entry := in.symtab.size / max(in.nsyms, 1)
	first, n := in.undefined.off, in.undefined.size
	if first > in.nsyms || n > in.nsyms-first {
		return errors.New("the undefined symbols lie outside the symbol table")
	}
	if n == 0 {
		return nil
	}
	syms, err := in.readTable(span{in.symtab.off + first*entry, n * entry})
	if err != nil {
		return err
	}
	strs, err := in.readTable(in.strtab)
	if err != nil {
		return err
	}
	table := string(strs)
	in.names.refill(len(table))
	for ; len(syms) > 0; syms = syms[entry:] {
		desc := le.Uint16(syms[6:])
		// Only external undefined symbols: not N_STAB, N_TYPE is N_UNDF, N_EXT.
		if syms[4]&0xe0 != 0 || syms[4]&0x0e != 0 || syms[4]&1 == 0 {
			continue
		}
		i := Import{Ordinal: OrdinalFlat, Weak: desc&0x40 != 0, Lazy: desc&7 == 1}
		if in.Flags&mhTwoLevel != 0 {
			switch i.Ordinal = int(desc >> 8); i.Ordinal {
			case 0xfe:
				i.Ordinal = OrdinalFlat
			case 0xff:
				i.Ordinal = OrdinalMain
			}
		}
		if i.Name, err = in.names.name(table, uint64(le.Uint32(syms))); err != nil {
			return err
		}
		if err := in.add(i); err != nil {
			return err
		}
	}
	return nil
}
