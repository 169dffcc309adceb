// Package machostatic makes a static Mach-O program, one that starts by
// LC_UNIXTHREAD and needs no dynamic linker, from one that ld64.lld linked with
// LC_MAIN. lld has no -static for Mach-O.
//
// The input must be linked with -no_fixup_chains, -headerpad 0x400 and no
// dylib, and hold no pointer that needs sliding: the result is not
// position-independent.
package machostatic

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Load commands and numbers as in Mach-O's <mach-o/loader.h>.
const (
	magic64        = 0xfeedfacf
	cpuX86_64      = 0x01000007
	cpuARM64       = 0x0100000c
	fileExecute    = 2
	flagDyldLink   = 0x4
	flagTwoLevel   = 0x80
	flagPIE        = 0x200000
	headerSize     = 32
	segmentSize    = 72
	sectionSize    = 80
	cmdReqDyld     = 0x80000000
	cmdUnixThread  = 0x5
	cmdLoadDylib   = 0xc
	cmdDylinker    = 0xe
	cmdWeakDylib   = 0x18
	cmdSegment64   = 0x19
	cmdCodeSig     = 0x1d
	cmdReexport    = 0x1f
	cmdDyldInfo    = 0x22
	cmdFuncStarts  = 0x26
	cmdMain        = 0x28
	cmdDataInCode  = 0x29
	cmdExportsTrie = 0x33
	cmdChained     = 0x34
)

// Convert returns the static form of the thin 64-bit program in.
func Convert(in []byte) ([]byte, error) {
	le := binary.LittleEndian
	if len(in) < headerSize || le.Uint32(in) != magic64 {
		return nil, errors.New("not a thin 64-bit Mach-O file")
	}
	cpu := le.Uint32(in[4:])
	var (
		base, entry   uint64
		haveBase, has bool
		keep          []byte
		kept          uint32
		firstData     = uint64(len(in))
	)
	off := headerSize
	for i := range le.Uint32(in[16:]) {
		if off+8 > len(in) {
			return nil, fmt.Errorf("load command %d lies outside the file", i)
		}
		cmd, size := le.Uint32(in[off:])&^cmdReqDyld, int(le.Uint32(in[off+4:]))
		if size < 8 || off+size > len(in) {
			return nil, fmt.Errorf("load command %d has size %d", i, size)
		}
		c := in[off : off+size]
		off += size
		switch cmd {
		case cmdMain:
			if size < 24 {
				return nil, errors.New("LC_MAIN is too short")
			}
			entry, has = le.Uint64(c[8:]), true
			continue
		case cmdLoadDylib, cmdWeakDylib, cmdReexport:
			return nil, errors.New("needs a dylib, so it cannot be static")
		case cmdChained, cmdExportsTrie:
			return nil, errors.New("link with -no_fixup_chains")
		case cmdDylinker, cmdDyldInfo, cmdFuncStarts, cmdDataInCode, cmdCodeSig:
			continue
		case cmdSegment64:
			if size < segmentSize {
				return nil, errors.New("LC_SEGMENT_64 is too short")
			}
			if string(c[8:15]) == "__TEXT\x00" {
				base, haveBase = le.Uint64(c[24:]), true
			}
			for s := range int(le.Uint32(c[64:])) {
				at := segmentSize + s*sectionSize
				if at+sectionSize > len(c) {
					return nil, fmt.Errorf("section %d lies outside its command", s)
				}
				if o := uint64(le.Uint32(c[at+48:])); o != 0 {
					firstData = min(firstData, o)
				}
			}
		}
		keep = append(keep, c...)
		kept++
	}
	if !has || !haveBase {
		return nil, errors.New("has no LC_MAIN or no __TEXT")
	}
	thread, err := unixThread(cpu, base+entry)
	if err != nil {
		return nil, err
	}
	keep = append(keep, thread...)
	kept++
	if uint64(headerSize+len(keep)) > firstData {
		return nil, errors.New("no room for the load commands: link with -headerpad 0x400")
	}
	out := append([]byte(nil), in...)
	clear(out[headerSize:firstData])
	copy(out[headerSize:], keep)
	le.PutUint32(out[8:], le.Uint32(in[8:])&0xffffff) // no capability bits
	le.PutUint32(out[12:], fileExecute)
	le.PutUint32(out[16:], kept)
	le.PutUint32(out[20:], uint32(len(keep)))
	le.PutUint32(out[24:], le.Uint32(in[24:])&^(flagDyldLink|flagTwoLevel|flagPIE))
	return out, nil
}

// unixThread is an LC_UNIXTHREAD command whose registers are zero but for pc.
func unixThread(cpu uint32, pc uint64) ([]byte, error) {
	var flavor, words, pcIndex int // words: 32-bit words of state
	switch cpu {
	case cpuX86_64:
		flavor, words, pcIndex = 4, 42, 16 // x86_THREAD_STATE64: rip follows 16 registers
	case cpuARM64:
		flavor, words, pcIndex = 6, 68, 32 // ARM_THREAD_STATE64: x0-x28, fp, lr, sp, pc
	default:
		return nil, fmt.Errorf("cpu type %#x", cpu)
	}
	c := make([]byte, 16+4*words)
	le := binary.LittleEndian
	le.PutUint32(c, cmdUnixThread)
	le.PutUint32(c[4:], uint32(len(c)))
	le.PutUint32(c[8:], uint32(flavor))
	le.PutUint32(c[12:], uint32(words))
	le.PutUint64(c[16+8*pcIndex:], pc)
	return c, nil
}
