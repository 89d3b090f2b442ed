# SPDX-License-Identifier: GPL-3.0-or-later
"""The units of ops/systemd: what systemd says of them, and whether their commands exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from ops import cli
from tests.house import TOP

UNITS = sorted((TOP / "ops/systemd").iterdir())
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is missing"
)


def command_line(unit: Path) -> list[str]:
    (line,) = re.findall(r"(?m)^ExecStart=(.*)$", unit.read_text(encoding="utf-8"))
    program, *arguments = shlex.split(line)
    assert program == "/opt/dejabuild/bin/dejabuild"
    return arguments


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_command_of_a_unit_exists_with_its_options(unit: Path) -> None:
    if unit.suffix != ".service":
        assert (unit.parent / f"{unit.stem}.service").exists()
        return
    context = click.Context(cli.root)
    command: click.Command = cli.root
    rest = command_line(unit)
    while isinstance(command, click.Group):
        found = command.get_command(context, rest.pop(0))
        assert found is not None
        command = found
    command.make_context(command.name, rest)


@pytest.mark.programs
@needs_systemd
def test_systemd_accepts_every_unit(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        (tmp_path / unit.name).write_text(text.replace("/opt/dejabuild/bin/dejabuild", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.programs
@needs_systemd
@pytest.mark.parametrize("name", ["api", "scheduler", "mirror", "gc"])
def test_what_needs_no_privilege_has_none(name: str) -> None:
    done = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            "--no-pager",
            "--threshold=20",
            TOP / f"ops/systemd/dejabuild-{name}.service",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-200:]


def test_the_worker_cannot_reach_the_servers_data() -> None:
    text = (TOP / "ops/systemd/dejabuild-worker@.service").read_text(encoding="utf-8")
    assert "\nInaccessiblePaths=-/var/lib/dejabuild\n" in text
