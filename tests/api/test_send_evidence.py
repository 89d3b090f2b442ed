# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Literal

import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient

from api.encode_response import encode
from api.send_evidence import head_of, send_evidence, send_link, tail_of
from snapshot.digest import Digest
from storage.blobs import MemoryBlobs
from storage.ledger.records import Evidence

TEXT = b"line\n" * 5000
Encoding = Literal["identity", "zstd"]


def stored(blobs: MemoryBlobs, content: bytes, encoding: Encoding) -> Evidence:
    data = content
    if encoding == "zstd":
        compressor = zstandard.ZstdCompressor(write_content_size=False).compressobj()
        data = compressor.compress(content) + compressor.flush()
    blob = blobs.add([data])
    return Evidence(
        1, 1, 1, 1, "log", "", blob.digest, blob.size, encoding, Digest.of(content), 0.0
    )


def served(encoding: Encoding, *, sandbox: bool = False) -> FlaskClient:
    blobs = MemoryBlobs()
    evidence = stored(blobs, TEXT, encoding)
    app = Flask(__name__)
    app.after_request(encode)
    app.add_url_rule(
        "/", view_func=lambda: send_evidence(blobs, evidence, sandbox=sandbox), endpoint="e"
    )
    app.add_url_rule("/link", view_func=lambda: send_link(b'{"signed":1}'), endpoint="l")
    return app.test_client()


def unpack(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()


@pytest.mark.parametrize("encoding", ["identity", "zstd"])
def test_without_accept_encoding_the_text_is_plain(encoding: Encoding) -> None:
    answer = served(encoding).get("/")
    assert answer.data == TEXT
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("encoding", ["identity", "zstd"])
def test_a_client_that_takes_zstd_gets_a_frame_once(encoding: Encoding) -> None:
    answer = served(encoding).get("/", headers={"Accept-Encoding": "zstd"})
    assert answer.headers["Content-Encoding"] == "zstd"
    assert unpack(answer.data) == TEXT


def test_a_stored_frame_goes_out_as_it_lies() -> None:
    answer = served("zstd").get("/", headers={"Accept-Encoding": "zstd, gzip"})
    assert int(answer.headers["Content-Length"]) == len(answer.data) < 1000


def test_a_browser_believes_nothing_of_it() -> None:
    answer = served("zstd").get("/")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    framed = served("zstd", sandbox=True).get("/").headers["Content-Security-Policy"]
    assert framed.startswith("sandbox;")
    assert "script" not in framed


def test_it_is_never_sent_twice_to_who_has_it() -> None:
    client = served("zstd")
    tag = client.get("/").headers["ETag"]
    again = client.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert "immutable" in client.get("/").headers["Cache-Control"]
    assert client.get("/", headers={"Accept-Encoding": "zstd"}).headers["ETag"] != tag


def test_a_link_may_change_and_is_not_kept_for_ever() -> None:
    answer = served("zstd").get("/link")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "Cache-Control" not in answer.headers
    assert answer.headers["ETag"]
    packed = served("zstd").get("/link", headers={"Accept-Encoding": "zstd"})
    assert unpack(packed.data) == answer.data


@pytest.mark.parametrize("encoding", ["identity", "zstd"])
def test_excerpts_from_either_end(encoding: Encoding) -> None:
    blobs = MemoryBlobs()
    evidence = stored(blobs, b"".join(b"%d\n" % n for n in range(100_000)), encoding)
    head = head_of(blobs, evidence, lines=2)
    assert (head.lines, head.cut) == (("0", "1"), True)
    tail = tail_of(blobs, evidence, lines=2)
    assert (tail.lines, tail.cut, tail.count) == (("99998", "99999"), True, 2)
    assert not tail_of(blobs, evidence, lines=100_000).cut


def lines_of(chunks: Iterable[bytes]) -> tuple[str, ...]:
    blobs = MemoryBlobs()
    return tail_of(blobs, stored(blobs, b"".join(chunks), "identity"), lines=10, width=20).lines


def test_control_characters_and_bad_bytes_are_shown_as_such() -> None:
    assert lines_of([b"\x1b[31mred\x1b[0m\tx\n", b"\xff\n"]) == ("�[31mred�[0m\tx", "�")


def test_of_a_progress_bar_the_last_state_remains() -> None:
    assert lines_of([b"10%\r50%\r100%\r\n", b"done"]) == ("100%", "done")


def test_an_endless_line_is_cut() -> None:
    assert lines_of([b"x" * 3_000_000, b"\nend\n"]) == (f"{'x' * 20}…", "end")
