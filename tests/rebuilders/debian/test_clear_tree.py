# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest

from rebuilders.debian.clear_tree import clear_as_mapped_root
from rebuilders.failure import RebuildFailure
from tests.rebuilders.debian.sandboxes import needs_root

pytestmark = needs_root

MAP = dict.fromkeys(("uid", "gid"), ((0, 0, 1), (1, 100000, 65535)))


@pytest.mark.programs
def test_files_of_subordinate_ids_are_removed(tmp_path: Path) -> None:
    (tmp_path / "tree/usr/share").mkdir(parents=True)
    (tmp_path / "tree/usr/share/file").write_text("x")
    os.chown(tmp_path / "tree/usr/share", 100999, 100999)
    (tmp_path / "tree/usr/share").chmod(0o500)
    clear_as_mapped_root(tmp_path, MAP)
    assert not (tmp_path / "tree").exists()


@pytest.mark.programs
def test_files_of_the_host_are_out_of_reach(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "host").write_text("x")
    os.chown(folder, 12, 12)
    folder.chmod(0o755)
    with pytest.raises(RebuildFailure):
        clear_as_mapped_root(folder, MAP)
    assert (folder / "host").exists()


def test_a_directory_that_is_gone_is_no_error(tmp_path: Path) -> None:
    clear_as_mapped_root(tmp_path / "absent", MAP)
