# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import gzip
import io

import pytest
import zstandard
from flask import Flask, Response
from flask.testing import FlaskClient

from api.encode_response import empty, encode, json_response, no_content, wants_json


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    app.after_request(encode)
    app.add_url_rule("/json", view_func=lambda: json_response({"ä": [1, 2]}), endpoint="json")
    app.add_url_rule("/none", view_func=no_content, endpoint="none")
    app.add_url_rule("/gone", view_func=lambda: empty(404), endpoint="gone")
    app.add_url_rule(
        "/stream",
        view_func=lambda: Response((b"x" * 1000 for _ in range(50)), mimetype="application/json"),
        endpoint="stream",
    )
    app.add_url_rule(
        "/deb", view_func=lambda: Response(b"!<arch>", mimetype="application/x-deb"), endpoint="deb"
    )
    stored = zstandard.ZstdCompressor().compress(b"log")
    app.add_url_rule(
        "/stored",
        view_func=lambda: Response(
            stored, mimetype="text/plain", headers={"Content-Encoding": "zstd"}
        ),
        endpoint="stored",
    )
    return app.test_client()


PLAIN = '{"ä":[1,2]}'.encode()


def unpack(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()


@pytest.mark.parametrize("header", [None, "", "identity", "br", "zstd;q=0", "gzip;q=0, zstd;q=0.0"])
def test_a_client_that_asks_for_nothing_gets_plain_bytes(
    client: FlaskClient, header: str | None
) -> None:
    answer = client.get("/json", headers={} if header is None else {"Accept-Encoding": header})
    assert answer.data == PLAIN
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"] == "application/json"


def test_zstd_is_preferred(client: FlaskClient) -> None:
    answer = client.get("/json", headers={"Accept-Encoding": "gzip, zstd"})
    assert answer.headers["Content-Encoding"] == "zstd"
    assert unpack(answer.data) == PLAIN


def test_gzip_for_browsers(client: FlaskClient) -> None:
    answer = client.get("/json", headers={"Accept-Encoding": "gzip, deflate, br"})
    assert gzip.decompress(answer.data) == PLAIN


@pytest.mark.parametrize("encoding", ["zstd", "gzip"])
def test_a_streamed_body_is_compressed_as_it_goes(client: FlaskClient, encoding: str) -> None:
    answer = client.get("/stream", headers={"Accept-Encoding": encoding})
    assert "Content-Length" not in answer.headers
    data = unpack(answer.data) if encoding == "zstd" else gzip.decompress(answer.data)
    assert data == b"x" * 50_000
    assert len(answer.data) < 1000


def test_what_is_packed_already_is_left_alone(client: FlaskClient) -> None:
    assert client.get("/deb", headers={"Accept-Encoding": "zstd"}).data == b"!<arch>"
    stored = client.get("/stored", headers={"Accept-Encoding": "zstd"})
    assert unpack(stored.data) == b"log"


@pytest.mark.parametrize(("path", "status"), [("/none", 204), ("/gone", 404)])
def test_empty_answers_have_neither_body_nor_type(
    client: FlaskClient, path: str, status: int
) -> None:
    answer = client.get(path, headers={"Accept-Encoding": "zstd"})
    assert (answer.status_code, answer.data) == (status, b"")
    assert "Content-Type" not in answer.headers
    assert "Content-Encoding" not in answer.headers


def test_json_only_for_those_who_name_it() -> None:
    app = Flask("test", static_folder=None)
    for accept, expected in (
        ("application/json", True),
        ("*/*", False),
        ("text/html,application/json;q=0.9", False),
        ("", False),
    ):
        with app.test_request_context(headers={"Accept": accept}):
            assert wants_json() is expected
