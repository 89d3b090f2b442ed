# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources of build records by their names; what each brought is said in a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import cli
from tests.snapshot.test_buildinfo import TEXT


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "records").mkdir()
    (tmp_path / "records/hello_1_all.buildinfo").write_text(TEXT)
    (tmp_path / "records/torn_1_all.buildinfo").write_text(TEXT[:80])
    file = tmp_path / "dejabuild.toml"
    file.write_text(
        f'[server]\ndata = "{tmp_path}/data"\n'
        f'[buildinfos.mine]\nurl = "file://{tmp_path}/records/"\n'
        f'[buildinfos.gone]\nurl = "file://{tmp_path}/nowhere/"\n'
    )
    return file


def run(config: Path, *names: str) -> int:
    return cli.run(["mirror", "buildinfos", *names, "--config", str(config)])


def test_a_source_brings_its_records_once_and_names_the_bad_ones(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "mine") == 0
    first, bad = capsys.readouterr().out.splitlines()
    assert first == "mine: 1 new build records, 0 were here, 1 refused"
    assert "torn_1_all.buildinfo" in bad
    assert run(config, "mine") == 0
    assert "mine: 0 new build records, 1 were here, 1 refused" in capsys.readouterr().out


def test_a_source_that_fails_does_not_stop_the_others(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config) == 66
    printed = capsys.readouterr().out
    assert "mine: 1 new" in printed
    assert "gone: " in printed


def test_an_unknown_source_and_a_wrong_address_are_refused_by_name(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "mien") == 78
    assert "buildinfos.mien: there is no such source\n  Known: mine, gone." in (
        capsys.readouterr().err
    )
    config.write_text('[buildinfos.x]\nurl = "/srv/records"\n')
    assert run(config) == 78
    assert "buildinfos.x.url: not an http, https or file address" in capsys.readouterr().err
    config.write_text("")
    assert run(config) == 78
    assert "buildinfos: none is set" in capsys.readouterr().err
