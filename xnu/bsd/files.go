package bsd

import "github.com/beagle-emu/beagle/xnu/kern"

// fileRows are the calls on files and descriptors, a list for each file here.
func fileRows() []kern.Row {
	var out []kern.Row
	for _, rows := range [][]kern.Row{
		openRows(), rwRows(), descripRows(), guardRows(), lockRows(), statRows(), dirRows(), ioctlRows(),
		linkRows(), cloneRows(), permRows(), xattrRows(), statfsRows(), attrRows(),
	} {
		out = append(out, rows...)
	}
	return out
}
