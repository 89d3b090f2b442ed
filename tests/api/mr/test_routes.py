# SPDX-License-Identifier: GPL-3.0-or-later
"""Every address of the machine-readable API."""

from __future__ import annotations

import gzip

from storage.database import Database
from tests.api.archive_server import make_archive_server


def test_the_addresses_are_those_of_both_predecessors_and_a_few_of_ours(
    shared_database: Database,
) -> None:
    app = make_archive_server(shared_database).app
    rules = {str(rule) for rule in app.url_map.iter_rules() if str(rule).startswith("/mr/")}
    assert rules == {
        "/mr/package",
        "/mr/package/<name>",
        "/mr/package/<name>/<version>/srcfiles",
        "/mr/package/<name>/<version>/binpackages",
        "/mr/package/<name>/<version>/binfiles/<binary>/<own>",
        "/mr/package/<name>/<version>/allfiles",
        "/mr/binary/<name>",
        "/mr/binary/<name>/<version>/binfiles",
        "/mr/diff/<archive>",
        "/mr/diff/<archive>/<path:suite>",
        "/mr/search",
        "/mr/status",
        "/mr/timestamp",
        "/mr/timestamp/<archive>",
        "/mr/timestamp/<archive>/<date>",
        "/mr/file/<digest>/info",
        "/mr/file/<digest>/download",
        "/mr/file/<digest>/buildinfos",
        "/mr/buildinfo",
        "/mr/buildinfo/<digest>",
        "/mr/buildinfos/<name>",
        "/mr/buildinfos/<name>/<version>",
    }


def test_an_empty_server_has_no_packages_and_no_stamps(shared_database: Database) -> None:
    client = make_archive_server(shared_database).client
    assert client.get("/mr/package/").get_json()["result"] == []
    assert client.get("/mr/timestamp/").get_json()["result"] == {}


def test_answers_are_compressed_for_those_who_ask(shared_database: Database) -> None:
    client = make_archive_server(shared_database).client
    plain = client.get("/mr/package")
    packed = client.get("/mr/package", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
