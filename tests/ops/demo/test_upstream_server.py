# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import http.client
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ops.demo.upstream_server import UpstreamServer

POOL = "archive/debian/pool/main/"


@pytest.fixture
def www(tmp_path: Path) -> Path:
    pool = tmp_path / POOL
    pool.mkdir(parents=True)
    for name in ("a.deb", "b.deb", "c.deb"):
        (pool / name).write_bytes(name.encode() * 20_000)
    (tmp_path / "archive/debian/20260101T000000Z").mkdir()
    (tmp_path / "archive/debian/20250101T000000Z").mkdir()
    return tmp_path


def ask(url: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes, bool]:
    """Status, headers, body, and whether the body came whole."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    try:
        body, whole = answer.read(), True
    except http.client.IncompleteRead as short:
        body, whole = short.partial, False
    connection.close()
    return answer.status, dict(answer.headers), body, whole


def test_dates_are_listed_as_the_snapshot_service_does(www: Path) -> None:
    with UpstreamServer(www) as server:
        status, _, body, _ = ask(server.url, "/mr/timestamp/?archive=debian")
    assert status == 200
    assert b'"result": {"debian": ["20250101T000000Z", "20260101T000000Z"]}' in body


def test_each_chosen_file_is_cut_once_and_can_be_resumed(www: Path) -> None:
    with UpstreamServer(www, drop_every=3) as server:
        answers = {name: ask(server.url, f"/{POOL}{name}") for name in ("a.deb", "b.deb", "c.deb")}
        (broken,) = [name for name, answer in answers.items() if not answer[3]]
        half = answers[broken][2]
        tag = answers[broken][1]["ETag"]
        rest = ask(server.url, f"/{POOL}{broken}", Range=f"bytes={len(half)}-", If_Range=tag)
        counts = server.counts
    assert rest[0] == 206
    assert half + rest[2] == (www / POOL / broken).read_bytes()
    assert (counts.dropped, counts.resumed, counts.restarted) == ([broken], [broken], [])
    assert counts.bytes_by_path[f"/{POOL}{broken}"] == len(half) + len(rest[2])


def test_the_same_files_are_cut_in_every_run(www: Path) -> None:
    cut = []
    for _ in range(2):
        with UpstreamServer(www, drop_every=3) as server:
            cut.append([n for n in "abc" if not ask(server.url, f"/{POOL}{n}.deb")[3]])
    assert cut[0] == cut[1] != []


def test_a_range_of_other_bytes_gets_the_whole_file(www: Path) -> None:
    with UpstreamServer(www, drop_every=0) as server:
        answer = ask(server.url, f"/{POOL}a.deb", Range="bytes=5-", If_Range='"other"')
    assert answer[0] == 200
    assert len(answer[2]) == 100_000


def test_unchanged_files_are_not_sent_again(www: Path) -> None:
    with UpstreamServer(www, drop_every=0) as server:
        modified = ask(server.url, f"/{POOL}a.deb")[1]["Last-Modified"]
        again = ask(server.url, f"/{POOL}a.deb", If_Modified_Since=modified)
    assert (again[0], again[2]) == (304, b"")


@pytest.mark.parametrize("path", ["/archive/../../etc/passwd", "/archive/debian/none", "/archive"])
def test_only_files_below_its_directory_are_shown(www: Path, path: str) -> None:
    with UpstreamServer(www) as server:
        assert ask(server.url, path)[0] == 404


def test_a_range_beyond_the_end_is_refused(www: Path) -> None:
    with UpstreamServer(www, drop_every=0) as server:
        assert ask(server.url, f"/{POOL}a.deb", Range="bytes=100000-")[0] == 416
