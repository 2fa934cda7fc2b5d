.PHONY: help setup demo test coverage test-fast check format lint types audit clients recordings faults bench bench-learning bench-labels bench-filters bench-memory bench-strategies lock clean
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
# Without its caches every process of a test would compile torch anew.
unexport PYTHONDONTWRITEBYTECODE

setup: ## make .venv, install what is locked, fetch Kafka and the base model
	@$(PYTHON) scripts/set_up.py

demo: setup ## show the whole loop on real problems, from nothing to better than unadvised
	@$(BIN)/pilotfish demo

# Each worker has servers of its own.
test: setup ## pass everything a change needs, embedded servers included
	@$(BIN)/pytest -n $(WORKERS)

coverage: setup ## run the same tests, slower, and measure their coverage
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(WORKERS)
	@$(BIN)/coverage combine -q && $(BIN)/coverage report

test-fast: setup ## pass the tests that need no server
	@$(BIN)/pytest -n $(WORKERS) --fast -r fE

# Last: what is not on this machine may keep it from being answered.
check: lint types test audit ## lint, types, test and audit: all that must pass before a change is done

format: setup ## format the code and fix what can be fixed
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

lint: setup ## check style, import contracts, spelling and common security mistakes
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-logo && $(BIN)/codespell
	@$(BIN)/bandit -q -c pyproject.toml -r src advisors consumers demo evaluation infra runtime schemas strategies streams traces trainers web

types: setup ## check types with mypy and pyright
	@$(BIN)/mypy && $(BIN)/pyright

# Strict: what cannot be looked up fails, instead of counting as safe.
audit: setup ## look up known vulnerabilities of the locked packages
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements.lock

clients: setup ## run the scripts of ClickHouse's clients for Go, Java, Node and Python (downloads them)
	@PYTHONPATH=tests $(BIN)/python -m clients.drive

recordings: setup ## record anew the traces of frameworks that have environments of their own (downloads them)
	@for script in tests/traces/recordings/record_*.py; do PYTHONPATH=tests $(BIN)/uv run $$script || exit 1; done

faults: setup ## kill, stop and starve every part, and print what went missing (as root, hours)
	@PYTHONPATH=tests $(BIN)/python -m faults.drive

bench: setup ## measure speed and memory, and write benchmarks/results.md
	@$(BIN)/python benchmarks/run.py

bench-learning: setup ## score advice policies on two public logs (over an hour)
	@$(BIN)/python benchmarks/learning.py

bench-labels: setup ## compare labels with votes, Dawid-Skene and the truth
	@$(BIN)/python benchmarks/labels.py

bench-filters: setup ## compare what trainings may learn from
	@$(BIN)/python benchmarks/filters.py

bench-memory: setup ## search a million attempts
	@$(BIN)/python benchmarks/memory_search.py

bench-strategies: setup ## find strategies that nobody named, and measure what they are worth
	@$(BIN)/python benchmarks/strategies.py

lock: setup ## write requirements.lock anew
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --generate-hashes --python-version 3.11 \
	  --no-emit-package llama-cpp-python --no-emit-package llm --no-emit-package sentence-transformers \
	  -o requirements.lock

clean: ## remove .venv and what was built
	@rm -rf .venv build dist *.egg-info

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16
