# SPDX-License-Identifier: GPL-3.0-or-later
"""Rates of past syncs, from a file that may be anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirror.measured_rate import LEAST_BYTES, MeasuredRates


def test_later_syncs_count_more(tmp_path: Path) -> None:
    path = tmp_path / "run" / "rates.json"
    rates = MeasuredRates(path)
    assert rates.rate("debian") is None
    rates.note("debian", 10_000_000, 10.0)
    assert rates.rate("debian") == 1_000_000
    rates.note("debian", 40_000_000, 10.0)
    assert rates.rate("debian") == 3_000_000
    assert MeasuredRates(path).rate("debian") == 3_000_000
    assert rates.rate("other") is None


def test_a_sync_of_a_few_bytes_tells_nothing(tmp_path: Path) -> None:
    rates = MeasuredRates(tmp_path / "rates.json")
    rates.note("debian", LEAST_BYTES - 1, 1.0)
    rates.note("debian", LEAST_BYTES, 0.0)
    assert rates.rate("debian") is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"debian": 3}', '{"debian": [1]}', '{"debian": [0, 1]}', '{"debian": [1, 0]}',
     '{"debian": ["1", 1]}', '{"debian": [1e999, 1]}', "[" * 100_000, "\xff"],
)  # fmt: skip
def test_a_damaged_file_costs_an_estimate_and_is_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rates.json"
    path.write_text(text, encoding="latin-1")
    rates = MeasuredRates(path)
    assert rates.rate("debian") is None
    rates.note("debian", 10_000_000, 10.0)
    assert rates.rate("debian") == 1_000_000


def test_a_place_that_cannot_be_written_costs_no_sync(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    MeasuredRates(tmp_path / "file" / "rates.json").note("debian", 10_000_000, 10.0)
