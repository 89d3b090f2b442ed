# SPDX-License-Identifier: GPL-3.0-or-later
"""A really full disk: small file systems with room for a little more each time.

The first level has no room for a lock, the last one for all but the end; the same with inodes. A
sync there ends with exit code 74 and loses nothing; with room again the same command finishes it.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.drill_figures import FIGURE
from tests.openpgp import ThrowawayKey
from tests.small_archive import Deb, SmallArchive, Source, World

TOP = Path(__file__).parents[3]
KIB = 1024
#: Bytes left: none; for a lock, for the first rows; in the middle of packages; just too little.
FEW = [{"bytes": 64 * KIB}, {"bytes": 2000 * KIB}, {"inodes": 60}]
MANY = [
    *({"bytes": size * KIB} for size in (0, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384)),
    *({"bytes": size * KIB} for size in (512, 700, 1000, 1500, 2000, 2500, 3000, 3500, 4000)),
    *({"bytes": size * KIB} for size in (4500, 5000, 5500, 6000, 6500, 7000, 7500)),
    *({"inodes": count} for count in (0, 1, 2, 3, 5, 8, 12, 20, 30, 40, 60, 80, 100, 120, 150)),
]


@pytest.mark.parametrize("levels", [FEW, pytest.param(MANY, marks=pytest.mark.drill)])
def test_a_full_disk_loses_nothing_and_the_same_command_goes_on(
    tmp_path: Path,
    throwaway_key: ThrowawayKey,
    levels: list[dict[str, int]],
    record_property: Callable[[str, object], None],
) -> None:
    archive = SmallArchive(throwaway_key)
    debs = tuple(Deb(f"package{n:02}", "1", size=300_000) for n in range(20))
    archive.publish_dated("20260711T120000Z", World(debs, (Source("package00", "1"),)))
    (tmp_path / "files").write_bytes(pickle.dumps(archive.files))
    (tmp_path / "keyring.gpg").write_bytes(throwaway_key.public())
    settings = {
        "top": str(tmp_path),
        "files": str(tmp_path / "files"),
        "keyring": str(tmp_path / "keyring.gpg"),
        "levels": levels,
    }
    done = subprocess.run(
        [
            *("unshare", "--mount", "--propagation", "private"),
            *(sys.executable, "-m", "tests.fill_disk", json.dumps(settings)),
        ],
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["level"] for one in found] == levels
    full = [one for one in found if one["code"] != 0]
    for one in full:
        assert one["code"] == 74, (one["level"], one["said"])
        assert "no room left" in one["said"], one
        assert "Traceback" not in one["said"], one
        assert one["seen"] in (0, 1), f"a tree without its run: {one}"
    for one in found:
        assert (one["wrong"], one["twice"], one["left"]) == ([], [], []), one
        assert (one["again"], one["equal"]) == (0, True), one
    kept = sorted({one["stored"] for one in full})
    print(
        f"full at {len(full)} of {len(levels)} levels, between {kept[0]} and {kept[-1]} blobs kept"
    )
    counted = {"levels": len(levels), "of them full": len(full)}
    record_property(FIGURE, ("full disk", counted))
    assert len(full) >= 0.7 * len(levels)
    assert not os.path.ismount(tmp_path / "full")
