# SPDX-License-Identifier: GPL-3.0-or-later
"""What a date in an address means."""

from __future__ import annotations

import pytest

from api.archive.at_time import run_of_date
from snapshot.errors import NotFound
from storage.database import Database
from tests.api.archive_server import Suite, binary_stanza, make_archive_server


def test_a_date_means_the_last_run_at_or_before_it(catalogue_database: Database) -> None:
    server = make_archive_server(catalogue_database)
    for stamp in ("20260101T000000Z", "20260201T060000Z"):
        server.add_run("debian", stamp, {"sid": Suite({"amd64": [binary_stanza("a", stamp)]})})
    with server.app.test_request_context():
        found = {
            date: run_of_date("debian", date)
            for date in ("20260101", "20260131", "20260201T060000Z", "20270101", "now")
        }
        assert [
            (date, str(m.run.timestamp)[:8], m.exact, m.provisional) for date, m in found.items()
        ] == [
            ("20260101", "20260101", True, False),
            ("20260131", "20260101", False, False),
            ("20260201T060000Z", "20260201", True, False),
            ("20270101", "20260201", False, True),
            ("now", "20260201", False, True),
        ]
        for archive, date in (("debian", "20251231"), ("debian", "x"), ("other", "now")):
            with pytest.raises(NotFound):
                run_of_date(archive, date)
