# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild mirror`: plan, sync, status, verify, watch."""

from __future__ import annotations

import time

import click

from ops.options import with_settings
from ops.settings import Settings
from ops.stop_on_signal import stopping_on_signals


@click.group("mirror")
@click.pass_context
def command(context: click.Context) -> None:
    """Plan, run and inspect the mirroring of archives."""
    context.with_resource(stopping_on_signals())


@command.command("sync")
@click.argument("archives", nargs=-1)
@click.option("--from", "first", help="Of a dated upstream: not before this timestamp.")
@click.option("--to", "last", help="Of a dated upstream: not after this timestamp.")
@with_settings
def sync_archives(
    settings: Settings, *, archives: tuple[str, ...], first: str | None, last: str | None
) -> None:
    """Bring archives up to date, verified; killed and called again, it goes on.

    ARCHIVES: names from the settings; none means all of them.
    """
    from ops.initialize import initialize_archives  # noqa: PLC0415
    from ops.run_sync import run_sync  # noqa: PLC0415
    from ops.show_progress import beside, shown_progress  # noqa: PLC0415
    from ops.wire_mirror import chosen_policies  # noqa: PLC0415

    policies = chosen_policies(settings, archives)
    initialize_archives(settings)
    with shown_progress(time.time) as progress:
        run_sync(
            settings, policies, progress, first=first, last=last, tell=beside(progress, click.echo)
        )


@command.command("plan")
@click.argument("archives", nargs=-1)
@click.option("--rate", default=10.0, show_default=True, help="MB a second to reckon with.")
@with_settings
def plan_archives(settings: Settings, *, archives: tuple[str, ...], rate: float) -> None:
    """Say how many files and bytes a sync would fetch, before one is fetched.

    ARCHIVES: names from the settings; none means all of them.
    """
    from ops.initialize import initialize_archives  # noqa: PLC0415
    from ops.run_sync import show_plans  # noqa: PLC0415
    from ops.show_progress import beside, shown_progress  # noqa: PLC0415
    from ops.wire_mirror import chosen_policies  # noqa: PLC0415

    policies = chosen_policies(settings, archives)
    initialize_archives(settings)
    with shown_progress(time.time) as progress:
        show_plans(settings, policies, progress, rate=rate * 1e6, tell=beside(progress, click.echo))


@command.command("status")
@with_settings
def show_status(settings: Settings) -> None:
    """Say what is mirrored: runs, and how long each suite was observed."""
    from ops.initialize import initialize_archives  # noqa: PLC0415
    from ops.open_stores import open_stores  # noqa: PLC0415
    from ops.run_sync import status_lines  # noqa: PLC0415

    initialize_archives(settings)
    for line in status_lines(settings, open_stores(settings)):
        click.echo(line)


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
    """Sync all archives now and again, until stopped."""
    from ops.initialize import initialize_archives  # noqa: PLC0415
    from ops.run_sync import keep_watching  # noqa: PLC0415

    initialize_archives(settings)
    keep_watching(settings, clock=time.time, sleep=time.sleep)
