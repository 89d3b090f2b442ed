# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person names becomes a closure, in every form in which it can be named."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from mirror.fetch_closure import fetch_closure, keep_closure
from ops import run_closures
from ops.run_closures import Wishes, define, keep_configured
from ops.settings import ArchiveSettings, ClosureSettings, Settings
from snapshot.closure import NamedRecord
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, NotFound
from snapshot.need import Need
from tests.mirror.closure_bench import INSTALLED, RECORD, ClosureBench
from tests.openpgp import ThrowawayKey

NAME = "package000_1.0_amd64.buildinfo"
NAMED = NamedRecord(NAME, Digest.of(RECORD))


@pytest.fixture
def closures(tmp_path: Path, throwaway_key: ThrowawayKey) -> Iterator[ClosureBench]:
    bench = ClosureBench(tmp_path, throwaway_key)
    bench.sync()
    yield bench
    bench.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "records/deep").mkdir(parents=True)
    (tmp_path / "records/deep" / NAME).write_bytes(RECORD)
    (tmp_path / "records/other.txt").write_text("no record")
    return tmp_path / "records"


@pytest.mark.parametrize("word", ["{}", "{}/deep", f"{{}}/deep/{NAME}", "{}/*/*.buildinfo"])
def test_records_are_found_in_files_directories_and_globs(
    closures: ClosureBench, folder: Path, word: str
) -> None:
    found = define(Wishes((word.format(folder),)), closures.online.stores)
    assert found.records == {NAMED}


def test_records_and_lists_come_from_standard_input(
    closures: ClosureBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given(data: bytes) -> None:
        stdin = SimpleNamespace(buffer=io.BytesIO(data))
        monkeypatch.setattr(run_closures.sys, "stdin", stdin)  # type: ignore[attr-defined]

    given(RECORD)
    assert define(Wishes(("-",)), closures.online.stores).records == {NAMED}
    given(b"apt 2.6.1 amd64\n")
    wishes = Wishes(dpkg_lists=("-",))
    assert define(wishes, closures.online.stores).needs == {Need("apt", "2.6.1", "amd64")}


def test_what_is_not_there_is_refused_by_its_name(closures: ClosureBench, folder: Path) -> None:
    stores = closures.online.stores
    with pytest.raises(InvalidInput, match=r"absent\.buildinfo: cannot be read"):
        define(Wishes((str(folder / "absent.buildinfo"),)), stores)
    with pytest.raises(NotFound, match="no build record there"):
        define(Wishes((str(folder / "*.none"),)), stores)
    with pytest.raises(InvalidInput, match="not a build record"):
        define(Wishes((str(folder / "other.txt"),)), stores)
    with pytest.raises(InvalidInput, match="nothing is wanted"):
        define(Wishes(), stores)


def test_a_closure_is_shown_with_what_it_lacks_and_what_proves_it(closures: ClosureBench) -> None:
    stores = closures.online.stores
    fetch_closure(stores, [closures.policy], "base", closures.define())
    lines = list(run_closures.show(stores, "base"))
    assert lines[1] == "wanted: 1 records, 0 packages"
    assert "0 not here, 0.0 MB" in lines[2]
    assert lines[3].startswith("proved by debian 20260711T101637Z: bookworm main (amd64 source)")
    assert lines[-1].startswith("environment ")
    assert next(run_closures.list_all(stores)).endswith("MB, complete")
    closures.online.blobs.delete(Digest.of(INSTALLED[0].data))
    assert next(run_closures.list_all(stores)).endswith("MB, 1 not here")


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
