# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild storage`: scrub, stats, gc."""

from __future__ import annotations

import time
from typing import Final

import click

from ops.command_group import CommandGroup
from ops.options import with_settings
from ops.settings import Settings
from ops.stop_on_signal import stopping_on_signals

POSITIVE: Final = click.FloatRange(min=0, min_open=True)


@click.group("storage", cls=CommandGroup)
@click.pass_context
def command(context: click.Context) -> None:
    """Check, count and free what is stored."""
    context.with_resource(stopping_on_signals())


@command.command("scrub")
@click.option("--rate", type=POSITIVE, help="At most MB a second.")
@click.option(
    "--older-than",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Read again only what was not read for so many days.",
)
@click.option("--minutes", type=POSITIVE, help="Stop after so long.")
@click.option("--gigabytes", type=POSITIVE, help="Stop after so much.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@with_settings
def scrub_blobs(
    settings: Settings,
    *,
    rate: float | None,
    older_than: float,
    minutes: float | None,
    gigabytes: float | None,
    as_json: bool,
) -> None:
    """Read and hash every blob; put damaged ones aside and fetch them anew.

    Stopped or killed, the next call goes on where this one was.
    """
    from mirror.scrub import Budget  # noqa: PLC0415
    from ops.initialize import initialize  # noqa: PLC0415
    from ops.run_scrub import run_scrub  # noqa: PLC0415

    initialize(settings, clock=time.time)
    budget = Budget(
        rate=None if rate is None else rate * 1e6,
        seconds=None if minutes is None else minutes * 60,
        size=None if gigabytes is None else int(gigabytes * 1e9),
        age=older_than * 86400,
    )
    run_scrub(settings, budget, as_json=as_json, tell=click.echo)


@command.command("stats")
@click.option("--json", "as_json", is_flag=True, help="Print the statistics as JSON.")
@with_settings
def count_stored(settings: Settings, *, as_json: bool) -> None:
    """Count what is stored, per archive, and what keeping each content once saves."""
    from rich.console import Console  # noqa: PLC0415

    from ops.initialize import initialize  # noqa: PLC0415
    from ops.open_stores import open_stores  # noqa: PLC0415
    from ops.run_stats import count_storage, show_statistics, statistics_json  # noqa: PLC0415

    initialize(settings, clock=time.time)
    found = count_storage(open_stores(settings), clock=time.time)
    if as_json:
        click.echo(statistics_json(found))
    else:
        show_statistics(found, Console())


@command.command("gc")
@click.option("--yes", is_flag=True, help="Delete; without it nothing is changed.")
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    help="Days for which stored bytes stay, needed or not. [default: mirror.gc_grace]",
)
@click.option(
    "--at-most",
    type=click.FloatRange(min=0, max=100),
    default=40.0,
    show_default=True,
    help="Refuse to delete more than so many percent of the files or of their bytes.",
)
@click.option("--force", is_flag=True, help="Delete however much it is.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@with_settings
def collect(
    settings: Settings,
    *,
    yes: bool,
    grace: float | None,
    at_most: float,
    force: bool,
    as_json: bool,
) -> None:
    """Say which bytes nothing needs: no kept run, closure, record, job; --yes deletes them.

    Applies the keep rules of the archives first. What was observed is never forgotten.
    """
    from ops.collect_storage import collect_storage, tell_collected  # noqa: PLC0415
    from ops.initialize import initialize  # noqa: PLC0415

    initialize(settings, clock=time.time)
    done = collect_storage(settings, grace=grace, most=1.0 if force else at_most / 100, delete=yes)
    tell_collected(done, as_json=as_json, tell=click.echo)
