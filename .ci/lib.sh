# Shared by the scripts in .ci; POSIX sh, to be sourced from the repository root.

. .ci/versions

cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/beagle

say() { echo "setup: $*" >&2; }
die() { say "$*"; exit 1; }

# as_root CMD...: run with root's rights, by sudo when this is not root.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		die "need root (or sudo) for: $*"
	fi
}

# apt_install PKG...: install from the machine's own archives. The lists are
# read again only when a package is not found in those that are there.
apt_install() {
	command -v apt-get >/dev/null 2>&1 ||
		die "no apt-get here; install by this system's own means: $*"
	say "installing $*"
	log=$(mktemp)
	set -- as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 \
		install --no-install-recommends "$@"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		say "reading the package lists"
		# A frozen mirror's release files are past their date, and still signed.
		as_root apt-get -q -y -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 \
			-o Acquire::Check-Valid-Until=false update >"$log" 2>&1 </dev/null || true
		"$@" >"$log" 2>&1 </dev/null || { cat "$log" >&2; rm -f "$log"; die "apt-get could not install this"; }
	fi
	rm -f "$log"
}

# version_ge A B: is dotted version A at least B?
version_ge() {
	[ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

# go_version GO: the version of that go command alone, without switching to
# another toolchain; empty when it does not run.
go_version() {
	GOTOOLCHAIN=local GO111MODULE=off "$1" version 2>/dev/null </dev/null |
		sed -n 's/^go version go\([0-9.]*\).*/\1/p'
}

go_arch() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) die "Beagle runs on amd64 and arm64 Linux, not on $(uname -m)" ;;
	esac
}

go_dir=$cache/go$GO_WANT

# find_go: prints the go command to use, or nothing.
find_go() {
	for g in "$(command -v go 2>/dev/null)" /usr/local/go/bin/go "$go_dir/bin/go"; do
		[ -n "$g" ] && [ -x "$g" ] || continue
		v=$(go_version "$g")
		[ -n "$v" ] && version_ge "$v" "$GO_LEAST" && { echo "$g"; return; }
	done
}
