# SPDX-License-Identifier: GPL-3.0-or-later
"""From needs to candidates; the resolver then answers."""

from __future__ import annotations

import pytest

from snapshot.coordinates import Coordinates
from snapshot.need import Need
from snapshot.presence import Interval
from snapshot.resolver import resolve
from storage.catalogue import Catalogue, bulk_load
from storage.database import Database
from tests.asked_statements import asked_statements
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
from tests.storage.catalogue.test_lookup_digests import import_trusted


def test_a_record_that_needs_two_dates_is_resolved(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("old"), binary("both")])
    import_run(catalogue, day(2), [binary("new"), binary("both")])
    needs = [Need("old", "1.0"), Need("new", "1.0"), Need("both", "1.0")]
    answer = resolve(needs, catalogue.locate(needs), near=day(2), build_architecture="amd64")
    assert answer.missing == ()
    assert [step.at for step in answer.cover] == [day(2), day(1)]
    assert answer.environment
    assert len(answer.environment.members) == 3


def test_a_candidate_says_what_where_and_when(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a")])
    import_run(catalogue, day(3), [])
    (candidate,) = catalogue.locate([Need("a", "1.0")])
    digest = content("a_1.0_amd64")
    assert (candidate.digest, candidate.sha1) == (digest, digest.hex[:40])
    assert (candidate.architecture, candidate.coordinates) == ("amd64", MAIN)
    assert candidate.path == "pool/main/a/a/a_1.0_amd64.deb"
    assert candidate.intervals == (Interval(day(1), day(3)),)


def test_a_source_is_its_dsc(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), {SOURCE: [source("s")]})
    (candidate,) = catalogue.locate([Need("s", "1.0", kind="source")])
    assert (candidate.path, candidate.architecture) == ("pool/main/s/s/s_1.0.dsc", "source")


def test_other_versions_are_given_only_where_the_wanted_one_is_nowhere(
    catalogue: Catalogue,
) -> None:
    for number in (1, 2, 3):
        import_run(catalogue, day(number), [binary("a", f"{number}"), binary("b", f"{number}")])
    needs = [Need("a", "2"), Need("b", "9"), Need("c", "1")]
    found = {(one.name, one.version) for one in catalogue.locate(needs)}
    assert found == {("a", "2"), ("b", "3")}
    answer = resolve(needs, catalogue.locate(needs), near=None, build_architecture="amd64")
    assert [missing.why for missing in answer.missing] == ["unknown version", "unknown package"]


def test_of_a_missing_version_only_the_neighbours_are_read(catalogue: Catalogue) -> None:
    versions = ("1", "2", "10", "10+b1", "11")
    import_run(catalogue, day(1), {MAIN: [binary("a", one) for one in versions]})
    import_run(catalogue, day(2), {SOURCE: [source("a", "10.5")]})
    found = catalogue.locate([Need("a", "10.5"), Need("a", "3")])
    assert {one.version for one in found} == {"2", "10", "10+b1", "10.5", "11"}


def test_a_version_that_only_an_abandoned_run_had_is_no_neighbour(catalogue: Catalogue) -> None:
    import_run(catalogue, day(1), [binary("a", "1.0")])
    draft = begin(catalogue, day(2))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("a", "2.0")])
    for _ in ("while it is there", "when it is given up"):
        assert [one.version for one in catalogue.locate([Need("a", "2.1")])] == ["1.0"]
        catalogue.abandon(draft)


def test_nothing_of_an_unpublished_run_is_a_candidate(catalogue: Catalogue) -> None:
    draft = begin(catalogue, day(1))
    catalogue.stage_release(draft, release_of(draft))
    stage(catalogue, draft, [binary("a")])
    assert catalogue.locate([Need("a", "1.0")]) == []
    catalogue.publish(draft)
    assert len(catalogue.locate([Need("a", "1.0")])) == 1


def test_a_candidate_of_an_archive_that_proves_nothing_is_not_verified(
    catalogue: Catalogue,
) -> None:
    import_trusted(catalogue, "anyone", 1, "none")
    import_trusted(catalogue, "signed", 2, "release")
    found = catalogue.locate([Need("a", "1.0")])
    assert {(one.coordinates.archive, one.verified) for one in found} == {
        ("anyone", False),
        ("signed", True),
    }


def test_many_needs_are_few_queries(
    catalogue: Catalogue, catalogue_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_run(catalogue, day(1), [binary(f"p{number}") for number in range(30)])
    monkeypatch.setattr(bulk_load, "KEYS_AT_ONCE", 10)
    needs = [Need(f"p{number}", "1.0") for number in range(30)]
    with asked_statements(catalogue_database) as asked:
        assert len(catalogue.locate(needs)) == 30
    joined = [statement for statement in asked if "wanted" in statement]
    assert len(joined) == 3 + 1, "the needs, ten at a time, and whether their streams were left"
    told = [statement for statement in asked if "enable_hashjoin" in statement]
    assert len(told) == (2 if catalogue_database.engine.dialect.name == "postgresql" else 0)


def test_a_package_of_the_installer_is_no_candidate(catalogue: Catalogue) -> None:
    installer = Coordinates("debian", "sid", "main/debian-installer", "amd64")
    udeb = binary("both").replace(b"amd64.deb", b"amd64.udeb")
    import_run(catalogue, day(1), {MAIN: [binary("both")], installer: [udeb, binary("only")]})
    (candidate,) = catalogue.locate([Need("both", "1.0"), Need("only", "1.0")])
    assert candidate.coordinates == MAIN
    # Where it lived is known all the same.
    assert [one.coordinates for one in catalogue.binary_files("only", "1.0")] == [installer]
