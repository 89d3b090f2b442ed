# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be a record is refused by its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.read_record_file import read_record_file
from snapshot.errors import InvalidInput


def test_a_record_that_cannot_be_one_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        read_record_file(tmp_path / "absent.buildinfo")
    with pytest.raises(InvalidInput, match="cannot be read: Is a directory"):
        read_record_file(tmp_path)
    large = tmp_path / "large.buildinfo"
    large.touch()
    os.truncate(large, 17 << 20)
    with pytest.raises(InvalidInput, match="larger than 16 MiB"):
        read_record_file(large)
