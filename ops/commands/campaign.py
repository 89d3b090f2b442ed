# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild campaign`: create, status."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ops.command_group import CommandGroup
from ops.options import with_settings
from ops.settings import Settings

server_option = click.option(
    "--server", envvar="DEJABUILD_SERVER", help="Address of the server. [default: the one here]"
)


@click.group("campaign", cls=CommandGroup)
def command() -> None:
    """Create and watch sets of targets."""


@command.command("create")
@click.argument("name")
@click.option("--archive", required=True, help="Archive of the server.")
@click.option("--suite", required=True, help="Suite whose packages are rebuilt.")
@click.option("--timestamp", help="Run whose packages are meant. [default: the newest]")
@click.option("--component", "components", multiple=True, help="Component. [default: main]")
@click.option("--architecture", "architectures", multiple=True, help="Binary architecture.")
@click.option("--include", multiple=True, help="Glob on source names; one must match.")
@click.option("--exclude", multiple=True, help="Glob on source names; none may match.")
@click.option("--priority", type=int, help="Lower is sooner.")
@click.option("--replicas", type=int, help="How many different workers build each target.")
@click.option(
    "--cookie-file",
    type=click.Path(path_type=Path),
    help="The server's administrator cookie. [default: auth-cookie in the data directory]",
)
@server_option
@with_settings
def create(
    settings: Settings, /, *, server: str | None, cookie_file: Path | None, **campaign: Any
) -> None:
    """Make a campaign called NAME from what a run lists."""
    from ops.choose_server import choose_server  # noqa: PLC0415

    client = choose_server(settings, server, cookie_file)
    order = {key: value for key, value in campaign.items() if value not in {None, ()}}
    made = client.create_campaign(order)
    click.echo(f"{made['queued']} jobs queued")
    for one in made["skipped"]:
        click.echo(f"left out: {one['source']} {one['version']}: {one['why']}")
    click.echo(campaign_line(made))
    click.echo(f"  {made['url']}")


@command.command("status")
@click.argument("name", required=False)
@server_option
@with_settings
def status(settings: Settings, *, name: str | None, server: str | None) -> None:
    """Say how far campaigns are: all of them, or NAME with its reasons."""
    from ops.choose_server import choose_server  # noqa: PLC0415

    client = choose_server(settings, server)
    if name is None:
        campaigns = client.campaigns()
        for one in campaigns:
            click.echo(campaign_line(one))
        if not campaigns:
            click.echo("no campaign yet")
        return
    one = client.campaign(name)
    click.echo(campaign_line(one))
    for reason, number in sorted(one["reasons"].items()):
        if number:
            click.echo(f"  {reason}: {number}")
    click.echo(f"  {one['url']}")


def campaign_line(campaign: Mapping[str, Any]) -> str:
    """Say in a line how far a campaign is.

    Args:
        campaign: As the API has it.

    Returns:
        One line.
    """
    verdicts = ", ".join(
        f"{word} {number}" for word, number in campaign["verdicts"].items() if number
    )
    jobs = campaign["jobs"]
    left = campaign["seconds_left"]
    soon = "" if left is None else f", about {left / 60:.0f} min left"
    return (
        f"{campaign['name']}: {campaign['done']} of {campaign['targets']} done "
        f"({verdicts or 'no verdict yet'}), {jobs['running']} running, "
        f"{jobs['queued'] + jobs['waiting']} to do{soon}"
    )
