# SPDX-License-Identifier: GPL-3.0-or-later
"""The real apt reads an environment's repository, signature checked, in both source forms."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from storage.repository_files import environment_files, pool_path
from storage.signed_repository import RepositorySigner

CONTROL = """Package: straw
Version: 1-1
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: nothing
"""


def build_deb(directory: Path) -> Path:
    (directory / "DEBIAN").mkdir(parents=True)
    (directory / "DEBIAN" / "control").write_text(CONTROL)
    deb = directory.with_name("straw_1-1_all.deb")
    subprocess.run(["dpkg-deb", "-Znone", "--root-owner-group", "-b", directory, deb], check=True)
    return deb


def apt(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """apt-get with nothing of this machine's configuration."""
    for place in ("etc", "none"):
        (root / place).mkdir(exist_ok=True)
    for place in ("state/lists/partial", "cache/archives/partial"):
        (root / place).mkdir(parents=True, exist_ok=True)
    (root / "status").touch()
    config = root / "apt.conf"
    config.write_text(
        f'Dir::Etc "{root}/etc"; Dir::Etc::Parts "{root}/none"; Dir::State "{root}/state";'
        f'Dir::State::status "{root}/status"; Dir::Cache "{root}/cache"; Dir::Etc::Trusted "none";'
        'Dir::Etc::TrustedParts "none"; APT::Sandbox::User "root"; APT::Architecture "amd64";'
    )
    return subprocess.run(
        ["apt-get", *arguments],
        env={"APT_CONFIG": str(config), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("environment")
    deb = build_deb(base / "straw").read_bytes()
    digest = Digest.of(deb)
    stanza = f"{CONTROL}Filename: pool/straw_1-1_all.deb\nSize: {len(deb)}\nSHA256: {digest}\n"
    signer = RepositorySigner(base / "keys" / "repository", clock=lambda: 1_700_000_000.0)
    signer.make_if_absent()
    member = Member("straw", "all", "1-1", digest)
    foreign = Member("dpkg", "amd64", "1", Digest.of(b"not fetched here"))
    other = (
        f"Package: dpkg\nVersion: 1\nArchitecture: amd64\nFilename: a/dpkg_1_amd64.deb\n"
        f"Size: 16\nSHA256: {foreign.digest}\n"
    )
    stanzas = {digest: stanza.encode(), foreign.digest: other.encode()}
    environment = Environment("deb", frozenset({member, foreign}))
    files = signer.sign_repository(environment_files(environment, stanzas, signer.made))
    root = base / "repository"
    for path, data in (files | {pool_path(digest, "straw_1-1_all.deb"): deb}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (base / "key.asc").write_bytes(signer.public_key())
    return base


@pytest.mark.parametrize("form", ["./", "env main"])
def test_apt_updates_and_downloads(repository: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "sources.list").write_text(
        f"deb [signed-by={repository}/key.asc] copy:{repository}/repository/ {form}\n"
    )
    updated = apt(tmp_path, "update")
    assert updated.returncode == 0, updated.stderr
    assert "W:" not in updated.stderr
    fetched = apt(tmp_path, "download", "straw")
    assert fetched.returncode == 0, fetched.stderr
    deb = (tmp_path / "straw_1-1_all.deb").read_bytes()
    assert deb == next((repository / "repository").rglob("straw_1-1_all.deb")).read_bytes()


def test_apt_refuses_it_under_another_key(repository: Path, tmp_path: Path) -> None:
    stranger = RepositorySigner(tmp_path / "other", clock=lambda: 1_700_000_000.0)
    stranger.make_if_absent()
    (tmp_path / "other.asc").write_bytes(stranger.public_key())
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "sources.list").write_text(
        f"deb [signed-by={tmp_path}/other.asc] copy:{repository}/repository/ ./\n"
    )
    assert "NO_PUBKEY" in apt(tmp_path, "update").stderr
