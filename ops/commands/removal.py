# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild removal`: add, list."""

from __future__ import annotations

import time

import click

from ops.command_group import CommandGroup
from ops.options import with_settings
from ops.settings import Settings


@click.group("removal", cls=CommandGroup)
def command() -> None:
    """Take files or runs out for a reason that everybody can read at /removal/."""


@command.command("add")
@click.argument("hashes", nargs=-1, metavar="[HASH]...")
@click.option("--reason", required=True, help="Why; shown to everybody who asks for it.")
@click.option(
    "--run", "runs", multiple=True, metavar="ARCHIVE/STAMP", help="A run, not the newest one."
)
@click.option("--legal", is_flag=True, help="A law or a court wants it: answered 451, not 410.")
@with_settings
def add(
    settings: Settings, *, hashes: tuple[str, ...], reason: str, runs: tuple[str, ...], legal: bool
) -> None:
    """Never give files again, and delete their bytes.

    HASH is SHA-1 or SHA-256. Where they lived, and when, stays known. A removal cannot be taken
    back.
    """
    from ops.initialize import initialize  # noqa: PLC0415
    from ops.run_removals import removal_lines, take_out  # noqa: PLC0415

    initialize(settings, clock=time.time)
    made = take_out(settings, reason, hashes=hashes, runs=runs, legal=legal, clock=time.time)
    for line in removal_lines([made]):
        click.echo(line)


@command.command("list")
@with_settings
def list_all(settings: Settings) -> None:
    """List every removal, the newest first."""
    from ops.initialize import initialize  # noqa: PLC0415
    from ops.open_stores import open_stores  # noqa: PLC0415
    from ops.run_removals import removal_lines  # noqa: PLC0415

    initialize(settings, clock=time.time)
    for line in removal_lines(open_stores(settings).catalogue.removals.all()):
        click.echo(line)
