# SPDX-License-Identifier: GPL-3.0-or-later
"""Taking out deletes bytes and trees, and names what cannot be taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import cli
from ops.open_stores import open_stores
from ops.read_settings import load_settings
from ops.run_removals import removal_lines, take_out
from ops.settings import Settings
from snapshot.errors import InvalidInput
from snapshot.timestamp import Timestamp
from storage.catalogue import Removal
from tests.ops.conftest import STAMPS, Upstream

pytestmark = pytest.mark.programs


@pytest.fixture
def settings(small_upstream: Upstream, tmp_path: Path) -> Settings:
    config = small_upstream.settings(tmp_path)
    assert cli.run(["mirror", "sync", "--config", str(config)]) == 0
    return load_settings(config=config, environ={})


def test_bytes_and_trees_go_and_the_record_stays(settings: Settings, tmp_path: Path) -> None:
    stores = open_stores(settings)
    (place, *_) = stores.catalogue.source_files("tool", "1.0")
    assert stores.blobs.contains(place.file.digest)
    tree = tmp_path / "data/archive/debian" / STAMPS[0]
    assert tree.is_dir()
    link = tmp_path / "data/archive/debian" / place.file.path
    assert link.is_file()
    made = take_out(
        settings,
        "broken",
        hashes=[place.file.digest.hex.upper()],
        runs=[f"debian/{STAMPS[0]}"],
        legal=False,
        clock=lambda: 1_795_000_000.0,
    )
    assert (made.number, made.files, made.runs) == (1, 1, 1)
    assert not stores.blobs.contains(place.file.digest)
    # Else a web server would give it again as soon as anybody brings its bytes.
    assert not link.is_symlink()
    assert not tree.exists()
    assert [str(stamp) for stamp in stores.catalogue.run_stamps("debian")] == list(STAMPS[1:])
    # The next sync brings neither back.
    assert cli.run(["mirror", "sync", "--config", str(settings.source)]) == 0
    assert not stores.blobs.contains(place.file.digest)
    assert not link.is_symlink()
    assert not tree.exists()


@pytest.mark.parametrize(
    ("hashes", "runs", "words"),
    [
        (["0" * 64], [], "no file '000"),
        (["nothing"], [], "no file 'nothing'"),
        ([], ["debian"], "not a run: 'debian'"),
        ([], ["debian/yesterday"], "not a timestamp"),
        ([], ["nosuch/20260711T101637Z"], "no run"),
        ([], [f"debian/{STAMPS[-1]}"], "newest"),
        ([], [], "of nothing"),
    ],
)
def test_what_cannot_be_taken_out_is_named(
    settings: Settings, hashes: list[str], runs: list[str], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        take_out(settings, "x", hashes=hashes, runs=runs, legal=False, clock=lambda: 0.0)


def test_a_removal_is_one_line() -> None:
    one = Removal(3, Timestamp(0), "a court", legal=True, files=2, runs=0)
    assert list(removal_lines([one])) == ["3  19700101T000000Z  2 files, 0 runs, legal: a court"]
    assert list(removal_lines([])) == ["nothing was ever taken out"]
