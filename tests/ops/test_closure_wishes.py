# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person names becomes a closure, in every form in which it can be named."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from ops import closure_wishes
from ops.closure_wishes import Wishes, define
from snapshot.closure import NamedRecord
from snapshot.digest import Digest
from snapshot.errors import InvalidInput, NotFound
from snapshot.need import Need
from tests.mirror.closure_bench import RECORD, ClosureBench

NAME = "package000_1.0_amd64.buildinfo"
NAMED = NamedRecord(NAME, Digest.of(RECORD))


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
        monkeypatch.setattr(closure_wishes.sys, "stdin", stdin)  # type: ignore[attr-defined]

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
