# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild init`."""

from __future__ import annotations

import time

import click

from ops.options import with_settings
from ops.settings import Settings


@click.command("init")
@with_settings
def command(settings: Settings) -> None:
    """Make the data directory: databases, keys, secrets. What is there stays as it is."""
    from ops.initialize import initialize  # noqa: PLC0415
    from orchestrator.keys import load_keys  # noqa: PLC0415

    data = initialize(settings, clock=time.time)
    keys = load_keys(data.keys)
    click.echo(f"data directory   {data.root}")
    click.echo(f"administrators   {data.auth_cookie}")
    click.echo(f"new workers      {data.signup_secret}")
    click.echo(f"good links are signed by {keys.good.keyid}")
