package loader

import (
	"crypto/sha1" // #nosec: the format's own digest, not a protection
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"hash"
	"io"
)

// Numbers of code signatures: osfmk/kern/cs_blobs.h. All are big endian.
const (
	csSuperBlob     = 0xfade0cc0
	csCodeDirectory = 0xfade0c02
	csEntitlements  = 0xfade7171
	csSlotDirectory = 0
	csSlotAlternate = 0x1000 // to 0x1004
	csSlotEntitle   = 5
	csAdhoc         = 0x2 // CS_ADHOC in CodeDirectory.flags

	csMaxBlobs = 128
	csDirSize  = 44 // CodeDirectory up to spare2
	csCDHash   = 20 // CS_CDHASH_LEN
)

// csBlob is one blob of a signature: where it lies in the slice.
type csBlob struct {
	slot, magic uint32
	off, size   uint64
}

// signature is the embedded signature of a slice.
type signature struct {
	blobs []csBlob
}

// readSignature reads the index of the signature at off in the slice.
func readSignature(r io.ReaderAt, off, size uint64) (*signature, error) {
	var head [12]byte
	if size < uint64(len(head)) {
		return nil, errors.New("the signature is too short")
	}
	if err := readFull(r, head[:], off); err != nil {
		return nil, err
	}
	magic, length := be.Uint32(head[:]), uint64(be.Uint32(head[4:]))
	if length > size {
		return nil, errors.New("the signature ends beyond its space")
	}
	if magic == csCodeDirectory {
		return &signature{[]csBlob{{csSlotDirectory, magic, off, length}}}, nil
	}
	n := be.Uint32(head[8:])
	if magic != csSuperBlob || n > csMaxBlobs || 12+8*uint64(n) > length {
		return nil, errors.New("no signature where LC_CODE_SIGNATURE says")
	}
	index := make([]byte, 8*n)
	if err := readFull(r, index, off+12); err != nil {
		return nil, err
	}
	s := &signature{}
	for ; len(index) > 0; index = index[8:] {
		at := uint64(be.Uint32(index[4:]))
		var h [8]byte
		if at > length-8 {
			return nil, errors.New("a blob lies outside the signature")
		}
		if err := readFull(r, h[:], off+at); err != nil {
			return nil, err
		}
		b := csBlob{be.Uint32(index), be.Uint32(h[:]), off + at, uint64(be.Uint32(h[4:]))}
		if b.size < 8 || b.size > length-at {
			return nil, errors.New("a blob ends outside the signature")
		}
		s.blobs = append(s.blobs, b)
	}
	return s, nil
}

// directory returns the code directory that counts and its head: the one with
// the strongest hash (cs_validate_csblob in bsd/kern/ubc_subr.c).
func (s *signature) directory(r io.ReaderAt) (csBlob, []byte, error) {
	var best csBlob
	var bestHead []byte
	for _, b := range s.blobs {
		if b.slot != csSlotDirectory && (b.slot < csSlotAlternate || b.slot > csSlotAlternate+4) ||
			b.magic != csCodeDirectory || b.size < csDirSize {
			continue
		}
		head := make([]byte, csDirSize)
		if err := readFull(r, head, b.off); err != nil {
			return csBlob{}, nil, err
		}
		if newHash(head) != nil && (bestHead == nil || hashRank(head) > hashRank(bestHead)) {
			best, bestHead = b, head
		}
	}
	if bestHead == nil {
		return best, nil, errors.New("the signature has no code directory")
	}
	return best, bestHead, nil
}

func hashRank(dir []byte) int { return [...]int{0, 1, 3, 2, 4}[dir[37]] }

// newHash returns the hash function of a code directory, nil if unknown.
func newHash(dir []byte) hash.Hash {
	switch dir[37] { // hashType
	case 1:
		return sha1.New() // #nosec
	case 2, 3:
		return sha256.New()
	case 4:
		return sha512.New384()
	}
	return nil
}

// CDHash returns the 20-byte code directory hash by which the system knows the
// program, or nil if it is not signed or the signature cannot be read. The
// signature itself is not verified.
func (f *File) CDHash() []byte {
	if f.sigSize == 0 || uint64(f.sigOff)+uint64(f.sigSize) > f.size {
		return nil
	}
	r := io.NewSectionReader(f.src, int64(f.off), int64(f.size))
	s, err := readSignature(r, uint64(f.sigOff), uint64(f.sigSize))
	if err != nil {
		return nil
	}
	h, err := s.cdHash(r)
	if err != nil {
		return nil
	}
	return h
}

func (s *signature) cdHash(r io.ReaderAt) ([]byte, error) {
	dir, head, err := s.directory(r)
	if err != nil {
		return nil, err
	}
	h := newHash(head)
	if _, err := io.Copy(h, io.NewSectionReader(r, int64(dir.off), int64(dir.size))); err != nil {
		return nil, err
	}
	return h.Sum(nil)[:csCDHash], nil
}

// readFull fills p from off or fails.
func readFull(r io.ReaderAt, p []byte, off uint64) error {
	n, err := readAt(r, p, off)
	if err == nil && n < len(p) {
		err = io.ErrUnexpectedEOF
	}
	return err
}
