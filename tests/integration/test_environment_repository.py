# SPDX-License-Identifier: GPL-3.0-or-later
"""The real apt reads an environment's repository, signature checked, in both source forms."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from storage.repository_files import environment_files, pool_path
from storage.signed_repository import RepositorySigner

#: The id of an environment that somebody else wants.
OTHER = Digest.of(b"another environment").hex
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
    (root / f"dists/{environment.id}").symlink_to("env")
    (base / "key.asc").write_bytes(signer.public_key())
    # Where somebody between them and us gives out this environment for another one.
    shutil.copytree(root, base / "forged", symlinks=True)
    (base / f"forged/dists/{OTHER}").symlink_to("env")
    return base


def identity(repository: Path) -> str:
    return next(p.name for p in (repository / "repository/dists").iterdir() if p.is_symlink())


def source(repository: Path, form: str, place: str = "repository") -> str:
    return f"deb [signed-by={repository}/key.asc] copy:{repository}/{place}/ {form}\n"


@pytest.mark.parametrize("form", ["./", "env main", "ID main"])
def test_apt_updates_and_downloads(repository: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "etc").mkdir()
    form = form.replace("ID", identity(repository))
    (tmp_path / "etc" / "sources.list").write_text(source(repository, form))
    updated = apt(tmp_path, "update")
    assert updated.returncode == 0, updated.stderr
    assert "W:" not in updated.stderr
    fetched = apt(tmp_path, "download", "straw")
    assert fetched.returncode == 0, fetched.stderr
    deb = (tmp_path / "straw_1-1_all.deb").read_bytes()
    assert deb == next((repository / "repository").rglob("straw_1-1_all.deb")).read_bytes()


def test_apt_tells_when_an_environment_is_given_out_for_another(
    repository: Path, tmp_path: Path
) -> None:
    (tmp_path / "etc").mkdir()
    sources = tmp_path / "etc" / "sources.list"
    sources.write_text(source(repository, f"{OTHER} main", "forged"))
    told = apt(tmp_path, "update")
    assert f"W: Conflicting distribution: copy:{repository}/forged {OTHER}" in told.stderr
    # A warning only; whoever names the release that is meant gets nothing of another one.
    refused = apt(tmp_path, "download", "straw", "--target-release", OTHER)
    assert refused.returncode != 0
    assert f"The value '{OTHER}' is invalid for APT::Default-Release" in refused.stderr
    meant = identity(repository)
    assert apt(tmp_path, "download", "straw", "--target-release", meant).returncode == 0


def test_apt_refuses_an_environment_that_became_another(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "sources.list").write_text(source(repository, "env main"))
    assert apt(tmp_path, "update").returncode == 0
    (lists,) = (tmp_path / "state/lists").glob("*_InRelease")
    before = lists.read_text().replace(identity(repository), OTHER)
    lists.write_text(before)
    refused = apt(tmp_path, "update")
    assert refused.returncode != 0
    assert "changed its 'Codename' value" in refused.stderr


def test_a_pin_names_the_environment(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "sources.list").write_text(source(repository, "env main"))
    pin = f"Package: *\nPin: release n={identity(repository)}\nPin-Priority: 1234\n"
    (tmp_path / "etc" / "preferences").write_text(pin)
    assert apt(tmp_path, "update").returncode == 0
    told = subprocess.run(
        ["apt-cache", "policy", "straw"],
        env={"APT_CONFIG": str(tmp_path / "apt.conf"), "PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "1-1 1234" in told.stdout


def test_apt_refuses_it_under_another_key(repository: Path, tmp_path: Path) -> None:
    stranger = RepositorySigner(tmp_path / "other", clock=lambda: 1_700_000_000.0)
    stranger.make_if_absent()
    (tmp_path / "other.asc").write_bytes(stranger.public_key())
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "sources.list").write_text(
        f"deb [signed-by={tmp_path}/other.asc] copy:{repository}/repository/ ./\n"
    )
    assert "NO_PUBKEY" in apt(tmp_path, "update").stderr
