# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild doctor`."""

from __future__ import annotations

import click

from ops.debian_tools import PURPOSES
from ops.examine_machine import examine
from ops.options import with_settings
from ops.settings import Settings
from snapshot.errors import Unsupported


@click.command("doctor")
@click.option("--for", "purpose", type=click.Choice(PURPOSES), default="run", show_default=True)
@with_settings
def command(settings: Settings, purpose: str) -> None:
    """Say what is missing on this machine, and the command that mends it."""
    missing = 0
    for finding in examine(settings, purpose=purpose):
        click.echo(
            f"{'ok     ' if finding.well else 'MISSING'}  {finding.subject}: {finding.detail}"
        )
        if finding.mend:
            click.echo(f"         → {finding.mend}")
        missing += not finding.well
    if missing:
        raise click.exceptions.Exit(Unsupported.exit_code)
