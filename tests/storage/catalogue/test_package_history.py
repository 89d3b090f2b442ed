# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole history of one package, on both databases."""

from __future__ import annotations

from snapshot.coordinates import Coordinates
from storage.catalogue import Catalogue
from storage.catalogue.package_history import Stay
from tests.storage.catalogue.archive_maker import (
    MAIN,
    SOURCE,
    begin,
    binary,
    day,
    import_run,
    release_of,
    source,
    stage,
)

TESTING = Coordinates("debian", "testing", "main", "amd64")


def stay(
    version: str,
    days: tuple[int, int, int | None],
    *,
    suite: str = "sid",
    architectures: tuple[str, ...] = ("amd64",),
    of: str = "foo",
) -> Stay:
    first, last, until = days
    gone = None if until is None else day(until)
    return Stay("debian", suite, version, of, version, architectures, day(first), day(last), gone)


def test_a_version_stays_from_its_first_run_to_the_last_that_had_it(catalogue: Catalogue) -> None:
    for number, version in ((1, "1"), (3, "1"), (5, "2"), (9, "2")):
        import_run(catalogue, day(number), {SOURCE: [source("foo", version)]})
    assert catalogue.history.of_source("foo") == (
        stay("1", (1, 3, 5), architectures=("source",)),
        stay("2", (5, 9, None), architectures=("source",)),
    )
    assert catalogue.history.of_source("bar") == ()
    assert catalogue.history.of_binary("foo") == ()


def test_what_came_back_stayed_twice(catalogue: Catalogue) -> None:
    for number in (1, 2, 3):
        import_run(catalogue, day(number), [] if number == 2 else [binary("foo", "1")])
    assert catalogue.history.of_binary("foo") == (stay("1", (1, 1, 2)), stay("1", (3, 3, None)))


def test_an_unchanged_release_is_seen_at_later_runs_too(catalogue: Catalogue) -> None:
    streams = {MAIN: [binary("foo", "1")]}
    import_run(catalogue, day(1), streams, release="same")
    import_run(catalogue, day(4), streams, release="same")
    import_run(catalogue, day(6), [])
    assert catalogue.history.of_binary("foo") == (stay("1", (1, 4, 6)),)


def test_architectures_of_a_suite_are_one_stay_and_suites_are_several(
    catalogue: Catalogue,
) -> None:
    def streams(*, gone: bool) -> dict[Coordinates, list[bytes]]:
        foo = [binary("libfoo", "1", source="foo"), binary("foo", "1", architecture="all")]
        return {SOURCE: [] if gone else [source("foo", "1")], MAIN: foo, TESTING: foo[:1]}

    import_run(catalogue, day(1), streams(gone=False))
    import_run(catalogue, day(2), streams(gone=True))
    assert catalogue.history.of_source("foo") == (
        stay("1", (1, 2, None), architectures=("all", "amd64", "source")),
        stay("1", (1, 2, None), suite="testing"),
    )


def test_a_binary_names_its_source_with_the_version_of_that(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("libfoo", "1+b1", source="foo (1)")])
    (found,) = catalogue.history.of_binary("libfoo")
    assert (found.version, found.source, found.source_version) == ("1+b1", "foo", "1")


def test_a_run_that_is_not_published_says_nothing(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("foo", "1")])
    before = catalogue.history.of_binary("foo")
    draft = begin(catalogue, day(2))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("foo", "2")])
    assert catalogue.history.of_binary("foo") == before == (stay("1", (1, 1, None)),)


def test_what_nobody_looks_at_any_more_was_last_seen_when_somebody_did(
    catalogue: Catalogue,
) -> None:
    import_run(catalogue, day(1), {MAIN: [binary("foo", "1")], TESTING: []})
    import_run(catalogue, day(2), {TESTING: []})
    assert catalogue.history.of_binary("foo") == (stay("1", (1, 1, None)),)
