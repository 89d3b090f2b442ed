# SPDX-License-Identifier: GPL-3.0-or-later
"""A package set is looked at when the run or the set is another one, and only then."""

from __future__ import annotations

import pytest

from mirror.keep_package_set import complete_package_set, note_complete
from mirror.open_upstreams import open_upstreams
from mirror.policy import ArchivePolicy
from snapshot.errors import DejabuildError
from snapshot.timestamp import Timestamp
from storage.catalogue import BlobState
from tests.mirror.closure_bench import FIRST, ClosureBench


def complete(bench: ClosureBench, policy: ArchivePolicy, stamp: Timestamp = FIRST.date) -> bool:
    """Whether the indices were looked at."""
    mark = len(bench.online.listener.phases)
    stores = bench.online.stores
    complete_package_set(policy, [], open_upstreams(policy), stores, stamp)
    return len(bench.online.listener.phases) > mark


def test_it_is_noted_for_this_run_and_this_set(closures: ClosureBench) -> None:
    policy = closures.online.policy(packages=("a*",))
    assert complete(closures, policy)
    assert not complete(closures, policy)
    assert complete(closures, closures.online.policy(packages=("a*", "b")))
    assert complete(closures, policy, Timestamp(FIRST.date.epoch + 1))


def test_a_lost_or_damaged_note_costs_one_look(closures: ClosureBench) -> None:
    policy = closures.online.policy(packages=("a*",))
    note_complete(policy, closures.online.stores, FIRST.date)
    assert not complete(closures, policy)
    (closures.online.root / "run/packages-debian.done").write_bytes(b"\xff")
    assert complete(closures, policy)


def test_without_a_set_nothing_is_noted(closures: ClosureBench) -> None:
    assert not complete(closures, closures.online.policy())
    assert not (closures.online.root / "run/packages-debian.done").exists()


def test_a_word_that_means_nothing_is_refused_at_once(closures: ClosureBench) -> None:
    with pytest.raises(DejabuildError, match="no such package set"):
        closures.online.sync(None, packages=("@everything",))


def test_bytes_that_a_killed_sync_left_are_recorded(closures: ClosureBench) -> None:
    policy, stores = closures.online.policy(packages=("package001",)), closures.online.stores
    (deb,) = (one for one in FIRST.debs if one.name == "package001")
    digest = closures.online.blobs.add([deb.data]).digest
    stores.catalogue.set_blob_state([digest], BlobState.REMOVED)
    closures.online.sync(None, packages=policy.packages)
    assert stores.catalogue.present([digest]) == {digest}
