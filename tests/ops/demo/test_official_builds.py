# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ops.demo.cache import DemoCache
from ops.demo.official_builds import BuildPlace, OfficialBuild, record_builds
from ops.demo.own_sources import UNPUBLISHED_DEPENDENCY, write_source
from snapshot.errors import TransientError
from snapshot.timestamp import Timestamp

DATE = Timestamp.parse("20260101")
PLACE = BuildPlace("file:/no/such/archive", "bookworm", DATE, Path(), (), "content")


def build(folder: Path) -> OfficialBuild:
    folder.mkdir()
    dsc = write_source(UNPUBLISHED_DEPENDENCY, DATE, folder)
    return OfficialBuild(UNPUBLISHED_DEPENDENCY.name, "1.0", (dsc,), "any", DATE, (), {})


def test_nothing_to_build_needs_no_chroot(tmp_path: Path) -> None:
    assert record_builds((), PLACE, DemoCache(tmp_path)) == {}


@pytest.mark.programs
def test_a_build_without_an_archive_fails_and_is_not_kept(tmp_path: Path) -> None:
    keyring = tmp_path / "keyring.gpg"
    keyring.touch()
    place = replace(PLACE, keyring=keyring)
    cache = DemoCache(tmp_path / "cache")
    assert os.geteuid() == 0, "chroots are made by root"
    with pytest.raises(TransientError, match="a build of the demo failed"):
        record_builds((build(tmp_path / "source"),), place, cache)
    assert list((tmp_path / "cache/results").iterdir()) == []
