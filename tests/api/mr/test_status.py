# SPDX-License-Identifier: GPL-3.0-or-later
"""How each archive is doing."""

from __future__ import annotations

from storage.database import Database
from tests.api.archive_server import NOW, ArchiveServer, make_archive_server
from tests.api.past_server import FIRST, LAST


def test_each_archive_tells_its_runs_and_until_when_somebody_looked(past: ArchiveServer) -> None:
    answer = past.client.get("/mr/status").get_json()
    assert answer["now"] == str(NOW)
    debian = answer["archives"]["debian"]
    assert (debian["first_run"], debian["last_run"]) == (FIRST, LAST)
    assert (debian["runs"], debian["removed_runs"]) == (10, 0)
    assert debian["observed_until"] == LAST
    assert debian["behind"] == 4_244_400
    assert debian["suites"]["sid"] == {"date": LAST, "observed_until": LAST, "indices": 3}
    assert sorted(debian["suites"]) == ["forky", "sid"]
    assert sorted(answer["archives"]) == ["debian", "security"]


def test_an_empty_server_has_no_archives(shared_database: Database) -> None:
    assert (
        make_archive_server(shared_database).client.get("/mr/status/").get_json()["archives"] == {}
    )
