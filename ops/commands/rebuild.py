# SPDX-License-Identifier: GPL-3.0-or-later
"""`dejabuild rebuild`."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from ops.options import with_settings
from ops.settings import Settings


@click.command("rebuild")
@click.argument("what")
@click.option("--server", envvar="DEJABUILD_SERVER", help="Its address. [default: one here]")
@click.option(
    "--cookie-file",
    type=click.Path(path_type=Path),
    help="The server's administrator cookie. [default: auth-cookie in the data directory]",
)
@click.option("--timeout", default=3600.0, show_default=True, help="Seconds to wait.")
@click.option(
    "--apt-root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default="/",
    show_default=True,
    help="System whose apt sources and installed packages are meant.",
)
@with_settings
def command(
    settings: Settings,
    *,
    what: str,
    server: str | None,
    cookie_file: Path | None,
    timeout: float,
    apt_root: Path,
) -> int:
    """Rebuild WHAT and print the verdict: a .buildinfo file, or an installed package.

    Without --server, the server of the data directory is asked when one runs; else one is started
    on a loopback port and ended afterwards. Exit code 0: GOOD, 3: BAD, 4: FAIL, 5: none in time.
    """
    from ops.client import PostedRebuild, ServerClient  # noqa: PLC0415
    from ops.data_directory import data_directory  # noqa: PLC0415
    from ops.print_verdict import worst_code  # noqa: PLC0415
    from ops.read_record_file import read_record_file  # noqa: PLC0415
    from ops.run_rebuild import (  # noqa: PLC0415
        await_verdicts,
        cookie_for,
        installed_source,
        post_source,
        running_server,
        started_server,
    )

    path = Path(what)
    is_file = path.exists() or what.endswith(".buildinfo") or "/" in what
    record = read_record_file(path) if is_file else None
    source = None if is_file else installed_source(what, root=apt_root)

    def judge(client: ServerClient, known: Settings) -> int:
        posted: tuple[PostedRebuild, ...]
        if record is not None:
            posted = client.post_record(record, name=path.name)
        else:
            assert source is not None  # noqa: S101  # one of the two
            posted = post_source(client, known, *source)
        statuses = await_verdicts(client, posted, timeout=timeout, tell=click.echo)
        return worst_code(statuses)

    client = running_server(data_directory(settings))
    if server is not None:
        client = ServerClient(server, cookie=cookie_for(settings, cookie_file))
    if client is not None:
        return judge(client, settings)
    # What was started for this one file ends with the command, however it is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with started_server(settings, apt_root=apt_root, tell=click.echo, record=record) as (
        started,
        known,
    ):
        return judge(started, known)
