# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ops import cli
from snapshot.errors import InvalidInput


@pytest.mark.programs
def test_version_imports_no_heavy_library() -> None:
    code = (
        "import sys; from ops import cli; code = cli.run(['version']);"
        "print(sorted({'flask','sqlalchemy','requests','alembic','psycopg','rich','gunicorn',"
        "'cryptography','debian','zstandard'} & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stdout.startswith("dejabuild ")


def test_help_names_every_command_without_importing_one(capsys: pytest.CaptureFixture[str]) -> None:
    before = set(sys.modules)
    assert cli.run(["--help"]) == 0
    printed = capsys.readouterr().out
    assert [name for name in cli.COMMANDS if f"\n  {name} " not in printed] == []
    assert [m for m in set(sys.modules) - before if m.startswith("ops.commands.")] == []


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_listed_command_exists(name: str) -> None:
    command = importlib.import_module(f"ops.commands.{name}").command
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


def test_every_command_module_is_listed() -> None:
    modules = {path.stem for path in Path("ops/commands").glob("*.py")} - {"__init__"}
    assert modules == set(cli.COMMANDS)


def test_an_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["no-such-command"]) == 2
    assert "no-such-command" in capsys.readouterr().err


def test_our_own_errors_become_one_message_and_their_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command("version")
    def refusing() -> None:
        raise InvalidInput("x.buildinfo: line 3 is not a field", advice="Is it really a buildinfo?")

    monkeypatch.setattr("ops.commands.version.command", refusing)
    assert cli.run(["version"]) == InvalidInput.exit_code
    printed = capsys.readouterr().err
    assert printed == (
        "dejabuild: x.buildinfo: line 3 is not a field\n  Is it really a buildinfo?\n"
    )
