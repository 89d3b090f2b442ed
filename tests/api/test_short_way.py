# SPDX-License-Identifier: GPL-3.0-or-later
"""The short way gives the answers of the long one, to what it answers at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from api.services import EXTENSION
from api.short_way import ShortWay
from snapshot.digest import Digest
from snapshot.errors import TransientError
from storage.blobs import LocalBlobs
from storage.database import Database
from tests.api.archive_server import NOW, ArchiveServer, make_archive_server

DATA = b"some package"
DIGEST = Digest.of(DATA)


@pytest.fixture(params=[None, "/blobs/"])
def server(
    shared_database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[ArchiveServer]:
    """With blobs on a disk, alone and behind nginx."""
    blobs = LocalBlobs(tmp_path)
    made = make_archive_server(shared_database, blobs=blobs)
    made.keep(DATA)
    services = made.app.extensions[EXTENSION]
    web = replace(services.web, accel_prefix=request.param)
    made.app.extensions[EXTENSION] = replace(services, web=web)
    yield made
    blobs.close()


def long_way(server: ArchiveServer, path: str, **asked: Any) -> TestResponse:
    """The answer of the framework alone."""
    return Client(lambda e, s: Flask.wsgi_app(server.app, e, s)).open(path, buffered=True, **asked)


def short_way(server: ArchiveServer, path: str, **asked: Any) -> TestResponse | None:
    """None: it would have gone on to the application."""
    gone_on = []

    def application(_: Any, start: Any) -> list[bytes]:
        gone_on.append(True)
        start("599 LONG", [])
        return []

    answer = Client(ShortWay(application, server.app)).open(path, buffered=True, **asked)
    return None if gone_on else answer


CONDITIONS: list[dict[str, str]] = [
    {},
    {"If-None-Match": f'"{DIGEST}"'},
    {"If-None-Match": f'W/"{DIGEST}", "other"'},
    {"If-None-Match": '"other"'},
    {"If-Match": '"other"'},
    {"If-Modified-Since": "Sat, 11 Jul 2099 10:16:37 GMT"},
    {"If-Modified-Since": "Sat, 11 Jul 1970 10:16:37 GMT"},
    {"Range": "bytes=2-5"},
    {"Range": "bytes=-3", "If-Range": f'"{DIGEST}"'},
    {"Range": "bytes=2-5", "If-Range": '"other"'},
]


def test_both_ways_say_the_same(server: ArchiveServer) -> None:
    statuses = set()
    for method, name, headers in product(("GET", "HEAD"), ("", "/a_1+b2~rc.deb"), CONDITIONS):
        asked = {"method": method, "headers": headers}
        short = short_way(server, f"/file/{DIGEST}{name}", **asked)
        long = long_way(server, f"/file/{DIGEST}{name}", **asked)
        assert short is not None
        assert (short.status, short.data) == (long.status, long.data)
        assert sorted(short.headers) == sorted(long.headers)
        statuses.add(short.status_code)
    behind_nginx = server.app.extensions[EXTENSION].web.accel_prefix is not None
    assert statuses == ({200, 304} if behind_nginx else {200, 206, 304})


def test_what_is_not_as_usual_goes_the_long_way(server: ArchiveServer) -> None:
    for address in (
        f"/file/{'0' * 64}",
        f"/file/{DIGEST}?stored=1",
        f"/file/{DIGEST}/",
        f"/file/{DIGEST}/a%22b",
        f"/file/{DIGEST.hex.upper()}",
        f"/file/{DIGEST}/a/b",
        f"/file/{DIGEST}%0a",
        f"/files/{DIGEST}",
    ):
        assert short_way(server, address) is None, address


def test_other_methods_and_ranges_of_nothing_go_the_long_way(server: ArchiveServer) -> None:
    assert short_way(server, f"/file/{DIGEST}", method="POST") is None
    beyond = {"Range": f"bytes={len(DATA)}-"}
    if server.app.extensions[EXTENSION].web.accel_prefix is None:
        assert short_way(server, f"/file/{DIGEST}", headers=beyond) is None
        assert server.client.get(f"/file/{DIGEST}", headers=beyond).status_code == 416


def test_a_file_is_refused_from_the_moment_on_when_it_was_taken_out(server: ArchiveServer) -> None:
    web = server.app.extensions[EXTENSION].web
    digest = server.keep(f"taken out with {web.accel_prefix}".encode()).digest
    assert short_way(server, f"/file/{digest}") is not None
    server.catalogue.removals.add("a law", files=[digest], legal=True, now=NOW)
    assert short_way(server, f"/file/{digest}") is None
    assert server.client.get(f"/file/{digest}").status_code == 451


def test_a_file_whose_bytes_are_not_here_goes_the_long_way(server: ArchiveServer) -> None:
    server.blobs.delete(DIGEST)
    assert short_way(server, f"/file/{DIGEST}") is None
    assert server.client.get(f"/file/{DIGEST}").status_code == 404


def test_a_database_that_does_not_answer_is_told_by_the_long_way(
    server: ArchiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise TransientError("the database is away")

    services = server.app.extensions[EXTENSION]
    monkeypatch.setattr(type(services.archive.catalogue), "blob_by_hash", away)
    assert short_way(server, f"/file/{DIGEST}") is None
    assert server.client.get(f"/file/{DIGEST}").status_code == 503


def test_a_file_that_goes_meanwhile_is_said_to_be_gone(
    server: ArchiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look whether it is here and its opening; gunicorn hangs up on an OSError."""
    find = LocalBlobs.local_path

    def find_and_remove(blobs: LocalBlobs, digest: Digest) -> Path | None:
        path = find(blobs, digest)
        if path is not None:
            path.unlink()
        return path

    monkeypatch.setattr(LocalBlobs, "local_path", find_and_remove)
    address = f"/file/{DIGEST}"
    if server.app.extensions[EXTENSION].web.accel_prefix is None:
        assert short_way(server, address) is None
    server.keep(DATA)
    answer = server.app.test_client().get(address, headers={"Accept": "application/json"})
    if server.app.extensions[EXTENSION].web.accel_prefix is None:
        assert answer.status_code == 404
        assert "not mirrored here" in answer.get_json()["error"]
    else:  # nginx finds nothing
        assert answer.headers["X-Accel-Redirect"]
