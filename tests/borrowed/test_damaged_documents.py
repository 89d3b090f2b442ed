# SPDX-License-Identifier: GPL-3.0-or-later
"""Real documents of other projects, damaged: the attack of `tests/fuzz` with seeds of the wild."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.borrowed.conftest import SHARED
from tests.drill_figures import FIGURE
from tests.fuzz.engine import Subject, attack
from tests.fuzz.registry import SUBJECTS

#: Parser to the files that it reads.
WILD = (
    ("build records (Debian, Arch, RPM)", "buildinfo/*"),
    ("build records (Debian, Arch, RPM)", "debian-builds/*/*.buildinfo"),
    (".buildinfo", "debian-builds/*/*.buildinfo"),
    ("in-toto link", "attestations/*.link"),
    ("public key", "attestations/*.pub"),
    ("binary package", "debian-builds/what-is-python/*.deb"),
)


def _subject(name: str) -> Subject:
    return next(subject for subject in SUBJECTS if subject.name == name)


@pytest.mark.parametrize("cases", [20, pytest.param(1000, marks=pytest.mark.drill)])
@pytest.mark.parametrize(("name", "pattern"), WILD)
def test_a_damaged_document_from_the_wild_is_read_or_refused(
    name: str, pattern: str, cases: int, record_property: Callable[[str, object], None]
) -> None:
    seeds = tuple(path.read_bytes() for path in sorted(Path(SHARED).glob(pattern)))
    assert seeds
    subject = replace(_subject(name), seeds=seeds, found=())
    tried, accepted = attack(subject, cases, again=cases == 20)
    counted = {"documents": tried, "accepted": accepted}
    record_property(FIGURE, ("fuzzing of real documents", counted))
