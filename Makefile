.PHONY: setup demo test test-fast check format lint types audit faults bench bench-learning bench-labels bench-filters bench-memory lock clean
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

setup:
	@$(PYTHON) scripts/set_up.py

demo: setup
	@$(BIN)/pilotfish demo

# Each worker has servers of its own.
test: setup ## pass everything a change needs, embedded servers included, and measure coverage
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(WORKERS)
	@$(BIN)/coverage combine -q && $(BIN)/coverage report

test-fast: setup ## pass the tests that need no server, in two minutes
	@$(BIN)/pytest -n $(WORKERS) --fast -r fE

# Last: what is not on this machine may keep it from being answered.
check: lint types test audit

format: setup
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lint: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo && $(BIN)/codespell
	@$(BIN)/bandit -q -c pyproject.toml -r src advisors consumers demo evaluation infra runtime schemas streams trainers

types: setup
	@$(BIN)/mypy && $(BIN)/pyright

# Strict: what cannot be looked up fails, instead of counting as safe.
audit: setup
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements.lock

faults: setup
	@PYTHONPATH=tests $(BIN)/python -m faults.drive

bench: setup
	@$(BIN)/python benchmarks/run.py

bench-learning: setup
	@$(BIN)/python benchmarks/learning.py

bench-labels: setup
	@$(BIN)/python benchmarks/labels.py

bench-filters: setup
	@$(BIN)/python benchmarks/filters.py

bench-memory: setup
	@$(BIN)/python benchmarks/memory_search.py

lock: setup
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --generate-hashes --python-version 3.11 \
	  --no-emit-package llama-cpp-python --no-emit-package llm --no-emit-package sentence-transformers \
	  -o requirements.lock

clean:
	@rm -rf .venv build dist *.egg-info
