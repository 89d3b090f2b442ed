# SPDX-License-Identifier: GPL-3.0-or-later
"""Names such as `api` are generic: they are never published, and nobody else may own them here."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from importlib.metadata import metadata, packages_distributions
from pathlib import Path

import pytest

from tests.house import ROOMS, TOP


def build_wheel(into: Path) -> Path:
    subprocess.run(
        [sys.executable, "-P", "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)],
        cwd=TOP,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        capture_output=True,
        check=True,
    )
    (wheel,) = into.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.mark.programs
def test_the_wheel_holds_the_seven_rooms_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(ROOMS)


@pytest.mark.programs
def test_the_wheel_carries_the_files_that_are_not_python(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", *ROOMS], cwd=TOP, capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(tracked) - names == set()


@pytest.mark.programs
def test_our_own_wheel_is_reproducible(wheel: Path, tmp_path: Path) -> None:
    again = build_wheel(tmp_path)
    assert (
        hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()
    )


def test_nobody_else_owns_our_names() -> None:
    owners = packages_distributions()
    assert {room: set(owners.get(room, ["dejabuild"])) for room in ROOMS} == {
        room: {"dejabuild"} for room in ROOMS
    }


def test_no_room_has_the_name_of_a_standard_module() -> None:
    assert set(ROOMS) & sys.stdlib_module_names == set()


def test_it_can_never_be_uploaded() -> None:
    assert "Private :: Do Not Upload" in metadata("dejabuild").get_all("Classifier", [])
