package unicorn

/*
#include "bgl.h"
*/
import "C"

import (
	"errors"
	"unsafe"

	"github.com/beagle-emu/beagle/cpu"
)

// Context implements [cpu.Context]. Its storage is C memory until Release.
type Context struct {
	e *Engine
	c *C.bgl_ctx
}

// bgl_ctx begins with exactly a cpu.Regs.
var _ = [1]struct{}{}[unsafe.Offsetof(C.bgl_ctx{}.blob)-unsafe.Sizeof(cpu.Regs{})]

var errNoMemory = errors.New("unicorn: no memory for a context")

// NewContext implements [cpu.Engine].
func (e *Engine) NewContext() (cpu.Context, error) {
	x, err := e.newContext()
	if err != nil {
		return nil, err
	}
	return x, nil
}

func (e *Engine) newContext() (*Context, error) {
	c := C.bgl_ctx_new(e.c)
	if c == nil {
		return nil, errNoMemory
	}
	return &Context{e: e, c: c}, nil
}

// Regs implements [cpu.Context].
func (x *Context) Regs() *cpu.Regs { return (*cpu.Regs)(unsafe.Pointer(x.c)) }

// Vector implements [cpu.Context].
func (x *Context) Vector(buf *[cpu.VectorSize]byte) {
	if x.e.arch == cpu.ARM64 {
		C.bgl_arm64_vector(x.e.c, x.c, (*C.uint8_t)(unsafe.Pointer(buf)))
		return
	}
	C.bgl_x86_vector(x.e.c, x.c, (*C.uint8_t)(unsafe.Pointer(buf)))
}

// SetVector implements [cpu.Context].
func (x *Context) SetVector(buf *[cpu.VectorSize]byte) {
	if x.e.arch == cpu.ARM64 {
		C.bgl_arm64_set_vector(x.e.c, x.c, (*C.uint8_t)(unsafe.Pointer(buf)))
		return
	}
	C.bgl_x86_set_vector(x.e.c, x.c, (*C.uint8_t)(unsafe.Pointer(buf)))
}

// Clone implements [cpu.Context]. It returns nil when the host has no memory.
func (x *Context) Clone() cpu.Context {
	n, err := x.e.newContext()
	if err != nil {
		return nil
	}
	n.CopyFrom(x)
	return n
}

// CopyFrom implements [cpu.Context].
func (x *Context) CopyFrom(src cpu.Context) {
	C.bgl_ctx_copy(x.e.c, x.c, src.(*Context).c)
}

// Reset implements [cpu.Context].
func (x *Context) Reset() { C.bgl_ctx_reset(x.e.c, x.c) }

// Release implements [cpu.Context]. It may come after the engine's Close.
func (x *Context) Release() {
	if x.c != nil {
		C.bgl_ctx_free(x.e.c, x.c)
		x.c = nil
	}
}
