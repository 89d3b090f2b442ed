# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild mirror`: plan, sync, status, verify, watch."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import click

from ops.command_group import CommandGroup
from ops.options import with_selection, with_settings
from ops.settings import Settings
from ops.stop_on_signal import stopping_on_signals

if TYPE_CHECKING:
    from mirror.choose_runs import Selection


@click.group("mirror", cls=CommandGroup)
@click.pass_context
def command(context: click.Context) -> None:
    """Plan, run and inspect the mirroring of archives."""
    context.with_resource(stopping_on_signals())


@command.command("sync")
@click.argument("archives", nargs=-1)
@with_selection
@with_settings
def sync_archives(
    settings: Settings,
    *,
    archives: tuple[str, ...],
    at: str | None,
    first: str | None,
    last: str | None,
) -> None:
    """Bring archives up to date, verified; killed and called again, it goes on.

    ARCHIVES: names from the settings; none means all of them.
    """
    from ops.initialize import initialize_archives  # noqa: PLC0415
    from ops.run_sync import run_sync  # noqa: PLC0415
    from ops.show_progress import beside, shown_progress  # noqa: PLC0415
    from ops.wire_mirror import chosen_policies  # noqa: PLC0415

    policies, selection = chosen_policies(settings, archives), read_selection(at, first, last)
    initialize_archives(settings)
    with shown_progress(time.time) as progress:
        run_sync(settings, policies, selection, progress, tell=beside(progress, click.echo))


@command.command("plan")
@click.argument("archives", nargs=-1)
@with_selection
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    help="MB a second to reckon with. [default: as measured in past syncs]",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object an archive.")
@with_settings
def plan_archives(
    settings: Settings,
    *,
    archives: tuple[str, ...],
    at: str | None,
    first: str | None,
    last: str | None,
    rate: float | None,
    as_json: bool,
) -> None:
    """Say how many files and bytes a sync would fetch, before one is fetched.

    ARCHIVES: names from the settings; none means all of them.
    """
    from ops.initialize import initialize_archives  # noqa: PLC0415
    from ops.show_plan import show_plans  # noqa: PLC0415
    from ops.show_progress import beside, shown_progress  # noqa: PLC0415
    from ops.wire_mirror import chosen_policies  # noqa: PLC0415

    policies, selection = chosen_policies(settings, archives), read_selection(at, first, last)
    initialize_archives(settings)
    with shown_progress(time.time) as progress:
        show_plans(
            settings,
            policies,
            selection,
            progress,
            rate=None if rate is None else rate * 1e6,
            as_json=as_json,
            tell=beside(progress, click.echo),
        )


@command.command("status")
@click.option(
    "--max-lag",
    type=click.FloatRange(min=0),
    help="Hours after which an archive is late: exit code 6.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_settings
def show_archives(settings: Settings, *, max_lag: float | None, as_json: bool) -> int:
    """Say what is mirrored, how far behind it may be, what is missing, who is left alone."""
    from ops.initialize import initialize_archives  # noqa: PLC0415
    from ops.open_stores import open_stores  # noqa: PLC0415
    from ops.show_status import show_status  # noqa: PLC0415

    initialize_archives(settings)
    return show_status(
        settings,
        open_stores(settings),
        max_lag=max_lag,
        as_json=as_json,
        now=time.time(),
        tell=click.echo,
    )


@command.command("verify")
@click.argument("archives", nargs=-1)
@click.option("--deep", is_flag=True, help="Read and hash every blob, too.")
@click.option("--repair", is_flag=True, help="Make links again and fetch what is lacking.")
@click.option("--json", "as_json", is_flag=True, help="Print a report per archive as JSON.")
@with_settings
def verify_archives(
    settings: Settings, *, archives: tuple[str, ...], deep: bool, repair: bool, as_json: bool
) -> None:
    """Check again what is published: signatures, what follows from them, bytes and links.

    ARCHIVES: archives that have runs; none means all of them.
    """
    from ops.initialize import initialize  # noqa: PLC0415
    from ops.run_verify import run_verify  # noqa: PLC0415

    initialize(settings, clock=time.time)
    run_verify(settings, archives, deep=deep, repair=repair, as_json=as_json, tell=click.echo)


@command.command("buildinfos")
@click.argument("sources", nargs=-1)
@with_settings
def fetch_buildinfos(settings: Settings, *, sources: tuple[str, ...]) -> None:
    """Bring build records from pools, lists, directories or single addresses.

    SOURCES: names from the settings; none means all of them.
    """
    from ops.initialize import initialize_archives  # noqa: PLC0415
    from ops.run_buildinfos import chosen_sources, run_buildinfos  # noqa: PLC0415
    from ops.show_progress import shown_progress  # noqa: PLC0415

    chosen = chosen_sources(settings, sources)
    initialize_archives(settings)
    with shown_progress(time.time) as progress:
        run_buildinfos(settings, chosen, progress, tell=click.echo)


@command.command("watch")
@with_settings
def watch(settings: Settings) -> None:
    """Sync each archive at its interval, until stopped."""
    from ops.initialize import initialize, initialize_archives  # noqa: PLC0415
    from ops.watch import keep_watching  # noqa: PLC0415

    if settings.mirror.gc_interval is None:
        initialize_archives(settings)
    else:  # a collection asks the ledger, too
        initialize(settings, clock=time.time)
    keep_watching(
        settings, clock=time.time, ticks=time.monotonic, sleep=time.sleep, random=random.random
    )


def read_selection(at: str | None, first: str | None, last: str | None) -> Selection:
    """Read which runs of the past are meant.

    Args:
        at: One moment.
        first: Not before.
        last: Not after.

    Returns:
        The selection; empty when nothing is given.
    """
    from mirror.choose_runs import Selection  # noqa: PLC0415
    from snapshot.timestamp import Timestamp  # noqa: PLC0415

    parsed = [None if text is None else Timestamp.parse(text) for text in (first, last, at)]
    return Selection(*parsed)
