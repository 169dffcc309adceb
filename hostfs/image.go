package hostfs

import (
	"bytes"
	"io"
	"io/fs"
	"sync"
)

func bytesAt(b []byte) io.ReaderAt { return bytes.NewReader(b) }

// imageFile reads a file of the image, which is opened at the first use: a
// program needs few of them.
type imageFile struct {
	image fs.FS
	name  string
	once  sync.Once
	r     io.ReaderAt
	err   error
}

func (f *imageFile) ReadAt(p []byte, off int64) (int, error) {
	f.once.Do(f.open)
	if f.err != nil {
		return 0, f.err
	}
	return f.r.ReadAt(p, off)
}

func (f *imageFile) open() {
	file, err := f.image.Open(f.name)
	if err != nil {
		f.err = err
		return
	}
	// An embedded file reads anywhere; others may have to be read whole.
	if r, ok := file.(io.ReaderAt); ok {
		f.r = r
		return
	}
	b, err := io.ReadAll(file)
	file.Close()
	f.r, f.err = bytes.NewReader(b), err
}
