# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ops.demo.machine_sources import MachineSource
from ops.demo.private_apt import Package, PrivateApt, check_chain
from snapshot.errors import NotFound, TransientError, VerificationError
from tests.ops.demo.conftest import Small
from tests.ops.demo.small_archive import DATES, digest


def apt(small: Small, root: Path, *, keyring: str = "keyring.gpg") -> PrivateApt:
    source = MachineSource(
        f"{small.url}/archive/debian/{DATES[1]}", "bookworm", (str(small.root / keyring),)
    )
    return PrivateApt(root, "test", [source])


@pytest.fixture
def updated(small: Small, tmp_path: Path) -> PrivateApt:
    private = apt(small, tmp_path)
    private.update()
    return private


def test_what_apt_verified_is_held_against_its_release_once_more(updated: PrivateApt) -> None:
    indices = updated.indices()
    assert sorted(index.kind for index in indices) == ["Packages", "Sources"]
    assert {(index.origin, index.codename) for index in indices} == {("Debian", "bookworm")}
    for index in indices:
        assert check_chain(index).hex == digest(index.path)


def test_an_index_that_was_changed_after_apt_is_refused(
    updated: PrivateApt, tmp_path: Path
) -> None:
    index = updated.indices()[0]
    changed = tmp_path / "changed"
    changed.write_bytes(index.path.read_bytes() + b"\n")
    with pytest.raises(VerificationError, match="is not what"):
        check_chain(replace(index, path=changed))


def test_a_wrong_key_ends_the_update(small: Small, tmp_path: Path) -> None:
    (small.root / "empty.gpg").touch()
    with pytest.raises(TransientError, match="apt-get update failed"):
        apt(small, tmp_path, keyring="empty.gpg").update()


def test_the_closure_is_what_an_empty_machine_would_install(updated: PrivateApt) -> None:
    assert updated.closure(["tool"]) == {Package("tool", "2", "all")}


def test_what_nobody_offers_is_not_found(updated: PrivateApt) -> None:
    with pytest.raises(NotFound, match="no-such-package"):
        updated.closure(["no-such-package"])
    with pytest.raises(NotFound):
        updated.build_closure("no-such-source")


def test_a_file_that_is_listed_but_gone_is_left_out(updated: PrivateApt, tmp_path: Path) -> None:
    wanted = [Package("tool", "2", "all"), Package("lost", "1", "all")]
    updated.download(wanted, tmp_path / "debs")
    assert [path.name for path in (tmp_path / "debs").glob("*.deb")] == ["tool_2_all.deb"]


def test_all_parts_of_a_source_come_or_none_counts(updated: PrivateApt, tmp_path: Path) -> None:
    room = tmp_path / "source"
    assert updated.download_source("dejabuild-demo-unreproducible", "1.0", room)
    assert {path.suffix for path in room.iterdir()} == {".dsc", ".xz"}
    assert not updated.download_source("dejabuild-demo-unreproducible", "9", room)


def test_nothing_of_the_machines_hooks_or_packages_reaches_it(small: Small, tmp_path: Path) -> None:
    apt(small, tmp_path)
    text = (tmp_path / "test.conf").read_text()
    assert "Invoke" not in text
    assert f'Dir::State::status "{tmp_path}/status"' in text
    assert (tmp_path / "status").read_bytes() == b""
