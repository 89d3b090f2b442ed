# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rebuilders.debian.compose_environment import read_build_record, recorded_environment
from rebuilders.failure import RebuildFailure
from rebuilders.obtain_input import obtain_input
from rebuilders.retry import RetryPolicy
from rebuilders.server_connection import ServerConnection
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.verdict import Reason
from tests.rebuilders.small_source import make_record
from tests.rebuilders.stand_in_server import StandIn, stand_in_server

SET = Environment("deb", frozenset({Member("dpkg", "amd64", "1", Digest.of(b"dpkg"))}))


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in_server() as state:
        yield state


def recorded(server: StandIn, tmp_path: Path, known: Digest | None) -> Environment:
    server.add_job("t.buildinfo", make_record([]), {"t.deb": b"x"}, environment=known)
    connection = ServerConnection(server.url, {}, retry=RetryPolicy(0.2, 0.05))
    task = obtain_input(server.queue[0], connection, tmp_path)
    return recorded_environment(task, connection)


def test_the_set_that_the_job_names_is_read_from_the_server(
    server: StandIn, tmp_path: Path
) -> None:
    assert recorded(server, tmp_path, server.add_environment(SET)) == SET


def test_without_one_the_server_resolves_the_record(server: StandIn, tmp_path: Path) -> None:
    server.add_environment(SET)
    missing_source = {"name": "tiny", "version": "1", "architecture": None, "kind": "source"}
    server.answers["/mr/buildinfo"] = {"environment": SET.id.hex, "missing": [missing_source]}
    assert recorded(server, tmp_path, None) == SET


def test_what_the_server_does_not_know_is_listed(server: StandIn, tmp_path: Path) -> None:
    gaps = [{"name": f"lib{n}", "version": "2", "architecture": "amd64"} for n in range(9)]
    server.answers["/mr/buildinfo"] = {"environment": None, "missing": gaps}
    with pytest.raises(RebuildFailure) as caught:
        recorded(server, tmp_path, None)
    assert caught.value.reason is Reason.DEPENDENCY_MISSING
    assert "lib0 amd64 2" in caught.value.detail
    assert len(caught.value.evidence.splitlines()) == 9


def test_another_set_under_that_name_is_refused(server: StandIn, tmp_path: Path) -> None:
    other = replace(SET, members=frozenset())
    server.environments[SET.id.hex] = other.text()
    with pytest.raises(RebuildFailure) as caught:
        recorded(server, tmp_path, SET.id)
    assert caught.value.reason is Reason.ENVIRONMENT_MISMATCH


def test_an_environment_that_the_server_lost_is_a_missing_dependency(
    server: StandIn, tmp_path: Path
) -> None:
    with pytest.raises(RebuildFailure) as caught:
        recorded(server, tmp_path, SET.id)
    assert caught.value.reason is Reason.DEPENDENCY_MISSING


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"rubbish", Reason.BUILDINFO_INVALID),
        (b"\0" * 99, Reason.BUILDINFO_INVALID),
        (make_record([]).replace(b"Format: 1.0", b"Format: 2.0"), Reason.UNSUPPORTED),
        (make_record([], path="/build/../etc"), Reason.BUILDINFO_INVALID),
    ],
)
def test_a_record_that_cannot_be_used_has_its_reason(
    tmp_path: Path, data: bytes, reason: Reason
) -> None:
    (tmp_path / "r").write_bytes(data)
    with pytest.raises(RebuildFailure) as caught:
        read_build_record(tmp_path / "r", "r")
    assert caught.value.reason is reason
