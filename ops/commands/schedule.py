# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild schedule`."""

from __future__ import annotations

import signal
import threading
import time

import click

from ops.options import with_settings
from ops.settings import Settings


@click.command("schedule")
@click.option("--once", is_flag=True, help="One round, then end.")
@with_settings
def command(settings: Settings, *, once: bool) -> None:
    """Make targets of new runs and take back the jobs of lost workers, until stopped."""
    from ops.catalogue_for_rebuilding import CatalogueForRebuilding  # noqa: PLC0415
    from ops.initialize import initialize  # noqa: PLC0415
    from ops.open_stores import open_stores  # noqa: PLC0415
    from ops.schedule import Scheduler  # noqa: PLC0415
    from ops.wire_parts import wire_dispatcher  # noqa: PLC0415

    initialize(settings, clock=time.time)
    stores = open_stores(settings)
    scheduler = Scheduler(
        wire_dispatcher(settings, stores),
        CatalogueForRebuilding(stores.catalogue),
        settings.profile,
        click.echo,
    )
    if once:
        scheduler.round()
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    scheduler.keep_on(stop, settings.orchestrator.interval)
