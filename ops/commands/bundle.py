# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild bundle`: export, import."""

from __future__ import annotations

import time
from pathlib import Path

import click

from ops.command_group import CommandGroup
from ops.options import with_settings
from ops.settings import Settings
from ops.stop_on_signal import stopping_on_signals


@click.group("bundle", cls=CommandGroup)
@click.pass_context
def command(context: click.Context) -> None:
    """Carry a closure in one file: packages, sources, records, and the indices that prove them."""
    context.with_resource(stopping_on_signals())


@command.command("export")
@click.option("--closure", "name", help="Which closure; also what it is called in the bundle.")
@click.option(
    "--buildinfo",
    "records",
    multiple=True,
    help="Build record, directory of them or quoted glob; what lacks is fetched first.",
)
@click.option("--no-sources", is_flag=True, help="With --buildinfo: leave sources out.")
@click.option("--unsigned", is_flag=True, help="Do not sign its manifest with the repository key.")
@click.argument("file")
@with_settings
def export_closure(
    settings: Settings,
    *,
    name: str | None,
    records: tuple[str, ...],
    no_sources: bool,
    unsigned: bool,
    file: str,
) -> None:
    """Write a closure to FILE, a tar.zst (`-`: standard output).

    The same closure and key give the same bytes.
    """
    from ops import run_bundle  # noqa: PLC0415
    from ops.data_directory import data_directory  # noqa: PLC0415
    from ops.initialize import initialize  # noqa: PLC0415
    from ops.run_closures import open_mirror  # noqa: PLC0415
    from ops.show_progress import shown_progress  # noqa: PLC0415
    from storage.signed_repository import RepositorySigner  # noqa: PLC0415

    initialize(settings, clock=time.time)
    signer = RepositorySigner(data_directory(settings).repository_keys, clock=time.time)

    def sign(text: bytes) -> bytes:
        return text if unsigned else signer.clearsign(text)[0]

    with shown_progress(time.time) as progress:
        stores, policies = open_mirror(settings, progress)
        chosen = run_bundle.closure_to_export(
            stores, policies, name, records, sources=not no_sources
        )
        report = run_bundle.export(stores, chosen, file, sign=sign)
    for line in run_bundle.export_lines(report):
        click.echo(line, err=True)


@command.command("import")
@click.option(
    "--keyring",
    "keyrings",
    multiple=True,
    help="Keys to believe for archives that the settings do not have: FILE or ARCHIVE=FILE.",
)
@click.option("--trust-none", is_flag=True, help="Take archives in that nothing proves, as such.")
@click.option(
    "--signed-by",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Keyring of whoever must have made the bundle.",
)
@click.option("--as", "name", help="Name of the closure here. [default: the bundle's]")
@click.argument("file")
@with_settings
def import_file(
    settings: Settings,
    *,
    keyrings: tuple[str, ...],
    trust_none: bool,
    signed_by: Path | None,
    name: str | None,
    file: str,
) -> None:
    """Take in the bundle FILE (`-`: standard input); everything in it is verified again.

    Killed and called again it goes on; imported twice it changes nothing.
    """
    from ops import run_bundle  # noqa: PLC0415
    from ops.initialize import initialize  # noqa: PLC0415
    from ops.run_closures import open_mirror  # noqa: PLC0415
    from ops.show_progress import shown_progress  # noqa: PLC0415

    believed = run_bundle.Believed(run_bundle.read_keyrings(keyrings), trust_none)
    initialize(settings, clock=time.time)
    with shown_progress(time.time) as progress:
        stores, _ = open_mirror(settings, progress)
        report = run_bundle.take_in(
            settings, stores, file, believed, signed_by=signed_by, name=name
        )
    for line in run_bundle.import_lines(report, report.closure.name):
        click.echo(line)
