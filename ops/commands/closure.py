# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild closure`: add, list, show, fetch, check, remove."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from ops.command_group import CommandGroup
from ops.options import with_settings
from ops.settings import Settings
from ops.stop_on_signal import stopping_on_signals

if TYPE_CHECKING:
    from mirror.policy import ArchivePolicy
    from mirror.stores import MirrorStores


@click.group("closure", cls=CommandGroup)
@click.pass_context
def command(context: click.Context) -> None:
    """Mirror only what is needed: what build records, installed packages or a source ask for."""
    context.with_resource(stopping_on_signals())


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[MirrorStores, list[ArchivePolicy]]]:
    from ops.initialize import initialize  # noqa: PLC0415
    from ops.run_closures import open_mirror  # noqa: PLC0415
    from ops.show_progress import shown_progress  # noqa: PLC0415

    initialize(settings, clock=time.time)
    with shown_progress(time.time) as progress:
        yield open_mirror(settings, progress)


@command.command("add")
@click.argument("name")
@click.argument("records", nargs=-1)
@click.option(
    "--dpkg-list",
    "dpkg_lists",
    multiple=True,
    help=r"List of packages: dpkg-query -W -f '${binary:Package} ${Version} ${Architecture}\n'.",
)
@click.option("--package", "packages", multiple=True, help="Source package: NAME or NAME=VERSION.")
@click.option("--architecture", help="Of packages named without one. [default: this machine's]")
@click.option("--no-sources", is_flag=True, help="Leave out the sources of what is built.")
@click.option("--no-fetch", is_flag=True, help="Only say what it comes to, and pin it.")
@with_settings
def add(
    settings: Settings,
    *,
    name: str,
    records: tuple[str, ...],
    dpkg_lists: tuple[str, ...],
    packages: tuple[str, ...],
    architecture: str | None,
    no_sources: bool,
    no_fetch: bool,
) -> None:
    """Add to the closure NAME what RECORDS need, and fetch it.

    RECORDS: .buildinfo files, directories of them, quoted globs, or - for standard input.
    """
    from ops import run_closures  # noqa: PLC0415
    from ops.closure_wishes import Wishes  # noqa: PLC0415
    from rebuilders.machine_architecture import dpkg_architecture  # noqa: PLC0415

    wishes = Wishes(
        records, dpkg_lists, packages, architecture or dpkg_architecture(), not no_sources
    )
    with _opened(settings) as (stores, policies):
        for line in run_closures.add(stores, policies, name, wishes, fetch=not no_fetch):
            click.echo(line)


@command.command("list")
@with_settings
def list_closures(settings: Settings) -> None:
    """Say which closures there are."""
    from ops.tell_closures import list_all  # noqa: PLC0415

    with _opened(settings) as (stores, _):
        for line in list_all(stores):
            click.echo(line)


@command.command("show")
@click.argument("name")
@click.option("--manifest", is_flag=True, help="Print the manifest: sha256 size path archive.")
@with_settings
def show(settings: Settings, *, name: str, manifest: bool) -> None:
    """Say what the closure NAME holds and lacks, and which runs prove it."""
    from mirror.fetch_closure import read_manifest  # noqa: PLC0415
    from ops import tell_closures  # noqa: PLC0415

    with _opened(settings) as (stores, _):
        if manifest:
            click.echo(read_manifest(stores, name).text().decode("ascii"), nl=False)
            return
        for line in tell_closures.show(stores, name):
            click.echo(line)


@command.command("fetch")
@click.argument("names", nargs=-1)
@with_settings
def fetch(settings: Settings, *, names: tuple[str, ...]) -> None:
    """Resolve closures again and fetch what they lack; killed and called again, it goes on.

    NAMES: closures; none means all of them.
    """
    from ops import run_closures  # noqa: PLC0415

    with _opened(settings) as (stores, policies):
        known = [one.name for one in stores.catalogue.closures.all()]
        failures = run_closures.complete(stores, policies, names or known, click.echo)
    if failures:
        raise failures[0]


@command.command("check")
@click.argument("names", nargs=-1)
@with_settings
def check(settings: Settings, *, names: tuple[str, ...]) -> None:
    """Read every file of closures again and say what is damaged or missing (exit code 66).

    NAMES: closures; none means all of them.
    """
    from ops import run_closures  # noqa: PLC0415

    with _opened(settings) as (stores, _):
        known = [one.name for one in stores.catalogue.closures.all()]
        for name in names or known:
            for line in run_closures.check(stores, name):
                click.echo(line)


@command.command("remove")
@click.argument("name")
@with_settings
def remove(settings: Settings, *, name: str) -> None:
    """Forget the closure NAME: its files stay until they are collected."""
    from snapshot.errors import NotFound  # noqa: PLC0415

    with _opened(settings) as (stores, _):
        if not stores.catalogue.closures.remove(name):
            raise NotFound(f"there is no closure {name}")
