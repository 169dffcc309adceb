// Command mkdylinker makes a dynamic linker (MH_DYLINKER) from a dylib, since
// ld64.lld has no -dylinker:
//
//	mkdylinker INSTALL-NAME ENTRY-SYMBOL IN OUT
//
// IN is a thin 64-bit dylib that needs no other and imports nothing. LC_ID_DYLIB
// becomes LC_ID_DYLINKER and the entry symbol LC_UNIXTHREAD; the chained fixups stay,
// for the dynamic linker relocates itself. The signature, which is no longer valid,
// goes.
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
	typeDylinker  = 7
	headerSize    = 32
	lcUnixThread  = 0x5
	lcIDDylib     = 0xd
	lcIDDylinker  = 0xf
	lcSegment64   = 0x19
	lcCodeSig     = 0x1d
	sectionsStart = 72
	sectionSize   = 80
	flagNoReexp   = 0x100000
)

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: mkdylinker INSTALL-NAME ENTRY-SYMBOL IN OUT")
		os.Exit(2)
	}
	in, err := os.ReadFile(os.Args[3])
	if err == nil {
		var out []byte
		if out, err = convert(in, os.Args[1], os.Args[2]); err == nil {
			err = os.WriteFile(os.Args[4], out, 0o755)
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "mkdylinker: %s: %v\n", os.Args[3], err)
		os.Exit(1)
	}
}

func convert(in []byte, name, entry string) ([]byte, error) {
	f, err := macho.NewFile(bytes.NewReader(in))
	if err != nil {
		return nil, err
	}
	if f.Magic != macho.Magic64 || f.Type != macho.TypeDylib {
		return nil, errors.New("not a 64-bit dylib")
	}
	if text := f.Segment("__TEXT"); text == nil || text.Addr != 0 {
		return nil, errors.New("not linked at address 0")
	}
	if libs, err := f.ImportedLibraries(); err != nil || len(libs) > 0 {
		return nil, fmt.Errorf("needs %v", libs)
	}
	if f.Symtab == nil || f.Dysymtab == nil {
		return nil, errors.New("no symbol table")
	}
	if syms, err := f.ImportedSymbols(); err != nil || len(syms) > 0 {
		return nil, fmt.Errorf("undefined symbols %v", syms)
	}
	var pc uint64
	for _, s := range f.Symtab.Syms {
		if s.Name == entry && s.Sect != 0 {
			pc = s.Value
		}
	}
	if pc == 0 {
		return nil, fmt.Errorf("no symbol %s", entry)
	}
	le := binary.LittleEndian
	var cmds []byte
	var n uint32
	first := uint32(len(in)) // where the first section begins
	for _, l := range f.Loads {
		c := l.Raw()
		switch le.Uint32(c) {
		case lcIDDylib:
			c = dylinkerID(name)
		case lcCodeSig:
			continue
		case lcSegment64:
			for s := range int(le.Uint32(c[64:])) {
				if o := le.Uint32(c[sectionsStart+s*sectionSize+48:]); o != 0 {
					first = min(first, o)
				}
			}
		}
		cmds = append(cmds, c...)
		n++
	}
	thread, err := unixThread(f.Cpu, pc)
	if err != nil {
		return nil, err
	}
	cmds = append(cmds, thread...)
	n++
	if headerSize+len(cmds) > int(first) {
		return nil, errors.New("no room for the load commands: link with -headerpad 0x400")
	}
	out := bytes.Clone(in)
	clear(out[headerSize:first])
	copy(out[headerSize:], cmds)
	le.PutUint32(out[12:], typeDylinker)
	le.PutUint32(out[16:], n)
	le.PutUint32(out[20:], uint32(len(cmds)))
	le.PutUint32(out[24:], f.Flags&^flagNoReexp)
	return out, nil
}

func dylinkerID(name string) []byte {
	c := make([]byte, (12+len(name)+1+7)&^7)
	le := binary.LittleEndian
	le.PutUint32(c, lcIDDylinker)
	le.PutUint32(c[4:], uint32(len(c)))
	le.PutUint32(c[8:], 12)
	copy(c[12:], name)
	return c
}

// unixThread is an LC_UNIXTHREAD command whose registers are zero but for pc.
func unixThread(cpu macho.Cpu, pc uint64) ([]byte, error) {
	var flavor, words, at int // words of 32 bits; pc is the at-th of 64
	switch cpu {
	case macho.CpuAmd64:
		flavor, words, at = 4, 42, 16 // x86_THREAD_STATE64
	case macho.CpuArm64:
		flavor, words, at = 6, 68, 32 // ARM_THREAD_STATE64
	default:
		return nil, fmt.Errorf("no LC_UNIXTHREAD for %v", cpu)
	}
	c := make([]byte, 16+4*words)
	le := binary.LittleEndian
	le.PutUint32(c, lcUnixThread)
	le.PutUint32(c[4:], uint32(len(c)))
	le.PutUint32(c[8:], uint32(flavor))
	le.PutUint32(c[12:], uint32(words))
	le.PutUint64(c[16+8*at:], pc)
	return c, nil
}
