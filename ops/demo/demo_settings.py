# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings file an operator would write for the demo's upstream."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ops.demo.fixture import Fixture


def write_settings(
    path: Path,
    fixture: Fixture,
    upstream: str,
    data: Path,
    *,
    listen: str = "127.0.0.1:0",
    databases: tuple[str, str] | None = None,
) -> Path:
    """Write the settings of a server that mirrors the demo's upstream.

    Args:
        path: The TOML file.
        fixture: The prepared upstream.
        upstream: Its address.
        data: The data directory.
        listen: Port 0 lets the system choose.
        databases: URLs of catalogue and ledger; default: embedded ones.

    Returns:
        The file.
    """
    server: dict[str, object] = {"data": str(data), "listen": listen}
    if databases:
        server |= {"catalogue": databases[0], "ledger": databases[1]}
    archive: dict[str, object] = {
        "upstreams": [upstream],
        "kind": "dated",
        "keyring": str(fixture.keyring),
        "suites": [fixture.codename],
        "components": ["main"],
        "architectures": [fixture.architecture, "all", "source"],
    }
    tables: dict[str, dict[str, object]] = {"server": server, f"archive.{fixture.archive}": archive}
    text = "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )
    path.write_text(text, "utf-8")
    return path
