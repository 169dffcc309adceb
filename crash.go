package beagle

import (
	"fmt"
	"io"

	"github.com/beagle-emu/beagle/cpu"
	"github.com/beagle-emu/beagle/xnu/kern"
)

var x86Names = [...]string{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11",
	"r12", "r13", "r14", "r15", "rip", "rflags", "gs base", "fs base"}

// printRegs writes a crashed thread's integer registers, four a line.
func printRegs(w io.Writer, t *kern.Thread) {
	names := x86Names[:]
	if t.Arch() == cpu.ARM64 {
		names = names[:0:0]
		for i := range 29 {
			names = append(names, fmt.Sprintf("x%d", i))
		}
		names = append(names, "fp", "lr", "sp", "pc", "nzcv", "tpidrro", "tpidr")
	}
	r := t.Regs()
	for i, n := range names {
		end := "  "
		if i%4 == 3 || i == len(names)-1 {
			end = "\n"
		}
		fmt.Fprintf(w, "%8s %016x%s", n, r.R[i], end)
	}
}
