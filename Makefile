# Every target makes the environment it needs; `make help` lists them.
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
BASE_PYTHON ?= py
else
BIN := .venv/bin
BASE_PYTHON ?= python3
endif
PYTHON := $(BIN)/python

.PHONY: help env demo test lint types docs pages wiring screenshots corpus bench kills drops recovery networks lock

help:            ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile

env:             ## make or update .venv (pinned, hashed) and install what the system lacks
	@$(BASE_PYTHON) tools/env.py

demo: env        ## a lab of virtual mice: a guided tour of the window, or a table without a display
	@$(BIN)/rig demo

test: env        ## run every test, on two cores: four at a time, but those that judge real time two at a time
	@$(PYTHON) -m pytest -n 4 --dist worksteal -m "not realtime"
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m realtime tests

lint: env        ## style, import layers and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

types: env       ## types alone
	@$(BIN)/mypy

docs: env        ## build the documentation into site/
	@$(BIN)/mkdocs build --strict --quiet

pages: env       ## make the protocols' pages and figures anew, from the code
	@$(PYTHON) tools/protocol_pages.py

wiring: env      ## draw the wiring of the reference rig anew
	@$(PYTHON) tools/wiring.py

screenshots: env ## take pictures of every screen of the window into screenshots/
	@$(PYTHON) tools/screenshots.py --out screenshots
	@$(PYTHON) tools/calibration_screenshots.py --out screenshots
	@$(PYTHON) tools/day_screenshots.py --out screenshots

corpus: env      ## record the sessions that tests replay anew
	@$(PYTHON) tools/make_corpus.py

bench: env       ## print the benchmark figures
	@$(PYTHON) -m benchmarks

kills: env       ## kill engine and logger a thousand times, and count what is lost
	@$(PYTHON) -m benchmarks.kill_test --kills 1000

drops: env       ## kill 300 sessions with rewards and what enters their water; the ledger must have each drop once
	@$(PYTHON) -m benchmarks.ledger_kills --kills 300

recovery: env    ## simulate 200 mice, fit them, and count how often intervals hold the truth
	@$(PYTHON) -m benchmarks.model_recovery --mice 200
	@$(PYTHON) -m benchmarks.recovery_through_rig --mice 200

networks: env    ## train the 100 recurrent networks, check what they show, and write their page (resumes)
	@$(PYTHON) -m benchmarks.network_ensemble

lock: env        ## renew requirements.lock (pins and hashes, no addresses); needs uv
	@uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate \
	  --upgrade --quiet --output-file requirements.lock
