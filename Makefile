# Every target works as the first command on a fresh Debian 12: what is missing
# is installed first (.ci/setup: apt packages, Unicorn, Go), once.

SHELL := /bin/sh
.DEFAULT_GOAL := build
MAKEFLAGS += --no-print-directory

export GOFLAGS := -buildvcs=false
ENV := . .ci/env.sh &&

# How long one test binary may take in all, and how many run at once.
TEST_TIMEOUT ?= 60m
TEST_PARALLEL ?= 2

.PHONY: dyld help setup install-deps build root run test unit judge bench check fmt clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

setup: ## install what build, test, check and bench need
	@.ci/setup build test judges check bench

install-deps: setup

build: ## bin/beagle
	@.ci/setup build
	@$(ENV) go build -o bin/beagle ./cmd/beagle

root: ## the built-in root: dyld, libSystem and small frameworks, for dynamic programs
	@.ci/setup test root
	@$(ENV) libsystem/build.sh
	@$(ENV) go build -o bin/beagle ./cmd/beagle

# The tests of the dynamic linker bring their own small libSystem.
dyld:
	@.ci/setup test
	@$(ENV) libsystem/build.sh dyld

run: build ## build, then run a real macOS program
	@.ci/demo

test: dyld build ## all tests: unit, guest programs, judges
	@.ci/setup test judges
	@echo "test: unit tests"
	@$(ENV) go test -timeout $(TEST_TIMEOUT) $$(go list ./... | grep -v /tests)
	@echo "test: guest programs and judges"
	@$(ENV) go test -p 1 -count 1 -timeout $(TEST_TIMEOUT) -parallel $(TEST_PARALLEL) ./tests/...

unit: build ## unit tests alone
	@$(ENV) go test -timeout $(TEST_TIMEOUT) $$(go list ./... | grep -v /tests)

bench: build ## the figures that README quotes
	@.ci/setup bench
	@$(ENV) go run ./benchmarks

check: ## formatting, vet, staticcheck, race detector, layering, generated files
	@.ci/setup check
	@$(ENV) .ci/check

fmt: ## gofmt everything
	@$(ENV) gofmt -w $$(git ls-files '*.go')

clean: ## remove what was built here (the cache outside the tree stays)
	rm -rf bin tests/out libsystem/out/usr libsystem/out/System
