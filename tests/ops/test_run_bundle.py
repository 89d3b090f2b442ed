# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose signature lets a run in is said here, never by the bundle."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mirror.import_bundle import ImportReport
from ops.run_bundle import Believed, export, policy_for, read_keyrings, take_in
from ops.settings import ArchiveSettings, Settings
from snapshot.bundle import BundledMember, BundledRun
from snapshot.digest import Digest
from snapshot.errors import (
    ConfigurationError,
    Denied,
    InvalidInput,
    StorageFull,
    Unsupported,
)
from snapshot.timestamp import Timestamp
from tests.mirror.closure_bench import ClosureBench

STAMP = Timestamp.parse("20260711T101637Z")
MEMBERS = (
    BundledMember("bookworm", "InRelease", Digest.of(b"r")),
    BundledMember("bookworm", "main/binary-amd64/Packages.xz", Digest.of(b"i")),
)
SIGNED = BundledRun("debian", STAMP, "release", MEMBERS)
UNSIGNED = BundledRun("debian", STAMP, "none", MEMBERS)
KEYS, OTHER = Path("/keys.gpg"), Path("/other.gpg")


def known(trust: str = "release", keyring: Path | None = KEYS) -> Settings:
    archive = ArchiveSettings(("http://x.example",), ("bookworm",), trust=trust, keyring=keyring)
    return Settings(archive={"debian": archive})


def test_the_settings_of_an_archive_win_over_the_command_line() -> None:
    policy = policy_for(known(), Believed({"": OTHER, "debian": OTHER}, unsigned=True), SIGNED)
    assert (policy.keyring, policy.trust) == (KEYS, "release")
    assert policy.only is not None
    assert sorted(policy.only) == [
        "bookworm/InRelease",
        "bookworm/main/binary-amd64/Packages",
    ]
    assert policy.suites == ("bookworm",)


def test_an_archive_that_nobody_knows_needs_a_keyring() -> None:
    with pytest.raises(ConfigurationError, match="nothing says whose signature counts"):
        policy_for(Settings(), Believed(), SIGNED)
    assert policy_for(Settings(), Believed({"": KEYS}), SIGNED).keyring == KEYS
    named = Believed({"": KEYS, "debian": OTHER})
    assert policy_for(Settings(), named, SIGNED).keyring == OTHER


def test_without_proof_only_by_that_name() -> None:
    policy = policy_for(Settings(), Believed(unsigned=True), UNSIGNED)
    assert (policy.trust, policy.keyring) == ("none", None)
    assert policy_for(known("none", None), Believed(), UNSIGNED).trust == "none"


@pytest.mark.parametrize("run", [SIGNED, UNSIGNED])
def test_an_archive_that_must_be_signed_cannot_be_talked_out_of_it(run: BundledRun) -> None:
    believed = Believed(unsigned=True)
    if run is SIGNED:
        assert policy_for(known(), believed, run).trust == "release"
        return
    with pytest.raises(Denied, match="without a signature"):
        policy_for(known(), believed, run)


def test_a_keyring_on_the_command_line_means_that_signatures_count() -> None:
    assert policy_for(Settings(), Believed({"": KEYS}, unsigned=True), SIGNED).trust == "release"


def test_keyrings_are_named_for_one_archive_or_all(tmp_path: Path) -> None:
    file = tmp_path / "keys.gpg"
    file.touch()
    assert read_keyrings([str(file), f"debian={file}"]) == {"": file, "debian": file}
    with pytest.raises(InvalidInput, match="no such keyring"):
        read_keyrings(["debian=/absent"])


def test_what_was_proved_by_a_weak_digest_is_not_carried() -> None:
    weak = BundledRun("debian", STAMP, "release-sha1", MEMBERS)
    with pytest.raises(Unsupported, match="proved by release-sha1"):
        policy_for(known(), Believed(), weak)


def test_nothing_without_proof_joins_an_archive_that_is_signed_here(
    closures: ClosureBench, tmp_path: Path
) -> None:
    closures.fetch(definition=closures.define())
    (tmp_path / "bundle").write_bytes(closures.export()[0])
    stores = closures.offline.stores

    def take(believed: Believed) -> ImportReport:
        source = str(tmp_path / "bundle")
        return take_in(Settings(), stores, source, believed, signed_by=None, name=None)

    take(Believed({"": closures.keyring}))
    with pytest.raises(Denied, match="debian is signed here"):
        take(Believed(unsigned=True))
    assert [run.trust for run in stores.catalogue.runs("debian")] == ["release"]


@pytest.mark.parametrize(("number", "kind"), [(errno.ENOSPC, StorageFull), (errno.EROFS, Denied)])
def test_what_the_disk_says_of_a_bundle_is_told(
    closures: ClosureBench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[Exception],
) -> None:
    closures.fetch(definition=closures.define())

    def full(*_: object, **_more: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("ops.run_bundle.export_bundle", full)
    with pytest.raises(kind):
        export(closures.online.stores, "base", str(tmp_path / "x"), sign=lambda text: text)
    assert list(tmp_path.glob(".x*")) == []
    with pytest.raises(kind):
        export(closures.online.stores, "base", "-", sign=lambda text: text)


def test_a_bundle_for_a_directory_that_is_not_there_is_refused(
    closures: ClosureBench, tmp_path: Path
) -> None:
    closures.fetch(definition=closures.define())
    target = str(tmp_path / "absent" / "x")
    with pytest.raises(InvalidInput, match="no such directory"):
        export(closures.online.stores, "base", target, sign=lambda text: text)
