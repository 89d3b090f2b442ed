# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rebuilders.debian.prepare_source import SourcePackage, source_of_record
from rebuilders.download_cache import DownloadCache
from rebuilders.failure import RebuildFailure
from rebuilders.retry import RetryPolicy
from rebuilders.server_connection import ServerConnection
from snapshot.buildinfo import BuildInfo
from snapshot.digest import Digest
from snapshot.verdict import Reason
from tests.rebuilders.small_source import make_record, make_source
from tests.rebuilders.stand_in_server import StandIn, stand_in_server


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in_server() as state:
        yield state


def obtain(server: StandIn, tmp_path: Path, record: bytes) -> SourcePackage:
    folder = tmp_path / "out"
    folder.mkdir()
    connection = ServerConnection(server.url, {}, retry=RetryPolicy(0.2, 0.05))
    return source_of_record(
        BuildInfo.parse(record), connection, DownloadCache(tmp_path / "cache"), folder
    )


def test_the_source_is_found_by_name_and_complete(server: StandIn, tmp_path: Path) -> None:
    dsc = make_source(tmp_path / "source", "true")
    server.add_source(dsc, "tiny", "1.0")
    source = obtain(server, tmp_path, make_record([]))
    assert source.dsc_digest == Digest.of(dsc.read_bytes())
    assert {path.name for path in source.folder.glob("tiny*")} == {
        "tiny_1.0.dsc",
        "tiny_1.0.tar.xz",
    }
    assert source.dsc.version == "1.0"


def test_a_record_that_names_the_description_by_digest_is_held_to_it(
    server: StandIn, tmp_path: Path
) -> None:
    dsc = make_source(tmp_path / "source", "true")
    server.add_source(dsc, "tiny", "1.0")
    line = f" {Digest.of(b'another')} 9 tiny_1.0.dsc\n"
    record = make_record([]).replace(b"Build-Origin", line.encode() + b"Build-Origin")
    with pytest.raises(RebuildFailure) as caught:
        obtain(server, tmp_path, record)
    assert caught.value.reason is Reason.SOURCE_MISSING


@pytest.mark.parametrize("lost", ["answers", "tarball"])
def test_what_is_missing_is_named(server: StandIn, tmp_path: Path, lost: str) -> None:
    dsc = make_source(tmp_path / "source", "true")
    server.add_source(dsc, "tiny", "1.0")
    if lost == "answers":
        server.answers.clear()
    else:
        tarball = (tmp_path / "source/tiny_1.0.tar.xz").read_bytes()
        del server.files[Digest.of(tarball).hex]
    with pytest.raises(RebuildFailure) as caught:
        obtain(server, tmp_path, make_record([]))
    assert caught.value.reason is Reason.SOURCE_MISSING
    assert "tiny" in caught.value.detail


def test_a_list_of_files_without_a_description_is_a_missing_source(
    server: StandIn, tmp_path: Path
) -> None:
    server.answers["/mr/package/tiny/1.0/srcfiles"] = {"result": [], "fileinfo": {}}
    with pytest.raises(RebuildFailure, match=r"no \.dsc"):
        obtain(server, tmp_path, make_record([]))
