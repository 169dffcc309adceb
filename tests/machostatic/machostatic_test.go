package machostatic

import (
	"encoding/binary"
	"testing"
)

// Whatever the bytes are, Convert answers or says what is wrong.
func FuzzConvert(f *testing.F) {
	le := binary.LittleEndian
	h := make([]byte, 32+24+72)
	le.PutUint32(h, magic64)
	le.PutUint32(h[4:], cpuARM64)
	le.PutUint32(h[16:], 2)
	le.PutUint32(h[32:], cmdMain|cmdReqDyld)
	le.PutUint32(h[36:], 24)
	le.PutUint32(h[56:], cmdSegment64)
	le.PutUint32(h[60:], segmentSize)
	copy(h[64:], "__TEXT\x00")
	f.Add(append(h, make([]byte, 1024)...))
	for _, n := range []int{0, 8, 32, 40, 60, 100, len(h)} {
		f.Add(h[:n])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := Convert(b)
		if (err == nil) == (out == nil) {
			t.Fatalf("%d bytes, error %v", len(out), err)
		}
	})
}
