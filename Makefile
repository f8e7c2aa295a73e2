# `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# What lint, types and the formatter look at: every room that exists.
ROOMS  := $(wildcard manage.py trust scanner registry client tests tools bench examples fuzz)
TYPED  := $(filter-out tools,$(ROOMS))
BENCH  := $(sort $(wildcard bench/*.py))

.PHONY: help up test lint types imports house unit integration e2e browser bench fuzz examples format lock env env-dev clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: env ## run everything on http://127.0.0.1:8000 (PORT= and ASSAY_VAR= to change); Ctrl-C stops it
	@exec $(BIN)/python manage.py up

test: lint types imports house unit integration e2e ## check everything: what continuous integration runs

lint: env-dev ## ruff: rules and format
	$(BIN)/ruff check $(ROOMS)
	$(BIN)/ruff format --check $(ROOMS)

types: env-dev ## mypy --strict
	$(BIN)/mypy $(TYPED)

imports: env-dev ## the arrow of imports between the rooms
	$(BIN)/lint-imports --no-cache

house: env-dev ## the house rules: file length, names, what trust/ may import
	$(BIN)/pytest -q tests/house

unit: env-dev ## tests without Django or a database
	$(BIN)/pytest -q -n auto --dist loadfile tests/unit

integration: env-dev ## tests with a private PostgreSQL, Valkey and real workers
	$(BIN)/pytest -q tests/integration

e2e: env-dev browser ## tests in a real browser against a running stack
	$(BIN)/pytest -q tests/e2e

browser: ## a Chromium for the browser tests (installed with apt-get when root)
	@if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "Installing chromium with apt-get"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
		echo "No Chromium here, so the browser tests cannot run. Install one: apt-get install chromium (as root)."; \
	fi

bench: env-dev ## the benchmarks; each prints one JSON line per figure
	@for file in $(BENCH); do $(BIN)/python "$$file" || exit 1; done

SECONDS ?= 60

fuzz: env-dev ## coverage-guided fuzzing of the bundle reader, SECONDS for each target
	$(BIN)/pip install --quiet --require-hashes -r requirements-fuzz.txt
	@for target in archive manifest; do \
		$(BIN)/python fuzz/bundle.py $$target -max_total_time=$(SECONDS) -rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 || exit 1; \
	done

examples: env ## build the sample bundles
	$(BIN)/python examples/pack.py

format: env-dev ## rewrite the files the way `make lint` wants them
	$(BIN)/ruff check --fix $(ROOMS)
	$(BIN)/ruff format $(ROOMS)

# A release must be a week old before it may enter the lock: most poisoned ones are found sooner.
lock: env-dev ## compile requirements*.in into requirements*.txt with hashes
	@cutoff=$$($(BIN)/python -c "from datetime import date, timedelta; print(date.today() - timedelta(days=7))"); \
	for name in requirements requirements-dev requirements-fuzz; do \
		UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --exclude-newer "$$cutoff" "$$name.in" -o "$$name.txt" || exit 1; \
	done

env: ## the virtual environment, as locked
	@$(PYTHON) tools/environment.py

env-dev: ## the same with what the tests need
	@$(PYTHON) tools/environment.py --dev

clean: ## remove what was built (not var/, which holds your data)
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .hypothesis .import_linter_cache
