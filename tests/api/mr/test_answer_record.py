# SPDX-License-Identifier: GPL-3.0-or-later
"""Version 1 of the answer names the same files and dates as version 2."""

from __future__ import annotations

from storage.database import Database
from tests.api.mr.archive import filled_server
from tests.api.mr.test_buildinfo import BOTH


def test_both_versions_say_the_same(shared_database: Database) -> None:
    client = filled_server(shared_database).client
    first = client.post("/mr/buildinfo", data=BOTH).get_json()
    second = client.post("/mr/buildinfo?v=2", data=BOTH).get_json()
    assert [one["sha256"] for one in first["found"]] == [
        one["sha256"] for one in second["packages"]
    ]
    assert first["timestamps_at_least"] == second["dated"]["at_least"]
    assert first["sources"] == second["dated"]["deb822"]
    assert first["environment"] == second["environment"]["id"]
    assert client.post("/mr/buildinfo?v=1", data=BOTH).get_json() == first
