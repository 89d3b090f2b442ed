# SPDX-License-Identifier: GPL-3.0-or-later
"""Blobs over HTTP: whole, in part, unchanged, missing; from a disk and from memory."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.archive_services import ArchiveServices
from api.refuse import refuse_plainly
from api.serve_file import REVALIDATE, Sendable, serve_file
from api.services import EXTENSION, Services, Web
from snapshot.digest import Digest
from snapshot.errors import TransientError
from snapshot.timestamp import Timestamp
from storage.blobs import BlobStore, LocalBlobs, MemoryBlobs

DATA = bytes(range(256)) * 2048
DIGEST = Digest.of(DATA)
MODIFIED = Timestamp.parse("20260711T101637Z")
HTTP_DATE = "Sat, 11 Jul 2026 10:16:37 GMT"


class Reading(FlaskClient):
    """Reads every answer to its end, as a client does."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True, **kwargs})


class NoRemovals:
    """Nothing was taken out."""

    def of_file(self, digest: Digest) -> None:
        assert digest == DIGEST


class Nothing:
    """A catalogue that knows no blob."""

    removals = NoRemovals()

    def blob_by_hash(self, digits: str) -> None:
        assert len(digits) == 64


def make_app(
    blobs: BlobStore, *, accel: str | None = None, pull: Any = None, redirect: bool = False
) -> Flask:
    app = Flask("test", static_folder=None)
    app.extensions[EXTENSION] = Services(
        web=Web(clock=lambda: 0.0, accel_prefix=accel, redirect=redirect),
        archive=ArchiveServices(catalogue=cast("Any", Nothing()), blobs=blobs, pull=pull),
    )

    @app.get("/blob")
    def send() -> Response:
        return serve_file(Sendable(DIGEST, len(DATA), modified=MODIFIED))

    @app.get("/now")
    def send_now() -> Response:
        return serve_file(Sendable(DIGEST, len(DATA), cache=REVALIDATE))

    refuse_plainly(cast("Any", app))
    app.test_client_class = Reading
    return app


