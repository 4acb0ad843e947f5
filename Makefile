# Two commands: `make run` opens the app, `make test` checks everything.
# Needs Python 3.11-3.13 and a make: GNU make 3.81 (macOS) and newer, POSIX sh.

HOST ?= 127.0.0.1
PORT ?= 8501
# Passed on: make test ARGS="-k runs", make bench ARGS="--only pages"
ARGS ?=

# The first one that is new enough and not too new for TensorFlow.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo "$$python" && break; done)

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
BOOTSTRAP = python="$(PYTHON)"; test -n "$$python" || { \
	echo "Python 3.11, 3.12 or 3.13 is needed and none is on the PATH." \
	"Debian: apt-get install python3. macOS: brew install python@3.13." \
	"Or say where it is: make PYTHON=/path/to/python3.13" >&2; exit 1; }; \
	"$$python" tools/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help install run test lint chromium screenshots bench lock

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

install: $(RUN) ## create .venv with the exact versions the app needs

run: $(RUN) ## open the app on http://localhost:8501 (HOST=... PORT=...)
	@$(PY) -m streamlit run streamlit_app.py --server.address=$(HOST) --server.port=$(PORT)

test: lint chromium ## lint, types, every test, in the browser too, two files at a time (ARGS="-k runs")
	@$(PY) -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(DEV) ## ruff and mypy
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

chromium: $(DEV) ## make sure that the tests have a browser
	@$(PY) tools/ensure_chromium.py

screenshots: chromium ## take the pictures of every page again, into docs/screenshots
	@$(PY) tools/screenshots.py

bench: chromium ## measure on this machine what the documentation states (ARGS="--only pages")
	@$(PY) -m tests.benchmarks $(ARGS)

lock: $(DEV) ## find the newest versions within pyproject.toml's ranges and pin them
	@$(PY) tools/lock.py

$(RUN): requirements.txt tools/bootstrap.py
	@$(BOOTSTRAP)

$(DEV): requirements-dev.txt requirements.txt tools/bootstrap.py
	@$(BOOTSTRAP) --dev
