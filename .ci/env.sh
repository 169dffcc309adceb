# Sourced by the Makefile's recipes: puts the Go that .ci/setup found or fetched
# on PATH, and nothing else.
. .ci/lib.sh
go=$(find_go)
[ -n "$go" ] || die "no Go $GO_LEAST or newer: run 'make setup'"
PATH=$(dirname "$go"):$PATH
export PATH
