# SPDX-License-Identifier: GPL-3.0-or-later
"""How archives are doing, on both databases."""

from __future__ import annotations

from storage.catalogue import Catalogue
from storage.catalogue.archive_status import ArchiveStatus, SuiteStatus
from tests.storage.catalogue.archive_maker import MAIN, SOURCE, begin, binary, day, import_run


def test_an_empty_catalogue_has_no_status(catalogue: Catalogue) -> None:
    assert catalogue.history.status() == ()


def test_runs_are_counted_and_the_newest_one_tells_its_suites(catalogue: Catalogue) -> None:
    for number in (1, 2, 3):
        import_run(catalogue, day(number), {MAIN: [binary("a", str(number))], SOURCE: []})
    catalogue.remove_runs("debian", [day(2)], now=day(9))
    begin(catalogue, day(4))
    assert catalogue.history.status() == (
        ArchiveStatus(
            "debian", day(1), day(3), 2, 1, (SuiteStatus("sid", day(3), day(3), indices=2),)
        ),
    )
    assert catalogue.history.status()[0].observed_until == day(3)
