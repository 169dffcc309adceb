// Package libsystem holds Beagle's own dynamic linker and system libraries: guest
// code in C, compiled for both architectures by build.sh into out, and embedded
// here as the built-in root.
package libsystem

import (
	"embed"
	"errors"
	"io/fs"
)

//go:embed all:out
var out embed.FS

// placeholder is in out so that it can be embedded when nothing is built.
const placeholder = ".placeholder"

// dylinker is what no dynamic program can start without.
const dylinker = "usr/lib/dyld"

// ErrNotBuilt says that this build of Beagle has no built-in root.
var ErrNotBuilt = errors.New("this build of Beagle has no system libraries of its own: run \"make root\" (libsystem/build.sh), then build again")

// Image is the built-in root: "usr/lib/dyld" is /usr/lib/dyld. It is empty when
// it was not there at build time; see [Missing].
func Image() fs.FS {
	sub, err := fs.Sub(out, "out")
	if err != nil {
		panic(err) // "out" is a valid name
	}
	return root{sub.(fs.ReadDirFS)}
}

// Missing returns [ErrNotBuilt] when the built-in root is not part of this build.
func Missing() error {
	if _, err := fs.Stat(Image(), dylinker); err != nil {
		return ErrNotBuilt
	}
	return nil
}

// root is the embedded folder without its placeholder.
type root struct{ fs fs.ReadDirFS }

func (r root) Open(name string) (fs.File, error) {
	if name == placeholder {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return r.fs.Open(name)
}

func (r root) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := r.fs.ReadDir(name)
	for i, e := range list {
		if name == "." && e.Name() == placeholder {
			return append(list[:i:i], list[i+1:]...), err
		}
	}
	return list, err
}
