# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from rebuilders.debian.verify_environment import read_status, verify_installed
from rebuilders.failure import RebuildFailure
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.verdict import Reason

DIGEST = Digest("a" * 64)
GOOD = "install ok installed"


def environment(*names: str) -> Environment:
    return Environment("deb", frozenset(Member(name, "amd64", "1", DIGEST) for name in names))


def test_dpkgs_status_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "status").write_text(
        "Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1:2\n"
        "Description: x\n two lines\n\n"
        "Package: b\nStatus: install ok half-configured\nArchitecture: amd64\nVersion: 3\n"
    )
    assert read_status(tmp_path / "status") == {
        ("a", "all", "1:2"): GOOD,
        ("b", "amd64", "3"): "install ok half-configured",
    }


def test_a_status_file_that_is_a_link_or_absent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    for name in ("link", "absent"):
        with pytest.raises(RebuildFailure, match="no status file"):
            read_status(tmp_path / name)


def test_exactly_the_set_passes() -> None:
    verify_installed(environment("a"), {("a", "amd64", "1"): GOOD})


def test_missing_extra_and_broken_packages_are_all_named() -> None:
    status = {
        ("a", "amd64", "2"): GOOD,
        ("b", "amd64", "1"): "install ok unpacked",
        ("d", "amd64", "1"): GOOD,
    }
    with pytest.raises(RebuildFailure) as caught:
        verify_installed(environment("a", "b", "c"), status)
    assert caught.value.reason is Reason.ENVIRONMENT_MISMATCH
    assert caught.value.evidence.splitlines() == [
        "- a amd64 1",
        "- c amd64 1",
        "! b amd64 1 (install ok unpacked)",
        "+ a amd64 2",
        "+ d amd64 1",
    ]
    assert "5 packages" in caught.value.detail
