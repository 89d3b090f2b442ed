# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from snapshot.verdict import Status
from storage.ledger import Filter, Ledger, Page
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


def three(ledger: Ledger) -> list[int]:
    """One GOOD, one BAD, one FAIL, of a, b and c."""
    put(ledger, new_target("a"), new_target("b"), new_target("c", release="trixie"))
    node = worker(ledger)
    verdicts = {"a": GOOD, "b": BAD, "c": FAILED}
    ids = []
    for index in range(3):
        found = claimed(ledger, node)
        made = attempt(found, verdicts[found.job.name], now=NOON + index)
        ids.append(ledger.attempts.record(made, spread=spread).attempt_id)
    return ids


def test_builds_are_listed_by_id_with_their_verdicts(ledger: Ledger) -> None:
    ids = three(ledger)
    page = ledger.builds.page()
    assert page.total == 3
    assert [b.id for b in page.records] == ids
    assert [str(b.verdict) for b in page.records] == ["GOOD", "BAD", "FAIL build-failed"]
    assert [b.retries for b in page.records] == [0, 1, 1]


def test_builds_are_filtered_by_release_and_status(ledger: Ledger) -> None:
    three(ledger)
    assert [b.name for b in ledger.builds.page(Filter(release="trixie")).records] == ["c"]
    assert [b.name for b in ledger.builds.page(Filter(status=Status.BAD)).records] == ["b"]
    assert ledger.builds.page(Filter(name="a", version="9")).total == 0


def test_builds_sort_by_time(ledger: Ledger) -> None:
    ids = three(ledger)
    page = ledger.builds.page(page=Page(limit=2, sort="built_at", descending=True))
    assert [b.id for b in page.records] == ids[:0:-1]
    assert ledger.builds.newest_built_at() == NOON + 2


def test_an_empty_ledger_has_no_newest_build(ledger: Ledger) -> None:
    assert ledger.builds.newest_built_at() is None
    assert ledger.builds.get(1) is None
    assert ledger.builds.artifacts(1) == ()
    assert ledger.builds.artifact(1, 1) is None


def test_artifacts_carry_the_original_and_where_it_came_from(ledger: Ledger) -> None:
    first = three(ledger)[0]
    (artifact,) = ledger.builds.artifacts(first)
    assert artifact.original == artifact.sha256
    assert artifact.origin is not None
    assert artifact.origin.value == "index"
    assert ledger.builds.artifact(first, artifact.id) == artifact


def test_builds_of_a_file_are_found_by_its_digest(ledger: Ledger) -> None:
    first = three(ledger)[0]
    (artifact,) = ledger.builds.artifacts(first)
    assert artifact.sha256 is not None
    assert [b.id for b in ledger.builds.with_product(artifact.sha256)] == [first]


def test_recent_builds_come_newest_first(ledger: Ledger) -> None:
    ids = three(ledger)
    assert [b.id for b in ledger.builds.recent(2)] == ids[:0:-1]


def test_the_history_of_a_target_comes_newest_first(ledger: Ledger) -> None:
    (target_id,) = put(ledger, new_target())
    node = worker(ledger)
    first = ledger.attempts.record(attempt(claimed(ledger, node), BAD), spread=spread)
    ledger.queue.push(Filter(), priority=0, now=NOON, spread=spread)
    second = ledger.attempts.record(
        attempt(claimed(ledger, node), GOOD, now=NOON + 9), spread=spread
    )
    history = [b.id for b in ledger.builds.of_target(target_id)]
    assert history == [second.attempt_id, first.attempt_id]
