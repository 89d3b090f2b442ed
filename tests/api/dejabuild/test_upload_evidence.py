# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io

import pytest
import zstandard

from api.services import Limits
from snapshot.digest import Digest
from storage.database import Database
from tests.api.rebuild_server import RebuildServer, make_server
from tests.api.rebuilderd.wire import KEY, bad_report, claim, post, register, worker_head
from tests.api.unread_body import unread

HEAD = {"X-Worker-Key": KEY}
LOG = b"a line of a log\n" * 1000


def path_of(job: int, kind: str = "log", name: str = "") -> str:
    return f"/api/dejabuild/v1/jobs/{job}/evidence/{kind}" + (f"/{name}" if name else "")


def test_a_whole_upload_is_answered_with_its_digest(server: RebuildServer) -> None:
    path = path_of(claim(server)["id"])
    client = server.app.test_client()
    assert client.head(path, headers=HEAD).status_code == 404
    answer = client.put(path, data=LOG, headers=HEAD)
    assert answer.status_code == 201
    digest = Digest.of(LOG)
    assert answer.get_json()["sha256"] == digest.hex
    assert b"".join(server.services.blobs.open(digest)) == LOG
    assert client.get(path, headers=HEAD).get_json()["sha256"] == digest.hex


def test_an_interrupted_upload_goes_on_where_it_broke_off(server: RebuildServer) -> None:
    path = path_of(claim(server)["id"], "artifact", "hello_2.10-5_amd64.deb")
    client = server.app.test_client()
    broken = client.put(
        path,
        data=LOG[:5000],
        headers=HEAD,
        environ_overrides={"CONTENT_LENGTH": str(len(LOG))},
    )
    assert broken.status_code in (308, 400)
    asked = client.head(path, headers=HEAD)
    assert (asked.status_code, asked.headers["Range"]) == (308, "bytes=0-4999")
    rest = {"Content-Range": f"bytes 5000-{len(LOG) - 1}/{len(LOG)}"}
    answer = client.put(path, data=LOG[5000:], headers=HEAD | rest)
    assert answer.status_code == 201
    assert answer.get_json()["sha256"] == Digest.of(LOG).hex


def test_parts_are_answered_with_how_much_is_here(server: RebuildServer) -> None:
    path = path_of(claim(server)["id"])
    client = server.app.test_client()
    first = client.put(
        path, data=LOG[:10], headers=HEAD | {"Content-Range": f"bytes 0-9/{len(LOG)}"}
    )
    assert (first.status_code, first.headers["Range"]) == (308, "bytes=0-9")
    wrong = client.put(
        path, data=LOG[20:], headers=HEAD | {"Content-Range": f"bytes 20-{len(LOG) - 1}/{len(LOG)}"}
    )
    assert (wrong.status_code, wrong.headers["Range"]) == (416, "bytes=0-9")
    whole = client.put(path, data=LOG, headers=HEAD)
    assert whole.get_json()["sha256"] == Digest.of(LOG).hex


@pytest.mark.parametrize(
    "header", ["bytes 5-4/10", "bytes 0-10/10", "bytes */10", "0-9/10", "bytes 0-9/*", "x"]
)
def test_a_range_that_contradicts_itself_is_400(server: RebuildServer, header: str) -> None:
    path = path_of(claim(server)["id"])
    answer = server.app.test_client().put(path, data=b"x", headers=HEAD | {"Content-Range": header})
    assert answer.status_code == 400


def test_more_than_the_range_says_is_400_and_not_kept(server: RebuildServer) -> None:
    path = path_of(claim(server)["id"])
    client = server.app.test_client()
    answer = client.put(path, data=LOG, headers=HEAD | {"Content-Range": "bytes 0-9/10"})
    assert (answer.status_code, "more bytes" in answer.text) == (400, True)
    assert client.get(path, headers=HEAD).status_code == 404


def test_packed_evidence_is_named_by_what_it_unpacks_to(server: RebuildServer) -> None:
    job = claim(server)["id"]
    compressor = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    frame = compressor.compress(LOG) + compressor.flush()
    client = server.app.test_client()
    answer = client.put(
        path_of(job), data=frame, headers=HEAD | {"Content-Encoding": "zstd"}
    ).get_json()
    assert answer["sha256"] == Digest.of(LOG).hex
    assert answer["stored_sha256"] == Digest.of(frame).hex


def test_what_only_claims_to_be_packed_is_400(server: RebuildServer) -> None:
    path = path_of(claim(server)["id"])
    answer = server.app.test_client().put(
        path, data=b"no frame", headers=HEAD | {"Content-Encoding": "zstd"}
    )
    assert answer.status_code == 400
    assert server.app.test_client().head(path, headers=HEAD).status_code == 404


