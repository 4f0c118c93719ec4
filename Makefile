# make preview: sets up everything and writes the 2020 thread under out/.  make test: sets up everything and runs all tests.
# PYTHON=python3.12 make preview   uses another interpreter (3.11 or newer).

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# What the tests are run with. EXTRAS=test,spark,clickhouse,bigquery tries every engine on raw data: 2 GB of packages, and Java 17.
EXTRAS ?= test
TESTED := $(VENV)/.with-$(EXTRAS)

.PHONY: preview test lint bench archive browser clean

preview: $(VENV)/.base
	$(BIN)/threadmill preview dl-frameworks --period 2020

# Bytecode is written even where the machine says no: every worker rewrites all tests otherwise, which takes it ten seconds.
test: $(TESTED) browser
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal

lint: $(VENV)/.lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks.preview
	$(BIN)/python -m benchmarks.help
	$(BIN)/python -m benchmarks.collection
	$(BIN)/python -m benchmarks.refusal
	$(BIN)/python -m benchmarks.due
	$(BIN)/python -m benchmarks.service
	$(BIN)/python -m benchmarks.backtest
	$(BIN)/python -m benchmarks.logs
	$(BIN)/python -m benchmarks.notebooks
	$(BIN)/python -m benchmarks.spark

# For maintainers: rebuild the bundled figures from the raw files in RAW.
archive: $(VENV)/.base
	$(BIN)/python -m bot.archive.build $(RAW)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Threadmill needs Python 3.11 or newer; say which with PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "no virtual environment could be made; on Debian: apt install python3-venv"; exit 1; }

$(VENV)/.base: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(TESTED): pyproject.toml $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$(EXTRAS)]'
	@touch $@

$(VENV)/.bench: pyproject.toml $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

$(VENV)/.lint: pyproject.toml $(VENV)/.base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lint]'
	@touch $@

# The page is tried in a real browser: one that is there, or Debian's, or the one playwright brings.
browser: $(TESTED)
	@$(BIN)/python -m tests.browser || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
		$(BIN)/playwright install chromium || echo "no browser: the page's tests will be skipped"

clean:
	rm -rf $(VENV) build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
