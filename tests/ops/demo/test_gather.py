# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.demo.gather import apt_indices, archive_key, real_archive
from ops.demo.machine_sources import MachineSource
from snapshot.errors import ConfigurationError
from tests.ops.demo.conftest import Small
from tests.ops.demo.small_archive import DATES


def sources(small: Small) -> list[MachineSource]:
    place = f"{small.url}/archive/debian/{DATES[1]}"
    return [MachineSource(place, "bookworm", (str(small.root / "keyring.gpg"),))]


def test_the_main_suite_is_known_by_what_its_signed_release_says(
    small: Small, tmp_path: Path
) -> None:
    old, new, indices = apt_indices(sources(small), "bookworm", tmp_path)
    assert {index.kind for index in indices} == {"Packages", "Sources"}
    assert old.closure(["tool"]) == new.closure(["tool"])
    assert archive_key(indices) == archive_key(indices[::-1])


def test_an_archive_of_another_release_is_refused(small: Small, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is Debian trixie main"):
        apt_indices(sources(small), "trixie", tmp_path)


def test_dates_come_from_the_releases(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.demo.worlds.CHROOT", ("tool",))
    monkeypatch.setattr("ops.demo.worlds.TOOLS", ())
    old, new, indices = apt_indices(sources(small), "bookworm", tmp_path)
    archive = real_archive(old, new, indices, "bookworm")
    assert (archive.old_date, archive.new_date) == (DATES[1], DATES[1])
    assert archive.worlds.changed_in_base() == ()
