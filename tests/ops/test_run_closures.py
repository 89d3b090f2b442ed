# SPDX-License-Identifier: GPL-3.0-or-later
"""Closures are made whole, checked, and kept as the settings say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mirror.fetch_closure import fetch_closure, keep_closure
from ops import run_closures
from ops.run_closures import keep_configured
from ops.settings import ArchiveSettings, ClosureSettings, MirrorSettings, Settings
from snapshot.closure import NamedRecord
from snapshot.digest import Digest
from snapshot.errors import NotFound
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.closure_bench import INSTALLED, RECORD, ClosureBench

NAME = "package000_1.0_amd64.buildinfo"
NAMED = NamedRecord(NAME, Digest.of(RECORD))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "records/deep").mkdir(parents=True)
    (tmp_path / "records/deep" / NAME).write_bytes(RECORD)
    (tmp_path / "records/other.txt").write_text("no record")
    return tmp_path / "records"


def test_check_finds_what_is_damaged(closures: ClosureBench) -> None:
    stores = closures.online.stores
    fetch_closure(stores, [closures.policy], "base", closures.define())
    assert list(run_closures.check(stores, "base"))[-1].endswith("all well")
    path = closures.online.blobs.local_path(Digest.of(INSTALLED[0].data))
    assert path is not None
    path.chmod(0o644)
    path.write_bytes(b"rotten")
    said: list[str] = []
    with pytest.raises(NotFound, match="1 problems"):
        said.extend(run_closures.check(stores, "base"))
    assert len(said) == 1
    assert "is damaged" in said[0]


def configured(closures: ClosureBench, closure: ClosureSettings) -> Settings:
    archive = ArchiveSettings(
        upstreams=(closures.upstream.url,),
        suites=("bookworm",),
        keyring=closures.keyring,
        files="closures",
    )
    return Settings(archive={"debian": archive}, closure={"configured": closure})


def test_a_configured_closure_follows_its_files(closures: ClosureBench, folder: Path) -> None:
    settings = configured(closures, ClosureSettings(records=(str(folder),)))
    told: list[str] = []
    assert keep_configured(settings, closures.online.stores, "amd64", told.append) == []
    assert told[-1] == "closure configured: 5 files fetched, 0.2 MB received"
    (folder / "deep" / NAME).rename(folder / "deep" / "gone.txt")
    failures = keep_configured(settings, closures.online.stores, "amd64", told.append)
    assert [failure.exit_code for failure in failures] == [66]
    known = closures.online.stores.catalogue.closures.all()
    assert [one.name for one in known] == ["configured"], "what is there stays"


def test_one_closure_that_fails_keeps_no_other_waiting(closures: ClosureBench) -> None:
    stores = closures.online.stores
    keep_closure(stores, "good", closures.define())
    told: list[str] = []
    failures = run_closures.complete(stores, [closures.policy], ["bad", "good"], told.append)
    assert len(failures) == 1
    assert told[-1].startswith("closure good: 5 files fetched")


@pytest.mark.parametrize("text", ["definition", "manifest"])
def test_a_configured_closure_whose_text_is_lost_is_made_whole_and_stops_no_other(
    closures: ClosureBench, folder: Path, text: str
) -> None:
    settings = configured(closures, ClosureSettings(records=(str(folder),)))
    stores = closures.online.stores
    assert keep_configured(settings, stores, "amd64", lambda _line: None) == []
    record = stores.catalogue.closures.get("configured")
    assert record is not None
    lost: Digest = getattr(record, text)
    closures.online.blobs.delete(lost)
    assert keep_configured(settings, stores, "amd64", lambda _line: None) == []
    assert closures.online.blobs.contains(lost)


def test_a_closure_asks_peers_for_what_no_upstream_has(
    closures: ClosureBench, folder: Path
) -> None:
    gone = INSTALLED[0]
    closures.archive.files.pop(f"/{gone.path}")
    with FaultyUpstream({f"/file/{Digest.of(gone.data)}?stored=1": gone.data}) as peer:
        settings = replace(
            configured(closures, ClosureSettings(records=(str(folder),))),
            mirror=MirrorSettings(peers=(peer.url,)),
        )
        told: list[str] = []
        assert keep_configured(settings, closures.online.stores, "amd64", told.append) == []
    assert told[-1] == "closure configured: 5 files fetched, 0.2 MB received"
