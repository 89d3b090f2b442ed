# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories of files nobody trusts yet: locked while their process lives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage.blobs.incoming import Incoming


def test_the_directory_is_made_once_and_goes_when_empty(tmp_path: Path) -> None:
    incoming = Incoming(tmp_path / "incoming")
    assert incoming.directory() == incoming.directory()
    incoming.close()
    assert list((tmp_path / "incoming").iterdir()) == []
    incoming.close()


def test_a_file_of_a_failed_block_is_removed(tmp_path: Path) -> None:
    incoming = Incoming(tmp_path)
    with pytest.raises(OSError, match="Bad file"), incoming.new_file():
        os.write(-1, b"half")
    assert [path.name for path in incoming.directory().iterdir()] == ["lock"]
    incoming.close()


def test_the_living_are_left_alone_the_dead_are_found(tmp_path: Path) -> None:
    living, dead, finder = Incoming(tmp_path), Incoming(tmp_path), Incoming(tmp_path)
    for one in (living, dead):
        with one.new_file() as (descriptor, path):
            os.write(descriptor, b"x")
            path.rename(one.directory() / "waiting")
    place = dead.directory()
    dead.close()  # not empty, so it stays, but its lock is gone: as if the process had died
    with finder.left_behind() as found:
        assert found == [place / "waiting"]
        with Incoming(tmp_path).left_behind() as nobody_else:
            assert nobody_else == []
    assert not place.exists()
    assert (living.directory() / "waiting").exists()
    with finder.left_behind() as found:
        assert found == []


def test_a_directory_without_a_lock_is_nobodys_business(tmp_path: Path) -> None:
    (tmp_path / "being-removed").mkdir()
    with Incoming(tmp_path).left_behind() as found:
        assert found == []
    with Incoming(tmp_path / "absent").left_behind() as found:
        assert found == []
