package mem

// Direct lets f work on guest memory in place instead of on a copy, for transfers
// between files and large buffers. f gets the bytes from addr on that lie together
// in the arena, at most n and at least one page's share, with the access a already
// granted; it must not keep the slice, nor use the space. What f says it stored is
// told to the OnStore function.
//
// asked is how many bytes f was given. It is 0, and f was not called, when the
// first byte cannot be had so: it is not accessible, or in a mapped host file,
// which somebody may cut short at any time. The caller then copies, which also
// finds out the right error.
func (s *Space) Direct(addr, n uint64, a Access, f func(b []byte) (int, error)) (asked, done int, err error) {
	if n == 0 {
		return 0, 0, nil
	}
	page := s.mask() + 1
	var first, size uint64
	for at := addr; size < n; {
		v, fe := s.entry(at, a)
		if fe != nil {
			break
		}
		off := v&pteOffset + at&s.mask()
		if off >= s.phys.window || size > 0 && off != first+size {
			break
		}
		if a == Store {
			s.noteStore(v)
		}
		if size == 0 {
			first = off
		}
		step := min(page-at&s.mask(), n-size)
		size, at = size+step, at+step
	}
	if size == 0 {
		return 0, 0, nil
	}
	done, err = f(s.phys.arena[first : first+size : first+size])
	if a == Store && done > 0 {
		s.stored(addr, addr+uint64(done))
	}
	return int(size), done, err
}
