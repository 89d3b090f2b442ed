# SPDX-License-Identifier: GPL-3.0-or-later
"""What anybody may cause to be kept is bounded, and never what somebody needs."""

from __future__ import annotations

from pathlib import Path

from api.keep_environment import (
    environment_subject,
    keep_environment,
    note_use,
    offer_environment,
    pin_environment,
)
from api.services import Limits
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.timestamp import Timestamp
from storage.blobs import LocalBlobs
from storage.catalogue import BlobState, MadeFile
from storage.database import Database
from storage.offered_texts import OfferedTexts
from tests.api.archive_server import NOW, make_archive_server

MADE = [
    Environment("deb", frozenset({Member("a", "amd64", str(number), Digest.of(b"a"))}))
    for number in range(4)
]


def test_beyond_the_limit_the_unpinned_go_with_their_texts(catalogue_database: Database) -> None:
    server = make_archive_server(catalogue_database, limits=Limits(environments=1))
    with server.app.test_request_context():
        keep_environment(MADE[0])
        server.catalogue.pin(MADE[0].id, "job:1", NOW)
        for environment in (*MADE[1:], MADE[3]):
            keep_environment(environment)
    kept = [server.catalogue.environment(e.id) is not None for e in MADE]
    assert kept[0]
    assert sum(kept[1:]) == 1
    assert [server.blobs.contains(e.id) for e in MADE] == kept
    states = [server.catalogue.blob_by_hash(e.id.hex) for e in MADE]
    assert [one is not None and one.state is BlobState.PRESENT for one in states] == kept


def test_a_text_that_is_asked_for_again_is_young_again(
    catalogue_database: Database, tmp_path: Path
) -> None:
    blobs = LocalBlobs(tmp_path)
    server = make_archive_server(catalogue_database, blobs=blobs)
    ages: set[float] = set()
    while len(ages) < 2:  # as often as the clock of files takes to move
        with server.app.test_request_context():
            keep_environment(MADE[0])
        found = blobs.look(MADE[0].id)
        assert found is not None
        ages.add(found.stored)


def test_what_was_made_of_an_environment_goes_with_it(catalogue_database: Database) -> None:
    server = make_archive_server(catalogue_database)
    made = {"InRelease": MadeFile(Digest.of(b"made"), 4)}
    subject = environment_subject(MADE[0].id)
    with server.app.test_request_context():
        keep_environment(MADE[0])
        server.catalogue.made.keep(subject, "key", made, NOW)
        keep_environment(MADE[1])
    assert server.catalogue.made.of(subject, "key") == made
    full = make_archive_server(catalogue_database, limits=Limits(environments=0))
    with full.app.test_request_context():
        keep_environment(MADE[2])
    assert server.catalogue.environment(MADE[0].id) is None
    assert server.catalogue.made.of(subject, "key") == {}


def test_an_environment_that_apt_reads_is_used(catalogue_database: Database) -> None:
    server = make_archive_server(catalogue_database)
    long_ago = Timestamp(NOW.epoch - 100_000)
    server.catalogue.add_environment(MADE[0], now=long_ago)
    with server.app.test_request_context():
        note_use(MADE[0].id)
        note_use(MADE[1].id)
    found = server.catalogue.environment(MADE[0].id)
    assert found is not None
    assert found.last_used == NOW


def test_what_an_answer_names_is_stored_when_somebody_asks(
    catalogue_database: Database, tmp_path: Path
) -> None:
    offered = OfferedTexts(tmp_path, 10)
    server = make_archive_server(catalogue_database, offered=offered)
    with server.app.test_request_context():
        for environment in MADE[:3]:
            offer_environment(environment)
    assert not any(map(server.catalogue.environment, [one.id for one in MADE]))
    # Another process of the same host answers.
    other = make_archive_server(catalogue_database, blobs=server.blobs, offered=offered)
    assert other.client.get(f"/environments/{MADE[0].id}").data == MADE[0].text()
    assert server.blobs.contains(MADE[0].id)
    with server.app.test_request_context():
        pin_environment(MADE[1].id, "job:1")
    pinned = server.catalogue.environment(MADE[1].id)
    assert pinned is not None
    assert pinned.pinned
    (tmp_path / MADE[2].id.hex).write_bytes(b"torn")
    assert server.client.get(f"/environments/{MADE[2].id}").status_code == 404
    assert server.client.get(f"/environments/{MADE[3].id}").status_code == 404
