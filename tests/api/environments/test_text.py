# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of environments, posted and given back."""

from __future__ import annotations

import pytest

from api.services import Limits
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from storage.database import Database
from tests.api.archive_server import (
    NOW,
    ArchiveServer,
    Suite,
    binary_stanza,
    deb,
    make_archive_server,
)

KNOWN = Member("apt", "amd64", "2.0", Digest.of(deb("apt", "2.0")))
UNKNOWN = Member("nosuch", "amd64", "1", Digest.of(b"nowhere"))


@pytest.fixture(scope="module")
def server(shared_database: Database) -> ArchiveServer:
    made = make_archive_server(shared_database)
    made.add_run("debian", "20260101", {"sid": Suite({"amd64": [binary_stanza("apt", "2.0")]})})
    return made


def test_a_text_is_kept_under_its_own_digest_and_unknown_members_are_named(
    server: ArchiveServer,
) -> None:
    environment = Environment("deb", frozenset({KNOWN, UNKNOWN}))
    answer = server.client.post("/environments", data=environment.text())
    assert answer.status_code == 201
    body = answer.get_json()
    assert body["id"] == environment.id.hex
    assert (body["members"], body["known"]) == (2, 1)
    assert body["missing"] == [UNKNOWN.line()]
    assert answer.headers["Location"] == f"/environments/{environment.id}/"
    for address in (f"/environments/{environment.id}", f"/file/{environment.id}"):
        given = server.client.get(address, headers={"Accept": "text/plain"})
        assert given.data == environment.text()
        assert "immutable" in given.headers["Cache-Control"]
    assert server.client.post("/environments/", data=environment.text()).status_code == 201


def test_what_it_is_comes_as_json_or_as_a_page(server: ArchiveServer) -> None:
    environment = Environment("deb", frozenset({KNOWN}))
    server.client.post("/environments", data=environment.text())
    json = server.client.get(
        f"/environments/{environment.id}/", headers={"Accept": "application/json"}
    ).get_json()
    assert json["kind"] == "deb"
    assert json["members"] == [
        {"name": "apt", "architecture": "amd64", "version": "2.0", "sha256": KNOWN.digest.hex}
    ]
    assert f"/environments/{environment.id}/ {environment.id} main" in json["sources"]
    assert json["pinned"] is False
    html = server.client.get(
        f"/environments/{environment.id}", headers={"Accept": "text/html,*/*;q=0.8"}
    )
    assert "deb [signed-by=" in html.text
    assert KNOWN.digest.hex in html.text


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 422, "environment text"),
        (b"dejabuild-environment 2 deb\n", 422, "line 1"),
        (b"dejabuild-environment 1 deb\nb amd64 1 x\n", 422, "SHA-256"),
        (b"\xff\xfe", 422, "not ASCII"),
    ],
)
def test_anything_but_the_canonical_text_is_refused(
    server: ArchiveServer, data: bytes, status: int, words: str
) -> None:
    answer = server.client.post("/environments", data=data)
    assert answer.status_code == status
    assert words in answer.get_json()["error"]


def test_json_is_refused_as_such(server: ArchiveServer) -> None:
    assert server.client.post("/environments", json={}).status_code == 415


def test_an_unknown_environment_says_how_to_make_one(server: ArchiveServer) -> None:
    # The package itself is a blob of ours, and no environment.
    stored = server.keep(b"some other blob").digest
    for identity in ("0" * 64, "x", stored.hex):
        answer = server.client.get(f"/environments/{identity}")
        assert answer.status_code == 404
    assert "POST" in answer.get_json()["try"]


def test_anonymous_environments_are_bounded_in_size_and_in_number(
    catalogue_database: Database,
) -> None:
    server = make_archive_server(
        catalogue_database, limits=Limits(environment=1000, environments=2)
    )
    made = [
        Environment("deb", frozenset({Member("a", "amd64", str(n), UNKNOWN.digest)}))
        for n in range(3)
    ]
    for environment in made:
        assert server.client.post("/environments", data=environment.text()).status_code == 201
    kept = [server.client.get(f"/environments/{e.id}").status_code for e in made]
    assert sorted(kept) == [200, 200, 404]
    many = frozenset(Member("a", f"x{n}", "1", UNKNOWN.digest) for n in range(50))
    answer = server.client.post("/environments", data=Environment("deb", many).text())
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "text/html"])
def test_an_environment_that_was_taken_out_is_given_in_no_form(
    server: ArchiveServer, kind: str
) -> None:
    text = Environment("deb", frozenset({KNOWN, Member("x", "amd64", "1", KNOWN.digest)})).text()
    identity = Digest.of(text)
    server.client.post("/environments", data=text)
    if server.catalogue.removals.of_file(identity) is None:
        server.catalogue.removals.add("it names a secret", files=[identity], now=NOW)
    for path in ("", "/InRelease", f"/pool/{KNOWN.digest}/apt.deb"):
        answer = server.client.get(f"/environments/{identity}{path}", headers={"Accept": kind})
        assert answer.status_code == 410
        assert "it names a secret" in answer.text
