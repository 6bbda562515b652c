# make sample   set up and run the sample: backend on 8787, frontend on 5173
# make test     set up and run the tests
# make core     the tests that start no process
# make check    lint, types, import table
# make bench    measure against the promises in docs/performance.md
# make lock     write locks/ again after a change of pyproject.toml; UPGRADE=--upgrade takes the newest versions

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What is tested with: runtime alone, with the tools of development, or with the lowest versions that the ranges allow.
LOCK := dev
STAMP := $(VENV)/.installed
RUNTIME := $(VENV)/.runtime

# Tests and sessions start hundreds of processes: each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: sample test core check bench format lock clean

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "pywrangler needs Python 3.11 or newer; name one: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version); this happens once and takes about half a minute."
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "python3 -m venv failed; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

# Exactly the locked versions: the build backend is one of them, so that nothing else is fetched for the package itself.
define install
	@echo "Installing the versions of locks/$(1).txt into $(VENV)."
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes --requirement locks/$(1).txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endef

$(RUNTIME): locks/runtime.txt pyproject.toml setup.py | $(VENV)/bin/python
	$(call install,runtime)
	@touch $@

$(STAMP): locks/$(LOCK).txt pyproject.toml setup.py | $(VENV)/bin/python
	$(call install,$(LOCK))
	@touch $@ $(RUNTIME)

sample: $(RUNTIME)
	@cp -n sample-project/backend/.dev.vars.example sample-project/backend/.dev.vars 2>/dev/null || true
	@cp -n sample-project/frontend/.dev.vars.example sample-project/frontend/.dev.vars 2>/dev/null || true
	@exec $(BIN)/pywrangler dev --cwd sample-project

test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

core: $(STAMP)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m "not processes and not browser"

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py

bench: $(STAMP)
	$(BIN)/python -m bench

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# One file for all platforms and for every Python from the oldest on, with the fewest versions that serve them all.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--custom-compile-command "make lock" $(UPGRADE)

lock: $(STAMP)
	$(COMPILE) pyproject.toml --group dev --output-file locks/dev.txt
	$(COMPILE) pyproject.toml --group build --constraint locks/dev.txt --output-file locks/runtime.txt
	$(COMPILE) pyproject.toml --resolution lowest-direct --no-header --output-file $(VENV)/lowest.txt
	$(COMPILE) pyproject.toml --group dev --constraint $(VENV)/lowest.txt --output-file locks/lowest.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
