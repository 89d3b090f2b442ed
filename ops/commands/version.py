# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild version`."""

from __future__ import annotations

from importlib.metadata import version

import click


@click.command("version")
def command() -> None:
    """Print the version of this installation."""
    click.echo(f"dejabuild {version('dejabuild')}")
