# SPDX-License-Identifier: GPL-3.0-or-later
# Two commands are all a newcomer needs: `make demo` and `make test`. Each sets up what it needs first, and says so.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Whatever environment is active must not leak into .venv.
unexport VIRTUAL_ENV PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
# Passed to the command behind a target: `make demo ARGS=--no-serve`, `make test ARGS="-k lease"`.
ARGS ?=

.PHONY: help setup demo test coverage unit drill lint format types contracts bench reference wheel lock clean

help:  ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | while IFS='|' read -r target text; do printf '  make %-10s %s\n' "$$target" "$$text"; done

setup:  ## .venv from the lock file and the Debian tools, nothing else
	@ops/bootstrap/prepare.sh run

demo:  ## the main job on real packages: mirror, look up, rebuild, attest, show
	@ops/bootstrap/prepare.sh demo
	@.venv/bin/dejabuild demo $(ARGS)

test:  ## all tests (about 10 minutes on two cores)
	@ops/bootstrap/prepare.sh test
	@.venv/bin/pytest -n 2 -m "not drill" $(ARGS)

coverage:  ## all tests, and which lines they run (slower)
	@ops/bootstrap/prepare.sh test
	@.venv/bin/pytest -n 2 -m "not drill" --cov --cov-report=term $(ARGS)

unit:  ## the tests that need no server, no program and no chroot (SQLite only): most of them, in 20 s
	@ops/bootstrap/prepare.sh test
	@.venv/bin/pytest -n 2 -m "not (drill or postgresql or programs)" --ignore=tests/integration --ignore=tests/end_to_end $(ARGS)

drill:  ## what is too long for `make test`: Debian 13 in a chroot, long failure runs
	@ops/bootstrap/prepare.sh drill
	@.venv/bin/pytest -m drill --timeout=3600 $(ARGS)

lint:  ## ruff: rules and format
	@ops/bootstrap/prepare.sh run
	@.venv/bin/ruff check && .venv/bin/ruff format --check

format:  ## ruff: mend what it can
	@ops/bootstrap/prepare.sh run
	@.venv/bin/ruff check --fix --exit-zero && .venv/bin/ruff format

types:  ## mypy, strict
	@ops/bootstrap/prepare.sh run
	@.venv/bin/mypy

contracts:  ## who may import whom
	@ops/bootstrap/prepare.sh run
	@.venv/bin/lint-imports

bench:  ## benchmarks: ratios against a limit or a peer in the same run
	@ops/bootstrap/prepare.sh bench
	@DEJABUILD_TEST_SHARED_BUFFERS=512MB .venv/bin/pytest -o python_files='bench_*.py' -o timeout=0 -s -q $(or $(ARGS),tests/benchmarks)

reference:  ## what is made from the code: pages of docs/reference, the SQL of new tables
	@ops/bootstrap/prepare.sh run
	@.venv/bin/python -P -m ops.describe_settings > docs/reference/settings.md
	@.venv/bin/python -P -m ops.describe_routes > docs/reference/http.md
	@.venv/bin/python -P -m storage.write_new_tables

wheel:  ## dist/dejabuild-….whl, the same bytes each time
	@ops/bootstrap/prepare.sh run
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) .venv/bin/python -P -m hatchling build -t wheel

lock:  ## requirements/*.txt from pyproject.toml (ARGS=--upgrade for newer versions)
	@ops/bootstrap/lock.sh $(ARGS)

clean:  ## everything the targets above made in this checkout
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache .coverage .coverage.* build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
