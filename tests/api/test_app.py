# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every address."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.api.archive_server import make_archive_server


@pytest.mark.parametrize(
    "address",
    ["/mr/package/p%00x/", "/archive/debian/now/%00", "/mr/timestamp/?archive=%00", "/file/%00"],
)
def test_a_nul_in_an_address_is_refused_before_any_database_sees_it(
    shared_database: Database, address: str
) -> None:
    answer = make_archive_server(shared_database).client.get(address)
    assert answer.status_code == 400
    assert "a NUL byte in the address" in answer.text


def test_a_server_that_only_serves_archives_has_no_rebuild_half(
    shared_database: Database,
) -> None:
    rules = {str(rule) for rule in make_archive_server(shared_database).app.url_map.iter_rules()}
    assert "/archive/<archive>/" in rules
    assert not any(rule.startswith("/api/") for rule in rules)
