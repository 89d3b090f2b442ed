# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the record of a request comes from, and what bad ones cost: a reason, and nobody else."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from api.services import Limits
from snapshot.errors import Denied, NotFound, TransientError
from storage.database import Database
from tests.api.archive_server import ArchiveServer, make_archive_server
from tests.api.mr.archive import filled_server
from tests.api.mr.test_buildinfo import BOTH, record

SIGNED = (
    b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
    + BOTH
    + b"-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"
)
MANY = ",\n ".join(f"p{number} (= 1)" for number in range(100_000))


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    return filled_server(shared_database)


def fetching(database: Database, fetch: Callable[[str, int], bytes]) -> ArchiveServer:
    return make_archive_server(database, fetch_record=fetch)


def test_a_record_is_fetched_from_the_address_that_is_named(server: ArchiveServer) -> None:
    asked: list[tuple[str, int]] = []

    def fetch(url: str, limit: int) -> bytes:
        asked.append((url, limit))
        return BOTH

    archive = server.app.extensions["dejabuild"].archive
    object.__setattr__(archive, "fetch_record", fetch)
    try:
        url = "https://records.example/tor_1.0-2_amd64.buildinfo"
        answer = server.client.post("/mr/buildinfo", query_string={"url": url, "v": "2"})
    finally:
        object.__setattr__(archive, "fetch_record", None)
    assert (answer.status_code, asked) == (200, [(url, 16 << 20)])
    assert answer.get_json() == server.client.post("/mr/buildinfo?v=2", data=BOTH).get_json()


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (Denied("no host of ours", advice="send it"), 403, "no host of ours"),
        (NotFound("answered 404"), 422, "answered 404"),
        (TransientError("no answer", retry_after=7), 503, "no answer"),
    ],
)
def test_why_a_record_did_not_come_is_said(
    shared_database: Database, error: Exception, status: int, words: str
) -> None:
    def fetch(_url: str, _limit: int) -> bytes:
        raise error

    answer = fetching(shared_database, fetch).client.post("/mr/buildinfo?url=https://x/y")
    assert (answer.status_code, words in answer.text) == (status, True)


def test_a_server_that_fetches_nothing_says_so(server: ArchiveServer) -> None:
    answer = server.client.post("/mr/buildinfo?url=https://x/y")
    assert (answer.status_code, "send the record itself" in answer.text) == (501, True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (SIGNED.replace(b"iQ==", SIGNED), "more than one signed message"),
        (SIGNED[:-40], "without the end of its signature"),
        (SIGNED.replace(b"Format", b"-Format"), "unescaped dash"),
        (record(MANY), "more than 20000 installed packages"),
        (record(*["tor (= 1)"] * 3, "tor (= 2)"), "tor (= 2) after tor (= 1)"),
        (record("tor (= 1"), "not an installed package"),
        (record("../etc/passwd (= 1)"), "not an installed package"),
        (BOTH + b"\nSource: another\n", "after the end of the stanza"),
        (BOTH + b"Source: another\n", "again"),
        (BOTH.decode().encode("utf-16"), "not a build record"),
        (random.Random(1).randbytes(200_000), "not a build record"),
        (b"Format: 1.0\n" + b"x" * 1_000_000, "line 2"),
        (b"Format: 1.0\nSource: " + b"a" * 15_000_000 + b"\n", ""),
    ],
)
def test_a_bad_record_is_refused_with_a_reason_and_the_next_one_is_answered(
    server: ArchiveServer, data: bytes, words: str
) -> None:
    answer = server.client.post("/mr/buildinfo", data=data)
    assert answer.status_code == 422
    assert words in answer.get_json()["error"]
    assert len(answer.data) < 2000
    assert server.client.post("/mr/buildinfo", data=BOTH).status_code == 200


def test_line_ends_of_windows_and_a_signature_change_nothing(server: ArchiveServer) -> None:
    plain = server.client.post("/mr/buildinfo", data=BOTH).get_json()
    for data in (BOTH.replace(b"\n", b"\r\n"), SIGNED, SIGNED.replace(b"\n", b"\r\n")):
        assert server.client.post("/mr/buildinfo", data=data).get_json() == plain


def test_twenty_thousand_unknown_names_are_answered(server: ArchiveServer) -> None:
    needs = [f"p{number} (= 1)" for number in range(20_000)]
    answer = server.client.post("/mr/buildinfo", data=record(*needs))
    assert answer.status_code == 404
    assert len(answer.get_json()["missing"]) == 20_000


def test_how_many_packages_a_record_may_name_is_configuration(shared_database: Database) -> None:
    small = make_archive_server(shared_database, limits=Limits(dependencies=2))
    answer: Any = small.client.post("/mr/buildinfo", data=BOTH)
    assert answer.status_code == 422
    assert "more than the 2 accepted" in answer.get_json()["error"]
