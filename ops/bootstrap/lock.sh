#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes requirements/*.txt from pyproject.toml: every package with its hashes, and no address of any registry.
# `lock.sh --upgrade` takes the newest versions; without it, what is locked stays.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
/usr/bin/python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check pip-tools
compile() {
    "$scratch/venv/bin/pip-compile" --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options "$@" pyproject.toml
}
compile "$@" --extra=server --extra=dev --output-file=requirements/dev.txt
compile --extra=server --constraint=requirements/dev.txt --output-file=requirements/server.txt
compile --constraint=requirements/dev.txt --output-file=requirements/worker.txt
if grep -nE '://|^-' requirements/*.txt; then
    echo "an address or an option got into a lock file" >&2
    exit 1
fi
