# SPDX-License-Identifier: GPL-3.0-or-later
"""A build record over the catalogue of this server."""

from __future__ import annotations

from api.resolve_record import resolve_record
from snapshot.record import read_record
from snapshot.timestamp import Timestamp
from storage.database import Database
from tests.api.mr.archive import STAMPS, filled_server
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


def test_no_date_of_a_removed_run_is_named_while_a_kept_one_has_all_of_it(
    catalogue_database: Database,
) -> None:
    server = filled_server(catalogue_database)
    both = read_record(record("tor (= 1.0-1)", "tor-doc (= 1.0-1)", version="1.0-1"))

    def dates() -> list[str]:
        with server.app.test_request_context():
            return [str(step.at) for step in resolve_record(both, suite="sid").cover]

    first, second, _ = map(Timestamp.parse, STAMPS)
    assert dates() == STAMPS[:1]
    server.catalogue.remove_runs("debian", [first], now=Timestamp.parse("20260401T000000Z"))
    assert dates() == STAMPS[1:2]
    server.catalogue.remove_runs("debian", [second], now=Timestamp.parse("20260401T000000Z"))
    assert dates() == STAMPS[:1]  # nowhere else: what it was taken from is said all the same
