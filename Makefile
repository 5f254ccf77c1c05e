# Everything a newcomer types. `make` alone lists it; each target installs first what it needs and is quiet where nothing is to do.
.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv/bin
DATA_DIR ?= var
PYTEST_ARGS ?=
BENCH_ARGS ?=

.PHONY: help
help: ## What there is to do (this list)
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  New here?  make demo    then    make up,  $(VENV)/fieldtrail --help"

.PHONY: demo
demo: env kafka ## See it work: samples in, fields out, over a real broker; leaves nothing running
	@$(VENV)/fieldtrail demo

.PHONY: up
up: env kafka ## Start the local stack and keep it running (DATA_DIR=var)
	@$(VENV)/fieldtrail up --data-dir "$(DATA_DIR)"

.PHONY: down
down: env ## Stop the local stack; the data stays
	@$(VENV)/fieldtrail down --data-dir "$(DATA_DIR)"

.PHONY: test
test: lint kafka servers ## Lint and the whole test suite (PYTEST_ARGS="-k broker" for a part)
	@$(VENV)/python -m pytest $(PYTEST_ARGS)

.PHONY: lint
lint: env ## ruff, formatting, mypy
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check --quiet . || { echo "run: $(VENV)/ruff format ." >&2; exit 1; }
	@$(VENV)/mypy

.PHONY: bench
bench: env kafka ## Throughput and latency of the pipeline, as a table
	@$(VENV)/python -m fieldtrail.bench

.PHONY: bench-ocr
bench-ocr: env ## OCR against PaddleOCR's pipeline, RapidOCR and Tesseract
	@$(VENV)/uv pip install --quiet --no-deps --target .local/bench -r requirements/bench.in
	@PYTHONPATH=.local/bench $(VENV)/python -m fieldtrail.benchmarks.ocr $(BENCH_ARGS)

.PHONY: bench-microbatcher
bench-microbatcher: env ## The OCR server: many callers against one
	@$(VENV)/python -m fieldtrail.benchmarks.microbatcher $(BENCH_ARGS)

.PHONY: bench-preprocessing
bench-preprocessing: env ## What each step of preparing a page buys
	@$(VENV)/python -m fieldtrail.benchmarks.preprocessing $(BENCH_ARGS)

.PHONY: bench-audit
bench-audit: env ## The audit store: questions at 1 and 10 million field rows, and the sink
	@$(VENV)/python -m fieldtrail.benchmarks.audit $(BENCH_ARGS)
	@$(VENV)/python -m fieldtrail.benchmarks.audit_sink --documents 3000 --sinks 2

.PHONY: train
train: env ## Train the packaged models anew (DATA=folder with truth.jsonl and documents/, CACHE=folder for recognised pages)
	@$(VENV)/python -m fieldtrail.training.classifier "$(DATA)" --cache "$(CACHE)/types" --out processors/classification/weights.npz
	@$(VENV)/python -m fieldtrail.training.boundary "$(DATA)" --cache "$(CACHE)/types" --out processors/classification/boundary.npz
	@$(VENV)/python -m fieldtrail.training.reader "$(DATA)/truth.jsonl" --pages "$(CACHE)/reader" --out

.PHONY: doctor
doctor: env ## What is missing on this machine, and every setting
	@$(VENV)/fieldtrail doctor --data-dir "$(DATA_DIR)"

.PHONY: env
env: system ## The environment alone: .venv with the locked dependencies
	@deploy/bootstrap.sh env

.PHONY: kafka
kafka: system ## Apache Kafka's jars alone
	@deploy/bootstrap.sh kafka

.PHONY: servers
servers: system
	@deploy/bootstrap.sh servers

.PHONY: system
system:
	@deploy/bootstrap.sh system

LOCK := $(VENV)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
.PHONY: lock
lock: env ## Lock the dependencies of pyproject.toml anew (UPGRADE=--upgrade for newer ones)
	@$(LOCK) $(UPGRADE) pyproject.toml -o requirements/runtime.txt >/dev/null
	@$(LOCK) $(UPGRADE) pyproject.toml --extra postgres --extra otlp --extra eval --extra embedded --extra train --group dev -c requirements/runtime.txt -o requirements/dev.txt >/dev/null
	@$(LOCK) $(UPGRADE) pyproject.toml --extra postgres --extra otlp -c requirements/runtime.txt -o deploy/requirements.txt >/dev/null
	@$(LOCK) $(UPGRADE) --no-deps requirements/models.in -o requirements/models.txt >/dev/null
	@echo "locked; look at 'git diff requirements deploy', then run 'make env'"

.PHONY: clean
clean: ## Remove the environment and what was fetched; the stack's data stays
	@rm -rf .venv .local build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
