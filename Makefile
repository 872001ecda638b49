# `make run` and `make test` are all that a fresh Debian/Ubuntu machine with Python 3.11 needs.
SHELL := /bin/bash
PY := .venv/bin/python
.DEFAULT_GOAL := help

.PHONY: help run test test-surya surya lint bench docs samples screenshots setup setup-test clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup:
	@scripts/install-system-packages.sh run
	@scripts/install-python-packages.sh run

setup-test:
	@scripts/install-system-packages.sh test
	@scripts/install-python-packages.sh test

run: setup ## set up what is missing, then serve on http://localhost:7860
	@exec $(PY) app.py

test: setup-test ## set up what is missing, then run every test
	@$(PY) -X faulthandler -m pytest -q

surya: setup ## install Surya's own environment (docs/engines.md)
	@scripts/install-surya.sh

test-surya: setup-test ## test the real surya client in its own environment
	@scripts/install-surya.sh
	@$(PY) -m pytest -q tests/surya/check_surya.py

test-cluster: setup-test ## the REST tests against PostgreSQL, S3, Chroma and Ray, and all about clusters
	@TEST_SETUP=cluster $(PY) -X faulthandler -m pytest -q tests/cluster tests/e2e/test_rest.py tests/e2e/test_published_clients.py \
	  tests/e2e/test_malformed.py tests/e2e/test_chat.py tests/e2e/test_api_docs.py tests/e2e/test_gradio_client.py

lint: setup-test ## ruff, formatting, types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

bench: setup-test ## print figures: latency, or BENCH="NAME ARGUMENTS" for another
	@$(PY) -m bench $(BENCH)

docs: setup-test ## rewrite the generated parts of docs/
	@$(PY) -m scripts.write_docs

samples: setup-test ## draw the sample documents anew
	@$(PY) samples/draw.py

screenshots: setup-test ## take the pictures of docs/pictures from the real app
	@$(PY) -m scripts.take_screenshots

clean: ## remove the environment and caches (never data/)
	rm -rf .venv .venv-surya .mypy_cache .ruff_cache .pytest_cache
