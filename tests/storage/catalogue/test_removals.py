# SPDX-License-Identifier: GPL-3.0-or-later
"""What was taken out has a number, a date and a reason, and is not asked for again."""

from __future__ import annotations

import pytest

from snapshot.errors import Denied, InvalidInput
from storage.catalogue import BlobState, Catalogue
from storage.catalogue.removals import Removal
from tests.storage.catalogue.archive_maker import (
    begin,
    binary,
    content,
    day,
    import_run,
    release_of,
    stage,
)

FILE = content("a_1.0_amd64")


def two_runs(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    import_run(catalogue, day(2), [binary("a"), binary("b")])


def test_a_removal_tells_what_when_and_why(catalogue: Catalogue) -> None:
    two_runs(catalogue)
    made = catalogue.removals.add(
        " a court said so ",
        files=[FILE, FILE],
        runs=[("debian", day(1)), ("debian", day(1))],
        legal=True,
        now=day(9),
    )
    assert made == Removal(1, day(9), "a court said so", legal=True, files=1, runs=1)
    assert catalogue.removals.get(1) == made
    assert catalogue.removals.files(1) == (FILE,)
    assert catalogue.removals.runs(1) == (("debian", day(1)),)
    assert catalogue.removals.of_file(FILE) == made
    assert catalogue.removals.of_run("debian", day(1)) == made
    run = catalogue.run_at("debian", day(1))
    assert run is not None
    assert run.removed == day(9)


def test_what_was_not_taken_out_has_no_removal(catalogue: Catalogue) -> None:
    two_runs(catalogue)
    catalogue.removals.add("broken", files=[FILE], now=day(9))
    assert catalogue.removals.of_file(content("b_1.0_amd64")) is None
    assert catalogue.removals.of_run("debian", day(1)) is None
    assert catalogue.removals.of_run("debian", day(5)) is None
    assert catalogue.removals.get(2) is None


def test_numbers_count_and_the_first_reason_stands(catalogue: Catalogue) -> None:
    two_runs(catalogue)
    first = catalogue.removals.add("broken", files=[FILE], now=day(8))
    second = catalogue.removals.add("and forbidden", files=[FILE], legal=True, now=day(9))
    assert [one.number for one in catalogue.removals.all()] == [2, 1]
    assert catalogue.removals.all()[0] == second
    assert catalogue.removals.of_file(FILE) == first


def test_a_removal_needs_a_reason_and_something_to_remove(catalogue: Catalogue) -> None:
    two_runs(catalogue)
    with pytest.raises(InvalidInput, match="without a reason"):
        catalogue.removals.add(" ", files=[FILE], now=day(9))
    with pytest.raises(InvalidInput, match="of nothing"):
        catalogue.removals.add("why not", now=day(9))


def test_a_removal_that_cannot_be_whole_does_not_happen(catalogue: Catalogue) -> None:
    two_runs(catalogue)
    for stamp, words in ((day(2), "newest"), (day(5), "no run")):
        with pytest.raises(InvalidInput, match=words):
            catalogue.removals.add("x", files=[FILE], runs=[("debian", stamp)], now=day(9))
    assert catalogue.removals.all() == ()
    assert catalogue.removals.of_file(FILE) is None


def test_no_later_run_asks_for_a_file_that_was_taken_out(catalogue: Catalogue) -> None:
    two_runs(catalogue)
    catalogue.removals.add("broken", files=[FILE], runs=[("debian", day(1))], now=day(9))
    known = catalogue.blob_by_hash(FILE.hex)
    assert known is not None
    assert known.state is BlobState.REMOVED
    draft = begin(catalogue, day(3))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("a", tag="new words"), binary("c")])
    assert {file.digest for file in catalogue.changed_files(draft)} == {content("c_1.0_amd64")}


def test_a_run_that_was_taken_out_is_not_captured_again(catalogue: Catalogue) -> None:
    two_runs(catalogue)
    catalogue.removals.add("a court said so", runs=[("debian", day(1))], legal=True, now=day(9))
    with pytest.raises(Denied, match=r"debian .*: taken out by removal 1: a court said so"):
        begin(catalogue, day(1))
    assert catalogue.removals.of_run("debian", day(1)) is not None
    import_run(catalogue, day(3), [binary("c")])
    begin(catalogue, day(1), "another")
