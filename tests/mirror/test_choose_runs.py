# SPDX-License-Identifier: GPL-3.0-or-later
"""Which runs a sync captures."""

from __future__ import annotations

import pytest

from mirror.choose_runs import Selection, runs_to_capture
from mirror.open_upstreams import open_upstreams
from snapshot.errors import ConfigurationError, CorruptUpstream, InvalidInput, NotFound
from snapshot.keep_rules import parse_rules
from snapshot.timestamp import Timestamp
from tests.mirror.conftest import FIRST, SECOND, THIRD
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive

STAMPS = [
    Timestamp.parse("20260711T120000Z"),
    Timestamp.parse("20260901T010203Z"),
    Timestamp.parse("20261101T010203Z"),
]


def choose(mirror: MirrorBench, selection: Selection | None = None, **changed: object) -> object:
    policy = mirror.policy(**({"kind": "dated"} | changed))
    upstreams = open_upstreams(policy)
    return runs_to_capture(policy, upstreams, mirror.stores, selection or Selection())


@pytest.fixture
def dated(archive: SmallArchive) -> SmallArchive:
    for stamp, world in zip(STAMPS, (FIRST, SECOND, THIRD), strict=True):
        archive.publish_dated(str(stamp), world)
    return archive


def test_a_selection_includes_both_ends() -> None:
    first, second, _ = STAMPS
    assert Selection().holds(first)
    assert Selection(first, first).holds(first)
    assert not Selection(first, first).holds(second)
    assert not Selection(first=second).holds(first)


def test_a_selection_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not both"):
        Selection(first=STAMPS[0], at=STAMPS[1])
    with pytest.raises(InvalidInput, match="no time lies between"):
        Selection(STAMPS[1], STAMPS[0])


@pytest.mark.usefixtures("dated")
def test_runs_that_are_here_under_any_stamp_are_not_lacking(mirror: MirrorBench) -> None:
    assert choose(mirror) == STAMPS
    assert choose(mirror, Selection(last=STAMPS[0])) == STAMPS[:1]
    mirror.sync(Selection(last=STAMPS[0]), kind="dated")
    assert choose(mirror) == STAMPS[1:]


@pytest.mark.usefixtures("dated")
def test_the_policy_says_which_time_is_wanted_unless_told_otherwise(mirror: MirrorBench) -> None:
    only = STAMPS[1]
    assert choose(mirror, since=only, until=only) == [only]
    assert choose(mirror, Selection(first=STAMPS[0]), since=only, until=only) == STAMPS


@pytest.mark.usefixtures("dated")
def test_at_is_the_last_run_at_or_before_a_moment(mirror: MirrorBench) -> None:
    between = Timestamp.parse("20261001")
    assert choose(mirror, Selection(at=between)) == STAMPS[1:2]
    assert choose(mirror, Selection(at=STAMPS[2])) == STAMPS[2:]
    # What is asked for by name is not left out by the policy's range.
    assert choose(mirror, Selection(at=between), until=STAMPS[0]) == STAMPS[1:2]
    mirror.sync(Selection(at=between), kind="dated")
    assert mirror.stores.catalogue.run_stamps("debian") == (SECOND.date,)
    assert choose(mirror, Selection(at=between)) == []


@pytest.mark.usefixtures("dated")
def test_a_moment_before_the_first_run_is_refused_and_the_first_is_named(
    mirror: MirrorBench,
) -> None:
    with pytest.raises(NotFound, match="no run at or before 20200101") as caught:
        choose(mirror, Selection(at=Timestamp.parse("20200101")))
    assert str(STAMPS[0]) in caught.value.advice


@pytest.mark.usefixtures("dated")
def test_runs_that_the_keep_rules_would_not_leave_are_not_captured(mirror: MirrorBench) -> None:
    rules = parse_rules(["yearly for ever"])
    assert choose(mirror, keep=rules) == [STAMPS[0], STAMPS[2]]


@pytest.mark.usefixtures("dated")
def test_a_run_that_was_removed_is_captured_again_only_when_it_is_asked_for(
    mirror: MirrorBench,
) -> None:
    mirror.sync(kind="dated")
    now = Timestamp(int(mirror.time()))
    mirror.stores.catalogue.remove_runs("debian", [FIRST.date], now=now)
    assert choose(mirror) == []
    assert choose(mirror, Selection(at=STAMPS[0])) == STAMPS[:1]


@pytest.mark.usefixtures("dated")
def test_a_widened_policy_reaches_the_runs_that_are_here(mirror: MirrorBench) -> None:
    narrow = ("amd64",)
    mirror.sync(Selection(last=STAMPS[1]), kind="dated", architectures=narrow)
    assert choose(mirror, Selection(last=STAMPS[1]), architectures=narrow) == []
    assert choose(mirror) == STAMPS
    mirror.sync(kind="dated")
    assert choose(mirror) == choose(mirror, architectures=narrow) == []


def test_an_upstream_without_a_list_of_runs_is_told_of(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    with pytest.raises(NotFound, match="/mr/timestamp/"):
        choose(mirror)
    archive.files["/mr/timestamp/?archive=debian"] = b"<html>"
    with pytest.raises(CorruptUpstream, match="not a list of timestamps"):
        choose(mirror)
    assert choose(mirror, kind="live") == [None]
    for past in (Selection(first=STAMPS[0]), Selection(at=STAMPS[0])):
        with pytest.raises(ConfigurationError, match="no past to choose from"):
            choose(mirror, past, kind="live")


@pytest.mark.usefixtures("dated")
def test_a_peer_beside_an_upstream_changes_no_choice(mirror: MirrorBench) -> None:
    peers = ("http://127.0.0.1:1",)
    assert choose(mirror, peers=peers) == choose(mirror) == STAMPS
    assert choose(mirror, kind="live", peers=peers) == [None]
