# SPDX-License-Identifier: GPL-3.0-or-later
"""A build record over the catalogue of this server."""

from __future__ import annotations

from api.resolve_record import resolve_record
from snapshot.record import read_record
from storage.database import Database
from tests.api.mr.archive import filled_server
from tests.api.mr.test_buildinfo import BOTH, record


def test_a_record_and_its_source_are_found(catalogue_database: Database) -> None:
    server = filled_server(catalogue_database)
    with server.app.test_request_context():
        found = resolve_record(read_record(BOTH))
        assert [choice.need.kind for choice in found.chosen] == ["binary"] * 3 + ["source"]
        assert found.environment is not None
        needs = read_record(record("libtor (= 1.0-1)"))
        assert resolve_record(needs, suite="sid").environment is not None
        assert resolve_record(needs, suite="forky").environment is None
