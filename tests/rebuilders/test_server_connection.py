# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rebuilders.retry import RetryPolicy
from rebuilders.server_connection import ServerConnection
from snapshot.digest import Digest
from snapshot.errors import NotFound, PermanentError, TransientError, VerificationError
from tests.rebuilders.stand_in_server import StandIn, stand_in_server

DATA = b"0123456789" * 1000
UPLOAD = "/api/dejabuild/v1/jobs/1/evidence/log"


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in_server() as state:
        yield state


def connect(server: StandIn, give_up_after: float = 5.0) -> ServerConnection:
    policy = RetryPolicy(give_up_after=give_up_after, longest_pause=0.02)
    return ServerConnection(server.url, {"X-Worker-Key": "KEY"}, retry=policy, timeout=5.0)


def test_a_download_appears_when_it_is_whole(server: StandIn, tmp_path: Path) -> None:
    digest = server.add_file(DATA)
    connect(server).download(f"/file/{digest}/x", tmp_path / "x", digest)
    assert (tmp_path / "x").read_bytes() == DATA
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_download_that_broke_off_is_resumed(server: StandIn, tmp_path: Path) -> None:
    digest = server.add_file(DATA)
    cuts = [(0, {"Content-Length": str(len(DATA))}, DATA[:4000])]
    server.trouble = lambda _method, _path: cuts.pop() if cuts else None
    connect(server).download(f"/file/{digest}/x", tmp_path / "x", digest)
    assert (tmp_path / "x").read_bytes() == DATA
    assert len(server.requests) == 2


def test_wrong_bytes_are_fetched_once_more_and_then_refused(
    server: StandIn, tmp_path: Path
) -> None:
    wrong = server.add_file(b"wrong")
    with pytest.raises(VerificationError):
        connect(server).download(f"/file/{wrong}/x", tmp_path / "x", Digest.of(DATA))
    assert list(tmp_path.iterdir()) == []
    assert len(server.requests) == 2


def test_what_is_not_there_is_not_asked_for_again(server: StandIn, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        connect(server).download("/file/none/x", tmp_path / "x", None)
    assert len(server.requests) == 1


def test_a_server_that_stays_away_is_given_up(tmp_path: Path) -> None:
    with stand_in_server() as gone:
        connection = connect(gone, give_up_after=0.1)
    with pytest.raises(TransientError):
        connection.get_json("/api/x")


def test_evidence_is_compressed_and_its_digest_confirmed(server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(DATA)
    assert connect(server).upload(UPLOAD, tmp_path / "log") == (Digest.of(DATA), len(DATA))
    assert server.evidence[1, "log", ""] == DATA
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_an_upload_that_broke_off_is_resumed(server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(bytes(range(256)) * 400)
    cut = [True]

    def trouble(method: str, _path: str) -> tuple[int, dict[str, str], bytes] | None:
        if method == "PUT" and cut:
            cut.clear()
            return 0, {}, b""
        return None

    server.trouble = trouble
    connect(server).upload(UPLOAD, tmp_path / "log")
    assert server.evidence[1, "log", ""] == bytes(range(256)) * 400
    assert [method for method, _ in server.requests] == ["HEAD", "PUT", "HEAD", "PUT"]


def test_an_empty_file_is_evidence_too(server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    assert connect(server).upload(UPLOAD, tmp_path / "log") == (Digest.of(b""), 0)
    assert server.evidence[1, "log", ""] == b""


def test_the_workers_name_goes_to_the_api_only(server: StandIn) -> None:
    server.answers["/mr/x"] = {}
    seen: dict[str, str | None] = {}

    def look(_method: str, path: str) -> None:
        seen[path] = None

    server.trouble = look
    connection = connect(server)
    session = connection._session()
    session.hooks["response"].append(
        lambda response, **_: seen.__setitem__(
            response.request.path_url, response.request.headers.get("X-Worker-Key")
        )
    )
    connection.get_json("/mr/x")
    connection.post_json("/api/v1/workers", {"name": "n"})
    assert seen == {"/mr/x": None, "/api/v1/workers": "KEY"}


def test_an_answer_in_a_refusal_is_read_where_it_is_one(server: StandIn) -> None:
    server.trouble = lambda _method, _path: (404, {}, b'{"missing": ["a"]}')
    connection = connect(server)
    assert connection.post_bytes("/mr/buildinfo", b"", "text/plain", answers=(404,)) == {
        "missing": ["a"]
    }
    with pytest.raises(NotFound):
        connection.post_bytes("/mr/buildinfo", b"", "text/plain")


def test_an_answer_that_is_no_json_is_said_so(server: StandIn) -> None:
    server.trouble = lambda _method, _path: (200, {}, b"<html>")
    with pytest.raises(PermanentError, match="not JSON"):
        connect(server).get_json("/api/x")
