# SPDX-License-Identifier: GPL-3.0-or-later
"""One object that says a place in both predecessors' words."""

from __future__ import annotations

import hashlib

from api.mr.location import file_names, hash_name, location_json, places_of
from snapshot.digest import Digest
from storage.database import Database
from tests.api.mr.archive import ORIG, STAMPS, filled_server

SHA1 = hashlib.sha1(ORIG).hexdigest()


def test_a_place_carries_both_hashes_and_both_kinds_of_time(shared_database: Database) -> None:
    server = filled_server(shared_database)
    with server.app.test_request_context():
        first, second = places_of(Digest.of(ORIG))
        said = location_json(first)
        assert (said["sha1"], said["sha256"]) == (SHA1, Digest.of(ORIG).hex)
        assert said["first_seen"] == said["timestamp_ranges"][0][0] == STAMPS[0]
        assert (first.coordinates.suite, second.coordinates.suite) == ("sid", "forky")
        assert hash_name(first) == SHA1
        assert file_names([first, second]) == [SHA1]
    with server.app.test_request_context("/?hash=sha256"):
        assert hash_name(first) == Digest.of(ORIG).hex
