# Everything a newcomer needs: `make demo` and `make test` set up what they need themselves.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := build/demo

unexport PYTHONDONTWRITEBYTECODE  # else each process of a test compiles the tree again
# More processes than processors: tests also wait, for clocks and for what they start. The fast ones
# hardly do, and each process first imports all of them.
CORES := $(shell getconf _NPROCESSORS_ONLN)
PROCESSES = $(or $(JOBS),$(shell echo $$(($(CORES) + 6))))
PYTEST = python -m pytest -n $(PROCESSES) --dist worksteal

.PHONY: demo demo-build docs test-fast test test-oldest soak lint model bench release clean help

help:
	@echo "make demo         build the example against the sandbox: HTML, and PDF where TeX is there"
	@echo "make docs         build the documentation: build/docs/index.html"
	@echo "make test-fast    run the tests that need no TeX, no browser and no waiting: about a minute"
	@echo "make test         run every test, with real Sphinx, TeX, sockets and browser: about ten minutes"
	@echo "make test-oldest  run the tests of Sphinx and the stores with the oldest libraries"
	@echo "make soak         further combinations, builds killed at random, what reads files fuzzed: for hours"
	@echo "make lint         check format, style and types"
	@echo "make model        check the protocol's model exhaustively"
	@echo "make bench        measure every goal of speed, beside other extensions; QUICK=1: in five minutes"
	@echo "make release      build what is published, and check it, in dist/"
	@echo "make clean        remove what was built here; the machine's cache stays"

$(READY): pyproject.toml
	@.ci/system-packages python
	@echo "Installing this project, Sphinx and what the tests import into $(VENV)/ (once, a minute or so)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[test]"
	@touch $@

demo:
	@echo "The example: pages about the ocean, and a paper, whose pictures the sandbox draws: an"
	@echo "emulator of the API on this machine. No account and no cost; no prompt leaves the machine."
	@$(MAKE) --no-print-directory $(READY)
	@.ci/system-packages tex || true
	@PATH="$(CURDIR)/$(BIN):$$PATH" pbfigure sandbox -- $(MAKE) --no-print-directory demo-build
	@echo
	@echo "Open"
	@echo "  the pages   file://$(CURDIR)/$(DEMO)/html/index.html"
	@if [ -f $(DEMO)/latex/ocean-carbon.pdf ]; then \
	  echo "  their PDF   file://$(CURDIR)/$(DEMO)/latex/ocean-carbon.pdf"; fi
	@if [ -f $(DEMO)/paper/paper.pdf ]; then \
	  echo "  the paper   file://$(CURDIR)/$(DEMO)/paper/paper.pdf"; fi
	@echo "  the review  file://$(CURDIR)/$(DEMO)/review/index.html (every figure and its versions)"
	@echo "and look into example_docs/ for the prompts, example_docs/_paperbanana/ for the pictures."
	@echo "Run 'make demo' again: nothing is asked of the sandbox, for every picture is there."

demo-build:
	@echo
	@echo "== Pages: sphinx-build -M html example_docs $(DEMO)"
	@sphinx-build -M html example_docs $(DEMO) | grep -E '^(paperbanana|build)'
	@if command -v latexmk >/dev/null && command -v pdflatex >/dev/null; then \
	  echo; echo "== Their PDF: sphinx-build -M latexpdf example_docs $(DEMO)"; \
	  sphinx-build -M latexpdf example_docs $(DEMO) >$(DEMO)/latex.log 2>&1 \
	    || { tail -n 30 $(DEMO)/latex.log; exit 1; }; \
	  grep '^paperbanana' $(DEMO)/latex.log; \
	  echo; echo "== Paper: latexmk -pdf paper.tex"; \
	  cp -R example_docs/paper $(DEMO)/; \
	  cd $(DEMO)/paper; \
	  pbfigure init paper.tex >/dev/null; \
	  latexmk -pdf -interaction=nonstopmode paper.tex >latex.log 2>&1 \
	    || { tail -n 30 latex.log; exit 1; }; \
	  grep -E '^pbfigure:|up-to-date' latex.log; \
	fi
	@echo
	@echo "== Review: pbfigure review example_docs"
	@pbfigure review -o $(DEMO)/review example_docs | grep -v '^open'

docs:
	@.ci/system-packages python
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[docs]"
	@$(BIN)/sphinx-build -n -W --keep-going -q -b html docs build/docs
	@echo "The pages: file://$(CURDIR)/build/docs/index.html"

test-fast: PROCESSES = $(or $(JOBS),$(shell echo $$(($(CORES) + 1))))
test-fast: $(READY)
	@$(BIN)/$(PYTEST) --hypothesis-profile fast \
	  -m "not (tex or browser or heavy or real_time or soak)"

test: $(READY)
	@.ci/system-packages all
	@without=; command -v latexmk >/dev/null || { \
	  without="--ignore tests/latex --ignore tests/provenance"; \
	  echo "WITHOUT the LaTeX tests: no TeX here" >&2; }; \
	$(BIN)/python tests/chromium.py 2>/dev/null || { \
	  without="$$without --ignore tests/sphinx/test_sphinx_browser.py --ignore tests/review \
	    --ignore tests/docs/test_site_browser.py"; \
	  echo "WITHOUT the tests in a browser: no Chromium here" >&2; }; \
	$(BIN)/$(PYTEST) -m "not soak" $$without

test-oldest:
	@.ci/system-packages python
	@test -x $(VENV)-oldest/bin/python || $(PYTHON) -m venv $(VENV)-oldest
	@$(VENV)-oldest/bin/python -m pip install --quiet --disable-pip-version-check \
	  -c .ci/oldest.txt -e ".[test]"
	@$(VENV)-oldest/bin/$(PYTEST) -m "not (tex or browser or heavy or soak)" \
	  tests/sphinx tests/store tests/api

soak: KILLS ?= 1000
soak: ROUNDS ?= 20
soak: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[soak]"
	@.ci/system-packages soak
	@$(BIN)/$(PYTEST) -q -m soak
	@for round in $$(seq $(ROUNDS)); do \
	  $(BIN)/$(PYTEST) -q -m hypothesis --hypothesis-seed=$$RANDOM; \
	done
	@PYTHONPATH="$(CURDIR)" $(BIN)/python benchmarks/fuzz.py --minutes 10
	@PYTHONPATH="$(CURDIR)" $(BIN)/python benchmarks/kill_loop.py --kills $(KILLS) --seed $$RANDOM

lint: $(READY)
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy

model:
	@command -v spin >/dev/null && command -v cc >/dev/null \
	  || { echo "this needs spin and a C compiler: sudo apt-get install spin gcc" >&2; exit 1; }
	@docs/explanation/protocol/check.sh

bench: $(READY)
	@.ci/system-packages bench
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	@PATH="$(CURDIR)/$(BIN):$$PATH" PYTHONPATH="$(CURDIR)" \
	  $(BIN)/python benchmarks/bench.py $(if $(QUICK),--quick)

release: $(READY)
	@.ci/system-packages tex
	@.ci/build-release $(BIN)/python

clean:
	rm -rf build example_docs/_paperbanana example_docs/paper/paperbanana
