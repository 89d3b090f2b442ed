# SPDX-License-Identifier: GPL-3.0-or-later
"""A base address with a slash at the end works, and redirects nobody."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.api.archive_server import make_archive_server


@pytest.mark.parametrize(
    ("path", "status"), [("//mr/package", 200), ("///mr/package/", 200), ("/mr//package", 404)]
)
def test_slashes_count_only_inside(shared_database: Database, path: str, status: int) -> None:
    client = make_archive_server(shared_database).client
    # Given by hand: a client library would take `//mr` for a host name.
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code == status
