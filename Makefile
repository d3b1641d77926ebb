# The habits of this project. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= demo,dev
JOBS ?= 3
ARGS ?=
BIN := $(VENV)/bin
READY := $(VENV)/.ready-$(EXTRAS)

# A machine that forbids bytecode makes every start pay for compiling every module again.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV
unexport PYTHONPATH

.PHONY: help install demo test test-all lint format types imports bench bench-dbt bench-million check flaky binary constraints clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The stamp: made anew only when what is to be installed has changed.
$(READY): pyproject.toml constraints.txt .ci/install
	@.ci/install "$(PYTHON)" "$(VENV)" "$(EXTRAS)"
	@touch "$@"

install: $(READY)  ## an environment in .venv with everything, bytecode compiled

demo:  ## set up what the demo needs and play it (needs nothing but Python 3.11)
	@$(MAKE) --no-print-directory install EXTRAS=demo VENV=$(VENV)
	@$(BIN)/flowlite demo $(ARGS)

test: $(READY)  ## the tests that run in minutes
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile -m "not slow and not chaos" $(ARGS)

test-all: $(READY)  ## every test, with the slow ones and those that kill processes
	@$(BIN)/python -m pytest -q $(ARGS)

.PHONY: test-tui worlds
test-tui: $(READY)  ## all tests of the terminal UI
	@$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile tests/tui $(ARGS)

worlds: $(READY)  ## record the worlds of the terminal UI's tests anew
	@$(BIN)/python tests/tui/worlds/recording.py $(ARGS)

.PHONY: pictures
pictures: $(READY)  ## make the pictures of the docs anew, from a recorded world
	@$(BIN)/python tests/tui/gallery.py $(ARGS)

lint: $(READY)  ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(READY)  ## let ruff put right what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(READY)  ## mypy --strict
	@$(BIN)/mypy

imports: $(READY)  ## which room may see which: the contracts of pyproject.toml
	@$(BIN)/lint-imports

bench: $(READY)  ## flowlite against bare loops, in one run: a table and a plot
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-daemon
bench-daemon: $(READY)  ## the real daemon: start, idle, lateness, sensors, triggers, 1,000 DAG files (12 minutes)
	@$(BIN)/python -m benchmarks.daemon $(ARGS)

bench-million: $(READY)  ## what a million task instances in the file cost
	@$(BIN)/python -m benchmarks.million $(ARGS)

.PHONY: bench-backfill
bench-backfill: $(READY)  ## a backfill of dbt runs against xargs over the dbt command (ARGS="--days 181 --kill": all of it)
	@$(BIN)/python -m benchmarks.backfill_dbt $(ARGS)

bench-dbt: $(READY)  ## a generated dbt project in one DAG against the bare dbt command
	@$(BIN)/python -m benchmarks.dbt_build $(ARGS)

.PHONY: bench-tui
bench-tui: $(READY)  ## the terminal UI on a real pseudo-terminal, beside its goals (ARGS=--quick: shorter)
	@$(BIN)/python -m benchmarks.tui $(ARGS)

check: lint types imports test  ## all of it, as before a commit

flaky: $(READY)  ## the tests twenty times over; ends at the first that fails
	@for i in $$(seq 20); do echo "round $$i of 20"; $(BIN)/python -m pytest -q -x -m "not slow and not chaos" $(ARGS) || exit 1; done

binary: $(READY)  ## one file, dist/flowlite, that needs nothing but Python 3.11
	@mkdir -p dist
	@$(BIN)/shiv --quiet --console-script flowlite --output-file dist/flowlite --compile-pyc --compressed --reproducible \
		--python '/usr/bin/env python3' --constraint constraints.txt .

constraints:  ## resolve constraints.txt anew (needs uv)
	@.ci/constraints > constraints.txt.new && mv constraints.txt.new constraints.txt

clean:  ## remove what was made: environment, caches, state
	@rm -rf "$(VENV)" .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist .flowlite
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
