# Two commands on a fresh machine: `make demo` and `make test`. Each sets everything up by itself, the first time.
# Another Python: make demo PYTHON=python3.12. More arguments: make test ARGS='-k ledger'.

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# Says what was installed and where: a checkout that was moved or copied is installed again.
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
SAY := >&2 echo

ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help install demo up test test-hard screenshots lint format lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

install: $(STAMP) ## set up .venv with the pinned packages and the bellwether command
	@$(SAY) "ready: $(BIN)/bellwether"

demo: $(STAMP) ## play a month of a generated academy on the whole system, then stay up
	@$(BIN)/bellwether demo $(ARGS)

up: $(STAMP) ## start the whole system on this machine, data under .bellwether/
	@$(BIN)/bellwether up $(ARGS)

test: $(STAMP) ## run all tests but the hard ones
	@$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

test-hard: $(STAMP) ## fifty kills under a thousand messages, two to three minutes
	@$(BIN)/pytest -m hard $(ARGS)

screenshots: $(STAMP) ## one picture of each page of the demo into docs/screenshots/ (needs chromium)
	@$(BIN)/python -m tests.pages.screenshots $(ARGS)

lint: $(STAMP) ## check style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(STAMP) ## put imports and layout in order
	@$(BIN)/ruff check --select I --fix .
	@$(BIN)/ruff format .

lock: ## pin all packages anew from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { $(SAY) "uv is missing: install it with 'pip install uv'"; exit 1; }
	@uv pip compile --quiet --universal --upgrade --generate-hashes --no-emit-index-url --extra dev \
		--no-header --no-annotate -o requirements.lock pyproject.toml

clean: ## remove .venv and caches; the data under .bellwether/ stay
	@rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml package-lock.json
	@command -v $(PYTHON) >/dev/null || { \
		$(SAY) "$(PYTHON) is missing: install Python 3.11 or later (Debian: apt-get install python3 python3-venv)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		$(SAY) "$$($(PYTHON) --version) is too old: Python 3.11 or later is needed; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		$(SAY) "$(PYTHON) cannot make virtual environments: apt-get install python3-venv"; exit 1; }
	@if [ -e $@ ] && [ "$$(cat $@)" != "$(CURDIR)" ] || ! $(BIN)/python -c 'import pip' 2>/dev/null; then \
		$(SAY) "making $(VENV) ..."; $(PYTHON) -m venv --clear $(VENV); fi
	@$(SAY) "installing the pinned packages (about a minute, the first time) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(SAY) "installing bellwether ..."
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(SAY) "installing htmx for the pages ..."; npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null || \
		$(SAY) "without htmx pages show changes when they are reloaded; for live ones: apt-get install npm, then make install"
	@printf '%s\n' '$(CURDIR)' > $@
