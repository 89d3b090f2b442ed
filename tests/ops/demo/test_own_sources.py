# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.demo.own_sources import (
    EMBEDS_VERSIONS,
    UNCOMPILABLE,
    UNPUBLISHED_DEPENDENCY,
    UNREPRODUCIBLE,
    OwnSource,
    make_package,
    write_source,
)
from snapshot.timestamp import Timestamp
from tests.ops.demo.small_archive import digest

pytestmark = pytest.mark.programs

DATE = Timestamp.parse("20260101")
ALL = (UNREPRODUCIBLE, UNCOMPILABLE, UNPUBLISHED_DEPENDENCY, EMBEDS_VERSIONS)


@pytest.mark.parametrize("own", ALL, ids=lambda own: str(own.name))
def test_the_same_source_is_packed_to_the_same_bytes(own: OwnSource, tmp_path: Path) -> None:
    packed = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_source(own, DATE, tmp_path / name)
        packed.append({f.name: digest(f) for f in (tmp_path / name).iterdir() if f.is_file()})
    assert packed[0] == packed[1]
    assert len(packed[0]) == 2


def test_a_package_is_made_to_the_same_bytes(tmp_path: Path) -> None:
    packed = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        packed.append(digest(make_package("tool", "1", "all", tmp_path / name)))
    assert packed[0] == packed[1]
