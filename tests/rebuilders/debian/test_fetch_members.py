# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from rebuilders.debian.fetch_members import fetch_members
from rebuilders.download_cache import DownloadCache
from rebuilders.failure import RebuildFailure
from rebuilders.retry import RetryPolicy
from rebuilders.server_connection import ServerConnection
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.verdict import Reason
from tests.rebuilders.stand_in_server import stand_in_server


def member(name: str) -> Member:
    return Member(name, "all", "1", Digest.of(name.encode()))


def test_packages_come_by_digest_and_all_that_are_missing_are_named(tmp_path: Path) -> None:
    cache = DownloadCache(tmp_path)
    with stand_in_server() as server:
        connection = ServerConnection(server.url, {}, retry=RetryPolicy(0.2, 0.05))
        for name in ("a", "b"):
            server.add_file(name.encode())
        present = Environment("deb", frozenset({member("a"), member("b")}))
        files = fetch_members(present, connection, cache)
        assert {m.name: path.read_bytes() for m, path in files.items()} == {"a": b"a", "b": b"b"}
        asked = len(server.requests)
        fetch_members(present, connection, cache)
        assert len(server.requests) == asked, "what is here is not asked for"
        wanted = Environment("deb", present.members | {member("x"), member("y")})
        with pytest.raises(RebuildFailure) as caught:
            fetch_members(wanted, connection, cache)
    assert caught.value.reason is Reason.DEPENDENCY_MISSING
    assert caught.value.evidence == "x all 1\ny all 1\n"