@pytest.fixture(params=["local", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    store: BlobStore = LocalBlobs(tmp_path) if request.param == "local" else MemoryBlobs()
    store.add([DATA], modified=MODIFIED.epoch)
    yield store
    store.close()


def test_the_whole_file_says_what_it_is(blobs: BlobStore) -> None:
    answer = make_app(blobs).test_client().get("/blob")
    assert answer.status_code == 200
    assert answer.data == DATA
    assert answer.headers["Content-Length"] == str(len(DATA))
    assert answer.headers["ETag"] == f'"{DIGEST}"'
    assert answer.headers["Last-Modified"] == HTTP_DATE
    said = base64.b64encode(DIGEST.raw).decode()
    assert answer.headers["Repr-Digest"] == f"sha-256=:{said}:"
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_head_says_the_same_without_a_body(blobs: BlobStore) -> None:
    client = make_app(blobs).test_client()
    whole, head = client.get("/blob"), client.head("/blob")
    assert head.data == b""
    assert dict(head.headers) == dict(whole.headers)
    part = client.head("/blob", headers={"Range": "bytes=10-"})
    assert (part.status_code, part.headers["Content-Length"]) == (206, str(len(DATA) - 10))


def test_an_interrupted_download_goes_on_where_it_stopped(blobs: BlobStore) -> None:
    client = make_app(blobs).test_client()
    for condition in (HTTP_DATE, f'"{DIGEST}"'):
        answer = client.get("/blob", headers={"Range": "bytes=1000-", "If-Range": condition})
        assert answer.status_code == 206
        assert answer.data == DATA[1000:]
        assert answer.headers["Content-Range"] == f"bytes 1000-{len(DATA) - 1}/{len(DATA)}"
    answer = client.get("/blob", headers={"Range": "bytes=1000-", "If-Range": '"other"'})
    assert (answer.status_code, answer.data) == (200, DATA)
    answer = client.get("/blob", headers={"Range": "bytes=5-9"})
    assert answer.data == DATA[5:10]


def test_a_range_beyond_the_end_names_the_length(blobs: BlobStore) -> None:
    answer = make_app(blobs).test_client().get("/blob", headers={"Range": f"bytes={len(DATA)}-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize(
    "condition",
    [{"If-None-Match": f'"{DIGEST}"'}, {"If-Modified-Since": HTTP_DATE}],
)
def test_an_unchanged_file_is_not_sent_again(blobs: BlobStore, condition: dict[str, str]) -> None:
    answer = make_app(blobs).test_client().get("/blob", headers=condition)
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == f'"{DIGEST}"'


def test_an_address_that_may_answer_otherwise_tomorrow_is_asked_again(blobs: BlobStore) -> None:
    answer = make_app(blobs).test_client().get("/now")
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_missing_blob_is_explained_and_the_error_is_not_kept(tmp_path: Path) -> None:
    answer = make_app(LocalBlobs(tmp_path)).test_client().get("/blob")
    assert answer.status_code == 404
    assert DIGEST.hex in answer.text
    assert "not mirrored" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_missing_blob_is_fetched_on_first_use_once() -> None:
    store = MemoryBlobs()
    asked = []

    def pull(digest: Digest) -> bool:
        asked.append(digest)
        store.add([DATA])
        return True

    client = make_app(store, pull=pull).test_client()
    assert client.get("/blob").data == DATA
    assert client.get("/blob").data == DATA
    assert asked == [DIGEST]


def test_an_upstream_that_does_not_answer_is_worth_asking_again() -> None:
    def pull(digest: Digest) -> bool:
        raise TransientError("upstream: connection refused", retry_after=7)

    answer = make_app(MemoryBlobs(), pull=pull).test_client().get("/blob")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")


def test_an_upstream_that_has_it_no_longer_leaves_it_missing() -> None:
    answer = make_app(MemoryBlobs(), pull=lambda digest: False).test_client().get("/blob")
    assert answer.status_code == 404


def test_nginx_is_told_where_the_bytes_lie(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path)
    store.add([DATA])
    answer = make_app(store, accel="/internal/").test_client().get("/blob")
    place = f"{DIGEST.hex[:2]}/{DIGEST.hex[2:4]}/{DIGEST}"
    assert answer.headers["X-Accel-Redirect"] == f"/internal/{place}"
    assert answer.data == b""
    path = store.local_path(DIGEST)
    assert path is not None
    assert os.fspath(path).endswith(place)


def test_an_unchanged_file_is_not_handed_to_nginx(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path)
    store.add([DATA])
    client = make_app(store, accel="/internal/").test_client()
    answer = client.get("/blob", headers={"If-None-Match": f'"{DIGEST}"'})
    assert answer.status_code == 304
    assert "X-Accel-Redirect" not in answer.headers


def test_files_stay_open_no_longer_than_the_answer(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path)
    store.add([DATA])
    client = make_app(store).test_client()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        for headers in ({}, {"Range": "bytes=1-"}):
            answer = client.get("/blob", headers=headers, buffered=False)
            answer.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


class Addressed(MemoryBlobs):
    """A store whose blobs have addresses."""

    def address(self, digest: Digest, seconds: float) -> str:  # type: ignore[override]
        return f"https://bucket.example/{digest}?for={seconds:.0f}"


def test_a_client_is_sent_to_the_object_store_only_where_that_is_asked_for() -> None:
    store = Addressed()
    store.add([DATA])
    assert make_app(store).test_client().get("/blob").status_code == 200
    client = make_app(store, redirect=True).test_client()
    answer = client.get("/blob", headers={"Range": "bytes=5-"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"https://bucket.example/{DIGEST}?for=3600"
    assert answer.headers["Cache-Control"] == "private, max-age=1800"
    # The address is signed for GET alone, and an unchanged file needs none.
    assert client.head("/blob").status_code == 200
    assert client.get("/blob", headers={"If-None-Match": f'"{DIGEST}"'}).status_code == 304


def test_a_store_without_addresses_sends_the_bytes_itself(blobs: BlobStore) -> None:
    answer = make_app(blobs, redirect=True).test_client().get("/blob")
    assert (answer.status_code, answer.data) == (200, DATA)
