# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics for people and for programs."""

from __future__ import annotations

import io
import json

from rich.console import Console

from ops.run_stats import StorageStatistics, show_statistics, statistics_json
from storage.catalogue.statistics import Amount, ArchiveStatistics

FOUND = StorageStatistics(
    archives=(
        ArchiveStatistics(
            "debian",
            runs=3,
            files=Amount(5, 5_000_000),
            stored=Amount(4, 4_000_000),
            missing=Amount(1, 1_000_000),
            indices=Amount(6, 1_000_000),
            copies=Amount(30, 15_000_000),
        ),
    ),
    blobs=Amount(12, 6_000_000),
    evidence=Amount(1, 500),
    orphans=Amount(0, 0),
)


def test_a_person_reads_a_table() -> None:
    out = io.StringIO()
    show_statistics(FOUND, Console(file=out, width=200))
    lines = out.getvalue().splitlines()
    assert lines[0].split() == [
        "archive", "runs", "files", "stored", "missing", "shared", "indices", "copies", "ratio",
    ]  # fmt: skip
    assert lines[1].split()[:2] == ["debian", "3"]
    assert lines[1].split()[-1] == "3.0"
    assert "4 (4.0 MB)" in lines[1]
    assert lines[-1] == "needed by nothing: -"


def test_a_program_reads_json() -> None:
    found = json.loads(statistics_json(FOUND))
    assert found["archives"]["debian"]["stored"] == {"count": 4, "bytes": 4_000_000}
    assert found["archives"]["debian"]["ratio"] == 3.0
    assert found["blobs"] == {"count": 12, "bytes": 6_000_000}
    assert found["orphans"] == {"count": 0, "bytes": 0}
