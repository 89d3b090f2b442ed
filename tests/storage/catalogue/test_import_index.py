# SPDX-License-Identifier: GPL-3.0-or-later
"""An import costs what changed, whatever exists; any order gives the same."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from snapshot.coordinates import Coordinates
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, VerificationError
from storage.catalogue import Catalogue, ImportCounts
from tests.storage.catalogue.archive_maker import (
    MAIN,
    begin,
    binary,
    day,
    history,
    import_run,
    index,
    listed,
    pieces,
    release_of,
    stage,
)


def test_the_first_import_opens_everything(catalogue: Catalogue) -> None:
    counts = import_run(catalogue, day(1), [binary("a"), binary("b")])
    assert (counts.stanzas, counts.parsed, counts.opened, counts.closed) == (2, 2, 2, 0)
    assert listed(catalogue, day(1)) == {"a 1.0", "b 1.0"}


def test_half_a_percent_changed_costs_half_a_percent(catalogue: Catalogue) -> None:
    stanzas = [binary(f"package{number}") for number in range(2000)]
    first = import_run(catalogue, day(1), stanzas)
    assert (first.parsed, first.opened) == (2000, 2000)
    for number in random.Random(1).sample(range(2000), 10):
        stanzas[number] = binary(f"package{number}", "1.1")
    second = import_run(catalogue, day(2), stanzas)
    # Ten packages, files, blobs, entries, entry-file links, ten presences opened and ten
    # closed; one pack that holds the ten stanzas, one observation.
    assert second == ImportCounts(
        stanzas=2000, parsed=10, opened=10, closed=10, unchanged=1990, written=7 * 10 + 2
    )


def test_a_moved_tag_is_a_new_entry_of_the_same_file(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    counts = import_run(catalogue, day(2), [binary("a", tag="new")])
    # An entry, its link, its pack; a presence opened, one closed; the observation.
    assert (counts.parsed, counts.written) == (1, 6)
    assert history(catalogue, "a") == [(1, None)]


def test_an_unchanged_index_of_a_new_release_writes_only_the_observation(
    catalogue: Catalogue,
) -> None:
    import_run(catalogue, day(1), [binary("a")])

    def unread() -> Iterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    draft = begin(catalogue, day(2))
    catalogue.stage_release(draft, release_of(draft))
    data = index([binary("a")])
    counts = catalogue.stage_index(draft, MAIN, Digest.of(data), unread())
    assert counts == ImportCounts(written=1)
    catalogue.publish(draft)
    assert listed(catalogue, day(2)) == {"a 1.0"}


def test_an_unchanged_release_writes_nothing_more(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")], release="same")
    assert import_run(catalogue, day(2), [binary("a")], release="same") == ImportCounts()
    assert listed(catalogue, day(2)) == {"a 1.0"}
    assert history(catalogue, "a") == [(1, None)]


def test_a_run_between_two_of_one_release_does_not_change_the_later_one(
    catalogue: Catalogue,
) -> None:
    import_run(catalogue, day(1), [binary("a")], release="same")
    import_run(catalogue, day(3), [binary("a")], release="same")
    import_run(catalogue, day(2), [binary("b")], release="other")
    assert listed(catalogue, day(2)) == {"b 1.0"}
    assert listed(catalogue, day(3)) == {"a 1.0"}
    assert history(catalogue, "a") == [(1, 2), (3, None)]
    assert history(catalogue, "b") == [(2, 3)]


def test_what_was_gone_and_came_back_has_two_intervals(catalogue: Catalogue) -> None:
    for number, names in enumerate(("ab", "b", "ab"), start=1):
        import_run(catalogue, day(number), [binary(name) for name in names])
    assert history(catalogue, "a") == [(1, 2), (3, None)]
    assert history(catalogue, "b") == [(1, None)]


def test_a_backfill_splits_what_was_not_there_and_joins_what_was(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary(name) for name in "ab"])
    import_run(catalogue, day(3), [binary(name) for name in "ac"])
    import_run(catalogue, day(2), [binary(name) for name in "cd"])
    assert history(catalogue, "a") == [(1, 2), (3, None)]  # split
    assert history(catalogue, "b") == [(1, 2)]  # closed earlier
    assert history(catalogue, "c") == [(2, None)]  # began earlier
    assert history(catalogue, "d") == [(2, 3)]


def test_absent_is_not_unobserved(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    import_run(catalogue, day(9), [binary("b")])
    # Between the 1st and the 9th nobody looked: the 9th is when it was first seen absent.
    assert history(catalogue, "a") == [(1, 9)]
    (location,) = catalogue.binary_files("a", "1.0")
    assert catalogue.observed_ranges(MAIN, location.intervals) == ((day(1), day(1)),)


def test_the_same_stanza_twice_in_one_index_is_one_entry(catalogue: Catalogue) -> None:
    counts = import_run(catalogue, day(1), [binary("a"), binary("a")])
    assert (counts.stanzas, counts.parsed) == (1, 1)


def test_bytes_that_are_not_the_index_are_refused_and_leave_nothing_to_see(
    catalogue: Catalogue,
) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft))
    data = index([binary("a")])
    with pytest.raises(VerificationError):
        catalogue.stage_index(draft, MAIN, Digest.of(b"other"), pieces(data))
    catalogue.abandon(draft)
    assert list(catalogue.dump()) == []


def test_a_broken_stanza_is_named(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft))
    with pytest.raises(InvalidInput, match=r"the index of debian .*, stanza 2: .*half.*Version"):
        stage(catalogue, draft, [binary("whole"), b"Package: half"])


def test_an_index_needs_the_release_that_names_it(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    with pytest.raises(InvalidInput, match="no Release"):
        stage(catalogue, draft, [binary("a")])


def test_one_index_given_twice_is_refused(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("a")])
    with pytest.raises(InvalidInput, match="twice"):
        stage(catalogue, draft, [binary("a")])


def test_an_index_of_another_archive_is_refused(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft))
    with pytest.raises(InvalidInput, match="debian-security"):
        stage(catalogue, draft, [], Coordinates("debian-security", "sid", "main", "amd64"))


def test_a_published_index_is_never_replaced(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft))
    with pytest.raises(VerificationError, match="never changes"):
        stage(catalogue, draft, [binary("b")])
