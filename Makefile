# make demo   install into .venv and run recipes/demo.yaml (no network beyond the package install)
# make test   install into .venv and run the tests
# make lint   ruff, mypy and the import contracts
# make schema write recipes/recipe.schema.json and the README's table of steps anew

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test lint schema clean

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "fairlead needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[all,dev]'
	@touch $@

# The demo's data have a planted bias, so one gate is not met on purpose: exit code 3 is the right end of this run.
demo: $(INSTALLED)
	@$(BIN)/fairlead run recipes/demo.yaml || { code=$$?; test $$code -eq 3 || exit $$code; \
	echo "Gates were not met. That is right: the demo's data have a planted bias, and the audit found it."; }

test: $(INSTALLED)
	$(BIN)/python -m pytest --numprocesses logical --dist worksteal

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

schema: $(INSTALLED)
	$(BIN)/fairlead schema --output recipes/recipe.schema.json
	$(BIN)/python tests/test_readme.py

clean:
	rm -rf $(VENV) runs .mypy_cache .ruff_cache .pytest_cache .hypothesis
