# The tasks of the project; the same names for a person and for CI. `make` alone lists them.
PYTHON := .venv/bin/python
PYTEST_ARGS ?= -n 2 --dist loadfile
SEEDS ?= 20
FROM ?= 1

# macOS always has a display; elsewhere X11 or Wayland must be there.
DISPLAYED := $(if $(filter Darwin,$(shell uname -s)),yes,$(DISPLAY)$(WAYLAND_DISPLAY))
DEMO := $(if $(DISPLAYED),$(if $(filter 1 yes true,$(TOUR)),--tour),--tour --headless) $(if $(OUT),--out "$(OUT)")

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types bench simulate format lock clean fresh

help: ## list the tasks
	@sed -n 's/^\([a-z]*\):.*## /  make \1@/p' $(MAKEFILE_LIST) | awk -F@ '{printf "%-16s %s\n", $$1, $$2}'

setup: ## make .venv ready, system packages included; quick when nothing changed
	@.ci/setup.sh

demo: setup ## open the sample event; TOUR=1 plays the story, as it does without a display; OUT=folder
	@.venv/bin/usher demo $(DEMO)

test: setup ## run the tests; PYTEST_ARGS="-k seat" to choose
	@$(PYTHON) -m pytest $(PYTEST_ARGS)

lint: setup ## check style, format and the direction of imports
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@.venv/bin/lint-imports

types: setup ## check types, strictly in models and sync
	@.venv/bin/pyright --warnings

bench: setup ## measure each promise beside its rival, into bench.json
	@$(PYTHON) -m tests.bench

simulate: setup ## run SEEDS=20 simulated networks from seed FROM=1 on
	@$(PYTHON) -m tests.helpers.simulate --seeds $(SEEDS) --from $(FROM)

format: setup ## format the code and mend what lint can mend
	@$(PYTHON) -m ruff check --fix --quiet .
	@$(PYTHON) -m ruff format .

LOCK = $(PYTHON) -m uv --quiet pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-emit-index-url --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: setup ## pin the requirements anew after a change of pyproject.toml; UPGRADE=1 takes newer ones
	@$(LOCK) --output-file requirements.txt
	@$(LOCK) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## remove what the tools left behind
	@rm -rf build dist .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find desktop ui sync models resources tests -name __pycache__ -type d -prune -exec rm -rf {} +

fresh: clean ## remove .venv as well
	@rm -rf .venv *.egg-info
