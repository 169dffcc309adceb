package mem

import (
	"bytes"
	"encoding/binary"
	"runtime/debug"
	"sync/atomic"
	"unsafe"
)

// OnStore sets the one function that sees every store made by the kernel: CopyOut,
// Store8 to Store64, CompareAndSwap32 that swapped, and Poke. It is called after
// the bytes are there; nil removes it. Stores of the guest are not seen.
func (s *Space) OnStore(f func(addr uint64, n int)) { s.onStore = f }

// entry gives the page table entry for an access, from the table if it allows it.
func (s *Space) entry(addr uint64, a Access) (uint64, *FaultError) {
	if addr>>vaBits == 0 {
		if v := s.pte(addr >> s.shift); v&uint64(a.prot()) != 0 {
			return v, nil
		}
	}
	return s.translate(addr, a)
}

// forced is entry for Peek and Poke.
func (s *Space) forced(addr uint64, a Access) (uint64, *FaultError) {
	r := s.m.find(addr)
	if r == nil {
		return 0, &FaultError{addr, a, Unmapped}
	}
	return s.resolve(r, addr, a)
}

// CopyIn fills dst from guest memory. The error is a *FaultError that names the
// first byte that cannot be read; what lies before it has been copied.
func (s *Space) CopyIn(dst []byte, addr uint64) error {
	for len(dst) > 0 {
		v, fe := s.entry(addr, Load)
		if fe == nil {
			var n int
			if n, fe = s.copyPage(dst, addr, v, Load); fe == nil {
				dst, addr = dst[n:], addr+uint64(n)
				continue
			}
		}
		return fe
	}
	return nil
}

// CopyOut writes src to guest memory. The error is a *FaultError that names the
// first byte that cannot be written; what lies before it has been written, as by
// XNU's copyout.
func (s *Space) CopyOut(addr uint64, src []byte) error {
	start := addr
	var fe *FaultError
	for len(src) > 0 {
		var v uint64
		if v, fe = s.entry(addr, Store); fe != nil {
			break
		}
		var n int
		if n, fe = s.copyPage(src, addr, v, Store); fe != nil {
			break
		}
		src, addr = src[n:], addr+uint64(n)
	}
	s.stored(start, addr)
	if fe != nil {
		return fe
	}
	return nil
}

// Peek is CopyIn that ignores protections, for debuggers.
func (s *Space) Peek(dst []byte, addr uint64) error {
	for len(dst) > 0 {
		v, fe := s.forced(addr, Load)
		if fe == nil {
			var n int
			if n, fe = s.copyPage(dst, addr, v, Load); fe == nil {
				dst, addr = dst[n:], addr+uint64(n)
				continue
			}
		}
		return fe
	}
	return nil
}

// Poke is CopyOut that ignores protections, for the loader and debuggers. Private
// memory becomes the space's own as by any store; a shared mapping of a host file
// that is not open for writing is Denied.
func (s *Space) Poke(addr uint64, src []byte) error {
	start := addr
	var fe *FaultError
	for len(src) > 0 {
		var v uint64
		if v, fe = s.forced(addr, Store); fe != nil {
			break
		}
		var n int
		if n, fe = s.copyPage(src, addr, v, Store); fe != nil {
			break
		}
		src, addr = src[n:], addr+uint64(n)
	}
	s.stored(start, addr)
	if fe != nil {
		return fe
	}
	return nil
}

// stored tells the hook of a store of [from, to).
func (s *Space) stored(from, to uint64) {
	if s.onStore != nil && to > from {
		s.onStore(from, int(to-from))
	}
}

// copyPage copies what of b lies in the page of addr, whose entry is v: from it for
// a Load, to it for a Store.
func (s *Space) copyPage(b []byte, addr, v uint64, a Access) (int, *FaultError) {
	in := addr & s.mask()
	n := min(uint64(len(b)), 1<<s.shift-in)
	off := v&pteOffset + in
	m := s.phys.arena[off : off+n]
	if a == Store {
		s.noteStore(v)
	}
	switch {
	case off >= s.phys.window:
		dst, src := b[:n], m
		if a == Store {
			dst, src = src, dst
		}
		if !copyWindow(dst, src) {
			return 0, &FaultError{addr, a, PastEOF}
		}
	case a == Store:
		copy(m, b)
	default:
		copy(b, m)
	}
	return int(n), nil
}

// noteStore is for a store by the kernel to the page of an entry: code translated
// from it is stale from now on.
func (s *Space) noteStore(v uint64) {
	if s.markStale(v) {
		s.epoch++
	}
}

// copyWindow copies from or to a mapped host file, which someone may have cut
// short: the host then raises SIGBUS where the page was.
func copyWindow(dst, src []byte) (ok bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	copy(dst, src)
	return true
}

// CopyInString reads a string that ends with a NUL, which is not part of the
// result, among the first max bytes; ErrTooLong if there is none.
func (s *Space) CopyInString(addr uint64, max int) (string, error) {
	var small [256]byte
	out := small[:0]
	for max > 0 {
		v, fe := s.entry(addr, Load)
		if fe != nil {
			return "", fe
		}
		in := addr & s.mask()
		n := min(1<<s.shift-in, uint64(max))
		off := v&pteOffset + in
		m := s.phys.arena[off : off+n]
		if off >= s.phys.window {
			safe := make([]byte, n)
			if !copyWindow(safe, m) {
				return "", &FaultError{addr, Load, PastEOF}
			}
			m = safe
		}
		if i := bytes.IndexByte(m, 0); i >= 0 {
			return string(append(out, m[:i]...)), nil
		}
		out = append(out, m...)
		addr, max = addr+n, max-int(n)
	}
	return "", ErrTooLong
}

