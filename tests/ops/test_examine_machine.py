# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ops import examine_machine
from ops.data_directory import DataDirectory
from ops.debian_tools import DebianTool
from ops.examine_machine import Finding, examine
from ops.settings import ArchiveSettings, ServerSettings, Settings

pytestmark = pytest.mark.programs


def settings(data: Path, **archives: ArchiveSettings) -> Settings:
    return Settings(server=ServerSettings(data=data), archive=archives)


def findings(settings: Settings) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(settings)}


def test_everything_missing_comes_with_what_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = DebianTool("run", "no-such-program", "no-such-package", "nothing at all")
    monkeypatch.setattr(examine_machine, "debian_tools", lambda _: iter([tool]))
    monkeypatch.setattr(examine_machine, "read_apt_sources", lambda _: [])
    found = findings(settings(tmp_path / "data"))
    assert not found["no-such-package"].well
    assert (
        "apt-get install --no-install-recommends no-such-package" in found["no-such-package"].mend
    )
    assert not found["archives"].well
    assert all(finding.mend for finding in found.values() if not finding.well)


def test_a_missing_keyring_is_found(tmp_path: Path) -> None:
    archive = ArchiveSettings(
        upstreams=("http://127.0.0.1:1/",), suites=("x",), keyring=tmp_path / "absent.gpg"
    )
    found = findings(
        settings(tmp_path, debian=archive, other=replace(archive, trust="none", keyring=None))
    )
    assert not found["archive debian"].well
    assert "absent.gpg" in found["archive debian"].detail
    assert found["archive other"].well


def test_a_data_directory_is_looked_at_where_it_is_or_will_be(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "deep" / "data")
    assert "will be made" in findings(settings(data.root))["data directory"].detail
    data.make()
    assert "GiB free" in findings(settings(data.root))["data directory"].detail


def test_looking_changes_nothing(tmp_path: Path) -> None:
    findings(settings(tmp_path / "data"))
    assert list(tmp_path.iterdir()) == []
