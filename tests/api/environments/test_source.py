# SPDX-License-Identifier: GPL-3.0-or-later
"""A source package as a signed repository beside its environment."""

from __future__ import annotations

import pytest

from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.release import Release
from snapshot.sources import SourceStanza
from storage.database import Database
from storage.signed_repository import RepositorySigner
from tests.api.archive_server import (
    NOW,
    ArchiveServer,
    Suite,
    make_archive_server,
    source_stanza,
)

pytestmark = pytest.mark.programs

FILES = {"hello_2.10-3.dsc": b"a .dsc", "hello_2.10.orig.tar.gz": b"a tarball"}
TWICE = [{"two_1.dsc": content} for content in (b"one", b"other")]
ENVIRONMENT = Environment("deb", frozenset({Member("a", "amd64", "1", Digest.of(b"a"))}))


@pytest.fixture(scope="module")
def server(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> ArchiveServer:
    home = tmp_path_factory.mktemp("keys") / "repository"
    signer = RepositorySigner(home, clock=lambda: float(NOW.epoch))
    signer.make_if_absent()
    made = make_archive_server(shared_database, signer=signer)
    for data in FILES.values():
        made.keep(data)
    for archive, files in zip(("debian", "local"), TWICE, strict=True):
        stanzas = [source_stanza("hello", "1:2.10-3", FILES), source_stanza("two", "1", files)]
        made.add_run(archive, "20260101", {"sid": Suite({"source": stanzas})})
    made.client.post("/environments", data=ENVIRONMENT.text())
    return made


def get(server: ArchiveServer, path: str, package: str = "hello_1:2.10-3") -> bytes:
    answer = server.client.get(f"/environments/{ENVIRONMENT.id}/source/{package}/{path}")
    assert answer.status_code == 200, answer.text
    return bytes(answer.data)


@pytest.mark.parametrize("prefix", ["", "./"])
def test_the_release_names_the_index_and_the_index_the_files(
    server: ArchiveServer, prefix: str
) -> None:
    release = Release.parse(get(server, f"{prefix}InRelease"))
    for path, checksums in release.files.items():
        assert Digest.of(get(server, prefix + path)) == checksums.sha256
    source = SourceStanza.parse(get(server, f"{prefix}Sources"))
    assert (source.name, source.version) == ("hello", "1:2.10-3")
    fetched = {file.name: get(server, f"{source.directory}/{file.name}") for file in source.files}
    assert fetched == FILES


def test_only_its_own_files_are_offered(server: ArchiveServer) -> None:
    base = f"/environments/{ENVIRONMENT.id}/source"
    for path in ("hello_1:2.10-3/pool/two_1.dsc", "hello_1:2.10-3/nosuch", "hello_9/InRelease"):
        assert server.client.get(f"{base}/{path}").status_code == 404
    elsewhere = f"/environments/{'0' * 64}/source/hello_1:2.10-3/InRelease"
    assert server.client.get(elsewhere).status_code == 404


def test_two_packages_of_one_name_and_version_are_not_mixed(server: ArchiveServer) -> None:
    answer = server.client.get(f"/environments/{ENVIRONMENT.id}/source/two_1/InRelease")
    assert answer.status_code == 404
    assert "2 source packages" in answer.get_json()["error"]
    assert "/mr/package/two/1/srcfiles" in answer.get_json()["try"]
