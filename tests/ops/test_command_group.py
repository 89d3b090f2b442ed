# SPDX-License-Identifier: GPL-3.0-or-later
"""Help is not cut in the middle of a sentence."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from ops.cli import COMMANDS, LazyGroup


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_says_its_whole_first_sentence(name: str) -> None:
    command = LazyGroup().get_command(click.Context(click.Group()), name)
    assert command is not None
    if isinstance(command, click.Group):
        said = CliRunner().invoke(command, ["--help"]).output
        assert "..." not in said.partition("Commands:")[2]
        for one in command.commands.values():
            assert " ".join(one.get_short_help_str(1000).split()) in " ".join(said.split())
