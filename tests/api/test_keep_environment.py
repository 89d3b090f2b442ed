# SPDX-License-Identifier: GPL-3.0-or-later
"""What anybody may cause to be kept is bounded, and never what somebody needs."""

from __future__ import annotations

from api.keep_environment import keep_environment
from api.services import Limits
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from storage.database import Database
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
