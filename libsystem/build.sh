#!/bin/sh
# Builds the built-in root, the guest files that Beagle serves at their macOS
# paths, into libsystem/out. Each part is a folder with a build.sh of its own, which
# is run in its folder with
#
#	OUT    the root to install into ($OUT/usr/lib/dyld and so on)
#	CACHE  a folder outside the tree, kept between builds
#
# in the environment. A part whose inputs did not change returns at once.
set -eu
cd "$(dirname "$0")"

OUT=$PWD/out
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/beagle/libsystem
export OUT CACHE
mkdir -p "$OUT" "$CACHE"

# dyld first: libSystem re-exports its libdyld.
for part in ${*:-dyld libSystem}; do
	if [ -x "$part/build.sh" ]; then
		(cd "$part" && ./build.sh) || { echo "libsystem: $part was not built" >&2; exit 1; }
	else
		echo "libsystem: there is no $part/build.sh" >&2
	fi
done
