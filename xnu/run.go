// Package xnu assembles the kernel personality. READ FIRST: New wires the call
// tables of bsd, mach and machdep to the objects of kern; Machine.Run then goes
// round Run -> Trap -> dispatch -> resume (kern/sched.go, kern/dispatch.go).
package xnu

import (
	"github.com/beagle-emu/beagle/xnu/bsd"
	"github.com/beagle-emu/beagle/xnu/kern"
	"github.com/beagle-emu/beagle/xnu/mach"
	"github.com/beagle-emu/beagle/xnu/machdep"
)

// Tables are all the calls there are, done and not done.
func Tables() *kern.Tables {
	x86, arm := machdep.Tables()
	return &kern.Tables{Unix: bsd.Table(), Mach: mach.Table(), MachdepX86: x86, MachdepARM: arm}
}

// New makes a machine of c, filling in tables and hooks.
func New(c kern.Config) *kern.Machine {
	if c.Tables == nil {
		c.Tables = Tables()
	}
	machdep.Hook(&c.Hooks)
	mach.Hook(&c.Hooks)
	bsd.Hook(&c.Hooks)
	return kern.New(c)
}
