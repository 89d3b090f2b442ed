# SPDX-License-Identifier: GPL-3.0-or-later
"""A posted build record: what is found, where, and what is missing."""

from __future__ import annotations

import gzip
import io
from typing import Any

import pytest

from api.services import Limits
from snapshot.digest import Digest
from snapshot.environment import Environment
from storage.database import Database
from tests.api.archive_server import ArchiveServer, deb, make_archive_server
from tests.api.mr.archive import DSC, STAMPS, filled_server
from tests.api.unread_body import unread
from tests.snapshot import test_arch_buildinfo, test_rpm_buildinfo


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    return filled_server(shared_database)


def record(*needs: str, source: str = "tor", version: str = "1:1.0-2") -> bytes:
    return (
        f"Format: 1.0\nSource: {source}\nBinary: {source}\nArchitecture: amd64\n"
        f"Version: {version}\nChecksums-Sha256:\n {'a' * 64} 1 x_1_amd64.deb\n"
        "Build-Architecture: amd64\nBuild-Date: Sun, 01 Mar 2026 10:00:00 +0000\n"
        "Installed-Build-Depends:\n " + ",\n ".join(needs) + "\n"
    ).encode()


BOTH = record("libtor (= 1.0-1)", "tor (= 1:1.0-2)", "tor-doc (= 1.0-1)")


def post(server: ArchiveServer, data: bytes, **options: Any) -> Any:
    return server.client.post("/mr/buildinfo", data=data, **options)


def test_a_record_that_needs_two_dates_gets_exactly_two(server: ArchiveServer) -> None:
    answer = post(server, BOTH)
    assert answer.status_code == 200
    body = answer.get_json()
    assert sorted((t["archive"], t["suite"], t["timestamp"]) for t in body["timestamps"]) == [
        ("debian", "sid", STAMPS[0]),
        ("debian", "sid", STAMPS[2]),
    ]
    assert body["timestamps_at_least"] == 2
    assert body["missing"] == []
    found = {row["name"]: row for row in body["found"] if row["kind"] == "binary"}
    digest = Digest.of(deb("libtor", "1.0-1", source="tor")).hex
    assert found["libtor"]["sha256"] == digest
    assert found["libtor"]["url"] == f"http://localhost/file/{digest}/libtor_1.0-1_amd64.deb"
    source = next(row for row in body["found"] if row["kind"] == "source")
    assert source["sha256"] == Digest.of(DSC["1:1.0-2"]).hex


def test_the_predecessors_shape_is_part_of_the_answer(server: ArchiveServer) -> None:
    results = post(server, BOTH).get_json()["results"]
    assert {
        (r["archive_name"], r["suite_name"], r["component_name"], r["architecture"]): r[
            "timestamps"
        ]
        for r in results
    } == {
        ("debian", "sid", "main", "amd64"): [STAMPS[0], STAMPS[2]],
        ("debian", "sid", "main", "all"): [STAMPS[0]],
        ("debian", "sid", "main", "source"): [STAMPS[2]],
    }


def test_the_sources_are_ready_for_apt_under_the_servers_own_name(server: ArchiveServer) -> None:
    body = server.client.post(
        "/mr/buildinfo", data=BOTH, base_url="https://snap.example/base/"
    ).get_json()
    assert f"URIs: https://snap.example/base/archive/debian/{STAMPS[0]}/" in body["sources"]
    assert len(body["sources_list"]) == 2


def test_the_environment_can_be_asked_for_by_its_id(server: ArchiveServer) -> None:
    identity = post(server, BOTH).get_json()["environment"]
    text = server.client.get(f"/environments/{identity}").data
    environment = Environment.from_text(text)
    assert environment.id.hex == identity
    assert {(m.name, m.version) for m in environment.members} == {
        ("libtor", "1.0-1"),
        ("tor", "1:1.0-2"),
        ("tor-doc", "1.0-1"),
    }


def test_a_form_field_a_raw_body_and_a_compressed_one_are_the_same(server: ArchiveServer) -> None:
    plain = post(server, BOTH).get_json()
    form = {"buildinfo": (io.BytesIO(BOTH), "x.buildinfo")}
    assert post(server, form).get_json() == plain  # type: ignore[arg-type]
    packed = post(server, gzip.compress(BOTH), headers={"Content-Encoding": "gzip"})
    assert packed.get_json() == plain


