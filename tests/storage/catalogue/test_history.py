# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to questions over time."""

from __future__ import annotations

from storage.catalogue import Catalogue
from tests.storage.catalogue.archive_maker import binary, day, import_run


def test_an_empty_catalogue_answers_and_a_filled_one_through_the_same_door(
    catalogue: Catalogue,
) -> None:
    asked = catalogue.history
    assert (asked.of_source("a"), asked.of_binary("a"), asked.names("", most=3)) == ((), (), ())
    import_run(catalogue, day(1), [binary("a")])
    assert [stay.version for stay in asked.of_source("a")] == ["1.0"]
    assert [one.name for one in asked.names("", most=3)] == ["a"]
    assert [one.name for one in asked.status()] == ["debian"]
