package abi

import "encoding/binary"

// Both architectures are little-endian.
var le = binary.LittleEndian

// SizeOf returns the size in bytes that Darwin gives the structure v, or a
// pointer to it. v is a structure of this package or holds only fixed-size
// fields; for anything else SizeOf returns -1.
func SizeOf(v any) int { return binary.Size(v) }

// Append appends the structure v as the guest sees it. Padding and reserved
// fields, whose Go name is "_", become zeros, so that no stale byte reaches a
// guest. It panics if v is not made of fixed-size fields, which is a mistake in
// Beagle: every structure of this package is.
func Append(b []byte, v any) []byte {
	out, err := binary.Append(b, le, v)
	if err != nil {
		panic("abi: " + err.Error())
	}
	return out
}

// Marshal returns the structure v as the guest sees it; see [Append].
func Marshal(v any) []byte { return Append(nil, v) }

// Unmarshal reads the structure that v points to from the start of b and
// reports whether b was long enough. Structures on hot paths have Put and Get
// methods, which take no detour through reflection.
func Unmarshal(b []byte, v any) bool {
	_, err := binary.Decode(b, le, v)
	return err == nil
}
