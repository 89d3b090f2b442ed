# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild worker`: the worker of `rebuilders`, told by the settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ops.data_directory import data_directory, read_secret
from ops.options import with_settings
from ops.settings import Settings


@click.command("worker")
@click.option("--server", help="Address of the server. [default: worker.server]")
@click.option("--name", help="Name shown on the server's pages. [default: the host's]")
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    help="Key, downloads, unsent reports. [default: worker.directory, else worker/ in the data]",
)
@click.option(
    "--signup-secret",
    type=click.Path(path_type=Path),
    help="File with the server's signup secret. [default: worker.signup_secret]",
)
@click.option("--jobs", type=click.IntRange(min=1), help="End after so many jobs.")
@click.option("--drain", is_flag=True, help="End when there is no work.")
@with_settings
def command(
    settings: Settings,
    *,
    server: str | None,
    name: str | None,
    directory: Path | None,
    signup_secret: Path | None,
    jobs: int | None,
    drain: bool,
) -> None:
    """Take jobs from a server and rebuild them here, until stopped.

    One SIGTERM lets the job in hand be finished; a second one gives it back to the queue.
    """
    from rebuilders.stop_switch import StopSwitch  # noqa: PLC0415
    from rebuilders.worker import run_worker  # noqa: PLC0415
    from rebuilders.worker_config import WorkerConfig  # noqa: PLC0415

    given = settings.worker
    secret = signup_secret or given.signup_secret
    config = WorkerConfig(
        server=server or given.server,
        state=(directory or given.directory or data_directory(settings).worker).absolute(),
        name=name or given.name or "",
        signup_secret=read_secret(secret) if secret else None,
        trees=given.trees.absolute() if given.trees else None,
        tags=given.tags,
        scripts=given.scripts,
        idle_delay=given.idle,
        jobs=jobs,
        drain=drain,
    )
    if given.architecture:
        config = replace(config, architectures=(given.architecture, "all"))
    stop = StopSwitch()
    with stop.on_signals():
        done = run_worker(config, stop)
    click.echo(f"{done} jobs done", err=True)
