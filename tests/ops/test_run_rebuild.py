# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest

from ops.data_directory import DataDirectory
from ops.run_rebuild import cookie_for, installed_source, running_server
from ops.settings import ServerSettings, Settings
from snapshot.errors import NotFound

STATUS = """\
Package: tool
Status: install ok installed
Architecture: amd64
Source: made-from (1.0-1)
Version: 1.0-1+b2

Package: plain
Status: install ok installed
Architecture: all
Version: 2

Package: removed
Status: deinstall ok config-files
Architecture: all
Version: 3
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text(STATUS)
    return tmp_path


@pytest.mark.programs
def test_an_installed_package_names_its_source(machine: Path) -> None:
    assert installed_source("tool", root=machine) == ("made-from", "1.0-1")
    assert installed_source("plain", root=machine) == ("plain", "2")


@pytest.mark.programs
@pytest.mark.parametrize("package", ["removed", "absent", "--help", "x;y"])
def test_what_is_not_installed_is_refused(machine: Path, package: str) -> None:
    with pytest.raises(NotFound, match="neither a build record nor an installed package"):
        installed_source(package, root=machine)


def test_a_server_that_is_gone_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    assert running_server(data) is None
    data.make()
    (data.run / "address").write_text("http://127.0.0.1:9\n")
    assert running_server(data) is None


def test_the_cookie_is_the_named_one_or_ones_own(tmp_path: Path) -> None:
    settings = Settings(server=ServerSettings(data=tmp_path / "d"))
    assert cookie_for(settings, None) is None
    DataDirectory(tmp_path / "d").make(token=lambda: "own")
    assert cookie_for(settings, None) == "own"
    (tmp_path / "other").write_text("named\n")
    assert cookie_for(settings, tmp_path / "other") == "named"
