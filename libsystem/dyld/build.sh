#!/bin/sh
# Builds usr/lib/dyld and usr/lib/system/libdyld.dylib, both fat, into $OUT. Called
# by ../build.sh.
set -eu
cd "$(dirname "$0")"
: "${OUT:?run libsystem/build.sh}" "${CACHE:?run libsystem/build.sh}"

CLANG=${CLANG:-clang-19} LD=${LD64:-ld64.lld-19} LIPO=${LIPO:-llvm-lipo-19}
for tool in "$CLANG" "$LD" "$LIPO"; do
	command -v "$tool" >/dev/null || { echo "dyld: there is no $tool: install clang-19, lld-19 and llvm-19" >&2; exit 1; }
done

# What is built is kept by the content of all that goes into it.
key=$( (cat ./*.c ./*.h ./*.S libdyld/* build.sh ../mkdylinker/*.go; "$CLANG" --version; "$LD" --version) | sha256sum | cut -c1-20)
dir=$CACHE/dyld/$key
if [ ! -f "$dir/complete" ]; then
	tmp=$CACHE/dyld/$key.$$
	rm -rf "$tmp"
	mkdir -p "$tmp"
	trap 'rm -rf "$tmp"' EXIT
	include=$("$CLANG" -print-resource-dir)/include
	for arch in x86_64 arm64; do
		o=$tmp/$arch
		mkdir "$o"
		# __text of dyld must not call what the compiler thinks a C library
		# has; it needs no unwind information, for nothing unwinds through it.
		flags="-target $arch-apple-macos11 -std=gnu11 -ffreestanding -fno-builtin -nostdinc -isystem $include
			-O2 -g0 -fno-stack-protector -fno-common -fno-asynchronous-unwind-tables
			-Wall -Wextra -Wmissing-prototypes -Wno-unused-parameter -Werror"
		for f in main util lock macho path load symbols bind fixup_info fixup_chain fixup_classic init infos tlv dlfcn api; do
			# shellcheck disable=SC2086 # a list of words
			"$CLANG" $flags -fvisibility=hidden -c "$f.c" -o "$o/$f.o"
		done
		"$CLANG" -target "$arch-apple-macos11" -c "start.$arch.S" -o "$o/start.o"
		"$LD" -arch "$arch" -platform_version macos 11.0 11.0 -dylib -fixup_chains -headerpad 0x400 \
			-install_name /usr/lib/dyld -o "$o/dyld.dylib" "$o"/*.o
		(cd .. && go run ./mkdylinker /usr/lib/dyld __dyld_start "$o/dyld.dylib" "$o/dyld")
		mkdir "$o/lib"
		# shellcheck disable=SC2086
		"$CLANG" $flags -c libdyld/libdyld.c -o "$o/lib/libdyld.o"
		# shellcheck disable=SC2086
		"$CLANG" $flags -c libdyld/getsect.c -o "$o/lib/getsect.o"
		"$LD" -arch "$arch" -platform_version macos 11.0 11.0 -dylib -fixup_chains -umbrella System \
			-install_name /usr/lib/system/libdyld.dylib -current_version 1285 -compatibility_version 1 \
			-o "$o/libdyld.dylib" "$o"/lib/*.o
	done
	for f in dyld libdyld.dylib; do
		"$LIPO" -create "$tmp/x86_64/$f" "$tmp/arm64/$f" -output "$tmp/$f"
	done
	touch "$tmp/complete"
	rm -rf "$dir"
	mv "$tmp" "$dir"
	trap - EXIT
fi
mkdir -p "$OUT/usr/lib/system"
for f in dyld system/libdyld.dylib; do
	from=$dir/$(basename "$f")
	cmp -s "$from" "$OUT/usr/lib/$f" || cp "$from" "$OUT/usr/lib/$f"
done
