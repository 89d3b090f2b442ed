# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from snapshot.verdict import Reason
from storage.ledger import Filter, Ledger
from storage.ledger.dashboard import ComponentCounts
from storage.ledger.values import Placement, Retry
from tests.storage.ledger.samples import (
    BAD,
    FAILED,
    GOOD,
    NOON,
    attempt,
    claimed,
    new_target,
    put,
    spread,
    worker,
)


def fill(ledger: Ledger) -> None:
    """One GOOD, one BAD with a retry, one FAIL, one running, one never tried."""
    put(ledger, *[new_target(name) for name in "abcde"])
    node = worker(ledger)
    for verdict in (GOOD, BAD, FAILED):
        found = claimed(ledger, node)
        retry = Retry(NOON + 3600, 2, 0) if verdict is BAD else None
        ledger.attempts.record(attempt(found, verdict, retry=retry), spread=spread)
    claimed(ledger, node)


def test_targets_and_jobs_are_counted(ledger: Ledger) -> None:
    fill(ledger)
    counts = ledger.dashboard.counts(now=NOON)
    assert (counts.good, counts.bad, counts.fail, counts.unknown) == (1, 1, 1, 2)
    assert (counts.running, counts.available, counts.pending) == (1, 1, 1)


def test_a_retry_whose_time_has_come_is_available(ledger: Ledger) -> None:
    put(ledger, new_target(), placement=Placement(not_before=NOON + 10))
    assert ledger.dashboard.counts(now=NOON).pending == 1
    assert ledger.dashboard.counts(now=NOON + 10).available == 1


def test_what_no_release_lists_any_more_is_not_counted(ledger: Ledger) -> None:
    put(ledger, new_target())
    ledger.targets.unsee("debian", "sid", "amd64", before=NOON + 1, now=NOON + 1)
    assert ledger.dashboard.counts(now=NOON).unknown == 0


def test_counts_can_be_narrowed(ledger: Ledger) -> None:
    put(ledger, new_target("a", architecture="arm64"), new_target("b", release="trixie"))
    assert ledger.dashboard.counts(Filter(architecture="arm64"), now=NOON).unknown == 1
    assert ledger.dashboard.counts(Filter(release="trixie"), now=NOON).available == 1
    assert ledger.dashboard.counts(Filter(distribution="fedora"), now=NOON).unknown == 0


def test_failures_are_counted_by_reason(ledger: Ledger) -> None:
    fill(ledger)
    assert ledger.dashboard.reasons() == {Reason.BUILD_FAILED: 1}


def test_components_count_binaries_and_know_no_fail(ledger: Ledger) -> None:
    fill(ledger)
    put(ledger, new_target("f", component="contrib"))
    assert ledger.dashboard.components() == {
        "main": ComponentCounts(good=1, bad=1, unknown=3),
        "contrib": ComponentCounts(good=0, bad=0, unknown=1),
    }
