# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild up`: everything on one machine."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import click

from ops.options import with_settings
from ops.settings import Settings


@click.command("up")
@click.option(
    "--listen", help="Address and port; port 0 takes a free one. [default: server.listen]"
)
@click.option(
    "--apt-root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default="/",
    show_default=True,
    help="System whose apt sources are taken when no archive is set.",
)
@click.option("--no-worker", is_flag=True, help="Do not rebuild on this machine.")
@with_settings
def command(settings: Settings, *, listen: str | None, apt_root: Path, no_worker: bool) -> None:
    """Serve, schedule, mirror and rebuild on this machine until stopped.

    Useful with no configuration: apt's own sources become archives that are pulled through.
    """
    from ops.data_directory import data_directory  # noqa: PLC0415
    from ops.initialize import initialize  # noqa: PLC0415
    from ops.serve_http import Listen, check_free, free_port, reachable_url  # noqa: PLC0415
    from ops.supervise import supervise  # noqa: PLC0415
    from ops.up import plan_parts, take_own_archives  # noqa: PLC0415
    from rebuilders.machine_architecture import dpkg_architecture  # noqa: PLC0415

    place = Listen.from_text(listen or settings.server.listen)
    if place.port == 0:
        place = free_port(place)
    check_free(place)
    url = reachable_url(place.host, place.port)
    settings = replace(
        settings,
        server=replace(settings.server, listen=str(place)),
        worker=replace(settings.worker, server=url),
    )
    data = data_directory(settings)
    initialize(settings, clock=time.time)
    prepared = take_own_archives(
        settings, data, apt_root=apt_root, architecture=dpkg_architecture()
    )
    for note in prepared.notes:
        click.echo(note)
    parts = plan_parts(
        prepared.settings,
        data,
        environ=os.environ,
        root=os.geteuid() == 0,
        worker=not no_worker,
    )
    click.echo(f"serving {url} from {data.root}; logs in {data.log}; Ctrl-C ends it")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    supervise(parts, logs=data.log, stop=stop, clock=time.monotonic, announce=click.echo)
