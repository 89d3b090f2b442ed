# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from snapshot.digest import Digest
from snapshot.verdict import Original
from storage.ledger import Ledger
from storage.ledger.put_targets import CHUNK, PutReport, chunks
from storage.ledger.values import NewArtifact, Placement
from tests.storage.ledger.samples import NOON, new_target, put, spread


def test_the_same_targets_twice_change_nothing_but_when_they_were_seen(ledger: Ledger) -> None:
    targets = [new_target("a"), new_target("b")]
    first = ledger.targets.put(targets, Placement(), now=NOON, spread=spread)
    again = ledger.targets.put(targets, Placement(), now=NOON + 5, spread=spread)
    assert first == PutReport(first.ids, created=2, queued=2)
    assert again == PutReport(first.ids, created=0, queued=0)
    assert {p.last_seen for p in ledger.packages.sources().records} == {NOON + 5}


def test_equal_targets_in_one_list_are_one(ledger: Ledger) -> None:
    report = ledger.targets.put([new_target()] * 3, Placement(), now=NOON, spread=spread)
    assert len(set(report.ids)) == 1
    assert (report.created, report.queued) == (1, 1)


def test_many_targets_are_written_in_bounded_parts(ledger: Ledger) -> None:
    targets = [new_target(f"package{number}") for number in range(CHUNK + 1)]
    assert [len(part) for part in chunks(targets)] == [CHUNK, 1]
    report = ledger.targets.put(targets, Placement(), now=NOON, spread=spread)
    assert report.queued == CHUNK + 1
    assert report.ids == tuple(sorted(report.ids))


def test_an_index_vouches_later_for_what_a_record_said(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target(origin=Original.RECORD))
    put(ledger, new_target(origin=Original.INDEX))
    (artifact,) = ledger.targets.artifacts(target_id)
    assert artifact.origin is Original.INDEX
    put(ledger, new_target(origin=Original.RECORD))
    assert ledger.targets.artifacts(target_id) == (artifact,)


def test_a_digest_is_not_replaced_by_another_report(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    before = ledger.targets.artifacts(target_id)
    other = replace(new_target().artifacts[0], sha256=Digest.of(b"other"))
    assert put(ledger, new_target(artifacts=(other,))) == (target_id,)
    assert ledger.targets.artifacts(target_id) == before


def test_a_file_may_be_listed_in_two_components(ledger: Ledger) -> None:
    first = new_target().artifacts[0]
    both = (first, replace(first, component="contrib"))
    put(ledger, new_target(artifacts=both))
    assert [p.component for p in ledger.packages.binaries().records] == ["main", "contrib"]


def test_new_artifacts_of_a_known_target_are_added(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    more = NewArtifact("hello-doc_1_all.deb", "hello-doc", "1", "all")
    put(ledger, new_target(artifacts=(*new_target().artifacts, more)))
    names = [artifact.name for artifact in ledger.targets.artifacts(target_id)]
    assert names == ["hello", "hello-doc"]


def test_an_environment_that_is_found_later_is_learnt_once(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    for word in (b"first", b"second"):
        put(ledger, replace(new_target(), environment=Digest.of(word)))
    assert ledger.targets.get(target_id).environment == Digest.of(b"first")
