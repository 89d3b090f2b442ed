# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild environment`: show, sources, export."""

from __future__ import annotations

from pathlib import Path

import click

from ops.command_group import CommandGroup
from ops.options import with_settings
from ops.settings import Settings

server_option = click.option(
    "--server", envvar="DEJABUILD_SERVER", help="Address of the server. [default: the one here]"
)
source_option = click.option(
    "--source", metavar="NAME_VERSION", help="Also the source package that is built in it."
)


@click.group("environment", cls=CommandGroup)
def command() -> None:
    """Look at environments, use them with apt, and take them along.

    WHAT is the id of one, or a build record, which is posted to the server for its id.
    """


@command.command("show")
@click.argument("what")
@click.option("--text", is_flag=True, help="Only the canonical text, whose SHA-256 is the id.")
@server_option
@with_settings
def show(settings: Settings, *, what: str, text: bool, server: str | None) -> None:
    """Print the packages of WHAT and how the server keeps it."""
    from ops.choose_server import choose_server  # noqa: PLC0415
    from ops.run_environment import environment_lines, find_environment  # noqa: PLC0415

    client = choose_server(settings, server)
    environment = find_environment(client, what)
    if text:
        click.echo(environment.text(), nl=False)
        return
    for line in environment_lines(client, environment):
        click.echo(line)


@command.command("sources")
@click.argument("what")
@click.option("--deb822", is_flag=True, help="As a .sources file that holds the key.")
@source_option
@server_option
@with_settings
def sources(
    settings: Settings, *, what: str, deb822: bool, source: str | None, server: str | None
) -> None:
    """Print the lines by which apt gets the packages of WHAT and no others."""
    from ops.choose_server import choose_server  # noqa: PLC0415
    from ops.run_environment import deb822_lines, find_environment, source_lines  # noqa: PLC0415

    client = choose_server(settings, server)
    environment = find_environment(client, what)
    chosen = deb822_lines if deb822 else source_lines
    for line in chosen(client, environment, source):
        click.echo(line)


@command.command("export")
@click.argument("what")
@click.argument("directory", type=click.Path(path_type=Path))
@source_option
@server_option
@with_settings
def export(
    settings: Settings, *, what: str, directory: Path, source: str | None, server: str | None
) -> None:
    """Write the signed repository of WHAT, packages and all, to a new DIRECTORY.

    apt reads it there without this server, by `file:` or from any web server.
    """
    from ops.choose_server import choose_server  # noqa: PLC0415
    from ops.run_environment import export_environment, find_environment  # noqa: PLC0415

    client = choose_server(settings, server)
    environment = find_environment(client, what)
    for line in export_environment(client, environment, directory, source=source):
        click.echo(line)
