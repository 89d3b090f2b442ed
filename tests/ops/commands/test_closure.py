# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops import cli
from tests.ops.conftest import STAMPS, Mirrored


def run(config: Path, *arguments: str) -> int:
    return cli.run(["closure", *arguments, "--config", str(config)])


def test_a_closure_is_added_shown_checked_and_removed(
    mirrored: Mirrored, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "packages"
    listed.write_text("package002 1.0-1 amd64\npackage003:amd64 1.0-1\n")
    words = ["--dpkg-list", str(listed)]
    assert run(mirrored.config, "add", "host", *words, "--no-fetch") == 0
    assert "closure host: 2 files" in capsys.readouterr().out
    assert run(mirrored.config, "add", "host", *words) == 0
    assert "2 files, 0.0 MB; 0 not here" in capsys.readouterr().out
    assert run(mirrored.config, "list") == 0
    assert "host: 2 files, 0.0 MB, complete\n" in capsys.readouterr().out
    assert run(mirrored.config, "show", "host") == 0
    assert f"proved by debian {STAMPS[0]}: bookworm main" in capsys.readouterr().out
    assert run(mirrored.config, "show", "host", "--manifest") == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "dejabuild-manifest 1"
    assert [line.split()[3] for line in printed[1:]] == ["debian", "debian"]
    assert run(mirrored.config, "fetch") == 0
    assert run(mirrored.config, "check", "host") == 0
    assert "all well" in capsys.readouterr().out
    assert run(mirrored.config, "remove", "host") == 0
    assert run(mirrored.config, "show", "host") == 66
    assert run(mirrored.config, "remove", "host") == 66


def test_what_is_missing_is_said(
    mirrored: Mirrored, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "packages"
    listed.write_text("package002 9 amd64\n")
    assert run(mirrored.config, "add", "late", "--dpkg-list", str(listed)) == 0
    out = capsys.readouterr().out
    assert "missing: package002:amd64 (= 9): unknown version; nearest: 1.0-1 in" in out
    assert run(mirrored.config, "check", "late") == 66
    assert run(mirrored.config, "remove", "late") == 0
