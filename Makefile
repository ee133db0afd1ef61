# Rung's commands. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help deps run test test-s3 build install deb lint format goldens fixtures bench fuzz clean
# One target at a time: SwiftPM uses the cores itself.
.NOTPARALLEL:

PREFIX ?= /usr/local
DESTDIR ?=
INTO ?= bucket
SOURCE ?=
ARGS ?=
FUZZ_SECONDS ?= 180
# Recipes read these from the environment, so that a path may hold spaces and quotes.
export PREFIX DESTDIR INTO SOURCE ARGS FUZZ_SECONDS

SOURCES := Sources Tests Package.swift

help: ## this list
	@echo "make run SOURCE=holiday.mov INTO=bucket   package a video, verify the result, say how to play it"
	@echo "make test                                 run every test"
	@echo
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-9s %s\n", $$1, $$2 }' Makefile

deps: ## install missing Debian packages (as root or through sudo, and says so)
	@.ci/deps

run: build ## package SOURCE= (default: a clip made here) into INTO= (default: bucket); ARGS= are rung's options
	@.ci/demo

test: deps ## run every test
	@swift test

test-s3: deps ## publish to a strict store, Ceph's radosgw, started for it (Debian packages in .ci/radosgw)
	@.ci/test-s3

build: deps ## release build without need of a Swift runtime: .build/release/rung
	@swift build -c release --static-swift-stdlib --product rung

install: build ## install into PREFIX= (default: /usr/local): command, presets, manual, completions, units
	@.ci/install
	@echo "installed $$DESTDIR$$PREFIX/bin/rung and $$DESTDIR$$PREFIX/share/rung/Ladders"

deb: build ## a Debian package, in .build/deb
	@.ci/deps dpkg-dev
	@.ci/deb

lint: ## check the form of the code
	@swift format lint --strict -r $(SOURCES)

format: ## put the code into form
	@swift format -i -r $(SOURCES)

goldens: deps ## write the goldens anew; then look at what git says about them
	@UPDATE_GOLDENS=1 swift test
	@git status --short -- 'Tests/*/Goldens' || true

fixtures: deps ## make the clips in Fixtures/ anew (other bytes with another ffmpeg; the tests use those in git)
	@Fixtures/make-fixtures.sh

bench: build ## Rung against the ffmpeg command, in turn: ratios, never a failure; SOURCE=, ARGS=--quick
	@read -ra options <<<"$$ARGS" || true; .ci/bench/run "$${options[@]}"

# A build of its own, with the address sanitizer in our code; FFmpeg's libraries are the system's.
fuzz: deps ## damaged sources through probe and package, for FUZZ_SECONDS= (default: 180); ARGS="--replay SEED"
	@swift build -c release --sanitize=address --scratch-path .build/fuzz --product rung
	@read -ra options <<<"$$ARGS" || true; .ci/fuzz/run --binary .build/fuzz/release/rung --seconds "$$FUZZ_SECONDS" "$${options[@]}"

clean: ## remove what was built; packaged trees stay
	@rm -rf .build
