# make demo    boot topologies/nordic.yaml: pictures, a trace, the matrix of who reached whom
# make test    every test, those that need root included
# make check   format, lint, types, floors, tests that need no root
# make bench   the figures of docs/benchmarks.md
# Each sets up what is missing by itself (scripts/setup); a second call sets up nothing.

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PYTHON := .venv/bin/python

.PHONY: setup setup-test demo test check bench clean

setup:
	@scripts/setup

setup-test:
	@scripts/setup --test

demo: setup
	@scripts/demo

test: setup-test
	@scripts/test

check: setup-test
	scripts/check

bench: setup
	$(SUDO) $(PYTHON) -m benchmarks

clean:
	rm -rf .venv build *.egg-info
