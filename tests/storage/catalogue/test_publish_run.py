# SPDX-License-Identifier: GPL-3.0-or-later
"""A run is published whole or not at all, and never changes afterwards."""

from __future__ import annotations

import pytest

from snapshot.coordinates import Coordinates
from snapshot.errors import Busy, InvalidInput, NotFound, VerificationError
from storage.catalogue import Catalogue, Trust
from tests.storage.catalogue.archive_maker import (
    MAIN,
    begin,
    binary,
    content,
    day,
    history,
    import_run,
    listed,
    release_of,
    stage,
)

CONTRIB = Coordinates("debian", "sid", "contrib", "amd64")


def test_a_run_without_a_release_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(InvalidInput, match="no Release"):
        catalogue.publish(begin(catalogue, day(1)))


def test_publishing_twice_is_refused(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft))
    catalogue.publish(draft)
    with pytest.raises(Busy):
        catalogue.publish(draft)


def test_a_published_run_is_widened_by_what_it_lacks(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")], release="same")
    import_run(catalogue, day(2), [binary("b")], release="later")
    import_run(catalogue, day(1), {CONTRIB: [binary("c")]}, release="same")
    assert [run.timestamp for run in catalogue.runs("debian")] == [day(1), day(2)]
    assert catalogue.streams_at("debian", day(1)) == (CONTRIB, MAIN)
    assert listed(catalogue, day(1), CONTRIB) == {"c 1.0"}
    assert listed(catalogue, day(1)) == {"a 1.0"}
    assert history(catalogue, "a") == [(1, 2)]


@pytest.mark.parametrize("trusts", [("release", "none"), ("none", "release")])
def test_a_widened_run_is_proved_as_its_weakest_part(
    catalogue: Catalogue, trusts: tuple[Trust, Trust]
) -> None:
    for trust, suite in zip(trusts, ("sid", "other"), strict=True):
        draft = catalogue.begin_run("debian", day(1), trust=trust, origin="test")
        catalogue.stage_release(draft, release_of(draft, suite))
        catalogue.publish(draft)
    (run,) = catalogue.runs("debian")
    assert run.trust == "none"


def test_a_published_run_never_gets_another_release(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")], release="one")
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft, name="two"))
    with pytest.raises(VerificationError, match="another Release of sid"):
        catalogue.publish(draft)
    assert listed(catalogue, day(1)) == {"a 1.0"}


def test_looking_again_moves_only_until_when_it_was_observed(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")], release="same")
    before = list(catalogue.dump())
    catalogue.observed_again("debian", {"sid": content("Release", "sid", "same")}, day(4))
    catalogue.observed_again("debian", {"sid": content("Release", "sid", "same")}, day(3))
    after = list(catalogue.dump())
    assert len(set(before) ^ set(after)) == 2
    found = catalogue.release_at("debian", day(1), "sid")
    assert found
    assert found.observed_until == day(4)


def test_another_release_cannot_have_been_observed_again(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    with pytest.raises(NotFound, match="sid"):
        catalogue.observed_again("debian", {"sid": content("other")}, day(2))


def test_two_archives_are_imported_side_by_side(catalogue: Catalogue) -> None:
    one = begin(catalogue, day(1))
    two = begin(catalogue, day(1), "debian-security")
    there = Coordinates("debian-security", "sid", "main", "amd64")
    catalogue.stage_release(one, release_of(one))
    catalogue.stage_release(two, release_of(two, name="security"))
    stage(catalogue, one, [binary("a")])
    stage(catalogue, two, [binary("a"), binary("b")], there)
    catalogue.publish(two)
    assert [archive.name for archive in catalogue.archives()] == ["debian-security"]
    catalogue.publish(one)
    assert listed(catalogue, day(1)) == {"a 1.0"}
    assert listed(catalogue, day(1), there) == {"a 1.0", "b 1.0"}
