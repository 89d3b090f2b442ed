# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository key, and the repositories it signs."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from snapshot.clearsign import signed_text
from snapshot.errors import ConfigurationError, Unsupported
from snapshot.release import Release
from storage.signed_repository import RepositorySigner
from tests.storage.test_repository_files import HELLO, STANZAS, TZDATA

pytestmark = pytest.mark.programs

NOW = 1_790_000_000.5


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> RepositorySigner:
    # Deeper than the path of a Unix socket may be: gpg's agent must work all the same.
    home = tmp_path_factory.mktemp("data") / ("deep" * 30) / "keys" / "repository"
    made = RepositorySigner(home, clock=lambda: NOW)
    assert made.make_if_absent()
    return made


def verify(signer: RepositorySigner, inline: bytes, tmp_path: Path) -> str:
    (tmp_path / "key.asc").write_bytes(signer.public_key())
    keyring = tmp_path / "key.gpg"
    subprocess.run(
        ["gpg", "--batch", "--yes", "--dearmor", "-o", keyring, tmp_path / "key.asc"], check=True
    )
    done = subprocess.run(
        ["gpgv", "--status-fd", "1", "--keyring", keyring, "-"],
        input=inline,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def test_the_key_is_made_once(signer: RepositorySigner) -> None:
    before = signer.fingerprint
    assert not signer.make_if_absent()
    assert signer.fingerprint == before
    assert len(before) == 40
    assert signer.made.epoch == int(NOW)
    assert signer.public_key().startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")


def test_two_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    signers = [RepositorySigner(tmp_path / "key", clock=lambda: NOW) for _ in range(3)]
    made: list[bool] = []
    threads = [
        threading.Thread(target=lambda one=one: made.append(one.make_if_absent()))
        for one in signers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, False, True]
    assert len({one.fingerprint for one in signers}) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"key", "key.lock"}


def test_the_private_directory_is_private_and_no_agent_stays(signer: RepositorySigner) -> None:
    signer.clearsign(b"Suite: env\n")
    assert signer._home.stat().st_mode & 0o777 == 0o700
    assert not list(signer._home.glob("S.gpg-agent*"))


def test_without_a_key_the_message_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="dejabuild init"):
        RepositorySigner(tmp_path, clock=lambda: NOW).clearsign(b"x")


def test_without_gpg_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match="apt install gnupg"):
        RepositorySigner(tmp_path / "key", clock=lambda: NOW).make_if_absent()
    assert {path.name for path in tmp_path.iterdir()} == {"key.lock"}


def test_making_an_environment_twice_gives_the_same_bytes(signer: RepositorySigner) -> None:
    first = signer.environment_repository([HELLO, TZDATA], STANZAS)
    again = signer.environment_repository([TZDATA, HELLO], STANZAS)
    assert first == again
    assert sorted(first) == [
        "InRelease",
        "Packages",
        "Packages.gz",
        "Release",
        "dists/env/InRelease",
        "dists/env/Release",
        "dists/env/main/binary-amd64/Packages",
        "dists/env/main/binary-amd64/Packages.gz",
    ]


@pytest.mark.parametrize("place", ["", "dists/env/"])
def test_release_is_signed_lists_every_file_and_never_expires(
    signer: RepositorySigner, tmp_path: Path, place: str
) -> None:
    files = signer.environment_repository([HELLO, TZDATA], STANZAS)
    inline = files[f"{place}InRelease"]
    status = verify(signer, inline, tmp_path)
    assert f"VALIDSIG {signer.fingerprint}" in status
    text = signed_text(inline)
    assert text.strip() == files[f"{place}Release"].strip()
    release = Release.parse(text)
    assert release.valid_until is None
    assert release.date == signer.made
    listed = {place + path: sums.size for path, sums in release.files.items()}
    there = {
        path: len(data)
        for path, data in files.items()
        if path.startswith(place or "Packages") and "Release" not in path
    }
    assert listed == there


def test_packages_for_all_architectures_alone_make_a_tree_too(signer: RepositorySigner) -> None:
    files = signer.environment_repository([TZDATA], STANZAS)
    assert b"Package: tzdata" in files["dists/env/main/binary-all/Packages"]
