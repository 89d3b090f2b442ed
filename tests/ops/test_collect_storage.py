# SPDX-License-Identifier: GPL-3.0-or-later
"""What a collection says it will do is what it does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ops import cli
from ops.collect_storage import Collected, collect_storage, collected_json, collected_lines
from ops.data_directory import data_directory
from ops.initialize import ledger_url
from ops.open_stores import open_stores
from ops.read_settings import load_settings
from ops.settings import Settings
from snapshot.errors import InvalidInput
from storage.database import Database
from tests.ops.conftest import STAMPS, Upstream


@pytest.fixture
def settings(small_upstream: Upstream, tmp_path: Path) -> Settings:
    """Three runs; the rules leave the last one."""
    config = small_upstream.settings(tmp_path)
    assert cli.run(["mirror", "sync", "--config", str(config)]) == 0
    found = load_settings(config=config, environ={})
    Database.open(ledger_url(found, data_directory(found)), "ledger").upgrade()
    archive = replace(found.archive["debian"], keep=("all for 1 hour",))
    return replace(found, archive={"debian": archive})


def stamps(settings: Settings) -> list[str]:
    return [str(stamp) for stamp in open_stores(settings).catalogue.run_stamps("debian")]


def collect(settings: Settings, *, delete: bool, most: float = 1.0) -> Collected:
    return collect_storage(settings, grace=0.0, most=most, delete=delete)


def test_a_preview_changes_nothing_and_foretells_it_all(settings: Settings) -> None:
    preview = collect(settings, delete=False)
    assert stamps(settings) == list(STAMPS)
    assert [str(stamp) for stamp in preview.runs["debian"]] == list(STAMPS[:2])
    done = collect(settings, delete=True)
    assert stamps(settings) == [STAMPS[2]]
    assert done.runs == preview.runs
    assert done.found.packages == preview.found.packages
    assert done.found.others == preview.found.others
    assert done.found.files > 0
    assert collect(settings, delete=True).found.files == 0
    assert list(collected_lines(preview))[-1] == "nothing was changed; --yes does it"
    assert "would be removed" in next(collected_lines(preview))
    assert "would" not in "".join(collected_lines(done))


def test_the_default_grace_is_the_settings(settings: Settings) -> None:
    found = collect_storage(settings, grace=None, most=1.0, delete=True).found
    assert (found.files, found.young.count > 0) == (0, True)


def test_too_much_is_refused(settings: Settings) -> None:
    before = set(open_stores(settings).blobs)
    with pytest.raises(InvalidInput, match="limit"):
        collect(settings, delete=True, most=0.01)
    assert set(open_stores(settings).blobs) == before


def test_an_archive_that_left_the_settings_keeps_its_runs(settings: Settings) -> None:
    alone = replace(settings, archive={})
    done = collect(alone, delete=True)
    assert (done.runs, done.found.files) == ({}, 0)
    assert stamps(settings) == list(STAMPS)


def test_a_program_gets_the_same(settings: Settings) -> None:
    told = json.loads(collected_json(collect(settings, delete=False)))
    assert told["deleted"] is False
    assert told["runs"] == {"debian": list(STAMPS[:2])}
    assert told["packages"]["files"] > 0
    assert told["stored"]["bytes"] > told["packages"]["bytes"] > 0
