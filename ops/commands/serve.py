# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild serve`."""

from __future__ import annotations

import time

import click

from ops.options import with_settings
from ops.settings import Settings


@click.command("serve")
@click.option("--listen", help="Address and port; port 0: a free one. [default: server.listen]")
@with_settings
def command(settings: Settings, *, listen: str | None) -> None:
    """Answer HTTP until stopped: archives, the worker wire, public pages.

    Where it listens is printed and written to run/address in the data directory.
    """
    from api.app import create_app  # noqa: PLC0415
    from api.auth import check_binding  # noqa: PLC0415
    from ops.initialize import initialize  # noqa: PLC0415
    from ops.patient_worker import Patience  # noqa: PLC0415
    from ops.serve_http import Listen, serve_http  # noqa: PLC0415
    from ops.wire_parts import read_secrets, wire_services  # noqa: PLC0415

    server = settings.server
    place = Listen.from_text(listen or server.listen)
    data = initialize(settings, clock=time.time)
    check_binding(place.host, read_secrets(data))
    serve_http(
        lambda: create_app(wire_services(settings)),
        listen=place,
        processes=server.processes,
        threads=server.threads,
        connections=server.connections,
        patience=Patience(
            head=server.head_seconds, idle=server.idle_seconds, rate=server.least_rate
        ),
        run=data.run,
        announce=lambda url: click.echo(f"serving {url}"),
    )
