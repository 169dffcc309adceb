#!/bin/sh
# Writes MISSING.md: of the symbols that published macOS programs import from
# libSystem (wanted.txt, with the number of programs' slices and families that do),
# those that the built libraries do not export. Run it after build.sh.
set -eu
cd "$(dirname "$0")"
NM=${NM:-llvm-nm-19}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

for arch in x86_64 arm64; do
	for f in out/usr/lib/libSystem.B.dylib out/usr/lib/system/*.dylib; do
		$NM -arch $arch --extern-only --defined-only --format=just-symbols "$f" 2>/dev/null | grep -v ':$' || true
	done | sort -u >"$tmp/$arch"
done
sort -u "$tmp/x86_64" "$tmp/arm64" >"$tmp/any"
awk -v out="$tmp" '
	FILENAME ~ /any$/ { have[$1] = 1; next }
	/^## / { group = substr($0, 4); next }
	/^#/ || NF < 3 { next }
	{
		name = ""
		for (i = 3; i <= NF; i++) if ($i !~ /^[0-9]+$/ && $i !~ /^\[/) { name = $i; break }
		if (name == "") next
		all++
		if ($2 >= 2) two++
		if (name in have) { got++; if ($2 >= 2) got2++; next }
		if (!(group in seen)) { order[++groups] = group; seen[group] = 1 }
		list[group] = list[group] sprintf("| `%s` | %d | %d |\n", name, $1, $2)
	}
	END {
		print "# libSystem: what published programs import and Beagle does not have"
		print ""
		print "Written by missing.sh; not edited by hand. A program that imports one of these starts,"
		print "and ends with one line if it calls it."
		print ""
		printf "%d of %d symbols are there (%d of the %d that two or more families of programs import).\n", got, all, got2, two
		for (g = 1; g <= groups; g++) {
			printf "\n## %s\n\n| symbol | slices | families |\n|---|---|---|\n%s", order[g], list[order[g]]
		}
	}' "$tmp/any" wanted.txt >MISSING.md
sed -n '/symbols are there/p' MISSING.md
