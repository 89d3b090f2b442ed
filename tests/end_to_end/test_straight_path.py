# SPDX-License-Identifier: GPL-3.0-or-later
"""Real packages in, signed verdicts out: nothing here is pretended.

The upstream holds real packages at three dates (as in `dejabuild demo`), every station is the
real command in a process of its own. Both databases walk the whole path; every kind of case does on
SQLite: what a worker makes of a package does not depend on where the server keeps its rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.demo.cases import NEWEST, TWO_DATES
from ops.demo.fixture import Case
from snapshot.verdict import Status
from tests.databases import Backend
from tests.end_to_end.walk import Walk

pytestmark = [pytest.mark.serial, pytest.mark.timeout(400)]


def test_real_packages_in_signed_verdicts_out(walk: Walk, backend: Backend) -> None:
    every_kind = backend == "sqlite"
    cases = (one_of_each_kind if every_kind else one_of_each_verdict)(walk.fixture.cases)
    walk.mirror()
    counts = walk.upstream.counts
    assert counts.dropped, "the upstream hung up on nothing: resume was not tried"
    assert set(counts.resumed) | set(counts.restarted) == set(counts.dropped)

    curl = walk.serve()
    runs = curl.get_json(f"/mr/timestamp/?archive={walk.fixture.archive}")["result"]
    assert runs[walk.fixture.archive] == [str(date) for date in walk.fixture.dates]
    name, version = walk.fixture.lived
    assert curl.get_json(f"/mr/binary/{name}/{version}/binfiles")["result"]

    targets = walk.queue(cases)
    results = walk.verdicts(targets, walk.worker())

    assert {r.case.name: r.complaints for r in results} == {case.name: () for case in cases}
    statuses = {result.case.name: result.status for result in results}
    assert {"GOOD", "BAD", "FAIL"} == set(statuses.values())
    by_origin = {a.origin for r in results for a in r.case.artifacts if a.name in r.verified}
    assert by_origin == {"debian", "demo"} if every_kind else by_origin
    spanning = [name for name in statuses if name.endswith(TWO_DATES)]
    assert spanning
    assert {statuses[name] for name in spanning} == {"GOOD"}
    newest = [statuses[name] for name in statuses if name.endswith(NEWEST)]
    assert newest == (["BAD"] if every_kind else [])


def test_a_worker_killed_in_mid_build_loses_no_job(walk: Walk) -> None:
    case = next(c for c in walk.fixture.cases if c.record and c.expected is Status.GOOD)
    walk.mirror()
    walk.serve()
    targets = walk.queue([case])
    first = walk.worker()
    walk.wait(lambda: bool(building(first.process.pid)), [first], "the build to begin")
    inside = building(first.process.pid)
    first.kill()
    walk.servants.running.remove(first)
    walk.wait(lambda: not any(map(_command, inside)), [], "the build to end with its worker")

    (result,) = walk.verdicts(targets, walk.worker("second"))
    assert result.complaints == ()
    assert result.status == "GOOD"


def one_of_each_kind(cases: tuple[Case, ...]) -> list[Case]:
    """From the source or a record, this expectation, that point to make: the first of each."""
    kinds: dict[object, Case] = {}
    for case in cases:
        label = case.name.removeprefix(case.package)
        kinds.setdefault((bool(case.record), case.expected, case.reason, label), case)
    return list(kinds.values())


def one_of_each_verdict(cases: tuple[Case, ...]) -> list[Case]:
    """From a record, those that need two dates first; and one from the source."""
    chosen: dict[object, Case] = {}
    for case in sorted(cases, key=lambda case: not case.name.endswith(TWO_DATES)):
        chosen.setdefault(case.expected if case.record else "source", case)
    return list(chosen.values())


def building(worker: int) -> list[int]:
    """Processes below a worker that run dpkg-buildpackage."""
    return [pid for pid in _below(worker) if "dpkg-buildpackage" in _command(pid)]


def _below(parent: int) -> Iterator[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children")
    try:
        found = [int(word) for word in children.read_text().split()]
    except OSError:
        return
    for child in found:
        yield child
        yield from _below(child)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
