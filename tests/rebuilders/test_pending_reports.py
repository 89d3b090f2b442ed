# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rebuilders.job_queue import JobQueue
from rebuilders.pending_reports import PendingReports
from rebuilders.retry import RetryPolicy
from rebuilders.server_connection import ServerConnection
from snapshot.verdict import Status
from snapshot.wire import RebuildReport
from tests.rebuilders.stand_in_server import StandIn, stand_in_server

REPORT = RebuildReport(7, 1.0, b"", Status.BAD, ())


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in_server() as state:
        yield state


def queue(server: StandIn) -> JobQueue:
    return JobQueue(ServerConnection(server.url, {}, retry=RetryPolicy(0.1, 0.05)), "n", None)


def test_a_report_outlives_a_server_that_is_away_and_a_restart(
    server: StandIn, tmp_path: Path
) -> None:
    said: list[str] = []
    first = PendingReports(tmp_path, said.append)
    first.keep(REPORT)
    server.trouble = lambda _method, _path: (503, {}, b"")
    assert not first.send(queue(server))
    server.trouble = lambda _method, _path: None
    after_restart = PendingReports(tmp_path, said.append)
    assert after_restart.send(queue(server))
    assert server.reports == [REPORT]
    assert after_restart.send(queue(server))
    assert len(server.reports) == 1


def test_a_report_that_is_refused_for_good_is_dropped_and_said_so(
    server: StandIn, tmp_path: Path
) -> None:
    said: list[str] = []
    pending = PendingReports(tmp_path, said.append)
    pending.keep(REPORT)
    (tmp_path / "8.json").write_text("{broken")
    server.trouble = lambda _method, _path: (404, {}, b"")
    assert pending.send(queue(server))
    assert [line.split(":")[0] for line in said] == ["report 7 is dropped", "report 8 is dropped"]
    assert list(tmp_path.iterdir()) == []
