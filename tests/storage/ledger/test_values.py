# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

from snapshot.digest import Digest
from storage.ledger.values import Ability, NewTarget, lane
from tests.storage.ledger.samples import new_target

AMD64 = Ability(frozenset({"debian"}), frozenset({"amd64", "all"}))


def test_a_target_is_the_same_in_every_suite() -> None:
    assert new_target(release="sid").identity == new_target(release="trixie").identity


def test_what_makes_targets_differ() -> None:
    one = new_target()
    others: list[NewTarget] = [
        replace(one, version="2"),
        replace(one, architecture="arm64"),
        replace(one, backend="other"),
        replace(one, distribution="tails"),
        replace(one, input_digest=Digest.of(b"another record")),
        replace(one, kind="source"),
    ]
    assert len({target.identity for target in [one, *others]}) == 7


def test_a_source_has_as_many_targets_as_it_has_results() -> None:
    one = new_target(kind="source")
    other = replace(one, artifacts=(replace(one.artifacts[0], sha256=Digest.of(b"binNMU")),))
    assert one.identity != other.identity
    assert one.identity != replace(one, build="all").identity


def test_a_record_names_its_artifacts_itself() -> None:
    one = new_target()
    assert one.identity == replace(one, artifacts=()).identity


def test_a_lane_says_what_a_worker_must_be_able_to_do() -> None:
    words = lane("debian", "source", "amd64", frozenset({"b", "a"}))
    assert words == "debian source amd64 a,b"
    assert new_target().lane == "debian buildinfo amd64 "


def test_an_ability_takes_lanes() -> None:
    assert AMD64.takes(lane("debian", "buildinfo", "amd64"))
    assert AMD64.takes(lane("debian", "buildinfo", "all"))
    assert not AMD64.takes(lane("debian", "buildinfo", "riscv64"))
    assert not AMD64.takes(lane("debian", "source", "amd64"))
    assert not AMD64.takes(lane("fedora", "buildinfo", "amd64"))
    assert not AMD64.takes(lane("debian", "buildinfo", "amd64", frozenset({"kvm"})))
    star = replace(AMD64, architectures=frozenset({"*"}), tags=frozenset({"kvm", "x"}))
    assert star.takes(lane("debian", "buildinfo", "riscv64", frozenset({"kvm"})))
