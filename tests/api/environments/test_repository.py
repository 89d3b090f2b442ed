# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment as a signed apt repository, by way of a real key."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

import pytest

from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.release import Release
from storage.database import Database
from storage.signed_repository import RepositorySigner
from tests.api.archive_server import (
    NOW,
    ArchiveServer,
    Suite,
    binary_stanza,
    deb,
    make_archive_server,
)

pytestmark = pytest.mark.programs

NAMES = [("apt", "2.0", "amd64"), ("doc", "1:1-1", "all")]
ENVIRONMENT = Environment(
    "deb",
    frozenset(
        Member(name, a, version, Digest.of(deb(name, version, a))) for name, version, a in NAMES
    ),
)


@pytest.fixture(scope="module")
def server(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> ArchiveServer:
    signer = RepositorySigner(
        tmp_path_factory.mktemp("keys") / "repository", clock=lambda: float(NOW.epoch)
    )
    signer.make_if_absent()
    made = make_archive_server(shared_database, signer=signer)
    for name, version, architecture in NAMES:
        made.keep(deb(name, version, architecture))
    made.keep(b"another package")
    made.add_run(
        "debian",
        "20260101",
        {"sid": Suite({a: [binary_stanza(name, version, a)] for name, version, a in NAMES})},
    )
    made.client.post("/environments", data=ENVIRONMENT.text())
    return made


def get(server: ArchiveServer, path: str) -> bytes:
    answer = server.client.get(f"/environments/{ENVIRONMENT.id}/{path}")
    assert answer.status_code == 200, answer.text
    # What was made is made again under another key; a package stays what it is.
    assert ("immutable" in answer.headers["Cache-Control"]) == path.startswith("pool/")
    return bytes(answer.data)


@pytest.mark.parametrize("prefix", ["", "./", "dists/env/", f"dists/{ENVIRONMENT.id}/"])
def test_the_release_is_signed_by_the_key_we_give_out(
    server: ArchiveServer, prefix: str, tmp_path: Path
) -> None:
    (tmp_path / "InRelease").write_bytes(get(server, f"{prefix}InRelease"))
    armor = server.client.get("/environments/key.asc").data
    keyring = tmp_path / "key.gpg"
    subprocess.run(
        ["gpg", "--homedir", tmp_path, "--dearmor", "-o", keyring], input=armor, check=True
    )
    assert server.client.get("/environments/key.gpg").data == keyring.read_bytes()
    subprocess.run(
        ["gpgv", "--keyring", keyring, tmp_path / "InRelease"], check=True, capture_output=True
    )


@pytest.mark.parametrize(
    ("prefix", "index", "names"),
    [
        ("", "Packages", ["apt", "doc"]),
        ("dists/env/", "main/binary-amd64/Packages", ["apt", "doc"]),
        (f"dists/{ENVIRONMENT.id}/", "main/binary-amd64/Packages", ["apt", "doc"]),
    ],
)
def test_every_file_the_release_names_is_there_and_as_it_says(
    server: ArchiveServer, prefix: str, index: str, names: list[str]
) -> None:
    release = Release.parse(get(server, f"{prefix}InRelease"))
    for path, checksums in release.files.items():
        assert Digest.of(get(server, prefix + path)) == checksums.sha256
    data = get(server, prefix + index)
    assert gzip.decompress(get(server, f"{prefix}{index}.gz")) == data
    assert re.findall(r"^Package: (.*)", data.decode(), re.MULTILINE) == names


def test_its_packages_are_the_archives_own_bytes(server: ArchiveServer) -> None:
    index = get(server, "Packages").decode()
    for (name, version, architecture), path in zip(
        NAMES, re.findall(r"^Filename: (.*)", index, re.MULTILINE), strict=True
    ):
        assert get(server, path) == deb(name, version, architecture)


def test_files_that_were_collected_are_made_again(server: ArchiveServer) -> None:
    before = get(server, "InRelease")
    server.blobs.delete(Digest.of(before))
    assert get(server, "InRelease") == before


@pytest.mark.parametrize(
    "path",
    [
        "nosuch",
        "dists/env/main/binary-riscv64/Packages",
        f"dists/{'0' * 64}/InRelease",
        "../key.asc",
        f"pool/{Digest.of(b'another package')}/x.deb",
        f"pool/{'0' * 64}/x.deb",
    ],
)
def test_nothing_else_is_offered_under_its_name(server: ArchiveServer, path: str) -> None:
    answer = server.client.get(f"/environments/{ENVIRONMENT.id}/{path}")
    assert answer.status_code == 404


def test_without_a_key_there_are_no_repositories(shared_database: Database) -> None:
    unsigned = make_archive_server(shared_database)
    unsigned.client.post("/environments", data=ENVIRONMENT.text())
    for path in (f"{ENVIRONMENT.id}/InRelease", "key.asc"):
        answer = unsigned.client.get(f"/environments/{path}")
        assert answer.status_code == 501
        assert "dejabuild init" in answer.get_json()["try"]


def test_other_kinds_are_refused_with_the_way_to_their_packages(server: ArchiveServer) -> None:
    other = Environment("arch", ENVIRONMENT.members)
    server.client.post("/environments", data=other.text())
    answer = server.client.get(f"/environments/{other.id}/InRelease")
    assert answer.status_code == 501
    assert "/file/<sha256>" in answer.get_json()["try"]


def test_members_without_a_stanza_are_named(server: ArchiveServer) -> None:
    lost = Environment("deb", frozenset({Member("lost", "amd64", "1", Digest.of(b"lost"))}))
    server.client.post("/environments", data=lost.text())
    answer = server.client.get(f"/environments/{lost.id}/InRelease")
    assert answer.status_code == 404
    assert "lost" in answer.get_json()["error"]