def test_a_packed_piece_that_is_cut_off_is_400_and_not_kept(server: RebuildServer) -> None:
    path = path_of(claim(server)["id"])
    client = server.app.test_client()
    frame = zstandard.ZstdCompressor().compress(LOG)
    head = HEAD | {"Content-Encoding": "zstd"}
    answer = client.put(path, data=frame[:-3], headers=head)
    assert (answer.status_code, "cut off" in answer.text) == (400, True)
    assert client.get(path, headers=HEAD).status_code == 404
    assert client.put(path, data=frame, headers=head).status_code == 201


def test_the_limit_holds_for_the_wire_and_for_what_it_unpacks_to(
    ledger_database: Database,
) -> None:
    server = make_server(ledger_database, limits=Limits(evidence=1000))
    job = claim(server)["id"]
    client = server.app.test_client()
    assert client.put(path_of(job), data=bytes(1000), headers=HEAD).status_code == 201
    assert client.put(path_of(job), data=bytes(1001), headers=HEAD).status_code == 413
    chunked = client.put(
        path_of(job), input_stream=io.BytesIO(bytes(5000)), headers=HEAD,
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )  # fmt: skip
    assert chunked.status_code == 413
    ranged = HEAD | {"Content-Range": "bytes 0-9/1001"}
    assert client.put(path_of(job), data=bytes(10), headers=ranged).status_code == 413
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 20))
    packed = client.put(path_of(job), data=bomb, headers=HEAD | {"Content-Encoding": "zstd"})
    assert packed.status_code == 413


@pytest.mark.parametrize("part", [{}, {"Content-Range": "bytes 3-9/10"}])
def test_a_length_beyond_the_limit_is_refused_unread_and_loses_nothing(
    ledger_database: Database, part: dict[str, str]
) -> None:
    server = make_server(ledger_database, limits=Limits(evidence=1000))
    path = path_of(claim(server)["id"])
    client = server.app.test_client()
    begun = client.put(path, data=b"abc", headers=HEAD | {"Content-Range": "bytes 0-2/10"})
    assert begun.status_code == 308
    answer = client.put(path, environ_overrides=unread(1001), headers=HEAD | part)
    assert answer.status_code == 413
    assert client.head(path, headers=HEAD).headers["Range"] == "bytes=0-2"


def test_only_who_holds_the_job_may_send_its_evidence(server: RebuildServer) -> None:
    job = claim(server)["id"]
    client = server.app.test_client()
    assert client.put(path_of(job), data=b"x").status_code == 403
    assert client.put(path_of(job), data=b"x", headers={"X-Worker-Key": "?"}).status_code == 403
    register(server, key="another")
    other = worker_head("another")
    assert client.put(path_of(job), data=b"x", headers=other).status_code == 404
    assert client.put(path_of(999), data=b"x", headers=HEAD).status_code == 404


@pytest.mark.parametrize("kind", ["logs", "LOG", "key"])
def test_an_unknown_kind_is_refused_with_the_known_ones(server: RebuildServer, kind: str) -> None:
    answer = server.app.test_client().put(
        path_of(claim(server)["id"], kind), data=b"x", headers=HEAD
    )
    assert answer.status_code == 404
    assert "diffoscope-text" in answer.text


@pytest.mark.parametrize("name", ["..", ".hidden", "a b", "%2e%2e", "x" * 300, "a%00b", "a%0ab"])
def test_a_name_that_is_no_file_name_is_refused(server: RebuildServer, name: str) -> None:
    answer = server.app.test_client().put(
        path_of(claim(server)["id"], "artifact", name), data=b"x", headers=HEAD
    )
    assert answer.status_code in (400, 404)


def test_after_the_report_nothing_is_added(server: RebuildServer) -> None:
    job = claim(server)["id"]
    client = server.app.test_client()
    assert post(server, "/api/v1/builds", bad_report(server, job), HEAD).status_code == 204
    answer = client.put(path_of(job), data=b"x", headers=HEAD)
    assert answer.status_code == 409
    assert "reported already" in answer.text


def test_while_a_broken_upload_is_wound_up_the_worker_is_told_to_ask_again(
    server: RebuildServer,
) -> None:
    job = claim(server)["id"]
    worker = server.ledger.workers.by_key(KEY)
    assert worker is not None
    with server.services.blobs.writer(f"evidence {job} {worker.id} log "):
        answer = server.app.test_client().put(path_of(job), data=b"x", headers=HEAD)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_the_same_piece_again_replaces_the_first(server: RebuildServer) -> None:
    job = claim(server)["id"]
    client = server.app.test_client()
    for text in (b"first", b"second"):
        assert client.put(path_of(job), data=text, headers=HEAD).status_code == 201
    worker = server.ledger.workers.by_key(KEY)
    assert worker is not None
    [piece] = server.ledger.attempts.pending_evidence(job, worker.id)
    assert piece.content_digest == Digest.of(b"second")
