# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from snapshot.digest import Digest
from snapshot.errors import NotFound
from snapshot.verdict import Original
from storage.ledger import Ledger
from storage.ledger.values import NewArtifact
from tests.storage.ledger.samples import NOON, new_target, put


def test_a_target_is_read_back_as_it_was_written(ledger: Ledger) -> None:
    wanted = new_target()
    (target_id,) = put(ledger, wanted)
    target = ledger.targets.get(target_id)
    assert (target.source, target.version, target.backend) == ("hello", "2.10-3", "debian")
    assert target.input_digest == wanted.input_digest
    assert target.releases == ("sid",)
    assert target.status is None
    (artifact,) = ledger.targets.artifacts(target_id)
    assert (artifact.sha256, artifact.origin) == (wanted.artifacts[0].sha256, Original.INDEX)


def test_two_suites_share_one_target(ledger: Ledger) -> None:
    first = put(ledger, new_target(release="sid"))
    second = put(ledger, new_target(release="trixie"))
    assert first == second
    assert ledger.targets.get(first[0]).releases == ("sid", "trixie")


def test_an_unknown_target_is_named_in_the_error(ledger: Ledger) -> None:
    with pytest.raises(NotFound, match="no target 77"):
        ledger.targets.get(77)


def test_a_digest_that_comes_later_is_learnt(ledger: Ledger) -> None:
    bare = NewArtifact("hello_1_amd64.deb", "hello", "1", "amd64")
    (target_id,) = put(ledger, new_target(artifacts=(bare,)))
    (artifact,) = ledger.targets.artifacts(target_id)
    digest = Digest.of(b"deb")
    ledger.targets.learn(artifact.id, digest, 3, Original.INDEX)
    (known,) = ledger.targets.artifacts(target_id)
    assert (known.sha256, known.size, known.origin) == (digest, 3, Original.INDEX)


def test_a_known_digest_is_never_replaced_by_another(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    (before,) = ledger.targets.artifacts(target_id)
    ledger.targets.learn(before.id, Digest.of(b"another"), 7, Original.RECORD)
    assert ledger.targets.artifacts(target_id) == (before,)


def test_the_history_of_a_source_is_listed_newest_first(ledger: Ledger) -> None:
    put(ledger, new_target(version="1"), new_target(version="2"), new_target("other"))
    assert [t.version for t in ledger.targets.of_source("hello")] == ["2", "1"]
    assert ledger.targets.of_source("hello", "fedora") == ()


def test_originals_are_found_by_digest(ledger: Ledger) -> None:
    wanted = new_target()
    (target_id,) = put(ledger, wanted, new_target("other"))[:1]
    digest = wanted.artifacts[0].sha256
    assert digest is not None
    assert [a.target_id for a in ledger.targets.with_artifact(digest)] == [target_id]


def test_an_environment_is_noted(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    ledger.targets.set_environment(target_id, Digest.of(b"environment"))
    assert ledger.targets.get(target_id).environment == Digest.of(b"environment")


def test_what_a_complete_report_no_longer_lists_is_unseen(ledger: Ledger) -> None:
    put(ledger, new_target("kept"), new_target("gone"), now=NOON)
    put(ledger, new_target("kept"), now=NOON + 10)
    dropped = ledger.targets.unsee("debian", "sid", "amd64", before=NOON + 10, now=NOON + 11)
    assert dropped == 1
    seen = {p.name: p.seen_in_last_sync for p in ledger.packages.sources().records}
    assert seen == {"kept": True, "gone": False}
