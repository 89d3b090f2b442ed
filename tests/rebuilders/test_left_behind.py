# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest

from rebuilders import left_behind
from rebuilders.left_behind import plain_names, read_below, take_files


@pytest.fixture
def area(tmp_path: Path) -> Path:
    path = tmp_path / "area"
    path.mkdir()
    (tmp_path / "secret").write_text("secret")
    return path


def take(area: Path, *names: str) -> dict[str, bytes]:
    target = area.parent / "taken"
    target.mkdir()
    return {name: path.read_bytes() for name, path in take_files(area, names, target).items()}


def test_plain_files_are_copied(area: Path) -> None:
    (area / "a.deb").write_bytes(b"deb")
    assert take(area, "a.deb", "absent.deb") == {"a.deb": b"deb"}


def test_links_pipes_devices_and_directories_are_left(area: Path) -> None:
    (area / "link").symlink_to("../secret")
    os.mkfifo(area / "pipe")
    (area / "folder").mkdir()
    (area / "device").symlink_to("/dev/zero")
    assert take(area, "link", "pipe", "folder", "device") == {}
    assert plain_names(area, ("link", "pipe", "folder")) == []


def test_names_that_lead_elsewhere_are_ignored(area: Path) -> None:
    assert take(area, "../secret", "..", ".", "", "a/b") == {}


def test_a_file_with_holes_of_a_petabyte_is_not_copied(
    area: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_behind, "LARGEST", 1000)
    with (area / "huge").open("wb") as stream:
        stream.truncate(1 << 40)
    assert take(area, "huge") == {}


def test_reading_below_follows_no_link_on_the_way(area: Path) -> None:
    (area / "src/debian").mkdir(parents=True)
    (area / "src/debian/control").write_text("Source: x")
    (area / "evil").symlink_to("src")
    (area / "src/link").symlink_to("../../secret")
    assert read_below(area, "src", "debian", "control") == b"Source: x"
    assert read_below(area, "evil", "debian", "control") is None
    assert read_below(area, "src", "link") is None
    assert read_below(area, "absent", "control") is None
    assert read_below(area, "src", "debian", "control", limit=3) is None
