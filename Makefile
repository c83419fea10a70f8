# Everything is reached from here; every target sets up what it needs first, and that takes a moment when nothing changed.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
RUN := .venv/bin/python

.PHONY: help setup setup-dev demo test check bench soak translations format lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo            set up everything, fill a believable community, serve it on 127.0.0.1:8000"
	@echo "make test            set up everything and run all tests"
	@echo "make test-NAME       one suite of tests, or one check; 'make test-list' names them"
	@echo "make check           ruff, mypy, import rules, templates, translations, migrations, and the tests: what CI runs"
	@echo "make bench           the benchmarks, as a table of ratios; ROWS='posting proof' for some, LONG=yes to ten million"
	@echo "make soak            faults with seeds of chance, and what takes long, for MINUTES=30"
	@echo "make translations    take new texts from code and templates into the catalogs"
	@echo "make format          let ruff put code in shape"
	@echo "make lock            write requirements/*.txt anew (KEEP=yes keeps versions)"
	@echo "make clean           remove what was made here, the environment too"

setup:
	@$(PYTHON) tools/setup.py

setup-dev:
	@$(PYTHON) tools/setup.py --dev

demo: setup
	@.venv/bin/timebank demo

test: setup-dev
	@$(RUN) tools/check.py tests

check: setup-dev
	@$(RUN) tools/check.py

test-%: setup-dev
	@$(RUN) tools/check.py $*

bench: setup-dev
	@$(RUN) -m bench $(if $(LONG),--long) $(ROWS)

soak: setup-dev
	@$(RUN) tools/soak.py --minutes $(or $(MINUTES),30) $(if $(SEED),--seed $(SEED))

translations: setup-dev
	@$(RUN) tools/translations.py update

format: setup-dev
	@$(RUN) -m ruff check --fix-only --quiet .
	@$(RUN) -m ruff format --quiet .

lock: setup-dev
	@$(RUN) tools/lock.py $(if $(KEEP),--keep)

clean:
	rm -rf .venv .venv-peers node_modules api/static/vendor dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find api ledger timebank tests tools bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
	find api/translations -name '*.mo' -delete 2>/dev/null || true