// word gives the host address of a naturally aligned word of n bytes for an access,
// or nil if it must be copied: it is misaligned or in a mapped host file.
func (s *Space) word(addr, n uint64, a Access) (unsafe.Pointer, *FaultError) {
	if addr&(n-1) != 0 {
		return nil, nil
	}
	v, fe := s.entry(addr, a)
	if fe != nil {
		return nil, fe
	}
	off := v&pteOffset + addr&s.mask()
	if off >= s.phys.window {
		return nil, nil
	}
	if a == Store {
		s.noteStore(v)
	}
	return s.phys.ptr(off), nil
}

// Load8 reads a byte. Its errors, and those of its kin, are as CopyIn's.
func (s *Space) Load8(addr uint64) (uint8, error) {
	var b [1]byte
	err := s.CopyIn(b[:], addr)
	return b[0], err
}

// Load16 reads a little-endian number, aligned or not.
func (s *Space) Load16(addr uint64) (uint16, error) {
	var b [2]byte
	err := s.CopyIn(b[:], addr)
	return binary.LittleEndian.Uint16(b[:]), err
}

// Load32 reads a little-endian number, atomically if it is aligned.
func (s *Space) Load32(addr uint64) (uint32, error) {
	p, fe := s.word(addr, 4, Load)
	switch {
	case fe != nil:
		return 0, fe
	case p != nil:
		return atomic.LoadUint32((*uint32)(p)), nil
	}
	var b [4]byte
	err := s.CopyIn(b[:], addr)
	return binary.LittleEndian.Uint32(b[:]), err
}

// Load64 reads a little-endian number, atomically if it is aligned.
func (s *Space) Load64(addr uint64) (uint64, error) {
	p, fe := s.word(addr, 8, Load)
	switch {
	case fe != nil:
		return 0, fe
	case p != nil:
		return atomic.LoadUint64((*uint64)(p)), nil
	}
	var b [8]byte
	err := s.CopyIn(b[:], addr)
	return binary.LittleEndian.Uint64(b[:]), err
}

// Store8 writes a byte. Its errors, and those of its kin, are as CopyOut's.
func (s *Space) Store8(addr uint64, v uint8) error {
	b := [1]byte{v}
	return s.CopyOut(addr, b[:])
}

// Store16 writes a little-endian number, aligned or not.
func (s *Space) Store16(addr uint64, v uint16) error {
	var b [2]byte
	binary.LittleEndian.PutUint16(b[:], v)
	return s.CopyOut(addr, b[:])
}

// Store32 writes a little-endian number, atomically if it is aligned.
func (s *Space) Store32(addr uint64, v uint32) error {
	p, fe := s.word(addr, 4, Store)
	switch {
	case fe != nil:
		return fe
	case p != nil:
		atomic.StoreUint32((*uint32)(p), v)
		s.stored(addr, addr+4)
		return nil
	}
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], v)
	return s.CopyOut(addr, b[:])
}

// Store64 writes a little-endian number, atomically if it is aligned.
func (s *Space) Store64(addr uint64, v uint64) error {
	p, fe := s.word(addr, 8, Store)
	switch {
	case fe != nil:
		return fe
	case p != nil:
		atomic.StoreUint64((*uint64)(p), v)
		s.stored(addr, addr+8)
		return nil
	}
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], v)
	return s.CopyOut(addr, b[:])
}

// CompareAndSwap32 stores new where old is, atomically if it is aligned, and says
// whether it did. The page must be writable either way.
func (s *Space) CompareAndSwap32(addr uint64, old, new uint32) (bool, error) {
	p, fe := s.word(addr, 4, Store)
	if fe != nil {
		return false, fe
	}
	if p != nil {
		ok := atomic.CompareAndSwapUint32((*uint32)(p), old, new)
		if ok {
			s.stored(addr, addr+4)
		}
		return ok, nil
	}
	if addr&3 == 0 {
		return s.casWindow(addr, old, new)
	}
	now, err := s.Load32(addr)
	if err != nil {
		return false, err
	}
	if now != old {
		// A misaligned word may cross into a page that is not writable.
		if _, fe := s.entry(addr, Store); fe != nil {
			return false, fe
		}
		if _, fe := s.entry(addr+3, Store); fe != nil {
			return false, fe
		}
		return false, nil
	}
	return true, s.Store32(addr, new)
}

// casWindow is CompareAndSwap32 of an aligned word in a mapped host file, where
// other host processes may take part.
func (s *Space) casWindow(addr uint64, old, new uint32) (ok bool, err error) {
	v, fe := s.entry(addr, Store)
	if fe != nil {
		return false, fe
	}
	s.noteStore(v)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			ok, err = false, &FaultError{addr, Store, PastEOF}
		}
	}()
	if ok = atomic.CompareAndSwapUint32((*uint32)(s.phys.ptr(v&pteOffset+addr&s.mask())), old, new); ok {
		s.stored(addr, addr+4)
	}
	return ok, nil
}
