# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rebuilders.failure import RebuildFailure
from rebuilders.obtain_input import digest_in, file_name, obtain_input
from rebuilders.retry import RetryPolicy
from rebuilders.server_connection import ServerConnection
from snapshot.digest import Digest
from snapshot.verdict import Reason
from snapshot.wire import JobArtifact
from tests.rebuilders.small_source import make_record
from tests.rebuilders.stand_in_server import StandIn, stand_in_server


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in_server() as state:
        yield state


def connection(server: StandIn) -> ServerConnection:
    return ServerConnection(server.url, {}, retry=RetryPolicy(0.2, 0.05))


def test_the_input_is_here_with_its_digest(server: StandIn, tmp_path: Path) -> None:
    server.add_job("a_1_all.buildinfo", b"record", {"a.deb": b"x"}, timeout=7)
    task = obtain_input(server.queue[0], connection(server), tmp_path)
    assert task.input_path.read_bytes() == b"record"
    assert (task.input_name, task.input_digest) == ("a_1_all.buildinfo", Digest.of(b"record"))
    assert [e.name for e in task.expect] == ["a.deb"]
    assert (task.timeout, task.kind, task.job_id) == (7.0, "deb", 100)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("a.buildinfo", Reason.BUILDINFO_MISSING), ("a.dsc", Reason.SOURCE_MISSING)],
)
def test_an_input_that_is_not_there_is_a_reason(
    server: StandIn, tmp_path: Path, name: str, reason: Reason
) -> None:
    server.add_job(name, b"record", {})
    server.files.clear()
    with pytest.raises(RebuildFailure) as caught:
        obtain_input(server.queue[0], connection(server), tmp_path)
    assert caught.value.reason is reason


def test_a_server_without_our_extension_says_the_originals_by_url_or_record(
    server: StandIn, tmp_path: Path
) -> None:
    server.add_job("tiny_1.0_all.buildinfo", make_record([]), {})
    by_url = JobArtifact("x", "1", "all", f"{server.url}/file/{'a' * 64}/x_1_all.deb")
    by_record = JobArtifact("tiny", "1.0", "all", "http://h/pool/tiny_1.0_all.deb")
    assignment = replace(server.queue[0], extension=None, artifacts=(by_url, by_record))
    task = obtain_input(assignment, connection(server), tmp_path)
    assert [(e.name, e.sha256.hex[0]) for e in task.expect] == [
        ("x_1_all.deb", "a"),
        ("tiny_1.0_all.deb", "0"),
    ]
    assert task.kind == "debian"


def test_an_original_that_nothing_describes_is_unsupported(server: StandIn, tmp_path: Path) -> None:
    server.add_job("tiny_1.0_all.buildinfo", make_record([]), {})
    unknown = JobArtifact("other", "1", "all", "http://h/pool/other_1_all.deb")
    assignment = replace(server.queue[0], extension=None, artifacts=(unknown,))
    with pytest.raises(RebuildFailure, match=r"nothing says what other_1_all\.deb must be"):
        obtain_input(assignment, connection(server), tmp_path)


@pytest.mark.parametrize("url", ["http://h/..", "http://h/", "http://h/a%2f..%2fb", "http://h/-x"])
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(RebuildFailure):
        file_name(url)


def test_names_with_epochs_and_pluses_are_files() -> None:
    assert file_name("http://h/file/x/g++_1%3a2~b_amd64.deb?q=1") == "g++_1:2~b_amd64.deb"
    assert digest_in(f"http://h/p/file/{'b' * 64}/n") == Digest("b" * 64)
    assert digest_in("http://h/pool/n") is None
