# SPDX-License-Identifier: GPL-3.0-or-later
"""Suites of a run: compared with what is known, absent ones told apart."""

from __future__ import annotations

import pytest

from mirror.open_upstreams import open_upstreams
from mirror.verify_suites import SuiteVerifier
from snapshot.errors import NotFound
from snapshot.timestamp import Timestamp
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import SmallArchive


def verifier(mirror: MirrorBench, **changed: object) -> SuiteVerifier:
    policy = mirror.policy(**changed)
    return SuiteVerifier(policy, open_upstreams(policy), mirror.stores)


def test_nothing_is_known_of_a_new_archive(mirror: MirrorBench) -> None:
    one = verifier(mirror)
    known = one.known(None)
    assert known.stamp is None
    (suite,) = one.verify(None, known)
    assert not known.holds(suite)
    assert len(suite.indices) == 3


def test_a_known_release_needs_no_index(mirror: MirrorBench, archive: SmallArchive) -> None:
    mirror.sync()
    one = verifier(mirror)
    known = one.known(None)
    assert known.stamp == FIRST.date
    (suite,) = one.verify(None, known)
    assert known.holds(suite)
    archive.publish(SECOND)
    (suite,) = one.verify(None, known)
    assert not known.holds(suite)


def test_history_is_compared_with_the_run_before(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish_dated("20260901T010203Z", SECOND)
    mirror.sync(None, kind="dated")
    one = verifier(mirror, kind="dated")
    assert one.known(Timestamp.parse("20260801T000000Z")).stamp is None
    assert one.known(Timestamp.parse("20261001T000000Z")).stamp == SECOND.date


def test_a_live_mirror_must_have_every_suite_history_one(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    archive.publish_dated("20260711T120000Z", FIRST)
    at = Timestamp.parse("20260711T120000Z")
    two = ("bookworm", "bookworm-updates")
    live, dated = verifier(mirror, suites=two), verifier(mirror, suites=two, kind="dated")
    with pytest.raises(NotFound):
        live.verify(None, live.known(None))
    assert len(dated.verify(at, dated.known(at))) == 1
    none = verifier(mirror, suites=("sid",), kind="dated")
    with pytest.raises(NotFound):
        none.verify(at, none.known(at))
