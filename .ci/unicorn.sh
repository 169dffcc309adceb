#!/bin/sh
# Installs libunicorn 2.1.4 or newer, the CPU engine that cpu/unicorn links with.
#
# Debian 12 has 2.0.1, which is unfit (RATIONALE.md says why). The release after
# Debian 13, forky, has 2.1.4, built against a C library that Debian 12 already
# has. So this takes exactly two packages from there and leaves everything else,
# the machine's own apt configuration included, as it was: lists and preferences
# live in a directory that is removed at the end. The archive and its signing key
# are the ones that this machine's apt already uses.
#
# Does nothing when the library is new enough. UNICORN_SUITE overrides the suite.
set -eu

want=2.1.4
suite=${UNICORN_SUITE:-forky}

say() { echo "unicorn.sh: $*" >&2; }
die() { say "$*"; exit 1; }

have() {
	if command -v dpkg-query >/dev/null 2>&1; then
		v=$(dpkg-query -W -f '${db:Status-Status} ${Version}' libunicorn-dev 2>/dev/null || true)
		case $v in
		"installed "*) dpkg --compare-versions "${v#installed }" ge "$want" && return 0 ;;
		esac
	fi
	# A build from source, or another system's package.
	command -v pkg-config >/dev/null 2>&1 && pkg-config --atleast-version="$want" unicorn 2>/dev/null
}

have && exit 0
command -v apt-get >/dev/null 2>&1 ||
	die "no apt-get here: install Unicorn $want or newer (library and headers) by this system's own means"

root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || die "need root (or sudo) to install libunicorn-dev"
	root=sudo
fi

# Prints "URI|key" of the first apt source that serves the running release's
# main suite. Both formats of sources are understood; key may be empty.
archive() {
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] || continue
		awk -v name="$codename" '
			function flush() {
				if (types ~ /(^| )deb( |$)/ && enabled != "no" && comps ~ /(^| )main( |$)/ &&
				    (" " suites " ") ~ (" (" name "|stable|oldstable|testing|sid|unstable) ")) {
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
		awk -v name="$codename" '
			$1 != "deb" { next }
			{
				line = $0; key = ""
				if (match(line, /\[[^]]*\]/)) {
					opt = substr(line, RSTART + 1, RLENGTH - 2)
					line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
					if (match(opt, /signed-by=[^ ]+/)) key = substr(opt, RSTART + 10, RLENGTH - 10)
				}
				n = split(line, w, /[ \t]+/)
				if ((" " name " stable oldstable testing sid unstable ") !~ (" " w[3] " ")) next
				for (i = 4; i <= n; i++) if (w[i] == "main") { print w[2] "|" key; exit }
			}' "$f"
	done
}

found=$(archive | head -n 1)
[ -n "$found" ] || die "found no Debian archive in /etc/apt: install libunicorn-dev $want or newer by hand"
uri=${found%%|*}
key=${found#*|}

tmp=$(mktemp -d)
trap '$root rm -rf "$tmp"' EXIT
mkdir -p "$tmp/lists/partial" "$tmp/archives/partial" "$tmp/none"
chmod 755 "$tmp"
{
	echo "Types: deb"
	echo "URIs: $uri"
	echo "Suites: $suite"
	echo "Components: main"
	[ -z "$key" ] || echo "Signed-By: $key"
} >"$tmp/forky.sources"
mkdir "$tmp/sources.d" && mv "$tmp/forky.sources" "$tmp/sources.d/"
cat >"$tmp/preferences" <<PIN
Package: *
Pin: release n=$suite
Pin-Priority: 50

Package: libunicorn-dev libunicorn2t64
Pin: release n=$suite
Pin-Priority: 990
PIN

# A frozen mirror's release file is past its date, and still signed.
apt() {
	$root apt-get -q -y \
		-o Dir::Etc::SourceList=/dev/null \
		-o Dir::Etc::SourceParts="$tmp/sources.d" \
		-o Dir::Etc::Preferences="$tmp/preferences" \
		-o Dir::Etc::PreferencesParts="$tmp/none" \
		-o Dir::State::Lists="$tmp/lists" \
		-o Dir::Cache::Archives="$tmp/archives" \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o Acquire::Languages=none \
		-o Acquire::Check-Valid-Until=false \
		-o APT::Update::Post-Invoke-Success= \
		-o DPkg::Lock::Timeout=300 \
		"$@"
}

apt update >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; die "cannot read the $suite suite of this machine's Debian archive"; }
DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND
apt install --no-install-recommends libunicorn-dev libunicorn2t64 >"$tmp/log" 2>&1 ||
	{ cat "$tmp/log" >&2; die "cannot install libunicorn-dev from $suite"; }
have || die "libunicorn-dev from $suite is older than $want"
say "installed libunicorn-dev $(dpkg-query -W -f '${Version}' libunicorn-dev)"
