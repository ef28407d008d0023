# `make` alone lists the targets. Two need nothing but Python 3.11+: `make incident` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup incident nightly parity twins beats test check fix lint types format bench soak site dist clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## make the virtual environment and install everything into it

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "pizza-chaos needs Python 3.11 or newer, which $(PYTHON) is not: `$(PYTHON) --version 2>&1`. Try: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 2; }
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once, about half a minute) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,docs]'
	@touch $@

incident: $(READY) ## relive 2024-12-01: start everything, break it, judge it, print where the report is
	@$(BIN)/pizza-chaos run scenarios/test_incident_2024_12_01.py

STACK ?= processes
KEEP ?= 60
SCENARIOS ?= scenarios
FLAWS ?= scenarios/flaws
RUNS ?= runs
AT_NIGHT = $(BIN)/pizza-chaos run --stack $(STACK) --runs $(RUNS)

nightly: $(READY) ## run every scenario as CI does at night; summary.md, trend.html and JUnit go to runs/
	@mkdir -p $(RUNS); status=0; \
	$(AT_NIGHT) $(SCENARIOS) --ignore=scenarios/flaws --junitxml=$(RUNS)/junit.xml || status=$$?; \
	$(AT_NIGHT) $(FLAWS) --fix all --junitxml=$(RUNS)/junit-flaws.xml || status=$$?; \
	$(BIN)/pizza-chaos summary $(RUNS) --format markdown > $(RUNS)/summary.md; \
	$(BIN)/pizza-chaos trend --runs $(RUNS) || true; \
	$(BIN)/pizza-chaos prune --keep $(KEEP) --runs $(RUNS); \
	exit $$status

parity: $(READY) ## compare the stacks with real processes, fault by fault (about 20 min; containers where an engine is)
	@PIZZA_CHAOS_PARITY=1 $(BIN)/pytest -q tests/harness/stacks/simulated/test_parity.py \
		tests/harness/stacks/simulated/test_wire.py tests/containers/test_parity.py

twins: $(READY) ## compare the twins with the public programs: SERVICE=PATH, FACTORY=PATH, or both (about 2 min)
	@$(BIN)/python -m tests.twins $(if $(SERVICE),--service "$(SERVICE)") $(if $(FACTORY),--factory "$(FACTORY)")

beats: $(READY) ## play the night in short on each stack and compare: SERVICE=PATH, CONTAINERS=1 (about 13 min)
	@$(BIN)/python -m tests.beats $(if $(SERVICE),--service "$(SERVICE)") $(if $(CONTAINERS),--containers)

# Two workers, a file of tests in one of them, in the order of the folders: what runs in real time begins first.
test: $(READY) ## pass all tests, the incident on real processes included
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: format lint types ## format, lint, types, dead links, size limits, fast tests (under 90 s)
	@$(BIN)/pytest -q -m "not slow" -n 2 $(PYTEST_ARGS)

format: $(READY)
	@$(BIN)/ruff format --check --quiet .

lint: $(READY)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/python tests/house.py

types: $(READY)
	@$(BIN)/mypy

fix: $(READY) ## format, and mend what the linter can mend
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

site: $(READY) ## build the documentation as a site into site/; a page, link or anchor that is missing fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

dist: $(READY) ## build the wheel and the source distribution into dist/
	@$(BIN)/python -m build --no-isolation --outdir dist .

MINUTES ?= 30

soak: $(READY) ## hurt the harness itself, run after run, for MINUTES: nothing leaks, nothing is green by accident
	@$(BIN)/python -m tests.soak --minutes $(MINUTES)

BENCH ?=

bench: $(READY) ## print one table of benchmarks: ratios to limits and peers (BENCH=--all for those of minutes, too)
	@$(BIN)/python -m benchmarks $(BENCH)

clean: ## remove the virtual environment and what runs have left
	@rm -rf $(VENV) runs site dist .pytest_cache .mypy_cache .ruff_cache
