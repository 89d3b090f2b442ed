# SPDX-License-Identifier: GPL-3.0-or-later
"""Which run is named instead of a file that is gone (over HTTP: test_removals.py)."""

from __future__ import annotations

from api.archive.removed_file import name_nearest
from snapshot.digest import Digest
from snapshot.errors import Removed, Withheld
from snapshot.timestamp import Timestamp
from storage.database import Database
from tests.api.archive_server import Suite, make_archive_server

STAMPS = ["20260101T000000Z", "20260102T000000Z", "20260201T000000Z"]
PATH = "dists/sid/list"


def test_the_nearest_one_that_has_other_bytes_is_named(shared_database: Database) -> None:
    server = make_archive_server(shared_database)
    for stamp, data in zip(STAMPS, (b"old", b"bad", b"new"), strict=True):
        server.add_run("debian", stamp, {"sid": Suite({}, {"list": data})})
    run = server.catalogue.run_at("debian", Timestamp.parse(STAMPS[1]))
    assert run is not None
    error = Withheld("gone", advice="why")
    with server.app.test_request_context(f"/resigned/debian/{STAMPS[1]}/{PATH}"):
        named = name_nearest(error, run, PATH, Digest.of(b"bad"))
        assert named.advice.endswith(f" /resigned/debian/{STAMPS[0]}/{PATH}")
    with server.app.test_request_context():
        named = name_nearest(error, run, PATH, Digest.of(b"bad"))
        assert isinstance(named, Withheld)
        assert named.advice.endswith(f"/archive/debian/{STAMPS[0]}/{PATH}")
        server.catalogue.removals.add(
            "too", files=[Digest.of(b"old")], now=Timestamp.parse(STAMPS[2])
        )
        named = name_nearest(error, run, PATH, Digest.of(b"bad"))
        assert named.advice.endswith(f"/archive/debian/{STAMPS[2]}/{PATH}")
        gone = Removed("gone")
        assert name_nearest(gone, run, "dists/sid/other", Digest.of(b"bad")) is gone
