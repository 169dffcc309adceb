package mem

import (
	"iter"
	"unsafe"
)

type Physical struct{}

func NewPhysical(limit uint64) (*Physical, error)                         { return nil, ErrNoMemory }
func (*Physical) Base() unsafe.Pointer                                    { return nil }
func (*Physical) Size() uint64                                            { return 0 }
func (*Physical) FrameFlags() unsafe.Pointer                              { return nil }
func (*Physical) InUse() uint64                                           { return 0 }
func (*Physical) Limit() uint64                                           { return 0 }
func (*Physical) SetLimit(uint64)                                         {}
func (*Physical) Close()                                                  {}
func (*Physical) OnCodeChange(f func(paddr, size uint64)) (cancel func()) { return func() {} }
func (*Physical) DropStale(paddr, size uint64)                            {}
func (*Physical) NewSpace(SpaceConfig) *Space                             { return nil }
func (*Physical) NewObject(size uint64) *Object                           { return nil }

const (
	FrameExecuted = 1
	FrameStale    = 2
)

type Space struct{}

func (*Space) Map(addr, size uint64, o MapOptions) (uint64, error)  { return 0, ErrNoSpace }
func (*Space) Unmap(addr, size uint64) error                        { return ErrBadAddress }
func (*Space) Protect(addr, size uint64, p Prot, setMax bool) error { return ErrUnmapped }
func (*Space) SetInherit(addr, size uint64, i Inherit) error        { return ErrUnmapped }
func (*Space) Discard(addr, size uint64) error                      { return ErrUnmapped }
func (*Space) Sync(addr, size uint64, invalidate bool) error        { return ErrUnmapped }
func (*Space) Resident(addr, size uint64, vec []byte) error         { return ErrUnmapped }
func (*Space) Find(addr uint64) (Region, bool)                      { return Region{}, false }
func (*Space) Regions() iter.Seq[Region]                            { return nil }
func (*Space) Share(src *Space, srcAddr, size, dstAddr uint64, o MapOptions, copy bool) (uint64, error) {
	return 0, ErrNoSpace
}
func (*Space) Fork() (*Space, error)                             { return nil, ErrNoMemory }
func (*Space) Release()                                          {}
func (*Space) PageSize() uint64                                  { return 4096 }
func (*Space) Size() uint64                                      { return 0 }
func (*Space) ResidentBytes() uint64                             { return 0 }
func (*Space) Min() uint64                                       { return 0 }
func (*Space) Max() uint64                                       { return 0 }
func (*Space) CopyIn(dst []byte, addr uint64) error              { return &FaultError{Addr: addr} }
func (*Space) CopyOut(addr uint64, src []byte) error             { return &FaultError{Addr: addr} }
func (*Space) CopyInString(addr uint64, max int) (string, error) { return "", ErrTooLong }
func (*Space) Load8(addr uint64) (uint8, error)                  { return 0, &FaultError{Addr: addr} }
func (*Space) Load16(addr uint64) (uint16, error)                { return 0, &FaultError{Addr: addr} }
func (*Space) Load32(addr uint64) (uint32, error)                { return 0, &FaultError{Addr: addr} }
func (*Space) Load64(addr uint64) (uint64, error)                { return 0, &FaultError{Addr: addr} }
func (*Space) Store8(addr uint64, v uint8) error                 { return &FaultError{Addr: addr} }
func (*Space) Store16(addr uint64, v uint16) error               { return &FaultError{Addr: addr} }
func (*Space) Store32(addr uint64, v uint32) error               { return &FaultError{Addr: addr} }
func (*Space) Store64(addr uint64, v uint64) error               { return &FaultError{Addr: addr} }
func (*Space) CompareAndSwap32(addr uint64, old, new uint32) (bool, error) {
	return false, &FaultError{Addr: addr}
}
func (*Space) Poke(addr uint64, src []byte) error      { return &FaultError{Addr: addr} }
func (*Space) Peek(dst []byte, addr uint64) error      { return &FaultError{Addr: addr} }
func (*Space) OnStore(f func(addr uint64, n int))      {}
func (*Space) Fault(addr uint64, a Access) *FaultError { return &FaultError{Addr: addr, Access: a} }
func (*Space) Root() unsafe.Pointer                    { return nil }
func (*Space) PageShift() uint                         { return 12 }
func (*Space) Epoch() uint64                           { return 0 }
func (*Space) ID() uint64                              { return 0 }
func (*Space) TrackDirty(on bool)                      {}
func (*Space) Dirty(yield func(addr uint64) bool)      {}

type Object struct{}

func (*Object) Ref()                                     {}
func (*Object) Unref()                                   {}
func (*Object) Size() uint64                             { return 0 }
func (*Object) Resize(size uint64) error                 { return ErrNoMemory }
func (*Object) ReadAt(p []byte, off int64) (int, error)  { return 0, ErrNoMemory }
func (*Object) WriteAt(p []byte, off int64) (int, error) { return 0, ErrNoMemory }
