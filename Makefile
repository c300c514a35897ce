# Every way to start, test and check Dakehu. Logic longer than a line lives in tools/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup run test quick deep check format bench assets messages lock wheel

# The first Python that is new enough; override with `make run PYTHON=/path/to/python3`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; \
	done; echo python3)
VENV := .venv/bin
export PYTHONPATH := $(CURDIR)/src
ARGS ?=

help: ## Say what can be asked of make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's|^([a-z]+):.*## |  make \1\t|' | expand -t 18

setup: ## Install all that running, testing and checking need
	@$(PYTHON) tools/prepare.py dev

run: ## Install, build, make a demo company, serve at 127.0.0.1:8000
	@$(PYTHON) tools/prepare.py run
	@DAKEHU_DEMO=1 $(VENV)/dakehu init --demo
	@DAKEHU_DEMO=1 exec $(VENV)/dakehu serve

test: setup  ## Run every test on SQLite, and on PostgreSQL where one is reachable
	@$(PYTHON) tools/browser.py
	@$(VENV)/python tools/run_tests.py $(ARGS)

quick: setup  ## Run the tests that need no browser, on SQLite, in under 90 seconds
	@$(VENV)/python tools/run_tests.py --quick $(ARGS)

deep: setup  ## Run the property tests and the permission proof at full size, on both engines
	@$(VENV)/python tools/run_tests.py --deep $(ARGS)

check: setup  ## Check format, lint, types, layers, templates, translations, migrations, TypeScript
	@$(VENV)/python tools/check.py $(ARGS)

format: setup  ## Put code, templates and scripts into the house's form
	@$(VENV)/ruff check --quiet --fix-only . && $(VENV)/ruff format --quiet .
	@# It answers 1 when it changed a file, and may need a second look at what it changed.
	@for n in 1 2 3; do $(VENV)/djlint src/dakehu/templates --reformat --quiet >/dev/null && break; done
	@node_modules/.bin/biome check --write

bench: setup  ## Measure pages and actions beside plain SQL, into docs/performance.md
	@$(VENV)/python -m bench $(ARGS)

assets: setup  ## Build scripts, styles and icons into src/dakehu/static/dist
	@PATH="$(CURDIR)/$(VENV):$$PATH" node assets/build.mjs

messages: setup  ## Collect new words for translation and compile what is translated
	@$(VENV)/python tools/messages.py update
	@$(VENV)/python tools/messages.py compile

lock: setup  ## Pin dependencies with hashes; ARGS=--upgrade takes newer versions
	@$(VENV)/python tools/lock.py $(ARGS)

wheel: setup  ## Build the wheel into dist/, with pages and translations inside
	@$(VENV)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl
