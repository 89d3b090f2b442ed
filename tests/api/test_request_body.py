# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import gzip
import io
import random
from typing import Any

import pytest
import zstandard
from flask import Flask
from flask.testing import FlaskClient

from api.request_body import read_body, read_json
from tests.api.unread_body import Endless, endless, unread

LIMIT = 100_000


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)

    @app.post("/json")
    def json() -> dict[str, Any]:
        return {"read": read_json(LIMIT)}

    @app.post("/bytes")
    def raw() -> bytes:
        return read_body(LIMIT)

    return app.test_client()


def zstd_without_size(data: bytes) -> bytes:
    """As a stock worker streams it: the frame does not say how long it is."""
    compressor = zstandard.ZstdCompressor(level=11, write_content_size=False).compressobj()
    frame = compressor.compress(data) + compressor.flush()
    assert zstandard.frame_content_size(frame) in (-1, None)
    return frame


def test_zstd_without_content_size_is_decoded(client: FlaskClient) -> None:
    answer = client.post(
        "/json",
        data=zstd_without_size(b'{"name":"w"}'),
        content_type="application/json",
        headers={"Content-Encoding": "zstd"},
    )
    assert answer.json == {"read": {"name": "w"}}


def test_several_zstd_frames_are_one_body(client: FlaskClient) -> None:
    frames = zstd_without_size(b"one ") + zstd_without_size(b"two")
    assert (
        client.post("/bytes", data=frames, headers={"Content-Encoding": "zstd"}).data == b"one two"
    )


def test_gzip_is_decoded(client: FlaskClient) -> None:
    answer = client.post(
        "/bytes", data=gzip.compress(b"text"), headers={"Content-Encoding": "gzip"}
    )
    assert answer.data == b"text"


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd, gzip", "x"])
def test_an_unknown_encoding_is_415_and_says_which_are_known(
    client: FlaskClient, encoding: str
) -> None:
    answer = client.post("/bytes", data=b"x", headers={"Content-Encoding": encoding})
    assert answer.status_code == 415
    assert "zstd, gzip, identity" in answer.text


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_the_limit_counts_decoded_bytes(client: FlaskClient, size: int, encoding: str) -> None:
    body = bytes(size)
    packed = {"identity": body, "gzip": gzip.compress(body), "zstd": zstd_without_size(body)}
    answer = client.post("/bytes", data=packed[encoding], headers={"Content-Encoding": encoding})
    assert answer.status_code == (200 if size == LIMIT else 413)
    if size > LIMIT:
        assert answer.text == f"body has exceeded limit ({LIMIT} bytes)"


@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_a_content_length_beyond_the_limit_is_refused_before_the_body_is_read(
    client: FlaskClient, encoding: str
) -> None:
    answer = client.post(
        "/bytes",
        environ_overrides=unread(2 * LIMIT),
        headers={"Content-Encoding": encoding},
    )
    assert (answer.status_code, answer.text) == (413, f"body has exceeded limit ({LIMIT} bytes)")


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_what_cannot_be_packed_may_be_sent_packed_up_to_the_limit(
    client: FlaskClient, encoding: str
) -> None:
    noise = random.Random(1).randbytes(LIMIT)
    packed = gzip.compress(noise) if encoding == "gzip" else zstd_without_size(noise)
    assert len(packed) > LIMIT
    answer = client.post("/bytes", data=packed, headers={"Content-Encoding": encoding})
    assert answer.data == noise


def test_frames_of_nothing_are_not_read_for_ever(client: FlaskClient) -> None:
    body = Endless(b"\x50\x2a\x4d\x18\x00\x10\x00\x00" + bytes(4096))
    answer = client.post(
        "/bytes",
        headers={"Content-Encoding": "zstd"},
        environ_overrides=endless(body),
    )
    assert answer.status_code == 413
    assert body.taken < 2 * LIMIT


def test_a_chunked_body_of_exactly_the_limit_is_read(client: FlaskClient) -> None:
    for size, status in ((LIMIT, 200), (LIMIT + 1, 413)):
        answer = client.post(
            "/bytes",
            input_stream=io.BytesIO(bytes(size)),
            headers={"Transfer-Encoding": "chunked"},
            environ_overrides={"wsgi.input_terminated": True},
        )
        assert answer.status_code == status


def test_a_bomb_is_refused_before_it_is_unpacked(client: FlaskClient) -> None:
    compressor = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    bomb = b"".join(compressor.compress(bytes(1 << 20)) for _ in range(512)) + compressor.flush()
    assert len(bomb) < 100_000
    answer = client.post("/bytes", data=bomb, headers={"Content-Encoding": "zstd"})
    assert answer.status_code == 413


@pytest.mark.parametrize("encoding", ["zstd", "gzip"])
def test_a_body_that_lies_about_its_encoding_is_400(client: FlaskClient, encoding: str) -> None:
    answer = client.post("/bytes", data=b"no frame", headers={"Content-Encoding": encoding})
    assert answer.status_code == 400
    assert encoding in answer.text


def test_a_truncated_gzip_body_is_400(client: FlaskClient) -> None:
    packed = gzip.compress(b"text" * 1000)[:-9]
    answer = client.post("/bytes", data=packed, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[1,", b"\xff", b'{"a":01}', b"[" * 5000])
def test_malformed_json_is_400_in_plain_text(client: FlaskClient, body: bytes) -> None:
    answer = client.post("/json", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("Json deserialize error: ")


def test_truncated_zstd_json_is_400(client: FlaskClient) -> None:
    body = zstd_without_size(b'{"name":"' + b"w" * 500 + b'"}')[:-10]
    answer = client.post(
        "/json", data=body, content_type="application/json", headers={"Content-Encoding": "zstd"}
    )
    assert answer.status_code == 400


def test_another_content_type_is_refused(client: FlaskClient) -> None:
    answer = client.post("/json", data=b"{}", content_type="text/plain")
    assert answer.status_code == 400
    assert "application/json" in answer.text


def test_a_nul_character_that_no_database_holds_is_made_visible(client: FlaskClient) -> None:
    body = b'{"a\\u0000":["x\\u0000y", 1, {"b": "\\u0000"}], "c": "plain"}'
    answer = client.post("/json", data=body, content_type="application/json")
    assert answer.json == {"read": {"a\ufffd": ["x\ufffdy", 1, {"b": "\ufffd"}], "c": "plain"}}


def test_a_nul_character_below_a_thousand_lists_is_400(client: FlaskClient) -> None:
    body = b"[" * 1000 + b'"\\u0000"' + b"]" * 1000
    answer = client.post("/json", data=body, content_type="application/json")
    assert (answer.status_code, answer.text) == (400, "Json deserialize error: nested too deeply")
