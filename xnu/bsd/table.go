// Package bsd is the class-2 half of the kernel: the calls of
// bsd/kern/syscalls.master, a file a subsystem, named after XNU's own files
// where there is one of the same purpose.
//
// To add a call, write its argument struct and handler in the file of its
// subsystem and its row in that file's rows function. A call without a row here
// is known by name and answers ENOSYS; see SYSCALLS.md.
package bsd

import (
	"github.com/beagle-emu/beagle/xnu/abi"
	"github.com/beagle-emu/beagle/xnu/kern"
)

// Table is every BSD call, 0 to 557, done or not.
func Table() []kern.Row {
	t := make([]kern.Row, abi.NumBSDCalls)
	for i := range t {
		c, _ := abi.BSDCallByNumber(i)
		t[i] = kern.Unimplemented(kern.Unix, i, c.Public(), retOf(c.Returns), len(c.Params))
	}
	return kern.Overlay(t, groups()...)
}

func retOf(s string) kern.Ret {
	switch s {
	case "void":
		return kern.RetVoid
	case "uint", "uint32_t":
		return kern.RetUint
	case "off_t":
		return kern.RetOff
	case "user_addr_t":
		return kern.RetAddr
	case "size_t", "user_size_t":
		return kern.RetSize
	case "ssize_t", "user_ssize_t":
		return kern.RetSSize
	case "uint64_t":
		return kern.RetUint64
	}
	return kern.RetInt
}
