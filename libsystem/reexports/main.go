// Command reexports corrects what ld64.lld 19 writes for a dylib that it
// re-exports: LC_LOAD_DYLIB and LC_REEXPORT_DYLIB one after the other, though its
// ordinals count the two as one. Every other reader of the file, dyld among them,
// counts commands, so that symbols of libraries behind such a pair are looked for in
// the wrong one.
//
//	reexports FILE...
//
// Of each pair only LC_REEXPORT_DYLIB stays, with the versions of the other. The
// signature, which is no longer valid, goes. A file without pairs is left alone.
package main

import (
	"bytes"
	"debug/macho"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

const (
	headerSize     = 32
	dylibSize      = 24 // of LC_LOAD_DYLIB before the name
	lcLoadDylib    = 0xc
	lcLoadWeak     = 0x80000018
	lcReexport     = 0x8000001f
	lcCodeSig      = 0x1d
	versionsOffset = 12 // timestamp, current and compatibility version
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: reexports FILE...")
		os.Exit(2)
	}
	for _, name := range os.Args[1:] {
		if err := file(name); err != nil {
			fmt.Fprintf(os.Stderr, "reexports: %s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

func file(name string) error {
	in, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	out, err := correct(in)
	if err != nil || out == nil {
		return err
	}
	// Not over the old one, which may be mapped.
	if err := os.WriteFile(name+".new", out, 0o755); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// correct returns nil when there is nothing to do.
func correct(in []byte) ([]byte, error) {
	f, err := macho.NewFile(bytes.NewReader(in))
	if err != nil {
		return nil, err
	}
	if f.Magic != macho.Magic64 {
		return nil, errors.New("not a 64-bit Mach-O file")
	}
	le := binary.LittleEndian
	var cmds []byte
	var n, pairs uint32
	for i := 0; i < len(f.Loads); i++ {
		c := f.Loads[i].Raw()
		cmd := le.Uint32(c)
		if cmd == lcCodeSig {
			continue
		}
		if (cmd == lcLoadDylib || cmd == lcLoadWeak) && i+1 < len(f.Loads) {
			next := f.Loads[i+1].Raw()
			if le.Uint32(next) == lcReexport && len(next) >= dylibSize && bytes.Equal(c[dylibSize:], next[dylibSize:]) {
				merged := bytes.Clone(next)
				copy(merged[versionsOffset:dylibSize], c[versionsOffset:dylibSize])
				c = merged
				i++
				pairs++
			}
		}
		cmds = append(cmds, c...)
		n++
	}
	if pairs == 0 {
		return nil, nil
	}
	out := bytes.Clone(in)
	clear(out[headerSize : headerSize+int(le.Uint32(in[20:]))])
	copy(out[headerSize:], cmds)
	le.PutUint32(out[16:], n)
	le.PutUint32(out[20:], uint32(len(cmds)))
	return out, nil
}
