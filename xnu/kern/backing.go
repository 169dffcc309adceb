package kern

import (
	"github.com/beagle-emu/beagle/hostfs"
)

// fileBacking is a file as memory and the loader see it. It owns a duplicate of
// the description, closed with the last reference.
type fileBacking struct {
	f    hostfs.File
	refs int
}

// NewBacking makes a mapping source of an open file, with one reference. The
// caller keeps its own file.
func NewBacking(f hostfs.File) (*fileBacking, error) {
	d, err := f.Dup()
	if err != nil {
		return nil, err
	}
	return &fileBacking{f: d, refs: 1}, nil
}

// ReadAt, WriteAt and Size are the file's.
func (b *fileBacking) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		k, err := b.f.ReadAt(p[n:], off+int64(n))
		if err != nil {
			return n, err
		}
		if k == 0 {
			break
		}
		n += k
	}
	return n, nil
}

// WriteAt writes all of p or fails.
func (b *fileBacking) WriteAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		k, err := b.f.WriteAt(p[n:], off+int64(n))
		if err != nil {
			return n, err
		}
		if k == 0 {
			break
		}
		n += k
	}
	return n, nil
}

// Size is the file's size in bytes now.
func (b *fileBacking) Size() (int64, error) {
	st, err := b.f.Stat()
	return st.Size, err
}

// HostFD is the host descriptor to map, -1 for files in memory.
func (b *fileBacking) HostFD() int { return b.f.FD() }

// File is the open file behind the mapping, for vm_region paths.
func (b *fileBacking) File() hostfs.File { return b.f }

// Retain adds a reference.
func (b *fileBacking) Retain() { b.refs++ }

// Release drops one.
func (b *fileBacking) Release() {
	if b.refs--; b.refs == 0 {
		b.f.Close()
	}
}
