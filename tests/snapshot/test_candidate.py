# SPDX-License-Identifier: GPL-3.0-or-later
"""What a choice offers."""

from __future__ import annotations

from snapshot.candidate import Chosen
from snapshot.need import Need
from tests.snapshot.archive_of import candidate


def test_the_first_candidate_is_the_file() -> None:
    here, there = candidate("a 1", "1-"), candidate("a 1", "1-", suite="trixie")
    assert Chosen(Need("a", "1"), (here, there)).file is here
