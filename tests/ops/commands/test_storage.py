# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild storage` on a mirrored archive."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops import cli
from snapshot.digest import Digest
from tests.ops.conftest import Upstream

pytestmark = pytest.mark.programs


@pytest.fixture
def config(small_upstream: Upstream, tmp_path: Path) -> Path:
    path = small_upstream.settings(tmp_path)
    assert cli.run(["mirror", "sync", "--config", str(path)]) == 0
    return path


def damage(config: Path, digest: Digest) -> None:
    name = f"data/blobs/sha256/{digest.hex[:2]}/{digest.hex[2:4]}/{digest.hex}"
    path = config.parent / name
    path.chmod(0o644)
    path.write_bytes(b"bit rot" + path.read_bytes()[7:])


def test_scrub_heals_what_an_upstream_has_and_ends_with_0(
    config: Path, small_upstream: Upstream, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = Digest.of(small_upstream.world.debs[0].data)
    damage(config, digest)
    capsys.readouterr()
    assert cli.run(["storage", "scrub", "--rate", "1000", "--config", str(config)]) == 0
    assert f"healed: {digest}" in capsys.readouterr().out
    command = ["storage", "scrub", "--older-than", "1", "--json", "--config", str(config)]
    assert cli.run(command) == 0
    assert json.loads(capsys.readouterr().out)["checked"] == 0


def test_scrub_ends_with_76_while_damaged_blobs_are_lacking(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stray = b"evidence"
    place = Digest.of(stray).hex
    path = config.parent / f"data/blobs/sha256/{place[:2]}/{place[2:4]}/{place}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"rotten")
    assert cli.run(["storage", "scrub", "--config", str(config)]) == 76
    said = capsys.readouterr()
    assert f"lacking: {place}" in said.out
    assert "1 damaged blobs are lacking" in said.err
    assert (config.parent / "data/blobs/quarantine" / place).read_bytes() == b"rotten"


def test_stats_tell_what_is_stored(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert cli.run(["storage", "stats", "--json", "--config", str(config)]) == 0
    found = json.loads(capsys.readouterr().out)
    debian = found["archives"]["debian"]
    assert debian["runs"] == 3
    assert debian["stored"]["bytes"] == debian["files"]["bytes"] > 0
    assert debian["ratio"] > 1
    assert found["orphans"]["count"] == 0
    assert found["blobs"]["count"] == debian["stored"]["count"] + debian["indices"]["count"]
    assert cli.run(["storage", "stats", "--config", str(config)]) == 0
    assert "debian" in capsys.readouterr().out
