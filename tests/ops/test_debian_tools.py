# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from ops.debian_tools import PURPOSES, DebianTool, debian_tools, missing_packages
from tests.house import TOP


def test_each_purpose_needs_what_the_ones_before_it_need() -> None:
    sets = [set(debian_tools(purpose)) for purpose in PURPOSES]
    assert all(fewer < more for fewer, more in pairwise(sets))
    assert {tool.purpose for tool in sets[-1]} == set(PURPOSES)


def test_a_command_is_found_on_the_path_only(tmp_path: Path) -> None:
    program = tmp_path / "some-tool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    tool = DebianTool("run", "some-tool", "some-package", "nothing")
    assert tool.is_installed(str(tmp_path))
    assert not tool.is_installed("/nonexistent")


def test_a_file_is_found_by_its_pattern(tmp_path: Path) -> None:
    (tmp_path / "15").mkdir()
    assert DebianTool("run", f"{tmp_path}/*", "p", "r").is_installed()
    assert not DebianTool("run", f"{tmp_path}/*/bin", "p", "r").is_installed()


@pytest.mark.programs
@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_preparing_script_sees_the_same_packages_missing(purpose: str, tmp_path: Path) -> None:
    script = (TOP / "ops/bootstrap/prepare.sh").read_text(encoding="utf-8")
    functions = script[script.index("installed() {") : script.index("usable_python() {")]
    done = subprocess.run(
        [
            "bash",
            "-c",
            f'purpose={purpose}\ntools="$1"\n{functions}\nmissing_packages',
            "sh",
            "ops/bootstrap/debian-tools.txt",
        ],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == missing_packages(purpose)
