# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import click
from click.testing import CliRunner

from ops.options import with_settings
from ops.settings import Settings


@click.command()
@click.argument("word")
@with_settings
def shows(settings: Settings, word: str) -> None:
    """Show where data lies."""
    click.echo(f"{word} {settings.server.data}")


def test_a_command_gets_the_settings_its_options_lead_to(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"[server]\ndata = '{tmp_path}/a'\n")
    done = CliRunner().invoke(shows, ["hello", "--config", str(config)])
    assert done.output == f"hello {tmp_path}/a\n"
    done = CliRunner().invoke(
        shows, ["--data", str(tmp_path / "b"), "--config", str(config), "hello"]
    )
    assert done.output == f"hello {tmp_path}/b\n"