def test_what_is_missing_is_listed_with_the_nearest_there_is(server: ArchiveServer) -> None:
    answer = post(server, record("libtor (= 1.0-1+b7)", "nosuch (= 1)", "tor:i386 (= 1.0-1)"))
    assert answer.status_code == 404
    body = answer.get_json()
    assert [(m["name"], m["why"]) for m in body["missing"]] == [
        ("libtor", "unknown version"),
        ("nosuch", "unknown package"),
        ("tor", "other architecture"),
    ]
    assert "1.0-1+b1 in debian/" in body["missing"][0]["nearest"]
    assert body["environment"] is None


def test_a_missing_source_is_named_and_the_environment_is_complete(server: ArchiveServer) -> None:
    answer = post(server, record("tor (= 1.0-1)", source="gone", version="3"))
    assert answer.status_code == 200
    body = answer.get_json()
    assert [(m["name"], m["kind"]) for m in body["missing"]] == [("gone", "source")]
    assert body["environment"] is not None


def test_a_suite_can_be_asked_for_alone(server: ArchiveServer) -> None:
    answer = server.client.post("/mr/buildinfo?suite_name=forky", data=record("tor (= 1.0-1)"))
    assert {r["suite_name"] for r in answer.get_json()["results"]} == {"forky"}
    answer = server.client.post("/mr/buildinfo?suite_name=nosuch", data=record("tor (= 1.0-1)"))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("text", "kind", "count"),
    [(test_arch_buildinfo.V2, "arch", 2), (test_rpm_buildinfo.TEXT, "rpm", 2)],
)
def test_records_of_other_distributions_get_their_list(
    server: ArchiveServer, text: str, kind: str, count: int
) -> None:
    answer = post(server, text.encode())
    assert answer.status_code == 404
    assert answer.get_json()["kind"] == kind
    assert len(answer.get_json()["missing"]) == count


@pytest.mark.parametrize(
    ("data", "options", "status", "words"),
    [
        (b"", {}, 422, "not a build record"),
        (b"\x1f\x8b\x08\x00", {}, 422, "not a build record"),
        (BOTH[:-30], {}, 422, "truncated"),
        (
            BOTH.replace(b"Architecture: amd64", b"Architecture: am\x00d64"),
            {},
            422,
            "line 4: a NUL",
        ),
        (BOTH.replace(b"x_1_amd64.deb", b"../../x.deb"), {}, 422, "line 7: not a safe file name"),
        (BOTH.replace(b"Format: 1.0", b"Format: 2.0"), {}, 501, "Format '2.0'"),
        (b"{}", {"content_type": "application/json"}, 415, "--data-binary"),
        (BOTH, {"headers": {"Content-Encoding": "br"}}, 415, "not one of zstd"),
        (BOTH, {"headers": {"Content-Encoding": "gzip"}}, 400, "gzip"),
        ({"file": "x"}, {"content_type": "multipart/form-data"}, 422, "no field"),
    ],
)
def test_bad_input_ends_in_one_clear_message(
    server: ArchiveServer, data: Any, options: dict[str, Any], status: int, words: str
) -> None:
    answer = post(server, data, **options)
    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.parametrize("form", [False, True])
def test_an_oversized_record_is_refused_while_it_arrives(
    shared_database: Database, form: bool
) -> None:
    small = make_archive_server(shared_database, limits=Limits(buildinfo=100_000))
    data: Any = b"x" * 300_000
    if form:
        data = {"buildinfo": (io.BytesIO(data), "x")}
    answer = post(small, data)
    assert answer.status_code == 413
    assert "100000 bytes" in answer.text


@pytest.mark.parametrize("media", ["text/plain", "multipart/form-data; boundary=x"])
def test_a_record_that_says_it_is_oversized_is_refused_unread(
    shared_database: Database, media: str
) -> None:
    small = make_archive_server(shared_database, limits=Limits(buildinfo=100_000))
    answer = small.client.post(
        "/mr/buildinfo", environ_overrides=unread(300_000), content_type=media
    )
    assert answer.status_code == 413
    assert "100000 bytes" in answer.text
