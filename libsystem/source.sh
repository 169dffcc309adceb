#!/bin/sh
# Unpacks a Debian 12 source package outside the tree and prints the directory.
#
#	source.sh PACKAGE VERSION [PATH...]
#
# PATHs, within the package, keep the rest of a large package packed. The files
# come from the archive that this machine's apt uses, with apt's signature checks,
# and must have the SHA-256 that sources.sum records. apt's lists, cache and
# configuration are private to this script; no root is needed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
pkg=$1 version=$2
shift 2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/beagle/libsystem/src
dir=$cache/$pkg-${version#*:}

say() { echo "source.sh: $*" >&2; }
die() { say "$*"; exit 1; }

[ -f "$dir/.complete" ] && [ "$(cat "$dir/.complete")" = "$*" ] && { echo "$dir"; exit 0; }

# Prints "URI|key" of the first apt source that serves Debian's main component.
archive() {
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] || continue
		awk '
			function flush() {
				if (types ~ /(^| )deb( |$)/ && enabled != "no" && comps ~ /(^| )main( |$)/ &&
				    suites ~ /(^| )(bookworm|trixie|forky|stable|oldstable|testing|sid|unstable)( |$)/) {
					split(uris, u, " "); print u[1] "|" key; found = 1; exit
				}
				types = uris = suites = comps = key = enabled = ""
			}
			/^[ \t]*$/ { flush(); next }
			/^#/ { next }
			/^[ \t]/ { next }
			{
				i = index($0, ":"); k = tolower(substr($0, 1, i - 1)); v = substr($0, i + 1)
				gsub(/^[ \t]+|[ \t]+$/, "", v)
				if (k == "types") types = v
				else if (k == "uris") uris = v
				else if (k == "suites") suites = v
				else if (k == "components") comps = v
				else if (k == "signed-by") key = v
				else if (k == "enabled") enabled = tolower(v)
			}
			END { if (!found) flush() }' "$f"
	done
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$f" ] || continue
		awk '
			$1 != "deb" { next }
			{
				line = $0; key = ""
				if (match(line, /\[[^]]*\]/)) {
					opt = substr(line, RSTART + 1, RLENGTH - 2)
					line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
					if (match(opt, /signed-by=[^ ]+/)) key = substr(opt, RSTART + 10, RLENGTH - 10)
				}
				n = split(line, w, /[ \t]+/)
				if (w[3] !~ /^(bookworm|trixie|forky|stable|oldstable|testing|sid|unstable)$/) next
				for (i = 4; i <= n; i++) if (w[i] == "main") { print w[2] "|" key; exit }
			}' "$f"
	done
}

want() { awk -v p="$pkg" -v v="$version" '$1 == p && $2 == v { print $3 "  " $4 }' "$here/sources.sum"; }
[ -n "$(want)" ] || die "$pkg $version is not in sources.sum"

mkdir -p "$cache/packed"
if ! (cd "$cache/packed" && want | sha256sum -c --status 2>/dev/null); then
	command -v apt-get >/dev/null 2>&1 || die "no apt-get here: put the files that sources.sum names for $pkg into $cache/packed"
	found=$(archive | head -n 1)
	[ -n "$found" ] || die "found no Debian archive in /etc/apt"
	uri=${found%%|*} key=${found#*|}
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	mkdir -p "$tmp/lists/partial" "$tmp/archives/partial" "$tmp/none" "$tmp/sources.d"
	{
		echo "Types: deb-src"
		echo "URIs: $uri"
		echo "Suites: bookworm"
		echo "Components: main"
		[ -z "$key" ] || echo "Signed-By: $key"
	} >"$tmp/sources.d/source.sources"
	# A frozen mirror's release file is past its date, and still signed.
	apt() {
		apt-get -q -y \
			-o Dir::Etc::SourceList=/dev/null \
			-o Dir::Etc::SourceParts="$tmp/sources.d" \
			-o Dir::Etc::Preferences=/dev/null \
			-o Dir::Etc::PreferencesParts="$tmp/none" \
			-o Dir::State::Lists="$tmp/lists" \
			-o Dir::Cache::Archives="$tmp/archives" \
			-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
			-o Acquire::Languages=none \
			-o Acquire::Check-Valid-Until=false \
			-o APT::Sandbox::User=root \
			-o APT::Update::Post-Invoke-Success= \
			"$@"
	}
	say "fetching the source of $pkg $version"
	apt update >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; die "cannot read the source lists of this machine's Debian archive"; }
	(cd "$cache/packed" && apt source --download-only "$pkg=$version") >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; die "cannot fetch $pkg $version"; }
	(cd "$cache/packed" && want | sha256sum -c --quiet >&2) || die "$pkg $version is not what sources.sum records"
fi

rm -rf "$dir"
mkdir -p "$dir"
paths=
for p in "$@"; do
	paths="$paths */$p/*"
done
want | while read -r _ file; do
	case $file in
	*.orig*.tar.*)
		set -f # the archive's names are matched, not this folder's
		# shellcheck disable=SC2086 # a list of words
		tar -x -C "$dir" --strip-components=1 --wildcards -f "$cache/packed/$file" $paths
		;;
	esac
done
echo "$*" >"$dir/.complete"
echo "$dir"
