# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rebuilders.debian.extra_packages import FAKEROOT, with_packages
from rebuilders.download_cache import DownloadCache
from rebuilders.failure import NotApplicable
from rebuilders.retry import RetryPolicy
from rebuilders.server_connection import ServerConnection
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.timestamp import Timestamp
from tests.rebuilders.deb_files import make_deb
from tests.rebuilders.stand_in_server import StandIn, stand_in_server

BASE = Environment("deb", frozenset({Member("dpkg", "amd64", "1", Digest.of(b"dpkg"))}))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StandIn]:
    with stand_in_server() as state:
        for name in FAKEROOT:
            versions = []
            for version, seen in (("1.9", "20200101T000000Z"), ("1.10", "20240101T000000Z")):
                control = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
                path = make_deb(tmp_path / f"{name}{version}", {}, control=control)
                digest = state.add_file(path).hex
                versions.append({"binary_version": version})
                state.answers[f"/mr/binary/{name}/{version}/binfiles"] = {
                    "result": [{"architecture": "amd64", "hash": digest}],
                    "fileinfo": {digest: [{"first_seen": seen}]},
                }
            state.answers[f"/mr/binary/{name}"] = {"result": versions}
        yield state


def added(
    server: StandIn, tmp_path: Path, built: str | None, base: Environment = BASE
) -> list[str]:
    environment, words = with_packages(
        base,
        FAKEROOT,
        architecture="amd64",
        built=Timestamp.parse(built) if built else None,
        server=ServerConnection(server.url, {}, retry=RetryPolicy(0.2, 0.05)),
        cache=DownloadCache(tmp_path / "cache"),
    )
    assert len(environment.members) == len(base.members) + len(words)
    return list(words)


@pytest.mark.parametrize(
    ("built", "version"),
    [("20210101", "1.9"), ("20250101", "1.10"), ("20190101", "1.9"), (None, "1.10")],
)
def test_the_version_of_the_time_of_the_build_is_added(
    server: StandIn, tmp_path: Path, built: str | None, version: str
) -> None:
    assert added(server, tmp_path, built) == [f"fakeroot={version}", f"libfakeroot={version}"]


def test_a_set_that_has_it_or_a_server_that_lacks_it_makes_the_strategy_useless(
    server: StandIn, tmp_path: Path
) -> None:
    members = {Member(name, "amd64", "1", Digest.of(name.encode())) for name in FAKEROOT}
    with pytest.raises(NotApplicable, match="nothing to add"):
        added(server, tmp_path, None, Environment("deb", frozenset(members)))
    server.answers.clear()
    with pytest.raises(NotApplicable, match="no fakeroot"):
        added(server, tmp_path, None)
