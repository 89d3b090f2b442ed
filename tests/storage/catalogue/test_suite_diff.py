# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed between two runs, on both databases."""

from __future__ import annotations

import random
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from snapshot.coordinates import Coordinates
from snapshot.errors import InvalidInput, NotFound
from storage.catalogue import Catalogue
from storage.catalogue import suite_diff as suite_diff_module
from storage.catalogue.suite_diff import Change, DiffRequest, SuiteDiff, Version, suite_diff
from storage.database import Database
from tests.storage.catalogue.archive_maker import (
    MAIN,
    SOURCE,
    begin,
    binary,
    content,
    day,
    import_run,
    release_of,
    source,
    stage,
)

ARM = replace(MAIN, architecture="arm64")


def between(catalogue: Catalogue, start: int, end: int, **more: object) -> SuiteDiff:
    request = DiffRequest("debian", "sid", day(start), day(end))
    return catalogue.history.diff(replace(request, **more))  # type: ignore[arg-type]


def told(diff: SuiteDiff) -> list[tuple[str, str, list[str], list[str]]]:
    return [
        (
            change.kind,
            change.name,
            [one.version for one in change.before],
            [one.version for one in change.after],
        )
        for change in diff.changes
    ]


def test_what_came_what_went_and_what_became_another_version(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a"), binary("b"), binary("c"), binary("d", tag="x")])
    import_run(
        catalogue, day(2), [binary("a"), binary("c", "2.0"), binary("d", tag="y"), binary("e")]
    )
    assert told(between(catalogue, 1, 2)) == [
        ("removed", "b", ["1.0"], []),
        ("changed", "c", ["1.0"], ["2.0"]),
        ("described", "d", ["1.0"], ["1.0"]),
        ("added", "e", [], ["1.0"]),
    ]
    assert told(between(catalogue, 1, 1)) == []


def test_other_bytes_under_the_same_version_are_a_change(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a", bytes_="one")])
    import_run(catalogue, day(2), [binary("a", bytes_="two")])
    (change,) = between(catalogue, 1, 2).changes
    assert change.kind == "changed"
    assert change.before == (Version("1.0", (content("one"),)),)
    assert change.after == (Version("1.0", (content("two"),)),)


def test_what_went_and_came_back_in_between_did_not_change(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    import_run(catalogue, day(2), [binary("b")])
    import_run(catalogue, day(3), [binary("a")])
    assert told(between(catalogue, 1, 3)) == []
    assert len(told(between(catalogue, 1, 2))) == 2


def test_the_same_in_several_indices_is_told_once(catalogue: Catalogue) -> None:
    both = [binary("doc", architecture="all")]
    import_run(catalogue, day(1), {MAIN: [], ARM: [], SOURCE: []})
    import_run(catalogue, day(2), {MAIN: both, ARM: both, SOURCE: [source("doc")]})
    doc, sources = between(catalogue, 1, 2).changes
    assert doc == Change(
        "main", ("amd64", "arm64"), "doc", "all", (), (Version("1.0", (content("doc_1.0_all"),)),)
    )
    assert (sources.architecture, len(sources.after[0].digests)) == ("source", 2)
    only = between(catalogue, 1, 2, architecture="arm64")
    assert [change.indices for change in only.changes] == [("arm64",)]
    with pytest.raises(NotFound):
        between(catalogue, 1, 2, component="contrib")


def test_an_index_that_one_run_lacks_is_named_and_says_nothing(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), {MAIN: [binary("a")], ARM: [binary("a", architecture="arm64")]})
    import_run(catalogue, day(2), {MAIN: [binary("a")], SOURCE: [source("a")]})
    diff = between(catalogue, 1, 2)
    assert (diff.changes, diff.compared) == ((), (MAIN,))
    assert (diff.only_from, diff.only_to) == ((ARM,), (SOURCE,))


def test_an_unchanged_release_is_the_state_of_later_runs_too(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")], release="same")
    import_run(catalogue, day(2), [binary("a")], release="same")
    import_run(catalogue, day(3), [])
    assert told(between(catalogue, 1, 2)) == []
    assert told(between(catalogue, 2, 3)) == [("removed", "a", ["1.0"], [])]


def test_pages_follow_each_other_by_name_and_come_to_an_end(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("b", "1"), binary("d", "1")])
    import_run(catalogue, day(2), [binary(name, "2") for name in "abcde"])
    names, after = [], ""
    for _ in range(9):
        page = between(catalogue, 1, 2, most=2, after=after)
        names.append("".join(change.name for change in page.changes))
        if page.next_after is None:
            break
        after = page.next_after
    assert names == ["ab", "cd", "e"]


def test_runs_that_nobody_may_see_change_nothing(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a", "1")])
    import_run(catalogue, day(5), [binary("a", "2")])
    before = between(catalogue, 1, 5)
    for number in (3, 7):
        draft = begin(catalogue, day(number))
        catalogue.stage_release(draft, release_of(draft))
        stage(catalogue, draft, [binary("a", "1.5"), binary("z")])
        assert between(catalogue, 1, 5) == before
        catalogue.abandon(draft)


def test_it_says_what_comparing_two_lists_says(catalogue: Catalogue) -> None:
    """Against the lists of the runs themselves, over a history that comes in any order."""
    chance = random.Random(4)  # a test that repeats itself
    runs = {
        number: [binary(name, chance.choice("123")) for name in "abcdefgh" if chance.random() < 0.7]
        for number in range(1, 9)
    }
    for number in chance.sample(sorted(runs), len(runs)):
        import_run(catalogue, day(number), runs[number])

    def listed(number: int) -> dict[str, set[str]]:
        found = catalogue.packages_in("debian", day(number), "sid", "main", "amd64")
        return {one.package.name: {one.package.version} for one in found}

    for start in runs:
        for end in range(start + 1, 9):
            old, new = listed(start), listed(end)
            expected = [
                (name, sorted(old.get(name, ())), sorted(new.get(name, ())))
                for name in sorted(old.keys() | new.keys())
                if old.get(name) != new.get(name)
            ]
            found = [(name, *sides) for _, name, *sides in told(between(catalogue, start, end))]
            assert found == expected, (start, end)


def test_more_than_is_gone_through_is_refused_with_what_to_narrow(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        held = [binary("a", str(number)), binary("b", str(number)), binary("c")]
        import_run(catalogue, day(number), {MAIN: held, ARM: held})
    # Of each index four that came and went in between or before, and two that are there now.
    assert len(between(catalogue, 1, 3, most_rows=12).changes) == 2
    with pytest.raises(InvalidInput, match="more than 11 entries of sid came or went") as refusal:
        between(catalogue, 1, 3, most_rows=11, most=1)
    assert refusal.value.advice
    assert "architecture" in refusal.value.advice
    assert len(between(catalogue, 1, 3, most_rows=6, architecture="arm64").changes) == 2
    monkeypatch.setattr(suite_diff_module, "MOST_INDICES", 1)
    with pytest.raises(InvalidInput, match="2 indices of sid at once"):
        between(catalogue, 1, 3)


def test_a_suite_that_nobody_has_is_not_found_and_never_sql(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    for suite in ("nope", "'; DROP TABLE runs; --", "%"):
        with pytest.raises(NotFound, match="no index of"):
            between(catalogue, 1, 1, suite=suite)
    assert Coordinates("debian", "sid", "main", "amd64") in between(catalogue, 1, 1).compared


def test_work_grows_with_what_an_index_holds_and_not_with_its_square(
    sqlite_templates: Path, tmp_path: Path
) -> None:
    """Counted in SQLite's own steps; it chooses its way by itself, and once chose a long one."""

    def steps(entries: int) -> int:
        path = tmp_path / f"{entries}.sqlite"
        shutil.copyfile(sqlite_templates / "catalogue.sqlite", path)
        database = Database.open(f"sqlite:///{path}", "catalogue")
        catalogue = Catalogue(database)
        for number in (1, 2):
            import_run(
                catalogue, day(number), [binary(f"p{n}", str(number)) for n in range(entries)]
            )
        counted = 0

        def count() -> None:
            nonlocal counted
            counted += 1

        with database.read() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.set_progress_handler(count, 10)
            suite_diff(connection, DiffRequest("debian", "sid", day(1), day(2)))
            driver.set_progress_handler(None, 10)
        database.close()
        return counted

    few, many = steps(100), steps(400)
    assert few < many < 6 * few
