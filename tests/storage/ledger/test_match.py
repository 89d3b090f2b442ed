# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from snapshot.verdict import Status
from storage.ledger import Filter, Ledger
from tests.storage.ledger.samples import (
    BAD,
    attempt,
    claimed,
    new_target,
    put,
    spread,
    worker,
)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filter(), ["a", "b", "c"]),
        (Filter(distribution="debian"), ["a", "b", "c"]),
        (Filter(distribution="fedora"), []),
        (Filter(release="trixie"), ["b"]),
        (Filter(component="contrib"), ["c"]),
        (Filter(architecture="all"), ["a"]),
        (Filter(name="b"), ["b"]),
        (Filter(name="b", version="1"), []),
        (Filter(seen_only=True), ["a", "b", "c"]),
        (Filter(seen_only=False), []),
        (Filter(status=Status.UNKNOWN), ["a", "b", "c"]),
        (Filter(status=Status.GOOD), []),
        (Filter(release="trixie", component="contrib"), []),
    ],
)
def test_every_member_of_a_filter_narrows(
    ledger: Ledger, filters: Filter, names: list[str]
) -> None:
    put(
        ledger,
        new_target("a", architecture="all"),
        new_target("b", release="trixie"),
        new_target("c", component="contrib"),
    )
    assert [job.name for job in ledger.queue.page(filters).records] == names


def test_a_status_is_that_of_the_newest_attempt(ledger: Ledger) -> None:
    put(ledger, new_target("a"), new_target("b"))
    ledger.attempts.record(attempt(claimed(ledger, worker(ledger)), BAD), spread=spread)
    sources = ledger.packages.sources(Filter(status=Status.BAD)).records
    assert [package.name for package in sources] == ["a"]
