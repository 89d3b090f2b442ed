# SPDX-License-Identifier: GPL-3.0-or-later
"""The repository key, and the repositories it signs."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

import pytest

from snapshot.clearsign import signed_text
from snapshot.errors import ConfigurationError, Unsupported
from snapshot.release import Release
from storage.repository_files import UnsignedRepository, environment_files
from storage.signed_repository import RepositorySigner
from tests.storage.test_repository_files import BOTH, STANZAS

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
    keyring = tmp_path / "key.gpg"
    keyring.write_bytes(signer.keyring())
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
    # It was told to end; it takes its sockets away on the way out.
    until = time.monotonic() + 10
    while left := list(signer._home.glob("S.gpg-agent*")):
        assert time.monotonic() < until, left
        time.sleep(0.01)


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


def repository(signer: RepositorySigner) -> UnsignedRepository:
    return environment_files(BOTH, STANZAS, signer.made)


def test_making_an_environment_twice_gives_the_same_bytes(signer: RepositorySigner) -> None:
    first = signer.sign_repository(repository(signer))
    assert first == signer.sign_repository(repository(signer))
    assert set(first) - set(repository(signer).files) == {
        "InRelease",
        "Release",
        "dists/env/InRelease",
        "dists/env/Release",
    }


@pytest.mark.parametrize("place", ["", "dists/env/"])
def test_releases_are_signed_as_they_are(
    signer: RepositorySigner, tmp_path: Path, place: str
) -> None:
    files = signer.sign_repository(repository(signer))
    inline = files[f"{place}InRelease"]
    assert f"VALIDSIG {signer.fingerprint}" in verify(signer, inline, tmp_path)
    text = signed_text(inline)
    assert text.strip() == files[f"{place}Release"].strip()
    assert Release.parse(text).date == signer.made


def test_a_release_is_signed_inline_and_beside_it(signer: RepositorySigner, tmp_path: Path) -> None:
    text = b"Suite: stable\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n"
    files = signer.sign_release(text)
    assert files == signer.sign_release(text)
    assert f"VALIDSIG {signer.fingerprint}" in verify(signer, files["InRelease"], tmp_path)
    assert files["Release"] == text
    for name in ("Release", "Release.gpg"):
        (tmp_path / name).write_bytes(files[name])
    subprocess.run(
        ["gpgv", "--keyring", "./key.gpg", "Release.gpg", "Release"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )


def test_what_is_made_is_named_after_the_key(signer: RepositorySigner, tmp_path: Path) -> None:
    other = RepositorySigner(tmp_path / "key", clock=lambda: NOW)
    other.make_if_absent()
    assert signer.fingerprint in signer.maker
    assert signer.maker != other.maker
