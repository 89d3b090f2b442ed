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
    lease: float | None = None,
) -> Path:
    """Write the settings of a server that mirrors the demo's upstream.

    Args:
        path: The TOML file.
        fixture: The prepared upstream.
        upstream: Its address.
        data: The data directory.
        listen: Port 0 lets the system choose.
        databases: URLs of catalogue and ledger; default: embedded ones.
        lease: Seconds without a sign of life after which a worker is held lost.

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
    if lease is not None:
        tables["orchestrator"] = {"lease": lease, "interval": lease / 4}
    path.write_text(_toml(tables), "utf-8")
    return path


def write_worker_settings(directory: Path, server: str, signup_secret: str) -> Path:
    """Write what a worker is told into the one directory it sees.

    Args:
        directory: The worker's own.
        server: Address of the server.
        signup_secret: Lets it register.

    Returns:
        The TOML file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    secret = directory / "signup-secret"
    secret.touch(mode=0o600)
    secret.write_text(f"{signup_secret.strip()}\n", "utf-8")
    worker: dict[str, object] = {
        "server": server,
        "directory": str(directory),
        "signup_secret": str(secret),
        "idle": 1.0,
    }
    path = directory / "worker.toml"
    path.write_text(_toml({"worker": worker}), "utf-8")
    return path


def _toml(tables: dict[str, dict[str, object]]) -> str:
    return "\n".join(
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        for name, table in tables.items()
    )
