# SPDX-License-Identifier: GPL-3.0-or-later
"""Which server a command asks: the one that is named, the one that runs here, or the usual one."""

from __future__ import annotations

from pathlib import Path

from ops.client import ServerClient
from ops.data_directory import data_directory
from ops.run_rebuild import cookie_for, running_server
from ops.serve_http import Listen, reachable_url
from ops.settings import Settings


def choose_server(
    settings: Settings, server: str | None, cookie_file: Path | None = None
) -> ServerClient:
    """Choose a server.

    Args:
        settings: Complete settings.
        server: Its address, if one was named.
        cookie_file: The administrator's cookie, if a file was named.

    Returns:
        A client; nothing was asked yet of a server that was named.
    """
    if server is None:
        running = running_server(data_directory(settings))
        if running is not None:
            return running
        place = Listen.from_text(settings.server.listen)
        server = reachable_url(place.host, place.port)
    return ServerClient(server, cookie=cookie_for(settings, cookie_file))
