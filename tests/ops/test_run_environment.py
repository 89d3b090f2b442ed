# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments of a server, found by id or record, and written down whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from ops.client import ServerClient
from ops.run_environment import (
    deb822_lines,
    environment_lines,
    export_environment,
    find_environment,
    source_lines,
)
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, NotFound, VerificationError
from snapshot.release import Release
from tests.ops.conftest import Mirrored
from tests.ops.environment_server import EnvironmentServer, environment_server
from tests.ops.test_client import Answering, server

__all__ = ["server"]

pytestmark = pytest.mark.programs


@pytest.fixture(scope="module")
def here(
    mirrored: Mirrored, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EnvironmentServer]:
    with environment_server(mirrored, tmp_path_factory.mktemp("environment")) as made:
        yield made


def test_a_record_and_its_id_lead_to_the_same_environment(
    here: EnvironmentServer, tmp_path: Path
) -> None:
    by_record = find_environment(here.client, str(here.record(tmp_path)))
    assert by_record == here.environment
    assert find_environment(here.client, here.environment.id.hex) == here.environment


def test_neither_an_id_nor_a_record_is_refused(here: EnvironmentServer, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="neither the id"):
        find_environment(here.client, "hello")
    with pytest.raises(NotFound, match="no environment 0000"):
        find_environment(here.client, "0" * 64)
    with pytest.raises(NotFound, match="1 packages are not here: nosuch 1"):
        find_environment(here.client, str(here.record(tmp_path, "nosuch")))


def test_another_text_than_the_id_says_is_refused(server: Answering) -> None:
    server.body = b"dejabuild-environment 1 deb\n"
    with pytest.raises(VerificationError, match="another text"):
        find_environment(ServerClient(server.url), "0" * 64)


def test_what_is_shown_names_every_package(here: EnvironmentServer) -> None:
    lines = list(environment_lines(here.client, here.environment))
    assert lines[0] == f"environment {here.environment.id}"
    assert "3 packages of kind deb; pinned: no" in lines[1]
    assert [line.split()[0] for line in lines[2:]] == [deb.name for deb in here.debs]


def test_the_lines_for_apt_name_the_environment(here: EnvironmentServer) -> None:
    key, deb, source = source_lines(here.client, here.environment, "tool_1.0")
    identity = here.environment.id
    assert key.startswith("#")
    assert f"{here.url}/environments/key.asc" in key
    assert deb.endswith(f"{here.url}/environments/{identity}/ {identity} main")
    assert source.endswith(f"{here.url}/environments/{identity}/source/tool_1.0/ ./")
    assert len(list(source_lines(here.client, here.environment, None))) == 2


def test_one_file_holds_the_sources_and_their_key(here: EnvironmentServer) -> None:
    text = "\n".join(deb822_lines(here.client, here.environment, "tool_1.0"))
    first, second = text.split("\n\n")
    assert first.startswith("Types: deb\n")
    assert second.startswith("Types: deb-src\n")
    for stanza in (first, second):
        assert "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n" in stanza
    assert "Components: main" in first
    assert "Components" not in second


def test_an_export_is_a_whole_repository(here: EnvironmentServer, tmp_path: Path) -> None:
    place = tmp_path / "deep/er/repository"
    lines = list(export_environment(here.client, here.environment, place, source="tool_1.0"))
    assert lines[0] == f"3 packages in {place}"
    assert f"file:{place}/ {here.environment.id} main" in lines[1]
    for folder in ("", "dists/env/", f"dists/{here.environment.id}/", "source/tool_1.0/"):
        release = Release.parse((place / f"{folder}InRelease").read_bytes())
        assert release.files
        assert all((place / folder / path).is_file() for path in release.files)
    assert {path.read_bytes() for path in place.rglob("*.deb")} == {deb.data for deb in here.debs}
    assert {path.name for path in place.glob("source/tool_1.0/pool/*")} == {
        "tool_1.0.dsc",
        "tool_1.0.tar.gz",
    }
    assert (place / "key.asc").exists()
    assert [path.name for path in place.parent.iterdir()] == ["repository"]


def test_half_an_export_is_never_left_behind(here: EnvironmentServer, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        list(export_environment(here.client, here.environment, tmp_path / "x", source="no_1"))
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_exists_is_left_alone(here: EnvironmentServer, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="exists"):
        list(export_environment(here.client, here.environment, tmp_path, source=None))


def test_a_file_that_is_not_what_its_release_says_is_refused(
    here: EnvironmentServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = ServerClient.download

    def download(self: ServerClient, path: str, out: BinaryIO) -> Digest:
        digest = honest(self, path, out)
        return Digest.of(b"damaged on its way") if "/pool/" in path else digest

    monkeypatch.setattr(ServerClient, "download", download)
    with pytest.raises(VerificationError, match=r"\.deb is .*, not "):
        list(export_environment(here.client, here.environment, tmp_path / "x", source=None))
    assert list(tmp_path.iterdir()) == []
