# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rebuilders.job_queue import JobQueue
from rebuilders.retry import RetryPolicy
from rebuilders.server_connection import ServerConnection
from snapshot.digest import Digest
from snapshot.errors import Denied
from snapshot.verdict import Status
from snapshot.wire import PopRequest, RebuildReport
from tests.rebuilders.stand_in_server import StandIn, stand_in_server

POP = PopRequest(("debian",), ("amd64", "all"), "amd64", extended=True)
REPORT = RebuildReport(100, 1.0, b"", Status.FAIL, ())


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in_server() as state:
        yield state


def queue(server: StandIn, secret: str | None = None) -> JobQueue:
    policy = RetryPolicy(give_up_after=0.5, longest_pause=0.05)
    connection = ServerConnection(server.url, {"X-Worker-Key": "KEY"}, retry=policy)
    return JobQueue(connection, "tests", secret)


def test_registering_tells_name_key_and_secret(server: StandIn) -> None:
    server.secret = "s3cret"
    with pytest.raises(Denied):
        queue(server).register()
    queue(server, "s3cret").register()
    assert server.workers == {"KEY": "tests"}


def test_a_server_that_forgot_the_worker_is_told_again(server: StandIn) -> None:
    server.add_job("a.buildinfo", b"", {})
    assignment = queue(server).pop(POP)
    assert assignment
    assert assignment.job.id == 100
    assert server.workers == {"KEY": "tests"}
    assert queue(server).pop(POP) is None


def test_a_ping_says_whether_the_job_is_still_ours(server: StandIn) -> None:
    own = queue(server)
    own.register()
    assert own.ping(100)
    assert server.pings == [100]
    server.trouble = lambda _method, _path: (404, {}, b"")
    assert not own.ping(100)
    server.trouble = lambda _method, _path: (500, {}, b"")
    assert own.ping(100), "a server in trouble has not dropped the job"


def test_a_report_is_sent_until_it_is_accepted(server: StandIn) -> None:
    own = queue(server)
    own.register()
    answers: list[tuple[int, dict[str, str], bytes]] = [(503, {}, b""), (502, {}, b"")]
    server.trouble = lambda _method, _path: answers.pop(0) if answers else None
    own.report(REPORT)
    assert server.reports == [REPORT]


def test_evidence_goes_under_its_kind_and_name(server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"data" * 100)
    name = "lib++_1:2~a_amd64.deb"
    assert queue(server).upload(7, "artifact", name, tmp_path / "f") == Digest.of(b"data" * 100)
    assert queue(server).upload(7, "log", "", tmp_path / "f")
    assert set(server.evidence) == {(7, "artifact", name), (7, "log", "")}
