# One command for each chore, the same on a laptop and in CI.
#   make run    start the app           make lint    ruff and mypy
#   make test   everything              make bench   ratios, side by side in one run
#   make shots  a picture of every page, in light and dark, wide and narrow, in ./shots

SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
CHROMIUM_NAMES := chromium chromium-browser google-chrome
# apt-get needs root; a person without it gets sudo's question.
ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test lint format bench shots chromium clean

run: $(VENV)/.run-ready
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(VENV)/.dev-ready chromium lint
	@# In their order the few long browser tests come first, so that both processes end together.
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench-ready chromium
	$(BIN)/python -m benchmarks

shots: $(VENV)/.dev-ready chromium
	$(BIN)/python -m tests.browser.shots

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "lossviz needs Python 3.11 or newer; set PYTHON=/path/to/it."; exit 1; }
	@# Debian ships the venv module apart from Python.
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); $(ROOT) apt-get update -qq && \
	  $(ROOT) apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/.run-ready: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev-ready: requirements-dev.txt requirements.txt requirements-extra.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $(VENV)/.run-ready $@

$(VENV)/.bench-ready: benchmarks/requirements.txt $(VENV)/.dev-ready
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -r benchmarks/requirements.txt
	@touch $@

# The browser tests need a real Chromium: the one named by LOSSVIZ_CHROMIUM, one found by name, or
# Debian's package.
chromium:
	@[ -n "$$LOSSVIZ_CHROMIUM" ] && exit 0; \
	for name in $(CHROMIUM_NAMES); do command -v $$name >/dev/null && exit 0; done; \
	echo "Installing Debian's chromium for the browser tests"; \
	$(ROOT) apt-get update -qq && $(ROOT) apt-get install -y -qq chromium >/dev/null

clean:
	rm -rf $(VENV) shots .pytest_cache .mypy_cache .ruff_cache .hypothesis
